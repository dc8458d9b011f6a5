/* SPDX-License-Identifier: MIT */
/* Recognising forms: patterns of two to six instructions, all over one slot; and the tests among
 * them. */
#include "expr/fuse.h"

#include "expr/program.h"
#include "expr/stamp.h"

/* ------------------------------------------------------------------ reading a program */

typedef struct reading {
    const weir_program *program;
    const weir_insn *at;
    const weir_insn *end;
} reading;

static const weir_insn *next(reading *in)
{
    return in->at < in->end ? in->at++ : NULL;
}

static const weir_value *constant_of(const weir_program *program, unsigned place)
{
    return place < WEIR_PLACE_CONSTANTS ? NULL : &program->constants[place - WEIR_PLACE_CONSTANTS];
}

static bool is_plain_text(const weir_value *v)
{
    return v && v->kind == WEIR_STR && !(v->flags & WEIR_VALUE_SECRET);
}

static bool is_slot_op(const weir_insn *insn, unsigned op, unsigned item_op)
{
    return insn && (insn->op == op || insn->op == item_op);
}

/* x.get(key, []), x being a slot itself. */
static void note_empty(const weir_read *read, weir_fused *out)
{
    if (read->count < 2)
        return;
    const weir_read_step *last = &read->steps[read->count - 1];
    const weir_read_step *before = last - 1;
    if (last->kind != WEIR_STEP_GET || last->fallback.kind != WEIR_LIST ||
        last->fallback.list->count > 0 || before->kind != WEIR_STEP_INDEX || !before->has_slot)
        return;
    out->has_empty = true;
    out->member = before->slot;
}

/* SLOT or ITEM_SLOT into a register, which is returned; UINT_MAX: it is something else. */
static unsigned take_slot(reading *in, weir_fused *out)
{
    if (in->at == in->end || !is_slot_op(in->at, WEIR_OP_SLOT, WEIR_OP_ITEM_SLOT))
        return UINT32_MAX;
    out->is_item = in->at->op == WEIR_OP_ITEM_SLOT;
    out->slot = in->at->b;
    note_empty(&in->program->reads[in->at->c], out);
    return next(in)->a;
}

/* The program ends by giving what is in register `a`. */
static bool ends_with(reading *in, unsigned a)
{
    const weir_insn *insn = next(in);
    return insn && insn->op == WEIR_OP_RETURN && insn->b == a && in->at == in->end;
}

static bool takes_only(const weir_site *site, size_t parameter, size_t argument)
{
    return site->ways[0].binding.order[parameter] == (int)argument;
}

/* Parameters that are given, of a function's site. */
static size_t given(const weir_site *site)
{
    size_t count = 0;
    for (size_t i = 0; i < site->ways[0].binding.count; i++)
        count += site->ways[0].binding.order[i] >= 0;
    return count;
}

/* ------------------------------------------------------------------ calls */

static bool fuse_asset(const weir_site *site, weir_fused *out)
{
    for (weir_asset_key key = 0; key < WEIR_ASSET_KEY_COUNT; key++) {
        if (!takes_only(site, key, 0))
            continue;
        out->kind = WEIR_FUSED_ASSET;
        out->key = key;
        return true;
    }
    return false;
}

static bool fuse_stamp(const weir_site *site, const weir_value *unit, bool is_int, weir_fused *out)
{
    int digits;
    if (!takes_only(site, 0, 0))
        return false;
    if (!unit) {
        out->kind = WEIR_FUSED_STAMP;
        return given(site) == 1 && !is_int;
    }
    out->kind = is_int ? WEIR_FUSED_EPOCH_INT : WEIR_FUSED_EPOCH;
    out->scale = weir_time_unit(weir_value_text(unit), &digits);
    return given(site) == 2 && takes_only(site, 1, 1) && out->scale > 0;
}

/* CALL r site over a slot in `base`, with at most a constant text in the register behind it. */
static bool fuse_call(const weir_program *program, const weir_insn *call, unsigned base,
                      const weir_value *second, bool is_int, weir_fused *out)
{
    const weir_site *site = &program->sites[call->b];
    if (site->is_method || site->has_rest || site->base != base || site->way_count == 0)
        return false;
    if (weir_str_is(site->name, "pd.Timestamp"))
        return fuse_stamp(site, second, is_int, out);
    if (second || is_int || given(site) != 1)
        return false;
    if (weir_str_is(site->name, "broker.infer_asset"))
        return fuse_asset(site, out);
    out->kind = WEIR_FUSED_DECIMAL;
    return weir_str_is(site->name, "Decimal") && takes_only(site, 0, 0);
}

/* ------------------------------------------------------------------ methods */

/* slot.startswith(text): the receiver is in `base`, the text behind it. */
static bool fuse_method(const weir_program *program, const weir_insn *method, unsigned base,
                        const weir_value *text, weir_fused *out)
{
    const weir_site *site = &program->sites[method->b];
    if (!site->is_method || site->has_rest || site->base != base || !is_plain_text(text))
        return false;
    for (size_t i = 0; i < site->way_count; i++) {
        const weir_site_way *way = &site->ways[i];
        size_t count = 0;
        for (size_t k = 0; k < way->binding.count; k++)
            count += way->binding.order[k] >= 0;
        if (way->kind != WEIR_STR || way->why || count != 1 || way->binding.rest_count)
            continue;
        out->value = *text;
        if (weir_str_is(site->name, "startswith"))
            out->kind = WEIR_FUSED_STARTS;
        else if (weir_str_is(site->name, "endswith"))
            out->kind = WEIR_FUSED_ENDS;
        return out->kind != WEIR_FUSED_NONE;
    }
    return false;
}

/* mappings.m.to_standard(slot): the mapping in `base`, the slot behind it. */
static bool fuse_standard(const weir_program *program, const weir_insn *method, unsigned base,
                          const weir_value *object, weir_fused *out)
{
    const weir_site *site = &program->sites[method->b];
    if (!site->is_method || site->has_rest || site->base != base || object->kind != WEIR_OBJECT ||
        object->aux != WEIR_OBJECT_MAPPING ||
        (!weir_str_is(site->name, "to_standard") && !weir_str_is(site->name, "to_blueshift")))
        return false;
    out->kind = WEIR_FUSED_STANDARD;
    out->value = *object;
    return true;
}

/* ------------------------------------------------------------------ forms */

/* MOVE of a constant into a register; NULL: it is something else. */
static const weir_value *take_constant(reading *in, unsigned *a)
{
    if (in->at == in->end || in->at->op != WEIR_OP_MOVE)
        return NULL;
    const weir_value *v = constant_of(in->program, in->at->b);
    *a = in->at->a;
    in->at += v != NULL;
    return v;
}

/* 0 SLOT r; 1 TEST 0 r ->4; 2 MOVE x A; 3 JUMP ->5; 4 MOVE x B; 5 RETURN x */
static bool fuse_choice(reading *in, unsigned slot, weir_fused *out)
{
    const weir_insn *test = next(in);
    unsigned a = 0, b = 0;
    if (!test || test->op != WEIR_OP_TEST || test->a != 0 || test->b != slot || test->d != 4)
        return false;
    const weir_value *first = take_constant(in, &a);
    const weir_insn *jump = next(in);
    if (!first || !jump || jump->op != WEIR_OP_JUMP || jump->d != 5)
        return false;
    const weir_value *second = take_constant(in, &b);
    if (!second || a != b || !ends_with(in, a))
        return false;
    out->kind = WEIR_FUSED_CHOICE;
    out->value = *first;
    out->other = *second;
    return true;
}

static bool are_plain_texts(const weir_value *v)
{
    if (!v || v->kind != WEIR_TUPLE)
        return false;
    for (size_t i = 0; i < v->list->count; i++)
        if (!is_plain_text(&v->list->items[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------ over the elements of a slot */

/* The next instruction, if it is this one on builder or loop 0. */
static const weir_insn *expect(reading *in, unsigned op)
{
    const weir_insn *insn = next(in);
    return insn && insn->op == op ? insn : NULL;
}

/* BUILD; ITER over `list`; NEXT: the register of the element, and where the loop ends. */
static unsigned enter_loop(reading *in, unsigned list, unsigned *end)
{
    const weir_insn *build = expect(in, WEIR_OP_BUILD);
    const weir_insn *iter = expect(in, WEIR_OP_ITER);
    const weir_insn *step = expect(in, WEIR_OP_NEXT);
    if (!build || build->a != 0 || build->b != WEIR_LIST || !iter || iter->a != 0 ||
        iter->b != list || !step || step->b != 0)
        return UINT32_MAX;
    *end = step->d;
    return step->a;
}

/* INDEX r element n, n a small constant: the register; *place gets n. */
static unsigned take_index(reading *in, unsigned element, uint32_t *place)
{
    const weir_insn *insn = expect(in, WEIR_OP_INDEX);
    const weir_value *n = insn && insn->b == element ? constant_of(in->program, insn->c) : NULL;
    if (!n || n->kind != WEIR_INT || n->i < 0 || n->i > 15)
        return UINT32_MAX;
    *place = (uint32_t)n->i;
    return insn->a;
}

/* BUILD_ADD `item`; JUMP to NEXT; BUILD_END at `end`: the register of the list. */
static unsigned leave_loop(reading *in, unsigned item, const weir_insn *loop, unsigned end)
{
    const weir_insn *add = expect(in, WEIR_OP_BUILD_ADD);
    const weir_insn *jump = expect(in, WEIR_OP_JUMP);
    const weir_insn *built = expect(in, WEIR_OP_BUILD_END);
    const weir_insn *code = in->program->code;
    if (!add || add->a != 0 || add->b != item || !jump || code + jump->d != loop || !built ||
        built != code + end || built->b != 0)
        return UINT32_MAX;
    return built->a;
}

/* A call of a function by its name over one register; the result's. */
static unsigned take_call(reading *in, const char *name, unsigned base)
{
    const weir_insn *call = expect(in, WEIR_OP_CALL);
    if (!call)
        return UINT32_MAX;
    const weir_site *site = &in->program->sites[call->b];
    return weir_str_is(site->name, name) && !site->has_rest && site->base == base ? call->a
                                                                                  : UINT32_MAX;
}

/* max(Decimal(x[place]) for x in slot) */
static bool fuse_greatest(reading *in, unsigned list, weir_fused *out)
{
    unsigned end = 0;
    out->kind = WEIR_FUSED_GREATEST;
    const unsigned element = enter_loop(in, list, &end);
    const weir_insn *loop = in->at - 1;
    if (element == UINT32_MAX)
        return false;
    const unsigned part = take_index(in, element, &out->place);
    const unsigned number = part == UINT32_MAX ? part : take_call(in, "Decimal", part);
    const unsigned built = number == UINT32_MAX ? number : leave_loop(in, number, loop, end);
    const unsigned most = built == UINT32_MAX ? built : take_call(in, "max", built);
    return most != UINT32_MAX && ends_with(in, most);
}

/* [x[skip:] for x in slot if x[place] == text] */
static bool fuse_where(reading *in, unsigned list, weir_fused *out)
{
    unsigned end = 0, at[4];
    out->kind = WEIR_FUSED_WHERE;
    const unsigned element = enter_loop(in, list, &end);
    const weir_insn *loop = in->at - 1;
    const unsigned part = element == UINT32_MAX ? element : take_index(in, element, &out->place);
    const weir_insn *test = part == UINT32_MAX ? NULL : expect(in, WEIR_OP_TEST_EQ);
    const weir_value *text = test ? constant_of(in->program, test->c) : NULL;
    const weir_insn *move = text ? expect(in, WEIR_OP_MOVE) : NULL;
    if (!move || test->a != 0 || test->b != part || move->b != element || !is_plain_text(text))
        return false;
    const weir_value *start = take_constant(in, &at[1]);
    const weir_value *stop = start ? take_constant(in, &at[2]) : NULL;
    const weir_value *step = stop ? take_constant(in, &at[3]) : NULL;
    const weir_insn *slice = step ? expect(in, WEIR_OP_SLICE) : NULL;
    if (!slice || slice->b != move->a || start->kind != WEIR_INT || start->i < 0 || start->i > 8 ||
        stop->kind != WEIR_ABSENT || step->kind != WEIR_ABSENT)
        return false;
    out->value = *text;
    out->skip = (uint32_t)start->i;
    if (in->program->code + test->d != in->at + 1)
        return false;
    const unsigned built = leave_loop(in, slice->a, loop, end);
    return built != UINT32_MAX && ends_with(in, built);
}

/* What goes through the elements of one slot, or of another when the first is empty. */
static bool fuse_loop(reading *in, unsigned list, weir_fused *out)
{
    out->member = UINT32_MAX;
    out->has_empty = false;
    if (in->at->op == WEIR_OP_SLOT || in->at->op == WEIR_OP_ITEM_SLOT) {
        weir_fused second = {0};
        const unsigned other = take_slot(in, &second);
        const weir_insn *sum = expect(in, WEIR_OP_ADD);
        if (second.is_item != out->is_item || second.has_empty || !sum || sum->b != list ||
            sum->c != other)
            return false;
        out->member = second.slot;
        out->is_joined = true;
        list = sum->a;
    } else if (in->at->op == WEIR_OP_TEST) {
        const weir_insn *test = next(in);
        weir_fused second = {0};
        if (test->a != 1 || test->b != list || take_slot(in, &second) != list || second.has_empty ||
            second.is_item != out->is_item || in->program->code + test->d != in->at)
            return false;
        out->member = second.slot;
    }
    const reading begin = *in;
    weir_fused form = *out;
    if (fuse_greatest(in, list, out))
        return true;
    if (form.is_joined)
        return false;
    *in = begin;
    *out = form;
    return out->member == UINT32_MAX && fuse_where(in, list, out);
}

/* What begins with a slot in a register. */
static bool fuse_over_slot(reading *in, weir_fused *out)
{
    unsigned slot = take_slot(in, out);
    unsigned second_at = 0;
    bool is_int = false;
    if (in->at < in->end && in->at->op == WEIR_OP_RETURN) {
        out->kind = WEIR_FUSED_SLOT;
        return ends_with(in, slot);
    }
    if (in->at < in->end && in->at->op == WEIR_OP_TEST && in->at->a == 0)
        return fuse_choice(in, slot, out);
    if (in->at < in->end && (in->at->op == WEIR_OP_TEST || in->at->op == WEIR_OP_BUILD ||
                             is_slot_op(in->at, WEIR_OP_SLOT, WEIR_OP_ITEM_SLOT)))
        return fuse_loop(in, slot, out);
    if (in->at < in->end && in->at->op == WEIR_OP_INT && in->at->b == slot) {
        slot = next(in)->a;
        is_int = true;
    }
    const weir_value *second = take_constant(in, &second_at);
    const weir_insn *insn = next(in);
    if (insn && second && second_at + 1 == slot && insn->op == WEIR_OP_METHOD && !is_int)
        return fuse_standard(in->program, insn, second_at, second, out) && ends_with(in, insn->a);
    if (!insn || (second && second_at != slot + 1))
        return false;
    if (insn->op == WEIR_OP_CALL)
        return (!second || is_plain_text(second)) &&
               fuse_call(in->program, insn, slot, second, is_int, out) && ends_with(in, insn->a);
    if (is_int)
        return false;
    if (insn->op == WEIR_OP_METHOD && second)
        return fuse_method(in->program, insn, slot, second, out) && ends_with(in, insn->a);
    if (second)
        return false;
    if (insn->op == WEIR_OP_IN || insn->op == WEIR_OP_NOT_IN) {
        const weir_value *texts = constant_of(in->program, insn->c);
        if (insn->b != slot || !are_plain_texts(texts) || !ends_with(in, insn->a))
            return false;
        out->kind = WEIR_FUSED_ONE_OF;
        out->value = *texts;
        out->is_negated = insn->op == WEIR_OP_NOT_IN;
        return true;
    }
    return false;
}

/* SLOT_FLOAT, SLOT_INT: the read is operand c. */
static bool fuse_number(reading *in, weir_fused *out)
{
    const weir_insn *insn = next(in);
    const weir_read *read = &in->program->reads[insn->c];
    out->is_item = read->is_item;
    out->slot = read->slot;
    if (insn->op == WEIR_OP_SLOT_INT && in->at < in->end && in->at->op != WEIR_OP_RETURN) {
        unsigned at = 0;
        const weir_value *unit = take_constant(in, &at);
        const weir_insn *call = next(in);
        return is_plain_text(unit) && at == insn->a + 1u && call && call->op == WEIR_OP_CALL &&
               fuse_call(in->program, call, insn->a, unit, true, out) && ends_with(in, call->a);
    }
    out->kind = insn->op == WEIR_OP_SLOT_FLOAT ? WEIR_FUSED_FLOAT : WEIR_FUSED_INT;
    return ends_with(in, insn->a);
}

static bool fuse_equal(reading *in, weir_fused *out)
{
    const weir_insn *insn = next(in);
    const weir_read *read = &in->program->reads[insn->b];
    const weir_value *text = &in->program->constants[insn->c];
    out->kind = WEIR_FUSED_EQUAL;
    out->is_item = read->is_item;
    out->slot = read->slot;
    out->value = *text;
    out->is_negated = insn->d != 0;
    return is_plain_text(text) && ends_with(in, insn->a);
}

static bool fuse_has(reading *in, weir_fused *out)
{
    const weir_insn *insn = next(in);
    const weir_read *read = &in->program->reads[insn->b];
    const weir_read_step *last = &read->steps[read->count - 1];
    out->is_item = read->is_item;
    out->member = read->slot;
    out->value = last->key;
    out->is_negated = insn->d != 0;
    if (last->kind != WEIR_STEP_IN || !is_plain_text(&last->key) || !ends_with(in, insn->a))
        return false;
    if (read->count == 1) {
        out->kind = WEIR_FUSED_ROOT_HAS;
        out->root = read->is_item ? WEIR_ROOT_ITEM : WEIR_ROOT_DATA;
        return true;
    }
    const weir_read_step *before = &read->steps[read->count - 2];
    out->kind = WEIR_FUSED_HAS;
    out->slot = before->slot;
    return before->has_slot && before->kind == WEIR_STEP_INDEX;
}

/* pd.Timestamp(int(value * 1000000), unit='us') */
static bool fuse_seconds(reading *in, unsigned value, weir_fused *out)
{
    const weir_insn *product = expect(in, WEIR_OP_MUL);
    const weir_value *factor = product ? constant_of(in->program, product->c) : NULL;
    const weir_insn *whole = expect(in, WEIR_OP_INT);
    unsigned at = 0;
    const weir_value *unit = take_constant(in, &at);
    const weir_insn *call = next(in);
    if (!factor || product->b != value || factor->kind != WEIR_INT || !whole ||
        whole->b != product->a || !is_plain_text(unit) || at != whole->a + 1u || !call ||
        call->op != WEIR_OP_CALL || !fuse_call(in->program, call, whole->a, unit, true, out) ||
        !ends_with(in, call->a))
        return false;
    out->kind = WEIR_FUSED_SECONDS;
    int64_t second;
    return !__builtin_mul_overflow(factor->i, out->scale, &second) && second == 1000000000;
}

/* len(data) == 4 */
static bool fuse_len(reading *in, unsigned root, weir_fused *out)
{
    const unsigned len = take_call(in, "len", root);
    const weir_insn *equal = expect(in, WEIR_OP_EQ);
    const weir_value *n = equal ? constant_of(in->program, equal->c) : NULL;
    if (len == UINT32_MAX || !n || equal->b != len || n->kind != WEIR_INT || n->i < 1 ||
        n->i > 15 || out->root > WEIR_ROOT_ITEM)
        return false;
    out->kind = WEIR_FUSED_ROOT_LEN;
    out->place = (uint32_t)n->i;
    out->is_item = out->root == WEIR_ROOT_ITEM;
    return ends_with(in, equal->a);
}

/* isinstance(data, dict) */
static bool fuse_root(reading *in, weir_fused *out)
{
    const weir_insn *root = next(in);
    out->root = root->b;
    if (in->at < in->end && in->at->op == WEIR_OP_RETURN) {
        out->kind = WEIR_FUSED_ROOT;
        return ends_with(in, root->a);
    }
    if (root->b == WEIR_ROOT_VALUE)
        return fuse_seconds(in, root->a, out);
    if (in->at < in->end && in->at->op == WEIR_OP_CALL)
        return fuse_len(in, root->a, out);
    unsigned at = 0;
    const weir_value *type = take_constant(in, &at);
    const weir_insn *call = next(in);
    if (!type || at != root->a + 1u || type->kind != WEIR_OBJECT || !call ||
        call->op != WEIR_OP_CALL)
        return false;
    const weir_site *site = &in->program->sites[call->b];
    out->kind = WEIR_FUSED_ROOT_IS;
    out->value = *type;
    return weir_str_is(site->name, "isinstance") && site->base == root->a &&
           (type->aux == WEIR_DICT || type->aux == WEIR_LIST) && ends_with(in, call->a);
}

static bool fuse(reading *in, weir_fused *out)
{
    switch (in->at->op) {
    case WEIR_OP_SLOT:
    case WEIR_OP_ITEM_SLOT: return fuse_over_slot(in, out);
    case WEIR_OP_SLOT_FLOAT:
    case WEIR_OP_SLOT_INT: return fuse_number(in, out);
    case WEIR_OP_SLOT_EQ: return fuse_equal(in, out);
    case WEIR_OP_SLOT_HAS: return fuse_has(in, out);
    case WEIR_OP_ROOT: return fuse_root(in, out);
    default: return false;
    }
}

weir_fused weir_program_fuse(const weir_program *program)
{
    weir_fused out = {0};
    if (!program)
        return out;
    if (weir_program_constant(program, &out.value)) {
        out.kind = out.value.flags & WEIR_VALUE_SECRET ? WEIR_FUSED_NONE : WEIR_FUSED_CONSTANT;
        return out;
    }
    reading in = {program, program->code, program->code + program->count};
    if (!fuse(&in, &out))
        return (weir_fused){0};
    return out;
}

static bool add_place(weir_projection *paths, uint32_t place, uint32_t *slot)
{
    const weir_step step = {.is_index = true, .index = place};
    const size_t at = paths ? weir_projection_add(paths, &step, 1) : SIZE_MAX;
    *slot = (uint32_t)at;
    return at < UINT32_MAX;
}

/* A list has n elements if it has one at n - 1 and none at n. */
bool weir_fused_needs(weir_fused *fused, weir_projection *data, weir_projection *item)
{
    weir_projection *paths = fused->is_item ? item : data;
    return fused->kind != WEIR_FUSED_ROOT_LEN ||
           (add_place(paths, fused->place - 1, &fused->slot) &&
            add_place(paths, fused->place, &fused->member));
}

/* ------------------------------------------------------------------ tests */

static inline bool same_bytes(const char *a, const char *b, size_t len)
{
    uint64_t x, y;
    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            if (a[i] != b[i])
                return false;
        return true;
    }
    for (size_t i = 0; i + 8 <= len; i += 8) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        if (x != y)
            return false;
    }
    memcpy(&x, a + len - 8, sizeof x);
    memcpy(&y, b + len - 8, sizeof y);
    return x == y;
}

static weir_fused_answer answer(bool holds, const weir_fused *fused)
{
    return holds != fused->is_negated ? WEIR_FUSED_TRUE : WEIR_FUSED_FALSE;
}

static bool is_one_of(const weir_value *slot, const weir_list *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        if (texts->items[i].len == slot->len && same_bytes(texts->items[i].s, slot->s, slot->len))
            return true;
    return false;
}

static weir_fused_answer test_has(const weir_fused *fused, const weir_value *in,
                                  const weir_value *slots)
{
    if (in->kind == WEIR_RAW && in->aux == WEIR_RAW_OBJECT)
        return answer(slots[fused->member].kind != WEIR_ABSENT, fused);
    if (in->kind == WEIR_STR && fused->kind == WEIR_FUSED_HAS)
        return answer(memmem(in->s, in->len, fused->value.s, fused->value.len) != NULL, fused);
    return WEIR_FUSED_ASK;
}

static weir_fused_answer test_root(const weir_fused *fused, const weir_value *root)
{
    if (root->kind != WEIR_RAW || root->aux < WEIR_RAW_OBJECT)
        return WEIR_FUSED_ASK;
    return answer((root->aux == WEIR_RAW_OBJECT) == (fused->value.aux == WEIR_DICT), fused);
}

static weir_fused_answer test_len(const weir_fused *fused, const weir_value *root,
                                  const weir_value *slots)
{
    if (root->kind != WEIR_RAW || root->aux != WEIR_RAW_ARRAY)
        return WEIR_FUSED_ASK;
    return answer(
        slots[fused->slot].kind != WEIR_ABSENT && slots[fused->member].kind == WEIR_ABSENT, fused);
}

weir_fused_answer weir_fused_test(const weir_fused *fused, const weir_expr_input *input)
{
    const weir_value *slots = fused->is_item ? input->item_slots : input->data_slots;
    const weir_value *slot = &slots[fused->slot];
    const weir_value *value = &fused->value;
    switch (fused->kind) {
    case WEIR_FUSED_ROOT_HAS: return test_has(fused, &input->roots[fused->root], slots);
    case WEIR_FUSED_ROOT_IS: return test_root(fused, &input->roots[fused->root]);
    case WEIR_FUSED_HAS: return test_has(fused, slot, slots);
    case WEIR_FUSED_ROOT_LEN: return test_len(fused, &input->roots[fused->root], slots);
    case WEIR_FUSED_SLOT: return slot->kind == WEIR_BOOL ? answer(slot->b, fused) : WEIR_FUSED_ASK;
    default: break;
    }
    if (slot->kind != WEIR_STR)
        return WEIR_FUSED_ASK;
    switch (fused->kind) {
    case WEIR_FUSED_EQUAL:
        return answer(slot->len == value->len && same_bytes(slot->s, value->s, value->len), fused);
    case WEIR_FUSED_STARTS:
        return answer(slot->len >= value->len && same_bytes(slot->s, value->s, value->len), fused);
    case WEIR_FUSED_ENDS:
        return answer(slot->len >= value->len &&
                          same_bytes(slot->s + slot->len - value->len, value->s, value->len),
                      fused);
    case WEIR_FUSED_ONE_OF: return answer(is_one_of(slot, value->list), fused);
    default: return WEIR_FUSED_ASK;
    }
}
