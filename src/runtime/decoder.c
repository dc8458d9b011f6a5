/* SPDX-License-Identifier: MIT */
/* A plan without a network: what `weir replay` and programs with a transport of their own use. */
#include <stdlib.h>

#include "runtime/internal.h"
#include "util/error.h"

struct weir_decoder {
    weir_spec *spec;
    size_t connection;
    weir_world world;
    weir_runner *runner;
    weir_batch *batch;       /* the runner's */
    bool has_hook;           /* that looks at each frame */
    weir_runner_frame input; /* the last frame; what is not of all is set for the call alone */
    uint64_t seq[WEIR_CHANNEL_COUNT];
};

weir_decoder *weir_decoder_new(weir_spec *spec, const char *connection, weir_error *error)
{
    const size_t index = weir_spec_find_connection(spec, connection, error);
    if (index == SIZE_MAX)
        return NULL;
    weir_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) {
        weir_fail_nomem(error);
        return NULL;
    }
    decoder->spec = weir_spec_retain(spec);
    decoder->connection = index;
    if (weir_world_init(&decoder->world, spec, index, false, error) != WEIR_OK) {
        weir_decoder_free(decoder);
        return NULL;
    }
    decoder->runner = weir_runner_new(spec->plans[index], &decoder->world.expr);
    if (!decoder->runner) {
        weir_fail_nomem(error);
        weir_decoder_free(decoder);
        return NULL;
    }
    decoder->batch = weir_runner_batch(decoder->runner);
    decoder->input.number = UINT64_MAX; /* the first is 0 */
    decoder->has_hook = spec->model->connections[index].hooks.on_message.node;
    return decoder;
}

void weir_decoder_free(weir_decoder *decoder)
{
    if (!decoder)
        return;
    weir_runner_free(decoder->runner);
    weir_world_fini(&decoder->world);
    weir_spec_free(decoder->spec);
    free(decoder);
}

/* What it says of the frame holds until the next one. */
static inline weir_runner_frame *begin(weir_decoder *decoder, weir_str bytes, int64_t received_ns)
{
    weir_runner_frame *input = &decoder->input;
    input->bytes = bytes;
    input->received_ns = received_ns;
    input->number++;
    return input;
}

/* A frame that somebody looks at before it is decoded, or no text. */
static __attribute__((noinline)) void feed_any(weir_decoder *decoder, weir_runner_frame *input,
                                               bool is_binary)
{
    input->is_binary = is_binary;
    if (!decoder->has_hook || weir_runner_admit(decoder->runner, input))
        weir_runner_feed(decoder->runner, input);
    input->is_binary = false;
}

static inline void feed(weir_decoder *decoder, weir_str bytes, bool is_binary, int64_t received_ns)
{
    weir_runner_frame *input = begin(decoder, bytes, received_ns);
    if (__builtin_expect(is_binary | decoder->has_hook, 0))
        feed_any(decoder, input, is_binary);
    else
        weir_runner_feed_text(decoder->runner, input);
}

static inline void number_record(weir_decoder *decoder, weir_record *record)
{
    record->seq = ++decoder->seq[record->schema->channel];
}

static __attribute__((noinline)) void hand_over_all(weir_decoder *decoder,
                                                    weir_record_fn *on_record, void *user)
{
    weir_batch *batch = decoder->batch;
    size_t left = batch->bytes.len;
    for (char *at = batch->bytes.ptr; left > 0;) {
        weir_record *record = (weir_record *)(void *)at;
        at += record->size;
        left -= record->size;
        number_record(decoder, record);
        on_record(user, record);
    }
    weir_batch_clear(batch);
}

/* Most frames are a record. */
static inline void hand_over(weir_decoder *decoder, weir_record_fn *on_record, void *user)
{
    weir_record *first = (weir_record *)(void *)decoder->batch->bytes.ptr;
    if (decoder->batch->count != 1) {
        hand_over_all(decoder, on_record, user);
        return;
    }
    number_record(decoder, first);
    on_record(user, first);
    weir_batch_clear(decoder->batch);
}

void weir_decoder_feed_frame(weir_decoder *decoder, const weir_tap_frame *frame,
                             weir_record_fn *on_record, void *user)
{
    if (frame->is_outgoing)
        return;
    weir_runner_frame *input = begin(decoder, frame->bytes, frame->time_ns);
    input->topic = frame->name;
    input->has_parts = frame->has_parts;
    feed_any(decoder, input, frame->is_binary);
    input->topic = (weir_str){0};
    input->has_parts = false;
    hand_over(decoder, on_record, user);
}

void weir_decoder_feed(weir_decoder *decoder, weir_str frame, bool is_binary, int64_t received_ns,
                       weir_record_fn *on_record, void *user)
{
    feed(decoder, frame, is_binary, received_ns);
    hand_over(decoder, on_record, user);
}

void weir_decoder_feed_records(weir_decoder *decoder, weir_str frame, bool is_binary,
                               int64_t received_ns, weir_records_fn *on_records, void *user)
{
    weir_batch *batch = decoder->batch;
    size_t offset = 0;
    feed(decoder, frame, is_binary, received_ns);
    for (weir_record *record; (record = weir_batch_next(batch, &offset)) != NULL;)
        number_record(decoder, record);
    const weir_records records = {(const weir_record *)(const void *)batch->bytes.ptr, batch->count,
                                  batch->bytes.len};
    if (records.count > 0)
        on_records(user, &records);
    weir_batch_clear(batch);
}

void weir_status_from_counters(weir_connection_status *status, const weir_counters *counters)
{
    status->frames = counters->frames;
    status->bytes = counters->bytes;
    status->gaps = counters->gaps;
    status->missed = counters->missed;
    status->duplicates = counters->duplicates;
    status->records_out = counters->records_out;
    status->dropped_by_router = counters->dropped;
    status->unconverted = counters->unconverted;
    memcpy(status->failed, counters->failed, sizeof status->failed);
    memcpy(status->by_channel, counters->by_channel, sizeof status->by_channel);
}

_Static_assert((int)WEIR_STAGE_NAMES == (int)WEIR_STAGE_COUNT,
               "the public header counts the stages");
_Static_assert((int)WEIR_FRAME_SLACK == (int)WEIR_JSON_SLACK,
               "the public header names the decoder's slack");

void weir_decoder_status(const weir_decoder *decoder, weir_connection_status *status)
{
    *status = (weir_connection_status){
        .connection = decoder->spec->model->connections[decoder->connection].name,
        .state = WEIR_STATE_LIVE,
        .last_frame_ns = decoder->input.received_ns};
    weir_status_from_counters(status, weir_runner_counters(decoder->runner));
}

const char *weir_stage_label(size_t stage)
{
    return weir_stage_name((weir_stage)stage);
}

void weir_decoder_failures(const weir_decoder *decoder,
                           void (*each)(void *user, const weir_failure *failure), void *user)
{
    for (size_t i = 0; i < weir_runner_dead_letters(decoder->runner); i++) {
        weir_dead_letter letter = *weir_runner_dead_letter(decoder->runner, i);
        weir_world_mask_letter(&decoder->world, &letter);
        const weir_failure failure = {.stage = weir_stage_name(letter.stage),
                                      .frame = letter.frame,
                                      .received_ns = letter.received_ns,
                                      .sample = {letter.sample, letter.sample_len},
                                      .reason = weir_str_of(letter.reason)};
        each(user, &failure);
    }
}
