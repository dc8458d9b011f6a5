/* SPDX-License-Identifier: MIT
 *
 * An input is the source of an expression. It is compiled twice, with its static paths as slots and
 * without, and run over one message. Besides not crashing: a mistake lies within the source, both
 * programs give the same result or raise the same, and the printer can show the program.
 */
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/ops.h"
#include "value/json_write.h"

enum { SLOTS = 4096 };

static const char MESSAGE[] = "{\"i\":7,\"j\":-3,\"f\":2.5,\"s\":\"hello\",\"t\":\"3.25\",\"n\":"
                              "null,\"b\":true,\"l\":[3,1,2],"
                              "\"m\":[\"a\",\"bb\"],\"d\":{\"x\":1,\"y\":{\"k\":\"v\",\"q\":[1.5,2]"
                              "}},\"p\":[[\"1.5\",\"2\"],[\"3\","
                              "\"4\"]],\"e\":\"\\u00e9\\n\",\"w\":12345678901234567890,\"time\":"
                              "\"2021-02-22T15:51:44.208Z\"}";

static weir_str source;
static weir_arena *spec, *run;
static weir_vm *vm;
static weir_asset_book *book;
static weir_expr_world world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(void *user, size_t offset, size_t length, const char *text)
{
    size_t *count = user;
    ++*count;
    if (length == 0 || offset > source.len || strlen(text) == 0)
        abort();
}

static void set_up(void)
{
    static weir_value values[2];
    if (vm)
        return;
    spec = weir_arena_new(1 << 16, 1 << 26);
    run = weir_arena_new(1 << 16, WEIR_EXPR_MEMORY_MAX);
    vm = weir_vm_new(run);
    book = weir_asset_book_new(true);
    if (!spec || !run || !vm || !book)
        abort();
    values[0] = weir_value_str(WEIR_STR("hush"));
    values[0].flags = WEIR_VALUE_SECRET;
    world.credentials = values;
    world.vars = values;
    world.session = values;
    world.assets = weir_asset_cache_new(book);
    world.fixed_now_ns = 1700000000000000000;
}

/* The outcome as text, in *out: a repr, or what was raised, or nothing when it did not compile. */
static void evaluate(bool has_slots, weir_buf *out)
{
    static weir_value slots[SLOTS];
    static char text[sizeof MESSAGE + WEIR_JSON_SLACK];
    static const weir_str NAMES[] = {{"api_key", 7}};
    memcpy(text, MESSAGE, sizeof MESSAGE - 1);
    weir_arena_reset(run);
    weir_projection *projection = weir_projection_new(spec);
    weir_expr_names names = {.credentials = NAMES,
                             .credential_count = 1,
                             .vars = NAMES,
                             .var_count = 1,
                             .session = NAMES,
                             .session_count = 1,
                             .has_asset_book = true};
    weir_expr_scope scope = {.roots =
                                 WEIR_ROOT_BIT(WEIR_ROOT_DATA) | WEIR_ROOT_BIT(WEIR_ROOT_VALUE),
                             .data = has_slots ? projection : NULL,
                             .names = &names};
    size_t mistakes = 0;
    const weir_program *program = weir_expr_compile(spec, source, &scope, report, &mistakes);
    if (!program) {
        weir_buf_puts(out, mistakes ? "mistake" : "memory");
        return;
    }
    weir_buf shown = {0};
    weir_program_print(&shown, program);
    weir_buf_fini(&shown);
    weir_expr_input input = {0};
    weir_json_error error;
    if (weir_projection_slots(projection) > SLOTS || !weir_projection_seal(projection) ||
        !weir_projection_decode(projection, (weir_str){text, sizeof MESSAGE - 1}, slots,
                                &input.roots[WEIR_ROOT_DATA], &error))
        abort();
    input.data_slots = slots;
    input.roots[WEIR_ROOT_VALUE] = weir_value_int(42);
    weir_value v;
    if (!weir_vm_run(vm, program, &world, &input, &v)) {
        size_t offset, length;
        weir_vm_range(vm, &offset, &length);
        if (offset + length > source.len || weir_vm_raise(vm) == WEIR_RAISE_NONE)
            abort();
        weir_buf_printf(out, "%s", weir_raise_name(weir_vm_raise(vm)));
    } else if (!weir_op_text(vm, &v, 'r', out)) {
        weir_buf_puts(out, weir_raise_name(weir_vm_raise(vm)));
    }
}

static bool is_resource(const weir_buf *outcome)
{
    weir_str text = weir_buf_str(outcome);
    return weir_str_is(text, "LimitError") || weir_str_is(text, "MemoryError");
}

/* A mistake may be seen in a path that without slots is only an AttributeError of the run. */
static bool is_seen_early(const weir_buf *with, const weir_buf *without)
{
    return weir_str_is(weir_buf_str(with), "mistake") &&
           weir_str_is(weir_buf_str(without), "AttributeError");
}

/* Results that are made anew by each run. */
static bool is_random(void)
{
    static const char *const WORDS[] = {"uuid", "random"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (memmem(source.ptr, source.len, WORDS[i], strlen(WORDS[i])))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > WEIR_EXPR_SOURCE_MAX + 8)
        return 0;
    set_up();
    weir_arena_reset(spec);
    source = (weir_str){(const char *)data, size};
    weir_buf with = {0}, without = {0};
    evaluate(true, &with);
    evaluate(false, &without);
    if (!weir_str_eq(weir_buf_str(&with), weir_buf_str(&without)) && !is_resource(&with) &&
        !is_resource(&without) && !is_seen_early(&with, &without) && !is_random())
        abort();
    weir_buf_fini(&with);
    weir_buf_fini(&without);
    return 0;
}
