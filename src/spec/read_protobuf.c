/* SPDX-License-Identifier: MIT */
/*
 * `parser: {protobuf: ...}`: a descriptor set file beside the spec and the message in it that every
 * frame is. The file is read here, once; what a plan is made of is the message's type.
 */
#include "spec/rows.h"
#include "util/file.h"
#include "util/map.h"
#include "value/protobuf_schema.h"

enum { DESCRIPTOR_MAX = 16 * 1024 * 1024 };

typedef struct parts {
    weir_text descriptor;
    weir_text message;
} parts;

static void keep_descriptor(weir_reader *reader, weir_node *node, void *into)
{
    parts *p = into;
    if (weir_read_text(reader, node, "descriptor", &p->descriptor.text))
        p->descriptor.node = node;
}

static void keep_message(weir_reader *reader, weir_node *node, void *into)
{
    parts *p = into;
    if (weir_read_text(reader, node, "message", &p->message.text))
        p->message.node = node;
}

static const weir_key_row protobuf_rows[] = {
    {.name = "descriptor",
     .type = WEIR_KEY_READ,
     .read = keep_descriptor,
     .shape = &weir_text_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "file that `protoc --include_imports --descriptor_set_out` wrote; beside the spec"},
    {.name = "message",
     .type = WEIR_KEY_READ,
     .read = keep_message,
     .shape = &weir_text_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what each frame is, by its full name: `pkg.Feed`"},
};
static const weir_key_table protobuf_table = {"protobuf", protobuf_rows, 2};
const weir_shape weir_protobuf_shape = {.form = WEIR_SHAPE_TABLE, .table = &protobuf_table};

static const weir_pb_schema *read_schema(weir_reader *reader, const weir_text *descriptor,
                                         uint64_t *print)
{
    weir_buf path = {0}, bytes = {0};
    weir_error error = {0};
    char why[WEIR_PB_WHY_MAX];
    const weir_pb_schema *schema = NULL;
    weir_path_join(reader->model->directory, descriptor->text, &path);
    if (path.failed)
        weir_diag_error(reader->diags, descriptor->node->place, "out of memory");
    else if (weir_file_read(weir_buf_cstr(&path), DESCRIPTOR_MAX, &bytes, &error) != WEIR_OK)
        weir_diag_error(reader->diags, descriptor->node->place, "%s", error.text);
    else if (!(schema = weir_pb_schema_read(reader->arena, weir_buf_str(&bytes), why)))
        weir_diag_error(reader->diags, descriptor->node->place, "%.*s: %s",
                        WEIR_FMT(descriptor->text), why);
    *print = weir_hash(bytes.ptr, bytes.len);
    weir_buf_fini(&path);
    weir_buf_fini(&bytes);
    return schema;
}

/* The one message whose last word is `name`, when its package was forgotten. */
static const weir_pb_message *find_unqualified(const weir_pb_schema *schema, weir_str name)
{
    const weir_pb_message *found = NULL;
    for (size_t i = 0; i < schema->count; i++) {
        const weir_str full = schema->messages[i]->name;
        const bool is_it = full.len > name.len && full.ptr[full.len - name.len - 1] == '.' &&
                           memcmp(full.ptr + full.len - name.len, name.ptr, name.len) == 0;
        if (is_it && found)
            return NULL;
        found = is_it ? schema->messages[i] : found;
    }
    return found;
}

static weir_str message_at(const void *user, size_t index)
{
    return ((const weir_pb_schema *)user)->messages[index]->name;
}

void weir_read_protobuf(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    parts p = {0};
    weir_read_map(reader, node, &protobuf_table, &p);
    connection->protobuf_node = node;
    if (!p.descriptor.node || !p.message.node)
        return;
    const weir_pb_schema *schema = read_schema(reader, &p.descriptor, &connection->protobuf_print);
    if (!schema)
        return;
    connection->protobuf = weir_pb_schema_find(schema, p.message.text);
    if (connection->protobuf)
        return;
    const weir_pb_message *near = find_unqualified(schema, p.message.text);
    if (near)
        weir_diag_error(reader->diags, p.message.node->place,
                        "unknown message '%.*s'; did you mean '%.*s'?", WEIR_FMT(p.message.text),
                        WEIR_FMT(near->name));
    else
        weir_read_unknown(reader, p.message.node->place, "message", p.message.text, schema->count,
                          message_at, schema);
}
