/* SPDX-License-Identifier: MIT */
/*
 * The process-wide table of zones and the reader of TZif files (RFC 8536). The table only grows: a
 * published zone is immutable, so readers take no lock; finding by name takes one. A name is
 * checked before a file is opened (letters, digits, "_+-/", no way out of the directory), and
 * nothing in a file is believed before its bounds are. Times behind the last transition follow the
 * rule in the file's footer.
 */
#include "expr/zone.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/zone_rule.h"
#include "util/file.h"
#include "util/map.h"
#include "util/time.h"

typedef struct zone_kind {
    int32_t offset_s;
    const char *abbreviation;
} zone_kind;

typedef struct zone {
    char name[WEIR_ZONE_NAME_MAX];
    size_t transitions;
    int64_t *times;   /* UTC, ascending */
    uint8_t *kind_at; /* from that time on */
    size_t kinds;
    zone_kind *kind;
    char *abbreviations;
    bool has_rule;
    weir_zone_rule rule;
} zone;

static _Atomic(const zone *) zones[WEIR_ZONES_MAX];
static size_t zone_count = 2;
static weir_map by_name;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------------------------ reading a file */

typedef struct reader {
    const uint8_t *at, *end;
} reader;

static bool take(reader *r, size_t n, const uint8_t **out)
{
    if ((size_t)(r->end - r->at) < n)
        return false;
    *out = r->at;
    r->at += n;
    return true;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

typedef struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
    char version;
} counts;

static bool read_header(reader *r, counts *c)
{
    const uint8_t *h;
    if (!take(r, 44, &h) || memcmp(h, "TZif", 4) != 0)
        return false;
    *c = (counts){be32(h + 20), be32(h + 24), be32(h + 28), be32(h + 32),
                  be32(h + 36), be32(h + 40), (char)h[4]};
    const uint32_t most = WEIR_ZONE_FILE_MAX;
    return c->isut <= most && c->isstd <= most && c->leap <= most && c->time <= most &&
           c->type <= 256 && c->chars <= most;
}

static size_t data_size(const counts *c, size_t time_size)
{
    return c->time * (time_size + 1) + (size_t)c->type * 6 + c->chars + c->leap * (time_size + 4) +
           c->isstd + c->isut;
}

static bool read_kinds(zone *z, const uint8_t *types, const counts *c)
{
    z->kinds = c->type;
    z->kind = calloc(c->type, sizeof(*z->kind));
    if (!z->kind)
        return false;
    for (size_t i = 0; i < c->type; i++) {
        int32_t offset = (int32_t)be32(types + i * 6);
        uint8_t text = types[i * 6 + 5];
        if (text >= c->chars || offset < -93600 || offset > 93600)
            return false;
        z->kind[i] = (zone_kind){offset, z->abbreviations + text};
    }
    return true;
}

static bool read_data(zone *z, reader *r, const counts *c)
{
    const uint8_t *times, *kinds, *types, *chars, *rest;
    if (c->type == 0 || !take(r, (size_t)c->time * 8, &times) || !take(r, c->time, &kinds) ||
        !take(r, (size_t)c->type * 6, &types) || !take(r, c->chars, &chars) ||
        !take(r, (size_t)c->leap * 12 + c->isstd + c->isut, &rest))
        return false;
    z->transitions = c->time;
    z->times = calloc(c->time + 1, sizeof(*z->times));
    z->kind_at = calloc(c->time + 1, 1);
    z->abbreviations = calloc(c->chars + 1, 1);
    if (!z->times || !z->kind_at || !z->abbreviations)
        return false;
    memcpy(z->abbreviations, chars, c->chars);
    for (size_t i = 0; i < c->time; i++) {
        z->times[i] = be64(times + i * 8);
        z->kind_at[i] = kinds[i];
        if (kinds[i] >= c->type || (i && z->times[i] <= z->times[i - 1]))
            return false;
    }
    return read_kinds(z, types, c);
}

static bool read_footer(zone *z, reader *r)
{
    if (r->at >= r->end || *r->at != '\n')
        return true;
    const char *text = (const char *)r->at + 1;
    const char *end = memchr(text, '\n', (size_t)((const char *)r->end - text));
    if (!end)
        return false;
    weir_str rule = {text, (size_t)(end - text)};
    z->has_rule = rule.len > 0;
    return rule.len == 0 || weir_zone_rule_parse(rule, &z->rule);
}

static bool parse_file(zone *z, weir_bytes file)
{
    reader r = {file.ptr, file.ptr + file.len};
    counts c;
    const uint8_t *skipped;
    if (!read_header(&r, &c) || c.version < '2' || !take(&r, data_size(&c, 4), &skipped) ||
        !read_header(&r, &c))
        return false;
    return read_data(z, &r, &c) && read_footer(z, &r);
}

static void free_zone(zone *z)
{
    if (!z)
        return;
    free(z->times);
    free(z->kind_at);
    free(z->kind);
    free(z->abbreviations);
    free(z);
}

static bool is_safe_name(weir_str name)
{
    if (name.len == 0 || name.len >= WEIR_ZONE_NAME_MAX || name.ptr[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '+' || c == '-' || c == '/';
        if (!is_good)
            return false;
    }
    return true;
}

static zone *load(weir_str name)
{
    char path[sizeof("/usr/share/zoneinfo/") + WEIR_ZONE_NAME_MAX];
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", WEIR_FMT(name));
    weir_buf file = {0};
    weir_error error;
    if (weir_file_read(path, WEIR_ZONE_FILE_MAX, &file, &error) != WEIR_OK) {
        weir_buf_fini(&file);
        return NULL;
    }
    zone *z = calloc(1, sizeof(*z));
    if (z)
        memcpy(z->name, name.ptr, name.len);
    if (z && !parse_file(z, (weir_bytes){(const uint8_t *)file.ptr, file.len})) {
        free_zone(z);
        z = NULL;
    }
    weir_buf_fini(&file);
    return z;
}

/* ------------------------------------------------------------------ the table */

/* The lock is held. The zone belongs to the table, or is freed. */
static uint16_t publish(zone *z)
{
    if (!z)
        return WEIR_ZONE_NAIVE;
    if (zone_count >= WEIR_ZONES_MAX ||
        !weir_map_put(&by_name, weir_str_of(z->name), (void *)(uintptr_t)zone_count)) {
        free_zone(z);
        return WEIR_ZONE_NAIVE;
    }
    atomic_store_explicit(&zones[zone_count], z, memory_order_release);
    return (uint16_t)zone_count++;
}

static zone *make_fixed(int32_t offset_s)
{
    zone *z = calloc(1, sizeof(*z));
    if (!z)
        return NULL;
    z->kind = calloc(1, sizeof(*z->kind));
    if (!z->kind) {
        free_zone(z);
        return NULL;
    }
    z->kinds = 1;
    z->kind[0] = (zone_kind){offset_s, ""};
    if (offset_s % 60 == 0)
        snprintf(z->name, sizeof(z->name), "pytz.FixedOffset(%d)", offset_s / 60);
    else
        snprintf(z->name, sizeof(z->name), "fixed(%ds)", offset_s);
    return z;
}

uint16_t weir_zone_fixed(int32_t offset_s)
{
    char name[WEIR_ZONE_NAME_MAX];
    if (offset_s == 0)
        return WEIR_ZONE_UTC;
    if (offset_s <= -86400 || offset_s >= 86400)
        return WEIR_ZONE_NAIVE;
    if (offset_s % 60 == 0)
        snprintf(name, sizeof(name), "pytz.FixedOffset(%d)", offset_s / 60);
    else
        snprintf(name, sizeof(name), "fixed(%ds)", offset_s);
    pthread_mutex_lock(&lock);
    uint16_t found = (uint16_t)(uintptr_t)weir_map_get(&by_name, weir_str_of(name));
    if (!found)
        found = publish(make_fixed(offset_s));
    pthread_mutex_unlock(&lock);
    return found;
}

/* "+05:30" and "UTC+05:30", as pandas takes them. */
static bool fixed_name(weir_str name, uint16_t *zone)
{
    if (name.len == 9 && memcmp(name.ptr, "UTC", 3) == 0) {
        name.ptr += 3;
        name.len -= 3;
    }
    if (name.len != 6 || (name.ptr[0] != '+' && name.ptr[0] != '-') || name.ptr[3] != ':')
        return false;
    const char *d = name.ptr;
    for (int i = 1; i < 6; i++)
        if (i != 3 && (d[i] < '0' || d[i] > '9'))
            return false;
    int32_t minutes = ((d[1] - '0') * 10 + d[2] - '0') * 60 + (d[4] - '0') * 10 + d[5] - '0';
    *zone = weir_zone_fixed((d[0] == '-' ? -minutes : minutes) * 60);
    return true;
}

uint16_t weir_zone_find(weir_str name)
{
    uint16_t found;
    if (weir_str_is(name, "UTC") || weir_str_is(name, "utc"))
        return WEIR_ZONE_UTC;
    if (fixed_name(name, &found))
        return found;
    if (!is_safe_name(name))
        return WEIR_ZONE_NAIVE;
    pthread_mutex_lock(&lock);
    found = (uint16_t)(uintptr_t)weir_map_get(&by_name, name);
    if (!found)
        found = publish(load(name));
    pthread_mutex_unlock(&lock);
    return found;
}

static const zone *zone_at(uint16_t index)
{
    return index < WEIR_ZONES_MAX ? atomic_load_explicit(&zones[index], memory_order_acquire)
                                  : NULL;
}

weir_str weir_zone_name(uint16_t index)
{
    const zone *z = zone_at(index);
    if (z)
        return weir_str_of(z->name);
    return index == WEIR_ZONE_UTC ? WEIR_STR("UTC") : (weir_str){"", 0};
}

int32_t weir_zone_offset(uint16_t index, int64_t utc_s, const char **abbreviation)
{
    const zone *z = zone_at(index);
    const char *unused;
    if (!abbreviation)
        abbreviation = &unused;
    if (!z) {
        *abbreviation = index == WEIR_ZONE_UTC ? "UTC" : "";
        return 0;
    }
    size_t low = 0, high = z->transitions;
    if (high && z->has_rule && utc_s >= z->times[high - 1])
        return weir_zone_rule_offset(&z->rule, utc_s, abbreviation);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (z->times[mid] <= utc_s)
            low = mid + 1;
        else
            high = mid;
    }
    if (z->transitions == 0 && z->has_rule)
        return weir_zone_rule_offset(&z->rule, utc_s, abbreviation);
    const zone_kind *kind = &z->kind[low ? z->kind_at[low - 1] : 0];
    *abbreviation = kind->abbreviation;
    return kind->offset_s;
}

int weir_zone_from_local(uint16_t index, int64_t local_s, int64_t utc_s[2])
{
    /* Offsets in force a day before and behind cover every candidate. */
    int32_t before = weir_zone_offset(index, local_s - 86400, NULL);
    int32_t after = weir_zone_offset(index, local_s + 86400, NULL);
    int found = 0;
    const int32_t tries[] = {before > after ? before : after, before > after ? after : before};
    for (int i = 0; i < (before == after ? 1 : 2); i++)
        if (weir_zone_offset(index, local_s - tries[i], NULL) == tries[i])
            utc_s[found++] = local_s - tries[i];
    return found;
}
