/* SPDX-License-Identifier: MIT */
/* The tables of names as the reference page shows them: all of them, once. */
#include "expr/names.h"
#include "expr/reference.h"
#include "weir_check.h"

/* How often a line begins with "| `NAME" and then one of `ends`, in the tables whose names begin
 * with `kind`. */
static size_t count_rows(const char *kind, const char *name, char end)
{
    size_t count = 0;
    weir_buf begin = {0};
    weir_buf_printf(&begin, "| `%s%c", name, end);
    for (size_t i = 0; weir_expr_reference_name(i); i++) {
        weir_buf out = {0};
        if (strncmp(weir_expr_reference_name(i), kind, strlen(kind)) != 0)
            continue;
        ck_assert(weir_expr_reference_print(&out, weir_str_of(weir_expr_reference_name(i))));
        for (const char *at = weir_buf_cstr(&out); (at = strstr(at, weir_buf_cstr(&begin))); at++)
            count++;
        weir_buf_fini(&out);
    }
    weir_buf_fini(&begin);
    return count;
}

START_TEST(every_function_is_shown_once)
{
    for (size_t g = 0; weir_fn_groups[g]; g++)
        for (const weir_fn_row *row = weir_fn_groups[g]; row->name; row++)
            ck_assert_msg(count_rows("functions", row->name, '(') == 1, "%s", row->name);
}
END_TEST

START_TEST(every_method_and_attribute_is_shown)
{
    size_t rows = 0, shown = 0;
    for (size_t g = 0; weir_method_groups[g]; g++)
        for (const weir_method_row *row = weir_method_groups[g]; row->name; row++, rows++)
            ck_assert_msg(count_rows("methods", row->name, '(') > 0, "%s", row->name);
    for (size_t g = 0; weir_attr_groups[g]; g++)
        for (const weir_attr_row *row = weir_attr_groups[g]; row->name; row++, rows++)
            ck_assert_msg(count_rows("attributes", row->name, '`') > 0, "%s", row->name);
    for (size_t i = 0; weir_expr_reference_name(i); i++) {
        weir_buf out = {0};
        const char *name = weir_expr_reference_name(i);
        if (strncmp(name, "methods", 7) != 0 && strncmp(name, "attributes", 10) != 0)
            continue;
        ck_assert(weir_expr_reference_print(&out, weir_str_of(name)));
        for (const char *at = weir_buf_cstr(&out); (at = strstr(at, "\n| `")); at++)
            shown++;
        weir_buf_fini(&out);
    }
    ck_assert_uint_eq(shown, rows);
}
END_TEST

START_TEST(a_signature_reads_as_python_writes_it)
{
    weir_buf out = {0};
    ck_assert(weir_expr_reference_print(&out, WEIR_STR("functions for assets")));
    ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&out), "`broker.infer_asset(*, symbol=, "
                                                      "security_id=, broker_symbol=)` | Asset |"));
    ck_assert(!weir_expr_reference_print(&out, WEIR_STR("functions")));
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    weir_check_case(suite, "tables", every_function_is_shown_once,
                    every_method_and_attribute_is_shown, a_signature_reads_as_python_writes_it);
    return weir_check_run(suite);
}
