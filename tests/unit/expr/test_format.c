/* SPDX-License-Identifier: MIT */
/* The format mini-language and str.format against CPython, whatever the process locale is. */
#include <locale.h>

#include "table.h"

static world *w;

START_TEST(formats_mean_what_cpython_means)
{
    table_check(w, "formats.txt");
}
END_TEST

START_TEST(the_locale_of_the_process_changes_nothing)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_ALL, names[i]))
            break;
    table_expect(w, "f'{1234.5:,.2f}'", "'1,234.50'");
    table_expect(w, "f'{1.5:e} {1.5:g} {1.5:.3} {1.5:n}'", "'1.500000e+00 1.5 1.5 1.5'");
    table_expect(w, "round(2.675, 2)", "2.67");
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(widths_and_precisions_are_bounded_before_work_is_done)
{
    table_expect(w, "f'{1:1000000000}'", "LimitError");
    table_expect(w, "f'{1.0:.1000000000f}'", "LimitError");
    table_expect(w, "'{:{}}'.format(1, 10**9)", "LimitError");
    table_expect(w, "len(f'{1:4194304}')", "4194304");
    table_expect(w, "f'{1:4194305}'", "LimitError");
    table_expect(w, "f\"{Decimal('1E+999999'):.4000000f}\"", "LimitError");
    table_expect(w, "f\"{'a':\xC3\xA9>4000000}\"", "LimitError");
}
END_TEST

START_TEST(a_template_is_filled_from_a_dict_of_tokens)
{
    table_expect(w, "1", "1"); /* a run gives the VM its steps */
    weir_value template = world_text("SUB {symbol} {levels[0]:>4}"), out, list, *items;
    weir_dict *dict = weir_dict_new(w->run, 2);
    weir_value none = weir_value_absent(), symbol = world_text("symbol");
    weir_value name = world_text("AAPL"), levels = world_text("levels");
    ck_assert(weir_list_new(w->run, WEIR_LIST, 1, &list, &items));
    items[0] = weir_value_int(5);
    ck_assert(weir_dict_put(w->run, dict, &symbol, &name));
    ck_assert(weir_dict_put(w->run, dict, &levels, &list));
    weir_value tokens = weir_value_dict(dict);
    ck_assert(weir_op_str_format(w->vm, &template, NULL, 0, &tokens, &out));
    ck_assert(weir_str_is(weir_value_text(&out), "SUB AAPL    5"));
    template = world_text("{missing}");
    ck_assert(!weir_op_str_format(w->vm, &template, NULL, 0, &tokens, &out));
    ck_assert_int_eq(weir_vm_raise(w->vm), WEIR_RAISE_KEY);
    ck_assert(!weir_op_str_format(w->vm, &template, NULL, 0, &none, &out));
    ck_assert_int_eq(weir_vm_raise(w->vm), WEIR_RAISE_KEY);
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("format");
    weir_check_case(suite, "format", formats_mean_what_cpython_means,
                    the_locale_of_the_process_changes_nothing,
                    widths_and_precisions_are_bounded_before_work_is_done,
                    a_template_is_filled_from_a_dict_of_tokens);
    int code = weir_check_run(suite);
    world_free(w);
    return code;
}
