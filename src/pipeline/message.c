/* SPDX-License-Identifier: MIT */
/*
 * Messages out (SPEC.md 5). A message that names `asset` is sent once per asset, any other once.
 * What is sent and what may be shown are written side by side: secrets are a flag of values, so the
 * shown form is right by construction. The buffers that held secrets are wiped.
 */
#include "expr/ops.h"
#include "pipeline/parts.h"
#include "util/error.h"
#include "value/json_write.h"
#include "value/msgpack.h"

/* ------------------------------------------------------------------ building */

static unsigned roots_of(const weir_program *program)
{
    return program ? weir_program_roots(program) : 0;
}

static unsigned roots_of_fields(const weir_plan_field *fields, size_t count)
{
    unsigned roots = 0;
    for (size_t i = 0; i < count; i++) {
        roots |= roots_of(fields[i].source) | roots_of(fields[i].condition) |
                 roots_of(fields[i].transform);
        if (fields[i].is_group)
            roots |= roots_of_fields(fields[i].fields, fields[i].field_count);
    }
    return roots;
}

static unsigned roots_of_template(const weir_template *text)
{
    unsigned roots = 0;
    for (size_t i = 0; i < text->count; i++)
        roots |= roots_of(text->parts[i].program);
    return roots;
}

static void forbid_groups(weir_plan_builder *builder, const weir_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].fields)
            weir_diag_error(builder->diags, fields[i].node->place,
                            "a token is one expression, not a map");
    }
}

const weir_message *weir_plan_message(weir_plan_builder *builder, const weir_message_spec *spec,
                                      weir_str what, const weir_expr_scope *scope)
{
    weir_message *message = WEIR_ARENA_NEW(builder->arena, weir_message);
    if (!message)
        return NULL;
    message->format = spec->format;
    message->what = what;
    message->has_fields = spec->has_fields;
    message->field_count = spec->field_count;
    message->fields =
        weir_plan_fields(builder, spec->fields, spec->field_count, (weir_str){0}, scope);
    message->program = weir_plan_compile(builder, &spec->expr, scope);
    if (spec->custom.node)
        message->custom = weir_extension_find(
            builder->names->extensions,
            spec->format == WEIR_MESSAGE_BINARY ? WEIR_EXTENSION_ENCODER : WEIR_EXTENSION_PAYLOAD,
            spec->custom.text);
    message->token_count = spec->token_count;
    message->tokens =
        weir_plan_fields(builder, spec->tokens, spec->token_count, (weir_str){0}, scope);
    message->topic_count = spec->topic_count;
    message->topics = weir_plan_topics(builder, spec, scope);
    message->is_topics =
        builder->makes_topics && !(builder->is_addressed && spec->event.node != NULL);
    if (!message->fields || !message->tokens || !message->topics)
        return NULL;
    forbid_groups(builder, spec->tokens, spec->token_count);
    if (spec->text.node)
        weir_template_parse(builder, &spec->text, message->tokens, spec->token_count, scope,
                            &message->text);
    message->has_event = spec->event.node != NULL;
    if (message->has_event)
        weir_template_parse(builder, &spec->event, NULL, 0, scope, &message->event);
    if (message->is_topics && message->format != WEIR_MESSAGE_TOPICS &&
        message->format != WEIR_MESSAGE_JSON)
        weir_diag_error(builder->diags, spec->node->place,
                        "this backend subscribes by topics: write 'topics', or 'json' that gives a "
                        "list of (topic, qos)");
    unsigned roots =
        roots_of_fields(message->fields, message->field_count) | roots_of(message->program) |
        roots_of_fields(message->tokens, message->token_count) | roots_of_template(&message->event);
    message->is_per_asset = roots & WEIR_ROOT_BIT(WEIR_ROOT_ASSET);
    for (size_t i = 0; i < message->topic_count; i++)
        roots |= message->topics[i].roots;
    message->takes_assets =
        roots & (WEIR_ROOT_BIT(WEIR_ROOT_ASSET) | WEIR_ROOT_BIT(WEIR_ROOT_SUBSCRIBE_ASSETS));
    message->names_stream = roots & WEIR_ROOT_BIT(WEIR_ROOT_STREAM);
    message->names_request = roots & WEIR_ROOT_BIT(WEIR_ROOT_REQUEST);
    if (spec->next && (message->next = weir_plan_message(builder, spec->next, what, scope))) {
        message->takes_assets |= message->next->takes_assets;
        message->names_stream |= message->next->names_stream;
        message->names_request |= message->next->names_request;
    }
    return message;
}

bool weir_message_is_per_asset(const weir_message *message)
{
    while (message && !message->is_per_asset)
        message = message->next;
    return message != NULL;
}

bool weir_message_takes_assets(const weir_message *message)
{
    return message->takes_assets;
}

bool weir_message_names_event(const weir_message *message)
{
    return message->has_event;
}

/* ------------------------------------------------------------------ sending */

typedef struct draft {
    const weir_message *message;
    const weir_message_input *input;
    weir_expr_input roots;
    weir_message_scratch *scratch; /* what arena and buffers go back to; NULL: they are its own */
    weir_arena *arena;
    weir_buf bytes;
    weir_buf shown;
    weir_buf name;
    weir_outgoing outgoing;
    weir_error *error;
} draft;

static weir_code fail_at(const draft *d, const weir_plan_field *field)
{
    weir_error inner = {0};
    weir_plan_field_fail(field, d->input->vm, &inner);
    return weir_fail(d->error, inner.code, "message '%.*s': %s", WEIR_FMT(d->message->what),
                     inner.text);
}

static weir_code fail_program(const draft *d)
{
    const weir_vm *vm = d->input->vm;
    const weir_str text = weir_vm_message(vm);
    return weir_fail(d->error, WEIR_ERR_EVAL, "message '%.*s': %s: %.*s",
                     WEIR_FMT(d->message->what), weir_raise_name(weir_vm_raise(vm)),
                     WEIR_FMT(text));
}

static weir_code read_topics(draft *d, const weir_value *list)
{
    weir_error inner = {0};
    if (weir_plan_topics_read(d->input->vm, d->arena, list, &d->outgoing, &inner) == WEIR_OK)
        return WEIR_OK;
    return weir_fail(d->error, inner.code, "message '%.*s': %s", WEIR_FMT(d->message->what),
                     inner.text);
}

/* What `json` or `msgpack` gives, of fields or of an expression. */
static weir_code eval_document(draft *d, weir_value *value)
{
    const weir_message *message = d->message;
    if (message->has_fields) {
        const weir_plan_field *failed = NULL;
        if (!weir_plan_group_eval(d->input->vm, d->arena, message->fields, message->field_count,
                                  d->input->world, &d->roots, value, &failed))
            return fail_at(d, failed);
    } else if (message->custom) {
        if (!weir_extension_run(message->custom, d->input->vm, d->input->world, &d->roots, NULL, 0,
                                value))
            return fail_program(d);
    } else if (!weir_vm_run(d->input->vm, message->program, d->input->world, &d->roots, value)) {
        return fail_program(d);
    }
    return WEIR_OK;
}

static weir_code write_json(draft *d)
{
    weir_value value;
    const weir_code code = eval_document(d, &value);
    if (code != WEIR_OK)
        return code;
    weir_json_write(&d->bytes, &value, WEIR_JSON_REVEAL);
    weir_json_write(&d->shown, &value, 0);
    return d->message->is_topics ? read_topics(d, &value) : WEIR_OK;
}

/* Shown as the JSON of the same value: bytes would tell nobody anything. */
static weir_code write_msgpack(draft *d)
{
    weir_value value;
    const char *why;
    const weir_code code = eval_document(d, &value);
    if (code != WEIR_OK)
        return code;
    if (!weir_msgpack_write(&d->bytes, d->arena, &value, &why) && why)
        return weir_fail(d->error, WEIR_ERR_EVAL, "message '%.*s': MessagePack cannot hold it: %s",
                         WEIR_FMT(d->message->what), why);
    weir_json_write(&d->shown, &value, 0);
    return WEIR_OK;
}

static weir_code write_topics(draft *d)
{
    weir_value list;
    if (!weir_plan_topics_eval(d->message, d->input, d->arena, &d->roots, &list))
        return fail_program(d);
    weir_json_write(&d->bytes, &list, WEIR_JSON_REVEAL);
    weir_json_write(&d->shown, &list, 0);
    return read_topics(d, &list);
}

static weir_code write_text(draft *d)
{
    const weir_message *message = d->message;
    weir_value *tokens = WEIR_ARENA_ARRAY(d->arena, weir_value, message->token_count + 1);
    if (!tokens)
        return weir_fail_nomem(d->error);
    for (size_t i = 0; i < message->token_count; i++) {
        if (!weir_plan_field_eval(d->input->vm, &message->tokens[i], d->input->world, &d->roots,
                                  &tokens[i]))
            return fail_at(d, &message->tokens[i]);
        if (tokens[i].kind == WEIR_ABSENT)
            tokens[i] = weir_value_str(WEIR_STR(""));
    }
    if (!weir_template_fill(&message->text, d->input->vm, d->input->world, &d->roots, tokens,
                            &d->bytes, &d->shown))
        return fail_program(d);
    return WEIR_OK;
}

static weir_code run_encoder(draft *d, weir_value *out)
{
    const weir_message *message = d->message;
    const weir_plan_field *failed = NULL;
    weir_value tokens = weir_value_absent();
    if (message->token_count > 0 &&
        !weir_plan_group_eval(d->input->vm, d->arena, message->tokens, message->token_count,
                              d->input->world, &d->roots, &tokens, &failed))
        return fail_at(d, failed);
    if (!weir_extension_run(message->custom, d->input->vm, d->input->world, &d->roots, &tokens,
                            message->token_count > 0, out))
        return fail_program(d);
    return WEIR_OK;
}

static weir_code write_binary(draft *d)
{
    weir_value value = weir_value_absent();
    if (d->message->custom) {
        const weir_code code = run_encoder(d, &value);
        if (code != WEIR_OK)
            return code;
    } else if (!weir_vm_run(d->input->vm, d->message->program, d->input->world, &d->roots,
                            &value)) {
        return fail_program(d);
    }
    if (value.kind != WEIR_BYTES)
        return weir_fail(d->error, WEIR_ERR_EVAL, "message '%.*s': '%s' gave %s, not bytes",
                         WEIR_FMT(d->message->what), d->message->custom ? "encoder" : "bytes",
                         weir_value_type_name(&value));
    weir_buf_put(&d->bytes, weir_value_text(&value));
    weir_buf_printf(&d->shown, "<%u bytes>", value.len);
    return WEIR_OK;
}

static weir_code emit_one(draft *d, weir_outgoing_fn *emit, void *user, bool *goes_on)
{
    static weir_code (*const writers[])(draft *) = {
        [WEIR_MESSAGE_JSON] = write_json,     [WEIR_MESSAGE_TEXT] = write_text,
        [WEIR_MESSAGE_BINARY] = write_binary, [WEIR_MESSAGE_MSGPACK] = write_msgpack,
        [WEIR_MESSAGE_TOPICS] = write_topics,
    };
    const weir_code code = writers[d->message->format](d);
    if (code != WEIR_OK)
        return code;
    if (d->message->has_event &&
        !weir_template_fill(&d->message->event, d->input->vm, d->input->world, &d->roots, NULL,
                            &d->name, NULL))
        return fail_program(d);
    if (d->bytes.failed || d->shown.failed || d->name.failed)
        return weir_fail_nomem(d->error);
    weir_outgoing *outgoing = &d->outgoing;
    outgoing->is_binary =
        d->message->format == WEIR_MESSAGE_BINARY || d->message->format == WEIR_MESSAGE_MSGPACK;
    outgoing->bytes = weir_buf_str(&d->bytes);
    outgoing->shown = weir_buf_str(&d->shown);
    outgoing->name = weir_buf_str(&d->name);
    outgoing->is_topics = d->message->is_topics;
    *goes_on = emit(user, outgoing);
    weir_buf_clear(&d->bytes);
    weir_buf_clear(&d->shown);
    weir_buf_clear(&d->name);
    return WEIR_OK;
}

enum { KEPT_MAX = 64 * 1024 /* of a scratch, each of its parts */ };

/* A message that is made while another one is (inside its `emit`) has memory of its own. */
static void borrow(draft *d)
{
    weir_message_scratch *scratch = d->input->scratch;
    if (scratch && !scratch->is_lent) {
        scratch->is_lent = true;
        d->scratch = scratch;
        d->arena = scratch->arena;
        d->bytes = scratch->bytes;
        d->shown = scratch->shown;
        d->name = scratch->name;
    }
    if (!d->arena)
        d->arena = weir_arena_new(4096, 0);
}

static void keep(weir_buf *kept, weir_buf *buf)
{
    weir_buf_wipe_contents(buf, KEPT_MAX);
    *kept = *buf;
}

static void give_back(draft *d)
{
    weir_message_scratch *scratch = d->scratch;
    if (!scratch) {
        weir_buf_wipe(&d->bytes);
        weir_buf_wipe(&d->name);
        weir_buf_fini(&d->shown);
        weir_arena_free(d->arena);
        return;
    }
    keep(&scratch->bytes, &d->bytes);
    keep(&scratch->name, &d->name);
    keep(&scratch->shown, &d->shown);
    if (d->arena && weir_arena_used(d->arena) > KEPT_MAX) {
        weir_arena_free(d->arena);
        d->arena = NULL;
    } else if (d->arena) {
        weir_arena_reset(d->arena);
    }
    scratch->arena = d->arena;
    scratch->is_lent = false;
}

void weir_message_scratch_fini(weir_message_scratch *scratch)
{
    weir_buf_wipe(&scratch->bytes);
    weir_buf_wipe(&scratch->name);
    weir_buf_fini(&scratch->shown);
    weir_arena_free(scratch->arena);
    *scratch = (weir_message_scratch){0};
}

static bool set_assets(draft *d)
{
    weir_value *items = NULL;
    weir_value *list = &d->roots.roots[WEIR_ROOT_SUBSCRIBE_ASSETS];
    if (!weir_list_new(d->arena, WEIR_LIST, d->input->asset_count, list, &items))
        return false;
    for (size_t i = 0; i < d->input->asset_count; i++)
        items[i] = weir_value_asset(d->input->assets[i]);
    return true;
}

/* Once, or for each asset. */
static weir_code emit_all(draft *d, weir_outgoing_fn *emit, void *user, bool *goes_on)
{
    const size_t count = d->message->is_per_asset ? d->input->asset_count : 1;
    weir_code code = WEIR_OK;
    for (size_t i = 0; i < count && code == WEIR_OK && *goes_on; i++) {
        if (d->message->is_per_asset)
            d->roots.roots[WEIR_ROOT_ASSET] = weir_value_asset(d->input->assets[i]);
        d->outgoing.assets = d->message->is_per_asset ? &d->input->assets[i] : d->input->assets;
        d->outgoing.asset_count = d->message->is_per_asset ? 1 : d->input->asset_count;
        code = emit_one(d, emit, user, goes_on);
    }
    return code;
}

weir_code weir_message_emit(const weir_message *message, const weir_message_input *input,
                            weir_outgoing_fn *emit, void *user, weir_error *error)
{
    draft d = {.message = message, .input = input, .error = error};
    borrow(&d);
    if (!d.arena || !set_assets(&d)) {
        give_back(&d);
        return weir_fail_nomem(error);
    }
    d.roots.roots[WEIR_ROOT_STREAM] = weir_value_str(input->stream);
    if (input->data)
        d.roots.roots[WEIR_ROOT_DATA] = *input->data;
    d.roots.roots[WEIR_ROOT_REQUEST] = weir_value_int((int64_t)input->request);
    weir_code code = WEIR_OK;
    bool goes_on = true;
    for (; message && code == WEIR_OK && goes_on; message = message->next) {
        d.message = message;
        code = emit_all(&d, emit, user, &goes_on);
    }
    give_back(&d);
    return code;
}

/* ------------------------------------------------------------------ headers and query */

static bool value_text(weir_vm *vm, weir_arena *arena, const weir_value *value, weir_str *out)
{
    weir_buf buf = {0};
    weir_plan_refill(vm);
    const bool is_good = weir_op_text(vm, value, 's', &buf);
    *out = is_good ? weir_arena_copy(arena, weir_buf_str(&buf)) : (weir_str){0};
    weir_buf_wipe(&buf);
    return is_good && out->ptr;
}

weir_code weir_plan_pairs(const weir_plan_field *fields, size_t field_count,
                          const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error)
{
    weir_expr_input roots = {0};
    *count = 0;
    *pairs = WEIR_ARENA_ARRAY(arena, weir_plan_pair, field_count + 1);
    if (!*pairs)
        return weir_fail_nomem(error);
    for (size_t i = 0; i < field_count; i++) {
        weir_value value;
        if (!weir_plan_field_eval(input->vm, &fields[i], input->world, &roots, &value))
            return weir_plan_field_fail(&fields[i], input->vm, error);
        if (value.kind == WEIR_ABSENT)
            continue;
        weir_plan_pair *pair = &(*pairs)[(*count)++];
        pair->name = fields[i].name;
        pair->is_secret = weir_value_has_secret(&value);
        if (!value_text(input->vm, arena, &value, &pair->value))
            return weir_plan_field_fail(&fields[i], input->vm, error);
    }
    return WEIR_OK;
}

weir_code weir_plan_headers(const weir_plan *plan, const weir_message_input *input,
                            weir_arena *arena, weir_plan_pair **pairs, size_t *count,
                            weir_error *error)
{
    return weir_plan_pairs(plan->headers, plan->header_count, input, arena, pairs, count, error);
}

weir_code weir_plan_query(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error)
{
    return weir_plan_pairs(plan->query, plan->query_count, input, arena, pairs, count, error);
}

weir_code weir_plan_login(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error)
{
    return weir_plan_pairs(plan->login, plan->login_count, input, arena, pairs, count, error);
}
