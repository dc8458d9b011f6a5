#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""generate.py FOLDER: the corpora that the bench makes itself, always the same ones.

Frames in the form of venues' with made-up numbers. Each name is a feed, a dash and what is odd about it; .seq
files have a record separator (0x1e) in front of each frame, because pretty-printed JSON has lines of its own.
"""
import json
import pathlib
import random
import sys

SEP = '\x1e'


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def symbols(rng, count, letters):
    return [''.join(rng.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ') for _ in range(rng.choice(letters))) for _ in range(count)]


def zipf(rng, items):
    return items[min(int(rng.paretovariate(0.9)) - 1, len(items) - 1)]


def go_time(rng, ns):
    """RFC 3339 as Go writes it: trailing zeros of the fraction are cut."""
    seconds, rest = divmod(ns, 10**9)
    fraction = f'{rest:09d}'.rstrip('0')
    hours, minute = divmod(seconds // 60, 60)
    return f'2024-08-09T{13 + hours % 8:02d}:{minute:02d}:{seconds % 60:02d}' + (f'.{fraction}' if fraction else '') + 'Z'


def alpaca(rng, most):
    names, clock = symbols(rng, 500, (3, 4, 4, 4)), 0
    for _ in range(6000 if most > 1 else 40000):
        rows = []
        for _ in range(rng.randint(1, most)):
            clock += rng.randint(1000, 400000)
            name, price = zipf(rng, names), round(rng.uniform(3, 900), 2)
            time = go_time(rng, clock * rng.choice((1, 1, 1000)) % (8 * 3600 * 10**9))
            roll = rng.random()
            conditions = rng.sample(['@', 'I', 'F', 'T', ' ', '4'], rng.randint(1, 4))
            if roll < 0.38:
                rows.append({'T': 't', 'i': rng.randint(1, 10**8), 'S': name, 'x': rng.choice('VDQPZ'), 'p': price,
                             's': rng.choice((1, 5, 10, 100, 100, 250)), 't': time, 'c': conditions, 'z': 'C'})
            elif roll < 0.99:
                rows.append({'T': 'q', 'S': name, 'bx': rng.choice('VDQPZ'), 'bp': price, 'bs': rng.randint(1, 12),
                             'ax': rng.choice('VDQPZ'), 'ap': round(price + 0.03, 2), 'as': rng.randint(1, 12),
                             't': time, 'c': conditions[:1], 'z': 'A'})
            else:
                rows.append({'T': 'b', 'S': name, 'o': price, 'h': price, 'l': price, 'c': price, 'v': 1200, 't': time})
        yield rows


def money(rng, low, high):
    return f'{rng.uniform(low, high):.8f}'


def levels(rng, count, price, step):
    return [[f'{price + step * (i + 1):.8f}', f'{rng.expovariate(0.4):.8f}'] for i in range(count)]


def binance(rng, frames, depth):
    names, clock, update = [n + 'USDT' for n in symbols(rng, 300, (3, 3, 4, 5))], 1723161601000, 50093421000
    last = {}  # change of each book, which the next event of it goes on from
    for _ in range(frames):
        clock += rng.randint(0, 3)
        update += rng.randint(1, 9)
        name, roll, price = zipf(rng, names), rng.random(), rng.uniform(0.01, 65000)
        if depth or roll < 0.07:
            first = last.get(name, update) + 1
            last[name] = first + 7
            data = {'e': 'depthUpdate', 'E': clock, 's': name, 'U': first, 'u': first + 7,
                    'b': levels(rng, 20, price, -0.01), 'a': levels(rng, 20, price, 0.01)}
            yield {'stream': name.lower() + '@depth@100ms', 'data': data}
        elif roll < 0.5:
            yield {'stream': name.lower() + '@bookTicker',
                   'data': {'u': update, 's': name, 'b': f'{price:.8f}', 'B': money(rng, 0, 50),
                            'a': f'{price + 0.01:.8f}', 'A': money(rng, 0, 50)}}
        else:
            yield {'stream': name.lower() + '@trade',
                   'data': {'e': 'trade', 'E': clock + 1, 's': name, 't': update * 3, 'p': f'{price:.8f}',
                            'q': money(rng, 0, 9), 'T': clock, 'm': rng.random() < 0.5, 'M': True}}


def shuffled(rng, value):
    if isinstance(value, dict):
        items = [(key, shuffled(rng, item)) for key, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    return value


def strange(rng, frame):
    """Every message a new shape: unknown keys with unknown things between the known ones."""
    things = (lambda: rng.randint(0, 10**6), lambda: 'x' * rng.randint(0, 30), lambda: None, lambda: [1, 2, {'b': 'n'}],
              lambda: {'p': '1', 's': [True]}, lambda: rng.random())
    items = list(frame['data'].items())
    for _ in range(rng.randint(1, 5)):
        items.insert(rng.randint(0, len(items)), (f'k{rng.randint(0, 10**6)}', rng.choice(things)()))
    return {'stream': frame['stream'], 'data': dict(items)}


def with_long_text(rng, frame):
    frame['data'] = {'note': 'all work and no play ' * rng.randint(20, 200), **frame['data']}
    return compact(frame)


def with_escapes(rng, frame):
    frame['data'] = {'note': 'say "no"\n\\ and \u00e9\u20ac', **frame['data']}
    text = json.dumps(frame, separators=(',', ':'))
    return text.replace('USDT', 'USD\\u0054') if rng.random() < 0.5 else text.replace('usdt@', 'usdt\\u0040')


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    corpora = {
        'alpaca-lists': (compact(f) for f in alpaca(random.Random(1), 20)),
        'alpaca-single': (compact(f) for f in alpaca(random.Random(2), 1)),
        'binance-mixed': (compact(f) for f in binance(random.Random(3), 30000, False)),
        'binance-depth': (compact(f) for f in binance(random.Random(4), 5000, True)),
        'adverse.binance-shuffled': (lambda r: (compact(shuffled(r, f)) for f in binance(r, 20000, False)))(random.Random(5)),
        'adverse.binance-pretty': (json.dumps(f, indent=2) for f in binance(random.Random(6), 20000, False)),
        'adverse.binance-shapes': (lambda r: (compact(strange(r, f)) for f in binance(r, 20000, False)))(random.Random(7)),
        'adverse.binance-long': (lambda r: (with_long_text(r, f) for f in binance(r, 5000, False)))(random.Random(8)),
        'adverse.binance-escapes': (lambda r: (with_escapes(r, f) for f in binance(r, 20000, False)))(random.Random(9)),
    }
    for name, frames in corpora.items():
        with open(folder / f'{name}.seq', 'w', encoding='utf-8') as out:
            for frame in frames:
                out.write(SEP + frame)


if __name__ == '__main__':
    main()
