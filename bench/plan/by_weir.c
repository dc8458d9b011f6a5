/* SPDX-License-Identifier: MIT */
/* Weir by spec: the public decoder and its callback; the consumer asks the record for every column.
 */
#include <stdio.h>
#include <stdlib.h>

#include <weir/record.h>

#include "plan.h"

typedef struct by_weir {
    weir_spec *spec;
    weir_decoder *decoder;
    bench_sink *sink;
} by_weir;

static void *weir_open(const char *feed, const char *path)
{
    (void)feed;
    weir_error error = {0};
    by_weir *self = calloc(1, sizeof *self);
    self->spec = weir_spec_load(path, NULL, NULL, &error);
    self->decoder = self->spec ? weir_decoder_new(self->spec, NULL, &error) : NULL;
    if (!self->decoder) {
        fprintf(stderr, "bench_plan: %s\n", error.text);
        exit(1);
    }
    return self;
}

static void weir_close(void *user)
{
    by_weir *self = user;
    weir_decoder_free(self->decoder);
    weir_spec_free(self->spec);
    free(self);
}

static inline double look(const weir_record *record, const weir_cell *cell)
{
    const weir_level *levels;
    double real;
    if (weir_cell_f64(cell, &real))
        return real;
    switch (cell->kind) {
    case WEIR_STR:
    case WEIR_DECIMAL: return (double)cell->len;
    case WEIR_LEVELS:
        levels = weir_cell_levels(record, cell);
        return cell->len ? levels[0].price + levels[0].size : 1;
    default: return 0;
    }
}

static void on_record(void *user, const weir_record *record)
{
    by_weir *self = user;
    const weir_record_head *head = weir_record_head_of(record);
    const weir_cell *cells = weir_record_cells(record);
    double sum = head->asset ? (double)weir_asset_symbol_of(head->asset).len : 0;
    sum += (double)head->timestamp_ns;
    for (size_t i = 0; i < head->columns; i++)
        sum += look(record, &cells[i]);
    self->sink->sum += sum;
    self->sink->records++;
}

static void mix_levels(bench_sink *sink, const weir_record *record, size_t column)
{
    const weir_level *levels;
    size_t count;
    if (!weir_record_levels(record, column, &levels, &count))
        return;
    bench_mix(sink, count);
    for (size_t i = 0; i < count; i++) {
        bench_mix_real(sink, levels[i].price);
        bench_mix_real(sink, levels[i].size);
    }
}

/* Kind by kind, as the records of the hand-written programs are laid out. */
static void on_digest(void *user, const weir_record *record)
{
    bench_sink *sink = ((by_weir *)user)->sink;
    const weir_schema *schema = weir_record_schema(record);
    const size_t columns = weir_schema_columns(schema);
    const weir_asset *asset = weir_record_asset(record);
    double real;
    int64_t whole;
    weir_str text;
    sink->records++;
    bench_mix_text(sink, weir_schema_stream(schema));
    if (asset)
        bench_mix_text(sink, weir_asset_symbol(asset));
    bench_mix(sink, (uint64_t)weir_record_timestamp(record));
    for (size_t i = 0; i < columns; i++)
        if (weir_record_kind(record, i) == WEIR_FLOAT && weir_record_f64(record, i, &real))
            bench_mix_real(sink, real);
    for (size_t i = 0; i < columns; i++)
        if (weir_record_i64(record, i, &whole))
            bench_mix(sink, (uint64_t)whole);
    for (size_t i = 0; i < columns; i++)
        if (weir_record_str(record, i, &text))
            bench_mix_text(sink, text);
    for (size_t i = 0; i < columns; i++)
        mix_levels(sink, record, i);
}

static void weir_feed_frame(void *user, weir_str frame, bench_sink *sink)
{
    by_weir *self = user;
    self->sink = sink;
    weir_decoder_feed(self->decoder, frame, false, 1, sink->is_digest ? on_digest : on_record,
                      self);
}

const bench_program bench_weir = {"weir", weir_open, weir_feed_frame, weir_close};
