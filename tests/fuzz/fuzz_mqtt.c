/* SPDX-License-Identifier: MIT
 *
 * Bytes as the MQTT packets of one side, once whole and once torn where the first bytes of the
 * input say. Both readings must come to the same end: the same fault, or the same place between or
 * within packets.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/mqtt_packets.h"

enum { MAX_SIZE = 70000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static weir_code read_torn(weir_mqtt_packets *packets, weir_bytes bytes, unsigned seed,
                           weir_error *error)
{
    weir_code code = WEIR_OK;
    for (size_t at = 0; at < bytes.len && code == WEIR_OK;) {
        size_t used = 0, part = 1 + (seed = seed * 1103515245u + 12345u) % 7;
        part = part < bytes.len - at ? part : bytes.len - at;
        code = weir_mqtt_packets_read(packets, (weir_bytes){bytes.ptr + at, part}, seed & 8, &used,
                                      error);
        if (used == 0 || used > part)
            abort();
        at += used;
    }
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_error first = {0}, second = {0};
    size_t used = 0;
    if (size < 2)
        return 0;
    weir_mqtt_packets whole = {
        .is_from_server = data[0] & 1, .is_v5 = data[0] & 2, .max_size = MAX_SIZE};
    weir_mqtt_packets torn = whole;
    const weir_bytes bytes = {data + 2, size - 2};
    const weir_code code = weir_mqtt_packets_read(&whole, bytes, false, &used, &first);
    if (read_torn(&torn, bytes, data[1], &second) != code || strcmp(first.text, second.text) != 0)
        abort();
    if (code == WEIR_OK &&
        (used != bytes.len || whole.left != torn.left || whole.header_len != torn.header_len))
        abort();
    return 0;
}
