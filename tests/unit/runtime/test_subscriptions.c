/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "wants.h"

static uint64_t last_id, last_request;

static void set_up(void)
{
    want_with(0);
}

/* Symbols of one letter each. */
static size_t gather(const char *letters, const weir_asset *assets[16])
{
    size_t count = 0;
    for (; letters[count]; count++)
        assets[count] = asset((char[]){letters[count], '\0'});
    return count;
}

static weir_code add(size_t stream, const char *letters)
{
    const weir_asset *assets[16];
    return weir_subscriptions_add(wants, stream, ++last_id, assets, gather(letters, assets),
                                  &error);
}

static weir_code drop(size_t stream, const char *letters)
{
    const weir_asset *assets[16];
    return weir_subscriptions_remove(wants, stream, assets, gather(letters, assets), &error);
}

static const char *letters_of_change(void)
{
    static char text[20];
    size_t count = 0;
    for (; count < change.count; count++)
        text[count] = weir_subscription_assets(&change)[count]->symbol.ptr[0];
    if (change.is_whole)
        text[count++] = '*';
    text[count] = '\0';
    return text;
}

/* What goes into the next message of at most `most` symbols, as letters. It is sent, and answered
 * until `deadline_ns` where that is not 0. */
static const char *next(size_t shard, size_t stream, bool unsubscribes, size_t most,
                        int64_t deadline_ns)
{
    ck_assert(weir_subscriptions_gather(wants, shard, stream, unsubscribes, most, &change));
    if (unsubscribes)
        weir_subscriptions_left(wants, shard, stream, &change);
    else
        weir_subscriptions_sent(wants, shard, stream, &change, ++last_request, deadline_ns);
    return letters_of_change();
}

static const char *due(size_t stream, bool unsubscribes)
{
    return next(0, stream, unsubscribes, 0, 0);
}

static weir_subscription_counts counted(size_t shard)
{
    weir_subscription_counts counts;
    weir_subscriptions_count(wants, shard, &counts);
    return counts;
}

START_TEST(what_is_wanted_is_sent_once_in_order_of_first_want)
{
    ck_assert_int_eq(add(TRADES, "CAB"), WEIR_OK);
    ck_assert_int_eq(add(TRADES, "AD"), WEIR_OK);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 4);
    ck_assert_str_eq(due(TRADES, false), "CABD");
    ck_assert_str_eq(due(TRADES, false), "");
    ck_assert_str_eq(due(QUOTES, false), "");
}
END_TEST

START_TEST(later_wants_are_sent_as_the_difference)
{
    add(TRADES, "AB");
    due(TRADES, false);
    add(TRADES, "BC");
    ck_assert_str_eq(due(TRADES, false), "C");
    ck_assert_int_eq(drop(TRADES, "A"), WEIR_OK);
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_str_eq(due(TRADES, true), "");
}
END_TEST

START_TEST(a_symbol_goes_when_it_was_dropped_as_often_as_wanted)
{
    add(TRADES, "A");
    add(TRADES, "A");
    due(TRADES, false);
    ck_assert_int_eq(drop(TRADES, "A"), WEIR_OK);
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_int_eq(drop(TRADES, "A"), WEIR_OK);
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 0);
}
END_TEST

START_TEST(dropping_what_was_never_wanted_names_it_and_changes_nothing)
{
    add(TRADES, "AB");
    due(TRADES, false);
    ck_assert_int_eq(drop(TRADES, "AXB"), WEIR_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.text, "'X'"));
    ck_assert_int_eq(drop(QUOTES, "A"), WEIR_ERR_NOT_FOUND);
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 2);
}
END_TEST

START_TEST(a_symbol_named_twice_in_one_drop_must_be_wanted_twice)
{
    add(TRADES, "A");
    ck_assert_int_eq(drop(TRADES, "AA"), WEIR_ERR_NOT_FOUND);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 1);
    add(TRADES, "A");
    ck_assert_int_eq(drop(TRADES, "AA"), WEIR_OK);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 0);
}
END_TEST

START_TEST(dropped_twice_is_an_error)
{
    add(TRADES, "A");
    due(TRADES, false);
    ck_assert_int_eq(drop(TRADES, "A"), WEIR_OK);
    ck_assert_int_eq(drop(TRADES, "A"), WEIR_ERR_NOT_FOUND);
}
END_TEST

START_TEST(dropped_before_it_was_sent_is_never_sent)
{
    add(TRADES, "AB");
    drop(TRADES, "A");
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_str_eq(due(TRADES, false), "B");
}
END_TEST

START_TEST(wanted_again_before_the_drop_was_sent_sends_nothing)
{
    add(TRADES, "A");
    due(TRADES, false);
    drop(TRADES, "A");
    add(TRADES, "A");
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_str_eq(due(TRADES, false), "");
}
END_TEST

START_TEST(after_a_restart_all_is_sent_again_in_the_same_order)
{
    add(TRADES, "CAB");
    due(TRADES, false);
    drop(TRADES, "A");
    add(TRADES, "D");
    weir_subscriptions_restart(wants, 0);
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_str_eq(due(TRADES, false), "CBD");
}
END_TEST

START_TEST(a_stream_can_be_wanted_itself)
{
    ck_assert_int_eq(weir_subscriptions_add(wants, TRADES, 1, NULL, 0, &error), WEIR_OK);
    ck_assert_str_eq(due(TRADES, false), "*");
    add(TRADES, "A");
    ck_assert_str_eq(due(TRADES, false), "A");
    ck_assert_int_eq(weir_subscriptions_remove(wants, TRADES, NULL, 0, &error), WEIR_OK);
    ck_assert_int_eq(weir_subscriptions_remove(wants, TRADES, NULL, 0, &error), WEIR_ERR_NOT_FOUND);
    ck_assert_str_eq(due(TRADES, true), "*");
}
END_TEST

START_TEST(ten_thousand_symbols_keep_their_order)
{
    enum { MANY = 10000 };
    const weir_asset **all = calloc(MANY, sizeof *all);
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "S%d", i);
        all[i] = asset(name);
    }
    ck_assert_int_eq(weir_subscriptions_add(wants, QUOTES, 1, all, MANY, &error), WEIR_OK);
    ck_assert(weir_subscriptions_gather(wants, 0, QUOTES, false, 0, &change));
    ck_assert_uint_eq(change.count, MANY);
    ck_assert_mem_eq(weir_subscription_assets(&change), all, MANY * sizeof *all);
    weir_subscriptions_sent(wants, 0, QUOTES, &change, 1, 0);
    ck_assert_int_eq(weir_subscriptions_remove(wants, QUOTES, all, MANY, &error), WEIR_OK);
    ck_assert(weir_subscriptions_gather(wants, 0, QUOTES, true, 0, &change));
    ck_assert_uint_eq(change.count, MANY);
    free(all);
}
END_TEST

/* ------------------------------------------------------------------ holders */

START_TEST(a_subscription_ends_by_its_id_without_touching_others)
{
    add(TRADES, "AB");
    const uint64_t first = last_id;
    add(TRADES, "BC");
    due(TRADES, false);
    ck_assert_uint_eq(weir_subscriptions_remove_id(wants, first), 2);
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_uint_eq(weir_subscriptions_remove_id(wants, first), 0);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 2);
}
END_TEST

START_TEST(a_symbol_that_was_dropped_is_no_longer_part_of_its_subscription)
{
    add(TRADES, "A");
    const uint64_t first = last_id;
    add(TRADES, "A");
    drop(TRADES, "A"); /* from the second */
    ck_assert_uint_eq(weir_subscriptions_remove_id(wants, last_id), 0);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 1);
    ck_assert_uint_eq(weir_subscriptions_remove_id(wants, first), 1);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 0);
}
END_TEST

START_TEST(all_of_a_stream_or_of_a_symbol_ends_however_often_it_is_wanted)
{
    add(TRADES, "AB");
    add(TRADES, "A");
    add(QUOTES, "A");
    ck_assert_uint_eq(weir_subscriptions_remove_all(wants, SIZE_MAX, asset("A")), 2);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 1);
    add(QUOTES, "CD");
    ck_assert_uint_eq(weir_subscriptions_remove_all(wants, QUOTES, NULL), 2);
    ck_assert_uint_eq(weir_subscriptions_remove_all(wants, SIZE_MAX, NULL), 1);
    ck_assert_uint_eq(counted(0).wanted, 0);
}
END_TEST

/* ------------------------------------------------------------------ answers */

START_TEST(a_batch_has_at_most_so_many_symbols)
{
    add(TRADES, "ABCDE");
    ck_assert_str_eq(next(0, TRADES, false, 2, 0), "AB");
    ck_assert_str_eq(next(0, TRADES, false, 2, 0), "CD");
    ck_assert_str_eq(next(0, TRADES, false, 2, 0), "E");
    ck_assert_uint_eq(counted(0).active, 5);
}
END_TEST

START_TEST(symbols_are_confirmed_by_name_or_by_request)
{
    add(TRADES, "ABC");
    next(0, TRADES, false, 2, 100);
    next(0, TRADES, false, 2, 50);
    ck_assert_uint_eq(counted(0).pending, 3);
    ck_assert_int_eq(counted(0).next_deadline_ns, 50);
    ck_assert(weir_subscriptions_confirm(wants, 0, TRADES, asset("B")));
    ck_assert(!weir_subscriptions_confirm(wants, 0, TRADES, asset("B")));
    ck_assert(!weir_subscriptions_confirm(wants, 0, TRADES, asset("X")));
    weir_subscriptions_confirm_request(wants, 0, last_request);
    ck_assert_uint_eq(counted(0).active, 2);
    ck_assert_int_eq(counted(0).next_deadline_ns, 100);
}
END_TEST

static const char *kept_reason;

static void keep_reason(void *user, const weir_subscription_view *view)
{
    (void)user;
    if (view->state == WEIR_SUBSCRIPTION_REJECTED)
        kept_reason = view->reason;
}

START_TEST(a_refused_batch_is_split_down_to_the_culprit)
{
    unsigned messages = 0;
    add(TRADES, "ABCDEFGH");
    for (; counted(0).idle > 0 && messages < 20; messages++) {
        const bool is_bad = strchr(next(0, TRADES, false, 0, 100), 'F') != NULL;
        if (!is_bad)
            weir_subscriptions_confirm_request(wants, 0, last_request);
        else
            ck_assert(weir_subscriptions_refuse_request(wants, 0, TRADES, last_request,
                                                        "no such thing", &change));
        if (is_bad && change.count > 0)
            ck_assert_str_eq(letters_of_change(), "F");
    }
    ck_assert_uint_eq(messages, 7); /* 8; 4, 4; 2, 2; 1, 1 */
    ck_assert_uint_eq(counted(0).active, 7);
    ck_assert_uint_eq(counted(0).refused, 1);
    weir_subscriptions_each(wants, keep_reason, NULL);
    ck_assert_str_eq(kept_reason, "no such thing");
    ck_assert(!weir_subscriptions_refuse_request(wants, 0, TRADES, 999, "", &change));
}
END_TEST

START_TEST(what_is_not_answered_is_asked_once_more_and_then_refused)
{
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_confirm(wants, 0, TRADES, asset("A"));
    weir_subscriptions_expire(wants, 0, TRADES, 99, "late", &change);
    ck_assert_uint_eq(counted(0).pending, 1);
    weir_subscriptions_expire(wants, 0, TRADES, 100, "late", &change);
    ck_assert_str_eq(letters_of_change(), "");
    ck_assert_str_eq(next(0, TRADES, false, 0, 200), "B");
    weir_subscriptions_expire(wants, 0, TRADES, 200, "late", &change);
    ck_assert_str_eq(letters_of_change(), "B");
    ck_assert_str_eq(due(TRADES, false), "");
    ck_assert_uint_eq(counted(0).refused, 1);
}
END_TEST

/* Asked for twice, never answered. */
static void give_up(const char *letters)
{
    add(TRADES, letters);
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_expire(wants, 0, TRADES, 100, "late", &change);
    next(0, TRADES, false, 0, 200);
    weir_subscriptions_expire(wants, 0, TRADES, 200, "late", &change);
    ck_assert_uint_eq(counted(0).refused, strlen(letters));
}

/* Told once, however often it is asked for. */
START_TEST(what_was_given_up_is_asked_for_again_after_a_pause)
{
    const int64_t second = 1000000000;
    give_up("AB");
    ck_assert_int_eq(counted(0).next_deadline_ns, 200 + 30 * second);
    weir_subscriptions_confirm(wants, 0, TRADES, asset("B"));
    weir_subscriptions_expire(wants, 0, TRADES, 200 + 29 * second, "late", &change);
    ck_assert_str_eq(due(TRADES, false), "");
    weir_subscriptions_expire(wants, 0, TRADES, 200 + 30 * second, "late", &change);
    ck_assert_str_eq(letters_of_change(), "");
    ck_assert_str_eq(next(0, TRADES, false, 0, 40 * second), "A");
    weir_subscriptions_expire(wants, 0, TRADES, 40 * second, "late", &change);
    ck_assert_str_eq(letters_of_change(), "");
    ck_assert_uint_eq(counted(0).refused, 1);
    ck_assert_int_eq(counted(0).next_deadline_ns, 100 * second);
    drop(TRADES, "A");
    weir_subscriptions_expire(wants, 0, TRADES, 100 * second, "late", &change);
    ck_assert_str_eq(due(TRADES, false), "");
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_int_eq(counted(0).next_deadline_ns, 0);
}
END_TEST

START_TEST(what_was_never_answered_is_left_all_the_same)
{
    give_up("A");
    drop(TRADES, "A");
    ck_assert_uint_eq(counted(0).leaving, 1);
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "A");
    ck_assert_str_eq(due(TRADES, true), "");
}
END_TEST

START_TEST(an_answer_that_is_very_late_counts)
{
    give_up("A");
    ck_assert(weir_subscriptions_confirm(wants, 0, TRADES, asset("A")));
    ck_assert_uint_eq(counted(0).refused, 0);
    ck_assert_uint_eq(counted(0).active, 1);
}
END_TEST

START_TEST(an_answer_to_a_request_that_was_given_up_counts)
{
    give_up("AB");
    weir_subscriptions_confirm_request(wants, 0, last_request);
    ck_assert_uint_eq(counted(0).refused, 0);
    ck_assert_uint_eq(counted(0).active, 2);
}
END_TEST

START_TEST(an_answer_that_comes_before_the_second_question_saves_it)
{
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_expire(wants, 0, TRADES, 100, "late", &change);
    ck_assert_uint_eq(counted(0).idle, 2);
    weir_subscriptions_confirm_request(wants, 0, last_request);
    ck_assert_str_eq(due(TRADES, false), "");
    ck_assert_uint_eq(counted(0).active, 2);
}
END_TEST

START_TEST(what_is_asked_for_anew_is_not_confirmed_by_an_old_answer)
{
    add(TRADES, "A");
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_confirm(wants, 0, TRADES, asset("A"));
    weir_subscriptions_renew(wants, 0, TRADES, asset("A"), false, 1, 0);
    ck_assert(!weir_subscriptions_confirm(wants, 0, TRADES, asset("A")));
    weir_subscriptions_confirm_request(wants, 0, last_request);
    ck_assert_str_eq(due(TRADES, false), "A");
}
END_TEST

START_TEST(a_cut_is_taken_when_it_has_healed_and_once)
{
    size_t stream = 9;
    const weir_asset *which = NULL;
    int64_t from_ns = 0;
    bool is_last = false;
    add(TRADES, "ABC");
    due(TRADES, false);
    weir_subscriptions_cut(wants, 0, 7, 0, NULL);
    weir_subscriptions_restart(wants, 0);
    ck_assert(!weir_subscriptions_take_cut(wants, 0, &stream, &which, &from_ns));
    ck_assert(weir_subscriptions_take_cut_of(wants, 0, TRADES, asset("B"), &from_ns, &is_last));
    ck_assert(!is_last);
    ck_assert_str_eq(next(0, TRADES, false, 1, 0), "A");
    ck_assert(weir_subscriptions_take_cut(wants, 0, &stream, &which, &from_ns));
    ck_assert_ptr_eq(which, asset("A"));
    ck_assert_int_eq(from_ns, 7);
    ck_assert(!weir_subscriptions_take_cut(wants, 0, &stream, &which, &from_ns));
    drop(TRADES, "C");
    ck_assert(!weir_subscriptions_take_cut_of(wants, 0, TRADES, asset("B"), &from_ns, &is_last));
    ck_assert(is_last);
}
END_TEST

/* Data may come before its confirmation, or without one. */
START_TEST(what_was_asked_for_has_a_hole_although_nothing_was_answered)
{
    int64_t from_ns = 0;
    bool is_last = false;
    add(TRADES, "B");
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_cut(wants, 0, 7, 0, NULL);
    weir_subscriptions_restart(wants, 0);
    next(0, TRADES, false, 0, 100);
    weir_subscriptions_expire(wants, 0, TRADES, 100, "late", &change);
    next(0, TRADES, false, 0, 200);
    weir_subscriptions_expire(wants, 0, TRADES, 200, "late", &change);
    ck_assert(weir_subscriptions_take_cut_of(wants, 0, TRADES, asset("B"), &from_ns, &is_last));
}
END_TEST

/* Minutes, if any step walked over all of them. */
START_TEST(a_hundred_thousand_symbols_in_as_many_messages)
{
    enum { MANY = 100000 };
    const weir_asset **all = calloc(MANY, sizeof *all);
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "S%d", i);
        all[i] = asset(name);
        ck_assert_int_eq(weir_subscriptions_add(wants, TRADES, ++last_id, &all[i], 1, &error),
                         WEIR_OK);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            ck_assert(weir_subscriptions_gather(wants, 0, TRADES, false, 1, &change));
            ck_assert_ptr_eq(*weir_subscription_assets(&change), all[i]);
            weir_subscriptions_sent(wants, 0, TRADES, &change, ++last_request, i + 1000);
            weir_subscriptions_expire(wants, 0, TRADES, i, "late", &change);
            ck_assert_uint_eq(counted(0).active, i);
            weir_subscriptions_confirm_request(wants, 0, last_request);
        }
        weir_subscriptions_cut(wants, 0, 1, 0, NULL);
        weir_subscriptions_restart(wants, 0);
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_uint_eq(weir_subscriptions_remove_id(wants, last_id - (uint64_t)i), 1);
    ck_assert_uint_eq(counted(0).wanted, 0);
    free(all);
}
END_TEST

START_TEST(what_was_never_answered_and_is_wanted_again_is_asked_for_again)
{
    give_up("A");
    drop(TRADES, "A");
    add(TRADES, "A");
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_str_eq(next(0, TRADES, false, 0, 300), "A");
}
END_TEST

START_TEST(what_was_never_confirmed_is_left_in_a_message_of_its_own)
{
    give_up("AB");
    add(TRADES, "CD");
    next(0, TRADES, false, 0, 300);
    weir_subscriptions_confirm(wants, 0, TRADES, asset("C"));
    weir_subscriptions_confirm(wants, 0, TRADES, asset("D"));
    drop(TRADES, "ABCD");
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "A");
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "B");
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "CD");
}
END_TEST

START_TEST(what_was_refused_is_asked_again_on_a_new_link)
{
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 100);
    ck_assert(weir_subscriptions_refuse(wants, 0, TRADES, asset("A"), "no"));
    ck_assert(!weir_subscriptions_refuse(wants, 0, TRADES, asset("A"), "no"));
    weir_subscriptions_restart(wants, 0);
    ck_assert_uint_eq(counted(0).refused, 0);
    ck_assert_str_eq(due(TRADES, false), "AB");
}
END_TEST

START_TEST(what_was_dropped_before_the_answer_is_left)
{
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 100);
    drop(TRADES, "A");
    ck_assert_uint_eq(counted(0).leaving, 1);
    weir_subscriptions_confirm(wants, 0, TRADES, asset("A"));
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_uint_eq(counted(0).leaving, 0);
    ck_assert_uint_eq(counted(0).wanted, 1);
}
END_TEST

START_TEST(what_was_dropped_while_its_message_was_made_is_taken_back)
{
    add(TRADES, "AB");
    ck_assert(weir_subscriptions_gather(wants, 0, TRADES, false, 0, &change));
    drop(TRADES, "A");
    weir_subscriptions_sent(wants, 0, TRADES, &change, 1, 0);
    ck_assert_str_eq(due(TRADES, true), "A");
}
END_TEST

START_TEST(a_stale_symbol_is_asked_for_again)
{
    add(TRADES, "AB");
    due(TRADES, false);
    weir_subscriptions_renew(wants, 0, TRADES, asset("B"), false, 1, 0);
    ck_assert_str_eq(due(TRADES, false), "B");
    weir_subscriptions_renew(wants, 0, TRADES, NULL, false, 1, 0);
    ck_assert_str_eq(due(TRADES, false), "AB");
    weir_subscriptions_renew(wants, 0, TRADES, asset("A"), true, 1, 0);
    ck_assert_str_eq(due(TRADES, false), "");
    ck_assert_str_eq(due(TRADES, true), "A");
    ck_assert_str_eq(due(TRADES, false), "A");
    ck_assert_uint_eq(counted(0).active, 2);
}
END_TEST

/* ------------------------------------------------------------------ shards */

START_TEST(shards_fill_one_after_the_other_and_nothing_moves)
{
    weir_subscriptions_free(wants);
    wants = weir_subscriptions_new(STREAMS, 2, 1, 3);
    add(TRADES, "ABCD");
    ck_assert_str_eq(next(0, TRADES, false, 0, 0), "ABC");
    ck_assert_str_eq(next(1, TRADES, false, 0, 0), "D");
    drop(TRADES, "B");
    ck_assert_int_eq(add(TRADES, "E"), WEIR_OK);
    ck_assert_str_eq(next(0, TRADES, false, 0, 0), ""); /* B is still the venue's */
    ck_assert_str_eq(next(1, TRADES, false, 0, 0), "E");
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "B");
    add(TRADES, "F");
    ck_assert_str_eq(next(0, TRADES, false, 0, 0), "F");
    ck_assert_str_eq(next(1, TRADES, false, 0, 0), "");
}
END_TEST

START_TEST(more_than_all_shards_take_is_refused_whole)
{
    weir_subscriptions_free(wants);
    wants = weir_subscriptions_new(STREAMS, 2, 1, 2);
    add(TRADES, "AB");
    ck_assert_int_eq(add(QUOTES, "ABC"), WEIR_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.text, "2 subscriptions on each of 2 connections"));
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 2);
    ck_assert_int_eq(add(QUOTES, "AB"), WEIR_OK);
    ck_assert_int_eq(add(QUOTES, "A"), WEIR_OK); /* once more is no other one */
}
END_TEST

START_TEST(a_restart_concerns_one_shard)
{
    weir_subscriptions_free(wants);
    wants = weir_subscriptions_new(STREAMS, 2, 1, 1);
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 0);
    next(1, TRADES, false, 0, 0);
    weir_subscriptions_restart(wants, 1);
    ck_assert_uint_eq(counted(0).active, 1);
    ck_assert_uint_eq(counted(1).idle, 1);
}
END_TEST

/* ------------------------------------------------------------------ two links of a shard */

static void use_two_sides(void)
{
    weir_subscriptions_free(wants);
    wants = weir_subscriptions_new(STREAMS, 1, 2, 0);
}

START_TEST(each_line_is_told_by_itself)
{
    use_two_sides();
    add(TRADES, "AB");
    ck_assert_str_eq(next(0, TRADES, false, 0, 0), "AB");
    ck_assert_uint_eq(counted(0).active, 2);
    ck_assert_uint_eq(counted(1).idle, 2);
    ck_assert_str_eq(next(1, TRADES, false, 0, 50), "AB");
    ck_assert_uint_eq(counted(1).pending, 2);
    ck_assert(weir_subscriptions_confirm(wants, 1, TRADES, asset("A")));
    ck_assert_uint_eq(counted(1).active, 1);
    ck_assert_uint_eq(counted(0).active, 2);
    ck_assert_uint_eq(weir_subscriptions_wanted(wants), 2);
}
END_TEST

START_TEST(what_is_dropped_is_left_on_both_lines)
{
    use_two_sides();
    add(TRADES, "A");
    next(0, TRADES, false, 0, 0);
    next(1, TRADES, false, 0, 0);
    drop(TRADES, "A");
    ck_assert_str_eq(next(0, TRADES, true, 0, 0), "A");
    ck_assert_uint_eq(counted(0).leaving, 0);
    ck_assert_uint_eq(counted(1).leaving, 1);
    ck_assert_str_eq(next(1, TRADES, true, 0, 0), "A");
    ck_assert_uint_eq(counted(1).leaving, 0);
}
END_TEST

START_TEST(a_restart_of_one_line_leaves_the_other)
{
    use_two_sides();
    add(TRADES, "AB");
    next(0, TRADES, false, 0, 0);
    next(1, TRADES, false, 0, 0);
    drop(TRADES, "B");
    weir_subscriptions_restart(wants, 0);
    ck_assert_uint_eq(counted(0).idle, 1);
    ck_assert_uint_eq(counted(0).leaving, 0);
    ck_assert_str_eq(next(1, TRADES, true, 0, 0), "B");
    ck_assert_uint_eq(counted(1).active, 1);
}
END_TEST

static weir_subscription_state seen_state;

static void see(void *user, const weir_subscription_view *view)
{
    (void)user;
    seen_state = view->state;
}

START_TEST(who_looks_is_told_of_the_front_line)
{
    weir_subscription_counts counts;
    use_two_sides();
    add(TRADES, "A");
    next(1, TRADES, false, 0, 0);
    weir_subscriptions_count_front(wants, 0, &counts);
    ck_assert_uint_eq(counts.idle, 1);
    weir_subscriptions_each(wants, see, NULL);
    ck_assert_int_eq(seen_state, WEIR_SUBSCRIPTION_PENDING);
    weir_subscriptions_turn(wants, 1);
    weir_subscriptions_count_front(wants, 0, &counts);
    ck_assert_uint_eq(counts.active, 1);
    weir_subscriptions_each(wants, see, NULL);
    ck_assert_int_eq(seen_state, WEIR_SUBSCRIPTION_ACTIVE);
}
END_TEST

START_TEST(a_line_lacks_what_is_refused_on_it_alone)
{
    use_two_sides();
    add(TRADES, "ABC");
    next(0, TRADES, false, 0, 0);
    next(1, TRADES, false, 0, 50);
    weir_subscriptions_refuse(wants, 0, TRADES, asset("C"), "no");
    weir_subscriptions_refuse(wants, 1, TRADES, asset("C"), "no");
    ck_assert_uint_eq(weir_subscriptions_lacking(wants, 1, 0), 0);
    weir_subscriptions_refuse(wants, 1, TRADES, asset("B"), "no");
    ck_assert_uint_eq(weir_subscriptions_lacking(wants, 1, 0), 1);
    ck_assert_uint_eq(weir_subscriptions_lacking(wants, 0, 1), 0);
}
END_TEST

START_TEST(a_cut_spares_what_the_heir_has_of_kept_streams)
{
    const bool kept[STREAMS] = {[TRADES] = true};
    const weir_asset *cut;
    size_t stream;
    int64_t from_ns;
    use_two_sides();
    add(TRADES, "AB");
    add(QUOTES, "A");
    next(0, TRADES, false, 0, 0);
    next(0, QUOTES, false, 0, 0);
    next(1, TRADES, false, 0, 50);
    next(1, QUOTES, false, 0, 50);
    weir_subscriptions_confirm(wants, 1, TRADES, asset("A"));
    weir_subscriptions_confirm(wants, 1, QUOTES, asset("A"));
    weir_subscriptions_cut(wants, 0, 7, 1, kept);
    ck_assert(weir_subscriptions_take_cut(wants, 1, &stream, &cut, &from_ns));
    ck_assert_uint_eq(stream, QUOTES);
    ck_assert_int_eq(from_ns, 7);
    ck_assert(!weir_subscriptions_take_cut(wants, 1, &stream, &cut, &from_ns));
    weir_subscriptions_confirm(wants, 1, TRADES, asset("B"));
    ck_assert(weir_subscriptions_take_cut(wants, 1, &stream, &cut, &from_ns));
    ck_assert_ptr_eq(cut, asset("B"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_wanted_is_sent_once_in_order_of_first_want,
        later_wants_are_sent_as_the_difference,
        a_symbol_goes_when_it_was_dropped_as_often_as_wanted,
        dropping_what_was_never_wanted_names_it_and_changes_nothing,
        a_symbol_named_twice_in_one_drop_must_be_wanted_twice,
        dropped_twice_is_an_error,
        dropped_before_it_was_sent_is_never_sent,
        wanted_again_before_the_drop_was_sent_sends_nothing,
        after_a_restart_all_is_sent_again_in_the_same_order,
        a_stream_can_be_wanted_itself,
        ten_thousand_symbols_keep_their_order,
        a_subscription_ends_by_its_id_without_touching_others,
        a_symbol_that_was_dropped_is_no_longer_part_of_its_subscription,
        all_of_a_stream_or_of_a_symbol_ends_however_often_it_is_wanted,
        a_batch_has_at_most_so_many_symbols,
        symbols_are_confirmed_by_name_or_by_request,
        a_refused_batch_is_split_down_to_the_culprit,
        what_is_not_answered_is_asked_once_more_and_then_refused,
        what_was_given_up_is_asked_for_again_after_a_pause,
        what_was_never_answered_is_left_all_the_same,
        an_answer_that_is_very_late_counts,
        an_answer_to_a_request_that_was_given_up_counts,
        an_answer_that_comes_before_the_second_question_saves_it,
        what_is_asked_for_anew_is_not_confirmed_by_an_old_answer,
        a_cut_is_taken_when_it_has_healed_and_once,
        what_was_asked_for_has_a_hole_although_nothing_was_answered,
        a_hundred_thousand_symbols_in_as_many_messages,
        what_was_never_answered_and_is_wanted_again_is_asked_for_again,
        what_was_never_confirmed_is_left_in_a_message_of_its_own,
        what_was_refused_is_asked_again_on_a_new_link,
        what_was_dropped_before_the_answer_is_left,
        what_was_dropped_while_its_message_was_made_is_taken_back,
        a_stale_symbol_is_asked_for_again,
        shards_fill_one_after_the_other_and_nothing_moves,
        more_than_all_shards_take_is_refused_whole,
        a_restart_concerns_one_shard,
        each_line_is_told_by_itself,
        what_is_dropped_is_left_on_both_lines,
        a_restart_of_one_line_leaves_the_other,
        who_looks_is_told_of_the_front_line,
        a_line_lacks_what_is_refused_on_it_alone,
        a_cut_spares_what_the_heir_has_of_kept_streams,
    };
    Suite *suite = suite_create("subscriptions");
    TCase *tcase = tcase_create("wanted");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
