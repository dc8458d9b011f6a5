/* SPDX-License-Identifier: MIT */
#include "pipeline/learn.h"
#include "pipeline_fixture.h"
#include "value/json_read.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://127.0.0.1:1/\n    backend: websocket\n"   \
    "    streams: [data]\n"

static const char bitfinex[] = HEAD
    "    learn:\n"
    "      - {match: \"data['event'] == 'subscribed'\", into: channels, key: \"data['chanId']\", "
    "value: data}\n"
    "      - {match: \"data['event'] == 'info'\", into: version, value: \"data['version']\"}\n"
    "      - {match: \"data['event'] == 'gone'\", into: channels, key: \"data['chanId']\", value: "
    "None}\n"
    "    router:\n      rules: [{channel: data, match: \"isinstance(data, list) and data[0] in "
    "session.channels\"}]\n"
    "    converters:\n      data: {fields: {s: \"session.channels[data[0]]['symbol']\", v: "
    "session.version}}\n";

static uint64_t learn_failures(const feed *f)
{
    return weir_runner_counters(f->runner)->failed[WEIR_STAGE_LEARN];
}

START_TEST(what_an_acknowledgement_assigns_is_known_to_routing_and_conversion)
{
    feed f = feed_open(bitfinex);
    ck_assert_str_eq(feed_text(&f, "[17,[1]]"), "");
    feed_text(&f, "{\"event\":\"info\",\"version\":2}");
    feed_text(&f, "{\"event\":\"subscribed\",\"chanId\":17,\"symbol\":\"tBTCUSD\"}");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "[17,[1]]"), "\"s\":\"tBTCUSD\",\"v\":2"));
    feed_text(&f, "{\"event\":\"subscribed\",\"chanId\":17,\"symbol\":\"tETHUSD\"}");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "[17,[1]]"), "\"s\":\"tETHUSD\""));
    ck_assert_uint_eq(weir_runner_learnt(f.runner), 2);
    feed_text(&f, "{\"event\":\"gone\",\"chanId\":17}");
    ck_assert_str_eq(feed_text(&f, "[17,[1]]"), "");
    ck_assert_uint_eq(weir_runner_learnt(f.runner), 1);
    feed_close(&f);
}
END_TEST

START_TEST(a_new_session_knows_nothing)
{
    feed f = feed_open(bitfinex);
    feed_text(&f, "{\"event\":\"info\",\"version\":2}");
    feed_text(&f, "{\"event\":\"subscribed\",\"chanId\":17,\"symbol\":\"tBTCUSD\"}");
    ck_assert(weir_runner_forget(f.runner));
    ck_assert_uint_eq(weir_runner_learnt(f.runner), 0);
    ck_assert_str_eq(feed_text(&f, "[17,[1]]"), "");
    feed_close(&f);
}
END_TEST

START_TEST(what_cannot_be_learnt_is_counted_and_told)
{
    feed f = feed_open(bitfinex);
    feed_text(&f, "{\"event\":\"subscribed\"}");
    ck_assert_uint_eq(learn_failures(&f), 1);
    ck_assert_ptr_nonnull(
        strstr(weir_runner_dead_letter(f.runner, 0)->reason, "session.channels: KeyError"));
    feed_text(&f, "{\"event\":\"subscribed\",\"chanId\":[1]}");
    ck_assert_uint_eq(learn_failures(&f), 2);
    ck_assert_ptr_nonnull(
        strstr(weir_runner_dead_letter(f.runner, weir_runner_dead_letters(f.runner) - 1)->reason,
               "the key is no text or number"));
    feed_close(&f);
}
END_TEST

START_TEST(rules_see_the_message_and_its_elements)
{
    feed f = feed_open(
        HEAD "    frame: array\n    parser: {payload_path: \"data['d']\"}\n"
             "    learn: [{match: \"'id' in data\", into: ids, key: \"data['id']\", value: 1}]\n"
             "    converters:\n      data: {fields: {n: len(session.ids)}}\n");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"id\":1,\"d\":[{}]}"), "\"n\":1"));
    feed_close(&f);
    f = feed_open(HEAD
                  "    frame: array\n"
                  "    learn: [{match: \"'id' in data\", into: ids, key: \"data['id']\", value: "
                  "1}]\n"
                  "    converters:\n      data: {fields: {n: len(session.ids)}}\n");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "[{\"id\":1},{\"id\":2},{}]"), "\"n\":2"));
    feed_close(&f);
}
END_TEST

/* ------------------------------------------------------------------ the store */

static weir_value parsed(const char *text)
{
    static char room[4096];
    weir_value value;
    weir_json_error error;
    memset(room, 0, sizeof room);
    memcpy(room, text, strlen(text));
    ck_assert(weir_json_parse((weir_str){room, strlen(text)}, &value, &error));
    return value;
}

START_TEST(entries_are_bounded)
{
    const bool keyed[] = {true};
    weir_value values[1], one = weir_value_int(1), key;
    char why[160];
    weir_learnt *learnt = weir_learnt_new(values, keyed, 1);
    for (int i = 0; i < WEIR_LEARNT_ENTRIES_MAX; i++) {
        key = weir_value_int(i);
        ck_assert(weir_learnt_put(learnt, 0, &key, &one, why));
    }
    key = weir_value_int(WEIR_LEARNT_ENTRIES_MAX);
    ck_assert(!weir_learnt_put(learnt, 0, &key, &one, why));
    ck_assert_str_eq(why, "more than 10000 values are not kept");
    key = weir_value_int(5);
    ck_assert(weir_learnt_put(learnt, 0, &key, &one, why)); /* what is known may change */
    ck_assert_uint_eq(weir_learnt_count(learnt), WEIR_LEARNT_ENTRIES_MAX);
    weir_learnt_free(learnt);
}
END_TEST

START_TEST(bytes_are_bounded_and_waste_is_not_counted)
{
    const bool keyed[] = {true};
    weir_value values[1], key;
    char why[160], text[1000];
    unsigned kept = 0;
    weir_learnt *learnt = weir_learnt_new(values, keyed, 1);
    memset(text, 'x', sizeof text);
    const weir_value value = weir_value_str((weir_str){text, sizeof text});
    for (int i = 0; i < 20000; i++) { /* 20 MB of the same key */
        key = weir_value_int(7);
        ck_assert(weir_learnt_put(learnt, 0, &key, &value, why));
    }
    ck_assert_uint_eq(weir_learnt_count(learnt), 1);
    while (kept < 5000) {
        key = weir_value_int(100 + (int)kept);
        if (!weir_learnt_put(learnt, 0, &key, &value, why))
            break;
        kept++;
    }
    ck_assert_uint_ge(kept, 800);
    ck_assert_uint_lt(kept, 2200);
    ck_assert_str_eq(why, "more than 1048576 bytes are not kept");
    weir_learnt_free(learnt);
}
END_TEST

START_TEST(values_outlive_what_taught_them)
{
    const bool keyed[] = {false, true};
    weir_value values[2], key = weir_value_str(WEIR_STR("k"));
    char why[160];
    weir_learnt *learnt = weir_learnt_new(values, keyed, 2);
    weir_value v = parsed("{\"a\":[1,{\"b\":\"c\"}]}");
    ck_assert(weir_learnt_put(learnt, 0, NULL, &v, why));
    ck_assert(weir_learnt_put(learnt, 1, &key, &v, why));
    parsed("[\"something else entirely, in the same place\"]");
    ck_assert(weir_str_is(weir_value_text(&values[0]), "{\"a\":[1,{\"b\":\"c\"}]}"));
    const weir_value *kept = weir_dict_get_str(values[1].dict, WEIR_STR("k"));
    ck_assert(kept && weir_str_is(weir_value_text(kept), "{\"a\":[1,{\"b\":\"c\"}]}"));
    v = weir_value_none();
    ck_assert(weir_learnt_put(learnt, 0, NULL, &v, why));
    ck_assert_uint_eq(values[0].kind, WEIR_ABSENT);
    weir_learnt_free(learnt);
}
END_TEST

/* ------------------------------------------------------------------ heartbeats */

typedef struct heard {
    feed *f;
    unsigned beats;
    weir_buf sent;
} heard;

static bool keep(void *user, const weir_outgoing *message)
{
    weir_buf_put(&((heard *)user)->sent, message->bytes);
    return true;
}

static void on_control(void *user, weir_control kind, const weir_message *reply,
                       const weir_value *message)
{
    heard *h = user;
    weir_error error = {0};
    const weir_message_input input = {
        .vm = weir_runner_vm(h->f->runner), .world = &h->f->world->expr, .data = message};
    h->beats += kind == WEIR_CONTROL_BEAT;
    if (kind == WEIR_CONTROL_REPLY)
        ck_assert_int_eq(weir_message_emit(reply, &input, keep, h, &error), WEIR_OK);
}

START_TEST(pings_are_answered_with_what_is_in_them)
{
    feed f = feed_open(
        HEAD
        "    heartbeat:\n      every: 5s\n      expect: data == 'pong'\n      reply:\n"
        "        - {match: \"'ping' in data\", send: {json: {fields: {pong: \"data['ping']\"}}}}\n"
        "    router: {default_channel: drop}\n"
        "    converters:\n      data: {fields: {v: \"data['v']\"}}\n");
    heard h = {.f = &f};
    weir_runner_on_control(f.runner, on_control, &h);
    feed_text(&f, "{\"ping\":1492420473027}");
    ck_assert(weir_str_is(weir_buf_str(&h.sent), "{\"pong\":1492420473027}"));
    feed_text(&f, "pong");
    ck_assert_uint_eq(h.beats, 1);
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 0);
    feed_text(&f, "pang");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
    weir_buf_fini(&h.sent);
    feed_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_an_acknowledgement_assigns_is_known_to_routing_and_conversion,
        a_new_session_knows_nothing,
        what_cannot_be_learnt_is_counted_and_told,
        rules_see_the_message_and_its_elements,
        entries_are_bounded,
        bytes_are_bounded_and_waste_is_not_counted,
        values_outlive_what_taught_them,
        pings_are_answered_with_what_is_in_them,
    };
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control");
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
