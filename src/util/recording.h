/* SPDX-License-Identifier: MIT */
/*
 * Recordings: frames with their times, both directions, as `weir run --record` writes them and
 * replay reads them.
 *
 *   file   := "WEIRREC1" block*
 *   block  := u32 payload length · u8 type · u8 flags · u16 connection · i64 time (ns) · payload ·
 * u32 check
 *   type 1 := names a connection: payload is its name, `connection` its number from then on
 *   type 2 := a frame; flags: 1 outgoing (secrets masked), 2 binary, 4 named (the payload begins
 *             with its name: u16 length, then the text), 8 of several parts (util/parts.h)
 *
 * All little-endian. Blocks are only ever appended, each in one write, and carry a check (FNV-1a of
 * all before it in the block), so what a crash leaves is a good file with a torn tail, which the
 * reader tells and cuts.
 */
#ifndef WEIR_UTIL_RECORDING_H
#define WEIR_UTIL_RECORDING_H

#include <weir/types.h>

enum { WEIR_RECORDING_FRAME_MAX = 256 * 1024 * 1024 };

typedef struct weir_recording_frame {
    weir_str connection;
    int64_t time_ns;
    bool is_outgoing;
    bool is_binary;
    bool has_parts;
    weir_str name;  /* event or topic; empty where it has none */
    weir_str bytes; /* read: valid until the next frame, with 64 readable bytes behind */
} weir_recording_frame;

typedef struct weir_recorder weir_recorder;

/** Creates the file, or goes on with an existing recording (its torn tail is cut). NULL with
 * `error`. */
weir_recorder *weir_recorder_open(const char *path, weir_error *error);
/** Appends; buffered up to 64 KiB. Any thread, one at a time inside. */
weir_code weir_recorder_write(weir_recorder *recorder, const weir_recording_frame *frame,
                              weir_error *error);
/** Hands what is buffered to the system. */
weir_code weir_recorder_flush(weir_recorder *recorder, weir_error *error);
/** Flushes and closes. NULL is fine. */
weir_code weir_recorder_close(weir_recorder *recorder, weir_error *error);

typedef struct weir_recording weir_recording;

/** True when the bytes are the start of a recording. */
bool weir_recording_is(weir_str start);
/** How many bytes that takes. */
enum { WEIR_RECORDING_MAGIC = 8 };

/** A reader of blocks that the caller brings; those behind the magic. NULL: out of memory. */
weir_recording *weir_recording_new(void);
/**
 * Takes blocks off the start of `bytes` up to and with the first that is a frame, which lies in
 * them. False: what is left of them is no whole block; *is_damaged: and more bytes will not make
 * it one.
 */
bool weir_recording_take(weir_recording *recording, weir_str *bytes, weir_recording_frame *frame,
                         bool *is_damaged);

/** A reader of a file. */
weir_recording *weir_recording_open(const char *path, weir_error *error);
/**
 * The next frame. False at the end: *torn is then the number of bytes cut off (0: a clean end), and
 * `error` is set (code not WEIR_OK) when the file could not be read.
 */
bool weir_recording_next(weir_recording *recording, weir_recording_frame *frame, uint64_t *torn,
                         weir_error *error);
void weir_recording_close(weir_recording *recording);

#endif
