/* SPDX-License-Identifier: MIT */
/*
 * Hooks that write what happens on a connection into Weir's log: when it came up, what it was sent
 * and how much, why it went down. In C++, to show how a plugin looks in it: the state is an object,
 * and the table of functions is made of lambdas without captures.
 */
#include <cstdio>
#include <new>

#include <weir/plugin.h>

namespace {

struct Counts {
    unsigned long long connects = 0;
    unsigned long long frames = 0;
    unsigned long long bytes = 0;
    unsigned long long errors = 0;
    bool logs_frames = false;
};

Counts &counts_of(weir_plugin_context *context)
{
    return *static_cast<Counts *>(context->state);
}

weir_str text_of(weir_plugin_context *context, const weir_value *value)
{
    weir_str text = {"", 0};
    context->host->get_text(context, value, &text);
    return text;
}

const weir_value *on_connect(weir_plugin_context *context, const weir_value *const *, std::size_t)
{
    Counts &counts = counts_of(context);
    const weir_str connection = context->host->connection(context);
    counts.connects++;
    context->host->log(context, WEIR_LEVEL_INFO, "%.*s: connected (%llu times so far)",
                       WEIR_FMT(connection), counts.connects);
    return context->host->make_none(context);
}

const weir_value *on_disconnect(weir_plugin_context *context, const weir_value *const *args,
                                std::size_t)
{
    const Counts &counts = counts_of(context);
    const weir_str connection = context->host->connection(context);
    const weir_str why = text_of(context, args[0]);
    context->host->log(context, WEIR_LEVEL_WARNING,
                       "%.*s: disconnected after %llu frames, %llu bytes: %.*s",
                       WEIR_FMT(connection), counts.frames, counts.bytes, WEIR_FMT(why));
    return context->host->make_none(context);
}

const weir_value *on_error(weir_plugin_context *context, const weir_value *const *args, std::size_t)
{
    Counts &counts = counts_of(context);
    const weir_str connection = context->host->connection(context);
    const weir_str why = text_of(context, args[0]), code = text_of(context, args[1]);
    counts.errors++;
    context->host->log(context, WEIR_LEVEL_ERROR, "%.*s: %.*s: %.*s", WEIR_FMT(connection),
                       WEIR_FMT(code), WEIR_FMT(why));
    return context->host->make_none(context);
}

const weir_value *on_message(weir_plugin_context *context, const weir_value *const *args,
                             std::size_t)
{
    Counts &counts = counts_of(context);
    const weir_str bytes = text_of(context, args[0]);
    counts.frames++;
    counts.bytes += bytes.len;
    if (counts.logs_frames)
        context->host->log(context, WEIR_LEVEL_DEBUG, "frame %llu: %zu bytes", counts.frames,
                           bytes.len);
    return args[0];
}

const weir_plugin_function rows[] = {
    {WEIR_PLUGIN_ON_CONNECT, "log_connect", nullptr, on_connect, WEIR_TYPE_NONE, nullptr, 0,
     "an info line"},
    {WEIR_PLUGIN_ON_DISCONNECT, "log_disconnect", nullptr, on_disconnect, WEIR_TYPE_NONE, nullptr,
     0, "a warning, with what was received"},
    {WEIR_PLUGIN_ON_ERROR, "log_error", nullptr, on_error, WEIR_TYPE_NONE, nullptr, 0,
     "an error line"},
    {WEIR_PLUGIN_ON_MESSAGE, "log_message", nullptr, on_message, WEIR_TYPE_ABSENT, nullptr, 0,
     "counts frames; a debug line for each with the option `frames: true`"},
};

bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    Counts *counts = new (std::nothrow) Counts;
    if (!counts)
        return false;
    const weir_value *frames = context->host->option(context, "frames");
    bool is_good = true;
    if (frames && !context->host->get_bool(context, frames, &counts->logs_frames)) {
        context->host->fail(context, "the option 'frames' is true or false");
        is_good = false;
    }
    for (const weir_plugin_function &row : rows)
        is_good = is_good && context->host->add_function(registry, &row);
    if (!is_good) {
        delete counts;
        return false;
    }
    context->state = counts;
    return true;
}

void fini(void *state)
{
    delete static_cast<Counts *>(state);
}

} // namespace

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_HEAD, "hook_logger", "1.0", "what happens on a connection, in the log", init, fini};
