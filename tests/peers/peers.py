# SPDX-License-Identifier: MIT
"""Starts, commands, reads and stops the servers of this folder, from tests written in Python.

A peer's stdin is a pipe held by this process, so a peer ends when its test does, however that
ends. Every wait has a deadline, and an error at a deadline carries what the peer said: a test that
fails tells why. README.md describes the servers; only the standard library is used.
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
# How long a machine that is busy with other things may take.
START_SECONDS = 60
COMMAND_SECONDS = 60
WAIT_SECONDS = 60
STOP_SECONDS = 20
PORT_FIRST, PORT_END = 20000, 32768


class PeerError(Exception):
    """A peer did not start, refused a command, or did not do in time what a test waits for."""


def available():
    """True when the servers can run here: node and the ws package are there."""
    return shutil.which("node") is not None and all(
        os.path.isdir(os.path.join(HERE, "node_modules", package))
        for package in ("ws", "socket.io", "sio2")
    )


def make_ca(directory):
    """Writes the throw-away CA and its certificates into the directory, once; returns it."""
    if not os.path.exists(os.path.join(directory, "client.pem")):
        done = subprocess.run(
            ["sh", os.path.join(HERE, "make_ca.sh"), directory],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise PeerError("make_ca.sh failed:\n" + done.stderr)
    return directory


def free_port(taken=set()):
    """A port for a server that is told its port, or that comes back at it. It lies below those that the kernel gives to
    whoever asks for any, so that nobody is given it between now and then, or while the server is down; each is given once."""
    while True:
        port = random.randrange(PORT_FIRST, PORT_END)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in taken:
            taken.add(port)
            return port


def whole_lines(path):
    """What the lines of a file say that is still written to, each as JSON; the last one counts once it has its end.
    The file is read at one go: who goes on reading behind a piece of a line gets its rest, and takes that for a line."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


def _matches(event, members):
    return all(name in event and event[name] == wanted for name, wanted in members.items())


class Peer:
    """One running server. `ready` is its first line; `port` is there too."""

    def __init__(self, script, *args, max_seconds=300):
        self.name = script
        self.scratch = tempfile.mkdtemp(prefix="weir-peer-")
        self.log_path = os.path.join(self.scratch, "log.ndjson")
        self.stderr_path = os.path.join(self.scratch, "stderr.txt")
        self.is_tls = "--tls" in args
        self.lines = []
        self.arrived = threading.Condition()
        command = [
            "node" if script.endswith(".js") else sys.executable,
            os.path.join(HERE, script),
            "--log",
            self.log_path,
            "--max-seconds",
            str(max_seconds),
        ]
        with open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(
                command + [str(arg) for arg in args],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.ready = self._next_line(START_SECONDS)
        except PeerError:
            self.stop()
            raise
        self.port = self.ready["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.lines.append(None)
            self.arrived.notify_all()

    def _next_line(self, seconds):
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.lines, seconds):
                raise PeerError(f"{self.name}: no answer within {seconds} s\n{self.stderr_text()}")
            line = self.lines.pop(0)
            if line is None:
                self.lines.append(None)
                raise PeerError(f"{self.name}: ended\n{self.stderr_text()}")
        return json.loads(line)

    def stderr_text(self):
        """What the server said on stderr so far (empty after stop)."""
        try:
            with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def url(self, path="/", host="127.0.0.1"):
        """The websocket URL of a path on this server."""
        return f"{'wss' if self.is_tls else 'ws'}://{host}:{self.port}{path}"

    def tell(self, name, **members):
        """Sends a command and returns its reply, whether ok or not."""
        try:
            self.process.stdin.write((json.dumps({"cmd": name, **members}) + "\n").encode())
            self.process.stdin.flush()
        except OSError as error:
            raise PeerError(f"{self.name}: gone: {error}\n{self.stderr_text()}") from error
        return self._next_line(COMMAND_SECONDS)

    def command(self, name, **members):
        """Sends a command and returns its reply; PeerError when the server could not do it."""
        reply = self.tell(name, **members)
        if not reply.get("ok"):
            raise PeerError(f"{self.name}: {name}: {reply.get('error')}")
        return reply

    def next_line(self, timeout=COMMAND_SECONDS):
        """The next line on stdout (feed.js reports there), as a dict."""
        return self._next_line(timeout)

    def log(self):
        """All events logged so far, oldest first."""
        return whole_lines(self.log_path)

    def events(self, ev, **members):
        """The events of one kind whose members equal those given."""
        return [event for event in self.log() if event["ev"] == ev and _matches(event, members)]

    def wait(self, ev, count=1, timeout=WAIT_SECONDS, **members):
        """The count-th event of a kind with members as given, logged already or to come."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.events(ev, **members)
            if len(found) >= count:
                return found[count - 1]
            if time.monotonic() > deadline:
                tail = "\n".join(json.dumps(event)[:300] for event in self.log()[-12:])
                raise PeerError(
                    f"{self.name}: {len(found)} of {count} events {ev} {members} "
                    f"within {timeout} s; "
                    f"last events:\n{tail}\n{self.stderr_text()}"
                )
            time.sleep(0.02)

    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends the server and removes its scratch files. Twice is once. Returns its exit status."""
        if self.process.stdin and not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(STOP_SECONDS)
        if self.process.stdout and not self.process.stdout.closed:
            self.process.stdout.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
        return self.process.returncode


class Venue(Peer):
    """venue.js. `config` is merged over the dialect's."""

    def __init__(self, *args, config=None, **keywords):
        extra = ("--config", json.dumps(config)) if config is not None else ()
        super().__init__("venue.js", *args, *extra, **keywords)

    def messages(self, conn=None):
        """What clients sent: JSON where it parses, else text; binary ones as {"hex": ...}."""
        chosen = self.events("message") if conn is None else self.events("message", conn=conn)
        return [event.get("json", event.get("text", {"hex": event.get("hex")})) for event in chosen]


class SocketIo(Peer):
    """socketio.js, or (`python`) the same venue on python3-socketio."""

    def __init__(self, *args, python=False, **keywords):
        super().__init__("socketio_server.py" if python else "socketio.js", *args, **keywords)

    def url(self, path="", host="127.0.0.1"):
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}{path}"

    def heard(self, name=None):
        """The arguments of the events that clients emitted, oldest first."""
        return [event["args"] for event in self.events("event") if name in (None, event["name"])]


class Hostile(Peer):
    """hostile.js. `cases` are its cases."""

    def __init__(self, *args, **keywords):
        super().__init__("hostile.js", *args, **keywords)
        self.cases = self.ready["cases"]

    def run_log(self, name=None, wait=0):
        """The runs so far (of one case); with `wait` seconds, once the last has ended."""
        if self.is_tls:
            return [
                event
                for event in self.log()
                if event["ev"] == "run" and name in (None, event["case"])
            ]
        query = urllib.parse.urlencode({"case": name or "", "wait": int(wait * 1000)})
        url = f"http://127.0.0.1:{self.port}/_log?{query}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=wait + COMMAND_SECONDS) as reply:
            return json.loads(reply.read())


class Proxy(Peer):
    """proxy.js."""

    def __init__(self, *args, mode="ok", **keywords):
        super().__init__("proxy.js", "--mode", mode, *args, **keywords)


class Faults(Peer):
    """faults.js, relaying to a port."""

    def __init__(self, target, *args, **keywords):
        super().__init__("faults.js", "--target", target, *args, **keywords)


class Feed(Peer):
    """feed.js."""

    def __init__(self, *args, **keywords):
        super().__init__("feed.js", *args, **keywords)
