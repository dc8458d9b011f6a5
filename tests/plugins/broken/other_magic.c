/* SPDX-License-Identifier: MIT */
/* Long enough for a head, and none. */
const char weir_plugin[4096] = "not the head of a plugin";
