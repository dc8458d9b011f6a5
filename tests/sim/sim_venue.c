/* SPDX-License-Identifier: MIT */
/*
 * The market and the venue. Each symbol of a stream ticks on its own, whether anybody listens or
 * not, and numbers its ticks: the numbers are what the invariants are about. The venue checks the
 * login, acknowledges subscriptions by name, refuses symbols that it does not know, and, where the
 * profile says so, loses, delays and garbles its answers, or is away.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { SEATS = 256, BAD_SYMBOL = SIM_SYMBOLS - 1 /* the one that the venue does not know */ };

/* So long a withdrawal may be on its way, over a link that stands still for a while. */
#define WITHDRAWN (60 * SIM_S)

typedef struct seat {
    int link;
    bool is_there, is_logged_in;
    char token[16];
    bool has[SIM_STREAMS][SIM_SYMBOLS];
    int64_t withdrawn_at[SIM_STREAMS][SIM_SYMBOLS]; /* 0: it was not, or was asked for again */
} seat;

static seat seats[SEATS];
static uint64_t market[SIM_STREAMS][SIM_SYMBOLS];
static bool is_away;

static const char *const streams[SIM_STREAMS] = {"trades", "quotes"};

const char *sim_stream(int stream)
{
    return streams[stream];
}

int sim_stream_find(weir_str name)
{
    int stream = 0;
    while (stream < SIM_STREAMS && !weir_str_is(name, streams[stream]))
        stream++;
    return stream < SIM_STREAMS ? stream : -1;
}

const char *sim_symbol(int symbol)
{
    static char names[SIM_SYMBOLS][8];
    snprintf(names[symbol], sizeof names[symbol], symbol == BAD_SYMBOL ? "BAD" : "S%d", symbol);
    return names[symbol];
}

int sim_symbol_find(weir_str name)
{
    for (int i = 0; i < SIM_SYMBOLS; i++) {
        if (weir_str_is(name, sim_symbol(i)))
            return i;
    }
    return -1;
}

static seat *seat_of(int link)
{
    seat *s = &seats[link % SEATS];
    return s->is_there && s->link == link ? s : NULL;
}

int sim_venue_has(int stream, int symbol)
{
    int count = 0;
    for (int i = 0; i < SEATS; i++)
        count += seats[i].is_there && sim_link_is_up(seats[i].link) && seats[i].has[stream][symbol];
    return count;
}

bool sim_venue_withdrew(int stream, int symbol)
{
    bool has_any = false;
    for (int i = 0; i < SEATS; i++)
        has_any = has_any || (seats[i].is_there && sim_link_is_up(seats[i].link) &&
                              seats[i].withdrawn_at[stream][symbol] != 0);
    return has_any;
}

uint64_t sim_market_last(int stream, int symbol)
{
    return market[stream][symbol];
}

bool sim_venue_is_there(void)
{
    return !is_away;
}

/* ------------------------------------------------------------------ answers */

typedef struct answer answer;
struct answer {
    answer *before;
    char text[256];
};

static answer *late_answers; /* of this history, said or not */

static void forget_answers(void)
{
    for (answer *late = late_answers, *before; late; late = before) {
        before = late->before;
        free(late);
    }
    late_answers = NULL;
}

static void say_late(void *user, int64_t link)
{
    const answer *late = user;
    sim_link_deliver((int)link, late->text);
}

/* An answer gets lost, comes late, or is another's, as often as the profile says. */
static void say(int link, const char *text)
{
    if (sim_is_calm() || !sim_chance(sim_how.ack_faults)) {
        sim_link_deliver(link, text);
        return;
    }
    switch (sim_below(3)) {
    case 0: sim_log("venue: an answer is lost on link %d", link); break;
    case 1: {
        answer *late = calloc(1, sizeof *late);
        if (!late)
            abort();
        snprintf(late->text, sizeof late->text, "%s", text);
        late->before = late_answers;
        late_answers = late;
        sim_after(sim_between(SIM_S, 20 * SIM_S), say_late, late, link);
        break;
    }
    default: sim_link_deliver(link, "{\"ok\":\"what\",\"ch\":\"nothing\",\"sym\":\"S0\"}"); break;
    }
}

static const char *answer_text(bool is_ok, const char *op, const char *stream, const char *symbol)
{
    static char text[256];
    snprintf(text, sizeof text, "{\"%s\":\"%s\",\"ch\":\"%s\",\"sym\":\"%s\"}",
             is_ok ? "ok" : "err", op, stream, symbol);
    return text;
}

/* ------------------------------------------------------------------ what it hears */

static bool is_known(const char *name)
{
    const int symbol = sim_symbol_find(weir_str_of(name));
    return symbol >= 0 && symbol != BAD_SYMBOL;
}

static void check_seat(const seat *s)
{
    int count = 0;
    for (int i = 0; i < SIM_STREAMS * SIM_SYMBOLS; i++)
        count += s->has[i / SIM_SYMBOLS][i % SIM_SYMBOLS];
    if (sim_how.mode == SIM_NAMED && count > SIM_PER_LINK)
        sim_broken("link %d has %d symbols", s->link, count);
}

/* Who asks again while the withdrawal is on its way takes that for the answer. False: it is
 * refused.
 */
static bool take(seat *s, int stream, int symbol, bool is_subscribe)
{
    int64_t *withdrawn_at = &s->withdrawn_at[stream][symbol];
    if (is_subscribe && *withdrawn_at != 0 && sim_now() - *withdrawn_at > WITHDRAWN)
        *withdrawn_at = 0;
    s->has[stream][symbol] = is_subscribe && *withdrawn_at == 0;
    return !is_subscribe || *withdrawn_at == 0;
}

static void change(seat *s, const char *op, int stream, const char *name, bool is_subscribe)
{
    if (is_known(name) && !take(s, stream, sim_symbol_find(weir_str_of(name)), is_subscribe))
        sim_link_deliver(s->link, answer_text(false, op, sim_stream(stream), name));
    else if (sim_how.mode != SIM_KEYED)
        say(s->link, answer_text(is_known(name), op, sim_stream(stream), name));
    check_seat(s);
}

/* Nothing of a request that is refused is done. True: it was taken. */
static bool answer_request(const seat *s, const json_t *message, const json_t *symbols)
{
    char text[80];
    bool is_good = true;
    for (size_t i = 0; i < json_array_size(symbols); i++)
        is_good = is_good && is_known(json_string_value(json_array_get(symbols, i)));
    snprintf(text, sizeof text, "{\"%s\":\"req\",\"id\":%lld}", is_good ? "ok" : "err",
             (long long)json_integer_value(json_object_get(message, "id")));
    say(s->link, text);
    return is_good;
}

static void hang_up(void *user, int64_t link)
{
    (void)user;
    sim_link_reset((int)link, WEIR_OK, 4001, "token expired");
}

/* It is said once, which may get lost, and a while later the venue hangs up. */
static void look_at_token(void *user, int64_t link)
{
    const seat *s = seat_of((int)link);
    if (!s)
        return;
    if (sim_token_holds(s->token)) {
        sim_after(SIM_S, look_at_token, user, link);
        return;
    }
    sim_log("venue: the token of link %d has run out", s->link);
    say(s->link, "{\"ok\":\"expired\"}");
    sim_after(10 * SIM_S, hang_up, NULL, link);
}

static void log_in(seat *s, const char *key)
{
    s->is_logged_in =
        !sim_how.refuses_login &&
        (sim_how.has_tokens ? sim_token_holds(key) : key && strcmp(key, "right") == 0);
    if (sim_how.has_tokens && s->is_logged_in) {
        snprintf(s->token, sizeof s->token, "%s", key);
        sim_after(SIM_S, look_at_token, NULL, s->link);
    }
    say(s->link, s->is_logged_in ? "{\"ok\":\"auth\"}" : "{\"err\":\"auth\"}");
}

static int find_stream(const char *channel)
{
    int stream = 0;
    while (stream < SIM_STREAMS && (!channel || strcmp(channel, streams[stream]) != 0))
        stream++;
    return stream;
}

static void obey(seat *s, const json_t *message, const char *op)
{
    const char *channel = json_string_value(json_object_get(message, "ch"));
    const json_t *symbols = json_object_get(message, "syms");
    const bool is_subscribe = strcmp(op, "sub") == 0;
    const int stream = find_stream(channel);
    if (!s->is_logged_in || stream == SIM_STREAMS || (!is_subscribe && strcmp(op, "unsub") != 0)) {
        sim_broken("the venue does not understand '%s' before or after the login", op);
        return;
    }
    if (sim_how.mode != SIM_PLAIN && json_array_size(symbols) > SIM_BATCH)
        sim_broken("%zu symbols in a message", json_array_size(symbols));
    if (sim_how.mode == SIM_KEYED && !answer_request(s, message, symbols))
        return;
    for (size_t i = 0; i < json_array_size(symbols); i++)
        change(s, op, stream, json_string_value(json_array_get(symbols, i)), is_subscribe);
}

void sim_venue_told(const char *text, size_t len)
{
    static const char sign[] = "\"unsub\"";
    if (!memmem(text, len, sign, sizeof sign - 1))
        return;
    json_t *message = json_loadb(text, len, 0, NULL);
    const int stream = find_stream(json_string_value(json_object_get(message, "ch")));
    const json_t *symbols = json_object_get(message, "syms");
    for (size_t i = 0; stream < SIM_STREAMS && i < json_array_size(symbols); i++) {
        const int symbol =
            sim_symbol_find(weir_str_of(json_string_value(json_array_get(symbols, i))));
        if (symbol >= 0 && sim_venue_has(stream, symbol) <= 1)
            sim_check_left(stream, symbol);
    }
    json_decref(message);
}

void sim_venue_heard(int link, const char *text, size_t len)
{
    seat *s = seat_of(link);
    json_t *message = json_loadb(text, len, 0, NULL);
    const char *op = json_string_value(json_object_get(message, "op"));
    if (!op)
        sim_broken("the venue was sent %.*s", (int)len, text);
    else if (s && strcmp(op, "auth") == 0)
        log_in(s, json_string_value(json_object_get(message, "key")));
    else if (s && strcmp(op, "ping") == 0)
        say(link, "{\"ok\":\"pong\"}");
    else if (s)
        obey(s, message, op);
    json_decref(message);
}

void sim_venue_heard_pong(int link)
{
    (void)link; /* it sends no pings */
}

void sim_venue_opened(int link)
{
    seats[link % SEATS] = (seat){.link = link, .is_there = true};
}

void sim_venue_closed(int link)
{
    seat *s = seat_of(link);
    if (s)
        s->is_there = false;
}

/* ------------------------------------------------------------------ the market */

static void send_tick(seat *s, int stream, int symbol)
{
    char text[160];
    const uint64_t number = market[stream][symbol];
    snprintf(text, sizeof text, "{\"ch\":\"%s\",\"sym\":\"%s\",\"n\":%llu,\"p\":%llu.5}",
             sim_stream(stream), sim_symbol(symbol), (unsigned long long)number,
             (unsigned long long)(number % 1000));
    if (!sim_is_calm() && sim_below(10000) < sim_how.frame_drops) {
        sim_log("venue: %s %s %llu is lost", sim_stream(stream), sim_symbol(symbol),
                (unsigned long long)number);
        return;
    }
    sim_link_deliver(s->link, text);
    sim_check_sent(stream, symbol, s->link, number);
}

static void tick(void *user, int64_t which)
{
    (void)user;
    const int stream = (int)which / SIM_SYMBOLS, symbol = (int)which % SIM_SYMBOLS;
    market[stream][symbol]++;
    for (int i = 0; i < SEATS; i++) {
        if (seats[i].is_there && seats[i].has[stream][symbol])
            send_tick(&seats[i], stream, symbol);
    }
    sim_after(sim_between(1, 2 * sim_how.tick_ns), tick, NULL, which);
}

static void come_back(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    sim_log("venue: back");
    is_away = false;
}

static void go_away(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    if (sim_is_calm())
        return;
    sim_log("venue: restarts");
    is_away = true;
    for (int i = 0; i < SEATS; i++) {
        if (seats[i].is_there)
            sim_link_reset(seats[i].link, WEIR_OK, 1012, "service restart");
    }
    sim_after(sim_between(SIM_S, 30 * SIM_S), come_back, NULL, 0);
    sim_after(sim_between(60 * SIM_S, 240 * SIM_S), go_away, NULL, 0);
}

static void close_announced(void *user, int64_t link)
{
    (void)user;
    if (!sim_is_calm())
        sim_link_reset((int)link, WEIR_OK, 1001, "as announced");
}

/* One of its links is told that it will end, and does a while later. */
static void announce(void *user, int64_t argument)
{
    (void)argument;
    const seat *s = &seats[sim_below(SEATS)];
    if (sim_is_calm())
        return;
    for (int i = 0; i < SEATS && !s->is_there; i++)
        s = &seats[((size_t)(s - seats) + 1) % SEATS];
    if (s->is_there) {
        sim_log("venue: link %d will be closed", s->link);
        sim_link_deliver(s->link, "{\"note\":\"closing\"}");
        sim_after(sim_between(SIM_S, 60 * SIM_S), close_announced, NULL, s->link);
    }
    sim_after(sim_between(20 * SIM_S, 200 * SIM_S), announce, user, 0);
}

/* What was confirmed and served is refused, and served no more on that link. */
static void withdraw(void *user, int64_t argument)
{
    (void)argument;
    if (sim_is_calm())
        return;
    for (int tries = 0; tries < SEATS; tries++) {
        seat *s = &seats[sim_below(SEATS)];
        const int stream = (int)sim_below(SIM_STREAMS), symbol = (int)sim_below(SIM_SYMBOLS);
        if (!s->is_there || !s->has[stream][symbol] || s->withdrawn_at[stream][symbol] != 0)
            continue;
        s->has[stream][symbol] = false;
        s->withdrawn_at[stream][symbol] = sim_now();
        sim_log("venue: withdraws %s %s on link %d", sim_stream(stream), sim_symbol(symbol),
                s->link);
        sim_link_deliver(s->link,
                         answer_text(false, "sub", sim_stream(stream), sim_symbol(symbol)));
        break;
    }
    sim_after(sim_between(10 * SIM_S, 100 * SIM_S), withdraw, user, 0);
}

void sim_venue_begin(void)
{
    memset(seats, 0, sizeof seats);
    is_away = false;
    forget_answers();
    for (int i = 0; i < SIM_STREAMS * SIM_SYMBOLS; i++) {
        market[i / SIM_SYMBOLS][i % SIM_SYMBOLS] = 0;
        sim_after(sim_between(1, 2 * sim_how.tick_ns), tick, NULL, i);
    }
    if (sim_how.withdraws)
        sim_after(sim_between(10 * SIM_S, 100 * SIM_S), withdraw, NULL, 0);
    if (sim_how.rolls)
        sim_after(sim_between(20 * SIM_S, 200 * SIM_S), announce, NULL, 0);
    if (sim_how.restarts)
        sim_after(sim_between(20 * SIM_S, 120 * SIM_S), go_away, NULL, 0);
}
