/* SPDX-License-Identifier: MIT */
/*
 * A workspace: expressions tried out one after another, over a message and with the names of a
 * spec. What is asked lives in an arena that the next question resets; the message has one of its
 * own. Credentials are never looked up: each is a secret text that every writer masks, and so is
 * what is computed from it.
 *
 * Completion reads the tables by which expressions are compiled. What stands in front of a dot or a
 * bracket is evaluated, which has no effects and is bounded, so that a list is completed with the
 * methods of a list and `data['` with the keys that the message has.
 */
#include <ctype.h>
#include <stdlib.h>

#include "expr/names.h"
#include "expr/ops.h"
#include "expr/zone.h"
#include "runtime/internal.h"
#include "runtime/report.h"
#include "util/error.h"
#include "util/time.h"
#include "value/json_document.h"
#include "value/json_write.h"

enum { SPEC_BLOCK = 64 * 1024 };

struct weir_workspace {
    weir_arena *data_arena, *spec_arena, *code, *run;
    weir_vm *vm;
    weir_spec *spec; /* NULL: none */
    weir_asset_book *book;
    weir_asset_cache *assets;
    weir_value data;
    weir_expr_names names;
    weir_expr_world world;
    unsigned roots;
};

void weir_workspace_free(weir_workspace *ws)
{
    if (!ws)
        return;
    weir_vm_free(ws->vm);
    weir_asset_cache_free(ws->assets);
    weir_asset_book_free(ws->book);
    weir_spec_free(ws->spec);
    weir_arena_free(ws->data_arena);
    weir_arena_free(ws->spec_arena);
    weir_arena_free(ws->code);
    weir_arena_free(ws->run);
    free(ws);
}

weir_workspace *weir_workspace_new(void)
{
    weir_workspace *ws = calloc(1, sizeof *ws);
    if (!ws)
        return NULL;
    ws->data_arena = weir_arena_new(SPEC_BLOCK, 0);
    ws->spec_arena = weir_arena_new(SPEC_BLOCK, 0);
    ws->code = weir_arena_new(SPEC_BLOCK, 0);
    ws->run = weir_arena_new(SPEC_BLOCK, WEIR_EXPR_MEMORY_MAX);
    ws->book = weir_asset_book_new(true);
    ws->vm = ws->run ? weir_vm_new(ws->run) : NULL;
    ws->data = weir_value_none();
    if (ws->data_arena && ws->spec_arena && ws->code && ws->vm && ws->book &&
        weir_workspace_set_spec(ws, NULL, NULL) == WEIR_OK)
        return ws;
    weir_workspace_free(ws);
    return NULL;
}

/* ------------------------------------------------------------------ what there is */

weir_code weir_workspace_set_data(weir_workspace *ws, weir_str json, weir_error *error)
{
    weir_arena *arena = weir_arena_new(SPEC_BLOCK, 0);
    weir_value data;
    if (!arena)
        return weir_fail_nomem(error);
    if (!weir_json_document(arena, json, &data, error)) {
        weir_arena_free(arena);
        return WEIR_ERR_DECODE;
    }
    weir_arena_free(ws->data_arena);
    ws->data_arena = arena;
    ws->data = data;
    return WEIR_OK;
}

/* A secret of its own name: an expression may be tried, and nothing that is secret is shown. */
static bool name_model(weir_arena *arena, const weir_spec_model *model, weir_expr_names *names,
                       weir_expr_world *world)
{
    weir_str *credentials = WEIR_ARENA_ARRAY(arena, weir_str, model->credential_count + 1);
    weir_value *secrets = WEIR_ARENA_ARRAY(arena, weir_value, model->credential_count + 1);
    weir_str *vars = WEIR_ARENA_ARRAY(arena, weir_str, model->var_count + 1);
    weir_value *values = WEIR_ARENA_ARRAY(arena, weir_value, model->var_count + 1);
    if (!credentials || !secrets || !vars || !values)
        return false;
    for (size_t i = 0; i < model->credential_count; i++) {
        credentials[i] = model->credentials[i].name;
        secrets[i] = weir_value_str(model->credentials[i].name);
        secrets[i].flags |= WEIR_VALUE_SECRET;
    }
    for (size_t i = 0; i < model->var_count; i++) {
        vars[i] = model->vars[i].name;
        values[i] = model->vars[i].value;
    }
    *names = (weir_expr_names){.credentials = credentials,
                               .credential_count = model->credential_count,
                               .vars = vars,
                               .var_count = model->var_count,
                               .mappings = model->mappings,
                               .mapping_count = model->mapping_count,
                               .extensions = model->extensions};
    world->credentials = secrets;
    world->vars = values;
    return true;
}

weir_code weir_workspace_set_spec(weir_workspace *ws, weir_spec *spec, weir_error *error)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    weir_asset_cache *assets = weir_asset_cache_new(spec ? spec->model->assets : ws->book);
    weir_expr_names names = {0};
    weir_expr_world world = {.assets = assets, .connection_name = WEIR_STR("eval")};
    if (!arena || !assets || (spec && !name_model(arena, spec->model, &names, &world))) {
        weir_arena_free(arena);
        weir_asset_cache_free(assets);
        return weir_fail_nomem(error);
    }
    names.has_asset_book = true;
    if (spec && spec->model->connection_count > 0)
        world.connection_name = spec->model->connections[0].name;
    weir_spec *old = ws->spec;
    ws->spec = spec ? weir_spec_retain(spec) : NULL;
    weir_asset_cache_free(ws->assets);
    weir_spec_free(old);
    weir_arena_free(ws->spec_arena);
    ws->spec_arena = arena;
    ws->assets = assets;
    ws->names = names;
    ws->world = world;
    ws->roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) | WEIR_ROOT_BIT(WEIR_ROOT_RECEIVED) |
                (spec ? WEIR_ROOT_BIT(WEIR_ROOT_SUBSCRIBE_ASSETS) : 0);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ asking */

typedef struct question {
    weir_workspace *ws;
    weir_diags *diags;
    const weir_source *source;
} question;

static weir_place place_in(const weir_source *source, size_t offset, size_t length)
{
    weir_place place = {source, 1, 1, 0};
    for (size_t i = 0; i < offset + length && i < source->text.len; i++) {
        const char c = source->text.ptr[i];
        if (((unsigned char)c & 0xC0) == 0x80)
            continue;
        if (i >= offset)
            place.length += c != '\n';
        else if (c == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column++;
        }
    }
    return place;
}

static void on_mistake(void *user, size_t offset, size_t length, const char *text)
{
    question *q = user;
    if (q->diags)
        weir_diag_error(q->diags, place_in(q->source, offset, length), "%s", text);
}

static const weir_program *compile(question *q, weir_str text)
{
    weir_workspace *ws = q->ws;
    const weir_expr_scope scope = {.roots = ws->roots, .names = &ws->names};
    weir_arena_reset(ws->code);
    return weir_expr_compile(ws->code, text, &scope, on_mistake, q);
}

/* `subscribe_assets` are the first of the master data: what a subscription of two would have. */
static bool set_inputs(weir_workspace *ws, weir_expr_input *input)
{
    weir_value *items = NULL;
    size_t count = 0;
    input->roots[WEIR_ROOT_DATA] = ws->data;
    input->roots[WEIR_ROOT_RECEIVED] = weir_value_timestamp(weir_now_ns(), WEIR_ZONE_UTC);
    if (!ws->spec)
        return true;
    while (count < WEIR_ASSET_SAMPLES && weir_asset_book_sample(ws->spec->model->assets, count))
        count++;
    if (!weir_list_new(ws->code, WEIR_LIST, count, &input->roots[WEIR_ROOT_SUBSCRIBE_ASSETS],
                       &items))
        return false;
    for (size_t i = 0; i < count; i++)
        items[i] = weir_value_asset(weir_asset_book_sample(ws->spec->model->assets, i));
    return true;
}

static bool evaluate(weir_workspace *ws, const weir_program *program, weir_value *value)
{
    weir_expr_input input = {0};
    weir_arena_reset(ws->run);
    return set_inputs(ws, &input) && weir_vm_run(ws->vm, program, &ws->world, &input, value) &&
           weir_vm_settle(ws->vm, value);
}

static weir_code fail_raised(question *q, weir_error *error)
{
    size_t offset = 0, length = 0;
    weir_workspace *ws = q->ws;
    if (weir_vm_raise(ws->vm) == WEIR_RAISE_NONE)
        return weir_fail_nomem(error);
    weir_vm_range(ws->vm, &offset, &length);
    const char *class = weir_raise_name(weir_vm_raise(ws->vm));
    const weir_str message = weir_vm_message(ws->vm);
    weir_diag_error(q->diags, place_in(q->source, offset, length), "%s: %.*s", class,
                    WEIR_FMT(message));
    return weir_fail(error, WEIR_ERR_EVAL, "%s: %.*s", class, WEIR_FMT(message));
}

static void put_answer(weir_workspace *ws, weir_ask ask, const weir_value *value, weir_buf *out)
{
    if (ask == WEIR_ASK_VALUE) {
        weir_json_write(out, value, 0);
        return;
    }
    weir_value inside = *value;
    if (inside.kind == WEIR_RAW && !weir_op_unfold(ws->vm, &inside))
        inside = *value;
    weir_buf_puts(out, weir_value_type_name(&inside));
}

static weir_code answer(question *q, weir_ask ask, weir_buf *out, weir_error *error)
{
    weir_workspace *ws = q->ws;
    weir_value value;
    const weir_program *program = compile(q, q->source->text);
    if (!program)
        return weir_diags_errors(q->diags) > 0
                   ? weir_fail(error, WEIR_ERR_EVAL, "the expression has mistakes")
                   : weir_fail_nomem(error);
    if (ask == WEIR_ASK_CODE) {
        weir_program_print(out, program);
        while (out->len > 0 && out->ptr[out->len - 1] == '\n')
            out->len--;
    } else if (evaluate(ws, program, &value)) {
        put_answer(ws, ask, &value, out);
    } else {
        return fail_raised(q, error);
    }
    return out->failed ? weir_fail_nomem(error) : WEIR_OK;
}

weir_code weir_workspace_ask(weir_workspace *ws, weir_ask ask, weir_str expression,
                             weir_text_buffer *out, weir_report **report, weir_error *error)
{
    question q = {.ws = ws, .diags = weir_diags_new()};
    weir_buf buf = {out->ptr, out->len, out->cap, false};
    if (q.diags)
        q.source = weir_diags_add_source(q.diags, WEIR_STR("expression"), expression);
    const weir_code code = q.source ? answer(&q, ask, &buf, error) : weir_fail_nomem(error);
    *out = (weir_text_buffer){buf.ptr, buf.len, buf.cap};
    if (report)
        *report = q.diags ? weir_report_new_take(q.diags) : NULL;
    else
        weir_diags_free(q.diags);
    return code;
}

/* ------------------------------------------------------------------ completing */

typedef struct completion {
    weir_workspace *ws;
    weir_str word; /* what is there of it */
    weir_word_fn *each;
    void *user;
} completion;

static void offer(const completion *c, weir_str name)
{
    if (name.len >= c->word.len &&
        (c->word.len == 0 || memcmp(name.ptr, c->word.ptr, c->word.len) == 0))
        c->each(c->user, name);
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

/* Where the operand begins that ends at `end`: names, dots, texts, brackets with what is in them.
 */
static size_t operand_start(weir_str text, size_t end)
{
    size_t at = end, depth = 0;
    char quote = 0;
    while (at > 0) {
        const char c = text.ptr[at - 1];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (c == ')' || c == ']' || c == '}')
            depth++;
        else if (depth > 0 && (c == '(' || c == '[' || c == '{'))
            depth--;
        else if (depth == 0 && !is_name_byte(c) && c != '.')
            break;
        at--;
    }
    return at;
}

/* The value of what stands in front; false: it has none, and nobody is told why. */
static bool value_of(weir_workspace *ws, weir_str text, weir_value *value)
{
    question q = {.ws = ws};
    const weir_program *program = text.len ? compile(&q, text) : NULL;
    return program && evaluate(ws, program, value) &&
           (value->kind != WEIR_RAW || weir_op_unfold(ws->vm, value));
}

static void offer_prefixed(const completion *c, weir_buf *full, const char *prefix, weir_str name)
{
    full->len = 0;
    weir_buf_puts(full, prefix);
    weir_buf_put(full, name);
    if (!full->failed)
        offer(c, weir_buf_str(full));
}

/* Full names: of functions, of the spec, of what is given. */
static void offer_names(const completion *c)
{
    static const char *const given[] = {"data", "received", "subscribe_assets", "assets"};
    const weir_expr_names *names = &c->ws->names;
    weir_buf full = {0};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (i < 2 || c->ws->spec)
            offer(c, weir_str_of(given[i]));
    }
    for (const weir_fn_row *const *group = weir_fn_groups; *group; group++) {
        for (const weir_fn_row *row = *group; row->name; row++)
            offer(c, weir_str_of(row->name));
    }
    for (size_t i = 0; i < names->credential_count; i++)
        offer_prefixed(c, &full, "credentials.", names->credentials[i]);
    for (size_t i = 0; i < names->var_count; i++)
        offer_prefixed(c, &full, "vars.", names->vars[i]);
    for (size_t i = 0; i < names->mapping_count; i++)
        offer_prefixed(c, &full, "mappings.", weir_mapping_name(names->mappings[i]));
    weir_buf_fini(&full);
}

/* Methods and attributes behind a dot. */
static void offer_members(const completion *c, const weir_value *object)
{
    const uint8_t kind = weir_receiver_kind(object);
    for (const weir_method_row *const *group = weir_method_groups; *group; group++) {
        for (const weir_method_row *row = *group; row->name; row++) {
            if (row->kind == kind)
                offer(c, weir_str_of(row->name));
        }
    }
    for (const weir_attr_row *const *group = weir_attr_groups; *group; group++) {
        for (const weir_attr_row *row = *group; row->name; row++) {
            if (row->kind == kind)
                offer(c, weir_str_of(row->name));
        }
    }
}

/* Keys behind `['`, closed with the quote that was opened. */
static void offer_keys(const completion *c, const weir_value *object, char quote)
{
    weir_buf key = {0};
    if (object->kind != WEIR_DICT)
        return;
    for (size_t i = 0; i < object->dict->count; i++) {
        weir_value name = object->dict->entries[i].key;
        if (!weir_vm_settle(c->ws->vm, &name) || name.kind != WEIR_STR ||
            memchr(name.s, quote, name.len) || memchr(name.s, '\\', name.len))
            continue;
        key.len = 0;
        weir_buf_put(&key, weir_value_text(&name));
        weir_buf_putc(&key, quote);
        weir_buf_putc(&key, ']');
        if (!key.failed)
            offer(c, weir_buf_str(&key));
    }
    weir_buf_fini(&key);
}

/* The opening quote of a subscript that `text` ends in, or SIZE_MAX. */
static size_t open_key(weir_str text)
{
    size_t opened = SIZE_MAX;
    char quote = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (quote) {
            if (c == quote)
                quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
            opened = i;
        }
    }
    return quote && opened > 0 && text.ptr[opened - 1] == '[' ? opened : SIZE_MAX;
}

size_t weir_workspace_complete(weir_workspace *ws, weir_str text, weir_word_fn *each, void *user)
{
    completion c = {.ws = ws, .each = each, .user = user};
    weir_value object;
    const size_t key = open_key(text);
    if (key != SIZE_MAX) {
        const size_t start = operand_start(text, key - 1);
        c.word = (weir_str){text.ptr + key + 1, text.len - key - 1};
        if (value_of(ws, (weir_str){text.ptr + start, key - 1 - start}, &object))
            offer_keys(&c, &object, text.ptr[key]);
        return c.word.len;
    }
    size_t name = text.len;
    while (name > 0 && is_name_byte(text.ptr[name - 1]))
        name--;
    const size_t start = operand_start(text, text.len);
    const size_t dot = name > 0 && text.ptr[name - 1] == '.' ? name - 1 : SIZE_MAX;
    if (dot != SIZE_MAX &&
        value_of(ws, (weir_str){text.ptr + start, dot > start ? dot - start : 0}, &object)) {
        c.word = (weir_str){text.ptr + name, text.len - name};
        offer_members(&c, &object);
        return c.word.len;
    }
    c.word = (weir_str){text.ptr + start, text.len - start};
    if (c.word.len > 0)
        offer_names(&c);
    return c.word.len;
}
