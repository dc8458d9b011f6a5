/* SPDX-License-Identifier: MIT */
/*
 * What must hold, whatever happens: order per stream and symbol, nothing twice, nothing that nobody
 * wants any more, no silent loss on a link that stayed up, no storm of connects, and in the end
 * what is wanted is what is subscribed.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { ATTEMPTS = 64, SENDERS = 256 };

typedef struct line {
    bool is_wanted;
    int64_t unwanted_at;
    bool is_left;                /* the venue was told so, and it is not wanted again */
    uint64_t delivered;          /* the last number */
    bool is_new;                 /* wanted (again), and nothing delivered since */
    bool is_reloaded;            /* a gap record has told so since the last record */
    uint64_t gap_last, gap_next; /* what a gap record told since the last record; 0: none did */
    uint64_t sent;               /* the last that the venue put on a link */
    int sent_link;
} line;

static struct {
    line lines[SIM_STREAMS][SIM_SYMBOLS];
    int64_t attempts[ATTEMPTS];
    size_t attempt_count;
    weir_state state;
    const weir_runtime *runtime;
    int64_t messages[SENDERS][SIM_RATE]; /* when each link's last ones left */
    size_t message_counts[SENDERS];
    sim_delivered delivered;
    bool is_rolling; /* in the end */
} check;

/* An unsubscription needs its way to the venue, and the last ticks theirs back. */
#define FAREWELL (30 * SIM_S)

void sim_check_begin(void)
{
    memset(&check, 0, sizeof check);
}

/* ------------------------------------------------------------------ records */

void sim_check_want(int stream, int symbol, bool is_wanted)
{
    line *l = &check.lines[stream][symbol];
    sim_log("user %s %s %s", is_wanted ? "wants" : "leaves", sim_stream(stream),
            sim_symbol(symbol));
    l->is_wanted = is_wanted;
    l->is_left = l->is_left && !is_wanted;
    l->is_new = l->is_new || is_wanted;
    l->unwanted_at = sim_now();
}

void sim_check_left(int stream, int symbol)
{
    line *l = &check.lines[stream][symbol];
    l->is_left = !l->is_wanted;
}

bool sim_check_is_wanted(int stream, int symbol)
{
    return check.lines[stream][symbol].is_wanted;
}

/* What is missing is told, with the right count, and before the record that shows it. */
static void check_gap(line *l, const weir_record *record, const char *stream, const char *symbol)
{
    int64_t missed = 0, last = 0, next = 0;
    weir_str reason;
    check.delivered.gaps++;
    if (sim_how.reloads && weir_record_get_str(record, "gap.reason", &reason) &&
        weir_str_is(reason, "reload")) { /* what the connection before has counted is forgotten */
        sim_log("gap %s %s: a reload", stream, symbol);
        l->is_reloaded = true;
        return;
    }
    if (!weir_record_get_i64(record, "gap.missed", &missed) ||
        !weir_record_get_i64(record, "gap.last", &last) ||
        !weir_record_get_i64(record, "gap.next", &next)) {
        sim_broken("%s %s: a gap without numbers", stream, symbol);
        return;
    }
    check.delivered.missed += (uint64_t)missed;
    sim_log("gap %s %s: %lld after %lld", stream, symbol, (long long)missed, (long long)last);
    if (missed <= 0 || next - last - 1 != missed)
        sim_broken("%s %s: a gap of %lld from %lld to %lld", stream, symbol, (long long)missed,
                   (long long)last, (long long)next);
    if ((uint64_t)last != l->delivered && !l->is_new)
        sim_broken("%s %s: a gap after %lld, and %llu was the last", stream, symbol,
                   (long long)last, (unsigned long long)l->delivered);
    l->gap_last = (uint64_t)last;
    l->gap_next = (uint64_t)next;
}

static void check_covered(line *l, uint64_t number, const char *stream, const char *symbol)
{
    const bool is_next = number == l->delivered + 1;
    const bool is_told = l->gap_next == number && l->gap_last == l->delivered;
    if (!l->is_new && !l->is_reloaded && !is_next && !is_told)
        sim_broken("%s %s: %llu after %llu, and no gap was told", stream, symbol,
                   (unsigned long long)number, (unsigned long long)l->delivered);
    if (!l->is_new && is_next && l->gap_next != 0)
        sim_broken("%s %s: a gap was told, and nothing is missing", stream, symbol);
    l->is_new = l->is_reloaded = false;
    l->gap_last = l->gap_next = 0;
}

sim_delivered sim_check_delivered(void)
{
    return check.delivered;
}

void sim_check_record(const weir_record *record)
{
    int64_t number = 0;
    check.delivered.records++;
    const int stream = sim_stream_find(weir_schema_stream(weir_record_schema(record)));
    const int symbol = sim_symbol_find(weir_asset_symbol(weir_record_asset(record)));
    if (stream >= 0 && symbol >= 0 && check.lines[stream][symbol].is_left)
        sim_broken("%s %s: a record of what was left", sim_stream(stream), sim_symbol(symbol));
    if (stream >= 0 && symbol >= 0 && weir_schema_is_gap(weir_record_schema(record))) {
        check_gap(&check.lines[stream][symbol], record, sim_stream(stream), sim_symbol(symbol));
        return;
    }
    if (stream < 0 || symbol < 0 || !weir_record_get_i64(record, "n", &number)) {
        sim_broken("a record of no stream, no symbol or no number");
        return;
    }
    line *l = &check.lines[stream][symbol];
    sim_log("record %s %s %lld", sim_stream(stream), sim_symbol(symbol), (long long)number);
    if ((uint64_t)number <= l->delivered)
        sim_broken("%s %s: %lld came after %llu", sim_stream(stream), sim_symbol(symbol),
                   (long long)number, (unsigned long long)l->delivered);
    if (!l->is_wanted && sim_now() - l->unwanted_at > FAREWELL)
        sim_broken("%s %s: %lld came %.1f s after the last user left", sim_stream(stream),
                   sim_symbol(symbol), (long long)number,
                   (double)(sim_now() - l->unwanted_at) / 1e9);
    check_covered(l, (uint64_t)number, sim_stream(stream), sim_symbol(symbol));
    l->delivered = (uint64_t)number;
}

void sim_check_sent(int stream, int symbol, int link, uint64_t number)
{
    line *l = &check.lines[stream][symbol];
    if (sim_link_is_up(link)) {
        l->sent = number;
        l->sent_link = link;
    }
}

/* ------------------------------------------------------------------ the connection */

void sim_check_runtime(const weir_runtime *runtime)
{
    check.runtime = runtime;
}

void sim_check_message(int link)
{
    const size_t sender = (size_t)link % SENDERS;
    int64_t *last = check.messages[sender];
    const size_t at = check.message_counts[sender]++ % SIM_RATE;
    if (sim_how.mode == SIM_PLAIN)
        return;
    if (check.message_counts[sender] > SIM_RATE && sim_now() - last[at] < SIM_S)
        sim_broken("link %d: more than %d messages within a second", link, SIM_RATE);
    last[at] = sim_now();
}

/* The spec backs off from 100 ms to 5 s without jitter: 40 attempts in a minute are a storm. */
void sim_check_attempt(void)
{
    const size_t at = check.attempt_count++ % ATTEMPTS;
    const size_t sockets = sim_how.mode == SIM_NAMED ? SIM_LINKS : 1;
    const size_t most = sim_how.rolls ? ATTEMPTS - 2 : 40; /* a successor tries as well */
    check.attempts[at] = sim_now();
    if (sockets == 1 && check.attempt_count > most &&
        sim_now() - check.attempts[(check.attempt_count - most - 1) % ATTEMPTS] < 60 * SIM_S)
        sim_broken("more than %zu connects within a minute", most);
    if (sockets == 1 && check.state == WEIR_STATE_FAILED)
        sim_broken("a connect after the connection has failed");
}

void sim_check_state(weir_state state)
{
    check.state = state;
}

/* ------------------------------------------------------------------ the end of the calm */

/* While a connection is rolled it has two links. */
static bool is_doubled(int has)
{
    return check.is_rolling && has == 2;
}

static void settle_line(int stream, int symbol)
{
    const line *l = &check.lines[stream][symbol];
    const bool is_known = strcmp(sim_symbol(symbol), "BAD") != 0;
    const int has = sim_venue_has(stream, symbol);
    const bool is_served = l->is_wanted && is_known;
    const bool may_be_refused = is_served && sim_venue_withdrew(stream, symbol);
    if (has != is_served && !(is_served && is_doubled(has)) && !(may_be_refused && has == 0))
        sim_broken("%s %s is %swanted, and subscribed on %d links", sim_stream(stream),
                   sim_symbol(symbol), l->is_wanted ? "" : "not ", has);
    /* what was put on a link a while before the end has been delivered */
    if (l->is_wanted && is_known && l->sent > 0 && l->delivered + 50 < l->sent)
        sim_broken("%s %s: sent up to %llu, delivered up to %llu", sim_stream(stream),
                   sim_symbol(symbol), (unsigned long long)l->sent,
                   (unsigned long long)l->delivered);
}

/* Whoever asks is told the truth: what is active is subscribed at the venue, what was refused is
 * not known there, and nothing is left pending. */
static void settle_item(void *user, const weir_subscription *item)
{
    const int stream = sim_stream_find(item->stream), symbol = sim_symbol_find(item->symbol);
    (void)user;
    if (stream < 0 || symbol < 0) {
        sim_broken("a subscription to nothing that there is");
        return;
    }
    const int has = sim_venue_has(stream, symbol);
    const bool is_bad = strcmp(sim_symbol(symbol), "BAD") == 0;
    if (!check.lines[stream][symbol].is_wanted)
        sim_broken("%s %s is not wanted, and %s", sim_stream(stream), sim_symbol(symbol),
                   weir_subscription_state_name(item->state));
    if (item->state == WEIR_SUBSCRIPTION_PENDING)
        sim_broken("%s %s is still pending", sim_stream(stream), sim_symbol(symbol));
    if (item->state == WEIR_SUBSCRIPTION_ACTIVE && sim_how.mode != SIM_PLAIN && has != 1 &&
        !is_doubled(has))
        sim_broken("%s %s is active, and subscribed on %d links", sim_stream(stream),
                   sim_symbol(symbol), has);
    const bool is_withdrawn = sim_venue_withdrew(stream, symbol) && (has == 0 || check.is_rolling);
    if (item->state == WEIR_SUBSCRIPTION_REJECTED && !is_bad && !is_withdrawn)
        sim_broken("%s %s is rejected (%.*s)", sim_stream(stream), sim_symbol(symbol),
                   WEIR_FMT(item->reason));
    if (item->state == WEIR_SUBSCRIPTION_ACTIVE && sim_how.mode != SIM_PLAIN && is_bad)
        sim_broken("a symbol that the venue does not know is active");
}

static void settle_connections(void)
{
    const weir_state wanted = sim_how.refuses_login ? WEIR_STATE_FAILED : WEIR_STATE_LIVE;
    for (size_t i = 0; i < weir_runtime_connections(check.runtime); i++) {
        weir_connection_status status;
        if (!weir_runtime_status(check.runtime, i, &status))
            continue;
        check.is_rolling = check.is_rolling || status.is_rolling;
        if (status.state != wanted && !(status.state == WEIR_STATE_IDLE && status.wanted == 0))
            sim_broken("after the calm connection %zu is %s, with %zu symbols", i,
                       weir_state_name(status.state), status.wanted);
    }
}

void sim_check_settled(void)
{
    settle_connections();
    if (sim_how.refuses_login)
        return;
    for (int i = 0; i < SIM_STREAMS * SIM_SYMBOLS; i++)
        settle_line(i / SIM_SYMBOLS, i % SIM_SYMBOLS);
    weir_runtime_subscriptions(check.runtime, settle_item, NULL);
}
