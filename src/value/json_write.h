/* SPDX-License-Identifier: MIT */
/*
 * JSON out: compact text of any value (`{"a":1,"b":[1,2]}`), numbers as the shortest text that
 * round-trips, raw spans copied as they are, decimals and big integers by their digits, timestamps
 * as RFC 3339 text, assets as their symbol, bytes as base64. NaN and infinities become null.
 * Secrets are written in clear only when asked for.
 */
#ifndef WEIR_VALUE_JSON_WRITE_H
#define WEIR_VALUE_JSON_WRITE_H

#include "util/buf.h"
#include "value/value.h"

enum { WEIR_JSON_REVEAL = 1 /**< write secrets; otherwise "***" */ };

/** Appends. Depth is bounded by WEIR_JSON_DEPTH_MAX (deeper: null). */
void weir_json_write(weir_buf *out, const weir_value *v, unsigned flags);
/** A JSON string with quotes and escapes; bad UTF-8 becomes U+FFFD. */
void weir_json_write_str(weir_buf *out, weir_str text);
void weir_json_write_float(weir_buf *out, double f);
/** True if a secret is anywhere in the value. */
bool weir_value_has_secret(const weir_value *v);

#endif
