/* SPDX-License-Identifier: MIT */
/* The event loop: readiness, timers, wake-ups, and what a callback may do to its own watch. */
#include "backends/wire/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "util/time.h"
#include "weir_check.h"

typedef struct world {
    weir_loop *loop;
    weir_watch *watch, *other;
    weir_timer *timer, *stop;
    int pair[2];
    int calls, other_calls, events;
    char seen[64];
} world;

static void stop_loop(void *user)
{
    weir_loop_stop(((world *)user)->loop);
}

static world *new_world(void)
{
    world *w = calloc(1, sizeof *w);
    weir_error error = {0};
    w->loop = weir_loop_new(16, &error);
    ck_assert_msg(w->loop != NULL, "%s", error.text);
    w->stop = weir_timer_new(w->loop, stop_loop, w);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->pair), 0);
    return w;
}

static void free_world(world *w)
{
    weir_watch_close(w->watch);
    weir_watch_close(w->other);
    weir_timer_free(w->timer);
    weir_timer_free(w->stop);
    weir_loop_free(w->loop);
    close(w->pair[0]);
    close(w->pair[1]);
    free(w);
}

/* Runs the loop for a while; long enough for everything that the tests set off. */
static void run_for(world *w, int ms)
{
    weir_timer_set(w->stop, ms * WEIR_NS_PER_MS);
    weir_loop_run(w->loop);
}

static void count_call(void *user, int events)
{
    world *w = user;
    w->calls++;
    w->events |= events;
}

static void read_one(void *user, int events)
{
    world *w = user;
    (void)events;
    ck_assert_int_eq(read(w->pair[0], &w->seen[w->calls++], 1), 1);
}

START_TEST(readiness_lasts_until_it_is_used)
{
    world *w = new_world();
    w->watch = weir_watch_open(w->loop, w->pair[0], WEIR_WATCH_READ, read_one, w);
    ck_assert_int_eq(write(w->pair[1], "abc", 3), 3);
    run_for(w, 20);
    ck_assert_int_eq(w->calls, 3);
    ck_assert_str_eq(w->seen, "abc");
    free_world(w);
}
END_TEST

START_TEST(only_what_is_waited_for_is_reported)
{
    world *w = new_world();
    w->watch = weir_watch_open(w->loop, w->pair[0], 0, count_call, w);
    ck_assert_int_eq(write(w->pair[1], "x", 1), 1);
    run_for(w, 20);
    ck_assert_int_eq(w->calls, 0);
    weir_watch_set(w->watch, WEIR_WATCH_WRITE);
    run_for(w, 5);
    ck_assert_int_gt(w->calls, 0);
    ck_assert_int_eq(w->events, WEIR_WATCH_WRITE);
    weir_watch_set(w->watch, WEIR_WATCH_READ | WEIR_WATCH_WRITE);
    run_for(w, 5);
    ck_assert_int_eq(w->events, WEIR_WATCH_READ | WEIR_WATCH_WRITE);
    free_world(w);
}
END_TEST

START_TEST(a_hang_up_does_not_disturb_a_pause_and_shows_after_it)
{
    world *w = new_world();
    w->watch = weir_watch_open(w->loop, w->pair[0], WEIR_WATCH_READ, count_call, w);
    weir_watch_set(w->watch, 0);
    ck_assert_int_eq(write(w->pair[1], "x", 1), 1);
    close(w->pair[1]);
    w->pair[1] = -1;
    run_for(w, 20);
    ck_assert_int_eq(w->calls, 0);
    weir_watch_set(w->watch, WEIR_WATCH_READ);
    run_for(w, 5);
    ck_assert_int_gt(w->calls, 0);
    free_world(w);
}
END_TEST

static void close_both(void *user, int events)
{
    world *w = user;
    count_call(user, events);
    weir_watch_close(w->watch);
    weir_watch_close(w->other);
    w->watch = w->other = NULL;
}

START_TEST(a_callback_may_close_its_watch_and_others)
{
    world *w = new_world();
    w->watch = weir_watch_open(w->loop, w->pair[0], WEIR_WATCH_WRITE, close_both, w);
    w->other = weir_watch_open(w->loop, w->pair[1], WEIR_WATCH_WRITE, close_both, w);
    run_for(w, 10);
    ck_assert_int_eq(w->calls, 1);
    free_world(w);
}
END_TEST

START_TEST(watches_are_bounded)
{
    world *w = new_world();
    weir_loop *small = weir_loop_new(1, NULL);
    weir_watch *first = weir_watch_open(small, w->pair[0], 0, count_call, w);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(weir_watch_open(small, w->pair[1], 0, count_call, w));
    weir_watch_close(first);
    first = weir_watch_open(small, w->pair[1], 0, count_call, w);
    ck_assert_ptr_nonnull(first);
    weir_watch_close(first);
    weir_loop_free(small);
    free_world(w);
}
END_TEST

START_TEST(the_descriptor_stays_the_callers)
{
    world *w = new_world();
    w->watch = weir_watch_open(w->loop, w->pair[0], WEIR_WATCH_READ, read_one, w);
    weir_watch_close(w->watch);
    w->watch = NULL;
    run_for(w, 5);
    ck_assert_int_ne(fcntl(w->pair[0], F_GETFD), -1);
    free_world(w);
}
END_TEST

static void append_mark(void *user)
{
    world *w = user;
    w->seen[w->calls++] = 't';
}

static void append_other(void *user)
{
    world *w = user;
    w->seen[w->calls++] = 'o';
}

START_TEST(timers_fire_once_in_order_of_their_time)
{
    world *w = new_world();
    weir_timer *late = weir_timer_new(w->loop, append_other, w);
    w->timer = weir_timer_new(w->loop, append_mark, w);
    weir_timer_set(late, 10 * WEIR_NS_PER_MS);
    weir_timer_set(w->timer, 30 * WEIR_NS_PER_MS);
    weir_timer_set(w->timer, 0); /* replaces */
    run_for(w, 60);
    ck_assert_str_eq(w->seen, "to");
    weir_timer_set(late, 5 * WEIR_NS_PER_MS);
    weir_timer_cancel(late);
    run_for(w, 20);
    ck_assert_int_eq(w->calls, 2);
    weir_timer_free(late);
    free_world(w);
}
END_TEST

static void rearm(void *user)
{
    world *w = user;
    w->other_calls++;
    weir_timer_set(w->timer, 0);
}

START_TEST(a_timer_that_rearms_itself_starves_nobody)
{
    world *w = new_world();
    w->timer = weir_timer_new(w->loop, rearm, w);
    w->watch = weir_watch_open(w->loop, w->pair[0], WEIR_WATCH_READ, read_one, w);
    weir_timer_set(w->timer, 0);
    ck_assert_int_eq(write(w->pair[1], "ab", 2), 2);
    run_for(w, 20);
    ck_assert_int_eq(w->calls, 2);
    ck_assert_int_gt(w->other_calls, 2);
    free_world(w);
}
END_TEST

static void free_itself(void *user)
{
    world *w = user;
    w->calls++;
    weir_timer_free(w->timer);
    w->timer = NULL;
}

START_TEST(a_timer_may_free_itself)
{
    world *w = new_world();
    w->timer = weir_timer_new(w->loop, free_itself, w);
    weir_timer_set(w->timer, 0);
    run_for(w, 10);
    ck_assert_int_eq(w->calls, 1);
    free_world(w);
}
END_TEST

typedef struct mailbox {
    weir_loop *loop;
    atomic_int posted;
    int taken;
} mailbox;

enum { POSTS = 20000 };

static void *post(void *user)
{
    mailbox *box = user;
    for (int i = 0; i < POSTS; i++) {
        atomic_fetch_add(&box->posted, 1);
        weir_loop_wake(box->loop);
    }
    return NULL;
}

static void take(void *user)
{
    mailbox *box = user;
    box->taken = atomic_load(&box->posted);
    if (box->taken == 2 * POSTS)
        weir_loop_stop(box->loop);
}

START_TEST(wakes_of_other_threads_coalesce_and_none_is_lost)
{
    mailbox box = {.loop = weir_loop_new(4, NULL)};
    pthread_t threads[2];
    weir_loop_on_wake(box.loop, take, &box);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post, &box), 0);
    weir_loop_run(box.loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(box.taken, 2 * POSTS);
    weir_loop_free(box.loop);
}
END_TEST

START_TEST(a_stop_before_the_run_is_kept)
{
    world *w = new_world();
    weir_loop_stop(w->loop);
    weir_loop_run(w->loop);
    run_for(w, 5);
    free_world(w);
}
END_TEST

static void on_pipe(int number)
{
    (void)number;
}

START_TEST(the_processs_signals_are_left_alone)
{
    struct sigaction before = {.sa_handler = on_pipe}, after;
    sigaction(SIGPIPE, &before, NULL);
    world *w = new_world();
    sigaction(SIGPIPE, NULL, &after);
    ck_assert(after.sa_handler == on_pipe);
    free_world(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    weir_check_case(suite, "watch", readiness_lasts_until_it_is_used,
                    only_what_is_waited_for_is_reported,
                    a_hang_up_does_not_disturb_a_pause_and_shows_after_it,
                    a_callback_may_close_its_watch_and_others, watches_are_bounded,
                    the_descriptor_stays_the_callers);
    weir_check_case(suite, "timer", timers_fire_once_in_order_of_their_time,
                    a_timer_that_rearms_itself_starves_nobody, a_timer_may_free_itself);
    weir_check_case(suite, "thread", wakes_of_other_threads_coalesce_and_none_is_lost,
                    a_stop_before_the_run_is_kept, the_processs_signals_are_left_alone);
    return weir_check_run(suite);
}
