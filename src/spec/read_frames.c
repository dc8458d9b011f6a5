/* SPDX-License-Identifier: MIT */
/*
 * Frames as a test writes them: a text, or a map of one key that says how the bytes are made.
 * Compressed frames are written as what is in them, so that a reader sees it; a row makes the
 * bytes. A frame with a name - an event, a topic - is a map of the name and the frame; `parts` in
 * place of `frame` makes one of several.
 */
#include <string.h>

#include "spec/rows.h"
#include "util/encode.h"
#include "util/inflate.h"
#include "util/parts.h"
#include "value/json_read.h"
#include "value/msgpack.h"

static bool set_bytes(weir_reader *reader, weir_test_frame *frame, weir_str bytes)
{
    char *copy = weir_read_array(reader, bytes.len + WEIR_JSON_SLACK, 1);
    if (!copy)
        return false;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    frame->bytes = (weir_str){copy, bytes.len};
    return true;
}

/* ------------------------------------------------------------------ ways to write bytes */

static bool from_base64(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    weir_str text;
    if (!weir_read_text(reader, value, "base64", &text))
        return false;
    const bool is_good = weir_base64_decode(text, bytes);
    if (!is_good)
        weir_diag_error(reader->diags, value->place, "not padded base64");
    return is_good;
}

/* Blanks and line ends may stand between the bytes. */
static bool from_hex(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    weir_str text;
    weir_buf digits = {0};
    if (!weir_read_text(reader, value, "hex", &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ' && text.ptr[i] != '\n')
            weir_buf_putc(&digits, text.ptr[i]);
    }
    const bool is_good = !digits.failed && weir_hex_decode(weir_buf_str(&digits), bytes);
    if (!is_good)
        weir_diag_error(reader->diags, value->place,
                        "not hexadecimal: two digits a byte, with blanks between bytes if need be");
    weir_buf_fini(&digits);
    return is_good;
}

static bool compress(weir_reader *reader, const weir_node *value, weir_deflate_form form,
                     weir_buf *bytes)
{
    weir_str text;
    return weir_read_text(reader, value, "a compressed frame", &text) &&
           weir_deflate_all(form, (weir_bytes){(const uint8_t *)text.ptr, text.len}, bytes, NULL) ==
               WEIR_OK;
}

static bool to_gzip(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    return compress(reader, value, WEIR_DEFLATE_GZIP, bytes);
}

static bool to_deflate(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    return compress(reader, value, WEIR_DEFLATE_RAW, bytes);
}

static bool to_zlib(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    return compress(reader, value, WEIR_DEFLATE_ZLIB, bytes);
}

/* A JSON text as MessagePack. */
static bool to_msgpack(weir_reader *reader, const weir_node *value, weir_buf *bytes)
{
    weir_str text;
    weir_value document;
    weir_json_error error = {0};
    const char *why = NULL;
    if (!weir_read_text(reader, value, "msgpack", &text))
        return false;
    weir_test_frame json = {0};
    if (!set_bytes(reader, &json, text))
        return false;
    if (!weir_json_parse(json.bytes, &document, &error)) {
        const bool is_cut = error.offset > 0 && error.offset >= text.len;
        const size_t at = is_cut ? text.len - 1 : error.offset;
        weir_diag_error(reader->diags, weir_node_text_place(value, at, 1), "not JSON: %s",
                        error.text);
        return false;
    }
    if (!weir_msgpack_write(bytes, reader->arena, &document, &why) && why)
        weir_diag_error(reader->diags, value->place, "MessagePack cannot hold it: %s", why);
    return !why;
}

typedef struct way {
    const char *name;
    bool (*make)(weir_reader *reader, const weir_node *value, weir_buf *bytes);
} way;

static const way ways[] = {
    {"base64", from_base64}, {"hex", from_hex}, {"gzip", to_gzip},
    {"deflate", to_deflate}, {"zlib", to_zlib}, {"msgpack", to_msgpack},
};

static const way *find_way(const weir_node *node)
{
    for (size_t i = 0; node->count == 1 && i < sizeof ways / sizeof ways[0]; i++) {
        if (weir_node_get(node, ways[i].name))
            return &ways[i];
    }
    return NULL;
}

static const weir_shape bytes_shape = {.form = WEIR_SHAPE_MAP,
                                       .of = &weir_text_shape,
                                       .pattern = "^(base64|hex|gzip|deflate|zlib|msgpack)$",
                                       .least = 1,
                                       .most = 1};
static const weir_shape plain_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_text_shape, .other = &bytes_shape};
static const weir_shape plain_list_shape = {.form = WEIR_SHAPE_LIST, .of = &plain_shape};
static const weir_shape member_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &plain_shape, .other = &plain_list_shape};
static const weir_shape named_shape = {.form = WEIR_SHAPE_MAP,
                                       .of = &member_shape,
                                       .pattern = "^(event|topic|frame|parts)$",
                                       .least = 1,
                                       .most = 2};
const weir_shape weir_frame_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &plain_shape, .other = &named_shape};
static const weir_shape frame_list_shape = {.form = WEIR_SHAPE_LIST, .of = &weir_frame_shape};
const weir_shape weir_frames_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_frame_shape, .other = &frame_list_shape};

/* ------------------------------------------------------------------ frames */

static bool read_bytes(weir_reader *reader, const weir_node *node, const char *what,
                       weir_test_frame *frame)
{
    weir_buf bytes = {0};
    const way *found = find_way(node);
    if (!found) {
        weir_diag_error(
            reader->diags, node->place,
            "bytes in '%s' are written as {base64: TEXT}, {hex: TEXT}, {gzip: TEXT} (deflate, "
            "zlib) to be compressed, or {msgpack: JSON}, with no other key",
            what);
        return false;
    }
    frame->is_binary = true;
    const bool is_good = found->make(reader, weir_node_get(node, found->name), &bytes) &&
                         !bytes.failed && set_bytes(reader, frame, weir_buf_str(&bytes));
    weir_buf_fini(&bytes);
    return is_good;
}

static bool read_plain(weir_reader *reader, const weir_node *node, const char *what,
                       weir_test_frame *frame)
{
    weir_str text;
    if (node->kind == WEIR_NODE_MAP)
        return read_bytes(reader, node, what, frame);
    return weir_read_text(reader, node, what, &text) && set_bytes(reader, frame, text);
}

static bool read_parts(weir_reader *reader, const weir_node *node, weir_test_frame *frame)
{
    weir_buf bytes = {0};
    bool is_good = node->kind == WEIR_NODE_LIST;
    if (!is_good)
        weir_read_mismatch(reader, node, "parts", "a list of frames");
    for (size_t i = 0; is_good && i < node->count; i++) {
        weir_test_frame part = {0};
        char head[WEIR_PART_HEAD];
        is_good = read_plain(reader, node->items[i], "parts", &part);
        weir_part_put_head(head, (uint32_t)part.bytes.len);
        weir_buf_put(&bytes, (weir_str){head, sizeof head});
        weir_buf_put(&bytes, part.bytes);
    }
    frame->has_parts = true;
    is_good = is_good && !bytes.failed && set_bytes(reader, frame, weir_buf_str(&bytes));
    weir_buf_fini(&bytes);
    return is_good;
}

/* {event: NAME, frame: FRAME}, where `topic` is another word for `event`. */
static bool read_named(weir_reader *reader, const weir_node *node, const char *what,
                       weir_test_frame *frame)
{
    const weir_node *event = weir_node_get(node, "event"), *topic = weir_node_get(node, "topic");
    const weir_node *bytes = weir_node_get(node, "frame"), *parts = weir_node_get(node, "parts");
    const size_t names = (event != NULL) + (topic != NULL);
    const size_t frames = (bytes != NULL) + (parts != NULL);
    if (frames != 1 || names > 1 || node->count != names + frames || (names == 0 && bytes)) {
        weir_diag_error(reader->diags, node->place,
                        "a frame with a name is {event: NAME, frame: FRAME} (or 'topic'), one of "
                        "several parts has 'parts', a list, in place of 'frame'");
        return false;
    }
    if (names > 0 &&
        !weir_read_text(reader, event ? event : topic, event ? "event" : "topic", &frame->name))
        return false;
    if (frame->name.len == 0)
        frame->name.ptr = names > 0 ? "" : NULL;
    return bytes ? read_plain(reader, bytes, what, frame) : read_parts(reader, parts, frame);
}

static bool read_frame(weir_reader *reader, const weir_node *node, const char *what,
                       weir_test_frame *frame)
{
    frame->node = node;
    if (node->kind == WEIR_NODE_MAP &&
        (weir_node_get(node, "frame") || weir_node_get(node, "parts") ||
         weir_node_get(node, "event") || weir_node_get(node, "topic")))
        return read_named(reader, node, what, frame);
    return read_plain(reader, node, what, frame);
}

bool weir_read_frames(weir_reader *reader, const weir_node *node, const char *what,
                      const weir_test_frame **frames, size_t *count)
{
    const bool is_list = node->kind == WEIR_NODE_LIST;
    const size_t wanted = is_list ? node->count : 1;
    weir_test_frame *list = weir_read_array(reader, wanted, sizeof *list);
    bool is_good = list != NULL;
    for (size_t i = 0; list && i < wanted; i++)
        is_good &= read_frame(reader, is_list ? node->items[i] : node, what, &list[i]);
    *frames = list;
    *count = is_good ? wanted : 0;
    return is_good;
}
