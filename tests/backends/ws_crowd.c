/* SPDX-License-Identifier: MIT
 *
 * Many links on several threads, each thread with an event loop of its own, round after round with
 * new loops: what is shared below (TLS profiles, the resolver's helpers) must bear it. A link says
 * hello, waits for the echo and closes; every fifth is closed at a random moment of its opening.
 * Prints {"echoes":N,"downs":N,"failures":N}; exit 0 when every link came down once and no other
 * failed.
 *
 *     ws_crowd URL THREADS ROUNDS LINKS [NAME=VALUE]...
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "fill_options.h"
#include "util/time.h"

typedef struct member {
    struct party *party;
    weir_backend_link *link;
    weir_timer *leave; /* NULL: stays until its echo */
    bool is_down;
} member;

typedef struct party {
    weir_loop *loop;
    weir_timer *start;
    member *members;
    int left;
} party;

static struct {
    const char *url;
    int threads, rounds, links;
    weir_options options;
    atomic_int echoes, downs, failures;
    atomic_uint seed;
} crowd;

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    member *m = user;
    (void)detail;
    if (phase == WEIR_LINK_UP)
        weir_backend_websocket.send(m->link, WEIR_FRAME_TEXT, WEIR_STR(""), WEIR_STR("hello"),
                                    NULL);
}

static void on_frame(void *user, const weir_frame *frame)
{
    member *m = user;
    atomic_fetch_add(&crowd.echoes, weir_str_is(frame->bytes, "hello"));
    weir_backend_websocket.close(m->link, 1000, WEIR_STR("done"), 5 * WEIR_NS_PER_S);
}

static void on_nothing(void *user)
{
    (void)user;
}

static void on_warning(void *user, const weir_error *warning)
{
    (void)user;
    (void)warning;
}

static void on_down(void *user, const weir_link_end *end)
{
    member *m = user;
    if (end->error.code != WEIR_OK) {
        atomic_fetch_add(&crowd.failures, 1);
        fprintf(stderr, "%s\n", end->error.text);
    }
    atomic_fetch_add(&crowd.downs, 1);
    m->is_down = true;
    if (--m->party->left == 0)
        weir_loop_stop(m->party->loop);
}

static void on_leave(void *user)
{
    member *m = user;
    if (!m->is_down)
        weir_backend_websocket.close(m->link, 1000, WEIR_STR("early"), WEIR_NS_PER_S);
}

static void on_start(void *user)
{
    party *p = user;
    weir_link_target target = {
        .url = weir_str_of(crowd.url), .options = &crowd.options, .connection = WEIR_STR("crowd")};
    for (int i = 0; i < crowd.links; i++) {
        member *m = &p->members[i];
        weir_error error = {0};
        weir_link_sink sink = {.user = m,
                               .on_phase = on_phase,
                               .on_frame = on_frame,
                               .on_alive = on_nothing,
                               .on_drained = on_nothing,
                               .on_warning = on_warning,
                               .on_down = on_down};
        m->party = p;
        m->link = weir_backend_websocket.open(p->loop, &target, &sink, &error);
        if (!m->link) {
            fprintf(stderr, "%s\n", error.text);
            exit(2);
        }
        if (i % 5 == 4) {
            unsigned moment = atomic_fetch_add(&crowd.seed, 7919) % 20000;
            m->leave = weir_timer_new(p->loop, on_leave, m);
            weir_timer_set(m->leave, (int64_t)moment * WEIR_NS_PER_US);
        }
    }
}

static void run_round(void)
{
    weir_error error = {0};
    party p = {.left = crowd.links};
    p.loop = weir_loop_new((size_t)crowd.links * 4 + 16, &error);
    p.members = calloc((size_t)crowd.links, sizeof *p.members);
    if (!p.loop || !p.members) {
        fprintf(stderr, "%s\n", error.text);
        exit(2);
    }
    p.start = weir_timer_new(p.loop, on_start, &p);
    weir_timer_set(p.start, 0);
    weir_loop_run(p.loop);
    for (int i = 0; i < crowd.links; i++)
        weir_timer_free(p.members[i].leave);
    weir_timer_free(p.start);
    weir_loop_free(p.loop);
    free(p.members);
}

static void *run_thread(void *unused)
{
    (void)unused;
    for (int i = 0; i < crowd.rounds; i++)
        run_round();
    return NULL;
}

int main(int count, char **words)
{
    enum { THREADS_MAX = 16 };
    pthread_t threads[THREADS_MAX];
    if (count < 5) {
        fprintf(stderr, "usage: ws_crowd URL THREADS ROUNDS LINKS [NAME=VALUE]...\n");
        return 2;
    }
    weir_arena *arena = weir_arena_new(16384, 0);
    crowd.url = words[1];
    crowd.threads = atoi(words[2]) < THREADS_MAX ? atoi(words[2]) : THREADS_MAX;
    crowd.rounds = atoi(words[3]);
    crowd.links = atoi(words[4]);
    crowd.options =
        fill_options(arena, weir_backend_websocket.options, weir_backend_websocket.option_count);
    for (int i = 5; i < count; i++)
        if (!fill_option(arena, &crowd.options, words[i]))
            return 2;
    for (int i = 0; i < crowd.threads; i++)
        pthread_create(&threads[i], NULL, run_thread, NULL);
    for (int i = 0; i < crowd.threads; i++)
        pthread_join(threads[i], NULL);
    int links = crowd.threads * crowd.rounds * crowd.links;
    printf("{\"echoes\":%d,\"downs\":%d,\"failures\":%d}\n", crowd.echoes, crowd.downs,
           crowd.failures);
    weir_arena_free(arena);
    return crowd.downs == links && crowd.failures == 0 ? 0 : 1;
}
