# SPDX-License-Identifier: MIT
"""The Kite decoder in C against the layout of specs/kite.yaml: the same spec with either in front gives the same records of
the same frames - the live one of the captures, those in the spec's own tests, and made-up ones - and its tests pass with both.
The live frame is also held against what the venue's own client made of it."""
import json
import os
import random
import re
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
import claims  # noqa: E402 (the path comes first)
from claims import ROOT, SKIPPED, equal, weir, within, write  # noqa: E402

CAPTURE = os.path.join(os.environ.get("WEIR_SHARED", os.path.join(os.path.dirname(ROOT), "shared")), "captures", "wire", "kite")
LENGTHS = [184, 44, 32, 28, 8]


def _spec():
    with open(ROOT + "/specs/kite.yaml", encoding="utf-8") as file:
        return file.read()


def _by_plugin():
    """The spec with the plugin in the place of the layout. Tests of what a layout says of bad packets are its own."""
    text, count = re.subn(r"^      layout:\n(?:^        .*\n|^\n)+", "      decode: kite_frame\n", _spec(), flags=re.M)
    equal(count, 1, "layouts in specs/kite.yaml")
    text = re.sub(r"^  - name: (?:a packet of no known length|a frame that was cut)[^\n]*\n(?:^    .*\n|^\n)*", "", text,
                  flags=re.M)
    return text.replace("\nname: kite\n", "\nname: kite\nplugins: [kite]\n")


def _records(spec, *frames):
    with open("frames.lpf", "wb") as file:
        for frame in frames:
            file.write(struct.pack("<I", len(frame)) + frame)
    done = weir("replay", spec, "frames.lpf", "--connection", "ticker", "--frame-index", "--stats",
                env={"KITE_API_KEY": "k", "KITE_ACCESS_TOKEN": "t"})
    equal(done.code, 0)
    return done.records(), done.err


def _both(*frames):
    layout, said = _records(write("layout.yaml", _spec()), *frames)
    plugin, _ = _records(write("plugin.yaml", _by_plugin()), *frames)
    equal(plugin, layout)
    return plugin, said


def the_tests_of_the_spec_pass_with_the_plugin():
    done = weir("test", write("plugin.yaml", _by_plugin()))
    equal(done.code, 0)
    within(done.out + done.err, " 0 failed")


def made_up_frames_give_the_same():
    chance = random.Random(7)
    frames = []
    for _ in range(400):
        packets = b""
        count = chance.randrange(1, 5)
        for _ in range(count):
            length = chance.choice(LENGTHS)
            token = chance.randrange(1 << 24) << 8 | chance.choice([1, 3, 6, 9, 255])
            body = struct.pack(">I", token) + bytes(chance.randrange(256) for _ in range(length - 4))
            packets += struct.pack(">H", length) + body
        frames.append(struct.pack(">H", count) + packets)
    records, said = _both(*frames)
    within(said, "failed       0\n")
    if len(records) < 400:
        raise AssertionError("%d records" % len(records))


def the_live_frame_is_what_the_venue_s_client_makes_of_it():
    if not os.path.isdir(CAPTURE):
        print("the captures are absent: the live frame is left out")
        return
    with open(CAPTURE + "/websocket_ticks.frame.bin", "rb") as file:
        records, _ = _both(file.read())
    with open(CAPTURE + "/websocket_ticks.expected.json", encoding="utf-8") as file:
        ticks = json.load(file)["ticks"]
    equal(len(records), len(ticks))
    names = {"last": "lastPrice", "volume": "volumeTraded", "average_price": "averageTradePrice", "open": "ohlc.open",
             "high": "ohlc.high", "low": "ohlc.low", "close": "ohlc.close", "last_quantity": "lastTradedQuantity",
             "total_buy_quantity": "totalBuyQuantity", "total_sell_quantity": "totalSellQuantity", "oi": "oi",
             "oi_day_high": "oiDayHigh", "oi_day_low": "oiDayLow", "mode": "mode", "instrument_token": "instrumentToken",
             "is_tradable": "isTradable"}
    for record, tick in zip(records, ticks):
        for ours, theirs in names.items():
            equal(record[ours], tick[theirs], ours)
        for side, theirs in (("bids", "buy"), ("asks", "sell")):
            for i, (price, size) in enumerate(record["market_depth"][side]):
                equal((price, size), (tick["marketDepth.%s[%d].price" % (theirs, i)],
                                      tick["marketDepth.%s[%d].quantity" % (theirs, i)]), side)


if __name__ == "__main__":
    if not os.path.exists(os.environ["WEIR_PLUGIN_PATH"].split(":")[1] + "/kite.so"):
        print("SKIPPED: the plugin is not built")
        sys.exit(SKIPPED)
    claims.main(globals(), __doc__)
