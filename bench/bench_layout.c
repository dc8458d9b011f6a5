/* SPDX-License-Identifier: MIT */
/*
 * bench/bench_layout: packets of 184 bytes, as Kite sends them, through the declared layout of a
 * spec to records, beside C that was written for them by hand. The hand-written decoder fills a
 * struct with every value that the record has (it looks up no asset and owns no record); before
 * anything is timed, each record is compared with it, column by column.
 *
 *   bench_layout specs/kite.yaml [ROUNDS]
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/weir.h>

#include "measure.h"

enum { FRAMES = 2000, PACKETS = 2, PACKET = 184, LEVELS = 5, ROUNDS_MAX = 101 };
enum { FRAME = 2 + PACKETS * (2 + PACKET) };

/* ------------------------------------------------------------------ by hand */

typedef struct tick {
    uint32_t token;
    bool is_tradable, has_change;
    int64_t timestamp, last_trade_time;
    double last, average, open, high, low, close, change;
    int64_t last_quantity, volume, buy_quantity, sell_quantity, oi, oi_high, oi_low;
    double bid_prices[LEVELS], ask_prices[LEVELS];
    double bid_sizes[LEVELS], ask_sizes[LEVELS];
    uint16_t bid_orders[LEVELS], ask_orders[LEVELS];
} tick;

static uint32_t u32(const char *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return be32toh(v);
}

static uint16_t u16(const char *at)
{
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return be16toh(v);
}

static void decode_side(const char *at, double divisor, double *prices, double *sizes,
                        uint16_t *orders)
{
    for (int i = 0; i < LEVELS; i++, at += 12) {
        sizes[i] = u32(at);
        prices[i] = (int32_t)u32(at + 4) / divisor;
        orders[i] = u16(at + 8);
    }
}

static void decode(const char *at, tick *t)
{
    t->token = u32(at);
    const uint32_t segment = t->token & 0xff;
    const double divisor = segment == 3 ? 10000000 : segment == 6 ? 10000 : 100;
    t->is_tradable = segment != 9;
    t->last = (int32_t)u32(at + 4) / divisor;
    t->last_quantity = u32(at + 8);
    t->average = (int32_t)u32(at + 12) / divisor;
    t->volume = u32(at + 16);
    t->buy_quantity = u32(at + 20);
    t->sell_quantity = u32(at + 24);
    t->open = (int32_t)u32(at + 28) / divisor;
    t->high = (int32_t)u32(at + 32) / divisor;
    t->low = (int32_t)u32(at + 36) / divisor;
    t->close = (int32_t)u32(at + 40) / divisor;
    t->last_trade_time = u32(at + 44) * INT64_C(1000000000);
    t->oi = u32(at + 48);
    t->oi_high = u32(at + 52);
    t->oi_low = u32(at + 56);
    t->timestamp = u32(at + 60) * INT64_C(1000000000);
    t->has_change = t->close != 0;
    t->change = t->has_change ? (t->last - t->close) * 100 / t->close : 0;
    decode_side(at + 64, divisor, t->bid_prices, t->bid_sizes, t->bid_orders);
    decode_side(at + 124, divisor, t->ask_prices, t->ask_sizes, t->ask_orders);
}

/* The packets of a frame; false when it is not what its lengths say. */
static bool decode_frame(const char *frame, size_t len, void (*each)(void *, const tick *),
                         void *user)
{
    const char *at = frame + 2, *end = frame + len;
    tick t;
    if (len < 2)
        return false;
    for (size_t left = u16(frame); left > 0; left--) {
        if (end - at < 2 || end - at - 2 < u16(at))
            return false;
        const size_t size = u16(at);
        if (size == PACKET) {
            decode(at + 2, &t);
            each(user, &t);
        }
        at += 2 + size;
    }
    return true;
}

/* ------------------------------------------------------------------ frames */

static uint64_t random_state = 88172645463325252;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state % limit);
}

static char *put(char *at, uint32_t v, int size)
{
    for (int i = size - 1; i >= 0; i--)
        *at++ = (char)(v >> 8 * i);
    return at;
}

static char *put_packet(char *at)
{
    static const uint32_t segments[] = {1, 2, 3, 4, 6, 9};
    at = put(at, (1000 + random_below(200)) << 8 | segments[random_below(6)], 4);
    for (int i = 1; i < 16; i++)
        at = put(at, i >= 11 && i != 12 ? 1700000000 + random_below(1000000) : random_below(500000),
                 4);
    for (int i = 0; i < 2 * LEVELS; i++) {
        at = put(at, random_below(100000), 4);
        at = put(at, random_below(500000), 4);
        at = put(at, random_below(1000), 2);
        at = put(at, 0, 2);
    }
    return at;
}

static char *make_frames(void)
{
    char *frames = calloc(1, (size_t)FRAMES * FRAME + WEIR_FRAME_SLACK);
    char *at = frames;
    for (int i = 0; frames && i < FRAMES; i++) {
        at = put(at, PACKETS, 2);
        for (int k = 0; k < PACKETS; k++)
            at = put_packet(put(at, PACKET, 2));
    }
    return frames;
}

/* ------------------------------------------------------------------ equal outputs */

typedef struct compare {
    const weir_record *record;
    size_t records, wrong;
    char first[80]; /* column that differed */
} compare;

static void note(compare *c, const char *name, bool is_equal)
{
    if (!is_equal && c->wrong++ == 0)
        snprintf(c->first, sizeof c->first, "%s", name);
}

static void same(compare *c, const char *name, double expected)
{
    double v = 0;
    note(c, name, weir_record_get_f64(c->record, name, &v) && v == expected);
}

static void same_levels(compare *c, const char *name, const double *prices, const double *sizes)
{
    const weir_level *levels = NULL;
    size_t count = 0;
    const size_t column = weir_schema_find(weir_record_schema(c->record), name);
    bool is_equal = weir_record_levels(c->record, column, &levels, &count) && count == LEVELS;
    for (size_t i = 0; is_equal && i < LEVELS; i++)
        is_equal = levels[i].price == prices[i] && levels[i].size == sizes[i];
    note(c, name, is_equal);
}

static void same_orders(compare *c, const char *name, const uint16_t *orders)
{
    char text[80];
    weir_str json = {0};
    const int len = snprintf(text, sizeof text, "[%d,%d,%d,%d,%d]", orders[0], orders[1], orders[2],
                             orders[3], orders[4]);
    note(c, name,
         weir_record_get_str(c->record, name, &json) && json.len == (size_t)len &&
             memcmp(json.ptr, text, json.len) == 0);
}

static void compare_tick(void *user, const tick *t)
{
    compare *c = user;
    c->records++;
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"bid", t->bid_prices[0]},
        {"ask", t->ask_prices[0]},
        {"last", t->last},
        {"bid_volume", t->bid_sizes[0]},
        {"ask_volume", t->ask_sizes[0]},
        {"open", t->open},
        {"high", t->high},
        {"low", t->low},
        {"close", t->close},
        {"volume", (double)t->volume},
        {"last_quantity", (double)t->last_quantity},
        {"average_price", t->average},
        {"total_buy_quantity", (double)t->buy_quantity},
        {"total_sell_quantity", (double)t->sell_quantity},
        {"oi", (double)t->oi},
        {"oi_day_high", (double)t->oi_high},
        {"oi_day_low", (double)t->oi_low},
        {"instrument_token", t->token},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        same(c, values[i].name, values[i].value);
    if (t->has_change)
        same(c, "change", t->change);
    int64_t traded = 0;
    note(c, "timestamp", weir_record_timestamp(c->record) == t->timestamp);
    note(c, "last_trade_time",
         weir_record_get_i64(c->record, "last_trade_time", &traded) &&
             traded == t->last_trade_time);
    same_levels(c, "market_depth.bids", t->bid_prices, t->bid_sizes);
    same_levels(c, "market_depth.asks", t->ask_prices, t->ask_sizes);
    same_orders(c, "bid_orders", t->bid_orders);
    same_orders(c, "ask_orders", t->ask_orders);
}

/* Ticks of a frame, kept, and the records beside them in their order. */
typedef struct pairing {
    compare compare;
    tick ticks[PACKETS];
    size_t made, taken;
} pairing;

static void keep_tick(void *user, const tick *t)
{
    pairing *p = user;
    p->ticks[p->made++ % PACKETS] = *t;
}

static void pair_record(void *user, const weir_record *record)
{
    pairing *p = user;
    p->compare.record = record;
    compare_tick(&p->compare, &p->ticks[p->taken++ % PACKETS]);
}

static void check(weir_decoder *decoder, const char *frames)
{
    pairing p = {0};
    for (size_t i = 0; i < FRAMES; i++) {
        const weir_str frame = {frames + i * FRAME, FRAME};
        if (!decode_frame(frame.ptr, frame.len, keep_tick, &p))
            exit(1);
        weir_decoder_feed(decoder, frame, true, 1, pair_record, &p);
    }
    if (p.compare.wrong > 0 || p.taken != p.made) {
        printf("outputs differ: %zu values, %s first; %zu records, %zu by hand\n", p.compare.wrong,
               p.compare.first, p.taken, p.made);
        exit(1);
    }
    printf("%zu packets: every record equals what was decoded by hand\n", p.made);
}

/* ------------------------------------------------------------------ times */

static void sum_tick(void *user, const tick *t)
{
    double *sum = user;
    *sum += t->last + t->average + t->open + t->high + t->low + t->close + t->change +
            (double)(t->last_quantity + t->volume + t->buy_quantity + t->sell_quantity + t->oi +
                     t->oi_high + t->oi_low + t->timestamp + t->last_trade_time);
    for (int i = 0; i < LEVELS; i++)
        *sum += t->bid_prices[i] + t->ask_prices[i] + t->bid_sizes[i] + t->ask_sizes[i] +
                t->bid_orders[i] + t->ask_orders[i];
}

/* What a consumer at least does: look at every column. */
static void sum_record(void *user, const weir_record *record)
{
    double *sum = user;
    const size_t columns = weir_schema_columns(weir_record_schema(record));
    for (size_t i = 0; i < columns; i++) {
        double value = 0;
        *sum += weir_record_f64(record, i, &value) ? value : 1;
    }
    *sum += (double)weir_record_timestamp(record);
}

static void print(const char *what, double *times, int rounds)
{
    const double packets = (double)FRAMES * PACKETS;
    qsort(times, (size_t)rounds, sizeof times[0], by_value);
    printf("  %-16s median of %d rounds: %.1f ns/packet (%.1f..%.1f)\n", what, rounds,
           times[rounds / 2] / packets, times[0] / packets, times[rounds - 1] / packets);
}

int main(int argc, char **argv)
{
    weir_error error = {0};
    double plan[ROUNDS_MAX], hand[ROUNDS_MAX], sum = 0;
    const int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9;
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX)
        return fprintf(stderr, "usage: bench_layout specs/kite.yaml [ROUNDS]\n"), 2;
    weir_spec *spec = weir_spec_load(argv[1], NULL, NULL, &error);
    weir_decoder *decoder = spec ? weir_decoder_new(spec, NULL, &error) : NULL;
    char *frames = make_frames();
    if (!decoder || !frames)
        return fprintf(stderr, "bench_layout: %s\n", error.text), 1;
    check(decoder, frames);
    for (int i = 0; i < rounds; i++) { /* by turns, so that a slow moment is everybody's */
        double start = cpu_ns();
        for (size_t k = 0; k < FRAMES; k++)
            weir_decoder_feed(decoder, (weir_str){frames + k * FRAME, FRAME}, true, 1, sum_record,
                              &sum);
        plan[i] = cpu_ns() - start;
        start = cpu_ns();
        for (size_t k = 0; k < FRAMES; k++)
            decode_frame(frames + k * FRAME, FRAME, sum_tick, &sum);
        hand[i] = cpu_ns() - start;
    }
    print("declared layout", plan, rounds);
    print("by hand", hand, rounds);
    printf("  [consumer sum %.17g]\n", sum);
    weir_decoder_free(decoder);
    weir_spec_free(spec);
    free(frames);
    return 0;
}
