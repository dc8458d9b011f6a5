# SPDX-License-Identifier: MIT
"""A signal ends `weir run` within two seconds, whatever it is doing: each state is reached by peers that hang in it."""
import os
import signal
import socket
import subprocess
import sys
import time

import claims
from claims import PROMPTLY, equal, start, write
from specs import trade

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

RESOLVER = "slow_resolver.so"  # replaced by the command line
QUIET = {"greeting": [], "auth": {"mode": "none"}}
CONFIG = {**QUIET, "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades"], "need": 1}}
SPEC = """\
weir: 1
name: shop
connections:
  market:
    url: "%(url)s"
    backend: {type: %(backend)s}
    streams: {trades: data}
    reconnect: {initial: 60s, max: 60s, jitter: none%(attempts)s}
%(more)s    converters:
      trades: [{fields: {asset: "broker.infer_asset(symbol=data['S'])", close: "float(data['p'])"}}]
"""
SUBSCRIBE = """\
    subscribe:
      subscribe: {trades: {json: {fields: {action: "'subscribe'", trades: "[a.symbol for a in assets]"}}}}
"""
TOPICS = """\
    subscribe: {subscribe: {trades: {topics: ["f't/{a.symbol}'"]}}}
"""
LOGIN = """\
    auth:
      mode: first_message
      first_message: {json: {fields: {login: "1"}}}
      ack: {match: "data['ok'] == 1", timeout: 60s}
"""
OTHER = """\
  other:
    url: ws://127.0.0.1:1/
    backend: {type: websocket}
    streams: [heartbeat]
    reconnect: {initial: 60s, max: 60s, jitter: none}
    converters: {heartbeat: [{fields: {n: "1"}}]}
"""


def _spec(url, more="", backend="websocket", attempts=""):
    return SPEC % {"url": url, "more": more, "backend": backend, "attempts": attempts}


class Silent:
    """Takes connections and says nothing."""

    def __init__(self, backlog=16):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.at = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def _venue(frames=2000, config=None):
    capture = write("frames.jsonl", "".join(trade(i) + "\n" for i in range(frames)))
    return peers.Venue("--capture", capture, "--dialect", "alpaca", "--loop", "--rate", "200", config=config or CONFIG)


def _said(process, text):
    """Reads what the command says until it says this."""
    said = b""
    deadline = time.monotonic() + 20
    os.set_blocking(process.stderr.fileno(), False)
    while text.encode() not in said:
        said += process.stderr.read() or b""
        if time.monotonic() > deadline or process.poll() is not None:
            raise AssertionError("%r was not said: %s" % (text, said.decode("utf-8", "replace")[-3000:]))
        time.sleep(0.02)


def _ends(process, codes=(0,)):
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(20)
    seconds = time.monotonic() - began
    equal((code in codes, seconds < PROMPTLY), (True, True), "%d after %.1f s" % (code, seconds))
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _stops_in(spec, text, *more, **keywords):
    process = start("run", write("shop.yaml", spec), *more, **keywords)
    _said(process, text)
    _ends(process)


def while_a_name_is_resolved():
    if not os.path.isfile(RESOLVER):
        print("passed over: a resolver cannot be put in front here")
        return
    _stops_in(_spec("ws://venue.test/"), "market: resolving", env={**os.environ, "LD_PRELOAD": RESOLVER})


def while_it_connects():
    with Silent(backlog=0) as silent, socket.socket() as first, socket.socket() as second:
        for knock in (first, second):  # these fill the queue, and nobody takes them out
            knock.setblocking(False)
            knock.connect_ex(silent.socket.getsockname())
        time.sleep(0.1)
        _stops_in(_spec("ws://%s/" % silent.at), "market: connecting")


def while_it_shakes_hands():
    for url in ("ws://%s/", "wss://%s/"):
        with Silent() as silent:
            _stops_in(_spec(url % silent.at), "market: connecting")


def while_it_asks_for_a_session():
    for scheme in ("http", "https"):
        with Silent() as silent:
            more = '    auth: {mode: none, session: {url: "%s://%s/key", extract: {key: "data[\'k\']"}, timeout: 60s}}\n' % (
                scheme, silent.at)
            _stops_in(_spec("ws://127.0.0.1:1/{session.key}", more), "asking for a session")


def while_it_waits_for_a_greeting_or_an_answer():
    greeting = "    auth: {mode: none, greeting: {match: \"data['hello'] == 1\", timeout: 60s}}\n"
    with _venue(config=QUIET) as venue:
        _stops_in(_spec(venue.url(), greeting), "market: greeting")
    with _venue(config=QUIET) as venue:
        _stops_in(_spec(venue.url(), LOGIN), "market: authenticating")


def while_it_subscribes():
    ack = SUBSCRIBE + "      ack: {match: \"data['never'] == 1\", timeout: 60s}\n"
    with _venue() as venue:
        _stops_in(_spec(venue.url(), ack), "subscribed trades", "--subscribe", "trades=ABC")


def while_it_is_live():
    with _venue() as venue:
        _stops_in(_spec(venue.url(), SUBSCRIBE), "market: live", "--subscribe", "trades=ABC")
        equal(venue.wait("close", conn=1)["code"], 1000)


def while_one_link_takes_over_from_another():
    with _venue() as venue:
        process = start("run", write("shop.yaml", _spec(venue.url(), SUBSCRIBE + "    roll: {after: 3s, overlap: 2900ms}\n")), "--subscribe",
                        "trades=ABC", stdout=subprocess.DEVNULL)
        venue.wait("subscribe", ok=True, count=2)
        _ends(process)
        equal([venue.wait("close", conn=conn)["code"] for conn in (1, 2)], [1000, 1000])


def while_the_peer_answers_no_goodbye():
    with _venue() as venue:
        process = start("run", write("shop.yaml", _spec(venue.url(), SUBSCRIBE)), "--subscribe", "trades=ABC")
        _said(process, "market: live")
        venue.process.send_signal(signal.SIGSTOP)
        try:
            _ends(process)
        finally:
            venue.process.send_signal(signal.SIGCONT)


def while_it_waits_to_try_again():
    _stops_in(_spec("ws://127.0.0.1:1/"), "market: backoff")


def while_one_connection_has_failed():
    spec = _spec("ws://127.0.0.1:1/", attempts=", attempts: 1").replace("60s", "50ms") + OTHER
    _stops_in(spec, "market: failed")


def while_a_polling_server_or_a_broker_is_silent():
    for backend, url, more in (("socketio", "http://%s/", ""), ("mqtt", "mqtt://%s", TOPICS), ("zmq", "tcp://%s", TOPICS)):
        with Silent() as silent:
            _stops_in(_spec(url % silent.at, more, backend), "market: connecting")


def while_a_reload_waits_for_the_old_connection():
    with _venue() as venue:
        process = start("run", write("shop.yaml", _spec(venue.url(), SUBSCRIBE)), "--subscribe", "trades=ABC")
        _said(process, "market: live")
        venue.process.send_signal(signal.SIGSTOP)
        try:
            write("shop.yaml", _spec(venue.url(), SUBSCRIBE).replace("max: 60s", "max: 61s"))
            process.send_signal(signal.SIGHUP)
            _said(process, "replaced 1")
            _ends(process)
        finally:
            venue.process.send_signal(signal.SIGCONT)


def while_a_reload_reads_large_master_data():
    with _venue() as venue:
        spec = _spec(venue.url(), SUBSCRIBE).replace("connections:", "assets: {file: all.csv}\nconnections:")
        write("all.csv", "symbol\nABC\n")
        process = start("run", write("shop.yaml", spec), "--subscribe", "trades=ABC")
        _said(process, "market: live")
        write("all.csv", "symbol\nABC\n" + "".join("S%d\n" % i for i in range(1500000)))
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        _ends(process, codes=(0, 128 + signal.SIGTERM))


if __name__ == "__main__":
    if not peers.available():
        print("skipped: node or tests/peers/node_modules is absent")
        sys.exit(claims.SKIPPED)
    if "--resolver" in sys.argv:
        at = sys.argv.index("--resolver")
        RESOLVER = sys.argv[at + 1]
        del sys.argv[at:at + 2]
    claims.main(globals(), __doc__)
