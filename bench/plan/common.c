/* SPDX-License-Identifier: MIT */
/* What the programs of bench/plan share: the consumer, the digest, the table of assets. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* ------------------------------------------------------------------ consumers */

/* What a consumer at least does: look at every field, and at the best price of a book. */
void bench_take(bench_sink *sink, const bench_record *r)
{
    double sum = r->asset ? (double)r->asset->symbol.len : 0;
    sum += (double)r->timestamp_ns;
    for (unsigned i = 0; i < r->reals; i++)
        sum += r->real[i];
    for (unsigned i = 0; i < r->ints; i++)
        sum += (double)r->whole[i];
    for (unsigned i = 0; i < r->texts; i++)
        sum += (double)r->text[i].len;
    for (unsigned i = 0; i < r->books; i++)
        sum += r->level_count[i] ? r->levels[i][0].price + r->levels[i][0].size : 1;
    sink->sum += sum;
    sink->records++;
}

void bench_mix(bench_sink *sink, uint64_t word)
{
    sink->hash = (sink->hash ^ word) * UINT64_C(1099511628211);
    sink->hash ^= sink->hash >> 29;
}

void bench_mix_text(bench_sink *sink, weir_str text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
    bench_mix(sink, hash);
}

void bench_mix_real(bench_sink *sink, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bench_mix(sink, bits);
}

void bench_digest(bench_sink *sink, const bench_record *r)
{
    sink->records++;
    bench_mix_text(sink, weir_str_of(r->stream));
    if (r->asset)
        bench_mix_text(sink, r->asset->symbol);
    bench_mix(sink, (uint64_t)r->timestamp_ns);
    for (unsigned i = 0; i < r->reals; i++)
        bench_mix_real(sink, r->real[i]);
    for (unsigned i = 0; i < r->ints; i++)
        bench_mix(sink, (uint64_t)r->whole[i]);
    for (unsigned i = 0; i < r->texts; i++)
        bench_mix_text(sink, r->text[i]);
    for (unsigned i = 0; i < r->books; i++) {
        bench_mix(sink, r->level_count[i]);
        for (size_t k = 0; k < r->level_count[i]; k++) {
            bench_mix_real(sink, r->levels[i][k].price);
            bench_mix_real(sink, r->levels[i][k].size);
        }
    }
}

/* ------------------------------------------------------------------ assets */

typedef struct place {
    uint64_t hash;
    bench_asset *asset;
} place;

struct bench_assets {
    place *places;
    size_t mask;
    size_t count;
};

bench_assets *bench_assets_new(void)
{
    enum { PLACES = 1 << 12 };
    bench_assets *assets = calloc(1, sizeof *assets);
    assets->places = calloc(PLACES, sizeof *assets->places);
    assets->mask = PLACES - 1;
    return assets;
}

void bench_assets_free(bench_assets *assets)
{
    for (size_t i = 0; i <= assets->mask; i++)
        free(assets->places[i].asset);
    free(assets->places);
    free(assets);
}

static inline uint64_t hash_of(weir_str text)
{
    uint64_t sum = text.len * UINT64_C(0x9e3779b97f4a7c15);
    const char *at = text.ptr;
    size_t left = text.len;
    for (; left > 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    uint64_t tail; /* the text is followed by BENCH_SLACK readable bytes */
    memcpy(&tail, at, sizeof tail);
    tail = left == 0 ? 0 : tail << (64 - 8 * left);
    sum = (sum ^ tail) * UINT64_C(0xff51afd7ed558ccd);
    return sum ^ sum >> 32;
}

static void grow(bench_assets *assets)
{
    const size_t mask = assets->mask * 2 + 1;
    place *places = calloc(mask + 1, sizeof *places);
    for (size_t i = 0; i <= assets->mask; i++) {
        size_t at = assets->places[i].hash & mask;
        if (!assets->places[i].asset)
            continue;
        while (places[at].asset)
            at = (at + 1) & mask;
        places[at] = assets->places[i];
    }
    free(assets->places);
    assets->places = places;
    assets->mask = mask;
}

static bench_asset *make(weir_str symbol)
{
    bench_asset *asset = malloc(sizeof *asset + symbol.len);
    memcpy(asset + 1, symbol.ptr, symbol.len);
    asset->symbol = (weir_str){(const char *)(asset + 1), symbol.len};
    return asset;
}

const bench_asset *bench_asset_of(bench_assets *assets, weir_str symbol)
{
    const uint64_t hash = hash_of(symbol);
    size_t at = hash & assets->mask;
    for (; assets->places[at].asset; at = (at + 1) & assets->mask)
        if (assets->places[at].hash == hash &&
            weir_str_eq(assets->places[at].asset->symbol, symbol))
            return assets->places[at].asset;
    assets->places[at] = (place){hash, make(symbol)};
    const bench_asset *asset = assets->places[at].asset;
    if (++assets->count * 2 > assets->mask)
        grow(assets);
    return asset;
}
