/* SPDX-License-Identifier: MIT */
/*
 * More specs of our own and the forms of their frames, for near_venues.h: what stands beside or
 * within something else - lists among lists, numbers that are ids and columns, tests that lean on
 * one text - in as many ways as a spec has.
 */
#ifndef WEIR_TEST_NEAR_ODD_H
#define WEIR_TEST_NEAR_ODD_H

#define NEAR_HEAD_WITH(what)                                                                       \
    "weir: 1\nname: t\n" what                                                                      \
    "mappings:\n  side: {map: {BUY: [buy, b], SELL: [sell, s], 5: Sell, "                          \
    "'m\xc3\xb6re bytes than short texts have, and one of them is not of ASCII': Buy}}\n"          \
    "connections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"
#define NEAR_HEAD NEAR_HEAD_WITH("")

/* Numbers and ids that are columns, too, where defaults and conditions stand between. */
#define NEAR_WATCHED_COLUMNS                                                                       \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: data}\n"                                                  \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    sequence:\n"                                                                              \
    "      a: {value: \"data['u']\", first: \"int(data['f'])\", key: \"data['s']\"}\n"             \
    "      c: {value: \"int(data['u'])\", step: any, reset: \"data['s'] == 'r'\"}\n"               \
    "    dedupe:\n"                                                                                \
    "      b: {key: \"data['u']\", window: 8}\n"                                                   \
    "      c: {key: \"data['f']\", window: 3}\n"                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          v: {source: \"data['u']\", default_value: 5}\n"                                     \
    "          u: \"data['u']\"\n"                                                                 \
    "          f: {condition: \"'f' in data\", source: \"int(data['f'])\"}\n"                      \
    "          s: \"data['s']\"\n"                                                                 \
    "          x: {source: \"float(data['x'])\", default_value: 0}\n"                              \
    "      b:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          u: {condition: \"'s' in data\", source: \"data['u']\"}\n"                           \
    "          v: {condition: \"'s' in data\", source: \"data['u']\", default_value: 5}\n"         \
    "          x: \"float(data['x'])\"\n"                                                          \
    "      c:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          asset: broker.infer_asset(symbol=data['s'])\n"                                      \
    "          u: \"int(data['u'])\"\n"                                                            \
    "          v: {source: \"int(data['u'])\", default_value: -1}\n"                               \
    "          f: \"data['f']\"\n"                                                                 \
    "          x: \"float(data['x'])\"\n"

/* The list that records are made of among other lists, and elements with everything that columns
 * may be. */
#define NEAR_AMONG_LISTS                                                                           \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data, c: quote}\n"                                                  \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      - {channel: c, match: \"data['k'] == 'c'\"}\n"                                          \
    "      default_channel: drop\n"                                                                \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - condition: \"data['s'].startswith('A')\"\n"                                           \
    "        each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          asset: broker.infer_asset(symbol=data['s'])\n"                                      \
    "          timestamp: pd.Timestamp(data['t'])\n"                                               \
    "          x: float(item['x'])\n"                                                              \
    "          y: {condition: \"'y' in item\", source: \"float(item['y'])\", "                     \
    "default_value: 0}\n"                                                                          \
    "          k: \"data['k']\"\n"                                                                 \
    "          m: \"'A' if data['m'] else 'B'\"\n"                                                 \
    "          is_a: \"data['s'].startswith('A')\"\n"                                              \
    "          n: \"data['n']\"\n"                                                                 \
    "          w: \"float(data['n'])\"\n"                                                          \
    "      - each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          asset: broker.infer_asset(symbol=item['s'])\n"                                      \
    "          timestamp: \"pd.Timestamp(item['t'], unit='ms')\"\n"                                \
    "          x: Decimal(item['x'])\n"                                                            \
    "          y: \"int(item['y'])\"\n"                                                            \
    "          z: \"item['z']\"\n"                                                                 \
    "          side: mappings.side.to_standard(item['e'])\n"                                       \
    "          is_b: \"'A' if item['m'] else 'B'\"\n"                                              \
    "          is_e: \"item['e'] == 's'\"\n"                                                       \
    "          o: \"mappings.side.to_standard(data['o'])\"\n"                                      \
    "      b:\n"                                                                                   \
    "      - each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          timestamp: {source: \"Decimal(item['t'])\", transform: "                            \
    "\"pd.Timestamp(int(value * 1000), unit='ms')\"}\n"                                            \
    "          x: \"float(item['x']) * 2\"\n"                                                      \
    "          y: {condition: \"item['y'] != 0\", source: \"item['y'] - data['n']\", "             \
    "default_value: none}\n"                                                                       \
    "          z: \"item['z'].split('-')[0]\"\n"                                                   \
    "          e: {condition: \"data['o'] == 'b'\", source: \"item['e']\"}\n"                      \
    "          i: \"item.get('i')\"\n"                                                             \
    "      c:\n"                                                                                   \
    "      - each: data['l']\n"                                                                    \
    "        fields:\n"                                                                            \
    "          timestamp: received\n"                                                              \
    "          market_depth: {bids: \"item['x']\", asks: \"item.get('y', [])\"}\n"                 \
    "          n: \"len(item['z'])\"\n"                                                            \
    "          z: {source: \"item['z'][0]\", default_value: q}\n"                                  \
    "          o: \"data['o']\"\n"

/* More numbers than there are lanes, bare and in quotes, some of them read twice, and long texts.
 * */
#define NEAR_WIDE                                                                                  \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data}\n"                                                            \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"'a-name-of-more-than-forty-bytes-that-is-no-end' in "           \
    "data\"}\n"                                                                                    \
    "      default_channel: b\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          timestamp: \"pd.Timestamp(data['t'], unit='us')\"\n"                                \
    "          a: \"float(data['a'])\"\n"                                                          \
    "          b: \"data['b']\"\n"                                                                 \
    "          c: \"int(data['c'])\"\n"                                                            \
    "          d: \"float(data['d'])\"\n"                                                          \
    "          e: \"float(data['e'])\"\n"                                                          \
    "          f: \"data['f']\"\n"                                                                 \
    "          g: \"int(data['g'])\"\n"                                                            \
    "          h: \"float(data['h'])\"\n"                                                          \
    "          i: \"float(data['i'])\"\n"                                                          \
    "          j: \"data['j']\"\n"                                                                 \
    "          k: \"int(data['k'])\"\n"                                                            \
    "          l: \"float(data['l'])\"\n"                                                          \
    "          m: \"float(data['m'])\"\n"                                                          \
    "          n: \"data['n']\"\n"                                                                 \
    "          o: \"int(data['o'])\"\n"                                                            \
    "          p: \"float(data['p'])\"\n"                                                          \
    "          q: \"float(data['q'])\"\n"                                                          \
    "          r: \"data['r']\"\n"                                                                 \
    "          s: \"int(data['s'])\"\n"                                                            \
    "          u: \"float(data['u'])\"\n"                                                          \
    "          v: \"float(data['v'])\"\n"                                                          \
    "          xa: \"float(data['a'])\"\n"                                                         \
    "          xb: \"data['b']\"\n"                                                                \
    "          xc: \"int(data['c'])\"\n"                                                           \
    "      b:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          timestamp: \"pd.Timestamp(int(data['t']), unit='s')\"\n"                            \
    "          a: \"float(data['a'])\"\n"                                                          \
    "          b: \"Decimal(data['a'])\"\n"                                                        \
    "          c: \"data['a']\"\n"                                                                 \
    "          d: {condition: \"'b' in data\", source: \"float(data['b'])\"}\n"                    \
    "          e: {condition: \"'c' not in data\", source: \"'no c'\"}\n"                          \
    "          l: \"data['l']\"\n"

/* Levels in every form: whole, those of one side, the greatest of a column. */
#define NEAR_BOOKS                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: quote, b: quote, c: quote}\n"                                                \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          market_depth: {bids: \"[c[1:] for c in data['l'] if c[0] == 'buy']\", "             \
    "asks: \"[c[1:] for c in data['l'] if c[0] == 'sell']\"}\n"                                    \
    "          x: \"float(data['x'])\"\n"                                                          \
    "          n: \"data['n']\"\n"                                                                 \
    "      b:\n"                                                                                   \
    "      - condition: \"data['e'] == 'b'\"\n"                                                    \
    "        fields:\n"                                                                            \
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data['a'] + "                      \
    "data['b'])\", transform: \"pd.Timestamp(int(value * 1000000), unit='us')\"}\n"                \
    "          market_depth: {bids: \"data['b']\", asks: \"data['a']\"}\n"                         \
    "          x: \"data['x']\"\n"                                                                 \
    "      - condition: \"'n' in data\"\n"                                                         \
    "        fields:\n"                                                                            \
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data.get('b') or "                 \
    "data['a'])\", transform: \"pd.Timestamp(int(value * 1000), unit='ms')\"}\n"                   \
    "          market_depth: {bids: \"data.get('b', [])\", asks: \"data.get('a', [])\"}\n"         \
    "          n: \"int(data['n'])\"\n"                                                            \
    "      - fields:\n"                                                                            \
    "          market_depth: {bids: \"[c[2:] for c in data['b'] if c[1] == 'b']\", asks: "         \
    "\"data.get('a', [])\"}\n"                                                                     \
    "          x: \"data['x']\"\n"                                                                 \
    "      c:\n"                                                                                   \
    "      - fields:\n"                                                                            \
    "          market_depth: {bids: \"[c for c in data['l'] if c[2] == 'b']\", asks: "             \
    "\"data['e'].get('a', [])\"}\n"                                                                \
    "          x: \"float(data['x'])\"\n"                                                          \
    "          n: \"data['e'].get('n')\"\n"

/* Tests of texts, one behind the other, whose answers lean on parts of the same text. */
#define NEAR_TESTS                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data, c: data, d: data}\n"                                          \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: drop, match: \"data['k'] not in ('t', 'q')\"}\n"                            \
    "      - {channel: a, match: \"data['s'].startswith('abc')\"}\n"                               \
    "      - {channel: b, match: \"data['s'].endswith('xyz')\"}\n"                                 \
    "      - {channel: c, match: \"'.d.' in data['s']\"}\n"                                        \
    "      - {channel: d, match: \"data['s'] not in ('abd', 'ab', '', 'wxyz.')\"}\n"               \
    "      default_channel: a\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - condition: \"data['s'].startswith('abcd')\"\n"                                        \
    "        fields: {n: \"1\", x: \"data['x']\", is_b: \"data['s'].startswith('ab')\", "          \
    "is_c: \"data['s'].endswith('c')\", is_d: \"data['s'] == 'abcd'\"}\n"                          \
    "      - condition: \"data['s'] in ('abc', 'abcx', 'abce')\"\n"                                \
    "        fields: {n: \"2\", x: \"float(data['x'])\", s: \"data['s']\", is_b: "                 \
    "\"data['s'] != 'abc'\"}\n"                                                                    \
    "      - condition: \"data['e'] == 'one'\"\n"                                                  \
    "        fields: {n: \"3\", x: \"data['x']\", e: {condition: "                                 \
    "\"data['e'].startswith('o')\", source: \"data['e']\"}}\n"                                     \
    "      - fields: {n: \"4\", e: {condition: \"data['e'] not in ('', 'b')\", source: "           \
    "\"data['e']\"}, x: {condition: \"'x' in data\", source: \"float(data['x'])\", "               \
    "default_value: 1}}\n"                                                                         \
    "      b:\n"                                                                                   \
    "      - condition: \"'-' in data['e']\"\n"                                                    \
    "        fields: {n: \"5\", e: \"data['e']\", is_b: \"'-b' in data['e']\", is_c: "             \
    "\"data['e'].endswith('-c')\"}\n"                                                              \
    "      - fields: {n: \"6\", is_b: \"data['e'] in ('a', 'b')\", is_c: "                         \
    "\"data['s'].endswith('wxyz')\", is_d: \"data['s'].startswith('b')\"}\n"                       \
    "      c:\n"                                                                                   \
    "      - condition: \"data['s'].endswith('.d.')\"\n"                                           \
    "        fields: {n: \"7\", s: \"data['s']\"}\n"                                               \
    "      - condition: \"data['m'] and 'y' not in data\"\n"                                       \
    "        fields: {n: \"8\", x: \"data['x']\"}\n"                                               \
    "      - condition: \"isinstance(data['x'], list)\"\n"                                         \
    "        fields: {n: \"9\", x: \"data['x'][0]\"}\n"

/* Lists in a list of messages. */
#define NEAR_ARRAY_EACH                                                                            \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n"                                                           \
    "    frame: array\n"                                                                           \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      default_channel: drop\n"                                                                \
    "    converters:\n"                                                                            \
    "      a: [{each: \"data['l']\", fields: {x: \"float(item['x'])\", s: \"data['s']\", "         \
    "z: \"item.get('z')\"}}]\n"                                                                    \
    "      b: [{fields: {asset: \"broker.infer_asset(symbol=data['s'])\", market_depth: "          \
    "{bids: \"data['l']\", asks: \"data.get('a', [])\"}, n: \"data['n']\"}}]\n"

/* The message is a list, whole or by its length; its elements are lists. */
#define NEAR_LIST_OF_ALL                                                                           \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data, c: data}\n"                                                   \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"len(data) == 3\"}\n"                                            \
    "      - {channel: b, match: \"isinstance(data, dict)\"}\n"                                    \
    "      - {channel: drop, match: \"len(data) == 1\"}\n"                                         \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a: [{each: \"data[1]\", fields: {x: \"float(item[0])\", y: \"item[1]\", n: "            \
    "\"item[-1]\", s: \"data[0]\", is_t: \"data[2] == 't'\"}}]\n"                                  \
    "      b: [{fields: {x: \"data.get('x', 1)\", n: \"data.get('n', {}).get('x', "                \
    "'none')\"}}]\n"                                                                               \
    "      c:\n"                                                                                   \
    "      - condition: \"len(data) == 4\"\n"                                                      \
    "        fields: {n: \"data[3]\", x: \"float(data[1])\", is_l: \"len(data) == 4\"}\n"          \
    "      - each: data\n"                                                                         \
    "        fields: {x: \"item[0]\", n: \"len(item)\"}\n"

/* Several streams for one message, streams for what nothing matches, a channel's converters. */
#define NEAR_SEVERAL                                                                               \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: data, c: quote}\n"                                                  \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: [a, c], match: \"data['k'] == 't'\"}\n"                                     \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a: [{condition: \"'x' in data\", fields: {x: \"float(data['x'])\", k: "                 \
    "\"data['k']\"}}]\n"                                                                           \
    "      b: [{fields: {y: \"data['y']\", k: \"'b'\"}}]\n"                                        \
    "      c: [{condition: \"data['k'] == 'x' or data['y'] == 1\", fields: {x: "                   \
    "\"data['y']\"}}, {fields: {k: \"data['k']\"}}]\n"

/* Records below the message, with lists of their own. */
#define NEAR_PAYLOAD_LIST                                                                          \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n"                                                           \
    "    parser: {format: json, payload_path: \"data['p'] if 'p' in data else "                    \
    "data['r']['p']\"}\n"                                                                          \
    "    frame: array\n"                                                                           \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      default_channel: b\n"                                                                   \
    "    sequence: {a: {value: \"item['u']\"}}\n"                                                  \
    "    converters:\n"                                                                            \
    "      a: [{each: \"data['l']\", fields: {asset: "                                             \
    "\"broker.infer_asset(symbol=data['s'])\", x: \"float(item['x'])\", u: "                       \
    "\"item['u']\"}}]\n"                                                                           \
    "      b: [{fields: {x: \"data['x']\", n: \"int(data['n'])\"}}]\n"

/* What messages teach, and messages that only keep a line alive. */
#define NEAR_TAUGHT                                                                                \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote}\n"                                                           \
    "    learn:\n"                                                                                 \
    "    - {match: \"data.get('e') == 'is'\", into: names, key: \"data['i']\", value: "            \
    "\"data['s']\"}\n"                                                                             \
    "    - {match: \"data.get('e') == 'one'\", into: last, value: \"data['s']\"}\n"                \
    "    heartbeat: {send: {text: ping}, every: 15s, expect: \"data == 'pong'\", reply: "          \
    "[{match: \"'ping' in data\", send: {json: {fields: {pong: \"data['ping']\"}}}}]}\n"           \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data.get('i') in session.names\"}\n"                            \
    "      - {channel: b, match: \"data.get('k') == 'q'\"}\n"                                      \
    "      default_channel: drop\n"                                                                \
    "    converters:\n"                                                                            \
    "      a: [{fields: {asset: \"broker.infer_asset(symbol=session.names[data['i']])\", "         \
    "x: \"float(data['x'])\"}}]\n"                                                                 \
    "      b: [{fields: {x: \"float(data['x'])\", last: \"session.last\"}}]\n"

/* Assets that are listed; others are errors. */
#define NEAR_LISTED                                                                                \
    NEAR_HEAD_WITH(                                                                                \
        "assets:\n  list: [{symbol: AAPL, security_id: '17'}, {symbol: t, security_id: '3'}]\n")   \
    "    streams: {a: data, b: data}\n"                                                            \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"'s' in data\"}\n"                                               \
    "      default_channel: b\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a: [{fields: {asset: \"broker.infer_asset(symbol=data['s'])\", x: "                     \
    "\"float(data['x'])\"}}]\n"                                                                    \
    "      b: [{fields: {asset: \"broker.infer_asset(security_id=data['i'])\", x: "                \
    "{source: \"float(data['x'])\", default_value: 7}, y: {source: \"int(data['x'])\", "           \
    "default_value: none}}}]\n"

/* Lists of levels of which single values are asked, too, also in elements. */
#define NEAR_LEVELS_READ                                                                           \
    NEAR_HEAD                                                                                      \
    "    streams: {a: quote, b: quote, c: quote}\n"                                                \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      default_channel: c\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - condition: \"data['l'][0][0] == '1'\"\n"                                              \
    "        fields: {n: \"1\", market_depth: {bids: \"data['l']\", asks: "                        \
    "\"data['m']\"}}\n"                                                                            \
    "      - condition: \"data['l'][-1][1] in ('1', '2')\"\n"                                      \
    "        fields: {n: \"2\", market_depth: {bids: \"data['l']\", asks: \"[]\"}, x: "            \
    "\"float(data['l'][0][1])\"}\n"                                                                \
    "      - fields: {n: \"3\", market_depth: {bids: \"data['l']\", asks: "                        \
    "\"data['m']\"}, x: \"data['l'][0][0]\"}\n"                                                    \
    "      b:\n"                                                                                   \
    "      - condition: \"data['l'][1]\"\n"                                                        \
    "        fields: {n: \"4\", market_depth: {bids: {condition: \"data['b']\", source: "          \
    "\"data['l']\"}, asks: {condition: \"data['b']\", source: \"data['m']\"}}, x: "                \
    "\"data['x']\"}\n"                                                                             \
    "      - condition: \"'x' in data['l'][1]\"\n"                                                 \
    "        fields: {n: \"5\", market_depth: {bids: {condition: \"data['b']\", source: "          \
    "\"data['l']\"}, asks: {condition: \"data['b']\", source: \"data['m']\"}}, x: "                \
    "\"data['x']\"}\n"                                                                             \
    "      - fields: {n: \"6\", x: {condition: \"data['l'][1]\", source: "                         \
    "\"data['x']\"}}\n"                                                                            \
    "      c:\n"                                                                                   \
    "      - each: data['l']\n"                                                                    \
    "        fields: {market_depth: {bids: \"item['l']\", asks: \"item['m']\"}, n: "               \
    "{condition: \"item['l'][0][0] == '1'\", source: \"'n'\"}, x: \"item['l'][0][1]\"}\n"

/* Many of a kind, numbered. */
#define NEAR_NINE(even, odd, tens)                                                                 \
    even(tens "0") odd(tens "1") even(tens "2") odd(tens "3") even(tens "4") odd(tens "5")         \
        even(tens "6") odd(tens "7") even(tens "8")
#define NEAR_TEN(even, odd, tens) NEAR_NINE(even, odd, tens) odd(tens "9")
#define NEAR_THIRDS(a, b, c, tens)                                                                 \
    a(tens "0") b(tens "1") c(tens "2") a(tens "3") b(tens "4") c(tens "5") a(tens "6")            \
        b(tens "7") c(tens "8") a(tens "9")
#define NEAR_FOUR(text) text "," text "," text "," text

#define NEAR_PLAIN(number) "a" number ": \"data['a" number "']\", "
#define NEAR_FLOAT(number) "a" number ": \"float(data['a" number "'])\", "

/* More of everything than a stencil, an index or a mould has room for, or just as much. */
#define NEAR_LARGE                                                                                 \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data, b: quote, c: data, d: data}\n"                                         \
    "    router:\n"                                                                                \
    "      rules:\n"                                                                               \
    "      - {channel: a, match: \"data['k'] == 't'\"}\n"                                          \
    "      - {channel: b, match: \"data['k'] == 'q'\"}\n"                                          \
    "      - {channel: c, match: \"data['k'] == 'c'\"}\n"                                          \
    "      default_channel: d\n"                                                                   \
    "    converters:\n"                                                                            \
    "      a:\n"                                                                                   \
    "      - fields: {" NEAR_THIRDS(NEAR_FLOAT, NEAR_PLAIN, NEAR_PLAIN, "") NEAR_THIRDS(           \
        NEAR_PLAIN, NEAR_PLAIN, NEAR_FLOAT,                                                        \
        "1") NEAR_THIRDS(NEAR_PLAIN, NEAR_FLOAT, NEAR_PLAIN,                                       \
                         "2") NEAR_THIRDS(NEAR_FLOAT, NEAR_PLAIN, NEAR_PLAIN,                      \
                                          "3") NEAR_THIRDS(NEAR_PLAIN, NEAR_PLAIN, NEAR_FLOAT,     \
                                                           "4")                                    \
        NEAR_THIRDS(NEAR_PLAIN, NEAR_FLOAT, NEAR_PLAIN, "5") NEAR_FLOAT("60") NEAR_PLAIN(          \
            "61") "a62: \"data['a62']\"}\n"                                                        \
                  "      b:\n"                                                                     \
                  "      - each: data['l']\n"                                                      \
                  "        fields: {market_depth: {bids: \"item['b']\", asks: \"item['a']\"}, n: " \
                  "\"item['n']\"}\n"                                                               \
                  "      c:\n"                                                                     \
                  "      - fields:\n"                                                              \
                  "          market_depth: {bids: \"[c[1:] for c in data['w'] if c[0] == 'a text " \
                  "of "                                                                            \
                  "more than 14 bytes']\", asks: \"data['e']\"}\n"                                 \
                  "          n: {condition: \"'m' in data\", source: \"data['m'][-9]\"}\n"         \
                  "          side: mappings.side.to_standard(data['o'])\n"                         \
                  "      d:\n"                                                                     \
                  "      - fields: {" NEAR_TEN(NEAR_PLAIN, NEAR_PLAIN, "") NEAR_TEN(               \
                      NEAR_PLAIN, NEAR_PLAIN, "1") NEAR_TEN(NEAR_PLAIN, NEAR_PLAIN, "2")           \
                      NEAR_TEN(NEAR_PLAIN, NEAR_PLAIN, "3") NEAR_TEN(NEAR_PLAIN, NEAR_PLAIN, "4")  \
                          NEAR_TEN(NEAR_PLAIN, NEAR_PLAIN, "5")                                    \
                              NEAR_NINE(NEAR_PLAIN, NEAR_PLAIN, "6") "a69: \"data['a69']\"}\n"

#define NEAR_N(number) ",\"a" number "\":$n"
#define NEAR_P(number) ",\"a" number "\":\"$p\""
#define NEAR_I(number) ",\"a" number "\":$i"
#define NEAR_Z(number) ",\"z" number "\":$<$i$|\"$i\"$>"
#define NEAR_ONE_SIDE  "{\"b\":[[\"$p\",\"2\"]$[,[\"1\",\"2\"]$]],\"a\":[],\"n\":$i}"
#define NEAR_TWO_SIDES                                                                             \
    "{\"b\":[[\"1\",\"$p\"],[\"1\",\"2\"]],\"a\":[[\"3\",\"$p\"],[\"1\",\"2\"]],\"n\":1}"

/* Rows of the table there. */
#define NEAR_ODD_VENUES                                                                            \
    {"watched columns",                                                                            \
     NEAR_WATCHED_COLUMNS,                                                                         \
     {"{\"k\":\"$k\",\"u\":$r,\"f\":$r,\"s\":\"$k\",\"x\":$n}",                                    \
      "{\"k\":\"q\",\"u\":$<$r$|$v$>,$[$<\"s\":\"r\"$|\"s\":$v$>,$]\"x\":\"$p\"}",                 \
      "{\"k\":\"c\",\"s\":\"$<r$|a$>\",\"u\":$<$r$|\"$r\"$>,\"f\":\"$r\",\"x\":$n}",               \
      "{\"k\":\"t\",\"u\":$o,\"f\":$o,\"s\":\"t\",\"x\":$n}",                                      \
      "{\"k\":\"q\",\"u\":$o,\"s\":$v,\"x\":\"$p\"}",                                              \
      "{\"k\":\"c\",\"s\":\"a\",\"u\":\"$o\",\"f\":\"$o\",\"x\":$n}",                              \
      "{\"x\":$p,\"k\":\"$<$k$|c$>\"$[,\"u\":$v$]$[,\"f\":$v$]$[,\"s\":\"$k\"$]}"}},               \
        {"among lists",                                                                            \
         NEAR_AMONG_LISTS,                                                                         \
         {"{\"k\":\"t\",\"s\":\"A$<$|$S$>\",\"t\":\"$T\",\"o\":\"$s\",\"m\":$b,\"n\":$n,"          \
          "\"w\":[\"$q\",\"$q\"],\"l\":[$({\"x\":$n$[,\"y\":$n$]}$)]}",                            \
          "{\"k\":\"t\",\"o\":\"$s\",\"w\":[[$n],[$n]],\"s\":\"$S\",\"l\":[$({\"s\":\"$S\","       \
          "\"t\":$t,\"x\":\"$p\",\"y\":$i,\"z\":$v,\"e\":\"$s\",\"m\":$b}$)],\"m\":$b,\"n\":$n,"   \
          "\"t\":\"$T\"}",                                                                         \
          "{\"n\":$n,\"m\":true,\"o\":\"$s\",\"k\":\"q\",\"l\":[$({\"t\":\"$d\",\"x\":\"$p\","     \
          "\"y\":$n,\"z\":\"$y-$y\",\"e\":\"$e\"$[,\"i\":$v$]}$)],\"s\":\"$S\"}",                  \
          "{\"k\":\"c\",\"o\":$v,\"l\":[$({\"x\":[$([\"$p\",\"$p\"]$)]$[,\"y\":[$([$n,$n]$)]$],"   \
          "\"z\":$c}$)],\"w\":{\"a\":[$n]}}",                                                      \
          "{\"k\":\"t\",\"s\":\"A$<$|$S$>\",\"t\":\"$T\",\"o\":\"$s\",\"m\":$b,\"n\":$n,"          \
          "\"l\":[{\"x\":$n$[,\"y\":$n$]}]}",                                                      \
          "{\"k\":\"t\",\"o\":\"$s\",\"s\":\"BTC\",\"l\":[{\"s\":\"$S\",\"t\":$t,\"x\":\"$p\","    \
          "\"y\":$i,\"z\":\"$p\",\"e\":\"$s\",\"m\":$b}],\"m\":$b,\"n\":$n,\"t\":\"$T\"}",         \
          "{\"n\":$n,\"m\":true,\"o\":\"$s\",\"k\":\"q\",\"l\":[{\"t\":\"$d\",\"x\":\"$p\","       \
          "\"y\":$n,\"z\":\"$y-$y\",\"e\":\"$e\"$[,\"i\":$v$]}],\"s\":\"$S\"}",                    \
          "{\"k\":\"c\",\"o\":\"$s\",\"l\":[{\"x\":[$([\"$p\",\"$p\"]$)],\"y\":[$([$n,$n]$)],"     \
          "\"z\":\"$q\"}],\"w\":[\"a\",\"b\"]}",                                                   \
          "{\"k\":\"$<t$|c$>\",\"s\":\"$k\",\"m\":$v,\"n\":$v,\"o\":$v,\"t\":$v,"                  \
          "\"l\":[$({\"x\":$v,\"y\":$v,\"z\":$v,\"e\":$v,\"s\":$v,\"t\":$v,\"m\":$v}$)],"          \
          "\"e\":\"q\"}"}},                                                                        \
        {"wide",                                                                                   \
         NEAR_WIDE,                                                                                \
         {"{\"a-name-of-more-than-forty-bytes-that-is-no-end\":null,\"t\":$t,\"a\":\"$p\","        \
          "\"b\":$n,\"c\":$i,\"d\":$p,\"e\":\"$p\",\"f\":$n,\"g\":$i,\"h\":$p,\"i\":\"$p\","       \
          "\"j\":$n,\"k\":$i,\"l\":$p,\"m\":\"$p\",\"n\":$n,\"o\":$i,\"p\":$p,\"q\":\"$p\","       \
          "\"r\":$n,\"s\":$i,\"u\":$p,\"v\":\"$p\"}",                                              \
          "{\"a\":$n,\"b\":\"$q\",\"c\":\"$i\",\"d\":\"$p\",\"e\":$n,\"f\":\"$q\",\"g\":\"$i\","   \
          "\"h\":\"$p\",\"i\":$n,\"j\":\"$q\",\"k\":\"$i\",\"l\":\"$p\",\"m\":$n,\"n\":\"$q\","    \
          "\"o\":\"$i\",\"p\":\"$p\",\"q\":$n,\"r\":\"$q\",\"s\":\"$i\",\"u\":\"$p\",\"v\":$n,"    \
          "\"t\":$t,\"a-name-of-more-than-forty-bytes-that-is-no-end\":\"$q\"}",                   \
          "{\"t\":\"$<$i$|$u$>\",\"a\":\"$p\"$[,\"b\":$n$]$[,\"c\":null$],\"l\":\"$y$y$y$y\"}",    \
          "{\"l\":\"$y\",\"a\":$v,\"t\":$i$[,\"b\":\"$p\"$]}"}},                                   \
        {"books",                                                                                  \
         NEAR_BOOKS,                                                                               \
         {"{\"k\":\"t\",\"x\":$n,\"l\":[$([\"$<buy$|sell$>\",\"$p\",\"$p\"$[,\"$q\"$]]$)],"        \
          "\"n\":$n}",                                                                             \
          "{\"k\":\"q\",\"e\":\"b\",\"a\":[$([\"$p\",\"$p\",\"$d\"]$)],\"b\":[$([\"$p\",\"$p\","   \
          "\"$d\"]$)],\"x\":$v}",                                                                  \
          "{\"k\":\"q\",\"e\":\"$k\"$[,\"a\":[$([\"$p\",\"$p\",\"$d\"$[,\"r\"$]]$)]$]$[,"          \
          "\"b\":[$([$n,$n,\"$d\"]$)]$],\"n\":\"$i\"}",                                            \
          "{\"k\":\"q\",\"e\":\"\",\"x\":\"$q\"$[,\"a\":[$([$n,$n]$)]$],\"b\":[$([\"$p\","         \
          "\"$<b$|a$>\",\"$p\",\"$p\"]$)]}",                                                       \
          "{\"x\":\"$p\",\"l\":[$([\"$p\",\"$p\",\"$<b$|a$>\"]$)],\"e\":{$[\"a\":[$([\"$p\","      \
          "\"$p\"]$)],$]\"n\":$n},\"k\":\"c\"}",                                                   \
          "{\"k\":\"c\",\"l\":$v,\"e\":$<{\"a\":$v}$|$v$>,\"x\":$n,\"a\":$v,\"b\":$v}"}},          \
        {"tests",                                                                                  \
         NEAR_TESTS,                                                                               \
         {"{\"k\":\"$k\",\"s\":\"$<abc$|ab$>$<$k$|d$>\",\"e\":\"$<one$|$q$>\"$[,\"x\":$n$]}",      \
          "{\"s\":\"$<$y$|a$>xyz\",\"k\":\"$k\",\"e\":\"$<$k-$k$|$<a$|b-b$>$>\",\"x\":\"$p\"}",    \
          "{\"k\":\"t\",\"s\":\"$y$<.d.$|xyz$>$<$y$|$>\",\"e\":\"$s\",\"x\":$<$n$|[$n]$>,"         \
          "\"m\":$b$[,\"y\":1$]}",                                                                 \
          "{\"k\":\"$<$k$|c$>\",\"x\":$v,\"s\":\"$<ab$|$<d$|wxyz.$>$>\",\"m\":$v,"                 \
          "\"e\":\"$<$<b$|a-c$>$|$>\"}"}},                                                         \
        {"array of lists",                                                                         \
         NEAR_ARRAY_EACH,                                                                          \
         {"[$({\"k\":\"t\",\"l\":[$({\"x\":$n$[,\"z\":$v$]}$)],\"s\":\"$S\"}$)]",                  \
          "[{\"k\":\"t\",\"s\":\"$S\",\"l\":[$({\"z\":\"$p\",\"x\":\"$p\"}$)]}]",                  \
          "[$($<{\"k\":\"t\",\"l\":[{\"x\":$n}],\"s\":\"$S\"}$|{\"k\":\"q\",\"n\":$n,"             \
          "\"s\":\"$S\",\"l\":[$([\"$p\",\"$p\"]$)]$[,\"a\":[$([$n,$n]$)]$]}$>$)]",                \
          "[$({\"l\":[$([$n,$n]$)],\"k\":\"$<q$|x$>\",\"s\":\"A\",\"n\":$v}$)]"}},                 \
        {"list of all",                                                                            \
         NEAR_LIST_OF_ALL,                                                                         \
         {"[\"$S\",[$([$n,$n$[,$i$]]$)],\"$k\"]", "[$n,[$([\"$p\",$v,\"$q\"]$)],\"$k\"]",          \
          "[$k,\"$p\",$n,$<\"$q\"$|[$n]$>]", "[$n]", "[]", "[[$n],[$n,$n]]",                       \
          "[[\"$q\"],[\"$q\",\"$q\"],$n,[],\"t\"]", "{$[\"x\":$n,$]\"n\":$<{\"x\":$v}$|$v$>}"}},   \
        {"several",                                                                                \
         NEAR_SEVERAL,                                                                             \
         {"{\"k\":\"$k\"$[,\"x\":$n$],\"y\":$n}",                                                  \
          "{\"k\":\"$<$k$|$<x$|c$>$>\",\"x\":\"$p\",\"y\":$<1$|$v$>}",                             \
          "{\"y\":\"$q\",\"k\":$v}"}},                                                             \
        {"payload list",                                                                           \
         NEAR_PAYLOAD_LIST,                                                                        \
         {"{\"p\":[$({\"k\":\"t\",\"s\":\"$k\",\"l\":[$({\"x\":$n,\"u\":$r}$)]}$)]}",              \
          "{\"r\":{\"p\":[$({\"k\":\"$k\",\"x\":$v,\"n\":\"$i\"}$)],\"q\":$v}}",                   \
          "{\"p\":[$({\"k\":\"t\",\"s\":\"A\",\"l\":[$({\"x\":$n,\"u\":$o}$)]}$)]}",               \
          "{\"r\":{\"p\":$v},\"q\":\"$k\"}"}},                                                     \
        {"taught",                                                                                 \
         NEAR_TAUGHT,                                                                              \
         {"{\"e\":\"is\",\"i\":$r,\"s\":\"$S\"}", "{\"e\":\"one\",\"s\":\"$S\"}",                  \
          "{\"i\":$r,\"x\":$n}", "{\"k\":\"q\",\"x\":\"$p\"}", "{\"ping\":$i}", "pong"}},          \
        {"listed assets",                                                                          \
         NEAR_LISTED,                                                                              \
         {"{\"s\":\"$<AAPL$|$k$>\",\"x\":$n}", "{\"x\":\"$p\",\"s\":\"$<t$|$S$>\"}",               \
          "{\"i\":\"$<17$|$r$>\",\"x\":$n}", "{\"i\":$<17$|$v$>,\"x\":$v}"}},                      \
        {"levels looked into",                                                                     \
         NEAR_LEVELS_READ,                                                                         \
         {"{\"k\":\"t\",\"l\":[$([\"$<1$|2$>\",\"$<1$|$p$>\"]$)],\"m\":[$[[\"$p\",\"$p\"]$]]}",    \
          "{\"k\":\"t\",\"l\":[[\"$<1$|2$>\",\"$<1$|$p$>\"$[,\"$q\"$]]],\"m\":[]}",                \
          "{\"k\":\"q\",\"b\":$b,\"l\":[[\"1\",\"$p\"],$<$b$|$<{\"x\":$n}$|{}$>$>],\"m\":[],"      \
          "\"x\":$n}",                                                                             \
          "{\"k\":\"q\",\"b\":false,\"l\":[[$n,$n],$v,$v],\"m\":[$([$n,$n]$)],\"x\":\"$p\"}",      \
          "{\"k\":\"c\",\"l\":[$({\"l\":[[\"$<1$|$p$>\",\"$p\"]$[,[\"$p\",\"$p\"]$]],"             \
          "\"m\":[]}$)]}"}},                                                                       \
    {                                                                                              \
        "large", NEAR_LARGE,                                                                       \
        {                                                                                          \
            "{\"k\":\"t\"" NEAR_TEN(NEAR_N, NEAR_P, "") NEAR_TEN(NEAR_N, NEAR_P, "1")              \
                NEAR_TEN(NEAR_N, NEAR_P, "2") NEAR_TEN(NEAR_N, NEAR_P, "3")                        \
                    NEAR_TEN(NEAR_N, NEAR_P, "4") NEAR_TEN(NEAR_N, NEAR_P, "5") NEAR_N("60")       \
                        NEAR_P("61") NEAR_N("62") "}",                                             \
                "{\"k\":\"$<t$|x$>\"" NEAR_TEN(NEAR_I, NEAR_I, "") NEAR_TEN(NEAR_I, NEAR_I, "1")   \
                    NEAR_TEN(NEAR_I, NEAR_I, "2") NEAR_TEN(NEAR_I, NEAR_I, "3")                    \
                        NEAR_TEN(NEAR_I, NEAR_I, "4") NEAR_TEN(NEAR_I, NEAR_I, "5")                \
                            NEAR_TEN(NEAR_I, NEAR_I, "6") NEAR_TEN(NEAR_Z, NEAR_Z, "")             \
                                NEAR_TEN(NEAR_Z, NEAR_Z, "1") NEAR_Z("20") NEAR_Z("21")            \
                                    NEAR_Z("22") NEAR_Z("23") NEAR_Z("24") NEAR_Z("25")            \
                                        NEAR_Z("26") "$[,\"b\":\"$q\"$]$[,\"c\":\"$q\"$]}",        \
                "{\"k\":\"q\",\"l\":[" NEAR_FOUR(NEAR_FOUR(NEAR_ONE_SIDE)) "," NEAR_FOUR(          \
                    NEAR_FOUR(                                                                     \
                        NEAR_ONE_SIDE)) "," NEAR_ONE_SIDE                                          \
                                        "$[," NEAR_FOUR(NEAR_FOUR(NEAR_TWO_SIDES)) "," NEAR_FOUR(  \
                                            NEAR_FOUR(NEAR_TWO_SIDES)) "," NEAR_TWO_SIDES "$]]}",  \
                "{\"k\":\"c\",\"w\":[$([\"$<a text of more than 14 "                               \
                "bytes$|$q$>\",\"$p\",\"$p\"]$)],"                                                 \
                "\"m\":[$($n$)],\"o\":\"$s\",\"e\":[]}",                                           \
                "{\"k\":\"c\",\"w\":[$([\"a text of more than 14 bytes\", "                        \
                "\"$p\",\"$p\"]$)],\"e\":[],"                                                      \
                "\"o\":\"$<Buy$|$s$>\"}"                                                           \
        }                                                                                          \
    }

#endif
