/* SPDX-License-Identifier: MIT */
/*
 * Records for people: one line each, the time of day first, then channel, asset, and the fields by
 * their short names. What has been the widest so far sets the width of a column, so lines stand in
 * line after the first few. Text of the network is cleaned, since it goes to a terminal.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli/output.h"
#include "util/time.h"
#include "util/utf8.h"

enum { WIDEST = 28 /* columns that a field is padded to at most */, SHOWN_MAX = 48 };

typedef struct widths {
    uint32_t schema;   /* its id */
    unsigned char *of; /* by column */
} widths;

typedef struct pretty {
    widths *schemas;
    size_t count;
    size_t asset_width;
    size_t channel_width;
    bool has_colour;
    bool with_frame;
    weir_buf cell, clean;
} pretty;

static void pretty_close(void *state)
{
    pretty *p = state;
    for (size_t i = 0; p->schemas && i < p->count; i++)
        free(p->schemas[i].of);
    free(p->schemas);
    weir_buf_fini(&p->cell);
    weir_buf_fini(&p->clean);
    free(p);
}

static widths *add_widths(pretty *p, const weir_schema *schema)
{
    widths *list = realloc(p->schemas, (p->count + 1) * sizeof *list);
    if (!list)
        return NULL;
    p->schemas = list;
    widths *w = &p->schemas[p->count];
    *w = (widths){weir_schema_id(schema), calloc(weir_schema_columns(schema) + 1, 1)};
    if (!w->of)
        return NULL;
    p->count++;
    const size_t len = strlen(weir_channel_name(weir_schema_channel(schema)));
    if (len > p->channel_width)
        p->channel_width = len;
    return w;
}

static bool pretty_open(void **state, const weir_spec *spec, const cli_output_options *options,
                        weir_buf *head)
{
    (void)head;
    pretty *p = calloc(1, sizeof *p);
    const char *no_colour = getenv("NO_COLOR");
    *state = p;
    if (!p)
        return false;
    p->with_frame = options->with_frame;
    p->has_colour = isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]);
    for (size_t i = 0; i < weir_spec_schemas(spec); i++) {
        if (!add_widths(p, weir_spec_schema(spec, i)))
            return false;
    }
    return true;
}

static void pad(weir_buf *out, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        weir_buf_putc(out, ' ');
}

/* Cleaned, cut and padded to the widest so far. */
static void put_padded(pretty *p, weir_buf *out, weir_str text, size_t *widest)
{
    weir_buf_clear(&p->clean);
    cli_put_clean(&p->clean, text);
    weir_str shown = {p->clean.ptr, p->clean.len};
    size_t width = weir_utf8_count(shown);
    const bool is_cut = width > SHOWN_MAX;
    if (is_cut) {
        shown.len = weir_utf8_offset(shown, SHOWN_MAX - 1);
        width = SHOWN_MAX;
    }
    weir_buf_put(out, shown);
    if (is_cut)
        weir_buf_puts(out, "…");
    if (width > *widest && width <= WIDEST)
        *widest = width;
    pad(out, width, *widest);
}

static void put_colour(const pretty *p, weir_buf *out, const char *code)
{
    if (p->has_colour)
        weir_buf_puts(out, code);
}

static void put_time_of_day(weir_buf *out, const weir_record *record)
{
    int64_t ns = weir_record_timestamp(record);
    if (ns == WEIR_NO_TIME)
        ns = weir_record_received(record);
    const int64_t day_ns = 86400 * WEIR_NS_PER_S;
    const int64_t ms = ((ns % day_ns + day_ns) % day_ns) / WEIR_NS_PER_MS;
    weir_buf_printf(out, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                    (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* Levels as their first and how many there are: "67012.5 x 0.3 (25)". */
static bool put_levels(weir_buf *out, const weir_record *record, size_t column)
{
    const weir_level *levels = NULL;
    size_t count = 0;
    if (!weir_record_levels(record, column, &levels, &count))
        return false;
    if (count > 0)
        weir_buf_printf(out, "%.10g x %.6g (%zu)", levels[0].price, levels[0].size, count);
    else
        weir_buf_puts(out, "none");
    return true;
}

static weir_str short_name(weir_str name)
{
    const char *dot = memrchr(name.ptr, '.', name.len);
    if (!dot)
        return name;
    const size_t skip = (size_t)(dot - name.ptr) + 1;
    return (weir_str){name.ptr + skip, name.len - skip};
}

static weir_str without_zero_fraction(weir_str number)
{
    if (number.len > 2 && memcmp(number.ptr + number.len - 2, ".0", 2) == 0)
        number.len -= 2;
    return number;
}

static void put_column(pretty *p, weir_buf *out, const weir_record *record, size_t column,
                       unsigned char *width)
{
    const weir_schema *schema = weir_record_schema(record);
    const weir_kind kind = weir_record_kind(record, column);
    weir_buf_clear(&p->cell);
    if (kind == WEIR_LEVELS ? !put_levels(&p->cell, record, column)
                            : !cli_put_cell(&p->cell, record, column))
        return;
    weir_str text = {p->cell.ptr, p->cell.len};
    if (kind == WEIR_FLOAT)
        text = without_zero_fraction(text);
    weir_buf_puts(out, "  ");
    put_colour(p, out, "\033[2m");
    cli_put_clean(out, short_name(weir_schema_column_name(schema, column)));
    put_colour(p, out, "\033[0m");
    weir_buf_putc(out, ' ');
    size_t widest = *width;
    put_padded(p, out, kind == WEIR_NONE ? WEIR_STR("-") : text, &widest);
    *width = (unsigned char)widest;
}

/* NULL: out of memory. After a reload there are more. */
static widths *find_widths(pretty *p, const weir_schema *schema)
{
    size_t i = 0;
    while (i < p->count && p->schemas[i].schema != weir_schema_id(schema))
        i++;
    return i < p->count ? &p->schemas[i] : add_widths(p, schema);
}

static bool pretty_record(void *state, weir_buf *out, const weir_record *record)
{
    static const char *const colours[WEIR_CHANNEL_COUNT] = {
        [WEIR_CHANNEL_DATA] = "\033[32m",    [WEIR_CHANNEL_QUOTE] = "\033[36m",
        [WEIR_CHANNEL_ORDER] = "\033[33m",   [WEIR_CHANNEL_POSITION] = "\033[35m",
        [WEIR_CHANNEL_ACCOUNT] = "\033[34m", [WEIR_CHANNEL_HEARTBEAT] = "\033[2m"};
    pretty *p = state;
    const weir_schema *schema = weir_record_schema(record);
    const weir_asset *asset = weir_record_asset(record);
    const weir_channel channel = weir_schema_channel(schema);
    widths *w = find_widths(p, schema);
    if (!w)
        return false;
    put_time_of_day(out, record);
    weir_buf_puts(out, "  ");
    put_colour(p, out, colours[channel]);
    weir_buf_puts(out, weir_channel_name(channel));
    put_colour(p, out, "\033[0m");
    pad(out, strlen(weir_channel_name(channel)), p->channel_width);
    weir_buf_puts(out, "  ");
    put_padded(p, out, asset ? weir_asset_symbol(asset) : (weir_str){0}, &p->asset_width);
    for (size_t i = 0; i < weir_schema_columns(schema); i++)
        put_column(p, out, record, i, &w->of[i]);
    if (p->with_frame)
        weir_buf_printf(out, "  frame %llu", (unsigned long long)weir_record_frame(record));
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->len--;
    weir_buf_putc(out, '\n');
    return !out->failed && !p->cell.failed && !p->clean.failed;
}

const cli_writer cli_writer_pretty = {"pretty", pretty_open, pretty_record, pretty_close};
