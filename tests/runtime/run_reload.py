#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A runtime that goes over to another spec: shards, several reactors, consumers that are full, numbers, and reloads while others
subscribe and look."""

import os

import feed
from feed import Feed, peers

CONFIG = {"greeting": [], "auth": {"mode": "none"},
          "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades"], "need": 1}}
SPEC = """\
weir: 1
name: acme
vars: {url: "ws://127.0.0.1:1/"}
connections:
  counted:
    url: "{vars.url}counted"
    backend: {type: websocket}
    streams: {trades: data}
    frame: array
    subscribe: &subscribe
      subscribe: {trades: {json: {fields: {action: "'subscribe'", trades: "[a.symbol for a in assets]"}}}}
    sequence: {value: "data['i']", key: "1"}
    converters: &converters
      trades: [{fields: {asset: "broker.infer_asset(symbol=data['S'])", i: "data['i']"}}]
    reconnect: &reconnect {initial: 50ms, max: 100ms, jitter: none}
  spread:
    url: "{vars.url}spread"
    backend: {type: websocket}
    streams: {fills: order}
    frame: array
    subscribe:
      subscribe: {fills: {json: {fields: {action: "'subscribe'", trades: "[a.symbol for a in assets]"}}}}
      limit: {per_connection: 2, connections: SHARDS}
    converters:
      fills: [{fields: {asset: "broker.infer_asset(symbol=data['S'])", i: "data['i']"}}]
    reconnect: *reconnect
"""
SYMBOLS = ["S%d" % i for i in range(6)]


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def venue(directory):
    return peers.Venue("--capture", feed.write_capture(directory, frames=100000), "--dialect", "alpaca", "--rate", "500", config=CONFIG)


def start(spec, url, *more):
    return Feed(url, "counted+spread", "--subscribe", "counted/trades=AAPL", "--subscribe", "spread/fills=" + ",".join(SYMBOLS),
                "--reactors", "2", *more, spec=spec)


def opened(venue, path):
    return [event["conn"] for event in venue.events("open") if path in event["path"]]


def shards(checks, directory):
    """What is spread over three sockets is spread over four; what is counted goes on counting."""
    three = write(directory, "three.yaml", SPEC.replace("SHARDS", "3"))
    four = write(directory, "four.yaml", SPEC.replace("SHARDS", "4"))
    with venue(directory) as v, start(three, v.url("/"), "--consumer", "poll,connection=counted,print") as run:
        v.wait("subscribe", ok=True, count=7)
        run.receives(200)
        done = run.ask("reload " + four, "reloaded")
        checks.check("one kept, one replaced", (done["kept"], done["replaced"], done["lost"]) == (1, 1, 0), done)
        v.wait("subscribe", ok=True, count=13)
        shards = [run.ask("status", "status", connection="spread", shard=shard)["state"] for shard in range(4)]
        checks.check("a status of each shard", shards == ["live"] * 3 + ["idle"], shards)
        run.ask("reload " + four, "reloaded", kept=2)
        run.receives(200)
        checks.check("a stop", run.stop() < feed.PROMPTLY_MS)
        checks.check("the old shards were closed and the new ones opened", len(opened(v, "spread")) == 6, opened(v, "spread"))
        checks.check("the other kept its socket", len(opened(v, "counted")) == 1, opened(v, "counted"))
        seen = run.of("seen")[0]
        checks.check("and lost nothing", (seen["holes"], seen["disorder"], run.of("event", type="gap", connection="counted"))
                     == (0, 0, []), seen)


def numbers(checks, directory):
    """The numbers of a replaced connection begin anew: what came between is a gap of unknown size."""
    one = write(directory, "one.yaml", SPEC.replace("SHARDS", "3"))
    other = write(directory, "other.yaml", SPEC.replace("SHARDS", "3").replace("i: \"data['i']\"}}]\n    reconnect: &", "j: \"data['i']\"}}]\n    reconnect: &"))
    with venue(directory) as v, start(one, v.url("/"), "--consumer", "poll,connection=counted,print") as run:
        v.wait("subscribe", ok=True, count=7)
        run.receives(100)
        done = run.ask("reload " + other, "reloaded")
        checks.check("replaced", (done["kept"], done["replaced"]) == (1, 1), done)
        gap = run.wait("event", type="gap", connection="counted")
        checks.check("a gap of the reload", "(reload)" in gap["reason"], gap)
        run.receives(100)
        run.stop()
        records = [line["record"] for line in run.of("record")]
        at = [i for i, record in enumerate(records) if "gap" in record]
        checks.check("told once, before the first record of the new schema",
                     len(at) == 1 and all("i" in r for r in records[:at[0]]) and all("j" in r for r in records[at[0] + 1:])
                     and records[at[0]]["gap"]["reason"] == "reload" and records[at[0]]["gap"]["missed"] is None, at)


def full(checks, directory):
    """A connection that waits for a consumer is replaced: what it had is handed on, and the new one is no longer held up."""
    one = write(directory, "one.yaml", SPEC.replace("SHARDS", "3"))
    other = write(directory, "other.yaml", SPEC.replace("SHARDS", "3").replace("max: 100ms", "max: 101ms"))
    with venue(directory) as v, start(one, v.url("/"), "--consumer", "poll,hold,block,capacity=20") as run:
        v.wait("subscribe", ok=True, count=7)
        while run.ask("stats", "stats")["blocked"] < 2:
            pass
        run.ask("reload " + other, "reloaded", replaced=2)
        run.ask("reload " + one, "reloaded", replaced=2)
        run.tell("read")
        v.wait("subscribe", ok=True, count=14)
        run.receives(100)
        checks.check("a stop", run.stop() < feed.PROMPTLY_MS)
        for seen in run.of("seen"):
            gaps = len(run.of("event", type="gap", connection={"data": "counted", "order": "spread"}[seen["channel"]]))
            checks.check(f"all of {seen['channel']} was delivered", seen["count"] + gaps == seen["last"], (seen, gaps))
            # of several sockets that wait for room the last may be first
            checks.check(f"order of {seen['channel']}", seen["channel"] == "order" or (seen["holes"], seen["disorder"]) == (0, 0), seen)


def storm(checks, directory):
    """Reloads one after the other, while another thread subscribes, unsubscribes and looks."""
    one = write(directory, "one.yaml", SPEC.replace("SHARDS", "3"))
    other = write(directory, "other.yaml", SPEC.replace("SHARDS", "4"))
    with venue(directory) as v, start(one, v.url("/"), "--consumer", "callback,connection=counted", "--consumer", "poll,drop_oldest,capacity=10") as run:
        v.wait("subscribe", ok=True, count=7)
        run.tell(f"storm 40 {other} {one}")
        while not run.of("stormed"):
            run.ask("subscribe counted/trades MSFT", "ok")
            run.ask("status", "status")
            run.tell("subscriptions")
            run.ask("unsubscribe counted/trades MSFT", "ok")
        run.receives(100)
        checks.check("a stop", run.stop() < feed.PROMPTLY_MS)
        checks.check("one socket for what did not change", len(opened(v, "counted")) == 1, opened(v, "counted"))
        seen = [line for line in run.of("seen") if line["consumer"] == 0][0]
        checks.check("which lost nothing", (seen["holes"], seen["disorder"]) == (0, 0), seen)
        last = {}
        for line in run.of("subscription", connection="spread"):
            last[line["symbol"]] = line
        checks.check("subscriptions are as they were", sorted(last) == SYMBOLS, last)


def tests(checks, directory):
    for test in (shards, numbers, full, storm):
        checks.run(test, directory)


if __name__ == "__main__":
    feed.main(tests)
