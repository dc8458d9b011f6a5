# SPDX-License-Identifier: MIT
"""Random messages of the types in tests/replay/protobuf, encoded by python3-protobuf and read by `weir
replay` through the descriptor set that protoc wrote of them. The oracle is what python3-protobuf makes of the
same bytes: a whole message as the dict that docs/formats.md promises, and random paths into it.

The bytes are also what no encoder writes but every decoder must take: fields in another order, messages in
parts that merge, members of a oneof one behind the other, packed fields unpacked and the reverse, unknown
fields and groups. Damaged ones must be refused when python3-protobuf refuses them, and only then.
"""
import base64
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings

from command import arguments, replay, skip

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
    from google.protobuf.descriptor import FieldDescriptor as F
except ImportError:
    skip("python3-protobuf is not installed")

HERE = os.path.dirname(os.path.abspath(__file__))
PROTOS = os.path.join(HERE, "protobuf")
MESSAGES = 300
PATHS = 60
INTS = {F.TYPE_INT32: (-2**31, 2**31 - 1), F.TYPE_SINT32: (-2**31, 2**31 - 1), F.TYPE_SFIXED32: (-2**31, 2**31 - 1),
        F.TYPE_UINT32: (0, 2**32 - 1), F.TYPE_FIXED32: (0, 2**32 - 1), F.TYPE_INT64: (-2**63, 2**63 - 1),
        F.TYPE_SINT64: (-2**63, 2**63 - 1), F.TYPE_SFIXED64: (-2**63, 2**63 - 1), F.TYPE_UINT64: (0, 2**64 - 1),
        F.TYPE_FIXED64: (0, 2**64 - 1)}


# ------------------------------------------------------------------ messages

def is_map(field):
    return (field.type == F.TYPE_MESSAGE and field.label == F.LABEL_REPEATED
            and field.message_type.GetOptions().map_entry)


def scalar(dice, field):
    if field.type in INTS:
        low, high = INTS[field.type]
        return dice.choice([low, high, 0, 1, dice.randint(low, high), dice.randint(0, 300)])
    if field.type == F.TYPE_DOUBLE:
        return dice.choice([0.0, -0.0, 1.5, dice.uniform(-1e9, 1e9), 5e-324, math.inf])
    if field.type == F.TYPE_FLOAT:
        return struct.unpack("<f", struct.pack("<f", dice.uniform(-1e6, 1e6)))[0]
    if field.type == F.TYPE_BOOL:
        return dice.random() < 0.5
    if field.type == F.TYPE_STRING:
        return "".join(dice.choices("abc é€😀\"\\\n", k=dice.choice([0, 1, 5, 130])))
    if field.type == F.TYPE_BYTES:
        return dice.randbytes(dice.choice([0, 1, 20, 200]))
    values = [value.number for value in field.enum_type.values]
    return dice.choice(values + ([99] if field.file.syntax == "proto3" else []))


def fill(dice, made, depth=0):
    for field in made.DESCRIPTOR.fields:
        if dice.random() < (0.4 if depth == 0 else 0.6) or field.type == F.TYPE_GROUP:
            continue
        if is_map(field):
            key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            entries = getattr(made, field.name)
            for _ in range(dice.randrange(4) if depth < 3 else 0):
                if value.type == F.TYPE_MESSAGE:
                    fill(dice, entries[scalar(dice, key)], depth + 1)
                else:
                    entries[scalar(dice, key)] = scalar(dice, value)
        elif field.label == F.LABEL_REPEATED:
            for _ in range(dice.choice([0, 1, 2, 5, 9])):
                if field.type != F.TYPE_MESSAGE:
                    getattr(made, field.name).append(scalar(dice, field))
                elif depth < 3:
                    fill(dice, getattr(made, field.name).add(), depth + 1)
        elif field.type == F.TYPE_MESSAGE:
            if depth < 4:
                getattr(made, field.name).SetInParent()
                fill(dice, getattr(made, field.name), depth + 1)
        else:
            setattr(made, field.name, scalar(dice, field))


# ------------------------------------------------------------------ the wire, as no encoder writes it

def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def behind(data, at, wire):
    """Where a field ends whose tag ends at `at`, and what it contains if it has a length."""
    if wire == 0:
        return read_varint(data, at)[1], b""
    if wire == 2:
        length, at = read_varint(data, at)
        return at + length, data[at:at + length]
    while wire == 3:
        tag, at = read_varint(data, at)
        if tag & 7 == 4:
            return at, b""
        at, _ = behind(data, at, tag & 7)
    return at + (8 if wire == 1 else 4), b""


def pieces(data):
    """(number, wire, bytes of the whole field, contents) of each field of a message."""
    at = 0
    while at < len(data):
        start = at
        tag, at = read_varint(data, at)
        at, contents = behind(data, at, tag & 7)
        yield tag >> 3, tag & 7, data[start:at], contents


def with_length(number, contents):
    return varint(number << 3 | 2) + varint(len(contents)) + contents


def unpacked(field, contents):
    """The elements of a packed field, each behind a tag of its own."""
    size = {F.TYPE_DOUBLE: 8, F.TYPE_FIXED64: 8, F.TYPE_SFIXED64: 8, F.TYPE_FLOAT: 4, F.TYPE_FIXED32: 4,
            F.TYPE_SFIXED32: 4}.get(field.type)
    at, out = 0, b""
    while at < len(contents):
        end = at + size if size else read_varint(contents, at)[1]
        out += varint(field.number << 3 | (0 if not size else 1 if size == 8 else 5)) + contents[at:end]
        at = end
    return out


def unknown(dice):
    number = dice.choice([900, 77777])
    return dice.choice([varint(number << 3) + varint(dice.randrange(2**64)),
                        varint(number << 3 | 1) + dice.randbytes(8), with_length(number, dice.randbytes(5)),
                        varint(number << 3 | 5) + dice.randbytes(4),
                        varint(number << 3 | 3) + with_length(1, b"in a group") + varint(number << 3 | 4)])


def disturbed(dice, descriptor, data, depth=0):
    """Other bytes that are a message too: not always the same one."""
    out = []
    for number, wire, whole, contents in pieces(data):
        field = descriptor.fields_by_number.get(number)
        if field and wire == 2 and field.type == F.TYPE_MESSAGE and depth < 6:
            inner = disturbed(dice, field.message_type, contents, depth + 1)
            if field.label != F.LABEL_REPEATED and dice.random() < 0.4:
                cut = [piece[2] for piece in pieces(inner)]
                at = dice.randrange(len(cut) + 1)
                out.append(with_length(number, b"".join(cut[:at])))
                inner = b"".join(cut[at:])
            whole = with_length(number, inner)
        elif (field and wire == 2 and field.label == F.LABEL_REPEATED
              and field.type not in (F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE) and dice.random() < 0.5):
            whole = unpacked(field, contents)
        out.append(whole)
        if dice.random() < 0.1:
            out.append(whole)
        if dice.random() < 0.1:
            out.append(unknown(dice))
    if dice.random() < 0.3:
        dice.shuffle(out)
    return b"".join(out)


def damaged(dice, data):
    data = bytearray(data)
    for _ in range(dice.choice([1, 1, 2])):
        at = dice.randrange(len(data)) if data else 0
        kind = dice.randrange(3)
        if kind == 0:
            del data[at:]
        elif kind == 1 and data:
            data[at] ^= 1 << dice.randrange(8)
        else:
            data.insert(at, dice.randrange(256))
    return bytes(data)


# ------------------------------------------------------------------ what it should be

def has_presence(field):
    return (field.type == F.TYPE_MESSAGE or field.containing_oneof is not None
            or field.file.syntax != "proto3")


def value_of(field, value):
    if field.type == F.TYPE_MESSAGE:
        return as_dict(value)
    if field.type == F.TYPE_ENUM:
        named = field.enum_type.values_by_number.get(value)
        return next(v.name for v in field.enum_type.values if v.number == value) if named else value
    return value


def as_dict(made):
    out = {}
    for field in sorted(made.DESCRIPTOR.fields, key=lambda f: f.number):
        if field.type == F.TYPE_GROUP:
            continue
        value = getattr(made, field.name)
        if is_map(field):
            inner = field.message_type.fields_by_name["value"]
            out[field.name] = {key: value_of(inner, value[key]) for key in value}
        elif field.label == F.LABEL_REPEATED:
            out[field.name] = [value_of(field, element) for element in value]
        elif not has_presence(field) or made.HasField(field.name) or (
                field.has_default_value and not field.containing_oneof):
            out[field.name] = value_of(field, value)
    return out


def shown(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [shown(element) for element in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): shown(element) for key, element in value.items()}
    return value


def text(value):
    return json.dumps(shown(value), sort_keys=True)


def is_utf8(data):
    try:
        return data.decode() is not None
    except UnicodeDecodeError:
        return False


def has_bad_text(data, descriptor):
    """True if a string is not UTF-8: in proto2 only we refuse that, as in proto3."""
    for number, wire, _, contents in pieces(data):
        field = descriptor.fields_by_number.get(number)
        if field and wire == 2 and (
                field.type == F.TYPE_STRING and not is_utf8(contents)
                or field.type == F.TYPE_MESSAGE and has_bad_text(contents, field.message_type)):
            return True
    return False


def has_number(record, descriptor):
    """True if an enum of proto2 has a value it does not know. We keep the number, python3-protobuf
    takes the field for an unknown one."""
    return any(type(value) is int for field in descriptor.fields if field.type == F.TYPE_ENUM and has_presence(field)
               for value in [record.get(field.name), *(record.get(field.name) if isinstance(record.get(field.name), list)
                                                       else [])])


# ------------------------------------------------------------------ running

def descriptor_set(folder, name):
    path = os.path.join(folder, name + ".desc")
    done = subprocess.run(["protoc", "-I", PROTOS, "--include_imports", "--descriptor_set_out=" + path,
                           os.path.join(PROTOS, name + ".proto")], stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("protoc: " + done.stderr.decode())
    return path


def message_type(path, name):
    pool = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            pool.Add(proto)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


def random_path(dice, descriptor):
    """Steps into a message, as an expression and as a function; they may lead nowhere."""
    steps, field, kind = [], None, descriptor
    for _ in range(dice.randrange(1, 7)):
        if kind is not None:
            fields = [f for f in kind.fields if f.type != F.TYPE_GROUP]
            field = dice.choice(fields)
            steps.append(field.name)
            repeated = field.label == F.LABEL_REPEATED
            kind = field.message_type if field.type == F.TYPE_MESSAGE and not repeated else None
        elif is_map(field):
            key, field = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            steps.append(dice.choice(["a", ""]) if key.type == F.TYPE_STRING else dice.choice([0, 1]))
            kind = field.message_type if field.type == F.TYPE_MESSAGE else None
            if kind is None:
                break
        elif field.label == F.LABEL_REPEATED:
            steps.append(dice.choice([0, 1, -1, -3]))
            kind = field.message_type if field.type == F.TYPE_MESSAGE else None
            if kind is None:
                break
        else:
            break
    return steps


def follow(value, steps):
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError):
            return "nowhere"
    return value


def write_spec(folder, descriptor, name, paths):
    path = os.path.join(folder, "spec.yaml")
    columns = "".join("            p%d: {source: \"data%s\", default_value: nowhere}\n"
                      % (n, "".join("[%s]" % ("'%s'" % s if isinstance(s, str) else s) for s in steps))
                      for n, steps in enumerate(paths))
    with open(path, "w", encoding="utf-8") as out:
        out.write("weir: 1\nname: t\nconnections:\n  m:\n    url: wss://t.example/\n    backend: {type: websocket}\n"
                  "    streams: {whole: data, parts: quote}\n    parser: {format: protobuf, protobuf: {descriptor: %s, "
                  "message: %s}}\n    router: {rules: [{channel: [whole, parts], match: 'True'}]}\n    converters:\n"
                  "      whole: {fields: {all: data}}\n      parts:\n        - fields:\n%s"
                  % (os.path.basename(descriptor), name, columns))
    return path


def make_frames(dice, made_type):
    for _ in range(MESSAGES):
        made = made_type()
        fill(dice, made)
        data = made.SerializeToString()
        yield data
        data = disturbed(dice, made_type.DESCRIPTOR, data)
        yield data
        yield damaged(dice, data)


def compare(weir, folder, dice, proto, name):
    descriptor = descriptor_set(folder, proto)
    made_type = message_type(descriptor, name)
    paths = [random_path(dice, made_type.DESCRIPTOR) for _ in range(PATHS)]
    spec = write_spec(folder, descriptor, name, paths)
    frames = list(make_frames(dice, made_type))
    packed = os.path.join(folder, "frames.lpf")
    with open(packed, "wb") as out:
        for frame in frames:
            out.write(struct.pack("<I", len(frame)) + frame)
    found = replay(weir, spec, packed)
    if found.code not in (0, 1) or not found.records:
        sys.exit("weir: exit %d\n%s" % (found.code, found.err[-3000:]))
    records = {(record["frame"], record["stream"]): record for record in found.records}
    refused = values = 0
    for number, frame in enumerate(frames):
        where = "%s, frame %d: %s" % (name, number, frame.hex()[:3000])
        try:
            made = made_type.FromString(frame)
        except (message.DecodeError, SystemError):    # the latter: a warning of an end of no group
            made = None
        whole, parts = records.get((number, "whole")), records.get((number, "parts"))
        if made is None or whole is None or parts is None:
            if whole is None and made is not None and name.startswith("legacy") and has_bad_text(
                    frame, made_type.DESCRIPTOR):
                made = None
            if made is not None or whole is not None or parts is not None:
                sys.exit("%s\n  python3-protobuf %s it, we %s" % (where, "refuses" if made is None else "takes",
                                                                "refuse" if whole is None else "take"))
            refused += 1
            continue
        expected = as_dict(made)
        if has_number(whole["all"], made_type.DESCRIPTOR):
            continue
        if text(whole["all"]) != text(expected):
            sys.exit("%s\n  ours   %.3000s\n  theirs %.3000s" % (where, text(whole["all"]), text(expected)))
        for column, steps in enumerate(paths):
            wanted = follow(expected, steps)
            if text(parts["p%d" % column]) != text(wanted):
                sys.exit("%s\n  path %s\n  ours   %.1000s\n  theirs %.1000s" % (where, steps, text(parts["p%d" % column]),
                                                                            text(wanted)))
            values += wanted != "nowhere"
    print("%-16s %5d messages equal, %5d refused by both, %6d values by path" % (name, len(frames) - refused, refused,
                                                                              values))


def said(weir, folder, parser, expression="data", frame="record"):
    """The one mistake that `weir check` finds in a spec with this parser."""
    path = os.path.join(folder, "wrong.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write("weir: 1\nname: t\nconnections:\n  m:\n    url: wss://t.example/\n    backend: {type: websocket}\n"
                  "    streams: [data]\n    frame: %s\n    parser: %s\n    converters:\n"
                  "      data: {fields: {v: \"%s\"}}\n" % (frame, parser, expression))
    done = subprocess.run([weir, "check", "--json", path], stdout=subprocess.PIPE, timeout=30, check=False)
    found = [(d["line"], d["column"], d["text"]) for d in json.loads(done.stdout) if d["severity"] == "error"]
    return found[0] if len(found) == 1 else found or None


def mistakes(weir, folder):
    """What is wrong is found at load, with its place and a way out."""
    descriptor_set(folder, "feed")
    with open(os.path.join(folder, "feed.desc"), "rb") as file:
        whole = file.read()
    for name, data in (("cut.desc", whole[:-10]), ("text.desc", b"syntax = \"proto3\";\n"), ("empty.desc", b"")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    done = subprocess.run(["protoc", "-I", PROTOS, "--descriptor_set_out=" + os.path.join(folder, "alone.desc"),
                           os.path.join(PROTOS, "feed.proto")], check=False)
    assert done.returncode == 0
    good = "{format: protobuf, protobuf: {descriptor: feed.desc, message: feed.Feed}}"
    payload = good[:-1] + ", payload_path: %s}"
    table = [
        (("{format: protobuf, protobuf: {descriptor: nothing.desc, message: feed.Feed}}",),
         (9, 55, "nothing.desc': No such file or directory")),
        (("{format: protobuf, protobuf: {descriptor: text.desc, message: feed.Feed}}",),
         (9, 55, "text.desc: not a descriptor set: ")),
        (("{format: protobuf, protobuf: {descriptor: empty.desc, message: feed.Feed}}",),
         (9, 55, "empty.desc: not a descriptor set: it has no message")),
        (("{format: protobuf, protobuf: {descriptor: cut.desc, message: feed.Feed}}",),
         (9, 55, "cut.desc: not a descriptor set: the message ends too early")),
        (("{format: protobuf, protobuf: {descriptor: alone.desc, message: feed.Feed}}",),
         (9, 55, "is not in it: write it with 'protoc --include_imports --descriptor_set_out'")),
        (("{format: protobuf, protobuf: {descriptor: feed.desc, message: Feed}}",),
         (9, 75, "unknown message 'Feed'; did you mean 'feed.Feed'?")),
        (("{format: protobuf, protobuf: {descriptor: feed.desc, message: feed.Boook}}",),
         (9, 75, "unknown message 'feed.Boook'; did you mean 'feed.Book'?")),
        (("{format: protobuf, protobuf: {descriptor: feed.desc}}",),
         (9, 42, "protobuf needs the key 'message'")),
        (("{format: protobuf}",),
         (9, 13, "format: protobuf needs the key 'protobuf': {descriptor, message}")),
        (("{format: json, protobuf: {descriptor: feed.desc, message: feed.Feed}}",),
         (9, 38, "'protobuf' goes with format: protobuf")),
        ((good, "data['trade']['pric']"), (11, 27, "no message feed.Trade has 'pric'; did you mean 'price'?")),
        ((good, "data['trades']['price']"), (11, 27, "'trades' is a list: an index comes first")),
        ((good, "data[0]"), (11, 27, "a message feed.Feed is no list: its fields have names")),
        ((good, "data['scalars']['m_self'][1]['f_boole']"),
         (11, 27, "no message feed.Scalars has 'f_boole'; did you mean 'f_bool'?")),
        ((payload % '"data[\'nope\']"',), (9, 102, "no message feed.Feed has 'nope'")),
        ((good, "data['trade']['symbol'][0] + str(data['trades'][0]['conditions'][-1]) + str(data['text'])"), None),
        ((payload % '"data[\'trade\']"', "data['whatever']"), None),
    ]
    for wrong, expected in table:
        found = said(weir, folder, *wrong)
        if (found is None) != (expected is None) or expected and (
                not isinstance(found, tuple) or found[:2] != expected[:2] or expected[2] not in found[2]):
            sys.exit("%s: expected %r, said %r" % (wrong, expected, found))
    print("mistakes         %5d found at load, in their places" % len(table))


def main():
    args = arguments(__doc__)
    warnings.simplefilter("error", RuntimeWarning)
    if not shutil.which("protoc"):
        skip("protoc is not installed")
    dice = random.Random(20261129)
    with tempfile.TemporaryDirectory() as folder:
        mistakes(args.weir, folder)
        for proto, name in (("legacy", "legacy.Message"), ("feed", "feed.Feed"), ("feed", "feed.Scalars"),
                            ("feed", "feed.Book")):
            compare(args.weir, folder, dice, proto, name)


if __name__ == "__main__":
    main()
