# SPDX-License-Identifier: MIT
"""What the tests of this folder share: running ws_client, and checks that go on after a failure."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peers"))

import peers  # noqa: E402  (the path above is needed first)

SKIPPED = 77
RUN_SECONDS = 120
PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Outcome:
    """One run of the client: its events by kind, and the one `down` (or `refused`)."""

    def __init__(self, lines, status, stderr):
        self.events = [json.loads(line) for line in lines if line.startswith("{")]
        self.status = status
        self.stderr = stderr
        downs = self.of("down") + self.of("refused")
        self.downs = len(downs)
        self.down = downs[0] if downs else {}

    def of(self, kind):
        return [event for event in self.events if event["ev"] == kind]

    def phases(self):
        return [event["phase"] for event in self.of("phase")]

    def texts(self):
        return [event.get("text") for event in self.of("frame")]

    def is_sound(self):
        """Exactly one end, the last line, and no sanitizer or time-out had a say."""
        return self.status == 0 and self.downs == 1 and self.events[-1]["ev"] in ("down", "refused")

    def __str__(self):
        last = [event for event in self.events if event["ev"] != "frame"][-4:]
        return f"status {self.status}, {last}, {self.stderr[-3000:]}"


def clean_environment(extra=None):
    """The environment without anybody's proxy settings."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXY_NAMES}
    kept.update(extra or {})
    return kept


def run(program, url, *args, env=None):
    """Runs the client to its end and returns the outcome. A hang is an outcome too (status -1)."""
    command = [program, url] + [str(arg) for arg in args]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
            env=clean_environment(env),
        )
    except subprocess.TimeoutExpired:
        return Outcome([], -1, f"no end within {RUN_SECONDS} s")
    return Outcome(done.stdout.splitlines(), done.returncode, done.stderr)


class Checks:
    """Counts what holds and names what does not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, holds, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: {detail}")
        return bool(holds)

    def finish(self):
        print(f"{self.passed} checks passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def start():
    """The client's path from the command line; leaves as skipped when no peer can run here."""
    if len(sys.argv) != 2:
        sys.exit("usage: run_NAME.py WS_CLIENT")
    if not peers.available():
        print("SKIPPED: node or the packages of tests/peers are absent (npm ci --ignore-scripts)")
        sys.exit(SKIPPED)
    return sys.argv[1]
