#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The client against the npm package ws: what is asked for, what is delivered, how it ends."""

import hashlib
import os
import shutil
import tempfile

import client
from client import peers

ECHO = ("--capture", "/dev/null", "--dialect", "echo")
SAY = ("--send", "hello", "--close", "1000", "--after", "1", "--max-ms", "45000")
LINES = 1500
PLAY = ("--play", "open", "--end", "1000")


def option(name, value):
    return ("--option", f"{name}={value}")


def asks(checks, program):
    """The request: target, headers, what may be replaced and what not."""
    with peers.Venue(*ECHO) as venue:
        outcome = client.run(
            program,
            venue.url("/a/b?x=1"),
            *SAY,
            "--query",
            "q=a b&c/é",
            "--query",
            "t=1",
            "--header",
            "X-Key:s3cret",
            "--header",
            "X-Fixed:new",
            "--header",
            "Host:venue.example",
            *option("headers", "X-Fixed:old,User-Agent:me/1"),
            *option("origin", "https://a.example"),
        )
        checks.check("a request with everything", outcome.texts() == ["hello"], outcome)
        seen = venue.events("open")[0]
        headers = seen["headers"]
        checks.check("query", seen["path"] == "/a/b?x=1&q=a%20b%26c%2F%C3%A9&t=1", seen["path"])
        for name, value in (
            ("x-key", "s3cret"),
            ("x-fixed", "new"),
            ("user-agent", "me/1"),
            ("host", "venue.example"),
            ("origin", "https://a.example"),
        ):
            checks.check(f"header {name}", headers.get(name) == value, headers)
        checks.check(
            "no header twice", len(seen["raw_headers"]) == len(headers), seen["raw_headers"]
        )
        checks.check(
            "permessage-deflate is offered",
            "permessage-deflate" in headers["sec-websocket-extensions"],
        )
        client.run(program, venue.url(""), *SAY, *option("compression", "false"))
        seen = venue.events("open")[1]
        checks.check("an empty path is /", seen["path"] == "/", seen)
        checks.check(
            "compression off offers nothing",
            "sec-websocket-extensions" not in seen["headers"],
            seen,
        )
        checks.check(
            "a User-Agent of our own", seen["headers"]["user-agent"].startswith("weir/"), seen
        )
        for header in (
            "Connection:close",
            "upgrade:x",
            "Sec-WebSocket-Key:x",
            "Sec-WebSocket-Protocol:p",
            "a b:c",
            "Transfer-Encoding:chunked",
            "X:one\r\nY:two",
            "X:a\nb",
            ":x",
        ):
            outcome = client.run(program, venue.url("/"), *SAY, "--header", header)
            checks.check(
                f"header {header!r} is refused",
                outcome.is_sound()
                and outcome.down["ev"] == "refused"
                and outcome.down["code"] == "argument",
                outcome,
            )


def subprotocols(checks, program):
    with peers.Venue(*ECHO, "--subprotocol", "p2") as venue:
        outcome = client.run(program, venue.url("/"), *SAY, *option("subprotocols", "p1,p2"))
        up = [event for event in outcome.of("phase") if event["phase"] == "up"]
        checks.check(
            "the chosen subprotocol", outcome.is_sound() and up and up[0]["detail"] == "p2", outcome
        )
        outcome = client.run(program, venue.url("/"), *SAY)
        checks.check(
            "no subprotocol",
            outcome.is_sound()
            and outcome.down["http_status"] == 400
            and outcome.down["code"] == "handshake",
            outcome,
        )


def plays(checks, program, directory):
    """The same capture, sent in every way that ws knows: the same frames."""
    path = os.path.join(directory, "capture.jsonl")
    lines = [
        '{"n":%d,"s":"%s","p":"%s"}' % (i, "é€😀"[i % 3] * (i % 5), "price " * (i * 31 % 200))
        for i in range(LINES)
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    wanted = [hashlib.sha256(line.encode()).hexdigest() for line in lines]
    pmd = ("--pmd",)
    for name, args in {
        "plain": (),
        "binary": ("--binary",),
        "fragments": ("--fragment", "7", "--fragment-pings"),
        "drip": ("--drip", "700/0"),
        "pmd": pmd,
        "pmd, fragments": pmd + ("--fragment", "3", "--fragment-pings"),
        "pmd, mixed": pmd + ("--pmd-threshold", "500"),
        "pmd, no context": pmd + ("--pmd-server-no-context-takeover",),
        "pmd, 9 bits": pmd + ("--pmd-server-bits", "9"),
        "pmd, drip": pmd + ("--drip", "333/0"),
    }.items():
        with peers.Venue("--capture", path, *PLAY, *args) as venue:
            outcome = client.run(program, venue.url("/"), "--max-ms", "45000")
            got = [frame["sha256"] for frame in outcome.of("frame")]
            checks.check(
                f"capture, {name}",
                outcome.is_sound() and got == wanted,
                f"{len(got)} frames, {outcome}",
            )
            checks.check(
                f"capture, {name}: end",
                outcome.down.get("close_code") == 1000 and outcome.down["by_peer"],
                outcome,
            )
    with peers.Venue("--capture", path, *PLAY, *pmd) as venue:
        outcome = client.run(
            program, venue.url("/"), "--pause-every", "50", "--pause", "2", "--max-ms", "45000"
        )
        got = [frame["sha256"] for frame in outcome.of("frame")]
        checks.check(
            "capture with pauses", got == wanted and outcome.down["paused_calls"] == 0, outcome
        )


def ends(checks, program, directory):
    path = os.path.join(directory, "short.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"a":1}\n' * 50)
    with peers.Venue(
        "--capture",
        path,
        *PLAY,
        "--close-after",
        "20",
        "--close-code",
        "1012",
        "--close-reason",
        "réstart",
    ) as venue:
        outcome = client.run(program, venue.url("/"), "--max-ms", "45000")
        down = outcome.down
        checks.check(
            "1012 with a reason",
            outcome.is_sound()
            and down["code"] == "ok"
            and down["close_code"] == 1012
            and down["reason"] == "réstart"
            and down["by_peer"]
            and down["frames"] == 20,
            outcome,
        )
        checks.check(
            "and the venue sees it answered", venue.wait("close")["code"] == 1012, venue.log()[-1]
        )
    with peers.Venue("--capture", path, *PLAY, "--terminate-after", "20") as venue:
        outcome = client.run(program, venue.url("/"), "--max-ms", "45000")
        checks.check(
            "a reset",
            outcome.is_sound()
            and outcome.down["code"] == "closed"
            and outcome.down["close_code"] == 1006,
            outcome,
        )
    with peers.Venue(
        *ECHO, "--http-status", "503", "--retry-after", "7", "--http-times", "1"
    ) as venue:
        outcome = client.run(program, venue.url("/"), *SAY)
        checks.check(
            "503 with Retry-After",
            outcome.is_sound()
            and outcome.down["http_status"] == 503
            and outcome.down["retry_after"] == 7
            and outcome.down["code"] == "handshake",
            outcome,
        )
        outcome = client.run(
            program, venue.url("/"), "--close", "4001", "--reason", "x" * 200, "--max-ms", "45000"
        )
        seen = venue.wait("close")
        checks.check(
            "our own code and reason",
            outcome.down["code"] == "ok" and seen["code"] == 4001 and seen["reason"] == "x" * 123,
            seen,
        )
        outcome = client.run(program, venue.url("/"), "--close", "0", "--max-ms", "45000")
        checks.check(
            "no code at all",
            outcome.down["code"] == "ok" and venue.wait("close", count=2)["code"] == 1005,
            outcome,
        )


def limits(checks, program):
    with peers.Venue(*ECHO) as venue:
        outcome = client.run(
            program,
            venue.url("/"),
            "--send-fill",
            "70000",
            *option("max_message", "64KiB"),
            "--max-ms",
            "45000",
        )
        checks.check(
            "max_message",
            outcome.is_sound()
            and outcome.down["code"] == "limit"
            and outcome.down["close_code"] == 1009,
            outcome,
        )
        checks.check("and the venue is told", venue.wait("close")["code"] == 1009, venue.log()[-1])
        outcome = client.run(
            program,
            venue.url("/"),
            "--send-fill",
            "70000",
            "--send",
            "hello",
            *option("max_queue", "64KiB"),
            "--close",
            "1000",
            "--after",
            "1",
            "--max-ms",
            "45000",
        )
        checks.check(
            "max_queue",
            [event["code"] for event in outcome.of("sent")] == ["limit", "ok"]
            and outcome.is_sound(),
            outcome,
        )
        outcome = client.run(
            program,
            venue.url("/"),
            "--send-fill",
            "65536",
            *option("max_message", "64KiB"),
            "--close",
            "1000",
            "--after",
            "1",
            "--max-ms",
            "45000",
        )
        checks.check(
            "a message of exactly max_message",
            outcome.is_sound() and outcome.down["bytes"] == 65536,
            outcome,
        )


def lives(checks, program):
    with peers.Venue(*ECHO, "--ping-every", "40", "--pong-timeout", "2000") as venue:
        outcome = client.run(
            program, venue.url("/"), "--close-in", "500", "--close", "1000", "--max-ms", "45000"
        )
        checks.check(
            "the venue's pings are answered",
            outcome.is_sound() and len(venue.events("pong")) >= 5 and not venue.events("no_pong"),
            venue.log()[-3:],
        )
        outcome = client.run(
            program,
            venue.url("/"),
            "--probe",
            *option("ping_interval", "100ms"),
            "--close-in",
            "500",
            "--close",
            "1000",
            "--max-ms",
            "45000",
        )
        conn = venue.events("open")[-1]["conn"]
        checks.check(
            "our pings arrive", len(venue.events("ping", conn=conn)) >= 4, venue.log()[-6:]
        )
        checks.check("and their pongs keep it alive", outcome.down["code"] == "ok", outcome)


def addresses(checks, program):
    with peers.Venue(*ECHO, "--host", "::1") as venue:
        outcome = client.run(program, f"ws://[::1]:{venue.port}/", *SAY)
        checks.check(
            "IPv6",
            outcome.texts() == ["hello"]
            and venue.events("open")[0]["headers"]["host"] == f"[::1]:{venue.port}",
            outcome,
        )
    with peers.Venue(*ECHO) as venue:
        outcome = client.run(program, f"ws://localhost:{venue.port}/", *SAY)
        checks.check(
            "localhost, whichever address answers",
            outcome.texts() == ["hello"] and outcome.phases()[0] == "resolving",
            outcome,
        )
    for url, code in (
        ("ws://nothing.invalid/", "resolve"),
        ("ws://127.0.0.1:1/", "connect"),
        ("ws://[::1]:1/", "connect"),
    ):
        outcome = client.run(program, url, *SAY)
        checks.check(url, outcome.is_sound() and outcome.down["code"] == code, outcome)
    for url in ("ws://localhost:1/", "ws://nothing.invalid/", "ws://127.0.0.1:1/"):
        outcome = client.run(program, url, "--close-in", "0", "--close", "1000", "--max-ms", "45000")
        checks.check(f"{url} closed at once", outcome.is_sound(), outcome)


def main():
    program = client.start()
    checks = client.Checks()
    directory = tempfile.mkdtemp(prefix="weir-venue-")
    try:
        for part in (asks, subprotocols, limits, lives, addresses):
            part(checks, program)
        for part in (plays, ends):
            part(checks, program, directory)
        checks.finish()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
