/* SPDX-License-Identifier: MIT */
/*
 * Counts what asks for memory. A program that links counter.c has its malloc, calloc, realloc,
 * reallocarray, aligned_alloc, posix_memalign, memalign and mmap in place of the C library's, for
 * itself and for every library in the process, of every thread. While counting, a call is put down
 * to whoever made it: the nearest caller on the stack outside the C library. Ours is what is in the
 * program (the library under test is linked into it); everything else is a foreign library's.
 */
#ifndef WEIR_ALLOC_COUNTER_H
#define WEIR_ALLOC_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Learns where the program and its libraries lie, and begins at zero. Plugins are loaded before.
 */
void counter_start(void);
void counter_stop(void);

size_t counter_ours(void);
size_t counter_foreign(void);

/** As members of a JSON object: "ours", "foreign", "by" (library: calls) and "where" (distinct
 * stacks of ours: how often, then offsets for addr2line). */
void counter_print(FILE *out);

#endif
