/* SPDX-License-Identifier: MIT */
/*
 * The parts of a plan, shared by the files of this room: compiled fields, templates, messages,
 * routes and converters. All live in the plan's arena and are immutable once the plan is built.
 */
#ifndef WEIR_PIPELINE_PARTS_H
#define WEIR_PIPELINE_PARTS_H

#include "expr/extension.h"
#include "expr/vm.h"
#include "pipeline/learn.h"
#include "pipeline/mould.h"
#include "pipeline/plan.h"
#include "pipeline/quick.h"
#include "pipeline/runner.h"
#include "util/inflate.h"
#include "util/ring.h"
#include "value/protobuf.h"

/* ------------------------------------------------------------------ building */

/** What a plan is built with. */
typedef struct weir_plan_builder {
    weir_arena *arena;
    weir_diags *diags;
    const weir_expr_names *names;
    bool makes_topics; /* messages built now are topics: subscriptions of a backend that takes them
                        */
    bool is_addressed; /* what has an `event` is sent under it, and is no list of topics */
} weir_plan_builder;

/** Compiles an expression of the spec; mistakes get their place. NULL: not given, or mistaken. */
const weir_program *weir_plan_compile(weir_plan_builder *builder, const weir_text *text,
                                      const weir_expr_scope *scope);
/** The same for a part of a text: `length` bytes at `offset`. */
const weir_program *weir_plan_compile_part(weir_plan_builder *builder, const weir_text *text,
                                           size_t offset, size_t length,
                                           const weir_expr_scope *scope);

/* ------------------------------------------------------------------ fields (SPEC.md 3) */

/** A compiled field spec, or a nested object of them. */
typedef struct weir_plan_field weir_plan_field;
struct weir_plan_field {
    weir_str name;
    weir_str path;  /* dotted, from the top of the record or message */
    weir_str where; /* "specs/acme.yaml:31:15", for messages */
    const weir_plan_field *fields;
    size_t field_count;
    bool is_group;
    const weir_program *source;
    const weir_program *condition;
    const weir_program *transform;
    const weir_extension *transformer; /* in place of the program: a plugin's */
    const weir_extension *custom;
    bool condition_sees_value;
    bool has_default;
    weir_value default_value;
    bool is_slot; /* source is nothing but slot `slot` of root `slot_root` */
    bool is_cast; /* ... or that as `cast_kind` */
    unsigned cast_kind;
    weir_root slot_root;
    size_t slot;
    unsigned kind; /* static kind of the result, or WEIR_KIND_COUNT */
};

/** Compiles `count` fields; `prefix` is the path above them ("" at the top). */
const weir_plan_field *weir_plan_fields(weir_plan_builder *builder, const weir_field *fields,
                                        size_t count, weir_str prefix,
                                        const weir_expr_scope *scope);

/**
 * One leaf: condition, source, transform, default. ABSENT when the condition is false. The result
 * may be raw. False: an error without a default; the VM has it.
 */
bool weir_plan_field_eval(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                          weir_expr_input *input, weir_value *out);
/** A group as a dict in the VM's arena; absent members are left out. *failed gets the leaf that
 * failed. */
bool weir_plan_group_eval(weir_vm *vm, weir_arena *arena, const weir_plan_field *fields,
                          size_t count, const weir_expr_world *world, weir_expr_input *input,
                          weir_value *out, const weir_plan_field **failed);
/** What the field is made by, as the spec has it: an expression, or the name of a function. */
weir_str weir_plan_field_text(const weir_plan_field *field);
/** WEIR_ERR_EVAL: path, expression, exception and place of what the VM failed at. */
weir_code weir_plan_field_fail(const weir_plan_field *field, const weir_vm *vm, weir_error *error);

/** Operations outside of a run have a step budget of their own. */
static inline void weir_plan_refill(weir_vm *vm)
{
    vm->steps = WEIR_EXPR_STEPS_MAX;
}

/* ------------------------------------------------------------------ templates */

typedef struct weir_template_part {
    weir_str literal; /* used when program is NULL and token is SIZE_MAX */
    const weir_program *program;
    size_t token;    /* index into the tokens, or SIZE_MAX */
    char conversion; /* 0, 's', 'r' or 'a' */
    weir_str spec;
} weir_template_part;

typedef struct weir_template {
    weir_str source;
    const weir_template_part *parts;
    size_t count;
} weir_template;

/**
 * Parses text with braces. With `tokens` (may be empty but not NULL) a name is one of them; with
 * NULL it is an expression of the scope. `text->node` gives the place.
 */
bool weir_template_parse(weir_plan_builder *builder, const weir_text *text,
                         const weir_plan_field *tokens, size_t token_count,
                         const weir_expr_scope *scope, weir_template *out);
/** Appends the filled-in text to `out`, and the same with secrets masked to `shown` (may be NULL).
 */
bool weir_template_fill(const weir_template *template, weir_vm *vm, const weir_expr_world *world,
                        const weir_expr_input *input, const weir_value *tokens, weir_buf *out,
                        weir_buf *shown);

/* ------------------------------------------------------------------ messages */

typedef struct weir_plan_topic {
    const weir_program *topic;
    const weir_program *qos; /* NULL: 0 */
    unsigned roots;          /* that they name, as WEIR_ROOT_BITs */
    bool is_per_asset;
} weir_plan_topic;

struct weir_message {
    const weir_message *next; /* sent behind it, or NULL */
    weir_message_format format;
    weir_str what; /* "subscribe trades", for errors */
    const weir_plan_field *fields;
    size_t field_count;
    bool has_fields;
    const weir_program *program;
    const weir_extension *custom; /* payload builder or encoder of a plugin */
    weir_template text;
    const weir_plan_field *tokens;
    size_t token_count;
    bool has_event;
    weir_template event;
    const weir_plan_topic *topics;
    size_t topic_count;
    bool is_topics; /* what it evaluates to are topics, not a message */
    bool is_per_asset;
    bool takes_assets;
    bool names_stream;
    bool names_request;
};

/** The topics of a message spec. NULL: out of memory. */
const weir_plan_topic *weir_plan_topics(weir_plan_builder *builder, const weir_message_spec *spec,
                                        const weir_expr_scope *scope);
/** Evaluates them, once or per asset, to a list of [topic, qos]. False: the VM has the reason. */
bool weir_plan_topics_eval(const weir_message *message, const weir_message_input *input,
                           weir_arena *arena, weir_expr_input *roots, weir_value *list);
/** Such a list as the topics of `out`, which live in `arena`. WEIR_ERR_EVAL where it is none. */
weir_code weir_plan_topics_read(weir_vm *vm, weir_arena *arena, const weir_value *list,
                                weir_outgoing *out, weir_error *error);

/** Roots that a message may name are in scope->roots. */
const weir_message *weir_plan_message(weir_plan_builder *builder, const weir_message_spec *spec,
                                      weir_str what, const weir_expr_scope *scope);

/* ------------------------------------------------------------------ routes and converters */

enum { WEIR_COLUMN_ASSET = -1, WEIR_COLUMN_TIMESTAMP = -2 };

struct weir_plan_column {
    const weir_plan_field *field;
    int column;           /* of the schema, or WEIR_COLUMN_* */
    weir_kind kind;       /* LEVELS: to be converted; else as in the schema */
    weir_fused quick;     /* the form of its source, if pipeline/quick.c knows what to do with it */
    weir_fused condition; /* the form of its condition; NONE: there is none */
    weir_quick_trees trees;
};

/** A program that a record is asked by, and its form, where that is enough. */
typedef struct weir_plan_ask {
    const weir_program *program; /* NULL: it is not asked */
    weir_fused form;
    int32_t column; /* of a record, which the same form fills; -1: none */
} weir_plan_ask;

/** What a record is asked before it is made. */
typedef struct weir_plan_watch {
    const weir_sequence_spec *sequence; /* NULL: the stream is not numbered */
    weir_plan_ask value, first, key, reset;
    weir_plan_ask id;        /* of dedupe; NULL: there is none */
    const weir_fused *asset; /* broker.infer_asset(key=slot); NULL: of another form, or none */
    bool is_quick;           /* all that is asked has a form: weir_runner_watch_quick */
    bool is_in_record;       /* all but `reset` stands in the record: weir_runner_watch_made */
} weir_plan_watch;

struct weir_plan_rule {
    const weir_program *condition;
    weir_fused quick_condition;
    weir_quick_test asks; /* the same */
    bool calls_out;       /* a column calls a function of a plugin: no record is tried twice */
    bool is_quick;        /* `ops` may be followed */
    const weir_program *each;
    weir_fused quick_each;
    weir_projection *item; /* of `item` */
    size_t item_slots;
    const weir_extension *custom; /* converts, by the columns */
    size_t index;                 /* of the rule's schema in the plan */
    const weir_plan_column *columns;
    const weir_quick_op *ops; /* one per column */
    size_t column_count;
    const weir_schema *schema;
    weir_str where;
    size_t stream;                /* index, in the connection */
    const weir_plan_watch *watch; /* NULL: nothing */
    const weir_plan_field *asset; /* NULL: it gives none, or a function does */
};

typedef struct weir_plan_stream {
    const weir_stream_spec *spec;
    const weir_schema *gap_schema;
    const weir_plan_rule *rules;
    size_t rule_count;
} weir_plan_stream;

typedef struct weir_plan_route {
    const weir_program *match; /* NULL: `name` is compared with the frame's */
    weir_fused quick_match;
    weir_quick_test asks; /* the same */
    weir_str name;
    const size_t *streams; /* none: drop */
    size_t stream_count;
    weir_str where;
} weir_plan_route;

typedef struct weir_plan_wait {
    bool is_set;
    const weir_program *match;
    const weir_program *error;
} weir_plan_wait;

/** A rule over messages that steers the session. */
typedef struct weir_plan_control {
    weir_control kind;
    const weir_program *match;
    const weir_tree *tree; /* of `match`, or NULL */
    size_t name;           /* LEARN: of the session's names */
    const weir_program *key;
    const weir_program *value;
    const weir_message *reply; /* REPLY */
    weir_str where;
} weir_plan_control;

typedef struct weir_plan_request {
    const weir_request_spec *spec;
    const char *what; /* for messages */
    weir_template url;
    const weir_plan_field *headers;
    const weir_plan_field *query;
    const weir_plan_field *form;
    const weir_message *body;
} weir_plan_request;

/** auth.session */
typedef struct weir_plan_session {
    weir_plan_request request;
    weir_plan_request renew;
    const weir_plan_field *extract; /* over the reply */
    size_t extract_count;
    const weir_program *error;
} weir_plan_session;

/** subscribe.ack */
typedef struct weir_plan_ack {
    weir_plan_wait wait;
    const weir_program *symbols;
    const weir_program *key;
} weir_plan_ack;

typedef struct weir_layout weir_layout; /* pipeline/layout.h */

typedef struct weir_plan_subscribe {
    weir_str key;
    const weir_message *message;
} weir_plan_subscribe;

struct weir_plan {
    weir_arena *arena;
    const weir_spec_model *spec;
    const weir_connection_spec *connection;
    weir_expr_names names;
    weir_template url;
    weir_template exclusive;
    weir_template every; /* of heartbeats */
    const weir_template
        *options; /* of the options that are templates, in the order of a walk over them */
    size_t option_count;
    const weir_plan_field *headers;
    size_t header_count;
    const weir_plan_field *query;
    size_t query_count;
    const weir_plan_field *login;
    size_t login_count;
    const weir_message *first_message;
    weir_plan_subscribe *subscribe;
    weir_plan_subscribe *unsubscribe;
    weir_plan_wait waits[2]; /* by weir_wait */
    const weir_extension *on_message;
    const weir_extension *preprocess;
    const weir_extension *decode;
    weir_plan_ack ack;
    const weir_plan_control *controls;
    size_t control_count;
    weir_projection *control_paths; /* of a message; `paths` where that is the record */
    const bool *session_keyed;      /* by the session's names */
    const weir_message *heartbeat;
    const weir_plan_session *session; /* NULL: none is asked for */
    const weir_program *payload;
    weir_str payload_where;
    weir_layout *layout; /* or NULL */
    weir_projection *payload_paths;
    size_t payload_slots;
    weir_projection *paths; /* of a record */
    size_t slots;
    size_t item_slots;                      /* the most that any rule needs */
    const weir_pb_binding *binding;         /* of `paths`, where messages are protobuf */
    const weir_pb_binding *payload_binding; /* of `payload_paths` */
    const weir_plan_route *routes;
    size_t route_count;
    bool hears_by_name;       /* frames whose name is that of no stream are dropped */
    weir_plan_route fallback; /* the default channel */
    const weir_plan_stream *streams;
    const weir_schema **schemas;
    const weir_plan_rule **rules; /* by schema, whose ids follow one another; NULL: of gaps */
    size_t schema_count;
    bool is_watched; /* a rule is */
};

/** What a rule asks its records, if anything. */
bool weir_plan_build_watch(weir_plan_builder *builder, const weir_plan *plan,
                           const weir_stream_spec *stream, const weir_expr_scope *scope,
                           weir_plan_rule *rule);
const weir_schema *weir_plan_gap_schema(weir_plan_builder *builder, const weir_plan *plan,
                                        const weir_stream_spec *stream, uint32_t id);
/** How many ids of a stream are remembered; 0: none. */
size_t weir_plan_window(const weir_plan *plan, size_t stream);
/** The names that `learn` gives to the session; before anything is compiled. */
bool weir_plan_name_session(weir_plan *plan);
/** Index of such a name, or how many there are. */
size_t weir_plan_session_name(const weir_plan *plan, weir_str name);
bool weir_plan_build_session(weir_plan_builder *builder, weir_plan *plan);
/** Values of `fields` as texts in `arena`; those that are absent are left out. */
weir_code weir_plan_pairs(const weir_plan_field *fields, size_t field_count,
                          const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error);
/** A template of the plan filled in, and the same to be shown; `what` names it in errors. */
weir_code weir_plan_fill(const weir_template *template, const char *what,
                         const weir_message_input *input, weir_arena *arena, weir_str *text,
                         weir_str *shown, weir_error *error);
/** Before `paths` is sealed. */
bool weir_plan_build_controls(weir_plan_builder *builder, weir_plan *plan);
bool weir_plan_build_routes(weir_plan_builder *builder, weir_plan *plan,
                            const weir_expr_scope *scope);
/** The test of a route as an expression, in the arena or the plan. */
weir_str weir_plan_route_text(weir_arena *arena, const weir_plan_route *route);
bool weir_plan_build_streams(weir_plan_builder *builder, weir_plan *plan,
                             const weir_expr_scope *scope, uint32_t *next_schema_id);
/** The slots of a message by a descriptor. */
bool weir_plan_bind_protobuf(weir_plan_builder *builder, weir_plan *plan);
/** True where what a frame gives is a message of the descriptor's type, and nothing else. */
bool weir_protobuf_is_whole(const weir_plan *plan);
/** The same of a record. */
bool weir_protobuf_is_record(const weir_plan *plan);
/** A weir_expr_shape over a weir_pb_message. */
bool weir_protobuf_has_path(const void *user, const weir_step *steps, size_t count, unsigned *kind,
                            char why[160]);
/** Templates among the options of the backend. */
bool weir_plan_build_options(weir_plan_builder *builder, weir_plan *plan,
                             const weir_expr_scope *scope);

/** "path:line:column" of a node, in the arena. */
weir_str weir_plan_where(weir_arena *arena, const weir_node *node);

/* ------------------------------------------------------------------ running */

/** What the test of a condition, a match or a wait came to. */
typedef enum weir_outcome {
    WEIR_OUTCOME_FALSE,
    WEIR_OUTCOME_TRUE,
    WEIR_OUTCOME_RAISED
} weir_outcome;

typedef struct weir_observer weir_observer; /* pipeline/observer.h */
typedef struct weir_field_trace weir_field_trace;
typedef struct weir_format weir_format; /* pipeline/format.h */

struct weir_runner {
    const weir_plan *plan;
    const weir_format *format;        /* of the frame at work */
    struct weir_layout_state *layout; /* where the plan has one */
    const weir_expr_world *world;
    weir_arena *arena;
    weir_vm *vm;
    weir_value *slots;
    weir_value *item_slots;
    weir_value *payload_slots;
    weir_batch batch;
    weir_json_index index;     /* of the frame, or of none */
    weir_shapes *shapes;       /* of what plan->paths is decoded from */
    weir_nested nested;        /* makes rows of such elements while a frame is validated */
    weir_shapes **item_shapes; /* of the elements of `each`, by the schema's index */
    weir_rows rows;            /* records of a frame that is a list */
    weir_rows items;           /* of `each` */
    weir_quick quick;
    weir_pours pours;      /* what frames are poured as now: */
    weir_pours plan_pours; /* the same while nobody looks on, or wants to know what comes */
    weir_mould *guesses[WEIR_MOULDS_GUESSES][2]; /* what frames with so many quotes, of even and odd
                                                     length, began with */
    weir_moulds moulds;                          /* of frames, or of their elements */
    weir_gauges gauges;                          /* of frames that moulds are for */
    weir_fit fits[2]; /* of the message at hand, and of an element of it */
    weir_moment second;
    bool is_general; /* every program is run, every frame decoded the general way */
    bool is_plain;   /* frames are JSON, each a record, and nothing else is to be done about them */
    weir_inflate *inflate;
    weir_buf inflated;
    weir_arena *message; /* what a format builds, until the next frame; NULL: it builds nothing */
    weir_str bytes;      /* of the frame, inflated */
    weir_value whole;    /* of the message, once it was asked for beyond its slots */
    weir_expr_lazy lazy;
    weir_buf replaced; /* what on_message gave */
    weir_buf prepared; /* what preprocess gave */
    bool is_open;      /* a wait has looked at frame `opened`: its bytes are ready */
    bool was_open;     /* when it was fed */
    bool is_open_good;
    uint64_t opened;
    weir_str opened_bytes;
    bool is_decoded; /* by the plugin's decoder, to `decoded` */
    weir_value decoded;
    weir_expr_input input;
    weir_counters counters;
    weir_runner_news news;
    weir_ring dead;
    const weir_runner_frame *frame;
    const weir_value *answered; /* the message at hand in weir_runner_answers */
    weir_tracks *tracks;        /* NULL: no stream is numbered */
    weir_tracks *own_tracks;    /* of numbers that belong to a link */
    weir_seen **seen;           /* per stream; NULL: nothing is remembered of it */
    bool has_borrowed;          /* tracks and seen: they are another runner's */
    struct weir_held *held;     /* what is held back; NULL: nothing ever was */
    bool holds;
    weir_first_fn *on_first; /* NULL: nobody wants to know */
    void *first_user;
    weir_gap_fn *on_gap;
    void *gap_user;
    weir_learnt *learnt; /* NULL: the plan has nothing to learn */
    weir_value *control_slots;
    weir_control_fn *on_control;
    void *control_user;
    const weir_observer *observer; /* NULL: nobody watches */
    void *watcher;
};

/** Of a connection whose frames are compressed; NULL: out of memory. */
weir_inflate *weir_runner_new_inflate(const weir_connection_spec *connection);
/** Runs a function over a frame's bytes. False: it failed (counted), or wants the frame dropped. */
bool weir_runner_run_over(weir_runner *runner, const weir_extension *function, bool is_text,
                          weir_buf *room, weir_str *bytes);

/** The asset that a text stands for; NULL: it is none, or its program is to be asked. */
static inline const weir_asset *weir_runner_asset(const weir_runner *runner, weir_asset_key key,
                                                  const weir_value *v)
{
    const weir_expr_world *world = runner->world;
    if (v->kind != WEIR_STR || !world || !world->assets)
        return NULL;
    return weir_json_index_holds(&runner->index, v->s)
               ? weir_asset_known(world->assets, key, v->s, v->len)
               : weir_asset_cached(world->assets, key, weir_value_text(v));
}

/** Tells of a record that is about to be made. */
void weir_runner_announce(weir_runner *runner, const weir_plan_stream *stream,
                          const weir_plan_rule *rule);
/** Asks a record for its number and id. False: it came before, and is counted as such. */
bool weir_runner_watch(weir_runner *runner, const weir_plan_stream *stream,
                       const weir_plan_rule *rule, weir_str sample);
/**
 * The same for a record that is what was to come next, read without a program; nothing is told, and
 * no record made of it. False: it may be another, nothing has happened. Only of a watch that is
 * quick, and while nothing is held back. `made`: the record, where it is made already and has its
 * numbers, which are not read again then; else NULL. Without `has_slots` nothing else is looked at.
 */
bool weir_runner_watch_quick(weir_runner *runner, const weir_plan_rule *rule,
                             const weir_record *made, bool has_slots);
/** The same for all records since the mark, all of which are in the record and no reset. False:
 * those that it let pass are known when all are taken back. */
bool weir_runner_watch_made(weir_runner *runner);

/** By what a record is known. */
typedef struct weir_mark {
    size_t at; /* where the record begins in its batch */
    size_t stream;
    const weir_plan_rule *rule;
    const weir_asset *asset; /* NULL: it is about none */
    weir_number number;
    uint64_t id;
    bool has_number, has_id;
} weir_mark;

/** Asks a record that is about to be made. */
void weir_runner_ask(weir_runner *runner, const weir_plan_stream *stream,
                     const weir_plan_rule *rule, weir_str sample, weir_mark *mark);
/** Holds a number against the one before, and tells of a gap. False: it came before. */
bool weir_runner_judge_number(weir_runner *runner, const weir_mark *mark);

static inline bool weir_runner_holds(const weir_runner *runner)
{
    return runner->holds;
}

/** One of those that look on, or want to know what comes, has come or gone. */
static inline void weir_runner_set_pours(weir_runner *runner)
{
    const bool is_alone =
        !runner->is_general && !runner->observer && !runner->on_first && !weir_runner_holds(runner);
    runner->pours = is_alone ? runner->plan_pours : WEIR_POURS_NONE;
}

/** weir_runner_feed of a frame that has been counted, and is not poured. */
void weir_runner_feed_any(weir_runner *runner, const weir_runner_frame *frame);

/** What weir_runner_watch says while records are held back (held.c). `rule` may have no watch. */
bool weir_runner_keep(weir_runner *runner, const weir_plan_stream *stream,
                      const weir_plan_rule *rule, weir_str sample);
/** What was made of a frame is no record yet. */
void weir_runner_uncount(weir_runner *runner);
void weir_runner_free_held(weir_runner *runner);
/** The numbers and ids that it has; borrowed ones are left alone. */
bool weir_runner_make_watches(weir_runner *runner);
void weir_runner_free_watches(weir_runner *runner);

/** Runs the rules over a message; `is_projected`: the slots of `paths` are its own. */
void weir_runner_control(weir_runner *runner, const weir_value *message, bool is_projected);
/** The same over a frame that is no message of the parser's kind: venues answer "pong" among JSON.
 * True: a rule recognised it. */
bool weir_runner_control_text(weir_runner *runner, weir_str text);

/** What messages of a frame are handed to. */
typedef bool weir_message_fn(weir_runner *runner, const weir_value *message, void *user);
/** The messages of a frame as they came, `payload_path` not applied: one, or the elements of a list
 * where frames are such. Until one returns false. */
void weir_runner_messages(weir_runner *runner, const weir_runner_frame *frame,
                          weir_message_fn *each, void *user);
/** Runs a test on a value as `data`. */
weir_outcome weir_runner_test(weir_runner *runner, const weir_program *program,
                              const weir_value *data);

/** The record at roots[DATA], slots filled: routed and converted. */
void weir_runner_take(weir_runner *runner, weir_str sample);
/** Counts a failure and keeps a sample. */
void weir_runner_fail(weir_runner *runner, weir_stage stage, weir_str sample, const char *format,
                      ...) WEIR_PRINTF(4, 5);
/** `bytes` inflated and preprocessed, until the next; false, counted, when that fails. */
bool weir_runner_inflate(weir_runner *runner, weir_str *bytes);
/**
 * A message of several parts (util/parts.h) as the list of them. False with a sentence in `why`, or
 * - what does not inflate is counted where it is found - with code WEIR_OK.
 */
bool weir_runner_parse_parts(weir_runner *runner, weir_str bytes, weir_value *message,
                             weir_error *why);
/** Shows the parts of a message to an on_message hook, as a list of bytes: it may keep or drop it.
 */
bool weir_runner_admit_parts(weir_runner *runner, const weir_extension *hook, weir_str bytes);
/** The record at roots[DATA], slots filled, to one stream: records to the batch, failures counted.
 */
void weir_runner_convert(weir_runner *runner, const weir_plan_stream *stream, weir_str sample);
/** The same where its rules have quick forms and allow a record to be made twice; counts only what
 * weir_quick_take_back knows of. */
weir_quick_verdict weir_runner_convert_quick(weir_runner *runner, const weir_plan_stream *stream,
                                             bool is_settled);
/** The member of a custom converter's dict that a column of that dotted path takes; ABSENT: none.
 */
weir_value weir_made_value(const weir_value *made, weir_str path);
/** True if the dict has a member that no column takes: its path. */
bool weir_made_stranger(const weir_value *made, const weir_plan_rule *rule, char out[96]);
/** Levels of a column from a list of pairs. False with a sentence in `why`. */
bool weir_levels_set(weir_vm *vm, weir_batch *batch, size_t column, const weir_value *v,
                     char why[160]);

/*
 * Arrays of arrays of texts in an indexed frame, [["1.5","2"],...] or [], or of bare numbers where
 * the walk has read them; pipeline/texts.c. False: of another form, or out of memory; no column has
 * been set.
 */

/** Levels of a column from the first two texts of each array. */
bool weir_texts_levels(weir_json_index *index, const weir_value *v, weir_batch *batch,
                       size_t column);

/** What pipeline/texts.h looks for. */
weir_texts_where weir_texts_where_of(weir_str text, size_t place, size_t skip);
/** The same of some arrays. */
bool weir_texts_levels_where(weir_json_index *index, const weir_value *v,
                             const weir_texts_where *where, weir_batch *batch, size_t column);
/** The greatest of the times in seconds at `place`, cut to a whole number of `unit` ns; false also
 * where there is none. */
bool weir_texts_latest(weir_json_index *index, const weir_value *v, size_t place, int64_t unit,
                       weir_moment *second, int64_t *ns);

#endif
