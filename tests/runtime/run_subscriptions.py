#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Wanted and agreed to: subscriptions against a venue that is not ours, which answers by symbol, by request or not at
all, refuses, forgets to answer, and counts what it is sent."""

import os
import time

import feed
from feed import Feed, peers

SPEC = os.path.join(feed.HERE, "venues.yaml")


def venue_of(capture, dialect, *options, **config):
    return peers.Venue("--capture", capture, "--dialect", dialect, *options, config=config)


def kraken(**subscribe):
    """The dialect's subscribe rules with some changed: a member of a configuration replaces the dialect's as a whole."""
    status = {"channelID": "$id", "event": "subscriptionStatus", "pair": "$symbol", "subscription": "$msg.subscription"}
    return {"subscribe": {"match": {"event": "subscribe"}, "symbols": ["pair"], "channel": "subscription.name",
                          "ack_each": {**status, "status": "subscribed"},
                          "reject_each": {**status, "status": "error", "errorMessage": "not supported: ${symbol}"},
                          "need": 100000, **subscribe}}


def binance(**subscribe):
    return {"subscribe": {"match": {"method": "SUBSCRIBE"}, "symbols": ["params"], "ack": {"result": None, "id": "$msg.id"},
                          "reject": {"error": {"code": 2, "msg": "invalid: ${rejected}"}, "id": "$msg.id"},
                          "reject_all": True, "need": 100000, **subscribe}}


def start(venue, connection, *args):
    return Feed(venue.url(), connection, *args, spec=SPEC)


def settled(run, **counts):
    """Waits until the first status line says so; returns the last ones."""
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while True:
        run.ask("status", "status")
        time.sleep(0.02)
        lines = {}
        for line in run.of("status"):
            lines[line["shard"]] = line
        if all(sum(line[name] for line in lines.values()) == count for name, count in counts.items()):
            return lines
        if time.monotonic() > deadline:
            raise feed.FeedError(f"not {counts}: {lines}; {run}")


def subscriptions(run):
    had = len(run.of("subscription"))
    run.ask("subscriptions", "subscription")
    run.ask("status", "status")
    return {(line["stream"], line["symbol"]): line for line in run.of("subscription")[had:]}


def by_symbol(checks, capture):
    with venue_of(capture, "kraken") as venue:
        with start(venue, "kraken", "--subscribe", "trades=xbt/usd,BAD,ETH/USD", "--subscribe", "books=xbt/usd") as run:
            live = run.reaches("live")
            counts = settled(run, active=3, rejected=1, pending=0)[0]
            checks.check("live when all are answered", "1 were refused" in live["reason"], live)
            checks.check("wanted is the sum", counts["wanted"] == 4, counts)
            refused = run.wait("event", type="rejected")
            checks.check("refused by name", (refused["stream"], refused["symbol"]) == ("trades", "BAD")
                         and "not supported" in refused["reason"] and refused["code"] == "rejected", refused)
            states = subscriptions(run)
            checks.check("each has its state", states[("trades", "XBT/USD")]["state"] == "active"
                         and states[("books", "XBT/USD")]["state"] == "active"
                         and states[("trades", "BAD")]["state"] == "rejected"
                         and "not supported" in states[("trades", "BAD")]["reason"], states)
            checks.check("upper case, in order", venue.messages()[0]["pair"] == ["XBT/USD", "BAD", "ETH/USD"],
                         venue.messages())
            venue.command("close", code=1012)
            run.reaches("live", 2)
            checks.check("what was refused is asked again on a new link",
                         venue.messages(2)[0]["pair"] == ["XBT/USD", "BAD", "ETH/USD"], venue.messages(2))
            run.stop()


def by_request(checks, capture):
    with venue_of(capture, "binance", **binance(reject_symbols=["s:c", "s:g"])) as venue:
        with start(venue, "binance", "--subscribe", "trades=A,B,C,D,E,F,G,H") as run:
            run.reaches("live")
            settled(run, active=6, rejected=2)
            culprits = sorted(event["symbol"] for event in run.of("event", type="rejected"))
            checks.check("a refused batch is split down to the culprits", culprits == ["s:c", "s:g"], run)
            sent = [message["params"] for message in venue.messages()]
            checks.check("halves of halves, lower case, with prefix", sent[:3] == [
                ["s:a", "s:b", "s:c", "s:d", "s:e", "s:f", "s:g", "s:h"], ["s:a", "s:b", "s:c", "s:d"],
                ["s:e", "s:f", "s:g", "s:h"]] and len(sent) == 11, sent)
            checks.check("requests are numbered", [message["id"] for message in venue.messages()]
                         == list(range(1, 12)), venue.messages())
            run.stop()


def by_turn(checks, capture):
    with venue_of(capture, "binance", **binance(reject_symbols=["F"], ack_delay_ms=30)) as venue:
        with start(venue, "serial", "--subscribe", "trades=A,B,C,D,E,F,G,H") as run:
            run.reaches("live")
            settled(run, active=7, rejected=1)
            sent = [message["params"] for message in venue.messages()]
            checks.check("one request waits for the other", sent == [
                ["A", "B", "C", "D"], ["E", "F", "G", "H"], ["E", "F"], ["G", "H"], ["E"], ["F"]] or sent == [
                ["A", "B", "C", "D"], ["E", "F", "G", "H"], ["E", "F"], ["E"], ["F"], ["G", "H"]], sent)
            run.ask("unsubscribe trades A", "ok")
            run.ask("subscribe trades X", "ok")
            settled(run, active=7, rejected=1)
            last = [(m["method"], m["params"]) for m in venue.messages()[-2:]]
            checks.check("an answer to an unsubscribe is not taken for another's",
                         last == [("UNSUBSCRIBE", ["A"]), ("SUBSCRIBE", ["X"])], last)
            run.ask("subscribe trades", "ok")
            settled(run, active=8)
            checks.check("all of them by the venue's word", venue.messages()[-1]["params"] == ["*"], venue.messages())
            run.stop()


def lost_acks(checks, capture):
    with venue_of(capture, "binance", **binance(lose_acks=1)) as venue:
        with start(venue, "binance_hasty", "--subscribe", "trades=A") as run:
            run.reaches("live")
            settled(run, active=1)
            checks.check("asked once more", [message["params"] for message in venue.messages()] == [["s:a"]] * 2,
                         venue.messages())
            run.stop()
    with venue_of(capture, "binance", **binance(lose_acks=100)) as venue:
        with start(venue, "binance_hasty", "--subscribe", "trades=A,B") as run:
            run.reaches("live")
            settled(run, rejected=2)
            rejected = run.of("event", type="rejected")
            checks.check("never answered: rejected by name", [event["code"] for event in rejected] == ["timeout"] * 2,
                         rejected)
            checks.check("after two attempts", len(venue.messages()) == 2, venue.messages())
            run.stop()


def holders(checks, capture):
    with venue_of(capture, "kraken") as venue:
        with start(venue, "kraken") as run:
            run.reaches("live")
            first = run.ask("subscribe trades A B", "ok")["id"]
            second = run.ask("subscribe trades B C", "ok")["id"]
            settled(run, active=3)
            run.ask(f"end {first}", "ok")
            settled(run, active=2)
            venue.wait("unsubscribe", symbol="A")
            checks.check("only what nobody else wants is left", len(venue.events("unsubscribe")) == 1, venue.log())
            run.ask(f"end {first}", "error", code="not_found")
            run.ask("subscribe books C", "ok")
            settled(run, active=3)
            run.ask("end_all - C", "ok")
            settled(run, active=1)
            run.ask("end_all trades", "ok")
            settled(run, wanted=0)
            run.ask(f"end {second}", "error", code="not_found")
            run.ask("subscribe trades", "error", code="argument")
            run.ask("subscribe trades all", "error", code="argument")
            run.stop()


def farewell(checks, capture):
    """The spec has no unsubscribe message: the venue goes on sending what was left, and nobody gets it."""
    trades = os.path.join(os.path.dirname(capture), "farewell.jsonl")
    with open(trades, "w", encoding="utf-8") as file:
        file.writelines('{"T":"t","S":"%s","p":1}\n' % symbol for symbol in ("AAPL", "MSFT"))
    with venue_of(trades, "kraken", "--loop", "--rate", "200", **kraken(need=2)) as venue:
        with start(venue, "short", "--subscribe", "trades=AAPL,MSFT", "--consumer", "poll,print") as run:
            run.reaches("live")
            run.wait("record", 20)
            run.ask("unsubscribe trades AAPL", "ok")
            run.wait("event", type="warning")
            had = len(run.of("record"))
            run.wait("record", had + 40)
            late = [line["record"]["asset"] for line in run.of("record")[had + 20:]]
            checks.check("no record of what was left", set(late) == {"MSFT"}, late)
            status = run.ask("status", "status")
            checks.check("they are counted", run.of("status")[-1]["unwanted"] >= 20, status)
            run.ask("subscribe trades AAPL", "ok")
            deadline = time.monotonic() + feed.WAIT_SECONDS
            while {line["record"]["asset"] for line in run.of("record")[-20:]} != {"AAPL", "MSFT"}:
                if time.monotonic() > deadline:
                    raise feed.FeedError(f"what is wanted again does not come: {run}")
                time.sleep(0.02)
            checks.check("what is wanted again comes again", True)
            run.stop()


def pace(checks, capture):
    """400 symbols, ten a message, twenty messages a second; twice, since the link is cut."""
    symbols = ",".join(f"S{i}" for i in range(400))
    limits = {"messages": 20, "per_ms": 1000, "clock": "at"}
    with venue_of(capture, "kraken", **kraken(), limits=limits) as venue:
        with start(venue, "paced", "--subscribe", "trades=" + symbols) as run:
            run.reaches("live")
            settled(run, active=400)
            venue.command("terminate")
            run.reaches("live", 2)
            settled(run, active=400)
            run.stop()
        checks.check("the venue saw no violation", not venue.events("violation"), venue.events("violation"))
        checks.check("ten symbols a message", {len(message["pair"]) for message in venue.messages(1)} == {10}
                     and len(venue.messages(1)) == 40, venue.messages(1))
        checks.check("the same order again", [m["pair"] for m in venue.messages(2)]
                     == [m["pair"] for m in venue.messages(1)], venue.messages(2))


def pongs_count(checks, capture):
    limits = {"messages": 5, "per_ms": 1400, "pongs": True}  # what is 2 s here may come late there
    with venue_of(capture, "kraken", "--ping-every", "1100", **kraken(), limits=limits) as venue:
        with start(venue, "pongs", "--subscribe", "trades=" + ",".join(f"S{i}" for i in range(12))) as run:
            run.reaches("live")
            venue.wait("pong", count=2)
            run.stop()
        checks.check("messages and pongs together are not too many", not venue.events("violation"), venue.log())


def shards(checks, capture):
    limits = {"symbols": 10}
    with venue_of(capture, "kraken", **kraken(), limits=limits) as venue:
        with start(venue, "sharded", "--subscribe", "trades=" + ",".join(f"S{i}" for i in range(25))) as run:
            run.reaches("live", 3)
            lines = settled(run, active=25)
            checks.check("ten, ten and five", [lines[shard]["active"] for shard in (0, 1, 2)] == [10, 10, 5], lines)
            run.ask("subscribe trades T0 T1 T2 T3 T4", "ok")
            settled(run, active=30)
            run.ask("subscribe trades ONE_TOO_MANY", "error", code="limit")
            run.ask("unsubscribe trades S3", "ok")
            settled(run, active=29)
            run.ask("subscribe trades U", "ok")
            settled(run, active=30)
            states = subscriptions(run)
            checks.check("what comes later takes the free place; nothing moves", states[("trades", "U")]["shard"] == 0
                         and states[("trades", "S4")]["shard"] == 0 and states[("trades", "S10")]["shard"] == 1
                         and states[("trades", "T4")]["shard"] == 2, states)
            venue.command("terminate", conn=2)
            run.reaches("live", 4)
            settled(run, active=30)
            run.stop()
        checks.check("three sockets, and one again", venue.command("stats")["opened"] == 4)
        checks.check("no socket has too many", not venue.events("violation"), venue.events("violation"))
        with start(venue, "sharded", "--subscribe", "trades=A") as run:
            run.reaches("live")
            settled(run, active=1)
            states = run.states()
            run.stop()
            checks.check("a socket that is not needed is not opened", states.count("live") == 1
                         and run.states().count("stopped") == 1, run)


def short_messages(checks, capture):
    with venue_of(capture, "kraken", **kraken()) as venue:
        names = [f"SYMBOL{i}" for i in range(9)] + ["X" * 200]
        with start(venue, "short", "--subscribe", "trades=" + ",".join(names)) as run:
            run.reaches("live")
            settled(run, active=9, rejected=1)
            lengths = [len(event["text"]) for event in venue.events("message")]
            checks.check("no message is too long", max(lengths) <= 120, lengths)
            refused = run.wait("event", type="rejected")
            checks.check("a symbol that fits in none is named", refused["symbol"] == "X" * 200
                         and "the limit is 120" in refused["reason"], refused)
            run.stop()


def connect_rate(checks, capture):
    limits = {"connects": 2, "connects_ms": 500}  # what is a second here may come late there
    with venue_of(capture, "kraken", "--http-status", "503", "--http-times", "5", limits=limits) as venue:
        with start(venue, "patient") as run:
            run.reaches("live")
            waits = [event for event in run.of("event", type="state", to="backoff") if "connect_rate" in event["reason"]]
            checks.check("the budget is waited for", len(waits) >= 2 and all(w["code"] == "limit" for w in waits), run)
            run.stop()
        checks.check("no connect too many", not venue.events("violation"), venue.log())


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for test in (by_symbol, by_request, by_turn, lost_acks, holders, farewell, pace, pongs_count, shards, short_messages,
                 connect_rate):
        checks.run(test, capture)


if __name__ == "__main__":
    feed.main(tests)
