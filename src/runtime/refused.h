/* SPDX-License-Identifier: MIT */
/*
 * A connection whose login was refused. It is not tried again by itself: accounts are blocked for
 * that. What may help is another credential, so those that the connection names are looked at now
 * and then, and when one has changed it is tried once more; after five refusals, however long they
 * took, only when it is told to. Belongs to the reactor's thread.
 */
#ifndef WEIR_RUNTIME_REFUSED_H
#define WEIR_RUNTIME_REFUSED_H

#include <weir/types.h>

typedef struct weir_connection weir_connection;

enum { WEIR_REFUSALS_MAX = 5 };

/** The connection has failed by a refused login: its credentials are watched from now on. */
void weir_refused_watch(weir_connection *connection);
/** The timer of the watch. */
void weir_refused_fire(void *user);
/** A login was taken: what was refused before does not count any more. */
void weir_refused_forgive(weir_connection *connection);

#endif
