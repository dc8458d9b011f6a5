/* SPDX-License-Identifier: MIT */
/*
 * Any text as an endpoint of ZeroMQ, to connect and to bind. What can be connected to can be bound
 * to, and has a host and a port, or a path, that end inside their room.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backends/zmq_endpoint.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_zmq_endpoint endpoint, bound;
    weir_error error = {0};
    char *text = malloc(size + 1); /* of its exact size, so that a sanitizer sees its end */
    REQUIRE(text);
    memcpy(text, data, size);
    const weir_str span = {text, size};
    const bool connects = weir_zmq_endpoint_parse(span, false, &endpoint, &error) == WEIR_OK;
    REQUIRE(connects || error.code == WEIR_ERR_ARGUMENT);
    const bool binds = weir_zmq_endpoint_parse(span, true, &bound, &error) == WEIR_OK;
    REQUIRE(binds || !connects);
    if (connects) {
        REQUIRE(memchr(endpoint.host, '\0', sizeof endpoint.host));
        REQUIRE(memchr(endpoint.path, '\0', sizeof endpoint.path));
        REQUIRE(endpoint.is_ipc ? endpoint.path[0] : endpoint.host[0] && endpoint.port > 0);
    }
    free(text);
    return 0;
}
