/* SPDX-License-Identifier: MIT */
/*
 * From what a user calls a symbol to the asset that is asked for. A name that the master data knows
 * is taken as it is; any other is written as the venue writes its own: letters in its case, its
 * prefix in front. So users may leave both out.
 */
#include <ctype.h>

#include "runtime/internal.h"
#include "util/error.h"

const weir_asset *weir_spec_peek_asset(const weir_spec *spec, weir_str symbol)
{
    weir_asset_book *book = spec->model->assets;
    if (symbol.len == 0)
        return NULL;
    const weir_asset *asset = weir_asset_peek(book, WEIR_ASSET_SYMBOL, symbol);
    return asset ? asset : weir_asset_peek(book, WEIR_ASSET_BROKER_SYMBOL, symbol);
}

const weir_asset *weir_spec_find_asset(const weir_spec *spec, weir_str symbol)
{
    const weir_asset *asset = weir_spec_peek_asset(spec, symbol);
    return asset || symbol.len == 0
               ? asset
               : weir_asset_find(spec->model->assets, WEIR_ASSET_SYMBOL, symbol);
}

/* ------------------------------------------------------------------ spelling */

static char change_case(char c, int letter_case)
{
    if (letter_case == WEIR_CASE_UPPER)
        return (char)toupper((unsigned char)c);
    return letter_case == WEIR_CASE_LOWER ? (char)tolower((unsigned char)c) : c;
}

/* A prefix that ends with a letter (t of tBTCUSD) is only seen as it is written: TRXUSD has none.
 */
static bool has_prefix(const weir_symbols_spec *spec, weir_str symbol)
{
    const weir_str prefix = spec->prefix;
    if (prefix.len == 0 || symbol.len < prefix.len)
        return false;
    const bool ignores_case =
        spec->letter_case != WEIR_CASE_ASIS && !isalpha((unsigned char)prefix.ptr[prefix.len - 1]);
    for (size_t i = 0; i < prefix.len; i++) {
        const unsigned char a = (unsigned char)symbol.ptr[i], b = (unsigned char)prefix.ptr[i];
        if (ignores_case ? tolower(a) != tolower(b) : a != b)
            return false;
    }
    return true;
}

static void spell(const weir_symbols_spec *spec, weir_str symbol, weir_buf *out)
{
    const size_t skipped = has_prefix(spec, symbol) ? spec->prefix.len : 0;
    weir_buf_put(out, spec->prefix);
    for (size_t i = skipped; i < symbol.len; i++)
        weir_buf_putc(out, change_case(symbol.ptr[i], spec->letter_case));
}

const weir_asset *weir_spec_answered_asset(const weir_spec *spec,
                                           const weir_connection_spec *connection, weir_str symbol)
{
    const weir_asset *asset = weir_spec_peek_asset(spec, symbol);
    weir_buf spelt = {0};
    if (asset || symbol.len == 0)
        return asset;
    spell(&connection->symbols, symbol, &spelt);
    asset = weir_spec_peek_asset(spec, weir_buf_str(&spelt));
    weir_buf_fini(&spelt);
    return asset;
}

/* ------------------------------------------------------------------ all of them */

const weir_asset *weir_spec_all_asset(const weir_spec *spec, const weir_connection_spec *connection)
{
    const weir_text *all = &connection->symbols.all;
    weir_asset_book *book = spec->model->assets;
    if (!all->node)
        return NULL;
    const weir_asset *asset = weir_asset_find(book, WEIR_ASSET_SYMBOL, all->text);
    if (asset)
        return asset;
    const weir_asset word = {.symbol = all->text}; /* master data need not have it */
    weir_asset_book_add(book, &word, NULL);
    return weir_asset_peek(book, WEIR_ASSET_SYMBOL, all->text);
}

bool weir_symbols_is_all(const weir_symbols_spec *symbols, weir_str symbol)
{
    return symbols->all.node && weir_str_eq(symbols->all.text, symbol);
}

static bool means_all(weir_str symbol)
{
    return weir_str_is(symbol, "*") || weir_str_is(symbol, "all");
}

/* ------------------------------------------------------------------ the asset */

const weir_asset *weir_spec_wanted_asset(const weir_spec *spec,
                                         const weir_connection_spec *connection, weir_str symbol,
                                         weir_error *error)
{
    const weir_asset *asset = spec->model->has_assets ? weir_spec_peek_asset(spec, symbol) : NULL;
    weir_buf spelt = {0};
    if (asset)
        return asset;
    if (means_all(symbol)) {
        asset = weir_spec_all_asset(spec, connection);
        if (!asset)
            weir_fail(error, WEIR_ERR_ARGUMENT,
                      "the venue has no word for all symbols (the spec's symbols.all): name them");
        return asset;
    }
    if (symbol.len > 0) {
        spell(&connection->symbols, symbol, &spelt);
        asset = weir_spec_find_asset(spec, weir_buf_str(&spelt));
        weir_buf_fini(&spelt);
    }
    if (!asset)
        weir_fail(error, WEIR_ERR_NOT_FOUND, "no asset has the symbol '%.*s'", WEIR_FMT(symbol));
    return asset;
}
