/* SPDX-License-Identifier: MIT */
/*
 * A connection depends on its own keys, and on what it mentions of the spec's: vars, mappings,
 * credentials; on the master data, in which its symbols are looked up; on the plugins; and on the
 * name of the spec, after which the variables of credentials are called. Trees are compared, as
 * they are after `extends` and merge keys: what is laid out or quoted differently, moved to a file
 * that is extended, or only commented is the same.
 *
 * It is told too often rather than too seldom. A name counts as mentioned when it stands anywhere
 * in the keys of the connection, and with plugins, which may read anything, every name does. The
 * order of keys counts but at the top of a connection: the order of fields is the order of output.
 * Files that were read are compared by a seeded hash of 64 bits.
 */
#include "spec/part.h"

#include <ctype.h>

typedef struct sides {
    const weir_spec_model *models[2];
    const weir_connection_spec *connections[2];
    const weir_node *nodes[2]; /* the maps of the connection's keys */
    weir_buf *what;            /* NULL: nobody wants to know */
    bool differs;
} sides;

static void note(sides *s, const char *prefix, weir_str name)
{
    s->differs = true;
    if (s->what)
        weir_buf_printf(s->what, "%s%s%.*s", s->what->len > 0 ? ", " : "", prefix, WEIR_FMT(name));
}

/* Not as weir_node_equal, to which a text in quotes is another than one without. NULL is the same
 * as NULL. How many nodes there are with all aliases followed is bounded by the parser. */
static bool is_same(const weir_node *a, const weir_node *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == WEIR_NODE_SCALAR)
        return a->type == b->type && weir_str_eq(a->text, b->text);
    const bool is_map = a->kind == WEIR_NODE_MAP;
    bool is_equal = true;
    for (size_t i = 0; i < a->count && is_equal; i++) {
        is_equal = is_map ? weir_str_eq(a->pairs[i].key->text, b->pairs[i].key->text) &&
                                is_same(a->pairs[i].value, b->pairs[i].value)
                          : is_same(a->items[i], b->items[i]);
    }
    return is_equal;
}

/* ------------------------------------------------------------------ mentioning */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(weir_str text, weir_str word)
{
    for (size_t at = 0; at + word.len <= text.len; at++) {
        if (memcmp(text.ptr + at, word.ptr, word.len) == 0 &&
            (at == 0 || !is_word_byte(text.ptr[at - 1])) &&
            (at + word.len == text.len || !is_word_byte(text.ptr[at + word.len])))
            return true;
    }
    return false;
}

static bool mentions(const weir_node *node, weir_str word)
{
    bool is_found = node && node->kind == WEIR_NODE_SCALAR && has_word(node->text, word);
    for (size_t i = 0; node && node->kind != WEIR_NODE_SCALAR && i < node->count && !is_found; i++)
        is_found = node->kind == WEIR_NODE_LIST ? mentions(node->items[i], word)
                                                : has_word(node->pairs[i].key->text, word) ||
                                                      mentions(node->pairs[i].value, word);
    return is_found;
}

/* Both sides are asked: one of them may mention what the other has dropped. */
static bool is_used(const sides *s, weir_str name)
{
    bool is_used = false;
    for (size_t i = 0; i < 2; i++)
        is_used =
            is_used || weir_node_get(s->models[i]->root, "plugins") || mentions(s->nodes[i], name);
    return is_used;
}

/* ------------------------------------------------------------------ what stands at the top */

static bool equal_values(const weir_value *a, const weir_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case WEIR_STR: return weir_str_eq(weir_value_text(a), weir_value_text(b));
    case WEIR_FLOAT: return a->f == b->f;
    default: return a->i == b->i;
    }
}

/* Things of the spec that have names, on both sides. */
typedef struct named {
    const char *prefix;
    size_t counts[2];
    weir_str (*name_at)(const sides *s, size_t side, size_t i);
    bool (*is_equal)(const sides *s, size_t own, size_t others); /* by their places */
} named;

/* What only the other side has is found when it is its turn. */
static void compare_named(sides *s, const named *list)
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < list->counts[side]; i++) {
            const weir_str name = list->name_at(s, side, i);
            size_t k = 0;
            while (k < list->counts[1 - side] && !weir_str_eq(list->name_at(s, 1 - side, k), name))
                k++;
            const bool is_in_both = k < list->counts[1 - side];
            const bool differs = !is_in_both || (side == 0 && !list->is_equal(s, i, k));
            if (differs && is_used(s, name))
                note(s, list->prefix, name);
        }
    }
}

static weir_str var_name(const sides *s, size_t side, size_t i)
{
    return s->models[side]->vars[i].name;
}

/* Of the values, which may have been set from outside. */
static bool equal_vars(const sides *s, size_t own, size_t others)
{
    return equal_values(&s->models[0]->vars[own].value, &s->models[1]->vars[others].value);
}

static void compare_vars(sides *s)
{
    compare_named(s, &(named){.prefix = "vars.",
                              .counts = {s->models[0]->var_count, s->models[1]->var_count},
                              .name_at = var_name,
                              .is_equal = equal_vars});
}

static weir_str credential_name(const sides *s, size_t side, size_t i)
{
    return s->models[side]->credentials[i].name;
}

static bool equal_credentials(const sides *s, size_t own, size_t others)
{
    const weir_credential_spec *a = &s->models[0]->credentials[own];
    const weir_credential_spec *b = &s->models[1]->credentials[others];
    return weir_str_eq(a->env, b->env) && weir_str_eq(a->file, b->file) &&
           a->required == b->required && a->has_default == b->has_default &&
           weir_str_eq(a->default_value, b->default_value);
}

static void compare_credentials(sides *s)
{
    compare_named(
        s, &(named){.prefix = "credentials.",
                    .counts = {s->models[0]->credential_count, s->models[1]->credential_count},
                    .name_at = credential_name,
                    .is_equal = equal_credentials});
}

static const weir_node *value_of(const weir_node *map, weir_str key)
{
    const weir_pair *pair = map && map->kind == WEIR_NODE_MAP ? weir_node_pair(map, key) : NULL;
    return pair ? pair->value : NULL;
}

static const weir_node *mappings_of(const sides *s, size_t side)
{
    return weir_node_get(s->models[side]->root, "mappings");
}

static weir_str mapping_name(const sides *s, size_t side, size_t i)
{
    return mappings_of(s, side)->pairs[i].key->text;
}

static bool equal_mappings(const sides *s, size_t own, size_t others)
{
    return is_same(mappings_of(s, 0)->pairs[own].value, mappings_of(s, 1)->pairs[others].value);
}

static void compare_mappings(sides *s)
{
    const weir_node *maps[] = {mappings_of(s, 0), mappings_of(s, 1)};
    compare_named(s,
                  &(named){.prefix = "mappings.",
                           .counts = {maps[0] ? maps[0]->count : 0, maps[1] ? maps[1]->count : 0},
                           .name_at = mapping_name,
                           .is_equal = equal_mappings});
}

static bool shares(const weir_spec_model *model, const weir_spec_model *other, const char *key)
{
    return is_same(weir_node_get(model->root, key), weir_node_get(other->root, key));
}

bool weir_part_shares_assets(const weir_spec_model *model, const weir_spec_model *other)
{
    return model->assets_print == other->assets_print && shares(model, other, "assets");
}

static void compare_top(sides *s)
{
    const weir_spec_model *a = s->models[0], *b = s->models[1];
    if (!weir_str_eq(a->name, b->name))
        note(s, "", WEIR_STR("name"));
    if (!shares(a, b, "plugins"))
        note(s, "", WEIR_STR("plugins"));
    if (!weir_part_shares_assets(a, b))
        note(s, "", WEIR_STR("assets"));
    compare_vars(s);
    compare_mappings(s);
    compare_credentials(s);
}

/* ------------------------------------------------------------------ its own keys */

/* Of the descriptor of its messages only the content counts. */
static bool equal_keys(const sides *s, weir_str key)
{
    return is_same(value_of(s->nodes[0], key), value_of(s->nodes[1], key)) &&
           (!weir_str_is(key, "parser") ||
            s->connections[0]->protobuf_print == s->connections[1]->protobuf_print);
}

static void compare_keys(sides *s)
{
    for (size_t side = 0; side < 2; side++) {
        const weir_node *map = s->nodes[side];
        for (size_t i = 0; map && i < map->count; i++) {
            const weir_str key = map->pairs[i].key->text;
            const bool is_told = side == 1 && value_of(s->nodes[0], key);
            if (!is_told && !equal_keys(s, key))
                note(s, "", key);
        }
    }
}

bool weir_part_differs(const weir_spec_model *model, size_t index, const weir_spec_model *other,
                       size_t other_index, weir_buf *what)
{
    sides s = {.models = {model, other},
               .connections = {&model->connections[index], &other->connections[other_index]},
               .what = what};
    for (size_t side = 0; side < 2; side++)
        s.nodes[side] =
            value_of(weir_node_get(s.models[side]->root, "connections"), s.connections[side]->name);
    compare_keys(&s);
    compare_top(&s);
    return s.differs;
}

bool weir_part_shares_sink(const weir_spec_model *model, size_t index, const weir_spec_model *other,
                           size_t other_index)
{
    const weir_node *list = weir_node_get(model->root, "sinks");
    const weir_node *others = weir_node_get(other->root, "sinks");
    if (!list || !others || index >= list->count || other_index >= others->count)
        return false;
    sides s = {.models = {model, other}, .nodes = {list->items[index], others->items[other_index]}};
    compare_vars(&s);
    compare_credentials(&s);
    return !s.differs && shares(model, other, "plugins") && is_same(s.nodes[0], s.nodes[1]);
}
