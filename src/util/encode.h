/* SPDX-License-Identifier: MIT */
/* Base64, base64url, hexadecimal and percent-encoded text. Decoders of the first three are strict:
 * what they accept, they would write.
 */
#ifndef WEIR_UTIL_ENCODE_H
#define WEIR_UTIL_ENCODE_H

#include <weir/types.h>

#include "util/buf.h"

/** Text length of `len` encoded bytes, padded. */
#define WEIR_BASE64_LEN(len) (((size_t)(len) + 2) / 3 * 4)

/** RFC 4648 section 4, padded. Appends to `out`. */
void weir_base64_encode(weir_bytes bytes, weir_buf *out);
/** RFC 4648 section 5, without padding (as in JOSE). Appends to `out`. */
void weir_base64url_encode(weir_bytes bytes, weir_buf *out);
/** Padded base64; false (and `out` as it was) for anything else. Out of memory sets out->failed. */
bool weir_base64_decode(weir_str text, weir_buf *out);
/** base64url, with or without padding. */
bool weir_base64url_decode(weir_str text, weir_buf *out);
/** Writes exactly WEIR_BASE64_LEN(bytes.len) characters, no NUL. */
void weir_base64_write(weir_bytes bytes, char *out);

/** Lower-case hex. Appends to `out`. */
void weir_hex_encode(weir_bytes bytes, weir_buf *out);
/** Writes exactly 2 * bytes.len characters, no NUL. */
void weir_hex_write(weir_bytes bytes, char *out);
/** Either case, an even number of digits; false (and `out` as it was) for anything else. */
bool weir_hex_decode(weir_str text, weir_buf *out);

/** RFC 3986: all but its unreserved characters, and those of `keep` (ASCII), as %XX. Appends. */
void weir_percent_encode(weir_str text, weir_str keep, weir_buf *out);
/** NAME=VALUE, both encoded, as in a query. Appends. */
void weir_percent_encode_pair(weir_str name, weir_str value, weir_buf *out);
/** One byte as %XX. */
void weir_percent_put(unsigned char c, weir_buf *out);
/** %XX as a byte, all else as it is; false for a % that no two hex digits follow. */
bool weir_percent_decode(weir_str text, weir_buf *out);

#endif
