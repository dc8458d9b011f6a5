/* SPDX-License-Identifier: MIT */
/*
 * Calling a function of a plugin. Its arguments are copies, in the run's arena, so that what it
 * looks into may be unfolded in place; its result is looked at before anybody relies on it. Two
 * readings of the clock per call are the price of knowing which function holds up the thread.
 *
 * A function that has seen a credential may give its text away in what it returns: such texts are
 * marked as secret here, so that forgetting to do so cannot put a key into a log.
 */
#include <stdio.h>

#include "expr/ops.h"
#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/log.h"
#include "util/time.h"

enum { ARGUMENTS_MAX = 256, DEPTH_MAX = 64 };

/* ------------------------------------------------------------------ telling */

static void tell_connection(void *user, weir_code code, const char *text)
{
    weir_connection_tell(user, WEIR_EVENT_WARNING, code, (weir_str){0}, 0, "%s", text);
}

weir_plugin_teller weir_plugin_teller_of(weir_world *world)
{
    weir_plugin_teller teller = {NULL, NULL};
    if (world && world->live)
        teller = (weir_plugin_teller){tell_connection, world->live};
    return teller;
}

static void tell(const weir_plugin_teller *teller, weir_code code, const char *text)
{
    if (teller && teller->tell)
        teller->tell(teller->user, code, text);
    else
        weir_log(WEIR_LOG_WARNING, "%s", text);
}

/* True once in WEIR_PLUGIN_TELL_NS, for whichever thread comes first. */
static bool may_tell(atomic_llong *told_ns, int64_t now_ns)
{
    long long before = atomic_load_explicit(told_ns, memory_order_relaxed);
    return (before == 0 || now_ns - before >= WEIR_PLUGIN_TELL_NS) &&
           atomic_compare_exchange_strong(told_ns, &before, now_ns);
}

static void keep_slowest(weir_meter *meter, unsigned long long took_ns)
{
    unsigned long long slowest = atomic_load_explicit(&meter->slowest_ns, memory_order_relaxed);
    while (took_ns > slowest &&
           !atomic_compare_exchange_weak(&meter->slowest_ns, &slowest, took_ns))
        continue;
}

static void count(atomic_ullong *counter, unsigned long long n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void weir_plugin_account(const weir_loaded *plugin, weir_meter *meter,
                         const weir_plugin_teller *teller, const char *what, int64_t began_ns,
                         int64_t budget_ns, const char *failure)
{
    char text[400];
    const int64_t now_ns = weir_mono_ns();
    const int64_t took_ns = now_ns - began_ns;
    count(&meter->calls, 1);
    count(&meter->total_ns, (unsigned long long)took_ns);
    keep_slowest(meter, (unsigned long long)took_ns);
    if (failure) {
        count(&meter->failures, 1);
        if (may_tell(&meter->told_failure_ns, now_ns)) {
            snprintf(text, sizeof text, "plugin '%s': %s failed: %s (%llu of %llu calls so far)",
                     plugin->name, what, failure, (unsigned long long)meter->failures,
                     (unsigned long long)meter->calls);
            tell(teller, WEIR_ERR_EVAL, text);
        }
    }
    if (budget_ns > 0 && took_ns > budget_ns) {
        count(&meter->slow, 1);
        if (may_tell(&meter->told_slow_ns, now_ns)) {
            snprintf(text, sizeof text,
                     "plugin '%s': %s took %.3f ms and held up its thread; its budget is %.3f ms "
                     "(%llu of %llu calls so far)",
                     plugin->name, what, (double)took_ns / 1e6, (double)budget_ns / 1e6,
                     (unsigned long long)meter->slow, (unsigned long long)meter->calls);
            tell(teller, WEIR_ERR_LIMIT, text);
        }
    }
}

/* ------------------------------------------------------------------ results */

enum { SECRET_LEAST = 4 /* bytes: what is shorter is in every second text */ };

/* In clear, or - where the connection's secrets know their other forms - in any of them. */
static bool has_secret(const weir_plugin_room *room, weir_str text)
{
    const weir_spec_model *model = room->plugin->owner->model;
    weir_buf masked = {0};
    for (size_t i = 0; model && room->expr->credentials && i < model->credential_count; i++) {
        const weir_value *secret = &room->expr->credentials[i];
        if (secret->kind == WEIR_STR && secret->len >= SECRET_LEAST && text.len > 0 &&
            memmem(text.ptr, text.len, secret->s, secret->len))
            return true;
    }
    if (!room->world)
        return false;
    weir_world_mask(room->world, text, &masked);
    const bool differs = masked.failed || !weir_str_eq(weir_buf_str(&masked), text);
    weir_buf_fini(&masked);
    return differs;
}

static void mark_secrets(const weir_plugin_room *room, weir_value *v, unsigned depth)
{
    if (depth == DEPTH_MAX)
        return;
    switch (v->kind) {
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_RAW:
    case WEIR_JSON:
        if (has_secret(room, weir_value_text(v)))
            v->flags |= WEIR_VALUE_SECRET;
        break;
    case WEIR_LIST:
    case WEIR_TUPLE:
        for (size_t i = 0; i < v->list->count; i++)
            mark_secrets(room, &v->list->items[i], depth + 1);
        break;
    case WEIR_DICT:
        for (size_t i = 0; i < v->dict->count; i++)
            mark_secrets(room, &v->dict->entries[i].value, depth + 1);
        break;
    default: break;
    }
}

/* NULL: it may stand. A sentence otherwise. */
static const char *check_result(const weir_extension *extension, const weir_value *result,
                                weir_plugin_room *room)
{
    const uint8_t wanted = extension->row.returns;
    if (room->has_failed && !result)
        return room->why;
    if (!result)
        return weir_arena_failed(room->arena) ? "out of memory" : "it gave nothing";
    if (wanted == WEIR_KIND_COUNT || result->kind == wanted || result->kind == WEIR_NONE ||
        (wanted == WEIR_LIST && result->kind == WEIR_TUPLE))
        return NULL;
    weir_value promised = {.kind = wanted};
    snprintf(room->why, sizeof room->why, "it gave %s and promises %s",
             weir_value_type_name(result), weir_value_type_name(&promised));
    return room->why;
}

/* A reason that holds a credential must not get into a log by way of a failure. */
static const char *covered(weir_plugin_room *room, const char *failure)
{
    if (failure != room->why || !room->expr || !has_secret(room, weir_str_of(failure)))
        return failure;
    weir_buf masked = {0};
    if (room->world)
        weir_world_mask(room->world, weir_str_of(failure), &masked);
    snprintf(room->why, sizeof room->why, "%s",
             masked.len > 0 && !masked.failed ? weir_buf_cstr(&masked)
                                              : "the reason is not shown: a credential is in it");
    weir_buf_fini(&masked);
    return room->why;
}

/* ------------------------------------------------------------------ calls */

void weir_plugin_room_init(weir_plugin_room *room, const weir_loaded *plugin, weir_world *world,
                           weir_arena *arena)
{
    room->open = (weir_plugin_context){&weir_plugin_host_table, plugin->state};
    room->plugin = plugin;
    room->arena = arena;
    room->world = world;
    room->expr = world ? &world->expr : NULL;
    room->input = NULL;
    room->options = NULL;
    room->saw_secret = false;
    room->has_failed = false;
    room->why[0] = '\0';
}

/* Copies of the arguments, in two pieces; NULL where one was left out. */
static const weir_value **gather(weir_vm *vm, const weir_value *args, size_t count,
                                 const weir_value *rest, size_t rest_count,
                                 const weir_value **pointers)
{
    const size_t all = count + rest_count;
    weir_value *copies = weir_arena_alloc(vm->arena, (all + 1) * sizeof *copies);
    if (!copies)
        return NULL;
    if (count > 0)
        memcpy(copies, args, count * sizeof *args);
    if (rest_count > 0)
        memcpy(copies + count, rest, rest_count * sizeof *rest);
    for (size_t i = 0; i < all; i++)
        pointers[i] = copies[i].kind == WEIR_ABSENT ? NULL : &copies[i];
    return pointers;
}

static bool run(const weir_extension *extension, weir_vm *vm, const weir_value *args, size_t count,
                const weir_value *rest, size_t rest_count, weir_value *out)
{
    weir_plugin_item *item = (weir_plugin_item *)extension;
    const weir_value *pointers[ARGUMENTS_MAX];
    weir_plugin_room room;
    weir_world *world = vm->world ? vm->world->owner : NULL;
    if (count + rest_count > ARGUMENTS_MAX)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s() takes at most %d arguments",
                            extension->row.name, ARGUMENTS_MAX);
    if (!gather(vm, args, count, rest, rest_count, pointers))
        return weir_vm_fail_memory(vm);
    weir_plugin_room_init(&room, item->plugin, world, vm->arena);
    room.expr = vm->world;
    room.input = vm->input;
    for (size_t i = 0; i < count + rest_count; i++)
        room.saw_secret |= pointers[i] && (pointers[i]->flags & WEIR_VALUE_SECRET);
    const int64_t began_ns = weir_mono_ns();
    const weir_value *result = item->row.call(&room.open, pointers, count + rest_count);
    const char *failure = covered(&room, check_result(extension, result, &room));
    const weir_plugin_teller teller = weir_plugin_teller_of(world);
    weir_plugin_account(item->plugin, &item->meter, &teller, item->what, began_ns,
                        item->plugin->budget_ns, failure);
    if (failure)
        return weir_vm_fail(vm, WEIR_RAISE_PLUGIN, "%s of plugin '%s': %s", item->what,
                            item->plugin->name, failure);
    *out = *result;
    if (room.saw_secret && room.expr)
        mark_secrets(&room, out, 0);
    return true;
}

bool weir_plugin_run(const weir_extension *extension, weir_vm *vm, const weir_value *args,
                     size_t count, weir_value *out)
{
    return run(extension, vm, args, count, NULL, 0, out);
}

bool weir_plugin_call(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return run((const weir_extension *)call->row, vm, call->args, call->count, call->rest,
               call->rest_count, out);
}
