/* SPDX-License-Identifier: MIT */
/* A decoder hands over a frame's records one by one, or all of them at once: the same records. */
#include <weir/record.h>
#include <weir/weir.h>

#include "weir_check.h"

static const char text[] = "weir: 1\n"
                           "name: acme\n"
                           "connections:\n"
                           "  one:\n"
                           "    url: ws://127.0.0.1:1/\n"
                           "    backend: {type: websocket}\n"
                           "    streams: {trades: data, quotes: quote}\n"
                           "    frame: array\n"
                           "    router:\n"
                           "      rules:\n"
                           "        - {channel: trades, match: \"data['T'] == 't'\"}\n"
                           "        - {channel: quotes, match: \"data['T'] == 'q'\"}\n"
                           "    converters:\n"
                           "      trades: [{fields: {n: \"data['n']\"}}]\n"
                           "      quotes: [{fields: {n: \"data['n']\"}}]\n";

static weir_spec *spec;

static void set_up(void)
{
    char path[] = "/tmp/weir-test-decoder-XXXXXX.yaml";
    const int fd = mkstemps(path, 5);
    weir_error error = {0};
    ck_assert(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
    close(fd);
    spec = weir_spec_load(path, NULL, NULL, &error);
    unlink(path);
    ck_assert_msg(spec != NULL, "%s", error.text);
}

static void tear_down(void)
{
    weir_spec_free(spec);
}

typedef struct seen {
    int64_t n[32];
    uint64_t seq[32];
    size_t count, calls;
} seen;

static void see(seen *s, const weir_record *record)
{
    ck_assert_uint_lt(s->count, 32);
    ck_assert(weir_record_i64(record, 0, &s->n[s->count]));
    s->seq[s->count++] = weir_record_seq(record);
}

static void on_record(void *user, const weir_record *record)
{
    seen *s = user;
    s->calls++;
    see(s, record);
}

static void on_records(void *user, const weir_records *records)
{
    seen *s = user;
    const weir_record *record = records->first;
    s->calls++;
    for (size_t i = 0; i < records->count; i++) {
        see(s, record);
        ck_assert_ptr_eq(weir_record_behind(record), weir_record_next(record));
        record = weir_record_next(record);
    }
    ck_assert_ptr_eq(record, (const char *)records->first + records->size);
}

START_TEST(all_records_of_a_frame_come_at_once)
{
    static const char *const frames[] = {
        "[{\"T\":\"t\",\"n\":1},{\"T\":\"q\",\"n\":2},{\"T\":\"t\",\"n\":3}]", "[]", "no JSON",
        "[{\"T\":\"x\",\"n\":4}]", "[{\"T\":\"q\",\"n\":5}]"};
    weir_error error = {0};
    weir_decoder *single = weir_decoder_new(spec, NULL, &error);
    weir_decoder *several = weir_decoder_new(spec, NULL, &error);
    seen one = {0}, all = {0};
    ck_assert(single && several);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        char room[256] = {0};
        const weir_str frame = {room, strlen(frames[i])};
        memcpy(room, frames[i], frame.len);
        weir_decoder_feed(single, frame, false, 7, on_record, &one);
        weir_decoder_feed_records(several, frame, false, 7, on_records, &all);
    }
    ck_assert_uint_eq(one.calls, 4);
    ck_assert_uint_eq(all.calls, 2); /* not for frames without records */
    ck_assert_uint_eq(all.count, one.count);
    ck_assert_mem_eq(all.n, one.n, sizeof one.n);
    ck_assert_mem_eq(all.seq, one.seq, sizeof one.seq);
    weir_connection_status status;
    weir_decoder_status(several, &status);
    ck_assert_uint_eq(status.frames, 5);
    ck_assert_uint_eq(status.records_out, 4);
    weir_decoder_free(single);
    weir_decoder_free(several);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decoder");
    TCase *records = tcase_create("records");
    tcase_add_checked_fixture(records, set_up, tear_down);
    tcase_add_test(records, all_records_of_a_frame_come_at_once);
    suite_add_tcase(suite, records);
    return weir_check_run(suite);
}
