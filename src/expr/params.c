/* SPDX-License-Identifier: MIT */
/*
 * Binding the arguments of a call to the `params` of a row (the little notation of names.h), with
 * the complaints that CPython makes. Done once per call site, by the compiler.
 */
#include <stdio.h>

#include "expr/names.h"

typedef struct params {
    weir_str names[WEIR_PARAMS_MAX];
    bool is_optional[WEIR_PARAMS_MAX];
    size_t count;
    size_t only_positional; /* names before "/" */
    size_t positional;      /* names that a positional argument may fill */
    bool takes_rest;
    bool needs_one; /* "+": no argument at all is too few */
} params;

static weir_str next_word(const char **at)
{
    while (**at == ' ')
        ++*at;
    const char *from = *at;
    while (**at && **at != ' ')
        ++*at;
    return (weir_str){from, (size_t)(*at - from)};
}

static void read_params(const char *text, params *p)
{
    bool is_closed = false; /* behind "*": keyword-only */
    *p = (params){0};
    for (weir_str word = next_word(&text); word.len; word = next_word(&text)) {
        if (word.ptr[0] == '/') {
            p->only_positional = p->count;
        } else if (word.ptr[0] == '*') {
            p->takes_rest = word.len > 1;
            is_closed = true;
        } else if (word.ptr[0] == '+') {
            p->needs_one = true;
        } else if (p->count < WEIR_PARAMS_MAX) {
            p->is_optional[p->count] = word.ptr[word.len - 1] == '?';
            word.len -= p->is_optional[p->count];
            p->names[p->count++] = word;
            p->positional += !is_closed;
        }
    }
}

static bool bind_keyword(const char *name, const params *p, weir_str keyword, int argument,
                         weir_binding *binding, char why[160])
{
    for (size_t i = p->only_positional; i < p->count; i++) {
        if (!weir_str_eq(p->names[i], keyword))
            continue;
        if (binding->order[i] >= 0) {
            snprintf(why, 160, "%s() got multiple values for argument '%.*s'", name,
                     WEIR_FMT(keyword));
            return false;
        }
        binding->order[i] = argument;
        return true;
    }
    for (size_t i = 0; i < p->only_positional; i++)
        if (weir_str_eq(p->names[i], keyword)) {
            snprintf(why, 160, "%s() takes '%.*s' as a positional argument only", name,
                     WEIR_FMT(keyword));
            return false;
        }
    if (p->count == p->only_positional)
        snprintf(why, 160, "%s() takes no keyword arguments", name);
    else
        snprintf(why, 160, "%s() got an unexpected keyword argument '%.*s'", name,
                 WEIR_FMT(keyword));
    return false;
}

static bool too_many(const char *name, const params *p, size_t given, char why[160])
{
    size_t needed = 0;
    for (size_t i = 0; i < p->positional; i++)
        needed += !p->is_optional[i];
    if (p->positional == 0)
        snprintf(why, 160, "%s() takes no arguments (%zu given)", name, given);
    else
        snprintf(why, 160, "%s() takes %s %zu positional argument%s but %zu %s given", name,
                 needed == p->positional ? "exactly" : "at most", p->positional,
                 p->positional == 1 ? "" : "s", given, given == 1 ? "was" : "were");
    return false;
}

static bool none_given(const char *name, const params *p, char why[160])
{
    int len = snprintf(why, 160, "%s() needs at least one of ", name);
    for (size_t i = 0; i < p->count && len > 0 && len < 160; i++)
        len +=
            snprintf(why + len, 160 - (size_t)len, "%s%.*s=", i ? ", " : "", WEIR_FMT(p->names[i]));
    return false;
}

bool weir_params_bind(const char *name, const char *text, size_t positional,
                      const weir_str *keywords, size_t keyword_count, weir_binding *binding,
                      char why[160])
{
    params p;
    read_params(text, &p);
    *binding = (weir_binding){.count = p.count};
    size_t placed = positional < p.positional ? positional : p.positional;
    for (size_t i = 0; i < WEIR_PARAMS_MAX; i++)
        binding->order[i] = i < placed ? (int)i : -1;
    if (positional > placed && !p.takes_rest)
        return too_many(name, &p, positional, why);
    binding->rest_from = placed;
    binding->rest_count = positional - placed;
    for (size_t i = 0; i < keyword_count; i++)
        if (!bind_keyword(name, &p, keywords[i], (int)(positional + i), binding, why))
            return false;
    for (size_t i = 0; i < p.count; i++)
        if (binding->order[i] < 0 && !p.is_optional[i]) {
            snprintf(why, 160, "%s() missing required argument '%.*s' (pos %zu)", name,
                     WEIR_FMT(p.names[i]), i + 1);
            return false;
        }
    if (p.needs_one && positional + keyword_count == 0)
        return none_given(name, &p, why);
    return true;
}
