/* SPDX-License-Identifier: MIT */
/*
 * What a venue asks of its clients when they subscribe: how it writes symbols, what it answers, how
 * much it takes in a message, in a while and on a connection. A limit that could never be kept is
 * an error here and not a feed that stands still.
 */
#include "spec/rows.h"
#include "util/number.h"
#include "util/time.h"

enum { RATE_MAX = 10000, CONNECTIONS_MAX = 64, CONNECTIONS_DEFAULT = 8 };

/* ------------------------------------------------------------------ rates */

/* "5/s", "300/5m": a count, and a duration whose number may be left out. */
static bool parse_rate(weir_str text, weir_rate *rate)
{
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    char period[32];
    if (!slash)
        return false;
    const weir_str count = {text.ptr, (size_t)(slash - text.ptr)};
    weir_str rest = {slash + 1, text.len - count.len - 1};
    if (rest.len == 0 || rest.len + 1 >= sizeof period)
        return false;
    const bool has_number = rest.ptr[0] >= '0' && rest.ptr[0] <= '9';
    period[0] = '1';
    memcpy(period + !has_number, rest.ptr, rest.len);
    rest = (weir_str){period, rest.len + !has_number};
    return weir_int_parse(count, &rate->count) == WEIR_INT_OK && rate->count > 0 &&
           weir_duration_parse(rest, &rate->period_ns) && rate->period_ns > 0;
}

static void read_one_rate(weir_reader *reader, const weir_node *node, const char *what,
                          weir_rate *rate)
{
    weir_str text;
    if (!weir_read_text(reader, node, what, &text))
        return;
    if (!parse_rate(text, rate)) {
        *rate = (weir_rate){0};
        weir_diag_error(reader->diags, node->place,
                        "'%.*s' is no rate for '%s': write 5/s, 100/m or 300/5m", WEIR_FMT(text),
                        what);
    } else if (rate->count > RATE_MAX) {
        weir_diag_error(reader->diags, node->place,
                        "a rate counts at most %d: write a shorter time for '%s'", RATE_MAX, what);
    }
}

static void read_messages(weir_reader *reader, weir_node *node, void *into)
{
    read_one_rate(reader, node, "messages", &((weir_limits_spec *)into)->rate);
}

static const weir_key_row rate_rows[] = {
    {.name = "messages",
     .type = WEIR_KEY_READ,
     .read = read_messages,
     .shape = &weir_text_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the rate"},
    {.name = "pongs",
     .type = WEIR_KEY_BOOL,
     .offset = offsetof(weir_limits_spec, counts_pongs),
     .doc = "the venue counts pongs, too: one message of each time is kept back for them (default "
            "`false`)"},
};
static const weir_key_table rate_table = {"rate", rate_rows,
                                          sizeof rate_rows / sizeof rate_rows[0]};
static const weir_shape rate_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &rate_table};
const weir_shape weir_rate_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_text_shape, .other = &rate_map_shape};

void weir_read_rate(weir_reader *reader, weir_node *node, void *connection)
{
    weir_limits_spec *limits = &((weir_connection_spec *)connection)->limits;
    if (node->kind == WEIR_NODE_SCALAR)
        read_one_rate(reader, node, "rate", &limits->rate);
    else
        weir_read_map(reader, node, &rate_table, limits);
    if (limits->counts_pongs && limits->rate.count == 1)
        weir_diag_error(reader->diags, node->place,
                        "rate: with 'pongs' nothing is left of one message: it is kept for them");
}

void weir_read_connect_rate(weir_reader *reader, weir_node *node, void *connection)
{
    read_one_rate(reader, node, "connect_rate",
                  &((weir_connection_spec *)connection)->limits.connect_rate);
}

/* ------------------------------------------------------------------ batch and limit */

static void require_positive(weir_reader *reader, const weir_node *node, const char *name,
                             int64_t value)
{
    const weir_node *given = weir_node_get(node, name);
    if (given && value < 1)
        weir_diag_error(reader->diags, given->place, "'%s' must be at least 1", name);
}

static void read_batch_bytes(weir_reader *reader, weir_node *node, void *into)
{
    weir_str text;
    if (!weir_read_text(reader, node, "bytes", &text))
        return;
    if (!weir_size_parse(text, &((weir_limits_spec *)into)->batch_bytes) ||
        ((weir_limits_spec *)into)->batch_bytes == 0)
        weir_diag_error(reader->diags, node->place,
                        "'%.*s' is no size for 'bytes': write 4096 or 16KiB", WEIR_FMT(text));
}

static const weir_key_row batch_rows[] = {
    {.name = "max",
     .type = WEIR_KEY_INT,
     .offset = offsetof(weir_limits_spec, batch_max),
     .doc = "symbols of one message (default: all of them)"},
    {.name = "bytes",
     .type = WEIR_KEY_READ,
     .read = read_batch_bytes,
     .shape = &weir_scalar_shape,
     .doc = "bytes of one message, `4096` or `16KiB` (default: no limit)"},
};
static const weir_key_table batch_table = {"batch", batch_rows,
                                           sizeof batch_rows / sizeof batch_rows[0]};
const weir_shape weir_batch_shape = {.form = WEIR_SHAPE_TABLE, .table = &batch_table};

void weir_read_batch(weir_reader *reader, weir_node *node, void *connection)
{
    weir_limits_spec *limits = &((weir_connection_spec *)connection)->limits;
    weir_read_map(reader, node, &batch_table, limits);
    if (node->kind == WEIR_NODE_MAP)
        require_positive(reader, node, "max", limits->batch_max);
}

static const weir_key_row limit_rows[] = {
    {.name = "per_connection",
     .type = WEIR_KEY_INT,
     .offset = offsetof(weir_limits_spec, per_connection),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "subscriptions of one connection: a symbol of a stream is one"},
    {.name = "connections",
     .type = WEIR_KEY_INT,
     .offset = offsetof(weir_limits_spec, connections),
     .doc = "connections at the same time, 1 to 64 (default 8)"},
};
static const weir_key_table limit_table = {"limit", limit_rows,
                                           sizeof limit_rows / sizeof limit_rows[0]};
const weir_shape weir_limit_shape = {.form = WEIR_SHAPE_TABLE, .table = &limit_table};

void weir_read_limit(weir_reader *reader, weir_node *node, void *connection)
{
    weir_limits_spec *limits = &((weir_connection_spec *)connection)->limits;
    limits->connections = CONNECTIONS_DEFAULT;
    weir_read_map(reader, node, &limit_table, limits);
    if (node->kind != WEIR_NODE_MAP)
        return;
    require_positive(reader, node, "per_connection", limits->per_connection);
    if (limits->connections < 1 || limits->connections > CONNECTIONS_MAX)
        weir_diag_error(reader->diags, node->place, "limit: 'connections' must be from 1 to %d",
                        CONNECTIONS_MAX);
}

/* ------------------------------------------------------------------ ack */

static const weir_key_row ack_rows[] = {
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_ack_spec, wait.match),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "true for a message that confirms"},
    {.name = "error",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_ack_spec, wait.error),
     .doc = "true for a message that refuses"},
    {.name = "symbols",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_ack_spec, symbols),
     .doc = "the symbol, or list of symbols, that the message is about; `stream` is the one that "
            "is asked for"},
    {.name = "key",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_ack_spec, key),
     .doc = "the number of the request that is answered: what the subscribe message calls "
            "`request`"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_ack_spec, wait.timeout_ns),
     .doc = "how long to wait before it is asked once more, and then given up (default `5s`)"},
};
static const weir_key_table ack_table = {"subscribe.ack", ack_rows,
                                         sizeof ack_rows / sizeof ack_rows[0]};
const weir_shape weir_ack_shape = {.form = WEIR_SHAPE_TABLE, .table = &ack_table};

void weir_read_ack(weir_reader *reader, weir_node *node, void *connection)
{
    weir_ack_spec *ack = &((weir_connection_spec *)connection)->ack;
    ack->wait.is_set = true;
    ack->wait.timeout_ns = 5 * WEIR_NS_PER_S;
    weir_read_map(reader, node, &ack_table, ack);
    if (ack->wait.timeout_ns <= 0)
        weir_diag_error(reader->diags, node->place,
                        "the timeout of subscribe.ack must be more than 0");
}

/* ------------------------------------------------------------------ symbols */

static const char *const cases[] = {
    [WEIR_CASE_ASIS] = "asis", [WEIR_CASE_UPPER] = "upper", [WEIR_CASE_LOWER] = "lower", NULL};

static void read_all_word(weir_reader *reader, weir_node *node, void *into)
{
    weir_symbols_spec *symbols = into;
    if (weir_read_text(reader, node, "all", &symbols->all.text))
        symbols->all.node = node;
    if (symbols->all.node && symbols->all.text.len == 0)
        weir_diag_error(reader->diags, node->place,
                        "'all' is the venue's word for all symbols; it cannot be empty");
}

static const weir_key_row symbols_rows[] = {
    {.name = "case",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_symbols_spec, letter_case),
     .choices = cases,
     .doc = "how letters are written (default `asis`)"},
    {.name = "prefix",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(weir_symbols_spec, prefix),
     .doc = "what stands before each symbol; it is added where it is missing"},
    {.name = "all",
     .type = WEIR_KEY_READ,
     .read = read_all_word,
     .shape = &weir_text_shape,
     .doc =
         "the venue's word for all symbols: what a stream without symbols, `*` and `all` become"},
};
static const weir_key_table symbols_table = {"symbols", symbols_rows,
                                             sizeof symbols_rows / sizeof symbols_rows[0]};
const weir_shape weir_symbols_shape = {.form = WEIR_SHAPE_TABLE, .table = &symbols_table};

void weir_read_symbols(weir_reader *reader, weir_node *node, void *connection)
{
    weir_read_map(reader, node, &symbols_table, &((weir_connection_spec *)connection)->symbols);
}
