/* SPDX-License-Identifier: MIT */
/*
 * CSV with one header line, which has the columns of all the schemas that may come, in the order of
 * the spec: they are known before the first record. A record leaves the columns of other schemas
 * empty; what a reload of the spec brings has no column any more, but those of the same names.
 * Quoting is that of RFC 4180; lines end with a bare newline, as other tools here expect.
 */
#include <stdlib.h>

#include "cli/output.h"
#include "util/number.h"
#include "util/time.h"

typedef struct layout {
    uint32_t schema; /* its id */
    size_t *sources; /* by column of the file: its column in the schema, SIZE_MAX if none */
} layout;

typedef struct csv {
    weir_str *names; /* spans of the spec's schemas */
    size_t count;
    layout *layouts;
    size_t layout_count;
    const layout *last;
    bool with_frame, with_gaps;
    weir_buf cell;
} csv;

static void put_field(weir_buf *out, weir_str text)
{
    bool needs_quotes = false;
    for (size_t i = 0; i < text.len && !needs_quotes; i++)
        needs_quotes = strchr(",\"\r\n", text.ptr[i]) && text.ptr[i];
    if (!needs_quotes) {
        weir_buf_put(out, text);
        return;
    }
    weir_buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            weir_buf_putc(out, '"');
        weir_buf_putc(out, text.ptr[i]);
    }
    weir_buf_putc(out, '"');
}

/* Gaps are told on stderr. Rows that are no data surprise whoever reads a column of prices, and six
 * columns are nearly always empty: so they are there for those who ask for them. */
static bool is_wanted(const weir_schema *schema, const cli_output_options *options)
{
    return (options->with_gaps || !weir_schema_is_gap(schema)) &&
           (options->channels == 0 || options->channels & 1u << weir_schema_channel(schema)) &&
           (!options->connection ||
            weir_str_is(weir_schema_connection(schema), options->connection));
}

static size_t find_name(const csv *file, weir_str name)
{
    size_t i = 0;
    while (i < file->count && !weir_str_eq(file->names[i], name))
        i++;
    return i;
}

static bool gather(csv *file, const weir_spec *spec, const cli_output_options *options)
{
    size_t all = 0;
    for (size_t i = 0; i < weir_spec_schemas(spec); i++)
        all += weir_schema_columns(weir_spec_schema(spec, i));
    file->names = calloc(all + 1, sizeof *file->names);
    if (!file->names)
        return false;
    for (size_t i = 0; i < weir_spec_schemas(spec); i++) {
        const weir_schema *schema = weir_spec_schema(spec, i);
        if (!is_wanted(schema, options))
            continue;
        for (size_t k = 0; k < weir_schema_columns(schema); k++) {
            const weir_str name = weir_schema_column_name(schema, k);
            if (find_name(file, name) == file->count)
                file->names[file->count++] = name;
        }
    }
    return true;
}

/* NULL: out of memory. */
static const layout *lay_out(csv *file, const weir_schema *schema)
{
    layout *list = realloc(file->layouts, (file->layout_count + 1) * sizeof *list);
    size_t *sources = malloc((file->count + 1) * sizeof *sources);
    file->layouts = list ? list : file->layouts;
    file->last = NULL;
    if (!list || !sources) {
        free(sources);
        return NULL;
    }
    for (size_t i = 0; i < file->count; i++)
        sources[i] = SIZE_MAX;
    for (size_t k = 0; k < weir_schema_columns(schema); k++) {
        const size_t at = find_name(file, weir_schema_column_name(schema, k));
        if (at < file->count)
            sources[at] = k;
    }
    file->layouts[file->layout_count] = (layout){weir_schema_id(schema), sources};
    return &file->layouts[file->layout_count++];
}

static void csv_close(void *state)
{
    csv *file = state;
    for (size_t i = 0; i < file->layout_count; i++)
        free(file->layouts[i].sources);
    free(file->layouts);
    free(file->names);
    weir_buf_fini(&file->cell);
    free(file);
}

static bool csv_open(void **state, const weir_spec *spec, const cli_output_options *options,
                     weir_buf *head)
{
    csv *file = calloc(1, sizeof *file);
    *state = file;
    if (!file || !gather(file, spec, options))
        return false;
    file->with_frame = options->with_frame;
    file->with_gaps = options->with_gaps;
    weir_buf_puts(head, "channel,stream,connection,asset,timestamp");
    for (size_t i = 0; i < file->count; i++) {
        weir_buf_putc(head, ',');
        put_field(head, file->names[i]);
    }
    weir_buf_puts(head, file->with_frame ? ",received,seq,frame\n" : ",received,seq\n");
    return !head->failed;
}

static void put_time(weir_buf *out, int64_t ns)
{
    char text[WEIR_TIME_TEXT_MAX];
    weir_buf_put(out, (weir_str){text, weir_time_format(ns, text)});
}

/* NULL: out of memory. */
static const layout *find_layout(csv *file, const weir_schema *schema)
{
    if (file->last && file->last->schema == weir_schema_id(schema))
        return file->last;
    size_t i = 0;
    while (i < file->layout_count && file->layouts[i].schema != weir_schema_id(schema))
        i++;
    file->last = i < file->layout_count ? &file->layouts[i] : lay_out(file, schema);
    return file->last;
}

static void put_header_fields(weir_buf *out, const weir_record *record)
{
    const weir_schema *schema = weir_record_schema(record);
    const weir_asset *asset = weir_record_asset(record);
    weir_buf_puts(out, weir_channel_name(weir_schema_channel(schema)));
    weir_buf_putc(out, ',');
    put_field(out, weir_schema_stream(schema));
    weir_buf_putc(out, ',');
    put_field(out, weir_schema_connection(schema));
    weir_buf_putc(out, ',');
    if (asset)
        put_field(out, weir_asset_symbol(asset));
    weir_buf_putc(out, ',');
    if (weir_record_timestamp(record) != WEIR_NO_TIME)
        put_time(out, weir_record_timestamp(record));
}

static bool csv_record(void *state, weir_buf *out, const weir_record *record)
{
    csv *file = state;
    if (!file->with_gaps && weir_schema_is_gap(weir_record_schema(record)))
        return true;
    const layout *how = find_layout(file, weir_record_schema(record));
    if (!how)
        return false;
    char number[WEIR_NUMBER_TEXT_MAX];
    put_header_fields(out, record);
    for (size_t i = 0; i < file->count; i++) {
        weir_buf_putc(out, ',');
        weir_buf_clear(&file->cell);
        if (how->sources[i] != SIZE_MAX && cli_put_cell(&file->cell, record, how->sources[i]))
            put_field(out, (weir_str){file->cell.ptr, file->cell.len});
    }
    weir_buf_putc(out, ',');
    if (weir_record_received(record) != 0)
        put_time(out, weir_record_received(record));
    weir_buf_putc(out, ',');
    weir_buf_put(out, (weir_str){number, weir_uint_text(weir_record_seq(record), number)});
    if (file->with_frame) {
        weir_buf_putc(out, ',');
        weir_buf_put(out, (weir_str){number, weir_uint_text(weir_record_frame(record), number)});
    }
    weir_buf_putc(out, '\n');
    return !out->failed && !file->cell.failed;
}

const cli_writer cli_writer_csv = {"csv", csv_open, csv_record, csv_close};
