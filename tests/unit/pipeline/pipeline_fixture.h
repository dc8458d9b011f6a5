/* SPDX-License-Identifier: MIT */
/* A spec from text, its first connection as a plan, a runner over it, and its records as JSON
 * lines. */
#ifndef WEIR_TEST_PIPELINE_FIXTURE_H
#define WEIR_TEST_PIPELINE_FIXTURE_H

#include "pipeline/runner.h"
#include "weir_check.h"

typedef struct feed_world {
    weir_expr_world expr;
    weir_value credentials[8];
    weir_value vars[8];
    weir_value session[8];
} feed_world;

typedef struct feed {
    weir_diags *diags;
    weir_spec_model *model;
    weir_plan *plan;
    struct feed_world
        *world; /* on the heap: the runner borrows it, and a feed is returned by value */
    weir_runner *runner;
    uint64_t number;
    bool is_binary; /* how frames are marked */
    weir_buf out;
} feed;

static inline const weir_spec_registry *fixture_registry(void)
{
    static const weir_option_row rows[] = {
        {.name = "origin", .type = WEIR_OPTION_STR, .doc = "origin"},
        {.name = "headers", .type = WEIR_OPTION_STR_MAP, .doc = "headers"},
    };
    static const weir_backend_rows backends[] = {
        {"websocket", rows, 2, 0, NULL, NULL},
        {"topical", rows, 2, WEIR_BACKEND_TOPICS, NULL, NULL},
        {"named", rows, 2, WEIR_BACKEND_NAMES, NULL, NULL},
    };
    static const weir_spec_registry registry = {.backends = backends,
                                                .count = sizeof backends / sizeof *backends};
    return &registry;
}

/* Loads; the diagnostics are the test's to look at. */
static inline feed feed_load(const char *text)
{
    uint32_t next_schema_id = 1;
    feed f = {.diags = weir_diags_new()};
    f.model = weir_spec_model_parse("test.yaml", weir_str_of(text), fixture_registry(), f.diags);
    if (f.model)
        f.plan = weir_plan_new(f.model, &f.model->connections[0], &next_schema_id, f.diags);
    weir_diags_sort(f.diags);
    return f;
}

static inline void feed_start(feed *f)
{
    weir_diags_print(f->diags, &f->out, false);
    ck_assert_msg(weir_diags_errors(f->diags) == 0, "%s", weir_buf_cstr(&f->out));
    weir_buf_clear(&f->out);
    feed_world *world = calloc(1, sizeof *world);
    ck_assert_ptr_nonnull(world);
    f->world = world;
    for (size_t i = 0; i < f->model->var_count; i++)
        world->vars[i] = f->model->vars[i].value;
    for (size_t i = 0; i < f->model->credential_count; i++) {
        world->credentials[i] = weir_value_str(WEIR_STR("s3cret"));
        world->credentials[i].flags |= WEIR_VALUE_SECRET;
    }
    world->expr = (weir_expr_world){.credentials = world->credentials,
                                    .vars = world->vars,
                                    .session = world->session,
                                    .assets = weir_asset_cache_new(f->model->assets),
                                    .connection_name = f->model->connections[0].name};
    f->runner = weir_runner_new(f->plan, &world->expr);
    ck_assert_ptr_nonnull(f->runner);
}

static inline feed feed_open(const char *text)
{
    feed f = feed_load(text);
    feed_start(&f);
    return f;
}

static inline void feed_close(feed *f)
{
    weir_runner_free(f->runner);
    if (f->world)
        weir_asset_cache_free(f->world->expr.assets);
    free(f->world);
    weir_plan_free(f->plan);
    weir_spec_model_free(f->model);
    weir_diags_free(f->diags);
    weir_buf_fini(&f->out);
}

/* Feeds one frame of `len` bytes and returns its records, one JSON line each, without the fields
 * that all have. */
static inline const char *feed_frame(feed *f, weir_runner_frame frame)
{
    const size_t len = frame.bytes.len;
    char *copy = calloc(1, len + WEIR_JSON_SLACK);
    ck_assert_ptr_nonnull(copy);
    if (len > 0)
        memcpy(copy, frame.bytes.ptr, len);
    frame.bytes.ptr = copy;
    frame.is_binary |= f->is_binary;
    frame.received_ns = 1;
    frame.number = f->number++;
    weir_buf_clear(&f->out);
    weir_runner_feed(f->runner, &frame);
    weir_batch *batch = weir_runner_batch(f->runner);
    size_t offset = 0;
    for (weir_record *record; (record = weir_batch_next(batch, &offset));) {
        const size_t from = f->out.len;
        weir_record_write_json(&f->out, record, 0);
        char *tail = memmem(f->out.ptr + from, f->out.len - from, ",\"received\"", 11);
        ck_assert_ptr_nonnull(tail);
        f->out.len = (size_t)(tail - f->out.ptr);
        weir_buf_puts(&f->out, "}\n");
    }
    weir_batch_clear(batch);
    free(copy);
    return weir_buf_cstr(&f->out);
}

static inline const char *feed_named(feed *f, const char *name, const char *bytes, size_t len)
{
    return feed_frame(f, (weir_runner_frame){.bytes = {bytes, len}, .topic = weir_str_of(name)});
}

static inline const char *feed_bytes(feed *f, const char *bytes, size_t len)
{
    return feed_named(f, "", bytes, len);
}

static inline const char *feed_text(feed *f, const char *text)
{
    return feed_bytes(f, text, strlen(text));
}

static inline void expect_failed(const feed *f, weir_stage stage, uint64_t count,
                                 const char *reason)
{
    ck_assert_uint_eq(weir_runner_counters(f->runner)->failed[stage], count);
    const size_t kept = weir_runner_dead_letters(f->runner);
    ck_assert_uint_gt(kept, 0);
    const weir_dead_letter *letter = weir_runner_dead_letter(f->runner, kept - 1);
    ck_assert_int_eq(letter->stage, stage);
    ck_assert_msg(strstr(letter->reason, reason) != NULL, "'%s' has no '%s'", letter->reason,
                  reason);
}

#endif
