/* SPDX-License-Identifier: MIT */
/*
 * The functions of the C library are reached by their other names (__libc_malloc and so on), so
 * nothing has to be looked up, and free may stay the C library's. The stack is walked for a counted
 * call only: in a steady state there are none of ours to pay for.
 */
#include "counter.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OBJECTS_MAX = 128, RANGES_MAX = 512, DEPTH = 24, SITES_MAX = 64 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef struct range {
    uintptr_t from, to;
    size_t object;
} range;

static struct {
    const char *names[OBJECTS_MAX];
    uintptr_t bases[OBJECTS_MAX];
    bool is_system[OBJECTS_MAX]; /* the C library and the loader: not a caller of its own */
    size_t objects;
    range ranges[RANGES_MAX];
    size_t range_count;
} map;

static struct {
    atomic_bool is_counting;
    atomic_size_t calls[OBJECTS_MAX + 1]; /* the last: from nowhere known */
    /* distinct stacks of ours, under the lock */
    size_t sites;
    void *stacks[SITES_MAX][DEPTH];
    int depths[SITES_MAX];
    size_t times[SITES_MAX];
} seen;

static pthread_mutex_t site_lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local bool is_inside;

/* ------------------------------------------------------------------ who is where */

static bool is_named(const char *path, const char *name)
{
    const char *base = strrchr(path, '/');
    return strncmp(base ? base + 1 : path, name, strlen(name)) == 0;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    if (map.objects == OBJECTS_MAX)
        return 1;
    const size_t object = map.objects++;
    map.names[object] = object == 0 ? "program" : info->dlpi_name;
    map.bases[object] = info->dlpi_addr;
    map.is_system[object] =
        object > 0 && (is_named(info->dlpi_name, "libc.so") || is_named(info->dlpi_name, "ld-") ||
                       is_named(info->dlpi_name, "linux-vdso"));
    for (int i = 0; i < info->dlpi_phnum && map.range_count < RANGES_MAX; i++) {
        const uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            map.ranges[map.range_count++] =
                (range){from, from + info->dlpi_phdr[i].p_memsz, object};
    }
    return 0;
}

static size_t object_at(const void *address)
{
    for (size_t i = 0; i < map.range_count; i++)
        if ((uintptr_t)address >= map.ranges[i].from && (uintptr_t)address < map.ranges[i].to)
            return map.ranges[i].object;
    return OBJECTS_MAX;
}

/* ------------------------------------------------------------------ counting */

static void keep_site(void *const *stack, int depth)
{
    const size_t bytes = (size_t)depth * sizeof *stack;
    pthread_mutex_lock(&site_lock);
    size_t site = 0;
    while (site < seen.sites &&
           (seen.depths[site] != depth || memcmp(seen.stacks[site], stack, bytes) != 0))
        site++;
    if (site == seen.sites && site < SITES_MAX) {
        memcpy(seen.stacks[site], stack, bytes);
        seen.depths[site] = depth;
        seen.times[site] = 0;
        seen.sites++;
    }
    if (site < SITES_MAX)
        seen.times[site]++;
    pthread_mutex_unlock(&site_lock);
}

/* The frames of this file come first: they are left out by `own`. */
static void count(int own)
{
    if (!atomic_load_explicit(&seen.is_counting, memory_order_relaxed) || is_inside)
        return;
    is_inside = true;
    void *stack[DEPTH];
    const int depth = backtrace(stack, DEPTH);
    size_t caller = OBJECTS_MAX;
    for (int i = own; i < depth; i++) {
        caller = object_at(stack[i]);
        if (caller == OBJECTS_MAX || !map.is_system[caller])
            break;
    }
    atomic_fetch_add(&seen.calls[caller], 1);
    if (caller == 0 && depth > own)
        keep_site(stack + own, depth - own);
    is_inside = false;
}

/* Found by every library in the process, and never a part of its caller. */
#define COUNTED __attribute__((noinline, visibility("default")))

enum { OWN = 2 /* count() and the function that calls it */ };

COUNTED void *malloc(size_t size)
{
    count(OWN);
    return __libc_malloc(size);
}

COUNTED void *calloc(size_t number, size_t size)
{
    count(OWN);
    return __libc_calloc(number, size);
}

COUNTED void *realloc(void *block, size_t size)
{
    count(OWN);
    return __libc_realloc(block, size);
}

COUNTED void *reallocarray(void *block, size_t number, size_t size)
{
    size_t bytes;
    count(OWN);
    if (__builtin_mul_overflow(number, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(block, bytes);
}

COUNTED void *aligned_alloc(size_t alignment, size_t size)
{
    count(OWN);
    return __libc_memalign(alignment, size);
}

COUNTED void *memalign(size_t alignment, size_t size)
{
    count(OWN);
    return __libc_memalign(alignment, size);
}

COUNTED int posix_memalign(void **block, size_t alignment, size_t size)
{
    count(OWN);
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

COUNTED void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t from)
{
    count(OWN);
    return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, from);
}

/* ------------------------------------------------------------------ the interface */

void counter_start(void)
{
    void *warm[DEPTH];
    is_inside = true;
    backtrace(warm, DEPTH); /* loads the unwinder */
    is_inside = false;
    map.objects = map.range_count = 0;
    dl_iterate_phdr(add_object, NULL);
    for (size_t i = 0; i <= OBJECTS_MAX; i++)
        atomic_store(&seen.calls[i], 0);
    seen.sites = 0;
    atomic_store(&seen.is_counting, true);
}

void counter_stop(void)
{
    atomic_store(&seen.is_counting, false);
}

size_t counter_ours(void)
{
    return atomic_load(&seen.calls[0]);
}

size_t counter_foreign(void)
{
    size_t sum = 0;
    for (size_t i = 1; i <= OBJECTS_MAX; i++)
        sum += atomic_load(&seen.calls[i]);
    return sum;
}

void counter_print(FILE *out)
{
    fprintf(out, "\"ours\":%zu,\"foreign\":%zu,\"by\":{", counter_ours(), counter_foreign());
    const char *comma = "";
    for (size_t i = 1; i <= OBJECTS_MAX; i++) {
        const size_t calls = atomic_load(&seen.calls[i]);
        if (calls == 0)
            continue;
        const char *name = i == OBJECTS_MAX ? "unknown" : map.names[i];
        const char *base = strrchr(name, '/');
        fprintf(out, "%s\"%s\":%zu", comma, base ? base + 1 : name, calls);
        comma = ",";
    }
    fprintf(out, "},\"where\":[");
    for (size_t i = 0; i < seen.sites; i++) {
        fprintf(out, "%s[%zu", i > 0 ? "," : "", seen.times[i]);
        for (int j = 0; j < seen.depths[i]; j++)
            if (object_at(seen.stacks[i][j]) == 0)
                fprintf(out, ",\"%#lx\"",
                        (unsigned long)((uintptr_t)seen.stacks[i][j] - map.bases[0]));
        fprintf(out, "]");
    }
    fprintf(out, "]");
}
