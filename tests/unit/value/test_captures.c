/* SPDX-License-Identifier: MIT */
/*
 * The decoder on what venues really send: every captured frame and every document with escapes is
 * accepted, written back to the same value, and projected to what jansson finds at the same path.
 * Skipped where the captures are absent.
 */
#include <jansson.h>
#include <stdio.h>

#include "value/json_write.h"
#include "value/projection.h"
#include "value_text.h"

#define KEY(text)                                                                                  \
    {                                                                                              \
        false, 0,                                                                                  \
        {                                                                                          \
            (text), sizeof(text) - 1                                                               \
        }                                                                                          \
    }

static const weir_step price_steps[] = {KEY("data"), KEY("p")};
static const weir_step bid_steps[] = {KEY("data"), KEY("b"), {true, 0, {0}}, {true, -1, {0}}};
static const weir_step last_steps[] = {{true, -1, {0}}};

static char *shared(const char *name)
{
    const char *folder = getenv("WEIR_SHARED");
    static char path[4096];
    snprintf(path, sizeof path, "%s/captures/%s", folder ? folder : WEIR_SHARED_DIR, name);
    return path;
}

/* The file with slack behind it. */
static weir_str load(const char *name)
{
    FILE *file = fopen(shared(name), "rb");
    ck_assert_msg(file != NULL, "%s", shared(name));
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + WEIR_JSON_SLACK);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, size, file), size);
    memset(text + size, ']', WEIR_JSON_SLACK);
    fclose(file);
    return (weir_str){text, size};
}

static void check_scalar(const weir_value *slot, const json_t *json)
{
    if (!json) {
        ck_assert_int_eq(slot->kind, WEIR_ABSENT);
        return;
    }
    weir_value v;
    ck_assert(weir_json_unfold(arena, slot, &v));
    if (json_is_string(json))
        check_text(&v, json_string_value(json));
    else if (json_is_integer(json))
        ck_assert(v.kind == WEIR_INT && v.i == json_integer_value(json));
    else if (json_is_real(json))
        ck_assert(v.kind == WEIR_FLOAT && v.f == json_real_value(json));
}

static void check_frame(const weir_projection *projection, weir_str frame)
{
    weir_value slots[3];
    weir_value whole;
    weir_json_error error = {NULL, 0};
    ck_assert_msg(weir_projection_decode(projection, frame, slots, &whole, &error), "%zu: %s",
                  error.offset, error.text);
    weir_value built;
    ck_assert(weir_json_unfold_deep(arena, &whole, &built));
    weir_buf out = {0};
    weir_json_write(&out, &built, 0);
    weir_buf_reserve(&out, WEIR_JSON_SLACK);
    weir_value again;
    ck_assert(weir_json_parse(weir_buf_str(&out), &again, &error));
    ck_assert(weir_value_equal(arena, &whole, &again));
    weir_buf_fini(&out);
    json_t *json = json_loadb(frame.ptr, frame.len, JSON_DECODE_ANY, NULL);
    if (json) { /* some frames hold numbers that jansson has no type for */
        const json_t *data = json_object_get(json, "data");
        const json_t *bids = json_array_get(json_object_get(data, "b"), 0);
        check_scalar(&slots[0], json_object_get(data, "p"));
        check_scalar(&slots[1], json_array_get(bids, json_array_size(bids) - 1));
        check_scalar(&slots[2], json_array_get(json, json_array_size(json) - 1));
    }
    json_decref(json);
    weir_arena_reset(arena);
}

static weir_projection *build(weir_arena *into)
{
    weir_projection *projection = weir_projection_new(into);
    ck_assert_uint_eq(weir_projection_add(projection, price_steps, 2), 0);
    ck_assert_uint_eq(weir_projection_add(projection, bid_steps, 4), 1);
    ck_assert_uint_eq(weir_projection_add(projection, last_steps, 1), 2);
    ck_assert(weir_projection_seal(projection));
    return projection;
}

/* Enough of the long captures: the replay tests read all of them. */
enum { FRAMES_MAX = 5000 };

static const char *const captures[] = {
    "frames/binance_delivery.jsonl",
    "frames/binance_futures.jsonl",
    "frames/binance_spot_btcusdt.20240809.jsonl",
    "frames/bitmex.jsonl",
    "frames/coinbase.jsonl",
    "frames/huobi.jsonl",
    "frames/huobi_swap.jsonl",
    "frames/kraken.jsonl",
    "frames/okx.20220227.jsonl",
    "frames/okx.jsonl",
};

START_TEST(captured_frames_are_decoded)
{
    weir_arena *lasting = weir_arena_new(4096, 0);
    const weir_projection *projection = build(lasting);
    weir_str text = load(captures[_i]);
    const char *end = text.ptr + text.len;
    size_t frames = 0;
    for (const char *at = text.ptr; at < end && frames < FRAMES_MAX; frames++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end)
            line_end = end;
        check_frame(projection, (weir_str){at, (size_t)(line_end - at)});
        at = line_end + 1;
    }
    ck_assert_uint_gt(frames, 300);
    free((char *)text.ptr);
    weir_arena_free(lasting);
}
END_TEST

static const char *const documents[] = {
    "vectors/escapes/alpaca_news.json",
    "vectors/escapes/kraken_rest.json",
    "vectors/escapes/upbit_rest.json",
};

START_TEST(documents_with_escapes_are_decoded)
{
    weir_arena *lasting = weir_arena_new(4096, 0);
    weir_str text = load(documents[_i]);
    check_frame(build(lasting), text);
    free((char *)text.ptr);
    weir_arena_free(lasting);
}
END_TEST

int main(void)
{
    weir_check_need_path(shared("frames"));
    Suite *suite = suite_create("captures");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, captured_frames_are_decoded, 0, sizeof captures / sizeof *captures);
    tcase_add_loop_test(tcase, documents_with_escapes_are_decoded, 0,
                        sizeof documents / sizeof *documents);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
