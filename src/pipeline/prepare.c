/* SPDX-License-Identifier: MIT */
/*
 * What is done to the bytes of a frame before they are decoded: they are inflated, and shown to
 * functions of plugins, which may give others in their place.
 */
#include "pipeline/observer.h"
#include "pipeline/parts.h"
#include "util/error.h"

weir_inflate *weir_runner_new_inflate(const weir_connection_spec *connection)
{
    static const weir_deflate_form forms[] = {
        [WEIR_COMPRESSION_GZIP] = WEIR_DEFLATE_GZIP,
        [WEIR_COMPRESSION_DEFLATE] = WEIR_DEFLATE_RAW,
        [WEIR_COMPRESSION_ZLIB] = WEIR_DEFLATE_ZLIB,
        [WEIR_COMPRESSION_AUTO] = WEIR_DEFLATE_AUTO,
    };
    weir_inflate *inflate = weir_inflate_new(forms[connection->compression]);
    if (inflate)
        weir_inflate_set_limits(inflate, connection->inflate_limits);
    return inflate;
}

static bool inflate(weir_runner *runner, weir_str *bytes)
{
    weir_error error = {0};
    weir_buf_clear(&runner->inflated);
    weir_inflate_reset(runner->inflate);
    const weir_bytes chunk = {(const uint8_t *)bytes->ptr, bytes->len};
    weir_code code = weir_inflate_feed(runner->inflate, chunk, &runner->inflated, &error);
    if (code == WEIR_OK)
        code = weir_inflate_end(runner->inflate, &runner->inflated, &error);
    if (code == WEIR_OK && !weir_buf_reserve(&runner->inflated, WEIR_JSON_SLACK))
        code = weir_fail_nomem(&error);
    if (code != WEIR_OK) {
        weir_runner_fail(runner, WEIR_STAGE_DECOMPRESS, *bytes, "%s", error.text);
        return false;
    }
    memset(runner->inflated.ptr + runner->inflated.len, 0, WEIR_JSON_SLACK);
    *bytes = weir_buf_str(&runner->inflated);
    if (weir_runner_is_watched(runner))
        runner->observer->on_inflated(runner->watcher, *bytes);
    return true;
}

/* Keeps what a function of a plugin gave in place of a frame's bytes, with slack behind. False: it
 * gave something else, or there is no memory. */
static bool keep_bytes(weir_buf *room, const weir_value *given, weir_str *bytes)
{
    if (given->kind != WEIR_STR && given->kind != WEIR_BYTES)
        return false;
    if (given->s == bytes->ptr && given->len == bytes->len)
        return true;
    weir_buf_clear(room);
    weir_buf_put(room, weir_value_text(given));
    if (!weir_buf_reserve(room, WEIR_JSON_SLACK))
        return false;
    memset(room->ptr + room->len, 0, WEIR_JSON_SLACK);
    *bytes = weir_buf_str(room);
    return true;
}

bool weir_runner_run_over(weir_runner *runner, const weir_extension *function, bool is_text,
                          weir_buf *room, weir_str *bytes)
{
    const weir_value given = is_text ? weir_value_str(*bytes) : weir_value_bytes(*bytes);
    weir_value out;
    if (!weir_extension_run(function, runner->vm, runner->world, &runner->input, &given, 1, &out)) {
        const weir_str text = weir_vm_message(runner->vm);
        weir_runner_fail(runner, WEIR_STAGE_DECODE, *bytes, "%s: %.*s",
                         weir_raise_name(weir_vm_raise(runner->vm)), WEIR_FMT(text));
        return false;
    }
    if (out.kind == WEIR_NONE) {
        runner->counters.dropped++;
        return false;
    }
    if (keep_bytes(room, &out, bytes))
        return true;
    weir_runner_fail(runner, WEIR_STAGE_DECODE, *bytes, "%s %.*s gave %s, not bytes",
                     weir_extension_use_name(function->use), WEIR_FMT(function->name),
                     weir_value_type_name(&out));
    return false;
}

bool weir_runner_inflate(weir_runner *runner, weir_str *bytes)
{
    const weir_extension *preprocess = runner->plan->preprocess;
    return (!runner->inflate || inflate(runner, bytes)) &&
           (!preprocess ||
            weir_runner_run_over(runner, preprocess, false, &runner->prepared, bytes));
}
