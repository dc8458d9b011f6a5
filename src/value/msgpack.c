/* SPDX-License-Identifier: MIT */
/*
 * libmpack tells tokens and nothing more: it allocates nothing, keeps no stack and trusts no count,
 * which is why it was chosen over msgpack-c, whose unpacker builds a tree in memory of its own and
 * makes room for as many elements as four hostile bytes announce. Depth, counts and texts are
 * checked here. A token costs about 8 ns, most of it the call; a tree is built only below the
 * places that a slot wants.
 */
#include "value/msgpack.h"

#include <mpack.h>

#include "util/number.h"
#include "util/time.h"
#include "util/utf8.h"
#include "value/asset.h"
#include "value/decimal.h"
#include "value/projection_trie.h"

enum { EXT_TIMESTAMP = -1, ZONE_UTC = 1, NS_MAX = 999999999 };

typedef struct reader {
    const char *start;
    const char *at;
    const char *end;
    const char *token; /* where the last one began */
    mpack_tokbuf_t tokens;
    weir_arena *arena;
    weir_value *slots;
    const char *why; /* NULL: nothing is wrong */
} reader;

static bool fail(reader *r, const char *why)
{
    r->why = why;
    return false;
}

/* ------------------------------------------------------------------ tokens */

static size_t left(const reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next token. Every element is a byte at least, so a count that cannot be is seen here. */
static bool take(reader *r, mpack_token_t *t)
{
    size_t there = left(r);
    r->token = r->at;
    const int code = there ? mpack_read(&r->tokens, &r->at, &there, t) : MPACK_EOF;
    if (code == MPACK_ERROR)
        return fail(r, "no type of MessagePack");
    if (code != MPACK_OK)
        return fail(r, "the message ends too early");
    if (t->type >= MPACK_TOKEN_BIN) {
        r->tokens.passthrough = 0; /* the contents are taken by us, in one piece */
        return t->length <= there || fail(r, "the message ends too early");
    }
    if ((t->type == MPACK_TOKEN_ARRAY && t->length > there) ||
        (t->type == MPACK_TOKEN_MAP && t->length > there / 2))
        return fail(r, "more elements than bytes are left");
    return true;
}

static weir_str take_contents(reader *r, const mpack_token_t *t)
{
    const weir_str contents = {r->at, t->length};
    r->at += t->length;
    return contents;
}

static bool is_container(const mpack_token_t *t)
{
    return t->type == MPACK_TOKEN_ARRAY || t->type == MPACK_TOKEN_MAP;
}

/* ------------------------------------------------------------------ scalars */

static bool read_text(reader *r, const mpack_token_t *t, weir_value *out)
{
    bool is_ascii;
    const weir_str text = take_contents(r, t);
    if (!weir_utf8_check(text, &is_ascii))
        return fail(r, "a str that is not UTF-8");
    *out = weir_value_str(text);
    out->flags = is_ascii ? WEIR_VALUE_ASCII : 0;
    return true;
}

static bool read_unsigned(reader *r, const mpack_token_t *t, weir_value *out)
{
    const uint64_t u = mpack_unpack_uint(*t);
    *out = weir_value_int((int64_t)u);
    if (u <= INT64_MAX)
        return true;
    char *digits = weir_arena_alloc(r->arena, WEIR_NUMBER_TEXT_MAX);
    if (!digits)
        return fail(r, "too much memory is needed");
    *out = weir_value_str((weir_str){digits, weir_uint_text(u, digits)});
    out->kind = WEIR_BIGINT;
    return true;
}

static uint64_t big_endian(const char *bytes, size_t count)
{
    uint64_t u = 0;
    for (size_t i = 0; i < count; i++)
        u = u << 8 | (unsigned char)bytes[i];
    return u;
}

static bool read_timestamp(reader *r, weir_str bytes, weir_value *out)
{
    int64_t seconds;
    uint64_t ns = 0;
    if (bytes.len == 4) {
        seconds = (int64_t)big_endian(bytes.ptr, 4);
    } else if (bytes.len == 8) {
        const uint64_t both = big_endian(bytes.ptr, 8);
        ns = both >> 34;
        seconds = (int64_t)(both & ((UINT64_C(1) << 34) - 1));
    } else if (bytes.len == 12) {
        ns = big_endian(bytes.ptr, 4);
        seconds = (int64_t)big_endian(bytes.ptr + 4, 8);
    } else {
        return fail(r, "a timestamp that is not 4, 8 or 12 bytes");
    }
    int64_t whole;
    if (ns > NS_MAX || __builtin_mul_overflow(seconds, WEIR_NS_PER_S, &whole) ||
        __builtin_add_overflow(whole, (int64_t)ns, &whole))
        return fail(r, "a timestamp outside of the years 1677 to 2262");
    *out = weir_value_timestamp(whole, ZONE_UTC);
    return true;
}

/* `out` may be NULL: it is only checked. */
static bool read_ext(reader *r, const mpack_token_t *t, weir_value *out)
{
    weir_value *items;
    const weir_str bytes = take_contents(r, t);
    const int8_t type = (int8_t)t->data.ext_type; /* libmpack tells it without its sign */
    weir_value unwanted;
    if (type == EXT_TIMESTAMP)
        return read_timestamp(r, bytes, out ? out : &unwanted);
    if (!out)
        return true;
    if (!weir_list_new(r->arena, WEIR_TUPLE, 2, out, &items))
        return fail(r, "too much memory is needed");
    items[0] = weir_value_int(type);
    items[1] = weir_value_bytes(bytes);
    return true;
}

/* Whatever is no container. */
static bool read_scalar(reader *r, const mpack_token_t *t, weir_value *out)
{
    switch (t->type) {
    case MPACK_TOKEN_NIL: *out = weir_value_none(); return true;
    case MPACK_TOKEN_BOOLEAN: *out = weir_value_bool(mpack_unpack_boolean(*t)); return true;
    case MPACK_TOKEN_UINT: return read_unsigned(r, t, out);
    case MPACK_TOKEN_SINT: *out = weir_value_int(mpack_unpack_sint(*t)); return true;
    case MPACK_TOKEN_FLOAT: *out = weir_value_float(mpack_unpack_float_fast(*t)); return true;
    case MPACK_TOKEN_STR: return read_text(r, t, out);
    case MPACK_TOKEN_BIN: *out = weir_value_bytes(take_contents(r, t)); return true;
    default: return read_ext(r, t, out);
    }
}

static bool take_key(reader *r, weir_value *key)
{
    mpack_token_t t;
    if (!take(r, &t))
        return false;
    if (is_container(&t))
        return fail(r, "a key of a map is a list or a map");
    return read_scalar(r, &t, key);
}

/* ------------------------------------------------------------------ skipping */

static bool skip_token(reader *r, const mpack_token_t *t, unsigned depth)
{
    weir_value unwanted;
    if (t->type == MPACK_TOKEN_STR)
        return read_text(r, t, &unwanted);
    if (t->type == MPACK_TOKEN_BIN)
        return take_contents(r, t).len == t->length;
    if (t->type == MPACK_TOKEN_EXT)
        return read_ext(r, t, NULL);
    if (!is_container(t))
        return true;
    if (depth == WEIR_MSGPACK_DEPTH_MAX)
        return fail(r, "nested too deeply");
    const bool is_map = t->type == MPACK_TOKEN_MAP;
    for (uint64_t i = 0; i < t->length * (is_map ? 2ULL : 1ULL); i++) {
        mpack_token_t inner;
        if (!take(r, &inner))
            return false;
        if (is_map && i % 2 == 0 && is_container(&inner))
            return fail(r, "a key of a map is a list or a map");
        if (!skip_token(r, &inner, depth + 1))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ building */

static bool build(reader *r, const mpack_token_t *t, unsigned depth, weir_value *out);

static bool take_value(reader *r, unsigned depth, weir_value *out)
{
    mpack_token_t t;
    return take(r, &t) && build(r, &t, depth, out);
}

static bool build_list(reader *r, uint32_t count, unsigned depth, weir_value *out)
{
    weir_value *items;
    if (!weir_list_new(r->arena, WEIR_LIST, count, out, &items))
        return fail(r, "too much memory is needed");
    for (uint32_t i = 0; i < count; i++) {
        if (!take_value(r, depth, &items[i]))
            return false;
    }
    return true;
}

static bool build_map(reader *r, uint32_t count, unsigned depth, weir_value *out)
{
    weir_dict *dict = weir_dict_new(r->arena, count);
    if (!dict)
        return fail(r, "too much memory is needed");
    for (uint32_t i = 0; i < count; i++) {
        weir_value key, value;
        if (!take_key(r, &key) || !take_value(r, depth, &value))
            return false;
        if (!weir_dict_put(r->arena, dict, &key, &value))
            return fail(r, "too much memory is needed");
    }
    *out = weir_value_dict(dict);
    return true;
}

static bool build(reader *r, const mpack_token_t *t, unsigned depth, weir_value *out)
{
    if (!is_container(t))
        return read_scalar(r, t, out);
    if (depth == WEIR_MSGPACK_DEPTH_MAX)
        return fail(r, "nested too deeply");
    return t->type == MPACK_TOKEN_ARRAY ? build_list(r, t->length, depth + 1, out)
                                        : build_map(r, t->length, depth + 1, out);
}

/* ------------------------------------------------------------------ walking beside a trie */

static bool walk(reader *r, const weir_trie *node, unsigned depth);

static weir_trie *find_index(const weir_trie *node, int64_t index)
{
    weir_trie *const *list = index < 0 ? node->back : node->front;
    const uint32_t count = index < 0 ? node->back_count : node->index_count;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i]->step.index == index)
            return list[i];
    }
    return NULL;
}

/* Keys that are equal in Python are one key: 1, 1.0 and True. */
static weir_trie *find_child(const weir_trie *node, const weir_value *key)
{
    if (key->kind == WEIR_STR)
        return node->key_count ? weir_node_at_key(node, key->s, key->len) : NULL;
    if (key->kind == WEIR_INT || key->kind == WEIR_BOOL)
        return find_index(node, key->kind == WEIR_INT ? key->i : key->b);
    if (key->kind == WEIR_FLOAT && key->f >= -0x1p53 && key->f <= 0x1p53 &&
        key->f == (double)(int64_t)key->f)
        return find_index(node, (int64_t)key->f);
    return NULL;
}

static bool walk_map(reader *r, uint32_t count, const weir_trie *node, unsigned depth)
{
    uint64_t shown =
        0; /* children, by ordinal: what is below a key that comes again is forgotten */
    for (uint32_t i = 0; i < count; i++) {
        weir_value key;
        mpack_token_t t;
        if (!take_key(r, &key))
            return false;
        const weir_trie *child = find_child(node, &key);
        if (!child) {
            if (!take(r, &t) || !skip_token(r, &t, depth))
                return false;
            continue;
        }
        const uint64_t bit = UINT64_C(1) << (child->ordinal % 64);
        for (uint32_t k = 0; shown & bit && k < child->below_count; k++)
            r->slots[child->below[k]] = weir_value_absent();
        shown |= bit;
        if (!walk(r, child, depth))
            return false;
    }
    return true;
}

static bool walk_list(reader *r, uint32_t count, const weir_trie *node, unsigned depth)
{
    for (uint32_t i = 0; i < count; i++) {
        const weir_trie *front = find_index(node, i);
        const weir_trie *back = find_index(node, (int64_t)i - count);
        const char *at = r->at;
        mpack_token_t t;
        if (!front && !back && (!take(r, &t) || !skip_token(r, &t, depth)))
            return false;
        if (front && !walk(r, front, depth))
            return false;
        if (back) {
            r->at = at;
            if (!walk(r, back, depth))
                return false;
        }
    }
    return true;
}

/* An ext is a tuple, whose elements may be wanted too. */
static bool walk_built(reader *r, const mpack_token_t *t, const weir_trie *node, unsigned depth)
{
    weir_value built;
    if (!build(r, t, depth, &built))
        return false;
    weir_node_fill(node, &built, r->slots);
    return true;
}

static bool walk_token(reader *r, const mpack_token_t *t, const weir_trie *node, unsigned depth)
{
    const bool wants_elements = node->index_count + node->back_count > 0;
    if (node->slot != WEIR_NO_SLOT && !node->below_count)
        return build(r, t, depth, &r->slots[node->slot]);
    if (node->slot != WEIR_NO_SLOT || (t->type == MPACK_TOKEN_EXT && wants_elements))
        return walk_built(r, t, node, depth);
    const bool is_list = t->type == MPACK_TOKEN_ARRAY && wants_elements;
    if (t->type != MPACK_TOKEN_MAP && !is_list)
        return skip_token(r, t, depth);
    if (depth == WEIR_MSGPACK_DEPTH_MAX)
        return fail(r, "nested too deeply");
    return is_list ? walk_list(r, t->length, node, depth + 1)
                   : walk_map(r, t->length, node, depth + 1);
}

static bool walk(reader *r, const weir_trie *node, unsigned depth)
{
    mpack_token_t t;
    return take(r, &t) && walk_token(r, &t, node, depth);
}

/* ------------------------------------------------------------------ messages in */

static reader reader_of(weir_arena *arena, weir_str bytes)
{
    reader r = {.start = bytes.ptr,
                .at = bytes.ptr,
                .end = bytes.ptr + bytes.len,
                .token = bytes.ptr,
                .tokens = MPACK_TOKBUF_INITIAL_VALUE,
                .arena = arena};
    return r;
}

static bool finish(reader *r, bool is_good, weir_msgpack_error *error)
{
    if (is_good && r->at == r->end)
        return true;
    if (is_good) {
        r->token = r->at;
        fail(r, "bytes behind the message");
    }
    *error = (weir_msgpack_error){r->why, (size_t)(r->token - r->start)};
    return false;
}

bool weir_msgpack_parse(weir_arena *arena, weir_str bytes, weir_value *out,
                        weir_msgpack_error *error)
{
    reader r = reader_of(arena, bytes);
    return finish(&r, take_value(&r, 0, out), error);
}

bool weir_msgpack_project(const weir_projection *projection, weir_arena *arena, weir_str bytes,
                          weir_value *slots, weir_value *whole, bool *is_map,
                          weir_msgpack_error *error)
{
    reader r = reader_of(arena, bytes);
    mpack_token_t t;
    if (projection->count)
        memset(slots, 0, projection->count * sizeof *slots);
    r.slots = slots;
    *whole = weir_value_absent();
    bool is_good = take(&r, &t);
    *is_map = is_good && t.type == MPACK_TOKEN_MAP;
    if (is_good && (is_container(&t) || t.type == MPACK_TOKEN_EXT)) {
        is_good = walk_token(&r, &t, projection->root, 0);
    } else if (is_good) {
        is_good = read_scalar(&r, &t, whole);
        if (is_good)
            weir_node_fill(projection->root, whole, slots);
    }
    return finish(&r, is_good, error);
}

/* ------------------------------------------------------------------ messages out */

typedef struct writer {
    weir_buf *out;
    weir_arena *arena;
    const char *why;
} writer;

static void put(writer *w, mpack_token_t t)
{
    char bytes[MPACK_MAX_TOKEN_LEN];
    char *at = bytes;
    size_t room = sizeof bytes;
    mpack_tokbuf_t tokens = MPACK_TOKBUF_INITIAL_VALUE;
    mpack_write(&tokens, &at, &room, &t); /* the longest token has room */
    weir_buf_put(w->out, (weir_str){bytes, (size_t)(at - bytes)});
}

static void put_text(writer *w, weir_str text)
{
    put(w, mpack_pack_str((uint32_t)text.len));
    weir_buf_put(w->out, text);
}

static void put_big_endian(writer *w, uint64_t u, size_t count)
{
    char bytes[8];
    for (size_t i = count; i-- > 0; u >>= 8)
        bytes[i] = (char)(u & 0xff);
    weir_buf_put(w->out, (weir_str){bytes, count});
}

/* By hand: libmpack 1.0.5 cuts some negative integers of 64 bits to 32. */
static void put_negative(writer *w, int64_t i)
{
    if (i < -32)
        weir_buf_putc(w->out, i >= INT8_MIN    ? '\xd0'
                              : i >= INT16_MIN ? '\xd1'
                              : i >= INT32_MIN ? '\xd2'
                                               : '\xd3');
    put_big_endian(w, (uint64_t)i, i >= INT8_MIN ? 1 : i >= INT16_MIN ? 2 : i >= INT32_MIN ? 4 : 8);
}

static void put_timestamp(writer *w, int64_t ns)
{
    int64_t seconds = ns / WEIR_NS_PER_S;
    int64_t rest = ns % WEIR_NS_PER_S;
    if (rest < 0) {
        rest += WEIR_NS_PER_S;
        seconds--;
    }
    /* By hand: libmpack's packer refuses negative types. */
    if (seconds < 0 || seconds >> 34) {
        weir_buf_puts(w->out, "\xc7\x0c\xff");
        put_big_endian(w, (uint64_t)rest, 4);
        put_big_endian(w, (uint64_t)seconds, 8);
    } else if (rest > 0 || seconds > UINT32_MAX) {
        weir_buf_puts(w->out, "\xd7\xff");
        put_big_endian(w, (uint64_t)rest << 34 | (uint64_t)seconds, 8);
    } else {
        weir_buf_puts(w->out, "\xd6\xff");
        put_big_endian(w, (uint64_t)seconds, 4);
    }
}

static bool put_bigint(writer *w, weir_str digits)
{
    uint64_t u = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const unsigned char digit = (unsigned char)(digits.ptr[i] - '0'); /* '-' is beyond 9 */
        if (digit > 9 || __builtin_mul_overflow(u, 10, &u) ||
            __builtin_add_overflow(u, (uint64_t)digit, &u)) {
            w->why = "an integer of more than 64 bits";
            return false;
        }
    }
    put(w, mpack_pack_uint(u));
    return true;
}

static bool put_value(writer *w, const weir_value *v, unsigned depth);

static bool put_list(writer *w, const weir_list *list, unsigned depth)
{
    put(w, mpack_pack_array((uint32_t)list->count));
    for (size_t i = 0; i < list->count; i++) {
        if (!put_value(w, &list->items[i], depth))
            return false;
    }
    return true;
}

static bool put_dict(writer *w, const weir_dict *dict, bool is_set, unsigned depth)
{
    uint32_t count = 0;
    for (size_t i = 0; i < dict->count; i++)
        count += is_set || dict->entries[i].value.kind != WEIR_ABSENT;
    put(w, is_set ? mpack_pack_array(count) : mpack_pack_map(count));
    for (size_t i = 0; i < dict->count; i++) {
        const weir_dict_entry *entry = &dict->entries[i];
        if (!is_set && entry->value.kind == WEIR_ABSENT)
            continue; /* a field whose condition was false */
        if (!is_set && entry->key.kind == WEIR_TUPLE) {
            w->why = "a key that is a list";
            return false;
        }
        if (!put_value(w, &entry->key, depth) || (!is_set && !put_value(w, &entry->value, depth)))
            return false;
    }
    return true;
}

static bool put_range(writer *w, const weir_range *range)
{
    const uint64_t width = range->step > 0 ? (uint64_t)range->stop - (uint64_t)range->start
                                           : (uint64_t)range->start - (uint64_t)range->stop;
    const bool is_empty =
        range->step > 0 ? range->start >= range->stop : range->start <= range->stop;
    const uint64_t stride =
        range->step > 0 ? (uint64_t)range->step : UINT64_C(0) - (uint64_t)range->step;
    const uint64_t count = is_empty ? 0 : (width - 1) / stride + 1;
    if (count > UINT32_MAX / 16) {
        w->why = "a range too long";
        return false;
    }
    put(w, mpack_pack_array((uint32_t)count));
    for (uint64_t i = 0; i < count; i++) {
        const weir_value at =
            weir_value_int((int64_t)((uint64_t)range->start + i * (uint64_t)range->step));
        put_value(w, &at, 0);
    }
    return true;
}

/* What is no list and no map. */
static bool put_scalar(writer *w, const weir_value *v)
{
    weir_buf text = {0};
    switch (v->kind) {
    case WEIR_BOOL: put(w, mpack_pack_boolean(v->b)); return true;
    case WEIR_INT:
    case WEIR_TIMEDELTA:
        if (v->i < 0)
            put_negative(w, v->i);
        else
            put(w, mpack_pack_uint((uint64_t)v->i));
        return true;
    case WEIR_BIGINT: return put_bigint(w, weir_value_text(v));
    case WEIR_FLOAT: put(w, mpack_pack_float_fast(v->f)); return true;
    case WEIR_STR: put_text(w, weir_value_text(v)); return true;
    case WEIR_BYTES:
        put(w, mpack_pack_bin(v->len));
        weir_buf_put(w->out, weir_value_text(v));
        return true;
    case WEIR_TIMESTAMP: put_timestamp(w, v->i); return true;
    case WEIR_ASSET: put_text(w, v->asset->symbol); return true;
    case WEIR_DECIMAL:
        weir_decimal_text(&text, v->decimal);
        put_text(w, weir_buf_str(&text));
        w->out->failed |= text.failed;
        weir_buf_fini(&text);
        return true;
    default: put(w, mpack_pack_nil()); return true;
    }
}

static bool put_value(writer *w, const weir_value *v, unsigned depth)
{
    weir_value plain = *v;
    if (v->kind == WEIR_RAW && !weir_json_unfold(w->arena, v, &plain)) {
        w->out->failed = true;
        return false;
    }
    if (depth > WEIR_MSGPACK_DEPTH_MAX) {
        w->why = "nested too deeply";
        return false;
    }
    switch (plain.kind) {
    case WEIR_LIST:
    case WEIR_TUPLE: return put_list(w, plain.list, depth + 1);
    case WEIR_DICT: return put_dict(w, plain.dict, false, depth + 1);
    case WEIR_SET: return put_dict(w, plain.dict, true, depth + 1);
    case WEIR_RANGE: return put_range(w, plain.range);
    default: return put_scalar(w, &plain);
    }
}

bool weir_msgpack_write(weir_buf *out, weir_arena *arena, const weir_value *v, const char **why)
{
    writer w = {.out = out, .arena = arena};
    const bool is_good = put_value(&w, v, 0);
    *why = w.why;
    return is_good && !out->failed;
}
