/* SPDX-License-Identifier: MIT */
/*
 * Documents through jansson, which tells line and column of a mistake. Jansson has no number beyond
 * int64 and double; a document that holds one is read again by our own decoder, which keeps the
 * digits. Only the tree's shape comes from jansson: everything is copied into the arena.
 */
#include "value/json_document.h"

#include <jansson.h>

#include "util/error.h"
#include "value/json_read.h"

static bool convert(weir_arena *arena, const json_t *json, weir_value *out);

static bool convert_text(weir_arena *arena, const char *text, size_t len, weir_value *out)
{
    weir_str copy = weir_arena_copy(arena, (weir_str){text, len});
    *out = weir_value_str(copy);
    return copy.ptr != NULL;
}

static bool convert_array(weir_arena *arena, const json_t *json, weir_value *out)
{
    weir_value *items;
    size_t count = json_array_size(json);
    if (!weir_list_new(arena, WEIR_LIST, count, out, &items))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!convert(arena, json_array_get(json, i), &items[i]))
            return false;
    return true;
}

static bool convert_object(weir_arena *arena, const json_t *json, weir_value *out)
{
    weir_dict *dict = weir_dict_new(arena, json_object_size(json));
    if (!dict)
        return false;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)json, name, member)
    {
        weir_value key;
        weir_value value;
        if (!convert_text(arena, name, strlen(name), &key) || !convert(arena, member, &value) ||
            !weir_dict_put(arena, dict, &key, &value))
            return false;
    }
    *out = weir_value_dict(dict);
    return true;
}

/* As deep as jansson lets a document be (JSON_PARSER_MAX_DEPTH, 2048). */
static bool convert(weir_arena *arena, const json_t *json, weir_value *out)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return convert_object(arena, json, out);
    case JSON_ARRAY: return convert_array(arena, json, out);
    case JSON_STRING:
        return convert_text(arena, json_string_value(json), json_string_length(json), out);
    case JSON_INTEGER: *out = weir_value_int(json_integer_value(json)); return true;
    case JSON_REAL: *out = weir_value_float(json_real_value(json)); return true;
    case JSON_TRUE: *out = weir_value_bool(true); return true;
    case JSON_FALSE: *out = weir_value_bool(false); return true;
    case JSON_NULL: *out = weir_value_none(); return true;
    }
    return false;
}

/* The same document by our decoder, from a copy with the slack that it wants. */
static bool decode(weir_arena *arena, weir_str text, weir_value *out, weir_error *error)
{
    char *copy = weir_arena_alloc(arena, text.len + WEIR_JSON_SLACK);
    if (!copy) {
        weir_fail_nomem(error);
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, WEIR_JSON_SLACK);
    weir_json_error why;
    weir_value raw;
    if (!weir_json_parse((weir_str){copy, text.len}, &raw, &why)) {
        weir_fail(error, WEIR_ERR_DECODE, "byte %zu: %s", why.offset, why.text);
        return false;
    }
    if (!weir_json_unfold_deep(arena, &raw, out)) {
        weir_fail_nomem(error);
        return false;
    }
    return true;
}

bool weir_json_document(weir_arena *arena, weir_str text, weir_value *out, weir_error *error)
{
    json_error_t why;
    json_t *json =
        json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (!json && json_error_code(&why) == json_error_numeric_overflow)
        return decode(arena, text, out, error);
    if (!json) {
        weir_fail(error, WEIR_ERR_DECODE, "line %d, column %d: %s", why.line, why.column, why.text);
        return false;
    }
    bool converted = convert(arena, json, out);
    json_decref(json);
    if (!converted)
        weir_fail_nomem(error);
    return converted;
}
