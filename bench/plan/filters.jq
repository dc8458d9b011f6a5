# SPDX-License-Identifier: MIT
# bench/plan's work in jq: each record as [stream, asset, time, reals, ints, texts, levels]. Times are left in the
# unit in which they came - {"ms": n}, a text, or null for the time of receiving - because jq's numbers are doubles.
def n: tonumber;
def levels: map([(.[0] | n), (.[1] | n)]);
def binance:
  select(.stream) | .data as $d |
  if (.stream | endswith("@bookTicker")) then
    ["ticker", $d.s, null, [$d.b, $d.a, $d.B, $d.A | n], [$d.u], [], []]
  elif (.stream | endswith("@trade")) then
    ["trades", $d.s, {ms: $d.T}, [$d.p, $d.q | n], [$d.t], [if $d.m then "SELL" else "BUY" end], []]
  elif (.stream | contains("@depth")) then
    ["book", $d.s, {ms: $d.E}, [], [0, $d.U, $d.u], [], [($d.b | levels), ($d.a | levels)]]
  else empty end;
def kraken:
  select(type == "array") | .[-1] as $pair | .[-2] as $name | length as $len | .[1] as $d | .[2] as $e |
  if ($name | startswith("book")) then
    (if $len == 5 then $d + $e else $d end) as $m |
    if $m.as then
      ["book", $pair, {s: ([$m.as[][2], $m.bs[][2]] | max)}, [], [1], [], [($m.bs | levels), ($m.as | levels)]]
    else
      (($m.b // []) | levels) as $bids | (($m.a // []) | levels) as $asks |
      ["book", $pair, {s: ([($m.a // [])[][2], ($m.b // [])[][2]] | max)}, [], [0, ($m.c | n)], [], [$bids, $asks]]
    end
  elif $name == "trade" then
    $d[] | ["trades", $pair, {s: .[2]}, [.[0], .[1] | n], [],
            [if .[3] == "b" then "BUY" else "SELL" end, if .[4] == "m" then "MARKET" else "LIMIT" end], []]
  else
    ["ticker", $pair, null, [$d.b[0], $d.a[0], $d.c[0], $d.b[2], $d.a[2], $d.c[1], $d.o[1], $d.h[1], $d.l[1],
                             $d.v[1], $d.p[1] | n], [$d.t[1]], [], []]
  end;
def coinbase:
  if .type == "l2update" then
    ["book", .product_id, .time, [], [0], [],
     [([.changes[] | select(.[0] == "buy") | .[1:]] | levels), ([.changes[] | select(.[0] == "sell") | .[1:]] | levels)]]
  elif .type == "snapshot" then ["book", .product_id, null, [], [1], [], [(.bids | levels), (.asks | levels)]]
  elif .type == "ticker" then
    ["ticker", .product_id, .time, [.best_bid, .best_ask, .price, .last_size, .open_24h, .high_24h, .low_24h,
                                    .volume_24h | n], [.trade_id, .sequence],
     [if .side == "buy" then "BUY" else "SELL" end], []]
  elif .type == "match" or .type == "last_match" then
    ["trades", .product_id, .time, [.price, .size | n],
     [.trade_id, .sequence, if .type == "last_match" then 1 else 0 end],
     [if .side == "sell" then "BUY" else "SELL" end], []]
  elif .type == "heartbeat" then ["heartbeats", .product_id, .time, [], [.sequence, .last_trade_id], [], []]
  else empty end;
def bitmex:
  .action as $action |
  if .table == "orderBookL2" then
    .data[] | ["book", .symbol, null, [.price, .size | values], [.id], [.side, $action], []]
  elif .table == "quote" then
    .data[] | ["ticker", .symbol, .timestamp, [.bidPrice, .askPrice, .bidSize, .askSize], [], [], []]
  elif .table == "trade" then
    .data[] | ["trades", .symbol, .timestamp, [.price, .size], [], [.side, .trdMatchID], []]
  else empty end;
def okx:
  select(.data) | .arg as $arg | .action as $action | .data[] |
  if ($arg.channel | startswith("books")) then
    ["book", $arg.instId, {ms: (.ts | n)}, [], [if $action == "snapshot" then 1 else 0 end, .checksum], [],
     [(.bids | levels), (.asks | levels)]]
  elif $arg.channel == "trades" then
    ["trades", .instId, {ms: (.ts | n)}, [.px, .sz | n], [], [.side, .tradeId], []]
  elif $arg.channel == "tickers" then
    ["ticker", .instId, {ms: (.ts | n)},
     [.bidPx, .askPx, .last, .open24h, .high24h, .low24h, .vol24h | select(. != "") | n], [], [], []]
  else empty end;
def huobi:
  select(.ch) | (.ch | split(".")[1]) as $symbol |
  if (.ch | endswith(".depth.step0")) then
    ["book", $symbol, {ms: .ts}, [], [], [], [(.tick.bids | levels), (.tick.asks | levels)]]
  elif (.ch | endswith(".trade.detail")) then
    .tick.data[] | ["trades", $symbol, {ms: .ts}, [.price, .amount], [], [.direction], []]
  else empty end;
def alpaca:
  .[] | if .T == "t" then ["trades", .S, .t, [.p, .s], [.i], [.x], []]
        elif .T == "q" then ["quotes", .S, .t, [.bp, .ap, .bs, .as], [], [], []]
        else empty end;
