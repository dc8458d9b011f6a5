/* SPDX-License-Identifier: MIT */
/*
 * The grammar: what each expression means, as its tree printed with all parentheses, and what a
 * text that is none is told. CPython's ast module gave the same trees.
 */
#include "expr/ast.h"
#include "weir_check.h"

typedef struct tree_row {
    const char *source;
    const char *tree;
} tree_row;

static const tree_row TREES[] = {
    {"1 + 2 * 3", "(1 + (2 * 3))"},
    {"(1 + 2) * 3", "((1 + 2) * 3)"},
    {"1 - 2 - 3", "((1 - 2) - 3)"},
    {"2 ** 3 ** 2", "(2 ** (3 ** 2))"},
    {"-2 ** 2", "(-(2 ** 2))"},
    {"2 ** -1", "(2 ** (-1))"},
    {"2 ** -3 ** 2", "(2 ** (-(3 ** 2)))"},
    {"-a.b[0](1) ** 2", "(-(a.b[0](1) ** 2))"},
    {"- -+~x", "(-(-(+(~x))))"},
    {"a // b / c % d * e", "((((a // b) / c) % d) * e)"},
    {"a << b + c >> d", "((a << (b + c)) >> d)"},
    {"a | b ^ c & d << e", "(a | (b ^ (c & (d << e))))"},
    {"a < b == c", "(a < b == c)"},
    {"a < (b == c)", "(a < (b == c))"},
    {"a in b not in c is not d is e", "(a in b not in c is not d is e)"},
    {"not a == b", "(not (a == b))"},
    {"not a in b", "(not (a in b))"},
    {"not not a", "(not (not a))"},
    {"a or b and not c", "(a or (b and (not c)))"},
    {"a and b or c", "((a and b) or c)"},
    {"a | b == c", "((a | b) == c)"},
    {"a if b else c if d else e", "(a if b else (c if d else e))"},
    {"a or b if c or d else e", "((a or b) if (c or d) else e)"},
    {"f(lambda x: x + 1, key=lambda: 0)", "f((lambda x: (x + 1)), key=(lambda : 0))"},
    {"lambda a, b: a if b else a", "(lambda a, b: (a if b else a))"},
    {"1,", "(1,)"},
    {"1, 2", "(1, 2)"},
    {"()", "()"},
    {"(1)", "1"},
    {"(1,)", "(1,)"},
    {"[1, *a, 2,]", "[1, *a, 2]"},
    {"[*a | b]", "[*(a | b)]"},
    {"{}", "{}"},
    {"{1, 2}", "{1, 2}"},
    {"{*a}", "{*a}"},
    {"{'a': 1, **b, 'c': 2}", "{\"a\": 1, **b, \"c\": 2}"},
    {"x[1:2]", "x[1:2:]"},
    {"x[:]", "x[::]"},
    {"x[::2]", "x[::2]"},
    {"x[a:b:c]", "x[a:b:c]"},
    {"x[1, 2]", "x[(1, 2)]"},
    {"f(*a, b, k=c)", "f(*a, b, k=c)"},
    {"[x for x in y]", "[x for x in y]"},
    {"[x for x, (y, z) in a if b if c for d in e]",
     "[x for (x, (y, z)) in a if b if c for d in e]"},
    {"[x for x in a or b]", "[x for x in (a or b)]"},
    {"[x for (x) in a]", "[x for x in a]"},
    {"[x for [x] in a]", "[x for (x,) in a]"},
    {"[x for x, in a]", "[x for (x,) in a]"},
    {"{k: v for k, v in d}", "{k: v for (k, v) in d}"},
    {"{x for x in y}", "{x for x in y}"},
    {"sum(x for x in y)", "sum((x for x in y))"},
    {"max((x for x in y), default=0)", "max((x for x in y), default=0)"},
    {"a.b.c", "a.b.c"},
    {"'a' \"b\" '''c'''", "\"abc\""},
    {"'a\\\nb'", "\"ab\""},
    {"r'\\n' '\\n'", "\"\\\\n\\n\""},
    {"'\\q\\x41\\101\\u0042'", "\"\\\\qAAB\""},
    {"b'a' b\"b\"", "b'ab'"},
    {"0x1F + 0o17 + 0b11 + 1_000", "(((31 + 15) + 3) + 1000)"},
    {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
    {"0b1_0 + 00", "(2 + 0)"},
    {"1. + .5 + 1e3 + 1_0.0_1", "(((1.0 + 0.5) + 1000.0) + 10.01)"},
    {"1if 2else 3", "(1 if 2 else 3)"},
    {"f'a{b}c'", "f(\"a\", {b}, \"c\")"},
    {"f'{a!r:>{w}}'", "f({a!r:f(\">\", {w})})"},
    {"f'{{}}'", "\"{}\""},
    {"f'{a=}'", "f(\"a=\", {a!r})"},
    {"f'{a = :>3}'", "f(\"a = \", {a:f(\">3\")})"},
    {"f'{a==b}{c!=d}{e<=f}'", "f({(a == b)}, {(c != d)}, {(e <= f)})"},
    {"f'{ {1: 2}[1] }'", "f({{1: 2}[1]})"},
    {"f\"{d['k']}\"", "f({d[\"k\"]})"},
    {"f'{a, b}'", "f({(a, b)})"},
    {"'x' f'{a}' 'y'", "f(\"x\", {a}, \"y\")"},
    {"f'''{a\n+b}'''", "f({(a + b)})"},
    {"  a\n  + b  # why\n", "(a + b)"},
    {"a \\\n + b", "(a + b)"},
};

static weir_arena *arena;
static char reported[2048];
static size_t first_offset, first_length;

static void report(void *user, size_t offset, size_t length, const char *text)
{
    (void)user;
    if (!*reported) {
        first_offset = offset;
        first_length = length;
    }
    size_t len = strlen(reported);
    snprintf(reported + len, sizeof reported - len, "%s%s", len ? " | " : "", text);
}

static weir_node *parse(const char *source)
{
    weir_mistakes mistakes = {report, NULL, 0, false};
    *reported = '\0';
    weir_arena_reset(arena);
    return weir_parse(arena, weir_str_of(source), &mistakes);
}

START_TEST(a_tree_is_what_cpython_makes_of_it)
{
    for (size_t i = 0; i < sizeof TREES / sizeof *TREES; i++) {
        weir_buf out = {0};
        weir_node *node = parse(TREES[i].source);
        ck_assert_msg(node != NULL, "%s: %s", TREES[i].source, reported);
        weir_node_print(&out, node);
        ck_assert_str_eq(weir_buf_cstr(&out), TREES[i].tree);
        ck_assert_str_eq(reported, "");
        weir_buf_fini(&out);
    }
}
END_TEST

typedef struct mistake_row {
    const char *source;
    size_t offset, length;
    const char *text;
} mistake_row;

static const mistake_row MISTAKES[] = {
    {"", 0, 1, "an expression is expected, and there is nothing"},
    {" # only", 0, 1, "an expression is expected, and there is nothing"},
    {"1 +", 3, 1, "expected a value at the end"},
    {"(1 + 2", 0, 1, "'(' is never closed"},
    {"f(x[1)", 5, 1, "')' does not close the '[' before it"},
    {"[1, 2", 0, 1, "'[' is never closed"},
    {"{'a': 1", 0, 1, "'{' is never closed"},
    {"a)", 1, 1, "')' closes nothing"},
    {"a b", 2, 1, "expected an operator or the end, found 'b'"},
    {"[1 2]", 3, 1, "expected ',' or ']', found '2'"},
    {"'abc", 0, 4, "a text without its end: the closing ' is missing"},
    {"\"\"\"abc\"", 0, 7, "a text without its end: the closing \"\"\" is missing"},
    {"a == not b", 5, 3, "'not' binds loosely: put it in parentheses here"},
    {"1 + lambda: 2", 4, 6, "a lambda must be in parentheses here"},
    {"lambda x=1: x", 8, 1, "a lambda takes plain names here, without defaults and stars"},
    {"a if b", 6, 1, "expected 'else' (A if TEST else B) at the end"},
    {"x for x in y", 2, 3, "a comprehension needs brackets around it"},
    {"[*x for x in y]", 1, 2, "a comprehension's element cannot be starred"},
    {"*a", 0, 2, "a starred value stands in a list, tuple, set or call"},
    {"f(a=1, 2)", 7, 1, "a positional argument stands behind a named one"},
    {"f(**a)", 2, 2, "'**' arguments are not supported; name each one"},
    {"f(x for x in y, 1)", 2, 12, "a generator beside other arguments needs parentheses"},
    {"a[]", 1, 2, "a key or an index is missing in the brackets"},
    {"a[1:2, 3]", 2, 3, "slices with commas are not supported"},
    {"{1: 2, 3}", 8, 1, "expected ':' behind a dict's key, found '}'"},
    {"a.1", 1, 2, "expected an operator or the end, found '.1'"},
    {"a.'b'", 2, 3, "expected a name behind '.', found a text"},
    {"import os", 0, 6, "'import' belongs to statements; an expression cannot have it"},
    {"a := 1", 2, 2, "':=' is not supported: an expression cannot assign"},
    {"a ? b : c", 2, 1, "'?' is not an operator here; a choice is written A if TEST else B"},
    {"012", 0, 3, "a whole number does not start with 0; octal is written 0o17"},
    {"1__0", 0, 4, "a malformed number: '_' stands between two digits"},
    {"0x", 0, 2, "a malformed number: digits are missing behind it"},
    {"0b12", 0, 4, "a malformed number: a digit that its base does not have"},
    {"12abc", 0, 5, "a number runs into a name; is a blank or an operator missing?"},
    {"1j", 0, 2, "imaginary numbers are not supported"},
    {"'a' b'b'", 4, 4, "text and bytes stand side by side; only like ones are joined"},
    {"b'\xc3\xa9'", 2, 1, "bytes are written with ASCII characters and \\xhh"},
    {"'\\x4'", 1, 3, "\\x needs two hexadecimal digits"},
    {"'\\ud800'", 1, 6,
     "half of a surrogate pair is no character; write the character itself or \\U000xxxxx"},
    {"'\\N{DASH}'", 1, 2, "\\N{...} is not supported; write the character itself or \\uxxxx"},
    {"\xe2\x80\x98"
     "a",
     0, 3, "a typographic quote; texts are written 'so' or \"so\""},
    {"f'{a'", 2, 2, "f-string: '}' is missing"},
    {"f'a}'", 3, 1, "f-string: a single '}' is not allowed; write '}}' for one"},
    {"f'{}'", 2, 2, "f-string: there is no expression in the braces"},
    {"f'{a!x}'", 4, 2, "f-string: a conversion is !s, !r or !a"},
    {"f'{a\\n}'", 4, 1, "f-string: an expression in braces cannot include a backslash"},
    {"f'{a#}'", 4, 1, "f-string: an expression in braces cannot include '#'"},
    {"f'{a)}'", 4, 1, "f-string: ')' closes nothing"},
    {"f'{(a}'", 5, 1, "f-string: this bracket does not close the one before it"},
    {"f'{a:{b:{c}}}'", 8, 1, "f-string: fields are nested too deeply"},
    {"f'{a b}'", 5, 1, "expected an operator or the end of the braces, found 'b'"},
    {"[x for x.y in z]", 7, 1, "expected a plain name to loop with, found 'x'"},
};

START_TEST(a_mistake_has_its_place_and_its_words)
{
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        const mistake_row *row = &MISTAKES[i];
        weir_node *node = parse(row->source);
        ck_assert_msg(node == NULL, "%s was accepted", row->source);
        ck_assert_msg(strcmp(reported, row->text) == 0, "%s: %s", row->source, reported);
        ck_assert_msg(first_offset == row->offset && first_length == row->length, "%s: at %zu+%zu",
                      row->source, first_offset, first_length);
    }
}
END_TEST

START_TEST(signs_of_other_languages_are_reported_and_understood)
{
    weir_buf out = {0};
    weir_node *node = parse("a && b || !c = d");
    ck_assert_ptr_nonnull(node);
    weir_node_print(&out, node);
    ck_assert_str_eq(weir_buf_cstr(&out), "((a and b) or (not (c == d)))");
    ck_assert_ptr_nonnull(strstr(reported, "write 'and'"));
    ck_assert_ptr_nonnull(strstr(reported, "write 'or'"));
    ck_assert_ptr_nonnull(strstr(reported, "write 'not'"));
    ck_assert_ptr_nonnull(strstr(reported, "equality is written '=='"));
    weir_buf_fini(&out);
}
END_TEST

static bool nests(size_t levels, const char *open, const char *close)
{
    weir_buf source = {0};
    for (size_t i = 0; i < levels; i++)
        weir_buf_puts(&source, open);
    weir_buf_puts(&source, "1");
    for (size_t i = 0; i < levels; i++)
        weir_buf_puts(&source, close);
    weir_node *node = parse(weir_buf_cstr(&source));
    weir_buf_fini(&source);
    return node != NULL;
}

START_TEST(nesting_is_bounded)
{
    ck_assert(nests(WEIR_EXPR_DEPTH_MAX - 1, "(", ")"));
    ck_assert(!nests(WEIR_EXPR_DEPTH_MAX, "(", ")"));
    ck_assert(nests(WEIR_EXPR_DEPTH_MAX - 1, "[", "]"));
    ck_assert(!nests(WEIR_EXPR_DEPTH_MAX, "[", "]"));
    ck_assert(nests(WEIR_EXPR_DEPTH_MAX - 1, "-", ""));
    ck_assert(!nests(WEIR_EXPR_DEPTH_MAX, "-", ""));
    ck_assert(!nests(5000, "f(", ")"));
    ck_assert(!nests(5000, "not ", ""));
    ck_assert(!nests(5000, "lambda:", ""));
    ck_assert(!nests(2000, "1if 1else ", ""));
    ck_assert(!nests(3000, "2**", ""));
}
END_TEST

START_TEST(chains_are_bounded)
{
    ck_assert(nests(WEIR_EXPR_TREE_MAX - 1, "1+", ""));
    ck_assert(!nests(WEIR_EXPR_TREE_MAX, "1+", ""));
}
END_TEST

START_TEST(the_length_of_a_source_is_bounded)
{
    weir_buf source = {0};
    while (source.len < WEIR_EXPR_SOURCE_MAX - 1)
        weir_buf_putc(&source, ' ');
    weir_buf_putc(&source, '1');
    ck_assert_ptr_nonnull(parse(weir_buf_cstr(&source)));
    weir_buf_putc(&source, '1');
    ck_assert_ptr_null(parse(weir_buf_cstr(&source)));
    ck_assert_str_eq(reported, "the expression is longer than 16384 bytes");
    weir_buf_fini(&source);
}
END_TEST

int main(void)
{
    arena = weir_arena_new(1 << 16, 0);
    Suite *suite = suite_create("parse");
    weir_check_case(suite, "grammar", a_tree_is_what_cpython_makes_of_it);
    weir_check_case(suite, "mistakes", a_mistake_has_its_place_and_its_words,
                    signs_of_other_languages_are_reported_and_understood);
    weir_check_case(suite, "bounds", nesting_is_bounded, chains_are_bounded,
                    the_length_of_a_source_is_bounded);
    int status = weir_check_run(suite);
    weir_arena_free(arena);
    return status;
}
