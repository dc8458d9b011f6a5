/* SPDX-License-Identifier: MIT */
/*
 * Growable byte buffer for text and messages going out. A failed allocation sets `failed` and turns
 * every later append into a no-op, so a writer checks once, at the end.
 */
#ifndef WEIR_UTIL_BUF_H
#define WEIR_UTIL_BUF_H

#include <stdarg.h>

#include <weir/types.h>

typedef struct weir_buf {
    char *ptr; /**< NULL while empty; not NUL-terminated unless weir_buf_cstr was called */
    size_t len;
    size_t cap;
    bool failed;
} weir_buf;

void weir_buf_fini(weir_buf *buf);
/** len = 0; memory is kept; `failed` is cleared. */
static inline void weir_buf_clear(weir_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}
/** Room for `extra` more bytes at ptr + len; NULL when out of memory. The caller then adds to len.
 */
char *weir_buf_reserve(weir_buf *buf, size_t extra);
void weir_buf_put(weir_buf *buf, weir_str text);
void weir_buf_puts(weir_buf *buf, const char *text);
void weir_buf_putc(weir_buf *buf, char byte);
void weir_buf_printf(weir_buf *buf, const char *format, ...) WEIR_PRINTF(2, 3);
void weir_buf_vprintf(weir_buf *buf, const char *format, va_list args);
/** Secures a NUL behind the text and returns ptr ("" when empty or failed). */
const char *weir_buf_cstr(weir_buf *buf);
/** Wipes the contents so that the compiler cannot leave it out, then frees. For secrets. */
void weir_buf_wipe(weir_buf *buf);
/** The same, but memory of up to `most` bytes is kept for what comes next. */
void weir_buf_wipe_contents(weir_buf *buf, size_t most);

static inline weir_str weir_buf_str(const weir_buf *buf)
{
    weir_str str = {buf->ptr, buf->len};
    return str;
}

#endif
