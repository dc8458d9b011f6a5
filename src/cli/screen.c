/* SPDX-License-Identifier: MIT */
/*
 * One mutex over everything that writes to stderr. The progress line is the last line of the
 * terminal without a newline; whoever wants to write first wipes it, and the next tick draws it
 * again.
 */
#include "cli/screen.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/stop.h"
#include "util/time.h"
#include "util/utf8.h"

enum { ROOM_STEP_MS = 100 };
enum { COLUMNS_LEAST = 20, COLUMNS_USUAL = 80 };

static const char wipe[] = "\r\033[K";

enum { REASON_KEPT = 256 };

static struct {
    pthread_mutex_t lock;
    char reason[REASON_KEPT]; /* of the last error event, so that it is not said twice */
    size_t reason_len;
    bool is_quiet;
    bool is_terminal;
    bool is_drawn;
    unsigned at_least; /* level of events that are said */
} screen = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* From the most talkative to silence. */
static const char *const levels[] = {"debug", "info", "warning", "error", "off"};

enum { LEVEL_INFO = 1, LEVEL_WARNING, LEVEL_ERROR, LEVEL_OFF };

void cli_screen_open(bool is_quiet, const char *level)
{
    screen.at_least = LEVEL_INFO;
    for (unsigned i = 0; level && i <= LEVEL_OFF; i++) {
        if (strcmp(level, levels[i]) == 0)
            screen.at_least = i;
    }
    const char *term = getenv("TERM");
    screen.is_quiet = is_quiet;
    screen.is_terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

bool cli_screen_has_progress(void)
{
    return screen.is_terminal && !screen.is_quiet;
}

/*
 * True once stderr takes a line without blocking. Nobody may be reading it: while stopping that is
 * not waited for, since the thread that says this is joined.
 */
static bool has_room(void)
{
    struct pollfd err = {.fd = STDERR_FILENO, .events = POLLOUT};
    int ready = poll(&err, 1, 0);
    while (ready == 0 && !cli_is_stopping())
        ready = poll(&err, 1, ROOM_STEP_MS);
    return ready != 0;
}

/* The lock is held. */
static void take_away(void)
{
    if (screen.is_drawn && has_room())
        fputs(wipe, stderr);
    screen.is_drawn = false;
}

void cli_screen_make_room(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&screen.lock);
    if (screen.is_drawn && isatty(STDOUT_FILENO)) {
        take_away();
        fflush(stderr);
    }
    pthread_mutex_unlock(&screen.lock);
}

void cli_screen_close(void)
{
    pthread_mutex_lock(&screen.lock);
    take_away();
    fflush(stderr);
    screen.is_terminal = false;
    pthread_mutex_unlock(&screen.lock);
}

/* ------------------------------------------------------------------ lines */

/* The time of day where the reader is: this is a log of now, not data. */
static void put_time(weir_buf *out, int64_t time_ns)
{
    const time_t seconds = (time_t)(time_ns / WEIR_NS_PER_S);
    struct tm local;
    localtime_r(&seconds, &local);
    weir_buf_printf(out, "%02d:%02d:%02d.%03d ", local.tm_hour, local.tm_min, local.tm_sec,
                    (int)(time_ns % WEIR_NS_PER_S / WEIR_NS_PER_MS));
}

void cli_screen_say(int64_t time_ns, weir_str text)
{
    if (screen.is_quiet)
        return;
    weir_buf line = {0};
    put_time(&line, time_ns);
    cli_put_clean(&line, text);
    weir_buf_putc(&line, '\n');
    pthread_mutex_lock(&screen.lock);
    if (has_room()) {
        take_away();
        fwrite(line.ptr, 1, line.len, stderr);
        fflush(stderr);
    }
    pthread_mutex_unlock(&screen.lock);
    weir_buf_fini(&line);
}

void cli_screen_hint(weir_str text)
{
    if (screen.at_least <= LEVEL_INFO)
        cli_screen_say(weir_now_ns(), text);
}

void cli_screen_fail(const char *text)
{
    pthread_mutex_lock(&screen.lock);
    take_away();
    cli_fail("%s", text);
    pthread_mutex_unlock(&screen.lock);
}

void cli_screen_text(const char *text)
{
    if (screen.is_quiet)
        return;
    pthread_mutex_lock(&screen.lock);
    if (has_room()) {
        take_away();
        fputs(text, stderr);
        fflush(stderr);
    }
    pthread_mutex_unlock(&screen.lock);
}

void cli_screen_log(void *user, const char *level, weir_str text)
{
    (void)user;
    weir_buf line = {0};
    weir_buf_printf(&line, "%s: %.*s", level, WEIR_FMT(text));
    cli_screen_say(weir_now_ns(), (weir_str){line.ptr, line.len});
    weir_buf_fini(&line);
}

/* ------------------------------------------------------------------ events */

/* Events come one at a time, so the kept reason needs no lock. */
static bool is_said(const weir_event *event)
{
    return event->reason.len == 0 ||
           weir_str_eq(event->reason, (weir_str){screen.reason, screen.reason_len});
}

static void put_state(weir_buf *out, const weir_event *event)
{
    weir_buf_puts(out, weir_state_name(event->to));
    if (!is_said(event))
        weir_buf_printf(out, ": %.*s", WEIR_FMT(event->reason));
    if (event->to == WEIR_STATE_BACKOFF)
        weir_buf_printf(out, "; again in %.1f s",
                        (double)event->retry_in_ns / (double)WEIR_NS_PER_S);
}

static void put_reason(weir_buf *out, const weir_event *event)
{
    weir_buf_printf(out, "%s: %.*s", weir_event_type_name(event->type), WEIR_FMT(event->reason));
}

static void put_error(weir_buf *out, const weir_event *event)
{
    put_reason(out, event);
    screen.reason_len = event->reason.len <= REASON_KEPT ? event->reason.len : 0;
    memcpy(screen.reason, event->reason.ptr, screen.reason_len);
}

static void put_subscription(weir_buf *out, const weir_event *event)
{
    weir_buf_printf(out, "%s %.*s (%llu symbol%s)", weir_event_type_name(event->type),
                    WEIR_FMT(event->stream), (unsigned long long)event->count,
                    event->count == 1 ? "" : "s");
}

static void put_reloaded(weir_buf *out, const weir_event *event)
{
    cli_put_clean(out, event->reason);
}

static void put_dropped(weir_buf *out, const weir_event *event)
{
    static const char other[] = "sink ";
    const size_t len = sizeof other - 1;
    if (event->reason.len > len && memcmp(event->reason.ptr, other, len) == 0)
        cli_put_clean(out, event->reason);
    else
        weir_buf_printf(out, "dropped %llu records, since stdout is read too slowly",
                        (unsigned long long)event->count);
}

static void put_roll(weir_buf *out, const weir_event *event)
{
    weir_buf_puts(out, "roll: ");
    put_reason(out, event);
}

static void (*const putters[])(weir_buf *out, const weir_event *event) = {
    [WEIR_EVENT_STATE] = put_state,
    [WEIR_EVENT_WARNING] = put_reason,
    [WEIR_EVENT_ERROR] = put_error,
    [WEIR_EVENT_SUBSCRIBED] = put_subscription,
    [WEIR_EVENT_UNSUBSCRIBED] = put_subscription,
    [WEIR_EVENT_DROPPED] = put_dropped,
    [WEIR_EVENT_REJECTED] = put_reason,
    [WEIR_EVENT_GAP] = put_reason,
    [WEIR_EVENT_RELOADED] = put_reloaded,
    [WEIR_EVENT_ROLL] = put_roll};

void cli_screen_event(const weir_event *event)
{
    if ((size_t)event->type >= sizeof putters / sizeof putters[0])
        return;
    weir_buf text = {0};
    if (event->connection.len > 0)
        weir_buf_printf(&text, "%.*s: ", WEIR_FMT(event->connection));
    putters[event->type](&text, event);
    if (LEVEL_INFO + (unsigned)weir_event_level_of(event) >= screen.at_least)
        cli_screen_say(event->time_ns, (weir_str){text.ptr, text.len});
    weir_buf_fini(&text);
}

/* ------------------------------------------------------------------ progress */

static size_t columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_LEAST)
        return COLUMNS_USUAL;
    return size.ws_col;
}

void cli_screen_progress(weir_str text)
{
    if (!cli_screen_has_progress())
        return;
    pthread_mutex_lock(&screen.lock);
    text.len = weir_utf8_offset(text, columns() - 1); /* a line that wraps cannot be wiped */
    if (has_room()) {
        fputs(wipe, stderr);
        fwrite(text.ptr, 1, text.len, stderr);
        fflush(stderr);
        screen.is_drawn = true;
    }
    pthread_mutex_unlock(&screen.lock);
}
