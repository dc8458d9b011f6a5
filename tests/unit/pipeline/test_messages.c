/* SPDX-License-Identifier: MIT */
/* Messages out: their text, one per asset or one for all, secrets sent and never shown, headers,
 * query, URL, options. */
#include "pipeline_fixture.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\ncredentials: [k]\nvars: {host: example.com, port: 8080}\nconnections:\n  "  \
    "m:\n"                                                                                         \
    "    backend: {type: websocket, options: {origin: 'https://{vars.host}', headers: {X-Key: "    \
    "'{credentials.k}'}}}\n"                                                                       \
    "    url: 'ws://{vars.host}:{vars.port}/{credentials.k}'\n    streams: {a: data, b: data}\n"   \
    "    router: {rules: [{channel: a, match: 'True'}]}\n    converters: {all: {fields: {v: "      \
    "'1'}}}\n"

typedef struct sent {
    weir_buf bytes;
    weir_buf shown;
    size_t count;
} sent;

static bool keep(void *user, const weir_outgoing *message)
{
    sent *s = user;
    weir_buf_printf(&s->bytes, "%.*s\n", WEIR_FMT(message->bytes));
    weir_buf_printf(&s->shown, "%.*s\n", WEIR_FMT(message->shown));
    s->count++;
    return true;
}

static weir_message_input input_of(feed *f, const weir_asset **assets)
{
    assets[0] = weir_asset_find(f->model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("AAPL"));
    assets[1] = weir_asset_find(f->model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("MS\"FT"));
    return (weir_message_input){.vm = weir_runner_vm(f->runner),
                                .world = &f->world->expr,
                                .assets = assets,
                                .asset_count = 2,
                                .stream = WEIR_STR("a")};
}

static void expect_sent(const char *spec, bool is_first, const char *bytes, const char *shown)
{
    char text[4096];
    snprintf(text, sizeof text, HEAD "%s", spec);
    feed f = feed_open(text);
    const weir_asset *assets[2];
    const weir_message_input input = input_of(&f, assets);
    const weir_message *message = is_first
                                      ? weir_plan_first_message(f.plan)
                                      : weir_plan_subscribe_message(f.plan, WEIR_STR("a"), false);
    sent s = {0};
    weir_error error = {0};
    ck_assert_ptr_nonnull(message);
    ck_assert_msg(weir_message_emit(message, &input, keep, &s, &error) == WEIR_OK, "%s",
                  error.text);
    ck_assert_str_eq(weir_buf_cstr(&s.bytes), bytes);
    ck_assert_str_eq(weir_buf_cstr(&s.shown), shown ? shown : bytes);
    weir_buf_fini(&s.bytes);
    weir_buf_fini(&s.shown);
    feed_close(&f);
}

START_TEST(a_json_message_is_compact_and_in_field_order)
{
    expect_sent("    subscribe: {subscribe: {a: {json: {fields: {z: \"'s'\", a: {n: '1', l: "
                "\"[a.symbol for a in "
                "assets]\"}, s: stream}}}}}\n",
                false, "{\"z\":\"s\",\"a\":{\"n\":1,\"l\":[\"AAPL\",\"MS\\\"FT\"]},\"s\":\"a\"}\n",
                NULL);
}
END_TEST

START_TEST(a_message_that_names_asset_is_sent_per_asset)
{
    expect_sent("    subscribe: {subscribe: {all: {format: text, text: 'SUB {symbol:>6} {{}}', "
                "tokens: {fields: "
                "{symbol: asset.broker_symbol or asset.symbol}}}}}\n",
                false, "SUB   AAPL {}\nSUB  MS\"FT {}\n", NULL);
}
END_TEST

START_TEST(a_list_of_messages_is_sent_in_its_order)
{
    expect_sent(
        "    subscribe: {subscribe: {a: [{json: \"len(assets)\"}, {format: text, text: '{s}', "
        "tokens: {fields: {s: asset.symbol}}}, {json: \"'mode'\"}]}}\n",
        false, "2\nAAPL\nMS\"FT\n\"mode\"\n", NULL);
}
END_TEST

START_TEST(secrets_are_sent_and_never_shown)
{
    expect_sent("    auth: {mode: first_message, first_message: {json: {fields: {key: "
                "credentials.k, both: \"'a' + "
                "credentials.k\", sign: \"hmac_sha256(credentials.k, 'x').hex()\", n: '1'}}}}\n",
                true,
                "{\"key\":\"s3cret\",\"both\":\"as3cret\",\"sign\":"
                "\"18cf739b1231459a52b72b5a49b5690807adf6900f2ef1e74cba25325066d155\",\"n\":1}\n",
                "{\"key\":\"***\",\"both\":\"***\",\"sign\":\"***\",\"n\":1}\n");
}
END_TEST

START_TEST(a_text_with_a_secret_masks_that_part_only)
{
    expect_sent("    auth: {mode: first_message, first_message: {text: 'LOGIN {user} {key!r}', "
                "tokens: {fields: {user: "
                "\"'u'\", key: credentials.k}}}}\n",
                true, "LOGIN u 's3cret'\n", "LOGIN u ***\n");
}
END_TEST

START_TEST(bytes_are_an_expression)
{
    expect_sent(
        "    subscribe: {subscribe: {all: {format: binary, bytes: \"','.join([a.symbol for a in "
        "assets]).encode()\"}}}\n",
        false, "AAPL,MS\"FT\n", "<10 bytes>\n");
}
END_TEST

START_TEST(a_failing_message_says_which_and_why)
{
    feed f = feed_open(
        HEAD
        "    subscribe: {subscribe: {all: {json: {fields: {x: {y: \"assets[5].symbol\"}}}}}}\n");
    const weir_asset *assets[2];
    const weir_message_input input = input_of(&f, assets);
    weir_error error = {0};
    sent s = {0};
    const weir_message *message = weir_plan_subscribe_message(f.plan, WEIR_STR("b"), false);
    ck_assert_int_eq(weir_message_emit(message, &input, keep, &s, &error), WEIR_ERR_EVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "message 'subscribe all': x.y: IndexError"));
    ck_assert_uint_eq(s.count, 0);
    feed_close(&f);
}
END_TEST

START_TEST(url_options_headers_and_query_are_filled_in)
{
    feed f = feed_open(
        HEAD "    auth: {mode: [headers, url], headers: {fields: {Authorization: \"f'Bearer "
             "{credentials.k}'\", X-N: '5'}}, url: {query: {fields: {token: credentials.k, none: "
             "{source: '1', condition: 'False'}}}}}\n");
    const weir_asset *assets[2];
    const weir_message_input input = input_of(&f, assets);
    weir_arena *arena = weir_arena_new(4096, 0);
    weir_str url, shown;
    weir_options options;
    weir_plan_pair *pairs;
    size_t count;
    ck_assert_int_eq(weir_plan_url(f.plan, &input, arena, &url, &shown, NULL), WEIR_OK);
    ck_assert(weir_str_is(url, "ws://example.com:8080/s3cret"));
    ck_assert(weir_str_is(shown, "ws://example.com:8080/***"));
    ck_assert_int_eq(weir_plan_options(f.plan, &input, arena, &options, NULL), WEIR_OK);
    ck_assert(weir_str_is(weir_options_get(&options, "origin")->s, "https://example.com"));
    ck_assert(weir_str_is(weir_options_get(&options, "headers")->pairs[0].value, "s3cret"));
    ck_assert(weir_str_is(weir_options_get(&weir_plan_connection(f.plan)->options, "origin")->s,
                          "https://{vars.host}"));
    ck_assert_int_eq(weir_plan_headers(f.plan, &input, arena, &pairs, &count, NULL), WEIR_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert(weir_str_is(pairs[0].value, "Bearer s3cret") && pairs[0].is_secret);
    ck_assert(weir_str_is(pairs[1].value, "5") && !pairs[1].is_secret);
    ck_assert_int_eq(weir_plan_query(f.plan, &input, arena, &pairs, &count, NULL), WEIR_OK);
    ck_assert_uint_eq(count, 1);
    weir_arena_free(arena);
    feed_close(&f);
}
END_TEST

static void expect_slot(const char *spec, size_t slot)
{
    char text[4096];
    snprintf(text, sizeof text, HEAD "    subscribe: {subscribe: {%s}}\n", spec);
    feed f = feed_open(text);
    ck_assert_uint_eq(weir_plan_subscribe_slot(f.plan, 0), 0);
    ck_assert_uint_eq(weir_plan_subscribe_slot(f.plan, 1), slot);
    feed_close(&f);
}

START_TEST(one_message_for_several_streams_is_one_subscription)
{
    expect_slot("all: {json: \"{'s': [a.symbol for a in assets]}\"}", 0);
    expect_slot("data: {json: \"{'s': [a.symbol for a in assets]}\"}", 0);
    expect_slot("all: {json: \"{'s': stream}\"}", 1);
    expect_slot("a: {json: \"{'s': 1}\"}, b: {json: \"{'s': 2}\"}", 1);
}
END_TEST

START_TEST(template_mistakes_have_a_place)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"'SUB {symbl}'", "unknown token 'symbl'; did you mean 'symbol'"},
        {"'SUB {symbol'", "never closed"},
        {"'SUB }'", "single '}'"},
        {"'SUB {}'", "empty braces"},
        {"'SUB {symbol!x}'", "a conversion is"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[4096];
        snprintf(text, sizeof text,
                 HEAD "    subscribe: {subscribe: {all: {text: %s, tokens: {fields: {symbol: "
                      "asset.symbol}}}}}\n",
                 rows[i].text);
        feed f = feed_load(text);
        ck_assert_uint_eq(weir_diags_errors(f.diags), 1);
        const weir_diag *diag = weir_diags_at(f.diags, 0);
        ck_assert_msg(memmem(diag->text.ptr, diag->text.len, rows[i].what, strlen(rows[i].what)) !=
                          NULL,
                      "%.*s", WEIR_FMT(diag->text));
        ck_assert_uint_eq(diag->place.line, 12);
        feed_close(&f);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("messages");
    weir_check_case(suite, "text", a_json_message_is_compact_and_in_field_order,
                    a_message_that_names_asset_is_sent_per_asset,
                    a_list_of_messages_is_sent_in_its_order,
                    one_message_for_several_streams_is_one_subscription, bytes_are_an_expression);
    weir_check_case(suite, "secrets", secrets_are_sent_and_never_shown,
                    a_text_with_a_secret_masks_that_part_only);
    weir_check_case(suite, "connect", url_options_headers_and_query_are_filled_in);
    weir_check_case(suite, "mistakes", a_failing_message_says_which_and_why,
                    template_mistakes_have_a_place);
    return weir_check_run(suite);
}
