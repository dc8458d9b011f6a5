/* SPDX-License-Identifier: MIT */
/*
 * Sinks and backends that plugins register: tables with options. Options become rows as the
 * program's own have them, so that the spec room reads and checks them with no word about plugins.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/plugins.h"
#include "util/time.h"

/* ------------------------------------------------------------------ options */

/* Whoever has the rows finds the table that they are of: the spec room hands back no more. */
typedef struct option_block {
    const weir_plugin_table *table;
    weir_option_row rows[];
} option_block;

static option_block *block_of(const weir_option_row *rows)
{
    return (option_block *)((char *)rows - offsetof(option_block, rows));
}

const weir_plugin_table *weir_plugin_table_of(const weir_options *options)
{
    return block_of(options->rows)->table;
}

static const weir_option_type option_types[WEIR_TAKES_COUNT] = {
    [WEIR_TAKES_BOOL] = WEIR_OPTION_BOOL,   [WEIR_TAKES_INT] = WEIR_OPTION_INT,
    [WEIR_TAKES_SIZE] = WEIR_OPTION_SIZE,   [WEIR_TAKES_DURATION] = WEIR_OPTION_DURATION,
    [WEIR_TAKES_TEXT] = WEIR_OPTION_STR,    [WEIR_TAKES_TEXTS] = WEIR_OPTION_STR_LIST,
    [WEIR_TAKES_CHOICE] = WEIR_OPTION_ENUM,
};

static bool is_choice(const weir_plugin_option *option)
{
    for (size_t i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], option->fallback) == 0)
            return true;
    }
    return false;
}

/* A default that its own row would refuse would be a value that nobody wrote. */
static bool is_fallback_good(const weir_plugin_option *option)
{
    int64_t i = 0;
    uint64_t u = 0;
    char *end = NULL;
    if (!option->fallback)
        return true;
    const weir_str text = weir_str_of(option->fallback);
    switch (option->takes) {
    case WEIR_TAKES_BOOL: return weir_str_is(text, "true") || weir_str_is(text, "false");
    case WEIR_TAKES_INT: return text.len > 0 && (strtoll(option->fallback, &end, 10), *end == '\0');
    case WEIR_TAKES_SIZE: return weir_size_parse(text, &u);
    case WEIR_TAKES_DURATION: return weir_duration_parse(text, &i);
    case WEIR_TAKES_TEXTS: return false;
    case WEIR_TAKES_CHOICE: return is_choice(option);
    default: return true;
    }
}

static bool take_options(weir_plugin_registry *registry, weir_plugin_table *table, const char *name,
                         const weir_plugin_option *options, size_t count)
{
    option_block *block = calloc(1, sizeof *block + (count + 1) * sizeof *block->rows);
    if (!block)
        return weir_plugin_refuse(registry, "out of memory");
    block->table = table;
    table->options = block->rows;
    for (size_t i = 0; i < count; i++) {
        const weir_plugin_option *option = &options[i];
        if ((unsigned)option->takes >= WEIR_TAKES_COUNT || !weir_plugin_is_word(option->name) ||
            (option->takes == WEIR_TAKES_CHOICE && (!option->choices || !option->choices[0])) ||
            !is_fallback_good(option))
            return weir_plugin_refuse(registry,
                                      "option %zu ('%.40s') of '%s' is not as it should be", i,
                                      option->name ? option->name : "", name);
        table->options[i] = (weir_option_row){.name = option->name,
                                              .type = option_types[option->takes],
                                              .doc = option->doc ? option->doc : "",
                                              .fallback = option->fallback,
                                              .min = option->min,
                                              .max = option->max,
                                              .choices = option->choices};
    }
    return true;
}

/* `{vars.NAME}` in a text, filled in; what is no var stays as it is. */
static weir_str fill_vars(weir_plugin_room *room, weir_str text)
{
    static const char opening[] = "{vars.";
    const weir_spec_model *model = room->plugin->owner->model;
    weir_buf out = {0};
    if (!memmem(text.ptr, text.len, opening, sizeof opening - 1))
        return text;
    while (text.len > 0) {
        const char *at = memmem(text.ptr, text.len, opening, sizeof opening - 1);
        const char *end = at ? memchr(at, '}', text.len - (size_t)(at - text.ptr)) : NULL;
        const weir_value *value = NULL;
        weir_str shown = {0};
        if (!end) {
            weir_buf_put(&out, text);
            break;
        }
        const weir_str name = {at + sizeof opening - 1, (size_t)(end - at) - sizeof opening + 1};
        for (size_t i = 0; model && room->expr && room->expr->vars && i < model->var_count; i++) {
            if (weir_str_eq(model->vars[i].name, name))
                value = &room->expr->vars[i];
        }
        weir_buf_put(&out, (weir_str){text.ptr, (size_t)(at - text.ptr)});
        if (value && (value->kind == WEIR_STR || room->open.host->json(&room->open, value, &shown)))
            weir_buf_put(&out, value->kind == WEIR_STR ? weir_value_text(value) : shown);
        else
            weir_buf_put(&out, (weir_str){at, (size_t)(end - at) + 1});
        text.len -= (size_t)(end + 1 - text.ptr);
        text.ptr = end + 1;
    }
    const weir_str filled = weir_arena_copy(room->arena, weir_buf_str(&out));
    weir_buf_fini(&out);
    return filled;
}

static const weir_value *list_value(weir_plugin_room *room, const weir_option_value *option)
{
    const weir_plugin_host *host = room->open.host;
    const weir_value **items = weir_arena_alloc(room->arena, (option->count + 1) * sizeof *items);
    for (size_t i = 0; items && i < option->count; i++)
        items[i] = host->make_text(&room->open, fill_vars(room, option->list[i]));
    return items ? host->make_list(&room->open, items, option->count) : NULL;
}

const weir_value *weir_plugin_option_value(weir_plugin_room *room, const char *name)
{
    const weir_plugin_host *host = room->open.host;
    for (size_t i = 0; i < room->options->count; i++) {
        const weir_option_value *option = &room->options->values[i];
        if (strcmp(room->options->rows[i].name, name) != 0)
            continue;
        if (!option->has_value)
            return NULL;
        switch (room->options->rows[i].type) {
        case WEIR_OPTION_BOOL: return host->make_bool(&room->open, option->b);
        case WEIR_OPTION_SIZE: return host->make_i64(&room->open, (int64_t)option->u);
        case WEIR_OPTION_INT:
        case WEIR_OPTION_DURATION: return host->make_i64(&room->open, option->i);
        case WEIR_OPTION_STR_LIST: return list_value(room, option);
        default: return host->make_text(&room->open, fill_vars(room, option->s));
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the list */

static void free_table(weir_plugin_table *table)
{
    if (table->options)
        free(block_of(table->options));
    free(table);
}

static bool is_taken(const weir_plugins *plugins, const char *name, bool is_backend)
{
    if (is_backend && weir_backend_find(weir_str_of(name)))
        return true;
    for (size_t i = 0; i < plugins->table_count; i++) {
        const weir_plugin_table *table = plugins->tables[i];
        if (table->is_backend == is_backend &&
            strcmp(is_backend ? table->backend_row.name : table->sink_row.name, name) == 0)
            return true;
    }
    return false;
}

/* The lists that the spec room looks into, made anew; false: no memory. */
static bool publish(weir_plugins *plugins)
{
    const weir_spec_registry *own = weir_backend_registry();
    weir_backend_rows *backends =
        calloc(own->count + plugins->table_count + 1, sizeof *plugins->backends);
    weir_sink_rows *sinks = calloc(plugins->table_count + 1, sizeof *sinks);
    if (!backends || !sinks) {
        free(backends);
        free(sinks);
        return false;
    }
    size_t backend_count = own->count, sink_count = 0;
    memcpy(backends, own->backends, own->count * sizeof *backends);
    for (size_t i = 0; i < plugins->table_count; i++) {
        const weir_plugin_table *table = plugins->tables[i];
        if (table->is_backend)
            backends[backend_count++] =
                (weir_backend_rows){.name = table->backend.name,
                                    .rows = table->options,
                                    .count = table->backend_row.option_count,
                                    .traits = table->backend.traits,
                                    .check_url = table->backend.check_url,
                                    .check = table->backend.check};
        else
            sinks[sink_count++] = (weir_sink_rows){table->sink_row.name, table->options,
                                                   table->sink_row.option_count};
    }
    free(plugins->backends);
    free(plugins->sinks);
    plugins->backends = backends;
    plugins->sinks = sinks;
    plugins->registry.backends = backends;
    plugins->registry.count = backend_count;
    plugins->registry.sinks = sinks;
    plugins->registry.sink_count = sink_count;
    return true;
}

/* Takes the table, also when it fails. */
static bool append_take(weir_plugin_registry *registry, weir_plugin_table *table)
{
    weir_plugins *plugins = registry->plugin->owner;
    if (plugins->table_count == plugins->table_cap) {
        const size_t cap = plugins->table_cap ? plugins->table_cap * 2 : 4;
        weir_plugin_table **tables = realloc(plugins->tables, cap * sizeof *tables);
        if (!tables) {
            free_table(table);
            return weir_plugin_refuse(registry, "out of memory");
        }
        plugins->tables = tables;
        plugins->table_cap = cap;
    }
    plugins->tables[plugins->table_count++] = table;
    return publish(plugins) || weir_plugin_refuse(registry, "out of memory");
}

static weir_plugin_table *new_table(weir_plugin_registry *registry, bool is_backend,
                                    const char *name)
{
    const char *what = is_backend ? "backend" : "sink";
    weir_plugin_table *table = NULL;
    if (!weir_plugin_is_word(name))
        weir_plugin_refuse(registry,
                           "it registers a %s under '%.40s', which is no name: letters, digits and "
                           "'_', a letter first",
                           what, name ? name : "");
    else if (is_taken(registry->plugin->owner, name, is_backend))
        weir_plugin_refuse(registry, "there is a %s '%s' already", what, name);
    else if (!(table = calloc(1, sizeof *table)))
        weir_plugin_refuse(registry, "out of memory");
    if (table) {
        table->plugin = registry->plugin;
        table->is_backend = is_backend;
        snprintf(table->what, sizeof table->what, "%s '%.80s'", what, name);
    }
    return table;
}

bool weir_plugin_add_sink(weir_plugin_registry *registry, const weir_plugin_sink *row)
{
    if (!row || !row->open || !row->write || !row->close)
        return weir_plugin_refuse(registry, "it registers a sink without open, write or close");
    weir_plugin_table *table = new_table(registry, false, row->name);
    if (!table)
        return false;
    table->sink_row = *row;
    if (!take_options(registry, table, row->name, row->options, row->option_count)) {
        free_table(table);
        return false;
    }
    return append_take(registry, table);
}

bool weir_plugin_add_backend(weir_plugin_registry *registry, const weir_plugin_backend *row)
{
    if (!row || !row->open || !row->send || !row->pause || !row->close ||
        row->has_topics != (row->subscribe != NULL))
        return weir_plugin_refuse(registry,
                                  "it registers a backend without open, send, pause or close, or "
                                  "whose subscribe is not as has_topics says");
    weir_plugin_table *table = new_table(registry, true, row->name);
    if (!table)
        return false;
    table->backend_row = *row;
    if (!take_options(registry, table, row->name, row->options, row->option_count)) {
        free_table(table);
        return false;
    }
    weir_plugin_backend_fill(table);
    return append_take(registry, table);
}

weir_plugin_table *weir_plugins_sink(const weir_plugins *plugins, weir_str name)
{
    for (size_t i = 0; i < plugins->table_count; i++) {
        if (!plugins->tables[i]->is_backend && weir_str_is(name, plugins->tables[i]->sink_row.name))
            return plugins->tables[i];
    }
    return NULL;
}

const weir_backend *weir_plugins_backend(const weir_plugins *plugins, weir_str name)
{
    for (size_t i = 0; i < plugins->table_count; i++) {
        if (plugins->tables[i]->is_backend && weir_str_is(name, plugins->tables[i]->backend.name))
            return &plugins->tables[i]->backend;
    }
    return NULL;
}

void weir_plugins_forget_tables(weir_plugins *plugins, const weir_loaded *plugin)
{
    size_t left = 0;
    for (size_t i = 0; i < plugins->table_count; i++) {
        if (plugins->tables[i]->plugin == plugin)
            free_table(plugins->tables[i]);
        else
            plugins->tables[left++] = plugins->tables[i];
    }
    const bool has_changed = left != plugins->table_count;
    plugins->table_count = left;
    if (has_changed &&
        !publish(plugins)) { /* without memory none is better than one that is gone */
        plugins->registry.backends = weir_backend_registry()->backends;
        plugins->registry.count = weir_backend_registry()->count;
        plugins->registry.sink_count = 0;
    }
}

void weir_plugins_free_tables(weir_plugins *plugins)
{
    free(plugins->tables);
    free(plugins->backends);
    free(plugins->sinks);
}
