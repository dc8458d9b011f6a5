#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sessions that are asked for over HTTP before a connect, from a server of Python's standard library: what a reply gives, how it is
kept alive, and every way in which there is none."""

import collections
import http.server
import json
import os
import sys
import threading
import time

import feed
from feed import Feed, peers

SPEC = os.path.join(feed.HERE, "session.yaml")
PING = {"ping": 1}
KEY = "lk-5f3c9a71d2b84e06-{}"
SUBSCRIBE = {"subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades"], "need": 1}}


class Api:
    """Answers by what is in `plan`, a list of (status, headers, body) for each "METHOD /path"; the last one stays."""

    def __init__(self, plan):
        self.plan = {name: collections.deque(answers) for name, answers in plan.items()}
        self.seen = []
        self.hangs = threading.Event()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name = f"{self.command} {self.path.split('?')[0]}"
                api.seen.append({"name": name, "path": self.path, "headers": dict(self.headers), "body": body.decode(),
                                 "at": time.monotonic()})
                answers = api.plan[name]
                answer = answers.popleft() if len(answers) > 1 else answers[0]
                if answer is None:
                    api.hangs.wait(20)
                    return
                status, headers, text = answer
                if callable(text):
                    text = text(sum(s["name"] == name for s in api.seen))
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hangs.set()
        self.server.shutdown()
        self.server.server_close()

    def count(self, name):
        return sum(request["name"] == name for request in self.seen)

    def wait(self, name, count):
        deadline = time.monotonic() + feed.WAIT_SECONDS
        while self.count(name) < count:
            if time.monotonic() > deadline:
                raise feed.FeedError(f"{self.count(name)} of {count} requests {name}: {self.seen}")
            time.sleep(0.01)


def key(number):
    return json.dumps({"listenKey": KEY.format(number)})


GOOD = (200, {}, key)


def run_with(venue, api, connection="listen", *more):
    return Feed(venue.url(), connection, "--set", "vars.api=" + api.url, "--subscribe", "trades=AAPL", "--consumer", "poll",
                *more, spec=SPEC, env={"ACME_API_SECRET": "s3cr3ts3cr3t"})


def no_secrets(checks, name, run):
    seen = [line for line in run.lines if "lk-5f3c9a71d2b84e06" in str(line) or "s3cr3ts3cr3t" in str(line)]
    checks.check(f"{name}: neither token nor secret is shown", not seen, seen[:3])


def venue_of(capture):
    return peers.Venue("--capture", capture, "--dialect", "none", config=SUBSCRIBE)


def listen_key(checks, capture):
    with venue_of(capture) as venue, Api({"POST /key": [GOOD], "PUT /key": [(200, {}, "{}")]}) as api:
        with run_with(venue, api, "listen", "--tap") as run:
            run.reaches("live")
            first = api.seen[0]
            checks.check("the request has its header, both queries and a length",
                         first["headers"]["X-KEY"] == "k" and first["headers"]["Content-Type"] == "text/plain" and first["path"].startswith("/key?v=1&sig=")
                         and len(first["path"]) == len("/key?v=1&sig=") + 64 and first["headers"]["Content-Length"] == "0", first)
            checks.check("its reply is in the URL", venue.wait("open")["path"] == "/ws/" + KEY.format(1), venue.log())
            api.wait("PUT /key", 2)
            renewal = [s for s in api.seen if s["name"] == "PUT /key"][0]
            checks.check("the session is renewed", renewal["body"] == "key=" + KEY.format(1)
                         and renewal["headers"]["Content-Type"] == "application/x-www-form-urlencoded", renewal)
            checks.check("and the connection stays", len(venue.events("open")) == 1, venue.log())
            venue.command("send", json={"e": "listenKeyExpired"})
            again = venue.wait("open", count=2)
            checks.check("an expired one is replaced", again["path"] == "/ws/" + KEY.format(2), again)
            run.reaches("live", count=2)
            venue.command("terminate")
            checks.check("each connect has a session of its own", venue.wait("open", count=3)["path"] == "/ws/" + KEY.format(3))
            run.stop()
            no_secrets(checks, "listen key", run)


def endpoint_from_the_reply(checks, capture):
    with venue_of(capture) as venue:
        reply = json.dumps({"data": {"endpoint": venue.url("/point"), "token": "t/+= &", "pingInterval": 150}})
        with Api({"POST /bullet": [(201, {}, reply)]}) as api:
            with Feed("ws://127.0.0.1:1/", "endpoint", "--set", "vars.api=" + api.url, "--subscribe", "trades=AAPL",
                      "--consumer", "poll", spec=SPEC) as run:
                run.reaches("live")
                checks.check("a body is sent as JSON", (api.seen[0]["body"], api.seen[0]["headers"]["Content-Type"])
                             == ('{"key":"k"}', "application/json"), api.seen)
                checks.check("the URL is the reply's", venue.wait("open")["path"].startswith("/point?token=t/+=%20&"), venue.log())
                run.receives(10)
                venue.wait("message", json=PING, count=3)
                run.stop()


def interval_from_a_message(checks, capture):
    with venue_of(capture) as venue, Feed(venue.url(), "told", "--subscribe", "trades=AAPL", spec=SPEC) as run:
        run.reaches("live")
        warning = run.wait("event", type="warning")
        checks.check("while it is not known there are no heartbeats", "no heartbeats yet" in warning["reason"]
                     and not venue.events("message", json=PING), warning)
        venue.command("send", json={"interval": "soon"})
        time.sleep(1.2)
        checks.check("nor where it is nonsense", not venue.events("message", json=PING), venue.log())
        venue.command("send", json={"interval": 120})
        venue.wait("message", json=PING, count=3)
        checks.check("it was told once", len(run.of("event", type="warning")) == 1, run.of("event", type="warning"))
        run.stop()


def renewals_that_fail(checks, capture):
    with venue_of(capture) as venue, Api({"POST /key": [GOOD], "PUT /key": [(500, {}, "no")]}) as api:
        with run_with(venue, api) as run:
            run.reaches("live")
            venue.wait("open", count=2)
            checks.check("after three renewals that failed there is another session",
                         api.count("PUT /key") == 3 and api.count("POST /key") == 2, api.seen)
            errors = [line for line in run.of("event", type="error") if "not renewed" in line["reason"]]
            checks.check("each is told", len(errors) == 3 and "500" in errors[0]["reason"], errors)
            run.stop()


def renewals_that_are_too_many(checks, capture):
    with venue_of(capture) as venue, Api({"POST /key": [GOOD], "PUT /key": [(429, {"Retry-After": "2"}, "slow"), (200, {}, "{}")]}) as api:
        with run_with(venue, api) as run:
            api.wait("PUT /key", 2)
            first, second = [s["at"] for s in api.seen if s["name"] == "PUT /key"][:2]
            checks.check("a renewal waits as long as it is told to", second - first >= 1.9, second - first)
            checks.check("and the connection stays", len(venue.events("open")) == 1, venue.log())
            run.stop()


def monstrous_replies(checks, capture):
    monsters = ["x" * (24 << 20), "[" * 200_000, '{"listenKey":' * 5000, json.dumps({"listenKey": "k" * 200_000}),
                json.dumps({"listenKey": "a\r\nX-Evil: 1"}), json.dumps({"listenKey": {"deep": [1] * 1000}}), '{"listenKey":null}', ""]
    with venue_of(capture) as venue:
        plan = {"POST /key": [(200, {}, text) for text in monsters] + [GOOD], "PUT /key": [(200, {}, "{}")]}
        with Api(plan) as api, run_with(venue, api) as run:
            run.reaches("live")
            venue.wait("open", path="/ws/" + KEY.format(len(monsters) + 1))
            paths = [event["path"] for event in venue.events("open")]
            checks.check("the good one alone is connected with", paths == ["/ws/" + KEY.format(len(monsters) + 1)], paths)
            checks.check("nothing of the others arrived as it was", not any("Evil" in str(e.get("headers")) for e in venue.log()), venue.log())
            texts = [e["reason"] for e in run.of("event", type="error")]
            checks.check("each is told, in a line", len(texts) == len(monsters) and max(map(len, texts)) < 600, texts)
            run.stop()


def refusals(checks, capture):
    for name, answer in (("401", (401, {}, '{"msg":"bad key"}')), ("403", (403, {}, "")),
                         ("error", (200, {}, '{"code":-2015,"msg":"bad key for s3cr3ts3cr3t"}'))):
        with venue_of(capture) as venue, Api({"POST /key": [answer]}) as api:
            with run_with(venue, api) as run:
                failed = run.reaches("failed")
                time.sleep(0.4)
                checks.check(f"{name}: a refusal is fatal, and not tried again", failed["code"] == "auth" and len(api.seen) == 1
                             and not venue.events("open"), (failed, api.seen))
                run.stop()
                no_secrets(checks, name, run)


def ways_back(checks, capture):
    answers = [(429, {"Retry-After": "1"}, ""), (503, {}, "busy"), (200, {}, "<html>"), (200, {}, "{}"), (302, {"Location": "/"}, ""), GOOD]
    with venue_of(capture) as venue, Api({"POST /key": answers, "PUT /key": [(200, {}, "")]}) as api:
        with run_with(venue, api) as run:
            run.reaches("live")
            waits = [line for line in run.of("event", type="state", to="backoff")]
            checks.check("each has its code", [line["code"] for line in waits]
                         == ["handshake", "handshake", "decode", "eval", "handshake"], waits)
            checks.check("Retry-After is obeyed", api.seen[1]["at"] - api.seen[0]["at"] >= 1, api.seen[:2])
            run.stop()


def a_server_that_hangs(checks, capture):
    with venue_of(capture) as venue, Api({"POST /key": [None]}) as api:
        with run_with(venue, api) as run:
            api.wait("POST /key", 1)
            checks.check("a stop does not wait for it", run.stop() < feed.PROMPTLY_MS and "backoff" not in run.states(), run)
        with run_with(venue, api) as run:
            backoff = run.reaches("backoff")
            checks.check("it is given up in time", backoff["code"] == "timeout", backoff)
            run.stop()


def nobody_there(checks, capture):
    with venue_of(capture) as venue:
        with Feed(venue.url(), "listen", "--set", "vars.api=http://127.0.0.1:1", spec=SPEC) as run:
            checks.check("a server that is not there is one to try again", run.reaches("backoff", count=2)["code"] == "connect", run)
            run.stop()


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for test in (listen_key, endpoint_from_the_reply, interval_from_a_message, renewals_that_fail, renewals_that_are_too_many, monstrous_replies,
                 refusals, ways_back, a_server_that_hangs, nobody_there):
        checks.run(test, capture)


if __name__ == "__main__":
    sys.path.insert(0, feed.HERE)
    feed.main(tests)
