/* SPDX-License-Identifier: MIT */
/*
 * Read in large pieces into one buffer, in which frames are handed over in place; a frame longer
 * than the buffer makes it grow. Not mapped: a mapped file that is cut while it is read kills the
 * reader, and pipes cannot be mapped. A recording ends at its first damaged block: what is behind
 * is read only to be counted.
 */
#include "util/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/error.h"

enum { PIECE = 256 * 1024, PREFIX = 4, SLACK = 64 };

struct weir_frames {
    weir_frames_layout layout;
    weir_recording *recording;
    char *buffer; /* cap + SLACK bytes */
    size_t cap, start, end;
    size_t seen;     /* bytes from `start` in which there is no newline */
    bool is_begun;   /* what AUTO is has been found out */
    bool is_over;    /* nothing more to read */
    bool is_damaged; /* what comes is counted, not read */
    uint64_t torn;
};

static bool ends_in(weir_str path, const char *tail)
{
    const size_t len = strlen(tail);
    return path.len >= len && memcmp(path.ptr + path.len - len, tail, len) == 0;
}

weir_frames_layout weir_frames_layout_of(weir_str path)
{
    return ends_in(path, ".lpf")   ? WEIR_FRAMES_PREFIXED
           : ends_in(path, ".bin") ? WEIR_FRAMES_WHOLE
                                   : WEIR_FRAMES_AUTO;
}

weir_frames *weir_frames_new(weir_frames_layout layout)
{
    weir_frames *frames = calloc(1, sizeof *frames);
    if (frames)
        frames->layout = layout;
    return frames;
}

void weir_frames_free(weir_frames *frames)
{
    if (!frames)
        return;
    weir_recording_close(frames->recording);
    free(frames->buffer);
    free(frames);
}

bool weir_frames_have_times(const weir_frames *frames)
{
    return frames->layout == WEIR_FRAMES_RECORDING;
}

/* ------------------------------------------------------------------ reading */

static bool make_room(weir_frames *frames)
{
    if (frames->start > 0) {
        memmove(frames->buffer, frames->buffer + frames->start, frames->end - frames->start);
        frames->end -= frames->start;
        frames->start = 0;
    }
    if (frames->cap - frames->end >= PIECE)
        return true;
    const size_t cap = frames->cap * 2 + PIECE;
    char *grown = realloc(frames->buffer, cap + SLACK);
    if (!grown)
        return false;
    frames->buffer = grown;
    frames->cap = cap;
    return true;
}

ssize_t weir_frames_read(weir_frames *frames, int fd)
{
    if (!make_room(frames)) {
        errno = ENOMEM;
        return -1;
    }
    const ssize_t n = read(fd, frames->buffer + frames->end, frames->cap - frames->end);
    if (n < 0)
        return n;
    frames->is_over = n == 0;
    frames->end += (size_t)n;
    memset(frames->buffer + frames->end, 0, SLACK);
    return n;
}

/* ------------------------------------------------------------------ layouts */

static weir_str unused(const weir_frames *frames)
{
    if (!frames->buffer)
        return WEIR_STR("");
    return (weir_str){frames->buffer + frames->start, frames->end - frames->start};
}

static weir_frames_step too_long(weir_error *error)
{
    weir_fail(error, WEIR_ERR_LIMIT, "a frame of more than %d MiB", WEIR_RECORDING_FRAME_MAX >> 20);
    return WEIR_FRAMES_FAILED;
}

/* Nothing of `frames` is a whole frame. */
static weir_frames_step want_more(const weir_frames *frames, uint64_t *torn)
{
    if (!frames->is_over)
        return WEIR_FRAMES_MORE;
    *torn = frames->torn + (frames->end - frames->start);
    return WEIR_FRAMES_END;
}

/* All that there is, once. */
static weir_frames_step next_whole(weir_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                                   weir_error *error)
{
    const weir_str all = unused(frames);
    if (all.len > WEIR_RECORDING_FRAME_MAX)
        return too_long(error);
    if (!frames->is_over || all.len == 0)
        return want_more(frames, torn);
    frames->start = frames->end;
    *frame = (weir_recording_frame){.bytes = all, .is_binary = true};
    return WEIR_FRAMES_FRAME;
}

/* A last line without its newline is a line. */
static weir_frames_step next_line(weir_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                                  weir_error *error)
{
    const weir_str all = unused(frames);
    const char *newline = all.len > frames->seen
                              ? memchr(all.ptr + frames->seen, '\n', all.len - frames->seen)
                              : NULL;
    if (!newline && (!frames->is_over || all.len == 0)) {
        frames->seen = all.len;
        return all.len > WEIR_RECORDING_FRAME_MAX ? too_long(error) : want_more(frames, torn);
    }
    weir_str line = {all.ptr, newline ? (size_t)(newline - all.ptr) : all.len};
    frames->start += line.len + (newline != NULL);
    frames->seen = 0;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    *frame = (weir_recording_frame){.bytes = line};
    return WEIR_FRAMES_FRAME;
}

static weir_frames_step next_prefixed(weir_frames *frames, weir_recording_frame *frame,
                                      uint64_t *torn, weir_error *error)
{
    const weir_str all = unused(frames);
    size_t len = 0;
    for (size_t i = 0; i < PREFIX && i < all.len; i++)
        len |= (size_t)(unsigned char)all.ptr[i] << (8 * i);
    if (all.len >= PREFIX && len > WEIR_RECORDING_FRAME_MAX)
        return too_long(error);
    if (all.len < PREFIX || all.len - PREFIX < len)
        return want_more(frames, torn);
    frames->start += PREFIX + len;
    *frame = (weir_recording_frame){.is_binary = true, .bytes = {all.ptr + PREFIX, len}};
    return WEIR_FRAMES_FRAME;
}

static weir_frames_step next_recorded(weir_frames *frames, weir_recording_frame *frame,
                                      uint64_t *torn, weir_error *error)
{
    weir_str all = unused(frames);
    (void)error;
    const bool is_frame = !frames->is_damaged &&
                          weir_recording_take(frames->recording, &all, frame, &frames->is_damaged);
    frames->start = frames->end - all.len;
    if (is_frame)
        return WEIR_FRAMES_FRAME;
    if (frames->is_damaged) {
        frames->torn += all.len;
        frames->start = frames->end;
    }
    return want_more(frames, torn);
}

weir_frames_step weir_frames_begin(weir_frames *frames, weir_error *error)
{
    const weir_str all = unused(frames);
    const bool is_recording = weir_recording_is(all);
    if (frames->is_begun || frames->layout == WEIR_FRAMES_LINES ||
        frames->layout == WEIR_FRAMES_PREFIXED)
        return WEIR_FRAMES_FRAME;
    if (!is_recording && all.len < WEIR_RECORDING_MAGIC && !frames->is_over)
        return WEIR_FRAMES_MORE;
    if (!is_recording && frames->layout == WEIR_FRAMES_RECORDING) {
        weir_fail(error, WEIR_ERR_IO, "this is not a recording");
        return WEIR_FRAMES_FAILED;
    }
    frames->is_begun = true;
    if (is_recording)
        frames->layout = WEIR_FRAMES_RECORDING;
    else if (frames->layout == WEIR_FRAMES_AUTO)
        frames->layout = WEIR_FRAMES_LINES;
    if (is_recording)
        frames->recording = weir_recording_new();
    if (is_recording && !frames->recording) {
        weir_fail_nomem(error);
        return WEIR_FRAMES_FAILED;
    }
    frames->start += is_recording ? WEIR_RECORDING_MAGIC : 0;
    return WEIR_FRAMES_FRAME;
}

weir_frames_step weir_frames_next(weir_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                                  weir_error *error)
{
    static weir_frames_step (*const nexts[])(weir_frames *, weir_recording_frame *, uint64_t *,
                                             weir_error *) = {
        [WEIR_FRAMES_LINES] = next_line,
        [WEIR_FRAMES_PREFIXED] = next_prefixed,
        [WEIR_FRAMES_WHOLE] = next_whole,
        [WEIR_FRAMES_RECORDING] = next_recorded};
    *torn = 0;
    error->code = WEIR_OK;
    const weir_frames_step begun = weir_frames_begin(frames, error);
    return begun == WEIR_FRAMES_FRAME ? nexts[frames->layout](frames, frame, torn, error) : begun;
}
