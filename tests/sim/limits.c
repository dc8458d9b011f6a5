/* SPDX-License-Identifier: MIT */
/*
 * limits SPEC [--seed N] [--count N] [--log]: 3,000 symbols against a venue in virtual time that
 * counts, in sliding windows, what Binance and Kraken have published: messages of a connection
 * (with pongs), symbols of a connection, attempts to connect. The spec is the one that is shipped.
 * All connections are cut at once; every symbol must be back within 1.2 times the least time that
 * the limits allow, and nothing may ever exceed one. Then the venue lets nobody in for twenty
 * minutes, which must not cost more attempts than it takes.
 *
 * It is the world of sim.h with another venue and other invariants.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/budget.h"
#include "runtime/events.h"
#include "sim.h"

enum { SYMBOLS = 3000, SEATS = 256, WINDOW_MAX = 512 };

#define CUT_AT     (60 * SIM_S)
#define AWAY_AT    (300 * SIM_S)
#define BACK_AT    (AWAY_AT + 1200 * SIM_S)
#define END_AT     (BACK_AT + 240 * SIM_S)
#define PING_EVERY (20 * SIM_S)

/* What a venue takes. */
typedef struct venue {
    const char *name;
    const char *symbol; /* as users write it */
    int messages;       /* a second, of a connection */
    bool counts_pongs;
    int per_link; /* symbols; 0: any number */
    int attempts;
    int64_t attempts_ns;
    int batch; /* symbols that the spec puts into a message */
} venue;

static const venue venues[] = {
    {"binance", "S%dUSDT", 5, true, 1024, 300, 300 * SIM_S, 200},
    /* its rate is not published: the spec's is held against it */
    {"kraken", "S%d/USD", 10, false, 0, 150, 600 * SIM_S, 100},
};

typedef struct window {
    int64_t times[WINDOW_MAX];
    uint64_t count;
} window;

typedef struct seat {
    int link;
    bool is_there;
    window messages;
    bool has[SYMBOLS];
    int count;
} seat;

sim_profile sim_how;

static const venue *at_venue;
static seat seats[SEATS];
static window attempts;
static FILE *log_file;
static const weir_runtime *runtime;
static int64_t cut_at, whole_at; /* when all symbols were subscribed again; 0: are not */
static bool is_away;
static double worst;

/* ------------------------------------------------------------------ sliding windows */

/* True when there are more than `most` in some `period_ns`. */
static bool exceeds(window *w, int most, int64_t period_ns)
{
    const int64_t now = sim_now();
    w->times[w->count++ % WINDOW_MAX] = now;
    return w->count > (uint64_t)most &&
           now - w->times[(w->count - 1 - (uint64_t)most) % WINDOW_MAX] < period_ns;
}

void sim_check_attempt(void)
{
    if (exceeds(&attempts, at_venue->attempts, at_venue->attempts_ns))
        sim_broken("more than %d attempts to connect", at_venue->attempts);
}

static seat *seat_of(int link)
{
    seat *s = &seats[link % SEATS];
    return s->is_there && s->link == link ? s : NULL;
}

static void count_message(seat *s)
{
    if (exceeds(&s->messages, at_venue->messages, SIM_S))
        sim_broken("link %d: more than %d messages within a second", s->link, at_venue->messages);
}

/* Counted where they arrive. */
void sim_check_message(int link)
{
    (void)link;
}

/* ------------------------------------------------------------------ the venue */

bool sim_venue_is_there(void)
{
    return !is_away;
}

static void ping(void *user, int64_t link)
{
    (void)user;
    if (!seat_of((int)link))
        return;
    sim_link_ping((int)link);
    sim_after(PING_EVERY, ping, NULL, link);
}

void sim_venue_opened(int link)
{
    seats[link % SEATS] = (seat){.link = link, .is_there = true};
    sim_after(sim_between(1, PING_EVERY), ping, NULL, link);
}

void sim_venue_closed(int link)
{
    seat *s = seat_of(link);
    if (s)
        s->is_there = false;
}

void sim_venue_told(const char *text, size_t len)
{
    (void)text;
    (void)len;
}

void sim_venue_heard_pong(int link)
{
    seat *s = seat_of(link);
    if (s && at_venue->counts_pongs)
        count_message(s);
}

static int count_symbols(void)
{
    int count = 0;
    for (int i = 0; i < SEATS; i++)
        count += seats[i].is_there ? seats[i].count : 0;
    return count;
}

static void subscribe(seat *s, const char *name)
{
    const int symbol = atoi(name + 1);
    if ((name[0] != 'S' && name[0] != 's') || symbol < 0 || symbol >= SYMBOLS || s->has[symbol]) {
        sim_broken("'%s' is no symbol, or was asked for twice", name);
        return;
    }
    s->has[symbol] = true;
    s->count++;
    if (at_venue->per_link > 0 && s->count > at_venue->per_link)
        sim_broken("link %d has %d symbols", s->link, s->count);
}

static void answer_binance(const seat *s, const json_t *message)
{
    char text[80];
    snprintf(text, sizeof text, "{\"result\":null,\"id\":%lld}",
             (long long)json_integer_value(json_object_get(message, "id")));
    sim_link_deliver(s->link, text);
}

static void answer_kraken(const seat *s, const char *pair)
{
    char text[200];
    snprintf(text, sizeof text,
             "{\"channelID\":7,\"channelName\":\"trade\",\"event\":\"subscriptionStatus\",\"pair\":"
             "\"%s\",\"status\":\"subscribed\",\"subscription\":{\"name\":\"trade\"}}",
             pair);
    sim_link_deliver(s->link, text);
}

void sim_venue_heard(int link, const char *text, size_t len)
{
    seat *s = seat_of(link);
    json_t *message = s ? json_loadb(text, len, 0, NULL) : NULL;
    const json_t *params = json_object_get(message, "params");
    const json_t *pairs = json_object_get(message, "pair");
    const json_t *names = params ? params : pairs;
    if (!s)
        return;
    count_message(s);
    if (!json_is_array(names))
        sim_broken("the venue was sent %.*s", (int)len, text);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        subscribe(s, name);
        if (pairs)
            answer_kraken(s, name);
    }
    if (params)
        answer_binance(s, message);
    if (whole_at == 0 && count_symbols() == SYMBOLS)
        whole_at = sim_now();
    json_decref(message);
}

/* ------------------------------------------------------------------ what is measured */

/* All connections at once, a round trip to open them, and on each as many messages as it needs, a
 * rate's worth at a time; the last one has to get there. The road is taken at its mean. */
static int64_t least_time(void)
{
    const int links =
        at_venue->per_link > 0 ? (SYMBOLS + at_venue->per_link - 1) / at_venue->per_link : 1;
    const int most = links > 1 ? at_venue->per_link : SYMBOLS;
    const int messages = (most + at_venue->batch - 1) / at_venue->batch;
    if (links > at_venue->attempts)
        sim_broken("the scenario needs more attempts than there are");
    return (int64_t)((messages - 1) / at_venue->messages) * SIM_S + 3 * (sim_how.latency_ns / 2);
}

static void cut(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    if (whole_at == 0)
        sim_broken("after a minute %d symbols are subscribed", count_symbols());
    whole_at = 0;
    cut_at = sim_now();
    sim_log("all links are cut");
    for (int i = 0; i < SEATS; i++) {
        if (seats[i].is_there)
            sim_link_reset(seats[i].link, WEIR_ERR_CLOSED, 1006, "connection reset by peer");
    }
}

static void judge(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    const double ratio = (double)(whole_at - cut_at) / (double)least_time();
    sim_log("whole again after %.3f s, %.3f of the least time", (double)(whole_at - cut_at) / 1e9,
            ratio);
    if (whole_at == 0)
        sim_broken("not whole again: %d symbols", count_symbols());
    else if (ratio > 1.2)
        sim_broken("whole again after %.3f s, the least time is %.3f s",
                   (double)(whole_at - cut_at) / 1e9, (double)least_time() / 1e9);
    if (ratio > worst)
        worst = ratio;
}

static void go_away(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    is_away = true;
    cut(NULL, 0);
}

static void come_back(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    sim_log("back, after %llu attempts", (unsigned long long)attempts.count);
    is_away = false;
}

static void settle_item(void *user, const weir_subscription *item)
{
    int *active = user;
    *active += item->state == WEIR_SUBSCRIPTION_ACTIVE;
}

void sim_check_settled(void)
{
    int active = 0;
    weir_runtime_subscriptions(runtime, settle_item, &active);
    if (active != SYMBOLS || count_symbols() != SYMBOLS)
        sim_broken("at the end %d are active, %d are subscribed", active, count_symbols());
}

/* ------------------------------------------------------------------ a history */

void __wrap_weir_events_post(weir_events *events, const weir_event *event);
void __wrap_weir_events_post(weir_events *events, const weir_event *event)
{
    (void)events;
    sim_log("event %s %s %.*s", weir_event_type_name(event->type), weir_state_name(event->to),
            WEIR_FMT(event->reason));
}

static void fail(const weir_error *error)
{
    fprintf(stderr, "limits: %s\n", error->text);
    exit(2);
}

static void want_all(weir_runtime *r)
{
    static char texts[SYMBOLS][16];
    const char *names[SYMBOLS];
    weir_error error = {0};
    for (int i = 0; i < SYMBOLS; i++) {
        char format[16];
        snprintf(format, sizeof format, "%s", at_venue->symbol);
        char *mark = strstr(format, "%d");
        snprintf(texts[i], sizeof texts[i], "%.*s%d%s", (int)(mark - format), format, i, mark + 2);
        names[i] = texts[i];
    }
    if (weir_runtime_subscribe(r, "trades", names, SYMBOLS, NULL, &error) != WEIR_OK)
        fail(&error);
}

static void run_scene(weir_spec *spec)
{
    weir_error error = {0};
    weir_runtime *r = weir_runtime_new(spec, NULL, &error);
    if (!r)
        fail(&error);
    runtime = r;
    want_all(r);
    sim_after(CUT_AT, cut, NULL, 0);
    sim_after(AWAY_AT - SIM_S, judge, NULL, 0);
    sim_after(AWAY_AT, go_away, NULL, 0);
    sim_after(BACK_AT, come_back, NULL, 0);
    if (weir_runtime_start(r, &error) != WEIR_OK)
        fail(&error);
    sim_wait();
    weir_runtime_stop(r, 0);
    weir_runtime_free(r);
}

static uint64_t run_seed(weir_spec *spec, uint64_t seed)
{
    sim_begin(seed, END_AT);
    sim_log_begin(log_file);
    sim_how = (sim_profile){.latency_ns = sim_between(SIM_MS, 40 * SIM_MS)};
    memset(seats, 0, sizeof seats);
    attempts = (window){0};
    is_away = false;
    cut_at = whole_at = 0;
    weir_budget_reset();
    run_scene(spec);
    sim_links_forget();
    sim_end();
    return sim_log_hash();
}

int main(int argc, char **argv)
{
    uint64_t first = 1, count = 1;
    unsigned broken = 0;
    const char *path = NULL;
    weir_error error = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--log") == 0)
            log_file = stdout;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            first = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            count = strtoull(argv[++i], NULL, 10);
        else
            path = argv[i];
    }
    weir_spec *spec = path ? weir_spec_load(path, NULL, NULL, &error) : NULL;
    if (!spec)
        fail(&error);
    for (size_t i = 0; i < sizeof venues / sizeof venues[0]; i++) {
        const size_t len = strlen(venues[i].name);
        if (weir_spec_name(spec).len >= len &&
            memcmp(weir_spec_name(spec).ptr, venues[i].name, len) == 0)
            at_venue = &venues[i];
    }
    if (!at_venue)
        return 2;
    for (uint64_t seed = first; seed < first + count; seed++) {
        const uint64_t once = run_seed(spec, seed);
        unsigned violations = sim_broken_count();
        if (seed == first && run_seed(spec, seed) != once) {
            fprintf(stderr, "the same seed gave another history\n");
            violations++;
        }
        broken += violations;
        if (violations > 0)
            fprintf(stderr, "seed %llu is broken; again: %s %s --seed %llu --log\n",
                    (unsigned long long)seed, argv[0], path, (unsigned long long)seed);
    }
    weir_spec_free(spec);
    printf("%s: %d symbols, %llu histories, whole again within %.3f of the least time, %u "
           "violations\n",
           at_venue->name, SYMBOLS, (unsigned long long)count, worst, broken);
    return broken == 0 ? 0 : 1;
}
