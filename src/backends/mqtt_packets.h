/* SPDX-License-Identifier: MIT */
/*
 * The packets in a stream of MQTT, as far as their fixed headers go: types, lengths, boundaries. So
 * that what a server sends is measured before the library makes room for it, and what the library
 * is known to trip over does not reach it.
 */
#ifndef WEIR_BACKENDS_MQTT_PACKETS_H
#define WEIR_BACKENDS_MQTT_PACKETS_H

#include <weir/types.h>

enum {
    WEIR_MQTT_PACKET_CONNECT = 1,
    WEIR_MQTT_PACKET_PUBLISH = 3,
    WEIR_MQTT_PACKET_SUBACK = 9,
    WEIR_MQTT_PACKET_DISCONNECT = 14,
    WEIR_MQTT_PACKET_LOOK = 8 /**< bytes of a SUBACK that are looked at */
};

/** One direction of a connection. Zeroed, with the first members set, it is at the start. */
typedef struct weir_mqtt_packets {
    bool is_from_server;
    bool is_v5;
    size_t max_size; /**< of a packet, its header aside */

    uint8_t type;       /**< of the packet that is being read, or was the last */
    uint8_t header_len; /**< bytes of the fixed header so far; 0: at a boundary */
    bool has_header;    /**< the header is complete, `left` counts */
    uint32_t size;      /**< remaining length, as far as it is known */
    uint32_t left;      /**< of the packet */
    uint8_t look[WEIR_MQTT_PACKET_LOOK];
    uint8_t look_len;
    size_t complete; /**< of the bytes that were read last: those up to the end of a packet */
} weir_mqtt_packets;

/**
 * Goes over the next bytes. WEIR_ERR_PROTOCOL for what is not MQTT, WEIR_ERR_LIMIT for a packet
 * that is too large. With `stops`, goes no further than the end of a packet; *used tells how far.
 */
weir_code weir_mqtt_packets_read(weir_mqtt_packets *packets, weir_bytes bytes, bool stops,
                                 size_t *used, weir_error *error);
/** Between two packets. */
static inline bool weir_mqtt_packets_at_boundary(const weir_mqtt_packets *packets)
{
    return packets->header_len == 0;
}

#endif
