/* SPDX-License-Identifier: MIT */
/*
 * The table that plugins work through. A value that a plugin holds lies in the arena of its call -
 * arguments are copies, the rest was made here - so a raw container may be unfolded in place the
 * first time that somebody looks into it, and walking it costs no more than once.
 */
#include <stdio.h>

#include "runtime/plugins.h"
#include "util/log.h"
#include "util/time.h"
#include "util/utf8.h"
#include "value/decimal.h"
#include "value/json_read.h"
#include "value/json_write.h"

/* ------------------------------------------------------------------ telling */

static const weir_value *host_fail(weir_plugin_context *context, const char *format, ...)
{
    weir_plugin_room *room = weir_plugin_room_of(context);
    va_list args;
    va_start(args, format);
    vsnprintf(room->why, sizeof room->why, format, args);
    va_end(args);
    room->has_failed = true;
    return NULL;
}

static void host_log(weir_plugin_context *context, weir_plugin_level level, const char *format, ...)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    const weir_log_level to = level >= WEIR_LEVEL_ERROR ? WEIR_LOG_ERROR : (weir_log_level)level;
    weir_buf line = {0}, masked = {0};
    va_list args;
    if (!weir_log_wants(to))
        return;
    va_start(args, format);
    weir_buf_vprintf(&line, format, args);
    va_end(args);
    if (room->world)
        weir_world_mask(room->world, weir_buf_str(&line), &masked);
    else
        weir_buf_put(&masked, weir_buf_str(&line));
    if (!line.failed && !masked.failed)
        weir_log(to, "plugin '%s': %s", room->plugin->name, weir_buf_cstr(&masked));
    weir_buf_wipe(&line);
    weir_buf_fini(&masked);
}

static void *host_alloc(weir_plugin_context *context, size_t size)
{
    return weir_arena_alloc(weir_plugin_room_of(context)->arena, size);
}

/* ------------------------------------------------------------------ reading */

/* A raw scalar as what it is; false: no memory. */
static bool typed(weir_plugin_context *context, const weir_value *value, weir_value *out)
{
    *out = value ? *value : weir_value_absent();
    if (out->kind != WEIR_RAW)
        return true;
    if (out->aux == WEIR_RAW_NUMBER)
        *out = weir_json_number(value);
    else if (out->aux == WEIR_RAW_ESCAPED)
        return weir_json_unescape(weir_plugin_room_of(context)->arena, value, out);
    return true;
}

static weir_plugin_type host_type_of(weir_plugin_context *context, const weir_value *value)
{
    static const uint8_t types[WEIR_KIND_COUNT] = {
        [WEIR_ABSENT] = WEIR_TYPE_ABSENT,  [WEIR_NONE] = WEIR_TYPE_NONE,
        [WEIR_BOOL] = WEIR_TYPE_BOOL,      [WEIR_INT] = WEIR_TYPE_INT,
        [WEIR_FLOAT] = WEIR_TYPE_FLOAT,    [WEIR_STR] = WEIR_TYPE_STR,
        [WEIR_BYTES] = WEIR_TYPE_BYTES,    [WEIR_DECIMAL] = WEIR_TYPE_DECIMAL,
        [WEIR_BIGINT] = WEIR_TYPE_DECIMAL, [WEIR_TIMESTAMP] = WEIR_TYPE_TIMESTAMP,
        [WEIR_ASSET] = WEIR_TYPE_ASSET,    [WEIR_LIST] = WEIR_TYPE_LIST,
        [WEIR_TUPLE] = WEIR_TYPE_LIST,     [WEIR_SET] = WEIR_TYPE_LIST,
        [WEIR_DICT] = WEIR_TYPE_DICT,      [WEIR_LEVELS] = WEIR_TYPE_OTHER,
        [WEIR_JSON] = WEIR_TYPE_OTHER,     [WEIR_TIMEDELTA] = WEIR_TYPE_OTHER,
        [WEIR_RANGE] = WEIR_TYPE_OTHER,    [WEIR_LAMBDA] = WEIR_TYPE_OTHER,
        [WEIR_OBJECT] = WEIR_TYPE_OTHER,
    };
    (void)context;
    if (!value)
        return WEIR_TYPE_ABSENT;
    if (value->kind == WEIR_RAW && value->aux == WEIR_RAW_NUMBER) {
        const weir_value number = weir_json_number(value);
        return (weir_plugin_type)types[number.kind];
    }
    return (
        weir_plugin_type)types[weir_receiver_kind(value) == WEIR_NONE && value->kind == WEIR_ABSENT
                                   ? WEIR_ABSENT
                                   : weir_receiver_kind(value)];
}

static bool host_get_bool(weir_plugin_context *context, const weir_value *value, bool *out)
{
    (void)context;
    if (!value || value->kind != WEIR_BOOL)
        return false;
    *out = value->i != 0;
    return true;
}

static bool host_get_i64(weir_plugin_context *context, const weir_value *value, int64_t *out)
{
    weir_value v;
    if (!typed(context, value, &v) ||
        (v.kind != WEIR_INT && v.kind != WEIR_BOOL && v.kind != WEIR_TIMESTAMP))
        return false;
    *out = v.i;
    return true;
}

static bool host_get_f64(weir_plugin_context *context, const weir_value *value, double *out)
{
    weir_value v;
    if (!typed(context, value, &v))
        return false;
    if (v.kind == WEIR_FLOAT) {
        *out = v.f;
    } else if (v.kind == WEIR_INT || v.kind == WEIR_BOOL) {
        *out = (double)v.i;
    } else if (v.kind == WEIR_DECIMAL) {
        *out = weir_decimal_to_double(v.decimal);
    } else if (v.kind == WEIR_BIGINT) {
        const weir_decimal *decimal = NULL;
        if (weir_decimal_from_value(weir_plugin_room_of(context)->arena, &v, &decimal) !=
            WEIR_DECIMAL_OK)
            return false;
        *out = weir_decimal_to_double(decimal);
    } else {
        return false;
    }
    return true;
}

static bool host_get_text(weir_plugin_context *context, const weir_value *value, weir_str *out)
{
    weir_plugin_room *room = weir_plugin_room_of(context);
    weir_value v;
    if (!typed(context, value, &v))
        return false;
    if (v.kind == WEIR_DECIMAL) {
        char digits[WEIR_DECIMAL_TEXT_MAX];
        *out =
            weir_arena_copy(room->arena, (weir_str){digits, weir_decimal_write(v.decimal, digits)});
        return out->ptr != NULL;
    }
    if (v.kind != WEIR_STR && v.kind != WEIR_BYTES && v.kind != WEIR_BIGINT)
        return false;
    *out = weir_value_text(&v);
    room->saw_secret |= (v.flags & WEIR_VALUE_SECRET) != 0;
    return true;
}

static bool host_get_asset(weir_plugin_context *context, const weir_value *value,
                           const weir_asset **out)
{
    (void)context;
    if (!value || value->kind != WEIR_ASSET)
        return false;
    *out = value->asset;
    return true;
}

/* Looks into a container, in place. False: it is none. */
static bool unfold(weir_plugin_context *context, const weir_value *value)
{
    weir_value inside;
    if (!value)
        return false;
    if (value->kind == WEIR_RAW &&
        (value->aux == WEIR_RAW_OBJECT || value->aux == WEIR_RAW_ARRAY)) {
        if (!weir_json_unfold(weir_plugin_room_of(context)->arena, value, &inside))
            return false;
        *(weir_value *)value = inside;
    }
    return value->kind == WEIR_LIST || value->kind == WEIR_TUPLE || value->kind == WEIR_DICT ||
           value->kind == WEIR_SET;
}

static size_t host_count(weir_plugin_context *context, const weir_value *value)
{
    if (!unfold(context, value))
        return 0;
    return value->kind == WEIR_DICT || value->kind == WEIR_SET ? value->dict->count
                                                               : value->list->count;
}

static const weir_value *host_at(weir_plugin_context *context, const weir_value *list, size_t index)
{
    if (!unfold(context, list) || list->kind == WEIR_DICT || index >= host_count(context, list))
        return NULL;
    return list->kind == WEIR_SET ? &list->dict->entries[index].key : &list->list->items[index];
}

static const weir_value *host_get(weir_plugin_context *context, const weir_value *dict,
                                  const char *key)
{
    if (!unfold(context, dict) || dict->kind != WEIR_DICT || !key)
        return NULL;
    return weir_dict_get_str(dict->dict, weir_str_of(key));
}

static bool host_member(weir_plugin_context *context, const weir_value *dict, size_t index,
                        const weir_value **key, const weir_value **value)
{
    if (!unfold(context, dict) || dict->kind != WEIR_DICT || index >= dict->dict->count)
        return false;
    *key = &dict->dict->entries[index].key;
    *value = &dict->dict->entries[index].value;
    return true;
}

static bool host_json(weir_plugin_context *context, const weir_value *value, weir_str *out)
{
    weir_buf text = {0};
    const weir_value none = weir_value_none();
    weir_json_write(&text, value ? value : &none, 0);
    *out = text.failed ? (weir_str){0}
                       : weir_arena_copy(weir_plugin_room_of(context)->arena, weir_buf_str(&text));
    weir_buf_fini(&text);
    return out->ptr != NULL;
}

static bool host_is_secret(weir_plugin_context *context, const weir_value *value)
{
    (void)context;
    return value && weir_value_has_secret(value);
}

/* ------------------------------------------------------------------ making */

static const weir_value *make(weir_plugin_context *context, weir_value value)
{
    weir_value *kept = weir_arena_alloc(weir_plugin_room_of(context)->arena, sizeof *kept);
    if (kept)
        *kept = value;
    return kept;
}

static const weir_value *host_make_none(weir_plugin_context *context)
{
    return make(context, weir_value_none());
}

static const weir_value *host_make_bool(weir_plugin_context *context, bool value)
{
    return make(context, weir_value_bool(value));
}

static const weir_value *host_make_i64(weir_plugin_context *context, int64_t value)
{
    return make(context, weir_value_int(value));
}

static const weir_value *host_make_f64(weir_plugin_context *context, double value)
{
    return make(context, weir_value_float(value));
}

/* Text that is not UTF-8 would break every writer behind. */
static const weir_value *host_make_text(weir_plugin_context *context, weir_str text)
{
    if (!weir_utf8_valid(text))
        return host_fail(context, "a text that it made is not UTF-8");
    if (text.len > UINT32_MAX)
        return NULL;
    const weir_str copy = weir_arena_copy(weir_plugin_room_of(context)->arena, text);
    return copy.ptr ? make(context, weir_value_str(copy)) : NULL;
}

static const weir_value *host_make_bytes(weir_plugin_context *context, weir_str bytes)
{
    if (bytes.len > UINT32_MAX)
        return NULL;
    const weir_str copy = weir_arena_copy(weir_plugin_room_of(context)->arena, bytes);
    return copy.ptr ? make(context, weir_value_bytes(copy)) : NULL;
}

static const weir_value *host_make_decimal(weir_plugin_context *context, weir_str digits)
{
    const weir_decimal *decimal = NULL;
    if (weir_decimal_parse(weir_plugin_room_of(context)->arena, digits, &decimal) !=
        WEIR_DECIMAL_OK)
        return NULL;
    return make(context, weir_value_decimal(decimal));
}

static const weir_value *host_make_timestamp(weir_plugin_context *context, int64_t ns)
{
    return make(context, weir_value_timestamp(ns, 1));
}

static const weir_value *make_list(weir_plugin_context *context, uint8_t kind,
                                   const weir_value *const *items, size_t count)
{
    weir_value list, *room = NULL;
    if (!weir_list_new(weir_plugin_room_of(context)->arena, kind, count, &list, &room))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!items[i])
            return NULL;
        room[i] = *items[i];
    }
    return make(context, list);
}

static const weir_value *host_make_list(weir_plugin_context *context,
                                        const weir_value *const *items, size_t count)
{
    return make_list(context, WEIR_LIST, items, count);
}

static const weir_value *host_make_tuple(weir_plugin_context *context,
                                         const weir_value *const *items, size_t count)
{
    return make_list(context, WEIR_TUPLE, items, count);
}

static weir_value *host_make_dict(weir_plugin_context *context, size_t room)
{
    weir_dict *dict = weir_dict_new(weir_plugin_room_of(context)->arena, room);
    return dict ? (weir_value *)make(context, weir_value_dict(dict)) : NULL;
}

static bool host_put(weir_plugin_context *context, weir_value *dict, const char *key,
                     const weir_value *value)
{
    weir_arena *arena = weir_plugin_room_of(context)->arena;
    if (!dict || dict->kind != WEIR_DICT || !key || !value)
        return false;
    const weir_str copy = weir_arena_copy(arena, weir_str_of(key));
    if (!copy.ptr || !weir_utf8_valid(copy))
        return false;
    const weir_value name = weir_value_str(copy);
    return weir_dict_put(arena, (weir_dict *)dict->dict, &name, value);
}

static const weir_value *host_parse_json(weir_plugin_context *context, weir_str text)
{
    weir_json_error error = {0};
    weir_value value;
    char *copy = weir_arena_alloc(weir_plugin_room_of(context)->arena, text.len + WEIR_JSON_SLACK);
    if (!copy)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, WEIR_JSON_SLACK);
    if (!weir_json_parse((weir_str){copy, text.len}, &value, &error))
        return NULL;
    return make(context, value);
}

static const weir_value *host_mark_secret(weir_plugin_context *context, const weir_value *value)
{
    if (!value)
        return NULL;
    weir_value marked = *value;
    marked.flags |= WEIR_VALUE_SECRET;
    return make(context, marked);
}

/* ------------------------------------------------------------------ assets */

static const struct {
    const char *name;
    weir_asset_key key;
} asset_keys[] = {
    {"symbol", WEIR_ASSET_SYMBOL},
    {"security_id", WEIR_ASSET_SECURITY_ID},
    {"broker_symbol", WEIR_ASSET_BROKER_SYMBOL},
};

static const weir_value *host_find_asset(weir_plugin_context *context, const char *key,
                                         weir_str text)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    if (!room->expr || !room->expr->assets || !key)
        return NULL;
    for (size_t i = 0; i < sizeof asset_keys / sizeof asset_keys[0]; i++) {
        if (strcmp(asset_keys[i].name, key) != 0)
            continue;
        const weir_asset *asset = weir_asset_cached(room->expr->assets, asset_keys[i].key, text);
        return asset ? make(context, weir_value_asset(asset)) : NULL;
    }
    return NULL;
}

static weir_str host_asset_text(const weir_asset *asset, const char *column)
{
    if (!asset || !column)
        return WEIR_STR("");
    if (strcmp(column, "symbol") == 0)
        return asset->symbol;
    if (strcmp(column, "broker_symbol") == 0)
        return asset->broker_symbol;
    if (strcmp(column, "security_id") == 0)
        return asset->security_id;
    return weir_asset_attribute(asset, column);
}

/* ------------------------------------------------------------------ surroundings */

static const weir_value *host_see(weir_plugin_context *context, weir_plugin_root root)
{
    static const weir_root roots[] = {
        [WEIR_SEE_DATA] = WEIR_ROOT_DATA,
        [WEIR_SEE_ITEM] = WEIR_ROOT_ITEM,
        [WEIR_SEE_VALUE] = WEIR_ROOT_VALUE,
        [WEIR_SEE_ASSET] = WEIR_ROOT_ASSET,
        [WEIR_SEE_ASSETS] = WEIR_ROOT_SUBSCRIBE_ASSETS,
        [WEIR_SEE_RECEIVED] = WEIR_ROOT_RECEIVED,
        [WEIR_SEE_TOPIC] = WEIR_ROOT_TOPIC,
        [WEIR_SEE_STREAM] = WEIR_ROOT_STREAM,
    };
    const weir_plugin_room *room = weir_plugin_room_of(context);
    weir_value seen;
    if (!room->input || (size_t)root >= sizeof roots / sizeof roots[0] ||
        !weir_expr_root(room->input, roots[root], &seen) || seen.kind == WEIR_ABSENT)
        return NULL;
    return make(context, seen);
}

static const weir_value *host_var(weir_plugin_context *context, const char *name)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    const weir_spec_model *model = room->plugin->owner->model;
    for (size_t i = 0; room->expr && room->expr->vars && model && name && i < model->var_count;
         i++) {
        if (weir_str_is(model->vars[i].name, name))
            return make(context, room->expr->vars[i]);
    }
    return NULL;
}

static const weir_value *host_credential(weir_plugin_context *context, const char *name)
{
    weir_plugin_room *room = weir_plugin_room_of(context);
    const weir_spec_model *model = room->plugin->owner->model;
    for (size_t i = 0;
         room->expr && room->expr->credentials && model && name && i < model->credential_count;
         i++) {
        if (!weir_str_is(model->credentials[i].name, name))
            continue;
        const weir_value *found = &room->expr->credentials[i];
        room->saw_secret = true;
        return found->kind == WEIR_ABSENT ? NULL : make(context, *found);
    }
    return NULL;
}

static const weir_value *host_option(weir_plugin_context *context, const char *name)
{
    weir_plugin_room *room = weir_plugin_room_of(context);
    const weir_value *options = &room->plugin->options;
    if (room->options)
        return name ? weir_plugin_option_value(room, name) : NULL;
    if (options->kind != WEIR_DICT || !name)
        return NULL;
    const weir_value *found = weir_dict_get_str(options->dict, weir_str_of(name));
    return found ? make(context, *found) : NULL;
}

static weir_str host_connection(weir_plugin_context *context)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    return room->expr ? room->expr->connection_name : WEIR_STR("");
}

/* ------------------------------------------------------------------ the table */

const weir_plugin_host weir_plugin_host_table = {
    .abi = WEIR_PLUGIN_ABI,
    .size = sizeof(weir_plugin_host),
    .version = WEIR_VERSION,
    .add_function = weir_plugin_add_function,
    .add_sink = weir_plugin_add_sink,
    .add_backend = weir_plugin_add_backend,
    .fail = host_fail,
    .log = host_log,
    .alloc = host_alloc,
    .type_of = host_type_of,
    .get_bool = host_get_bool,
    .get_i64 = host_get_i64,
    .get_f64 = host_get_f64,
    .get_text = host_get_text,
    .get_asset = host_get_asset,
    .count = host_count,
    .at = host_at,
    .get = host_get,
    .member = host_member,
    .json = host_json,
    .is_secret = host_is_secret,
    .make_none = host_make_none,
    .make_bool = host_make_bool,
    .make_i64 = host_make_i64,
    .make_f64 = host_make_f64,
    .make_text = host_make_text,
    .make_bytes = host_make_bytes,
    .make_decimal = host_make_decimal,
    .make_timestamp = host_make_timestamp,
    .make_list = host_make_list,
    .make_tuple = host_make_tuple,
    .make_dict = host_make_dict,
    .put = host_put,
    .parse_json = host_parse_json,
    .mark_secret = host_mark_secret,
    .find_asset = host_find_asset,
    .asset_text = host_asset_text,
    .see = host_see,
    .var = host_var,
    .credential = host_credential,
    .option = host_option,
    .connection = host_connection,
    .send = weir_plugin_send,
    .timer_new = weir_plugin_timer_new,
    .timer_set = weir_plugin_timer_set,
    .timer_cancel = weir_plugin_timer_cancel,
    .timer_free = weir_plugin_timer_end,
    .now_ns = weir_now_ns,
    .monotonic_ns = weir_mono_ns,
    .records = &weir_plugin_records_table,
    .links = &weir_plugin_links_table,
};
