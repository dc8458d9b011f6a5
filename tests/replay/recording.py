# SPDX-License-Identifier: MIT
"""Writes a recording as `weir run --record` does (src/util/recording.h): captured frames with the
times at which the recorder received them.
"""
import struct

FRAME, NAMES = 2, 1


def nanoseconds(seconds):
    """Nanoseconds of a text of seconds, exactly."""
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0")[:9])


def check(data):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def block(kind, time_ns, payload):
    data = struct.pack("<IBBHq", len(payload), kind, 0, 0, time_ns) + payload
    return data + struct.pack("<I", check(data))


def lines(path):
    """The frames of a capture with one a line."""
    with open(path, "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def prefixed(path):
    """The frames of a capture of the wire: each behind its length."""
    with open(path, "rb") as file:
        while head := file.read(4):
            yield file.read(struct.unpack("<I", head)[0])


def write(path, connection, times, frames):
    with open(path, "wb") as out:
        out.write(b"WEIRREC1" + block(NAMES, 0, connection.encode()))
        for seconds, frame in zip(times, frames):
            out.write(block(FRAME, nanoseconds(seconds), frame))
