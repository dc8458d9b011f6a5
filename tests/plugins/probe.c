/* SPDX-License-Identifier: MIT */
/*
 * A plugin that does what tests want to see: one function of each use, and functions that fail, are
 * slow, break their word, or give a credential away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weir/plugin.h>

typedef struct state {
    size_t frames;
    weir_plugin_timer *timer;
} state;

#define FUNCTION(name)                                                                             \
    static const weir_value *name(weir_plugin_context *context, const weir_value *const *args,     \
                                  size_t count)

/* ------------------------------------------------------------------ expressions */

/* "int", "list[3]" ... of each argument, "-" for one that is left out. */
FUNCTION(describe)
{
    static const char *const names[] = {"absent", "none",  "bool",    "int",       "float",
                                        "str",    "bytes", "decimal", "timestamp", "asset",
                                        "list",   "dict",  "other"};
    const weir_plugin_host *host = context->host;
    char text[400] = "";
    size_t at = 0;
    for (size_t i = 0; i < count && at < sizeof text; i++) {
        const weir_plugin_type type = host->type_of(context, args[i]);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "",
                               args[i] ? names[type] : "-");
        if ((type == WEIR_TYPE_LIST || type == WEIR_TYPE_DICT) && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "[%zu]",
                                   host->count(context, args[i]));
    }
    return host->make_text(context, weir_str_of(text));
}

/* The value taken apart through the readers and put together through the makers. */
static const weir_value *rebuild(weir_plugin_context *context, const weir_value *value)
{
    const weir_plugin_host *host = context->host;
    bool truth = false;
    int64_t integer = 0;
    double number = 0;
    weir_str text;
    switch (host->type_of(context, value)) {
    case WEIR_TYPE_BOOL:
        return host->get_bool(context, value, &truth) ? host->make_bool(context, truth) : NULL;
    case WEIR_TYPE_INT:
        return host->get_i64(context, value, &integer) ? host->make_i64(context, integer) : NULL;
    case WEIR_TYPE_FLOAT:
        return host->get_f64(context, value, &number) ? host->make_f64(context, number) : NULL;
    case WEIR_TYPE_STR:
        return host->get_text(context, value, &text) ? host->make_text(context, text) : NULL;
    case WEIR_TYPE_BYTES:
        return host->get_text(context, value, &text) ? host->make_bytes(context, text) : NULL;
    case WEIR_TYPE_DECIMAL:
        return host->get_text(context, value, &text) ? host->make_decimal(context, text) : NULL;
    case WEIR_TYPE_TIMESTAMP:
        return host->get_i64(context, value, &integer) ? host->make_timestamp(context, integer)
                                                       : NULL;
    case WEIR_TYPE_LIST: {
        const size_t count = host->count(context, value);
        const weir_value **items = host->alloc(context, (count + 1) * sizeof *items);
        for (size_t i = 0; items && i < count; i++)
            items[i] = rebuild(context, host->at(context, value, i));
        return items ? host->make_list(context, items, count) : NULL;
    }
    case WEIR_TYPE_DICT: {
        const size_t count = host->count(context, value);
        weir_value *dict = host->make_dict(context, count);
        for (size_t i = 0; i < count; i++) {
            const weir_value *key, *inner;
            char name[64];
            if (!host->member(context, value, i, &key, &inner) ||
                !host->get_text(context, key, &text))
                return host->fail(context, "a key is no text");
            snprintf(name, sizeof name, "%.*s", WEIR_FMT(text));
            if (host->get(context, value, name) != inner ||
                !host->put(context, dict, name, rebuild(context, inner)))
                return NULL;
        }
        return dict;
    }
    default: return host->make_none(context);
    }
}

FUNCTION(same)
{
    (void)count;
    return rebuild(context, args[0]);
}

FUNCTION(as_json)
{
    weir_str text;
    (void)count;
    return context->host->json(context, args[0], &text) ? context->host->make_text(context, text)
                                                        : NULL;
}

FUNCTION(from_json)
{
    weir_str text;
    (void)count;
    const weir_value *value = context->host->get_text(context, args[0], &text)
                                  ? context->host->parse_json(context, text)
                                  : NULL;
    return value ? value : context->host->fail(context, "no JSON");
}

FUNCTION(total)
{
    double sum = 0, x = 0;
    for (size_t i = 0; i < count; i++) {
        if (!context->host->get_f64(context, args[i], &x))
            return context->host->fail(context, "argument %zu is no number", i + 1);
        sum += x;
    }
    return context->host->make_f64(context, sum);
}

FUNCTION(fails)
{
    (void)args;
    (void)count;
    return context->host->fail(context, "as it was told to");
}

FUNCTION(blabs)
{
    weir_str text = {"", 0};
    (void)args;
    (void)count;
    context->host->get_text(context, context->host->credential(context, "api_key"), &text);
    context->host->log(context, WEIR_LEVEL_WARNING, "the key is %.*s", WEIR_FMT(text));
    return context->host->fail(context, "the key is %.*s", WEIR_FMT(text));
}

FUNCTION(gives_nothing)
{
    (void)context;
    (void)args;
    (void)count;
    return NULL;
}

FUNCTION(breaks_word)
{
    (void)args;
    (void)count;
    return context->host->make_text(context, weir_str_of("no number"));
}

FUNCTION(bad_text)
{
    (void)args;
    (void)count;
    return context->host->make_text(context, weir_str_of("\xff\xfe"));
}

FUNCTION(greedy)
{
    (void)args;
    (void)count;
    return context->host->alloc(context, (size_t)1 << 40) ? context->host->make_none(context)
                                                          : NULL;
}

FUNCTION(slow)
{
    const struct timespec pause = {0, 20000000};
    (void)count;
    nanosleep(&pause, NULL);
    return args[0] ? args[0] : context->host->make_none(context);
}

/* ------------------------------------------------------------------ surroundings */

FUNCTION(surroundings)
{
    const weir_plugin_host *host = context->host;
    const weir_value *const items[] = {
        host->make_text(context, host->connection(context)),
        host->var(context, "answer"),
        host->option(context, "colour"),
        host->make_bool(context, host->var(context, "no_such_var") == NULL),
        host->make_bool(context, host->credential(context, "no_such_credential") == NULL),
        host->make_bool(context, host->see(context, WEIR_SEE_ITEM) == NULL),
        host->see(context, WEIR_SEE_RECEIVED),
        host->get(context, host->see(context, WEIR_SEE_DATA), "s"),
    };
    (void)args;
    (void)count;
    return host->make_list(context, items, sizeof items / sizeof items[0]);
}

FUNCTION(find)
{
    const weir_plugin_host *host = context->host;
    const weir_asset *asset = NULL;
    weir_str symbol;
    if (count != 1 || !host->get_text(context, args[0], &symbol))
        return host->fail(context, "the source is no text");
    const weir_value *found = host->find_asset(context, "symbol", symbol);
    if (!host->get_asset(context, found, &asset) ||
        !weir_str_eq(host->asset_text(asset, "symbol"), symbol))
        return host->fail(context, "no such asset");
    return found;
}

/* ------------------------------------------------------------------ messages */

/* {"streams": [...], "key": the credential, "digest": made of it and marked, "hidden": in a text}
 */
FUNCTION(login)
{
    const weir_plugin_host *host = context->host;
    const weir_value *secret = host->credential(context, "api_key");
    weir_value *dict = host->make_dict(context, 4);
    weir_str text;
    char inside[200];
    (void)args;
    (void)count;
    if (!host->get_text(context, secret, &text))
        return host->fail(context, "no api_key is given");
    snprintf(inside, sizeof inside, "Bearer %.*s", WEIR_FMT(text));
    if (!host->put(context, dict, "op", host->make_text(context, weir_str_of("login"))) ||
        !host->put(context, dict, "key", secret) ||
        !host->put(context, dict, "digest",
                   host->mark_secret(context, host->make_i64(context, (int64_t)text.len))) ||
        !host->put(context, dict, "hidden", host->make_text(context, weir_str_of(inside))))
        return NULL;
    return dict;
}

FUNCTION(symbols)
{
    const weir_plugin_host *host = context->host;
    const weir_value *assets = host->see(context, WEIR_SEE_ASSETS);
    const size_t wanted = host->count(context, assets);
    const weir_value **items = host->alloc(context, (wanted + 1) * sizeof *items);
    (void)args;
    (void)count;
    for (size_t i = 0; items && i < wanted; i++) {
        const weir_asset *asset = NULL;
        host->get_asset(context, host->at(context, assets, i), &asset);
        items[i] = host->make_text(context, host->asset_text(asset, "symbol"));
    }
    return items ? host->make_list(context, items, wanted) : NULL;
}

/* [(symbol, 1), ...] */
FUNCTION(topics)
{
    const weir_plugin_host *host = context->host;
    const weir_value *names = symbols(context, args, count);
    const size_t wanted = host->count(context, names);
    const weir_value **pairs = host->alloc(context, (wanted + 1) * sizeof *pairs);
    for (size_t i = 0; pairs && i < wanted; i++) {
        const weir_value *const pair[] = {host->at(context, names, i), host->make_i64(context, 1)};
        pairs[i] = host->make_tuple(context, pair, 2);
    }
    return pairs ? host->make_list(context, pairs, wanted) : NULL;
}

FUNCTION(packed)
{
    const weir_plugin_host *host = context->host;
    int64_t id = 0;
    if (count != 1 || !host->get_i64(context, host->get(context, args[0], "id"), &id))
        return host->fail(context, "the token 'id' is no number");
    const char bytes[2] = {(char)(id >> 8), (char)id};
    const weir_str out = {bytes, 2};
    return host->make_bytes(context, out);
}

/* ------------------------------------------------------------------ frames */

/* Drops '!', cuts the '#' from others that begin with it, fails on '?', leaves the rest. */
FUNCTION(watch)
{
    weir_str text = {"", 0};
    (void)count;
    state *own = context->state;
    own->frames++;
    if (context->host->type_of(context, args[0]) == WEIR_TYPE_LIST &&
        context->host->get_text(context, context->host->at(context, args[0], 0), &text) &&
        weir_str_is(text, "!!"))
        return context->host->make_none(context); /* of several parts, the first is "!!" */
    if (weir_str_is(text, "##"))
        return context->host->make_bytes(context, text);
    if (!context->host->get_text(context, args[0], &text) || text.len == 0)
        return args[0];
    if (text.ptr[0] == '?')
        return context->host->fail(context, "a question");
    if (text.ptr[0] == '!')
        return context->host->make_none(context);
    const weir_str rest = {text.ptr + 1, text.len - 1};
    return text.ptr[0] == '#' ? context->host->make_bytes(context, rest) : args[0];
}

/* Undoes an exclusive or with 1. */
FUNCTION(unscramble)
{
    weir_str bytes;
    (void)count;
    if (!context->host->get_text(context, args[0], &bytes))
        return NULL;
    char *out = context->host->alloc(context, bytes.len + 1);
    for (size_t i = 0; out && i < bytes.len; i++)
        out[i] = (char)(bytes.ptr[i] ^ 1);
    const weir_str text = {out, bytes.len};
    return out ? context->host->make_bytes(context, text) : NULL;
}

/* "AAA=1.5;BBB=2" as a list of {s, p}; an empty frame holds nothing. */
FUNCTION(pairs)
{
    const weir_plugin_host *host = context->host;
    const weir_value *items[64];
    size_t found = 0;
    weir_str text;
    (void)count;
    if (!host->get_text(context, args[0], &text))
        return NULL;
    if (text.len == 0)
        return host->make_none(context);
    while (text.len > 0 && found < 64) {
        const char *end = memchr(text.ptr, ';', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) : text.len;
        const char *sign = memchr(text.ptr, '=', len);
        if (!sign)
            return host->fail(context, "no '=' in '%.*s'", (int)len, text.ptr);
        const weir_str name = {text.ptr, (size_t)(sign - text.ptr)};
        const weir_str price = {sign + 1, len - name.len - 1};
        weir_value *dict = host->make_dict(context, 2);
        const weir_value *digits = host->make_decimal(context, price);
        if (!digits)
            return host->fail(context, "'%.*s' is no price", WEIR_FMT(price));
        if (!host->put(context, dict, "s", host->make_text(context, name)) ||
            !host->put(context, dict, "p", digits))
            return NULL;
        items[found++] = dict;
        text.ptr += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
    return host->make_list(context, items, found);
}

/* ------------------------------------------------------------------ records */

static const weir_plugin_column columns[] = {
    {"data.close", WEIR_TYPE_FLOAT},
    {"data.text", WEIR_TYPE_STR},
    {"all", WEIR_TYPE_DICT},
    {"market_depth.bids", WEIR_TYPE_LIST},
};

static const weir_value *record_of(weir_plugin_context *context, const weir_value *data)
{
    const weir_plugin_host *host = context->host;
    weir_value *record = host->make_dict(context, 6);
    weir_value *inner = host->make_dict(context, 2);
    weir_str symbol = {"", 0};
    double price = 0;
    host->get_text(context, host->get(context, data, "s"), &symbol);
    if (!host->get_f64(context, host->get(context, data, "p"), &price))
        return host->fail(context, "no price");
    host->put(context, inner, "close", host->make_f64(context, price));
    host->put(context, inner, "text", host->make_text(context, symbol));
    host->put(context, record, "asset", host->find_asset(context, "symbol", symbol));
    host->put(context, record, "timestamp", host->make_timestamp(context, 1600000000000000000));
    host->put(context, record, "data", inner);
    host->put(context, record, "all", data);
    host->put(context, record, "market_depth.bids", host->get(context, data, "bids"));
    if (host->get(context, data, "stranger"))
        host->put(context, inner, "stranger", host->make_none(context));
    return record;
}

/* One record, `n` of them where the message says so, none for n = 0. */
FUNCTION(whole)
{
    const weir_plugin_host *host = context->host;
    const weir_value *records[16];
    int64_t n = -1;
    (void)count;
    host->get_i64(context, host->get(context, args[0], "n"), &n);
    if (n == 0)
        return host->make_none(context);
    for (int64_t i = 0; i < n && i < 16; i++)
        records[i] = record_of(context, args[0]);
    return n < 0 ? record_of(context, args[0]) : host->make_list(context, records, (size_t)n);
}

/* ------------------------------------------------------------------ hooks */

static void on_timer(weir_plugin_context *context, void *user)
{
    state *own = context->state;
    const weir_str text = {(const char *)user, strlen(user)};
    const weir_str no_name = {NULL, 0};
    context->host->send(context, false, no_name, text);
    context->host->timer_free(own->timer);
    own->timer = NULL;
}

FUNCTION(connected)
{
    const weir_plugin_host *host = context->host;
    const weir_str hello = {"{\"hello\":1}", 11}, no_name = {NULL, 0};
    (void)args;
    (void)count;
    host->log(context, WEIR_LEVEL_INFO, "connected %.*s", WEIR_FMT(host->connection(context)));
    if (host->send(context, false, no_name, hello) != WEIR_OK)
        return host->fail(context, "hello was not sent");
    state *own = context->state;
    host->timer_free(own->timer);
    own->timer = host->timer_new(context, on_timer, "{\"tick\":1}");
    host->timer_set(own->timer, 10000000);
    return host->make_none(context);
}

FUNCTION(told)
{
    weir_str what = {"", 0}, code = {"", 0};
    context->host->get_text(context, args[0], &what);
    if (count > 1)
        context->host->get_text(context, args[1], &code);
    context->host->log(context, WEIR_LEVEL_WARNING, "told: %.*s %.*s", WEIR_FMT(code),
                       WEIR_FMT(what));
    return context->host->make_none(context);
}

/* ------------------------------------------------------------------ a sink */

/* Writes "open", a line per record, "flush" and "close" into a file; slow, failing or not to be
 * opened as it is told. */
typedef struct pot {
    FILE *file;
    int64_t delay_ns, fail_every, written;
} pot;

static void *pot_open(weir_plugin_context *context)
{
    const weir_plugin_host *host = context->host;
    weir_str path;
    char name[400];
    pot *own = calloc(1, sizeof *own);
    if (!own || !host->get_text(context, host->option(context, "path"), &path) ||
        host->option(context, "no_such_option")) {
        free(own);
        return NULL;
    }
    host->get_i64(context, host->option(context, "delay"), &own->delay_ns);
    host->get_i64(context, host->option(context, "fail_every"), &own->fail_every);
    snprintf(name, sizeof name, "%.*s", WEIR_FMT(path));
    own->file = fopen(name, "w");
    if (!own->file) {
        host->fail(context, "%s cannot be written", name);
        free(own);
        return NULL;
    }
    fprintf(own->file, "open\n");
    return own;
}

static bool pot_write(weir_plugin_context *context, void *sink, const weir_record *record)
{
    const weir_plugin_records *records = context->host->records;
    const weir_schema *schema = records->schema(record);
    const size_t close = records->schema_find(schema, "data.close");
    pot *own = sink;
    double price = 0;
    weir_str line;
    const struct timespec pause = {own->delay_ns / 1000000000, own->delay_ns % 1000000000};
    if (own->delay_ns > 0)
        nanosleep(&pause, NULL);
    own->written++;
    if (own->fail_every > 0 && own->written % own->fail_every == 0) {
        context->host->fail(context, "number %lld is not wanted", (long long)own->written);
        return false;
    }
    if (close == SIZE_MAX || !records->f64(record, close, &price) ||
        !records->json(context, record, &line))
        return false;
    const weir_str symbol = context->host->asset_text(records->asset(record), "symbol");
    const weir_str stream = records->schema_stream(schema);
    fprintf(own->file, "%s %.*s %.*s %llu %g %zu\n",
            records->channel_name(records->schema_channel(schema)), WEIR_FMT(stream),
            WEIR_FMT(symbol), (unsigned long long)records->seq(record), price, line.len);
    return true;
}

static bool pot_flush(weir_plugin_context *context, void *sink)
{
    (void)context;
    fprintf(((pot *)sink)->file, "flush\n");
    return fflush(((pot *)sink)->file) == 0;
}

static bool pot_close(weir_plugin_context *context, void *sink)
{
    pot *own = sink;
    (void)context;
    fprintf(own->file, "close\n");
    fclose(own->file);
    free(own);
    return true;
}

static const weir_plugin_option pot_options[] = {
    {"path", WEIR_TAKES_TEXT, NULL, 0, 0, NULL, "the file"},
    {"delay", WEIR_TAKES_DURATION, "0s", 0, 0, NULL, "of each record"},
    {"fail_every", WEIR_TAKES_INT, "0", 0, 0, NULL, "which records fail"},
};

static const weir_plugin_sink pot_row = {"pot",     pot_options, 3,         pot_open,
                                         pot_write, pot_flush,   pot_close, "for tests"};

/* ------------------------------------------------------------------ the plugin */

#define EXPRESSION(name, params, gives)                                                            \
    {                                                                                              \
        WEIR_PLUGIN_EXPRESSION, #name, params, name, gives, NULL, 0, "for tests"                   \
    }
#define OTHER(use, name, gives)                                                                    \
    {                                                                                              \
        use, #name, NULL, name, gives, NULL, 0, "for tests"                                        \
    }

static const weir_plugin_function rows[] = {
    EXPRESSION(describe, "first second? *rest", WEIR_TYPE_STR),
    EXPRESSION(same, "x /", WEIR_TYPE_ABSENT),
    EXPRESSION(as_json, "x", WEIR_TYPE_STR),
    EXPRESSION(from_json, "x", WEIR_TYPE_ABSENT),
    EXPRESSION(total, "*numbers", WEIR_TYPE_FLOAT),
    EXPRESSION(fails, "x?", WEIR_TYPE_ABSENT),
    EXPRESSION(gives_nothing, "", WEIR_TYPE_ABSENT),
    EXPRESSION(blabs, "", WEIR_TYPE_ABSENT),
    EXPRESSION(breaks_word, "", WEIR_TYPE_FLOAT),
    EXPRESSION(bad_text, "", WEIR_TYPE_STR),
    EXPRESSION(greedy, "", WEIR_TYPE_ABSENT),
    EXPRESSION(slow, "x", WEIR_TYPE_ABSENT),
    EXPRESSION(surroundings, "", WEIR_TYPE_LIST),
    OTHER(WEIR_PLUGIN_TRANSFORM, slow, WEIR_TYPE_ABSENT),
    OTHER(WEIR_PLUGIN_TRANSFORM, fails, WEIR_TYPE_ABSENT),
    OTHER(WEIR_PLUGIN_FIELD, find, WEIR_TYPE_ASSET),
    OTHER(WEIR_PLUGIN_FIELD, surroundings, WEIR_TYPE_LIST),
    OTHER(WEIR_PLUGIN_PAYLOAD, login, WEIR_TYPE_DICT),
    OTHER(WEIR_PLUGIN_PAYLOAD, symbols, WEIR_TYPE_LIST),
    OTHER(WEIR_PLUGIN_ENCODER, packed, WEIR_TYPE_BYTES),
    OTHER(WEIR_PLUGIN_PREPROCESSOR, unscramble, WEIR_TYPE_BYTES),
    OTHER(WEIR_PLUGIN_DECODER, pairs, WEIR_TYPE_LIST),
    {WEIR_PLUGIN_CONVERTER, "whole", NULL, whole, WEIR_TYPE_ABSENT, columns,
     sizeof columns / sizeof columns[0], "for tests"},
    OTHER(WEIR_PLUGIN_ON_MESSAGE, watch, WEIR_TYPE_ABSENT),
    OTHER(WEIR_PLUGIN_ON_CONNECT, connected, WEIR_TYPE_ABSENT),
    OTHER(WEIR_PLUGIN_ON_DISCONNECT, told, WEIR_TYPE_ABSENT),
    OTHER(WEIR_PLUGIN_ON_ERROR, told, WEIR_TYPE_ABSENT),
    /* by the names of the seed's examples: seed.yaml */
    {WEIR_PLUGIN_ON_CONNECT, "my_on_connect", NULL, connected, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_ON_DISCONNECT, "my_on_disconnect", NULL, told, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_ON_ERROR, "my_on_error", NULL, told, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_ON_MESSAGE, "my_on_message", NULL, watch, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_DECODER, "parse_binary_message", NULL, pairs, WEIR_TYPE_LIST, NULL, 0, ""},
    {WEIR_PLUGIN_PAYLOAD, "create_mqtt_subscription_payload", NULL, topics, WEIR_TYPE_LIST, NULL, 0,
     ""},
};

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!context->host->add_function(registry, &rows[i]))
            return false;
    }
    if (!context->host->add_sink(registry, &pot_row))
        return false;
    context->state = calloc(1, sizeof(state));
    return context->state != NULL;
}

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD,         "probe", "1.2",
                                       "what tests want to see", init,    free};
