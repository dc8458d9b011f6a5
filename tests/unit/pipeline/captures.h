/* SPDX-License-Identifier: MIT */
/* Captured frames, one a line, and the specs that they are decoded by, for tests that run over all
 * of them. A capture that is absent is left out, by name. */
#ifndef WEIR_TEST_CAPTURES_H
#define WEIR_TEST_CAPTURES_H

#include <stdio.h>
#include <stdlib.h>

#include "util/file.h"
#include "weir_check.h"

static const struct {
    const char *spec; /* from the top of the sources */
    const char *frames;
} captures[] = {
    {"specs/binance.yaml", "binance_spot_btcusdt.20240809"},
    {"specs/binance.yaml", "binance_futures"},
    {"specs/binance.yaml", "binance_delivery"},
    {"bench/specs/binance_decimals.yaml", "binance_delivery"},
    {"specs/kraken.yaml", "kraken"},
    {"specs/coinbase.yaml", "coinbase"},
    {"bench/specs/bitmex.yaml", "bitmex"},
    {"bench/specs/okx.yaml", "okx"},
    {"bench/specs/okx.yaml", "okx.20220227"},
    {"bench/specs/huobi.yaml", "huobi"},
    {"bench/specs/huobi.yaml", "huobi_swap"},
};

enum { CAPTURES = sizeof captures / sizeof captures[0] };

/* The frames of a capture; false: it is absent. */
static inline bool captures_read(int i, weir_buf *frames)
{
    enum { CAPTURE_MAX = 64 << 20 };
    char path[4096];
    weir_error error = {0};
    const char *shared = getenv("WEIR_SHARED") ? getenv("WEIR_SHARED") : WEIR_SHARED_DIR;
    snprintf(path, sizeof path, "%s/captures/frames/%s.jsonl", shared, captures[i].frames);
    if (!weir_file_exists(path)) {
        fprintf(stderr, "left out, no capture: %s\n", captures[i].frames);
        return false;
    }
    ck_assert_msg(weir_file_read(path, CAPTURE_MAX, frames, &error) == WEIR_OK, "%s", error.text);
    return true;
}

/* The frame that begins at `at` of them. */
static inline weir_str captures_line(const weir_buf *frames, size_t at)
{
    const char *from = frames->ptr + at;
    const char *end = memchr(from, '\n', frames->len - at);
    return (weir_str){from, end ? (size_t)(end - from) : frames->len - at};
}

#endif
