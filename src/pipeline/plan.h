/* SPDX-License-Identifier: MIT */
/*
 * The plan: what one connection of a spec compiles to, once, immutable, in one arena: the
 * projection of all paths that are read, the router over slots, each converter as typed column
 * programs, the waits and the messages out. Any number of runners (pipeline/runner.h) may run one
 * plan.
 */
#ifndef WEIR_PIPELINE_PLAN_H
#define WEIR_PIPELINE_PLAN_H

#include "expr/expr.h"
#include "spec/spec.h"
#include "value/record.h"

typedef struct weir_plan weir_plan;
typedef struct weir_message weir_message; /* a compiled message out */

/** Schemas get ids from *next_schema_id on. Mistakes go to diags; the plan may be run only if there
 * are none. */
weir_plan *weir_plan_new(const weir_spec_model *spec, const weir_connection_spec *connection,
                         uint32_t *next_schema_id, weir_diags *diags);
void weir_plan_free(weir_plan *plan);

const weir_connection_spec *weir_plan_connection(const weir_plan *plan);
size_t weir_plan_schemas(const weir_plan *plan);
const weir_schema *weir_plan_schema(const weir_plan *plan, size_t index);

/* ------------------------------------------------------------------ messages out (SPEC.md 5) */

/** Memory for messages that is kept from one to the next, wiped in between; zeroed at first. */
typedef struct weir_message_scratch {
    weir_arena *arena;
    weir_buf bytes, shown, name;
    bool is_lent; /* to a message that is being made */
} weir_message_scratch;
void weir_message_scratch_fini(weir_message_scratch *scratch);

/** What messages can see; world holds credentials, vars and session values. */
typedef struct weir_message_input {
    weir_vm *vm;
    const weir_expr_world *world;
    const weir_asset *const *assets; /* subscribe_assets */
    size_t asset_count;
    weir_str stream;
    uint64_t request;              /* its number on this connection, from 1 */
    const weir_value *data;        /* the message that a reply answers; NULL: there is none */
    weir_message_scratch *scratch; /* NULL: memory is asked for, and given back */
} weir_message_input;

typedef struct weir_outgoing_topic {
    weir_str topic;
    int qos;
} weir_outgoing_topic;

/**
 * One message ready to send. `bytes` may hold secrets; `shown` is the same with secrets masked, for
 * logs. With `is_topics` it is no message but a list of topics to ask for, `bytes` is it as JSON.
 */
typedef struct weir_outgoing {
    bool is_binary;
    weir_str bytes;
    weir_str shown;
    weir_str name; /* to send it under: event, topic; empty where the spec names none */
    bool is_topics;
    const weir_outgoing_topic *topics;
    size_t topic_count;
    const weir_asset *const *assets; /* that it is about */
    size_t asset_count;
} weir_outgoing;

/** Called once per message; return false to stop. The bytes live for the call. */
typedef bool weir_outgoing_fn(void *user, const weir_outgoing *message);

/** The login message; NULL when the connection has none. */
const weir_message *weir_plan_first_message(const weir_plan *plan);
/** True if the spec says how the records of a stream are numbered. */
bool weir_plan_is_numbered(const weir_plan *plan, size_t stream);
/** Its records are known again on another link, by number or by id. */
bool weir_plan_tells_apart(const weir_plan *plan, size_t stream);
/** The message of `heartbeat`; NULL when the connection has none. */
const weir_message *weir_plan_heartbeat(const weir_plan *plan);
/** The subscribe (or unsubscribe) message for a stream: by its name, else its channel, else `all`;
 * NULL if none. */
const weir_message *weir_plan_subscribe_message(const weir_plan *plan, weir_str stream,
                                                bool unsubscribe);
/**
 * The stream whose subscriptions stand for those of `stream`: one message that serves several
 * streams
 * (`all`, or a channel) and does not name them is sent once for all of them. Itself otherwise.
 */
size_t weir_plan_subscribe_slot(const weir_plan *plan, size_t stream);
/** It names `asset`: it is sent once per asset. */
bool weir_message_is_per_asset(const weir_message *message);
/** It says which assets are meant. One that does not is about the stream as a whole. */
bool weir_message_takes_assets(const weir_message *message);
/** True when the spec says under which name it is sent (`event`). */
bool weir_message_names_event(const weir_message *message);
/** Evaluates and emits: one message, or one per asset when the message names `asset`. WEIR_ERR_EVAL
 * in `error`. */
weir_code weir_message_emit(const weir_message *message, const weir_message_input *input,
                            weir_outgoing_fn *emit, void *user, weir_error *error);

/** The same in as many messages as the spec's `batch` makes of it, numbered from input->request on.
 */
weir_code weir_message_emit_batches(const weir_plan *plan, const weir_message *message,
                                    const weir_message_input *input, weir_outgoing_fn *emit,
                                    void *user, weir_error *error);

/** A list of name/value texts: handshake headers, url query. Values marked where secret. */
typedef struct weir_plan_pair {
    weir_str name;
    weir_str value;
    bool is_secret;
} weir_plan_pair;
/** Evaluates into `arena`. */
weir_code weir_plan_headers(const weir_plan *plan, const weir_message_input *input,
                            weir_arena *arena, weir_plan_pair **pairs, size_t *count,
                            weir_error *error);
weir_code weir_plan_query(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error);
/** The fields of `auth.mqtt` or `auth.zmq`. */
weir_code weir_plan_login(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                          weir_plan_pair **pairs, size_t *count, weir_error *error);
/**
 * The backend's options with their templates filled in; what they point to lives in `arena` or in
 * the spec.
 */
weir_code weir_plan_options(const weir_plan *plan, const weir_message_input *input,
                            weir_arena *arena, weir_options *out, weir_error *error);
/** The same to be shown: secrets are masked. */
weir_code weir_plan_options_shown(const weir_plan *plan, const weir_message_input *input,
                                  weir_arena *arena, weir_options *out, weir_error *error);
/** The connection's URL with {vars.x} and {credentials.x} filled in; `*shown` has secrets masked.
 */
weir_code weir_plan_url(const weir_plan *plan, const weir_message_input *input, weir_arena *arena,
                        weir_str *url, weir_str *shown, weir_error *error);
/** The key of `exclusive`, which may hold secrets; empty where the connection has none. */
weir_code weir_plan_exclusive(const weir_plan *plan, const weir_message_input *input,
                              weir_arena *arena, weir_str *key, weir_error *error);
/**
 * How often heartbeats come. A template of the spec is filled in; while what it names has not been
 * learnt, or is no duration, that is an error.
 */
weir_code weir_plan_heartbeat_every(const weir_plan *plan, const weir_message_input *input,
                                    weir_arena *arena, int64_t *every_ns, weir_error *error);

/* ------------------------------------------------------------------ requests of a session */

/** An HTTP request as it is to be sent; `shown` and `body_shown` have secrets masked. */
typedef struct weir_request {
    weir_str method;
    weir_str url, shown;
    weir_plan_pair *headers;
    size_t header_count;
    weir_plan_pair *query;
    size_t query_count;
    weir_str body, body_shown;
    const char *content_type; /* NULL: there is no body */
} weir_request;

/** Does the connection ask for a session (auth.session) before it connects? */
bool weir_plan_has_session(const weir_plan *plan);
/** The request for a session, or the one that renews it (where the spec has one). */
weir_code weir_plan_session_request(const weir_plan *plan, bool is_renewal,
                                    const weir_message_input *input, weir_arena *arena,
                                    weir_request *out, weir_error *error);

/** True if any expression or template of the plan names the credential at `index` of the spec's. */
bool weir_plan_needs_credential(const weir_plan *plan, size_t index);
/** Names in the order in which weir_expr_world must hold their values (the spec's own order). */
const weir_expr_names *weir_plan_names(const weir_plan *plan);

#endif
