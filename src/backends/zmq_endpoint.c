/* SPDX-License-Identifier: MIT */
/* Host and port are read by the URL parser of the other backends, so that a host means the same
 * everywhere. */
#include "backends/zmq_endpoint.h"

#include <stdio.h>

#include "util/error.h"

enum { AUTHORITY_MAX = WEIR_HOST_MAX + 16, SCHEME_SHOWN = 16 };

static weir_code refuse_transport(weir_str scheme, weir_error *error)
{
    if (weir_str_is(scheme, "inproc"))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "inproc:// reaches only sockets of the same program and ZeroMQ context, "
                         "and Weir has a context of its own; use ipc:// or tcp://");
    if (weir_str_is(scheme, "ws") || weir_str_is(scheme, "wss"))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "ZeroMQ over ws:// is not supported; use tcp:// or ipc://, or backend "
                         "'websocket' for what is no ZeroMQ");
    return weir_fail(error, WEIR_ERR_ARGUMENT,
                     "the transport '%.*s' is not supported; an endpoint begins with tcp:// or "
                     "ipc://",
                     (int)(scheme.len < SCHEME_SHOWN ? scheme.len : SCHEME_SHOWN), scheme.ptr);
}

static weir_code parse_path(weir_str path, weir_zmq_endpoint *endpoint, weir_error *error)
{
    if (path.len == 0 || memchr(path.ptr, '\0', path.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "an ipc:// endpoint has the path of a socket, as in ipc:///run/feed.sock");
    if (path.len >= WEIR_ZMQ_PATH_MAX)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the path of an ipc:// endpoint has at most %d bytes, not %zu",
                         WEIR_ZMQ_PATH_MAX - 1, path.len);
    endpoint->is_ipc = true;
    memcpy(endpoint->path, path.ptr, path.len);
    return WEIR_OK;
}

static bool read_port(weir_str text, bool binds, uint16_t *port)
{
    unsigned value = 0;
    *port = 0;
    if (weir_str_is(text, "*") && binds)
        return true;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || text.len > 5)
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *port = (uint16_t)value;
    return text.len > 0 && value <= 65535 && (value > 0 || binds);
}

static weir_code read_host(weir_str host, weir_zmq_endpoint *endpoint, weir_error *error)
{
    char text[AUTHORITY_MAX];
    weir_url url;
    if (host.len == 0 || host.len >= WEIR_HOST_MAX || memchr(host.ptr, '/', host.len) ||
        memchr(host.ptr, '?', host.len) || memchr(host.ptr, '#', host.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a tcp:// endpoint is a host and a port, as in tcp://feed.example:5556");
    const int len = snprintf(text, sizeof text, "http://%.*s/", WEIR_FMT(host));
    const weir_code code = weir_url_parse((weir_str){text, (size_t)len}, &url, error);
    if (code != WEIR_OK)
        return code;
    if (url.has_userinfo)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a tcp:// endpoint has no user; user and password are in auth.zmq");
    memcpy(endpoint->host, url.host, sizeof endpoint->host);
    endpoint->host_kind = url.host_kind;
    return WEIR_OK;
}

static weir_code parse_tcp(weir_str rest, bool binds, weir_zmq_endpoint *endpoint,
                           weir_error *error)
{
    const char *colon = rest.len > 0 ? memrchr(rest.ptr, ':', rest.len) : NULL;
    if (!colon)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a tcp:// endpoint needs a port, as in tcp://feed.example:5556");
    const weir_str host = {rest.ptr, (size_t)(colon - rest.ptr)};
    const weir_str port = {colon + 1, rest.len - host.len - 1};
    if (!read_port(port, binds, &endpoint->port))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the endpoint's port is not a number from %s",
                         binds ? "0 to 65535, nor '*'" : "1 to 65535");
    if (!weir_str_is(host, "*"))
        return read_host(host, endpoint, error);
    if (!binds)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the host '*' is to bind to; one connects to a host and its port");
    strcpy(endpoint->host, "*");
    return WEIR_OK;
}

weir_code weir_zmq_endpoint_parse(weir_str text, bool binds, weir_zmq_endpoint *endpoint,
                                  weir_error *error)
{
    const char *at = text.len > 0 ? memmem(text.ptr, text.len, "://", 3) : NULL;
    *endpoint = (weir_zmq_endpoint){0};
    if (!at)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a ZeroMQ endpoint begins with tcp:// or ipc://");
    const weir_str scheme = {text.ptr, (size_t)(at - text.ptr)};
    const weir_str rest = {at + 3, text.len - scheme.len - 3};
    if (weir_str_is(scheme, "tcp"))
        return parse_tcp(rest, binds, endpoint, error);
    if (weir_str_is(scheme, "ipc"))
        return parse_path(rest, endpoint, error);
    return refuse_transport(scheme, error);
}
