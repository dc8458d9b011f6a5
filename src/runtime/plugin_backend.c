/* SPDX-License-Identifier: MIT */
/*
 * Backends of plugins: the table that the runtime opens links by, over the table that the plugin
 * gave. A plugin knows nothing of loops and buffers: it gets descriptors watched and timers from
 * its link, and the frames that it hands over are copied to where enough bytes stand behind them.
 * Those that it tells although it was paused are kept until the pause is over, and the plugin stays
 * paused until they are handed on: while a consumer holds the connection up nothing may be decoded.
 *
 * Everything that runs in the plugin is timed, like its functions; since it is the connection that
 * waits, it is the link's owner who is told.
 */
#include <stdlib.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/error.h"
#include "util/time.h"
#include "value/json_read.h"

struct weir_plugin_watch {
    weir_plugin_watch *next;
    struct weir_backend_link *link;
    weir_watch *watch;
    weir_plugin_watch_fn *fn;
    void *user;
};

typedef struct link_timer {
    struct link_timer *next;
    struct weir_backend_link *link;
    weir_plugin_timer *timer;
    weir_plugin_link_fn *fn;
    void *user;
} link_timer;

/* A weir_plugin_link is one of these. */
struct weir_backend_link {
    weir_link_sink sink;
    weir_plugin_table *table;
    weir_loop *loop;
    weir_arena *arena; /* of `open`; then free */
    void *self;
    weir_buf frame;
    weir_buf kept; /* frames that were told in a pause: each a kept_head, its name and its bytes */
    size_t kept_at;
    weir_timer *again;              /* hands them on */
    bool is_paused, is_self_paused; /* by the host; and what the plugin was told last */
    weir_plugin_watch *watches;
    link_timer *timers;
    bool is_opening;
    bool has_spoken; /* from inside open, which is not allowed */
    unsigned depth;  /* calls into the plugin under way */
    bool is_down;    /* freed when the last of them is over */
};

typedef struct kept_head {
    uint64_t name_len, len;
    int64_t received_ns;
    uint64_t is_binary;
} kept_head;

enum { KEPT_MAX = 16 * 1024 * 1024 };

static weir_backend_link *link_of(weir_plugin_link *link)
{
    return (weir_backend_link *)link;
}

/* ------------------------------------------------------------------ lifetime */

static void free_link(weir_backend_link *link)
{
    for (weir_plugin_watch *watch = link->watches, *next; watch; watch = next) {
        next = watch->next;
        if (watch->watch)
            weir_watch_close(watch->watch);
        free(watch);
    }
    for (link_timer *timer = link->timers, *next; timer; timer = next) {
        next = timer->next;
        weir_plugin_timer_free(timer->timer);
        free(timer);
    }
    weir_timer_free(link->again);
    weir_buf_fini(&link->frame);
    weir_buf_fini(&link->kept);
    weir_arena_free(link->arena);
    free(link);
}

static void warn(void *user, weir_code code, const char *text)
{
    weir_backend_link *link = user;
    weir_error warning = {0};
    weir_fail(&warning, code, "%s", text);
    if (!link->is_down)
        link->sink.on_warning(link->sink.user, &warning);
}

static int64_t enter(weir_backend_link *link)
{
    link->depth++;
    return weir_mono_ns();
}

/* Ends a call into the plugin; the link may be gone then. */
static void leave(weir_backend_link *link, int64_t began_ns)
{
    const weir_loaded *plugin = link->table->plugin;
    const weir_plugin_teller teller = {warn, link};
    weir_plugin_account(plugin, &link->table->meter, &teller, link->table->what, began_ns,
                        plugin->budget_ns, NULL);
    if (--link->depth == 0 && link->is_down)
        free_link(link);
}

/* ------------------------------------------------------------------ what the plugin tells */

/* False: it may not speak now. */
static bool may_speak(weir_backend_link *link)
{
    link->has_spoken |= link->is_opening;
    return !link->is_opening && !link->is_down;
}

static void tell_phase(weir_plugin_link *opaque, weir_plugin_phase phase, weir_str detail)
{
    weir_backend_link *link = link_of(opaque);
    if (may_speak(link) && (unsigned)phase <= WEIR_PHASE_UP)
        link->sink.on_phase(link->sink.user, (weir_link_phase)phase, detail);
}

static void hand_over(weir_backend_link *link, const weir_plugin_frame *frame)
{
    weir_buf_clear(&link->frame);
    weir_buf_put(&link->frame, frame->bytes);
    if (!weir_buf_reserve(&link->frame, WEIR_JSON_SLACK)) {
        warn(link, WEIR_ERR_NOMEM, "a frame was lost: out of memory");
        return;
    }
    memset(link->frame.ptr + link->frame.len, 0, WEIR_JSON_SLACK);
    const weir_frame whole = {.kind = frame->is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT,
                              .bytes = weir_buf_str(&link->frame),
                              .name = frame->name,
                              .received_ns = frame->received_ns};
    link->sink.on_frame(link->sink.user, &whole);
}

static bool has_kept(const weir_backend_link *link)
{
    return link->kept_at < link->kept.len;
}

static void keep(weir_backend_link *link, const weir_plugin_frame *frame)
{
    const kept_head head = {frame->name.len, frame->bytes.len, frame->received_ns,
                            frame->is_binary};
    const size_t before = link->kept.len;
    if (frame->name.len + frame->bytes.len + sizeof head > KEPT_MAX - (before - link->kept_at)) {
        warn(link, WEIR_ERR_LIMIT, "a frame was lost: too much is told in a pause");
        return;
    }
    weir_buf_put(&link->kept, (weir_str){(const char *)&head, sizeof head});
    weir_buf_put(&link->kept, frame->name);
    weir_buf_put(&link->kept, frame->bytes);
    if (!link->kept.failed)
        return;
    link->kept.failed = false;
    link->kept.len = before;
    warn(link, WEIR_ERR_NOMEM, "a frame was lost: out of memory");
}

static void tell_frame(weir_plugin_link *opaque, const weir_plugin_frame *frame)
{
    weir_backend_link *link = link_of(opaque);
    weir_plugin_frame timed = *frame;
    if (!may_speak(link))
        return;
    timed.received_ns = frame->received_ns ? frame->received_ns : weir_now_ns();
    if (link->is_paused || has_kept(link))
        keep(link, &timed);
    else
        hand_over(link, &timed);
}

static void pause_self(weir_backend_link *link, bool is_paused)
{
    if (link->is_self_paused == is_paused)
        return;
    link->is_self_paused = is_paused;
    const int64_t began_ns = enter(link);
    link->table->backend_row.pause(link->self, is_paused);
    leave(link, began_ns);
}

/* Amortised: at least half of the bytes go. */
static void drop_given(weir_backend_link *link)
{
    const size_t left = link->kept.len - link->kept_at;
    if (left == 0)
        weir_buf_fini(&link->kept);
    else if (link->kept_at < left)
        return;
    else
        memmove(link->kept.ptr, link->kept.ptr + link->kept_at, left);
    link->kept.len = left;
    link->kept_at = 0;
}

/* The bytes are taken out before they are handed on: more may be kept meanwhile. */
static void give_next(weir_backend_link *link, weir_buf *text)
{
    kept_head head;
    memcpy(&head, link->kept.ptr + link->kept_at, sizeof head);
    const weir_str both = {link->kept.ptr + link->kept_at + sizeof head, head.name_len + head.len};
    weir_buf_clear(text);
    weir_buf_put(text, both);
    link->kept_at += sizeof head + both.len;
    if (text->failed) {
        text->failed = false;
        warn(link, WEIR_ERR_NOMEM, "a frame was lost: out of memory");
        return;
    }
    const weir_plugin_frame frame = {.is_binary = head.is_binary != 0,
                                     .name = {text->ptr, head.name_len},
                                     .bytes = {text->ptr + head.name_len, head.len},
                                     .received_ns = head.received_ns};
    hand_over(link, &frame);
}

static void give_kept(void *user)
{
    weir_backend_link *link = user;
    weir_buf text = {0};
    link->depth++;
    while (!link->is_paused && !link->is_down && has_kept(link))
        give_next(link, &text);
    weir_buf_fini(&text);
    if (!link->is_down && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
    drop_given(link);
    if (!link->is_down && !link->is_paused)
        pause_self(link, false);
    if (--link->depth == 0 && link->is_down)
        free_link(link);
}

static void tell_batch(weir_plugin_link *opaque)
{
    weir_backend_link *link = link_of(opaque);
    if (may_speak(link) && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
}

static void tell_alive(weir_plugin_link *opaque)
{
    weir_backend_link *link = link_of(opaque);
    if (may_speak(link))
        link->sink.on_alive(link->sink.user);
}

static void tell_drained(weir_plugin_link *opaque)
{
    weir_backend_link *link = link_of(opaque);
    if (may_speak(link))
        link->sink.on_drained(link->sink.user);
}

static void tell_topic(weir_plugin_link *opaque, weir_str topic, const char *refusal)
{
    weir_backend_link *link = link_of(opaque);
    weir_error why = {0};
    if (!may_speak(link) || !link->sink.on_topic)
        return;
    if (refusal)
        weir_fail(&why, WEIR_ERR_PROTOCOL, "%s", refusal);
    link->sink.on_topic(link->sink.user, topic, refusal ? &why : NULL);
}

static void tell_warning(weir_plugin_link *opaque, weir_code code, const char *text)
{
    weir_backend_link *link = link_of(opaque);
    if (may_speak(link))
        warn(link, code, text ? text : "");
}

static void tell_down(weir_plugin_link *opaque, const weir_plugin_end *end)
{
    weir_backend_link *link = link_of(opaque);
    weir_link_end whole = {.close_code = end->close_code,
                           .retry_after_ns = end->retry_after_ns,
                           .by_peer = end->by_peer};
    if (!may_speak(link))
        return;
    if (end->code != WEIR_OK)
        weir_fail(&whole.error, end->code, "%s", end->why ? end->why : "it gives no reason");
    if (has_kept(link))
        warn(link, WEIR_ERR_CLOSED, "frames that were told in a pause are lost with the link");
    link->is_down = true;
    for (weir_plugin_watch *watch = link->watches; watch; watch = watch->next) {
        if (watch->watch)
            weir_watch_close(watch->watch);
        watch->watch = NULL;
    }
    link->sink.on_down(link->sink.user, &whole);
    if (link->depth == 0)
        free_link(link);
}

/* ------------------------------------------------------------------ what it asks */

static void on_ready(void *user, int events)
{
    weir_plugin_watch *watch = user;
    weir_backend_link *link = watch->link;
    const int64_t began_ns = enter(link);
    watch->fn(watch->user, (events & WEIR_WATCH_READ ? WEIR_PLUGIN_READ : 0) |
                               (events & WEIR_WATCH_WRITE ? WEIR_PLUGIN_WRITE : 0));
    leave(link, began_ns);
}

static int watch_events(int events)
{
    return (events & WEIR_PLUGIN_READ ? WEIR_WATCH_READ : 0) |
           (events & WEIR_PLUGIN_WRITE ? WEIR_WATCH_WRITE : 0);
}

static weir_plugin_watch *open_watch(weir_plugin_link *opaque, int fd, int events,
                                     weir_plugin_watch_fn *fn, void *user)
{
    weir_backend_link *link = link_of(opaque);
    weir_plugin_watch *watch = fn && !link->is_down ? calloc(1, sizeof *watch) : NULL;
    if (!watch)
        return NULL;
    *watch = (weir_plugin_watch){.next = link->watches, .link = link, .fn = fn, .user = user};
    watch->watch = weir_watch_open(link->loop, fd, watch_events(events), on_ready, watch);
    if (!watch->watch) {
        free(watch);
        return NULL;
    }
    link->watches = watch;
    return watch;
}

static void set_watch(weir_plugin_watch *watch, int events)
{
    if (watch && watch->watch)
        weir_watch_set(watch->watch, watch_events(events));
}

/* Its memory goes with the link: it may be closed from inside of its own call. */
static void close_watch(weir_plugin_watch *watch)
{
    if (watch && watch->watch)
        weir_watch_close(watch->watch);
    if (watch)
        watch->watch = NULL;
}

static void on_link_timer(void *user)
{
    link_timer *timer = user;
    weir_backend_link *link = timer->link;
    if (link->is_down)
        return;
    const int64_t began_ns = enter(link);
    timer->fn(timer->user);
    leave(link, began_ns);
}

static weir_plugin_timer *new_link_timer(weir_plugin_link *opaque, weir_plugin_link_fn *fn,
                                         void *user)
{
    weir_backend_link *link = link_of(opaque);
    link_timer *timer = fn && !link->is_down ? calloc(1, sizeof *timer) : NULL;
    if (!timer)
        return NULL;
    *timer = (link_timer){.next = link->timers, .link = link, .fn = fn, .user = user};
    timer->timer = weir_plugin_timer_make(link->loop, on_link_timer, timer);
    if (!timer->timer) {
        free(timer);
        return NULL;
    }
    link->timers = timer;
    return timer->timer;
}

const weir_plugin_links weir_plugin_links_table = {
    .phase = tell_phase,
    .frame = tell_frame,
    .batch = tell_batch,
    .alive = tell_alive,
    .drained = tell_drained,
    .topic = tell_topic,
    .warning = tell_warning,
    .down = tell_down,
    .watch_open = open_watch,
    .watch_set = set_watch,
    .watch_close = close_watch,
    .timer_new = new_link_timer,
};

/* ------------------------------------------------------------------ what the runtime asks */

static const weir_plugin_pair *copy_pairs(weir_arena *arena, const weir_link_pair *pairs,
                                          size_t count)
{
    weir_plugin_pair *copies = WEIR_ARENA_ARRAY(arena, weir_plugin_pair, count + 1);
    for (size_t i = 0; copies && i < count; i++)
        copies[i] = (weir_plugin_pair){pairs[i].name, pairs[i].value, pairs[i].is_secret};
    return copies;
}

static void *open_self(weir_backend_link *link, const weir_link_target *target, weir_error *error)
{
    weir_plugin_room room;
    const weir_plugin_target copy = {
        .url = target->url,
        .headers = copy_pairs(link->arena, target->headers, target->header_count),
        .header_count = target->header_count,
        .query = copy_pairs(link->arena, target->query, target->query_count),
        .query_count = target->query_count,
        .connection = target->connection,
        .subscribes = target->subscribes};
    if (!copy.headers || !copy.query) {
        weir_fail_nomem(error);
        return NULL;
    }
    weir_plugin_room_init(&room, link->table->plugin, NULL, link->arena);
    room.options = target->options;
    link->is_opening = true;
    const int64_t began_ns = enter(link);
    void *self = link->table->backend_row.open(&room.open, (weir_plugin_link *)link, &copy);
    leave(link, began_ns);
    link->is_opening = false;
    if (self && !link->has_spoken)
        return self;
    weir_fail(error, WEIR_ERR_CONNECT, "backend '%s': %s", link->table->backend_row.name,
              link->has_spoken  ? "it told of its link from inside of open"
              : room.has_failed ? room.why
                                : "it gives no reason");
    return NULL;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_backend_link *link = calloc(1, sizeof *link);
    if (!link) {
        weir_fail_nomem(error);
        return NULL;
    }
    /* A table begins with the backend that the runtime has chosen. */
    link->table = (weir_plugin_table *)target->backend;
    link->loop = loop;
    link->sink = *sink;
    link->arena = weir_arena_new(1024, 0);
    link->again = weir_timer_new(loop, give_kept, link);
    if (!link->arena || !link->again)
        weir_fail_nomem(error);
    else
        link->self = open_self(link, target, error);
    if (!link->self) {
        free_link(link);
        return NULL;
    }
    weir_arena_free(link->arena);
    link->arena = NULL;
    return link;
}

static weir_code send_frame(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                            weir_str bytes, bool *queued)
{
    const weir_plugin_frame frame = {
        .is_binary = kind == WEIR_FRAME_BINARY, .name = name, .bytes = bytes};
    bool is_queued = false;
    const int64_t began_ns = enter(link);
    const weir_code code = link->table->backend_row.send(link->self, &frame, &is_queued);
    leave(link, began_ns);
    if (queued)
        *queued = is_queued;
    return code;
}

static weir_code subscribe(weir_backend_link *link, const weir_link_topic *topics, size_t count,
                           bool is_unsubscribe)
{
    weir_plugin_topic *copies = calloc(count + 1, sizeof *copies);
    if (!copies)
        return WEIR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        copies[i] = (weir_plugin_topic){topics[i].topic, topics[i].qos};
    const int64_t began_ns = enter(link);
    const weir_code code =
        link->table->backend_row.subscribe(link->self, copies, count, is_unsubscribe);
    leave(link, began_ns);
    free(copies);
    return code;
}

static weir_code probe(weir_backend_link *link)
{
    const int64_t began_ns = enter(link);
    const weir_code code = link->table->backend_row.probe(link->self);
    leave(link, began_ns);
    return code;
}

static void pause_link(weir_backend_link *link, bool is_paused)
{
    link->is_paused = is_paused;
    if (is_paused || !has_kept(link))
        pause_self(link, is_paused);
    else
        weir_timer_set(link->again, 0);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    const int64_t began_ns = enter(link);
    link->table->backend_row.close(link->self, code, reason, linger_ns);
    leave(link, began_ns);
}

/* ------------------------------------------------------------------ the table */

static bool check(const weir_options *options, weir_str url, unsigned *traits, weir_error *error)
{
    const weir_plugin_backend *row = &weir_plugin_table_of(options)->backend_row;
    char why[200] = "";
    (void)traits;
    if (!row->check_url || url.len == 0 || row->check_url(url, why, sizeof why))
        return true;
    why[sizeof why - 1] = '\0';
    weir_fail(error, WEIR_ERR_ARGUMENT, "%s", why[0] ? why : "the backend refuses the URL");
    return false;
}

void weir_plugin_backend_fill(weir_plugin_table *table)
{
    const weir_plugin_backend *row = &table->backend_row;
    table->backend =
        (weir_backend){.name = row->name,
                       .title = row->title ? row->title : row->name,
                       .options = table->options,
                       .option_count = row->option_count,
                       .traits = (row->has_topics ? (unsigned)WEIR_BACKEND_TOPICS : 0) |
                                 (row->has_names ? (unsigned)WEIR_BACKEND_NAMES : 0),
                       .check = check,
                       .open = open_link,
                       .send = send_frame,
                       .subscribe = row->subscribe ? subscribe : NULL,
                       .probe = row->probe ? probe : NULL,
                       .pause = pause_link,
                       .close = close_link};
}
