/* SPDX-License-Identifier: MIT */
/* Registers what the host refuses; REFUSED says which. `init` does not even notice. */
#include <weir/plugin.h>

static const weir_value *nothing(weir_plugin_context *context, const weir_value *const *args,
                                 size_t count)
{
    (void)args;
    (void)count;
    return context->host->make_none(context);
}

static const weir_plugin_column columns[] = {
    {"data.close", WEIR_TYPE_FLOAT}, {"data.close", WEIR_TYPE_FLOAT}, {"seq", WEIR_TYPE_INT}};

static const weir_plugin_function rows[] = {
    {WEIR_PLUGIN_EXPRESSION, "len", "x", nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_EXPRESSION, "vars", "x", nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_TRANSFORM, "two words", NULL, nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_TRANSFORM, NULL, NULL, nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_TRANSFORM, "hollow", NULL, NULL, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_EXPRESSION, "odd", "x, y", nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_EXPRESSION, "odd", NULL, nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_USES, "odd", NULL, nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_CONVERTER, "bare", NULL, nothing, WEIR_TYPE_ABSENT, NULL, 0, ""},
    {WEIR_PLUGIN_CONVERTER, "double", NULL, nothing, WEIR_TYPE_ABSENT, columns, 2, ""},
    {WEIR_PLUGIN_CONVERTER, "carried", NULL, nothing, WEIR_TYPE_ABSENT, columns + 2, 1, ""},
};

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    context->host->add_function(registry, &rows[REFUSED]);
    return true;
}

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD, "refused", "1", "", init, NULL};
