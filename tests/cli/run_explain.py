# SPDX-License-Identifier: MIT
"""`weir explain`: what a spec comes to, and one frame through every stage. Nothing is sent, no secret is shown."""
import json
import os
import re
import shlex

import claims
from claims import ROOT, equal, weir, within, write
from run_offline import _recording
from specs import SPEC, TWO_CONNECTIONS, trade

ACME = os.path.join(ROOT, "examples", "acme.yaml")
FRAMES = os.path.join(ROOT, "examples", "acme.frames.jsonl")
SHIPPED = sorted(name for name in os.listdir(os.path.join(ROOT, "specs")) if name.endswith(".yaml"))

CANARIES = {"VAULT_KEY": "canary-KEY-1", "VAULT_WORD": 'canary "quoted\\ \u00e9', "VAULT_PIN": "canaryPIN"}
VAULT = """\
weir: 1
name: vault
credentials: {key: {}, word: {}, pin: {required: false}}
assets: {list: [{symbol: AAA, id: "1"}, {symbol: BBB, id: "2"}, {symbol: CCC, id: "3"}], fields: {symbol: symbol, security_id: id}}
connections:
  m:
    url: "wss://vault.example/feed?k={credentials.key}"
    backend:
      type: websocket
      options: {origin: "https://{credentials.key}.example", headers: {X-Key: "is {credentials.word}"}}
    streams: {a: data, b: data, c: quote}
    auth:
      mode: [url, headers, first_message]
      greeting: {match: "data['hello'] == 1", timeout: 1500ms}
      headers:
        fields:
          X-Plain: "'plain'"
          X-Sign: hmac_sha256(credentials.word, credentials.key).hex()
          Authorization: "'Bearer ' + credentials.key"
      url: {query: {fields: {token: credentials.pin or 'none', n: 1}}}
      first_message: {json: {fields: {op: "'login'", key: credentials.key, deep: {word: "[credentials.word]"}}}}
      ack: {match: "data['ok']", error: "data['err']"}
    subscribe:
      subscribe:
        data: {json: {fields: {op: "'sub'", ids: "[x.security_id for x in assets]"}}}
        c: {format: text, text: "SUB {s} {k}", tokens: {fields: {s: asset.symbol, k: credentials.key}}}
    parser: {payload_path: "data['d']"}
    frame: auto
    router:
      rules:
        - {channel: [a, b], match: "data['t'] == 1"}
        - {channel: c, match: "data['t'] == 2"}
        - {channel: drop, match: "data['t'] == 3"}
    converters:
      a:
        - condition: "data['z']"
          each: "data['list']"
          fields:
            v: {source: "item['v']", default_value: 7}
            w: {source: "item['w']", condition: "value > 3", transform: "value * 2"}
        - {fields: {v: "1 / data['q']"}}
      b: [{fields: {x: "data.get('echo')"}}]
      c: [{condition: "data['z'] == 5", fields: {v: credentials.key}}]
"""


def _explain(*args, **keywords):
    done = weir("explain", *args, **keywords)
    equal((done.code, done.err), (0, ""), "explain %s" % (args,))
    return done.out


def _json(*args, **keywords):
    return json.loads(_explain(*args, "--json", **keywords))


def _trace(frame, name="vault.yaml", **keywords):
    write("vault.yaml", VAULT)
    return _json(name, "--frame", frame, env=CANARIES, **keywords)["connections"][0]


def _squeezed(text):
    """Lines with their blanks made one, so that a claim is not about widths."""
    return [" ".join(line.split()) for line in text.splitlines()]


# ---------------------------------------------------------------- the whole spec

def the_example_is_explained():
    lines = _squeezed(_explain(ACME))
    for line in ("connection market_data", "backend websocket", "url wss://stream.acme.example/market",
                 "api_key *** not given: set ACME_API_KEY", "api_secret *** not given: set ACME_API_SECRET",
                 'sends {"action":"auth","key":"***","secret":"***"}', "match data['T'] == 'success'", "timeout 5s",
                 'trades SYMBOL {"action":"subscribe","trades":["SYMBOL"]}', "format json",
                 "3 data['p']", "else drop", "column type source", "data.close float float(data['p'])",
                 "timestamp timestamp pd.Timestamp(data['t'])", "bid any data['bp']"):
        equal(line in lines, True, line)
    equal([line for line in lines if line.startswith("1 data['T'] == 't' trades")][0].split(":")[-2:], ["21", "36"])
    equal([line for line in _explain(ACME).splitlines() if line.endswith(" ")], [])


def symbols_are_the_ones_asked_for():
    out = _json(ACME, "--subscribe", "trades=AAPL,MSFT")["connections"][0]
    equal(out["subscribe"], [{"stream": "trades", "symbols": "AAPL,MSFT",
                              "sends": '{"action":"subscribe","trades":["AAPL","MSFT"]}'}])
    out = _json(ACME, "--subscribe", "market_data/quotes=X", "--subscribe", "quotes=Y")["connections"][0]
    equal(out["subscribe"][0]["sends"], '{"action":"subscribe","quotes":["X","Y"]}')


def what_cannot_be_meant_is_refused():
    for args, text in ((("--subscribe", "trade=A"), "no stream 'trade'; there are: market_data/trades, market_data/quotes"),
                       (("--connection", "x"), "no connection 'x'"), (("--frame", "@nowhere.jsonl"), "nowhere.jsonl"),
                       (("--frame", "@%s:7" % FRAMES), "has no frame 7; it has 2, counted from 0")):
        done = weir("explain", ACME, *args)
        equal((done.code, done.out), (1, ""))
        within(done.err, text)
    equal(weir("explain", ACME, "--subscribe", "trades").code, 2)
    write("vault.yaml", VAULT)
    within(weir("explain", "vault.yaml", "--subscribe", "a=ZZZ").err, "no asset has the symbol 'ZZZ'")


def shipped_specs_are_explained_both_ways():
    for name in SHIPPED:
        path = os.path.join(ROOT, "specs", name)
        text = _explain(path, "--code")
        out = _json(path, "--code")
        equal(out["spec"], name[:-len(".yaml")])
        for connection in out["connections"]:
            equal(bool(connection["url"] and connection["projection"] and connection["routing"]), True, name)
            for row in connection["subscribe"] + connection.get("unsubscribe", []):
                equal("cannot_be_made" in row, False, row)
            for stream in connection["streams"]:
                within(text, "stream  " + stream["stream"])
                for rule in stream["rules"]:
                    equal(all(column["type"] and column["source"] for column in rule["columns"]), True)
            for program in connection["code"]:
                within(program["program"], "RETURN")


def kraken_subscribes_and_routes_as_its_spec_says():
    out = _json("kraken", "--subscribe", "trades=BTC/USD,ETH/USD", env={"HOME": "/nowhere"})["connections"][0]
    equal(json.loads(out["subscribe"][0]["sends"]),
          {"event": "subscribe", "pair": ["BTC/USD", "ETH/USD"], "subscription": {"name": "trade"}})
    equal([(row["rule"], row["to"]) for row in out["routing"]],
          [(1, "drop"), (2, "book"), (3, "trades"), (4, "ticker"), ("else", "drop")])
    book = out["streams"][2]
    equal([len(rule["columns"]) for rule in book["rules"]], [5, 6, 6])
    equal({column["column"]: column["type"] for column in book["rules"][0]["columns"]},
          {"asset": "asset", "timestamp": "timestamp", "market_depth.bids": "levels", "market_depth.asks": "levels",
           "snapshot": "bool"})


def every_part_of_a_connect_is_shown():
    write("vault.yaml", VAULT)
    out = _json("vault.yaml", env=CANARIES)["connections"][0]
    equal(out["url"], "wss://vault.example/feed?k=***")
    equal(out["query"], [{"name": "token", "value": "***"}, {"name": "n", "value": "1"}])
    equal(out["headers"], [{"name": "X-Plain", "value": "plain"}, {"name": "X-Sign", "value": "***"},
                           {"name": "Authorization", "value": "***"}])
    equal(out["options"], {"origin": "https://***.example", "headers": [{"name": "X-Key", "value": "is ***"}]})
    equal(out["greeting"], {"match": "data['hello'] == 1", "timeout": "1500ms"})
    equal(out["login"], {"sends": '{"op":"login","key":"***","deep":{"word":["***"]}}'})
    equal(out["subscribe"], [{"stream": "a, b", "symbols": "AAA,BBB", "sends": '{"op":"sub","ids":["1","2"]}'},
                             {"stream": "c", "symbols": "AAA", "sends": "SUB AAA ***"},
                             {"stream": "c", "symbols": "BBB", "sends": "SUB BBB ***"}])
    equal(out["unsubscribe"], ["nothing: the venue goes on sending until the next connect"])
    equal([row["from"] for row in out["credentials"]],
          ["given: in the environment, VAULT_" + name for name in ("KEY", "WORD", "PIN")])
    equal(out["payload_projection"], [{"slot": 0, "path": "data['d']"}])


def what_a_socket_logs_in_with_is_shown_and_masked():
    write("broker.yaml", """\
weir: 1
name: vault
credentials: [key, word, pin]
connections:
  feed:
    url: tcp://vault.example:5556
    backend: {type: zmq}
    auth: {mode: zmq, zmq: {username: "'reader'", password: credentials.word}}
    streams: [data]
    converters: {data: {fields: {v: data}}}
""")
    out = _json("broker.yaml", env=CANARIES)["connections"][0]
    equal(out["connect_login"], [{"name": "username", "value": "reader"}, {"name": "password", "value": "***"}])


def a_spec_is_explained_before_its_credentials_are_there():
    write("vault.yaml", VAULT)
    out = _json("vault.yaml", env={"HOME": "/nowhere"})["connections"][0]
    equal([row["from"] for row in out["credentials"]],
          ["not given: set VAULT_KEY", "not given: set VAULT_WORD", "not given: optional, set VAULT_PIN"])
    equal(out["login"]["sends"], '{"op":"login","key":"***","deep":{"word":["***"]}}')
    within(out["query"][0]["cannot_be_made"], "pin")


def several_connections_are_all_explained_unless_one_is_named():
    write("two.yaml", TWO_CONNECTIONS)
    equal([c["connection"] for c in _json("two.yaml")["connections"]], ["market", "other"])
    out = _json("two.yaml", "--connection", "other")["connections"]
    equal([(c["connection"], c["subscribe"]) for c in out], [("other", ["nothing: the connection only listens"])])
    within(weir("explain", "two.yaml", "--frame", "{}").err, "market, other")


def variables_can_be_set():
    write("shop.yaml", SPEC)
    equal(_json("shop.yaml", "--set", "vars.url=ws://else.example/")["connections"][0]["url"], "ws://else.example/")


def the_page_shows_what_is_said():
    with open(os.path.join(ROOT, "docs", "explain.md"), encoding="utf-8") as file:
        blocks = re.findall(r"```console\n\$ weir (.*)\n((?:.*\n)*?)```", file.read())
    equal(len(blocks), 2)
    os.chdir(ROOT)
    for command, shown in blocks:
        equal(weir(*shlex.split(command), env={"HOME": "/nowhere"}).out, shown, command)


# ---------------------------------------------------------------- one frame

def a_frame_is_followed_to_its_records():
    out = _json(ACME, "--frame", "@%s:1" % FRAMES)["connections"][0]
    equal(out["decoded"], "list")
    equal([(row["wait"], row["element"], row["match"]) for row in out["waits"]], [("ack", 0, "false"), ("ack", 1, "false")])
    bad, good = out["records"]
    equal(good["routing"], [{"rule": 1, "match": "data['T'] == 't'", "result": "true"}])
    equal(good["to"], ["trades"])
    equal({row["path"]: row["value"] for row in good["slots"]},
          {"data['T']": '"t"', "data['S']": '"MSFT"', "data['t']": '"2021-02-22T15:51:45Z"', "data['p']": "244.9",
           "data['s']": "3", "data['bp']": "absent", "data['ap']": "absent"})
    made = good["streams"][0]
    equal(made["fields"][2], {"column": "data.close", "source": "float(data['p'])", "value": "244.9", "type": "float"})
    equal(made["made"], weir("replay", ACME, FRAMES).out.splitlines()[2].replace('"seq":2', '"seq":1'))
    failed = bad["streams"][0]
    equal("made" in failed, False)
    equal(failed["fields"][-1]["raised"], "ValueError: could not convert string to float: 'n/a'")
    within(failed["failed"], "convert: trades.data.close: ", "in float(data['p'])", "acme.yaml:28:27")
    equal(out["counts"], {"records_in": 2, "records_out": 1, "dropped": 0, "unconverted": 0, "failed": 1})


def every_decision_is_shown():
    out = _trace('{"d":[{"t":1,"z":true,"list":[{"v":1,"w":5},{"w":2},{"v":2}]},{"t":1,"z":0,"q":0},{"t":2,"z":4},'
                 '{"t":3},{"u":1},{"t":9}]}')
    equal((out["payload"]["source"], out["payload"]["type"]), ("data['d']", "list"))
    each, divided, unconverted, dropped, raised, unmatched = out["records"]
    first, second, third = each["streams"][0]["items"]
    equal([row["stream"] for row in each["streams"]], ["a", "b"])
    equal(first["fields"][1], {"column": "w", "condition": "value > 3", "holds": "true", "source": "item['w']",
                               "value": "5", "type": "int", "transform": "value * 2", "gives": "10",
                               "gives_type": "int"})
    equal(second["fields"][0], {"column": "v", "source": "item['v']", "default_used": "7", "raised": "KeyError: 'v'"})
    within(third["failed"], "a.w: KeyError: 'w'")
    equal([row["result"] for row in divided["streams"][0]["rules"]], ["false", "true"])
    within(divided["streams"][0]["failed"], "a.v: ZeroDivisionError", "vault.yaml:")
    equal(unconverted["streams"][0]["unconverted"], "no rule's condition holds")
    equal([row["result"] for row in dropped["routing"]], ["false", "false", "true"])
    equal(dropped["to"], ["drop"])
    equal([row["result"] for row in raised["routing"]], ["raised"] * 3)
    within(raised["routing"][0]["because"], "KeyError: 't'", "vault.yaml:")
    equal(unmatched["to"], ["drop: no rule matched"])


def frames_that_fail_say_at_which_stage():
    for frame, stage in (('{"d":', "decode: not JSON"), ('{"e":1}', "payload: payload_path: KeyError: 'd' (vault.yaml:"),
                         ("", "decode: not JSON"), ('{"d":1}\x7f', "decode: not JSON")):
        out = _trace(frame)
        within(out["failed"], stage)
        equal((out["counts"]["failed"], "records" in out), (1, False))
    within(_json(ACME, "--frame", "{}")["connections"][0]["failed"], "frame: frame: array expects a list")


def waits_are_asked():
    equal([row["means"] for row in _trace('{"hello":1,"d":{}}')["waits"]],
          ["the greeting: the login may begin", "something else: it goes on waiting"])
    out = _trace('{"err":"no","d":{}}')["waits"]
    equal(out[0]["match"], "raised")
    equal((out[1]["error"], out[1]["means"]), ("true", "refused: the connection fails for good"))
    equal(_trace('{"err":0,"ok":1,"d":{}}')["waits"][1]["means"], "accepted: subscribing may begin")
    equal(_trace("{")["waits"], ["not asked: the frame cannot be read"])


def the_text_of_a_trace_is_aligned():
    text = _explain(ACME, "--frame", "@" + FRAMES + ":1")
    lines = text.splitlines()
    head = [i for i, line in enumerate(lines) if line.split() == ["column", "source", "value", "type", "raised"]][0]
    at = lines[head].index("raised")
    equal(lines[head + 3][at:], "ValueError: could not convert string to float: 'n/a'")
    equal([line for line in lines if line.endswith(" ")], [])


def a_frame_of_a_recording_brings_its_connection_and_time():
    write("two.yaml", TWO_CONNECTIONS)
    write("r.rec", b"".join(_recording(("market", 1600000000 * 10**9, 1, "sent"), ("market", 1600000001 * 10**9, 0, trade(1)),
                                       ("other", 1600000002 * 10**9, 0, '{"n":5}'))))
    for at, connection in enumerate(("market", "other")):
        out = _json("two.yaml", "--frame", "@r.rec:%d" % at)["connections"][0]
        equal(out["connection"], connection)
        within(out["records"][0]["streams"][0]["made"], '"received":"2020-09-13T12:26:4%dZ"' % (at + 1))
    out = _json("two.yaml", "--frame", "@r.rec", "--connection", "other")["connections"][0]
    equal(out["frame"], '{"n":5}')
    within(weir("explain", "two.yaml", "--frame", "@r.rec:1", "--connection", "other").err, "no frame 1; it has 1")


def a_frame_cannot_drive_the_terminal():
    out = _explain(ACME, "--frame", '[{"T":"t","S":"\x1b[31m\u009b"}]')
    equal([c for c in out if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0], [])


# ---------------------------------------------------------------- secrets

def canaries_appear_nowhere():
    write("vault.yaml", VAULT)
    canaries = [text for value in CANARIES.values() for text in (value, json.dumps(value)[1:-1],
                                                                json.dumps(value, ensure_ascii=False)[1:-1])]
    echo = json.dumps({"d": [{"t": 1, "z": 0, "q": 1, "echo": value} for value in CANARIES.values()] +
                       [{"t": 2, "z": 5}], "err": list(CANARIES.values())}, ensure_ascii=False)
    write("f.jsonl", echo)
    for more in ([], ["--code"], ["--frame", echo], ["--frame", "@f.jsonl"], ["--frame", echo[:-5]]):
        for form in ([], ["--json"]):
            out = _explain("vault.yaml", *more, *form, env=CANARIES)
            equal([canary for canary in canaries if canary in out], [], "shown by %s" % (more + form))


def an_unreadable_credentials_file_is_said_without_its_content():
    write("vault.yaml", VAULT)
    write("weir.yaml", "vault: {key: canary-KEY-1}")
    os.chmod("weir.yaml", 0o644)
    done = weir("explain", "vault.yaml", "--credentials", "weir.yaml")
    equal((done.code, done.out), (1, ""))
    within(done.err, "weir.yaml")
    equal("canary" in done.err, False)
    os.chmod("weir.yaml", 0o600)
    out = _json("vault.yaml", "--credentials", "weir.yaml", env={"VAULT_WORD": "w"})["connections"][0]
    equal(out["credentials"][0]["from"], "given: in the credentials file")


if __name__ == "__main__":
    claims.main(globals(), __doc__)
