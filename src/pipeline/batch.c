/* SPDX-License-Identifier: MIT */
/*
 * A subscribe message in parts, as `batch` wants it: so many symbols each, and half of them where
 * that is too long. For what is shown and tested; the runtime makes its parts one by one, when each
 * may be sent.
 */
#include "pipeline/parts.h"
#include "util/error.h"

typedef struct part {
    weir_outgoing_fn *emit;
    void *user;
    uint64_t most;   /* bytes; 0: any */
    size_t too_long; /* its length, when it was */
    bool is_stopped;
} part;

static bool emit_part(void *user, const weir_outgoing *message)
{
    part *p = user;
    if (p->most > 0 && message->bytes.len > p->most) {
        p->too_long = message->bytes.len;
        return false;
    }
    p->is_stopped = !p->emit(p->user, message);
    return !p->is_stopped;
}

weir_code weir_message_emit_batches(const weir_plan *plan, const weir_message *message,
                                    const weir_message_input *input, weir_outgoing_fn *emit,
                                    void *user, weir_error *error)
{
    const weir_limits_spec *limits = &plan->connection->limits;
    const size_t usual = weir_message_is_per_asset(message) ? 1
                         : limits->batch_max > 0            ? (size_t)limits->batch_max
                                                            : input->asset_count;
    weir_message_input batch = *input;
    size_t most = usual, done = 0;
    if (input->asset_count == 0)
        return weir_message_emit(message, input, emit, user, error);
    while (done < input->asset_count) {
        part p = {.emit = emit, .user = user, .most = limits->batch_bytes};
        batch.assets = input->assets + done;
        batch.asset_count = input->asset_count - done;
        if (batch.asset_count > most)
            batch.asset_count = most;
        const weir_code code = weir_message_emit(message, &batch, emit_part, &p, error);
        if (code != WEIR_OK || p.is_stopped)
            return code;
        if (p.too_long > 0 && batch.asset_count == 1)
            return weir_fail(error, WEIR_ERR_EVAL,
                             "message '%.*s': it is %zu bytes long, the limit is %llu",
                             WEIR_FMT(message->what), p.too_long, (unsigned long long)p.most);
        most = p.too_long > 0 ? batch.asset_count / 2 : usual;
        done += p.too_long > 0 ? 0 : batch.asset_count;
        batch.request += p.too_long == 0;
    }
    return WEIR_OK;
}
