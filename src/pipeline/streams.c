/* SPDX-License-Identifier: MIT */
/*
 * Converters: each stream's rules become schemas and typed columns. The kind of a column is what
 * its expression evidently gives; where that is not evident it varies from record to record.
 * `asset` and `timestamp` at the top of a record are its header, not columns. The sides of
 * `market_depth` are levels whatever the expression's kind.
 */
#include "pipeline/parts.h"

/* ------------------------------------------------------------------ columns */

typedef struct column_list {
    weir_plan_column *columns;
    weir_column *schema;
    size_t count;
    size_t schema_count;
} column_list;

static size_t count_leaves(const weir_plan_field *fields, size_t count)
{
    size_t leaves = 0;
    for (size_t i = 0; i < count; i++)
        leaves += fields[i].is_group ? count_leaves(fields[i].fields, fields[i].field_count) : 1;
    return leaves;
}

static weir_kind column_kind(const weir_plan_field *field)
{
    if (weir_str_is(field->path, "market_depth.bids") ||
        weir_str_is(field->path, "market_depth.asks"))
        return WEIR_LEVELS;
    switch (field->kind) {
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_DECIMAL:
    case WEIR_TIMESTAMP:
    case WEIR_ASSET: return (weir_kind)field->kind;
    case WEIR_LIST:
    case WEIR_TUPLE:
    case WEIR_DICT:
    case WEIR_JSON: return WEIR_JSON;
    default: return WEIR_KIND_PUBLIC_COUNT;
    }
}

static void add_leaf(weir_arena *arena, column_list *list, const weir_plan_field *field,
                     const weir_expr_scope *scope)
{
    weir_plan_column *column = &list->columns[list->count++];
    column->field = field;
    if (weir_str_is(field->path, "asset")) {
        column->column = WEIR_COLUMN_ASSET;
    } else if (weir_str_is(field->path, "timestamp")) {
        column->column = WEIR_COLUMN_TIMESTAMP;
    } else {
        column->kind = column_kind(field);
        column->column = (int)list->schema_count;
        list->schema[list->schema_count++] = (weir_column){field->path, column->kind};
    }
    weir_quick_plan(column, scope);
    weir_quick_grow(arena, column);
}

static void add_leaves(weir_arena *arena, column_list *list, const weir_plan_field *fields,
                       size_t count, const weir_expr_scope *scope)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_group)
            add_leaves(arena, list, fields[i].fields, fields[i].field_count, scope);
        else
            add_leaf(arena, list, &fields[i], scope);
    }
}

/* What can be told of the header's kinds at load is told at load. */
static void check_header(weir_plan_builder *builder, const weir_field *fields,
                         const weir_plan_field *compiled, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned kind = compiled[i].kind;
        if (!fields[i].source.node || compiled[i].is_group)
            continue;
        const weir_place place = weir_text_place(&fields[i].source, 0, fields[i].source.text.len);
        if (weir_str_is(fields[i].name, "timestamp") && (kind == WEIR_INT || kind == WEIR_FLOAT))
            weir_diag_error(builder->diags, place,
                            "timestamp is a bare number whose unit nobody can see; write "
                            "pd.Timestamp(x, unit='ms')");
        else if (weir_str_is(fields[i].name, "asset") && kind < WEIR_KIND_COUNT &&
                 kind != WEIR_ASSET && kind != WEIR_NONE)
            weir_diag_error(builder->diags, place,
                            "asset must be an asset, not %s; write broker.infer_asset(symbol=...)",
                            kind == WEIR_STR ? "a text" : "another value");
    }
}

/* ------------------------------------------------------------------ rules */

static bool build_item(weir_plan *plan, weir_plan_rule *rule)
{
    if (!rule->item)
        return true;
    if (!weir_projection_seal(rule->item))
        return false;
    rule->item_slots = weir_projection_slots(rule->item);
    if (rule->item_slots > plan->item_slots)
        plan->item_slots = rule->item_slots;
    return true;
}

static const weir_schema *build_schema(weir_plan_builder *builder, const weir_plan *plan,
                                       const weir_stream_spec *stream, const column_list *list,
                                       uint32_t id)
{
    weir_schema *schema = WEIR_ARENA_NEW(builder->arena, weir_schema);
    if (!schema)
        return NULL;
    schema->channel = stream->channel;
    schema->connection = plan->connection->name;
    schema->stream = stream->name;
    schema->count = list->schema_count;
    schema->columns = list->schema;
    schema->id = id;
    return schema;
}

/* The columns that a custom converter declares, and the header's two: each a field without a
 * source, which only tells its name. */
static const weir_plan_field *custom_fields(weir_plan_builder *builder,
                                            const weir_converter_rule *spec,
                                            const weir_extension *custom, size_t *count)
{
    static const weir_str header[] = {{"asset", 5}, {"timestamp", 9}};
    weir_plan_field *fields =
        WEIR_ARENA_ARRAY(builder->arena, weir_plan_field, custom->column_count + 2);
    const weir_str where = weir_plan_where(builder->arena, spec->custom.node);
    *count = custom->column_count + 2;
    for (size_t i = 0; fields && i < *count; i++) {
        const bool is_header = i < 2;
        fields[i].path = is_header ? header[i] : custom->columns[i - 2].name;
        fields[i].name = fields[i].path;
        fields[i].where = where;
        fields[i].kind = is_header ? WEIR_KIND_COUNT : custom->columns[i - 2].kind;
    }
    return fields;
}

static const weir_plan_field *rule_fields(weir_plan_builder *builder,
                                          const weir_converter_rule *spec, weir_plan_rule *rule,
                                          const weir_expr_scope *scope, size_t *count)
{
    if (spec->custom.node)
        rule->custom = weir_extension_find(builder->names->extensions, WEIR_EXTENSION_CONVERTER,
                                           spec->custom.text);
    if (rule->custom)
        return custom_fields(builder, spec, rule->custom, count);
    *count = spec->field_count;
    return weir_plan_fields(builder, spec->fields, spec->field_count, (weir_str){0}, scope);
}

static bool calls_out(const weir_plan_field *field)
{
    return field->transformer || field->custom || weir_program_calls_out(field->source) ||
           weir_program_calls_out(field->condition) || weir_program_calls_out(field->transform);
}

static bool build_rule(weir_plan_builder *builder, weir_plan *plan, const weir_converter_rule *spec,
                       const weir_stream_spec *stream, weir_plan_rule *rule,
                       const weir_expr_scope *scope, uint32_t *next_schema_id)
{
    weir_expr_scope inner = *scope;
    rule->where = weir_plan_where(builder->arena, spec->node);
    rule->condition = weir_plan_compile(builder, &spec->condition, scope);
    rule->quick_condition = weir_program_fuse(rule->condition);
    if (!weir_fused_needs(&rule->quick_condition, scope->data, NULL))
        rule->quick_condition = (weir_fused){0};
    rule->each = weir_plan_compile(builder, &spec->each, scope);
    rule->quick_each = weir_program_fuse(rule->each);
    if (rule->quick_each.kind == WEIR_FUSED_SLOT && !rule->quick_each.is_item)
        weir_projection_want_rows(scope->data, rule->quick_each.slot);
    if (spec->each.node) {
        rule->item = weir_projection_new(builder->arena);
        inner.item = rule->item;
        inner.roots |= WEIR_ROOT_BIT(WEIR_ROOT_ITEM);
        if (!rule->item)
            return false;
    }
    size_t count = 0;
    const weir_plan_field *fields = rule_fields(builder, spec, rule, &inner, &count);
    if (!fields)
        return false;
    check_header(builder, spec->fields, fields, spec->field_count);
    const size_t leaves = count_leaves(fields, count);
    column_list list = {.columns = WEIR_ARENA_ARRAY(builder->arena, weir_plan_column, leaves + 1),
                        .schema = WEIR_ARENA_ARRAY(builder->arena, weir_column, leaves + 1)};
    if (!list.columns || !list.schema)
        return false;
    add_leaves(builder->arena, &list, fields, count, &inner);
    for (size_t i = 0; i < list.count; i++)
        rule->calls_out = rule->calls_out || calls_out(list.columns[i].field);
    rule->columns = list.columns;
    rule->column_count = list.count;
    rule->schema = build_schema(builder, plan, stream, &list, (*next_schema_id)++);
    rule->index = plan->schema_count;
    plan->schemas[plan->schema_count++] = rule->schema;
    return rule->schema && weir_quick_plan_rule(builder->arena, rule) &&
           weir_plan_build_watch(builder, plan, stream, &inner, rule) && build_item(plan, rule);
}

static const weir_converter_spec *find_converter(const weir_connection_spec *connection,
                                                 const weir_stream_spec *stream)
{
    const weir_str keys[] = {stream->name, weir_str_of(weir_channel_name(stream->channel)),
                             WEIR_STR("all")};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t i = 0; i < connection->converter_count; i++) {
            if (weir_str_eq(connection->converters[i].key, keys[k]))
                return &connection->converters[i];
        }
    }
    return NULL;
}

static size_t count_schemas(const weir_connection_spec *connection)
{
    size_t count = 0;
    for (size_t i = 0; i < connection->stream_count; i++) {
        const weir_converter_spec *converter = find_converter(connection, &connection->streams[i]);
        count += converter ? converter->rule_count : 0;
    }
    return count;
}

bool weir_plan_build_streams(weir_plan_builder *builder, weir_plan *plan,
                             const weir_expr_scope *scope, uint32_t *next_schema_id)
{
    const weir_connection_spec *connection = plan->connection;
    weir_plan_stream *streams =
        WEIR_ARENA_ARRAY(builder->arena, weir_plan_stream, connection->stream_count + 1);
    const size_t most = count_schemas(connection) + connection->stream_count + 1;
    plan->schemas = WEIR_ARENA_ARRAY(builder->arena, const weir_schema *, most);
    plan->rules = WEIR_ARENA_ARRAY(builder->arena, const weir_plan_rule *, most);
    if (!streams || !plan->schemas || !plan->rules)
        return false;
    plan->streams = streams;
    for (size_t i = 0; i < connection->stream_count; i++) {
        const weir_stream_spec *stream = &connection->streams[i];
        const weir_converter_spec *converter = find_converter(connection, stream);
        streams[i].spec = stream;
        if (!converter)
            continue;
        weir_plan_rule *rules =
            WEIR_ARENA_ARRAY(builder->arena, weir_plan_rule, converter->rule_count + 1);
        if (!rules)
            return false;
        streams[i].rules = rules;
        streams[i].rule_count = converter->rule_count;
        for (size_t k = 0; k < converter->rule_count; k++) {
            if (!build_rule(builder, plan, &converter->rules[k], stream, &rules[k], scope,
                            next_schema_id))
                return false;
            rules[k].stream = i;
            plan->rules[rules[k].index] = &rules[k];
            plan->is_watched = plan->is_watched || rules[k].watch;
        }
    }
    for (size_t i = 0; i < connection->stream_count; i++) {
        streams[i].gap_schema =
            weir_plan_gap_schema(builder, plan, &connection->streams[i], (*next_schema_id)++);
        if (!streams[i].gap_schema)
            return false;
        plan->schemas[plan->schema_count++] = streams[i].gap_schema;
        for (size_t k = 0; k < streams[i].rule_count; k++)
            ((weir_schema *)streams[i].rules[k].schema)->gap = streams[i].gap_schema;
    }
    return true;
}
