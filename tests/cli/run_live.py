# SPDX-License-Identifier: MIT
"""`weir run` against a venue of tests/peers, which is not ours and says what it saw."""
import json
import os
import sys

import claims
from claims import PROMPTLY, equal, finish, start, stopped, weir, within, write
from specs import SPEC, TWO_CONNECTIONS, quote, trade

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402

CONFIG = {"greeting": [], "auth": {"mode": "none"},
          "subscribe": {"match": {"action": "subscribe"}, "symbols": ["trades", "quotes"], "need": 1}}
WANTED = ["--subscribe", "trades=ABC,DEF", "--subscribe", "quotes=ABC"]
ASKED = [("trades", "ABC"), ("trades", "DEF"), ("quotes", "ABC")]


def _venue(frames, *more):
    capture = write("frames.jsonl", "".join(frame + "\n" for frame in frames))
    return peers.Venue("--capture", capture, "--dialect", "alpaca", *more, config=CONFIG)


def _run(venue, *more, spec=SPEC):
    return start("run", write("shop.yaml", spec), "--set", "vars.url=" + venue.url(), *more)


def records_arrive_and_a_limit_ends_it():
    with _venue([trade(i) for i in range(50)]) as venue:
        done = finish(_run(venue, "--limit", "20", *WANTED))
        equal(done.code, 0)
        equal([r["data"]["close"] for r in done.records()], [i + 0.5 for i in range(20)])
        equal([r["seq"] for r in done.records()], list(range(1, 21)))
        equal(venue.messages(conn=1), [{"action": "subscribe", "trades": ["ABC", "DEF"]},
                                       {"action": "subscribe", "quotes": ["ABC"]}])
        equal(venue.wait("close", conn=1)["code"], 1000)


def a_duration_ends_it():
    with _venue([trade(i) for i in range(5)]) as venue:
        done = finish(_run(venue, "--duration", "4s", *WANTED))
        equal((done.code, len(done.records())), (0, 5))
        within(done.err, "market: live", "subscribed trades (2 symbols)", "market: stopped")


def what_is_queued_at_a_signal_is_still_written():
    with _venue([trade(i) for i in range(20000)]) as venue:
        process = _run(venue, *WANTED)
        venue.wait("played", timeout=30)
        done, seconds = stopped(process)
        equal((done.code, seconds < PROMPTLY), (0, True))
        numbers = [r["seq"] for r in done.records()]
        equal(numbers, list(range(1, len(numbers) + 1)))


def a_break_is_mended_and_subscribed_again():
    with _venue([trade(i) for i in range(30)], "--cursor", "shared", "--close-after", "10",
                "--fault-times", "2") as venue:
        done = finish(_run(venue, "--limit", "30", *WANTED))
        data = [r["data"]["close"] for r in done.records() if "gap" not in r]
        equal((done.code, data), (0, [i + 0.5 for i in range(30)]))
        gaps = [(r["stream"], r["asset"], r["gap"]["reason"]) for r in done.records() if "gap" in r]
        equal(gaps, [(stream, asset, "disconnect") for stream, asset in ASKED] * 2)
        equal(len(venue.events("subscribe", ok=True)), 9)
        within(done.err, "backoff", "again in")


def a_recording_has_both_directions():
    with _venue([trade(1), quote(2), trade(3)]) as venue:
        done = finish(_run(venue, "--limit", "3", "--record", "r.rec", *WANTED))
        equal(done.code, 0)
    equal(weir("replay", "shop.yaml", "r.rec").out, done.out)
    with open("r.rec", "rb") as file:
        within(file.read(), b'{"action":"subscribe","trades":["ABC","DEF"]}')


def only_the_connections_named_are_opened():
    with _venue([trade(1)]) as venue:
        done = finish(_run(venue, "--connection", "market", "--limit", "1", *WANTED, spec=TWO_CONNECTIONS))
        equal((done.code, len(done.records())), (0, 1))
        equal(venue.command("stats")["opened"], 1)
    done = weir("run", "shop.yaml", "--connection", "markt")
    equal(done.code, 1)
    within(done.err, "markt", "market")


def the_exit_status_is_one_when_every_connection_has_failed():
    tired = SPEC.replace("max: 100ms", "max: 100ms, attempts: 2")
    done = finish(start("run", write("tired.yaml", tired), *WANTED))
    equal((done.code, done.out), (1, ""))
    within(done.err.splitlines()[-1], "weir: market: ", "refused")


def binary_columns_and_csv_reach_the_pipe():
    with _venue([trade(1), quote(2)]) as venue:
        done = finish(_run(venue, "--format", "csv", "--limit", "2", *WANTED))
        lines = done.out.splitlines()
        equal((done.code, len(lines)), (0, 3))
        within(lines[0], "channel,stream,connection,asset,timestamp,data.close,data.note,bid,market_depth.bids")


def a_slow_reader_with_drops_allowed_is_told_how_many():
    with _venue([trade(i, n="x" * 400) for i in range(200000)]) as venue:
        process = _run(venue, "--overflow", "drop_oldest", *WANTED)
        first = json.loads(process.stdout.readline())
        venue.wait("played", timeout=60)
        done, _ = stopped(process)
        equal(done.code, 0)
        reached = first["seq"]
        for record in done.records():
            reached += record["gap"]["missed"] if "gap" in record else 1
            equal(record["seq"], reached, "every hole is told where it is")
        gaps = [r for r in done.records() if "gap" in r]
        equal((len(gaps) > 0, {(r["stream"], r["asset"], r["gap"]["reason"]) for r in gaps}),
              (True, {("trades", "ABC", "overflow")}))
        within(done.err, "dropped ")


def gaps_are_in_a_csv_that_asks_for_them():
    for more, header in ((["--gaps"], ",gap.from,gap.to,gap.reason,gap.missed,gap.last,gap.next,received,seq"), ([], ",received,seq")):
        with _venue([trade(i) for i in range(30)], "--cursor", "shared", "--close-after", "10",
                    "--fault-times", "1") as venue:
            done = finish(_run(venue, "--limit", "30", "--format", "csv", *more, *WANTED))
        lines = done.out.splitlines()
        equal((done.code, lines[0].endswith(header)), (0, True), lines[0])
        equal(len([line for line in lines if ",disconnect," in line]), 3 if more else 0)
        equal({len(line.split(",")) for line in lines}, {lines[0].count(",") + 1})


def a_secret_that_the_venue_repeats_is_in_no_message_and_no_recording():
    secret = 's3cret/"\\9876543210'
    spec = SPEC.replace("connections:", "credentials: [key]\nconnections:").replace("    subscribe:\n", """\
    auth:
      mode: first_message
      first_message: {json: {fields: {action: "'auth'", key: credentials.key, coded: "b64encode('u:' + credentials.key)"}}}
      ack: {match: "data['T'] == 'ok'", error: "data['T'] == 'error'", timeout: 5s}
    subscribe:\n""", 1).replace("connections:", "connections:", 1)
    spec = spec.replace("          close: float(data['p'])", "          close: float(data['k'])")
    auth = {"mode": "first_message", "match": {"action": "auth"}, "ack": {"T": "ok", "all": "$msg"}}
    wrong = {**auth, "match": {"action": "none"}, "is_auth": {"action": "auth"}, "reject": {"T": "error", "all": "$msg"}}
    capture = write("frames.jsonl", trade(1, k=secret) + "\n")
    for how in (auth, wrong):
        config = {**CONFIG, "auth": how}
        with peers.Venue("--capture", capture, "--dialect", "alpaca", config=config) as venue:
            done = finish(start("run", write("shop.yaml", spec), "--set", "vars.url=" + venue.url(), "--record", "r.rec",
                                "--log", "debug", "--duration", "1s", *WANTED, env={**os.environ, "SHOP_KEY": secret}))
        stats = weir("replay", "shop.yaml", "r.rec", "--stats", env={"SHOP_KEY": secret})
        with open("r.rec", "rb") as file:
            texts = {"log": done.err, "recording": file.read().decode(errors="replace"), "stats": stats.err}
        for name, text in texts.items():
            equal([part for part in ("s3cret", "9876543210", "dTpzM2") if part in text], [], name)


if __name__ == "__main__":
    if not peers.available():
        print("skipped: node or tests/peers/node_modules is absent")
        sys.exit(claims.SKIPPED)
    claims.main(globals(), __doc__)
