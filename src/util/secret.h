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
    weir_str text; /**< heap, NUL behind it; ptr NULL = unset */
} weir_secret;

/** Copies `text`. False when out of memory. An earlier value is wiped and freed. */
bool weir_secret_set(weir_secret *secret, weir_str text);
/** Wipes and frees; the secret is then unset. */
void weir_secret_fini(weir_secret *secret);
/** What may be printed instead: "***", or "" when unset. */
weir_str weir_secret_masked(const weir_secret *secret);
/**
 * Appends `text` to `out` with every occurrence of a secret (of 4 bytes or more) replaced by "***".
 * For text that came back from a peer and may echo a credential.
 */
void weir_secret_mask(weir_str text, const weir_secret *secrets, size_t count, weir_buf *out);

#endif
