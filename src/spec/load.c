/* SPDX-License-Identifier: MIT */
/*
 * Loading a spec: read the file, follow `extends` (deep merge, lists replace), read the tree by the
 * tables, in one arena. Mistakes never stop the load; the caller looks at the diagnostics when
 * everything was seen.
 */
#include <ctype.h>

#include "spec/rows.h"
#include "util/file.h"

enum { SPEC_ARENA_FIRST = 64 * 1024, EXTENDS_MAX = 8 };

static void read_version(weir_reader *reader, weir_node *node, void *into)
{
    (void)into;
    if (node->kind != WEIR_NODE_SCALAR || node->type != WEIR_SCALAR_INT)
        weir_read_mismatch(reader, node, "weir", "the version of the language, 1");
    else if (!weir_str_is(node->text, "1"))
        weir_diag_error(reader->diags, node->place,
                        "version %.*s of the spec language is unknown; there is 1",
                        WEIR_FMT(node->text));
}

static void read_checked(weir_reader *reader, weir_node *node, void *into)
{
    weir_str text;
    if (!weir_read_text(reader, node, "checked", &text))
        return;
    bool is_date = text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-';
    for (size_t i = 0; is_date && i < text.len; i++)
        is_date = i == 4 || i == 7 || (text.ptr[i] >= '0' && text.ptr[i] <= '9');
    if (!is_date)
        weir_diag_error(reader->diags, node->place, "'checked' is a date, such as 2026-11-20");
    ((weir_spec_model *)into)->checked = text;
}

static void skip_extends(weir_reader *reader, weir_node *node, void *into)
{
    (void)into;
    weir_str text;
    weir_read_text(reader, node, "extends", &text); /* already followed, see merged_tree */
}

/* Read last: tests name connections and streams, wherever they stand. */
static void keep_tests(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((weir_spec_model *)into)->tests_node = node;
}

static const weir_shape version_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT, .least = 1, .most = 1};
static const weir_shape date_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT, .pattern = "^\\d{4}-\\d{2}-\\d{2}$"};

static const weir_key_row spec_rows[] = {
    {.name = "weir",
     .type = WEIR_KEY_READ,
     .read = read_version,
     .shape = &version_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "version of the language: 1"},
    {.name = "name",
     .type = WEIR_KEY_NAME,
     .offset = offsetof(weir_spec_model, name),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "short name, of small letters, digits, `_` and `-`; the variables of credentials begin "
            "with it"},
    {.name = "title",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(weir_spec_model, title),
     .doc = "name of the venue, for people"},
    {.name = "docs",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(weir_spec_model, docs),
     .doc = "where the facts came from"},
    {.name = "checked",
     .type = WEIR_KEY_READ,
     .read = read_checked,
     .shape = &date_shape,
     .doc = "when they were last compared with the venue's documentation"},
    {.name = "extends",
     .type = WEIR_KEY_READ,
     .read = skip_extends,
     .shape = &weir_text_shape,
     .doc = "another spec, beside this one, over which this one is merged: maps merge, all else "
            "replaces"},
    {.name = "credentials",
     .type = WEIR_KEY_READ,
     .read = weir_read_credentials,
     .shape = &weir_credentials_shape,
     .doc = "names of what is secret, with their sources"},
    {.name = "vars",
     .type = WEIR_KEY_READ,
     .read = weir_read_vars,
     .shape = &weir_vars_shape,
     .doc = "values that may be set from outside, with their defaults"},
    {.name = "mappings",
     .type = WEIR_KEY_READ,
     .read = weir_read_mappings,
     .shape = &weir_mappings_shape,
     .doc = "tables between the venue's words and the standard ones"},
    {.name = "assets",
     .type = WEIR_KEY_READ,
     .read = weir_read_assets,
     .shape = &weir_assets_shape,
     .doc = "master data; without it an asset is made when its symbol is first seen"},
    {.name = "connections",
     .type = WEIR_KEY_READ,
     .read = weir_read_connections,
     .shape = &weir_connections_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the connections to the venue, by name"},
    {.name = "plugins",
     .type = WEIR_KEY_READ,
     .read = weir_read_plugins_again,
     .shape = &weir_plugins_shape,
     .doc = "shared objects whose functions the spec uses: looked for beside the spec, then in "
            "`WEIR_PLUGIN_PATH`, then where Weir is installed"},
    {.name = "sinks",
     .type = WEIR_KEY_READ,
     .read = weir_keep_sinks,
     .shape = &weir_sinks_shape,
     .doc = "where records go besides the program's consumers: sinks of plugins"},
    {.name = "tests",
     .type = WEIR_KEY_READ,
     .read = keep_tests,
     .shape = &weir_tests_shape,
     .doc = "what frames become and what is sent, for `weir test`"},
};
const weir_key_table weir_spec_table = {"a spec", spec_rows,
                                        sizeof spec_rows / sizeof spec_rows[0]};

/* ------------------------------------------------------------------ extends */

typedef struct chain {
    const struct chain *below;
    weir_str path;
} chain;

static weir_node *merged_tree(weir_reader *reader, const chain *link, weir_str text,
                              unsigned depth);

static weir_node *base_tree(weir_reader *reader, const chain *link, const weir_node *extends,
                            unsigned depth)
{
    weir_buf path = {0}, content = {0};
    weir_error error = {0};
    weir_node *base = NULL;
    weir_path_join(weir_path_dirname(link->path), extends->text, &path);
    const weir_str copy = weir_arena_copy(reader->arena, weir_buf_str(&path));
    bool is_cycle = false;
    for (const chain *at = link; at; at = at->below)
        is_cycle = is_cycle || weir_str_eq(at->path, copy);
    if (!copy.ptr) {
        weir_diag_error(reader->diags, extends->place, "out of memory");
    } else if (is_cycle) {
        weir_diag_error(reader->diags, extends->place, "'%.*s' extends itself",
                        WEIR_FMT(extends->text));
    } else if (depth == EXTENDS_MAX) {
        weir_diag_error(reader->diags, extends->place, "'extends' goes deeper than %d files",
                        EXTENDS_MAX);
    } else if (weir_file_read(copy.ptr, WEIR_YAML_BYTES_MAX + 1, &content, &error) != WEIR_OK) {
        weir_diag_error(reader->diags, extends->place, "%s", error.text);
    } else {
        const chain next = {link, copy};
        base = merged_tree(reader, &next, weir_buf_str(&content), depth + 1);
    }
    weir_buf_fini(&path);
    weir_buf_fini(&content);
    return base;
}

static weir_node *merged_tree(weir_reader *reader, const chain *link, weir_str text, unsigned depth)
{
    const weir_source *source = weir_diags_add_source(reader->diags, link->path, text);
    weir_node *tree = source ? weir_yaml_parse(reader->arena, source, reader->diags) : NULL;
    if (!tree)
        return NULL;
    if (tree->kind != WEIR_NODE_MAP) {
        weir_diag_error(reader->diags, tree->place, "a spec is a map, not %s",
                        weir_node_describe(tree));
        return NULL;
    }
    const weir_node *extends = weir_node_get(tree, "extends");
    if (!extends || extends->kind != WEIR_NODE_SCALAR || extends->type == WEIR_SCALAR_NULL)
        return tree;
    weir_node *base = base_tree(reader, link, extends, depth);
    return base ? weir_node_merge(reader->arena, base, tree) : NULL;
}

/* ------------------------------------------------------------------ load */

/* ACME_API_KEY for the credential api_key of the spec acme, unless the spec names the variable. */
static void name_variables(weir_spec_model *model)
{
    for (size_t i = 0; i < model->credential_count; i++) {
        weir_credential_spec *credential = (weir_credential_spec *)&model->credentials[i];
        if (credential->env.len > 0)
            continue;
        credential->env = weir_arena_printf(model->arena, "%.*s_%.*s", WEIR_FMT(model->name),
                                            WEIR_FMT(credential->name));
        for (size_t k = 0; k < credential->env.len; k++) {
            char *c = (char *)credential->env.ptr + k;
            *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
        }
    }
}

/* The file that the tests stand in is kept: its diagnostics are gone when `weir test --update`
 * wants to edit it. */
static bool keep_source(weir_spec_model *model, const weir_node *tree)
{
    const weir_node *node = model->tests_node ? model->tests_node : tree;
    const weir_source *source = node->place.source;
    model->root = tree;
    model->tests_source.name = weir_arena_copy(model->arena, source->name);
    model->tests_source.text = weir_arena_copy(model->arena, source->text);
    return model->tests_source.name.ptr && model->tests_source.text.ptr;
}

/* `list` with the elements of `more` behind its own. */
static weir_node *joined(weir_arena *arena, weir_node *list, weir_node *more)
{
    weir_node *all = WEIR_ARENA_NEW(arena, weir_node);
    weir_node **items = WEIR_ARENA_ARRAY(arena, weir_node *, list->count + more->count + 1);
    if (!all || !items)
        return NULL;
    *all = *list;
    all->items = items;
    all->count = list->count + more->count;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    if (more->count > 0)
        memcpy(items + list->count, more->items, more->count * sizeof *items);
    return all;
}

/* A list of `over` takes the place of the tree's, with the tree's elements in front. */
static void add_list(weir_arena *arena, weir_node *tree, weir_node *over, const char *key)
{
    weir_node *own = weir_node_get(tree, key);
    for (size_t i = 0; own && own->kind == WEIR_NODE_LIST && i < over->count; i++) {
        weir_pair *pair = &over->pairs[i];
        weir_node *all = weir_str_is(pair->key->text, key) && pair->value->kind == WEIR_NODE_LIST
                             ? joined(arena, own, pair->value)
                             : NULL;
        pair->value = all ? all : pair->value;
    }
}

/* What somebody adds from outside: no file, but with places of its own for its mistakes. */
static weir_node *with_more(weir_reader *reader, weir_node *tree, weir_str more)
{
    if (more.len == 0)
        return tree;
    const weir_source *source =
        weir_diags_add_source(reader->diags, WEIR_STR("(added to the spec)"), more);
    weir_node *over = source ? weir_yaml_parse(reader->arena, source, reader->diags) : NULL;
    if (!over || over->kind != WEIR_NODE_MAP)
        return tree;
    add_list(reader->arena, tree, over, "plugins");
    add_list(reader->arena, tree, over, "sinks");
    weir_node *merged = weir_node_merge(reader->arena, tree, over);
    return merged ? merged : tree;
}

static weir_spec_model *parse(const char *path, weir_str text, weir_str more,
                              const weir_spec_registry *registry, weir_diags *diags)
{
    weir_arena *arena = weir_arena_new(SPEC_ARENA_FIRST, 0);
    weir_spec_model *model = arena ? WEIR_ARENA_NEW(arena, weir_spec_model) : NULL;
    if (!model) {
        weir_arena_free(arena);
        return NULL;
    }
    model->arena = arena;
    model->path = weir_arena_copy(arena, weir_str_of(path));
    model->directory = weir_arena_copy(arena, weir_path_dirname(model->path));
    weir_reader reader = {.arena = arena, .diags = diags, .registry = registry, .model = model};
    const chain link = {NULL, model->path};
    weir_node *tree = model->directory.ptr ? merged_tree(&reader, &link, text, 1) : NULL;
    if (!tree) {
        weir_spec_model_free(model);
        return NULL;
    }
    tree = with_more(&reader, tree, more);
    model->extensions = registry ? registry->extensions : NULL;
    weir_read_plugins(&reader, tree);
    weir_read_map(&reader, tree, &weir_spec_table, model);
    weir_read_sinks(&reader);
    weir_read_tests(&reader);
    name_variables(model);
    if (!model->assets)
        model->assets = weir_asset_book_new(true);
    if (!keep_source(model, tree) || !model->assets || weir_arena_failed(arena)) {
        weir_diag_error(diags, ((weir_place){0}), "out of memory while loading %s", path);
        weir_spec_model_free(model);
        return NULL;
    }
    return model;
}

weir_spec_model *weir_spec_model_parse(const char *path, weir_str text,
                                       const weir_spec_registry *registry, weir_diags *diags)
{
    return parse(path, text, (weir_str){0}, registry, diags);
}

weir_spec_model *weir_spec_model_load(const char *path, const weir_spec_registry *registry,
                                      weir_diags *diags)
{
    return weir_spec_model_load_with(path, (weir_str){0}, registry, diags);
}

weir_spec_model *weir_spec_model_load_with(const char *path, weir_str more,
                                           const weir_spec_registry *registry, weir_diags *diags)
{
    weir_buf content = {0};
    weir_error error = {0};
    weir_spec_model *model = NULL;
    if (weir_file_read(path, WEIR_YAML_BYTES_MAX + 1, &content, &error) != WEIR_OK)
        weir_diag_error(diags, ((weir_place){0}), "%s", error.text);
    else
        model = parse(path, weir_buf_str(&content), more, registry, diags);
    weir_buf_fini(&content);
    return model;
}

void weir_spec_model_free(weir_spec_model *model)
{
    if (!model)
        return;
    weir_asset_book_free(model->assets);
    weir_arena_free(model->arena);
}
