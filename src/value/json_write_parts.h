/* SPDX-License-Identifier: MIT */
/* The pieces that the writers of values and of records share. Private to value/. */
#ifndef WEIR_VALUE_JSON_WRITE_PARTS_H
#define WEIR_VALUE_JSON_WRITE_PARTS_H

#include "util/buf.h"
#include "value/value.h"

void weir_json_write_int(weir_buf *out, int64_t i);
/** RFC 3339 text in quotes. */
void weir_json_write_time(weir_buf *out, int64_t ns);
/** [[price,size],...] */
void weir_json_write_levels(weir_buf *out, const weir_level *levels, size_t count);
/** Base64 in quotes. */
void weir_json_write_base64(weir_buf *out, weir_str bytes);

#endif
