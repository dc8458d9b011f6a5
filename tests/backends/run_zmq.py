#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is ZeroMQ's own, against python3-zmq: socket types, binding, several parts, filters, CURVE and PLAIN, and what goes
wrong with each. The set that all backends pass is in conformance_zmq.py."""

import importlib.util
import json
import os
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "runtime"))

import feed  # noqa: E402  (the path above is needed first)
from feed import Feed, peers  # noqa: E402

SYMBOLS = {"symbols": "[a.symbol for a in subscribe_assets]"}


def until(what, look, seconds=feed.WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise feed.FeedError(f"no {what} within {seconds} s")
        time.sleep(0.02)


class Run(Feed):
    """A feed on one connection with these options; its records are {"v": what `value` says}."""

    def __init__(self, directory, url, options=None, value="data", args=(), env=None, **more):
        connection = {"url": url, "backend": {"type": "zmq", "options": options or {}}, "streams": ["data"],
                      "converters": {"data": {"fields": {"v": value}}},
                      "reconnect": {"initial": "100ms", "max": "100ms", "jitter": "none"}, **more}
        spec = {"weir": 1, "name": "z", "credentials": ["key", "secret"], "vars": {"url": ""},
                "connections": {"feed": connection}}
        path = os.path.join(directory, "z.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        super().__init__("", "feed", "--consumer", "callback,print", *args, spec=path,
                         env={"Z_KEY": "k", "Z_SECRET": "hush-hush", **(env or {})})

    def values(self):
        return [line["record"]["v"] for line in self.of("record") if "gap" not in line["record"]]

    def gets(self, count):
        until(f"{count} records: {self}", lambda: len(self.values()) >= count)
        return self.values()


def peer(*args):
    return peers.Peer("zmq_peer.py", *args)


def url_of(server):
    return f"tcp://127.0.0.1:{server.port}"


def hexed(*parts):
    return [part.hex() for part in parts]


def send(server, *parts, times=1):
    server.command("send", parts=hexed(*parts), times=times)


def stats(server):
    return server.command("stats")


# ------------------------------------------------------------------ types and parts

def pulls(checks, directory):
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), {"socket_type": "PULL"},
                                               "data['i']") as run:
        run.reaches("live")
        server.command("publish", first=0, count=2000, symbol="A")
        checks.check("PULL: all of it, in order", run.gets(2000) == list(range(2000)))
        run.stop()


def pairs_talk(checks, directory):
    subscribe = {verb: {"data": {"json": {"fields": {"action": f"'{verb}'", **SYMBOLS}}}}
                 for verb in ("subscribe", "unsubscribe")}
    with peer("--type", "PAIR") as server, Run(directory, url_of(server), {"socket_type": "PAIR"}, "data['i']",
                                               ("--subscribe", "data=A,B"), subscribe=subscribe) as run:
        run.reaches("live")
        until("the message", lambda: stats(server)["subscribed"] == ["A", "B"])
        server.command("publish", first=5, count=1, symbol="B")
        checks.check("PAIR: a message each way", run.gets(1) == [5])
        run.stop()


def dealers_delimit(checks, directory):
    subscribe = {"subscribe": {"all": {"json": {"fields": SYMBOLS}}}}
    with peer("--type", "REP") as server, Run(directory, url_of(server), {"socket_type": "DEALER", "delimiter": True},
                                              "data['symbols'][0]", ("--subscribe", "data=A"),
                                              subscribe=subscribe) as run:
        checks.check("DEALER: a REP is asked and answers", run.gets(1) == ["A"])
        run.stop()
    with peer("--type", "ROUTER") as server, Run(directory, url_of(server), {"socket_type": "DEALER",
                                                                             "routing_id": "weir-1"},
                                                 "data", ("--subscribe", "data=A"), subscribe=subscribe) as run:
        until("the message", lambda: stats(server)["received"])
        got = bytes.fromhex(stats(server)["received"][0][0])
        checks.check("DEALER: a ROUTER knows us by the routing id", got == b"weir-1", got)
        send(server, b"weir-1", b'{"a": 1}', b"2", b'"x"')
        checks.check("several parts are a list", run.gets(1)[0] == [{"a": 1}, 2, "x"], run.values())
        run.stop()


def topics_and_parts(checks, directory):
    options = {"multipart": "topic_payload"}
    with peer("--type", "XPUB") as server, Run(directory, url_of(server), options, "[topic, data]") as run:
        until("subscription of all", lambda: stats(server)["subscribed"] == [""])
        run.reaches("live")
        send(server, b"q.A", b"1")
        send(server, b"", b"2")
        send(server, b"q.B", b"3", b"4")
        send(server, b"5")
        send(server, b"q.\xff", b"6")
        send(server, b"7", b"nonsense")
        send(server, b"q.A", b"8")
        checks.check("topic and payload", run.gets(5) == [["q.A", 1], ["", 2], ["q.B", [3, 4]], ["", 5], ["q.A", 8]],
                     run.values())
        run.ask("status", "status")
        failed = run.of("status")[-1]
        checks.check("a topic that is no text, and a payload that is none, are failures", failed["failed"] == 2, failed)
        run.stop()
    large = b'"' + b"x" * 300000 + b'"'
    with peer("--type", "XPUB") as server, Run(directory, url_of(server), value="len(data[0]) + len(data)") as run:
        run.reaches("live")
        until("subscription of all", lambda: stats(server)["subscribed"] == [""])
        send(server, large, b"1")
        send(server, b"[]", b"1", b"2", b"[1]")
        checks.check("large parts and many", run.gets(2) == [300002, 4], run.values())
        run.stop()


def filters(checks, directory):
    with peer("--type", "XPUB") as server, Run(directory, url_of(server), {"subscribe_filter": '{{"S": "A'},
                                               "data['i']") as run:
        until("the filter", lambda: stats(server)["subscribed"] == ['{"S": "A'])
        run.reaches("live")
        send(server, b'{"S": "B", "i": 1}')
        send(server, b'{"S": "AA", "i": 2}')
        send(server, b'{"S": "A", "i": 3}')
        checks.check("only what begins with the filter comes", run.gets(2) == [2, 3], run.values())
        run.stop()


def only_topics(checks, directory):
    """A connection that has `subscribe` hears nothing before it asks."""
    subscribe = {verb: {"topics": ["'t.' + asset.symbol"]} for verb in ("subscribe", "unsubscribe")}
    with peer("--type", "XPUB") as server, Run(directory, url_of(server), {"multipart": "topic_payload"}, "data",
                                               subscribe=subscribe) as run:
        run.reaches("live")
        checks.check("nothing is subscribed at first", stats(server)["subscribed"] == [])
        run.ask("subscribe data A", "event", type="subscribed")
        until("the topic", lambda: stats(server)["subscribed"] == ["t.A"])
        send(server, b"t.B", b"1")
        send(server, b"t.A", b"2")
        checks.check("a topic is heard", run.gets(1) == [2], run.values())
        run.ask("unsubscribe data A", "event", type="unsubscribed")
        until("the end of the topic", lambda: stats(server)["subscribed"] == [])
        run.stop()


def keeps_the_last(checks, directory):
    # libzmq 4.3.4 forgets the pipes of a conflating socket when it is closed (344 bytes); nothing else of it may leak.
    known = os.path.join(directory, "lsan.supp")
    with open(known, "w", encoding="utf-8") as file:
        file.write("leak:libzmq.so\n")
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), {"socket_type": "PULL", "conflate": True},
                                               "data['i']", env={"LSAN_OPTIONS": "suppressions=" + known}) as run:
        run.reaches("live")
        server.command("publish", first=0, count=20000, symbol="A")
        until("the last", lambda: run.values()[-1:] == [19999])
        values = run.values()
        checks.check("conflate: in order, and the last", values == sorted(values), len(values))
        run.stop()


# ------------------------------------------------------------------ binding, ipc, addresses

def binds(checks, directory):
    port = peers.free_port()
    with Run(directory, f"tcp://127.0.0.1:{port}", {"socket_type": "PULL", "bind": True}, "data['i']") as run:
        run.reaches("live")
        for first in (0, 3):    # peers come and go
            with peer("--type", "PUSH", "--connect", f"tcp://127.0.0.1:{port}") as server:
                server.command("publish", first=first, count=3, symbol="A")
                run.gets(first + 3)
        checks.check("bound: peers that come and go", run.values() == list(range(6)), run.values())
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\0" * 100)
            stranger.recv(1000)
        with peer("--type", "PUSH", "--connect", f"tcp://127.0.0.1:{port}") as server:
            server.command("publish", first=6, count=1, symbol="A")
            run.gets(7)
        checks.check("bound: it was live all along", run.states().count("live") == 1 and "backoff" not in run.states(),
                     run.states())
        with Run(directory, f"tcp://127.0.0.1:{port}", {"socket_type": "PULL", "bind": True}) as other:
            lost = other.reaches("backoff")
            checks.check("an address that is taken", lost["code"] == "connect" and "in use" in lost["reason"], lost)
            other.stop()
        run.stop()


def over_ipc(checks, directory):
    endpoint = f"ipc://{directory}/feed.sock"
    with Run(directory, endpoint, {"socket_type": "PULL"}, "data['i']") as run:
        lost = run.reaches("backoff")
        checks.check("ipc: nobody is there", lost["code"] == "connect" and "feed.sock" in lost["reason"], lost)
        with peer("--type", "PUSH", "--bind", endpoint) as server:
            run.reaches("live")
            server.command("publish", first=0, count=2, symbol="A")
            checks.check("ipc: it is there", run.gets(2) == [0, 1])
        run.reaches("backoff", count=2)
        run.stop()


def by_name(checks, directory):
    with peer("--type", "PUSH") as server:
        with Run(directory, f"tcp://localhost:{server.port}", {"socket_type": "PULL"}, "data['i']") as run:
            run.reaches("live")
            server.command("publish", first=0, count=1, symbol="A")
            checks.check("a host by its name, over all its addresses", run.gets(1) == [0])
            run.stop()
    with Run(directory, "tcp://no-such-host.invalid:5556") as run:
        lost = run.reaches("backoff")
        checks.check("a name that does not resolve", lost["code"] == "resolve", lost)
        run.stop()


# ------------------------------------------------------------------ logins

def curve(checks, directory):
    with peer("--type", "PUSH", "--curve") as server:
        auth = {"mode": "zmq", "zmq": {"server_key": f"'{server.ready['key']}'"}}
        with Run(directory, url_of(server), {"socket_type": "PULL"}, "data['i']", auth=auth) as run:
            run.reaches("live")
            server.command("publish", first=0, count=3, symbol="A")
            checks.check("CURVE with a key for this connection alone", run.gets(3) == [0, 1, 2])
            run.stop()
        public, secret = keypair()
        auth["zmq"].update(public_key=f"'{public}'", secret_key=f"'{secret}'")
        with Run(directory, url_of(server), {"socket_type": "PULL"}, auth=auth) as run:
            run.reaches("live")
            run.stop()
        auth["zmq"]["server_key"] = f"'{keypair()[0]}'"
        had = stats(server)["opened"]
        with Run(directory, url_of(server), {"socket_type": "PULL"}, auth=auth) as run:
            failed = run.reaches("failed")
            checks.check("CURVE: a wrong server key is a refusal", failed["code"] == "auth"
                         and "3 times in a row" in failed["reason"], failed)
            checks.check("CURVE: after three tries", stats(server)["opened"] - had == 3, stats(server))
            checks.check("CURVE: no key is shown", secret not in str(run.lines) and public not in str(run.lines))
            run.stop()


def curve_of_a_bound_one(checks, directory):
    port = peers.free_port()
    public, secret = keypair()
    auth = {"mode": "zmq", "zmq": {"secret_key": f"'{secret}'"}}
    with Run(directory, f"tcp://127.0.0.1:{port}", {"socket_type": "PULL", "bind": True}, "data['i']", auth=auth) as run:
        run.reaches("live")
        with peer("--type", "PUSH", "--connect", f"tcp://127.0.0.1:{port}"):
            warned = run.wait("event", type="warning")
            checks.check("bound with CURVE: a peer without it is warned of", warned["code"] == "handshake", warned)
        with peer("--type", "PUSH", "--connect", f"tcp://127.0.0.1:{port}", "--server-key", public) as server:
            server.command("publish", first=0, count=1, symbol="A")
            checks.check("bound with CURVE: one that has our key", run.gets(1) == [0])
        run.stop()


def bad_keys(checks, directory):
    public, secret = keypair()
    other = keypair()[0]
    cases = [({"server_key": "'short'"}, "'server_key' is no key: it has 5 characters"),
             ({"server_key": f"'{public[:39]} '"}, "'server_key' is no key in Z85"),
             ({"server_key": f"'{public}'", "public_key": f"'{other}'", "secret_key": f"'{secret}'"},
              "'public_key' does not belong to 'secret_key'"),
             ({"username": "credentials.key * 300"}, "'username' has at most 255 bytes")]
    for fields, text in cases:
        with Run(directory, "tcp://127.0.0.1:5556", auth={"mode": "zmq", "zmq": fields}) as run:
            failed = run.reaches("failed")
            checks.check(f"refused before connecting: {text}", failed["code"] == "argument" and text in failed["reason"],
                         failed)
            run.stop()


def plain(checks, directory):
    with peer("--type", "PUSH", "--plain", "k:other") as server:
        auth = {"mode": "zmq", "zmq": {"username": "credentials.key", "password": "credentials.secret"}}
        with Run(directory, url_of(server), {"socket_type": "PULL"}, auth=auth) as run:
            failed = run.reaches("failed")
            checks.check("PLAIN: a wrong password", failed["code"] == "auth" and "400" in failed["reason"], failed)
            checks.check("PLAIN: it is not shown", "hush-hush" not in str(run.lines))
            run.stop()
        with Run(directory, url_of(server), {"socket_type": "PULL"}) as run:
            lost = run.reaches("backoff")
            checks.check("no login where one is wanted", lost["code"] in ("handshake", "auth")
                         and "auth.zmq" in lost["reason"], lost)
            run.stop()
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), {"socket_type": "PULL"}, auth=auth) as run:
        failed = run.reaches("failed")
        checks.check("a login where none is wanted", failed["code"] == "auth", failed)
        run.stop()


def keypair():
    import zmq
    return tuple(key.decode() for key in zmq.curve_keypair())


# ------------------------------------------------------------------ what goes wrong

def wrong_type(checks, directory):
    with peer("--type", "REP") as server, Run(directory, url_of(server)) as run:
        lost = run.reaches("backoff")
        checks.check("a peer of a type that does not go with ours", lost["code"] == "handshake" and "SUB" in lost["reason"],
                     lost)
        run.stop()


class Stranger:
    """A TCP server that is no ZeroMQ peer: it says `words`, `more` a moment later, and hangs up or not."""

    def __init__(self, words, hangs_up=False, more=b""):
        self.words, self.hangs_up, self.more = words, hangs_up, more
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        kept = []
        while True:
            try:
                connection, _ = self.listener.accept()
                connection.sendall(self.words)
                if self.more:
                    time.sleep(0.2)
                    connection.sendall(self.more)
            except OSError:
                return
            if self.hangs_up:
                connection.close()
            kept.append(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


GREETING = b"\xff" + b"\0" * 8 + b"\x7f\3\1NULL" + b"\0" * 16 + b"\0" * 32
READY = b"\4\x19\5READY\x0bSocket-Type\0\0\0\3PUB"


def strangers(checks, directory):
    cases = [("a web server", b"HTTP/1.1 400 Bad Request\r\n\r\n", True, {"handshake", "protocol"}),
             ("one that hangs up", b"", True, {"handshake"}),
             ("noise", bytes(range(256)) * 40, False, {"handshake", "protocol", "timeout"}),
             ("a greeting and noise", GREETING + b"\xee" * 200, False, {"handshake", "protocol", "timeout"}),
             ("a command of 2 GiB", GREETING + b"\6" + (1 << 31).to_bytes(8, "big"), False,
              {"handshake", "protocol", "timeout"})]
    for name, words, hangs_up, codes in cases:
        with Stranger(words, hangs_up) as server, \
                Run(directory, url_of(server), {"handshake_timeout": "300ms"}) as run:
            lost = run.reaches("backoff")
            checks.check(f"{name} is no peer", lost["code"] in codes, lost)
            run.stop()


def breaks_off(checks, directory):
    """After the handshake: a message of 2^62 bytes is announced, or the peer hangs up in the middle of one."""
    for name, words, hangs_up, code in (("an endless message", b"\2" + (1 << 62).to_bytes(8, "big"), False, "protocol"),
                                        ("half a message", b"\0\x20half", True, "closed")):
        with Stranger(GREETING + READY, hangs_up, b"\0\1" + b"7" + words) as server, \
                Run(directory, url_of(server)) as run:
            lost = run.reaches("backoff")
            checks.check(f"{name}: the connection ends", lost["code"] == code, lost)
            checks.check(f"{name}: what came before it is there", run.values()[:1] == [7], run.values())
            run.stop()


def oversize(checks, directory):
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), {"socket_type": "PULL", "max_message": 1000},
                                               "data['i']") as run:
        run.reaches("live")
        server.command("publish", first=0, count=1, symbol="A", size=900)
        run.gets(1)
        server.command("publish", first=1, count=1, symbol="A", size=2000)
        lost = run.reaches("backoff")
        checks.check("a message over max_message", lost["code"] == "limit", lost)
        run.reaches("live", count=2)
        server.command("publish", first=2, count=1, symbol="A", size=900000)
        lost = run.reaches("backoff", count=2)
        checks.check("one that libzmq cuts off", lost["code"] == "protocol" and "max_message" in lost["reason"], lost)
        run.reaches("live", count=3)
        send(server, *[b"1" * 300] * 4)
        lost = run.reaches("backoff", count=3)
        checks.check("the parts count together", lost["code"] == "limit", lost)
        run.stop()


def dead_but_open(checks, directory):
    """A peer that stops (SIGSTOP) is found out by heartbeats."""
    options = {"socket_type": "PULL", "heartbeat_interval": "300ms", "heartbeat_timeout": "2s"}
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), options) as run:
        run.reaches("live")
        time.sleep(3)
        checks.check("heartbeats are answered", run.states().count("live") == 1)
        server.process.send_signal(19)
        lost = run.reaches("backoff")
        checks.check("a peer that stopped", lost["code"] == "closed", lost)
        server.process.send_signal(18)
        run.reaches("live", count=2)
        run.stop()


def the_tail(checks, directory):
    """What a peer sent before it went is still delivered, also to a slow reader."""
    with peer("--type", "PUSH") as server, Run(directory, url_of(server), {"socket_type": "PULL"}, "data['i']",
                                               args=("--consumer", "poll,block,capacity=16,hold")) as run:
        run.reaches("live")
        server.command("publish", first=0, count=500, symbol="A")
        until("first message", lambda: run.ask("status", "status")["frames"] > 0)
        time.sleep(1)       # for the rest to be on its way
        server.process.kill()
        run.tell("read")
        run.reaches("backoff")
        run.receives(500)
        checks.check("nothing of it is lost", run.gets(500) == list(range(500)), len(run.values()))
        run.stop()


TESTS = (pulls, pairs_talk, dealers_delimit, topics_and_parts, filters, only_topics, keeps_the_last, binds, over_ipc,
         by_name, curve, curve_of_a_bound_one, bad_keys, plain, wrong_type, strangers, breaks_off, oversize,
         dead_but_open, the_tail)


def main():
    if importlib.util.find_spec("zmq") is None:
        print("SKIPPED: python3-zmq is absent")
        sys.exit(feed.SKIPPED)
    Feed.program = sys.argv[1]
    checks = feed.Checks()
    for test in TESTS:
        if len(sys.argv) > 2 and test.__name__ not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory(prefix="weir-zmq-") as directory:
            checks.run(test, directory)
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
