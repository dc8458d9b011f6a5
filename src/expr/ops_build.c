/* SPDX-License-Identifier: MIT */
/*
 * Lists, tuples, dicts and sets under construction, for displays, comprehensions and builtins. A
 * list grows by doubling in the arena; the room that it leaves behind is less than the list itself.
 */
#include "expr/typed.h"
#include "value/json_read.h"

static bool is_dict(const weir_builder *b)
{
    return b->kind == WEIR_DICT || b->kind == WEIR_SET;
}

bool weir_build_init(weir_vm *vm, weir_builder *builder, uint8_t kind, size_t expect)
{
    *builder = (weir_builder){.kind = kind};
    if (is_dict(builder)) {
        builder->dict = weir_dict_new(vm->arena, expect < 4096 ? expect : 4096);
        return builder->dict ? true : weir_vm_fail_memory(vm);
    }
    if (expect == 0)
        return true;
    if (expect > 4096)
        expect = 4096;
    builder->items = weir_vm_alloc(vm, expect * sizeof(*builder->items));
    builder->cap = builder->items ? expect : 0;
    return builder->items != NULL;
}

static bool grow(weir_vm *vm, weir_builder *b)
{
    size_t cap = b->cap ? b->cap * 2 : 8;
    size_t most = WEIR_EXPR_RESULT_MAX / sizeof(*b->items);
    if (cap > most && b->cap < most)
        cap = most;
    weir_value *items = weir_vm_alloc(vm, cap * sizeof(*items));
    if (!items)
        return false;
    if (b->count)
        memcpy(items, b->items, b->count * sizeof(*items));
    b->items = items;
    b->cap = cap;
    return true;
}

bool weir_build_put(weir_vm *vm, weir_builder *builder, const weir_value *key,
                    const weir_value *value)
{
    weir_value room;
    const weir_value *typed = weir_typed(vm, key, &room);
    if (!typed || !weir_vm_charge(vm, 1))
        return false;
    if (builder->count >= WEIR_EXPR_RESULT_MAX / sizeof(weir_value))
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a dict or set of more than %zu entries",
                            WEIR_EXPR_RESULT_MAX / sizeof(weir_value));
    if (typed->kind == WEIR_RAW) /* an array or object */
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: '%s' (%s)",
                            weir_value_type_name(typed), weir_vm_show(vm, typed));
    if (!weir_dict_put(vm->arena, builder->dict, typed, value)) {
        uint64_t hash;
        if (weir_arena_failed(vm->arena) || weir_value_hash(vm->arena, typed, &hash))
            return weir_vm_fail_memory(vm);
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: '%s' (%s)",
                            weir_value_type_name(typed), weir_vm_show(vm, typed));
    }
    builder->count = builder->dict->count;
    return true;
}

bool weir_build_add(weir_vm *vm, weir_builder *builder, const weir_value *item)
{
    if (is_dict(builder)) {
        weir_value none = weir_value_none();
        return weir_build_put(vm, builder, item, &none);
    }
    if (builder->count == builder->cap && !grow(vm, builder))
        return false;
    builder->items[builder->count++] = *item;
    return true;
}

static bool extend_dict(weir_vm *vm, weir_builder *builder, const weir_value *from)
{
    weir_value dict = *from;
    if (!weir_is_mapping(from))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%s' object is not a mapping (%s)",
                            weir_value_type_name(from), weir_vm_show(vm, from));
    if (!weir_op_unfold(vm, &dict))
        return false;
    for (size_t i = 0; i < dict.dict->count; i++)
        if (!weir_build_put(vm, builder, &dict.dict->entries[i].key, &dict.dict->entries[i].value))
            return false;
    return true;
}

bool weir_build_extend(weir_vm *vm, weir_builder *builder, const weir_value *iterable)
{
    if (builder->kind == WEIR_DICT)
        return extend_dict(vm, builder, iterable);
    weir_iter iter;
    weir_value item;
    bool has;
    if (!weir_op_iter(vm, iterable, &iter))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has)
            return true;
        if (!weir_build_add(vm, builder, &item))
            return false;
    }
}

bool weir_build_finish(weir_vm *vm, weir_builder *builder, weir_value *out)
{
    if (is_dict(builder)) {
        *out = weir_value_dict(builder->dict);
        out->kind = builder->kind;
        return true;
    }
    weir_list *list = weir_vm_alloc(vm, sizeof(*list));
    if (!list)
        return false;
    *list = (weir_list){builder->count, builder->items};
    *out = weir_value_absent();
    out->kind = builder->kind;
    out->list = list;
    return true;
}
