/* SPDX-License-Identifier: MIT */
/* Registers half of what it has, then cannot go on. What it took it gives back itself: fini is not
 * called, and would crash. */
#include <stdlib.h>

#include <weir/plugin.h>

static const weir_value *nothing(weir_plugin_context *context, const weir_value *const *args,
                                 size_t count)
{
    (void)args;
    (void)count;
    return context->host->make_none(context);
}

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    static const weir_plugin_function row = {WEIR_PLUGIN_EXPRESSION, "half_done", "x", nothing,
                                             WEIR_TYPE_ABSENT,       NULL,        0,   ""};
    void *state = malloc(1000);
    context->host->add_function(registry, &row);
    context->host->fail(context, "the licence of %s is %d days old", "half_done", 400);
    free(state);
    return false;
}

static void fini(void *state)
{
    (void)state;
    abort();
}

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD, "init_fails", "1", "", init, fini};
