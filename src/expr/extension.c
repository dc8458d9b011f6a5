/* SPDX-License-Identifier: MIT */
/* Finding functions of plugins by name and use, and calling them outside of a program. */
#include "expr/extension.h"

#include <stdio.h>

#include "util/diag.h"

static const char *const use_names[WEIR_EXTENSION_USES] = {
    [WEIR_EXTENSION_EXPRESSION] = "expression function",
    [WEIR_EXTENSION_TRANSFORM] = "transform",
    [WEIR_EXTENSION_FIELD] = "custom field",
    [WEIR_EXTENSION_PAYLOAD] = "payload builder",
    [WEIR_EXTENSION_ENCODER] = "encoder",
    [WEIR_EXTENSION_PREPROCESSOR] = "preprocessor",
    [WEIR_EXTENSION_DECODER] = "decoder",
    [WEIR_EXTENSION_CONVERTER] = "converter",
    [WEIR_EXTENSION_ON_CONNECT] = "on_connect hook",
    [WEIR_EXTENSION_ON_DISCONNECT] = "on_disconnect hook",
    [WEIR_EXTENSION_ON_ERROR] = "on_error hook",
    [WEIR_EXTENSION_ON_MESSAGE] = "on_message hook",
};

const char *weir_extension_use_name(weir_extension_use use)
{
    return use < WEIR_EXTENSION_USES ? use_names[use] : "function";
}

const weir_extension *weir_extension_find(const weir_extensions *list, weir_extension_use use,
                                          weir_str name)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (list->items[i]->use == use && weir_str_eq(list->items[i]->name, name))
            return list->items[i];
    }
    return NULL;
}

typedef struct candidates {
    const weir_extensions *list;
    weir_extension_use use;
} candidates;

static weir_str candidate_at(const void *user, size_t index)
{
    const candidates *c = user;
    for (size_t i = 0; i < c->list->count; i++) {
        if (c->list->items[i]->use == c->use && index-- == 0)
            return c->list->items[i]->name;
    }
    return (weir_str){0};
}

weir_str weir_extension_suggest(const weir_extensions *list, weir_extension_use use, weir_str name)
{
    const candidates c = {list, use};
    size_t count = 0;
    for (size_t i = 0; list && i < list->count; i++)
        count += list->items[i]->use == use;
    return count ? weir_did_you_mean(name, count, candidate_at, &c) : (weir_str){0};
}

static const weir_extension *find_any(const weir_extensions *list, weir_str name)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (weir_str_eq(list->items[i]->name, name))
            return list->items[i];
    }
    return NULL;
}

void weir_extension_explain(const weir_extensions *list, weir_extension_use use, weir_str name,
                            char out[256])
{
    const char *what = weir_extension_use_name(use);
    const weir_extension *other = find_any(list, name);
    const weir_str like = weir_extension_suggest(list, use, name);
    const candidates c = {list, use};
    if (other)
        snprintf(out, 256, "'%.*s' of plugin '%.*s' is of use as %s, not as %s", WEIR_FMT(name),
                 WEIR_FMT(other->plugin), weir_extension_use_name(other->use), what);
    else if (like.len > 0)
        snprintf(out, 256, "unknown %s '%.*s'; did you mean '%.*s'?", what, WEIR_FMT(name),
                 WEIR_FMT(like));
    else if (!list || list->count == 0)
        snprintf(out, 256, "unknown %s '%.*s': the spec names no plugin that registers functions",
                 what, WEIR_FMT(name));
    else if (candidate_at(&c, 0).len > 0)
        snprintf(out, 256, "unknown %s '%.*s'; the spec's plugins register: %.*s%s", what,
                 WEIR_FMT(name), WEIR_FMT(candidate_at(&c, 0)),
                 candidate_at(&c, 1).len > 0 ? ", ..." : "");
    else
        snprintf(out, 256, "unknown %s '%.*s': no plugin of the spec registers one", what,
                 WEIR_FMT(name));
}

bool weir_extension_run(const weir_extension *extension, weir_vm *vm, const weir_expr_world *world,
                        const weir_expr_input *input, const weir_value *args, size_t count,
                        weir_value *out)
{
    vm->program = NULL;
    vm->world = world;
    vm->input = input;
    vm->steps = WEIR_EXPR_STEPS_MAX;
    vm->raise = WEIR_RAISE_NONE;
    vm->range_length = 0;
    return extension->run(extension, vm, args, count, out);
}
