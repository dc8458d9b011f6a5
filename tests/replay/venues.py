# SPDX-License-Identifier: MIT
"""What the comparison has to know of each venue: how a frame reads to an independent eye, how the
two oracles spell its symbols, and which differences are explained - each rule with its reason, so
that "zero differences" is a statement about named rules and nothing else.

`extras` are the columns that neither oracle has; they are checked against the frame itself, read
here with json.loads and plain Python. A column of ours that no oracle and no extra covers is a
difference too.
"""
import json


class Rule:
    """An explained difference: where it applies and why it is none of ours."""

    def __init__(self, name, why, applies):
        self.name, self.why, self.applies = name, why, applies


class Venue:
    name = capture = spec = None
    oracles = ("cryptofeed", "tardis")
    wire = False    # True: the venue compresses, and there is a capture of the wire
    rules = ()

    def symbol(self, oracle, symbol):
        """Our symbol in the oracle's spelling."""
        return symbol

    def is_control(self, frame):
        """True if the frame carries no market data, so no record may come of it."""
        return False

    def elements(self, frame, stream):
        """The raw thing behind each record of the stream, in order."""
        return [frame]

    extras = {}


class Kraken(Venue):
    name, capture, spec = "kraken", "kraken", "kraken.yaml"

    def symbol(self, oracle, symbol):
        if oracle == "tardis":
            return symbol
        base, quote = ("BTC" if code == "XBT" else code for code in symbol.split("/"))
        return base + "-" + quote

    def is_control(self, frame):
        return isinstance(frame, dict)

    def elements(self, frame, stream):
        return frame[1] if stream == "trades" else [frame]

    extras = {
        "ticker": {
            "last": lambda f: float(f[1]["c"][0]),
            "last_quantity": lambda f: float(f[1]["c"][1]),
            "bid_volume": lambda f: float(f[1]["b"][2]),
            "ask_volume": lambda f: float(f[1]["a"][2]),
            "open": lambda f: float(f[1]["o"][1]),
            "high": lambda f: float(f[1]["h"][1]),
            "low": lambda f: float(f[1]["l"][1]),
            "volume": lambda f: float(f[1]["v"][1]),
            "vwap": lambda f: float(f[1]["p"][1]),
            "trades": lambda f: f[1]["t"][1],
        },
    }
    rules = (
        Rule("cryptofeed: no time of a book",
             "its kraken handler does not read the time of a level; tardis does, and agrees",
             lambda d: d.oracle == "cryptofeed" and d.kind == "book" and d.field == "time"
             and d.theirs is None),
        Rule("cryptofeed: no time of a ticker",
             "the venue sends none; our record carries the time of receipt, which is checked",
             lambda d: d.oracle == "cryptofeed" and d.kind == "ticker" and d.field == "time"
             and d.theirs is None and d.event["time"] == d.event["received"]),
        Rule("cryptofeed: checksum of a two-sided update",
             "it stands in the second payload of the frame, cryptofeed looks into the first",
             lambda d: d.oracle == "cryptofeed" and d.field == "checksum" and d.theirs is None
             and d.event["bids"] and d.event["asks"]),
        Rule("tardis: no ticker",
             "tardis has no mapper for kraken's ticker; cryptofeed has, and agrees",
             lambda d: d.oracle == "tardis" and d.kind == "ticker" and d.field == "missing"),
    )


class Coinbase(Venue):
    name, capture, spec = "coinbase", "coinbase", "coinbase.yaml"

    def is_control(self, frame):
        return frame["type"] == "subscriptions"

    extras = {
        "trades": {
            "data.sequence": lambda f: f["sequence"],
            "data.snapshot": lambda f: f["type"] == "last_match",
        },
        "ticker": {
            "last": lambda f: float(f["price"]),
            "last_quantity": lambda f: float(f["last_size"]),
            "last_side": lambda f: f["side"].upper(),
            "trade_id": lambda f: f["trade_id"],
            "open": lambda f: float(f["open_24h"]),
            "high": lambda f: float(f["high_24h"]),
            "low": lambda f: float(f["low_24h"]),
            "volume": lambda f: float(f["volume_24h"]),
            "sequence": lambda f: f["sequence"],
        },
    }
    rules = (
        Rule("tardis: no last_match",
             "tardis leaves out the trade before the subscription; cryptofeed has it, and agrees",
             lambda d: d.oracle == "tardis" and d.kind == "trade" and d.field == "missing"
             and d.event["record"]["data"]["snapshot"] is True),
        Rule("cryptofeed: no time of a snapshot",
             "the venue sends none; our record carries the time of receipt, which is checked",
             lambda d: d.oracle == "cryptofeed" and d.kind == "book" and d.field == "time"
             and d.theirs is None and d.event["snapshot"]
             and d.event["time"] == d.event["received"]),
        Rule("tardis: receive time of a snapshot",
             "the venue sends none: it gives the time of receipt, cut to the millisecond",
             lambda d: d.oracle == "tardis" and d.kind == "book" and d.field == "time"
             and d.event["snapshot"] and d.is_receive_time),
    )


class Binance(Venue):
    name, capture, spec = "binance", "binance_spot_btcusdt.20240809", "binance.yaml"
    oracles = ("tardis",)

    extras = {
        "ticker": {"sequence": lambda f: f["data"]["u"]},
        "book": {
            "sequence": lambda f: f["data"]["U"],
            "last_sequence": lambda f: f["data"]["u"],
        },
    }
    rules = (
        Rule("tardis: receive time of a book ticker",
             "the venue sends none: it gives the time of receipt, cut to the millisecond",
             lambda d: d.oracle == "tardis" and d.kind == "ticker" and d.field == "time"
             and d.is_receive_time),
    )


class Huobi(Venue):
    name, capture, spec, wire = "huobi", "huobi", "huobi.yaml", True
    QUOTES = ("usdt", "husd", "eth", "btc")

    def symbol(self, oracle, symbol):
        if oracle == "tardis":
            return symbol.upper()
        quote = next(quote for quote in self.QUOTES if symbol.endswith(quote))
        return (symbol[:-len(quote)] + "-" + quote).upper()

    def is_control(self, frame):
        return "ch" not in frame

    def elements(self, frame, stream):
        return frame["tick"]["data"] if stream == "trades" else [frame]

    extras = {
        "trades": {"data.id": lambda t: t["id"]},
        "book": {"sequence": lambda f: f["tick"]["version"]},
    }


class HuobiSwap(Huobi):
    name, capture, spec = "huobi_swap", "huobi_swap", "huobi_swap.yaml"

    def symbol(self, oracle, symbol):
        return symbol if oracle == "tardis" else symbol + "-PERP"

    extras = {
        "trades": {
            "data.quantity": lambda t: float(t["quantity"]),
            "data.turnover": lambda t: (float(t["trade_turnover"]) if "trade_turnover" in t
                                        else None),
        },
        "book": {"sequence": lambda f: f["tick"]["version"]},
    }


VENUES = {venue.name: venue for venue in (Kraken(), Coinbase(), Binance(), Huobi(), HuobiSwap())}


def frames(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
