# SPDX-License-Identifier: MIT
"""What the command waits for may never come: a signal ends it all the same, within two seconds."""
import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time

import claims
from claims import PROMPTLY, equal, start, stopped, within, write
from specs import SPEC, trade

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

CONFIG = {"greeting": [], "auth": {"mode": "none"},
          "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades"], "need": 1}}
PIPE_SIZE = 4096
READER_LEAVES_S = 0.3


def _venue():
    capture = write("frames.jsonl", "".join(trade(i) + "\n" for i in range(2000)))
    return peers.Venue("--capture", capture, "--dialect", "alpaca", "--loop", config=CONFIG)


def _run(venue, *more, **keywords):
    return start("run", write("shop.yaml", SPEC), "--set", "vars.url=" + venue.url(), "--subscribe", "trades=ABC",
                 *more, **keywords)


def _small_pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
    return reader, writer


def _ended(process):
    """The status, and whether it came in time; its pipes stay as they are, unlike with stopped()."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    status = process.wait(10)
    return status, time.monotonic() - began < PROMPTLY


def _wait_until_read(pipe):
    """What is in it was taken by the reader, which is at work then."""
    left = array.array("i", [1])
    deadline = time.monotonic() + 60
    while left[0] > 0:
        if time.monotonic() > deadline:
            raise AssertionError("nobody reads")
        time.sleep(0.02)
        fcntl.ioctl(pipe.fileno(), termios.FIONREAD, left)


def a_replay_of_a_pipe_that_nobody_writes_to():
    process = start("replay", write("shop.yaml", SPEC), "-", stdin=subprocess.PIPE)
    process.stdin.write((trade(1) + "\n").encode())
    process.stdin.flush()
    _wait_until_read(process.stdin)
    time.sleep(READER_LEAVES_S)
    equal(_ended(process), (0, True))
    within(process.stdout.read().decode(), '"close":1.5')


def a_recording_into_a_pipe_that_nobody_opens():
    os.mkfifo("record")
    with _venue() as venue:
        process = _run(venue, "--record", "record")
        time.sleep(READER_LEAVES_S)
        done, seconds = stopped(process)
        equal((done.code, seconds < PROMPTLY), (-signal.SIGINT, True))


def a_recording_into_a_pipe_that_nobody_reads():
    os.mkfifo("record")
    reader = os.open("record", os.O_RDONLY | os.O_NONBLOCK)
    with _venue() as venue:
        process = _run(venue, "--record", "record", stdout=subprocess.DEVNULL)
        venue.wait("subscribe", ok=True)
        time.sleep(READER_LEAVES_S)
        _, seconds = stopped(process)
        equal(seconds < PROMPTLY, True, "ended in time")
    os.close(reader)


def messages_that_nobody_reads():
    reader, writer = _small_pipe()
    with _venue() as venue:
        process = _run(venue, stdout=subprocess.DEVNULL, stderr=writer)
        venue.wait("subscribe", ok=True)
        os.set_blocking(writer, False)
        for piece in (b"x" * 512, b"x"):
            try:
                while True:
                    os.write(writer, piece)
            except BlockingIOError:
                pass
        os.set_blocking(writer, True)
        venue.command("terminate")
        venue.wait("subscribe", ok=True, count=2)
        done, seconds = stopped(process)
        equal((done.code, seconds < PROMPTLY), (0, True))
    os.close(reader)
    os.close(writer)


def records_that_nobody_reads():
    with _venue() as venue:
        process = _run(venue)
        venue.wait("subscribe", ok=True)
        time.sleep(READER_LEAVES_S)
        equal(_ended(process), (0, True))
        within(process.stderr.read().decode(), "were not read in time")


if __name__ == "__main__":
    if not peers.available():
        print("skipped: node or tests/peers/node_modules is absent")
        sys.exit(claims.SKIPPED)
    claims.main(globals(), __doc__)
