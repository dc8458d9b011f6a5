# SPDX-License-Identifier: MIT
"""Eclipse mosquitto as a peer: a broker of Debian's with a password file, and optionally TLS and websocket
listeners, that can be killed and started again on its ports. What its clients did is read from its log; what it is to
pass on is published by Debian's python3-paho-mqtt, which is not the library that the backend stands on.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from peers import START_SECONDS, STOP_SECONDS, free_port

PUBLISHER = ("publisher", "p-789")


def available():
    try:
        import paho.mqtt.client  # noqa: F401  (only whether it is there)
    except ImportError:
        return False
    return program("mosquitto") is not None and program("mosquitto_passwd") is not None


def program(name):
    """Debian has the broker in /usr/sbin, which is not on everybody's PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Mosquitto:
    """One broker. `users` are name: password; without any, everybody may come in. `listeners` are name: lines."""

    def __init__(self, directory, users=None, listeners=None, settings=()):
        self.directory = directory
        self.users = users
        self.listeners = listeners or {"tcp": []}
        self.settings = settings
        self.ports = {}
        self.process = None
        self.log_path = os.path.join(directory, "mosquitto.log")
        self.conf_path = os.path.join(directory, "mosquitto.conf")
        self.publisher = None
        self.seen = 0       # bytes of the log before the last start

    @property
    def port(self):
        return self.ports["tcp"]

    def start(self):
        if not self.ports:
            self.ports = {name: free_port() for name in self.listeners}
            self._write_passwords()
            self._write_config()
        self.seen = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([program("mosquitto"), "-c", self.conf_path], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log)
        log.close()
        for port in self.ports.values():
            self._await(port)

    def _await(self, port):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("mosquitto does not listen:\n" + self.log()) from None
                time.sleep(0.02)

    def _write_passwords(self):
        path = os.path.join(self.directory, "passwords")
        if self.users is None:
            return
        open(path, "w", encoding="utf-8").close()
        for name, password in dict(self.users, **dict([PUBLISHER])).items():
            subprocess.run([program("mosquitto_passwd"), "-b", path, name, password], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(path, 0o644)

    def _write_config(self):
        lines = [f"user {getpass.getuser()}", "log_dest stderr", "log_type all", "persistence false",
                 "max_queued_messages 0", "max_queued_bytes 0", *self.settings]
        if self.users is None:
            lines.append("allow_anonymous true")
        else:
            lines += ["allow_anonymous false", f"password_file {os.path.join(self.directory, 'passwords')}"]
        for name, extra in self.listeners.items():
            lines += [f"listener {self.ports[name]} 127.0.0.1", *extra]
        with open(self.conf_path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def kill(self):
        self._leave()
        self.process.kill()
        self.process.wait()

    def stop(self):
        self._leave()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    # ------------------------------------------------------------------ what its log tells

    def log(self):
        """Since the last start, without the time in front of the lines; the last one counts once it has its end."""
        with open(self.log_path, "rb") as file:
            file.seek(self.seen)
            text = file.read()
        lines = text[: text.rfind(b"\n") + 1].decode(errors="replace").splitlines(keepends=True)
        return "".join(line.partition(": ")[2] for line in lines)

    def clients(self):
        """The sessions so far: (client id, its topics, whether it is connected), the publisher aside."""
        sessions = []
        for line in self.log().splitlines():
            words = line.split()
            if line.startswith("New client connected from") and PUBLISHER[0] not in line:
                sessions.append([words[words.index("as") + 1], {}, True])
            elif line.startswith("Client ") and ("disconnected" in line or "closed" in line or "exceeded" in line):
                for session in sessions:
                    if session[0] == words[1]:
                        session[2] = False
            elif len(words) == 3 and words[1] in ("0", "1", "2"):
                self._of(sessions, words[0])[words[2]] = int(words[1])
            elif len(words) == 2:
                self._of(sessions, words[0]).pop(words[1], None)
        return sessions

    @staticmethod
    def _of(sessions, client):
        return next((session[1] for session in reversed(sessions) if session[0] == client), {})

    def answered(self):
        """Connects that got an answer, refused or not, those of the publisher aside."""
        return sum(line.startswith("Sending CONNACK") and PUBLISHER[0] not in line for line in self.log().splitlines())

    def topics(self):
        """Topic: quality of service, of the clients that are connected."""
        found = {}
        for _, topics, is_open in self.clients():
            if is_open:
                found.update(topics)
        return found

    # ------------------------------------------------------------------ publishing

    def publish(self, topic, payload, qos=0, retain=False):
        """Queues a message; it goes out in order."""
        if self.publisher is None:
            self.publisher = self._join()
        return self.publisher.publish(topic, payload, qos, retain)

    def _join(self):
        from paho.mqtt import client as paho
        joined = threading.Event()
        publisher = paho.Client(client_id=PUBLISHER[0])
        publisher.max_inflight_messages_set(1000)
        publisher.max_queued_messages_set(0)
        if self.users is not None:
            publisher.username_pw_set(*PUBLISHER)
        publisher.on_connect = lambda *_: joined.set()
        publisher.connect("127.0.0.1", self.port)
        publisher.loop_start()
        if not joined.wait(START_SECONDS):
            raise RuntimeError("the publisher cannot connect:\n" + self.log())
        return publisher

    def _leave(self):
        if self.publisher:
            self.publisher.disconnect()
            self.publisher.loop_stop()
            self.publisher = None
