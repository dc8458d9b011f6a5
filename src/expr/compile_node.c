/* SPDX-License-Identifier: MIT */
/*
 * What each kind of node becomes. Operators fold when both sides are constant; a comparison in the
 * place of a test becomes one fused instruction that compares and jumps; `and`, `or` and the
 * conditional keep Python's values and evaluate no more than Python would.
 */
#include "expr/compile.h"

static weir_operand compile_const(weir_compiler *c, const weir_node *node, unsigned hint)
{
    (void)hint;
    return weir_constant(c, node, &node->value);
}

/* ------------------------------------------------------------------ arithmetic */

static bool is_number(uint8_t kind)
{
    return kind == WEIR_FLOAT || kind == WEIR_INT || kind == WEIR_BOOL;
}

/* The kind that is certain. Whole numbers are not: they may outgrow INT. */
static uint8_t binary_kind(unsigned op, uint8_t a, uint8_t b)
{
    bool has_float = a == WEIR_FLOAT || b == WEIR_FLOAT;
    bool is_arithmetic = op >= WEIR_BINARY_ADD && op <= WEIR_BINARY_MOD;
    if (is_number(a) && is_number(b) && is_arithmetic && (has_float || op == WEIR_BINARY_DIV))
        return WEIR_FLOAT;
    if (a == WEIR_STR && ((op == WEIR_BINARY_ADD && b == WEIR_STR) || op == WEIR_BINARY_MOD))
        return WEIR_STR;
    return WEIR_KIND_COUNT;
}

static weir_operand compile_binary(weir_compiler *c, const weir_node *node, unsigned hint)
{
    unsigned mark = c->next;
    weir_operand a = weir_compile(c, node->a, hint);
    weir_operand b = weir_compile_new(c, node->b);
    c->next = mark;
    weir_operand out;
    if (weir_is_constant(a) && weir_is_constant(b)) {
        weir_vm *vm = weir_fold_begin(c);
        weir_value v;
        if (vm &&
            weir_op_binary(vm, (weir_binary)node->op, weir_constant_of(c, a),
                           weir_constant_of(c, b), &v) &&
            weir_fold_keep(c, node, &v, &out))
            return out;
    }
    weir_emit(c, node, WEIR_OP_OR + node->op, hint, a.place, b.place, 0);
    return weir_operand_of(hint, binary_kind(node->op, a.kind, b.kind));
}

static weir_operand compile_unary(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_value v;
    if (weir_literal_of(c, node, &v))
        return weir_constant(c, node, &v);
    weir_operand a = weir_compile(c, node->a, hint);
    weir_operand out;
    if (weir_is_constant(a)) {
        weir_vm *vm = weir_fold_begin(c);
        if (vm && weir_op_unary(vm, (weir_unary)node->op, weir_constant_of(c, a), &v) &&
            weir_fold_keep(c, node, &v, &out))
            return out;
    }
    weir_emit(c, node, WEIR_OP_PLUS + node->op, hint, a.place, 0, 0);
    return weir_operand_of(
        hint, a.kind == WEIR_FLOAT && node->op != WEIR_UNARY_INVERT ? WEIR_FLOAT : WEIR_KIND_COUNT);
}

/* ------------------------------------------------------------------ truth and comparison */

/* The truth of a constant; false when it is none. */
static bool constant_truth(weir_compiler *c, weir_operand operand, bool *truth)
{
    weir_vm *vm = weir_is_constant(operand) ? weir_fold_begin(c) : NULL;
    return vm && weir_op_truth(vm, weir_constant_of(c, operand), truth);
}

static weir_operand constant_bool(weir_compiler *c, const weir_node *node, bool b)
{
    weir_value v = weir_value_bool(b);
    return weir_constant(c, node, &v);
}

static weir_operand compile_not(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_operand a = weir_compile(c, node->a, hint);
    bool truth;
    if (constant_truth(c, a, &truth))
        return constant_bool(c, node, !truth);
    weir_emit(c, node, WEIR_OP_NOT, hint, a.place, 0, 0);
    return weir_operand_of(hint, WEIR_BOOL);
}

static bool is_singleton(const weir_node *node)
{
    return node->kind == WEIR_NODE_CONST &&
           (node->value.kind == WEIR_NONE || node->value.kind == WEIR_BOOL);
}

static void check_is(weir_compiler *c, const weir_node *node, unsigned op, size_t at)
{
    if ((op == WEIR_RELATION_IS || op == WEIR_RELATION_IS_NOT) && !is_singleton(node->items[at]) &&
        !is_singleton(node->items[at + 1]))
        weir_compiler_mistake(c, node,
                              "'is' compares with None, True or False only; equality is '=='");
}

/* The path and the constant text of `path == 'x'`, either way round. */
static bool slot_equality(weir_compiler *c, const weir_node *node, size_t *read, weir_operand *text)
{
    if (node->count != 2 || (node->ops[0] != WEIR_COMPARE_EQ && node->ops[0] != WEIR_COMPARE_NE))
        return false;
    for (size_t i = 0; i < 2; i++) {
        const weir_node *constant = node->items[i];
        if (constant->kind != WEIR_NODE_CONST || constant->value.kind != WEIR_STR ||
            !weir_read_of(c, node->items[1 - i], read))
            continue;
        *text = weir_constant(c, constant, &constant->value);
        text->place = (uint16_t)(text->place - WEIR_PLACE_CONSTANTS);
        return true;
    }
    return false;
}

static bool slot_membership(weir_compiler *c, const weir_node *node, size_t *read)
{
    return node->count == 2 &&
           (node->ops[0] == WEIR_RELATION_IN || node->ops[0] == WEIR_RELATION_NOT_IN) &&
           weir_read_in(c, node->items[1], node->items[0], read);
}

static bool fold_relation(weir_compiler *c, const weir_node *node, unsigned op, weir_operand a,
                          weir_operand b, weir_operand *out)
{
    weir_vm *vm = weir_is_constant(a) && weir_is_constant(b) ? weir_fold_begin(c) : NULL;
    bool truth = false;
    if (!vm || op == WEIR_RELATION_IS || op == WEIR_RELATION_IS_NOT)
        return false;
    bool is_fine =
        op < WEIR_RELATION_IN
            ? weir_op_compare(vm, (weir_compare)op, weir_constant_of(c, a), weir_constant_of(c, b),
                              &truth)
            : weir_op_contains(vm, weir_constant_of(c, b), weir_constant_of(c, a), &truth);
    if (is_fine)
        *out = constant_bool(c, node, truth != (op == WEIR_RELATION_NOT_IN));
    return is_fine;
}

/* a < b < c: each operand once, the last relation that was evaluated is the value. */
static weir_operand compile_chain(weir_compiler *c, const weir_node *node, unsigned hint)
{
    unsigned mark = c->next;
    weir_label end = WEIR_LABEL_INIT;
    unsigned left_reg = weir_registers(c, node, 1);
    weir_operand left = weir_compile(c, node->items[0], left_reg);
    for (size_t i = 1; i < node->count && !c->is_broken; i++) {
        unsigned right_reg = weir_registers(c, node, 1);
        weir_operand right = weir_compile(c, node->items[i], right_reg);
        check_is(c, node, node->ops[i - 1], i - 1);
        weir_emit(c, node, WEIR_OP_LT + node->ops[i - 1], hint, left.place, right.place, 0);
        if (i + 1 < node->count)
            weir_emit_jump(c, node, WEIR_OP_TEST, false, hint, 0, &end);
        /* Two registers take turns, however long the chain is. */
        if (right.place == right_reg && i + 1 < node->count) {
            weir_move(c, node, left_reg, right);
            right.place = (uint16_t)left_reg;
        }
        left = right;
        c->next = left_reg + 1;
    }
    weir_label_place(c, &end);
    c->next = mark;
    return weir_operand_of(hint, WEIR_BOOL);
}

static weir_operand compile_compare(weir_compiler *c, const weir_node *node, unsigned hint)
{
    size_t read;
    weir_operand text, out;
    if (node->count > 2)
        return compile_chain(c, node, hint);
    if (slot_equality(c, node, &read, &text)) {
        weir_emit(c, node, WEIR_OP_SLOT_EQ, hint, (unsigned)read, text.place,
                  node->ops[0] == WEIR_COMPARE_NE);
        return weir_operand_of(hint, WEIR_BOOL);
    }
    if (slot_membership(c, node, &read)) {
        weir_emit(c, node, WEIR_OP_SLOT_HAS, hint, (unsigned)read, 0,
                  node->ops[0] == WEIR_RELATION_NOT_IN);
        return weir_operand_of(hint, WEIR_BOOL);
    }
    unsigned mark = c->next;
    weir_operand a = weir_compile(c, node->items[0], hint);
    weir_operand b = weir_compile_new(c, node->items[1]);
    c->next = mark;
    check_is(c, node, node->ops[0], 0);
    if (fold_relation(c, node, node->ops[0], a, b, &out))
        return out;
    weir_emit(c, node, WEIR_OP_LT + node->ops[0], hint, a.place, b.place, 0);
    return weir_operand_of(hint, WEIR_BOOL);
}

static weir_operand either(weir_operand a, weir_operand b, unsigned reg)
{
    weir_operand out = weir_operand_of(reg, a.kind == b.kind ? a.kind : (uint8_t)WEIR_KIND_COUNT);
    out.elements = a.elements == b.elements ? a.elements : (uint8_t)WEIR_KIND_COUNT;
    out.is_json = a.is_json && b.is_json;
    return out;
}

static weir_operand compile_logic(weir_compiler *c, const weir_node *node, unsigned hint)
{
    bool is_and = node->kind == WEIR_NODE_AND;
    bool truth;
    weir_operand a = weir_compile(c, node->a, hint);
    if (constant_truth(c, a, &truth)) {
        if (truth == is_and)
            return weir_compile(c, node->b, hint);
        weir_compile_discard(c, node->b);
        return a;
    }
    weir_label end = WEIR_LABEL_INIT;
    weir_move(c, node->a, hint, a);
    weir_emit_jump(c, node->a, WEIR_OP_TEST, !is_and, hint, 0, &end);
    weir_operand b = weir_compile_to(c, node->b, hint);
    weir_label_place(c, &end);
    return either(a, b, hint);
}

static weir_operand compile_cond(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_value test;
    bool truth;
    if (weir_literal_of(c, node->b, &test) &&
        constant_truth(c, weir_constant(c, node->b, &test), &truth)) {
        weir_compile_discard(c, truth ? node->c : node->a);
        return weir_compile(c, truth ? node->a : node->c, hint);
    }
    weir_label other = WEIR_LABEL_INIT, end = WEIR_LABEL_INIT;
    weir_compile_test(c, node->b, false, &other);
    weir_operand a = weir_compile_to(c, node->a, hint);
    weir_emit_jump(c, node, WEIR_OP_JUMP, 0, 0, 0, &end);
    weir_label_place(c, &other);
    weir_operand b = weir_compile_to(c, node->c, hint);
    weir_label_place(c, &end);
    return either(a, b, hint);
}

/* ------------------------------------------------------------------ tests */

static void test_logic(weir_compiler *c, const weir_node *node, bool sense, weir_label *label)
{
    bool stops = node->kind == WEIR_NODE_OR; /* the truth of a that decides */
    if (stops == sense) {
        weir_compile_test(c, node->a, sense, label);
        weir_compile_test(c, node->b, sense, label);
        return;
    }
    weir_label skip = WEIR_LABEL_INIT;
    weir_compile_test(c, node->a, !sense, &skip);
    weir_compile_test(c, node->b, sense, label);
    weir_label_place(c, &skip);
}

static void test_compare(weir_compiler *c, const weir_node *node, bool sense, weir_label *label)
{
    size_t read;
    weir_operand text, out;
    if (slot_equality(c, node, &read, &text)) {
        weir_emit_jump(c, node, WEIR_OP_TEST_SLOT_EQ, sense == (node->ops[0] == WEIR_COMPARE_EQ),
                       (unsigned)read, text.place, label);
        return;
    }
    if (slot_membership(c, node, &read)) {
        weir_emit_jump(c, node, WEIR_OP_TEST_SLOT_HAS, sense == (node->ops[0] == WEIR_RELATION_IN),
                       (unsigned)read, 0, label);
        return;
    }
    weir_operand a = weir_compile_new(c, node->items[0]);
    weir_operand b = weir_compile_new(c, node->items[1]);
    check_is(c, node, node->ops[0], 0);
    if (fold_relation(c, node, node->ops[0], a, b, &out)) {
        if (weir_constant_of(c, out)->b == sense)
            weir_emit_jump(c, node, WEIR_OP_JUMP, 0, 0, 0, label);
        return;
    }
    weir_emit_jump(c, node, WEIR_OP_TEST_LT + node->ops[0], sense, a.place, b.place, label);
}

static void test_value(weir_compiler *c, const weir_node *node, bool sense, weir_label *label)
{
    bool truth;
    weir_operand operand = weir_compile_new(c, node);
    if (!constant_truth(c, operand, &truth))
        weir_emit_jump(c, node, WEIR_OP_TEST, sense, operand.place, 0, label);
    else if (truth == sense)
        weir_emit_jump(c, node, WEIR_OP_JUMP, 0, 0, 0, label);
}

void weir_compile_test(weir_compiler *c, const weir_node *node, bool sense, weir_label *label)
{
    unsigned mark = c->next;
    if (node->kind == WEIR_NODE_NOT)
        weir_compile_test(c, node->a, !sense, label);
    else if (node->kind == WEIR_NODE_AND || node->kind == WEIR_NODE_OR)
        test_logic(c, node, sense, label);
    else if (node->kind == WEIR_NODE_COMPARE && node->count == 2)
        test_compare(c, node, sense, label);
    else
        test_value(c, node, sense, label);
    c->next = mark;
}

/* ------------------------------------------------------------------ subscription */

/* The object and the three bounds stand in four registers in a row. */
static weir_operand compile_slice(weir_compiler *c, const weir_node *node, unsigned hint)
{
    unsigned mark = c->next;
    unsigned base = weir_registers(c, node, 4);
    const weir_node *bounds[] = {node->b->a, node->b->b, node->b->c};
    weir_value absent = weir_value_absent();
    weir_operand object = weir_compile(c, node->a, base), parts[3];
    bool is_constant = weir_is_constant(object);
    for (unsigned i = 0; i < 3; i++) {
        parts[i] =
            bounds[i] ? weir_compile(c, bounds[i], base + 1 + i) : weir_constant(c, node, &absent);
        is_constant = is_constant && weir_is_constant(parts[i]);
    }
    c->next = mark;
    weir_operand out;
    weir_vm *vm = is_constant ? weir_fold_begin(c) : NULL;
    weir_value v;
    if (vm &&
        weir_op_slice(vm, weir_constant_of(c, object), weir_constant_of(c, parts[0]),
                      weir_constant_of(c, parts[1]), weir_constant_of(c, parts[2]), &v) &&
        weir_fold_keep(c, node, &v, &out))
        return out;
    weir_move(c, node->a, base, object);
    for (unsigned i = 0; i < 3; i++)
        weir_move(c, node, base + 1 + i, parts[i]);
    weir_emit(c, node, WEIR_OP_SLICE, hint, base, 0, 0);
    out = weir_operand_of(hint, object.kind == WEIR_STR || object.kind == WEIR_BYTES
                                    ? object.kind
                                    : (uint8_t)WEIR_KIND_COUNT);
    out.elements = object.elements;
    out.is_json = object.is_json;
    return out;
}

static weir_operand compile_index(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_operand out;
    if (weir_compile_path(c, node, hint, &out))
        return out;
    if (node->b->kind == WEIR_NODE_SLICE)
        return compile_slice(c, node, hint);
    unsigned mark = c->next;
    weir_operand object = weir_compile(c, node->a, hint);
    weir_operand key = weir_compile_new(c, node->b);
    c->next = mark;
    if (weir_is_constant(object) && weir_is_constant(key)) {
        weir_vm *vm = weir_fold_begin(c);
        weir_value v;
        if (vm && weir_op_index(vm, weir_constant_of(c, object), weir_constant_of(c, key), &v) &&
            weir_fold_keep(c, node, &v, &out))
            return out;
    }
    weir_emit(c, node, WEIR_OP_INDEX, hint, object.place, key.place, 0);
    out = weir_operand_of(hint, object.elements);
    if (object.kind == WEIR_DICT)
        out.kind = WEIR_KIND_COUNT;
    out.is_json = object.is_json;
    return out;
}

/* ------------------------------------------------------------------ displays */

static bool has_star(const weir_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i] &&
            (node->items[i]->kind == WEIR_NODE_STAR || node->items[i]->kind == WEIR_NODE_DSTAR))
            return true;
    return false;
}

static uint8_t display_kind(const weir_node *node)
{
    return node->kind == WEIR_NODE_LIST    ? WEIR_LIST
           : node->kind == WEIR_NODE_TUPLE ? WEIR_TUPLE
           : node->kind == WEIR_NODE_SET   ? WEIR_SET
                                           : WEIR_DICT;
}

static unsigned begin_builder(weir_compiler *c, const weir_node *node, uint8_t kind)
{
    unsigned builder = c->builders;
    if (builder >= WEIR_EXPR_LOOPS_MAX) {
        weir_compiler_mistake(c, node, "too many lists inside each other: more than %d",
                              WEIR_EXPR_LOOPS_MAX);
        c->is_broken = true;
        return 0;
    }
    c->builders++;
    weir_emit(c, node, WEIR_OP_BUILD, builder, kind, 0, 0);
    return builder;
}

/* All items first, then all into the builder: as Python does it where nothing is starred. */
static void build_gathered(weir_compiler *c, const weir_node *node, unsigned builder)
{
    weir_operand items[WEIR_EXPR_INLINE_MAX];
    for (size_t i = 0; i < node->count && !c->is_broken; i++)
        items[i] = weir_compile_new(c, node->items[i]);
    for (size_t i = 0; i < node->count && !c->is_broken; i++) {
        const weir_node *item = node->items[i];
        if (node->kind == WEIR_NODE_DICT) {
            weir_emit(c, item, WEIR_OP_BUILD_PUT, builder, items[i].place, items[i + 1].place, 0);
            i++;
        } else {
            weir_emit(c, item, WEIR_OP_BUILD_ADD, builder, items[i].place, 0, 0);
        }
    }
}

/* One after the other. */
static void build_in_turn(weir_compiler *c, const weir_node *node, unsigned builder)
{
    unsigned mark = c->next;
    for (size_t i = 0; i < node->count && !c->is_broken; i++) {
        const weir_node *item = node->items[i];
        bool is_star = item->kind == WEIR_NODE_STAR || item->kind == WEIR_NODE_DSTAR;
        weir_operand operand = weir_compile_new(c, is_star ? item->a : item);
        if (is_star) {
            weir_emit(c, item, WEIR_OP_BUILD_EXTEND, builder, operand.place, 0, 0);
            i += item->kind == WEIR_NODE_DSTAR;
        } else if (node->kind == WEIR_NODE_DICT) {
            weir_operand value = weir_compile_new(c, node->items[++i]);
            weir_emit(c, item, WEIR_OP_BUILD_PUT, builder, operand.place, value.place, 0);
        } else {
            weir_emit(c, item, WEIR_OP_BUILD_ADD, builder, operand.place, 0, 0);
        }
        c->next = mark;
    }
}

static weir_operand build_display(weir_compiler *c, const weir_node *node, unsigned hint)
{
    unsigned mark = c->next;
    unsigned builder = begin_builder(c, node, display_kind(node));
    if (node->count <= WEIR_EXPR_INLINE_MAX && !has_star(node))
        build_gathered(c, node, builder);
    else
        build_in_turn(c, node, builder);
    c->next = mark;
    weir_emit(c, node, WEIR_OP_BUILD_END, hint, builder, 0, 0);
    if (c->builders > 0)
        c->builders--;
    return weir_operand_of(hint, display_kind(node));
}

/* A list or tuple whose items are gathered in registers; constant if all of them are. */
static weir_operand gather_display(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_operand items[WEIR_EXPR_INLINE_MAX];
    unsigned mark = c->next;
    unsigned base = weir_registers(c, node, (unsigned)node->count);
    bool is_constant = true;
    for (unsigned i = 0; i < node->count && !c->is_broken; i++) {
        items[i] = weir_compile(c, node->items[i], base + i);
        is_constant = is_constant && weir_is_constant(items[i]);
    }
    c->next = mark;
    weir_value list, *values = NULL;
    uint8_t kind = display_kind(node);
    if (is_constant && !c->is_broken &&
        weir_list_new(c->arena, kind, node->count, &list, &values)) {
        for (size_t i = 0; i < node->count; i++)
            values[i] = *weir_constant_of(c, items[i]);
        return weir_constant(c, node, &list);
    }
    for (unsigned i = 0; i < node->count && !c->is_broken; i++)
        weir_move(c, node->items[i], base + i, items[i]);
    weir_emit(c, node, kind == WEIR_LIST ? WEIR_OP_LIST : WEIR_OP_TUPLE, hint, base,
              (unsigned)node->count, 0);
    return weir_operand_of(hint, kind);
}

static weir_operand compile_display(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_value v;
    if (weir_literal_of(c, node, &v))
        return weir_constant(c, node, &v);
    bool is_sequence = node->kind == WEIR_NODE_LIST || node->kind == WEIR_NODE_TUPLE;
    if (is_sequence && node->count <= WEIR_EXPR_INLINE_MAX && !has_star(node))
        return gather_display(c, node, hint);
    return build_display(c, node, hint);
}

/* ------------------------------------------------------------------ f-strings */

static void compile_piece(weir_compiler *c, const weir_node *piece, unsigned text)
{
    if (piece->kind == WEIR_NODE_CONST) {
        weir_operand constant = weir_constant(c, piece, &piece->value);
        weir_emit(c, piece, WEIR_OP_TEXT_PUT, text, constant.place, 0, 0);
        return;
    }
    unsigned mark = c->next;
    weir_operand value = weir_compile_new(c, piece->a);
    if (!piece->b || piece->b->count == 0) {
        weir_emit(c, piece, WEIR_OP_TEXT_PUT, text, value.place, piece->op, 0);
    } else {
        weir_operand spec = weir_compile_new(c, piece->b);
        weir_emit(c, piece, WEIR_OP_TEXT_FORMAT, text, value.place, spec.place, piece->op);
    }
    c->next = mark;
}

static weir_operand compile_fstring(weir_compiler *c, const weir_node *node, unsigned hint)
{
    if (node->count == 1 && node->items[0]->kind == WEIR_NODE_CONST)
        return weir_constant(c, node->items[0], &node->items[0]->value);
    unsigned mark = c->next;
    unsigned text = weir_registers(c, node, 1);
    weir_emit(c, node, WEIR_OP_TEXT, text, 0, 0, 0);
    for (size_t i = 0; i < node->count && !c->is_broken; i++)
        compile_piece(c, node->items[i], text);
    weir_emit(c, node, WEIR_OP_TEXT_END, hint, text, 0, 0);
    c->next = mark;
    return weir_operand_of(hint, WEIR_STR);
}

/* ------------------------------------------------------------------ dispatch */

static weir_operand misplaced(weir_compiler *c, const weir_node *node, unsigned hint)
{
    (void)hint;
    weir_compiler_mistake(c, node,
                          node->kind == WEIR_NODE_STAR
                              ? "a starred value cannot stand here"
                              : "a lambda stands as an argument only, such as key=");
    return weir_unknown(c, node);
}

static weir_operand compile_call_node(weir_compiler *c, const weir_node *node, unsigned hint)
{
    weir_operand out;
    if (weir_compile_path(c, node, hint, &out))
        return out;
    return weir_compile_call(c, node, hint);
}

static weir_operand compile_comprehend(weir_compiler *c, const weir_node *node, unsigned hint)
{
    if (node->op == WEIR_COMPREHEND_GENERATOR)
        weir_compiler_mistake(c, node,
                              "a generator stands as an argument of a call only; a list is "
                              "written [... for ...]");
    return weir_compile_comprehension(c, node, hint);
}

typedef weir_operand compile_fn(weir_compiler *c, const weir_node *node, unsigned hint);

weir_operand weir_compile(weir_compiler *c, const weir_node *node, unsigned hint)
{
    static compile_fn *const KINDS[WEIR_NODE_KIND_COUNT] = {
        [WEIR_NODE_CONST] = compile_const,
        [WEIR_NODE_NAME] = weir_compile_name,
        [WEIR_NODE_ATTR] = weir_compile_attr,
        [WEIR_NODE_INDEX] = compile_index,
        [WEIR_NODE_CALL] = compile_call_node,
        [WEIR_NODE_STAR] = misplaced,
        [WEIR_NODE_UNARY] = compile_unary,
        [WEIR_NODE_BINARY] = compile_binary,
        [WEIR_NODE_COMPARE] = compile_compare,
        [WEIR_NODE_AND] = compile_logic,
        [WEIR_NODE_OR] = compile_logic,
        [WEIR_NODE_NOT] = compile_not,
        [WEIR_NODE_COND] = compile_cond,
        [WEIR_NODE_LIST] = compile_display,
        [WEIR_NODE_TUPLE] = compile_display,
        [WEIR_NODE_SET] = compile_display,
        [WEIR_NODE_DICT] = compile_display,
        [WEIR_NODE_FSTRING] = compile_fstring,
        [WEIR_NODE_COMPREHEND] = compile_comprehend,
        [WEIR_NODE_LAMBDA] = misplaced,
    };
    if (c->is_broken)
        return weir_operand_of(0, WEIR_KIND_COUNT);
    return KINDS[node->kind](c, node, hint);
}
