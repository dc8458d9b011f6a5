/* SPDX-License-Identifier: MIT */
/*
 * Frames out of a file: one a line (anything that is nothing else), length-prefixed (.lpf), one
 * that is the whole file (.bin), or a recording (by its first bytes). Pipes are as good as files,
 * but for recordings.
 */
#ifndef WEIR_CLI_FRAMES_H
#define WEIR_CLI_FRAMES_H

#include <weir/weir.h>

#include "util/recording.h"

typedef struct cli_frames cli_frames;

/** `path` "-" is stdin: frames one a line. NULL with `error`. */
cli_frames *cli_frames_open(const char *path, weir_error *error);
void cli_frames_close(cli_frames *frames);
/** True for a recording: its frames have times, directions and connections. */
bool cli_frames_have_times(const cli_frames *frames);
/**
 * The next frame; its bytes live until the next call and have WEIR_FRAME_SLACK readable bytes
 * behind. False at the end: *torn is then the number of bytes cut off a torn tail, and `error` is
 * set (code not WEIR_OK) when reading failed.
 */
bool cli_frames_next(cli_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                     weir_error *error);

#endif
