/* SPDX-License-Identifier: MIT */
/*
 * bench_subscriptions: what a symbol costs in the set of what is wanted, as the set grows. One
 * message per symbol, which is the most that a spec can ask for: each is gathered, sent, looked
 * after (counts, deadlines) and answered as reconcile.c does it; then the link is lost and all is
 * asked for again; then each is let go by the id of its subscription. Prints ns per symbol, thread
 * CPU time. Where a step walks over all wants the figure grows with their number.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "runtime/subscriptions.h"

enum { SIZES = 3, BY_NAME, BY_REQUEST };

typedef struct set {
    weir_subscriptions *wants;
    const weir_asset **assets;
    size_t count;
    weir_subscription_change change;
    uint64_t request;
} set;

static void want_all(set *s)
{
    weir_error error = {0};
    for (size_t i = 0; i < s->count; i++) {
        if (weir_subscriptions_add(s->wants, 0, i + 1, &s->assets[i], 1, &error) != WEIR_OK)
            exit(1);
    }
}

/* What happens between two messages. */
static void look_after(set *s, int64_t now_ns)
{
    weir_subscription_counts counts;
    size_t stream;
    const weir_asset *asset;
    int64_t from_ns;
    weir_subscriptions_expire(s->wants, 0, 0, now_ns, "late", &s->change);
    weir_subscriptions_count(s->wants, 0, &counts);
    while (weir_subscriptions_take_cut(s->wants, 0, &stream, &asset, &from_ns))
        continue;
}

static void agree_on_all(set *s, int how)
{
    for (size_t i = 0; i < s->count; i++) {
        weir_subscriptions_gather(s->wants, 0, 0, false, 1, &s->change);
        weir_subscriptions_sent(s->wants, 0, 0, &s->change, ++s->request, (int64_t)i + 1000);
        const weir_asset *asset = *weir_subscription_assets(&s->change);
        look_after(s, (int64_t)i);
        if (how == BY_NAME)
            weir_subscriptions_confirm(s->wants, 0, 0, asset);
        else
            weir_subscriptions_confirm_request(s->wants, 0, s->request);
    }
}

static void lose_link(set *s)
{
    weir_subscriptions_cut(s->wants, 0, 1, 0, NULL);
    weir_subscriptions_restart(s->wants, 0);
}

static void leave_all(set *s)
{
    for (size_t i = 0; i < s->count; i++)
        weir_subscriptions_remove_id(s->wants, i + 1);
    for (size_t i = 0; i < s->count; i++) {
        weir_subscriptions_gather(s->wants, 0, 0, true, 1, &s->change);
        weir_subscriptions_left(s->wants, 0, 0, &s->change);
    }
}

static double since(double *at_ns, size_t count)
{
    const double now = cpu_ns(), took = (now - *at_ns) / (double)count;
    *at_ns = cpu_ns();
    return took;
}

static void measure(weir_asset_book *book, size_t count)
{
    set s = {.wants = weir_subscriptions_new(1, 1, 1, 0),
             .assets = calloc(count, sizeof *s.assets),
             .count = count};
    if (!s.wants || !s.assets)
        exit(1);
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%zu", i);
        s.assets[i] = weir_asset_find(book, WEIR_ASSET_SYMBOL, weir_str_of(name));
    }
    double at_ns = cpu_ns();
    want_all(&s);
    const double wanted = since(&at_ns, count);
    agree_on_all(&s, BY_NAME);
    const double agreed = since(&at_ns, count);
    lose_link(&s);
    const double lost = since(&at_ns, count);
    agree_on_all(&s, BY_REQUEST);
    const double again = since(&at_ns, count);
    leave_all(&s);
    const double left = since(&at_ns, count);
    if (weir_subscriptions_wanted(s.wants) != 0)
        exit(1);
    printf("%7zu  %8.0f %8.0f %8.0f %8.0f %8.0f\n", count, wanted, agreed, lost, again, left);
    weir_subscriptions_free(s.wants);
    weir_buf_fini(&s.change.assets);
    free(s.assets);
}

int main(void)
{
    static const size_t sizes[SIZES] = {1000, 10000, 100000};
    weir_asset_book *book = weir_asset_book_new(true);
    if (!book)
        return 1;
    printf("symbols, each in a message of its own; ns per symbol\n"
           "             want    agree     lost    again    leave\n");
    for (size_t i = 0; i < SIZES; i++)
        measure(book, sizes[i]);
    weir_asset_book_free(book);
    return 0;
}
