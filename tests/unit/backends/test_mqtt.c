/* SPDX-License-Identifier: MIT */
/* The pure parts of the mqtt backend: options and URLs, reason codes, topics, packets, the mailbox.
 */
#include <poll.h>
#include <pthread.h>

#include "backends/mqtt_mailbox.h"
#include "backends/mqtt_options.h"
#include "backends/mqtt_packets.h"
#include "backends/mqtt_rules.h"
#include "util/time.h"
#include "weir_check.h"

#include "../../backends/fill_options.c" /* options without a spec; of the other tests' folder */

/* ------------------------------------------------------------------ options and URLs */

typedef struct reading {
    weir_arena *arena;
    weir_options options;
    weir_mqtt_settings settings;
    weir_mqtt_address address;
    weir_error error;
    bool is_good;
} reading;

/* `settings` are "name=value", NULL at the end. */
static reading read_all(const char *url, const char *const *settings)
{
    reading r = {.arena = weir_arena_new(1024, 0)};
    const weir_str text = weir_str_of(url);
    r.options = fill_options(r.arena, weir_mqtt_option_rows, WEIR_MQTT_OPTION_COUNT);
    for (; settings && *settings; settings++)
        ck_assert_msg(fill_option(r.arena, &r.options, *settings), "%s", *settings);
    weir_mqtt_settings_read(&r.options, &r.settings);
    r.is_good = weir_mqtt_settings_check(text, &r.options, &r.error) == WEIR_OK &&
                weir_mqtt_settings_keep(r.arena, &r.settings, &r.error) == WEIR_OK &&
                weir_mqtt_address_read(text, &r.settings, &r.address, &r.error) == WEIR_OK;
    return r;
}

#define READ(url, ...) read_all(url, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void done(reading *r)
{
    weir_arena_free(r->arena);
}

static void expect_address(reading r, bool is_secure, bool is_websocket, unsigned port)
{
    ck_assert_msg(r.is_good, "%s", r.error.text);
    ck_assert_int_eq(r.address.is_secure, is_secure);
    ck_assert_int_eq(r.address.is_websocket, is_websocket);
    ck_assert_uint_eq(r.address.port, port);
    done(&r);
}

static void expect_refusal(reading r, const char *words)
{
    ck_assert_msg(!r.is_good, "nothing was said about %s", words);
    ck_assert_int_eq(r.error.code, WEIR_ERR_ARGUMENT);
    ck_assert_msg(strstr(r.error.text, words) != NULL, "%s", r.error.text);
    done(&r);
}

static void expect_url(reading r, const char *wanted)
{
    weir_buf text = {0};
    ck_assert_msg(r.is_good, "%s", r.error.text);
    weir_mqtt_address_put(&r.address, &text);
    ck_assert_str_eq(weir_buf_cstr(&text), wanted);
    weir_buf_fini(&text);
    done(&r);
}

START_TEST(schemes_say_how_and_where)
{
    expect_address(READ("mqtt://h"), false, false, 1883);
    expect_address(READ("tcp://h"), false, false, 1883);
    expect_address(READ("mqtts://h"), true, false, 8883);
    expect_address(READ("ssl://h:9"), true, false, 9);
    expect_address(READ("ws://h"), false, true, 80);
    expect_address(READ("wss://h"), true, true, 443);
    expect_address(READ("mqtt://[::1]:1884"), false, false, 1884);
}
END_TEST

START_TEST(transport_and_tls_kwargs_are_pahos_way_to_say_it)
{
    expect_address(READ("mqtt://h", "transport=websockets"), false, true, 1883);
    expect_address(READ("mqtt://h:9001", "transport=websockets"), false, true, 9001);
    expect_address(READ("mqtt://h", "tls_kwargs.tls_version=2"), true, false, 8883);
    expect_address(READ("mqtt://h:1883", "tls_kwargs.tls_version=2"), true, false, 1883);
    expect_address(READ("tcp://h:7", "transport=websockets", "tls_kwargs.cert_reqs=0"), true, true,
                   7);
}
END_TEST

START_TEST(a_websocket_has_a_path)
{
    expect_url(READ("ws://h:8080"), "ws://h:8080/mqtt");
    expect_url(READ("wss://h/a?b=c"), "wss://h:443/a?b=c");
    expect_url(READ("mqtts://h:1/x", "transport=websockets"), "wss://h:1/x");
    expect_url(READ("ws://[::1]/"), "ws://[::1]:80/");
}
END_TEST

START_TEST(numbers_of_pythons_ssl_are_understood)
{
    reading r = READ("mqtt://h", "tls_kwargs.tls_version=5", "tls_kwargs.ca_certs=ca.pem",
                     "tls_kwargs.certfile=c.pem", "tls_kwargs.keyfile=k.pem",
                     "tls_kwargs.keyfile_password=p", "tls_kwargs.cert_reqs=0",
                     "tls_kwargs.ciphers=HIGH", "tls_kwargs.alpn_protocols=mqtt,x");
    ck_assert_msg(r.is_good, "%s", r.error.text);
    const weir_tls_options *tls = &r.settings.tls;
    ck_assert(tls->is_tls12_only && !tls->verifies);
    ck_assert(weir_str_is(tls->ca, "ca.pem") && weir_str_is(tls->cert, "c.pem"));
    ck_assert(weir_str_is(tls->key, "k.pem") && weir_str_is(tls->key_password, "p"));
    ck_assert(weir_str_is(tls->ciphers, "HIGH"));
    ck_assert(tls->has_own_alpn && tls->alpn_count == 2 && weir_str_is(tls->alpn[1], "x"));
    done(&r);
    r = READ("mqtt://h", "tls_kwargs.tls_version=2");
    ck_assert(r.is_good && !r.settings.tls.is_tls12_only && r.settings.tls.verifies);
    ck_assert(r.settings.tls.has_own_alpn && r.settings.tls.alpn_count == 0);
    done(&r);
    static const char *const bad[] = {"0", "1", "3", "4", "6", "17"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char setting[64];
        snprintf(setting, sizeof setting, "tls_kwargs.tls_version=%s", bad[i]);
        expect_refusal(READ("mqtt://h", setting), "of Python's ssl");
    }
}
END_TEST

START_TEST(what_cannot_be_meant_together_is_refused)
{
    expect_refusal(READ("ws://h", "transport=tcp"), "contradicts the URL");
    expect_refusal(READ("mqtt://h", "tls.ca=x"), "'tls' has no effect");
    expect_refusal(READ("mqtts://h", "tls.ca=x", "tls_kwargs.ca_certs=y"), "twice");
    expect_refusal(READ("mqtt://h", "password=p"), "needs a 'username'");
    expect_refusal(READ("mqtt://h", "session_expiry=1h"), "needs 'version: 5'");
    expect_refusal(READ("mqtt://h", "clean_start=false"), "needs a 'client_id'");
    expect_refusal(READ("mqtt://h", "version=5", "clean_start=false", "client_id=x"),
                   "without 'session_expiry'");
    expect_refusal(READ("mqtt://h", "will.qos=1"), "'will' needs a 'topic'");
    expect_refusal(READ("mqtt://h", "will.topic=a/#"), "wildcard");
    expect_refusal(READ("mqtt://h/path"), "only websockets have");
    expect_refusal(READ("mqtt://u:p@h"), "auth.mqtt");
    expect_refusal(READ("http://h"), "must be mqtt, mqtts, tcp, ssl, ws or wss");
}
END_TEST

START_TEST(what_can_be_is_read)
{
    reading r = READ("mqtts://h", "version=5", "client_id=me", "clean_start=false",
                     "session_expiry=90s", "keepalive=7", "will.topic=t", "will.payload=gone",
                     "will.qos=1", "will.retain=true", "tls.verify=false", "publish_qos=2",
                     "max_message=1KiB", "max_queue=2KiB", "connect_timeout=3s");
    const weir_mqtt_settings *s = &r.settings;
    ck_assert_msg(r.is_good, "%s", r.error.text);
    ck_assert(s->is_v5 && !s->is_clean && s->session_expiry_s == 90 && s->keepalive_s == 7);
    ck_assert(s->has_will && weir_str_is(s->will_payload, "gone") && s->will_retain);
    ck_assert(s->will_qos == 1 && s->publish_qos == 2 && !s->tls.verifies);
    ck_assert(s->max_message == 1024 && s->max_queue == 2048);
    ck_assert(s->connect_timeout_ns == 3 * WEIR_NS_PER_S && !s->has_password);
    done(&r);
}
END_TEST

/* ------------------------------------------------------------------ rules */

static void expect_refused(bool is_v5, int code, weir_code wanted, const char *words)
{
    weir_error error = {0};
    ck_assert_int_eq(weir_mqtt_refusal(is_v5, code, &error), wanted);
    ck_assert_msg(strstr(error.text, words) != NULL, "%d: %s", code, error.text);
}

START_TEST(a_refused_login_is_told_from_other_refusals)
{
    expect_refused(false, 4, WEIR_ERR_AUTH, "bad user name or password");
    expect_refused(false, 5, WEIR_ERR_AUTH, "not authorized");
    expect_refused(true, 0x86, WEIR_ERR_AUTH, "bad user name or password");
    expect_refused(true, 0x87, WEIR_ERR_AUTH, "not authorized");
    expect_refused(true, 0x8a, WEIR_ERR_AUTH, "banned");
    expect_refused(false, 1, WEIR_ERR_UNSUPPORTED, "does not speak MQTT 3.1.1");
    expect_refused(true, 0x84, WEIR_ERR_UNSUPPORTED, "set the option 'version' to 3.1.1");
    expect_refused(false, 3, WEIR_ERR_HANDSHAKE, "server unavailable");
    expect_refused(true, 0x9f, WEIR_ERR_HANDSHAKE, "connection rate exceeded");
    expect_refused(true, 0xf0, WEIR_ERR_HANDSHAKE, "no reason that is known (240)");
    expect_refused(false, 77, WEIR_ERR_HANDSHAKE, "no reason that is known (77)");
}
END_TEST

static bool is_filter(const char *text)
{
    weir_error error = {0};
    const bool is_good = weir_mqtt_check_filter(weir_str_of(text), &error) == WEIR_OK;
    ck_assert_int_eq(is_good, error.text[0] == '\0');
    return is_good;
}

START_TEST(wildcards_stand_for_whole_levels)
{
    static const char *const good[] = {"a",      "/",       "a/b",   "#",    "a/#",
                                       "+",      "+/a",     "a/+/b", "a//b", "$share/g/a/+",
                                       "$SYS/#", "\xc3\xa9"};
    static const char *const bad[] = {"", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(is_filter(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!is_filter(bad[i]), "%s", bad[i]);
    ck_assert_int_eq(weir_mqtt_check_filter((weir_str){"a\0b", 3}, NULL), WEIR_ERR_ARGUMENT);
    ck_assert_int_eq(weir_mqtt_check_topic(WEIR_STR("a/+"), NULL), WEIR_ERR_ARGUMENT);
    ck_assert_int_eq(weir_mqtt_check_topic(WEIR_STR("a/b"), NULL), WEIR_OK);
}
END_TEST

START_TEST(a_topic_has_at_most_65535_bytes)
{
    static char text[65537];
    memset(text, 'a', sizeof text);
    ck_assert_int_eq(weir_mqtt_check_topic((weir_str){text, 65535}, NULL), WEIR_OK);
    ck_assert_int_eq(weir_mqtt_check_topic((weir_str){text, 65536}, NULL), WEIR_ERR_ARGUMENT);
}
END_TEST

/* ------------------------------------------------------------------ packets */

static weir_code feed(weir_mqtt_packets *packets, const char *bytes, size_t len, weir_error *error)
{
    size_t used = 0;
    return weir_mqtt_packets_read(packets, (weir_bytes){(const uint8_t *)bytes, len}, false, &used,
                                  error);
}

static weir_code server_says(bool is_v5, const char *bytes, size_t len, weir_error *error)
{
    weir_code code = WEIR_OK;
    weir_mqtt_packets whole = {.is_from_server = true, .is_v5 = is_v5, .max_size = 1000};
    weir_mqtt_packets torn = whole;
    weir_error second = {0};
    *error = second;
    for (size_t i = 0; i < len && code == WEIR_OK; i++)
        code = feed(&torn, bytes + i, 1, &second);
    ck_assert_int_eq(feed(&whole, bytes, len, error), code);
    ck_assert_str_eq(error->text, second.text);
    return code;
}

#define SAYS(is_v5, bytes, error) server_says(is_v5, bytes, sizeof(bytes) - 1, error)

START_TEST(packets_are_measured_wherever_they_are_torn)
{
    weir_error error = {0};
    ck_assert_int_eq(SAYS(false,
                          "\x20\x02\x00\x00\xd0\x00\x30\x05\x00\x01"
                          "a12",
                          &error),
                     WEIR_OK);
    ck_assert_int_eq(SAYS(true, "\x90\x04\x00\x01\x00\x00", &error), WEIR_OK);
    ck_assert_int_eq(SAYS(false, "\x30\xe8\x07", &error), WEIR_OK); /* 1000 bytes to come */
    ck_assert_int_eq(SAYS(false, "\x30\xe9\x07", &error), WEIR_ERR_LIMIT);
    ck_assert(strstr(error.text, "1001 bytes"));
    ck_assert_int_eq(SAYS(false, "\x30\xff\xff\xff\x7f", &error), WEIR_ERR_LIMIT);
    ck_assert_int_eq(SAYS(false, "\x30\xff\xff\xff\xff", &error), WEIR_ERR_PROTOCOL);
    ck_assert_int_eq(SAYS(false, "\x10\x10", &error), WEIR_ERR_PROTOCOL); /* a CONNECT */
    ck_assert_int_eq(SAYS(false, "\x20\x01", &error), WEIR_ERR_PROTOCOL); /* too short */
}
END_TEST

START_TEST(a_suback_without_codes_does_not_pass)
{
    weir_error error = {0};
    ck_assert_int_eq(SAYS(true, "\x90\x03\x00\x01\x00", &error), WEIR_ERR_PROTOCOL);
    ck_assert_int_eq(SAYS(true, "\x90\x06\x00\x01\x03\x1f\x00\x00", &error), WEIR_ERR_PROTOCOL);
    ck_assert_int_eq(SAYS(true, "\x90\x07\x00\x01\x03\x1f\x00\x00\x87", &error), WEIR_OK);
    ck_assert_int_eq(SAYS(false, "\x90\x02\x00\x01", &error), WEIR_ERR_PROTOCOL);
}
END_TEST

START_TEST(reading_stops_between_packets_when_asked_to)
{
    weir_mqtt_packets packets = {.max_size = 100};
    static const uint8_t bytes[] = {0xc0, 0, 0xe0, 0};
    size_t used = 0;
    ck_assert_int_eq(weir_mqtt_packets_read(&packets, (weir_bytes){bytes, 4}, true, &used, NULL),
                     WEIR_OK);
    ck_assert_uint_eq(used, 2);
    ck_assert(weir_mqtt_packets_at_boundary(&packets));
    ck_assert_uint_eq(packets.type, 12);
}
END_TEST

/* ------------------------------------------------------------------ the mailbox */

enum { LETTERS = 20000 };

static bool is_readable(const weir_mqtt_mailbox *mailbox)
{
    struct pollfd ready = {.fd = weir_mqtt_mailbox_fd(mailbox), .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

static void put(weir_mqtt_mailbox *mailbox, unsigned kind, weir_str name, weir_str bytes)
{
    const weir_mqtt_letter letter = {kind, 7, name, bytes};
    ck_assert(weir_mqtt_mailbox_put(mailbox, &letter));
}

START_TEST(letters_come_out_in_order_with_zeros_behind)
{
    weir_mqtt_mailbox *mailbox = weir_mqtt_mailbox_new(NULL);
    weir_mqtt_letter letter;
    ck_assert(!is_readable(mailbox) && !weir_mqtt_mailbox_take(mailbox, &letter));
    put(mailbox, 1, WEIR_STR("t"), WEIR_STR("one"));
    put(mailbox, 2, (weir_str){0}, (weir_str){0});
    const size_t waiting = weir_mqtt_mailbox_waiting(mailbox);
    ck_assert(is_readable(mailbox) && waiting > 4);
    ck_assert(weir_mqtt_mailbox_take(mailbox, &letter) && letter.kind == 1 && letter.time_ns == 7);
    ck_assert(weir_str_is(letter.name, "t") && weir_str_is(letter.bytes, "one"));
    for (size_t i = 0; i < 64; i++)
        ck_assert_int_eq(letter.bytes.ptr[letter.bytes.len + i], 0);
    put(mailbox, 3, WEIR_STR("u"), WEIR_STR("late"));
    ck_assert(weir_mqtt_mailbox_take(mailbox, &letter) && letter.kind == 2 &&
              letter.bytes.len == 0);
    ck_assert(is_readable(mailbox));
    ck_assert(weir_mqtt_mailbox_take(mailbox, &letter) && letter.kind == 3);
    ck_assert(!weir_mqtt_mailbox_take(mailbox, &letter) && !is_readable(mailbox));
    ck_assert_uint_eq(weir_mqtt_mailbox_waiting(mailbox), 0);
    weir_mqtt_mailbox_free(mailbox);
}
END_TEST

static void *write_letters(void *user)
{
    for (unsigned i = 0; i < LETTERS; i++) {
        char text[32];
        const int len = snprintf(text, sizeof text, "%u", i);
        put(user, i, WEIR_STR("n"), (weir_str){text, (size_t)len});
    }
    return NULL;
}

START_TEST(a_writer_on_another_thread_is_heard_in_order)
{
    weir_mqtt_mailbox *mailbox = weir_mqtt_mailbox_new(NULL);
    pthread_t writer;
    weir_mqtt_letter letter;
    ck_assert_int_eq(pthread_create(&writer, NULL, write_letters, mailbox), 0);
    for (unsigned i = 0; i < LETTERS;) {
        struct pollfd ready = {.fd = weir_mqtt_mailbox_fd(mailbox), .events = POLLIN};
        ck_assert_int_eq(poll(&ready, 1, 10000), 1);
        while (weir_mqtt_mailbox_take(mailbox, &letter))
            ck_assert_uint_eq(letter.kind, i++);
    }
    pthread_join(writer, NULL);
    ck_assert(!weir_mqtt_mailbox_take(mailbox, &letter));
    weir_mqtt_mailbox_free(mailbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mqtt");
    weir_check_case(suite, "options", schemes_say_how_and_where,
                    transport_and_tls_kwargs_are_pahos_way_to_say_it, a_websocket_has_a_path,
                    numbers_of_pythons_ssl_are_understood, what_cannot_be_meant_together_is_refused,
                    what_can_be_is_read);
    weir_check_case(suite, "rules", a_refused_login_is_told_from_other_refusals,
                    wildcards_stand_for_whole_levels, a_topic_has_at_most_65535_bytes);
    weir_check_case(suite, "packets", packets_are_measured_wherever_they_are_torn,
                    a_suback_without_codes_does_not_pass,
                    reading_stops_between_packets_when_asked_to);
    weir_check_case(suite, "mailbox", letters_come_out_in_order_with_zeros_behind,
                    a_writer_on_another_thread_is_heard_in_order);
    return weir_check_run(suite);
}
