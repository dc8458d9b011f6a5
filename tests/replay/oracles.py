# SPDX-License-Identifier: MIT
"""The two oracles, read into one shape: for each frame a list of events, an event being a dict of
the fields that this oracle knows (others are left out, so they are not compared).

cryptofeed gives numbers as the exact text of the venue; tardis as doubles. Times of cryptofeed
are doubles of seconds: exact to the microsecond that the venues send. Times of tardis are
milliseconds with the microseconds beside them.
"""
import gzip
import json
from command import nanoseconds

KIND = {"trades": "trade", "ticker": "ticker", "l2_book": "book",
        "trade": "trade", "book_ticker": "ticker", "book_change": "book"}


def seconds(value):
    return None if value is None else round(value * 10**6) * 1000


def cryptofeed_levels(levels):
    return [(float(price), float(size)) for price, size in levels]


def cryptofeed(entry):
    kind = KIND[entry["ch"]]
    if kind == "trade":
        return {"kind": kind, "symbol": entry["symbol"], "price": float(entry["price"]),
                "amount": float(entry["amount"]), "side": entry["side"], "id": entry["id"],
                "type": entry["type"], "time": seconds(entry["timestamp"])}
    if kind == "ticker":
        return {"kind": kind, "symbol": entry["symbol"], "bid": float(entry["bid"]),
                "ask": float(entry["ask"]), "time": seconds(entry["timestamp"])}
    event = {"kind": kind, "symbol": entry["sym"], "snapshot": "snapshot" in entry,
             "time": seconds(entry["ts"]), "checksum": entry["ck"],
             "best_bid": cryptofeed_levels([entry["bb"]])[0],
             "best_ask": cryptofeed_levels([entry["ba"]])[0]}
    if event["snapshot"]:
        event["sizes"] = tuple(entry["snapshot"])
    else:
        event["bids"] = cryptofeed_levels(entry["delta"]["bid"])
        event["asks"] = cryptofeed_levels(entry["delta"]["ask"])
    return event


def tardis_levels(levels):
    return [(float(level["price"]), float(level["amount"])) for level in levels]


def tardis(entry):
    kind = KIND[entry["type"]]
    event = {"kind": kind, "symbol": entry["symbol"],
             "time": nanoseconds(entry["timestamp"]) + 1000 * entry.get("us", 0)}
    if kind == "trade":
        event.update(price=float(entry["price"]), amount=float(entry["amount"]),
                     side=entry["side"])
        if "id" in entry:
            event["id"] = entry["id"]
    elif kind == "ticker":
        for name, field in (("bid", "bidPrice"), ("ask", "askPrice"),
                            ("bid_amount", "bidAmount"), ("ask_amount", "askAmount")):
            if field in entry:
                event[name] = float(entry[field])
    else:
        event.update(snapshot=entry["isSnapshot"], bids=tardis_levels(entry["bids"]),
                     asks=tardis_levels(entry["asks"]))
    return event


def read(path, oracle):
    """Frame number -> list of events."""
    events = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if oracle == "tardis":
                events[entry["i"]] = [tardis(out) for out in entry["out"]]
            else:
                events.setdefault(entry["i"], []).append(cryptofeed(entry))
    return events
