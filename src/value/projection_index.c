/* SPDX-License-Identifier: MIT */
/*
 * The fast walk: the same trie over the same text as projection_walk.c, but strings are passed from
 * quote to quote by an index (json_index.h). Every byte outside of strings is looked at and every
 * number checked, so what this walk accepts the general one accepts, with equal slots; whatever
 * surprises it, it gives up, and the general walk says what is wrong. A fuzz target holds the two
 * against each other.
 *
 * What makes it fast is that nothing waits: where a string ends is read from the index, not found
 * from where it begins, so the processor works on several members at a time. Hence a position is a
 * pair - in the text and in the index - that is passed and returned in registers; a position kept
 * in memory would tie each string to the one before.
 *
 * A text with a backslash or a byte above 0x7f is walked carefully: each string is then scanned as
 * the general walk does it.
 */
#include <assert.h>

#include "value/lists.h"
#include "value/shape.h"

enum { RECENT = 8 /* as in projection_walk.c */ };

typedef weir_cursor place;
typedef weir_walk walk;

static const place given_up = {NULL, NULL};

/* ------------------------------------------------------------------ scalars */

static inline place blanks(const walk *w, place p)
{
    return weir_place_blanks(w, p);
}

/* Behind the escape at a backslash, or NULL. */
static inline const char *escape(walk *w, const char *at)
{
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'n': return at + 2;
    default: return weir_scan_escape(&w->scan, at);
    }
}

/* What the index does not know of a string: that its escapes are some, and its bytes UTF-8. Some at
 * a time are looked at, up to the next backslash. */
static bool has_good_text(walk *w, const char *from, const char *close, uint8_t *kind,
                          uint8_t *flags)
{
    const char *at = from;
    uint32_t high = 0;
    while (at < close) {
        const size_t left = (size_t)(close - at);
        const uint32_t mine = left < 16 ? (UINT32_C(1) << left) - 1 : 0xffff;
        const uint32_t backslashes = weir_scan_backslashes(at) & mine;
        high |= weir_scan_unusual(at) & mine & ~backslashes;
        if (!backslashes) {
            at += 16;
            continue;
        }
        *kind = WEIR_RAW;
        at = escape(w, at + __builtin_ctz(backslashes));
        if (!at)
            return false;
    }
    *flags = high ? 0 : WEIR_VALUE_ASCII;
    return !high || weir_utf8_valid((weir_str){from, (size_t)(close - from)});
}

/* Out of line: strings that may have escapes or more than ASCII. */
__attribute__((noinline)) const char *weir_walk_careful(walk *w, const char *at, const char *close,
                                                        weir_value *out)
{
    uint8_t kind = WEIR_STR;
    uint8_t flags = 0;
    if (!has_good_text(w, at + 1, close, &kind, &flags))
        return NULL;
    *out = weir_scan_span(kind, flags, kind == WEIR_RAW ? WEIR_RAW_ESCAPED : 0, at + 1, close);
    return close + 1;
}

/* The string at p, a quote; the place behind it. The index is even, so what is opened is closed. */
static inline place string(walk *w, place p, weir_value *out)
{
    const char *close = w->base + p.quote[1];
    if (w->base + p.quote[0] != p.at)
        return given_up;
    if (__builtin_expect(w->is_careful, 0) && !weir_place_is_usual(p.at + 1, close))
        return (place){weir_walk_careful(w, p.at, close, out), p.quote + 2};
    *out = weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, p.at + 1, close);
    return (place){close + 1, p.quote + 2};
}

/* Any value but a container. */
static inline place scalar(walk *w, place p, weir_value *out)
{
    const char first = *p.at;
    if (first == '"')
        return string(w, p, out);
    if (weir_scan_is_digit(first) || first == '-') {
        uint8_t flags = 0;
        const char *to = weir_scan_short_number(&w->scan, p.at, &flags);
        if (__builtin_expect(!to, 0))
            to = weir_scan_number(&w->scan, p.at, &flags);
        *out = weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, p.at, to);
        return (place){to, p.quote};
    }
    return (place){weir_scan_word(&w->scan, p.at, out), p.quote};
}

/* A key and its colon; the place of the value. */
static inline place key_of(walk *w, place p, weir_value *key)
{
    if (*p.at != '"')
        return given_up;
    p = string(w, p, key);
    if (!p.at)
        return p;
    p = blanks(w, p);
    if (*p.at != ':')
        return given_up;
    p.at++;
    return blanks(w, p);
}

/* ------------------------------------------------------------------ containers that are not read
 */

/*
 * Strings of an array and its neighbours, [["1.5","2"],["1.4","3"]]: from the first string of one
 * up to the last of the last. What stands between two strings is looked at; anything but "," and
 * "],[" ends the run, and so does a closing bracket that nothing follows.
 */
static inline place run_of_strings(const walk *w, place p)
{
    const char *base = w->base;
    const uint32_t *quote = p.quote;
    if (base + quote[0] != p.at)
        return given_up;
    for (;;) {
        const uint32_t close = quote[1], next = quote[2];
        const char *behind = base + close + 1;
        if (next == close + 2 && behind[0] == ',')
            quote += 2;
        else if (next == close + 4 && behind[0] == ']' && behind[1] == ',' && behind[2] == '[')
            quote += 2;
        else
            return (place){behind, quote + 2};
    }
}

/*
 * Numbers of an array and its neighbours likewise, [[1.5,2],[1.4,3]]: from the first of one up to
 * the last of the last that is short. NULL: the very first is not.
 */
static inline place run_of_numbers(const walk *w, place p)
{
    uint8_t flags;
    const char *good = NULL;
    const char *at = p.at;
    for (;;) {
        at = weir_scan_short_number(&w->scan, at, &flags);
        if (!at)
            break;
        good = at;
        if (at[0] == ',')
            at++;
        else if (at[0] == ']' && at[1] == ',' && at[2] == '[')
            at += 3;
        else
            break;
    }
    return (place){good, p.quote};
}

/* As weir_scan_container. */
static place container(walk *w, place p, unsigned depth)
{
    uint64_t objects[WEIR_JSON_DEPTH_MAX / 64] = {0};
    unsigned open = depth;
    char closing;
    weir_value unwanted;

enter:
    if (p.at >= w->scan.end || open == WEIR_JSON_DEPTH_MAX)
        return given_up;
    closing = *p.at == '{' ? '}' : ']';
    if (closing == '}')
        objects[open / 64] |= UINT64_C(1) << (open % 64);
    else
        objects[open / 64] &= ~(UINT64_C(1) << (open % 64));
    open++;
    p.at++;
    p = blanks(w, p);
    if (*p.at == closing)
        goto leave;
element:
    if (closing == '}') {
        p = key_of(w, p, &unwanted);
        if (!p.at)
            return p;
    }
    if (weir_is_bracket(*p.at))
        goto enter;
    /* Neighbours are passed over at the same depth only where an array is around them. */
    if (closing == ']' && open >= depth + 2 &&
        !(objects[(open - 2) / 64] >> ((open - 2) % 64) & 1)) {
        const place run = *p.at != '"'     ? run_of_numbers(w, p)
                          : !w->is_careful ? run_of_strings(w, p)
                                           : given_up;
        p = run.at ? run : scalar(w, p, &unwanted);
    } else {
        p = scalar(w, p, &unwanted);
    }
    if (!p.at)
        return p;
behind:
    p = blanks(w, p);
    if (*p.at == ',') {
        p.at++;
        p = blanks(w, p);
        goto element;
    }
    if (*p.at != closing)
        return given_up;
leave:
    if (p.at >= w->scan.end)
        return given_up;
    p.at++;
    if (--open == depth)
        return p;
    closing = objects[(open - 1) / 64] >> ((open - 1) % 64) & 1 ? '}' : ']';
    goto behind;
}

static inline place skip(walk *w, place p, unsigned depth)
{
    weir_value unwanted;
    return weir_is_bracket(*p.at) ? container(w, p, depth) : scalar(w, p, &unwanted);
}

/* ------------------------------------------------------------------ containers that are read */

static inline place member(walk *w, place p, const weir_trie *child, unsigned depth,
                           uint64_t *shown)
{
    const uint64_t bit = UINT64_C(1) << (child->ordinal % 64);
    weir_value unwanted;
    weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
    if (!child->below_count && !weir_is_bracket(*p.at))
        return scalar(w, p, out);
    if (child->below_count && (*shown & bit))
        weir_projection_clear_below(child, w->slots);
    *shown |= bit;
    return weir_walk_value(w, p, child, depth, out);
}

/*
 * A member with nothing strange about it: "key":value and no blanks, the value a string or a short
 * number. The place behind it, or NULL: nothing has been done.
 */
static inline place plain_member(const walk *w, place p, const weir_trie *node)
{
    const char *base = w->base;
    const uint32_t *quote = p.quote;
    const char *name = p.at + 1;
    const char *colon = base + quote[1] + 1;
    if (*p.at != '"' || base + quote[0] != p.at || *colon != ':')
        return given_up;
    const char *at = colon + 1;
    const bool is_text = *at == '"';
    uint8_t flags = WEIR_VALUE_ASCII;
    const char *to;
    if (is_text) {
        if (base + quote[2] != at)
            return given_up;
        to = base + quote[3];
    } else if (!(to = weir_scan_short_number(&w->scan, at, &flags))) {
        return given_up;
    }
    const weir_trie *child = weir_node_at_key(node, name, (uint32_t)(colon - name - 1));
    if (child) {
        if (child->below_count || child->slot == WEIR_NO_SLOT)
            return given_up;
        w->slots[child->slot] = is_text ? weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, at + 1, to)
                                        : weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, at, to);
    }
    return (place){to + is_text, quote + 2 + 2 * is_text};
}

static place walk_object(walk *w, place p, const weir_trie *node, unsigned depth)
{
    uint64_t shown = 0;
    p.at++;
    p = blanks(w, p);
    if (*p.at == '}')
        return (place){p.at + 1, p.quote};
    for (;;) {
        const place plain = w->is_careful ? given_up : plain_member(w, p, node);
        if (plain.at) {
            p = plain;
        } else {
            weir_value key;
            p = key_of(w, p, &key);
            if (!p.at)
                return p;
            const weir_trie *child = weir_projection_find(node, &key);
            p = child ? member(w, p, child, depth, &shown) : skip(w, p, depth);
            if (!p.at)
                return p;
            p = blanks(w, p);
        }
        const char next = *p.at++;
        if (next == '}')
            return p;
        if (next != ',') {
            p.at--;
            p = blanks(w, p);
            const char later = *p.at++;
            if (later == '}')
                return p;
            if (later != ',')
                return given_up;
        }
        p = blanks(w, p);
    }
}

/* Where element `index` of an array starts that has been walked. */
static place element_at(walk *w, place array, size_t index, unsigned depth)
{
    place p = {array.at + 1, array.quote};
    p = blanks(w, p);
    for (size_t i = 0; i < index && p.at; i++) {
        p = skip(w, p, depth);
        if (!p.at)
            return p;
        p = blanks(w, p);
        p.at++;
        p = blanks(w, p);
    }
    return p;
}

static bool fill_back(walk *w, place array, const place recent[RECENT], size_t count,
                      const weir_trie *node, unsigned depth)
{
    for (uint32_t i = 0; i < node->back_count; i++) {
        const weir_trie *child = node->back[i];
        const uint64_t from_end = 0 - (uint64_t)child->step.index;
        if (from_end > count)
            break;
        const size_t index = count - (size_t)from_end;
        const place p =
            from_end <= RECENT ? recent[index % RECENT] : element_at(w, array, index, depth);
        weir_value unwanted;
        weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
        if (!p.at || !weir_walk_value(w, p, child, depth, out).at)
            return false;
    }
    return true;
}

static place walk_array(walk *w, place array, const weir_trie *node, unsigned depth)
{
    place recent[RECENT];
    size_t count = 0;
    uint32_t wanted = 0; /* in node->front */
    place p = {array.at + 1, array.quote};
    p = blanks(w, p);
    if (*p.at == ']')
        return (place){p.at + 1, p.quote};
    for (;;) {
        recent[count % RECENT] = p;
        if (wanted < node->index_count && (size_t)node->front[wanted]->step.index == count) {
            const weir_trie *child = node->front[wanted++];
            weir_value unwanted;
            weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
            p = weir_walk_value(w, p, child, depth, out);
        } else {
            p = skip(w, p, depth);
        }
        if (!p.at)
            return p;
        count++;
        p = blanks(w, p);
        const char next = *p.at++;
        if (next == ']')
            break;
        if (next != ',')
            return given_up;
        p = blanks(w, p);
    }
    if (node->back_count && !fill_back(w, array, recent, count, node, depth))
        return given_up;
    return p;
}

/* Elements of a list of texts without blanks, where nothing below them is read. */
static bool fill_from_list(walk *w, const weir_trie *node, const weir_list_found *found)
{
    const uint32_t *quotes = w->index->quotes + found->first;
    for (uint32_t i = 0; i < node->index_count + node->back_count; i++) {
        const weir_trie *child =
            i < node->index_count ? node->front[i] : node->back[i - node->index_count];
        const int64_t at = child->step.index + (i < node->index_count ? 0 : (int64_t)found->count);
        if (child->below_count || child->slot == WEIR_NO_SLOT)
            return false;
        if (at < 0 || (uint64_t)at >= found->count)
            continue;
        const uint32_t *quote = quotes + (size_t)at * found->stride;
        const char *from = w->base + quote[0] - 1, *last = w->base + quote[found->stride - 1] + 1;
        if (*from != '[' || *last != ']')
            return false;
        w->slots[child->slot] = weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, from, last + 1);
    }
    return true;
}

/* A list of lists, of which an element may be wanted too. */
static place lists(walk *w, place p, const weir_trie *node, unsigned depth)
{
    const bool is_read = node->index_count + node->back_count > 0;
    if (!is_read)
        return weir_walk_lists(w, p, depth);
    if (p.at[1] != '[' || p.at[2] != '"')
        return given_up;
    const place to = weir_walk_lists(w, p, depth);
    if (!to.at)
        return to;
    const weir_list_found *found = &w->index->lists[w->index->list_count - 1];
    return fill_from_list(w, node, found) ? to : given_up;
}

/* `depth` levels are open around the value. */
weir_cursor weir_walk_value(walk *w, place p, const weir_trie *node, unsigned depth,
                            weir_value *out)
{
    if (!weir_is_bracket(*p.at))
        return scalar(w, p, out);
    const bool is_object = *p.at == '{';
    if (node->is_lists && !is_object) {
        const place behind = lists(w, p, node, depth);
        if (behind.at) {
            *out = weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, p.at, behind.at);
            return behind;
        }
    }
    const bool is_read = is_object ? node->key_count > 0 : node->index_count + node->back_count > 0;
    if (is_read && depth == WEIR_JSON_DEPTH_MAX)
        return given_up;
    const bool is_nested = node->is_rows && !node->is_lists && !is_object && !is_read;
    const place known = is_nested ? weir_walk_nested(w, p, depth) : given_up;
    const place to = known.at    ? known
                     : !is_read  ? container(w, p, depth)
                     : is_object ? walk_object(w, p, node, depth + 1)
                                 : walk_array(w, p, node, depth + 1);
    /* A bracket among the slack may have been believed. */
    if (!to.at || to.at > w->scan.end)
        return given_up;
    *out = weir_scan_span(WEIR_RAW, 0, is_object ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, p.at, to.at);
    return to;
}

weir_cursor weir_walk_key(weir_walk *w, weir_cursor p, weir_value *key)
{
    return key_of(w, p, key);
}

weir_cursor weir_walk_skip(weir_walk *w, weir_cursor p, unsigned depth)
{
    return skip(w, p, depth);
}

/* ------------------------------------------------------------------ texts and values */

bool weir_projection_decode_indexed(const weir_projection *projection, weir_json_index *index,
                                    weir_shapes *shapes, weir_str text, weir_value *slots,
                                    weir_value *whole)
{
    assert(projection->is_sealed);
    weir_value unwanted;
    weir_value *root = whole ? whole : &unwanted; /* not copied: it has only just been written */
    weir_projection_clear(projection, slots);
    if (!weir_json_index_make(index, text))
        return false;
    walk w = weir_walk_begin(index, slots);
    const place p = {weir_scan_blanks_slow(&w.scan, text.ptr), index->quotes};
    if (!weir_walk_is_at_end(&w, weir_shape_value(shapes, &w, p, projection, 0, root)))
        return false;
    if (projection->root->slot != WEIR_NO_SLOT)
        slots[projection->root->slot] = *root;
    return true;
}

bool weir_json_parse_indexed(weir_json_index *index, weir_str text, weir_value *whole)
{
    static const weir_trie nothing = {.slot = WEIR_NO_SLOT};
    if (!weir_json_index_make(index, text))
        return false;
    walk w = weir_walk_begin(index, NULL);
    const place p = {weir_scan_blanks_slow(&w.scan, text.ptr), index->quotes};
    return weir_walk_is_at_end(&w, weir_walk_value(&w, p, &nothing, 0, whole));
}

bool weir_projection_fill_indexed(const weir_projection *projection, weir_json_index *index,
                                  const weir_value *value, weir_value *slots)
{
    assert(projection->is_sealed);
    const weir_trie *root = projection->root;
    if (value->kind != WEIR_RAW || value->aux < WEIR_RAW_OBJECT ||
        (value->flags & WEIR_VALUE_SECRET) || !weir_json_index_holds(index, value->s))
        return false;
    weir_projection_clear(projection, slots);
    if (root->below_count) {
        walk w = weir_walk_begin(index, slots);
        const place p = {value->s, index->quotes + weir_json_index_find(index, value->s)};
        weir_value again;
        if (!weir_walk_value(&w, p, root, 0, &again).at)
            return false;
    }
    if (root->slot != WEIR_NO_SLOT)
        slots[root->slot] = *value;
    return true;
}
