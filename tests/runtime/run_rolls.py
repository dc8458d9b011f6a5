#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A connection is replaced before it ends, by age, at a time of the day, when the venue says that it will close: nothing
is missing, nothing comes twice, nobody sees a disconnect. The venue numbers its messages, and sends each on all of its
sockets; it breaks the old or the new one in the middle of it."""

import datetime
import os
import threading
import time

import feed
from feed import Feed, peers

PRINT = ("--consumer", "poll,print")
SPEC = """\
weir: 1
name: rolls
vars: {url: "ws://127.0.0.1:1/"}
connections:
  it: &it
    url: "{vars.url}"
    backend: {type: websocket}
    streams: {trades: data}
    subscribe:
      subscribe: {json: {fields: {event: "'subscribe'", pair: "[a.symbol for a in assets]"}}}
      unsubscribe: {json: {fields: {event: "'unsubscribe'", pair: "[a.symbol for a in assets]"}}}
    router: {rules: [{channel: trades, match: "'S' in data"}], default_channel: drop}
    converters:
      trades: {fields: {asset: "broker.infer_asset(symbol=data['S'])", i: "data['i']"}}
    reconnect: {initial: 50ms, max: 200ms, jitter: none}
    %s
    roll: {%s, overlap: %s}
"""
NUMBERED = "sequence: {value: \"data['i']\", key: \"'all'\"}"
KNOWN = "dedupe: {key: \"data['i']\"}"
NEITHER = "symbols: {case: upper}"
NOTICE = "on: \"data.get('note') == 'closing'\""


class Market(threading.Thread):
    """Sends a numbered message on all sockets of a venue, again and again."""

    def __init__(self, venue):
        super().__init__(daemon=True)
        self.venue = venue
        self.number = 0
        self.is_open = True

    def run(self):
        while self.is_open:
            self.number += 1
            self.venue.command("send", json={"S": "AAPL", "i": self.number})
            time.sleep(0.004)

    def close(self):
        self.is_open = False
        self.join()
        return self.number


def venue_of():
    return peers.Venue("--play", "command", config={
        "subscribe": {"match": {"event": "subscribe"}, "symbols": ["pair"], "need": 1},
        "unsubscribe": {"match": {"event": "unsubscribe"}, "symbols": ["pair"]}})


def start(directory, venue, what, when, overlap="300ms"):
    path = os.path.join(directory, "rolls.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SPEC % (what, when, overlap))
    return Feed(venue.url(), "it", "--subscribe", "trades=AAPL", *PRINT, spec=path)


def numbers_of(run):
    return [line["record"]["i"] for line in run.of("record") if "i" in line["record"]]


def gaps_of(run):
    return [line["record"]["gap"] for line in run.of("record") if "gap" in line["record"]]


def rolled(run, count=1):
    """Waits until a status says so."""
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while True:
        run.ask("status", "status")
        status = run.of("status")[-1]
        if status["rolls"] >= count:
            return status
        if time.monotonic() > deadline:
            raise feed.FeedError(f"{status['rolls']} of {count} rolls: {run}")
        time.sleep(0.02)


def arrives(run, number):
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while max(numbers_of(run)[-1:], default=0) < number:
        if time.monotonic() > deadline:
            raise feed.FeedError(f"no record {number}: {run}")
        time.sleep(0.02)


def nobody_noticed(checks, run, name):
    numbers = numbers_of(run)
    checks.check(f"{name}: nothing is missing, nothing comes twice, in order",
                 numbers == list(range(numbers[0], numbers[0] + len(numbers))), (numbers[:3], len(numbers)))
    checks.check(f"{name}: no gap", not gaps_of(run) and not run.of("event", type="gap"), gaps_of(run))
    states = run.states()
    checks.check(f"{name}: live all the while", "live" in states and
                 set(states[states.index("live"):]) <= {"live", "stopped"}, states)


def by_age(checks, directory, what, name):
    with venue_of() as venue, start(directory, venue, what, "after: 900ms") as run:
        run.reaches("live")
        market = Market(venue)
        market.start()
        status = rolled(run, 2)
        arrives(run, market.close())
        venue.wait("close", conn=1)
        run.stop()
        nobody_noticed(checks, run, name)
        checks.check(f"{name}: it is counted", status["rolls"] >= 2 and status["connects"] >= 3, status)
        ends = {event["conn"]: event for event in venue.events("close")}
        opens = {event["conn"]: event for event in venue.events("open")}
        checks.check(f"{name}: the old one is closed in order, after the new one was up",
                     ends[1]["code"] == 1000 and ends[1]["t"] >= opens[2]["t"] + 250, (ends[1], opens[2]))
        checks.check(f"{name}: roll events", len(run.of("event", type="roll")) >= 6, run)


def by_age_with_numbers(checks, directory):
    by_age(checks, directory, NUMBERED, "numbers")


def by_age_with_ids(checks, directory):
    by_age(checks, directory, KNOWN, "ids")


def without_either_it_is_handed_over_once(checks, directory):
    with venue_of() as venue, start(directory, venue, NEITHER, "after: 900ms") as run:
        run.reaches("live")
        market = Market(venue)
        market.start()
        rolled(run)
        arrives(run, market.number + 100)
        arrives(run, market.close())
        run.stop()
        numbers = numbers_of(run)
        checks.check("of what is under way in one instant a record or two may differ",
                     abs(numbers[-1] - numbers[0] + 1 - len(numbers)) <= 2 * run.of("status")[-1]["rolls"] and len(numbers) > 100,
                     (numbers[0], numbers[-1], len(numbers), run.of("status")[-1]))


def by_notice(checks, directory):
    with venue_of() as venue, start(directory, venue, NUMBERED, NOTICE) as run:
        run.reaches("live")
        market = Market(venue)
        market.start()
        time.sleep(0.2)
        venue.command("send", json={"note": "closing"})
        rolled(run)
        venue.wait("close", conn=1)
        arrives(run, market.close())
        run.stop()
        nobody_noticed(checks, run, "notice")


def by_clock(checks, directory):
    """A machine that is busy may need longer than that to come up, and would then have to wait for tomorrow."""
    for seconds in (3, 10, 30):
        with venue_of() as venue:
            at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
            with start(directory, venue, NUMBERED, f"at: \"{at:%H:%M:%S} UTC\"") as run:
                run.reaches("live")
                if datetime.datetime.now(datetime.timezone.utc) > at - datetime.timedelta(seconds=1):
                    continue
                market = Market(venue)
                market.start()
                rolled(run)
                arrives(run, market.close())
                run.stop()
                nobody_noticed(checks, run, "clock")
                return
    checks.check("clock: it was live in time", False)


def the_old_one_is_cut(checks, directory):
    """In the middle of the overlap: the new one is the connection at once, and nothing is missing."""
    with venue_of() as venue, start(directory, venue, NUMBERED, NOTICE, "10s") as run:
        run.reaches("live")
        market = Market(venue)
        market.start()
        time.sleep(0.2)
        venue.command("send", json={"note": "closing"})
        venue.wait("subscribe", 2)
        time.sleep(0.3)
        venue.command("terminate", conn=1)
        status = rolled(run)
        arrives(run, market.close())
        run.stop()
        numbers = numbers_of(run)
        checks.check("the old one is cut: nothing is missing", numbers == list(range(numbers[0], market.number + 1)) and
                     not gaps_of(run), (numbers[:3], numbers[-3:], len(numbers), gaps_of(run)))
        checks.check("and it stays live", "backoff" not in run.states() and status["rolls"] == 1, run.states())


def the_new_one_is_cut(checks, directory):
    """In the middle of the overlap: the old one stays, and another is tried."""
    with venue_of() as venue, start(directory, venue, NUMBERED, NOTICE, "3s") as run:
        run.reaches("live")
        market = Market(venue)
        market.start()
        time.sleep(0.2)
        venue.command("send", json={"note": "closing"})
        venue.wait("subscribe", 2)
        time.sleep(0.2)
        venue.command("terminate", conn=2)
        rolled(run)
        arrives(run, market.close())
        run.stop()
        nobody_noticed(checks, run, "the new one is cut")
        checks.check("a third one came", len(venue.events("open")) == 3, venue.events("open"))


def a_stop_in_the_overlap(checks, directory):
    with venue_of() as venue, start(directory, venue, NUMBERED, NOTICE, "10s") as run:
        run.reaches("live")
        venue.command("send", json={"note": "closing"})
        venue.wait("subscribe", 2)
        took = run.stop()
        checks.check("a stop ends both in time", took < feed.PROMPTLY_MS, took)
        venue.wait("close", 2)


def what_changes_in_the_overlap_goes_to_both(checks, directory):
    with venue_of() as venue, start(directory, venue, NUMBERED, NOTICE, "1s") as run:
        run.reaches("live")
        venue.command("send", json={"note": "closing"})
        venue.wait("subscribe", 2)
        run.ask("subscribe trades TSLA", "ok")
        venue.wait("subscribe", 2, symbol="TSLA")
        run.ask("unsubscribe trades AAPL", "ok")
        venue.wait("unsubscribe", 2, symbol="AAPL")
        rolled(run)
        run.stop()


def tests(checks, directory):
    for test in (by_age_with_numbers, by_age_with_ids, without_either_it_is_handed_over_once, by_notice, by_clock,
                 the_old_one_is_cut, the_new_one_is_cut, a_stop_in_the_overlap,
                 what_changes_in_the_overlap_goes_to_both):
        checks.run(test, directory)


if __name__ == "__main__":
    feed.main(tests)
