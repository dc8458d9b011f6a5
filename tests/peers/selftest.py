# SPDX-License-Identifier: MIT
"""Checks the servers of this folder against the npm package ws as client, so that a test that fails
on them later fails because of Weir. The hostile cases are cross-checked: what ws, an independent
client, makes of each must be acceptable to the case's expectation, or be listed in WS_DIFFERS with
the reason. Exit 77 (skipped) without node or node_modules.
"""

import base64
import hashlib
import json
import os
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

import peers

CLIENT = os.path.join(peers.HERE, "ws_client.js")
CLIENT_SECONDS = 120
HOLD_MS, LONG_HOLD_MS = 3000, 30000
FRAMES = 400

# Where ws is laxer (or stricter) than the expectation, under one version of node or another.
WS_DIFFERS = {
    "status_line_http10": "node's parser does not look at the version of a 101",
    "status_line_http2": "the same",
    "reply_spaces": "node's parser does not strip the tab behind a Connection value",
    "header_empty_name": "node 18's parser lets it pass",
    "header_space_in_name": "the same",
    "length16_not_minimal": "ws accepts lengths that are not minimal (RFC 6455 5.2 forbids them)",
    "length64_not_minimal": "the same",
    "length64_for_300": "the same",
    "pmd_truncated": "ws delivers what was inflated up to the cut as if it were whole",
    "pmd_truncated_header": "the same, an empty message",
    "pmd_bits_zero": "ws reads 010 as 10 (RFC 7692 7.1.2.1 forbids the leading zero)",
    "pmd_twice": "ws takes the first of two",
}


def run_client(tasks):
    """Runs the ws client over the tasks; name → result."""
    lines = "\n".join(json.dumps(task) for task in tasks)
    done = subprocess.run(
        ["node", CLIENT],
        input=lines,
        capture_output=True,
        text=True,
        timeout=CLIENT_SECONDS,
        check=True,
    )
    return {result["name"]: result for result in map(json.loads, done.stdout.splitlines())}


def connect(url, **members):
    """One connection of the ws client."""
    return run_client([{"name": "one", "url": url, **members}])["one"]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class WithFiles(unittest.TestCase):
    """A capture of made-up frames, so that nothing depends on files elsewhere, and a CA."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="weir-peers-")
        cls.capture = os.path.join(cls.scratch.name, "made.jsonl")
        chance = random.Random(7)
        cls.frames = []
        for number in range(FRAMES):
            name = "".join(chance.choice("aé€𝄞 \\u20ac") for _ in range(chance.randrange(40)))
            cls.frames.append(
                json.dumps(
                    {"n": number, "s": name, "p": chance.random()}, ensure_ascii=False
                ).encode()
            )
        with open(cls.capture, "wb") as file:
            file.write(b"\n".join(cls.frames) + b"\n")
        cls.ca = peers.make_ca(os.path.join(cls.scratch.name, "ca"))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def certificate(self, name="good"):
        return ["--tls", "--cert", f"{self.ca}/{name}.pem", "--key", f"{self.ca}/{name}.key"]

    def assert_played(self, result, count=FRAMES, skip=0, code=1000):
        """The last `count` messages are the capture's frames from `skip` on; the code is right."""
        self.assertEqual(result["code"], code, result["error"])
        got = [frame["sha256"] for frame in result["frames"]][-count:]
        self.assertEqual(got, [sha256(frame) for frame in self.frames[skip : skip + count]])


KRAKEN_SUBSCRIBE = {
    "event": "subscribe",
    "pair": ["XBT/USD", "BAD"],
    "subscription": {"name": "trade"},
    "reqid": 7,
}
ALPACA_AUTH = {"action": "auth", "key": "k", "secret": "s"}


class VenueTest(WithFiles):
    def play(self, *args):
        with peers.Venue(
            "--capture", self.capture, "--dialect", "kraken", "--end", "1000", *args
        ) as venue:
            return connect(venue.url(), send=[KRAKEN_SUBSCRIBE], ca=f"{self.ca}/ca.pem")

    def test_capture_is_played_after_the_subscribe_message(self):
        with peers.Venue(
            "--capture", self.capture, "--dialect", "kraken", "--end", "1000"
        ) as venue:
            result = connect(
                venue.url("/v1?x=%20y"), send=[KRAKEN_SUBSCRIBE], headers={"X-Odd-Case": "v"}
            )
            self.assert_played(result)
            self.assertEqual(
                len(result["frames"]), FRAMES + 3
            )  # systemStatus, one ack, one rejection
            opened = venue.wait("open")
            self.assertEqual((opened["path"], opened["headers"]["x-odd-case"]), ("/v1?x=%20y", "v"))
            self.assertIn(["X-Odd-Case", "v"], opened["raw_headers"])
            self.assertEqual(venue.messages(conn=1), [KRAKEN_SUBSCRIBE])
            self.assertTrue(venue.wait("subscribe", symbol="XBT/USD")["ok"])
            self.assertFalse(venue.wait("subscribe", symbol="BAD")["ok"])
            self.assertEqual(venue.wait("close")["code"], 1000)

    def test_fragments_cut_characters_and_arrive_whole(self):
        self.assert_played(self.play("--fragment", "3", "--fragment-pings", "--rate", "400"))

    def test_permessage_deflate_in_its_variants(self):
        for args in (
            [],
            ["--pmd-server-no-context-takeover", "--pmd-threshold", "60"],
            ["--pmd-server-bits", "9"],
            ["--fragment", "5"],
        ):
            with self.subTest(args):
                self.assert_played(self.play("--pmd", *args))

    def test_tls_and_slow_writes(self):
        self.assert_played(self.play(*self.certificate()))
        self.assert_played(self.play("--drip", "37/0", "--limit", "50"), count=50)

    def test_bad_certificates_are_refused_by_the_client(self):
        for name in ("wrong-host", "expired", "future", "self-signed"):
            with self.subTest(name), peers.Venue(*self.certificate(name)) as venue:
                result = connect(venue.url(host="localhost"), ca=f"{self.ca}/ca.pem")
                self.assertFalse(result["opened"])
                self.assertIsNotNone(result["error"])

    def test_client_certificate_is_demanded_and_logged(self):
        with peers.Venue(*self.certificate(), "--client-ca", f"{self.ca}/ca.pem") as venue:
            context = ssl.create_default_context(cafile=f"{self.ca}/ca.pem")
            context.load_cert_chain(f"{self.ca}/client.pem", f"{self.ca}/client.key")
            with socket.create_connection(
                ("127.0.0.1", venue.port), 5
            ) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(upgrade_request(f"127.0.0.1:{venue.port}"))
                self.assertIn(b" 101 ", secure.recv(4096))
                self.assertEqual(venue.wait("open")["tls"]["client"], "weir-client")
            self.assertFalse(connect(venue.url(), ca=f"{self.ca}/ca.pem")["opened"])
            venue.wait("tls_error")

    def test_wrong_login_is_rejected_and_closed(self):
        with peers.Venue("--capture", self.capture, "--dialect", "alpaca") as venue:
            result = connect(venue.url(), send=[{**ALPACA_AUTH, "secret": "wrong"}])
            self.assertEqual((result["code"], len(result["frames"])), (1008, 2))
            self.assertFalse(venue.wait("auth")["ok"])
            result = connect(venue.url(), send=[{"action": "subscribe", "trades": ["A"]}])
            self.assertEqual(result["code"], 1008)
            venue.wait("violation", conn=2)

    def test_wrong_header_is_refused_with_its_status(self):
        config = {
            "auth": {"mode": "header", "match": {"X-Api-Key": "k"}, "status": 403, "retry_after": 9}
        }
        with peers.Venue("--dialect", "alpaca", config=config) as venue:
            self.assertEqual(connect(venue.url())["status"], 403)
            self.assertEqual(venue.wait("refused")["why"], "auth")
            task = {"headers": {"X-Api-Key": "k"}, "timeout_ms": 500}
            self.assertTrue(connect(venue.url(), **task)["opened"])

    def test_url_token_is_decoded_and_checked(self):
        with peers.Venue(config={"auth": {"mode": "url", "match": {"token": "a b&c"}}}) as venue:
            self.assertEqual(connect(venue.url("/?token=nope"))["status"], 401)
            self.assertTrue(connect(venue.url("/?token=a%20b%26c"), timeout_ms=500)["opened"])

    def test_close_in_mid_stream_goes_on_where_it_stopped(self):
        args = [
            "--dialect",
            "alpaca",
            "--close-after",
            "30",
            "--fault-times",
            "1",
            "--cursor",
            "shared",
            "--end",
            "1000",
        ]
        with peers.Venue("--capture", self.capture, *args) as venue:
            send = [ALPACA_AUTH, {"action": "subscribe", "trades": ["A", "B"], "quotes": ["A"]}]
            self.assert_played(connect(venue.url(), send=send), count=30, code=1012)
            self.assert_played(connect(venue.url(), send=send), count=FRAMES - 30, skip=30)
            self.assertEqual(venue.messages(conn=1), venue.messages(conn=2))

    def test_reset_in_mid_stream_delivers_what_was_sent(self):
        with peers.Venue(
            "--capture", self.capture, "--play", "open", "--terminate-after", "25"
        ) as venue:
            self.assert_played(connect(venue.url()), count=25, code=1006)

    def test_reset_is_a_reset_under_tls_too(self):
        for secure in (False, True):
            args = [
                "--play",
                "open",
                "--terminate-after",
                "3",
                *(self.certificate() if secure else []),
            ]
            with self.subTest(secure), peers.Venue("--capture", self.capture, *args) as venue:
                sock = socket.create_connection(("127.0.0.1", venue.port), 5)
                if secure:
                    sock = ssl.create_default_context(cafile=f"{self.ca}/ca.pem").wrap_socket(
                        sock, server_hostname="localhost"
                    )
                # Python's ssl reports a reset as an end: what TCP itself says is read below it.
                with sock, socket.socket(fileno=os.dup(sock.fileno())) as below:
                    below.settimeout(5)
                    sock.sendall(upgrade_request("localhost"))
                    with self.assertRaises(ConnectionResetError):
                        while below.recv(65536):
                            pass
                self.assertEqual(venue.wait("close")["code"], 1006)

    def test_other_dialects_acknowledge_in_their_own_words(self):
        asks = {
            "coinbase": {
                "type": "subscribe",
                "product_ids": ["BTC-USD", "ETH-USD"],
                "channels": ["ticker", {"name": "level2"}],
            },
            "binance": {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 4},
        }
        answers = {
            "coinbase": {
                "type": "subscriptions",
                "channels": [
                    {"name": "ticker", "product_ids": ["BTC-USD", "ETH-USD"]},
                    {"name": "level2", "product_ids": ["BTC-USD", "ETH-USD"]},
                ],
            },
            "binance": {"result": None, "id": 4},
        }
        for dialect, ask in asks.items():
            with self.subTest(dialect), peers.Venue(
                "--capture", self.capture, "--dialect", dialect, "--end", "1000"
            ) as venue:
                result = connect(venue.url(), send=[ask])
                self.assert_played(result)
                text = json.dumps(answers[dialect], separators=(",", ":"))
                self.assertEqual(result["frames"][0]["sha256"], sha256(text.encode()))

    def test_commands_drive_it(self):
        with peers.Venue("--capture", self.capture, "--play", "command") as venue:
            tasks = [{"name": "driven", "url": venue.url()}]
            with subprocess.Popen(
                ["node", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as client:
                client.stdin.write(json.dumps(tasks[0]))
                client.stdin.close()
                venue.wait("open")
                venue.command("send", text="by hand")
                venue.command("set", option="limit", value=10)
                venue.command("play")
                venue.wait("played")
                self.assertEqual(venue.command("stats")["conns"][0]["frames"], 10)
                venue.command("close", code=4001, reason="enough")
                result = json.loads(client.stdout.read())
            self.assertEqual(
                (result["code"], result["reason"], len(result["frames"])), (4001, "enough", 11)
            )
            self.assertFalse(venue.tell("nonsense")["ok"])
            venue.command("listen", on=False)
            self.assertIn("ECONNREFUSED", connect(venue.url())["error"])
            venue.command("listen", on=True)
            venue.command("http", status=429, times=1, retry_after=3)
            self.assertEqual(connect(venue.url())["status"], 429)

    def test_it_ends_when_stdin_closes(self):
        venue = peers.Venue("--capture", self.capture)
        self.assertEqual(venue.stop(), 0)


def upgrade_request(host):
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def listed(frames):
    """(kind, sha256) of each expected frame; `times` repeats one."""
    return [
        (frame["kind"], frame["sha256"]) for frame in frames for _ in range(frame.get("times", 1))
    ]


def faults(case, result, run):
    """What in a client's behaviour the case's expectation does not accept."""
    expect = case["expect"]
    outcome = (
        "error"
        if result["error"] or result["code"] == 1006
        else "ok"
        if result["code"] == 1000
        else "close"
    )
    got = listed(result["frames"])
    wanted = [listed(expect["frames"])]
    if outcome == "error":
        wanted.append(listed(expect.get("frames_if_error", expect["frames"])))
    found = []
    if outcome not in expect["outcomes"]:
        found.append(f"outcome {outcome}")
    if got not in wanted:
        found.append(f"{len(got)} frames")
    if run["close_code"] not in expect["close_codes"]:
        found.append(f"sent close code {run['close_code']}")
    if expect["http_status"] and result["status"] != expect["http_status"]:
        found.append(f"status {result['status']}")
    if outcome == "close" and result["code"] != expect["peer_code"]:
        found.append(f"saw close code {result['code']}")
    if outcome == "ok" and run["pongs"] < expect["min_pongs"]:
        found.append(f"{run['pongs']} pongs")
    if result["error"] == "hang" and not case["needs_timeout"]:
        found.append("hang")
    return found + ([run["bad"]] if run["bad"] else [])


class HostileTest(WithFiles):
    def test_expectations_agree_with_another_client(self):
        """Where the client has to end it, the server holds on for as long as a busy machine may take."""
        for hold_ms in (HOLD_MS, LONG_HOLD_MS):
            self.agree(hold_ms)

    def agree(self, hold_ms):
        with peers.Hostile("--hold-ms", hold_ms) as hostile:
            cases = [
                case
                for case in hostile.cases
                if (case["needs_timeout"] or case["name"] in WS_DIFFERS) == (hold_ms == HOLD_MS)
            ]
            results = run_client(
                [
                    {"name": case["name"], "url": f"ws://127.0.0.1:{case['port']}{case['path']}"}
                    for case in cases
                ]
            )
            for case in cases:
                name = case["name"]
                run = hostile.run_log(name, wait=hold_ms / 1000 + 2)[-1]
                found = faults(case, results[name], run)
                with self.subTest(name):
                    self.assertTrue(not found or name in WS_DIFFERS, found)

    def test_it_speaks_tls_too(self):
        with peers.Hostile(*self.certificate(), "--hold-ms", HOLD_MS) as hostile:
            for name in ("text_plain", "masked_frame", "half_frame_rst"):
                case = next(case for case in hostile.cases if case["name"] == name)
                result = connect(hostile.url(case["path"]), ca=f"{self.ca}/ca.pem")
                run = hostile.wait("run", case=name)
                self.assertEqual(faults(case, result, run), [])


class ProxyTest(WithFiles):
    def ask(self, proxy, target, *headers):
        """Sends CONNECT; returns the socket and what came back first (None: nothing in 1 s)."""
        sock = socket.create_connection(("127.0.0.1", proxy.port), 5)
        sock.settimeout(1)
        sock.sendall(
            "\r\n".join(
                [f"CONNECT {target} HTTP/1.1", f"Host: {target}", *headers, "", ""]
            ).encode()
        )
        try:
            return sock, sock.recv(65536)
        except TimeoutError:
            return sock, None

    def test_tunnel_leads_to_the_venue(self):
        with peers.Venue() as venue, peers.Proxy(
            "--connect-to", f"127.0.0.1:{venue.port}"
        ) as proxy:
            sock, reply = self.ask(proxy, "venue.test:443")
            self.assertIn(b" 200 ", reply)
            sock.sendall(upgrade_request("venue.test"))
            self.assertIn(b" 101 ", sock.recv(4096))
            sock.close()
            self.assertEqual(proxy.wait("connect")["target"], "venue.test:443")
            proxy.wait("done")

    def test_refusals(self):
        for mode, sign in (
            ("407", b" 407 "),
            ("403", b" 403 "),
            ("502", b" 502 "),
            ("close", b""),
            ("hang", None),
        ):
            with self.subTest(mode), peers.Proxy(mode=mode) as proxy:
                sock, reply = self.ask(proxy, "venue.test:443")
                sock.close()
                if sign:
                    self.assertIn(sign, reply)
                else:
                    self.assertEqual(reply, sign)

    def test_password_is_checked(self):
        with peers.Venue() as venue, peers.Proxy("--user", "u", "--password", "p:w") as proxy:
            sock, reply = self.ask(proxy, f"127.0.0.1:{venue.port}")
            sock.close()
            self.assertIn(b"Proxy-Authenticate: Basic", reply)
            basic = "Proxy-Authorization: Basic " + base64.b64encode(b"u:p:w").decode()
            sock, reply = self.ask(proxy, f"127.0.0.1:{venue.port}", basic)
            sock.close()
            self.assertIn(b" 200 ", reply)

    def test_unreachable_target_is_502(self):
        with peers.Proxy("--connect-to", "127.0.0.1:1") as proxy:
            sock, reply = self.ask(proxy, "x:1")
            sock.close()
            self.assertIn(b" 502 ", reply)


class FeedTest(WithFiles):
    def test_every_frame_arrives_in_every_packing(self):
        for args in ([], ["--pack", "0"], ["--pmd"], ["--after-message"], self.certificate()):
            with self.subTest(args), peers.Feed(
                "--capture", self.capture, "--frames", "1000", *args
            ) as feed:
                result = connect(feed.url(), send=["go"], ca=f"{self.ca}/ca.pem")
                self.assertEqual((result["code"], feed.ready["frames"]), (1000, 1000))
                looped = [sha256(self.frames[i % FRAMES]) for i in range(1000)]
                self.assertEqual([frame["sha256"] for frame in result["frames"]], looped)
                self.assertEqual(feed.next_line()["frames"], 1000)


if __name__ == "__main__":
    if not peers.available():
        print("skipped: node, or tests/peers/node_modules (npm ci --ignore-scripts), is not there")
        sys.exit(77)
    unittest.main()
