# SPDX-License-Identifier: MIT
"""The Socket.IO snippets of tests/spec/seed against npm's socket.io, 4.x and 2.x: each runs as it is written, but for the URL, which a
spec beside it that `extends` it names. What the server hears and what becomes of what it emits are compared. It emits at once: over polling
that of 2.x is before the connection is up, and the messages must wait for it. What was recorded replays to the same records.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = os.path.join(HERE, "seed")
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))
import peers  # noqa: E402

WAIT = 15
KEYS = {"ACCESS_TOKEN": "t 7/8+9", "USER_ID": "u&1"}
TRADE = {"symbol": "AAPL", "time": "2021-02-22T15:51:44.208Z", "price": "126.55", "volume": "1"}
QUOTE = {"symbol": "AAPL", "time": "2021-02-22T15:51:44.210Z", "bid": "126.54", "ask": "126.56"}
DATA = {"channel": "data", "stream": "data", "asset": "AAPL", "data": {"close": 126.55, "volume": 1.0}}

# spec -> what is subscribed, the events that must be heard, what is emitted, the records, the transport, the query
CASES = {
    "socketio_backend": ([], [], [("data", TRADE)], [DATA], "websocket", {}),
    "socketio_auth": ([], [], [("data", TRADE)], [DATA], "websocket", {"token": "t 7/8+9", "uid": "u&1"}),
    "socketio_events": ([], [], [("stock", TRADE), ("other", TRADE), ("quote_update", QUOTE)],
                        [DATA, {"channel": "quote", "stream": "quote", "bid": 126.54, "ask": 126.56}], "websocket", {}),
    "socketio_subscribe": (["data=AAPL,MSFT"], [("subscribe", [{"action": "join", "data": ["3045", "17"]}])],
                           [("data", TRADE)], [DATA], "websocket", {}),
}


def until(look):
    deadline = time.monotonic() + WAIT
    while not look() and time.monotonic() < deadline:
        time.sleep(0.02)
    return look()


def problems(weir, name, version, folder):
    subscriptions, heard, emits, records, transport, query = CASES[name]
    spec, out = os.path.join(folder, name + ".yaml"), os.path.join(folder, "out")
    environment = {**os.environ, **{f"{name.upper()}_{key}": value for key, value in KEYS.items()}}
    conns = []
    shutil.copy(os.path.join(SEED, "instruments.csv"), folder)
    with peers.SocketIo("--version", version) as venue:
        with open(spec, "w", encoding="utf-8") as file:
            file.write("extends: %s\nconnections: {market_data: {url: \"%s\"}}\n"
                       % (os.path.join(SEED, name + ".yaml"), venue.url()))
        recording = os.path.join(folder, "recording")
        command = [weir, "run", spec, "--record", recording]
        for subscription in subscriptions:
            command += ["--subscribe", subscription]
        with open(out, "w", encoding="utf-8") as out_file, open(os.path.join(folder, "err"), "w+", encoding="utf-8") as err:
            feed = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out_file, stderr=err, env=environment)
            try:
                venue.wait("open", timeout=WAIT)
                for number in range(len(heard)):
                    venue.wait("event", count=number + 1, timeout=WAIT)
                for event, argument in emits:
                    venue.command("emit", event=event, args=[argument])
                until(lambda: len(peers.whole_lines(out)) >= len(records))
                until(lambda: venue.command("stats")["conns"][0]["transport"] == transport)
                conns = venue.command("stats")["conns"]
            except peers.PeerError as error:
                yield str(error)
            except IndexError:
                yield "no connection"
            finally:
                feed.terminate()
                feed.wait(timeout=10)
            err.seek(0)
            said = err.read()
        if not conns:
            yield said
        if [conn["transport"] for conn in conns] != [transport]:
            yield "connections %r" % conns
        events = [(event["name"], event["args"]) for event in venue.events("event")]
        if events != heard:
            yield "heard %r, expected %r" % (events, heard)
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(venue.events("request")[0]["path"]).query) \
            if venue.events("request") else {}
        handshake = venue.events("login")[0]["query"] if venue.events("login") else asked
        for key, value in query.items():
            if handshake.get(key) not in (value, [value]):
                yield "query %r" % handshake
        got = peers.whole_lines(out)
        if len(got) != len(records):
            yield "records %r, expected %r" % (got, records)
        again = subprocess.run([weir, "replay", spec, recording], stdout=subprocess.PIPE, check=False).stdout.decode()
        if [json.loads(line) for line in again.splitlines()] != got:
            yield "replayed %r" % again
        for ours, theirs in zip(got, records):
            if any(ours.get(key) != value for key, value in theirs.items()):
                yield "record %r, expected %r" % (ours, theirs)
        for secret in KEYS.values():
            if secret in said or urllib.parse.quote(secret, safe="") in said:
                yield "standard error shows the secret %r: %s" % (secret, said)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default="weir")
    parser.add_argument("names", nargs="*", default=[])
    args = parser.parse_args()
    if not peers.available():
        print("skipped: no node, or tests/peers/node_modules is absent")
        sys.exit(77)
    failed = 0
    for name in args.names or CASES:
        for version in ("4", "2"):
            with tempfile.TemporaryDirectory() as folder:
                found = list(problems(args.weir, name, version, folder))
            failed += bool(found)
            for problem in found:
                print("%s, socket.io %s: %s" % (name, version, problem))
    print("%d specs run, %d with problems" % (2 * len(args.names or CASES), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
