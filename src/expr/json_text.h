/* SPDX-License-Identifier: MIT */
/* JSON text as Python's json.dumps writes it. */
#ifndef WEIR_EXPR_JSON_TEXT_H
#define WEIR_EXPR_JSON_TEXT_H

#include "expr/typed.h"

typedef struct weir_json_style {
    weir_str item_separator; /* ", " */
    weir_str key_separator;  /* ": " */
    bool escapes_beyond_ascii, sorts_keys;
} weir_json_style;

/** Appends. TypeError for what JSON has no form for. */
bool weir_json_text(weir_vm *vm, const weir_value *v, const weir_json_style *style, weir_buf *out);

#endif
