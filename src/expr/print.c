/* SPDX-License-Identifier: MIT */
/*
 * The program as text, one instruction a line: what `explain` shows and the tests of the compiler
 * read. The letters of the opcode table say how each operand is shown.
 */
#include "expr/program.h"
#include "value/json_write.h"

static const struct {
    const char *name;
    const char *operands;
} OPCODES[WEIR_OP_COUNT] = {
#define ROW(name, operands) [WEIR_OP_##name] = {#name, operands},
    WEIR_OPCODES(ROW)
#undef ROW
};

static void print_read(weir_buf *out, const weir_read *read)
{
    weir_buf_puts(out, read->is_item ? "item" : "data");
    for (size_t i = 0; i < read->count; i++) {
        const weir_read_step *step = &read->steps[i];
        weir_buf_puts(out, step->kind == WEIR_STEP_INDEX ? "["
                           : step->kind == WEIR_STEP_GET ? ".get("
                                                         : " has ");
        weir_json_write(out, &step->key, 0);
        if (step->kind == WEIR_STEP_GET && step->fallback.kind > WEIR_NONE) {
            weir_buf_puts(out, ", ");
            weir_json_write(out, &step->fallback, 0);
        }
        weir_buf_puts(out, step->kind == WEIR_STEP_INDEX ? "]"
                           : step->kind == WEIR_STEP_GET ? ")"
                                                         : "");
    }
}

static void print_constant(weir_buf *out, const weir_value *v)
{
    if (v->kind == WEIR_LAMBDA)
        weir_buf_printf(out, "lambda%lld", (long long)v->i);
    else if (v->kind == WEIR_OBJECT || v->kind == WEIR_ABSENT || v->kind == WEIR_RANGE)
        weir_buf_printf(out, "<%s>", v->kind == WEIR_ABSENT ? "absent" : weir_value_type_name(v));
    else
        weir_json_write(out, v, 0);
}

static void print_place(weir_buf *out, const weir_program *program, unsigned at)
{
    if (at < WEIR_PLACE_CONSTANTS)
        weir_buf_printf(out, "r%u", at);
    else
        print_constant(out, &program->constants[at - WEIR_PLACE_CONSTANTS]);
}

static void print_operand(weir_buf *out, const weir_program *program, char letter, unsigned at)
{
    switch (letter) {
    case 'r': weir_buf_printf(out, " r%u", at); break;
    case 'n': weir_buf_printf(out, " %u", at); break;
    case 'j': weir_buf_printf(out, " ->%u", at); break;
    case 'v':
        weir_buf_putc(out, ' ');
        print_place(out, program, at);
        break;
    case 'k':
        weir_buf_putc(out, ' ');
        print_constant(
            out, &program->constants[at >= WEIR_PLACE_CONSTANTS ? at - WEIR_PLACE_CONSTANTS : at]);
        break;
    case 's':
        weir_buf_putc(out, ' ');
        print_read(out, &program->reads[at]);
        break;
    case 'f': weir_buf_printf(out, " %.*s()", WEIR_FMT(program->sites[at].name)); break;
    default: break;
    }
}

void weir_program_print(weir_buf *out, const weir_program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        const weir_insn *insn = &program->code[i];
        const char *operands = OPCODES[insn->op].operands;
        weir_buf_printf(out, "%4zu %s", i, OPCODES[insn->op].name);
        print_operand(out, program, operands[0], insn->a);
        print_operand(out, program, operands[1], insn->b);
        print_operand(out, program, operands[2], insn->c);
        print_operand(out, program, operands[3], insn->d);
        weir_buf_putc(out, '\n');
    }
}
