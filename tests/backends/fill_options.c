/* SPDX-License-Identifier: MIT
 *
 * What a test needs of the spec room's option reader, and no more: no places, no diagnostics.
 */
#include "fill_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/time.h"

static void need(bool ok)
{
    if (!ok) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
}

static bool is_number(weir_str text, int64_t *value)
{
    char *end;
    *value = strtoll(text.ptr, &end, 10);
    return text.len > 0 && *end == '\0';
}

static size_t count_parts(weir_str text)
{
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    return count;
}

static weir_str next_part(weir_str *text, char stop)
{
    const char *at = text->len ? memchr(text->ptr, stop, text->len) : NULL;
    weir_str part = {text->ptr, at ? (size_t)(at - text->ptr) : text->len};
    size_t used = at ? part.len + 1 : part.len;
    text->ptr += used;
    text->len -= used;
    return part;
}

static bool set_list(weir_arena *arena, weir_option_value *value, weir_str text)
{
    value->count = count_parts(text);
    weir_str *list = weir_arena_calloc(arena, value->count + 1, sizeof *list);
    need(list != NULL);
    for (size_t i = 0; i < value->count; i++)
        list[i] = next_part(&text, ',');
    value->list = list;
    return true;
}

static bool set_map(weir_arena *arena, weir_option_value *value, weir_str text)
{
    value->count = count_parts(text);
    weir_option_pair *pairs = weir_arena_calloc(arena, value->count + 1, sizeof *pairs);
    need(pairs != NULL);
    for (size_t i = 0; i < value->count; i++) {
        weir_str part = next_part(&text, ',');
        pairs[i].key = next_part(&part, ':');
        pairs[i].value = part;
    }
    value->pairs = pairs;
    return true;
}

static bool set_choice(weir_option_value *value, weir_str text)
{
    for (int i = 0; value->row->choices[i]; i++) {
        value->i = i;
        if (weir_str_is(text, value->row->choices[i]))
            return true;
    }
    return false;
}

static bool set_value(weir_arena *arena, weir_option_value *value, const char *text)
{
    weir_str copy = weir_arena_copy(arena, weir_str_of(text));
    need(copy.ptr != NULL);
    value->has_value = true;
    value->s = copy;
    switch (value->row->type) {
    case WEIR_OPTION_BOOL:
        value->b = weir_str_is(copy, "true");
        return value->b || weir_str_is(copy, "false");
    case WEIR_OPTION_INT: return is_number(copy, &value->i);
    case WEIR_OPTION_SIZE: return weir_size_parse(copy, &value->u);
    case WEIR_OPTION_DURATION: return weir_duration_parse(copy, &value->i);
    case WEIR_OPTION_STR: return true;
    case WEIR_OPTION_STR_LIST: return set_list(arena, value, copy);
    case WEIR_OPTION_STR_MAP: return set_map(arena, value, copy);
    case WEIR_OPTION_ENUM: return set_choice(value, copy);
    default: return false;
    }
}

static weir_option_value *fill_rows(weir_arena *arena, const weir_option_row *rows, size_t count)
{
    weir_option_value *values = weir_arena_calloc(arena, count, sizeof *values);
    need(values != NULL);
    for (size_t i = 0; i < count; i++) {
        values[i].row = &rows[i];
        if (rows[i].type == WEIR_OPTION_GROUP)
            values[i].group = fill_rows(arena, rows[i].rows, rows[i].row_count);
        else if (rows[i].fallback)
            need(set_value(arena, &values[i], rows[i].fallback));
    }
    return values;
}

weir_options fill_options(weir_arena *arena, const weir_option_row *rows, size_t count)
{
    weir_options options = {rows, count, fill_rows(arena, rows, count)};
    return options;
}

static bool has_row(const weir_option_row *rows, size_t count, weir_str name)
{
    weir_str part = next_part(&name, '.');
    for (size_t i = 0; i < count; i++)
        if (weir_str_is(part, rows[i].name))
            return name.len == 0 || has_row(rows[i].rows, rows[i].row_count, name);
    return false;
}

bool fill_option(weir_arena *arena, weir_options *options, const char *setting)
{
    weir_str text = weir_str_of(setting);
    weir_str name = next_part(&text, '=');
    if (!has_row(options->rows, options->count, name))
        return false;
    weir_str key = weir_arena_copy(arena, name);
    need(key.ptr != NULL);
    weir_option_value *value = (weir_option_value *)weir_options_get(options, key.ptr);
    value->is_set = true;
    return set_value(arena, value, text.ptr);
}
