/* SPDX-License-Identifier: MIT
 *
 * Options for tests that have no spec: rows filled from "name=value" texts, as the spec room fills
 * them from YAML. A list is separated by commas, a map's entries are "key:value".
 */
#ifndef WEIR_TESTS_FILL_OPTIONS_H
#define WEIR_TESTS_FILL_OPTIONS_H

#include "util/arena.h"
#include "util/option.h"

/* The fallbacks of all rows. Exits when out of memory: a test has no way on. */
weir_options fill_options(weir_arena *arena, const weir_option_row *rows, size_t count);
/* "tls.verify=false". False for an unknown name or an unreadable value. */
bool fill_option(weir_arena *arena, weir_options *options, const char *setting);

#endif
