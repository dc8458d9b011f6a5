/* SPDX-License-Identifier: MIT */
/*
 * HTTP requests of a session (auth.session): compiled as messages and fields are, evaluated afresh
 * for each request. What is extracted from a reply becomes a value of the session.
 */
#include "expr/ops.h"
#include "pipeline/parts.h"
#include "util/encode.h"
#include "util/error.h"

/* ------------------------------------------------------------------ building */

static bool build_request(weir_plan_builder *builder, const weir_request_spec *spec,
                          const weir_expr_scope *scope, const char *what, weir_plan_request *out)
{
    out->spec = spec;
    out->what = what;
    out->headers = weir_plan_fields(builder, spec->headers, spec->header_count,
                                    weir_arena_printf(builder->arena, "%s.headers", what), scope);
    out->query = weir_plan_fields(builder, spec->query, spec->query_count,
                                  weir_arena_printf(builder->arena, "%s.query", what), scope);
    out->form = weir_plan_fields(builder, spec->form, spec->form_count,
                                 weir_arena_printf(builder->arena, "%s.form", what), scope);
    if (spec->url.node)
        weir_template_parse(builder, &spec->url, NULL, 0, scope, &out->url);
    if (spec->has_body)
        out->body = weir_plan_message(builder, &spec->body,
                                      weir_arena_printf(builder->arena, "%s.body", what), scope);
    return out->headers && out->query && out->form;
}

bool weir_plan_build_session(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_session_spec *spec = &plan->connection->auth.session;
    if (!spec->is_set)
        return true;
    weir_plan_session *session = WEIR_ARENA_NEW(builder->arena, weir_plan_session);
    if (!session)
        return false;
    const weir_expr_scope bare = {.names = &plan->names};
    const weir_expr_scope reply = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA), .names = &plan->names};
    plan->session = session;
    session->extract =
        weir_plan_fields(builder, spec->extract, spec->extract_count, WEIR_STR("session"), &reply);
    session->extract_count = spec->extract_count;
    session->error = weir_plan_compile(builder, &spec->error, &reply);
    return session->extract &&
           build_request(builder, &spec->request, &bare, "auth.session", &session->request) &&
           (!spec->has_renew ||
            build_request(builder, &spec->renew, &bare, "auth.session.renew", &session->renew));
}

/* ------------------------------------------------------------------ evaluating */

typedef struct body_copy {
    weir_arena *arena;
    weir_request *request;
} body_copy;

static bool keep_body(void *user, const weir_outgoing *message)
{
    const body_copy *copy = user;
    copy->request->body = weir_arena_copy(copy->arena, message->bytes);
    copy->request->body_shown = weir_arena_copy(copy->arena, message->shown);
    return false; /* a request has one body */
}

static void put_pairs(weir_buf *out, const weir_plan_pair *pairs, size_t count, bool shows)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            weir_buf_putc(out, '&');
        weir_percent_encode(pairs[i].name, WEIR_STR(""), out);
        weir_buf_putc(out, '=');
        if (shows && pairs[i].is_secret)
            weir_buf_puts(out, "***");
        else
            weir_percent_encode(pairs[i].value, WEIR_STR(""), out);
    }
}

static weir_code make_form(const weir_plan_request *plan, const weir_message_input *input,
                           weir_arena *arena, weir_request *out, weir_error *error)
{
    weir_plan_pair *pairs = NULL;
    size_t count = 0;
    weir_buf body = {0}, shown = {0};
    weir_code code =
        weir_plan_pairs(plan->form, plan->spec->form_count, input, arena, &pairs, &count, error);
    if (code == WEIR_OK) {
        put_pairs(&body, pairs, count, false);
        put_pairs(&shown, pairs, count, true);
        out->body = weir_arena_copy(arena, weir_buf_str(&body));
        out->body_shown = weir_arena_copy(arena, weir_buf_str(&shown));
        out->content_type = "application/x-www-form-urlencoded";
        if (body.failed || shown.failed || !out->body.ptr)
            code = weir_fail_nomem(error);
    }
    weir_buf_wipe(&body);
    weir_buf_fini(&shown);
    return code;
}

static weir_code make_body(const weir_plan_request *plan, const weir_message_input *input,
                           weir_arena *arena, weir_request *out, weir_error *error)
{
    body_copy copy = {arena, out};
    if (plan->spec->has_form)
        return make_form(plan, input, arena, out, error);
    if (!plan->body)
        return WEIR_OK;
    out->content_type = plan->spec->body.format == WEIR_MESSAGE_JSON   ? "application/json"
                        : plan->spec->body.format == WEIR_MESSAGE_TEXT ? "text/plain; charset=utf-8"
                                                                       : "application/octet-stream";
    const weir_code code = weir_message_emit(plan->body, input, keep_body, &copy, error);
    return code == WEIR_OK && !out->body.ptr ? weir_fail_nomem(error) : code;
}

static weir_code eval_request(const weir_plan_request *plan, const weir_message_input *input,
                              weir_arena *arena, weir_request *out, weir_error *error)
{
    *out = (weir_request){.method = weir_str_of(weir_http_methods[plan->spec->method])};
    weir_code code =
        weir_plan_fill(&plan->url, plan->what, input, arena, &out->url, &out->shown, error);
    if (code == WEIR_OK)
        code = weir_plan_pairs(plan->headers, plan->spec->header_count, input, arena, &out->headers,
                               &out->header_count, error);
    if (code == WEIR_OK)
        code = weir_plan_pairs(plan->query, plan->spec->query_count, input, arena, &out->query,
                               &out->query_count, error);
    return code == WEIR_OK ? make_body(plan, input, arena, out, error) : code;
}

bool weir_plan_has_session(const weir_plan *plan)
{
    return plan->session != NULL;
}

weir_code weir_plan_session_request(const weir_plan *plan, bool is_renewal,
                                    const weir_message_input *input, weir_arena *arena,
                                    weir_request *out, weir_error *error)
{
    return eval_request(is_renewal ? &plan->session->renew : &plan->session->request, input, arena,
                        out, error);
}

/* ------------------------------------------------------------------ the reply */

/* A renewal may answer with less than the request did: what it has not stays as it is. */
static bool extract(weir_runner *runner, const weir_plan_field *field, weir_expr_input *input,
                    bool is_renewal, weir_error *error)
{
    weir_value value;
    char why[160];
    const size_t name = weir_plan_session_name(runner->plan, field->name);
    if (!weir_plan_field_eval(runner->vm, field, runner->world, input, &value) ||
        !weir_vm_settle(runner->vm, &value)) {
        if (!is_renewal)
            weir_plan_field_fail(field, runner->vm, error);
        return is_renewal;
    }
    if (value.kind == WEIR_STR)
        value.flags |= WEIR_VALUE_SECRET; /* tokens are what sessions are made of */
    if (value.kind == WEIR_ABSENT || weir_learnt_put(runner->learnt, name, NULL, &value, why))
        return true;
    weir_fail(error, WEIR_ERR_LIMIT, "auth.session: %s", why);
    return false;
}

weir_verdict weir_runner_session_reply(weir_runner *runner, weir_str body, bool is_renewal,
                                       weir_error *error)
{
    const weir_plan_session *session = runner->plan->session;
    weir_expr_input input = {0};
    weir_json_error bad;
    weir_value reply = weir_value_none();
    bool is_refusal = false;
    weir_arena_reset(runner->arena);
    if (body.len > 0 && !weir_json_parse(body, &reply, &bad)) {
        if (is_renewal)
            return WEIR_VERDICT_MATCH; /* that it was accepted is all that counts */
        weir_fail(error, WEIR_ERR_DECODE, "auth.session: the reply is not JSON: %s at byte %zu",
                  bad.text, bad.offset);
        return WEIR_VERDICT_OTHER;
    }
    input.roots[WEIR_ROOT_DATA] = reply;
    if (session->error &&
        weir_vm_run_truth(runner->vm, session->error, runner->world, &input, &is_refusal) &&
        is_refusal) {
        weir_fail(error, WEIR_ERR_AUTH, "the venue refused a session: %.*s",
                  body.len > 300 ? 300 : (int)body.len, body.ptr);
        return WEIR_VERDICT_ERROR;
    }
    for (size_t i = 0; i < session->extract_count; i++) {
        if (!extract(runner, &session->extract[i], &input, is_renewal, error))
            return WEIR_VERDICT_OTHER;
    }
    return WEIR_VERDICT_MATCH;
}
