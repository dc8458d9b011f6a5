/* SPDX-License-Identifier: MIT */
/*
 * `plugins:`, `sinks:`, and the `hooks:` of a connection. Plugins are loaded in front of all else,
 * because every other key may name what they register: a function, a backend with its options. What
 * is wrong with one - not found, made for another version, its own refusal - is a mistake at its
 * name. The other keys are still read then, but a name that nobody registers is no further mistake:
 * the lost plugin may have it.
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
            /* What is added from outside may be there already: that is what was wanted. */
            if (plugins[k].node->place.source == plugins[i].node->place.source)
                weir_diag_error(reader->diags, plugins[i].node->place,
                                "plugin '%.*s' is named twice", WEIR_FMT(plugins[i].name));
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

/* ------------------------------------------------------------------ sinks */

static const char *const overflows[] = {"block", "drop_oldest", "drop_newest", "conflate", NULL};
static const char *const channels[] = {"data",    "quote",     "order", "position",
                                       "account", "heartbeat", NULL};

typedef struct sink_parts {
    weir_sink_spec sink;
    weir_node *type;
    weir_node *connection;
    weir_node *streams;
    weir_node *options;
} sink_parts;

static void keep_type(weir_reader *reader, weir_node *node, void *into)
{
    sink_parts *parts = into;
    if (weir_read_text(reader, node, "type", &parts->sink.name))
        parts->type = node;
}

static void read_sink_channels(weir_reader *reader, weir_node *node, void *into)
{
    for (size_t i = 0; i < node->count; i++) {
        int channel = 0;
        if (weir_read_enum(reader, node->items[i], "channel", channels, &channel))
            ((sink_parts *)into)->sink.channels |= 1u << channel;
    }
}

static void keep_connection(weir_reader *reader, weir_node *node, void *into)
{
    sink_parts *parts = into;
    if (weir_read_text(reader, node, "connection", &parts->sink.connection))
        parts->connection = node;
}

static void keep_streams(weir_reader *reader, weir_node *node, void *into)
{
    sink_parts *parts = into;
    weir_str *names = weir_read_array(reader, node->count, sizeof *names);
    for (size_t i = 0; names && i < node->count; i++)
        weir_read_text(reader, node->items[i], "streams", &names[i]);
    parts->sink.streams = names;
    parts->sink.stream_count = names ? node->count : 0;
    parts->streams = node;
}

static void keep_sink_options(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((sink_parts *)into)->options = node;
}

static const weir_shape channel_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = channels};
static const weir_shape channel_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &channel_shape, .least = 1, .words = "a list of channels"};
static const weir_shape stream_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &weir_text_shape, .least = 1, .words = "a list of streams"};
static const weir_shape sink_options_shape = {
    .form = WEIR_SHAPE_MAP, .of = &weir_any_shape, .words = "a map of options"};

static const weir_key_row sink_rows[] = {
    {.name = "type",
     .type = WEIR_KEY_READ,
     .read = keep_type,
     .shape = &weir_text_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "name of a sink that a plugin of the spec registers"},
    {.name = "channels",
     .type = WEIR_KEY_READ,
     .read = read_sink_channels,
     .shape = &channel_list_shape,
     .doc = "only records of these channels (default: all)"},
    {.name = "streams",
     .type = WEIR_KEY_READ,
     .read = keep_streams,
     .shape = &stream_list_shape,
     .doc = "only records of these streams (default: all)"},
    {.name = "connection",
     .type = WEIR_KEY_READ,
     .read = keep_connection,
     .shape = &weir_text_shape,
     .doc = "only records of this connection (default: all)"},
    {.name = "overflow",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(sink_parts, sink.overflow),
     .choices = overflows,
     .doc =
         "what happens when it is slower than the venue (default `block`: the connection waits)"},
    {.name = "capacity",
     .type = WEIR_KEY_INT,
     .offset = offsetof(sink_parts, sink.capacity),
     .doc = "records that may wait for it (default 65536)"},
    {.name = "options",
     .type = WEIR_KEY_READ,
     .read = keep_sink_options,
     .shape = &sink_options_shape,
     .doc = "by the sink's own table"},
};
static const weir_key_table sink_table = {"a sink", sink_rows,
                                          sizeof sink_rows / sizeof sink_rows[0]};

static const weir_shape sink_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &sink_table};
static const weir_shape sink_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_text_shape, .other = &sink_map_shape};
const weir_shape weir_sinks_shape = {
    .form = WEIR_SHAPE_LIST, .of = &sink_shape, .words = "a list of sinks"};

void weir_keep_sinks(weir_reader *reader, weir_node *node, void *model)
{
    (void)model;
    reader->sinks = node;
}

static weir_str sink_at(const void *user, size_t index)
{
    return weir_str_of(((const weir_spec_registry *)user)->sinks[index].name);
}

static void use_sink(weir_reader *reader, sink_parts *parts)
{
    const weir_spec_registry *registry = reader->registry;
    const size_t count = registry ? registry->sink_count : 0;
    for (size_t i = 0; i < count; i++) {
        if (!weir_str_is(parts->sink.name, registry->sinks[i].name))
            continue;
        weir_read_options(reader, parts->options, registry->sinks[i].rows, registry->sinks[i].count,
                          &parts->sink.options);
        return;
    }
    if (!reader->has_lost_plugin)
        weir_read_unknown(reader, parts->type->place, "sink", parts->sink.name, count, sink_at,
                          registry);
}

static weir_str connection_at(const void *user, size_t index)
{
    return ((const weir_spec_model *)user)->connections[index].name;
}

static void check_sink_connection(weir_reader *reader, const sink_parts *parts)
{
    const weir_spec_model *model = reader->model;
    for (size_t i = 0; i < model->connection_count; i++) {
        if (weir_str_eq(model->connections[i].name, parts->sink.connection))
            return;
    }
    weir_read_unknown(reader, parts->connection->place, "connection", parts->sink.connection,
                      model->connection_count, connection_at, model);
}

static void check_sink_stream(weir_reader *reader, const sink_parts *parts, size_t index)
{
    const weir_spec_model *model = reader->model;
    const weir_str name = parts->sink.streams[index];
    for (size_t i = 0; i < model->connection_count; i++) {
        const weir_connection_spec *connection = &model->connections[i];
        if ((!parts->connection || weir_str_eq(connection->name, parts->sink.connection)) &&
            weir_connection_stream(connection, name))
            return;
    }
    weir_diag_error(reader->diags, parts->streams->items[index]->place,
                    "no connection of the sink has a stream '%.*s'", WEIR_FMT(name));
}

static void read_sink(weir_reader *reader, weir_node *node, weir_sink_spec *sink)
{
    sink_parts parts = {.sink = {.node = node}};
    if (node->kind == WEIR_NODE_MAP)
        weir_read_map(reader, node, &sink_table, &parts);
    else
        keep_type(reader, node, &parts);
    if (parts.type)
        use_sink(reader, &parts);
    if (parts.sink.capacity < 0)
        weir_diag_error(reader->diags, node->place, "the capacity of a sink must not be negative");
    if (parts.connection)
        check_sink_connection(reader, &parts);
    for (size_t i = 0; i < parts.sink.stream_count; i++)
        check_sink_stream(reader, &parts, i);
    *sink = parts.sink;
}

void weir_read_sinks(weir_reader *reader)
{
    if (!reader->sinks)
        return;
    weir_sink_spec *sinks = weir_read_array(reader, reader->sinks->count, sizeof *sinks);
    if (!sinks)
        return;
    for (size_t i = 0; i < reader->sinks->count; i++)
        read_sink(reader, reader->sinks->items[i], &sinks[i]);
    reader->model->sinks = sinks;
    reader->model->sink_count = reader->sinks->count;
}
