/* SPDX-License-Identifier: MIT */
/*
 * How the bytes of a frame become a message: one row per `parser.format`. The runner knows frames,
 * records and failures; a row knows its encoding, and nothing else does.
 */
#ifndef WEIR_PIPELINE_FORMAT_H
#define WEIR_PIPELINE_FORMAT_H

#include "pipeline/parts.h"

typedef struct weir_format {
    const char *name; /* as in a spec */
    /** The whole message. It may point into the bytes, which live until the next frame. */
    bool (*parse)(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why);
    /**
     * The same in one walk with the slots of `paths`, which are all set. *message may be left
     * ABSENT: `parse` is then called when somebody asks for it.
     */
    bool (*project)(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                    weir_value *slots, weir_value *message, weir_error *why);
    bool builds; /* into runner->message */
} weir_format;

bool weir_format_is_json(const weir_format *format);
/** Never NULL. */
const weir_format *weir_format_of(const weir_connection_spec *connection);
/** The same for one frame: text frames beside a layout may be JSON. */
const weir_format *weir_format_of_frame(const weir_connection_spec *connection, bool is_binary);

#endif
