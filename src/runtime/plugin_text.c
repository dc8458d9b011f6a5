/* SPDX-License-Identifier: MIT */
/* What is in a plugin, for people (`weir plugin`), and what its functions have done, for
 * Prometheus.
 */
#include "runtime/plugins.h"
#include "util/error.h"

static void put_clean(weir_buf *out, const char *text)
{
    for (; text && *text; text++)
        weir_buf_putc(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void put_doc(weir_buf *out, const char *doc)
{
    weir_buf_puts(out, doc && doc[0] ? ": " : "");
    put_clean(out, doc);
    weir_buf_putc(out, '\n');
}

static void put_function(weir_buf *out, const weir_plugin_item *item)
{
    const weir_extension *extension = &item->extension;
    weir_value promised = {.kind = extension->row.returns};
    weir_buf_printf(out, "function     %s", extension->row.name);
    if (extension->use == WEIR_EXTENSION_EXPRESSION)
        weir_buf_printf(out, "(%s)", extension->row.params);
    weir_buf_printf(out, "  %s", weir_extension_use_name(extension->use));
    if (promised.kind != WEIR_KIND_COUNT)
        weir_buf_printf(out, ", gives %s", weir_value_type_name(&promised));
    put_doc(out, item->row.doc);
    for (size_t i = 0; i < extension->column_count; i++)
        weir_buf_printf(out, "  column     %.*s\n", WEIR_FMT(extension->columns[i].name));
}

static void put_table(weir_buf *out, const weir_plugin_table *table)
{
    const bool is_backend = table->is_backend;
    const size_t count =
        is_backend ? table->backend_row.option_count : table->sink_row.option_count;
    weir_buf_printf(out, "%-12s %s", is_backend ? "backend" : "sink",
                    is_backend ? table->backend_row.name : table->sink_row.name);
    put_doc(out, is_backend ? table->backend_row.title : table->sink_row.doc);
    for (size_t i = 0; i < count; i++) {
        weir_buf_printf(out, "  option     %s", table->options[i].name);
        put_doc(out, table->options[i].doc);
    }
}

static void put_plugin(weir_buf *out, const weir_plugins *plugins)
{
    const weir_loaded *plugin = plugins->first;
    weir_buf_printf(out, "plugin       %s ", plugin->name);
    put_clean(out, plugin->entry->version);
    put_doc(out, plugin->entry->about);
    weir_buf_printf(out, "path         %s\nbuilt for    Weir %.15s, plugin ABI %u\n", plugin->path,
                    plugin->entry->made_for, plugin->entry->abi);
    for (size_t i = 0; i < plugins->count; i++)
        put_function(out, plugins->items[i]);
    for (size_t i = 0; i < plugins->table_count; i++)
        put_table(out, plugins->tables[i]);
}

static void put_line(weir_buf *out, const weir_plugins *plugins)
{
    const weir_loaded *plugin = plugins->first;
    weir_buf_printf(out, "%-16s ", plugin->name);
    put_clean(out, plugin->entry->version);
    weir_buf_puts(out, "  ");
    put_clean(out, plugin->entry->about);
    weir_buf_putc(out, '\n');
}

static weir_code describe(const char *file, weir_text_buffer *out, weir_error *error,
                          void (*put)(weir_buf *out, const weir_plugins *plugins))
{
    weir_error local = {0};
    weir_plugins *plugins = weir_plugins_new();
    weir_buf text = {.ptr = out->ptr, .len = out->len, .cap = out->cap};
    if (!error)
        error = &local;
    if (!plugins)
        return weir_fail_nomem(error);
    weir_code code = weir_plugins_load_file(plugins, file, error) ? WEIR_OK : error->code;
    if (code == WEIR_OK)
        put(&text, plugins);
    *out = (weir_text_buffer){text.ptr, text.len, text.cap};
    weir_plugins_free(plugins);
    return text.failed ? weir_fail_nomem(error) : code;
}

weir_code weir_plugin_text(const char *file, weir_text_buffer *out, weir_error *error)
{
    return describe(file, out, error, put_plugin);
}

weir_code weir_plugin_line(const char *file, weir_text_buffer *out, weir_error *error)
{
    return describe(file, out, error, put_line);
}

/* ------------------------------------------------------------------ metrics */

static double calls_of(const weir_plugin_stats *stats)
{
    return (double)stats->calls;
}

static double failures_of(const weir_plugin_stats *stats)
{
    return (double)stats->failures;
}

static double slow_of(const weir_plugin_stats *stats)
{
    return (double)stats->over_budget;
}

static double seconds_of(const weir_plugin_stats *stats)
{
    return (double)stats->total_ns / 1e9;
}

static double slowest_of(const weir_plugin_stats *stats)
{
    return (double)stats->slowest_ns / 1e9;
}

static const struct {
    const char *name, *type, *help;
    double (*value)(const weir_plugin_stats *stats);
} metrics[] = {
    {"weir_plugin_calls_total", "counter", "Calls of a function of a plugin.", calls_of},
    {"weir_plugin_failures_total", "counter", "Calls that failed.", failures_of},
    {"weir_plugin_over_budget_total", "counter", "Calls that took longer than the budget.",
     slow_of},
    {"weir_plugin_seconds_total", "counter", "Time spent in the function.", seconds_of},
    {"weir_plugin_slowest_seconds", "gauge", "The longest call.", slowest_of},
};

void weir_plugins_metrics(const weir_spec *spec, weir_buf *out)
{
    weir_plugin_stats stats;
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        for (size_t k = 0; weir_spec_plugin_function(spec, k, &stats); k++) {
            if (k == 0)
                weir_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name,
                                metrics[i].help, metrics[i].name, metrics[i].type);
            weir_buf_printf(out, "%s{plugin=\"%.*s\",function=\"%.*s\",use=\"%s\"} %.12g\n",
                            metrics[i].name, WEIR_FMT(stats.plugin), WEIR_FMT(stats.function),
                            stats.use, metrics[i].value(&stats));
        }
    }
}
