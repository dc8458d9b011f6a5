/* SPDX-License-Identifier: MIT */
/*
 * Bytes to values. The bytes of everything that is read here are known to be there, its texts to be
 * UTF-8 and its factors to be numbers: a packet was looked at before (layout_run.c), so that all
 * that can fail from here on is memory.
 *
 * A scaled integer is what Python makes of `int / 100`: correctly rounded, also beyond 2^53.
 */
#include "pipeline/layout.h"

#include <stdio.h>

#include "util/number.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ numbers */

static inline uint64_t swapped(uint64_t v, unsigned size)
{
    return __builtin_bswap64(v) >> (64 - 8 * size);
}

/* The bytes as an unsigned number. */
static inline uint64_t read_bits(const weir_layout_number *number, const char *at)
{
    uint64_t v = 0;
    switch (number->size) {
    case 1: memcpy(&v, at, 1); break;
    case 2: memcpy(&v, at, 2); break;
    case 3: memcpy(&v, at, 3); break;
    case 4: memcpy(&v, at, 4); break;
    default: memcpy(&v, at, 8); break;
    }
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        v = __builtin_bswap64(v);
    return number->is_little ? v : swapped(v, number->size);
}

static inline int64_t sign_extended(uint64_t v, unsigned size)
{
    const unsigned unused = 64 - 8 * size;
    return (int64_t)(v << unused) >> unused;
}

static inline bool is_signed_or_narrow(const weir_layout_number *number)
{
    return number->is_signed || number->size < 8;
}

static inline int64_t read_int(const weir_layout_number *number, const char *at)
{
    const uint64_t v = read_bits(number, at);
    return number->is_signed ? sign_extended(v, number->size) : (int64_t)v;
}

__int128 weir_layout_integer(const weir_layout_number *number, const char *at)
{
    return is_signed_or_narrow(number) ? (__int128)read_int(number, at)
                                       : (__int128)read_bits(number, at);
}

static double read_float(const weir_layout_number *number, const char *at)
{
    const uint64_t bits = read_bits(number, at);
    if (number->size == 8) {
        double v;
        memcpy(&v, &bits, sizeof v);
        return v;
    }
    const uint32_t narrow = (uint32_t)bits;
    float v;
    memcpy(&v, &narrow, sizeof v);
    return (double)v;
}

/* The digits of what is beyond 64 bits. */
static bool big_value(weir_layout_state *state, __int128 v, weir_value *out)
{
    char digits[48];
    size_t at = sizeof digits;
    unsigned __int128 rest = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    do
        digits[--at] = (char)('0' + (int)(rest % 10));
    while (rest /= 10);
    if (v < 0)
        digits[--at] = '-';
    const weir_str text =
        weir_arena_copy(state->arena, (weir_str){digits + at, sizeof digits - at});
    *out = weir_value_str(text);
    out->kind = WEIR_BIGINT;
    return text.ptr != NULL;
}

static bool int_value(weir_layout_state *state, __int128 v, weir_value *out)
{
    if (v < INT64_MIN || v > INT64_MAX)
        return big_value(state, v, out);
    *out = weir_value_int((int64_t)v);
    return true;
}

static bool scale_float(double v, char op, const weir_value *factor, weir_value *out)
{
    const double by = factor->kind == WEIR_FLOAT ? factor->f : (double)factor->i;
    *out = weir_value_float(op == '/' ? v / by : v * by);
    return true;
}

static bool scale_int(weir_layout_state *state, __int128 v, char op, const weir_value *factor,
                      weir_value *out)
{
    if (factor->kind == WEIR_FLOAT)
        return scale_float((double)v, op, factor, out);
    if (op == '*')
        return int_value(state, v * factor->i, out);
    *out = weir_value_float(weir_int_quotient(v, factor->i));
    return true;
}

static const weir_value *factor_of(const weir_layout_state *state, const weir_layout_node *node)
{
    return node->factor == WEIR_LAYOUT_NO_SLOT ? &node->field->number.factor
                                               : &state->own[node->factor];
}

/* The number that venues send most: 32 bits, as it is or divided by an integer. */
static inline bool short_value(const weir_layout_number *number, const weir_value *factor,
                               const char *at, weir_value *out)
{
    uint32_t bits;
    memcpy(&bits, at, sizeof bits);
    if (number->is_little != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__))
        bits = __builtin_bswap32(bits);
    const int64_t v = number->is_signed ? (int64_t)(int32_t)bits : (int64_t)bits;
    if (number->op == 0) {
        *out = weir_value_int(v);
        return true;
    }
    if (number->op != '/' || factor->kind != WEIR_INT || factor->i != (int32_t)factor->i)
        return false;
    *out = weir_value_float((double)v / (double)factor->i); /* both are exact */
    return true;
}

static bool long_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                       weir_value *out)
{
    const weir_layout_number *number = &node->field->number;
    const weir_value *factor = factor_of(state, node);
    if (number->is_float) {
        *out = weir_value_float(read_float(number, at));
        return number->op == 0 || scale_float(out->f, number->op, factor, out);
    }
    const __int128 v = weir_layout_integer(number, at);
    return number->op ? scale_int(state, v, number->op, factor, out) : int_value(state, v, out);
}

static inline bool number_value(weir_layout_state *state, const weir_layout_node *node,
                                const char *at, weir_value *out)
{
    const weir_layout_number *number = &node->field->number;
    return (number->size == 4 && !number->is_float &&
            short_value(number, factor_of(state, node), at, out)) ||
           long_value(state, node, at, out);
}

double weir_layout_double(weir_layout_state *state, const weir_layout_node *node, const char *at)
{
    weir_value v;
    double big = 0;
    if (!number_value(state, node, at, &v))
        return 0;
    if (v.kind == WEIR_BIGINT)
        weir_double_parse(weir_value_text(&v), &big);
    return v.kind == WEIR_FLOAT ? v.f : v.kind == WEIR_INT ? (double)v.i : big;
}

weir_value weir_layout_bit(const weir_layout_node *node, size_t bit, const char *at)
{
    const weir_layout_bits *bits = &node->field->bits[bit];
    const uint64_t v = read_bits(&node->field->number, at) >> bits->low;
    const uint64_t mask = bits->count == 64 ? UINT64_MAX : (UINT64_C(1) << bits->count) - 1;
    return bits->is_flag ? weir_value_bool(v & 1) : weir_value_int((int64_t)(v & mask));
}

/* ------------------------------------------------------------------ texts */

weir_str weir_layout_text(const char *at, size_t size)
{
    const char *nul = memchr(at, '\0', size);
    size_t len = nul ? (size_t)(nul - at) : size;
    while (len > 0 && at[len - 1] == ' ')
        len--;
    return (weir_str){at, len};
}

static size_t span_size(const weir_layout_state *state, const weir_layout_node *node)
{
    return node->span < 0 || node->has_repeat ? node->size
                                              : state->amounts[node->place][node->span];
}

static size_t repeat_count(const weir_layout_state *state, const weir_layout_node *node)
{
    return node->span < 0 ? node->count : state->amounts[node->place][node->span];
}

bool weir_layout_check_text(weir_layout_state *state, const weir_layout_node *node, const char *at)
{
    if (node->field->form == WEIR_LAYOUT_STR) {
        if (weir_utf8_valid(weir_layout_text(at, span_size(state, node))))
            return true;
        snprintf(state->why, sizeof state->why, "%.*s is not UTF-8", WEIR_FMT(node->field->name));
        return false;
    }
    for (size_t i = 0; i < node->child_count; i++) {
        const weir_layout_node *child = &node->children[i];
        for (size_t k = 0; child->has_text && k < child->count; k++) {
            if (!weir_layout_check_text(state, child, at + child->offset + k * child->size))
                return false;
        }
    }
    return true;
}

bool weir_layout_check_texts(weir_layout_state *state, const weir_layout_block *block)
{
    for (size_t i = 0; block->has_text && i < block->node_count; i++) {
        const weir_layout_node *node = &block->nodes[i];
        if (!node->has_text)
            continue;
        const char *at = state->base[node->place][node->segment] + node->offset;
        const size_t count = node->has_repeat ? repeat_count(state, node) : 1;
        for (size_t k = 0; k < count; k++) {
            if (!weir_layout_check_text(state, node, at + k * node->size))
                return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ objects and lists */

static const char *place_of(const weir_layout_state *state, const weir_layout_node *node)
{
    return state->base[node->place][node->segment] + node->offset;
}

bool weir_layout_entries(weir_layout_state *state, const weir_layout_node *nodes, size_t count,
                         const char *around, weir_dict_entry **entry)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_node *node = &nodes[i];
        const char *at = around ? around + node->offset : place_of(state, node);
        if (!weir_str_is(node->field->name, "_")) {
            if (!weir_layout_field_value(state, node, at, &(*entry)->value))
                return false;
            (*entry)++;
            continue;
        }
        if (!weir_layout_entries(state, node->children, node->child_count, at, entry))
            return false;
        for (size_t k = 0; k < node->field->bit_count; k++)
            (*entry)++->value = weir_layout_bit(node, k, at);
    }
    return true;
}

/* Keys, hashes and index are the spec's. */
weir_dict_entry *weir_layout_dict(weir_layout_state *state, const weir_dict *shape, weir_value *out)
{
    weir_dict *dict = weir_arena_alloc(state->arena, sizeof *dict);
    weir_dict_entry *entries = weir_arena_alloc(state->arena, (shape->count + 1) * sizeof *entries);
    if (!dict || !entries)
        return NULL;
    *dict = *shape;
    dict->entries = entries;
    dict->cap = shape->count;
    if (shape->count > 0)
        memcpy(entries, shape->entries, shape->count * sizeof *entries);
    *out = weir_value_dict(dict);
    return entries;
}

static bool group_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                        weir_value *out)
{
    weir_dict_entry *entry = weir_layout_dict(state, node->shape, out);
    return entry && weir_layout_entries(state, node->children, node->child_count, at, &entry);
}

static bool bits_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                       weir_value *out)
{
    weir_dict_entry *entry = weir_layout_dict(state, node->shape, out);
    for (size_t i = 0; entry && i < node->field->bit_count; i++)
        entry[i].value = weir_layout_bit(node, i, at);
    return entry != NULL;
}

bool weir_layout_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                       weir_value *out)
{
    switch (node->field->form) {
    case WEIR_LAYOUT_NUMBER: return number_value(state, node, at, out);
    case WEIR_LAYOUT_STR:
        *out = weir_value_str(weir_layout_text(at, span_size(state, node)));
        return true;
    case WEIR_LAYOUT_BYTES:
        *out = weir_value_bytes((weir_str){at, span_size(state, node)});
        return true;
    case WEIR_LAYOUT_GROUP: return group_value(state, node, at, out);
    case WEIR_LAYOUT_BITS: return bits_value(state, node, at, out);
    case WEIR_LAYOUT_VALUE:
        *out = node->is_constant ? node->constant : state->own[node->slot];
        return true;
    case WEIR_LAYOUT_SKIP: break;
    }
    *out = weir_value_none();
    return true;
}

bool weir_layout_field_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                             weir_value *out)
{
    weir_value *items = NULL;
    const char *behind;
    if (node->is_walked)
        return weir_layout_walk(state, node, at, &behind, out);
    if (!node->has_repeat)
        return weir_layout_value(state, node, at, out);
    const size_t count = repeat_count(state, node);
    if (!weir_list_new(state->arena, WEIR_LIST, count, out, &items))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!weir_layout_value(state, node, at + i * node->size, &items[i]))
            return false;
    }
    return true;
}

bool weir_layout_whole(void *user, weir_value *out)
{
    weir_layout_state *state = user;
    if (state->whole.kind == WEIR_ABSENT) {
        weir_value whole;
        const weir_layout *layout = state->layout;
        const weir_layout_block *block = &state->variant->block;
        weir_dict_entry *entry = weir_layout_dict(state, state->variant->shape, &whole);
        if (!entry ||
            !weir_layout_entries(state, layout->header.nodes, layout->header.node_count, NULL,
                                 &entry) ||
            !weir_layout_entries(state, block->nodes, block->node_count, NULL, &entry))
            return false;
        state->whole = whole;
    }
    *out = state->whole;
    return true;
}

/* ------------------------------------------------------------------ slots */

/* Where the load's bytes are, or NULL: there is no such element in this packet. */
static const char *find_place(const weir_layout_state *state, const weir_layout_load *load)
{
    const char *at = state->base[load->place][load->segment] + load->offset;
    if (load->span < 0)
        return at;
    const int64_t count = state->amounts[load->place][load->span];
    const int64_t index = load->index < 0 ? load->index + count : load->index;
    return index >= 0 && index < count ? at + (size_t)index * load->stride : NULL;
}

static bool fill_levels(weir_layout_state *state, const weir_layout_load *load, const char *at,
                        weir_value *slot)
{
    const size_t count = repeat_count(state, load->node);
    weir_level *levels = weir_arena_alloc(state->arena, (count + 1) * sizeof *levels);
    for (size_t i = 0; levels && i < count; i++, at += load->node->size) {
        levels[i].price = weir_layout_double(state, load->price, at + load->price->offset);
        levels[i].size = weir_layout_double(state, load->size, at + load->size->offset);
    }
    *slot = (weir_value){.kind = WEIR_LEVELS, .len = (uint32_t)count, .levels = levels};
    return levels != NULL;
}

/* A part of what is walked: all of it is built, once a packet, and gone along. */
static bool fill_part(weir_layout_state *state, const weir_layout_load *load, const char *at,
                      weir_value *slot)
{
    if (state->built != load->walked) {
        if (!weir_layout_field_value(state, load->walked, at, &state->built_value))
            return false;
        state->built = load->walked;
    }
    const weir_value *v = &state->built_value;
    for (size_t i = 0; v && i < load->step_count; i++) {
        const weir_step *step = &load->steps[i];
        if (!step->is_index) {
            v = v->kind == WEIR_DICT ? weir_dict_get_str(v->dict, step->key) : NULL;
            continue;
        }
        const int64_t count = v->kind == WEIR_LIST ? (int64_t)v->list->count : 0;
        const int64_t index = step->index < 0 ? step->index + count : step->index;
        v = index >= 0 && index < count ? &v->list->items[index] : NULL;
    }
    if (v)
        *slot = *v;
    return true;
}

static bool fill_slot(weir_layout_state *state, const weir_layout_load *load, const char *at,
                      weir_value *slot)
{
    const weir_layout_node *node = load->node;
    if (load->walked)
        return fill_part(state, load, at, slot);
    if (load->bit >= 0) {
        *slot = weir_layout_bit(node, (size_t)load->bit, at);
        return true;
    }
    if (load->price)
        return fill_levels(state, load, at, slot);
    if (node->field->form == WEIR_LAYOUT_NUMBER && (load->is_element || !node->has_repeat))
        return number_value(state, node, at, slot);
    return load->is_element ? weir_layout_value(state, node, at, slot)
                            : weir_layout_field_value(state, node, at, slot);
}

bool weir_layout_fill(weir_layout_state *state, weir_value *slots)
{
    const weir_layout_case *variant = state->variant;
    for (size_t i = 0; i < variant->load_count; i++) {
        const weir_layout_load *load = &variant->loads[i];
        const char *at = find_place(state, load);
        if (at && !fill_slot(state, load, at, &slots[load->slot]))
            return false;
    }
    return true;
}
