/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>

#include <weir/weir.h>

#include "weir_check.h"

/* Nothing listens at port 1: both connections go round in backoff for ever. */
static const char text[] =
    "weir: 1\n"
    "name: acme\n"
    "assets:\n"
    "  fields: {symbol: sym, broker_symbol: name}\n"
    "  list: [{sym: AAPL, name: Apple}, {sym: MSFT, name: Soft}]\n"
    "credentials: [api_key]\n"
    "connections:\n"
    "  private:\n"
    "    url: ws://127.0.0.1:1/\n"
    "    backend: {type: websocket}\n"
    "    streams: [order]\n"
    "    auth: {mode: headers, headers: {fields: {Key: credentials.api_key}}}\n"
    "  one: &one\n"
    "    url: ws://127.0.0.1:1/\n"
    "    backend: {type: websocket}\n"
    "    streams: {trades: data, silent: heartbeat}\n"
    "    subscribe:\n"
    "      subscribe:\n"
    "        trades: {json: \"[a.symbol for a in subscribe_assets]\"}\n"
    "    parser: {format: json}\n"
    "    router: {default_channel: trades}\n"
    "    converters:\n"
    "      trades: [{fields: {close: \"data['p']\"}}]\n"
    "      silent: [{fields: {close: \"data['p']\"}}]\n"
    "    reconnect: {initial: 1ms, max: 5ms}\n"
    "  two: *one\n";

static weir_spec *spec;
static weir_error error;

static void set_up(void)
{
    char path[] = "/tmp/weir-test-runtime-XXXXXX.yaml";
    const int fd = mkstemps(path, 5);
    ck_assert(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    weir_report *report = NULL;
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    spec = weir_spec_load(path, NULL, &report, &error);
    unlink(path);
    char *findings = weir_report_text(report, false);
    ck_assert_msg(spec != NULL, "%s", findings);
    free(findings);
    weir_report_free(report);
}

static void tear_down(void)
{
    weir_spec_free(spec);
}

/* NULL: the two public connections. */
static weir_runtime *open_runtime(const weir_runtime_options *options)
{
    static const char *const names[] = {"one", "two"};
    weir_runtime_options all = options ? *options : (weir_runtime_options){0};
    if (!all.connections)
        all.connections = names, all.connection_count = 2;
    options = &all;
    weir_runtime *runtime = weir_runtime_new(spec, options, &error);
    ck_assert_msg(runtime != NULL, "%s", error.text);
    return runtime;
}

static weir_code subscribe(weir_runtime *runtime, const char *stream, const char *symbol)
{
    return weir_runtime_subscribe(runtime, stream, &symbol, 1, NULL, &error);
}

START_TEST(a_runtime_that_was_never_started_is_freed)
{
    weir_runtime *runtime = open_runtime(NULL);
    ck_assert_uint_eq(weir_runtime_connections(runtime), 2);
    ck_assert_ptr_nonnull(weir_consumer_open(runtime, NULL, &error));
    weir_runtime_free(runtime);
    weir_runtime_free(NULL);
}
END_TEST

START_TEST(the_spec_may_be_freed_first)
{
    weir_runtime *runtime = open_runtime(NULL);
    weir_spec_free(spec);
    spec = NULL;
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(connections_are_chosen_by_name)
{
    const char *const names[] = {"two", "two"};
    const char *const unknown[] = {"three"};
    weir_runtime *runtime =
        open_runtime(&(weir_runtime_options){.connections = names, .connection_count = 1});
    weir_connection_status status;
    ck_assert_uint_eq(weir_runtime_connections(runtime), 1);
    ck_assert(weir_runtime_status(runtime, 0, &status));
    ck_assert(weir_str_is(status.connection, "two"));
    ck_assert_int_eq(status.state, WEIR_STATE_IDLE);
    ck_assert(!weir_runtime_status(runtime, 1, &status));
    weir_runtime_free(runtime);
    weir_runtime_options options = {.connections = names, .connection_count = 2};
    ck_assert_ptr_null(weir_runtime_new(spec, &options, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "twice"));
    options.connections = unknown;
    options.connection_count = 1;
    ck_assert_ptr_null(weir_runtime_new(spec, &options, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "one, two"));
}
END_TEST

START_TEST(only_credentials_that_a_connection_names_are_needed)
{
    static const char *const names[] = {"private"};
    unsetenv("ACME_API_KEY");
    weir_runtime_free(open_runtime(NULL));
    const weir_runtime_options options = {.connections = names, .connection_count = 1};
    ck_assert_ptr_null(weir_runtime_new(spec, &options, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_CREDENTIALS);
    ck_assert_ptr_nonnull(strstr(error.text, "ACME_API_KEY"));
    setenv("ACME_API_KEY", "k", 1);
    weir_runtime_free(open_runtime(&options));
}
END_TEST

START_TEST(a_stream_is_named_with_its_connection_where_it_must)
{
    weir_runtime *runtime = open_runtime(NULL);
    ck_assert_int_eq(subscribe(runtime, "trades", "AAPL"), WEIR_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.text, "CONNECTION/trades"));
    ck_assert_int_eq(subscribe(runtime, "two/trades", "AAPL"), WEIR_OK);
    ck_assert_int_eq(subscribe(runtime, "two/trade", "AAPL"), WEIR_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "two/trades"));
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(symbols_are_those_of_the_master_data)
{
    weir_runtime *runtime = open_runtime(NULL);
    weir_connection_status status;
    ck_assert_int_eq(subscribe(runtime, "one/trades", "Apple"), WEIR_OK);
    ck_assert_int_eq(subscribe(runtime, "one/trades", "AAPL"), WEIR_OK);
    ck_assert(weir_runtime_status(runtime, 0, &status));
    ck_assert_uint_eq(status.wanted, 1);
    ck_assert_int_eq(subscribe(runtime, "one/trades", "TSLA"), WEIR_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "'TSLA'"));
    ck_assert_int_eq(subscribe(runtime, "one/trades", ""), WEIR_ERR_NOT_FOUND);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(a_stream_without_a_message_refuses_symbols)
{
    weir_runtime *runtime = open_runtime(NULL);
    ck_assert_int_eq(subscribe(runtime, "one/silent", "AAPL"), WEIR_ERR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "no subscribe message"));
    ck_assert_int_eq(weir_runtime_subscribe(runtime, "one/silent", NULL, 0, NULL, &error), WEIR_OK);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(what_was_not_subscribed_cannot_be_unsubscribed)
{
    const char *const symbols[] = {"AAPL", "MSFT"};
    weir_runtime *runtime = open_runtime(NULL);
    subscribe(runtime, "one/trades", "AAPL");
    ck_assert_int_eq(weir_runtime_unsubscribe(runtime, "one/trades", symbols, 2, &error),
                     WEIR_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "'MSFT'"));
    ck_assert_ptr_nonnull(strstr(error.text, "one/trades"));
    ck_assert_int_eq(weir_runtime_unsubscribe(runtime, "one/trades", symbols, 1, &error), WEIR_OK);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(a_runtime_is_started_once)
{
    weir_runtime *runtime = open_runtime(NULL);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_ERR_STATE);
    weir_runtime_stop(runtime, 0);
    weir_runtime_stop(runtime, 0);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_ERR_STATE);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(after_a_stop_no_consumer_opens_and_none_waits)
{
    weir_runtime *runtime = open_runtime(NULL);
    weir_consumer *consumer = weir_consumer_open(runtime, NULL, &error);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    weir_runtime_stop(runtime, 0);
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    ck_assert(weir_consumer_is_done(consumer));
    ck_assert_ptr_null(weir_consumer_open(runtime, NULL, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_STATE);
    weir_consumer_close(consumer);
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(a_consumer_of_no_connection_is_refused)
{
    weir_runtime *runtime = open_runtime(NULL);
    const weir_consumer_options options = {.connection = "three"};
    ck_assert_ptr_null(weir_consumer_open(runtime, &options, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_NOT_FOUND);
    weir_runtime_free(runtime);
}
END_TEST

static atomic_int backoffs;

static void on_event(void *user, const weir_event *event)
{
    (void)user;
    if (event->type == WEIR_EVENT_STATE && event->to == WEIR_STATE_BACKOFF) {
        ck_assert_int_eq(event->code, WEIR_ERR_CONNECT);
        ck_assert_uint_gt(event->reason.len, 0);
        atomic_fetch_add(&backoffs, 1);
    }
}

static void *stop(void *user)
{
    weir_runtime_stop(user, 0);
    return NULL;
}

START_TEST(a_refused_connection_is_tried_again_until_the_stop)
{
    weir_runtime *runtime =
        open_runtime(&(weir_runtime_options){.on_event = on_event, .reactors = 2});
    weir_connection_status status;
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    while (atomic_load(&backoffs) < 20) {
        ck_assert(weir_runtime_status(runtime, 0, &status));
        subscribe(runtime, "one/trades", "AAPL");
        usleep(1000);
    }
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, stop, runtime);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(weir_runtime_status(runtime, i, &status));
        ck_assert_int_eq(status.state, WEIR_STATE_STOPPED);
        ck_assert_uint_eq(status.connects, 0);
    }
    weir_runtime_free(runtime);
}
END_TEST

START_TEST(runtimes_come_and_go_by_the_dozen)
{
    for (int i = 0; i < 24; i++) {
        weir_runtime *runtime = open_runtime(&(weir_runtime_options){.reactors = 1 + i % 3});
        ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
        usleep((unsigned)i * 300);
        weir_runtime_free(runtime);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_runtime_that_was_never_started_is_freed,
        the_spec_may_be_freed_first,
        connections_are_chosen_by_name,
        only_credentials_that_a_connection_names_are_needed,
        a_stream_is_named_with_its_connection_where_it_must,
        symbols_are_those_of_the_master_data,
        a_stream_without_a_message_refuses_symbols,
        what_was_not_subscribed_cannot_be_unsubscribed,
        a_runtime_is_started_once,
        after_a_stop_no_consumer_opens_and_none_waits,
        a_consumer_of_no_connection_is_refused,
        a_refused_connection_is_tried_again_until_the_stop,
        runtimes_come_and_go_by_the_dozen,
    };
    Suite *suite = suite_create("runtime");
    TCase *tcase = tcase_create("runtime");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
