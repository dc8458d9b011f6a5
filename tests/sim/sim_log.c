/* SPDX-License-Identifier: MIT */
/* The log of a history, its hash - the same seed gives the same one - and what must not be. */
#include <stdarg.h>

#include "sim.h"

static struct {
    uint64_t hash;
    unsigned broken;
    FILE *file;
} record;

void sim_log_begin(FILE *file)
{
    record.hash = UINT64_C(0xcbf29ce484222325);
    record.broken = 0;
    record.file = file;
}

static void put_line(const char *format, va_list args)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "%12.6f ", (double)sim_now() / 1e9);
    len += vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    if (len >= (int)sizeof text)
        len = (int)sizeof text - 1;
    for (int i = 0; i < len; i++)
        record.hash = (record.hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    if (record.file)
        fprintf(record.file, "%s\n", text);
}

void sim_log(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(format, args);
    va_end(args);
}

void sim_broken(const char *format, ...)
{
    va_list args;
    record.broken++;
    va_start(args, format);
    fprintf(stderr, "%12.6f BROKEN: ", (double)sim_now() / 1e9);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

uint64_t sim_log_hash(void)
{
    return record.hash;
}

unsigned sim_broken_count(void)
{
    return record.broken;
}
