# SPDX-License-Identifier: MIT
"""`weir demo`, and `weir run` against the demo venue: records, reconnects, recordings, signals, closed
pipes, and the progress line on a terminal.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import claims
from claims import PROMPTLY, equal, finish, start, stopped, weir, within

STREAMS = {"trades", "quotes", "orders", "heartbeats"}
ALL = ["--subscribe", "trades=AAPL,BTC-USD", "--subscribe", "quotes=AAPL,BTC-USD", "--subscribe", "orders=AAPL"]


class _Venue:
    """`weir demo --serve`, and the arguments that lead to it."""

    def __enter__(self):
        self.process = start("demo", "--serve")
        self.url = re.search(rb"ws://\S+/stream", self.process.stderr.readline()).group().decode()
        return self

    def __exit__(self, *_):
        equal(stopped(self.process, signal.SIGTERM)[0].code, 0, "exit of --serve")

    def run(self, *more, **keywords):
        return start("run", "demo", "--set", "vars.url=" + self.url, *more, **keywords)


def the_demo_streams_every_kind_of_record():
    done = weir("demo", "--format", "json", "--duration", "4s")
    equal(done.code, 0)
    equal({record["stream"] for record in done.records()}, STREAMS)
    within(done.err, "ws://127.0.0.1:", "authenticating", "live", "this ends after 4s", "stopped")
    for record in done.records():
        if record["stream"] == "trades":
            equal(record["data"]["side"] in ("BUY", "SELL"), True)


def the_demo_drops_the_connection_and_comes_back():
    process = start("demo", "--duration", "20s", "--limit", "400", "--format", "pretty")
    lives = dropped = 0
    for line in process.stderr:
        dropped += b"backoff" in line
        lives += b": live" in line
        if lives == 2:
            break
    done, _ = stopped(process)
    equal((done.code, lives, dropped), (0, 2, 1))


def a_limit_ends_it():
    done = weir("demo", "--limit", "7")
    equal((done.code, len(done.records())), (0, 7))


def a_taken_port_is_said():
    with _Venue() as venue:
        done = weir("demo", "--port", venue.url.split(":")[2].split("/")[0])
        equal((done.code, done.out), (1, ""))
        within(done.err, "cannot listen on 127.0.0.1:", "is the port taken?")


def quiet_is_quiet():
    done = weir("demo", "--limit", "2", "--quiet")
    equal((done.code, done.err, len(done.records())), (0, "", 2))


def a_wrong_login_is_fatal_and_its_reason_is_the_last_word():
    with _Venue() as venue:
        done = finish(venue.run(env={**os.environ, "DEMO_API_SECRET": "not-the-secret"}))
    equal((done.code, done.out), (1, ""))
    within(done.err.splitlines()[-1], "weir: stream: ", "authentication failed")
    equal("not-the-secret" in done.err, False)


ODD = """\
weir: 1
name: odd
vars: {url: "ws://127.0.0.1:1/"}
connections:
  c:
    url: "{vars.url}"
    backend: {type: websocket}
    streams: [heartbeat]
    frame: array
    auth: {mode: first_message, first_message: {format: text, text: MESSAGE}}
    parser: {format: json}
    converters:
      heartbeat: [{fields: {said: "data.get('msg', data['T'])", code: "data.get('code', 0)"}}]
"""


def the_venue_answers_every_mistake():
    cases = (("nonsense", "not a request"), ("[]", "not a request"), ('{{"action":5}}', "not a request"),
             ('{{"action":"subscribe","trades":["AAPL"]}}', "log in first"),
             ('{{"action":"auth","key":"demo","secret":"x"}}', "authentication failed"),
             ('{{"action":"auth","key":"demo","secret":"demo-secret"}}', "authenticated"))
    with _Venue() as venue:
        for message, answer in cases:
            spec = claims.write("odd.yaml", ODD.replace("MESSAGE", "'%s'" % message))
            done = finish(start("run", spec, "--set", "vars.url=" + venue.url, "--limit", "2"))
            equal([record["said"] for record in done.records()], ["hello", answer])


def what_is_not_subscribed_is_hinted_at():
    with _Venue() as venue:
        done = finish(venue.run("--limit", "1", "--subscribe", "quotes=AAPL"))
        within(done.err, "not subscribed: trades, orders (as in --subscribe trades=SYMBOL,SYMBOL)")
        done = finish(venue.run("--limit", "1", "--channel", "quote", "--subscribe", "quotes=AAPL"))
        equal("not subscribed" in done.err, False)


def events_are_chosen_by_level():
    with _Venue() as venue:
        done = finish(venue.run("--limit", "1", "--log", "error", *ALL))
        equal(": live" in done.err, False)


def an_unknown_stream_names_those_there_are():
    done = weir("run", "demo", "--subscribe", "trade=AAPL")
    equal((done.code, done.out), (1, ""))
    within(done.err, "trade", "trades", "quotes")
    equal(weir("run", "demo", "--subscribe", "trades").code, 2)
    equal(weir("run", "demo", "--duration", "5").code, 2)


def a_recording_replays_to_the_same_bytes():
    with _Venue() as venue:
        for part in (1, 2):
            done = finish(venue.run("--record", "day.rec", "--duration", "2s", *ALL))
            equal(done.code, 0)
            if part == 1:
                equal(weir("replay", "demo", "day.rec").out, done.out)
        both = weir("replay", "demo", "day.rec", "--stats")
        equal(both.err.splitlines()[-1], "failed       0")
        equal(both.out.endswith(done.out.splitlines()[-1].split('"seq"')[0]), False)
        equal(len(both.records()) > len(done.records()), True)
    with open("day.rec", "rb") as file:
        content = file.read()
    equal(content.count(b'"action":"auth"'), 2)
    equal(b"demo-secret" in content, False)
    equal(os.stat("day.rec").st_mode & 0o77, 0)


def a_recording_that_cannot_be_written_fails_the_run():
    done = weir("run", "demo", "--record", "no/such/folder.rec")
    equal((done.code, done.out), (1, ""))
    within(done.err, "no/such/folder.rec")
    claims.write("notes.txt", "precious")
    equal(weir("run", "demo", "--record", "notes.txt").code, 1)
    with open("notes.txt") as file:
        equal(file.read(), "precious")


def signals_end_it_cleanly_within_two_seconds():
    with _Venue() as venue:
        for number in (signal.SIGINT, signal.SIGTERM):
            process = venue.run(*ALL)
            process.stdout.readline()
            done, seconds = stopped(process, number)
            equal((done.code, seconds < PROMPTLY), (0, True), "%.2f s after signal %d" % (seconds, number))
            within(done.err, "stopped")


def a_reader_that_does_not_read_cannot_hold_it_up():
    with _Venue() as venue:
        out, into = os.pipe()
        fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(into, False)
        try:
            while True:
                os.write(into, b"\n" * 4096)
        except BlockingIOError:
            os.set_blocking(into, True)
        process = venue.run(*ALL, stdout=into)
        while b": live" not in (line := process.stderr.readline()):
            equal(line != b"", True, "it goes on")
        time.sleep(1.5)
        done, seconds = stopped(process)
        equal((done.code, seconds < PROMPTLY), (0, True), "%.2f s" % seconds)
        os.close(out)
        os.close(into)


def a_second_signal_ends_it_at_once():
    with _Venue() as venue:
        process = venue.run(*ALL)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        equal(finish(process, 10).code in (0, 130, 143), True)


def the_reader_may_leave():
    with _Venue() as venue:
        process = venue.run(*ALL)
        head = subprocess.run(["head", "-n", "1"], stdin=process.stdout, stdout=subprocess.PIPE, check=True)
        process.stdout.close()
        equal(json.loads(head.stdout)["connection"], "stream")
        process.stdout = None
        done = finish(process, 20)
        equal((done.code, "weir: " in done.err), (0, False))


def the_reader_may_leave_while_there_is_nothing_to_write():
    with _Venue() as venue:
        process = venue.run("--channel", "account")
        process.stderr.readline()
        process.stdout.close()
        process.stdout = None
        equal(finish(process, 20).code, 0)


def _watch(*args, seconds=20, until=None):
    """Runs on a terminal of its own until `until` is seen; returns all that was shown."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    process = start(*args, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                    env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    shown, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline and not (until and re.search(until, shown)):
        if select.select([leader], [], [], 0.1)[0]:
            shown += os.read(leader, 65536)
    process.send_signal(signal.SIGINT)
    try:
        while process.poll() is None or select.select([leader], [], [], 0.1)[0]:
            shown += os.read(leader, 65536)
    except OSError:
        pass
    os.close(leader)
    equal(process.wait(5), 0)
    return shown.decode()


def a_terminal_has_a_progress_line_redrawn_in_place():
    progress = "\r\x1b[K" + r"live · \d+ records · \d+/s · last \d+\.\d s ago · 0 dropped"
    shown = _watch("demo", "--format", "json", until=(re.escape("\r\x1b[K") + r"live · [1-9]").encode())
    drawn = re.findall(progress.replace("[", r"\["), shown)
    equal(len(drawn) > 0, True, shown)
    for part in shown.split("\r\x1b[K"):
        equal("dropped{" in part, False, "a record behind the progress line: " + part)
    for line in re.findall(r"\x1b\[K([^\r\n]*)", shown):
        if not line.startswith("{"):
            equal(len(line) < 80, True, "width of %r" % line)


def on_a_terminal_the_demo_is_pretty():
    shown = _watch("demo", until=b"heartbeat")
    within(shown, "Ctrl-C ends it", "quote")
    equal('{"channel"' in shown, False)


def without_a_terminal_there_is_no_progress_line():
    equal("\r" in weir("demo", "--limit", "5").err, False)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
