#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The client against servers of a few lines, which do nothing, too little, or do it too late."""

import base64
import hashlib
import socket
import struct
import threading
import time

import client

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Server:
    """One connection on a loopback port, upgraded, then handed to `speak`."""

    def __init__(self, speak, upgrades=True):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 65536
        )  # so that a queue fills soon
        self.port = self.listener.getsockname()[1]
        self.speak = speak
        self.upgrades = upgrades
        self.result = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        connection.settimeout(15)
        with connection:
            if self.upgrades:
                upgrade(connection)
            self.result = self.speak(connection)

    def url(self):
        return f"ws://127.0.0.1:{self.port}/"

    def end(self):
        self.thread.join(15)
        self.listener.close()
        return self.result


def upgrade(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    key = [
        line.split(b":")[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key:")
    ][0]
    accept = base64.b64encode(hashlib.sha1(key + GUID.encode()).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def frame(payload, opcode=1):
    if len(payload) < 126:
        return bytes([0x80 | opcode, len(payload)]) + payload
    if len(payload) < 65536:
        return bytes([0x80 | opcode, 126]) + struct.pack(">H", len(payload)) + payload
    return bytes([0x80 | opcode, 127]) + struct.pack(">Q", len(payload)) + payload


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return data


def read_frame(connection):
    """Opcode and payload of the client's next frame; refuses one without a mask."""
    first, second = read_exactly(connection, 2)
    assert second & 0x80, "an unmasked frame"
    size = second & 0x7F
    if size == 126:
        size = struct.unpack(">H", read_exactly(connection, 2))[0]
    elif size == 127:
        size = struct.unpack(">Q", read_exactly(connection, 8))[0]
    mask = read_exactly(connection, 4)
    payload = bytearray(read_exactly(connection, size))
    for at in range(4):
        payload[at::4] = payload[at::4].translate(bytes(value ^ mask[at] for value in range(256)))
    return first & 15, bytes(payload), mask


def silent(connection):
    """Takes everything, answers nothing."""
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def backpressure(checks, program):
    def late_reader(connection):
        time.sleep(1)
        masks, total = set(), 0
        for _ in range(3):
            _, payload, mask = read_frame(connection)
            masks.add(mask)
            total += len(payload)
        connection.sendall(frame(b"thanks"))
        read_frame(connection)
        connection.sendall(frame(b"\x03\xe8", 8))
        return masks, total

    server = Server(late_reader)
    outcome = client.run(
        program,
        server.url(),
        "--send-fill",
        "8000000",
        "--send-fill",
        "7000000",
        "--send",
        "end",
        "--close",
        "1000",
        "--after",
        "1",
        "--max-ms",
        "45000",
    )
    masks, total = server.end()
    checks.check(
        "a late reader gets it all", total == 15000003 and outcome.is_sound(), (total, outcome)
    )
    checks.check("every frame has its own mask", len(masks) == 3, masks)
    checks.check(
        "the queue was reported",
        [event["queued"] for event in outcome.of("sent")] == [True] * 3,
        outcome,
    )
    checks.check("and its end, once", len(outcome.of("drained")) == 1, outcome)


def deadlines(checks, program):
    outcome = client.run(
        program, Server(silent).url(), "--close", "1000", "--linger", "200", "--max-ms", "45000"
    )
    checks.check(
        "a close without an answer",
        outcome.is_sound()
        and outcome.down["code"] == "timeout"
        and outcome.down["close_code"] == 1006,
        outcome,
    )
    outcome = client.run(
        program, Server(silent).url(), "--close", "1000", "--linger", "0", "--max-ms", "45000"
    )
    checks.check(
        "a close that does not wait", outcome.is_sound() and outcome.down["code"] == "ok", outcome
    )
    outcome = client.run(
        program,
        Server(silent, upgrades=False).url(),
        "--option",
        "upgrade_timeout=200ms",
        "--max-ms",
        "45000",
    )
    checks.check(
        "no answer to the upgrade",
        outcome.is_sound()
        and outcome.down["code"] == "timeout"
        and "upgrade_timeout" in outcome.down["text"],
        outcome,
    )
    outcome = client.run(
        program,
        Server(silent).url(),
        "--option",
        "ping_interval=100ms",
        "--option",
        "ping_timeout=200ms",
        "--max-ms",
        "45000",
    )
    checks.check(
        "no answer to a ping",
        outcome.is_sound()
        and outcome.down["code"] == "timeout"
        and "ping_timeout" in outcome.down["text"],
        outcome,
    )
    outcome = client.run(
        program,
        Server(silent, upgrades=False).url(),
        "--close-in",
        "100",
        "--close",
        "1000",
        "--max-ms",
        "45000",
    )
    checks.check(
        "a close while upgrading", outcome.is_sound() and outcome.down["code"] == "ok", outcome
    )


def pauses(checks, program):
    """A peer that hangs up while we pause: what it had sent is still delivered."""

    def burst(connection):
        connection.sendall(b"".join(frame(b"%d" % at * 20) for at in range(2000)))

    server = Server(burst)
    outcome = client.run(
        program,
        server.url(),
        "--quiet",
        "--pause-every",
        "500",
        "--pause",
        "60",
        "--max-ms",
        "45000",
    )
    server.end()
    checks.check(
        "hung up on a pause",
        outcome.is_sound()
        and outcome.down["frames"] == 2000
        and outcome.down["paused_calls"] == 0
        and outcome.down["code"] == "closed",
        outcome,
    )

    def burst_and_close(connection):
        connection.sendall(
            b"".join(frame(b"x" * 1000) for _ in range(200)) + frame(b"\x0f\xa0bye", 8)
        )
        silent(connection)

    server = Server(burst_and_close)
    outcome = client.run(
        program,
        server.url(),
        "--quiet",
        "--pause-every",
        "150",
        "--pause",
        "100",
        "--max-ms",
        "45000",
    )
    checks.check(
        "closed on a pause",
        outcome.down.get("frames") == 200
        and outcome.down["close_code"] == 4000
        and outcome.down["reason"] == "bye",
        outcome,
    )
    server = Server(burst_and_close)
    outcome = client.run(
        program,
        server.url(),
        "--quiet",
        "--pause-every",
        "150",
        "--pause",
        "3000",
        "--close-in",
        "200",
        "--close",
        "4001",
        "--max-ms",
        "45000",
    )
    checks.check(
        "closing out of a pause",
        outcome.is_sound() and outcome.down["code"] == "ok" and outcome.down["paused_calls"] == 0,
        outcome,
    )


def large(checks, program):
    def giant(connection):
        payload = b"0123456789abcdef" * (1 << 20)
        connection.sendall(frame(payload, 2))
        for _ in range(3):
            connection.sendall(frame(b"small"))
        connection.sendall(frame(b"\x03\xe8", 8))
        silent(connection)

    outcome = client.run(program, Server(giant).url(), "--max-ms", "45000")
    sizes = [event["len"] for event in outcome.of("frame")]
    checks.check(
        "16 MiB in one frame, then small ones",
        sizes == [1 << 24, 5, 5, 5] and outcome.down["code"] == "ok",
        outcome,
    )


def after_the_end(checks, program):
    def endless(connection):
        """Breaks the protocol and goes on sending: the client's close frame must still be seen."""
        connection.sendall(frame(b"x", 3))
        done = threading.Event()

        def flood():
            try:
                while not done.is_set():
                    connection.sendall(frame(b"y" * 1000))
            except OSError:
                pass

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        try:
            opcode, payload, _ = read_frame(connection)
        finally:
            done.set()
        return opcode, struct.unpack(">H", payload[:2])[0]

    server = Server(endless)
    outcome = client.run(program, server.url(), "--max-ms", "45000")
    seen = server.end()
    checks.check(
        "a flood behind an error",
        outcome.is_sound()
        and outcome.down["code"] == "protocol"
        and outcome.down["close_code"] == 1002
        and outcome.down["frames"] == 0,
        outcome,
    )
    checks.check("the flooding server sees 1002", seen == (8, 1002), seen)


def main():
    program = client.start()
    checks = client.Checks()
    for part in (backpressure, deadlines, pauses, large, after_the_end):
        part(checks, program)
    checks.finish()


if __name__ == "__main__":
    main()
