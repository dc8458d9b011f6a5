/* SPDX-License-Identifier: MIT */
/*
 * Two runners of one plan - one with all that makes it fast, one without - which must make the same
 * of every frame: equal records in the same order, cell by cell and bit by bit, equal counters,
 * equal failures. The first difference is printed and ends the process.
 *
 * A frame lies in pages between two that nobody may touch: mostly at the end, so that a read beyond
 * the slack is a crash in every build, and sometimes at the front, for reads before it. What stands
 * in the slack is the caller's to choose, and should be what a reader that goes on would like to
 * read.
 */
#ifndef WEIR_TEST_TWO_WAYS_H
#define WEIR_TEST_TWO_WAYS_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/runner.h"
#include "value/json_read.h"
#include "value/record.h"

typedef struct two_ways {
    const char *name; /* of the spec, for messages */
    weir_spec_model *model;
    weir_plan *plan;
    weir_runner *quick, *general;
    weir_expr_world worlds[2];
    weir_value sessions[2][8];
    weir_value vars[8];
    uint64_t number; /* of the next frame */
    /* The room of frames: `pages` is what may be touched. */
    char *map, *pages;
    size_t map_len, pages_len;
    bool is_at_front;
    weir_str frame; /* the one that is looked at */
    /* How the next frames come: */
    weir_str topic;
    bool is_binary;
    bool is_without_time;
    bool is_kept; /* records of the frame stay in the batch, those of the next one behind them */
} two_ways;

/* ------------------------------------------------------------------ lifecycle */

static inline void two_ways_start(two_ways *w)
{
    for (int i = 0; i < 2; i++) {
        if (!w->worlds[i].assets)
            w->worlds[i].assets = weir_asset_cache_new(w->model->assets);
        memset(w->sessions[i], 0, sizeof w->sessions[i]);
        w->worlds[i].session = w->sessions[i];
        w->worlds[i].vars = w->vars;
        w->worlds[i].connection_name = w->model->connections[0].name;
        w->worlds[i].fixed_now_ns = 1723161601000000000;
    }
    w->quick = weir_runner_new(w->plan, &w->worlds[0]);
    w->general = weir_runner_new(w->plan, &w->worlds[1]);
    if (!w->quick || !w->general)
        abort();
    weir_runner_set_general(w->general, true);
}

/* Forgets what has been learnt. */
static inline void two_ways_restart(two_ways *w)
{
    weir_runner_free(w->quick);
    weir_runner_free(w->general);
    w->number = 0;
    two_ways_start(w);
}

static inline two_ways *two_ways_open(const char *name, weir_str text)
{
    static const weir_option_row rows[] = {
        {.name = "origin", .type = WEIR_OPTION_STR, .doc = "origin"},
        {.name = "headers", .type = WEIR_OPTION_STR_MAP, .doc = "headers"},
    };
    static const weir_backend_rows backends[] = {{"websocket", rows, 2, 0, NULL, NULL}};
    static const weir_spec_registry registry = {.backends = backends, .count = 1};
    uint32_t next_schema_id = 1;
    weir_diags *diags = weir_diags_new();
    two_ways *w = calloc(1, sizeof *w);
    if (!w || !diags)
        abort();
    w->name = name;
    w->model = weir_spec_model_parse(name, text, &registry, diags);
    if (w->model)
        w->plan = weir_plan_new(w->model, &w->model->connections[0], &next_schema_id, diags);
    if (!w->plan || weir_diags_errors(diags) > 0) {
        weir_buf out = {0};
        weir_diags_print(diags, &out, false);
        fprintf(stderr, "%s\n", weir_buf_cstr(&out));
        abort();
    }
    for (size_t i = 0; i < w->model->var_count && i < sizeof w->vars / sizeof *w->vars; i++)
        w->vars[i] = w->model->vars[i].value;
    two_ways_start(w);
    weir_diags_free(diags);
    return w;
}

static inline void two_ways_close(two_ways *w)
{
    if (!w)
        return;
    weir_runner_free(w->quick);
    weir_runner_free(w->general);
    for (int i = 0; i < 2; i++)
        weir_asset_cache_free(w->worlds[i].assets);
    weir_plan_free(w->plan);
    weir_spec_model_free(w->model);
    if (w->map)
        munmap(w->map, w->map_len);
    free(w);
}

/* ------------------------------------------------------------------ differences */

static inline void two_ways_print(const char *what, weir_str text)
{
    fprintf(stderr, "%s ", what);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        fprintf(stderr, isprint(c) && c != '\\' ? "%c" : "\\x%02x", c);
    }
    fprintf(stderr, "\n");
}

static inline void two_ways_check(const two_ways *w, bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the two ways differ: %s, frame %llu of %s\n", what,
            (unsigned long long)w->number, w->name);
    two_ways_print("frame  ", w->frame);
    abort();
}

/* The flag of ASCII says how long a text is without looking, so it may be missing but not be wrong.
 */
static inline bool two_ways_is_sound(const weir_value *v)
{
    if (v->kind != WEIR_STR || !(v->flags & WEIR_VALUE_ASCII))
        return true;
    for (size_t i = 0; i < v->len; i++)
        if ((unsigned char)v->s[i] > 0x7f)
            return false;
    return true;
}

static inline bool two_ways_same_cell(const weir_value *a, const weir_value *b)
{
    if (a->kind != b->kind || !two_ways_is_sound(a) || !two_ways_is_sound(b))
        return false;
    switch (a->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE: return true;
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_TIMESTAMP:
    case WEIR_FLOAT: return a->bits == b->bits && a->aux == b->aux;
    case WEIR_ASSET: return a->asset == b->asset;
    case WEIR_LEVELS:
        return a->len == b->len &&
               (a->len == 0 || memcmp(a->levels, b->levels, a->len * sizeof(weir_level)) == 0);
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON: return weir_str_eq(weir_value_text(a), weir_value_text(b));
    default: return false; /* decimals are compared by the caller */
    }
}

static inline bool two_ways_same_decimal(const weir_record *a, const weir_record *b, size_t column)
{
    weir_str text, expected;
    double real, other;
    return weir_record_str(a, column, &text) && weir_record_str(b, column, &expected) &&
           weir_str_eq(text, expected) && weir_record_f64(a, column, &real) &&
           weir_record_f64(b, column, &other) && memcmp(&real, &other, sizeof real) == 0;
}

static inline bool two_ways_same_record(const weir_record *a, const weir_record *b)
{
    if (a->schema != b->schema || a->schema_id != b->schema_id || a->asset != b->asset ||
        a->timestamp_ns != b->timestamp_ns || a->received_ns != b->received_ns ||
        a->seq != b->seq || a->frame != b->frame || a->columns != b->columns)
        return false;
    for (size_t i = 0; i < a->schema->count; i++) {
        const weir_value x = weir_record_cell(a, i), y = weir_record_cell(b, i);
        const bool is_decimal = x.kind == WEIR_DECIMAL && y.kind == WEIR_DECIMAL;
        if (is_decimal ? !two_ways_same_decimal(a, b, i) : !two_ways_same_cell(&x, &y))
            return false;
    }
    return true;
}

static inline void two_ways_show(const char *what, const weir_batch *batch)
{
    size_t at = 0;
    weir_buf line = {0};
    for (const weir_record *record; (record = weir_batch_next(batch, &at));) {
        weir_buf_clear(&line);
        weir_record_write_json(&line, record, WEIR_RECORD_WITH_FRAME);
        two_ways_print(what, weir_buf_str(&line));
    }
    weir_buf_fini(&line);
}

static inline void two_ways_check_records(const two_ways *w)
{
    const weir_batch *quick = weir_runner_batch(w->quick), *general = weir_runner_batch(w->general);
    size_t at = 0, other = 0;
    bool is_same = quick->count == general->count;
    for (const weir_record *record; is_same && (record = weir_batch_next(quick, &at));) {
        const weir_record *expected = weir_batch_next(general, &other);
        is_same = expected && two_ways_same_record(record, expected);
    }
    is_same = is_same && !weir_batch_next(general, &other);
    if (!is_same) {
        two_ways_show("quick  ", quick);
        two_ways_show("general", general);
    }
    two_ways_check(w, is_same, "the records");
}

static inline uint64_t two_ways_failures(const weir_runner *runner)
{
    uint64_t count = 0;
    for (int i = 0; i < WEIR_STAGE_COUNT; i++)
        count += weir_runner_counters(runner)->failed[i];
    return count;
}

static inline bool two_ways_same_letter(const weir_dead_letter *a, const weir_dead_letter *b)
{
    return a->stage == b->stage && a->frame == b->frame && a->received_ns == b->received_ns &&
           a->sample_len == b->sample_len && memcmp(a->sample, b->sample, a->sample_len) == 0 &&
           strcmp(a->reason, b->reason) == 0;
}

/* The last `fresh` of those that are kept. */
static inline void two_ways_check_failures(const two_ways *w, uint64_t fresh)
{
    const size_t count = weir_runner_dead_letters(w->general);
    two_ways_check(w, weir_runner_dead_letters(w->quick) == count, "number of failures");
    for (size_t i = count; i > 0 && fresh > 0; fresh--) {
        i--;
        const weir_dead_letter *a = weir_runner_dead_letter(w->quick, i);
        const weir_dead_letter *b = weir_runner_dead_letter(w->general, i);
        if (two_ways_same_letter(a, b))
            continue;
        fprintf(stderr, "quick   %s\ngeneral %s\n", a->reason, b->reason);
        two_ways_print("of", (weir_str){a->sample, a->sample_len});
        two_ways_print("of", (weir_str){b->sample, b->sample_len});
        two_ways_check(w, false, "a failure");
    }
}

/* ------------------------------------------------------------------ frames */

/* Behind the end of a frame: more of what frames are made of. */
static const char two_ways_behind[] =
    "0123456789.\"]}],[[1,2],\"0123456789]]}}}}}}}}}}}]]]]]]]]]]99999xxx";
_Static_assert(sizeof two_ways_behind > WEIR_JSON_SLACK, "the slack is filled");

static inline void two_ways_reserve(two_ways *w, size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (len <= w->pages_len)
        return;
    if (w->map)
        munmap(w->map, w->map_len);
    w->pages_len = (2 * len + page - 1) / page * page;
    w->map_len = w->pages_len + 2 * page;
    w->map = mmap(NULL, w->map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (w->map == MAP_FAILED || mprotect(w->map, page, PROT_NONE) != 0 ||
        mprotect(w->map + page + w->pages_len, page, PROT_NONE) != 0)
        abort();
    w->pages = w->map + page;
}

/* Feeds a frame to both and compares. `behind`: WEIR_JSON_SLACK bytes, or NULL. */
static inline void two_ways_feed(two_ways *w, weir_str bytes, const char *behind)
{
    const size_t all = bytes.len + WEIR_JSON_SLACK;
    two_ways_reserve(w, all);
    char *at = w->is_at_front ? w->pages : w->pages + w->pages_len - all;
    if (bytes.len > 0)
        memcpy(at, bytes.ptr, bytes.len);
    memcpy(at + bytes.len, behind ? behind : two_ways_behind, WEIR_JSON_SLACK);
    w->frame = (weir_str){at, bytes.len};
    const weir_runner_frame frame = {.bytes = w->frame,
                                     .topic = w->topic,
                                     .is_binary = w->is_binary,
                                     .received_ns = w->is_without_time ? 0 : (int64_t)w->number + 1,
                                     .number = w->number};
    const uint64_t before = two_ways_failures(w->general);
    weir_runner_feed(w->quick, &frame);
    weir_runner_feed(w->general, &frame);
    two_ways_check_records(w);
    two_ways_check(w,
                   memcmp(weir_runner_counters(w->quick), weir_runner_counters(w->general),
                          sizeof(weir_counters)) == 0,
                   "the counters");
    two_ways_check_failures(w, two_ways_failures(w->general) - before);
    if (!w->is_kept) {
        weir_batch_clear(weir_runner_batch(w->quick));
        weir_batch_clear(weir_runner_batch(w->general));
    }
    w->number++;
}

#endif
