/* SPDX-License-Identifier: MIT */
/*
 * The loop is a libwebsockets context with one descriptor of ours in it: an epoll instance, which
 * holds every watch. libwebsockets closes what it adopts, closes a paused descriptor whose peer
 * hung up, and frees its objects one turn later; behind the epoll none of that reaches a watch.
 * Opening, changing and closing a watch are single calls that hold at once, and a turn costs the
 * same with one connection or a thousand. The price is one epoll_wait per turn.
 *
 * A watch that waits for nothing is taken out of the epoll, because a hang-up would be reported
 * for ever. A hang-up or error is reported as whatever is waited for: the owner's read or write
 * then meets it. Timers are a heap of ours (timers.h) whose first one is a timer of libwebsockets,
 * which keeps its own in a sorted list: with a few for each of a thousand connections, walking it
 * was two fifths of all the work. A wake-up from another thread is an eventfd.
 */
#include "backends/wire/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "backends/wire/timers.h"
#include "util/error.h"
#include "util/time.h"

enum {
    BATCH = 64, /* events taken from the epoll at a time */
    LWS_FDS = 16,
    BLOCKS_MAX = 16 /* kept for the next who reads */
};

struct weir_watch {
    weir_loop *loop;
    int fd;
    int events; /* waited for; 0: not in the epoll */
    bool is_closed;
    void (*on_ready)(void *user, int events);
    void *user;
    weir_watch *next_dead;
};

struct weir_loop {
    lws_sorted_usec_list_t sul; /* first: the callback gets its address */
    struct lws_context *context;
    weir_timers timers;
    int64_t armed_ns; /* what `sul` is set to; 0: to nothing */
    int epoll_fd;
    int wake_fd;
    size_t watches;
    size_t max_watches;
    bool is_dispatching;
    bool is_firing;
    weir_watch *dead; /* closed during a dispatch; freed after it */
    atomic_bool is_woken;
    atomic_bool is_stopped;
    void (*on_wake)(void *user);
    void *wake_user;
    void *blocks[BLOCKS_MAX];
    size_t block_count;
};

static void free_dead(weir_loop *loop)
{
    while (loop->dead) {
        weir_watch *watch = loop->dead;
        loop->dead = watch->next_dead;
        free(watch);
    }
}

static void take_wake(weir_loop *loop)
{
    uint64_t count;
    while (read(loop->wake_fd, &count, sizeof count) < 0 && errno == EINTR) {}
    /* Cleared before the call: what is posted from here on wakes again. What was posted before is
     * seen by it, since it takes what the poster has set; a mere store would not, where loads may
     * overtake stores. */
    atomic_exchange(&loop->is_woken, false);
    if (loop->on_wake) {
        loop->on_wake(loop->wake_user);
    }
}

static void report(weir_watch *watch, uint32_t ready)
{
    int events = 0;
    events |= ready & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP) ? WEIR_WATCH_READ : 0;
    events |= ready & (EPOLLOUT | EPOLLHUP | EPOLLERR) ? WEIR_WATCH_WRITE : 0;
    events &= watch->events; /* an earlier callback of this batch may have changed it */
    if (!watch->is_closed && events) {
        watch->on_ready(watch->user, events);
    }
}

static void dispatch(weir_loop *loop)
{
    struct epoll_event ready[BATCH];
    int count = epoll_wait(loop->epoll_fd, ready, BATCH, 0);
    loop->is_dispatching = true;
    for (int i = 0; i < count; i++) {
        if (ready[i].data.ptr) {
            report(ready[i].data.ptr, ready[i].events);
        } else {
            take_wake(loop);
        }
    }
    loop->is_dispatching = false;
    free_dead(loop);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        dispatch(lws_context_user(lws_get_context(wsi)));
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{.name = "weir-loop", .callback = on_lws},
                                                 {.name = NULL}};

static void silence_lws(void)
{
    lws_set_log_level(0, NULL); /* it would write to stderr, which is not ours */
}

/* The context ignores SIGPIPE for the whole process; the disposition belongs to the embedder. */
static struct lws_context *new_context(weir_loop *loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_lws);
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.fd_limit_per_thread = LWS_FDS;
    info.user = loop;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct sigaction before;
    pthread_mutex_lock(&lock);
    sigaction(SIGPIPE, NULL, &before);
    struct lws_context *context = lws_create_context(&info);
    sigaction(SIGPIPE, &before, NULL);
    pthread_mutex_unlock(&lock);
    return context;
}

static bool adopt_epoll(weir_loop *loop)
{
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = "weir-loop";
    struct lws_vhost *vhost = lws_create_vhost(loop->context, &info);
    lws_sock_file_fd_type fd = {.filefd = fcntl(loop->epoll_fd, F_DUPFD_CLOEXEC, 0)};
    if (!vhost || fd.filefd < 0) {
        return false;
    }
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, fd, protocols[0].name, NULL);
}

static bool add_wake_fd(weir_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) == 0;
}

weir_loop *weir_loop_new(size_t max_watches, weir_error *error)
{
    weir_loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        weir_fail_nomem(error);
        return NULL;
    }
    loop->max_watches = max_watches;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->wake_fd < 0 || !add_wake_fd(loop)) {
        weir_fail(error, WEIR_ERR_LIMIT, "the event loop cannot start: %s", strerror(errno));
        weir_loop_free(loop);
        return NULL;
    }
    loop->context = new_context(loop);
    if (!loop->context || !adopt_epoll(loop)) {
        weir_fail(error, WEIR_ERR_NOMEM, "the event loop cannot start: libwebsockets refused");
        weir_loop_free(loop);
        return NULL;
    }
    return loop;
}

void weir_loop_free(weir_loop *loop)
{
    if (!loop) {
        return;
    }
    assert(!loop->is_dispatching);
    assert(loop->watches == 0);
    assert(!loop->timers.first);
    if (loop->context) {
        lws_sul_cancel(&loop->sul);
        lws_context_destroy(loop->context);
    }
    free_dead(loop);
    while (loop->block_count > 0) {
        free(loop->blocks[--loop->block_count]);
    }
    if (loop->epoll_fd >= 0) {
        close(loop->epoll_fd);
    }
    if (loop->wake_fd >= 0) {
        close(loop->wake_fd);
    }
    free(loop);
}

void weir_loop_run(weir_loop *loop)
{
    while (!atomic_load(&loop->is_stopped) && lws_service(loop->context, 0) >= 0) {}
    atomic_store(&loop->is_stopped, false);
}

void weir_loop_stop(weir_loop *loop)
{
    atomic_store(&loop->is_stopped, true);
    weir_loop_wake(loop);
}

void weir_loop_wake(weir_loop *loop)
{
    uint64_t one = 1;
    if (!atomic_exchange(&loop->is_woken, true)) {
        while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
    }
}

void weir_loop_on_wake(weir_loop *loop, void (*on_wake)(void *user), void *user)
{
    loop->on_wake = on_wake;
    loop->wake_user = user;
}

void *weir_loop_take_block(weir_loop *loop)
{
    return loop->block_count > 0 ? loop->blocks[--loop->block_count] : malloc(WEIR_LOOP_BLOCK);
}

void weir_loop_give_block(weir_loop *loop, void *block)
{
    if (loop->block_count < BLOCKS_MAX) {
        loop->blocks[loop->block_count++] = block;
    } else {
        free(block);
    }
}

static uint32_t epoll_events(int events)
{
    return (events & WEIR_WATCH_READ ? (uint32_t)EPOLLIN : 0u) |
           (events & WEIR_WATCH_WRITE ? (uint32_t)EPOLLOUT : 0u);
}

/* Brings the epoll in line with `events`. Adding may fail; the rest cannot. */
static bool apply(weir_watch *watch, int events)
{
    int operation = events == 0          ? EPOLL_CTL_DEL
                    : watch->events == 0 ? EPOLL_CTL_ADD
                                         : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll_fd, operation, watch->fd, &event) != 0) {
        return false;
    }
    watch->events = events;
    return true;
}

weir_watch *weir_watch_open(weir_loop *loop, int fd, int events,
                            void (*on_ready)(void *user, int events), void *user)
{
    if (loop->watches >= loop->max_watches) {
        return NULL;
    }
    weir_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        return NULL;
    }
    watch->loop = loop;
    watch->fd = fd;
    watch->on_ready = on_ready;
    watch->user = user;
    if (events && !apply(watch, events)) {
        free(watch);
        return NULL;
    }
    loop->watches++;
    return watch;
}

void weir_watch_set(weir_watch *watch, int events)
{
    if (watch->events != events) {
        apply(watch, events);
    }
}

void weir_watch_close(weir_watch *watch)
{
    if (!watch) {
        return;
    }
    weir_watch_set(watch, 0);
    watch->is_closed = true;
    watch->loop->watches--;
    if (watch->loop->is_dispatching) {
        watch->next_dead = watch->loop->dead;
        watch->loop->dead = watch;
    } else {
        free(watch);
    }
}

static void on_sul(lws_sorted_usec_list_t *sul);

/* What is set for now or earlier still waits for 1 us: a timer that sets itself again must let the
 * descriptors have their turn. */
static void arm(weir_loop *loop)
{
    const weir_timer *first = loop->timers.first;
    if (!first) {
        lws_sul_cancel(&loop->sul);
        loop->armed_ns = 0;
    } else if (first->at_ns != loop->armed_ns) {
        const int64_t left_ns = first->at_ns - weir_mono_ns();
        loop->armed_ns = first->at_ns;
        lws_sul_schedule(loop->context, 0, &loop->sul, on_sul,
                         left_ns < 1000 ? 1 : (left_ns - 1) / 1000 + 1);
    }
}

static void on_sul(lws_sorted_usec_list_t *sul)
{
    weir_loop *loop = (weir_loop *)sul;
    const int64_t now_ns = weir_mono_ns();
    const uint64_t order = loop->timers.next_order; /* who is set from here on has another turn */
    loop->is_firing = true;
    for (weir_timer *timer; (timer = weir_timers_take(&loop->timers, now_ns, order)) != NULL;) {
        timer->on_fire(timer->user);
    }
    loop->is_firing = false;
    loop->armed_ns = 0;
    arm(loop);
}

static void arm_unless_firing(weir_loop *loop)
{
    if (!loop->is_firing) {
        arm(loop);
    }
}

weir_timer *weir_timer_new(weir_loop *loop, void (*on_fire)(void *user), void *user)
{
    weir_timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        return NULL;
    }
    timer->loop = loop;
    timer->on_fire = on_fire;
    timer->user = user;
    return timer;
}

void weir_timer_set(weir_timer *timer, int64_t delay_ns)
{
    weir_loop *loop = timer->loop;
    int64_t at_ns;
    if (__builtin_add_overflow(weir_mono_ns(), delay_ns > 0 ? delay_ns : 0, &at_ns)) {
        at_ns = INT64_MAX;
    }
    weir_timers_set(&loop->timers, timer, at_ns);
    arm_unless_firing(loop);
}

/* The timer of libwebsockets stays as it was: to fire for nothing is cheaper than to set it anew.
 */
void weir_timer_cancel(weir_timer *timer)
{
    weir_timers_cancel(&timer->loop->timers, timer);
}

void weir_timer_free(weir_timer *timer)
{
    if (timer) {
        weir_timers_cancel(&timer->loop->timers, timer);
        free(timer);
    }
}
