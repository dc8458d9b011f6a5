# SPDX-License-Identifier: MIT
"""Replays a captured session through the venue's spec and compares every record, value by value
and frame by frame, with what two independent programs made of the same frames.

The frames are replayed twice: as a recording that says when each was received (the captures have
the times beside them), which is what is compared, and as they lie in the captures, one a line,
which must give the same records but for what depends on the time of receipt. Frames that a venue
compresses are recorded as they were on the wire; there, the file of the wire and the lines that
were in it, read by the same spec without its compression, must give the same records too.

Every record must be matched by an event of each oracle, every event by a record, every field of
an event by an equal value, and every column of a record by an oracle or by the frame itself. What
is not is a difference; a difference that no rule of venues.py explains fails the test.
"""
import collections
import json
import os
import sys
import tempfile

import oracles
import recording
import venues
from command import arguments, capture, nanoseconds, replay, spec_file

SHOWN = 20
HEADER = {"channel", "stream", "connection", "asset", "timestamp", "received", "seq", "frame"}
KIND = {"trades": "trade", "ticker": "ticker", "book": "book"}
CHANNEL = {"trades": "data", "ticker": "quote", "book": "quote"}
# column -> field of an event; what is not here must be one of the venue's extras
COLUMNS = {
    "trade": {"data.close": "price", "data.volume": "amount", "data.side": "side",
              "data.trade_id": "id", "data.order_type": "type"},
    "ticker": {"bid": "bid", "ask": "ask", "bid_volume": "bid_amount", "ask_volume": "ask_amount"},
    "book": {"market_depth.bids": "bids", "market_depth.asks": "asks", "snapshot": "snapshot",
             "checksum": "checksum"},
}


class Difference:
    """One disagreement about one field ("missing": a whole event) of one frame."""

    def __init__(self, oracle, frame, kind, field, ours, theirs, event=None, is_receive_time=False):
        self.oracle, self.frame, self.kind, self.field = oracle, frame, kind, field
        self.ours, self.theirs, self.event = ours, theirs, event
        self.is_receive_time = is_receive_time

    def __str__(self):
        return "frame %d, %s, %s.%s: ours %.200r, theirs %.200r" % (
            self.frame, self.oracle, self.kind, self.field, self.ours, self.theirs)


class Book:
    """A book rebuilt from our records: price -> size for each side."""

    def __init__(self):
        self.sides = {"bids": {}, "asks": {}}

    def apply(self, event):
        for name, side in self.sides.items():
            if event["snapshot"]:
                side.clear()
            for price, size in event[name]:
                if size:
                    side[price] = size
                else:
                    side.pop(price, None)

    def best(self, name, choose):
        side = self.sides[name]
        price = choose(side) if side else None
        return (price, side.get(price))


def flatten(record, prefix=""):
    """The record's own fields as dotted columns."""
    columns = {}
    for name, value in record.items():
        if not prefix and name in HEADER:
            continue
        if isinstance(value, dict):
            columns.update(flatten(value, prefix + name + "."))
        else:
            columns[prefix + name] = value
    return columns


def field_value(field, value):
    if field in ("bids", "asks"):
        return [(float(price), float(size)) for price, size in value]
    if field in ("side", "type"):
        return value.lower()
    return value


def to_event(record):
    """One of our records in the shape of the oracles' events."""
    kind = KIND[record["stream"]]
    columns = flatten(record)
    event = {"kind": kind, "symbol": record["asset"], "time": nanoseconds(record["timestamp"]),
             "received": nanoseconds(record["received"]), "record": record, "columns": columns}
    for column, field in COLUMNS[kind].items():
        if column in columns:
            event[field] = field_value(field, columns[column])
    if kind == "book":
        event["sizes"] = (len(event["bids"]), len(event["asks"]))
    return event


class Comparison:
    def __init__(self, venue, receive_times):
        self.venue = venue
        self.receive_times = receive_times
        self.compared = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = []
        self.books = collections.defaultdict(Book)
        self.sequence = collections.Counter()

    def differ(self, difference):
        for rule in self.venue.rules:
            if rule.applies(difference):
                self.explained[rule] += 1
                return
        self.unexplained.append(difference)

    def compare_field(self, oracle, frame, event, field, theirs):
        ours = event.get(field)
        if field == "symbol":
            ours = self.venue.symbol(oracle, ours)
        elif field == "id":
            ours = None if ours is None else str(ours)
        if ours == theirs:
            self.compared[oracle, event["kind"], field] += 1
            return
        text = self.receive_times[frame]
        received = (field == "time" and event["time"] == event["received"]
                    and ours == recording.nanoseconds(text) and theirs == in_milliseconds(text))
        self.differ(Difference(oracle, frame, event["kind"], field, ours, theirs, event, received))

    def compare_oracle(self, oracle, frame, events, theirs):
        """Pairs events of the same kind in order."""
        for kind in ("trade", "ticker", "book"):
            mine = [event for event in events if event["kind"] == kind]
            other = [event for event in theirs if event["kind"] == kind]
            for event, expected in zip(mine, other):
                for field, value in expected.items():
                    if field != "kind":
                        self.compare_field(oracle, frame, event, field, value)
            for event in mine[len(other):]:
                self.differ(Difference(oracle, frame, kind, "missing", event["record"], None,
                                       event))
            for expected in other[len(mine):]:
                self.differ(Difference(oracle, frame, kind, "missing", None, expected))

    def compare_frame_itself(self, frame, raw, events):
        """Columns that no oracle has, and columns that nobody checks."""
        by_stream = collections.defaultdict(list)
        for event in events:
            by_stream[event["record"]["stream"]].append(event)
        if events and self.venue.is_control(raw):
            self.differ(Difference("frame", frame, "control", "missing", events[0]["record"], None))
            return
        for stream, mine in by_stream.items():
            elements = self.venue.elements(raw, stream)
            if len(elements) != len(mine):
                self.differ(Difference("frame", frame, stream, "count", len(mine), len(elements)))
            extras = self.venue.extras.get(stream, {})
            for event, element in zip(mine, elements):
                self.compare_extras(frame, event, element, extras)

    def compare_extras(self, frame, event, element, extras):
        known = COLUMNS[event["kind"]]
        for column, value in event["columns"].items():
            if column in extras:
                expected = extras[column](element)
                if value == expected and isinstance(value, bool) == isinstance(expected, bool):
                    self.compared["frame", event["kind"], column] += 1
                else:
                    self.differ(Difference("frame", frame, event["kind"], column, value, expected))
            elif column not in known:
                self.differ(Difference("frame", frame, event["kind"], column, value, "unchecked"))
        for column in extras:
            if column not in event["columns"] and extras[column](element) is not None:
                self.differ(Difference("frame", frame, event["kind"], column, None,
                                       extras[column](element)))

    def check_header(self, frame, record):
        channel = CHANNEL[record["stream"]]
        if record["channel"] != channel or record["connection"] != "market_data":
            self.differ(Difference("frame", frame, "header", "channel", record["channel"], channel))
        self.sequence[channel] += 1
        if record["seq"] != self.sequence[channel]:
            self.differ(Difference("frame", frame, "header", "seq", record["seq"],
                                   self.sequence[channel]))

    def frame(self, number, raw, records, theirs):
        for record in records:
            self.check_header(number, record)
        events = [to_event(record) for record in records]
        for event in events:
            if event["kind"] == "book":
                book = self.books[event["symbol"]]
                book.apply(event)
                event["best_bid"] = book.best("bids", max)
                event["best_ask"] = book.best("asks", min)
        for oracle, by_frame in theirs.items():
            self.compare_oracle(oracle, number, events, by_frame.get(number, []))
        self.compare_frame_itself(number, raw, events)


def in_milliseconds(seconds):
    """A time of receipt as tardis got it: by way of a double, cut to the millisecond."""
    return int(float(seconds) * 1000) * 10**6


def receive_times(path):
    """The text of the seconds of each frame."""
    with open(path, encoding="ascii") as lines:
        return [line.split("\t", 1)[0] for line in lines]


def without_receipt(record):
    """What of a record does not depend on when its frame was received."""
    unwanted = {"received"}
    if record.get("timestamp") in (None, record.get("received")):
        unwanted.add("timestamp")
    return {name: value for name, value in record.items() if name not in unwanted}


def uncompressed(spec, folder):
    """A spec for the lines of a compressed venue: the same without its compression."""
    path = os.path.join(folder, "uncompressed.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write("weir: 1\nname: uncompressed\nextends: %s\nconnections:\n  market_data:\n"
                  "    parser: {compression: none}\n" % json.dumps(spec))
    return path


def replay_all(weir, spec, frames_path, wire_path, times):
    """The records with times of receipt; exits when the frames alone give others."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "capture.rec")
        frames = recording.prefixed(wire_path) if wire_path else recording.lines(frames_path)
        recording.write(path, "market_data", times, frames)
        timed = replay(weir, spec, path)
        plain = [replay(weir, uncompressed(spec, folder) if wire_path else spec, frames_path)]
    if wire_path:
        plain.append(replay(weir, spec, wire_path))
    for result in (timed, *plain):
        if result.code != 0:
            sys.exit("weir replay: exit %d\n%s" % (result.code, result.err))
    expected = list(map(without_receipt, timed.records))
    if any(list(map(without_receipt, result.records)) != expected for result in plain):
        sys.exit("a recording and its frames alone give different records")
    return timed.records


def report(venue, frames, records, comparison, theirs):
    by_kind = collections.Counter(KIND[record["stream"]] for record in records)
    print("%s: %d frames, %d records (%s)" % (
        venue.name, frames, len(records),
        ", ".join("%s %d" % item for item in sorted(by_kind.items()))))
    for oracle in (*theirs, "frame"):
        fields = {key[1:]: n for key, n in comparison.compared.items() if key[0] == oracle}
        if oracle in theirs:
            events = sum(map(len, theirs[oracle].values()))
            print("  %-10s %7d events  %8d values equal" % (oracle, events, sum(fields.values())))
        else:
            print("  %-10s %s  %8d values equal" % ("the frame", " " * 14, sum(fields.values())))
    for rule in venue.rules:
        print("  explained  %7d  %s: %s" % (comparison.explained[rule], rule.name, rule.why))
    print("  unexplained %6d" % len(comparison.unexplained))
    for difference in comparison.unexplained[:SHOWN]:
        print("    " + str(difference))


def main():
    args = arguments(__doc__, "venue")
    venue = venues.VENUES[args.venue]
    frames_path = capture(args.shared, "frames", venue.capture + ".jsonl")
    times_path = capture(args.shared, "times", venue.capture + ".ts.tsv")
    theirs = {name: oracles.read(capture(args.shared, "oracle", name, venue.capture + ".ndjson.gz"),
                                 name) for name in venue.oracles}
    times = receive_times(times_path)
    wire_path = capture(args.shared, "wire", venue.capture + ".lpf") if venue.wire else None
    records = replay_all(args.weir, spec_file(venue.spec), frames_path, wire_path, times)
    by_frame = collections.defaultdict(list)
    for record in records:
        by_frame[record["frame"]].append(record)
    comparison = Comparison(venue, times)
    frames = 0
    for number, raw in enumerate(venues.frames(frames_path)):
        comparison.frame(number, raw, by_frame.pop(number, []), theirs)
        frames += 1
    for number, left in by_frame.items():
        comparison.differ(Difference("frame", number, "record", "frame", left[0], "no such frame"))
    report(venue, frames, records, comparison, theirs)
    unused = [rule.name for rule in venue.rules if not comparison.explained[rule]]
    for name in unused:
        print("  the rule %r explains nothing: remove it" % name)
    sys.exit(1 if comparison.unexplained or unused else 0)


if __name__ == "__main__":
    main()
