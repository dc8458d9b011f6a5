#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A feed through a relay that delays, drips, cuts, freezes, garbles and leaves out bytes, by seeds: records stay in order, none
comes twice, every end has a typed reason, and when the network is well again so is the feed. Then a venue that is stopped
(SIGSTOP) and goes on."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runtime"))

import feed  # noqa: E402
from feed import Feed, peers  # noqa: E402

FRAMES = 6000
RATE = 2000
CALM_AFTER_MS = 2500
SEEDS = 6
# What a network can do to a feed; anything else would be our own mistake.
ENDS = {"closed", "connect", "protocol", "handshake", "timeout", "decode"}


def spec_with_pings(directory):
    """The spec of tests/runtime with pings that find out that nobody is there."""
    with open(feed.SPEC, encoding="utf-8") as file:
        text = file.read()
    marked = text.replace("backend: {type: websocket}",
                          "backend: {type: websocket, options: {ping_interval: 200ms, ping_timeout: 400ms, upgrade_timeout: 1s}}", 1)
    assert marked != text
    path = os.path.join(directory, "pinged.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(marked)
    return path


def deals(run):
    return [line["record"]["data"]["trade_id"] for line in run.of("record") if "gap" not in line["record"]]


def comes(run, last):
    """Waits for the last one; whether it came is judged with the rest."""
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while deals(run)[-1:] != [last] and time.monotonic() < deadline:
        time.sleep(0.02)


def holds(checks, name, run, last):
    """What must be true of every history."""
    numbers = deals(run)
    disorder = [(a, b) for a, b in zip(numbers, numbers[1:]) if b <= a]
    checks.check(f"{name}: in order, and nothing twice", not disorder, disorder[:5])
    checks.check(f"{name}: the last one came", numbers[-1:] == [last], (numbers[-1:], run))
    codes = {line["code"] for line in run.of("event", type="state", to="backoff")}
    checks.check(f"{name}: ends are typed", codes <= ENDS, codes)
    cuts = len(run.of("event", type="state", to="live")) > 1
    checks.check(f"{name}: what may be missing is told", not cuts or any("gap" in line["record"] for line in run.of("record")), run)
    checks.check(f"{name}: it is never given up", "failed" not in run.states(), run)


def history(checks, capture, spec, seed):
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--cursor", "shared", "--rate", str(RATE)) as venue:
        with peers.Faults(venue.port, "--seed", seed, "--calm-after", CALM_AFTER_MS) as relay:
            with Feed(f"ws://127.0.0.1:{relay.port}/", "login", "--subscribe", "trades=AAPL,MSFT", "--consumer", "poll,print",
                      spec=spec) as run:
                venue.wait("played", timeout=60)
                comes(run, FRAMES - 1)
                holds(checks, f"seed {seed}", run, FRAMES - 1)
                checks.check(f"seed {seed}: a stop is a stop", run.stop() < feed.PROMPTLY_MS)
                kinds = [event["kind"] for event in relay.events("fault")]
    print(f"seed {seed}: {len(deals(run))} of {FRAMES} records, faults: {' '.join(kinds) or 'none'}")
    return kinds


def stopped_venue(checks, capture, spec):
    """A venue that hangs accepts connections and says nothing: its machine still does the handshakes of TCP."""
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--cursor", "shared", "--rate", str(RATE)) as venue:
        with Feed(venue.url(), "login", "--subscribe", "trades=AAPL,MSFT", "--consumer", "poll,print", spec=spec) as run:
            run.receives(500)
            os.kill(venue.process.pid, signal.SIGSTOP)
            try:
                run.reaches("backoff")
                reason = run.of("event", type="state", to="backoff")[0]
                checks.check("a venue that hangs is left", reason["code"] == "timeout", reason)
                run.reaches("backoff", count=2)
            finally:
                os.kill(venue.process.pid, signal.SIGCONT)
            venue.wait("played", timeout=60)
            comes(run, FRAMES - 1)
            holds(checks, "SIGSTOP", run, FRAMES - 1)
            run.stop()


def tests(checks, directory):
    capture = feed.write_capture(directory, frames=FRAMES)
    spec = spec_with_pings(directory)
    only = os.environ.get("WEIR_FAULT_SEED")
    seeds = [int(only)] if only else range(1, 1 + int(os.environ.get("WEIR_FAULT_SEEDS", SEEDS)))
    seen = set()
    for seed in seeds:
        checks.run(lambda checks, seed=seed: seen.update(history(checks, capture, spec, seed)))
    if not only:
        checks.check("the seeds have most of the faults among them", len(seen) >= 5, seen)
        checks.run(stopped_venue, capture, spec)


if __name__ == "__main__":
    feed.main(tests)
