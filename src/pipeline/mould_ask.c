/* SPDX-License-Identifier: MIT */
/*
 * What of a message must stay as it is for every test on its way - router, conditions - to have the
 * same answer again, and what becomes of the message then. Tests of texts pin a part of these in
 * the stencil; those of what is of its form need nothing.
 */
#include "pipeline/mould_scene.h"

enum {
    TAIL_MAX = 40, /* bytes of a text from where it has what was looked for to its end */
    FORMS_MAX = 64
};

typedef weir_scene scene;

/* ------------------------------------------------------------------ what a test needs */

static weir_stencil_pin *pin_of(scene *s, uint32_t slot)
{
    for (size_t i = 0; i < s->pin_count; i++)
        if (s->pins[i].slot == slot)
            return &s->pins[i];
    if (s->pin_count == WEIR_SCENE_PINS_MAX)
        return NULL;
    s->pins[s->pin_count] = (weir_stencil_pin){.slot = slot};
    return &s->pins[s->pin_count++];
}

/* Bytes that two texts have in common at their beginning, or end. */
static uint32_t common_head(weir_str a, weir_str b)
{
    uint32_t len = 0;
    while (len < a.len && len < b.len && a.ptr[len] == b.ptr[len])
        len++;
    return len;
}

static uint32_t common_tail(weir_str a, weir_str b)
{
    uint32_t len = 0;
    while (len < a.len && len < b.len && a.ptr[a.len - 1 - len] == b.ptr[b.len - 1 - len])
        len++;
    return len;
}

/* The texts differ within what is pinned of the first one. */
static bool differs(const weir_stencil_pin *pin, weir_str text, weir_str other, bool by_head,
                    bool by_tail)
{
    const uint32_t head = common_head(text, other), tail = common_tail(text, other);
    return (by_head && head < pin->head && head < other.len) ||
           (by_tail && tail < pin->tail && tail < other.len);
}

static bool has_part(weir_str text, weir_str part)
{
    return part.len == 0 || memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* The answer to a test of `text`, which was `is_true`, follows from what is pinned. */
static bool is_implied(const weir_stencil_pin *pin, const weir_fused *form, weir_str text,
                       bool is_true)
{
    const weir_str other =
        form->kind == WEIR_FUSED_ONE_OF ? (weir_str){0} : weir_value_text(&form->value);
    if (pin->is_whole)
        return true;
    switch (form->kind) {
    case WEIR_FUSED_STARTS:
        return is_true ? pin->head >= other.len : differs(pin, text, other, true, false);
    case WEIR_FUSED_ENDS:
        return is_true ? pin->tail >= other.len : differs(pin, text, other, false, true);
    case WEIR_FUSED_HAS:
        return is_true && (has_part((weir_str){text.ptr, pin->head}, other) ||
                           has_part((weir_str){text.ptr + text.len - pin->tail, pin->tail}, other));
    case WEIR_FUSED_EQUAL: return !is_true && differs(pin, text, other, true, true);
    case WEIR_FUSED_ONE_OF:
        for (size_t i = 0; !is_true && i < form->value.list->count; i++)
            if (!differs(pin, text, weir_value_text(&form->value.list->items[i]), true, true))
                return false;
        return !is_true;
    default: return false;
    }
}

static uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Pins as much as makes it follow. */
static void pin_for(weir_stencil_pin *pin, const weir_fused *form, weir_str text, bool is_true)
{
    const weir_str other =
        form->kind == WEIR_FUSED_ONE_OF ? (weir_str){0} : weir_value_text(&form->value);
    const char *part;
    switch (form->kind) {
    case WEIR_FUSED_STARTS:
        pin->head =
            greater(pin->head, is_true ? (uint32_t)other.len : common_head(text, other) + 1);
        break;
    case WEIR_FUSED_ENDS:
        pin->tail =
            greater(pin->tail, is_true ? (uint32_t)other.len : common_tail(text, other) + 1);
        break;
    case WEIR_FUSED_HAS:
        part = is_true ? memmem(text.ptr, text.len, other.ptr, other.len) : NULL;
        if (part && (size_t)(text.ptr + text.len - part) <= TAIL_MAX)
            pin->tail = greater(pin->tail, (uint32_t)(text.ptr + text.len - part));
        else
            pin->is_whole = true;
        break;
    default: pin->is_whole = true; break;
    }
    pin->is_whole |= (size_t)pin->head + pin->tail >= text.len;
}

/* A test that only looks at what a stencil has the same in all messages: which keys there are, how
 * long lists are, words. */
static bool is_of_form(const scene *s, const weir_fused *form)
{
    const weir_value *slot = &(form->is_item ? s->items : s->slots)[form->slot];
    return form->kind == WEIR_FUSED_ROOT_HAS || form->kind == WEIR_FUSED_ROOT_IS ||
           form->kind == WEIR_FUSED_ROOT_LEN ||
           (form->kind == WEIR_FUSED_SLOT && slot->kind == WEIR_BOOL) ||
           (form->kind == WEIR_FUSED_HAS && slot->kind == WEIR_RAW);
}

/* The value that is looked at is seen by the stencil. Before there is one, it is pinned, so that it
 * will be. */
static bool is_seen(scene *s, const weir_fused *form, bool may_pin)
{
    if ((form->kind != WEIR_FUSED_SLOT && form->kind != WEIR_FUSED_HAS) ||
        (s->outer && !form->is_item))
        return true; /* a stencil around a list sees everything */
    const uint32_t slot = weir_scene_slot(s, form->is_item, form->slot);
    if (s->mould.stencil) {
        const weir_stencil_mark *mark = weir_stencil_mark_of(s->mould.stencil, slot);
        return mark && mark->kind != WEIR_MARK_HIDDEN;
    }
    weir_stencil_pin *pin = may_pin ? pin_of(s, slot) : NULL;
    if (pin)
        pin->is_whole = true;
    return pin || !may_pin;
}

bool weir_scene_ask(weir_scene *s, const weir_fused *form, bool may_pin, bool *is_true)
{
    const weir_fused_answer answer = weir_fused_test(form, &s->input);
    *is_true = answer == WEIR_FUSED_TRUE;
    if (answer == WEIR_FUSED_ASK)
        return false;
    if (is_of_form(s, form))
        return is_seen(s, form, may_pin);
    const weir_value *slot = &(form->is_item ? s->items : s->slots)[form->slot];
    if (slot->kind != WEIR_STR || form->is_item)
        return false;
    const bool is_plainly_true = *is_true != form->is_negated;
    const weir_str text = weir_value_text(slot);
    if (s->outer) {
        const weir_mould *outer = s->outer;
        for (size_t i = 0; i < outer->pin_count; i++)
            if (outer->pins[i].slot == form->slot)
                return is_implied(&outer->pins[i], form, text, is_plainly_true);
        return false;
    }
    weir_stencil_pin *pin = pin_of(s, form->slot);
    if (!pin)
        return false;
    if (is_implied(pin, form, text, is_plainly_true))
        return true;
    if (may_pin)
        pin_for(pin, form, text, is_plainly_true);
    return may_pin && is_implied(pin, form, text, is_plainly_true);
}

/* ------------------------------------------------------------------ route and rule */

/* The first that holds; those before it must not, for reasons that stay. `count`: none does. */
static bool find_first(scene *s, const weir_fused *const *forms, size_t count, size_t *found)
{
    bool is_true = false;
    size_t i = 0;
    while (i < count && forms[i]) {
        const weir_fused_answer answer = weir_fused_test(forms[i], &s->input);
        if (answer == WEIR_FUSED_ASK)
            return false;
        if (answer == WEIR_FUSED_TRUE)
            break;
        i++;
    }
    *found = i;
    /* What holds is asked first: it says most about a text. */
    if (i < count && forms[i] && (!weir_scene_ask(s, forms[i], true, &is_true) || !is_true))
        return false;
    for (size_t k = 0; k < i; k++)
        if (!weir_scene_ask(s, forms[k], true, &is_true) || is_true)
            return false;
    return true;
}

static const weir_plan_route *find_route(scene *s)
{
    const weir_plan *plan = s->runner->plan;
    const weir_fused *forms[FORMS_MAX];
    size_t found;
    if (plan->route_count > FORMS_MAX)
        return NULL;
    for (size_t i = 0; i < plan->route_count; i++) {
        if (!plan->routes[i].match)
            return NULL;
        forms[i] = &plan->routes[i].quick_match;
    }
    if (!find_first(s, forms, plan->route_count, &found))
        return NULL;
    return found == plan->route_count ? &plan->fallback : &plan->routes[found];
}

/* False: it cannot be told; no rule: none holds. */
static bool find_rule(scene *s, const weir_plan_stream *stream, const weir_plan_rule **rule)
{
    const weir_fused *forms[FORMS_MAX];
    size_t found;
    if (stream->rule_count > FORMS_MAX)
        return false;
    for (size_t i = 0; i < stream->rule_count; i++) /* NULL: there is no condition, so it holds */
        forms[i] = stream->rules[i].condition ? &stream->rules[i].quick_condition : NULL;
    if (!find_first(s, forms, stream->rule_count, &found))
        return false;
    *rule = found == stream->rule_count ? NULL : &stream->rules[found];
    return true;
}

bool weir_scene_find_outcome(weir_scene *s)
{
    const weir_plan_route *route = find_route(s);
    weir_mould *mould = &s->mould;
    if (!route || route->stream_count > 1)
        return false;
    mould->outcome = WEIR_MOULD_DROPS;
    if (route->stream_count == 0)
        return true;
    if (!find_rule(s, &s->runner->plan->streams[route->streams[0]], &mould->rule))
        return false;
    mould->outcome = !mould->rule        ? WEIR_MOULD_UNCONVERTED
                     : mould->rule->each ? WEIR_MOULD_LISTS
                                         : WEIR_MOULD_MAKES;
    if (!mould->rule)
        return true;
    const weir_fused *each = &mould->rule->quick_each;
    return mould->rule->is_quick &&
           (!mould->rule->each || (each->kind == WEIR_FUSED_SLOT && !each->is_item));
}
