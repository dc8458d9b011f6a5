#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A connection's life against a venue that is not ours: logins of every kind, refusals, subscriptions that come and
go, connections that break in every way, and a stop from every state."""

import base64
import contextlib
import hashlib
import os
import re
import socket
import threading
import time

import feed
from feed import Feed, peers

AUTH_HEADER = {"auth": {"mode": "header", "match": {"x-key": "k", "x-secret": "s"}, "status": 401}}
AUTH_URL = {"auth": {"mode": "url", "match": {"key": "k", "sig": "s&="}, "status": 403}}
SUBSCRIBE = {"subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades", "quotes"], "need": 1},
             "unsubscribe": {"match": {"action": "unsubscribe"}, "symbols": ["trades", "quotes"]}}
BOTH = ("--subscribe", "trades=AAPL,MSFT", "--consumer", "poll")


def no_secrets(checks, name, run, venue, secret="s3cr3t"):
    seen = [line for line in run.lines if line["ev"] != "got" and secret in str(line)]
    checks.check(f"{name}: no secret is shown", not seen, seen)


def first_message(checks, capture):
    config = {"auth": {"mode": "first_message", "match": {"action": "auth", "key": "k", "secret": "s3cr3t"},
                       "ack": [{"T": "success", "msg": "authenticated"}],
                       "reject": [{"T": "error", "msg": "auth failed for s3cr3t"}]}}
    with peers.Venue("--capture", capture, "--dialect", "alpaca", config=config) as venue:
        with Feed(venue.url(), "login", *BOTH, "--tap", env={"ACME_API_SECRET": "s3cr3t"}) as run:
            run.reaches("live")
            run.receives(2000)
            run.stop()
            checks.check("first message: the way up", run.states() == [
                "resolving", "connecting", "greeting", "authenticating", "subscribing", "live", "stopped"], run)
            checks.check("first message: login, then one subscribe", venue.messages() == [
                {"action": "auth", "key": "k", "secret": "s3cr3t"},
                {"action": "subscribe", "trades": ["AAPL", "MSFT"]}], venue.messages())
            checks.check("first message: no violation", not venue.events("violation"))
            checks.check("first message: closed with 1000", venue.wait("close")["code"] == 1000)
            seen = run.of("seen")[0]
            checks.check("first message: all records", (seen["count"], seen["holes"]) == (2000, 0), run)
            no_secrets(checks, "first message", run, venue)


def refused_login(checks, capture):
    with peers.Venue("--capture", capture, "--dialect", "alpaca") as venue:
        with Feed(venue.url(), "login", *BOTH, "--tap", env={"ACME_API_SECRET": "wr0ngwr0ng"}) as run:
            failed = run.reaches("failed")
            checks.check("an ack error is fatal", failed["code"] == "auth" and "auth failed" in failed["reason"], run)
            time.sleep(0.5)
            checks.check("no second try with a bad key", len(venue.events("open")) == 1, venue.log())
            checks.check("nothing was subscribed", not venue.events("subscribe"))
            checks.check("a stop of a failed one is quick", run.stop() < feed.PROMPTLY_MS)
            checks.check("it stays failed", run.states()[-1] == "failed" and
                         run.of("status")[0]["state"] == "failed", run)


def spec_with_files(directory):
    """The spec with credentials in files, which may change; returns its path and that of the secret."""
    with open(feed.SPEC, encoding="utf-8") as file:
        text = file.read()
    marked = text.replace("credentials: [api_key, api_secret]",
                          "credentials: {api_key: {default: k}, api_secret: {file: secret.txt}}", 1)
    assert marked != text
    path = os.path.join(directory, "files.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(marked)
    return path, os.path.join(directory, "secret.txt")


def write_secret(path, secret):
    with open(path + ".new", "w", encoding="utf-8") as file:
        os.chmod(path + ".new", 0o600)
        file.write(secret)
    os.replace(path + ".new", path)


def credentials_that_change(checks, capture):
    spec, secret = spec_with_files(os.path.dirname(capture))
    with peers.Venue("--capture", capture, "--dialect", "alpaca") as venue:
        write_secret(secret, "wr0ngwr0ng")
        with Feed(venue.url(), "login", *BOTH, env={"ACME_API_SECRET": None}, spec=spec) as run:
            run.reaches("failed")
            time.sleep(2.5)
            checks.check("an unchanged credential is not tried again", len(venue.events("open")) == 1, venue.log())
            write_secret(secret, "s")
            run.reaches("live")
            checks.check("a changed one is", len(venue.events("open")) == 2, venue.log())
            run.tell("login")
            run.reaches("live", count=2)
            checks.check("told to, it logs in anew", len(venue.events("auth", ok=True)) == 2, venue.log())
            run.stop()
        opened = len(venue.events("open"))
        write_secret(secret, "wr0ng-0")
        with Feed(venue.url(), "login", *BOTH, env={"ACME_API_SECRET": None}, spec=spec) as run:
            for i in range(1, 5):
                run.reaches("failed", count=i)
                write_secret(secret, f"wr0ng-{i}")
            run.reaches("failed", count=5)
            write_secret(secret, "s")
            time.sleep(3)
            checks.check("after five refusals it is left alone", len(venue.events("open")) == opened + 5, venue.log())
            run.tell("login")
            run.reaches("live")
            run.stop()
            no_secrets(checks, "changed credentials", run, venue, "wr0ng-")


def exclusive_key(checks, capture):
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--close-after", "100", "--fault-times", "2",
                     config={"auth": {"mode": "none"}, "greeting": [], **SUBSCRIBE}) as venue:
        with Feed(venue.url(), "alone+second", "--subscribe", "alone/trades=AAPL,MSFT", "--consumer", "poll",
                  env={"ACME_API_SECRET": "s3cr3ts3cr3t"}) as run:
            failed = run.reaches("failed")
            checks.check("exclusive: the second one is refused, and told who has the key",
                         failed["connection"] == "second" and failed["code"] == "state"
                         and "'acme/alone' of this process has it" in failed["reason"], failed)
            run.reaches("live", count=3)
            run.stop()
            checks.check("exclusive: the first one comes back and keeps its key",
                         len(venue.events("open")) == 3 and not run.of("event", type="state", connection="second", to="resolving"), run)
            no_secrets(checks, "exclusive", run, venue, "s3cr3ts3cr3t")


def missing_credential(checks, capture):
    with Feed("ws://127.0.0.1:1/", "login", env={"ACME_API_KEY": None}) as run:
        error = run.wait("error")
        checks.check("a missing credential is named", error["code"] == "credentials"
                     and "ACME_API_KEY" in error["text"], error)


def header_and_url(checks, capture):
    for name, config, status in (("headers", AUTH_HEADER, 401), ("query", AUTH_URL, 403)):
        with peers.Venue("--capture", capture, config={**config, **SUBSCRIBE}) as venue:
            with Feed(venue.url(), name, *BOTH) as run:
                run.reaches("live")
                run.receives(2000)
                run.stop()
                checks.check(f"{name}: all records", run.of("seen")[0]["count"] == 2000, run)
            with Feed(venue.url(), name, *BOTH, env={"ACME_API_KEY": "wr0ngkey"}) as run:
                failed = run.reaches("failed")
                checks.check(f"{name}: HTTP {status} is fatal",
                             failed["code"] == "auth" and str(status) in failed["reason"], run)
                run.stop()
                checks.check(f"{name}: no second try", len(venue.events("refused")) == 1, venue.log())
                no_secrets(checks, name, run, venue, "wr0ngkey")


def refused_without_auth(checks, capture):
    with peers.Venue("--capture", capture, "--http-status", "401", "--http-times", "2", config=SUBSCRIBE) as venue:
        with Feed(venue.url(), "plain", *BOTH) as run:
            run.reaches("live")
            checks.check("without auth a 401 is tried again", run.states().count("backoff") == 2, run)
            run.stop()


def retry_after(checks, capture):
    with peers.Venue("--capture", capture, "--http-status", "503", "--http-times", "1", "--retry-after", "1",
                     config=SUBSCRIBE) as venue:
        with Feed(venue.url(), "plain", *BOTH) as run:
            backoff = run.reaches("backoff")
            checks.check("Retry-After is a minimum", backoff["retry_ms"] >= 1000, backoff)
            run.reaches("live")
            run.stop()


def attempts(checks, capture):
    with peers.Venue("--capture", capture) as venue:
        venue.command("listen", on=False)
        with Feed(venue.url(), "limited") as run:
            failed = run.reaches("failed")
            checks.check("attempts are limited, the last error is told", failed["code"] == "connect"
                         and "3 attempts" in failed["reason"] and "refused" in failed["reason"].lower(), failed)
            checks.check("two retries", run.states().count("backoff") == 2, run)
            run.stop()


def no_greeting(checks, capture):
    config = {"greeting": []}
    with peers.Venue("--capture", capture, "--dialect", "alpaca", config=config) as venue:
        with Feed(venue.url(), "login") as run:
            backoff = run.reaches("backoff")
            checks.check("no greeting: timeout, then again", backoff["code"] == "timeout"
                         and "greeting" in backoff["reason"], backoff)
            checks.check("no login before the greeting", venue.messages() == [], venue.messages())
            run.reaches("greeting", 2)
            run.stop()


def no_ack(checks, capture):
    config = {"auth": {"mode": "none", "ack": None}, "unknown": None}
    with peers.Venue("--capture", capture, "--dialect", "alpaca", config=config) as venue:
        with Feed(venue.url(), "login", *BOTH) as run:
            backoff = run.reaches("backoff")
            checks.check("no ack: timeout, then again", backoff["code"] == "timeout"
                         and "login" in backoff["reason"], backoff)
            checks.check("no subscribe before the ack",
                         [m["action"] for m in venue.messages()] == ["auth"], venue.messages())
            run.stop()


def break_off(checks, capture, how):
    """Three connections break in mid-stream; the fourth brings the rest."""
    options = {"close": ("--close-after", "400"), "reset": ("--terminate-after", "400")}[how]
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--cursor", "shared", "--fault-times", "3",
                     *options) as venue:
        with Feed(venue.url(), "login", *BOTH) as run:
            run.reaches("live", 4)
            venue.wait("played", next=2000)
            if how == "close":
                run.receives(2000)
            run.stop()
            for conn in (1, 2, 3, 4):
                checks.check(f"{how}: login and subscribe on connection {conn}", venue.messages(conn) == [
                    {"action": "auth", "key": "k", "secret": "s"},
                    {"action": "subscribe", "trades": ["AAPL", "MSFT"]}], venue.messages(conn))
            seen = run.of("seen")[0]
            status = run.of("status")[0]
            checks.check(f"{how}: connects are counted", status["connects"] == 4, status)
            least = 2000 if how == "close" else 1  # a reset may destroy what was on its way
            checks.check(f"{how}: records without holes", least <= seen["count"] <= 2000
                         and seen["holes"] == 0, seen)
            if how == "close":
                checks.check("the close code is told", all("1012" in event["reason"] for event in
                             run.of("event", type="state", to="backoff")), run)


def hard_ways(checks, capture, directory):
    """The same feed over TLS, compressed, in fragments, in drips."""
    ca = peers.make_ca(os.path.join(directory, "ca"))
    tls = ("--tls", "--cert", os.path.join(ca, "good.pem"), "--key", os.path.join(ca, "good.key"))
    pieces = ("--fragment", "7", "--fragment-pings")
    for name, options in (("in fragments", pieces), ("compressed", ("--pmd",)), ("in drips", ("--drip", "3000/1")),
                          ("over TLS", tls), ("over TLS, compressed, in fragments", (*tls, *pieces, "--pmd")),
                          ("over TLS, broken off", (*tls, "--close-after", "700", "--fault-times", "1",
                                                    "--cursor", "shared"))):
        with peers.Venue("--capture", capture, "--dialect", "alpaca", *options) as venue:
            with Feed(venue.url(), "secure", *BOTH, "--set", "vars.ca=" + os.path.join(ca, "ca.pem")) as run:
                run.receives(2000)
                run.stop()
                seen = run.of("seen")[0]
                checks.check(f"{name}: all records", (seen["count"], seen["holes"]) == (2000, 0), run)
    with peers.Venue("--capture", capture, "--dialect", "alpaca", *tls) as venue:
        with Feed(venue.url(), "secure", *BOTH, "--set", "vars.ca=" + os.path.join(ca, "other-ca.pem")) as run:
            backoff = run.reaches("backoff")
            checks.check("a certificate of another CA is refused", backoff["code"] == "tls", backoff)
            run.stop()
        checks.check("and nothing was said to it", venue.messages() == [], venue.messages())


def while_running(checks, capture):
    with peers.Venue("--capture", capture, "--dialect", "alpaca", "--rate", "500", "--loop") as venue:
        with Feed(venue.url(), "login", "--consumer", "poll") as run:
            run.reaches("live")
            checks.check("nothing wanted, nothing sent", "subscribing" not in run.states(), run)
            for line, ev, members, sent in (    # and how many messages there are then, the login first
                    ("subscribe trades AAPL MSFT", "ok", {}, 2), ("subscribe trades AAPL TSLA", "ok", {}, 3),
                    ("unsubscribe trades AAPL", "ok", {}, 3), ("unsubscribe trades AAPL", "ok", {}, 4),
                    ("unsubscribe trades AAPL", "error", {"code": "not_found"}, 4),
                    ("unsubscribe trades MSFT NEVER", "error", {"code": "not_found"}, 4),
                    ("subscribe nosuch AAPL", "error", {"code": "not_found"}, 4),
                    ("subscribe status AAPL", "error", {"code": "unsupported"}, 4),
                    ("subscribe login/quotes AAPL", "ok", {}, 5), ("subscribe other/quotes AAPL", "error", {}, 5)):
                run.ask(line, ev, **members)
                venue.wait("message", count=sent)
            texts = [error["text"] for error in run.of("error")]
            checks.check("errors name what is wrong", "'AAPL'" in texts[0] and "'NEVER'" in texts[1]
                         and "login/trades" in texts[2] and "subscribe message" in texts[3], texts)
            run.ask("unsubscribe quotes AAPL", "ok")
            run.wait("event", type="warning", code="unsupported", stream="quotes")
            sent = venue.messages()[1:]
            checks.check("only differences are sent", sent == [
                {"action": "subscribe", "trades": ["AAPL", "MSFT"]}, {"action": "subscribe", "trades": ["TSLA"]},
                {"action": "unsubscribe", "trades": ["AAPL"]}, {"action": "subscribe", "quotes": ["AAPL"]}], sent)
            status = run.ask("status", "status")
            checks.check("wanted symbols are counted", status["wanted"] == 2, status)
            venue.command("close", code=1001)
            run.reaches("live", 2)
            venue.wait("message", conn=2, count=2)
            checks.check("after a reconnect all that is wanted, in order", venue.messages(2)[1:] == [
                {"action": "subscribe", "trades": ["MSFT", "TSLA"]}], venue.messages(2))
            run.stop()


def killed_venue(checks, capture):
    """The venue dies; a new one at the same place is found."""
    port = peers.free_port()
    venue = peers.Venue("--capture", capture, "--dialect", "alpaca", "--port", port)
    try:
        with Feed(venue.url(), "login", *BOTH) as run:
            run.reaches("live")
            venue.process.kill()
            run.reaches("backoff")
            venue.stop()
            venue = peers.Venue("--capture", capture, "--dialect", "alpaca", "--port", port)
            run.reaches("live", 2)
            run.receives(2000)
            run.stop()
            checks.check("after the venue's death the feed goes on", run.of("seen")[0]["count"] >= 2000, run)
    finally:
        venue.stop()


@contextlib.contextmanager
def deaf_server():
    """A server that upgrades and then neither reads nor says anything."""
    def serve(listener, held):
        with contextlib.suppress(OSError):
            client, _ = listener.accept()
            held.append(client)
            key = re.search(rb"Sec-WebSocket-Key: (\S+)", client.recv(65536)).group(1)
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, held), daemon=True).start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
    for client in held:
        client.close()


def stops(checks, capture):
    """From every state a stop is over well within two seconds."""
    def stop_in(name, state, url, connection, *args, env=None):
        with Feed(url, connection, *args, env=env) as run:
            run.reaches(state)
            took = run.stop()
            checks.check(f"stop while {name}", took < feed.PROMPTLY_MS and run.states()[-1] == "stopped", f"{took} ms, {run}")

    with peers.Venue("--capture", capture, "--dialect", "alpaca", config={"greeting": []}) as venue:
        stop_in("waiting for a greeting", "greeting", venue.url(), "login")
        stop_in("live", "live", venue.url(), "plain", *BOTH)
        venue.command("listen", on=False)
        stop_in("in backoff", "backoff", venue.url(), "login")
    with peers.Venue("--capture", capture, "--dialect", "alpaca",
                     config={"auth": {"mode": "none", "ack": None}, "unknown": None}) as venue:
        stop_in("waiting for an ack", "authenticating", venue.url(), "login")
    with peers.Hostile() as hostile:
        silent = next(case for case in hostile.cases if case["needs_timeout"] and case["group"] == "handshake")
        stop_in("the upgrade hangs", "connecting",
                f"ws://127.0.0.1:{silent['port']}{silent['path']}", "plain")
    with deaf_server() as url:
        stop_in("the server ignores the close", "live", url, "plain")
    stop_in("resolving", "resolving", "ws://no-such-host.invalid:1/", "plain")


def several(checks, capture):
    """Three connections on two reactors: one numbering of each channel."""
    with peers.Venue("--capture", capture, "--play", "open") as venue:
        with Feed(venue.url(), "plain+headers+query", "--reactors", "2", "--consumer", "poll", "--consumer",
                  "callback", "--consumer", "inline", "--consumer", "poll,connection=query") as run:
            run.receives(6000)
            run.stop()
            for consumer in (0, 1):
                seen = run.of("seen", consumer=consumer)[0]
                checks.check(f"consumer {consumer}: one numbering over connections and threads",
                             (seen["count"], seen["first"], seen["last"], seen["holes"], seen["disorder"])
                             == (6000, 1, 6000, 0, 0), seen)
            checks.check("inline sees all", run.of("seen", consumer=2)[0]["count"] == 6000, run)
            checks.check("one connection's records only", run.of("seen", consumer=3)[0]["count"] == 2000, run)


def bad_frames(checks, capture):
    with peers.Venue("--capture", capture, "--dialect", "alpaca") as venue:
        with Feed(venue.url(), "login", "--subscribe", "trades=AAPL", "--consumer", "poll") as run:
            run.reaches("live")
            venue.wait("played")
            venue.command("send", text="{not json")
            venue.command("send", text='[{"T":"t","S":"AAPL","p":"x"}]')
            venue.command("send", text='[{"T":"hb","text":"last"}]')
            run.receives(2001)
            first = run.ask("failures", "failure", stage="decode")
            second = run.wait("failure", stage="convert")
            checks.check("failures are kept with their text", first["sample"] == "{not json"
                         and "'p'" in second["reason"] or "p" in second["sample"], (first, second))
            checks.check("the connection stays up", run.states()[-1] == "live", run)
            run.stop()


def tests(checks, directory):
    capture = feed.write_capture(directory)
    for test in (first_message, refused_login, credentials_that_change, exclusive_key, missing_credential, header_and_url,
                 refused_without_auth, retry_after, attempts, no_greeting, no_ack, while_running, killed_venue, stops, several, bad_frames):
        checks.run(test, capture)
    checks.run(hard_ways, capture, directory)
    for how in ("close", "reset"):
        checks.run(break_off, capture, how)


if __name__ == "__main__":
    feed.main(tests)
