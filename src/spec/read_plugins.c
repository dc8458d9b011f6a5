/* SPDX-License-Identifier: MIT */
/*
 * `plugins:`, and the `hooks:` of a connection. Plugins are loaded in front of all else, because
 * every other key may name what they register: a function, a backend with its options. What is
 * wrong with one - not found, made for another version, its own refusal - is a mistake at its name.
 * The other keys are still read then, but a name that nobody registers is no further mistake: the
 * lost plugin may have it.
 */
#include "spec/rows.h"
#include "util/error.h"
#include "util/file.h"

static void read_options(weir_reader *reader, weir_node *node, void *into)
{
    weir_plugin_spec *plugin = into;
    if (!weir_read_value(reader, node, &plugin->options))
        plugin->options = weir_value_absent();
}

static const weir_shape plugin_options_shape = {
    .form = WEIR_SHAPE_MAP, .of = &weir_any_shape, .words = "a map of options"};

static const weir_key_row plugin_rows[] = {
    {.name = "name",
     .type = WEIR_KEY_NAME,
     .offset = offsetof(weir_plugin_spec, name),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "NAME.so or libNAME.so"},
    {.name = "budget",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_plugin_spec, budget_ns),
     .doc = "what one call may take before it is reported (default `1ms`)"},
    {.name = "options",
     .type = WEIR_KEY_READ,
     .read = read_options,
     .shape = &plugin_options_shape,
     .doc = "the plugin's own; its page tells them"},
};
static const weir_key_table plugin_table = {"a plugin", plugin_rows,
                                            sizeof plugin_rows / sizeof plugin_rows[0]};

static const weir_shape plugin_name_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_NAME};
static const weir_shape plugin_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &plugin_table};
static const weir_shape plugin_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &plugin_name_shape, .other = &plugin_map_shape};
const weir_shape weir_plugins_shape = {
    .form = WEIR_SHAPE_LIST, .of = &plugin_shape, .words = "a list of plugins"};

static bool read_plugin(weir_reader *reader, weir_node *node, weir_plugin_spec *plugin)
{
    const size_t errors = weir_diags_errors(reader->diags);
    plugin->node = node;
    if (node->kind == WEIR_NODE_MAP) {
        weir_read_map(reader, node, &plugin_table, plugin);
        plugin->node = weir_node_get(node, "name") ? weir_node_get(node, "name") : node;
        if (weir_node_get(node, "budget") && plugin->budget_ns <= 0 &&
            weir_diags_errors(reader->diags) == errors)
            weir_diag_error(reader->diags, weir_node_get(node, "budget")->place,
                            "the budget of a plugin's calls must be more than 0");
    } else {
        weir_read_name(reader, node, "plugins", &plugin->name);
    }
    return weir_diags_errors(reader->diags) == errors;
}

/* A spec that extends another names plugins of its own; what the other names lies beside that. */
static void load_plugin(weir_reader *reader, const weir_plugin_spec *plugin)
{
    const weir_spec_registry *registry = reader->registry;
    const weir_source *source = plugin->node->place.source;
    const weir_str beside = source ? weir_path_dirname(source->name) : reader->model->directory;
    weir_error error = {0};
    if (!registry || !registry->load_plugin)
        weir_fail(&error, WEIR_ERR_UNSUPPORTED, "plugins cannot be loaded here");
    else if (registry->load_plugin(registry->user, plugin, beside, &error))
        return;
    weir_diag_error(reader->diags, plugin->node->place, "%s", error.text);
    reader->has_lost_plugin = true;
}

void weir_read_plugins(weir_reader *reader, weir_node *spec)
{
    const weir_node *list = weir_node_get(spec, "plugins");
    if (!list || !weir_shape_takes(&weir_plugins_shape, list))
        return; /* weir_read_map will say so */
    weir_plugin_spec *plugins = weir_read_array(reader, list->count, sizeof *plugins);
    for (size_t i = 0; plugins && i < list->count; i++) {
        bool is_new = read_plugin(reader, list->items[i], &plugins[i]);
        reader->has_lost_plugin |= !is_new;
        for (size_t k = 0; is_new && k < i; k++) {
            if (!weir_str_eq(plugins[k].name, plugins[i].name))
                continue;
            weir_diag_error(reader->diags, plugins[i].node->place, "plugin '%.*s' is named twice",
                            WEIR_FMT(plugins[i].name));
            is_new = false;
        }
        if (is_new)
            load_plugin(reader, &plugins[i]);
    }
}

void weir_read_plugins_again(weir_reader *reader, weir_node *node, void *model)
{
    (void)reader;
    (void)node;
    (void)model;
}

/* ------------------------------------------------------------------ hooks */

static const weir_key_row hook_rows[] = {
    {.name = "on_connect",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_hooks_spec, on_connect),
     .use = WEIR_EXTENSION_ON_CONNECT,
     .doc = "the connection is up; nothing was sent yet"},
    {.name = "on_disconnect",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_hooks_spec, on_disconnect),
     .use = WEIR_EXTENSION_ON_DISCONNECT,
     .doc = "it is down; reconnecting goes on by itself"},
    {.name = "on_error",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_hooks_spec, on_error),
     .use = WEIR_EXTENSION_ON_ERROR,
     .doc = "something failed: connecting, logging in, a message"},
    {.name = "on_message",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_hooks_spec, on_message),
     .use = WEIR_EXTENSION_ON_MESSAGE,
     .doc = "every frame as it came, before the parser; it may drop it or replace its bytes"},
};
static const weir_key_table hooks_table = {"hooks", hook_rows,
                                           sizeof hook_rows / sizeof hook_rows[0]};

void weir_read_hooks(weir_reader *reader, weir_node *node, void *connection)
{
    weir_read_map(reader, node, &hooks_table, &((weir_connection_spec *)connection)->hooks);
}

const weir_shape weir_hooks_shape = {.form = WEIR_SHAPE_TABLE, .table = &hooks_table};
