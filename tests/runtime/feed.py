# SPDX-License-Identifier: MIT
"""What the tests of this folder share: a feed_driver under control, captures, and checks that go on after a failure."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peers"))

import peers  # noqa: E402  (the path above is needed first)

SKIPPED = 77
SPEC = os.path.join(HERE, "acme.yaml")
# Waits end when what they wait for is there: this says how long a machine that is busy with other things may take.
WAIT_SECONDS = 60
# A stop is over within 2 s; the rest is for such a machine.
PROMPTLY_MS = 5000
PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class FeedError(Exception):
    """The feed did not do in time what a test waits for."""


def environment(extra):
    """Nobody's proxies and credentials files, and the credentials that the venue knows."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXY_NAMES}
    kept.update({"HOME": "/nonexistent", "ACME_API_KEY": "k", "ACME_API_SECRET": "s"})
    kept.pop("XDG_CONFIG_HOME", None)
    kept.update(extra or {})
    return {name: value for name, value in kept.items() if value is not None}


class Feed:
    """A running feed_driver: its lines as dicts, waits with a deadline, commands."""

    program = None

    def __init__(self, url, connection, *args, env=None, spec=SPEC):
        command = [self.program, spec, "--set", "vars.url=" + url]
        for name in connection.split("+"):
            command += ["--connection", name]
        self.stderr = tempfile.TemporaryFile()
        self.lines = []
        self.arrived = threading.Condition()
        self.is_over = False
        self.process = subprocess.Popen(command + [str(arg) for arg in args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.stderr, env=environment(env))
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.thread.join()
        for file in (self.process.stdin, self.process.stdout, self.stderr):
            try:
                file.close()
            except OSError:
                pass

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(json.loads(line))
                self.arrived.notify_all()
        with self.arrived:
            self.is_over = True
            self.arrived.notify_all()

    def of(self, ev, **members):
        with self.arrived:
            return [line for line in self.lines if line["ev"] == ev
                    and all(line.get(name) == value for name, value in members.items())]

    def states(self):
        return [event["to"] for event in self.of("event", type="state")]

    def wait(self, ev, count=1, seconds=WAIT_SECONDS, **members):
        """The count-th line of a kind with such members."""
        deadline = time.monotonic() + seconds
        found = looked_at = 0
        with self.arrived:
            while True:
                for line in self.lines[looked_at:]:
                    found += line["ev"] == ev and all(line.get(name) == value for name, value in members.items())
                    if found == count:
                        return line
                looked_at = len(self.lines)
                if self.is_over or time.monotonic() > deadline:
                    break   # out of the lock, which the text of the feed takes too
                self.arrived.wait(0.05)
        raise FeedError(f"{found} of {count} lines {ev} {members}; the last: {self}")

    def reaches(self, state, count=1, **members):
        return self.wait("event", count, type="state", to=state, **members)

    def tell(self, line):
        self.process.stdin.write((line + "\n").encode())
        self.process.stdin.flush()

    def ask(self, line, ev, **members):
        """Sends a command and waits for one more line of a kind."""
        had = len(self.of(ev, **members))
        self.tell(line)
        return self.wait(ev, had + 1, **members)

    def receives(self, records):
        """Waits until all connections together have made so many records."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            self.ask("status", "status")
            latest = {line["connection"]: line["records"] for line in self.of("status")}
            if sum(latest.values()) >= records:
                return
            if time.monotonic() > deadline:
                raise FeedError(f"{latest} of {records} records: {self}")
            time.sleep(0.02)

    def stop(self, deadline_ms=0):
        """Stops it and returns how long that took, in ms; FeedError if it does not end well."""
        self.tell(f"stop {deadline_ms}")
        took = self.wait("stopped")["ms"]
        try:
            self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise FeedError(f"no end after a stop: {self}") from error
        self.thread.join()
        if self.process.returncode != 0:
            raise FeedError(f"exit status {self.process.returncode}: {self}")
        return took

    def stderr_text(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")

    def __str__(self):
        with self.arrived:
            last = [line for line in self.lines if line["ev"] not in ("record", "got")][-12:]
        return "\n  ".join([json.dumps(line)[:400] for line in last] + [self.stderr_text()[-3000:]])


class Checks:
    """Counts what holds and names what does not."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, holds, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: {detail}")

    def run(self, test, *args):
        """A test that raises has failed; the others go on."""
        try:
            test(self, *args)
        except (FeedError, peers.PeerError, OSError, KeyError) as error:
            self.failed += 1
            print(f"FAILED {test.__name__} {args}: {type(error).__name__} {error}")


def write_capture(directory, name="trades.jsonl", frames=2000):
    """Trades of two symbols, one a frame; `i` counts from 0."""
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(frames):
            trade = {"T": "t", "S": ("AAPL", "MSFT")[i % 2], "p": 100 + i / 8, "s": i, "i": i,
                     "t": 1700000000000000000 + i}
            file.write(json.dumps([trade]) + "\n")
    return path


def main(tests):
    """Runs the tests with the program that the command line names."""
    if not peers.available():
        print("SKIPPED: node or the npm package ws is absent (tests/peers)")
        sys.exit(SKIPPED)
    Feed.program = sys.argv[1]
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="weir-feed-") as directory:
        tests(checks, directory)
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)
