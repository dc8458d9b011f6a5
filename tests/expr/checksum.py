#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kraken's checksum of a book, computed by an expression from the digits as they were sent.

The books of the capture are kept here, texts as they came; for each update that has a checksum the
best levels, in no order, go to `weir eval --batch`, where Decimals sort them and crc32 sums them
up. A second expression says that Decimals give back the digits and add up exactly.

    checksum.py WEIR SHARED
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import Decimal

CHECKSUM = ("crc32(''.join(p.replace('.', '').lstrip('0') + q.replace('.', '').lstrip('0') "
            "for p, q in sorted(data['asks'], key=lambda l: Decimal(l[0]))[:10]"
            " + sorted(data['bids'], key=lambda l: -Decimal(l[0]))[:10]))")
EXACT = ("(all(str(Decimal(p)) == p and str(Decimal(q)) == q for p, q in data['asks'] + data['bids']), "
         "sum((Decimal(p) * Decimal(q) for p, q in data['asks']), Decimal(0)))")
SENT = 14  # levels of each side that an expression gets: more than the ten that count


def apply(book, part, depth):
    for key, side in (("as", "a"), ("bs", "b"), ("a", "a"), ("b", "b")):
        if key in ("as", "bs") and key in part:
            book[side] = {}
        for level in part.get(key, []):
            price, size = level[:2]
            if Decimal(size) == 0:
                book[side].pop(Decimal(price), None)
            else:
                book[side][Decimal(price)] = (price, size)
    for side, worst in (("a", max), ("b", min)):
        while len(book[side]) > depth:
            book[side].pop(worst(book[side]))


def requests(path):
    """(line for weir, what it must answer)"""
    books, rng = {}, random.Random(1)
    with open(path, encoding="utf-8") as frames:
        for line in frames:
            frame = json.loads(line)
            if not isinstance(frame, list) or not str(frame[-2]).startswith("book"):
                continue
            name, pair = frame[-2:]
            book = books.setdefault(pair, {"a": {}, "b": {}})
            checksum = None
            for part in frame[1:-2]:
                apply(book, part, int(name.split("-")[1]))
                checksum = part.get("c", checksum)
            if checksum is None:
                continue
            asks = [book["a"][p] for p in sorted(book["a"])[:SENT]]
            bids = [book["b"][p] for p in sorted(book["b"], reverse=True)[:SENT]]
            rng.shuffle(asks)
            rng.shuffle(bids)
            data = {"asks": asks, "bids": bids}
            yield {"expr": CHECKSUM, "data": data}, {"value": int(checksum), "type": "int"}
            total = sum(Decimal(p) * Decimal(q) for p, q in asks)
            yield ({"expr": EXACT, "data": data},
                   {"value": {"$tuple": [True, {"$Decimal": str(total)}]}, "type": "tuple"})


def main():
    weir, path = sys.argv[1], os.path.join(sys.argv[2], "captures/frames/kraken.jsonl")
    if not os.path.exists(path):
        print("skipped: no captures in", sys.argv[2])
        sys.exit(77)
    asked = list(requests(path))
    with tempfile.TemporaryFile() as lines:
        lines.write("".join(json.dumps(request) + "\n" for request, _ in asked).encode())
        lines.seek(0)
        out = subprocess.run([weir, "eval", "--batch"], stdin=lines, capture_output=True, check=True)
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    wrong = sum(answer != want for answer, (_, want) in zip(answers, asked))
    for answer, (request, want) in zip(answers, asked):
        if answer != want:
            print(json.dumps(request)[:600], answer, want, sep="\n  ")
            break
    print(f"{len(asked) // 2} checksums of the venue, {wrong} answers wrong")
    sys.exit(wrong > 0 or len(answers) != len(asked) or not asked)


if __name__ == "__main__":
    main()
