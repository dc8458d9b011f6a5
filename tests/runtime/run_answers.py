#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Answers to subscriptions as no venue should give them: late, twice, in another order, for a part, about what was never
asked for, in another spelling. The venue says nothing by itself; the test says it."""

import time

import feed
from run_subscriptions import settled, start, subscriptions, venue_of

MUTE = {"ack": None, "ack_each": None, "reject": None, "reject_each": None}
MUTE_KRAKEN = {"subscribe": {"match": {"event": "subscribe"}, "symbols": ["pair"], "channel": "subscription.name", "need": 100000, **MUTE},
               "unsubscribe": {"match": {"event": "unsubscribe"}, "symbols": ["pair"], "channel": "subscription.name", **MUTE}}
MUTE_BINANCE = {"subscribe": {"match": {"method": "SUBSCRIBE"}, "symbols": ["params"], "need": 100000, **MUTE},
                "unsubscribe": {"match": {"method": "UNSUBSCRIBE"}, "symbols": ["params"], **MUTE}}


def says(venue, symbol, status="subscribed", name="trade"):
    message = {"event": "subscriptionStatus", "pair": symbol, "status": status, "subscription": {"name": name}}
    if status == "error":
        message["errorMessage"] = f"not supported: {symbol}"
    venue.command("send", json=message)


def asked(venue, conn=None):
    return [(m.get("event") or m.get("method"), m.get("pair") or m.get("params")) for m in venue.messages(conn)]


def wait_asked(venue, count):
    deadline = time.monotonic() + feed.WAIT_SECONDS
    while len(venue.messages()) < count:
        if time.monotonic() > deadline:
            raise feed.FeedError(f"{asked(venue)}, not {count}")
        time.sleep(0.01)
    return asked(venue)


def any_order(checks, capture):
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "kraken", "--subscribe", "trades=A,B,C", "--subscribe", "books=A") as run:
            wait_asked(venue, 2)
            for symbol in ("C", "NEVER", "A", "A"):
                says(venue, symbol)
            says(venue, "NEVER", "error")
            states = {}
            settled(run, active=2, pending=2)
            states = subscriptions(run)
            checks.check("who is named is active, nobody else", states[("trades", "C")]["state"] == "active"
                         and states[("trades", "A")]["state"] == "active" and states[("trades", "B")]["state"] == "pending"
                         and states[("books", "A")]["state"] == "pending", states)
            warning = run.wait("event", type="warning")
            checks.check("a refusal of what was not asked for is told", "NEVER" in warning["reason"], warning)
            says(venue, "A", name="book")
            says(venue, "B", "error")
            live = run.reaches("live")
            settled(run, active=3, rejected=1)
            checks.check("live, with the count", "3 subscriptions are active, 1 were refused" in live["reason"], live)
            says(venue, "B")
            settled(run, active=3, rejected=1)
            checks.check("each was asked once", len(venue.messages()) == 2, asked(venue))
            run.stop()


def too_late(checks, capture):
    """Asked twice, given up; then the venue says yes all the same."""
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "kraken_hasty", "--subscribe", "trades=A,B") as run:
            run.reaches("live")
            settled(run, rejected=2)
            says(venue, "A")
            settled(run, active=1, rejected=1)
            says(venue, "B", "error")
            checks.check("late words count: a yes", subscriptions(run)[("trades", "A")]["state"] == "active", run)
            deadline = time.monotonic() + feed.WAIT_SECONDS
            while "not supported" not in subscriptions(run)[("trades", "B")]["reason"] and time.monotonic() < deadline:
                time.sleep(0.02)
            checks.check("and a no, in the venue's words", "not supported" in subscriptions(run)[("trades", "B")]["reason"],
                         subscriptions(run))
            run.ask("unsubscribe trades B", "ok")
            run.ask("unsubscribe trades A", "ok")
            sent = wait_asked(venue, 3)
            checks.check("what was refused is not left", sent[2:] == [("unsubscribe", ["A"])], sent)
            run.stop()
    with venue_of(capture, "binance", **MUTE_BINANCE) as venue:
        with start(venue, "binance_hasty", "--subscribe", "trades=A,B") as run:
            wait_asked(venue, 2)
            venue.command("send", json={"result": None, "id": 1})
            run.reaches("live")
            settled(run, active=2)
            checks.check("the first request is answered after the second was sent", len(venue.messages()) == 2, asked(venue))
            run.stop()
    with venue_of(capture, "binance", **MUTE_BINANCE) as venue:
        with start(venue, "binance_hasty", "--subscribe", "trades=A,B") as run:
            settled(run, rejected=2)
            venue.command("send", json={"result": None, "id": 2})
            settled(run, active=2)
            run.stop()


def another_spelling(checks, capture):
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "kraken", "--subscribe", "trades=xbt/usd,eth/usd") as run:
            wait_asked(venue, 1)
            says(venue, "xbt/usd")
            says(venue, "Eth/Usd", "error")
            settled(run, active=1, rejected=1)
            run.stop()


def odd_symbols(checks, capture):
    odd = ['"', "'", "\\", "ÄÖ/€", "A+B", "{X}", "%41", "日本", "-"]
    with venue_of(capture, "kraken") as venue:
        with start(venue, "kraken") as run:
            run.reaches("live")
            run.tell("subscribe trades " + " ".join(odd))
            settled(run, active=len(odd))
            checks.check("they arrive as they are", venue.messages()[0]["pair"] == odd, venue.messages())
            run.tell("unsubscribe trades " + " ".join(odd))
            settled(run, wanted=0)
            venue.wait("unsubscribe", count=len(odd))
            run.stop()


def unsubscribe_that_is_refused(checks, capture):
    with venue_of(capture, "binance", **MUTE_BINANCE) as venue:
        with start(venue, "binance", "--subscribe", "trades=A,B") as run:
            wait_asked(venue, 1)
            venue.command("send", json={"result": None, "id": 1})
            run.reaches("live")
            run.ask("unsubscribe trades A", "ok")
            wait_asked(venue, 2)
            venue.command("send", json={"error": {"msg": "no such thing"}, "id": 2})
            warning = run.wait("event", type="warning")
            checks.check("it is told in the venue's words", "no such thing" in warning["reason"], warning)
            settled(run, active=1)
            run.stop()


def while_pending(checks, capture):
    """Left before it was answered; the answer comes later; wanted again meanwhile."""
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "kraken", "--subscribe", "trades=A,B") as run:
            wait_asked(venue, 1)
            run.ask("unsubscribe trades A", "ok")
            sent = wait_asked(venue, 2)
            says(venue, "A")
            says(venue, "B")
            settled(run, active=1, wanted=1)
            checks.check("left at once", sent[1] == ("unsubscribe", ["A"]), sent)
            run.ask("subscribe trades A", "ok")
            wait_asked(venue, 3)
            settled(run, active=1, pending=1)
            says(venue, "A")
            settled(run, active=2)
            run.stop()


def toggled_while_down(checks, capture):
    with venue_of(capture, "kraken") as venue:
        with start(venue, "kraken", "--subscribe", "trades=A,B") as run:
            settled(run, active=2)
            venue.command("listen", on=False)
            venue.command("terminate")
            run.reaches("backoff")
            settled(run, wanted=2, active=0, pending=2)
            obeyed = len(run.of("ok"))
            for _ in range(1000):
                run.tell("unsubscribe trades A")
                run.tell("subscribe trades A")
            run.tell("subscribe trades C")
            run.tell("unsubscribe trades B")
            run.tell("unsubscribe trades A")
            run.wait("ok", obeyed + 2003)
            venue.command("listen", on=True)
            run.reaches("live", 2)
            settled(run, active=1, wanted=1)
            checks.check("only what is wanted in the end is asked for", asked(venue)[-1] == ("subscribe", ["C"])
                         and len(venue.messages()) == 2, asked(venue)[1:])
            run.stop()


def full(checks, capture):
    """A place is free as soon as its holder lets go, with the link up or down."""
    with venue_of(capture, "kraken", limits={"symbols": 10}) as venue:
        with start(venue, "sharded", "--subscribe", "trades=" + ",".join(f"S{i}" for i in range(30))) as run:
            settled(run, active=30)
            for i in range(20):
                run.tell(f"unsubscribe trades S{i}")
                run.tell(f"subscribe trades T{i}")
            settled(run, active=30, wanted=30)
            checks.check("one for another, at the limit", not run.of("error"), run.of("error"))
            venue.command("listen", on=False)
            venue.command("terminate")
            run.reaches("backoff", 3)
            for i in range(10):
                run.tell(f"unsubscribe trades T{i}")
                run.tell(f"subscribe trades U{i}")
            venue.command("listen", on=True)
            run.reaches("live", 6)
            settled(run, active=30, wanted=30)
            checks.check("and while the link is down", not run.of("error"), run.of("error"))
            run.stop()
        checks.check("no socket has too many", not venue.events("violation"), venue.events("violation")[:3])


def long_ago(checks, capture):
    """Confirmed, served, and then refused; nothing is awaited any more."""
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "kraken", "--subscribe", "trades=A,B", "--subscribe", "books=A") as run:
            wait_asked(venue, 2)
            for name, symbols in (("trade", "AB"), ("book", "A")):
                for symbol in symbols:
                    says(venue, symbol, name=name)
            run.reaches("live")
            settled(run, active=3)
            venue.command("send", json={"T": "t", "S": "A", "p": 1})
            venue.command("send", json={"T": "t", "S": "B", "p": 1})
            run.receives(2)
            says(venue, "A", "error")
            settled(run, active=2, rejected=1)
            told = run.wait("event", type="rejected", symbol="A")
            states = subscriptions(run)
            checks.check("it is told in the venue's words", "not supported: A" in told["reason"], told)
            checks.check("and of that stream alone", states[("trades", "A")]["state"] == "rejected"
                         and "not supported" in states[("trades", "A")]["reason"]
                         and states[("books", "A")]["state"] == "active", states)
            says(venue, "C", "error")
            warning = run.wait("event", type="warning")
            checks.check("of what nobody wants it is a warning", "not supported: C" in warning["reason"], warning)
            venue.command("send", json={"T": "t", "S": "B", "p": "x"})
            venue.command("send", text="no JSON")
            says(venue, "B")
            venue.command("send", json={"T": "t", "S": "B", "p": 2})
            run.receives(3)
            settled(run, active=2, rejected=1)
            checks.check("nothing is asked again on this link", len(venue.messages()) == 2, asked(venue))
            venue.command("terminate")
            sent = wait_asked(venue, 4)
            checks.check("but on the next", sorted(sent[2:]) == [("subscribe", ["A"]), ("subscribe", ["A", "B"])], sent)
            run.stop()
    with venue_of(capture, "binance", **MUTE_BINANCE) as venue:
        with start(venue, "binance", "--subscribe", "trades=A") as run:
            wait_asked(venue, 1)
            venue.command("send", json={"result": None, "id": 1})
            run.reaches("live")
            venue.command("send", json={"error": {"msg": "delisted"}, "id": 1})
            settled(run, rejected=1)
            told = run.wait("event", type="rejected")
            checks.check("by its request, too", "delisted" in told["reason"], told)
            venue.command("send", json={"error": {"msg": "who knows"}, "id": 7})
            warning = run.wait("event", type="warning")
            checks.check("of a request that was none it is a warning", "who knows" in warning["reason"], warning)
            run.stop()


def beside_records(checks, capture):
    """A message of the venue's with records, and one that has none and that nothing is dropped of."""
    with venue_of(capture, "kraken", **MUTE_KRAKEN) as venue:
        with start(venue, "wrapped", "--subscribe", "trades=A,B") as run:
            wait_asked(venue, 1)
            for symbol in "AB":
                says(venue, symbol)
            settled(run, active=2)
            venue.command("send", json={"rows": [{"T": "t", "S": "A", "p": 1}, {"T": "t", "S": "B", "p": 1}]})
            run.receives(2)
            says(venue, "A", "error")
            settled(run, active=1, rejected=1)
            venue.command("send", json={"rows": [{"T": "t", "S": "B", "p": 1}, {"T": "?"}], "event": "subscriptionStatus",
                                        "pair": "B", "status": "error", "subscription": {"name": "trade"}})
            settled(run, active=0, rejected=2)
            run.stop()


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for test in (any_order, too_late, another_spelling, odd_symbols, unsubscribe_that_is_refused, while_pending,
                 toggled_while_down, full, long_ago,
                 beside_records):
        checks.run(test, capture)


if __name__ == "__main__":
    feed.main(tests)
