/* SPDX-License-Identifier: MIT */
/*
 * Values as YAML, for test blocks that are written by the program. Collections are in flow style,
 * wrapped at a width; scalars stand on one line, plain where that cannot be misread, else in double
 * quotes, but in single quotes where double ones would cost escapes, as in most JSON. Whatever text
 * goes in, the same text is read back.
 */
#include "runtime/spec_test.h"
#include "util/encode.h"
#include "util/parts.h"
#include "util/utf8.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { WIDTH = 96 };

/* ------------------------------------------------------------------ scalars */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A word that no reader of YAML takes for anything else. */
static bool is_plain(weir_str text)
{
    static const char *const taken[] = {"null", "true", "false", "yes", "no", "on",
                                        "off",  "y",    "n",     "nan", "inf"};
    char lower[8] = {0};
    if (text.len == 0 || !is_letter(text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '/')
            return false;
        if (i < sizeof lower - 1)
            lower[i] = (char)(c | 0x20);
    }
    for (size_t i = 0; text.len < sizeof lower && i < sizeof taken / sizeof taken[0]; i++) {
        if (weir_str_is((weir_str){lower, text.len}, taken[i]))
            return false;
    }
    return true;
}

/* Characters that YAML lets stand in a quoted scalar, and that do not end or fold a line. */
static bool is_printable(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f) ||
           (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

static bool is_all_printable(weir_str text)
{
    while (text.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(text, &c);
        if (n == 0 || !is_printable(c))
            return false;
        text.ptr += n;
        text.len -= n;
    }
    return true;
}

static void put_escaped(weir_buf *out, weir_str text)
{
    weir_buf_putc(out, '"');
    while (text.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(text, &c);
        if (c == '"' || c == '\\')
            weir_buf_printf(out, "\\%c", (char)c);
        else if (n == 0 || c > 0xffff || is_printable(c))
            weir_buf_put(out, (weir_str){text.ptr, n ? n : 1});
        else if (c == '\n')
            weir_buf_puts(out, "\\n");
        else
            weir_buf_printf(out, c < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)c);
        text.ptr += n ? n : 1;
        text.len -= n ? n : 1;
    }
    weir_buf_putc(out, '"');
}

/* As the formatter quotes: double where it costs no escape. */
static void put_quoted(weir_buf *out, weir_str text)
{
    const bool is_free =
        text.len == 0 || (!memchr(text.ptr, '"', text.len) && !memchr(text.ptr, '\\', text.len));
    if (is_free || !is_all_printable(text)) {
        put_escaped(out, text);
        return;
    }
    weir_buf_putc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            weir_buf_putc(out, '\'');
        weir_buf_putc(out, text.ptr[i]);
    }
    weir_buf_putc(out, '\'');
}

void weir_test_put_text(weir_buf *out, weir_str text)
{
    if (is_plain(text))
        weir_buf_put(out, text);
    else
        put_quoted(out, text);
}

void weir_test_put_binary(weir_buf *out, weir_str bytes)
{
    weir_buf_puts(out, "{base64: ");
    weir_base64_encode((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, out);
    weir_buf_putc(out, '}');
}

void weir_test_put_bytes(weir_buf *out, weir_str bytes)
{
    if (weir_utf8_valid(bytes))
        put_quoted(out, bytes);
    else
        weir_test_put_binary(out, bytes);
}

/* ------------------------------------------------------------------ collections */

typedef struct writer {
    weir_buf *out;
    size_t indent;
    bool is_one_line;
} writer;

static bool is_raw(const weir_value *v, weir_raw what)
{
    return v->kind == WEIR_RAW && v->aux == what;
}

static size_t column(const weir_buf *out)
{
    size_t at = out->len;
    while (at > 0 && out->ptr[at - 1] != '\n')
        at--;
    return out->len - at;
}

static void put_json_text(weir_buf *out, const weir_value *text)
{
    if (text->kind == WEIR_STR) {
        weir_test_put_text(out, weir_value_text(text));
        return;
    }
    weir_arena *arena = weir_arena_new(weir_value_text(text).len + 64, 0);
    weir_value clear;
    if (arena && weir_json_unescape(arena, text, &clear))
        weir_test_put_text(out, weir_value_text(&clear));
    else
        out->failed = true;
    weir_arena_free(arena);
}

static void put_any(writer *w, const weir_value *value);

static void put_member(writer *w, const weir_value *key, const weir_value *value)
{
    if (key->kind != WEIR_ABSENT) {
        put_json_text(w->out, key);
        weir_buf_puts(w->out, ": ");
    }
    put_any(w, value);
}

/* A member goes to a new line when it does not fit on this one. */
static void wrap(writer *w, bool is_first, const weir_value *key, const weir_value *value)
{
    if (w->is_one_line) {
        weir_buf_puts(w->out, is_first ? "" : ", ");
        return;
    }
    weir_buf text = {0};
    writer measure = {&text, 0, true};
    put_member(&measure, key, value);
    const bool fits = column(w->out) + 2 + text.len + 1 <= WIDTH;
    weir_buf_fini(&text);
    weir_buf_puts(w->out, is_first ? "" : fits ? ", " : ",");
    if (fits || is_first)
        return;
    weir_buf_printf(w->out, "\n%*s", (int)w->indent, "");
}

static bool is_left_out(const weir_value *key)
{
    static const char *const keys[] = {"connection", "received", "seq"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (weir_json_text_is(key, weir_str_of(keys[i])))
            return true;
    }
    return false;
}

static void put_collection(writer *w, const weir_value *value, bool is_record)
{
    const bool is_object = is_raw(value, WEIR_RAW_OBJECT);
    weir_json_iter iter;
    weir_value key, member;
    bool is_first = true;
    weir_buf_putc(w->out, is_object ? '{' : '[');
    weir_json_iter_init(&iter, value);
    while (weir_json_iter_next(&iter, &key, &member)) {
        if (is_record && is_left_out(&key))
            continue;
        wrap(w, is_first, &key, &member);
        put_member(w, &key, &member);
        is_first = false;
    }
    weir_buf_putc(w->out, is_object ? '}' : ']');
}

static void put_any(writer *w, const weir_value *value)
{
    if (is_raw(value, WEIR_RAW_OBJECT) || is_raw(value, WEIR_RAW_ARRAY))
        put_collection(w, value, false);
    else if (value->kind == WEIR_STR || is_raw(value, WEIR_RAW_ESCAPED))
        put_json_text(w->out, value);
    else
        weir_json_write(w->out, value, 0);
}

void weir_test_put_value(weir_buf *out, const weir_value *value, size_t indent)
{
    writer w = {out, indent, false};
    put_any(&w, value);
}

void weir_test_put_record(weir_buf *out, const weir_value *record, size_t indent)
{
    writer w = {out, indent, false};
    put_collection(&w, record, true);
}

void weir_test_put_frame(weir_buf *out, const weir_connection_spec *connection,
                         const weir_test_frame *frame)
{
    const bool has_events =
        (connection->traits & (WEIR_BACKEND_TOPICS | WEIR_BACKEND_NAMES)) == WEIR_BACKEND_NAMES;
    const bool is_named = frame->name.len > 0;
    weir_str rest = frame->bytes, part;
    if (is_named) {
        weir_buf_puts(out, has_events ? "{event: " : "{topic: ");
        weir_test_put_text(out, frame->name);
        weir_buf_puts(out, frame->has_parts ? ", " : ", frame: ");
    } else if (frame->has_parts) {
        weir_buf_putc(out, '{');
    }
    if (frame->has_parts)
        weir_buf_puts(out, "parts: [");
    else if (frame->is_binary && connection->layout)
        weir_test_put_binary(out, frame->bytes); /* a text would be another kind of frame */
    else
        weir_test_put_bytes(out, frame->bytes);
    for (bool is_first = true; frame->has_parts && weir_part_next(&rest, &part); is_first = false) {
        weir_buf_puts(out, is_first ? "" : ", ");
        weir_test_put_bytes(out, part);
    }
    weir_buf_puts(out, frame->has_parts ? "]" : "");
    weir_buf_puts(out, is_named || frame->has_parts ? "}" : "");
}

void weir_test_put_item(weir_buf *out, const weir_test_run *run, size_t item, size_t indent)
{
    const weir_connection_spec *connection = &run->spec->model->connections[run->test->connection];
    const bool has_names = connection->traits & (WEIR_BACKEND_TOPICS | WEIR_BACKEND_NAMES);
    if (run->test->kind == WEIR_TEST_RECORDS)
        weir_test_put_record(out, &run->items[item].value, indent + 1);
    else
        weir_test_put_frame(
            out, connection,
            &(weir_test_frame){.name = has_names ? run->items[item].name : (weir_str){0},
                               .bytes = run->items[item].text});
}
