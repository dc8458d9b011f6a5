# SPDX-License-Identifier: MIT
"""The same random documents as JSON and as MessagePack, the latter packed by python3-msgpack, through
one spec in every `frame` mode: the records must be equal, failures too. Beyond what JSON can say -
bytes, times, exts, keys that are no texts - the values are compared with what was packed.
"""
import base64
import datetime
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

from command import arguments, replay, skip

try:
    import msgpack
except ImportError:
    skip("python3-msgpack is not installed")

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENTS = 1500
KEYS = ["a", "b", "c", "list", "name", "a longer key than eight", "", "é", "\n"]
MODES = {
    "record": "",
    "array": "    frame: array\n",
    "auto": "    frame: auto\n",
    "payload": "    frame: auto\n    parser: {payload_path: \"data['list'] if 'list' in data else data\"}\n",
}


def scalar(dice):
    return dice.choice([
        None, True, False, dice.randint(-40, 300), dice.randint(-2**63, 2**64 - 1),
        dice.choice([2**63 - 1, 2**63, 2**64 - 1, -2**63, 2**32, -2**31, -2**31 - 1, -2**32, -2**32 - 1, -2**63 + 1, 65535, 0]),
        dice.uniform(-1e6, 1e6), dice.choice([0.0, -0.0, 1.5, 1e300, 5e-324, 0.1]),
        "".join(dice.choices("abc é€😀\"\\\n\x01", k=dice.choice([0, 1, 7, 8, 9, 40, 300]))),
        dice.choice(KEYS)])


def document(dice, depth=0):
    kind = dice.random()
    if depth > 4 or (depth > 0 and kind < 0.5):
        return scalar(dice)
    if kind < 0.8:
        return {dice.choice(KEYS): document(dice, depth + 1) for _ in range(dice.choice([0, 1, 2, 4, 9, 20]))}
    return [document(dice, depth + 1) for _ in range(dice.choice([0, 1, 2, 3, 17]))]


def variant(folder, mode, msgpack_too):
    """The spec in a mode; the parser's keys are merged, so the format comes on top."""
    name = "%s_%s" % (mode, "msgpack" if msgpack_too else "json")
    path = os.path.join(folder, name + ".yaml")
    base = os.path.join(folder, mode + ".yaml")
    with open(base, "w", encoding="utf-8") as out:
        out.write("weir: 1\nname: documents\nextends: %s\nconnections:\n  record:\n    streams: {whole: data, "
                  "parts: quote}\n%s" % (json.dumps(os.path.join(HERE, "documents.yaml")), MODES[mode]))
    with open(path, "w", encoding="utf-8") as out:
        out.write("weir: 1\nname: documents\nextends: %s\nconnections:\n  record:\n    parser: {format: %s}\n"
                  % (json.dumps(base), "msgpack" if msgpack_too else "json"))
    return path


def write_frames(path, frames):
    with open(path, "wb") as out:
        for frame in frames:
            out.write(struct.pack("<I", len(frame)) + frame)


def exact(value):
    """A value by which 1, 1.0 and True are different, and so are 0.0 and -0.0."""
    return json.dumps(value, sort_keys=False)


def compare_documents(weir, folder, dice):
    documents = [document(dice) for _ in range(DOCUMENTS)]
    texts, packed = os.path.join(folder, "texts.lpf"), os.path.join(folder, "packed.lpf")
    write_frames(texts, [json.dumps(d, ensure_ascii=dice.random() < 0.5).encode() for d in documents])
    write_frames(packed, [msgpack.packb(d) for d in documents])
    for mode in MODES:
        ours = replay(weir, variant(folder, mode, True), packed, "--stats")
        theirs = replay(weir, variant(folder, mode, False), texts, "--stats")
        if not theirs.records or ours.code != theirs.code:
            sys.exit("%s: exit %d and %d, %d records\n%s" % (mode, ours.code, theirs.code, len(theirs.records),
                                                             ours.err[-2000:]))
        for mine, other in zip(ours.records, theirs.records):
            if exact(mine) != exact(other):
                sys.exit("%s: differs\n  msgpack %.1500s\n  json    %.1500s" % (mode, exact(mine), exact(other)))
        counts = [[line for line in result.err.splitlines() if line.startswith(("records", "failed"))]
                  for result in (ours, theirs)]
        if len(ours.records) != len(theirs.records) or counts[0] != counts[1]:
            sys.exit("%s: %s of msgpack, %s of json" % (mode, *counts))
        print("%-8s %6d documents, %6d records equal; %s" % (mode, len(documents), len(ours.records),
                                                            counts[0][-1]))


def shown(value):
    """What our JSON is to say of a value that JSON has no word for."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, msgpack.Timestamp):
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value.seconds)
        digits = "%09d" % value.nanoseconds
        digits = next(digits[:n] for n in (0, 3, 6, 9) if not int(digits[n:] or 0))
        return at.strftime("%Y-%m-%dT%H:%M:%S") + ("." + digits if digits else "") + "Z"
    if isinstance(value, msgpack.ExtType):
        return [value.code, shown(value.data)]
    if isinstance(value, list):
        return [shown(element) for element in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else shown(key) if isinstance(key, bytes)
                else json.dumps(key): shown(element) for key, element in value.items()}
    return value


def rich(dice, depth=0):
    kind = dice.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return dice.randbytes(dice.choice([0, 1, 255, 256]))
    if kind == 1:
        return msgpack.Timestamp(dice.choice([0, 1, 2**32 - 1, 2**32, 2**33, -1, -2**33]),
                                 dice.choice([0, 1, 500000000, 999999999, 1000]))
    if kind == 2:
        return msgpack.ExtType(dice.randrange(128), dice.randbytes(dice.choice([0, 1, 2, 3, 4, 8, 16, 17, 300])))
    if kind < 6:
        return scalar(dice)
    if kind == 6:
        return [rich(dice, depth + 1) for _ in range(dice.randrange(5))]
    keys = [dice.randint(-3, 3), dice.choice(KEYS), dice.randbytes(2), 2.5, None]
    return {dice.choice(keys): rich(dice, depth + 1) for _ in range(dice.randrange(6))}


def compare_rich(weir, folder, dice):
    path = os.path.join(folder, "rich.lpf")
    spec = variant(folder, "record", True)
    documents = [rich(dice) for _ in range(DOCUMENTS)]
    write_frames(path, [msgpack.packb(d, use_single_float=False) for d in documents])
    found = replay(weir, spec, path)
    whole = {record["frame"]: record for record in found.records if record["stream"] == "whole"}
    for number, value in enumerate(documents):
        if number not in whole or exact(whole[number]["all"]) != exact(shown(value)):
            sys.exit("document %d: differs\n  packed %r\n  ours   %.1500s" % (
                number, value, exact(whole.get(number, {}).get("all"))))
    print("rich     %6d documents equal" % len(documents))


def compare_out(weir, folder, dice):
    """What a spec sends is unpacked by python3-msgpack."""
    for number in range(20):
        value = {key: document(dice, 3) for key in ("x", "y", "z")}
        path = os.path.join(folder, "out.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("weir: 1\nname: out\nconnections:\n  m:\n    url: wss://out.example/\n    backend: {type: websocket}\n"
                      "    streams: [data]\n    subscribe:\n      subscribe: {data: {msgpack: %s}}\n    converters:\n"
                      "      data: {fields: {v: data}}\ntests:\n- name: t\n  subscribe: {data: [A]}\n  sends: [{base64: %s}]\n"
                      % (json.dumps(repr(value), ensure_ascii=False), base64.b64encode(packed_as_ours(value)).decode()))
        done = subprocess.run([weir, "test", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              check=False)
        if done.returncode != 0:
            sys.exit("message %d, %r: %s" % (number, value, done.stdout.decode()))
    print("out          20 messages equal")


def packed_as_ours(value):
    """python3-msgpack's bytes with a float that four bytes hold in four, as we write it."""
    if isinstance(value, float):
        short = abs(value) < 3.4e38 and struct.unpack(">f", struct.pack(">f", value))[0] == value
        return msgpack.packb(value, use_single_float=short)
    packer = msgpack.Packer(autoreset=False)
    if isinstance(value, list):
        packer.pack_array_header(len(value))
        return packer.bytes() + b"".join(map(packed_as_ours, value))
    if isinstance(value, dict):
        packer.pack_map_header(len(value))
        return packer.bytes() + b"".join(packed_as_ours(k) + packed_as_ours(v) for k, v in value.items())
    return msgpack.packb(value)


def main():
    args = arguments(__doc__)
    dice = random.Random(20261129)
    with tempfile.TemporaryDirectory() as folder:
        compare_documents(args.weir, folder, dice)
        compare_rich(args.weir, folder, dice)
        compare_out(args.weir, folder, dice)


if __name__ == "__main__":
    main()
