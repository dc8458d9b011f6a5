/* SPDX-License-Identifier: MIT */
/*
 * YAML text to located tree, through libyaml's event interface (this is its only doorman). The
 * document interface is not used: its anchors are quadratic and it cannot say where an alias stood.
 * libyaml leaves to us duplicate keys, undefined aliases, merge keys, scalar types, and bounds: its
 * parser is quadratic in depth, so the walk stops at WEIR_YAML_DEPTH_MAX while events are still
 * being pulled. An alias shares the node of its anchor; how large the tree would be with every
 * alias written out is counted, so that an alias bomb is a diagnostic.
 *
 * Columns count code points, as libyaml's marks do; byte offsets are found again through a table of
 * line starts.
 */
#include <stdlib.h>
#include <yaml.h>

#include "spec/tokens.h"
#include "spec/tree.h"
#include "util/map.h"

typedef struct frame {
    weir_node *node;
    weir_node *key; /* map: the key waiting for its value */
    size_t cap;
    size_t expanded;
    weir_str anchor;
} frame;

typedef struct anchor {
    weir_node *node;
    size_t expanded;
    bool is_open; /* still being built: an alias inside itself */
} anchor;

typedef struct builder {
    weir_arena *arena;
    weir_diags *diags;
    const weir_source *source;
    yaml_parser_t parser;
    size_t *line_starts;
    size_t line_count;
    yaml_mark_t last; /* marks only go forward: the next search begins at the last one found */
    size_t last_byte;
    weir_map anchors;
    frame stack[WEIR_YAML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    size_t expanded; /* of the value just finished */
    size_t end;      /* byte behind the value just finished */
    weir_node *root;
    bool has_failed;
} builder;

static bool find_lines(builder *b)
{
    const weir_str text = b->source->text;
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    b->line_starts = weir_arena_calloc(b->arena, count, sizeof *b->line_starts);
    if (!b->line_starts)
        return false;
    b->line_count = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            b->line_starts[b->line_count++] = i + 1;
    }
    return true;
}

/* A byte order mark, as some editors put it in front. libyaml would indent the first line by it. */
enum { MARK_LEN = 3 };
static bool has_mark(weir_str text)
{
    return text.len >= MARK_LEN && memcmp(text.ptr, "\xEF\xBB\xBF", MARK_LEN) == 0;
}

/* The byte offset of a mark. Without the memory of the last one, a long line would cost its square.
 */
static size_t byte_at(builder *b, yaml_mark_t mark)
{
    const weir_str text = b->source->text;
    if (mark.line >= b->line_count)
        return text.len;
    size_t at = b->line_starts[mark.line];
    size_t column = 0;
    if (mark.line == 0 && has_mark(text))
        at = MARK_LEN;
    if (mark.line == b->last.line && mark.column >= b->last.column && b->last_byte > at) {
        at = b->last_byte;
        column = b->last.column;
    }
    for (; column < mark.column && at < text.len; column++) {
        at++;
        while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
            at++;
    }
    b->last = mark;
    b->last_byte = at;
    return at;
}

static weir_place place_of(const builder *b, yaml_mark_t start, yaml_mark_t end)
{
    weir_place place = {b->source, (uint32_t)start.line + 1, (uint32_t)start.column + 1, 1};
    if (end.line == start.line && end.column > start.column)
        place.length = (uint32_t)(end.column - start.column);
    return place;
}

static void complain(builder *b, weir_place place, const char *text)
{
    b->has_failed = true;
    weir_diag_error(b->diags, place, "%s", text);
}

static weir_place place_of_offset(const builder *b, size_t offset)
{
    size_t line = b->line_count;
    while (line > 1 && b->line_starts[line - 1] > offset)
        line--;
    uint32_t column = 1;
    for (size_t at = b->line_starts[line - 1]; at < offset && at < b->source->text.len; at++)
        column += ((unsigned char)b->source->text.ptr[at] & 0xC0) != 0x80;
    weir_place place = {b->source, (uint32_t)line, column, 1};
    return place;
}

static void complain_of_parser(builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    b->has_failed = true;
    if (parser->error == YAML_MEMORY_ERROR)
        return;
    if (parser->error == YAML_READER_ERROR) {
        weir_diag_error(
            b->diags,
            place_of_offset(b, parser->problem_offset + (has_mark(b->source->text) ? MARK_LEN : 0)),
            "not YAML text: %s", parser->problem ? parser->problem : "unreadable");
        return;
    }
    const weir_place place = place_of(b, parser->problem_mark, parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "syntax error";
    if (parser->context)
        weir_diag_error(b->diags, place, "not YAML: %s (%s, line %zu)", problem, parser->context,
                        parser->context_mark.line + 1);
    else
        weir_diag_error(b->diags, place, "not YAML: %s", problem);
}

/* ------------------------------------------------------------------ scalar types */

static bool is_one_of(weir_str text, const char *const *words)
{
    for (; *words; words++) {
        if (weir_str_is(text, *words))
            return true;
    }
    return false;
}

static bool all_digits(weir_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

/* [-+]? digits [. digits] [e [-+] digits], with at least one of fraction and exponent. */
static bool is_float(weir_str text)
{
    size_t i = 0, digits = 0, marks = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        digits++;
    if (i < text.len && text.ptr[i] == '.') {
        marks++;
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
            digits++;
    }
    if (digits == 0)
        return false;
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        marks++;
        i++;
        if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-'))
            i++;
        return all_digits((weir_str){text.ptr + i, text.len - i});
    }
    return marks > 0 && i == text.len;
}

static weir_scalar_type plain_type(weir_str text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (is_one_of(text, nulls))
        return WEIR_SCALAR_NULL;
    if (is_one_of(text, bools))
        return WEIR_SCALAR_BOOL;
    weir_str digits = text;
    if (digits.ptr[0] == '-' || digits.ptr[0] == '+') {
        digits.ptr++;
        digits.len--;
    }
    if (all_digits(digits))
        return WEIR_SCALAR_INT;
    return is_float(digits) ? WEIR_SCALAR_FLOAT : WEIR_SCALAR_TEXT;
}

static weir_scalar_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: return WEIR_STYLE_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return WEIR_STYLE_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE: return WEIR_STYLE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE: return WEIR_STYLE_FOLDED;
    default: return WEIR_STYLE_PLAIN;
    }
}

/* ------------------------------------------------------------------ building */

static weir_node *node_new(builder *b, weir_node_kind kind, const yaml_event_t *event)
{
    if (++b->nodes > WEIR_YAML_NODES_MAX) {
        complain(b, place_of(b, event->start_mark, event->start_mark),
                 "the file has too many nodes (200000 at most)");
        return NULL;
    }
    weir_node *node = WEIR_ARENA_NEW(b->arena, weir_node);
    if (!node) {
        b->has_failed = true;
        return NULL;
    }
    node->kind = kind;
    node->place = place_of(b, event->start_mark, event->end_mark);
    return node;
}

static bool grow(builder *b, frame *top)
{
    if (top->node->count < top->cap)
        return true;
    const size_t size = top->node->kind == WEIR_NODE_LIST ? sizeof(weir_node *) : sizeof(weir_pair);
    const size_t cap = top->cap ? top->cap * 2 : 8;
    void *bigger = weir_arena_calloc(b->arena, cap, size);
    if (!bigger) {
        b->has_failed = true;
        return false;
    }
    const void *old =
        top->node->kind == WEIR_NODE_LIST ? (void *)top->node->items : (void *)top->node->pairs;
    if (top->node->count > 0)
        memcpy(bigger, old, top->node->count * size);
    if (top->node->kind == WEIR_NODE_LIST)
        top->node->items = bigger;
    else
        top->node->pairs = bigger;
    top->cap = cap;
    return true;
}

static void add_pair(builder *b, frame *top, weir_node *key, weir_node *value)
{
    const bool is_merge = key->style == WEIR_STYLE_PLAIN && weir_str_is(key->text, "<<");
    const weir_pair *twin = is_merge ? NULL : weir_node_pair(top->node, key->text);
    if (twin) {
        weir_diag_error(b->diags, key->place, "key '%.*s' is already given in line %u",
                        WEIR_FMT(key->text), twin->key->place.line);
        return;
    }
    if (grow(b, top))
        top->node->pairs[top->node->count++] = (weir_pair){key, value};
}

/* A finished value takes its place: the root, an element, a key or a key's value. */
static void place_value(builder *b, weir_node *node, size_t expanded)
{
    if (b->depth == 0) {
        b->root = node;
        return;
    }
    frame *top = &b->stack[b->depth - 1];
    top->expanded += expanded;
    if (top->expanded > WEIR_YAML_EXPANDED_MAX) {
        complain(b, node->place, "the aliases expand to more than 1000000 nodes");
        return;
    }
    if (top->node->kind == WEIR_NODE_LIST) {
        if (grow(b, top))
            top->node->items[top->node->count++] = node;
    } else if (!top->key) {
        if (node->kind != WEIR_NODE_SCALAR)
            complain(b, node->place, "a key must be a plain text, not a list or map");
        top->key = node;
    } else {
        add_pair(b, top, top->key, node);
        top->key = NULL;
    }
}

static void set_anchor(builder *b, const yaml_char_t *name, weir_node *node, size_t expanded,
                       bool is_open)
{
    if (!name)
        return;
    const weir_str text = weir_arena_copy(b->arena, weir_str_of((const char *)name));
    anchor *entry = WEIR_ARENA_NEW(b->arena, anchor);
    if (!text.ptr || !entry) {
        b->has_failed = true;
        return;
    }
    *entry = (anchor){node, expanded, is_open};
    if (!weir_map_put(&b->anchors, text, entry))
        b->has_failed = true;
}

static void on_scalar(builder *b, const yaml_event_t *event)
{
    weir_node *node = node_new(b, WEIR_NODE_SCALAR, event);
    if (!node)
        return;
    const weir_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    node->text = weir_arena_copy(b->arena, text);
    if (!node->text.ptr) {
        b->has_failed = true;
        return;
    }
    node->style = style_of(event->data.scalar.style);
    node->type = node->style == WEIR_STYLE_PLAIN && event->data.scalar.plain_implicit
                     ? plain_type(text)
                     : WEIR_SCALAR_TEXT;
    node->raw_offset = byte_at(b, event->start_mark);
    node->raw_end = byte_at(b, event->end_mark);
    b->end = node->raw_end;
    set_anchor(b, event->data.scalar.anchor, node, 1, false);
    place_value(b, node, 1);
}

static void on_alias(builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const weir_place place = place_of(b, event->start_mark, event->end_mark);
    const anchor *found = weir_map_get(&b->anchors, weir_str_of(name));
    b->end = byte_at(b, event->end_mark);
    if (!found) {
        weir_diag_error(b->diags, place, "alias '*%s' has no anchor '&%s' before it", name, name);
        b->has_failed = true;
    } else if (found->is_open) {
        weir_diag_error(b->diags, place, "alias '*%s' stands inside its own anchor", name);
        b->has_failed = true;
    } else {
        place_value(b, found->node, found->expanded);
    }
}

static void on_start(builder *b, const yaml_event_t *event, weir_node_kind kind,
                     const yaml_char_t *name, bool is_flow)
{
    if (b->depth == WEIR_YAML_DEPTH_MAX) {
        complain(b, place_of(b, event->start_mark, event->start_mark),
                 "nested deeper than 64 levels");
        return;
    }
    weir_node *node = node_new(b, kind, event);
    if (!node)
        return;
    node->is_flow = is_flow;
    node->raw_offset = byte_at(b, event->start_mark);
    frame *top = &b->stack[b->depth++];
    *top = (frame){.node = node, .expanded = 1};
    if (name) {
        top->anchor = weir_arena_copy(b->arena, weir_str_of((const char *)name));
        set_anchor(b, name, node, 0, true);
    }
}

/* `<<: *base` or `<<: [*a, *b]`: keys that the map does not have itself. Earlier ones win, as YAML
 * says. */
static bool merge_into(builder *b, frame *top, const weir_node *base)
{
    if (base->kind != WEIR_NODE_MAP) {
        weir_diag_error(b->diags, base->place, "a merge key takes a map or a list of maps");
        return true;
    }
    for (size_t i = 0; i < base->count; i++) {
        if (!weir_node_pair(top->node, base->pairs[i].key->text)) {
            if (!grow(b, top))
                return false;
            top->node->pairs[top->node->count++] = base->pairs[i];
        }
    }
    return true;
}

static void apply_merge_keys(builder *b, frame *top)
{
    weir_node *map = top->node;
    const size_t own = map->count;
    weir_node **merged = weir_arena_calloc(b->arena, own + 1, sizeof *merged);
    if (!merged) {
        b->has_failed = true;
        return;
    }
    size_t merges = 0, kept = 0;
    for (size_t i = 0; i < own; i++) {
        const weir_node *key = map->pairs[i].key;
        if (key->style == WEIR_STYLE_PLAIN && weir_str_is(key->text, "<<"))
            merged[merges++] = map->pairs[i].value;
        else
            map->pairs[kept++] = map->pairs[i];
    }
    map->count = kept;
    for (size_t i = 0; i < merges; i++) {
        const weir_node *value = merged[i];
        if (value->kind != WEIR_NODE_LIST) {
            if (!merge_into(b, top, value))
                return;
            continue;
        }
        for (size_t k = 0; k < value->count; k++) {
            if (!merge_into(b, top, value->items[k]))
                return;
        }
    }
}

/* A block collection ends with its last value: the event comes where the next token begins. */
static void on_end(builder *b, const yaml_event_t *event)
{
    frame *top = &b->stack[b->depth - 1];
    if (top->node->is_flow)
        b->end = byte_at(b, event->end_mark);
    top->node->raw_end = b->end;
    if (top->node->kind == WEIR_NODE_MAP)
        apply_merge_keys(b, top);
    if (top->anchor.ptr) {
        anchor *entry = weir_map_get(&b->anchors, top->anchor);
        if (entry && entry->node == top->node)
            *entry = (anchor){top->node, top->expanded, false};
    }
    b->depth--;
    place_value(b, top->node, top->expanded);
}

/* True at the end of the stream. */
static bool on_event(builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_STREAM_END_EVENT: return true;
    case YAML_DOCUMENT_START_EVENT:
        if (b->root)
            complain(b, place_of(b, event->start_mark, event->end_mark),
                     "a second document begins here; a spec is one document");
        break;
    case YAML_SCALAR_EVENT: on_scalar(b, event); break;
    case YAML_ALIAS_EVENT: on_alias(b, event); break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(b, event, WEIR_NODE_LIST, event->data.sequence_start.anchor,
                 event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(b, event, WEIR_NODE_MAP, event->data.mapping_start.anchor,
                 event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: on_end(b, event); break;
    default: break;
    }
    return false;
}

weir_node *weir_yaml_parse(weir_arena *arena, const weir_source *source, weir_diags *diags)
{
    builder b = {.arena = arena, .diags = diags, .source = source};
    if (source->text.len > WEIR_YAML_BYTES_MAX) {
        weir_diag_error(diags, ((weir_place){source, 1, 1, 1}), "the file is larger than 8 MiB");
        return NULL;
    }
    if (!find_lines(&b) || !yaml_parser_initialize(&b.parser))
        return NULL;
    const size_t mark = has_mark(source->text) ? MARK_LEN : 0;
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)source->text.ptr + mark,
                                 source->text.len - mark);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    bool is_over = false;
    while (!is_over && !b.has_failed) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b.parser, &event)) {
            complain_of_parser(&b);
            break;
        }
        is_over = on_event(&b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&b.parser);
    weir_map_fini(&b.anchors);
    if (!b.has_failed && !b.root)
        complain(&b, (weir_place){source, 1, 1, 1}, "the file is empty");
    return b.has_failed ? NULL : b.root;
}

/* ------------------------------------------------------------------ tokens */

typedef struct scanner {
    weir_arena *arena;
    weir_str text;
    size_t index; /* of the code point at `byte`: marks are found from the last one on */
    size_t byte;
    weir_token *tokens;
    size_t count, cap;
} scanner;

static const struct {
    bool is_kept;
    weir_token_kind kind;
} token_kinds[] = {
    [YAML_VERSION_DIRECTIVE_TOKEN] = {true, WEIR_TOKEN_DIRECTIVE},
    [YAML_TAG_DIRECTIVE_TOKEN] = {true, WEIR_TOKEN_DIRECTIVE},
    [YAML_DOCUMENT_START_TOKEN] = {true, WEIR_TOKEN_DOCUMENT},
    [YAML_DOCUMENT_END_TOKEN] = {true, WEIR_TOKEN_DOCUMENT},
    [YAML_BLOCK_SEQUENCE_START_TOKEN] = {true, WEIR_TOKEN_LIST_START},
    [YAML_BLOCK_MAPPING_START_TOKEN] = {true, WEIR_TOKEN_MAP_START},
    [YAML_BLOCK_END_TOKEN] = {true, WEIR_TOKEN_BLOCK_END},
    [YAML_FLOW_SEQUENCE_START_TOKEN] = {true, WEIR_TOKEN_FLOW_START},
    [YAML_FLOW_SEQUENCE_END_TOKEN] = {true, WEIR_TOKEN_FLOW_END},
    [YAML_FLOW_MAPPING_START_TOKEN] = {true, WEIR_TOKEN_FLOW_START},
    [YAML_FLOW_MAPPING_END_TOKEN] = {true, WEIR_TOKEN_FLOW_END},
    [YAML_BLOCK_ENTRY_TOKEN] = {true, WEIR_TOKEN_ENTRY},
    [YAML_FLOW_ENTRY_TOKEN] = {true, WEIR_TOKEN_COMMA},
    [YAML_KEY_TOKEN] = {true, WEIR_TOKEN_KEY},
    [YAML_VALUE_TOKEN] = {true, WEIR_TOKEN_VALUE},
    [YAML_ALIAS_TOKEN] = {true, WEIR_TOKEN_ALIAS},
    [YAML_ANCHOR_TOKEN] = {true, WEIR_TOKEN_ANCHOR},
    [YAML_TAG_TOKEN] = {true, WEIR_TOKEN_TAG},
    [YAML_SCALAR_TOKEN] = {true, WEIR_TOKEN_SCALAR},
};

static bool is_inside_code_point(weir_str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;
}

/* A key's token comes late and stands earlier, so the walk goes both ways. */
static size_t byte_of_index(scanner *s, size_t index)
{
    for (; s->index < index && s->byte < s->text.len; s->index++) {
        do
            s->byte++;
        while (is_inside_code_point(s->text, s->byte));
    }
    for (; s->index > index && s->byte > 0; s->index--) {
        do
            s->byte--;
        while (s->byte > 0 && is_inside_code_point(s->text, s->byte));
    }
    return s->byte;
}

static bool add_token(scanner *s, const yaml_token_t *token)
{
    if (!token_kinds[token->type].is_kept)
        return true;
    if (s->count == s->cap) {
        const size_t cap = s->cap ? s->cap * 2 : 256;
        weir_token *bigger = weir_arena_calloc(s->arena, cap, sizeof *bigger);
        if (!bigger)
            return false;
        if (s->count > 0)
            memcpy(bigger, s->tokens, s->count * sizeof *bigger);
        s->tokens = bigger;
        s->cap = cap;
    }
    weir_token *added = &s->tokens[s->count++];
    added->kind = token_kinds[token->type].kind;
    if (token->type == YAML_SCALAR_TOKEN)
        added->style = style_of(token->data.scalar.style);
    added->column = token->start_mark.column;
    added->offset = byte_of_index(s, token->start_mark.index);
    added->end = byte_of_index(s, token->end_mark.index);
    return true;
}

bool weir_yaml_scan(weir_arena *arena, weir_str text, weir_token **tokens, size_t *count)
{
    scanner s = {.arena = arena, .text = text};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    bool is_good = true, is_over = false;
    while (is_good && !is_over) {
        yaml_token_t token;
        is_good = yaml_parser_scan(&parser, &token) != 0;
        if (!is_good)
            break;
        is_over = token.type == YAML_STREAM_END_TOKEN;
        is_good = add_token(&s, &token);
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&parser);
    *tokens = s.tokens;
    *count = s.count;
    return is_good;
}
