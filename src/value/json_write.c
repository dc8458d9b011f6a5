/* SPDX-License-Identifier: MIT */
/*
 * Values as JSON text. Texts are copied in runs between the bytes that need an escape; a text that
 * is not known to be ASCII is checked once, and only a bad one takes the slow road that replaces
 * what is not UTF-8.
 */
#include "value/json_write.h"

#include "util/encode.h"
#include "util/number.h"
#include "util/time.h"
#include "util/utf8.h"
#include "value/asset.h"
#include "value/decimal.h"
#include "value/json_read.h"
#include "value/json_write_parts.h"

enum { RANGE_MAX = 1000000 /* elements of a range that are written; a longer one is null */ };

/* ------------------------------------------------------------------ text */

static const char short_escape[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
    ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
};

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void write_escape(weir_buf *out, unsigned char c)
{
    char text[6] = {'\\', short_escape[c]};
    if (short_escape[c]) {
        weir_buf_put(out, (weir_str){text, 2});
        return;
    }
    memcpy(text + 1, "u00", 3);
    text[4] = "0123456789abcdef"[c >> 4];
    text[5] = "0123456789abcdef"[c & 15];
    weir_buf_put(out, (weir_str){text, 6});
}

/* Valid UTF-8, or ASCII. */
static void write_run(weir_buf *out, weir_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (!needs_escape(c))
            continue;
        weir_buf_put(out, (weir_str){text.ptr + from, i - from});
        write_escape(out, c);
        from = i + 1;
    }
    if (from < text.len)
        weir_buf_put(out, (weir_str){text.ptr + from, text.len - from});
}

void weir_json_write_str(weir_buf *out, weir_str text)
{
    weir_buf_putc(out, '"');
    while (text.len > 0) {
        size_t valid = weir_utf8_valid_prefix(text);
        write_run(out, (weir_str){text.ptr, valid});
        text.ptr += valid;
        text.len -= valid;
        if (text.len > 0) {
            weir_buf_puts(out, "\xef\xbf\xbd");
            text.ptr++;
            text.len--;
        }
    }
    weir_buf_putc(out, '"');
}

/* ------------------------------------------------------------------ numbers and times */

void weir_json_write_float(weir_buf *out, double f)
{
    char *at = weir_buf_reserve(out, WEIR_NUMBER_TEXT_MAX);
    if (at)
        out->len += weir_double_json(f, at);
}

void weir_json_write_int(weir_buf *out, int64_t i)
{
    char *at = weir_buf_reserve(out, WEIR_NUMBER_TEXT_MAX);
    if (at)
        out->len += weir_int_text(i, at);
}

void weir_json_write_time(weir_buf *out, int64_t ns)
{
    char *at = weir_buf_reserve(out, WEIR_TIME_TEXT_MAX + 2);
    if (!at)
        return;
    size_t len = 0;
    at[len++] = '"';
    len += weir_time_format(ns, at + len);
    at[len++] = '"';
    out->len += len;
}

void weir_json_write_levels(weir_buf *out, const weir_level *levels, size_t count)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        char *at = weir_buf_reserve(out, 2 * WEIR_NUMBER_TEXT_MAX + 4);
        if (!at)
            return;
        size_t len = 0;
        if (i > 0)
            at[len++] = ',';
        at[len++] = '[';
        len += weir_double_json(levels[i].price, at + len);
        at[len++] = ',';
        len += weir_double_json(levels[i].size, at + len);
        at[len++] = ']';
        out->len += len;
    }
    weir_buf_putc(out, ']');
}

void weir_json_write_base64(weir_buf *out, weir_str bytes)
{
    weir_buf_putc(out, '"');
    weir_base64_encode((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, out);
    weir_buf_putc(out, '"');
}

/* ------------------------------------------------------------------ values */

static void write_at(weir_buf *out, const weir_value *v, unsigned flags, unsigned depth);

static void write_list(weir_buf *out, const weir_list *list, unsigned flags, unsigned depth)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            weir_buf_putc(out, ',');
        write_at(out, &list->items[i], flags, depth + 1);
    }
    weir_buf_putc(out, ']');
}

static void write_set(weir_buf *out, const weir_dict *set, unsigned flags, unsigned depth)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0)
            weir_buf_putc(out, ',');
        write_at(out, &set->entries[i].key, flags, depth + 1);
    }
    weir_buf_putc(out, ']');
}

/* A key that is no text is the text of its JSON, as json.dumps does with numbers, True and None. */
static void write_key(weir_buf *out, const weir_value *key, unsigned flags, unsigned depth)
{
    bool is_text = key->kind == WEIR_STR || key->kind == WEIR_BYTES ||
                   (key->kind == WEIR_RAW && key->aux == WEIR_RAW_ESCAPED);
    if (is_text || key->kind == WEIR_TIMESTAMP || key->kind == WEIR_ASSET) {
        write_at(out, key, flags, depth + 1);
        return;
    }
    weir_buf text = {0};
    write_at(&text, key, flags, depth + 1);
    weir_json_write_str(out, weir_buf_str(&text));
    if (text.failed)
        out->failed = true;
    weir_buf_fini(&text);
}

static void write_dict(weir_buf *out, const weir_dict *dict, unsigned flags, unsigned depth)
{
    weir_buf_putc(out, '{');
    bool is_first = true;
    for (size_t i = 0; i < dict->count; i++) {
        const weir_dict_entry *entry = &dict->entries[i];
        if (entry->value.kind == WEIR_ABSENT)
            continue;
        if (!is_first)
            weir_buf_putc(out, ',');
        is_first = false;
        write_key(out, &entry->key, flags, depth);
        weir_buf_putc(out, ':');
        write_at(out, &entry->value, flags, depth + 1);
    }
    weir_buf_putc(out, '}');
}

static void write_range(weir_buf *out, const weir_range *range)
{
    int64_t at = range->start;
    size_t count = 0;
    size_t from = out->len;
    weir_buf_putc(out, '[');
    while (range->step > 0 ? at < range->stop : at > range->stop && range->step < 0) {
        if (count == RANGE_MAX) {
            out->len = from;
            weir_buf_puts(out, "null");
            return;
        }
        if (count++ > 0)
            weir_buf_putc(out, ',');
        weir_json_write_int(out, at);
        if (__builtin_add_overflow(at, range->step, &at))
            break;
    }
    weir_buf_putc(out, ']');
}

static void write_raw(weir_buf *out, const weir_value *v)
{
    bool is_text = v->aux == WEIR_RAW_ESCAPED;
    if (is_text)
        weir_buf_putc(out, '"');
    weir_buf_put(out, weir_value_text(v));
    if (is_text)
        weir_buf_putc(out, '"');
}

static void write_text(weir_buf *out, const weir_value *v)
{
    if (!(v->flags & WEIR_VALUE_ASCII)) {
        weir_json_write_str(out, weir_value_text(v));
        return;
    }
    weir_buf_putc(out, '"');
    write_run(out, weir_value_text(v));
    weir_buf_putc(out, '"');
}

static void write_at(weir_buf *out, const weir_value *v, unsigned flags, unsigned depth)
{
    if (v->flags & WEIR_VALUE_SECRET && !(flags & WEIR_JSON_REVEAL)) {
        weir_buf_puts(out, "\"***\"");
        return;
    }
    if (depth > WEIR_JSON_DEPTH_MAX) {
        weir_buf_puts(out, "null");
        return;
    }
    switch (v->kind) {
    case WEIR_BOOL: weir_buf_puts(out, v->b ? "true" : "false"); break;
    case WEIR_INT:
    case WEIR_TIMEDELTA: weir_json_write_int(out, v->i); break;
    case WEIR_FLOAT: weir_json_write_float(out, v->f); break;
    case WEIR_STR: write_text(out, v); break;
    case WEIR_BYTES: weir_json_write_base64(out, weir_value_text(v)); break;
    case WEIR_DECIMAL: weir_decimal_text(out, v->decimal); break;
    case WEIR_TIMESTAMP: weir_json_write_time(out, v->i); break;
    case WEIR_ASSET: weir_json_write_str(out, v->asset->symbol); break;
    case WEIR_LEVELS: weir_json_write_levels(out, v->levels, v->len); break;
    case WEIR_JSON:
    case WEIR_BIGINT: weir_buf_put(out, weir_value_text(v)); break;
    case WEIR_RAW: write_raw(out, v); break;
    case WEIR_LIST:
    case WEIR_TUPLE: write_list(out, v->list, flags, depth); break;
    case WEIR_DICT: write_dict(out, v->dict, flags, depth); break;
    case WEIR_SET: write_set(out, v->dict, flags, depth); break;
    case WEIR_RANGE: write_range(out, v->range); break;
    default: weir_buf_puts(out, "null"); break;
    }
}

void weir_json_write(weir_buf *out, const weir_value *v, unsigned flags)
{
    write_at(out, v, flags, 0);
}

/* ------------------------------------------------------------------ secrets */

static bool secret_at(const weir_value *v, unsigned depth)
{
    if (v->flags & WEIR_VALUE_SECRET)
        return true;
    if (depth > WEIR_JSON_DEPTH_MAX)
        return false;
    if (v->kind == WEIR_LIST || v->kind == WEIR_TUPLE) {
        for (size_t i = 0; i < v->list->count; i++)
            if (secret_at(&v->list->items[i], depth + 1))
                return true;
    } else if (v->kind == WEIR_DICT || v->kind == WEIR_SET) {
        for (size_t i = 0; i < v->dict->count; i++)
            if (secret_at(&v->dict->entries[i].key, depth + 1) ||
                secret_at(&v->dict->entries[i].value, depth + 1))
                return true;
    }
    return false;
}

bool weir_value_has_secret(const weir_value *v)
{
    return secret_at(v, 0);
}
