# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: a claim is a function; main() runs those of a script, each
in an empty folder of its own, and exits with 1 when one does not hold.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77
TIMEOUT = 60
# The command ends within 2 s of a signal; the rest is for a machine that is busy with other tests.
PROMPTLY = 5
WEIR = "weir"


class Done:
    """What a run of the command left."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8", "replace")

    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


def weir(*args, data=b"", env=None, timeout=TIMEOUT):
    return Done(subprocess.run([WEIR, *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               timeout=timeout, env={**os.environ, **(env or {})}))


def start(*args, **keywords):
    """The command running, its stdout and stderr as pipes unless said otherwise. Nothing is read ahead, which
    communicate() would not see."""
    return subprocess.Popen([WEIR, *args], bufsize=0,
                            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                               "stderr": subprocess.PIPE, **keywords})


def finish(process, timeout=TIMEOUT):
    """Waits for a started command and returns its Done; kills it when it does not end."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Done(subprocess.CompletedProcess([], process.returncode, out or b"", err or b""))


def stopped(process, number=signal.SIGINT):
    """Sends a signal; returns what was left and how long the end took."""
    began = time.monotonic()
    process.send_signal(number)
    done = finish(process, 10)
    return done, time.monotonic() - began


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: %r is not %r" % (what or "got", got, wanted))


def within(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError("%r is not in %r" % (part, text[-2000:]))


def write(name, content):
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return name


def main(names, about):
    global WEIR
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--weir", default="weir", help="the command under test")
    parser.add_argument("claims", nargs="*", help="only these")
    args = parser.parse_args()
    WEIR = os.path.abspath(args.weir)
    claims = {name: f for name, f in names.items()
              if callable(f) and getattr(f, "__module__", "") == "__main__" and f.__doc__ is None
              and not name.startswith("_") and f.__code__.co_argcount == 0}
    failed = 0
    for name in args.claims or claims:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                claims[name]()
            except Exception:
                failed += 1
                print("NOT SO: " + name.replace("_", " "))
                traceback.print_exc(file=sys.stdout)
            os.chdir(ROOT)
    print("%d claims, %d do not hold" % (len(args.claims or claims), failed))
    sys.exit(1 if failed else 0)
