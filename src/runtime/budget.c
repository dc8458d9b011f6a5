/* SPDX-License-Identifier: MIT */
/*
 * One table for the process, of hosts and the times of their last attempts. Each connection asks
 * with the limit of its own spec; the attempts that it is held against are everybody's. The table
 * and its times are bounded: of a host the last TIMES_MAX attempts are known, and when there are
 * more than HOSTS_MAX hosts the one that was not asked for longest is forgotten.
 */
#include "runtime/budget.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "runtime/pacing.h"

enum { HOSTS_MAX = 64, HOST_LEN_MAX = 255, TIMES_MAX = 10000 };

typedef struct host_times {
    char name[HOST_LEN_MAX + 1];
    size_t len;
    int64_t asked_ns;
    weir_pace pace; /* its rate is that of TIMES_MAX; those of the specs are looked up in it */
} host_times;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static host_times hosts[HOSTS_MAX];

weir_str weir_budget_host(weir_str url)
{
    weir_str rest = url;
    for (size_t i = 0; i + 3 <= url.len; i++) {
        if (memcmp(url.ptr + i, "://", 3) == 0) {
            rest = (weir_str){url.ptr + i + 3, url.len - i - 3};
            break;
        }
    }
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end]))
        end++;
    rest.len = end;
    for (size_t i = rest.len; i > 0; i--) {
        if (rest.ptr[i - 1] == '@') {
            rest = (weir_str){rest.ptr + i, rest.len - i};
            break;
        }
    }
    const char *close = rest.len > 0 && rest.ptr[0] == '[' ? memchr(rest.ptr, ']', rest.len) : NULL;
    const char *colon = !close && rest.len > 0 ? memchr(rest.ptr, ':', rest.len) : NULL;
    if (close)
        rest.len = (size_t)(close - rest.ptr) + 1;
    else if (colon)
        rest.len = (size_t)(colon - rest.ptr);
    return rest;
}

static bool is_host(const host_times *entry, weir_str host)
{
    bool is_same = entry->len == host.len;
    for (size_t i = 0; is_same && i < host.len; i++)
        is_same = entry->name[i] == (char)tolower((unsigned char)host.ptr[i]);
    return is_same;
}

static host_times *make_entry(host_times *entry, weir_str host)
{
    const weir_rate widest = {TIMES_MAX, 1};
    weir_pace_fini(&entry->pace);
    *entry = (host_times){.len = host.len};
    for (size_t i = 0; i < host.len; i++)
        entry->name[i] = (char)tolower((unsigned char)host.ptr[i]);
    if (weir_pace_init(&entry->pace, widest))
        return entry;
    entry->len = 0;
    return NULL;
}

static host_times *find(weir_str host)
{
    host_times *oldest = hosts;
    if (host.len > HOST_LEN_MAX)
        host.len = HOST_LEN_MAX;
    for (size_t i = 0; i < HOSTS_MAX; i++) {
        if (hosts[i].len > 0 && is_host(&hosts[i], host))
            return &hosts[i];
        if (hosts[i].asked_ns < oldest->asked_ns)
            oldest = &hosts[i];
    }
    return make_entry(oldest, host);
}

int64_t weir_budget_take(weir_str host, weir_rate rate, int64_t now_ns)
{
    int64_t wait_ns = 0;
    if (host.len == 0)
        return 0;
    pthread_mutex_lock(&lock);
    host_times *entry = find(host);
    if (entry) {
        weir_pace view = entry->pace;
        view.rate.period_ns = weir_pace_period(rate);
        if (rate.count > 0)
            wait_ns = weir_pace_wait(&view, now_ns, TIMES_MAX - (size_t)rate.count);
        entry->asked_ns = now_ns;
        if (wait_ns == 0)
            weir_pace_note(&entry->pace, now_ns);
    }
    pthread_mutex_unlock(&lock);
    return wait_ns;
}

void weir_budget_reset(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < HOSTS_MAX; i++) {
        weir_pace_fini(&hosts[i].pace);
        hosts[i] = (host_times){0};
    }
    pthread_mutex_unlock(&lock);
}
