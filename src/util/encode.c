/* SPDX-License-Identifier: MIT */
/*
 * Table-driven both ways. Decoding refuses non-zero left-over bits, blanks and wrong padding: two
 * texts for one value would be a way around a comparison of texts.
 */
#include "util/encode.h"

static const char standard_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_digits[] = "0123456789abcdef";

/* Returns the characters written, padding included when asked for. */
static size_t base64_write(weir_bytes bytes, const char *digits, bool is_padded, char *out)
{
    char *start = out;
    size_t i = 0;
    for (; i + 3 <= bytes.len; i += 3) {
        uint32_t word = (uint32_t)bytes.ptr[i] << 16 | (uint32_t)bytes.ptr[i + 1] << 8 |
                        (uint32_t)bytes.ptr[i + 2];
        *out++ = digits[word >> 18];
        *out++ = digits[word >> 12 & 63];
        *out++ = digits[word >> 6 & 63];
        *out++ = digits[word & 63];
    }
    size_t left = bytes.len - i;
    if (left == 0)
        return (size_t)(out - start);
    uint32_t word = (uint32_t)bytes.ptr[i] << 16;
    if (left == 2)
        word |= (uint32_t)bytes.ptr[i + 1] << 8;
    *out++ = digits[word >> 18];
    *out++ = digits[word >> 12 & 63];
    if (left == 2)
        *out++ = digits[word >> 6 & 63];
    for (size_t pad = left; is_padded && pad < 3; pad++)
        *out++ = '=';
    return (size_t)(out - start);
}

static void base64_append(weir_bytes bytes, const char *digits, bool is_padded, weir_buf *out)
{
    if (bytes.len > SIZE_MAX / 4 * 3 - 3) {
        out->failed = true;
        return;
    }
    char *at = weir_buf_reserve(out, WEIR_BASE64_LEN(bytes.len));
    if (at)
        out->len += base64_write(bytes, digits, is_padded, at);
}

void weir_base64_encode(weir_bytes bytes, weir_buf *out)
{
    base64_append(bytes, standard_digits, true, out);
}

void weir_base64url_encode(weir_bytes bytes, weir_buf *out)
{
    base64_append(bytes, url_digits, false, out);
}

void weir_base64_write(weir_bytes bytes, char *out)
{
    base64_write(bytes, standard_digits, true, out);
}

static int base64_value(char c, const char *digits)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == digits[62])
        return 62;
    return c == digits[63] ? 63 : -1;
}

/* `text` without padding. */
static bool base64_read(weir_str text, const char *digits, weir_buf *out)
{
    if (text.len % 4 == 1)
        return false;
    char *at = weir_buf_reserve(out, text.len / 4 * 3 + 2);
    if (!at)
        return true;
    size_t len = 0;
    uint32_t word = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.ptr[i], digits);
        if (value < 0)
            return false;
        word = word << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            at[len++] = (char)(word >> bits & 0xff);
        }
    }
    if (word & ((1u << bits) - 1))
        return false;
    out->len += len;
    return true;
}

static weir_str without_padding(weir_str text)
{
    for (int i = 0; i < 2 && text.len && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    return text;
}

bool weir_base64_decode(weir_str text, weir_buf *out)
{
    return text.len % 4 == 0 && base64_read(without_padding(text), standard_digits, out);
}

bool weir_base64url_decode(weir_str text, weir_buf *out)
{
    weir_str bare = without_padding(text);
    if (bare.len != text.len && text.len % 4 != 0)
        return false;
    return base64_read(bare, url_digits, out);
}

void weir_hex_write(weir_bytes bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = hex_digits[bytes.ptr[i] >> 4];
        *out++ = hex_digits[bytes.ptr[i] & 15];
    }
}

void weir_hex_encode(weir_bytes bytes, weir_buf *out)
{
    if (bytes.len > SIZE_MAX / 2) {
        out->failed = true;
        return;
    }
    char *at = weir_buf_reserve(out, bytes.len * 2);
    if (!at)
        return;
    weir_hex_write(bytes, at);
    out->len += bytes.len * 2;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool weir_hex_decode(weir_str text, weir_buf *out)
{
    if (text.len % 2)
        return false;
    char *at = weir_buf_reserve(out, text.len / 2);
    if (!at)
        return true;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]);
        int low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        *at++ = (char)(high << 4 | low);
    }
    out->len += text.len / 2;
    return true;
}

void weir_percent_put(unsigned char c, weir_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    weir_buf_putc(out, '%');
    weir_buf_putc(out, digits[c >> 4]);
    weir_buf_putc(out, digits[c & 15]);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void weir_percent_encode(weir_str text, weir_str keep, weir_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (is_unreserved(c) ||
            ((unsigned char)c < 0x80 && keep.len && memchr(keep.ptr, c, keep.len)))
            weir_buf_putc(out, c);
        else
            weir_percent_put((unsigned char)c, out);
    }
}

void weir_percent_encode_pair(weir_str name, weir_str value, weir_buf *out)
{
    weir_percent_encode(name, WEIR_STR(""), out);
    weir_buf_putc(out, '=');
    weir_percent_encode(value, WEIR_STR(""), out);
}

bool weir_percent_decode(weir_str text, weir_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            weir_buf_putc(out, text.ptr[i]);
            continue;
        }
        int high = i + 1 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        weir_buf_putc(out, (char)(high << 4 | low));
        i += 2;
    }
    return true;
}
