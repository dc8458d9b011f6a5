# SPDX-License-Identifier: MIT
"""What the three specs send when they subscribe, compared as JSON with what was sent when the
captures were recorded. The spec runs against a server of tests/peers that speaks the venue's
dialect and logs every message it gets.

kraken and coinbase: the messages of captures/sent, stream by stream. The recording client opened
a connection for each; that is its own affair, so only the set of messages counts. binance: that
client subscribed in the URL, so the names in our messages must be the stream names that the
frames carry.
"""
import collections
import json
import os
import subprocess
import sys

from command import ROOT, arguments, capture, skip, spec_file

sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
import peers  # noqa: E402

WAIT = 15


def recorded(path):
    """The messages of a capture: lines `URL <- time: message`."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line.split(": ", 1)[1]) for line in lines if " <- " in line]


def sent(weir, spec, dialect, frames, subscriptions):
    """What `weir run` sends for the given {stream: symbols}."""
    with peers.Venue("--capture", frames, "--dialect", dialect, "--limit", "1") as venue:
        args = [weir, "run", spec_file(spec), "--set", "vars.url=" + venue.url("/stream")]
        for stream, symbols in subscriptions.items():
            args += ["--subscribe", stream + "=" + ",".join(symbols)]
        feed = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)
        try:
            for number in range(len(subscriptions)):
                venue.wait("message", count=number + 1, timeout=WAIT)
            return venue.messages(conn=1)
        except peers.PeerError as error:
            feed.terminate()
            said = feed.communicate(timeout=10)[1].decode()
            sys.exit("%s: %s\n%s" % (spec, error, said))
        finally:
            feed.kill()
            feed.wait()


def canonical(messages):
    return sorted(json.dumps(message, sort_keys=True) for message in messages)


def compare(name, ours, theirs):
    if canonical(ours) == canonical(theirs):
        print("%s: %d messages equal" % (name, len(ours)))
        return True
    print("%s: differs\n  ours   %s\n  theirs %s" % (
        name, "\n         ".join(canonical(ours)), "\n         ".join(canonical(theirs))))
    return False


def kraken(args):
    theirs = recorded(capture(args.shared, "sent", "kraken.sent.txt"))
    streams = {{"trade": "trades"}.get(m["subscription"]["name"], m["subscription"]["name"]):
               m["pair"] for m in theirs}
    frames = capture(args.shared, "frames", "kraken.jsonl")
    return compare("kraken", sent(args.weir, "kraken.yaml", "kraken", frames, streams), theirs)


def coinbase(args):
    theirs = recorded(capture(args.shared, "sent", "coinbase.sent.txt"))
    names = {"level2": "book", "matches": "trades", "ticker": "ticker"}
    streams = {names[m["channels"][0]]: m["product_ids"] for m in theirs}
    frames = capture(args.shared, "frames", "coinbase.jsonl")
    return compare("coinbase", sent(args.weir, "coinbase.yaml", "coinbase", frames, streams),
                   theirs)


def binance(args):
    frames = capture(args.shared, "frames", "binance_spot_btcusdt.20240809.jsonl")
    with open(frames, encoding="utf-8") as lines:
        names = collections.Counter(json.loads(line)["stream"] for line in lines)
    streams = {stream: ["BTCUSDT"] for stream in ("trades", "ticker", "book")}
    ours = sent(args.weir, "binance.yaml", "binance", frames, streams)
    ids = [message.pop("id") for message in ours]
    theirs = [{"method": "SUBSCRIBE", "params": [name]} for name in names]
    if len(set(ids)) != len(ids) or not all(type(number) is int for number in ids):
        print("binance: ids are not distinct integers: %r" % ids)
        return False
    return compare("binance", ours, theirs)


def main():
    args = arguments(__doc__)
    capture(args.shared, "sent", "kraken.sent.txt")
    if not peers.available():
        skip("no node, or tests/peers/node_modules is absent")
    sys.exit(0 if all([venue(args) for venue in (kraken, coinbase, binance)]) else 1)


if __name__ == "__main__":
    main()
