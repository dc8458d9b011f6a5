/* SPDX-License-Identifier: MIT */
/* The ABI is right, but its weir_plugin_host is a pointer longer. */
#include <weir/plugin.h>

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    (void)context;
    (void)registry;
    return true;
}

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_MAGIC,
    WEIR_PLUGIN_ABI,
    "0.0.9",
    {sizeof(weir_plugin_entry), sizeof(weir_plugin_host) + 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    "wrong_size",
    "1",
    "",
    init,
    NULL};
