/* SPDX-License-Identifier: MIT */
/*
 * Expressions by the line, for tests and scripts: {"expr":...,"data":...} in, the value or the
 * class of the error out. JSON has fewer types than the language, so a value is written in a tagged
 * form: what JSON can say is itself (a float always has a point or an exponent), anything else is
 * an object of one member whose name is '$' and the type. Equal texts are equal values of equal
 * types, which is what a comparison with another implementation wants; therefore a set is sorted.
 *
 * `data` is read as a spec reads it, by a projection, unless the line says "whole": true.
 */
#include <stdio.h>
#include <stdlib.h>

#include <weir/weir.h>

#include "expr/expr.h"
#include "expr/ops.h"
#include "expr/zone.h"
#include "util/encode.h"
#include "util/error.h"
#include "value/asset.h"
#include "value/decimal.h"
#include "value/json_document.h"
#include "value/json_write.h"

enum { SPEC_BLOCK = 64 * 1024, SLOTS_MAX = WEIR_PROJECTION_SLOTS_MAX };

struct weir_evaluator {
    weir_arena *spec, *run;
    weir_vm *vm;
    weir_asset_book *book;
    weir_asset_cache *assets;
    weir_value *slots;
    bool is_whole;
    char mistake[512];
};

weir_evaluator *weir_evaluator_new(void)
{
    weir_evaluator *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->spec = weir_arena_new(SPEC_BLOCK, 0);
    e->run = weir_arena_new(SPEC_BLOCK, WEIR_EXPR_MEMORY_MAX);
    e->book = weir_asset_book_new(true);
    e->slots = calloc(SLOTS_MAX, sizeof *e->slots);
    e->vm = e->run ? weir_vm_new(e->run) : NULL;
    e->assets = e->book ? weir_asset_cache_new(e->book) : NULL;
    if (e->spec && e->vm && e->assets && e->slots)
        return e;
    weir_evaluator_free(e);
    return NULL;
}

void weir_evaluator_free(weir_evaluator *e)
{
    if (!e)
        return;
    weir_vm_free(e->vm);
    weir_asset_cache_free(e->assets);
    weir_asset_book_free(e->book);
    weir_arena_free(e->run);
    weir_arena_free(e->spec);
    free(e->slots);
    free(e);
}

/* ------------------------------------------------------------------ the tagged form */

static bool put_typed(weir_evaluator *e, weir_buf *out, const weir_value *given, size_t depth);

static bool put_items(weir_evaluator *e, weir_buf *out, const weir_list *list, size_t depth)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            weir_buf_putc(out, ',');
        if (!put_typed(e, out, &list->items[i], depth))
            return false;
    }
    weir_buf_putc(out, ']');
    return true;
}

/* True if JSON's objects can say it: every key is a text that is not taken for a tag. */
static bool is_object(const weir_dict *dict)
{
    for (size_t i = 0; i < dict->count; i++) {
        const weir_value *key = &dict->entries[i].key;
        if (key->kind != WEIR_STR || (key->len && key->s[0] == '$'))
            return false;
    }
    return true;
}

static bool put_dict(weir_evaluator *e, weir_buf *out, const weir_dict *dict, size_t depth)
{
    const bool is_plain = is_object(dict);
    weir_buf_puts(out, is_plain ? "{" : "{\"$dict\":[");
    for (size_t i = 0; i < dict->count; i++) {
        if (i)
            weir_buf_putc(out, ',');
        weir_buf_puts(out, is_plain ? "" : "[");
        if (!put_typed(e, out, &dict->entries[i].key, depth))
            return false;
        weir_buf_putc(out, is_plain ? ':' : ',');
        if (!put_typed(e, out, &dict->entries[i].value, depth))
            return false;
        weir_buf_puts(out, is_plain ? "" : "]");
    }
    weir_buf_puts(out, is_plain ? "}" : "]}");
    return true;
}

static int by_text(const void *a, const void *b)
{
    const weir_str *x = a, *y = b;
    const size_t least = x->len < y->len ? x->len : y->len;
    const int order = memcmp(x->ptr, y->ptr, least);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static bool put_set(weir_evaluator *e, weir_buf *out, const weir_dict *set, size_t depth)
{
    weir_str *texts = WEIR_ARENA_ARRAY(e->spec, weir_str, set->count + 1);
    weir_buf text = {0};
    bool is_good = texts != NULL;
    for (size_t i = 0; i < set->count && is_good; i++) {
        text.len = 0;
        is_good = put_typed(e, &text, &set->entries[i].key, depth);
        if (is_good)
            is_good = (texts[i] = weir_arena_copy(e->spec, weir_buf_str(&text))).ptr != NULL;
    }
    weir_buf_fini(&text);
    if (!is_good)
        return false;
    qsort(texts, set->count, sizeof *texts, by_text);
    weir_buf_puts(out, "{\"$set\":[");
    for (size_t i = 0; i < set->count; i++) {
        weir_buf_puts(out, i ? "," : "");
        weir_buf_put(out, texts[i]);
    }
    weir_buf_puts(out, "]}");
    return true;
}

/* A tag and the text of str() or of a zone, quoted. */
static bool put_text(weir_evaluator *e, weir_buf *out, const char *tag, const weir_value *v)
{
    weir_buf text = {0};
    const bool is_good = weir_op_text(e->vm, v, 's', &text);
    weir_buf_printf(out, "{\"$%s\":", tag);
    weir_json_write_str(out, weir_buf_str(&text));
    weir_buf_putc(out, '}');
    weir_buf_fini(&text);
    return is_good;
}

static bool put_float(weir_evaluator *e, weir_buf *out, const weir_value *v)
{
    if (v->f - v->f != 0) /* an infinity or not a number */
        return put_text(e, out, "float", v);
    return weir_op_text(e->vm, v, 'r', out);
}

static void put_timestamp(weir_buf *out, const weir_value *v)
{
    weir_buf_printf(out, "{\"$Timestamp\":[%lld,", (long long)v->i);
    if (v->aux == WEIR_ZONE_NAIVE)
        weir_buf_puts(out, "null");
    else
        weir_json_write_str(out, weir_zone_name(v->aux));
    weir_buf_puts(out, "]}");
}

static bool put_scalar(weir_evaluator *e, weir_buf *out, const weir_value *v)
{
    switch (v->kind) {
    case WEIR_NONE: weir_buf_puts(out, "null"); break;
    case WEIR_BOOL: weir_buf_puts(out, v->b ? "true" : "false"); break;
    case WEIR_INT: weir_buf_printf(out, "%lld", (long long)v->i); break;
    case WEIR_BIGINT: weir_buf_put(out, weir_value_text(v)); break;
    case WEIR_FLOAT: return put_float(e, out, v);
    case WEIR_STR: weir_json_write(out, v, 0); break;
    case WEIR_DECIMAL: return put_text(e, out, "Decimal", v);
    case WEIR_TIMESTAMP: put_timestamp(out, v); break;
    case WEIR_TIMEDELTA: weir_buf_printf(out, "{\"$Timedelta\":%lld}", (long long)v->i); break;
    case WEIR_RANGE:
        weir_buf_printf(out, "{\"$range\":[%lld,%lld,%lld]}", (long long)v->range->start,
                        (long long)v->range->stop, (long long)v->range->step);
        break;
    case WEIR_BYTES:
        weir_buf_puts(out, "{\"$bytes\":\"");
        weir_hex_encode((weir_bytes){(const uint8_t *)v->s, v->len}, out);
        weir_buf_puts(out, "\"}");
        break;
    default: return put_text(e, out, weir_value_type_name(v), v);
    }
    return true;
}

static bool put_typed(weir_evaluator *e, weir_buf *out, const weir_value *given, size_t depth)
{
    weir_value v = *given;
    if (depth == 0)
        return weir_vm_fail(e->vm, WEIR_RAISE_LIMIT, "the value nests deeper than %d levels",
                            WEIR_JSON_DEPTH_MAX);
    if (v.kind == WEIR_RAW && !weir_op_unfold(e->vm, &v))
        return false;
    switch (v.kind) {
    case WEIR_LIST: return put_items(e, out, v.list, depth - 1);
    case WEIR_TUPLE:
        weir_buf_puts(out, "{\"$tuple\":");
        if (!put_items(e, out, v.list, depth - 1))
            return false;
        weir_buf_putc(out, '}');
        return true;
    case WEIR_DICT: return put_dict(e, out, v.dict, depth - 1);
    case WEIR_SET: return put_set(e, out, v.dict, depth - 1);
    default: return put_scalar(e, out, &v);
    }
}

/* ------------------------------------------------------------------ one line */

static void on_mistake(void *user, size_t offset, size_t length, const char *text)
{
    weir_evaluator *e = user;
    (void)length;
    if (!*e->mistake)
        snprintf(e->mistake, sizeof e->mistake, "%zu: %s", offset, text);
}

static void put_error(weir_buf *out, const char *class, weir_str text)
{
    out->len = 0;
    weir_buf_printf(out, "{\"error\":\"%s\",\"text\":", class);
    weir_json_write_str(out, text);
    weir_buf_puts(out, "}\n");
}

static void put_raised(weir_evaluator *e, weir_buf *out)
{
    put_error(out, weir_raise_name(weir_vm_raise(e->vm)), weir_vm_message(e->vm));
}

static void put_value(weir_evaluator *e, weir_buf *out, const weir_program *program,
                      const weir_value *value)
{
    weir_value v = *value;
    weir_buf_puts(out, "{\"value\":");
    if (!weir_vm_settle(e->vm, &v) || !put_typed(e, out, &v, WEIR_JSON_DEPTH_MAX)) {
        put_raised(e, out);
        return;
    }
    weir_buf_printf(out, ",\"type\":\"%s\"", weir_value_type_name(&v));
    const unsigned claimed = weir_program_kind(program);
    if (claimed != WEIR_KIND_COUNT && claimed != v.kind)
        weir_buf_printf(out, ",\"claimed\":%u", claimed); /* never: the compiler was wrong */
    weir_buf_puts(out, "}\n");
}

/* Fills slots and roots as a plan does for a frame. */
static bool take_data(weir_evaluator *e, weir_projection *projection, const weir_value *data,
                      weir_expr_input *input)
{
    input->roots[WEIR_ROOT_DATA] = *data;
    input->roots[WEIR_ROOT_RECEIVED] = weir_value_timestamp(0, WEIR_ZONE_UTC);
    if (!projection)
        return true;
    weir_json_error error;
    if (!weir_projection_seal(projection))
        return false;
    input->data_slots = e->slots;
    if (data->kind == WEIR_RAW && data->aux != WEIR_RAW_ESCAPED)
        return weir_projection_decode(projection, weir_value_text(data), e->slots,
                                      &input->roots[WEIR_ROOT_DATA], &error);
    weir_projection_fill(projection, data, e->slots);
    return true;
}

static void put_usage(const weir_evaluator *e, weir_buf *out)
{
    if (out->len < 2 || out->failed)
        return;
    out->len -= 2;
    weir_buf_printf(out, ",\"steps\":%llu,\"memory\":%zu}\n",
                    (unsigned long long)(WEIR_EXPR_STEPS_MAX - e->vm->steps),
                    weir_arena_used(e->run));
}

static void evaluate(weir_evaluator *e, weir_str source, const weir_value *data, weir_buf *out)
{
    const weir_expr_names names = {.has_asset_book = true};
    const weir_expr_world world = {.assets = e->assets, .connection_name = WEIR_STR("eval")};
    weir_projection *projection = e->is_whole ? NULL : weir_projection_new(e->spec);
    const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_RECEIVED),
                                   .data = projection,
                                   .names = &names};
    *e->mistake = '\0';
    e->vm->steps = WEIR_EXPR_STEPS_MAX;
    const weir_program *program = weir_expr_compile(e->spec, source, &scope, on_mistake, e);
    weir_expr_input input = {0};
    weir_value value;
    if (!program && *e->mistake)
        put_error(out, "Mistake", weir_str_of(e->mistake));
    else if (!program || !take_data(e, projection, data, &input))
        put_error(out, "MemoryError", WEIR_STR("out of memory"));
    else if (weir_vm_run(e->vm, program, &world, &input, &value))
        put_value(e, out, program, &value);
    else
        put_raised(e, out);
}

static bool flag(const weir_value *request, weir_str name)
{
    weir_value v;
    return weir_json_member(request, name, &v) && v.kind == WEIR_BOOL && v.b;
}

/* `text` has slack behind it. */
static void answer(weir_evaluator *e, weir_str text, weir_buf *out)
{
    weir_value request, source, data;
    weir_json_error error = {0};
    if (!weir_json_parse(text, &request, &error)) {
        put_error(out, "Request", weir_str_of(error.text));
        return;
    }
    if (request.kind != WEIR_RAW || request.aux != WEIR_RAW_OBJECT ||
        !weir_json_member(&request, WEIR_STR("expr"), &source) ||
        !weir_json_unfold(e->spec, &source, &source) || source.kind != WEIR_STR) {
        put_error(out, "Request", WEIR_STR("a line is an object with a text \"expr\""));
        return;
    }
    if (!weir_json_member(&request, WEIR_STR("data"), &data))
        data = weir_value_none();
    e->is_whole = flag(&request, WEIR_STR("whole"));
    evaluate(e, weir_value_text(&source), &data, out);
    if (flag(&request, WEIR_STR("usage")))
        put_usage(e, out);
}

bool weir_evaluator_line(weir_evaluator *e, const char *line, size_t len, weir_text_buffer *out)
{
    weir_arena_reset(e->spec);
    weir_arena_reset(e->run);
    weir_buf buf = {out->ptr, 0, out->cap, false};
    char *text = weir_arena_alloc(e->spec, len + WEIR_JSON_SLACK);
    if (text) {
        memcpy(text, line, len);
        memset(text + len, 0, WEIR_JSON_SLACK);
        answer(e, (weir_str){text, len}, &buf);
    } else {
        put_error(&buf, "MemoryError", WEIR_STR("out of memory"));
    }
    *out = (weir_text_buffer){buf.ptr, buf.len, buf.cap};
    return !buf.failed;
}
