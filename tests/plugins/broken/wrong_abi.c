/* SPDX-License-Identifier: MIT */
/* Built for an ABI of another day. Everything behind the head is not to be believed. */
#include <weir/plugin.h>

const struct {
    uint32_t magic, abi;
    char made_for[16];
} weir_plugin_of_tomorrow __asm__("weir_plugin") = {WEIR_PLUGIN_MAGIC, 77, "9.8.7"};
