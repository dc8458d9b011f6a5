/* SPDX-License-Identifier: MIT */
/*
 * The loop of the simulated world. Timers of the engine and events of the world stand in one heap,
 * ordered by time and then by the order in which they were set, so nothing depends on the machine.
 * The loop waits for real only twice: at the beginning, until the test has given its orders, and at
 * the end of the scenario, for the order to stop.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backends/wire/loop.h"
#include "sim.h"

#define WALL_START INT64_C(1700000000000000000)
#define MONO_START (1000 * SIM_S)
#define CALM       (180 * SIM_S)

enum { FIRST_ROOM = 1024 };

struct weir_timer {
    void (*on_fire)(void *user);
    void *user;
    uint64_t set; /* number of the entry that counts; 0: idle */
};

typedef struct entry {
    int64_t at;
    uint64_t number;
    weir_timer *timer; /* or */
    sim_fn *fn;
    void *user;
    int64_t argument;
} entry;

struct weir_loop {
    void (*on_wake)(void *user);
    void *wake_user;
    bool is_stopped;
};

static struct {
    entry *heap;
    size_t count, room;
    uint64_t numbers;
    uint64_t chance;
    int64_t now, wall_offset, end;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_begun, is_woken, is_over, is_joined, is_released, is_short;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* ------------------------------------------------------------------ chance */

static uint64_t draw(void)
{
    uint64_t z = world.chance += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_below(uint64_t bound)
{
    return draw() % bound;
}

bool __wrap_weir_random_bytes(void *out, size_t len);
bool __wrap_weir_random_bytes(void *out, size_t len)
{
    unsigned char *to = out;
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)draw();
    return true;
}

/* ------------------------------------------------------------------ clocks */

int64_t sim_now(void)
{
    return world.now;
}

bool sim_is_calm(void)
{
    return !world.is_short && world.now >= world.end - CALM;
}

void sim_cut_short(int64_t end_ns)
{
    world.end = end_ns;
    world.is_short = true;
}

void sim_jump(int64_t by_ns)
{
    world.wall_offset += by_ns;
}

int64_t sim_wall_now(void)
{
    return WALL_START + world.now + world.wall_offset;
}

int64_t __wrap_weir_now_ns(void);
int64_t __wrap_weir_now_ns(void)
{
    return sim_wall_now();
}

int64_t __wrap_weir_mono_ns(void);
int64_t __wrap_weir_mono_ns(void)
{
    return MONO_START + world.now;
}

/* ------------------------------------------------------------------ the heap */

static bool is_before(const entry *a, const entry *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static uint64_t push(entry e)
{
    if (world.count == world.room) {
        world.room = world.room ? world.room * 2 : FIRST_ROOM;
        world.heap = realloc(world.heap, world.room * sizeof *world.heap);
        if (!world.heap)
            abort();
    }
    e.number = ++world.numbers;
    size_t at = world.count++;
    for (size_t up; at > 0 && is_before(&e, &world.heap[up = (at - 1) / 2]); at = up)
        world.heap[at] = world.heap[up];
    world.heap[at] = e;
    return e.number;
}

static entry pop(void)
{
    const entry top = world.heap[0];
    const entry last = world.heap[--world.count];
    size_t at = 0;
    for (size_t down; (down = at * 2 + 1) < world.count; at = down) {
        if (down + 1 < world.count && is_before(&world.heap[down + 1], &world.heap[down]))
            down++;
        if (!is_before(&world.heap[down], &last))
            break;
        world.heap[at] = world.heap[down];
    }
    if (world.count > 0)
        world.heap[at] = last;
    return top;
}

void sim_after(int64_t delay_ns, sim_fn *fn, void *user, int64_t argument)
{
    push((entry){.at = world.now + (delay_ns > 0 ? delay_ns : 0),
                 .fn = fn,
                 .user = user,
                 .argument = argument});
}

/* ------------------------------------------------------------------ timers */

weir_timer *__wrap_weir_timer_new(weir_loop *loop, void (*on_fire)(void *user), void *user);
weir_timer *__wrap_weir_timer_new(weir_loop *loop, void (*on_fire)(void *user), void *user)
{
    (void)loop;
    weir_timer *timer = calloc(1, sizeof *timer);
    if (timer)
        *timer = (weir_timer){on_fire, user, 0};
    return timer;
}

void __wrap_weir_timer_set(weir_timer *timer, int64_t delay_ns);
void __wrap_weir_timer_set(weir_timer *timer, int64_t delay_ns)
{
    assert(delay_ns >= 0);
    timer->set =
        push((entry){.at = world.now + (delay_ns < 1000 ? 1000 : delay_ns), .timer = timer});
}

void __wrap_weir_timer_cancel(weir_timer *timer);
void __wrap_weir_timer_cancel(weir_timer *timer)
{
    timer->set = 0;
}

/* Entries of a timer that is gone are taken out: its memory may be another's. */
void __wrap_weir_timer_free(weir_timer *timer);
void __wrap_weir_timer_free(weir_timer *timer)
{
    if (!timer)
        return;
    for (size_t i = 0; i < world.count; i++) {
        if (world.heap[i].timer == timer) {
            world.heap[i].timer = NULL;
            world.heap[i].fn = NULL;
        }
    }
    free(timer);
}

static void fire(const entry *e)
{
    if (e->fn) {
        e->fn(e->user, e->argument);
    } else if (e->timer && e->timer->set == e->number) {
        e->timer->set = 0;
        e->timer->on_fire(e->timer->user);
    }
}

/* ------------------------------------------------------------------ the loop */

weir_loop *__wrap_weir_loop_new(size_t max_watches, weir_error *error);
weir_loop *__wrap_weir_loop_new(size_t max_watches, weir_error *error)
{
    (void)max_watches;
    (void)error;
    return calloc(1, sizeof(weir_loop));
}

void __wrap_weir_loop_free(weir_loop *loop);
void __wrap_weir_loop_free(weir_loop *loop)
{
    free(loop);
}

void __wrap_weir_loop_on_wake(weir_loop *loop, void (*on_wake)(void *user), void *user);
void __wrap_weir_loop_on_wake(weir_loop *loop, void (*on_wake)(void *user), void *user)
{
    loop->on_wake = on_wake;
    loop->wake_user = user;
}

void __wrap_weir_loop_wake(weir_loop *loop);
void __wrap_weir_loop_wake(weir_loop *loop)
{
    (void)loop;
    pthread_mutex_lock(&world.lock);
    world.is_woken = true;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

void __wrap_weir_loop_stop(weir_loop *loop);
void __wrap_weir_loop_stop(weir_loop *loop)
{
    loop->is_stopped = true;
}

static void wait_for(const bool *fact)
{
    pthread_mutex_lock(&world.lock);
    while (!*fact)
        pthread_cond_wait(&world.changed, &world.lock);
    pthread_mutex_unlock(&world.lock);
}

static bool take_wake(void)
{
    pthread_mutex_lock(&world.lock);
    const bool is_woken = world.is_woken;
    world.is_woken = false;
    pthread_mutex_unlock(&world.lock);
    return is_woken;
}

static void tell_over(void)
{
    if (!world.is_short)
        sim_check_settled();
    pthread_mutex_lock(&world.lock);
    world.is_over = true;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

void __wrap_weir_loop_run(weir_loop *loop);
void __wrap_weir_loop_run(weir_loop *loop)
{
    wait_for(&world.is_begun);
    while (!loop->is_stopped) {
        if (take_wake()) {
            loop->on_wake(loop->wake_user);
            continue;
        }
        if (!world.is_released && (world.count == 0 || world.heap[0].at > world.end)) {
            world.now = world.end;
            tell_over();
            wait_for(&world.is_joined);
            world.is_released = true;
            continue;
        }
        if (world.count == 0) {
            sim_broken("nothing will ever happen, and the loop was not stopped");
            break;
        }
        const entry e = pop();
        if (e.at > world.now)
            world.now = e.at;
        fire(&e);
    }
}

/* A stop gives its orders one connection after the other and then waits for the threads: the world
 * stands still until it has given them all. */
struct weir_reactor;
void __real_weir_reactor_join(struct weir_reactor *reactor);
void __wrap_weir_reactor_join(struct weir_reactor *reactor);
void __wrap_weir_reactor_join(struct weir_reactor *reactor)
{
    pthread_mutex_lock(&world.lock);
    world.is_joined = true;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
    __real_weir_reactor_join(reactor);
}

/* Nothing here has a descriptor. */
weir_watch *__wrap_weir_watch_open(weir_loop *loop, int fd, int events,
                                   void (*on_ready)(void *user, int events), void *user);
weir_watch *__wrap_weir_watch_open(weir_loop *loop, int fd, int events,
                                   void (*on_ready)(void *user, int events), void *user)
{
    (void)loop;
    (void)fd;
    (void)events;
    (void)on_ready;
    (void)user;
    sim_broken("the session engine watches a descriptor");
    return NULL;
}

/* ------------------------------------------------------------------ begin and end */

void sim_begin(uint64_t seed, int64_t end_ns)
{
    world.count = 0;
    world.numbers = 0;
    world.chance = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
    world.now = world.wall_offset = 0;
    world.end = end_ns;
    world.is_begun = world.is_woken = world.is_over = false;
    world.is_joined = world.is_released = world.is_short = false;
}

void sim_wait(void)
{
    pthread_mutex_lock(&world.lock);
    world.is_begun = true;
    pthread_cond_broadcast(&world.changed);
    while (!world.is_over)
        pthread_cond_wait(&world.changed, &world.lock);
    pthread_mutex_unlock(&world.lock);
}

void sim_end(void)
{
    world.count = 0;
}
