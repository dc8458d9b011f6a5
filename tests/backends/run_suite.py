#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One section of the public list of websocket cases, against hostile.js with its table `suite`.

Beside what run_hostile.py demands of every case: the pings are answered in order with their own
payload, the peer's reason arrives, what had to happen before a later part was sent did, and
messages that are echoed come back the same. Every other case is read in runs.
"""

import concurrent.futures
import os
import shutil
import sys
import tempfile
import time

import client
from run_hostile import check_case

COUNTS = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 41, "9": 54, "10": 1}
COUNTS |= {"12": 90, "13": 126}
TLS_SECTIONS = ("1", "2", "5", "9")
HOLD_MS = 30000
OPTIONS = ("--option", "upgrade_timeout=20s", "--max-ms", "50000")


def run_case(program, server, case, trust, more):
    scheme = "wss" if trust else "ws"
    echo = ("--echo", "--quiet") if case["rounds"] else ()
    url = f"{scheme}://127.0.0.1:{case['port']}{case['path']}"
    outcome = client.run(program, url, *OPTIONS, *echo, *trust, *more)
    runs = server.run_log(case["name"], wait=5)
    deadline = time.monotonic() + 5
    while not runs and time.monotonic() < deadline:  # with TLS the log is a file
        time.sleep(0.02)
        runs = server.run_log(case["name"])
    return case, outcome, runs[-1] if runs else {}


def check_more(checks, case, outcome, seen):
    name, expect = case["name"], case["expect"]
    if not checks.check(f"{name}: the server saw it", bool(seen), outcome):
        return
    checks.check(
        f"{name}: pongs", seen["pong_bodies"] == expect["pongs"], f"{seen}, wanted {expect}"
    )
    if expect.get("waits"):
        checks.check(f"{name}: in time", seen["waits"] == expect["waits"], seen["waits"])
    if expect["peer_reason"] is not None and outcome.downs:
        checks.check(
            f"{name}: reason", outcome.down["reason"] == expect["peer_reason"], outcome.down
        )
    if case["rounds"]:
        frames = outcome.down.get("frames")
        checks.check(
            f"{name}: echoes",
            seen["echoed"] == case["rounds"] == frames,
            f"{seen['echoed']} echoed, {frames} delivered, wanted {case['rounds']}: {outcome}",
        )


def run_section(program, checks, server, section, trust=()):
    cases = [case for case in server.cases if case["group"] == section]
    checks.check("all cases", len(cases) == COUNTS[section], f"{len(cases)}")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for case, outcome, seen in pool.map(
            lambda i: run_case(program, server, cases[i], trust, ("--runs",) if i % 2 else ()), range(len(cases))
        ):
            check_case(checks, case, outcome, seen)
            check_more(checks, case, outcome, seen)
    print(f"section {section}: {len(cases)} cases{' with TLS' if trust else ''}")


def run_with_tls(program, checks, section):
    directory = tempfile.mkdtemp(prefix="weir-suite-")
    try:
        client.peers.make_ca(directory)
        cert, key, ca = (os.path.join(directory, name) for name in ("good.pem", "good.key", "ca.pem"))
        options = ("--table", "suite", "--hold-ms", HOLD_MS, "--tls", "--cert", cert, "--key", key)
        with client.peers.Hostile(*options, max_seconds=280) as server:
            run_section(program, checks, server, section, ("--option", f"tls.ca={ca}"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    section = sys.argv.pop()
    program = client.start()
    checks = client.Checks()
    with client.peers.Hostile(
        "--table", "suite", "--hold-ms", HOLD_MS, max_seconds=280
    ) as server:
        run_section(program, checks, server, section)
    if section in TLS_SECTIONS:
        run_with_tls(program, checks, section)
    checks.finish()


if __name__ == "__main__":
    main()
