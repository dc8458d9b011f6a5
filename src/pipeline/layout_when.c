/* SPDX-License-Identifier: MIT */
/*
 * What chooses a variant. `when` is an expression as any other and is compiled as one, which also
 * finds its mistakes. Nearly always it is a comparison of an integer with a number, or a few of
 * them joined by `and`: that form is recognised by its words and tested without a run. It tells,
 * too, how long a packet is that comes to the variant.
 */
#include "pipeline/layout.h"

#include "util/number.h"

/* ------------------------------------------------------------------ the plain form */

typedef struct words {
    const char *at, *end;
} words;

static void skip_blanks(words *w)
{
    while (w->at < w->end && *w->at == ' ')
        w->at++;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static weir_str next_word(words *w)
{
    skip_blanks(w);
    weir_str word = {w->at, 0};
    if (w->at < w->end && *w->at == '-')
        w->at++;
    while (w->at < w->end && is_word(*w->at))
        w->at++;
    word.len = (size_t)(w->at - word.ptr);
    return word;
}

static bool take(words *w, const char *sign)
{
    const size_t len = strlen(sign);
    skip_blanks(w);
    if ((size_t)(w->end - w->at) < len || memcmp(w->at, sign, len) != 0)
        return false;
    w->at += len;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

/* 12, -1, 0xff. */
static bool take_number(words *w, int64_t *out)
{
    const weir_str word = next_word(w);
    if (word.len < 3 || word.ptr[0] != '0' || (word.ptr[1] | 0x20) != 'x')
        return weir_int_parse_json(word, out) == WEIR_INT_OK;
    *out = 0;
    for (size_t i = 2; i < word.len; i++) {
        const int digit = hex_digit(word.ptr[i]);
        if (digit < 0 || word.len > 17)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static bool take_relation(words *w, uint8_t *op)
{
    static const char *const signs[] = {
        [WEIR_LAYOUT_EQ] = "==", [WEIR_LAYOUT_NE] = "!=", [WEIR_LAYOUT_LT] = "<",
        [WEIR_LAYOUT_LE] = "<=", [WEIR_LAYOUT_GT] = ">",  [WEIR_LAYOUT_GE] = ">=",
    };
    static const weir_layout_test_op order[] = {WEIR_LAYOUT_EQ, WEIR_LAYOUT_NE, WEIR_LAYOUT_LE,
                                                WEIR_LAYOUT_GE, WEIR_LAYOUT_LT, WEIR_LAYOUT_GT};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (take(w, signs[order[i]])) {
            *op = (uint8_t)order[i];
            return true;
        }
    }
    return false;
}

/* NAME [>> N] [& N] RELATION N: in Python both bind more tightly than a relation. */
static bool take_test(words *w, weir_layout *layout, const weir_str *names, size_t count,
                      weir_layout_test *test)
{
    int64_t number = 0;
    const weir_str name = next_word(w);
    size_t i = 0;
    while (i < count && !weir_str_eq(names[i], name))
        i++;
    if (i == count)
        return false;
    *test = (weir_layout_test){.mask = UINT64_MAX};
    if (take(w, ">>")) {
        if (!take_number(w, &number) || number < 0 || number > 63)
            return false;
        test->shift = (uint8_t)number;
    }
    if (take(w, "&")) {
        if (!take_number(w, &number) || number < 0)
            return false;
        test->mask = (uint64_t)number;
    }
    if (!take_relation(w, &test->op) || !take_number(w, &test->value))
        return false;
    test->slot = weir_layout_own_slot(layout, name);
    return test->slot != WEIR_LAYOUT_NO_SLOT;
}

static void find_tests(weir_layout *layout, const weir_str *names, size_t count,
                       weir_layout_when *when)
{
    words w = {when->text->text.ptr, when->text->text.ptr + when->text->text.len};
    size_t found = 0;
    for (;;) {
        if (found == WEIR_LAYOUT_TESTS_MAX ||
            !take_test(&w, layout, names, count, &when->tests[found]))
            return;
        found++;
        skip_blanks(&w);
        if (w.at == w.end)
            break;
        if (!weir_str_is(next_word(&w), "and"))
            return;
    }
    when->test_count = found;
}

void weir_layout_compile_when(weir_plan_builder *builder, const weir_plan *plan,
                              const weir_text *text, const weir_str *words_in_front,
                              size_t word_count, weir_layout_when *when)
{
    const weir_expr_scope scope = {.data = plan->layout->own,
                                   .names = &plan->names,
                                   .words = words_in_front,
                                   .word_count = word_count};
    when->text = text;
    when->program = weir_plan_compile(builder, text, &scope);
    if (when->program)
        find_tests(plan->layout, words_in_front, word_count, when);
}

int64_t weir_layout_when_length(const weir_layout *layout, const weir_layout_when *when)
{
    weir_step path[WEIR_PROJECTION_DEPTH_MAX];
    for (size_t i = 0; i < when->test_count; i++) {
        const weir_layout_test *test = &when->tests[i];
        weir_projection_steps(layout->own, (size_t)test->slot, path);
        if (weir_str_is(path[0].key, "length") && test->op == WEIR_LAYOUT_EQ && test->shift == 0 &&
            test->mask == UINT64_MAX)
            return test->value;
    }
    return -1;
}

/* ------------------------------------------------------------------ at work */

static bool holds(const weir_layout_test *test, int64_t v)
{
    const int64_t x = (v >> test->shift) & (int64_t)test->mask;
    switch ((weir_layout_test_op)test->op) {
    case WEIR_LAYOUT_EQ: return x == test->value;
    case WEIR_LAYOUT_NE: return x != test->value;
    case WEIR_LAYOUT_LT: return x < test->value;
    case WEIR_LAYOUT_LE: return x <= test->value;
    case WEIR_LAYOUT_GT: return x > test->value;
    case WEIR_LAYOUT_GE: return x >= test->value;
    }
    return false;
}

weir_outcome weir_layout_test_when(weir_layout_state *state, const weir_layout_when *when)
{
    bool truth = false;
    size_t i = 0;
    if (!when->program)
        return WEIR_OUTCOME_TRUE;
    for (; i < when->test_count && state->own[when->tests[i].slot].kind == WEIR_INT; i++) {
        if (!holds(&when->tests[i], state->own[when->tests[i].slot].i))
            return WEIR_OUTCOME_FALSE;
    }
    if (when->test_count > 0 && i == when->test_count)
        return WEIR_OUTCOME_TRUE;
    if (!weir_vm_run_truth(state->runner->vm, when->program, state->runner->world, &state->input,
                           &truth))
        return WEIR_OUTCOME_RAISED;
    return truth ? WEIR_OUTCOME_TRUE : WEIR_OUTCOME_FALSE;
}
