#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The socketio backend against npm's socket.io, of both generations, and against a server that breaks the rules: what is asked for, what is
delivered under which name, what is answered, how it ends."""

import concurrent.futures
import json
import os
import shutil
import tempfile
import time

import client
from client import peers

LOGIN = '{"key":"k-123","secret":"s-456"}'
BOTH = (("4", ()), ("2", ("--version", "2")))
TRANSPORTS = ("polling,websocket", "websocket", "polling")
HANG = ("--max-ms", "45000")    # what is no end on a busy machine either


def option(name, value):
    return ("--option", f"{name}={value}")


def run(program, url, *args):
    return client.run(program, url, "--backend", "socketio", *args)


def after(frames, *args):
    return ("--close", "1000", "--after", frames, *HANG, *args)


def send(name, text):
    return ("--name", name, "--send", text)


def frames(outcome):
    """(name, text) of what arrived; binary ones are b"" of a length."""
    return [(frame.get("name"), frame.get("text", frame["len"])) for frame in outcome.of("frame")]


def heard_of(server, case):
    """What the server was told in a case. It may note that after its client has ended."""
    deadline = time.monotonic() + peers.WAIT_SECONDS
    while True:
        said = [event.get("text", event.get("head", "")) for event in server.log() if event.get("case") == case["name"]]
        if any(case["heard"] in text for text in said) or time.monotonic() > deadline:
            return said
        time.sleep(0.05)


def hostile(checks, program):
    with peers.Peer("socketio_hostile.js") as server:
        def one(case):
            args = [item for given in case["options"] for item in ("--option", given)]
            return case, run(program, f"http://127.0.0.1:{server.port}", *option("path", "/" + case["name"]),
                             *option("transports", case["transport"]),
                             *option("upgrade_timeout", "1500ms" if case["code"] == "timeout" else "20s"), *HANG, *args)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for case, outcome in pool.map(one, server.ready["cases"]):
                checks.check(f"hostile {case['name']}: ends with {case['code']}",
                             outcome.is_sound() and outcome.down["code"] == case["code"], outcome)
                checks.check(f"hostile {case['name']}: {case['frames']} messages",
                             len(outcome.of("frame")) == case["frames"], frames(outcome))
                if case.get("heard"):
                    said = heard_of(server, case)
                    checks.check(f"hostile {case['name']}: answers {case['heard']}",
                                 any(case["heard"] in text for text in said), said)
        print(f"{len(server.ready['cases'])} hostile cases")


def messages(checks, program):
    """What goes out is heard, what comes in has its name, over every transport of every generation."""
    said = (send("echo", '{"a":[1,2]}') + ("--name", "echo", "--send-hex", "0001ff") + send("echo", "no {json")
            + send("echo", '"é€😀"') + send("echo", "[1,2]"))
    expected = [("echo", '{"a":[1,2]}'), ("echo", 3), ("echo", '"no {json"'), ("echo", '"é€😀"'), ("echo", "[1,2]")]
    for version, args in BOTH:
        for transports in TRANSPORTS:
            with peers.SocketIo(*args) as venue:
                outcome = run(program, venue.url(), *option("transports", transports), *said, *after(5))
                name = f"socket.io {version}, {transports}"
                checks.check(f"{name}: every message comes back", outcome.is_sound() and frames(outcome) == expected
                             and outcome.down["code"] == "ok", outcome)
                checks.check(f"{name}: the server heard them so", venue.heard("echo") == [
                    [{"a": [1, 2]}], [{"hex": "0001ff"}], ["no {json"], ["é€😀"], [[1, 2]]], venue.heard("echo"))
                venue.wait("close")
                closed = venue.events("close")[0]["reason"]
                checks.check(f"{name}: we leave with a word", closed == "client namespace disconnect", closed)
                ws = "websocket" in transports
                last = [e["transport"] for e in venue.events("engine") + venue.events("upgrade")][-1]
                checks.check(f"{name}: the transport", last == ("websocket" if ws else "polling"), venue.log())


def emits(checks, program):
    """All shapes that a server emits, and its requests for acknowledgements."""
    shapes = [([], "null"), ([1, "two", None], '[1,"two",null]'), ([{"hex": "00ff"}], 2),
              ([{"chart": {"hex": "616263"}, "n": 1}], '{"chart":"YWJj","n":1}'),
              ([{"hex": "61"}, {"hex": "62"}], '["YQ==","Yg=="]')]
    for version, args in BOTH:
        for transports in ("websocket", "polling"):
            with peers.SocketIo(*args) as venue:
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    going = pool.submit(run, program, venue.url(), *option("transports", transports),
                                        *after(len(shapes) + 2))
                    venue.wait("open")
                    for shape, _ in shapes:
                        venue.command("emit", event="an é\"vent", args=shape)
                    venue.command("emit", event="ask", args=[1], ack=True)
                    venue.wait("ack")
                    venue.command("emit", event="end")
                    outcome = going.result()
                name = f"socket.io {version}, {transports}"
                checks.check(f"{name}: shapes of arguments", frames(outcome) == [
                    ("an é\"vent", text) for _, text in shapes] + [("ask", "1"), ("end", "null")], outcome)
                checks.check(f"{name}: an acknowledgement is answered", venue.wait("ack")["args"] == [], venue.log())


def acks(checks, program):
    for version, args in BOTH:
        with peers.SocketIo(*args) as venue:
            outcome = run(program, venue.url(), *option("acks", "true"), *send("subscribe", '{"trades":["A"]}'),
                          *send("other" if version == "4" else "message", "1"), *after(2))
            names = [name for name, _ in frames(outcome)]
            checks.check(f"socket.io {version}: answers to what was asked", names == [
                "ack:subscribe", "ack:other" if version == "4" else "ack:message"], outcome)
            checks.check(f"socket.io {version}: with their arguments", frames(outcome)[0][1] == '["subscribe",1]', outcome)


def variants(checks, program):
    with peers.SocketIo() as venue:
        outcome = run(program, venue.url(), *option("spread", "true"), *send("echo", '[1,{"b":2}]'), *after(1))
        checks.check("spread: several arguments", venue.heard("echo") == [[1, {"b": 2}]]
                     and frames(outcome) == [("echo", '[1,{"b":2}]')], outcome)
        outcome = run(program, venue.url(), *option("strings", "plain"), *send("echo", '"{\\"a\\":1}"'), *after(1))
        checks.check("plain strings", frames(outcome) == [("echo", '{"a":1}')], outcome)
        outcome = run(program, venue.url(), *send("disconnect", "1"), *send("echo", "1"), *after(1))
        checks.check("a reserved name is refused, and the link lives", [event["code"] for event in outcome.of("sent")]
                     == ["argument", "ok"] and frames(outcome) == [("echo", "1")], outcome)
        outcome = run(program, venue.url(), "--name", "echo", "--send-fill", "1100000", *send("echo", "1"), *after(1))
        checks.check("more than the server takes is refused", [event["code"] for event in outcome.of("sent")]
                     == ["limit", "ok"] and frames(outcome) == [("echo", "1")], outcome)
        outcome = run(program, venue.url(), "--close-in", "0", "--close", "1000", *HANG)
        checks.check("closed at once", outcome.is_sound() and outcome.down["code"] == "ok", outcome)
        for url, words in ((venue.url("/").replace("http", "ftp"), "scheme"), ("http://a@127.0.0.1/", "user name")):
            outcome = run(program, url)
            checks.check(f"{url} is refused", outcome.down.get("code") == "argument" and words in outcome.down["text"],
                         outcome)
        for given, words in ((option("transports", "smoke"), "not 'smoke'"), (option("namespace", "/a,b"), "comma"),
                             (("--hello", "[1]"), "JSON object"), (("--header", "Host:a\nb"), "line break")):
            outcome = run(program, venue.url(), *given)
            checks.check(f"{given} is refused", outcome.down.get("code") == "argument" and words in outcome.down["text"],
                         outcome)
    many = [item for number in range(60) for item in ("--send", json.dumps(str(number) * 300))]
    with peers.SocketIo("--max-payload", "5000") as venue:     # only Socket.IO 4 says how much it takes
        outcome = run(program, venue.url(), *option("transports", "polling"), "--name", "echo", *many, *after(60))
        checks.check("POSTs no larger than the server takes", len(outcome.of("frame")) == 60
                     and [text[0] for text in venue.heard("echo")] == [str(n) * 300 for n in range(60)], outcome)
    for version, args in BOTH:
        with peers.SocketIo(*args, "--no-upgrade") as venue:
            outcome = run(program, venue.url(), *send("echo", "1"), *after(1))
            checks.check(f"socket.io {version}: no upgrade is offered", frames(outcome) == [("echo", "1")]
                         and not venue.events("upgrade"), outcome)
        with peers.SocketIo(*args, "--transports", "polling") as venue:
            outcome = run(program, venue.url(), *option("transports", "websocket,polling"), *send("echo", "1"), *after(1))
            checks.check(f"socket.io {version}: from a refused websocket to polling", frames(outcome) == [("echo", "1")],
                         outcome)
        with peers.SocketIo(*args, "--path", "/deep/io", "--namespace", "/admin") as venue:
            path = option("path", "deep/io/")
            outcome = run(program, venue.url("/admin"), *path, *send("echo", "1"), *after(1))
            checks.check(f"socket.io {version}: a path, and the URL's as namespace", frames(outcome) == [("echo", "1")],
                         outcome)
            outcome = run(program, venue.url("/x"), *path, *option("namespace", "admin"), *send("echo", "1"), *after(1))
            checks.check(f"socket.io {version}: a namespace that is named", frames(outcome) == [("echo", "1")], outcome)
            outcome = run(program, venue.url("/nothing"), *path, *HANG)
            checks.check(f"socket.io {version}: no such namespace", outcome.down.get("code") == "handshake"
                         and "/nothing" in outcome.down["text"], outcome)


def versions(checks, program):
    """A server of another generation is told, or found out."""
    for transports in TRANSPORTS:
        via = option("transports", transports)
        with peers.SocketIo() as venue:
            outcome = run(program, venue.url(), *via, *option("version", "2"), *HANG)
            checks.check(f"2 to 4, {transports}", outcome.down.get("code") == "handshake"
                         and "'version'" in outcome.down["text"], outcome)
            outcome = run(program, venue.url(), *via, *option("version", "3"), *send("echo", "1"), *after(1))
            checks.check(f"3 to 4, {transports}", frames(outcome) == [("echo", "1")], outcome)
        with peers.SocketIo("--version", "2") as venue:
            outcome = run(program, venue.url(), *via, *option("version", "4"), *HANG)
            checks.check(f"4 to 2, {transports}", outcome.down.get("code") == "handshake"
                         and "'version'" in outcome.down["text"], outcome)
            outcome = run(program, venue.url(), *via, *option("version", "2"), *send("echo", "1"), *after(1))
            checks.check(f"2 to 2, {transports}", frames(outcome) == [("echo", "1")], outcome)
            outcome = run(program, venue.url(), *via, "--hello", LOGIN, *HANG)
            checks.check(f"no login within the connect of 2, {transports}", outcome.down.get("code") == "unsupported"
                         and "event" in outcome.down["text"], outcome)
        with peers.SocketIo("--version", "2") as venue:
            run(program, venue.url(), *via, *send("echo", "1"), *after(1))
            checks.check(f"auto joins 2 once, {transports}", len(venue.events("open")) == 1, venue.log())
        with peers.SocketIo("--allow-eio3") as venue:
            outcome = run(program, venue.url(), *via, *option("version", "2"), *send("echo", "1"), *after(1))
            checks.check(f"2 to a 4 that allows it, {transports}", frames(outcome) == [("echo", "1")], outcome)


def logins(checks, program):
    for where, given in (("auth", ("--hello", LOGIN)), ("query", ("--query", "key=k-123", "--query", "secret=s-456")),
                         ("headers", ("--header", "X-Key:k-123", "--header", "X-Secret:s-456"))):
        for transports in TRANSPORTS:
            with peers.SocketIo("--login", where) as venue:
                via = option("transports", transports)
                outcome = run(program, venue.url(), *via, *given, *send("echo", "1"), *after(1))
                checks.check(f"login by {where}, {transports}", frames(outcome) == [("echo", "1")], outcome)
                wrong = [text.replace("s-456", "wrong") for text in given]
                outcome = run(program, venue.url(), *via, *wrong, *HANG)
                checks.check(f"wrong login by {where}, {transports}", outcome.down.get("code") == "auth"
                             and "wrong key" in outcome.down["text"], outcome)
    for version, args in BOTH:
        for transports in TRANSPORTS:
            with peers.SocketIo(*args, "--login", "query", "--gate", "request") as venue:
                outcome = run(program, venue.url(), *option("transports", transports), "--query", "key=no", *HANG)
                is_told = transports == "polling" or version == "4" or outcome.down.get("code") == "auth"
                code = outcome.down.get("code")
                checks.check(f"socket.io {version}: a forbidden request, {transports}",
                             (code == "auth" or (transports == "websocket" and code == "handshake")) and is_told, outcome)
    with peers.SocketIo("--cookie") as venue:
        run(program, venue.url(), *send("echo", "1"), *after(1))
        cookies = [event["headers"].get("cookie", "") for event in venue.events("request")]
        checks.check("the cookie of the handshake is sent back", cookies[0] == "" and all("io=" in c for c in cookies[1:]),
                     cookies)


def ends(checks, program):
    for version, args in BOTH:
        for command, reason in (("leave", "namespace"), ("kick", ""), ("close", "")):
            for transports in ("websocket", "polling"):
                with peers.SocketIo(*args) as venue, concurrent.futures.ThreadPoolExecutor(1) as pool:
                    going = pool.submit(run, program, venue.url(), *option("transports", transports), *HANG)
                    venue.wait("open")
                    time.sleep(0.3)
                    venue.command(command)
                    outcome = going.result()
                    down = outcome.down
                    checks.check(f"socket.io {version}, {transports}: {command}", outcome.is_sound() and down["by_peer"]
                                 and down["code"] in ("closed", "ok") and reason in down["text"], outcome)
        with peers.SocketIo(*args, "--ping-interval", "500", "--ping-timeout", "2000") as venue, \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            going = [(via, pool.submit(run, program, venue.url(), *option("transports", via), "--close-in", "4500",
                                       "--close", "1000", *HANG)) for via in ("websocket", "polling")]
            for transports, future in going:
                outcome = future.result()
                checks.check(f"socket.io {version}, {transports}: heartbeats keep it alive",
                             outcome.is_sound() and outcome.down["code"] == "ok", outcome)
            process = venue.process
            frozen = pool.submit(run, program, venue.url(), *HANG)
            venue.wait("open", count=3)
            time.sleep(0.5)
            os.kill(process.pid, 19)    # SIGSTOP
            outcome = frozen.result()
            os.kill(process.pid, 18)
            checks.check(f"socket.io {version}: a server that freezes is given up",
                         outcome.is_sound() and outcome.down["code"] == "timeout", outcome)
    with peers.SocketIo("--recovery") as venue, concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(run, program, venue.url(), *after(3))
        venue.wait("open")
        time.sleep(0.3)
        venue.command("broadcast", event="a", args=[{"b": 1}])
        venue.command("broadcast", event="a", args=[1, 2])
        venue.command("broadcast", event="a", args=[])
        outcome = going.result()
        checks.check("offsets are taken off", frames(outcome) == [("a", '{"b":1}'), ("a", "[1,2]"), ("a", "null")], outcome)


def secure(checks, program, directory):
    ca = peers.make_ca(directory)
    file = lambda name: os.path.join(ca, name)  # noqa: E731
    tls = ("--tls", "--cert", file("good.pem"), "--key", file("good.key"))
    for version, args in BOTH:
        for transports in TRANSPORTS:
            with peers.SocketIo(*args, *tls) as venue:
                via = option("transports", transports)
                outcome = run(program, venue.url(), *via, *option("tls.ca", file("ca.pem")), *send("echo", "1"), *after(1))
                checks.check(f"TLS, socket.io {version}, {transports}", frames(outcome) == [("echo", "1")], outcome)
                outcome = run(program, venue.url(), *via, *HANG)
                checks.check(f"TLS of nobody, {transports}", outcome.down.get("code") == "tls", outcome)
                outcome = run(program, venue.url(), *via, *option("tls.verify", "false"), *send("echo", "1"), *after(1))
                checks.check(f"TLS unverified warns once, {transports}", frames(outcome) == [("echo", "1")]
                             and len(outcome.of("warning")) == 1, outcome)
    with peers.SocketIo() as venue, peers.Proxy() as proxy:
        outcome = run(program, venue.url(), *option("proxy", f"http://127.0.0.1:{proxy.port}"), *option("no_proxy", ""),
                      *send("echo", "1"), *after(1))
        checks.check("through a proxy", frames(outcome) == [("echo", "1")] and len(proxy.events("connect")) >= 2,
                     (outcome.down, proxy.log()))


def pauses(checks, program):
    said = [item for number in range(200) for item in ("--send", str(number))][:120]
    for version, args in BOTH:
        for transports in TRANSPORTS:
            with peers.SocketIo(*args) as venue:
                outcome = run(program, venue.url(), *option("transports", transports), "--name", "echo", *said,
                              "--pause-every", "7", "--pause", "5", *after(60))
                checks.check(f"pauses, socket.io {version}, {transports}", [int(text) for _, text in frames(outcome)]
                             == list(range(60)) and outcome.down["paused_calls"] == 0, outcome)


def faults(checks, program):
    """Through a relay that cuts, freezes and garbles: whatever comes of it, one sound end."""
    for version, args in BOTH:
        with peers.SocketIo(*args) as venue:
            for seed in range(1, 4):
                with peers.Peer("faults.js", "--target", venue.port, "--seed", seed, "--calm-after", "60000") as relay, \
                        concurrent.futures.ThreadPoolExecutor(6) as pool:
                    url = f"http://127.0.0.1:{relay.port}"
                    going = [(via, pool.submit(run, program, url, *option("transports", via), *option("upgrade_timeout", "2s"),
                                               *send("subscribe", '{"trades":["A"]}'), "--close-in", "2000", "--close", "1000",
                                               "--max-ms", "45000", "--quiet")) for via in TRANSPORTS * 2]
                    for _ in range(4):
                        time.sleep(0.3)
                        venue.command("publish", first=0, count=100, symbol="A", size=300)
                    for via, future in going:
                        outcome = future.result()
                        checks.check(f"socket.io {version}, {via}, faults {seed}", outcome.is_sound(), outcome)


def main():
    program = client.start()
    checks = client.Checks()
    directory = tempfile.mkdtemp(prefix="weir-sio-")
    try:
        for part in (hostile, messages, emits, acks, variants, versions, logins, ends, pauses, faults):
            part(checks, program)
        secure(checks, program, directory)
        checks.finish()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
