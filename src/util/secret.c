/* SPDX-License-Identifier: MIT */
/*
 * Masking looks for secrets of at least MASK_MIN bytes: a shorter one would turn ordinary text into
 * stars and hide nothing that could not be guessed. A peer that quotes what it was sent does so in
 * its own way, so a secret is also looked for as it stands in JSON, in an error's quotes, in a URL
 * and inside of base64; those forms are made once, when the secret is set. And what was cut off may
 * end with the beginning of a secret.
 */
#include "util/secret.h"

#include <stdint.h>
#include <stdlib.h>

#include "util/crypto.h"
#include "util/encode.h"

enum {
    MASK_MIN = 4,
    FRAME_MASK_MIN = 8, /* within data, and of a beginning at the end */
    CUT_MIN = 12,       /* of a beginning anywhere */
    FORM_HEAD = 4,
    SPAN_BITS = 6, /* of a base64 character */
    SHIFTS = 3     /* where in a group of base64 a secret may begin */
};

/* ------------------------------------------------------------------ forms */

static void add_form(weir_secret *secret, const weir_buf *form)
{
    const uint32_t len = (uint32_t)form->len;
    if (form->failed)
        secret->forms.failed = true;
    if (len < MASK_MIN || weir_str_eq(weir_buf_str(form), secret->text))
        return;
    weir_buf_put(&secret->forms, (weir_str){(const char *)&len, FORM_HEAD});
    weir_buf_put(&secret->forms, weir_buf_str(form));
}

typedef void put_byte(weir_buf *out, unsigned char c);

static void put_json(weir_buf *out, unsigned char c)
{
    static const char short_of[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    const char *found = c ? strchr(short_of, c) : NULL;
    const bool is_short = found && (found - short_of) % 2 == 0;
    if (is_short)
        weir_buf_printf(out, "\\%c", found[1]);
    else if (c < 0x20)
        weir_buf_printf(out, "\\u%04x", c);
    else
        weir_buf_putc(out, (char)c);
}

static void put_repr(weir_buf *out, unsigned char c)
{
    if (c == '"')
        weir_buf_putc(out, '"');
    else if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
        weir_buf_printf(out, "\\x%02x", c);
    else
        put_json(out, c);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("-._~", c));
}

static void put_percent(weir_buf *out, unsigned char c)
{
    weir_buf_printf(out, is_unreserved(c) ? "%c" : "%%%02X", c);
}

static void put_percent_small(weir_buf *out, unsigned char c)
{
    weir_buf_printf(out, is_unreserved(c) ? "%c" : "%%%02x", c);
}

static void put_query(weir_buf *out, unsigned char c)
{
    if (c == ' ')
        weir_buf_putc(out, '+');
    else
        put_percent(out, c);
}

static void add_escaped(weir_secret *secret, put_byte *put)
{
    weir_buf form = {0};
    for (size_t i = 0; i < secret->text.len; i++)
        put(&form, (unsigned char)secret->text.ptr[i]);
    add_form(secret, &form);
    weir_buf_wipe(&form);
}

/* UTF-8 as JSON writers put it that keep to ASCII; false, and nothing, where that is as it was. */
static void add_ascii(weir_secret *secret)
{
    weir_buf form = {0};
    for (size_t i = 0; i < secret->text.len;) {
        const unsigned char *at = (const unsigned char *)secret->text.ptr + i;
        const size_t left = secret->text.len - i;
        const size_t len = *at < 0xc0 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
        uint32_t c = *at;
        if (c < 0x80 || len > left || len == 1) {
            put_json(&form, (unsigned char)c);
            i++;
            continue;
        }
        c &= 0x7fu >> len;
        for (size_t k = 1; k < len; k++)
            c = c << 6 | (at[k] & 0x3fu);
        if (c < 0x10000)
            weir_buf_printf(&form, "\\u%04x", c);
        else
            weir_buf_printf(&form, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10 & 0x3ff),
                            0xdc00 + ((c - 0x10000) & 0x3ff));
        i += len;
    }
    add_form(secret, &form);
    weir_buf_wipe(&form);
}

/* The characters of base64 that depend on nothing but the secret, wherever it begins in a text. */
static void add_base64(weir_secret *secret, void (*encode)(weir_bytes bytes, weir_buf *out))
{
    for (size_t shift = 0; shift < SHIFTS; shift++) {
        weir_buf bytes = {0}, text = {0}, form = {0};
        weir_buf_put(&bytes, (weir_str){"\0\0", shift});
        weir_buf_put(&bytes, secret->text);
        encode((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, &text);
        const size_t from = (shift * 8 + SPAN_BITS - 1) / SPAN_BITS;
        const size_t to = bytes.len * 8 / SPAN_BITS;
        if (!text.failed && to > from && to <= text.len)
            weir_buf_put(&form, (weir_str){text.ptr + from, to - from});
        form.failed |= bytes.failed || text.failed;
        add_form(secret, &form);
        weir_buf_wipe(&bytes);
        weir_buf_wipe(&text);
        weir_buf_wipe(&form);
    }
}

static bool add_forms(weir_secret *secret)
{
    static put_byte *const escapes[] = {put_json, put_repr, put_percent, put_percent_small,
                                        put_query};
    if (secret->text.len < MASK_MIN || secret->text.len > UINT32_MAX / 8)
        return true;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        add_escaped(secret, escapes[i]);
    add_ascii(secret);
    if (secret->text.len >= FRAME_MASK_MIN) {
        add_base64(secret, weir_base64_encode);
        add_base64(secret, weir_base64url_encode);
    }
    return !secret->forms.failed;
}

/* ------------------------------------------------------------------ secrets */

bool weir_secret_set(weir_secret *secret, weir_str text)
{
    if (text.len == SIZE_MAX)
        return false;
    char *copy = malloc(text.len + 1);
    if (!copy)
        return false;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    weir_secret_fini(secret);
    secret->text = (weir_str){copy, text.len};
    if (add_forms(secret))
        return true;
    weir_secret_fini(secret);
    return false;
}

void weir_secret_fini(weir_secret *secret)
{
    char *owned = (char *)(uintptr_t)secret->text.ptr;
    if (owned)
        weir_wipe(owned, secret->text.len);
    free(owned);
    secret->text = (weir_str){NULL, 0};
    weir_buf_wipe(&secret->forms);
}

weir_str weir_secret_masked(const weir_secret *secret)
{
    return secret->text.ptr ? WEIR_STR("***") : WEIR_STR("");
}

/* ------------------------------------------------------------------ masking */

/* The next form of a secret, itself first; false at the end. `at` starts at 0. */
static bool next_form(const weir_secret *secret, size_t *at, weir_str *form)
{
    uint32_t len;
    if (*at == 0) {
        *at = 1;
        *form = secret->text;
        return true;
    }
    const size_t from = *at - 1;
    if (secret->forms.len < from + FORM_HEAD)
        return false;
    memcpy(&len, secret->forms.ptr + from, FORM_HEAD);
    *form = (weir_str){secret->forms.ptr + from + FORM_HEAD, len};
    *at += FORM_HEAD + len;
    return true;
}

/* How much of `text` is this form, or its beginning: a short one only if the text ends there. */
static size_t match(weir_str text, weir_str form, size_t least)
{
    const size_t most = form.len < text.len ? form.len : text.len;
    size_t len = 0;
    if (form.len < least)
        return 0;
    while (len < most && text.ptr[len] == form.ptr[len])
        len++;
    const bool is_good = len == form.len || (len == text.len && len >= FRAME_MASK_MIN) ||
                         (len >= CUT_MIN && least < FRAME_MASK_MIN);
    return is_good ? len : 0;
}

/* Bytes of the longest secret that `text` starts with; 0 when none. */
static size_t secret_at(weir_str text, const weir_secret *secrets, size_t count, size_t least)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        for (weir_str form; next_form(&secrets[i], &at, &form);) {
            const size_t len = match(text, form, least);
            longest = len > longest ? len : longest;
        }
    }
    return longest;
}

typedef struct starts {
    bool of[UINT8_MAX + 1]; /* first bytes of what is looked for */
} starts;

static void find_starts(starts *all, const weir_secret *secrets, size_t count)
{
    *all = (starts){{false}};
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        for (weir_str form; next_form(&secrets[i], &at, &form);) {
            if (form.len > 0)
                all->of[(unsigned char)form.ptr[0]] = true;
        }
    }
}

bool weir_secret_occurs(weir_str text, const weir_secret *secrets, size_t count)
{
    starts all;
    find_starts(&all, secrets, count);
    for (size_t at = 0; at < text.len; at++) {
        const weir_str rest = {text.ptr + at, text.len - at};
        if (all.of[(unsigned char)*rest.ptr] && secret_at(rest, secrets, count, MASK_MIN) > 0)
            return true;
    }
    return false;
}

void weir_secret_mask(weir_str text, const weir_secret *secrets, size_t count, weir_buf *out)
{
    size_t plain = 0;
    starts all;
    find_starts(&all, secrets, count);
    for (size_t at = 0; at < text.len;) {
        const weir_str rest = {text.ptr + at, text.len - at};
        const bool may = all.of[(unsigned char)*rest.ptr];
        const size_t len = may ? secret_at(rest, secrets, count, MASK_MIN) : 0;
        if (len == 0) {
            at++;
            continue;
        }
        weir_buf_put(out, (weir_str){text.ptr + plain, at - plain});
        weir_buf_puts(out, "***");
        at += len;
        plain = at;
    }
    weir_buf_put(out, (weir_str){text.ptr + plain, text.len - plain});
}

static char cover_of(weir_str secret)
{
    for (size_t i = 0; i < secret.len; i++) {
        if (secret.ptr[i] < '0' || secret.ptr[i] > '9')
            return '*';
    }
    return '1';
}

bool weir_secret_cover(weir_str data, const weir_secret *secrets, size_t count, weir_buf *out)
{
    bool is_found = false;
    starts all;
    if (count == 0)
        return false;
    find_starts(&all, secrets, count);
    for (size_t at = 0; at < data.len;) {
        const weir_str rest = {data.ptr + at, data.len - at};
        const bool may = all.of[(unsigned char)*rest.ptr];
        const size_t len = may ? secret_at(rest, secrets, count, FRAME_MASK_MIN) : 0;
        if (len > 0 && !is_found) {
            weir_buf_clear(out);
            weir_buf_put(out, data);
            is_found = true;
        }
        if (len > 0 && !out->failed)
            memset(out->ptr + at, cover_of((weir_str){rest.ptr, len}), len);
        at += len > 0 ? len : 1;
    }
    return is_found;
}
