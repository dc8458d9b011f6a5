/* SPDX-License-Identifier: MIT */
/*
 * The checked, immutable spec: what a YAML file (and what it extends) says, as structs. Everything
 * that can be told without knowing backends and expressions is checked here; expressions stay text
 * with a place and are compiled by pipeline/, options of a backend are checked through the rows
 * that the loader is given.
 *
 * A spec and all it points to lives in one arena. Any number of threads may read it.
 */
#ifndef WEIR_SPEC_SPEC_H
#define WEIR_SPEC_SPEC_H

#include "expr/extension.h"
#include "spec/tree.h"
#include "util/diag.h"
#include "util/inflate.h"
#include "util/option.h"
#include "value/asset.h"
#include "value/mapping.h"

/** An expression (or other scalar) as written. node NULL: not given. */
typedef struct weir_text {
    weir_str text;
    const weir_node *node;
} weir_text;

/** The place of `length` bytes at `offset` of the text, in the file it came from. */
weir_place weir_text_place(const weir_text *text, size_t offset, size_t length);

/**
 * A field spec, or a nested object of them (SPEC.md 3). A plain scalar in YAML is `source`. A
 * non-text scalar (number, true, null) is the expression of the same text.
 */
typedef struct weir_field weir_field;
struct weir_field {
    weir_str name;
    const weir_node *node;    /* place of the key */
    const weir_field *fields; /* nested object; then nothing below is set */
    size_t field_count;
    weir_text source, condition, transform, custom;
    bool has_default;
    weir_value default_value;
};

typedef enum weir_message_format {
    WEIR_MESSAGE_JSON,
    WEIR_MESSAGE_TEXT,
    WEIR_MESSAGE_BINARY,
    WEIR_MESSAGE_MSGPACK,
    WEIR_MESSAGE_TOPICS
} weir_message_format;

/** An element of `topics`: expressions, `qos` may be absent. */
typedef struct weir_topic_spec {
    weir_text topic;
    weir_text qos;
} weir_topic_spec;

/** A message to send (SPEC.md 5). Exactly one of fields, expr, custom, text, topics is given. */
typedef struct weir_message_spec weir_message_spec;
struct weir_message_spec {
    const weir_node *node;
    const weir_message_spec *next; /* sent behind it, or NULL */
    weir_message_format format;
    const weir_field *fields; /* json: {fields: ...} */
    size_t field_count;
    bool has_fields;
    weir_text expr;   /* json: EXPR, or bytes: EXPR for binary */
    weir_text custom; /* function of a plugin: json: {custom: ...}, or encoder: for binary */
    weir_text text;   /* template of str.format with the tokens */
    const weir_field *tokens;
    size_t token_count;
    weir_text event; /* template: the name to send under */
    const weir_topic_spec *topics;
    size_t topic_count;
};

typedef struct weir_stream_spec {
    weir_str name;
    weir_channel channel;
    const weir_node *node;
    weir_str event; /* name of its frames, where frames have names; by default its own */
} weir_stream_spec;

/** Message for streams: `key` is a stream, a channel or "all". */
typedef struct weir_template_spec {
    weir_str key;
    const weir_node *node;
    weir_message_spec message;
} weir_template_spec;

typedef struct weir_rule_spec {
    const weir_node *node;
    weir_text match;
    const weir_text *targets; /* streams or channels; empty list with is_drop */
    size_t target_count;
    bool is_drop;
} weir_rule_spec;

typedef struct weir_converter_rule {
    const weir_node *node;
    weir_text condition;
    weir_text each;
    const weir_field *fields;
    size_t field_count;
    weir_text custom; /* function of a plugin, instead of fields */
} weir_converter_rule;

typedef struct weir_converter_spec {
    weir_str key; /* a stream, a channel or "all" */
    const weir_node *node;
    const weir_converter_rule *rules;
    size_t rule_count;
} weir_converter_spec;

typedef enum weir_frame_mode {
    WEIR_FRAME_RECORD,
    WEIR_FRAME_ARRAY,
    WEIR_FRAME_AUTO
} weir_frame_mode;
typedef enum weir_parser_format {
    WEIR_PARSER_JSON,
    WEIR_PARSER_TEXT,
    WEIR_PARSER_BINARY,
    WEIR_PARSER_MSGPACK,
    WEIR_PARSER_PROTOBUF
} weir_parser_format;
typedef enum weir_compression {
    WEIR_COMPRESSION_NONE,
    WEIR_COMPRESSION_GZIP,
    WEIR_COMPRESSION_DEFLATE,
    WEIR_COMPRESSION_ZLIB,
    WEIR_COMPRESSION_AUTO
} weir_compression;

typedef struct weir_layout_spec weir_layout_spec; /* spec/layout.h */

enum {
    WEIR_AUTH_HEADERS = 1,
    WEIR_AUTH_FIRST_MESSAGE = 2,
    WEIR_AUTH_URL = 4,
    WEIR_AUTH_MQTT = 8,
    WEIR_AUTH_ZMQ = 16
};

typedef struct weir_wait_spec {
    bool is_set;
    weir_text match;
    weir_text error; /* may be absent */
    int64_t timeout_ns;
} weir_wait_spec;

/** An HTTP request. */
typedef struct weir_request_spec {
    const weir_node *node;
    weir_text url; /* template */
    int method;    /* of weir_http_methods */
    const weir_field *headers;
    size_t header_count;
    const weir_field *query;
    size_t query_count;
    bool has_form;
    const weir_field *form;
    size_t form_count;
    bool has_body;
    weir_message_spec body;
    int64_t every_ns; /* of a renewal */
} weir_request_spec;

/** A request before each connect, and what it gives. */
typedef struct weir_session_spec {
    weir_request_spec request; /* first: it is read with the same table */
    bool is_set;
    const weir_field *extract;
    size_t extract_count;
    weir_text error;
    weir_text expired;
    int64_t timeout_ns;
    bool has_renew;
    weir_request_spec renew;
} weir_session_spec;

/** By weir_request_spec.method. */
extern const char *const weir_http_methods[];

typedef struct weir_auth_spec {
    bool is_set;
    const weir_node *node;
    unsigned modes; /* WEIR_AUTH_* */
    const weir_field *headers;
    size_t header_count;
    const weir_field *query;
    size_t query_count;
    const weir_field *login; /* of mqtt or zmq */
    size_t login_count;
    weir_session_spec session;
    bool has_first_message;
    weir_message_spec first_message;
    weir_wait_spec ack;
    weir_wait_spec greeting;
    const int64_t *close_codes; /* that refuse the login */
    size_t close_code_count;
    const weir_node *close_codes_node;
} weir_auth_spec;

typedef struct weir_reconnect_spec {
    int64_t initial_ns; /* 1 s */
    int64_t max_ns;     /* 30 s */
    double factor;      /* 2 */
    bool full_jitter;   /* jitter: full (default) | none */
    int64_t attempts;   /* -1 = unlimited */
} weir_reconnect_spec;

/** Functions of a plugin, each of which may be absent. */
typedef struct weir_hooks_spec {
    weir_text on_connect, on_disconnect, on_error, on_message;
} weir_hooks_spec;

/** Never more than `count` of something in any `period_ns`. count 0: no limit. */
typedef struct weir_rate {
    int64_t count;
    int64_t period_ns;
} weir_rate;

typedef enum weir_letter_case { WEIR_CASE_ASIS, WEIR_CASE_UPPER, WEIR_CASE_LOWER } weir_letter_case;

/** How the venue writes symbols. */
typedef struct weir_symbols_spec {
    int letter_case; /* weir_letter_case */
    weir_str prefix;
    weir_text all; /* the venue's word for all symbols; node NULL: it has none */
} weir_symbols_spec;

/** What the venue answers to a subscription. `symbols` (per stream) or `key` (of the request) tell
 * whom it is about; without both it is about the oldest request. */
typedef struct weir_ack_spec {
    weir_wait_spec wait;
    weir_text symbols;
    weir_text key;
} weir_ack_spec;

/** What the venue takes from one client. 0 everywhere: no limit. */
typedef struct weir_limits_spec {
    int64_t batch_max;    /* symbols of a subscribe message */
    uint64_t batch_bytes; /* bytes of one */
    weir_rate rate;       /* messages out */
    bool counts_pongs;    /* the venue counts our pongs among them */
    int64_t per_connection;
    int64_t connections;
    weir_rate connect_rate; /* attempts per host, of the whole process */
} weir_limits_spec;

/** What a control message teaches. */
typedef struct weir_learn_spec {
    const weir_node *node;
    weir_text match;
    weir_str into;
    weir_text key; /* may be absent */
    weir_text value;
} weir_learn_spec;

typedef struct weir_reply_spec {
    const weir_node *node;
    weir_text match;
    weir_message_spec send;
} weir_reply_spec;

typedef struct weir_heartbeat_spec {
    const weir_node *node; /* NULL: not given */
    bool has_send;
    weir_message_spec send;
    int64_t every_ns;
    weir_text every; /* template of a duration that the session tells; without node: every_ns */
    weir_text expect;
    int64_t timeout_ns; /* 10 s */
    int64_t idle_ns;    /* 30 s; 0: off */
    const weir_reply_spec *replies;
    size_t reply_count;
} weir_heartbeat_spec;

/** How long silence may last. 0: for ever. */
typedef struct weir_liveness_spec {
    int64_t first_data_ns;
    int64_t data_ns;
    int64_t symbol_ns;
    const weir_node *node;
} weir_liveness_spec;

typedef enum weir_on_gap {
    WEIR_ON_GAP_IGNORE,
    WEIR_ON_GAP_RESUBSCRIBE,
    WEIR_ON_GAP_RECONNECT
} weir_on_gap;

enum { WEIR_STEP_ANY = 0 }; /* numbers that only grow */

/** How the records of a stream are numbered; `stream` is a stream, a channel or "all". */
typedef struct weir_sequence_spec {
    weir_str stream;
    const weir_node *node;
    weir_text value, first, key, reset; /* all but the first may be absent */
    int64_t step;
    int on_gap;           /* weir_on_gap */
    int is_of_connection; /* each connection counts for itself */
} weir_sequence_spec;

typedef struct weir_dedupe_spec {
    weir_str stream;
    const weir_node *node;
    weir_text key;
    int64_t window;
} weir_dedupe_spec;

/** When a connection is replaced by another one before it ends. */
typedef struct weir_roll_spec {
    const weir_node *node; /* NULL: it is not */
    int64_t after_ns;      /* its age; 0: any */
    int64_t overlap_ns;    /* how long both last */
    int64_t timeout_ns;    /* of the successor's way up */
    bool has_at;
    int32_t at_s;  /* second of the day, in ... */
    uint16_t zone; /* expr/zone.h */
    weir_str at_text;
    weir_text on; /* true for a message that announces its end */
} weir_roll_spec;

typedef struct weir_connection_spec {
    weir_str name;
    const weir_node *node;
    weir_text url;       /* template: {vars.x}, {credentials.x} */
    weir_text exclusive; /* template of a key that one connection of the process may use */
    weir_str backend;
    const weir_node *backend_node;
    unsigned traits;      /* WEIR_BACKEND_* of the backend */
    weir_options options; /* filled from the backend's rows; text options may be templates */
    weir_stream_spec *streams;
    size_t stream_count;
    const weir_node *events; /* the map; NULL: not given */
    weir_frame_mode frame;
    weir_auth_spec auth;
    const weir_template_spec *subscribe;
    size_t subscribe_count;
    const weir_template_spec *unsubscribe;
    size_t unsubscribe_count;
    weir_ack_spec ack;
    weir_limits_spec limits;
    weir_symbols_spec symbols;
    const weir_learn_spec *learn;
    size_t learn_count;
    weir_heartbeat_spec heartbeat;
    weir_liveness_spec liveness;
    weir_roll_spec roll;
    const weir_sequence_spec *sequences;
    size_t sequence_count;
    const weir_dedupe_spec *dedupes;
    size_t dedupe_count;
    weir_parser_format format;
    weir_compression compression;
    weir_inflate_limits inflate_limits;     /* of one message */
    const struct weir_pb_message *protobuf; /* what each frame is (value/protobuf_schema.h) */
    const weir_node *protobuf_node;         /* the key; NULL: not given */
    uint64_t protobuf_print;                /* of the descriptor file, for comparing two loads */
    weir_text payload_path;
    weir_text preprocess, decode; /* functions of a plugin */
    weir_hooks_spec hooks;
    const weir_layout_spec *layout; /* NULL: none */
    bool has_router;
    bool router_enabled;
    const weir_node *router_node;
    const weir_rule_spec *rules;
    size_t rule_count;
    weir_text default_channel;
    const weir_converter_spec *converters;
    size_t converter_count;
    weir_reconnect_spec reconnect;
} weir_connection_spec;

typedef struct weir_credential_spec {
    weir_str name;
    const weir_node *node;
    weir_str env;  /* variable to read; not written: NAME_FIELD in upper case */
    weir_str file; /* file that holds it; "" = none */
    bool required; /* default true */
    bool has_default;
    weir_str default_value;
} weir_credential_spec;

typedef struct weir_var_spec {
    weir_str name;
    weir_value value; /* text, number or bool */
} weir_var_spec;

/* ------------------------------------------------------------------ tests (SPEC.md 10) */

typedef enum weir_test_kind {
    WEIR_TEST_RECORDS, /* in: frames to records */
    WEIR_TEST_SUBSCRIBE,
    WEIR_TEST_UNSUBSCRIBE,
    WEIR_TEST_LOGIN
} weir_test_kind;

/** A frame in, or a message out. */
typedef struct weir_test_frame {
    const weir_node *node;
    weir_str name;  /* event or topic; ptr NULL: not given */
    weir_str bytes; /* WEIR_JSON_SLACK readable bytes behind */
    bool is_binary;
    bool has_parts; /* of several (util/parts.h) */
} weir_test_frame;

typedef struct weir_test_stream {
    size_t stream; /* of the connection */
    const weir_str *symbols;
    size_t symbol_count;
} weir_test_stream;

typedef struct weir_test_fails {
    bool is_set;
    int stage; /* index into weir_test_stages; -1: any */
    weir_str reason;
} weir_test_fails;

/** A block of `tests`. What is expected stays a tree: a difference is shown with its place. */
typedef struct weir_test_spec {
    weir_str name;
    const weir_node *node;
    size_t connection;
    weir_test_kind kind;
    int64_t now_ns; /* 0: not given */
    const weir_test_frame *frames;
    size_t frame_count;
    const weir_node *out; /* list of maps; NULL: not given */
    bool is_exact;
    weir_test_fails fails;
    const weir_test_stream *streams;
    size_t stream_count;
    const weir_str *credentials; /* in the spec's order, ptr NULL: not given; NULL: none are */
    const weir_node *sends_node; /* NULL: not given */
    const weir_test_frame *sends;
    size_t send_count;
    const weir_node *headers; /* map of texts, or NULL */
    weir_text url;
} weir_test_spec;

/** The stages at which a frame can fail, NULL at the end: what `fails.stage` may say. */
extern const char *const weir_test_stages[];

/** An element of `plugins`. */
typedef struct weir_plugin_spec {
    weir_str name;
    const weir_node *node;
    int64_t budget_ns;  /* of one call; 0: not given */
    weir_value options; /* a dict, or ABSENT */
} weir_plugin_spec;

/** An element of `sinks`. */
typedef struct weir_sink_spec {
    weir_str name; /* of the sink of a plugin */
    const weir_node *node;
    unsigned channels;   /* bits; 0: all */
    weir_str connection; /* empty: all */
    const weir_str *streams;
    size_t stream_count; /* 0: all */
    int overflow;        /* as weir_overflow */
    int64_t capacity;    /* records; 0: the default */
    weir_options options;
} weir_sink_spec;

typedef struct weir_spec_model weir_spec_model;
struct weir_spec_model {
    weir_arena *arena;
    weir_str path;      /* as given */
    weir_str directory; /* of the file, for what is named relative to it */
    weir_str name, title, docs, checked;
    const weir_credential_spec *credentials;
    size_t credential_count;
    const weir_var_spec *vars;
    size_t var_count;
    const weir_mapping *const *mappings;
    size_t mapping_count;
    const weir_extensions
        *extensions; /* of the plugins: the registry's, which outlives the model */
    const weir_sink_spec *sinks;
    size_t sink_count;
    bool has_assets;
    weir_asset_book *assets; /* held; dynamic when the spec has no master data */
    uint64_t assets_print;   /* of the file of the master data; 0: there is none */
    const weir_connection_spec *connections;
    size_t connection_count;
    const weir_test_spec *tests;
    size_t test_count;
    weir_node *tests_node;    /* the list; NULL: no tests */
    const weir_node *root;    /* of the spec's own file, or of it merged over what it extends */
    weir_source tests_source; /* the file that the list stands in, or would: a copy, for edits */
};

/** How the spec room asks for the option rows of a backend; NULL: no such backend. Filled by the
 * runtime. */
typedef struct weir_backend_rows {
    const char *name;
    const weir_option_row *rows;
    size_t count;
    unsigned traits;
    bool (*check_url)(weir_str url, weir_error *error);
    bool (*check)(const weir_options *options, weir_str url, unsigned *traits, weir_error *error);
} weir_backend_rows;

/** The options of a sink that a plugin has registered. */
typedef struct weir_sink_rows {
    const char *name;
    const weir_option_row *rows;
    size_t count;
} weir_sink_rows;

typedef struct weir_spec_registry {
    const weir_backend_rows *backends;
    size_t count;
    const weir_extensions *extensions; /* what the plugins loaded so far have registered */
    const weir_sink_rows *sinks;
    size_t sink_count;
    /** Loads a plugin; `beside` is the directory to look into first. What it registers is in this
     * registry when it returns. NULL: there are no plugins here. */
    bool (*load_plugin)(void *user, const weir_plugin_spec *plugin, weir_str beside,
                        weir_error *error);
    void *user;
} weir_spec_registry;

/**
 * Loads and checks. Mistakes go to `diags`; a model is returned as long as the file could be read
 * as YAML at all, so that the caller can go on checking (expressions): it may only be run when
 * diags has no error. NULL: nothing to check, or out of memory.
 */
weir_spec_model *weir_spec_model_load(const char *path, const weir_spec_registry *registry,
                                      weir_diags *diags);
/** The same with more: a YAML text whose `plugins` and `sinks` are added to the spec's. */
weir_spec_model *weir_spec_model_load_with(const char *path, weir_str more,
                                           const weir_spec_registry *registry, weir_diags *diags);
/** The same from text; `path` names it and gives the directory. */
weir_spec_model *weir_spec_model_parse(const char *path, weir_str text,
                                       const weir_spec_registry *registry, weir_diags *diags);
void weir_spec_model_free(weir_spec_model *model);

/** The rule of a stream: its own comes before its channel's, and that before `all`. NULL: it has
 * none. */
const weir_sequence_spec *weir_sequence_of(const weir_connection_spec *connection,
                                           const weir_stream_spec *stream);
const weir_dedupe_spec *weir_dedupe_of(const weir_connection_spec *connection,
                                       const weir_stream_spec *stream);

#endif
