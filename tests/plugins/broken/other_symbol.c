/* SPDX-License-Identifier: MIT */
/* The symbol is there, and is something else: too short for any head. */
const int weir_plugin = 42;
