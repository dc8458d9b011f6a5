/* SPDX-License-Identifier: MIT */
/* Decimals against CPython's decimal module (decimal_vectors.py made the vectors), and the limits
 * that are ours. */
#include <stdio.h>
#include <stdlib.h>

#include "util/number.h"
#include "value/decimal.h"
#include "weir_check.h"

static weir_arena *arena;

static void setup(void)
{
    arena = weir_arena_new(4096, 0);
    ck_assert_ptr_nonnull(arena);
}

static void teardown(void)
{
    weir_arena_free(arena);
}

static const char *code_text(weir_decimal_code code)
{
    switch (code) {
    case WEIR_DECIMAL_OVERFLOW: return "overflow";
    case WEIR_DECIMAL_BY_ZERO: return "by_zero";
    case WEIR_DECIMAL_LIMIT: return "limit";
    case WEIR_DECIMAL_MALFORMED:
    case WEIR_DECIMAL_UNDEFINED:
    case WEIR_DECIMAL_IMPOSSIBLE: return "invalid";
    default: return "unexpected";
    }
}

/* ------------------------------------------------------------------ one vector */

typedef struct answer {
    char text[WEIR_DECIMAL_TEXT_MAX + 1];
} answer;

/* *result is read only now: it is filled by the call that gave `code`. */
static void answer_decimal(answer *out, weir_decimal_code code, const weir_decimal *const *result)
{
    if (code != WEIR_DECIMAL_OK) {
        snprintf(out->text, sizeof out->text, "%s", code_text(code));
        return;
    }
    out->text[weir_decimal_write(*result, out->text)] = '\0';
}

static void answer_int(answer *out, weir_decimal_code code, const weir_value *v)
{
    if (code != WEIR_DECIMAL_OK)
        snprintf(out->text, sizeof out->text, "%s", code_text(code));
    else if (v->kind == WEIR_INT)
        snprintf(out->text, sizeof out->text, "%lld", (long long)v->i);
    else
        snprintf(out->text, sizeof out->text, "%.*s", WEIR_FMT(weir_value_text(v)));
}

static void answer_float(answer *out, double f)
{
    out->text[weir_double_repr(f, out->text)] = '\0';
}

static const struct {
    const char *name;
    weir_decimal_op *op;
} binary[] = {
    {"add", weir_decimal_add},           {"sub", weir_decimal_sub}, {"mul", weir_decimal_mul},
    {"div", weir_decimal_div},           {"rem", weir_decimal_rem}, {"pow", weir_decimal_pow},
    {"floordiv", weir_decimal_floordiv},
};

static bool run_binary(const char *name, const weir_decimal *a, const char *b_text, answer *out)
{
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++) {
        if (strcmp(name, binary[i].name) != 0)
            continue;
        const weir_decimal *b;
        const weir_decimal *result = NULL;
        ck_assert_int_eq(weir_decimal_parse(arena, weir_str_of(b_text), &b), WEIR_DECIMAL_OK);
        answer_decimal(out, binary[i].op(arena, a, b, &result), &result);
        return true;
    }
    return false;
}

static bool run_unary(const char *name, const weir_decimal *a, const char *b_text, answer *out)
{
    const weir_decimal *d = a;
    weir_value v;
    if (strcmp(name, "neg") == 0)
        answer_decimal(out, weir_decimal_neg(arena, a, &d), &d);
    else if (strcmp(name, "abs") == 0)
        answer_decimal(out, weir_decimal_abs(arena, a, &d), &d);
    else if (strcmp(name, "plus") == 0)
        answer_decimal(out, weir_decimal_plus(arena, a, &d), &d);
    else if (strcmp(name, "str") == 0)
        answer_decimal(out, WEIR_DECIMAL_OK, &a);
    else if (strncmp(name, "quantize", 8) == 0)
        answer_decimal(
            out, weir_decimal_quantize(arena, a, atoi(b_text), (weir_rounding)(name[8] - '0'), &d),
            &d);
    else if (strcmp(name, "int") == 0)
        answer_int(out, weir_decimal_to_int(arena, a, &v), &v);
    else if (strcmp(name, "round") == 0)
        answer_int(out, weir_decimal_round_int(arena, a, WEIR_ROUND_HALF_EVEN, &v), &v);
    else if (strcmp(name, "hash") == 0)
        snprintf(out->text, sizeof out->text, "%lld", (long long)weir_decimal_hash(a));
    else if (strcmp(name, "integral") == 0)
        snprintf(out->text, sizeof out->text, "%d", weir_decimal_is_integral(a));
    else if (strcmp(name, "float") == 0)
        answer_float(out, weir_decimal_to_double(a));
    else
        return false;
    return true;
}

static bool run_float(const char *name, const char *text, answer *out)
{
    double f;
    ck_assert(weir_double_parse(weir_str_of(text), &f));
    weir_value v = weir_value_float(f);
    const weir_decimal *d = NULL;
    if (strcmp(name, "float_hash") == 0)
        snprintf(out->text, sizeof out->text, "%lld", (long long)weir_number_hash(&v));
    else
        answer_decimal(out, weir_decimal_from_double(arena, f, &d), &d);
    return true;
}

static bool run(const char *name, const char *a_text, const char *b_text, answer *out)
{
    if (strcmp(name, "from_float") == 0 || strcmp(name, "float_hash") == 0)
        return run_float(name, a_text, out);
    const weir_decimal *a = NULL;
    weir_decimal_code code = weir_decimal_parse(arena, weir_str_of(a_text), &a);
    if (strcmp(name, "parse") == 0) {
        answer_decimal(out, code, &a);
        return true;
    }
    ck_assert_msg(code == WEIR_DECIMAL_OK, "%s", a_text);
    if (strcmp(name, "cmp") == 0) {
        const weir_decimal *b;
        ck_assert_int_eq(weir_decimal_parse(arena, weir_str_of(b_text), &b), WEIR_DECIMAL_OK);
        snprintf(out->text, sizeof out->text, "%d", weir_decimal_compare(a, b));
        return true;
    }
    return run_binary(name, a, b_text, out) || run_unary(name, a, b_text, out);
}

static void unescape(char *text)
{
    char *to = text;
    for (char *at = text; *at; at++) {
        if (at[0] == '\\' && (at[1] == 't' || at[1] == 'n'))
            *to++ = *++at == 't' ? '\t' : '\n';
        else
            *to++ = *at;
    }
    *to = '\0';
}

START_TEST(every_operation_answers_as_cpython)
{
    const char *path = getenv("WEIR_DECIMAL_VECTORS");
    FILE *file = fopen(path ? path : WEIR_SOURCE_DIR "/tests/unit/value/decimal_vectors.txt", "r");
    ck_assert_ptr_nonnull(file);
    static char line[1 << 16];
    static answer got;
    size_t cases = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *fields[4] = {line};
        for (int i = 1; i < 4; i++) {
            fields[i] = strchr(fields[i - 1], '|');
            ck_assert_ptr_nonnull(fields[i]);
            *fields[i]++ = '\0';
        }
        unescape(fields[1]);
        ck_assert_msg(run(fields[0], fields[1], fields[2], &got), "unknown operation %s",
                      fields[0]);
        ck_assert_msg(strcmp(got.text, fields[3]) == 0, "%s(%s, %s): %s, CPython says %s",
                      fields[0], fields[1], fields[2], got.text, fields[3]);
        weir_arena_reset(arena);
        cases++;
    }
    fclose(file);
    ck_assert_uint_gt(cases, 1000);
}
END_TEST

/* ------------------------------------------------------------------ limits */

static weir_decimal_code parse_digits(size_t count, const weir_decimal **out)
{
    static char text[WEIR_DECIMAL_DIGITS_MAX + 2];
    memset(text, '7', sizeof text);
    return weir_decimal_parse(arena, (weir_str){text, count}, out);
}

START_TEST(digits_are_bounded)
{
    const weir_decimal *d;
    ck_assert_int_eq(parse_digits(WEIR_DECIMAL_DIGITS_MAX, &d), WEIR_DECIMAL_OK);
    ck_assert_uint_eq(d->count, WEIR_DECIMAL_DIGITS_MAX);
    ck_assert_int_eq(parse_digits(WEIR_DECIMAL_DIGITS_MAX + 1, &d), WEIR_DECIMAL_LIMIT);
}
END_TEST

START_TEST(exponents_are_bounded)
{
    const weir_decimal *d;
    ck_assert_int_eq(weir_decimal_parse(arena, WEIR_STR("1e999999"), &d), WEIR_DECIMAL_OK);
    ck_assert_int_eq(weir_decimal_parse(arena, WEIR_STR("1e1000000"), &d), WEIR_DECIMAL_LIMIT);
    ck_assert_int_eq(weir_decimal_parse(arena, WEIR_STR("1e99999999999999999999"), &d),
                     WEIR_DECIMAL_LIMIT);
    ck_assert_int_eq(weir_decimal_parse(arena, WEIR_STR("1e-99999999999999999999"), &d),
                     WEIR_DECIMAL_LIMIT);
}
END_TEST

START_TEST(operands_of_the_most_digits_are_computed_with)
{
    const weir_decimal *a;
    const weir_decimal *b;
    const weir_decimal *result;
    ck_assert_int_eq(parse_digits(WEIR_DECIMAL_DIGITS_MAX, &a), WEIR_DECIMAL_OK);
    ck_assert_int_eq(weir_decimal_parse(arena, WEIR_STR("3e-4000"), &b), WEIR_DECIMAL_OK);
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++) {
        const weir_decimal *x = i % 2 ? b : a;
        weir_decimal_code code = binary[i].op(arena, a, x, &result);
        ck_assert(code != WEIR_DECIMAL_NOMEM);
        code = binary[i].op(arena, x, a, &result);
        ck_assert(code != WEIR_DECIMAL_NOMEM);
    }
    ck_assert_int_eq(weir_decimal_div(arena, a, a, &result), WEIR_DECIMAL_OK);
    ck_assert_uint_eq(result->count, 1);
}
END_TEST

START_TEST(out_of_memory_is_told)
{
    weir_arena *tiny = weir_arena_new(256, 8);
    const weir_decimal *d;
    ck_assert_int_eq(weir_decimal_parse(tiny, WEIR_STR("1.5"), &d), WEIR_DECIMAL_NOMEM);
    ck_assert_ptr_null(weir_decimal_from_int(tiny, 5));
    weir_arena_free(tiny);
}
END_TEST

START_TEST(a_power_that_is_not_whole_is_unsupported)
{
    const weir_decimal *two;
    const weir_decimal *half;
    const weir_decimal *result;
    weir_decimal_parse(arena, WEIR_STR("2"), &two);
    weir_decimal_parse(arena, WEIR_STR("0.5"), &half);
    ck_assert_int_eq(weir_decimal_pow(arena, two, half, &result), WEIR_DECIMAL_UNSUPPORTED);
}
END_TEST

/* ------------------------------------------------------------------ kinds */

START_TEST(numbers_of_all_kinds_compare_exactly)
{
    const weir_decimal *tenth;
    weir_decimal_parse(arena, WEIR_STR("0.1"), &tenth);
    weir_value decimal = weir_value_decimal(tenth);
    weir_value f = weir_value_float(0.1);
    int order;
    ck_assert(weir_number_compare(&decimal, &f, &order));
    ck_assert_int_lt(order, 0);
    weir_value big = weir_value_int((INT64_C(1) << 53) + 1);
    weir_value rounded = weir_value_float(9007199254740992.0);
    ck_assert(weir_number_compare(&big, &rounded, &order));
    ck_assert_int_gt(order, 0);
    weir_value huge = weir_value_str(WEIR_STR("9223372036854775808"));
    huge.kind = WEIR_BIGINT;
    weir_value power = weir_value_float(9223372036854775808.0);
    ck_assert(weir_number_compare(&huge, &power, &order));
    ck_assert_int_eq(order, 0);
    ck_assert_uint_eq(weir_number_hash(&huge), weir_number_hash(&power));
}
END_TEST

START_TEST(nan_is_unordered_and_infinity_is_beyond_all)
{
    weir_value nan = weir_value_float(strtod("nan", NULL));
    weir_value infinite = weir_value_float(strtod("inf", NULL));
    weir_value one = weir_value_int(1);
    weir_value huge = weir_value_str(WEIR_STR("99999999999999999999999"));
    huge.kind = WEIR_BIGINT;
    int order;
    ck_assert(!weir_number_compare(&nan, &one, &order));
    ck_assert(weir_number_compare(&infinite, &huge, &order));
    ck_assert_int_eq(order, 1);
    ck_assert(weir_number_compare(&huge, &infinite, &order));
    ck_assert_int_eq(order, -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decimal");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_operation_answers_as_cpython);
    tcase_add_test(tcase, digits_are_bounded);
    tcase_add_test(tcase, exponents_are_bounded);
    tcase_add_test(tcase, operands_of_the_most_digits_are_computed_with);
    tcase_add_test(tcase, out_of_memory_is_told);
    tcase_add_test(tcase, a_power_that_is_not_whole_is_unsupported);
    tcase_add_test(tcase, numbers_of_all_kinds_compare_exactly);
    tcase_add_test(tcase, nan_is_unordered_and_infinity_is_beyond_all);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
