/* SPDX-License-Identifier: MIT */
/*
 * Constants: the table of them, literals, and folding. A constant is computed in a scratch arena by
 * the operations of a run, with a small budget of steps; what fails, or grows beyond a few
 * kilobytes, is left to the run, where it raises or costs what Python says it should.
 */
#include "expr/compile.h"
#include "util/number.h"
#include "value/decimal.h"

enum {
    FOLD_STEPS = 20000,
    FOLD_MEMORY = 1024 * 1024,
    KEEP_TEXT_MAX = 4096, /* bytes */
    KEEP_ITEMS_MAX = 512,
    KEEP_DEPTH_MAX = 16
};

bool weir_is_constant(weir_operand operand)
{
    return operand.place >= WEIR_PLACE_CONSTANTS && !operand.is_mistaken;
}

const weir_value *weir_constant_of(const weir_compiler *c, weir_operand operand)
{
    return &c->constants[operand.place - WEIR_PLACE_CONSTANTS];
}

static bool is_same(const weir_value *a, const weir_value *b)
{
    if (a->kind != b->kind || a->aux != b->aux || a->len != b->len)
        return false;
    if (a->kind == WEIR_STR || a->kind == WEIR_BYTES || a->kind == WEIR_BIGINT)
        return weir_str_eq(weir_value_text(a), weir_value_text(b));
    return a->bits == b->bits;
}

static uint8_t kind_of_items(const weir_value *v)
{
    if (v->kind == WEIR_STR)
        return WEIR_STR;
    return v->kind == WEIR_BYTES || v->kind == WEIR_RANGE ? WEIR_INT : WEIR_KIND_COUNT;
}

weir_operand weir_constant(weir_compiler *c, const weir_node *node, const weir_value *v)
{
    (void)node;
    size_t at = 0;
    while (at < c->constant_count && !is_same(&c->constants[at], v))
        at++;
    if (at == c->constant_count) {
        weir_value *room =
            weir_table_grow(c, (void **)&c->constants, c->constant_count, &c->constant_cap,
                            sizeof *c->constants, WEIR_EXPR_CONSTANTS_MAX);
        if (!room)
            return weir_operand_of(0, WEIR_KIND_COUNT);
        *room = *v;
        c->constant_count++;
    }
    weir_operand operand = weir_operand_of((unsigned)at + WEIR_PLACE_CONSTANTS, v->kind);
    operand.elements = kind_of_items(v);
    return operand;
}

weir_operand weir_unknown(weir_compiler *c, const weir_node *node)
{
    weir_value none = weir_value_none();
    weir_operand operand = weir_constant(c, node, &none);
    operand.kind = WEIR_KIND_COUNT;
    operand.is_mistaken = true;
    return operand;
}

/* ------------------------------------------------------------------ folding */

weir_vm *weir_fold_begin(weir_compiler *c)
{
    if (!c->fold) {
        c->fold_arena = weir_arena_new(4096, FOLD_MEMORY);
        c->fold = c->fold_arena ? weir_vm_new(c->fold_arena) : NULL;
        if (!c->fold) {
            weir_compiler_break(c);
            return NULL;
        }
    }
    weir_arena_reset(c->fold_arena);
    c->fold->steps = FOLD_STEPS;
    c->fold->raise = WEIR_RAISE_NONE;
    return c->fold;
}

static bool keep(weir_compiler *c, const weir_value *v, unsigned depth, weir_value *out);

static bool keep_bytes(weir_compiler *c, const void *from, size_t size, weir_value *out)
{
    void *copy = size <= KEEP_TEXT_MAX ? weir_arena_alloc(c->arena, size ? size : 1) : NULL;
    if (!copy)
        return false;
    if (size)
        memcpy(copy, from, size);
    out->p = copy;
    return true;
}

static bool keep_list(weir_compiler *c, const weir_value *v, unsigned depth, weir_value *out)
{
    weir_value *items = NULL;
    if (v->list->count > KEEP_ITEMS_MAX ||
        !weir_list_new(c->arena, v->kind, v->list->count, out, &items))
        return false;
    for (size_t i = 0; i < v->list->count; i++)
        if (!keep(c, &v->list->items[i], depth, &items[i]))
            return false;
    return true;
}

static bool keep_dict(weir_compiler *c, const weir_value *v, unsigned depth, weir_value *out)
{
    weir_dict *dict =
        v->dict->count <= KEEP_ITEMS_MAX ? weir_dict_new(c->arena, v->dict->count) : NULL;
    if (!dict)
        return false;
    for (size_t i = 0; i < v->dict->count; i++) {
        weir_value key, value;
        if (!keep(c, &v->dict->entries[i].key, depth, &key) ||
            !keep(c, &v->dict->entries[i].value, depth, &value) ||
            !weir_dict_put(c->arena, dict, &key, &value))
            return false;
    }
    *out = weir_value_dict(dict);
    out->kind = v->kind;
    return true;
}

/* Copies a value out of the scratch arena; false when it is too large, or out of memory. */
static bool keep(weir_compiler *c, const weir_value *v, unsigned depth, weir_value *out)
{
    *out = *v;
    if (depth >= KEEP_DEPTH_MAX)
        return false;
    switch (v->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE:
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_TIMESTAMP:
    case WEIR_TIMEDELTA:
    case WEIR_OBJECT: return true;
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_BIGINT: return keep_bytes(c, v->s, v->len, out);
    case WEIR_DECIMAL: return keep_bytes(c, v->decimal, weir_decimal_size(v->decimal), out);
    case WEIR_RANGE: return keep_bytes(c, v->range, sizeof *v->range, out);
    case WEIR_LIST:
    case WEIR_TUPLE: return keep_list(c, v, depth + 1, out);
    case WEIR_DICT:
    case WEIR_SET: return keep_dict(c, v, depth + 1, out);
    default: return false;
    }
}

bool weir_fold_keep(weir_compiler *c, const weir_node *node, const weir_value *v, weir_operand *out)
{
    weir_value kept;
    if (!keep(c, v, 0, &kept))
        return false;
    *out = weir_constant(c, node, &kept);
    return true;
}

/* ------------------------------------------------------------------ literals */

/* The sign in front of a number; the least int64 is the only INT whose digits are a BIGINT. */
static bool signed_literal(weir_compiler *c, const weir_node *node, weir_value *out)
{
    weir_value v;
    if (node->op == WEIR_UNARY_INVERT || !weir_literal_of(c, node->a, &v) ||
        node->a->kind != WEIR_NODE_CONST)
        return false;
    bool is_minus = node->op == WEIR_UNARY_MINUS;
    *out = v;
    if (v.kind == WEIR_INT) {
        *out = weir_value_int(is_minus ? -v.i : v.i);
        return true;
    }
    if (v.kind == WEIR_FLOAT) {
        *out = weir_value_float(is_minus ? -v.f : v.f);
        return true;
    }
    if (v.kind != WEIR_BIGINT || !is_minus)
        return v.kind == WEIR_BIGINT;
    weir_str text = weir_arena_printf(c->arena, "-%.*s", WEIR_FMT(weir_value_text(&v)));
    int64_t i = 0;
    if (!text.ptr)
        return false;
    out->s = text.ptr;
    out->len = (uint32_t)text.len;
    if (weir_int_parse_json(text, &i) == WEIR_INT_OK)
        *out = weir_value_int(i);
    return true;
}

static bool literal_items(weir_compiler *c, const weir_node *node, weir_value *out)
{
    weir_value *items = NULL;
    uint8_t kind = node->kind == WEIR_NODE_TUPLE ? WEIR_TUPLE : WEIR_LIST;
    if (!weir_list_new(c->arena, kind, node->count, out, &items))
        return false;
    for (size_t i = 0; i < node->count; i++)
        if (!weir_literal_of(c, node->items[i], &items[i]))
            return false;
    return true;
}

bool weir_literal_of(weir_compiler *c, const weir_node *node, weir_value *out)
{
    switch (node->kind) {
    case WEIR_NODE_CONST: *out = node->value; return true;
    case WEIR_NODE_UNARY: return signed_literal(c, node, out);
    case WEIR_NODE_TUPLE:
    case WEIR_NODE_LIST: return literal_items(c, node, out);
    case WEIR_NODE_DICT: {
        weir_dict *dict = node->count == 0 ? weir_dict_new(c->arena, 0) : NULL;
        if (!dict)
            return false;
        *out = weir_value_dict(dict);
        return true;
    }
    default: return false;
    }
}
