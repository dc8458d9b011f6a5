/* SPDX-License-Identifier: MIT */
/*
 * The venue's HTTP side: it gives tokens for the right key, and they run out unless they are
 * renewed, at times all the same. Requests fail as connects do: no answer, none in time, a status
 * with and without Retry-After, a reply that is no JSON. The linker puts these functions in the
 * place of the HTTP call.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/wire/http_call.h"
#include "sim.h"

enum { CALLS = 64, TOKENS = 256, REQUESTS = 60 /* in a minute are a storm */ };

struct weir_http_call {
    int number;
    weir_http_done_fn *on_done;
    void *user;
    int64_t timeout_ns;
    bool is_renewal;
    int token; /* that is renewed; -1: none that there is */
    bool has_key;
};

typedef struct token {
    int number;
    int64_t ends_at;
    bool is_doomed; /* no renewal helps */
} token;

static weir_http_call *calls[CALLS];
static token tokens[TOKENS];
static int call_count, token_count;
static int64_t requests[REQUESTS];
static size_t request_count;

void sim_http_begin(void)
{
    memset(tokens, 0, sizeof tokens);
    call_count = 0;
    token_count = 0;
    request_count = 0;
}

static weir_http_call *find(int number)
{
    weir_http_call *call = calls[number % CALLS];
    return call && call->number == number ? call : NULL;
}

/* ------------------------------------------------------------------ tokens */

static token *token_of(int number)
{
    token *t = &tokens[(unsigned)number % TOKENS];
    return number > 0 && t->number == number && t->ends_at > sim_now() ? t : NULL;
}

bool sim_token_holds(const char *text)
{
    return text && text[0] == 'T' && token_of(atoi(text + 1)) != NULL;
}

static int64_t lifetime(void)
{
    return sim_between(40 * SIM_S, 200 * SIM_S);
}

static int give_token(void)
{
    const int number = ++token_count;
    tokens[number % TOKENS] = (token){.number = number,
                                      .ends_at = sim_now() + lifetime(),
                                      .is_doomed = !sim_is_calm() && sim_chance(300)};
    sim_log("http: token %d", number);
    return number;
}

/* ------------------------------------------------------------------ replies */

static void reply_with(const weir_http_call *call, int status, const char *retry_after,
                       const char *text)
{
    char body[200 + WEIR_FRAME_SLACK] = "";
    weir_http_head *head = calloc(1, sizeof *head);
    if (!head)
        abort();
    snprintf(body, 200, "%s", text);
    head->minor = 1;
    head->status = status;
    head->reason = WEIR_STR("so it is");
    if (retry_after) {
        head->headers[0] = (weir_http_header){WEIR_STR("retry-after"), weir_str_of(retry_after)};
        head->count = 1;
    }
    const weir_http_reply reply = {
        .head = head, .body = weir_str_of(body), .received_ns = sim_wall_now()};
    sim_log("http: call %d: %d %s", call->number, status, text);
    call->on_done(call->user, &reply, NULL);
    free(head);
}

static void fail_with(const weir_http_call *call, weir_code code, const char *why)
{
    weir_error error = {.code = code};
    snprintf(error.text, sizeof error.text, "%s", why);
    sim_log("http: call %d: %s", call->number, why);
    call->on_done(call->user, NULL, &error);
}

static void time_out(void *user, int64_t number)
{
    const weir_http_call *call = find((int)number);
    (void)user;
    if (call)
        fail_with(call, WEIR_ERR_TIMEOUT, "no answer in time");
}

static void go_wrong(const weir_http_call *call)
{
    if (sim_chance(sim_how.refusals)) {
        reply_with(call, sim_chance(500) ? 401 : 403, NULL, "{}");
        return;
    }
    switch (sim_below(7)) {
    case 0: sim_after(call->timeout_ns, time_out, NULL, call->number); break;
    case 1: fail_with(call, WEIR_ERR_CONNECT, "connection refused"); break;
    case 2: reply_with(call, 429, "9", "{}"); break;
    case 3: reply_with(call, 503, NULL, "<html>"); break;
    case 4: reply_with(call, 418, "20", "{}"); break;
    case 5: reply_with(call, 200, NULL, "{\"token\":"); break;
    default: reply_with(call, 200, NULL, "{\"other\":1}"); break;
    }
}

static void give_session(const weir_http_call *call)
{
    char text[40];
    if (!call->has_key || sim_how.refuses_login) {
        reply_with(call, 200, NULL, "{\"code\":7}");
        return;
    }
    snprintf(text, sizeof text, "{\"token\":\"T%d\"}", give_token());
    reply_with(call, 200, NULL, text);
}

static void renew(const weir_http_call *call)
{
    token *t = token_of(call->token);
    if (t && (!t->is_doomed || sim_is_calm()))
        t->ends_at = sim_now() + lifetime();
    if (t)
        reply_with(call, 200, NULL, "{}");
    else
        reply_with(call, 400, NULL, "{\"code\":9}");
}

static void answer(void *user, int64_t number)
{
    const weir_http_call *call = find((int)number);
    (void)user;
    if (!call)
        return;
    if (!sim_venue_is_there())
        fail_with(call, WEIR_ERR_CONNECT, "connection refused");
    else if (!sim_is_calm() && sim_chance(sim_how.connect_fails / 2))
        go_wrong(call);
    else if (call->is_renewal)
        renew(call);
    else
        give_session(call);
}

/* ------------------------------------------------------------------ the call */

static void check_storm(void)
{
    const size_t at = request_count++ % REQUESTS;
    if (request_count > REQUESTS && sim_now() - requests[at] < 60 * SIM_S)
        sim_broken("more than %d requests for a session within a minute", REQUESTS);
    requests[at] = sim_now();
}

weir_http_call *__wrap_weir_http_call_new(weir_loop *loop, const weir_http_order *order,
                                          const weir_ws_settings *settings,
                                          weir_http_done_fn *on_done, void *user,
                                          weir_error *error);
weir_http_call *__wrap_weir_http_call_new(weir_loop *loop, const weir_http_order *order,
                                          const weir_ws_settings *settings,
                                          weir_http_done_fn *on_done, void *user, weir_error *error)
{
    static const char mark[] = "token=T", key[] = "key=right";
    weir_http_call *call = calloc(1, sizeof *call);
    (void)loop;
    (void)settings;
    if (!call || calls[call_count % CALLS]) {
        free(call);
        error->code = WEIR_ERR_NOMEM;
        return NULL;
    }
    const char *number = memmem(order->body.ptr, order->body.len, mark, sizeof mark - 1);
    *call = (weir_http_call){
        .number = call_count,
        .on_done = on_done,
        .user = user,
        .timeout_ns = order->timeout_ns,
        .is_renewal = weir_str_is(order->method, "PUT"),
        .token = number ? atoi(number + sizeof mark - 1) : -1,
        .has_key = memmem(order->body.ptr, order->body.len, key, sizeof key - 1) != NULL};
    calls[call_count++ % CALLS] = call;
    sim_log("http: call %d: %.*s %.*s", call->number, WEIR_FMT(order->method),
            WEIR_FMT(order->body));
    check_storm();
    sim_after(sim_between(SIM_MS, sim_how.latency_ns * 3), answer, NULL, call->number);
    return call;
}

void __wrap_weir_http_call_free(weir_http_call *call);
void __wrap_weir_http_call_free(weir_http_call *call)
{
    if (call)
        calls[call->number % CALLS] = NULL;
    free(call);
}
