/* SPDX-License-Identifier: MIT */
/*
 * A shape is a path of steps through the tree. A step is some text - at most 16 bytes, longer text
 * is several steps - and what comes behind it: the rest of a string up to the next quote, a number,
 * a word, a container that is walked, or nothing. Quotes are counted while text is compared, so the
 * place in the index stays right without a search.
 */
#include "value/shape.h"

#include <stdlib.h>

#include "value/lesson.h"

enum {
    TEXT_MAX = 16,
    NONE = 0, /* no step: the first one is nobody's branch or next */
    STEPS_FIRST = 32
};

_Static_assert(TEXT_MAX + 2 < WEIR_INDEX_MARKS, "text behind the end leads to no stale quotes");

typedef enum step_kind {
    STEP_TEXT,   /* nothing behind the text */
    STEP_STRING, /* up to the next quote, which belongs to the next text */
    STEP_PASSED, /* such a string, which nobody reads */
    STEP_NUMBER,
    STEP_WORD,
    STEP_CONTAINER, /* walked by `node` */
    STEP_OPEN,      /* a container that is read begins, and its slot is wanted */
    STEP_CLOSE,     /* it has ended */
    STEP_END
} step_kind;

typedef struct weir_shape_step step;

struct weir_shape_step {
    char text[TEXT_MAX];
    uint32_t others; /* bits of a window that are not of the text */
    uint32_t slot;   /* bytes from the first slot, or WEIR_NO_SLOT */
    uint32_t next;   /* bytes from the first step, as `branch` */
    uint32_t branch; /* what else may stand here */
    uint8_t kind;
    uint8_t len;
    uint8_t quotes; /* in the text */
    uint8_t depth;
    uint8_t ahead; /* of a number: bytes from behind it to the next quote, mostly */
    const weir_trie *node;
};

weir_shapes *weir_shapes_new(void)
{
    return calloc(1, sizeof(weir_shapes));
}

void weir_shapes_free(weir_shapes *shapes)
{
    if (!shapes)
        return;
    free(shapes->steps);
    free(shapes);
}

/* ------------------------------------------------------------------ comparing */

static inline step *step_at(const weir_shapes *shapes, uint32_t place)
{
    return (step *)(void *)((char *)shapes->steps + place);
}

static inline weir_value *slot_of(const weir_walk *walk, const step *s)
{
    return (weir_value *)(void *)((char *)walk->slots + s->slot);
}

static inline bool has_text(const step *s, const char *at)
{
    return (weir_scan_equal(at, s->text) | s->others) == UINT32_MAX;
}

/* A number was not where it was thought to end: the next one may be as far from its quote. Messages
 * differ in what follows, and the step is that of all of them. */
static __attribute__((noinline)) void look_ahead(step *s, const char *behind, const char *quote)
{
    const size_t distance = (size_t)(quote - behind);
    if (distance <= UINT8_MAX)
        s->ahead = (uint8_t)distance;
}

static inline size_t number_of(const weir_walk *walk, step *s, const char *at, const char *quote,
                               uint8_t *flags)
{
    const size_t guess = (size_t)(quote - s->ahead - at);
    const size_t len = weir_scan_number_length(&walk->scan, at, guess, flags);
    if (__builtin_expect(len != guess && len > 0, 0))
        look_ahead(s, at + len, quote);
    return len;
}

static inline weir_value span_of(const char *from, const char *to)
{
    return weir_scan_span(WEIR_RAW, 0, *from == '{' ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, from, to);
}

/* What is neither a string nor a number. */
static weir_cursor other_value(weir_walk *walk, const step *s, weir_cursor p)
{
    weir_value v;
    /* A bracket among the slack is none, and the index knows nothing of it. */
    if (p.at >= walk->scan.end)
        return (weir_cursor){NULL, NULL};
    if (s->kind == STEP_CONTAINER && s->slot == WEIR_NO_SLOT && !walk->is_careful) {
        const weir_cursor behind = weir_place_pass_strings(walk->base, p);
        if (behind.at)
            return behind;
    }
    if (weir_is_bracket(*p.at) != (s->kind == STEP_CONTAINER))
        return (weir_cursor){NULL, NULL};
    if (s->kind == STEP_CONTAINER)
        p = weir_walk_value(walk, p, s->node, s->depth, &v);
    else
        p.at = weir_scan_word(&walk->scan, p.at, &v);
    if (p.at && s->slot != WEIR_NO_SLOT)
        *slot_of(walk, s) = v;
    return p;
}

/* A string that may have escapes or more than ASCII, up to its closing quote. */
static bool careful(weir_walk *walk, const step *s, const char *from, uint32_t quote)
{
    weir_value v;
    const char *close = walk->base + quote;
    if (quote == WEIR_INDEX_END)
        return false;
    if (close >= from && weir_place_is_usual(from, close))
        v = weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, from, close);
    else if (!weir_walk_careful(walk, from - 1, close, &v))
        return false;
    if (s->slot != WEIR_NO_SLOT)
        *slot_of(walk, s) = v;
    return true;
}

static weir_cursor miss(weir_shapes *shapes)
{
    shapes->trial.missed++;
    return (weir_cursor){NULL, NULL};
}

/*
 * From step to step. `at` is where the text of a step must stand; `to`, behind it and in the end
 * behind the value that follows it. A value that is not of its step's kind is as good a reason to
 * try another branch as other text is.
 */
weir_cursor weir_shape_match(weir_shapes *shapes, weir_walk *walk, weir_cursor p, weir_value *whole)
{
    static const void *const WAYS[2][STEP_END + 1] = {
        {&&text, &&string, &&passed, &&number, &&value, &&value, &&open, &&close, &&end},
        {&&text, &&careful, &&careful, &&number, &&value, &&value, &&open, &&close, &&end}};
    const void *const *const ways = WAYS[walk->is_careful];
    const char *const base = walk->base;
    const char *const last = walk->scan.end;
    const char *at = p.at, *from;
    size_t len;
    const uint32_t *quote = p.quote, *q;
    weir_cursor behind;
    uint8_t flags;
    step *s = shapes->steps;
    if (shapes->count == 0)
        return miss(shapes);
compare:
    if (__builtin_expect(!has_text(s, at), 0))
        goto other;
    from = at + s->len;
    q = quote + s->quotes;
    goto *ways[s->kind];
passed:
    at = base + *q;
    goto next;
string:
    at = base + *q;
    *slot_of(walk, s) = weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, from, at);
    goto next;
careful:
    if (!careful(walk, s, from, *q))
        return miss(shapes);
    goto passed;
number:
    len = number_of(walk, s, from, base + *q, &flags);
    if (__builtin_expect(len == 0, 0))
        goto other;
    at = from + len;
    if (s->slot != WEIR_NO_SLOT)
        *slot_of(walk, s) = weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, from, at);
    goto next;
value:
    behind = other_value(walk, s, (weir_cursor){from, q});
    if (!behind.at)
        goto other;
    at = behind.at;
    q = behind.quote;
    goto next;
open:
    slot_of(walk, s)->s = from;
    goto text;
close:
    *slot_of(walk, s) = span_of(slot_of(walk, s)->s, from);
text:
    at = from;
next: /* a lesson that was given up has left a step that nothing follows */
    if (__builtin_expect((at > last) | (s->next == NONE), 0))
        return miss(shapes);
    quote = q;
    s = step_at(shapes, s->next);
    goto compare;
other:
    if (s->branch == NONE)
        return miss(shapes);
    s = step_at(shapes, s->branch);
    goto compare;
end:
    if (from > last)
        return miss(shapes);
    shapes->trial.met++;
    *whole = span_of(p.at, from);
    return (weir_cursor){from, q};
}

/* ------------------------------------------------------------------ learning */

#define BEGINNING UINT32_MAX

/* The text since the last value, and the step that it will hang on. */
typedef struct learner {
    weir_shapes *shapes;
    weir_walk *walk;
    weir_cursor from;
    uint32_t at;   /* the step before, or BEGINNING */
    uint8_t ahead; /* of the number that is added */
    bool has_failed;
} learner;

static bool same_step(const step *a, const step *b)
{
    return memcmp(a->text, b->text, TEXT_MAX) == 0 && a->len == b->len && a->kind == b->kind &&
           a->slot == b->slot && a->node == b->node && a->depth == b->depth;
}

static step *step_of(const weir_shapes *shapes, uint32_t place)
{
    return &shapes->steps[place / sizeof(step)];
}

/* Most venues need a few dozen, and there may be a thousand connections. */
static bool grow(weir_shapes *shapes)
{
    const size_t room = shapes->room ? shapes->room * 2 : STEPS_FIRST;
    if (room > WEIR_SHAPE_STEPS_MAX)
        return false;
    step *steps = realloc(shapes->steps, room * sizeof *steps);
    if (!steps)
        return false;
    shapes->steps = steps;
    shapes->room = room;
    return true;
}

/* Its place, or NONE. Steps may have moved. */
static uint32_t add_step(weir_shapes *shapes, const step *wanted)
{
    if (shapes->count == shapes->room && !grow(shapes))
        return NONE;
    shapes->steps[shapes->count] = *wanted;
    return (uint32_t)(shapes->count++ * sizeof(step));
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
    uint32_t at = l->at == BEGINNING ? 0 : step_of(shapes, l->at)->next;
    if (l->at != BEGINNING && at == NONE) {
        at = add_step(shapes, wanted);
        l->has_failed = at == NONE;
        step_of(shapes, l->at)->next = at;
        l->at = at;
        return;
    }
    for (int branches = 0; branches < WEIR_SHAPE_BRANCHES_MAX; branches++) {
        step *s = step_of(shapes, at);
        if (same_step(s, wanted)) {
            l->at = at;
            return;
        }
        if (s->branch == NONE) {
            const uint32_t fresh = add_step(shapes, wanted);
            step_of(shapes, at)->branch = fresh;
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

/* Bytes from behind the number at `to` up to the next quote, if nothing but punctuation is between
 * them. */
static uint8_t find_ahead(const learner *l, weir_cursor p)
{
    size_t len = 0;
    while (len < UINT8_MAX && p.at + len < l->walk->scan.end &&
           memchr(",]}[{ \n\r\t", p.at[len], 9))
        len++;
    return p.at + len == l->walk->base + *p.quote ? (uint8_t)len : 0;
}

/* The text up to `to`, then a value of this kind. */
static void add(learner *l, const char *to, step_kind kind, uint32_t slot, const weir_trie *node,
                unsigned depth)
{
    size_t left = (size_t)(to - l->from.at);
    if (memchr(l->from.at, '\\', left)) /* a quote that it escapes would be counted */
        l->has_failed = true;
    do {
        step s = {.kind = STEP_TEXT, .slot = WEIR_NO_SLOT};
        const size_t len = left < TEXT_MAX ? left : TEXT_MAX;
        memcpy(s.text, l->from.at, len);
        s.others = UINT32_MAX << len;
        s.len = (uint8_t)len;
        s.quotes = count_quotes(l->from.at, len);
        if (len == left) {
            s.kind = (uint8_t)kind;
            s.slot = slot == WEIR_NO_SLOT ? slot : slot * (uint32_t)sizeof(weir_value);
            s.node = node;
            s.depth = (uint8_t)depth;
            if (kind == STEP_NUMBER)
                s.ahead = l->ahead;
        }
        if (!l->has_failed)
            go(l, &s);
        l->from.at += len;
        l->from.quote += s.quotes;
        left -= len;
    } while (left > 0);
}

/* Values that are not looked into, and what is behind them. */
static weir_cursor learn_scalar(learner *l, weir_cursor p, const weir_trie *node)
{
    const bool is_read = node->slot != WEIR_NO_SLOT;
    uint8_t flags;
    weir_value v;
    if (*p.at == '"') {
        add(l, p.at + 1, is_read ? STEP_STRING : STEP_PASSED, node->slot, NULL, 0);
        l->from = (weir_cursor){l->walk->base + p.quote[1], p.quote + 1};
        return (weir_cursor){l->walk->base + p.quote[1] + 1, p.quote + 2};
    }
    const bool is_number = weir_scan_is_digit(*p.at) || *p.at == '-';
    const weir_cursor behind = {is_number ? weir_scan_number(&l->walk->scan, p.at, &flags)
                                          : weir_scan_word(&l->walk->scan, p.at, &v),
                                p.quote};
    l->ahead = find_ahead(l, behind);
    add(l, p.at, is_number ? STEP_NUMBER : STEP_WORD, node->slot, NULL, 0);
    l->from = behind;
    return behind;
}

static weir_cursor learn_container(learner *l, weir_cursor p, const weir_trie *node, unsigned depth)
{
    add(l, p.at, STEP_CONTAINER, node->slot, node, depth);
    p = weir_walk_skip(l->walk, p, depth);
    l->from = p;
    return p;
}

static weir_cursor learn_value(void *user, weir_cursor p, const weir_trie *node, unsigned depth);

static weir_cursor learn_inside(learner *l, weir_cursor p, const weir_trie *node, unsigned depth)
{
    return *p.at == '{' ? weir_lesson_members(l->walk, p, node, depth, learn_value, l)
                        : weir_lesson_elements(l->walk, p, node, depth, learn_value, l);
}

static weir_cursor learn_value(void *user, weir_cursor p, const weir_trie *node, unsigned depth)
{
    learner *l = user;
    if (l->has_failed)
        return (weir_cursor){NULL, NULL};
    if (!weir_is_bracket(*p.at))
        return learn_scalar(l, p, node);
    const bool is_object = *p.at == '{';
    const bool is_read = is_object ? node->key_count > 0 : node->index_count + node->back_count > 0;
    const bool is_lists = !is_object && node->is_lists && p.at[1] == '[';
    if (!is_read || is_lists)
        return learn_container(l, p, node, depth);
    if (node->slot != WEIR_NO_SLOT)
        add(l, p.at, STEP_OPEN, node->slot, NULL, 0);
    p = learn_inside(l, p, node, depth + 1);
    if (p.at && node->slot != WEIR_NO_SLOT)
        add(l, p.at, STEP_CLOSE, node->slot, NULL, 0);
    return p;
}

void weir_shape_learn(weir_shapes *shapes, weir_walk *walk, weir_cursor p, const weir_trie *root,
                      unsigned depth)
{
    if (!weir_is_bracket(*p.at))
        return;
    learner l = {.shapes = shapes, .walk = walk, .from = p, .at = BEGINNING};
    weir_trie top = *root; /* the span of the whole is the caller's */
    top.slot = WEIR_NO_SLOT;
    const bool is_read =
        *p.at == '{' ? root->key_count > 0 : root->index_count + root->back_count > 0;
    if (!is_read)
        return;
    p = learn_inside(&l, p, &top, depth + 1);
    if (p.at && !l.has_failed)
        add(&l, p.at, STEP_END, WEIR_NO_SLOT, NULL, 0);
    l.has_failed |= !p.at;
    if (l.has_failed && shapes->count == WEIR_SHAPE_STEPS_MAX)
        shapes->count = 0; /* forgets all of it */
}
