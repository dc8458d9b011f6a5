/* SPDX-License-Identifier: MIT */
/*
 * Deflate in both directions, over zlib: whole payloads (gzip, zlib, raw) and the messages of
 * RFC 7692 (permessage-deflate). What comes in is hostile: every inflate has a limit on the bytes
 * that come out and on their ratio to the bytes that went in, both WEIR_ERR_LIMIT; anything that
 * is not a deflate stream is WEIR_ERR_DECODE. A context is used by one thread at a time.
 */
#ifndef WEIR_UTIL_INFLATE_H
#define WEIR_UTIL_INFLATE_H

#include <weir/types.h>

#include "util/buf.h"

typedef enum weir_deflate_form {
    WEIR_DEFLATE_AUTO, /**< inflate only: gzip or zlib by their first bytes, otherwise raw */
    WEIR_DEFLATE_GZIP,
    WEIR_DEFLATE_ZLIB,
    WEIR_DEFLATE_RAW
} weir_deflate_form;

enum {
    WEIR_INFLATE_SLACK = 64 * 1024, /**< bytes that may come out whatever the ratio */
    WEIR_INFLATE_CHUNK = 16 * 1024  /**< least room that is offered to zlib at a time */
};

/** Bounds of one payload or message. 0 means unlimited for either. */
typedef struct weir_inflate_limits {
    size_t max_len;   /**< bytes that may come out */
    size_t max_ratio; /**< bytes out <= max_ratio * bytes in + WEIR_INFLATE_SLACK */
} weir_inflate_limits;

typedef struct weir_inflate weir_inflate;

/** A stream for whole payloads of one form. NULL when out of memory. */
weir_inflate *weir_inflate_new(weir_deflate_form form);
/**
 * A stream for permessage-deflate messages: raw, with a window of 2^window_bits (8..15; 8 is
 * served by 9, which can read it). With `keeps_context` the window lives on from message to
 * message. NULL when out of memory or the bits are out of range.
 */
weir_inflate *weir_inflate_message_new(int window_bits, bool keeps_context);
void weir_inflate_free(weir_inflate *inflate);
/** For the next payload or message on; zero limits until called. */
void weir_inflate_set_limits(weir_inflate *inflate, weir_inflate_limits limits);
/** Forgets everything, the kept window too. */
void weir_inflate_reset(weir_inflate *inflate);

/**
 * Inflates the next chunk of a payload or message and appends to `out`. The limits count from the
 * last end (or reset). After an error only weir_inflate_reset and _free make sense.
 */
weir_code weir_inflate_feed(weir_inflate *inflate, weir_bytes chunk, weir_buf *out,
                            weir_error *error);
/**
 * The payload or message is complete. For a message: feeds the 00 00 ff ff that RFC 7692 leaves
 * out, and drops the window unless it is kept. For a payload: WEIR_ERR_DECODE if the stream had
 * not ended; the stream is then ready for the next payload.
 */
weir_code weir_inflate_end(weir_inflate *inflate, weir_buf *out, weir_error *error);

/** One payload in one call. Appends to `out`; on failure out->len is as it was. */
weir_code weir_inflate_all(weir_deflate_form form, weir_bytes payload, weir_inflate_limits limits,
                           weir_buf *out, weir_error *error);

/** One payload compressed in one call (form not AUTO). Appends to `out`. */
weir_code weir_deflate_all(weir_deflate_form form, weir_bytes payload, weir_buf *out,
                           weir_error *error);

/** CRC-32 as in zlib, gzip and PNG; several venues send it as the checksum of their books. */
uint32_t weir_crc32(weir_bytes bytes);

typedef struct weir_deflate weir_deflate;

/** A compressor of permessage-deflate messages. As weir_inflate_message_new (bits 9..15). */
weir_deflate *weir_deflate_message_new(int window_bits, bool keeps_context);
void weir_deflate_free(weir_deflate *deflate);
/** Compresses one message, without the trailing 00 00 ff ff. Appends to `out`. */
weir_code weir_deflate_message(weir_deflate *deflate, weir_bytes message, weir_buf *out,
                               weir_error *error);

#endif
