/* SPDX-License-Identifier: MIT */
/* Who watches a runner is told what it does, in order; what it does is the same unwatched. */
#include "pipeline/observer.h"
#include "pipeline_fixture.h"

static const char *const spec =
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"
    "    streams: {a: data, b: data}\n    frame: array\n"
    "    auth: {mode: none, ack: {match: \"data['ok']\", error: \"data['no']\"}}\n"
    "    router:\n      rules:\n"
    "        - {channel: a, match: \"data['t'] == 1\"}\n"
    "        - {channel: b, match: \"data['t'] == 2\"}\n"
    "    converters:\n"
    "      a:\n"
    "        - condition: \"data['x']\"\n"
    "          each: data['l']\n"
    "          fields: {v: item}\n"
    "        - fields:\n"
    "            v: {source: \"data['v']\", condition: \"value > 1\", transform: value * 2}\n"
    "            d: {source: \"data['d']\", default_value: 9}\n"
    "      b:\n"
    "        - {condition: \"data['y']\", fields: {v: \"1 / data['y']\"}}\n";

/* What was told, a word each. */
typedef struct seen {
    weir_buf text;
    weir_runner *runner;
} seen;

static void say(void *user, const char *format, ...) WEIR_PRINTF(2, 3);

static void say(void *user, const char *format, ...)
{
    seen *s = user;
    va_list args;
    va_start(args, format);
    weir_buf_vprintf(&s->text, format, args);
    va_end(args);
    weir_buf_putc(&s->text, '\n');
}

static void on_inflated(void *user, weir_str bytes)
{
    say(user, "inflated %zu", bytes.len);
}

static void on_message(void *user, const weir_value *message)
{
    say(user, "message %s", weir_value_type_name(message));
}

static void on_payload(void *user, const weir_value *payload)
{
    say(user, "payload %s", weir_value_type_name(payload));
}

static void on_record(void *user, const weir_value *record)
{
    say(user, "record %s", weir_value_type_name(record));
}

static void on_match(void *user, const weir_plan_route *route, weir_outcome outcome)
{
    const seen *s = user;
    say(user, "match %d: %d", (int)(route - s->runner->plan->routes), (int)outcome);
}

static void on_route(void *user, const weir_plan_route *route)
{
    say(user, "route to %zu", route->stream_count);
}

static void on_stream(void *user, const weir_plan_stream *stream)
{
    say(user, "stream %.*s", WEIR_FMT(stream->spec->name));
}

static void on_rule(void *user, const weir_plan_rule *rule, weir_outcome outcome)
{
    say(user, "rule of %zu columns: %d", rule->column_count, (int)outcome);
}

static void on_unconverted(void *user)
{
    say(user, "unconverted");
}

static void on_item(void *user, const weir_value *item)
{
    say(user, "item %s", weir_value_type_name(item));
}

static void on_field(void *user, const weir_plan_column *column, const weir_field_trace *trace)
{
    const seen *s = user;
    say(user, "field %.*s%s%s%s%s%s%s", WEIR_FMT(column->field->path),
        trace->has_source ? " source" : "", trace->has_transform ? " transform" : "",
        !trace->has_condition                    ? ""
        : trace->condition == WEIR_OUTCOME_TRUE  ? " holds"
        : trace->condition == WEIR_OUTCOME_FALSE ? " holds-not"
                                                 : " condition-raised",
        trace->uses_default ? " default" : "", trace->has_raised ? " " : "",
        trace->has_raised ? weir_raise_name(weir_vm_raise(s->runner->vm)) : "");
}

static void on_made(void *user, const weir_record *record)
{
    double v = 0;
    weir_record_get_f64(record, "v", &v);
    say(user, "made %g%s", v, weir_record_size(record) > 0 ? "" : " unfinished");
}

static void on_failed(void *user, weir_stage stage, const char *reason)
{
    say(user, "failed %s: %.20s", weir_stage_name(stage), reason);
}

static void on_wait(void *user, weir_wait wait, weir_outcome error, weir_outcome match)
{
    say(user, "wait %d: %d %d", (int)wait, (int)error, (int)match);
}

static const weir_observer observer = {on_inflated,
                                       on_message,
                                       on_payload,
                                       NULL /* a layout's */,
                                       on_record,
                                       on_match,
                                       on_route,
                                       on_stream,
                                       on_rule,
                                       on_unconverted,
                                       on_item,
                                       on_field,
                                       on_made,
                                       on_failed,
                                       NULL /* nothing is learnt */,
                                       on_wait};

/* What is told of a frame. The records are in f->out. */
static const char *watch(feed *f, seen *s, const char *frame)
{
    weir_buf_clear(&s->text);
    s->runner = f->runner;
    weir_runner_observe(f->runner, &observer, s);
    feed_text(f, frame);
    weir_runner_observe(f->runner, NULL, NULL);
    return weir_buf_cstr(&s->text);
}

START_TEST(a_record_is_followed_to_its_columns)
{
    feed f = feed_open(spec);
    seen s = {0};
    ck_assert_str_eq(watch(&f, &s, "[{\"t\":1,\"x\":0,\"v\":2}]"),
                     "message list\nrecord dict\nmatch 0: 1\nroute to 1\nstream a\n"
                     "rule of 1 columns: 0\nrule of 2 columns: 1\n"
                     "field v source transform holds\nfield d default KeyError\n"
                     "made 4\n");
    weir_buf_fini(&s.text);
    feed_close(&f);
}
END_TEST

START_TEST(a_condition_that_is_false_leaves_the_field_out)
{
    feed f = feed_open(spec);
    seen s = {0};
    ck_assert_ptr_nonnull(strstr(watch(&f, &s, "[{\"t\":1,\"x\":0,\"v\":0.5,\"d\":1}]"),
                                 "field v source transform holds-not\nfield d source\nmade 0"));
    weir_buf_fini(&s.text);
    feed_close(&f);
}
END_TEST

START_TEST(each_element_is_told)
{
    feed f = feed_open(spec);
    seen s = {0};
    ck_assert_ptr_nonnull(strstr(watch(&f, &s, "[{\"t\":1,\"x\":1,\"l\":[3,4]}]"),
                                 "rule of 1 columns: 1\n"
                                 "item int\nfield v source\nmade 3\n"
                                 "item int\nfield v source\nmade 4\n"));
    weir_buf_fini(&s.text);
    feed_close(&f);
}
END_TEST

START_TEST(what_fails_is_told_where_it_fails)
{
    feed f = feed_open(spec);
    seen s = {0};
    ck_assert_str_eq(watch(&f, &s, "[{\"t\":2,\"y\":0},{\"t\":2},{}]"),
                     "message list\n"
                     "record dict\nmatch 0: 0\nmatch 1: 1\nroute to 1\nstream b\n"
                     "rule of 1 columns: 0\nunconverted\n"
                     "record dict\nmatch 0: 0\nmatch 1: 1\nroute to 1\nstream b\n"
                     "rule of 1 columns: 2\nfailed convert: b.condition: KeyErro\n"
                     "record dict\nmatch 0: 2\nfailed route: match: KeyError: 't'\n"
                     "match 1: 2\nfailed route: match: KeyError: 't'\nroute to 0\n");
    ck_assert_str_eq(watch(&f, &s, "[1,"), "failed decode: not JSON: unexpected\n");
    ck_assert_str_eq(watch(&f, &s, "{}"), "message dict\nfailed frame: frame: array expects\n");
    weir_buf_fini(&s.text);
    feed_close(&f);
}
END_TEST

START_TEST(waits_tell_both_of_their_tests)
{
    feed f = feed_open(spec);
    seen s = {.runner = f.runner};
    char text[256] = "[{\"no\":1},{\"ok\":1,\"no\":0},{}]";
    const weir_runner_frame frame = {.bytes = weir_str_of(text)};
    weir_error why = {0};
    weir_runner_observe(f.runner, &observer, &s);
    ck_assert_int_eq(weir_runner_wait(f.runner, WEIR_WAIT_ACK, &frame, &why), WEIR_VERDICT_ERROR);
    ck_assert_str_eq(weir_buf_cstr(&s.text), "wait 1: 1 0\n");
    weir_buf_clear(&s.text);
    text[7] = '0';
    ck_assert_int_eq(weir_runner_wait(f.runner, WEIR_WAIT_ACK, &frame, &why), WEIR_VERDICT_MATCH);
    ck_assert_str_eq(weir_buf_cstr(&s.text), "wait 1: 0 2\nwait 1: 0 1\nwait 1: 2 2\n");
    weir_buf_fini(&s.text);
    feed_close(&f);
}
END_TEST

START_TEST(watching_changes_nothing)
{
    static const char *const frames[] = {
        "[{\"t\":1,\"x\":0,\"v\":2},{\"t\":1,\"x\":1,\"l\":[3,4]},{\"t\":2,\"y\":2},{\"t\":2}]",
        "[{\"t\":1,\"x\":1,\"l\":5},{\"t\":1,\"x\":0,\"v\":\"a\"}]", "{}", "[", "[]"};
    feed f = feed_open(spec);
    feed watched = feed_open(spec);
    seen s = {0};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        watch(&watched, &s, frames[i]);
        ck_assert_str_eq(feed_text(&f, frames[i]), weir_buf_cstr(&watched.out));
        ck_assert(memcmp(weir_runner_counters(f.runner), weir_runner_counters(watched.runner),
                         sizeof(weir_counters)) == 0);
    }
    weir_buf_fini(&s.text);
    feed_close(&f);
    feed_close(&watched);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("observer");
    weir_check_case(suite, "told", a_record_is_followed_to_its_columns,
                    a_condition_that_is_false_leaves_the_field_out, each_element_is_told,
                    what_fails_is_told_where_it_fails, waits_tell_both_of_their_tests);
    weir_check_case(suite, "same", watching_changes_nothing);
    return weir_check_run(suite);
}
