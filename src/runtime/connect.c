/* SPDX-License-Identifier: MIT */
/*
 * What a link is opened with. Credentials are looked up and everything that depends on them is
 * evaluated before each connect, never kept: a token that was renewed on disk is used, one that
 * expired is not.
 */
#include "runtime/budget.h"
#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

weir_message_input weir_connection_input(weir_connection *connection)
{
    return (weir_message_input){.vm = weir_runner_vm(connection->runner),
                                .world = &connection->world.expr,
                                .scratch = &connection->scratch};
}

const weir_link_pair *weir_connection_pairs(weir_arena *arena, const weir_plan_pair *from,
                                            size_t count)
{
    weir_link_pair *pairs = WEIR_ARENA_ARRAY(arena, weir_link_pair, count + 1);
    for (size_t i = 0; pairs && i < count; i++)
        pairs[i] = (weir_link_pair){from[i].name, from[i].value, from[i].is_secret};
    return pairs;
}

static weir_code make_pairs(weir_arena *arena, const weir_plan_pair *from, size_t count,
                            const weir_link_pair **to, weir_error *error)
{
    *to = weir_connection_pairs(arena, from, count);
    return *to ? WEIR_OK : weir_fail_nomem(error);
}

static weir_code make_headers(weir_connection *connection, const weir_message_input *input,
                              weir_link_target *target, weir_error *error)
{
    weir_plan_pair *pairs = NULL;
    weir_arena *arena = connection->arena;
    if (!(connection->spec->auth.modes & WEIR_AUTH_HEADERS))
        return WEIR_OK;
    const weir_code code =
        weir_plan_headers(connection->plan, input, arena, &pairs, &target->header_count, error);
    return code != WEIR_OK
               ? code
               : make_pairs(arena, pairs, target->header_count, &target->headers, error);
}

static weir_code make_query(weir_connection *connection, const weir_message_input *input,
                            weir_link_target *target, weir_error *error)
{
    weir_plan_pair *pairs = NULL;
    weir_arena *arena = connection->arena;
    if (!(connection->spec->auth.modes & WEIR_AUTH_URL))
        return WEIR_OK;
    const weir_code code =
        weir_plan_query(connection->plan, input, arena, &pairs, &target->query_count, error);
    return code != WEIR_OK ? code
                           : make_pairs(arena, pairs, target->query_count, &target->query, error);
}

static weir_code make_login(weir_connection *connection, const weir_message_input *input,
                            weir_link_target *target, weir_error *error)
{
    weir_plan_pair *pairs = NULL;
    weir_arena *arena = connection->arena;
    if (!(connection->spec->auth.modes & (WEIR_AUTH_MQTT | WEIR_AUTH_ZMQ)))
        return WEIR_OK;
    const weir_code code =
        weir_plan_login(connection->plan, input, arena, &pairs, &target->login_count, error);
    return code != WEIR_OK ? code
                           : make_pairs(arena, pairs, target->login_count, &target->login, error);
}

typedef struct hello {
    weir_connection *connection;
    weir_link_target *target;
} hello;

static bool keep_hello(void *user, const weir_outgoing *message)
{
    const hello *h = user;
    weir_connection_tap(h->connection, message);
    h->target->hello = weir_arena_copy(h->connection->arena, message->bytes);
    return h->target->hello.ptr != NULL;
}

/* One with a name of its own is no part of the connect: it is sent under that, as others are. */
bool weir_connection_says_hello(const weir_connection *connection)
{
    const weir_message *message = weir_plan_first_message(connection->plan);
    return (connection->backend->traits & WEIR_BACKEND_HELLO) && message &&
           !weir_message_names_event(message);
}

/* Where the first message is part of the connect it is made now. */
static weir_code make_hello(weir_connection *connection, const weir_message_input *input,
                            weir_link_target *target, weir_error *error)
{
    hello h = {connection, target};
    if (!weir_connection_says_hello(connection))
        return WEIR_OK;
    const weir_message *message = weir_plan_first_message(connection->plan);
    const weir_code code = weir_message_emit(message, input, keep_hello, &h, error);
    return code == WEIR_OK && !target->hello.ptr ? weir_fail_nomem(error) : code;
}

/* Claimed before anything is sent, so that it is we who wait and not the venue who hangs up. */
static weir_code claim_key(weir_connection *connection, const weir_message_input *input,
                           weir_error *error)
{
    weir_str key;
    weir_buf owner = {0};
    const weir_code code =
        weir_plan_exclusive(connection->plan, input, connection->arena, &key, error);
    if (code != WEIR_OK || key.len == 0)
        return code;
    weir_buf_printf(&owner, "%.*s/%.*s", WEIR_FMT(connection->source->model->name),
                    WEIR_FMT(connection->spec->name));
    const weir_code taken = weir_claim_take(&connection->claim, key, weir_buf_str(&owner), error);
    weir_buf_fini(&owner);
    return taken;
}

weir_code weir_connection_refresh(weir_connection *connection, weir_error *error)
{
    const weir_code code = weir_world_refresh(&connection->world, connection->source, error);
    if (code == WEIR_OK)
        weir_reload_note_logins(connection);
    return code;
}

/* A recording wants no login and none of the credentials; a URL that cannot be filled in without
 * them is left out. */
static weir_code prepare_played(weir_connection *connection, const weir_message_input *input,
                                weir_link_target *target, weir_str *shown, weir_error *error)
{
    *shown = WEIR_STR("what was recorded");
    if (weir_plan_url(connection->plan, input, connection->arena, &target->url, &(weir_str){0},
                      error) != WEIR_OK)
        target->url = (weir_str){0};
    return WEIR_OK;
}

static weir_code prepare(weir_connection *connection, const weir_message_input *input,
                         weir_link_target *target, weir_str *shown, weir_error *error)
{
    weir_code code = weir_connection_refresh(connection, error);
    if (code == WEIR_OK)
        code =
            weir_plan_url(connection->plan, input, connection->arena, &target->url, shown, error);
    if (code == WEIR_OK)
        code = claim_key(connection, input, error);
    if (code == WEIR_OK)
        code = make_headers(connection, input, target, error);
    if (code == WEIR_OK)
        code = make_query(connection, input, target, error);
    if (code == WEIR_OK)
        code = make_login(connection, input, target, error);
    return code == WEIR_OK ? make_hello(connection, input, target, error) : code;
}

weir_code weir_connection_open(weir_connection *connection, const weir_link_sink *sink,
                               int64_t *wait_ns, weir_error *error)
{
    *wait_ns = 0;
    weir_link_target target = {.options = &connection->options,
                               .backend = connection->backend,
                               .connection = connection->spec->name,
                               .subscribes = connection->spec->subscribe_count > 0};
    weir_str shown = {0};
    const weir_message_input input = weir_connection_input(connection);
    weir_arena_reset(connection->arena);
    weir_code code = weir_connection_is_played(connection)
                         ? prepare_played(connection, &input, &target, &shown, error)
                         : prepare(connection, &input, &target, &shown, error);
    if (code == WEIR_OK)
        code = weir_plan_options(connection->plan, &input, connection->arena, &connection->options,
                                 error);
    if (code != WEIR_OK)
        return code;
    *wait_ns = weir_budget_take(weir_budget_host(target.url), connection->spec->limits.connect_rate,
                                weir_mono_ns());
    if (*wait_ns > 0)
        return WEIR_OK;
    weir_connection_enter(connection, WEIR_STATE_RESOLVING, WEIR_OK, 0, "connecting to %.*s",
                          WEIR_FMT(shown));
    connection->link = connection->backend->open(connection->reactor->loop, &target, sink, error);
    return connection->link ? WEIR_OK : error->code;
}
