# SPDX-License-Identifier: MIT
"""Random declared layouts over random frames, some of them broken, against Python's struct: each packet
must become the value that is unpacked here field by field, a path the part of it, and a packet that
cannot be unpacked no record and one failure.

    layouts.py --weir WEIR [--count N] [--seed S]

WEIR_LAYOUT_CASES and WEIR_LAYOUT_SEED in the environment say the same.
"""
import argparse
import base64
import json
import math
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

CODES = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q",
         "f32": "f", "f64": "d"}
SIZES = {"u24": 3, "i24": 3, **{name: struct.calcsize(code) for name, code in CODES.items()}}
FRAMES = 24


class Broken(Exception):
    """The packet cannot be unpacked."""


# ---------------------------------------------------------------- unpacking, with struct

class Cursor:
    """Where in a packet the next field is."""

    def __init__(self, buffer, at, end):
        self.buffer, self.at, self.end = buffer, at, end

    def take(self, size):
        if self.at + size > self.end:
            raise Broken("%d bytes at %d of %d" % (size, self.at, self.end))
        self.at += size
        return self.buffer[self.at - size:self.at]


def number(cursor, kind, endian):
    name = re.sub("(le|be)$", "", kind)
    order = {"le": "<", "be": ">"}.get(kind[len(name):], "<" if endian == "little" else ">")
    raw = cursor.take(SIZES[name])
    if name in ("u24", "i24"):
        return int.from_bytes(raw, "little" if order == "<" else "big", signed=name == "i24")
    return struct.unpack(order + CODES[name], raw)[0]


def scaled(value, scale, names):
    if not scale:
        return value
    sign, factor = scale.split()
    by = names[factor] if factor in names else float(factor) if "." in factor else int(factor)
    try:
        return value / by if sign == "/" else value * by
    except ZeroDivisionError:
        raise Broken("division by zero") from None


def text(raw):
    try:
        return raw.split(b"\0")[0].rstrip(b" ").decode()
    except UnicodeDecodeError:
        raise Broken("not UTF-8") from None


def amount(how, cursor, endian, names):
    if isinstance(how, int):
        return how
    count = number(cursor, how, endian) if re.fullmatch("[ui][0-9]+(le|be)?", how) else names[how]
    if count < 0:
        raise Broken("a negative amount")
    return count


def bits(field, cursor, endian):
    raw = number(cursor, field["type"], endian)
    found = {}
    for name, which in field["bits"].items():
        low, _, high = str(which).partition("..")
        found[name] = raw >> int(low) & (1 << int(high) - int(low) + 1) - 1 if high else bool(raw >> int(low) & 1)
    return found


def one(field, cursor, endian, names):
    """What a field is, its repetition aside."""
    kind = field.get("type")
    if "fields" in field:
        return fields(field["fields"], cursor, endian, dict(names), {})
    if "bits" in field:
        return bits(field, cursor, endian)
    if kind in ("str", "bytes"):
        size = amount(field["size"], cursor, endian, names) if "size" in field else cursor.end - cursor.at
        raw = cursor.take(size)
        return text(raw) if kind == "str" else raw
    fixed = re.fullmatch("(str|bytes)([0-9]+)", kind)
    if fixed:
        raw = cursor.take(int(fixed[2]))
        return text(raw) if fixed[1] == "str" else raw
    base, _, scale = kind.partition(" ")
    return scaled(number(cursor, base, endian), scale, names)


def check_divisors(field, names):
    """A divisor is looked at where the field stands, also if none of it is there."""
    for entry in field.get("fields", []):
        (_, inner), = entry.items()
        if not isinstance(inner, int):
            check_divisors({"fields": inner} if isinstance(inner, list) else
                           {"type": inner} if isinstance(inner, str) else inner, names)
    factor = field.get("type", "").partition(" / ")[2]
    if factor in names and names[factor] == 0:
        raise Broken("division by zero")


def fields(listed, cursor, endian, names, into, start=0):
    for entry in listed:
        (name, written), = entry.items()
        field = {"fields": written} if isinstance(written, list) else \
            {"type": written} if isinstance(written, str) else written
        if name == "_" and not isinstance(written, (dict, list)):
            cursor.take(written if isinstance(written, int) else SIZES[written])
            continue
        check_divisors(field, names)
        if "offset" in field:
            cursor.take(start + field["offset"] - cursor.at)
        if "value" in field:
            try:
                value = eval(field["value"], {"__builtins__": {}}, names)   # our own expressions
            except (ZeroDivisionError, TypeError):
                raise Broken("the expression raises") from None
        elif field.get("repeat") == "rest":
            value = []
            while cursor.at < cursor.end:
                value.append(one(field, cursor, endian, names))
        elif "repeat" in field:
            value = [one(field, cursor, endian, names)
                     for _ in range(amount(field["repeat"], cursor, endian, names))]
        else:
            value = one(field, cursor, endian, names)
        found = value if name == "_" else {name: value}
        into.update(found)
        names.update(found)
    return into


def holds(variant, names):
    return "when" not in variant or eval(variant["when"], {"__builtins__": {}}, names)


def packet(layout, frame, at, end, header):
    """The packet's value, and where it ends."""
    cursor = Cursor(frame, at, end)
    names = {**header, "length": end - at}
    found = dict(header)
    fields(layout.get("fields", []), cursor, layout["endian"], names, found, at)
    for variant in layout.get("variants", [{}]):
        if holds(variant, names):
            fields(variant.get("fields", []), cursor, layout["endian"], names, found, at)
            tail = variant.get("tail") or layout.get("tail")
            if tail:
                rest = {key: value for key, value in tail.items() if key != "name"}
                fields([{tail["name"]: rest}], cursor, layout["endian"], names, found, at)
            return found, cursor.at
    raise Broken("no variant")


def unpack(layout, frame):
    """The values of the packets, and how many failures there are."""
    values, failures = [], 0
    cursor = Cursor(frame, 0, len(frame))
    repeat = layout.get("repeat")
    try:
        names = {"length": len(frame)}
        header = fields(layout.get("header", []), cursor, layout["endian"], names, {})
        if repeat is None:
            return [packet(layout, frame, 0, len(frame), {})[0]], 0
        count = repeat.get("count", "rest")
        count = math.inf if count == "rest" else amount(count, cursor, layout["endian"], names)
    except Broken:
        return [], 1
    number_of = 0
    while number_of < count and (count < math.inf or cursor.at < cursor.end):
        number_of += 1
        try:
            end = cursor.end
            if repeat.get("length") == "size":
                peeked = dict(names, length=cursor.end - cursor.at)
                fields(layout["fields"], Cursor(frame, cursor.at, cursor.end), layout["endian"], peeked, {}, cursor.at)
                end = cursor.at + peeked["size"]
                if peeked["size"] < 1:
                    raise Broken("packets of no bytes")
            elif "length" in repeat:
                size = amount(repeat["length"], cursor, layout["endian"], names)
                if size == 0 and repeat["length"] in names:
                    raise Broken("packets of no bytes")
                end = cursor.at + size
            if end > cursor.end or (cursor.at == cursor.end and "length" not in repeat):
                raise Broken("cut")
        except Broken:
            return values, failures + 1
        try:
            value, at = packet(layout, frame, cursor.at, end, header)
            if "length" not in repeat and at == cursor.at:
                raise Broken("a packet of no bytes, and so for ever")
            values.append(value)
        except Broken:
            failures += 1
            if "length" not in repeat:
                return values, failures
            at = end
        cursor.at = end if "length" in repeat else at
    return values, failures + (cursor.at < cursor.end)


# ---------------------------------------------------------------- making layouts

class Maker:
    def __init__(self, rng):
        self.rng, self.used = rng, 0

    def name(self):
        self.used += 1
        return "x%d" % self.used

    def plain(self):
        kind = self.rng.choice(sorted(SIZES))
        if SIZES[kind] > 1 and self.rng.random() < 0.2:
            kind += self.rng.choice(("le", "be"))
        return kind

    def integer(self):
        return self.rng.choice(("u8", "i8", "u16", "i16", "u24", "u32", "i32"))

    def scale(self, names):
        rng = self.rng
        choices = ["/ 100", "/ 10000000", "* 0.01", "* 10", "/ 3", "/ -7", "* -2", "/ 0.25", "* 1000000000"]
        if names:
            choices.append("/ " + rng.choice(names))
            choices.append("* " + rng.choice(names))
        return " " + rng.choice(choices)

    def bits(self):
        kind = self.rng.choice(("u8", "u16", "u32"))
        at, found = 0, {}
        while at < 8 * SIZES[kind] and len(found) < 5:
            at += self.rng.randrange(3)
            width = min(self.rng.choice((1, 1, 2, 5)), 8 * SIZES[kind] - at)
            if width <= 0:
                break
            found[self.name()] = at if width == 1 else "%d..%d" % (at, at + width - 1)
            at += width
        return {"type": kind, "bits": found or {self.name(): 0}}

    def leaf(self, names):
        rng = self.rng
        roll = rng.random()
        if roll < 0.1:
            return rng.choice(("str%d", "bytes%d")) % rng.randint(1, 9)
        if roll < 0.4:
            return self.plain() + self.scale(names)
        return self.plain()

    def loose(self, names, depth):
        """A group whose amounts are inside of it."""
        rng, count = self.rng, self.name()
        out = [{count: rng.choice(("u8", "u8", "i8"))}] + self.group(names, 2)
        for _ in range(rng.randint(1, 2)):
            how = rng.choice((count, count, "u8"))
            inner = rng.choice(({"repeat": how, "type": self.leaf(names)},
                                {"repeat": how, "fields": self.group(names, 2)},
                                {"type": rng.choice(("str", "bytes")), "size": how},
                                {"repeat": rng.randint(1, 3), "type": rng.choice(("str", "bytes")), "size": "u8"}))
            if depth < 2 and rng.random() < 0.3:
                inner = {"repeat": how, "fields": self.loose(names, depth + 1)}
            out.append({self.name(): inner})
            if rng.random() < 0.4:
                out.append({self.name(): self.field(names, 2)})
        return out

    def group(self, names, depth):
        return [{self.name(): self.field(names, depth + 1)} for _ in range(self.rng.randint(1, 4))] + \
               [{"_": self.rng.choice((1, 3, "u32"))}] * (self.rng.random() < 0.3)

    def field(self, names, depth=0):
        """A field of fixed length."""
        rng = self.rng
        roll = rng.random() + depth * 0.1
        if roll < 0.12:
            return self.group(names, depth)
        if roll < 0.2:
            return {"repeat": rng.randint(1, 4), "fields": self.group(names, depth)}
        if roll < 0.26:
            return {"repeat": rng.randint(1, 4), "type": self.leaf(names)}
        if roll < 0.32:
            return self.bits()
        return self.leaf(names)

    def varying(self, names, counts):
        """A field whose length is read."""
        rng = self.rng
        how = rng.choice(("u8", "u8", "u16le") + (rng.choice(counts),) * 2 if counts else ("u8",))
        if rng.random() < 0.3:
            return rng.choice((self.loose(names, 0), {"repeat": rng.randint(1, 3), "fields": self.loose(names, 0)},
                               {"repeat": how, "fields": self.loose(names, 0)},
                               {"repeat": how, "type": "str", "size": "u8"}))
        if rng.random() < 0.4:
            return {"type": rng.choice(("str", "bytes")), "size": how}
        if rng.random() < 0.5:
            return {"repeat": how, "type": self.leaf(names)}
        return {"repeat": how, "fields": self.group(names, 1)}

    def listed(self, names, counts, may_end):
        """Fields of a packet; adds what later ones may name."""
        rng, out, varies = self.rng, [], False
        for _ in range(rng.randint(0, 6)):
            name, roll = self.name(), rng.random()
            if roll < 0.15:
                kind = rng.choice(("u8", "u8", "i8"))
                out.append({name: kind})
                counts.append(name)
                names.append(name)
            elif roll < 0.3:
                kind = self.integer()
                out.append({name: kind})
                names.append(name)
            elif roll < 0.42:
                out.append({name: self.varying(names, counts)})
                varies = True
            elif roll < 0.5 and names:
                value = rng.choice(("%s * 2 + length", "length - %s", "%s & 255", "1000 // %s", "%s * 0.5"))
                out.append({name: {"value": value % rng.choice(names)}})
                names.append(name)
            elif roll < 0.56:
                out.append({"_": rng.choice(({"fields": self.group(names, 1)}, self.bits()))})
            elif roll < 0.62:
                out.append({"_": rng.choice((1, 2, "u32"))})
            else:
                out.append({name: self.field(names)})
        if may_end and rng.random() < 0.2:
            rest = rng.choice(({"type": "str"}, {"type": "bytes"}, {"repeat": "rest", "type": "u16"}))
            out.append({self.name(): rest})
            return out, True
        return out, varies

    def layout(self):
        """A layout in which a length that is always the same is long enough."""
        layout = self.any_layout()
        if layout.get("repeat", {}).get("length") == 24:
            bodies = [variant["fields"] for variant in layout.get("variants", [{"fields": []}])]
            tails = [least([{"_": tail["offset"] + 2 * tail["repeat"]}], 0)
                     for tail in (variant.get("tail") for variant in layout.get("variants", [])) if tail]
            needed = max(least(layout["fields"] + body, 0) for body in bodies)
            layout["repeat"]["length"] = max([24, needed] + tails)
        return layout

    def any_layout(self):
        rng = self.rng
        layout = {"endian": rng.choice(("big", "little"))}
        names, counts = [], []
        if rng.random() < 0.8:
            layout["repeat"] = repeat = {}
            if rng.random() < 0.3:
                layout["header"] = [{"h0": "u8"}, {"h1": "u8"}, {"h2": self.field([])}]
                names, counts = ["h0", "h1"], ["h0", "h1"]
            count = rng.choice(("u8", "u16", "rest", None, 2) + (("h0",) if names else ()))
            length = rng.choice(("u8", "u16", "u16le", None, "size") + (("h1", 24) if names else (24,)))
            if length == "size":
                layout["fields"] = rng.choice(([{"k": "u8"}, {"size": "u8"}], [{"size": "i16le"}, {"k": "u8"}],
                                               [{"k": "u8"}, {"n": "u8"}, {"size": {"value": "n + 2"}}]))
            repeat.update({key: how for key, how in (("count", count), ("length", length)) if how is not None})
        has_length = "repeat" not in layout or "length" in layout["repeat"]
        if "fields" not in layout and rng.random() < 0.3:
            layout["fields"], _ = self.listed(names, counts, has_length)
            if not layout["fields"]:
                layout["fields"] = [{"k": "u8"}]
            return layout
        layout.setdefault("fields", [{"k": "u8"}])
        layout["variants"] = variants = []
        for which in range(rng.randint(1, 4)):
            when = rng.choice(("k == %d" % which, "k & 3 == %d" % which, "k in (%d, 200)" % which,
                               "k == %d and length > 4" % which, "length == %d" % rng.randint(1, 30)))
            if any(other["when"] == when for other in variants):
                continue
            own, varies = self.listed(list(names) + ["k"], list(counts), has_length)
            variant = {"when": when, "fields": own}
            exact = re.match("length == ([0-9]+)", when)
            common = least(layout["fields"], 0)
            if exact and least(own, common) > int(exact[1]):
                variant["fields"], varies = [], False
            if exact and common > int(exact[1]):
                continue
            if rng.random() < 0.2 and not varies and not exact:
                variant["tail"] = {"name": self.name(), "offset": least(variant["fields"], common) + rng.randint(0, 5),
                                   "repeat": rng.randint(1, 3), "type": "i16"}
            variants.append(variant)
        if not variants:
            del layout["variants"]
        return layout


def least(listed, at):
    """Bytes of fields of fixed length, and of the fixed parts of the others."""
    for entry in listed:
        (_, field), = entry.items()
        field = {"fields": field} if isinstance(field, list) else {"type": field} if isinstance(field, str) else field
        if isinstance(field, int):
            at += field
            continue
        count = field.get("repeat", 1)
        kind = field.get("type", "").split(" ")[0]
        fixed = re.fullmatch("(str|bytes)([0-9]*)", kind)
        size = least(field["fields"], 0) if "fields" in field else 0 if "value" in field else \
            int(fixed[2] or 0) if fixed else SIZES[re.sub("(le|be)$", "", kind)]
        at += size * count if isinstance(count, int) else 0
    return at


# ---------------------------------------------------------------- making frames

def some_bytes(rng, size):
    pool = (b"\0", b"\1", b"\2", b"\3", b" ", b"A", b"\x7f", b"\x80", b"\xff")
    if rng.random() < 0.6:
        return b"".join(rng.choice(pool[:6]) for _ in range(size))
    return b"".join(rng.choice(pool) if rng.random() < 0.5 else bytes([rng.randrange(256)]) for _ in range(size))


def a_frame(rng, layout):
    """Bytes in which at least the counts and lengths are as they should be, mostly."""
    def put(how, value):
        name = re.sub("(le|be)$", "", how)
        little = how.endswith("le") or (layout["endian"] == "little" and not how.endswith("be"))
        return value.to_bytes(SIZES[name], "little" if little else "big")

    repeat = layout.get("repeat")
    if repeat is None:
        return some_bytes(rng, rng.randint(0, 60))
    packets = [some_bytes(rng, rng.choice((rng.randint(0, 12), rng.randint(0, 60)))) for _ in range(rng.randint(0, 5))]
    size = rng.randint(0, 30)
    length = repeat.get("length")
    if isinstance(length, int):
        size = length
    if length in (24, "h1") or isinstance(length, int):
        packets = [(body * 99 + bytes(99))[:size] for body in packets]
    frame = b""
    if "header" in layout:
        frame += bytes([len(packets), size % 256]) + some_bytes(rng, least(layout["header"][2:], 0))
    if str(repeat.get("count")).startswith("u"):
        frame += put(repeat["count"], len(packets))
    for body in packets:
        if length == "size" and len(body) > 2:
            which = layout["fields"][0].get("size")
            body = (len(body).to_bytes(2, "little") + body[2:] if which else
                    body[:1] + bytes([len(body) - (2 if "n" in layout["fields"][1] else 0)]) + body[2:])
        frame += (put(length, len(body)) if str(length).startswith("u") else b"") + body
    if rng.random() < 0.2:
        frame = frame[:rng.randint(0, len(frame))]
    if rng.random() < 0.1:
        frame += b"x"
    return frame


# ---------------------------------------------------------------- comparing

def plain(value):
    """As our JSON has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def paths(rng, value, path=()):
    """Paths that lead to a part of the value."""
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else \
        ((rng.choice((i, i - len(value))), item) for i, item in enumerate(value)) if isinstance(value, list) else ()
    for step, item in steps:
        yield from paths(rng, item, path + (step,))


def follow(value, path):
    for step in path:
        value = value[step]
    return value


def spec_of(layout, chosen):
    columns = {"all": "data"}
    for number_of, path in enumerate(chosen):
        source = "data" + "".join("[%r]" % step for step in path)
        columns["p%d" % number_of] = {"source": source, "default_value": "missing"}
    return {"weir": 1, "name": "random", "connections": {"m": {
        "url": "ws://h/", "backend": "websocket", "streams": ["data"],
        "frame": "array" if "repeat" in layout else "record",
        "parser": {"format": "binary", "layout": layout}, "converters": {"data": {"fields": columns}}}}}


def expected_lines(frames, layout, chosen):
    lines, failures = [], 0
    for frame in frames:
        values, failed = unpack(layout, frame)
        failures += failed
        for value in values:
            line = {"all": plain(value)}
            for number_of, path in enumerate(chosen):
                try:
                    found = follow(value, path)
                    line["p%d" % number_of] = plain(found)
                except (KeyError, IndexError, TypeError):
                    line["p%d" % number_of] = "missing"
            lines.append(line)
    return lines, failures


def run(weir, folder, seed):
    """The differences of one layout, as texts."""
    rng = random.Random(seed)
    layout = Maker(rng).layout()
    frames = [a_frame(rng, layout) for _ in range(FRAMES)]
    seen = sorted({path for frame in frames for value in unpack(layout, frame)[0] for path in paths(rng, value)}, key=str)
    chosen = rng.sample(seen, min(len(seen), 12))
    spec, capture = os.path.join(folder, "spec.yaml"), os.path.join(folder, "frames.lpf")
    with open(spec, "w", encoding="utf-8") as file:
        json.dump(spec_of(layout, chosen), file)
    with open(capture, "wb") as file:
        file.write(b"".join(struct.pack("<I", len(frame)) + frame for frame in frames))
    done = subprocess.run([weir, "replay", spec, capture, "--stats"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    stderr = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        return ["exit %d: %s" % (done.returncode, stderr[-800:])], layout, 0
    ours = [{key: value for key, value in json.loads(line).items() if key == "all" or re.fullmatch("p[0-9]+", key)}
            for line in done.stdout.decode().splitlines()]
    theirs, failures = expected_lines(frames, layout, chosen)
    wrong = ["record %d: is %s\n  expected %s" % (at, json.dumps(a), json.dumps(b))
             for at, (a, b) in enumerate(zip(ours, theirs)) if json.dumps(a) != json.dumps(b)][:3]
    if len(ours) != len(theirs):
        wrong.append("%d records, expected %d" % (len(ours), len(theirs)))
    counted = int(re.search("^failed +([0-9]+)", stderr, re.M)[1])
    if counted != failures:
        wrong.append("%d failures, expected %d" % (counted, failures))
    return wrong, layout, len(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--count", type=int, default=int(os.environ.get("WEIR_LAYOUT_CASES", "300")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("WEIR_LAYOUT_SEED", "1")))
    args = parser.parse_args()
    failed = records = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seed, args.seed + args.count):
            wrong, layout, made = run(args.weir, folder, seed)
            records += made
            failed += bool(wrong)
            if wrong:
                print("seed %d: %s\n%s" % (seed, json.dumps(layout), "\n".join(wrong)))
    print("%d layouts, %d records, %d layouts differ" % (args.count, records, failed))
    if records < args.count:
        sys.exit("hardly any records: the generator is broken")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
