/* SPDX-License-Identifier: MIT */
/*
 * weir replay: the plan of a spec over frames of a file. Frames of a recording say which connection
 * they came from, so each connection gets its decoder; frames of any other file are all of one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/frames.h"
#include "cli/output.h"
#include "cli/plugins.h"
#include "cli/stop.h"
#include "util/encode.h"
#include "util/number.h"
#include "util/time.h"
#include "util/utf8.h"

enum { FAILURES_SHOWN = 8, SAMPLE_SHOWN = 120 };

typedef struct replay {
    const cli_args *args;
    weir_spec *spec;
    cli_frames *frames;
    cli_output *output;
    weir_decoder **decoders; /* by connection of the spec; NULL where no frame came */
    size_t only;             /* connection that all frames are of; SIZE_MAX: as the frame says */
    unsigned channels;
    uint64_t limit;
    double speed;     /* 0: as fast as can be */
    int64_t first_ns; /* recorded time of the first frame */
    int64_t began_ns; /* monotonic, when it was replayed */
    uint64_t others;  /* frames of connections that are not replayed */
    bool is_done;
} replay;

/* ------------------------------------------------------------------ options */

/* --pace max|real|xN. */
static bool read_pace(replay *r)
{
    const char *pace = cli_value(r->args, "pace");
    double factor = 0;
    if (!pace || strcmp(pace, "max") == 0)
        return true;
    if (strcmp(pace, "real") == 0)
        factor = 1;
    else if (pace[0] != 'x' || !weir_double_parse_json(weir_str_of(pace + 1), &factor) ||
             factor <= 0 || factor > 1e9) {
        cli_usage(r->args, "--pace takes max, real, or x with a number, such as x10; not '%s'",
                  pace);
        return false;
    }
    r->speed = factor;
    return true;
}

static size_t find_connection(const weir_spec *spec, weir_str name)
{
    for (size_t i = 0; i < weir_spec_connections(spec); i++) {
        if (weir_str_eq(weir_spec_connection(spec, i), name))
            return i;
    }
    return SIZE_MAX;
}

/* The decoder of a connection, made at its first frame. NULL after a message. */
static weir_decoder *decoder_at(replay *r, size_t connection)
{
    if (!r->decoders[connection]) {
        weir_error error = {0};
        weir_buf name = {0};
        weir_buf_put(&name, weir_spec_connection(r->spec, connection));
        r->decoders[connection] = weir_decoder_new(r->spec, weir_buf_cstr(&name), &error);
        weir_buf_fini(&name);
        if (!r->decoders[connection])
            cli_fail("%s", error.text);
    }
    return r->decoders[connection];
}

/* Which connection's frames: --connection, or the only one there is. False after a message. */
static bool choose_connection(replay *r)
{
    const char *name = cli_value(r->args, "connection");
    weir_error error = {0};
    r->only = SIZE_MAX;
    if (!name && cli_frames_have_times(r->frames))
        return true;
    weir_decoder *decoder = weir_decoder_new(r->spec, name, &error);
    if (!decoder)
        return cli_fail("%s%s", error.text, name ? "" : " (--connection NAME)") == CLI_OK;
    weir_connection_status status;
    weir_decoder_status(decoder, &status);
    r->only = find_connection(r->spec, status.connection);
    r->decoders[r->only] = decoder;
    return true;
}

static bool check_pace(replay *r)
{
    if (r->speed == 0 || cli_frames_have_times(r->frames))
        return true;
    return cli_fail("%s has no times to pace by; --pace needs what 'weir run --record' writes",
                    r->args->operands[1]) == CLI_OK;
}

/* ------------------------------------------------------------------ frames */

static void on_record(void *user, const weir_record *record)
{
    replay *r = user;
    const weir_channel channel = weir_schema_channel(weir_record_schema(record));
    if (r->is_done || (r->channels != 0 && !(r->channels & 1u << channel)))
        return;
    r->is_done = !cli_output_record(r->output, record) ||
                 (r->limit > 0 && cli_output_records(r->output) >= r->limit);
}

/* Waits until it is the frame's turn. The records before it are shown first. */
static void keep_pace(replay *r, int64_t time_ns)
{
    if (r->began_ns == 0) {
        r->began_ns = weir_mono_ns();
        r->first_ns = time_ns;
    }
    const double after_ns = ((double)time_ns - (double)r->first_ns) / r->speed;
    if (!(after_ns > 0) || after_ns > 9e18)
        return;
    const int64_t due_ns = r->began_ns + (int64_t)after_ns;
    if (due_ns <= weir_mono_ns())
        return;
    r->is_done |= !cli_output_flush(r->output);
    cli_stop_sleep_until(due_ns);
}

/* False when it cannot go on. */
static bool feed(replay *r, const weir_recording_frame *frame)
{
    size_t connection = r->only;
    if (frame->is_outgoing)
        return true;
    if (cli_frames_have_times(r->frames)) {
        const size_t own = find_connection(r->spec, frame->connection);
        if (own == SIZE_MAX || (r->only != SIZE_MAX && own != r->only)) {
            r->others++;
            return true;
        }
        connection = own;
    }
    weir_decoder *decoder = decoder_at(r, connection);
    if (!decoder)
        return false;
    if (r->speed > 0)
        keep_pace(r, frame->time_ns);
    const char *topic = cli_value(r->args, "topic");
    if (!cli_is_stopping() && !r->is_done)
        weir_decoder_feed_frame(
            decoder,
            &(weir_tap_frame){.time_ns = frame->time_ns,
                              .is_binary = frame->is_binary,
                              .bytes = frame->bytes,
                              .name = frame->name.len > 0 ? frame->name : weir_str_of(topic),
                              .has_parts = frame->has_parts},
            on_record, r);
    return true;
}

static int feed_all(replay *r)
{
    weir_recording_frame frame;
    weir_error error = {0};
    uint64_t torn = 0;
    while (!r->is_done && !cli_is_stopping()) {
        if (!cli_frames_next(r->frames, &frame, &torn, &error)) {
            if (torn > 0)
                fprintf(stderr,
                        "weir: warning: %s ends in a torn frame; its last %llu bytes are "
                        "left out\n",
                        r->args->operands[1], (unsigned long long)torn);
            cli_output_flush(r->output);
            return error.code == WEIR_OK ? CLI_OK : cli_fail("%s", error.text);
        }
        if (!feed(r, &frame))
            return CLI_FAILED;
    }
    cli_output_flush(r->output);
    return CLI_OK;
}

/* ------------------------------------------------------------------ --stats */

static void put_counts(weir_buf *out, const uint64_t *counts, size_t count,
                       const char *(*name)(size_t))
{
    const char *between = ": ";
    for (size_t i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        weir_buf_printf(out, "%s%s %llu", between, name(i), (unsigned long long)counts[i]);
        between = ", ";
    }
    weir_buf_putc(out, '\n');
}

static const char *channel_label(size_t channel)
{
    return weir_channel_name((weir_channel)channel);
}

static void put_status(weir_buf *out, const weir_connection_status *status)
{
    uint64_t failed = 0;
    for (size_t i = 0; i < WEIR_STAGE_NAMES; i++)
        failed += status->failed[i];
    weir_buf_printf(out, "connection   %.*s\n", WEIR_FMT(status->connection));
    weir_buf_printf(out, "frames       %llu (%llu bytes)\n", (unsigned long long)status->frames,
                    (unsigned long long)status->bytes);
    weir_buf_printf(out, "records      %llu", (unsigned long long)status->records_out);
    put_counts(out, status->by_channel, WEIR_CHANNEL_COUNT, channel_label);
    weir_buf_printf(out, "dropped      %llu by the router\n",
                    (unsigned long long)status->dropped_by_router);
    weir_buf_printf(out, "unconverted  %llu\n", (unsigned long long)status->unconverted);
    weir_buf_printf(out, "failed       %llu", (unsigned long long)failed);
    put_counts(out, status->failed, WEIR_STAGE_NAMES, weir_stage_label);
    if (status->gaps > 0)
        weir_buf_printf(out, "gaps         %llu, %llu records are missing\n",
                        (unsigned long long)status->gaps, (unsigned long long)status->missed);
    if (status->duplicates > 0)
        weir_buf_printf(out, "duplicates   %llu\n", (unsigned long long)status->duplicates);
}

typedef struct failure_list {
    weir_buf *out;
    size_t skip; /* the older ones */
    size_t count;
} failure_list;

/* False for what holds bytes that no text has; a character that the cut has torn is none of these.
 */
static bool is_text(weir_str sample)
{
    while (sample.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(sample, &c);
        if (n == 0)
            return sample.len < 4 && (unsigned char)sample.ptr[0] >= 0xc0;
        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
            return false;
        sample.ptr += n;
        sample.len -= n;
    }
    return true;
}

static void put_sample(weir_buf *out, weir_str sample)
{
    const bool is_binary = !is_text(sample);
    const size_t most = is_binary ? SAMPLE_SHOWN / 2 : SAMPLE_SHOWN;
    const bool is_cut = sample.len > most;
    if (is_cut)
        sample.len = most;
    if (is_binary) {
        weir_buf_puts(out, "hex ");
        weir_hex_encode((weir_bytes){(const uint8_t *)sample.ptr, sample.len}, out);
    } else {
        cli_put_clean(out, sample);
    }
    weir_buf_puts(out, is_cut ? "...\n" : "\n");
}

static void put_failure(void *user, const weir_failure *failure)
{
    failure_list *list = user;
    if (list->count++ < list->skip)
        return;
    weir_buf_printf(list->out, "  frame %llu, %s: ", (unsigned long long)failure->frame,
                    failure->stage);
    cli_put_clean(list->out, failure->reason);
    weir_buf_puts(list->out, "\n      ");
    put_sample(list->out, failure->sample);
}

static void count_failure(void *user, const weir_failure *failure)
{
    (void)failure;
    ++*(size_t *)user;
}

static void put_failures(weir_buf *out, const weir_decoder *decoder)
{
    size_t count = 0;
    weir_decoder_failures(decoder, count_failure, &count);
    if (count == 0)
        return;
    failure_list list = {out, count > FAILURES_SHOWN ? count - FAILURES_SHOWN : 0, 0};
    weir_buf_puts(out, list.skip > 0 ? "the last failures:\n" : "failures:\n");
    weir_decoder_failures(decoder, put_failure, &list);
}

static void show_stats(const replay *r)
{
    weir_buf out = {0};
    for (size_t i = 0; i < weir_spec_connections(r->spec); i++) {
        weir_connection_status status;
        if (!r->decoders[i])
            continue;
        weir_decoder_status(r->decoders[i], &status);
        put_status(&out, &status);
        put_failures(&out, r->decoders[i]);
    }
    if (r->others > 0)
        weir_buf_printf(&out, "skipped      %llu frames of other connections\n",
                        (unsigned long long)r->others);
    cli_put_plugin_calls(&out, r->spec);
    fputs(weir_buf_cstr(&out), stderr);
    weir_buf_fini(&out);
}

static void warn_failures(const replay *r)
{
    uint64_t failed = 0;
    for (size_t i = 0; i < weir_spec_connections(r->spec); i++) {
        weir_connection_status status;
        if (!r->decoders[i])
            continue;
        weir_decoder_status(r->decoders[i], &status);
        for (size_t k = 0; k < WEIR_STAGE_NAMES; k++)
            failed += status.failed[k];
    }
    if (failed > 0)
        fprintf(stderr, "weir: warning: %llu records or frames failed; --stats says why\n",
                (unsigned long long)failed);
}

/* ------------------------------------------------------------------ the command */

static int replay_file(replay *r)
{
    const cli_output_options options = {.format = cli_value(r->args, "format"),
                                        .with_gaps = cli_flag(r->args, "gaps"),
                                        .channels = r->channels,
                                        .connection = cli_value(r->args, "connection"),
                                        .with_frame = cli_flag(r->args, "frame-index")};
    weir_error error = {0};
    r->decoders = calloc(weir_spec_connections(r->spec) + 1, sizeof *r->decoders);
    r->frames = cli_frames_open(r->args->operands[1], &error);
    if (!r->frames)
        return cli_fail("%s", error.text);
    if (!r->decoders)
        return cli_fail("out of memory");
    if (!check_pace(r) || !choose_connection(r))
        return CLI_FAILED;
    r->output = cli_output_new(r->spec, &options);
    if (!r->output)
        return CLI_FAILED;
    cli_stop_install();
    cli_stop_listen(NULL);
    const int status = feed_all(r);
    if (cli_flag(r->args, "stats"))
        show_stats(r);
    else if (!cli_flag(r->args, "quiet"))
        warn_failures(r);
    return status != CLI_OK ? status : cli_output_status(r->output);
}

static void replay_fini(replay *r)
{
    for (size_t i = 0; r->decoders && i < weir_spec_connections(r->spec); i++)
        weir_decoder_free(r->decoders[i]);
    free(r->decoders);
    cli_output_free(r->output);
    cli_frames_close(r->frames);
    weir_spec_free(r->spec);
}

static int run(const cli_args *args)
{
    replay r = {.args = args, .channels = cli_channels(args)};
    int status = CLI_USAGE;
    if (!read_pace(&r) || !cli_number(args, "limit", &r.limit))
        return CLI_USAGE;
    if (!cli_flag(args, "quiet"))
        weir_log_to(cli_warn, NULL, "warning");
    r.spec = cli_load_spec(args, args->operands[0], &status);
    if (r.spec)
        status = replay_file(&r);
    replay_fini(&r);
    weir_log_to(NULL, NULL, NULL);
    return status;
}

static const cli_option options[] = {
    CLI_OPTION_CONNECTION,
    CLI_OPTION_CHANNEL,
    CLI_OPTION_FORMAT,
    CLI_OPTION_GAPS,
    CLI_OPTION_LIMIT,
    {.name = "pace",
     .arg = "PACE",
     .help = "max: as fast as can be (the default); real: as recorded; xN: N times as fast"},
    {.name = "topic",
     .arg = "NAME",
     .help = "the event or topic of frames that the file gives none"},
    {.name = "frame-index", .help = "add to each record the number of its frame, from 0"},
    {.name = "stats",
     .help = "at the end, counts by stage and channel and the last failures, on stderr"},
    CLI_OPTION_SET,
    CLI_OPTION_CREDENTIALS,
    CLI_OPTION_QUIET,
};

const cli_command cli_replay = {
    .name = "replay",
    .operands = "SPEC FILE",
    .least = 2,
    .most = 2,
    .summary = "decode recorded frames, without a network",
    .description =
        "Runs the plan of a spec over the frames of a file and writes the records to stdout.\n\n"
        "FILE is what 'weir run --record' writes, or length-prefixed frames (NAME.lpf: a "
        "little-endian 32-bit length, then the bytes), or one binary frame (NAME.bin), or anything "
        "else: one frame a line. '-' is stdin. A torn tail, as a crash leaves it, is cut with a "
        "warning.",
    .examples = "weir replay kraken frames.jsonl\n"
                "weir replay acme.yaml today.rec --channel quote --format csv --stats\n"
                "zcat frames.jsonl.gz | weir replay kraken -\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
