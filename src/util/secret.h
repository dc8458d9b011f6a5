/* SPDX-License-Identifier: MIT */
/*
 * A secret text: owned, wiped when freed, and shown as "***" wherever something is printed. The
 * type is separate from weir_str so that the compiler notices a secret on its way to a message.
 */
#ifndef WEIR_UTIL_SECRET_H
#define WEIR_UTIL_SECRET_H

#include <weir/types.h>

#include "util/buf.h"

typedef struct weir_secret {
    weir_str text;  /**< heap, NUL behind it; ptr NULL = unset */
    weir_buf forms; /**< how else it may be written; the module's */
} weir_secret;

/** Copies `text`. False when out of memory. An earlier value is wiped and freed. */
bool weir_secret_set(weir_secret *secret, weir_str text);
/** Wipes and frees; the secret is then unset. */
void weir_secret_fini(weir_secret *secret);
/** What may be printed instead: "***", or "" when unset. */
weir_str weir_secret_masked(const weir_secret *secret);
/**
 * Appends `text` to `out` with every occurrence of a secret (of 4 bytes or more) replaced by "***",
 * also where it is escaped for JSON or a URL, or inside of base64, and its beginning (8 bytes or
 * more) at the end of the text. For text that came back from a peer and may echo a credential.
 */
void weir_secret_mask(weir_str text, const weir_secret *secrets, size_t count, weir_buf *out);
/** Whether weir_secret_mask would change the text. */
bool weir_secret_occurs(weir_str text, const weir_secret *secrets, size_t count);
/**
 * The same for data, whose length and layout have to stay: a secret of 8 bytes or more is covered
 * with as many '*', or '1' where it is a number. False, and `out` as it was: there is none.
 */
bool weir_secret_cover(weir_str data, const weir_secret *secrets, size_t count, weir_buf *out);

#endif
