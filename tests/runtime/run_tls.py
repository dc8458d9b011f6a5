#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that are not to be trusted, by everything that speaks TLS: each is refused with an error of the code `tls` that says why,
before anything of ours is sent. The server is openssl's own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import feed
from feed import Feed, peers

SPEC = os.path.join(feed.HERE, "tls.yaml")
CONNECTIONS = ("websocket", "session", "polling", "socketio", "mqtt", "mqtt_websocket")
OURS = (b"GET ", b"MQTT")
WEAK = ("-cipher", "ALL:@SECLEVEL=0")
OLD = ("protocol version", "unsupported protocol", "version too low")
# name of the case, certificate, options of the server, words of which the error has one
CASES = (
    ("expired", "expired", (), ("expired",)),
    ("not yet valid", "future", (), ("not yet valid",)),
    ("another host's", "wrong-host", (), ("mismatch",)),
    ("self-signed", "self-signed", (), ("self-signed", "self signed")),
    ("of TLS 1.0", "good", ("-tls1", *WEAK), OLD),
    ("of TLS 1.1", "good", ("-tls1_1", *WEAK), OLD),
)


class Server:
    """openssl s_server; what it heard is in its output."""

    def __init__(self, folder, cert, options):
        self.port = peers.free_port()
        self.heard = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", os.path.join(folder, cert + ".pem"),
             "-key", os.path.join(folder, cert + ".key"), "-quiet", *options],
            stdin=subprocess.PIPE, stdout=self.heard, stderr=subprocess.STDOUT)

    def __enter__(self):
        deadline = time.monotonic() + peers.START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise feed.FeedError("openssl s_server does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.heard.close()

    def output(self):
        return os.pread(self.heard.fileno(), 1 << 20, 0)  # at a place of its own: the server writes at the file's


def refused(checks, folder):
    for name, cert, options, words in CASES:
        with Server(folder, cert, options) as server:
            with Feed(f"localhost:{server.port}", "+".join(CONNECTIONS), "--set", "vars.ca=" + os.path.join(folder, "ca.pem"),
                      spec=SPEC) as run:
                for connection in CONNECTIONS:
                    error = run.wait("event", type="error", connection=connection)
                    checks.check(f"{connection}: a server {name} is refused",
                                 error["code"] == "tls" and any(word in error["reason"] for word in words), error)
                run.stop()
            heard = server.output()
        checks.check(f"a server {name} hears nothing of ours", not any(word in heard for word in OURS), heard)


def trusted(checks, folder):
    """The counter-test: what the same server hears when it may be trusted."""
    for connection in CONNECTIONS:
        with Server(folder, "good", ()) as server:
            with Feed(f"localhost:{server.port}", connection, "--set", "vars.ca=" + os.path.join(folder, "ca.pem"), spec=SPEC) as run:
                deadline = time.monotonic() + feed.WAIT_SECONDS
                while not any(word in server.output() for word in OURS) and time.monotonic() < deadline:
                    time.sleep(0.05)
                run.stop()
            checks.check(f"{connection}: a server that is trusted is spoken to", any(word in server.output() for word in OURS),
                         server.output())


def tests(checks, directory):
    peers.make_ca(directory)
    for test in (refused, trusted):
        checks.run(test, directory)


if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("SKIPPED: there is no openssl")
        sys.exit(feed.SKIPPED)
    feed.main(tests)
