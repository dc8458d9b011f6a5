/* SPDX-License-Identifier: MIT */
/*
 * Making a stencil of a message: a walk notes what varies in it - strings, numbers, containers that
 * are walked - and where the slots' values are; the text between is cut into runs, each run is told
 * from a quote of its own or from the beginning of its part, and is written down in pieces.
 */
#include <stddef.h>
#include <stdlib.h>

#include "value/lesson.h"
#include "value/stencil_parts.h"

enum {
    TOKENS_MAX = 96,
    PIECES_MAX = 192,
    QUOTES_MAX = 200 /* of a part */
};

typedef enum token_kind {
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_WALK,
    TOKEN_STRINGS,
    TOKEN_ROWS
} token_kind;

/* What varies. */
typedef struct token {
    token_kind kind;
    const char *from, *to;
    uint32_t head, tail; /* of a string: bytes that do not vary */
    const weir_trie *node;
    unsigned depth;
    size_t lane; /* of a number, bare or in quotes; or NO_LANE */
} token;

#define NO_LANE SIZE_MAX

/* Where a slot's value is in the message that is learnt from. */
typedef struct mark {
    weir_stencil_mark mark;
    const char *from, *to;
} mark;

/* Text that does not vary, from one token to the next. */
typedef struct run {
    const char *from, *to;
    size_t part;
    size_t quote; /* ordinal in its part of the first one */
    size_t quotes;
    const char *first_quote;
    bool is_start; /* its part begins with it; the first bytes are the part's own piece */
    bool is_end;   /* the text ends with it */
} run;

typedef struct learner {
    const weir_stencil_lesson *lesson;
    weir_walk walk;
    const char *end;
    token tokens[TOKENS_MAX];
    size_t token_count;
    mark marks[WEIR_STENCIL_MARKS_MAX];
    size_t mark_count;
    run runs[TOKENS_MAX + 1];
    weir_stencil_part parts[WEIR_STENCIL_PARTS_MAX];
    weir_stencil_piece pieces[PIECES_MAX]; /* of all parts, one after the other */
    weir_stencil_field fields[TOKENS_MAX];
    weir_stencil_step steps[TOKENS_MAX + PIECES_MAX];
    size_t part_count, piece_count, field_count, step_count;
    size_t number_count;
    weir_stencil stencil;
    uint32_t base;      /* of the slots' names: they are of the message, or of its only element */
    size_t level_texts; /* of the only level of a list, so far */
    bool has_tail;      /* a list is left to the caller, and the last part stands behind it */
    bool has_failed;
} learner;

static const weir_cursor given_up = {NULL, NULL};

/* ------------------------------------------------------------------ what varies, and the slots */

static token *add_token(learner *l, token_kind kind, const char *from, const char *to)
{
    if (l->token_count == TOKENS_MAX - 1) {
        l->has_failed = true;
        return &l->tokens[0];
    }
    token *t = &l->tokens[l->token_count++];
    *t = (token){.kind = kind, .from = from, .to = to, .lane = NO_LANE};
    return t;
}

static uint32_t slot_of(const learner *l, const weir_trie *node)
{
    return node->slot == WEIR_NO_SLOT ? WEIR_NO_SLOT : node->slot + l->base;
}

static void add_mark(learner *l, const weir_trie *node, weir_mark_kind kind, const char *from,
                     const char *to, const weir_value *word)
{
    if (node->slot == WEIR_NO_SLOT)
        return;
    if (l->mark_count == WEIR_STENCIL_MARKS_MAX) {
        l->has_failed = true;
        return;
    }
    mark *m = &l->marks[l->mark_count++];
    *m = (mark){.mark = {.slot = slot_of(l, node), .kind = (uint8_t)kind}, .from = from, .to = to};
    m->mark.raw = *from == '{' ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY;
    if (word)
        m->mark.word = *word;
}

static const weir_stencil_pin *pin_of(const learner *l, uint32_t slot)
{
    static const weir_stencil_pin none = {.slot = WEIR_NO_SLOT};
    for (size_t i = 0; slot != WEIR_NO_SLOT && i < l->lesson->pin_count; i++)
        if (l->lesson->pins[i].slot == slot)
            return &l->lesson->pins[i];
    return &none;
}

static size_t lane_of(const learner *l, uint32_t slot)
{
    for (size_t i = 0; slot != WEIR_NO_SLOT && i < l->lesson->lane_count; i++)
        if (l->lesson->lanes[i] == slot)
            return i;
    return NO_LANE;
}

static weir_cursor learn_text(learner *l, weir_cursor p, const weir_trie *node)
{
    const char *from = p.at + 1, *to = l->walk.base + p.quote[1];
    const weir_stencil_pin *pin = pin_of(l, slot_of(l, node));
    const size_t lane = lane_of(l, slot_of(l, node));
    add_mark(l, node, WEIR_MARK_TEXT, from, to, NULL);
    l->has_failed |= lane != NO_LANE && (pin->is_whole || pin->head + pin->tail > 0);
    if (!pin->is_whole) {
        token *t = add_token(l, TOKEN_TEXT, from, to);
        t->head = pin->head;
        t->tail = pin->tail;
        t->lane = lane;
        l->has_failed |= (size_t)(to - from) < (size_t)pin->head + pin->tail;
    }
    return (weir_cursor){to + 1, p.quote + 2};
}

static weir_cursor learn_number(learner *l, weir_cursor p, const weir_trie *node)
{
    uint8_t flags;
    const char *to = weir_scan_number(&l->walk.scan, p.at, &flags);
    if (!to)
        return given_up;
    add_mark(l, node, WEIR_MARK_NUMBER, p.at, to, NULL);
    add_token(l, TOKEN_NUMBER, p.at, to)->lane = lane_of(l, slot_of(l, node));
    return (weir_cursor){to, p.quote};
}

static weir_cursor learn_scalar(learner *l, weir_cursor p, const weir_trie *node)
{
    weir_value word;
    if (*p.at == '"')
        return learn_text(l, p, node);
    if (weir_scan_is_digit(*p.at) || *p.at == '-')
        return learn_number(l, p, node);
    const char *to = weir_scan_word(&l->walk.scan, p.at, &word);
    if (!to)
        return given_up;
    add_mark(l, node, WEIR_MARK_WORD, p.at, to, &word);
    return (weir_cursor){to, p.quote};
}

/* A list of strings, as they are sent: the walk needs more than a look at what is between them. */
static bool is_strings(const learner *l, weir_cursor p, weir_cursor behind)
{
    const uint32_t *quote = p.quote;
    const char *at = p.at;
    while ((*at == '[' || *at == ',') && l->walk.base + *quote == at + 1) {
        at = l->walk.base + quote[1] + 1;
        quote += 2;
    }
    return *at == ']' && at + 1 == behind.at;
}

static bool is_of_rows(const learner *l, const weir_trie *node)
{
    const uint32_t slot = slot_of(l, node);
    return slot != WEIR_NO_SLOT && slot == l->lesson->rows;
}

/* A container that is passed as a whole, which `as` is to walk. */
static weir_cursor learn_whole(learner *l, weir_cursor p, const weir_trie *node,
                               const weir_trie *as, unsigned depth)
{
    const bool is_rows = is_of_rows(l, node);
    const weir_cursor behind = weir_walk_skip(&l->walk, p, depth);
    if (!behind.at)
        return behind;
    const bool is_passed = node->slot == WEIR_NO_SLOT && is_strings(l, p, behind);
    token *t = add_token(l,
                         is_rows     ? TOKEN_ROWS
                         : is_passed ? TOKEN_STRINGS
                                     : TOKEN_WALK,
                         p.at, behind.at);
    t->node = as;
    t->depth = depth;
    add_mark(l, node, is_rows ? WEIR_MARK_ROWS : WEIR_MARK_WALKED, p.at, behind.at, NULL);
    return behind;
}

/* ------------------------------------------------------------------ lists of levels */

/* A text of the only level, which no node wants. */
static weir_cursor learn_level_text(void *user, weir_cursor p, const weir_trie *node,
                                    unsigned depth)
{
    learner *l = user;
    (void)node;
    (void)depth;
    const weir_trie text = {.slot = weir_stencil_in_level(l->lesson->levels, l->level_texts++)};
    return learn_text(l, p, &text);
}

static weir_cursor learn_level(void *user, weir_cursor p, const weir_trie *node, unsigned depth)
{
    learner *l = user;
    const char *from = p.at;
    p = weir_lesson_elements(&l->walk, p, node, depth + 1, learn_level_text, l);
    if (p.at)
        add_mark(l, node, WEIR_MARK_SPAN, from, p.at, NULL);
    return p;
}

static void hide_below(learner *l, const weir_trie *node, const char *at)
{
    for (uint32_t i = 0; i < node->below_count; i++) {
        const weir_trie below = {.slot = node->below[i]};
        add_mark(l, &below, WEIR_MARK_HIDDEN, at, at, NULL);
    }
}

/* A list of lists that somebody reads as levels. What is read below it beside is not filled in. */
static weir_cursor learn_levels(learner *l, weir_cursor p, const weir_trie *node, unsigned depth)
{
    static const weir_trie lists = {.slot = WEIR_NO_SLOT, .is_lists = true};
    const char *from = p.at;
    if (weir_stencil_level_texts(node, (weir_str){from, (size_t)(l->walk.scan.end - from)}) == 0) {
        hide_below(l, node, from);
        return learn_whole(
            l, p, node, weir_stencil_has_plain_levels(node) ? &weir_stencil_many : &lists, depth);
    }
    p = weir_lesson_elements(&l->walk, p, node, depth + 1, learn_level, l);
    if (p.at)
        add_mark(l, node, WEIR_MARK_SPAN, from, p.at, NULL);
    return p;
}

static weir_lesson_fn learn_value;

/* The only element of the list that else is left to the caller. */
static weir_cursor learn_item(void *user, weir_cursor p, const weir_trie *node, unsigned depth)
{
    learner *l = user;
    (void)node;
    l->base = weir_stencil_in_item(0);
    p = learn_value(l, p, l->lesson->items->root, depth);
    l->base = 0;
    return p;
}

/* `depth` levels are open around it. Objects are looked into whether or not they are read, for
 * their keys are mostly the same; arrays that are not read have any length. */
static weir_cursor learn_value(void *user, weir_cursor p, const weir_trie *node, unsigned depth)
{
    learner *l = user;
    if (l->has_failed)
        return given_up;
    if (!weir_is_bracket(*p.at))
        return learn_scalar(l, p, node);
    const bool is_array = *p.at == '[';
    const bool is_rows = is_of_rows(l, node);
    const bool is_empty = is_array && p.at[1] == ']';
    const bool is_lists = node->is_lists && p.at[1] == '[';
    const bool is_looked_into = node->index_count + node->back_count > 0;
    if (depth >= WEIR_JSON_DEPTH_MAX || (is_rows && node->below_count > 0))
        return given_up;
    if (is_array && is_lists && node->slot == l->lesson->levels)
        return learn_levels(l, p, node, depth);
    const bool is_opened = is_rows && is_array && l->lesson->items;
    if (is_array && !is_opened &&
        (is_rows || (!is_empty && ((is_lists && node->below_count == 0) || !is_looked_into))))
        return learn_whole(l, p, node, node, depth);
    const char *from = p.at;
    p = is_array ? weir_lesson_elements(&l->walk, p, node, depth + 1,
                                        is_opened ? learn_item : learn_value, l)
                 : weir_lesson_members(&l->walk, p, node, depth + 1, learn_value, l);
    if (p.at)
        add_mark(l, node, WEIR_MARK_SPAN, from, p.at, NULL);
    return p;
}

/* ------------------------------------------------------------------ runs */

static bool has_quote(const char *from, const char *to)
{
    return memchr(from, '"', (size_t)(to - from)) != NULL;
}

/* What follows a token stands at no known distance from a quote or the end: a new part begins. */
static bool ends_part(const learner *l, const token *t, const run *next)
{
    return t->kind == TOKEN_WALK || t->kind == TOKEN_STRINGS || t->kind == TOKEN_ROWS ||
           (t->kind == TOKEN_NUMBER && !has_quote(next->from, next->to) &&
            !(next->is_end && l->lesson->is_whole));
}

static void find_quotes(learner *l, run *r, size_t *ordinal)
{
    r->quote = *ordinal;
    for (const char *at = r->from; at < r->to; at++) {
        if (*at != '"')
            continue;
        if (r->quotes++ == 0)
            r->first_quote = at;
        ++*ordinal;
    }
    l->has_failed |= *ordinal > QUOTES_MAX;
}

/* The tokens' texts and the run behind each; the first run stands before them. */
static void find_runs(learner *l)
{
    size_t part = 0, ordinal = 0;
    const char *from = l->lesson->at.at;
    for (size_t i = 0; i <= l->token_count && !l->has_failed; i++) {
        const token *before = i > 0 ? &l->tokens[i - 1] : NULL;
        const token *behind = i < l->token_count ? &l->tokens[i] : NULL;
        run *r = &l->runs[i];
        *r = (run){.from = before ? before->to - before->tail : from,
                   .to = behind ? behind->from + behind->head : l->end,
                   .is_start = i == 0,
                   .is_end = behind == NULL && l->lesson->is_whole};
        if (before && ends_part(l, before, r)) {
            part++;
            ordinal = 0;
            r->is_start = before->kind != TOKEN_ROWS;
        }
        r->part = part;
        find_quotes(l, r, &ordinal);
        l->has_failed |= part >= WEIR_STENCIL_PARTS_MAX;
    }
}

/* A number that nobody reads is as well looked at in a lane that is read anyway, if it is short. */
static void fill_lanes(learner *l)
{
    size_t *next = &l->stencil.lane_count;
    *next = l->lesson->lane_count;
    for (size_t i = 0; i < l->token_count && *next < l->lesson->lane_room; i++) {
        token *t = &l->tokens[i];
        if (t->kind == TOKEN_NUMBER && t->lane == NO_LANE && !ends_part(l, t, &l->runs[i + 1]) &&
            t->to - t->from <= WEIR_LANE_TEXT_MAX)
            t->lane = (*next)++;
    }
}

/* ------------------------------------------------------------------ places */

static weir_spot spot_of(learner *l, const run *r, const char *at)
{
    const uint8_t start = (uint8_t)(1 + 2 * r->part);
    const char *from = r->from;
    weir_spot spot = {start, 0, 0};
    if (r->quotes > 0 && (at >= r->first_quote || !r->is_start)) {
        size_t ordinal = r->quote;
        from = r->first_quote;
        for (const char *q = r->first_quote + 1; q <= at && q < r->to; q++)
            if (*q == '"') {
                from = q;
                ordinal++;
            }
        spot = (weir_spot){(uint8_t)(start + 1), (uint8_t)ordinal, 0};
    } else if (!r->is_start && r->is_end) {
        from = r->to;
        spot = (weir_spot){0, 0, 0};
    } else if (!r->is_start) {
        l->has_failed = true;
    }
    const ptrdiff_t delta = at - from;
    l->has_failed |= delta > WEIR_STENCIL_DELTA_MAX || delta < -WEIR_STENCIL_DELTA_MAX;
    spot.delta = (int16_t)delta;
    return spot;
}

/* The run in which a place lies; where two meet, because a text is empty, the first or the last. */
static const run *run_of(const learner *l, const char *at, bool is_first)
{
    const run *found = &l->runs[0];
    for (size_t i = 0; i <= l->token_count; i++) {
        const run *r = &l->runs[i];
        if (at < r->from || at > r->to)
            continue;
        found = r;
        if (is_first)
            break;
    }
    return found;
}

/* ------------------------------------------------------------------ what becomes of them */

/* Where a piece is told from; those of a part stand in this order. */
typedef enum sort { SORT_QUOTE, SORT_START, SORT_TAIL } sort;

static sort sort_of(weir_spot spot)
{
    return spot.where == 0 ? SORT_TAIL : spot.where % 2 == 1 ? SORT_START : SORT_QUOTE;
}

/* The part that is being made. */
static weir_stencil_part *part_of(learner *l)
{
    return &l->parts[l->part_count - 1];
}

static weir_stencil_step *add_step(learner *l, weir_stencil_code code, weir_spot from, weir_spot to)
{
    weir_stencil_step *step = &l->steps[l->step_count++];
    *step = (weir_stencil_step){.code = (uint8_t)code, .from = from, .to = to};
    part_of(l)->steps++;
    return step;
}

static weir_stencil_piece piece_of(weir_spot place, const char *text, size_t len)
{
    weir_stencil_piece piece = {.delta = place.delta, .quote = place.quote};
    memcpy(&piece.text, text, len);
    memset(&piece.mask, UINT8_MAX, len);
    return piece;
}

static void add_piece(learner *l, weir_spot place, const char *text, size_t len)
{
    weir_stencil_part *part = part_of(l);
    uint8_t *const counts[] = {&part->inner, &part->starts, &part->tails};
    if (l->piece_count == PIECES_MAX) {
        l->has_failed = true;
        return;
    }
    l->pieces[l->piece_count++] = piece_of(place, text, len);
    ++*counts[sort_of(place)];
}

/* Where the bytes of a spot's beginning are. */
static const char *at_of(weir_spot spot, const char *at)
{
    return at - spot.delta;
}

/* The next place that pieces of a run are told from must be as far from the one before as it is
 * here: else bytes between two pieces would be passed over. */
static void add_distance(learner *l, weir_spot before, weir_spot next, ptrdiff_t distance)
{
    before.delta = 0;
    next.delta = 0;
    add_step(l, WEIR_STEP_DISTANCE, before, next)->bytes = (uint32_t)distance;
}

/* Of a run that a part begins with. */
static size_t start_length(const run *r)
{
    const size_t len = (size_t)(r->to - r->from);
    return len < WEIR_STENCIL_TEXT_MAX ? len : WEIR_STENCIL_TEXT_MAX;
}

/* Pieces of a run that are told from a place of one sort. All of them are told from the place where
 * the run begins, as far as it goes; behind a part's own piece, from the last one in that, for its
 * bytes alone say where that is. */
static void add_texts(learner *l, const run *r, sort wanted)
{
    const char *from = r->from + (r->is_start ? start_length(r) : 0);
    const char *told = r->is_start ? from - 1 : from;
    weir_spot anchor = spot_of(l, r, told);
    const char *origin = at_of(anchor, told);
    if (from == r->to)
        return;
    for (const char *at = from; at < r->to && !l->has_failed; at += WEIR_STENCIL_TEXT_MAX) {
        if (at - origin > WEIR_STENCIL_DELTA_MAX) {
            const weir_spot next = spot_of(l, r, at);
            const char *place = at_of(next, at);
            if (wanted == SORT_QUOTE)
                add_distance(l, anchor, next, place - origin);
            anchor = next;
            origin = place;
        }
        if (sort_of(anchor) != wanted)
            continue;
        const size_t left = (size_t)(r->to - at);
        anchor.delta = (int16_t)(at - origin);
        add_piece(l, anchor, at, left < WEIR_STENCIL_TEXT_MAX ? left : WEIR_STENCIL_TEXT_MAX);
    }
}

static uint8_t next_number(learner *l)
{
    l->has_failed |= l->number_count == WEIR_STENCIL_NUMBERS_MAX;
    return (uint8_t)(l->has_failed ? 0 : l->number_count++);
}

/* Where a lane is in weir_fit. */
static uint32_t lane_at(size_t lane)
{
    return (uint32_t)(offsetof(weir_fit, lanes) + lane / WEIR_LANES * sizeof(weir_lanes) +
                      offsetof(weir_lanes, at) + lane % WEIR_LANES * sizeof(const char *));
}

static uint32_t lane_len(size_t lane)
{
    return (uint32_t)(offsetof(weir_fit, lanes) + lane / WEIR_LANES * sizeof(weir_lanes) +
                      offsetof(weir_lanes, len) + lane % WEIR_LANES * sizeof(uint32_t));
}

static weir_stencil_field field_of(const token *t, weir_spot from, weir_spot to)
{
    return (weir_stencil_field){.delta = from.delta,
                                .quote = from.quote,
                                .less = (uint32_t)(from.delta - to.delta),
                                .at = lane_at(t->lane),
                                .len = lane_len(t->lane)};
}

static void add_field(learner *l, const token *t, weir_spot from, weir_spot to)
{
    l->fields[l->field_count++] = field_of(t, from, to);
    part_of(l)->fields++;
}

/* From the part's beginning to a quote: `less` are the bytes before that. */
static void add_head(learner *l, const token *t, weir_spot from, weir_spot to)
{
    weir_stencil_part *part = part_of(l);
    part->has_head = true;
    part->head = field_of(t, from, to);
    part->head.quote = to.quote;
    part->head.less = (uint32_t)-to.delta;
}

static void add_number(learner *l, const token *t, const run *before, const run *behind)
{
    const weir_spot from = spot_of(l, before, t->from), to = spot_of(l, behind, t->to);
    const bool is_between =
        sort_of(from) == SORT_QUOTE && to.where == from.where && to.quote == from.quote + 1;
    if (t->lane == NO_LANE) {
        add_step(l, WEIR_STEP_NUMBER, from, to)->number = next_number(l);
    } else if (is_between) {
        add_field(l, t, from, to);
    } else if (sort_of(from) == SORT_START && to.where == from.where + 1 && !part_of(l)->has_head) {
        add_head(l, t, from, to);
    } else {
        weir_stencil_step *step = add_step(l, WEIR_STEP_LANE, from, to);
        step->at = lane_at(t->lane);
        step->len = lane_len(t->lane);
    }
}

/* A text that begins with something has no quote in that: only where its end is pinned may this
 * lie before its beginning. */
static void add_length(learner *l, const token *t, const run *behind)
{
    const uint8_t where = (uint8_t)(2 + 2 * behind->part);
    const weir_spot from = {where, (uint8_t)(behind->quote - 1), 1};
    const weir_spot to = {where, (uint8_t)behind->quote, 0};
    const uint32_t bytes = t->head + t->tail;
    if (t->tail == 0)
        return;
    if ((size_t)(t->to - t->from) < WEIR_STENCIL_NUMBER_LEN_MAX) { /* as if it were a number */
        l->fields[l->field_count++] = (weir_stencil_field){.quote = from.quote,
                                                           .less = bytes,
                                                           .at = offsetof(weir_fit, unread),
                                                           .len = offsetof(weir_fit, unread_len)};
        part_of(l)->fields++;
    } else {
        add_step(l, WEIR_STEP_LENGTH, from, to)->bytes = bytes;
    }
}

static void begin_part(learner *l, const run *first, const run *last)
{
    l->part_count++;
    part_of(l)->quotes = (uint32_t)(last->quote + last->quotes);
    if (first->is_start)
        part_of(l)->start = piece_of((weir_spot){0, 0, 0}, first->from, start_length(first));
}

/* The runs from `first` to `last`, that are one part. */
static void add_part(learner *l, size_t first, size_t last)
{
    for (size_t i = first; i < last && !l->has_failed; i++)
        if (l->tokens[i].kind == TOKEN_NUMBER || l->tokens[i].lane != NO_LANE)
            add_number(l, &l->tokens[i], &l->runs[i], &l->runs[i + 1]);
    for (size_t i = first; i < last; i++)
        if (l->tokens[i].kind == TOKEN_TEXT)
            add_length(l, &l->tokens[i], &l->runs[i + 1]);
    for (sort s = SORT_QUOTE; s <= SORT_TAIL; s++) {
        for (size_t i = first; i <= last; i++)
            add_texts(l, &l->runs[i], s);
        if (part_of(l)->inner % 2 > 0) /* one that is always right */
            add_piece(l, (weir_spot){(uint8_t)(2 + 2 * l->runs[first].part), 0, 0}, "", 0);
    }
    weir_stencil_part *part = part_of(l);
    part->is_plain = part->starts + part->tails + part->steps == 0;
}

/* What the part ends with that ends with a run. */
static void end_part(learner *l, size_t last)
{
    static const uint8_t ends[] = {[TOKEN_NUMBER] = WEIR_END_NUMBER,
                                   [TOKEN_STRINGS] = WEIR_END_STRINGS,
                                   [TOKEN_WALK] = WEIR_END_WALK,
                                   [TOKEN_ROWS] = WEIR_END_ROWS};
    const run *r = &l->runs[last];
    const token *t = last < l->token_count ? &l->tokens[last] : NULL;
    weir_stencil_part *part = part_of(l);
    part->behind = spot_of(l, r, r->to);
    if (!t)
        return;
    part->end = t->kind == TOKEN_WALK && t->node->is_lists ? WEIR_END_LISTS : ends[t->kind];
    part->node = t->node;
    part->depth = t->depth;
    if (t->kind == TOKEN_NUMBER && t->lane != NO_LANE) {
        part->end = WEIR_END_LANE;
        part->at = lane_at(t->lane);
        part->len = lane_len(t->lane);
    } else if (t->kind == TOKEN_NUMBER) {
        part->number = next_number(l);
    }
    if (t->kind == TOKEN_ROWS) {
        l->has_failed |= l->has_tail || r->part + 1 >= WEIR_STENCIL_PARTS_MAX;
        l->has_tail = true;
        l->stencil.rows_end = spot_of(l, r + 1, r[1].from);
    } else if (l->has_tail) {
        l->has_failed = true; /* what stands behind the list is one part, told from the end */
    }
}

static void make_parts(learner *l)
{
    for (size_t i = 0; i <= l->token_count && !l->has_failed; i++) {
        size_t last = i;
        while (last < l->token_count && l->runs[last + 1].part == l->runs[i].part)
            last++;
        begin_part(l, &l->runs[i], &l->runs[last]);
        add_part(l, i, last);
        end_part(l, last);
        i = last;
    }
}

/* ------------------------------------------------------------------ marks */

/* Which lane, number or part a token has become: numbers are counted as make_parts does it. */
static void find_token(const learner *l, mark *m)
{
    size_t numbers = 0;
    for (size_t i = 0; i < l->token_count; i++) {
        const token *t = &l->tokens[i];
        const bool is_number = t->kind == TOKEN_NUMBER && t->lane == NO_LANE;
        if (t->from == m->from && t->lane != NO_LANE) {
            m->mark.in_lane = true;
            m->mark.at = (uint8_t)t->lane;
        } else if (t->from == m->from && t->kind != TOKEN_TEXT) {
            m->mark.at = (uint8_t)(is_number ? numbers : l->runs[i].part);
        }
        numbers += is_number;
    }
}

static void make_marks(learner *l)
{
    for (size_t i = 0; i < l->mark_count && !l->has_failed; i++) {
        mark *m = &l->marks[i];
        find_token(l, m);
        if (m->mark.kind != WEIR_MARK_TEXT && m->mark.kind != WEIR_MARK_SPAN)
            continue;
        /* A text is told from its opening quote, also where it is empty and of the stencil: then
         * the nearest quote before it is the one that closes it. */
        const char *const from = m->mark.kind == WEIR_MARK_TEXT ? m->from - 1 : m->from;
        m->mark.from = spot_of(l, run_of(l, from, true), from);
        m->mark.from.delta = (int16_t)(m->mark.from.delta + (m->from - from));
        m->mark.to = spot_of(l, run_of(l, m->to, m->mark.kind == WEIR_MARK_SPAN), m->to);
    }
}

/* ------------------------------------------------------------------ all of it in one block */

static void *put(char **to, const void *from, size_t bytes)
{
    void *at = *to;
    if (bytes > 0)
        memcpy(at, from, bytes);
    *to += (bytes + WEIR_STENCIL_TEXT_MAX - 1) & ~(size_t)(WEIR_STENCIL_TEXT_MAX - 1);
    return at;
}

/* The parts find what is theirs. */
static void link_parts(weir_stencil *s, size_t count, const weir_stencil_piece *piece,
                       const weir_stencil_field *field, const weir_stencil_step *step)
{
    for (size_t i = 0; i < count; i++) {
        weir_stencil_part *part = &s->parts[i];
        part->piece = piece;
        part->inner_end = piece + part->inner;
        part->field = field;
        part->field_end = field + part->fields;
        part->step = step;
        piece += part->starts + part->inner + part->tails;
        field += part->fields;
        step += part->steps;
    }
}

static weir_stencil *make(const learner *l)
{
    enum { BLOCKS = 6 };
    const size_t parts = l->part_count * sizeof *l->parts;
    const size_t pieces = l->piece_count * sizeof *l->pieces;
    const size_t fields = l->field_count * sizeof *l->fields;
    const size_t steps = l->step_count * sizeof *l->steps;
    const size_t marks = l->mark_count * sizeof(weir_stencil_mark);
    char *block = malloc(sizeof(weir_stencil) + parts + pieces + fields + steps + marks +
                         BLOCKS * WEIR_STENCIL_TEXT_MAX);
    if (!block)
        return NULL;
    char *at = block;
    weir_stencil *s = put(&at, &l->stencil, sizeof l->stencil);
    const weir_stencil_piece *piece = put(&at, l->pieces, pieces);
    const weir_stencil_field *field = put(&at, l->fields, fields);
    const weir_stencil_step *step = put(&at, l->steps, steps);
    s->parts = put(&at, l->parts, parts);
    s->marks = (weir_stencil_mark *)(void *)at;
    s->mark_count = l->mark_count;
    for (size_t i = 0; i < l->mark_count; i++)
        s->marks[i] = l->marks[i].mark;
    link_parts(s, l->part_count, piece, field, step);
    return s;
}

/* What is pinned stands where it was looked at, and not within what is walked. */
static bool has_pins(const learner *l)
{
    const weir_stencil_lesson *lesson = l->lesson;
    for (size_t i = 0; i < lesson->pin_count; i++) {
        const weir_stencil_pin *pin = &lesson->pins[i];
        bool is_met = !pin->is_whole && pin->head + pin->tail == 0;
        for (size_t k = 0; k < l->mark_count && !is_met; k++)
            is_met =
                l->marks[k].mark.slot == pin->slot && l->marks[k].mark.kind != WEIR_MARK_HIDDEN;
        if (!is_met)
            return false;
    }
    return true;
}

weir_stencil *weir_stencil_learn(const weir_stencil_lesson *lesson)
{
    learner l; /* large, and not on the heap: what is not for stencils costs no memory */
    memset(&l, 0, sizeof l);
    l.lesson = lesson;
    l.walk = weir_walk_begin(lesson->index, NULL);
    l.stencil.is_whole = lesson->is_whole;
    if (l.walk.is_careful || !weir_is_bracket(*lesson->at.at))
        return NULL;
    const weir_cursor behind = learn_value(&l, lesson->at, lesson->projection->root, lesson->depth);
    if (!behind.at || behind.at > l.walk.scan.end || l.has_failed || !has_pins(&l))
        return NULL;
    l.end = lesson->is_whole ? l.walk.scan.end : behind.at;
    find_runs(&l);
    if (!l.has_failed)
        fill_lanes(&l);
    if (!l.has_failed)
        make_parts(&l);
    if (!l.has_failed)
        make_marks(&l);
    return l.has_failed ? NULL : make(&l);
}
