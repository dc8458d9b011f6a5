/* SPDX-License-Identifier: MIT */
/*
 * `parser.layout`: fields are lists of single pairs, because their order is the order of the bytes
 * and `_` may stand among them as often as it likes. A field is a type, a list (a group), or a map
 * by its table.
 */
#include "spec/read_layout.h"

/* ------------------------------------------------------------------ shapes */

/* What the readers below are called with in place of the struct that they fill. */
typedef struct field_parts {
    weir_reader *reader;
    bool is_little;
    weir_layout_field *field;
    weir_node *type, *size, *repeat, *offset, *fields, *bits, *value;
} field_parts;

static const weir_shape name_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT, .pattern = "^(_|[A-Za-z][A-Za-z0-9_]*)$"};
static const weir_shape expr_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_EXPR};
static const weir_shape amount_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT};
static const weir_shape type_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT};
static const weir_shape offset_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT};
static const weir_shape bits_shape = {.form = WEIR_SHAPE_MAP,
                                      .of = &type_shape,
                                      .pattern = "^[A-Za-z][A-Za-z0-9_]*$",
                                      .least = 1,
                                      .words = "a map of names to bits"};

static const weir_key_table layout_field_table;
static const weir_shape layout_fields_shape;
static const weir_shape field_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &layout_field_table};
static const weir_shape group_shape = {.form = WEIR_SHAPE_LIST, .of = &weir_any_shape, .least = 1};
static const weir_shape group_or_map_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &group_shape, .other = &field_map_shape};
static const weir_shape field_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &type_shape, .other = &group_or_map_shape};
static const weir_shape pair_shape = {.form = WEIR_SHAPE_MAP,
                                      .of = &field_shape,
                                      .pattern = "^(_|[A-Za-z][A-Za-z0-9_]*)$",
                                      .least = 1,
                                      .most = 1};
static const weir_shape layout_fields_shape = {
    .form = WEIR_SHAPE_LIST, .of = &pair_shape, .words = "a list of fields, such as [price: u32]"};

/* ------------------------------------------------------------------ a field's map */

static void keep_type(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->type = node;
}

static void keep_size(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->size = node;
}

static void keep_repeat(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->repeat = node;
}

static void keep_offset(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->offset = node;
}

static void keep_fields(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->fields = node;
}

static void keep_bits(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->bits = node;
}

static void keep_value(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((field_parts *)into)->value = node;
}

static const weir_key_row layout_field_rows[] = {
    {.name = "type",
     .type = WEIR_KEY_READ,
     .read = keep_type,
     .shape = &type_shape,
     .doc = "`u8` `i8` `u16` `i16` `u24` `i24` `u32` `i32` `u64` `i64` `f32` `f64`, `str8`, "
            "`bytes8`; `le` or `be` behind a number's type overrules `endian`, `/ 100` or "
            "`* 0.01` scales it"},
    {.name = "size",
     .type = WEIR_KEY_READ,
     .read = keep_size,
     .shape = &amount_shape,
     .doc = "bytes of a `str` or `bytes`: a number, the name of a field in front of it, a type "
            "that is read right here; without it, all that is left of the packet"},
    {.name = "repeat",
     .type = WEIR_KEY_READ,
     .read = keep_repeat,
     .shape = &amount_shape,
     .doc = "a list of so many: a number, the name of a field in front of it, a type that is read "
            "right here, or `rest`, as many as are left"},
    {.name = "offset",
     .type = WEIR_KEY_READ,
     .read = keep_offset,
     .shape = &offset_shape,
     .doc = "byte of the packet at which it begins (default: behind the field before)"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = keep_fields,
     .shape = &layout_fields_shape,
     .doc = "a group of fields: an object"},
    {.name = "bits",
     .type = WEIR_KEY_READ,
     .read = keep_bits,
     .shape = &bits_shape,
     .doc = "names of bits of an unsigned type: `{is_halted: 0, mode: 1..3}`; 0 is the lowest; one "
            "bit is true or false, a range a number"},
    {.name = "value",
     .type = WEIR_KEY_READ,
     .read = keep_value,
     .shape = &expr_shape,
     .doc = "takes no bytes: an expression over `length` and the fields in front of it"},
};
static const weir_key_table layout_field_table = {
    "a layout field", layout_field_rows, sizeof layout_field_rows / sizeof layout_field_rows[0]};

static void read_fields(weir_reader *reader, const weir_node *node, bool is_little,
                        weir_layout_fields *out);

static bool check_name(weir_reader *reader, const weir_node *key)
{
    const bool is_name =
        weir_str_is(key->text, "_") || (weir_layout_is_name(key->text) && key->text.ptr[0] != '_');
    if (!is_name)
        weir_diag_error(reader->diags, key->place,
                        "'%.*s' is no name: use letters, digits and '_', a letter first",
                        WEIR_FMT(key->text));
    else if (weir_layout_is_taken(key->text))
        weir_diag_error(reader->diags, key->place,
                        "'%.*s' means something else in a layout; give the field another name",
                        WEIR_FMT(key->text));
    return is_name;
}

static void read_bits(weir_reader *reader, const weir_node *node, weir_layout_field *field)
{
    weir_layout_bits *bits = weir_read_array(reader, node->count, sizeof *bits);
    if (!bits)
        return;
    for (size_t i = 0; i < node->count; i++) {
        bits[i].name = node->pairs[i].key->text;
        bits[i].node = node->pairs[i].key;
        check_name(reader, bits[i].node);
        weir_layout_read_bits(reader, node->pairs[i].value, 8u * field->number.size, &bits[i]);
    }
    field->form = WEIR_LAYOUT_BITS;
    field->bits = bits;
    field->bit_count = node->count;
}

/* `i32 / 100`, `str8`; where a skip may stand, also `4`. */
static bool read_type(weir_reader *reader, const weir_node *node, bool is_little,
                      weir_layout_field *field)
{
    weir_str text;
    if (!weir_read_text(reader, node, "type", &text))
        return false;
    const int span = weir_layout_read_span(reader, node, field);
    if (span != 0)
        return span > 0;
    field->form = WEIR_LAYOUT_NUMBER;
    return weir_layout_read_number(reader, node, is_little, &field->number);
}

/* What takes bytes that nobody wants: `_: 4`, `_: i32`, `_: str8`. */
static void read_skip(weir_reader *reader, const weir_node *node, bool is_little,
                      weir_layout_field *field)
{
    if (node->type == WEIR_SCALAR_INT) {
        weir_layout_read_amount(reader, node, "_", is_little, &field->size);
    } else if (read_type(reader, node, is_little, field) && field->form == WEIR_LAYOUT_NUMBER) {
        field->size = (weir_layout_amount){
            .kind = WEIR_AMOUNT_FIXED, .fixed = field->number.size, .node = node};
        if (field->number.op)
            weir_diag_error(reader->diags, node->place, "what is skipped is not scaled");
    }
    field->form = WEIR_LAYOUT_SKIP;
}

static void read_type_key(const field_parts *p)
{
    weir_layout_field *field = p->field;
    if (!read_type(p->reader, p->type, p->is_little, field)) {
        field->form = WEIR_LAYOUT_SKIP; /* reported: nothing follows from it */
        field->size = (weir_layout_amount){.kind = WEIR_AMOUNT_FIXED, .fixed = 1, .node = p->type};
        return;
    }
    const bool is_span = field->form == WEIR_LAYOUT_STR || field->form == WEIR_LAYOUT_BYTES;
    if (p->size && (!is_span || field->size.kind != WEIR_AMOUNT_NONE))
        weir_diag_error(p->reader->diags, p->size->place,
                        "'size' goes with 'type: str' and 'type: bytes'");
    else if (p->size)
        weir_layout_read_amount(p->reader, p->size, "size", p->is_little, &field->size);
    if (p->bits &&
        (is_span || field->number.is_float || field->number.is_signed || field->number.op != 0))
        weir_diag_error(p->reader->diags, p->type->place,
                        "bits are of an unsigned type that is not scaled");
    else if (p->bits)
        read_bits(p->reader, p->bits, field);
}

/* Exactly one of type, fields, value says what the field is. */
static bool check_parts(const field_parts *p, const weir_node *node)
{
    weir_diags *diags = p->reader->diags;
    const int kinds = (p->type != NULL) + (p->fields != NULL) + (p->value != NULL);
    if (kinds != 1) {
        weir_diag_error(diags, node->place,
                        "a layout field has one of 'type', 'fields' and 'value'");
        return false;
    }
    const struct {
        const weir_node *node;
        const char *name;
        bool fits;
    } with[] = {{p->size, "size", p->type != NULL},
                {p->bits, "bits", p->type != NULL},
                {p->repeat, "repeat", p->value == NULL && !p->bits},
                {p->offset, "offset", p->value == NULL}};
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        if (with[i].node && !with[i].fits)
            weir_diag_error(diags, with[i].node->place, "'%s' does not go with '%s'", with[i].name,
                            p->value  ? "value"
                            : p->bits ? "bits"
                                      : "fields");
    }
    return true;
}

static void read_offset(weir_reader *reader, const weir_node *node, weir_layout_field *field)
{
    weir_value value;
    if (node->kind == WEIR_NODE_SCALAR && node->type == WEIR_SCALAR_INT &&
        weir_read_value(reader, node, &value) && value.i >= 0 && value.i <= UINT16_MAX * 256) {
        field->offset = value.i;
        field->offset_node = node;
    } else {
        weir_read_mismatch(reader, node, "offset", "a number of bytes");
    }
}

/* What a field's map, or a tail, has given. */
static void use_parts(const field_parts *p, const weir_node *node)
{
    weir_layout_field *field = p->field;
    if (!check_parts(p, node))
        return;
    if (p->repeat)
        weir_layout_read_amount(p->reader, p->repeat, "repeat", p->is_little, &field->repeat);
    if (p->offset)
        read_offset(p->reader, p->offset, field);
    if (p->type) {
        read_type_key(p);
    } else if (p->value) {
        field->form = WEIR_LAYOUT_VALUE;
        weir_read_expr(p->reader, p->value, "value", &field->value);
    } else if (weir_shape_takes(&layout_fields_shape, p->fields)) {
        weir_layout_fields fields = {0};
        field->form = WEIR_LAYOUT_GROUP;
        read_fields(p->reader, p->fields, p->is_little, &fields);
        field->fields = fields.list;
        field->field_count = fields.count;
    }
    if (weir_str_is(field->name, "_") && field->form != WEIR_LAYOUT_GROUP &&
        field->form != WEIR_LAYOUT_BITS)
        weir_diag_error(p->reader->diags, field->node->place,
                        "what is called '_' is a type to skip, a group or bits");
    else if (weir_str_is(field->name, "_") && field->repeat.kind != WEIR_AMOUNT_NONE)
        weir_diag_error(p->reader->diags, field->node->place, "a repeat needs a name");
}

static void read_field_map(weir_reader *reader, weir_node *node, bool is_little,
                           weir_layout_field *field)
{
    field_parts parts = {.reader = reader, .is_little = is_little, .field = field};
    weir_read_map(reader, node, &layout_field_table, &parts);
    use_parts(&parts, node);
}

static void read_field(weir_reader *reader, const weir_pair *pair, bool is_little,
                       weir_layout_field *field)
{
    weir_node *node = pair->value;
    field->name = pair->key->text;
    field->node = pair->key;
    field->form = WEIR_LAYOUT_SKIP;
    field->size = (weir_layout_amount){.kind = WEIR_AMOUNT_FIXED, .fixed = 1, .node = pair->key};
    field->offset = -1;
    if (!check_name(reader, pair->key))
        return;
    if (node->kind == WEIR_NODE_MAP) {
        read_field_map(reader, node, is_little, field);
    } else if (node->kind == WEIR_NODE_LIST) {
        weir_layout_fields fields = {0};
        field->form = WEIR_LAYOUT_GROUP;
        read_fields(reader, node, is_little, &fields);
        field->fields = fields.list;
        field->field_count = fields.count;
    } else if (weir_str_is(field->name, "_")) {
        read_skip(reader, node, is_little, field);
    } else if (!read_type(reader, node, is_little, field)) {
        field->form = WEIR_LAYOUT_SKIP; /* reported: nothing follows from it */
    }
}

static void read_fields(weir_reader *reader, const weir_node *node, bool is_little,
                        weir_layout_fields *out)
{
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, "fields", layout_fields_shape.words);
        return;
    }
    weir_layout_field *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++) {
        const weir_node *item = node->items[i];
        if (item->kind == WEIR_NODE_MAP && item->count == 1)
            read_field(reader, &item->pairs[0], is_little, &list[out->count++]);
        else
            weir_diag_error(
                reader->diags, item->place, "a field of a layout is written 'name: type', not %s",
                item->kind == WEIR_NODE_MAP ? "as a map of several" : weir_node_describe(item));
    }
    out->list = list;
}

/* ------------------------------------------------------------------ tail */

typedef struct tail_parts {
    field_parts parts; /* first: the rows of a field write into it */
    weir_node *name;
} tail_parts;

static void keep_name(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((tail_parts *)into)->name = node;
}

static const weir_key_row tail_rows[] = {
    {.name = "name",
     .type = WEIR_KEY_READ,
     .read = keep_name,
     .shape = &name_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what it is called"},
    {.name = "offset",
     .type = WEIR_KEY_READ,
     .read = keep_offset,
     .shape = &offset_shape,
     .doc = "byte of the packet at which it begins (default: behind the fields)"},
    {.name = "repeat",
     .type = WEIR_KEY_READ,
     .read = keep_repeat,
     .shape = &amount_shape,
     .doc = "as of a field"},
    {.name = "type",
     .type = WEIR_KEY_READ,
     .read = keep_type,
     .shape = &type_shape,
     .doc = "as of a field"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = keep_fields,
     .shape = &layout_fields_shape,
     .doc = "as of a field"},
};
static const weir_key_table tail_table = {"a tail", tail_rows,
                                          sizeof tail_rows / sizeof tail_rows[0]};
static const weir_shape tail_shape = {.form = WEIR_SHAPE_TABLE, .table = &tail_table};

/* One field behind the others, written as a map with its name in it. */
static void read_tail(weir_reader *reader, weir_node *node, bool is_little, weir_layout_fields *out)
{
    weir_layout_field *field = weir_read_array(reader, 1, sizeof *field);
    if (!field)
        return;
    tail_parts tail = {.parts = {.reader = reader, .is_little = is_little, .field = field}};
    field->form = WEIR_LAYOUT_SKIP;
    field->size = (weir_layout_amount){.kind = WEIR_AMOUNT_FIXED, .fixed = 1, .node = node};
    field->offset = -1;
    weir_read_map(reader, node, &tail_table, &tail);
    if (!tail.name || !weir_read_text(reader, tail.name, "name", &field->name))
        return;
    field->node = tail.name;
    if (check_name(reader, tail.name))
        use_parts(&tail.parts, node);
    *out = (weir_layout_fields){field, 1};
}

/* ------------------------------------------------------------------ variants */

typedef struct body_parts {
    weir_text when;
    weir_node *fields;
    weir_node *tail;
} body_parts;

static void keep_body_fields(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((body_parts *)into)->fields = node;
}

static void keep_body_tail(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((body_parts *)into)->tail = node;
}

static const weir_key_row variant_rows[] = {
    {.name = "when",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(body_parts, when),
     .doc = "expression over `length` and the fields in front; the first variant whose `when` is "
            "true is used, one without it always"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = keep_body_fields,
     .shape = &layout_fields_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "list of [fields](#layout-field), in the order of their bytes"},
    {.name = "tail",
     .type = WEIR_KEY_READ,
     .read = keep_body_tail,
     .shape = &tail_shape,
     .doc = "one more field, written with its name"},
};
static const weir_key_table variant_table = {"a layout variant", variant_rows,
                                             sizeof variant_rows / sizeof variant_rows[0]};

static void read_variant(weir_reader *reader, weir_node *node, bool is_little,
                         weir_layout_variant *variant)
{
    body_parts parts = {0};
    variant->node = node;
    weir_read_map(reader, node, &variant_table, &parts);
    variant->when = parts.when;
    if (parts.fields)
        read_fields(reader, parts.fields, is_little, &variant->fields);
    if (parts.tail)
        read_tail(reader, parts.tail, is_little, &variant->tail);
}

/* ------------------------------------------------------------------ the layout */

typedef struct repeat_parts {
    weir_node *count, *length;
} repeat_parts;

static void keep_count(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((repeat_parts *)into)->count = node;
}

static void keep_length(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((repeat_parts *)into)->length = node;
}

static const weir_key_row repeat_rows[] = {
    {.name = "count",
     .type = WEIR_KEY_READ,
     .read = keep_count,
     .shape = &amount_shape,
     .doc = "how many packets: a type that is read in front of them, a field of the header, a "
            "number, or `rest` (default): to the end of the frame"},
    {.name = "length",
     .type = WEIR_KEY_READ,
     .read = keep_length,
     .shape = &amount_shape,
     .doc =
         "bytes of each: a type that is read in front of every packet, a field of the header or of "
         "`fields`, a number; without it a packet is as long as its fields"},
};
static const weir_key_table repeat_table = {"a layout repeat", repeat_rows,
                                            sizeof repeat_rows / sizeof repeat_rows[0]};

typedef struct layout_parts {
    int endian;
    int text; /* -1: not given */
    weir_text ignore;
    body_parts body;
    weir_node *header, *repeat, *variants;
} layout_parts;

static void keep_header(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((layout_parts *)into)->header = node;
}

static void keep_frame_repeat(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((layout_parts *)into)->repeat = node;
}

static void keep_variants(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((layout_parts *)into)->variants = node;
}

static void keep_layout_fields(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((layout_parts *)into)->body.fields = node;
}

static void keep_layout_tail(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((layout_parts *)into)->body.tail = node;
}

static const char *const endians[] = {"big", "little", NULL};
static const char *const text_frames[] = {"json", NULL};

static const weir_shape repeat_shape = {.form = WEIR_SHAPE_TABLE, .table = &repeat_table};
static const weir_shape variant_shape = {.form = WEIR_SHAPE_TABLE, .table = &variant_table};
static const weir_shape variants_shape = {
    .form = WEIR_SHAPE_LIST, .of = &variant_shape, .least = 1, .words = "a list of variants"};

static const weir_key_row layout_rows[] = {
    {.name = "endian",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(layout_parts, endian),
     .choices = endians,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "order of the bytes of a number"},
    {.name = "text",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(layout_parts, text),
     .choices = text_frames,
     .doc = "`json`: frames that the transport marks as text are JSON messages beside the layout"},
    {.name = "ignore",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(layout_parts, ignore),
     .doc =
         "expression over `length` of the frame: frames that hold no packet, such as heartbeats"},
    {.name = "header",
     .type = WEIR_KEY_READ,
     .read = keep_header,
     .shape = &layout_fields_shape,
     .doc = "fields of the frame, in front of its packets; every packet has them"},
    {.name = "repeat",
     .type = WEIR_KEY_READ,
     .read = keep_frame_repeat,
     .shape = &repeat_shape,
     .doc = "a frame is a list of packets; without it, it is one packet"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = keep_layout_fields,
     .shape = &layout_fields_shape,
     .doc = "fields that every packet begins with"},
    {.name = "variants",
     .type = WEIR_KEY_READ,
     .read = keep_variants,
     .shape = &variants_shape,
     .doc = "forms that the rest of a packet has"},
    {.name = "tail",
     .type = WEIR_KEY_READ,
     .read = keep_layout_tail,
     .shape = &tail_shape,
     .doc = "one more field, written with its name, where there are no variants"},
};
static const weir_key_table layout_table = {"a layout", layout_rows,
                                            sizeof layout_rows / sizeof layout_rows[0]};

const weir_shape weir_layout_shape = {.form = WEIR_SHAPE_TABLE, .table = &layout_table};

static void read_repeat(weir_reader *reader, weir_node *node, bool is_little,
                        weir_layout_spec *layout)
{
    repeat_parts parts = {0};
    layout->has_repeat = true;
    weir_read_map(reader, node, &repeat_table, &parts);
    if (parts.count)
        weir_layout_read_amount(reader, parts.count, "count", is_little, &layout->count);
    if (parts.length &&
        weir_layout_read_amount(reader, parts.length, "length", is_little, &layout->length) &&
        layout->length.kind == WEIR_AMOUNT_REST)
        weir_diag_error(reader->diags, parts.length->place,
                        "a packet that is all the rest needs no 'repeat'");
}

static void read_variants(weir_reader *reader, const layout_parts *parts, bool is_little,
                          weir_layout_spec *layout)
{
    const size_t count = parts->variants ? parts->variants->count : 1;
    weir_layout_variant *variants = weir_read_array(reader, count, sizeof *variants);
    if (!variants)
        return;
    layout->variants = variants;
    layout->variant_count = count;
    variants[0].node = layout->node;
    for (size_t i = 0; parts->variants && i < count; i++)
        read_variant(reader, parts->variants->items[i], is_little, &variants[i]);
    if (parts->variants && parts->body.tail)
        weir_diag_error(reader->diags, parts->body.tail->place,
                        "with 'variants' the tail belongs into one of them");
    else if (parts->body.tail)
        read_tail(reader, parts->body.tail, is_little, &variants[0].tail);
}

void weir_read_layout(weir_reader *reader, weir_node *node, void *into)
{
    layout_parts parts = {.text = -1};
    weir_layout_spec *layout = weir_read_array(reader, 1, sizeof *layout);
    if (!layout)
        return;
    weir_read_map(reader, node, &layout_table, &parts);
    if (node->kind != WEIR_NODE_MAP)
        return;
    const bool is_little = parts.endian == 1;
    layout->node = node;
    layout->endian = parts.endian;
    layout->has_json_text = parts.text == 0;
    layout->ignore = parts.ignore;
    if (!parts.body.fields && !parts.variants)
        weir_diag_error(reader->diags, node->place, "a layout needs 'fields' or 'variants'");
    if (parts.header && !parts.repeat)
        weir_diag_error(
            reader->diags, parts.header->place,
            "a 'header' goes with 'repeat'; the fields of a single packet are 'fields'");
    if (parts.header)
        read_fields(reader, parts.header, is_little, &layout->header);
    if (parts.repeat)
        read_repeat(reader, parts.repeat, is_little, layout);
    if (parts.body.fields)
        read_fields(reader, parts.body.fields, is_little, &layout->fields);
    read_variants(reader, &parts, is_little, layout);
    ((weir_connection_spec *)into)->layout = layout;
}
