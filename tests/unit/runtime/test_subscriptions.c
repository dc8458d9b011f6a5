/* SPDX-License-Identifier: MIT */
#include "runtime/subscriptions.h"
#include "weir_check.h"

enum { TRADES, QUOTES, STREAMS };

static weir_asset_book *book;
static weir_subscriptions *wants;
static weir_subscription_change change;
static weir_error error;

static void set_up(void)
{
    book = weir_asset_book_new(true);
    wants = weir_subscriptions_new(STREAMS);
    ck_assert(book && wants);
}

static void tear_down(void)
{
    weir_subscriptions_free(wants);
    weir_asset_book_free(book);
    weir_buf_fini(&change.assets);
}

static const weir_asset *asset(const char *symbol)
{
    return weir_asset_find(book, WEIR_ASSET_SYMBOL, weir_str_of(symbol));
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
    return weir_subscriptions_add(wants, stream, assets, gather(letters, assets), &error);
}

static weir_code drop(size_t stream, const char *letters)
{
    const weir_asset *assets[16];
    return weir_subscriptions_remove(wants, stream, assets, gather(letters, assets), &error);
}

/* What is to be sent, as letters. */
static const char *due(size_t stream, bool unsubscribes)
{
    static char text[20];
    ck_assert(weir_subscriptions_take(wants, stream, unsubscribes, &change));
    size_t count = 0;
    for (; count < change.count; count++)
        text[count] = weir_subscription_assets(&change)[count]->symbol.ptr[0];
    if (change.is_whole)
        text[count++] = '*';
    text[count] = '\0';
    return text;
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
    weir_subscriptions_restart(wants);
    ck_assert_str_eq(due(TRADES, true), "");
    ck_assert_str_eq(due(TRADES, false), "CBD");
}
END_TEST

START_TEST(a_stream_can_be_wanted_itself)
{
    ck_assert_int_eq(weir_subscriptions_add(wants, TRADES, NULL, 0, &error), WEIR_OK);
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
    ck_assert_int_eq(weir_subscriptions_add(wants, QUOTES, all, MANY, &error), WEIR_OK);
    ck_assert(weir_subscriptions_take(wants, QUOTES, false, &change));
    ck_assert_uint_eq(change.count, MANY);
    ck_assert_mem_eq(weir_subscription_assets(&change), all, MANY * sizeof *all);
    ck_assert_int_eq(weir_subscriptions_remove(wants, QUOTES, all, MANY, &error), WEIR_OK);
    ck_assert(weir_subscriptions_take(wants, QUOTES, true, &change));
    ck_assert_uint_eq(change.count, MANY);
    free(all);
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
    };
    Suite *suite = suite_create("subscriptions");
    TCase *tcase = tcase_create("wanted");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
