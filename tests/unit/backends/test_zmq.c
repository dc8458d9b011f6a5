/* SPDX-License-Identifier: MIT */
/* Endpoints, options that do not go together, and logins: all that is told before libzmq is asked.
 */
#include "backends/zmq_settings.h"
#include "weir_check.h"

static bool parses(const char *text, bool binds, weir_zmq_endpoint *endpoint, weir_error *error)
{
    return weir_zmq_endpoint_parse(weir_str_of(text), binds, endpoint, error) == WEIR_OK;
}

static void refused(const char *text, bool binds, const char *reason)
{
    weir_zmq_endpoint endpoint;
    weir_error error = {0};
    ck_assert_msg(!parses(text, binds, &endpoint, &error), "%s", text);
    ck_assert_int_eq(error.code, WEIR_ERR_ARGUMENT);
    ck_assert_msg(strstr(error.text, reason) != NULL, "%s: %s", text, error.text);
}

static void accepted(const char *text, bool binds, const char *host, unsigned port)
{
    weir_zmq_endpoint endpoint;
    weir_error error = {0};
    ck_assert_msg(parses(text, binds, &endpoint, &error), "%s: %s", text, error.text);
    ck_assert(!endpoint.is_ipc);
    ck_assert_str_eq(endpoint.host, host);
    ck_assert_uint_eq(endpoint.port, port);
}

START_TEST(a_tcp_endpoint_is_a_host_and_a_port)
{
    accepted("tcp://127.0.0.1:5556", false, "127.0.0.1", 5556);
    accepted("tcp://Feed.Example:1", false, "feed.example", 1);
    accepted("tcp://[::1]:65535", false, "::1", 65535);
    accepted("tcp://*:5556", true, "*", 5556);
    accepted("tcp://127.0.0.1:*", true, "127.0.0.1", 0);
    accepted("tcp://eth0:0", true, "eth0", 0);
}
END_TEST

START_TEST(an_ipc_endpoint_is_a_path)
{
    weir_zmq_endpoint endpoint;
    weir_error error = {0};
    ck_assert(parses("ipc:///run/feed.sock", false, &endpoint, &error) && endpoint.is_ipc);
    ck_assert_str_eq(endpoint.path, "/run/feed.sock");
    ck_assert(parses("ipc://@abstract", true, &endpoint, &error));
    char longest[] =
        "ipc:///aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    ck_assert_uint_eq(strlen(longest) - 6, WEIR_ZMQ_PATH_MAX);
    refused(longest, false, "at most 107 bytes, not 108");
    longest[strlen(longest) - 1] = '\0';
    ck_assert(parses(longest, false, &endpoint, &error));
    refused("ipc://", false, "the path of a socket");
}
END_TEST

START_TEST(what_libzmq_would_take_and_never_reach_is_refused)
{
    refused("tcp://127.0.0.1:99999", false, "port is not a number from 1 to 65535");
    refused("tcp://127.0.0.1:0", false, "port is not a number");
    refused("tcp://127.0.0.1:*", false, "port is not a number");
    refused("tcp://*:5556", false, "the host '*' is to bind to");
    refused("tcp://127.0.0.1", false, "needs a port");
    refused("tcp://127.0.0.1:", false, "port is not a number");
    refused("tcp://127.0.0.1:5556/", false, "port is not a number");
    refused("tcp://:5556", false, "a host and a port");
    refused("tcp://a/b:5556", false, "a host and a port");
    refused("tcp://user:pw@host:5556", false, "auth.zmq");
    refused("tcp://1.2.3:5556", false, "IPv4");
    refused("tcp://host;127.0.0.1:5556", false, "host");
    refused("inproc://feed", false, "a context of its own");
    refused("ws://host/feed", false, "not supported");
    refused("pgm://eth0;239.192.1.1:5555", false, "the transport 'pgm' is not supported");
    refused("127.0.0.1:5556", false, "begins with tcp:// or ipc://");
    refused("", false, "begins with tcp://");
    refused("tcp://127.0.0.1:65536", true, "0 to 65535, nor '*'");
}
END_TEST

/* ------------------------------------------------------------------ login */

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static weir_code login(const weir_link_pair *pairs, size_t count, bool binds, weir_zmq_login *out,
                       weir_error *error)
{
    *error = (weir_error){0};
    return weir_zmq_login_read(pairs, count, binds, out, error);
}

START_TEST(a_login_is_plain_or_curve)
{
    weir_zmq_login out;
    weir_error error;
    const weir_link_pair plain[] = {{WEIR_STR("username"), WEIR_STR("u"), false},
                                    {WEIR_STR("password"), WEIR_STR("p"), true}};
    const weir_link_pair curve[] = {{WEIR_STR("server_key"), WEIR_STR(KEY), false}};
    const weir_link_pair server[] = {{WEIR_STR("secret_key"), WEIR_STR(KEY), true}};
    ck_assert_int_eq(login(NULL, 0, false, &out, &error), WEIR_OK);
    ck_assert_int_eq(out.security, WEIR_ZMQ_NULL);
    ck_assert_int_eq(login(plain, 2, false, &out, &error), WEIR_OK);
    ck_assert_int_eq(out.security, WEIR_ZMQ_PLAIN);
    ck_assert_str_eq(out.password, "p");
    ck_assert_int_eq(login(curve, 1, false, &out, &error), WEIR_OK);
    ck_assert_int_eq(out.security, WEIR_ZMQ_CURVE);
    ck_assert_int_eq(login(server, 1, true, &out, &error), WEIR_OK);
    ck_assert_int_eq(out.security, WEIR_ZMQ_CURVE_SERVER);
}
END_TEST

START_TEST(a_login_that_cannot_be_meant_is_refused_without_its_values)
{
    static const struct {
        weir_link_pair pairs[2];
        size_t count;
        bool binds;
        const char *reason;
    } cases[] = {
        {{{WEIR_STR("username"), WEIR_STR("u"), 0}, {WEIR_STR("server_key"), WEIR_STR(KEY), 0}},
         2,
         false,
         "either user and password"},
        {{{WEIR_STR("username"), WEIR_STR(""), 0}}, 1, false, "the user name is empty"},
        {{{WEIR_STR("username"), WEIR_STR("u"), 0}}, 1, true, "use keys"},
        {{{WEIR_STR("server_key"), WEIR_STR(KEY), 0}}, 1, true, "'secret_key' alone"},
        {{{WEIR_STR("public_key"), WEIR_STR(KEY), 0}}, 1, true, "needs 'secret_key'"},
        {{{WEIR_STR("secret_key"), WEIR_STR(KEY), 1}}, 1, false, "needs 'server_key'"},
        {{{WEIR_STR("server_key"), WEIR_STR("hidden"), 1}}, 1, false, "it has 6 characters"},
        {{{WEIR_STR("username"), WEIR_STR("hid\0den"), 1}}, 1, false, "none of them zero"},
        {{{WEIR_STR("server_key"), WEIR_STR(KEY), 0}, {WEIR_STR("public_key"), WEIR_STR(KEY), 0}},
         2,
         false,
         "of no use without"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_zmq_login out;
        weir_error error;
        ck_assert_int_eq(login(cases[i].pairs, cases[i].count, cases[i].binds, &out, &error),
                         WEIR_ERR_ARGUMENT);
        ck_assert_msg(strstr(error.text, cases[i].reason) != NULL, "%zu: %s", i, error.text);
        ck_assert_ptr_null(strstr(error.text, "hid"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zmq");
    weir_check_case(suite, "endpoints", a_tcp_endpoint_is_a_host_and_a_port,
                    an_ipc_endpoint_is_a_path, what_libzmq_would_take_and_never_reach_is_refused);
    weir_check_case(suite, "logins", a_login_is_plain_or_curve,
                    a_login_that_cannot_be_meant_is_refused_without_its_values);
    return weir_check_run(suite);
}
