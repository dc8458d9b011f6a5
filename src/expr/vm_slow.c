/* SPDX-License-Identifier: MIT */
/*
 * The parts of a run that are not worth a place in the loop: walking a path whose slot is empty,
 * arranging arguments, looking into the world, putting texts together.
 */
#include "expr/run.h"

/* ------------------------------------------------------------------ paths */

static bool set_range(weir_vm *vm, weir_source_range range)
{
    if (vm->range_length == 0) {
        vm->range_offset = range.offset;
        vm->range_length = range.length;
    }
    return false;
}

/* x.get(key, fallback): a method of dicts only. */
static bool step_get(weir_vm *vm, const weir_read_step *step, weir_value *at)
{
    weir_value args[3] = {*at, step->key, step->fallback};
    const weir_method_row *row = weir_method_get(vm, at, WEIR_STR("get"));
    if (!row)
        return false;
    if (step->fallback.kind != WEIR_ABSENT) {
        weir_call call = {.args = args, .count = 3};
        return row->call(vm, &call, at);
    }
    /* A computed default: whether the key is there decides, not what is behind it. */
    bool has = false;
    if (!weir_op_contains(vm, at, &step->key, &has))
        return false;
    if (has)
        return weir_op_index(vm, &args[0], &step->key, at);
    *at = weir_value_absent();
    return true;
}

/* How far a walk has come. */
typedef struct walker {
    weir_value at;
    const weir_value *slots;
    bool is_on_path; /* no default has been taken: the slots tell what is there */
    bool is_late;    /* it stands at `data`, a dict that nobody has made yet */
} walker;

static bool is_mapping(const weir_value *v)
{
    return v->kind == WEIR_DICT || (v->kind == WEIR_RAW && v->aux == WEIR_RAW_OBJECT);
}

static bool has_keys(const walker *w)
{
    return w->is_late || is_mapping(&w->at);
}

/* One step by the slots alone; false when they do not tell. */
static bool step_by_slot(walker *w, const weir_read_step *step)
{
    if (!w->is_on_path || !step->has_slot)
        return false;
    const weir_value *slot = &w->slots[step->slot];
    if (slot->kind != WEIR_ABSENT) {
        w->at = *slot;
        return true;
    }
    if (step->kind != WEIR_STEP_GET || !has_keys(w))
        return false;
    w->at = step->fallback;
    w->is_on_path = false;
    return true;
}

/* A value given to the run; ABSENT when there is none. */
static bool take_root(weir_vm *vm, weir_root root, weir_value *out)
{
    return weir_expr_root(vm->input, root, out) || weir_vm_fail_memory(vm);
}

static bool begin_walk(weir_vm *vm, const weir_read *read, walker *w)
{
    const weir_expr_input *input = vm->input;
    w->is_late = !read->is_item && input->roots[WEIR_ROOT_DATA].kind == WEIR_ABSENT &&
                 input->lazy_data && input->lazy_data->is_dict;
    return w->is_late || take_root(vm, read->is_item ? WEIR_ROOT_ITEM : WEIR_ROOT_DATA, &w->at);
}

/* The slots do not tell: what the walk stands at must be there. */
static bool arrive(weir_vm *vm, walker *w)
{
    const bool is_late = w->is_late;
    w->is_late = false;
    return !is_late || take_root(vm, WEIR_ROOT_DATA, &w->at);
}

static bool walk(weir_vm *vm, const weir_read *read, size_t count, walker *w)
{
    const weir_expr_input *input = vm->input;
    if (!begin_walk(vm, read, w))
        return false;
    w->slots = read->is_item ? input->item_slots : input->data_slots;
    w->is_on_path = true;
    for (size_t i = 0; i < count; i++) {
        const weir_read_step *step = &read->steps[i];
        if (step_by_slot(w, step)) {
            w->is_late = false;
            continue;
        }
        if (!arrive(vm, w))
            return false;
        weir_value next = w->at;
        bool is_fine = step->kind == WEIR_STEP_GET ? step_get(vm, step, &next)
                                                   : weir_op_index(vm, &w->at, &step->key, &next);
        if (!is_fine)
            return set_range(vm, step->range);
        w->at = next;
        w->is_on_path = false;
    }
    return true;
}

bool weir_run_walk(weir_vm *vm, const weir_read *read, weir_value *out)
{
    walker w;
    if (!walk(vm, read, read->count, &w))
        return false;
    *out = w.at;
    return true;
}

bool weir_run_walk_in(weir_vm *vm, const weir_read *read, bool *out)
{
    walker w;
    const weir_read_step *last = &read->steps[read->count - 1];
    if (!walk(vm, read, read->count - 1u, &w))
        return false;
    if (w.is_on_path && last->has_slot && has_keys(&w)) {
        *out = w.slots[last->slot].kind != WEIR_ABSENT;
        return true;
    }
    if (!arrive(vm, &w))
        return false;
    return weir_op_contains(vm, &w.at, &last->key, out);
}

/* ------------------------------------------------------------------ calls */

bool weir_run_unary(weir_vm *vm, weir_call_fn *call, size_t count, const weir_value *x,
                    weir_value *out)
{
    weir_value args[WEIR_PARAMS_MAX] = {*x};
    weir_call arguments = {.args = args, .count = count};
    return weir_vm_charge(vm, 1) && call(vm, &arguments, out);
}

/* The rest of f(a, b, *list): what is bound to it already, and the list. */
static bool join_rest(weir_vm *vm, const weir_site *site, weir_call *call)
{
    const weir_list *list = vm->registers[site->rest].list;
    if (call->rest_count == 0) {
        call->rest = list->items;
        call->rest_count = list->count;
        return true;
    }
    size_t count = call->rest_count + list->count;
    weir_value *items = weir_vm_alloc(vm, count * sizeof *items);
    if (!items)
        return false;
    memcpy(items, call->rest, call->rest_count * sizeof *items);
    if (list->count)
        memcpy(items + call->rest_count, list->items, list->count * sizeof *items);
    call->rest = items;
    call->rest_count = count;
    return true;
}

static bool call_way(weir_vm *vm, const weir_site *site, const weir_site_way *way, weir_value *out)
{
    weir_value args[WEIR_PARAMS_MAX + 1];
    const weir_value *first = &vm->registers[site->base + site->is_method];
    weir_call call = {args, 0, NULL, way->binding.rest_count, way->row};
    if (site->is_method)
        args[call.count++] = vm->registers[site->base];
    for (size_t i = 0; i < way->binding.count; i++) {
        int at = way->binding.order[i];
        args[call.count++] = at < 0 ? weir_value_absent() : first[at];
    }
    if (call.rest_count)
        call.rest = first + way->binding.rest_from;
    if (site->has_rest && !join_rest(vm, site, &call))
        return false;
    return weir_vm_charge(vm, 1) && way->call(vm, &call, out);
}

bool weir_run_call(weir_vm *vm, const weir_site *site, weir_value *out)
{
    return call_way(vm, site, &site->ways[0], out);
}

static const weir_site_way *find_way(const weir_site *site, const weir_value *receiver)
{
    uint8_t kind = weir_receiver_kind(receiver);
    for (size_t i = 0; i < site->way_count; i++)
        if (site->ways[i].kind == kind)
            return &site->ways[i];
    return NULL;
}

bool weir_run_receiver(weir_vm *vm, const weir_site *site, const weir_value *receiver)
{
    /* What the compiler found no way for has no such method, and the lookup words the failure. */
    return find_way(site, receiver) || weir_method_get(vm, receiver, site->name);
}

bool weir_run_method(weir_vm *vm, const weir_site *site, weir_value *out)
{
    const weir_value *receiver = &vm->registers[site->base];
    const weir_site_way *way = find_way(site, receiver);
    if (way)
        return way->why ? weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s", way->why)
                        : call_way(vm, site, way, out);
    if (weir_method_get(vm, receiver, site->name))
        return weir_vm_fail(vm, WEIR_RAISE_ATTRIBUTE, "'%s' object has no attribute '%.*s' here",
                            weir_value_type_name(receiver), WEIR_FMT(site->name));
    return false;
}

/* ------------------------------------------------------------------ the world */

bool weir_run_root(weir_vm *vm, unsigned root, weir_value *out)
{
    static const char *const NAMES[WEIR_ROOT_COUNT] = {
        [WEIR_ROOT_DATA] = "data",         [WEIR_ROOT_ITEM] = "item",
        [WEIR_ROOT_VALUE] = "value",       [WEIR_ROOT_ASSET] = "asset",
        [WEIR_ROOT_RECEIVED] = "received", [WEIR_ROOT_SUBSCRIBE_ASSETS] = "subscribe_assets",
        [WEIR_ROOT_TOPIC] = "topic",       [WEIR_ROOT_STREAM] = "stream",
        [WEIR_ROOT_REQUEST] = "request",
    };
    if (!take_root(vm, root, out))
        return false;
    if (out->kind != WEIR_ABSENT)
        return true;
    return weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "'%s' has no value here", NAMES[root]);
}

bool weir_run_world(weir_vm *vm, unsigned op, unsigned index, weir_value *out)
{
    const weir_expr_world *world = vm->world;
    const weir_value *values = NULL;
    if (world)
        values = op == WEIR_OP_CREDENTIAL ? world->credentials
                 : op == WEIR_OP_VAR      ? world->vars
                                          : world->session;
    if (values && values[index].kind != WEIR_ABSENT) {
        *out = values[index];
        return true;
    }
    return weir_vm_fail(vm, WEIR_RAISE_LOOKUP,
                        op == WEIR_OP_CREDENTIAL ? "this credential was not given"
                        : op == WEIR_OP_VAR      ? "this variable has no value"
                                                 : "this session value is not known yet");
}

/* ------------------------------------------------------------------ texts */

/* The register remembers where the text begins, and whether anything secret went into it. */
void weir_run_text(weir_vm *vm, weir_value *text)
{
    *text = weir_value_int((int64_t)vm->text.len);
}

static bool text_fits(weir_vm *vm, const weir_value *text)
{
    if (vm->text.failed)
        return weir_vm_fail_memory(vm);
    if (vm->text.len - (size_t)text->i > WEIR_EXPR_RESULT_MAX)
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a text of more than %d bytes",
                            WEIR_EXPR_RESULT_MAX);
    return true;
}

bool weir_run_text_put(weir_vm *vm, weir_value *text, const weir_value *v, unsigned conversion)
{
    text->flags |= (uint8_t)weir_op_flags(v);
    if (v->kind == WEIR_STR && conversion != 'r' && conversion != 'a') {
        weir_buf_put(&vm->text, weir_value_text(v));
        return text_fits(vm, text);
    }
    if (conversion)
        return weir_op_text(vm, v, (char)conversion, &vm->text) && text_fits(vm, text);
    return weir_op_format(vm, v, (weir_str){"", 0}, &vm->text) && text_fits(vm, text);
}

bool weir_run_text_format(weir_vm *vm, weir_value *text, const weir_value *v,
                          const weir_value *spec, unsigned conversion)
{
    text->flags |= (uint8_t)(weir_op_flags(v) | weir_op_flags(spec));
    if (!conversion)
        return weir_op_format(vm, v, weir_value_text(spec), &vm->text) && text_fits(vm, text);
    size_t mark = vm->text.len;
    if (!weir_op_text(vm, v, (char)conversion, &vm->text) || !text_fits(vm, text))
        return false;
    weir_value converted;
    weir_value start = weir_value_int((int64_t)mark);
    if (!weir_run_text_end(vm, &start, &converted))
        return false;
    return weir_op_format(vm, &converted, weir_value_text(spec), &vm->text) && text_fits(vm, text);
}

bool weir_run_text_end(weir_vm *vm, const weir_value *text, weir_value *out)
{
    size_t start = (size_t)text->i;
    size_t len = vm->text.len - start;
    char *copy = weir_vm_alloc(vm, len);
    if (!copy)
        return false;
    if (len)
        memcpy(copy, vm->text.ptr + start, len);
    unsigned flags = text->flags;
    vm->text.len = start;
    *out = weir_value_str((weir_str){copy, len});
    out->flags = (uint8_t)flags;
    return true;
}

/* ------------------------------------------------------------------ displays */

bool weir_run_display(weir_vm *vm, uint8_t kind, const weir_value *from, size_t count,
                      weir_value *out)
{
    weir_value *items = NULL;
    weir_value list;
    if (!weir_list_new(vm->arena, kind, count, &list, &items))
        return weir_vm_fail_memory(vm);
    if (count)
        memcpy(items, from, count * sizeof *items);
    *out = list;
    return true;
}
