#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of conformance.py for the websocket backend, against the npm package ws (tests/peers/venue.js)."""

import json

import conformance
from conformance import peers

CONFIG = {
    "auth": {"mode": "first_message",
             "match": {"action": "auth", "key": conformance.KEY, "secret": conformance.SECRET},
             "is_auth": {"action": "auth"}, "ack": {"ok": True}, "reject": {"ok": False}},
    "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades"]},
    "unsubscribe": {"match": {"action": "unsubscribe"}, "symbols": ["trades"]},
}
SYMBOLS = "[a.symbol for a in subscribe_assets]"


class Venue(conformance.Peer):
    """The venue plays nothing by itself (`--play command`); `publish` sends what its stdin says."""

    name = "websocket"
    server = None

    def start(self):
        self.port = self.port or peers.free_port()
        self.server = peers.Venue("--capture", "/dev/null", "--play", "command", "--port", self.port, config=CONFIG)

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()
        self.server.stop()

    def stop(self):
        if self.server:
            self.server.stop()

    def url(self, port):
        return f"ws://127.0.0.1:{port}/"

    def connection(self):
        return {
            "backend": {"type": "websocket"},
            "auth": {"mode": "first_message",
                     "first_message": {"json": {"fields": {"action": "'auth'", "key": "credentials.key",
                                                           "secret": "credentials.secret"}}},
                     "ack": {"match": "data['ok'] == True", "error": "data['ok'] == False"}},
            "subscribe": {verb: {"trades": {"json": {"fields": {"action": f"'{verb}'", "trades": SYMBOLS}}}}
                          for verb in ("subscribe", "unsubscribe")},
            "router": {"rules": [{"channel": "trades", "match": "'S' in data"}], "default_channel": "drop"},
        }

    def limits(self, size):
        return {"max_message": size}

    def impatience(self):
        return {"upgrade_timeout": "1500ms"}

    def _wanted(self):
        return [(conn["conn"], set(conn["active"].get("trades", [])))
                for conn in self.server.command("stats")["conns"] if conn["state"] == "open"]

    def publish(self, first, count, symbol="AAPL", size=0):
        for conn, wanted in self._wanted():
            for number in range(first, first + count if symbol in wanted else first):
                text = json.dumps({"S": symbol, "i": number, "x": "x" * size})
                self.server.tell("send", conn=conn, text=text)  # it may be gone by now

    def subscribed(self):
        return set().union(*[wanted for _, wanted in self._wanted()])

    def opened(self):
        return self.server.command("stats")["opened"]

    def open_now(self):
        return len(self._wanted())


if __name__ == "__main__":
    conformance.main([Venue])
