/* SPDX-License-Identifier: MIT */
/*
 * Formatting a text, and the proof that it is the same text. What a pass wrote is parsed again and
 * must give an equal tree and the same comments. Passes are repeated until one changes nothing, so
 * that what is formatted stays as it is when it is formatted again: one pass is enough for what
 * people write, but a comment may move into the reach of another rule.
 */
#include "spec/fmt_parts.h"
#include "util/error.h"
#include "util/map.h"

enum { PASSES_MAX = 6 };

/* ------------------------------------------------------------------ equal trees */

typedef struct node_pair {
    const weir_node *a, *b;
} node_pair;

typedef struct comparison {
    weir_arena *arena;
    node_pair *waiting; /* an explicit stack: with aliases followed, a tree may be very deep */
    size_t count, cap;
    weir_map met; /* collections of a, by their address, with their partner */
    bool is_equal;
} comparison;

static void await(comparison *c, const weir_node *a, const weir_node *b)
{
    if (c->count == c->cap) {
        const size_t cap = c->cap ? c->cap * 2 : 64;
        node_pair *bigger = weir_arena_calloc(c->arena, cap, sizeof *bigger);
        if (!bigger) {
            c->is_equal = false;
            return;
        }
        if (c->count > 0)
            memcpy(bigger, c->waiting, c->count * sizeof *bigger);
        c->waiting = bigger;
        c->cap = cap;
    }
    c->waiting[c->count++] = (node_pair){a, b};
}

/* Collections met before with the same partner need no second look: aliases make many of one. */
static bool is_known(comparison *c, const weir_node *a, const weir_node *b)
{
    const weir_str key = {(const char *)&a, sizeof a};
    if (weir_map_get(&c->met, key) == b)
        return true;
    const weir_str kept = weir_arena_copy(c->arena, key);
    c->is_equal &= kept.ptr && weir_map_put(&c->met, kept, (void *)b);
    return false;
}

static void compare(comparison *c, const weir_node *a, const weir_node *b)
{
    if (a->kind != b->kind || a->type != b->type || a->count != b->count ||
        (a->style == WEIR_STYLE_PLAIN) != (b->style == WEIR_STYLE_PLAIN) ||
        !weir_str_eq(a->text, b->text)) {
        c->is_equal = false;
        return;
    }
    if (a->kind == WEIR_NODE_SCALAR || is_known(c, a, b))
        return;
    for (size_t i = 0; i < a->count && c->is_equal; i++) {
        if (a->kind == WEIR_NODE_LIST) {
            await(c, a->items[i], b->items[i]);
        } else {
            await(c, a->pairs[i].key, b->pairs[i].key);
            await(c, a->pairs[i].value, b->pairs[i].value);
        }
    }
}

bool weir_node_equal(weir_arena *arena, const weir_node *a, const weir_node *b)
{
    comparison c = {.arena = arena, .is_equal = true};
    await(&c, a, b);
    while (c.is_equal && c.count > 0) {
        const node_pair next = c.waiting[--c.count];
        compare(&c, next.a, next.b);
    }
    weir_map_fini(&c.met);
    return c.is_equal;
}

/* ------------------------------------------------------------------ formatting */

static bool has_mark(weir_str text)
{
    return text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0;
}

/* Line breaks as LF, no byte order mark. False for the breaks that only YAML 1.1 has: editors do
 * not see them, so whether they are meant cannot be told. */
static bool unify(weir_str text, weir_buf *out)
{
    for (size_t i = has_mark(text) ? 3 : 0; i < text.len; i++) {
        const char *p = text.ptr + i;
        const size_t left = text.len - i;
        if (left >= 2 && memcmp(p, "\xC2\x85", 2) == 0)
            return false;
        if (left >= 3 && (memcmp(p, "\xE2\x80\xA8", 3) == 0 || memcmp(p, "\xE2\x80\xA9", 3) == 0))
            return false;
        if (*p == '\r' && left >= 2 && p[1] == '\n')
            continue;
        weir_buf_putc(out, *p == '\r' ? '\n' : *p);
    }
    return true;
}

typedef struct work {
    weir_arena *arena;
    weir_diags *diags;
    weir_node *tree; /* of the text as it was given */
    weir_buf text;   /* as the last pass left it */
    weir_buf next;
    uint64_t comments;
    size_t passes;
} work;

static weir_code unsupported(weir_error *error, const char *why)
{
    return weir_fail(error, WEIR_ERR_UNSUPPORTED, "cannot be formatted: %s", why);
}

static weir_code pass(work *w, weir_error *error)
{
    weir_fmt *f = WEIR_ARENA_NEW(w->arena, weir_fmt);
    weir_token *tokens = NULL;
    size_t count = 0;
    if (!f || !weir_yaml_scan(w->arena, weir_buf_str(&w->text), &tokens, &count))
        return weir_fail_nomem(error);
    weir_buf_clear(&w->next);
    f->text = weir_buf_str(&w->text);
    f->tokens = tokens;
    f->count = count;
    f->out = &w->next;
    weir_fmt_pass(f);
    if (w->next.failed)
        return weir_fail_nomem(error);
    if (w->passes++ > 0 && f->comments != w->comments)
        return unsupported(error, "its comments would change");
    w->comments = f->comments;
    return WEIR_OK;
}

/* Parses what was written. */
static weir_code prove(work *w, const weir_buf *text, weir_error *error)
{
    const weir_source *source =
        weir_diags_add_source(w->diags, WEIR_STR("formatted"), weir_buf_str(text));
    if (!source)
        return weir_fail_nomem(error);
    const weir_node *tree = weir_yaml_parse(w->arena, source, w->diags);
    if (!tree || weir_diags_errors(w->diags) > 0 || !weir_node_equal(w->arena, w->tree, tree))
        return weir_arena_failed(w->arena) ? weir_fail_nomem(error)
                                           : unsupported(error, "its meaning would change");
    return WEIR_OK;
}

static weir_code settle(work *w, weir_error *error)
{
    for (size_t i = 0; i < PASSES_MAX; i++) {
        weir_code code = pass(w, error);
        if (code != WEIR_OK)
            return code;
        const bool is_stable = weir_str_eq(weir_buf_str(&w->text), weir_buf_str(&w->next));
        if (is_stable && i > 0)
            return WEIR_OK;
        code = prove(w, &w->next, error);
        if (code != WEIR_OK || is_stable)
            return code;
        const weir_buf last = w->text;
        w->text = w->next;
        w->next = last;
    }
    return unsupported(error, "no layout of it is stable");
}

static weir_code run(work *w, const weir_source *source, weir_diags *diags, weir_error *error)
{
    w->arena = weir_arena_new(64 * 1024, 0);
    w->diags = weir_diags_new();
    if (!w->arena || !w->diags)
        return weir_fail_nomem(error);
    w->tree = weir_yaml_parse(w->arena, source, diags);
    if (weir_diags_errors(diags) > 0)
        return weir_fail(error, WEIR_ERR_SPEC, "%.*s is not YAML that a spec can be",
                         WEIR_FMT(source->name));
    if (!w->tree)
        return weir_fail_nomem(error);
    if (!unify(source->text, &w->text))
        return unsupported(error, "it has line breaks that editors do not show (U+0085, U+2028)");
    if (w->text.failed)
        return weir_fail_nomem(error);
    weir_code code = WEIR_OK; /* the parser reads some texts otherwise without the mark */
    if (w->text.len != source->text.len)
        code = prove(w, &w->text, error);
    if (code == WEIR_OK)
        code = settle(w, error);
    if (code == WEIR_OK && has_mark(weir_buf_str(&w->text)))
        return unsupported(error, "it has a byte order mark where none belongs");
    return code;
}

weir_code weir_spec_format(const weir_source *source, weir_diags *diags, weir_buf *out,
                           weir_error *error)
{
    work w = {0};
    const size_t len = out->len;
    weir_code code = run(&w, source, diags, error);
    if (code == WEIR_OK) {
        weir_buf_put(out, weir_buf_str(&w.text));
        if (out->failed)
            code = weir_fail_nomem(error);
    }
    if (code != WEIR_OK)
        out->len = len;
    weir_diags_free(w.diags);
    weir_arena_free(w.arena);
    weir_buf_fini(&w.text);
    weir_buf_fini(&w.next);
    return code;
}
