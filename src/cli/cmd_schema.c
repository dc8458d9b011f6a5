/* SPDX-License-Identifier: MIT */
/* weir schema: the spec language for editors. */
#include <stdlib.h>

#include "cli/cli.h"

static int run(const cli_args *args)
{
    (void)args;
    weir_buf out = {0};
    char *text = weir_schema_text();
    if (!text)
        return cli_fail("out of memory");
    weir_buf_puts(&out, text);
    free(text);
    return cli_print(&out);
}

const cli_command cli_schema = {
    .name = "schema",
    .operands = "",
    .summary = "print the JSON Schema of specs",
    .description = "Prints a JSON Schema (2020-12) of the spec language, with which an editor "
                   "completes keys and explains them. It refuses nothing that 'weir check' "
                   "accepts; names, expressions and what 'extends' brings only 'weir check' "
                   "can judge.",
    .examples = "weir schema > weir.schema.json\n",
    .run = run};
