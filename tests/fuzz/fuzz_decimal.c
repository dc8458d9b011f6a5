/* SPDX-License-Identifier: MIT */
/*
 * Two decimal texts, separated by a blank, through every operation: no crash, and the laws that
 * hold whatever the digits are. The first one as a column of a record, too, by each of the ways
 * that know its text: where they take it, it is the decimal and the text that they store.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/decimal.h"
#include "value/record_decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static weir_decimal_op *const operations[] = {
    weir_decimal_add,      weir_decimal_sub, weir_decimal_mul, weir_decimal_div,
    weir_decimal_floordiv, weir_decimal_rem, weir_decimal_pow,
};

/* What a result may be: within the precision, and the same after a trip through its text. */
static void check_result(weir_arena *arena, const weir_decimal *d, bool is_rounded)
{
    static char text[WEIR_DECIMAL_TEXT_MAX];
    size_t len = weir_decimal_write(d, text);
    CHECK(len <= sizeof text);
    CHECK(!is_rounded || d->count <= WEIR_DECIMAL_PRECISION);
    CHECK(d->count == 1 || d->digits[0] != '0');
    const weir_decimal *again;
    weir_decimal_code code = weir_decimal_parse(arena, (weir_str){text, len}, &again);
    CHECK(code == WEIR_DECIMAL_OK);
    CHECK(again->count == d->count && again->exponent == d->exponent);
    CHECK(again->is_negative == d->is_negative);
    CHECK(memcmp(again->digits, d->digits, d->count) == 0);
}

static void check_one(weir_arena *arena, const weir_decimal *a)
{
    const weir_decimal *result;
    weir_value v;
    check_result(arena, a, false);
    if (weir_decimal_neg(arena, a, &result) == WEIR_DECIMAL_OK)
        check_result(arena, result, true);
    if (weir_decimal_plus(arena, a, &result) == WEIR_DECIMAL_OK)
        check_result(arena, result, true);
    for (int rounding = 0; rounding <= WEIR_ROUND_FLOOR; rounding++) {
        for (int places = -3; places < 9; places += 4)
            if (weir_decimal_quantize(arena, a, -places, (weir_rounding)rounding, &result) ==
                WEIR_DECIMAL_OK)
                check_result(arena, result, true);
        weir_decimal_round_int(arena, a, (weir_rounding)rounding, &v);
    }
    weir_value decimal = weir_value_decimal(a);
    if (weir_decimal_is_integral(a) && weir_decimal_to_int(arena, a, &v) == WEIR_DECIMAL_OK) {
        int order;
        CHECK(weir_number_compare(&decimal, &v, &order) && order == 0);
        CHECK(weir_number_hash(&decimal) == weir_number_hash(&v));
    }
    double f = weir_decimal_to_double(a);
    if (isfinite(f) && weir_decimal_from_double(arena, f, &result) == WEIR_DECIMAL_OK) {
        weir_value number = weir_value_float(f);
        weir_value exact = weir_value_decimal(result);
        CHECK(weir_decimal_to_double(result) == f);
        CHECK(weir_number_hash(&number) == weir_number_hash(&exact));
    }
}

static const weir_column column = {{"d", 1}, WEIR_DECIMAL};
static const weir_schema schema = {.count = 1, .columns = &column};

/* Whether the column was set; then it is `expected`, and the text itself its str(). */
static bool check_column(weir_str text, bool has_slack, const weir_decimal *expected)
{
    char written[WEIR_DECIMAL_TEXT_MAX];
    weir_batch batch = {.open_at = SIZE_MAX};
    CHECK(weir_batch_begin(&batch, &schema));
    const bool is_set = has_slack ? weir_batch_decimal_at(&batch, 0, text.ptr, (uint32_t)text.len)
                                  : weir_batch_decimal(&batch, 0, text);
    if (is_set) {
        CHECK(expected);
        const weir_value cell = weir_record_cell(weir_batch_record(&batch), 0);
        CHECK(cell.decimal->is_negative == expected->is_negative);
        CHECK(cell.decimal->exponent == expected->exponent);
        CHECK(cell.decimal->count == expected->count);
        CHECK(memcmp(cell.decimal->digits, expected->digits, expected->count) == 0);
        CHECK(weir_decimal_write(expected, written) == text.len);
        CHECK(memcmp(written, text.ptr, text.len) == 0);
        CHECK(memcmp(cell.decimal->digits + expected->count, text.ptr, text.len) == 0);
        weir_batch_commit(&batch);
    }
    weir_batch_fini(&batch);
    return is_set;
}

static void check_columns(weir_str text, const weir_decimal *expected)
{
    enum { SLACK = 32, LONGEST = 64 };
    if (text.len > LONGEST)
        return;
    char *with_slack = malloc(text.len + SLACK);
    CHECK(with_slack);
    memcpy(with_slack, text.ptr, text.len);
    memset(with_slack + text.len, '7', SLACK);
    const bool is_set = check_column((weir_str){with_slack, text.len}, true, expected);
    CHECK(check_column(text, false, expected) == is_set);
    free(with_slack);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    CHECK(arena);
    const char *text = (const char *)bytes;
    const char *blank = size ? memchr(text, ' ', size) : NULL;
    size_t first = blank ? (size_t)(blank - text) : size;
    weir_str rest = {blank ? blank + 1 : text, blank ? size - first - 1 : 0};
    const weir_decimal *a = NULL;
    const weir_decimal *b;
    const weir_decimal_code code = weir_decimal_parse(arena, (weir_str){text, first}, &a);
    if (first > 0)
        check_columns((weir_str){text, first}, code == WEIR_DECIMAL_OK ? a : NULL);
    if (code == WEIR_DECIMAL_OK && weir_decimal_parse(arena, rest, &b) == WEIR_DECIMAL_OK) {
        CHECK(weir_decimal_compare(a, b) == -weir_decimal_compare(b, a));
        CHECK(weir_decimal_compare(a, b) != 0 || weir_decimal_hash(a) == weir_decimal_hash(b));
        check_one(arena, a);
        for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
            const weir_decimal *result;
            if (operations[i](arena, a, b, &result) == WEIR_DECIMAL_OK)
                check_result(arena, result, true);
        }
    }
    weir_arena_free(arena);
    return 0;
}
