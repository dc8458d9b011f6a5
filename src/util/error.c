/* SPDX-License-Identifier: MIT */
/* Codes and their stable names; one row per code, in the order of the enum. */
#include "util/error.h"

#include <stdio.h>

#include "util/utf8.h"

static const char *const code_names[WEIR_CODE_COUNT] = {
    [WEIR_OK] = "ok",
    [WEIR_ERR_NOMEM] = "nomem",
    [WEIR_ERR_ARGUMENT] = "argument",
    [WEIR_ERR_SPEC] = "spec",
    [WEIR_ERR_IO] = "io",
    [WEIR_ERR_NOT_FOUND] = "not_found",
    [WEIR_ERR_UNSUPPORTED] = "unsupported",
    [WEIR_ERR_STATE] = "state",
    [WEIR_ERR_LIMIT] = "limit",
    [WEIR_ERR_TIMEOUT] = "timeout",
    [WEIR_ERR_RESOLVE] = "resolve",
    [WEIR_ERR_CONNECT] = "connect",
    [WEIR_ERR_TLS] = "tls",
    [WEIR_ERR_PROXY] = "proxy",
    [WEIR_ERR_HANDSHAKE] = "handshake",
    [WEIR_ERR_PROTOCOL] = "protocol",
    [WEIR_ERR_CLOSED] = "closed",
    [WEIR_ERR_AUTH] = "auth",
    [WEIR_ERR_CREDENTIALS] = "credentials",
    [WEIR_ERR_DECODE] = "decode",
    [WEIR_ERR_EVAL] = "eval",
    [WEIR_ERR_CONVERT] = "convert",
    [WEIR_ERR_INTERRUPTED] = "interrupted",
    [WEIR_ERR_REJECTED] = "rejected",
};

const char *weir_code_name(weir_code code)
{
    if ((unsigned)code >= WEIR_CODE_COUNT || !code_names[code])
        return "unknown";
    return code_names[code];
}

weir_code weir_failv(weir_error *error, weir_code code, const char *format, va_list args)
{
    if (!error)
        return code;
    error->code = code;
    int len = vsnprintf(error->text, sizeof error->text, format, args);
    if (len < 0) {
        error->text[0] = '\0';
    } else if ((size_t)len >= sizeof error->text) {
        /* Cut at a code point, so that the text stays printable. */
        weir_str cut = weir_str_of(error->text);
        size_t whole = weir_utf8_valid_prefix(cut);
        if (cut.len - whole < WEIR_UTF8_MAX)
            error->text[whole] = '\0';
    }
    return code;
}

weir_code weir_fail(weir_error *error, weir_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    weir_failv(error, code, format, args);
    va_end(args);
    return code;
}

weir_code weir_fail_nomem(weir_error *error)
{
    return weir_fail(error, WEIR_ERR_NOMEM, "out of memory");
}
