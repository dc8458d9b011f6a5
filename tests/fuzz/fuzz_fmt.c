/* SPDX-License-Identifier: MIT */
/*
 * Any text: if it is YAML that a spec can be and is formatted, then the result parses, says the
 * same and is formatted already. The formatter proves this itself before it answers; here it is
 * proved from outside.
 */
#include <stdio.h>
#include <stdlib.h>

#include "spec/fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static weir_node *parse(weir_arena *arena, weir_diags *diags, weir_str text)
{
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("fuzz.yaml"), text);
    if (!source)
        abort();
    weir_node *tree = weir_yaml_parse(arena, source, diags);
    return weir_diags_errors(diags) > 0 ? NULL : tree;
}

static weir_code format(weir_str text, weir_buf *out)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source =
        diags ? weir_diags_add_source(diags, WEIR_STR("fuzz.yaml"), text) : NULL;
    weir_error error = {0};
    if (!source)
        abort();
    const weir_code code = weir_spec_format(source, diags, out, &error);
    weir_diags_free(diags);
    return code;
}

static void prove(weir_str text, const weir_node *tree, weir_arena *arena, weir_diags *diags)
{
    weir_buf once = {0}, twice = {0};
    const weir_code code = format(text, &once);
    if (code == WEIR_OK) {
        const weir_node *after = parse(arena, diags, weir_buf_str(&once));
        if (!after || !weir_node_equal(arena, tree, after))
            abort();
        if (format(weir_buf_str(&once), &twice) != WEIR_OK ||
            !weir_str_eq(weir_buf_str(&once), weir_buf_str(&twice)))
            abort();
    } else if (code != WEIR_ERR_UNSUPPORTED || once.len > 0) {
        abort();
    } else if (getenv("FUZZ_FMT_REFUSED") && !memmem(text.ptr, text.len, "\xC2\x85", 2) &&
               !memmem(text.ptr, text.len, "\xE2\x80", 2)) {
        fprintf(stderr, "refused: %zu bytes\n%.*s\n", text.len, WEIR_FMT(text));
        abort();
    }
    weir_buf_fini(&once);
    weir_buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const weir_str text = {(const char *)bytes, size};
    if (size > 16384)
        return 0;
    weir_arena *arena = weir_arena_new(64 * 1024, 0);
    weir_diags *diags = weir_diags_new();
    if (!arena || !diags)
        abort();
    const weir_node *tree = parse(arena, diags, text);
    if (tree)
        prove(text, tree, arena, diags);
    weir_diags_free(diags);
    weir_arena_free(arena);
    return 0;
}
