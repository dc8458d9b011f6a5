#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of conformance.py for the socketio backend: npm socket.io 4.x and 2.x over each transport, and python3-socketio."""

import conformance
from conformance import Relay, Run, peers, proper, ready, receives, until

SYMBOLS = "[a.symbol for a in subscribe_assets]"
FIELDS = {"key": "credentials.key", "secret": "credentials.secret"}


class SocketIo(conformance.Peer):
    """socketio.js with a login in the CONNECT packet."""

    name = "socketio 4"
    arguments = ("--login", "auth")
    transports = None       # of the client; None: the default
    is_one_socket = False   # requests, and a websocket when they have led to one
    polls = False           # ... and nothing but requests
    python = False
    server = None

    def start(self):
        self.port = self.port or peers.free_port()
        self.server = peers.SocketIo("--port", self.port, *self.arguments, python=self.python)

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()
        self.server.stop()

    def stop(self):
        if self.server:
            self.server.stop()

    def url(self, port):
        return f"http://127.0.0.1:{port}"

    def auth(self):
        return {"mode": "first_message", "first_message": {"json": {"fields": FIELDS}}}

    def connection(self):
        options = {"transports": self.transports} if self.transports else {}
        return {
            "backend": {"type": "socketio", "options": options},
            "events": {"trades": "trade"},
            "auth": self.auth(),
            "subscribe": {verb: {"trades": {"json": {"fields": {"trades": SYMBOLS}}}}
                          for verb in ("subscribe", "unsubscribe")},
        }

    def limits(self, size):
        return {"max_message": size}

    def impatience(self):
        return {"upgrade_timeout": "1500ms"}

    def publish(self, first, count, symbol="AAPL", size=0):
        self.server.command("publish", first=first, count=count, symbol=symbol, size=size)

    def _conns(self):
        return self.server.command("stats")["conns"]

    def subscribed(self):
        """Of the newest session: one that polled is missed by its server only after a while."""
        conns = self._conns()
        return set(conns[-1]["wanted"]) if conns else set()

    def opened(self):
        return self.server.command("stats")["opened"]

    def open_now(self):
        return len(self._conns())


BRIEF = ("subscribes", "keeps_order", "comes_back", "is_refused")


class WebsocketOnly(SocketIo):
    name = "socketio 4, websocket"
    is_one_socket = True
    tests = BRIEF + ("is_rolled", "is_cut_while_rolled")
    transports = ["websocket"]


class PollingOnly(SocketIo):
    name = "socketio 4, polling"
    transports = ["polling"]
    polls = True


class EventLogin(SocketIo):
    """The login is an event, and its acknowledgement the venue's answer."""

    name = "socketio 4, login by event"
    arguments = ("--login", "event")
    tests = BRIEF

    def auth(self):
        return {"mode": "first_message", "first_message": {"json": {"fields": FIELDS}, "event": "login"},
                "ack": {"match": "topic == 'ack:login' and data['ok']", "error": "topic == 'ack:login' and not data['ok']"}}

    def connection(self):
        connection = super().connection()
        connection["backend"]["options"]["acks"] = True
        return connection


class Old(SocketIo):
    """Socket.IO 2 has no login in its connect: the query of the handshake has it, and whoever lets requests in refuses."""

    name = "socketio 2"
    tests = conformance.BUT_ROLLS
    arguments = ("--version", "2", "--login", "query", "--gate", "request")

    def auth(self):
        return {"mode": "url", "url": {"query": {"fields": FIELDS}}}


class OldEventLogin(EventLogin):
    """And an event is the answer, as servers of Socket.IO 2 liked it."""

    name = "socketio 2, login by event"
    arguments = ("--version", "2", "--login", "event")

    def auth(self):
        auth = super().auth()
        auth["ack"] = {"match": "topic == 'login' and data['ok']", "error": "topic == 'login' and not data['ok']"}
        return auth

    def connection(self):
        connection = super().connection()
        connection["backend"]["options"] = {}
        return connection


class OldWebsocketOnly(Old):
    name = "socketio 2, websocket"
    tests = BRIEF
    arguments = ("--version", "2", "--login", "query")
    transports = ["websocket"]


class OldPollingOnly(Old):
    name = "socketio 2, polling"
    tests = BRIEF
    transports = ["polling"]


class Python(SocketIo):
    name = "socketio python"
    tests = BRIEF
    arguments = ()
    python = True


class PythonWebsocketOnly(Python):
    name = "socketio python, websocket"
    tests = conformance.BUT_ROLLS
    transports = ["websocket"]


def is_cut_between_requests(checks, peer):
    """A request that did not reach the server is sent again over another connection, and the session goes on."""
    if not peer.polls:
        return
    with Relay(peer.port) as relay, Run(peer, "--consumer", "callback,print", port=relay.port) as run:
        ready(peer, run)
        relay.mode = "swallow"
        peer.publish(0, 1)
        receives(run, 1)
        until("request that is swallowed", lambda: relay.swallowed > 0)
        relay.mode = "pass"
        relay.cut()
        peer.publish(1, 2)
        receives(run, 3)
        checks.check(f"{peer.name}: cut between two requests", proper(run) == [0, 1, 2], proper(run))
        checks.check(f"{peer.name}: that is no reason to reconnect", run.states().count("live") == 1, run)
        run.stop()


if __name__ == "__main__":
    conformance.main([SocketIo, WebsocketOnly, PollingOnly, EventLogin, Old, OldEventLogin, OldWebsocketOnly, OldPollingOnly, Python, PythonWebsocketOnly],
                     tests=conformance.TESTS + (is_cut_between_requests,))
