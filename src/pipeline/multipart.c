/* SPDX-License-Identifier: MIT */
/*
 * Messages of several parts (zmq): `data` is the list of them, each inflated and decoded as a
 * message of its own would be. A message one of whose parts does not decode gives no records.
 */
#include "pipeline/format.h"
#include "pipeline/parts.h"
#include "util/error.h"
#include "util/parts.h"

/* SIZE_MAX: these are no parts. */
static size_t count_parts(weir_str rest)
{
    weir_str part;
    size_t count = 0;
    while (weir_part_next(&rest, &part))
        count++;
    return rest.len == 0 ? count : SIZE_MAX;
}

/* What was inflated stands in a buffer that the next part needs. */
static bool keep(weir_runner *runner, weir_str *part)
{
    char *copy = weir_arena_alloc(runner->arena, part->len + WEIR_JSON_SLACK);
    if (!copy)
        return false;
    if (part->len > 0)
        memcpy(copy, part->ptr, part->len);
    memset(copy + part->len, 0, WEIR_JSON_SLACK);
    part->ptr = copy;
    return true;
}

static bool parse_part(weir_runner *runner, weir_str part, weir_value *out, weir_error *why)
{
    runner->is_decoded = false;
    if (runner->inflate || runner->plan->preprocess) {
        if (!weir_runner_inflate(runner, &part))
            return false;
        if (!keep(runner, &part))
            return weir_fail_nomem(why) == WEIR_OK;
    }
    return runner->format->parse(runner, part, out, why);
}

bool weir_runner_parse_parts(weir_runner *runner, weir_str bytes, weir_value *message,
                             weir_error *why)
{
    const size_t count = count_parts(bytes);
    weir_value *items = NULL;
    weir_error inner = {0};
    weir_str part;
    if (count == SIZE_MAX)
        return weir_fail(why, WEIR_ERR_DECODE, "the parts of the message are torn") == WEIR_OK;
    if (!weir_list_new(runner->arena, WEIR_LIST, count, message, &items))
        return weir_fail_nomem(why) == WEIR_OK;
    for (size_t i = 0; i < count && weir_part_next(&bytes, &part); i++) {
        if (!parse_part(runner, part, &items[i], &inner)) {
            if (inner.code != WEIR_OK)
                weir_fail(why, inner.code, "part %zu: %s", i, inner.text);
            return false;
        }
    }
    return true;
}

bool weir_runner_admit_parts(weir_runner *runner, const weir_extension *hook, weir_str bytes)
{
    const size_t count = count_parts(bytes);
    weir_str rest = bytes, part;
    weir_value list, given = weir_value_absent(), *items = NULL;
    if (count == SIZE_MAX || !weir_list_new(runner->arena, WEIR_LIST, count, &list, &items)) {
        weir_runner_fail(runner, WEIR_STAGE_DECODE, bytes, "the parts of the message are torn");
        return false;
    }
    for (size_t i = 0; i < count && weir_part_next(&rest, &part); i++)
        items[i] = weir_value_bytes(part);
    if (!weir_extension_run(hook, runner->vm, runner->world, &runner->input, &list, 1, &given)) {
        const weir_str text = weir_vm_message(runner->vm);
        weir_runner_fail(runner, WEIR_STAGE_DECODE, bytes, "%s: %.*s",
                         weir_raise_name(weir_vm_raise(runner->vm)), WEIR_FMT(text));
        return false;
    }
    if (given.kind == WEIR_LIST && given.list == list.list)
        return true;
    if (given.kind == WEIR_NONE)
        runner->counters.dropped++;
    else
        weir_runner_fail(runner, WEIR_STAGE_DECODE, bytes,
                         "%s %.*s cannot replace a message of several parts",
                         weir_extension_use_name(hook->use), WEIR_FMT(hook->name));
    return false;
}
