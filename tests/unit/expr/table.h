/* SPDX-License-Identifier: MIT */
/*
 * Tables of expressions with what CPython and pandas make of them (oracle.py writes them): every
 * row is compiled and run, and the outcome compared as ascii(result) or the class that is raised.
 */
#ifndef WEIR_TEST_EXPR_TABLE_H
#define WEIR_TEST_EXPR_TABLE_H

#include "world.h"

/* ascii(v), or the name of what is raised; a mistake found at load counts as the error it is. */
static inline void table_outcome(world *w, const char *source, const char *json, weir_buf *out)
{
    weir_projection *data, *item;
    weir_expr_input input = {0};
    weir_value v;
    weir_buf_clear(out);
    weir_arena_reset(w->run);
    const weir_program *program = world_compile(w, source, &data, &item);
    if (!program) {
        weir_buf_printf(out, "mistake: %s", w->reported);
        return;
    }
    world_input(w, &input, data, item, json);
    if (!weir_vm_run(w->vm, program, &w->known, &input, &v))
        weir_buf_puts(out, weir_raise_name(weir_vm_raise(w->vm)));
    else
        ck_assert_msg(weir_op_text(w->vm, &v, 'a', out), "%s: no text", source);
}

/* What cannot be right is refused when the expression is compiled. */
static inline bool table_is_same(const char *outcome, const char *expected)
{
    if (strcmp(outcome, expected) == 0)
        return true;
    size_t len = strlen(expected);
    return strncmp(outcome, "mistake: ", 9) == 0 && len > 5 &&
           strcmp(expected + len - 5, "Error") == 0;
}

/* Runs oracle/<name>; the first line of the file is `data`. */
static inline void table_check(world *w, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/unit/expr/oracle/%s", WEIR_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is missing", path);
    char *json = NULL, *line = NULL;
    size_t json_cap = 0, cap = 0, rows = 0, wrong = 0;
    weir_buf out = {0};
    ck_assert(getline(&json, &json_cap, file) > 0);
    json[strcspn(json, "\n")] = '\0';
    while (getline(&line, &cap, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        ck_assert_msg(tab != NULL, "%s: no tab", line);
        *tab = '\0';
        table_outcome(w, line, json, &out);
        rows++;
        if (table_is_same(weir_buf_cstr(&out), tab + 1))
            continue;
        if (wrong++ < 20)
            fprintf(stderr, "%s: %s, not %s (%.*s)\n", line, weir_buf_cstr(&out), tab + 1,
                    WEIR_FMT(weir_vm_message(w->vm)));
    }
    fclose(file);
    free(json);
    free(line);
    weir_buf_fini(&out);
    ck_assert_msg(rows > 100 && wrong == 0, "%s: %zu of %zu rows differ", name, wrong, rows);
}

/* One expression, for what no oracle knows. */
static inline void table_expect(world *w, const char *source, const char *expected)
{
    weir_buf out = {0};
    table_outcome(w, source, "{}", &out);
    ck_assert_msg(strcmp(weir_buf_cstr(&out), expected) == 0, "%s: %s, not %s (%.*s)", source,
                  weir_buf_cstr(&out), expected, WEIR_FMT(weir_vm_message(w->vm)));
    weir_buf_fini(&out);
}

/* The SECRET flag of a result. */
static inline bool table_is_secret(world *w, const char *source)
{
    weir_projection *data, *item;
    weir_expr_input input = {0};
    weir_value v;
    weir_arena_reset(w->run);
    const weir_program *program = world_compile(w, source, &data, &item);
    ck_assert_msg(program != NULL, "%s: %s", source, w->reported);
    world_input(w, &input, data, item, "{}");
    ck_assert_msg(weir_vm_run(w->vm, program, &w->known, &input, &v), "%s: %.*s", source,
                  WEIR_FMT(weir_vm_message(w->vm)));
    return (weir_op_flags(&v) & WEIR_VALUE_SECRET) != 0;
}

#endif
