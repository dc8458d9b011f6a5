# SPDX-License-Identifier: MIT
"""`weir run --status` and `--metrics` against a venue of tests/peers; the metrics are read by the parser of
Prometheus' own Python client."""
import os
import re
import sys
import time
import urllib.error
import urllib.request

import claims
from claims import equal, finish, start, stopped, within, write
from specs import SPEC, trade

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    print("SKIPPED: python3-prometheus-client is missing")
    sys.exit(claims.SKIPPED)

CONFIG = {"greeting": [], "auth": {"mode": "none"},
          "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades", "quotes"], "need": 1}}
WANTED = ["--subscribe", "trades=ABC,DEF"]
SECRET = "sEcr3t-canary"


def _venue(frames, *more):
    capture = write("frames.jsonl", "".join(frame + "\n" for frame in frames))
    return peers.Venue("--capture", capture, "--dialect", "alpaca", *more, config=CONFIG)


def _run(venue, *more):
    return start("run", write("shop.yaml", SPEC), "--set", "vars.url=" + venue.url(), *WANTED, *more)


def _address(process):
    """Where the running command serves metrics, as it says on stderr; what it said before goes to `said`."""
    said = b""
    while True:
        line = process.stderr.readline()
        said += line
        found = re.search(rb"metrics: (http://\S+)", line)
        if found:
            return found.group(1).decode()
        if not line:
            raise AssertionError("no address in %r" % said)


def _get(address):
    with urllib.request.urlopen(address, timeout=10) as reply:
        equal(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return reply.read().decode()


def _samples(text):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for family in text_string_to_metric_families(text) for s in family.samples}


def _until(address, name, labels, value):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        samples = _samples(_get(address))
        if samples.get((name, tuple(sorted(labels.items())))) == value:
            return samples
        time.sleep(0.05)
    raise AssertionError("%s %s never was %s in %s" % (name, labels, value, samples))


def metrics_count_what_was_delivered():
    with _venue([trade(i) for i in range(40)]) as venue:
        process = _run(venue, "--metrics", "0")
        address = _address(process)
        market = {"connection": "market"}
        _until(address, "weir_records_total", {**market, "channel": "data"}, 40)
        samples = _until(address, "weir_consumer_delivered_total", {"consumer": "0", "policy": "block"}, 40)
        plain = tuple(market.items())
        equal(samples["weir_connection_connects_total", plain], 1)
        equal(samples["weir_symbols", plain], 2)
        equal(samples["weir_connection_state", (("connection", "market"), ("state", "live"))], 1)
        output = (("consumer", "0"), ("policy", "block"))
        count = samples["weir_delivery_latency_seconds_count", output]
        buckets = [value for (name, labels), value in samples.items() if name == "weir_delivery_latency_seconds_bucket"]
        equal((count > 0, buckets, buckets[-1]), (True, sorted(buckets), count))
        done, _ = stopped(process)
        equal((done.code, len(done.records())), (0, 40))


def a_break_is_in_the_metrics_and_in_the_status():
    with _venue([trade(i) for i in range(30)], "--cursor", "shared", "--close-after", "10",
                "--fault-times", "1") as venue:
        process = _run(venue, "--metrics", "127.0.0.1:0", "--status")
        address = _address(process)
        _until(address, "weir_connection_connects_total", {"connection": "market"}, 2)
        samples = _until(address, "weir_records_total", {"connection": "market", "channel": "data"}, 30)
        market = (("connection", "market"),)
        equal([samples["weir_connection_" + name, market] for name in ("authenticated", "down_close_code", "failures")],
              [1, 1012, 1])
        equal(samples["weir_connection_down", (("code", "closed"), *market)], 1)
        equal(samples["weir_connection_down_seconds", market] > 1.7e9, True)
        _until(address, "weir_connection_failures", {"connection": "market"}, 0)
        done, _ = stopped(process)
        within(done.err, "market: stopped for", "30 records", "2 connects", "market: last down at 20",
               "output: 32 delivered")  # with a gap record of each symbol


def only_get_of_the_page_is_answered():
    with _venue([trade(0)]) as venue:
        process = _run(venue, "--metrics", "0")
        address = _address(process)
        for url, data, code in ((address[:-1], None, 404), (address + "/x", None, 404),
                                (address, b"x=1", 405)):
            try:
                urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10)
                raise AssertionError(url + " was answered")
            except urllib.error.HTTPError as error:
                equal(error.code, code, url)
        for _ in range(50): # each a connection of its own
            _samples(_get(address))
        stopped(process)


def an_address_that_cannot_be_listened_on_is_said():
    with _venue([trade(0)]) as venue:
        first = _run(venue, "--metrics", "0")
        port = _address(first).split(":")[2].split("/")[0]
        second = finish(_run(venue, "--metrics", port))
        equal(second.code, 1)
        within(second.err, "metrics cannot be served on 127.0.0.1:" + port, "is the port taken")
        stopped(first)
        third = finish(_run(venue, "--metrics", "localhost:http"))
        equal(third.code, 1)
        within(third.err, "'localhost:http' is no address to listen on: HOST:PORT or PORT")


if __name__ == "__main__":
    claims.main(globals(), __doc__)
