/* SPDX-License-Identifier: MIT */
/*
 * Another spec for a runtime at work: load, compare, prepare all that may fail, then go over.
 *
 * What a connection is made of is compared (spec/part.c), and its credentials. One that would be
 * made the same is not touched: it goes on by the spec that it was made from, so its socket, its
 * sequence numbers and its schemas are as they were. Any other difference replaces it, also one
 * that only concerns records: numbers, ids and learnt values would have to be carried into a plan
 * that counts them otherwise. The new connection takes over the subscriptions at once, and waits
 * for the old one to be down: two of the same key are more than many venues allow. What came
 * between is covered by gap records (carry.c).
 *
 * A spec that was left behind is freed when no record of it waits in a queue any more, or is in
 * somebody's hands (left_specs.c). Master data that did not change is shared, and a reload that
 * changes nothing leaves nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "runtime/report.h"
#include "spec/part.h"
#include "util/error.h"
#include "util/map.h"
#include "util/time.h"

#define SINKS_WAIT_NS (1500 * WEIR_NS_PER_MS)

/* A connection of the new spec, and what becomes of it. */
typedef struct step {
    size_t index;           /* in the new spec */
    weir_connection *old;   /* first shard of the one of this name; NULL: it is new */
    weir_connection *fresh; /* NULL: the old one is kept */
    weir_buf why;           /* what has changed */
} step;

typedef struct reload {
    weir_runtime *runtime;
    weir_spec *spec;
    step *steps;
    size_t step_count;
    weir_connection **gone; /* first shards of those that the new spec has not */
    size_t gone_count;
    weir_connection **table; /* what comes in the place of the runtime's */
    size_t table_count;
    weir_left_spec *place; /* for the spec that is left behind */
    weir_lost_wants lost;
    weir_reload done;
} reload;

/* ------------------------------------------------------------------ credentials */

/* In whatever order a spec has them; a plugin may ask for any. Seeded, so that it tells nobody
 * anything, and never shown. */
static uint64_t print_logins(const weir_spec *spec, const weir_plan *plan,
                             const weir_secret *secrets)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < spec->model->credential_count; i++) {
        const weir_str name = spec->model->credentials[i].name, text = secrets[i].text;
        if (!text.ptr || !(weir_plan_needs_credential(plan, i) || spec->plugins->first))
            continue;
        const uint64_t both[] = {weir_hash(name.ptr, name.len), weir_hash(text.ptr, text.len)};
        sum += weir_hash(both, sizeof both);
    }
    return sum;
}

void weir_reload_note_logins(weir_connection *connection)
{
    if (!weir_connection_is_front(connection))
        return; /* those of the one that is up count */
    atomic_store(&weir_connection_face(connection)->logins,
                 print_logins(connection->source, connection->plan, connection->world.secrets));
}

/* Whether the credentials are others now than those that it uses. */
static weir_code compare_logins(const weir_connection *connection, bool *differs, weir_error *error)
{
    const weir_spec *spec = connection->source;
    weir_secret *fresh = weir_credentials_fresh(spec, connection->plan, error);
    if (!fresh)
        return error->code;
    *differs = print_logins(spec, connection->plan, fresh) != atomic_load(&connection->logins);
    weir_credentials_free(fresh, spec->model->credential_count);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ what is to be done */

static weir_connection *find_old(const weir_runtime *runtime, weir_str name)
{
    for (size_t i = 0; i < runtime->connection_count; i++) {
        weir_connection *connection = runtime->connections[i];
        if (connection->shard == 0 && weir_str_eq(connection->spec->name, name))
            return connection;
    }
    return NULL;
}

/* A connection that the runtime was made for by name may be gone from the spec. */
static bool is_chosen(const weir_runtime *runtime, weir_str name)
{
    for (size_t i = 0; i < runtime->name_count; i++) {
        if (weir_str_is(name, runtime->names[i]))
            return true;
    }
    return runtime->names == NULL;
}

static weir_code compare(step *s, const weir_spec *spec, bool *differs, weir_error *error)
{
    weir_code code = WEIR_OK;
    *differs = true;
    if (!s->old)
        return code;
    *differs = weir_part_differs(s->old->source->model, s->old->spec_index, spec->model, s->index,
                                 &s->why);
    if (!*differs && !weir_connection_is_played(s->old)) {
        code = compare_logins(s->old, differs, error);
        if (*differs)
            weir_buf_puts(&s->why, "credentials");
    }
    return code;
}

static weir_code plan_steps(reload *r, weir_error *error)
{
    const weir_spec_model *model = r->spec->model;
    weir_runtime *runtime = r->runtime;
    for (size_t i = 0; i < model->connection_count; i++) {
        bool differs = false;
        if (!is_chosen(runtime, model->connections[i].name))
            continue;
        step *s = &r->steps[r->step_count++];
        s->index = i;
        s->old = find_old(runtime, model->connections[i].name);
        weir_code code = compare(s, r->spec, &differs, error);
        if (code == WEIR_OK && differs &&
            !(s->fresh = weir_connections_new(runtime, r->spec, i, error)))
            code = error->code;
        if (code != WEIR_OK)
            return code;
        r->done.kept += s->old && !s->fresh;
        r->done.replaced += s->old && s->fresh;
        r->done.added += !s->old;
    }
    return r->step_count > 0 ? WEIR_OK
                             : weir_fail(error, WEIR_ERR_NOT_FOUND,
                                         "none of the runtime's connections is in the spec");
}

static void find_gone(reload *r)
{
    const weir_runtime *runtime = r->runtime;
    for (size_t i = 0; i < runtime->connection_count; i++) {
        weir_connection *connection = runtime->connections[i];
        size_t k = 0;
        if (connection->shard > 0)
            continue;
        while (k < r->step_count && r->steps[k].old != connection)
            k++;
        if (k == r->step_count)
            r->gone[r->gone_count++] = connection;
    }
    r->done.removed = r->gone_count;
}

static bool share_sinks(const weir_spec_model *before, const weir_spec_model *after)
{
    bool is_same = before->sink_count == after->sink_count;
    for (size_t i = 0; is_same && i < after->sink_count; i++)
        is_same = weir_part_shares_sink(before, i, after, i);
    return is_same;
}

static bool changes_anything(const reload *r)
{
    return r->done.replaced + r->done.added + r->done.removed > 0 ||
           !share_sinks(r->runtime->spec->model, r->spec->model);
}

/* ------------------------------------------------------------------ preparing */

static bool make_table(reload *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->step_count; i++) {
        const step *s = &r->steps[i];
        count += s->fresh ? s->fresh->shard_count : s->old->shard_count;
    }
    r->table = calloc(count + 1, sizeof *r->table);
    for (size_t i = 0; r->table && i < r->step_count; i++) {
        weir_connection *first = r->steps[i].fresh ? r->steps[i].fresh : r->steps[i].old;
        for (size_t shard = 0; shard < first->shard_count; shard++)
            r->table[r->table_count++] = &first[shard];
    }
    return r->table != NULL;
}

static bool make_room(reload *r)
{
    weir_runtime *runtime = r->runtime;
    bool has_room = make_table(r);
    pthread_mutex_lock(&runtime->opening);
    for (weir_consumer *c = atomic_load(&runtime->consumers); c; c = weir_consumer_following(c))
        has_room = has_room && weir_consumer_expect(c, weir_producers_count(&runtime->producers));
    pthread_mutex_unlock(&runtime->opening);
    r->place = weir_left_spec_new();
    return has_room && r->place;
}

/* Assets keep their addresses, and what consumers know by them, where the master data is the same.
 */
static void share_assets(const weir_spec *before, weir_spec *after)
{
    if (!weir_part_shares_assets(before->model, after->model))
        return;
    weir_asset_book_free(after->model->assets);
    after->model->assets = weir_asset_book_retain(before->model->assets);
}

static void undo(reload *r)
{
    for (size_t i = 0; i < r->step_count; i++) {
        weir_connection *fresh = r->steps[i].fresh;
        for (size_t shard = fresh ? fresh->shard_count : 0; shard-- > 0;)
            weir_connections_free(&fresh[shard]);
    }
    free(r->table);
}

static weir_code prepare(reload *r, weir_error *error)
{
    weir_runtime *runtime = r->runtime;
    const size_t most = r->spec->model->connection_count + runtime->connection_count + 1;
    r->steps = calloc(most, sizeof *r->steps);
    r->gone = calloc(most, sizeof *r->gone);
    if (!r->steps || !r->gone)
        return weir_fail_nomem(error);
    share_assets(runtime->spec, r->spec);
    weir_code code = plan_steps(r, error);
    if (code == WEIR_OK)
        find_gone(r);
    if (code == WEIR_OK && !make_room(r))
        code = weir_fail_nomem(error);
    if (code == WEIR_OK)
        code = weir_sinks_open(runtime, r->spec, error);
    if (code == WEIR_OK)
        code = weir_sinks_start(runtime, error);
    if (code != WEIR_OK)
        weir_sinks_take_back(runtime);
    return code;
}

/* ------------------------------------------------------------------ going over */

static void change_shape(reload *r)
{
    weir_runtime *runtime = r->runtime;
    pthread_rwlock_wrlock(&runtime->shape);
    for (size_t i = 0; i < r->step_count; i++) {
        if (r->steps[i].old && r->steps[i].fresh)
            weir_carry_wants(r->steps[i].old, r->steps[i].fresh, &r->lost);
    }
    for (size_t i = 0; i < r->gone_count; i++)
        weir_carry_wants(r->gone[i], NULL, &r->lost);
    weir_connection **before = runtime->connections;
    runtime->connections = r->table;
    runtime->connection_count = r->table_count;
    weir_left_specs_put_take(&runtime->left, r->place, runtime->spec);
    r->place = NULL;
    runtime->spec = weir_spec_retain(r->spec);
    pthread_rwlock_unlock(&runtime->shape);
    free(before);
    r->done.lost_subscriptions = r->lost.count;
}

static void order_block(weir_connection *first, unsigned orders)
{
    const size_t shards = first->shard_count; /* it may be gone with the last order */
    for (size_t i = 0; i < shards; i++)
        weir_connection_order(&first[i], orders);
}

static void go_over(reload *r)
{
    for (size_t i = 0; i < r->step_count; i++) {
        weir_connection *old = r->steps[i].old, *fresh = r->steps[i].fresh;
        if (!fresh)
            continue;
        if (old) {
            atomic_store(&fresh->awaited, old->shard_count + WEIR_AWAITS_OWNER);
            old->heir = fresh;
        }
        for (size_t shard = 0; shard < fresh->shard_count; shard++)
            weir_reactor_add(fresh[shard].reactor, &fresh[shard]);
        order_block(old ? old : fresh, old ? WEIR_ORDER_RETIRE : WEIR_ORDER_START);
    }
    for (size_t i = 0; i < r->gone_count; i++)
        order_block(r->gone[i], WEIR_ORDER_RETIRE);
}

/* ------------------------------------------------------------------ telling */

static void post(weir_runtime *runtime, weir_code code, weir_str reason)
{
    const weir_event event = {
        .type = WEIR_EVENT_RELOADED, .time_ns = weir_now_ns(), .code = code, .reason = reason};
    weir_events_post(runtime->events, &event);
}

static void tell_lost(const reload *r)
{
    for (size_t i = 0; i < r->lost.count && i < WEIR_LOST_WANTS_MAX; i++) {
        const weir_lost_want *item = &r->lost.list[i];
        char text[sizeof item->why + 160];
        const int len = snprintf(text, sizeof text, "%.60s%s%.60s is subscribed no more: %s",
                                 item->stream.ptr, item->symbol.len > 0 ? " " : "",
                                 item->symbol.len > 0 ? item->symbol.ptr : "", item->why);
        const weir_event event = {.type = WEIR_EVENT_REJECTED,
                                  .time_ns = weir_now_ns(),
                                  .connection = item->connection,
                                  .code = WEIR_ERR_NOT_FOUND,
                                  .stream = item->stream,
                                  .symbol = item->symbol,
                                  .reason = {text, (size_t)len}};
        weir_events_post(r->runtime->events, &event);
    }
}

static void put_names(weir_buf *out, const reload *r, bool is_replaced)
{
    size_t count = 0;
    for (size_t i = 0; i < r->step_count; i++) {
        const step *s = &r->steps[i];
        if (!s->fresh || !s->old == is_replaced)
            continue;
        weir_buf_printf(out, "%s%.*s", count++ ? "; " : " (", WEIR_FMT(s->fresh->spec->name));
        if (s->old)
            weir_buf_printf(out, ": %s changed", weir_buf_cstr((weir_buf *)&s->why));
    }
    weir_buf_puts(out, count ? ")" : "");
}

static void tell(const reload *r)
{
    weir_buf text = {0};
    weir_buf_printf(&text, "reload: kept %zu, replaced %zu", r->done.kept, r->done.replaced);
    put_names(&text, r, true);
    weir_buf_printf(&text, ", added %zu", r->done.added);
    put_names(&text, r, false);
    weir_buf_printf(&text, ", removed %zu", r->done.removed);
    for (size_t i = 0; i < r->gone_count; i++)
        weir_buf_printf(&text, "%s%.*s%s", i ? "; " : " (", WEIR_FMT(r->gone[i]->spec->name),
                        i + 1 == r->gone_count ? ")" : "");
    if (r->lost.count > 0)
        weir_buf_printf(&text, "; %zu subscription%s lost", r->lost.count,
                        r->lost.count == 1 ? " is" : "s are");
    post(r->runtime, WEIR_OK, weir_buf_str(&text));
    weir_buf_fini(&text);
}

/* ------------------------------------------------------------------ the call */

static weir_code apply(reload *r, weir_error *error)
{
    weir_runtime *runtime = r->runtime;
    if (!runtime->is_started || runtime->is_stopped)
        return weir_fail(error, WEIR_ERR_STATE, "only a runtime at work can be reloaded");
    const weir_code code = prepare(r, error);
    if (code != WEIR_OK || !changes_anything(r)) {
        undo(r);
        if (code == WEIR_OK)
            tell(r);
        return code;
    }
    change_shape(r);
    tell_lost(r);
    tell(r); /* before the orders: what is retired may be gone soon */
    go_over(r);
    weir_sinks_settle(runtime, weir_mono_ns() + SINKS_WAIT_NS);
    return WEIR_OK;
}

static weir_spec *load(weir_runtime *runtime, const char *path, const weir_spec_options *options,
                       weir_report **report, weir_error *error)
{
    weir_spec *before = weir_runtime_hold_spec(runtime);
    weir_spec *spec = weir_spec_load(path ? path : before->model->path.ptr,
                                     options ? options : &before->origin, report, error);
    weir_spec_free(before);
    return spec;
}

/* False: the runtime is being stopped. Whoever stops it waits for the loops, so nobody on one of
 * them may wait for him. */
static bool begin(weir_runtime *runtime)
{
    const struct timespec a_while = {.tv_nsec = 1000000};
    while (pthread_mutex_trylock(&runtime->lifecycle) != 0) {
        if (atomic_load(&runtime->stop_at_ns) != 0)
            return false;
        nanosleep(&a_while, NULL);
    }
    return true;
}

/* From `r->spec` on, and what it takes. */
static weir_code run(reload *r, weir_error *error)
{
    weir_code code;
    if (begin(r->runtime)) {
        code = apply(r, error);
        pthread_mutex_unlock(&r->runtime->lifecycle);
    } else {
        code = weir_fail(error, WEIR_ERR_STATE, "the runtime is being stopped");
    }
    for (size_t i = 0; i < r->step_count; i++)
        weir_buf_fini(&r->steps[i].why);
    free(r->steps);
    free(r->gone);
    weir_left_spec_free(r->place);
    weir_spec_free(r->spec);
    weir_left_specs_look(r->runtime);
    return code;
}

static weir_code load_and_run(weir_runtime *runtime, const char *path,
                              const weir_spec_options *options, weir_reload *done,
                              weir_report **report, weir_error *error)
{
    weir_spec *spec = load(runtime, path, options, report, error);
    reload *r = spec ? calloc(1, sizeof *r) : NULL;
    if (!spec)
        return error->code;
    if (!r) {
        weir_spec_free(spec);
        return weir_fail_nomem(error);
    }
    r->runtime = runtime;
    r->spec = spec;
    const weir_code code = run(r, error);
    if (done && code == WEIR_OK)
        *done = r->done;
    free(r);
    return code;
}

weir_code weir_runtime_reload(weir_runtime *runtime, const char *path,
                              const weir_spec_options *options, weir_reload *done,
                              weir_report **report, weir_error *error)
{
    weir_error local = {0};
    error = error ? error : &local;
    *error = (weir_error){0};
    if (report)
        *report = NULL;
    const weir_code code = load_and_run(runtime, path, options, done, report, error);
    atomic_fetch_add(code == WEIR_OK ? &runtime->reloads : &runtime->failed_reloads, 1);
    if (code == WEIR_OK)
        return code;
    weir_buf text = {0};
    weir_buf_printf(&text, "reload failed, the old spec runs on: %s", error->text);
    post(runtime, code, weir_buf_str(&text));
    weir_buf_fini(&text);
    return code;
}

weir_spec *weir_runtime_hold_spec(const weir_runtime *runtime)
{
    pthread_rwlock_t *shape = weir_runtime_shape(runtime);
    pthread_rwlock_rdlock(shape);
    weir_spec *spec = weir_spec_retain(runtime->spec);
    pthread_rwlock_unlock(shape);
    return spec;
}

const weir_spec *weir_runtime_spec(const weir_runtime *runtime)
{
    pthread_rwlock_t *shape = weir_runtime_shape(runtime);
    pthread_rwlock_rdlock(shape);
    const weir_spec *spec = runtime->spec;
    pthread_rwlock_unlock(shape);
    return spec;
}

void weir_runtime_reloads(const weir_runtime *runtime, uint64_t *done, uint64_t *failed)
{
    *done = atomic_load(&runtime->reloads);
    *failed = atomic_load(&runtime->failed_reloads);
}

/* ------------------------------------------------------------------ comparing */

/* connection_count: there is none of this name. */
static size_t find_named(const weir_spec_model *model, weir_str name)
{
    size_t i = 0;
    while (i < model->connection_count && !weir_str_eq(model->connections[i].name, name))
        i++;
    return i;
}

weir_code weir_spec_compare(const weir_spec *before, const weir_spec *after, weir_text_buffer *out,
                            weir_error *error)
{
    weir_buf buf = {out->ptr, out->len, out->cap, false};
    weir_buf why = {0};
    const weir_spec_model *a = before->model, *b = after->model;
    for (size_t i = 0; i < b->connection_count; i++) {
        const size_t k = find_named(a, b->connections[i].name);
        weir_buf_clear(&why);
        weir_buf_printf(&buf, "%.*s: ", WEIR_FMT(b->connections[i].name));
        if (k == a->connection_count)
            weir_buf_puts(&buf, "added\n");
        else if (weir_part_differs(a, k, b, i, &why))
            weir_buf_printf(&buf, "replaced (%s changed)\n", weir_buf_cstr(&why));
        else
            weir_buf_puts(&buf, "kept\n");
    }
    for (size_t k = 0; k < a->connection_count; k++) {
        if (find_named(b, a->connections[k].name) == b->connection_count)
            weir_buf_printf(&buf, "%.*s: removed\n", WEIR_FMT(a->connections[k].name));
    }
    if (!share_sinks(a, b))
        weir_buf_puts(&buf, "sinks: changed\n");
    const bool has_memory = !buf.failed && !why.failed;
    weir_buf_fini(&why);
    *out = (weir_text_buffer){buf.ptr, buf.len, buf.cap};
    return has_memory ? WEIR_OK : weir_fail_nomem(error);
}
