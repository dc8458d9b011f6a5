/* SPDX-License-Identifier: MIT */
/*
 * Reading the located tree: lookups, deep merge for `extends`, and finding the place of a part of a
 * scalar's text.
 *
 * A scalar's text is not its source form: quotes, escapes and folded lines lie between.
 * weir_node_text_place walks both side by side - an escape stands for what it produces, white space
 * may differ - so that a caret stands under the very character an expression's error is about, in
 * every scalar style.
 */
#include "spec/tree.h"

#include "util/utf8.h"

const weir_pair *weir_node_pair(const weir_node *map, weir_str key)
{
    if (!map || map->kind != WEIR_NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (weir_str_eq(map->pairs[i].key->text, key))
            return &map->pairs[i];
    }
    return NULL;
}

weir_node *weir_node_get(const weir_node *map, const char *key)
{
    const weir_pair *pair = weir_node_pair(map, weir_str_of(key));
    return pair ? pair->value : NULL;
}

weir_node *weir_node_merge(weir_arena *arena, weir_node *base, weir_node *over)
{
    if (!base || base->kind != WEIR_NODE_MAP || over->kind != WEIR_NODE_MAP)
        return over;
    weir_node *merged = WEIR_ARENA_NEW(arena, weir_node);
    weir_pair *pairs = WEIR_ARENA_ARRAY(arena, weir_pair, base->count + over->count + 1);
    if (!merged || !pairs)
        return NULL;
    *merged = *over;
    merged->pairs = pairs;
    merged->count = 0;
    for (size_t i = 0; i < base->count; i++) {
        weir_pair pair = base->pairs[i];
        const weir_pair *replaced = weir_node_pair(over, pair.key->text);
        if (replaced) {
            pair.key = replaced->key;
            pair.value = weir_node_merge(arena, pair.value, replaced->value);
            if (!pair.value)
                return NULL;
        }
        pairs[merged->count++] = pair;
    }
    for (size_t i = 0; i < over->count; i++) {
        if (!weir_node_pair(base, over->pairs[i].key->text))
            pairs[merged->count++] = over->pairs[i];
    }
    return merged;
}

const char *weir_node_describe(const weir_node *node)
{
    static const char *const scalars[] = {
        [WEIR_SCALAR_TEXT] = "a text",    [WEIR_SCALAR_NULL] = "nothing",
        [WEIR_SCALAR_BOOL] = "a boolean", [WEIR_SCALAR_INT] = "an integer",
        [WEIR_SCALAR_FLOAT] = "a number",
    };
    if (node->kind == WEIR_NODE_LIST)
        return node->count > 0 ? "a list" : "an empty list";
    if (node->kind == WEIR_NODE_MAP)
        return node->count > 0 ? "a map" : "an empty map";
    return scalars[node->type];
}

/* ------------------------------------------------------------------ places inside a scalar */

typedef struct walk {
    const weir_node *node;
    weir_str raw; /* the whole source */
    size_t at;    /* byte of the source */
    size_t text_at;
} walk;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t char_len(weir_str text, size_t at)
{
    size_t len = 1;
    while (at + len < text.len && ((unsigned char)text.ptr[at + len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* Bytes of the source that an escape of a double-quoted scalar takes. */
static size_t escape_len(weir_str raw, size_t at)
{
    const char c = at + 1 < raw.len ? raw.ptr[at + 1] : '\0';
    if (c == 'x')
        return 4;
    if (c == 'u')
        return 6;
    return c == 'U' ? 10 : 2;
}

/* A backslash before a line end of a double-quoted scalar: produces nothing. */
static bool is_escaped_line_end(const walk *w)
{
    return w->node->style == WEIR_STYLE_DOUBLE && w->raw.ptr[w->at] == '\\' &&
           w->at + 1 < w->node->raw_end &&
           (w->raw.ptr[w->at + 1] == '\n' || w->raw.ptr[w->at + 1] == '\r');
}

/* One character of the text forward; the source follows. */
static void step(walk *w)
{
    const weir_str text = w->node->text;
    const size_t end = w->node->raw_end;
    const char wanted = text.ptr[w->text_at];
    const size_t len = char_len(text, w->text_at);
    while (w->at < end) {
        const char c = w->raw.ptr[w->at];
        if (is_escaped_line_end(w)) {
            w->at += 2;
            continue;
        }
        if (w->node->style == WEIR_STYLE_DOUBLE && c == '\\') {
            w->at += escape_len(w->raw, w->at);
            break;
        }
        if (w->node->style == WEIR_STYLE_SINGLE && c == '\'' && wanted == '\'') {
            w->at += 2;
            break;
        }
        if (c == wanted) {
            w->at += len;
            break;
        }
        if (is_blank(wanted) && is_blank(c)) {
            w->at++;
            break;
        }
        if (!is_blank(c))
            break;
        w->at++; /* indentation and folded line ends */
    }
    w->text_at += len;
}

/* Where the text of the scalar begins in its source form. */
static size_t first_byte(const weir_node *node, weir_str raw)
{
    size_t at = node->raw_offset;
    if (node->style == WEIR_STYLE_SINGLE || node->style == WEIR_STYLE_DOUBLE)
        return at + 1;
    if (node->style == WEIR_STYLE_PLAIN)
        return at;
    while (at < node->raw_end && raw.ptr[at] != '\n')
        at++; /* the line of the | or > */
    return at < node->raw_end ? at + 1 : at;
}

/* Blanks of the source that produce nothing stand before the next character. */
static void skip_to_next(walk *w)
{
    const weir_str text = w->node->text;
    if (w->text_at >= text.len || is_blank(text.ptr[w->text_at]))
        return;
    while (w->at < w->node->raw_end && (is_blank(w->raw.ptr[w->at]) || is_escaped_line_end(w)))
        w->at += is_blank(w->raw.ptr[w->at]) ? 1 : 2;
}

weir_place weir_node_text_place(const weir_node *scalar, size_t offset, size_t length)
{
    const weir_source *source = scalar->place.source;
    weir_place place = scalar->place;
    if (!source || scalar->kind != WEIR_NODE_SCALAR || scalar->raw_end > source->text.len)
        return place;
    walk w = {scalar, source->text, first_byte(scalar, source->text), 0};
    while (w.text_at < offset && w.text_at < scalar->text.len)
        step(&w);
    skip_to_next(&w);
    const size_t start = w.at;
    while (w.text_at < offset + length && w.text_at < scalar->text.len)
        step(&w);

    size_t line_start = start;
    while (line_start > 0 && source->text.ptr[line_start - 1] != '\n')
        line_start--;
    uint32_t line = place.line; /* where the scalar begins */
    for (size_t i = scalar->raw_offset; i < line_start; i++)
        line += source->text.ptr[i] == '\n';
    size_t line_end = start;
    while (line_end < source->text.len && source->text.ptr[line_end] != '\n' && line_end < w.at)
        line_end++;
    place.line = line;
    place.column = 1;
    place.length = 0;
    for (size_t i = line_start; i < line_end; i++) {
        const bool is_lead = ((unsigned char)source->text.ptr[i] & 0xC0) != 0x80;
        place.column += is_lead && i < start;
        place.length += is_lead && i >= start;
    }
    if (place.length == 0)
        place.length = 1;
    return place;
}
