/* SPDX-License-Identifier: MIT
 *
 * Reads lines of `expression TAB json` and answers each with one line: the repr of the result, the
 * class of what is raised ("ERR KeyError"), or "MISTAKE text" when it does not compile. With the
 * argument `whole` paths are read without slots. A result of another kind than the compiler claimed
 * is answered by "KIND". Line breaks of a repr are written as \x01.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/ops.h"

enum { SLOTS = 4096 };

typedef struct driver {
    weir_arena *spec, *run;
    weir_vm *vm;
    bool is_whole;
    char mistake[512];
    weir_value slots[SLOTS];
} driver;

static void report(void *user, size_t offset, size_t length, const char *text)
{
    driver *d = user;
    if (!*d->mistake)
        snprintf(d->mistake, sizeof d->mistake, "%zu+%zu %s", offset, length, text);
}

static void answer(driver *d, const weir_program *program, const weir_expr_input *input)
{
    weir_value v;
    weir_buf out = {0};
    if (!weir_vm_run(d->vm, program, NULL, input, &v)) {
        printf("ERR %s: %.*s\n", weir_raise_name(weir_vm_raise(d->vm)),
               WEIR_FMT(weir_vm_message(d->vm)));
        return;
    }
    unsigned kind = weir_program_kind(program);
    if (kind != WEIR_KIND_COUNT && kind != v.kind)
        printf("KIND %u, claimed %u\n", v.kind, kind);
    else if (!weir_op_text(d->vm, &v, 'r', &out))
        printf("ERR %s\n", weir_raise_name(weir_vm_raise(d->vm)));
    else {
        for (size_t i = 0; i < out.len; i++)
            putchar(out.ptr[i] == '\n' ? '\x01' : out.ptr[i]);
        putchar('\n');
    }
    weir_buf_fini(&out);
}

static void evaluate(driver *d, const char *source, const char *json)
{
    weir_arena_reset(d->spec);
    weir_arena_reset(d->run);
    *d->mistake = '\0';
    size_t len = strlen(json);
    char *text = weir_arena_calloc(d->spec, 1, len + WEIR_JSON_SLACK);
    weir_projection *projection = weir_projection_new(d->spec);
    if (!text || !projection)
        exit(2);
    memcpy(text, json, len);
    weir_expr_scope scope = {WEIR_ROOT_BIT(WEIR_ROOT_DATA), d->is_whole ? NULL : projection, NULL,
                             NULL};
    const weir_program *program =
        weir_expr_compile(d->spec, weir_str_of(source), &scope, report, d);
    if (!program) {
        printf("MISTAKE %s\n", d->mistake);
        return;
    }
    weir_expr_input input = {0};
    weir_json_error error;
    if (weir_projection_slots(projection) > SLOTS || !weir_projection_seal(projection) ||
        !weir_projection_decode(projection, (weir_str){text, len}, d->slots,
                                &input.roots[WEIR_ROOT_DATA], &error))
        exit(2);
    input.data_slots = d->slots;
    answer(d, program, &input);
}

int main(int argc, char **argv)
{
    driver *d = calloc(1, sizeof *d);
    if (!d)
        return 2;
    d->spec = weir_arena_new(1 << 16, 0);
    d->run = weir_arena_new(1 << 16, WEIR_EXPR_MEMORY_MAX);
    d->vm = weir_vm_new(d->run);
    d->is_whole = argc > 1 && strcmp(argv[1], "whole") == 0;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        char *tab = strchr(line, '\t');
        if (tab)
            *tab = '\0';
        evaluate(d, line, tab ? tab + 1 : "{}");
    }
    free(line);
    weir_vm_free(d->vm);
    weir_arena_free(d->spec);
    weir_arena_free(d->run);
    free(d);
    return 0;
}
