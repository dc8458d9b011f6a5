# SPDX-License-Identifier: MIT
"""Frames that are broken in every way, between frames that are not. Every good frame's record
must be delivered and equal, every broken frame must be counted as an error and give no record,
odd but legal frames must give what Python's json module makes of them, and the exit code is 0:
one bad frame never harms its neighbours.

The frames go in as length-prefixed binary, so that newlines, NULs and empty frames are just
bytes.
"""
import json
import os
import re
import struct
import sys
import tempfile

from command import arguments, replay

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "malformed.yaml")
DEEP = 100000
DEEPEST = 256       # levels that a frame may have (WEIR_JSON_DEPTH_MAX)


def good(number):
    return json.dumps({"s": "ABC", "t": 1600000000000 + number, "p": "%d.5" % number, "q": number,
                       "note": "caf\u00e9 %d" % number}, ensure_ascii=number % 2 == 0).encode()


def with_note(note):
    return b'{"s":"ABC","t":1,"p":"1","q":1,"note":' + note + b"}"


def with_member(name, value):
    """A good frame with one more member: the last of its name is the one that counts."""
    return with_note(b"1")[:-1] + b',"' + name + b'":' + value + b"}"


TRUNCATED = (
    with_note(b'"a\\u00e9\\n\xc3\xa9"'),
    b'{"s":"ABC","t":1600000000000,"p":"1.5","q":-0.5e+3,"x":[1,[true,null,{"y":false}]]}',
    b'[{"s":"ABC"},{"s":"\xf0\x9f\x98\x80"}]',
)


def truncated():
    for frame in TRUNCATED:
        for length in range(len(frame)):
            yield frame[:length]


def bad_strings():
    escapes = (rb"\x", rb"\u", rb"\u1", rb"\u12", rb"\u123", rb"\u123g", rb"\U0001F600", rb"\0",
               rb"\'",
               rb"\a", rb"\ ", b"\\\n", rb"\u-123", rb"\u 123", b"\\\x00")
    for escape in escapes:
        yield with_note(b'"a' + escape + b'"')
    for control in range(0x20):
        yield with_note(b'"a' + bytes([control]) + b'b"')


def bad_utf8():
    sequences = (b"\x80", b"\xbf", b"\xc3", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80",
                 b"\xe0\x9f\xbf",
                 b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xe2\x82", b"\xf0\x80\x80\x80",
                 b"\xf0\x8f\xbf\xbf",
                 b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe",
                 b"\xff",
                 b"\xf0\x9f\x98", b"\xe2\x28\xa1")
    for sequence in sequences:
        yield with_note(b'"' + sequence + b'"')
        yield with_note(b'"' + sequence)
        yield b'{"' + sequence + b'":1}'
        yield sequence


def bad_numbers():
    for number in (b"01", b"-", b"+1", b".5", b"1.", b"1.e5", b"1e", b"1e+", b"1E-", b"--1",
                   b"0x10",
                   b"1_000", b"NaN", b"Infinity", b"-Infinity", b"nan", b"1,5", b"-01", b"1e5.5",
                   b"\xef\xbc\x91", b"0b1"):
        yield with_note(number)
        yield number


def bad_structure():
    yield from (b"", b" ", b"\n", b"\t\r\n ", b"\x00", b"\x00\x00\x00\x00", b"{", b"}", b"[", b"]",
                b",",
                b":", b'"', b"'", b"nul", b"nulll", b"tru", b"True", b"None", b"undefined",
                b"<html></html>",
                b"{]", b"[}", b"[1 2]", b"[1,]", b"[,1]", b"[,]", b"{,}", b'{"a"}', b'{"a":}',
                b'{"a" 1}',
                b"{a:1}", b"{'a':1}", b"{1:2}", b'{"a":1,}', b'{"a":1 "b":2}', b'{"a"::1}', b'{:1}',
                b'{null:1}', b'[1],', b"// comment\n{}", b"/**/{}", b"ping", b"2probe",
                b"\xef\xbb\xbf")
    whole = with_note(b'"x"')
    yield from (b"\xef\xbb\xbf" + whole, b"\xfe\xff" + whole, b"\x00" + whole, whole + b"\x00",
                whole + b"x", whole + b",", whole + b"}", whole + whole, whole + b" 1",
                whole + b"\x0b",
                b"\x0c" + whole, b"\xc2\xa0" + whole, whole.decode().encode("utf-16-le"),
                whole.decode().encode("utf-32-be"))
    yield whole.replace(b'"q":1', b'"q":\x001')


def too_deep():
    yield b"[" * DEEP
    yield b"[" * DEEP + b"]" * DEEP
    yield b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield with_note(b"[" * DEEP + b"]" * DEEP)
    yield with_note(b'[{"a":' * DEEP)
    yield with_note(b"[" * DEEPEST + b"]" * DEEPEST)


def unconvertible():
    """Good JSON that is no trade: the record fails, the frame does not."""
    yield from (b"{}", b"[]", b"null", b"true", b"1", b'"text"', b'{"s":"ABC"}', b'[{"s":"ABC"}]',
                b'{"s":"ABC","t":1,"p":"one","q":1}', b'{"s":"ABC","t":1,"p":null,"q":1}',
                b'{"s":"ABC","t":1,"p":[],"q":1}', b'{"s":"ABC","t":"soon","p":"1","q":1}',
                b'{"s":"ABC","t":1e300,"p":"1","q":1}', b'{"s":null,"t":1,"p":"1","q":1}',
                b'{"s":"ABC","t":99999999999999999999999,"p":"1","q":1}')


def legal():
    """Odd but legal: what Python makes of it, we must."""
    yield with_note(b'"twice"')[:-1] + b',"p":"2","p":"3"}'
    yield b' \t\r\n{ "s" : "ABC" , "t" : 1 , "p" : "1" , "q" : 1 , "note" : null } \n'
    yield with_note(rb'"\ud83d\ude00 \/ \" \\ \b\f\n\r\t \u0000 \u00e9"')
    yield with_note(b'"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xef\xbf\xbf\xe2\x80\xa8\x7f"')
    for price in (b'"1e308"', b"4.9e-324", b"123456789012345678901234567890", b"-0.0",
                  b"0.1000000000000000055511151231257827021181583404541", b'" 1.5 "', b'"1_000.5"'):
        yield with_member(b"p", price)
    yield with_note(b"9007199254740993")
    yield with_note(b"-9223372036854775808")
    yield rb'{"\u0073":"ABC","\u0074":1,"p":"1","q":1}'
    yield with_note(b'"' + b"x" * 200000 + b'"')
    yield with_member(b"unread", b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1))
    yield with_member(b"", b'{"":[]}')
    for surrogate in (rb"\ud800", rb"\udc00", rb"\ud800\ud800", rb"\ud800a", rb"\udfff\ud800",
                      rb"\ud83d\n", rb"\ud83d\ud83d\ude00"):
        yield with_note(b'"' + surrogate + b'"')


def huge():
    """Legal JSON beyond every type: either a record or a counted failure, never more."""
    for number in (b"1e999", b"-1e999", b"1" * 400, b"1e" + b"9" * 400, b"0." + b"0" * 5000 + b"1",
                   b"9" * 100000, b'"1e999"', b'"nan"', b'"inf"'):
        for member in (b"p", b"q", b"t", b"note"):
            yield with_member(member, number)


BROKEN = (("truncated", truncated), ("strings", bad_strings), ("UTF-8", bad_utf8),
          ("numbers", bad_numbers), ("structure", bad_structure), ("depth", too_deep),
          ("conversion", unconvertible))


def cases():
    """(kind, frame), each broken or odd frame followed by a good one."""
    number = 0
    for kind, frames in (*BROKEN, ("legal", legal), ("huge", huge)):
        for frame in frames():
            yield kind, frame
            yield "good", good(number)
            number += 1


def expected(frame):
    """A lone surrogate has no UTF-8, so it arrives as the replacement character."""
    data = json.loads(frame)
    if isinstance(data.get("note"), str):
        data["note"] = re.sub("[\ud800-\udfff]", "\ufffd", data["note"])
    return {"asset": data["s"], "close": float(data["p"]), "volume": float(data["q"]),
            "note": data.get("note")}


def delivered(record):
    data = record["data"]
    return {"asset": record["asset"], "close": data["close"], "volume": data["volume"],
            "note": data.get("note")}


def write(path, frames):
    with open(path, "wb") as out:
        for frame in frames:
            out.write(struct.pack("<I", len(frame)) + frame)


def problems(all_cases, result):
    if result.code != 0:
        yield "exit %d: %s" % (result.code, result.err)
    by_frame = {}
    for record in result.records:
        by_frame.setdefault(record["frame"], []).append(record)
    for number, (kind, frame) in enumerate(all_cases):
        records = by_frame.pop(number, [])
        if kind in ("good", "legal"):
            if len(records) != 1:
                yield "frame %d (%s): %d records of %.120r" % (number, kind, len(records), frame)
            elif repr(delivered(records[0])) != repr(expected(frame)):
                yield "frame %d (%s): %.200r is not %.200r" % (
                    number, kind, delivered(records[0]), expected(frame))
        elif len(records) > (kind == "huge"):
            yield "frame %d (%s): a record of %.120r" % (number, kind, frame)
    for number in by_frame:
        yield "a record of frame %r, which is none" % number


def counted(err):
    """Failures by stage as --stats says them."""
    return {stage: int(count)
            for line in re.findall(r"^failed\b.*$", err, re.M)
            for stage, count in re.findall(r"\b(decode|convert) (\d+)", line)}


def main():
    args = arguments(__doc__)
    all_cases = list(cases())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "malformed.lpf")
        write(path, [frame for _, frame in all_cases])
        result = replay(args.weir, SPEC, path, "--stats")
    found = list(problems(all_cases, result))
    broken = sum(kind in dict(BROKEN) and kind != "conversion" for kind, _ in all_cases)
    failed = sum(kind == "conversion" for kind, _ in all_cases)
    failed += sum(kind == "huge" for kind, _ in all_cases)
    failed -= sum(all_cases[n][0] == "huge" for n in {record["frame"] for record in result.records})
    stages = counted(result.err)
    if stages != {"decode": broken, "convert": failed}:
        found.append("--stats counts %r, expected decode %d, convert %d:\n%s" % (
            stages, broken, failed, result.err))
    for problem in found[:40]:
        print(problem)
    print("%d frames: %d good or legal, %d broken, %d unconvertible; %d problems" % (
        len(all_cases), len(all_cases) - broken - failed, broken, failed, len(found)))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
