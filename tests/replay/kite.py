# SPDX-License-Identifier: MIT
"""A live frame of Kite against the values that the venue's own client library expects of it: every
value of every tick must be that of the record that specs/kite.yaml makes, and nothing may fail.
"""
import argparse
import calendar
import json
import os
import subprocess
import sys
import time

FOLDER = os.path.join("captures", "wire", "kite")
SIDES = {"buy": ("bids", "bid_orders"), "sell": ("asks", "ask_orders")}
NAMES = {
    "mode": "mode", "instrumentToken": "instrument_token", "isTradable": "is_tradable",
    "timestamp": "timestamp", "lastTradeTime": "last_trade_time", "lastPrice": "last",
    "lastTradedQuantity": "last_quantity", "totalBuyQuantity": "total_buy_quantity",
    "totalSellQuantity": "total_sell_quantity", "volumeTraded": "volume",
    "averageTradePrice": "average_price", "oi": "oi", "oiDayHigh": "oi_day_high",
    "oiDayLow": "oi_day_low", "netChange": "change", "ohlc.open": "open", "ohlc.high": "high",
    "ohlc.low": "low", "ohlc.close": "close",
}
TIMES = ("timestamp", "last_trade_time")
VALUES_OF_A_TICK = 49


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def value_of(record, name):
    """What the record has where the library has `name`."""
    if name.startswith("marketDepth."):
        side, what = name[len("marketDepth."):].split("].")
        side, level = side.split("[")
        depth, orders = SIDES[side]
        if what == "orders":
            return record[orders][int(level)]
        return record["market_depth"][depth][int(level)][what == "quantity"]
    ours = record[NAMES[name]]
    return seconds(ours) if NAMES[name] in TIMES else ours


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--spec", required=True)
    args = parser.parse_args()
    frame = os.path.join(args.shared, FOLDER, "websocket_ticks.frame.bin")
    expected = os.path.join(args.shared, FOLDER, "websocket_ticks.expected.json")
    if not os.path.exists(frame) or not os.path.exists(expected):
        print("SKIPPED: no %s" % frame)
        sys.exit(77)
    done = subprocess.run([args.weir, "replay", args.spec, frame, "--stats"], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    with open(expected, encoding="utf-8") as file:
        ticks = json.load(file)["ticks"]
    wrong = compared = 0
    for record, tick in zip(records, ticks):
        if len(tick) != VALUES_OF_A_TICK:
            sys.exit("%d values are expected of a tick, %d are there" % (VALUES_OF_A_TICK, len(tick)))
        for name, theirs in tick.items():
            ours = value_of(record, name)
            compared += 1
            if ours != theirs or isinstance(ours, bool) != isinstance(theirs, bool):
                wrong += 1
                print("%s: is %r, expected %r" % (name, ours, theirs))
    print("%d records, %d values compared, %d differ" % (len(records), compared, wrong))
    if "failed       0" not in done.stderr.decode():
        sys.exit("something failed:\n%s" % done.stderr.decode())
    sys.exit(1 if wrong or len(records) != len(ticks) or compared != 2 * VALUES_OF_A_TICK else 0)


if __name__ == "__main__":
    main()
