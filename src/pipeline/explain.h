/* SPDX-License-Identifier: MIT */
/* What a plan will do, as a sheet: what it sends, what it makes of frames, and one frame on its
 * way. */
#ifndef WEIR_PIPELINE_EXPLAIN_H
#define WEIR_PIPELINE_EXPLAIN_H

#include "pipeline/plan.h"
#include "pipeline/runner.h"
#include "pipeline/sheet.h"

/** The assets of one stream to show messages for. */
typedef struct weir_explain_stream {
    const weir_asset *const *assets;
    size_t count;
    bool is_wanted;
} weir_explain_stream;

/**
 * URL, headers, query, options, login and waits, subscribe and unsubscribe messages: made by the
 * code that makes them for a connect, and not sent. `streams`: one per stream of the connection.
 */
void weir_explain_sent(weir_sheet *sheet, weir_entry *into, const weir_plan *plan,
                       const weir_message_input *input, const weir_explain_stream *streams);

/** Framing, the projection, the routing table, the converters; `with_code`: every program. */
void weir_explain_plan(weir_sheet *sheet, weir_entry *into, const weir_plan *plan, bool with_code);

/** One frame through the runner, every decision told. WEIR_ERR_NOMEM, or WEIR_OK. */
weir_code weir_explain_frame(weir_sheet *sheet, weir_entry *into, const weir_plan *plan,
                             const weir_expr_world *world, const weir_runner_frame *frame);

#endif
