/* SPDX-License-Identifier: MIT */
/*
 * Finding rows. The groups are a handful of tables of a few dozen rows; functions and attributes
 * are looked up by the compiler and may take a walk, methods are also looked up at run time (the
 * receiver's kind may not be known before), so those are sorted once per process.
 */
#include <pthread.h>
#include <stdlib.h>

#include "expr/tables.h"
#include "expr/typed.h"
#include "util/diag.h"

const weir_fn_row *const weir_fn_groups[] = {
    weir_fn_numbers, weir_fn_sequences, weir_fn_texts,  weir_fn_regex,  weir_fn_times,
    weir_fn_codecs,  weir_fn_crypto,    weir_fn_binary, weir_fn_broker, NULL,
};

const weir_method_row *const weir_method_groups[] = {
    weir_method_str,
    weir_method_bytes,
    weir_method_dict,
    weir_method_list,
    weir_method_time,
    weir_method_objects,
    NULL,
};

const weir_attr_row *const weir_attr_groups[] = {weir_attr_times, weir_attr_assets, NULL};

enum { METHODS_MAX = 256 };

static const weir_method_row *sorted[METHODS_MAX];
static size_t sorted_count;
static pthread_once_t sort_once = PTHREAD_ONCE_INIT;

static int by_kind_and_name(const void *a, const void *b)
{
    const weir_method_row *x = *(const weir_method_row *const *)a;
    const weir_method_row *y = *(const weir_method_row *const *)b;
    return x->kind != y->kind ? x->kind - y->kind : strcmp(x->name, y->name);
}

static void sort_methods(void)
{
    for (size_t g = 0; weir_method_groups[g]; g++)
        for (const weir_method_row *row = weir_method_groups[g]; row->name; row++)
            if (sorted_count < METHODS_MAX)
                sorted[sorted_count++] = row;
    qsort(sorted, sorted_count, sizeof(sorted[0]), by_kind_and_name);
}

const weir_fn_row *weir_fn_find(weir_str name)
{
    for (size_t g = 0; weir_fn_groups[g]; g++)
        for (const weir_fn_row *row = weir_fn_groups[g]; row->name; row++)
            if (weir_str_is(name, row->name))
                return row;
    return NULL;
}

static int order_method(const weir_method_row *row, uint8_t kind, weir_str name)
{
    if (row->kind != kind)
        return row->kind - kind;
    size_t len = strlen(row->name);
    int sign = memcmp(row->name, name.ptr, len < name.len ? len : name.len);
    return sign ? sign : (len > name.len) - (len < name.len);
}

const weir_method_row *weir_method_find(uint8_t kind, weir_str name)
{
    pthread_once(&sort_once, sort_methods);
    size_t low = 0, high = sorted_count;
    while (low < high && name.len) {
        size_t mid = (low + high) / 2;
        int sign = order_method(sorted[mid], kind, name);
        if (sign == 0)
            return sorted[mid];
        if (sign < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

bool weir_method_exists(weir_str name)
{
    for (unsigned kind = 0; kind < WEIR_KIND_COUNT; kind++)
        if (weir_method_find((uint8_t)kind, name))
            return true;
    return false;
}

const weir_attr_row *weir_attr_find(uint8_t kind, weir_str name)
{
    for (size_t g = 0; weir_attr_groups[g]; g++)
        for (const weir_attr_row *row = weir_attr_groups[g]; row->name; row++)
            if (row->kind == kind && weir_str_is(name, row->name))
                return row;
    return NULL;
}

bool weir_attr_exists(weir_str name)
{
    for (unsigned kind = 0; kind < WEIR_KIND_COUNT; kind++)
        if (weir_attr_find((uint8_t)kind, name))
            return true;
    return false;
}

/* ------------------------------------------------------------------ did you mean */

static weir_str method_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(sorted[index]->name);
}

weir_str weir_method_suggest(weir_str name)
{
    pthread_once(&sort_once, sort_methods);
    weir_str like = weir_did_you_mean(name, sorted_count, method_at, NULL);
    return weir_str_eq(like, name) ? (weir_str){0} : like; /* another kind has it: no help */
}

static weir_str attr_at(const void *user, size_t index)
{
    (void)user;
    for (size_t g = 0; weir_attr_groups[g]; g++)
        for (const weir_attr_row *row = weir_attr_groups[g]; row->name; row++)
            if (index-- == 0)
                return weir_str_of(row->name);
    return (weir_str){0};
}

weir_str weir_attr_suggest(weir_str name)
{
    size_t count = 0;
    for (size_t g = 0; weir_attr_groups[g]; g++)
        for (const weir_attr_row *row = weir_attr_groups[g]; row->name; row++)
            count++;
    weir_str like = weir_did_you_mean(name, count, attr_at, NULL);
    return weir_str_eq(like, name) ? (weir_str){0} : like;
}

static weir_str fn_at(const void *user, size_t index)
{
    (void)user;
    for (size_t g = 0; weir_fn_groups[g]; g++)
        for (const weir_fn_row *row = weir_fn_groups[g]; row->name; row++)
            if (index-- == 0)
                return weir_str_of(row->name);
    return (weir_str){0};
}

weir_str weir_fn_suggest(weir_str name)
{
    size_t count = 0;
    for (size_t g = 0; weir_fn_groups[g]; g++)
        for (const weir_fn_row *row = weir_fn_groups[g]; row->name; row++)
            count++;
    return weir_did_you_mean(name, count, fn_at, NULL);
}

/* ------------------------------------------------------------------ receivers and callables */

uint8_t weir_receiver_kind(const weir_value *v)
{
    static const uint8_t inside[] = {
        [WEIR_RAW_NUMBER] = WEIR_FLOAT,
        [WEIR_RAW_ESCAPED] = WEIR_STR,
        [WEIR_RAW_OBJECT] = WEIR_DICT,
        [WEIR_RAW_ARRAY] = WEIR_LIST,
    };
    if (v->kind != WEIR_RAW)
        return v->kind == WEIR_ABSENT ? WEIR_NONE : v->kind;
    if (v->aux == WEIR_RAW_NUMBER && (v->flags & WEIR_VALUE_INTEGRAL))
        return WEIR_INT;
    return v->aux < sizeof(inside) ? inside[v->aux] : WEIR_NONE;
}

static const struct {
    const char *name;
    uint8_t kind;
} TYPES[] = {
    {"int", WEIR_INT},         {"float", WEIR_FLOAT},
    {"str", WEIR_STR},         {"bool", WEIR_BOOL},
    {"bytes", WEIR_BYTES},     {"list", WEIR_LIST},
    {"tuple", WEIR_TUPLE},     {"dict", WEIR_DICT},
    {"set", WEIR_SET},         {"range", WEIR_RANGE},
    {"Decimal", WEIR_DECIMAL}, {"pd.Timestamp", WEIR_TIMESTAMP},
    {"Asset", WEIR_ASSET},     {"pd.Timedelta", WEIR_TIMEDELTA},
};

bool weir_callable_find(weir_str name, weir_value *out)
{
    *out = weir_value_absent();
    out->kind = WEIR_OBJECT;
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (weir_str_is(name, TYPES[i].name)) {
            out->aux = TYPES[i].kind;
            return true;
        }
    out->aux = WEIR_OBJECT_FUNCTION;
    out->p = weir_fn_find(name);
    return out->p != NULL;
}

static const weir_fn_row *row_of_object(const weir_value *v)
{
    if (v->aux == WEIR_OBJECT_FUNCTION)
        return v->p;
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (TYPES[i].kind == v->aux)
            return weir_fn_find(weir_str_of(TYPES[i].name));
    return NULL;
}

/* A builtin called by map(), sorted(key=) ...: positional arguments only. */
static bool call_row(weir_vm *vm, const weir_fn_row *row, const weir_value *args, size_t count,
                     weir_value *out)
{
    weir_binding binding;
    char why[160];
    weir_value ordered[WEIR_PARAMS_MAX];
    if (!weir_params_bind(row->name, row->params, count, NULL, 0, &binding, why))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s", why);
    for (size_t i = 0; i < binding.count; i++)
        ordered[i] = binding.order[i] < 0 ? weir_value_absent() : args[binding.order[i]];
    weir_call call = {ordered, binding.count, args + binding.rest_from, binding.rest_count, row};
    return row->call(vm, &call, out);
}

bool weir_call_value(weir_vm *vm, const weir_value *callable, const weir_value *args, size_t count,
                     weir_value *out)
{
    if (callable->kind == WEIR_LAMBDA)
        return weir_vm_call_lambda(vm, callable, args, count, out);
    const weir_fn_row *row = callable->kind == WEIR_OBJECT ? row_of_object(callable) : NULL;
    if (row)
        return call_row(vm, row, args, count, out);
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%s' object is not callable (%s)",
                        weir_value_type_name(callable), weir_vm_show(vm, callable));
}

static bool fail_attribute(weir_vm *vm, const weir_value *object, weir_str name, weir_str hint)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, object, &room);
    if (!t)
        return false;
    return weir_vm_fail(vm, WEIR_RAISE_ATTRIBUTE,
                        "'%s' object has no attribute '%.*s'%s%.*s%s (%s)", weir_value_type_name(t),
                        WEIR_FMT(name), hint.len ? "; did you mean '" : "", WEIR_FMT(hint),
                        hint.len ? "'?" : "", weir_vm_show(vm, t));
}

bool weir_attr_get(weir_vm *vm, const weir_value *object, weir_str name, weir_value *out)
{
    const weir_attr_row *row = weir_attr_find(weir_receiver_kind(object), name);
    if (row)
        return row->get(vm, object, out);
    if (object->kind == WEIR_ASSET)
        return weir_asset_column(object->asset, name, out);
    return fail_attribute(vm, object, name, weir_attr_suggest(name));
}

const weir_method_row *weir_method_get(weir_vm *vm, const weir_value *object, weir_str name)
{
    const weir_method_row *row = weir_method_find(weir_receiver_kind(object), name);
    if (!row)
        fail_attribute(vm, object, name, weir_method_suggest(name));
    return row;
}
