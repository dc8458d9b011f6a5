# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: the command under test, times, and being skipped.

The command is given by --weir, the captures by --shared or WEIR_SHARED. A script whose captures are
absent says so and exits with 77, which ctest reports as skipped.
"""
import argparse
import datetime
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.set_int_max_str_digits(0)     # venues send what they like
SKIPPED = 77
REPLAY_SECONDS = 110
EPOCH = datetime.datetime(1970, 1, 1)
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)$")


def arguments(about, *names):
    parser = argparse.ArgumentParser(description=about)
    for name in names:
        parser.add_argument(name)
    parser.add_argument("--weir", default="weir", help="the command under test")
    parser.add_argument("--shared", default=os.environ.get("WEIR_SHARED")
                        or os.path.join(ROOT, "..", "shared"), help="folder that holds captures/")
    return parser.parse_args()


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def capture(shared, *path):
    """A file of the captures; the test is skipped when the captures are absent."""
    where = os.path.join(shared, "captures", *path)
    if not os.path.exists(where):
        skip(where + " is absent (set WEIR_SHARED to the folder that holds captures/)")
    return where


def nanoseconds(text):
    """Nanoseconds since 1970 of an RFC 3339 text in UTC, exactly."""
    match = TIME.match(text)
    if not match:
        raise ValueError("not an RFC 3339 time in UTC: %r" % (text,))
    *parts, fraction = match.groups()
    since = datetime.datetime(*map(int, parts)) - EPOCH
    return (since.days * 86400 + since.seconds) * 10**9 + int((fraction or "0").ljust(9, "0"))


class Result:
    """What a run of the command left: exit code, records as dicts, standard error as text."""

    def __init__(self, code, records, err):
        self.code, self.records, self.err = code, records, err


def run(weir, *args, env=None, timeout=REPLAY_SECONDS):
    done = subprocess.run([weir, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout,
                          env={**os.environ, **(env or {})})
    lines = done.stdout.decode("utf-8").split("\n")      # splitlines would also cut at U+2028
    records = [json.loads(line) for line in lines if line]
    return Result(done.returncode, records, done.stderr.decode("utf-8", "replace"))


def replay(weir, spec, frames, *more, env=None):
    return run(weir, "replay", spec, frames, "--frame-index", *more, env=env)


def spec_file(name):
    return os.path.join(ROOT, "specs", name)
