# SPDX-License-Identifier: MIT
"""Forty credentials in every place that a spec can send one from, against a venue that repeats all it is sent: none of them
may be seen in anything that any command says, at any log level, in a recording, a status or a metric - not as it is,
nor as JSON, a URL or base64 would write it."""
import base64
import json
import os
import random
import signal
import sys
import time
import urllib.parse
import urllib.request

import claims
from claims import equal, finish, start, stopped, weir, within, write

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

COUNT = 40
PLACES = ("path", "option", "header", "query", "login", "subscribe", "text", "binary")
ODD = ('"', "\\", "%", "/", "+", "=", "&", "é", " ", "<", "'", "{", "}")


def _make(dice, number):
    """A secret: letters and digits, and in every second one what JSON, URLs and templates write in their own way. What goes
    into a header or the path of a URL is ASCII without blanks."""
    word = "Cn%02d" % number + "".join(dice.choice("abcdefghkmnpqrstuvwxyz23456789") for _ in range(20))
    if PLACES[number % len(PLACES)] in ("path", "option", "header"):
        return word + ("-_.~" if number % 2 else "")
    if number % 2:
        for odd in dice.sample(ODD, 3):
            at = dice.randrange(4, len(word))
            word = word[:at] + odd + word[at:]
    return word


SECRETS = {"c%d" % i: _make(random.Random(i), i) for i in range(COUNT)}
ENVIRONMENT = {"BANK_" + name.upper(): value for name, value in SECRETS.items()}


def _forms(secret):
    """How it may be written: itself, in JSON (both ways), in a URL (both ways), and the inside of it in base64."""
    raw = secret.encode()
    yield raw
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret).encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[4 if shift else 0:-4]


NEEDLES = {form: name for name, secret in SECRETS.items() for form in _forms(secret)}


def _clean(where, *texts):
    for text in texts:
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        for needle, name in NEEDLES.items():
            at = data.find(needle)
            if at >= 0:
                raise AssertionError("%s: credential %s is seen: ...%r..." % (where, name, data[max(0, at - 60):at + 60]))


def _of(place):
    return [name for i, name in enumerate(SECRETS) if PLACES[i % len(PLACES)] == place]


def _spec(extra=""):
    def fields(place):
        return "{" + ", ".join("%s: credentials.%s" % (name, name) for name in _of(place)) + "}"

    # Written as JSON, which is YAML: names of the spec need no quotes there.
    connection = {
        "url": "{vars.url}" + "".join("/{credentials.%s}" % name for name in _of("path")),
        "backend": {"type": "websocket", "options": {"headers": {"X-" + name: "{credentials.%s}" % name for name in _of("option")}}},
        "streams": {"deals": "data", "texts": "quote", "raws": "order"},
        "auth": {"mode": ["headers", "url", "first_message"],
                 "headers": {"fields": {"Y-" + name: "'Bearer ' + credentials.%s" % name for name in _of("header")}},
                 "url": {"query": {"fields": {name: "credentials.%s" % name for name in _of("query")}}},
                 "first_message": {"json": {"fields": {"op": "'login'", **{name: "credentials.%s" % name for name in _of("login")}}}},
                 "ack": {"match": "data.get('ok') == 'login'", "error": "data.get('no') is not None", "timeout": "2s"}},
        "subscribe": {"subscribe": {
            "deals": {"json": {"fields": {"op": "'sub'", "syms": "[a.symbol for a in assets]",
                                          **{name: "credentials.%s" % name for name in _of("subscribe")}}}},
            "texts": {"text": "TEXT " + " ".join("{%s}" % name for name in _of("text")),
                      "tokens": {"fields": {name: "credentials.%s" % name for name in _of("text")}}},
            "raws": {"bytes": "(" + " + ".join("credentials.%s" % name for name in _of("binary")) + ").encode()"}}},
        "router": {"rules": [{"channel": "deals", "match": "data.get('echo') is not None"}], "default_channel": "drop"},
        "converters": {"all": {"fields": {"price": "float(data['echo']['op'] if data['echo'] else '')"}}},
        "reconnect": {"initial": "50ms", "max": "100ms", "jitter": "none", "attempts": 16},
    }
    return json.dumps({"weir": 1, "name": "bank", "vars": {"url": "ws://127.0.0.1:1"}, "credentials": list(SECRETS),
                       "connections": {"market": connection}}) + extra


def _run(venue, *more):
    url = venue if isinstance(venue, str) else venue.url("").rstrip("/")
    return start("run", write("bank.yaml", _spec()), "--set", "vars.url=" + url, "--log", "debug", "--subscribe", "deals=ABC",
                 "--subscribe", "texts=ABC", "--subscribe", "raws=ABC", "--status", *more,
                 env={**os.environ, **ENVIRONMENT})


def _venue(**config):
    """Takes any login, and sends back whatever it is sent."""
    capture = write("frames.jsonl", '{"n":1}\n')
    return peers.Venue("--capture", capture, "--dialect", "none", config={
        "greeting": [], "auth": {"mode": "first_message", "match": {"op": "login"}, "is_auth": {"op": "login"},
                                 "ack": {"ok": "login", "echo": "$msg"}, "reject": {"no": "$msg"}, "close": None},
        "replies": [{"match": {"op": "sub"}, "send": {"echo": "$msg"}}, {"match": {"$re": "TEXT"}, "send": {"echo": "$msg"}}],
        "unknown": {"echo": "$msg"}, **config})


def a_feed_that_works_says_none():
    with _venue() as venue:
        process = _run(venue, "--record", "all.rec", "--metrics", "0")
        for name in ("open", "auth"):
            venue.wait(name)
        venue.wait("message", count=4)
        time.sleep(0.5)
        done, _ = stopped(process)
        within(done.err, "market: live", "1 connects")
        _clean("the log", done.err)
        _clean("the output", done.out)
        with open("all.rec", "rb") as file:
            _clean("the recording", file.read())
        sent = json.dumps(venue.log())
        for name, secret in SECRETS.items(): # they did reach the venue, all of them
            if PLACES[int(name[1:]) % len(PLACES)] == "binary":
                equal(secret.encode().hex() in sent, True, name)
            else:
                equal(any(form.decode() in sent for form in list(_forms(secret))[:5])
                      or json.dumps(secret)[1:-1].replace("\\", "\\\\") in sent, True, name)
        for command in (("replay", "bank.yaml", "all.rec", "--stats"), ("replay", "bank.yaml", "all.rec", "--format", "pretty"),
                        ("explain", "bank.yaml", "--frame", "@all.rec:1"), ("record-test", "bank.yaml", "all.rec", "--frames", "0")):
            done = weir(*command, env=ENVIRONMENT)
            _clean(" ".join(command), done.out, done.err)


def metrics_say_none():
    with _venue() as venue:
        process = _run(venue, "--metrics", "0")
        address = None
        while address is None:
            line = process.stderr.readline().decode()
            if not line:
                raise AssertionError("the command ended")
            _clean("the log", line)
            if "metrics: http" in line:
                address = line.split("metrics: ")[1].strip()
        venue.wait("message", count=4)
        with urllib.request.urlopen(address, timeout=10) as reply:
            _clean("metrics", reply.read())
        done, _ = stopped(process)
        _clean("the log", done.err, done.out)


def a_refused_login_says_none():
    with _venue(auth={"mode": "first_message", "match": {"op": "nothing"}, "is_auth": {"op": "login"},
                      "reject": {"no": "$msg"}, "close": {"code": 1008, "reason": "no"}}) as venue:
        done = finish(_run(venue))
        equal(done.code, 1)
        within(done.err, "failed", "the venue refused")
        _clean("a refused login", done.err, done.out)


def refused_handshakes_and_dead_ends_say_none():
    with _venue() as venue:
        for status in (401, 403, 429, 503):
            venue.command("http", status=status, times=1)
            process = _run(venue)
            venue.wait("refused", count=1, status=status)
            time.sleep(0.2)
            done, _ = stopped(process) if process.poll() is None else (finish(process), 0)
            _clean("HTTP %d" % status, done.err, done.out)
        port = venue.port
    for url in ("ws://127.0.0.1:%d" % port, "ws://no.such.host.invalid", "wss://127.0.0.1:%d" % port, "ftp://x"):
        done = finish(_run(url))
        equal(done.code != 0, True)
        _clean(url, done.err, done.out)


def a_close_that_repeats_them_says_none():
    with _venue() as venue:
        process = _run(venue)
        venue.wait("auth")
        for name in list(SECRETS)[:12]:
            opened = len(venue.events("auth"))
            secret = SECRETS[name].encode()[:100].decode("utf-8", "ignore")
            venue.tell("close", code=4001, reason="bad key " + secret)
            venue.wait("auth", count=opened + 1)
        done, _ = stopped(process)
        within(done.err, "bad key ***")
        _clean("close reasons", done.err, done.out)


def commands_without_a_network_say_none():
    write("bank.yaml", _spec())
    write("broken.yaml", _spec(" ").replace('"converters"', '"convertors"'))
    write("frame.json", json.dumps({"echo": {"op": "x"}}))
    for command in (("check", "bank.yaml"), ("check", "broken.yaml"), ("check", "bank.yaml", "--json"), ("show", "bank.yaml"),
                    ("list",), ("explain", "bank.yaml"), ("explain", "bank.yaml", "--code"),
                    ("explain", "bank.yaml", "--subscribe", "deals=ABC"), ("explain", "bank.yaml", "--frame", "@frame.json"),
                    ("test", "bank.yaml"), ("fmt", "bank.yaml"), ("schema",), ("version",), ("help", "run")):
        done = weir(*command, env=ENVIRONMENT)
        _clean(" ".join(command), done.out, done.err)
    done = weir("eval", env=ENVIRONMENT,
                data=b":spec bank.yaml\n" + b"".join(b"credentials.%s\n'x' + credentials.%s\n" % (n.encode(), n.encode())
                                                     for n in SECRETS))
    within(done.out, "***")
    _clean("eval", done.out, done.err)


def an_abort_says_none():
    for number in (signal.SIGABRT, signal.SIGSEGV):
        with _venue() as venue:
            process = _run(venue)
            venue.wait("message", count=4)
            process.send_signal(number)
            done = finish(process)
            equal(done.code in (-number, 1), True, done.code) # 1: a sanitizer has its own way to end
            _clean("the text of an abort", done.err, done.out)


if __name__ == "__main__":
    if not peers.available():
        print("SKIPPED: node or the package ws is missing")
        sys.exit(claims.SKIPPED)
    claims.main(globals(), __doc__)
