/* SPDX-License-Identifier: MIT */
/*
 * Decimal columns from the text of a frame against the general way - weir_decimal_parse and
 * weir_batch_set - and against weir_batch_decimal: what is accepted is the same block, and what is
 * all digits and a point is accepted.
 */
#include "value/record_decimal.h"

#include "value_text.h"

enum { SLACK = 32, LONGEST = 40 };

static const weir_column columns[] = {{{"before", 6}, WEIR_STR}, {{"d", 1}, WEIR_DECIMAL}};
static const weir_schema schema = {.count = 2, .columns = columns};

typedef bool decimal_fn(weir_batch *batch, const char *at, size_t len);

static bool at_once(weir_batch *batch, const char *at, size_t len)
{
    return weir_batch_decimal_at(batch, 1, at, (uint32_t)len);
}

static bool by_digits(weir_batch *batch, const char *at, size_t len)
{
    return weir_batch_decimal(batch, 1, (weir_str){at, len});
}

/* A record whose decimal begins at any alignment; NULL: the text is refused. */
static const weir_record *make(weir_batch *batch, decimal_fn *set, const char *at, size_t len)
{
    weir_value before = weir_value_str((weir_str){"xyz", len % 4});
    size_t offset = 0;
    weir_batch_clear(batch);
    ck_assert(weir_batch_begin(batch, &schema));
    ck_assert(weir_batch_set(batch, 0, &before));
    if (!set(batch, at, len)) {
        weir_batch_abort(batch);
        return NULL;
    }
    weir_batch_commit(batch);
    return weir_batch_next(batch, &offset);
}

static void check(const char *text, size_t len)
{
    static weir_batch quick = {.open_at = SIZE_MAX}, slow = {.open_at = SIZE_MAX};
    char with_slack[LONGEST + SLACK], written[WEIR_DECIMAL_TEXT_MAX];
    memcpy(with_slack, text, len);
    memset(with_slack + len, '7', SLACK);
    const weir_record *a = make(&quick, at_once, with_slack, len);
    const weir_record *b = make(&slow, by_digits, with_slack, len);
    ck_assert_msg(!a == !b, "%.*s", (int)len, text);
    if (!a)
        return;
    ck_assert_msg(a->size == b->size && memcmp(a, b, a->size) == 0, "%.*s", (int)len, text);
    const weir_decimal *expected;
    const weir_value cell = weir_record_cell(a, 1);
    ck_assert_int_eq(weir_decimal_parse(arena, (weir_str){text, len}, &expected), WEIR_DECIMAL_OK);
    ck_assert_uint_eq(cell.decimal->count, expected->count);
    ck_assert_int_eq(cell.decimal->exponent, expected->exponent);
    ck_assert(cell.decimal->is_negative == expected->is_negative);
    ck_assert_mem_eq(cell.decimal->digits, expected->digits, expected->count);
    ck_assert_uint_eq(weir_decimal_write(expected, written), len);
    ck_assert_mem_eq(written, text, len);
    ck_assert_mem_eq(cell.decimal->digits + expected->count, text, len);
}

START_TEST(short_texts_are_the_same_both_ways)
{
    static const char bytes[] = "015.-e/:";
    enum { KINDS = sizeof bytes - 1, MOST = 5 };
    size_t count = 1;
    for (size_t len = 0; len <= MOST; len++, count *= KINDS) {
        for (size_t n = 0; n < count; n++) {
            char text[MOST + 1];
            size_t rest = n;
            for (size_t i = 0; i < len; i++, rest /= KINDS)
                text[i] = bytes[rest % KINDS];
            check(text, len);
        }
    }
}
END_TEST

/* Of each length, with the point at each place and zeros up to each. */
START_TEST(digits_and_points_are_the_same_both_ways)
{
    for (size_t len = 1; len <= LONGEST; len++) {
        for (size_t point = 0; point <= len; point++) {
            for (size_t zeros = 0; zeros <= len; zeros++) {
                char text[LONGEST + 1];
                for (size_t i = 0; i < len; i++)
                    text[i] = (char)(i < zeros ? '0' : '1' + i % 9);
                text[point] = '.';
                check(text, len);
            }
        }
    }
}
END_TEST

START_TEST(prices_and_sizes_are_taken)
{
    static const char *const texts[] = {
        "60213.45000000", "0.00166000",      "0", "0.5", "100", "0.000001",
        "0.000000",       "12345678.9012345"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        weir_batch batch = {.open_at = SIZE_MAX};
        char with_slack[LONGEST + SLACK] = {0};
        memcpy(with_slack, texts[i], strlen(texts[i]));
        ck_assert_ptr_nonnull(make(&batch, at_once, with_slack, strlen(texts[i])));
        weir_batch_fini(&batch);
    }
}
END_TEST

int main(void)
{
    return run_suite("record_decimal", short_texts_are_the_same_both_ways,
                     digits_and_points_are_the_same_both_ways, prices_and_sizes_are_taken);
}
