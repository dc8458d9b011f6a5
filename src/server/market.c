/* SPDX-License-Identifier: MIT */
/* Prices are whole ticks and sizes whole lots, so that their texts are as exact as a venue's. */
#include "server/market.h"

#include "util/time.h"

typedef struct instrument {
    const char *exchange;
    int64_t start;   /* first price, ticks */
    unsigned digits; /* of a price after the point; a tick is `tick` of the last of them */
    int64_t tick;
    unsigned lot_digits; /* of a size; a lot is one of the last of them */
    int64_t size;        /* usual, lots */
    int64_t pace;        /* ticks of a usual move */
} instrument;

const char *const market_stream_names[MARKET_STREAMS] = {"trades", "quotes", "orders"};
const char *const market_symbols[MARKET_SYMBOLS] = {"BTC-USD", "ETH-USD", "AAPL", "MSFT",
                                                    "EUR-USD"};

static const instrument instruments[MARKET_SYMBOLS] = {{"X", 670250, 1, 1, 4, 2500, 40},
                                                       {"X", 345120, 2, 1, 3, 1500, 25},
                                                       {"Q", 18954, 2, 1, 0, 100, 3},
                                                       {"Q", 41210, 2, 1, 0, 80, 4},
                                                       {"F", 108520, 5, 1, 0, 100000, 6}};

/* splitmix64: any seed will do. */
static uint64_t next_random(market *m)
{
    uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t market_random(market *m, uint64_t bound)
{
    return next_random(m) % bound;
}

void market_init(market *m, uint64_t seed)
{
    *m = (market){.random = seed, .next_trade = 1, .next_order = 1};
    for (size_t i = 0; i < MARKET_SYMBOLS; i++)
        m->mid[i] = instruments[i].start * 2;
}

size_t market_find(weir_str symbol)
{
    size_t i = 0;
    while (i < MARKET_SYMBOLS && !weir_str_is(symbol, market_symbols[i]))
        i++;
    return i;
}

/* ------------------------------------------------------------------ texts */

static void put_fixed(weir_buf *out, int64_t value, unsigned digits)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    if (digits > 0)
        weir_buf_printf(out, "%lld.%0*lld", (long long)(value / unit), (int)digits,
                        (long long)(value % unit));
    else
        weir_buf_printf(out, "%lld", (long long)value);
}

static void put_price(weir_buf *out, const char *key, size_t symbol, int64_t ticks)
{
    weir_buf_puts(out, key);
    put_fixed(out, ticks * instruments[symbol].tick, instruments[symbol].digits);
}

static void put_size(weir_buf *out, const char *key, size_t symbol, int64_t lots)
{
    weir_buf_puts(out, key);
    put_fixed(out, lots, instruments[symbol].lot_digits);
}

static void put_tail(weir_buf *out, int64_t now_ns)
{
    char text[WEIR_TIME_TEXT_MAX];
    const int64_t ms_ns = now_ns - now_ns % WEIR_NS_PER_MS;
    weir_buf_puts(out, ",\"t\":\"");
    weir_buf_put(out, (weir_str){text, weir_time_format(ms_ns, text)});
    weir_buf_puts(out, "\"}");
}

static void begin(weir_buf *out, const char *type, size_t symbol)
{
    weir_buf_clear(out);
    weir_buf_printf(out, "{\"T\":\"%s\",\"S\":\"%s\"", type, market_symbols[symbol]);
}

/* ------------------------------------------------------------------ events */

static int64_t some_size(market *m, size_t symbol)
{
    return 1 + (int64_t)market_random(m, (uint64_t)instruments[symbol].size * 2);
}

static void move(market *m, size_t symbol)
{
    const int64_t pace = instruments[symbol].pace * 2, floor = instruments[symbol].start / 2;
    m->mid[symbol] += (int64_t)market_random(m, (uint64_t)pace * 2 + 1) - pace;
    if (m->mid[symbol] < floor)
        m->mid[symbol] = floor;
}

static int64_t bid_of(const market *m, size_t symbol)
{
    return (m->mid[symbol] - 1) / 2;
}

static int64_t ask_of(const market *m, size_t symbol)
{
    return bid_of(m, symbol) + 1;
}

typedef struct step {
    market *m;
    int64_t now_ns;
    weir_buf *out;
    market_event_fn *emit;
    void *user;
} step;

static void send(const step *s, market_stream stream, size_t symbol)
{
    put_tail(s->out, s->now_ns);
    if (!s->out->failed)
        s->emit(s->user, stream, symbol, (weir_str){s->out->ptr, s->out->len});
}

static void quote(const step *s, size_t symbol)
{
    move(s->m, symbol);
    begin(s->out, "q", symbol);
    put_price(s->out, ",\"bp\":", symbol, bid_of(s->m, symbol));
    put_size(s->out, ",\"bs\":", symbol, some_size(s->m, symbol));
    put_price(s->out, ",\"ap\":", symbol, ask_of(s->m, symbol));
    put_size(s->out, ",\"as\":", symbol, some_size(s->m, symbol));
    send(s, MARKET_QUOTES, symbol);
}

static void trade(const step *s, size_t symbol)
{
    const bool is_buy = market_random(s->m, 2) == 0;
    begin(s->out, "t", symbol);
    weir_buf_printf(s->out, ",\"i\":%llu,\"x\":\"%s\",\"side\":\"%s\"",
                    (unsigned long long)s->m->next_trade++, instruments[symbol].exchange,
                    is_buy ? "buy" : "sell");
    put_price(s->out, ",\"p\":", symbol, is_buy ? ask_of(s->m, symbol) : bid_of(s->m, symbol));
    put_size(s->out, ",\"s\":", symbol, some_size(s->m, symbol));
    send(s, MARKET_TRADES, symbol);
}

static void send_order(const step *s, const market_order *order, const char *status)
{
    begin(s->out, "o", order->symbol);
    weir_buf_printf(s->out, ",\"id\":\"D%06llu\",\"side\":\"%s\"", (unsigned long long)order->id,
                    order->is_buy ? "buy" : "sell");
    put_price(s->out, ",\"price\":", order->symbol, order->price);
    put_size(s->out, ",\"qty\":", order->symbol, order->quantity);
    put_size(s->out, ",\"filled\":", order->symbol, order->filled);
    weir_buf_printf(s->out, ",\"status\":\"%s\"", status);
    send(s, MARKET_ORDERS_STREAM, order->symbol);
}

static void new_order(const step *s, market_order *order)
{
    market *m = s->m;
    const size_t symbol = (size_t)market_random(m, MARKET_SYMBOLS);
    *order = (market_order){.id = m->next_order++,
                            .symbol = symbol,
                            .is_buy = market_random(m, 2) == 0,
                            .quantity = some_size(m, symbol) + 1};
    order->price = order->is_buy ? bid_of(m, symbol) : ask_of(m, symbol);
    const bool is_rejected = market_random(m, 12) == 0;
    send_order(s, order, is_rejected ? "rejected" : "new");
    if (is_rejected)
        order->id = 0;
}

/* One of: a part is filled, all is filled, it is taken back. */
static void move_order(const step *s, market_order *order)
{
    const uint64_t fate = market_random(s->m, 10);
    const int64_t left = order->quantity - order->filled;
    if (fate < 4 && left > 1) {
        order->filled += 1 + (int64_t)market_random(s->m, (uint64_t)left - 1);
        send_order(s, order, "partially_filled");
        return;
    }
    if (fate < 9)
        order->filled = order->quantity;
    send_order(s, order, fate < 9 ? "filled" : "canceled");
    order->id = 0;
}

void market_step(market *m, int64_t now_ns, weir_buf *scratch, market_event_fn *emit, void *user)
{
    enum { QUOTES_PER_S = 2, TRADES_PER_S = 1, ORDERS_PER_S = 1 /* of the whole account */ };
    const step s = {m, now_ns, scratch, emit, user};
    for (size_t i = 0; i < MARKET_SYMBOLS; i++) {
        if (market_random(m, MARKET_STEPS_PER_S) < QUOTES_PER_S)
            quote(&s, i);
        if (market_random(m, MARKET_STEPS_PER_S) < TRADES_PER_S)
            trade(&s, i);
    }
    if (market_random(m, MARKET_STEPS_PER_S) < ORDERS_PER_S) {
        market_order *order = &m->orders[market_random(m, MARKET_ORDERS)];
        if (order->id == 0)
            new_order(&s, order);
        else
            move_order(&s, order);
    }
}
