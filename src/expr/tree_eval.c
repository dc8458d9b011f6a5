/* SPDX-License-Identifier: MIT */
/*
 * Evaluating a tree, from its root down. Each kind of twig does what the VM's operation does to
 * the frequent kinds of values, to the last bit, and gives up on all others: false is no failure,
 * only the end of what is known here. Numbers of the frame are read when they are asked for.
 */
#include <limits.h>
#include <math.h>

#include "expr/str_parts.h"
#include "expr/tree_parts.h"
#include "util/number.h"
#include "util/time.h"
#include "value/json_read.h"

typedef struct run {
    const weir_twig *twigs;
    const weir_expr_world *world;
    const weir_expr_input *input;
    weir_tree_room *room;
} run;

static bool eval(const run *r, unsigned at, weir_value *out);

/* ------------------------------------------------------------------ values */

static bool is_number(const weir_value *v)
{
    return v->kind == WEIR_INT || v->kind == WEIR_FLOAT;
}

static bool is_mapping(const weir_value *v)
{
    return v->kind == WEIR_DICT || (v->kind == WEIR_RAW && v->aux == WEIR_RAW_OBJECT);
}

static bool is_empty_dict(const weir_value *v)
{
    return v->kind == WEIR_DICT && v->dict->count == 0;
}

/* A number of the frame; false: it is too large for what is done here, or none at all. */
static bool read_number(const weir_value *raw, weir_value *out)
{
    double f;
    int64_t i;
    if (raw->flags & WEIR_VALUE_INTEGRAL) {
        if (weir_int_parse_json(weir_value_text(raw), &i) != WEIR_INT_OK)
            return false;
        *out = weir_value_int(i);
        return true;
    }
    if (!weir_double_parse_json(weir_value_text(raw), &f))
        return false;
    *out = weir_value_float(f);
    return true;
}

/* A value of the frame as operations want it: numbers are read. */
static bool settle(const weir_value *v, weir_value *out)
{
    *out = *v;
    if (v->flags & WEIR_VALUE_SECRET)
        return false;
    switch (v->kind) {
    case WEIR_STR:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_BOOL:
    case WEIR_NONE: return true;
    case WEIR_RAW:
        return v->aux == WEIR_RAW_NUMBER ? read_number(v, out) : v->aux != WEIR_RAW_ESCAPED;
    default: return false;
    }
}

static bool truth_of(const weir_value *v, bool *truth)
{
    weir_json_iter iter;
    weir_value key, item;
    switch (v->kind) {
    case WEIR_NONE: *truth = false; return true;
    case WEIR_BOOL:
    case WEIR_INT: *truth = v->i != 0; return true;
    case WEIR_FLOAT: *truth = v->f != 0; return true;
    case WEIR_STR: *truth = v->len != 0; return true;
    case WEIR_ASSET:
    case WEIR_TIMESTAMP: *truth = true; return true;
    case WEIR_RAW:
        weir_json_iter_init(&iter, v);
        *truth = weir_json_iter_next(&iter, &key, &item);
        return true;
    default: return false;
    }
}

static bool test(const run *r, unsigned at, bool *truth)
{
    weir_value v;
    return eval(r, at, &v) && truth_of(&v, truth);
}

/* ------------------------------------------------------------------ reads */

/* Where a step without an entry of its own has its slot: the last one of a read. */
static const weir_value *slot_of_step(const weir_value *slots, const weir_read *read, size_t i)
{
    const weir_read_step *step = &read->steps[i];
    return step->has_slot ? &slots[step->slot] : i + 1u == read->count ? &slots[read->slot] : NULL;
}

/* What a read stands at after `count` steps, as far as slots and defaults tell; else NULL. `data`
 * may be a dict that nobody has made yet. */
static const weir_value *stand(const run *r, const weir_read *read, size_t count)
{
    static const weir_value made_later = {.kind = WEIR_RAW, .aux = WEIR_RAW_OBJECT};
    const weir_expr_input *input = r->input;
    const weir_value *slots = read->is_item ? input->item_slots : input->data_slots;
    const weir_value *at = &input->roots[read->is_item ? WEIR_ROOT_ITEM : WEIR_ROOT_DATA];
    bool is_on_path = true;
    if (at->kind == WEIR_ABSENT && !read->is_item && input->lazy_data && input->lazy_data->is_dict)
        at = &made_later;
    for (size_t i = 0; i < count; i++) {
        const weir_read_step *step = &read->steps[i];
        const weir_value *slot = is_on_path ? slot_of_step(slots, read, i) : NULL;
        if (slot && slot->kind != WEIR_ABSENT) {
            at = slot;
        } else if (step->kind == WEIR_STEP_GET &&
                   (is_on_path ? slot && is_mapping(at) : is_empty_dict(at))) {
            at = &step->fallback;
            is_on_path = false;
        } else {
            return NULL;
        }
    }
    return at;
}

static bool eval_slot(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_read *read = twig->read;
    const weir_expr_input *input = r->input;
    const weir_value *v = (read->is_item ? input->item_slots : input->data_slots) + read->slot;
    if (v->kind == WEIR_ABSENT) {
        v = stand(r, read, read->count);
        if (v && v->kind == WEIR_ABSENT) { /* a computed default follows */
            *out = *v;
            return true;
        }
    }
    return v && settle(v, out);
}

static bool eval_has(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_read *read = twig->read;
    const weir_expr_input *input = r->input;
    const weir_read_step *last = &read->steps[read->count - 1];
    const weir_value *slot = (read->is_item ? input->item_slots : input->data_slots) + read->slot;
    bool has = slot->kind != WEIR_ABSENT;
    if (!has) {
        const weir_value *in = stand(r, read, read->count - 1u);
        if (in && in->kind == WEIR_STR && !(in->flags & WEIR_VALUE_SECRET))
            has = memmem(in->s, in->len, last->key.s, last->key.len) != NULL;
        else if (!in ||
                 (!(in->kind == WEIR_RAW && in->aux == WEIR_RAW_OBJECT) && !is_empty_dict(in)))
            return false;
    }
    *out = weir_value_bool(has);
    return true;
}

static bool eval_root(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_value *v = &r->input->roots[twig->op];
    *out = *v;
    return (v->kind == WEIR_TIMESTAMP && !(v->flags & WEIR_VALUE_SECRET)) || settle(v, out);
}

/* b is computed in any case, as an argument is. */
static bool eval_default(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value other;
    if (!eval(r, twig->a, out) || !eval(r, twig->b, &other))
        return false;
    if (out->kind == WEIR_ABSENT)
        *out = other;
    return true;
}

/* ------------------------------------------------------------------ numbers */

static bool eval_float(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value v;
    double f;
    if (!eval(r, twig->a, &v))
        return false;
    if (is_number(&v))
        f = weir_number_real(&v);
    else if (v.kind != WEIR_STR || !weir_double_parse_json(weir_value_text(&v), &f))
        return false;
    *out = weir_value_float(f);
    return true;
}

static bool eval_int(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value v;
    int64_t i;
    if (!eval(r, twig->a, &v))
        return false;
    if (v.kind == WEIR_INT)
        i = v.i;
    else if (v.kind == WEIR_FLOAT && fabs(v.f) < 0x1p53)
        i = (int64_t)v.f;
    else if (v.kind != WEIR_STR || weir_int_parse_json(weir_value_text(&v), &i) != WEIR_INT_OK)
        return false;
    *out = weir_value_int(i);
    return true;
}

/* -a, or the absolute value. */
static bool eval_sign(const run *r, const weir_twig *twig, weir_value *out)
{
    const bool is_abs = twig->kind == WEIR_TWIG_ABS;
    weir_value v;
    if (!eval(r, twig->a, &v) || !is_number(&v) || (v.kind == WEIR_INT && v.i == INT64_MIN))
        return false;
    if (v.kind == WEIR_FLOAT)
        *out = weir_value_float(is_abs ? fabs(v.f) : -v.f);
    else
        *out = weir_value_int(is_abs && v.i >= 0 ? v.i : -v.i);
    return true;
}

static bool compute_int(weir_binary op, int64_t a, int64_t b, weir_value *out)
{
    int64_t i = 0;
    const bool is_over = op == WEIR_BINARY_ADD   ? __builtin_add_overflow(a, b, &i)
                         : op == WEIR_BINARY_SUB ? __builtin_sub_overflow(a, b, &i)
                                                 : __builtin_mul_overflow(a, b, &i);
    *out = weir_value_int(i);
    return !is_over;
}

static bool compute(weir_binary op, const weir_value *a, const weir_value *b, weir_value *out)
{
    const bool is_whole = a->kind == WEIR_INT && b->kind == WEIR_INT;
    const double x = weir_number_real(a), y = weir_number_real(b);
    if (op == WEIR_BINARY_DIV) {
        if (y == 0)
            return false;
        *out = weir_value_float(is_whole ? weir_int_quotient(a->i, b->i) : x / y);
        return true;
    }
    if (is_whole)
        return compute_int(op, a->i, b->i, out);
    *out = weir_value_float(op == WEIR_BINARY_ADD ? x + y : op == WEIR_BINARY_SUB ? x - y : x * y);
    return true;
}

/* ------------------------------------------------------------------ relations */

static bool is_scalar(const weir_value *v)
{
    return is_number(v) || v->kind == WEIR_STR || v->kind == WEIR_BOOL || v->kind == WEIR_NONE;
}

/* ==; False is 0 and True is 1. */
static bool equals(const weir_value *a, const weir_value *b, bool *truth)
{
    if (!is_scalar(a) || !is_scalar(b))
        return false;
    if (a->kind == WEIR_STR || b->kind == WEIR_STR) {
        *truth = a->kind == b->kind && weir_str_eq(weir_value_text(a), weir_value_text(b));
        return true;
    }
    if (a->kind == WEIR_NONE || b->kind == WEIR_NONE) {
        *truth = a->kind == b->kind;
        return true;
    }
    if (a->kind != WEIR_FLOAT && b->kind != WEIR_FLOAT) {
        *truth = a->i == b->i;
        return true;
    }
    if (a->kind == WEIR_BOOL || b->kind == WEIR_BOOL || !weir_number_is_exact(a) ||
        !weir_number_is_exact(b))
        return false;
    *truth = weir_number_real(a) == weir_number_real(b);
    return true;
}

static bool contains(const weir_value *in, const weir_value *v, bool *truth)
{
    *truth = false;
    if (in->kind == WEIR_STR && v->kind == WEIR_STR) {
        *truth = weir_str_find(weir_value_text(in), weir_value_text(v), 0) != SIZE_MAX;
        return true;
    }
    if (in->kind != WEIR_TUPLE && in->kind != WEIR_LIST)
        return false;
    for (size_t i = 0; i < in->list->count && !*truth; i++)
        if (!equals(&in->list->items[i], v, truth))
            return false;
    return true;
}

static bool relate(unsigned op, const weir_value *a, const weir_value *b, bool *truth)
{
    switch (op) {
    case WEIR_RELATION_IS:
    case WEIR_RELATION_IS_NOT:
        *truth = (a->kind == b->kind &&
                  (a->kind == WEIR_NONE || (a->kind == WEIR_BOOL && a->b == b->b))) ==
                 (op == WEIR_RELATION_IS);
        return true;
    case WEIR_RELATION_IN:
    case WEIR_RELATION_NOT_IN:
        if (!contains(b, a, truth))
            return false;
        *truth = *truth == (op == WEIR_RELATION_IN);
        return true;
    case WEIR_COMPARE_EQ:
    case WEIR_COMPARE_NE:
        if (!equals(a, b, truth))
            return false;
        *truth = *truth == (op == WEIR_COMPARE_EQ);
        return true;
    default: break;
    }
    if (!is_number(a) || !is_number(b))
        return false;
    if (a->kind == WEIR_INT && b->kind == WEIR_INT)
        *truth = weir_compare_int((weir_compare)op, a->i, b->i);
    else
        *truth = weir_compare_float((weir_compare)op, weir_number_real(a), weir_number_real(b));
    return weir_number_is_exact(a) + weir_number_is_exact(b) == 2 || a->kind == b->kind;
}

static bool is_a(uint8_t type, const weir_value *v, bool *truth)
{
    if (v->kind == WEIR_RAW)
        *truth =
            v->aux == (type == WEIR_DICT ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY) && type != WEIR_STR;
    else
        *truth = v->kind == type;
    return v->kind == WEIR_RAW || is_scalar(v);
}

/* ------------------------------------------------------------------ texts */

static bool eval_text(const run *r, unsigned at, weir_value *out)
{
    return eval(r, at, out) && out->kind == WEIR_STR;
}

/* Room for a text; NULL: there is no more. */
static char *take_room(const run *r, size_t len)
{
    weir_tree_room *room = r->room;
    if (len > sizeof room->bytes - room->used)
        return NULL;
    char *at = room->bytes + room->used;
    room->used += len;
    return at;
}

static bool keep_text(const run *r, const char *text, size_t len, uint8_t flags, weir_value *out)
{
    char *at = take_room(r, len);
    if (!at)
        return false;
    memcpy(at, text, len);
    *out = weir_value_str((weir_str){at, len});
    out->flags = flags;
    return true;
}

/* str() of texts and numbers. */
static bool text_of(const run *r, const weir_value *v, weir_value *out)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    switch (v->kind) {
    case WEIR_STR: *out = *v; return true;
    case WEIR_INT: return keep_text(r, text, weir_int_text(v->i, text), WEIR_VALUE_ASCII, out);
    case WEIR_FLOAT: return keep_text(r, text, weir_double_repr(v->f, text), WEIR_VALUE_ASCII, out);
    default: return false;
    }
}

/* Two texts as one. The first one grows where it is the last in the room. */
static bool join(const run *r, const weir_value *a, const weir_value *b, weir_value *out)
{
    const uint8_t flags = a->flags & b->flags & WEIR_VALUE_ASCII;
    const bool is_last = a->len > 0 && a->s + a->len == r->room->bytes + r->room->used;
    char *at = take_room(r, is_last ? b->len : (size_t)a->len + b->len);
    if (!at)
        return false;
    if (!is_last && a->len > 0)
        memcpy(at, a->s, a->len);
    if (b->len > 0)
        memcpy(is_last ? at : at + a->len, b->s, b->len);
    *out = weir_value_str((weir_str){is_last ? a->s : at, (size_t)a->len + b->len});
    out->flags = flags;
    return true;
}

/* Where the separator next to `at` is, going on from it or back. */
static size_t next_mark(weir_str text, weir_str mark, size_t at, bool is_back)
{
    return is_back ? weir_str_find_last(text, mark, at) : weir_str_find(text, mark, at);
}

/* Parts that a text is split into. */
static int64_t count_parts(weir_str text, weir_str mark, int64_t most, bool is_back)
{
    int64_t count = 1;
    for (size_t at = is_back ? text.len : 0; most-- != 0; count++) {
        at = next_mark(text, mark, at, is_back);
        if (at == SIZE_MAX)
            break;
        at += is_back ? 0 : mark.len;
    }
    return count;
}

/* The part `n`, counted from where splitting begins. */
static bool find_part(weir_str text, weir_str mark, int64_t most, bool is_back, int64_t n,
                      weir_str *part)
{
    size_t from = 0, to = text.len;
    for (;; n--) {
        const size_t at =
            most-- == 0 ? SIZE_MAX : next_mark(text, mark, is_back ? to : from, is_back);
        const bool is_end = at == SIZE_MAX;
        if (n == 0) {
            *part = is_end    ? (weir_str){text.ptr + from, to - from}
                    : is_back ? (weir_str){text.ptr + at + mark.len, to - at - mark.len}
                              : (weir_str){text.ptr + from, at - from};
            return true;
        }
        if (is_end)
            return false;
        if (is_back)
            to = at;
        else
            from = at + mark.len;
    }
}

static bool eval_part(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_twig *split = &r->twigs[twig->a];
    const bool is_back = split->is_from_end;
    const weir_str mark = weir_value_text(&r->twigs[split->b].value);
    const int64_t most = split->at < 0 ? -1 : split->at;
    int64_t n = is_back ? -1 - twig->at : twig->at;
    weir_value text;
    weir_str part = {0};
    if (!eval_text(r, split->a, &text))
        return false;
    if (n < 0)
        n += count_parts(weir_value_text(&text), mark, most, is_back);
    if (n < 0 || !find_part(weir_value_text(&text), mark, most, is_back, n, &part))
        return false;
    *out = weir_value_str(part);
    out->flags = text.flags & WEIR_VALUE_ASCII;
    return true;
}

static int64_t clamp(int64_t i, int64_t len)
{
    i += i < 0 && i != INT64_MIN ? len : 0;
    return i < 0 ? 0 : i > len ? len : i;
}

static bool eval_slice(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value text;
    if (!eval_text(r, twig->a, &text) || !weir_text_is_ascii(&text))
        return false;
    const int64_t from = clamp(twig->at, text.len), to = clamp(twig->end, text.len);
    *out = weir_str_span(&text, (size_t)from, to > from ? (size_t)(to - from) : 0);
    return true;
}

static bool eval_case(const run *r, const weir_twig *twig, weir_value *out)
{
    const char first = twig->is_from_end ? 'A' : 'a';
    weir_value text;
    if (!eval_text(r, twig->a, &text) || !weir_text_is_ascii(&text))
        return false;
    char *to = take_room(r, text.len);
    if (!to)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.s[i];
        to[i] = (char)(c >= first && c <= first + 25 ? c ^ 0x20 : c);
    }
    *out = text;
    out->s = to;
    return true;
}

static bool eval_replace(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_str old = weir_value_text(&r->twigs[twig->b].value);
    const weir_value *new = &r->twigs[twig->c].value;
    weir_value text, part;
    if (!eval_text(r, twig->a, &text))
        return false;
    const weir_str all = weir_value_text(&text);
    *out = weir_value_str((weir_str){r->room->bytes + r->room->used, 0});
    out->flags = text.flags & WEIR_VALUE_ASCII;
    for (size_t from = 0, at = 0; at != SIZE_MAX; from = at + old.len) {
        at = weir_str_find(all, old, from);
        part = weir_str_span(&text, from, (at == SIZE_MAX ? all.len : at) - from);
        if (!join(r, out, &part, out) || (at != SIZE_MAX && !join(r, out, new, out)))
            return false;
    }
    return true;
}

static bool eval_starts(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_value *part = &r->twigs[twig->b].value;
    weir_value text;
    if (!eval_text(r, twig->a, &text))
        return false;
    const char *at =
        text.s + (twig->is_from_end && text.len >= part->len ? text.len - part->len : 0);
    *out = weir_value_bool(text.len >= part->len &&
                           (part->len == 0 || memcmp(at, part->s, part->len) == 0));
    return true;
}

/* ------------------------------------------------------------------ assets, times, words */

static bool eval_asset(const run *r, const weir_twig *twig, weir_value *out)
{
    const weir_expr_world *world = r->world;
    char digits[WEIR_NUMBER_TEXT_MAX];
    weir_value v;
    if (!world || !world->assets || !eval(r, twig->a, &v) ||
        (v.kind != WEIR_STR && v.kind != WEIR_INT))
        return false;
    const weir_str text =
        v.kind == WEIR_STR ? weir_value_text(&v) : (weir_str){digits, weir_int_text(v.i, digits)};
    *out = weir_value_asset(weir_asset_cached(world->assets, (weir_asset_key)twig->op, text));
    return out->kind == WEIR_ASSET;
}

static bool eval_stamp(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value v;
    int64_t ns;
    if (!eval(r, twig->a, &v))
        return false;
    if (v.kind == WEIR_NONE || v.kind == WEIR_TIMESTAMP) {
        *out = v;
        return true;
    }
    if (v.kind == WEIR_STR
            ? twig->at != 0 || !weir_time_parse(weir_value_text(&v), &ns, NULL)
            : v.kind != WEIR_INT || __builtin_mul_overflow(v.i, twig->at ? twig->at : 1, &ns) ||
                  ns == INT64_MIN)
        return false;
    *out = weir_value_timestamp(ns, 0);
    return true;
}

static bool eval_standard(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value v;
    if (!eval(r, twig->a, &v) || v.kind == WEIR_RAW)
        return false;
    const weir_value *found = weir_mapping_to_standard(twig->value.p, &v);
    return found && settle(found, out);
}

/* ------------------------------------------------------------------ twigs */

/* What has one operand. */
static bool apply(const run *r, const weir_twig *twig, const weir_value *a, weir_value *out)
{
    weir_value text = *a;
    bool truth = false, is_known;
    switch (twig->kind) {
    case WEIR_TWIG_STR: return text_of(r, a, out);
    case WEIR_TWIG_LEN:
        *out = weir_value_int(a->len);
        return a->kind == WEIR_STR && weir_text_is_ascii(&text);
    case WEIR_TWIG_IS_A: is_known = is_a(twig->op, a, &truth); break;
    default: is_known = truth_of(a, &truth); break;
    }
    *out = weir_value_bool(truth != (twig->kind == WEIR_TWIG_NOT));
    return is_known;
}

/* What has one or two operands, which are evaluated first. */
static bool eval_operation(const run *r, const weir_twig *twig, weir_value *out)
{
    weir_value a, b;
    bool truth = false;
    if (!eval(r, twig->a, &a))
        return false;
    if (twig->kind != WEIR_TWIG_RELATION && twig->kind != WEIR_TWIG_JOIN &&
        twig->kind != WEIR_TWIG_BINARY)
        return apply(r, twig, &a, out);
    if (!eval(r, twig->b, &b))
        return false;
    if (twig->kind == WEIR_TWIG_RELATION) {
        const bool is_known = relate(twig->op, &a, &b, &truth);
        *out = weir_value_bool(truth);
        return is_known;
    }
    if (twig->kind == WEIR_TWIG_JOIN)
        return a.kind == WEIR_STR && text_of(r, &b, &b) && join(r, &a, &b, out);
    if (twig->op == WEIR_BINARY_ADD && a.kind == WEIR_STR && b.kind == WEIR_STR)
        return join(r, &a, &b, out);
    return is_number(&a) && is_number(&b) && compute((weir_binary)twig->op, &a, &b, out);
}

static bool eval(const run *r, unsigned at, weir_value *out)
{
    const weir_twig *twig = &r->twigs[at];
    bool truth;
    while (twig->kind == WEIR_TWIG_IF) {
        if (!test(r, twig->a, &truth))
            return false;
        twig = &r->twigs[truth ? twig->b : twig->c];
    }
    switch (twig->kind) {
    case WEIR_TWIG_CONSTANT: *out = twig->value; return true;
    case WEIR_TWIG_ROOT: return eval_root(r, twig, out);
    case WEIR_TWIG_SLOT: return eval_slot(r, twig, out);
    case WEIR_TWIG_HAS: return eval_has(r, twig, out);
    case WEIR_TWIG_DEFAULT: return eval_default(r, twig, out);
    case WEIR_TWIG_FLOAT: return eval_float(r, twig, out);
    case WEIR_TWIG_INT: return eval_int(r, twig, out);
    case WEIR_TWIG_MINUS:
    case WEIR_TWIG_ABS: return eval_sign(r, twig, out);
    case WEIR_TWIG_PART: return eval_part(r, twig, out);
    case WEIR_TWIG_SLICE: return eval_slice(r, twig, out);
    case WEIR_TWIG_CASE: return eval_case(r, twig, out);
    case WEIR_TWIG_REPLACE: return eval_replace(r, twig, out);
    case WEIR_TWIG_STARTS: return eval_starts(r, twig, out);
    case WEIR_TWIG_STAMP: return eval_stamp(r, twig, out);
    case WEIR_TWIG_ASSET: return eval_asset(r, twig, out);
    case WEIR_TWIG_STANDARD: return eval_standard(r, twig, out);
    default: return eval_operation(r, twig, out);
    }
}

bool weir_tree_eval(const weir_tree *tree, const weir_expr_world *world,
                    const weir_expr_input *input, weir_tree_room *room, weir_value *out)
{
    const run r = {tree->twigs, world, input, room};
    return eval(&r, tree->root, out) && out->kind != WEIR_ABSENT;
}

weir_fused_answer weir_tree_test(const weir_tree *tree, const weir_expr_world *world,
                                 const weir_expr_input *input)
{
    weir_tree_room room;
    bool truth;
    if (!tree)
        return WEIR_FUSED_ASK;
    room.used = 0;
    const run r = {tree->twigs, world, input, &room};
    if (!test(&r, tree->root, &truth))
        return WEIR_FUSED_ASK;
    return truth ? WEIR_FUSED_TRUE : WEIR_FUSED_FALSE;
}
