#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A whole feed over websockets - plain, TLS, compressed - with consumers of every kind and policy, pings both ways, numbers,
dedupe and watches: between one record and a later one Weir asks for no memory. What the libraries beneath it ask for is
counted apart and printed."""

import os
import shutil
import tempfile

import steady
from steady import peers

FRAMES = 120000
FROM, TO = 60000, 100000
SPEC = os.path.join(steady.HERE, "steady.yaml")


def frame_lines(with_holes):
    """Trades of fifty symbols, numbered by symbol; every hundredth comes twice, quotes and pings are between them."""
    numbers = [0] * 50
    for i in range(FRAMES):
        symbol = i * 7 % 50
        numbers[symbol] += 2 if with_holes and i % 997 == 0 else 1
        trade = ('{"T":"t","S":"S%d","p":"%d.%02d","s":"0.%06d","i":%d,"t":"2021-02-22T15:51:%02d.%03dZ","c":["@","I "],'
                 '"x":"a \\u00e4 \\n"}' % (symbol, 100 + i % 50, i % 100, i % 1000000, numbers[symbol], i % 60, i % 1000))
        yield trade
        if i % 100 == 0:
            yield trade
        if i % 10 == 0:
            yield '{"T":"q","S":"S%d","b":[["1.5","2"],["1.4","%d"]],"a":[[1.6,2.5],[1.7,3.0]]}' % (symbol, i)
        if i % 1000 == 0:
            yield '{"ping":%d}' % i


def write_frames(directory, with_holes):
    path = os.path.join(directory, f"holes-{with_holes}.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in frame_lines(with_holes))
    return path


def one(checks, name, capture, *options, connection="plain", settings=()):
    with peers.Feed("--capture", capture, "--after-message", *options) as server:
        result = steady.run("run", SPEC, connection, server.url(), FROM, TO, settings=settings)
    steady.judge(checks, name, result)


def main():
    checks = steady.start()
    directory = tempfile.mkdtemp(prefix="weir-steady-")
    try:
        peers.make_ca(directory)
        good, key, ca = (os.path.join(directory, name) for name in ("good.pem", "good.key", "ca.pem"))
        capture = write_frames(directory, False)
        tls = ("--tls", "--cert", good, "--key", key)
        one(checks, "plain", capture)
        one(checks, "plain, with a look at the clocks", capture, connection="watched", settings=["pause=2200"])
        one(checks, "plain, a frame a write", capture, "--pack", "0")
        one(checks, "deflate", capture, "--pmd")
        one(checks, "tls", capture, *tls, connection="tls", settings=[f"vars.ca={ca}"])
        one(checks, "tls and deflate", capture, "--pmd", *tls, connection="tls", settings=[f"vars.ca={ca}"])
        one(checks, "with holes", write_frames(directory, True))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    steady.finish(checks)


if __name__ == "__main__":
    main()
