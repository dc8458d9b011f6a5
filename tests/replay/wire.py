# SPDX-License-Identifier: MIT
"""Gzipped frames over a real websocket: a server plays the captured frames of HTX as they were on the wire, two
compression bombs and a frame that is not gzip among them. `weir run` must give the records of a replay, count the
three, stay connected, answer each ping that the capture has, and subscribe as the recording client did.

And MessagePack in both directions: a login, its acknowledgement, a subscription and records.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

import recording
from command import ROOT, arguments, capture, replay, skip, spec_file

sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import peers  # noqa: E402

WAIT = 60
BOMB = 100 * 1024 * 1024
INFLATE_RATIO = 200


def gzip(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


def with_mistakes(frames):
    """A bomb by its size, one by its ratio, and a plain text."""
    frames[100:100] = [gzip(BOMB), gzip(30 << 20), b'{"ping":1}']
    return frames


def subscriptions(shared):
    """What the recording client asked for: {stream: symbols}, and the topics."""
    topics = []
    with open(capture(shared, "sent", "huobi.sent.txt"), encoding="utf-8") as lines:
        for line in lines:
            if '"sub"' in line:
                topics.append(json.loads(line.split(": ", 1)[1])["sub"])
    streams = {"trade": [], "depth": []}
    for topic in topics:
        _, symbol, kind, _ = topic.split(".")
        streams[kind].append(symbol)
    return {"trades": streams["trade"], "book": streams["depth"]}, topics


def plain(records):
    unwanted = {"received", "frame"}
    return [{key: value for key, value in record.items() if key not in unwanted} for record in records]


def expect(name, ours, theirs):
    if ours != theirs:
        sys.exit("%s: expected %.2000s, got %.2000s" % (name, theirs, ours))
    print("%-14s %s" % (name, len(ours) if isinstance(ours, list) else ours))


def run(weir, spec, venue, streams, count):
    args = [weir, "run", spec, "--set", "vars.url=" + venue.url("/ws"), "--limit", str(count), "--status"]
    for stream, symbols in streams.items():
        args += ["--subscribe", stream + "=" + ",".join(symbols)]
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT,
                          check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode("utf-8", "replace")


PACKED = """
weir: 1
name: packed
credentials: [key]
vars: {url: ws://127.0.0.1:1/}
connections:
  market_data:
    url: "{vars.url}"
    backend: {type: websocket}
    streams: [data]
    parser: {format: msgpack}
    auth:
      mode: first_message
      first_message: {msgpack: {fields: {op: "'login'", key: credentials.key, at: pd.Timestamp(5)}}}
      ack: {match: "data.get('ok')", error: "'error' in data", timeout: 5s}
    subscribe: {subscribe: {data: {msgpack: "{'op': 'sub', 'symbols': [a.symbol for a in assets], 1: b'raw'}"}}}
    router: {rules: [{channel: data, match: "1 in data"}], default_channel: drop}
    converters:
      data: {fields: {timestamp: "data['t']", data: {close: "data[1]", raw: "data['b'].hex()"}}}
"""


def write_frames(path, frames):
    with open(path, "wb") as out:
        for frame in frames:
            out.write(struct.pack("<I", len(frame)) + frame)


def packed(weir, folder):
    try:
        import msgpack
    except ImportError:
        print("MessagePack: python3-msgpack is not installed")
        return
    spec, frames = os.path.join(folder, "packed.yaml"), os.path.join(folder, "packed.lpf")
    with open(spec, "w", encoding="utf-8") as out:
        out.write(PACKED)
    sent = [{1: n / 8, "t": msgpack.Timestamp(n, 7), "b": bytes([n % 256])} for n in range(200)]
    write_frames(frames, [msgpack.packb(message) for message in [{"ok": True}, *sent]])
    with peers.Venue("--capture", frames, "--play", "open") as venue:
        args = [weir, "run", spec, "--set", "vars.url=" + venue.url("/"), "--subscribe", "data=A,B", "--limit",
                str(len(sent))]
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=WAIT, check=False, env={**os.environ, "PACKED_KEY": "s3cret"})
        venue.wait("message", count=2, timeout=WAIT)
        heard = [msgpack.unpackb(bytes.fromhex(m["hex"]), strict_map_key=False) for m in venue.messages(conn=1)]
    records = [json.loads(line) for line in done.stdout.splitlines()]
    expect("packed", [(r["data"]["close"], r["data"]["raw"]) for r in records],
           [(m[1], m["b"].hex()) for m in sent])
    expect("packed out", heard, [{"op": "login", "key": "s3cret", "at": msgpack.Timestamp(0, 5)},
                                 {"op": "sub", "symbols": ["A", "B"], 1: b"raw"}])
    expect("secret told", b"s3cret" in done.stderr, False)


def main():
    args = arguments(__doc__)
    wire = capture(args.shared, "wire", "huobi.lpf")
    if not peers.available():
        skip("no node, or tests/peers/node_modules is absent")
    streams, topics = subscriptions(args.shared)
    spec = spec_file("huobi.yaml")
    expected = replay(args.weir, spec, wire).records
    with open(capture(args.shared, "frames", "huobi.jsonl"), encoding="utf-8") as lines:
        pings = [json.loads(line)["ping"] for line in lines if '"ping"' in line]
    with tempfile.TemporaryDirectory() as folder:
        frames = with_mistakes(list(recording.prefixed(wire)))
        path = os.path.join(folder, "frames.lpf")
        write_frames(path, frames)
        packed(args.weir, folder)
        tight = os.path.join(folder, "tight.yaml")
        with open(tight, "w", encoding="utf-8") as out:
            out.write("weir: 1\nname: huobi\nextends: %s\nconnections:\n  market_data:\n    parser: {inflate_ratio: %d}\n"
                      % (json.dumps(spec), INFLATE_RATIO))
        with peers.Venue("--capture", path, "--play", "open") as venue:
            records, said = run(args.weir, tight, venue, streams, len(expected))
            venue.wait("message", count=len(topics) + len(pings), timeout=WAIT)
            sent = venue.messages(conn=1)
            connects = len(venue.events("open"))
    expect("records", plain(records), plain(expected))
    expect("pongs", [m["pong"] for m in sent if "pong" in m], pings)
    expect("subscriptions", sorted(m["sub"] for m in sent if "sub" in m), sorted(topics))
    expect("connections", connects, 1)
    failed = re.search(r"(\d+) failed", said)
    expect("refused", failed and failed.group(1), "3")


if __name__ == "__main__":
    main()
