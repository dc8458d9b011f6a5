/* SPDX-License-Identifier: MIT */
/* Text forms: JSON, base64, hexadecimal, URLs. What goes in may be str or bytes; a text comes out
 * of every encoder and bytes out of every decoder. */
#include "expr/json_text.h"
#include "expr/tables.h"
#include "util/encode.h"
#include "value/json_read.h"

static bool is_truth_arg(weir_vm *vm, const weir_value *arg, bool fallback, bool *out)
{
    *out = fallback;
    return arg->kind == WEIR_ABSENT || weir_op_truth(vm, arg, out);
}

/* ------------------------------------------------------------------ JSON */

static bool style_of(weir_vm *vm, const weir_call *call, weir_json_style *style)
{
    const weir_value *separators = weir_arg(call, 1);
    weir_value both[2];
    style->item_separator = WEIR_STR(", ");
    style->key_separator = WEIR_STR(": ");
    if (separators->kind != WEIR_ABSENT && separators->kind != WEIR_NONE &&
        (!weir_op_unpack(vm, separators, 2, both) ||
         !weir_need_str(vm, &both[0], "item separator", &style->item_separator) ||
         !weir_need_str(vm, &both[1], "key separator", &style->key_separator)))
        return false;
    return is_truth_arg(vm, weir_arg(call, 2), true, &style->escapes_beyond_ascii) &&
           is_truth_arg(vm, weir_arg(call, 3), false, &style->sorts_keys);
}

static bool call_json_dumps(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *v = weir_arg(call, 0);
    weir_json_style style;
    weir_buf text = weir_vm_text(vm);
    bool is_done = style_of(vm, call, &style) && weir_json_text(vm, v, &style, &text) &&
                   weir_op_str_from(vm, &text, weir_op_flags(v), out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

static bool call_json_loads(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    weir_str text;
    if (!t || !weir_need_bytes(vm, t, "json_loads() argument", &text))
        return false;
    char *copy = weir_vm_alloc(vm, text.len + WEIR_JSON_SLACK);
    if (!copy || !weir_vm_charge(vm, text.len / 16))
        return false;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, WEIR_JSON_SLACK);
    weir_json_error error;
    if (!weir_json_parse((weir_str){copy, text.len}, out, &error))
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "JSONDecodeError: %s: byte %zu of %s", error.text,
                            error.offset, weir_vm_show(vm, t));
    out->flags |= t->flags & WEIR_VALUE_SECRET;
    return true;
}

/* ------------------------------------------------------------------ base64, hex */

typedef bool decoder(weir_str text, weir_buf *out);

static bool need_input(weir_vm *vm, const weir_call *call, weir_str *text, unsigned *flags)
{
    const weir_value *v = weir_arg(call, 0);
    *flags = v->flags & WEIR_VALUE_SECRET;
    return weir_need_bytes(vm, v, "argument", text) && weir_vm_charge(vm, text->len / 64);
}

static bool call_b64encode(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str bytes;
    unsigned flags;
    if (!need_input(vm, call, &bytes, &flags))
        return false;
    size_t len = WEIR_BASE64_LEN(bytes.len);
    char *room = weir_vm_alloc(vm, len);
    if (!room)
        return false;
    weir_base64_write((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, room);
    *out = weir_value_str((weir_str){room, len});
    out->flags = (uint8_t)(flags | WEIR_VALUE_ASCII);
    return true;
}

static bool decode(weir_vm *vm, const weir_call *call, decoder *fn, const char *what,
                   weir_value *out)
{
    weir_str text;
    unsigned flags;
    if (!need_input(vm, call, &text, &flags))
        return false;
    weir_buf bytes = weir_vm_text(vm);
    bool is_done = fn(text, &bytes);
    if (!is_done)
        weir_vm_fail(vm, bytes.failed ? WEIR_RAISE_MEMORY : WEIR_RAISE_VALUE, "not %s: %s", what,
                     weir_vm_show(vm, weir_arg(call, 0)));
    is_done = is_done && weir_text_room(vm, &bytes, 0) &&
              weir_text_value(vm, WEIR_BYTES, bytes.ptr, bytes.len, flags, out);
    if (flags & WEIR_VALUE_SECRET)
        weir_buf_wipe(&bytes);
    else
        weir_vm_text_done(vm, &bytes);
    return is_done;
}

static bool call_b64decode(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return decode(vm, call, weir_base64_decode, "padded base64", out);
}

static bool call_unhex(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return decode(vm, call, weir_hex_decode, "hexadecimal digits in pairs", out);
}

/* ------------------------------------------------------------------ URLs */

static bool call_url_quote(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str text, safe = WEIR_STR("/");
    unsigned flags;
    if (!need_input(vm, call, &text, &flags) || !weir_vm_charge(vm, text.len / 8) ||
        (weir_given(call, 1) && !weir_need_str(vm, weir_arg(call, 1), "safe", &safe)))
        return false;
    weir_buf quoted = weir_vm_text(vm);
    weir_percent_encode(text, safe, &quoted);
    bool is_done = weir_op_str_from(vm, &quoted, flags | WEIR_VALUE_ASCII, out);
    weir_vm_text_done(vm, &quoted);
    return is_done;
}

/* As forms have it: a space is a plus. */
static void put_form(weir_str text, weir_buf *out)
{
    const size_t start = out->len;
    weir_percent_encode(text, WEIR_STR(" "), out);
    for (size_t i = start; i < out->len; i++)
        if (out->ptr[i] == ' ')
            out->ptr[i] = '+';
}

/* str(v) quoted; bytes as they are. */
static bool put_part(weir_vm *vm, const weir_value *v, weir_buf *out, unsigned *flags)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    weir_buf text = weir_vm_text(vm);
    *flags |= weir_op_flags(t);
    bool is_done = true;
    if (t->kind == WEIR_STR || t->kind == WEIR_BYTES) {
        put_form(weir_value_text(t), out);
    } else {
        is_done = weir_op_text(vm, t, 's', &text);
        put_form(weir_buf_str(&text), out);
    }
    weir_vm_text_done(vm, &text);
    return is_done && weir_text_room(vm, out, 0) && weir_vm_charge(vm, 1 + t->len / 8);
}

static bool put_pair(weir_vm *vm, const weir_value *key, const weir_value *value, weir_buf *out,
                     unsigned *flags)
{
    if (out->len)
        weir_buf_putc(out, '&');
    if (!put_part(vm, key, out, flags))
        return false;
    weir_buf_putc(out, '=');
    return put_part(vm, value, out, flags);
}

/* doseq: a pair for each item of a list. */
static bool put_pairs(weir_vm *vm, const weir_value *key, const weir_value *value, bool is_each,
                      weir_buf *out, unsigned *flags)
{
    const weir_value *items;
    size_t count;
    if (!is_each || !(weir_is_sequence(value) || weir_is_mapping(value) || value->kind == WEIR_SET))
        return put_pair(vm, key, value, out, flags);
    if (!weir_items_of(vm, value, &items, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!put_pair(vm, key, &items[i], out, flags))
            return false;
    return true;
}

static bool put_query(weir_vm *vm, const weir_value *query, bool is_each, weir_buf *out,
                      unsigned *flags)
{
    weir_value dict = *query, both[2];
    if (weir_is_mapping(query)) {
        if (!weir_op_unfold(vm, &dict))
            return false;
        for (size_t i = 0; i < dict.dict->count; i++)
            if (!put_pairs(vm, &dict.dict->entries[i].key, &dict.dict->entries[i].value, is_each,
                           out, flags))
                return false;
        return true;
    }
    const weir_value *items;
    size_t count;
    if (!weir_items_of(vm, query, &items, &count))
        return false;
    if (count && items[0].kind != WEIR_TUPLE)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "not a valid non-string sequence or mapping object (%s)",
                            weir_vm_show(vm, query));
    for (size_t i = 0; i < count; i++)
        if (!weir_op_unpack(vm, &items[i], 2, both) ||
            !put_pairs(vm, &both[0], &both[1], is_each, out, flags))
            return false;
    return true;
}

static bool call_urlencode(weir_vm *vm, const weir_call *call, weir_value *out)
{
    bool is_each;
    unsigned flags = weir_arg(call, 0)->flags & WEIR_VALUE_SECRET;
    weir_buf text = weir_vm_text(vm);
    bool is_done = is_truth_arg(vm, weir_arg(call, 1), false, &is_each) &&
                   put_query(vm, weir_arg(call, 0), is_each, &text, &flags) &&
                   weir_op_str_from(vm, &text, flags | WEIR_VALUE_ASCII, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

const weir_fn_row weir_fn_codecs[] = {
    {"json_dumps", "obj * separators? ensure_ascii? sort_keys?", call_json_dumps, WEIR_STR,
     WEIR_FN_PURE, "the JSON text that Python's json.dumps gives"},
    {"json_loads", "s /", call_json_loads, WEIR_KIND_COUNT, WEIR_FN_PURE,
     "the value of a JSON text"},
    {"b64encode", "s /", call_b64encode, WEIR_STR, WEIR_FN_PURE, "base64 text of a text or bytes"},
    {"b64decode", "s /", call_b64decode, WEIR_BYTES, WEIR_FN_PURE, "the bytes of a base64 text"},
    {"unhex", "s /", call_unhex, WEIR_BYTES, WEIR_FN_PURE, "the bytes of hexadecimal digits"},
    {"url_quote", "string safe?", call_url_quote, WEIR_STR, WEIR_FN_PURE,
     "the text with everything but letters, digits, _.-~ and `safe` as %XX"},
    {"urlencode", "query doseq?", call_urlencode, WEIR_STR, WEIR_FN_PURE,
     "key=value&... of a dict or of pairs, quoted"},
    {0},
};
