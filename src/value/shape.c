/* SPDX-License-Identifier: MIT */
/*
 * A shape is a path of steps through the tree. A step is some text - at most 16 bytes, longer text
 * is several steps - and what comes behind it: the rest of a string up to the next quote, a number,
 * a word, a container that is walked, or nothing. Quotes are counted while text is compared, so the
 * place in the index stays right without a search.
 */
#include "value/shape.h"

#include <stdlib.h>

enum {
    TEXT_MAX = 16,
    NONE = 0,      /* no step: the first one is nobody's branch or next */
    WINDOW = 1024, /* values between two looks at how well it goes */
    PAUSE_FIRST = 4096,
    PAUSE_MAX = 1 << 20
};

typedef enum step_kind {
    STEP_TEXT,   /* nothing behind the text */
    STEP_STRING, /* up to the next quote, which belongs to the next text */
    STEP_NUMBER,
    STEP_WORD,
    STEP_CONTAINER, /* walked by `node` */
    STEP_OPEN,      /* a container that is read begins, and its slot is wanted */
    STEP_CLOSE,     /* it has ended */
    STEP_END
} step_kind;

typedef struct step {
    uint64_t text[2];
    uint64_t mask[2];
    uint8_t kind;
    uint8_t len;
    uint8_t quotes; /* in the text */
    uint8_t depth;
    uint16_t next;
    uint16_t branch; /* what else may stand here */
    uint32_t slot;   /* or WEIR_NO_SLOT */
    const weir_node *node;
} step;

struct weir_shapes {
    step *steps; /* NULL until something is learnt */
    size_t count;
    uint32_t met, missed; /* in this window */
    uint32_t pause;       /* values that are still not to be tried */
    uint32_t next_pause;
};

weir_shapes *weir_shapes_new(void)
{
    weir_shapes *shapes = calloc(1, sizeof *shapes);
    if (shapes)
        shapes->next_pause = PAUSE_FIRST;
    return shapes;
}

void weir_shapes_free(weir_shapes *shapes)
{
    if (!shapes)
        return;
    free(shapes->steps);
    free(shapes);
}

/* ------------------------------------------------------------------ is it worth it */

static void forget(weir_shapes *shapes)
{
    shapes->count = 0;
}

static void look_back(weir_shapes *shapes)
{
    if (shapes->missed > shapes->met) {
        forget(shapes);
        shapes->pause = shapes->next_pause;
        if (shapes->next_pause < PAUSE_MAX)
            shapes->next_pause *= 2;
    } else if (shapes->missed * 16 < shapes->met) {
        shapes->next_pause = PAUSE_FIRST;
    }
    shapes->met = 0;
    shapes->missed = 0;
}

bool weir_shape_is_tried(weir_shapes *shapes)
{
    if (!shapes)
        return false;
    if (shapes->met + shapes->missed >= WINDOW)
        look_back(shapes);
    if (shapes->pause == 0)
        return true;
    shapes->pause--;
    return false;
}

/* ------------------------------------------------------------------ comparing */

static inline bool has_text(const step *s, const char *at)
{
    uint64_t first, second;
    memcpy(&first, at, sizeof first);
    memcpy(&second, at + 8, sizeof second);
    return (((first ^ s->text[0]) & s->mask[0]) | ((second ^ s->text[1]) & s->mask[1])) == 0;
}

static inline const char *number(const weir_walk *walk, const char *at, uint8_t *flags)
{
    const char *to = weir_scan_short_number(&walk->scan, at, flags);
    if (__builtin_expect(to != NULL, 1))
        return to;
    if (!weir_scan_is_digit(*at) && *at != '-')
        return NULL;
    weir_scan scan = walk->scan;
    return weir_scan_number(&scan, at, flags);
}

static inline void store(weir_walk *walk, const step *s, weir_value v)
{
    if (s->slot != WEIR_NO_SLOT)
        walk->slots[s->slot] = v;
}

/* What stands behind the text of a step; the place behind that, or NULL. */
static inline weir_place take(weir_walk *walk, const step *s, weir_place p)
{
    uint8_t flags = 0;
    weir_value v;
    const char *to;
    switch (s->kind) {
    case STEP_STRING:
        to = walk->base + *p.quote;
        store(walk, s, weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, p.at, to));
        return (weir_place){to, p.quote};
    case STEP_NUMBER:
        to = number(walk, p.at, &flags);
        if (to)
            store(walk, s, weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, p.at, to));
        return (weir_place){to, p.quote};
    case STEP_WORD:
        to = weir_scan_word(&walk->scan, p.at, &v);
        if (to)
            store(walk, s, v);
        return (weir_place){to, p.quote};
    case STEP_CONTAINER:
        if (!weir_is_bracket(*p.at))
            return (weir_place){NULL, NULL};
        const weir_place behind = weir_walk_value(walk, p, s->node, s->depth, &v);
        if (behind.at)
            store(walk, s, v);
        return behind;
    case STEP_OPEN: walk->slots[s->slot].s = p.at; return p;
    case STEP_CLOSE: {
        const char *from = walk->slots[s->slot].s;
        store(walk, s,
              weir_scan_span(WEIR_RAW, 0, *from == '{' ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, from,
                             p.at));
        return p;
    }
    default: return p;
    }
}

static weir_place miss(weir_shapes *shapes)
{
    shapes->missed++;
    return (weir_place){NULL, NULL};
}

weir_place weir_shape_match(weir_shapes *shapes, weir_walk *walk, weir_place p, weir_value *whole)
{
    const char *from = p.at;
    const char *last = walk->scan.end;
    if (shapes->count == 0 || walk->is_careful)
        return miss(shapes);
    const step *const steps = shapes->steps;
    for (const step *s = steps;;) {
        if (!has_text(s, p.at)) {
            if (s->branch == NONE)
                return miss(shapes);
            s = steps + s->branch;
            continue;
        }
        const weir_place behind = take(walk, s, (weir_place){p.at + s->len, p.quote + s->quotes});
        if (!behind.at || behind.at > last) {
            if (s->branch == NONE || behind.at > last)
                return miss(shapes);
            s = steps + s->branch;
            continue;
        }
        p = behind;
        if (s->kind == STEP_END)
            break;
        s = steps + s->next;
    }
    shapes->met++;
    *whole =
        weir_scan_span(WEIR_RAW, 0, *from == '{' ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, from, p.at);
    return p;
}

/* ------------------------------------------------------------------ learning */

/* The text since the last value, and the step that it will hang on. */
typedef struct learner {
    weir_shapes *shapes;
    weir_walk *walk;
    weir_place from;
    size_t at; /* the step before, or SIZE_MAX */
    bool has_failed;
} learner;

static bool same_step(const step *a, const step *b)
{
    return a->text[0] == b->text[0] && a->text[1] == b->text[1] && a->len == b->len &&
           a->kind == b->kind && a->slot == b->slot && a->node == b->node && a->depth == b->depth;
}

static uint16_t add_step(weir_shapes *shapes, const step *wanted)
{
    if (!shapes->steps)
        shapes->steps = malloc(WEIR_SHAPE_STEPS_MAX * sizeof *shapes->steps);
    if (!shapes->steps || shapes->count == WEIR_SHAPE_STEPS_MAX)
        return NONE;
    shapes->steps[shapes->count] = *wanted;
    return (uint16_t)shapes->count++;
}

/* Goes on to a step behind the present one, which is made unless it is there. */
static void go(learner *l, const step *wanted)
{
    weir_shapes *shapes = l->shapes;
    if (shapes->count == 0) { /* the first of all */
        l->has_failed = add_step(shapes, wanted) == NONE && shapes->count == 0;
        l->at = 0;
        return;
    }
    uint16_t at = l->at == SIZE_MAX ? 0 : shapes->steps[l->at].next;
    if (l->at != SIZE_MAX && at == NONE) {
        at = add_step(shapes, wanted);
        l->has_failed = at == NONE;
        shapes->steps[l->at].next = at;
        l->at = at;
        return;
    }
    for (int branches = 0; branches < WEIR_SHAPE_BRANCHES_MAX; branches++) {
        step *s = &shapes->steps[at];
        if (same_step(s, wanted)) {
            l->at = at;
            return;
        }
        if (s->branch == NONE) {
            const uint16_t fresh = add_step(shapes, wanted);
            shapes->steps[at].branch = fresh;
            l->has_failed = fresh == NONE;
            l->at = fresh;
            return;
        }
        at = s->branch;
    }
    l->has_failed = true;
}

static uint8_t count_quotes(const char *at, size_t len)
{
    uint8_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += at[i] == '"';
    return count;
}

/* The text up to `to`, then a value of this kind. */
static void add(learner *l, const char *to, step_kind kind, uint32_t slot, const weir_node *node,
                unsigned depth)
{
    size_t left = (size_t)(to - l->from.at);
    do {
        step s = {.kind = STEP_TEXT, .slot = WEIR_NO_SLOT};
        const size_t len = left < TEXT_MAX ? left : TEXT_MAX;
        memcpy(s.text, l->from.at, len);
        memset(s.mask, 0xff, len);
        s.len = (uint8_t)len;
        s.quotes = count_quotes(l->from.at, len);
        if (len == left) {
            s.kind = (uint8_t)kind;
            s.slot = slot;
            s.node = node;
            s.depth = (uint8_t)depth;
        }
        if (!l->has_failed)
            go(l, &s);
        l->from.at += len;
        l->from.quote += s.quotes;
        left -= len;
    } while (left > 0);
}

static const weir_node nothing = {.slot = WEIR_NO_SLOT};

static weir_place learn_value(learner *l, weir_place p, const weir_node *node, unsigned depth);

/* Values that are not looked into, and what is behind them. */
static weir_place learn_scalar(learner *l, weir_place p, const weir_node *node)
{
    uint8_t flags;
    weir_value v;
    if (*p.at == '"') {
        add(l, p.at + 1, STEP_STRING, node->slot, NULL, 0);
        l->from = (weir_place){l->walk->base + p.quote[1], p.quote + 1};
        return (weir_place){l->walk->base + p.quote[1] + 1, p.quote + 2};
    }
    const bool is_number = weir_scan_is_digit(*p.at) || *p.at == '-';
    add(l, p.at, is_number ? STEP_NUMBER : STEP_WORD, node->slot, NULL, 0);
    p.at = is_number ? weir_scan_number(&l->walk->scan, p.at, &flags)
                     : weir_scan_word(&l->walk->scan, p.at, &v);
    l->from = p;
    return p;
}

static weir_place learn_container(learner *l, weir_place p, const weir_node *node, unsigned depth)
{
    add(l, p.at, STEP_CONTAINER, node->slot, node, depth);
    p = weir_walk_skip(l->walk, p, depth);
    l->from = p;
    return p;
}

/* Behind a member or element: 1 more follow, 0 the container ends. */
static int behind_value(const learner *l, weir_place *p)
{
    *p = weir_place_blanks(l->walk, *p);
    const char c = *p->at++;
    if (c == ',')
        *p = weir_place_blanks(l->walk, *p);
    return c == ',';
}

static weir_place learn_object(learner *l, weir_place p, const weir_node *node, unsigned depth)
{
    uint64_t shown = 0;
    p.at++;
    p = weir_place_blanks(l->walk, p);
    if (*p.at == '}')
        return (weir_place){p.at + 1, p.quote};
    do {
        weir_value key;
        p = weir_walk_key(l->walk, p, &key);
        const weir_node *child = p.at ? weir_projection_find(node, &key) : NULL;
        if (child) { /* a key that comes twice empties what is below it: not for shapes */
            const uint64_t bit = UINT64_C(1) << (child->ordinal % 64);
            l->has_failed |= (shown & bit) != 0;
            shown |= bit;
        }
        if (!p.at || l->has_failed)
            return (weir_place){NULL, NULL};
        p = learn_value(l, p, child ? child : &nothing, depth);
        if (!p.at)
            return p;
    } while (behind_value(l, &p));
    return p;
}

static size_t count_elements(learner *l, weir_place p, unsigned depth)
{
    size_t count = 0;
    p.at++;
    p = weir_place_blanks(l->walk, p);
    if (*p.at == ']')
        return 0;
    do {
        p = weir_walk_skip(l->walk, p, depth);
        count++;
    } while (p.at && behind_value(l, &p));
    return count;
}

/* The one node that wants an element, which may be counted from both ends; NULL: more than one do.
 */
static const weir_node *wanting(const weir_node *node, size_t index, size_t count, char first)
{
    const weir_node *found = &nothing;
    for (uint32_t i = 0; i < node->index_count + node->back_count; i++) {
        const bool is_front = i < node->index_count;
        const weir_node *child = is_front ? node->front[i] : node->back[i - node->index_count];
        const int64_t at = child->step.index + (is_front ? 0 : (int64_t)count);
        const bool is_wanting =
            child->slot != WEIR_NO_SLOT || (weir_is_bracket(first) && child->below_count > 0);
        if (at != (int64_t)index || !is_wanting)
            continue;
        if (found != &nothing)
            return NULL;
        found = child;
    }
    return found;
}

static weir_place learn_array(learner *l, weir_place p, const weir_node *node, unsigned depth)
{
    const size_t count = count_elements(l, p, depth);
    p.at++;
    p = weir_place_blanks(l->walk, p);
    if (count == 0)
        return (weir_place){p.at + 1, p.quote};
    size_t index = 0;
    do {
        const weir_node *child = wanting(node, index++, count, *p.at);
        l->has_failed |= child == NULL;
        if (l->has_failed)
            return (weir_place){NULL, NULL};
        p = learn_value(l, p, child, depth);
        if (!p.at)
            return p;
    } while (behind_value(l, &p));
    return p;
}

static weir_place learn_value(learner *l, weir_place p, const weir_node *node, unsigned depth)
{
    if (!weir_is_bracket(*p.at))
        return learn_scalar(l, p, node);
    const bool is_object = *p.at == '{';
    const bool is_read = is_object ? node->key_count > 0 : node->index_count + node->back_count > 0;
    if (!is_read)
        return learn_container(l, p, node, depth);
    if (node->slot != WEIR_NO_SLOT)
        add(l, p.at, STEP_OPEN, node->slot, NULL, 0);
    p = is_object ? learn_object(l, p, node, depth + 1) : learn_array(l, p, node, depth + 1);
    if (p.at && node->slot != WEIR_NO_SLOT)
        add(l, p.at, STEP_CLOSE, node->slot, NULL, 0);
    return p;
}

void weir_shape_learn(weir_shapes *shapes, weir_walk *walk, weir_place p, const weir_node *root,
                      unsigned depth)
{
    if (walk->is_careful || !weir_is_bracket(*p.at))
        return;
    learner l = {.shapes = shapes, .walk = walk, .from = p, .at = SIZE_MAX};
    weir_node top = *root; /* the span of the whole is the caller's */
    top.slot = WEIR_NO_SLOT;
    const bool is_read =
        *p.at == '{' ? root->key_count > 0 : root->index_count + root->back_count > 0;
    if (!is_read)
        return;
    p = *p.at == '{' ? learn_object(&l, p, &top, depth + 1) : learn_array(&l, p, &top, depth + 1);
    if (p.at && !l.has_failed)
        add(&l, p.at, STEP_END, WEIR_NO_SLOT, NULL, 0);
    if (l.has_failed && shapes->count == WEIR_SHAPE_STEPS_MAX)
        forget(shapes);
}
