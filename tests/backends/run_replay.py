#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The replay backend: every kind of file, through `weir run`, gives what `weir replay` gives; pace, loops and limits; pipes,
also slow ones and those that nobody writes to; what a crash leaves; and that a feed of recordings ends when they do."""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "runtime"))
sys.path.insert(0, os.path.join(HERE, "..", "replay"))

import feed  # noqa: E402  (the paths above are needed first)
import recording  # noqa: E402
from feed import Feed  # noqa: E402

WEIR = SHARED = None
YEAR_NS = 365 * 86400 * 10**9


def spec(directory, options=None, url="wss://stream.acme.example/", name="r.yaml", **more):
    """A spec whose one connection plays something; `v` is the message, `at` when it was received."""
    connection = {"url": url, "backend": {"type": "replay", "options": options or {}}, "streams": ["data"],
                  "converters": {"data": {"fields": {"v": "data", "at": "received"}}}}
    connection.update(more)
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("weir: 1\nname: r\ncredentials: [token]\nconnections:\n  feed: " + json.dumps(connection) + "\n")
    return path


def tree_of(path):
    """The spec as a tree, to be changed."""
    with open(path, encoding="utf-8") as file:
        connection = json.loads(file.read().partition("  feed: ")[2])
    return {"weir": 1, "name": "r", "credentials": ["token"], "connections": {"feed": connection}}


def run(path, *args, data=b"", seconds=30):
    env = {name: value for name, value in os.environ.items() if not name.startswith("R_")}
    return subprocess.run([WEIR, "run", path, *args], input=data, capture_output=True, timeout=seconds, check=False, env=env)


def records(output):
    return [json.loads(line) for line in output.splitlines()]


def values(done):
    return [record["v"] for record in records(done.stdout)]


def write(directory, name, data):
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def block(kind, flags, time_ns, payload, connection=0):
    data = struct.pack("<IBBHq", len(payload), kind, flags, connection, time_ns) + payload
    return data + struct.pack("<I", recording.check(data))


def recorded(frames, names=("feed",)):
    """A recording of (time, flags, payload[, connection]) tuples."""
    data = b"WEIRREC1" + b"".join(block(1, 0, 0, name.encode(), i) for i, name in enumerate(names))
    return data + b"".join(block(2, frame[1], frame[0], frame[2], *frame[3:]) for frame in frames)


def numbered(count, step_ns=1000):
    return recorded([(1700000000 * 10**9 + i * step_ns, 0, b"%d" % i) for i in range(count)])


# ------------------------------------------------------------------ the same as weir replay

def unseen(output):
    """Records without what only a run has."""
    return [{name: value for name, value in record.items() if name != "seq"} for record in records(output)]


def plays_captures(checks, directory):
    """A venue's spec as it is, with nothing but its backend changed; no credentials, and no network."""
    for venue, connection in (("kraken", "market_data"), ("coinbase", None), ("huobi", None)):
        capture = os.path.join(SHARED, "captures", "frames", venue + ".jsonl")
        source = os.path.join(ROOT, "specs", venue + ".yaml")
        with open(source, encoding="utf-8") as file:
            text = file.read()
        wire = os.path.join(SHARED, "captures", "wire", venue + ".lpf")
        if os.path.exists(wire):
            capture = wire
        if not os.path.exists(capture):
            continue
        option = "backend: {type: replay, options: {file: '%s'}}" % capture
        lines = [option.join(line.split("backend: {type: websocket}")) if "backend: {type: websocket}" in line else line
                 for line in text.splitlines(True)]
        path = write(directory, venue + ".yaml", "".join(lines).encode())
        if option not in "".join(lines):
            checks.check(f"{venue}: the spec names its backend in one line", False)
            continue
        names = subprocess.run([WEIR, "show", source], capture_output=True, text=True, check=False).stdout
        only = ("--connection", connection) if connection and connection in names else ()
        replayed = subprocess.run([WEIR, "replay", source, capture, *only], capture_output=True, check=False)
        played = run(path, *only)
        checks.check(f"{venue}: {len(played.stdout.splitlines())} records, as replayed",
                     played.returncode == 0 and unseen(played.stdout) == unseen(replayed.stdout)
                     and len(played.stdout) > 1000, played.stderr[-500:])


def plays_every_kind(checks, directory):
    texts = [b'{"a": %d}' % i for i in range(3)] + [b"", b"[1]"]
    kinds = {"lines.txt": b"\n".join(texts),
             "frames.lpf": b"".join(struct.pack("<I", len(text)) + text for text in texts),
             "frames.rec": recorded([(10**18 + i, 0, text) for i, text in enumerate(texts)]),
             "one.bin": b'{"a": 7}'}
    for name, data in kinds.items():
        capture = write(directory, name, data)
        path = spec(directory, {"file": capture, "speed": 1000} if name == "frames.rec" else {"file": capture})
        played = run(path)
        replayed = subprocess.run([WEIR, "replay", path, capture], capture_output=True, check=False)
        checks.check(f"{name}: as replayed", played.returncode == 0 and records(played.stdout) == records(replayed.stdout)
                     and len(values(played)) == (1 if name == "one.bin" else 4), played)
    for url in (os.path.join(directory, "lines.txt"), "file://" + os.path.join(directory, "lines%2Etxt"),
                "file://localhost" + os.path.join(directory, "lines.txt")):
        checks.check(f"by its url {url[:9]}", values(run(spec(directory, url=url)))[:1] == [{"a": 0}])
    odd = write(directory, "odd.dat", b"\x03\0\0\0[1]\x03\0\0\0[2]")
    checks.check("a format that is given", values(run(spec(directory, {"file": odd, "format": "prefixed"}))) == [[1], [2]])
    done = run(spec(directory, {"file": odd, "format": "recording"}))
    checks.check("a recording that is none", done.returncode == 1 and b"not a recording" in done.stderr, done)


def keeps_names_and_parts(checks, directory):
    name = struct.pack("<H", 3) + b"q.A"
    parts = struct.pack("<I", 1) + b"5" + struct.pack("<I", 3) + b'"x"'
    capture = write(directory, "named.rec", recorded([(1, 4, name + b"1"), (2, 8, parts), (3, 12, name + parts)]))
    path = spec(directory, {"file": capture}, converters={"data": {"fields": {"v": "[topic, data]"}}})
    played = run(path)
    replayed = subprocess.run([WEIR, "replay", path, capture], capture_output=True, check=False)
    checks.check("topics and parts", values(played) == [["q.A", 1], ["", [5, "x"]], ["q.A", [5, "x"]]], played)
    checks.check("as replayed", records(played.stdout) == records(replayed.stdout))
    again = os.path.join(directory, "again.rec")
    run(path, "--record", again)
    checks.check("and recorded again they are the same",
                 values(run(spec(directory, {"file": again}, converters={"data": {"fields": {"v": "[topic, data]"}}})))
                 == values(played))
    strange = write(directory, "strange.rec", recorded([(1, 12, name + struct.pack("<I", 2) + b"\xff\x00"), (2, 4, name + b"\xfe")]))
    for file, frames in ((capture, "0-2"), (strange, "0-1")):
        made = subprocess.run([WEIR, "record-test", path, file, "--frames", frames, "--append"], capture_output=True, check=False)
        done = subprocess.run([WEIR, "test", path], capture_output=True, check=False)
        checks.check("they become tests of the spec, which hold", made.returncode == 0 and done.returncode == 0
                     and b"passed" in done.stdout + done.stderr, (made, done))
    explained = subprocess.run([WEIR, "explain", path, "--frame", "@" + capture + ":2"], capture_output=True, check=False)
    checks.check("and are explained", b"q.A" in explained.stdout and explained.returncode == 0, explained)
    name = struct.pack("<H", 5)
    capture = write(directory, "events.rec", recorded([(1, 4, name + b"stock1"), (2, 4, name + b"quote2"),
                                                       (3, 4, name + b"other3")]))
    streams = {"streams": {"data": "data", "quote": "quote"}, "events": {"data": "stock"},
               "converters": {"all": {"fields": {"v": "data"}}}}
    played = run(spec(directory, {"file": capture}, **streams))
    checks.check("events tell streams apart", [(record["stream"], record["v"]) for record in records(played.stdout)]
                 == [("data", 1), ("quote", 2)], played)


def stands_in(checks, directory):
    """What another backend needs - login, acknowledgements, topics, credentials - stays in the spec and is not done."""
    capture = write(directory, "t.rec", numbered(3))
    message = {"json": {"fields": {"token": "credentials.token"}}}
    cases = {
        "websocket": {"auth": {"mode": ["first_message", "headers"], "first_message": message,
                               "headers": {"fields": {"X": "credentials.token"}},
                               "greeting": {"match": "data == 'never'"}, "ack": {"match": "data == 'never'", "timeout": "1ms"}},
                      "subscribe": {"subscribe": {"data": message}}, "url": "wss://x.example/{credentials.token}"},
        "mqtt": {"auth": {"mode": "mqtt", "mqtt": {"username": "credentials.token"}},
                 "subscribe": {"subscribe": {"data": {"topics": ["asset.symbol"]}}}},
        "zmq": {"auth": {"mode": "zmq", "zmq": {"server_key": "credentials.token"}}},
    }
    for name, keys in cases.items():
        wanted = ("--subscribe", "data=A") if "subscribe" in keys else ()
        done = run(spec(directory, {"file": capture, "pace": "max"}, **keys), *wanted)
        checks.check(f"stands in for {name}", done.returncode == 0 and values(done) == [0, 1, 2], done)


# ------------------------------------------------------------------ pace, parts of a file

def keeps_pace(checks, directory):
    slow = write(directory, "slow.rec", recorded([(0, 0, b"0"), (1, 0, b"1"), (YEAR_NS, 0, b"2"), (YEAR_NS + 1, 0, b"3")]))
    path = spec(directory, {"file": slow})
    with subprocess.Popen([WEIR, "run", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        first = [json.loads(process.stdout.readline())["v"] for _ in range(2)]
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    checks.check("recorded pace: a year is a year", first == [0, 1] and rest == b"" and process.returncode == 0, rest)
    checks.check("max: it is no time", values(run(spec(directory, {"file": slow, "pace": "max"}))) == [0, 1, 2, 3])
    quick = write(directory, "quick.rec", recorded([(i * 10**9, 0, b"%d" % i) for i in range(5)]))
    checks.check("speed", values(run(spec(directory, {"file": quick, "speed": 1000}))) == list(range(5)))
    back = write(directory, "back.rec", recorded([(5 * YEAR_NS, 0, b"0"), (YEAR_NS, 0, b"1"), (2**63 - 1, 0, b"2")]))
    done = run(spec(directory, {"file": back, "limit": 2}))
    checks.check("times that go backwards", values(done) == [0, 1], done)
    lines = write(directory, "timeless.txt", b"1\n2\n")
    done = run(spec(directory, {"file": lines, "pace": "recorded"}))
    checks.check("a file without times has no pace", values(done) == [1, 2] and b"has no times to pace by" in done.stderr, done)
    checks.check("which is not said to one who did not ask", b"pace" not in run(spec(directory, {"file": lines})).stderr)


def keeps_times(checks, directory):
    capture = write(directory, "t.rec", numbered(2))
    then, now = (records(run(spec(directory, {"file": capture, "received": when})).stdout) for when in ("recorded", "now"))
    checks.check("received, as recorded", then[0]["at"].startswith("2023-11-14T22:13:20"), then)
    checks.check("received, now", now[0]["at"][:4] >= "2026" and now[0]["received"] >= now[0]["at"][:19], now)


def plays_parts(checks, directory):
    capture = write(directory, "t.rec", numbered(10))
    for options, wanted in (({"from": 7}, [7, 8, 9]), ({"limit": 2}, [0, 1]), ({"from": 3, "limit": 2}, [3, 4]),
                            ({"from": 10}, []), ({"loop": True, "limit": 23}, [i % 10 for i in range(23)]),
                            ({"loop": True, "from": 8, "limit": 5}, [8, 9, 8, 9, 8]), ({"loop": True, "from": 10}, [])):
        done = run(spec(directory, {"file": capture, "pace": "max", **options}))
        checks.check(f"{options}", done.returncode == 0 and values(done) == wanted, done)


def chooses_frames(checks, directory):
    frames = [(i, 0, b"%d" % i, i % 2) for i in range(6)] + [(6, 1, b'"out"', 0)]
    capture = write(directory, "two.rec", recorded(frames, ("feed", "other")))
    checks.check("only our connection's, only what came in", values(run(spec(directory, {"file": capture}))) == [0, 2, 4])
    checks.check("another connection's", values(run(spec(directory, {"file": capture, "connection": "other"}))) == [1, 3, 5])
    done = run(spec(directory, {"file": capture, "connection": "nobody"}))
    checks.check("nobody's: that is said", done.returncode == 0 and values(done) == []
                 and b"no frames of connection 'nobody', but of 'feed'" in done.stderr, done)


# ------------------------------------------------------------------ what goes wrong

def takes_what_a_crash_left(checks, directory):
    whole = numbered(5)
    for cut in (1, 10, 20):
        capture = write(directory, "torn.rec", whole[:-cut])
        done = run(spec(directory, {"file": capture}))
        checks.check(f"torn by {cut} bytes", done.returncode == 0 and values(done) == [0, 1, 2, 3]
                     and b"torn frame" in done.stderr, done)
    damaged = bytearray(numbered(5))
    damaged[len(damaged) // 2] ^= 1
    done = run(spec(directory, {"file": write(directory, "damaged.rec", bytes(damaged))}))
    checks.check("damaged: what stands before it", done.returncode == 0 and values(done) in ([0], [0, 1]), done)
    done = run(spec(directory, {"file": write(directory, "empty.rec", b"")}))
    checks.check("an empty file", done.returncode == 0 and values(done) == [], done)


def says_what_is_wrong(checks, directory):
    done = run(spec(directory, {"file": directory + "/none.rec"}))
    checks.check("no such file: not tried again", done.returncode == 1 and b"No such file" in done.stderr
                 and b"backoff" not in done.stderr, done)
    done = run(spec(directory, {"file": directory}))
    checks.check("a directory", done.returncode == 1 and b"Is a directory" in done.stderr, done)
    huge = write(directory, "huge.lpf", struct.pack("<I", 1 << 30) + b"x" * 100)
    done = run(spec(directory, {"file": huge}))
    checks.check("a frame over 256 MiB", done.returncode == 1 and b"256 MiB" in done.stderr, done)
    done = run(spec(directory, {"file": os.path.join(directory, "p"), "loop": True}))
    checks.check("loop of nothing", done.returncode == 1, done)
    for options, url, text in (({}, "wss://x.example/", b"'replay' connects to nothing"),
                               ({"file": "a", "pace": "max", "speed": 2}, "x", b"'speed' has no effect"),
                               ({"file": "-", "loop": True}, "x", b"cannot be played again"),
                               ({}, "file://host/x", b"absolute path"), ({"speed": 0}, "x", b"from 1 to")):
        done = subprocess.run([WEIR, "check", spec(directory, options, url)], capture_output=True, check=False)
        checks.check(f"told at load time: {text.decode()}", done.returncode == 1 and text in done.stderr, done.stderr)


def ends_together(checks, directory):
    """A feed is over when all its connections are; one that failed makes it a failure."""
    good, capture = write(directory, "t.rec", numbered(3)), os.path.join(directory, "none.rec")
    path = spec(directory, {"file": good})
    text = tree_of(path)
    text["connections"]["second"] = json.loads(json.dumps(text["connections"]["feed"]))
    text["connections"]["second"]["backend"]["options"]["connection"] = "feed"
    for other, status in ((good, 0), (capture, 1)):
        text["connections"]["second"]["backend"]["options"]["file"] = other
        with open(path, "w", encoding="utf-8") as file:
            json.dump(text, file)
        done = run(path)
        checks.check(f"two connections, exit {status}", done.returncode == status
                     and len(values(done)) == (6 if status == 0 else 3), done)
    for name in ("feed", "second"):
        text["connections"][name]["backend"]["options"]["file"] = "-"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(text, file)
    with subprocess.Popen([WEIR, "run", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said = b""
        while b"being played by another" not in said and (line := process.stderr.readline()):
            said += line
        out, rest = process.communicate(b"1\n2\n", timeout=30)
    checks.check("standard input is one", process.returncode == 1 and [record["v"] for record in records(out)] == [1, 2]
                 and b"being played by another" in said, (out, said + rest))


# ------------------------------------------------------------------ pipes

def reads_pipes(checks, directory):
    checks.check("lines from stdin", values(run(spec(directory, {"file": "-"}), data=b"1\r\n2\n3")) == [1, 2, 3])
    checks.check("a recording from stdin", values(run(spec(directory, {"file": "-", "pace": "max"}), data=numbered(4)))
                 == [0, 1, 2, 3])
    done = run(spec(directory, {"file": "-", "format": "prefixed"}), data=struct.pack("<I", 2) + b"12")
    checks.check("prefixed from stdin", values(done) == [12], done)
    many = b"".join(b"%d\n" % i for i in range(100000))
    checks.check("100,000 lines in order", values(run(spec(directory, {"file": "-"}), data=many)) == list(range(100000)))
    with open(write(directory, "file.txt", b"7\n8\n"), "rb") as file:
        done = subprocess.run([WEIR, "run", spec(directory, {"file": "-"})], stdin=file, capture_output=True, timeout=30,
                              check=False)
    checks.check("stdin that is a file", values(done) == [7, 8], done)
    done = subprocess.run([WEIR, "run", spec(directory, {"file": "-"})], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, check=False)
    checks.check("stdin that is nothing", done.returncode == 0 and done.stdout == b"", done)


def waits_for_writers(checks, directory):
    fifo = os.path.join(directory, "fifo")
    os.mkfifo(fifo)
    path = spec(directory, {"file": fifo})
    with subprocess.Popen([WEIR, "run", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(0.2)     # nobody has opened it yet
        with open(fifo, "wb", buffering=0) as writer:
            got = []
            for text in (b"1\n2", b"3\n", b"[4", b", 5]\n"):
                writer.write(text)
                time.sleep(0.05)
            got = [json.loads(process.stdout.readline())["v"] for _ in range(3)]
        rest, said = process.communicate(timeout=30)
    checks.check("a FIFO, by the byte", got == [1, 23, [4, 5]] and rest == b"" and process.returncode == 0, (got, said))
    with subprocess.Popen([WEIR, "run", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said = b""
        while b"connecting" not in said and (line := process.stderr.readline()):
            said += line
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=30)[1]
    checks.check("one that nobody writes to can be left", process.returncode == 0, said)


class Driver(Feed):
    def __init__(self, path, *args):
        super().__init__("", "feed", *args, spec=path)


def waits_for_its_reader(checks, directory):
    capture = write(directory, "t.rec", numbered(3000))
    path = spec(directory, {"file": capture, "pace": "max"})
    text = tree_of(path)
    text["vars"] = {"url": ""}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(text, file)
    with Driver(path, "--consumer", "poll,block,capacity=16,hold,print") as driver:
        driver.reaches("live")
        time.sleep(0.3)
        checks.check("paused by a slow reader", "stopped" not in driver.states(), driver.states())
        driver.tell("read")
        driver.reaches("stopped")
        got = [line["record"]["v"] for line in driver.of("record")]
        while len(got) < 3000 and not driver.is_over:
            time.sleep(0.02)
            got = [line["record"]["v"] for line in driver.of("record")]
        checks.check("nothing is lost", got == list(range(3000)), len(got))
        states = driver.states()
        checks.check("its states", states == ["resolving", "connecting", "live", "stopped"], states)
        driver.stop()
    looping = spec(directory, {"file": capture, "pace": "max", "loop": True})
    text["connections"]["feed"]["backend"]["options"]["loop"] = True
    with open(looping, "w", encoding="utf-8") as file:
        json.dump(text, file)
    with Driver(looping, "--consumer", "callback") as driver:
        driver.reaches("live")
        driver.receives(10000)
        checks.check("a loop is left promptly", driver.stop() < feed.PROMPTLY_MS)


TESTS = (plays_captures, plays_every_kind, keeps_names_and_parts, stands_in, keeps_pace, keeps_times, plays_parts,
         chooses_frames, takes_what_a_crash_left, says_what_is_wrong, ends_together, reads_pipes, waits_for_writers,
         waits_for_its_reader)


def main():
    global WEIR, SHARED
    WEIR, Feed.program, SHARED = sys.argv[1:4]
    checks = feed.Checks()
    for test in TESTS:
        if len(sys.argv) > 4 and test.__name__ not in sys.argv[4:]:
            continue
        with tempfile.TemporaryDirectory(prefix="weir-replay-") as directory:
            checks.run(test, directory)
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
