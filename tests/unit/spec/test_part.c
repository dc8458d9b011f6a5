/* SPDX-License-Identifier: MIT */
/* What of a connection differs between two loads: every word that a reload tells is asked for. */
#include "spec/part.h"
#include "spec_fixture.h"

static const char *const before = "weir: 1\n"
                                  "name: acme\n"
                                  "vars: {host: h, depth: 5, other: 1}\n"
                                  "credentials: [key, spare]\n"
                                  "mappings:\n"
                                  "  side: {map: {BUY: b, SELL: s}}\n"
                                  "  rest: {map: {A: a}}\n"
                                  "connections:\n"
                                  "  m:\n"
                                  "    url: ws://{vars.host}/\n"
                                  "    backend: {type: websocket}\n"
                                  "    streams: [data]\n"
                                  "    auth:\n"
                                  "      mode: headers\n"
                                  "      headers: {fields: {Key: credentials.key}}\n"
                                  "    converters:\n"
                                  "      data:\n"
                                  "      - fields:\n"
                                  "          side: mappings.side.to_standard(data['s'])\n"
                                  "          price: data['p']\n"
                                  "  n:\n"
                                  "    url: ws://h/\n"
                                  "    backend: {type: websocket}\n"
                                  "    streams: [quote]\n"
                                  "    converters: {quote: [{fields: {bid: \"data['b']\"}}]}\n";

/* The text with the first `from` as `to`. */
static const char *with(const char *from, const char *to)
{
    static char text[4096];
    const char *at = strstr(before, from);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - before), before, to, at + strlen(from));
    return text;
}

/* What is said of m when the text is changed so; "" when it is the same. */
static const char *differs(const char *from, const char *to)
{
    static char said[256];
    weir_buf what = {0};
    loaded a = load_text(before), b = load_text(with(from, to));
    expect_clean(&a);
    expect_clean(&b);
    const bool does = weir_part_differs(a.model, 0, b.model, 0, &what);
    ck_assert_int_eq(does, what.len > 0);
    ck_assert_int_eq(does, weir_part_differs(b.model, 0, a.model, 0, NULL));
    snprintf(said, sizeof said, "%s", weir_buf_cstr(&what));
    weir_buf_fini(&what);
    unload(&a);
    unload(&b);
    return said;
}

START_TEST(comments_layout_and_quotes_are_no_difference)
{
    ck_assert_str_eq(differs("name: acme", "# why\nname:   acme"), "");
    ck_assert_str_eq(differs("data['p']", "\"data['p']\""), "");
    ck_assert_str_eq(differs("headers: {fields: {Key: credentials.key}}",
                             "headers:\n        fields:\n          Key: 'credentials.key' # it"),
                     "");
}
END_TEST

START_TEST(the_order_of_a_connections_keys_is_no_difference)
{
    ck_assert_str_eq(differs("    url: ws://{vars.host}/\n    backend: {type: websocket}\n",
                             "    backend: {type: websocket}\n    url: ws://{vars.host}/\n"),
                     "");
}
END_TEST

START_TEST(the_order_of_fields_is_a_difference)
{
    ck_assert_str_eq(
        differs("side: mappings.side.to_standard(data['s'])\n          price: data['p']",
                "price: data['p']\n          side: mappings.side.to_standard(data['s'])"),
        "converters");
}
END_TEST

START_TEST(another_connection_is_no_difference)
{
    ck_assert_str_eq(differs("ws://h/", "ws://elsewhere/"), "");
}
END_TEST

START_TEST(what_it_mentions_is_a_part_of_it)
{
    ck_assert_str_eq(differs("host: h", "host: i"), "vars.host");
    ck_assert_str_eq(differs("other: 1", "other: 2"), "");
    ck_assert_str_eq(differs("BUY: b", "BUY: B"), "mappings.side");
    ck_assert_str_eq(differs("A: a", "A: b"), "");
    ck_assert_str_eq(differs("[key, spare]", "{key: {env: OTHER}, spare: {}}"), "credentials.key");
    ck_assert_str_eq(differs("[key, spare]", "[key]"), "");
}
END_TEST

START_TEST(the_name_and_the_master_data_are_a_part_of_every_connection)
{
    ck_assert_str_eq(differs("name: acme", "name: acme2"),
                     "name, credentials.key"); /* whose variable is called otherwise */
    ck_assert_str_eq(differs("mappings:", "assets: {list: [{symbol: A}]}\nmappings:"), "assets");
}
END_TEST

START_TEST(all_that_differs_is_told)
{
    ck_assert_str_eq(
        differs("    streams: [data]\n", "    streams: {data: data}\n    frame: array\n"),
        "streams, frame");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("part");
    weir_check_case(suite, "same", comments_layout_and_quotes_are_no_difference,
                    the_order_of_a_connections_keys_is_no_difference,
                    another_connection_is_no_difference);
    weir_check_case(
        suite, "other", the_order_of_fields_is_a_difference, what_it_mentions_is_a_part_of_it,
        the_name_and_the_master_data_are_a_part_of_every_connection, all_that_differs_is_told);
    return weir_check_run(suite);
}
