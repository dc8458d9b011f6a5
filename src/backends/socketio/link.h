/* SPDX-License-Identifier: MIT */
/*
 * One Socket.IO connection, as its parts see it:
 *
 *   socketio.c   the backend: options, the calls     socketio/transport.c  what carries packets
 *   socketio/session.c  what the packets mean
 *
 * The way up: OPENING (the transport, and the server's open packet), PROBING (from polling to a
 * websocket), GUESSING (which generation a server is that does not say), JOINING (the namespace),
 * UP. An end is CLOSING (we have said goodbye) or DOWN at once; RESTARTING is a DOWN that begins
 * again. on_down always comes from the loop.
 */
#ifndef WEIR_BACKENDS_SOCKETIO_LINK_H
#define WEIR_BACKENDS_SOCKETIO_LINK_H

#include "backends/backend.h"
#include "backends/socketio/engine.h"
#include "backends/socketio/event.h"
#include "backends/socketio/polling.h"
#include "backends/wire/ws_client.h"
#include "util/arena.h"

enum {
    WEIR_SIO_ACKS_MAX = 128, /* of ours that wait for an answer; the oldest is forgotten */
    WEIR_SIO_ACK_NAME_MAX = 64
};

typedef enum weir_sio_state {
    WEIR_SIO_OPENING,
    WEIR_SIO_PROBING,
    WEIR_SIO_GUESSING,
    WEIR_SIO_JOINING,
    WEIR_SIO_UP,
    WEIR_SIO_CLOSING,
    WEIR_SIO_RESTARTING,
    WEIR_SIO_DOWN
} weir_sio_state;

/** Socket.IO's generations, by the version of Engine.IO below. */
enum { WEIR_SIO_ANY = 0, WEIR_SIO_OLD = 3 /* Socket.IO 2 */, WEIR_SIO_NEW = 4 /* 3 and 4 */ };

typedef struct weir_sio_settings {
    int version; /* what the spec says: WEIR_SIO_ANY, _OLD or _NEW */
    weir_str path;
    weir_str nsp;
    bool uses_polling, uses_websocket;
    bool begins_with_websocket;
    bool asks_acks;
    bool spreads;
    bool unquotes;
} weir_sio_settings;

typedef struct weir_sio_asked {
    uint64_t id;
    char name[WEIR_SIO_ACK_NAME_MAX];
} weir_sio_asked;

struct weir_backend_link {
    weir_loop *loop;
    weir_link_sink sink;
    weir_arena *arena; /* copies of the target */
    const weir_options *options;
    weir_ws_settings ws_settings;
    weir_sio_settings settings;
    weir_str connection;
    weir_url url;
    weir_link_pair *headers; /* one more has room: the cookie */
    size_t header_count;
    weir_str query; /* what the spec appends, encoded, each with its '&' before it */
    weir_str hello; /* payload of the CONNECT, or empty */
    bool has_login; /* something was sent that a server may refuse for good */

    weir_sio_state state;
    int version;   /* in force: WEIR_SIO_OLD or _NEW; what is asked for before it is known */
    bool is_known; /* the server has shown which generation it is */
    weir_ws_client *ws;
    weir_sio_polling *polling;
    bool is_on_ws;    /* packets go over the websocket */
    bool is_ws_up;    /* it is open, if maybe still probed */
    bool has_probed;  /* PROBING: the server has answered the probe */
    bool may_upgrade; /* polling may be left for a websocket */
    bool owes_close;  /* CLOSING: the session is closed once the server has our goodbye */
    weir_timer *deadline;
    weir_timer *beat;
    weir_timer *again; /* delivers the end, or begins again */

    weir_buf sid;
    bool offers_websocket;
    size_t max_payload;
    int64_t ping_interval_ns, ping_timeout_ns;
    int64_t alive_at;     /* monotonic */
    int64_t next_ping_at; /* monotonic; version 3, where the client pings */

    bool has_root; /* version 3: the server has joined us to "/" by itself */
    bool drops_offset;
    weir_buf early; /* what a server of Socket.IO 2 emitted while we were still on our way up */
    size_t early_used;
    bool is_paused;
    bool owes_drained;
    bool has_warned; /* of TLS */
    int64_t received_ns;

    weir_sio_packet pending; /* a binary packet that waits for its attachments */
    weir_buf pending_text;   /* owns its spans */
    bool is_pending;
    weir_sio_attachments attachments;
    weir_sio_room room;
    weir_buf out;
    weir_buf scratch;
    weir_sio_asked asked[WEIR_SIO_ACKS_MAX];
    uint64_t next_ack;

    weir_link_end end;
};

/* ------------------------------------------------------------------ transport.c */

/** Opens the first transport. */
weir_code weir_sio_begin(weir_backend_link *link, weir_error *error);
/** Sends an Engine.IO packet (text), or a binary message, by whatever carries packets now. */
weir_code weir_sio_send(weir_backend_link *link, bool is_binary, weir_str packet, bool *queued);
/** From polling to a websocket; weir_sio_join follows, on the one or the other. */
void weir_sio_probe(weir_backend_link *link);
/** Ends the link for this reason; the first one stands. */
void weir_sio_finish(weir_backend_link *link, const weir_error *error, bool by_peer);
void weir_sio_finish_with(weir_backend_link *link, weir_code code, bool by_peer, const char *text);
/** The server is of the other generation: begins again with that. */
void weir_sio_restart(weir_backend_link *link, int version);
void weir_sio_set_paused(weir_backend_link *link);
void weir_sio_goodbye(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns);
/** Frees a link that was not opened, or is down. */
void weir_sio_free(weir_backend_link *link);
bool weir_sio_make_timers(weir_backend_link *link);

/* ------------------------------------------------------------------ session.c */

/** A packet came: an Engine.IO packet as text, or the bytes of a binary message. */
void weir_sio_take(weir_backend_link *link, bool is_binary, weir_str packet);
/** Hands over what came early, as far as the owner takes it; true when all of it is. */
bool weir_sio_take_early(weir_backend_link *link);
/** The transport is settled: asks for the namespace. */
void weir_sio_join(weir_backend_link *link);
/** The time of GUESSING is over: a server of the new generation says nothing by itself. */
void weir_sio_guess(weir_backend_link *link);
/** The heart's timer. */
void weir_sio_on_beat(weir_backend_link *link);
/** Says that we leave the namespace. */
void weir_sio_leave(weir_backend_link *link);
weir_code weir_sio_emit(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                        weir_str bytes, bool *queued);

#endif
