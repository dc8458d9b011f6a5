/* SPDX-License-Identifier: MIT */
/*
 * Trees against the VM. What a tree says is what the VM says, over every pair of values; where it
 * says nothing the VM may say anything. Each of these expressions has a tree, which knows at least
 * what is given here; the others have none.
 */
#include "expr/tree.h"
#include "world.h"

/* What a tree gives, as JSON; "" where it does not know. */
static void show(const weir_value *v, weir_buf *out)
{
    weir_buf_clear(out);
    if (v->kind == WEIR_TIMESTAMP)
        weir_buf_printf(out, "%lld", (long long)v->i);
    else if (v->kind == WEIR_ASSET)
        weir_buf_put(out, v->asset->symbol);
    else
        weir_json_write(out, v, WEIR_JSON_REVEAL);
}

typedef struct row {
    const char *source;
    const char *json;
    const char *known; /* for that */
} row;

static const row rows[] = {
    {"broker.infer_asset(symbol=data['a'].split('.')[1])", "{\"a\":\"market.btc.x\"}", "btc"},
    {"broker.infer_asset(security_id=data['a'])", "{\"a\":17}", "17"},
    {"broker.infer_asset(symbol=f\"{data['a']}/{data['b']}\")", "{\"a\":\"x\",\"b\":1.5}", "x/1.5"},
    {"data['a'].split('.')[-1]", "{\"a\":\"1.2.3\"}", "\"3\""},
    {"data['a'].split('.', 1)[1]", "{\"a\":\"1.2.3\"}", "\"2.3\""},
    {"data['a'].split('.', 1)[-2]", "{\"a\":\"1.2.3\"}", "\"1\""},
    {"data['a'].split('.', 0)[0]", "{\"a\":\"1.2.3\"}", "\"1.2.3\""},
    {"data['a'].split('11')[1]", "{\"a\":\"01110\"}", "\"10\""},
    {"data['a'].rsplit('11')[0]", "{\"a\":\"01110\"}", "\"01\""},
    {"data['a'].rsplit('.', 1)[0]", "{\"a\":\"1.2.3\"}", "\"1.2\""},
    {"data['a'].rsplit('.', 1)[-1]", "{\"a\":\"1.2.3\"}", "\"3\""},
    {"data['a'].rsplit('.')[1]", "{\"a\":\"1.2.3\"}", "\"2\""},
    {"data['a'].split('.')[1].split('-')[0].upper()", "{\"a\":\"x.b-c\"}", "\"B\""},
    {"data['a'][1:]", "{\"a\":\"abc\"}", "\"bc\""},
    {"data['a'][:-1]", "{\"a\":\"abc\"}", "\"ab\""},
    {"data['a'][-2:9]", "{\"a\":\"abc\"}", "\"bc\""},
    {"data['a'][2:1]", "{\"a\":\"abc\"}", "\"\""},
    {"data['a'].upper() + data['b'].lower()", "{\"a\":\"aZ[`{\",\"b\":\"aZ@[\"}", "\"AZ[`{az@[\""},
    {"data['a'].replace('-', '')", "{\"a\":\"-b--c\"}", "\"bc\""},
    {"data['a'].replace('1', '22').replace('22', '1')", "{\"a\":\"1.1\"}", "\"1.1\""},
    {"f\"{data['a'].upper()}-{data['b'].upper()}-{data['a'].upper()}\"",
     "{\"a\":\"a\",\"b\":\"b\"}", "\"A-B-A\""},
    {"data['a'].startswith('b') or data['b'].endswith('17')", "{\"a\":\"x\",\"b\":\"17\"}", "true"},
    {"float(data['a']) * 1000", "{\"a\":\"1.5\"}", "1500.0"},
    {"float(data['a']) - float(data['b'])", "{\"a\":\"1.5\",\"b\":1}", "0.5"},
    {"data['a'] / data['b']", "{\"a\":9007199254740993,\"b\":3}", "3002399751580331.0"},
    {"data['a'] + data['b']", "{\"a\":1,\"b\":2}", "3"},
    {"data['a'] * data['b']", "{\"a\":3,\"b\":-2}", "-6"},
    {"(data['a'] - data['b']) * 100 / data['b']", "{\"a\":3,\"b\":2}", "50.0"},
    {"-data['a']", "{\"a\":1.5}", "-1.5"},
    {"abs(int(data['a']))", "{\"a\":\"-3\"}", "3"},
    {"int(data['a'])", "{\"a\":2.5}", "2"},
    {"str(data['a'])", "{\"a\":1e3}", "\"1000.0\""},
    {"len(data['a'])", "{\"a\":\"abc\"}", "3"},
    {"bool(data['a'])", "{\"a\":[ ]}", "false"},
    {"data.get('a')", "{}", "null"},
    {"data.get('a', {}).get('b')", "{}", "null"},
    {"data.get('a', {}).get('b', 7)", "{\"a\":{}}", "7"},
    {"data.get('a', data['b'])", "{\"b\":1}", "1"},
    {"data.get('a') or data['b']", "{\"a\":0,\"b\":\"x\"}", "\"x\""},
    {"data['a'] and data['b']", "{\"a\":\"\",\"b\":1}", "\"\""},
    {"float(data['a']) if data['a'] else None", "{\"a\":\"\"}", "null"},
    {"data['a'] if 'a' in data else data['b']", "{\"b\":2}", "2"},
    {"'BUY' if data['a'] == 'b' else 'SELL'", "{\"a\":\"b\"}", "\"BUY\""},
    {"float('1' + ('2' if data['a'] else '3'))", "{\"a\":0}", "13.0"},
    {"not data['a']", "{\"a\":{\"b\":1}}", "false"},
    {"data['a'] is None or data['b'] is not None", "{\"a\":1,\"b\":null}", "false"},
    {"data['a'] is True", "{\"a\":true}", "true"},
    {"data['a'] == data['b']", "{\"a\":1,\"b\":1.0}", "true"},
    {"data['a'] != 0", "{\"a\":\"0\"}", "true"},
    {"data['a'] == 1", "{\"a\":true}", "true"},
    {"data['a'] < data['b']", "{\"a\":1,\"b\":1.5}", "true"},
    {"1 <= data['a'] < 3", "{\"a\":2}", "true"},
    {"data['a'] >= 2.5", "{\"a\":2}", "false"},
    {"data['a'] in (17, 'b', None)", "{\"a\":null}", "true"},
    {"data['a'] not in ['a', 'b']", "{\"a\":\"b\"}", "false"},
    {"'b' in data['a'] and 'c' not in data", "{\"a\":\"abc\"}", "true"},
    {"'b' in data.get('a', {})", "{}", "false"},
    {"isinstance(data['a'], dict) and 'b' in data['a']", "{\"a\":{\"b\":null}}", "true"},
    {"isinstance(data['a'], list) or isinstance(data['a'], str)", "{\"a\":\"\"}", "true"},
    {"pd.Timestamp(data['a'], unit='s') if data['a'] else received", "{\"a\":0}",
     "1700000000000000000"},
    {"pd.Timestamp(data.get('a', data['b']), unit='ms')", "{\"b\":5}", "5000000"},
    {"pd.Timestamp(data['a'].replace(' ', 'T'))", "{\"a\":\"2021-02-22 15:51:44Z\"}",
     "1614009104000000000"},
    {"mappings.order_status.to_standard(data['a'].lower())", "{\"a\":\"FILLED\"}", "\"COMPLETE\""},
    {"value * 2", "{}", "84"},
};

static const char *const values[] = {
    "0",
    "1",
    "-1",
    "17",
    "1.5",
    "-0",
    "-0.0",
    "1e3",
    "1e999",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "true",
    "false",
    "null",
    "\"\"",
    "\"b\"",
    "\"B\"",
    "\"a.b\"",
    "\".\"",
    "\"1.2.3\"",
    "\"abcdefghijklm\"",
    "\"11111\"",
    "\"\xc3\xa9.\xc3\xa9\xc3\xa9\"",
    "\"\\u0062.c\"",
    "\"17\"",
    "\"-0\"",
    "\"1.5\"",
    "\" 1\"",
    "\"nan\"",
    "\"new\"",
    "\"2021-02-22T15:51:44.208Z\"",
    "\"2021-02-22 15:51:44Z\"",
    "[]",
    "[ ]",
    "[1]",
    "{}",
    "{\"b\":1}",
    "{\"b\":null}",
};

enum { ROWS = sizeof rows / sizeof *rows, VALUES = sizeof values / sizeof *values };

/* Both ways of a program; true: the tree knows. */
static bool compare(world *w, const char *source, const weir_program *program,
                    const weir_tree *tree, const weir_expr_input *input, const char *json,
                    weir_buf *by_tree)
{
    weir_tree_room room = {0};
    weir_value a, b;
    weir_buf by_vm = {0};
    weir_buf_clear(by_tree);
    weir_arena_reset(w->run);
    const bool is_known = weir_tree_eval(tree, &w->known, input, &room, &a);
    const bool is_good = weir_vm_run(w->vm, program, &w->known, input, &b);
    const weir_fused_answer answer = weir_tree_test(tree, &w->known, input);
    bool truth = false;
    ck_assert_msg(!is_known || is_good, "%s of %s raises %s", source, json,
                  weir_raise_name(weir_vm_raise(w->vm)));
    if (is_known) {
        ck_assert(weir_vm_settle(w->vm, &b));
        show(&a, by_tree);
        show(&b, &by_vm);
        ck_assert_msg(a.kind == WEIR_RAW || a.kind == b.kind, "%s of %s", source, json);
        ck_assert_msg(
            weir_str_eq(weir_buf_str(by_tree), weir_buf_str(&by_vm)) || a.kind == WEIR_RAW,
            "%s of %s: %s, not %s", source, json, weir_buf_cstr(by_tree), weir_buf_cstr(&by_vm));
    }
    if (answer != WEIR_FUSED_ASK) {
        ck_assert(weir_vm_run_truth(w->vm, program, &w->known, input, &truth));
        ck_assert_msg(truth == (answer == WEIR_FUSED_TRUE), "%s of %s", source, json);
    }
    weir_buf_fini(&by_vm);
    return is_known;
}

START_TEST(a_tree_says_what_the_vm_says)
{
    world *w = world_new();
    weir_projection *data, *item;
    weir_buf text = {0};
    char json[512];
    const weir_program *program = world_compile(w, rows[_i].source, &data, &item);
    ck_assert_msg(program != NULL, "%s: %s", rows[_i].source, w->reported);
    const weir_tree *tree = weir_program_grow(w->spec, program);
    ck_assert_msg(tree != NULL, "%s has no tree", rows[_i].source);
    weir_expr_input input = {0};
    world_input(w, &input, data, item, rows[_i].json);
    ck_assert_msg(compare(w, rows[_i].source, program, tree, &input, rows[_i].json, &text),
                  "%s is not known", rows[_i].source);
    ck_assert_str_eq(weir_buf_cstr(&text), rows[_i].known);
    for (size_t i = 0; i < VALUES * (VALUES + 1); i++) {
        const size_t second = i / VALUES;
        snprintf(json, sizeof json, second == VALUES ? "{\"a\":%s}" : "{\"a\":%s,\"b\":%s}",
                 values[i % VALUES], second == VALUES ? "" : values[second]);
        world_input(w, &input, data, item, json);
        compare(w, rows[_i].source, program, tree, &input, json, &text);
    }
    weir_buf_fini(&text);
    world_free(w);
}
END_TEST

START_TEST(a_message_without_keys_is_as_the_vm_has_it)
{
    static const char *const messages[] = {"{}", "[]", "[1]", "1", "\"b\"", "null", "{\"b\":{}}"};
    world *w = world_new();
    weir_projection *data, *item;
    weir_buf text = {0};
    weir_expr_input input = {0};
    const weir_program *program = world_compile(w, rows[_i].source, &data, &item);
    const weir_tree *tree = weir_program_grow(w->spec, program);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        world_input(w, &input, data, item, messages[i]);
        compare(w, rows[_i].source, program, tree, &input, messages[i], &text);
    }
    weir_buf_fini(&text);
    world_free(w);
}
END_TEST

static const char *const others[] = {
    "[x for x in data['a']]",
    "(data['a'], data['b'])[0]",
    "data['a'].split('.')",
    "data['a'].split()[0]",
    "data['a'].split('')[0]",
    "data['a'].split(data['b'])[0]",
    "data['a'].split('.')[data['b']]",
    "data['a'].split('.')[0:1]",
    "data['a'][::2]",
    "data['a'][data['b']:]",
    "data['a'].startswith('b', 1)",
    "data['a'].replace('a', 'b', 1)",
    "credentials.api_secret if data['a'] else 'x'",
    "f\"{data['a']:>5}\"",
    "f\"{data['a']!r}\"",
    "Decimal(data['a'])",
    "round(data['a'])",
    "pd.Timestamp(data['a'], tz='UTC')",
    "broker.infer_asset(symbol=data['a'], security_id=data['b'])",
    "sum([data['a'], data['b']])",
    "data['a'] // 2",
    "17",
    "data",
};

START_TEST(what_no_twig_does_has_no_tree)
{
    world *w = world_new();
    weir_projection *data, *item;
    const weir_program *program = world_compile(w, others[_i], &data, &item);
    ck_assert_msg(!program || weir_program_grow(w->spec, program) == NULL, "%s", others[_i]);
    world_free(w);
}
END_TEST

/* One way for each pair of tests, and the end of room for twigs. */
START_TEST(large_programs_have_no_tree)
{
    world *w = world_new();
    weir_projection *data, *item;
    weir_buf source = {0};
    bool has_tree = true;
    for (int i = 0; i < 40; i++) {
        weir_buf_printf(&source, "%s(data['a'] if data['b'] == %d else data['c'])", i ? " + " : "",
                        i);
        const weir_program *program = world_compile(w, weir_buf_cstr(&source), &data, &item);
        ck_assert_ptr_nonnull(program);
        const bool has = weir_program_grow(w->spec, program) != NULL;
        ck_assert(has_tree || !has);
        has_tree = has;
    }
    ck_assert(!has_tree);
    weir_buf_fini(&source);
    world_free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tree");
    TCase *tests = tcase_create("tree");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_tree_says_what_the_vm_says, 0, ROWS);
    tcase_add_loop_test(tests, a_message_without_keys_is_as_the_vm_has_it, 0, ROWS);
    tcase_add_loop_test(tests, what_no_twig_does_has_no_tree, 0, sizeof others / sizeof *others);
    tcase_add_test(tests, large_programs_have_no_tree);
    suite_add_tcase(suite, tests);
    return weir_check_run(suite);
}
