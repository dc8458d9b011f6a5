/* SPDX-License-Identifier: MIT */
/*
 * What the files of this room share: a loaded spec with its plans, and the values that its
 * expressions see. A spec is counted: runtimes and decoders made from it hold it.
 */
#ifndef WEIR_RUNTIME_INTERNAL_H
#define WEIR_RUNTIME_INTERNAL_H

#include <stdatomic.h>

#include <weir/weir.h>

#include "backends/backend.h"
#include "pipeline/runner.h"
#include "spec/spec.h"
#include "util/secret.h"

/* ------------------------------------------------------------------ registry */

/** The backend of a name, or NULL. */
const weir_backend *weir_backend_find(weir_str name);
/** The same table as the spec room wants it. */
const weir_spec_registry *weir_backend_registry(void);

/* ------------------------------------------------------------------ spec */

typedef struct weir_plugins weir_plugins;       /* runtime/plugins.h */
typedef struct weir_connection weir_connection; /* runtime/live.h */

struct weir_spec {
    atomic_int references;
    atomic_bool has_copies; /* a program has copied records of it */
    weir_plugins *plugins;  /* outlive model and plans, which point to what they registered */
    weir_spec_model *model;
    weir_plan **plans; /* one per connection of the model, in its order */
    const weir_schema **schemas;
    size_t schema_count;
    char *credentials_file; /* NULL: the usual place */
    bool reads_environment;
    weir_spec_options origin; /* how it was loaded, in the model's arena */
};

weir_spec *weir_spec_retain(weir_spec *spec);
/** Index of a connection by name; NULL name: the only one. SIZE_MAX with `error`, which names those
 * there are. */
size_t weir_spec_find_connection(const weir_spec *spec, const char *name, weir_error *error);
/** The asset that a user means by a symbol: the spec's own, or the broker's. NULL: there is none.
 */
const weir_asset *weir_spec_find_asset(const weir_spec *spec, weir_str symbol);

/** The asset of a name that the venue uses, if it is known. */
const weir_asset *weir_spec_peek_asset(const weir_spec *spec, weir_str symbol);
/** The known asset that an answer of the venue means: by that name, or spelled as `symbols` says.
 */
const weir_asset *weir_spec_answered_asset(const weir_spec *spec,
                                           const weir_connection_spec *connection, weir_str symbol);
/**
 * The asset that stands for a symbol on a connection: spelled as its `symbols` says, where it is
 * not known as it is; "*" and "all" are the venue's word for all. NULL with `error`.
 */
const weir_asset *weir_spec_wanted_asset(const weir_spec *spec,
                                         const weir_connection_spec *connection, weir_str symbol,
                                         weir_error *error);
/** The asset that stands for all symbols; NULL: the venue has no word for that. */
const weir_asset *weir_spec_all_asset(const weir_spec *spec,
                                      const weir_connection_spec *connection);
/** It is the venue's word for all symbols. */
bool weir_symbols_is_all(const weir_symbols_spec *symbols, weir_str symbol);

/* ------------------------------------------------------------------ what expressions see */

/**
 * Values of one connection's world: vars from the spec, credentials resolved, an asset cache of its
 * own. Belongs to the thread that runs the connection.
 */
typedef struct weir_world {
    weir_expr_world expr; /* what weir_runner_new and messages take */
    weir_value *credentials;
    weir_value *vars;
    weir_value *session;  /* what `learn` rules teach, by the plan's names */
    weir_secret *secrets; /* owns the credentials' text; one per credential */
    size_t secret_count;
    size_t connection;
    weir_connection *live; /* whose world it is; NULL: nothing is connected */
} weir_world;

/**
 * Fills a zeroed world. Credentials are looked up (environment, file, default); with `requires_all`
 * a missing required one that the connection names is WEIR_ERR_CREDENTIALS, whose text says where
 * it was looked for. Without, it is ABSENT and the expression that asks for it fails.
 */
weir_code weir_world_init(weir_world *world, const weir_spec *spec, size_t connection,
                          bool requires_all, weir_error *error);
/** Looks the credentials up again (before a connect). */
weir_code weir_world_refresh(weir_world *world, const weir_spec *spec, weir_error *error);
void weir_world_fini(weir_world *world);
/** Appends `text` with every credential's text replaced by ***: the last net before a log or event.
 */
void weir_world_mask(const weir_world *world, weir_str text, weir_buf *out);
/** What a peer sent, with secrets covered in place: `data` itself, or `room` with a copy. */
weir_str weir_world_cover(const weir_world *world, weir_str data, weir_buf *room);
/** Masks the secrets in the sample and the reason of a failure. */
void weir_world_mask_letter(const weir_world *world, weir_dead_letter *letter);

/* ------------------------------------------------------------------ credentials */

/**
 * Looks up each credential of the spec into `secrets` (unset where it is given nowhere). The order:
 * environment, the credential's own file, the credentials file, the default. Those that the plan
 * `required_by` names must be found; NULL: none must.
 */
weir_code weir_credentials_resolve(const weir_spec *spec, weir_secret *secrets,
                                   const weir_plan *required_by, weir_error *error);
/** The same into an array of their own, one per credential of the spec. NULL with `error`. */
weir_secret *weir_credentials_fresh(const weir_spec *spec, const weir_plan *required_by,
                                    weir_error *error);
/** Wipes them. NULL is none. */
void weir_credentials_free(weir_secret *secrets, size_t count);

/* ------------------------------------------------------------------ status */

/** Fills the counters of a status from a runner's. */
void weir_status_from_counters(weir_connection_status *status, const weir_counters *counters);

#endif
