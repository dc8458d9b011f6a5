# SPDX-License-Identifier: MIT
"""Plugins on live connections: hooks that hear, send and have timers, against a venue of tests/peers; and a backend of a
plugin (lines.c) against a server of lines."""
import os
import re
import socket
import sys
import threading

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "cli"), os.path.join(ROOT, "tests", "peers")]
import claims  # noqa: E402 (the path comes first)
import peers  # noqa: E402
from claims import equal, finish, start, stopped, weir, within, write  # noqa: E402

BUILT = os.environ["WEIR_PLUGIN_PATH"].split(":")[0]
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
LINES = """weir: 1
name: wire
plugins: [lines, probe]
vars: {port: 0, who: nobody}
connections:
  wire:
    url: "tcp://127.0.0.1:{vars.port}"
    backend: {type: lines, options: {hello: "{vars.who}"}}
    streams: [data]
    subscribe: {subscribe: {topics: [{topic: "'quotes/' + a.symbol", qos: 1}]}}
    reconnect: {initial: 50ms, max: 50ms}
    converters:
      data:
        - fields: {asset: "broker.infer_asset(symbol=data['s'])", data: {close: "data['p']"}}
"""


class Lines:
    """A server of lines: takes one connection after another and keeps what it was sent."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.more = threading.Condition()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for number, answer in enumerate(self.answers):
            peer, _ = self.listener.accept()
            with peer, peer.makefile("r", encoding="utf-8") as lines:
                self.talk(number, answer, peer, lines)
        self.listener.close()

    def talk(self, number, answer, peer, lines):
        for line in lines:
            with self.more:
                self.got.append((number, line.rstrip("\n")))
                self.more.notify_all()
            if line.startswith("join"):
                peer.sendall(("topic %s\n" % line.split()[1] + answer).encode())
                if number + 1 < len(self.answers):
                    return

    def wait(self, entry, seconds=30):
        with self.more:
            if not self.more.wait_for(lambda: entry in self.got, seconds):
                raise AssertionError("%r did not come: %r" % (entry, self.got))


def hooks_hear_send_and_have_timers():
    if not peers.available():
        return
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
    if not peers.available() or not os.path.exists(os.environ["WEIR_PLUGIN_PATH"].split(":")[1] + "/hook_logger.so"):
        return
    frames = write("frames.jsonl", "".join('{"s":"ABC","p":%d}\n' % i for i in range(5)))
    config = {"greeting": [], "auth": {"mode": "none"}}
    with peers.Venue("--capture", frames, "--dialect", "alpaca", "--play", "open", config=config) as venue:
        done = weir("run", ROOT + "/plugins/hook_logger/hook_logger.yaml", "--set", "vars.url=" + venue.url(), "--duration",
                    "2s", "--log", "debug")
    equal(done.code, 0)
    within(done.err, "plugin 'hook_logger': market_data: connected (1 times so far)",
           "plugin 'hook_logger': market_data: disconnected after ")
    counted = re.search(r"disconnected after (\d+) frames, (\d+) bytes", done.err)
    equal((done.err.count("plugin 'hook_logger': frame "), int(counted.group(1)), len(done.records())), (5, 5, 5))


def a_backend_of_a_plugin_connects_subscribes_and_comes_back():
    record = '{"s":"AAA","p":%s}\n'
    server = Lines(record % 1, record % 2 + record % 3)
    process = start("run", write("wire.yaml", LINES), "--set", "vars.port=%d" % server.port, "--set", "vars.who=weir",
                    "--subscribe", "data=AAA", "--limit", "3")
    done = finish(process)
    equal(done.code, 0)
    equal([r["data"]["close"] for r in done.records()], [1, 2, 3])
    within(done.err, "the server hung up")
    server.wait((1, "bye"))
    equal(server.got, [(0, "hello weir"), (0, "join quotes/AAA 1"), (1, "hello weir"), (1, "join quotes/AAA 1"),
                       (1, "bye")])


def nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = weir("run", write("wire.yaml", LINES.replace("initial:", "attempts: 2, initial:")), "--set",
                "vars.port=%d" % port)
    equal(done.code, 1)
    within(done.err, "Connection refused", "gave up after 3 attempts")


def a_backend_of_a_plugin_checks_its_options_and_url():
    done = weir("check", write("wire.yaml", LINES.replace("tcp://127.0.0.1:{vars.port}", "udp://127.0.0.1:1")
                               .replace("hello:", "helo:")))
    equal(done.code, 1)
    within(done.err, "wire.yaml:8:38: error: unknown option 'helo'; did you mean 'hello'?",
           "error: lines are spoken at tcp://HOST:PORT, not at 'udp://127.0.0.1:1'")
    done = weir("check", write("wire.yaml", LINES.replace("type: lines", "type: linse")))
    within(done.err, "unknown backend 'linse'; did you mean 'lines'?")


def a_backend_of_a_plugin_is_paused_for_a_slow_consumer():
    count = 3000
    server = Lines("".join('{"s":"AAA","p":%d}\n' % i for i in range(count)))
    spec = LINES + "sinks: [{type: pot, capacity: 16, options: {path: pot, delay: 100us}}]\n"
    done = weir("run", write("wire.yaml", spec), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                "--limit", str(count))
    equal((done.code, len(done.records())), (0, count))
    equal([r["data"]["close"] for r in done.records()], list(range(count)))
    equal([r["seq"] for r in done.records()], list(range(1, count + 1)))


def bytes_of_any_size_come_through():
    long = "x" * 60000
    server = Lines('{"s":"AAA","p":1,"t":"%s"}\n\n{"s":"AAA","p":2}\n{"s":' % long)
    process = start("run", write("wire.yaml", LINES), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                    "--limit", "2")
    done = finish(process)
    equal([r["data"]["close"] for r in done.records()], [1, 2])


if __name__ == "__main__":
    claims.main(globals(), __doc__)
