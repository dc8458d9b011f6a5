#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Refusals that are no messages, by a venue that is not ours: close codes after the login, HTTP 429 with and without
Retry-After, and a budget of attempts that is spent."""

import email.utils
import os
import shutil
import time

import feed
import run_http_session as http_session
import run_session as session
from feed import Feed, peers

NO_LOGIN = {"auth": {"mode": "none", "ack": None}, "greeting": [], "unknown": None, **http_session.SUBSCRIBE}


def spec_in(directory):
    """The spec beside its secret, which may change."""
    path = os.path.join(directory, "refusals.yaml")
    shutil.copy(os.path.join(feed.HERE, "refusals.yaml"), path)
    session.write_secret(os.path.join(directory, "secret.txt"), "wr0ngwr0ng")
    return path


def close_codes(checks, capture):
    directory = os.path.dirname(capture)
    spec = spec_in(directory)
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--play", "command", config=NO_LOGIN) as venue:
        with Feed(venue.url(), "codes", "--subscribe", "trades=AAPL", env={"ACME_API_SECRET": None}, spec=spec) as run:
            run.reaches("live")
            venue.command("close", code=4002, reason="busy")
            backoff = run.reaches("backoff")
            checks.check("another code is no refusal", backoff["code"] == "closed" and "4002: busy" in backoff["reason"], backoff)
            run.reaches("live", 2)
            venue.command("close", code=4001, reason="bad key wr0ngwr0ng")
            failed = run.reaches("failed")
            checks.check("a declared one is", failed["code"] == "auth" and "refused the credentials" in failed["reason"]
                         and "4001: bad key ***" in failed["reason"], failed)
            time.sleep(2.5)
            checks.check("it is not tried again with the same key", len(venue.events("open")) == 2, venue.log())
            for i in range(1, 5):
                session.write_secret(os.path.join(directory, "secret.txt"), f"wr0ng-{i}")
                venue.wait("open", count=2 + i)
                run.reaches("live", 2 + i)
                venue.command("close", code=1008)
                run.reaches("failed", 1 + i)
            session.write_secret(os.path.join(directory, "secret.txt"), "wr0ng-5")
            time.sleep(3)
            checks.check("five refusals are enough, although the link was up in between",
                         len(venue.events("open")) == 6, venue.log())
            run.tell("login")
            run.reaches("live", 7)
            run.stop()
            session.no_secrets(checks, "close codes", run, venue, "wr0ng")


def too_many_requests(checks, capture):
    date = email.utils.formatdate(time.time() + 3600, usegmt=True)
    for name, header, least, most in (("no word of when", None, 3000, 3000), ("a short wait", "1", 1000, 1000),
                                      ("a date", date, 3500_000, 3600_000)):
        plan = {"GET /ws/": [(429, {"Retry-After": header} if header else {}, "slow down")]}
        with http_session.Api(plan) as api:
            with Feed(api.url.replace("http", "ws") + "/ws/", "busy", spec=spec_in(os.path.dirname(capture))) as run:
                backoff = run.reaches("backoff")
                checks.check(f"429, {name}", least <= backoff["retry_ms"] <= most and "429" in backoff["reason"], backoff)
                if header == date:
                    run.tell("login")
                    run.reaches("backoff", 2)
                    checks.check("told to, it tries at once", api.count("GET /ws/") == 2, api.seen)
                run.stop()


def snapshots_prove_nothing(checks, capture):
    """Each link brings twenty records and is closed at once: the waits grow all the same."""
    with peers.Venue("--capture", capture, "--close-after", "20", config=http_session.SUBSCRIBE) as venue:
        with Feed(venue.url(), "flapping", "--subscribe", "trades=AAPL", spec=spec_in(os.path.dirname(capture))) as run:
            run.reaches("backoff", 5)
            waits = [e["retry_ms"] for e in run.of("event", type="state", to="backoff")]
            checks.check("twice as long each time", waits[:5] == [20, 40, 80, 160, 320], waits)
            checks.check("records came", run.ask("status", "status")["records"] >= 80, run)
            run.stop()


def budget_and_session(checks, capture):
    with peers.Venue("--capture", capture, "--http-status", "503", "--http-times", "4",
                     config={**http_session.SUBSCRIBE, "limits": {"connects": 2, "connects_ms": 500}}) as venue:
        with http_session.Api({"POST /key": [http_session.GOOD]}) as api:
            with Feed(venue.url(), "budget", "--set", "vars.api=" + api.url, spec=spec_in(os.path.dirname(capture))) as run:
                run.reaches("live")
                waits = [e for e in run.of("event", type="state", to="backoff") if "connect_rate" in e["reason"]]
                checks.check("the budget was spent", len(waits) >= 2, run)
                checks.check("who waits for it keeps its session", api.count("POST /key") == 5, api.seen)
                run.stop()
        checks.check("no connect too many", not venue.events("violation"), venue.log())


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for test in (close_codes, too_many_requests, snapshots_prove_nothing, budget_and_session):
        checks.run(test, capture)


if __name__ == "__main__":
    feed.main(tests)
