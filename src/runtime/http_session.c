/* SPDX-License-Identifier: MIT */
/*
 * A call may not be freed from inside its own callback, so a reply is judged where it comes and
 * what follows from it happens in the next turn of the loop. A renewal that fails is tried again
 * soon; when it has failed three times in a row the session is taken for lost, and the connection
 * is made anew with another one.
 */
#include "runtime/http_session.h"

#include <stdlib.h>

#include "backends/wire/http_call.h"
#include "runtime/backoff.h"
#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

enum { RENEWALS_MAX = 3, SHOWN_MAX = 160, ARENA_FIRST = 4096 };

#define RENEW_AGAIN_MAX (30 * WEIR_NS_PER_S)

struct weir_http_session {
    weir_connection *connection;
    weir_arena *arena; /* of the request at hand */
    weir_http_call *call;
    weir_timer *next;  /* what follows from a reply */
    weir_timer *renew; /* when to renew */
    weir_ws_settings settings;
    weir_options options;
    weir_session_outcome outcome;
    bool is_renewal;
    unsigned failures; /* of renewals in a row */
};

/* ------------------------------------------------------------------ what a reply means */

static void judge_status(weir_http_session *session, const weir_http_reply *reply)
{
    weir_session_outcome *outcome = &session->outcome;
    const int status = reply->head->status;
    char shown[SHOWN_MAX], reason[64];
    weir_http_show(weir_http_trim(reply->body), shown, sizeof shown);
    weir_http_show(reply->head->reason, reason, sizeof reason);
    outcome->is_fatal = (status == 401 || status == 403) && !session->is_renewal;
    outcome->retry_after_ns =
        weir_backoff_asked(&session->connection->spec->reconnect, status,
                           weir_http_retry_after(reply->head, reply->received_ns));
    if (status >= 300 && status < 400)
        weir_fail(&outcome->error, WEIR_ERR_HANDSHAKE,
                  "auth.session: the server redirects (%d); redirects are not followed", status);
    else
        weir_fail(&outcome->error, outcome->is_fatal ? WEIR_ERR_AUTH : WEIR_ERR_HANDSHAKE,
                  "auth.session: the server %s: %d %s: %s",
                  outcome->is_fatal ? "refused the credentials" : "gave no session", status, reason,
                  shown);
}

static void on_done(void *user, const weir_http_reply *reply, const weir_error *error)
{
    weir_http_session *session = user;
    weir_connection *connection = session->connection;
    session->outcome = (weir_session_outcome){0};
    if (!reply) {
        session->outcome.error = *error;
    } else if (reply->head->status < 200 || reply->head->status > 299) {
        judge_status(session, reply);
    } else {
        const weir_verdict verdict = weir_runner_session_reply(
            connection->runner, reply->body, session->is_renewal, &session->outcome.error);
        session->outcome.is_fatal = verdict == WEIR_VERDICT_ERROR && !session->is_renewal;
    }
    weir_timer_set(session->next, 0);
}

/* ------------------------------------------------------------------ what follows */

static void set_renewal(weir_http_session *session, int64_t delay_ns)
{
    weir_timer_set(session->renew, delay_ns);
}

static void renewed(weir_http_session *session)
{
    weir_connection *connection = session->connection;
    const int64_t every_ns = connection->spec->auth.session.renew.every_ns;
    const weir_error *error = &session->outcome.error;
    if (error->code == WEIR_OK) {
        session->failures = 0;
        set_renewal(session, every_ns);
        return;
    }
    weir_connection_tell(connection, WEIR_EVENT_ERROR, error->code, (weir_str){0}, 0,
                         "the session was not renewed: %s", error->text);
    const int64_t soon_ns = every_ns / 10 < RENEW_AGAIN_MAX ? every_ns / 10 : RENEW_AGAIN_MAX;
    const int64_t asked_ns = session->outcome.retry_after_ns;
    if (++session->failures == RENEWALS_MAX)
        weir_connection_drop(connection, error, false);
    else
        set_renewal(session, soon_ns > asked_ns ? soon_ns : asked_ns);
}

static void on_next(void *user)
{
    weir_http_session *session = user;
    weir_http_call_free(session->call);
    session->call = NULL;
    weir_arena_reset(session->arena);
    if (session->is_renewal)
        renewed(session);
    else
        weir_connection_has_session(session->connection, &session->outcome);
}

/* ------------------------------------------------------------------ asking */

/* TLS, proxy and timeouts are those of the connection where its backend has them, unless its
 * options wait for values of the very session. */
static const weir_ws_settings *settings_of(weir_http_session *session,
                                           const weir_message_input *input)
{
    const weir_connection *connection = session->connection;
    weir_error ignored;
    bool has_rows = false;
    for (size_t i = 0; i < connection->backend->option_count; i++)
        has_rows = has_rows || strcmp(connection->backend->options[i].name, "upgrade_timeout") == 0;
    if (!has_rows || weir_plan_options(connection->plan, input, session->arena, &session->options,
                                       &ignored) != WEIR_OK)
        return NULL;
    weir_ws_settings_read(&session->options, &session->settings);
    return &session->settings;
}

static weir_code start(weir_http_session *session, bool is_renewal, weir_error *error)
{
    weir_connection *connection = session->connection;
    const weir_message_input input = weir_connection_input(connection);
    weir_request request;
    weir_arena_reset(session->arena);
    const weir_code code = weir_plan_session_request(connection->plan, is_renewal, &input,
                                                     session->arena, &request, error);
    if (code != WEIR_OK)
        return code;
    const weir_http_order order = {
        .method = request.method,
        .url = request.url,
        .headers = weir_connection_pairs(session->arena, request.headers, request.header_count),
        .header_count = request.header_count,
        .query = weir_connection_pairs(session->arena, request.query, request.query_count),
        .query_count = request.query_count,
        .body = request.body,
        .content_type = request.content_type,
        .timeout_ns = connection->spec->auth.session.timeout_ns};
    if (!order.headers || !order.query)
        return weir_fail_nomem(error);
    if (!is_renewal)
        weir_connection_enter(connection, WEIR_STATE_AUTHENTICATING, WEIR_OK, 0,
                              "asking for a session: %.*s %.*s", WEIR_FMT(request.method),
                              WEIR_FMT(request.shown));
    session->is_renewal = is_renewal;
    session->call = weir_http_call_new(connection->reactor->loop, &order,
                                       settings_of(session, &input), on_done, session, error);
    return session->call ? WEIR_OK : error->code;
}

weir_code weir_http_session_ask(weir_http_session *session, weir_error *error)
{
    weir_http_session_end(session);
    return start(session, false, error);
}

static void on_renew(void *user)
{
    weir_http_session *session = user;
    session->outcome = (weir_session_outcome){0};
    if (session->call)
        return;
    if (start(session, true, &session->outcome.error) != WEIR_OK)
        renewed(session);
}

void weir_http_session_keep(weir_http_session *session)
{
    session->failures = 0;
    if (session->connection->spec->auth.session.has_renew)
        set_renewal(session, session->connection->spec->auth.session.renew.every_ns);
}

void weir_http_session_end(weir_http_session *session)
{
    weir_timer_cancel(session->next);
    weir_timer_cancel(session->renew);
    weir_http_call_free(session->call);
    session->call = NULL;
}

/* ------------------------------------------------------------------ lifecycle */

weir_http_session *weir_http_session_new(weir_connection *connection)
{
    weir_http_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    weir_loop *loop = connection->reactor->loop;
    session->connection = connection;
    session->arena = weir_arena_new(ARENA_FIRST, 0);
    session->next = weir_timer_new(loop, on_next, session);
    session->renew = weir_timer_new(loop, on_renew, session);
    if (session->arena && session->next && session->renew)
        return session;
    weir_http_session_free(session);
    return NULL;
}

void weir_http_session_free(weir_http_session *session)
{
    if (!session)
        return;
    weir_http_call_free(session->call);
    weir_timer_free(session->next);
    weir_timer_free(session->renew);
    weir_arena_free(session->arena);
    free(session);
}
