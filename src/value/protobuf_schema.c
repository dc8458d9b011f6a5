/* SPDX-License-Identifier: MIT */
/*
 * A descriptor set is itself a message, of types that never change; it is read here field by field.
 * Two passes: first every message and enum gets its full name, then the fields, which name types
 * that may stand anywhere. Of Debian's libraries none reads messages by a descriptor: protobuf-c
 * and the upb that is packaged want code made from it when a program is built.
 */
#include "value/protobuf_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/buf.h"
#include "util/map.h"
#include "util/number.h"
#include "value/protobuf_wire.h"

enum { NUMBER_MAX = 536870911, LABEL_REPEATED = 3, MESSAGES_MAX = 65536 };

typedef struct reading {
    weir_arena *arena;
    weir_map messages; /* full name to pending_message */
    weir_map enums;    /* full name to weir_pb_enum */
    struct pending *first;
    struct pending **last;
    size_t count;
    char *why;
} reading;

/* A message whose fields are yet to be read. */
typedef struct pending {
    weir_pb_message message; /* first: what the map gives is both */
    weir_str bytes;
    bool is_proto3;
    bool is_map_entry;
    struct pending *next;
} pending;

static bool WEIR_PRINTF(2, 3) fail(reading *r, const char *format, ...)
{
    if (r->why[0])
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(r->why, WEIR_PB_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool fail_memory(reading *r)
{
    return fail(r, "out of memory");
}

/* ------------------------------------------------------------------ walking a message */

/* What one field of a descriptor holds, by its wire type. */
typedef struct item {
    uint32_t number;
    weir_str span;
    uint64_t varint;
} item;

/* The next field; false at the end, or after a mistake (`why`). Other wire types are skipped. */
static bool next(reading *r, weir_pb_reader *reader, item *out)
{
    weir_pb_tag tag = {0};
    *out = (item){0};
    while (!r->why[0] && reader->at < reader->end) {
        bool is_good = weir_pb_take_tag(reader, &tag);
        out->number = tag.number;
        if (is_good && tag.wire == WEIR_PB_LEN) {
            out->varint = 0;
            is_good = weir_pb_take_span(reader, &out->span);
        } else if (is_good && tag.wire == WEIR_PB_VARINT) {
            out->span = (weir_str){0};
            is_good = weir_pb_varint(reader, &out->varint);
        } else if (is_good) {
            is_good = weir_pb_skip(reader, tag, 0);
            if (is_good)
                continue;
        }
        if (!is_good)
            return fail(r, "not a descriptor set: %s", reader->why);
        return true;
    }
    return false;
}

static weir_str full_name(reading *r, weir_str scope, weir_str name)
{
    return scope.len ? weir_arena_printf(r->arena, "%.*s.%.*s", WEIR_FMT(scope), WEIR_FMT(name))
                     : weir_arena_copy(r->arena, name);
}

/* ------------------------------------------------------------------ first pass: names */

static bool read_enum_value(reading *r, weir_str bytes, weir_pb_enum_value *out)
{
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    item it;
    while (next(r, &reader, &it)) {
        if (it.number == 1)
            out->name = weir_arena_copy(r->arena, it.span);
        else if (it.number == 2)
            out->number = (int32_t)it.varint;
    }
    return !r->why[0] && (out->name.ptr || fail(r, "a value of an enum has no name"));
}

/* How often a field stands in a message, and what the last one with a name (1) says. */
static size_t count_of(reading *r, weir_str bytes, uint32_t number, weir_str *name)
{
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    size_t count = 0;
    item it;
    while (next(r, &reader, &it)) {
        count += it.number == number;
        if (it.number == 1)
            *name = it.span;
    }
    return count;
}

static int by_value(const void *a, const void *b)
{
    const weir_pb_enum_value *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorted, and of several names of one number the first declared. */
static void sort_values(weir_pb_enum_value *values, size_t *count)
{
    size_t kept = 0;
    qsort(values, *count, sizeof *values, by_value);
    for (size_t i = 0; i < *count; i++) {
        if (kept == 0 || values[kept - 1].number != values[i].number)
            values[kept++] = values[i];
    }
    *count = kept;
}

static bool read_enum(reading *r, weir_str bytes, weir_str scope)
{
    weir_str name = {0};
    const size_t count = count_of(r, bytes, 2, &name);
    weir_pb_enum *found = WEIR_ARENA_NEW(r->arena, weir_pb_enum);
    weir_pb_enum_value *values = WEIR_ARENA_ARRAY(r->arena, weir_pb_enum_value, count + 1);
    if (!found || !values)
        return fail_memory(r);
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    item it;
    while (next(r, &reader, &it)) {
        values[found->count].order = (uint32_t)found->count;
        if (it.number == 2 && read_enum_value(r, it.span, &values[found->count]))
            found->count++;
    }
    found->first = values[0].name;
    sort_values(values, &found->count);
    found->values = values;
    found->name = full_name(r, scope, name);
    if (!r->why[0] && found->count == 0)
        return fail(r, "the enum '%.*s' has no values", WEIR_FMT(name));
    if (!found->name.ptr || !weir_map_put(&r->enums, found->name, found))
        return fail_memory(r);
    return !r->why[0];
}

static bool read_is_map_entry(reading *r, weir_str options)
{
    weir_pb_reader reader = weir_pb_reader_of(options);
    bool is_map_entry = false;
    item it;
    while (next(r, &reader, &it)) {
        if (it.number == 7)
            is_map_entry = it.varint != 0;
    }
    return is_map_entry;
}

static bool read_message(reading *r, weir_str bytes, weir_str scope, bool is_proto3, unsigned depth)
{
    weir_str name = {0};
    pending *found = WEIR_ARENA_NEW(r->arena, pending);
    if (!found)
        return fail_memory(r);
    if (depth == WEIR_PB_DEPTH_MAX)
        return fail(r, "messages are declared in each other too deeply");
    if (r->count == MESSAGES_MAX)
        return fail(r, "more than %d messages", MESSAGES_MAX);
    count_of(r, bytes, 2, &name);
    found->message.name = full_name(r, scope, name);
    found->bytes = bytes;
    found->is_proto3 = is_proto3;
    if (!found->message.name.ptr || !weir_map_put(&r->messages, found->message.name, found))
        return fail_memory(r);
    *r->last = found;
    r->last = &found->next;
    r->count++;
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    item it;
    while (next(r, &reader, &it)) {
        if (it.number == 3)
            read_message(r, it.span, found->message.name, is_proto3, depth + 1);
        else if (it.number == 4)
            read_enum(r, it.span, found->message.name);
        else if (it.number == 7)
            found->is_map_entry = read_is_map_entry(r, it.span);
    }
    return !r->why[0];
}

static void read_file(reading *r, weir_str bytes)
{
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    weir_str package = {0}, syntax = {0};
    item it;
    while (next(r, &reader, &it)) {
        if (it.number == 2)
            package = it.span;
        else if (it.number == 12)
            syntax = it.span;
    }
    reader = weir_pb_reader_of(bytes);
    while (next(r, &reader, &it)) {
        if (it.number == 4)
            read_message(r, it.span, package, weir_str_is(syntax, "proto3"), 0);
        else if (it.number == 5)
            read_enum(r, it.span, package);
    }
}

/* ------------------------------------------------------------------ second pass: fields */

typedef struct raw_field {
    weir_str name, type_name, fallback;
    uint64_t number, label, type;
    int64_t oneof; /* -1: none */
    bool has_fallback;
    bool is_proto3_optional;
} raw_field;

static void read_raw(reading *r, weir_str bytes, raw_field *out)
{
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    item it;
    *out = (raw_field){.oneof = -1};
    while (next(r, &reader, &it)) {
        switch (it.number) {
        case 1: out->name = it.span; break;
        case 3: out->number = it.varint; break;
        case 4: out->label = it.varint; break;
        case 5: out->type = it.varint; break;
        case 6: out->type_name = it.span; break;
        case 7:
            out->fallback = it.span;
            out->has_fallback = true;
            break;
        case 9: out->oneof = (int32_t)it.varint; break;
        case 17: out->is_proto3_optional = it.varint != 0; break;
        default: break;
        }
    }
}

static weir_str without_dot(weir_str name)
{
    if (name.len > 0 && name.ptr[0] == '.')
        return (weir_str){name.ptr + 1, name.len - 1};
    return name;
}

static bool find_type(reading *r, const raw_field *raw, weir_pb_field *field)
{
    const weir_str name = without_dot(raw->type_name);
    if (field->type == WEIR_PB_ENUM) {
        field->enumeration = weir_map_get(&r->enums, name);
    } else if (field->type == WEIR_PB_MESSAGE) {
        const pending *found = weir_map_get(&r->messages, name);
        field->message = found ? &found->message : NULL;
        field->is_map = field->is_repeated && found && found->is_map_entry;
    } else {
        return true;
    }
    if (!field->enumeration && !field->message)
        return fail(r,
                    "'%.*s' is not in it: write it with 'protoc --include_imports "
                    "--descriptor_set_out'",
                    WEIR_FMT(name));
    return true;
}

static unsigned digits_of(const char *at, unsigned most, unsigned base, unsigned *value)
{
    unsigned used = 0;
    *value = 0;
    for (; used < most; used++) {
        const char c = at[used]; /* the copy of a text has a NUL behind it */
        const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                               : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                      : 99;
        if (digit >= base)
            break;
        *value = *value * base + digit;
    }
    return used;
}

/* C escapes, in place: what protoc writes for a default of bytes. */
static weir_str unescape(char *text, size_t len)
{
    static const char escapes[][2] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}};
    size_t to = 0;
    for (size_t at = 0; at < len; at++) {
        unsigned value, used;
        text[to] = text[at];
        if (text[at] == '\\' && at + 1 < len) {
            const char c = text[++at];
            if (c == 'x' && (used = digits_of(text + at + 1, 2, 16, &value)) > 0) {
                text[to] = (char)value;
                at += used;
            } else if ((used = digits_of(text + at, 3, 8, &value)) > 0) {
                text[to] = (char)value;
                at += used - 1;
            } else {
                text[to] = c;
                for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
                    text[to] = c == escapes[i][0] ? escapes[i][1] : text[to];
            }
        }
        to++;
    }
    return (weir_str){text, to};
}

/* A default that the .proto declares, as text. */
static bool read_declared(reading *r, const raw_field *raw, weir_pb_field *field)
{
    weir_str text = weir_arena_copy(r->arena, raw->fallback);
    weir_value *out = &field->fallback;
    int64_t i;
    double f;
    if (!text.ptr)
        return fail_memory(r);
    switch (field->type) {
    case WEIR_PB_STRING:
    case WEIR_PB_ENUM: *out = weir_value_str(text); return true;
    case WEIR_PB_BYTES: *out = weir_value_bytes(unescape((char *)text.ptr, text.len)); return true;
    case WEIR_PB_BOOL: *out = weir_value_bool(weir_str_is(text, "true")); return true;
    case WEIR_PB_DOUBLE:
    case WEIR_PB_FLOAT:
        if (!weir_double_parse(text, &f))
            break;
        *out = weir_value_float(field->type == WEIR_PB_FLOAT ? (double)(float)f : f);
        return true;
    default:
        *out = weir_value_str(text);
        out->kind = WEIR_BIGINT;
        const weir_int_result result = weir_int_parse_json(text, &i);
        if (result == WEIR_INT_MALFORMED)
            break;
        if (result == WEIR_INT_OK)
            *out = weir_value_int(i);
        return true;
    }
    return fail(r, "the default of '%.*s' is no number", WEIR_FMT(field->name));
}

weir_value weir_pb_zero(const weir_pb_field *field)
{
    static const weir_list no_items;
    static const weir_dict no_entries;
    if (field->is_map)
        return weir_value_dict(&no_entries);
    if (field->is_repeated)
        return (weir_value){.kind = WEIR_LIST, .list = &no_items};
    switch (field->type) {
    case WEIR_PB_DOUBLE:
    case WEIR_PB_FLOAT: return weir_value_float(0);
    case WEIR_PB_BOOL: return weir_value_bool(false);
    case WEIR_PB_STRING: return weir_value_str(WEIR_STR(""));
    case WEIR_PB_BYTES: return weir_value_bytes(WEIR_STR(""));
    case WEIR_PB_ENUM: return weir_value_str(field->enumeration->first);
    case WEIR_PB_MESSAGE: return weir_value_absent();
    default: return weir_value_int(0);
    }
}

static bool read_field(reading *r, weir_str bytes, const pending *message, weir_pb_field *fields,
                       size_t *count)
{
    raw_field raw;
    read_raw(r, bytes, &raw);
    if (r->why[0] || raw.type == WEIR_PB_GROUP_TYPE)
        return !r->why[0];
    if (raw.name.len == 0 || raw.number == 0 || raw.number > NUMBER_MAX || raw.type == 0 ||
        raw.type >= WEIR_PB_TYPE_END)
        return fail(r, "a field of '%.*s' has no name, number or type",
                    WEIR_FMT(message->message.name));
    weir_pb_field *field = &fields[*count];
    *field = (weir_pb_field){.name = weir_arena_copy(r->arena, raw.name),
                             .number = (uint32_t)raw.number,
                             .index = (uint32_t)*count,
                             .type = (uint8_t)raw.type,
                             .is_repeated = raw.label == LABEL_REPEATED,
                             .oneof = (int32_t)raw.oneof};
    if (!field->name.ptr)
        return fail_memory(r);
    if (!find_type(r, &raw, field))
        return false;
    /* A synthetic oneof of proto3's `optional` has one member: as good as none. */
    const bool is_implicit = message->is_proto3 && field->oneof < 0;
    if (raw.is_proto3_optional)
        field->oneof = -1;
    const bool is_alone = !field->is_repeated && field->oneof < 0;
    if (raw.has_fallback && is_alone && field->type != WEIR_PB_MESSAGE) {
        if (!read_declared(r, &raw, field))
            return false;
    } else if (field->is_repeated || is_implicit) {
        field->fallback = weir_pb_zero(field);
    }
    ++*count;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const weir_pb_field *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool check_map_entry(reading *r, const pending *p)
{
    const weir_pb_field *key = weir_pb_field_at(&p->message, 1);
    const weir_pb_field *value = weir_pb_field_at(&p->message, 2);
    if (!p->is_map_entry)
        return true;
    if (key && value && !key->is_repeated && !value->is_repeated && key->type != WEIR_PB_MESSAGE &&
        p->message.count == 2)
        return true;
    return fail(r, "'%.*s' is no entry of a map", WEIR_FMT(p->message.name));
}

static bool read_fields(reading *r, pending *p)
{
    weir_str name = {0};
    const size_t most = count_of(r, p->bytes, 2, &name);
    weir_pb_field *fields = WEIR_ARENA_ARRAY(r->arena, weir_pb_field, most + 1);
    if (!fields)
        return fail_memory(r);
    weir_pb_reader reader = weir_pb_reader_of(p->bytes);
    item it;
    while (next(r, &reader, &it)) {
        if (it.number == 2)
            read_field(r, it.span, p, fields, &p->message.count);
    }
    if (r->why[0])
        return false;
    qsort(fields, p->message.count, sizeof *fields, by_number);
    for (size_t i = 0; i < p->message.count; i++) {
        fields[i].index = (uint32_t)i;
        if (i > 0 && fields[i].number == fields[i - 1].number)
            return fail(r, "'%.*s' has two fields of number %u", WEIR_FMT(p->message.name),
                        fields[i].number);
        if (fields[i].number < WEIR_PB_DENSE)
            p->message.dense[fields[i].number] = &fields[i];
    }
    p->message.fields = fields;
    return check_map_entry(r, p);
}

/* ------------------------------------------------------------------ the set */

static const weir_pb_schema *finish(reading *r)
{
    weir_pb_schema *schema = WEIR_ARENA_NEW(r->arena, weir_pb_schema);
    weir_pb_message **messages = WEIR_ARENA_ARRAY(r->arena, weir_pb_message *, r->count + 1);
    if (!schema || !messages) {
        fail_memory(r);
        return NULL;
    }
    for (pending *p = r->first; p; p = p->next) {
        if (!p->is_map_entry)
            messages[schema->count++] = &p->message;
    }
    schema->messages = messages;
    return schema;
}

const weir_pb_schema *weir_pb_schema_read(weir_arena *arena, weir_str bytes,
                                          char why[WEIR_PB_WHY_MAX])
{
    reading r = {.arena = arena, .why = why};
    r.last = &r.first;
    why[0] = '\0';
    weir_pb_reader reader = weir_pb_reader_of(bytes);
    item it;
    while (next(&r, &reader, &it)) {
        if (it.number == 1 && it.span.ptr)
            read_file(&r, it.span);
    }
    for (pending *p = r.first; p && !why[0]; p = p->next)
        read_fields(&r, p);
    if (!why[0] && r.count == 0)
        fail(&r, "not a descriptor set: it has no message");
    const weir_pb_schema *schema = why[0] ? NULL : finish(&r);
    weir_map_fini(&r.messages);
    weir_map_fini(&r.enums);
    return schema;
}

const weir_pb_message *weir_pb_schema_find(const weir_pb_schema *schema, weir_str name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const weir_str full = schema->messages[i]->name;
        if (weir_str_eq(full, name) || weir_str_eq(full, without_dot(name)))
            return schema->messages[i];
    }
    return NULL;
}

const weir_pb_field *weir_pb_field_slow(const weir_pb_message *message, uint32_t number)
{
    const weir_pb_field key = {.number = number};
    return message->count ? bsearch(&key, message->fields, message->count, sizeof key, by_number)
                          : NULL;
}

const weir_pb_field *weir_pb_field_named(const weir_pb_message *message, weir_str name)
{
    for (size_t i = 0; i < message->count; i++) {
        if (weir_str_eq(message->fields[i].name, name))
            return &message->fields[i];
    }
    return NULL;
}
