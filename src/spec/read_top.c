/* SPDX-License-Identifier: MIT */
/* The top of a spec beside its connections: credentials, vars, mappings. */
#include "spec/rows.h"

/* ------------------------------------------------------------------ credentials */

static void read_default(weir_reader *reader, weir_node *node, void *into)
{
    weir_credential_spec *credential = into;
    credential->has_default = weir_read_text(reader, node, "default", &credential->default_value);
}

static const weir_key_row credential_rows[] = {
    {.name = "env",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(weir_credential_spec, env),
     .doc = "environment variable that holds it (default: SPEC_CREDENTIAL in capitals)"},
    {.name = "file",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(weir_credential_spec, file),
     .doc = "file, beside the spec, that holds nothing but the credential"},
    {.name = "required",
     .type = WEIR_KEY_BOOL,
     .offset = offsetof(weir_credential_spec, required),
     .doc = "`true` (default): without it no connection that names it is opened"},
    {.name = "default",
     .type = WEIR_KEY_READ,
     .read = read_default,
     .shape = &weir_text_shape,
     .doc = "used when it is given nowhere else"},
};
static const weir_key_table credential_table = {"a credential", credential_rows,
                                                sizeof credential_rows / sizeof credential_rows[0]};

static const weir_shape word_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT, .pattern = WEIR_WORD_PATTERN};
static const weir_shape words_shape = {.form = WEIR_SHAPE_LIST, .of = &word_shape};
static const weir_shape settings_shape = {
    .form = WEIR_SHAPE_TABLE, .table = &credential_table, .may_be_null = true};
static const weir_shape setting_map_shape = {
    .form = WEIR_SHAPE_MAP, .of = &settings_shape, .pattern = WEIR_WORD_PATTERN};
/* `fields: [a, b]`, as older specs have it */
static const weir_shape names_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &words_shape, .other = &setting_map_shape};
static const weir_shape wrapped_shape = {
    .form = WEIR_SHAPE_MAP, .of = &names_shape, .pattern = "^fields$", .least = 1};
static const weir_shape map_or_wrapped_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &setting_map_shape, .other = &wrapped_shape};
const weir_shape weir_credentials_shape = {.form = WEIR_SHAPE_EITHER,
                                           .of = &words_shape,
                                           .other = &map_or_wrapped_shape,
                                           .words = "a list or map of names"};

static void check_name(weir_reader *reader, const weir_node *node, weir_str name)
{
    bool is_good =
        name.len > 0 && !(name.ptr[0] >= '0' && name.ptr[0] <= '9') && name.ptr[0] != '_';
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        is_good = is_good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_');
    }
    if (!is_good)
        weir_diag_error(
            reader->diags, node->place,
            "'%.*s' cannot be named in an expression: use letters, digits and '_', a letter first",
            WEIR_FMT(name));
}

/* `fields: [a, b]`, a list, or a map of names to their settings. */
void weir_read_credentials(weir_reader *reader, weir_node *node, void *model)
{
    weir_spec_model *spec = model;
    if (node->kind == WEIR_NODE_MAP && node->count == 1 && weir_node_get(node, "fields"))
        node = weir_node_get(node, "fields");
    if (node->kind == WEIR_NODE_SCALAR) {
        weir_read_mismatch(reader, node, "fields", weir_credentials_shape.words);
        return;
    }
    weir_credential_spec *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++) {
        const bool is_list = node->kind == WEIR_NODE_LIST;
        list[i].node = is_list ? node->items[i] : node->pairs[i].key;
        list[i].required = true;
        if (!weir_read_text(reader, list[i].node, "credentials", &list[i].name))
            continue;
        check_name(reader, list[i].node, list[i].name);
        for (size_t k = 0; k < i; k++) {
            if (weir_str_eq(list[i].name, list[k].name))
                weir_diag_error(reader->diags, list[i].node->place,
                                "credential '%.*s' is named twice", WEIR_FMT(list[i].name));
        }
        weir_node *settings = is_list ? NULL : node->pairs[i].value;
        if (settings && !(settings->kind == WEIR_NODE_SCALAR && settings->type == WEIR_SCALAR_NULL))
            weir_read_map(reader, settings, &credential_table, &list[i]);
    }
    spec->credentials = list;
    spec->credential_count = node->count;
}

/* ------------------------------------------------------------------ vars */

const weir_shape weir_vars_shape = {.form = WEIR_SHAPE_MAP,
                                    .of = &weir_any_shape,
                                    .pattern = WEIR_WORD_PATTERN,
                                    .words = "a map of names to values"};

void weir_read_vars(weir_reader *reader, weir_node *node, void *model)
{
    weir_spec_model *spec = model;
    weir_var_spec *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++) {
        list[i].name = node->pairs[i].key->text;
        check_name(reader, node->pairs[i].key, list[i].name);
        weir_read_value(reader, node->pairs[i].value, &list[i].value);
    }
    spec->vars = list;
    spec->var_count = node->count;
}

/* ------------------------------------------------------------------ mappings */

typedef struct mapping_parts {
    weir_node *map;
    weir_value fallback;
} mapping_parts;

static void keep_map(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((mapping_parts *)into)->map = node;
}

static void read_fallback(weir_reader *reader, weir_node *node, void *into)
{
    weir_read_value(reader, node, &((mapping_parts *)into)->fallback);
}

static const weir_shape word_list_shape = {.form = WEIR_SHAPE_LIST, .of = &weir_scalar_shape};
static const weir_shape word_or_list_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_scalar_shape, .other = &word_list_shape};
static const weir_shape word_map_shape = {.form = WEIR_SHAPE_MAP,
                                          .of = &word_or_list_shape,
                                          .words = "a map of standard words to the venue's words"};

static const weir_key_row mapping_rows[] = {
    {.name = "map",
     .type = WEIR_KEY_READ,
     .read = keep_map,
     .shape = &word_map_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "standard word: the venue's word, or a list of them"},
    {.name = "default_value",
     .type = WEIR_KEY_READ,
     .read = read_fallback,
     .shape = &weir_any_shape,
     .doc = "for words that are not in the map; without it such a word is an error of its record"},
};
static const weir_key_table mapping_table = {"a mapping", mapping_rows, 2};

static const weir_shape mapping_shape = {.form = WEIR_SHAPE_TABLE, .table = &mapping_table};
const weir_shape weir_mappings_shape = {.form = WEIR_SHAPE_MAP,
                                        .of = &mapping_shape,
                                        .pattern = WEIR_WORD_PATTERN,
                                        .words = "a map of names to mappings"};

static void add_pair(weir_reader *reader, weir_mapping *mapping, const weir_value *standard,
                     const weir_node *word)
{
    weir_value broker;
    if (word->kind != WEIR_NODE_SCALAR) {
        weir_read_mismatch(reader, word, "map", "a word of the venue");
        return;
    }
    if (weir_read_value(reader, word, &broker) && !weir_mapping_add(mapping, *standard, broker))
        weir_diag_error(reader->diags, word->place, "'%.*s' is already mapped in this mapping",
                        WEIR_FMT(word->text));
}

static const weir_mapping *read_mapping(weir_reader *reader, const weir_pair *pair)
{
    mapping_parts parts = {0};
    check_name(reader, pair->key, pair->key->text);
    weir_read_map(reader, pair->value, &mapping_table, &parts);
    weir_mapping *mapping = weir_mapping_new(reader->arena, pair->key->text, parts.fallback);
    for (size_t i = 0; mapping && parts.map && i < parts.map->count; i++) {
        weir_value standard;
        const weir_node *words = parts.map->pairs[i].value;
        if (!weir_read_value(reader, parts.map->pairs[i].key, &standard))
            continue;
        if (words->kind != WEIR_NODE_LIST)
            add_pair(reader, mapping, &standard, words);
        for (size_t k = 0; words->kind == WEIR_NODE_LIST && k < words->count; k++)
            add_pair(reader, mapping, &standard, words->items[k]);
    }
    return mapping;
}

void weir_read_mappings(weir_reader *reader, weir_node *node, void *model)
{
    weir_spec_model *spec = model;
    const weir_mapping **list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++) {
        list[spec->mapping_count] = read_mapping(reader, &node->pairs[i]);
        spec->mapping_count += list[spec->mapping_count] != NULL;
    }
    spec->mappings = list;
}
