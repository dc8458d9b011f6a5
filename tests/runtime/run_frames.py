#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many frames in one read, which the runtime takes in a run, among those that it has to look at one by one. The server is a
socket that writes bytes as they stand here, all at once: what is delivered, counted and answered must be what frames by
themselves would have given."""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import threading

import feed
from feed import Checks, Feed

SPEC = os.path.join(feed.HERE, "frames.yaml")
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload, opcode=TEXT, is_final=True):
    length = len(payload)
    head = bytes([opcode | (0x80 if is_final else 0)])
    if length < 126:
        return head + bytes([length]) + payload
    return head + (b"\x7e" + struct.pack(">H", length) if length < 65536 else b"\x7f" + struct.pack(">Q", length)) + payload


def quote(i, more=""):
    return json.dumps({"b": 100 + i % 50 / 4, "a": 101.25, "i": i, "x": "x" * (i % 3 * 60) + more}, ensure_ascii=False).encode()


class Server(threading.Thread):
    """Sends `script` to one client, and keeps what that sends."""

    def __init__(self, script):
        super().__init__(daemon=True)
        self.script, self.seen = script, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(feed.WAIT_SECONDS)
        self.start()

    def url(self):
        return f"ws://127.0.0.1:{self.listener.getsockname()[1]}/"

    def take(self, size):
        while len(self.bytes) < size:
            got = self.client.recv(65536)
            if not got:
                raise EOFError
            self.bytes += got
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken

    def run(self):
        self.client = self.listener.accept()[0]
        self.client.settimeout(feed.WAIT_SECONDS)
        self.bytes = b""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += self.take(1)
        key = [line.split(b":")[1].strip() for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")][0]
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self.client.sendall(self.script)
        try:
            while True:
                first, second = self.take(2)
                length = second & 0x7f
                mask = self.take(4)
                self.seen.append((first & 15, bytes(b ^ mask[i % 4] for i, b in enumerate(self.take(length)))))
                if first & 15 == CLOSE:
                    return
        except (EOFError, OSError):
            return
        finally:
            self.client.close()
            self.listener.close()


def numbers(run):
    lines = [line["record"] for line in run.of("record")]
    return [record.get("bid_volume") for record in lines], [record["seq"] for record in lines]


def play(script, records, connection="plain", consumer="inline,print", then=lambda run: None):
    """What a feed makes of the script: numbers and seq of its records, its last status, what it has sent."""
    server = Server(script)
    with Feed(server.url(), connection, "--consumer", consumer, spec=SPEC) as run:
        if records:
            run.wait("record", records)
        then(run)
        status = run.ask("status", "status")
        run.stop()
        status["events"] = run.of("event")
        found = numbers(run)
    server.join(feed.WAIT_SECONDS)
    return found, status, server.seen


def all_kinds(checks, consumer):
    """Texts and binary frames, pings, fragments, text beyond ASCII, and frames of several sizes, in one write."""
    script, wanted = b"", []
    for i in range(900):
        payload = quote(i, "ü✓" if i % 41 == 0 else "")
        if i % 97 == 13:
            script += frame(b"p%d" % i, PING)
        if i % 89 == 7:
            script += frame(payload[:20], TEXT, False) + frame(payload[20:], 0)
        elif i % 200 == 199:
            script += frame(quote(i, "y" * 70000))
        else:
            script += frame(payload, BINARY if i % 53 == 5 else TEXT)
        wanted.append(i)
    (found, seqs), status, seen = play(script, len(wanted), consumer=consumer)
    checks.check(f"{consumer}: all records, in order", found == wanted, (len(found), len(wanted)))
    checks.check(f"{consumer}: numbered from 1", seqs == list(range(1, len(wanted) + 1)), seqs[:5])
    checks.check(f"{consumer}: counted", (status["frames"], status["records"], status["failed"]) == (900, 900, 0), status)
    pongs = [payload for opcode, payload in seen if opcode == PONG]
    checks.check(f"{consumer}: pings are answered", pongs == [b"p%d" % i for i in range(900) if i % 97 == 13], pongs)


def not_utf8(checks, before, bad, kind):
    """A text that is no UTF-8 ends the link with 1007; what came before it is delivered, what comes behind is not."""
    script = b"".join(frame(quote(i)) for i in range(before)) + frame(bad) + frame(quote(before))
    (found, _), status, seen = play(script, before, then=lambda run: run.wait("event", type="error"))
    name = f"{kind}, after {before} frames"
    checks.check(f"{name}: what came before", found == list(range(before)), found[-3:])
    checks.check(f"{name}: not counted", (status["frames"], status["failed"]) == (before, 0), status)
    closes = [struct.unpack(">H", payload[:2])[0] for opcode, payload in seen if opcode == CLOSE]
    checks.check(f"{name}: 1007", closes == [1007], seen)
    reasons = [event["reason"] for event in status["events"] if event["type"] == "error"]
    checks.check(f"{name}: told", any("not UTF-8" in reason for reason in reasons), reasons)


def binary_not_utf8(checks):
    """In a binary frame that is a message which cannot be decoded, and no more."""
    script = b"".join(frame(quote(i), BINARY) for i in range(50)) + frame(quote(50).replace(b'"x": "', b'"x": "\xff'), BINARY)
    script += b"".join(frame(quote(i)) for i in range(51, 100))
    (found, _), status, _ = play(script, 99)
    checks.check("binary: the others are delivered", found == [i for i in range(100) if i != 50], found)
    checks.check("binary: counted", (status["frames"], status["failed"]) == (100, 1), status)


def gaps(checks):
    """A hole in the numbers stands where it was found."""
    some = [i for i in range(1, 300) if i not in (40, 41, 200)]
    script = b"".join(frame(quote(i)) for i in some)
    (found, _), status, _ = play(script, len(some) + 2, "numbered")
    wanted = [None if i in (40, 200) else i for i in range(1, 300) if i != 41]
    checks.check("gaps: where they are", found == wanted, found)
    checks.check("gaps: counted", (status["gaps"], status["missed"], status["records"]) == (2, 3, len(some)), status)


def held_up(checks):
    """A consumer that is full pauses the link between two frames of a run; nothing is lost."""
    script = b"".join(frame(quote(i)) for i in range(3000))
    (found, seqs), status, _ = play(script, 3000, consumer="callback,block,capacity=7,print")
    checks.check("held up: all", found == list(range(3000)) and seqs == list(range(1, 3001)), len(found))
    checks.check("held up: counted", status["frames"] == 3000, status)


def tests(checks):
    for consumer in ("inline,print", "callback,print"):
        checks.run(all_kinds, consumer)
    for before in (0, 1, 5, 400):
        good = quote(before)
        checks.run(not_utf8, before, good.replace(b'"x": "', b'"x": "\xc3('), "a broken character")
        checks.run(not_utf8, before, good.replace(b'"b"', b'"\xff"'), "a key")
        checks.run(not_utf8, before, b"\xed\xa0\x80 no message", "no message at all")
    checks.run(binary_not_utf8)
    checks.run(gaps)
    checks.run(held_up)


if __name__ == "__main__":
    Feed.program = sys.argv[1]
    all_checks = Checks()
    tests(all_checks)
    print(f"{all_checks.passed} checks hold, {all_checks.failed} failed")
    sys.exit(1 if all_checks.failed else 0)
