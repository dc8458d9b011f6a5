/* SPDX-License-Identifier: MIT */
/*
 * Lines as times, one after another, so that each is read by what the lines before it have left:
 * the same as by weir_time_parse, which keeps nothing. As times in seconds: what is accepted is
 * what the digits say.
 *
 * Behind each line stand digits, so that a reader that goes on reads more of them; behind those the
 * address sanitizer watches.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/stamp.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SLACK = 16 };

static void check_stamp(weir_stamp_memory *memory, const char *at, size_t len)
{
    int64_t ns = 0, expected = 0;
    const bool is_time = weir_time_parse((weir_str){at, len}, &expected, NULL);
    REQUIRE(weir_stamp_read(memory, at, len, &ns) == is_time);
    REQUIRE(!is_time || ns == expected);
}

/* Digit by digit: whole seconds, then places of the nanoseconds, cut to `unit`. */
static void check_seconds(weir_moment *moment, const char *at, size_t len, int64_t unit)
{
    int64_t ns = 0, expected = 0, scale = WEIR_NS_PER_S;
    if (!weir_seconds_read(moment, at, len, unit, &ns))
        return;
    bool is_behind = false;
    for (size_t i = 0; i < len; i++) {
        REQUIRE((at[i] >= '0' && at[i] <= '9') || (at[i] == '.' && !is_behind));
        if (at[i] == '.')
            is_behind = true;
        else if (!is_behind)
            expected = expected * 10 + (at[i] - '0') * WEIR_NS_PER_S;
        else
            expected += (at[i] - '0') * (scale /= 10);
    }
    REQUIRE(ns == expected - expected % unit);
}

typedef struct memories {
    weir_stamp_memory stamp;
    weir_moment moment;
} memories;

static void check_line(memories *kept, const uint8_t *bytes, size_t len)
{
    static const int64_t units[] = {1, WEIR_NS_PER_US, WEIR_NS_PER_MS, WEIR_NS_PER_S};
    char *line = malloc(len + SLACK);
    if (!line)
        return;
    memcpy(line, bytes, len);
    memset(line + len, '7', SLACK);
    check_stamp(&kept->stamp, line, len);
    check_seconds(&kept->moment, line, len, units[len % 4]);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    memories kept = {0};
    size_t from = 0;
    for (size_t at = 0; at < size; at++) {
        if (bytes[at] >= ' ')
            continue;
        check_line(&kept, bytes + from, at - from);
        from = at + 1;
    }
    if (from < size)
        check_line(&kept, bytes + from, size - from);
    return 0;
}
