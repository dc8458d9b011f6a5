# SPDX-License-Identifier: MIT
"""SIGHUP: the spec of `weir run` is loaded again, while venues of tests/peers say what they saw."""
import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import urllib.request

import claims
from claims import PROMPTLY, equal, start, stopped, within, write
from specs import trade

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

HEAD = """\
weir: 1
name: shop
vars: {left: "ws://127.0.0.1:1/", right: "ws://127.0.0.1:1/", unused: one}
connections:
"""
CONNECTION = """\
  %(name)s:
    url: "{vars.%(name)s}"
    backend: {type: websocket}
    streams: {trades: data}
    reconnect: {initial: 50ms, max: 100ms}
    subscribe:
      subscribe:
        trades: {json: {fields: {action: "'subscribe'", trades: "[a.symbol for a in subscribe_assets]"}}}
    parser: {format: json}
    converters:
      trades:
        - fields:
            asset: broker.infer_asset(symbol=data['S'])
            data:
              close: float(data['p'])
"""
LEFT, RIGHT = CONNECTION % {"name": "left"}, CONNECTION % {"name": "right"}
CONFIG = {"greeting": [], "auth": {"mode": "none"},
          "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades", "more"], "need": 1}}
RATE = "400"  # frames in a second
FRAMES = 100000


def _venue(*more):
    capture = write("frames.jsonl", "".join(trade(i) + "\n" for i in range(FRAMES)))
    return peers.Venue("--capture", capture, "--dialect", "alpaca", "--rate", RATE, *more, config=CONFIG)


class Run:
    """The command at work, its output read as it comes."""

    def __init__(self, spec, *more, env=None, **urls):
        self.lines, self.errors = [], []
        write("shop.yaml", spec)
        settings = [part for name, url in urls.items() for part in ("--set", "vars.%s=%s" % (name, url))]
        self.process = start("run", "shop.yaml", *settings, *more, env={**os.environ, **(env or {})})
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(pipe, into):
        with os.fdopen(os.dup(pipe.fileno()), "rb") as file:
            for line in file:
                into.append(line.decode("utf-8", "replace"))

    def said(self, text, count=1, timeout=20):
        deadline = time.monotonic() + timeout
        while sum(text in line for line in self.errors) < count:
            if time.monotonic() > deadline:
                raise AssertionError("%r was not said %d times: %s" % (text, count, "".join(self.errors)[-3000:]))
            time.sleep(0.02)

    def more_records(self, pattern, count=50, timeout=20):
        """Waits until so many more lines have come that have the text."""
        before, deadline = sum(pattern in line for line in self.lines), time.monotonic() + timeout
        while sum(pattern in line for line in self.lines) < before + count:
            if time.monotonic() > deadline:
                raise AssertionError("no more records of %s: %s" % (pattern, "".join(self.errors)[-3000:]))
            time.sleep(0.02)

    def reload(self, spec=None):
        if spec is not None:
            write("shop.yaml", spec)
        before = sum(": reload" in line or " reload" in line for line in self.errors)
        self.process.send_signal(signal.SIGHUP)
        self.said(" reload", before + 1)
        return [line for line in self.errors if " reload" in line][before]

    def stop(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        seconds = time.monotonic() - began
        for reader in self.readers:
            reader.join(5)
        equal((code, seconds < PROMPTLY), (0, True), "".join(self.errors)[-3000:])
        return [json.loads(line) for line in self.lines]


def _closes(records, connection):
    return [r["data"]["close"] for r in records if r["connection"] == connection and "gap" not in r]


def _is_whole(closes):
    """Every number from the first on, each once."""
    return len(closes) > 0 and closes == [closes[0] + i for i in range(len(closes))]


def _gaps(records):
    return [(r["connection"], r["stream"], r.get("asset"), r["gap"]["reason"]) for r in records if "gap" in r]


WANTED = ["--subscribe", "left/trades=ABC", "--subscribe", "right/trades=ABC,DEF"]


def a_change_of_one_connection_leaves_the_other_alone():
    with _venue() as left, _venue() as right:
        run = Run(HEAD + LEFT + RIGHT, *WANTED, left=left.url(), right=right.url())
        run.more_records('"left"')
        run.more_records('"right"')
        said = run.reload(HEAD + LEFT + RIGHT.replace("streams:", "heartbeat: {idle: 29s}\n    streams:"))
        within(said, "kept 1, replaced 1 (right: heartbeat changed), added 0, removed 0")
        right.wait("subscribe", ok=True, count=4)
        run.more_records('"left"', 100)
        run.more_records('"right"')
        records = run.stop()
        equal([left.command("stats")["opened"], right.command("stats")["opened"]], [1, 2])
        equal(_is_whole(_closes(records, "left")), True)
        equal(_gaps(records), [("right", "trades", "ABC", "reload"), ("right", "trades", "DEF", "reload")])
        equal([r["seq"] for r in records], list(range(1, len(records) + 1)))
        equal(right.wait("close", conn=1)["code"], 1000)
        equal(right.messages(conn=2), [{"action": "subscribe", "trades": ["ABC", "DEF"]}])


def what_is_no_change_keeps_every_socket():
    with _venue() as left, _venue() as right:
        run = Run(HEAD + LEFT + RIGHT, *WANTED, left=left.url(), right=right.url())
        run.more_records('"right"')
        commented = "# a comment\n" + HEAD.replace("unused: one", "unused: two") + RIGHT.replace(
            "streams: {trades: data}", "streams:\n      trades: 'data'   # the same") + LEFT.replace(
                "float(data['p'])", "\"float(data['p'])\"")
        within(run.reload(commented), "kept 2, replaced 0, added 0, removed 0")
        within(run.reload(), "kept 2")
        run.more_records('"left"')
        records = run.stop()
        equal([left.command("stats")["opened"], right.command("stats")["opened"]], [1, 1])
        equal((_is_whole(_closes(records, "left")), _is_whole(_closes(records, "right"))), (True, True))
        equal(_gaps(records), [])


def a_broken_spec_leaves_the_old_one_running():
    with _venue() as left:
        run = Run(HEAD + LEFT, "--subscribe", "trades=ABC", "--metrics", "127.0.0.1:0", left=left.url())
        run.more_records('"left"')
        within(run.reload((HEAD + LEFT).replace("float(data['p'])", "float(dat['p'])")),
               "reload failed, the old spec runs on", "1 error")
        run.said("shop.yaml:19:28: error: unknown name 'dat'; did you mean 'data'?")
        os.unlink("shop.yaml")
        within(run.reload(), "reload failed", "shop.yaml")
        within(run.reload("{"), "reload failed")
        within(run.reload(HEAD + LEFT.replace("  left:", "  other:")), "replaced 0, added 1 (other), removed 1 (left)")
        within(run.reload(HEAD + LEFT), "removed 1 (other)")
        run.said("subscribed no more: the spec has no such connection any more")
        url = re.search(r"metrics: (http://\S+)", "".join(run.errors)).group(1)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as reply:
            text = reply.read().decode()
        within(text, 'weir_reloads_total{result="done"} 2\n', 'weir_reloads_total{result="failed"} 3\n')
        run.stop()


def streams_come_and_go():
    more = LEFT.replace("{trades: data}", "{trades: data, more: data}").replace(
        "    parser:", "        more: {json: {fields: {action: \"'subscribe'\", more: \"[a.symbol for a in subscribe_assets]\"}}}\n"
        "    router: {default_channel: trades}\n    parser:").replace("      trades:\n        - fields", "      all:\n        - fields")
    with _venue() as left:
        run = Run(HEAD + more, "--subscribe", "trades=ABC", "--subscribe", "more=DEF", left=left.url())
        run.more_records('"left"')
        within(run.reload(HEAD + LEFT), "replaced 1", "1 subscription is lost")
        run.said("left: rejected: more DEF is subscribed no more: the spec has no such stream any more")
        left.wait("subscribe", ok=True, count=3)
        run.more_records('"left"')
        within(run.reload(HEAD + more), "replaced 1 (left: streams, subscribe")
        left.wait("subscribe", ok=True, count=4)
        run.more_records('"left"')
        run.stop()
        equal(left.messages(conn=3), [{"action": "subscribe", "trades": ["ABC"]}])


def connections_come_and_go():
    with _venue() as left, _venue() as right:
        run = Run(HEAD + LEFT, "--subscribe", "trades=ABC", left=left.url(), right=right.url())
        run.more_records('"left"')
        within(run.reload(HEAD + LEFT + RIGHT), "kept 1, replaced 0, added 1 (right), removed 0")
        run.said("right: live")
        within(run.reload(HEAD + RIGHT), "kept 1, replaced 0, added 0, removed 1 (left)")
        equal(left.wait("close", conn=1)["code"], 1000)
        run.said("left: stopped")
        run.stop()
        equal(right.command("stats")["opened"], 1)


def changed_credentials_are_used_at_once():
    spec = (HEAD + LEFT).replace("connections:", "credentials: {key: {file: key.txt}}\nconnections:").replace(
        "    reconnect:", "    auth: {mode: url, url: {query: {fields: {token: credentials.key}}}}\n    reconnect:")
    with _venue() as left:
        write("key.txt", "first-key-1")
        os.chmod("key.txt", 0o600)
        run = Run(spec, "--subscribe", "trades=ABC", left=left.url())
        run.more_records('"left"')
        within(run.reload(), "kept 1")
        write("key.txt", "second-key-2")
        within(run.reload(), "replaced 1 (left: credentials changed)")
        left.wait("subscribe", ok=True, count=2)
        within(run.reload(), "kept 1")
        os.unlink("key.txt")
        within(run.reload(), "reload failed", "credential 'key'")
        run.more_records('"left"')
        run.stop()
        equal(["first-key" in str(e) or "second-key" in str(e) for e in run.errors], [False] * len(run.errors))


def a_storm_of_signals_changes_what_it_must():
    with _venue() as left, _venue() as right:
        run = Run(HEAD + LEFT + RIGHT, *WANTED, left=left.url(), right=right.url())
        run.more_records('"right"')
        for number in range(60):
            write("next.yaml", HEAD + LEFT + RIGHT.replace("max: 100ms", "max: %dms" % (100 + number)))
            os.rename("next.yaml", "shop.yaml")
            run.process.send_signal(signal.SIGHUP)
            time.sleep(0.005)
        run.reload()
        run.more_records('"right"', 20)
        run.more_records('"left"', 20)
        records = run.stop()
        equal(left.command("stats")["opened"], 1)
        equal(_is_whole(_closes(records, "left")), True)
        opened = right.command("stats")["opened"]
        right.wait("close", count=opened)
        equal((opened > 1, len(right.events("close"))), (True, opened), "sockets")


def it_works_in_every_state():
    with socket.socket() as silent, _venue() as left:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)  # and never accepts: the upgrade hangs
        hangs = "ws://127.0.0.1:%d/" % silent.getsockname()[1]
        spec = HEAD + LEFT.replace("{vars.left}", hangs) + RIGHT
        run = Run(spec, *WANTED, left=left.url())  # right: nothing listens, so it is in backoff
        run.said("left: connecting")
        run.said("right: backoff")
        within(run.reload(HEAD + LEFT + RIGHT.replace("vars.right", "vars.left")), "replaced 2 (left: url changed; right: url")
        left.wait("subscribe", ok=True, count=3)
        run.more_records('"left"')
        run.more_records('"right"')
        refused = LEFT.replace("    reconnect: {initial: 50ms, max: 100ms}\n",
                               "    reconnect: {initial: 50ms, max: 100ms, attempts: 1}\n").replace("vars.left", "vars.right")
        within(run.reload(HEAD + refused + RIGHT.replace("vars.right", "vars.left")), "replaced 1")
        run.said("left: failed")
        within(run.reload(), "kept 2")
        within(run.reload(HEAD + LEFT + RIGHT.replace("vars.right", "vars.left")), "replaced 1")
        run.more_records('"left"')
        run.stop()


def a_reload_while_one_link_takes_over_from_another():
    rolled = LEFT.replace("    reconnect:", "    roll: {after: 3s, overlap: 2900ms}\n    reconnect:")
    with _venue() as left, _venue() as right:
        run = Run(HEAD + rolled + RIGHT, *WANTED, left=left.url(), right=right.url())
        left.wait("subscribe", ok=True, count=2)
        within(run.reload(HEAD + rolled + RIGHT.replace("max: 100ms", "max: 101ms")), "kept 1, replaced 1 (right")
        run.more_records('"left"')
        within(run.reload(HEAD + LEFT + RIGHT), "replaced 2")
        left.wait("subscribe", ok=True, count=3)
        run.more_records('"left"')
        records = run.stop()
        equal([left.wait("close", conn=conn)["code"] for conn in (1, 2, 3)], [1000, 1000, 1000])
        equal([r["seq"] for r in records], list(range(1, len(records) + 1)))
        equal(("left", "trades", "ABC", "reload") in _gaps(records), True)


def a_csv_goes_on_with_the_columns_that_it_has():
    with _venue() as left:
        run = Run(HEAD + LEFT, "--subscribe", "trades=ABC", "--format", "csv", left=left.url())
        run.more_records("left")
        run.reload(HEAD + LEFT.replace("              close", "              extra: data['S']\n              close"))
        left.wait("subscribe", ok=True, count=2)
        run.more_records("left")
        run.process.send_signal(signal.SIGTERM)
        equal(run.process.wait(20), 0)
        run.readers[0].join(5)
        equal(run.lines[0], "channel,stream,connection,asset,timestamp,data.close,received,seq\n")
        equal({line.count(",") for line in run.lines}, {7})
        equal([line for line in run.lines[1:] if not re.match(r"data,trades,left,ABC,,\d+\.5,", line)], [])


def a_terminal_that_goes_ends_it():
    with _venue() as left:
        write("shop.yaml", HEAD + LEFT)
        main, other = pty.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(other, termios.TIOCSCTTY, 0)

        process = subprocess.Popen([claims.WEIR, "run", "shop.yaml", "--set", "vars.left=" + left.url(), "--subscribe",
                                    "trades=ABC", "--quiet"], stdin=other, stdout=open("out", "wb"), stderr=open("err", "wb"),
                                   preexec_fn=take_terminal)
        os.close(other)
        left.wait("subscribe", ok=True)
        began = time.monotonic()
        os.close(main)
        code = process.wait(20)
        equal((code, time.monotonic() - began < PROMPTLY), (0, True))


if __name__ == "__main__":
    if not peers.available():
        print("skipped: node or tests/peers/node_modules is absent")
        sys.exit(claims.SKIPPED)
    claims.main(globals(), __doc__)
