/* SPDX-License-Identifier: MIT */
/*
 * The transport: a backend whose links take time, fail and lie as the profile of the seed says. A
 * direction keeps its order, as TCP does. A link that is half open takes what is sent and gives
 * nothing. What goes wrong below a frame (a partial write, a FIN inside a frame) is, above the
 * contract of a backend, a link that ends with an error: so it is here.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { LINKS = 256, SLACK = 64, MALLOC_HEAD = 32 };
#define TCP_GIVES_UP (120 * SIM_S) /* on a link that is half open */

typedef struct parcel {
    char *text;
    size_t len;
    struct parcel *next;
    struct parcel *after, *before; /* among all that there are */
} parcel;

static parcel *parcels; /* those that are on their way when a history ends are freed then */

static size_t parcel_bytes;

size_t sim_links_hold(void)
{
    return parcel_bytes;
}

static parcel *make_parcel(const char *bytes, size_t len)
{
    parcel *p = calloc(1, sizeof *p);
    char *copy = calloc(1, len + SLACK);
    if (!p || !copy)
        abort();
    memcpy(copy, bytes, len);
    *p = (parcel){.text = copy, .len = len, .after = parcels};
    if (parcels)
        parcels->before = p;
    parcels = p;
    parcel_bytes += sizeof *p + len + SLACK + 2 * MALLOC_HEAD;
    return p;
}

static void free_parcel(parcel *p)
{
    parcel_bytes -= sizeof *p + p->len + SLACK + 2 * MALLOC_HEAD;
    *(p->before ? &p->before->after : &parcels) = p->after;
    if (p->after)
        p->after->before = p->before;
    free(p->text);
    free(p);
}

struct weir_backend_link {
    weir_link_sink sink;
    int number;
    bool is_up, is_closing, is_half_open, is_paused;
    int64_t down_at, up_at; /* no parcel of a direction overtakes another */
    parcel *first, *last;   /* arrived while paused */
};

static weir_backend_link *links[LINKS];
static int link_count;

static weir_backend_link *find(int number)
{
    weir_backend_link *link = number >= 0 ? links[number % LINKS] : NULL;
    return link && link->number == number ? link : NULL;
}

static int64_t latency(void)
{
    return sim_between(200000, sim_how.latency_ns);
}

/* ------------------------------------------------------------------ ends */

static void free_parcels(weir_backend_link *link)
{
    for (parcel *p = link->first, *next; p; p = next) {
        next = p->next;
        free_parcel(p);
    }
    link->first = link->last = NULL;
}

static void go_down(weir_backend_link *link, const weir_link_end *end)
{
    links[link->number % LINKS] = NULL;
    sim_log("link %d down: %s %d", link->number, weir_code_name(end->error.code), end->close_code);
    if (link->is_up)
        sim_venue_closed(link->number);
    link->sink.on_down(link->sink.user, end);
    free_parcels(link);
    free(link);
}

static void fail_link(weir_backend_link *link, weir_code code, int close_code, int http_status,
                      int64_t retry_after_ns, const char *why)
{
    weir_link_end end = {.close_code = close_code,
                         .http_status = http_status,
                         .retry_after_ns = retry_after_ns,
                         .by_peer = true};
    end.error.code = code;
    snprintf(end.error.text, sizeof end.error.text, "%s", why);
    snprintf(end.close_reason, sizeof end.close_reason, "%s", code == WEIR_OK ? why : "");
    go_down(link, &end);
}

void sim_link_reset(int number, weir_code code, int close_code, const char *why)
{
    weir_backend_link *link = find(number);
    if (link)
        fail_link(link, code, close_code, 0, 0, why);
}

bool sim_link_is_up(int number)
{
    const weir_backend_link *link = find(number);
    return link && link->is_up && !link->is_closing && !link->is_half_open;
}

void sim_links_forget(void)
{
    for (int i = 0; i < LINKS; i++) {
        if (links[i])
            sim_broken("link %d was never closed", links[i]->number);
    }
    link_count = 0;
    while (parcels)
        free_parcel(parcels);
}

/* ------------------------------------------------------------------ to the client */

static void hand_over(weir_backend_link *link, const char *text, size_t len)
{
    const weir_frame frame = {.kind = WEIR_FRAME_TEXT,
                              .bytes = {text, len},
                              .received_ns = INT64_C(1700000000000000000) + sim_now()};
    const int number = link->number;
    link->sink.on_alive(link->sink.user);
    link->sink.on_frame(link->sink.user, &frame);
    link = find(number); /* the engine may have ended it */
    if (link && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
}

static void arrive(void *user, int64_t number)
{
    parcel *p = user;
    weir_backend_link *link = find((int)number);
    if (link && link->is_up && (link->is_paused || link->first) && !link->is_half_open) {
        if (link->last)
            link->last->next = p;
        else
            link->first = p;
        link->last = p;
        return;
    }
    if (link && link->is_up && !link->is_half_open)
        hand_over(link, p->text, p->len);
    free_parcel(p);
}

void sim_link_deliver(int number, const char *text)
{
    weir_backend_link *link = find(number);
    const size_t len = strlen(text);
    if (!link || !link->is_up)
        return;
    parcel *p = make_parcel(text, len);
    int64_t at = sim_now() + latency();
    if (at < link->down_at)
        at = link->down_at;
    link->down_at = at;
    sim_after(at - sim_now(), arrive, p, number);
}

static void ponged(void *user, int64_t number)
{
    (void)user;
    if (sim_link_is_up((int)number))
        sim_venue_heard_pong((int)number);
}

/* The transport answers by itself, and tells. */
static void pinged(void *user, int64_t number)
{
    (void)user;
    weir_backend_link *link = find((int)number);
    if (!link || !link->is_up || link->is_half_open || link->is_closing)
        return;
    link->sink.on_alive(link->sink.user);
    if (link->sink.on_pong)
        link->sink.on_pong(link->sink.user);
    int64_t at = sim_now() + latency();
    if (at < link->up_at)
        at = link->up_at;
    link->up_at = at;
    sim_after(at - sim_now(), ponged, NULL, number);
}

void sim_link_ping(int number)
{
    sim_after(latency(), pinged, NULL, number);
}

/* ------------------------------------------------------------------ faults of a link */

static void give_up(void *user, int64_t number)
{
    (void)user;
    sim_link_reset((int)number, WEIR_ERR_CLOSED, 1006, "connection timed out");
}

static void fault(void *user, int64_t number)
{
    (void)user;
    /* every one that has a name, and some of those that are left to venues */
    static const int codes[] = {1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010,
                                1011, 1012, 1013, 1014, 1015, 3000, 3003, 3008, 4000, 4008, 4999};
    weir_backend_link *link = find((int)number);
    if (!link)
        return;
    sim_after(SIM_S, fault, NULL, number);
    if (sim_is_calm() || !link->is_up || !sim_chance(sim_how.link_faults))
        return;
    switch (sim_below(4)) {
    case 0: fail_link(link, WEIR_ERR_CLOSED, 1006, 0, 0, "connection reset by peer"); break;
    case 1:
        fail_link(link, WEIR_ERR_PROTOCOL, 1006, 0, 0, "the stream ended inside a frame");
        break;
    case 2:
        fail_link(link, WEIR_OK, codes[sim_below(sizeof codes / sizeof *codes)], 0, 0,
                  "going away");
        break;
    default:
        sim_log("link %d is half open", link->number);
        link->is_half_open = true;
        sim_after(TCP_GIVES_UP, give_up, NULL, number);
        break;
    }
}

/* ------------------------------------------------------------------ connecting */

static void refuse(weir_backend_link *link)
{
    static const struct {
        weir_code code;
        int http_status;
        int64_t retry_after_ns;
        const char *why;
    } refusals[] = {
        {WEIR_ERR_RESOLVE, 0, 0, "the name has no address"},
        {WEIR_ERR_CONNECT, 0, 0, "connection refused"},
        {WEIR_ERR_TIMEOUT, 0, 0, "no answer in time"},
        {WEIR_ERR_TLS, 0, 0, "the certificate has expired"},
        {WEIR_ERR_HANDSHAKE, 429, 7 * SIM_S, "429 Too Many Requests"},
        {WEIR_ERR_HANDSHAKE, 418, 20 * SIM_S, "418 I'm a teapot"},
        {WEIR_ERR_HANDSHAKE, 503, 3 * SIM_S, "503 Service Unavailable"},
    };
    if (sim_chance(sim_how.refusals)) {
        fail_link(link, WEIR_ERR_HANDSHAKE, 0, sim_chance(500) ? 401 : 403, 0, "refused");
        return;
    }
    const size_t which = sim_below(sizeof refusals / sizeof *refusals);
    fail_link(link, refusals[which].code, 0, refusals[which].http_status,
              refusals[which].retry_after_ns, refusals[which].why);
}

static void connect_step(void *user, int64_t number)
{
    (void)user;
    weir_backend_link *link = find((int)number);
    if (!link)
        return;
    if (!sim_venue_is_there()) {
        fail_link(link, WEIR_ERR_CONNECT, 0, 0, 0, "connection refused");
        return;
    }
    if (!sim_is_calm() && sim_chance(sim_how.connect_fails)) {
        refuse(link);
        return;
    }
    link->is_up = true;
    sim_venue_opened(link->number);
    sim_after(SIM_S, fault, NULL, link->number);
    link->sink.on_phase(link->sink.user, WEIR_LINK_UP, (weir_str){0});
}

static int count_links(void)
{
    int count = 0;
    for (int i = 0; i < LINKS; i++)
        count += links[i] != NULL;
    return count;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    (void)loop;
    (void)target;
    weir_backend_link *link = calloc(1, sizeof *link);
    if (!link || links[link_count % LINKS]) {
        free(link);
        error->code = WEIR_ERR_NOMEM;
        return NULL;
    }
    link->sink = *sink;
    link->number = link_count;
    if (sim_how.rolls && count_links() >= SIM_ROLLED_LINKS)
        sim_broken("more than %d links at a time", SIM_ROLLED_LINKS);
    links[link_count++ % LINKS] = link;
    sim_log("link %d opens", link->number);
    sim_check_attempt();
    sim_after(latency() * 2, connect_step, NULL, link->number);
    return link;
}

/* ------------------------------------------------------------------ from the client */

static void venue_hears(void *user, int64_t number)
{
    parcel *p = user;
    const weir_backend_link *link = find((int)number);
    if (link && link->is_up && !link->is_half_open)
        sim_venue_heard((int)number, p->text, p->len);
    free_parcel(p);
}

static weir_code send_frame(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                            weir_str bytes, bool *queued)
{
    (void)kind;
    (void)name;
    if (!link->is_up || link->is_closing)
        return WEIR_ERR_STATE;
    parcel *p = make_parcel(bytes.ptr, bytes.len);
    sim_log("link %d sends %.*s", link->number, WEIR_FMT(bytes));
    sim_check_message(link->number);
    sim_venue_told(bytes.ptr, bytes.len);
    int64_t at = sim_now() + latency();
    if (at < link->up_at)
        at = link->up_at;
    link->up_at = at;
    sim_after(at - sim_now(), venue_hears, p, link->number);
    if (queued)
        *queued = false;
    return WEIR_OK;
}

static void pong(void *user, int64_t number)
{
    (void)user;
    const weir_backend_link *link = find((int)number);
    if (link && link->is_up && !link->is_half_open)
        link->sink.on_alive(link->sink.user);
}

static weir_code probe(weir_backend_link *link)
{
    sim_log("link %d is probed", link->number);
    sim_after(latency() * 2, pong, NULL, link->number);
    return WEIR_OK;
}

static void go_on(void *user, int64_t number)
{
    (void)user;
    for (weir_backend_link *link; (link = find((int)number)) && !link->is_paused && link->first;) {
        parcel *p = link->first;
        link->first = p->next;
        if (!link->first)
            link->last = NULL;
        hand_over(link, p->text, p->len);
        free_parcel(p);
    }
}

static void pause_link(weir_backend_link *link, bool is_paused)
{
    link->is_paused = is_paused;
    if (!is_paused)
        sim_after(0, go_on, NULL, link->number);
}

static void closed(void *user, int64_t number)
{
    (void)user;
    weir_backend_link *link = find((int)number);
    const weir_link_end end = {.close_code = 1000};
    if (link)
        go_down(link, &end);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    (void)code;
    (void)reason;
    const int64_t answer = latency() * 2;
    if (link->is_closing && linger_ns > 0)
        return;
    link->is_closing = true;
    sim_after(!link->is_up                               ? 0
              : link->is_half_open || answer > linger_ns ? linger_ns
                                                         : answer,
              closed, NULL, link->number);
}

static bool check_url(weir_str url, weir_error *error)
{
    (void)error;
    return url.len > 0;
}

static const char *const schemes[] = {"ws", "wss", NULL};

const weir_backend sim_backend = {
    .name = "websocket",
    .title = "the simulated transport",
    .schemes = schemes,
    .check_url = check_url,
    .open = open_link,
    .send = send_frame,
    .probe = probe,
    .pause = pause_link,
    .close = close_link,
};

const weir_backend *__wrap_weir_backend_find(weir_str name);
const weir_backend *__wrap_weir_backend_find(weir_str name)
{
    return weir_str_is(name, sim_backend.name) ? &sim_backend : NULL;
}
