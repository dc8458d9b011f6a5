/* SPDX-License-Identifier: MIT */
/*
 * The words of a layout: types (`u16`, `i32le`, `str8`), what stands behind them (`/ 100`, `*
 * tick`), amounts (`10`, `u16`, `orders`) and ranges of bits (`0`, `1..3`).
 */
#include "spec/read_layout.h"

#include "util/number.h"

typedef struct type_row {
    const char *name;
    uint8_t size;
    bool is_signed, is_float;
} type_row;

static const type_row types[] = {
    {"u8", 1, false, false},  {"i8", 1, true, false},   {"u16", 2, false, false},
    {"i16", 2, true, false},  {"u24", 3, false, false}, {"i24", 3, true, false},
    {"u32", 4, false, false}, {"i32", 4, true, false},  {"u64", 8, false, false},
    {"i64", 8, true, false},  {"f32", 4, true, true},   {"f64", 8, true, true},
};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static weir_str type_at(const void *user, size_t index)
{
    (void)user;
    return index < TYPE_COUNT ? weir_str_of(types[index].name)
                              : weir_str_of(index == TYPE_COUNT ? "str" : "bytes");
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool weir_layout_is_name(weir_str text)
{
    bool is_name = text.len > 0 && is_letter(text.ptr[0]);
    for (size_t i = 0; i < text.len; i++)
        is_name = is_name && (is_letter(text.ptr[i]) || is_digit(text.ptr[i]));
    return is_name;
}

static bool find_number(weir_str word, bool is_little, weir_layout_number *out);

bool weir_layout_is_taken(weir_str name)
{
    weir_layout_number number;
    return weir_str_is(name, "length") || weir_str_is(name, "rest") ||
           find_number(name, false, &number);
}

static weir_place place_in(const weir_node *node, weir_str part)
{
    return weir_node_text_place(node, (size_t)(part.ptr - node->text.ptr), part.len);
}

static weir_str trimmed(weir_str text)
{
    while (text.len > 0 && text.ptr[0] == ' ') {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* ------------------------------------------------------------------ numbers */

static bool ends_in(weir_str word, const char *tail)
{
    return word.len > 2 && memcmp(word.ptr + word.len - 2, tail, 2) == 0;
}

/* `u16`, `u16le`, `u16be`. */
static bool find_number(weir_str word, bool is_little, weir_layout_number *out)
{
    const bool is_le = ends_in(word, "le"), is_be = ends_in(word, "be");
    if (is_le || is_be)
        word.len -= 2;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (!weir_str_is(word, types[i].name))
            continue;
        *out = (weir_layout_number){.size = types[i].size,
                                    .is_signed = types[i].is_signed,
                                    .is_float = types[i].is_float,
                                    .is_little = is_le || (is_little && !is_be)};
        return true;
    }
    return false;
}

static bool read_factor(weir_reader *reader, const weir_node *node, weir_str text,
                        weir_layout_number *out)
{
    int64_t integer = 0;
    double number = 0;
    if (weir_layout_is_name(text)) {
        out->factor_name = text;
        return true;
    }
    if (weir_int_parse(text, &integer) == WEIR_INT_OK) {
        out->factor = weir_value_int(integer);
        number = (double)integer;
    } else if (weir_double_parse(text, &number)) {
        out->factor = weir_value_float(number);
    } else {
        weir_diag_error(reader->diags, place_in(node, text),
                        "expected a number or the name of a field behind '%c', not '%.*s'", out->op,
                        WEIR_FMT(text));
        return false;
    }
    if (!(number - number == 0) || (out->op == '/' && number == 0)) {
        weir_diag_error(reader->diags, place_in(node, text), "a value cannot be scaled by %.*s",
                        WEIR_FMT(text));
        return false;
    }
    return true;
}

bool weir_layout_read_number(weir_reader *reader, const weir_node *node, bool is_little,
                             weir_layout_number *out)
{
    const weir_str text = trimmed(node->text);
    size_t end = 0;
    while (end < text.len && (is_letter(text.ptr[end]) || is_digit(text.ptr[end])))
        end++;
    const weir_str word = {text.ptr, end};
    const weir_str rest = trimmed((weir_str){text.ptr + end, text.len - end});
    if (!find_number(word, is_little, out)) {
        if (word.len == 0)
            weir_read_mismatch(reader, node, "type", "a type such as u16 or i32 / 100");
        else
            weir_read_unknown(reader, place_in(node, word), "type", word, TYPE_COUNT + 2, type_at,
                              NULL);
        return false;
    }
    out->node = node;
    if (rest.len == 0)
        return true;
    out->op = rest.ptr[0];
    if (out->op != '/' && out->op != '*') {
        weir_diag_error(reader->diags, place_in(node, rest),
                        "a type is scaled as in 'i32 / 100' or 'i32 * 0.01'");
        return false;
    }
    return read_factor(reader, node, trimmed((weir_str){rest.ptr + 1, rest.len - 1}), out);
}

/* ------------------------------------------------------------------ amounts */

/* Of packets, elements, bytes: what is more is nothing that a frame can hold. */
enum { AMOUNT_MAX = 1 << 24 };

bool weir_layout_read_amount(weir_reader *reader, const weir_node *node, const char *what,
                             bool is_little, weir_layout_amount *out)
{
    weir_str text;
    if (!weir_read_text(reader, node, what, &text))
        return false;
    *out = (weir_layout_amount){.kind = WEIR_AMOUNT_FIXED, .node = node};
    if (node->type == WEIR_SCALAR_INT) {
        if (weir_int_parse(text, &out->fixed) == WEIR_INT_OK && out->fixed >= 1 &&
            out->fixed <= AMOUNT_MAX)
            return true;
        weir_diag_error(reader->diags, node->place, "'%s' is from 1 to %d", what, AMOUNT_MAX);
        return false;
    }
    if (weir_str_is(text, "rest")) {
        out->kind = WEIR_AMOUNT_REST;
        return true;
    }
    if (find_number(text, is_little, &out->read)) {
        out->kind = WEIR_AMOUNT_READ;
        if (!out->read.is_float)
            return true;
        weir_diag_error(reader->diags, node->place, "'%s' is an integer type, not %.*s", what,
                        WEIR_FMT(text));
        return false;
    }
    if (weir_layout_is_name(text)) {
        out->kind = WEIR_AMOUNT_NAMED;
        out->name = text;
        return true;
    }
    weir_read_mismatch(reader, node, what, "a number, an integer type or the name of a field");
    return false;
}

/* ------------------------------------------------------------------ texts and bytes */

/* `str8`, `bytes`: a word with an optional size behind it. 0: it is none of these; -1: mistaken. */
int weir_layout_read_span(weir_reader *reader, const weir_node *node, weir_layout_field *field)
{
    const weir_str text = trimmed(node->text);
    const bool is_str = text.len >= 3 && memcmp(text.ptr, "str", 3) == 0;
    const size_t head = is_str ? 3 : 5;
    if (!is_str && !(text.len >= 5 && memcmp(text.ptr, "bytes", 5) == 0))
        return 0;
    const weir_str size = {text.ptr + head, text.len - head};
    for (size_t i = 0; i < size.len; i++) {
        if (!is_digit(size.ptr[i]))
            return 0;
    }
    field->form = is_str ? WEIR_LAYOUT_STR : WEIR_LAYOUT_BYTES;
    field->size = (weir_layout_amount){.kind = WEIR_AMOUNT_NONE, .node = node};
    if (size.len == 0)
        return 1;
    field->size.kind = WEIR_AMOUNT_FIXED;
    if (weir_int_parse(size, &field->size.fixed) == WEIR_INT_OK && field->size.fixed >= 1 &&
        field->size.fixed <= AMOUNT_MAX)
        return 1;
    weir_diag_error(reader->diags, place_in(node, size), "a size is from 1 to %d bytes",
                    AMOUNT_MAX);
    return -1;
}

/* ------------------------------------------------------------------ bits */

/* `3` is one bit, `1..3` a range; 0 is the lowest. */
bool weir_layout_read_bits(weir_reader *reader, const weir_node *node, unsigned width,
                           weir_layout_bits *out)
{
    weir_str text;
    int64_t low = 0, high = 0;
    if (!weir_read_text(reader, node, "bits", &text))
        return false;
    const char *dots = text.len > 2 ? memmem(text.ptr, text.len, "..", 2) : NULL;
    const weir_str first = {text.ptr, dots ? (size_t)(dots - text.ptr) : text.len};
    const weir_str last = dots ? (weir_str){dots + 2, text.len - first.len - 2} : first;
    if (weir_int_parse_json(first, &low) != WEIR_INT_OK ||
        weir_int_parse_json(last, &high) != WEIR_INT_OK || low < 0 || high < low) {
        weir_diag_error(reader->diags, node->place,
                        "bits are written as one number (0 is the lowest) or as a range, 1..3, not "
                        "'%.*s'",
                        WEIR_FMT(text));
        return false;
    }
    if (high >= width) {
        weir_diag_error(reader->diags, node->place, "there is no bit %lld: the type has %u",
                        (long long)high, width);
        return false;
    }
    out->low = (uint8_t)low;
    out->count = (uint8_t)(high - low + 1);
    out->is_flag = !dots;
    return true;
}
