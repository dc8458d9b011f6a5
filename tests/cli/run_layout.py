# SPDX-License-Identifier: MIT
"""Specs with a binary layout as the commands see them: a venue of tests/peers that sends binary and text
frames on one socket, files and recordings of both kinds, tests made of them, and what is explained."""
import json
import os
import struct
import sys

import claims
from claims import ROOT, equal, finish, start, weir, within, write

sys.path.insert(0, os.path.join(claims.ROOT, "tests", "peers"))
import peers  # noqa: E402
from run_offline import _block  # noqa: E402

KITE = os.path.join(ROOT, "specs", "kite.yaml")
LTP = struct.pack(">II", 738561, 250005)
ORDER = json.dumps({"type": "order", "data": {
    "order_id": "1", "status": "OPEN", "instrument_token": 738561, "order_timestamp": "2023-11-14 15:12:01",
    "transaction_type": "BUY", "order_type": "LIMIT", "validity": "DAY", "price": 2500.5, "trigger_price": 0,
    "quantity": 10, "filled_quantity": 0, "average_price": 0}})
GIVEN = {"KITE_API_KEY": "k", "KITE_ACCESS_TOKEN": "t"}
BINARY = 2      # the flag of a recording


def _frame(*packets):
    return struct.pack(">H", len(packets)) + b"".join(struct.pack(">H", len(p)) + p for p in packets)


def _lpf(*frames):
    return write("frames.lpf", b"".join(struct.pack("<I", len(f)) + f for f in frames))


def _recording(*frames):
    """Frames as bytes (binary) or texts."""
    blocks = [b"WEIRREC1", _block(1, 0, 0, 0, b"ticker")]
    blocks += [_block(2, 0 if isinstance(f, str) else BINARY, 0, 1700000000000000000, f.encode() if isinstance(f, str) else f)
               for f in frames]
    return write("frames.rec", b"".join(blocks))


def packets_of_a_live_socket_are_records():
    capture = _lpf(b"\0", _frame(LTP, LTP), _frame(LTP)[:-1], _frame(LTP))
    with peers.Feed("--capture", capture, "--after-message") as feed:
        process = start("run", KITE, "--set", "vars.url=" + feed.url(), "--subscribe", "ltp=738561", "--limit", "3",
                        env={**os.environ, **GIVEN})
        done = finish(process)
    equal(done.code, 0)
    equal([(r["stream"], r["last"]) for r in done.records()], [("ltp", 2500.05)] * 3)


def a_bin_file_is_one_frame():
    name = write("one.bin", _frame(LTP))
    done = weir("replay", KITE, name)
    equal([(r["stream"], r["last"]) for r in done.records()], [("ltp", 2500.05)])
    write("empty.bin", b"")
    equal(weir("replay", KITE, "empty.bin").out, "")


def a_sample_that_is_no_text_is_shown_as_bytes():
    within(weir("replay", KITE, _lpf(_frame(LTP + b"!")), "--stats").err,
           "decode: no variant of the layout fits a packet of 9 bytes", "\n      hex %s21\n" % LTP.hex())


def a_recording_knows_text_from_binary():
    done = weir("replay", KITE, _recording(_frame(LTP), ORDER, b"\0", '{"type":"error"}'), "--stats")
    equal([r["stream"] for r in done.records()], ["ltp", "orders"])
    within(done.err, "dropped      1 by the router", "failed       0")


def tests_are_made_of_both_kinds():
    capture = _recording(_frame(LTP), ORDER, b"{}", _frame(LTP)[:-1])
    with open(KITE, encoding="utf-8") as file:
        spec = write("kite.yaml", file.read().split("\n# Frames in the form")[0] + "\n")
    done = weir("record-test", spec, capture, "--frames", "0-3", "--append")
    equal((done.code, done.out), (0, ""))
    equal(weir("test", spec).out.splitlines()[-1], "4 passed, 0 failed")
    with open(spec, encoding="utf-8") as file:
        text = file.read()
    within(text, "in: {base64: AAEACAALRQEAA9CV}", "in: '{\"type\": \"order\"", "in: {base64: e30=}", "stage: decode")


def which_bytes_are_which_fields_is_explained():
    out = json.loads(weir("explain", KITE, "--json", env=GIVEN).out)["connections"][0]
    equal(out["layout"]["packets"], "count u16be, length u16be")
    equal([variant["when"] for variant in out["variants"]],
          ["length == 184", "length == 44", "length == 32", "length == 28", "length == 8"])
    rows = {row["field"]: row for row in out["variants"][0]["fields"]}
    equal((rows["exchange_time"]["byte"], rows["exchange_time"]["type"]), ("60", "u32be"))
    equal((rows["asks[]"]["byte"], rows["asks[].price"]["byte"], rows["asks[].price"]["type"]),
          ("124", "4", "i32be / divisor"))


def a_frame_is_explained_packet_by_packet():
    capture = _lpf(_frame(LTP, b"\0" * 12, LTP))
    out = json.loads(weir("explain", KITE, "--frame", "@" + capture, "--json", env=GIVEN).out)["connections"][0]
    equal([(r["packet"]["variant"], r["packet"]["hex"], json.loads(r["data"])["last"]) for r in out["records"]],
          [("length == 8", LTP.hex(), 2500.05)] * 2)
    equal(out["failed_packets"], ["decode: no variant of the layout fits a packet of 12 bytes"])
    slots = {slot["path"]: slot for slot in out["records"][0]["slots"]}
    equal((slots["data['last']"]["value"], slots["data['last']"]["type"]), ("2500.05", "float"))
    equal(out["counts"]["failed"], 1)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
