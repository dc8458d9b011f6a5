#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Consumers that are too slow, with every policy: block loses nothing, the others count what they lose."""

import time

import feed
from feed import Feed, peers

FRAMES = 20000
TRADES = ("--subscribe", "trades=AAPL,MSFT")


def play(capture, *consumers):
    """Plays the capture for consumers that read nothing until it has been played, or the first one holds it up."""
    words = [word for consumer in consumers for word in ("--consumer", consumer)]
    with peers.Venue("--capture", capture, "--dialect", "alpaca") as venue:
        with Feed(venue.url(), "login", *TRADES, *words) as run:
            run.reaches("live")
            if "block" in consumers[0]:
                while run.ask("stats", "stats", consumer=0)["blocked"] == 0:
                    time.sleep(0.02)
            else:
                run.receives(FRAMES)
            run.tell("read")
            run.receives(FRAMES)
            while sum(run.ask("stats", "stats", consumer=i)["queued"] for i in range(len(consumers))):
                time.sleep(0.05)
            run.receives(FRAMES)
            run.stop()
            return ([run.of("seen", consumer=i)[0] for i in range(len(consumers))],
                    [run.of("stats", consumer=i)[-1] for i in range(len(consumers))], run)


def block(checks, capture):
    seen, stats, run = play(capture, "poll,hold,block,capacity=100", "callback,block,capacity=7,delay_us=20",
                            "poll,drop_oldest,capacity=50")
    for i in (0, 1):
        checks.check(f"block loses nothing ({i})", (seen[i]["count"], seen[i]["holes"], seen[i]["disorder"])
                     == (FRAMES, 0, 0), (seen, stats))
        checks.check(f"block was felt ({i})", stats[i]["blocked"] > 0 and stats[i]["dropped"] == 0, stats)
    checks.check("a consumer beside it sees all or counts it",
                 seen[2]["count"] + stats[2]["dropped"] == FRAMES, (seen, stats))
    checks.check("the connection was never lost", run.states().count("connecting") == 1, run)


def others(checks, capture):
    seen, stats, run = play(capture, "poll,hold,drop_oldest,capacity=100", "poll,hold,drop_newest,capacity=100",
                            "poll,hold,conflate,capacity=100")
    checks.check("drop_oldest keeps the last", (seen[0]["first"], seen[0]["last"], seen[0]["count"])
                 == (FRAMES - 99, FRAMES, 100) and stats[0]["dropped"] == FRAMES - 100, (seen, stats))
    for i in (0, 1):
        checks.check(f"what was dropped is told in its place ({i})", (seen[i]["missed"], seen[i]["holes"], seen[i]["disorder"])
                     == (FRAMES - 100, 0, 0), (seen, stats))
    checks.check("drop_newest keeps the first", (seen[1]["first"], seen[1]["count"]) == (1, 100)
                 and stats[1]["dropped"] == FRAMES - 100, (seen, stats))
    checks.check("conflate keeps the latest of each symbol", (seen[2]["first"], seen[2]["last"], seen[2]["count"])
                 == (FRAMES - 1, FRAMES, 2) and stats[2]["conflated"] == FRAMES - 2, (seen, stats))
    told = sum(event["count"] for event in run.of("event", type="dropped"))
    checks.check("drops are told", told == 2 * (FRAMES - 100), (told, run.of("event", type="dropped")))
    checks.check("but not one by one", len(run.of("event", type="dropped")) < told / 100)


def stop_while_blocked(checks, capture):
    with peers.Venue("--capture", capture, "--dialect", "alpaca") as venue:
        with Feed(venue.url(), "login", *TRADES, "--consumer", "poll,hold,block,capacity=3", "--consumer",
                  "callback,block,capacity=3,delay_us=100000", "--consumer", "inline") as run:
            run.reaches("live")
            time.sleep(0.3)
            took = run.stop()
            checks.check("a blocked feed stops in time", took < feed.PROMPTLY_MS, took)
            checks.check("what was taken before the stop is there to drain", run.of("seen", consumer=0)[0]["count"]
                         == run.of("seen", consumer=2)[0]["count"], run)


def come_and_go(checks, capture):
    """Consumers that open and close while records flow; a blocked one that closes frees the rest."""
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--loop") as venue:
        with Feed(venue.url(), "login", *TRADES, "--consumer", "poll,hold,block,capacity=3",
                  "--consumer", "callback,drop_newest,capacity=1000") as run:
            run.reaches("live")
            time.sleep(0.3)
            before = run.ask("status", "status")["records"]
            run.tell("close 0")
            while run.ask("status", "status")["records"] < before + 1000:
                time.sleep(0.02)
            for words in ("inline", "callback,conflate", "poll,drop_oldest,capacity=10", "callback,block,capacity=9"):
                run.tell("open " + words)
            for i in range(2, 6):
                while run.ask("stats", "stats", consumer=i)["delivered"] < 100:
                    time.sleep(0.02)
                run.tell(f"close {i}")
            checks.check("a stop after all that", run.stop() < feed.PROMPTLY_MS)


def tests(checks, directory):
    capture = feed.write_capture(directory, frames=FRAMES)
    for test in (block, others, stop_while_blocked, come_and_go):
        checks.run(test, capture)


if __name__ == "__main__":
    feed.main(tests)
