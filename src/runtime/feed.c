/* SPDX-License-Identifier: MIT */
/*
 * Frames in, records out. A frame is decoded where it lies in the link's buffer, its records are
 * numbered and offered to every consumer in one piece. A consumer with policy block may refuse:
 * then the link is paused, the batch stays, and the backlog notes how far each such consumer got.
 * When the last of them has the rest the link goes on. No frame is decoded while a batch waits, so
 * the backlog is never more than one frame's records.
 */
#include <stdlib.h>

#include "runtime/live.h"
#include "util/time.h"

/* Records that are delivered together when a read brought as many. Inline they are fewer: the first
 * one waits for the last. */
enum { GATHER_MAX = 64, GATHER_INLINE = 16 };

typedef struct weir_backlog {
    weir_consumer *consumer;
    size_t offset;
} weir_backlog;

/* ------------------------------------------------------------------ publishing */

static void number_records(weir_connection *connection, const weir_batch *batch)
{
    uint64_t *const seq = connection->runtime->seq;
    const char *const end = batch->bytes.ptr + batch->bytes.len;
    for (char *at = batch->bytes.ptr; at < end;) {
        weir_record *record = (weir_record *)(void *)at;
        at += record->size;
        record->seq = ++seq[record->schema->channel];
    }
}

/* Room in the backlog is made before a consumer is asked: without it nothing may be left over. */
static bool has_backlog_room(weir_connection *connection)
{
    if (connection->backlog_count < connection->backlog_cap)
        return true;
    const size_t cap = connection->backlog_cap ? connection->backlog_cap * 2 : 4;
    weir_backlog *backlog = realloc(connection->backlog, cap * sizeof *backlog);
    if (!backlog)
        return false;
    connection->backlog = backlog;
    connection->backlog_cap = cap;
    return true;
}

/* From the venue's time to the read, of the first record of a read: those behind it waited for it.
 */
static void measure(weir_connection *connection, const weir_batch *batch)
{
    size_t offset = 0;
    const weir_record *first = weir_batch_next(batch, &offset);
    if (!first || first->received_ns == connection->measured_ns)
        return;
    connection->measured_ns = first->received_ns;
    if (first->timestamp_ns != WEIR_NO_TIME && !weir_schema_is_gap(first->schema))
        weir_histogram_add(&weir_connection_face(connection)->shown.latency,
                           first->received_ns - first->timestamp_ns);
}

static void offer(weir_connection *connection, weir_consumer *consumer, const weir_batch *batch)
{
    size_t offset = 0;
    const bool is_forced = connection->is_stopping || !has_backlog_room(connection);
    if (!weir_consumer_put(consumer, connection->index, batch, &offset, is_forced))
        connection->backlog[connection->backlog_count++] = (weir_backlog){consumer, offset};
}

static void offer_all(weir_connection *connection, const weir_batch *batch)
{
    weir_runtime *runtime = connection->runtime;
    const bool is_shared = runtime->reactor_count > 1;
    if (is_shared)
        pthread_mutex_lock(&runtime->publishing);
    number_records(connection, batch);
    for (weir_consumer *consumer = atomic_load_explicit(&runtime->consumers, memory_order_acquire);
         consumer; consumer = weir_consumer_following(consumer))
        offer(connection, consumer, batch);
    if (is_shared)
        pthread_mutex_unlock(&runtime->publishing);
}

/* ------------------------------------------------------------------ blocking */

static void pause_link(weir_connection *connection, bool is_paused)
{
    connection->is_blocked = is_paused;
    if (connection->link && connection->backend->pause)
        connection->backend->pause(connection->link, is_paused);
    weir_roll_pause(connection);
}

void weir_connection_publish(weir_connection *connection)
{
    weir_batch *batch = connection->batch;
    if (connection->is_blocked || !weir_connection_is_front(connection))
        return;
    weir_farewell_sift(connection, batch);
    if (batch->count == 0)
        return;
    measure(connection, batch);
    weir_liveness_batch(connection, batch);
    offer_all(connection, batch);
    if (connection->backlog_count > 0)
        pause_link(connection, true);
    else
        weir_batch_clear(batch);
}

void weir_connection_deliver_rest(weir_connection *connection, bool is_forced)
{
    const weir_batch *batch = connection->batch;
    size_t left = 0;
    if (!connection->is_blocked)
        return;
    for (size_t i = 0; i < connection->backlog_count; i++) {
        weir_backlog *entry = &connection->backlog[i];
        if (!weir_consumer_put(entry->consumer, connection->index, batch, &entry->offset,
                               is_forced))
            connection->backlog[left++] = *entry;
    }
    connection->backlog_count = left;
    if (left > 0)
        return;
    weir_batch_clear(connection->batch);
    pause_link(connection, false);
    weir_connection_unblocked(connection);
}

/* ------------------------------------------------------------------ frames */

/* The backend has just written them one by one. A load of both at once, which the compiler would
 * make of it, waits until they are in the cache: that is a tenth of what a short frame costs. */
static inline weir_str halves_of(const weir_str *span)
{
    const char *const volatile *ptr = &span->ptr;
    const volatile size_t *len = &span->len;
    return (weir_str){*ptr, *len};
}

static inline weir_runner_frame input_of(const weir_connection *connection, const weir_frame *frame)
{
    return (weir_runner_frame){.bytes = halves_of(&frame->bytes),
                               .is_binary = frame->kind == WEIR_FRAME_BINARY,
                               .topic = frame->name,
                               .received_ns = frame->received_ns,
                               .number = connection->counters->frames,
                               .has_parts = frame->has_parts};
}

/* A venue that echoes a credential must not get it into a recording. */
static void tap(weir_connection *connection, const weir_frame *frame)
{
    const weir_runtime_options *options = &connection->runtime->options;
    const weir_tap_frame tapped = {
        .time_ns = frame->received_ns,
        .connection = connection->spec->name,
        .is_binary = frame->kind == WEIR_FRAME_BINARY,
        .has_parts = frame->has_parts,
        .name = frame->name,
        .bytes = weir_world_cover(&connection->world, frame->bytes, &connection->text)};
    options->on_frame(options->user, &tapped);
}

/* An error of the ack also counts before the login: with auth in the headers it may come at once.
 */
static weir_verdict judge(weir_connection *connection, const weir_runner_frame *frame,
                          weir_error *why)
{
    weir_runner *runner = connection->runner;
    weir_verdict verdict = WEIR_VERDICT_OTHER;
    if (connection->state == WEIR_STATE_AUTHENTICATING)
        return weir_runner_wait(runner, WEIR_WAIT_ACK, frame, why);
    if (connection->state != WEIR_STATE_GREETING)
        return WEIR_VERDICT_OTHER;
    verdict = weir_runner_wait(runner, WEIR_WAIT_GREETING, frame, why);
    if (verdict == WEIR_VERDICT_OTHER &&
        weir_runner_wait(runner, WEIR_WAIT_ACK, frame, why) == WEIR_VERDICT_ERROR)
        verdict = WEIR_VERDICT_ERROR;
    return verdict;
}

static uint64_t count_failures(const weir_counters *counters)
{
    uint64_t count = 0;
    for (size_t i = 0; i < WEIR_STAGE_COUNT; i++)
        count += counters->failed[i];
    return count;
}

/* What became of the messages so far. */
typedef struct tally {
    uint64_t made;   /* records */
    uint64_t other;  /* messages that were none */
    uint64_t unread; /* frames that hold no message */
} tally;

static inline tally tally_of(const weir_connection *connection)
{
    const weir_counters *c = connection->counters;
    return (tally){c->records_out + c->duplicates,
                   c->dropped + c->unconverted + c->failed[WEIR_STAGE_PAYLOAD] +
                       c->failed[WEIR_STAGE_FRAME] + c->failed[WEIR_STAGE_CONVERT],
                   c->failed[WEIR_STAGE_DECOMPRESS] + c->failed[WEIR_STAGE_DECODE]};
}

/* A refusal is no record. So a frame that was nothing but records is not looked into for one when
 * no answer is awaited, and that is what nearly all frames are. */
static inline bool may_refuse(const weir_connection *connection, const tally *before)
{
    const tally after = tally_of(connection);
    return after.unread == before->unread &&
           (after.made == before->made || after.other != before->other);
}

static inline bool hears_refusals_now(const weir_connection *connection)
{
    return connection->hears_refusals && connection->live_since_ns != 0;
}

static __attribute__((noinline)) bool feed_and_hear_refusals(weir_connection *connection,
                                                             const weir_runner_frame *frame)
{
    const tally before = tally_of(connection);
    weir_runner_feed(connection->runner, frame);
    return !connection->news->is_not_utf8 && may_refuse(connection, &before) &&
           weir_connection_hear_refusals(connection, frame);
}

/* While no answer is awaited. True: there was one all the same. */
static inline bool feed(weir_connection *connection, const weir_runner_frame *frame)
{
    if (hears_refusals_now(connection))
        return feed_and_hear_refusals(connection, frame);
    weir_runner_feed(connection->runner, frame);
    return false;
}

/* True: an answer to a subscription was in it. */
static bool feed_and_hear(weir_connection *connection, const weir_runner_frame *frame)
{
    if (!weir_connection_awaits_answers(connection))
        return feed(connection, frame);
    const bool has_answer = weir_connection_hear_answers(connection, frame);
    weir_runner_feed(connection->runner, frame);
    return has_answer;
}

void weir_connection_count(weir_connection *connection)
{
    const weir_counters *counters = connection->counters;
    if (!connection->owes_show)
        return;
    connection->owes_show = false;
    const uint64_t failures = count_failures(counters);
    if (failures > connection->failed_before)
        weir_status_add_letters(&weir_connection_face(connection)->shown, connection->runner,
                                &connection->world, failures - connection->failed_before);
    connection->failed_before = failures;
    /* What is played came long ago, and yet now. */
    const int64_t came_ns =
        weir_connection_is_played(connection) ? weir_now_ns() : connection->came_ns;
    connection->numbers.last_frame_ns = came_ns;
    if (counters->records_out > connection->numbers.counters.records_out)
        connection->numbers.last_record_ns = came_ns;
}

void weir_connection_settle(weir_connection *connection)
{
    if (!connection->owes_show)
        return;
    weir_liveness_frames(connection);
    weir_connection_show(connection);
}

/* The frames of a read are through, or there is enough for a delivery: what was counted is shown
 * first, so that who has a record finds it counted. */
void weir_connection_batch(weir_connection *connection)
{
    weir_connection_settle(connection);
    weir_connection_publish(connection);
}

static inline size_t gathered(const weir_connection *connection)
{
    return atomic_load_explicit(&connection->runtime->has_inline, memory_order_relaxed)
               ? GATHER_INLINE
               : GATHER_MAX;
}

static inline void note(weir_connection *connection, const weir_runner_frame *frame)
{
    connection->came_ns = frame->received_ns;
    connection->owes_show = true;
    if (connection->batch->count >= gathered(connection))
        weir_connection_batch(connection);
}

/* What a frame may lead to, beside records. */
static inline void follow_up(weir_connection *connection, bool has_answer)
{
    if (connection->must_reconnect || connection->must_reconcile)
        weir_holes_act(connection);
    if (has_answer)
        weir_connection_reconcile(connection);
    else if (connection->outbox.count > 0 && connection->link && !connection->is_closing)
        weir_connection_flush(connection);
}

/* A frame at which somebody wants to look before it is decoded. */
static __attribute__((noinline)) void take_with_care(weir_connection *connection,
                                                     const weir_frame *frame)
{
    weir_error why = {0};
    weir_runner_frame input = input_of(connection, frame);
    if (connection->runtime->options.on_frame)
        tap(connection, frame);
    if (!weir_runner_admit(connection->runner, &input)) {
        note(connection, &input);
        return;
    }
    const weir_verdict verdict = judge(connection, &input, &why);
    const bool has_answer = feed_and_hear(connection, &input);
    if (!weir_connection_is_front(connection))
        weir_roll_held(connection);
    note(connection, &input);
    if (verdict != WEIR_VERDICT_OTHER)
        weir_connection_heard(connection, verdict, &why);
    follow_up(connection, has_answer);
}

/* Nobody: it is what nearly all frames are. */
static inline bool goes_straight(const weir_connection *connection)
{
    return !connection->sees_frames && weir_connection_is_front(connection) &&
           connection->state != WEIR_STATE_GREETING &&
           connection->state != WEIR_STATE_AUTHENTICATING &&
           !(connection->hears_answers && weir_connection_awaits_answers(connection));
}

void weir_connection_frame(weir_connection *connection, const weir_frame *frame)
{
    if (__builtin_expect(!goes_straight(connection), 0)) {
        take_with_care(connection, frame);
        return;
    }
    const weir_runner_frame input = input_of(connection, frame);
    const bool has_answer = feed(connection, &input);
    note(connection, &input);
    follow_up(connection, has_answer);
}

/* ------------------------------------------------------------------ runs */

static inline bool takes_runs(const weir_connection *connection)
{
    return goes_straight(connection) && !connection->is_closing && !connection->is_blocked;
}

/* A frame that may have come to more than records, or has filled the batch. False: the next one is
 * to be handed over by itself. */
static __attribute__((noinline)) bool look_up(weir_connection *connection, bool has_answer)
{
    connection->news->is_any = false;
    connection->owes_show = true;
    if (connection->batch->count >= gathered(connection))
        weir_connection_batch(connection);
    follow_up(connection, has_answer);
    return takes_runs(connection);
}

/* Frames of one kind. What is asked about a frame by itself is asked before the first one, and
 * after those that may have changed it. False: the rest is to be handed over by itself. */
static bool feed_run(weir_connection *connection, weir_frame_run *given, weir_runner_frame *input)
{
    weir_frame_run run = *given; /* in registers */
    const weir_batch *const batch = connection->batch;
    weir_runner_news *const news = connection->news;
    void (*const feed_one)(weir_runner * runner, const weir_runner_frame *frame) =
        input->is_binary ? weir_runner_feed : weir_runner_feed_text;
    const size_t enough = gathered(connection);
    bool has_answer = false, goes_on = true;
    input->number = connection->counters->frames - 1;
    while (goes_on && weir_frame_run_next(&run, &input->bytes)) {
        input->number++;
        if (hears_refusals_now(connection))
            has_answer = feed_and_hear_refusals(connection, input);
        else
            feed_one(connection->runner, input);
        if (__builtin_expect(!news->is_any, 1) && batch->count < enough && !has_answer)
            continue;
        goes_on = !news->is_not_utf8 && look_up(connection, has_answer);
        has_answer = false;
    }
    if (news->is_not_utf8)
        weir_frame_run_put_back(&run, input->bytes);
    news->is_not_utf8 = false;
    connection->owes_show = connection->owes_show || run.at != given->at;
    given->at = run.at;
    return goes_on;
}

void weir_connection_run(void *user, weir_frame_run *run)
{
    weir_connection *connection = user;
    weir_runner_frame *input = &connection->input;
    const uint8_t *before = NULL;
    bool is_text, goes_on = takes_runs(connection);
    if (goes_on)
        input->received_ns = connection->came_ns = run->received_ns;
    while (goes_on && run->at != before && weir_frame_run_begin(run, &is_text)) {
        before = run->at;
        input->is_binary = !is_text;
        input->is_unproved = is_text;
        goes_on = feed_run(connection, run, input);
    }
}
