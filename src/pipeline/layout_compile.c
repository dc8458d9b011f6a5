/* SPDX-License-Identifier: MIT */
/*
 * Fields to nodes with their places. One walk over the fields in order moves a cursor (segment,
 * offset); what a later part names is given a slot of the layout's own, and the walk leaves a step
 * where it becomes known. The fields that all packets begin with are walked again for each variant:
 * so a variant's steps begin with those of the common part, and a run goes on where it chose.
 */
#include "pipeline/layout.h"

#include <assert.h>

enum {
    WORDS_MAX = WEIR_LAYOUT_NAMES_MAX + 1, /* and `length` */
    /* A name is kept or evaluated, and may be a factor in two ways. */
    STEPS_MAX = 3 * WORDS_MAX + WEIR_LAYOUT_SEGMENTS_MAX
};

/* A walk over the fields of one block. */
typedef struct walk {
    weir_plan_builder *builder;
    weir_plan *plan;
    weir_layout *layout;
    uint8_t place;
    uint8_t segment, kept_segment;
    uint64_t offset;
    bool is_at_end; /* something takes all the rest */
    const weir_str *words;
    size_t word_count;
    weir_str *own_words;
    weir_layout_step *steps;
    size_t step_count;
    uint32_t need[WEIR_LAYOUT_SEGMENTS_MAX];
    int64_t length; /* what a packet has, or -1 */
    bool has_too_many;
} walk;

static weir_diags *diags_of(const walk *w)
{
    return w->builder->diags;
}

static const char *show(const walk *w, weir_str name)
{
    return weir_arena_printf(w->builder->arena, "%.*s", WEIR_FMT(name)).ptr;
}

/* ------------------------------------------------------------------ names */

static weir_str word_at(const void *user, size_t index)
{
    return ((const walk *)user)->words[index];
}

static bool knows(const walk *w, weir_str name)
{
    for (size_t i = 0; i < w->word_count; i++) {
        if (weir_str_eq(w->words[i], name))
            return true;
    }
    return false;
}

/* False when there is no room for more. */
static bool add_word(walk *w, weir_str name)
{
    const bool has_room = w->word_count < WORDS_MAX;
    if (has_room)
        w->own_words[w->word_count++] = name;
    else
        w->has_too_many = true;
    return has_room;
}

/* A field that an amount or a factor names: it must stand in front. */
static int use_name(walk *w, weir_str name, weir_place place, const char *what)
{
    if (knows(w, name))
        return weir_layout_own_slot(w->layout, name);
    const weir_str near = weir_did_you_mean(name, w->word_count, word_at, w);
    weir_diag_error(diags_of(w), place, "%s: no field '%.*s' stands in front%s%.*s%s", what,
                    WEIR_FMT(name), near.len ? "; did you mean '" : "", WEIR_FMT(near),
                    near.len ? "'?" : "");
    return WEIR_LAYOUT_NO_SLOT;
}

static weir_layout_step *add_step(walk *w, weir_layout_step_kind kind)
{
    assert(w->step_count < STEPS_MAX);
    weir_layout_step *step = &w->steps[w->step_count++];
    *step = (weir_layout_step){.kind = kind, .slot = WEIR_LAYOUT_NO_SLOT};
    return step;
}

/* ------------------------------------------------------------------ one object's names */

typedef struct names {
    const weir_layout_field **fields;
    const weir_node **nodes;
    weir_str *names;
    size_t count, cap;
} names;

static size_t count_names(const weir_layout_field *fields, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const bool is_flat = weir_str_is(fields[i].name, "_");
        total += !is_flat ? 1
                 : fields[i].form == WEIR_LAYOUT_GROUP
                     ? count_names(fields[i].fields, fields[i].field_count)
                     : fields[i].bit_count;
    }
    return total;
}

static void put_name(names *n, weir_str name, const weir_node *node, weir_diags *diags)
{
    for (size_t i = 0; i < n->count; i++) {
        if (weir_str_eq(n->names[i], name))
            weir_diag_error(diags, node->place, "'%.*s' is named twice in one packet",
                            WEIR_FMT(name));
    }
    n->nodes[n->count] = node;
    n->names[n->count++] = name;
}

static void put_names(names *n, const weir_layout_field *fields, size_t count, weir_diags *diags)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_field *field = &fields[i];
        if (!weir_str_is(field->name, "_")) {
            put_name(n, field->name, field->node, diags);
            continue;
        }
        if (field->form == WEIR_LAYOUT_GROUP)
            put_names(n, field->fields, field->field_count, diags);
        for (size_t k = 0; k < field->bit_count; k++)
            put_name(n, field->bits[k].name, field->bits[k].node, diags);
    }
}

/* The keys of an object of these lists of fields, in order. NULL: out of memory. */
static const weir_dict *build_shape(walk *w, const weir_layout_fields *lists, size_t count)
{
    weir_arena *arena = w->builder->arena;
    names n = {0};
    const weir_value none = weir_value_none();
    for (size_t i = 0; i < count; i++)
        n.cap += count_names(lists[i].list, lists[i].count);
    n.names = WEIR_ARENA_ARRAY(arena, weir_str, n.cap + 1);
    n.nodes = WEIR_ARENA_ARRAY(arena, const weir_node *, n.cap + 1);
    weir_dict *dict = weir_dict_new(arena, n.cap);
    if (!n.names || !n.nodes || !dict)
        return NULL;
    for (size_t i = 0; i < count; i++)
        put_names(&n, lists[i].list, lists[i].count, diags_of(w));
    for (size_t i = 0; i < n.count; i++) {
        const weir_value key = weir_value_str(n.names[i]);
        if (!weir_dict_put(arena, dict, &key, &none))
            return NULL;
    }
    return dict;
}

static void check_bits(walk *w, const weir_layout_field *field)
{
    const unsigned width = 8u * field->number.size;
    for (size_t i = 0; i < field->bit_count; i++) {
        const weir_layout_bits *a = &field->bits[i];
        for (size_t k = 0; k < i; k++) {
            const weir_layout_bits *b = &field->bits[k];
            if (a->low < b->low + b->count && b->low < a->low + a->count && a->low < width)
                weir_diag_error(diags_of(w), a->node->place,
                                "bits of '%.*s' are those of '%.*s' too", WEIR_FMT(a->name),
                                WEIR_FMT(b->name));
        }
    }
}

/* ------------------------------------------------------------------ sizes */

static bool place_fields(walk *w, const weir_layout_field *fields, size_t count, bool is_inside,
                         weir_layout_node *nodes);

static bool is_fixed(const weir_layout_amount *amount)
{
    return amount->kind == WEIR_AMOUNT_FIXED || amount->kind == WEIR_AMOUNT_NONE;
}

static void check_loose(walk *w, const weir_layout_node *node)
{
    const weir_layout_field *field = node->field;
    if (node->has_loose_parts && weir_str_is(field->name, "_"))
        weir_diag_error(diags_of(w), field->node->place,
                        "a group of no fixed length needs a name of its own");
    if (node->has_loose_parts && node->child_count > WEIR_LAYOUT_LOOSE_MAX)
        weir_diag_error(diags_of(w), field->node->place,
                        "a group of no fixed length has at most %d fields", WEIR_LAYOUT_LOOSE_MAX);
}

/* A group's children lie one behind the other in it, wherever it lies itself. */
static bool place_group(walk *w, weir_layout_node *node)
{
    const weir_layout_field *field = node->field;
    weir_layout_node *children =
        WEIR_ARENA_ARRAY(w->builder->arena, weir_layout_node, field->field_count + 1);
    const weir_layout_fields list = {field->fields, field->field_count};
    if (!children)
        return false;
    const uint64_t offset = w->offset;
    w->offset = 0;
    if (!place_fields(w, field->fields, field->field_count, true, children))
        return false;
    node->size = (uint32_t)w->offset;
    w->offset = offset;
    node->children = children;
    node->child_count = field->field_count;
    for (size_t i = 0; i < node->child_count; i++) {
        node->has_text |= children[i].has_text;
        node->has_loose_parts |= children[i].is_loose;
    }
    check_loose(w, node);
    return weir_str_is(field->name, "_") || (node->shape = build_shape(w, &list, 1)) != NULL;
}

/* Bits of a number are keys of an object. */
static bool place_bits(walk *w, weir_layout_node *node)
{
    const weir_layout_field *field = node->field;
    const weir_layout_field flat = {.name = WEIR_STR("_"),
                                    .form = WEIR_LAYOUT_BITS,
                                    .bits = field->bits,
                                    .bit_count = field->bit_count};
    const weir_layout_fields list = {&flat, 1};
    node->size = field->number.size;
    check_bits(w, field);
    return weir_str_is(field->name, "_") || (node->shape = build_shape(w, &list, 1)) != NULL;
}

/* A factor by name must be a number, which is looked at once for all that it scales. */
static void use_factor(walk *w, weir_layout_node *node)
{
    const weir_layout_number *number = &node->field->number;
    const bool is_divisor = number->op == '/';
    if (number->factor_name.len == 0)
        return;
    node->factor =
        use_name(w, number->factor_name, number->node->place, show(w, node->field->name));
    for (size_t i = 0; i < w->step_count; i++) {
        const weir_layout_step *step = &w->steps[i];
        if (step->kind == WEIR_LAYOUT_FACTOR && step->slot == node->factor &&
            step->is_divisor == is_divisor)
            return;
    }
    weir_layout_step *step = add_step(w, WEIR_LAYOUT_FACTOR);
    step->node = node;
    step->slot = node->factor;
    step->is_divisor = is_divisor;
}

/* Bytes of one, and what is in it. */
static bool place_content(walk *w, weir_layout_node *node)
{
    const weir_layout_field *field = node->field;
    node->factor = WEIR_LAYOUT_NO_SLOT;
    switch (field->form) {
    case WEIR_LAYOUT_NUMBER:
        node->size = field->number.size;
        use_factor(w, node);
        return true;
    case WEIR_LAYOUT_STR: node->has_text = true; /* fall through */
    case WEIR_LAYOUT_BYTES:
    case WEIR_LAYOUT_SKIP:
        node->size = field->size.kind == WEIR_AMOUNT_FIXED ? (uint32_t)field->size.fixed : 1;
        return true;
    case WEIR_LAYOUT_GROUP: return place_group(w, node);
    case WEIR_LAYOUT_BITS: return place_bits(w, node);
    case WEIR_LAYOUT_VALUE: return true;
    }
    return true;
}

/* ------------------------------------------------------------------ places */

static void place_at(walk *w, const weir_layout_field *field, bool is_inside)
{
    if (field->offset < 0)
        return;
    const weir_place place = field->offset_node->place;
    if (is_inside)
        weir_diag_error(
            diags_of(w), place,
            "an offset counts from the start of the packet; '%.*s' is inside of a group",
            WEIR_FMT(field->name));
    else if (w->segment > 0)
        weir_diag_error(diags_of(w), place,
                        "an offset cannot stand behind what has no fixed length");
    else if ((uint64_t)field->offset < w->offset)
        weir_diag_error(diags_of(w), place,
                        "byte %lld is inside of what stands in front, which ends at byte %llu",
                        (long long)field->offset, (unsigned long long)w->offset);
    else
        w->offset = (uint64_t)field->offset;
}

static void check_length(walk *w, const weir_layout_field *field, bool is_inside)
{
    if (is_inside || w->segment > 0 || w->length < 0 || w->offset <= (uint64_t)w->length)
        return;
    const weir_node *node = field->offset_node ? field->offset_node : field->node;
    weir_diag_error(diags_of(w), node->place,
                    "'%.*s' ends at byte %llu, outside of a packet whose length is %lld",
                    WEIR_FMT(field->name), (unsigned long long)w->offset, (long long)w->length);
    w->length = -1; /* what follows is outside too */
}

/* An amount that is known only when it is read: what is behind it is another segment. */
static void begin_segment(walk *w, weir_layout_node *node, const weir_layout_amount *amount)
{
    if (w->segment + 1 == WEIR_LAYOUT_SEGMENTS_MAX) {
        weir_diag_error(diags_of(w), amount->node->place,
                        "a packet has at most %d amounts that are read",
                        WEIR_LAYOUT_SEGMENTS_MAX - 1);
        return;
    }
    weir_layout_step *step = add_step(w, WEIR_LAYOUT_SPAN);
    step->node = node;
    step->amount = amount;
    step->segment = w->segment;
    step->offset = (uint32_t)w->offset;
    step->unit = node->size;
    if (amount->kind == WEIR_AMOUNT_NAMED)
        step->slot = use_name(w, amount->name, amount->node->place,
                              amount == &node->field->repeat ? "repeat" : "size");
    if (amount->kind == WEIR_AMOUNT_READ)
        w->offset += amount->read.size;
    node->span = w->segment;
    node->offset = (uint32_t)w->offset;
    w->need[w->segment] = (uint32_t)w->offset;
    w->segment++;
    w->offset = 0;
    w->is_at_end = amount->kind == WEIR_AMOUNT_REST || amount->kind == WEIR_AMOUNT_NONE;
}

static bool has_size(const weir_layout_field *field)
{
    return field->form == WEIR_LAYOUT_STR || field->form == WEIR_LAYOUT_BYTES ||
           field->form == WEIR_LAYOUT_SKIP;
}

static bool size_varies(const weir_layout_field *field)
{
    return has_size(field) && field->size.kind != WEIR_AMOUNT_FIXED;
}

/* A field in front in the same group that can be an amount; -1: there is none. */
static int find_sibling(const weir_layout_node *nodes, size_t count, weir_str name)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_field *field = nodes[i].field;
        if (weir_str_eq(field->name, name) && field->form == WEIR_LAYOUT_NUMBER &&
            !field->number.is_float && field->number.op == 0 && !nodes[i].has_repeat)
            return (int)i;
    }
    return -1;
}

/* Where a walk takes an amount from; the least bytes that it stands for itself. */
static uint64_t place_amount(walk *w, const weir_layout_node *nodes, size_t index, bool is_inside,
                             const weir_layout_amount *amount, const char *what,
                             weir_layout_from *from)
{
    *from = (weir_layout_from){.sibling = -1, .slot = WEIR_LAYOUT_NO_SLOT};
    if (amount->kind == WEIR_AMOUNT_READ)
        return amount->read.size;
    if (amount->kind == WEIR_AMOUNT_NAMED) {
        from->sibling = is_inside ? find_sibling(nodes, index, amount->name) : -1;
        if (from->sibling < 0)
            from->slot = use_name(w, amount->name, amount->node->place, what);
    } else if (is_inside || amount != &nodes[index].field->repeat) {
        weir_diag_error(
            diags_of(w), amount->node->place, "'%.*s' cannot take all the rest: it is %s",
            WEIR_FMT(nodes[index].field->name), is_inside ? "inside of a group" : "repeated");
    }
    return 0;
}

/* What is found by a walk over its bytes: `size` becomes the least of one. The least of all. */
static uint64_t loosen(walk *w, weir_layout_node *nodes, size_t index, bool is_inside)
{
    weir_layout_node *node = &nodes[index];
    const weir_layout_field *field = node->field;
    uint64_t least = (uint64_t)node->size * node->count;
    if (size_varies(field)) {
        node->is_loose = true;
        node->size = (uint32_t)place_amount(w, nodes, index, is_inside, &field->size, "size",
                                            &node->size_from);
        least = (uint64_t)node->size * node->count;
    }
    if (!is_fixed(&field->repeat)) {
        node->is_loose = true;
        least =
            place_amount(w, nodes, index, is_inside, &field->repeat, "repeat", &node->repeat_from);
    }
    node->is_loose |= node->has_loose_parts;
    return least;
}

/* The next segment begins behind it. */
static void begin_walk(walk *w, weir_layout_node *nodes, size_t index)
{
    weir_layout_node *node = &nodes[index];
    loosen(w, nodes, index, false);
    if (w->segment + 1 == WEIR_LAYOUT_SEGMENTS_MAX) {
        weir_diag_error(diags_of(w), node->field->node->place,
                        "a packet has at most %d amounts that are read",
                        WEIR_LAYOUT_SEGMENTS_MAX - 1);
        return;
    }
    weir_layout_step *step = add_step(w, WEIR_LAYOUT_WALK);
    step->node = node;
    step->segment = w->segment;
    step->offset = (uint32_t)w->offset;
    node->is_walked = true;
    node->has_text = false; /* looked at by the walk */
    w->need[w->segment] = (uint32_t)w->offset;
    w->segment++;
    w->offset = 0;
    w->is_at_end = node->field->repeat.kind == WEIR_AMOUNT_REST;
}

/* An amount that is known before what it counts is looked at; NULL: there is none. */
static const weir_layout_amount *find_amount(const weir_layout_field *field)
{
    return size_varies(field) ? &field->size : is_fixed(&field->repeat) ? NULL : &field->repeat;
}

/* Moves the cursor over the node. */
static void place_extent(walk *w, weir_layout_node *nodes, size_t index, bool is_inside)
{
    weir_layout_node *node = &nodes[index];
    const weir_layout_field *field = node->field;
    const weir_layout_amount *amount = find_amount(field);
    if (is_inside)
        w->offset += loosen(w, nodes, index, true);
    else if (node->has_loose_parts || (size_varies(field) && node->has_repeat))
        begin_walk(w, nodes, index);
    else if (amount)
        begin_segment(w, node, amount);
    else
        w->offset += (uint64_t)node->size * node->count;
    const bool takes_rest = size_varies(field) && field->size.kind != WEIR_AMOUNT_READ &&
                            field->size.kind != WEIR_AMOUNT_NAMED; /* said already */
    if (node->has_repeat && node->size == 0 && !takes_rest)
        weir_diag_error(diags_of(w), field->node->place, "'%.*s' repeats what may have no bytes",
                        WEIR_FMT(field->name));
}

static void place_value(walk *w, weir_layout_node *node)
{
    const weir_layout_field *field = node->field;
    const weir_expr_scope scope = {.data = w->layout->own,
                                   .names = &w->plan->names,
                                   .words = w->words,
                                   .word_count = w->word_count};
    node->value = weir_plan_compile(w->builder, &field->value, &scope);
    node->is_constant = node->value && weir_program_constant(node->value, &node->constant);
    if (!add_word(w, field->name))
        return;
    weir_layout_step *step = add_step(w, WEIR_LAYOUT_EVAL);
    step->node = node;
    node->slot = weir_layout_own_slot(w->layout, field->name);
    step->slot = node->slot;
}

static void keep_as(walk *w, weir_str name, const weir_layout_node *node, uint32_t offset, int bit)
{
    if (!add_word(w, name))
        return;
    weir_layout_step *step = add_step(w, WEIR_LAYOUT_KEEP);
    step->node = node;
    step->name = name;
    step->bit = bit;
    step->segment = w->kept_segment;
    step->offset = offset;
}

/* Later parts may name it; of what is called '_', what is in it. */
static void keep(walk *w, const weir_layout_node *node, uint32_t offset)
{
    const weir_layout_field *field = node->field;
    if (field->form == WEIR_LAYOUT_VALUE)
        return; /* it is kept when it is evaluated */
    if (!weir_str_is(field->name, "_")) {
        keep_as(w, field->name, node, offset, -1);
    } else {
        for (size_t i = 0; i < field->bit_count; i++)
            keep_as(w, field->bits[i].name, node, offset, (int)i);
        for (size_t i = 0; i < node->child_count; i++)
            keep(w, &node->children[i], offset + node->children[i].offset);
    }
}

static bool place_field(walk *w, weir_layout_node *nodes, size_t index, bool is_inside)
{
    weir_layout_node *node = &nodes[index];
    const weir_layout_field *field = node->field;
    node->span = -1;
    node->slot = WEIR_LAYOUT_NO_SLOT;
    node->place = w->place;
    if (w->is_at_end && field->form != WEIR_LAYOUT_VALUE) {
        weir_diag_error(diags_of(w), field->node->place,
                        "nothing is left for '%.*s': what stands in front takes all the rest",
                        WEIR_FMT(field->name));
        w->is_at_end = false;
    }
    place_at(w, field, is_inside);
    node->has_repeat = field->repeat.kind != WEIR_AMOUNT_NONE;
    node->count = field->repeat.kind == WEIR_AMOUNT_FIXED ? (uint32_t)field->repeat.fixed : 1;
    if (!place_content(w, node))
        return false;
    node->segment = w->segment;
    node->offset = (uint32_t)w->offset;
    place_extent(w, nodes, index, is_inside);
    if (w->offset > WEIR_LAYOUT_PACKET_MAX) {
        weir_diag_error(diags_of(w), field->node->place, "a packet of more than %d MiB",
                        WEIR_LAYOUT_PACKET_MAX >> 20);
        w->offset = 0;
    }
    check_length(w, field, is_inside);
    if (field->form == WEIR_LAYOUT_VALUE && is_inside)
        weir_diag_error(diags_of(w), field->node->place,
                        "a 'value' stands beside the fields of a packet, not inside of a group");
    else if (field->form == WEIR_LAYOUT_VALUE)
        place_value(w, node);
    if (!is_inside) {
        w->need[w->segment] = (uint32_t)w->offset;
        w->kept_segment = node->segment;
        keep(w, node, node->offset);
    }
    return true;
}

static bool place_fields(walk *w, const weir_layout_field *fields, size_t count, bool is_inside,
                         weir_layout_node *nodes)
{
    for (size_t i = 0; i < count; i++) {
        nodes[i].field = &fields[i];
        if (!place_field(w, nodes, i, is_inside))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ blocks */

/* The lists of fields, one behind the other. False: out of memory. */
static bool build_block(walk *w, const weir_layout_fields *lists, size_t count,
                        weir_layout_block *block)
{
    weir_arena *arena = w->builder->arena;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += lists[i].count;
    weir_layout_node *nodes = WEIR_ARENA_ARRAY(arena, weir_layout_node, total + 1);
    w->steps = WEIR_ARENA_ARRAY(arena, weir_layout_step, STEPS_MAX);
    if (!nodes || !w->steps)
        return false;
    block->nodes = nodes;
    for (size_t i = 0; i < count; i++) {
        if (!place_fields(w, lists[i].list, lists[i].count, false, nodes + block->node_count))
            return false;
        block->node_count += lists[i].count;
    }
    if (w->has_too_many)
        weir_diag_error(diags_of(w), w->layout->spec->node->place,
                        "a packet has at most %d names outside of groups", WEIR_LAYOUT_NAMES_MAX);
    block->steps = w->steps;
    block->step_count = w->step_count;
    block->segment_count = (size_t)w->segment + 1;
    memcpy(block->need, w->need, sizeof block->need);
    for (size_t i = 0; i < block->node_count; i++)
        block->has_text |= nodes[i].has_text;
    return true;
}

/* A walk in which `words` are known already. */
static bool begin(walk *w, weir_plan_builder *builder, weir_plan *plan, uint8_t place,
                  const weir_str *words, size_t word_count)
{
    *w = (walk){.builder = builder,
                .plan = plan,
                .layout = plan->layout,
                .place = place,
                .own_words = WEIR_ARENA_ARRAY(builder->arena, weir_str, WORDS_MAX),
                .length = -1};
    w->words = w->own_words;
    for (size_t i = 0; w->words && i < word_count; i++)
        add_word(w, words[i]);
    return w->words != NULL;
}

static void check_reach(walk *w, const weir_layout_case *cases, size_t index)
{
    const weir_layout *layout = w->layout;
    const int64_t length = weir_layout_when_length(layout, &cases[index].when);
    for (size_t i = 0; i < index; i++) {
        const weir_layout_when *above = &cases[i].when;
        const weir_node *node = cases[index].spec->node;
        if (!above->text->node)
            weir_diag_error(diags_of(w), node->place,
                            "no packet comes to this variant: one above it takes all");
        else if (above->test_count == 1 && length >= 0 &&
                 weir_layout_when_length(layout, above) == length)
            weir_diag_error(diags_of(w), node->place,
                            "no packet comes to this variant: one above it takes all of length "
                            "%lld",
                            (long long)length);
    }
}

static bool build_case(const walk *header, const walk *common, weir_layout_case *cases,
                       size_t index)
{
    walk w;
    weir_layout *layout = header->layout;
    const weir_layout_spec *spec = layout->spec;
    weir_layout_case *one = &cases[index];
    const weir_layout_fields lists[] = {spec->header, spec->fields, one->spec->fields,
                                        one->spec->tail};
    weir_layout_compile_when(header->builder, header->plan, &one->spec->when, common->words,
                             common->word_count, &one->when);
    one->where = weir_plan_where(header->builder->arena, one->spec->node);
    if (!begin(&w, header->builder, header->plan, WEIR_LAYOUT_PACKET, header->words,
               header->word_count))
        return false;
    w.length = weir_layout_when_length(layout, &one->when);
    if (w.length < 0 && spec->length.kind == WEIR_AMOUNT_FIXED)
        w.length = spec->length.fixed;
    if (!build_block(&w, lists + 1, 3, &one->block))
        return false;
    check_reach(&w, cases, index);
    one->shape = build_shape(&w, lists, 4);
    return one->shape != NULL;
}

/* ------------------------------------------------------------------ the layout */

int weir_layout_own_slot(weir_layout *layout, weir_str name)
{
    const weir_step step = {.key = name};
    const size_t slot = weir_projection_add(layout->own, &step, 1);
    return slot == SIZE_MAX ? WEIR_LAYOUT_NO_SLOT : (int)slot;
}

static int find_slot(const weir_layout *layout, weir_str name)
{
    weir_step path[WEIR_PROJECTION_DEPTH_MAX];
    for (size_t slot = 0; slot < layout->own_slots; slot++) {
        if (weir_projection_steps(layout->own, slot, path) == 1 && weir_str_eq(path[0].key, name))
            return (int)slot;
    }
    return WEIR_LAYOUT_NO_SLOT;
}

/* Of the names that become known, those that something asks for. */
static void choose_kept(const weir_layout *layout, weir_layout_block *block)
{
    weir_layout_step *steps = (weir_layout_step *)block->steps; /* not const yet */
    size_t kept = 0;
    for (size_t i = 0; i < block->step_count; i++) {
        if (steps[i].kind == WEIR_LAYOUT_KEEP)
            steps[i].slot = find_slot(layout, steps[i].name);
        if (steps[i].kind != WEIR_LAYOUT_KEEP || steps[i].slot != WEIR_LAYOUT_NO_SLOT)
            steps[kept++] = steps[i];
    }
    block->step_count = kept;
}

/* Amounts of the frame: their names are those of the header. */
static int frame_amount(walk *header, const weir_layout_amount *amount, const char *what)
{
    return amount->kind == WEIR_AMOUNT_NAMED
               ? use_name(header, amount->name, amount->node->place, what)
               : WEIR_LAYOUT_NO_SLOT;
}

/* The length of packets by name is a field of the frame, or one that each packet begins with. */
static void find_length(const walk *header, walk *common, weir_layout *layout)
{
    const weir_layout_amount *length = &layout->spec->length;
    layout->packet_slot = frame_amount(common, length, "length");
    layout->has_own_length = length->kind == WEIR_AMOUNT_NAMED && !knows(header, length->name);
    if (layout->has_own_length && common->is_at_end)
        weir_diag_error(
            diags_of(common), length->node->place,
            "'%.*s' stands beside a field that takes all the rest, which has no end yet",
            WEIR_FMT(length->name));
}

static bool build_cases(walk *header, weir_layout *layout)
{
    const weir_layout_spec *spec = layout->spec;
    walk common;
    weir_layout_case *cases =
        WEIR_ARENA_ARRAY(header->builder->arena, weir_layout_case, spec->variant_count + 1);
    if (!cases ||
        !begin(&common, header->builder, header->plan, WEIR_LAYOUT_PACKET, header->words,
               header->word_count) ||
        !build_block(&common, &spec->fields, 1, &layout->common))
        return false;
    find_length(header, &common, layout);
    layout->variants = cases;
    layout->variant_count = spec->variant_count;
    for (size_t i = 0; i < spec->variant_count; i++) {
        cases[i].spec = &spec->variants[i];
        if (!build_case(header, &common, cases, i))
            return false;
    }
    if (!weir_projection_seal(layout->own))
        return false;
    layout->own_slots = weir_projection_slots(layout->own);
    layout->length_slot = find_slot(layout, WEIR_STR("length"));
    choose_kept(layout, &layout->header);
    choose_kept(layout, &layout->common);
    for (size_t i = 0; i < spec->variant_count; i++)
        choose_kept(layout, &cases[i].block);
    return true;
}

static void check_frame(const weir_plan_builder *builder, const weir_connection_spec *connection)
{
    const weir_layout_spec *spec = connection->layout;
    if (connection->frame == WEIR_FRAME_ARRAY && !spec->has_repeat &&
        !connection->payload_path.node)
        weir_diag_error(builder->diags, spec->node->place,
                        "frame: array, but without 'repeat' a frame is one packet");
}

bool weir_layout_compile(weir_plan_builder *builder, weir_plan *plan)
{
    weir_layout *layout = WEIR_ARENA_NEW(builder->arena, weir_layout);
    const weir_str length = WEIR_STR("length");
    walk header;
    plan->layout = layout;
    if (!layout)
        return false;
    layout->spec = plan->connection->layout;
    layout->own = weir_projection_new(builder->arena);
    if (!layout->own || !begin(&header, builder, plan, WEIR_LAYOUT_HEADER, &length, 1))
        return false;
    weir_layout_compile_when(builder, plan, &layout->spec->ignore, header.words, 1,
                             &layout->ignore);
    if (!build_block(&header, &layout->spec->header, 1, &layout->header))
        return false;
    layout->count_slot = frame_amount(&header, &layout->spec->count, "count");
    check_frame(builder, plan->connection);
    return build_cases(&header, layout);
}
