/* SPDX-License-Identifier: MIT */
/*
 * The canonical layout of a spec: two blanks a level, lists inside their key, one blank where one
 * belongs, none at the end of a line, quotes double where that costs no escape, one empty line
 * between connections and never two. Order, line breaks, comments, anchors, tags and the content of
 * block scalars are the author's.
 */
#ifndef WEIR_SPEC_FMT_H
#define WEIR_SPEC_FMT_H

#include "spec/tree.h"
#include "util/buf.h"

/**
 * Appends the text of `source` laid out. What it appends means the same, has the same comments, and
 * is laid out already: each is checked. WEIR_ERR_SPEC when the text has mistakes, which are then in
 * `diags`; WEIR_ERR_UNSUPPORTED when it cannot be laid out without changing it; WEIR_ERR_NOMEM. On
 * failure out->len is as it was.
 */
weir_code weir_spec_format(const weir_source *source, weir_diags *diags, weir_buf *out,
                           weir_error *error);

/** True when two trees say the same: kinds, texts, types of scalars, aliases followed. False also
 * when out of memory. */
bool weir_node_equal(weir_arena *arena, const weir_node *a, const weir_node *b);

#endif
