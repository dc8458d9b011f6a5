/* SPDX-License-Identifier: MIT */
/*
 * The request puts the handshake's own headers first and refuses to let a caller repeat them: a
 * second Connection or Sec-WebSocket-Key would leave it to the server which one counts. Host,
 * Origin and User-Agent may be replaced.
 *
 * The reply is a 101 only if everything that RFC 6455 4.1 lists holds. Anything else becomes one
 * sentence: a refusal with its status and the start of its body (venues explain themselves there),
 * a redirect with its target (never followed: the spec names its hosts), or what was malformed.
 */
#include "backends/wire/upgrade.h"

#include "util/crypto.h"
#include "util/encode.h"
#include "util/error.h"

enum { BODY_SHOWN_MAX = 160, LOCATION_SHOWN_MAX = 200 };

static const char accept_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* Headers that the handshake writes itself or that would change how the request is framed. */
static const char *const own_headers[] = {"connection",        "upgrade",
                                          "content-length",    "content-type",
                                          "transfer-encoding", "te",
                                          "trailer",           "expect",
                                          "keep-alive",        "http2-settings",
                                          "proxy-connection",  "proxy-authorization"};

static bool is_own_header(weir_str name)
{
    static const weir_str prefix = {"sec-websocket-", 14};
    if (name.len >= prefix.len && weir_http_same((weir_str){name.ptr, prefix.len}, prefix)) {
        return true;
    }
    for (size_t i = 0; i < sizeof own_headers / sizeof *own_headers; i++) {
        if (weir_http_same(name, weir_str_of(own_headers[i]))) {
            return true;
        }
    }
    return false;
}

weir_code weir_upgrade_check_header(weir_str name, weir_str value, weir_error *error)
{
    if (!weir_http_is_token(name)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "a header's name is empty or has a character that no header may have");
    }
    if (is_own_header(name)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the header '%.*s' belongs to the request itself%s",
                         (int)(name.len < 64 ? name.len : 64), name.ptr,
                         weir_http_same(name, WEIR_STR("sec-websocket-protocol"))
                             ? "; use the option 'subprotocols'"
                             : "");
    }
    if (!weir_http_is_value(value)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the value of header '%.*s' has a line break or control character",
                         (int)(name.len < 64 ? name.len : 64), name.ptr);
    }
    return WEIR_OK;
}

static const weir_upgrade_pair *find_header(const weir_upgrade_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (weir_http_same(request->headers[i].name, weir_str_of(name))) {
            return &request->headers[i];
        }
    }
    return NULL;
}

static void put_target(const weir_upgrade_request *request, weir_buf *out)
{
    if (request->url->path.len == 0) {
        weir_buf_putc(out, '/');
    }
    weir_url_put_verbatim(request->url->path, out);
    char separator = '?';
    if (request->url->query.len > 0) {
        weir_buf_putc(out, '?');
        weir_url_put_verbatim(request->url->query, out);
        separator = '&';
    }
    for (size_t i = 0; i < request->query_count; i++) {
        weir_buf_putc(out, separator);
        weir_percent_encode_pair(request->query[i].name, request->query[i].value, out);
        separator = '&';
    }
}

static void put_handshake(const weir_upgrade_request *request, weir_buf *out)
{
    char key[WEIR_UPGRADE_KEY_TEXT];
    weir_base64_write((weir_bytes){request->key, WEIR_UPGRADE_KEY_LEN}, key);
    weir_buf_puts(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    weir_buf_put(out, (weir_str){key, sizeof key});
    weir_buf_puts(out, "\r\nSec-WebSocket-Version: 13\r\n");
    for (size_t i = 0; i < request->subprotocol_count; i++) {
        weir_buf_puts(out, i == 0 ? "Sec-WebSocket-Protocol: " : ", ");
        weir_buf_put(out, request->subprotocols[i]);
    }
    if (request->subprotocol_count > 0) {
        weir_buf_puts(out, "\r\n");
    }
    if (request->offers_deflate) {
        /* What we send is never compressed, so the server need not keep a window for it. */
        weir_buf_puts(out, "Sec-WebSocket-Extensions: permessage-deflate; "
                           "client_no_context_takeover; client_max_window_bits\r\n");
    }
    if (request->origin.len > 0 && !find_header(request, "origin")) {
        weir_buf_puts(out, "Origin: ");
        weir_buf_put(out, request->origin);
        weir_buf_puts(out, "\r\n");
    }
}

static weir_code check_request(const weir_upgrade_request *request, weir_error *error)
{
    for (size_t i = 0; i < request->header_count; i++) {
        weir_code code =
            weir_upgrade_check_header(request->headers[i].name, request->headers[i].value, error);
        if (code != WEIR_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < request->subprotocol_count; i++) {
        if (!weir_http_is_token(request->subprotocols[i])) {
            return weir_fail(error, WEIR_ERR_ARGUMENT,
                             "subprotocol %zu is empty or has a character that none may have",
                             i + 1);
        }
    }
    if (!weir_http_is_value(request->origin)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the origin has a control character");
    }
    return WEIR_OK;
}

weir_code weir_upgrade_write(const weir_upgrade_request *request, weir_buf *out, weir_error *error)
{
    weir_code code = check_request(request, error);
    if (code != WEIR_OK) {
        return code;
    }
    size_t before = out->len;
    weir_buf_puts(out, "GET ");
    put_target(request, out);
    weir_buf_puts(out, " HTTP/1.1\r\n");
    if (!find_header(request, "host")) {
        weir_buf_puts(out, "Host: ");
        weir_url_put_authority(request->url, false, out);
        weir_buf_puts(out, "\r\n");
    }
    put_handshake(request, out);
    if (!find_header(request, "user-agent")) {
        weir_buf_puts(out, "User-Agent: weir/" WEIR_VERSION "\r\n");
    }
    for (size_t i = 0; i < request->header_count; i++) {
        weir_buf_put(out, request->headers[i].name);
        weir_buf_puts(out, ": ");
        weir_buf_put(out, request->headers[i].value);
        weir_buf_puts(out, "\r\n");
    }
    weir_buf_puts(out, "\r\n");
    if (out->failed) {
        return weir_fail_nomem(error);
    }
    if (out->len - before > WEIR_UPGRADE_REQUEST_MAX) {
        return weir_fail(error, WEIR_ERR_LIMIT, "the upgrade request is over the limit of %d bytes",
                         WEIR_UPGRADE_REQUEST_MAX);
    }
    return WEIR_OK;
}

weir_code weir_upgrade_accept(const uint8_t key[WEIR_UPGRADE_KEY_LEN],
                              char accept[WEIR_UPGRADE_ACCEPT_TEXT], weir_error *error)
{
    uint8_t text[WEIR_UPGRADE_KEY_TEXT + sizeof accept_guid - 1];
    uint8_t digest[WEIR_DIGEST_MAX];
    weir_base64_write((weir_bytes){key, WEIR_UPGRADE_KEY_LEN}, (char *)text);
    memcpy(text + WEIR_UPGRADE_KEY_TEXT, accept_guid, sizeof accept_guid - 1);
    weir_code code =
        weir_digest_bytes(WEIR_DIGEST_SHA1, (weir_bytes){text, sizeof text}, digest, error);
    if (code == WEIR_OK) {
        weir_base64_write((weir_bytes){digest, 20}, accept);
    }
    return code;
}

static weir_http_step bad(weir_error *error, const char *what)
{
    weir_fail(error, WEIR_ERR_HANDSHAKE, "the upgrade reply is not valid: %s", what);
    return WEIR_HTTP_BAD;
}

/* A window size as RFC 7692 writes it: 8 to 15, no leading zero. 0 for anything else. */
static int window_bits(weir_str value)
{
    if (value.len == 1 && (value.ptr[0] == '8' || value.ptr[0] == '9')) {
        return value.ptr[0] - '0';
    }
    if (value.len == 2 && value.ptr[0] == '1' && value.ptr[1] >= '0' && value.ptr[1] <= '5') {
        return 10 + value.ptr[1] - '0';
    }
    return 0;
}

/* The parameters that a server may answer with; `seen` is a bit for each row. */
enum { SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT, SERVER_BITS, CLIENT_BITS, PARAMETER_COUNT };
static const struct {
    const char *name;
    bool has_value;
} parameters[PARAMETER_COUNT] = {
    {"server_no_context_takeover", false},
    {"client_no_context_takeover", false},
    {"server_max_window_bits", true},
    {"client_max_window_bits", true},
};

static weir_http_step read_parameter(weir_str text, unsigned *seen, weir_upgrade_reply *reply,
                                     weir_error *error)
{
    const char *equals = text.len ? memchr(text.ptr, '=', text.len) : NULL;
    weir_str name = {text.ptr, equals ? (size_t)(equals - text.ptr) : text.len};
    weir_str value = {NULL, 0};
    if (equals) {
        value = weir_http_trim((weir_str){equals + 1, text.len - name.len - 1});
        if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
            value = (weir_str){value.ptr + 1, value.len - 2};
        }
    }
    name = weir_http_trim(name);
    unsigned at = 0;
    while (at < PARAMETER_COUNT && !weir_http_same(name, weir_str_of(parameters[at].name))) {
        at++;
    }
    if (at == PARAMETER_COUNT) {
        return bad(error, "permessage-deflate has an unknown parameter");
    }
    if (*seen & 1u << at) {
        return bad(error, "permessage-deflate has a parameter twice");
    }
    *seen |= 1u << at;
    int bits = window_bits(value);
    if (parameters[at].has_value ? bits == 0 : equals != NULL) {
        return bad(error, "permessage-deflate has a parameter with a bad value");
    }
    if (at == SERVER_NO_CONTEXT) {
        reply->server_keeps_context = false;
    } else if (at == SERVER_BITS) {
        reply->server_window_bits = bits;
    }
    return WEIR_HTTP_DONE;
}

static weir_http_step read_extension(weir_str text, const weir_upgrade_expect *expect,
                                     weir_upgrade_reply *reply, weir_error *error)
{
    weir_str item;
    if (!weir_http_next_item(&text, ';', &item) ||
        !weir_http_same(item, WEIR_STR("permessage-deflate")) || !expect->offers_deflate) {
        return bad(error, "it has an extension that was not offered");
    }
    if (reply->has_deflate) {
        return bad(error, "it has permessage-deflate twice");
    }
    reply->has_deflate = true;
    reply->server_keeps_context = true;
    reply->server_window_bits = 15;
    unsigned seen = 0;
    while (weir_http_next_item(&text, ';', &item)) {
        if (read_parameter(item, &seen, reply, error) != WEIR_HTTP_DONE) {
            return WEIR_HTTP_BAD;
        }
    }
    return WEIR_HTTP_DONE;
}

static weir_http_step read_extensions(const weir_http_head *head, const weir_upgrade_expect *expect,
                                      weir_upgrade_reply *reply, weir_error *error)
{
    for (size_t i = 0; i < head->count; i++) {
        if (!weir_http_same(head->headers[i].name, WEIR_STR("sec-websocket-extensions"))) {
            continue;
        }
        weir_str list = head->headers[i].value;
        weir_str item;
        while (weir_http_next_item(&list, ',', &item)) {
            if (item.len > 0 && read_extension(item, expect, reply, error) != WEIR_HTTP_DONE) {
                return WEIR_HTTP_BAD;
            }
        }
    }
    return WEIR_HTTP_DONE;
}

static weir_http_step read_subprotocol(const weir_http_head *head,
                                       const weir_upgrade_expect *expect, weir_upgrade_reply *reply,
                                       weir_error *error)
{
    size_t count;
    weir_str chosen = weir_http_get(head, "sec-websocket-protocol", &count);
    if (count == 0) {
        return WEIR_HTTP_DONE; /* the server speaks none of ours; the venue's API decides */
    }
    if (count > 1) {
        return bad(error, "it has Sec-WebSocket-Protocol twice");
    }
    for (size_t i = 0; i < expect->subprotocol_count; i++) {
        if (weir_str_eq(chosen, expect->subprotocols[i])) {
            reply->subprotocol = expect->subprotocols[i];
            return WEIR_HTTP_DONE;
        }
    }
    return bad(error, "it chose a subprotocol that was not offered");
}

static weir_http_step check_switch(const weir_http_head *head, const weir_upgrade_expect *expect,
                                   weir_upgrade_reply *reply, weir_error *error)
{
    size_t count;
    weir_str upgrade = weir_http_get(head, "upgrade", &count);
    if (count != 1 || !weir_http_same(upgrade, WEIR_STR("websocket"))) {
        return bad(error, count > 1 ? "it has Upgrade twice" : "it lacks 'Upgrade: websocket'");
    }
    if (!weir_http_has_token(head, "connection", "upgrade")) {
        return bad(error, "it lacks 'Connection: Upgrade'");
    }
    weir_str accept = weir_http_get(head, "sec-websocket-accept", &count);
    if (count != 1) {
        return bad(error,
                   count ? "it has Sec-WebSocket-Accept twice" : "it lacks Sec-WebSocket-Accept");
    }
    if (!weir_str_eq(accept, (weir_str){expect->accept, WEIR_UPGRADE_ACCEPT_TEXT})) {
        return bad(error, "its Sec-WebSocket-Accept does not answer our key");
    }
    if (head->minor != 1) {
        return bad(error, "it is not HTTP/1.1");
    }
    weir_str length = weir_http_get(head, "content-length", &count);
    if ((count > 0 && !weir_str_is(length, "0")) ||
        weir_http_get(head, "transfer-encoding", NULL).ptr) {
        return bad(error, "it announces a body, which a 101 cannot have");
    }
    if (read_subprotocol(head, expect, reply, error) != WEIR_HTTP_DONE) {
        return WEIR_HTTP_BAD;
    }
    return read_extensions(head, expect, reply, error);
}

static weir_http_step refuse(const weir_http_head *head, weir_str body, int64_t now_ns,
                             weir_upgrade_reply *reply, weir_error *error)
{
    reply->http_status = head->status;
    reply->retry_after_ns = weir_http_retry_after(head, now_ns);
    char reason[64], location_shown[LOCATION_SHOWN_MAX], body_shown[BODY_SHOWN_MAX];
    weir_http_show(head->reason, reason, sizeof reason);
    weir_str location = weir_http_get(head, "location", NULL);
    if (head->status >= 300 && head->status < 400 && location.ptr) {
        weir_http_show(location, location_shown, sizeof location_shown);
        weir_fail(error, WEIR_ERR_HANDSHAKE,
                  "the server redirects (%d) to %s; redirects are not followed", head->status,
                  location_shown);
        return WEIR_HTTP_BAD;
    }
    weir_http_show(weir_http_trim(body), body_shown, sizeof body_shown);
    weir_fail(error, WEIR_ERR_HANDSHAKE, "the server refused the upgrade: %d%s%s%s%s", head->status,
              *reason ? " " : "", reason, *body_shown ? ": " : "", body_shown);
    return WEIR_HTTP_BAD;
}

weir_http_step weir_upgrade_read(weir_str bytes, const weir_upgrade_expect *expect, int64_t now_ns,
                                 weir_upgrade_reply *reply, weir_error *error)
{
    *reply = (weir_upgrade_reply){0};
    weir_http_head head;
    size_t skipped = 0;
    for (;;) {
        weir_str rest = {bytes.ptr + skipped, bytes.len - skipped};
        weir_http_step step = weir_http_head_read(rest, &head, error);
        if (step != WEIR_HTTP_DONE) {
            return step;
        }
        skipped += head.len;
        if (head.status == 101 || head.status >= 200) {
            break;
        }
        if (skipped > WEIR_HTTP_HEAD_MAX) {
            return bad(error, "too many interim replies");
        }
    }
    if (head.status != 101) {
        weir_str body = {bytes.ptr + skipped, bytes.len - skipped};
        return refuse(&head, body, now_ns, reply, error);
    }
    weir_http_step step = check_switch(&head, expect, reply, error);
    if (step == WEIR_HTTP_DONE) {
        reply->http_status = 101;
        reply->len = skipped;
    }
    return step;
}
