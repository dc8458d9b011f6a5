/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record against the general one: the first byte chooses a plan like those of
 * real venues, the rest is a frame, and two runners of the plan - one with all that makes it fast,
 * one without - must make the same of it (two_ways.h). Frames near to frames are fuzz_near's.
 */
#include "two_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HEAD                                                                                       \
    "weir: 1\nname: t\nmappings:\n  side: {map: {BUY: b, SELL: s}}\nconnections:\n  m:\n"          \
    "    url: ws://h/\n    backend: {type: websocket}\n"

static const char *const specs[] = {
    /* envelopes, levels, choices */
    HEAD "    streams: {trades: data, ticker: quote, book: quote}\n    router:\n      rules:\n"
         "      - {channel: drop, match: \"'stream' not in data\"}\n"
         "      - {channel: ticker, match: \"data['stream'].endswith('@bookTicker')\"}\n"
         "      - {channel: trades, match: \"data['stream'].endswith('@trade')\"}\n"
         "      - {channel: book, match: \"'@depth' in data['stream']\"}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: broker.infer_asset(symbol=data['data']['s'])\n"
         "          timestamp: pd.Timestamp(data['data']['T'], unit='ms')\n"
         "          data: {close: \"float(data['data']['p'])\", side: \"'SELL' if "
         "data['data']['m'] else 'BUY'\", trade_id: \"data['data']['t']\"}\n"
         "      ticker:\n      - fields:\n          timestamp: received\n"
         "          bid: float(data['data']['b'])\n          ask: float(data['data']['a'])\n"
         "          sequence: data['data']['u']\n          n: int(data['data']['B'])\n"
         "      book:\n      - fields:\n"
         "          timestamp: pd.Timestamp(int(data['data']['E']), unit='us')\n"
         "          market_depth: {bids: \"data['data']['b']\", asks: \"data['data'].get('a', "
         "[])\"}\n          snapshot: false\n",
    /* positions, times in seconds, what the levels say */
    HEAD
    "    streams: {trades: data, book: quote}\n    router:\n      rules:\n"
    "      - {channel: drop, match: \"isinstance(data, dict)\"}\n"
    "      - {channel: book, match: \"data[-2].startswith('book')\"}\n"
    "      - {channel: trades, match: \"data[-2] == 'trade'\"}\n"
    "    converters:\n      trades:\n      - each: data[1]\n        fields:\n"
    "          asset: broker.infer_asset(symbol=data[3])\n"
    "          timestamp: {source: \"Decimal(item[2])\", transform: \"pd.Timestamp(int(value "
    "* 1000000), unit='us')\"}\n"
    "          data: {close: \"float(item[0])\", side: \"mappings.side.to_standard(item[3])\"}\n"
    "      book:\n      - condition: \"'as' in data[1]\"\n        fields:\n"
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data[1]['as'] + "
    "data[1]['bs'])\", transform: \"pd.Timestamp(int(value * 1000), unit='ms')\"}\n"
    "          market_depth: {bids: \"data[1]['bs']\", asks: \"data[1]['as']\"}\n"
    "      - condition: len(data) == 4\n        fields:\n"
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data[1].get('b') or "
    "data[1]['a'])\", transform: \"pd.Timestamp(int(value * 1000000), unit='us')\"}\n"
    "          market_depth: {bids: \"data[1].get('b', [])\", asks: \"data[1].get('a', [])\"}\n"
    "          checksum: int(data[1]['c'])\n",
    /* flat objects, texts of times, changes by side */
    HEAD
    "    streams: {trades: data, book: quote}\n    router:\n      rules:\n"
    "      - {channel: book, match: \"data['type'] in ('l2update', 'snapshot')\"}\n"
    "      - {channel: trades, match: \"data['type'] == 'match'\"}\n"
    "    converters:\n      trades:\n      - fields:\n"
    "          asset: broker.infer_asset(security_id=data['id'])\n"
    "          timestamp: pd.Timestamp(data['time'])\n"
    "          data: {close: \"float(data['price'])\", volume: {condition: \"'size' in data\", "
    "source: \"float(data['size'])\"}, side: \"data['side']\", is_last: \"data['type'] != "
    "'match'\"}\n      book:\n      - fields:\n          timestamp: pd.Timestamp(data['time'])\n"
    "          market_depth: {bids: \"[c[1:] for c in data['changes'] if c[0] == 'buy']\", "
    "asks: \"[c[1:] for c in data['changes'] if c[0] == 'sell']\"}\n",
    /* rows of a table */
    HEAD "    streams: {book: quote}\n    router:\n      rules:\n"
         "      - {channel: book, match: \"data['table'] == 'book'\"}\n    converters:\n"
         "      book:\n      - each: data['data']\n        fields:\n"
         "          asset: broker.infer_asset(symbol=item['symbol'])\n"
         "          price: {condition: \"'price' in item\", source: \"float(item['price'])\"}\n"
         "          size: {source: \"float(item['size'])\", default_value: 0}\n"
         "          exact: {condition: \"'size' in item\", source: \"Decimal(item['size'])\"}\n"
         "          is_buy: {condition: \"item['side'] in ('Buy', 'Sell')\", source: \"1\"}\n"
         "          row: item['id']\n          side: item['side']\n          action: "
         "data['action']\n          levels: item.get('l', [])\n",
    /* a list of records */
    HEAD "    streams: {trades: data, quotes: quote}\n    frame: array\n    router:\n      rules:\n"
         "      - {channel: trades, match: \"data['T'] == 't'\"}\n"
         "      - {channel: quotes, match: \"data['T'] == 'q'\"}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: broker.infer_asset(symbol=data['S'])\n"
         "          timestamp: pd.Timestamp(data['t'])\n"
         "          data: {close: \"float(data['p'])\", volume: \"float(data['s'])\", id: "
         "\"data['i']\", x: \"data['x']\"}\n      quotes:\n      - fields:\n"
         "          bid: float(data['bp'])\n          ask: float(data['ap'])\n"
         "          market_depth: {bids: \"data['b']\", asks: \"data['a']\"}\n",
    /* a list of records with numbers and ids */
    HEAD "    streams: {trades: data, quotes: quote}\n    frame: array\n    router:\n      rules:\n"
         "      - {channel: trades, match: \"data['T'] == 't'\"}\n"
         "      - {channel: quotes, match: \"data['T'] == 'q'\"}\n"
         "    sequence:\n      trades: {value: \"data['i']\"}\n"
         "      quotes: {first: \"int(data['U'])\", value: \"data['u']\", key: \"data['S']\", "
         "reset: \"data['x'] == 'V'\"}\n"
         "    dedupe: {quotes: {key: \"data['i']\", window: 3}}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: broker.infer_asset(symbol=data['S'])\n"
         "          timestamp: pd.Timestamp(data['t'])\n"
         "          data: {close: \"float(data['p'])\", volume: \"float(data['s'])\"}\n"
         "      quotes:\n      - fields: {bid: \"float(data['bp'])\", ask: \"data['ap']\"}\n",
    /* parts of texts, sums, choices */
    HEAD "    streams: {trades: data, quotes: quote}\n    router:\n      rules:\n"
         "      - {channel: trades, match: \"'ch' in data and data['ch'].split('.')[0] == 't'\"}\n"
         "      - {channel: quotes, match: \"data.get('x') is not None or not data['y']\"}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: \"broker.infer_asset(symbol=data['ch'].split('.')[1])\"\n"
         "          timestamp: \"pd.Timestamp(data['t'], unit='ms') if data['t'] else received\"\n"
         "          a: \"data['ch'].rsplit('.', 2)[-2].upper()\"\n"
         "          b: \"data['ch'].replace('aa', 'b')[1:-1]\"\n"
         "          c: \"f'{data[\\\"x\\\"]}/{data[\\\"y\\\"]}'\"\n"
         "          s: \"mappings.side.to_standard(data.get('s', 'b').lower())\"\n"
         "      quotes:\n      - fields:\n"
         "          asset: \"broker.infer_asset(security_id=str(data['y']))\"\n"
         "          a: \"(data['x'] - data['y']) * 100 / data['y']\"\n"
         "          b: \"float(data['x']) + int(data['y'])\"\n"
         "          c: {condition: \"data['x'] != 0 and data['x'] <= data['y']\", source: "
         "\"-abs(data['x'])\", transform: \"value * 2\", default_value: 0}\n"
         "          d: \"data['x'] or data['y']\"\n          e: \"'A' if data['x'] == data['y'] "
         "else 'B'\"\n          f: \"data.get('z', {}).get('x', data['y'])\"\n"
         "          g: \"bool(data['x']) == data['y']\"\n",
};

enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

/* They live as long as the process: what is learnt from one input is used on the next. */
static two_ways *venues[SPEC_COUNT];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    two_ways **venue = &venues[bytes[0] % SPEC_COUNT];
    if (!*venue)
        *venue = two_ways_open("f.yaml", weir_str_of(specs[bytes[0] % SPEC_COUNT]));
    const weir_str frame = {(const char *)bytes + 1, size - 1};
    /* Twice: what the first has learnt is used by the second. */
    two_ways_feed(*venue, frame, NULL);
    two_ways_feed(*venue, frame, NULL);
    return 0;
}
