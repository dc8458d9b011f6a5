#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The specs of two venues as they are shipped, 3,000 symbols, and a venue that is not ours and enforces what those venues
have published (tests/peers/venue.js): it hangs up at a message too many, and bans an address that connects too often. All
sockets are cut at once, twice; there must be no violation, and every symbol must be back. How long that takes is
measured where time is the test's own (tests/sim/limits)."""

import os

import feed
from feed import Feed, peers
from run_subscriptions import settled

SPECS = os.path.join(feed.HERE, "..", "..", "specs")
SYMBOLS = 3000
HANGS_UP = {"close": 1008, "ban_ms": 600000}
VENUES = {
    # messages carry the time of their making: a process that is scheduled late must not look like a violation
    "binance": ("binance", "S{}USDT", {"messages": 5, "per_ms": 1000, "pongs": True, "clock": "at", "symbols": 1024,
                                       "connects": 300, "connects_ms": 300000, **HANGS_UP}),
    "kraken": ("kraken", "S{}/USD", {"messages": 20, "per_ms": 1000, "clock": "at", "connects": 150,
                                     "connects_ms": 600000, **HANGS_UP}),
}


def spec_of(directory, name):
    path = os.path.join(directory, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"weir: 1\nextends: {os.path.abspath(os.path.join(SPECS, name))}.yaml\nconnections: {{market_data: "
                  "{subscribe: {subscribe: {trades: {json: {fields: {at: now_ms()}}}}}, "
                  "reconnect: {initial: 10ms, max: 50ms, jitter: none}}}\n")
    return path


def cut(checks, directory, capture, name):
    dialect, form, limits = VENUES[name]
    symbols = ",".join(form.format(i) for i in range(SYMBOLS))
    sockets = -(-SYMBOLS // limits["symbols"]) if limits.get("symbols") else 1
    with peers.Venue("--capture", capture, "--dialect", dialect, "--play", "command", config={"limits": limits}) as venue:
        with Feed(venue.url(), "market_data", "--subscribe", "trades=" + symbols, spec=spec_of(directory, name)) as run:
            for cuts in range(3):
                run.reaches("live", sockets * (cuts + 1))
                lines = settled(run, active=SYMBOLS, pending=0)
                used = [line["active"] for line in lines.values() if line["active"]]
                checks.check(f"{name}: on {sockets} sockets, after {cuts} cuts", len(used) == sockets, lines)
                if cuts < 2:
                    venue.command("terminate")
            run.stop()
        checks.check(f"{name}: no violation", not venue.events("violation"), venue.events("violation")[:5])
        checks.check(f"{name}: {3 * sockets} connects", venue.command("stats")["opened"] == 3 * sockets)


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for name in VENUES:
        checks.run(lambda checks, capture, name=name: cut(checks, directory, capture, name), capture)


if __name__ == "__main__":
    feed.main(tests)
