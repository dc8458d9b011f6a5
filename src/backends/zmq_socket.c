/* SPDX-License-Identifier: MIT */
/*
 * libzmq connects again by itself, silently and for ever; the contract of a backend says that the
 * runtime does. It is not told never to: then it throws away what was received and not read yet. It
 * is told to wait for weeks.
 *
 * All sockets share a context, as it brings threads; it is there while a socket is.
 */
#include "backends/zmq_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <zmq.h>

#include "util/crypto.h"
#include "util/error.h"

enum { NEVER_MS = 2000000000, SOCKETS_MAX = 16384, KEY_BYTES = 32 };

struct weir_zmq_socket {
    void *context; /* counted */
    void *data, *monitor;
    int fd, monitor_fd;
    zmq_msg_t part;
};

/* ------------------------------------------------------------------ the context */

static struct {
    pthread_mutex_t lock;
    void *context;
    size_t sockets;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *retain_context(void)
{
    pthread_mutex_lock(&shared.lock);
    if (!shared.context && (shared.context = zmq_ctx_new()) != NULL)
        zmq_ctx_set(shared.context, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
    void *context = shared.context;
    shared.sockets += context != NULL;
    pthread_mutex_unlock(&shared.lock);
    return context;
}

static void release_context(void)
{
    pthread_mutex_lock(&shared.lock);
    if (--shared.sockets == 0) {
        while (zmq_ctx_term(shared.context) != 0 && errno == EINTR) {}
        shared.context = NULL;
    }
    pthread_mutex_unlock(&shared.lock);
}

/* ------------------------------------------------------------------ settings */

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_text(void *socket, int option, weir_str text)
{
    return zmq_setsockopt(socket, option, text.ptr ? text.ptr : "", text.len) == 0;
}

static bool set_security(void *socket, const weir_zmq_login *login)
{
    if (login->security == WEIR_ZMQ_NULL)
        return true;
    if (login->security == WEIR_ZMQ_PLAIN)
        return set_text(socket, ZMQ_PLAIN_USERNAME, weir_str_of(login->username)) &&
               (!login->password[0] ||
                set_text(socket, ZMQ_PLAIN_PASSWORD, weir_str_of(login->password)));
    if (!set_text(socket, ZMQ_CURVE_SECRETKEY, weir_str_of(login->secret_key)))
        return false;
    if (login->security == WEIR_ZMQ_CURVE_SERVER)
        return set_int(socket, ZMQ_CURVE_SERVER, 1);
    return set_text(socket, ZMQ_CURVE_PUBLICKEY, weir_str_of(login->public_key)) &&
           set_text(socket, ZMQ_CURVE_SERVERKEY, weir_str_of(login->server_key));
}

static bool set_limits(void *socket, const weir_zmq_settings *settings)
{
    const int64_t most = (int64_t)settings->max_message * WEIR_ZMQ_OVERSIZE;
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most) == 0 &&
           set_int(socket, ZMQ_RCVHWM, settings->receive_hwm) &&
           set_int(socket, ZMQ_SNDHWM, settings->send_hwm) &&
           (settings->receive_buffer < 0 ||
            set_int(socket, ZMQ_RCVBUF, settings->receive_buffer)) &&
           (!settings->conflates || set_int(socket, ZMQ_CONFLATE, 1));
}

static bool set_times(void *socket, const weir_zmq_settings *settings)
{
    return set_int(socket, ZMQ_LINGER, 0) && set_int(socket, ZMQ_RECONNECT_IVL, NEVER_MS) &&
           set_int(socket, ZMQ_HANDSHAKE_IVL, settings->handshake_ms) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE, 1) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE_IDLE, settings->keepalive_s) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE_INTVL, 10) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE_CNT, 3) &&
           (settings->heartbeat_ms == 0 ||
            set_int(socket, ZMQ_HEARTBEAT_IVL, settings->heartbeat_ms)) &&
           (settings->heartbeat_timeout_ms < 0 ||
            set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, settings->heartbeat_timeout_ms));
}

static bool set_names(void *socket, const weir_zmq_settings *settings, bool hears_all)
{
    const bool hears = settings->type == WEIR_ZMQ_SUB && (settings->has_filter || hears_all);
    return (settings->routing_id.len == 0 ||
            set_text(socket, ZMQ_ROUTING_ID, settings->routing_id)) &&
           (!hears || set_text(socket, ZMQ_SUBSCRIBE, settings->filter));
}

/* ------------------------------------------------------------------ life */

static bool open_monitor(weir_zmq_socket *socket)
{
    static const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED |
                              ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    char name[64];
    snprintf(name, sizeof name, "inproc://weir-%p", socket->data);
    if (zmq_socket_monitor(socket->data, name, events) != 0)
        return false;
    socket->monitor = zmq_socket(socket->context, ZMQ_PAIR);
    return socket->monitor && set_int(socket->monitor, ZMQ_LINGER, 0) &&
           set_int(socket->monitor, ZMQ_RCVHWM, 0) && zmq_connect(socket->monitor, name) == 0;
}

static bool read_fd(void *socket, int *fd)
{
    size_t len = sizeof *fd;
    return zmq_getsockopt(socket, ZMQ_FD, fd, &len) == 0;
}

static bool set_up(weir_zmq_socket *socket, const weir_zmq_settings *settings,
                   const weir_zmq_login *login, bool hears_all)
{
    static const int types[] = {[WEIR_ZMQ_SUB] = ZMQ_SUB,
                                [WEIR_ZMQ_PULL] = ZMQ_PULL,
                                [WEIR_ZMQ_DEALER] = ZMQ_DEALER,
                                [WEIR_ZMQ_PAIR] = ZMQ_PAIR};
    socket->context = retain_context();
    if (socket->context)
        socket->data = zmq_socket(socket->context, types[settings->type]);
    return socket->data && set_security(socket->data, login) &&
           set_limits(socket->data, settings) && set_times(socket->data, settings) &&
           set_names(socket->data, settings, hears_all) && open_monitor(socket) &&
           read_fd(socket->data, &socket->fd) && read_fd(socket->monitor, &socket->monitor_fd);
}

weir_zmq_socket *weir_zmq_socket_open(const weir_zmq_settings *settings,
                                      const weir_zmq_login *login, bool hears_all,
                                      weir_error *error)
{
    weir_zmq_socket *socket = calloc(1, sizeof *socket);
    if (!socket) {
        weir_fail_nomem(error);
        return NULL;
    }
    zmq_msg_init(&socket->part);
    if (set_up(socket, settings, login, hears_all))
        return socket;
    weir_fail(error, errno == ENOMEM ? WEIR_ERR_NOMEM : WEIR_ERR_LIMIT, "a ZeroMQ socket: %s",
              zmq_strerror(errno));
    weir_zmq_socket_close(socket, 0);
    return NULL;
}

void weir_zmq_socket_close(weir_zmq_socket *socket, int linger_ms)
{
    if (!socket)
        return;
    zmq_msg_close(&socket->part);
    if (socket->data) {
        zmq_socket_monitor(socket->data, NULL, 0);
        set_int(socket->data, ZMQ_LINGER, linger_ms);
    }
    if (socket->monitor)
        zmq_close(socket->monitor);
    if (socket->data)
        zmq_close(socket->data);
    if (socket->context)
        release_context();
    free(socket);
}

int weir_zmq_socket_fd(const weir_zmq_socket *socket)
{
    return socket->fd;
}

int weir_zmq_socket_monitor_fd(const weir_zmq_socket *socket)
{
    return socket->monitor_fd;
}

weir_code weir_zmq_socket_connect(weir_zmq_socket *socket, const char *endpoint, bool is_v6,
                                  weir_error *error)
{
    if (set_int(socket->data, ZMQ_IPV6, is_v6) && zmq_connect(socket->data, endpoint) == 0)
        return WEIR_OK;
    return weir_fail(error, WEIR_ERR_CONNECT, "cannot connect to %s: %s", endpoint,
                     zmq_strerror(errno));
}

weir_code weir_zmq_socket_bind(weir_zmq_socket *socket, const char *endpoint, bool is_v6,
                               char *bound, size_t bound_size, weir_error *error)
{
    if (!set_int(socket->data, ZMQ_IPV6, is_v6) || zmq_bind(socket->data, endpoint) != 0)
        return weir_fail(error, WEIR_ERR_CONNECT, "cannot listen at %s: %s", endpoint,
                         zmq_strerror(errno));
    if (zmq_getsockopt(socket->data, ZMQ_LAST_ENDPOINT, bound, &bound_size) != 0)
        bound[0] = '\0';
    return WEIR_OK;
}

/* ------------------------------------------------------------------ messages */

weir_code weir_zmq_socket_send(weir_zmq_socket *socket, weir_str bytes, bool has_delimiter)
{
    if ((has_delimiter && zmq_send(socket->data, "", 0, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) ||
        zmq_send(socket->data, bytes.ptr ? bytes.ptr : "", bytes.len, ZMQ_DONTWAIT) < 0)
        return errno == EAGAIN ? WEIR_ERR_LIMIT : WEIR_ERR_STATE;
    return WEIR_OK;
}

weir_code weir_zmq_socket_subscribe(weir_zmq_socket *socket, weir_str topic, bool is_unsubscribe)
{
    if (set_text(socket->data, is_unsubscribe ? ZMQ_UNSUBSCRIBE : ZMQ_SUBSCRIBE, topic))
        return WEIR_OK;
    return errno == ENOMEM ? WEIR_ERR_NOMEM : WEIR_ERR_STATE;
}

bool weir_zmq_socket_part(weir_zmq_socket *socket, weir_str *part, bool *has_more)
{
    if (zmq_msg_recv(&socket->part, socket->data, ZMQ_DONTWAIT) < 0)
        return false;
    *part = (weir_str){zmq_msg_data(&socket->part), zmq_msg_size(&socket->part)};
    *has_more = zmq_msg_more(&socket->part);
    return true;
}

void weir_zmq_socket_work(weir_zmq_socket *socket)
{
    int events = 0;
    size_t len = sizeof events;
    zmq_getsockopt(socket->data, ZMQ_EVENTS, &events, &len);
}

/* ------------------------------------------------------------------ events */

static weir_zmq_event event_of(unsigned number, uint32_t value)
{
    static const struct {
        unsigned number;
        weir_zmq_event event;
    } rows[] = {
        {ZMQ_EVENT_CONNECTED, WEIR_ZMQ_CONNECTED},
        {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, WEIR_ZMQ_READY},
        {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, WEIR_ZMQ_CUT},
        {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, WEIR_ZMQ_BROKEN},
        {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, WEIR_ZMQ_REFUSED},
        {ZMQ_EVENT_DISCONNECTED, WEIR_ZMQ_LOST},
        {ZMQ_EVENT_CLOSED, WEIR_ZMQ_CLOSED},
        {ZMQ_EVENT_CONNECT_RETRIED, WEIR_ZMQ_RETRIED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].number != number)
            continue;
        if (rows[i].event != WEIR_ZMQ_BROKEN)
            return rows[i].event;
        return value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? WEIR_ZMQ_MISMATCH
               : value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC    ? WEIR_ZMQ_FORGED
                                                                   : WEIR_ZMQ_BROKEN;
    }
    return WEIR_ZMQ_OTHER;
}

/* Number and value in one part, then one with the endpoint. */
bool weir_zmq_socket_event(weir_zmq_socket *socket, weir_zmq_event *event, uint32_t *value)
{
    unsigned char head[6];
    uint16_t number;
    char endpoint[1]; /* the rest of it is of no interest */
    if (zmq_recv(socket->monitor, head, sizeof head, ZMQ_DONTWAIT) != (int)sizeof head)
        return false;
    zmq_recv(socket->monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    memcpy(&number, head, sizeof number);
    memcpy(value, head + sizeof number, sizeof *value);
    *event = event_of(number, *value);
    return true;
}

/* ------------------------------------------------------------------ keys */

static weir_code check_keys(const weir_zmq_login *login, weir_error *error)
{
    const char *const given[] = {login->server_key, login->public_key, login->secret_key};
    static const char *const names[] = {"server_key", "public_key", "secret_key"};
    uint8_t raw[KEY_BYTES];
    const char *bad = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (given[i][0] && !zmq_z85_decode(raw, given[i]))
            bad = names[i];
    }
    weir_wipe(raw, sizeof raw);
    return bad ? weir_fail(error, WEIR_ERR_ARGUMENT, "auth.zmq: '%s' is no key in Z85", bad)
               : WEIR_OK;
}

weir_code weir_zmq_keys_complete(weir_zmq_login *login, weir_error *error)
{
    char derived[WEIR_ZMQ_KEY_LEN + 1];
    if (login->security != WEIR_ZMQ_CURVE && login->security != WEIR_ZMQ_CURVE_SERVER)
        return WEIR_OK;
    const weir_code code = check_keys(login, error);
    if (code != WEIR_OK)
        return code;
    const int failure = login->secret_key[0] ? zmq_curve_public(derived, login->secret_key)
                                             : zmq_curve_keypair(derived, login->secret_key);
    if (failure != 0)
        return weir_fail(error, WEIR_ERR_UNSUPPORTED, "CURVE: %s", zmq_strerror(errno));
    if (login->public_key[0] && memcmp(derived, login->public_key, WEIR_ZMQ_KEY_LEN) != 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: 'public_key' does not belong to 'secret_key'");
    memcpy(login->public_key, derived, sizeof derived);
    return WEIR_OK;
}
