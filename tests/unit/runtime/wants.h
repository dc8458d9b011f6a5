/* SPDX-License-Identifier: MIT */
/* What tests of subscriptions begin with: a book of assets that takes all symbols, and the wants of
 * a socket of some places. */
#ifndef WEIR_TEST_WANTS_H
#define WEIR_TEST_WANTS_H

#include "runtime/subscriptions.h"
#include "weir_check.h"

enum { TRADES, QUOTES, STREAMS };

static weir_asset_book *book;
static weir_subscriptions *wants;
static weir_subscription_change change;
static weir_error error;

static void want_with(size_t places)
{
    book = weir_asset_book_new(true);
    wants = weir_subscriptions_new(STREAMS, 1, 1, places);
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

#endif
