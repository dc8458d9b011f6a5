# SPDX-License-Identifier: MIT
"""The spec that the tests of the commands run, and frames for it."""
import json

SPEC = """\
weir: 1
name: shop
vars: {url: "ws://127.0.0.1:1/"}
connections:
  market:
    url: "{vars.url}"
    backend: {type: websocket}
    streams: {trades: data, quotes: quote}
    reconnect: {initial: 50ms, max: 100ms}
    subscribe:
      subscribe:
        trades: {json: {fields: {action: "'subscribe'", trades: "[a.symbol for a in subscribe_assets]"}}}
        quotes: {json: {fields: {action: "'subscribe'", quotes: "[a.symbol for a in subscribe_assets]"}}}
    parser: {format: json}
    router:
      rules:
        - {channel: trades, match: "data['T'] == 't'"}
        - {channel: quotes, match: "data['T'] == 'q'"}
      default_channel: drop
    converters:
      trades:
        - fields:
            asset: broker.infer_asset(symbol=data['S'])
            data:
              close: float(data['p'])
              note: {source: "data['n']", condition: "'n' in data"}
      quotes:
        - fields:
            asset: broker.infer_asset(symbol=data['S'])
            bid: float(data['b'])
            market_depth: {bids: "data['d']"}
"""

TWO_CONNECTIONS = SPEC + """\
  other:
    url: "{vars.url}"
    backend: {type: websocket}
    streams: [heartbeat]
    parser: {format: json}
    converters:
      heartbeat: [{fields: {beat: "data['n']"}}]
"""


def trade(number, **more):
    return json.dumps({"T": "t", "S": "ABC", "p": number + 0.5, **more}, separators=(",", ":"))


def quote(number):
    return json.dumps({"T": "q", "S": "X,\"Y\"", "b": number, "d": [[1.5, 2], [1.25, 3]]})
