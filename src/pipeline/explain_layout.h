/* SPDX-License-Identifier: MIT */
#ifndef WEIR_PIPELINE_EXPLAIN_LAYOUT_H
#define WEIR_PIPELINE_EXPLAIN_LAYOUT_H

#include "pipeline/layout.h"
#include "pipeline/sheet.h"

/** Which bytes are which fields, by variant. */
void weir_explain_layout(weir_sheet *sheet, weir_entry *into, const weir_layout *layout);
/** The packet that a record was made of. */
void weir_explain_packet(weir_sheet *sheet, weir_entry *into, const weir_layout_state *packet,
                         weir_str bytes);

#endif
