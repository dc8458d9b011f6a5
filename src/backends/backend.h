/* SPDX-License-Identifier: MIT */
/*
 * The contract of a backend: it moves bytes and knows nothing of specs. It connects to one
 * endpoint, hands complete frames to a sink in the order of arrival, and takes frames to send.
 * Login, subscription, reconnect and decoding are the runtime's business; a backend never
 * reconnects by itself.
 *
 * Everything here is called on the reactor thread that owns the loop (backends/wire/loop.h), unless
 * a comment says otherwise. A backend may call its sink from inside open/send/close only where a
 * comment allows it.
 */
#ifndef WEIR_BACKENDS_BACKEND_H
#define WEIR_BACKENDS_BACKEND_H

#include <weir/types.h>

#include "util/option.h"

typedef struct weir_loop weir_loop;           /* backends/wire/loop.h */
typedef struct weir_frame_run weir_frame_run; /* backends/wire/run.h */
typedef struct weir_backend_link
    weir_backend_link; /* one connection; each backend defines its own struct */

typedef enum weir_frame_kind { WEIR_FRAME_TEXT, WEIR_FRAME_BINARY } weir_frame_kind;

/** One complete message. The bytes live until the callback returns and have >= 64 readable bytes
 * behind. */
typedef struct weir_frame {
    weir_frame_kind kind;
    weir_str bytes;
    weir_str name;       /**< socketio event, mqtt topic, zmq topic; empty otherwise */
    int64_t received_ns; /**< wall clock of the read that brought it */
    bool has_parts;      /**< `bytes` are the parts of a message of several (util/parts.h) */
} weir_frame;

/** How far an open has come, for deadlines and events. */
typedef enum weir_link_phase {
    WEIR_LINK_RESOLVING,
    WEIR_LINK_CONNECTING, /**< TCP, and CONNECT to the proxy */
    WEIR_LINK_SECURING,   /**< TLS */
    WEIR_LINK_UPGRADING,  /**< HTTP upgrade, Engine.IO open, MQTT CONNECT ... */
    WEIR_LINK_UP
} weir_link_phase;

/** Why a link went down. */
typedef struct weir_link_end {
    weir_error error; /**< code WEIR_OK: closed cleanly, by us or by the peer */
    int close_code; /**< websocket close code seen (1005 none, 1006 abnormal), 0 where there is none
                     */
    char close_reason[124];
    int http_status;        /**< of a refused upgrade, else 0 */
    int64_t retry_after_ns; /**< from Retry-After, else 0 */
    bool by_peer;
    bool is_over; /**< there is nothing more to come, ever: do not connect again */
} weir_link_end;

/** What a link tells its owner. All members required. */
typedef struct weir_link_sink {
    void *user;
    /** Progress. `detail` is the address being tried, the TLS version, ...; lives for the call. */
    void (*on_phase)(void *user, weir_link_phase phase, weir_str detail);
    /** A frame, in place. The owner may call pause, send and close on the link from inside. */
    void (*on_frame)(void *user, const weir_frame *frame);
    /** Raw bytes arrived, or a ping/pong: the peer lives. For the byte clock. Cheap; once per read.
     */
    void (*on_alive)(void *user);
    /** The queue of unsent bytes fell to zero after a send that returned "queued". */
    void (*on_drained)(void *user);
    /** Something the user should know that is not the end (TLS verification is off, ...). */
    void (*on_warning)(void *user, const weir_error *warning);
    /** Exactly once after a successful open(), always last. The link is freed when it returns. */
    void (*on_down)(void *user, const weir_link_end *end);
    /** The frames that one read brought have all been handed over: once after every run of
     * on_frame, before the link waits again. So an owner may gather what they give. May be NULL. */
    void (*on_batch)(void *user);
    /** Frames in a row, before on_frame is called for them: the owner takes from the run what it
     * likes, if anything (wire/run.h), and puts a text back that is not UTF-8. It may pause, send
     * and close from inside, and takes no more after that. May be NULL. */
    void (*on_run)(void *user, weir_frame_run *run);
    /** The peer answered for a topic: `refusal` NULL when it is granted. May be NULL. */
    void (*on_topic)(void *user, weir_str topic, const weir_error *refusal);
    /** A ping of the peer was answered by the backend itself: some venues count that. May be NULL.
     */
    void (*on_pong)(void *user);
} weir_link_sink;

/** One handshake header, query parameter, ...: the runtime evaluates them afresh for each open. */
typedef struct weir_link_pair {
    weir_str name;
    weir_str value;
    bool is_secret; /**< never shown */
} weir_link_pair;

/** A topic to ask for, with the quality of service where the protocol has one. */
typedef struct weir_link_topic {
    weir_str topic;
    int qos;
} weir_link_topic;

/** Where and how to connect. Borrowed for the call of open(): a backend copies what it keeps. */
typedef struct weir_link_target {
    weir_str url;
    const weir_link_pair *headers;
    size_t header_count;
    const weir_link_pair
        *query; /**< to be appended to the URL's query, percent-encoded by the backend */
    size_t query_count;
    const weir_link_pair *login; /**< fields of `auth.mqtt` or `auth.zmq` */
    size_t login_count;
    weir_str hello; /**< the first message, of a backend with WEIR_BACKEND_HELLO; secret */
    const weir_options *options;        /**< by the backend's own rows; outlives the link */
    weir_str connection;                /**< the connection's name, for messages */
    bool subscribes;                    /**< what it is to hear will be asked for */
    const struct weir_backend *backend; /**< whose open this is, for tables made at run time */
} weir_link_target;

typedef struct weir_backend {
    const char *name;           /**< the spec's `backend.type` */
    const char *title;          /**< for help */
    const char *const *schemes; /**< URL schemes it accepts, NULL-terminated */
    const weir_option_row *options;
    size_t option_count;
    unsigned traits; /**< WEIR_BACKEND_* (util/option.h) */

    /**
     * Checks a URL at load time without touching the network. False with a sentence in `error`.
     * Any thread.
     */
    bool (*check_url)(weir_str url, weir_error *error);
    /**
     * Checks at load time what the rows cannot say: options that exclude each other, options and
     * URL (without text where it is a template). It may change the traits, where they depend on
     * options. False with a sentence in `error`. Any thread. NULL: nothing of the kind.
     */
    bool (*check)(const weir_options *options, weir_str url, unsigned *traits, weir_error *error);
    /**
     * Starts connecting; never blocks. Returns NULL with `error` when it cannot even start (then
     * on_down is not called). The sink is not called from inside.
     */
    weir_backend_link *(*open)(weir_loop *loop, const weir_link_target *target,
                               const weir_link_sink *sink, weir_error *error);
    /**
     * Queues one message; the bytes are copied. WEIR_ERR_STATE before UP or after close,
     * WEIR_ERR_LIMIT when the send queue is over its bound. *queued (may be NULL) tells if bytes
     * are waiting.
     */
    weir_code (*send)(weir_backend_link *link, weir_frame_kind kind, weir_str name, weir_str bytes,
                      bool *queued);
    /**
     * Asks for topics, or leaves them; the texts are copied. Errors as of `send`. What the peer
     * answers comes by the sink's on_topic. NULL: unsupported, and WEIR_BACKEND_TOPICS is not among
     * the traits.
     */
    weir_code (*subscribe)(weir_backend_link *link, const weir_link_topic *topics, size_t count,
                           bool is_unsubscribe);
    /** Asks the peer for a sign of life (a ping frame); on_alive will follow. NULL: unsupported. */
    weir_code (*probe)(weir_backend_link *link);
    /** Stops (or goes on) reading. Frames already read are kept, not lost. */
    void (*pause)(weir_backend_link *link, bool paused);
    /**
     * Closes with code and reason (where the protocol has them), waits at most `linger_ns` for the
     * peer's answer, then on_down. Twice is once. on_down may be called from inside.
     */
    void (*close)(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns);
} weir_backend;

extern const weir_backend weir_backend_websocket;
extern const weir_backend weir_backend_socketio;
extern const weir_backend weir_backend_zmq;
extern const weir_backend weir_backend_mqtt;
extern const weir_backend weir_backend_replay;

#endif
