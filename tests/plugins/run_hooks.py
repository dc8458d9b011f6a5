# SPDX-License-Identifier: MIT
"""Hooks on a live connection: they hear of its life, send on it, and have timers. The venue is one of tests/peers."""
import os
import re
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "cli"), os.path.join(ROOT, "tests", "peers")]
import claims  # noqa: E402 (the path comes first)
import peers  # noqa: E402
from claims import SKIPPED, equal, start, stopped, weir, within, write  # noqa: E402

HOOKED = """weir: 1
name: shop
plugins: [probe]
vars: {url: ""}
connections:
  market:
    url: "{vars.url}"
    backend: websocket
    streams: {trades: data}
    frame: array
    hooks: {on_connect: connected, on_disconnect: told, on_error: told, on_message: watch}
    subscribe: {subscribe: {trades: {json: {custom: symbols}}}}
    reconnect: {initial: 100ms, max: 100ms}
    converters:
      trades:
        - fields: {asset: "broker.infer_asset(symbol=data['S'])", data: {close: "float(data['p'])"}}
"""


def hooks_hear_send_and_have_timers():
    frames = write("frames.jsonl", '[{"T":"t","S":"ABC","p":1.5}]\n')
    config = {"greeting": [], "auth": {"mode": "none"}}
    with peers.Venue("--capture", frames, "--dialect", "alpaca", config=config) as venue:
        process = start("run", write("shop.yaml", HOOKED), "--set", "vars.url=" + venue.url(), "--subscribe",
                        "trades=ABC,DEF", "--log", "debug")
        for message in ({"hello": 1}, ["ABC", "DEF"], {"tick": 1}):
            venue.wait("message", conn=1, json=message, timeout=30)
        venue.command("close", conn=1, code=1001)
        venue.wait("message", conn=2, json={"hello": 1}, timeout=30)
        done, _ = stopped(process)
    equal(done.code, 0)
    within(done.err, "plugin 'probe': connected market", "plugin 'probe': told: closed ", "plugin 'probe': told:  the server closed",
           "plugin 'probe': told:  stopped by request")


def a_hook_logger_writes_what_happens():
    if not os.path.exists(os.environ["WEIR_PLUGIN_PATH"].split(":")[1] + "/hook_logger.so"):
        return
    frames = write("frames.jsonl", "".join('{"s":"ABC","p":%d}\n' % i for i in range(5)))
    config = {"greeting": [], "auth": {"mode": "none"}}
    with peers.Venue("--capture", frames, "--dialect", "alpaca", "--play", "open", config=config) as venue:
        done = weir("run", ROOT + "/plugins/hook_logger/hook_logger.yaml", "--set", "vars.url=" + venue.url(), "--limit", "5",
                    "--log", "debug")
    equal(done.code, 0)
    within(done.err, "plugin 'hook_logger': market_data: connected (1 times so far)",
           "plugin 'hook_logger': market_data: disconnected after ")
    counted = re.search(r"disconnected after (\d+) frames, (\d+) bytes", done.err)
    equal(done.err.count("plugin 'hook_logger': frame "), int(counted.group(1)), "frames, with what greets")
    equal(len(done.records()), 5)


if __name__ == "__main__":
    if not peers.available():
        print("SKIPPED: node or its packages are absent")
        sys.exit(SKIPPED)
    claims.main(globals(), __doc__)
