/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a spec: YAML, tables, expressions, plan. What loads without an error must also run:
 * a few frames go through the plan of each connection. Diagnostics are printed, so that every place
 * and caret is computed. Files are not reached: a text that names assets or a base spec is left
 * alone.
 */
#include <stdlib.h>

#include "pipeline/runner.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const weir_spec_registry *registry(void)
{
    static const weir_option_row rows[] = {
        {.name = "origin", .type = WEIR_OPTION_STR, .doc = "text"},
        {.name = "limit", .type = WEIR_OPTION_SIZE, .fallback = "1KiB", .doc = "size"},
        {.name = "wait", .type = WEIR_OPTION_DURATION, .fallback = "1s", .doc = "time"},
        {.name = "headers", .type = WEIR_OPTION_STR_MAP, .doc = "texts"},
    };
    static const weir_backend_rows backends[] = {
        {"websocket", rows, sizeof rows / sizeof rows[0], 0, NULL, NULL}};
    static const weir_spec_registry all = {.backends = backends, .count = 1};
    return &all;
}

static void feed(weir_runner *runner)
{
    static const char *const frames[] = {
        "{\"T\":\"t\",\"S\":\"A\",\"p\":1.5,\"s\":\"2\",\"t\":\"2021-02-22T15:51:44Z\",\"data\":{"
        "\"b\":[[\"1\",\"2\"]]}}",
        "[{\"T\":\"q\",\"S\":\"B\"},[1,[2,3]],null,\"x\"]",
        "[1,",
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        char copy[256 + WEIR_JSON_SLACK] = {0};
        const size_t len = strlen(frames[i]);
        memcpy(copy, frames[i], len);
        const weir_runner_frame frame = {.bytes = {copy, len}, .received_ns = 1, .number = i};
        weir_error why;
        weir_runner_wait(runner, WEIR_WAIT_ACK, &frame, &why);
        weir_runner_feed(runner, &frame);
        weir_batch_clear(weir_runner_batch(runner));
    }
}

static void run(const weir_spec_model *model, const weir_plan *plan)
{
    weir_value *values = calloc(model->credential_count + model->var_count + 2, sizeof *values);
    weir_asset_cache *assets = weir_asset_cache_new(model->assets);
    if (!values || !assets)
        abort();
    weir_value *vars = values + model->credential_count + 1;
    for (size_t i = 0; i < model->var_count; i++)
        vars[i] = model->vars[i].value;
    const weir_expr_world world = {
        .credentials = values, .vars = vars, .assets = assets, .fixed_now_ns = 1};
    weir_runner *runner = weir_runner_new(plan, &world);
    if (runner)
        feed(runner);
    weir_runner_free(runner);
    weir_asset_cache_free(assets);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const weir_str text = {(const char *)bytes, size};
    if (size > 16384 || memmem(bytes, size, "file", 4) || memmem(bytes, size, "extends", 7))
        return 0;
    uint32_t next_schema_id = 1;
    weir_diags *diags = weir_diags_new();
    weir_spec_model *model =
        diags ? weir_spec_model_parse("fuzz.yaml", text, registry(), diags) : NULL;
    for (size_t i = 0; model && i < model->connection_count; i++) {
        weir_plan *plan = weir_plan_new(model, &model->connections[i], &next_schema_id, diags);
        if (plan && weir_diags_errors(diags) == 0)
            run(model, plan);
        weir_plan_free(plan);
    }
    weir_buf out = {0};
    weir_diags_sort(diags);
    weir_diags_print(diags, &out, true);
    weir_diags_print_json(diags, &out);
    weir_buf_fini(&out);
    weir_spec_model_free(model);
    weir_diags_free(diags);
    return 0;
}
