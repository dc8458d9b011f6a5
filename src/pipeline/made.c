/* SPDX-License-Identifier: MIT */
/*
 * What a custom converter gives: a dict, nested or with dotted keys, of which each column takes its
 * member. A member that no column takes would be lost without a word, so it is looked for first.
 */
#include <stdio.h>

#include "pipeline/parts.h"

weir_value weir_made_value(const weir_value *made, weir_str path)
{
    const weir_value *found = weir_dict_get_str(made->dict, path);
    const char *dot = path.len ? memchr(path.ptr, '.', path.len) : NULL;
    if (found)
        return *found;
    if (!dot)
        return weir_value_absent();
    const weir_str first = {path.ptr, (size_t)(dot - path.ptr)};
    const weir_str rest = {dot + 1, path.len - first.len - 1};
    found = weir_dict_get_str(made->dict, first);
    return found && found->kind == WEIR_DICT ? weir_made_value(found, rest) : weir_value_absent();
}

static bool is_column(const weir_plan_rule *rule, weir_str path)
{
    for (size_t i = 0; i < rule->column_count; i++) {
        if (weir_str_eq(rule->columns[i].field->path, path))
            return true;
    }
    return false;
}

static bool is_above_column(const weir_plan_rule *rule, weir_str path)
{
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_str column = rule->columns[i].field->path;
        if (column.len > path.len && column.ptr[path.len] == '.' &&
            memcmp(column.ptr, path.ptr, path.len) == 0)
            return true;
    }
    return false;
}

enum { PATH_MAX_LEN = 200 };

static bool find_stranger(const weir_dict *dict, const weir_plan_rule *rule, const char *above,
                          char out[96])
{
    for (size_t i = 0; i < dict->count; i++) {
        const weir_value *key = &dict->entries[i].key, *value = &dict->entries[i].value;
        char path[PATH_MAX_LEN];
        const weir_str name = key->kind == WEIR_STR ? weir_value_text(key) : WEIR_STR("?");
        const int len =
            snprintf(path, sizeof path, "%s%s%.*s", above, above[0] ? "." : "", WEIR_FMT(name));
        const bool is_cut = len < 0 || (size_t)len >= sizeof path;
        const weir_str text = weir_str_of(path);
        if (!is_cut && is_column(rule, text))
            continue;
        if (!is_cut && value->kind == WEIR_DICT && is_above_column(rule, text)) {
            if (find_stranger(value->dict, rule, path, out))
                return true;
            continue;
        }
        snprintf(out, 96, "%.95s", path);
        return true;
    }
    return false;
}

bool weir_made_stranger(const weir_value *made, const weir_plan_rule *rule, char out[96])
{
    return find_stranger(made->dict, rule, "", out);
}
