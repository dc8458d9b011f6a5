/* SPDX-License-Identifier: MIT */
/* What of a connection differs between two loads of a spec: a reload keeps what is the same. */
#ifndef WEIR_SPEC_PART_H
#define WEIR_SPEC_PART_H

#include "spec/spec.h"

/**
 * True if the connection at `index` of one spec would not be made as the one at `other_index` of
 * another: then `what` (may be NULL) gets the words for what differs, as in "auth, vars.url".
 */
bool weir_part_differs(const weir_spec_model *model, size_t index, const weir_spec_model *other,
                       size_t other_index, weir_buf *what);
/** The master data is the same, to the last row. */
bool weir_part_shares_assets(const weir_spec_model *model, const weir_spec_model *other);
/** The sinks at `index` and `other_index` are the same, and so is what they may ask for: plugins,
 * vars, credentials. */
bool weir_part_shares_sink(const weir_spec_model *model, size_t index, const weir_spec_model *other,
                           size_t other_index);

#endif
