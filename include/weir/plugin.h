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
    /** `parser.decode: NAME`. args[0]: the frame's bytes. Gives `data`; None drops the frame. */
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

/* ------------------------------------------------------------------ timers */

typedef struct weir_plugin_timer weir_plugin_timer;
/** On the thread that reads the connection's socket. */
typedef void weir_plugin_timer_fn(weir_plugin_context *context, void *user);

/* ------------------------------------------------------------------ the host */

struct weir_plugin_host {
    uint32_t abi;
    uint32_t size;
    const char *version; /**< of Weir */

    /* ---- registering: in `init` alone. False: refused; then `init` returns false too. */
    bool (*add_function)(weir_plugin_registry *registry, const weir_plugin_function *row);

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
    /** What the spec gives this plugin under `options`, by name. NULL: nothing. */
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

    /* ---- clocks */
    int64_t (*now_ns)(void);       /**< wall clock, since 1970 UTC */
    int64_t (*monotonic_ns)(void); /**< for distances of time */
};

/* ------------------------------------------------------------------ the plugin */

/** Sizes that both sides must agree on. */
typedef struct weir_plugin_sizes {
    uint32_t entry, host, context, function, column;
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
            sizeof(weir_plugin_function), sizeof(weir_plugin_column)                               \
    }
#define WEIR_PLUGIN_SIZE_NAMES                                                                     \
    "weir_plugin_entry", "weir_plugin_host", "weir_plugin_context", "weir_plugin_function",        \
        "weir_plugin_column"
#define WEIR_PLUGIN_HEAD WEIR_PLUGIN_MAGIC, WEIR_PLUGIN_ABI, WEIR_PLUGIN_MADE_FOR, WEIR_PLUGIN_SIZES

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const weir_plugin_entry weir_plugin;

#ifdef __cplusplus
}
#endif

#endif
