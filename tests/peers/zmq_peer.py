#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A ZeroMQ peer under control, on libzmq through Debian's python3-zmq: one socket of any type, bound to a free port (or
connected), with a login where one is asked for. Its first line, commands and end are those of the other servers of this
folder (README.md).

    zmq_peer.py --type XPUB|ROUTER|PUSH|PAIR|REP|... [--port N] [--connect ENDPOINT] [--bind ENDPOINT] [--plain USER:PASSWORD]
                [--curve | --server-key KEY] [--max-seconds N]

Commands: {"cmd": "publish", "first": 0, "count": 5, "symbol": "AAPL", "size": 0} sends numbered messages to whoever wants
them; {"cmd": "send", "parts": ["hex", ...]} one message; {"cmd": "stats"} tells of connections, subscriptions and messages.
"""

import argparse
import json
import os
import sys
import time

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import parse_monitor_message


class Peer:
    def __init__(self, args):
        self.args = args
        self.context = zmq.Context()
        self.socket = self.context.socket(getattr(zmq, args.type))
        self.socket.linger = 0
        self.socket.sndhwm = 0
        self.opened = self.closed = 0
        self.wanted = {}        # identity of a ROUTER's peer, or "" -> symbols
        self.received = []
        self.public_key = None
        if args.plain or args.curve or args.server_key:
            self.secure()
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED | zmq.EVENT_DISCONNECTED)
        self.port = self.attach()

    def secure(self):
        args = self.args
        if args.server_key:
            self.socket.curve_publickey, self.socket.curve_secretkey = zmq.curve_keypair()
            self.socket.curve_serverkey = args.server_key.encode()
            return
        self.authenticator = ThreadAuthenticator(self.context)
        self.authenticator.start()
        if args.plain:
            user, password = args.plain.split(":")
            self.authenticator.configure_plain(domain="*", passwords={user: password})
            self.socket.plain_server = True
            return
        public, secret = zmq.curve_keypair()
        self.public_key = public.decode()
        self.authenticator.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
        self.socket.curve_publickey, self.socket.curve_secretkey = public, secret
        self.socket.curve_server = True

    def attach(self):
        if self.args.connect:
            self.socket.connect(self.args.connect)
            return 0
        if self.args.bind:
            self.socket.bind(self.args.bind)
            return 0
        endpoint = f"tcp://127.0.0.1:{self.args.port or '*'}"
        deadline = time.monotonic() + 5
        while True:     # a port that was just left may be held for a moment
            try:
                self.socket.bind(endpoint)
                break
            except zmq.ZMQError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        return int(self.socket.last_endpoint.decode().rsplit(":", 1)[1])

    # ---------------------------------------------------------------- what comes in

    def take_event(self):
        event = parse_monitor_message(self.monitor.recv_multipart())["event"]
        if event == zmq.EVENT_DISCONNECTED:
            self.closed += 1
            if self.args.type == "ROUTER":
                self.wanted = {}    # one peer at a time: what it had asked for is gone with it
        else:
            self.opened += 1

    def take_message(self):
        parts = self.socket.recv_multipart()
        if self.args.type == "XPUB":
            verb, topic = parts[0][:1], parts[0][1:].decode()
            topics = self.wanted.setdefault("", set())
            (topics.add if verb == b"\1" else topics.discard)(topic)
            return
        self.received.append([part.hex() for part in parts])
        identity = parts[0].hex() if self.args.type == "ROUTER" else ""
        try:
            message = json.loads(parts[-1])
        except ValueError:
            return
        if self.args.type == "REP":
            self.socket.send(parts[-1])
        elif isinstance(message, dict) and "action" in message:
            symbols = self.wanted.setdefault(identity, set())
            if message["action"] == "subscribe":
                symbols.update(message["symbols"])
            else:
                symbols.difference_update(message["symbols"])

    # ---------------------------------------------------------------- what goes out

    def publish(self, first, count, symbol, size):
        for number in range(first, first + count):
            body = json.dumps({"S": symbol, "i": number, "x": "x" * size}).encode()
            if self.args.type == "XPUB":
                self.socket.send_multipart([symbol.encode(), body])
            elif self.args.type == "ROUTER":
                for identity in [name for name, symbols in self.wanted.items() if symbol in symbols]:
                    self.socket.send_multipart([bytes.fromhex(identity), body])
            elif self.args.type == "PUSH" or symbol in self.wanted.get("", ()):
                self.socket.send(body)

    def do(self, command):
        name = command["cmd"]
        if name == "publish":
            self.publish(command["first"], command["count"], command["symbol"], command.get("size", 0))
            return {}
        if name == "send":
            for _ in range(command.get("times", 1)):
                self.socket.send_multipart([bytes.fromhex(part) for part in command["parts"]])
            return {}
        if name == "stats":
            return {"opened": self.opened, "open": self.opened - self.closed,
                    "subscribed": sorted(set().union(*self.wanted.values())) if self.wanted else [],
                    "received": self.received}
        if name == "unbind":
            self.socket.unbind(self.socket.last_endpoint)
            return {}
        raise ValueError(f"no command '{name}'")


def answer(peer, line):
    try:
        reply = {"ok": True, **peer.do(json.loads(line))}
    except (ValueError, KeyError, zmq.ZMQError) as error:
        reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--type", required=True)
    parser.add_argument("--port", type=int, default=0)
    for name in ("connect", "bind", "plain", "server-key", "log"):
        parser.add_argument("--" + name)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--max-seconds", type=float, default=120)
    args = parser.parse_args()
    peer = Peer(args)
    print(json.dumps({"port": peer.port, "pid": os.getpid(), "key": peer.public_key}), flush=True)
    poller = zmq.Poller()
    for source in (peer.socket, peer.monitor):
        poller.register(source, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    if args.type == "PUSH":
        poller.unregister(peer.socket)
    rest = b""
    end = time.monotonic() + args.max_seconds
    while time.monotonic() < end:
        ready = dict(poller.poll(200))
        if peer.monitor in ready:
            peer.take_event()
        if ready.get(peer.socket, 0) & zmq.POLLIN:
            peer.take_message()
        if sys.stdin.fileno() in ready:
            chunk = os.read(sys.stdin.fileno(), 65536)
            if not chunk:
                os._exit(0)
            *lines, rest = (rest + chunk).split(b"\n")
            while peer.args.type != "PUSH" and peer.socket.poll(0):    # what was said before is heard before
                peer.take_message()
            while peer.monitor.poll(0):
                peer.take_event()
            for line in lines:
                answer(peer, line)
    os._exit(3)


if __name__ == "__main__":
    main()
