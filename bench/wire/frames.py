#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""frames.py FOLDER: the messages of bench/wire, a line each: of exactly 50, 150 and 1,400 bytes for
bench/specs/sized.yaml, of 150 with a place for a stamp, and a Binance mix where no capture is at hand."""
import json
import pathlib
import random
import sys

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BENCH / 'plan'))
import generate  # noqa: E402

STAMP = 10**18  # tally.h


def padded(frame, size):
    """As JSON of `size` bytes: a text at the end makes it that long."""
    text = generate.compact(frame | {'x': ''})
    return generate.compact(frame | {'x': 'x' * (size - len(text))})


def trade(rng, clock):
    return {'e': 't', 's': rng.choice('ABCDEFGH') * 3, 'p': f'{rng.uniform(100, 999):.2f}', 'T': clock}


def quote(rng, clock, kind, more):
    """Prices of two to four digits, sizes of one or two, symbols of three or four letters: two dozen layouts and more."""
    bid, sizes = 10 ** rng.uniform(1, 3.7), [10 ** rng.uniform(0, 1.5) for _ in range(2)]
    return {'e': kind, **more, 's': rng.choice('ABCDEFGH') * rng.choice((3, 4)), 'b': f'{bid:.2f}',
            'B': f'{sizes[0]:.4f}', 'a': f'{bid + 0.01:.2f}', 'A': f'{sizes[1]:.4f}',
            'u': 5009342100 + clock % 10**6, 'T': clock}


def book(rng, clock):
    mid = rng.uniform(100, 900)
    side = [[[f'{mid + step * (i + 1):.2f}', f'{rng.uniform(1, 9):.6f}'] for i in range(28)] for step in (-0.01, 0.01)]
    return {'e': 'd', 's': rng.choice('ABCDEFGH') * 3, 'T': clock, 'b': side[0], 'a': side[1]}


def corpora():
    clocks, rng = range(1723161601437, 10**14), random.Random(11)
    yield 's50', [generate.compact(trade(rng, clocks[i])) for i in range(20000)]
    yield 's150', [padded(quote(rng, clocks[i], 'q', {}), 150) for i in range(8000)]
    yield 's1400', [padded(book(rng, clocks[i]), 1400) for i in range(1000)]
    yield 'stamped', [padded(quote(rng, clocks[i], 's', {'sent': STAMP}), 150) for i in range(4000)]
    yield 'binance', [generate.compact(f) for f in generate.binance(random.Random(3), 30000, False)]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {'s50': 50, 's150': 150, 's1400': 1400, 'stamped': 150}
    for name, frames in corpora():
        wrong = [f for f in frames if len(f) != sizes.get(name, len(f))]
        if wrong:
            sys.exit(f'frames: {name}: {len(wrong[0])} bytes: {wrong[0]}')
        (folder / f'{name}.jsonl').write_text('\n'.join(frames) + '\n')


if __name__ == '__main__':
    main()
