/* SPDX-License-Identifier: MIT */
/*
 * The socketio backend: Socket.IO 2, 3 and 4 over long polling and websockets. A frame is the
 * argument of an event, with the event's name; what is sent is emitted under the name it is given.
 * The login of `auth.first_message` is the payload of the CONNECT packet, so a link is up when the
 * server has taken it.
 *
 * Its options are those of the websocket below it, and its own.
 */
#include <stdlib.h>

#include "backends/socketio/link.h"
#include "backends/wire/upgrade.h"
#include "util/encode.h"
#include "util/error.h"
#include "value/json_read.h"

static const char *const schemes[] = {"http", "https", "ws", "wss", NULL};
static const char *const versions[] = {"auto", "2", "3", "4", NULL};
static const char *const strings[] = {"json", "plain", NULL};

static const weir_option_row own_rows[] = {
    {.name = "version",
     .type = WEIR_OPTION_ENUM,
     .choices = versions,
     .doc = "The server's Socket.IO: 2, 3 or 4, or `auto`, which finds out. Default auto.",
     .fallback = "auto"},
    {.name = "path",
     .type = WEIR_OPTION_STR,
     .doc = "Where on the host the server listens. Default /socket.io.",
     .fallback = "/socket.io"},
    {.name = "namespace",
     .type = WEIR_OPTION_STR,
     .doc = "The namespace to join. Default: the path of the URL, else /."},
    {.name = "transports",
     .type = WEIR_OPTION_STR_LIST,
     .doc =
         "`polling`, `websocket` or both, in the order in which they are tried. Default: polling, "
         "then on to a websocket where the server offers one."},
    {.name = "acks",
     .type = WEIR_OPTION_BOOL,
     .doc = "Ask for an acknowledgement of all that is sent; the answer to EVENT is a frame named "
            "ack:EVENT. Default false.",
     .fallback = "false"},
    {.name = "spread",
     .type = WEIR_OPTION_BOOL,
     .doc = "Send a message that is a list as several arguments. Default false.",
     .fallback = "false"},
    {.name = "strings",
     .type = WEIR_OPTION_ENUM,
     .choices = strings,
     .doc = "What an event becomes whose one argument is a text: `json`, with its quotes, or "
            "`plain`, as it is (for JSON inside of texts). Default json.",
     .fallback = "json"},
};

enum { OWN_COUNT = sizeof own_rows / sizeof own_rows[0] };

static weir_option_row rows[WEIR_WS_OPTION_COUNT + OWN_COUNT];

/* One table of both, before anybody looks at it. */
__attribute__((constructor)) static void gather_rows(void)
{
    memcpy(rows, own_rows, sizeof own_rows);
    memcpy(rows + OWN_COUNT, weir_ws_option_rows, sizeof weir_ws_option_rows);
}

static bool check_url(weir_str text, weir_error *error)
{
    weir_url url;
    if (weir_url_parse(text, &url, error) != WEIR_OK)
        return false;
    if (url.has_userinfo)
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "the URL has a user name or password; send them as a header instead");
    return !url.has_userinfo;
}

/* ------------------------------------------------------------------ opening */

static weir_code read_transports(const weir_option_value *list, weir_sio_settings *settings,
                                 weir_error *error)
{
    settings->uses_polling = settings->uses_websocket = list->count == 0;
    for (size_t i = 0; i < list->count; i++) {
        const bool is_websocket = weir_str_is(list->list[i], "websocket");
        if (!is_websocket && !weir_str_is(list->list[i], "polling"))
            return weir_fail(error, WEIR_ERR_ARGUMENT,
                             "transports are 'polling' and 'websocket', not '%.*s'",
                             WEIR_FMT(list->list[i]));
        settings->begins_with_websocket =
            settings->begins_with_websocket || (i == 0 && is_websocket);
        settings->uses_websocket = settings->uses_websocket || is_websocket;
        settings->uses_polling = settings->uses_polling || !is_websocket;
    }
    return WEIR_OK;
}

static bool check_options(const weir_options *options, weir_str url, unsigned *traits,
                          weir_error *error)
{
    weir_sio_settings ignored = {0};
    const weir_str nsp = weir_options_get(options, "namespace")->s;
    (void)url;
    (void)traits;
    if (nsp.len > 0 && memchr(nsp.ptr, ',', nsp.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "a namespace has no comma") == WEIR_OK;
    return read_transports(weir_options_get(options, "transports"), &ignored, error) == WEIR_OK;
}

/* "/name", whether it was written with its '/' or not. */
static weir_str make_namespace(weir_arena *arena, const weir_option_value *option, weir_str path)
{
    const weir_str name = option->is_set ? option->s : path;
    if (name.len == 0)
        return WEIR_STR("/");
    return *name.ptr == '/' ? weir_arena_copy(arena, name)
                            : weir_arena_printf(arena, "/%.*s", WEIR_FMT(name));
}

static weir_code read_settings(weir_backend_link *link, weir_error *error)
{
    static const int generations[] = {WEIR_SIO_ANY, WEIR_SIO_OLD, WEIR_SIO_NEW, WEIR_SIO_NEW};
    const weir_options *options = link->options;
    weir_sio_settings *settings = &link->settings;
    weir_ws_settings_read(options, &link->ws_settings);
    settings->version = generations[weir_options_get(options, "version")->i];
    settings->asks_acks = weir_options_get(options, "acks")->b;
    settings->spreads = weir_options_get(options, "spread")->b;
    settings->unquotes = weir_options_get(options, "strings")->i == 1;
    settings->path = weir_options_get(options, "path")->s;
    settings->nsp =
        make_namespace(link->arena, weir_options_get(options, "namespace"), link->url.path);
    if (memchr(settings->nsp.ptr, ',', settings->nsp.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "a namespace has no comma");
    return read_transports(weir_options_get(options, "transports"), settings, error);
}

static weir_code copy_hello(weir_backend_link *link, weir_str hello, weir_error *error)
{
    weir_value value;
    weir_json_error ignored;
    char *copy = weir_arena_calloc(link->arena, hello.len + WEIR_JSON_SLACK, 1);
    if (!copy)
        return weir_fail_nomem(error);
    if (hello.len == 0)
        return WEIR_OK;
    memcpy(copy, hello.ptr, hello.len);
    link->hello = (weir_str){copy, hello.len};
    if (!weir_json_parse(link->hello, &value, &ignored) || value.kind != WEIR_RAW ||
        value.aux != WEIR_RAW_OBJECT)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.first_message is the payload of Socket.IO's CONNECT, a JSON object; "
                         "with an 'event' it is emitted instead");
    return WEIR_OK;
}

static weir_code copy_headers(weir_backend_link *link, const weir_link_target *target,
                              weir_error *error)
{
    link->headers = WEIR_ARENA_ARRAY(link->arena, weir_link_pair, target->header_count + 1);
    if (!link->headers)
        return weir_fail_nomem(error);
    for (size_t i = 0; i < target->header_count; i++) {
        link->headers[i] = target->headers[i];
        link->headers[i].name = weir_arena_copy(link->arena, target->headers[i].name);
        link->headers[i].value = weir_arena_copy(link->arena, target->headers[i].value);
    }
    link->header_count = target->header_count;
    return WEIR_OK;
}

static weir_code copy_query(weir_backend_link *link, const weir_link_target *target,
                            weir_error *error)
{
    weir_buf text = {0};
    if (link->url.query.len > 0) {
        weir_buf_putc(&text, '&');
        weir_url_put_verbatim(link->url.query, &text);
    }
    for (size_t i = 0; i < target->query_count; i++) {
        weir_buf_putc(&text, '&');
        weir_percent_encode_pair(target->query[i].name, target->query[i].value, &text);
    }
    link->query = weir_arena_copy(link->arena, weir_buf_str(&text));
    const bool is_good = !text.failed && link->query.ptr;
    weir_buf_wipe(&text);
    return is_good ? WEIR_OK : weir_fail_nomem(error);
}

static weir_code copy_target(weir_backend_link *link, const weir_link_target *target,
                             weir_error *error)
{
    const weir_str url = weir_arena_copy(link->arena, target->url);
    link->options = target->options;
    link->connection = weir_arena_copy(link->arena, target->connection);
    link->has_login = target->hello.len > 0 || target->header_count > 0 || target->query_count > 0;
    weir_code code = weir_url_parse(url, &link->url, error);
    if (code == WEIR_OK && !check_url(url, error))
        code = WEIR_ERR_ARGUMENT;
    if (code == WEIR_OK)
        code = read_settings(link, error);
    if (code == WEIR_OK)
        code = copy_headers(link, target, error);
    if (code == WEIR_OK)
        code = copy_query(link, target, error);
    if (code == WEIR_OK)
        code = copy_hello(link, target->hello, error);
    return code == WEIR_OK && weir_arena_failed(link->arena) ? weir_fail_nomem(error) : code;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_backend_link *link = calloc(1, sizeof *link);
    if (link) {
        link->loop = loop;
        link->sink = *sink;
        link->arena = weir_arena_new(4096, 0);
    }
    if (!link || !link->arena || !weir_sio_make_timers(link)) {
        weir_fail_nomem(error);
        weir_sio_free(link);
        return NULL;
    }
    weir_code code = copy_target(link, target, error);
    link->version = link->settings.version == WEIR_SIO_OLD ? WEIR_SIO_OLD : WEIR_SIO_NEW;
    link->is_known = link->settings.version != WEIR_SIO_ANY;
    if (code == WEIR_OK)
        code = weir_sio_begin(link, error);
    if (code == WEIR_OK)
        return link;
    weir_sio_free(link);
    return NULL;
}

/* ------------------------------------------------------------------ the calls */

static weir_code send_message(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                              weir_str bytes, bool *queued)
{
    if (queued)
        *queued = false;
    return link->state == WEIR_SIO_UP ? weir_sio_emit(link, kind, name, bytes, queued)
                                      : WEIR_ERR_STATE;
}

static weir_code probe(weir_backend_link *link)
{
    if (link->state != WEIR_SIO_UP)
        return WEIR_ERR_STATE;
    if (link->is_on_ws)
        return weir_ws_client_probe(link->ws);
    return link->version == WEIR_SIO_OLD ? weir_sio_send(link, false, WEIR_STR("2"), NULL)
                                         : WEIR_ERR_UNSUPPORTED;
}

static void pause_link(weir_backend_link *link, bool is_paused)
{
    link->is_paused = is_paused;
    if (link->state == WEIR_SIO_UP)
        weir_sio_set_paused(link);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    if (link->state == WEIR_SIO_UP)
        weir_sio_leave(link);
    weir_sio_goodbye(link, code, reason, linger_ns);
}

const weir_backend weir_backend_socketio = {
    .name = "socketio",
    .title = "Socket.IO 2, 3 and 4 over polling and websockets",
    .schemes = schemes,
    .options = rows,
    .option_count = WEIR_WS_OPTION_COUNT + OWN_COUNT,
    .traits = WEIR_BACKEND_NAMES | WEIR_BACKEND_HELLO,
    .check_url = check_url,
    .check = check_options,
    .open = open_link,
    .send = send_message,
    .probe = probe,
    .pause = pause_link,
    .close = close_link,
};
