/* SPDX-License-Identifier: MIT */
/*
 * The fixed header is a byte (type and flags) and a length of one to four bytes, seven bits each,
 * the lowest first. Payloads are skipped in one step, so the cost is per packet, not per byte.
 */
#include "backends/mqtt_packets.h"

#include "util/error.h"

enum { TYPE_COUNT = 16, LENGTH_BYTES_MAX = 4, FORBIDDEN = 255 };

/* What a packet of each type has at least behind its fixed header; FORBIDDEN: not from this side.
 */
static const uint8_t from_server[TYPE_COUNT] = {
    FORBIDDEN, FORBIDDEN, 2, 2, 2, 2, 2, 2, FORBIDDEN, 3, FORBIDDEN, 2, FORBIDDEN, 0, 0, 0};
static const uint8_t from_client[TYPE_COUNT] = {FORBIDDEN, 10, FORBIDDEN, 2, 2,         2, 2, 2, 5,
                                                FORBIDDEN, 5,  FORBIDDEN, 0, FORBIDDEN, 0, 0};

static weir_code check_header(const weir_mqtt_packets *packets, weir_error *error)
{
    const uint8_t least = (packets->is_from_server ? from_server : from_client)[packets->type];
    const char *who = packets->is_from_server ? "the server" : "the library";
    if (least == FORBIDDEN)
        return weir_fail(error, WEIR_ERR_PROTOCOL,
                         "%s sent a packet of type %u, which it cannot mean", who,
                         (unsigned)packets->type);
    if (packets->size < least)
        return weir_fail(error, WEIR_ERR_PROTOCOL,
                         "%s sent a packet of type %u with %u bytes; it has "
                         "at least %u",
                         who, (unsigned)packets->type, (unsigned)packets->size, (unsigned)least);
    if (packets->size > packets->max_size)
        return weir_fail(error, WEIR_ERR_LIMIT,
                         "%s sent a packet of %u bytes, more than max_message allows", who,
                         (unsigned)packets->size);
    return WEIR_OK;
}

/* A SUBACK without a reason code: packet identifier, in version 5 properties, and then nothing. */
static bool is_empty_suback(const weir_mqtt_packets *packets)
{
    uint32_t properties = 0, at = 2;
    if (packets->type != WEIR_MQTT_PACKET_SUBACK || !packets->is_v5)
        return false;
    for (unsigned shift = 0; at < packets->look_len && shift < 28; shift += 7) {
        const uint8_t byte = packets->look[at++];
        properties |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return at >= packets->size || properties >= packets->size - at;
}

static weir_code end_packet(weir_mqtt_packets *packets, weir_error *error)
{
    const bool is_empty = is_empty_suback(packets);
    packets->header_len = 0;
    packets->has_header = false;
    packets->look_len = 0;
    return is_empty ? weir_fail(error, WEIR_ERR_PROTOCOL, "the server sent a SUBACK without codes")
                    : WEIR_OK;
}

static weir_code read_header_byte(weir_mqtt_packets *packets, uint8_t byte, weir_error *error)
{
    if (packets->header_len++ == 0) {
        packets->type = byte >> 4;
        packets->size = 0;
        return WEIR_OK;
    }
    const unsigned place = packets->header_len - 2u;
    packets->size |= (uint32_t)(byte & 0x7f) << (7 * place);
    if (byte >= 0x80)
        return place + 1 < LENGTH_BYTES_MAX
                   ? WEIR_OK
                   : weir_fail(error, WEIR_ERR_PROTOCOL, "a packet's length goes on for too long");
    packets->has_header = true;
    packets->left = packets->size;
    const weir_code code = check_header(packets, error);
    return code == WEIR_OK && packets->left == 0 ? end_packet(packets, error) : code;
}

static weir_code skip(weir_mqtt_packets *packets, weir_bytes rest, size_t *used, weir_error *error)
{
    const size_t part = rest.len < packets->left ? rest.len : packets->left;
    if (packets->type == WEIR_MQTT_PACKET_SUBACK) {
        for (size_t i = 0; i < part && packets->look_len < WEIR_MQTT_PACKET_LOOK; i++)
            packets->look[packets->look_len++] = rest.ptr[i];
    }
    packets->left -= (uint32_t)part;
    *used += part;
    return packets->left == 0 ? end_packet(packets, error) : WEIR_OK;
}

weir_code weir_mqtt_packets_read(weir_mqtt_packets *packets, weir_bytes bytes, bool stops,
                                 size_t *used, weir_error *error)
{
    weir_code code = WEIR_OK;
    *used = 0;
    packets->complete = 0;
    while (code == WEIR_OK && *used < bytes.len) {
        if (packets->has_header)
            code = skip(packets, (weir_bytes){bytes.ptr + *used, bytes.len - *used}, used, error);
        else
            code = read_header_byte(packets, bytes.ptr[(*used)++], error);
        if (code != WEIR_OK || !weir_mqtt_packets_at_boundary(packets))
            continue;
        packets->complete = *used;
        if (stops)
            break;
    }
    return code;
}
