/* SPDX-License-Identifier: MIT */
/*
 * Building a plan. All expressions over a record share one projection, so that one walk over a
 * frame fills every slot that anything reads; expressions of `payload_path` see the whole message
 * and have a projection of their own. The plan is built even when parts are mistaken: every mistake
 * is to be reported in one go.
 */
#include "pipeline/plan.h"

#include "pipeline/layout.h"
#include "pipeline/parts.h"
#include "util/error.h"
#include "util/time.h"

enum { PLAN_ARENA_FIRST = 8 * 1024 };

/* ------------------------------------------------------------------ names */

static bool build_names(weir_plan *plan)
{
    const weir_spec_model *spec = plan->spec;
    weir_str *credentials = WEIR_ARENA_ARRAY(plan->arena, weir_str, spec->credential_count + 1);
    weir_str *vars = WEIR_ARENA_ARRAY(plan->arena, weir_str, spec->var_count + 1);
    bool *named = WEIR_ARENA_ARRAY(plan->arena, bool, spec->credential_count + 1);
    if (!credentials || !vars || !named)
        return false;
    for (size_t i = 0; i < spec->credential_count; i++)
        credentials[i] = spec->credentials[i].name;
    for (size_t i = 0; i < spec->var_count; i++)
        vars[i] = spec->vars[i].name;
    plan->names = (weir_expr_names){.credentials = credentials,
                                    .credential_count = spec->credential_count,
                                    .credentials_named = named,
                                    .vars = vars,
                                    .var_count = spec->var_count,
                                    .mappings = spec->mappings,
                                    .mapping_count = spec->mapping_count,
                                    .has_asset_book = true,
                                    .extensions = spec->extensions};
    return weir_plan_name_session(plan);
}

/* ------------------------------------------------------------------ routes */

/* The stream that a rule's target names: a stream, else the one stream that feeds the channel
 * (checked in spec/). */
static size_t find_target(const weir_connection_spec *connection, weir_str name)
{
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (weir_str_eq(connection->streams[i].name, name))
            return i;
    }
    const weir_channel channel = weir_channel_from_name(name);
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (connection->streams[i].channel == channel)
            return i;
    }
    return SIZE_MAX;
}

static bool build_fallback(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_connection_spec *connection = plan->connection;
    size_t *stream = WEIR_ARENA_NEW(builder->arena, size_t);
    if (!stream)
        return false;
    plan->fallback.streams = stream;
    const weir_str name = connection->default_channel.text;
    const bool is_only =
        connection->stream_count == 1 && (!connection->has_router || !connection->router_enabled);
    if (connection->default_channel.node && !weir_str_is(name, "drop"))
        *stream = find_target(connection, name);
    else if (connection->default_channel.node || !is_only)
        *stream = SIZE_MAX;
    plan->fallback.stream_count = *stream == SIZE_MAX ? 0 : 1;
    return true;
}

bool weir_plan_build_routes(weir_plan_builder *builder, weir_plan *plan,
                            const weir_expr_scope *scope)
{
    const weir_connection_spec *connection = plan->connection;
    weir_plan_route *routes =
        WEIR_ARENA_ARRAY(builder->arena, weir_plan_route, connection->rule_count + 1);
    if (!routes || !build_fallback(builder, plan))
        return false;
    for (size_t i = 0; i < connection->rule_count; i++) {
        const weir_rule_spec *rule = &connection->rules[i];
        size_t *streams = WEIR_ARENA_ARRAY(builder->arena, size_t, rule->target_count + 1);
        if (!streams)
            return false;
        routes[i].match = weir_plan_compile(builder, &rule->match, scope);
        routes[i].quick_match = weir_program_fuse(routes[i].match);
        if (!weir_fused_needs(&routes[i].quick_match, scope->data, NULL))
            routes[i].quick_match = (weir_fused){0};
        routes[i].asks =
            weir_quick_plan_test(builder->arena, routes[i].match, &routes[i].quick_match);
        routes[i].where = weir_plan_where(builder->arena, rule->match.node);
        routes[i].streams = streams;
        for (size_t k = 0; k < rule->target_count; k++) {
            streams[routes[i].stream_count] = find_target(connection, rule->targets[k].text);
            routes[i].stream_count += streams[routes[i].stream_count] != SIZE_MAX;
        }
    }
    plan->routes = routes;
    plan->route_count = connection->router_enabled ? connection->rule_count : 0;
    return true;
}

weir_str weir_plan_route_text(weir_arena *arena, const weir_plan_route *route)
{
    return route->match ? weir_program_source(route->match)
                        : weir_arena_printf(arena, "topic == '%.*s'", WEIR_FMT(route->name));
}

/* Without a router, frames that have names go to the streams of that name. */
static bool build_routes_by_name(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_connection_spec *connection = plan->connection;
    weir_plan_route *routes =
        WEIR_ARENA_ARRAY(builder->arena, weir_plan_route, connection->stream_count + 1);
    size_t *streams = WEIR_ARENA_ARRAY(builder->arena, size_t,
                                       connection->stream_count * connection->stream_count + 1);
    if (!routes || !streams)
        return false;
    for (size_t i = 0; i < connection->stream_count; i++) {
        weir_plan_route *route = &routes[plan->route_count];
        route->name = connection->streams[i].event;
        route->streams = streams;
        bool is_new = true;
        for (size_t k = 0; k < plan->route_count; k++)
            is_new = is_new && !weir_str_eq(routes[k].name, route->name);
        for (size_t k = i; is_new && k < connection->stream_count; k++) {
            if (weir_str_eq(connection->streams[k].event, route->name)) {
                *streams++ = k;
                route->stream_count++;
            }
        }
        plan->route_count += is_new;
    }
    plan->routes = routes;
    return true;
}

/* ------------------------------------------------------------------ login, subscribe, waits */

static bool build_templates(weir_plan_builder *builder, const weir_template_spec *specs,
                            size_t count, const char *verb, const weir_expr_scope *scope,
                            weir_plan_subscribe **out)
{
    *out = WEIR_ARENA_ARRAY(builder->arena, weir_plan_subscribe, count + 1);
    for (size_t i = 0; *out && i < count; i++) {
        const weir_str what =
            weir_arena_printf(builder->arena, "%s %.*s", verb, WEIR_FMT(specs[i].key));
        (*out)[i].key = specs[i].key;
        (*out)[i].message = weir_plan_message(builder, &specs[i].message, what, scope);
    }
    return *out != NULL;
}

static bool build_messages(weir_plan_builder *builder, weir_plan *plan, const weir_expr_scope *bare)
{
    const weir_connection_spec *connection = plan->connection;
    const weir_auth_spec *auth = &connection->auth;
    weir_expr_scope scope = *bare;
    plan->header_count = auth->header_count;
    plan->headers = weir_plan_fields(builder, auth->headers, auth->header_count,
                                     WEIR_STR("auth.headers"), bare);
    plan->query_count = auth->query_count;
    plan->query =
        weir_plan_fields(builder, auth->query, auth->query_count, WEIR_STR("auth.url.query"), bare);
    plan->login_count = auth->login_count;
    plan->login = weir_plan_fields(builder, auth->login, auth->login_count, WEIR_STR("auth"), bare);
    if (auth->has_first_message)
        plan->first_message =
            weir_plan_message(builder, &auth->first_message, WEIR_STR("first_message"), bare);
    scope.roots = WEIR_ROOT_BIT(WEIR_ROOT_ASSET) | WEIR_ROOT_BIT(WEIR_ROOT_SUBSCRIBE_ASSETS) |
                  WEIR_ROOT_BIT(WEIR_ROOT_STREAM) | WEIR_ROOT_BIT(WEIR_ROOT_REQUEST);
    builder->makes_topics = connection->traits & WEIR_BACKEND_TOPICS;
    builder->is_addressed = connection->traits & WEIR_BACKEND_ADDRESSED;
    return plan->headers && plan->query && plan->login &&
           build_templates(builder, connection->subscribe, connection->subscribe_count, "subscribe",
                           &scope, &plan->subscribe) &&
           build_templates(builder, connection->unsubscribe, connection->unsubscribe_count,
                           "unsubscribe", &scope, &plan->unsubscribe);
}

/* Waits see the message as it came, `payload_path` not applied: an acknowledgement is shaped as it
 * likes. */
static void build_waits(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_wait_spec *const specs[] = {
        [WEIR_WAIT_GREETING] = &plan->connection->auth.greeting,
        [WEIR_WAIT_ACK] = &plan->connection->auth.ack,
    };
    const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_TOPIC),
                                   .names = &plan->names};
    for (size_t i = 0; i < 2; i++) {
        plan->waits[i].is_set = specs[i]->is_set;
        plan->waits[i].match = weir_plan_compile(builder, &specs[i]->match, &scope);
        plan->waits[i].error = weir_plan_compile(builder, &specs[i]->error, &scope);
    }
}

static bool names_request(const weir_plan *plan)
{
    for (size_t i = 0; i < plan->connection->subscribe_count; i++) {
        const weir_message *message = plan->subscribe[i].message;
        if (!message || message->names_request)
            return true;
    }
    return false;
}

static void build_ack(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_ack_spec *spec = &plan->connection->ack;
    weir_expr_scope scope = {.roots =
                                 WEIR_ROOT_BIT(WEIR_ROOT_DATA) | WEIR_ROOT_BIT(WEIR_ROOT_TOPIC),
                             .names = &plan->names};
    plan->ack.wait.is_set = spec->wait.is_set;
    plan->ack.wait.match = weir_plan_compile(builder, &spec->wait.match, &scope);
    plan->ack.wait.error = weir_plan_compile(builder, &spec->wait.error, &scope);
    plan->ack.key = weir_plan_compile(builder, &spec->key, &scope);
    scope.roots |= WEIR_ROOT_BIT(WEIR_ROOT_STREAM);
    plan->ack.symbols = weir_plan_compile(builder, &spec->symbols, &scope);
    if (spec->key.node && !names_request(plan))
        weir_diag_error(builder->diags, weir_text_place(&spec->key, 0, spec->key.text.len),
                        "no subscribe message names 'request', so no answer can name it");
}

/* ------------------------------------------------------------------ the plan */

static bool build_payload(weir_plan_builder *builder, weir_plan *plan)
{
    plan->payload_paths = weir_projection_new(builder->arena);
    if (!plan->payload_paths)
        return false;
    const weir_expr_shape shape = {weir_protobuf_has_path, plan->connection->protobuf};
    const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_TOPIC),
                                   .data = plan->payload_paths,
                                   .names = &plan->names,
                                   .shape = weir_protobuf_is_whole(plan) ? &shape : NULL};
    plan->payload = weir_plan_compile(builder, &plan->connection->payload_path, &scope);
    plan->payload_where = weir_plan_where(builder->arena, plan->connection->payload_path.node);
    if (!weir_projection_seal(plan->payload_paths))
        return false;
    plan->payload_slots = weir_projection_slots(plan->payload_paths);
    return true;
}

/* The spec room has seen that there are such functions. */
static void find_functions(weir_plan *plan)
{
    const weir_extensions *list = plan->names.extensions;
    const weir_connection_spec *connection = plan->connection;
    const struct {
        const weir_text *text;
        weir_extension_use use;
        const weir_extension **out;
    } functions[] = {
        {&connection->hooks.on_message, WEIR_EXTENSION_ON_MESSAGE, &plan->on_message},
        {&connection->preprocess, WEIR_EXTENSION_PREPROCESSOR, &plan->preprocess},
        {&connection->decode, WEIR_EXTENSION_DECODER, &plan->decode},
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i].text->node)
            *functions[i].out =
                weir_extension_find(list, functions[i].use, functions[i].text->text);
    }
}

/* Where a record is a packet of the layout and nothing else. */
static bool has_known_shape(const weir_plan *plan)
{
    const weir_layout_spec *layout = plan->connection->layout;
    return layout && plan->layout && weir_layout_is_direct(plan) && !layout->has_json_text;
}

static bool build(weir_plan_builder *builder, weir_plan *plan, uint32_t *next_schema_id)
{
    if (!build_names(plan))
        return false;
    builder->names = &plan->names;
    find_functions(plan);
    const weir_expr_scope bare = {.names = &plan->names};
    plan->paths = weir_projection_new(builder->arena);
    if (!plan->paths || !build_payload(builder, plan) ||
        (plan->connection->layout && !weir_layout_compile(builder, plan)))
        return false;
    if (plan->connection->url.node)
        weir_template_parse(builder, &plan->connection->url, NULL, 0, &bare, &plan->url);
    if (plan->connection->exclusive.node)
        weir_template_parse(builder, &plan->connection->exclusive, NULL, 0, &bare,
                            &plan->exclusive);
    if (plan->connection->heartbeat.every.node)
        weir_template_parse(builder, &plan->connection->heartbeat.every, NULL, 0, &bare,
                            &plan->every);
    const bool is_protobuf = weir_protobuf_is_record(plan);
    const weir_expr_shape shape = {is_protobuf ? weir_protobuf_has_path : weir_layout_has_path,
                                   is_protobuf ? (const void *)plan->connection->protobuf
                                               : (const void *)plan->layout};
    const weir_expr_scope record = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                             WEIR_ROOT_BIT(WEIR_ROOT_RECEIVED) |
                                             WEIR_ROOT_BIT(WEIR_ROOT_TOPIC),
                                    .data = plan->paths,
                                    .names = &plan->names,
                                    .shape = is_protobuf || has_known_shape(plan) ? &shape : NULL};
    const bool has_names = plan->connection->traits & WEIR_BACKEND_NAMES;
    const bool goes_by_name = has_names && !plan->connection->has_router;
    plan->hears_by_name = goes_by_name || (has_names && plan->connection->events);
    build_waits(builder, plan);
    if (!weir_plan_build_session(builder, plan))
        return false;
    if (!weir_plan_build_options(builder, plan, &bare) ||
        !weir_plan_build_controls(builder, plan) || !build_messages(builder, plan, &bare) ||
        !(goes_by_name ? build_routes_by_name(builder, plan)
                       : weir_plan_build_routes(builder, plan, &record)) ||
        !weir_plan_build_streams(builder, plan, &record, next_schema_id) ||
        !weir_projection_seal(plan->paths) || !weir_plan_bind_protobuf(builder, plan))
        return false;
    build_ack(builder, plan);
    plan->slots = weir_projection_slots(plan->paths);
    return !plan->layout || weir_layout_load_paths(builder, plan);
}

weir_plan *weir_plan_new(const weir_spec_model *spec, const weir_connection_spec *connection,
                         uint32_t *next_schema_id, weir_diags *diags)
{
    weir_arena *arena = weir_arena_new(PLAN_ARENA_FIRST, 0);
    weir_plan *plan = arena ? WEIR_ARENA_NEW(arena, weir_plan) : NULL;
    if (!plan) {
        weir_arena_free(arena);
        return NULL;
    }
    plan->arena = arena;
    plan->spec = spec;
    plan->connection = connection;
    weir_plan_builder builder = {.arena = arena, .diags = diags};
    if (!build(&builder, plan, next_schema_id)) {
        weir_diag_error(diags, ((weir_place){0}),
                        "connection '%.*s' could not be compiled: out of memory",
                        WEIR_FMT(connection->name));
        weir_plan_free(plan);
        return NULL;
    }
    return plan;
}

void weir_plan_free(weir_plan *plan)
{
    if (plan)
        weir_arena_free(plan->arena);
}

const weir_connection_spec *weir_plan_connection(const weir_plan *plan)
{
    return plan->connection;
}

size_t weir_plan_schemas(const weir_plan *plan)
{
    return plan->schema_count;
}

const weir_schema *weir_plan_schema(const weir_plan *plan, size_t index)
{
    return plan->schemas[index];
}

const weir_message *weir_plan_first_message(const weir_plan *plan)
{
    return plan->first_message;
}

const weir_expr_names *weir_plan_names(const weir_plan *plan)
{
    return &plan->names;
}

bool weir_plan_needs_credential(const weir_plan *plan, size_t index)
{
    return plan->names.credentials_named[index];
}

static const weir_message *find_message(const weir_plan_subscribe *list, size_t count, weir_str key)
{
    for (size_t i = 0; i < count; i++) {
        if (weir_str_eq(list[i].key, key))
            return list[i].message;
    }
    return NULL;
}

const weir_message *weir_plan_subscribe_message(const weir_plan *plan, weir_str stream,
                                                bool unsubscribe)
{
    const weir_plan_subscribe *list = unsubscribe ? plan->unsubscribe : plan->subscribe;
    const size_t count =
        unsubscribe ? plan->connection->unsubscribe_count : plan->connection->subscribe_count;
    const weir_message *message = find_message(list, count, stream);
    for (size_t i = 0; !message && i < plan->connection->stream_count; i++) {
        const weir_stream_spec *spec = &plan->connection->streams[i];
        if (weir_str_eq(spec->name, stream))
            message = find_message(list, count, weir_str_of(weir_channel_name(spec->channel)));
    }
    return message ? message : find_message(list, count, WEIR_STR("all"));
}

size_t weir_plan_subscribe_slot(const weir_plan *plan, size_t stream)
{
    const weir_stream_spec *streams = plan->connection->streams;
    const weir_message *in = weir_plan_subscribe_message(plan, streams[stream].name, false);
    const weir_message *out = weir_plan_subscribe_message(plan, streams[stream].name, true);
    if (!in || in->names_stream || (out && out->names_stream))
        return stream;
    for (size_t i = 0; i < stream; i++) {
        if (weir_plan_subscribe_message(plan, streams[i].name, false) == in &&
            weir_plan_subscribe_message(plan, streams[i].name, true) == out)
            return i;
    }
    return stream;
}

weir_code weir_plan_fill(const weir_template *template, const char *what,
                         const weir_message_input *input, weir_arena *arena, weir_str *text,
                         weir_str *shown, weir_error *error)
{
    const weir_expr_input roots = {0};
    weir_buf out = {0}, masked = {0};
    weir_code code = WEIR_OK;
    if (!weir_template_fill(template, input->vm, input->world, &roots, NULL, &out, &masked)) {
        const weir_str message = weir_vm_message(input->vm);
        code = weir_fail(error, WEIR_ERR_EVAL, "%s: %.*s", what, WEIR_FMT(message));
    } else {
        *text = weir_arena_copy(arena, weir_buf_str(&out));
        *shown = weir_arena_copy(arena, weir_buf_str(&masked));
        if (!text->ptr || !shown->ptr)
            code = weir_fail_nomem(error);
    }
    weir_buf_wipe(&out);
    weir_buf_fini(&masked);
    return code;
}

weir_code weir_plan_url(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                        weir_str *url, weir_str *shown, weir_error *error)
{
    return weir_plan_fill(&plan->url, "url", input, arena, url, shown, error);
}

weir_code weir_plan_exclusive(const weir_plan *plan, const weir_message_input *input,
                              weir_arena *arena, weir_str *key, weir_error *error)
{
    weir_str shown;
    *key = (weir_str){0};
    if (!plan->connection->exclusive.node)
        return WEIR_OK;
    return weir_plan_fill(&plan->exclusive, "exclusive", input, arena, key, &shown, error);
}

weir_code weir_plan_heartbeat_every(const weir_plan *plan, const weir_message_input *input,
                                    weir_arena *arena, int64_t *every_ns, weir_error *error)
{
    weir_str text = {0}, shown = {0};
    *every_ns = plan->connection->heartbeat.every_ns;
    if (!plan->connection->heartbeat.every.node)
        return WEIR_OK;
    const weir_code code =
        weir_plan_fill(&plan->every, "heartbeat.every", input, arena, &text, &shown, error);
    if (code != WEIR_OK)
        return code;
    if (!weir_duration_parse(text, every_ns) || *every_ns <= 0)
        return weir_fail(error, WEIR_ERR_EVAL, "heartbeat.every: '%.*s' is no duration",
                         WEIR_FMT(shown));
    return WEIR_OK;
}
