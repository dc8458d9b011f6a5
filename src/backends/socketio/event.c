/* SPDX-License-Identifier: MIT */
/*
 * The JSON is validated whole, once, by the decoder of value/; what follows relies on that. The
 * common event - one argument, no attachment - is handed on where it lies. What has to be built
 * (several arguments, base64 in the place of an attachment) is built in the room, under the same
 * limit as messages have: a packet may name one attachment many times.
 *
 * Placeholders are looked for in the text, in one pass: in valid JSON a '{' outside of a string
 * begins an object, and walking containers level by level would cost their depth times their size.
 */
#include "backends/socketio/event.h"

#include "util/encode.h"
#include "util/error.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { OFFSET_LEN_MAX = 32, NUM_DIGITS_MAX = 6, KEPT_MAX = 1024 * 1024 };

/* ------------------------------------------------------------------ attachments */

void weir_sio_reuse(weir_buf *buf)
{
    if (buf->cap > KEPT_MAX)
        weir_buf_wipe(buf); /* it may have been a login */
    weir_buf_clear(buf);
}

void weir_sio_attachments_clear(weir_sio_attachments *all)
{
    weir_sio_reuse(&all->bytes);
    all->count = 0;
}

bool weir_sio_attachments_add(weir_sio_attachments *all, weir_str bytes)
{
    char *room = weir_buf_reserve(&all->bytes, bytes.len + WEIR_JSON_SLACK);
    if (!room)
        return false;
    if (bytes.len > 0)
        memcpy(room, bytes.ptr, bytes.len);
    memset(room + bytes.len, 0, WEIR_JSON_SLACK);
    all->bytes.len += bytes.len;
    all->ends[all->count++] = all->bytes.len;
    return true;
}

void weir_sio_attachments_fini(weir_sio_attachments *all)
{
    weir_buf_fini(&all->bytes);
}

static weir_str attachment(const weir_sio_attachments *all, size_t index)
{
    const size_t start = index > 0 ? all->ends[index - 1] : 0;
    return (weir_str){all->bytes.ptr + start, all->ends[index] - start};
}

void weir_sio_room_fini(weir_sio_room *room)
{
    weir_buf_fini(&room->name);
    weir_buf_fini(&room->text);
}

/* ------------------------------------------------------------------ placeholders */

static size_t skip_blanks(weir_str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n' ||
                             text.ptr[at] == '\r'))
        at++;
    return at;
}

static bool skip_word(weir_str text, size_t *at, const char *word)
{
    const size_t len = strlen(word);
    if (text.len - *at < len || memcmp(text.ptr + *at, word, len) != 0)
        return false;
    *at = skip_blanks(text, *at + len);
    return true;
}

static bool skip_number(weir_str text, size_t *at, size_t *number)
{
    const size_t start = *at;
    *number = 0;
    while (*at < text.len && *at - start < NUM_DIGITS_MAX && text.ptr[*at] >= '0' &&
           text.ptr[*at] <= '9')
        *number = *number * 10 + (size_t)(text.ptr[(*at)++] - '0');
    const bool has_digits = *at > start;
    *at = skip_blanks(text, *at);
    return has_digits;
}

/* {"_placeholder":true,"num":0}, in either order, at the start of `text`: its length, or 0. */
static size_t match_placeholder(weir_str text, size_t *number)
{
    size_t at = 0, marks = 0, numbers = 0;
    if (!skip_word(text, &at, "{"))
        return 0;
    for (int member = 0; member < 2; member++) {
        if (member == 1 && !skip_word(text, &at, ","))
            return 0;
        if (skip_word(text, &at, "\"_placeholder\"") && skip_word(text, &at, ":") &&
            skip_word(text, &at, "true"))
            marks++;
        else if (skip_word(text, &at, "\"num\"") && skip_word(text, &at, ":") &&
                 skip_number(text, &at, number))
            numbers++;
    }
    const bool is_whole = marks == 1 && numbers == 1 && at < text.len && text.ptr[at] == '}';
    return is_whole ? at + 1 : 0;
}

/* Behind the closing quote of the string that starts at `at`, of a text that is valid. */
static size_t skip_string(weir_str text, size_t at)
{
    for (at++; at < text.len && text.ptr[at] != '"'; at++)
        at += text.ptr[at] == '\\';
    return at + 1;
}

typedef struct filling {
    const weir_sio_reading *reading;
    weir_buf *out;
    weir_error *error;
} filling;

static weir_code put_base64(const filling *f, size_t number)
{
    if (number >= f->reading->attachments->count)
        return weir_fail(f->error, WEIR_ERR_PROTOCOL,
                         "an event names an attachment that did not come with it");
    const weir_str bytes = attachment(f->reading->attachments, number);
    if (f->out->len + WEIR_BASE64_LEN(bytes.len) > f->reading->max_message)
        return weir_fail(f->error, WEIR_ERR_LIMIT,
                         "an event with its attachments is over max_message");
    weir_buf_putc(f->out, '"');
    weir_base64_encode((weir_bytes){(const uint8_t *)bytes.ptr, bytes.len}, f->out);
    weir_buf_putc(f->out, '"');
    return WEIR_OK;
}

/* Copies JSON that is known to be valid, each placeholder replaced. One pass, whatever the depth.
 */
static weir_code fill(const filling *f, weir_str text)
{
    size_t at = 0, copied = 0, number = 0;
    while (f->reading->attachments->count > 0 && at < text.len) {
        const weir_str rest = {text.ptr + at, text.len - at};
        const size_t len = *rest.ptr == '{' ? match_placeholder(rest, &number) : 0;
        if (len == 0) {
            at = *rest.ptr == '"' ? skip_string(text, at) : at + 1;
            continue;
        }
        weir_buf_put(f->out, (weir_str){text.ptr + copied, at - copied});
        const weir_code code = put_base64(f, number);
        if (code != WEIR_OK)
            return code;
        at += len;
        copied = at;
    }
    weir_buf_put(f->out, (weir_str){text.ptr + copied, text.len - copied});
    return WEIR_OK;
}

static weir_code end_text(const filling *f, weir_frame *frame)
{
    char *slack = weir_buf_reserve(f->out, WEIR_JSON_SLACK);
    if (!slack)
        return weir_fail_nomem(f->error);
    memset(slack, 0, WEIR_JSON_SLACK);
    frame->kind = WEIR_FRAME_TEXT;
    frame->bytes = weir_buf_str(f->out);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ reading */

/* The arguments of a list, as values and as the text from the first to the end of the last. */
typedef struct arguments {
    size_t count;
    weir_value first;
    weir_str text;
} arguments;

static weir_code bad(weir_error *error, const char *what)
{
    return weir_fail(error, WEIR_ERR_PROTOCOL, "a Socket.IO event is malformed: %s", what);
}

static bool is_escaped(const weir_value *v)
{
    return v->kind == WEIR_RAW && v->aux == WEIR_RAW_ESCAPED;
}

/* A JSON text without its escapes; the text never grows. False when out of memory. */
static bool unescape(weir_str text, weir_buf *out)
{
    bool is_ascii;
    char *to = weir_buf_reserve(out, text.len + WEIR_JSON_SLACK);
    const size_t len = to ? weir_json_unescape_into(text, to, text.len, &is_ascii) : SIZE_MAX;
    out->len += len == SIZE_MAX ? 0 : len;
    return len != SIZE_MAX;
}

static weir_code read_name(const weir_value *name, weir_sio_room *room, weir_frame *frame,
                           weir_error *error)
{
    const weir_str text = weir_value_text(name);
    if (name->kind == WEIR_STR || (name->kind == WEIR_RAW && name->aux == WEIR_RAW_NUMBER)) {
        frame->name = text;
        return WEIR_OK;
    }
    if (!is_escaped(name))
        return bad(error, "its name is neither a text nor a number");
    weir_buf_clear(&room->name);
    if (!unescape(text, &room->name))
        return weir_fail_nomem(error);
    frame->name = weir_buf_str(&room->name);
    return WEIR_OK;
}

/* With connection state recovery a server puts an offset, its own short id, behind the arguments.
 */
static bool is_offset(const weir_value *v)
{
    const weir_str text = weir_value_text(v);
    if (v->kind != WEIR_STR || text.len == 0 || text.len > OFFSET_LEN_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (!is_word)
            return false;
    }
    return true;
}

static void read_arguments(weir_json_iter *iter, bool drops_offset, arguments *args)
{
    weir_value key, value, last = weir_value_absent();
    weir_str rest = {iter->at, (size_t)(iter->end - iter->at)};
    size_t start = skip_blanks(rest, 0);
    if (start < rest.len && rest.ptr[start] == ',')
        start = skip_blanks(rest, start + 1);
    const char *end = rest.ptr + start, *before = end;
    while (weir_json_iter_next(iter, &key, &value)) {
        if (args->count++ == 0)
            args->first = value;
        last = value;
        before = end;
        end = iter->at;
    }
    if (drops_offset && args->count > 0 && is_offset(&last)) {
        args->count--;
        end = before;
    }
    args->text = (weir_str){rest.ptr + start, (size_t)(end - (rest.ptr + start))};
}

static weir_code take_several(const filling *f, weir_str text, weir_frame *frame)
{
    weir_buf_putc(f->out, '[');
    const weir_code code = fill(f, text);
    weir_buf_putc(f->out, ']');
    return code == WEIR_OK ? end_text(f, frame) : code;
}

static weir_code take_unquoted(const filling *f, const weir_value *v, weir_frame *frame)
{
    frame->kind = WEIR_FRAME_TEXT;
    frame->bytes = weir_value_text(v);
    if (v->kind == WEIR_STR)
        return WEIR_OK;
    return unescape(frame->bytes, f->out) ? end_text(f, frame) : weir_fail_nomem(f->error);
}

static weir_code take_one(const filling *f, const arguments *args, weir_frame *frame)
{
    size_t number = 0;
    const weir_sio_attachments *attachments = f->reading->attachments;
    if (f->reading->unquotes && (args->first.kind == WEIR_STR || is_escaped(&args->first)))
        return take_unquoted(f, &args->first, frame);
    if (attachments->count > 0 && match_placeholder(args->text, &number) == args->text.len &&
        number < attachments->count) {
        frame->kind = WEIR_FRAME_BINARY;
        frame->bytes = attachment(attachments, number);
        return WEIR_OK;
    }
    if (attachments->count == 0) {
        frame->kind = WEIR_FRAME_TEXT;
        frame->bytes = args->text;
        return WEIR_OK;
    }
    const weir_code code = fill(f, args->text);
    return code == WEIR_OK ? end_text(f, frame) : code;
}

weir_code weir_sio_event_read(weir_str json, const weir_sio_reading *reading, weir_sio_room *room,
                              weir_frame *frame, weir_error *error)
{
    weir_value list, key, name;
    weir_json_error why;
    weir_json_iter iter;
    arguments args = {0};
    if (!weir_json_parse(json, &list, &why))
        return bad(error, why.text);
    if (list.kind != WEIR_RAW || list.aux != WEIR_RAW_ARRAY)
        return bad(error, "it is not a list");
    weir_json_iter_init(&iter, &list);
    frame->name = (weir_str){NULL, 0};
    if (!reading->is_ack) {
        if (!weir_json_iter_next(&iter, &key, &name))
            return bad(error, "its list is empty");
        const weir_code code = read_name(&name, room, frame, error);
        if (code != WEIR_OK)
            return code;
    }
    read_arguments(&iter, reading->drops_offset, &args);
    weir_sio_reuse(&room->text);
    const filling f = {reading, &room->text, error};
    if (args.count == 1)
        return take_one(&f, &args, frame);
    if (args.count > 1)
        return take_several(&f, args.text, frame);
    weir_buf_puts(f.out, "null");
    return end_text(&f, frame);
}

/* ------------------------------------------------------------------ writing */

bool weir_sio_event_is_reserved(weir_str name)
{
    static const char *const names[] = {"connect",       "connect_error", "disconnect",
                                        "disconnecting", "newListener",   "removeListener"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (weir_str_is(name, names[i]))
            return true;
    }
    return false;
}

/* Appends the text of a message as arguments. The copy is for the decoder, which reads ahead. */
static void put_text(weir_buf *out, weir_str text, bool spreads, weir_buf *scratch)
{
    weir_value value;
    weir_json_error ignored;
    weir_sio_reuse(scratch);
    weir_buf_put(scratch, text);
    char *slack = weir_buf_reserve(scratch, WEIR_JSON_SLACK);
    if (!slack) {
        out->failed = true;
        return;
    }
    memset(slack, 0, WEIR_JSON_SLACK);
    if (!weir_json_parse(weir_buf_str(scratch), &value, &ignored)) {
        weir_buf_putc(out, ',');
        weir_json_write_str(out, text);
        return;
    }
    const bool is_list = spreads && value.kind == WEIR_RAW && value.aux == WEIR_RAW_ARRAY;
    if (is_list && weir_json_count(&value) == 0)
        return;
    weir_buf_putc(out, ',');
    weir_buf_put(out, is_list ? (weir_str){value.s + 1, value.len - 2} : text);
}

void weir_sio_event_put(weir_buf *out, weir_str name, weir_frame_kind kind, weir_str bytes,
                        bool spreads, weir_buf *scratch)
{
    weir_buf_putc(out, '[');
    weir_json_write_str(out, name);
    if (kind == WEIR_FRAME_BINARY)
        weir_buf_puts(out, ",{\"_placeholder\":true,\"num\":0}");
    else
        put_text(out, bytes, spreads, scratch);
    weir_buf_putc(out, ']');
}
