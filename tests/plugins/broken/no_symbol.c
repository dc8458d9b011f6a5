/* SPDX-License-Identifier: MIT */
/* A shared object that is no plugin. */
int some_other_symbol;
