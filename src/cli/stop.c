/* SPDX-License-Identifier: MIT */
/*
 * Only async-signal-safe calls in the handlers: clock_gettime, timer_settime, _exit,
 * weir_consumer_wake. A signal may come just before a call that blocks, and what blocks may never
 * end: so a timer ticks after the first one. Its first tick makes the call return, its second ends
 * the program.
 */
#include "cli/stop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "util/time.h"

static const int64_t grace_ns = WEIR_NS_PER_S;
static const int64_t nap_max_ns = 200 * WEIR_NS_PER_MS;
static const struct itimerspec ticks = {.it_value = {.tv_sec = 1, .tv_nsec = 50000000},
                                        .it_interval = {.tv_nsec = 850000000}};

static volatile sig_atomic_t is_stopping; /* the number of the signal */
static volatile sig_atomic_t ticked;
static timer_t timer;
static bool has_timer;
static atomic_llong stopped_at_ns;
static _Atomic(weir_consumer *) waiting;
static volatile sig_atomic_t hung_up;
static bool had_terminal; /* and to lose it means to end */

static void on_signal(int number)
{
    if (is_stopping)
        _exit(128 + number);
    atomic_store(&stopped_at_ns, weir_mono_ns());
    is_stopping = number;
    if (has_timer)
        timer_settime(timer, 0, &ticks, NULL);
    weir_consumer *consumer = atomic_load(&waiting);
    if (consumer)
        weir_consumer_wake(consumer);
}

static void on_hangup(int number)
{
    (void)number;
    hung_up = 1;
    weir_consumer *consumer = atomic_load(&waiting);
    if (consumer)
        weir_consumer_wake(consumer);
}

static void on_tick(int number)
{
    (void)number;
    if (ticked)
        _exit(128 + is_stopping);
    ticked = 1;
}

static void ours(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGALRM);
}

void cli_stop_install(void)
{
    sigset_t set;
    ours(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct sigaction action = {.sa_handler = on_signal}, tick = {.sa_handler = on_tick}, before;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    sigaction(SIGALRM, &tick, NULL);
    has_timer = has_timer || timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, NULL, &before);
    if (before.sa_handler != SIG_IGN) /* nohup means to go on */
        sigaction(SIGHUP, &action, NULL);
}

void cli_stop_listen(weir_consumer *consumer)
{
    sigset_t set;
    ours(&set);
    atomic_store(&waiting, consumer);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static bool has_terminal(void)
{
    const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void cli_stop_on_hangup_reload(void)
{
    struct sigaction action = {.sa_handler = on_hangup}, before;
    sigaction(SIGHUP, &action, &before);
    had_terminal = before.sa_handler != SIG_IGN && has_terminal();
}

bool cli_take_reload(void)
{
    if (!hung_up)
        return false;
    hung_up = 0;
    if (!had_terminal || has_terminal())
        return true;
    if (!is_stopping)
        on_signal(SIGHUP);
    return false;
}

bool cli_is_stopping(void)
{
    return is_stopping;
}

int64_t cli_stop_deadline_ns(void)
{
    return atomic_load(&stopped_at_ns) + grace_ns;
}

void cli_stop_sleep_until(int64_t mono_ns)
{
    /* In naps: a signal just before one is then noticed at its end. */
    for (int64_t now; !is_stopping && (now = weir_mono_ns()) < mono_ns;) {
        const int64_t nap_ns = mono_ns - now < nap_max_ns ? mono_ns - now : nap_max_ns;
        const struct timespec nap = {nap_ns / WEIR_NS_PER_S, nap_ns % WEIR_NS_PER_S};
        nanosleep(&nap, NULL);
    }
}
