/* SPDX-License-Identifier: MIT */
/* An entry without init. */
#include <weir/plugin.h>

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD, "no_init", "1", "", NULL, NULL};
