/* SPDX-License-Identifier: MIT */
/*
 * What `init` registers. Rows are checked here, once, so that the rooms below can rely on them; the
 * first that is refused is what the user is told, whatever `init` returns.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/plugins.h"
#include "util/error.h"

bool weir_plugin_refuse(weir_plugin_registry *registry, const char *format, ...)
{
    va_list args;
    if (registry->error.code != WEIR_OK)
        return false;
    va_start(args, format);
    weir_failv(&registry->error, WEIR_ERR_ARGUMENT, format, args);
    va_end(args);
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t word_length(const char *text)
{
    size_t len = 0;
    if (!is_letter(text[0]))
        return 0;
    while (is_letter(text[len]) || (text[len] >= '0' && text[len] <= '9') || text[len] == '_')
        len++;
    return len;
}

bool weir_plugin_is_word(const char *text)
{
    return text && text[0] && text[word_length(text)] == '\0';
}

/* As expr/names.h has it: "x", "x?", "*x", "*", "/", with blanks between. */
static bool are_params(const char *params)
{
    size_t count = 0;
    bool has_rest = false;
    for (const char *at = params; *at; at += strspn(at, " ")) {
        const bool is_star = *at == '*';
        const size_t len = is_star ? 1 + word_length(at + 1) : *at == '/' ? 1 : word_length(at);
        if (len == 0 || (is_star && has_rest))
            return false;
        has_rest |= is_star;
        count += !is_star && *at != '/';
        at += len;
        at += *at == '?' && !is_star && at[-1] != '/';
        if (*at != ' ' && *at != '\0')
            return false;
    }
    return count <= WEIR_PARAMS_MAX;
}

/* The kind of values that a type promises; WEIR_KIND_COUNT: it varies. */
static uint8_t kind_of(weir_plugin_type type)
{
    static const uint8_t kinds[] = {
        [WEIR_TYPE_ABSENT] = WEIR_KIND_COUNT,   [WEIR_TYPE_NONE] = WEIR_NONE,
        [WEIR_TYPE_BOOL] = WEIR_BOOL,           [WEIR_TYPE_INT] = WEIR_INT,
        [WEIR_TYPE_FLOAT] = WEIR_FLOAT,         [WEIR_TYPE_STR] = WEIR_STR,
        [WEIR_TYPE_BYTES] = WEIR_BYTES,         [WEIR_TYPE_DECIMAL] = WEIR_DECIMAL,
        [WEIR_TYPE_TIMESTAMP] = WEIR_TIMESTAMP, [WEIR_TYPE_ASSET] = WEIR_ASSET,
        [WEIR_TYPE_LIST] = WEIR_LIST,           [WEIR_TYPE_DICT] = WEIR_DICT,
        [WEIR_TYPE_OTHER] = WEIR_KIND_COUNT,
    };
    return (size_t)type < sizeof kinds ? kinds[type] : (uint8_t)WEIR_KIND_COUNT;
}

/* What an expression means by a name already cannot be given another meaning. */
static bool is_taken(const char *name)
{
    const char *known, *doc;
    weir_value callable;
    for (size_t i = 0; weir_name_row(i, &known, &doc); i++) {
        if (strcmp(known, name) == 0)
            return true;
    }
    return weir_callable_find(weir_str_of(name), &callable) || strcmp(name, "None") == 0 ||
           strcmp(name, "True") == 0 || strcmp(name, "False") == 0 || strcmp(name, "pd") == 0 ||
           strcmp(name, "broker") == 0;
}

static bool check_row(weir_plugin_registry *registry, const weir_plugin_function *row)
{
    if ((unsigned)row->use >= WEIR_PLUGIN_USES)
        return weir_plugin_refuse(registry,
                                  "it registers a function of a use (%u) that there is not",
                                  (unsigned)row->use);
    const char *use = weir_extension_use_name((weir_extension_use)row->use);
    if (!weir_plugin_is_word(row->name))
        return weir_plugin_refuse(
            registry,
            "it registers a %s under '%.40s', which is no name: letters, digits and '_', "
            "a letter first",
            use, row->name ? row->name : "");
    if (!row->call)
        return weir_plugin_refuse(registry, "it registers %s '%s' without a function", use,
                                  row->name);
    const bool is_expression = row->use == WEIR_PLUGIN_EXPRESSION;
    if (is_expression && is_taken(row->name))
        return weir_plugin_refuse(registry, "'%s' has a meaning in expressions already", row->name);
    if (is_expression && (!row->params || !are_params(row->params)))
        return weir_plugin_refuse(
            registry,
            "the parameters of '%s' are not as they should be: \"x y? *rest\", at most %d",
            row->name, WEIR_PARAMS_MAX);
    if (row->use == WEIR_PLUGIN_CONVERTER && (row->column_count == 0 || !row->columns))
        return weir_plugin_refuse(registry, "converter '%s' declares no columns", row->name);
    return true;
}

/* ------------------------------------------------------------------ columns */

static bool check_column(weir_plugin_registry *registry, const weir_plugin_function *row,
                         size_t index)
{
    static const char *const carried[] = {"channel", "stream", "connection", "received",
                                          "seq",     "frame",  "asset",      "timestamp"};
    const char *name = row->columns[index].name;
    bool is_good = name && name[0];
    for (const char *at = name; is_good && *at;) {
        const size_t len = word_length(at);
        is_good = len > 0 && (at[len] == '\0' || (at[len] == '.' && at[len + 1]));
        at += len + (at[len] == '.');
    }
    for (size_t i = 0; is_good && i < sizeof carried / sizeof *carried; i++)
        is_good = strcmp(name, carried[i]) != 0;
    for (size_t i = 0; is_good && i < index; i++)
        is_good = strcmp(name, row->columns[i].name) != 0;
    return is_good || weir_plugin_refuse(registry, "converter '%s' cannot have the column '%.60s'",
                                         row->name, name ? name : "");
}

static bool take_columns(weir_plugin_registry *registry, weir_plugin_item *item)
{
    const weir_plugin_function *row = &item->row;
    if (row->use != WEIR_PLUGIN_CONVERTER)
        return true;
    weir_extension_column *columns = calloc(row->column_count, sizeof *columns);
    item->extension.columns = columns;
    item->extension.column_count = row->column_count;
    if (!columns)
        return weir_plugin_refuse(registry, "out of memory");
    for (size_t i = 0; i < row->column_count; i++) {
        if (!check_column(registry, row, i))
            return false;
        columns[i].name = weir_str_of(row->columns[i].name);
        columns[i].kind = kind_of(row->columns[i].type);
    }
    return true;
}

/* ------------------------------------------------------------------ the list */

static void free_item(weir_plugin_item *item)
{
    free((void *)item->extension.columns);
    free(item);
}

static bool append(weir_plugins *plugins, weir_plugin_item *item)
{
    if (plugins->count == plugins->cap) {
        const size_t cap = plugins->cap ? plugins->cap * 2 : 8;
        weir_plugin_item **items = realloc(plugins->items, cap * sizeof *items);
        if (!items)
            return false;
        plugins->items = items;
        plugins->cap = cap;
    }
    plugins->items[plugins->count++] = item;
    /* An item begins with its extension, so the one list is the other. */
    plugins->extensions.items = (const weir_extension *const *)plugins->items;
    plugins->extensions.count = plugins->count;
    return true;
}

static void fill(weir_plugin_item *item, const weir_loaded *plugin)
{
    const weir_plugin_function *row = &item->row;
    item->plugin = plugin;
    item->extension.use = (weir_extension_use)row->use;
    item->extension.name = weir_str_of(row->name);
    item->extension.plugin = weir_str_of(plugin->name);
    item->extension.run = weir_plugin_run;
    snprintf(item->what, sizeof item->what, "%s '%.80s'",
             weir_extension_use_name(item->extension.use), row->name);
    item->extension.row = (weir_fn_row){.name = row->name,
                                        .params = row->params ? row->params : "",
                                        .call = weir_plugin_call,
                                        .returns = kind_of(row->gives),
                                        .doc = row->doc ? row->doc : ""};
}

bool weir_plugin_add_function(weir_plugin_registry *registry, const weir_plugin_function *row)
{
    weir_plugins *plugins = registry->plugin->owner;
    if (!row)
        return weir_plugin_refuse(registry, "it registers nothing");
    if (!check_row(registry, row))
        return false;
    const weir_extension *other = weir_extension_find(
        &plugins->extensions, (weir_extension_use)row->use, weir_str_of(row->name));
    if (other)
        return weir_plugin_refuse(registry, "%s '%s' is registered already, by plugin '%.*s'",
                                  weir_extension_use_name(other->use), row->name,
                                  WEIR_FMT(other->plugin));
    weir_plugin_item *item = calloc(1, sizeof *item);
    if (!item)
        return weir_plugin_refuse(registry, "out of memory");
    item->row = *row;
    fill(item, registry->plugin);
    if (!take_columns(registry, item) || !append(plugins, item)) {
        free_item(item);
        return weir_plugin_refuse(registry, "out of memory");
    }
    return true;
}

void weir_plugins_forget(weir_plugins *plugins, const weir_loaded *plugin)
{
    size_t left = 0;
    for (size_t i = 0; i < plugins->count; i++) {
        if (plugins->items[i]->plugin == plugin)
            free_item(plugins->items[i]);
        else
            plugins->items[left++] = plugins->items[i];
    }
    plugins->count = left;
    plugins->extensions.count = left;
    weir_plugins_forget_tables(plugins, plugin);
}
