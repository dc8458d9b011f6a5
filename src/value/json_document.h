/* SPDX-License-Identifier: MIT */
/* Small trusted documents (asset files, --data of eval, settings) through jansson into built
 * values. */
#ifndef WEIR_VALUE_JSON_DOCUMENT_H
#define WEIR_VALUE_JSON_DOCUMENT_H

#include "value/value.h"

/** Parses into the arena; errors say line and column. Integers beyond int64 become BIGINT. */
bool weir_json_document(weir_arena *arena, weir_str text, weir_value *out, weir_error *error);

#endif
