/* SPDX-License-Identifier: MIT */
/* Builtins and methods against CPython, and those that only Weir has. */
#include "table.h"

static world *w;

START_TEST(texts_mean_what_cpython_means)
{
    table_check(w, "texts.txt");
}
END_TEST

START_TEST(numbers_mean_what_cpython_means)
{
    table_check(w, "numbers.txt");
}
END_TEST

START_TEST(builtins_mean_what_cpython_means)
{
    table_check(w, "builtins.txt");
}
END_TEST

START_TEST(functions_and_types_are_values_of_map_and_key)
{
    table_expect(w, "map(float, ['1', '2.5'])", "[1.0, 2.5]");
    table_expect(w, "sorted(['ccc', 'a', 'bb'], key=len)", "['a', 'bb', 'ccc']");
    table_expect(w, "max([-3, 2], key=abs)", "-3");
    table_expect(w, "map(round, [2.5, 3.5])", "[2, 4]");
    table_expect(w, "isinstance(data, (list, dict))", "True");
}
END_TEST

START_TEST(a_stable_sort_of_many_items_is_in_order)
{
    table_expect(w, "sorted(range(5000), key=lambda x: x * 7919 % 10007)[0:3]", "[0, 4807, 3767]");
    table_expect(w, "sorted(range(1000), key=lambda x: x % 2)[498:502]", "[996, 998, 1, 3]");
    table_expect(w, "sorted(range(1000), key=lambda x: x % 2, reverse=True)[498:502]",
                 "[997, 999, 0, 2]");
}
END_TEST

START_TEST(an_asset_is_found_by_any_of_its_names)
{
    table_expect(w, "broker.infer_asset(symbol='AAPL').broker_symbol", "'aapl.us'");
    table_expect(w, "broker.infer_asset(broker_symbol='aapl.us').symbol", "'AAPL'");
    table_expect(w, "broker.symbol('AAPL').security_id", "None");
    table_expect(w, "broker.symbol('AAPL').tick_size", "None");
    table_expect(w, "broker.infer_asset(security_id=738561).security_id", "'738561'");
    table_expect(w, "broker.infer_asset(symbol=1.5)", "TypeError");
    table_expect(w, "broker.infer_asset(symbol='AAPL', broker_symbol='other')", "LookupError");
}
END_TEST

START_TEST(mappings_go_both_ways)
{
    table_expect(w, "mappings.order_status.to_standard('partially_filled')", "'OPEN'");
    table_expect(w, "mappings.order_status.to_blueshift('filled')", "'COMPLETE'");
    table_expect(w, "mappings.order_status.to_broker('OPEN')", "'new'");
    table_expect(w, "mappings.order_status.to_standard('unheard of')", "LookupError");
}
END_TEST

START_TEST(payloads_are_inflated_within_bounds)
{
    table_expect(w, "gunzip(unhex('1f8b08000000000000034b4c4a0600c241243503000000')).decode()",
                 "'abc'");
    table_expect(w, "zlib_inflate(unhex('789c4b4c4a0600024d0127'))", "b'abc'");
    table_expect(w, "inflate(unhex('4b4c4a0600'))", "b'abc'");
    table_expect(w, "gunzip(b'nonsense')", "ValueError");
}
END_TEST

START_TEST(random_texts_have_their_form_and_differ)
{
    table_expect(w,
                 "re_match('[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                 "[0-9a-f]{12}$', uuid4()) is not None",
                 "True");
    table_expect(w, "uuid4() == uuid4()", "False");
    table_expect(w, "len(random_hex(16))", "32");
    table_expect(w, "random_hex(16) == random_hex(16)", "False");
}
END_TEST

START_TEST(patterns_made_at_run_time_are_kept_within_bounds)
{
    table_expect(w,
                 "[re_match('a' * (i % 100) + 'b?', 'a' * 100)[0] == 'a' * (i % 100) "
                 "for i in range(300)].count(True)",
                 "300");
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("builtins");
    weir_check_case(suite, "oracle", texts_mean_what_cpython_means, numbers_mean_what_cpython_means,
                    builtins_mean_what_cpython_means);
    weir_check_case(suite, "values", functions_and_types_are_values_of_map_and_key,
                    a_stable_sort_of_many_items_is_in_order);
    weir_check_case(suite, "framework", an_asset_is_found_by_any_of_its_names,
                    mappings_go_both_ways, payloads_are_inflated_within_bounds,
                    random_texts_have_their_form_and_differ,
                    patterns_made_at_run_time_are_kept_within_bounds);
    int code = weir_check_run(suite);
    world_free(w);
    return code;
}
