/* SPDX-License-Identifier: MIT */
/* The market of the demo: repeatable, and such that every number makes sense. */
#include <stdlib.h>

#include <weir/weir.h>

#include "server/market.h"
#include "weir_check.h"

enum { STEPS = 4000 };
static const int64_t noon_ns = INT64_C(1795348800000000000);

typedef struct tape {
    weir_buf text;
    size_t events[MARKET_STREAMS];
} tape;

static void on_event(void *user, market_stream stream, size_t symbol, weir_str json)
{
    tape *t = user;
    ck_assert_uint_lt(symbol, MARKET_SYMBOLS);
    t->events[stream]++;
    weir_buf_puts(&t->text, t->text.len > 0 ? "," : "[");
    weir_buf_put(&t->text, json);
}

static void run(tape *t, uint64_t seed, size_t steps)
{
    market m;
    weir_buf scratch = {0};
    market_init(&m, seed);
    for (size_t i = 0; i < steps; i++)
        market_step(&m, noon_ns + (int64_t)i * 40000000, &scratch, on_event, t);
    weir_buf_putc(&t->text, ']');
    weir_buf_fini(&scratch);
}

START_TEST(the_same_seed_gives_the_same_market)
{
    tape one = {0}, same = {0}, other = {0};
    run(&one, 1, 500);
    run(&same, 1, 500);
    run(&other, 2, 500);
    ck_assert_str_eq(weir_buf_cstr(&one.text), weir_buf_cstr(&same.text));
    ck_assert_str_ne(weir_buf_cstr(&one.text), weir_buf_cstr(&other.text));
    weir_buf_fini(&one.text);
    weir_buf_fini(&same.text);
    weir_buf_fini(&other.text);
}
END_TEST

static void assert_true(const char *claim, const char *data)
{
    weir_text_buffer value = {0};
    weir_error error = {0};
    ck_assert_msg(weir_eval(claim, data, &value, NULL, &error) == WEIR_OK, "%s: %s", claim,
                  error.text);
    ck_assert_msg(value.len == 4 && memcmp(value.ptr, "true", 4) == 0, "%s", claim);
    weir_text_buffer_free(&value);
}

START_TEST(prices_stand_in_line_and_orders_fill_up)
{
    static const char *const claims[] = {
        "all(e['bp'] < e['ap'] and e['bs'] > 0 and e['as'] > 0 for e in data if e['T'] == 'q')",
        "all(e['p'] > 0 and e['s'] > 0 for e in data if e['T'] == 't')",
        "all(0 <= e['filled'] <= e['qty'] for e in data if e['T'] == 'o')",
        "all(e['filled'] == e['qty'] for e in data if e['T'] == 'o' and e['status'] == 'filled')",
        "all(e['filled'] < e['qty'] for e in data if e['T'] == 'o' and e['status'] == "
        "'partially_filled')",
        "sorted(set([e['status'] for e in data if e['T'] == 'o'])) == "
        "['canceled', 'filled', 'new', 'partially_filled', 'rejected']",
        "sorted(set([e['S'] for e in data])) == ['AAPL', 'BTC-USD', 'ETH-USD', 'EUR-USD', "
        "'MSFT']"};
    tape t = {0};
    run(&t, 7, STEPS);
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        assert_true(claims[i], weir_buf_cstr(&t.text));
    for (size_t i = 0; i < MARKET_STREAMS; i++)
        ck_assert_uint_gt(t.events[i], STEPS / MARKET_STEPS_PER_S / 2);
    weir_buf_fini(&t.text);
}
END_TEST

START_TEST(a_symbol_is_found_by_its_whole_name)
{
    ck_assert_uint_eq(market_find(WEIR_STR("AAPL")), 2);
    ck_assert_uint_eq(market_find(WEIR_STR("AAP")), MARKET_SYMBOLS);
    ck_assert_uint_eq(market_find((weir_str){0}), MARKET_SYMBOLS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("market");
    weir_check_case(suite, "market", the_same_seed_gives_the_same_market,
                    prices_stand_in_line_and_orders_fill_up, a_symbol_is_found_by_its_whole_name);
    return weir_check_run(suite);
}
