/* SPDX-License-Identifier: MIT */
/*
 * A query is a job of its own memory with two owners, the helper thread and the loop's handle;
 * whoever lets go last frees it. The thread touches nothing else: it writes the answer into the
 * job and signals the job's eventfd. So a link, or the whole loop, may go away while getaddrinfo
 * hangs, and nobody waits for anybody.
 *
 * Helpers are started on demand, at most HELPERS_MAX at a time, and end when no job waits: an idle
 * process has none. They block all signals, which belong to the embedder's threads. A helper that
 * is inside getaddrinfo cannot be stopped; a process that unloads this library has to wait for it.
 */
#include "backends/wire/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/error.h"

enum { HELPERS_MAX = 32, HELPER_STACK = 512 * 1024, QUEUE_MAX = 4096 };

typedef struct job job;
struct job {
    job *next;
    atomic_int owners;
    atomic_bool is_done;
    int event_fd;
    char host[WEIR_HOST_MAX];
    uint16_t port;
    int failure; /* of getaddrinfo; 0: addresses is filled in */
    int failure_errno;
    weir_addresses addresses;
};

struct weir_resolve {
    job *job;
    weir_watch *watch;
    void (*on_done)(void *user, const weir_addresses *addresses, const weir_error *error);
    void *user;
};

static struct {
    pthread_mutex_t lock;
    job *first;
    job **last;
    size_t waiting;
    size_t helpers;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void let_go(job *job)
{
    if (atomic_fetch_sub(&job->owners, 1) == 1) {
        close(job->event_fd);
        free(job);
    }
}

static void add_address(weir_addresses *addresses, const struct sockaddr *socket, socklen_t len)
{
    if (addresses->count < WEIR_ADDRESSES_MAX && len <= sizeof(struct sockaddr_storage)) {
        weir_address *address = &addresses->list[addresses->count++];
        memcpy(&address->socket, socket, len);
        address->len = len;
    }
}

/* Takes the families in turn, beginning with the one that the resolver prefers. */
static void interleave(const struct addrinfo *found, weir_addresses *addresses)
{
    const struct addrinfo *preferred = found;
    const struct addrinfo *other = found;
    while (preferred || other) {
        while (preferred && preferred->ai_family != found->ai_family) {
            preferred = preferred->ai_next;
        }
        if (preferred) {
            add_address(addresses, preferred->ai_addr, preferred->ai_addrlen);
            preferred = preferred->ai_next;
        }
        while (other && other->ai_family == found->ai_family) {
            other = other->ai_next;
        }
        if (other) {
            add_address(addresses, other->ai_addr, other->ai_addrlen);
            other = other->ai_next;
        }
    }
}

static void run(job *job)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)job->port);
    job->failure = getaddrinfo(job->host, port, &hints, &found);
    job->failure_errno = errno;
    if (job->failure == 0) {
        interleave(found, &job->addresses);
        freeaddrinfo(found);
    }
    atomic_store_explicit(&job->is_done, true, memory_order_release);
    uint64_t one = 1;
    while (write(job->event_fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void *helper(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&pool.lock);
    while (pool.first) {
        job *next = pool.first;
        pool.first = next->next;
        pool.waiting--;
        pthread_mutex_unlock(&pool.lock);
        if (atomic_load(&next->owners) == 2) { /* else nobody waits for it any more */
            run(next);
        }
        let_go(next);
        pthread_mutex_lock(&pool.lock);
    }
    pool.helpers--;
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

static int start_helper(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int failure = pthread_attr_init(&attributes);
    if (failure) {
        return failure;
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, HELPER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&thread, &attributes, helper, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failure;
}

/* Queues the job and sees to it that a helper comes for it. */
static weir_code submit(job *job, weir_error *error)
{
    pthread_mutex_lock(&pool.lock);
    bool is_full = pool.waiting >= QUEUE_MAX;
    int failure = 0;
    if (!is_full && pool.helpers < HELPERS_MAX) {
        pool.helpers++; /* counted before it runs: it waits for the lock that we hold */
        failure = start_helper();
        pool.helpers -= failure ? 1 : 0;
    }
    bool is_taken = !is_full && pool.helpers > 0;
    if (is_taken) {
        *(pool.first ? pool.last : &pool.first) = job;
        pool.last = &job->next;
        pool.waiting++;
    }
    pthread_mutex_unlock(&pool.lock);
    if (is_taken) {
        return WEIR_OK;
    }
    return weir_fail(error, WEIR_ERR_RESOLVE, "cannot resolve %s: %s", job->host,
                     is_full ? "too many queries wait" : strerror(failure));
}

static void on_event(void *user, int events)
{
    (void)events;
    weir_resolve *resolve = user;
    if (!atomic_load_explicit(&resolve->job->is_done, memory_order_acquire)) {
        return;
    }
    job *job = resolve->job;
    weir_error error = {0};
    if (job->failure) {
        weir_fail(&error, WEIR_ERR_RESOLVE, "cannot resolve %s: %s", job->host,
                  job->failure == EAI_SYSTEM ? strerror(job->failure_errno)
                                             : gai_strerror(job->failure));
    } else if (job->addresses.count == 0) {
        weir_fail(&error, WEIR_ERR_RESOLVE, "cannot resolve %s: it has no address", job->host);
    }
    void (*on_done)(void *, const weir_addresses *, const weir_error *) = resolve->on_done;
    void *done_user = resolve->user;
    weir_addresses addresses = job->addresses;
    weir_resolve_close(resolve);
    on_done(done_user, &addresses, error.code == WEIR_OK ? NULL : &error);
}

static job *new_job(const char *host, uint16_t port)
{
    job *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    atomic_init(&made->owners, 1);
    made->port = port;
    snprintf(made->host, sizeof made->host, "%s", host);
    made->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->event_fd < 0) {
        free(made);
        return NULL;
    }
    return made;
}

weir_resolve *weir_resolve_open(weir_loop *loop, const char *host, uint16_t port,
                                void (*on_done)(void *user, const weir_addresses *addresses,
                                                const weir_error *error),
                                void *user, weir_error *error)
{
    weir_resolve *resolve = calloc(1, sizeof *resolve);
    job *made = resolve ? new_job(host, port) : NULL;
    if (made) {
        resolve->job = made;
        resolve->on_done = on_done;
        resolve->user = user;
        resolve->watch = weir_watch_open(loop, made->event_fd, WEIR_WATCH_READ, on_event, resolve);
    }
    if (!made || !resolve->watch) {
        weir_fail(error, WEIR_ERR_NOMEM, "cannot resolve %s: out of memory or descriptors", host);
        weir_resolve_close(resolve);
        return NULL;
    }
    atomic_store(&made->owners, 2); /* the second is the helper's */
    if (submit(made, error) != WEIR_OK) {
        atomic_store(&made->owners, 1);
        weir_resolve_close(resolve);
        return NULL;
    }
    return resolve;
}

void weir_resolve_close(weir_resolve *resolve)
{
    if (resolve) {
        weir_watch_close(resolve->watch);
        if (resolve->job) {
            let_go(resolve->job);
        }
        free(resolve);
    }
}

bool weir_resolve_literal(const char *host, uint16_t port, weir_addresses *addresses)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    addresses->count = 0;
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        add_address(addresses, (const struct sockaddr *)&v4, sizeof v4);
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        add_address(addresses, (const struct sockaddr *)&v6, sizeof v6);
    }
    return addresses->count > 0;
}

void weir_address_show(const weir_address *address, char out[WEIR_ADDRESS_TEXT_MAX])
{
    char text[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->socket;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->socket;
    if (address->socket.ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        snprintf(out, WEIR_ADDRESS_TEXT_MAX, "%s:%u", text, (unsigned)ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        snprintf(out, WEIR_ADDRESS_TEXT_MAX, "[%s]:%u", text, (unsigned)ntohs(v6->sin6_port));
    }
}
