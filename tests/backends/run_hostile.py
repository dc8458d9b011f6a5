#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every case of the hostile server: what the link reports, what it has sent, and nothing more.

Each case says which outcomes are right (tests/peers/README.md). On top of them, always: one `down`,
as the last event, within bounded time; exactly the frames that came before the offence; no RFC
violation of our own.
"""

import concurrent.futures
import os
import shutil
import tempfile

import client

HOLD_MS = 25000  # far beyond what a sanitizer needs for the largest case
TLS_GROUPS = ("frame", "close", "deflate", "flood")
PATIENCE = {True: "3s", False: "30s"}  # with an answer to the upgrade: of a case that has none, and of the others


def run_case(program, hostile, case, trust):
    scheme = "wss" if trust else "ws"
    outcome = client.run(
        program, f"{scheme}://127.0.0.1:{case['port']}{case['path']}", "--max-ms", "100000",
        "--option", "upgrade_timeout=" + PATIENCE[case["needs_timeout"]], *trust
    )
    runs = hostile.run_log(case["name"], wait=2)
    return case, outcome, runs[-1] if runs else {}


def run_all(program, checks, hostile, cases, trust=()):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for case, outcome, seen in pool.map(
            lambda case: run_case(program, hostile, case, trust), cases
        ):
            check_case(checks, case, outcome, seen)
    print(f"{len(cases)} cases{' with TLS' if trust else ''}")


def kind_of(outcome):
    """ok, close or error, as the cases speak of it."""
    down = outcome.down
    if down.get("code") != "ok":
        return "error"
    return "ok" if down["close_code"] == 1000 else "close"


def identity(frame):
    return (frame["kind"], frame["len"], frame["sha256"])


def frames_wanted(expect, kind):
    """What must be delivered; a case that allows two readings has a list for each of them."""
    frames = (
        expect.get("frames_if_error", expect["frames"]) if kind == "error" else expect["frames"]
    )
    return [identity(frame) for frame in frames for _ in range(frame.get("times", 1))]


def check_case(checks, case, outcome, seen):
    name, expect = case["name"], case["expect"]
    checks.check(f"{name}: one end", outcome.is_sound(), outcome)
    if not outcome.downs:
        return
    down = outcome.down
    checks.check(
        f"{name}: outcome",
        kind_of(outcome) in expect["outcomes"],
        f"{kind_of(outcome)}, wanted {expect['outcomes']}: {down}",
    )
    checks.check(
        f"{name}: code", down["code"] in expect["codes"], f"wanted {expect['codes']}: {down}"
    )
    if expect["http_status"] is not None:
        checks.check(f"{name}: status", down["http_status"] == expect["http_status"], down)
    if expect["retry_after"] is not None:
        checks.check(f"{name}: retry", down["retry_after"] == expect["retry_after"], down)
    if kind_of(outcome) == "close" and expect["peer_code"] is not None:
        checks.check(f"{name}: peer's code", down["close_code"] == expect["peer_code"], down)
        checks.check(
            f"{name}: peer's reason", down["reason"] == (expect["peer_reason"] or ""), down
        )
    got = [identity(frame) for frame in outcome.of("frame")]
    wanted = frames_wanted(expect, kind_of(outcome))
    checks.check(
        f"{name}: frames", got == wanted, f"{len(got)} {got[:3]}, wanted {len(wanted)} {wanted[:3]}"
    )
    checks.check(
        f"{name}: pongs",
        not seen or seen.get("pongs", 0) >= expect["min_pongs"] or kind_of(outcome) == "error",
        f"{seen.get('pongs')} pongs, wanted {expect['min_pongs']}",
    )
    if seen.get("upgraded") and expect["close_code"] is not None:
        checks.check(
            f"{name}: close code sent",
            seen["close_code"] in expect["close_codes"],
            f"{seen.get('close_code')}, wanted {expect['close_codes']}: {seen}",
        )
    checks.check(f"{name}: our own conduct", not seen.get("bad"), seen.get("bad"))


def main():
    program = client.start()
    checks = client.Checks()
    with client.peers.Hostile("--hold-ms", HOLD_MS) as hostile:
        checks.check("enough cases", len(hostile.cases) >= 30, len(hostile.cases))
        run_all(program, checks, hostile, hostile.cases)
    directory = tempfile.mkdtemp(prefix="weir-hostile-")
    try:
        client.peers.make_ca(directory)
        files = [os.path.join(directory, name) for name in ("good.pem", "good.key", "ca.pem")]
        with client.peers.Hostile(
            "--hold-ms", HOLD_MS, "--tls", "--cert", files[0], "--key", files[1]
        ) as hostile:
            cases = [
                case
                for case in hostile.cases
                if case["group"] in TLS_GROUPS and case["name"] != "half_frame_silence"
            ]
            run_all(program, checks, hostile, cases, ("--runs", "--option", f"tls.ca={files[2]}"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    checks.finish()


if __name__ == "__main__":
    main()
