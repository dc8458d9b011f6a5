/* SPDX-License-Identifier: MIT */
/*
 * Read in large pieces into one buffer, in which frames are handed over in place; a frame longer
 * than the buffer makes it grow. Not mapped: a mapped file that is cut while it is read kills the
 * reader, and pipes cannot be mapped.
 */
#include "cli/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/stop.h"
#include "util/error.h"

enum { PIECE = 256 * 1024, PREFIX = 4 };

typedef enum layout { LAYOUT_LINES, LAYOUT_PREFIXED, LAYOUT_RECORDING } layout;

struct cli_frames {
    layout layout;
    const char *path;
    weir_recording *recording;
    int fd;
    char *buffer; /* cap + WEIR_FRAME_SLACK bytes */
    size_t cap, start, end;
    bool is_over; /* nothing more to read */
};

/* More bytes behind `end`; false at the end of the file, when stopping, or with `error`. */
static bool fill(cli_frames *frames, weir_error *error)
{
    if (frames->start > 0) {
        memmove(frames->buffer, frames->buffer + frames->start, frames->end - frames->start);
        frames->end -= frames->start;
        frames->start = 0;
    }
    if (frames->cap - frames->end < PIECE) {
        const size_t cap = frames->cap * 2 + PIECE;
        char *grown = realloc(frames->buffer, cap + WEIR_FRAME_SLACK);
        if (!grown)
            return weir_fail_nomem(error) == WEIR_OK;
        frames->buffer = grown;
        frames->cap = cap;
    }
    ssize_t n;
    do
        n = read(frames->fd, frames->buffer + frames->end, frames->cap - frames->end);
    while (n < 0 && errno == EINTR && !cli_is_stopping());
    if (n < 0 && errno == EINTR)
        return false;
    if (n < 0)
        return weir_fail(error, WEIR_ERR_IO, "%s: %s", frames->path, strerror(errno)) == WEIR_OK;
    frames->is_over = n == 0;
    frames->end += (size_t)n;
    memset(frames->buffer + frames->end, 0, WEIR_FRAME_SLACK);
    return n > 0;
}

static bool too_long(const cli_frames *frames, weir_error *error)
{
    weir_fail(error, WEIR_ERR_LIMIT, "%s has a frame of more than %d MiB", frames->path,
              WEIR_RECORDING_FRAME_MAX >> 20);
    return false;
}

/* ------------------------------------------------------------------ layouts */

static bool next_line(cli_frames *frames, weir_str *line, uint64_t *torn, weir_error *error)
{
    (void)torn; /* a last line without its newline is a line */
    size_t seen = 0;
    const char *newline = NULL;
    for (;;) {
        const size_t there = frames->end - frames->start;
        if (there > seen)
            newline = memchr(frames->buffer + frames->start + seen, '\n', there - seen);
        seen = there;
        if (newline || frames->is_over)
            break;
        if (seen > WEIR_RECORDING_FRAME_MAX)
            return too_long(frames, error);
        if (!fill(frames, error) && !frames->is_over)
            return false;
    }
    if (seen == 0)
        return false;
    *line = (weir_str){frames->buffer + frames->start, seen};
    if (newline)
        line->len = (size_t)(newline - line->ptr);
    frames->start += line->len + (newline != NULL);
    if (line->len > 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* True once `len` bytes stand at `start`. */
static bool need(cli_frames *frames, size_t len, weir_error *error)
{
    while (frames->end - frames->start < len) {
        if (frames->is_over || !fill(frames, error))
            return false;
    }
    return true;
}

static bool next_prefixed(cli_frames *frames, weir_str *bytes, uint64_t *torn, weir_error *error)
{
    bool is_whole = need(frames, PREFIX, error);
    if (is_whole) {
        const uint8_t *at = (const uint8_t *)frames->buffer + frames->start;
        const size_t len = at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
        if (len > WEIR_RECORDING_FRAME_MAX)
            return too_long(frames, error);
        is_whole = need(frames, PREFIX + len, error);
        *bytes = (weir_str){frames->buffer + frames->start + PREFIX, len};
    }
    if (!is_whole) {
        *torn = frames->is_over ? frames->end - frames->start : 0;
        return false;
    }
    frames->start += PREFIX + bytes->len;
    return true;
}

bool cli_frames_next(cli_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                     weir_error *error)
{
    static bool (*const nexts[])(cli_frames *, weir_str *, uint64_t *, weir_error *) = {
        [LAYOUT_LINES] = next_line, [LAYOUT_PREFIXED] = next_prefixed};
    *torn = 0;
    error->code = WEIR_OK;
    if (frames->layout == LAYOUT_RECORDING)
        return weir_recording_next(frames->recording, frame, torn, error);
    *frame = (weir_recording_frame){.is_binary = frames->layout == LAYOUT_PREFIXED};
    return nexts[frames->layout](frames, &frame->bytes, torn, error);
}

bool cli_frames_have_times(const cli_frames *frames)
{
    return frames->layout == LAYOUT_RECORDING;
}

/* ------------------------------------------------------------------ opening */

static bool ends_with(const char *path, const char *end)
{
    const size_t len = strlen(path), tail = strlen(end);
    return len >= tail && strcmp(path + len - tail, end) == 0;
}

static bool is_recording(const cli_frames *frames)
{
    return weir_recording_is(
        (weir_str){frames->buffer + frames->start, frames->end - frames->start});
}

static bool open_layout(cli_frames *frames, weir_error *error)
{
    const bool is_stdin = strcmp(frames->path, "-") == 0;
    frames->fd = is_stdin ? STDIN_FILENO : open(frames->path, O_RDONLY | O_CLOEXEC);
    if (frames->fd < 0) {
        weir_fail(error, WEIR_ERR_IO, "%s: %s", frames->path, strerror(errno));
        return false;
    }
    frames->layout = ends_with(frames->path, ".lpf") ? LAYOUT_PREFIXED : LAYOUT_LINES;
    if (frames->layout == LAYOUT_PREFIXED)
        return true;
    if (!fill(frames, error) && !frames->is_over)
        return false;
    if (!is_recording(frames))
        return true;
    if (is_stdin) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "a recording is not read from stdin; name its file");
        return false;
    }
    frames->layout = LAYOUT_RECORDING;
    frames->recording = weir_recording_open(frames->path, error);
    return frames->recording != NULL;
}

cli_frames *cli_frames_open(const char *path, weir_error *error)
{
    cli_frames *frames = calloc(1, sizeof *frames);
    if (!frames) {
        weir_fail_nomem(error);
        return NULL;
    }
    frames->path = path;
    frames->fd = -1;
    if (open_layout(frames, error))
        return frames;
    cli_frames_close(frames);
    return NULL;
}

void cli_frames_close(cli_frames *frames)
{
    if (!frames)
        return;
    if (frames->fd > STDIN_FILENO)
        close(frames->fd);
    weir_recording_close(frames->recording);
    free(frames->buffer);
    free(frames);
}
