/* SPDX-License-Identifier: MIT */
/* The request that a websocket begins with, from the options of the spec and what the runtime has
 * evaluated for this connect. */
#ifndef WEIR_BACKENDS_WIRE_WS_REQUEST_H
#define WEIR_BACKENDS_WIRE_WS_REQUEST_H

#include "backends/backend.h"
#include "backends/wire/upgrade.h"
#include "backends/wire/ws_options.h"

/** Appends the request to `out`, and says what its answer has to be. */
weir_code weir_ws_request(const weir_url *url, const weir_ws_settings *settings,
                          const weir_link_target *target, weir_buf *out,
                          weir_upgrade_expect *expect, weir_error *error);

#endif
