/* SPDX-License-Identifier: MIT */
/*
 * Runs: expression, message, outcome. Every row runs twice, with the paths as slots and over the
 * whole value, since both must mean the same. The rows of the seed document and of specs/ are here
 * as they stand there.
 */
#include "world.h"

static world *w;

typedef struct run_row {
    const char *source;
    const char *json;
    const char *outcome; /* JSON, or the name of what is raised */
} run_row;

static void check_rows(const run_row *rows, size_t count)
{
    for (size_t i = 0; i < count * 2; i++) {
        const run_row *row = &rows[i / 2];
        w->is_whole = i % 2;
        const char *outcome = world_run(w, row->source, row->json ? row->json : "{}");
        ck_assert_msg(strcmp(outcome, row->outcome) == 0, "%s: %s, not %s (%.*s)", row->source,
                      outcome, row->outcome, WEIR_FMT(weir_vm_message(w->vm)));
    }
    w->is_whole = false;
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

static const run_row PATHS[] = {
    {"data['a']", "{\"a\":1}", "1"},
    {"data['a']", "{}", "KeyError"},
    {"data['a']", "[1]", "TypeError"},
    {"data['a']", "\"x\"", "TypeError"},
    {"data['a']", "{\"a\":null}", "null"},
    {"data['a']['b']", "{\"a\":null}", "TypeError"},
    {"data[0]", "[7]", "7"},
    {"data[-1]", "[7,8]", "8"},
    {"data[2]", "[7,8]", "IndexError"},
    {"data[-3]", "[7,8]", "IndexError"},
    {"data[0]", "{\"0\":1}", "KeyError"},
    {"data['s'][0]", "{\"s\":\"hello\"}", "\"h\""},
    {"data['s'][9]", "{\"s\":\"hello\"}", "IndexError"},
    {"data['s']['x']", "{\"s\":\"hello\"}", "TypeError"},
    {"data.get('a')", "{}", "null"},
    {"data.get('a')", "{\"a\":2}", "2"},
    {"data.get('a')", "[]", "AttributeError"},
    {"data.get('a')", "null", "AttributeError"},
    {"data.get('a', 5)", "{}", "5"},
    {"data.get('a', 5)", "{\"a\":null}", "null"},
    {"data.get('payload', data)", "{\"payload\":[1]}", "[1]"},
    {"data.get('payload', data)", "{\"x\":1}", "{\"x\":1}"},
    {"data.get('a', data['b'])", "{\"a\":1}", "KeyError"},
    {"data.get('a', data['b'])", "{\"b\":1}", "1"},
    {"data.get('a', data['b'])", "[]", "AttributeError"},
    {"data.get('a', {}).get('b', 7)", "{\"a\":{\"b\":1}}", "1"},
    {"data.get('a', {}).get('b', 7)", "{\"a\":{}}", "7"},
    {"data.get('a', {}).get('b', 7)", "{}", "7"},
    {"data.get('a', {}).get('b', 7)", "{\"a\":[]}", "AttributeError"},
    {"data.get('a', [])[0]", "{}", "IndexError"},
    {"data.get(0, 'no')", "{\"0\":1}", "\"no\""},
    {"'a' in data", "{\"a\":null}", "true"},
    {"'a' in data", "{}", "false"},
    {"'a' in data", "[\"a\"]", "true"},
    {"'a' in data", "\"cat\"", "true"},
    {"'a' in data", "5", "TypeError"},
    {"'b' not in data['a']", "{\"a\":{\"b\":1}}", "false"},
    {"'b' not in data['a']", "{\"a\":{}}", "true"},
    {"'b' in data['a']", "{}", "KeyError"},
    {"'b' in data.get('a', 'abc')", "{}", "true"},
    {"item['x'] + data['x']", "{\"x\":2}", "4"},
    {"data[data['k']]", "{\"k\":\"v\",\"v\":3}", "3"},
    {"data['a'][data['i']]", "{\"a\":[5,6],\"i\":-1}", "6"},
    {"[data for data in data['l']]", "{\"l\":[1,2]}", "[1,2]"},
};

START_TEST(a_path_means_what_the_whole_value_means)
{
    CHECK_ROWS(PATHS);
}
END_TEST

static const run_row NUMBERS[] = {
    {"float(data['p'])", "{\"p\":\"12.50\"}", "12.5"},
    {"float(data['p'])", "{\"p\":12}", "12.0"},
    {"float(data['p'])", "{\"p\":1.25e2}", "125.0"},
    {"float(data['p'])", "{\"p\":\" 1_0 \"}", "10.0"},
    {"float(data['p'])", "{\"p\":\"1\\u0032\"}", "12.0"},
    {"float(data['p'])", "{\"p\":true}", "1.0"},
    {"float(data['p'])", "{\"p\":\"\"}", "ValueError"},
    {"float(data['p'])", "{\"p\":\"x\"}", "ValueError"},
    {"float(data['p'])", "{\"p\":null}", "TypeError"},
    {"float(data['p'])", "{\"p\":[]}", "TypeError"},
    {"float(data['p'])", "{}", "KeyError"},
    {"float(data.get('p', 0))", "{}", "0.0"},
    {"float(data['p'])", "{\"p\":-0}", "0.0"},
    {"float(data['p'])", "{\"p\":-0.0}", "-0.0"},
    {"int(data['p'])", "{\"p\":\"12\"}", "12"},
    {"int(data['p'])", "{\"p\":12.9}", "12"},
    {"int(data['p'])", "{\"p\":-12.9}", "-12"},
    {"int(data['p'])", "{\"p\":\"12.9\"}", "ValueError"},
    {"int(data['p'])", "{\"p\":\" 012 \"}", "12"},
    {"int(data['p'])", "{\"p\":12345678901234567890}", "12345678901234567890"},
    {"str(data['p'])", "{\"p\":\"a\"}", "\"a\""},
    {"str(data['p'])", "{\"p\":1.50}", "\"1.5\""},
    {"str(data['p'])", "{\"p\":null}", "\"None\""},
    {"str(data['p'])", "{\"p\":{\"a\":[true]}}", "\"{'a': [True]}\""},
    {"data['a'] + data['b']", "{\"a\":1,\"b\":2}", "3"},
    {"data['a'] + data['b']", "{\"a\":1.5,\"b\":2}", "3.5"},
    {"data['a'] + data['b']", "{\"a\":\"x\",\"b\":\"y\"}", "\"xy\""},
    {"data['a'] + data['b']", "{\"a\":\"x\",\"b\":1}", "TypeError"},
    {"data['a'] / data['b']", "{\"a\":1,\"b\":0}", "ZeroDivisionError"},
    {"data['a'] // data['b']", "{\"a\":-7,\"b\":2}", "-4"},
    {"data['a'] % data['b']", "{\"a\":-7,\"b\":2}", "1"},
    {"data['a'] * 2", "{\"a\":9223372036854775807}", "OverflowError"},
    {"1 < data['a'] < 3", "{\"a\":2}", "true"},
    {"1 < data['a'] < 3", "{\"a\":5}", "false"},
    {"1 < data['a'] < data['zz']", "{\"a\":0}", "false"},
    {"data['a'] < 'x'", "{\"a\":0}", "TypeError"},
    {"data['a'] == 'x'", "{\"a\":0}", "false"},
    {"data['a'] == 'x\\n'", "{\"a\":\"x\\u000a\"}", "true"},
    {"data['a'] != 'x'", "{\"a\":\"x\"}", "false"},
    {"data['a'] == 1", "{\"a\":1.0}", "true"},
    {"data['a'] is None", "{\"a\":null}", "true"},
    {"data['a'] is not None", "{\"a\":0}", "true"},
    {"data['a'] is True", "{\"a\":1}", "false"},
    {"data.get('a') is True", "{\"a\":true}", "true"},
};

START_TEST(numbers_and_comparisons_are_pythons)
{
    CHECK_ROWS(NUMBERS);
}
END_TEST

static const run_row LOGIC[] = {
    {"data['a'] or data['b']", "{\"a\":0}", "KeyError"},
    {"data['a'] or data['b']", "{\"a\":1}", "1"},
    {"data['a'] or 'x'", "{\"a\":\"\"}", "\"x\""},
    {"data['a'] and data['b']", "{\"a\":[]}", "[]"},
    {"data['a'] and data['b']", "{\"a\":1,\"b\":null}", "null"},
    {"not data['a']", "{\"a\":{}}", "true"},
    {"not (data['a'] and data['b'])", "{\"a\":1,\"b\":0}", "true"},
    {"1 if data['a'] and data['b'] else 2", "{\"a\":1,\"b\":0}", "2"},
    {"1 if data['a'] or data['b'] else 2", "{\"a\":0,\"b\":5}", "1"},
    {"1 if not data['a'] else 2", "{\"a\":0}", "1"},
    {"1 if data['a'] == 'x' and not data['b'] < 3 else 2", "{\"a\":\"x\",\"b\":3}", "1"},
    {"1 if 'a' in data and data['a'] else 2", "{}", "2"},
    {"data['x'] if 'x' in data else data['y'] if 'y' in data else None", "{\"y\":4}", "4"},
    {"data['a'] in ('x', 'y')", "{\"a\":\"y\"}", "true"},
    {"data['a'] in ('x', 'y')", "{\"a\":\"z\"}", "false"},
    {"data['a'] in ('x', 1)", "{\"a\":1.0}", "true"},
    {"data['a'] not in ['x']", "{\"a\":\"x\"}", "false"},
    {"data['a'] in {'x': 1}", "{\"a\":\"x\"}", "true"},
    {"data['a'] in 'xyz'", "{\"a\":\"yz\"}", "true"},
    {"data['a'] in 5", "{\"a\":\"yz\"}", "TypeError"},
};

START_TEST(logic_keeps_values_and_stops_early)
{
    CHECK_ROWS(LOGIC);
}
END_TEST

static const run_row LOOPS[] = {
    {"[x * 2 for x in data]", "[1,2]", "[2,4]"},
    {"[x for x in data if x > 1 if x < 4]", "[1,2,3,4]", "[2,3]"},
    {"[x for x in data for x in x]", "[[1,2],[3]]", "[1,2,3]"},
    {"[(x, y) for x in data for y in data if x < y]", "[1,2,3]", "[[1,2],[1,3],[2,3]]"},
    {"[[y for y in x] for x in data]", "[[1],[2,3]]", "[[1],[2,3]]"},
    {"[float(p) for p, q in data]", "[[\"1.5\",\"2\"],[\"3\",\"4\"]]", "[1.5,3.0]"},
    {"[a + b + c for (a, (b, c)) in data]", "[[1,[2,3]]]", "[6]"},
    {"[a for a, in data]", "[[1],[2]]", "[1,2]"},
    {"[a for a, b in data]", "[[1,2,3]]", "ValueError"},
    {"[a for a, b in data]", "[[1]]", "ValueError"},
    {"[a for a, b in data]", "[1]", "TypeError"},
    {"[x for x in data]", "5", "TypeError"},
    {"[x for x in data]", "{\"a\":1,\"b\":2}", "[\"a\",\"b\"]"},
    {"{k: v for k, v in data.items()}", "{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}"},
    {"{k: v for k, v in data.items() if v}", "{\"a\":1,\"b\":0}", "{\"a\":1}"},
    {"sorted({x % 2 for x in data})", "[1,2,3]", "[0,1]"},
    {"sum(x for x in data)", "[1,2.5]", "3.5"},
    {"any(1 / x for x in data)", "[1,0]", "true"},
    {"any(x > 5 for x in data)", "[1,0]", "false"},
    {"all(x > 0 for x in data)", "[1,0,\"x\"]", "false"},
    {"all(x for x in data)", "[]", "true"},
    {"[any(y > 1 for y in x) for x in data]", "[[1],[2]]", "[false,true]"},
    {"max((x for x in data), default=9)", "[]", "9"},
    {"','.join(str(x) for x in data)", "[1,2]", "\"1,2\""},
    {"sorted(data, key=lambda x: -x)", "[3,1,2]", "[3,2,1]"},
    {"sorted(data, key=lambda o: (o['a'], -o['b']))",
     "[{\"a\":1,\"b\":1},{\"a\":0,\"b\":2},{\"a\":1,\"b\":2}]",
     "[{\"a\":0,\"b\":2},{\"a\":1,\"b\":2},{\"a\":1,\"b\":1}]"},
    {"[sorted(x, key=lambda y: y * k) for k, x in data]", "[[1,[2,1]],[-1,[1,2]]]",
     "[[1,2],[2,1]]"},
    {"list(map(lambda x, y: x + y, data, data))", "[1,2]", "[2,4]"},
    {"max(data, key=len)", "[\"a\",\"bbb\"]", "\"bbb\""},
    {"sorted(data, key=lambda x: y)", "[1]", "mistake: unknown name 'y'"},
    {"sorted(data, key=lambda: 1)", "[1,2]", "TypeError"},
    {"sorted(data, key=lambda x: x['k'])", "[{\"k\":1},{}]", "KeyError"},
    {"[*data, 9, *data]", "[1]", "[1,9,1]"},
    {"{**data, 'x': 1}", "{\"x\":0,\"y\":2}", "{\"x\":1,\"y\":2}"},
    {"{**data}", "[1]", "TypeError"},
    {"max(0, *data, 3)", "[5,1]", "5"},
    {"list(zip(*data))", "[[1,2],[3,4]]", "[[1,3],[2,4]]"},
};

START_TEST(loops_and_lambdas_are_pythons)
{
    CHECK_ROWS(LOOPS);
}
END_TEST

static const run_row TEXTS[] = {
    {"f'{data[\"a\"]}-{data[\"b\"]!r}'", "{\"a\":\"x\",\"b\":\"y\"}", "\"x-'y'\""},
    {"f'{{{data}}}'", "[1]", "\"{[1]}\""},
    {"f'{data[0]=}'", "[1.50]", "\"data[0]=1.5\""},
    {"f'{data:>{4 + 1}}|'", "7", "\"    7|\""},
    {"f'{data:.2f}'", "2.5", "\"2.50\""},
    {"f'{data:05d}'", "42", "\"00042\""},
    {"f'{data!r:>5}'", "\"a\"", "\"  'a'\""},
    {"f'{[f\"<{x}>\" for x in data]}'", "[1,2]", "\"['<1>', '<2>']\""},
    {"f'a{f\"b{data}c\"}d{data}'", "1", "\"ab1cd1\""},
    {"f'{data:d}'", "\"x\"", "ValueError"},
    {"f'{data[0]}{data[1]}'", "[1]", "IndexError"},
    {"data[1:3]", "[1,2,3,4]", "[2,3]"},
    {"data[::-1]", "\"abc\"", "\"cba\""},
    {"data[data[0]:]", "[1,2,3]", "[2,3]"},
    {"data[::0]", "[1]", "ValueError"},
    {"data[1:]", "{\"a\":1}", "TypeError"},
    {"data['s'].split(',')[1].strip().upper()", "{\"s\":\"a, b\"}", "\"B\""},
    {"data['s'].lower()", "{\"s\":5}", "AttributeError"},
    {"data['s'].split(',', 1, 2)", "{\"s\":\"a\"}",
     "mistake: split() takes at most 2 positional arguments but 3 were given"},
    {"data.index('b')", "[\"a\",\"b\"]", "1"},
    {"data.index('b')", "\"abc\"", "1"},
    {"data.index('b', 0, 1, 2)", "\"abc\"",
     "mistake: index() takes at most 3 positional arguments but 4 were given"},
};

START_TEST(texts_are_pythons)
{
    CHECK_ROWS(TEXTS);
}
END_TEST

static const run_row FRAMEWORK[] = {
    {"f'Bearer {credentials.api_key}'", NULL, "\"Bearer key\""},
    {"credentials.access_token", NULL, "LookupError"},
    {"vars.depth", NULL, "\"depth@100ms\""},
    {"session.token + 'x'", NULL, "\"T0x\""},
    {"session.later", NULL, "LookupError"},
    {"mappings.order_status.to_standard(data['s'])", "{\"s\":\"filled\"}", "\"COMPLETE\""},
    {"mappings.order_status.to_blueshift(data['s'])", "{\"s\":\"new\"}", "\"OPEN\""},
    {"mappings.order_status.to_broker('OPEN')", NULL, "\"new\""},
    {"mappings.order_status.to_standard(data['s'])", "{\"s\":\"odd\"}", "LookupError"},
    {"broker.infer_asset(symbol=data['s'])", "{\"s\":\"AAPL\"}", "\"AAPL\""},
    {"broker.infer_asset(symbol=data['s']).broker_symbol", "{\"s\":\"AAPL\"}", "\"aapl.us\""},
    {"broker.tz", NULL, "\"UTC\""},
    {"connection.name", NULL, "\"market_data\""},
    {"value + 1", NULL, "43"},
    {"asset.symbol", NULL, "\"AAPL\""},
    {"asset.lot_size", NULL, "null"},
    {"topic", NULL, "\"stock\""},
    {"stream", NULL, "LookupError"},
    {"received", NULL, "\"2023-11-14T22:13:20Z\""},
    {"len(assets) == len(subscribe_assets)", NULL, "true"},
    {"now_ns()", NULL, "1700000000123456789"},
};

START_TEST(the_framework_is_there)
{
    CHECK_ROWS(FRAMEWORK);
}
END_TEST

#define TRADE                                                                                      \
    "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1629300000001,\"s\":"           \
    "\"BTCUSDT\",\"t\":77,\"p\":\"44000.10\",\"q\":\"0.5\",\"T\":1629300000000,\"m\":true}}"
#define CHANGES                                                                                    \
    "{\"type\":\"l2update\",\"changes\":[[\"buy\",\"1.5\",\"2\"],[\"sell\",\"1.6\",\"0\"]],"       \
    "\"product_id\":\"BTC-USD\",\"best_bid_size\":\"3\"}"
#define TICK                                                                                       \
    "{\"channel\":\"trades\",\"type\":\"quote\",\"symbol\":\"AAPL\",\"token\":42,\"time\":"        \
    "\"2021-02-22T15:51:44.208Z\",\"price\":\"126.55\",\"volume\":1,\"bid\":1,\"ask\":\"2.5\","    \
    "\"order_id\":12,\"status\":\"filled\"}"

static const run_row SPECS[] = {
    /* the seed document */
    {"'auth'", NULL, "\"auth\""},
    {"credentials.api_secret", NULL, "\"hush\""},
    {"[a.broker_symbol or a.symbol for a in subscribe_assets]", NULL, "[\"aapl.us\",\"MSFT\"]"},
    {"[a.security_id for a in subscribe_assets]", NULL, "[null,null]"},
    {"asset.broker_symbol or asset.symbol", NULL, "\"aapl.us\""},
    {"data.get('payload', data)", "{\"payload\":{\"a\":1}}", "{\"a\":1}"},
    {"data.get('type') == 'trade'", TICK, "false"},
    {"data.get('type') == 'quote'", TICK, "true"},
    {"data.get('type') == 'order_update'", "{}", "false"},
    {"data.get('channel') == 'trades'", TICK, "true"},
    {"broker.infer_asset(symbol=data['symbol'])", TICK, "\"AAPL\""},
    {"broker.infer_asset(security_id=str(data['token']))", TICK, "\"42\""},
    {"pd.Timestamp(data['time'])", TICK, "\"2021-02-22T15:51:44.208Z\""},
    {"float(data['price'])", TICK, "126.55"},
    {"float(data['volume'])", TICK, "1.0"},
    {"float(data.get('last', 0))", TICK, "0.0"},
    {"str(data['order_id'])", TICK, "\"12\""},
    {"mappings.order_status.to_blueshift(data['status'])", TICK, "\"COMPLETE\""},
    {"float(data.get('filled_qty', 0))", TICK, "0.0"},
    /* specs/binance.yaml */
    {"[f'{(a.broker_symbol or a.symbol).lower()}@{vars.depth}' for a in subscribe_assets]", NULL,
     "[\"aapl.us@depth@100ms\",\"msft@depth@100ms\"]"},
    {"'stream' not in data", TRADE, "false"},
    {"data['stream'].endswith('@bookTicker')", TRADE, "false"},
    {"data['stream'].endswith('@trade')", TRADE, "true"},
    {"'@depth' in data['stream']", TRADE, "false"},
    {"pd.Timestamp(data['data']['T'], unit='ms')", TRADE, "\"2021-08-18T15:20:00Z\""},
    {"float(data['data']['p'])", TRADE, "44000.1"},
    {"'SELL' if data['data']['m'] else 'BUY'", TRADE, "\"SELL\""},
    {"data['data']['t']", TRADE, "77"},
    /* specs/coinbase.yaml */
    {"data['type'] in ('l2update', 'snapshot')", CHANGES, "true"},
    {"'best_bid_size' in data", CHANGES, "true"},
    {"[c[1:] for c in data['changes'] if c[0] == 'buy']", CHANGES, "[[\"1.5\",\"2\"]]"},
    {"[c[1:] for c in data['changes'] if c[0] == 'sell']", CHANGES, "[[\"1.6\",\"0\"]]"},
    {"data['type'] == 'last_match'", CHANGES, "false"},
    /* specs/demo.yaml */
    {"data['T'] == 'success' and data['msg'] == 'authenticated'",
     "{\"T\":\"success\",\"msg\":\"authenticated\"}", "true"},
    {"data['T'] == 'success' and data['msg'] == 'authenticated'", "{\"T\":\"error\"}", "false"},
};

START_TEST(every_expression_of_the_specs_runs)
{
    CHECK_ROWS(SPECS);
}
END_TEST

typedef struct place_row {
    const char *source;
    const char *json;
    size_t offset, length;
    const char *message;
} place_row;

static const place_row PLACES[] = {
    {"1 + data['a']['b']", "{\"a\":{}}", 4, 14, "'b'"},
    {"1 + data['a']['b']['c']", "{}", 4, 9, "'a'"},
    {"2 * float(data['p'])", "{\"p\":\"x\"}", 4, 16, "could not convert string to float: 'x'"},
    {"[1 / x for x in data]", "[1,0]", 1, 5, NULL},
    {"sorted(data, key=lambda x: x['k'])", "[{}]", 27, 6, "'k'"},
    {"data['a'] < 3 and 5", "{\"a\":\"x\"}", 0, 13, NULL},
    {"'a' + str(1 // data)", "0", 10, 9, NULL},
};

START_TEST(a_failure_has_the_place_of_its_cause)
{
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        const place_row *row = &PLACES[i];
        world_run(w, row->source, row->json);
        ck_assert_msg(w->offset == row->offset && w->length == row->length, "%s: at %zu+%zu",
                      row->source, w->offset, w->length);
        weir_str message = weir_vm_message(w->vm);
        ck_assert_msg(!row->message ||
                          (message.len >= strlen(row->message) &&
                           memcmp(message.ptr, row->message, strlen(row->message)) == 0),
                      "%s: %.*s", row->source, WEIR_FMT(message));
    }
}
END_TEST

START_TEST(runaway_expressions_are_stopped)
{
    ck_assert_str_eq(world_run(w, "sum(x * y for x in range(10000) for y in range(10000))", "0"),
                     "LimitError");
    ck_assert_str_eq(world_run(w, "[data] * 100000000", "0"), "LimitError");
    ck_assert_str_eq(world_run(w, "str(data) * 100000000", "0"), "LimitError");
    ck_assert_str_eq(world_run(w, "len(f'{data:>5000000}')", "0"), "LimitError");
    ck_assert_str_eq(world_run(w, "len([x for x in range(data)])", "262144"), "262144");
    ck_assert_str_eq(world_run(w, "len([x for x in range(data)])", "300000"), "LimitError");
}
END_TEST

START_TEST(what_is_made_of_a_secret_is_secret)
{
    weir_projection *data, *item;
    weir_expr_input input = {0};
    weir_value v;
    static const char *const SOURCES[] = {
        "credentials.api_secret",        "f'x{credentials.api_secret}'",
        "'a' + credentials.api_secret",  "credentials.api_secret[1:]",
        "str(credentials.api_secret)",   "f'{f\"{credentials.api_secret}\"}'",
        "f'{credentials.api_secret:>9}'"};
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++) {
        const weir_program *program = world_compile(w, SOURCES[i], &data, &item);
        ck_assert_ptr_nonnull(program);
        world_input(w, &input, data, item, "{}");
        ck_assert(weir_vm_run(w->vm, program, &w->known, &input, &v));
        ck_assert_msg(v.flags & WEIR_VALUE_SECRET, "%s", SOURCES[i]);
    }
}
END_TEST

START_TEST(truth_is_told_without_a_value)
{
    weir_projection *data, *item;
    weir_expr_input input = {0};
    bool truth;
    const weir_program *program = world_compile(w, "data.get('a')", &data, &item);
    world_input(w, &input, data, item, "{\"a\":[0]}");
    ck_assert(weir_vm_run_truth(w->vm, program, &w->known, &input, &truth) && truth);
    world_input(w, &input, data, item, "{\"a\":[]}");
    ck_assert(weir_vm_run_truth(w->vm, program, &w->known, &input, &truth) && !truth);
    program = world_compile(w, "data['a']", &data, &item);
    world_input(w, &input, data, item, "{}");
    ck_assert(!weir_vm_run_truth(w->vm, program, &w->known, &input, &truth));
    ck_assert_uint_eq(weir_vm_raise(w->vm), WEIR_RAISE_KEY);
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("vm");
    weir_check_case(suite, "meaning", a_path_means_what_the_whole_value_means,
                    numbers_and_comparisons_are_pythons, logic_keeps_values_and_stops_early,
                    loops_and_lambdas_are_pythons, texts_are_pythons, the_framework_is_there,
                    every_expression_of_the_specs_runs);
    weir_check_case(suite, "failures", a_failure_has_the_place_of_its_cause,
                    runaway_expressions_are_stopped);
    weir_check_case(suite, "results", what_is_made_of_a_secret_is_secret,
                    truth_is_told_without_a_value);
    int status = weir_check_run(suite);
    world_free(w);
    return status;
}
