/* SPDX-License-Identifier: MIT */
/* Topics in place of messages, names to send under, and streams that are told apart by the names of
 * their frames. */
#include "pipeline_fixture.h"

#define TOPICAL                                                                                    \
    "weir: 1\nname: t\nconnections:\n  m:\n    backend: {type: topical}\n    url: 'x'\n"           \
    "    streams: [data]\n    converters: {all: {fields: {v: '1'}}}\n"
#define NAMED                                                                                      \
    "weir: 1\nname: t\nconnections:\n  m:\n    backend: {type: named}\n    url: 'x'\n"             \
    "    streams: {trades: data, quotes: quote}\n"                                                 \
    "    converters: {trades: {fields: {v: data}}, quotes: {fields: {w: data}}}\n"

typedef struct asked {
    weir_buf topics;
    weir_buf text;
    weir_buf names;
    bool is_topics;
} asked;

static bool keep(void *user, const weir_outgoing *message)
{
    asked *a = user;
    a->is_topics = message->is_topics;
    weir_buf_printf(&a->text, "%.*s\n", WEIR_FMT(message->shown));
    weir_buf_printf(&a->names, "%.*s\n", WEIR_FMT(message->name));
    for (size_t i = 0; i < message->topic_count; i++)
        weir_buf_printf(&a->topics, "%.*s %d\n", WEIR_FMT(message->topics[i].topic),
                        message->topics[i].qos);
    return true;
}

/* What subscribing to two assets asks for; the code when it cannot be made. */
static weir_code ask(const char *head, const char *subscribe, asked *a, weir_error *error)
{
    char text[4096];
    snprintf(text, sizeof text, "%s    subscribe: {subscribe: {all: %s}}\n", head, subscribe);
    feed f = feed_open(text);
    const weir_asset *assets[2] = {
        weir_asset_find(f.model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("AAPL")),
        weir_asset_find(f.model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("MSFT"))};
    const weir_message_input input = {.vm = weir_runner_vm(f.runner),
                                      .world = &f.world->expr,
                                      .assets = assets,
                                      .asset_count = 2,
                                      .stream = WEIR_STR("data")};
    const weir_code code = weir_message_emit(
        weir_plan_subscribe_message(f.plan, WEIR_STR("data"), false), &input, keep, a, error);
    feed_close(&f);
    return code;
}

static void expect_topics(const char *subscribe, const char *topics, const char *text)
{
    asked a = {0};
    weir_error error = {0};
    ck_assert_msg(ask(TOPICAL, subscribe, &a, &error) == WEIR_OK, "%s", error.text);
    ck_assert(a.is_topics);
    ck_assert_str_eq(weir_buf_cstr(&a.topics), topics);
    ck_assert_str_eq(weir_buf_cstr(&a.text), text);
    weir_buf_fini(&a.topics);
    weir_buf_fini(&a.text);
    weir_buf_fini(&a.names);
}

START_TEST(topics_are_one_per_asset_where_they_name_it)
{
    expect_topics("{topics: [{topic: \"'quotes/' + a.symbol\", qos: 1}, \"'status/' + stream\"]}",
                  "quotes/AAPL 1\nquotes/MSFT 1\nstatus/data 0\n",
                  "[[\"quotes/AAPL\",1],[\"quotes/MSFT\",1],[\"status/data\",0]]\n");
}
END_TEST

START_TEST(a_list_of_pairs_from_an_expression_is_topics)
{
    expect_topics("{json: \"[(f'q/{a.symbol}', 2) for a in assets]\"}", "q/AAPL 2\nq/MSFT 2\n",
                  "[[\"q/AAPL\",2],[\"q/MSFT\",2]]\n");
    expect_topics("{json: \"json_loads('[[\\\"t/x\\\",1],\\\"u\\\"]')\"}", "t/x 1\nu 0\n",
                  "[[\"t/x\",1],\"u\"]\n");
}
END_TEST

START_TEST(what_is_no_list_of_topics_is_refused)
{
    static const char *const wrong[] = {
        "{json: \"{'a': 1}\"}",      "{json: \"[('t', 3)]\"}",
        "{json: \"[('', 0)]\"}",     "{json: \"[(1, 0)]\"}",
        "{json: \"[('t', 0, 0)]\"}", "{topics: [{topic: \"'t'\", qos: \"'1'\"}]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        asked a = {0};
        weir_error error = {0};
        ck_assert_int_eq(ask(TOPICAL, wrong[i], &a, &error), WEIR_ERR_EVAL);
        ck_assert_msg(strstr(error.text, "message 'subscribe all': ") != NULL, "%s", error.text);
        ck_assert_uint_eq(a.text.len, 0);
    }
}
END_TEST

START_TEST(a_message_is_sent_under_the_name_of_its_event)
{
    asked a = {0};
    weir_error error = {0};
    ck_assert_int_eq(ask(NAMED, "{event: 'join/{asset.symbol}', json: '1'}", &a, &error), WEIR_OK);
    ck_assert_str_eq(weir_buf_cstr(&a.names), "join/AAPL\njoin/MSFT\n");
    ck_assert(!a.is_topics);
    weir_buf_fini(&a.topics);
    weir_buf_fini(&a.text);
    weir_buf_fini(&a.names);
}
END_TEST

START_TEST(without_a_router_names_tell_streams_apart)
{
    feed f = feed_open(NAMED "    events: {trades: stock}\n");
    ck_assert_ptr_nonnull(strstr(feed_named(&f, "stock", "7", 1), "\"v\":7"));
    ck_assert_ptr_nonnull(strstr(feed_named(&f, "quotes", "8", 1), "\"w\":8"));
    ck_assert_str_eq(feed_named(&f, "trades", "9", 1), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->dropped, 1);
    feed_close(&f);
}
END_TEST

START_TEST(an_event_of_two_streams_feeds_both)
{
    feed f = feed_open(NAMED "    events: {trades: all_of_it, quotes: all_of_it}\n");
    const char *lines = feed_named(&f, "all_of_it", "7", 1);
    ck_assert_ptr_nonnull(strstr(lines, "\"v\":7"));
    ck_assert_ptr_nonnull(strstr(lines, "\"w\":7"));
    feed_close(&f);
}
END_TEST

START_TEST(with_a_router_events_only_say_what_is_heard)
{
    feed f =
        feed_open(NAMED "    events: {trades: stock, quotes: quote}\n"
                        "    router: {rules: [{channel: trades, match: \"topic == 'quote'\"}]}\n");
    ck_assert_ptr_nonnull(strstr(feed_named(&f, "quote", "7", 1), "\"v\":7"));
    ck_assert_str_eq(feed_named(&f, "other", "{", 1), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 0);
    feed_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topics");
    weir_check_case(suite, "topics", topics_are_one_per_asset_where_they_name_it,
                    a_list_of_pairs_from_an_expression_is_topics,
                    what_is_no_list_of_topics_is_refused);
    weir_check_case(suite, "names", a_message_is_sent_under_the_name_of_its_event,
                    without_a_router_names_tell_streams_apart, an_event_of_two_streams_feeds_both,
                    with_a_router_events_only_say_what_is_heard);
    return weir_check_run(suite);
}
