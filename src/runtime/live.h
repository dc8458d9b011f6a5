/* SPDX-License-Identifier: MIT */
/*
 * The parts of a running runtime: it has reactors (a thread with a loop each), a reactor has
 * connections, a connection has at most one link. Everything about a connection happens on its
 * reactor's thread; other threads leave orders (bits) and wake it, so nothing about it is locked
 * but what is shared by nature: its subscriptions, its status, the consumers.
 *
 * A connection of the spec that has a limit of subscriptions is several here, its shards: they lie
 * side by side in a block of memory of their own and share their subscriptions, and all but the
 * first connect when they are needed.
 *
 * Which connections there are changes only by a reload (reload.c). Those that others may see stand
 * in the runtime's table, under its lock; a reactor has a list of its own, in which one that a
 * reload has replaced stays until its link is closed.
 *
 *   connection.c  the state machine          connect.c    what a link is opened with
 *   tell.c        events and status
 *   speak.c       messages out               reconcile.c  subscriptions, wanted and agreed to
 *   feed.c        frames in, records to the consumers
 *   heartbeat.c   heartbeats and replies     liveness.c   what is done about silence
 *   holes.c       records that are missing
 *   reload.c      another spec              carry.c      what a new connection takes over
 *   roll.c        a connection that is replaced by another before it ends
 */
#ifndef WEIR_RUNTIME_LIVE_H
#define WEIR_RUNTIME_LIVE_H

#include <pthread.h>

#include "backends/wire/loop.h"
#include "backends/wire/run.h"
#include "runtime/asset_map.h"
#include "runtime/consumer.h"
#include "runtime/events.h"
#include "runtime/exclusive.h"
#include "runtime/farewell.h"
#include "runtime/http_session.h"
#include "runtime/internal.h"
#include "runtime/left_specs.h"
#include "runtime/names.h"
#include "runtime/outbox.h"
#include "runtime/pacing.h"
#include "runtime/producers.h"
#include "runtime/refused.h"
#include "runtime/status.h"
#include "runtime/subscriptions.h"
#include "util/map.h"

typedef struct weir_reactor weir_reactor;

/** What other threads may ask of a connection. */
enum {
    WEIR_ORDER_START = 1,
    WEIR_ORDER_SUBSCRIPTIONS = 2, /* what is wanted has changed */
    WEIR_ORDER_ROOM = 4,          /* a consumer that was full has room */
    WEIR_ORDER_STOP = 8,
    WEIR_ORDER_LOGIN = 16, /* log in anew, also after a refusal */
    WEIR_ORDER_RETIRE = 32 /* the spec has it no more, or another in its place */
};

/** Heartbeats of the application (heartbeat.c). Times are monotonic. */
typedef struct weir_beat {
    weir_timer *timer;
    int64_t every_ns; /* 0: not known yet */
    bool was_told;    /* that something is not known yet */
    bool was_sent;    /* the last one: all that is in it was known */
    int64_t next_ns;  /* when the next is sent; 0: none is */
    bool is_awaited;  /* an answer, or the venue's own, until due_ns */
    int64_t due_ns;
    bool has_missed;
} weir_beat;

/** Warnings of the second that began at since_ns (tell.c). */
typedef struct weir_warnings {
    int64_t since_ns;
    uint64_t told, kept;
} weir_warnings;

/** What was done about a connection that brings no data. */
typedef enum weir_stale_step {
    WEIR_STALE_NOT,
    WEIR_STALE_ASKED,
    WEIR_STALE_RENEWED
} weir_stale_step;

typedef struct weir_symbol_clocks {
    size_t slot;          /* of the stream: by which it is asked for (weir_plan_subscribe_slot) */
    int64_t last_ns;      /* of any symbol */
    weir_asset_map at_ns; /* of those that were active when they were looked at last */
} weir_symbol_clocks;

/** When there was news last (liveness.c). Times are monotonic. */
typedef struct weir_clocks {
    weir_timer *timer;
    int64_t bytes_ns;
    int64_t data_ns;
    int64_t asked_ns; /* when a sign of life was asked for; 0: was not */
    uint64_t records; /* that fed the data clock */
    bool has_data;    /* on this link */
    weir_stale_step step;
    int64_t step_ns;
    uint32_t round;              /* of looks at the symbols */
    weir_symbol_clocks *symbols; /* per stream */
} weir_clocks;

typedef enum weir_roll_phase {
    WEIR_ROLL_RESTS,
    WEIR_ROLL_WAITS,   /* it is time; for a turn, or to try again */
    WEIR_ROLL_RISES,   /* the successor is on its way up */
    WEIR_ROLL_OVERLAPS /* both are up */
} weir_roll_phase;

/** Two connections that stand for one (roll.c). Times are monotonic but for at_ns and last_ns. */
typedef struct weir_roll {
    weir_connection *sides[2]; /* the runtime's own, and its twin, which this owns */
    weir_connection *front;    /* whose records are handed on and whose state is told */
    bool *kept;                /* by subscribe slot: records of it are told apart */
    weir_timer *timer;
    weir_roll_phase phase;
    int64_t due_ns;      /* by its age; 0: never */
    int64_t at_ns;       /* the next time of the day; 0: not known yet */
    int64_t notice_ns;   /* the venue said so: when to heed it; 0: it did not */
    int64_t noticed_ns;  /* when it last was heeded */
    int64_t retry_ns;    /* WAITS */
    int64_t deadline_ns; /* RISES */
    int64_t overlap_ns;  /* OVERLAPS: its end */
    unsigned tries;      /* that failed, of this roll */
    const char *why;
    bool must_take_over; /* when what the old one left waiting is delivered */
    weir_error lost;     /* why the old one was lost */
    bool has_turn;
    uint64_t count;
    int64_t last_ns;
} weir_roll;

struct weir_connection {
    weir_runtime *runtime;
    weir_reactor *reactor;
    size_t index;      /* by which consumers know it (producers.h) */
    weir_spec *source; /* the spec that it stands in, which a reload may leave behind; held */
    size_t spec_index; /* among the spec's */
    size_t shard;      /* among those of the same connection of the spec; 0 owns what they share */
    size_t shard_count;
    size_t line;   /* what its link is called in the subscriptions */
    weir_str name; /* as long as the runtime */
    const weir_connection_spec *spec;
    const weir_plan *plan;
    const weir_backend *backend;
    weir_subscriptions *subscriptions;
    weir_roll *roll; /* NULL: it is never rolled */
    atomic_uint orders;
    weir_status_cell shown; /* not of a twin */

    /* of the first shard, for a reload */
    atomic_size_t unfinished; /* shards that are not taken apart; the last frees the block */
    atomic_size_t awaited;    /* shards whose place it takes and which are not down yet, and one
                                 more until the last has handed over */
    atomic_llong cut_from_ns; /* wall clock: when those were cut off; 0: they were not live */
    atomic_bool rolls_one;    /* one of the shards is rolled: they take turns */
    atomic_ullong logins;     /* what the credentials were when they were looked up last, hashed */
    weir_connection *heir;    /* first of those that take its place; NULL: none do */

    weir_connection *next_own; /* of the reactor's list */

    /* the reactor's */
    weir_world world;
    weir_runner *runner;
    weir_batch *batch;             /* the runner's */
    const weir_counters *counters; /* the runner's */
    weir_runner_news *news;        /* the runner's */
    weir_runner_frame input;       /* the frame of a run that is at work */
    weir_arena *arena;             /* what the link was opened with; emptied before each open */
    weir_options options;
    weir_backend_link *link;
    weir_http_session *http; /* that is asked for before each connect; NULL: none */
    unsigned refusals;       /* of the login, since one was taken */
    weir_timer *watch;       /* looks whether refused credentials have changed */
    weir_claim *claim;       /* on the key that it alone may use */
    weir_timer *timer;       /* the deadline of a wait, or the end of a backoff */
    struct weir_plugin_timer *plugin_timers;
    weir_timer *talk; /* room for the next message, or the end of the wait for an answer */
    weir_beat beat;
    weir_warnings warnings;
    weir_clocks clocks;
    weir_pace pace;
    weir_outbox outbox;
    weir_message_scratch scratch; /* of messages that are made */
    weir_map topics;              /* that were asked for on this link, to the request */
    uint64_t last_request;        /* number of the last message about subscriptions */
    uint64_t in_flight;           /* the request that is to be answered before the next; 0: none */
    int64_t flight_deadline_ns;
    int64_t left_until_ns; /* so long a refusal of an unsubscribe may come */
    weir_status_numbers numbers;
    weir_state state;
    bool has_started;
    bool is_closing; /* the link was told to close: its frames are of no interest */
    bool is_stopping;
    bool is_retired;
    bool has_ended;        /* stopped, and the reactor has counted it */
    bool is_blocked;       /* the batch waits for room in a consumer */
    int64_t measured_ns;   /* the read whose latency was measured last */
    bool has_heard;        /* an answer to a subscription, in this frame */
    bool hears_answers;    /* to subscriptions, when it awaits some */
    bool hears_refusals;   /* ... and those of late, when it does not */
    bool sees_frames;      /* a hook, or who records frames, looks at each */
    bool owes_show;        /* frames were counted since the numbers were last shown */
    int64_t came_ns;       /* the read of the last one */
    bool connects_on_room; /* the backoff was over while blocked */
    bool has_prepared;     /* it has its session, and waits for the host to take an attempt */
    weir_error cause;      /* why we closed the link; code WEIR_OK: we did not */
    bool is_fatal;
    int close_code;        /* that ended the last link, until it is noted */
    bool was_up;           /* on_connect was told of this link */
    uint64_t failures;     /* attempts in a row that came to nothing */
    int64_t live_since_ns; /* monotonic; 0: was not live on this link */
    uint64_t records_at_up;
    uint64_t failed_before; /* failures of the runner that were shown */
    int64_t cut_ns;         /* wall clock of the last frame before the link was lost; 0: was not */
    int64_t acted_ns;       /* monotonic: when a hole last made it reconnect; 0: never */
    bool must_reconnect;    /* after the frame, for a hole */
    bool must_reconcile;
    bool has_inherited; /* holes of the connection whose place it takes, and not all told */
    weir_subscription_change change;
    weir_farewell farewell;       /* what was left on this link */
    weir_buf text;                /* masked texts */
    weir_buf masked;              /* a reason that is kept */
    struct weir_backlog *backlog; /* per consumer that was full: how far it got */
    size_t backlog_count, backlog_cap;
};

struct weir_reactor {
    weir_runtime *runtime;
    weir_loop *loop;
    pthread_t thread;
    bool has_thread;
    size_t running;        /* connections that have not ended */
    weir_connection *own;  /* the reactor's own list */
    weir_connection *come; /* under the lock: those that it is to take up */
    pthread_mutex_t lock;
    weir_timer *hard_stop;
    weir_timer *tick; /* on the first reactor: reports drops */
};

struct weir_runtime {
    weir_spec *spec; /* under shape */
    weir_runtime_options options;
    weir_events *events;
    pthread_rwlock_t shape;        /* what there is: held while a connection is looked at that is
                                      not the reactor's own */
    weir_connection **connections; /* under shape; with their shards, which stand side by side */
    size_t connection_count;       /* under shape */
    weir_producers producers;      /* its connections, and those that were retired */
    char **names;                  /* of those to open; NULL: all of the spec */
    size_t name_count;
    weir_left_specs left;
    weir_names names_kept;
    atomic_ullong reloads, failed_reloads;
    weir_reactor *reactors;
    size_t reactor_count;
    _Atomic(weir_consumer *) consumers; /* a list that only grows */
    atomic_bool has_inline;             /* one of them is delivered inline */
    pthread_mutex_t opening;            /* of consumers: the head of the list */
    pthread_mutex_t lifecycle;          /* start and stop, held while they last */
    pthread_mutex_t publishing;         /* numbering and queueing, with several reactors */
    struct weir_sink *sinks;            /* of the spec, under lifecycle: plugin_sink.c */
    uint64_t seq[WEIR_CHANNEL_COUNT];
    atomic_ullong last_subscription; /* id */
    bool is_started;                 /* under lifecycle */
    bool is_stopped;
    bool is_ending;          /* under opening: no consumer may join */
    atomic_llong stop_at_ns; /* monotonic */
};

/* ------------------------------------------------------------------ runtime.c */

/** A block for a connection of a spec with all its shards, initialised; NULL with `error`. */
weir_connection *weir_connections_new(weir_runtime *runtime, weir_spec *spec, size_t spec_index,
                                      weir_error *error);
/** Takes a shard apart, and frees the block with the last one. On its reactor's thread, or when
 * that does not run. */
void weir_connections_free(weir_connection *connection);

/** weir_consumer_open for a connection's name that lives as long as the runtime; empty: all. */
weir_consumer *weir_runtime_add_consumer(weir_runtime *runtime,
                                         const weir_consumer_options *options, weir_str connection,
                                         weir_error *error);
/** The spec that it runs by now, retained. */
weir_spec *weir_runtime_hold_spec(const weir_runtime *runtime);
/** What weir_runtime_status says. The shape is held, or the connection is the caller's own. */
void weir_connection_tell_status(const weir_connection *connection, weir_connection_status *status);

/* ------------------------------------------------------------------ connection.c */

/** `shard` is one of `shard_count`, of which the first was initialised before. */
weir_code weir_connection_init(weir_connection *connection, weir_runtime *runtime, size_t index,
                               weir_spec *spec, size_t spec_index, size_t shard, weir_error *error);
/** How many shards a connection of the spec has. */
size_t weir_connection_shards(const weir_connection_spec *spec);
void weir_connection_fini(weir_connection *connection);
/** On the reactor's thread: what was ordered. */
void weir_connection_obey(weir_connection *connection);
/** Any thread. */
void weir_connection_order(weir_connection *connection, unsigned orders);
/** The session that was asked for is there, or why it is not. */
void weir_connection_has_session(weir_connection *connection, const weir_session_outcome *outcome);
/** Closes the link, which is there; its frames are of no interest from now on. */
void weir_connection_hang_up(weir_connection *connection);
/** It has no link any more, nor has a successor: it backs off, and connects anew. */
void weir_connection_lost(weir_connection *connection, const weir_error *error);
/** Connects again after it has failed. */
void weir_connection_again(weir_connection *connection);
/** Closes the link hard; for the end of a stop's deadline. */
void weir_connection_abort(weir_connection *connection);

/* ------------------------------------------------------------------ roll.c */

/** Makes the twin of a connection that was initialised. */
weir_code weir_roll_init(weir_connection *connection, weir_error *error);
/** The runtime ends: nothing is rolled any more. */
void weir_roll_stop(weir_connection *connection);
void weir_roll_free(weir_connection *connection);
/** The one that is to take the place of this, which is the front; NULL: there is none. */
weir_connection *weir_roll_successor(const weir_connection *connection);
/** A connection is live, and everything is subscribed. */
void weir_roll_ready(weir_connection *connection);
/** It is told that it will end (roll.on). */
void weir_roll_notice(weir_connection *connection);
/** A successor had a frame: what is held of it is bounded. */
void weir_roll_held(weir_connection *connection);
/** The front is held up by a consumer, or goes on: so does its successor. */
void weir_roll_pause(weir_connection *connection);
void weir_roll_unblocked(weir_connection *connection);
/** The front was lost. True: its successor is the front now, or will be. */
bool weir_roll_takes_over(weir_connection *connection, const weir_error *error);
/** The front was lost, and its successor will be the front when what waits is delivered. */
bool weir_roll_must_take_over(const weir_connection *connection);
/** The front ends or begins anew: a roll that is under way does not go on. */
void weir_roll_cancel(weir_connection *connection);
/** One that is not the front has no link any more, or could not have one. */
void weir_roll_lost_successor(weir_connection *connection, const weir_error *error,
                              int64_t retry_after_ns, bool is_fatal);
/** The numbers that others see, of both. */
void weir_roll_show(const weir_roll *roll);

/** Its records are handed on, its state is told. */
static inline bool weir_connection_is_front(const weir_connection *connection)
{
    return !connection->roll || connection->roll->front == connection;
}

static inline weir_connection *weir_connection_front(weir_connection *connection)
{
    return connection->roll ? connection->roll->front : connection;
}

/** The one in the runtime's list: what others see of the two. */
static inline weir_connection *weir_connection_face(weir_connection *connection)
{
    return connection->roll ? connection->roll->sides[0] : connection;
}

/** Nothing of it is left to do, nor of its twin. For the one in the runtime's list. */
static inline bool weir_connection_has_ended(const weir_connection *connection)
{
    return connection->has_ended && (!connection->roll || connection->roll->sides[1]->has_ended);
}

/** The stream of a record that it made; stream_count: of none that the spec still names. */
static inline size_t weir_connection_stream_of(const weir_connection *connection,
                                               const weir_record *record)
{
    size_t i = 0;
    while (i < connection->spec->stream_count &&
           connection->spec->streams[i].name.ptr != record->schema->stream.ptr)
        i++;
    return i;
}

/** The lock of what there is, which is no part of what somebody asks about. */
static inline pthread_rwlock_t *weir_runtime_shape(const weir_runtime *runtime)
{
    return (pthread_rwlock_t *)&runtime->shape;
}

/** The earlier of two times of which 0 is never. */
static inline int64_t weir_earlier_ns(int64_t a_ns, int64_t b_ns)
{
    return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

/** What is left until then; 0: the time has come. */
static inline int64_t weir_left_ns(int64_t at_ns, int64_t now_ns)
{
    return at_ns > now_ns ? at_ns - now_ns : 0;
}

/** A consumer holds it up: what came may lie unread. */
static inline bool weir_connection_is_held_up(const weir_connection *connection)
{
    return connection->is_blocked || (connection->roll && connection->roll->front->is_blocked);
}

/* ------------------------------------------------------------------ tell.c */

/** Changes the state and tells of it. `retry_in_ns` is for BACKOFF. */
void weir_connection_enter(weir_connection *connection, weir_state state, weir_code code,
                           int64_t retry_in_ns, const char *format, ...) WEIR_PRINTF(5, 6);
/** An event that changes no state. */
void weir_connection_tell(weir_connection *connection, weir_event_type type, weir_code code,
                          weir_str stream, uint64_t count, const char *format, ...)
    WEIR_PRINTF(6, 7);
/** The same about a symbol, which must live as long as the runtime. */
void weir_connection_tell_of(weir_connection *connection, weir_event_type type, weir_code code,
                             weir_str stream, weir_str symbol, uint64_t count, const char *format,
                             ...) WEIR_PRINTF(7, 8);
/** A text with secrets covered and made printable, until the next call. */
const char *weir_connection_mask(weir_connection *connection, const char *text);
/** The numbers that others see. */
void weir_connection_show(weir_connection *connection);

/* ------------------------------------------------------------------ connection.c */

/** Gives the link up: it is closed, and the connection backs off or (fatal) fails when it is down.
 */
void weir_connection_drop(weir_connection *connection, const weir_error *cause, bool is_fatal);
/** Its messages may hold what the venue has told, which is not known before it comes. */
bool weir_connection_is_taught(const weir_connection *connection);
/** One that has been up for long enough has failed no attempts. */
void weir_connection_prove(weir_connection *connection);
/** What comes is a recording: nobody hears what would be sent, and no credentials are needed. */
bool weir_connection_is_played(const weir_connection *connection);
/** A frame that a wait recognised. */
void weir_connection_heard(weir_connection *connection, weir_verdict verdict,
                           const weir_error *why);
/** All that waited for room is delivered. */
void weir_connection_unblocked(weir_connection *connection);

/* ------------------------------------------------------------------ subscribe.c */

/** Wants symbols of a stream for the holder `id`, as weir_runtime_subscribe does; `id` 0 takes them
 * back. Orders nothing. Any thread that holds the shape. */
weir_code weir_connection_want(weir_connection *connection, size_t stream,
                               const char *const *symbols, size_t count, uint64_t id,
                               weir_error *error);

/* ------------------------------------------------------------------ connect.c */

/** Looks the credentials up again. */
weir_code weir_connection_refresh(weir_connection *connection, weir_error *error);

/** Evaluates URL, headers, query and options afresh and starts to connect. With *wait_ns set it did
 * not: the host takes no more attempts before that. */
weir_code weir_connection_open(weir_connection *connection, const weir_link_sink *sink,
                               int64_t *wait_ns, weir_error *error);
/** True when the login message goes out with the connect itself (Socket.IO's CONNECT). */
bool weir_connection_says_hello(const weir_connection *connection);
/** Headers, query and the like as a link takes them, in `arena`. NULL: out of memory. */
const weir_link_pair *weir_connection_pairs(weir_arena *arena, const weir_plan_pair *from,
                                            size_t count);
/** What messages and templates are evaluated with: the connection's own VM and world. */
weir_message_input weir_connection_input(weir_connection *connection);

/* ------------------------------------------------------------------ speak.c */

/** Shows a message out to whoever records frames. */
void weir_connection_tap(const weir_connection *connection, const weir_outgoing *message);
/** Sends the login message. False: it could not be made or sent, and the link was dropped. */
bool weir_connection_login(weir_connection *connection);
/** Makes and sends a message, or queues it when the rate has no room. WEIR_ERR_EVAL: it could not
 * be made. `name` is what it is sent under unless the spec says so; backends whose messages have no
 * names do not look at it. */
weir_code weir_connection_say(weir_connection *connection, const weir_message *message,
                              const weir_message_input *input, weir_str name, weir_error *error);
/** Sends a message that was made, or queues it. */
weir_code weir_connection_speak(weir_connection *connection, const weir_outgoing *message,
                                weir_str name);
/** Sends bytes now, counted. */
weir_code weir_connection_send(weir_connection *connection, weir_frame_kind kind, weir_str name,
                               weir_str bytes);
/** Sends what is queued. False: something is left, or the link was dropped. */
bool weir_connection_flush(weir_connection *connection);
/** How long a message about subscriptions has to wait for room in the rate. */
int64_t weir_connection_pace_rest(const weir_connection *connection);

/* ------------------------------------------------------------------ reconcile.c */

/** Sends what can be sent of what is wanted and not yet agreed to. Does nothing when nothing is to
 * be done, or not yet. */
void weir_connection_reconcile(weir_connection *connection);
/** Frames are to be looked into for answers. */
bool weir_connection_awaits_answers(const weir_connection *connection);
/** True: there was one, and it is time to reconcile. */
bool weir_connection_hear_answers(weir_connection *connection, const weir_runner_frame *frame);
/** The same for a refusal of what the venue has confirmed, in the frame that was fed last. */
bool weir_connection_hear_refusals(weir_connection *connection, const weir_runner_frame *frame);
/** The backend's answer for a topic. */
void weir_connection_topic(weir_connection *connection, weir_str topic, const weir_error *refusal);

/* ------------------------------------------------------------------ plugin_live.c */

/** Calls a hook of the spec, if it names one. What it gives is of no interest. */
void weir_connection_hook(weir_connection *connection, const weir_text *name,
                          weir_extension_use use, const weir_value *args, size_t count);

/** The spec says how a stream is left. */
bool weir_connection_can_leave(const weir_connection *connection, size_t stream);

/* ------------------------------------------------------------------ holes.c */

/** The runner found one: it is told, and what it asks for is noted. */
bool weir_holes_found(void *connection, size_t stream, const weir_asset *asset, const weir_gap *gap,
                      weir_on_gap action);
/** Does what was noted. */
void weir_holes_act(weir_connection *connection);
/** The link was lost; `heir` (may be NULL) goes on in its place. */
void weir_holes_cut(weir_connection *connection, weir_connection *heir);
/** The heir of a lost link is lost too, before it could take over. */
void weir_holes_cut_heir(weir_connection *connection, const weir_connection *heir);
/** Another one is the front: what is not told yet is told by it. */
void weir_holes_turn(weir_connection *old, weir_connection *next);
/** Makes records for what is active again. */
void weir_holes_put(weir_connection *connection);
/** ... and hands them on. */
void weir_holes_fill(weir_connection *connection);

/** Takes up the holes that the connection had whose place it takes. */
void weir_holes_inherit(weir_connection *connection);

/* ------------------------------------------------------------------ reload.c */

/** Notes what its credentials are by now. */
void weir_reload_note_logins(weir_connection *connection);

/* ------------------------------------------------------------------ carry.c */

/** A subscription that another spec has no place for. */
typedef struct weir_lost_want {
    weir_str connection, stream, symbol; /* of specs that the runtime keeps */
    char why[120];
} weir_lost_want;

enum { WEIR_LOST_WANTS_MAX = 64, WEIR_AWAITS_OWNER = 1 };

typedef struct weir_lost_wants {
    size_t count; /* also of those that are not listed */
    weir_lost_want list[WEIR_LOST_WANTS_MAX];
} weir_lost_wants;

/** Wants in `heir` (NULL: there is none) what is wanted of `old`, where its spec has it. Both are
 * first shards; the shape is held for writing, or the heir is not in it yet. */
void weir_carry_wants(const weir_connection *old, weir_connection *heir, weir_lost_wants *lost);
/** A retired connection has ended: the last shard hands the holes to the heir, which starts. */
void weir_carry_holes(weir_connection *connection);

/* ------------------------------------------------------------------ heartbeat.c */

/** The connection is live: heartbeats begin. */
void weir_heartbeat_start(weir_connection *connection);
void weir_heartbeat_stop(weir_connection *connection);
/** Sends one, where the spec has any. False: the link was given up. */
bool weir_heartbeat_send(weir_connection *connection);
/** The timer's function. */
void weir_heartbeat_fire(void *connection);
/** A rule recognised a heartbeat or a message that wants a reply; replies are queued. */
void weir_heartbeat_control(void *connection, weir_control kind, const weir_message *message,
                            const weir_value *data);

/* ------------------------------------------------------------------ liveness.c */

bool weir_liveness_init(weir_connection *connection);
void weir_liveness_fini(weir_connection *connection);
/** The link is up: the clocks run. */
void weir_liveness_start(weir_connection *connection);
/** The login is done: from now on data may come. */
void weir_liveness_live(weir_connection *connection);
/** All that is wanted is subscribed: each symbol that is active has its clock. */
void weir_liveness_settled(weir_connection *connection);
void weir_liveness_stop(weir_connection *connection);
/** Something arrived. */
void weir_liveness_bytes(weir_connection *connection);
/** Frames were decoded. */
void weir_liveness_frames(weir_connection *connection);
/** Records that are about to be handed on. */
void weir_liveness_batch(weir_connection *connection, const weir_batch *batch);

/* ------------------------------------------------------------------ feed.c */

void weir_connection_frame(weir_connection *connection, const weir_frame *frame);
/** on_run of the link's sink. */
void weir_connection_run(void *connection, weir_frame_run *run);
/** Hands what was gathered to the consumers. */
void weir_connection_publish(weir_connection *connection);
/** The same at the end of a read, and what the frames counted is shown to other threads. */
void weir_connection_batch(weir_connection *connection);
/** What follows from the frames since the last time, all but their records: clocks, and numbers. */
void weir_connection_settle(weir_connection *connection);
/** Takes up what the runner has counted, where that was not done yet. */
void weir_connection_count(weir_connection *connection);
/** Offers what waited to the consumers that were full; `is_forced`: beyond their capacity. */
void weir_connection_deliver_rest(weir_connection *connection, bool is_forced);

/* ------------------------------------------------------------------ reactor.c */

weir_code weir_reactor_init(weir_reactor *reactor, weir_runtime *runtime, weir_error *error);
void weir_reactor_fini(weir_reactor *reactor);
weir_code weir_reactor_start(weir_reactor *reactor, weir_error *error);
void weir_reactor_join(weir_reactor *reactor);
/** The reactor takes a connection up when it is woken next. Any thread. */
void weir_reactor_add(weir_reactor *reactor, weir_connection *connection);
/** A connection of this reactor will do nothing more. */
void weir_reactor_ended(weir_reactor *reactor);

/** Events for what consumers dropped since the last time. One thread at a time. */
void weir_runtime_tell_drops(weir_runtime *runtime);

#endif
