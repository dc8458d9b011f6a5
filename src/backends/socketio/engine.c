/* SPDX-License-Identifier: MIT */
/*
 * Version 3 prefixes a packet with its length, counted as JavaScript counts: in UTF-16 units. We
 * ask for it with b64=1, so there is no binary form of a body. Version 4 puts a separator between
 * packets, a byte that no JSON can contain.
 */
#include "backends/socketio/engine.h"

#include "util/encode.h"
#include "util/error.h"
#include "util/time.h"
#include "util/utf8.h"
#include "value/json_read.h"

enum {
    INTERVAL_MAX_MS = 24 * 3600 * 1000,
    LENGTH_DIGITS_MAX = 10,
    PAYLOAD_MIN = 1024 /* a server that takes less has made a mistake */
};

/* ------------------------------------------------------------------ open */

static bool get_number(const weir_value *object, const char *name, int64_t *out)
{
    weir_value raw;
    if (!weir_json_member(object, weir_str_of(name), &raw) || raw.kind != WEIR_RAW ||
        raw.aux != WEIR_RAW_NUMBER)
        return false;
    const weir_value number = weir_json_number(&raw);
    *out = number.kind == WEIR_INT ? number.i : 0;
    return number.kind == WEIR_INT && number.i >= 0;
}

static bool get_interval(const weir_value *object, const char *name, int64_t *ns)
{
    int64_t ms;
    if (!get_number(object, name, &ms) || ms <= 0 || ms > INTERVAL_MAX_MS)
        return false;
    *ns = ms * WEIR_NS_PER_MS;
    return true;
}

static bool lists_websocket(const weir_value *object)
{
    weir_value list, key, item;
    weir_json_iter iter;
    if (!weir_json_member(object, WEIR_STR("upgrades"), &list) || list.kind != WEIR_RAW ||
        list.aux != WEIR_RAW_ARRAY)
        return false;
    weir_json_iter_init(&iter, &list);
    while (weir_json_iter_next(&iter, &key, &item)) {
        if (item.kind == WEIR_STR && weir_str_is(weir_value_text(&item), "websocket"))
            return true;
    }
    return false;
}

static weir_code bad(weir_error *error, const char *what)
{
    return weir_fail(error, WEIR_ERR_PROTOCOL, "the Engine.IO handshake is malformed: %s", what);
}

weir_code weir_eio_open_read(weir_str json, weir_eio_open *open, weir_error *error)
{
    weir_value whole, sid;
    weir_json_error why;
    int64_t max_payload = 0;
    *open = (weir_eio_open){0};
    if (!weir_json_parse(json, &whole, &why))
        return bad(error, why.text);
    if (whole.kind != WEIR_RAW || whole.aux != WEIR_RAW_OBJECT)
        return bad(error, "it is no object");
    if (!weir_json_member(&whole, WEIR_STR("sid"), &sid) || sid.kind != WEIR_STR || sid.len == 0 ||
        sid.len > WEIR_EIO_SID_MAX)
        return bad(error, "it has no 'sid', a text of at most 256 bytes");
    open->sid = weir_value_text(&sid);
    if (!get_interval(&whole, "pingInterval", &open->ping_interval_ns) ||
        !get_interval(&whole, "pingTimeout", &open->ping_timeout_ns))
        return bad(error, "it has no 'pingInterval' and 'pingTimeout' in milliseconds");
    open->offers_websocket = lists_websocket(&whole);
    if (get_number(&whole, "maxPayload", &max_payload))
        open->max_payload = max_payload < PAYLOAD_MIN ? PAYLOAD_MIN : (size_t)max_payload;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ polling bodies, in */

static size_t count_digits(weir_str text)
{
    size_t count = 0;
    while (count < text.len && count <= LENGTH_DIGITS_MAX && text.ptr[count] >= '0' &&
           text.ptr[count] <= '9')
        count++;
    return count;
}

int weir_eio_payload_version(weir_str body)
{
    const size_t digits = count_digits(body);
    if (body.len >= 2 && body.ptr[0] == WEIR_EIO_OPEN && body.ptr[1] == '{')
        return 4;
    if (digits > 0 && body.len >= digits + 2 && body.ptr[digits] == ':' &&
        body.ptr[digits + 1] == WEIR_EIO_OPEN)
        return 3;
    return 0;
}

/* Bytes of the first `units` UTF-16 units; SIZE_MAX when there are fewer. */
static size_t bytes_of_units(weir_str text, uint64_t units)
{
    size_t at = 0;
    while (units > 0) {
        uint32_t code_point;
        const size_t len = weir_utf8_decode((weir_str){text.ptr + at, text.len - at}, &code_point);
        const uint64_t width = code_point > 0xffff ? 2 : 1;
        if (len == 0 || width > units)
            return SIZE_MAX;
        at += len;
        units -= width;
    }
    return at;
}

static bool next_measured(weir_eio_payload *payload, weir_str *packet, weir_error *error)
{
    weir_str rest = payload->rest;
    const size_t digits = count_digits(rest);
    uint64_t units = 0;
    for (size_t i = 0; i < digits; i++)
        units = units * 10 + (uint64_t)(rest.ptr[i] - '0');
    size_t len = SIZE_MAX;
    if (digits > 0 && digits <= LENGTH_DIGITS_MAX && digits < rest.len && rest.ptr[digits] == ':')
        len = bytes_of_units((weir_str){rest.ptr + digits + 1, rest.len - digits - 1}, units);
    if (len == SIZE_MAX || len == 0) {
        weir_fail(error, WEIR_ERR_PROTOCOL,
                  "a polling reply is malformed: the length of a packet does not fit");
        return false;
    }
    *packet = (weir_str){rest.ptr + digits + 1, len};
    payload->rest = (weir_str){packet->ptr + len, rest.len - digits - 1 - len};
    return true;
}

static bool next_separated(weir_eio_payload *payload, weir_str *packet, weir_error *error)
{
    const weir_str rest = payload->rest;
    const char *end = memchr(rest.ptr, WEIR_EIO_SEPARATOR, rest.len);
    *packet = (weir_str){rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len};
    if (packet->len == 0 || (end && packet->len + 1 == rest.len)) {
        weir_fail(error, WEIR_ERR_PROTOCOL, "a polling reply is malformed: it has an empty packet");
        return false;
    }
    const size_t used = packet->len + (end != NULL);
    payload->rest = (weir_str){rest.ptr + used, rest.len - used};
    return true;
}

bool weir_eio_payload_next(weir_eio_payload *payload, weir_str *packet, weir_error *error)
{
    *error = (weir_error){0};
    if (payload->rest.len == 0)
        return false;
    return payload->version == 3 ? next_measured(payload, packet, error)
                                 : next_separated(payload, packet, error);
}

weir_code weir_eio_base64_read(weir_str packet, int version, weir_buf *out, weir_error *error)
{
    const size_t head = version == 3 ? 2 : 1;
    const bool has_head = packet.len >= head && packet.ptr[0] == WEIR_EIO_BASE64 &&
                          (head == 1 || packet.ptr[1] == WEIR_EIO_MESSAGE);
    if (!has_head || !weir_base64_decode((weir_str){packet.ptr + head, packet.len - head}, out))
        return weir_fail(error, WEIR_ERR_PROTOCOL,
                         "a binary packet of a polling reply is no base64");
    return out->failed ? weir_fail_nomem(error) : WEIR_OK;
}

/* ------------------------------------------------------------------ polling bodies, out */

static size_t count_units(weir_str text)
{
    size_t at = 0, units = 0;
    while (at < text.len) {
        uint32_t code_point = 0;
        const size_t len = weir_utf8_decode((weir_str){text.ptr + at, text.len - at}, &code_point);
        units += code_point > 0xffff ? 2 : 1;
        at += len > 0 ? len : 1;
    }
    return units;
}

static void put_start(weir_buf *body, int version, size_t units)
{
    if (version == 3)
        weir_buf_printf(body, "%zu:", units);
    else if (body->len > 0)
        weir_buf_putc(body, WEIR_EIO_SEPARATOR);
}

void weir_eio_payload_put_text(weir_buf *body, int version, weir_str packet)
{
    put_start(body, version, version == 3 ? count_units(packet) : 0);
    weir_buf_put(body, packet);
}

void weir_eio_payload_put_binary(weir_buf *body, int version, weir_bytes bytes)
{
    put_start(body, version, WEIR_BASE64_LEN(bytes.len) + 2);
    weir_buf_puts(body, version == 3 ? "b4" : "b");
    weir_base64_encode(bytes, body);
}
