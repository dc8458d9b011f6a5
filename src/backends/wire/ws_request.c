/* SPDX-License-Identifier: MIT */
/* Headers and query parameters come from two sides; a header that the runtime gives replaces the
 * fixed one of the same name. */
#include "backends/wire/ws_request.h"

#include <stdlib.h>

#include "util/crypto.h"
#include "util/error.h"

static bool is_replaced(const weir_link_target *target, weir_str name)
{
    for (size_t i = 0; i < target->header_count; i++) {
        if (weir_http_same(target->headers[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The spec's fixed headers, then the runtime's, which replace fixed ones of the same name. */
static size_t gather_headers(const weir_ws_settings *settings, const weir_link_target *target,
                             weir_upgrade_pair *pairs)
{
    size_t count = 0;
    for (size_t i = 0; i < settings->header_count; i++) {
        if (!is_replaced(target, settings->headers[i].key)) {
            pairs[count++] =
                (weir_upgrade_pair){settings->headers[i].key, settings->headers[i].value};
        }
    }
    for (size_t i = 0; i < target->header_count; i++) {
        pairs[count++] = (weir_upgrade_pair){target->headers[i].name, target->headers[i].value};
    }
    return count;
}

weir_code weir_ws_request(const weir_url *url, const weir_ws_settings *settings,
                          const weir_link_target *target, weir_buf *out,
                          weir_upgrade_expect *expect, weir_error *error)
{
    size_t most = settings->header_count + target->header_count + target->query_count;
    weir_upgrade_pair *pairs = calloc(most + 1, sizeof *pairs);
    if (!pairs) {
        return weir_fail_nomem(error);
    }
    weir_upgrade_request request = {.url = url,
                                    .query = pairs,
                                    .query_count = target->query_count,
                                    .headers = pairs + target->query_count,
                                    .subprotocols = settings->subprotocols,
                                    .subprotocol_count = settings->subprotocol_count,
                                    .origin = settings->origin,
                                    .offers_deflate = settings->compresses};
    for (size_t i = 0; i < target->query_count; i++) {
        pairs[i] = (weir_upgrade_pair){target->query[i].name, target->query[i].value};
    }
    expect->subprotocols = settings->subprotocols;
    expect->subprotocol_count = settings->subprotocol_count;
    expect->offers_deflate = settings->compresses;
    request.header_count = gather_headers(settings, target, pairs + target->query_count);
    weir_code code = WEIR_OK;
    if (!weir_random_bytes(request.key, sizeof request.key)) {
        code = weir_fail(error, WEIR_ERR_IO, "the system gives no random bytes");
    }
    if (code == WEIR_OK) {
        code = weir_upgrade_accept(request.key, expect->accept, error);
    }
    if (code == WEIR_OK) {
        code = weir_upgrade_write(&request, out, error);
    }
    free(pairs);
    return code;
}
