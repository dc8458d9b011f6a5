/* SPDX-License-Identifier: MIT */
/*
 * The door for code of your own: a shared object that registers functions by name, which a spec
 * then uses. It is one symbol, `weir_plugin`, and one header, this one, which is C11 and C++11.
 *
 *   static const weir_value *half(weir_plugin_context *context, const weir_value *const *args,
 *                                 size_t count)
 *   {
 *       double x = 0;
 *       (void)count;
 *       if (!context->host->get_f64(context, args[0], &x))
 *           return context->host->fail(context, "half() takes a number");
 *       return context->host->make_f64(context, x / 2);
 *   }
 *   static const weir_plugin_function rows[] = {
 *       {WEIR_PLUGIN_EXPRESSION, "half", "x /", half, WEIR_TYPE_FLOAT, NULL, 0, "x / 2"},
 *   };
 *   static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
 *   {
 *       return context->host->add_function(registry, &rows[0]);
 *   }
 *   const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD, "halves", "1.0", "x / 2", init, NULL};
 *
 * Everything that a plugin wants of Weir it asks through the table `context->host`, so it is linked
 * with nothing. Whatever the table hands out belongs to the host: values and memory of a context
 * live until the function that got the context returns, or, in what works on a message, until the
 * message is done. A context belongs to the thread that calls.
 *
 * Functions run on the thread that reads the sockets: a call that takes longer than its budget (the
 * spec's, 1 ms by default) holds up every connection of that thread, and is reported. Only sinks
 * have a thread of their own. No C++ exception may leave a function.
 */
#ifndef WEIR_PLUGIN_H
#define WEIR_PLUGIN_H

#include <weir/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Raised when anything below changes so that a plugin must be built anew. */
#define WEIR_PLUGIN_ABI 1
/** The release whose header this is. */
#define WEIR_PLUGIN_MADE_FOR "0.1.0"
#define WEIR_PLUGIN_MAGIC    0x57454952u

typedef struct weir_value weir_value; /**< opaque: read and made through the host */
typedef struct weir_plugin_registry weir_plugin_registry; /**< what `init` registers with */
typedef struct weir_plugin_host weir_plugin_host;
typedef struct weir_plugin_timer weir_plugin_timer;

/** What a function is called with. Valid for the call. */
typedef struct weir_plugin_context {
    const weir_plugin_host *host;
    void *state; /**< what `init` left here; one per spec that is loaded */
} weir_plugin_context;

/* ------------------------------------------------------------------ values */

/** What a value is. */
typedef enum weir_plugin_type {
    WEIR_TYPE_ABSENT, /**< nothing: also what a NULL is */
    WEIR_TYPE_NONE,
    WEIR_TYPE_BOOL,
    WEIR_TYPE_INT,   /**< int64 */
    WEIR_TYPE_FLOAT, /**< double */
    WEIR_TYPE_STR,   /**< UTF-8 */
    WEIR_TYPE_BYTES,
    WEIR_TYPE_DECIMAL,   /**< exact; also integers beyond int64. get_text gives the digits */
    WEIR_TYPE_TIMESTAMP, /**< ns since 1970 UTC */
    WEIR_TYPE_ASSET,
    WEIR_TYPE_LIST, /**< lists, tuples and sets */
    WEIR_TYPE_DICT,
    WEIR_TYPE_OTHER /**< what only expressions can use */
} weir_plugin_type;

/** What a function may look at; ABSENT where there is none. */
typedef enum weir_plugin_root {
    WEIR_SEE_DATA,     /**< the record or message */
    WEIR_SEE_ITEM,     /**< the element of `each` */
    WEIR_SEE_VALUE,    /**< of a field: what `source` gave */
    WEIR_SEE_ASSET,    /**< in a message that is sent per asset */
    WEIR_SEE_ASSETS,   /**< of a subscribe message: a list */
    WEIR_SEE_RECEIVED, /**< when the frame was read: a timestamp */
    WEIR_SEE_TOPIC,    /**< name of the frame: topic, event */
    WEIR_SEE_STREAM    /**< of a subscribe message */
} weir_plugin_root;

typedef enum weir_plugin_level {
    WEIR_LEVEL_DEBUG,
    WEIR_LEVEL_INFO,
    WEIR_LEVEL_WARNING,
    WEIR_LEVEL_ERROR
} weir_plugin_level;

/* ------------------------------------------------------------------ functions */

/** What a function is for, and with it where a spec may name it. */
typedef enum weir_plugin_use {
    /** In any expression, by its name, with the arguments that `params` declares. */
    WEIR_PLUGIN_EXPRESSION,
    /** `transform: NAME` of a field. args[0]: what `source` gave. */
    WEIR_PLUGIN_TRANSFORM,
    /** `custom: NAME` of a field. args[0]: what source and transform gave, if they are there. */
    WEIR_PLUGIN_FIELD,
    /** `json: {custom: NAME}`: gives what is sent. */
    WEIR_PLUGIN_PAYLOAD,
    /** `format: binary, encoder: NAME`: gives bytes. args[0]: the dict of `tokens`, if there. */
    WEIR_PLUGIN_ENCODER,
    /** `parser.preprocess: NAME`. args[0]: the frame's bytes. Gives bytes; None drops the frame. */
    WEIR_PLUGIN_PREPROCESSOR,
    /** `parser.decode: NAME`. args[0]: the frame's bytes, or its text if it is a text frame. Gives
     * `data`; None drops the frame. */
    WEIR_PLUGIN_DECODER,
    /** `custom: NAME` of a converter rule. args[0]: the record. Gives a dict by the columns that
     * the row declares, a list of such, or None for no record. */
    WEIR_PLUGIN_CONVERTER,
    /** `hooks: {on_connect: NAME}`: the link is up, nothing is sent yet. */
    WEIR_PLUGIN_ON_CONNECT,
    /** args[0]: why, a text. The host reconnects by itself. */
    WEIR_PLUGIN_ON_DISCONNECT,
    /** args[0]: what went wrong, a text; args[1]: the name of its code, such as "timeout". */
    WEIR_PLUGIN_ON_ERROR,
    /** args[0]: a frame as it came, bytes or (a text frame) a text. Gives args[0] to leave it,
     * other bytes or text to replace it, None to drop it. */
    WEIR_PLUGIN_ON_MESSAGE,
    WEIR_PLUGIN_USES
} weir_plugin_use;

/**
 * Gives a value, or NULL when it failed: after `fail`, or because the host had no more memory. A
 * failure is one of the record, frame or message at hand. An argument that was left out is NULL.
 */
typedef const weir_value *weir_plugin_fn(weir_plugin_context *context,
                                         const weir_value *const *args, size_t count);

/** A column of what a converter gives. `asset` and `timestamp` are every record's own. */
typedef struct weir_plugin_column {
    const char *name;      /**< dotted where it nests: "data.close" */
    weir_plugin_type type; /**< LIST, DICT: kept as JSON; "market_depth.bids": levels */
} weir_plugin_column;

/** Rows and all that they point to live as long as the plugin is loaded. */
typedef struct weir_plugin_function {
    weir_plugin_use use;
    const char *name; /**< letters, digits and '_', a letter first */
    /** EXPRESSION: names of the parameters; "x?" may be left out, what stands in front of "/" has
     * no keyword, "*x" takes any number. NULL elsewhere. */
    const char *params;
    weir_plugin_fn *call;
    weir_plugin_type gives;            /**< what it always gives (or None); ABSENT: that varies */
    const weir_plugin_column *columns; /**< CONVERTER */
    size_t column_count;
    const char *doc; /**< one sentence */
} weir_plugin_function;

/* ------------------------------------------------------------------ options */

typedef enum weir_plugin_takes {
    WEIR_TAKES_BOOL,
    WEIR_TAKES_INT,
    WEIR_TAKES_SIZE,     /**< bytes: "64MiB" or a number; an INT */
    WEIR_TAKES_DURATION, /**< "15s"; an INT of ns */
    WEIR_TAKES_TEXT,     /**< may hold {vars.x} */
    WEIR_TAKES_TEXTS,    /**< a list of them */
    WEIR_TAKES_CHOICE,   /**< one of `choices` */
    WEIR_TAKES_COUNT
} weir_plugin_takes;

/** An option of a sink or backend: what is wrong with one is told with line and column. `option`
 * gives the value. */
typedef struct weir_plugin_option {
    const char *name;
    weir_plugin_takes takes;
    const char *fallback;       /**< the default as a spec would write it; NULL: none */
    int64_t min, max;           /**< INT, SIZE, DURATION; both 0: any that is not negative */
    const char *const *choices; /**< CHOICE: ended by NULL */
    const char *doc;            /**< one sentence, with the default */
} weir_plugin_option;

/* ------------------------------------------------------------------ sinks */

/**
 * Where records go: a spec names it under `sinks`. It has a thread and a queue of its own, so it
 * may wait for a disk or a socket, but not for ever: the end of a runtime waits for it.
 */
typedef struct weir_plugin_sink {
    const char *name;
    const weir_plugin_option *options;
    size_t option_count;
    /** Before the runtime starts, on its caller's thread. NULL: it does not start, with what `fail`
     * was told. */
    void *(*open)(weir_plugin_context *context);
    /** The record lives for the call. False: it is lost, counted and reported; the next comes. */
    bool (*write)(weir_plugin_context *context, void *sink, const weir_record *record);
    /** When nothing comes for a while, at least once a second, and before `close`. May be NULL. */
    bool (*flush)(weir_plugin_context *context, void *sink);
    /** All that will come was written. False: what was written may be lost. */
    bool (*close)(weir_plugin_context *context, void *sink);
    const char *doc;
} weir_plugin_sink;

/** Records as weir/value.h has them, by the same names. */
typedef struct weir_plugin_records {
    weir_channel (*schema_channel)(const weir_schema *schema);
    weir_str (*schema_stream)(const weir_schema *schema);
    weir_str (*schema_connection)(const weir_schema *schema);
    size_t (*schema_columns)(const weir_schema *schema);
    weir_str (*schema_column_name)(const weir_schema *schema, size_t column);
    weir_kind (*schema_column_kind)(const weir_schema *schema, size_t column);
    size_t (*schema_find)(const weir_schema *schema, const char *name);
    const weir_schema *(*schema)(const weir_record *record);
    const weir_asset *(*asset)(const weir_record *record);
    int64_t (*timestamp)(const weir_record *record);
    int64_t (*received)(const weir_record *record);
    uint64_t (*seq)(const weir_record *record);
    weir_kind (*kind)(const weir_record *record, size_t column);
    bool (*f64)(const weir_record *record, size_t column, double *out);
    bool (*i64)(const weir_record *record, size_t column, int64_t *out);
    bool (*str)(const weir_record *record, size_t column, weir_str *out);
    bool (*levels)(const weir_record *record, size_t column, const weir_level **levels,
                   size_t *count);
    const weir_asset *(*column_asset)(const weir_record *record, size_t column);
    const char *(*channel_name)(weir_channel channel);
    /** One line of JSON, as `weir run` writes it, without a newline. */
    bool (*json)(weir_plugin_context *context, const weir_record *record, weir_str *out);
} weir_plugin_records;

/* ------------------------------------------------------------------ backends */

typedef struct weir_plugin_link weir_plugin_link; /**< one connection, of the host's */
typedef struct weir_plugin_watch weir_plugin_watch;
typedef void weir_plugin_link_fn(void *user);
typedef void weir_plugin_watch_fn(void *user, int events);

enum { WEIR_PLUGIN_READ = 1, WEIR_PLUGIN_WRITE = 2 };

typedef enum weir_plugin_phase {
    WEIR_PHASE_RESOLVING,
    WEIR_PHASE_CONNECTING,
    WEIR_PHASE_SECURING,
    WEIR_PHASE_UPGRADING, /**< whatever the protocol does before messages may go */
    WEIR_PHASE_UP
} weir_plugin_phase;

typedef struct weir_plugin_pair {
    weir_str name;
    weir_str value;
    bool is_secret; /**< to be shown nowhere */
} weir_plugin_pair;

typedef struct weir_plugin_topic {
    weir_str topic;
    int qos;
} weir_plugin_topic;

/** Where to connect to. It lives for the call of `open`; secrets may be in any of it. */
typedef struct weir_plugin_target {
    weir_str url;
    const weir_plugin_pair *headers;
    size_t header_count;
    const weir_plugin_pair *query; /**< to be added to the URL, percent-encoded */
    size_t query_count;
    weir_str connection;
    bool subscribes;
} weir_plugin_target;

/** A whole message. */
typedef struct weir_plugin_frame {
    bool is_binary;
    weir_str name; /**< topic or event; empty where there is none */
    weir_str bytes;
    int64_t received_ns; /**< wall clock; 0: now */
} weir_plugin_frame;

/** Why a link is down. */
typedef struct weir_plugin_end {
    weir_code code;  /**< WEIR_OK: closed cleanly */
    const char *why; /**< one sentence; NULL with WEIR_OK */
    int close_code;  /**< of the protocol; 0: none */
    bool by_peer;
    int64_t retry_after_ns; /**< what the peer asked for; 0: nothing */
} weir_plugin_end;

/**
 * What moves bytes for a connection: `backend: {type: NAME}`. Everything is called on the thread of
 * the connection, and must not block; sockets are watched with `watch_open`. The host reconnects,
 * logs in and subscribes; a backend never does.
 */
typedef struct weir_plugin_backend {
    const char *name;
    const char *title;
    const weir_plugin_option *options;
    size_t option_count;
    bool has_topics; /**< it subscribes by topics: then `subscribe` is there */
    bool has_names;  /**< its frames carry names that tell streams apart */
    /** Without the network, any thread. False with a sentence in `why`. May be NULL. */
    bool (*check_url)(weir_str url, char *why, size_t room);
    /** Starts to connect: what it gives is `self` of the rest. NULL: it cannot even start, with
     * what `fail` was told. Nothing is told of the link from inside. */
    void *(*open)(weir_plugin_context *context, weir_plugin_link *link,
                  const weir_plugin_target *target);
    /** The bytes are copied. WEIR_ERR_STATE before UP, WEIR_ERR_LIMIT when too much waits. */
    weir_code (*send)(void *self, const weir_plugin_frame *frame, bool *is_queued);
    weir_code (*subscribe)(void *self, const weir_plugin_topic *topics, size_t count,
                           bool is_unsubscribe);
    /** Asks the peer for a sign of life. May be NULL. */
    weir_code (*probe)(void *self);
    /** Stops or goes on reading; what is read already is kept. Frames that are told in a pause all
     * the same are kept by the host until its end, up to 16 MiB; it ends when they are handed on.
     */
    void (*pause)(void *self, bool is_paused);
    /** Ends with link_down, at the latest after `linger_ns`, also from inside. Twice is once. */
    void (*close)(void *self, int code, weir_str reason, int64_t linger_ns);
} weir_plugin_backend;

/** What a backend tells and asks, with its link. */
typedef struct weir_plugin_links {
    void (*phase)(weir_plugin_link *link, weir_plugin_phase phase, weir_str detail);
    /** The host may call send, pause and close from inside. */
    void (*frame)(weir_plugin_link *link, const weir_plugin_frame *frame);
    /** What one read brought is all handed over. */
    void (*batch)(weir_plugin_link *link);
    /** Bytes came: the peer lives. */
    void (*alive)(weir_plugin_link *link);
    /** Nothing waits to be sent any more, after a send that said so. */
    void (*drained)(weir_plugin_link *link);
    /** The peer answered for a topic; `refusal` NULL: it is granted. */
    void (*topic)(weir_plugin_link *link, weir_str topic, const char *refusal);
    void (*warning)(weir_plugin_link *link, weir_code code, const char *text);
    /** Once, and last: the link, its watches and timers are gone when it returns. `self` is the
     * plugin's to free. */
    void (*down)(weir_plugin_link *link, const weir_plugin_end *end);
    /** Calls `fn` while the descriptor is ready for `events`. It stays the plugin's. NULL: no more
     * descriptors can be watched. */
    weir_plugin_watch *(*watch_open)(weir_plugin_link *link, int fd, int events,
                                     weir_plugin_watch_fn *fn, void *user);
    void (*watch_set)(weir_plugin_watch *watch, int events);
    void (*watch_close)(weir_plugin_watch *watch);
    /** As timer_new, for a link. */
    weir_plugin_timer *(*timer_new)(weir_plugin_link *link, weir_plugin_link_fn *fn, void *user);
} weir_plugin_links;

/* ------------------------------------------------------------------ timers */

/** On the thread that reads the connection's socket. */
typedef void weir_plugin_timer_fn(weir_plugin_context *context, void *user);

/* ------------------------------------------------------------------ the host */

struct weir_plugin_host {
    uint32_t abi;
    uint32_t size;
    const char *version; /**< of Weir */

    /* ---- registering: in `init` alone. False: refused; then `init` returns false too. */
    bool (*add_function)(weir_plugin_registry *registry, const weir_plugin_function *row);
    bool (*add_sink)(weir_plugin_registry *registry, const weir_plugin_sink *row);
    bool (*add_backend)(weir_plugin_registry *registry, const weir_plugin_backend *row);

    /* ---- telling */
    /** Notes why the call at hand fails, as a sentence; always NULL, so that it can be returned. */
    const weir_value *(*fail)(weir_plugin_context *context, const char *format, ...)WEIR_PRINTF(2,
                                                                                                3);
    /** A line of the log; credentials in it are masked. */
    void (*log)(weir_plugin_context *context, weir_plugin_level level, const char *format, ...)
        WEIR_PRINTF(3, 4);

    /* ---- memory: aligned for anything, not zeroed; NULL: no more */
    void *(*alloc)(weir_plugin_context *context, size_t size);

    /* ---- reading values: any `value` may be NULL, which is ABSENT */
    weir_plugin_type (*type_of)(weir_plugin_context *context, const weir_value *value);
    bool (*get_bool)(weir_plugin_context *context, const weir_value *value, bool *out);
    /** INT, BOOL, TIMESTAMP. */
    bool (*get_i64)(weir_plugin_context *context, const weir_value *value, int64_t *out);
    /** INT, BOOL, FLOAT, DECIMAL. */
    bool (*get_f64)(weir_plugin_context *context, const weir_value *value, double *out);
    /** STR, BYTES and the digits of DECIMAL. Bytes and texts of a message are read in place. */
    bool (*get_text)(weir_plugin_context *context, const weir_value *value, weir_str *out);
    /** ASSET. */
    bool (*get_asset)(weir_plugin_context *context, const weir_value *value,
                      const weir_asset **out);
    /** Number of elements of a LIST or DICT; 0 of anything else. */
    size_t (*count)(weir_plugin_context *context, const weir_value *value);
    /** Element of a LIST; NULL: there is none. */
    const weir_value *(*at)(weir_plugin_context *context, const weir_value *list, size_t index);
    /** Value of a key of a DICT; NULL: there is none. */
    const weir_value *(*get)(weir_plugin_context *context, const weir_value *dict, const char *key);
    /** Member of a DICT in its order. */
    bool (*member)(weir_plugin_context *context, const weir_value *dict, size_t index,
                   const weir_value **key, const weir_value **value);
    /** The value as JSON text; secrets in it are "***". */
    bool (*json)(weir_plugin_context *context, const weir_value *value, weir_str *out);
    /** True if it is a credential, or was made by the host of one. */
    bool (*is_secret)(weir_plugin_context *context, const weir_value *value);

    /* ---- making values: NULL when out of memory, and for what is made of a NULL. Texts and bytes
     * are copied. */
    const weir_value *(*make_none)(weir_plugin_context *context);
    const weir_value *(*make_bool)(weir_plugin_context *context, bool value);
    const weir_value *(*make_i64)(weir_plugin_context *context, int64_t value);
    const weir_value *(*make_f64)(weir_plugin_context *context, double value);
    const weir_value *(*make_text)(weir_plugin_context *context, weir_str text);
    const weir_value *(*make_bytes)(weir_plugin_context *context, weir_str bytes);
    /** Of its digits, such as "-12.50"; NULL also when they are none. */
    const weir_value *(*make_decimal)(weir_plugin_context *context, weir_str digits);
    const weir_value *(*make_timestamp)(weir_plugin_context *context, int64_t ns);
    const weir_value *(*make_list)(weir_plugin_context *context, const weir_value *const *items,
                                   size_t count);
    const weir_value *(*make_tuple)(weir_plugin_context *context, const weir_value *const *items,
                                    size_t count);
    /** Empty, with room for so many; filled by `put` until it is given away. */
    weir_value *(*make_dict)(weir_plugin_context *context, size_t room);
    /** The key is copied. False when dict or value is NULL, or there is no memory. */
    bool (*put)(weir_plugin_context *context, weir_value *dict, const char *key,
                const weir_value *value);
    /** JSON text as a value; NULL also when it is none. */
    const weir_value *(*parse_json)(weir_plugin_context *context, weir_str text);
    /** The same value, marked: it is masked wherever it would be shown. Whatever is made of a
     * credential's text is to be marked. */
    const weir_value *(*mark_secret)(weir_plugin_context *context, const weir_value *value);
    /** As broker.infer_asset: `key` is "symbol", "security_id" or "broker_symbol". NULL: unknown.
     */
    const weir_value *(*find_asset)(weir_plugin_context *context, const char *key, weir_str text);

    /* ---- assets; empty when there is no such text */
    /** "symbol", "broker_symbol", "security_id", or any column of the master data. */
    weir_str (*asset_text)(const weir_asset *asset, const char *column);

    /* ---- surroundings */
    const weir_value *(*see)(weir_plugin_context *context, weir_plugin_root root);
    /** A var of the spec by name. NULL: there is none. */
    const weir_value *(*var)(weir_plugin_context *context, const char *name);
    /** A credential that the spec declares, marked as secret. NULL: not declared, or not given. */
    const weir_value *(*credential)(weir_plugin_context *context, const char *name);
    /** What the spec gives under `options`, by name: to a sink or backend in its `open`, else to
     * the plugin. NULL: nothing. */
    const weir_value *(*option)(weir_plugin_context *context, const char *name);
    /** Empty where there is no connection. */
    weir_str (*connection)(weir_plugin_context *context);

    /* ---- the connection: on its own thread, from functions that work for it. */
    /** WEIR_ERR_UNSUPPORTED where nothing is connected (replay, tests). `name` is the topic or
     * event, for backends that have such. */
    weir_code (*send)(weir_plugin_context *context, bool is_binary, weir_str name, weir_str bytes);
    /** Idle at first; lives as long as the connection. NULL where there is none. */
    weir_plugin_timer *(*timer_new)(weir_plugin_context *context, weir_plugin_timer_fn *fn,
                                    void *user);
    /** Fires once after so long, in place of what was set before. */
    void (*timer_set)(weir_plugin_timer *timer, int64_t delay_ns);
    void (*timer_cancel)(weir_plugin_timer *timer);
    /** Before the end of its connection; also from inside of its own call. */
    void (*timer_free)(weir_plugin_timer *timer);

    /* ---- clocks */
    int64_t (*now_ns)(void);       /**< wall clock, since 1970 UTC */
    int64_t (*monotonic_ns)(void); /**< for distances of time */

    const weir_plugin_records *records; /**< for sinks */
    const weir_plugin_links *links;     /**< for backends */
};

/* ------------------------------------------------------------------ the plugin */

/** Sizes that both sides must agree on. */
typedef struct weir_plugin_sizes {
    uint32_t entry, host, context, function, column, option, sink, records, backend, links, target,
        frame, end;
} weir_plugin_sizes;

typedef struct weir_plugin_entry {
    /* What stands here stays here in every version: WEIR_PLUGIN_HEAD. */
    uint32_t magic;
    uint32_t abi;
    char made_for[16];
    weir_plugin_sizes sizes;

    const char *name; /**< as the file is called: NAME.so */
    const char *version;
    const char *about; /**< one sentence */
    /** Once for every spec that names the plugin, while it is loaded. Registers, and may leave
     * something in context->state. False: the spec does not load, with what `fail` was told; what
     * was registered until then is forgotten, and `fini` is not called. */
    bool (*init)(weir_plugin_context *context, weir_plugin_registry *registry);
    /** Frees the state, when the spec is freed. May be NULL. */
    void (*fini)(void *state);
} weir_plugin_entry;

/* In the order of weir_plugin_sizes. */
#define WEIR_PLUGIN_SIZES                                                                          \
    {                                                                                              \
        sizeof(weir_plugin_entry), sizeof(weir_plugin_host), sizeof(weir_plugin_context),          \
            sizeof(weir_plugin_function), sizeof(weir_plugin_column), sizeof(weir_plugin_option),  \
            sizeof(weir_plugin_sink), sizeof(weir_plugin_records), sizeof(weir_plugin_backend),    \
            sizeof(weir_plugin_links), sizeof(weir_plugin_target), sizeof(weir_plugin_frame),      \
            sizeof(weir_plugin_end)                                                                \
    }
#define WEIR_PLUGIN_SIZE_NAMES                                                                     \
    "weir_plugin_entry", "weir_plugin_host", "weir_plugin_context", "weir_plugin_function",        \
        "weir_plugin_column", "weir_plugin_option", "weir_plugin_sink", "weir_plugin_records",     \
        "weir_plugin_backend", "weir_plugin_links", "weir_plugin_target", "weir_plugin_frame",     \
        "weir_plugin_end"
#define WEIR_PLUGIN_HEAD WEIR_PLUGIN_MAGIC, WEIR_PLUGIN_ABI, WEIR_PLUGIN_MADE_FOR, WEIR_PLUGIN_SIZES

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const weir_plugin_entry weir_plugin;

#ifdef __cplusplus
}
#endif

#endif
