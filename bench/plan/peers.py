#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peers.py WAY FEED SPEC FRAMES ROUNDS: bench/plan's work in Python, one line of JSON as bench_plan prints it.

WAY is `seed` - json.loads, then every expression of the spec evaluated from compiled code with a context of its
own, as the seed document describes it - or `direct`: code for the feed, with orjson where it is installed.
Timestamps are made by plain integer arithmetic, not by pandas, which favours both.
"""
import datetime
import json
import struct
import sys
import time
from decimal import Decimal

MASK = 2**64 - 1
PRIME = 1099511628211


# ---------------------------------------------------------------- what bench/plan/common.c does

class Digest:
    def __init__(self):
        self.hash = self.records = 0
        self.texts = {}

    def mix(self, word):
        h = ((self.hash ^ (word & MASK)) * PRIME) & MASK
        self.hash = h ^ (h >> 29)

    def real(self, value):
        self.mix(struct.unpack('<Q', struct.pack('<d', value))[0])

    def text(self, value):
        if value not in self.texts:
            h = 14695981039346656037
            for byte in value.encode():
                h = ((h ^ byte) * PRIME) & MASK
            self.texts[value] = h
        self.mix(self.texts[value])

    def take(self, stream, asset, ns, values):
        """values: in the order of the spec; a list of pairs is levels, None is left out."""
        self.records += 1
        self.text(stream)
        if asset is not None:
            self.text(asset)
        self.mix(ns)
        for value in values:
            if isinstance(value, float):
                self.real(value)
        for value in values:
            if isinstance(value, int):
                self.mix(int(value))
        for value in values:
            if isinstance(value, (str, Decimal)):
                self.text(str(value))
        for value in values:
            if isinstance(value, list):
                self.mix(len(value))
                for price, size in value:
                    self.real(price)
                    self.real(size)


class Consumer:
    """Looks at every field, and at the best level of a book."""
    def __init__(self):
        self.sum = 0.0

    def take(self, stream, asset, ns, values):
        total = len(asset or '') + ns
        for value in values:
            if isinstance(value, str):
                total += len(value)
            elif isinstance(value, list):
                total += value[0][0] + value[0][1] if value else 1
            elif value is not None:
                total += float(value) if isinstance(value, Decimal) else value
        self.sum += total


# ---------------------------------------------------------------- times

DAYS = {}


def parse_time(text):
    day = DAYS.get(text[:10])
    if day is None:
        day = DAYS[text[:10]] = datetime.date.fromisoformat(text[:10]).toordinal() - 719163
    seconds = day * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    fraction = text[20:-1]
    return seconds * 10**9 + (int(fraction) * 10**(9 - len(fraction)) if fraction else 0)


class Stamp:
    __slots__ = ('value',)
    UNITS = {'ns': 1, 'us': 10**3, 'ms': 10**6, 's': 10**9}

    def __init__(self, x, unit=None):
        self.value = parse_time(x) if isinstance(x, str) else x * self.UNITS[unit or 'ns']


# ---------------------------------------------------------------- the seed's way

class Names:
    def __init__(self, **members):
        self.__dict__.update(members)


class Mapping:
    def __init__(self, spec):
        self.by_word = {}
        for standard, words in spec['map'].items():
            for word in words if isinstance(words, list) else [words]:
                self.by_word[word] = standard

    def to_standard(self, word):
        return self.by_word[word]


class Seed:
    def __init__(self, path):
        import yaml
        with open(path, encoding='utf-8') as file:
            spec = yaml.safe_load(file)
        connection = next(iter(spec['connections'].values()))
        self.frame = connection.get('frame', 'record')
        known = {}
        self.context = {
            'pd': Names(Timestamp=Stamp), 'Decimal': Decimal, 'received': Names(value=1),
            'broker': Names(infer_asset=lambda symbol: known.setdefault(symbol, symbol)),
            'mappings': Names(**{name: Mapping(m) for name, m in spec.get('mappings', {}).items()}),
        }
        router = connection.get('router', {})
        self.rules = [(rule['channel'], self.code(rule['match'])) for rule in router.get('rules', [])]
        self.default = router.get('default_channel', 'drop')
        self.streams = {name: [self.converter(rule) for rule in rules]
                        for name, rules in connection['converters'].items()}

    @staticmethod
    def code(text):
        return None if text is None else compile(str(text), '<spec>', 'eval')

    def field(self, spec):
        if not isinstance(spec, dict):
            spec = {'source': spec}
        return self.code(spec.get('condition')), self.code(spec['source']), self.code(spec.get('transform'))

    def converter(self, rule):
        fields = []
        for name, spec in rule['fields'].items():
            if isinstance(spec, dict) and 'source' not in spec:
                fields += [(f'{name}.{part}', *self.field(inner)) for part, inner in spec.items()]
            else:
                fields.append((name, *self.field(spec)))
        return self.code(rule.get('condition')), self.code(rule.get('each')), fields

    def eval(self, code, **names):
        return eval(code, {**self.context, **names})  # a context for each, as the seed has it

    def holds(self, code, **names):
        try:
            return bool(self.eval(code, **names))
        except Exception:  # a rule that raises does not match
            return False

    def record(self, stream, fields, sink, **names):
        asset, ns, values = None, -2**63, []
        for name, condition, source, transform in fields:
            if condition and not self.holds(condition, **names):
                continue
            value = self.eval(source, **names)
            if transform:
                value = self.eval(transform, value=value, **names)
            if name == 'asset':
                asset = value
            elif name == 'timestamp':
                ns = value.value
            elif name.startswith('market_depth.'):
                values.append([(float(level[0]), float(level[1])) for level in value])
            else:
                values.append(value)
        sink.take(stream, asset, ns, values)

    def take(self, data, sink):
        stream = next((channel for channel, code in self.rules if self.holds(code, data=data)), self.default)
        if stream == 'drop':
            return
        for condition, each, fields in self.streams[stream]:
            if condition and not self.holds(condition, data=data):
                continue
            if each:
                for item in self.eval(each, data=data):
                    self.record(stream, fields, sink, data=data, item=item)
            else:
                self.record(stream, fields, sink, data=data)
            return

    def feed(self, frame, sink):
        message = json.loads(frame)
        if self.frame == 'array':
            for record in message:
                self.take(record, sink)
        else:
            self.take(message, sink)


# ---------------------------------------------------------------- written for each feed

def books(list_):
    return [(float(level[0]), float(level[1])) for level in list_]


def binance(m, sink):
    stream = m.get('stream')
    if stream is None:
        return
    d = m['data']
    if stream.endswith('@bookTicker'):
        sink.take('ticker', d['s'], 1, (float(d['b']), float(d['a']), float(d['B']), float(d['A']), d['u']))
    elif stream.endswith('@trade'):
        sink.take('trades', d['s'], d['T'] * 10**6,
                  (float(d['p']), float(d['q']), 'SELL' if d['m'] else 'BUY', d['t']))
    elif '@depth' in stream:
        sink.take('book', d['s'], d['E'] * 10**6, (books(d['b']), books(d['a']), False, d['U'], d['u']))


def binance_decimals(m, sink):
    stream, d = m.get('stream') or '', m.get('data')
    if stream.endswith('@bookTicker'):
        sink.take('ticker', d['s'], 1, (Decimal(d['b']), Decimal(d['a']), Decimal(d['B']), Decimal(d['A']), d['u']))
    elif stream.endswith('@trade'):
        sink.take('trades', d['s'], d['T'] * 10**6,
                  (Decimal(d['p']), Decimal(d['q']), 'SELL' if d['m'] else 'BUY', d['t']))


def kraken_ns(text):
    seconds, _, fraction = text.partition('.')
    return int(seconds) * 10**9 + int(fraction[:6].ljust(6, '0')) * 1000


def kraken(m, sink):
    if isinstance(m, dict):
        return
    name, pair, d = m[-2], m[-1], m[1]
    if name.startswith('book'):
        if 'as' in d:
            ns = max(kraken_ns(level[2]) for level in d['as'] + d['bs'])
            sink.take('book', pair, ns, (books(d['bs']), books(d['as']), True))
            return
        e = d if len(m) == 4 else {**d, **m[2]}
        bids, asks = e.get('b', []), e.get('a', [])
        ns = max(kraken_ns(level[2]) for level in bids + asks)
        sink.take('book', pair, ns, (books(bids), books(asks), False, int(e['c'])))
    elif name == 'trade':
        for t in d:
            sink.take('trades', pair, kraken_ns(t[2]), (float(t[0]), float(t[1]), 'BUY' if t[3] == 'b' else 'SELL',
                                                       'MARKET' if t[4] == 'm' else 'LIMIT'))
    elif name == 'ticker':
        picks = (('b', 0), ('a', 0), ('c', 0), ('b', 2), ('a', 2), ('c', 1), ('o', 1), ('h', 1), ('l', 1), ('v', 1),
                 ('p', 1))
        sink.take('ticker', pair, 1, (*(float(d[key][at]) for key, at in picks), d['t'][1]))


def coinbase(m, sink):
    type_ = m['type']
    if type_ == 'l2update':
        sides = {'buy': [], 'sell': []}
        for side, price, size in m['changes']:
            sides[side].append((float(price), float(size)))
        sink.take('book', m['product_id'], parse_time(m['time']), (sides['buy'], sides['sell'], False))
    elif type_ == 'snapshot':
        sink.take('book', m['product_id'], 1, (books(m['bids']), books(m['asks']), True))
    elif type_ == 'ticker':
        reals = [float(m[key]) for key in ('best_bid', 'best_ask', 'price', 'last_size', 'open_24h', 'high_24h',
                                           'low_24h', 'volume_24h')]
        sink.take('ticker', m['product_id'], parse_time(m['time']),
                  (*reals, 'BUY' if m['side'] == 'buy' else 'SELL', m['trade_id'], m['sequence']))
    elif type_ in ('match', 'last_match'):
        sink.take('trades', m['product_id'], parse_time(m['time']),
                  (float(m['price']), float(m['size']), 'BUY' if m['side'] == 'sell' else 'SELL', m['trade_id'],
                   m['sequence'], type_ == 'last_match'))
    elif type_ == 'heartbeat':
        sink.take('heartbeats', m['product_id'], parse_time(m['time']), (m['sequence'], m['last_trade_id']))


def bitmex(m, sink):
    table = m.get('table')
    if table == 'orderBookL2':
        action = m['action']
        for r in m['data']:
            reals = [float(r[key]) for key in ('price', 'size') if key in r]
            sink.take('book', r['symbol'], 1, (*reals, r['id'], r['side'], action))
    elif table == 'quote':
        for r in m['data']:
            sink.take('ticker', r['symbol'], parse_time(r['timestamp']),
                      (float(r['bidPrice']), float(r['askPrice']), float(r['bidSize']), float(r['askSize'])))
    elif table == 'trade':
        for r in m['data']:
            sink.take('trades', r['symbol'], parse_time(r['timestamp']),
                      (float(r['price']), float(r['size']), r['side'], r['trdMatchID']))


def okx(m, sink):
    rows = m.get('data')
    if rows is None:
        return
    channel = m['arg']['channel']
    for r in rows:
        ns = int(r['ts']) * 10**6
        if channel.startswith('books'):
            sink.take('book', m['arg']['instId'], ns,
                      (books(r['bids']), books(r['asks']), m['action'] == 'snapshot', r['checksum']))
        elif channel == 'trades':
            sink.take('trades', r['instId'], ns, (float(r['px']), float(r['sz']), r['side'], r['tradeId']))
        elif channel == 'tickers':
            sink.take('ticker', r['instId'], ns, [float(r[key]) for key in (
                'bidPx', 'askPx', 'last', 'open24h', 'high24h', 'low24h', 'vol24h') if r[key] != ''])


def huobi(m, sink):
    ch = m.get('ch')
    if ch is None:
        return
    symbol, tick = ch.split('.')[1], m['tick']
    if ch.endswith('.depth.step0'):
        sink.take('book', symbol, m['ts'] * 10**6, (books(tick['bids']), books(tick['asks'])))
    elif ch.endswith('.trade.detail'):
        for t in tick['data']:
            sink.take('trades', symbol, t['ts'] * 10**6, (float(t['price']), float(t['amount']), t['direction']))


def alpaca(m, sink):
    for r in m:
        if r['T'] == 't':
            sink.take('trades', r['S'], parse_time(r['t']), (float(r['p']), float(r['s']), r['i'], r['x']))
        elif r['T'] == 'q':
            sink.take('quotes', r['S'], parse_time(r['t']),
                      (float(r['bp']), float(r['ap']), float(r['bs']), float(r['as'])))


class Direct:
    def __init__(self, feed):
        try:
            import orjson
            self.loads = orjson.loads
        except ImportError:
            self.loads = json.loads
        self.decode = globals()[feed]

    def feed(self, frame, sink):
        try:
            message = self.loads(frame)
        except ValueError:  # orjson has no integers beyond 64 bits
            message = json.loads(frame)
        self.decode(message, sink)


def main():
    way, feed, spec, path, rounds = sys.argv[1:6]
    program = Seed(spec) if way == 'seed' else Direct(feed)
    with open(path, 'rb') as file:
        frames = [f for f in file.read().split(b'\x1e' if path.endswith('.seq') else b'\n') if f]
    digest = Digest()
    for frame in frames:
        program.feed(frame, digest)
    times = []
    for _ in range(int(rounds)):
        consumer = Consumer()
        start = time.process_time()
        for frame in frames:
            program.feed(frame, consumer)
        times.append((time.process_time() - start) * 1e9 / max(digest.records, 1))
    times.sort()
    print(json.dumps({'ns': times[len(times) // 2], 'min': times[0], 'max': times[-1], 'records': digest.records,
                      'digest': f'{digest.hash:016x}'}))


if __name__ == '__main__':
    main()
