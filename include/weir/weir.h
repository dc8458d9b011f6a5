/* SPDX-License-Identifier: MIT */
/*
 * Weir, embedded. The way of a program:
 *
 *   weir_spec    *spec = weir_spec_load("acme.yaml", NULL, NULL, &error);
 *   weir_runtime *rt   = weir_runtime_new(spec, NULL, &error);
 *   weir_consumer *in  = weir_consumer_open(rt, &(weir_consumer_options){...}, &error);
 *   weir_runtime_subscribe(rt, "trades", symbols, 2, NULL, &error);
 *   weir_runtime_start(rt, &error);
 *   while ((record = weir_consumer_next(in, timeout_ns))) ...
 *   weir_runtime_free(rt); weir_spec_free(spec);
 *
 * Every function may be called from any thread unless it says otherwise; callbacks never run on the
 * caller's thread but where a comment says so. Nothing is printed; logging is off until
 * weir_log_to. Option structs are zeroed for defaults: `(weir_consumer_options){0}` is valid.
 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/types.h>
#include <weir/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0" */
WEIR_API const char *weir_version(void);

/** Text that a function appends to: malloc'd, grown; zeroed at first. weir_text_buffer_free at the
 * end. */
typedef struct weir_text_buffer {
    char *ptr;
    size_t len;
    size_t cap;
} weir_text_buffer;

/* ================================================================== spec */

typedef struct weir_spec weir_spec;

/** What the check of a spec found: all mistakes, in order of place. */
typedef struct weir_report weir_report;

typedef struct weir_report_item {
    bool is_warning; /**< also true of a note */
    bool is_note;    /**< what one should know, and need not mend */
    weir_str file;
    uint32_t line, column, length; /**< from 1, in code points; line 0: no place */
    weir_str text;
} weir_report_item;

WEIR_API size_t weir_report_count(const weir_report *report);
WEIR_API size_t weir_report_errors(const weir_report *report);
WEIR_API weir_report_item weir_report_at(const weir_report *report, size_t index);
/** All of it as people read it (source line and caret) or as a JSON array. Free with free(). NULL:
 * no memory. */
WEIR_API char *weir_report_text(const weir_report *report, bool colour);
WEIR_API char *weir_report_json(const weir_report *report);
WEIR_API void weir_report_free(weir_report *report);

typedef struct weir_setting {
    const char *name; /**< "vars.url" */
    const char *value;
} weir_setting;

typedef struct weir_spec_options {
    const char *credentials_file; /**< NULL: ~/.config/weir/weir.yaml if it exists */
    bool no_environment;          /**< do not read credentials from the environment */
    const weir_setting *settings; /**< overrides of `vars` */
    size_t setting_count;
    const char *more; /**< YAML with `plugins` and `sinks` that are added to the spec's, or NULL */
} weir_spec_options;

/**
 * Loads, checks and compiles. NULL with `error` (code WEIR_ERR_SPEC, or IO/NOMEM) when it has
 * mistakes. *report (may be NULL) gets all findings, also warnings of a good spec; the caller frees
 * it. Credentials are not needed to load.
 */
WEIR_API weir_spec *weir_spec_load(const char *path, const weir_spec_options *options,
                                   weir_report **report, weir_error *error);
/** The spec may be freed while runtimes made from it live: they hold it. */
WEIR_API void weir_spec_free(weir_spec *spec);

WEIR_API weir_str weir_spec_name(const weir_spec *spec);
WEIR_API weir_str weir_spec_title(const weir_spec *spec);
WEIR_API size_t weir_spec_connections(const weir_spec *spec);
WEIR_API weir_str weir_spec_connection(const weir_spec *spec, size_t connection);
WEIR_API size_t weir_spec_streams(const weir_spec *spec, size_t connection);
WEIR_API weir_str weir_spec_stream(const weir_spec *spec, size_t connection, size_t stream,
                                   weir_channel *channel);
/** True if the connection has a message to subscribe this stream; a connection that only listens
 * has none. */
WEIR_API bool weir_spec_can_subscribe(const weir_spec *spec, size_t connection, size_t stream);
/** All schemas: one per converter rule, and one per stream for what is missing in it
 * (weir_schema_is_gap). */
WEIR_API size_t weir_spec_schemas(const weir_spec *spec);
WEIR_API const weir_schema *weir_spec_schema(const weir_spec *spec, size_t index);

/* ---- the plugins that it names, and the functions that they registered; false: no more */

/** Spans live as long as the spec. */
typedef struct weir_plugin_info {
    weir_str name;
    weir_str version;
    weir_str about;
    weir_str path;
} weir_plugin_info;
WEIR_API bool weir_spec_plugin(const weir_spec *spec, size_t index, weir_plugin_info *info);

/** A function of a plugin, and its calls so far by everything that was made from the spec. */
typedef struct weir_plugin_stats {
    weir_str plugin;
    weir_str function;
    const char *use; /**< "transform", "decoder" ... */
    const char *doc;
    uint64_t calls;
    uint64_t failures;
    uint64_t over_budget; /**< took longer than the plugin's budget */
    int64_t total_ns;
    int64_t slowest_ns;
} weir_plugin_stats;
WEIR_API bool weir_spec_plugin_function(const weir_spec *spec, size_t index,
                                        weir_plugin_stats *stats);

/* ---- plugins without a spec */

/**
 * Loads a plugin, by its file or as a spec in the current folder would name it, and appends what it
 * registers: functions with their parameters, sinks and backends with their options.
 */
WEIR_API weir_code weir_plugin_text(const char *file, weir_text_buffer *out, weir_error *error);
/** The same in one line: name, version, what it is about. */
WEIR_API weir_code weir_plugin_line(const char *file, weir_text_buffer *out, weir_error *error);
/** The shared objects in WEIR_PLUGIN_PATH and where Weir is installed. */
WEIR_API void weir_plugin_files(void (*each)(void *user, const char *path), void *user);

/* ---- what is written in it, for people */

WEIR_API weir_str weir_spec_path(const weir_spec *spec); /**< as it was given */
WEIR_API weir_str weir_spec_docs(const weir_spec *spec);
WEIR_API weir_str weir_spec_checked(const weir_spec *spec);
/** As written: templates such as {vars.url} are not filled in. */
WEIR_API weir_str weir_spec_url(const weir_spec *spec, size_t connection);
WEIR_API weir_str weir_spec_backend(const weir_spec *spec, size_t connection);
WEIR_API size_t weir_spec_vars(const weir_spec *spec);
WEIR_API weir_str weir_spec_var_name(const weir_spec *spec, size_t var);
/** Its value as text (a text is as it is, anything else JSON). Free with free(). NULL: no memory.
 */
WEIR_API char *weir_spec_var_text(const weir_spec *spec, size_t var);

/** Where a credential was found. They are looked for in this order. */
typedef enum weir_credential_source {
    WEIR_CREDENTIAL_NOWHERE,
    WEIR_CREDENTIAL_ENVIRONMENT,
    WEIR_CREDENTIAL_OWN_FILE, /**< the file that the spec names for it */
    WEIR_CREDENTIAL_FILE,     /**< the credentials file */
    WEIR_CREDENTIAL_DEFAULT   /**< of the spec */
} weir_credential_source;

/** A credential without its value. */
typedef struct weir_credential {
    weir_str name;
    weir_str variable; /**< of the environment */
    weir_str file;     /**< that the spec names for it; may be empty */
    bool is_required;
    weir_credential_source source;
} weir_credential;

WEIR_API size_t weir_spec_credentials(const weir_spec *spec);
/** Looks where it is now. WEIR_ERR_CREDENTIALS: a file is there that may not be read. */
WEIR_API weir_code weir_spec_credential(const weir_spec *spec, size_t index,
                                        weir_credential *credential, weir_error *error);

/* ================================================================== runtime */

typedef struct weir_runtime weir_runtime;
typedef struct weir_consumer weir_consumer;

typedef enum weir_state {
    WEIR_STATE_IDLE,
    WEIR_STATE_RESOLVING,
    WEIR_STATE_CONNECTING,
    WEIR_STATE_GREETING,
    WEIR_STATE_AUTHENTICATING,
    WEIR_STATE_SUBSCRIBING,
    WEIR_STATE_LIVE,
    WEIR_STATE_STALE, /**< live, but no records come (`liveness`) */
    WEIR_STATE_BACKOFF,
    WEIR_STATE_FAILED, /**< fatal: not retried */
    WEIR_STATE_STOPPED,
    WEIR_STATE_COUNT
} weir_state;

WEIR_API const char *weir_state_name(weir_state state);

typedef enum weir_event_type {
    WEIR_EVENT_STATE,      /**< a connection changed state; `reason` says why */
    WEIR_EVENT_WARNING,    /**< TLS verification off, a message over its bound ... */
    WEIR_EVENT_ERROR,      /**< the failure behind a state change */
    WEIR_EVENT_SUBSCRIBED, /**< subscribe messages of a stream were sent; `count` symbols */
    WEIR_EVENT_UNSUBSCRIBED,
    WEIR_EVENT_DROPPED,  /**< a consumer's queue overflowed; `count` records since the last such
                            event */
    WEIR_EVENT_REJECTED, /**< the venue refused a subscription to `symbol` of `stream`, or a reload
                            found no place for it */
    WEIR_EVENT_GAP, /**< records of `symbol` of `stream` are missing, `count` where that is known */
    WEIR_EVENT_RELOADED, /**< the spec was loaded again, `reason` says what that did; with a `code`:
                            it could not be, and the old one runs on */
    WEIR_EVENT_ROLL      /**< a planned roll begins, succeeds or fails; the state stays as it is */
} weir_event_type;

WEIR_API const char *weir_event_type_name(weir_event_type type);

/** All spans live for the callback. */
typedef struct weir_event {
    weir_event_type type;
    int64_t time_ns; /**< wall clock */
    weir_str connection;
    weir_state from, to; /**< STATE */
    weir_code code;
    weir_str reason; /**< one sentence, secrets masked */
    weir_str stream;
    weir_str symbol; /**< REJECTED, GAP */
    size_t shard;    /**< which socket of the connection, from 0 */
    uint64_t count;
    int64_t retry_in_ns; /**< STATE to BACKOFF */
} weir_event;

/** How grave an event is: a reload that has failed is an error, one that went well is not. */
typedef enum weir_event_level {
    WEIR_EVENT_LEVEL_INFO,
    WEIR_EVENT_LEVEL_WARNING,
    WEIR_EVENT_LEVEL_ERROR
} weir_event_level;
WEIR_API weir_event_level weir_event_level_of(const weir_event *event);

/** Called on the dispatcher thread, one at a time, in order per connection. Of a callback that
 * falls behind by thousands of events the newest are left out, changes of state last of all; of the
 * warnings of a connection that name no symbol twenty a second are told. A WARNING with
 * WEIR_ERR_LIMIT tells how many were left out. */
typedef void weir_event_fn(void *user, const weir_event *event);

/** Called for every frame in and out, on the I/O thread, before anything else: for recorders. Must
 * be quick. */
typedef struct weir_tap_frame {
    int64_t time_ns;
    weir_str connection;
    bool is_outgoing;
    bool is_binary;
    weir_str bytes; /**< secrets masked; in what came in, by as many stars */
    weir_str name;  /**< event or topic, where frames have one */
    /** A message of several parts: each of them in `bytes` behind its length as a little-endian
     * u32. */
    bool has_parts;
} weir_tap_frame;
typedef void weir_tap_fn(void *user, const weir_tap_frame *frame);

typedef struct weir_runtime_options {
    const char *const *connections; /**< names to open; NULL = all of the spec */
    size_t connection_count;
    weir_event_fn *on_event;
    weir_tap_fn *on_frame;
    void *user;
    size_t reactors; /**< I/O threads; 0 = 1 */
} weir_runtime_options;

/** Resolves the credentials that the connections name and prepares; connects nothing.
 * WEIR_ERR_CREDENTIALS names what is missing and where. */
WEIR_API weir_runtime *weir_runtime_new(weir_spec *spec, const weir_runtime_options *options,
                                        weir_error *error);
/** Starts the threads and connects. */
WEIR_API weir_code weir_runtime_start(weir_runtime *runtime, weir_error *error);
/**
 * Closes all connections cleanly within `deadline_ns` (0 = 1.5 s), then stops the threads.
 * Consumers may still drain what they have; weir_consumer_next returns NULL after that. Not from a
 * callback.
 */
WEIR_API void weir_runtime_stop(weir_runtime *runtime, int64_t deadline_ns);
/** Stops if needed, and frees it with its consumers. Not from a callback. */
WEIR_API void weir_runtime_free(weir_runtime *runtime);

/**
 * Logs a connection (NULL: all) in anew, with its credentials looked up again: one whose login was
 * refused is started again, one that waits for its next attempt waits no longer, one that is up is
 * closed and comes back. WEIR_ERR_NOT_FOUND: no such
 * connection. A refused one also starts again by itself when its credentials change, unless it was
 * refused five times.
 */
WEIR_API weir_code weir_runtime_reauthenticate(weir_runtime *runtime, const char *connection,
                                               weir_error *error);

/** What a reload did, in connections of the spec. */
typedef struct weir_reload {
    size_t kept;     /**< their sockets, and all they know */
    size_t replaced; /**< closed, and connected anew by the new spec */
    size_t added, removed;
    size_t lost_subscriptions; /**< for which the new spec has no stream or no symbol */
} weir_reload;

/**
 * Loads the spec again and goes over to it. `path` NULL: from where it came; `options` NULL: as it
 * was loaded. A connection whose part of the spec, master data and credentials are as they were
 * keeps its socket: nothing happens to it. A changed one is closed and connected anew, with the
 * subscriptions that it had, and the records between are covered by gap records; consumers stay. A
 * connection that is new is opened, unless the runtime was made for some by name; one that is gone
 * is closed. WEIR_EVENT_RELOADED tells it, WEIR_EVENT_REJECTED each subscription that is lost.
 *
 * On failure all stays as it was, the event has the reason and is counted: WEIR_ERR_SPEC and
 * *report (may be NULL; the caller frees it) when the spec has mistakes, WEIR_ERR_CREDENTIALS,
 * WEIR_ERR_NOT_FOUND, WEIR_ERR_STATE when the runtime does not run. *done may be NULL. May take as
 * long as loading does; not from a callback. Schemas and assets of what was replaced live until no
 * record of theirs is queued or in a consumer's hands; as long as the runtime, where one was
 * copied.
 */
WEIR_API weir_code weir_runtime_reload(weir_runtime *runtime, const char *path,
                                       const weir_spec_options *options, weir_reload *done,
                                       weir_report **report, weir_error *error);
/** The spec that it runs by now: another after a reload that has changed something. It lives
 * until the next one. */
WEIR_API const weir_spec *weir_runtime_spec(const weir_runtime *runtime);
/** How many reloads went well, and how many did not. */
WEIR_API void weir_runtime_reloads(const weir_runtime *runtime, uint64_t *done, uint64_t *failed);
/** Appends what a reload from one spec to another would do, a line for each connection. */
WEIR_API weir_code weir_spec_compare(const weir_spec *before, const weir_spec *after,
                                     weir_text_buffer *out, weir_error *error);

/**
 * Wants symbols of a stream ("trades", or "connection/trades" where the name is in several
 * connections). They are asked for now on a live connection and again after each reconnect, and
 * spelled as the spec's `symbols` says. No symbols, "*" or "all" mean all, where the venue has a
 * word for that. Subscriptions count: a symbol that is wanted twice is asked for once, and left
 * when nobody wants it any more. *id (may be NULL) names this one for weir_runtime_unsubscribe_id.
 * WEIR_ERR_NOT_FOUND names the streams; WEIR_ERR_LIMIT: the spec's `limit` is reached.
 */
WEIR_API weir_code weir_runtime_subscribe(weir_runtime *runtime, const char *stream,
                                          const char *const *symbols, size_t count, uint64_t *id,
                                          weir_error *error);
/** Takes symbols from whoever wanted them last. WEIR_ERR_NOT_FOUND: one is not wanted, and nothing
 * was changed. */
WEIR_API weir_code weir_runtime_unsubscribe(weir_runtime *runtime, const char *stream,
                                            const char *const *symbols, size_t count,
                                            weir_error *error);
/** Ends one subscription: what is left of it after weir_runtime_unsubscribe. */
WEIR_API weir_code weir_runtime_unsubscribe_id(weir_runtime *runtime, uint64_t id,
                                               weir_error *error);
/** Ends all subscriptions of a stream (NULL: of every stream) to a symbol (NULL: to everything). */
WEIR_API weir_code weir_runtime_unsubscribe_all(weir_runtime *runtime, const char *stream,
                                                const char *symbol, weir_error *error);

typedef enum weir_subscription_state {
    WEIR_SUBSCRIPTION_PENDING, /**< not asked for yet, or not answered */
    WEIR_SUBSCRIPTION_ACTIVE,  /**< confirmed; where the spec has no `subscribe.ack`: asked for */
    WEIR_SUBSCRIPTION_REJECTED /**< by the venue, until the next connect; or it did not answer */
} weir_subscription_state;

WEIR_API const char *weir_subscription_state_name(weir_subscription_state state);

/** A symbol of a stream that is wanted. */
typedef struct weir_subscription {
    weir_str connection;
    size_t shard; /**< which socket of the connection, from 0 */
    weir_str stream;
    weir_str symbol; /**< empty: the stream as a whole */
    weir_subscription_state state;
    weir_str reason; /**< of REJECTED, secrets masked */
    size_t holders;  /**< how often it is wanted */
} weir_subscription;
/** Calls `each` for all of them, by connection, stream and shard, in order of first want. It must
 * not subscribe or unsubscribe. */
WEIR_API void weir_runtime_subscriptions(const weir_runtime *runtime,
                                         void (*each)(void *user, const weir_subscription *item),
                                         void *user);

/* ------------------------------------------------------------------ consumers */

/** What happens when a consumer's queue is full. Every record that is not delivered is counted, and
 * stands in a gap record of the reason `overflow` in its place, for this consumer alone. */
typedef enum weir_overflow {
    WEIR_OVERFLOW_BLOCK, /**< the connection stops reading until there is room (default) */
    WEIR_OVERFLOW_DROP_OLDEST,
    WEIR_OVERFLOW_DROP_NEWEST,
    WEIR_OVERFLOW_CONFLATE /**< keep the latest of each stream and asset */
} weir_overflow;

WEIR_API const char *weir_overflow_name(weir_overflow policy);

typedef enum weir_delivery {
    WEIR_DELIVERY_POLL,     /**< weir_consumer_next on the caller's thread (default) */
    WEIR_DELIVERY_CALLBACK, /**< on_record (or on_records) on the dispatcher thread of this consumer
                             */
    WEIR_DELIVERY_INLINE /**< on_record (or on_records) on the I/O thread, without a queue: must be
                            quick and must not block */
} weir_delivery;

typedef void weir_record_fn(void *user, const weir_record *record);

/** Records that came together, one behind the other in memory: from each to the next goes
 * weir_record_next, and a copy of the bytes is a copy of them all. */
typedef struct weir_records {
    const weir_record *first; /**< NULL where there are none */
    size_t count;
    size_t size; /**< bytes of all of them */
} weir_records;

/** At least one record; all of them live until it returns. */
typedef void weir_records_fn(void *user, const weir_records *records);

typedef struct weir_consumer_options {
    unsigned channels;      /**< bits 1u << weir_channel; 0 = all */
    const char *connection; /**< NULL = all */
    weir_overflow overflow;
    weir_delivery delivery;
    size_t capacity; /**< records; 0 = 65536 */
    weir_record_fn *on_record;
    void *user;
    /** In place of on_record: as many at once as there are, up to 256. A consumer that costs little
     * per record pays for the call once for all. */
    weir_records_fn *on_records;
} weir_consumer_options;

/** Before weir_runtime_start, or while running. Freed with the runtime. */
WEIR_API weir_consumer *weir_consumer_open(weir_runtime *runtime,
                                           const weir_consumer_options *options, weir_error *error);
/** No record is delivered after it returns. Not from its own callback. */
WEIR_API void weir_consumer_close(weir_consumer *consumer);
/**
 * The next record, waiting at most `timeout_ns` (0 = not at all, negative = for ever). NULL: none
 * in time, or the runtime was stopped and all is drained (weir_consumer_is_done). POLL consumers
 * only; one thread per consumer.
 */
WEIR_API const weir_record *weir_consumer_next(weir_consumer *consumer, int64_t timeout_ns);
/** The same for as many as there are, up to 256; none: count 0. They live until the next call. */
WEIR_API weir_records weir_consumer_next_records(weir_consumer *consumer, int64_t timeout_ns);
WEIR_API bool weir_consumer_is_done(const weir_consumer *consumer);
/** Makes a waiting weir_consumer_next return NULL now. Async-signal-safe. */
WEIR_API void weir_consumer_wake(weir_consumer *consumer);

/** A distribution of times, each quantile at most 1/32 too high; zero values when nothing was
 * measured. */
typedef struct weir_latency {
    uint64_t count;
    uint64_t negative; /**< counted as 0: the clocks of the two ends disagree */
    int64_t p50_ns, p99_ns, p999_ns, most_ns;
} weir_latency;

typedef struct weir_consumer_stats {
    uint64_t delivered;
    uint64_t dropped;   /**< by DROP_OLDEST or DROP_NEWEST */
    uint64_t conflated; /**< replaced by a later one */
    uint64_t blocked;   /**< times a connection was paused for it */
    uint64_t gaps;      /**< gap records in the place of what was dropped; delivered like others */
    size_t queued;
    weir_latency latency; /**< from the read of frames to delivery, of the first record of each */
} weir_consumer_stats;
WEIR_API void weir_consumer_get_stats(const weir_consumer *consumer, weir_consumer_stats *stats);

/* ------------------------------------------------------------------ status */

enum { WEIR_STATUS_TEXT_MAX = 200 };
enum { WEIR_STAGE_NAMES = 7 /**< decompress decode payload frame route convert learn */ };

/** A snapshot of one connection, or of one of its sockets where the spec has a `limit`; spans live
 * as long as the runtime. Sockets that were not needed yet are IDLE. Counts are brought up to date
 * when records are delivered, and at the end of each read. */
typedef struct weir_connection_status {
    weir_str connection;
    weir_state state;
    int64_t state_since_ns;
    uint64_t connects; /**< times it went up */
    uint64_t frames, bytes;
    uint64_t records_out;
    uint64_t dropped_by_router;
    uint64_t unconverted;
    uint64_t failed[WEIR_STAGE_NAMES];
    uint64_t by_channel[WEIR_CHANNEL_COUNT];
    int64_t last_frame_ns; /**< wall clock; 0 = none yet */
    int64_t last_record_ns;
    size_t shard;        /**< which socket of the connection, from 0 */
    uint64_t gaps;       /**< records that tell of gaps */
    uint64_t missed;     /**< records that are known to be missing */
    uint64_t duplicates; /**< records that were left out, since they had come before */
    uint64_t unwanted;   /**< records of symbols that were left, and that came all the same */
    size_t learnt;       /**< values that the session was taught (`learn`) */
    size_t wanted;       /**< symbols: the sum of the next three */
    size_t pending, active, rejected;
    bool is_authenticated;
    int64_t up_since_ns; /**< wall clock; 0: the link is down */
    uint64_t failures;   /**< attempts in a row that came to nothing */
    uint64_t rolls;      /**< how often another link took its place, as planned */
    int64_t last_roll_ns;
    bool is_rolling; /**< another link is on its way up, or both are */
    weir_latency
        latency;         /**< from the venue's timestamp to the read, of the first record of each */
    weir_code down_code; /**< how the last link, or attempt, ended; WEIR_OK: none has */
    int down_close_code; /**< of a websocket; 0: none */
    int64_t down_at_ns;
    char down_reason[WEIR_STATUS_TEXT_MAX]; /**< one sentence, secrets masked */
} weir_connection_status;

WEIR_API const char *weir_stage_label(size_t stage);
WEIR_API size_t weir_runtime_connections(const weir_runtime *runtime);
WEIR_API bool weir_runtime_status(const weir_runtime *runtime, size_t connection,
                                  weir_connection_status *status);

/**
 * All of it as Prometheus text (exposition format 0.0.4), appended to *out: connections by name,
 * consumers by number in the order of opening. False: out of memory. Any thread.
 */
WEIR_API bool weir_runtime_metrics(const weir_runtime *runtime, weir_text_buffer *out);

/** A sample of something that failed: the last 64 per connection are kept. */
typedef struct weir_failure {
    const char *stage;
    uint64_t frame;
    int64_t received_ns;
    weir_str sample;
    weir_str reason;
} weir_failure;
/** Calls `each` for the kept failures of a connection, oldest first, on the caller's thread. */
WEIR_API void weir_runtime_failures(const weir_runtime *runtime, size_t connection,
                                    void (*each)(void *user, const weir_failure *failure),
                                    void *user);

/* ================================================================== decoder: a plan without a
 * network */

/** The same plan over frames that the program brings itself. Belongs to one thread. */
typedef struct weir_decoder weir_decoder;

/** `connection` may be NULL when the spec has only one. */
WEIR_API weir_decoder *weir_decoder_new(weir_spec *spec, const char *connection, weir_error *error);
WEIR_API void weir_decoder_free(weir_decoder *decoder);
/** Number of readable bytes that must stand behind every frame. */
enum { WEIR_FRAME_SLACK = 64 };
/**
 * Decodes one frame and calls `on_record` for each of its records before it returns. Failures are
 * counted, never returned: one bad frame harms nothing else.
 */
WEIR_API void weir_decoder_feed(weir_decoder *decoder, weir_str frame, bool is_binary,
                                int64_t received_ns, weir_record_fn *on_record, void *user);
/** The same, with one call for all records of the frame, and none where it gives none. */
WEIR_API void weir_decoder_feed_records(weir_decoder *decoder, weir_str frame, bool is_binary,
                                        int64_t received_ns, weir_records_fn *on_records,
                                        void *user);
/** The same for a frame as a tap is shown it: with its name, and of several parts. Those that went
 * out are left out. */
WEIR_API void weir_decoder_feed_frame(weir_decoder *decoder, const weir_tap_frame *frame,
                                      weir_record_fn *on_record, void *user);
WEIR_API void weir_decoder_status(const weir_decoder *decoder, weir_connection_status *status);
WEIR_API void weir_decoder_failures(const weir_decoder *decoder,
                                    void (*each)(void *user, const weir_failure *failure),
                                    void *user);

/* ================================================================== tests in the spec */

/** How one test of a spec went. All spans live for the callback. */
typedef struct weir_test_result {
    weir_str name;
    weir_str connection;
    weir_str file; /**< where the test stands */
    uint32_t line, column;
    bool has_passed;
    weir_str diff;   /**< lines with places: `-` what was expected, `+` what happened */
    weir_str actual; /**< JSON array of what happened: records, or messages as texts */
    int64_t elapsed_ns;
} weir_test_result;

typedef void weir_test_fn(void *user, const weir_test_result *result);

/** Number of tests, and the file that they stand in (or would). */
WEIR_API size_t weir_spec_tests(const weir_spec *spec);
WEIR_API weir_str weir_spec_test_file(const weir_spec *spec);

/**
 * Runs the tests of a spec whose name contains `filter` (NULL: all), in order, and calls
 * `on_result` for each. No network, no real credentials, a fixed clock. WEIR_OK also when tests
 * fail.
 */
WEIR_API weir_code weir_spec_test(weir_spec *spec, const char *filter, weir_test_fn *on_result,
                                  void *user, weir_error *error);

/**
 * The text of the file of the tests with what happened in place of every `out` and `sends` that
 * differs or is missing, appended to `out`; everything else stays as it is. *changed is the number
 * of tests; 0: nothing is appended. WEIR_ERR_UNSUPPORTED when the layout of the file does not allow
 * it.
 */
WEIR_API weir_code weir_spec_test_update(weir_spec *spec, const char *filter, weir_text_buffer *out,
                                         size_t *changed, weir_error *error);

/** A frame to make a test of. */
typedef struct weir_test_draft {
    const char *name;
    const char *connection; /**< NULL: the only one */
    weir_str frame;
    int64_t received_ns; /**< 0: unknown */
    bool is_binary;      /**< as the transport marked it */
    weir_str frame_name; /**< its event or topic, where it has one */
    bool has_parts;      /**< as of weir_tap_frame */
} weir_test_draft;

/** Appends a test block in YAML, as an element of the spec's list, whose `out` (or `fails`) is what
 * the frame becomes. */
WEIR_API weir_code weir_spec_test_draft(weir_spec *spec, const weir_test_draft *draft,
                                        weir_text_buffer *out, weir_error *error);
/** The text of the file of the tests with such blocks at the end of the list, appended to `out`. */
WEIR_API weir_code weir_spec_test_append(weir_spec *spec, weir_str blocks, weir_text_buffer *out,
                                         weir_error *error);

/* ================================================================== the language, from the tables
 * by which specs are read and expressions compiled */

/** The JSON Schema (2020-12) of a spec. Free with free(). NULL: no memory. */
WEIR_API char *weir_schema_text(void);
/** A table of the reference, in Markdown, by its name. Free with free(). NULL: no such table. */
WEIR_API char *weir_reference_text(const char *name);
/** The names of those tables, one a line. Free with free(). */
WEIR_API char *weir_reference_names(void);
/** The backends that a spec may name; NULL: no more. */
WEIR_API const char *weir_backend_name(size_t index);

/* ================================================================== explaining a spec */

typedef struct weir_explain_subscription {
    const char *stream; /**< as for weir_runtime_subscribe */
    const char *const *symbols;
    size_t count;
} weir_explain_subscription;

typedef struct weir_explain_options {
    const char *connection; /**< NULL: all; with a frame, the only one */
    /** Whose messages to show; none: of all streams, with symbols of the master data or 'SYMBOL'.
     */
    const weir_explain_subscription *subscriptions;
    size_t subscription_count;
    bool with_code;        /**< the program of each expression */
    bool as_json;          /**< one JSON object a line instead of aligned text */
    const weir_str *frame; /**< trace this frame through every stage instead */
    bool is_binary;        /**< of the frame */
    int64_t received_ns;
    uint64_t frame_number;
    weir_str frame_name; /**< its event or topic, where it has one */
    bool has_parts;      /**< of the frame, as in weir_tap_frame */
} weir_explain_options;

/**
 * What would be sent and done, nothing sent: URL, headers, login and subscribe messages,
 * projection, routing, converters. Secrets are masked; credentials that are not given are shown as
 * *** with a word about it. Appends to *out.
 */
WEIR_API weir_code weir_explain(weir_spec *spec, const weir_explain_options *options,
                                weir_text_buffer *out, weir_error *error);

/* ================================================================== small tools */

/** A record as one line of JSON, without newline. */
WEIR_API bool weir_record_json(weir_text_buffer *out, const weir_record *record, bool with_frame);
WEIR_API void weir_text_buffer_free(weir_text_buffer *buffer);

/**
 * Evaluates an expression with `data` bound to a JSON text (NULL: null) and writes the value as
 * JSON. On failure the error, and in *report (may be NULL) a diagnostic with the place in the
 * expression.
 */
WEIR_API weir_code weir_eval(const char *expression, const char *data_json, weir_text_buffer *out,
                             weir_report **report, weir_error *error);

/**
 * Expressions by the line: `{"expr": TEXT, "data": ANY}` in; `{"value": V, "type": T}` or
 * `{"error": CLASS, "text": WHY}` out, with a line break. V is JSON in which what JSON cannot say
 * is an object of one member: {"$Decimal": "1.10"}, {"$tuple": [..]}, {"$bytes": "00ff"},
 * {"$Timestamp": [ns, zone]}, {"$dict": [[key, value], ..]}. A float always has a point or an
 * exponent. Optional members of a line: "whole": true reads `data` as one value, not by its paths;
 * "usage": true adds "steps" and "memory" (bytes) of the run. For one thread at a time.
 */
typedef struct weir_evaluator weir_evaluator;
/** NULL: out of memory. */
WEIR_API weir_evaluator *weir_evaluator_new(void);
WEIR_API void weir_evaluator_free(weir_evaluator *evaluator);
/** Replaces what is in *out. False: out of memory. */
WEIR_API bool weir_evaluator_line(weir_evaluator *evaluator, const char *line, size_t len,
                                  weir_text_buffer *out);

/**
 * A spec's text in its canonical layout, appended to *out: comments, order and line breaks are
 * kept, and the meaning: that the result says the same is checked. `name` is what diagnostics call
 * it. WEIR_ERR_SPEC: it is not YAML, see *report (may be NULL); WEIR_ERR_UNSUPPORTED: it cannot be
 * laid out without changing it.
 */
WEIR_API weir_code weir_format(const char *name, weir_str text, weir_text_buffer *out,
                               weir_report **report, weir_error *error);

/** Expressions tried out one after another, with names of a spec. Belongs to one thread. */
typedef struct weir_workspace weir_workspace;

typedef enum weir_ask {
    WEIR_ASK_VALUE, /**< as JSON */
    WEIR_ASK_TYPE,  /**< the name of the value's type, "str" */
    WEIR_ASK_CODE   /**< the program, an instruction a line; nothing is evaluated */
} weir_ask;

WEIR_API weir_workspace *weir_workspace_new(void);
WEIR_API void weir_workspace_free(weir_workspace *workspace);
/** What `data` is from now on; on failure it stays what it was. */
WEIR_API weir_code weir_workspace_set_data(weir_workspace *workspace, weir_str json,
                                           weir_error *error);
/** Its vars, mappings, assets and credentials (secrets without a value, shown as ***) are in scope
 * from now on. The workspace holds the spec. NULL: none. */
WEIR_API weir_code weir_workspace_set_spec(weir_workspace *workspace, weir_spec *spec,
                                           weir_error *error);
/** Appends the answer to *out. On failure as weir_eval. */
WEIR_API weir_code weir_workspace_ask(weir_workspace *workspace, weir_ask ask, weir_str expression,
                                      weir_text_buffer *out, weir_report **report,
                                      weir_error *error);
typedef void weir_word_fn(void *user, weir_str word);
/**
 * Calls `each` for the words that may stand for the last bytes of `text`, which is an expression up
 * to a cursor; a word may come twice. Returns how many bytes a word replaces.
 */
WEIR_API size_t weir_workspace_complete(weir_workspace *workspace, weir_str text,
                                        weir_word_fn *each, void *user);

/**
 * Where log lines go; `level` is "debug", "info", "warning" or "error". NULL fn: nowhere. Events of
 * a runtime without on_event are logged.
 */
WEIR_API void weir_log_to(void (*fn)(void *user, const char *level, weir_str line), void *user,
                          const char *at_least);

#ifdef __cplusplus
}
#endif

#endif
