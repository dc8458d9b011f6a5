/* SPDX-License-Identifier: MIT */
/* C on jansson, written by hand: a tree per frame, then what is wanted of it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "util/number.h"
#include "util/time.h"

enum { LEVELS_ROOM = 65536 };

typedef struct by_jansson by_jansson;
typedef void decode_fn(by_jansson *self, json_t *message);

struct by_jansson {
    decode_fn *decode;
    bench_assets *assets;
    bench_sink *sink;
    bench_record r;
    weir_level *books[2];
};

static weir_str text(const json_t *v)
{
    return (weir_str){json_string_value(v), json_string_length(v)};
}

static double real(const json_t *v)
{
    double d = 0;
    if (json_is_string(v))
        weir_double_parse_json(text(v), &d);
    else
        d = json_number_value(v);
    return d;
}

static int64_t whole(const json_t *v)
{
    return json_is_real(v) ? (int64_t)json_real_value(v) : json_integer_value(v);
}

static int64_t whole_text(const json_t *v)
{
    int64_t i = 0;
    weir_int_parse_json(text(v), &i);
    return i;
}

/* The table of assets reads a word at a time, so the text gets room behind it. */
static void set_asset(by_jansson *self, weir_str symbol)
{
    char room[256] = {0};
    if (symbol.len < sizeof room - 8)
        memcpy(room, symbol.ptr, symbol.len);
    self->r.asset = bench_asset_of(self->assets, (weir_str){room, symbol.len});
}

static void set_time_text(by_jansson *self, const json_t *v)
{
    weir_time_parse(text(v), &self->r.timestamp_ns, NULL);
}

static void add_level(by_jansson *self, unsigned index, const json_t *price, const json_t *size)
{
    weir_level *level = &self->books[index][self->r.level_count[index]];
    level->price = real(price);
    level->size = real(size);
    self->r.level_count[index] += self->r.level_count[index] + 1 < LEVELS_ROOM;
}

static void begin(by_jansson *self, const char *stream, unsigned reals, unsigned ints,
                  unsigned texts, unsigned books)
{
    self->r.stream = stream;
    self->r.reals = reals;
    self->r.ints = ints;
    self->r.texts = texts;
    self->r.books = books;
    self->r.timestamp_ns = 1;
    for (int i = 0; i < 2; i++) {
        self->r.levels[i] = self->books[i];
        self->r.level_count[i] = 0;
    }
}

static void set_levels(by_jansson *self, unsigned index, const json_t *list)
{
    size_t i;
    json_t *item;
    self->r.level_count[index] = 0;
    json_array_foreach(list, i, item)
        add_level(self, index, json_array_get(item, 0), json_array_get(item, 1));
}

static void publish(by_jansson *self)
{
    self->sink->take(self->sink, &self->r);
}

static bool is(const json_t *v, const char *word)
{
    return json_is_string(v) && strcmp(json_string_value(v), word) == 0;
}

static weir_str word(bool is_first, const char *first, const char *second)
{
    return weir_str_of(is_first ? first : second);
}

/* ------------------------------------------------------------------ feeds */

static void binance(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const json_t *stream = json_object_get(m, "stream"), *d = json_object_get(m, "data");
    const char *name = json_string_value(stream);
    if (!name || !d)
        return;
    const char *kind = strchr(name, '@');
    if (!kind)
        return;
    if (strcmp(kind, "@bookTicker") == 0) {
        begin(self, "ticker", 4, 1, 0, 0);
        static const char *const keys[] = {"b", "a", "B", "A"};
        for (int i = 0; i < 4; i++)
            r->real[i] = real(json_object_get(d, keys[i]));
        r->whole[0] = whole(json_object_get(d, "u"));
    } else if (strcmp(kind, "@trade") == 0) {
        begin(self, "trades", 2, 1, 1, 0);
        r->timestamp_ns = whole(json_object_get(d, "T")) * WEIR_NS_PER_MS;
        r->real[0] = real(json_object_get(d, "p"));
        r->real[1] = real(json_object_get(d, "q"));
        r->whole[0] = whole(json_object_get(d, "t"));
        r->text[0] = word(json_is_true(json_object_get(d, "m")), "SELL", "BUY");
    } else if (strncmp(kind, "@depth", 6) == 0) {
        begin(self, "book", 0, 3, 0, 2);
        r->timestamp_ns = whole(json_object_get(d, "E")) * WEIR_NS_PER_MS;
        r->whole[0] = 0;
        r->whole[1] = whole(json_object_get(d, "U"));
        r->whole[2] = whole(json_object_get(d, "u"));
        set_levels(self, 0, json_object_get(d, "b"));
        set_levels(self, 1, json_object_get(d, "a"));
    } else {
        return;
    }
    set_asset(self, text(json_object_get(d, "s")));
    publish(self);
}

static int64_t kraken_time(const json_t *v)
{
    int64_t us = 0;
    const char *at = json_string_value(v);
    for (; *at && *at != '.'; at++)
        us = us * 10 + (*at - '0');
    at += *at == '.';
    for (int i = 0; i < 6; i++)
        us = us * 10 + (*at ? *at++ - '0' : 0);
    return us * 1000;
}

static void kraken_side(by_jansson *self, unsigned index, const json_t *list)
{
    size_t i;
    json_t *item;
    set_levels(self, index, list);
    json_array_foreach(list, i, item)
    {
        const int64_t ns = kraken_time(json_array_get(item, 2));
        self->r.timestamp_ns = ns > self->r.timestamp_ns ? ns : self->r.timestamp_ns;
    }
}

static void kraken_book(by_jansson *self, json_t *m, size_t count)
{
    bench_record *r = &self->r;
    begin(self, "book", 0, 2, 0, 2);
    r->whole[0] = 0;
    for (size_t i = 1; i < count - 2; i++) {
        const json_t *payload = json_array_get(m, i);
        static const struct {
            const char *key;
            unsigned index;
        } sides[] = {{"as", 1}, {"bs", 0}, {"a", 1}, {"b", 0}};
        for (size_t k = 0; k < 4; k++) {
            const json_t *list = json_object_get(payload, sides[k].key);
            if (!list)
                continue;
            kraken_side(self, sides[k].index, list);
            if (k < 2)
                r->whole[0] = 1;
        }
        if (json_object_get(payload, "c"))
            r->whole[1] = whole_text(json_object_get(payload, "c"));
    }
    r->ints = r->whole[0] ? 1 : 2;
    publish(self);
}

static void kraken(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const size_t count = json_array_size(m);
    if (count < 4)
        return;
    const json_t *payload = json_array_get(m, 1), *name = json_array_get(m, count - 2);
    set_asset(self, text(json_array_get(m, count - 1)));
    if (json_is_string(name) && strncmp(json_string_value(name), "book", 4) == 0) {
        kraken_book(self, m, count);
    } else if (is(name, "trade")) {
        size_t i;
        json_t *item;
        json_array_foreach(payload, i, item)
        {
            begin(self, "trades", 2, 0, 2, 0);
            r->real[0] = real(json_array_get(item, 0));
            r->real[1] = real(json_array_get(item, 1));
            r->timestamp_ns = kraken_time(json_array_get(item, 2));
            r->text[0] = word(is(json_array_get(item, 3), "b"), "BUY", "SELL");
            r->text[1] = word(is(json_array_get(item, 4), "m"), "MARKET", "LIMIT");
            publish(self);
        }
    } else if (is(name, "ticker")) {
        static const struct {
            const char *key;
            size_t at;
        } fields[] = {{"b", 0}, {"a", 0}, {"c", 0}, {"b", 2}, {"a", 2}, {"c", 1},
                      {"o", 1}, {"h", 1}, {"l", 1}, {"v", 1}, {"p", 1}};
        begin(self, "ticker", 11, 1, 0, 0);
        for (size_t i = 0; i < 11; i++)
            r->real[i] =
                real(json_array_get(json_object_get(payload, fields[i].key), fields[i].at));
        r->whole[0] = whole(json_array_get(json_object_get(payload, "t"), 1));
        publish(self);
    }
}

static void coinbase_ticker(by_jansson *self, const json_t *m)
{
    static const char *const keys[] = {"best_bid", "best_ask", "price",   "last_size",
                                       "open_24h", "high_24h", "low_24h", "volume_24h"};
    begin(self, "ticker", 8, 2, 1, 0);
    for (int i = 0; i < 8; i++)
        self->r.real[i] = real(json_object_get(m, keys[i]));
    self->r.whole[0] = whole(json_object_get(m, "trade_id"));
    self->r.whole[1] = whole(json_object_get(m, "sequence"));
    self->r.text[0] = word(is(json_object_get(m, "side"), "buy"), "BUY", "SELL");
}

static void coinbase(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const json_t *type = json_object_get(m, "type");
    bool has_time = true;
    if (is(type, "l2update")) {
        size_t i;
        json_t *item;
        begin(self, "book", 0, 1, 0, 2);
        r->whole[0] = 0;
        json_array_foreach(json_object_get(m, "changes"), i, item)
            add_level(self, !is(json_array_get(item, 0), "buy"), json_array_get(item, 1),
                      json_array_get(item, 2));
    } else if (is(type, "snapshot")) {
        begin(self, "book", 0, 1, 0, 2);
        r->whole[0] = 1;
        set_levels(self, 0, json_object_get(m, "bids"));
        set_levels(self, 1, json_object_get(m, "asks"));
        has_time = false;
    } else if (is(type, "ticker")) {
        coinbase_ticker(self, m);
    } else if (is(type, "match") || is(type, "last_match")) {
        begin(self, "trades", 2, 3, 1, 0);
        r->real[0] = real(json_object_get(m, "price"));
        r->real[1] = real(json_object_get(m, "size"));
        r->whole[0] = whole(json_object_get(m, "trade_id"));
        r->whole[1] = whole(json_object_get(m, "sequence"));
        r->whole[2] = is(type, "last_match");
        r->text[0] = word(is(json_object_get(m, "side"), "sell"), "BUY", "SELL");
    } else if (is(type, "heartbeat")) {
        begin(self, "heartbeats", 0, 2, 0, 0);
        r->whole[0] = whole(json_object_get(m, "sequence"));
        r->whole[1] = whole(json_object_get(m, "last_trade_id"));
    } else {
        return;
    }
    set_asset(self, text(json_object_get(m, "product_id")));
    if (has_time)
        set_time_text(self, json_object_get(m, "time"));
    publish(self);
}

static void bitmex_row(by_jansson *self, const json_t *row, const json_t *action)
{
    bench_record *r = &self->r;
    const json_t *price = json_object_get(row, "price"), *size = json_object_get(row, "size");
    begin(self, "book", 0, 1, 2, 0);
    if (price)
        r->real[r->reals++] = real(price);
    if (size)
        r->real[r->reals++] = real(size);
    r->whole[0] = whole(json_object_get(row, "id"));
    r->text[0] = text(json_object_get(row, "side"));
    r->text[1] = text(action);
}

static void bitmex(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const json_t *table = json_object_get(m, "table"), *action = json_object_get(m, "action");
    const bool is_book = is(table, "orderBookL2"), is_quote = is(table, "quote");
    size_t i;
    json_t *row;
    if (!is_book && !is_quote && !is(table, "trade"))
        return;
    json_array_foreach(json_object_get(m, "data"), i, row)
    {
        if (is_book) {
            bitmex_row(self, row, action);
        } else if (is_quote) {
            static const char *const keys[] = {"bidPrice", "askPrice", "bidSize", "askSize"};
            begin(self, "ticker", 4, 0, 0, 0);
            for (int k = 0; k < 4; k++)
                r->real[k] = real(json_object_get(row, keys[k]));
            set_time_text(self, json_object_get(row, "timestamp"));
        } else {
            begin(self, "trades", 2, 0, 2, 0);
            r->real[0] = real(json_object_get(row, "price"));
            r->real[1] = real(json_object_get(row, "size"));
            r->text[0] = text(json_object_get(row, "side"));
            r->text[1] = text(json_object_get(row, "trdMatchID"));
            set_time_text(self, json_object_get(row, "timestamp"));
        }
        set_asset(self, text(json_object_get(row, "symbol")));
        publish(self);
    }
}

static void okx_ticker(by_jansson *self, const json_t *row)
{
    static const char *const keys[] = {"bidPx",   "askPx",  "last",  "open24h",
                                       "high24h", "low24h", "vol24h"};
    bench_record *r = &self->r;
    begin(self, "ticker", 0, 0, 0, 0);
    for (int i = 0; i < 7; i++) {
        const json_t *v = json_object_get(row, keys[i]);
        if (i >= 2 || json_string_length(v) > 0)
            r->real[r->reals++] = real(v);
    }
}

static void okx(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const json_t *arg = json_object_get(m, "arg"), *channel = json_object_get(arg, "channel");
    size_t i;
    json_t *row;
    if (!json_is_string(channel))
        return;
    const bool is_book = strncmp(json_string_value(channel), "books", 5) == 0;
    if (!is_book && !is(channel, "trades") && !is(channel, "tickers"))
        return;
    json_array_foreach(json_object_get(m, "data"), i, row)
    {
        if (is_book) {
            begin(self, "book", 0, 2, 0, 2);
            set_levels(self, 0, json_object_get(row, "bids"));
            set_levels(self, 1, json_object_get(row, "asks"));
            r->whole[0] = is(json_object_get(m, "action"), "snapshot");
            r->whole[1] = whole(json_object_get(row, "checksum"));
        } else if (is(channel, "trades")) {
            begin(self, "trades", 2, 0, 2, 0);
            r->real[0] = real(json_object_get(row, "px"));
            r->real[1] = real(json_object_get(row, "sz"));
            r->text[0] = text(json_object_get(row, "side"));
            r->text[1] = text(json_object_get(row, "tradeId"));
        } else {
            okx_ticker(self, row);
        }
        r->timestamp_ns = whole_text(json_object_get(row, "ts")) * WEIR_NS_PER_MS;
        set_asset(self, text(json_object_get(is_book ? arg : row, "instId")));
        publish(self);
    }
}

static bool ends_with(const char *name, const char *tail)
{
    const size_t len = strlen(name), tail_len = strlen(tail);
    return len >= tail_len && strcmp(name + len - tail_len, tail) == 0;
}

static void huobi(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    const char *ch = json_string_value(json_object_get(m, "ch"));
    const char *first = ch ? strchr(ch, '.') : NULL,
               *second = first ? strchr(first + 1, '.') : NULL;
    const json_t *tick = json_object_get(m, "tick");
    if (!second)
        return;
    set_asset(self, (weir_str){first + 1, (size_t)(second - first - 1)});
    if (ends_with(ch, ".depth.step0")) {
        begin(self, "book", 0, 0, 0, 2);
        r->timestamp_ns = whole(json_object_get(m, "ts")) * WEIR_NS_PER_MS;
        set_levels(self, 0, json_object_get(tick, "bids"));
        set_levels(self, 1, json_object_get(tick, "asks"));
        publish(self);
    } else if (ends_with(ch, ".trade.detail")) {
        size_t i;
        json_t *trade;
        json_array_foreach(json_object_get(tick, "data"), i, trade)
        {
            begin(self, "trades", 2, 0, 1, 0);
            r->timestamp_ns = whole(json_object_get(trade, "ts")) * WEIR_NS_PER_MS;
            r->real[0] = real(json_object_get(trade, "price"));
            r->real[1] = real(json_object_get(trade, "amount"));
            r->text[0] = text(json_object_get(trade, "direction"));
            publish(self);
        }
    }
}

static void alpaca(by_jansson *self, json_t *m)
{
    bench_record *r = &self->r;
    size_t i;
    json_t *row;
    json_array_foreach(m, i, row)
    {
        const json_t *type = json_object_get(row, "T");
        if (is(type, "t")) {
            begin(self, "trades", 2, 1, 1, 0);
            r->real[0] = real(json_object_get(row, "p"));
            r->real[1] = real(json_object_get(row, "s"));
            r->whole[0] = whole(json_object_get(row, "i"));
            r->text[0] = text(json_object_get(row, "x"));
        } else if (is(type, "q")) {
            static const char *const keys[] = {"bp", "ap", "bs", "as"};
            begin(self, "quotes", 4, 0, 0, 0);
            for (int k = 0; k < 4; k++)
                r->real[k] = real(json_object_get(row, keys[k]));
        } else {
            continue;
        }
        set_asset(self, text(json_object_get(row, "S")));
        set_time_text(self, json_object_get(row, "t"));
        publish(self);
    }
}

/* ------------------------------------------------------------------ the program */

static void *open_jansson(const char *feed, const char *spec)
{
    static const struct {
        const char *name;
        decode_fn *decode;
    } feeds[] = {{"binance", binance}, {"kraken", kraken}, {"coinbase", coinbase},
                 {"bitmex", bitmex},   {"okx", okx},       {"huobi", huobi},
                 {"alpaca", alpaca}};
    (void)spec;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        if (strcmp(feeds[i].name, feed) != 0)
            continue;
        by_jansson *self = calloc(1, sizeof *self);
        self->decode = feeds[i].decode;
        self->assets = bench_assets_new();
        for (int k = 0; k < 2; k++)
            self->books[k] = calloc(LEVELS_ROOM, sizeof *self->books[k]);
        return self;
    }
    return NULL;
}

static void feed_jansson(void *user, weir_str frame, bench_sink *sink)
{
    by_jansson *self = user;
    json_error_t error;
    json_t *message = json_loadb(frame.ptr, frame.len, JSON_ALLOW_NUL, &error);
    /* Ids of more than 19 digits: the whole message once more, with all numbers as doubles. */
    if (!message)
        message =
            json_loadb(frame.ptr, frame.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    self->sink = sink;
    if (message)
        self->decode(self, message);
    json_decref(message);
}

static void close_jansson(void *user)
{
    by_jansson *self = user;
    bench_assets_free(self->assets);
    free(self->books[0]);
    free(self->books[1]);
    free(self);
}

const bench_program bench_jansson = {"jansson", open_jansson, feed_jansson, close_jansson};
