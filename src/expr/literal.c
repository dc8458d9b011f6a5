/* SPDX-License-Identifier: MIT */
/*
 * What is inside a literal: the value of a number's digits, the text behind a string's escapes.
 * Whole numbers beyond int64 are kept as their decimal digits; those of another base are converted
 * by schoolbook arithmetic, which the length of a source bounds. A text is UTF-8, so the escape of
 * a surrogate, which Python would accept, is a mistake here; so is \N{...}, which needs the table
 * of Unicode's names.
 */
#include "expr/parse.h"
#include "util/number.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ numbers */

enum { LIMB = 1000000000, LIMB_DIGITS = 9 };

static unsigned digit_value(char c)
{
    if (c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a') + 10;
}

/* The digits of a base as decimal text: little-endian limbs of nine digits, multiplied through. */
static bool bigint_from(weir_arena *arena, weir_str digits, unsigned base, weir_value *out)
{
    size_t cap = digits.len * 4 / 29 + 2; /* 4 bits a digit at most, 29 and more a limb */
    if (base == 10)
        cap = digits.len / LIMB_DIGITS + 2;
    uint32_t *limbs = WEIR_ARENA_ARRAY(arena, uint32_t, cap);
    char *text = weir_arena_alloc(arena, cap * LIMB_DIGITS + 1);
    if (!limbs || !text)
        return false;
    size_t count = 1;
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t carry = digit_value(digits.ptr[i]);
        for (size_t k = 0; k < count; k++) {
            carry += (uint64_t)limbs[k] * base;
            limbs[k] = (uint32_t)(carry % LIMB);
            carry /= LIMB;
        }
        if (carry && count < cap)
            limbs[count++] = (uint32_t)carry;
    }
    size_t len = 0;
    for (size_t k = count; k-- > 0;)
        for (uint32_t unit = LIMB / 10; unit > 0; unit /= 10)
            if (len > 0 || limbs[k] / unit % 10 || (k == 0 && unit == 1))
                text[len++] = (char)('0' + limbs[k] / unit % 10);
    *out = weir_value_str((weir_str){text, len});
    out->kind = WEIR_BIGINT;
    return true;
}

/* Copies without underscores. */
static weir_str plain_digits(weir_arena *arena, weir_str text)
{
    char *copy = weir_arena_alloc(arena, text.len + 1);
    weir_str plain = {copy, 0};
    for (size_t i = 0; copy && i < text.len; i++)
        if (text.ptr[i] != '_')
            copy[plain.len++] = text.ptr[i];
    return plain;
}

bool weir_literal_int(weir_arena *arena, weir_str text, weir_value *out)
{
    unsigned base = 10;
    if (text.len > 2 && text.ptr[0] == '0') {
        char radix = (char)(text.ptr[1] | 0x20);
        base = radix == 'x' ? 16 : radix == 'o' ? 8 : radix == 'b' ? 2 : 10;
    }
    if (base != 10) {
        text.ptr += 2;
        text.len -= 2;
    }
    weir_str digits = plain_digits(arena, text);
    if (!digits.ptr)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digit_value(digits.ptr[i]);
        if (value > ((uint64_t)INT64_MAX - digit) / base)
            return bigint_from(arena, digits, base, out);
        value = value * base + digit;
    }
    *out = weir_value_int((int64_t)value);
    return true;
}

bool weir_literal_float(weir_arena *arena, weir_str text, weir_value *out)
{
    weir_str digits = plain_digits(arena, text);
    double value = 0;
    if (!digits.ptr)
        return false;
    weir_double_parse(digits, &value);
    *out = weir_value_float(value);
    return true;
}

/* ------------------------------------------------------------------ escapes */

typedef struct escape_row {
    char letter;
    char meaning;
} escape_row;

static const escape_row ESCAPES[] = {
    {'\\', '\\'}, {'\'', '\''}, {'"', '"'},  {'a', '\a'}, {'b', '\b'}, {'f', '\f'},
    {'n', '\n'},  {'r', '\r'},  {'t', '\t'}, {'v', '\v'}, {0, 0},
};

typedef struct text_reader {
    weir_parser *parser;
    size_t at, to;
    bool is_bytes;
    weir_buf *out;
} text_reader;

static bool mistake(text_reader *reader, size_t from, size_t to, const char *text)
{
    weir_parser_fail(reader->parser, from, to - from, "%s", text);
    return false;
}

static bool put_code_point(text_reader *reader, size_t from, uint32_t code_point)
{
    if (reader->is_bytes) {
        weir_buf_putc(reader->out, (char)(code_point & 0xff));
        return true;
    }
    char bytes[WEIR_UTF8_MAX];
    size_t len = weir_utf8_encode(code_point, bytes);
    if (len == 0)
        return mistake(reader, from, reader->at,
                       code_point > 0x10ffff ? "there is no such character: beyond \\U0010ffff"
                                             : "half of a surrogate pair is no character; write "
                                               "the character itself or \\U000xxxxx");
    weir_buf_put(reader->out, (weir_str){bytes, len});
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* \xhh \uhhhh \Uhhhhhhhh: exactly `digits` of them. */
static bool put_hex(text_reader *reader, size_t from, unsigned digits)
{
    const char *text = reader->parser->lexer.source.ptr;
    uint32_t code_point = 0;
    for (unsigned i = 0; i < digits; i++, reader->at++) {
        if (reader->at >= reader->to || !is_hex(text[reader->at]))
            return mistake(reader, from, reader->at,
                           digits == 2   ? "\\x needs two hexadecimal digits"
                           : digits == 4 ? "\\u needs four hexadecimal digits"
                                         : "\\U needs eight hexadecimal digits");
        code_point = code_point << 4 | digit_value(text[reader->at]);
    }
    return put_code_point(reader, from, code_point);
}

static bool put_octal(text_reader *reader, size_t from)
{
    const char *text = reader->parser->lexer.source.ptr;
    uint32_t code_point = 0;
    for (unsigned i = 0; i < 3 && reader->at < reader->to; i++, reader->at++) {
        char c = text[reader->at];
        if (c < '0' || c > '7')
            break;
        code_point = code_point * 8 + (uint32_t)(c - '0');
    }
    return put_code_point(reader, from, code_point);
}

/* Behind a backslash that is not the last byte. */
static bool put_escape(text_reader *reader)
{
    size_t from = reader->at - 1;
    char c = reader->parser->lexer.source.ptr[reader->at];
    if (c >= '0' && c <= '7')
        return put_octal(reader, from);
    reader->at++;
    if (c == '\n')
        return true;
    for (const escape_row *row = ESCAPES; row->letter; row++) {
        if (row->letter == c) {
            weir_buf_putc(reader->out, row->meaning);
            return true;
        }
    }
    if (c == 'x')
        return put_hex(reader, from, 2);
    if (!reader->is_bytes && (c == 'u' || c == 'U'))
        return put_hex(reader, from, c == 'u' ? 4 : 8);
    if (!reader->is_bytes && c == 'N')
        return mistake(reader, from, reader->at,
                       "\\N{...} is not supported; write the character itself or \\uxxxx");
    weir_buf_putc(reader->out, '\\'); /* no escape: Python keeps both */
    reader->at--;
    return true;
}

bool weir_literal_text(weir_parser *parser, size_t from, size_t to, unsigned prefix, weir_buf *out)
{
    const char *text = parser->lexer.source.ptr;
    text_reader reader = {parser, from, to, (prefix & WEIR_STRING_BYTES) != 0, out};
    while (reader.at < to) {
        char c = text[reader.at];
        if (reader.is_bytes && (unsigned char)c >= 0x80)
            return mistake(&reader, reader.at, reader.at + 1,
                           "bytes are written with ASCII characters and \\xhh");
        reader.at++;
        if (c == '\\' && !(prefix & WEIR_STRING_RAW) && reader.at < to) {
            if (!put_escape(&reader))
                return false;
        } else if (c == '\r') { /* line ends are \n, whatever the file has */
            if (reader.at >= to || text[reader.at] != '\n')
                weir_buf_putc(out, '\n');
        } else {
            weir_buf_putc(out, c);
        }
    }
    if (out->failed)
        parser->mistakes->out_of_memory = parser->is_broken = true;
    return !out->failed;
}
