# SPDX-License-Identifier: MIT
"""weir test and weir record-test: what passes, what fails and how that is told, what --update and --append
write into a spec, and that nothing else of the spec changes."""
import difflib
import json
import os
import random
import re
import struct
import xml.etree.ElementTree as ElementTree

import claims
from claims import equal, weir, within, write
from specs import TWO_CONNECTIONS

SPEC = """\
weir: 1
name: acme
credentials: [api_key, api_secret]
vars: {host: stream.acme.example}
connections:
  market:
    url: wss://{vars.host}/market?v=2
    backend: {type: websocket}
    streams: {trades: data, quotes: quote, news: data}
    auth:
      mode: [first_message, headers, url]
      headers: {fields: {Authorization: "f'Bearer {credentials.api_key}'", X-Time: str(now_ms())}}
      url: {query: {fields: {token: credentials.api_key}}}
      first_message:
        json:
          fields:
            action: "'auth'"
            sign: hmac_sha256(credentials.api_secret, str(now_ms())).hex()
    subscribe:
      subscribe:
        trades: {json: {fields: {add: "[a.symbol for a in subscribe_assets]", n: 1.50}}}
        quotes: {format: text, text: "SUB {symbol}", tokens: {fields: {symbol: asset.symbol}}}
      unsubscribe:
        trades: {json: {fields: {remove: "[a.symbol for a in subscribe_assets]"}}}
    router:
      rules:
        - {channel: trades, match: "data['T'] == 't'"}
        - {channel: quotes, match: "data['T'] == 'q'"}
        - {channel: news, match: "data['T'] == 'n'"}
      default_channel: drop
    converters:
      trades:
        - fields:
            asset: broker.infer_asset(symbol=data['S'])
            timestamp: pd.Timestamp(data['t'])
            data: {close: "float(data['p'])", volume: "data['s']", exact: "Decimal(data['p'])"}
      quotes:
        - fields:
            asset: broker.infer_asset(symbol=data['S'])
            timestamp: received
            bid: data['b']
            market_depth: {bids: "data['d']"}
      news:
        - fields: {text: "data['text']"}
"""
TRADE = '{"T":"t","S":"AAPL","p":"126.550","s":100,"t":"2021-02-22T15:51:44.208Z"}'
NAMED = """\
weir: 1
name: acme
connections:
  market:
    url: https://stream.acme.example
    backend: {type: socketio}
    streams: {trades: data, news: data}
    events: {trades: "the trade"}
    subscribe:
      subscribe:
        trades: {json: {fields: {add: "[a.symbol for a in subscribe_assets]"}}}
        news: {json: {fields: {add: "[a.symbol for a in subscribe_assets]"}}, event: "watch {stream}"}
      unsubscribe:
        trades: {json: {fields: {remove: "[a.symbol for a in subscribe_assets]"}}}
    converters:
      trades: {fields: {asset: "broker.infer_asset(symbol=data['S'])", topic: topic}}
      news: {fields: {text: data}}
"""
QUOTE = '{"T":"q","S":"MSFT","b":1.5,"d":[["1.5","2"],["1.25","30"]]}'
BROKEN = TRADE.replace("126.550", "n/a")


def _spec(*blocks, head=SPEC):
    text = head + ("tests:\n" if blocks else "")
    for block in blocks:
        text += "  - " + block.strip("\n").replace("\n", "\n    ") + "\n"
    return write("acme.yaml", text)


def _read(name="acme.yaml"):
    with open(name, encoding="utf-8") as file:
        return file.read()


def _block(name, frame, rest):
    return "name: %s\nin: '%s'\n%s" % (name, frame.replace("'", "''"), rest)


def _passes(*blocks):
    done = weir("test", _spec(*blocks))
    equal((done.code, done.out, done.err), (0, "%d passed, 0 failed\n" % len(blocks), ""))


def _fails(*blocks):
    done = weir("test", _spec(*blocks))
    equal((done.code, done.err), (1, ""))
    within(done.out, "%d failed\n" % len(blocks))
    return done.out


# ---------------------------------------------------------------- what passes

def listed_fields_are_enough():
    _passes(_block("trade", TRADE, "out: [{asset: AAPL, data: {close: 126.55}}]"),
            _block("levels", QUOTE, "out: [{market_depth: {bids: [[1.5, 2], [1.25, 30]]}}]"),
            _block("nothing", '{"T":"x"}', "out: []"))


def numbers_and_times_are_compared_by_value():
    _passes(_block("forms", TRADE, "out:\n  - {timestamp: '2021-02-22T16:51:44.208000+01:00', "
                                   "data: {close: 1.2655e2, volume: 100.0, exact: 126.5500}}"))


def an_exact_test_lists_all_fields():
    _passes(_block("quote", QUOTE, "exact: true\nout: [{asset: MSFT, bid: 1.5, "
                                   "market_depth: {bids: [[1.5, 2], [1.25, 30]]}}]"))
    within(_fails(_block("quote", QUOTE, "exact: true\nout: [{asset: MSFT, bid: 1.5}]")),
           "record 1, market_depth is not listed", '+ {"bids":[[1.5,2.0],[1.25,30.0]]}')


def the_clock_is_the_one_that_is_given():
    _passes(_block("received", QUOTE, "now: 2026-11-20T00:00:00Z\n"
                                      "out: [{timestamp: '2026-11-20T00:00:00Z'}]"))


def several_frames_are_one_test():
    _passes("name: two\nin:\n  - '%s'\n  - '%s'\nout: [{asset: AAPL}, {asset: MSFT}]" % (TRADE, QUOTE))


def a_frame_may_have_to_fail():
    _passes(_block("bad price", BROKEN, "fails: {stage: convert, reason: could not convert}"),
            _block("no json", '{"T":', "fails: {stage: decode}"),
            _block("any", BROKEN, "out: []\nfails: {}"))


def bytes_are_written_as_base64():
    _passes("name: bytes\nin: {base64: %s}\nout: [{asset: AAPL}]"
            % __import__("base64").b64encode(TRADE.encode()).decode())


def frames_and_messages_have_names():
    trade = "in: {event: the trade, frame: '%s'}\nout: [{stream: trades, topic: the trade}]" % TRADE
    spec = _spec("name: trade\n" + trade,
                 "name: topic is another word\n" + trade.replace("event:", "topic:"),
                 "name: not ours\nin: [{event: nope, frame: '1'}, {event: news, frame: '\"a\"'}]\nout: [{text: a}]",
                 "name: bytes\nin: {event: news, frame: {hex: 22 61 22}}\nout: [{text: a}]",
                 "name: parts\nin: {event: news, parts: ['1', '\"b\"']}\nout: [{text: [1, b]}]",
                 "name: names are compared\nsubscribe: {trades: [A], news: [B]}\n"
                 "sends: [{event: subscribe, frame: '{\"add\":[\"A\"]}'}, {event: watch news, frame: '{\"add\":[\"B\"]}'}]",
                 "name: or not\nunsubscribe: {trades: [A]}\nsends: ['{\"remove\":[\"A\"]}']", head=NAMED)
    equal(weir("test", spec).out, "7 passed, 0 failed\n")
    write(spec, _read().replace("event: watch news", "event: watch").replace("'{\"remove\":[\"A\"]}'", "'{}'"))
    done = weir("test", spec)
    within(done.out, '- watch: {"add":["B"]}', '+ watch news: {"add":["B"]}', '- {}', "5 passed, 2 failed")
    equal(weir("test", spec, "--update").code, 0)
    within(_read(), "{event: \"watch news\", frame: '{\"add\":[\"B\"]}'}", "{event: unsubscribe, frame: ")
    equal(weir("test", spec).out, "7 passed, 0 failed\n")


def messages_are_compared_as_values_and_texts_as_texts():
    _passes("name: subscribe\nsubscribe: {quotes: [A, B], trades: [AAPL, MSFT]}\nsends:\n"
            "  - '{\"n\": 1.5, \"add\": [\"AAPL\", \"MSFT\"]}'\n  - SUB A\n  - SUB B",
            "name: unsubscribe\nunsubscribe: {trades: [AAPL]}\nsends: ['{\"remove\":[\"AAPL\"]}']")


def a_login_is_tested_with_credentials_that_are_not_real():
    block = ("name: login\nauth: {credentials: {api_key: k/1, api_secret: s}, now: '2026-11-20T00:00:00Z'}\n"
             "sends: ['{\"action\":\"auth\",\"sign\":"
             "\"5b221fa2f70a43007624f7253e75a05948010edad9ab414c75de494b84425c84\"}']\n"
             "headers: {authorization: Bearer k/1, X-Time: 1795132800000}\n"
             "url: wss://stream.acme.example/market?v=2&token=k%2F1")
    spec = _spec(block)
    done = weir("test", spec, env={"ACME_API_KEY": "real", "ACME_API_SECRET": "real"})
    equal((done.code, done.out), (0, "1 passed, 0 failed\n"))
    done = weir("test", _spec(block.replace("k%2F1", "k")))
    within(done.out, "url\n", "- wss://stream.acme.example/market?v=2&token=k\n",
           "+ wss://stream.acme.example/market?v=2&token=k%2F1\n")


# ---------------------------------------------------------------- what fails

def a_difference_has_its_place_and_both_values():
    out = _fails(_block("trade", TRADE, "out:\n  - asset: AAPL\n    data: {close: 126.5}"))
    lines = _read().splitlines()
    row, column, rest = re.search(r"acme.yaml:(\d+):(\d+): record 1, (.*)", out).groups()
    equal(rest, "data.close")
    equal(lines[int(row) - 1][int(column) - 1:], "126.5}")
    within(out, "FAILED: trade\n", "      - 126.5\n      + 126.55\n")


def kinds_are_not_mixed():
    for wrong in ("'126.55'", "true", "null", "[126.55]", "{a: 1}", "126.5500000001"):
        within(_fails(_block("trade", TRADE, "out: [{data: {close: %s}}]" % wrong)), "+ 126.55\n")
    within(_fails(_block("trade", TRADE, "out: [{data: {exact: 126.5500000000000001}}]")), "+ 126.55")


def records_too_many_and_too_few_are_told():
    within(_fails(_block("more", TRADE, "out: []")), "record 1 is not expected", '+ {"channel":"data"')
    within(_fails(_block("less", '{"T":"x"}', "out: [{asset: AAPL}]")), "record 1 is missing",
           '- {"asset":"AAPL"}')
    within(_fails(_block("absent", TRADE, "out: [{bid: 1}]")), "record 1, bid", "+ (not there)")


def a_failure_that_nobody_expects_fails_the_test():
    within(_fails(_block("bad", BROKEN, "out: []")), "frame 1 fails (convert)", "could not convert string")
    within(_fails(_block("other", BROKEN, "fails: {stage: convert, reason: overflow}")),
           "frame 1 fails (convert)", "nothing fails so")
    within(_fails(_block("none", TRADE, "out: [{}]\nfails: {stage: convert}")), "nothing fails so")


def a_message_that_cannot_be_made_is_told():
    within(_fails("name: login\nauth: {}\nsends: []"), "api_key")


def a_spec_with_mistakes_counts_as_a_failure():
    _spec("name: x\nin: '{'\nout: []")
    done = weir("test", "acme.yaml")
    equal((done.code, "1 failed" in done.out), (1, True))
    within(done.err, "not JSON")
    equal(weir("test", "nowhere.yaml").code, 1)


def only_some_tests_are_run():
    spec = _spec(_block("one trade", TRADE, "out: []"), _block("quote", QUOTE, "out: [{}]"))
    equal(weir("test", spec, "--filter", "quote").code, 0)
    equal(weir("test", spec, "--filter", "trade").code, 1)
    done = weir("test", spec, "--filter", "order")
    equal((done.code, done.out), (1, "0 passed, 0 failed\n"))
    within(done.err, "no test has 'order' in its name")


def a_terminal_is_safe_from_what_a_test_shows():
    out = _fails(_block("news", '{"T":"n","text":"\\u001b[2J\\u009b2J"}', "out: []"))
    equal([c for c in out if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160)], [])


# ---------------------------------------------------------------- other forms

def json_has_every_test():
    spec = _spec(_block("trade", TRADE, "out: [{data: {close: 1}}]"), _block("quote", QUOTE, "out: [{}]"))
    done = weir("test", spec, spec, "--json")
    got = json.loads(done.out)
    equal((done.code, got["passed"], got["failed"]), (1, 2, 2))
    first = got["tests"][0]
    equal((first["name"], first["connection"], first["passed"]), ("trade", "market", False))
    equal(_read().splitlines()[first["line"] - 1], "  - name: trade")
    within(first["diff"], "- 1\n")
    equal(first["actual"][0]["data"]["close"], 126.55)
    equal(json.loads(weir("test", _spec(), "--json").out), {"tests": [], "passed": 0, "failed": 0})


def junit_is_well_formed_xml_whatever_the_texts_are():
    spec = _spec(_block("'<&\"> é'", TRADE, "out: []"), _block("quote", QUOTE, "out: [{}]"),
                 _block("news", '{"T":"n","text":"<\\u0000]]>&\\u001b\\uffff\\ud83d\\ude00"}', "out: []"))
    done = weir("test", spec, "--junit", "out.xml")
    equal(done.code, 1)
    root = ElementTree.parse("out.xml").getroot()
    suite = root.find("testsuite")
    equal((suite.get("tests"), suite.get("failures")), ("3", "2"))
    cases = list(suite)
    equal([case.get("name") for case in cases], ['<&"> é', "quote", "news"])
    equal([len(case) for case in cases], [1, 0, 1])
    within(cases[0][0].text, "record 1 is not expected")


# ---------------------------------------------------------------- --update

LAYOUTS = [
    # block, comments, an element kept; a scalar only
    _block("trade", TRADE, "out:   # one\n  - {asset: AAPL, data: {close: 126.5}}   # keep\n  # end"),
    # elements as block maps
    _block("trade", TRADE, "out:\n- asset: AAPL   # yes\n  data:\n    close: 1   # no\n"),
    # missing, in a block, with a comment behind the last value
    "name: trade   # why\nin: '%s'   # what" % TRADE,
    # missing, in brackets
    "{name: trade, in: '%s'}" % TRADE,
    "{name: trade, in: '%s', }" % TRADE,
    # there, and empty
    _block("trade", TRADE, "out:\nexact: true"),
    _block("trade", TRADE, "out: []   # none\nexact: true"),
    # a record too many, on the line and below
    _block("none", '{"T":"x"}', "out: [{asset: AAPL}]"),
    _block("none", '{"T":"x"}', "out:\n- asset: AAPL\n\n# behind"),
    _block("none", '{"T":"x"}', "out:\n  - asset: AAPL\n  - asset: MSFT\n"),
    # another form than a scalar
    _block("trade", TRADE, "out:\n  - {asset: [a, b], data: {close: {x: 1}}}"),
    # a frame as a block scalar, last
    "name: trade\nin: |\n  %s\n\n" % TRADE,
    # messages
    "name: s\nsubscribe: {trades: [A]}",
    "name: s\nsubscribe: {quotes: [A, B]}\nsends: [SUB A]   # more",
    "name: s\nsubscribe: {quotes: [A, B]}\nsends:\n  - SUB A   # right\n  - SUB C   # wrong",
    "{name: s, subscribe: {trades: [A]}, sends: [x: ]}".replace("x: ", "'{}'"),
    "name: s\nauth: {credentials: {api_key: k, api_secret: s}}",
]


def an_update_makes_tests_pass_and_a_second_one_changes_nothing():
    for block in LAYOUTS:
        spec = _spec(_block("before", QUOTE, "out: [{bid: 1.5}]  # b"), block,
                     _block("after", QUOTE, "out:   # a\n  - {bid: 1.50}"))
        before = _read()
        done = weir("test", spec, "--update")
        equal((done.code, done.out), (0, "3 passed, 0 failed\n"), block + "\n" + _read()[len(SPEC):])
        within(done.err, "1 test updated")
        after = _read()
        done = weir("test", spec, "--update")
        equal((done.code, done.err, _read() == after), (0, "", True), after)
        removed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines())
                   if line.startswith("- ")]
        equal([line for line in removed if line[2:] in before[:before.index("tests:")]], [])
        for comment in re.findall("# \\w+", block):
            if comment != "# no":
                within(after, comment)


def an_update_leaves_what_it_cannot_mend():
    _spec(_block("bad", BROKEN, "out: []"), "name: login\nauth: {credentials: {api_key: k, api_secret: s}}\n"
                                            "url: ws://wrong/")
    before = _read()
    done = weir("test", "acme.yaml", "--update")
    equal((done.code, _read() == before), (1, True))
    within(done.out, "2 failed")


def an_alias_is_not_updated_in_two_places():
    _spec(_block("one", TRADE, "out: &both [{asset: X}]"), _block("two", TRADE, "out: *both"))
    before = _read()
    done = weir("test", "acme.yaml", "--update")
    equal((done.code, _read() == before), (1, True))
    within(done.err, "its value is an alias")


def only_chosen_tests_are_updated_and_the_mode_of_the_file_stays():
    _spec(_block("one", TRADE, "out: []"), _block("two", TRADE, "out: []"))
    os.chmod("acme.yaml", 0o640)
    os.symlink("acme.yaml", "link.yaml")
    equal(weir("test", "link.yaml", "--update", "--filter", "two").code, 0)
    equal(os.stat("acme.yaml").st_mode & 0o777, 0o640)
    equal(os.path.islink("link.yaml"), True)
    within(_read(), "out: []\n  - name: two\n")
    equal(sorted(os.listdir(".")), ["acme.yaml", "link.yaml"])


# ---------------------------------------------------------------- record-test

def _lines(*frames):
    return write("frames.jsonl", "".join(frame + "\n" for frame in frames))


def what_is_recorded_passes():
    spec = _spec()
    capture = _lines(TRADE, '{"T":"x"}', QUOTE, BROKEN, "not json", "[1,2")
    printed = weir("record-test", spec, capture, "--frames", "0-3,4,5,2")
    equal((printed.code, printed.err), (0, ""))
    write("acme.yaml", SPEC + printed.out)
    equal(weir("test", spec).out, "6 passed, 0 failed\n", printed.out)
    within(printed.out, "tests:\n  - name: \"frames.jsonl frame 0\"", "out: []\n    fails: {stage: convert, reason: ")
    _spec()
    done = weir("record-test", spec, capture, "--frames", "5,0-4", "--append")
    equal((done.code, done.out), (0, ""))
    equal(_read(), SPEC + "\n" + printed.out)


def tests_are_appended_to_those_there_are():
    for tests in ("tests: []\n", "tests:   # all\n- {name: a, in: '{\"T\":\"x\"}', out: []}   # b\n# end\n",
                  "tests:\n      - name: a\n        in: '{\"T\":\"x\"}'\n        out: []\n\nvars: {a: 1}\n"):
        write("acme.yaml", SPEC.replace("vars:", "title: x #") + tests if "vars" in tests else SPEC + tests)
        spec = "acme.yaml"
        if "vars" in tests:
            write(spec, _read().replace("{vars.host}", "host"))
        before = weir("test", spec)
        equal(before.code, 0, before.err)
        equal(weir("record-test", spec, _lines(TRADE, QUOTE), "--frames", "0,1", "--append").code, 0)
        equal(weir("record-test", spec, "frames.jsonl", "--frames", "0", "--append", "--quiet").code, 0)
        done = weir("test", spec)
        equal((done.code, int(done.out.split()[0])), (0, int(before.out.split()[0]) + 3), _read())
        within(_read(), "frame 0 (2)")
        for comment in re.findall("# \\w+", tests):
            within(_read(), comment)


def any_text_in_a_frame_is_quoted_so_that_it_comes_back():
    rng = random.Random(7)
    alphabet = ("'\"\\:#,[]{}&*!|>%@`-? \té€😀\u2028\u2029\u0085\u00a0\ufeff\x7f\x80\ufffe\r\n~=<."
                "ab01nullTrue")
    texts = ["", " ", "'", "''", "null", "true", "1.5", "- a", "a: b", "a #b", "\n", "x\n", "\\", "{}", "=",
             "<<", "yes", "2021-01-01", "x" * 3000, "a b " * 50]
    texts += ["".join(rng.choice(alphabet) for _ in range(rng.randrange(12))) for _ in range(150)]
    spec = _spec()
    frames = [json.dumps({"T": "n", "text": text}, ensure_ascii=i % 2 == 0) for i, text in enumerate(texts)]
    write("frames.lpf", b"".join(struct.pack("<I", len(frame.encode())) + frame.encode() for frame in frames))
    done = weir("record-test", spec, "frames.lpf", "--frames", "0-%d" % (len(frames) - 1), "--append")
    equal(done.code, 0, done.err)
    done = weir("test", spec, "--json")
    got = json.loads(done.out)
    equal((done.code, got["failed"], [t["actual"][0]["text"] for t in got["tests"]]), (0, 0, texts))


def bytes_that_are_no_text_are_recorded_as_base64():
    spec = _spec()
    frame = b'{"T":"n","text":"\xff"}'
    write("frames.lpf", struct.pack("<I", len(frame)) + frame)
    done = weir("record-test", spec, "frames.lpf", "--frames", "0", "--append")
    equal(done.code, 0, done.err)
    within(_read(), "in: {base64: ", "stage: decode")
    equal(weir("test", spec).out, "1 passed, 0 failed\n")


def a_name_is_recorded_or_given():
    spec = _spec(head=NAMED)
    done = weir("record-test", spec, _lines(TRADE), "--frames", "0", "--topic", "the trade", "--append")
    equal(done.code, 0, done.err)
    within(_read(), "in: {event: \"the trade\", frame: '{\"T\"", 'topic: "the trade"')
    named = struct.pack("<H", 4) + b'news"x"'
    write("named.rec", _recording_bytes(("market", 1_600_000_000_000_000_000, 4, named)))
    equal(weir("record-test", spec, "named.rec", "--frames", "0", "--append").code, 0)
    within(_read(), "in: {event: news, frame: '\"x\"'}")
    equal(weir("test", spec).out, "2 passed, 0 failed\n")
    equal(len(weir("replay", spec, "frames.jsonl").records()), 0)
    equal([record["topic"] for record in weir("replay", spec, "frames.jsonl", "--topic", "the trade").records()],
          ["the trade"])
    equal([record["text"] for record in weir("replay", spec, "named.rec", "--topic", "the trade").records()], ["x"])
    within(weir("explain", spec, "--frame", TRADE, "--topic", "the trade").out, "topic        the trade", "to    trades")
    within(weir("explain", spec, "--frame", "@named.rec:0").out, "topic        news", "to    news")
    within(weir("explain", spec).out, "watch news")


def _recording(*frames):
    return write("today.rec", _recording_bytes(*frames))


def _recording_bytes(*frames):
    def block(kind, flags, number, time_ns, payload):
        head = struct.pack("<IBBHq", len(payload), kind, flags, number, time_ns) + payload
        check = 2166136261
        for byte in head:
            check = (check ^ byte) * 16777619 & 0xFFFFFFFF
        return head + struct.pack("<I", check)
    names = sorted({name for name, *_ in frames})
    blocks = [block(1, 0, i, 0, name.encode()) for i, name in enumerate(names)]
    blocks += [block(2, flags, names.index(name), time_ns, payload if isinstance(payload, bytes) else payload.encode())
               for name, time_ns, flags, payload in frames]
    return b"WEIRREC1" + b"".join(blocks)


def a_recording_brings_connections_and_times():
    spec = _spec(head=TWO_CONNECTIONS)
    capture = _recording(("market", 1_600_000_000_123_456_789, 0, '{"T":"t","S":"A","p":"1"}'),
                         ("other", 1_600_000_001_000_000_000, 1, "sent, not counted"),
                         ("other", 1_600_000_002_000_000_000, 0, '{"T":"x"}'))
    done = weir("record-test", spec, capture, "--frames", "0,1", "--append", "--name", "today")
    equal(done.code, 0, done.err)
    within(_read(), 'name: "today frame 0"\n    connection: market\n    now: "2020-09-13T12:26:40.123456789Z"',
           'connection: other\n    now: "2020-09-13T12:26:42Z"')
    equal(weir("test", spec).code, 0)


def frames_that_are_not_there_are_told():
    spec, capture = _spec(), _lines(TRADE)
    done = weir("record-test", spec, capture, "--frames", "0,7")
    equal((done.code, done.out), (1, ""))
    within(done.err, "has only 1 frames; there is no frame 7")
    for wrong in ("", "a", "1,", "3-1", "-1", "0-99999", "1-"):
        equal(weir("record-test", spec, capture, "--frames=" + wrong).code, 2, wrong)
    equal(weir("record-test", spec, capture).code, 2)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
