/* SPDX-License-Identifier: MIT */
/*
 * The plugins of one spec: found, loaded, checked, and what they registered, as the rooms below
 * want it. The public side is include/weir/plugin.h; plugins.c opens shared objects,
 * plugin_rows.c takes what they register, plugin_call.c calls it, plugin_host.c is the table that
 * they work through.
 */
#ifndef WEIR_RUNTIME_PLUGINS_H
#define WEIR_RUNTIME_PLUGINS_H

#include <stdatomic.h>

#include <weir/plugin.h>

#include "runtime/internal.h"

#define WEIR_PLUGIN_BUDGET_NS INT64_C(1000000)     /* of a call, unless the spec says another */
#define WEIR_PLUGIN_TELL_NS   INT64_C(60000000000) /* between two warnings about one function */

typedef struct weir_plugin_room weir_plugin_room; /* a context from the inside */

/** What is known of the calls of one function. Any thread. */
typedef struct weir_meter {
    atomic_ullong calls, failures, slow, total_ns, slowest_ns;
    atomic_llong told_slow_ns, told_failure_ns; /* monotonic; 0: never */
} weir_meter;

/** A plugin of a spec. */
typedef struct weir_loaded weir_loaded;
struct weir_loaded {
    weir_loaded *next; /* in the order of the spec */
    weir_plugins *owner;
    char *name;
    char *path;
    void *handle; /* of dlopen */
    const weir_plugin_entry *entry;
    void *state;
    bool is_up; /* init went well */
    int64_t budget_ns;
    weir_value options; /* in the spec's arena */
};

/** A function that a plugin registered: an extension with its row and meter behind. */
typedef struct weir_plugin_item {
    weir_extension extension;
    weir_plugin_function row;
    const weir_loaded *plugin;
    char what[120]; /* "transform 'half'" */
    weir_meter meter;
} weir_plugin_item;

/** A sink or a backend that a plugin registered. */
typedef struct weir_plugin_table {
    weir_backend backend; /* of a backend: what the runtime opens links by */
    bool is_backend;
    weir_plugin_sink sink_row;
    weir_plugin_backend backend_row;
    const weir_loaded *plugin;
    weir_option_row *options; /* of the row, as the spec room reads them */
    char what[120];           /* "sink 'file'" */
    weir_meter meter;
} weir_plugin_table;

struct weir_plugins {
    weir_arena *arena;
    weir_loaded *first;
    weir_plugin_item **items;
    size_t count, cap;
    weir_extensions extensions; /* over items */
    weir_plugin_table **tables;
    size_t table_count, table_cap;
    weir_backend_rows *backends; /* those of the program, then those of plugins */
    weir_sink_rows *sinks;
    weir_spec_registry registry;
    const weir_spec_model *model; /* NULL while it is loaded */
};

weir_plugins *weir_plugins_new(void);
/** Calls `fini` of each and unloads them. Nothing of them may be in use. */
void weir_plugins_free(weir_plugins *plugins);
/** What the spec room is given: all backends, and this list to fill. */
const weir_spec_registry *weir_plugins_registry(weir_plugins *plugins);

/** Loads a plugin by its file, or by its name as a spec beside the current folder would. */
bool weir_plugins_load_file(weir_plugins *plugins, const char *file, weir_error *error);

/* ------------------------------------------------------------------ plugin_text.c */

/** The calls of each function as Prometheus text. */
void weir_plugins_metrics(const weir_spec *spec, weir_buf *out);

/* ------------------------------------------------------------------ plugin_file.c */

/** False with `error`: a file that the system's loader must not be given. */
bool weir_plugin_file_check(const char *name, const char *path, weir_error *error);

/* ------------------------------------------------------------------ plugin_rows.c */

/** What `init` registers with: its refusal is kept. */
struct weir_plugin_registry {
    weir_loaded *plugin;
    weir_error error; /* code WEIR_OK: nothing was refused */
};

bool weir_plugin_add_function(weir_plugin_registry *registry, const weir_plugin_function *row);
/** Notes why a registration is refused, unless one was before; false. */
bool weir_plugin_refuse(weir_plugin_registry *registry, const char *format, ...) WEIR_PRINTF(2, 3);
/** Letters, digits and '_', a letter first. */
bool weir_plugin_is_word(const char *text);
/** Forgets what a plugin has registered. */
void weir_plugins_forget(weir_plugins *plugins, const weir_loaded *plugin);

/* ------------------------------------------------------------------ plugin_tables.c */

bool weir_plugin_add_sink(weir_plugin_registry *registry, const weir_plugin_sink *row);
bool weir_plugin_add_backend(weir_plugin_registry *registry, const weir_plugin_backend *row);
/** NULL: no plugin of the spec registers it. */
weir_plugin_table *weir_plugins_sink(const weir_plugins *plugins, weir_str name);
const weir_backend *weir_plugins_backend(const weir_plugins *plugins, weir_str name);
/** Whose options these are. */
const weir_plugin_table *weir_plugin_table_of(const weir_options *options);
void weir_plugins_forget_tables(weir_plugins *plugins, const weir_loaded *plugin);
void weir_plugins_free_tables(weir_plugins *plugins);
/** The value of an option by its row, made in the arena of the room; NULL: it has none. */
const weir_value *weir_plugin_option_value(weir_plugin_room *room, const char *name);

/* ------------------------------------------------------------------ plugin_backend.c */

/** Fills the table that the runtime sees. */
void weir_plugin_backend_fill(weir_plugin_table *table);
extern const weir_plugin_links weir_plugin_links_table;

/* ------------------------------------------------------------------ plugin_sink.c */

extern const weir_plugin_records weir_plugin_records_table;
/** Opens the sinks of a spec for a runtime, but those that are open in the same way: they are kept.
 * On failure weir_sinks_take_back closes what was opened. */
weir_code weir_sinks_open(weir_runtime *runtime, weir_spec *spec, weir_error *error);
/** Starts those that were opened. */
weir_code weir_sinks_start(weir_runtime *runtime, weir_error *error);
/** Closes those that weir_sinks_open has opened since the last weir_sinks_settle. */
void weir_sinks_take_back(weir_runtime *runtime);
/** Closes those that it has not kept: each writes what it has, at most until `deadline_ns`. */
void weir_sinks_settle(weir_runtime *runtime, int64_t deadline_ns);
/** After the end of the consumers: waits until each sink has written what is queued, at most until
 * `deadline_ns` of weir_mono_ns, then drops the rest; closes them. */
void weir_sinks_stop(weir_runtime *runtime, int64_t deadline_ns);
void weir_sinks_free(weir_runtime *runtime);

/* ------------------------------------------------------------------ plugin_call.c */

/** Whom warnings of a call are for. NULL: the log. */
typedef struct weir_plugin_teller {
    void (*tell)(void *user, weir_code code, const char *text);
    void *user;
} weir_plugin_teller;

/** `open` is what the plugin sees. */
struct weir_plugin_room {
    weir_plugin_context open;
    const weir_loaded *plugin;
    weir_arena *arena;
    weir_world *world; /* NULL: of no connection */
    const weir_expr_world *expr;
    const weir_expr_input *input; /* NULL: nothing to see */
    const weir_options *options;  /* NULL: those of the plugin */
    bool saw_secret;
    bool has_failed;
    char why[256];
};

static inline weir_plugin_room *weir_plugin_room_of(weir_plugin_context *context)
{
    return (weir_plugin_room *)context;
}

/** Its `run` of extensions. */
bool weir_plugin_run(const weir_extension *extension, weir_vm *vm, const weir_value *args,
                     size_t count, weir_value *out);
/** The same as a builtin of the VM: the row is the extension's first member. */
bool weir_plugin_call(weir_vm *vm, const weir_call *call, weir_value *out);
/** A room for a call that is no extension's: a timer, the end of a wait. */
void weir_plugin_room_init(weir_plugin_room *room, const weir_loaded *plugin, weir_world *world,
                           weir_arena *arena);
/** Counts a call that ended now, and tells of it when it was slow or failed; `what` is as in
 * "plugin 'x': WHAT took ...". `budget_ns` 0: it may take as long as it likes. */
void weir_plugin_account(const weir_loaded *plugin, weir_meter *meter,
                         const weir_plugin_teller *teller, const char *what, int64_t began_ns,
                         int64_t budget_ns, const char *failure);
/** A teller for the events of the connection whose world it is, else for the log. */
weir_plugin_teller weir_plugin_teller_of(weir_world *world);

/* ------------------------------------------------------------------ plugin_host.c */

extern const weir_plugin_host weir_plugin_host_table;

/* ------------------------------------------------------------------ plugin_live.c */

/** A timer of a plugin, on its connection's list. */
void weir_plugin_timers_free(weir_connection *connection);
weir_code weir_plugin_send(weir_plugin_context *context, bool is_binary, weir_str name,
                           weir_str bytes);
weir_plugin_timer *weir_plugin_timer_new(weir_plugin_context *context, weir_plugin_timer_fn *fn,
                                         void *user);
void weir_plugin_timer_set(weir_plugin_timer *timer, int64_t delay_ns);
void weir_plugin_timer_cancel(weir_plugin_timer *timer);
/** What a plugin frees. One of a link goes with its link, and is only cancelled. */
void weir_plugin_timer_end(weir_plugin_timer *timer);
/** One that calls `fire` with `user`, or with itself when that is NULL. */
weir_plugin_timer *weir_plugin_timer_make(weir_loop *loop, void (*fire)(void *user), void *user);
void weir_plugin_timer_free(weir_plugin_timer *timer);

#endif
