/* SPDX-License-Identifier: MIT */
/*
 * broker.*: from the venue's names to assets; and the methods of mappings. An asset that cannot be
 * found is a LookupError called SymbolNotFound, which fails the record and nothing else.
 */
#include "expr/tables.h"
#include "expr/typed.h"
#include "util/number.h"

static const char *const KEY_NAMES[] = {
    [WEIR_ASSET_SYMBOL] = "symbol",
    [WEIR_ASSET_SECURITY_ID] = "security_id",
    [WEIR_ASSET_BROKER_SYMBOL] = "broker_symbol",
};

/* Keys are text; an integer is taken as its digits, because venues send ids both ways. */
static bool key_text(weir_vm *vm, const weir_value *v, const char *name, char room[32],
                     weir_str *text)
{
    weir_value typed_room;
    const weir_value *t = weir_typed(vm, v, &typed_room);
    if (!t)
        return false;
    if (t->kind == WEIR_STR || t->kind == WEIR_BIGINT) {
        *text = weir_value_text(t);
        return true;
    }
    if (t->kind == WEIR_INT) {
        *text = (weir_str){room, weir_int_text(t->i, room)};
        return true;
    }
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s must be str or int, not %s (%s)", name,
                        weir_value_type_name(t), weir_vm_show(vm, t));
}

static weir_str field_of(const weir_asset *asset, weir_asset_key key)
{
    return key == WEIR_ASSET_SYMBOL        ? asset->symbol
           : key == WEIR_ASSET_SECURITY_ID ? asset->security_id
                                           : asset->broker_symbol;
}

static bool fail_unknown(weir_vm *vm, weir_asset_key key, weir_str text)
{
    weir_value shown = weir_value_str(text);
    return weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "SymbolNotFound: no asset with %s=%s",
                        KEY_NAMES[key], weir_vm_show(vm, &shown));
}

/* Looked up by the first key that is given; the others must not contradict what was found. */
static bool infer(weir_vm *vm, const weir_value *const keys[WEIR_ASSET_KEY_COUNT], weir_value *out)
{
    const weir_asset *asset = NULL;
    if (!vm->world || !vm->world->assets)
        return weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "no assets are available here");
    for (weir_asset_key key = 0; key < WEIR_ASSET_KEY_COUNT; key++) {
        char digits[WEIR_NUMBER_TEXT_MAX];
        weir_str text = {0};
        if (keys[key]->kind == WEIR_ABSENT)
            continue;
        if (!key_text(vm, keys[key], KEY_NAMES[key], digits, &text))
            return false;
        if (!asset) {
            asset = weir_asset_cached(vm->world->assets, key, text);
            if (!asset)
                return fail_unknown(vm, key, text);
        } else if (field_of(asset, key).len && !weir_str_eq(field_of(asset, key), text)) {
            return fail_unknown(vm, key, text);
        }
    }
    if (!asset)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "broker.infer_asset() needs one of symbol=, "
                            "security_id=, broker_symbol=");
    *out = weir_value_asset(asset);
    return true;
}

static bool call_infer(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *keys[WEIR_ASSET_KEY_COUNT] = {
        [WEIR_ASSET_SYMBOL] = weir_arg(call, 0),
        [WEIR_ASSET_SECURITY_ID] = weir_arg(call, 1),
        [WEIR_ASSET_BROKER_SYMBOL] = weir_arg(call, 2),
    };
    return infer(vm, keys, out);
}

static bool infer_by(weir_vm *vm, weir_asset_key key, const weir_value *text, weir_value *out)
{
    weir_value left_out = weir_value_absent();
    const weir_value *keys[WEIR_ASSET_KEY_COUNT] = {&left_out, &left_out, &left_out};
    keys[key] = text;
    return infer(vm, keys, out);
}

static bool call_symbol(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return infer_by(vm, WEIR_ASSET_SYMBOL, weir_arg(call, 0), out);
}

static bool call_sid(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return infer_by(vm, WEIR_ASSET_SECURITY_ID, weir_arg(call, 0), out);
}

const weir_fn_row weir_fn_broker[] = {
    {"broker.infer_asset", "* symbol? security_id? broker_symbol? +", call_infer, WEIR_ASSET, 0,
     "the asset with this symbol, security id or broker symbol"},
    {"broker.symbol", "symbol /", call_symbol, WEIR_ASSET, 0, "the asset with this symbol"},
    {"broker.sid", "security_id /", call_sid, WEIR_ASSET, 0, "the asset with this security id"},
    {0},
};

/* ------------------------------------------------------------------ mappings */

typedef const weir_value *mapping_fn(const weir_mapping *mapping, const weir_value *word);

static bool map_word(weir_vm *vm, const weir_call *call, mapping_fn *fn, weir_value *out)
{
    const weir_value *self = &call->args[0];
    weir_value room;
    const weir_value *word = weir_typed(vm, weir_arg(call, 1), &room);
    if (!word)
        return false;
    if (self->aux != WEIR_OBJECT_MAPPING)
        return weir_vm_fail(vm, WEIR_RAISE_ATTRIBUTE, "%s is not a mapping",
                            weir_vm_show(vm, self));
    const weir_mapping *mapping = self->p;
    const weir_value *found = fn(mapping, word);
    if (!found)
        return weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "mapping '%.*s' has no word for %s",
                            WEIR_FMT(weir_mapping_name(mapping)), weir_vm_show(vm, word));
    *out = *found;
    return true;
}

static bool m_to_standard(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return map_word(vm, call, weir_mapping_to_standard, out);
}

static bool m_to_broker(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return map_word(vm, call, weir_mapping_to_broker, out);
}

const weir_method_row weir_method_objects[] = {
    {WEIR_OBJECT, "to_standard", "word /", m_to_standard, WEIR_KIND_COUNT, 0,
     "the standard word for the venue's"},
    {WEIR_OBJECT, "to_blueshift", "word /", m_to_standard, WEIR_KIND_COUNT, 0,
     "another name of to_standard"},
    {WEIR_OBJECT, "to_broker", "word /", m_to_broker, WEIR_KIND_COUNT, 0,
     "the venue's word for the standard one"},
    {WEIR_OBJECT, "from_blueshift", "word /", m_to_broker, WEIR_KIND_COUNT, 0,
     "another name of to_broker"},
    {0},
};
