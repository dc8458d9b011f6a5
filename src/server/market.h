/* SPDX-License-Identifier: MIT */
/*
 * A random-walk market of a few symbols with an account that trades in it: what the demo venue
 * sends. No clock and no network in it: the same seed and the same steps give the same events.
 */
#ifndef WEIR_SERVER_MARKET_H
#define WEIR_SERVER_MARKET_H

#include <weir/types.h>

#include "util/buf.h"

enum {
    MARKET_SYMBOLS = 5,
    MARKET_ORDERS = 4,      /* open at a time */
    MARKET_STEPS_PER_S = 25 /* how often market_step is meant to be called */
};

typedef enum market_stream {
    MARKET_TRADES,
    MARKET_QUOTES,
    MARKET_ORDERS_STREAM,
    MARKET_STREAMS
} market_stream;

/** "trades", "quotes", "orders". */
extern const char *const market_stream_names[MARKET_STREAMS];
/** "BTC-USD", ... */
extern const char *const market_symbols[MARKET_SYMBOLS];

typedef struct market_order {
    uint64_t id; /* 0: a free place */
    size_t symbol;
    bool is_buy;
    int64_t price;            /* ticks */
    int64_t quantity, filled; /* lots */
} market_order;

typedef struct market {
    uint64_t random;
    int64_t mid[MARKET_SYMBOLS]; /* half ticks */
    uint64_t next_trade, next_order;
    market_order orders[MARKET_ORDERS];
} market;

/** One event as a JSON object, of a stream and a symbol. */
typedef void market_event_fn(void *user, market_stream stream, size_t symbol, weir_str json);

void market_init(market *m, uint64_t seed);
/** A number below `bound` of the market's own generator. */
uint64_t market_random(market *m, uint64_t bound);
/** Moves on by one step at a time of day; `scratch` is cleared and used. */
void market_step(market *m, int64_t now_ns, weir_buf *scratch, market_event_fn *emit, void *user);
/** Index of a symbol; MARKET_SYMBOLS if it is not traded. */
size_t market_find(weir_str symbol);

#endif
