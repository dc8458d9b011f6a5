/* SPDX-License-Identifier: MIT */
/*
 * Writing blocks when the reader is slow, and that is wanted: it is how the reader slows the feed
 * down. After a signal it must not: then only as much is written as poll says there is room for,
 * until the deadline.
 */
#include "cli/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/stop.h"
#include "util/encode.h"
#include "util/number.h"
#include "util/time.h"

enum { FLUSH_AT = 128 * 1024 };

typedef enum outlet { OUTLET_OPEN, OUTLET_GONE, OUTLET_FAILED } outlet;

struct cli_output {
    const cli_writer *writer;
    void *state;
    cli_output_options options;
    weir_buf text;
    uint64_t records;
    outlet outlet;
};

/* ------------------------------------------------------------------ json */

static bool json_open(void **state, const weir_spec *spec, const cli_output_options *options,
                      weir_buf *head)
{
    (void)spec;
    (void)head;
    bool *with_frame = malloc(sizeof *with_frame);
    if (with_frame)
        *with_frame = options->with_frame;
    *state = with_frame;
    return with_frame != NULL;
}

static bool json_record(void *state, weir_buf *out, const weir_record *record)
{
    const bool *with_frame = state;
    weir_text_buffer text = {out->ptr, out->len, out->cap};
    const bool is_good = weir_record_json(&text, record, *with_frame);
    *out = (weir_buf){text.ptr, text.len, text.cap, !is_good};
    weir_buf_putc(out, '\n');
    return !out->failed;
}

static const cli_writer writer_json = {"json", json_open, json_record, free};

static const cli_writer *const writers[] = {&writer_json, &cli_writer_csv, &cli_writer_pretty};

/* ------------------------------------------------------------------ cells as text */

static bool put_float(weir_buf *out, const weir_record *record, size_t column)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    double value = 0;
    if (!weir_record_f64(record, column, &value))
        return false;
    weir_buf_put(out, (weir_str){text, weir_double_repr(value, text)});
    return true;
}

static bool put_int(weir_buf *out, const weir_record *record, size_t column)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    int64_t value = 0;
    if (!weir_record_i64(record, column, &value))
        return false;
    weir_buf_put(out, (weir_str){text, weir_int_text(value, text)});
    return true;
}

static bool put_time(weir_buf *out, const weir_record *record, size_t column)
{
    char text[WEIR_TIME_TEXT_MAX];
    int64_t value = 0;
    if (!weir_record_i64(record, column, &value))
        return false;
    weir_buf_put(out, (weir_str){text, weir_time_format(value, text)});
    return true;
}

static bool put_bool(weir_buf *out, const weir_record *record, size_t column)
{
    int64_t value = 0;
    const bool is_there = weir_record_i64(record, column, &value);
    weir_buf_puts(out, is_there ? value ? "true" : "false" : "");
    return is_there;
}

static bool put_str(weir_buf *out, const weir_record *record, size_t column)
{
    weir_str text = {0};
    const bool is_there = weir_record_str(record, column, &text);
    weir_buf_put(out, text);
    return is_there;
}

static bool put_bytes(weir_buf *out, const weir_record *record, size_t column)
{
    weir_str text = {0};
    const bool is_there = weir_record_str(record, column, &text);
    weir_base64_encode((weir_bytes){(const uint8_t *)text.ptr, text.len}, out);
    return is_there;
}

static bool put_asset(weir_buf *out, const weir_record *record, size_t column)
{
    const weir_asset *asset = weir_record_column_asset(record, column);
    if (asset)
        weir_buf_put(out, weir_asset_symbol(asset));
    return asset != NULL;
}

static bool put_levels(weir_buf *out, const weir_record *record, size_t column)
{
    const weir_level *levels = NULL;
    size_t count = 0;
    char text[WEIR_NUMBER_TEXT_MAX];
    if (!weir_record_levels(record, column, &levels, &count))
        return false;
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        weir_buf_puts(out, i ? ",[" : "[");
        weir_buf_put(out, (weir_str){text, weir_double_json(levels[i].price, text)});
        weir_buf_putc(out, ',');
        weir_buf_put(out, (weir_str){text, weir_double_json(levels[i].size, text)});
        weir_buf_putc(out, ']');
    }
    weir_buf_putc(out, ']');
    return true;
}

static bool put_none(weir_buf *out, const weir_record *record, size_t column)
{
    (void)out;
    (void)record;
    (void)column;
    return true;
}

bool cli_put_cell(weir_buf *out, const weir_record *record, size_t column)
{
    static bool (*const puts[WEIR_KIND_PUBLIC_COUNT])(weir_buf *, const weir_record *, size_t) = {
        [WEIR_NONE] = put_none,     [WEIR_BOOL] = put_bool,      [WEIR_INT] = put_int,
        [WEIR_FLOAT] = put_float,   [WEIR_STR] = put_str,        [WEIR_BYTES] = put_bytes,
        [WEIR_DECIMAL] = put_str,   [WEIR_TIMESTAMP] = put_time, [WEIR_ASSET] = put_asset,
        [WEIR_LEVELS] = put_levels, [WEIR_JSON] = put_str};
    const weir_kind kind = weir_record_kind(record, column);
    return kind < WEIR_KIND_PUBLIC_COUNT && puts[kind] && puts[kind](out, record, column);
}

/* ------------------------------------------------------------------ output */

cli_output *cli_output_new(const weir_spec *spec, const cli_output_options *options)
{
    cli_output *output = calloc(1, sizeof *output);
    bool is_open = false;
    if (output) {
        output->options = *options;
        output->writer = &writer_json;
        for (size_t i = 0; options->format && i < sizeof writers / sizeof writers[0]; i++) {
            if (strcmp(options->format, writers[i]->format) == 0)
                output->writer = writers[i];
        }
        is_open = output->writer->open(&output->state, spec, options, &output->text);
    }
    if (is_open)
        return output;
    cli_fail("out of memory");
    cli_output_free(output);
    return NULL;
}

void cli_output_free(cli_output *output)
{
    if (!output)
        return;
    if (output->state)
        output->writer->close(output->state);
    weir_buf_fini(&output->text);
    free(output);
}

/* How much may be written now: while stopping, what surely fits. 0: the deadline has passed. */
static size_t allowance(size_t len)
{
    if (!cli_is_stopping())
        return len;
    const int64_t left_ms = (cli_stop_deadline_ns() - weir_mono_ns()) / WEIR_NS_PER_MS;
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (left_ms <= 0 || poll(&out, 1, (int)left_ms) <= 0)
        return 0;
    return len < PIPE_BUF ? len : PIPE_BUF;
}

static void give_up(cli_output *output, size_t left)
{
    cli_fail("stopped; %zu bytes of output were not read in time", left);
    output->outlet = OUTLET_GONE;
}

static bool write_all(cli_output *output, const char *at, size_t left)
{
    while (left > 0 && output->outlet == OUTLET_OPEN) {
        const size_t len = allowance(left);
        const ssize_t n = len > 0 ? write(STDOUT_FILENO, at, len) : 0;
        if (len == 0) {
            give_up(output, left);
        } else if (n < 0 && errno == EPIPE) {
            output->outlet = OUTLET_GONE;
        } else if (n < 0 && errno == EAGAIN) { /* a pipe that somebody made non-blocking */
            struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&out, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            cli_fail("writing to stdout: %s", strerror(errno));
            output->outlet = OUTLET_FAILED;
        } else if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return output->outlet == OUTLET_OPEN;
}

bool cli_output_flush(cli_output *output)
{
    if (output->text.len > 0 && output->outlet == OUTLET_OPEN) {
        if (output->options.before_write)
            output->options.before_write(output->options.user);
        write_all(output, output->text.ptr, output->text.len);
    }
    output->text.len = 0;
    return output->outlet == OUTLET_OPEN;
}

bool cli_output_record(cli_output *output, const weir_record *record)
{
    if (output->outlet != OUTLET_OPEN)
        return false;
    if (!output->writer->record(output->state, &output->text, record)) {
        cli_fail("out of memory");
        output->outlet = OUTLET_FAILED;
        return false;
    }
    output->records += !weir_schema_is_gap(weir_record_schema(record));
    return output->text.len < FLUSH_AT || cli_output_flush(output);
}

bool cli_output_has_reader(cli_output *output)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (output->outlet == OUTLET_OPEN && poll(&out, 1, 0) > 0 && out.revents & POLLERR)
        output->outlet = OUTLET_GONE;
    return output->outlet == OUTLET_OPEN;
}

uint64_t cli_output_records(const cli_output *output)
{
    return output->records;
}

int cli_output_status(const cli_output *output)
{
    return output->outlet == OUTLET_FAILED ? CLI_FAILED : CLI_OK;
}
