/* SPDX-License-Identifier: MIT */
/* The blocks of `tests`: what they read into, and that lists and maps know where they stand. */
#include "spec_fixture.h"

static const char *const head =
    "weir: 1\nname: acme\ntests:\n"
    "  - {name: trade, in: ['{}', {base64: AAEC}], out: [{channel: data}], exact: true}\n"
    "  - name: login\n    auth: {credentials: {secret: x}, now: 2026-11-20T00:00:00Z}\n"
    "    sends: [LOGIN]\n    url: ws://h/\n"
    "  - {name: fails, in: '{', fails: {stage: decode, reason: expected}, out: }\n"
    "  - {name: unsubscribe, unsubscribe: {data: [A, 7]}, sends: ['{}']}\n"
    "credentials: [key, secret]\n"
    "connections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n    streams: [data]\n"
    "    auth: {mode: first_message, first_message: {text: LOGIN}}\n"
    "    subscribe: {subscribe: {data: {json: \"[]\"}}, unsubscribe: {data: {json: \"[]\"}}}\n"
    "    converters: {data: [{fields: {x: \"1\"}}]}\n";

START_TEST(blocks_may_stand_before_what_they_name)
{
    loaded l = load_text(head);
    expect_clean(&l);
    ck_assert_uint_eq(l.model->test_count, 4);
    const weir_test_spec *trade = &l.model->tests[0];
    ck_assert(weir_str_is(trade->name, "trade"));
    ck_assert_int_eq(trade->kind, WEIR_TEST_RECORDS);
    ck_assert(trade->is_exact);
    ck_assert_uint_eq(trade->out->count, 1);
    unload(&l);
}
END_TEST

START_TEST(frames_are_texts_or_bytes)
{
    loaded l = load_text(head);
    const weir_test_spec *trade = &l.model->tests[0];
    ck_assert_uint_eq(trade->frame_count, 2);
    ck_assert(weir_str_is(trade->frames[0].bytes, "{}"));
    ck_assert(!trade->frames[0].is_binary && trade->frames[1].is_binary);
    ck_assert(weir_str_eq(trade->frames[1].bytes, (weir_str){"\0\1\2", 3}));
    unload(&l);
}
END_TEST

START_TEST(credentials_come_in_the_order_of_the_spec)
{
    loaded l = load_text(head);
    const weir_test_spec *login = &l.model->tests[1];
    ck_assert_int_eq(login->kind, WEIR_TEST_LOGIN);
    ck_assert_ptr_null(login->credentials[0].ptr);
    ck_assert(weir_str_is(login->credentials[1], "x"));
    ck_assert_int_eq(login->now_ns, INT64_C(1795132800000000000));
    ck_assert(weir_str_is(login->sends[0].bytes, "LOGIN")); /* text: not asked to be JSON */
    ck_assert(weir_str_is(login->url.text, "ws://h/"));
    unload(&l);
}
END_TEST

START_TEST(a_frame_that_must_fail_may_be_no_json)
{
    loaded l = load_text(head);
    const weir_test_spec *fails = &l.model->tests[2];
    ck_assert(fails->fails.is_set);
    ck_assert_str_eq(weir_test_stages[fails->fails.stage], "decode");
    ck_assert_ptr_null(fails->out); /* given, with nothing in it */
    unload(&l);
}
END_TEST

START_TEST(symbols_are_any_scalars)
{
    loaded l = load_text(head);
    const weir_test_spec *test = &l.model->tests[3];
    ck_assert_int_eq(test->kind, WEIR_TEST_UNSUBSCRIBE);
    ck_assert_uint_eq(test->stream_count, 1);
    ck_assert(weir_str_is(test->streams[0].symbols[1], "7"));
    unload(&l);
}
END_TEST

/* What stands in the source where a node is said to. */
static void expect_source(const loaded *l, const weir_node *node, const char *text)
{
    const weir_str source = l->model->tests_source.text;
    ck_assert_uint_le(node->raw_end, source.len);
    const weir_str there = {source.ptr + node->raw_offset, node->raw_end - node->raw_offset};
    ck_assert_msg(weir_str_is(there, text), "'%.*s'", WEIR_FMT(there));
}

START_TEST(lists_and_maps_know_the_bytes_they_stand_in)
{
    loaded l = load_text(head);
    const weir_test_spec *tests = l.model->tests;
    expect_source(&l, tests[0].out, "[{channel: data}]");
    expect_source(&l, tests[1].node,
                  "name: login\n    auth: {credentials: {secret: x}, now: 2026-11-20T00:00:00Z}\n"
                  "    sends: [LOGIN]\n    url: ws://h/");
    ck_assert(!tests[1].node->is_flow && tests[2].node->is_flow);
    unload(&l);
}
END_TEST

START_TEST(a_block_ends_with_its_last_value_also_when_that_is_an_alias)
{
    loaded l = load_text("weir: 1\nname: a\nconnections:\n  m: &m\n    url: ws://h/   # é\n"
                         "    backend: {type: websocket}\n    streams: &s [data]\n    "
                         "converters: {data: {fields: {x: \"1\"}}}\n"
                         "  n:\n    <<: *m\n    streams: *s   # behind\ntests: []\n");
    expect_clean(&l);
    const weir_node *n = l.model->connections[1].node;
    const weir_node *map = weir_node_get(weir_node_get(l.model->root, "connections"), "n");
    ck_assert_ptr_nonnull(n);
    expect_source(&l, map, "<<: *m\n    streams: *s");
    unload(&l);
}
END_TEST

START_TEST(a_byte_order_mark_moves_no_place)
{
    loaded l = load_text("\xEF\xBB\xBFweir: 1\nname: a\nconnections:\n  m:\n    url: ws://h/\n"
                         "    backend: {type: websocket}\n    streams: [data]\n    "
                         "converters: {data: {fields: {x: \"1\"}}}\n");
    expect_clean(&l);
    expect_source(&l, l.model->root->pairs[0].key, "weir");
    expect_source(&l, l.model->root->pairs[1].value, "a");
    ck_assert_uint_eq(l.model->root->pairs[0].key->place.column, 1);
    unload(&l);
}
END_TEST

START_TEST(several_connections_must_be_told_apart)
{
    loaded l = load_text(
        "weir: 1\nname: a\nconnections:\n  m: &m\n    url: ws://h/\n"
        "    backend: {type: websocket}\n    streams: [data]\n"
        "    converters: {data: {fields: {x: \"1\"}}}\n  n: *m\ntests:\n  - {name: x, in: '{}'}\n");
    expect_diag(&l, 11, 5, "a test needs the key 'connection'");
    unload(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tests of a spec");
    weir_check_case(suite, "blocks", blocks_may_stand_before_what_they_name,
                    frames_are_texts_or_bytes, credentials_come_in_the_order_of_the_spec,
                    a_frame_that_must_fail_may_be_no_json, symbols_are_any_scalars,
                    several_connections_must_be_told_apart);
    weir_check_case(suite, "places", lists_and_maps_know_the_bytes_they_stand_in,
                    a_block_ends_with_its_last_value_also_when_that_is_an_alias,
                    a_byte_order_mark_moves_no_place);
    return weir_check_run(suite);
}
