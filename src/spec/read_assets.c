/* SPDX-License-Identifier: MIT */
/*
 * `assets:`: master data from a CSV or JSON file or an inline list. `fields` maps what an asset has
 * (symbol, security_id, broker_symbol, exchange_name, asset_class, or any other name) to the column
 * that holds it. Without `assets:` an asset is created when its symbol is first seen.
 */
#include "spec/csv.h"
#include "spec/rows.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/file.h"
#include "util/map.h"
#include "value/json_document.h"
#include "value/json_write.h"

enum { ASSET_FILE_MAX = 512 * 1024 * 1024, FIELDS_MAX = 64 };

typedef struct field_map {
    weir_str name;   /* of the asset */
    weir_str column; /* of the file */
    const weir_node *node;
} field_map;

typedef struct asset_parts {
    weir_str file;
    weir_node *file_node;
    weir_node *list;
    field_map fields[FIELDS_MAX];
    size_t field_count;
    weir_str extra_names[FIELDS_MAX];
    size_t extra_count;
} asset_parts;

static void read_file_key(weir_reader *reader, weir_node *node, void *into)
{
    asset_parts *parts = into;
    if (weir_read_text(reader, node, "file", &parts->file))
        parts->file_node = node;
}

static void read_list_key(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((asset_parts *)into)->list = node;
}

static bool is_standard(weir_str name)
{
    static const char *const standard[] = {"symbol", "security_id", "broker_symbol",
                                           "exchange_name", "asset_class"};
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
        if (weir_str_is(name, standard[i]))
            return true;
    }
    return false;
}

static void read_fields_key(weir_reader *reader, weir_node *node, void *into)
{
    asset_parts *parts = into;
    for (size_t i = 0; i < node->count; i++) {
        field_map *field = &parts->fields[parts->field_count];
        field->name = node->pairs[i].key->text;
        field->node = node->pairs[i].value;
        if (!weir_read_text(reader, field->node, "fields", &field->column))
            continue;
        parts->field_count++;
        if (!is_standard(field->name))
            parts->extra_names[parts->extra_count++] = field->name;
    }
}

static const weir_shape asset_map_shape = {.form = WEIR_SHAPE_MAP, .of = &weir_any_shape};
static const weir_shape asset_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &asset_map_shape, .words = "a list of maps"};
static const weir_shape columns_shape = {.form = WEIR_SHAPE_MAP,
                                         .of = &weir_text_shape,
                                         .most = FIELDS_MAX,
                                         .words = "a map of at most 64 asset fields to columns"};

static const weir_key_row asset_rows[] = {
    {.name = "file",
     .type = WEIR_KEY_READ,
     .read = read_file_key,
     .shape = &weir_text_shape,
     .doc = "CSV, or JSON when it is called so; beside the spec"},
    {.name = "list",
     .type = WEIR_KEY_READ,
     .read = read_list_key,
     .shape = &asset_list_shape,
     .doc = "the same inline: a list of maps"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_fields_key,
     .shape = &columns_shape,
     .doc = "asset field: column; left out, the columns' own names are used"},
};
static const weir_key_table asset_table = {"assets", asset_rows,
                                           sizeof asset_rows / sizeof asset_rows[0]};
const weir_shape weir_assets_shape = {.form = WEIR_SHAPE_TABLE, .table = &asset_table};

/* ------------------------------------------------------------------ one asset from one row */

/* How a row tells the value of a column; NULL kind ABSENT when it has none. */
typedef weir_value column_fn(const void *row, weir_str column);

static weir_str as_text(weir_reader *reader, const weir_value *value)
{
    if (value->kind == WEIR_STR)
        return weir_value_text(value);
    if (value->kind == WEIR_ABSENT || value->kind == WEIR_NONE)
        return (weir_str){0};
    weir_buf buf = {0};
    weir_json_write(&buf, value, 0);
    const weir_str text = weir_arena_copy(reader->arena, weir_buf_str(&buf));
    weir_buf_fini(&buf);
    return text;
}

static void set_standard(weir_asset *asset, weir_str name, weir_str text)
{
    if (weir_str_is(name, "symbol"))
        asset->symbol = text;
    else if (weir_str_is(name, "security_id"))
        asset->security_id = text;
    else if (weir_str_is(name, "broker_symbol"))
        asset->broker_symbol = text;
    else if (weir_str_is(name, "exchange_name"))
        asset->exchange_name = text;
    else
        asset->asset_class = text;
}

static void add_row(weir_reader *reader, const asset_parts *parts, const void *row,
                    column_fn *column, weir_place place, uint32_t line)
{
    weir_value extra[FIELDS_MAX];
    weir_asset asset = {.extra_names = parts->extra_names, .extra = extra};
    for (size_t i = 0; i < parts->field_count; i++) {
        const weir_value value = column(row, parts->fields[i].column);
        if (is_standard(parts->fields[i].name))
            set_standard(&asset, parts->fields[i].name, as_text(reader, &value));
        else
            extra[asset.extra_count++] = value;
    }
    weir_error error = {0};
    if (weir_asset_book_add(reader->model->assets, &asset, &error))
        return;
    if (line > 0)
        weir_diag_error(reader->diags, place, "line %u of the asset file: %s", line, error.text);
    else
        weir_diag_error(reader->diags, place, "%s", error.text);
}

/* Without `fields`, columns called as an asset's fields are taken. */
static void use_own_names(asset_parts *parts, const weir_str *names, size_t count)
{
    for (size_t i = 0; parts->field_count < FIELDS_MAX && i < count; i++) {
        parts->fields[parts->field_count++] = (field_map){.name = names[i], .column = names[i]};
        if (!is_standard(names[i]))
            parts->extra_names[parts->extra_count++] = names[i];
    }
}

/* ------------------------------------------------------------------ CSV */

typedef struct csv_row {
    const weir_str *names;
    const weir_str *fields;
    size_t count;
} csv_row;

static weir_value csv_column(const void *row, weir_str column)
{
    const csv_row *csv = row;
    for (size_t i = 0; i < csv->count; i++) {
        if (weir_str_eq(csv->names[i], column))
            return weir_value_str(csv->fields[i]);
    }
    return weir_value_absent();
}

static weir_str name_at(const void *user, size_t index)
{
    return ((const weir_str *)user)[index];
}

static void check_columns(weir_reader *reader, const asset_parts *parts, const weir_str *names,
                          size_t count)
{
    for (size_t i = 0; i < parts->field_count; i++) {
        bool is_there = false;
        for (size_t k = 0; k < count; k++)
            is_there = is_there || weir_str_eq(names[k], parts->fields[i].column);
        if (!is_there && parts->fields[i].node)
            weir_read_unknown(reader, parts->fields[i].node->place, "column",
                              parts->fields[i].column, count, name_at, names);
    }
}

static void load_csv(weir_reader *reader, asset_parts *parts, weir_str text)
{
    weir_str *names = weir_read_array(reader, WEIR_CSV_COLUMNS_MAX, sizeof *names);
    weir_str *fields = weir_read_array(reader, WEIR_CSV_COLUMNS_MAX, sizeof *fields);
    if (!names || !fields)
        return;
    weir_csv csv = {.text = text};
    weir_error error = {0};
    const size_t columns = weir_csv_row(&csv, reader->arena, names, &error);
    if (columns == 0 || columns == SIZE_MAX) {
        weir_diag_error(reader->diags, parts->file_node->place, "asset file: %s",
                        columns ? error.text : "no line of column names");
        return;
    }
    if (parts->field_count == 0)
        use_own_names(parts, names, columns);
    const size_t errors = weir_diags_errors(reader->diags);
    check_columns(reader, parts, names, columns);
    if (weir_diags_errors(reader->diags) > errors)
        return;
    size_t count;
    while ((count = weir_csv_row(&csv, reader->arena, fields, &error)) > 0) {
        if (count == SIZE_MAX || count != columns) {
            weir_diag_error(reader->diags, parts->file_node->place, "asset file: %s",
                            count == SIZE_MAX ? error.text
                                              : weir_arena_printf(reader->arena,
                                                                  "line %u has %zu fields, not %zu",
                                                                  csv.line, count, columns)
                                                    .ptr);
            return;
        }
        const csv_row row = {names, fields, columns};
        add_row(reader, parts, &row, csv_column, parts->file_node->place, csv.line);
    }
}

/* ------------------------------------------------------------------ JSON and inline lists */

static weir_value dict_column(const void *row, weir_str column)
{
    const weir_value *value = weir_dict_get_str(row, column);
    return value ? *value : weir_value_absent();
}

static void use_dict_names(weir_reader *reader, asset_parts *parts, const weir_dict *dict)
{
    weir_str *names = weir_read_array(reader, dict->count, sizeof *names);
    for (size_t i = 0; names && i < dict->count; i++)
        names[i] = weir_value_text(&dict->entries[i].key);
    if (names)
        use_own_names(parts, names, dict->count);
}

static void load_list(weir_reader *reader, asset_parts *parts, const weir_value *list,
                      weir_place place)
{
    if (list->kind != WEIR_LIST) {
        weir_diag_error(reader->diags, place, "assets must be a list of objects");
        return;
    }
    for (size_t i = 0; i < list->list->count; i++) {
        const weir_value *item = &list->list->items[i];
        if (item->kind != WEIR_DICT) {
            weir_diag_error(reader->diags, place, "asset %zu is not an object", i + 1);
            continue;
        }
        if (parts->field_count == 0)
            use_dict_names(reader, parts, item->dict);
        add_row(reader, parts, item->dict, dict_column, place, 0);
    }
}

static bool ends_with(weir_str text, weir_str end)
{
    return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

static void load_file(weir_reader *reader, asset_parts *parts)
{
    weir_buf path = {0}, content = {0};
    weir_error error = {0};
    weir_path_join(reader->model->directory, parts->file, &path);
    if (weir_file_read(weir_buf_cstr(&path), ASSET_FILE_MAX, &content, &error) != WEIR_OK) {
        weir_diag_error(reader->diags, parts->file_node->place, "%s", error.text);
    } else {
        const weir_str text = weir_arena_copy(reader->arena, weir_buf_str(&content));
        weir_value list;
        reader->model->assets_print = weir_hash(content.ptr, content.len);
        if (!text.ptr)
            weir_diag_error(reader->diags, parts->file_node->place, "out of memory");
        else if (!ends_with(parts->file, WEIR_STR(".json")))
            load_csv(reader, parts, text);
        else if (weir_json_document(reader->arena, text, &list, &error))
            load_list(reader, parts, &list, parts->file_node->place);
        else
            weir_diag_error(reader->diags, parts->file_node->place, "asset file: %s", error.text);
    }
    weir_buf_fini(&path);
    weir_buf_fini(&content);
}

void weir_read_assets(weir_reader *reader, weir_node *node, void *model)
{
    weir_spec_model *spec = model;
    asset_parts *parts = WEIR_ARENA_NEW(reader->arena, asset_parts);
    if (!parts)
        return;
    const size_t errors = weir_diags_errors(reader->diags);
    weir_read_map(reader, node, &asset_table, parts);
    if (weir_diags_errors(reader->diags) > errors)
        return;
    if (!parts->file_node == !parts->list) {
        weir_diag_error(reader->diags, node->place, "assets need either 'file' or 'list'");
        return;
    }
    spec->has_assets = true;
    spec->assets = weir_asset_book_new(false);
    if (!spec->assets)
        return;
    weir_value list;
    if (parts->file_node)
        load_file(reader, parts);
    else if (weir_read_value(reader, parts->list, &list))
        load_list(reader, parts, &list, parts->list->place);
}
