/* SPDX-License-Identifier: MIT */
/*
 * A record as one line of JSON. Columns have dotted names and siblings stand together, so nesting
 * is a matter of comparing each name with the one before: objects that they do not share are
 * closed, new ones opened. An object all of whose columns are absent is never opened.
 */
#include "value/asset.h"
#include "value/decimal.h"
#include "value/json_write.h"
#include "value/json_write_parts.h"
#include "value/record.h"

typedef struct writer {
    weir_buf *out;
    weir_str open; /* name of the last column written: its parents are the open objects */
} writer;

static void write_key(weir_buf *out, weir_str key)
{
    weir_json_write_str(out, key);
    weir_buf_putc(out, ':');
}

/* Key and value of a header member that is text. */
static void write_member(weir_buf *out, const char *key, weir_str text)
{
    weir_buf_puts(out, key);
    weir_json_write_str(out, text);
}

static void write_cell(weir_buf *out, const weir_record *record, size_t column)
{
    const weir_value *cell = &record->cells[column];
    weir_str text;
    if (cell->kind == WEIR_DECIMAL && weir_record_str(record, column, &text)) {
        weir_buf_put(out, text); /* every text of a finite decimal is a JSON number */
        return;
    }
    weir_value v = weir_record_cell(record, column);
    weir_json_write(out, &v, 0);
}

static size_t count_dots(weir_str name, size_t from)
{
    size_t dots = 0;
    for (size_t i = from; i < name.len; i++)
        dots += name.ptr[i] == '.';
    return dots;
}

/* Length of the longest common beginning of two names that ends with a dot. */
static size_t shared_parents(weir_str a, weir_str b)
{
    size_t shared = 0;
    for (size_t i = 0; i < a.len && i < b.len && a.ptr[i] == b.ptr[i]; i++)
        if (a.ptr[i] == '.')
            shared = i + 1;
    return shared;
}

static void write_column(writer *w, const weir_record *record, size_t column)
{
    weir_str name = record->schema->columns[column].name;
    size_t shared = shared_parents(w->open, name);
    for (size_t dots = count_dots(w->open, shared); dots > 0; dots--)
        weir_buf_putc(w->out, '}');
    weir_buf_putc(w->out, ',');
    size_t from = shared;
    for (size_t i = shared; i < name.len; i++) {
        if (name.ptr[i] != '.')
            continue;
        write_key(w->out, (weir_str){name.ptr + from, i - from});
        weir_buf_putc(w->out, '{');
        from = i + 1;
    }
    write_key(w->out, (weir_str){name.ptr + from, name.len - from});
    write_cell(w->out, record, column);
    w->open = name;
}

/* A comma stands before every column but the first of an object that was just opened, which
 * write_column never leaves empty: it goes straight on to the column. */
void weir_record_write_json(weir_buf *out, const weir_record *record, unsigned flags)
{
    const weir_schema *schema = record->schema;
    writer w = {out, {"", 0}};
    write_member(out, "{\"channel\":", weir_str_of(weir_channel_name(schema->channel)));
    write_member(out, ",\"stream\":", schema->stream);
    write_member(out, ",\"connection\":", schema->connection);
    if (record->asset)
        write_member(out, ",\"asset\":", record->asset->symbol);
    if (record->timestamp_ns != WEIR_NO_TIME) {
        weir_buf_puts(out, ",\"timestamp\":");
        weir_json_write_time(out, record->timestamp_ns);
    }
    for (size_t i = 0; i < schema->count; i++)
        if (record->cells[i].kind != WEIR_ABSENT)
            write_column(&w, record, i);
    for (size_t dots = count_dots(w.open, 0); dots > 0; dots--)
        weir_buf_putc(out, '}');
    if (record->received_ns != 0) { /* 0: a frame out of a file that has no times */
        weir_buf_puts(out, ",\"received\":");
        weir_json_write_time(out, record->received_ns);
    }
    weir_buf_puts(out, ",\"seq\":");
    weir_json_write_int(out, (int64_t)record->seq);
    if (flags & WEIR_RECORD_WITH_FRAME) {
        weir_buf_puts(out, ",\"frame\":");
        weir_json_write_int(out, (int64_t)record->frame);
    }
    weir_buf_putc(out, '}');
}
