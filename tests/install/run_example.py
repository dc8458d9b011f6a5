#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""run_example.py PROGRAM: runs a build of examples/ticker.c. Without arguments it must say how it is used; with
examples/acme.yaml, pointed at a venue of tests/peers, it must log in, subscribe, print the trades, and end well
when interrupted. Without node there is no venue, and only the first half is done."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import peers  # noqa: E402 (the path comes first)

SECONDS = 30
TRADES = ('[{"T":"t","S":"AAA","p":101.5,"s":10,"t":"2024-01-02T03:04:05.678Z"}]\n'
          '[{"T":"t","S":"AAA","p":101.75,"s":5,"t":"2024-01-02T03:04:06.789Z"}]\n')
WANTED = ["AAA 101.5", "AAA 101.75"]


def fail(text):
    print("run_example: " + text)
    sys.exit(1)


def check_usage(program):
    done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
                          check=False)
    if done.returncode != 2 or "usage:" not in done.stderr:
        fail(f"without arguments it ended with {done.returncode} and said: {done.stderr}")


def spec_for(folder, url):
    """examples/acme.yaml with the address of the venue instead of the invented one."""
    with open(os.path.join(ROOT, "examples", "acme.yaml"), encoding="utf-8") as file:
        text, count = re.subn(r"wss://stream\.acme\.example/market", url, file.read())
    if count != 1:
        fail("examples/acme.yaml no longer names the address that this test replaces")
    path = os.path.join(folder, "acme.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check_run(program, folder, venue):
    environment = dict(os.environ, ACME_API_KEY="k", ACME_API_SECRET="s")
    with open(os.path.join(folder, "stderr"), "w+", encoding="utf-8") as errors:
        # pylint: disable-next=consider-using-with
        run = subprocess.Popen(["stdbuf", "-oL", program, spec_for(folder, venue.url("/market")), "trades", "AAA"],
                               stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        watch = threading.Timer(SECONDS, run.kill)
        watch.start()
        lines = [line.strip() for line in (run.stdout.readline() for _ in WANTED)]
        run.send_signal(signal.SIGINT)
        code = run.wait()
        watch.cancel()
        errors.seek(0)
        said = errors.read()
    if lines != WANTED or code != 0:
        fail(f"it printed {lines} and ended with {code}; on stderr:\n{said}\nthe venue's log:\n"
             + "\n".join(map(str, venue.log()[-12:])))


def main(program):
    check_usage(program)
    if not peers.available():
        print("run_example: node or its packages are absent: not run against a venue")
        return
    with tempfile.TemporaryDirectory() as folder:
        frames = os.path.join(folder, "trades.jsonl")
        with open(frames, "w", encoding="utf-8") as file:
            file.write(TRADES)
        with peers.Venue("--capture", frames, "--dialect", "alpaca") as venue:
            check_run(program, folder, venue)


if __name__ == "__main__":
    main(sys.argv[1])
