/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as numbers that are read side by side, by every variant that works here: as lines to
 * lanes, as pairs of lines to levels, and whole as a list of bare levels. What was read is what
 * util/number.h reads; the numbers of feeds - JSON, up to sixteen bytes, exact - are read; what is
 * JSON is JSON for all; and a list is one for all or for none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "require.h"
#include "util/number.h"
#include "value/json_read.h"
#include "value/number_lanes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 2048, SLACK = 64, LINES_MAX = 64 };

/* JSON without an exponent, and no longer than a lane. */
static bool is_plain_json(weir_str text)
{
    double real;
    return text.len <= WEIR_LANE_TEXT_MAX && weir_double_parse_json(text, &real) &&
           !memchr(text.ptr, 'e', text.len) && !memchr(text.ptr, 'E', text.len);
}

/* Its digits are a whole number that a double holds, and so are no more than 2^53. */
static bool is_exact(weir_str text)
{
    char digits[WEIR_LANE_TEXT_MAX];
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            digits[len++] = text.ptr[i];
    int64_t whole;
    return weir_int_parse((weir_str){digits, len}, &whole) == WEIR_INT_OK && whole <= INT64_C(1)
                                                                                          << 53;
}

static void check_lane(const weir_lanes *lanes, unsigned i)
{
    const weir_str text = {lanes->at[i], lanes->len[i]};
    const bool is_real = lanes->is_real >> i & 1, is_whole = lanes->is_whole >> i & 1;
    const bool is_json = is_plain_json(text);
    double real;
    int64_t whole;
    REQUIRE((lanes->is_json >> i & 1) == is_json);
    REQUIRE(is_real || !is_json || !is_exact(text));
    REQUIRE(is_whole || !is_json || memchr(text.ptr, '.', text.len));
    REQUIRE(!is_real ||
            (weir_double_parse(text, &real) && bits_of(real) == bits_of(lanes->real[i])));
    REQUIRE(!is_whole || (weir_int_parse(text, &whole) == WEIR_INT_OK && whole == lanes->whole[i]));
}

/* So many together as are read in a way of their own. */
static void check_lanes(const weir_lanes_variant *variant, const weir_str *lines, size_t count,
                        unsigned most)
{
    for (size_t done = 0; done < count; done += most) {
        weir_lanes lanes;
        const size_t left = count - done;
        const unsigned used = left < most ? (unsigned)left : most;
        memset(&lanes, 0xa5, sizeof lanes);
        for (unsigned i = 0; i < WEIR_LANES; i++) {
            lanes.at[i] = i < used ? lines[done + i].ptr : weir_lane_zero;
            lanes.len[i] = i < used ? (uint32_t)lines[done + i].len : 1;
        }
        variant->read(&lanes, used);
        for (unsigned i = 0; i < used; i++)
            check_lane(&lanes, i);
    }
}

static bool is_for_levels(weir_str text)
{
    return is_plain_json(text) && is_exact(text) && text.ptr[0] != '-';
}

/* The bytes about a line are where its quotes would be. */
static void check_levels(const weir_lanes_variant *variant, const char *base, const weir_str *lines,
                         size_t count)
{
    uint32_t quotes[2 * LINES_MAX];
    weir_level levels[LINES_MAX / 2];
    double real;
    const size_t pairs = count / 2;
    for (size_t i = 0; i < 2 * pairs; i++) {
        quotes[2 * i] = (uint32_t)(lines[i].ptr - base) - 1;
        quotes[2 * i + 1] = quotes[2 * i] + 1 + (uint32_t)lines[i].len;
    }
    const size_t read = variant->levels(base, quotes, 4, levels, pairs);
    REQUIRE(read <= pairs);
    for (size_t i = 0; i < read; i++) {
        REQUIRE(weir_double_parse(lines[2 * i], &real));
        REQUIRE(bits_of(real) == bits_of(levels[i].price));
        REQUIRE(weir_double_parse(lines[2 * i + 1], &real));
        REQUIRE(bits_of(real) == bits_of(levels[i].size));
    }
    bool is_refused =
        read == pairs; /* the level that ended it, or the one beside it, is not common */
    for (size_t i = 2 * read; i < 2 * pairs && i < 2 * read + 4; i++)
        is_refused |= !is_for_levels(lines[i]);
    REQUIRE(is_refused);
}

static const char *read_bare(const weir_lanes_variant *variant, const char *text, size_t size,
                             weir_level *levels, size_t *count)
{
    static uint32_t marks[TEXT_MAX + SLACK];
    const char *to = variant->bare_levels(text + 1, text + size, marks, levels, count);
    return to && to <= text + size ? to : NULL;
}

static void check_bare(const weir_lanes_variant *variant, const char *text, size_t size)
{
    static weir_level levels[TEXT_MAX / WEIR_BARE_LEVEL_MIN + 2],
        expected[TEXT_MAX / WEIR_BARE_LEVEL_MIN + 2];
    size_t count, wanted;
    const char *to = read_bare(variant, text, size, levels, &count);
    REQUIRE(to == read_bare(&weir_lanes_plain, text, size, expected, &wanted));
    if (!to)
        return;
    weir_value all;
    REQUIRE(count == wanted && memcmp(levels, expected, count * sizeof *levels) == 0);
    REQUIRE(weir_json_parse((weir_str){text, (size_t)(to - text)}, &all, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[1 + TEXT_MAX + SLACK];
    char *text = room + 1;
    weir_str lines[LINES_MAX];
    size_t count = 0, from = 0;
    if (size == 0 || size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    memset(text + size, text[size - 1], SLACK); /* what is behind must not matter */
    for (size_t i = 0; i <= size && count < LINES_MAX; i++) {
        if (i < size && text[i] != '\n')
            continue;
        lines[count++] = (weir_str){text + from, i - from};
        from = i + 1;
    }
    for (size_t v = 0; weir_lanes_variants[v]; v++) {
        if (!weir_lanes_variants[v]->is_supported())
            continue;
        for (unsigned most = 1; most <= WEIR_LANES; most *= 2)
            check_lanes(weir_lanes_variants[v], lines, count, most);
        check_levels(weir_lanes_variants[v], room, lines, count);
        if (text[0] == '[')
            check_bare(weir_lanes_variants[v], text, size);
    }
    return 0;
}
