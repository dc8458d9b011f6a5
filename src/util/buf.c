/* SPDX-License-Identifier: MIT */
/*
 * Growth is by doubling from 64 bytes. A failed buffer stays failed until it is cleared, and its
 * contents up to the failure stay readable, but must not be taken for complete.
 */
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/crypto.h"

enum { FIRST_CAP = 64 };

void weir_buf_fini(weir_buf *buf)
{
    free(buf->ptr);
    *buf = (weir_buf){0};
}

static bool grow(weir_buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *ptr = realloc(buf->ptr, cap);
    if (!ptr)
        return false;
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

char *weir_buf_reserve(weir_buf *buf, size_t extra)
{
    if (buf->failed)
        return NULL;
    if (extra > buf->cap - buf->len || !buf->ptr) {
        size_t need;
        if (__builtin_add_overflow(buf->len, extra, &need) || !grow(buf, need)) {
            buf->failed = true;
            return NULL;
        }
    }
    return buf->ptr + buf->len;
}

void weir_buf_put(weir_buf *buf, weir_str text)
{
    if (text.len == 0)
        return;
    char *at = weir_buf_reserve(buf, text.len);
    if (!at)
        return;
    memcpy(at, text.ptr, text.len);
    buf->len += text.len;
}

void weir_buf_puts(weir_buf *buf, const char *text)
{
    weir_buf_put(buf, weir_str_of(text));
}

void weir_buf_putc(weir_buf *buf, char byte)
{
    char *at = weir_buf_reserve(buf, 1);
    if (!at)
        return;
    *at = byte;
    buf->len++;
}

void weir_buf_printf(weir_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    weir_buf_vprintf(buf, format, args);
    va_end(args);
}

void weir_buf_vprintf(weir_buf *buf, const char *format, va_list args)
{
    if (buf->failed)
        return;
    va_list again;
    va_copy(again, args);
    size_t room = buf->cap - buf->len;
    int len = vsnprintf(buf->ptr ? buf->ptr + buf->len : NULL, room, format, args);
    if (len < 0) {
        buf->failed = true;
    } else if ((size_t)len < room) {
        buf->len += (size_t)len;
    } else {
        char *at = weir_buf_reserve(buf, (size_t)len + 1);
        if (at) {
            vsnprintf(at, (size_t)len + 1, format, again);
            buf->len += (size_t)len;
        }
    }
    va_end(again);
}

const char *weir_buf_cstr(weir_buf *buf)
{
    char *at = weir_buf_reserve(buf, 1);
    if (!at)
        return "";
    *at = '\0';
    return buf->ptr;
}

void weir_buf_wipe(weir_buf *buf)
{
    weir_wipe(buf->ptr, buf->cap);
    weir_buf_fini(buf);
}

void weir_buf_wipe_contents(weir_buf *buf, size_t most)
{
    if (buf->cap > most) {
        weir_buf_wipe(buf);
        return;
    }
    if (buf->ptr)
        weir_wipe(buf->ptr, buf->cap);
    weir_buf_clear(buf);
}
