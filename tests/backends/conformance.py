# SPDX-License-Identifier: MIT
"""One set of tests for every backend: what a connection has to do, whatever moves its bytes.

A backend brings a Peer: a server that is not ours, and the part of a spec that speaks with it. The set runs a whole feed
(tests/runtime/feed_driver, the embedding interface on the command line) against it: connect, log in, subscribe, receive,
unsubscribe, come back after the peer was killed, close, be replaced before the end, refused credentials, a message that is too
large, a peer and a reader that are slow, ten thousand messages in order. Under AddressSanitizer the driver's exit status tells of leaks.

Every message that a peer publishes is a JSON object {"S": symbol, "i": number} with "x", a text of the length asked for.
"""

import json
import os
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "runtime"))

import feed  # noqa: E402  (the path above is needed first)
from feed import Feed, FeedError, peers  # noqa: E402

KEY, SECRET = "k-123", "s-456"
MANY = 10000
STEP = 0.02         # between two looks
SETTLE = 0.3        # for a message too many to arrive
CUTS = 12           # of a link that polls, until one hits a request that waits
CUT_SECONDS = 5     # for a cut to be noticed


def until(what, look, seconds=feed.WAIT_SECONDS):
    """Waits until `look()` is true; FeedError with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise FeedError(f"no {what} within {seconds} s")
        time.sleep(STEP)


class Peer:
    """What a backend's server can do. One object is one server that may be killed and started again on its port."""

    name = ""               # of the backend, or of the backend with this server
    port = 0
    host = "127.0.0.1"
    can_refuse = True       # there are credentials, and wrong ones are refused
    can_roll = True         # each of several connections gets all that it has subscribed
    is_one_socket = True    # to a connection
    tells_subscriptions = True  # `subscribed` knows; without, the set publishes and looks what arrives
    refusal = "auth"        # code of the event when credentials are refused
    tests = None            # names of those to run; None: all
    oversize = "limit"      # code of the event when a message is larger than `limits` allow

    def __init__(self, directory):
        self.directory = directory

    def start(self):
        """Starts the server, on `port` when it had one, else on one of peers.free_port(); returns when it listens."""
        raise NotImplementedError

    def kill(self):
        """Ends the server at once (SIGKILL) and returns when it is gone."""
        raise NotImplementedError

    def stop(self):
        """The end of it. Twice is once."""
        raise NotImplementedError

    def url(self, port):
        """The URL of the connection: at `port`, which may be a relay's before the server."""
        raise NotImplementedError

    def connection(self):
        """The connection's part of the spec: backend, auth (credentials.key and .secret), subscribe, events ..."""
        raise NotImplementedError

    def limits(self, size):
        """Options by which a message over `size` bytes ends the connection."""
        raise NotImplementedError

    def impatience(self):
        """Options by which a peer that never answers is given up within two seconds."""
        raise NotImplementedError

    def publish(self, first, count, symbol="AAPL", size=0):
        """Sends `count` messages numbered from `first` to whoever has the symbol subscribed."""
        raise NotImplementedError

    def subscribed(self):
        """The symbols that open connections have subscribed."""
        raise NotImplementedError

    def opened(self):
        """Connections that got through to the server since its start, refused or not."""
        raise NotImplementedError

    def open_now(self):
        """Connections that are open now."""
        raise NotImplementedError


class Relay:
    """A TCP relay before a server, that can be slow, mute, or cut what goes through it."""

    def __init__(self, port):
        self.target = port
        self.mode = "pass"      # pass, drip, mute (takes connections, says nothing), swallow (what clients say)
        self.swallowed = 0      # bytes
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # close() alone does not wake the thread that waits in accept()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self, place=None):
        """Resets every connection, or one of them."""
        pairs = self.pairs if place is None else [self.pairs[place]]
        for end in [end for pair in pairs for end in pair]:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                end.shutdown(socket.SHUT_RDWR)
                end.close()
            except OSError:
                pass
        self.pairs = [pair for pair in self.pairs if pair not in pairs]

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == "mute":
                self.pairs.append((client,))
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source, sink, may_drip):
        try:
            while True:
                is_slow = may_drip and self.mode == "drip"
                chunk = source.recv(7 if is_slow else 65536)
                if not chunk:
                    sink.shutdown(socket.SHUT_WR)
                    return
                if self.mode == "swallow" and not may_drip:
                    self.swallowed += len(chunk)
                    continue
                sink.sendall(chunk)
                if is_slow:
                    time.sleep(0.0005)
        except OSError:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Run(Feed):
    """A feed on the peer's connection."""

    def __init__(self, peer, *args, port=None, secret=SECRET, options=None, symbols="AAPL", keys=None):
        connection = {
            "url": peer.url(port or peer.port),
            "streams": {"trades": "data"},
            "converters": {"trades": {"fields": {
                "asset": "broker.infer_asset(symbol=data['S'])",
                "timestamp": "received",
                "data": {"trade_id": "data['i']", "size": "len(data['x'])"}}}},
            "reconnect": {"initial": "50ms", "max": "200ms", "jitter": "none"},
        }
        connection.update(peer.connection(), **(keys or {}))
        backend = dict(connection["backend"])
        backend["options"] = {**backend.get("options", {}), **(options or {})}
        connection["backend"] = backend
        spec = {"weir": 1, "name": "conf", "credentials": ["key", "secret"], "vars": {"url": ""},
                "connections": {"feed": connection}}
        path = os.path.join(peer.directory, "conf.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)   # JSON is YAML
        if symbols:
            args += ("--subscribe", "trades=" + symbols)
        super().__init__("", "feed", *args, spec=path, env={"CONF_KEY": KEY, "CONF_SECRET": secret})

    def numbers(self):
        """The numbers of the messages that arrived, in order; what says that some may be missing is none."""
        return [line["record"]["data"]["trade_id"] for line in self.of("record") if "gap" not in line["record"]]


def ready(peer, run, symbols="AAPL"):
    """Live, and the peer knows what is wanted."""
    run.reaches("live")
    if peer.tells_subscriptions:
        until(f"subscription of {symbols}", lambda: peer.subscribed() == set(symbols.split(",")))
        return
    probe = -1      # numbers below 0 are looked for, not counted
    until("first message", lambda: publish_probe(peer, symbols.split(",")[0], probe) or probe in run.numbers())


def publish_probe(peer, symbol, number):
    peer.publish(number, 1, symbol)
    time.sleep(STEP)
    return False


def proper(run):
    """The numbers that the test itself published."""
    return [number for number in run.numbers() if number >= 0]


def receives(run, count):
    until(f"{count} records ({len(proper(run))} came): {run}", lambda: len(proper(run)) >= count)


# ------------------------------------------------------------------ the set

def subscribes(checks, peer):
    with Run(peer, "--consumer", "callback,print") as run:
        ready(peer, run)
        peer.publish(0, 5)
        receives(run, 5)
        run.tell("subscribe trades MSFT")
        ready(peer, run, "AAPL,MSFT")
        peer.publish(5, 5, "MSFT")
        receives(run, 10)
        checks.check(f"{peer.name}: both symbols arrive, in order", proper(run) == list(range(10)), run)
        run.ask("unsubscribe trades AAPL", "event", type="unsubscribed")
        if peer.tells_subscriptions:
            until("end of AAPL", lambda: peer.subscribed() == {"MSFT"})
        else:
            time.sleep(SETTLE)
        peer.publish(10, 5, "AAPL")
        peer.publish(15, 5, "MSFT")
        receives(run, 15)
        time.sleep(SETTLE)
        checks.check(f"{peer.name}: what was unsubscribed does not arrive",
                     proper(run) == list(range(10)) + list(range(15, 20)), proper(run))
        checks.check(f"{peer.name}: one connection", peer.opened() == 1, peer.opened())
        took = run.stop()
        checks.check(f"{peer.name}: a stop is prompt", took < feed.PROMPTLY_MS, took)
        until("end of the connection at the peer", lambda: peer.open_now() == 0)
        states = run.states()
        checks.check(f"{peer.name}: the states of a good day",
                     states[0] == "resolving" and states[-2:] == ["live", "stopped"], states)


def keeps_order(checks, peer):
    with Run(peer, "--consumer", "callback,print,block") as run:
        ready(peer, run)
        peer.publish(0, MANY)
        receives(run, MANY)
        checks.check(f"{peer.name}: {MANY} messages in order", proper(run) == list(range(MANY)),
                     f"{len(proper(run))} came")
        run.stop()


def comes_back(checks, peer):
    with Run(peer, "--consumer", "callback,print") as run:
        ready(peer, run)
        peer.publish(0, 3)
        receives(run, 3)
        peer.kill()
        run.reaches("backoff")
        peer.start()
        run.reaches("live", count=2)
        ready(peer, run)
        peer.publish(3, 3)
        receives(run, 6)
        checks.check(f"{peer.name}: after a kill it is back, subscribed", proper(run) == list(range(6)), run)
        run.stop()


def lose(peer, relay, run, count):
    """Resets the connections: the link is lost for the count-th time. A poll survives that where its request had not reached
    the server, and is sent again; then it is cut once more."""
    for _ in range(1 if peer.is_one_socket else CUTS):
        relay.cut()
        try:
            return run.reaches("backoff", count=count, seconds=feed.WAIT_SECONDS if peer.is_one_socket else CUT_SECONDS)
        except FeedError as error:
            last = error
    raise last


def is_cut(checks, peer):
    with Relay(peer.port) as relay, Run(peer, "--consumer", "callback,print", port=relay.port) as run:
        for time_number in range(3):
            run.reaches("live", count=time_number + 1)
            ready(peer, run)
            peer.publish(time_number, 1)
            receives(run, time_number + 1)
            lose(peer, relay, run, time_number + 1)
        run.reaches("live", count=4)
        checks.check(f"{peer.name}: it is back after each reset", proper(run) == [0, 1, 2], run)
        run.stop()


class Market(threading.Thread):
    """Publishes one message after the other. Nobody else may speak with the peer meanwhile."""

    def __init__(self, peer):
        super().__init__(daemon=True)
        self.peer = peer
        self.count = 0
        self.is_open = True

    def run(self):
        while self.is_open:
            self.peer.publish(self.count, 1)
            self.count += 1
            time.sleep(0.003)

    def close(self):
        self.is_open = False
        self.join()
        return self.count


def rolled(run, count):
    until(f"{count} rolls: {run}", lambda: run.ask("status", "status")["rolls"] >= count)


def nobody_noticed(checks, name, run, market):
    """All that is published while links come and go arrives, once and in order."""
    receives(run, market.count + 50)
    count = market.close()
    receives(run, count)
    run.stop()
    checks.check(f"{name}: nothing is missing, nothing comes twice, in order", proper(run) == list(range(count)),
                 (len(proper(run)), count, run))
    checks.check(f"{name}: no gap is told", not run.of("event", type="gap"), run.of("event", type="gap"))
    states = run.states()
    checks.check(f"{name}: live all the while", set(states[states.index("live"):]) <= {"live", "stopped"}, states)


def is_rolled(checks, peer):
    if not peer.can_roll:
        return
    for told_by, keys in (("numbers", {"sequence": {"value": "data['i']"}}), ("ids", {"dedupe": {"key": "data['i']"}})):
        had = peer.opened()
        with Run(peer, "--consumer", "callback,print", keys={"roll": {"after": "600ms", "overlap": "400ms"}, **keys}) as run:
            ready(peer, run)
            market = Market(peer)
            market.start()
            rolled(run, 2)
            nobody_noticed(checks, f"{peer.name}, rolled, {told_by}", run, market)
            checks.check(f"{peer.name}, rolled, {told_by}: three connections", peer.opened() - had >= 3, peer.opened() - had)
        until("end of all connections at the peer", lambda: peer.open_now() == 0)


def is_cut_while_rolled(checks, peer):
    """In the middle of the overlap: the old one, and the new one takes over at once; the new one, and another is tried."""
    if not peer.can_roll or not peer.is_one_socket:
        return
    for place, cut, overlap in ((0, "old", "60s"), (1, "new", "4s")):
        keys = {"roll": {"on": "data['i'] == 50", "overlap": overlap}, "sequence": {"value": "data['i']"}}
        with Relay(peer.port) as relay, Run(peer, "--consumer", "callback,print", port=relay.port, keys=keys) as run:
            ready(peer, run)
            market = Market(peer)
            market.start()
            until(f"second connection: {run}", lambda: any("both are up" in event["reason"] for event in run.of("event", type="roll")))
            receives(run, market.count + 20)
            relay.cut(place)
            rolled(run, 1)
            nobody_noticed(checks, f"{peer.name}, rolled, the {cut} one is cut", run, market)


def is_refused(checks, peer):
    if not peer.can_refuse:
        return
    had = peer.opened()
    with Run(peer, secret="wr0ngwr0ng") as run:
        failed = run.reaches("failed")
        checks.check(f"{peer.name}: refused credentials are fatal", failed["code"] == peer.refusal, failed)
        time.sleep(SETTLE)
        checks.check(f"{peer.name}: and not tried again", peer.opened() - had == 1, peer.opened() - had)
        checks.check(f"{peer.name}: nor shown", "wr0ngwr0ng" not in str(run.lines), run)
        run.stop()


def is_too_large(checks, peer):
    with Run(peer, "--consumer", "callback,print", options=peer.limits(65536)) as run:
        ready(peer, run)
        peer.publish(0, 1, size=60000)
        receives(run, 1)
        peer.publish(1, 1, size=200000)
        lost = run.reaches("backoff")
        checks.check(f"{peer.name}: a message that is too large", lost["code"] == peer.oversize, lost)
        run.reaches("live", count=2)
        ready(peer, run)
        peer.publish(2, 1)
        receives(run, 2)
        checks.check(f"{peer.name}: the next connection is good", proper(run) == [0, 2], proper(run))
        run.stop()


def is_slow(checks, peer):
    with Relay(peer.port) as relay, Run(peer, "--consumer", "callback,print", port=relay.port) as run:
        relay.mode = "drip"
        ready(peer, run)
        peer.publish(0, 200, size=30)
        receives(run, 200)
        checks.check(f"{peer.name}: byte by byte", proper(run) == list(range(200)), proper(run))
        checks.check(f"{peer.name}: a slow peer is no reason to reconnect", run.states().count("live") == 1, run)
        run.stop()


def is_mute(checks, peer):
    with Relay(peer.port) as relay:
        relay.mode = "mute"
        with Run(peer, "--consumer", "callback,print", port=relay.port, options=peer.impatience()) as run:
            lost = run.reaches("backoff")
            checks.check(f"{peer.name}: a peer that says nothing is given up", lost["code"] == "timeout", lost)
            relay.mode = "pass"
            run.reaches("live")
            ready(peer, run)
            peer.publish(0, 1)
            receives(run, 1)
            run.stop()
        relay.mode = "mute"
        with Run(peer, port=relay.port) as run:
            run.reaches("connecting")
            checks.check(f"{peer.name}: a stop while connecting", run.stop() < feed.PROMPTLY_MS)


def waits_for_its_reader(checks, peer):
    with Run(peer, "--consumer", "poll,block,capacity=16,hold,print") as run:
        ready_without_reading(peer, run)
        peer.publish(0, 3000, size=100)
        time.sleep(SETTLE)
        run.tell("read")
        receives(run, 3000)
        checks.check(f"{peer.name}: a slow reader loses nothing", proper(run) == list(range(3000)), len(proper(run)))
        checks.check(f"{peer.name}: and keeps the connection", run.states().count("live") == 1, run)
        run.stop()


def ready_without_reading(peer, run):
    """As `ready`, where no record is read yet."""
    run.reaches("live")
    if peer.tells_subscriptions:
        until("subscription", lambda: peer.subscribed() == {"AAPL"})
    else:
        until("first message", lambda: publish_probe(peer, "AAPL", -1) or peer_reached(run))


def peer_reached(run):
    run.ask("status", "status")
    return run.of("status")[-1]["frames"] > 0


TESTS = (subscribes, keeps_order, comes_back, is_cut, is_rolled, is_cut_while_rolled,
         is_refused, is_too_large, is_slow, is_mute, waits_for_its_reader)
# For a peer that differs from another one in nothing that a roll could see; rolls take their time.
BUT_ROLLS = tuple(test.__name__ for test in TESTS if test not in (is_rolled, is_cut_while_rolled))


def main(makers, needs=peers.available, tests=TESTS):
    """Runs the set against a peer of each maker (a class, called with a scratch directory)."""
    if not needs():
        print("SKIPPED: the peer of this backend cannot run here (tests/peers/README.md)")
        sys.exit(feed.SKIPPED)
    Feed.program = sys.argv[1]
    wanted = set(sys.argv[2:])
    checks = feed.Checks()
    for maker in makers:
        for test in tests:
            is_skipped = maker.tests is not None and test.__name__ not in maker.tests
            if is_skipped or (wanted and test.__name__ not in wanted and maker.name not in wanted):
                continue
            with tempfile.TemporaryDirectory(prefix="weir-conf-") as directory:
                peer = maker(directory)
                try:
                    peer.start()
                    checks.run(test, peer)
                finally:
                    peer.stop()
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)
