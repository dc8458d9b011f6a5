/* SPDX-License-Identifier: MIT */
/* Records: building a batch, reading columns, copying, and the line of JSON. */
#include <weir/record.h>

#include "value/record.h"

#include "value/asset.h"
#include "value/decimal.h"
#include "value_text.h"

#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

enum { SIDE, CLOSE, VOLUME, BIDS, ASKS, ANY, COLUMNS };

static const weir_column columns[COLUMNS] = {
    {NAME("side"), WEIR_STR},
    {NAME("data.close"), WEIR_FLOAT},
    {NAME("data.volume"), WEIR_DECIMAL},
    {NAME("market_depth.bids"), WEIR_LEVELS},
    {NAME("market_depth.asks"), WEIR_LEVELS},
    {NAME("extra.deep.any"), WEIR_KIND_PUBLIC_COUNT},
};

static const weir_schema schema = {
    .channel = WEIR_CHANNEL_DATA,
    .connection = NAME("market"),
    .stream = NAME("trades"),
    .count = COLUMNS,
    .columns = columns,
    .id = 7,
};

static weir_batch batch;

static weir_value text(const char *s)
{
    return weir_value_str(weir_str_of(s));
}

static void put(size_t column, weir_value v)
{
    ck_assert(weir_batch_set(&batch, column, &v));
}

static void begin(void)
{
    ck_assert(weir_batch_begin(&batch, &schema));
}

static void check_line(const weir_record *record, unsigned flags, const char *expected)
{
    weir_buf out = {0};
    weir_record_write_json(&out, record, flags);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
}

static const weir_record *first(void)
{
    size_t at = 0;
    return weir_batch_next(&batch, &at);
}

static void put_decimal(size_t column, const char *digits)
{
    const weir_decimal *d;
    ck_assert_int_eq(weir_decimal_parse(arena, weir_str_of(digits), &d), WEIR_DECIMAL_OK);
    put(column, weir_value_decimal(d));
}

START_TEST(columns_are_read_back)
{
    begin();
    put(SIDE, text("BUY"));
    put(CLOSE, weir_value_float(1.5));
    put_decimal(VOLUME, "0.0100");
    weir_level *levels = weir_batch_levels(&batch, BIDS, 2);
    levels[0] = (weir_level){1, 2};
    levels[1] = (weir_level){3, 4};
    put(ANY, weir_value_int(-3));
    weir_batch_commit(&batch);
    const weir_record *record = first();
    weir_str str;
    double f;
    int64_t i;
    ck_assert(weir_record_str(record, SIDE, &str) && weir_str_is(str, "BUY"));
    ck_assert(weir_record_f64(record, CLOSE, &f) && f == 1.5);
    ck_assert(weir_record_str(record, VOLUME, &str) && weir_str_is(str, "0.0100"));
    ck_assert(weir_record_f64(record, VOLUME, &f) && f == 0.01);
    ck_assert(weir_record_i64(record, ANY, &i) && i == -3);
    ck_assert(weir_record_get_f64(record, "data.close", &f) && f == 1.5);
    ck_assert(!weir_record_get_f64(record, "data.open", &f));
    ck_assert(!weir_record_f64(record, SIDE, &f));
    ck_assert(!weir_record_i64(record, CLOSE, &i));
    ck_assert(!weir_record_str(record, CLOSE, &str));
    const weir_level *read;
    size_t count;
    ck_assert(weir_record_levels(record, BIDS, &read, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert(read[1].price == 3 && read[1].size == 4);
    ck_assert_int_eq(weir_record_kind(record, ASKS), WEIR_ABSENT);
    ck_assert(!weir_record_levels(record, ASKS, &read, &count));
    weir_value cell = weir_record_cell(record, VOLUME);
    ck_assert_int_eq(cell.decimal->exponent, -4);
    ck_assert_int_eq(weir_record_timestamp(record) == WEIR_NO_TIME, 1);
}
END_TEST

START_TEST(levels_are_as_many_as_are_taken)
{
    for (size_t before = 0; before < 3; before++) {
        begin();
        for (size_t i = 0; i < before; i++)
            put(SIDE, text("BUY")); /* what is behind three bytes is aligned */
        const size_t len = batch.bytes.len;
        for (size_t count = 1; count <= 10000; count *= 10) {
            weir_level *levels = weir_batch_room_for_levels(&batch, count);
            ck_assert_ptr_nonnull(levels);
            for (size_t i = 0; i < count; i++)
                levels[i] = (weir_level){(double)i, -1};
            ck_assert_uint_eq(batch.bytes.len, len);
        }
        weir_batch_take_levels(&batch, BIDS, 9999);
        ck_assert(weir_batch_no_levels(&batch, ASKS));
        put(ANY, text("behind"));
        weir_batch_commit(&batch);
        const weir_level *read;
        size_t count;
        ck_assert(weir_record_levels(first(), BIDS, &read, &count) && count == 9999);
        for (size_t i = 0; i < count; i++)
            ck_assert(read[i].price == (double)i && read[i].size == -1);
        ck_assert(weir_record_levels(first(), ASKS, &read, &count) && count == 0);
        weir_str str;
        ck_assert(weir_record_str(first(), ANY, &str) && weir_str_is(str, "behind"));
        begin();
        ck_assert_ptr_null(weir_batch_room_for_levels(&batch, SIZE_MAX / 8));
        ck_assert_ptr_null(weir_batch_room_for_levels(&batch, UINT32_MAX / 16));
        weir_batch_abort(&batch);
    }
}
END_TEST

START_TEST(the_public_layout_reads_the_same)
{
    begin();
    put(SIDE, text("BUY"));
    put(CLOSE, weir_value_float(1.5));
    put_decimal(VOLUME, "0.0100");
    weir_batch_levels(&batch, BIDS, 1)[0] = (weir_level){1, 2};
    put(ANY, weir_value_int(-3));
    weir_batch_record(&batch)->timestamp_ns = 5;
    weir_batch_commit(&batch);
    const weir_record *record = first();
    const weir_record_head *head = weir_record_head_of(record);
    const weir_cell *cells = weir_record_cells(record);
    double f;
    ck_assert_uint_eq(weir_record_layout(), WEIR_RECORD_LAYOUT);
    ck_assert_ptr_eq(head->schema, weir_record_schema(record));
    ck_assert_uint_eq(head->size, weir_record_size(record));
    ck_assert_int_eq(head->timestamp_ns, 5);
    ck_assert_uint_eq(head->columns, weir_schema_columns(head->schema));
    ck_assert(weir_str_is(weir_cell_text(record, &cells[SIDE]), "BUY"));
    ck_assert(weir_cell_f64(&cells[CLOSE], &f) && f == 1.5);
    ck_assert(weir_cell_f64(&cells[ANY], &f) && f == -3);
    ck_assert(!weir_cell_f64(&cells[VOLUME], &f));
    ck_assert_uint_eq(cells[BIDS].len, 1);
    ck_assert(weir_cell_levels(record, &cells[BIDS])[0].size == 2);
    for (size_t i = 0; i < COLUMNS; i++)
        ck_assert_int_eq(cells[i].kind, weir_record_kind(record, i));
}
END_TEST

START_TEST(a_copy_stands_alone)
{
    begin();
    put(SIDE, text("SELL"));
    put_decimal(VOLUME, "12.5");
    weir_batch_commit(&batch);
    weir_record *copy = weir_record_copy(first());
    ck_assert_uint_eq(weir_record_size(copy) % 16, 0);
    weir_batch_fini(&batch);
    weir_str str;
    ck_assert(weir_record_str(copy, SIDE, &str) && weir_str_is(str, "SELL"));
    ck_assert(weir_record_str(copy, VOLUME, &str) && weir_str_is(str, "12.5"));
    free(copy);
}
END_TEST

START_TEST(records_lie_back_to_back)
{
    for (int i = 0; i < 100; i++) {
        begin();
        put(SIDE, text("0123456789abcdef" + i % 17));
        if (i % 3 == 2) {
            weir_batch_abort(&batch);
            continue;
        }
        weir_batch_record(&batch)->frame = (uint64_t)i;
        weir_batch_commit(&batch);
    }
    size_t at = 0;
    size_t seen = 0;
    for (const weir_record *r; (r = weir_batch_next(&batch, &at)); seen++) {
        ck_assert_uint_eq((uintptr_t)r % 16, 0);
        ck_assert_uint_eq(weir_record_frame(r), seen / 2 * 3 + seen % 2);
        ck_assert_uint_eq(r->schema_id, 7);
    }
    ck_assert_uint_eq(seen, batch.count);
    ck_assert_uint_eq(seen, 67);
}
END_TEST

static bool is_odd(void *user, const weir_record *record)
{
    (void)user;
    return record->frame % 2 == 1;
}

START_TEST(records_are_left_out_and_the_rest_moves_up)
{
    size_t at = 0;
    for (uint64_t i = 0; i < 7; i++) {
        begin();
        put(SIDE, text("a text behind the cells" + i));
        weir_batch_record(&batch)->frame = i;
        weir_batch_commit(&batch);
    }
    ck_assert_uint_eq(weir_batch_leave_out(&batch, is_odd, NULL), 3);
    ck_assert_uint_eq(batch.count, 4);
    for (uint64_t i = 0; i < 7; i += 2) {
        weir_str str;
        const weir_record *record = weir_batch_next(&batch, &at);
        ck_assert_uint_eq(weir_record_frame(record), i);
        ck_assert(weir_record_str(record, SIDE, &str));
        ck_assert(weir_str_is(str, "a text behind the cells" + i));
    }
    ck_assert_ptr_null(weir_batch_next(&batch, &at));
}
END_TEST

START_TEST(a_batch_that_has_grown_allocates_no_more)
{
    const char *memory = NULL;
    for (int round = 0; round < 50; round++) {
        weir_batch_clear(&batch);
        for (int i = 0; i < 20; i++) {
            begin();
            put(SIDE, text("a text of some length"));
            ck_assert_ptr_nonnull(weir_batch_levels(&batch, BIDS, 10));
            weir_batch_commit(&batch);
        }
        if (round == 0)
            memory = batch.bytes.ptr;
        ck_assert_ptr_eq(batch.bytes.ptr, memory);
    }
}
END_TEST

START_TEST(raw_values_are_settled)
{
    weir_str str;
    begin();
    put(ANY, parsed("\"a\\u0062\\n\""));
    put(SIDE, text("after"));
    weir_batch_commit(&batch);
    ck_assert_int_eq(weir_record_kind(first(), ANY), WEIR_STR);
    ck_assert(weir_record_str(first(), ANY, &str) && weir_str_is(str, "ab\n"));
    ck_assert(weir_record_str(first(), SIDE, &str) && weir_str_is(str, "after"));
    weir_batch_clear(&batch);
    begin();
    put(ANY, parsed("[1, {\"a\":2}]"));
    weir_batch_commit(&batch);
    ck_assert_int_eq(weir_record_kind(first(), ANY), WEIR_JSON);
    ck_assert(weir_record_str(first(), ANY, &str) && weir_str_is(str, "[1, {\"a\":2}]"));
    weir_batch_clear(&batch);
    begin();
    put(ANY, parsed("-123456789012345678901234567890"));
    weir_batch_commit(&batch);
    ck_assert_int_eq(weir_record_kind(first(), ANY), WEIR_DECIMAL);
    ck_assert(weir_record_str(first(), ANY, &str));
    ck_assert(weir_str_is(str, "-123456789012345678901234567890"));
}
END_TEST

START_TEST(a_secret_is_masked_in_a_record)
{
    weir_str str;
    weir_value secret = text("password");
    secret.flags |= WEIR_VALUE_SECRET;
    begin();
    put(SIDE, secret);
    weir_batch_commit(&batch);
    ck_assert(weir_record_str(first(), SIDE, &str) && weir_str_is(str, "***"));
}
END_TEST

START_TEST(a_record_is_a_line_of_nested_json)
{
    weir_asset asset = {.symbol = NAME("AAPL")};
    begin();
    weir_record *record = weir_batch_record(&batch);
    record->asset = &asset;
    record->timestamp_ns = 1500000000;
    record->received_ns = 1500000001;
    record->seq = 42;
    record->frame = 3;
    put(SIDE, text("BUY"));
    put(CLOSE, weir_value_float(126.55));
    put_decimal(VOLUME, "1E+3");
    weir_level *levels = weir_batch_levels(&batch, BIDS, 1);
    levels[0] = (weir_level){1, 2.5};
    put(ANY, weir_value_none());
    weir_batch_commit(&batch);
    check_line(first(), WEIR_RECORD_WITH_FRAME,
               "{\"channel\":\"data\",\"stream\":\"trades\",\"connection\":\"market\","
               "\"asset\":\"AAPL\",\"timestamp\":\"1970-01-01T00:00:01.500Z\",\"side\":\"BUY\","
               "\"data\":{\"close\":126.55,\"volume\":1E+3},"
               "\"market_depth\":{\"bids\":[[1.0,2.5]]},\"extra\":{\"deep\":{\"any\":null}},"
               "\"received\":\"1970-01-01T00:00:01.500000001Z\",\"seq\":42,\"frame\":3}");
}
END_TEST

START_TEST(absent_columns_objects_and_times_are_left_out)
{
    begin();
    weir_level *levels = weir_batch_levels(&batch, ASKS, 0);
    ck_assert_ptr_nonnull(levels);
    weir_batch_commit(&batch);
    check_line(first(), 0,
               "{\"channel\":\"data\",\"stream\":\"trades\",\"connection\":\"market\","
               "\"market_depth\":{\"asks\":[]},\"seq\":0}");
}
END_TEST

START_TEST(every_line_is_json)
{
    for (unsigned mask = 0; mask < 1u << COLUMNS; mask++) {
        weir_batch_clear(&batch);
        begin();
        for (size_t i = 0; i < COLUMNS; i++)
            if (mask >> i & 1)
                put(i, text("x\"y"));
        weir_batch_commit(&batch);
        weir_buf out = {0};
        weir_record_write_json(&out, first(), 0);
        weir_json_error error;
        weir_value v;
        weir_str line = slacked_n(out.ptr, out.len);
        ck_assert_msg(weir_json_parse(line, &v, &error), "%s", weir_buf_cstr(&out));
        weir_buf_fini(&out);
    }
}
END_TEST

START_TEST(channels_and_kinds_have_names)
{
    for (int i = 0; i < WEIR_CHANNEL_COUNT; i++)
        ck_assert_int_eq(weir_channel_from_name(weir_str_of(weir_channel_name((weir_channel)i))),
                         i);
    ck_assert_int_eq(weir_channel_from_name(WEIR_STR("none")), WEIR_CHANNEL_COUNT);
    ck_assert_str_eq(weir_kind_name(WEIR_KIND_PUBLIC_COUNT), "any");
    ck_assert_str_eq(weir_kind_name(WEIR_LEVELS), "levels");
    ck_assert_uint_eq(weir_schema_find(&schema, "market_depth.asks"), ASKS);
    ck_assert_uint_eq(weir_schema_find(&schema, "market_depth"), SIZE_MAX);
    ck_assert_int_eq(weir_schema_column_kind(&schema, ANY), WEIR_KIND_PUBLIC_COUNT);
}
END_TEST

static void fresh_batch(void)
{
    weir_batch_clear(&batch);
}

static void drop_batch(void)
{
    weir_batch_fini(&batch);
}

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_checked_fixture(tcase, fresh_batch, drop_batch);
    tcase_add_test(tcase, columns_are_read_back);
    tcase_add_test(tcase, levels_are_as_many_as_are_taken);
    tcase_add_test(tcase, the_public_layout_reads_the_same);
    tcase_add_test(tcase, a_copy_stands_alone);
    tcase_add_test(tcase, records_lie_back_to_back);
    tcase_add_test(tcase, records_are_left_out_and_the_rest_moves_up);
    tcase_add_test(tcase, a_batch_that_has_grown_allocates_no_more);
    tcase_add_test(tcase, raw_values_are_settled);
    tcase_add_test(tcase, a_secret_is_masked_in_a_record);
    tcase_add_test(tcase, a_record_is_a_line_of_nested_json);
    tcase_add_test(tcase, absent_columns_objects_and_times_are_left_out);
    tcase_add_test(tcase, every_line_is_json);
    tcase_add_test(tcase, channels_and_kinds_have_names);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
