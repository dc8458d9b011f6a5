/* SPDX-License-Identifier: MIT */
/* Fails and gives no reason. */
#include <weir/plugin.h>

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    (void)context;
    (void)registry;
    return false;
}

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD, "init_silent", "1", "", init, NULL};
