/* SPDX-License-Identifier: MIT */
/*
 * What a plugin does with a connection: it hears of its life by hooks, sends on it, and has timers
 * on its loop. All of it happens on the connection's thread. What a hook makes lives in the
 * connection's message arena, which is wound back when the hook returns: a connection on which no
 * frames arrive does not grow by its hooks.
 */
#include <stdlib.h>

#include "expr/vm.h"
#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/time.h"

/* ------------------------------------------------------------------ hooks */

void weir_connection_hook(weir_connection *connection, const weir_text *name,
                          weir_extension_use use, const weir_value *args, size_t count)
{
    if (!name->node)
        return;
    const weir_extension *hook =
        weir_extension_find(connection->source->model->extensions, use, name->text);
    weir_vm *vm = weir_runner_vm(connection->runner);
    const weir_arena_mark mark = weir_arena_save(vm->arena);
    const weir_expr_input input = {0};
    weir_value ignored;
    weir_extension_run(hook, vm, &connection->world.expr, &input, args, count, &ignored);
    weir_arena_rewind(vm->arena, mark);
}

/* ------------------------------------------------------------------ sending */

weir_code weir_plugin_send(weir_plugin_context *context, bool is_binary, weir_str name,
                           weir_str bytes)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    weir_connection *connection = room->world ? room->world->live : NULL;
    if (!connection)
        return WEIR_ERR_UNSUPPORTED;
    if (!connection->link || connection->is_closing)
        return WEIR_ERR_STATE;
    weir_buf shown = {0};
    weir_world_mask(&connection->world, bytes, &shown);
    const weir_outgoing message = {
        .is_binary = is_binary, .bytes = bytes, .shown = weir_buf_str(&shown), .name = name};
    if (!shown.failed)
        weir_connection_tap(connection, &message);
    weir_buf_fini(&shown);
    return connection->backend->send(
        connection->link, is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT, name, bytes, NULL);
}

/* ------------------------------------------------------------------ timers */

struct weir_plugin_timer {
    weir_plugin_timer *next;
    weir_connection *connection; /* whose it is, or of nobody: of a link */
    const weir_loaded *plugin;
    weir_timer *timer;
    weir_plugin_timer_fn *fn;
    void *user;
    bool is_firing;
    bool is_over; /* to be freed when the call is over */
    weir_meter meter;
};

static void on_fire(void *user)
{
    weir_plugin_timer *timer = user;
    weir_connection *connection = timer->connection;
    weir_arena *arena = weir_runner_vm(connection->runner)->arena;
    const weir_arena_mark mark = weir_arena_save(arena);
    const weir_plugin_teller teller = weir_plugin_teller_of(&connection->world);
    weir_plugin_room room;
    weir_plugin_room_init(&room, timer->plugin, &connection->world, arena);
    const int64_t began_ns = weir_mono_ns();
    timer->is_firing = true;
    timer->fn(&room.open, timer->user);
    timer->is_firing = false;
    weir_plugin_account(timer->plugin, &timer->meter, &teller, "a timer", began_ns,
                        timer->plugin->budget_ns, room.has_failed ? room.why : NULL);
    weir_arena_rewind(arena, mark);
    if (timer->is_over)
        weir_plugin_timer_end(timer);
}

weir_plugin_timer *weir_plugin_timer_make(weir_loop *loop, void (*fire)(void *user), void *user)
{
    weir_plugin_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    timer->timer = weir_timer_new(loop, fire, user ? user : timer);
    if (timer->timer)
        return timer;
    free(timer);
    return NULL;
}

weir_plugin_timer *weir_plugin_timer_new(weir_plugin_context *context, weir_plugin_timer_fn *fn,
                                         void *user)
{
    const weir_plugin_room *room = weir_plugin_room_of(context);
    weir_connection *connection = room->world ? room->world->live : NULL;
    weir_plugin_timer *timer =
        connection && fn ? weir_plugin_timer_make(connection->reactor->loop, on_fire, NULL) : NULL;
    if (!timer)
        return NULL;
    timer->connection = connection;
    timer->plugin = room->plugin;
    timer->fn = fn;
    timer->user = user;
    timer->next = connection->plugin_timers;
    connection->plugin_timers = timer;
    return timer;
}

void weir_plugin_timer_set(weir_plugin_timer *timer, int64_t delay_ns)
{
    if (timer)
        weir_timer_set(timer->timer, delay_ns > 0 ? delay_ns : 0);
}

void weir_plugin_timer_cancel(weir_plugin_timer *timer)
{
    if (timer)
        weir_timer_cancel(timer->timer);
}

void weir_plugin_timer_end(weir_plugin_timer *timer)
{
    if (!timer)
        return;
    weir_timer_cancel(timer->timer);
    timer->is_over = true;
    if (!timer->connection || timer->is_firing)
        return;
    weir_plugin_timer **at = &timer->connection->plugin_timers;
    while (*at && *at != timer)
        at = &(*at)->next;
    if (*at)
        *at = timer->next;
    weir_plugin_timer_free(timer);
}

void weir_plugin_timer_free(weir_plugin_timer *timer)
{
    if (!timer)
        return;
    weir_timer_free(timer->timer);
    free(timer);
}

void weir_plugin_timers_free(weir_connection *connection)
{
    for (weir_plugin_timer *timer = connection->plugin_timers, *next; timer; timer = next) {
        next = timer->next;
        weir_plugin_timer_free(timer);
    }
    connection->plugin_timers = NULL;
}
