/* SPDX-License-Identifier: MIT */
/* The blocking face of util/frames.h: a command reads when it needs more, and gives up when it is
 * asked to stop. */
#include "cli/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/stop.h"
#include "util/error.h"
#include "util/frames.h"

struct cli_frames {
    const char *path;
    weir_frames *reader;
    int fd;
};

/* False when stopping, or with `error`. */
static bool fill(cli_frames *frames, weir_error *error)
{
    ssize_t n;
    do
        n = weir_frames_read(frames->reader, frames->fd);
    while (n < 0 && errno == EINTR && !cli_is_stopping());
    if (n < 0 && errno != EINTR)
        weir_fail(error, WEIR_ERR_IO, "%s: %s", frames->path, strerror(errno));
    return n >= 0;
}

bool cli_frames_next(cli_frames *frames, weir_recording_frame *frame, uint64_t *torn,
                     weir_error *error)
{
    for (;;) {
        weir_error inner = {0};
        const weir_frames_step step = weir_frames_next(frames->reader, frame, torn, &inner);
        error->code = WEIR_OK;
        if (step == WEIR_FRAMES_FAILED)
            weir_fail(error, inner.code, "%s: %s", frames->path, inner.text);
        if (step != WEIR_FRAMES_MORE)
            return step == WEIR_FRAMES_FRAME;
        if (!fill(frames, error))
            return false;
    }
}

bool cli_frames_have_times(const cli_frames *frames)
{
    return weir_frames_have_times(frames->reader);
}

/* ------------------------------------------------------------------ opening */

static bool open_file(cli_frames *frames, weir_error *error)
{
    error->code = WEIR_OK;
    const bool is_stdin = strcmp(frames->path, "-") == 0;
    frames->fd = is_stdin ? STDIN_FILENO : open(frames->path, O_RDONLY | O_CLOEXEC);
    if (frames->fd < 0)
        return weir_fail(error, WEIR_ERR_IO, "%s: %s", frames->path, strerror(errno)) == WEIR_OK;
    frames->reader = weir_frames_new(weir_frames_layout_of(weir_str_of(frames->path)));
    if (!frames->reader)
        return weir_fail_nomem(error) == WEIR_OK;
    weir_frames_step step;
    while ((step = weir_frames_begin(frames->reader, error)) == WEIR_FRAMES_MORE) {
        if (!fill(frames, error))
            return error->code == WEIR_OK; /* asked to stop */
    }
    return step == WEIR_FRAMES_FRAME;
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
    if (open_file(frames, error))
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
    weir_frames_free(frames->reader);
    free(frames);
}
