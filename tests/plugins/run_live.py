# SPDX-License-Identifier: MIT
"""A backend of a plugin (lines.c) against a server of lines."""
import os
import socket
import sys
import threading

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "cli"), os.path.join(TESTS, "peers")]
import claims  # noqa: E402 (the path comes first)
import peers  # noqa: E402
from claims import equal, finish, start, weir, within, write  # noqa: E402

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


def a_backend_of_a_plugin_connects_subscribes_and_comes_back():
    record = '{"s":"AAA","p":%s}\n'
    server = Lines(record % 1, record % 2 + record % 3)
    process = start("run", write("wire.yaml", LINES), "--set", "vars.port=%d" % server.port, "--set", "vars.who=weir",
                    "--subscribe", "data=AAA", "--limit", "3")
    done = finish(process)
    equal(done.code, 0)
    equal([r["data"]["close"] if "gap" not in r else "gap" for r in done.records()], [1, "gap", 2, 3])
    within(done.err, "the server hung up")
    server.wait((1, "bye"))
    equal(server.got, [(0, "hello weir"), (0, "join quotes/AAA 1"), (1, "hello weir"), (1, "join quotes/AAA 1"),
                       (1, "bye")])


def nobody_listens():
    port = peers.free_port()
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


def _slowly(count, spec):
    """Records to a slow sink, and to the command."""
    server = Lines("".join('{"s":"AAA","p":%d}\n' % i for i in range(count)))
    spec += "sinks: [{type: pot, capacity: 16, options: {path: pot, delay: 100us}}]\n"
    done = weir("run", write("wire.yaml", spec), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                "--limit", str(count))
    equal((done.code, len(done.records())), (0, count))
    equal([r["data"]["close"] for r in done.records()], list(range(count)))
    equal([r["seq"] for r in done.records()], list(range(1, count + 1)))


def a_backend_of_a_plugin_is_paused_for_a_slow_consumer():
    _slowly(3000, LINES)


def frames_that_a_backend_of_a_plugin_tells_in_a_pause_are_kept_for_its_end():
    _slowly(3000, LINES.replace('hello: "{vars.who}"', 'hello: "{vars.who}", rude: true'))


def slowness_and_failures_are_events_by_name_and_harm_nothing_else():
    server = Lines('{"s":"AAA","p":1}\n{"s":"AAA","p":2}\n{"s":"AAA","p":3}\n')
    spec = LINES.replace("data['p']\"", "slow(data['p'])\"").replace("{asset:", "{bad: {source: fails(), default_value: 0}, asset:")
    done = weir("run", write("wire.yaml", spec), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                "--limit", "3")
    equal((done.code, [(r["data"]["close"], r["bad"]) for r in done.records()]), (0, [(1, 0), (2, 0), (3, 0)]))
    within(done.err, "wire: warning: plugin 'probe': expression function 'slow' took ", "its budget is 1.000 ms",
           "wire: warning: plugin 'probe': expression function 'fails' failed: as it was told to (1 of 1 calls so far)")
    equal((done.err.count("'slow' took"), done.err.count("'fails' failed")), (1, 1), "warnings")


def bytes_of_any_size_come_through():
    long = "x" * 60000
    server = Lines('{"s":"AAA","p":1,"t":"%s"}\n\n{"s":"AAA","p":2}\n{"s":' % long)
    process = start("run", write("wire.yaml", LINES), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                    "--limit", "2")
    done = finish(process)
    equal([r["data"]["close"] for r in done.records()], [1, 2])


if __name__ == "__main__":
    claims.main(globals(), __doc__)
