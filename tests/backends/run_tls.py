#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""wss:// against node's TLS and openssl s_server: who is trusted, and what goes wrong how."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import client
from client import peers

ECHO = ("--capture", "/dev/null", "--dialect", "echo")
SAY = ("--send", "hello", "--close", "1000", "--after", "1", "--max-ms", "45000")


class Bench:
    def __init__(self, program, directory):
        self.program = program
        self.ca = directory
        self.checks = client.Checks()

    def file(self, name):
        return os.path.join(self.ca, name)

    def venue(self, cert="good", *args):
        return peers.Venue(
            *ECHO,
            "--tls",
            "--cert",
            self.file(f"{cert}.pem"),
            "--key",
            self.file(f"{cert}.key"),
            *args,
        )

    def run(self, url, *args, ca="ca.pem", env=None):
        trust = ("--option", f"tls.ca={self.file(ca)}") if ca else ()
        return client.run(self.program, url, *trust, *args, env=env)

    def expect_echo(self, name, outcome):
        self.checks.check(
            f"{name}: echo",
            outcome.is_sound() and outcome.texts() == ["hello"] and outcome.down["code"] == "ok",
            outcome,
        )

    def expect_failure(self, name, outcome, code, *words):
        text = outcome.down.get("text", "")
        holds = (
            outcome.is_sound()
            and outcome.down["code"] == code
            and any(word in text for word in words)
        )
        self.checks.check(name, holds, outcome)


def trusted(bench):
    with bench.venue("good", "--host", "::") as venue:
        for host, name in (("localhost", "localhost"), ("127.0.0.1", None), ("[::1]", None)):
            url = f"wss://{host}:{venue.port}/who"
            outcome = bench.run(url, *SAY)
            bench.expect_echo(f"good certificate for {host}", outcome)
            seen = venue.events("open")[-1]
            bench.checks.check(
                f"SNI for {host}", (seen["tls"]["servername"] or None) == name, seen["tls"]
            )
            bench.checks.check(
                f"phases for {host}",
                outcome.phases()[-3:] == ["securing", "upgrading", "up"],
                outcome.phases(),
            )
        outcome = bench.run(venue.url("/"), *SAY, ca=None)
        bench.expect_failure(
            "the system's authorities do not know it", outcome, "tls", "issuer", "self-signed"
        )
        outcome = bench.run(venue.url("/"), *SAY, ca="other-ca.pem")
        bench.expect_failure(
            "another authority does not know it",
            outcome,
            "tls",
            "issuer",
            "signature",
            "self-signed",
        )
        outcome = bench.run(venue.url("/"), *SAY, ca="absent.pem")
        bench.expect_failure("an absent CA file", outcome, "tls", "No such file", "no such file")
        outcome = bench.run(venue.url("/").replace("wss", "ws"), *SAY)
        bench.checks.check(
            "ws to a TLS port",
            outcome.is_sound() and outcome.down["code"] in ("handshake", "closed"),
            outcome,
        )


def refused(bench):
    for cert, words in (
        ("wrong-host", ("hostname mismatch", "IP address mismatch")),
        ("expired", ("expired",)),
        ("future", ("not yet valid",)),
        ("self-signed", ("self-signed", "self signed")),
    ):
        with bench.venue(cert) as venue:
            for host in ("localhost", "127.0.0.1") if cert == "wrong-host" else ("localhost",):
                outcome = bench.run(f"wss://{host}:{venue.port}/", *SAY)
                bench.expect_failure(f"{cert} for {host}", outcome, "tls", *words)
            outcome = bench.run(
                f"wss://localhost:{venue.port}/", *SAY, "--option", "tls.verify=false", ca=None
            )
            bench.expect_echo(f"{cert} unverified", outcome)
            bench.checks.check(
                f"{cert} unverified: warning", len(outcome.of("warning")) == 1, outcome
            )


def client_certificates(bench):
    def identity(name, key=None):
        return (
            "--option",
            f"tls.cert={bench.file(name + '.pem')}",
            "--option",
            f"tls.key={bench.file((key or name) + '.key')}",
        )

    for version in ((), ("--tls-max", "1.2")):
        with bench.venue("good", "--client-ca", bench.file("ca.pem"), *version) as venue:
            outcome = bench.run(venue.url("/"), *SAY, *identity("client"))
            bench.expect_echo(f"client certificate {version}", outcome)
            seen = venue.events("open")[-1]["tls"]
            bench.checks.check("its name arrived", "weir-client" in str(seen["client"]), seen)
            outcome = bench.run(venue.url("/"), *SAY)
            # node may only hang up after the handshake, without an alert or overtaking it
            bench.checks.check(
                f"no client certificate {version}",
                outcome.is_sound() and outcome.down["code"] in ("tls", "handshake"),
                outcome,
            )
            outcome = bench.run(venue.url("/"), *SAY, *identity("client-bad"))
            bench.checks.check(
                f"bad client certificate {version}",
                outcome.is_sound() and outcome.down["code"] in ("tls", "handshake"),
                outcome,
            )
            outcome = bench.run(venue.url("/"), *SAY, *identity("client", "client-bad"))
            bench.expect_failure("a key that does not fit", outcome, "tls", "fit", "mismatch")
            outcome = bench.run(
                venue.url("/"), *SAY, "--option", f"tls.key={bench.file('client.key')}"
            )
            bench.expect_failure("a key alone", outcome, "tls", "tls.cert")


def encrypted_key(bench):
    subprocess.run(
        [
            "openssl",
            "pkcs8",
            "-topk8",
            "-in",
            bench.file("client.key"),
            "-out",
            bench.file("locked.key"),
            "-passout",
            "pass:open sesame",
        ],
        check=True,
        capture_output=True,
    )
    given = (
        "--option",
        f"tls.cert={bench.file('client.pem')}",
        "--option",
        f"tls.key={bench.file('locked.key')}",
    )
    with bench.venue("good", "--client-ca", bench.file("ca.pem")) as venue:
        bench.expect_echo(
            "an encrypted key",
            bench.run(venue.url("/"), *SAY, *given, "--option", "tls.key_password=open sesame"),
        )
        bench.expect_failure(
            "its password is wrong",
            bench.run(venue.url("/"), *SAY, *given, "--option", "tls.key_password=wrong"),
            "tls",
            "client key",
        )
        bench.expect_failure(
            "its password is missing", bench.run(venue.url("/"), *SAY, *given), "tls", "client key"
        )


def volume(bench):
    capture = os.path.join(bench.ca, "capture.jsonl")
    with open(capture, "w", encoding="utf-8") as file:
        for i in range(500):
            file.write('{"n":%d,"pad":"%s"}\n' % (i, "x" * (i * 7 % 900)))
    tls = ("--tls", "--cert", bench.file("good.pem"), "--key", bench.file("good.key"))
    with bench.venue() as venue:
        outcome = bench.run(
            venue.url("/"),
            "--send-fill",
            "5000000",
            "--close",
            "1000",
            "--after",
            "1",
            "--max-ms",
            "45000",
        )
        bench.checks.check(
            "5 MB there and back", outcome.is_sound() and outcome.down["bytes"] == 5000000, outcome
        )
    for pack in (0, 3000, 65536):
        with peers.Feed("--capture", capture, "--frames", 20000, "--pack", pack, *tls) as feed:
            outcome = bench.run(
                feed.url("/"),
                "--quiet",
                "--pause-every",
                "400",
                "--pause",
                "3",
                "--max-ms",
                "45000",
            )
            down = outcome.down
            holds = (
                outcome.is_sound()
                and down["frames"] == 20000
                and down["bytes"] == feed.ready["bytes"]
                and down["pauses"] == 50
                and down["paused_calls"] == 0
            )
            bench.checks.check(f"50 pauses, packs of {pack}: nothing lost", holds, outcome)


def odd_servers(bench):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        outcome = bench.run(f"wss://127.0.0.1:{port}/", "--option", "tls_timeout=300ms", *SAY)
        bench.expect_failure("a TLS server that says nothing", outcome, "timeout", "tls_timeout")
    with socket.create_server(("127.0.0.1", 0)) as hanging_up:

        def hang_up():
            accepted, _ = hanging_up.accept()
            accepted.recv(1)
            accepted.close()

        threading.Thread(target=hang_up, daemon=True).start()
        outcome = bench.run(f"wss://127.0.0.1:{hanging_up.getsockname()[1]}/", *SAY)
        bench.expect_failure("a TLS server that hangs up", outcome, "tls", "closed", "reset")
    with peers.Venue(*ECHO) as plain:
        outcome = bench.run(f"wss://127.0.0.1:{plain.port}/", *SAY)
        bench.expect_failure(
            "wss to a plain port", outcome, "tls", "wrong version", "record", "packet"
        )


def crowd(bench):
    """Threads, loops that come and go, links that are closed while they open: plain and TLS."""
    program = os.path.join(os.path.dirname(bench.program), "ws_crowd")
    for name, venue, args in (
        ("plain", peers.Venue(*ECHO), ()),
        ("TLS", bench.venue(), (f"tls.ca={bench.file('ca.pem')}",)),
    ):
        with venue:
            url = venue.url("/", host="localhost")
            done = subprocess.run(
                [program, url, "4", "3", "15", *args],
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
                env=client.clean_environment(),
            )
            bench.checks.check(
                f"a crowd, {name}",
                done.returncode == 0 and '"echoes":1' in done.stdout,
                done.stdout + done.stderr[-3000:],
            )


def s_server(bench):
    """openssl's own server prefers h2: http/1.1 is chosen, and its page is no upgrade."""
    port = client.peers.free_port()
    command = [
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        bench.file("good.pem"),
        "-key",
        bench.file("good.key"),
        "-alpn",
        "h2,http/1.1",
        "-www",
        "-quiet",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + client.peers.START_SECONDS
            while server.poll() is None and time.monotonic() < deadline:
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            outcome = bench.run(f"wss://localhost:{port}/", *SAY)
            holds = (
                outcome.is_sound()
                and outcome.down["code"] == "handshake"
                and "upgrading" in outcome.phases()
            )
            bench.checks.check("s_server's page is no upgrade", holds, outcome)
        finally:
            server.terminate()


def main():
    program = client.start()
    directory = tempfile.mkdtemp(prefix="weir-tls-")
    try:
        bench = Bench(program, peers.make_ca(directory))
        for part in (
            trusted,
            refused,
            client_certificates,
            encrypted_key,
            volume,
            odd_servers,
            s_server,
            crowd,
        ):
            part(bench)
        bench.checks.finish()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
