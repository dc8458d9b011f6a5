#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nothing is lost silently: what a venue that is not ours sends is delivered, or covered by a gap record that says how
much is missing where numbers tell; what comes twice is left out; holes are mended as the spec says."""

import os
import time

import feed
from feed import Feed, peers

SPEC = os.path.join(feed.HERE, "venues.yaml")
PRINT = ("--consumer", "poll,print")


def venue_of(capture, *options, **config):
    return peers.Venue("--capture", capture, *options, config={
        "subscribe": {"match": {"event": "subscribe"}, "symbols": ["pair"], "need": 1},
        "unsubscribe": {"match": {"event": "unsubscribe"}, "symbols": ["pair"]}, **config})


def start(venue, connection, *args):
    return Feed(venue.url(), connection, *args, spec=SPEC)


def records(run):
    return [line["record"] for line in run.of("record")]


def gaps(run):
    return [record for record in records(run) if "gap" in record]


def trade(number, symbol="AAPL"):
    return {"T": "t", "S": symbol, "p": 1, "i": number}


def every_number_is_accounted_for(checks, capture):
    """Three connections are reset in mid-stream, which destroys what is on its way."""
    with venue_of(capture, "--cursor", "shared", "--terminate-after", "400", "--fault-times", "3") as venue:
        with start(venue, "numbered", "--subscribe", "trades=AAPL,MSFT", *PRINT) as run:
            run.reaches("live", 4)
            venue.wait("played", next=2000)
            venue.command("send", json=trade(2000))
            deadline_records(run, 2000)
            run.stop()
            numbers = [record["i"] for record in records(run) if "i" in record]
            missed = sum(record["gap"]["missed"] for record in gaps(run))
            first = numbers[0]
            checks.check("delivered and missing are all there were", first + len(numbers) + missed == 2001,
                         (first, len(numbers), missed))
            checks.check("none twice, in order", numbers == sorted(set(numbers)), len(numbers))
            checks.check("gaps say why", all(g["gap"]["reason"] == "disconnect" and g["channel"] == "data"
                                             and g["gap"]["next"] - g["gap"]["last"] - 1 == g["gap"]["missed"]
                                             for g in gaps(run)), gaps(run))
            status = run.of("status")[-1]
            checks.check("and are counted", (status["gaps"], status["missed"]) == (len(gaps(run)), missed), status)
            events = run.of("event", type="gap")
            checks.check("and told", sum(event["count"] for event in events) == missed, events)


def deadline_records(run, number):
    """Waits for the record of a number."""
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while not any(record.get("i") == number for record in records(run)):
        if time.monotonic() > deadline:
            raise feed.FeedError(f"no record {number}: {run}")
        time.sleep(0.02)


def a_lost_link_is_a_gap_of_each_symbol(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "known", "--subscribe", "trades=AAPL,MSFT", *PRINT) as run:
            run.reaches("live")
            venue.command("send", json=trade(1))
            deadline_records(run, 1)
            checks.check("no gap at first", not gaps(run), run)
            venue.command("terminate")
            run.reaches("live", 2)
            run.wait("event", 2, type="gap")
            run.ask("unsubscribe trades MSFT", "ok")
            run.ask("subscribe trades TSLA", "ok")
            venue.wait("subscribe", symbol="TSLA")
            venue.command("terminate")
            run.reaches("live", 3)
            run.wait("event", 3, type="gap")
            venue.command("send", json=trade(2))
            deadline_records(run, 2)
            run.stop()
            seen = [(g["asset"], g["gap"]["reason"], "missed" in g["gap"] and g["gap"]["missed"]) for g in gaps(run)]
            checks.check("each symbol that was active has one", seen[:2] == [
                ("AAPL", "disconnect", None), ("MSFT", "disconnect", None)], seen)
            checks.check("one that is not wanted any more has none", "MSFT" not in [s[0] for s in seen[2:]], seen)
            checks.check("from before to after", all(g["gap"]["from"] <= g["gap"]["to"] for g in gaps(run)), gaps(run))


def a_hole_is_mended(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "numbered_each", "--subscribe", "trades=AAPL,MSFT", *PRINT) as run:
            run.reaches("live")
            for message in (trade(1), trade(1, "MSFT"), trade(5), trade(9), trade(2, "MSFT")):
                venue.command("send", json=message)
            venue.wait("unsubscribe", symbol="AAPL")
            venue.wait("subscribe", symbol="AAPL", count=2)
            venue.command("send", json=trade(30))  # where it begins after it was subscribed again
            venue.command("send", json=trade(31))
            deadline_records(run, 31)
            run.stop()
            seen = [(g["asset"], g["gap"]["missed"]) for g in gaps(run)]
            checks.check("only the symbol with the hole", seen[0] == ("AAPL", 3) and not venue.events(
                "unsubscribe", symbol="MSFT"), seen)
            checks.check("subscribed again once, however many holes", len(venue.events("unsubscribe")) == 1, seen)
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "numbered_anew", "--subscribe", "trades=AAPL", *PRINT) as run:
            run.reaches("live")
            venue.command("send", json=trade(1))
            venue.command("send", json=trade(5))
            backoff = run.reaches("backoff")
            checks.check("or the connection is made anew", "missing" in backoff["reason"], backoff)
            run.reaches("live", 2)
            run.stop()


def what_comes_twice_is_left_out(checks, capture):
    """The venue plays from the beginning again on each connection."""
    with venue_of(capture, "--close-after", "900", "--fault-times", "2") as venue:
        with start(venue, "known", "--subscribe", "trades=AAPL,MSFT", *PRINT) as run:
            run.reaches("live", 3)
            deadline_records(run, 1999)
            run.stop()
            numbers = [record["i"] for record in records(run) if "i" in record]
            checks.check("each once", numbers == list(range(2000)), (len(numbers), numbers[:5], numbers[-5:]))
            checks.check("the others are counted", run.of("status")[-1]["duplicates"] == 1800, run.of("status"))


def tests(checks, directory):
    flat = os.path.join(directory, "flat.jsonl")
    with open(feed.write_capture(directory), encoding="utf-8") as source, open(flat, "w", encoding="utf-8") as file:
        for line in source:
            file.write(line.strip()[1:-1] + "\n")
    for test in (every_number_is_accounted_for, a_lost_link_is_a_gap_of_each_symbol, a_hole_is_mended,
                 what_comes_twice_is_left_out):
        checks.run(test, flat)


if __name__ == "__main__":
    feed.main(tests)
