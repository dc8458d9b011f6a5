/* SPDX-License-Identifier: MIT */
/*
 * Frames made with chance: from a form, which is the text of a frame with holes in it. A hole is a
 * dollar and a letter that says what fills it (the table below); $(...$) is a list of 0 to 20 of
 * what stands between, $<a$|b$> one of two, $[...$] something that may be missing.
 *
 * Chance is the bytes of an input as long as there are some, so that a fuzzer steers it, and then a
 * generator that depends on nothing else.
 */
#ifndef WEIR_TEST_NEAR_FRAMES_H
#define WEIR_TEST_NEAR_FRAMES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

typedef struct chance {
    const uint8_t *at, *end;
    uint64_t state; /* not 0 */
    uint64_t count; /* of what is numbered */
} chance;

static inline uint64_t chance_next(chance *c)
{
    c->state ^= c->state >> 12;
    c->state ^= c->state << 25;
    c->state ^= c->state >> 27;
    const uint64_t made = c->state * UINT64_C(0x2545f4914f6cdd1d) >> 16;
    return c->at < c->end ? *c->at++ : made;
}

static inline size_t chance_below(chance *c, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(chance_next(c) % limit);
}

static inline bool chance_one_in(chance *c, size_t count)
{
    return chance_below(c, count) == count - 1;
}

static inline char chance_of(chance *c, const char *letters)
{
    return letters[chance_below(c, strlen(letters))];
}

/* ------------------------------------------------------------------ what fills holes */

static inline void put_some(weir_buf *out, chance *c, const char *letters, size_t count)
{
    while (count-- > 0)
        weir_buf_putc(out, chance_of(c, letters));
}

#define DIGITS "0123456789"

/* No zero in front. */
static inline void put_whole(weir_buf *out, chance *c, size_t digits)
{
    if (digits == 0 || chance_one_in(c, 8)) {
        weir_buf_putc(out, '0');
        return;
    }
    weir_buf_putc(out, chance_of(c, "123456789"));
    put_some(out, c, DIGITS, digits - 1);
}

static inline void put_price(weir_buf *out, chance *c)
{
    put_whole(out, c, chance_below(c, chance_one_in(c, 8) ? 17 : 7));
    if (chance_one_in(c, 5))
        return;
    weir_buf_putc(out, '.');
    put_some(out, c, DIGITS, 1 + chance_below(c, chance_one_in(c, 8) ? 17 : 8));
}

static inline void put_number(weir_buf *out, chance *c)
{
    static const char *const odd[] = {"0",     "-0",     "-0.0",  "1e5", "1.5E-7", "9.121E-7",
                                      "-12.5", "1e+300", "1E400", "-1",  "0.0",    "4e-320"};
    if (chance_one_in(c, 6))
        weir_buf_puts(out, odd[chance_below(c, sizeof odd / sizeof *odd)]);
    else if (chance_one_in(c, 3))
        put_whole(out, c, chance_below(c, 20));
    else
        put_price(out, c);
}

static inline void put_small(weir_buf *out, chance *c)
{
    put_whole(out, c, 1 + chance_below(c, 10));
}

static inline void put_large(weir_buf *out, chance *c)
{
    put_whole(out, c, 9 + chance_below(c, 12));
}

static inline size_t symbol_length(chance *c)
{
    return chance_one_in(c, 16)   ? 44 + chance_below(c, 8)
           : chance_one_in(c, 32) ? 0
                                  : 1 + chance_below(c, 20);
}

/* Of few, so that some come again and some follow one another. */
static inline void put_recent(weir_buf *out, chance *c)
{
    weir_buf_printf(out, "%zu", chance_below(c, 12));
}

/* The one behind the last, mostly. */
static inline void put_ordinal(weir_buf *out, chance *c)
{
    const size_t way = chance_below(c, 16);
    c->count += way == 0 ? 0 : way == 1 ? 2 + chance_below(c, 5) : 1;
    weir_buf_printf(out, "%llu", (unsigned long long)(way == 2 ? c->count / 2 : c->count));
}

/* Mostly the same. */
static inline void put_usual(weir_buf *out, chance *c)
{
    static const char *const others[] = {
        "ETHUSDT", "B", "", "A-NAME-OF-MORE-THAN-48-BYTES-THAT-IS-NO-SYMBOL-OF-ANYTHING"};
    weir_buf_puts(out, chance_one_in(c, 8) ? others[chance_below(c, 4)] : "BTCUSDT");
}

static inline void put_symbol(weir_buf *out, chance *c)
{
    put_some(out, c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", symbol_length(c));
}

static inline void put_lower(weir_buf *out, chance *c)
{
    put_some(out, c, "abcdefghijklmnopqrstuvwxyz0123456789_", symbol_length(c));
}

static inline void put_epoch_ms(weir_buf *out, chance *c)
{
    weir_buf_puts(out, "17");
    put_some(out, c, DIGITS, 11);
}

static inline void put_seconds(weir_buf *out, chance *c)
{
    weir_buf_puts(out, "16186781");
    put_some(out, c, DIGITS, 2);
    weir_buf_putc(out, '.');
    put_some(out, c, DIGITS, chance_one_in(c, 8) ? 1 + chance_below(c, 9) : 6);
}

static inline void put_time(weir_buf *out, chance *c)
{
    weir_buf_printf(out, "2024-0%zu-%02zuT%02zu:%02zu:%02zu", 1 + chance_below(c, 9),
                    1 + chance_below(c, 28), chance_below(c, 24), chance_below(c, 60),
                    chance_below(c, 60));
    const size_t fraction = chance_below(c, 10);
    if (fraction > 0) {
        weir_buf_putc(out, '.');
        put_some(out, c, DIGITS, fraction);
    }
    weir_buf_putc(out, 'Z');
}

static inline void put_truth(weir_buf *out, chance *c)
{
    weir_buf_puts(out, chance_below(c, 2) ? "true" : "false");
}

static inline void put_words(weir_buf *out, chance *c)
{
    put_some(out, c, "abcdefghij XYZ,:{}[]./-", chance_below(c, chance_one_in(c, 8) ? 60 : 20));
}

static inline void put_text_or_escapes(weir_buf *out, chance *c)
{
    static const char *const odd[] = {"\\\"", "\\\\", "\\n",      "\\u0041",     "\\ud83d\\ude00",
                                      "\\/",  "\xc3", "\xc3\xa9", "\xe2\x82\xac"};
    put_words(out, c);
    if (chance_one_in(c, 4))
        weir_buf_puts(out, odd[chance_below(c, sizeof odd / sizeof *odd)]);
}

static inline void put_side(weir_buf *out, chance *c)
{
    static const char *const sides[] = {"buy", "sell", "b", "s", "BUY", "SELL", "Buy", "Sell"};
    weir_buf_puts(out, sides[chance_below(c, sizeof sides / sizeof *sides)]);
}

/* One of those that are most alike, and short enough to come again. */
static inline void put_kind(weir_buf *out, chance *c)
{
    put_some(out, c, "tq", 1 + chance_one_in(c, 16));
}

static inline void put_any(weir_buf *out, chance *c)
{
    static const char *const any[] = {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "17",
                                      "-3",
                                      "1.5",
                                      "\"1.5\"",
                                      "\"\"",
                                      "[]",
                                      "{}",
                                      "[1]",
                                      "\"b\"",
                                      "{\"a\":1}",
                                      "[[\"1\",\"2\"]]",
                                      "\"2021-02-22T15:51:44Z\""};
    weir_buf_puts(out, any[chance_below(c, sizeof any / sizeof *any)]);
}

static inline size_t list_length(chance *c)
{
    return chance_below(c, chance_one_in(c, 4) ? 21 : 4);
}

static inline void put_conditions(weir_buf *out, chance *c)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0, count = chance_below(c, 5); i < count; i++)
        weir_buf_printf(out, "%s\"%c\"", i ? "," : "", chance_of(c, "@IFT 4"));
    weir_buf_putc(out, ']');
}

static const struct near_hole {
    char letter;
    void (*put)(weir_buf *out, chance *c);
} near_holes[] = {
    {'S', put_symbol},   /* AAPL */
    {'y', put_lower},    /* btcusdt */
    {'p', put_price},    /* 12.50, for quotes around it */
    {'n', put_number},   /* any number of JSON */
    {'i', put_small},    /* up to 10 digits */
    {'u', put_large},    /* up to 20 digits */
    {'r', put_recent},   /* 0 to 11 */
    {'g', put_usual},    /* BTCUSDT */
    {'o', put_ordinal},  /* the next number */
    {'t', put_epoch_ms}, /* 1723161601437 */
    {'d', put_seconds},  /* 1618678142.221252 */
    {'T', put_time},     /* RFC 3339 */
    {'b', put_truth},    /* true */
    {'q', put_words},    /* plain text */
    {'e', put_text_or_escapes},
    {'s', put_side},       /* buy */
    {'k', put_kind},       /* t, q */
    {'v', put_any},        /* any value */
    {'c', put_conditions}, /* ["@","I"] */
};

/* ------------------------------------------------------------------ forms */

static inline const char *near_put(weir_buf *out, chance *c, const char *form);

/* Behind what ends a form. */
static inline const char *near_skip(const char *form)
{
    weir_buf unwanted = {0};
    chance none = {.state = 1};
    form = near_put(&unwanted, &none, form);
    weir_buf_fini(&unwanted);
    return form;
}

/* A form up to "$)", "$|", "$>", "$]" or the end; where it ended. */
static inline const char *near_put(weir_buf *out, chance *c, const char *form)
{
    for (; *form; form++) {
        if (*form != '$') {
            weir_buf_putc(out, *form);
            continue;
        }
        const char letter = *++form;
        if (strchr(")|>]", letter))
            return form - 1;
        if (letter == '(') {
            const char *behind = near_skip(form + 1);
            for (size_t i = 0, count = list_length(c); i < count; i++) {
                if (i > 0)
                    weir_buf_putc(out, ',');
                near_put(out, c, form + 1);
            }
            form = behind + 1;
        } else if (letter == '[') {
            const char *behind = near_skip(form + 1);
            if (chance_below(c, 2))
                near_put(out, c, form + 1);
            form = behind + 1;
        } else if (letter == '<') {
            const char *second = near_skip(form + 1) + 2;
            const char *behind = near_skip(second);
            near_put(out, c, chance_below(c, 2) ? second : form + 1);
            form = behind + 1;
        } else {
            size_t i = 0;
            while (near_holes[i].letter != letter)
                if (++i == sizeof near_holes / sizeof *near_holes)
                    abort();
            near_holes[i].put(out, c);
        }
    }
    return form;
}

static inline void near_make(weir_buf *out, chance *c, const char *form)
{
    weir_buf_clear(out);
    near_put(out, c, form);
}

#endif
