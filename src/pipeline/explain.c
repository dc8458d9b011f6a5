/* SPDX-License-Identifier: MIT */
/*
 * What a plan makes of frames: how they are decoded and cut into records, the paths that one walk
 * reads, the router as a table, each converter's columns with their types, and the programs.
 */
#include "pipeline/explain.h"

#include "pipeline/explain_layout.h"
#include "pipeline/format.h"
#include "pipeline/parts.h"

static void put_function(weir_sheet *sheet, weir_entry *row, const char *key,
                         const weir_extension *function)
{
    if (function)
        weir_sheet_text(sheet, row, key,
                        weir_arena_printf(sheet->arena, "%.*s of plugin %.*s",
                                          WEIR_FMT(function->name), WEIR_FMT(function->plugin)));
}

/* ------------------------------------------------------------------ frames */

static void explain_framing(weir_sheet *sheet, weir_entry *into, const weir_plan *plan)
{
    static const char *const compressions[] = {[WEIR_COMPRESSION_NONE] = "none",
                                               [WEIR_COMPRESSION_GZIP] = "gzip",
                                               [WEIR_COMPRESSION_DEFLATE] = "deflate",
                                               [WEIR_COMPRESSION_ZLIB] = "zlib",
                                               [WEIR_COMPRESSION_AUTO] = "auto"};
    static const char *const modes[] = {
        [WEIR_FRAME_RECORD] = "record: the message is one record",
        [WEIR_FRAME_ARRAY] = "array: the message is a list, each element a record",
        [WEIR_FRAME_AUTO] = "auto: a list of objects is a record each, all else one record"};
    const weir_connection_spec *connection = plan->connection;
    weir_entry *map = weir_sheet_map(sheet, into, "parser");
    weir_sheet_text(sheet, map, "format", weir_str_of(weir_format_of(connection)->name));
    if (connection->protobuf)
        weir_sheet_text(sheet, map, "message", connection->protobuf->name);
    if (connection->compression != WEIR_COMPRESSION_NONE)
        weir_sheet_text(sheet, map, "compression",
                        weir_str_of(compressions[connection->compression]));
    put_function(sheet, map, "on_message", plan->on_message);
    put_function(sheet, map, "preprocess", plan->preprocess);
    put_function(sheet, map, "decode", plan->decode);
    if (plan->payload)
        weir_sheet_text(sheet, map, "payload_path", connection->payload_path.text);
    weir_sheet_text(sheet, map, "frame", weir_str_of(modes[connection->frame]));
}

static void explain_paths(weir_sheet *sheet, weir_entry *into, const char *key,
                          const weir_projection *paths, weir_str root)
{
    weir_entry *list = weir_sheet_list(sheet, into, key);
    for (size_t i = 0; i < weir_projection_slots(paths); i++) {
        weir_entry *row = weir_sheet_map(sheet, list, NULL);
        weir_sheet_number(sheet, row, "slot", i);
        weir_sheet_text(sheet, row, "path", weir_projection_path(sheet->arena, paths, i, root));
    }
    if (list && !list->first)
        weir_sheet_text(sheet, list, NULL, WEIR_STR("nothing by path"));
}

/* What has neither form nor tree (expr/fuse.h, expr/tree.h) costs a run of the VM for each record,
 * which a reader of the plan may want to know. */
static void put_run(weir_sheet *sheet, weir_entry *row, const weir_program *program, bool has_form,
                    const weir_tree *tree)
{
    if (program && !has_form && !tree)
        weir_sheet_text(sheet, row, "runs", WEIR_STR("in the VM"));
}

/* ------------------------------------------------------------------ routing */

static void put_targets(weir_sheet *sheet, weir_entry *row, const weir_plan *plan,
                        const weir_plan_route *route)
{
    weir_buf text = {0};
    for (size_t i = 0; i < route->stream_count; i++) {
        const weir_stream_spec *stream = plan->streams[route->streams[i]].spec;
        weir_buf_printf(&text, "%s%.*s", i ? ", " : "", WEIR_FMT(stream->name));
    }
    if (route->stream_count == 0)
        weir_buf_puts(&text, "drop");
    sheet->failed |= text.failed;
    weir_sheet_text(sheet, row, "to", weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void explain_routing(weir_sheet *sheet, weir_entry *into, const weir_plan *plan)
{
    weir_entry *list = weir_sheet_list(sheet, into, "routing");
    for (size_t i = 0; i < plan->route_count; i++) {
        weir_entry *row = weir_sheet_map(sheet, list, NULL);
        weir_sheet_number(sheet, row, "rule", i + 1);
        weir_sheet_text(sheet, row, "match", weir_plan_route_text(sheet->arena, &plan->routes[i]));
        put_targets(sheet, row, plan, &plan->routes[i]);
        put_run(sheet, row, plan->routes[i].match,
                plan->routes[i].quick_match.kind != WEIR_FUSED_NONE, plan->routes[i].asks.tree);
        weir_sheet_text(sheet, row, "at", plan->routes[i].where);
    }
    weir_entry *row = weir_sheet_map(sheet, list, NULL);
    weir_sheet_text(sheet, row, "rule", plan->route_count > 0 ? WEIR_STR("else") : WEIR_STR("all"));
    put_targets(sheet, row, plan, &plan->fallback);
}

/* ------------------------------------------------------------------ converters */

static weir_str type_of(const weir_plan_column *column)
{
    static const weir_kind header[] = {[-WEIR_COLUMN_ASSET] = WEIR_ASSET,
                                       [-WEIR_COLUMN_TIMESTAMP] = WEIR_TIMESTAMP};
    return weir_str_of(weir_kind_name(column->column < 0 ? header[-column->column] : column->kind));
}

static void put_program(weir_sheet *sheet, weir_entry *row, const char *key,
                        const weir_program *program)
{
    if (program)
        weir_sheet_text(sheet, row, key, weir_program_source(program));
}

static void explain_columns(weir_sheet *sheet, weir_entry *into, const weir_plan_rule *rule)
{
    weir_entry *list = weir_sheet_list(sheet, into, "columns");
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_plan_column *column = &rule->columns[i];
        const weir_plan_field *field = column->field;
        weir_entry *row = weir_sheet_map(sheet, list, NULL);
        weir_sheet_text(sheet, row, "column", field->path);
        weir_sheet_text(sheet, row, "type", type_of(column));
        put_program(sheet, row, "condition", field->condition);
        put_program(sheet, row, "source", field->source);
        put_program(sheet, row, "transform", field->transform);
        put_function(sheet, row, "transform", field->transformer);
        put_function(sheet, row, "custom", field->custom);
        if (field->has_default)
            weir_sheet_value(sheet, row, "default", &field->default_value);
        put_run(sheet, row, field->source, column->quick.kind != WEIR_FUSED_NONE,
                column->trees.source);
    }
}

static void explain_rule(weir_sheet *sheet, weir_entry *into, const weir_plan_rule *rule,
                         size_t number)
{
    weir_sheet_number(sheet, into, "rule", number);
    weir_sheet_text(sheet, into, "at", rule->where);
    weir_sheet_text(sheet, into, "condition",
                    rule->condition ? weir_program_source(rule->condition)
                                    : WEIR_STR("none: always"));
    put_run(sheet, into, rule->condition, rule->quick_condition.kind != WEIR_FUSED_NONE,
            rule->asks.tree);
    if (rule->each) {
        weir_sheet_text(sheet, into, "each", weir_program_source(rule->each));
        explain_paths(sheet, into, "item_paths", rule->item, WEIR_STR("item"));
    }
    put_function(sheet, into, "custom", rule->custom);
    explain_columns(sheet, into, rule);
}

static void explain_stream(weir_sheet *sheet, weir_entry *into, const weir_plan_stream *stream)
{
    weir_sheet_text(sheet, into, "stream", stream->spec->name);
    weir_sheet_text(sheet, into, "channel", weir_str_of(weir_channel_name(stream->spec->channel)));
    weir_entry *rules = weir_sheet_list(sheet, into, "rules");
    for (size_t i = 0; i < stream->rule_count; i++)
        explain_rule(sheet, weir_sheet_map(sheet, rules, NULL), &stream->rules[i], i + 1);
    if (stream->rule_count == 0)
        weir_sheet_text(sheet, rules, NULL, WEIR_STR("none: its records are not converted"));
}

/* ------------------------------------------------------------------ programs */

typedef struct code {
    weir_sheet *sheet;
    weir_entry *list;
} code;

static void put_code(const code *c, const weir_program *program, const char *format, ...)
    WEIR_PRINTF(3, 4);

static void put_code(const code *c, const weir_program *program, const char *format, ...)
{
    weir_buf name = {0}, text = {0};
    va_list args;
    if (!program)
        return;
    va_start(args, format);
    weir_buf_vprintf(&name, format, args);
    va_end(args);
    weir_program_print(&text, program);
    weir_entry *map = weir_sheet_map(c->sheet, c->list, NULL);
    c->sheet->failed |= name.failed || text.failed;
    weir_sheet_text(c->sheet, map, "of", weir_buf_str(&name));
    weir_sheet_text(c->sheet, map, "source", weir_program_source(program));
    weir_sheet_lines(c->sheet, map, "program", weir_buf_str(&text));
    weir_buf_fini(&name);
    weir_buf_fini(&text);
}

static void code_of_fields(const code *c, const weir_plan_field *fields, size_t count,
                           const char *what)
{
    for (size_t i = 0; i < count; i++) {
        const weir_plan_field *field = &fields[i];
        if (field->is_group) {
            code_of_fields(c, field->fields, field->field_count, what);
            continue;
        }
        put_code(c, field->condition, "%s %.*s condition", what, WEIR_FMT(field->path));
        put_code(c, field->source, "%s %.*s", what, WEIR_FMT(field->path));
        put_code(c, field->transform, "%s %.*s transform", what, WEIR_FMT(field->path));
    }
}

static void code_of_template(const code *c, const weir_template *template, const char *what)
{
    for (size_t i = 0; i < template->count; i++)
        put_code(c, template->parts[i].program, "%s", what);
}

static void code_of_message(const code *c, const weir_message *message)
{
    weir_buf what = {0};
    if (!message)
        return;
    code_of_message(c, message->next);
    weir_buf_put(&what, message->what);
    const char *name = weir_buf_cstr(&what);
    code_of_fields(c, message->fields, message->field_count, name);
    code_of_fields(c, message->tokens, message->token_count, name);
    put_code(c, message->program, "%s", name);
    code_of_template(c, &message->text, name);
    c->sheet->failed |= what.failed;
    weir_buf_fini(&what);
}

static void code_of_sent(const code *c, const weir_plan *plan)
{
    static const char *const waits[] = {[WEIR_WAIT_GREETING] = "greeting", [WEIR_WAIT_ACK] = "ack"};
    code_of_template(c, &plan->url, "url");
    for (size_t i = 0; i < plan->option_count; i++)
        code_of_template(c, &plan->options[i], "options");
    code_of_fields(c, plan->query, plan->query_count, "query");
    code_of_fields(c, plan->headers, plan->header_count, "header");
    code_of_message(c, plan->first_message);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        put_code(c, plan->waits[i].error, "%s error", waits[i]);
        put_code(c, plan->waits[i].match, "%s match", waits[i]);
    }
    for (size_t i = 0; i < plan->connection->subscribe_count; i++)
        code_of_message(c, plan->subscribe[i].message);
    for (size_t i = 0; i < plan->connection->unsubscribe_count; i++)
        code_of_message(c, plan->unsubscribe[i].message);
}

static void code_of_stream(const code *c, const weir_plan_stream *stream)
{
    for (size_t i = 0; i < stream->rule_count; i++) {
        const weir_plan_rule *rule = &stream->rules[i];
        weir_buf what = {0};
        weir_buf_printf(&what, "%.*s rule %zu", WEIR_FMT(stream->spec->name), i + 1);
        const char *name = weir_buf_cstr(&what);
        put_code(c, rule->condition, "%s condition", name);
        put_code(c, rule->each, "%s each", name);
        for (size_t k = 0; k < rule->column_count; k++)
            code_of_fields(c, rule->columns[k].field, 1, name);
        c->sheet->failed |= what.failed;
        weir_buf_fini(&what);
    }
}

static void explain_code(weir_sheet *sheet, weir_entry *into, const weir_plan *plan)
{
    const code c = {sheet, weir_sheet_list(sheet, into, "code")};
    code_of_sent(&c, plan);
    put_code(&c, plan->payload, "payload_path");
    for (size_t i = 0; i < plan->route_count; i++)
        put_code(&c, plan->routes[i].match, "routing rule %zu", i + 1);
    for (size_t i = 0; i < plan->connection->stream_count; i++)
        code_of_stream(&c, &plan->streams[i]);
}

void weir_explain_plan(weir_sheet *sheet, weir_entry *into, const weir_plan *plan, bool with_code)
{
    explain_framing(sheet, into, plan);
    if (plan->layout)
        weir_explain_layout(sheet, into, plan->layout);
    if (plan->payload)
        explain_paths(sheet, into, "payload_projection", plan->payload_paths, WEIR_STR("data"));
    explain_paths(sheet, into, "projection", plan->paths, WEIR_STR("data"));
    explain_routing(sheet, into, plan);
    weir_entry *streams = weir_sheet_list(sheet, into, "streams");
    for (size_t i = 0; i < plan->connection->stream_count; i++)
        explain_stream(sheet, weir_sheet_map(sheet, streams, NULL), &plan->streams[i]);
    if (with_code)
        explain_code(sheet, into, plan);
}
