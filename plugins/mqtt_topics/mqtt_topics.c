/* SPDX-License-Identifier: MIT */
/*
 * What to subscribe at an MQTT broker, made by code: a list of (topic, qos), one per asset. How the
 * topics look is said by options; a venue whose topics cannot be said by options is why one writes
 * such a function.
 */
#include <stdlib.h>

#include <weir/plugin.h>

typedef struct settings {
    char *prefix;
    int64_t qos;
} settings;

static const weir_value *one(weir_plugin_context *context, const weir_value *value)
{
    const weir_plugin_host *host = context->host;
    const settings *own = context->state;
    const weir_asset *asset = NULL;
    if (!host->get_asset(context, value, &asset))
        return host->fail(context, "there is something among the assets that is none");
    weir_str name = host->asset_text(asset, "broker_symbol");
    if (name.len == 0)
        name = host->asset_text(asset, "symbol");
    /* In a topic these would ask for more than the one asset. */
    if (memchr(name.ptr, '#', name.len) || memchr(name.ptr, '+', name.len))
        return host->fail(context, "'%.*s' cannot be part of a topic", WEIR_FMT(name));
    const size_t prefix_len = strlen(own->prefix);
    char *topic = host->alloc(context, prefix_len + name.len + 1);
    if (!topic)
        return NULL;
    memcpy(topic, own->prefix, prefix_len);
    memcpy(topic + prefix_len, name.ptr, name.len);
    const weir_str text = {topic, prefix_len + name.len};
    const weir_value *const pair[] = {host->make_text(context, text),
                                      host->make_i64(context, own->qos)};
    return host->make_tuple(context, pair, 2);
}

static const weir_value *create_payload(weir_plugin_context *context, const weir_value *const *args,
                                        size_t count)
{
    const weir_plugin_host *host = context->host;
    const weir_value *assets = host->see(context, WEIR_SEE_ASSETS);
    const size_t wanted = host->count(context, assets);
    const weir_value **pairs = host->alloc(context, (wanted + 1) * sizeof *pairs);
    (void)args;
    (void)count;
    for (size_t i = 0; pairs && i < wanted; i++) {
        pairs[i] = one(context, host->at(context, assets, i));
        if (!pairs[i])
            return NULL;
    }
    return pairs ? host->make_list(context, pairs, wanted) : NULL;
}

static const weir_plugin_function row = {WEIR_PLUGIN_PAYLOAD,
                                         "create_mqtt_subscription_payload",
                                         NULL,
                                         create_payload,
                                         WEIR_TYPE_LIST,
                                         NULL,
                                         0,
                                         "a list of (topic, qos), one per asset"};

static void fini(void *state)
{
    settings *own = state;
    free(own->prefix);
    free(own);
}

static bool read_options(weir_plugin_context *context, settings *own)
{
    const weir_plugin_host *host = context->host;
    const weir_value *prefix = host->option(context, "prefix"), *qos = host->option(context, "qos");
    weir_str text = {"quotes/", 7};
    if (prefix && !host->get_text(context, prefix, &text)) {
        host->fail(context, "the option 'prefix' is a text");
        return false;
    }
    if (qos && (!host->get_i64(context, qos, &own->qos) || own->qos < 0 || own->qos > 2)) {
        host->fail(context, "the option 'qos' is 0, 1 or 2");
        return false;
    }
    own->prefix = strndup(text.ptr, text.len);
    return own->prefix != NULL;
}

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    settings *own = calloc(1, sizeof *own);
    if (!own)
        return false;
    if (read_options(context, own) && context->host->add_function(registry, &row)) {
        context->state = own;
        return true;
    }
    fini(own);
    return false;
}

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_HEAD, "mqtt_topics", "1.0", "subscriptions at an MQTT broker", init, fini};
