#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The set of conformance.py for the mqtt backend, against mosquitto: 3.1.1 and 5 over TCP, and 5 over websockets."""

import json

import conformance
from conformance import peers  # noqa: F401  (puts tests/peers on the path)

import mosquitto  # noqa: E402

TOPIC = "quotes/"


class Broker(conformance.Peer):
    """A broker with a password file."""

    name = "mqtt 3.1.1"
    version = "3.1.1"
    scheme = "mqtt"
    listeners = {"tcp": []}
    listener = "tcp"
    qos = 1

    def __init__(self, directory):
        super().__init__(directory)
        self.broker = mosquitto.Mosquitto(directory, {conformance.KEY: conformance.SECRET}, self.listeners)

    def start(self):
        self.broker.start()
        self.port = self.broker.ports[self.listener]

    def kill(self):
        self.broker.kill()

    def stop(self):
        self.broker.stop()

    def url(self, port):
        return f"{self.scheme}://127.0.0.1:{port}"

    def connection(self):
        topics = [{"topic": f"'{TOPIC}' + a.symbol", "qos": self.qos}]
        return {
            "backend": {"type": "mqtt", "options": {"version": self.version}},
            "auth": {"mode": "mqtt", "mqtt": {"username": "credentials.key", "password": "credentials.secret"}},
            "subscribe": {verb: {"trades": {"topics": topics}} for verb in ("subscribe", "unsubscribe")},
        }

    def limits(self, size):
        return {"max_message": size}

    def impatience(self):
        return {"connect_timeout": "1500ms"}

    def publish(self, first, count, symbol="AAPL", size=0):
        for number in range(first, first + count):
            self.broker.publish(TOPIC + symbol, json.dumps({"S": symbol, "i": number, "x": "x" * size}), self.qos)

    def subscribed(self):
        return {topic[len(TOPIC):] for topic in self.broker.topics()}

    def opened(self):
        return self.broker.answered()

    def open_now(self):
        return sum(is_open for _, _, is_open in self.broker.clients())


class Five(Broker):
    name = "mqtt 5"
    tests = conformance.BUT_ROLLS
    version = "5"


class Websockets(Broker):
    name = "mqtt 5 over websockets"
    version = "5"
    scheme = "ws"
    listeners = {"tcp": [], "ws": ["protocol websockets"]}
    listener = "ws"
    qos = 0


if __name__ == "__main__":
    conformance.main([Broker, Five, Websockets], mosquitto.available)
