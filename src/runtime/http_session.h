/* SPDX-License-Identifier: MIT */
/*
 * The session that a connection asks for over HTTP before it connects (auth.session), and its
 * renewal while it is up. Belongs to the reactor's thread.
 */
#ifndef WEIR_RUNTIME_HTTP_SESSION_H
#define WEIR_RUNTIME_HTTP_SESSION_H

#include <weir/types.h>

typedef struct weir_connection weir_connection;
typedef struct weir_http_session weir_http_session;

/** How a request for a session went. */
typedef struct weir_session_outcome {
    weir_error error; /**< WEIR_OK: the session's values are there */
    bool is_fatal;
    int64_t retry_after_ns;
} weir_session_outcome;

/** For a connection whose plan has a session. NULL: out of memory. */
weir_http_session *weir_http_session_new(weir_connection *connection);
void weir_http_session_free(weir_http_session *session);

/**
 * Asks for a session. weir_connection_has_session follows from the loop, or an error is returned
 * and nothing follows.
 */
weir_code weir_http_session_ask(weir_http_session *session, weir_error *error);
/** The connection is live: renews it from now on. */
void weir_http_session_keep(weir_http_session *session);
/** Ends whatever is under way. Not from inside weir_connection_has_session. */
void weir_http_session_end(weir_http_session *session);

#endif
