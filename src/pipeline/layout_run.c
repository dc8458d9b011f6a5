/* SPDX-License-Identifier: MIT */
/*
 * A frame of packets at work. Each packet is looked at once - its variant, its length, its texts -
 * and is then either a record or a failure of its own; where its length stands in front of it, the
 * packets behind it are not touched by that. The whole of a packet as an object is made only when
 * an expression asks for it.
 */
#include "pipeline/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/observer.h"
#include "util/error.h"

enum { LAYOUT_ARENA_FIRST = 16 * 1024 };

/* ------------------------------------------------------------------ lifecycle */

bool weir_layout_state_init(weir_layout_state *state, weir_runner *runner)
{
    state->layout = runner->plan->layout;
    state->runner = runner;
    state->arena = weir_arena_new(LAYOUT_ARENA_FIRST, WEIR_EXPR_MEMORY_MAX);
    state->own = calloc(state->layout->own_slots + 1, sizeof *state->own);
    state->input.data_slots = state->own;
    state->lazy = (weir_expr_lazy){weir_layout_whole, state, false};
    return state->arena && state->own;
}

void weir_layout_state_fini(weir_layout_state *state)
{
    weir_arena_free(state->arena);
    free(state->own);
}

/* ------------------------------------------------------------------ failures */

bool weir_layout_fail(weir_layout_state *state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(state->why, sizeof state->why, format, args);
    va_end(args);
    return false;
}

static bool fail_memory(weir_layout_state *state)
{
    return weir_layout_fail(state, "more than a packet may need of memory");
}

static bool fail_raised(weir_layout_state *state, const char *what)
{
    const weir_str message = weir_vm_message(state->runner->vm);
    return weir_layout_fail(state, "%s: %s: %.*s", what,
                            weir_raise_name(weir_vm_raise(state->runner->vm)), WEIR_FMT(message));
}

static void report(weir_layout_state *state, weir_str sample)
{
    if (!state->is_quiet)
        weir_runner_fail(state->runner, WEIR_STAGE_DECODE, sample, "%s", state->why);
}

/* ------------------------------------------------------------------ steps */

static bool keep(weir_layout_state *state, const weir_layout_step *step)
{
    const weir_layout_node *node = step->node;
    const char *at = state->base[node->place][step->segment] + step->offset;
    weir_value *slot = &state->own[step->slot];
    if (step->bit >= 0)
        *slot = weir_layout_bit(node, (size_t)step->bit, at);
    else if (!weir_layout_field_value(state, node, at, slot))
        return fail_memory(state);
    return true;
}

static bool evaluate(weir_layout_state *state, const weir_layout_step *step)
{
    const weir_layout_node *node = step->node;
    if (node->is_constant) {
        state->own[step->slot] = node->constant;
        return true;
    }
    if (weir_vm_run(state->runner->vm, node->value, state->runner->world, &state->input,
                    &state->own[step->slot]))
        return true;
    char name[80];
    snprintf(name, sizeof name, "%.*s", WEIR_FMT(node->field->name));
    return fail_raised(state, name);
}

static bool check_factor(weir_layout_state *state, const weir_layout_step *step)
{
    const weir_value *v = &state->own[step->slot];
    const weir_layout_field *field = step->node->field;
    if (v->kind != WEIR_INT && v->kind != WEIR_FLOAT)
        return weir_layout_fail(state, "%.*s: '%.*s' is no number to scale by",
                                WEIR_FMT(field->name), WEIR_FMT(field->number.factor_name));
    if (step->is_divisor && (v->kind == WEIR_INT ? v->i == 0 : v->f == 0))
        return weir_layout_fail(state, "%.*s: division by zero, '%.*s' is 0", WEIR_FMT(field->name),
                                WEIR_FMT(field->number.factor_name));
    return true;
}

/* An amount that a slot holds. */
static bool named_amount(weir_layout_state *state, int slot, weir_str name, uint64_t *out)
{
    const weir_value *v = &state->own[slot];
    if (v->kind != WEIR_INT || v->i < 0)
        return weir_layout_fail(state, "'%.*s' is no amount", WEIR_FMT(name));
    *out = (uint64_t)v->i;
    return true;
}

static bool read_amount(weir_layout_state *state, const weir_layout_number *number, const char *at,
                        uint64_t *out)
{
    const __int128 v = weir_layout_integer(number, at);
    if (v < 0)
        return weir_layout_fail(state, "an amount of %" PRId64, (int64_t)v);
    *out = (uint64_t)v;
    return true;
}

/* What the amount counts is there; behind it begins the next segment, which is there too. */
static bool span(weir_layout_state *state, const weir_layout_block *block,
                 const weir_layout_step *step, const char *end)
{
    const weir_layout_node *node = step->node;
    const weir_layout_amount *amount = step->amount;
    const weir_str name = node->field->name;
    const char *base = state->base[node->place][step->segment];
    const char *at = base + node->offset;
    const uint64_t left = (uint64_t)(end - at);
    uint64_t count = left / step->unit;
    if (amount->kind == WEIR_AMOUNT_READ &&
        !read_amount(state, &amount->read, base + step->offset, &count))
        return false;
    if (amount->kind == WEIR_AMOUNT_NAMED && !named_amount(state, step->slot, amount->name, &count))
        return false;
    const bool is_rest = amount->kind == WEIR_AMOUNT_REST || amount->kind == WEIR_AMOUNT_NONE;
    if (count > left / step->unit)
        return weir_layout_fail(
            state, "%.*s: %" PRIu64 " of %u bytes each are wanted, %" PRIu64 " bytes are left",
            WEIR_FMT(name), count, step->unit, left);
    if (is_rest && left % step->unit != 0)
        return weir_layout_fail(state, "%.*s: %" PRIu64 " bytes are left, no multiple of %u",
                                WEIR_FMT(name), left, step->unit);
    const uint64_t behind = left - count * step->unit;
    const uint32_t need = block->need[step->segment + 1];
    if (behind < need)
        return weir_layout_fail(state,
                                "too short: behind %.*s %u bytes are wanted, %" PRIu64 " are left",
                                WEIR_FMT(name), need, behind);
    state->amounts[node->place][step->segment] = (uint32_t)count;
    state->base[node->place][step->segment + 1] = at + count * step->unit;
    return true;
}

static bool check_need(weir_layout_state *state, uint32_t need, size_t left)
{
    return left >= need ||
           weir_layout_fail(state, "too short: %u bytes are wanted, %zu are there", need, left);
}

/* What has no fixed length is gone over once, to find its end. */
static bool walk(weir_layout_state *state, const weir_layout_block *block,
                 const weir_layout_step *step, const char *end)
{
    const weir_layout_node *node = step->node;
    const char **base = state->base[node->place];
    if (!weir_layout_walk(state, node, base[step->segment] + step->offset, &base[step->segment + 1],
                          NULL))
        return false;
    return check_need(state, block->need[step->segment + 1],
                      (size_t)(end - base[step->segment + 1]));
}

static bool run_steps(weir_layout_state *state, const weir_layout_block *block, size_t from,
                      const char *end)
{
    for (size_t i = from; i < block->step_count; i++) {
        const weir_layout_step *step = &block->steps[i];
        bool is_good = true;
        switch (step->kind) {
        case WEIR_LAYOUT_KEEP: is_good = keep(state, step); break;
        case WEIR_LAYOUT_EVAL: is_good = evaluate(state, step); break;
        case WEIR_LAYOUT_FACTOR: is_good = check_factor(state, step); break;
        case WEIR_LAYOUT_SPAN: is_good = span(state, block, step, end); break;
        case WEIR_LAYOUT_WALK: is_good = walk(state, block, step, end); break;
        }
        if (!is_good)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ a packet */

static bool choose(weir_layout_state *state, size_t length)
{
    const weir_layout *layout = state->layout;
    for (size_t i = 0; i < layout->variant_count; i++) {
        const weir_outcome outcome = weir_layout_test_when(state, &layout->variants[i].when);
        if (outcome == WEIR_OUTCOME_RAISED)
            return fail_raised(state, "when");
        if (outcome == WEIR_OUTCOME_TRUE) {
            state->variant = &layout->variants[i];
            return true;
        }
    }
    return weir_layout_fail(state, "no variant of the layout fits a packet of %zu bytes", length);
}

/* Looks at a packet whose bytes are all there. False with `why`. */
static bool open_packet(weir_layout_state *state, weir_str bytes)
{
    const weir_layout *layout = state->layout;
    const char *end = bytes.ptr + bytes.len;
    state->whole = weir_value_absent();
    state->built = NULL;
    state->base[WEIR_LAYOUT_PACKET][0] = bytes.ptr;
    state->end[WEIR_LAYOUT_PACKET] = end;
    if (layout->length_slot != WEIR_LAYOUT_NO_SLOT)
        state->own[layout->length_slot] = weir_value_int((int64_t)bytes.len);
    if (!check_need(state, layout->common.need[0], bytes.len) ||
        !run_steps(state, &layout->common, 0, end) || !choose(state, bytes.len))
        return false;
    const weir_layout_block *block = &state->variant->block;
    const size_t last = layout->common.segment_count - 1; /* goes on in the variant */
    const size_t left = (size_t)(end - state->base[WEIR_LAYOUT_PACKET][last]);
    return check_need(state, block->need[last], left) &&
           run_steps(state, block, layout->common.step_count, end) &&
           weir_layout_check_texts(state, block);
}

/* Bytes that the fields of the packet at work take. */
static size_t extent(const weir_layout_state *state, weir_str bytes)
{
    const weir_layout_block *block = &state->variant->block;
    const size_t last = block->segment_count - 1;
    return (size_t)(state->base[WEIR_LAYOUT_PACKET][last] - bytes.ptr) + block->need[last];
}

/* ------------------------------------------------------------------ a frame */

/* The packets of a frame, one after the other. */
typedef struct packets {
    const char *at, *end;
    uint64_t number, count; /* of the next; UINT64_MAX: to the end */
    bool is_lost;           /* where the next begins is not known */
} packets;

static bool open_frame(weir_layout_state *state, weir_str bytes, packets *p)
{
    const weir_layout *layout = state->layout;
    const weir_layout_spec *spec = layout->spec;
    *p = (packets){.at = bytes.ptr, .end = bytes.ptr + bytes.len, .count = UINT64_MAX};
    state->built = NULL;
    state->base[WEIR_LAYOUT_HEADER][0] = bytes.ptr;
    state->end[WEIR_LAYOUT_HEADER] = p->end;
    if (!check_need(state, layout->header.need[0], bytes.len) ||
        !run_steps(state, &layout->header, 0, p->end) ||
        !weir_layout_check_texts(state, &layout->header))
        return false;
    const size_t last = layout->header.segment_count - 1;
    p->at = state->base[WEIR_LAYOUT_HEADER][last] + layout->header.need[last];
    if (!spec->has_repeat)
        p->count = 1;
    else if (spec->count.kind == WEIR_AMOUNT_FIXED)
        p->count = (uint64_t)spec->count.fixed;
    else if (spec->count.kind == WEIR_AMOUNT_NAMED)
        return named_amount(state, layout->count_slot, spec->count.name, &p->count);
    else if (spec->count.kind == WEIR_AMOUNT_READ) {
        const size_t left = (size_t)(p->end - p->at);
        if (left < spec->count.read.size)
            return weir_layout_fail(state, "too short: no room for the number of packets");
        if (!read_amount(state, &spec->count.read, p->at, &p->count))
            return false;
        p->at += spec->count.read.size;
    }
    return true;
}

/* The fields that a packet begins with, before it is known where it ends. */
static bool peek_common(weir_layout_state *state, const packets *p)
{
    const weir_layout *layout = state->layout;
    const size_t left = (size_t)(p->end - p->at);
    state->built = NULL;
    state->base[WEIR_LAYOUT_PACKET][0] = p->at;
    state->end[WEIR_LAYOUT_PACKET] = p->end;
    if (layout->length_slot != WEIR_LAYOUT_NO_SLOT)
        state->own[layout->length_slot] = weir_value_int((int64_t)left);
    return check_need(state, layout->common.need[0], left) &&
           run_steps(state, &layout->common, 0, p->end);
}

/* The length of the next packet, all the rest where it has none. */
static bool next_length(weir_layout_state *state, packets *p, uint64_t *length)
{
    const weir_layout_amount *amount = &state->layout->spec->length;
    *length = (uint64_t)(p->end - p->at);
    if (amount->kind == WEIR_AMOUNT_READ) {
        if (*length < amount->read.size)
            return weir_layout_fail(state, "packet %" PRIu64 ": no room for its length", p->number);
        if (!read_amount(state, &amount->read, p->at, length))
            return false;
        p->at += amount->read.size;
    } else if (amount->kind == WEIR_AMOUNT_FIXED) {
        *length = (uint64_t)amount->fixed;
    } else if (amount->kind == WEIR_AMOUNT_NAMED) {
        if (state->layout->has_own_length && !peek_common(state, p))
            return false;
        if (!named_amount(state, state->layout->packet_slot, amount->name, length))
            return false;
        if (*length == 0) /* and so for ever */
            return weir_layout_fail(state, "packets of 0 bytes, by '%.*s'", WEIR_FMT(amount->name));
    }
    const uint64_t left = (uint64_t)(p->end - p->at);
    return *length <= left || weir_layout_fail(state,
                                               "packet %" PRIu64 " of %" PRIu64
                                               " bytes, but %" PRIu64 " are left of the frame",
                                               p->number, *length, left);
}

static bool has_more(const packets *p)
{
    return !p->is_lost && (p->count == UINT64_MAX ? p->at < p->end : p->number < p->count);
}

/* A frame ends with its last packet. */
static void check_rest(weir_layout_state *state, const packets *p)
{
    if (p->is_lost || p->at == p->end || !state->layout->spec->has_repeat)
        return;
    weir_layout_fail(state, "%zu bytes are left behind the last packet", (size_t)(p->end - p->at));
    report(state, (weir_str){p->at, (size_t)(p->end - p->at)});
}

/*
 * The next packet that can be read, its bytes in *bytes; what cannot is reported on the way. False:
 * there is none.
 */
static bool next_packet(weir_layout_state *state, packets *p, weir_str *bytes)
{
    const bool has_length = state->layout->spec->length.kind != WEIR_AMOUNT_NONE;
    while (has_more(p)) {
        uint64_t length = 0;
        const char *start = p->at;
        weir_arena_reset(state->arena);
        p->number++;
        if (p->at == p->end && state->layout->spec->has_repeat) {
            weir_layout_fail(state, "the frame ends in front of packet %" PRIu64 " of %" PRIu64,
                             p->number, p->count);
            report(state, state->runner->frame->bytes);
            p->is_lost = true;
            return false;
        }
        if (!next_length(state, p, &length)) {
            report(state, (weir_str){start, (size_t)(p->end - start)});
            p->is_lost = true;
            return false;
        }
        *bytes = (weir_str){p->at, (size_t)length};
        bool is_good = open_packet(state, *bytes);
        if (is_good && !has_length && state->layout->spec->has_repeat) {
            bytes->len = extent(state, *bytes);
            is_good =
                bytes->len > 0 || weir_layout_fail(state, "a packet of no bytes, and so for ever");
        }
        p->at += bytes->len;
        p->is_lost = !has_length && !is_good;
        if (is_good)
            return true;
        report(state, *bytes);
    }
    check_rest(state, p);
    return false;
}

/* True if the frame holds no packet. */
static bool is_ignored(weir_layout_state *state, weir_str bytes, bool *is_ignored)
{
    const weir_layout *layout = state->layout;
    if (layout->length_slot != WEIR_LAYOUT_NO_SLOT)
        state->own[layout->length_slot] = weir_value_int((int64_t)bytes.len);
    *is_ignored = false;
    if (!layout->ignore.program)
        return true;
    const weir_outcome outcome = weir_layout_test_when(state, &layout->ignore);
    *is_ignored = outcome == WEIR_OUTCOME_TRUE;
    return outcome != WEIR_OUTCOME_RAISED || fail_raised(state, "ignore");
}

/* ------------------------------------------------------------------ packets to records */

static void take_packet(weir_layout_state *state, weir_str bytes)
{
    weir_runner *runner = state->runner;
    weir_value *data = &runner->input.roots[WEIR_ROOT_DATA];
    memset(runner->slots, 0, runner->plan->slots * sizeof *runner->slots);
    *data = weir_value_absent();
    runner->input.lazy_data = &state->lazy;
    if (weir_runner_is_watched(runner)) {
        weir_layout_whole(state, data);
        runner->observer->on_packet(runner->watcher, state, bytes);
    }
    if (weir_layout_fill(state, runner->slots)) {
        weir_runner_take(runner, bytes);
    } else {
        fail_memory(state);
        report(state, bytes);
    }
}

bool weir_layout_is_direct(const weir_plan *plan)
{
    return !plan->payload &&
           !(plan->connection->frame == WEIR_FRAME_RECORD && plan->layout->spec->has_repeat);
}

void weir_layout_feed(weir_runner *runner, weir_str bytes)
{
    weir_layout_state *state = runner->layout;
    packets p;
    weir_str packet;
    bool ignored = false;
    weir_arena_reset(state->arena);
    if (!is_ignored(state, bytes, &ignored) || (!ignored && !open_frame(state, bytes, &p))) {
        report(state, bytes);
        return;
    }
    const weir_arena_mark mark = weir_arena_save(runner->arena);
    while (!ignored && next_packet(state, &p, &packet)) {
        take_packet(state, packet);
        weir_arena_rewind(runner->arena, mark);
    }
}

bool weir_layout_ignores(weir_runner *runner, weir_str bytes)
{
    bool ignored = false;
    return is_ignored(runner->layout, bytes, &ignored) && ignored;
}

/* ------------------------------------------------------------------ packets as values */

/* Values of a packet live in the state's arena, which the next one resets: a list of them needs
 * copies in the runner's. */
static bool copy_deep(weir_arena *arena, const weir_value *v, weir_value *out)
{
    weir_value *items = NULL;
    *out = *v;
    if (v->kind == WEIR_LIST) {
        if (!weir_list_new(arena, WEIR_LIST, v->list->count, out, &items))
            return false;
        for (size_t i = 0; i < v->list->count; i++) {
            if (!copy_deep(arena, &v->list->items[i], &items[i]))
                return false;
        }
    } else if (v->kind == WEIR_DICT) {
        weir_dict *dict = weir_dict_new(arena, v->dict->count);
        *out = weir_value_dict(dict);
        for (size_t i = 0; dict && i < v->dict->count; i++) {
            weir_value member;
            if (!copy_deep(arena, &v->dict->entries[i].value, &member) ||
                !weir_dict_put(arena, dict, &v->dict->entries[i].key, &member))
                return false;
        }
        return dict != NULL;
    } else if (v->kind == WEIR_BIGINT) {
        const weir_str digits = weir_arena_copy(arena, weir_value_text(v));
        out->s = digits.ptr;
        return digits.ptr != NULL;
    }
    return true;
}

typedef struct value_list {
    weir_value *items;
    size_t count, cap;
} value_list;

static bool append(weir_arena *arena, value_list *list, const weir_value *v)
{
    if (list->count == list->cap) {
        const size_t cap = list->cap ? 2 * list->cap : 8;
        weir_value *items = WEIR_ARENA_ARRAY(arena, weir_value, cap);
        if (!items)
            return false;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    return copy_deep(arena, v, &list->items[list->count++]);
}

static bool gather(weir_layout_state *state, packets *p, weir_value *message)
{
    weir_arena *arena = state->runner->arena;
    value_list list = {0};
    weir_value *items = NULL;
    weir_value whole;
    weir_str packet;
    while (next_packet(state, p, &packet)) {
        if (!weir_layout_whole(state, &whole) || !append(arena, &list, &whole))
            return fail_memory(state);
    }
    if (!weir_list_new(arena, WEIR_LIST, list.count, message, &items))
        return fail_memory(state);
    if (list.count > 0)
        memcpy(items, list.items, list.count * sizeof *items);
    return true;
}

static bool open_single(weir_layout_state *state, packets *p)
{
    return open_packet(state, (weir_str){p->at, (size_t)(p->end - p->at)});
}

static bool parse(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    weir_layout_state *state = runner->layout;
    packets p;
    bool ignored = false;
    weir_arena_reset(state->arena);
    bool is_good = is_ignored(state, bytes, &ignored);
    if (is_good && ignored)
        is_good = weir_layout_fail(state, "the frame holds no packet");
    is_good = is_good && open_frame(state, bytes, &p);
    if (is_good && state->layout->spec->has_repeat)
        is_good = gather(state, &p, message);
    else if (is_good)
        is_good =
            open_single(state, &p) && (weir_layout_whole(state, message) || fail_memory(state));
    if (!is_good)
        weir_fail(why, WEIR_ERR_DECODE, "%s", state->why);
    return is_good;
}

static bool project(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                    weir_value *slots, weir_value *message, weir_error *why)
{
    if (!parse(runner, bytes, message, why))
        return false;
    weir_projection_fill(paths, message, slots);
    return true;
}

const weir_format weir_layout_format = {"binary layout", parse, project, false};
