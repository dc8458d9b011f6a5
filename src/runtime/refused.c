/* SPDX-License-Identifier: MIT */
/* The credentials are resolved again as before a connect, into places of their own, and compared;
 * a file that cannot be read for a moment is no change. */
#include "runtime/refused.h"

#include "runtime/live.h"
#include "util/time.h"

#define LOOK_EVERY_NS (2 * WEIR_NS_PER_S)

static bool has_changed(const weir_connection *connection)
{
    const weir_world *world = &connection->world;
    weir_error ignored = {0};
    bool differs = false;
    weir_secret *fresh = weir_credentials_fresh(connection->source, connection->plan, &ignored);
    for (size_t i = 0; fresh && i < world->secret_count; i++)
        differs = differs || !weir_str_eq(fresh[i].text, world->secrets[i].text);
    weir_credentials_free(fresh, world->secret_count);
    return differs;
}

void weir_refused_watch(weir_connection *connection)
{
    if (++connection->refusals < WEIR_REFUSALS_MAX)
        weir_timer_set(connection->watch, LOOK_EVERY_NS);
}

void weir_refused_fire(void *user)
{
    weir_connection *connection = user;
    if (connection->state != WEIR_STATE_FAILED || connection->is_stopping)
        return;
    if (has_changed(connection))
        weir_connection_again(connection);
    else
        weir_timer_set(connection->watch, LOOK_EVERY_NS);
}

void weir_refused_forgive(weir_connection *connection)
{
    connection->refusals = 0;
    weir_timer_cancel(connection->watch);
}
