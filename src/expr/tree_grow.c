/* SPDX-License-Identifier: MIT */
/*
 * Growing a tree: the program is followed from its first instruction with a twig in each register
 * in place of a value. Where it jumps by a test it is followed both ways, each to its own end, so
 * that what is behind two ways that meet again is there twice and nothing has to be joined. What
 * is too large, goes back, or does what no twig does has no tree.
 *
 * An evaluation takes a twig when something asks for its value, so a value that nothing asks for
 * would not be computed, nor would it raise: each way must use all that is made on it.
 */
#include <string.h>

#include "expr/stamp.h"
#include "expr/tree_parts.h"

enum { NO_TWIG = 0xff, REGISTERS = WEIR_PLACE_CONSTANTS };

typedef struct growth {
    const weir_program *program;
    weir_twig twigs[WEIR_TWIGS_MAX];
    unsigned count;
    bool is_stuck; /* there is no tree */
} growth;

/* How far the program has been followed. */
typedef struct way {
    size_t at;
    uint64_t unused;          /* twigs that have been made and not been asked for */
    uint8_t twigs[REGISTERS]; /* NO_TWIG: nothing is known of the register */
} way;

static unsigned follow(growth *g, way *w);

static unsigned stuck(growth *g)
{
    g->is_stuck = true;
    return 0;
}

static unsigned add_twig(growth *g, weir_twig twig)
{
    if (g->count == WEIR_TWIGS_MAX)
        return stuck(g);
    g->twigs[g->count] = twig;
    return g->count++;
}

static unsigned add_constant(growth *g, const weir_value *v)
{
    if (v->flags & WEIR_VALUE_SECRET)
        return stuck(g);
    return add_twig(g, (weir_twig){.kind = WEIR_TWIG_CONSTANT, .value = *v});
}

static unsigned add_read(growth *g, weir_twig_kind kind, size_t read)
{
    return add_twig(g, (weir_twig){.kind = (uint8_t)kind, .read = &g->program->reads[read]});
}

/* The twig of a place, which counts as used. */
static unsigned take(growth *g, way *w, unsigned place)
{
    if (place >= WEIR_PLACE_CONSTANTS)
        return add_constant(g, &g->program->constants[place - WEIR_PLACE_CONSTANTS]);
    const unsigned twig = w->twigs[place];
    if (twig == NO_TWIG)
        return stuck(g);
    w->unused &= ~(UINT64_C(1) << twig);
    return twig;
}

/* A value that must be one, not the parts of a text. */
static unsigned take_value(growth *g, way *w, unsigned place)
{
    const unsigned twig = take(g, w, place);
    return g->twigs[twig].kind == WEIR_TWIG_SPLIT ? stuck(g) : twig;
}

static void put(const growth *g, way *w, unsigned reg, unsigned twig)
{
    w->twigs[reg] = (uint8_t)twig;
    if (!g->is_stuck && g->twigs[twig].kind != WEIR_TWIG_CONSTANT)
        w->unused |= UINT64_C(1) << twig;
}

static const weir_value *constant(const growth *g, unsigned twig)
{
    return g->twigs[twig].kind == WEIR_TWIG_CONSTANT ? &g->twigs[twig].value : NULL;
}

static const weir_value *constant_text(const growth *g, unsigned twig)
{
    const weir_value *v = constant(g, twig);
    return v && v->kind == WEIR_STR ? v : NULL;
}

static unsigned add_unary(growth *g, way *w, weir_twig_kind kind, unsigned place)
{
    const unsigned a = take_value(g, w, place);
    return add_twig(g, (weir_twig){.kind = (uint8_t)kind, .a = (uint8_t)a});
}

static unsigned add_pair(growth *g, way *w, weir_twig_kind kind, unsigned op, unsigned a,
                         unsigned b)
{
    const unsigned first = take_value(g, w, a), second = take_value(g, w, b);
    return add_twig(g, (weir_twig){.kind = (uint8_t)kind,
                                   .op = (uint8_t)op,
                                   .a = (uint8_t)first,
                                   .b = (uint8_t)second});
}

/* The read b is, or is not, the text c. */
static unsigned add_equal(growth *g, unsigned read, unsigned text, bool is_negated)
{
    const unsigned a = add_read(g, WEIR_TWIG_SLOT, read);
    const unsigned b = add_constant(g, &g->program->constants[text]);
    return add_twig(g, (weir_twig){.kind = WEIR_TWIG_RELATION,
                                   .op = (uint8_t)(is_negated ? WEIR_COMPARE_NE : WEIR_COMPARE_EQ),
                                   .a = (uint8_t)a,
                                   .b = (uint8_t)b});
}

static unsigned add_not(growth *g, unsigned twig)
{
    return add_twig(g, (weir_twig){.kind = WEIR_TWIG_NOT, .a = (uint8_t)twig});
}

/* ------------------------------------------------------------------ texts */

/* A constant whole number, or `fallback` where there is none; false: it is something else. */
static bool bound_of(const growth *g, unsigned twig, int64_t fallback, int64_t *out)
{
    const weir_value *v = constant(g, twig);
    *out = fallback;
    if (!v)
        return false;
    if (v->kind == WEIR_ABSENT || v->kind == WEIR_NONE)
        return true;
    *out = v->i;
    return v->kind == WEIR_INT && v->i > -UINT16_MAX && v->i < UINT16_MAX;
}

static unsigned add_slice(growth *g, way *w, unsigned base)
{
    weir_twig twig = {.kind = WEIR_TWIG_SLICE};
    int64_t step;
    twig.a = (uint8_t)take_value(g, w, base);
    if (!bound_of(g, take(g, w, base + 1), INT64_MIN, &twig.at) ||
        !bound_of(g, take(g, w, base + 2), INT64_MAX, &twig.end) ||
        !bound_of(g, take(g, w, base + 3), 1, &step) || step != 1)
        return stuck(g);
    return add_twig(g, twig);
}

/* a[n] of the parts of a text. */
static unsigned add_part(growth *g, way *w, unsigned a, unsigned n)
{
    weir_twig twig = {.kind = WEIR_TWIG_PART, .a = (uint8_t)take(g, w, a)};
    if (g->twigs[twig.a].kind != WEIR_TWIG_SPLIT ||
        !bound_of(g, take(g, w, n), INT64_MIN, &twig.at) || twig.at == INT64_MIN)
        return stuck(g);
    return add_twig(g, twig);
}

/* ------------------------------------------------------------------ methods and functions */

static bool is_given(const weir_binding *binding, size_t parameter)
{
    return parameter < binding->count && binding->order[parameter] >= 0;
}

static size_t given(const weir_binding *binding)
{
    size_t count = 0;
    for (size_t i = 0; i < binding->count; i++)
        count += binding->order[i] >= 0;
    return count;
}

static unsigned argument(growth *g, way *w, const weir_binding *binding, unsigned first,
                         size_t parameter)
{
    if (!is_given(binding, parameter))
        return stuck(g);
    return take_value(g, w, first + (unsigned)binding->order[parameter]);
}

static const weir_site_way *way_of_text(const weir_site *site)
{
    for (size_t i = 0; i < site->way_count; i++)
        if (site->ways[i].kind == WEIR_STR && !site->ways[i].why &&
            !site->ways[i].binding.rest_count)
            return &site->ways[i];
    return NULL;
}

/* The methods of texts that a twig does, with as many arguments as it knows. */
static const struct {
    const char *name;
    uint8_t kind;
    bool is_from_end;
    uint8_t least, most;
} methods[] = {
    {"split", WEIR_TWIG_SPLIT, false, 1, 2},     {"rsplit", WEIR_TWIG_SPLIT, true, 1, 2},
    {"upper", WEIR_TWIG_CASE, false, 0, 0},      {"lower", WEIR_TWIG_CASE, true, 0, 0},
    {"replace", WEIR_TWIG_REPLACE, false, 2, 2}, {"startswith", WEIR_TWIG_STARTS, false, 1, 1},
    {"endswith", WEIR_TWIG_STARTS, true, 1, 1},
};

static unsigned add_method_of_text(growth *g, way *w, const weir_site *site)
{
    const weir_site_way *found = way_of_text(site);
    for (size_t i = 0; found && i < sizeof methods / sizeof methods[0]; i++) {
        const weir_binding *binding = &found->binding;
        const unsigned first = site->base + 1u;
        const size_t count = given(binding);
        if (!weir_str_is(site->name, methods[i].name))
            continue;
        if (count < methods[i].least || count > methods[i].most)
            break;
        weir_twig twig = {.kind = methods[i].kind, .is_from_end = methods[i].is_from_end, .at = -1};
        twig.a = (uint8_t)take_value(g, w, site->base);
        if (count > 0)
            twig.b = (uint8_t)argument(g, w, binding, first, 0);
        if (count > 1)
            twig.c = (uint8_t)argument(g, w, binding, first, 1);
        const weir_value *b = constant_text(g, twig.b);
        const bool is_part = twig.kind == WEIR_TWIG_SPLIT || twig.kind == WEIR_TWIG_REPLACE;
        if ((count > 0 && !b) || (is_part && b->len == 0) ||
            (twig.kind == WEIR_TWIG_REPLACE && !constant_text(g, twig.c)) ||
            (twig.kind == WEIR_TWIG_SPLIT && count > 1 && !bound_of(g, twig.c, -1, &twig.at)))
            break;
        return add_twig(g, twig);
    }
    return stuck(g);
}

static unsigned add_method(growth *g, way *w, const weir_site *site)
{
    if (site->has_rest)
        return stuck(g);
    const unsigned self = w->twigs[site->base];
    const weir_value *object = self == NO_TWIG ? NULL : constant(g, self);
    if (!object || object->kind != WEIR_OBJECT)
        return add_method_of_text(g, w, site);
    if (object->aux != WEIR_OBJECT_MAPPING ||
        (!weir_str_is(site->name, "to_standard") && !weir_str_is(site->name, "to_blueshift")))
        return stuck(g);
    const unsigned a = take_value(g, w, site->base + 1u);
    return add_twig(g, (weir_twig){.kind = WEIR_TWIG_STANDARD, .a = (uint8_t)a, .value = *object});
}

static unsigned add_asset(growth *g, way *w, const weir_site *site)
{
    const weir_binding *binding = &site->ways[0].binding;
    for (unsigned key = 0; key < WEIR_ASSET_KEY_COUNT && given(binding) == 1; key++) {
        if (!is_given(binding, key))
            continue;
        const unsigned a = argument(g, w, binding, site->base, key);
        return add_twig(g,
                        (weir_twig){.kind = WEIR_TWIG_ASSET, .op = (uint8_t)key, .a = (uint8_t)a});
    }
    return stuck(g);
}

static unsigned add_stamp(growth *g, way *w, const weir_site *site)
{
    const weir_binding *binding = &site->ways[0].binding;
    weir_twig twig = {.kind = WEIR_TWIG_STAMP, .at = 0};
    int digits;
    twig.a = (uint8_t)argument(g, w, binding, site->base, 0);
    if (given(binding) == 1)
        return add_twig(g, twig);
    const weir_value *unit = constant_text(g, argument(g, w, binding, site->base, 1));
    twig.at = unit ? weir_time_unit(weir_value_text(unit), &digits) : 0;
    return given(binding) == 2 && twig.at > 0 ? add_twig(g, twig) : stuck(g);
}

static unsigned add_is_a(growth *g, way *w, const weir_site *site)
{
    const weir_binding *binding = &site->ways[0].binding;
    weir_twig twig = {.kind = WEIR_TWIG_IS_A};
    twig.a = (uint8_t)argument(g, w, binding, site->base, 0);
    const weir_value *type = constant(g, argument(g, w, binding, site->base, 1));
    if (!type || type->kind != WEIR_OBJECT ||
        (type->aux != WEIR_DICT && type->aux != WEIR_LIST && type->aux != WEIR_STR))
        return stuck(g);
    twig.op = (uint8_t)type->aux;
    return add_twig(g, twig);
}

static unsigned add_call(growth *g, way *w, const weir_site *site)
{
    static const struct {
        const char *name;
        weir_twig_kind kind;
    } unary[] = {{"bool", WEIR_TWIG_BOOL}, {"len", WEIR_TWIG_LEN}, {"abs", WEIR_TWIG_ABS}};
    if (site->is_method || site->has_rest || site->way_count == 0 ||
        site->ways[0].binding.rest_count)
        return stuck(g);
    for (size_t i = 0; i < sizeof unary / sizeof unary[0]; i++)
        if (weir_str_is(site->name, unary[i].name) && given(&site->ways[0].binding) == 1)
            return add_unary(g, w, unary[i].kind, site->base);
    if (weir_str_is(site->name, "broker.infer_asset"))
        return add_asset(g, w, site);
    if (weir_str_is(site->name, "pd.Timestamp"))
        return add_stamp(g, w, site);
    return weir_str_is(site->name, "isinstance") ? add_is_a(g, w, site) : stuck(g);
}

/* ------------------------------------------------------------------ instructions */

static unsigned add_slot_test(growth *g, const weir_insn *insn, bool is_negated)
{
    if (insn->op == WEIR_OP_SLOT_EQ || insn->op == WEIR_OP_TEST_SLOT_EQ)
        return add_equal(g, insn->b, insn->c, is_negated);
    const unsigned has = add_read(g, WEIR_TWIG_HAS, insn->b);
    return is_negated ? add_not(g, has) : has;
}

/* What an instruction leaves in its register a. */
static unsigned twig_of(growth *g, way *w, const weir_insn *insn)
{
    const weir_site *sites = g->program->sites;
    const unsigned op = insn->op;
    switch (op) {
    case WEIR_OP_MOVE: return take(g, w, insn->b);
    case WEIR_OP_ROOT:
        return add_twig(g, (weir_twig){.kind = WEIR_TWIG_ROOT, .op = (uint8_t)insn->b});
    case WEIR_OP_SLOT:
    case WEIR_OP_ITEM_SLOT: return add_read(g, WEIR_TWIG_SLOT, insn->c);
    case WEIR_OP_DEFAULT: return add_pair(g, w, WEIR_TWIG_DEFAULT, 0, insn->a, insn->b);
    case WEIR_OP_SLOT_EQ:
    case WEIR_OP_SLOT_HAS: return add_slot_test(g, insn, insn->d != 0);
    case WEIR_OP_ADD:
    case WEIR_OP_SUB:
    case WEIR_OP_MUL:
    case WEIR_OP_DIV:
        return add_pair(g, w, WEIR_TWIG_BINARY, op - WEIR_OP_OR + WEIR_BINARY_OR, insn->b, insn->c);
    case WEIR_OP_MINUS: return add_unary(g, w, WEIR_TWIG_MINUS, insn->b);
    case WEIR_OP_NOT: return add_unary(g, w, WEIR_TWIG_NOT, insn->b);
    case WEIR_OP_INDEX: return add_part(g, w, insn->b, insn->c);
    case WEIR_OP_SLICE: return add_slice(g, w, insn->b);
    case WEIR_OP_CALL: return add_call(g, w, &sites[insn->b]);
    case WEIR_OP_METHOD: return add_method(g, w, &sites[insn->b]);
    case WEIR_OP_FLOAT: return add_unary(g, w, WEIR_TWIG_FLOAT, insn->b);
    case WEIR_OP_INT: return add_unary(g, w, WEIR_TWIG_INT, insn->b);
    case WEIR_OP_STR: return add_unary(g, w, WEIR_TWIG_STR, insn->b);
    case WEIR_OP_TEXT: {
        const weir_value empty = weir_value_str(WEIR_STR(""));
        return add_constant(g, &empty);
    }
    case WEIR_OP_TEXT_PUT:
        return insn->c == 0 || insn->c == 's' ? add_pair(g, w, WEIR_TWIG_JOIN, 0, insn->a, insn->b)
                                              : stuck(g);
    case WEIR_OP_TEXT_END: return take(g, w, insn->b);
    default: break;
    }
    if (op >= WEIR_OP_LT && op <= WEIR_OP_IS_NOT)
        return add_pair(g, w, WEIR_TWIG_RELATION, op - WEIR_OP_LT, insn->b, insn->c);
    return stuck(g);
}

/* float(slot) and its kin. */
static unsigned twig_of_cast(growth *g, const weir_insn *insn)
{
    static const uint8_t kinds[] = {WEIR_TWIG_FLOAT, WEIR_TWIG_INT, WEIR_TWIG_STR};
    const unsigned slot = add_read(g, WEIR_TWIG_SLOT, insn->c);
    return add_twig(g,
                    (weir_twig){.kind = kinds[insn->op - WEIR_OP_SLOT_FLOAT], .a = (uint8_t)slot});
}

/* ------------------------------------------------------------------ ways */

/* What nothing is done to is no tree: a constant, and a whole message. */
static bool is_bare(const weir_twig *root)
{
    return root->kind == WEIR_TWIG_CONSTANT ||
           (root->kind == WEIR_TWIG_ROOT && root->op <= WEIR_ROOT_ITEM);
}

static bool is_test(unsigned op)
{
    return op >= WEIR_OP_TEST && op <= WEIR_OP_TEST_SLOT_HAS;
}

static unsigned test_of(growth *g, way *w, const weir_insn *insn)
{
    if (insn->op == WEIR_OP_TEST)
        return take_value(g, w, insn->b);
    if (insn->op == WEIR_OP_TEST_SLOT_EQ || insn->op == WEIR_OP_TEST_SLOT_HAS)
        return add_slot_test(g, insn, false);
    return add_pair(g, w, WEIR_TWIG_RELATION, insn->op - WEIR_OP_TEST_LT, insn->b, insn->c);
}

static unsigned fork_at(growth *g, const way *w, unsigned test, const weir_insn *insn)
{
    way jumps = *w, goes_on = *w;
    if (insn->d < w->at)
        return stuck(g);
    jumps.at = insn->d;
    const unsigned fork = add_twig(g, (weir_twig){.kind = WEIR_TWIG_IF, .a = (uint8_t)test});
    const unsigned by_jump = g->is_stuck ? 0 : follow(g, &jumps);
    const unsigned by_going = g->is_stuck ? 0 : follow(g, &goes_on);
    g->twigs[fork].b = (uint8_t)(insn->a ? by_jump : by_going);
    g->twigs[fork].c = (uint8_t)(insn->a ? by_going : by_jump);
    return fork;
}

/* The twig of what the program gives from here on. */
static unsigned follow(growth *g, way *w)
{
    while (!g->is_stuck && w->at < g->program->count) {
        const weir_insn *insn = &g->program->code[w->at++];
        if (insn->op == WEIR_OP_RETURN) {
            const unsigned twig = take_value(g, w, insn->b);
            return w->unused ? stuck(g) : twig;
        }
        if (is_test(insn->op))
            return fork_at(g, w, test_of(g, w, insn), insn);
        if (insn->op == WEIR_OP_RECEIVER)
            continue; /* twigs of methods are for texts, which have them all */
        if (insn->op == WEIR_OP_JUMP) {
            if (insn->d < w->at)
                break;
            w->at = insn->d;
        } else {
            const bool is_cast = insn->op >= WEIR_OP_SLOT_FLOAT && insn->op <= WEIR_OP_SLOT_STR;
            put(g, w, insn->a, is_cast ? twig_of_cast(g, insn) : twig_of(g, w, insn));
        }
    }
    return stuck(g);
}

const weir_tree *weir_program_grow(weir_arena *arena, const weir_program *program)
{
    growth g = {.program = program};
    way w = {.at = 0};
    if (!program || program->calls_out)
        return NULL;
    memset(w.twigs, NO_TWIG, sizeof w.twigs);
    const unsigned root = follow(&g, &w);
    if (g.is_stuck || is_bare(&g.twigs[root]))
        return NULL;
    weir_tree *tree = WEIR_ARENA_NEW(arena, weir_tree);
    weir_twig *twigs = WEIR_ARENA_ARRAY(arena, weir_twig, g.count);
    if (!tree || !twigs)
        return NULL;
    memcpy(twigs, g.twigs, g.count * sizeof *twigs);
    *tree = (weir_tree){.root = root, .count = g.count, .twigs = twigs};
    return tree;
}

void weir_tree_each_slot(const weir_tree *tree,
                         void (*visit)(void *user, bool is_item, size_t slot), void *user)
{
    for (unsigned i = 0; i < tree->count; i++) {
        const weir_read *read = tree->twigs[i].read;
        for (size_t k = 0; read && k < read->count; k++)
            if (read->steps[k].has_slot)
                visit(user, read->is_item, read->steps[k].slot);
        if (read)
            visit(user, read->is_item, read->slot);
    }
}

bool weir_tree_reads_slots(const weir_tree *tree)
{
    for (unsigned i = 0; i < tree->count; i++) {
        const weir_twig *twig = &tree->twigs[i];
        if (twig->kind == WEIR_TWIG_ROOT && twig->op != WEIR_ROOT_RECEIVED &&
            twig->op != WEIR_ROOT_VALUE)
            return false;
    }
    return true;
}
