/* SPDX-License-Identifier: MIT */
/*
 * What happens in a test: frames through a runner of their own, messages as they would be sent, the
 * handshake as it would be made. Credentials are those of the block, never the user's; the clock
 * stands still.
 */
#include <stdlib.h>

#include "runtime/spec_test.h"
#include "util/encode.h"
#include "util/error.h"
#include "value/json_read.h"

/* ------------------------------------------------------------------ world */

typedef struct world {
    weir_expr_world expr;
    weir_asset_cache *assets;
} world;

static weir_value credential(const weir_credential_spec *spec, const weir_test_spec *test,
                             size_t index)
{
    weir_value value = weir_value_absent();
    if (test->credentials && test->credentials[index].ptr)
        value = weir_value_str(test->credentials[index]);
    else if (spec->has_default)
        value = weir_value_str(spec->default_value);
    value.flags |= value.kind == WEIR_STR ? WEIR_VALUE_SECRET : 0;
    return value;
}

static bool open_world(world *w, weir_test_run *run)
{
    const weir_spec_model *model = run->spec->model;
    const weir_test_spec *test = run->test;
    weir_value *credentials = WEIR_ARENA_ARRAY(run->arena, weir_value, model->credential_count + 1);
    weir_value *vars = WEIR_ARENA_ARRAY(run->arena, weir_value, model->var_count + 1);
    const weir_expr_names *names = weir_plan_names(run->spec->plans[test->connection]);
    weir_value *session = WEIR_ARENA_ARRAY(run->arena, weir_value, names->session_count + 1);
    w->assets = weir_asset_cache_new(model->assets);
    if (!credentials || !vars || !session || !w->assets)
        return false;
    for (size_t i = 0; i < model->credential_count; i++)
        credentials[i] = credential(&model->credentials[i], test, i);
    for (size_t i = 0; i < model->var_count; i++)
        vars[i] = model->vars[i].value;
    w->expr = (weir_expr_world){.credentials = credentials,
                                .vars = vars,
                                .session = session, /* nothing is learnt yet */
                                .assets = w->assets,
                                .connection_name = model->connections[test->connection].name,
                                .fixed_now_ns = test->now_ns ? test->now_ns : WEIR_TEST_NOW_NS};
    return true;
}

/* ------------------------------------------------------------------ what is kept */

/* Room for one more of `size` bytes in a list that grows in the arena. */
static void *room(weir_arena *arena, void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    const size_t bigger = *cap ? *cap * 2 : 8;
    void *grown = weir_arena_calloc(arena, bigger, size);
    if (!grown)
        return NULL;
    if (count > 0)
        memcpy(grown, list, count * size);
    *cap = bigger;
    return grown;
}

static bool add_item(weir_test_run *run, weir_str name, weir_str text, bool is_binary)
{
    weir_test_item *items = room(run->arena, run->items, run->count, &run->cap, sizeof *items);
    char *copy = weir_arena_calloc(run->arena, text.len + WEIR_JSON_SLACK, 1);
    if (!items || !copy)
        return false;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    run->items = items;
    weir_test_item *item = &items[run->count++];
    weir_json_error ignored;
    *item = (weir_test_item){.name = weir_arena_copy(run->arena, name),
                             .text = {copy, text.len},
                             .is_binary = is_binary};
    if (is_binary || !weir_json_parse(item->text, &item->value, &ignored))
        item->value = weir_value_absent();
    return item->name.ptr != NULL;
}

static bool add_failure(weir_test_run *run, const weir_dead_letter *letter, size_t frame)
{
    weir_test_failure *list =
        room(run->arena, run->failures, run->failure_count, &run->failure_cap, sizeof *list);
    const weir_str reason = weir_arena_copy(run->arena, weir_str_of(letter->reason));
    if (!list || !reason.ptr)
        return false;
    run->failures = list;
    list[run->failure_count++] = (weir_test_failure){letter->stage, frame, reason};
    return true;
}

/* ------------------------------------------------------------------ frames to records */

static uint64_t count_failures(const weir_runner *runner)
{
    uint64_t count = 0;
    for (size_t i = 0; i < WEIR_STAGE_COUNT; i++)
        count += weir_runner_counters(runner)->failed[i];
    return count;
}

static bool take_failures(weir_test_run *run, const weir_runner *runner, uint64_t before,
                          size_t frame)
{
    const size_t kept = weir_runner_dead_letters(runner);
    const uint64_t failed = count_failures(runner) - before;
    const size_t count = failed < kept ? (size_t)failed : kept;
    for (size_t i = kept - count; i < kept; i++) {
        if (!add_failure(run, weir_runner_dead_letter(runner, i), frame))
            return false;
    }
    return true;
}

static bool take_records(weir_test_run *run, weir_batch *batch, uint64_t *seq)
{
    weir_buf text = {0};
    size_t offset = 0;
    bool is_good = true;
    for (weir_record *record; is_good && (record = weir_batch_next(batch, &offset)) != NULL;) {
        record->seq = ++seq[record->schema->channel];
        weir_buf_clear(&text);
        weir_record_write_json(&text, record, 0);
        is_good = !text.failed && add_item(run, (weir_str){0}, weir_buf_str(&text), false);
    }
    weir_batch_clear(batch);
    weir_buf_fini(&text);
    return is_good;
}

static bool run_frames(weir_test_run *run, const world *w)
{
    const weir_test_spec *test = run->test;
    uint64_t seq[WEIR_CHANNEL_COUNT] = {0};
    weir_runner *runner = weir_runner_new(run->spec->plans[test->connection], &w->expr);
    bool is_good = runner != NULL;
    for (size_t i = 0; is_good && i < test->frame_count; i++) {
        weir_runner_frame frame = {.bytes = test->frames[i].bytes,
                                   .is_binary = test->frames[i].is_binary,
                                   .topic = test->frames[i].name,
                                   .has_parts = test->frames[i].has_parts,
                                   .received_ns = test->now_ns,
                                   .number = i};
        const uint64_t before = count_failures(runner);
        if (weir_runner_admit(runner, &frame))
            weir_runner_feed(runner, &frame);
        is_good = take_records(run, weir_runner_batch(runner), seq) &&
                  take_failures(run, runner, before, i);
    }
    weir_runner_free(runner);
    return is_good;
}

/* ------------------------------------------------------------------ messages out */

typedef struct speaking {
    weir_test_run *run;
    bool has_memory;
} speaking;

/* As the runtime names what the spec does not. */
static bool keep_message(void *user, const weir_outgoing *message)
{
    speaking *s = user;
    const weir_test_kind kind = s->run->test->kind;
    weir_str name = message->name;
    if (name.len == 0 && kind == WEIR_TEST_SUBSCRIBE)
        name = WEIR_STR("subscribe");
    else if (name.len == 0 && kind == WEIR_TEST_UNSUBSCRIBE)
        name = WEIR_STR("unsubscribe");
    s->has_memory = add_item(s->run, name, message->bytes, message->is_binary);
    return s->has_memory;
}

/* False: out of memory. What the message itself fails at is the problem of the run. */
static bool say(weir_test_run *run, const weir_message *message, const weir_message_input *input)
{
    speaking s = {run, true};
    weir_error error = {0};
    const weir_code code = weir_message_emit_batches(run->spec->plans[run->test->connection],
                                                     message, input, keep_message, &s, &error);
    if (code == WEIR_ERR_NOMEM || !s.has_memory)
        return false;
    if (code != WEIR_OK)
        run->problem = weir_arena_copy(run->arena, weir_str_of(error.text));
    return code == WEIR_OK || run->problem.ptr;
}

/* The streams that one message serves, as it is in use: their symbols together, each once. */
static bool gather_assets(weir_test_run *run, size_t slot, const weir_asset **assets, size_t *count,
                          bool *is_wanted)
{
    const weir_plan *plan = run->spec->plans[run->test->connection];
    for (size_t i = 0; i < run->test->stream_count; i++) {
        const weir_test_stream *stream = &run->test->streams[i];
        if (weir_plan_subscribe_slot(plan, stream->stream) != slot)
            continue;
        *is_wanted = true;
        for (size_t k = 0; k < stream->symbol_count; k++) {
            weir_error error = {0};
            const weir_asset *asset = weir_spec_wanted_asset(run->spec, weir_plan_connection(plan),
                                                             stream->symbols[k], &error);
            bool is_new = asset != NULL;
            if (!asset)
                run->problem = weir_arena_copy(run->arena, weir_str_of(error.text));
            for (size_t n = 0; is_new && n < *count; n++)
                is_new = assets[n] != asset;
            if (is_new)
                assets[(*count)++] = asset;
        }
    }
    return !weir_arena_failed(run->arena);
}

static bool run_stream(weir_test_run *run, weir_message_input *input, size_t slot, size_t symbols)
{
    const weir_plan *plan = run->spec->plans[run->test->connection];
    const weir_asset **assets = WEIR_ARENA_ARRAY(run->arena, const weir_asset *, symbols + 1);
    size_t count = 0;
    bool is_wanted = false;
    if (!assets || !gather_assets(run, slot, assets, &count, &is_wanted))
        return false;
    if (!is_wanted || run->problem.len > 0)
        return true;
    input->stream = weir_plan_connection(plan)->streams[slot].name;
    input->assets = assets;
    input->asset_count = count;
    input->request = 1;
    const weir_message *message =
        weir_plan_subscribe_message(plan, input->stream, run->test->kind == WEIR_TEST_UNSUBSCRIBE);
    return say(run, message, input);
}

static bool run_streams(weir_test_run *run, weir_message_input *input)
{
    size_t symbols = 0;
    for (size_t i = 0; i < run->test->stream_count; i++)
        symbols += run->test->streams[i].symbol_count;
    const weir_plan *plan = run->spec->plans[run->test->connection];
    for (size_t i = 0; i < weir_plan_connection(plan)->stream_count; i++) {
        if (!run_stream(run, input, i, symbols))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ login */

static bool make_url(weir_test_run *run, const weir_message_input *input, weir_error *error)
{
    const weir_plan *plan = run->spec->plans[run->test->connection];
    weir_str url = {0}, shown = {0};
    weir_plan_pair *query = NULL;
    size_t count = 0;
    weir_code code = weir_plan_url(plan, input, run->arena, &url, &shown, error);
    if (code == WEIR_OK && (weir_plan_connection(plan)->auth.modes & WEIR_AUTH_URL))
        code = weir_plan_query(plan, input, run->arena, &query, &count, error);
    if (code != WEIR_OK)
        return false;
    weir_buf text = {0};
    weir_buf_put(&text, url);
    char separator = url.len > 0 && memchr(url.ptr, '?', url.len) ? '&' : '?';
    for (size_t i = 0; i < count; i++) {
        weir_buf_putc(&text, separator);
        weir_percent_encode_pair(query[i].name, query[i].value, &text);
        separator = '&';
    }
    run->url = weir_arena_copy(run->arena, weir_buf_str(&text));
    weir_buf_wipe(&text);
    if (!run->url.ptr)
        weir_fail_nomem(error);
    return run->url.ptr != NULL;
}

static bool run_login(weir_test_run *run, const weir_message_input *input)
{
    const weir_plan *plan = run->spec->plans[run->test->connection];
    weir_error error = {0};
    bool is_good = make_url(run, input, &error);
    if (is_good && (weir_plan_connection(plan)->auth.modes & WEIR_AUTH_HEADERS))
        is_good = weir_plan_headers(plan, input, run->arena, &run->headers, &run->header_count,
                                    &error) == WEIR_OK;
    if (!is_good) {
        run->problem = weir_arena_copy(run->arena, weir_str_of(error.text));
        return error.code != WEIR_ERR_NOMEM && run->problem.ptr;
    }
    const weir_message *message = weir_plan_first_message(plan);
    return !message || say(run, message, input);
}

/* ------------------------------------------------------------------ a test */

static bool run_messages(weir_test_run *run, const world *w)
{
    weir_arena *arena = weir_arena_new(4096, WEIR_EXPR_MEMORY_MAX);
    weir_vm *vm = arena ? weir_vm_new(arena) : NULL;
    weir_message_input input = {.vm = vm, .world = &w->expr};
    const bool is_good = vm && (run->test->kind == WEIR_TEST_LOGIN ? run_login(run, &input)
                                                                   : run_streams(run, &input));
    weir_vm_free(vm);
    weir_arena_free(arena);
    return is_good;
}

weir_code weir_test_run_do(weir_test_run *run, const weir_spec *spec, const weir_test_spec *test,
                           weir_error *error)
{
    world w = {0};
    run->spec = spec;
    run->test = test;
    bool is_good = open_world(&w, run);
    if (is_good)
        is_good = test->kind == WEIR_TEST_RECORDS ? run_frames(run, &w) : run_messages(run, &w);
    weir_asset_cache_free(w.assets);
    return is_good ? WEIR_OK : weir_fail_nomem(error);
}
