/* SPDX-License-Identifier: MIT */
/*
 * A recording as a backend: what `weir run --record` wrote, lines or prefixed frames, from a file
 * or a pipe, at the pace at which it came or another. So the whole feed - consumers, overflow,
 * events - can be run without a network, by changing the backend of a spec.
 *
 * A regular file is read when frames are wanted; a pipe or a terminal only when the loop says that
 * there is something, so nothing waits for a writer. What is ahead of its time lies in the buffer
 * until a timer. The end of the frames is the end of the connection for good (is_over): a feed of
 * recordings is over when they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "util/buf.h"
#include "util/encode.h"
#include "util/error.h"
#include "util/frames.h"
#include "util/time.h"

enum {
    TURN_FRAMES = 256,
    TURN_READS = 8, /* a turn of the loop reads no more than that, also to skip frames */
    NAMES_SHOWN = 160
};

/* In the order of weir_frames_layout. */
static const char *const formats[] = {"auto", "lines", "prefixed", "whole", "recording", NULL};
static const char *const paces[] = {"recorded", "max", NULL};
static const char *const times[] = {"recorded", "now", NULL};

static const weir_option_row rows[] = {
    {.name = "file",
     .type = WEIR_OPTION_STR,
     .doc = "What to play, seen from the working directory; `-` is standard input. Default: the "
            "connection's `url`, a path or file://."},
    {.name = "format",
     .type = WEIR_OPTION_ENUM,
     .choices = formats,
     .doc = "`recording` as `weir run --record` writes it, `lines` with one frame each, "
            "`prefixed` (a little-endian u32 length before each frame), `whole`, all of it one "
            "frame; `auto` looks at the name (NAME.lpf is prefixed, NAME.bin whole) and at the "
            "first bytes. Default auto.",
     .fallback = "auto"},
    {.name = "pace",
     .type = WEIR_OPTION_ENUM,
     .choices = paces,
     .doc = "`recorded`: as the frames came; those of a file without times come as fast as they "
            "are taken; `max`: all do. Default recorded.",
     .fallback = "recorded"},
    {.name = "speed",
     .type = WEIR_OPTION_INT,
     .doc = "How many times faster than recorded. Default 1.",
     .fallback = "1",
     .min = 1,
     .max = 1000000},
    {.name = "loop",
     .type = WEIR_OPTION_BOOL,
     .doc = "Begin again at the end. Default false: the connection stops.",
     .fallback = "false"},
    {.name = "from",
     .type = WEIR_OPTION_INT,
     .doc = "First frame to play, counted from 0 as `weir replay --frame-index` does. Default 0.",
     .fallback = "0",
     .min = 0,
     .max = INT64_MAX},
    {.name = "limit",
     .type = WEIR_OPTION_INT,
     .doc = "Most frames to play. Default: all.",
     .min = 1,
     .max = INT64_MAX},
    {.name = "received",
     .type = WEIR_OPTION_ENUM,
     .choices = times,
     .doc = "When frames were received: `recorded`, as the recording says (None where it does "
            "not), or `now`. Default recorded.",
     .fallback = "recorded"},
    {.name = "connection",
     .type = WEIR_OPTION_STR,
     .doc = "Whose frames of a recording to play. Default: those of the connection of this name."},
};

struct weir_backend_link {
    weir_loop *loop;
    weir_link_sink sink;
    weir_buf path, connection;
    int fd;
    bool is_stdin, is_stream; /* a pipe, a terminal: read when it is ready */
    weir_frames_layout layout;
    weir_frames *frames;
    weir_watch *watch;
    weir_timer *timer;
    bool is_up, is_paused, is_over, is_ready;
    unsigned depth; /* of calls in or out: the link is not freed inside one */
    bool keeps_pace, was_asked_for_pace, loops, is_now;
    double speed;
    uint64_t from, limit; /* limit 0: none */
    uint64_t seen;        /* frames of the connection in this round */
    uint64_t played;      /* in all rounds */
    uint64_t in_round;    /* played in this one */
    uint64_t others;      /* frames of other connections */
    char other[NAMES_SHOWN];
    bool has_frame;
    weir_recording_frame frame; /* the next one, in the buffer */
    bool is_timed;              /* first_ns and began_ns are known */
    int64_t first_ns, began_ns; /* the recorded time of the first frame, and when it was played */
    weir_link_end end;
};

/* Standard input is one, and two readers would tear its frames. */
static atomic_flag stdin_is_taken = ATOMIC_FLAG_INIT;

/* ------------------------------------------------------------------ what is played */

/* The path of a URL without a scheme, or with file://. */
static weir_code path_of_url(weir_str url, weir_buf *path, weir_error *error)
{
    static const char scheme[] = "file://";
    static const char host[] = "localhost";
    const size_t len = sizeof scheme - 1;
    if (url.len == 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "backend 'replay' plays a file: name it by the option 'file', or as the "
                         "connection's url");
    if (url.len < len || memcmp(url.ptr, scheme, len) != 0) {
        if (memmem(url.ptr, url.len, "://", 3))
            return weir_fail(error, WEIR_ERR_ARGUMENT,
                             "backend 'replay' connects to nothing: name what it plays by the "
                             "option 'file', or by a url that is a path or begins with file://");
        weir_buf_put(path, url);
        return WEIR_OK;
    }
    weir_str rest = {url.ptr + len, url.len - len};
    if (rest.len > sizeof host - 1 && memcmp(rest.ptr, host, sizeof host - 1) == 0)
        rest = (weir_str){rest.ptr + sizeof host - 1, rest.len - (sizeof host - 1)};
    if (rest.len < 2 || rest.ptr[0] != '/' || !weir_percent_decode(rest, path))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a file:// URL has an absolute path, percent-encoded, as in "
                         "file:///var/feed.rec");
    return WEIR_OK;
}

static weir_code read_path(const weir_options *options, weir_str url, weir_buf *path,
                           weir_error *error)
{
    const weir_option_value *file = weir_options_get(options, "file");
    weir_code code = WEIR_OK;
    if (file->has_value)
        weir_buf_put(path, file->s);
    else
        code = path_of_url(url, path, error);
    if (code == WEIR_OK && (path->len == 0 || memchr(path->ptr, '\0', path->len)))
        code = weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the path of what is to be played is empty, or "
                         "has a zero byte");
    weir_buf_cstr(path);
    return code == WEIR_OK && path->failed ? weir_fail_nomem(error) : code;
}

static bool check(const weir_options *options, weir_str url, unsigned *traits, weir_error *error)
{
    const weir_option_value *file = weir_options_get(options, "file");
    const bool is_max = weir_options_get(options, "pace")->i == 1;
    weir_buf path = {0};
    (void)traits;
    error->code = WEIR_OK;
    if (url.ptr || file->has_value)
        read_path(options, url, &path, error);
    if (error->code == WEIR_OK && is_max && weir_options_get(options, "speed")->is_set)
        weir_fail(error, WEIR_ERR_ARGUMENT, "'speed' has no effect with 'pace: max'");
    if (error->code == WEIR_OK && weir_options_get(options, "loop")->b &&
        weir_str_is(weir_buf_str(&path), "-"))
        weir_fail(error, WEIR_ERR_ARGUMENT, "standard input cannot be played again: no 'loop'");
    weir_buf_fini(&path);
    return error->code == WEIR_OK;
}

/* ------------------------------------------------------------------ endings */

static void free_link(weir_backend_link *link)
{
    weir_watch_close(link->watch);
    weir_timer_free(link->timer);
    weir_frames_free(link->frames);
    if (link->is_stdin)
        atomic_flag_clear(&stdin_is_taken);
    else if (link->fd >= 0)
        close(link->fd);
    weir_buf_fini(&link->path);
    weir_buf_fini(&link->connection);
    free(link);
}

static void enter(weir_backend_link *link)
{
    link->depth++;
}

/* Ends the link when it is over and nothing of it is at work any more. */
static void leave(weir_backend_link *link)
{
    if (--link->depth > 0 || !link->is_over)
        return;
    const weir_link_sink sink = link->sink;
    const weir_link_end end = link->end;
    free_link(link);
    sink.on_down(sink.user, &end);
}

static void warn(const weir_backend_link *link, const char *format, ...) WEIR_PRINTF(2, 3);
static void warn(const weir_backend_link *link, const char *format, ...)
{
    weir_error warning;
    va_list args;
    va_start(args, format);
    weir_failv(&warning, WEIR_ERR_IO, format, args);
    va_end(args);
    link->sink.on_warning(link->sink.user, &warning);
}

static void fail(weir_backend_link *link, weir_code code, const char *why)
{
    weir_fail(&link->end.error, code, "%s: %s", weir_buf_cstr(&link->path), why);
    link->is_over = true;
}

static void finish(weir_backend_link *link)
{
    if (link->played == 0 && link->others > 0)
        warn(link,
             "%s has no frames of connection '%.*s', but of '%s'; the option 'connection' "
             "chooses",
             weir_buf_cstr(&link->path), WEIR_FMT(weir_buf_str(&link->connection)), link->other);
    link->end.is_over = true;
    link->end.by_peer = true;
    snprintf(link->end.close_reason, sizeof link->end.close_reason,
             "played to the end: %llu frame%s", (unsigned long long)link->played,
             link->played == 1 ? "" : "s");
    link->is_over = true;
}

/* ------------------------------------------------------------------ frames */

static bool is_ours(weir_backend_link *link, const weir_recording_frame *frame)
{
    if (!weir_frames_have_times(link->frames))
        return true;
    if (frame->is_outgoing)
        return false;
    if (weir_str_eq(frame->connection, weir_buf_str(&link->connection)))
        return true;
    if (link->others++ == 0)
        snprintf(link->other, sizeof link->other, "%.*s", WEIR_FMT(frame->connection));
    return false;
}

/* The end of the file: once more, or over. */
static void on_end(weir_backend_link *link, uint64_t torn)
{
    if (torn > 0)
        warn(link, "%s ends in a torn frame; its last %llu bytes are left out",
             weir_buf_cstr(&link->path), (unsigned long long)torn);
    if (!link->loops || link->in_round == 0) {
        finish(link);
        return;
    }
    weir_frames_free(link->frames);
    link->frames = weir_frames_new(link->layout);
    link->seen = link->in_round = 0;
    link->is_timed = false;
    if (!link->frames)
        fail(link, WEIR_ERR_NOMEM, "out of memory");
    else if (lseek(link->fd, 0, SEEK_SET) != 0)
        fail(link, WEIR_ERR_IO, strerror(errno));
}

static void on_readable(void *user, int events);

/* Waits for the descriptor. One that cannot be waited for (a file, /dev/null) is always ready. */
static void wait_for_more(weir_backend_link *link)
{
    if (!link->watch)
        link->watch = weir_watch_open(link->loop, link->fd, WEIR_WATCH_READ, on_readable, link);
    if (link->watch) {
        weir_watch_set(link->watch, WEIR_WATCH_READ);
    } else {
        link->is_stream = false;
        weir_timer_set(link->timer, 0);
    }
}

/* Reads once. False: not now. */
static bool read_more(weir_backend_link *link)
{
    if (link->is_stream && !link->is_ready) {
        wait_for_more(link);
        return false;
    }
    link->is_ready = false;
    const ssize_t n = weir_frames_read(link->frames, link->fd);
    if (n >= 0 || errno == EINTR)
        return true;
    if (errno == EAGAIN && link->is_stream) {
        wait_for_more(link);
        return false;
    }
    fail(link, errno == ENOMEM ? WEIR_ERR_NOMEM : WEIR_ERR_IO, strerror(errno));
    return false;
}

/* The next frame to play into link->frame. False: there is none, or not now. */
static bool find_frame(weir_backend_link *link, size_t *reads)
{
    weir_error error = {0};
    uint64_t torn = 0;
    while (!link->is_over) {
        switch (weir_frames_next(link->frames, &link->frame, &torn, &error)) {
        case WEIR_FRAMES_FRAME:
            if (!is_ours(link, &link->frame) || link->seen++ < link->from)
                break;
            link->has_frame = true;
            return true;
        case WEIR_FRAMES_MORE:
            if (++*reads > TURN_READS) {
                weir_timer_set(link->timer, 0);
                return false;
            }
            if (!read_more(link))
                return false;
            break;
        case WEIR_FRAMES_END: on_end(link, torn); break;
        case WEIR_FRAMES_FAILED: fail(link, error.code, error.text); break;
        }
    }
    return false;
}

/* How long until the frame is to be played; 0: now. */
static int64_t time_left(weir_backend_link *link)
{
    if (!link->keeps_pace || !weir_frames_have_times(link->frames))
        return 0;
    const int64_t now_ns = weir_mono_ns();
    if (!link->is_timed) {
        link->is_timed = true;
        link->first_ns = link->frame.time_ns;
        link->began_ns = now_ns;
    }
    const double after_ns = ((double)link->frame.time_ns - (double)link->first_ns) / link->speed;
    const double left_ns = after_ns - (double)(now_ns - link->began_ns);
    return !(left_ns > 0)                      ? 0
           : left_ns > (double)(INT64_MAX / 4) ? INT64_MAX / 4
                                               : (int64_t)left_ns;
}

static void play_frame(weir_backend_link *link)
{
    const weir_frame frame = {.kind = link->frame.is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT,
                              .bytes = link->frame.bytes,
                              .name = link->frame.name,
                              .received_ns = link->is_now ? weir_now_ns() : link->frame.time_ns,
                              .has_parts = link->frame.has_parts};
    link->has_frame = false;
    link->played++;
    link->in_round++;
    link->sink.on_frame(link->sink.user, &frame);
    if (link->limit > 0 && link->played >= link->limit && !link->is_over)
        finish(link);
}

/* One who asked for a pace is told when there is none to keep. */
static void tell_pace(weir_backend_link *link)
{
    if (link->was_asked_for_pace && !weir_frames_have_times(link->frames))
        warn(link, "%s has no times to pace by: its frames come as fast as they are taken",
             weir_buf_cstr(&link->path));
    link->was_asked_for_pace = false;
}

static void play(weir_backend_link *link)
{
    size_t frames = 0, reads = 0;
    int64_t left_ns = 0;
    while (!link->is_over && !link->is_paused && frames < TURN_FRAMES) {
        if (!link->has_frame && !find_frame(link, &reads))
            break;
        left_ns = time_left(link);
        if (left_ns > 0)
            break;
        tell_pace(link);
        if (frames++ == 0)
            link->sink.on_alive(link->sink.user);
        play_frame(link);
    }
    if (frames > 0 && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
    if (!link->is_over && !link->is_paused && (frames == TURN_FRAMES || left_ns > 0))
        weir_timer_set(link->timer, left_ns);
}

/* ------------------------------------------------------------------ the loop's calls */

static void on_timer(void *user)
{
    weir_backend_link *link = user;
    enter(link);
    if (!link->is_up) {
        link->is_up = true;
        link->sink.on_phase(link->sink.user, WEIR_LINK_CONNECTING, weir_buf_str(&link->path));
        if (!link->is_over)
            link->sink.on_phase(link->sink.user, WEIR_LINK_UP, (weir_str){0});
    }
    play(link);
    leave(link);
}

static void on_readable(void *user, int events)
{
    weir_backend_link *link = user;
    (void)events;
    enter(link);
    weir_watch_set(link->watch, 0);
    link->is_ready = true;
    play(link);
    leave(link);
}

/* ------------------------------------------------------------------ the ops */

static weir_code open_file(weir_backend_link *link, weir_error *error)
{
    const char *path = weir_buf_cstr(&link->path);
    struct stat info;
    if (strcmp(path, "-") == 0) {
        if (atomic_flag_test_and_set(&stdin_is_taken))
            return weir_fail(error, WEIR_ERR_STATE,
                             "standard input is being played by another connection");
        link->is_stdin = true;
        link->fd = STDIN_FILENO;
    } else {
        link->fd =
            open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO may have no writer yet */
    }
    if (link->fd < 0 || fstat(link->fd, &info) != 0)
        return weir_fail(error, WEIR_ERR_IO, "%s: %s", path, strerror(errno));
    link->is_stream = !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
    if (link->loops && link->is_stream)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "%s cannot be played again: no 'loop'", path);
    return WEIR_OK;
}

static weir_code prepare(weir_backend_link *link, const weir_link_target *target, weir_error *error)
{
    const weir_options *options = target->options;
    const weir_option_value *limit = weir_options_get(options, "limit");
    const weir_option_value *connection = weir_options_get(options, "connection");
    const weir_option_value *pace = weir_options_get(options, "pace");
    const int format = (int)weir_options_get(options, "format")->i;
    link->keeps_pace = pace->i == 0;
    link->was_asked_for_pace =
        link->keeps_pace && (pace->is_set || weir_options_get(options, "speed")->is_set);
    link->speed = (double)weir_options_get(options, "speed")->i;
    link->loops = weir_options_get(options, "loop")->b;
    link->is_now = weir_options_get(options, "received")->i == 1;
    link->from = (uint64_t)weir_options_get(options, "from")->i;
    link->limit = limit->has_value ? (uint64_t)limit->i : 0;
    weir_buf_put(&link->connection, connection->has_value ? connection->s : target->connection);
    const weir_code code = read_path(options, target->url, &link->path, error);
    if (code != WEIR_OK)
        return code;
    link->layout = format == WEIR_FRAMES_AUTO ? weir_frames_layout_of(weir_buf_str(&link->path))
                                              : (weir_frames_layout)format;
    link->frames = weir_frames_new(link->layout);
    if (!link->frames || !link->timer || link->connection.failed)
        return weir_fail_nomem(error);
    return open_file(link, error);
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_backend_link *link = calloc(1, sizeof *link);
    if (!link) {
        weir_fail_nomem(error);
        return NULL;
    }
    link->loop = loop;
    link->sink = *sink;
    link->fd = -1;
    link->timer = weir_timer_new(loop, on_timer, link);
    if (prepare(link, target, error) != WEIR_OK) {
        free_link(link);
        return NULL;
    }
    weir_timer_set(link->timer, 0);
    return link;
}

/* Nobody hears it. */
static weir_code send_message(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                              weir_str bytes, bool *queued)
{
    (void)link;
    (void)kind;
    (void)name;
    (void)bytes;
    if (queued)
        *queued = false;
    return WEIR_OK;
}

static void set_paused(weir_backend_link *link, bool is_paused)
{
    link->is_paused = is_paused;
    if (is_paused)
        weir_timer_cancel(link->timer);
    else
        weir_timer_set(link->timer, 0);
    if (is_paused && link->watch)
        weir_watch_set(link->watch, 0);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    (void)code;
    (void)reason;
    (void)linger_ns;
    enter(link);
    link->is_over = true;
    leave(link);
}

static const char *const schemes[] = {"file", NULL};

const weir_backend weir_backend_replay = {
    .name = "replay",
    .title = "a recording, lines or prefixed frames, from a file or a pipe",
    .schemes = schemes,
    .options = rows,
    .option_count = sizeof rows / sizeof rows[0],
    .traits = WEIR_BACKEND_STAND_IN,
    .check = check,
    .open = open_link,
    .send = send_message,
    .pause = set_paused,
    .close = close_link,
};
