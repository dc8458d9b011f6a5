#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a session learns, says and hears beside its data, and what it does about silence, against a venue that is not
ours: ids that acknowledgements assign, heartbeats in both directions, data that stops while pings are answered, a venue
that is stopped in its tracks."""

import os
import signal
import time

import feed
from feed import Feed, peers

SPEC = os.path.join(feed.HERE, "venues.yaml")
ANY = {"$type": "object"}


def venue_of(capture, *options, **config):
    subscribe = {"match": {"event": "subscribe"}, "symbols": ["pair"], "need": 1}
    unsubscribe = {"match": {"event": "unsubscribe"}, "symbols": ["pair"]}
    return peers.Venue("--capture", capture, *options,
                       config={"subscribe": subscribe, "unsubscribe": unsubscribe, "unknown": None,
                               "replies": [{"match": "ping", "send": "pong"}], **config})


def start(venue, connection, *args):
    return Feed(venue.url(), connection, *args, spec=SPEC)


def learning(checks, capture):
    rules = {"subscribe": {"match": {"event": "subscribe"}, "symbols": ["pair"], "need": 100000,
                           "ack_each": {"event": "subscribed", "chanId": "$id", "symbol": "$symbol"}}}
    with venue_of(capture, "--play", "command", **rules, greeting=[{"event": "hello", "token": "t1"}]) as venue:
        with start(venue, "bitfinex", "--subscribe", "trades=AAA,BBB", "--consumer", "poll,print") as run:
            run.reaches("live")
            venue.command("send", json=[3, 2.5])
            venue.command("send", json=[2, 1.5])
            venue.command("send", json=[99, 9.5])
            run.wait("record", 2)
            seen = [(r["record"]["asset"], r["record"]["close"]) for r in run.of("record")]
            checks.check("ids stand for symbols", seen == [("BBB", 2.5), ("AAA", 1.5)], seen)
            status = run.ask("status", "status")
            checks.check("what was learnt is counted", status["learnt"] == 3 and status["active"] == 2, status)
            checks.check("a heartbeat says what was learnt", venue.wait("message", json={"op": "ping", "token": "t1"}))
            venue.command("config", merge={"greeting": [{"event": "hello", "token": "t2"}]})
            venue.command("close", code=1001)
            run.reaches("live", 2)
            venue.command("send", json=[2, 7.5])  # an id of the session before
            venue.command("send", json=[6, 6.5])
            run.wait("record", 3)
            last = run.of("record")[-1]["record"]
            checks.check("a new session knows nothing of the one before", last["asset"] == "BBB", run.of("record"))
            checks.check("and learns anew", venue.wait("message", json={"op": "ping", "token": "t2"}))
            run.stop()


def not_taught_yet(checks, capture):
    """What the venue has not told, or told wrongly, is no mistake of the spec: nothing is given up for good."""
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "bitfinex") as run:
            run.reaches("live")
            warning = run.wait("event", type="warning")
            checks.check("no heartbeat before its token is known", "no heartbeats yet" in warning["reason"]
                         and "token" in warning["reason"], warning)
            time.sleep(0.5)
            checks.check("that is told once, and the link stays", len(run.of("event", type="warning")) == 1
                         and run.states()[-1] == "live", run)
            venue.command("send", json={"event": "hello", "token": "t1"})
            checks.check("then they begin", venue.wait("message", json={"op": "ping", "token": "t1"}))
            run.stop()
    with venue_of(capture, "--play", "command", greeting=[{"event": "hello"}]) as venue:
        with start(venue, "challenge") as run:
            backoff = run.reaches("backoff")
            checks.check("a login that cannot be made of a greeting", "nonce" in backoff["reason"], backoff)
            venue.command("config", merge={"greeting": [{"event": "hello", "nonce": 7}]})
            run.reaches("live")
            checks.check("can be of the next", venue.wait("message", json={"event": "login", "nonce": 7}))
            run.stop()


def replies(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "pings", "--subscribe", "trades=AAPL") as run:
            run.reaches("live")
            venue.command("send", json={"ping": 1492420473027})
            checks.check("a ping is answered with its number", venue.wait("message", json={"pong": 1492420473027}))
            venue.command("send", json={"method": "heartbeat", "params": {"type": "test_request"}})
            checks.check("a test request is answered", venue.wait("message", json={"method": "public/test"}))
            checks.check("pings go out regularly", venue.wait("message", text="ping", count=5))
            checks.check("answers keep it up", run.states()[-1] == "live", run)
            status = run.ask("status", "status")
            checks.check("an answer that is no JSON is no failure", status["failed"] == 0, status)
            run.stop()


def warnings_in_a_flood(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "speechless", "--subscribe", "trades=AAPL") as run:
            run.reaches("live")
            for _ in range(300):
                venue.command("send", json={"ping": "x"})
            while run.ask("status", "status")["frames"] < 300:
                time.sleep(0.02)
            time.sleep(1.1)
            venue.command("send", json={"ping": "x"})
            deadline = time.monotonic() + feed.WAIT_SECONDS
            while True:
                warnings = run.of("event", type="warning")
                left_out = [w for w in warnings if "left out" in w["reason"]]
                told = len(warnings) - len(left_out)
                if told + sum(w["count"] for w in left_out) == 301 or time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            checks.check("a few are told, the others counted", left_out and told <= 20 * (len(left_out) + 1)
                         and told + sum(w["count"] for w in left_out) == 301, (told, left_out))
            run.stop()


def no_answers(checks, capture):
    with venue_of(capture, "--play", "command", replies=[]) as venue:
        with start(venue, "pings", "--subscribe", "trades=AAPL") as run:
            backoff = run.reaches("backoff")
            checks.check("unanswered heartbeats end the connection", backoff["code"] == "timeout"
                         and "heartbeat" in backoff["reason"], backoff)
            checks.check("after one more was asked for", run.of("event", type="warning", code="timeout"), run)
            run.reaches("live", 2)
            run.stop()


def stale(checks, capture):
    with venue_of(capture, "--limit", "50") as venue:
        with start(venue, "stale", "--subscribe", "trades=AAPL") as run:
            run.reaches("stale")
            venue.command("send", json={"T": "t", "S": "AAPL", "p": 1, "t": 1})
            run.reaches("live", 2)
            checks.check("a record makes it live again", "again" in run.of("event", type="state", to="live")[1]["reason"])
            run.reaches("backoff")
            asked = [m["event"] for m in venue.messages(1) if isinstance(m, dict)]
            checks.check("first everything is subscribed again, after it was left",
                         asked == ["subscribe", "unsubscribe", "subscribe"], asked)
            backoff = run.of("event", type="state", to="backoff")[0]
            checks.check("then the connection is made anew", backoff["code"] == "timeout"
                         and "subscribed again" in backoff["reason"], backoff)
            checks.check("although heartbeats were answered all the time",
                         [e["text"] for e in venue.events("message", conn=1)].count("ping") > 5, venue.log())
            run.reaches("live", 3)
            run.stop()


def nothing_wanted(checks, capture):
    with venue_of(capture) as venue:
        with start(venue, "stale") as run:
            run.reaches("live")
            time.sleep(1.5)
            checks.check("where nothing is wanted nothing is stale", run.states()[-1] == "live", run)
            run.stop()


def first_data(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "first", "--subscribe", "trades=AAPL") as run:
            backoff = run.reaches("backoff")
            checks.check("no first record in time", backoff["code"] == "timeout"
                         and "no record came" in backoff["reason"], backoff)
            run.stop()


def frozen(checks, capture):
    with venue_of(capture, "--play", "command") as venue:
        with start(venue, "idle", "--subscribe", "trades=AAPL") as run:
            run.reaches("live")
            venue.wait("ping", count=3)
            checks.check("silence that answers pings is life", run.states()[-1] == "live", run)
            venue.process.send_signal(signal.SIGSTOP)
            try:
                backoff = run.reaches("backoff")
                checks.check("a venue that is stopped is noticed", backoff["code"] == "timeout"
                             and "sign of life" in backoff["reason"], backoff)
            finally:
                venue.process.send_signal(signal.SIGCONT)
            run.reaches("live", 2)
            run.stop()


def silent_symbol(checks, capture):
    with venue_of(capture, "--rate", "200", "--loop") as venue:
        with start(venue, "silent_symbol", "--subscribe", "trades=AAPL,MSFT,GHOST") as run:
            run.reaches("live")
            warning = run.wait("event", type="warning", symbol="GHOST")
            checks.check("a silent symbol is told by name", "silent" in warning["reason"], warning)
            checks.check("it is left and asked for again", venue.wait("unsubscribe", symbol="GHOST")
                         and venue.wait("subscribe", symbol="GHOST", count=2))
            time.sleep(0.6)
            checks.check("the others are left alone", not venue.events("unsubscribe", symbol="AAPL")
                         and run.states()[-1] == "live", run)
            run.stop()


def all_symbols(checks, capture):
    """The venue's word for all of them is silent when all are, and is what a hole asks for."""
    with venue_of(capture, "--rate", "200", "--loop", "--play", "command") as venue:
        with start(venue, "everything", "--subscribe", "trades=*") as run:
            run.reaches("live")
            trade = {"T": "t", "S": "AAPL", "p": 1}
            for i in range(10):
                venue.command("send", json={**trade, "i": i})
                time.sleep(0.2)
            checks.check("it is not silent while one symbol is not", not venue.events("unsubscribe"), venue.log())
            venue.command("send", json={**trade, "i": 13})
            venue.wait("unsubscribe", symbol="*")
            venue.wait("subscribe", symbol="*", count=2)
            gap = run.wait("event", type="gap")
            checks.check("a hole in one symbol asks for all again", gap["count"] == 3 and gap["symbol"] == "AAPL"
                         and not run.of("event", type="warning"), run)
            warning = run.wait("event", type="warning")
            checks.check("then nothing comes, and it is told", warning["symbol"] == "*" and "silent" in warning["reason"], warning)
            run.stop()


def tests(checks, directory):
    flat = os.path.join(directory, "flat.jsonl")
    with open(feed.write_capture(directory), encoding="utf-8") as source, open(flat, "w", encoding="utf-8") as file:
        for line in source:
            file.write(line.strip()[1:-1] + "\n")
    for test in (learning, not_taught_yet, replies, warnings_in_a_flood, no_answers, stale, nothing_wanted, first_data, frozen, silent_symbol, all_symbols):
        checks.run(test, flat)


if __name__ == "__main__":
    feed.main(tests)
