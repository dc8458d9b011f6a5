/* SPDX-License-Identifier: MIT */
/*
 * What the compiler finds wrong, with place and words; what it makes constant; which paths become
 * slots; and the instructions that frequent forms become.
 */
#include "world.h"

static world *w;

typedef struct mistake_row {
    const char *source;
    size_t offset, length;
    const char *text;
} mistake_row;

static const mistake_row MISTAKES[] = {
    {"dat['x']", 0, 3, "unknown name 'dat'; did you mean 'data'?"},
    {"(data['bid'] + bidd) / 2", 15, 4, "unknown name 'bidd'"},
    {"subscribe", 0, 9, "unknown name 'subscribe'; for a constant text write \"'subscribe'\""},
    {" buy\n", 1, 3, "unknown name 'buy'; for a constant text write \"'buy'\""},
    {"flaot(1)", 0, 5, "unknown name 'flaot'; did you mean 'float'?"},
    {"[lenght for length in data]", 1, 6, "unknown name 'lenght'; did you mean 'length'?"},
    {"data['x'] == null", 13, 4, "unknown name 'null'; here it is None"},
    {"data['x'] == true", 13, 4, "unknown name 'true'; here it is True"},
    {"credentials.api_kye", 12, 7, "credential 'api_kye' is not declared; did you mean 'api_key'?"},
    {"credentials.nothing_like", 12, 12, "credential 'nothing_like' is not declared"},
    {"vars.dept", 5, 4, "variable 'dept' is not declared; did you mean 'depth'?"},
    {"session.tokn", 8, 4, "session value 'tokn' is not declared; did you mean 'token'?"},
    {"mappings.orderstatus.to_standard('x')", 9, 11,
     "mapping 'orderstatus' is not declared; did you mean 'order_status'?"},
    {"mappings.order_status.to_standart('x')", 22, 11,
     "this object has no method 'to_standart'; did you mean 'to_standard'?"},
    {"credentials", 0, 11, "'credentials' has no value of its own; write credentials.NAME"},
    {"pd.Timestmp(1)", 0, 11, "unknown name 'pd.Timestmp'; did you mean 'pd.Timestamp'?"},
    {"broker.infer_aset(symbol='x')", 0, 17,
     "unknown name 'broker.infer_aset'; did you mean 'broker.infer_asset'?"},
    {"json.dumps(data)", 0, 10, "unknown name 'json.dumps'; here it is json_dumps(...)"},
    {"foo.bar(1)", 0, 3, "unknown name 'foo'"},
    {"_x", 0, 2, "names that start with '_' cannot be used: '_x'"},
    {"data.__class__", 5, 9, "names that start with '_' cannot be used: '__class__'"},
    {"''.__len__()", 3, 7, "names that start with '_' cannot be used: '__len__'"},
    {"[1 for _ in data]", 7, 1, "names that start with '_' cannot be used: '_'"},
    {"data.price", 0, 10, "a value of a message has no attributes; write data['price']"},
    {"data['a'].b", 0, 11, "a value of a message has no attributes; write data['a']['b']"},
    {"data.get", 5, 3, "'get' is a method; call it: .get(...)"},
    {"data.gett('x')", 5, 4, "no value has a method 'gett'; did you mean 'get'?"},
    {"'a'.uper()", 4, 4, "str has no method 'uper'; did you mean 'upper'?"},
    {"[1].upper()", 4, 5, "list has no method 'upper'"},
    {"asset.simbol", 6, 6, "Asset has no attribute 'simbol'; did you mean 'symbol'?"},
    {"[a.symbl for a in subscribe_assets]", 3, 5,
     "Asset has no attribute 'symbl'; did you mean 'symbol'?"},
    {"float(1, 2)", 0, 11, "float() takes at most 1 positional argument but 2 were given"},
    {"len()", 0, 5, "len() missing required argument 'obj' (pos 1)"},
    {"pd.Timestamp(1, unitt='ms')", 0, 27,
     "pd.Timestamp() got an unexpected keyword argument 'unitt'"},
    {"round(1, ndigits=1, ndigits=2)", 20, 7, "keyword argument 'ndigits' is repeated"},
    {"len(*data)", 0, 10, "len() does not take a starred argument"},
    {"data(1)", 0, 4, "'data' is a value, not a function"},
    {"(1)(2)", 1, 1, "this cannot be called: functions and methods have names"},
    {"(x for x in data)", 0, 17,
     "a generator stands as an argument of a call only; a list is written [... for ...]"},
    {"[lambda x: x]", 1, 11, "a lambda stands as an argument only, such as key="},
    {"data is 'x'", 0, 11, "'is' compares with None, True or False only; equality is '=='"},
    {"[1 for x in data for y in z for z in x]", 26, 1, "'z' is used before its 'for'"},
    {"re_search('(a', data['x'])", 10, 4, NULL},
    {"pd.Timestamp(1, tz='Asia/Nowhere')", 0, 34, "there is no time zone 'Asia/Nowhere'"},
};

START_TEST(a_mistake_names_the_thing_and_the_way_out)
{
    weir_projection *data, *item;
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        const mistake_row *row = &MISTAKES[i];
        ck_assert_msg(!world_compile(w, row->source, &data, &item), "%s: accepted", row->source);
        ck_assert_msg(!row->text || strcmp(w->reported, row->text) == 0, "%s: %s", row->source,
                      w->reported);
        ck_assert_msg(w->offset == row->offset && w->length == row->length, "%s: at %zu+%zu",
                      row->source, w->offset, w->length);
    }
}
END_TEST

START_TEST(all_mistakes_are_reported)
{
    weir_projection *data, *item;
    ck_assert(!world_compile(w, "foo + flaot(bar) if baz = 1 else credentials.x", &data, &item));
    ck_assert_ptr_nonnull(strstr(w->reported, "'foo'"));
    ck_assert_ptr_nonnull(strstr(w->reported, "'flaot'"));
    ck_assert_ptr_nonnull(strstr(w->reported, "'bar'"));
    ck_assert_ptr_nonnull(strstr(w->reported, "'baz'"));
    ck_assert_ptr_nonnull(strstr(w->reported, "'=='"));
    ck_assert_ptr_nonnull(strstr(w->reported, "credential 'x'"));
}
END_TEST

START_TEST(roots_exist_only_where_the_scope_has_them)
{
    weir_projection *data, *item;
    w->roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA);
    ck_assert(!world_compile(w, "item['x']", &data, &item));
    ck_assert_str_eq(w->reported, "'item' does not exist in this place: it needs an `each`");
    ck_assert(!world_compile(w, "value + 1", &data, &item));
    ck_assert(!world_compile(w, "asset.symbol", &data, &item));
    ck_assert(world_compile(w, "[asset for asset in data]", &data, &item) != NULL);
    w->roots = (1u << WEIR_ROOT_COUNT) - 1;
    w->names.has_asset_book = false;
    ck_assert(!world_compile(w, "broker.infer_asset(symbol='x')", &data, &item));
    w->names.has_asset_book = true;
}
END_TEST

START_TEST(the_roots_that_are_read_are_known)
{
    weir_projection *data, *item;
    const weir_program *program =
        world_compile(w, "data['a'] + item['b'] if value else 1", &data, &item);
    ck_assert_uint_eq(weir_program_roots(program), WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                                       WEIR_ROOT_BIT(WEIR_ROOT_ITEM) |
                                                       WEIR_ROOT_BIT(WEIR_ROOT_VALUE));
    program = world_compile(w, "1 if True else data", &data, &item);
    ck_assert_uint_eq(weir_program_roots(program), 0);
}
END_TEST

static const char *const CONSTANTS[][2] = {
    {"1 + 2 * 3", "7"},
    {"-5 // 2", "-3"},
    {"'a' * 3 + 'b'", "\"aaab\""},
    {"[1, (2, 'x'), {}]", "[1,[2,\"x\"],{}]"},
    {"[1 + 1, -2, not 3]", "[2,-2,false]"},
    {"float('1.5')", "1.5"},
    {"'a,b'.split(',')", "[\"a\",\"b\"]"},
    {"'x' in ('x', 'y')", "true"},
    {"1 < 2", "true"},
    {"'abc'[1:]", "\"bc\""},
    {"[1, 2, 3][-1]", "3"},
    {"None or 'x'", "\"x\""},
    {"0 and data['x']", "0"},
    {"'a' if 1 else data['x']", "\"a\""},
    {"f''", "\"\""},
    {"-9223372036854775808", "-9223372036854775808"},
};

START_TEST(what_is_constant_is_computed_at_load)
{
    weir_projection *data, *item;
    for (size_t i = 0; i < sizeof CONSTANTS / sizeof *CONSTANTS; i++) {
        const weir_program *program = world_compile(w, CONSTANTS[i][0], &data, &item);
        weir_value v;
        ck_assert_msg(program && weir_program_constant(program, &v), "%s: %s", CONSTANTS[i][0],
                      w->reported);
        weir_buf out = {0};
        weir_json_write(&out, &v, 0);
        ck_assert_str_eq(weir_buf_cstr(&out), CONSTANTS[i][1]);
        weir_buf_fini(&out);
    }
    weir_value v;
    ck_assert(!weir_program_constant(world_compile(w, "1 // 0", &data, &item), &v));
    ck_assert(!weir_program_constant(world_compile(w, "now_ns()", &data, &item), &v));
    ck_assert(!weir_program_constant(world_compile(w, "'x' * 100000", &data, &item), &v));
}
END_TEST

static const char *const PROGRAMS[][2] = {
    {"data['a']['b'][0]", "   0 SLOT r0 0 data[\"a\"][\"b\"][0]\n   1 RETURN r0\n"},
    {"data.get('a', {}).get('b', 5)",
     "   0 SLOT r0 0 data.get(\"a\", {}).get(\"b\", 5)\n   1 RETURN r0\n"},
    {"float(data['p'])", "   0 SLOT_FLOAT r0 0 data[\"p\"]\n   1 RETURN r0\n"},
    {"int(item.get('p', 0))", "   0 SLOT_INT r0 0 item.get(\"p\", 0)\n   1 RETURN r0\n"},
    {"data['T'] == 't'", "   0 SLOT_EQ r0 data[\"T\"] \"t\" 0\n   1 RETURN r0\n"},
    {"'t' != data['T']", "   0 SLOT_EQ r0 data[\"T\"] \"t\" 1\n   1 RETURN r0\n"},
    {"'k' in data", "   0 SLOT_HAS r0 data has \"k\" 0\n   1 RETURN r0\n"},
    {"data", "   0 ROOT r0 0\n   1 RETURN r0\n"},
    {"1 if data['m'] == 'x' else 2",
     "   0 TEST_SLOT_EQ 0 data[\"m\"] \"x\" ->3\n   1 MOVE r0 1\n   2 JUMP ->4\n"
     "   3 MOVE r0 2\n   4 RETURN r0\n"},
    {"data.get('a', data['b'])",
     "   0 SLOT r0 0 data.get(\"a\")\n   1 SLOT r1 1 data[\"b\"]\n   2 DEFAULT r0 r1\n"
     "   3 RETURN r0\n"},
};

START_TEST(frequent_forms_are_one_instruction)
{
    weir_projection *data, *item;
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++) {
        const weir_program *program = world_compile(w, PROGRAMS[i][0], &data, &item);
        weir_buf out = {0};
        ck_assert_msg(program != NULL, "%s: %s", PROGRAMS[i][0], w->reported);
        weir_program_print(&out, program);
        ck_assert_str_eq(weir_buf_cstr(&out), PROGRAMS[i][1]);
        weir_buf_fini(&out);
    }
}
END_TEST

START_TEST(a_program_that_is_a_slot_says_so)
{
    weir_projection *data, *item;
    weir_root root;
    size_t slot;
    const weir_program *program = world_compile(w, "item['x']", &data, &item);
    ck_assert(weir_program_slot(program, &root, &slot));
    ck_assert_uint_eq(root, WEIR_ROOT_ITEM);
    ck_assert_uint_eq(slot, 0);
    ck_assert(!weir_program_slot(world_compile(w, "data['x'] + 1", &data, &item), &root, &slot));
    ck_assert(!weir_program_slot(world_compile(w, "data", &data, &item), &root, &slot));
}
END_TEST

START_TEST(a_program_that_is_a_cast_of_a_slot_says_so)
{
    static const struct {
        const char *source;
        unsigned kind;
    } casts[] = {{"float(data['x'])", WEIR_FLOAT}, {"int(data['x'])", WEIR_INT},
                 {"str(data['x'])", WEIR_STR},     {"bool(data['x'])", WEIR_KIND_COUNT},
                 {"data['x']", WEIR_KIND_COUNT},   {"float(data['x']) + 1", WEIR_KIND_COUNT}};
    for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++) {
        const weir_step first = {.key = WEIR_STR("first")};
        weir_arena_reset(w->spec);
        weir_projection *data = weir_projection_new(w->spec);
        ck_assert_uint_eq(weir_projection_add(data, &first, 1), 0);
        const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA), .data = data};
        const weir_program *program =
            weir_expr_compile(w->spec, weir_str_of(casts[i].source), &scope, world_report, w);
        weir_root root = WEIR_ROOT_ITEM;
        size_t slot = 7;
        ck_assert_uint_eq(weir_program_cast(program, &root, &slot), casts[i].kind);
        ck_assert_uint_eq(slot, casts[i].kind == WEIR_KIND_COUNT ? 7 : 1);
        ck_assert_uint_eq(root, casts[i].kind == WEIR_KIND_COUNT ? WEIR_ROOT_ITEM : WEIR_ROOT_DATA);
    }
}
END_TEST

START_TEST(equal_paths_share_a_slot)
{
    weir_projection *data, *item;
    ck_assert(world_compile(w, "data['x'] + data.get('x', 0) + data['y']", &data, &item) != NULL);
    ck_assert_uint_eq(weir_projection_slots(data), 2);
}
END_TEST

static const struct {
    const char *source;
    unsigned kind;
} KINDS[] = {
    {"float(data['x'])", WEIR_FLOAT},
    {"float(data['x']) * 2", WEIR_FLOAT},
    {"1 / 2", WEIR_FLOAT},
    {"data['x'] / 2", WEIR_KIND_COUNT},
    {"str(data['x'])", WEIR_STR},
    {"f'{data}'", WEIR_STR},
    {"'A' if data['m'] else 'B'", WEIR_STR},
    {"'A' if data['m'] else 1", WEIR_KIND_COUNT},
    {"data['a'] < 1", WEIR_BOOL},
    {"not data", WEIR_BOOL},
    {"data['a']", WEIR_KIND_COUNT},
    {"[x for x in data]", WEIR_LIST},
    {"asset", WEIR_ASSET},
    {"received", WEIR_TIMESTAMP},
    {"broker.infer_asset(symbol=data['s'])", WEIR_ASSET},
    {"data['s'].upper()", WEIR_STR},
};

START_TEST(the_kind_of_a_result_is_known_where_it_is_evident)
{
    weir_projection *data, *item;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        const weir_program *program = world_compile(w, KINDS[i].source, &data, &item);
        ck_assert_msg(program != NULL, "%s: %s", KINDS[i].source, w->reported);
        ck_assert_msg(weir_program_kind(program) == KINDS[i].kind, "%s: %u", KINDS[i].source,
                      weir_program_kind(program));
    }
}
END_TEST

/* `count` times `piece` between `open` and `close`, compiled. */
static bool compiles(const char *open, const char *piece, size_t count, const char *close)
{
    weir_projection *data, *item;
    weir_buf source = {0};
    weir_buf_puts(&source, open);
    for (size_t i = 0; i < count; i++)
        weir_buf_puts(&source, piece);
    weir_buf_puts(&source, close);
    bool is_fine = world_compile(w, weir_buf_cstr(&source), &data, &item) != NULL;
    weir_buf_fini(&source);
    return is_fine;
}

START_TEST(bounds_of_the_compiler_are_mistakes)
{
    ck_assert(compiles("[x for x in data ", "if x ", 31, "]"));
    ck_assert(!compiles("[x for x in data ", "if x ", 32, "]"));
    ck_assert(compiles("max(", "data,", 48, ")"));
    ck_assert(!compiles("max(", "data,", 49, ")"));
    ck_assert(compiles("[", "data,", 3000, "]"));
    ck_assert(compiles("", "data['x'] + ", 390, "1"));
    ck_assert(!compiles("[1 for (", "a,", 300, ") in data]"));
    ck_assert(!compiles("[1 for x in data for (", "a,", 300, ") in data]"));
    ck_assert(compiles("1 < ", "data < ", 2000, "3"));
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("compile");
    weir_check_case(suite, "mistakes", a_mistake_names_the_thing_and_the_way_out,
                    all_mistakes_are_reported, roots_exist_only_where_the_scope_has_them);
    weir_check_case(suite, "programs", the_roots_that_are_read_are_known,
                    what_is_constant_is_computed_at_load, frequent_forms_are_one_instruction,
                    a_program_that_is_a_slot_says_so, a_program_that_is_a_cast_of_a_slot_says_so,
                    equal_paths_share_a_slot, the_kind_of_a_result_is_known_where_it_is_evident,
                    bounds_of_the_compiler_are_mistakes);
    int status = weir_check_run(suite);
    world_free(w);
    return status;
}
