/* SPDX-License-Identifier: MIT */
/*
 * Masking looks for secrets of at least MASK_MIN bytes: a shorter one would turn ordinary text into
 * stars and hide nothing that could not be guessed.
 */
#include "util/secret.h"

#include <stdlib.h>

#include "util/crypto.h"

enum { MASK_MIN = 4 };

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
    return true;
}

void weir_secret_fini(weir_secret *secret)
{
    char *owned = (char *)(uintptr_t)secret->text.ptr;
    if (owned)
        weir_wipe(owned, secret->text.len);
    free(owned);
    secret->text = (weir_str){NULL, 0};
}

weir_str weir_secret_masked(const weir_secret *secret)
{
    return secret->text.ptr ? WEIR_STR("***") : WEIR_STR("");
}

/* Bytes of the longest secret that `text` starts with; 0 when none. */
static size_t secret_at(weir_str text, const weir_secret *secrets, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        weir_str one = secrets[i].text;
        if (one.len >= MASK_MIN && one.len > longest && one.len <= text.len &&
            memcmp(text.ptr, one.ptr, one.len) == 0)
            longest = one.len;
    }
    return longest;
}

void weir_secret_mask(weir_str text, const weir_secret *secrets, size_t count, weir_buf *out)
{
    size_t plain = 0;
    for (size_t at = 0; at < text.len;) {
        weir_str rest = {text.ptr + at, text.len - at};
        size_t len = secret_at(rest, secrets, count);
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
