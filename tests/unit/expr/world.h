/* SPDX-License-Identifier: MIT */
/*
 * What the tests of expressions share: a scope with something under every name, a run over JSON
 * text, and the outcome as one line of text.
 */
#ifndef WEIR_TEST_EXPR_WORLD_H
#define WEIR_TEST_EXPR_WORLD_H

#include "expr/names.h"
#include "expr/ops.h"
#include "value/json_write.h"
#include "weir_check.h"

enum { WORLD_SLOTS = 1024, WORLD_TEXT = 64 * 1024 };

typedef struct world {
    weir_arena *spec, *run, *values;
    weir_vm *vm;
    weir_expr_names names;
    weir_expr_world known;
    weir_asset_book *book;
    weir_str credentials[3], vars[1], session[2];
    weir_value credential_values[3], var_values[1], session_values[2];
    const weir_mapping *mappings[1];
    unsigned roots;
    bool is_whole; /* without projections */
    char reported[4096];
    size_t offset, length; /* of the first mistake, or of the failure */
    char outcome[WORLD_TEXT];
    weir_value slots[2][WORLD_SLOTS];
} world;

static inline weir_value world_text(const char *text)
{
    return weir_value_str(weir_str_of(text));
}

static inline void world_mapping(world *w)
{
    static const char *const WORDS[][2] = {
        {"OPEN", "new"}, {"OPEN", "partially_filled"}, {"COMPLETE", "filled"}};
    weir_mapping *mapping =
        weir_mapping_new(w->values, WEIR_STR("order_status"), weir_value_absent());
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (!weir_mapping_add(mapping, world_text(WORDS[i][0]), world_text(WORDS[i][1])))
            abort();
    w->mappings[0] = mapping;
}

static inline world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    w->spec = weir_arena_new(1 << 16, 0);
    w->run = weir_arena_new(1 << 16, WEIR_EXPR_MEMORY_MAX);
    w->values = weir_arena_new(1 << 16, 0);
    w->vm = weir_vm_new(w->run);
    w->roots = (1u << WEIR_ROOT_COUNT) - 1;
    w->credentials[0] = WEIR_STR("api_key");
    w->credentials[1] = WEIR_STR("api_secret");
    w->credentials[2] = WEIR_STR("access_token");
    w->credential_values[0] = world_text("key");
    w->credential_values[1] = world_text("hush");
    w->credential_values[1].flags = WEIR_VALUE_SECRET;
    w->vars[0] = WEIR_STR("depth");
    w->var_values[0] = world_text("depth@100ms");
    w->session[0] = WEIR_STR("token");
    w->session[1] = WEIR_STR("later");
    w->session_values[0] = world_text("T0");
    world_mapping(w);
    w->names = (weir_expr_names){.credentials = w->credentials,
                                 .credential_count = 3,
                                 .vars = w->vars,
                                 .var_count = 1,
                                 .mappings = w->mappings,
                                 .mapping_count = 1,
                                 .session = w->session,
                                 .session_count = 2,
                                 .has_asset_book = true};
    w->book = weir_asset_book_new(true);
    weir_asset apple = {.symbol = WEIR_STR("AAPL"), .broker_symbol = WEIR_STR("aapl.us")};
    weir_error error;
    if (!weir_asset_book_add(w->book, &apple, &error))
        abort(); /* ck_assert works inside a test only */
    w->known = (weir_expr_world){.credentials = w->credential_values,
                                 .vars = w->var_values,
                                 .session = w->session_values,
                                 .assets = weir_asset_cache_new(w->book),
                                 .connection_name = WEIR_STR("market_data"),
                                 .fixed_now_ns = 1700000000123456789};
    return w;
}

static inline void world_free(world *w)
{
    weir_vm_free(w->vm);
    weir_asset_cache_free(w->known.assets);
    weir_asset_book_free(w->book);
    weir_arena_free(w->spec);
    weir_arena_free(w->run);
    weir_arena_free(w->values);
    free(w);
}

static inline void world_report(void *user, size_t offset, size_t length, const char *text)
{
    world *w = user;
    if (!*w->reported) {
        w->offset = offset;
        w->length = length;
    }
    size_t len = strlen(w->reported);
    snprintf(w->reported + len, sizeof w->reported - len, "%s%s", len ? " | " : "", text);
}

/* The program, or NULL with w->reported. The projections are in *data and *item. */
static inline const weir_program *world_compile(world *w, const char *source,
                                                weir_projection **data, weir_projection **item)
{
    weir_arena_reset(w->spec);
    *w->reported = '\0';
    *data = w->is_whole ? NULL : weir_projection_new(w->spec);
    *item = w->is_whole ? NULL : weir_projection_new(w->spec);
    const weir_expr_scope scope = {
        .roots = w->roots, .data = *data, .item = *item, .names = &w->names};
    const weir_program *program =
        weir_expr_compile(w->spec, weir_str_of(source), &scope, world_report, w);
    if (program && *data)
        ck_assert(weir_projection_seal(*data) && weir_projection_seal(*item));
    return program;
}

static inline weir_value world_decode(world *w, weir_projection *projection, const char *json,
                                      weir_value *slots)
{
    size_t len = strlen(json);
    char *text = weir_arena_calloc(w->spec, 1, len + WEIR_JSON_SLACK);
    memcpy(text, json, len);
    weir_value whole;
    weir_json_error error = {0};
    weir_str span = {text, len};
    bool is_json = projection ? weir_projection_decode(projection, span, slots, &whole, &error)
                              : weir_json_parse(span, &whole, &error);
    ck_assert_msg(is_json, "%s: %s", json, error.text);
    return whole;
}

static inline void world_input(world *w, weir_expr_input *input, weir_projection *data,
                               weir_projection *item, const char *json)
{
    static weir_value assets[2];
    weir_value list, *items;
    assets[0] =
        weir_value_asset(weir_asset_cached(w->known.assets, WEIR_ASSET_SYMBOL, WEIR_STR("AAPL")));
    assets[1] =
        weir_value_asset(weir_asset_cached(w->known.assets, WEIR_ASSET_SYMBOL, WEIR_STR("MSFT")));
    ck_assert(weir_list_new(w->spec, WEIR_LIST, 2, &list, &items));
    memcpy(items, assets, sizeof assets);
    input->roots[WEIR_ROOT_DATA] = world_decode(w, data, json, w->slots[0]);
    input->roots[WEIR_ROOT_ITEM] = world_decode(w, item, json, w->slots[1]);
    input->roots[WEIR_ROOT_VALUE] = weir_value_int(42);
    input->roots[WEIR_ROOT_ASSET] = assets[0];
    input->roots[WEIR_ROOT_SUBSCRIBE_ASSETS] = list;
    input->roots[WEIR_ROOT_RECEIVED] = weir_value_timestamp(1700000000000000000, 1);
    input->roots[WEIR_ROOT_TOPIC] = world_text("stock");
    input->data_slots = w->slots[0];
    input->item_slots = w->slots[1];
}

/* Compiles and runs. What came out, as JSON; or "KeyError" and the like; or "mistake: ...". */
static inline const char *world_run(world *w, const char *source, const char *json)
{
    weir_projection *data, *item;
    weir_expr_input input = {0};
    weir_value v;
    weir_arena_reset(w->run);
    const weir_program *program = world_compile(w, source, &data, &item);
    if (!program) {
        snprintf(w->outcome, sizeof w->outcome, "mistake: %.4000s", w->reported);
        return w->outcome;
    }
    world_input(w, &input, data, item, json);
    if (!weir_vm_run(w->vm, program, &w->known, &input, &v)) {
        weir_vm_range(w->vm, &w->offset, &w->length);
        return weir_raise_name(weir_vm_raise(w->vm));
    }
    ck_assert(weir_vm_settle(w->vm, &v));
    unsigned kind = weir_program_kind(program);
    ck_assert_msg(kind == WEIR_KIND_COUNT || kind == v.kind, "%s: kind %u, not %u", source, v.kind,
                  kind);
    weir_buf out = {0};
    weir_json_write(&out, &v, WEIR_JSON_REVEAL);
    snprintf(w->outcome, sizeof w->outcome, "%s", weir_buf_cstr(&out));
    weir_buf_fini(&out);
    return w->outcome;
}

#endif
