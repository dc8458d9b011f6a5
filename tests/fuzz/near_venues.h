/* SPDX-License-Identifier: MIT */
/*
 * Specs, and the forms of frames (near_frames.h) that they are about: those of venues, and some
 * that have what no venue has, or not together.
 */
#ifndef WEIR_TEST_NEAR_VENUES_H
#define WEIR_TEST_NEAR_VENUES_H

#include "near_odd.h"

enum { NEAR_FORMS_MAX = 12 };

typedef struct near_venue {
    const char *name; /* of the file, where there is no text */
    const char *text;
    const char *forms[NEAR_FORMS_MAX]; /* ends with NULL */
} near_venue;

/* ------------------------------------------------------------------ specs of our own */

/* Text columns and numbers side by side, conditions, defaults, nulls and truth values. */
#define NEAR_COLUMNS                                                                               \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    converters:\n      a:\n      - fields:\n"                                                 \
    "          asset: broker.infer_asset(symbol=data['s'])\n"                                      \
    "          timestamp: pd.Timestamp(data['t'], unit='ms')\n"                                    \
    "          x: {condition: \"'x' in data\", source: \"float(data['x'])\"}\n"                    \
    "          y: {source: \"float(data['y'])\", default_value: -1}\n"                             \
    "          z: \"data['z']\"\n          n: \"data.get('n')\"\n"                                 \
    "          text: \"data['e']\"\n          is_m: \"'A' if data['m'] else 'B'\"\n"               \
    "          is_k: \"data['m']\"\n"                                                              \
    "      b:\n      - condition: \"data['m']\"\n        fields:\n"                                \
    "          asset: broker.infer_asset(symbol=data['s'])\n          x: Decimal(data['z'])\n"     \
    "          y: \"int(data['t'])\"\n          side: mappings.side.to_standard(data['side'])\n"   \
    "      - condition: \"data['z'] == '1'\"\n        fields: {one: \"data['z']\"}\n"              \
    "      - fields:\n          timestamp: received\n          z: \"data['z']\"\n"                 \
    "          e: \"data['e'] in ('a', 'bb', '')\"\n"                                              \
    "          s: \"data['s'].startswith('A')\"\n          h: \"'B' in data['s']\"\n"              \
    "          u: {condition: \"data['e'] != ''\", source: \"data['e']\"}\n"                       \
    "          d: \"data['k'] + data['e']\"\n"

/* What a stream is stands in parts of a text, short and long ones. */
#define NEAR_PARTS                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: data, d: data, e: data}\n    router:\n      rules:\n"     \
    "      - {channel: drop, match: \"'ch' not in data\"}\n"                                       \
    "      - {channel: a, match: \"data['ch'].startswith('trade.')\"}\n"                           \
    "      - {channel: b, match: \"data['ch'].endswith('@bookTickerOfAll')\"}\n"                   \
    "      - {channel: c, match: \"'.depth.' in data['ch']\"}\n"                                   \
    "      - {channel: d, match: \"data['ch'] == 'a-name-of-17-bytes'\"}\n"                        \
    "      - {channel: e, match: \"data['ch'] in ('one', 'two', 'a-name-of-16-byte')\"}\n"         \
    "      default_channel: drop\n    converters:\n"                                               \
    "      a: [{fields: {x: \"float(data['x'])\", s: \"data['ch'].split('.')[1]\"}}]\n"            \
    "      b: [{fields: {x: \"data['x']\", asset: "                                                \
    "\"broker.infer_asset(symbol=data['ch'].split('@')[0])\"}}]\n"                                 \
    "      c: [{fields: {x: \"int(data['x'])\", ch: \"data['ch']\"}}]\n"                           \
    "      d: [{fields: {x: \"data['x']\"}}]\n      e: [{fields: {ch: \"data['ch']\"}}]\n"

/* Positions from the front and the back, numbers beside numbers and at the ends of lists. */
#define NEAR_POSITIONS                                                                             \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data}\n    router:\n      rules:\n"                                 \
    "      - {channel: a, match: \"data[-1] == 't'\"}\n"                                           \
    "      - {channel: b, match: \"data[0] == 1\"}\n      default_channel: drop\n"                 \
    "    converters:\n      a:\n      - fields:\n"                                                 \
    "          timestamp: \"pd.Timestamp(data[0], unit='ms')\"\n          x: \"float(data[1])\"\n" \
    "          y: \"data[2]\"\n          z: \"float(data[3][0])\"\n          w: \"data[3][1]\"\n"  \
    "          v: \"data[-2]\"\n"                                                                  \
    "      b:\n      - fields: {x: \"data[1]\", y: \"float(data[-1])\", n: \"len(data)\"}\n"

/* Lists in lists, by keys below keys, and texts that are lists of numbers of other records. */
#define NEAR_NESTED                                                                                \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['e']['k'] == 't'\"}\n"                                     \
    "      - {channel: b, match: \"data['e']['k'] == 'q'\"}\n      default_channel: drop\n"        \
    "    converters:\n      a:\n      - each: data['e']['l']\n        fields:\n"                   \
    "          asset: broker.infer_asset(symbol=item['s'])\n"                                      \
    "          timestamp: pd.Timestamp(item['t'])\n          x: float(item['x'])\n"                \
    "          y: \"item['p']['y']\"\n          z: \"data['e']['z']\"\n"                           \
    "          n: \"item['l'][1]\"\n          k: \"data['e']['k']\"\n"                             \
    "      b:\n      - each: data['e']['l']\n        fields:\n"                                    \
    "          market_depth: {bids: \"item['b']\", asks: \"item.get('a', [])\"}\n"                 \
    "          n: \"item['n']\"\n          m: \"item['m']\"\n"

/* Times in every form. */
#define NEAR_TIMES                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data}\n    converters:\n      a:\n"                                          \
    "      - condition: \"data['k'] == 's'\"\n        fields: {timestamp: "                        \
    "\"pd.Timestamp(data['t'], unit='s')\", x: \"data['x']\"}\n"                                   \
    "      - condition: \"data['k'] == 'ms'\"\n        fields: {timestamp: "                       \
    "\"pd.Timestamp(int(data['t']), unit='ms')\", x: \"float(data['x'])\"}\n"                      \
    "      - condition: \"data['k'] == 'us'\"\n        fields: {timestamp: "                       \
    "\"pd.Timestamp(data['t'], unit='us')\", x: \"int(data['x'])\"}\n"                             \
    "      - condition: \"data['k'] == 'ns'\"\n        fields: {timestamp: "                       \
    "\"pd.Timestamp(int(data['t']), unit='ns')\", x: \"Decimal(data['x'])\"}\n"                    \
    "      - condition: \"data['k'] == 'd'\"\n        fields: {timestamp: {source: "               \
    "\"Decimal(data['t'])\", transform: \"pd.Timestamp(int(value * 1000000), unit='us')\"}}\n"     \
    "      - fields: {timestamp: \"pd.Timestamp(data['t'])\", x: \"data['x']\"}\n"

/* The records below the message, one or several. */
#define NEAR_PAYLOAD                                                                               \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    parser: {format: json, payload_path: \"data['p']\"}\n"  \
    "    frame: auto\n    router:\n      rules:\n"                                                 \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    converters:\n"                                                                            \
    "      a: [{fields: {x: \"float(data['x'])\", s: \"data['s']\"}}]\n"                           \
    "      b: [{fields: {x: \"float(data['x'])\", y: \"int(data['y'])\"}}]\n"

/* Records that are numbered, and some that came before. */
#define NEAR_WATCHED                                                                               \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    sequence:\n      a: {value: \"data['u']\", first: \"data['f']\"}\n"                       \
    "    dedupe:\n      b: {key: \"data['u']\", window: 100}\n    converters:\n"                   \
    "      a: [{fields: {asset: \"broker.infer_asset(symbol=data['s'])\", x: "                     \
    "\"float(data['x'])\"}}]\n"                                                                    \
    "      b: [{fields: {asset: \"broker.infer_asset(symbol=data['s'])\", x: "                     \
    "\"float(data['x'])\", u: \"data['u']\"}}]\n"

/* The same in lists: of records, and of elements with numbers of their own. */
#define NEAR_WATCHED_LIST                                                                          \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    frame: array\n    router:\n      rules:\n"              \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    sequence:\n      a: {value: \"data['u']\"}\n"                                             \
    "    dedupe:\n      a: {key: \"data['i']\", window: 7}\n"                                      \
    "      b: {key: \"int(data['u'])\", window: 5}\n    converters:\n"                             \
    "      a: [{fields: {asset: \"broker.infer_asset(symbol=data['s'])\", x: "                     \
    "\"float(data['x'])\"}}]\n"                                                                    \
    "      b:\n      - condition: \"'x' in data\"\n        fields: {x: \"float(data['x'])\", u: "  \
    "\"data['u']\"}\n"
#define NEAR_WATCHED_EACH                                                                          \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    sequence:\n      a: {value: \"item['u']\", key: \"item['s']\", reset: \"data['r'] == "    \
    "'y'\", scope: connection}\n"                                                                  \
    "      b: {value: \"data['n']\", step: -1}\n"                                                  \
    "    dedupe:\n      a: {key: \"item['i']\", window: 9}\n    converters:\n"                     \
    "      a: [{each: \"data['l']\", fields: {x: \"float(item['x'])\", u: \"item['u']\"}}]\n"      \
    "      b: [{each: \"data['l']\", fields: {asset: "                                             \
    "\"broker.infer_asset(symbol=item['s'])\", y: \"float(item['x'])\"}}]\n"

/* A list of records, each with conditions of its own. */
#define NEAR_LIST                                                                                  \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    frame: array\n    router:\n      rules:\n"              \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    converters:\n      a:\n"                                                                  \
    "      - condition: \"'z' in data\"\n"                                                         \
    "        fields: {x: \"float(data['x'])\", z: \"data['z']\"}\n"                                \
    "      - condition: \"'y' in data\"\n"                                                         \
    "        fields: {x: \"int(data['y'])\", m: \"data['m']\"}\n"                                  \
    "      b:\n      - fields: {x: \"float(data['x'])\", y: \"int(data['y'])\", "                  \
    "t: \"data['e']\", n: \"len(data['e'])\"}\n"

/* Books of one level, which are a form of their own, beside longer ones and empty ones; and what
 * reads in them beside. */
#define NEAR_LEVELS                                                                                \
    NEAR_HEAD                                                                                      \
    "    streams: {a: quote, b: quote, c: quote, d: data}\n"                                       \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      - {channel: d, match: \"data['k'] == 'd'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - condition: \"'x' in data\"\n"                                                         \
    "        fields:\n"                                                                            \
    "          market_depth: {bids: \"data.get('b', [])\", asks: \"data.get('a', [])\"}\n"         \
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data.get('b') or data['a'])\",\n"  \
    "            transform: \"pd.Timestamp(int(value * 1000000), unit='us')\"}\n"                  \
    "          x: float(data['x'])\n"                                                              \
    "      - fields:\n"                                                                            \
    "          market_depth: {bids: \"data['b']\", asks: \"data['b']\"}\n"                         \
    "          last: \"data['k']\"\n"                                                              \
    "      b:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          market_depth: {bids: \"data['b']\", asks: {condition: \"'y' in data\", source: "    \
    "\"data['a']\"}}\n"                                                                            \
    "          y: {condition: \"'y' in data\", source: \"int(data['y'])\"}\n"                      \
    "          best: \"float(data['b'][0][0])\"\n"                                                 \
    "      c:\n"                                                                                   \
    "      - each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          market_depth: {bids: \"item['b']\", asks: \"item.get('a', [])\"}\n"                 \
    "          timestamp: {source: \"Decimal(item['t'])\", transform: \"pd.Timestamp(int(value * " \
    "1000), unit='ms')\"}\n"                                                                       \
    "          n: \"item['n']\"\n"                                                                 \
    "      d:\n"                                                                                   \
    "      - fields: {first: \"float(data['a'][0])\", third: \"data['a'][2]\", u: "                \
    "\"data['a'][-1]\"}\n"

/* What has trees: parts of texts, sums and choices, and tests of several things. */
#define NEAR_TREES                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: data}\n    router:\n      rules:\n"                       \
    "      - {channel: a, match: \"data['k'] == 't' and 'ch' in data\"}\n"                         \
    "      - {channel: b, match: \"data.get('x') is not None or data['k'] in ('q', 1)\"}\n"        \
    "      - {channel: c, match: \"not data['m']\"}\n      default_channel: drop\n"                \
    "    converters:\n      a:\n      - condition: \"data['x'] != 0\"\n        fields:\n"          \
    "          asset: \"broker.infer_asset(symbol=data['ch'].split('.')[1])\"\n"                   \
    "          timestamp: \"pd.Timestamp(data['t'], unit='ms') if data.get('t') else received\"\n" \
    "          x: \"float(data['x']) * 1000\"\n          y: \"data['x'] - data.get('y', 0)\"\n"    \
    "          z: \"data['ch'].rsplit('.', 1)[-1].upper()\"\n"                                     \
    "          n: {condition: \"data.get('y')\", source: \"str(data['y'])\", transform: "          \
    "\"value[1:]\", default_value: none}\n      - fields: {z: \"data['ch'][3:]\", x: "             \
    "\"data['x']\"}\n      b:\n      - fields:\n"                                                  \
    "          asset: \"broker.infer_asset(symbol=f'{data[\\\"ch\\\"]}/{data[\\\"k\\\"]}')\"\n"    \
    "          x: \"data['x'] or data['y']\"\n          side: \"'BUY' if data['ch'] == 'b' else "  \
    "'SELL'\"\n          s: \"mappings.side.to_standard(data['ch'].lower())\"\n"                   \
    "          is_x: \"data['x'] == data.get('y') or data['m'] is True\"\n"                        \
    "      c:\n      - each: data['l']\n        fields:\n"                                         \
    "          asset: \"broker.infer_asset(symbol=data['ch'].replace('.', '-'))\"\n"               \
    "          x: \"float(item['x']) / float(item['y'])\"\n          y: \"item['y'] > "            \
    "item.get('x', 0)\"\n          n: \"len(item['s']) + 1\"\n"

/* Places with keys below them where lists are sent, whole and in elements; what is read of them
 * differs from rule to rule. */
#define NEAR_BELOW                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: data}\n    router:\n      rules:\n"                       \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      - {channel: c, match: \"data['k'] == 'c'\"}\n      default_channel: drop\n"             \
    "    converters:\n      a: [{fields: {x: \"data['x']['y']\", z: \"data['z']\"}}]\n"            \
    "      b:\n      - fields:\n          z: \"data['z']\"\n"                                      \
    "          y: \"data['x'].get('y', 7) if isinstance(data['x'], dict) else 0\"\n"               \
    "          n: \"'y' in data['x']\"\n"                                                          \
    "      c:\n      - each: data['l']\n        fields:\n          z: \"item['z']\"\n"             \
    "          x: {condition: \"'x' in item\", source: \"item['x']['y']\"}\n"                      \
    "          y: \"data['x']\"\n"

/* Words that are compared and translated, of a message and of the elements of its list. */
#define NEAR_WORDS                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n      default_channel: drop\n"             \
    "    converters:\n      a:\n      - fields:\n          is_e: \"data['e'] == 'a'\"\n"           \
    "          is_not: \"data['s'] != 'AB'\"\n          is_none: \"data['e'] == ''\"\n"            \
    "          is_long: \"data['e'] == 'a-name-of-16-byt'\"\n"                                     \
    "          side: mappings.side.to_standard(data['side'])\n          x: float(data['x'])\n"     \
    "      b:\n      - each: data['l']\n        fields:\n          is_not: \"data['e'] != 'a'\"\n" \
    "          is_s: \"item['s'] == 'A'\"\n          x: float(item['x'])\n"                        \
    "          side: mappings.side.to_standard(item['side'])\n"

#define NEAR_SIDES                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: quote, b: quote, c: quote}\n"                                                \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 'a'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'b'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          market_depth:\n"                                                                    \
    "            bids: \"[c[1:] for c in data['c'] if c[0] == 'b']\"\n"                            \
    "            asks: \"[c[1:] for c in data['c'] if c[0] == 's']\"\n"                            \
    "          x: \"float(data['x'])\"\n"                                                          \
    "      b:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          market_depth:\n"                                                                    \
    "            bids: \"[c[0:] for c in data['c'] if c[2] == 'the side of those who bid']\"\n"    \
    "            asks: \"[c[0:] for c in data['c'] if c[2] == 's']\"\n"                            \
    "          last: \"data['k']\"\n"                                                              \
    "      c:\n"                                                                                   \
    "      - each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          market_depth:\n"                                                                    \
    "            bids: \"[c[1:] for c in item['c'] if c[0] == 'b']\"\n"                            \
    "            asks: {condition: \"'d' in item\", source: \"item['d']\"}\n"                      \
    "          n: \"item['n']\"\n"

/* Whatever is for gauges: texts that are told by parts of them, times of each kind, numbers of both
 * signs and of up to 19 digits in both lanes, words, sides and levels. */
#define NEAR_LAYOUTS                                                                               \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: quote, d: data, e: quote}\n    router:\n      rules:\n"   \
    "      - {channel: drop, match: \"data['ch'].startswith('admin')\"}\n"                         \
    "      - {channel: a, match: \"data['ch'].endswith('@trade')\"}\n"                             \
    "      - {channel: b, match: \"data['ch'] in ('quote', 'quotes')\"}\n"                         \
    "      - {channel: c, match: \"'depth' in data['ch']\"}\n"                                     \
    "      - {channel: e, match: \"data['ch'] != 'other'\"}\n      default_channel: d\n"           \
    "    converters:\n      a:\n      - condition: \"data['m']\"\n        fields:\n"               \
    "          asset: broker.infer_asset(symbol=data['s'])\n"                                      \
    "          timestamp: \"pd.Timestamp(data['t'], unit='ms')\"\n"                                \
    "          x: float(data['p'])\n          y: float(data['q'])\n          i: \"data['i']\"\n"   \
    "          j: \"int(data['j'])\"\n          z: \"data['z']\"\n"                                \
    "          is_b: \"data['e'] == 'buy'\"\n          is_not: \"data['e'] != 'sell'\"\n"          \
    "          side: mappings.side.to_standard(data['e'])\n"                                       \
    "      - fields:\n          asset: broker.infer_asset(symbol=data['s'])\n"                     \
    "          timestamp: pd.Timestamp(data['T'])\n          x: float(data['p'])\n"                \
    "          z: \"data['z']\"\n          w: float(data['z'])\n          e: \"data['e']\"\n"      \
    "          ch: \"data['ch']\"\n"                                                               \
    "      b:\n      - condition: \"data['e'].startswith('b')\"\n        fields:\n"                \
    "          timestamp: \"pd.Timestamp(int(data['t']), unit='us')\"\n"                           \
    "          a: float(data['a'])\n          b: float(data['b'])\n          c: "                  \
    "float(data['c'])\n"                                                                           \
    "          d: float(data['d'])\n          f: float(data['f'])\n          g: "                  \
    "float(data['g'])\n"                                                                           \
    "          h: float(data['h'])\n          i: int(data['i'])\n          j: int(data['j'])\n"    \
    "          k: \"data['k']\"\n          l: \"data['l']\"\n"                                     \
    "      c:\n      - fields:\n          asset: broker.infer_asset(symbol=data['s'])\n"           \
    "          market_depth: {bids: \"data['b']\", asks: \"data['a']\"}\n"                         \
    "          i: \"data['i']\"\n          timestamp: received\n"                                  \
    "      e:\n      - fields:\n          market_depth:\n"                                         \
    "            bids: \"[c[1:] for c in data['c'] if c[0] == 'b']\"\n"                            \
    "            asks: \"[c[1:] for c in data['c'] if c[0] == 's']\"\n"                            \
    "          timestamp: {source: \"Decimal(data['d'])\", transform: \"pd.Timestamp(int(value * " \
    "1000000), unit='us')\"}\n          i: \"data['i']\"\n"

/* ------------------------------------------------------------------ all of them */

#define NEAR_BINANCE                                                                               \
    "{\"stream\":\"$y@trade\",\"data\":{\"e\":\"trade\",\"E\":$t,\"s\":\"$g\",\"t\":$o,"           \
    "\"p\":\"$p\",\"q\":\"$p\",\"T\":$t,\"m\":$b,\"M\":true}}",                                    \
        "{\"stream\":\"$y@bookTicker\",\"data\":{\"u\":$o,\"s\":\"$g\",\"b\":\"$p\",\"B\":\"$p\"," \
        "\"a\":\"$p\",\"A\":\"$p\"}}",                                                             \
        "{\"stream\":\"$y@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":$o,\"s\":\"$g\","      \
        "\"ps\":\"$S\",\"b\":\"$p\",\"B\":\"$p\",\"a\":\"$p\",\"A\":\"$p\",\"T\":$t,\"E\":$t}}",   \
        "{\"result\":null,\"id\":$i}"

#define NEAR_BOOK                                                                                  \
    "{\"stream\":\"$y@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":$t,\"s\":\"$g\","        \
    "\"U\":$o,\"u\":$o,\"b\":[$([\"$p\",\"$p\"]$)],\"a\":[$([\"$p\",\"$p\"]$)]}}"

#define NEAR_TRIPLES "[$([\"$p\",\"$p\",\"$d\"$[,\"r\"$]]$)]"

#define NEAR_PAIRS "[[\"$p\",\"$p\"$<,\"$d\"]$|]$>$[,[\"$p\",\"$p\",\"$d\"]$]]"

static const near_venue near_venues[] = {
    {"specs/binance.yaml", NULL, {NEAR_BINANCE, NEAR_BOOK}},
    {"bench/specs/binance_decimals.yaml", NULL, {NEAR_BINANCE}},
    {"specs/kraken.yaml",
     NULL,
     {"[$i,[$([\"$p\",\"$p\",\"$d\",\"$<b$|s$>\",\"$<m$|l$>\",\"\"]$)],\"trade\",\"$S/$S\"]",
      "[$i,{\"a\":[\"$p\",$i,\"$p\"],\"b\":[\"$p\",$i,\"$p\"],\"c\":[\"$p\",\"$p\"],\"v\":[\"$p\","
      "\"$p\"],\"p\":[\"$p\",\"$p\"],\"t\":[$i,$i],\"l\":[\"$p\",\"$p\"],\"h\":[\"$p\",\"$p\"],"
      "\"o\":[\"$p\",\"$p\"]},\"ticker\",\"$S/$S\"]",
      "[$i,{\"as\":" NEAR_TRIPLES ",\"bs\":" NEAR_TRIPLES "},\"book-1000\",\"$S/$S\"]",
      "[$i,{\"$<a$|b$>\":" NEAR_TRIPLES ",\"c\":\"$i\"},\"book-1000\",\"$S/$S\"]",
      "[$i,{\"$<a$|b$>\":[[\"$p\",\"$p\",\"$d\"$[,\"r\"$]]],\"c\":\"$i\"},\"book-1000\",\"$S/$S\"]",
      "[$i,{\"a\":" NEAR_TRIPLES "},{\"b\":" NEAR_TRIPLES ",\"c\":\"$i\"},\"book-10\",\"$S/$S\"]",
      "{\"event\":\"heartbeat\"}"}},
    {"specs/coinbase.yaml",
     NULL,
     {"{\"type\":\"$<match$|last_match$>\",\"trade_id\":$i,\"maker_order_id\":\"$q\",\"side\":"
      "\"$<buy$|sell$>\",\"size\":\"$p\",\"price\":\"$p\",\"product_id\":\"$S\",\"sequence\":$u,"
      "\"time\":\"$T\"}",
      "{\"type\":\"ticker\",\"sequence\":$u,\"product_id\":\"$S\",\"price\":\"$p\",\"open_24h\":"
      "\"$p\",\"volume_24h\":\"$p\",\"low_24h\":\"$p\",\"high_24h\":\"$p\",\"volume_30d\":\"$p\","
      "\"best_bid\":\"$p\",$[\"best_bid_size\":\"$p\",$]\"best_ask\":\"$p\",$[\"best_ask_size\":"
      "\"$p\",$]\"side\":\"$<buy$|sell$>\",\"time\":\"$T\",\"trade_id\":$i,\"last_size\":\"$p\"}",
      "{\"type\":\"l2update\",\"product_id\":\"$S\",\"changes\":[$([\"$<buy$|sell$>\",\"$p\",\"$"
      "p\"]"
      "$)],\"time\":\"$T\"}",
      "{\"type\":\"snapshot\",\"product_id\":\"$S\",\"asks\":[$([\"$p\",\"$p\"]$)],\"bids\":"
      "[$([\"$p\",\"$p\"]$)]}",
      "{\"type\":\"heartbeat\",\"last_trade_id\":$i,\"product_id\":\"$S\",\"sequence\":$u,\"time\":"
      "\"$T\"}"}},
    {"bench/specs/alpaca.yaml",
     NULL,
     {"[$($<{\"T\":\"t\",\"i\":$i,\"S\":\"$S\",\"x\":\"V\",\"p\":$p,\"s\":$i,\"t\":\"$T\",\"c\":$c,"
      "\"z\":\"C\"}$|{\"T\":\"q\",\"S\":\"$S\",\"bx\":\"V\",\"bp\":$p,\"bs\":$i,\"ax\":\"Q\","
      "\"ap\":"
      "$n,\"as\":$i,\"t\":\"$T\",\"c\":$c,\"z\":\"A\"}$>$)]",
      "[{\"T\":\"t\",\"i\":$i,\"S\":\"$S\",\"x\":\"$k\",\"p\":$n,\"s\":$n,\"t\":\"$T\",\"c\":$c,"
      "\"z\":"
      "\"C\"}]",
      "[{\"T\":\"q\",\"S\":\"$S\",\"bx\":\"V\",\"bp\":$p,\"bs\":$i,\"ax\":\"Q\",\"ap\":$p,\"as\":$"
      "i,"
      "\"t\":\"$T\",\"c\":$c,\"z\":\"A\"}]"}},
    {"bench/specs/bitmex.yaml",
     NULL,
     {"{\"table\":\"orderBookL2\",\"action\":\"$<update$|insert$>\",\"data\":[{\"symbol\":\"$S\","
      "\"id\":$u,\"side\":\"$<Buy$|Sell$>\"$[,\"size\":$i$]$[,\"price\":$n$]}]}",
      "{\"table\":\"orderBookL2\",\"action\":\"$<update$|insert$>\",\"data\":[$({\"symbol\":\"$S\","
      "\"id\":$u,\"side\":\"$<Buy$|Sell$>\"$[,\"size\":$i$]$[,\"price\":$n$],\"timestamp\":\"$T\"}$"
      ")]}",
      "{\"table\":\"quote\",\"action\":\"insert\",\"data\":[$({\"timestamp\":\"$T\",\"symbol\":\"$"
      "S\","
      "\"bidSize\":$i,\"bidPrice\":$p,\"askPrice\":$p,\"askSize\":$i}$)]}",
      "{\"table\":\"trade\",\"action\":\"insert\",\"data\":[$({\"timestamp\":\"$T\",\"symbol\":\"$"
      "S\","
      "\"side\":\"Buy\",\"size\":$i,\"price\":$n,\"tickDirection\":\"$q\",\"trdMatchID\":\"$q\","
      "\"grossValue\":$i,\"homeNotional\":$n,\"foreignNotional\":$i}$)]}"}},
    {"bench/specs/okx.yaml",
     NULL,
     {"{\"arg\":{\"channel\":\"trades\",\"instId\":\"$S\"},\"data\":[$({\"instId\":\"$S\","
      "\"tradeId\":"
      "\"$i\",\"px\":\"$p\",\"sz\":\"$p\",\"side\":\"$s\",\"ts\":\"$t\"}$)]}",
      "{\"arg\":{\"channel\":\"tickers\",\"instId\":\"$S\"},\"data\":[{\"instType\":\"SPOT\","
      "\"instId\":"
      "\"$S\",\"last\":\"$p\",\"lastSz\":\"$p\",\"askPx\":\"$[$p$]\",\"askSz\":\"$p\",\"bidPx\":\"$"
      "[$p$]\","
      "\"bidSz\":\"$p\",\"open24h\":\"$p\",\"high24h\":\"$p\",\"low24h\":\"$p\",\"vol24h\":\"$p\","
      "\"ts\":"
      "\"$t\"}]}",
      "{\"arg\":{\"channel\":\"books\",\"instId\":\"$S\"},\"action\":\"$<snapshot$|update$>\","
      "\"data\":"
      "[{\"asks\":[$([\"$p\",\"$p\",\"0\",\"$i\"]$)],\"bids\":[$([\"$p\",\"$p\",\"0\",\"$i\"]$)],"
      "\"ts\":"
      "\"$t\",\"checksum\":$<-$|$>$i}]}",
      "{\"event\":\"subscribe\",\"arg\":{\"channel\":\"trades\",\"instId\":\"$S\"}}"}},
    {"bench/specs/huobi.yaml",
     NULL,
     {"{\"ch\":\"market.$y.depth.step0\",\"ts\":$t,\"tick\":{\"bids\":[$([$n,$n]$)],\"asks\":[$([$"
      "n,$n]"
      "$)],\"version\":$i,\"ts\":$t}}",
      "{\"ch\":\"market.$y.trade.detail\",\"ts\":$t,\"tick\":{\"id\":$i,\"ts\":$t,\"data\":[$({"
      "\"id\":"
      "$u,\"ts\":$t,\"tradeId\":$u,\"amount\":$n,\"price\":$n,\"direction\":\"$s\"}$)]}}",
      "{\"ping\":$t}"}},
    {"bench/specs/sized.yaml",
     NULL,
     {/* 48 bytes that do not vary, and then a quote */
      "{\"e\":\"t\",\"a-name-of-31-bytes-and-no-other\":null,\"s\":\"$S\",\"p\":\"$p\",\"T\":$t}",
      "{\"e\":\"t\",\"s\":\"$S\",\"p\":\"$p\",\"T\":$t,\"x\":\"$q\"}",
      "{\"e\":\"q\",\"s\":\"$S\",\"b\":\"$p\",\"B\":\"$p\",\"a\":\"$p\",\"A\":\"$p\",\"u\":$i,"
      "\"T\":$t,"
      "\"x\":\"$q\"}",
      "{\"e\":\"d\",\"s\":\"$S\",\"T\":$t,\"b\":[$([\"$p\",\"$p\"]$)],\"a\":[$([\"$p\",\"$p\"]$)]}",
      "{\"e\":\"s\",\"sent\":$u,\"s\":\"$S\",\"b\":\"$p\",\"B\":\"$p\",\"a\":\"$p\",\"A\":\"$p\","
      "\"u\":"
      "$i,\"T\":$t}"}},
    {"columns",
     NEAR_COLUMNS,
     {"{\"k\":\"$k\",\"s\":\"$S\",\"side\":\"$s\",\"t\":$t,\"m\":$b,\"z\":\"$p\",\"e\":\"$e\"$[,"
      "\"x\":"
      "$n$]$[,\"y\":\"$p\"$]$[,\"n\":$v$]}",
      "{\"k\":\"$k\",\"x\":$n,\"y\":$n,\"z\":$n,\"t\":$t,\"m\":$v,\"s\":\"$S\",\"e\":\"$e\","
      "\"side\":"
      "\"$s\"}",
      "{\"z\":\"$p\",\"m\":$b,\"c\":$c,\"e\":\"\",\"s\":\"$S\",\"t\":$o,\"x\":\"$p\",\"k\":\"$k\"}",
      "{\"m\":null,\"k\":\"$k\",\"z\":$v,\"s\":\"$S\",\"e\":\"$q\",\"t\":$t}"}},
    {"parts",
     NEAR_PARTS,
     {"{\"ch\":\"$<trade.$y$|$y@bookTickerOfAll$>\",\"x\":$n}",
      "{\"x\":$n,\"ch\":\"$<$y.depth.$y$|a-name-of-17-bytes$>\"}",
      "{\"ch\":\"$<$<one$|two$>$|a-name-of-16-byte$>\",\"x\":\"$p\"}",
      "{\"x\":\"$p\",\"y\":\"ch\"}"}},
    {"positions",
     NEAR_POSITIONS,
     {"[$t,$n,\"$q\",[$n,$n],$n,\"t\"]", "[$t,\"$p\",$n,[\"$p\",\"$q\"],\"$q\",\"t\"]",
      "[1,$n,$n,$n,$n]", "[1,\"$p\"$[,[$n,$n]$],$p]", "[$t,$n,$v,[$n,$v],$v,\"t\"]"}},
    {"nested",
     NEAR_NESTED,
     {"{\"e\":{\"k\":\"$k\",\"l\":[{\"m\":$b,\"b\":[$([\"$p\",\"$p\"]$)]$[,\"a\":[$([$n,$n]$)]$],"
      "\"n\":$n}]}}",

      "{\"e\":{\"l\":[{\"s\":\"$S\",\"t\":\"$T\",\"x\":$n,\"p\":{\"y\":$n,\"w\":[$n]},\"l\":[$i,$n]"
      "}],\"z\":$n,\"k\":\"$k\"}}",
      "{\"e\":{\"l\":[$({\"s\":\"$S\",\"t\":\"$T\",\"x\":$n,\"p\":{\"y\":$n,\"w\":[$n]},\"l\":[$i,$"
      "n]}"
      "$)],\"z\":$n,\"k\":\"$k\"}}",
      "{\"e\":{\"k\":\"q\",\"l\":[$({\"m\":$b,\"b\":[$([\"$p\",\"$p\"]$)]$[,\"a\":[$([$n,$n]$)]$],"
      "\"n\":"
      "$n}$)]}}",
      "{\"e\":{\"k\":\"$k\",\"l\":[$({\"x\":\"$p\",\"s\":\"$S\",\"t\":\"$T\",\"p\":{\"y\":\"$q\"},"
      "\"l\":"
      "[\"$q\",\"$q\"],\"m\":$v}$)],\"z\":\"$q\"}}"}},
    {"times",
     NEAR_TIMES,
     {"{\"k\":\"$<ms$|us$>\",\"t\":$t,\"x\":\"$i\"}",
      "{\"k\":\"$<s$|ns$>\",\"t\":\"$u\",\"x\":\"$p\"}", "{\"t\":\"$T\",\"k\":\"T\",\"x\":$n}",
      "{\"x\":\"$p\",\"t\":\"$d\",\"k\":\"d\"}", "{\"k\":\"s\",\"t\":$<$i$|$p$>,\"x\":$n}"}},
    {"payload",
     NEAR_PAYLOAD,
     {"{\"p\":[$({\"k\":\"$k\",\"x\":$n,\"s\":\"$S\",\"y\":$i}$)]}",
      "{\"id\":$i,\"p\":{\"k\":\"$k\",\"x\":\"$p\",\"y\":\"$i\",\"s\":\"$q\"}}"}},
    {"watched",
     NEAR_WATCHED,
     {"{\"k\":\"$k\",\"s\":\"A\",\"u\":$r,\"f\":$r,\"x\":$n}",
      "{\"k\":\"q\",\"s\":\"$S\",\"u\":\"$k\",\"x\":$p}",
      "{\"k\":\"t\",\"s\":\"B\",\"x\":\"$p\",\"u\":$n,\"f\":$n}",
      "{\"k\":\"t\",\"s\":\"$<A$|B$>\",\"u\":$o,\"f\":$o,\"x\":\"$p\"}",
      "{\"x\":\"$p\",\"s\":\"A\",\"u\":$<$o$|\"$o\"$>,\"k\":\"q\"}"}},
    {"watched list",
     NEAR_WATCHED_LIST,
     {"[$({\"k\":\"$k\",\"s\":\"$k\",\"x\":$n,\"u\":$r,\"i\":\"$r\"}$)]",
      "[$({\"k\":\"$k\",\"i\":$v,\"u\":\"$r\",\"s\":\"A\"$[,\"x\":$n$]}$)]",
      "[$({\"k\":\"q\",\"u\":$v,\"x\":\"$p\"}$)]",
      "[$({\"k\":\"$<t$|q$>\",\"u\":$o,\"s\":\"A\",\"i\":\"$o\",\"x\":$n}$)]"}},
    {"watched each",
     NEAR_WATCHED_EACH,
     {"{\"k\":\"$k\",\"r\":\"$<n$|$k$>\",\"n\":$r,\"l\":[{\"s\":\"$k\",\"u\":$r,\"i\":$r,\"x\":$n}]"
      "}",
      "{\"k\":\"$k\",\"r\":\"$<n$|$k$>\",\"n\":$r,\"l\":[$({\"s\":\"$k\",\"u\":$r,\"i\":$r,\"x\":$"
      "n}$)]}",
      "{\"l\":[$({\"x\":\"$p\",\"u\":$v,\"i\":$v,\"s\":\"$S\"}$)],\"n\":$r,\"r\":\"y\",\"k\":\"$"
      "k\"}",
      "{\"k\":\"t\",\"r\":\"n\",\"l\":[$({\"s\":\"t\",\"u\":$o,\"i\":$o,\"x\":\"$p\"}$)]}"}},
    {"list",
     NEAR_LIST,
     {"[$({\"k\":\"$k\",\"x\":$n,\"y\":$i,\"e\":\"$e\",\"m\":$b$[,\"z\":\"$q\"$]}$)]",
      "[$({\"k\":\"q\",\"x\":$p,\"y\":$n,\"e\":\"$q\"}$)]",
      "[$($<{\"k\":\"t\",\"x\":$n$[,\"z\":$v$]}$|{\"k\":\"$k\",\"y\":$n,\"m\":$v}$>$)]"}},
    {"levels",
     NEAR_LEVELS,
     {"{\"k\":\"t\",\"$<a$|b$>\":" NEAR_PAIRS ",\"x\":$n,\"i\":$i}",
      "{\"k\":\"t\",\"b\":$<[]$|" NEAR_PAIRS "$>,\"a\":" NEAR_PAIRS ",\"x\":\"$p\"}",
      "{\"k\":\"$k\",\"b\":[$[[\"$p\",\"$p\",\"$d\",\"r\"]$]]$[,\"x\":$n$]$[,\"y\":$i$]}",
      "{\"k\":\"q\",\"y\":$i,\"a\":$<[]$|" NEAR_PAIRS "$>,\"b\":" NEAR_PAIRS "}",
      "{\"k\":\"c\",\"l\":[$({\"b\":" NEAR_PAIRS ",\"n\":$n,\"t\":\"$d\"$[,\"a\":[]$]}$)]}",
      "{\"l\":[{\"b\":" NEAR_PAIRS ",\"n\":$n,\"t\":\"$d\"$[,\"a\":" NEAR_PAIRS "$]}],\"k\":\"c\"}",
      "{\"l\":[{\"a\":[[\"$p\",\"$n\"]],\"t\":\"$d\",\"b\":[],\"n\":\"$q\"}],\"k\":\"\"}",
      "{\"k\":\"$<d$|q$>\",\"a\":$<[\"$p\",$i,\"$p\"]$|" NEAR_PAIRS "$>,\"b\":[[$n,$n]]}",
      "{\"k\":\"q\",\"b\":[ [\"$p\" , \"$p\"] $[,[\"$p\",\"$p\"]$]]}"}},
    {"trees",
     NEAR_TREES,
     {"{\"m\":$<false$|0$>,\"k\":\"c\",\"ch\":\"$y.$y\",\"l\":[{\"s\":\"$S\",\"x\":$n,\"y\":$n}]}",
      "{\"k\":\"t\",\"ch\":\"market.$y.depth\",\"t\":$t,\"x\":$n$[,\"y\":$n$]}",
      "{\"ch\":\"$<b$|$q$>\",\"k\":$<1$|\"q\"$>,\"x\":$<$n$|null$>,\"y\":\"$p\",\"m\":$b}",
      "{\"m\":$<false$|0$>,\"k\":\"c\",\"ch\":\"$y.$y\",\"l\":[$({\"s\":\"$S\",\"x\":$n,\"y\":"
      "$n}$)]}",
      "{\"k\":\"$k\",\"ch\":\"$q\",\"x\":$v,\"y\":$v,\"m\":$v,\"t\":$v}"}},
    {"below",
     NEAR_BELOW,
     {"{\"k\":\"$<x$|$<t$|q$>$>\",\"z\":$n,\"x\":$<[$<1$|\"y\"$>]$|{\"y\":$v}$>}",
      "{\"z\":\"$p\",\"x\":$<[[$n,$n],[$n,$n]]$|{\"y\":$v}$>,\"k\":\"$k\"}",
      "{\"k\":\"c\",\"x\":$n,\"l\":[$({\"z\":$n,\"x\":$<[$n]$|{\"y\":$v}$>}$)]}",
      "{\"k\":\"c\",\"l\":[$({\"z\":$n$[,\"x\":$v$]}$)],\"x\":$<[1]$|\"y\"$>}"}},
    NEAR_ODD_VENUES,
    {"words",
     NEAR_WORDS,
     {"{\"k\":\"t\",\"e\":\"$<$<a$|$>$|$<a-name-of-16-byt$|$s$>$>\",\"s\":\"$<AB$|$S$>\",\"side\":"
      "\"$s\",\"x\":$n}",
      "{\"k\":\"q\",\"e\":\"$<a$|$s$>\",\"l\":[$({\"s\":\"$<A$|$S$>\",\"x\":$<-0$|$n$>,\"side\":\"$"
      "<b$|$s$>\"}$)]}"}},
    {"sides",
     NEAR_SIDES,
     {"{\"k\":\"a\",\"c\":[$([\"$<b$|$<s$|$k$>$>\",\"$p\",\"$p\"]$)],\"x\":$n}",
      "{\"x\":\"$p\",\"c\":[$([\"$<b$|s$>\",\"$<$p$|$d$>\",\"$<$n$|$q$>\"$[,\"r\"$]]$)],\"k\":"
      "\"a\"}",
      "{\"k\":\"b\",\"c\":[$([\"$p\",\"$p\",\"$<s$|the side of those who bid$>\"]$)]}",
      "{\"k\":\"c\",\"l\":[$({\"c\":[$([\"$<b$|s$>\",\"$p\",\"$n\"]$)],\"n\":$i$[,\"d\":" NEAR_PAIRS
      "$]}$)]}",
      "{\"k\":\"a\",\"x\":1,\"c\":[ [\"$<b$|s$>\" , \"$p\",\"$p\"] $[, [\"s\",\"1\",\"$q\"]$]]}"}},
    {"layouts",
     NEAR_LAYOUTS,
     {"{\"ch\":\"$y@trade\",\"s\":\"$g\",\"t\":$t,\"p\":\"$<-$|$>$p\",\"q\":\"$p\",\"i\":$u,\"j\":"
      "\"$<-$|$>$i\",\"z\":$<-$|$>$p,\"e\":\"$s\",\"m\":true,\"x\":[$n,\"$q\",{\"a\":$n}],\"0\":"
      "\"007\"}",
      "{\"m\":false,\"z\":$<-$|$>$u,\"p\":$<-$|$>$p,\"T\":\"$T\",\"e\":\"$y-$y\",\"ch\":\"$y@"
      "trade\","
      "\"s\":\"$S\",\"w\":[\"$y\",\"$y\"],\"null\":null}",
      "{\"ch\":\"quote$<s$|$>\",\"t\":\"$t$i\",\"a\":\"$p\",\"b\":$p,\"c\":\"$p\",\"d\":-$p,\"f\":"
      "\"-$p\",\"g\":$p,\"h\":\"$p\",\"i\":$u,\"j\":\"$u\",\"k\":-$i,\"l\":$p,\"e\":\"b$y\"}",
      "{\"s\":\"$S\",\"ch\":\"depth$y\",\"i\":$i,\"b\":[$([\"$p\",\"$p\"]$)],\"a\":[$([\"$p\",\"$"
      "p\"]"
      "$)]}",
      "{\"ch\":\"$y\",\"d\":\"$d\",\"c\":[$([\"$<b$|s$>\",\"$p\",\"$p\"]$)],\"i\":$n}",
      "{\"ch\":\"admin-$y\",\"x\":$v,\"a\":[[$n],{\"b\":\"$q\"}],\"y\":-$p}",
      "{\"ch\":\"other\",\"x\":[$n,$n],\"y\":{\"z\":\"$q\",\"w\":[{\"v\":$n}]}}"}},
};

enum { NEAR_VENUES = sizeof near_venues / sizeof *near_venues };

#endif
