/* SPDX-License-Identifier: MIT */
/*
 * Learning a mould: the route and the rule of a message are found again from its slots, and for
 * every test on the way what of a text must stay as it is for the answer to be the same; with that
 * a stencil is made, and for each column what is to be done where the stencil has its value.
 */
#include <stddef.h>
#include <stdlib.h>

#include "pipeline/mould_scene.h"

enum {
    COLUMNS_MAX = WEIR_SCENE_COLUMNS_MAX,
    SLOTS_MAX = WEIR_SCENE_SLOTS_MAX,
    AT_ONCE = WEIR_LANES / 2, /* lanes that cost what one costs */
    RUN_MAX = 4,              /* numbers that are copied together */
};

typedef weir_scene scene;

/* ------------------------------------------------------------------ columns */

static const weir_stencil_mark *mark_of(const scene *s, const weir_quick_op *op, bool *is_outer)
{
    const size_t slot = weir_scene_slot(s, op->is_item, op->slot / sizeof(weir_value));
    *is_outer = s->outer && !op->is_item;
    return weir_stencil_mark_of(*is_outer ? s->outer->stencil : s->mould.stencil, slot);
}

/* A slot of `data` or `item` for an operation that reads slots. */
static void want_slot(scene *s, bool is_item, size_t slot)
{
    weir_mould *mould = &s->mould;
    const weir_plan *plan = s->runner->plan;
    const bool is_outer = s->outer && !is_item;
    const size_t count = is_item ? mould->rule->item_slots : plan->slots;
    if (slot >= count)
        return;
    for (size_t i = 0; i < mould->slot_count; i++)
        if (s->wanted[i].slot == slot && s->wanted[i].is_item == is_item)
            return;
    s->has_too_many |= mould->slot_count == SLOTS_MAX;
    if (s->has_too_many)
        return;
    const weir_stencil_mark *mark = weir_stencil_mark_of(
        is_outer ? s->outer->stencil : mould->stencil, weir_scene_slot(s, is_item, slot));
    s->has_too_many |= mark && mark->kind == WEIR_MARK_HIDDEN;
    s->wanted[mould->slot_count++] = (weir_mould_slot){
        .is_item = is_item, .is_outer = is_outer, .slot = (uint32_t)slot, .mark = mark};
}

static void want_form(scene *s, const weir_fused *form)
{
    want_slot(s, form->is_item, form->slot);
    want_slot(s, form->is_item, form->member);
}

static weir_mould_op *add_op(scene *s, const weir_quick_op *quick, weir_mould_code code)
{
    weir_mould_op *op = &s->ops[s->op_count++];
    *op = (weir_mould_op){
        .code = (uint8_t)code, .key = quick->key, .place = (uint16_t)quick->place, .quick = quick};
    return op;
}

/* As pipeline/quick.c does it. */
static bool add_other(scene *s, const weir_quick_op *quick)
{
    add_op(s, quick, WEIR_MOULD_OTHER);
    want_form(s, &quick->from->quick);
    want_form(s, &quick->from->condition);
    return true;
}

static void want_of_tree(void *user, bool is_item, size_t slot)
{
    scene *s = user;
    const weir_value *v = &(is_item ? s->items : s->slots)[slot];
    const weir_stencil *stencil = s->outer && !is_item ? s->outer->stencil : s->mould.stencil;
    s->has_too_many |=
        v->kind != WEIR_ABSENT && !weir_stencil_mark_of(stencil, weir_scene_slot(s, is_item, slot));
    want_slot(s, is_item, slot);
}

/* By the trees of its programs, from slots and what `data` and `item` are. */
static bool add_tree(scene *s, const weir_quick_op *quick)
{
    const weir_quick_trees *trees = &quick->from->trees;
    const weir_tree *const all[] = {trees->source, trees->condition, trees->transform};
    add_op(s, quick, WEIR_MOULD_OTHER);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] && !weir_tree_reads_slots(all[i]))
            return false;
        if (all[i])
            weir_tree_each_slot(all[i], want_of_tree, s);
    }
    s->mould.has_roots = true;
    s->mould.roots[0] = s->input.roots[WEIR_ROOT_DATA];
    s->mould.roots[1] = s->input.roots[WEIR_ROOT_ITEM];
    for (size_t i = 0; i < 2; i++) { /* what they are, not where */
        s->mould.roots[i].s = "";
        s->mould.roots[i].len = 0;
    }
    return true;
}

static bool add_received(scene *s, const weir_quick_op *quick)
{
    add_op(s, quick, WEIR_MOULD_RECEIVED);
    return quick->from->quick.root == WEIR_ROOT_RECEIVED;
}

/* Where its text is. */
static void set_text(weir_mould_op *op, const weir_stencil_mark *mark, bool is_outer)
{
    const size_t where = offsetof(weir_fit, where) + mark->from.where * sizeof(uint32_t *);
    op->where = (int16_t)((int)where - (is_outer ? (int)sizeof(weir_fit) : 0));
    op->quote = (uint16_t)(mark->from.quote * sizeof(uint32_t));
}

static bool add_text(scene *s, const weir_quick_op *quick, weir_mould_code code)
{
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, quick, &is_outer);
    if (!mark || mark->kind != WEIR_MARK_TEXT)
        return false;
    set_text(add_op(s, quick, code), mark, is_outer);
    return true;
}

/* Where the value of a cell is within it. */
static uint32_t value_place(const weir_quick_op *op)
{
    return op->place + (op->column < 0 ? 0 : (uint32_t)offsetof(weir_value, bits));
}

static bool set_constant(scene *s, const weir_quick_op *op, const weir_value *v)
{
    s->constants[s->constant_count++] = (weir_scene_constant){op->column, v};
    return true;
}

/* The kind of a number's cell is the same in all records. */
static bool set_kind(scene *s, const weir_quick_op *op, weir_mould_use use)
{
    static const weir_value real = {.kind = WEIR_FLOAT}, whole = {.kind = WEIR_INT};
    return op->column < 0 || use == WEIR_MOULD_AS_GIVEN ||
           set_constant(s, op, use == WEIR_MOULD_WHOLE ? &whole : &real);
}

/* A number that may be whole or not. */
static void add_either(const scene *s, weir_mould_lanes *group, unsigned bit,
                       const weir_quick_op *op)
{
    const weir_value *v = &(op->is_item ? s->items : s->slots)[op->slot / sizeof *v];
    group->wholes |= v->flags & WEIR_VALUE_INTEGRAL ? bit : 0;
    group->either |= bit;
}

/* What a lane must be, and where it goes. */
static void add_put(scene *s, const weir_stencil_mark *mark, weir_mould_use use,
                    const weir_quick_op *op)
{
    weir_mould_lanes *group = &s->mould.lanes[mark->at / WEIR_LANES];
    const unsigned lane = mark->at % WEIR_LANES, bit = 1u << lane;
    if (use == WEIR_MOULD_AS_GIVEN)
        add_either(s, group, bit, op);
    else if (use == WEIR_MOULD_WHOLE || use == WEIR_MOULD_TIME)
        group->whole |= bit;
    else
        group->real |= bit;
    s->puts[s->put_count++] =
        (weir_mould_put){.use = use,
                         .lane = mark->at,
                         .place = use == WEIR_MOULD_AS_GIVEN ? op->place : value_place(op),
                         .scale = op->scale};
}

/* A number that has a lane; in quotes where that will do, or bare. */
static bool add_lane(scene *s, const weir_quick_op *op, bool may_be_text, weir_mould_use use)
{
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, op, &is_outer);
    const bool is_text = mark && mark->kind == WEIR_MARK_TEXT;
    if (!mark || (mark->kind != WEIR_MARK_NUMBER && !(is_text && may_be_text)))
        return false;
    const bool may_be_no_time = use == WEIR_MOULD_TIME && op->scale != 1 && op->scale % 10 != 0;
    if (is_outer || !mark->in_lane || may_be_no_time)
        return add_other(s, op);
    if (use == WEIR_MOULD_REAL && !is_text)
        use = WEIR_MOULD_BARE_REAL;
    add_put(s, mark, use, op);
    return set_kind(s, op, use);
}

/* ------------------------------------------------------------------ lists of levels */

/* Of the message or element itself, whose only list of levels has one. */
static bool has_one_level(const scene *s, const weir_quick_op *op, uint32_t slot)
{
    return op->is_item == (s->outer != NULL) && slot == s->levels && s->level_texts > 0;
}

static const weir_stencil_mark *mark_at(const scene *s, const weir_quick_op *op, uint32_t slot)
{
    const bool is_outer = s->outer && !op->is_item;
    return weir_stencil_mark_of(is_outer ? s->outer->stencil : s->mould.stencil,
                                weir_scene_slot(s, op->is_item, slot));
}

/* "[]" is part of the form. */
static bool is_empty_list(const scene *s, const weir_quick_op *op, uint32_t slot)
{
    const weir_stencil_mark *mark = mark_at(s, op, slot);
    const weir_value *v = &(op->is_item ? s->items : s->slots)[slot];
    return mark && mark->kind == WEIR_MARK_SPAN && mark->raw == WEIR_RAW_ARRAY && v->len == 2;
}

/* A key that is not there, in an object: it is no key of the form. */
static bool is_no_key(const scene *s, const weir_quick_op *op, uint32_t slot, uint32_t object)
{
    const weir_stencil_mark *mark = mark_at(s, op, object);
    return !mark_at(s, op, slot) && mark && mark->kind == WEIR_MARK_SPAN &&
           mark->raw == WEIR_RAW_OBJECT;
}

/* The numbers of the only level are put where the image has it (keep_image). */
static bool add_level(scene *s, const weir_quick_op *op, uint32_t slot)
{
    static const weir_level unread = {0};
    static const weir_value one = {.kind = WEIR_LEVELS, .len = 1, .levels = &unread};
    const weir_stencil_mark *price = mark_at(s, op, weir_stencil_in_level(slot, 0));
    const weir_stencil_mark *size = mark_at(s, op, weir_stencil_in_level(slot, 1));
    if (!price || !size || !price->in_lane || !size->in_lane ||
        s->level_count == WEIR_SCENE_LEVELS_MAX)
        return add_other(s, op);
    s->level_puts[s->level_count++] = (weir_scene_level){s->put_count, op->place};
    add_put(s, price, WEIR_MOULD_REAL, op);
    add_put(s, size, WEIR_MOULD_REAL, op);
    return set_constant(s, op, &one);
}

static const weir_value no_levels = {.kind = WEIR_LEVELS};

/* A list that ends a part of the stencil, and is read from there. */
static bool add_list(scene *s, const weir_quick_op *op, weir_mould_code code)
{
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, op, &is_outer);
    if (!mark || mark->kind != WEIR_MARK_WALKED)
        return add_other(s, op);
    weir_mould_op *made = add_op(s, op, code);
    made->key = mark->at;
    made->where = (int16_t)(is_outer ? -(int)sizeof(weir_fit) : 0);
    return true;
}

static bool add_levels(scene *s, const weir_quick_op *op)
{
    const weir_fused *form = &op->from->quick;
    if (has_one_level(s, op, form->slot))
        return add_level(s, op, form->slot);
    return is_empty_list(s, op, form->slot) ||
                   (form->has_empty && is_no_key(s, op, form->slot, form->member))
               ? set_constant(s, op, &no_levels)
               : add_list(s, op, WEIR_MOULD_LEVELS);
}

/* The last operation and the one before may be done together. */
static void join_sides(scene *s)
{
    weir_mould_op *last = &s->ops[s->op_count - 1];
    if (s->op_count < 2 || !weir_mould_are_sides(last - 1, last))
        return;
    last[-1].code = WEIR_MOULD_SIDES;
    last[-1].second = last->quick;
    s->op_count--;
}

static bool add_where(scene *s, const weir_quick_op *op)
{
    if (is_empty_list(s, op, op->from->quick.slot))
        return set_constant(s, op, &no_levels);
    if (!add_list(s, op, WEIR_MOULD_WHERE))
        return false;
    join_sides(s);
    return true;
}

/* Of one level the greatest is the only one. */
static bool add_greatest(scene *s, const weir_quick_op *op)
{
    const weir_fused *form = &op->from->quick;
    const bool is_other = !form->is_joined && form->member != UINT32_MAX &&
                          (!mark_at(s, op, form->slot) || is_empty_list(s, op, form->slot));
    const uint32_t slot = is_other ? form->member : form->slot;
    const weir_stencil_mark *mark = mark_at(s, op, weir_stencil_in_level(slot, form->place));
    if (form->is_joined || !has_one_level(s, op, slot) || !mark || mark->kind != WEIR_MARK_TEXT)
        return add_other(s, op);
    set_text(add_op(s, op, WEIR_MOULD_SECONDS), mark, false);
    return true;
}

/* The only list of levels that the rule reads: there are none, or several, but for empty ones. */
static uint32_t find_levels(const scene *s)
{
    const weir_plan_rule *rule = s->mould.rule;
    uint32_t found = WEIR_NO_SLOT;
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_quick_op *op = &rule->ops[i];
        const weir_fused *form = &op->from->quick;
        const weir_quick_code code =
            (weir_quick_code)(op->code == WEIR_QUICK_IF ? op->then : op->code);
        const bool has_two = code == WEIR_QUICK_GREATEST && form->member != UINT32_MAX;
        if (code != WEIR_QUICK_LEVELS && code != WEIR_QUICK_GREATEST && code != WEIR_QUICK_WHERE)
            continue;
        for (size_t k = 0; k < 1 + (size_t)has_two; k++) {
            const uint32_t slot = k == 0 ? form->slot : form->member;
            const weir_value *v = &(op->is_item ? s->items : s->slots)[slot];
            const bool is_there = v->kind == WEIR_RAW && v->aux == WEIR_RAW_ARRAY && v->len > 2;
            if (!is_there || op->is_item != (s->outer != NULL) || slot == found)
                continue;
            if (found != WEIR_NO_SLOT || code == WEIR_QUICK_WHERE)
                return WEIR_NO_SLOT;
            found = slot;
        }
    }
    return found;
}

/* Where its only level has texts, two of these are numbers. */
static void look_at_levels(scene *s, const weir_projection *projection)
{
    s->levels = find_levels(s);
    if (s->levels == WEIR_NO_SLOT)
        return;
    const weir_value *list = &(s->outer ? s->items : s->slots)[s->levels];
    s->level_texts =
        weir_stencil_single_level(projection, s->levels, (weir_str){list->s, list->len});
    for (size_t i = 0; i < 2 && s->level_texts >= 2; i++)
        s->lanes[s->lane_count++] = weir_stencil_in_level(s->levels, i);
}

static bool add_as_is(scene *s, const weir_quick_op *op)
{
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, op, &is_outer);
    if (!mark)
        return false;
    switch ((weir_mark_kind)mark->kind) {
    case WEIR_MARK_TEXT: return add_text(s, op, WEIR_MOULD_TEXT);
    case WEIR_MARK_NUMBER: return add_lane(s, op, false, WEIR_MOULD_AS_GIVEN);
    case WEIR_MARK_WORD:
        return (mark->word.kind == WEIR_BOOL || !op->from->field->has_default) &&
               set_constant(s, op, &mark->word);
    default: return false;
    }
}

static bool add_choice(scene *s, const weir_quick_op *op)
{
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, op, &is_outer);
    return mark && mark->kind == WEIR_MARK_WORD && mark->word.kind == WEIR_BOOL &&
           set_constant(s, op, mark->word.b ? &op->value : &op->other);
}

/* A comparison with a short text. */
static bool add_equal(scene *s, const weir_quick_op *quick)
{
    const weir_fused *form = &quick->from->quick;
    const size_t len = form->value.len;
    bool is_outer;
    const weir_stencil_mark *mark = mark_of(s, quick, &is_outer);
    if (form->kind != WEIR_FUSED_EQUAL || form->value.kind != WEIR_STR || len > WEIR_SHORT_MAX ||
        !mark || mark->kind != WEIR_MARK_TEXT)
        return add_other(s, quick);
    weir_mould_op *op = add_op(s, quick, WEIR_MOULD_EQUAL);
    set_text(op, mark, is_outer);
    op->key = (uint8_t)(len | (form->is_negated ? WEIR_MOULD_NOT : 0));
    op->text = weir_short_of(weir_value_text(&form->value));
    return true;
}

static bool add_test(scene *s, const weir_quick_op *op)
{
    bool is_true;
    if (!weir_scene_ask(s, &op->from->quick, false, &is_true))
        return add_equal(s, op);
    static const weir_value yes = {.kind = WEIR_BOOL, .b = true}, no = {.kind = WEIR_BOOL};
    return set_constant(s, op, is_true ? &yes : &no);
}

static bool has_assets(const scene *s)
{
    return s->runner->world && s->runner->world->assets;
}

static bool add_column(scene *s, const weir_quick_op *op, weir_quick_code code)
{
    bool holds;
    switch (code) {
    case WEIR_QUICK_REAL: return add_lane(s, op, true, WEIR_MOULD_REAL);
    case WEIR_QUICK_WHOLE: return add_lane(s, op, true, WEIR_MOULD_WHOLE);
    case WEIR_QUICK_EPOCH: return add_lane(s, op, false, WEIR_MOULD_TIME);
    case WEIR_QUICK_EPOCH_TEXT: return add_lane(s, op, true, WEIR_MOULD_TIME);
    case WEIR_QUICK_AS_IS: return add_as_is(s, op);
    case WEIR_QUICK_ASSET: return has_assets(s) && add_text(s, op, WEIR_MOULD_ASSET);
    case WEIR_QUICK_STAMP: return add_text(s, op, WEIR_MOULD_STAMP);
    case WEIR_QUICK_ROOT: return add_received(s, op);
    case WEIR_QUICK_CONSTANT: return set_constant(s, op, &op->value);
    case WEIR_QUICK_CHOICE: return add_choice(s, op);
    case WEIR_QUICK_TEST: return add_test(s, op);
    case WEIR_QUICK_IF:
        if (!weir_scene_ask(s, &op->from->condition, false, &holds))
            return add_other(s, op);
        return !holds || add_column(s, op, (weir_quick_code)op->then);
    case WEIR_QUICK_SECONDS: return add_text(s, op, WEIR_MOULD_SECONDS);
    case WEIR_QUICK_GREATEST: return add_greatest(s, op);
    case WEIR_QUICK_LEVELS: return add_levels(s, op);
    case WEIR_QUICK_STANDARD: return add_text(s, op, WEIR_MOULD_STANDARD) || add_other(s, op);
    case WEIR_QUICK_WHERE: return add_where(s, op);
    case WEIR_QUICK_DECIMAL: return add_other(s, op);
    case WEIR_QUICK_TREE: return add_tree(s, op);
    case WEIR_QUICK_SLOW: break;
    }
    return false;
}

/* A number of the message or element that a column is made of, whatever else it is asked. */
static bool is_for_lanes(const scene *s, const weir_quick_op *op)
{
    scene copy = *s;
    bool holds = true;
    const bool is_if = op->code == WEIR_QUICK_IF;
    if ((op->is_item != (s->outer != NULL) && !s->has_item) ||
        (is_if && (!weir_scene_ask(&copy, &op->from->condition, false, &holds) || !holds)))
        return false;
    const weir_value *slot =
        (const weir_value *)(const void *)((const char *)(op->is_item ? s->items : s->slots) +
                                           op->slot);
    const weir_quick_code code = (weir_quick_code)(is_if ? op->then : op->code);
    const bool is_number = slot->kind == WEIR_RAW && slot->aux == WEIR_RAW_NUMBER;
    return code == WEIR_QUICK_REAL || code == WEIR_QUICK_WHOLE || code == WEIR_QUICK_EPOCH ||
           code == WEIR_QUICK_EPOCH_TEXT || (code == WEIR_QUICK_AS_IS && is_number);
}

static void find_lanes(scene *s)
{
    const weir_plan_rule *rule = s->mould.rule;
    for (size_t i = 0; i < rule->column_count && s->lane_count < WEIR_STENCIL_LANES_MAX; i++) {
        const uint32_t slot =
            weir_scene_slot(s, rule->ops[i].is_item, rule->ops[i].slot / sizeof(weir_value));
        bool is_there = !is_for_lanes(s, &rule->ops[i]);
        for (size_t k = 0; k < s->lane_count && !is_there; k++)
            is_there = s->lanes[k] == slot;
        if (!is_there)
            s->lanes[s->lane_count++] = slot;
    }
}

/* Which lanes are used, and must be numbers of JSON. */
static void keep_lanes(const scene *s, weir_mould *mould)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        const weir_stencil_mark *mark = weir_stencil_mark_of(mould->stencil, s->lanes[i]);
        if (mark && mark->kind == WEIR_MARK_NUMBER)
            mould->lanes[i / WEIR_LANES].json |= 1u << i % WEIR_LANES;
    }
    const size_t count = weir_stencil_lanes(mould->stencil);
    for (size_t i = s->lane_count; i < count; i++)
        mould->lanes[i / WEIR_LANES].json |= 1u << i % WEIR_LANES;
    for (size_t i = 0; i < WEIR_MOULD_LANES; i++) {
        const size_t left = count > i * WEIR_LANES ? count - i * WEIR_LANES : 0;
        mould->lanes[i].used = (uint8_t)(left < WEIR_LANES ? left : WEIR_LANES);
    }
}

/* Bytes from a weir_fit to what was read of a lane. */
static uint16_t number_place(const weir_mould_put *put)
{
    const bool is_whole = put->use == WEIR_MOULD_WHOLE || put->use == WEIR_MOULD_TIME;
    return (uint16_t)(offsetof(weir_fit, lanes) + put->lane / WEIR_LANES * sizeof(weir_lanes) +
                      (is_whole ? offsetof(weir_lanes, whole) : offsetof(weir_lanes, real)) +
                      put->lane % WEIR_LANES * sizeof(double));
}

/* A put is of numbers of that kind that are copied. */
static bool is_copied(const weir_mould_put *put, bool is_bare)
{
    return is_bare ? put->use == WEIR_MOULD_BARE_REAL
                   : put->use == WEIR_MOULD_REAL || put->use == WEIR_MOULD_WHOLE;
}

/* It goes so many bytes behind another one, and is read in a lane so many behind. */
static bool is_behind(const weir_mould_put *put, const weir_mould_put *first, size_t lanes,
                      size_t bytes)
{
    return put->place == first->place + bytes &&
           number_place(put) == number_place(first) + lanes * sizeof(double);
}

/* Numbers that are copied go together where both their lanes and their cells are neighbours. */
static weir_mould_op *keep_numbers(const scene *s, weir_mould_op *op, bool is_bare)
{
    const weir_mould_put *puts[2 * COLUMNS_MAX];
    size_t count = 0, most = 0;
    for (size_t i = 0; i < s->put_count; i++)
        if (is_copied(&s->puts[i], is_bare))
            puts[count++] = &s->puts[i];
    for (size_t i = 0; i < count; i += most, op++) {
        const weir_mould_put *const first = puts[i];
        most = 1;
        while (most < RUN_MAX && i + most < count &&
               is_behind(puts[i + most], first, most, most * sizeof(weir_value)))
            most++;
        op->code = (uint8_t)((is_bare ? WEIR_MOULD_BARE_ONE : WEIR_MOULD_ONE) + most - 1);
        op->quote = number_place(first);
        op->place = (uint16_t)first->place;
        if (most == 1 && i + 1 < count &&
            is_behind(puts[i + 1], first, 1, offsetof(weir_level, size))) {
            op->code = WEIR_MOULD_LEVEL;
            most = 2;
        }
    }
    return op;
}

static weir_mould_op *keep_epoch(const weir_mould_put *put, weir_mould_op *op)
{
    op->code = put->scale == 1 ? WEIR_MOULD_NANOSECONDS : WEIR_MOULD_EPOCH;
    op->quote = number_place(put);
    op->place = (uint16_t)put->place;
    op->scale = put->scale;
    return op + 1;
}

static weir_mould_op *keep_columns(const scene *s, weir_mould_op *op, weir_mould_code code)
{
    for (size_t i = 0; i < s->op_count; i++)
        if (s->ops[i].code == code)
            *op++ = s->ops[i];
    return op;
}

static weir_mould_op *keep_lanes_are(const weir_mould *mould, weir_mould_op *op)
{
    op->code = WEIR_MOULD_LINK;
    op->key = mould->lanes[1].used > 0   ? WEIR_MOULD_BOTH_ARE
              : mould->lanes[0].used > 0 ? WEIR_MOULD_LANES_ARE
                                         : WEIR_MOULD_NONE;
    op->mould = mould;
    return op + 1;
}

static weir_mould_op *keep_image_copy(const weir_mould *mould, weir_mould_op *op)
{
    const size_t pieces = (mould->image_len + WEIR_MOULD_PIECE - 1) / WEIR_MOULD_PIECE;
    op->code =
        pieces >= 3 && pieces <= 6 ? (uint8_t)(WEIR_MOULD_IMAGE_3 + pieces - 3) : WEIR_MOULD_IMAGE;
    op->image = mould->image;
    op->pieces = pieces;
    return op + 1;
}

/* Of a record whose size is known, the image has it. */
static void keep_end(weir_mould *mould, weir_mould_op *op)
{
    bool is_open = false;
    for (const weir_mould_op *o = mould->ops; o < op; o++)
        is_open |= o->code == WEIR_MOULD_TEXT || o->code == WEIR_MOULD_STANDARD ||
                   o->code == WEIR_MOULD_LEVELS || o->code == WEIR_MOULD_WHERE ||
                   o->code == WEIR_MOULD_SIDES || o->code == WEIR_MOULD_OTHER;
    op->code = is_open ? WEIR_MOULD_END : WEIR_MOULD_END_AS_IS;
    op->place = (uint16_t)mould->rule->schema->channel;
    op->room = (mould->image_len + WEIR_QUICK_BLOCK - 1) & ~(size_t)(WEIR_QUICK_BLOCK - 1);
    ((weir_record *)(void *)mould->image)->size = (uint32_t)op->room;
}

/* Columns that take a number as it is expect it to be as it was in the lesson, or as another column
 * must have it. */
static void expect_kinds(scene *s, weir_mould *mould)
{
    for (size_t i = 0; i < WEIR_MOULD_LANES; i++) {
        weir_mould_lanes *group = &mould->lanes[i];
        group->wholes |= group->whole;
        group->kinds = group->whole | group->either;
        group->usual = group->real | (group->either & ~group->wholes);
    }
    for (size_t i = 0; i < s->put_count; i++) {
        weir_mould_put *put = &s->puts[i];
        if (put->use != WEIR_MOULD_AS_GIVEN)
            continue;
        const bool is_whole =
            mould->lanes[put->lane / WEIR_LANES].wholes >> put->lane % WEIR_LANES & 1;
        const weir_value cell = {.kind = (uint8_t)(is_whole ? WEIR_INT : WEIR_FLOAT)};
        memcpy(mould->image + put->place, &cell, sizeof cell);
        put->use = is_whole ? WEIR_MOULD_WHOLE : WEIR_MOULD_REAL;
        put->place += (uint32_t)offsetof(weir_value, bits);
    }
}

/* What is to be done, kind by kind. The image is there. */
static bool keep_operations(scene *s, weir_mould *mould)
{
    const size_t most = s->op_count + s->put_count + 4; /* LINK, IMAGE, SLOTS and END */
    weir_mould_op *op = mould->ops = calloc(most, sizeof *op);
    if (!op)
        return false;
    expect_kinds(s, mould);
    op = keep_lanes_are(mould, op);
    op = keep_image_copy(mould, op);
    for (int code = WEIR_MOULD_TEXT; code < WEIR_MOULD_SLOTS; code++)
        op = keep_columns(s, op, (weir_mould_code)code);
    for (weir_mould_op *o = mould->ops; o < op; o++)
        if (o->code == WEIR_MOULD_TEXT || o->code == WEIR_MOULD_STANDARD)
            o->room = mould->room;
    if (mould->slot_count > 0 || mould->has_roots)
        *op++ = (weir_mould_op){.code = WEIR_MOULD_SLOTS, .mould = mould};
    op = keep_columns(s, op, WEIR_MOULD_RECEIVED);
    op = keep_columns(s, op, WEIR_MOULD_OTHER);
    op = keep_numbers(s, op, false);
    op = keep_numbers(s, op, true);
    for (size_t i = 0; i < s->put_count; i++)
        if (s->puts[i].use == WEIR_MOULD_TIME)
            op = keep_epoch(&s->puts[i], op);
    keep_end(mould, op);
    weir_mould_link(mould->ops);
    return true;
}

/* A record that has been begun and given what is always the same. */
static bool keep_image(scene *s, weir_mould *mould)
{
    static const weir_value text = {.kind = WEIR_STR, .flags = WEIR_VALUE_ASCII};
    weir_batch image = {.open_at = SIZE_MAX};
    bool is_good = weir_batch_begin(&image, mould->rule->schema);
    for (size_t i = 0; i < s->constant_count && is_good; i++)
        is_good = weir_batch_set(&image, (size_t)s->constants[i].column, s->constants[i].value);
    const size_t blocks = (image.bytes.len + WEIR_MOULD_BLOCK - 1) / WEIR_MOULD_BLOCK;
    mould->image_len = image.bytes.len;
    mould->image = is_good ? calloc(blocks, WEIR_MOULD_BLOCK) : NULL;
    if (mould->image)
        memcpy(mould->image, image.bytes.ptr, image.bytes.len);
    for (size_t i = 0; i < s->level_count && mould->image; i++) {
        const weir_scene_level *level = &s->level_puts[i];
        weir_value cell;
        memcpy(&cell, mould->image + level->place, sizeof cell);
        s->puts[level->put].place = (uint32_t)(cell.bits + offsetof(weir_level, price));
        s->puts[level->put + 1].place = (uint32_t)(cell.bits + offsetof(weir_level, size));
    }
    for (size_t i = 0; i < s->op_count && mould->image; i++)
        if (s->ops[i].code == WEIR_MOULD_TEXT)
            memcpy(mould->image + s->ops[i].place, &text, sizeof text);
    mould->room =
        (blocks + 1) * WEIR_MOULD_BLOCK + mould->rule->column_count * WEIR_QUICK_TEXT_ROOM;
    weir_batch_fini(&image);
    return mould->image != NULL;
}

/* Places in a record are of 16 bits; behind its cells there are levels of columns that have one. */
static bool make_columns(scene *s)
{
    enum { PLACES_BEFORE = 16 + WEIR_SCENE_LEVELS_MAX };
    const weir_plan_rule *rule = s->mould.rule;
    bool is_good = rule->column_count <= COLUMNS_MAX &&
                   rule->schema->count <= UINT16_MAX / sizeof(weir_value) - PLACES_BEFORE;
    for (size_t i = 0; is_good && i < rule->column_count; i++)
        is_good = add_column(s, &rule->ops[i], (weir_quick_code)rule->ops[i].code);
    return is_good && !s->has_too_many;
}

/* ------------------------------------------------------------------ moulds */

static void *copy_of(const void *from, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);
    if (copy)
        memcpy(copy, from, count * size);
    return copy;
}

static bool keep_puts(const scene *s, weir_mould *mould)
{
    mould->puts = copy_of(s->puts, s->put_count, sizeof *s->puts);
    mould->put_count = s->put_count;
    return mould->puts != NULL;
}

weir_mould *weir_scene_keep(weir_scene *s, weir_moulds *moulds)
{
    weir_mould *mould = copy_of(&s->mould, 1, sizeof s->mould);
    if (!moulds->list)
        moulds->list = calloc(WEIR_MOULDS_MAX, sizeof(weir_mould *));
    if (!mould || !moulds->list) {
        weir_stencil_free(s->mould.stencil);
        free(mould);
        return NULL;
    }
    const bool makes = mould->outcome == WEIR_MOULD_MAKES;
    mould->pins = copy_of(s->pins, s->pin_count, sizeof *s->pins);
    mould->pin_count = s->pin_count;
    mould->slots = copy_of(s->wanted, mould->slot_count, sizeof *s->wanted);
    if (makes)
        keep_lanes(s, mould);
    if (!mould->pins || !mould->slots ||
        (makes && (!keep_image(s, mould) || !keep_puts(s, mould) || !keep_operations(s, mould)))) {
        weir_mould_free(mould);
        return NULL;
    }
    mould->next = mould;
    moulds->list[moulds->count++] = mould;
    return mould;
}

/* Records are watched when the frame is done, by what is in them. */
static bool can_be_watched(scene *s)
{
    const weir_plan_watch *watch = s->mould.rule->watch;
    bool is_reset = false;
    return !watch || (watch->is_quick && watch->is_in_record &&
                      (!watch->reset.program ||
                       (weir_scene_ask(s, &watch->reset.form, true, &is_reset) && !is_reset)));
}

bool weir_scene_make(weir_scene *s, weir_stencil_lesson *lesson)
{
    weir_mould *mould = &s->mould;
    if (!s->outer && !weir_scene_find_outcome(s))
        return false;
    s->levels = WEIR_NO_SLOT;
    lesson->rows = mould->outcome == WEIR_MOULD_LISTS ? mould->rule->quick_each.slot : WEIR_NO_SLOT;
    mould->has_item = s->has_item;
    if (s->has_item) {
        lesson->items = mould->rule->item;
        mould->outcome = WEIR_MOULD_MAKES;
    }
    if (mould->outcome == WEIR_MOULD_MAKES && !can_be_watched(s))
        return false;
    if (mould->outcome == WEIR_MOULD_MAKES) {
        if (!s->has_item)
            look_at_levels(s, lesson->projection);
        find_lanes(s);
    }
    lesson->levels = s->levels;
    lesson->lanes = s->lanes;
    lesson->lane_count = s->lane_count;
    lesson->lane_room = (s->lane_count + AT_ONCE - 1) & ~(size_t)(AT_ONCE - 1);
    lesson->pins = s->pins;
    lesson->pin_count = s->pin_count;
    mould->stencil = weir_stencil_learn(lesson);
    if (!mould->stencil)
        return false;
    const weir_stencil_mark *rows = weir_stencil_mark_of(mould->stencil, lesson->rows);
    return mould->outcome == WEIR_MOULD_MAKES   ? make_columns(s)
           : mould->outcome == WEIR_MOULD_LISTS ? rows && rows->kind == WEIR_MARK_ROWS
                                                : true;
}
