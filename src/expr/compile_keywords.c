/* SPDX-License-Identifier: MIT */
/*
 * Calls that take any keyword: dict(a=1) and '{a}'.format(a=1). Their rows have a keyword-only
 * parameter `keywords`, a dict; here the call is written anew with one display in its place, before
 * anything else looks at it.
 */
#include "expr/compile.h"

static bool takes_any_keyword(const weir_node *callee)
{
    return (callee->kind == WEIR_NODE_ATTR && weir_str_is(callee->name, "format")) ||
           (callee->kind == WEIR_NODE_NAME && weir_str_is(callee->name, "dict"));
}

static size_t first_keyword(const weir_node *call)
{
    size_t at = 0;
    while (at < call->count && call->items[at]->kind != WEIR_NODE_KEYWORD)
        at++;
    return at;
}

static weir_node *copy_node(weir_compiler *c, const weir_node *like, weir_node_kind kind,
                            size_t count)
{
    weir_node *node = WEIR_ARENA_NEW(c->arena, weir_node);
    if (!node)
        return NULL;
    *node = *like;
    node->kind = (uint8_t)kind;
    node->count = count;
    node->items = WEIR_ARENA_ARRAY(c->arena, weir_node *, count);
    return node->items ? node : NULL;
}

/* {'name': value, ...} of the keywords. */
static weir_node *display_of(weir_compiler *c, const weir_node *call, size_t from)
{
    size_t count = call->count - from;
    weir_node *dict = copy_node(c, call->items[from], WEIR_NODE_DICT, count * 2);
    for (size_t i = 0; dict && i < count; i++) {
        const weir_node *keyword = call->items[from + i];
        weir_node *key = copy_node(c, keyword, WEIR_NODE_CONST, 0);
        if (!key)
            return NULL;
        key->value = weir_value_str(keyword->name);
        dict->items[i * 2] = key;
        dict->items[i * 2 + 1] = keyword->a;
    }
    return dict;
}

const weir_node *weir_gather_keywords(weir_compiler *c, const weir_node *call)
{
    size_t from = first_keyword(call);
    if (from == call->count || !takes_any_keyword(call->a))
        return call;
    weir_node *gathered = copy_node(c, call, WEIR_NODE_CALL, from + 1);
    weir_node *keyword = copy_node(c, call->items[from], WEIR_NODE_KEYWORD, 0);
    weir_node *dict = display_of(c, call, from);
    if (!gathered || !keyword || !dict) {
        weir_compiler_break(c);
        return call;
    }
    memcpy(gathered->items, call->items, from * sizeof(*call->items));
    keyword->name = WEIR_STR("keywords");
    keyword->a = dict;
    gathered->items[from] = keyword;
    return gathered;
}
