#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is MQTT's own, against mosquitto: versions, TLS, topics that are refused, qualities of service, retained messages,
wildcards, shared subscriptions, wills, kept sessions, publishing; and brokers of a few lines that break the rules. The set that
all backends pass is in conformance_mqtt.py."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "runtime"))

import feed  # noqa: E402  (the path above is needed first)
from feed import Feed, peers  # noqa: E402

import mosquitto  # noqa: E402

USER, SECRET = "u-1", "hush-hush"
SETTLE = 0.3


def until(what, look, seconds=feed.WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise feed.FeedError(f"no {what} within {seconds} s")
        time.sleep(0.02)


class Run(Feed):
    """A feed on one connection; its records are {"t": topic, "v": data["v"]}. `topics`: (expression, qos)."""

    def __init__(self, directory, url, topics=(("'a'", 0),), options=None, secret=SECRET, args=(), symbols="X",
                 consumer="callback,print", env=None, **more):
        connection = {"url": url, "backend": {"type": "mqtt", "options": options or {}}, "streams": ["data"],
                      "converters": {"data": {"fields": {"t": "topic", "v": "data['v']"}}},
                      "reconnect": {"initial": "100ms", "max": "100ms", "jitter": "none"}}
        if topics:
            listed = [{"topic": topic, "qos": qos} for topic, qos in topics]
            connection["subscribe"] = {"subscribe": {"data": {"topics": listed}}, "unsubscribe": {"data": {"topics": listed}}}
        connection.update(more)
        spec = {"weir": 1, "name": "m", "credentials": ["user", "secret"], "vars": {"url": ""},
                "connections": {"feed": connection}}
        path = os.path.join(directory, "m.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        if symbols:
            args = (*args, "--subscribe", "data=" + symbols)
        super().__init__("", "feed", "--consumer", consumer, *args, spec=path,
                         env={"M_USER": USER, "M_SECRET": secret, **(env or {})})

    def values(self):
        return [(line["record"]["t"], line["record"]["v"]) for line in self.of("record") if "gap" not in line["record"]]

    def gets(self, count):
        until(f"{count} records: {self}", lambda: len(self.values()) >= count)
        return self.values()

    def says(self, kind, words):
        until(f"{kind} '{words}': {self}",
              lambda: any(words in event["reason"] for event in self.of("event", type=kind)))


class Broker:
    """A mosquitto in a scratch directory, for one test."""

    def __init__(self, users=None, listeners=None, settings=()):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-mqtt-")
        self.directory = self.folder.name
        self.server = mosquitto.Mosquitto(self.directory, users, listeners, settings)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.folder.cleanup()

    def url(self, scheme="mqtt", listener="tcp", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.server.ports[listener]}"

    def publish(self, topic, value, qos=0, retain=False):
        self.server.publish(topic, json.dumps({"v": value}), qos, retain).wait_for_publish()

    def run(self, *args, url=None, **more):
        return Run(self.directory, url or self.url(), *args, **more)

    def asked(self, topics):
        until(f"subscription of {topics}", lambda: set(self.server.topics()) == set(topics))


# ------------------------------------------------------------------ topics

def topics(checks):
    with Broker() as broker:
        broker.publish("kept/x", 1, retain=True)
        wanted = [("'kept/#'", 1), ("'a/+/c'", 0), ("'$share/us/work'", 1), ("'one/' + a.symbol", 2)]
        with broker.run(wanted, {"version": 5}, symbols="X,Y") as run:
            run.reaches("live")
            broker.asked(["kept/#", "a/+/c", "$share/us/work", "one/X", "one/Y"])
            broker.publish("a/b/c", 2)
            broker.publish("a/b/d", 3)
            broker.publish("work", 4, 1)
            broker.publish("one/Y", 5, 2)
            found = run.gets(4)
            time.sleep(SETTLE)
            checks.check("retained, wildcards, shared, per asset",
                         sorted(found) == [("a/b/c", 2), ("kept/x", 1), ("one/Y", 5), ("work", 4)], run.values())
            checks.check("qualities of service", broker.server.topics()["one/X"] == 2, broker.server.topics())
            run.ask("unsubscribe data X", "event", type="unsubscribed")
            until("end of one/X", lambda: "one/X" not in broker.server.topics())
            run.stop()


def refusals(checks):
    for version in ("3.1.1", "5"):
        with Broker({USER: SECRET}, listeners={"tcp": ["max_qos 1"]}) as broker:
            login = {"auth": {"mode": "mqtt", "mqtt": {"username": "credentials.user", "password": "credentials.secret"}}}
            with broker.run([("a.symbol", 2)], {"version": version}, symbols="X,bad/#/Y", **login) as run:
                run.reaches("live")
                run.says("rejected", "'bad/#/Y' was refused: '#' stands for the levels at the end")
                run.says("warning", "topic 'X': QoS 2 was asked for, 1 is granted")
                broker.publish("X", 1, 1)
                checks.check(f"MQTT {version}: what is no topic is told, the others hold", run.gets(1) == [("X", 1)], run)
                run.stop()
            with broker.run(options={"version": version}) as run:
                failed = run.reaches("failed")
                checks.check(f"MQTT {version}: no login where one is needed", failed["code"] == "auth", failed)
                run.stop()
    for version, answer, words in (("3.1.1", b"\x90\x03ID\x80", "no reason (128)"), ("5", b"\x90\x04ID\x00\x87", "not authorized (135)")):
        rogue = Rogue(version, answer)
        with tempfile.TemporaryDirectory() as directory:
            with Run(directory, f"mqtt://127.0.0.1:{rogue.port}", options={"version": version}) as run:
                run.says("rejected", words)
                checks.check(f"MQTT {version}: a refused topic", run.states().count("live") == 1, run)
                run.stop()
        rogue.end()


def sessions(checks):
    """QoS 1 into a kept session while nobody is there; what was acknowledged comes once."""
    for options in ({"version": "3.1.1"}, {"version": "5", "session_expiry": "1h"}):
        with Broker() as broker:
            options.update({"client_id": "keeper", "clean_start": False})
            with broker.run([("'s'", 1)], options) as run:
                run.reaches("live")
                broker.asked(["s"])
                broker.publish("s", 1, 1)
                run.gets(1)
                run.stop()
            broker.publish("s", 2, 1)
            with broker.run([("'s'", 1)], options) as run:
                checks.check(f"a kept session, MQTT {options['version']}", run.gets(1) == [("s", 2)], run)
                run.stop()


def told_why(checks):
    """MQTT 5: a server says why it ends a connection."""
    rogue = Rogue("5", b"\xe0\x02\x8e\x00")
    with tempfile.TemporaryDirectory() as directory:
        with Run(directory, f"mqtt://127.0.0.1:{rogue.port}", options={"version": 5}) as run:
            run.reaches("backoff")
            run.says("error", "session taken over")
            checks.check("a DISCONNECT with a reason", True)
            run.stop()
    rogue.end()


# ------------------------------------------------------------------ going out

def publishes(checks):
    """A login message and a subscription with `event` are published; a will is, when the connection is lost."""
    for version, qos in (("3.1.1", 0), ("5", 1)):
        with Broker() as broker:
            heard, listener = listen(broker, ["login/#", "ask", "last/words"])
            message = {"auth": {"mode": "first_message",
                                "first_message": {"event": "login/{credentials.user}", "json": {"fields": {"k": "credentials.secret"}}}},
                       "subscribe": {"subscribe": {"data": {"event": "ask", "json": "[a.symbol for a in assets]"}}}}
            options = {"version": version, "publish_qos": qos,
                       "will": {"topic": "last/words", "payload": "gone", "qos": 1}}
            with broker.run(None, options, symbols="X,Y", **message) as run:
                run.reaches("live")
                until("what was published", lambda: len(heard) >= 2)
                checks.check(f"MQTT {version}: published under `event`",
                             heard == [("login/" + USER, '{"k":"hush-hush"}'), ("ask", '["X","Y"]')], heard)
                run.process.kill()
                until("the will", lambda: len(heard) >= 3)
                checks.check(f"MQTT {version}: the will", heard[2] == ("last/words", "gone"), heard)
            listener.disconnect()
            listener.loop_stop()


def listen(broker, topics):
    from paho.mqtt import client as paho
    heard, ready = [], threading.Event()
    client = paho.Client(client_id="listener")
    client.on_message = lambda _c, _u, message: heard.append((message.topic, message.payload.decode()))
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", broker.server.port)
    client.loop_start()
    client.subscribe([(topic, 1) for topic in topics])
    ready.wait(5)
    return heard, client


# ------------------------------------------------------------------ TLS

def tls(checks):
    with tempfile.TemporaryDirectory(prefix="weir-ca-") as ca:
        subprocess.run(["sh", os.path.join(HERE, "..", "peers", "make_ca.sh"), ca], check=True, stdout=subprocess.DEVNULL)

        def file(name):
            return os.path.join(ca, name)
        good = [f"certfile {file('good.pem')}", f"keyfile {file('good.key')}"]
        strict = good + [f"cafile {file('ca.pem')}", "require_certificate true"]
        wrong = [f"certfile {file('wrong-host.pem')}", f"keyfile {file('wrong-host.key')}"]
        os.chmod(file("good.key"), 0o644)
        listeners = {"tcp": [], "tls": good, "strict": strict, "wrong": wrong, "wss": ["protocol websockets"] + good}
        with Broker(listeners=listeners, settings=("per_listener_settings false",)) as broker:
            trust = {"tls": {"ca": file("ca.pem")}}
            me = {"tls": {"ca": file("ca.pem"), "cert": file("client.pem"), "key": file("client.key")}}
            accepted(checks, broker, "mqtts", broker.url("mqtts", "tls", "localhost"), trust)
            accepted(checks, broker, "mqtts by address", broker.url("mqtts", "tls"), dict(trust, version=5))
            accepted(checks, broker, "wss", broker.url("wss", "wss", "localhost"), dict(trust, version=5))
            accepted(checks, broker, "a client certificate", broker.url("ssl", "strict"), me)
            accepted(checks, broker, "tls_kwargs of Python's paho", broker.url("mqtt", "tls"),
                     {"tls_kwargs": {"ca_certs": file("ca.pem"), "tls_version": 2}})
            accepted(checks, broker, "TLS 1.2 alone", broker.url("mqtt", "tls"),
                     {"tls_kwargs": {"ca_certs": file("ca.pem"), "tls_version": 5, "ciphers": "HIGH"}})
            accepted(checks, broker, "unverified", broker.url("mqtt", "wrong"), {"tls_kwargs": {"cert_reqs": 0}},
                     warning="verify is off")
            rejected(checks, broker, "an unknown authority", broker.url("mqtts", "tls"), {}, "tls", "issuer", "self-signed")
            rejected(checks, broker, "another name", broker.url("mqtts", "wrong", "localhost"), trust, "tls", "mismatch")
            rejected(checks, broker, "no client certificate", broker.url("mqtts", "strict"), trust, "", "")
            rejected(checks, broker, "a file that is not there", broker.url("mqtts", "tls"),
                     {"tls": {"ca": file("absent.pem")}}, "tls", "absent.pem")
            rejected(checks, broker, "plain to a TLS port", broker.url("mqtt", "tls"), {}, "closed", "closed", "reset")


def accepted(checks, broker, name, url, options, warning=None):
    with broker.run(options=options, url=url) as run:
        run.reaches("live")
        broker.asked(["a"])
        broker.publish("a", 1)
        checks.check(f"TLS, {name}", run.gets(1) == [("a", 1)], run)
        if warning:
            run.says("warning", warning)
        run.stop()
    until("the client's end", lambda: not broker.server.topics())


def rejected(checks, broker, name, url, options, code, *words):
    with broker.run(options=options, url=url) as run:
        lost = run.reaches("backoff")
        checks.check(f"TLS, {name}", code in lost["code"] and any(word in lost["reason"] for word in words), lost)
        run.stop()


# ------------------------------------------------------------------ the environment

def proxies(checks):
    """Nobody's http_proxy is in the way of MQTT; over websockets it counts, and so does no_proxy."""
    nowhere = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    with Broker(listeners={"tcp": [], "ws": ["protocol websockets"]}) as broker:
        saved = dict(os.environ)
        for name, scheme, extra, reaches in (("plain", "mqtt", {}, "live"), ("websocket", "ws", {}, "backoff"),
                                             ("exempt websocket", "ws", {"no_proxy": "127.0.0.1"}, "live")):
            feed.PROXY_NAMES = ()
            os.environ.update({**nowhere, **extra})
            try:
                with broker.run(url=broker.url(scheme, "ws" if scheme == "ws" else "tcp")) as run:
                    run.reaches(reaches)
                    checks.check(f"with http_proxy set, {name}", True)
                    run.stop()
            finally:
                os.environ.clear()
                os.environ.update(saved)


def nobody(checks):
    with tempfile.TemporaryDirectory() as directory:
        port = peers.free_port()
        for url, code in ((f"mqtt://127.0.0.1:{port}", "connect"), ("mqtt://absent.invalid", "resolve")):
            with Run(directory, url) as run:
                lost = run.reaches("backoff")
                checks.check(f"nobody at {url}", lost["code"] == code, lost)
                run.stop()


# ------------------------------------------------------------------ too fast, too often

def slow_reader(checks):
    """Twelve megabytes against a mailbox of 64 KiB and a reader that does not read: the broker has to wait, and nothing is lost."""
    with Broker() as broker:
        with broker.run([("'a'", 1)], {"max_queue": "64KiB"}, consumer="poll,block,capacity=16,hold,print") as run:
            run.reaches("live")
            broker.asked(["a"])
            sent = [broker.server.publish("a", json.dumps({"v": number, "x": "x" * 4000}), 1) for number in range(3000)]
            for message in sent:
                message.wait_for_publish()
            time.sleep(SETTLE)
            size = resident(run.process.pid)
            run.tell("read")
            found = [value for _, value in run.gets(3000)]
            checks.check("what a slow reader gets", found == list(range(3000)) and run.states().count("live") == 1, len(found))
            checks.check("and what it costs", size < 400, size)
            run.stop()


def resident(pid):
    """MiB."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2 ** 20


def churn(checks):
    """A broker that hangs up right after the login: threads and descriptors do not pile up."""
    rogue = Rogue("3.1.1", b"", hangs_up=True)
    with tempfile.TemporaryDirectory() as directory:
        quick = {"initial": "5ms", "max": "5ms", "jitter": "none"}
        # paho may forget its trace buffer in such a hurry (src/backends/mqtt.c); nothing else of it may leak anywhere.
        known = os.path.join(directory, "lsan.supp")
        with open(known, "w", encoding="utf-8") as file:
            file.write("leak:libpaho-mqtt3as.so\n")
        with Run(directory, f"mqtt://127.0.0.1:{rogue.port}", reconnect=quick, env={"LSAN_OPTIONS": "suppressions=" + known}) as run:
            def used():
                return len(os.listdir(f"/proc/{run.process.pid}/fd")), len(os.listdir(f"/proc/{run.process.pid}/task"))
            run.reaches("backoff", count=10)
            before = used()
            run.reaches("backoff", count=60)
            after = used()
            checks.check("after fifty more connects", after[0] < before[0] + 40 and after[1] < before[1] + 12, (before, after))
            run.stop()
    rogue.end()


# ------------------------------------------------------------------ brokers that break the rules

CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}


class Rogue:
    """Answers CONNECT, and SUBSCRIBE with what it is given; then hangs on."""

    def __init__(self, version, answer, connack=None, hangs_up=False):
        self.hangs_up = hangs_up
        self.connack = CONNACK[version] if connack is None else connack
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.speak, args=(connection,), daemon=True).start()

    def speak(self, connection):
        try:
            connection.recv(4096)
            connection.sendall(self.connack)
            if self.hangs_up:
                connection.close()
                return
            while True:
                data = connection.recv(4096)
                if not data:
                    return
                if data[0] == 0x82:
                    connection.sendall(self.answer.replace(b"ID", data[2:4]))
        except OSError:
            pass

    def end(self):
        self.listener.close()


def rogues(checks):
    cases = [
        ("3.1.1", "a CONNACK that is cut", None, b"\x20\x01\x00", "protocol"),
        ("5", "no CONNACK but a SUBACK", None, b"\x90\x04\x00\x01\x00\x00", ""),
        ("3.1.1", "HTTP", None, b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
        ("3.1.1", "a SUBACK without codes", b"\x90\x02ID", None, "protocol"),
        ("5", "a SUBACK without codes", b"\x90\x03ID\x00", None, "protocol"),
        ("5", "a SUBACK of properties alone", b"\x90\x06ID\x03\x1f\x00\x00", None, "protocol"),
        ("3.1.1", "a packet that is never", b"\x00\x00", None, "protocol"),
        ("3.1.1", "a length without an end", b"\x30\xff\xff\xff\xff\xff", None, "protocol"),
        ("3.1.1", "a message of 250 MiB", b"\x30\x80\x80\x80\x7d", None, "limit"),
        ("3.1.1", "a topic beyond its packet", b"\x30\x04\xff\xffab", None, ""),
        ("5", "properties beyond their packet", b"\x30\x06\x00\x01a\xff\xff\x7f", None, ""),
        ("3.1.1", "a closed door", b"", None, None),
    ]
    for version, name, answer, connack, code in cases:
        rogue = Rogue(version, answer or b"", connack)
        with tempfile.TemporaryDirectory() as directory:
            options = {"version": version, "connect_timeout": "2s", "keepalive": 1}
            with Run(directory, f"mqtt://127.0.0.1:{rogue.port}", options=options) as run:
                lost = run.reaches("backoff")
                checks.check(f"MQTT {version}, {name}", code is None or code in lost["code"], lost)
                run.stop()
        rogue.end()
    kept = b"\x90\x03ID\x00" + b"\x30\x0a\x00\x01a" + b'{"v":7}' + b"\x30\x80\x80\x80\x7d"
    rogue = Rogue("3.1.1", kept)
    with tempfile.TemporaryDirectory() as directory:
        with Run(directory, f"mqtt://127.0.0.1:{rogue.port}") as run:
            lost = run.reaches("backoff")
            run.wait("record") # it and the event come by ways of their own
            checks.check("what came before a fault is kept", run.values()[:1] == [("a", 7)] and lost["code"] == "limit", run)
            run.stop()
    rogue.end()
    for version, answer in (("3.1.1", b"\x90\x04ID\x00\x00"), ("5", b"\x90\x06ID\x00\x00\x00\x87"), ("5", b"\x90\x04ID\x00\x87")):
        rogue = Rogue(version, answer)
        with tempfile.TemporaryDirectory() as directory:
            with Run(directory, f"mqtt://127.0.0.1:{rogue.port}", options={"version": version}) as run:
                run.reaches("live")
                time.sleep(SETTLE)
                checks.check(f"MQTT {version}, codes {answer[4:]}: it lives", run.process.poll() is None, run)
                run.stop()
        rogue.end()


def strangers(checks):
    """Whoever connects to the relay's port without our CONNECT is turned away, and we come up all the same."""
    with Broker() as broker:
        stop = threading.Event()

        def knock():
            while not stop.is_set():
                for port in loopback_listeners() - set(broker.server.ports.values()):
                    try:
                        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as guest:
                            guest.sendall(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03abc")
                    except OSError:
                        pass
        thread = threading.Thread(target=knock, daemon=True)
        thread.start()
        try:
            for _ in range(5):
                with broker.run() as run:
                    run.reaches("live")
                    run.stop()
        finally:
            stop.set()
            thread.join()
        checks.check("a stranger gets nothing through", all(client[0] != "abc" for client in broker.server.clients()),
                     broker.server.log())


def loopback_listeners():
    """Ports of this user's that listen on 127.0.0.1 only."""
    found = set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            words = line.split()
            address, _, port = words[1].partition(":")
            if address == "0100007F" and words[3] == "0A" and int(words[7]) == os.getuid():
                found.add(int(port, 16))
    return found


TESTS = (topics, refusals, sessions, told_why, publishes, tls, proxies, nobody, slow_reader, churn, rogues, strangers)


def main():
    if not mosquitto.available():
        print("SKIPPED: mosquitto or python3-paho-mqtt is absent")
        sys.exit(feed.SKIPPED)
    Feed.program = sys.argv[1]
    wanted = set(sys.argv[2:])
    checks = feed.Checks()
    for test in TESTS:
        if not wanted or test.__name__ in wanted:
            checks.run(test)
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
