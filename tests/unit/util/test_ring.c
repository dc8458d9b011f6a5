/* SPDX-License-Identifier: MIT */
/* The ring keeps the newest and counts what it forgot. */
#include "util/ring.h"

#include "weir_check.h"

static void push(weir_ring *ring, int value, bool expect_overwrite)
{
    bool overwrites;
    int *slot = weir_ring_push(ring, &overwrites);
    ck_assert(overwrites == expect_overwrite);
    *slot = value;
}

START_TEST(full_at_cap_and_overwrites_one_past_it)
{
    weir_ring ring;
    ck_assert(weir_ring_init(&ring, sizeof(int), 3));
    for (int i = 0; i < 3; i++)
        push(&ring, i, false);
    ck_assert_uint_eq(ring.overwritten, 0);
    push(&ring, 3, true);
    ck_assert_uint_eq(ring.overwritten, 1);
    ck_assert_uint_eq(ring.count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(*(int *)weir_ring_at(&ring, (size_t)i), i + 1);
    ck_assert_ptr_null(weir_ring_at(&ring, 3));
    weir_ring_fini(&ring);
}
END_TEST

START_TEST(an_overwritten_slot_still_holds_what_it_owned)
{
    weir_ring ring;
    ck_assert(weir_ring_init(&ring, sizeof(int), 1));
    push(&ring, 42, false);
    ck_assert_int_eq(*(int *)weir_ring_push(&ring, NULL), 42);
    weir_ring_fini(&ring);
}
END_TEST

START_TEST(pop_takes_the_oldest)
{
    weir_ring ring;
    ck_assert(weir_ring_init(&ring, sizeof(int), 4));
    for (int i = 0; i < 6; i++)
        push(&ring, i, i >= 4);
    for (int i = 2; i < 6; i++)
        ck_assert_int_eq(*(int *)weir_ring_pop(&ring), i);
    ck_assert_ptr_null(weir_ring_pop(&ring));
    push(&ring, 9, false);
    ck_assert_int_eq(*(int *)weir_ring_at(&ring, 0), 9);
    weir_ring_clear(&ring);
    ck_assert_uint_eq(ring.count + ring.overwritten, 0);
    weir_ring_fini(&ring);
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    weir_ring ring;
    ck_assert(!weir_ring_init(&ring, 0, 3));
    ck_assert(!weir_ring_init(&ring, 3, 0));
    ck_assert(!weir_ring_init(&ring, 16, SIZE_MAX / 8));
    weir_ring_fini(&ring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    weir_check_case(suite, "ring", full_at_cap_and_overwrites_one_past_it,
                    an_overwritten_slot_still_holds_what_it_owned, pop_takes_the_oldest,
                    absurd_sizes_are_refused);
    return weir_check_run(suite);
}
