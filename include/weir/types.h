/* SPDX-License-Identifier: MIT */
/*
 * The plain types that every header of Weir speaks in: text spans, byte spans, codes and errors.
 * All of them are open structs copied by value; none owns memory.
 */
#ifndef WEIR_TYPES_H
#define WEIR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEIR_API                     __attribute__((visibility("default")))
#define WEIR_PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))
#else
#define WEIR_API
#define WEIR_PRINTF(fmt_at, args_at)
#endif

/** A span of text: not NUL-terminated, `len` in bytes, UTF-8 unless the owner says otherwise. */
typedef struct weir_str {
    const char *ptr;
    size_t len;
} weir_str;

/** A span of raw bytes. */
typedef struct weir_bytes {
    const uint8_t *ptr;
    size_t len;
} weir_bytes;

/** The weir_str of a string literal (or of any char array whose size counts its NUL). */
#define WEIR_STR(literal) ((weir_str){(literal), sizeof(literal) - 1})

/** For printf("%.*s", WEIR_FMT(str)). */
#define WEIR_FMT(str) (int)(str).len, (str).ptr

static inline weir_str weir_str_of(const char *text)
{
    weir_str str;
    str.ptr = text;
    str.len = text ? strlen(text) : 0;
    return str;
}

static inline bool weir_str_eq(weir_str a, weir_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool weir_str_is(weir_str a, const char *text)
{
    return weir_str_eq(a, weir_str_of(text));
}

/** What kind of failure an error is. The names (weir_code_name) are stable and appear in events. */
typedef enum weir_code {
    WEIR_OK = 0,
    WEIR_ERR_NOMEM,       /**< out of memory, or a declared memory limit was reached */
    WEIR_ERR_ARGUMENT,    /**< the caller passed something that cannot be meant */
    WEIR_ERR_SPEC,        /**< the spec has errors: see its diagnostics */
    WEIR_ERR_IO,          /**< a file could not be read or written */
    WEIR_ERR_NOT_FOUND,   /**< no such connection, stream, symbol, column ... */
    WEIR_ERR_UNSUPPORTED, /**< known, but this backend or build cannot do it */
    WEIR_ERR_STATE,       /**< not possible in the present state (closed, not yet open) */
    WEIR_ERR_LIMIT,       /**< a declared limit was exceeded */
    WEIR_ERR_TIMEOUT,     /**< a deadline passed */
    WEIR_ERR_RESOLVE,     /**< host name not resolved */
    WEIR_ERR_CONNECT,     /**< TCP connect refused, reset or unreachable */
    WEIR_ERR_TLS,         /**< TLS handshake or certificate */
    WEIR_ERR_PROXY,       /**< the CONNECT proxy refused */
    WEIR_ERR_HANDSHAKE,   /**< the HTTP upgrade was refused or malformed */
    WEIR_ERR_PROTOCOL,    /**< the peer broke the protocol */
    WEIR_ERR_CLOSED,      /**< the peer closed the connection */
    WEIR_ERR_AUTH,        /**< the venue rejected the credentials */
    WEIR_ERR_CREDENTIALS, /**< a credential is missing or unreadable */
    WEIR_ERR_DECODE,      /**< a frame is not what the parser declares */
    WEIR_ERR_EVAL,        /**< an expression failed */
    WEIR_ERR_CONVERT,     /**< a value does not fit its column */
    WEIR_ERR_INTERRUPTED, /**< stopped by request */
    WEIR_ERR_REJECTED,    /**< the venue refused a subscription */
    WEIR_CODE_COUNT
} weir_code;

enum { WEIR_ERROR_TEXT_MAX = 512 };

/** A failure of the world, by value: its code and one sentence, cut at WEIR_ERROR_TEXT_MAX. */
typedef struct weir_error {
    weir_code code;
    char text[WEIR_ERROR_TEXT_MAX];
} weir_error;

/** The stable lower-case name of a code, such as "timeout". Never NULL. Any thread. */
WEIR_API const char *weir_code_name(weir_code code);

#ifdef __cplusplus
}
#endif

#endif
