/* SPDX-License-Identifier: MIT */
/* Resolving and dialling: helper threads that hang, addresses that do not answer. */
#include "backends/wire/dial.h"
#include "backends/wire/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "util/time.h"
#include "weir_check.h"

/* The library's getaddrinfo is this one: it waits for the test, and knows what the test tells it.
 */
static sem_t resolver_may_go;
static atomic_int resolver_calls;
static const char *resolver_answers[8];

static struct addrinfo *answer(const char *text, const char *port)
{
    weir_addresses addresses;
    weir_resolve_literal(text, (uint16_t)atoi(port), &addresses);
    struct addrinfo *made = calloc(1, sizeof *made);
    struct sockaddr_storage *socket = malloc(sizeof *socket);
    *socket = addresses.list[0].socket;
    made->ai_family = socket->ss_family;
    made->ai_addr = (struct sockaddr *)socket;
    made->ai_addrlen = addresses.list[0].len;
    return made;
}

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)host;
    (void)hints;
    atomic_fetch_add(&resolver_calls, 1);
    while (sem_wait(&resolver_may_go) != 0) {}
    if (!resolver_answers[0])
        return EAI_NONAME;
    struct addrinfo **last = found;
    for (size_t i = 0; resolver_answers[i]; i++) {
        *last = answer(resolver_answers[i], port);
        last = &(*last)->ai_next;
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found->ai_addr);
        free(found);
        found = next;
    }
}

typedef struct world {
    weir_loop *loop;
    weir_timer *limit;
    weir_addresses addresses;
    weir_error error;
    int done, fd, tries;
    bool has_timed_out;
} world;

static void on_limit(void *user)
{
    world *w = user;
    w->has_timed_out = true;
    weir_loop_stop(w->loop);
}

static world *new_world(void)
{
    world *w = calloc(1, sizeof *w);
    w->fd = -1;
    w->loop = weir_loop_new(64, NULL);
    w->limit = weir_timer_new(w->loop, on_limit, w);
    return w;
}

static void free_world(world *w)
{
    weir_timer_free(w->limit);
    weir_loop_free(w->loop);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

static void run_for(world *w, int ms)
{
    w->has_timed_out = false;
    weir_timer_set(w->limit, ms * WEIR_NS_PER_MS);
    weir_loop_run(w->loop);
    weir_timer_cancel(w->limit);
}

static void on_resolved(void *user, const weir_addresses *addresses, const weir_error *error)
{
    world *w = user;
    w->done++;
    w->addresses = *addresses;
    w->error = error ? *error : (weir_error){0};
    weir_loop_stop(w->loop);
}

static void wait_for_calls(int count)
{
    while (atomic_load(&resolver_calls) < count)
        usleep(1000);
}

START_TEST(families_take_turns)
{
    world *w = new_world();
    static const char *const answers[] = {"::1", "::2", "::3", "1.1.1.1", "2.2.2.2"};
    memcpy(resolver_answers, answers, sizeof answers);
    sem_post(&resolver_may_go);
    ck_assert_ptr_nonnull(weir_resolve_open(w->loop, "h", 80, on_resolved, w, NULL));
    run_for(w, 5000);
    ck_assert_int_eq(w->done, 1);
    ck_assert_int_eq(w->error.code, WEIR_OK);
    static const char *const order[] = {"[::1]:80", "1.1.1.1:80", "[::2]:80", "2.2.2.2:80",
                                        "[::3]:80"};
    ck_assert_uint_eq(w->addresses.count, 5);
    for (size_t i = 0; i < 5; i++) {
        char shown[WEIR_ADDRESS_TEXT_MAX];
        weir_address_show(&w->addresses.list[i], shown);
        ck_assert_str_eq(shown, order[i]);
    }
    free_world(w);
}
END_TEST

START_TEST(a_name_that_is_not_known_is_an_error)
{
    world *w = new_world();
    sem_post(&resolver_may_go);
    ck_assert_ptr_nonnull(weir_resolve_open(w->loop, "h.example", 80, on_resolved, w, NULL));
    run_for(w, 5000);
    ck_assert_int_eq(w->error.code, WEIR_ERR_RESOLVE);
    ck_assert_ptr_nonnull(strstr(w->error.text, "h.example"));
    free_world(w);
}
END_TEST

START_TEST(a_query_may_be_closed_while_it_runs_and_the_loop_freed)
{
    world *w = new_world();
    weir_resolve *resolve = weir_resolve_open(w->loop, "h", 80, on_resolved, w, NULL);
    ck_assert_ptr_nonnull(resolve);
    wait_for_calls(1);
    weir_resolve_close(resolve);
    free_world(w); /* the helper is inside getaddrinfo */
    sem_post(&resolver_may_go);
    usleep(20000);
}
END_TEST

START_TEST(many_queries_share_a_few_helpers)
{
    enum { QUERIES = 200 };
    world *w = new_world();
    weir_timer_free(w->limit);
    weir_loop_free(w->loop);
    w->loop = weir_loop_new(QUERIES + 1, NULL);
    w->limit = weir_timer_new(w->loop, on_limit, w);
    weir_resolve *queries[QUERIES];
    for (int i = 0; i < QUERIES; i++) {
        queries[i] = weir_resolve_open(w->loop, "h", 80, on_resolved, w, NULL);
        ck_assert_ptr_nonnull(queries[i]);
    }
    wait_for_calls(32);
    usleep(20000);
    ck_assert_int_eq(atomic_load(&resolver_calls), 32);
    for (int i = 0; i < 100; i++)
        weir_resolve_close(queries[i]); /* running ones and waiting ones */
    for (int i = 0; i < QUERIES; i++)
        sem_post(&resolver_may_go);
    while (w->done < 100 && !w->has_timed_out)
        run_for(w, 5000);
    ck_assert_int_eq(w->done, 100);
    ck_assert_int_lt(atomic_load(&resolver_calls), QUERIES); /* nobody asks for the dropped ones */
    free_world(w);
}
END_TEST

/* --- dialling -------------------------------------------------------------------------------- */

static void on_try(void *user, weir_str address)
{
    world *w = user;
    (void)address;
    w->tries++;
}

static void on_dialled(void *user, int fd, const weir_error *error)
{
    world *w = user;
    w->done++;
    w->fd = fd;
    w->error = error ? *error : (weir_error){0};
    weir_loop_stop(w->loop);
}

static int listen_on(const char *host, uint16_t *port, int backlog)
{
    weir_addresses at;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    ck_assert(weir_resolve_literal(host, *port, &at));
    int fd = socket(at.list[0].socket.ss_family, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at.list[0].socket, at.list[0].len), 0);
    ck_assert_int_eq(listen(fd, backlog), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
    *port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
    return fd;
}

static void add(weir_addresses *list, const char *host, uint16_t port)
{
    weir_addresses one;
    ck_assert(weir_resolve_literal(host, port, &one));
    list->list[list->count++] = one.list[0];
}

static void dial(world *w, const weir_addresses *list, int64_t stagger_ms, int limit_ms)
{
    weir_dial_sink sink = {w, on_try, on_dialled};
    weir_error error = {0};
    weir_dial *dial = weir_dial_open(w->loop, list, stagger_ms * WEIR_NS_PER_MS, &sink, &error);
    ck_assert_ptr_nonnull(dial);
    run_for(w, limit_ms);
    if (w->done == 0)
        weir_dial_close(dial);
}

START_TEST(a_refusal_leads_to_the_next_address_at_once)
{
    world *w = new_world();
    uint16_t port = 0;
    int server = listen_on("127.0.0.1", &port, 5);
    weir_addresses list = {0};
    add(&list, "127.0.0.2", 1);
    add(&list, "127.0.0.1", port);
    dial(w, &list, 60000, 5000);
    ck_assert_int_eq(w->done, 1);
    ck_assert_int_ge(w->fd, 0);
    ck_assert_int_eq(w->tries, 2);
    close(server);
    free_world(w);
}
END_TEST

/* A listener whose queue is full answers nothing at all: connects to it hang. */
START_TEST(an_address_that_hangs_is_overtaken)
{
    world *w = new_world();
    uint16_t port = 0, full_port = 0;
    int full = listen_on("127.0.0.1", &full_port, 0), server = listen_on("127.0.0.1", &port, 5);
    int fillers[4];
    for (int i = 0; i < 4; i++) {
        weir_addresses at;
        weir_resolve_literal("127.0.0.1", full_port, &at);
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fillers[i], (struct sockaddr *)&at.list[0].socket, at.list[0].len) != 0)
            ck_assert_int_eq(errno, EINPROGRESS);
    }
    weir_addresses list = {0};
    add(&list, "127.0.0.1", full_port);
    add(&list, "127.0.0.1", full_port);
    add(&list, "127.0.0.1", port);
    dial(w, &list, 20, 5000);
    ck_assert_int_eq(w->done, 1);
    ck_assert_int_ge(w->fd, 0);
    ck_assert_int_eq(w->tries, 3);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    close(full);
    close(server);
    free_world(w);
}
END_TEST

START_TEST(all_refusals_are_named)
{
    world *w = new_world();
    weir_addresses list = {0};
    add(&list, "127.0.0.1", 1);
    add(&list, "::1", 1);
    dial(w, &list, 10, 5000);
    ck_assert_int_eq(w->fd, -1);
    ck_assert_int_eq(w->error.code, WEIR_ERR_CONNECT);
    ck_assert_ptr_nonnull(strstr(w->error.text, "127.0.0.1:1: Connection refused"));
    ck_assert_ptr_nonnull(strstr(w->error.text, "[::1]:1: "));
    free_world(w);
}
END_TEST

START_TEST(a_dial_may_be_closed_before_it_ends)
{
    world *w = new_world();
    weir_addresses list = {0};
    add(&list, "127.0.0.1", 1);
    weir_dial_sink sink = {w, on_try, on_dialled};
    weir_dial *dial = weir_dial_open(w->loop, &list, 1, &sink, NULL);
    weir_dial_close(dial);
    run_for(w, 20);
    ck_assert_int_eq(w->done, 0);
    free_world(w);
}
END_TEST

int main(void)
{
    sem_init(&resolver_may_go, 0, 0);
    Suite *suite = suite_create("dial");
    weir_check_case(suite, "resolve", families_take_turns, a_name_that_is_not_known_is_an_error,
                    a_query_may_be_closed_while_it_runs_and_the_loop_freed,
                    many_queries_share_a_few_helpers);
    weir_check_case(suite, "dial", a_refusal_leads_to_the_next_address_at_once,
                    an_address_that_hangs_is_overtaken, all_refusals_are_named,
                    a_dial_may_be_closed_before_it_ends);
    return weir_check_run(suite);
}
