/* SPDX-License-Identifier: MIT */
/*
 * weir record-test: frames of a capture as test blocks, each with what it becomes today. The frames
 * are taken one by one: what a block expects is what its frame gives on its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/frames.h"
#include "util/file.h"
#include "util/number.h"

enum { FRAMES_MAX = 1000, FRAME_MAX = 4 * 1024 * 1024 /* a spec has at most 8 MiB */ };

typedef struct recorder {
    const cli_args *args;
    weir_spec *spec;
    uint64_t *wanted; /* in order, each once */
    size_t wanted_count;
    size_t taken;
    weir_text_buffer blocks;
} recorder;

/* ------------------------------------------------------------------ --frames */

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool add_range(recorder *r, weir_str text)
{
    int64_t first = 0, last = 0;
    const char *dash = memchr(text.ptr, '-', text.len);
    const weir_str from = {text.ptr, dash ? (size_t)(dash - text.ptr) : text.len};
    const weir_str to = dash ? (weir_str){dash + 1, text.len - from.len - 1} : from;
    if (weir_int_parse_json(from, &first) != WEIR_INT_OK ||
        weir_int_parse_json(to, &last) != WEIR_INT_OK || first < 0 || last < first ||
        last - first >= (int64_t)(FRAMES_MAX - r->wanted_count))
        return false;
    for (int64_t i = first; i <= last; i++)
        r->wanted[r->wanted_count++] = (uint64_t)i;
    return true;
}

/* 3,17 or 3-5. False after a message. */
static bool read_frames(recorder *r)
{
    const char *given = cli_value(r->args, "frames");
    size_t kept = 0;
    if (!given) {
        cli_usage(r->args, "--frames says which frames to take, such as 3,17");
        return false;
    }
    r->wanted = calloc(FRAMES_MAX, sizeof *r->wanted);
    if (!r->wanted)
        return cli_fail("out of memory") == CLI_OK;
    for (const char *at = given;;) {
        const size_t len = strcspn(at, ",");
        if (!add_range(r, (weir_str){at, len})) {
            cli_usage(r->args,
                      "--frames takes numbers and ranges, such as 3,17 or 3-5 (at most %d "
                      "frames), not '%s'",
                      FRAMES_MAX, given);
            return false;
        }
        at += len;
        if (!*at++)
            break;
    }
    qsort(r->wanted, r->wanted_count, sizeof *r->wanted, by_number);
    for (size_t i = 0; i < r->wanted_count; i++) {
        if (i == 0 || r->wanted[i] != r->wanted[kept - 1])
            r->wanted[kept++] = r->wanted[i];
    }
    r->wanted_count = kept;
    return true;
}

/* ------------------------------------------------------------------ the capture */

/* The test of one frame. False after a message. */
static bool take(recorder *r, uint64_t number, const weir_recording_frame *frame)
{
    const weir_str capture = weir_path_basename(weir_str_of(r->args->operands[1]));
    const char *given = cli_value(r->args, "name");
    weir_error error = {0};
    weir_buf name = {0}, connection = {0};
    if (given)
        weir_buf_puts(&name, given);
    else
        weir_buf_put(&name, capture);
    if (!given || r->wanted_count > 1)
        weir_buf_printf(&name, " frame %llu", (unsigned long long)number);
    weir_buf_put(&connection, frame->connection);
    const char *only = cli_value(r->args, "connection");
    const char *topic = cli_value(r->args, "topic");
    const weir_test_draft draft = {.name = weir_buf_cstr(&name),
                                   .connection = only                 ? only
                                                 : connection.len > 0 ? weir_buf_cstr(&connection)
                                                                      : NULL,
                                   .frame = frame->bytes,
                                   .frame_name =
                                       frame->name.len > 0 ? frame->name : weir_str_of(topic),
                                   .is_binary = frame->is_binary,
                                   .has_parts = frame->has_parts,
                                   .received_ns = frame->time_ns};
    bool is_good = frame->bytes.len <= FRAME_MAX;
    if (!is_good)
        cli_fail("frame %llu has %zu bytes: too large to stand in a spec",
                 (unsigned long long)number, frame->bytes.len);
    else if (weir_spec_test_draft(r->spec, &draft, &r->blocks, &error) != WEIR_OK)
        is_good = cli_fail("%s", error.text) == CLI_OK;
    weir_buf_fini(&name);
    weir_buf_fini(&connection);
    return is_good;
}

/* Frames are counted as `weir replay --frame-index` counts them: those that came in, from 0, of the
 * connection where one is named. */
static bool is_counted(const recorder *r, const weir_recording_frame *frame)
{
    const char *only = cli_value(r->args, "connection");
    return !frame->is_outgoing &&
           (!only || frame->connection.len == 0 || weir_str_is(frame->connection, only));
}

static int take_all(recorder *r, cli_frames *frames)
{
    weir_recording_frame frame;
    weir_error error = {0};
    uint64_t torn = 0, number = 0;
    while (r->taken < r->wanted_count && cli_frames_next(frames, &frame, &torn, &error)) {
        if (!is_counted(r, &frame))
            continue;
        if (number == r->wanted[r->taken]) {
            if (!take(r, number, &frame))
                return CLI_FAILED;
            r->taken++;
        }
        number++;
    }
    if (error.code != WEIR_OK)
        return cli_fail("%s", error.text);
    if (r->taken < r->wanted_count)
        return cli_fail("%s has only %llu frames; there is no frame %llu", r->args->operands[1],
                        (unsigned long long)number, (unsigned long long)r->wanted[r->taken]);
    return CLI_OK;
}

/* ------------------------------------------------------------------ what becomes of them */

static int append(recorder *r)
{
    weir_text_buffer text = {0};
    weir_error error = {0};
    weir_buf path = {0};
    weir_buf_put(&path, weir_spec_test_file(r->spec));
    const char *name = weir_buf_cstr(&path);
    weir_code code =
        weir_spec_test_append(r->spec, (weir_str){r->blocks.ptr, r->blocks.len}, &text, &error);
    if (code == WEIR_OK)
        code = weir_file_replace(name, (weir_str){text.ptr, text.len}, &error);
    if (code == WEIR_OK && !cli_flag(r->args, "quiet"))
        fprintf(stderr, "weir: %s: %zu test%s added; review what they expect\n", name, r->taken,
                r->taken == 1 ? "" : "s");
    weir_text_buffer_free(&text);
    weir_buf_fini(&path);
    return code == WEIR_OK ? CLI_OK : cli_fail("%s", error.text);
}

static int print(recorder *r)
{
    weir_buf out = {0};
    if (weir_spec_tests(r->spec) == 0)
        weir_buf_puts(&out, "tests:\n");
    weir_buf_put(&out, (weir_str){r->blocks.ptr, r->blocks.len});
    return cli_print(&out);
}

static int record(recorder *r)
{
    weir_error error = {0};
    cli_frames *frames = cli_frames_open(r->args->operands[1], &error);
    if (!frames)
        return cli_fail("%s", error.text);
    int status = take_all(r, frames);
    cli_frames_close(frames);
    if (status == CLI_OK)
        status = cli_flag(r->args, "append") ? append(r) : print(r);
    return status;
}

static int run(const cli_args *args)
{
    recorder r = {.args = args};
    int status = CLI_USAGE;
    if (read_frames(&r))
        r.spec = cli_load_spec(args, args->operands[0], &status);
    if (r.spec)
        status = record(&r);
    weir_text_buffer_free(&r.blocks);
    weir_spec_free(r.spec);
    free(r.wanted);
    return status;
}

static const cli_option options[] = {
    {.name = "frames",
     .arg = "LIST",
     .help =
         "which frames, counted from 0 as 'weir replay --frame-index' counts them: 3,17 or 3-5"},
    {.name = "append",
     .help = "write the tests to the end of the spec's own, instead of to stdout"},
    {.name = "topic",
     .arg = "NAME",
     .help = "the event or topic of frames that the file gives none"},
    {.name = "name", .arg = "TEXT", .help = "what the tests are called (default: the capture)"},
    CLI_OPTION_CONNECTION,
    CLI_OPTION_SET,
    CLI_OPTION_QUIET,
};

const cli_command cli_record_test = {
    .name = "record-test",
    .operands = "SPEC FILE",
    .least = 2,
    .most = 2,
    .summary = "make tests of a spec from captured frames",
    .description =
        "Takes frames from a capture and writes them as test blocks in YAML, each with the records "
        "that it becomes, or with how it fails. What is written is what happens today: read it "
        "before it is kept.\n\n"
        "FILE is anything that 'weir replay' reads.",
    .examples = "weir record-test acme.yaml frames.jsonl --frames 3,17\n"
                "weir record-test acme.yaml today.rec --frames 0-4 --append\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
