/* SPDX-License-Identifier: MIT */
/* Only async-signal-safe calls in the handler: clock_gettime, _exit, weir_consumer_wake. */
#include "cli/stop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "util/time.h"

static const int64_t grace_ns = WEIR_NS_PER_S;
static const int64_t nap_max_ns = 200 * WEIR_NS_PER_MS;

static volatile sig_atomic_t is_stopping;
static atomic_llong stopped_at_ns;
static _Atomic(weir_consumer *) waiting;

static void on_signal(int number)
{
    if (is_stopping)
        _exit(128 + number);
    atomic_store(&stopped_at_ns, weir_mono_ns());
    is_stopping = 1;
    weir_consumer *consumer = atomic_load(&waiting);
    if (consumer)
        weir_consumer_wake(consumer);
}

static void ours(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void cli_stop_install(void)
{
    sigset_t set;
    ours(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct sigaction action = {.sa_handler = on_signal}, before;
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
