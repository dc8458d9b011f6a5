/* SPDX-License-Identifier: MIT */
/*
 * Binary data: unpack() with the formats of Python's struct, and inflating. Every read is bounded
 * by the bytes that are there, every inflation by the size of a result.
 */
#include <math.h>

#include "expr/tables.h"
#include "expr/typed.h"
#include "util/inflate.h"

/* ------------------------------------------------------------------ struct */

typedef struct code {
    char letter;
    uint8_t size;        /* in standard mode; 0: native only */
    uint8_t native_size; /* and its alignment */
    char what;           /* i: signed, u: unsigned, f: float, ?: bool, c: a byte, s p x */
} code;

static const code CODES[] = {
    {'x', 1, 1, 'x'}, {'c', 1, 1, 'c'}, {'b', 1, 1, 'i'}, {'B', 1, 1, 'u'}, {'?', 1, 1, '?'},
    {'h', 2, 2, 'i'}, {'H', 2, 2, 'u'}, {'i', 4, 4, 'i'}, {'I', 4, 4, 'u'}, {'l', 4, 8, 'i'},
    {'L', 4, 8, 'u'}, {'q', 8, 8, 'i'}, {'Q', 8, 8, 'u'}, {'n', 0, 8, 'i'}, {'N', 0, 8, 'u'},
    {'P', 0, 8, 'u'}, {'e', 2, 2, 'f'}, {'f', 4, 4, 'f'}, {'d', 8, 8, 'f'}, {'s', 1, 1, 's'},
    {'p', 1, 1, 'p'},
};

typedef struct unpacker {
    weir_vm *vm;
    weir_str format;
    size_t at; /* in the format */
    bool is_native, is_big;
    const uint8_t *bytes;
    size_t len, offset, start;
    unsigned flags;
} unpacker;

static bool fail_format(unpacker *u, const char *why)
{
    return weir_vm_fail(u->vm, WEIR_RAISE_VALUE, "unpack(): %s in format '%.*s'", why,
                        (int)(u->format.len > 60 ? 60 : u->format.len), u->format.ptr);
}

static void read_order(unpacker *u)
{
    char c = u->format.len ? u->format.ptr[0] : '\0';
    u->is_native = true;
    if (c == '\0' || !strchr("@=<>!", c))
        return;
    u->is_native = c == '@';
    u->is_big = c == '>' || c == '!';
    u->at = 1;
}

static const code *code_of(const unpacker *u, char letter)
{
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++)
        if (CODES[i].letter == letter)
            return u->is_native || CODES[i].size ? &CODES[i] : NULL;
    return NULL;
}

/* The next item of the format: a code and how often. *c is NULL at the end. */
static bool next_item(unpacker *u, const code **c, size_t *count)
{
    *c = NULL;
    while (u->at < u->format.len && (u->format.ptr[u->at] == ' ' || (u->format.ptr[u->at] >= '\t' &&
                                                                     u->format.ptr[u->at] <= '\r')))
        u->at++;
    if (u->at == u->format.len)
        return true;
    bool has_count = false;
    *count = 0;
    for (; u->at < u->format.len; u->at++) {
        char d = u->format.ptr[u->at];
        if (d < '0' || d > '9')
            break;
        has_count = true;
        *count = *count * 10 + (size_t)(d - '0');
        if (*count > WEIR_EXPR_RESULT_MAX)
            return fail_format(u, "a count is too large");
    }
    if (u->at == u->format.len)
        return fail_format(u, "repeat count given without format specifier");
    if (!has_count)
        *count = 1;
    *c = code_of(u, u->format.ptr[u->at++]);
    return *c ? true : fail_format(u, "bad char");
}

static uint64_t read_bits(const unpacker *u, const uint8_t *p, size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | p[u->is_big ? i : size - 1 - i];
    return bits;
}

static double half_float(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), f;
    if (exponent == 31)
        f = fraction != 0.0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        f = ldexp(fraction, -24);
    else
        f = ldexp(fraction + 1024.0, exponent - 25);
    return bits >> 15 ? -f : f;
}

static double read_float(const unpacker *u, const uint8_t *p, size_t size)
{
    uint64_t bits = read_bits(u, p, size);
    if (size == 2)
        return half_float(bits);
    if (size == 4) {
        uint32_t narrow = (uint32_t)bits;
        float f;
        memcpy(&f, &narrow, sizeof(f));
        return f;
    }
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

static bool read_value(unpacker *u, const code *c, size_t size, weir_value *out)
{
    const uint8_t *p = u->bytes + u->offset;
    uint64_t bits;
    switch (c->what) {
    case 'i':
        bits = read_bits(u, p, size);
        if (size < 8 && bits >> (size * 8 - 1))
            bits |= UINT64_MAX << (size * 8);
        *out = weir_value_int((int64_t)bits);
        return true;
    case 'u': return weir_int128_value(u->vm, (__int128)read_bits(u, p, size), out);
    case 'f': *out = weir_value_float(read_float(u, p, size)); return true;
    case '?': *out = weir_value_bool(*p != 0); return true;
    default:
        *out = weir_value_bytes((weir_str){(const char *)p, 1});
        out->flags = (uint8_t)u->flags;
        return true;
    }
}

static bool need_bytes(unpacker *u, size_t size)
{
    if (u->offset <= u->len && size <= u->len - u->offset)
        return true;
    return weir_vm_fail(u->vm, WEIR_RAISE_VALUE,
                        "unpack() needs %zu bytes from byte %zu on, there are %zu", size, u->offset,
                        u->len);
}

/* s and p: one value of `count` bytes. */
static bool read_text(unpacker *u, const code *c, size_t count, weir_builder *made)
{
    const char *from = (const char *)u->bytes + u->offset;
    size_t len = count;
    if (!need_bytes(u, count))
        return false;
    if (c->what == 'p') {
        len = count ? (uint8_t)*from : 0;
        len = count && len > count - 1 ? count - 1 : len;
        from += count ? 1 : 0;
    }
    weir_value v = weir_value_bytes((weir_str){from, len});
    v.flags = (uint8_t)u->flags;
    u->offset += count;
    return weir_build_add(u->vm, made, &v);
}

static bool read_item(unpacker *u, const code *c, size_t count, weir_builder *made)
{
    size_t size = u->is_native ? c->native_size : c->size;
    if (u->is_native) { /* aligned from the start of the data that is read */
        size_t odd = (u->offset - u->start) % size;
        u->offset += odd ? size - odd : 0;
    }
    if (c->what == 's' || c->what == 'p')
        return read_text(u, c, count, made);
    if (!need_bytes(u, count * size) || !weir_vm_charge(u->vm, count))
        return false;
    for (size_t i = 0; i < count; i++, u->offset += size) {
        weir_value v;
        if (c->what != 'x' && (!read_value(u, c, size, &v) || !weir_build_add(u->vm, made, &v)))
            return false;
    }
    return true;
}

static bool call_unpack(weir_vm *vm, const weir_call *call, weir_value *out)
{
    unpacker u = {.vm = vm};
    weir_str bytes;
    weir_builder made;
    int64_t offset;
    const code *c;
    size_t count;
    if (weir_arg(call, 1)->kind != WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "a bytes-like object is required, not '%s' (%s)",
                            weir_value_type_name(weir_arg(call, 1)),
                            weir_vm_show(vm, weir_arg(call, 1)));
    if (!weir_need_str(vm, weir_arg(call, 0), "format", &u.format) ||
        !weir_need_bytes(vm, weir_arg(call, 1), "buffer", &bytes) ||
        !weir_need_int_or(vm, weir_arg(call, 2), "offset", 0, &offset) ||
        !weir_vm_charge(vm, u.format.len) || !weir_build_init(vm, &made, WEIR_TUPLE, 8))
        return false;
    if (offset < 0)
        offset += (int64_t)bytes.len;
    if (offset < 0 || (uint64_t)offset > bytes.len)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "unpack(): the offset is outside the %zu bytes",
                            bytes.len);
    u.bytes = (const uint8_t *)bytes.ptr;
    u.len = bytes.len;
    u.offset = u.start = (size_t)offset;
    u.flags = weir_arg(call, 1)->flags & WEIR_VALUE_SECRET;
    for (read_order(&u);;) {
        if (!next_item(&u, &c, &count))
            return false;
        if (!c)
            return weir_build_finish(vm, &made, out);
        if (!read_item(&u, c, count, &made))
            return false;
    }
}

/* ------------------------------------------------------------------ inflate */

static bool inflate(weir_vm *vm, const weir_call *call, weir_deflate_form form, weir_value *out)
{
    weir_str bytes;
    weir_buf made = {0};
    weir_error error;
    weir_inflate_limits limits = {.max_len = WEIR_EXPR_RESULT_MAX};
    unsigned flags = weir_arg(call, 0)->flags & WEIR_VALUE_SECRET;
    if (!weir_need_bytes(vm, weir_arg(call, 0), "data", &bytes) ||
        !weir_vm_charge(vm, 100 + bytes.len / 8))
        return false;
    weir_bytes payload = {(const uint8_t *)bytes.ptr, bytes.len};
    weir_code code = weir_inflate_all(form, payload, limits, &made, &error);
    bool is_done = code == WEIR_OK
                       ? weir_vm_charge(vm, made.len / 32) &&
                             weir_text_value(vm, WEIR_BYTES, made.ptr, made.len, flags, out)
                       : weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    weir_buf_fini(&made);
    return is_done;
}

static bool call_gunzip(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return inflate(vm, call, WEIR_DEFLATE_GZIP, out);
}

static bool call_inflate(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return inflate(vm, call, WEIR_DEFLATE_RAW, out);
}

static bool call_zlib_inflate(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return inflate(vm, call, WEIR_DEFLATE_ZLIB, out);
}

static bool call_crc32(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str bytes;
    if (!weir_need_bytes(vm, weir_arg(call, 0), "data", &bytes) ||
        !weir_vm_charge(vm, bytes.len / 64))
        return false;
    *out = weir_value_int(weir_crc32((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}));
    return true;
}

const weir_fn_row weir_fn_binary[] = {
    {"unpack", "format buffer offset?", call_unpack, WEIR_TUPLE, WEIR_FN_PURE,
     "the values that bytes hold, by a format of Python's struct, from offset on"},
    {"gunzip", "data /", call_gunzip, WEIR_BYTES, WEIR_FN_PURE, "gzip data, inflated"},
    {"inflate", "data /", call_inflate, WEIR_BYTES, WEIR_FN_PURE, "raw deflate data, inflated"},
    {"zlib_inflate", "data /", call_zlib_inflate, WEIR_BYTES, WEIR_FN_PURE, "zlib data, inflated"},
    {"crc32", "data /", call_crc32, WEIR_INT, WEIR_FN_PURE,
     "the CRC-32 of a text or bytes, as zlib has it"},
    {0},
};
