#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The other backends: socketio over both of its transports, mqtt over TCP and websockets, zmq as a subscriber and as a dealer,
with the peers of tests/backends/conformance.py. What libzmq, paho and libwebsockets ask for is theirs and is printed; of ours
there must be nothing."""

import json
import os
import subprocess
import tempfile
import threading
import time

import steady
from steady import feed

import conformance
import conformance_mqtt
import conformance_socketio
import conformance_zmq
import mosquitto

FROM, TO = 24000, 30000
CHUNK = 1000
SYMBOL = "S1"


def write_spec(peer):
    """Texts, numbers and an asset of each message; nothing that comes twice is let through."""
    connection = {
        "url": peer.url(peer.port),
        "streams": {"trades": "data"},
        "converters": {"trades": {"fields": {
            "asset": "broker.infer_asset(symbol=data['S'])", "timestamp": "received",
            "data": {"trade_id": "str(data['i'])", "size": "len(data['x'])"}}}},
        "dedupe": {"key": "data['i']", "window": 1000},
        "sequence": {"value": "data['i']"},
    }
    connection.update(peer.connection())
    spec = {"weir": 1, "name": "conf", "credentials": ["key", "secret"], "vars": {"url": ""},
            "connections": {"feed": connection}}
    path = os.path.join(peer.directory, "steady.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file)   # JSON is YAML
    return path


def publish(peer, process):
    """Numbers in order until the program has counted enough."""
    deadline = time.monotonic() + steady.SECONDS
    while process.poll() is None and SYMBOL not in peer.subscribed() and time.monotonic() < deadline:
        time.sleep(0.02)
    first = 0
    while process.poll() is None and time.monotonic() < deadline:
        peer.publish(first, CHUNK, SYMBOL, 60)
        first += CHUNK
        time.sleep(0.01)


def one(checks, maker):
    with tempfile.TemporaryDirectory(prefix="weir-steady-") as directory:
        peer = maker(directory)
        try:
            peer.start()
            command = [steady.program, "run", write_spec(peer), "feed", "unused:", str(FROM), str(TO)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       env=feed.environment({"CONF_KEY": conformance.KEY,
                                                             "CONF_SECRET": conformance.SECRET}))
            publisher = threading.Thread(target=publish, args=(peer, process), daemon=True)
            publisher.start()
            steady.judge(checks, peer.name, steady.collect(process))
            publisher.join(5)
        finally:
            peer.stop()


def main():
    checks = steady.start()
    makers = [conformance_socketio.WebsocketOnly, conformance_socketio.PollingOnly]
    if mosquitto.available():
        makers += [conformance_mqtt.Broker, conformance_mqtt.Websockets]
    if conformance_zmq.available():
        makers += [conformance_zmq.Publisher, conformance_zmq.Router]
    for maker in makers:
        one(checks, maker)
    steady.finish(checks)


if __name__ == "__main__":
    main()
