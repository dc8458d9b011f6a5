/* SPDX-License-Identifier: MIT */
/* A layout as a table of bytes, and the packet that a record came from. */
#include "pipeline/explain_layout.h"

#include <inttypes.h>

#include "util/encode.h"

/* ------------------------------------------------------------------ types */

static void put_number(weir_buf *out, const weir_layout_number *number)
{
    weir_buf_printf(out, "%c%u%s",
                    number->is_float    ? 'f'
                    : number->is_signed ? 'i'
                                        : 'u',
                    8u * number->size,
                    number->size == 1   ? ""
                    : number->is_little ? "le"
                                        : "be");
    if (number->op == 0)
        return;
    weir_buf_printf(out, " %c ", number->op);
    if (number->factor_name.len > 0)
        weir_buf_put(out, number->factor_name);
    else if (number->factor.kind == WEIR_INT)
        weir_buf_printf(out, "%" PRId64, number->factor.i);
    else
        weir_buf_printf(out, "%.17g", number->factor.f);
}

static void put_amount(weir_buf *out, const weir_layout_amount *amount)
{
    switch (amount->kind) {
    case WEIR_AMOUNT_FIXED: weir_buf_printf(out, "%" PRId64, amount->fixed); break;
    case WEIR_AMOUNT_NAMED: weir_buf_put(out, amount->name); break;
    case WEIR_AMOUNT_READ: put_number(out, &amount->read); break;
    case WEIR_AMOUNT_NONE:
    case WEIR_AMOUNT_REST: weir_buf_puts(out, "rest"); break;
    }
}

static void put_type(weir_buf *out, const weir_layout_field *field)
{
    switch (field->form) {
    case WEIR_LAYOUT_NUMBER: put_number(out, &field->number); break;
    case WEIR_LAYOUT_STR: weir_buf_puts(out, "str "); break;
    case WEIR_LAYOUT_BYTES: weir_buf_puts(out, "bytes "); break;
    case WEIR_LAYOUT_SKIP: weir_buf_puts(out, "skipped "); break;
    case WEIR_LAYOUT_GROUP: weir_buf_puts(out, "group"); break;
    case WEIR_LAYOUT_BITS:
        put_number(out, &field->number);
        weir_buf_puts(out, " bits");
        break;
    case WEIR_LAYOUT_VALUE: weir_buf_put(out, field->value.text); break;
    }
    if (field->form == WEIR_LAYOUT_STR || field->form == WEIR_LAYOUT_BYTES ||
        field->form == WEIR_LAYOUT_SKIP)
        put_amount(out, &field->size);
    if (field->repeat.kind != WEIR_AMOUNT_NONE) {
        weir_buf_puts(out, ", repeated ");
        put_amount(out, &field->repeat);
    }
}

/* ------------------------------------------------------------------ tables */

#define NOWHERE UINT64_MAX /* behind something of no fixed length */

/* From the start of the packet, or of the element; behind an amount that is read, from there. */
static void put_at(weir_buf *out, const weir_layout_node *node, uint64_t around, unsigned depth)
{
    if (depth == 0 && node->segment > 0)
        weir_buf_printf(out, "part %u + %u", node->segment + 1u, node->offset);
    else
        weir_buf_printf(out, "%" PRIu64, around + node->offset);
}

static void explain_nodes(weir_sheet *sheet, weir_entry *list, const weir_layout_node *nodes,
                          size_t count, uint64_t around, unsigned depth, weir_str prefix)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_node *node = &nodes[i];
        const weir_layout_field *field = node->field;
        weir_buf at = {0}, type = {0};
        const weir_str name =
            weir_arena_printf(sheet->arena, "%.*s%s%.*s%s", WEIR_FMT(prefix), prefix.len ? "." : "",
                              WEIR_FMT(field->name), node->has_repeat ? "[]" : "");
        weir_entry *row = weir_sheet_map(sheet, list, NULL);
        if (field->form != WEIR_LAYOUT_VALUE && around != NOWHERE)
            put_at(&at, node, around, depth);
        put_type(&type, field);
        sheet->failed |= at.failed || type.failed || !name.ptr;
        weir_sheet_text(sheet, row, "byte", weir_buf_str(&at));
        weir_sheet_text(sheet, row, "field", name);
        weir_sheet_text(sheet, row, "type", weir_buf_str(&type));
        weir_buf_fini(&at);
        weir_buf_fini(&type);
        for (size_t k = 0; k < field->bit_count; k++) {
            const weir_layout_bits *bits = &field->bits[k];
            row = weir_sheet_map(sheet, list, NULL);
            weir_sheet_text(sheet, row, "byte", WEIR_STR(""));
            weir_sheet_printf(sheet, row, "field", "%.*s.%.*s", WEIR_FMT(name),
                              WEIR_FMT(bits->name));
            weir_sheet_printf(sheet, row, "type", bits->is_flag ? "bit %u" : "bits %u..%u",
                              bits->low, bits->low + bits->count - 1u);
        }
        const uint64_t inner = node->has_loose_parts ? NOWHERE
                               : node->has_repeat    ? 0
                               : around == NOWHERE   ? NOWHERE
                                                     : around + node->offset;
        explain_nodes(sheet, list, node->children, node->child_count, inner, depth + 1, name);
    }
}

static void explain_block(weir_sheet *sheet, weir_entry *into, const char *key,
                          const weir_layout_block *block)
{
    weir_entry *list = weir_sheet_list(sheet, into, key);
    explain_nodes(sheet, list, block->nodes, block->node_count, 0, 0, WEIR_STR(""));
    if (list && !list->first)
        weir_sheet_text(sheet, list, NULL, WEIR_STR("none"));
}

static void put_repeat(weir_sheet *sheet, weir_entry *map, const weir_layout_spec *spec)
{
    weir_buf text = {0};
    if (!spec->has_repeat)
        return;
    weir_buf_puts(&text, "count ");
    put_amount(&text, &spec->count);
    if (spec->length.kind != WEIR_AMOUNT_NONE) {
        weir_buf_puts(&text, ", length ");
        put_amount(&text, &spec->length);
    }
    sheet->failed |= text.failed;
    weir_sheet_text(sheet, map, "packets", weir_buf_str(&text));
    weir_buf_fini(&text);
}

static weir_str when_of(const weir_layout_case *one)
{
    return one->when.text->node ? one->when.text->text : WEIR_STR("always");
}

void weir_explain_layout(weir_sheet *sheet, weir_entry *into, const weir_layout *layout)
{
    weir_entry *map = weir_sheet_map(sheet, into, "layout");
    weir_sheet_text(sheet, map, "endian",
                    layout->spec->endian ? WEIR_STR("little") : WEIR_STR("big"));
    if (layout->spec->has_json_text)
        weir_sheet_text(sheet, map, "text", WEIR_STR("json: text frames are JSON messages"));
    if (layout->ignore.program)
        weir_sheet_text(sheet, map, "ignore", layout->ignore.text->text);
    put_repeat(sheet, map, layout->spec);
    if (layout->header.node_count > 0)
        explain_block(sheet, map, "header", &layout->header);
    weir_entry *variants = weir_sheet_list(sheet, into, "variants");
    for (size_t i = 0; i < layout->variant_count; i++) {
        const weir_layout_case *one = &layout->variants[i];
        weir_entry *row = weir_sheet_map(sheet, variants, NULL);
        weir_sheet_text(sheet, row, "when", when_of(one));
        weir_sheet_text(sheet, row, "at", one->where);
        weir_sheet_number(sheet, row, "least_bytes", one->block.need[0]);
        weir_sheet_printf(sheet, row, "loads", "%zu paths straight from their bytes",
                          one->load_count);
        explain_block(sheet, row, "fields", &one->block);
    }
}

void weir_explain_packet(weir_sheet *sheet, weir_entry *into, const weir_layout_state *packet,
                         weir_str bytes)
{
    weir_buf hex = {0};
    weir_entry *map = weir_sheet_map(sheet, into, "packet");
    weir_sheet_number(sheet, map, "bytes", bytes.len);
    weir_sheet_text(sheet, map, "variant", when_of(packet->variant));
    weir_sheet_text(sheet, map, "at", packet->variant->where);
    weir_hex_encode((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, &hex);
    sheet->failed |= hex.failed;
    weir_sheet_sample(sheet, map, "hex", weir_buf_str(&hex));
    weir_buf_fini(&hex);
}
