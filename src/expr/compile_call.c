/* SPDX-License-Identifier: MIT */
/*
 * Calls. Arguments are evaluated in the order in which they are written, into registers in a row;
 * a site says which of them is which parameter. A function's site is bound once, here. A method's
 * receiver may be of a kind that only the run knows, so its site is bound for every kind that has a
 * method of that name; what fits none is a mistake now, what does not fit the kind that comes is a
 * TypeError then. Calls of pure functions with constant arguments are computed at load; constant
 * patterns and time zones are at least checked.
 */
#include <stdio.h>

#include "expr/compile.h"
#include "expr/zone.h"
#include "util/regex.h"

/* The arguments of a call once they are compiled. */
typedef struct arguments {
    unsigned base;  /* the first register: the receiver's, for a method */
    unsigned first; /* of the arguments proper */
    size_t count;   /* in registers: positional ones, then named ones */
    size_t positional;
    size_t keyword_count;
    weir_str keywords[WEIR_EXPR_ARGUMENTS_MAX];
    weir_operand operands[WEIR_EXPR_ARGUMENTS_MAX];
    weir_operand receiver;
    bool is_constant;
    bool has_rest; /* f(a, *rest): `rest` is the register of a list */
    unsigned rest;
} arguments;

/* ------------------------------------------------------------------ arguments */

static weir_operand compile_argument(weir_compiler *c, const weir_node *node, unsigned reg)
{
    if (node->kind == WEIR_NODE_KEYWORD)
        node = node->a;
    if (node->kind == WEIR_NODE_LAMBDA)
        return weir_compile_lambda(c, node);
    if (node->kind == WEIR_NODE_COMPREHEND && node->op == WEIR_COMPREHEND_GENERATOR)
        return weir_compile_comprehension(c, node, reg);
    return weir_compile(c, node, reg);
}

/* From the first starred argument on, positional ones are gathered into one list. */
static void compile_rest(weir_compiler *c, const weir_node *node, size_t from, size_t to,
                         arguments *args)
{
    unsigned builder = c->builders;
    if (builder >= WEIR_EXPR_LOOPS_MAX) {
        weir_compiler_mistake(c, node, "too many lists inside each other: more than %d",
                              WEIR_EXPR_LOOPS_MAX);
        c->is_broken = true;
        return;
    }
    c->builders++;
    weir_emit(c, node, WEIR_OP_BUILD, builder, WEIR_LIST, 0, 0);
    for (size_t i = from; i < to && !c->is_broken; i++) {
        const weir_node *item = node->items[i];
        unsigned mark = c->next;
        bool is_star = item->kind == WEIR_NODE_STAR;
        weir_operand operand = weir_compile_new(c, is_star ? item->a : item);
        weir_emit(c, item, is_star ? WEIR_OP_BUILD_EXTEND : WEIR_OP_BUILD_ADD, builder,
                  operand.place, 0, 0);
        c->next = mark;
    }
    weir_emit(c, node, WEIR_OP_BUILD_END, args->rest, builder, 0, 0);
    c->builders--;
    args->has_rest = true;
}

/* How many positional arguments stand in front of the first star, and how many there are. */
static void count_positional(const weir_node *node, size_t *plain, size_t *all)
{
    *plain = SIZE_MAX;
    *all = 0;
    while (*all < node->count && node->items[*all]->kind != WEIR_NODE_KEYWORD) {
        if (node->items[*all]->kind == WEIR_NODE_STAR && *plain == SIZE_MAX)
            *plain = *all;
        ++*all;
    }
    if (*plain == SIZE_MAX)
        *plain = *all;
}

static bool check_arguments(weir_compiler *c, const weir_node *node)
{
    if (node->count > WEIR_EXPR_ARGUMENTS_MAX) {
        weir_compiler_mistake(c, node, "more than %d arguments", WEIR_EXPR_ARGUMENTS_MAX);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (node->items[i]->kind != WEIR_NODE_KEYWORD ||
                node->items[k]->kind != WEIR_NODE_KEYWORD ||
                !weir_str_eq(node->items[i]->name, node->items[k]->name))
                continue;
            weir_mistake(c->mistakes, node->items[i]->offset, node->items[i]->name.len,
                         "keyword argument '%.*s' is repeated", WEIR_FMT(node->items[i]->name));
            return false;
        }
        if (node->items[i]->kind == WEIR_NODE_STAR && i > 0 &&
            node->items[i - 1]->kind == WEIR_NODE_KEYWORD) {
            weir_compiler_mistake(c, node->items[i],
                                  "a starred argument stands behind a named one");
            return false;
        }
    }
    return true;
}

/* All registers are taken first, so that a lambda's parameters lie above them. */
static void compile_arguments(weir_compiler *c, const weir_node *node, arguments *args)
{
    size_t plain, all;
    count_positional(node, &plain, &all);
    args->positional = plain;
    args->count = plain + (node->count - all);
    args->first = weir_registers(c, node, (unsigned)args->count + 1);
    args->rest = args->first + (unsigned)args->count;
    args->is_constant = true;
    for (size_t i = 0; i < node->count && !c->is_broken; i++) {
        if (i >= plain && i < all) {
            compile_rest(c, node, plain, all, args);
            i = all - 1;
            continue;
        }
        size_t at = i < plain ? i : plain + (i - all);
        if (i >= all)
            args->keywords[args->keyword_count++] = node->items[i]->name;
        args->operands[at] = compile_argument(c, node->items[i], args->first + (unsigned)at);
        args->is_constant = args->is_constant && weir_is_constant(args->operands[at]) &&
                            args->operands[at].kind != WEIR_LAMBDA;
    }
}

/* Puts the constants and the names of loops where the call expects them. */
static void settle_arguments(weir_compiler *c, const weir_node *node, const arguments *args)
{
    for (size_t i = 0; i < args->count && !c->is_broken; i++)
        weir_move(c, node, args->first + (unsigned)i, args->operands[i]);
}

/* ------------------------------------------------------------------ sites */

/* True if the parameters have "*x": any number of positional ones. */
static bool takes_rest(const char *params)
{
    for (const char *at = strchr(params, '*'); at; at = strchr(at + 1, '*'))
        if (at[1] != ' ' && at[1] != '\0')
            return true;
    return false;
}

static bool bind_way(weir_compiler *c, const arguments *args, const char *name, const char *params,
                     weir_site_way *way)
{
    char why[160] = "";
    if (args->has_rest && !takes_rest(params))
        snprintf(why, sizeof why, "%s() does not take a starred argument", name);
    else if (weir_params_bind(name, params, args->positional, args->keywords, args->keyword_count,
                              &way->binding, why))
        return true;
    weir_str copy = weir_arena_copy(c->arena, weir_str_of(why));
    if (!copy.ptr)
        weir_compiler_break(c);
    way->why = copy.ptr;
    return false;
}

static size_t add_site(weir_compiler *c, const arguments *args, weir_str name, bool is_method,
                       const weir_site_way *ways, size_t way_count)
{
    weir_site *site = weir_table_grow(c, (void **)&c->sites, c->site_count, &c->site_cap,
                                      sizeof *c->sites, UINT16_MAX);
    weir_site_way *copy = WEIR_ARENA_ARRAY(c->arena, weir_site_way, way_count);
    if (!site || !copy) {
        weir_compiler_break(c);
        return 0;
    }
    memcpy(copy, ways, way_count * sizeof *copy);
    site->name = name;
    site->base = (uint8_t)args->base;
    site->rest = (uint8_t)args->rest;
    site->has_rest = args->has_rest;
    site->is_method = is_method;
    site->way_count = (uint16_t)way_count;
    site->ways = copy;
    return c->site_count++;
}

/* The operand of parameter `index`, if it was given. */
static const weir_operand *argument_of(const arguments *args, const weir_binding *binding,
                                       size_t index)
{
    if (index >= binding->count || binding->order[index] < 0)
        return NULL;
    return &args->operands[binding->order[index]];
}

/* The index of a parameter by name; SIZE_MAX if there is none. */
static size_t parameter_index(const char *params, const char *wanted)
{
    size_t index = 0;
    for (const char *at = params; *at;) {
        size_t len = strcspn(at, " ?");
        if (len > 0 && *at != '*' && *at != '/') {
            if (len == strlen(wanted) && memcmp(at, wanted, len) == 0)
                return index;
            index++;
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return SIZE_MAX;
}

static const weir_value *constant_text(const weir_compiler *c, const arguments *args,
                                       const weir_binding *binding, size_t index)
{
    const weir_operand *operand = argument_of(args, binding, index);
    if (!operand || !weir_is_constant(*operand))
        return NULL;
    const weir_value *v = weir_constant_of(c, *operand);
    return v->kind == WEIR_STR ? v : NULL;
}

/* A constant pattern that does not compile, a constant zone that does not exist. */
static void check_constants(weir_compiler *c, const weir_node *node, const arguments *args,
                            const weir_binding *binding, const char *params, unsigned flags)
{
    const weir_value *text;
    if ((flags & WEIR_FN_PATTERN) && (text = constant_text(c, args, binding, 0))) {
        weir_regex_mistake mistake;
        weir_regex *regex = weir_regex_new(weir_value_text(text), &mistake);
        if (!regex)
            weir_compiler_mistake(c, node->count ? node->items[0] : node,
                                  "the pattern is wrong at its byte %zu: %s", mistake.offset,
                                  mistake.text);
        weir_regex_free(regex);
    }
    size_t tz = flags & WEIR_FN_ZONE ? parameter_index(params, "tz") : SIZE_MAX;
    if (tz != SIZE_MAX && (text = constant_text(c, args, binding, tz)) &&
        weir_zone_find(weir_value_text(text)) == 0)
        weir_compiler_mistake(c, node, "there is no time zone '%.*s'",
                              WEIR_FMT(weir_value_text(text)));
}

/* Computes the call now, if all of it is constant. */
static bool fold_call(weir_compiler *c, const weir_node *node, const arguments *args,
                      const weir_site_way *way, bool is_method, unsigned flags, weir_operand *out)
{
    if (!(flags & WEIR_FN_PURE) || !args->is_constant || args->has_rest || c->is_broken)
        return false;
    weir_value values[WEIR_PARAMS_MAX + 1], rest[WEIR_EXPR_ARGUMENTS_MAX], v;
    weir_call call = {values, 0, rest, way->binding.rest_count, way->row};
    if (is_method)
        values[call.count++] = *weir_constant_of(c, args->receiver);
    for (size_t i = 0; i < way->binding.count; i++) {
        const weir_operand *operand = argument_of(args, &way->binding, i);
        values[call.count++] = operand ? *weir_constant_of(c, *operand) : weir_value_absent();
    }
    for (size_t i = 0; i < way->binding.rest_count; i++)
        rest[i] = *weir_constant_of(c, args->operands[way->binding.rest_from + i]);
    weir_vm *vm = weir_fold_begin(c);
    return vm && way->call(vm, &call, &v) && weir_fold_keep(c, node, &v, out);
}

/* ------------------------------------------------------------------ functions */

static bool is_broker_absent(const weir_compiler *c, const weir_fn_row *row)
{
    return strncmp(row->name, "broker.", 7) == 0 &&
           (!c->scope->names || !c->scope->names->has_asset_book);
}

/* float(x), int(x) and str(x) have instructions of their own, and others for slots. */
static const struct {
    const char *name;
    uint8_t op, slot_op;
} FREQUENT[] = {
    {"float", WEIR_OP_FLOAT, WEIR_OP_SLOT_FLOAT},
    {"int", WEIR_OP_INT, WEIR_OP_SLOT_INT},
    {"str", WEIR_OP_STR, WEIR_OP_SLOT_STR},
};

static int find_frequent(const weir_node *node, const weir_fn_row *row)
{
    bool is_plain = node->count == 1 && node->items[0]->kind != WEIR_NODE_KEYWORD &&
                    node->items[0]->kind != WEIR_NODE_STAR &&
                    node->items[0]->kind != WEIR_NODE_LAMBDA &&
                    node->items[0]->kind != WEIR_NODE_COMPREHEND;
    for (int i = 0; is_plain && i < (int)(sizeof FREQUENT / sizeof *FREQUENT); i++)
        if (strcmp(row->name, FREQUENT[i].name) == 0)
            return i;
    return -1;
}

static bool compile_slot_call(weir_compiler *c, const weir_node *node, const weir_fn_row *row,
                              unsigned hint, weir_operand *out)
{
    int frequent = find_frequent(node, row);
    size_t read;
    if (frequent < 0 || !weir_read_of(c, node->items[0], &read))
        return false;
    c->reads[read].fn = row;
    weir_emit(c, node, FREQUENT[frequent].slot_op, hint, 0, (unsigned)read, 0);
    *out = weir_operand_of(hint, row->returns);
    return true;
}

/* any(x for ...) and all(...) */
static bool compile_quantor(weir_compiler *c, const weir_node *node, const weir_fn_row *row,
                            unsigned hint, weir_operand *out)
{
    bool is_any = strcmp(row->name, "any") == 0;
    if ((!is_any && strcmp(row->name, "all") != 0) || node->count != 1 ||
        node->items[0]->kind != WEIR_NODE_COMPREHEND ||
        node->items[0]->op != WEIR_COMPREHEND_GENERATOR)
        return false;
    *out = weir_compile_any(c, node->items[0], is_any, hint);
    return true;
}

static weir_operand compile_function(weir_compiler *c, const weir_node *node,
                                     const weir_fn_row *row, unsigned hint)
{
    weir_operand out;
    c->calls_out = c->calls_out || weir_fn_find(weir_str_of(row->name)) != row;
    if (is_broker_absent(c, row)) {
        weir_compiler_mistake(c, node->a, "'%s' does not exist in this place: there are no assets",
                              row->name);
        return weir_unknown(c, node);
    }
    if (compile_slot_call(c, node, row, hint, &out) || compile_quantor(c, node, row, hint, &out))
        return out;
    arguments *args = WEIR_ARENA_NEW(c->arena, arguments);
    if (!args) {
        weir_compiler_break(c);
        return weir_operand_of(hint, WEIR_KIND_COUNT);
    }
    unsigned mark = c->next;
    compile_arguments(c, node, args);
    args->base = args->first;
    c->next = mark;
    weir_site_way way = {.kind = WEIR_KIND_COUNT, .call = row->call, .row = row};
    if (c->is_broken || !bind_way(c, args, row->name, row->params, &way)) {
        if (way.why)
            weir_compiler_mistake(c, node, "%s", way.why);
        return weir_unknown(c, node);
    }
    check_constants(c, node, args, &way.binding, row->params, row->flags);
    if (fold_call(c, node, args, &way, false, row->flags, &out))
        return out;
    size_t site = add_site(c, args, weir_str_of(row->name), false, &way, 1);
    int frequent = find_frequent(node, row);
    if (frequent >= 0) {
        weir_emit(c, node, FREQUENT[frequent].op, hint, args->operands[0].place, (unsigned)site, 0);
    } else {
        settle_arguments(c, node, args);
        weir_emit(c, node, WEIR_OP_CALL, hint, (unsigned)site, 0, 0);
    }
    out = weir_operand_of(hint, row->returns);
    out.elements = row->returns == WEIR_RANGE ? WEIR_INT : WEIR_KIND_COUNT;
    return out;
}

/* ------------------------------------------------------------------ methods */

static void no_such_method(weir_compiler *c, const weir_node *attr, weir_operand receiver)
{
    weir_value sample = {0};
    sample.kind = receiver.kind;
    weir_str like = weir_method_suggest(attr->name);
    const char *of = receiver.kind == WEIR_KIND_COUNT ? "no value"
                     : receiver.kind == WEIR_OBJECT   ? "this object"
                                                      : weir_value_type_name(&sample);
    if (weir_attr_exists(attr->name))
        weir_mistake(c->mistakes, attr->name_offset, attr->name.len,
                     "'%.*s' is an attribute; write it without the parentheses",
                     WEIR_FMT(attr->name));
    else
        weir_mistake(c->mistakes, attr->name_offset, attr->name.len, "%s has %s '%.*s'%s%.*s%s", of,
                     receiver.kind == WEIR_KIND_COUNT ? "a method" : "no method",
                     WEIR_FMT(attr->name), like.len ? "; did you mean '" : "", WEIR_FMT(like),
                     like.len ? "'?" : "");
}

/* Binds the arguments for each kind of receiver that can come; false: reported. */
static bool bind_ways(weir_compiler *c, const weir_node *node, const arguments *args,
                      weir_site_way *ways, size_t *count, uint8_t *returns, unsigned *flags)
{
    const weir_node *attr = node->a;
    bool fits_any = false;
    *flags = 0;
    *count = 0;
    for (unsigned kind = 0; kind < WEIR_KIND_COUNT; kind++) {
        if (args->receiver.kind != WEIR_KIND_COUNT && args->receiver.kind != kind)
            continue;
        const weir_method_row *row = weir_method_find((uint8_t)kind, attr->name);
        if (!row)
            continue;
        weir_site_way *way = &ways[(*count)++];
        *way = (weir_site_way){.kind = (uint8_t)kind, .call = row->call};
        bool fits = bind_way(c, args, row->name, row->params, way);
        if (fits) {
            *returns =
                fits_any && *returns != row->returns ? (uint8_t)WEIR_KIND_COUNT : row->returns;
            *flags = row->flags;
            check_constants(c, node, args, &way->binding, row->params, row->flags);
        }
        fits_any = fits_any || fits;
    }
    if (*count == 0)
        no_such_method(c, attr, args->receiver);
    else if (!fits_any)
        weir_compiler_mistake(c, node, "%s", ways[0].why ? ways[0].why : "out of memory");
    return fits_any;
}

/* An argument that cannot fail, so that nobody can tell whether the method was looked up first. */
static bool is_harmless(const weir_node *node)
{
    if (node->kind == WEIR_NODE_KEYWORD)
        node = node->a;
    return node->kind == WEIR_NODE_CONST || node->kind == WEIR_NODE_NAME ||
           node->kind == WEIR_NODE_LAMBDA;
}

/* Python looks a method up before it evaluates the arguments. SIZE_MAX: no need to. */
static size_t emit_receiver(weir_compiler *c, const weir_node *node, arguments *args)
{
    bool is_needed = args->receiver.kind == WEIR_KIND_COUNT && !args->receiver.is_mistaken;
    bool can_fail = false;
    for (size_t i = 0; i < node->count; i++)
        can_fail = can_fail || !is_harmless(node->items[i]);
    if (!is_needed || !can_fail)
        return SIZE_MAX;
    weir_move(c, node->a, args->base, args->receiver);
    args->receiver.place = (uint16_t)args->base;
    return weir_emit(c, node->a, WEIR_OP_RECEIVER, args->base, 0, 0, 0);
}

static weir_operand compile_method(weir_compiler *c, const weir_node *node, unsigned hint)
{
    const weir_node *attr = node->a;
    weir_operand out;
    if (weir_refused_name(c, attr->name_offset, attr->name))
        return weir_unknown(c, node);
    arguments *args = WEIR_ARENA_NEW(c->arena, arguments);
    if (!args) {
        weir_compiler_break(c);
        return weir_operand_of(hint, WEIR_KIND_COUNT);
    }
    unsigned mark = c->next;
    args->base = weir_registers(c, node, 1);
    args->receiver = weir_compile(c, attr->a, args->base);
    size_t check = emit_receiver(c, node, args);
    compile_arguments(c, node, args);
    c->next = mark;
    args->is_constant = args->is_constant && weir_is_constant(args->receiver);
    weir_site_way ways[WEIR_KIND_COUNT];
    size_t count;
    uint8_t returns = WEIR_KIND_COUNT;
    unsigned flags;
    if (c->is_broken || !bind_ways(c, node, args, ways, &count, &returns, &flags))
        return weir_unknown(c, node);
    if (args->is_constant && count == 1 && fold_call(c, node, args, &ways[0], true, flags, &out))
        return out;
    weir_move(c, attr, args->base, args->receiver);
    settle_arguments(c, node, args);
    size_t site = add_site(c, args, attr->name, true, ways, count);
    if (check != SIZE_MAX && !c->is_broken)
        c->code[check].b = (uint16_t)site;
    weir_emit(c, node, WEIR_OP_METHOD, hint, (unsigned)site, 0, 0);
    out = weir_operand_of(hint, returns);
    out.is_json =
        args->receiver.is_json && weir_str_is(attr->name, "get") &&
        (args->count < 2 || args->operands[1].is_json || weir_is_constant(args->operands[1]));
    return out;
}

/* ------------------------------------------------------------------ what is called */

/* Arguments are looked at even if the function is unknown: they have mistakes of their own. */
static weir_operand only_arguments(weir_compiler *c, const weir_node *node)
{
    for (size_t i = 0; i < node->count && !c->is_broken; i++) {
        unsigned mark = c->next;
        const weir_node *item = node->items[i];
        unsigned reg = weir_registers(c, node, 1);
        compile_argument(c, item->kind == WEIR_NODE_STAR ? item->a : item, reg);
        c->next = mark;
    }
    return weir_unknown(c, node);
}

static weir_operand compile_named(weir_compiler *c, const weir_node *node, unsigned hint)
{
    const weir_node *callee = node->a;
    weir_root root;
    if (weir_refused_name(c, callee->offset, callee->name))
        return weir_unknown(c, node);
    bool is_value = weir_local_find(c, callee->name) || weir_root_find(c, callee->name, &root);
    const weir_fn_row *row = is_value ? NULL : weir_function_find(c, callee->name);
    if (row)
        return compile_function(c, node, row, hint);
    if (is_value)
        weir_compiler_mistake(c, callee, "'%.*s' is a value, not a function",
                              WEIR_FMT(callee->name));
    else
        weir_unknown_name(c, callee, callee->name);
    return only_arguments(c, node);
}

weir_operand weir_compile_call(weir_compiler *c, const weir_node *node, unsigned hint)
{
    const weir_node *callee = node->a;
    char room[96];
    weir_str name;
    if (!check_arguments(c, node))
        return weir_unknown(c, node);
    node = weir_gather_keywords(c, node);
    if (callee->kind == WEIR_NODE_NAME)
        return compile_named(c, node, hint);
    if (callee->kind == WEIR_NODE_ATTR) {
        weir_value callable;
        bool is_dotted = weir_dotted_name(c, callee, room, &name);
        const weir_fn_row *row = is_dotted ? weir_fn_find(name) : NULL;
        if (row)
            return compile_function(c, node, row, hint);
        if (is_dotted && callee->a->kind == WEIR_NODE_NAME &&
            !weir_callable_find(callee->a->name, &callable)) {
            weir_unknown_dotted(c, callee, name);
            return only_arguments(c, node);
        }
        return compile_method(c, node, hint);
    }
    weir_compiler_mistake(c, callee, "this cannot be called: functions and methods have names");
    return only_arguments(c, node);
}
