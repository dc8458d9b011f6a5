/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as frames of declared layouts. The first byte chooses a layout, or - where it is the
 * last of them - the text up to the first NUL is a layout itself and what follows a frame. A slot
 * must hold what the whole of its packet has, and the counters must add up.
 */
#include <stdlib.h>

#include "expr/expr.h"
#include "pipeline/runner.h"
#include "value/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"     \
    "    streams: [data]\n"
#define TAIL                                                                                       \
    "    converters:\n      data:\n        fields:\n          all: data\n"                         \
    "          same: dict(data)['a'] == data['a']\n"

static const char *const specs[] = {
    HEAD
    "    frame: array\n    parser: {format: binary, layout: {endian: big, ignore: length < 2, "
    "repeat: {count: u16, length: u16}, fields: [k: u8], variants: [{when: k == 1 and length "
    "== 9, fields: [a: i32 / 100, b: f32]}, {when: k == 2, fields: [a: {repeat: u8, fields: [x: "
    "u16, "
    "t: str3]}, s: {type: str, size: k}, r: {repeat: rest, type: u24}]}, {when: k > 2, fields: [n: "
    "u16, d: {value: n - 3}, a: {repeat: n, type: u64 / d}, f: {type: u16, bits: {x: 0, y: "
    "3..9}}]}]}}\n" TAIL,
    HEAD "    frame: array\n    parser: {format: binary, layout: {endian: little, header: [v: u8, "
         "c: u8], "
         "repeat: {count: c}, fields: [a: {repeat: u8, type: i16 * 0.5}, t: {type: bytes, size: "
         "u8}, z: {value: "
         "100 // v}]}}\n" TAIL,
    HEAD
    "    frame: record\n    parser: {format: binary, payload_path: \"data[-1]\", layout: {endian: "
    "big, repeat: {length: u8}, fields: [a: u8, _: 1, g: [x: u16be, y: [z: f64]]], tail: {name: q, "
    "offset: 16, repeat: 2, type: i24}}}\n" TAIL,
    HEAD "    frame: array\n    parser: {format: binary, layout: {endian: little, repeat: {}, "
         "fields: [k: u8], "
         "variants: [{when: k < 3, fields: [a: {repeat: k, fields: [price: u64 * 3, q: str1, size: "
         "f64 / 0.5]}, b: "
         "{repeat: u8, fields: [quantity: i24, price: u32 / k]}]}, {fields: [a: u8]}]}}\n    "
         "converters:\n      "
         "data:\n        fields: {market_depth: {bids: \"data['a']\", asks: \"data.get('b')\"}, "
         "all: data}\n",
    HEAD "    frame: array\n    parser: {format: binary, layout: {endian: big, repeat: {length: "
         "u16}, fields: "
         "[n: u8, a: {repeat: n, fields: [m: i8, p: {repeat: m, fields: [x: u16, q: {repeat: u8, "
         "type: i24}]}, t: "
         "{type: str, size: m}]}, z: u8, r: {repeat: rest, fields: [l: u8, b: {type: bytes, size: "
         "l}]}]}}\n" TAIL
         "          deep: {source: \"data['a'][-1]['p'][0]['q']\", default_value: 0}\n",
    HEAD "    frame: auto\n    parser: {format: binary, layout: {endian: big, text: json, repeat: "
         "{length: u8}, fields: [a: str2]}}\n" TAIL,
};

enum { SPEC_COUNT = sizeof specs / sizeof specs[0], TEXT_MAX = 4096 };

typedef struct venue {
    weir_spec_model *model;
    weir_plan *plan;
    weir_runner *runner;
    weir_expr_world world;
} venue;

static void close_venue(venue *v)
{
    weir_runner_free(v->runner);
    weir_asset_cache_free(v->world.assets);
    weir_plan_free(v->plan);
    weir_spec_model_free(v->model);
    free(v);
}

/* NULL: the text is mistaken. */
static venue *open_venue(const char *text)
{
    static const weir_backend_rows backends[] = {{.name = "websocket"}};
    static const weir_spec_registry registry = {.backends = backends, .count = 1};
    uint32_t next_schema_id = 1;
    weir_diags *diags = weir_diags_new();
    venue *v = calloc(1, sizeof *v);
    if (!v)
        abort();
    v->model = weir_spec_model_parse("f.yaml", weir_str_of(text), &registry, diags);
    if (v->model && v->model->connection_count > 0)
        v->plan = weir_plan_new(v->model, &v->model->connections[0], &next_schema_id, diags);
    const bool is_good = v->plan && weir_diags_errors(diags) == 0;
    weir_diags_free(diags);
    if (is_good) {
        v->world.assets = weir_asset_cache_new(v->model->assets);
        v->runner = weir_runner_new(v->plan, &v->world);
    }
    if (is_good && v->runner)
        return v;
    close_venue(v);
    return NULL;
}

static void check_records(weir_batch *batch, bool is_fixed)
{
    weir_buf line = {0};
    size_t offset = 0;
    for (weir_record *record; (record = weir_batch_next(batch, &offset));) {
        weir_value value;
        weir_json_error error;
        weir_buf_clear(&line);
        weir_record_write_json(&line, record, WEIR_RECORD_WITH_FRAME);
        if (!weir_buf_reserve(&line, WEIR_JSON_SLACK) ||
            !weir_json_parse(weir_buf_str(&line), &value, &error))
            abort();
        /* nan is not equal to itself, and no layout here has one in `a` */
        if (is_fixed && memmem(line.ptr, line.len, "\"same\":false", 12))
            abort();
    }
    weir_buf_fini(&line);
}

static void feed(venue *v, const uint8_t *bytes, size_t size, bool is_binary, bool is_fixed)
{
    char *copy = calloc(1, size + WEIR_JSON_SLACK);
    if (!copy)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    const weir_runner_frame frame = {
        .bytes = {copy, size}, .is_binary = is_binary, .received_ns = 1};
    const weir_counters before = *weir_runner_counters(v->runner);
    weir_runner_feed(v->runner, &frame);
    const weir_counters *after = weir_runner_counters(v->runner);
    if (after->frames != before.frames + 1 ||
        after->records_out - before.records_out != weir_runner_batch(v->runner)->count)
        abort();
    check_records(weir_runner_batch(v->runner), is_fixed);
    weir_batch_clear(weir_runner_batch(v->runner));
    free(copy);
}

/* A layout of the fuzzer's own, up to the first NUL, and a frame for it. */
static void feed_own(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, '\0', size < TEXT_MAX ? size : TEXT_MAX);
    weir_buf text = {0};
    if (!end)
        return;
    weir_buf_puts(&text, HEAD "    frame: auto\n    parser:\n      format: binary\n      layout: ");
    weir_buf_put(&text, (weir_str){(const char *)bytes, (size_t)(end - bytes)});
    weir_buf_puts(&text, "\n    converters: {data: {fields: {all: data}}}\n");
    venue *v = open_venue(weir_buf_cstr(&text));
    weir_buf_fini(&text);
    if (!v)
        return;
    feed(v, end + 1, size - (size_t)(end + 1 - bytes), true, false);
    close_venue(v);
}

/* These live as long as the process: a fuzzer must not spend its time on loading. */
static venue *venues[SPEC_COUNT];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    const size_t which = (bytes[0] & 0x7f) % (SPEC_COUNT + 1);
    if (which == SPEC_COUNT) {
        feed_own(bytes + 1, size - 1);
        return 0;
    }
    if (!venues[which] && !(venues[which] = open_venue(specs[which])))
        abort();
    feed(venues[which], bytes + 1, size - 1, !(bytes[0] & 0x80), !(bytes[0] & 0x80));
    return 0;
}
