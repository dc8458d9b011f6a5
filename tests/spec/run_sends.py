# SPDX-License-Identifier: MIT
"""What specs of tests/spec/seed send: each is run against a server of tests/peers that takes every
message and logs it. The spec under test keeps its own URL; a spec beside it that `extends` it names
the server's.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = os.path.join(HERE, "seed")
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "peers"))
import peers  # noqa: E402

WAIT = 15
SETTLE = 0.3        # for a message too many to arrive
KEYS = {"api_key": "k-123", "api_secret": "s-456", "access_token": "t 7/8+9"}

# spec -> what is subscribed, the messages that must arrive (in any order), the headers and the
# query that must come with the handshake
CASES = {
    "subscribe_per_channel": (["data=AAPL,MSFT", "quote=AAPL"], [
        {"action": "subscribe", "trades": ["AAPL", "MSFT"]},
        {"action": "subscribe", "quotes": ["AAPL"]}], {}, ""),
    "subscribe_unified": (["data=AAPL", "quote=AAPL"], [
        {"action": "subscribe", "trades": ["AAPL"], "quotes": ["AAPL"]}], {}, ""),
    "text_template": (["data=AAPL,MSFT"], ["SUB AAPL", "SUB MSFT"], {}, ""),
    "auth_first_message": ([], [{"action": "auth", "key": "k-123", "secret": "s-456"}], {}, ""),
    "auth_headers": ([], [], {"authorization": "Bearer k-123", "apca-api-key-id": "k-123",
                              "apca-api-secret-key": "s-456"}, ""),
    "auth_url": ([], [], {}, "token=t%207%2F8%2B9"),
}


def environment(name):
    prefix = name.upper() + "_"
    return {**os.environ, **{prefix + key.upper(): value for key, value in KEYS.items()}}


def key_of(message):
    return str(sorted(message.items()) if isinstance(message, dict) else message)


def problems(weir, name, folder):
    subscriptions, expected, headers, query = CASES[name]
    empty = os.path.join(folder, "empty.jsonl")
    open(empty, "w").close()
    with peers.Venue("--capture", empty, "--dialect", "none", "--play", "command") as venue:
        spec = os.path.join(folder, name + ".yaml")
        with open(spec, "w", encoding="utf-8") as out:
            out.write("extends: %s\nconnections: {market_data: {url: \"%s\"}}\n" % (
                os.path.join(SEED, name + ".yaml"), venue.url("/market")))
        args = [weir, "run", spec]
        for subscription in subscriptions:
            args += ["--subscribe", subscription]
        with open(os.path.join(folder, "stderr"), "w+b") as err_file:
            feed = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=err_file, env=environment(name))
            try:
                opened = venue.wait("open", timeout=WAIT)
                for number in range(len(expected)):
                    venue.wait("message", count=number + 1, timeout=WAIT)
                time.sleep(SETTLE)
            except peers.PeerError as error:
                yield str(error)
                opened = None
            finally:
                feed.terminate()
                feed.wait(timeout=10)
            err_file.seek(0)
            err = err_file.read().decode("utf-8", "replace")
        if opened is None:
            yield err
            return
        got = venue.messages(conn=1)
        if sorted(map(key_of, got)) != sorted(map(key_of, expected)):
            yield "sent %r, expected %r" % (got, expected)
        for header, value in headers.items():
            if opened["headers"].get(header) != value:
                yield "header %s is %r" % (header, opened["headers"].get(header))
        if opened["path"].partition("?")[2] != query:
            yield "path is %r" % opened["path"]
        for secret in KEYS.values():
            if secret in err:
                yield "standard error shows the secret %r" % secret


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
        with tempfile.TemporaryDirectory() as folder:
            found = list(problems(args.weir, name, folder))
        failed += bool(found)
        for problem in found:
            print("%s: %s" % (name, problem))
    print("%d specs run, %d with problems" % (len(args.names or CASES), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
