/* SPDX-License-Identifier: MIT */
/* Filling in weir_error. Every setter returns its code, so `return weir_fail(error, ...)` reads
 * well. */
#ifndef WEIR_UTIL_ERROR_H
#define WEIR_UTIL_ERROR_H

#include <stdarg.h>

#include <weir/types.h>

/** Sets code and text (cut to fit). `error` may be NULL. Returns `code`. */
weir_code weir_fail(weir_error *error, weir_code code, const char *format, ...) WEIR_PRINTF(3, 4);

/** The same with a va_list. */
weir_code weir_failv(weir_error *error, weir_code code, const char *format, va_list args);

/** WEIR_ERR_NOMEM with the standard text. */
weir_code weir_fail_nomem(weir_error *error);

#endif
