/* SPDX-License-Identifier: MIT */
/*
 * Records held back. While a connection is rolled it has two links with a runner each: the old
 * one's records are handed on, and those of its successor wait here, in their batch, with the marks
 * by which they are known (number, id). What the old link brings as well is struck out as it
 * comes, so that what is held is what the successor is ahead by; when it takes over, the rest
 * follows in order, and what is missing between the two is seen as any hole is.
 *
 * A record without number and id cannot be told from its double: of such streams the successor's
 * are left out until it takes over.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline/parts.h"

enum { LOOK_FIRST = 64 * 1024 /* bytes */ };

struct weir_held {
    weir_mark *marks; /* in the order of their records */
    size_t count, cap;
    size_t look_at; /* bytes at which doubles are struck out next */
    bool has_failed;
    uint64_t records_out; /* what the counters said when it began */
    uint64_t by_channel[WEIR_CHANNEL_COUNT];
    weir_batch aside; /* what is to be released */
    weir_batch spare;
};

void weir_runner_free_held(weir_runner *runner)
{
    if (!runner->held)
        return;
    free(runner->held->marks);
    weir_batch_fini(&runner->held->aside);
    weir_batch_fini(&runner->held->spare);
    free(runner->held);
}

void weir_runner_share(weir_runner *runner, const weir_runner *owner)
{
    weir_tracks *own = runner->own_tracks;
    runner->own_tracks = NULL;
    weir_runner_free_watches(runner);
    runner->own_tracks = own;
    runner->tracks = owner->tracks;
    runner->seen = owner->seen;
    runner->has_borrowed = true;
}

/* ------------------------------------------------------------------ holding */

bool weir_runner_hold(weir_runner *runner)
{
    if (!runner->held && !(runner->held = calloc(1, sizeof *runner->held)))
        return false;
    struct weir_held *held = runner->held;
    held->aside.open_at = held->spare.open_at = SIZE_MAX;
    weir_batch_clear(&held->aside);
    weir_batch_clear(&runner->batch);
    held->count = 0;
    held->look_at = LOOK_FIRST;
    held->has_failed = false;
    held->records_out = runner->counters.records_out;
    memcpy(held->by_channel, runner->counters.by_channel, sizeof held->by_channel);
    runner->holds = true;
    weir_runner_set_pours(runner);
    return true;
}

void weir_runner_uncount(weir_runner *runner)
{
    runner->counters.records_out = runner->held->records_out;
    memcpy(runner->counters.by_channel, runner->held->by_channel,
           sizeof runner->counters.by_channel);
}

static bool came_before(const weir_runner *runner, const weir_mark *mark)
{
    return (!mark->has_id && !mark->has_number) ||
           (mark->has_id && weir_seen_has(runner->seen[mark->stream], mark->id)) ||
           (mark->has_number && weir_tracks_has(runner->tracks, &mark->number));
}

/* One whose record was given up while it was made is replaced by the next. */
static bool push(struct weir_held *held, const weir_mark *mark)
{
    if (held->count > 0 && held->marks[held->count - 1].at == mark->at)
        held->count--;
    if (held->count == held->cap) {
        const size_t cap = held->cap ? held->cap * 2 : 256;
        weir_mark *marks = realloc(held->marks, cap * sizeof *marks);
        if (!marks)
            return false;
        held->marks = marks;
        held->cap = cap;
    }
    held->marks[held->count++] = *mark;
    return true;
}

bool weir_runner_keep(weir_runner *runner, const weir_plan_stream *stream,
                      const weir_plan_rule *rule, weir_str sample)
{
    weir_mark mark = {0};
    if (rule->watch)
        weir_runner_ask(runner, stream, rule, sample, &mark);
    if (mark.has_number && rule->watch->sequence->is_of_connection) {
        weir_runner_judge_number(runner, &mark);
        mark.has_number = false;
    }
    mark.at = runner->batch.bytes.len;
    const bool is_kept = (mark.has_number || mark.has_id) && !came_before(runner, &mark) &&
                         push(runner->held, &mark);
    runner->held->has_failed |=
        (mark.has_number || mark.has_id) && !is_kept && !came_before(runner, &mark);
    runner->counters.duplicates += !is_kept;
    return is_kept;
}

/* ------------------------------------------------------------------ records and their marks */

static size_t at_of(const weir_batch *batch, const weir_record *record)
{
    return (size_t)((const char *)record - batch->bytes.ptr);
}

static bool copy(weir_batch *to, const weir_record *record)
{
    weir_buf_put(&to->bytes, (weir_str){(const char *)record, record->size});
    to->count += !to->bytes.failed;
    return !to->bytes.failed;
}

/* The mark of a record: *next is the first that may be its. */
static weir_mark *mark_of(struct weir_held *held, size_t at, size_t *next)
{
    while (*next < held->count && held->marks[*next].at < at)
        ++*next;
    return *next < held->count && held->marks[*next].at == at ? &held->marks[*next] : NULL;
}

/* What came before is struck out. */
static void look_through(weir_runner *runner)
{
    struct weir_held *held = runner->held;
    weir_batch *from = &runner->batch;
    size_t offset = 0, next = 0, left = 0;
    weir_batch_clear(&held->spare);
    for (const weir_record *record; (record = weir_batch_next(from, &offset)) != NULL;) {
        weir_mark *mark = mark_of(held, at_of(from, record), &next);
        if (!mark || came_before(runner, mark)) {
            runner->counters.duplicates++;
            continue;
        }
        const size_t at = held->spare.bytes.len;
        if (!copy(&held->spare, record)) {
            held->has_failed = true;
            return;
        }
        held->marks[left] = *mark;
        held->marks[left++].at = at;
    }
    held->count = left;
    const weir_batch old = *from;
    *from = held->spare;
    held->spare = old;
}

size_t weir_runner_held(weir_runner *runner)
{
    struct weir_held *held = runner->held;
    if (!held || held->has_failed)
        return SIZE_MAX;
    if (runner->batch.bytes.len >= held->look_at) {
        look_through(runner);
        held->look_at = runner->batch.bytes.len * 2;
        if (held->look_at < LOOK_FIRST)
            held->look_at = LOOK_FIRST;
    }
    return held->has_failed ? SIZE_MAX : runner->batch.bytes.len;
}

void weir_runner_strike(weir_runner *runner, size_t stream, const weir_asset *asset)
{
    for (size_t i = 0; runner->holds && i < runner->held->count; i++) {
        weir_mark *mark = &runner->held->marks[i];
        if (mark->stream == stream && (!asset || mark->asset == asset))
            mark->has_id = mark->has_number = false;
    }
}

/* ------------------------------------------------------------------ taking over */

void weir_runner_take_over(weir_runner *runner)
{
    struct weir_held *held = runner->held;
    if (!runner->holds)
        return;
    runner->holds = false;
    weir_runner_set_pours(runner);
    const weir_batch empty = held->aside;
    held->aside = runner->batch;
    runner->batch = empty;
    weir_batch_clear(&runner->batch);
}

static bool is_fresh(weir_runner *runner, const weir_mark *mark)
{
    if (!mark->has_id && !mark->has_number) /* struck out */
        return false;
    if (mark->has_id && weir_seen_before(runner->seen[mark->stream], mark->id))
        return false;
    return !mark->has_number || weir_runner_judge_number(runner, mark);
}

void weir_runner_release(weir_runner *runner)
{
    struct weir_held *held = runner->held;
    size_t offset = 0, next = 0;
    if (!held)
        return;
    for (const weir_record *record; (record = weir_batch_next(&held->aside, &offset)) != NULL;) {
        const weir_mark *mark = mark_of(held, at_of(&held->aside, record), &next);
        if (!mark)
            continue;
        if (runner->on_first && !runner->on_first(runner->first_user, mark->stream, mark->asset))
            weir_runner_on_first(runner, NULL, NULL);
        if (is_fresh(runner, mark) && copy(&runner->batch, record)) {
            runner->counters.records_out++;
            runner->counters.by_channel[record->schema->channel]++;
        } else {
            runner->counters.duplicates++;
        }
    }
    weir_runner_let_go(runner);
}

void weir_runner_let_go(weir_runner *runner)
{
    weir_runner_take_over(runner);
    if (!runner->held)
        return;
    weir_batch_clear(&runner->held->aside);
    weir_batch_clear(&runner->held->spare);
    runner->held->count = 0;
}
