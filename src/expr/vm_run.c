/* SPDX-License-Identifier: MIT */
/*
 * The loop. `goto *` through a table of labels, one per opcode; each instruction ends in its own
 * jump. A failure leaves through `fail`, which adds the instruction's range; nothing else reads the
 * side table.
 */
#include <math.h>

#include "expr/run.h"
#include "util/number.h"
#include "value/json_read.h"

static inline const weir_value *place(const weir_value *registers, const weir_value *constants,
                                      unsigned at)
{
    return at < WEIR_PLACE_CONSTANTS ? registers + at : constants + (at - WEIR_PLACE_CONSTANTS);
}

static inline const weir_value *slot_of(const weir_vm *vm, const weir_read *read)
{
    return (read->is_item ? vm->input->item_slots : vm->input->data_slots) + read->slot;
}

/* float(x) for what feeds send; false: ask the builtin, which also words the mistakes. */
static inline bool quick_float(const weir_value *x, weir_value *out)
{
    double f;
    if (x->kind == WEIR_STR) {
        if (!weir_double_parse_json(weir_value_text(x), &f))
            return false;
    } else if (x->kind == WEIR_RAW && x->aux == WEIR_RAW_NUMBER) {
        /* A whole number of Python is exact first: beyond a double's range it is an error. */
        if (!weir_double_parse_json(weir_value_text(x), &f) || isinf(f))
            return false;
        if (f == 0 && (x->flags & WEIR_VALUE_INTEGRAL))
            f = 0; /* -0 is the int 0 */
    } else if (x->kind == WEIR_INT) {
        f = (double)x->i;
    } else if (x->kind == WEIR_FLOAT) {
        f = x->f;
    } else {
        return false;
    }
    *out = weir_value_float(f);
    return true;
}

static inline bool quick_int(const weir_value *x, weir_value *out)
{
    int64_t i;
    bool is_raw =
        x->kind == WEIR_RAW && x->aux == WEIR_RAW_NUMBER && (x->flags & WEIR_VALUE_INTEGRAL);
    if (x->kind == WEIR_INT)
        i = x->i;
    else if ((!is_raw && x->kind != WEIR_STR) ||
             weir_int_parse_json(weir_value_text(x), &i) != WEIR_INT_OK)
        return false;
    *out = weir_value_int(i);
    return true;
}

static inline bool quick_str(const weir_value *x, weir_value *out)
{
    if (x->kind != WEIR_STR)
        return false;
    *out = *x;
    return true;
}

static inline bool is_both(const weir_value *a, const weir_value *b, uint8_t kind)
{
    return a->kind == kind && b->kind == kind;
}

static inline bool is_real(const weir_value *v)
{
    return v->kind == WEIR_FLOAT || v->kind == WEIR_INT;
}

/* + - * of two whole numbers that stay small, or with a float; false: ask the operation. */
static inline bool quick_arithmetic(weir_binary op, const weir_value *a, const weir_value *b,
                                    weir_value *out)
{
    int64_t i;
    if (is_both(a, b, WEIR_INT)) {
        bool is_over = op == WEIR_BINARY_ADD   ? __builtin_add_overflow(a->i, b->i, &i)
                       : op == WEIR_BINARY_SUB ? __builtin_sub_overflow(a->i, b->i, &i)
                                               : __builtin_mul_overflow(a->i, b->i, &i);
        if (!is_over)
            *out = weir_value_int(i);
        return !is_over;
    }
    if (!is_real(a) || !is_real(b))
        return false;
    double x = weir_number_real(a), y = weir_number_real(b);
    *out = weir_value_float(op == WEIR_BINARY_ADD ? x + y : op == WEIR_BINARY_SUB ? x - y : x * y);
    return true;
}

static inline bool run_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                              weir_value *out)
{
    if ((op == WEIR_BINARY_ADD || op == WEIR_BINARY_SUB || op == WEIR_BINARY_MUL) &&
        quick_arithmetic(op, a, b, out))
        return true;
    if (op == WEIR_BINARY_DIV && is_real(a) && is_real(b) && !is_both(a, b, WEIR_INT) &&
        weir_number_real(b) != 0) {
        *out = weir_value_float(weir_number_real(a) / weir_number_real(b));
        return true;
    }
    return weir_op_binary(vm, op, a, b, out);
}

static inline bool run_contains(weir_vm *vm, const weir_value *needle, const weir_value *haystack,
                                bool *truth)
{
    if (haystack->kind != WEIR_TUPLE || needle->kind != WEIR_STR)
        return weir_op_contains(vm, haystack, needle, truth);
    const weir_list *list = haystack->list;
    weir_str text = weir_value_text(needle);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].kind != WEIR_STR)
            return weir_op_contains(vm, haystack, needle, truth);
        if (weir_str_eq(weir_value_text(&list->items[i]), text)) {
            *truth = true;
            return true;
        }
    }
    *truth = false;
    return true;
}

/* `is` with None, True or False on a side: those are never raw. */
static inline bool is_identical(const weir_value *a, const weir_value *b)
{
    return a->kind == b->kind && (a->kind == WEIR_NONE || (a->kind == WEIR_BOOL && a->b == b->b));
}

/* Any relation, by its number; constant at each place of use, so that only its case remains. */
static inline bool run_relation(weir_vm *vm, unsigned op, const weir_value *a, const weir_value *b,
                                bool *truth)
{
    if (op == WEIR_RELATION_IS || op == WEIR_RELATION_IS_NOT) {
        *truth = is_identical(a, b) == (op == WEIR_RELATION_IS);
        return true;
    }
    if (op == WEIR_RELATION_IN || op == WEIR_RELATION_NOT_IN) {
        if (!run_contains(vm, a, b, truth))
            return false;
        *truth = *truth == (op == WEIR_RELATION_IN);
        return true;
    }
    if (is_both(a, b, WEIR_INT)) {
        *truth = weir_compare_int((weir_compare)op, a->i, b->i);
        return true;
    }
    if (is_real(a) && is_real(b) && weir_number_is_exact(a) && weir_number_is_exact(b)) {
        *truth = weir_compare_float((weir_compare)op, weir_number_real(a), weir_number_real(b));
        return true;
    }
    if (is_both(a, b, WEIR_STR) && (op == WEIR_COMPARE_EQ || op == WEIR_COMPARE_NE)) {
        *truth = weir_str_eq(weir_value_text(a), weir_value_text(b)) == (op == WEIR_COMPARE_EQ);
        return true;
    }
    return weir_op_compare(vm, (weir_compare)op, a, b, truth);
}

static inline bool run_truth(weir_vm *vm, const weir_value *v, bool *truth)
{
    if (v->kind == WEIR_BOOL) {
        *truth = v->b;
        return true;
    }
    return weir_op_truth(vm, v, truth);
}

static bool slot_equals(weir_vm *vm, const weir_read *read, const weir_value *text, bool *truth)
{
    const weir_value *slot = slot_of(vm, read);
    if (slot->kind == WEIR_STR) {
        *truth = weir_str_eq(weir_value_text(slot), weir_value_text(text));
        return true;
    }
    weir_value v = *slot;
    return (v.kind != WEIR_ABSENT || weir_run_walk(vm, read, &v)) &&
           weir_op_compare(vm, WEIR_COMPARE_EQ, &v, text, truth);
}

static bool slot_has(weir_vm *vm, const weir_read *read, bool *truth)
{
    *truth = true;
    return slot_of(vm, read)->kind != WEIR_ABSENT || weir_run_walk_in(vm, read, truth);
}

typedef bool quick_fn(const weir_value *x, weir_value *out);

/* float(slot), int(slot), str(slot) */
static inline bool slot_call(weir_vm *vm, const weir_read *read, quick_fn *quick, weir_value *out)
{
    const weir_value *slot = slot_of(vm, read);
    if (quick(slot, out)) {
        out->flags |= slot->flags & WEIR_VALUE_SECRET;
        return true;
    }
    weir_value v = *slot;
    return (v.kind != WEIR_ABSENT || weir_run_walk(vm, read, &v)) &&
           weir_run_unary(vm, read->fn->call, 2, &v, out);
}

static inline bool quick_call(weir_vm *vm, const weir_site *site, quick_fn *quick,
                              const weir_value *x, weir_value *out)
{
    if (!quick(x, out))
        return weir_run_unary(vm, site->ways[0].call, site->ways[0].binding.count, x, out);
    out->flags |= x->flags & WEIR_VALUE_SECRET;
    return true;
}

bool weir_vm_execute(weir_vm *vm, size_t entry, weir_value *out)
{
    static const void *const LABELS[WEIR_OP_COUNT] = {
#define LABEL(name, operands) [WEIR_OP_##name] = &&op_##name,
        WEIR_OPCODES(LABEL)
#undef LABEL
    };
    const weir_program *program = vm->program;
    weir_value *const r = vm->registers;
    const weir_value *const k = program->constants;
    const weir_insn *const code = program->code;
    const weir_insn *i = code + entry;
    weir_value v;
    bool truth;

#define NEXT      goto *LABELS[(++i)->op]
#define JUMP      goto *LABELS[(i = code + i->d)->op]
#define PLACE(at) place(r, k, (at))
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (__builtin_expect(!(call), 0))                                                          \
            goto fail;                                                                             \
    } while (0)
#define STORE(call)                                                                                \
    do {                                                                                           \
        TRY(call);                                                                                 \
        r[i->a] = v;                                                                               \
        NEXT;                                                                                      \
    } while (0)

    goto *LABELS[i->op];

op_MOVE:
    r[i->a] = *PLACE(i->b);
    NEXT;
op_ROOT:
    STORE(weir_run_root(vm, i->b, &v));
op_CREDENTIAL:
op_VAR:
op_SESSION:
    STORE(weir_run_world(vm, i->op, i->b, &v));
op_ZONE:
    r[i->a] = weir_value_str(vm->world && vm->world->broker_tz.len ? vm->world->broker_tz
                                                                   : WEIR_STR("UTC"));
    NEXT;
op_CONNECTION:
    r[i->a] = weir_value_str(vm->world ? vm->world->connection_name : WEIR_STR(""));
    NEXT;

op_SLOT:
    v = vm->input->data_slots[i->b];
    if (__builtin_expect(v.kind == WEIR_ABSENT, 0))
        TRY(weir_run_walk(vm, &program->reads[i->c], &v));
    r[i->a] = v;
    NEXT;
op_ITEM_SLOT:
    v = vm->input->item_slots[i->b];
    if (__builtin_expect(v.kind == WEIR_ABSENT, 0))
        TRY(weir_run_walk(vm, &program->reads[i->c], &v));
    r[i->a] = v;
    NEXT;
op_DEFAULT:
    if (r[i->a].kind == WEIR_ABSENT)
        r[i->a] = *PLACE(i->b);
    NEXT;
op_SLOT_FLOAT:
    STORE(slot_call(vm, &program->reads[i->c], quick_float, &v));
op_SLOT_INT:
    STORE(slot_call(vm, &program->reads[i->c], quick_int, &v));
op_SLOT_STR:
    STORE(slot_call(vm, &program->reads[i->c], quick_str, &v));
op_SLOT_EQ:
    TRY(slot_equals(vm, &program->reads[i->b], &k[i->c], &truth));
    r[i->a] = weir_value_bool(truth != (i->d != 0));
    NEXT;
op_SLOT_HAS:
    TRY(slot_has(vm, &program->reads[i->b], &truth));
    r[i->a] = weir_value_bool(truth != (i->d != 0));
    NEXT;

#define BINARY(name)                                                                               \
    op_##name : STORE(run_binary(vm, WEIR_BINARY_##name, PLACE(i->b), PLACE(i->c), &v));
    BINARY(OR)
    BINARY(XOR)
    BINARY(AND)
    BINARY(LSHIFT)
    BINARY(RSHIFT)
    BINARY(ADD)
    BINARY(SUB)
    BINARY(MUL)
    BINARY(DIV)
    BINARY(FLOORDIV)
    BINARY(MOD)
    BINARY(POW)
op_PLUS:
op_MINUS:
op_INVERT:
    STORE(weir_op_unary(vm, (weir_unary)(i->op - WEIR_OP_PLUS), PLACE(i->b), &v));
op_NOT:
    TRY(run_truth(vm, PLACE(i->b), &truth));
    r[i->a] = weir_value_bool(!truth);
    NEXT;

#define RELATION(name, number)                                                                     \
    op_##name : TRY(run_relation(vm, (number), PLACE(i->b), PLACE(i->c), &truth));                 \
    r[i->a] = weir_value_bool(truth);                                                              \
    NEXT;                                                                                          \
    op_TEST_##name : TRY(run_relation(vm, (number), PLACE(i->b), PLACE(i->c), &truth));            \
    if (truth == i->a)                                                                             \
        JUMP;                                                                                      \
    NEXT;
    RELATION(LT, WEIR_COMPARE_LT)
    RELATION(LE, WEIR_COMPARE_LE)
    RELATION(EQ, WEIR_COMPARE_EQ)
    RELATION(NE, WEIR_COMPARE_NE)
    RELATION(GT, WEIR_COMPARE_GT)
    RELATION(GE, WEIR_COMPARE_GE)
    RELATION(IN, WEIR_RELATION_IN)
    RELATION(NOT_IN, WEIR_RELATION_NOT_IN)
    RELATION(IS, WEIR_RELATION_IS)
    RELATION(IS_NOT, WEIR_RELATION_IS_NOT)

op_JUMP:
    JUMP;
op_TEST:
    TRY(run_truth(vm, PLACE(i->b), &truth));
    if (truth == i->a)
        JUMP;
    NEXT;
op_TEST_SLOT_EQ:
    TRY(slot_equals(vm, &program->reads[i->b], &k[i->c], &truth));
    if (truth == i->a)
        JUMP;
    NEXT;
op_TEST_SLOT_HAS:
    TRY(slot_has(vm, &program->reads[i->b], &truth));
    if (truth == i->a)
        JUMP;
    NEXT;

op_INDEX:
    STORE(weir_op_index(vm, PLACE(i->b), PLACE(i->c), &v));
op_SLICE:
    STORE(weir_op_slice(vm, &r[i->b], &r[i->b + 1], &r[i->b + 2], &r[i->b + 3], &v));
op_ATTR:
    STORE(weir_attr_get(vm, PLACE(i->b), weir_value_text(PLACE(i->c)), &v));
op_CALL:
    STORE(weir_run_call(vm, &program->sites[i->b], &v));
op_RECEIVER:
    TRY(weir_run_receiver(vm, &program->sites[i->b], &r[i->a]));
    NEXT;
op_METHOD:
    STORE(weir_run_method(vm, &program->sites[i->b], &v));
op_FLOAT:
    STORE(quick_call(vm, &program->sites[i->c], quick_float, PLACE(i->b), &v));
op_INT:
    STORE(quick_call(vm, &program->sites[i->c], quick_int, PLACE(i->b), &v));
op_STR:
    STORE(quick_call(vm, &program->sites[i->c], quick_str, PLACE(i->b), &v));

op_LIST:
    STORE(weir_run_display(vm, WEIR_LIST, &r[i->b], i->c, &v));
op_TUPLE:
    STORE(weir_run_display(vm, WEIR_TUPLE, &r[i->b], i->c, &v));
op_BUILD:
    TRY(weir_build_init(vm, &vm->builders[i->a], (uint8_t)i->b, 0));
    NEXT;
op_BUILD_ADD:
    TRY(weir_build_add(vm, &vm->builders[i->a], PLACE(i->b)));
    NEXT;
op_BUILD_PUT:
    TRY(weir_build_put(vm, &vm->builders[i->a], PLACE(i->b), PLACE(i->c)));
    NEXT;
op_BUILD_EXTEND:
    TRY(weir_build_extend(vm, &vm->builders[i->a], PLACE(i->b)));
    NEXT;
op_BUILD_END:
    STORE(weir_build_finish(vm, &vm->builders[i->b], &v));

op_ITER:
    TRY(weir_op_iter(vm, PLACE(i->b), &vm->iters[i->a]));
    NEXT;
op_NEXT:
    TRY(weir_op_iter_next(vm, &vm->iters[i->b], &v, &truth));
    if (!truth)
        JUMP;
    r[i->a] = v;
    NEXT;
op_UNPACK:
    TRY(weir_op_unpack(vm, PLACE(i->b), i->c, &r[i->a]));
    NEXT;

op_TEXT:
    weir_run_text(vm, &r[i->a]);
    NEXT;
op_TEXT_PUT:
    TRY(weir_run_text_put(vm, &r[i->a], PLACE(i->b), i->c));
    NEXT;
op_TEXT_FORMAT:
    TRY(weir_run_text_format(vm, &r[i->a], PLACE(i->b), PLACE(i->c), i->d));
    NEXT;
op_TEXT_END:
    STORE(weir_run_text_end(vm, &r[i->b], &v));
op_RETURN:
    *out = *PLACE(i->b);
    return true;

fail:
    if (vm->range_length == 0) {
        weir_source_range range = program->ranges[i - code];
        vm->range_offset = range.offset;
        vm->range_length = range.length;
    }
    return false;
#undef NEXT
#undef JUMP
#undef PLACE
#undef TRY
#undef STORE
#undef BINARY
#undef RELATION
}
