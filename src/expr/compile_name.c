/* SPDX-License-Identifier: MIT */
/*
 * Names. They are looked up in this order: the names of comprehensions and lambdas around the
 * place, the values that the scope gives, the framework's namespaces (credentials, vars, session,
 * mappings, broker, connection), functions and types. What is found in none gets the nearest
 * candidate, or the words that people bring along from other languages and Python's modules.
 */
#include <stdio.h>

#include "expr/compile.h"
#include "expr/extension.h"
#include "util/diag.h"

/* ------------------------------------------------------------------ what there is */

typedef struct root_row {
    const char *name;
    uint8_t root;
    uint8_t kind;
    uint8_t elements;
    const char *doc;
} root_row;

static const root_row ROOTS[] = {
    {"data", WEIR_ROOT_DATA, WEIR_KIND_COUNT, WEIR_KIND_COUNT,
     "the message, or the record that was taken out of it"},
    {"item", WEIR_ROOT_ITEM, WEIR_KIND_COUNT, WEIR_KIND_COUNT,
     "the element, in a converter rule with `each`"},
    {"value", WEIR_ROOT_VALUE, WEIR_KIND_COUNT, WEIR_KIND_COUNT,
     "what `source` gave, in `transform` and `condition` of a field"},
    {"asset", WEIR_ROOT_ASSET, WEIR_ASSET, WEIR_KIND_COUNT,
     "the asset, in a text template that is sent once for each"},
    {"a", WEIR_ROOT_ASSET, WEIR_ASSET, WEIR_KIND_COUNT, "another name of `asset`"},
    {"subscribe_assets", WEIR_ROOT_SUBSCRIBE_ASSETS, WEIR_LIST, WEIR_ASSET,
     "the assets to subscribe or unsubscribe"},
    {"assets", WEIR_ROOT_SUBSCRIBE_ASSETS, WEIR_LIST, WEIR_ASSET,
     "another name of `subscribe_assets`"},
    {"received", WEIR_ROOT_RECEIVED, WEIR_TIMESTAMP, WEIR_KIND_COUNT,
     "the time at which the frame was read, a Timestamp in UTC"},
    {"topic", WEIR_ROOT_TOPIC, WEIR_STR, WEIR_STR, "the name that came with the frame"},
    {"stream", WEIR_ROOT_STREAM, WEIR_STR, WEIR_STR,
     "the name of the stream that a message is sent for"},
    {"request", WEIR_ROOT_REQUEST, WEIR_INT, WEIR_INT,
     "the number of the subscribe message, for `subscribe.ack.key`"},
    {NULL, 0, 0, 0, NULL},
};

/* A namespace whose members are the spec's own; the accessors give what is declared. */
typedef struct space_row {
    const char *name;
    uint8_t op;
    const char *what; /* of a member, in messages */
    size_t (*count)(const weir_expr_names *names);
    weir_str (*at)(const void *names, size_t index);
    const char *doc;
} space_row;

static size_t credential_count(const weir_expr_names *names)
{
    return names->credential_count;
}

static weir_str credential_at(const void *names, size_t index)
{
    return ((const weir_expr_names *)names)->credentials[index];
}

static size_t var_count(const weir_expr_names *names)
{
    return names->var_count;
}

static weir_str var_at(const void *names, size_t index)
{
    return ((const weir_expr_names *)names)->vars[index];
}

static size_t session_count(const weir_expr_names *names)
{
    return names->session_count;
}

static weir_str session_at(const void *names, size_t index)
{
    return ((const weir_expr_names *)names)->session[index];
}

static size_t mapping_count(const weir_expr_names *names)
{
    return names->mapping_count;
}

static weir_str mapping_at(const void *names, size_t index)
{
    return weir_mapping_name(((const weir_expr_names *)names)->mappings[index]);
}

static const space_row SPACES[] = {
    {"credentials", WEIR_OP_CREDENTIAL, "credential", credential_count, credential_at,
     "the credentials of the spec, as texts: `credentials.api_key`"},
    {"vars", WEIR_OP_VAR, "variable", var_count, var_at, "the variables of the spec: `vars.depth`"},
    {"session", WEIR_OP_SESSION, "session value", session_count, session_at,
     "values learnt while running"},
    {"mappings", WEIR_OP_MOVE, "mapping", mapping_count, mapping_at,
     "the mappings of the spec: `mappings.side.to_standard(x)`"},
    {NULL, 0, NULL, NULL, NULL, NULL},
};

bool weir_name_row(size_t index, const char **name, const char **doc)
{
    const size_t roots = sizeof(ROOTS) / sizeof(ROOTS[0]) - 1;
    const size_t spaces = sizeof(SPACES) / sizeof(SPACES[0]) - 1;
    if (index >= roots + spaces)
        return false;
    *name = index < roots ? ROOTS[index].name : SPACES[index - roots].name;
    *doc = index < roots ? ROOTS[index].doc : SPACES[index - roots].doc;
    return true;
}

/* Words from elsewhere, with what to write here. */
typedef struct foreign_row {
    const char *word;
    const char *here;
} foreign_row;

static const foreign_row FOREIGN[] = {
    {"null", "None"},
    {"nil", "None"},
    {"undefined", "None"},
    {"none", "None"},
    {"true", "True"},
    {"false", "False"},
    {"AND", "and"},
    {"OR", "or"},
    {"NOT", "not"},
    {"json.dumps", "json_dumps(...)"},
    {"json.loads", "json_loads(...)"},
    {"re.match", "re_match(...)"},
    {"re.search", "re_search(...)"},
    {"re.sub", "re_sub(...)"},
    {"time.time", "now_s()"},
    {"time.time_ns", "now_ns()"},
    {"datetime.now", "pd.Timestamp.now(...)"},
    {"datetime.utcnow", "pd.Timestamp.now(...)"},
    {"datetime.strptime", "strptime(...)"},
    {"datetime.fromtimestamp", "pd.Timestamp(x, unit='s')"},
    {"pd.to_datetime", "pd.Timestamp(...)"},
    {"decimal.Decimal", "Decimal(...)"},
    {"base64.b64encode", "b64encode(...)"},
    {"base64.b64decode", "b64decode(...)"},
    {"struct.unpack", "unpack(...)"},
    {"uuid.uuid4", "uuid4()"},
    {"this", "data"},
    {"msg", "data"},
    {"message", "data"},
    {NULL, NULL},
};

static const foreign_row *find_foreign(weir_str name)
{
    for (const foreign_row *row = FOREIGN; row->word; row++)
        if (weir_str_is(name, row->word))
            return row;
    return NULL;
}

const weir_local *weir_local_find(const weir_compiler *c, weir_str name)
{
    for (size_t i = c->local_count; i-- > 0;)
        if (weir_str_eq(c->locals[i].name, name))
            return &c->locals[i];
    return NULL;
}

static const root_row *find_root(weir_str name)
{
    for (const root_row *row = ROOTS; row->name; row++)
        if (weir_str_is(name, row->name))
            return row;
    return NULL;
}

bool weir_root_find(const weir_compiler *c, weir_str name, weir_root *root)
{
    const root_row *row = find_root(name);
    if (!row || !(c->scope->roots & WEIR_ROOT_BIT(row->root)))
        return false;
    *root = (weir_root)row->root;
    return true;
}

static const space_row *find_space(weir_str name)
{
    for (const space_row *row = SPACES; row->name; row++)
        if (weir_str_is(name, row->name))
            return row;
    return NULL;
}

/* ------------------------------------------------------------------ what there is not */

bool weir_refused_name(weir_compiler *c, size_t offset, weir_str name)
{
    if (name.len == 0 || name.ptr[0] != '_')
        return false;
    weir_mistake(c->mistakes, offset, name.len, "names that start with '_' cannot be used: '%.*s'",
                 WEIR_FMT(name));
    return true;
}

/* All plain names that could have been meant: locals, then roots in scope, then namespaces. */
static weir_str candidate_at(const void *user, size_t index)
{
    const weir_compiler *c = user;
    if (index < c->local_count)
        return c->locals[index].name;
    index -= c->local_count;
    if (index < c->scope->word_count)
        return c->scope->words[index];
    index -= c->scope->word_count;
    for (const root_row *row = ROOTS; row->name; row++)
        if ((c->scope->roots & WEIR_ROOT_BIT(row->root)) && index-- == 0)
            return weir_str_of(row->name);
    for (const space_row *row = SPACES; row->name; row++)
        if (c->scope->names && index-- == 0)
            return weir_str_of(row->name);
    return (weir_str){0};
}

static size_t candidate_count(const weir_compiler *c)
{
    size_t count = c->local_count + c->scope->word_count;
    for (const root_row *row = ROOTS; row->name; row++)
        count += (c->scope->roots & WEIR_ROOT_BIT(row->root)) != 0;
    for (const space_row *row = SPACES; row->name; row++)
        count += c->scope->names != NULL;
    return count;
}

static weir_str nearest(const weir_compiler *c, weir_str name)
{
    weir_str found = weir_did_you_mean(name, candidate_count(c), candidate_at, c);
    if (!found.len)
        found = weir_fn_suggest(name);
    return found.len || !c->scope->names ? found
                                         : weir_extension_suggest(c->scope->names->extensions,
                                                                  WEIR_EXTENSION_EXPRESSION, name);
}

const weir_fn_row *weir_function_find(const weir_compiler *c, weir_str name)
{
    const weir_fn_row *row = weir_fn_find(name);
    if (row || !c->scope->names)
        return row;
    const weir_extension *found =
        weir_extension_find(c->scope->names->extensions, WEIR_EXTENSION_EXPRESSION, name);
    return found ? &found->row : NULL;
}

static weir_str trimmed(weir_str text)
{
    while (text.len && strchr(" \t\r\n", text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    return text;
}

void weir_unknown_name(weir_compiler *c, const weir_node *node, weir_str name)
{
    char hint[160] = "";
    const foreign_row *foreign = find_foreign(name);
    weir_str like = foreign ? weir_str_of(foreign->here) : nearest(c, name);
    if (foreign)
        snprintf(hint, sizeof hint, "; here it is %s", foreign->here);
    else if (like.len && like.len < 60)
        snprintf(hint, sizeof hint, "; did you mean '%.*s'?", WEIR_FMT(like));
    if (weir_str_eq(trimmed(c->source), name))
        weir_compiler_mistake(c, node,
                              "unknown name '%.*s'%s; for a constant text write \"'%.*s'\"",
                              WEIR_FMT(name), hint, WEIR_FMT(name));
    else
        weir_compiler_mistake(c, node, "unknown name '%.*s'%s", WEIR_FMT(name), hint);
}

static bool is_namespace(const weir_compiler *c, weir_str name)
{
    return find_space(name) || weir_str_is(name, "pd") ||
           (c->scope->names && (weir_str_is(name, "broker") || weir_str_is(name, "connection")));
}

void weir_unknown_dotted(weir_compiler *c, const weir_node *node, weir_str name)
{
    if (find_foreign(name) || is_namespace(c, node->a->name))
        weir_unknown_name(c, node, name);
    else
        weir_unknown_name(c, node->a, node->a->name);
}

/* ------------------------------------------------------------------ names */

static weir_operand compile_root(weir_compiler *c, const weir_node *node, const root_row *row,
                                 unsigned hint)
{
    weir_emit(c, node, WEIR_OP_ROOT, hint, row->root, 0, 0);
    c->roots |= WEIR_ROOT_BIT(row->root);
    weir_operand operand = weir_operand_of(hint, row->kind);
    operand.elements = row->elements;
    /* Whatever a message is decoded to has no attributes; an `item` may come from anywhere. */
    operand.is_json =
        row->root == WEIR_ROOT_DATA || (row->root == WEIR_ROOT_ITEM && c->scope->item);
    return operand;
}

static weir_operand compile_local(weir_compiler *c, const weir_node *node, const weir_local *local)
{
    if (local->is_bound)
        return local->operand;
    weir_compiler_mistake(c, node, "'%.*s' is used before its 'for'", WEIR_FMT(node->name));
    return weir_unknown(c, node);
}

weir_operand weir_compile_name(weir_compiler *c, const weir_node *node, unsigned hint)
{
    if (weir_refused_name(c, node->offset, node->name))
        return weir_unknown(c, node);
    const weir_local *local = weir_local_find(c, node->name);
    if (local)
        return compile_local(c, node, local);
    weir_operand word;
    if (weir_compile_word(c, node, hint, &word))
        return word;
    const root_row *row = find_root(node->name);
    if (row && (c->scope->roots & WEIR_ROOT_BIT(row->root)))
        return compile_root(c, node, row, hint);
    weir_value callable;
    if (weir_callable_find(node->name, &callable))
        return weir_constant(c, node, &callable);
    const weir_fn_row *function = row ? NULL : weir_function_find(c, node->name);
    if (function) {
        c->calls_out = true;
        callable = weir_value_absent();
        callable.kind = WEIR_OBJECT;
        callable.aux = WEIR_OBJECT_FUNCTION;
        callable.p = function;
        return weir_constant(c, node, &callable);
    }
    if (row)
        weir_compiler_mistake(c, node, "'%s' does not exist in this place%s", row->name,
                              row->root == WEIR_ROOT_ITEM    ? ": it needs an `each`"
                              : row->root == WEIR_ROOT_VALUE ? ": it is what a `transform` gets"
                                                             : "");
    else if (is_namespace(c, node->name))
        weir_compiler_mistake(c, node, "'%.*s' has no value of its own; write %.*s.NAME",
                              WEIR_FMT(node->name), WEIR_FMT(node->name));
    else
        weir_unknown_name(c, node, node->name);
    return weir_unknown(c, node);
}

/* ------------------------------------------------------------------ attributes */

bool weir_dotted_name(const weir_compiler *c, const weir_node *node, char out[96], weir_str *name)
{
    const weir_node *base = node;
    while (base->kind == WEIR_NODE_ATTR)
        base = base->a;
    weir_root root;
    if (base->kind != WEIR_NODE_NAME || weir_local_find(c, base->name) ||
        weir_root_find(c, base->name, &root))
        return false;
    size_t at = 96; /* written from the back */
    for (const weir_node *part = node;; part = part->a) {
        if (part->name.len + 1 > at)
            return false;
        at -= part->name.len;
        memcpy(out + at, part->name.ptr, part->name.len);
        if (part == base)
            break;
        out[--at] = '.';
    }
    *name = (weir_str){out + at, 96 - at};
    return true;
}

static weir_operand space_member(weir_compiler *c, const weir_node *node, const space_row *space,
                                 unsigned hint)
{
    const weir_expr_names *names = c->scope->names;
    size_t count = names ? space->count(names) : 0;
    size_t at = 0;
    while (at < count && !weir_str_eq(space->at(names, at), node->name))
        at++;
    if (at == count) {
        weir_str like =
            names ? weir_did_you_mean(node->name, count, space->at, names) : (weir_str){0};
        weir_mistake(c->mistakes, node->name_offset, node->name.len,
                     "%s '%.*s' is not declared%s%.*s%s", space->what, WEIR_FMT(node->name),
                     like.len ? "; did you mean '" : "", WEIR_FMT(like), like.len ? "'?" : "");
        return weir_unknown(c, node);
    }
    if (space->op == WEIR_OP_MOVE) {
        weir_value mapping = {0};
        mapping.kind = WEIR_OBJECT;
        mapping.aux = WEIR_OBJECT_MAPPING;
        mapping.p = names->mappings[at];
        return weir_constant(c, node, &mapping);
    }
    if (space->op == WEIR_OP_CREDENTIAL && names->credentials_named)
        names->credentials_named[at] = true;
    weir_emit(c, node, space->op, hint, (unsigned)at, 0, 0);
    return weir_operand_of(hint, WEIR_KIND_COUNT);
}

/* pd.X, broker.X, connection.X and the spec's own namespaces. False: node is something else. */
static bool compile_dotted(weir_compiler *c, const weir_node *node, unsigned hint,
                           weir_operand *out)
{
    char room[96];
    weir_str name;
    if (!weir_dotted_name(c, node, room, &name))
        return false;
    const space_row *space = node->a->kind == WEIR_NODE_NAME ? find_space(node->a->name) : NULL;
    weir_value callable;
    if (space) {
        *out = space_member(c, node, space, hint);
    } else if (c->scope->names &&
               (weir_str_is(name, "broker.tz") || weir_str_is(name, "connection.name"))) {
        weir_emit(c, node, weir_str_is(name, "broker.tz") ? WEIR_OP_ZONE : WEIR_OP_CONNECTION, hint,
                  0, 0, 0);
        *out = weir_operand_of(hint, WEIR_STR);
    } else if (weir_callable_find(name, &callable)) {
        *out = weir_constant(c, node, &callable);
    } else if (node->a->kind == WEIR_NODE_NAME && !weir_callable_find(node->a->name, &callable)) {
        weir_unknown_dotted(c, node, name);
        *out = weir_unknown(c, node);
    } else {
        return false;
    }
    return true;
}

static void no_such_attribute(weir_compiler *c, const weir_node *node, const char *of)
{
    weir_str like = weir_attr_suggest(node->name);
    if (weir_method_exists(node->name))
        weir_mistake(c->mistakes, node->name_offset, node->name.len,
                     "'%.*s' is a method; call it: .%.*s(...)", WEIR_FMT(node->name),
                     WEIR_FMT(node->name));
    else
        weir_mistake(c->mistakes, node->name_offset, node->name.len,
                     "%s has no attribute '%.*s'%s%.*s%s", of, WEIR_FMT(node->name),
                     like.len ? "; did you mean '" : "", WEIR_FMT(like), like.len ? "'?" : "");
}

/* Whether the attribute can be there at all; reports if not. */
static bool check_attribute(weir_compiler *c, const weir_node *node, weir_operand object)
{
    if (object.is_json && !weir_method_exists(node->name)) {
        weir_compiler_mistake(c, node, "a value of a message has no attributes; write %.*s['%.*s']",
                              (int)(node->a->length < 80 ? node->a->length : 80),
                              c->source.ptr + node->a->offset, WEIR_FMT(node->name));
        return false;
    }
    bool is_there = object.kind == WEIR_KIND_COUNT
                        ? weir_attr_exists(node->name)
                        : weir_attr_find(object.kind, node->name) != NULL;
    if (is_there)
        return true;
    /* Assets have the further columns of the master data; a near miss of a known name is none. */
    bool may_be_asset = object.kind == WEIR_ASSET || object.kind == WEIR_KIND_COUNT;
    if (may_be_asset && !weir_method_exists(node->name) && !weir_attr_suggest(node->name).len)
        return true;
    weir_value sample = {0};
    sample.kind = object.kind;
    no_such_attribute(c, node,
                      object.kind < WEIR_KIND_COUNT && object.kind != WEIR_RAW
                          ? weir_value_type_name(&sample)
                          : "this value");
    return false;
}

weir_operand weir_compile_attr(weir_compiler *c, const weir_node *node, unsigned hint)
{
    if (weir_refused_name(c, node->name_offset, node->name))
        return weir_unknown(c, node);
    weir_operand out;
    if (compile_dotted(c, node, hint, &out))
        return out;
    weir_operand object = weir_compile(c, node->a, hint);
    if (!check_attribute(c, node, object))
        return weir_unknown(c, node);
    weir_value name = weir_value_str(node->name);
    weir_operand key = weir_constant(c, node, &name);
    weir_emit(c, node, WEIR_OP_ATTR, hint, object.place, key.place, 0);
    uint8_t kind = WEIR_KIND_COUNT;
    const weir_attr_row *row =
        object.kind == WEIR_KIND_COUNT ? NULL : weir_attr_find(object.kind, node->name);
    if (row)
        kind = row->returns;
    return weir_operand_of(hint, kind);
}
