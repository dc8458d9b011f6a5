/* SPDX-License-Identifier: MIT */
/*
 * Frames out of bytes as they come from a file, a pipe or a terminal: one a line, length-prefixed,
 * or a recording (known by its first bytes). The caller says when to read, so that a program may
 * block for it and an event loop need not; frames are handed over in place.
 */
#ifndef WEIR_UTIL_FRAMES_H
#define WEIR_UTIL_FRAMES_H

#include <sys/types.h>

#include "util/recording.h"

typedef struct weir_frames weir_frames;

typedef enum weir_frames_layout {
    WEIR_FRAMES_AUTO, /**< a recording if it begins like one, else lines */
    WEIR_FRAMES_LINES,
    WEIR_FRAMES_PREFIXED, /**< a little-endian u32 length before each frame */
    WEIR_FRAMES_WHOLE,    /**< a recording if it begins like one, else a single binary frame */
    WEIR_FRAMES_RECORDING
} weir_frames_layout;

typedef enum weir_frames_step {
    WEIR_FRAMES_FRAME,
    WEIR_FRAMES_MORE, /**< read first */
    WEIR_FRAMES_END,
    WEIR_FRAMES_FAILED
} weir_frames_step;

/** What the name of a file says: PREFIXED for NAME.lpf, WHOLE for NAME.bin, otherwise AUTO. */
weir_frames_layout weir_frames_layout_of(weir_str path);

/** NULL: out of memory. */
weir_frames *weir_frames_new(weir_frames_layout layout);
void weir_frames_free(weir_frames *frames);
/**
 * One read(2) from `fd`, and its answer: 0 is the end, below 0 it is errno (ENOMEM also when there
 * is no room for more). The last frame is void.
 */
ssize_t weir_frames_read(weir_frames *frames, int fd);
/** Finds out what the frames are, which frames_next does too: MORE, FAILED with `error`, or known.
 */
weir_frames_step weir_frames_begin(weir_frames *frames, weir_error *error);
/**
 * The next frame; it lives until the next call of weir_frames_next or weir_frames_read, and has 64
 * readable bytes behind. END: *torn is the number of bytes cut off a torn tail. FAILED: `error`
 * says why.
 */
weir_frames_step weir_frames_next(weir_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                                  weir_error *error);
/** True for a recording, once that is known: its frames have times, directions and connections. */
bool weir_frames_have_times(const weir_frames *frames);

#endif
