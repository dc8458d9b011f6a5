/* SPDX-License-Identifier: MIT */
/* A whole spec: what it reads into, that all mistakes are told at once, and `extends`, options,
 * assets, mappings. */
#include <sys/stat.h>

#include "spec_fixture.h"

static const char *const head = "weir: 1\nname: acme\nconnections:\n  m:\n    url: ws://h/\n"
                                "    backend: {type: websocket}\n    streams: [data]\n";

static char *with_head(const char *rest)
{
    static char text[8192];
    snprintf(text, sizeof text, "%s%s", head, rest);
    return text;
}

START_TEST(a_small_spec_reads_into_its_model)
{
    loaded l = load_text(with_head(
        "    frame: array\n"
        "    converters:\n      data:\n      - fields:\n          data: {close: \"data['p']\", "
        "source: \"'x'\"}\n          side: {source: \"data['s']\", default_value: BUY}\n"));
    expect_clean(&l);
    const weir_connection_spec *m = &l.model->connections[0];
    ck_assert(weir_str_is(m->name, "m"));
    ck_assert_int_eq(m->frame, WEIR_FRAME_ARRAY);
    const weir_field *fields = m->converters[0].rules[0].fields;
    ck_assert_uint_eq(fields[0].field_count, 2); /* an object with a member called source */
    ck_assert(weir_str_is(fields[1].source.text, "data['s']"));
    ck_assert(fields[1].has_default);
    ck_assert_int_eq(m->reconnect.initial_ns, INT64_C(1000000000));
    unload(&l);
}
END_TEST

/* They are keys of a message, too. */
START_TEST(a_stream_may_be_called_like_a_key_of_a_message)
{
    static const char *const names[] = {"text", "bytes", "event", "topics", "json", "format"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char rest[600];
        snprintf(rest, sizeof rest,
                 "connections:\n  m:\n    url: ws://h/\n    backend: websocket\n"
                 "    streams: {%s: data}\n    subscribe:\n"
                 "      subscribe: {%s: {json: \"'a'\"}}\n"
                 "      unsubscribe: {%s: [{json: \"'b'\"}, {text: c}]}\n"
                 "    converters: {%s: [{fields: {a: 1}}]}\n",
                 names[i], names[i], names[i], names[i]);
        char text[700];
        snprintf(text, sizeof text, "weir: 1\nname: acme\n%s", rest);
        loaded l = load_text(text);
        expect_clean(&l);
        const weir_connection_spec *m = &l.model->connections[0];
        ck_assert_uint_eq(m->subscribe_count, 1);
        ck_assert(weir_str_is(m->subscribe[0].key, names[i]));
        ck_assert(weir_str_is(m->unsubscribe[0].key, names[i]));
        unload(&l);
    }
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    loaded l = load_text("weir: 2\nname: Bad Name\nconections: {}\n");
    ck_assert_uint_eq(weir_diags_errors(l.diags), 4);
    expect_diag(&l, 1, 1, "needs the key 'connections'");
    unload(&l);
}
END_TEST

START_TEST(a_misspelt_field_key_is_not_a_member)
{
    loaded l = load_text(with_head(
        "    converters:\n      data:\n        fields:\n          x: {source: 1, condtion: 2}\n"));
    expect_diag(&l, 11, 26, "did you mean 'condition'");
    unload(&l);
}
END_TEST

START_TEST(options_are_checked_by_their_rows)
{
    loaded l = load_text("weir: 1\nname: a\nconnections:\n  m:\n    url: ws://h/\n    streams: "
                         "[data]\n    backend:\n"
                         "      type: websocket\n      options: {limit: 16KiB, colour: red, names: "
                         "[a, b], pairs: {k: v}, "
                         "tls: {verify: false}}\n");
    expect_clean(&l);
    const weir_options *options = &l.model->connections[0].options;
    ck_assert_uint_eq(weir_options_get(options, "limit")->u, 16384);
    ck_assert_int_eq(weir_options_get(options, "wait")->i, INT64_C(5000000000));
    ck_assert(!weir_options_get(options, "wait")->is_set);
    ck_assert_int_eq(weir_options_get(options, "colour")->i, 0);
    ck_assert_uint_eq(weir_options_get(options, "names")->count, 2);
    ck_assert(weir_str_is(weir_options_get(options, "pairs")->pairs[0].value, "v"));
    ck_assert(!weir_options_get(options, "tls.verify")->b);
    unload(&l);

    l = load_text(
        "weir: 1\nname: a\nconnections:\n  m:\n    url: ws://h/\n    streams: [data]\n    "
        "backend:\n"
        "      type: websocket\n      options: {limit: 0, colour: blue, tls: {verfy: false}}\n");
    ck_assert_uint_eq(weir_diags_errors(l.diags), 3);
    expect_diag(&l, 9, 24, "option 'limit' must be from 1");
    unload(&l);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static loaded load_in(char *directory, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/spec.yaml", directory);
    write_file(path, text);
    loaded l = {.diags = weir_diags_new()};
    l.model = weir_spec_model_load(path, fixture_registry(), l.diags);
    weir_diags_sort(l.diags);
    return l;
}

START_TEST(extends_merges_maps_and_replaces_lists)
{
    char directory[] = "/tmp/weir-load-XXXXXX", path[256];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/_base.yaml", directory);
    write_file(path, with_head("    frame: array\nvars: {a: 1, b: 2}\ncredentials: [x, y]\n"));
    loaded l = load_in(directory,
                       "weir: 1\nname: child\nextends: _base.yaml\nvars: {b: 3}\ncredentials: [z]\n"
                       "connections: {m: {frame: auto}}\n");
    expect_clean(&l);
    ck_assert(weir_str_is(l.model->name, "child"));
    ck_assert_uint_eq(l.model->var_count, 2);
    ck_assert_int_eq(l.model->vars[1].value.i, 3);
    ck_assert_uint_eq(l.model->credential_count, 1);
    ck_assert_int_eq(l.model->connections[0].frame, WEIR_FRAME_AUTO);
    ck_assert(weir_str_is(l.model->connections[0].url.text, "ws://h/"));
    unload(&l);
}
END_TEST

START_TEST(assets_come_from_csv_json_and_lists)
{
    static const struct {
        const char *file, *text;
    } rows[] = {
        {"i.csv", "sym,token,name,lot\nAAPL,256265,\"Apple, \"\"Inc\"\"\",5\r\n\nMSFT,1,M,6\n"},
        {"i.json", "[{\"sym\":\"AAPL\",\"token\":256265,\"name\":\"Apple, \\\"Inc\\\"\",\"lot\":5},"
                   "{\"sym\":\"MSFT\",\"token\":1,\"name\":\"M\",\"lot\":6}]"},
    };
    char directory[] = "/tmp/weir-load-XXXXXX", path[256], text[2048];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, rows[i].file);
        write_file(path, rows[i].text);
        snprintf(
            text, sizeof text,
            "%sassets: {file: %s, fields: {symbol: sym, security_id: token, broker_symbol: name, "
            "lot_size: lot}}\n",
            head, rows[i].file);
        loaded l = load_in(directory, text);
        expect_clean(&l);
        ck_assert_uint_eq(weir_asset_book_count(l.model->assets), 2);
        const weir_asset *asset =
            weir_asset_find(l.model->assets, WEIR_ASSET_SECURITY_ID, WEIR_STR("256265"));
        ck_assert_ptr_nonnull(asset);
        ck_assert(weir_str_is(asset->symbol, "AAPL"));
        ck_assert(weir_str_is(asset->broker_symbol, "Apple, \"Inc\""));
        ck_assert_ptr_null(weir_asset_find(l.model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("TSLA")));
        unload(&l);
    }
}
END_TEST

START_TEST(broken_asset_files_say_which_line)
{
    char directory[] = "/tmp/weir-load-XXXXXX", path[256], text[2048];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/i.csv", directory);
    snprintf(text, sizeof text, "%sassets: {file: i.csv, fields: {symbol: sym}}\n", head);
    write_file(path, "sym,x\nA,1\nB\n");
    loaded l = load_in(directory, text);
    expect_diag(&l, 8, 16, "line 3 has 1 fields, not 2");
    unload(&l);
    write_file(path, "sym,x\nA,\"1\n");
    l = load_in(directory, text);
    expect_diag(&l, 8, 16, "line 2: a quoted field does not end");
    unload(&l);
    write_file(path, "sym,x\nA,1\nA,2\n");
    l = load_in(directory, text);
    expect_diag(&l, 8, 16, "line 3 of the asset file");
    unload(&l);
}
END_TEST

START_TEST(mappings_go_both_ways)
{
    loaded l = load_text(
        with_head("mappings:\n  s: {map: {OPEN: [new, 1], DONE: filled}, default_value: OPEN}\n"));
    expect_clean(&l);
    const weir_mapping *mapping = l.model->mappings[0];
    weir_value word = weir_value_int(1), open = weir_value_str(WEIR_STR("OPEN"));
    ck_assert(weir_str_is(weir_value_text(weir_mapping_to_standard(mapping, &word)), "OPEN"));
    ck_assert(weir_str_is(weir_value_text(weir_mapping_to_broker(mapping, &open)), "new"));
    unload(&l);
    l = load_text(with_head("mappings:\n  s: {map: {OPEN: [new], DONE: [new]}}\n"));
    expect_diag(&l, 9, 33, "'new' is already mapped");
    unload(&l);
}
END_TEST

START_TEST(yaml_constants_are_pythons)
{
    loaded l = load_text(
        with_head("    converters:\n      data:\n        fields: {a: true, b: null, c: 1.5}\n"));
    expect_clean(&l);
    const weir_field *fields = l.model->connections[0].converters[0].rules[0].fields;
    ck_assert(weir_str_is(fields[0].source.text, "True"));
    ck_assert(weir_str_is(fields[1].source.text, "None"));
    ck_assert(weir_str_is(fields[2].source.text, "1.5"));
    unload(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load");
    weir_check_case(suite, "model", a_small_spec_reads_into_its_model,
                    options_are_checked_by_their_rows, mappings_go_both_ways,
                    yaml_constants_are_pythons);
    weir_check_case(suite, "mistakes", a_stream_may_be_called_like_a_key_of_a_message,
                    all_mistakes_are_told_at_once, a_misspelt_field_key_is_not_a_member,
                    broken_asset_files_say_which_line);
    weir_check_case(suite, "files", extends_merges_maps_and_replaces_lists,
                    assets_come_from_csv_json_and_lists);
    return weir_check_run(suite);
}
