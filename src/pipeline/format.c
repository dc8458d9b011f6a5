/* SPDX-License-Identifier: MIT */
/*
 * The formats. JSON and MessagePack are projected while they are validated; a text or bytes are one
 * value, from which slots are filled as from any other.
 */
#include "pipeline/format.h"

#include "pipeline/layout.h"
#include "util/error.h"
#include "util/utf8.h"
#include "value/msgpack.h"

/* ------------------------------------------------------------------ json */

static bool fail_json(const weir_json_error *error, weir_error *why)
{
    weir_fail(why, WEIR_ERR_DECODE, "not JSON: %s at byte %zu", error->text, error->offset);
    return false;
}

static bool parse_json(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    weir_json_error error = {0};
    return (!runner->is_general && weir_json_parse_indexed(&runner->index, bytes, message)) ||
           weir_json_parse(bytes, message, &error) || fail_json(&error, why);
}

static bool project_json(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                         weir_value *slots, weir_value *message, weir_error *why)
{
    weir_json_error error = {0};
    weir_shapes *shapes = paths == runner->plan->paths ? runner->shapes : NULL;
    return (!runner->is_general &&
            weir_projection_decode_indexed(paths, &runner->index, shapes, bytes, slots, message)) ||
           weir_projection_decode(paths, bytes, slots, message, &error) || fail_json(&error, why);
}

/* ------------------------------------------------------------------ text, binary */

static bool parse_text(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    (void)runner;
    if (!weir_utf8_valid(bytes)) {
        weir_fail(why, WEIR_ERR_DECODE, "the text is not UTF-8");
        return false;
    }
    *message = weir_value_str(bytes);
    return true;
}

static bool parse_binary(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    (void)runner;
    (void)why;
    *message = weir_value_bytes(bytes);
    return true;
}

static bool project_text(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                         weir_value *slots, weir_value *message, weir_error *why)
{
    if (!parse_text(runner, bytes, message, why))
        return false;
    weir_projection_fill(paths, message, slots);
    return true;
}

static bool project_binary(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                           weir_value *slots, weir_value *message, weir_error *why)
{
    parse_binary(runner, bytes, message, why);
    weir_projection_fill(paths, message, slots);
    return true;
}

/* ------------------------------------------------------------------ msgpack */

static bool fail_msgpack(const weir_msgpack_error *error, weir_error *why)
{
    weir_fail(why, WEIR_ERR_DECODE, "not MessagePack: %s at byte %zu", error->text, error->offset);
    return false;
}

static bool parse_msgpack(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    weir_msgpack_error error;
    return weir_msgpack_parse(runner->message, bytes, message, &error) || fail_msgpack(&error, why);
}

static bool project_msgpack(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                            weir_value *slots, weir_value *message, weir_error *why)
{
    weir_msgpack_error error;
    return weir_msgpack_project(paths, runner->message, bytes, slots, message,
                                &runner->lazy.is_dict, &error) ||
           fail_msgpack(&error, why);
}

/* ------------------------------------------------------------------ a plugin's decoder */

/* A wait may have had the frame decoded before; a decoder that keeps count must not see it twice.
 */
static bool parse_plugin(weir_runner *runner, weir_str bytes, weir_value *message, weir_error *why)
{
    const bool is_text = !runner->frame->is_binary && weir_utf8_valid(bytes);
    const weir_value frame = is_text ? weir_value_str(bytes) : weir_value_bytes(bytes);
    if (!runner->is_decoded) {
        if (!weir_extension_run(runner->plan->decode, runner->vm, runner->world, &runner->input,
                                &frame, 1, &runner->decoded)) {
            const weir_str text = weir_vm_message(runner->vm);
            weir_fail(why, WEIR_ERR_DECODE, "%s: %.*s", weir_raise_name(weir_vm_raise(runner->vm)),
                      WEIR_FMT(text));
            return false;
        }
        runner->is_decoded = true;
    }
    *message = runner->decoded;
    return true;
}

static bool project_plugin(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                           weir_value *slots, weir_value *message, weir_error *why)
{
    if (!parse_plugin(runner, bytes, message, why))
        return false;
    weir_projection_fill(paths, message, slots);
    return true;
}

/* ------------------------------------------------------------------ protobuf */

static bool fail_protobuf(const weir_runner *runner, const weir_pb_error *error, weir_error *why)
{
    weir_fail(why, WEIR_ERR_DECODE, "not a %.*s: %s at byte %zu",
              WEIR_FMT(runner->plan->connection->protobuf->name), error->text, error->offset);
    return false;
}

static bool parse_protobuf(weir_runner *runner, weir_str bytes, weir_value *message,
                           weir_error *why)
{
    weir_pb_error error;
    return weir_pb_parse(runner->message, runner->plan->connection->protobuf, bytes, message,
                         &error) ||
           fail_protobuf(runner, &error, why);
}

static bool project_protobuf(weir_runner *runner, const weir_projection *paths, weir_str bytes,
                             weir_value *slots, weir_value *message, weir_error *why)
{
    const weir_plan *plan = runner->plan;
    weir_pb_error error;
    *message = weir_value_absent();
    runner->lazy.is_dict = true;
    return weir_pb_project(runner->message,
                           paths == plan->paths ? plan->binding : plan->payload_binding, bytes,
                           slots, &error) ||
           fail_protobuf(runner, &error, why);
}

/* ------------------------------------------------------------------ the rows */

static const weir_format formats[] = {
    [WEIR_PARSER_JSON] = {"json", parse_json, project_json, false},
    [WEIR_PARSER_TEXT] = {"text", parse_text, project_text, false},
    [WEIR_PARSER_BINARY] = {"binary", parse_binary, project_binary, false},
    [WEIR_PARSER_MSGPACK] = {"msgpack", parse_msgpack, project_msgpack, true},
    [WEIR_PARSER_PROTOBUF] = {"protobuf", parse_protobuf, project_protobuf, true},
};

bool weir_format_is_json(const weir_format *format)
{
    return format == &formats[WEIR_PARSER_JSON];
}

const weir_format *weir_format_of(const weir_connection_spec *connection)
{
    static const weir_format plugin = {"of a plugin", parse_plugin, project_plugin, false};
    return connection->decode.node ? &plugin
           : connection->layout    ? &weir_layout_format
                                   : &formats[connection->format];
}

const weir_format *weir_format_of_frame(const weir_connection_spec *connection, bool is_binary)
{
    return connection->layout && connection->layout->has_json_text && !is_binary
               ? &formats[WEIR_PARSER_JSON]
               : weir_format_of(connection);
}
