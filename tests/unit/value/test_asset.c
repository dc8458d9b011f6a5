/* SPDX-License-Identifier: MIT */
/* The book of assets and the caches in front of it. */
#include "value/asset.h"

#include <pthread.h>

#include "value_text.h"

static weir_asset_book *book;

static bool add(const char *symbol, const char *security_id, const char *broker_symbol)
{
    weir_asset asset = {.symbol = weir_str_of(symbol),
                        .security_id = weir_str_of(security_id),
                        .broker_symbol = weir_str_of(broker_symbol)};
    weir_error error;
    return weir_asset_book_add(book, &asset, &error);
}

START_TEST(an_asset_is_found_by_each_of_its_keys)
{
    book = weir_asset_book_new(false);
    ck_assert(add("AAPL", "1001", "AAPL.US"));
    ck_assert(add("MSFT", "1002", ""));
    const weir_asset *apple = weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("AAPL"));
    ck_assert_ptr_nonnull(apple);
    ck_assert_ptr_eq(weir_asset_find(book, WEIR_ASSET_SECURITY_ID, WEIR_STR("1001")), apple);
    ck_assert_ptr_eq(weir_asset_find(book, WEIR_ASSET_BROKER_SYMBOL, WEIR_STR("AAPL.US")), apple);
    ck_assert_ptr_null(weir_asset_find(book, WEIR_ASSET_BROKER_SYMBOL, WEIR_STR("")));
    ck_assert_ptr_null(weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("TSLA")));
    ck_assert_uint_eq(weir_asset_book_count(book), 2);
    ck_assert_uint_eq(weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("MSFT"))->id, 1);
    weir_asset_book_free(book);
}
END_TEST

START_TEST(a_symbol_is_given_once_and_must_be_there)
{
    book = weir_asset_book_new(false);
    ck_assert(add("AAPL", "1", ""));
    ck_assert(!add("AAPL", "2", ""));
    ck_assert(!add("", "3", ""));
    ck_assert_uint_eq(weir_asset_book_count(book), 1);
    weir_asset_book_free(book);
}
END_TEST

START_TEST(the_first_asset_keeps_a_shared_id)
{
    book = weir_asset_book_new(false);
    ck_assert(add("A", "1", ""));
    ck_assert(add("B", "1", ""));
    const weir_asset *found = weir_asset_find(book, WEIR_ASSET_SECURITY_ID, WEIR_STR("1"));
    ck_assert(weir_str_is(weir_asset_symbol(found), "A"));
    weir_asset_book_free(book);
}
END_TEST

START_TEST(a_dynamic_book_creates_what_it_sees)
{
    book = weir_asset_book_new(true);
    ck_assert_ptr_null(weir_asset_peek(book, WEIR_ASSET_SYMBOL, WEIR_STR("BTC")));
    const weir_asset *btc = weir_asset_find(book, WEIR_ASSET_BROKER_SYMBOL, WEIR_STR("BTC"));
    ck_assert(weir_str_is(weir_asset_symbol(btc), "BTC"));
    ck_assert(weir_str_is(weir_asset_broker_symbol(btc), "BTC"));
    ck_assert_ptr_eq(weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("BTC")), btc);
    ck_assert_ptr_eq(weir_asset_find(book, WEIR_ASSET_SECURITY_ID, WEIR_STR("BTC")), btc);
    ck_assert_ptr_null(weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("")));
    ck_assert_uint_eq(weir_asset_book_count(book), 1);
    weir_asset_book_free(book);
}
END_TEST

START_TEST(other_columns_are_attributes)
{
    weir_str names[] = {WEIR_STR("lot"), WEIR_STR("note")};
    weir_value extra[] = {weir_value_int(5), weir_value_str(WEIR_STR("hello"))};
    weir_asset asset = {.symbol = WEIR_STR("A"),
                        .exchange_name = WEIR_STR("NSE"),
                        .extra_count = 2,
                        .extra_names = names,
                        .extra = extra};
    book = weir_asset_book_new(false);
    ck_assert(weir_asset_book_add(book, &asset, NULL));
    const weir_asset *found = weir_asset_find(book, WEIR_ASSET_SYMBOL, WEIR_STR("A"));
    ck_assert(weir_str_is(weir_asset_attribute(found, "note"), "hello"));
    ck_assert(weir_str_is(weir_asset_attribute(found, "exchange_name"), "NSE"));
    ck_assert_uint_eq(weir_asset_attribute(found, "lot").len, 0);
    ck_assert_uint_eq(weir_asset_attribute(found, "none").len, 0);
    ck_assert(found->extra[0].i == 5);
    weir_asset_book_free(book);
}
END_TEST

START_TEST(a_cache_answers_as_the_book)
{
    book = weir_asset_book_new(true);
    weir_asset_cache *cache = weir_asset_cache_new(book);
    enum { MANY = 20000 };
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            weir_str key = {name, (size_t)snprintf(name, sizeof name, "SYM%dUSDT", i)};
            weir_asset_key by = i % 2 ? WEIR_ASSET_SYMBOL : WEIR_ASSET_BROKER_SYMBOL;
            const weir_asset *asset = weir_asset_cached(cache, by, key);
            ck_assert_ptr_nonnull(asset);
            ck_assert(weir_str_eq(asset->symbol, key));
            ck_assert_ptr_eq(weir_asset_cached(cache, by, key), asset);
            ck_assert_ptr_eq(weir_asset_peek(book, by, key), asset);
        }
    }
    ck_assert_uint_eq(weir_asset_book_count(book), MANY);
    weir_asset_cache_free(cache);
    weir_asset_book_free(book);
}
END_TEST

static void check_known(weir_asset_cache *cache, const char *at, size_t len)
{
    for (int i = 0; i < WEIR_ASSET_KEY_COUNT; i++) {
        const weir_asset_key key = (weir_asset_key)i;
        const weir_asset *asset = weir_asset_known(cache, key, at, len);
        ck_assert_ptr_nonnull(asset);
        ck_assert(weir_str_eq(asset->symbol, (weir_str){at, len}));
        ck_assert_ptr_eq(weir_asset_cached(cache, key, (weir_str){at, len}), asset);
    }
}

/* Lengths on both sides of what a place holds whole, texts that differ in one byte, or in a zero
 * at their end; other bytes follow each text. */
START_TEST(a_text_with_slack_is_known_as_itself)
{
    enum { LONGEST = 2 * WEIR_SHORT_MAX + 3, ROUNDS = 3 };
    book = weir_asset_book_new(true);
    weir_asset_cache *cache = weir_asset_cache_new(book);
    char text[LONGEST + WEIR_SHORT_MAX];
    for (size_t i = 0; i < ROUNDS * LONGEST * LONGEST; i++) {
        const size_t len = i / LONGEST % LONGEST + 1, changed = i % LONGEST;
        memset(text, 'A', sizeof text);
        text[changed] = changed + 1 == len ? '\0' : '~';
        memset(text + len, '0' + (int)(i % 7), sizeof text - len);
        check_known(cache, text, len);
    }
    /* Each with a change at one place, and without. */
    ck_assert_uint_eq(weir_asset_book_count(book), LONGEST * (LONGEST + 3) / 2 - 1);
    ck_assert_ptr_null(weir_asset_known(cache, WEIR_ASSET_SYMBOL, text, 0));
    weir_asset_cache_free(cache);
    weir_asset_book_free(book);
}
END_TEST

START_TEST(a_cache_learns_what_the_book_learns)
{
    book = weir_asset_book_new(false);
    weir_asset_cache *cache = weir_asset_cache_new(book);
    char slack[WEIR_SHORT_MAX] = "NEW";
    ck_assert_ptr_null(weir_asset_known(cache, WEIR_ASSET_SYMBOL, slack, 3));
    ck_assert_ptr_null(weir_asset_cached(cache, WEIR_ASSET_SYMBOL, WEIR_STR("NEW")));
    ck_assert(add("NEW", "", ""));
    ck_assert_ptr_nonnull(weir_asset_cached(cache, WEIR_ASSET_SYMBOL, WEIR_STR("NEW")));
    ck_assert_ptr_nonnull(weir_asset_known(cache, WEIR_ASSET_SYMBOL, slack, 3));
    ck_assert_ptr_null(weir_asset_cached(cache, WEIR_ASSET_SECURITY_ID, WEIR_STR("NEW")));
    weir_asset_cache_free(cache);
    weir_asset_book_free(book);
}
END_TEST

static void *look_up_many(void *user)
{
    weir_asset_cache *cache = weir_asset_cache_new(user);
    char name[32];
    for (int i = 0; i < 5000; i++) {
        weir_str key = {name, (size_t)snprintf(name, sizeof name, "S%d", i)};
        weir_asset_cached(cache, WEIR_ASSET_SYMBOL, key);
    }
    weir_asset_cache_free(cache);
    return NULL;
}

START_TEST(threads_share_a_book)
{
    pthread_t threads[4];
    book = weir_asset_book_new(true);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, look_up_many, book), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(weir_asset_book_count(book), 5000);
    weir_asset_book_free(book);
}
END_TEST

int main(void)
{
    return run_suite("asset", an_asset_is_found_by_each_of_its_keys,
                     a_symbol_is_given_once_and_must_be_there, the_first_asset_keeps_a_shared_id,
                     a_dynamic_book_creates_what_it_sees, other_columns_are_attributes,
                     a_cache_answers_as_the_book, a_text_with_slack_is_known_as_itself,
                     a_cache_learns_what_the_book_learns, threads_share_a_book);
}
