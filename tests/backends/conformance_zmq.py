#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of conformance.py for the zmq backend, against libzmq through python3-zmq (tests/peers/zmq_peer.py): topics of a
publisher, and messages with a router."""

import importlib.util

import conformance
from conformance import peers


def available():
    return importlib.util.find_spec("zmq") is not None


class Publisher(conformance.Peer):
    """XPUB: the symbols are topics, each message is a topic and a payload. The login is PLAIN."""

    name = "zmq"
    type = "XPUB"
    server = None

    def start(self):
        self.port = self.port or peers.free_port()
        self.server = peers.Peer("zmq_peer.py", "--type", self.type, "--port", self.port,
                                 "--plain", f"{conformance.KEY}:{conformance.SECRET}")

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()
        self.server.stop()

    def stop(self):
        if self.server:
            self.server.stop()

    def url(self, port):
        return f"tcp://127.0.0.1:{port}"

    def auth(self):
        return {"mode": "zmq", "zmq": {"username": "credentials.key", "password": "credentials.secret"}}

    def connection(self):
        return {
            "backend": {"type": "zmq", "options": {"socket_type": "SUB", "multipart": "topic_payload"}},
            "auth": self.auth(),
            "subscribe": {verb: {"trades": {"topics": ["asset.symbol"]}} for verb in ("subscribe", "unsubscribe")},
            "router": {"rules": [{"channel": "trades", "match": "topic == data['S']"}], "default_channel": "drop"},
        }

    def limits(self, size):
        return {"max_message": size}

    def impatience(self):
        return {"handshake_timeout": "1500ms"}

    def publish(self, first, count, symbol="AAPL", size=0):
        self.server.command("publish", first=first, count=count, symbol=symbol, size=size)

    def subscribed(self):
        return set(self.server.command("stats")["subscribed"])

    def opened(self):
        return self.server.command("stats")["opened"]

    def open_now(self):
        return self.server.command("stats")["open"]


class Router(Publisher):
    """ROUTER, and we are a DEALER: subscribing is a message of our own."""

    name = "zmq (dealer)"
    can_roll = False        # a router serves whoever it chooses
    type = "ROUTER"

    def connection(self):
        fields = {"symbols": "[a.symbol for a in subscribe_assets]"}
        return {
            "backend": {"type": "zmq", "options": {"socket_type": "DEALER"}},
            "auth": self.auth(),
            "subscribe": {verb: {"trades": {"json": {"fields": {"action": f"'{verb}'", **fields}}}}
                          for verb in ("subscribe", "unsubscribe")},
        }


if __name__ == "__main__":
    conformance.main([Publisher, Router], needs=available)
