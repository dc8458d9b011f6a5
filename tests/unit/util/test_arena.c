/* SPDX-License-Identifier: MIT */
/* Arena: alignment, limits at n and n + 1, marks, and a steady state without malloc. */
#include "util/arena.h"

#include "weir_check.h"

START_TEST(every_allocation_is_aligned_to_16)
{
    weir_arena *arena = weir_arena_new(64, 0);
    for (size_t size = 0; size < 300; size++)
        ck_assert_uint_eq((uintptr_t)weir_arena_alloc(arena, size) % 16, 0);
    weir_arena_free(arena);
}
END_TEST

START_TEST(limit_allows_n_and_refuses_one_more)
{
    weir_arena *arena = weir_arena_new(256, 1000);
    ck_assert_ptr_nonnull(weir_arena_alloc(arena, 1000));
    weir_arena_reset(arena);
    ck_assert_ptr_null(weir_arena_alloc(arena, 1001));
    ck_assert(weir_arena_failed(arena));
    weir_arena_reset(arena);
    ck_assert(!weir_arena_failed(arena));
    ck_assert_ptr_nonnull(weir_arena_alloc(arena, 1));
    weir_arena_set_limit(arena, 0);
    ck_assert_ptr_nonnull(weir_arena_alloc(arena, 100000));
    weir_arena_free(arena);
}
END_TEST

START_TEST(limit_is_reached_by_small_pieces_too)
{
    weir_arena *arena = weir_arena_new(256, 160);
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(weir_arena_alloc(arena, 16));
    ck_assert_ptr_null(weir_arena_alloc(arena, 1));
    weir_arena_free(arena);
}
END_TEST

START_TEST(overflowing_sizes_fail)
{
    weir_arena *arena = weir_arena_new(256, 0);
    ck_assert_ptr_null(weir_arena_calloc(arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(weir_arena_alloc(arena, SIZE_MAX));
    ck_assert_ptr_null(weir_arena_alloc(arena, SIZE_MAX - 64));
    ck_assert(weir_arena_failed(arena));
    weir_arena_free(arena);
}
END_TEST

START_TEST(reset_keeps_the_largest_block)
{
    weir_arena *arena = weir_arena_new(256, 0);
    for (int i = 0; i < 50; i++)
        ck_assert_ptr_nonnull(weir_arena_alloc(arena, 200));
    weir_arena_reset(arena);
    ck_assert_uint_eq(weir_arena_used(arena), 0);
    void *first = weir_arena_alloc(arena, 4000);
    weir_arena_reset(arena);
    ck_assert_ptr_eq(weir_arena_alloc(arena, 4000), first);
    weir_arena_free(arena);
}
END_TEST

START_TEST(rewind_forgets_what_came_after_the_mark)
{
    weir_arena *arena = weir_arena_new(256, 0);
    weir_arena_mark empty = weir_arena_save(arena);
    weir_str kept = weir_arena_copy(arena, WEIR_STR("kept"));
    weir_arena_mark mark = weir_arena_save(arena);
    size_t used = weir_arena_used(arena);
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(weir_arena_alloc(arena, 100));
    weir_arena_rewind(arena, mark);
    ck_assert_uint_eq(weir_arena_used(arena), used);
    ck_assert(weir_str_is(kept, "kept"));
    ck_assert_ptr_nonnull(weir_arena_alloc(arena, 5000));
    weir_arena_rewind(arena, empty);
    ck_assert_uint_eq(weir_arena_used(arena), 0);
    ck_assert_ptr_nonnull(weir_arena_alloc(arena, 5000));
    weir_arena_free(arena);
}
END_TEST

START_TEST(copies_and_formats_are_terminated)
{
    weir_arena *arena = weir_arena_new(16, 0);
    weir_str copy = weir_arena_copy(arena, (weir_str){"abcdef", 3});
    ck_assert_str_eq(copy.ptr, "abc");
    weir_str text = weir_arena_printf(arena, "%d-%s", 42, "x");
    ck_assert_str_eq(text.ptr, "42-x");
    ck_assert_uint_eq(text.len, 4);
    weir_str nothing = weir_arena_copy(arena, (weir_str){NULL, 0});
    ck_assert_str_eq(nothing.ptr, "");
    weir_arena_free(arena);
    weir_arena_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    weir_check_case(suite, "arena", every_allocation_is_aligned_to_16,
                    limit_allows_n_and_refuses_one_more, limit_is_reached_by_small_pieces_too,
                    overflowing_sizes_fail, reset_keeps_the_largest_block,
                    rewind_forgets_what_came_after_the_mark, copies_and_formats_are_terminated);
    return weir_check_run(suite);
}
