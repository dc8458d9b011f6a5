/* SPDX-License-Identifier: MIT */
/*
 * Kite's binary frames in C. A frame is a count of packets, each behind its length; the length
 * tells what is in a packet, and the lowest byte of its token what its prices are counted in. All
 * integers are big-endian. Text frames of the same connection are JSON.
 *
 * What comes out is what the layout of specs/kite.yaml makes of the same bytes, field by field, so
 * that either may stand in front of the same router and converters. Where the layout wants a table,
 * so does this: a packet is a list of fields in their order, and one function reads them all.
 */
#include <weir/plugin.h>

typedef struct field {
    const char *name; /* NULL: passed over */
    enum { COUNT, PRICE } kind;
} field;

typedef struct packet {
    size_t length;
    const char *mode;
    const field *fields; /* behind the token and the last price: four bytes each */
    size_t count;
    bool has_depth;
} packet;

static const field traded[] = {
    {"last_quantity", COUNT},
    {"average_price", PRICE},
    {"volume", COUNT},
    {"total_buy_quantity", COUNT},
    {"total_sell_quantity", COUNT},
    {"open", PRICE},
    {"high", PRICE},
    {"low", PRICE},
    {"close", PRICE},
    {"last_trade_time", COUNT},
    {"oi", COUNT},
    {"oi_day_high", COUNT},
    {"oi_day_low", COUNT},
    {"exchange_time", COUNT},
};

static const field of_index[] = {
    {"high", PRICE},  {"low", PRICE}, {"open", PRICE},
    {"close", PRICE}, {NULL, PRICE},  {"exchange_time", COUNT},
};

static const packet packets[] = {
    {184, "full", traded, 14, true},  {44, "quote", traded, 9, false},
    {32, "full", of_index, 6, false}, {28, "quote", of_index, 5, false},
    {8, "ltp", NULL, 0, false},
};

enum { DEPTH = 5, LEVEL_BYTES = 12, PACKETS_MAX = 4096 };

static uint32_t u32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t u16(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] << 8 | b[1];
}

static const weir_value *price(weir_plugin_context *context, const char *at, int64_t divisor)
{
    return context->host->make_f64(context, (double)(int32_t)u32(at) / (double)divisor);
}

/* ------------------------------------------------------------------ packets */

static const weir_value *side(weir_plugin_context *context, const char *at, int64_t divisor)
{
    const weir_plugin_host *host = context->host;
    const weir_value *levels[DEPTH];
    for (size_t i = 0; i < DEPTH; i++, at += LEVEL_BYTES) {
        weir_value *level = host->make_dict(context, 3);
        host->put(context, level, "quantity", host->make_i64(context, u32(at)));
        host->put(context, level, "price", price(context, at + 4, divisor));
        host->put(context, level, "orders", host->make_i64(context, u16(at + 8)));
        levels[i] = level;
    }
    return host->make_list(context, levels, DEPTH);
}

static const weir_value *decode_packet(weir_plugin_context *context, const packet *kind,
                                       const char *at)
{
    const weir_plugin_host *host = context->host;
    const int64_t token = u32(at), segment = token & 0xff;
    const int64_t divisor = segment == 3 ? 10000000 : segment == 6 ? 10000 : 100;
    weir_value *dict = host->make_dict(context, 24);
    host->put(context, dict, "token", host->make_i64(context, token));
    host->put(context, dict, "segment", host->make_i64(context, segment));
    host->put(context, dict, "divisor", host->make_i64(context, divisor));
    host->put(context, dict, "is_tradable", host->make_bool(context, segment != 9));
    host->put(context, dict, "last", price(context, at + 4, divisor));
    bool is_good =
        host->put(context, dict, "mode", host->make_text(context, weir_str_of(kind->mode)));
    at += 8;
    for (size_t i = 0; i < kind->count; i++, at += 4) {
        const field *f = &kind->fields[i];
        if (f->name)
            is_good &= host->put(context, dict, f->name,
                                 f->kind == PRICE ? price(context, at, divisor)
                                                  : host->make_i64(context, u32(at)));
    }
    if (kind->has_depth) {
        host->put(context, dict, "bids", side(context, at, divisor));
        is_good &=
            host->put(context, dict, "asks", side(context, at + DEPTH * LEVEL_BYTES, divisor));
    }
    return is_good ? dict : NULL;
}

static const packet *kind_of(size_t length)
{
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        if (packets[i].length == length)
            return &packets[i];
    }
    return NULL;
}

/* ------------------------------------------------------------------ frames */

static const weir_value *decode_packets(weir_plugin_context *context, weir_str bytes)
{
    const weir_plugin_host *host = context->host;
    const size_t count = u16(bytes.ptr);
    const weir_value **list = host->alloc(context, (count + 1) * sizeof *list);
    size_t at = 2;
    if (count > PACKETS_MAX)
        return host->fail(context, "%zu packets in a frame", count);
    for (size_t i = 0; list && i < count; i++) {
        if (bytes.len - at < 2)
            return host->fail(context, "the frame ends in front of packet %zu of %zu", i + 1,
                              count);
        const size_t length = u16(bytes.ptr + at);
        const packet *kind = kind_of(length);
        at += 2;
        if (length > bytes.len - at)
            return host->fail(context, "packet %zu of %zu bytes, but %zu are left of the frame",
                              i + 1, length, bytes.len - at);
        if (!kind)
            return host->fail(context, "a packet of %zu bytes is of no known kind", length);
        list[i] = decode_packet(context, kind, bytes.ptr + at);
        at += length;
    }
    if (at != bytes.len)
        return host->fail(context, "%zu bytes behind the last packet", bytes.len - at);
    return list ? host->make_list(context, list, count) : NULL;
}

static const weir_value *kite_frame(weir_plugin_context *context, const weir_value *const *args,
                                    size_t count)
{
    const weir_plugin_host *host = context->host;
    weir_str bytes;
    (void)count;
    if (!host->get_text(context, args[0], &bytes))
        return NULL;
    if (host->type_of(context, args[0]) == WEIR_TYPE_STR) {
        const weir_value *message = host->parse_json(context, bytes);
        return message ? message : host->fail(context, "a text frame that is not JSON");
    }
    if (bytes.len < 2)
        return host->make_none(context); /* it only keeps the connection alive */
    return decode_packets(context, bytes);
}

static const weir_plugin_function row = {
    WEIR_PLUGIN_DECODER, "kite_frame", NULL, kite_frame,
    WEIR_TYPE_ABSENT,    NULL,         0,    "a list of packets, or a JSON message"};

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    return context->host->add_function(registry, &row);
}

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_HEAD, "kite", "1.0", "binary quotes of Zerodha's Kite Connect", init, NULL};
