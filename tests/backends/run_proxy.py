#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CONNECT proxies: by option and environment, plain and with TLS, and those that misbehave."""

import os
import shutil
import tempfile

import client
from client import peers

ECHO = ("--capture", "/dev/null", "--dialect", "echo")
SAY = ("--send", "hello", "--close", "1000", "--after", "1", "--max-ms", "45000")
FAILURES = {
    "407": ("proxy", "407"),
    "403": ("proxy", "403"),
    "502": ("proxy", "502"),
    "close": ("proxy", "closed"),
    "garbage": ("proxy", "malformed"),
    "hang": ("timeout", "connect_timeout"),
    "endless": ("proxy", "16384"),
}
SUCCESSES = ("ok", "http10", "headers", "drip")


def says_hello(outcome):
    return outcome.is_sound() and outcome.texts() == ["hello"] and outcome.down["code"] == "ok"


def option(proxy, user=""):
    return ("--option", f"proxy=http://{user}127.0.0.1:{proxy.port}")


def modes(checks, program, venue):
    for mode in SUCCESSES:
        with peers.Proxy(mode=mode) as proxy:
            outcome = client.run(program, venue.url("/"), *SAY, *option(proxy))
            checks.check(f"proxy {mode}", says_hello(outcome), outcome)
            seen = proxy.events("connect")
            checks.check(
                f"proxy {mode}: target",
                seen and seen[0]["target"] == f"127.0.0.1:{venue.port}",
                seen,
            )
    for mode, (code, word) in FAILURES.items():
        with peers.Proxy(mode=mode) as proxy:
            patience = ("--option", f"connect_timeout={'1s' if code == 'timeout' else '30s'}")
            outcome = client.run(program, venue.url("/"), *SAY, *option(proxy), *patience)
            down = outcome.down
            checks.check(
                f"proxy {mode}",
                outcome.is_sound() and down["code"] == code and word in down["text"],
                outcome,
            )
    with peers.Proxy(mode="drop") as proxy:
        outcome = client.run(
            program, venue.url("/"), "--send-fill", "100000", "--max-ms", "45000", *option(proxy)
        )
        checks.check(
            "proxy drop",
            outcome.is_sound()
            and outcome.down["code"] == "closed"
            and outcome.down["close_code"] == 1006,
            outcome,
        )


def credentials(checks, program, venue):
    with peers.Proxy("--user", "me", "--password", "p@ss:word") as proxy:
        outcome = client.run(program, venue.url("/"), *SAY, *option(proxy, "me:p%40ss%3Aword@"))
        checks.check("proxy credentials", says_hello(outcome), outcome)
        outcome = client.run(program, venue.url("/"), *SAY, *option(proxy, "me:wrong@"))
        down = outcome.down
        checks.check(
            "wrong proxy credentials",
            outcome.is_sound()
            and down["code"] == "proxy"
            and "407" in down["text"]
            and "wrong" not in down["text"],
            outcome,
        )


def environment(checks, program, venue):
    with peers.Proxy() as proxy:

        def tunnels(env, *args):
            before = len(proxy.events("connect"))
            outcome = client.run(program, venue.url("/"), *SAY, *args, env=env)
            checks.check(f"environment {env} {args}", says_hello(outcome), outcome)
            return len(proxy.events("connect")) - before

        address = f"http://127.0.0.1:{proxy.port}"
        for name, count in (
            ("http_proxy", 1),
            ("HTTP_PROXY", 1),
            ("all_proxy", 1),
            ("ALL_PROXY", 1),
            ("https_proxy", 0),
        ):
            checks.check(f"{name} for ws", tunnels({name: address}) == count)
        for exempt, count in (
            ("*", 0),
            ("127.0.0.1", 0),
            ("127.0.0.0/8", 0),
            ("10.0.0.0/8, example.org", 1),
            (f"127.0.0.1:{venue.port}", 0),
            ("127.0.0.1:1", 1),
        ):
            checks.check(
                f"no_proxy {exempt}", tunnels({"http_proxy": address, "no_proxy": exempt}) == count
            )
        checks.check(
            "the option none", tunnels({"http_proxy": address}, "--option", "proxy=none") == 0
        )
        checks.check(
            "the option no_proxy",
            tunnels({"http_proxy": address}, "--option", "no_proxy=127.0.0.1") == 0,
        )
        bare = f"127.0.0.1:{proxy.port}"
        checks.check("a proxy without a scheme", tunnels({"http_proxy": bare}) == 1)
    outcome = client.run(program, venue.url("/"), *SAY, "--option", "proxy=socks5://127.0.0.1:1080")
    checks.check(
        "a socks proxy is refused, not passed by",
        outcome.is_sound() and outcome.down["ev"] == "refused" and outcome.down["code"] == "proxy",
        outcome,
    )
    outcome = client.run(program, venue.url("/"), *SAY, "--option", "proxy=http://127.0.0.1:1")
    checks.check(
        "a proxy that is not there",
        outcome.is_sound() and outcome.down["code"] == "connect",
        outcome,
    )


def secured(checks, program, directory):
    ca = peers.make_ca(directory)
    files = ("--tls", "--cert", os.path.join(ca, "good.pem"), "--key", os.path.join(ca, "good.key"))
    trust = ("--option", f"tls.ca={os.path.join(ca, 'ca.pem')}")
    with peers.Venue(*ECHO, *files) as venue, peers.Proxy(
        "--connect-to", f"127.0.0.1:{venue.port}"
    ) as proxy:
        url = f"wss://venue.test:{venue.port}/"
        outcome = client.run(program, url, *SAY, *trust, *option(proxy))
        checks.check("TLS through a proxy that resolves the name", says_hello(outcome), outcome)
        checks.check(
            "the name reaches the proxy",
            proxy.events("connect")[0]["target"] == f"venue.test:{venue.port}",
        )
        checks.check(
            "and the certificate is checked for it",
            venue.events("open")[0]["tls"]["servername"] == "venue.test",
        )
        outcome = client.run(
            program, f"wss://other.test:{venue.port}/", *SAY, *trust, *option(proxy)
        )
        checks.check(
            "a proxy cannot stand in for the venue",
            outcome.is_sound() and outcome.down["code"] == "tls",
            outcome,
        )
        outcome = client.run(
            program, url, *SAY, *trust, env={"https_proxy": f"http://127.0.0.1:{proxy.port}"}
        )
        checks.check("https_proxy for wss", says_hello(outcome), outcome)


def main():
    program = client.start()
    checks = client.Checks()
    directory = tempfile.mkdtemp(prefix="weir-proxy-")
    try:
        with peers.Venue(*ECHO) as venue:
            for part in (modes, credentials, environment):
                part(checks, program, venue)
        secured(checks, program, directory)
        checks.finish()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
