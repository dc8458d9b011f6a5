/* SPDX-License-Identifier: MIT */
/*
 * The grammar has no brackets, so what a digit means is decided by where it stands: digits in front
 * of a '-' count attachments, and only in the binary types; digits behind the namespace are an ack
 * id. A namespace runs to its comma, or to the end.
 */
#include "backends/socketio/packet.h"

#include "util/error.h"

static bool is_binary(weir_sio_type type)
{
    return type == WEIR_SIO_BINARY_EVENT || type == WEIR_SIO_BINARY_ACK;
}

static size_t count_digits(weir_str text)
{
    size_t count = 0;
    while (count < text.len && text.ptr[count] >= '0' && text.ptr[count] <= '9')
        count++;
    return count;
}

static void skip(weir_str *text, size_t count)
{
    text->ptr += count;
    text->len -= count;
}

static weir_code read_attachments(weir_str *rest, weir_sio_packet *packet, weir_error *error)
{
    const size_t digits = count_digits(*rest);
    if (digits == 0 || digits == rest->len || rest->ptr[digits] != '-')
        return weir_fail(error, WEIR_ERR_PROTOCOL,
                         "a binary Socket.IO packet does not say how many attachments it has");
    for (size_t i = 0; i < digits; i++) {
        packet->attachments = packet->attachments * 10 + (size_t)(rest->ptr[i] - '0');
        if (packet->attachments > WEIR_SIO_ATTACHMENTS_MAX)
            return weir_fail(error, WEIR_ERR_LIMIT,
                             "a Socket.IO packet has more than %d attachments",
                             WEIR_SIO_ATTACHMENTS_MAX);
    }
    skip(rest, digits + 1);
    return WEIR_OK;
}

static void read_namespace(weir_str *rest, weir_sio_packet *packet)
{
    packet->nsp = WEIR_STR("/");
    if (rest->len == 0 || *rest->ptr != '/')
        return;
    const char *comma = memchr(rest->ptr, ',', rest->len);
    packet->nsp = (weir_str){rest->ptr, comma ? (size_t)(comma - rest->ptr) : rest->len};
    skip(rest, packet->nsp.len + (comma != NULL));
    const char *query = memchr(packet->nsp.ptr, '?', packet->nsp.len);
    if (query)
        packet->nsp.len = (size_t)(query - packet->nsp.ptr);
}

weir_code weir_sio_packet_read(weir_str text, weir_sio_packet *packet, weir_error *error)
{
    *packet = (weir_sio_packet){0};
    if (text.len == 0 || *text.ptr < '0' || *text.ptr > '0' + WEIR_SIO_BINARY_ACK)
        return weir_fail(error, WEIR_ERR_PROTOCOL, "a Socket.IO packet has no type that is known");
    packet->type = (weir_sio_type)(*text.ptr - '0');
    skip(&text, 1);
    if (is_binary(packet->type) && read_attachments(&text, packet, error) != WEIR_OK)
        return error ? error->code : WEIR_ERR_PROTOCOL;
    read_namespace(&text, packet);
    packet->id = (weir_str){text.ptr, count_digits(text)};
    if (packet->id.len > WEIR_SIO_ID_DIGITS_MAX)
        return weir_fail(error, WEIR_ERR_LIMIT, "the ack id of a Socket.IO packet has %zu digits",
                         packet->id.len);
    skip(&text, packet->id.len);
    packet->json = text;
    return WEIR_OK;
}

void weir_sio_packet_put_head(weir_buf *out, const weir_sio_packet *packet)
{
    weir_buf_putc(out, (char)('0' + packet->type));
    if (is_binary(packet->type))
        weir_buf_printf(out, "%zu-", packet->attachments);
    if (!weir_str_is(packet->nsp, "/")) {
        weir_buf_put(out, packet->nsp);
        weir_buf_putc(out, ',');
    }
    weir_buf_put(out, packet->id);
}
