/* SPDX-License-Identifier: MIT */
/* What was recorded is what is read, and a file cut anywhere reads as its whole blocks. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/recording.h"
#include "weir_check.h"

enum { SLACK = 64, FRAMES = 5, PATH_ROOM = 64 };

static char path[PATH_ROOM];

static void setup(void)
{
    strcpy(path, "/tmp/weir-recording-XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

/* Frame `i` of the file that the tests write: directions, kinds and connections mixed, an empty
 * frame, one with NUL and newline. */
static weir_recording_frame frame_at(size_t i)
{
    static const weir_str texts[FRAMES] = {
        {"{\"a\":1}", 7}, {"", 0}, {"\0\n\r\xff", 4}, {"WEIRREC1", 8}, {"last", 4}};
    return (weir_recording_frame){.connection = i % 2 ? WEIR_STR("orders") : WEIR_STR("market"),
                                  .time_ns = (int64_t)i * 1000 - 1,
                                  .is_outgoing = i == 3,
                                  .is_binary = i == 2,
                                  .has_parts = i == 3,
                                  .name = i > 2 ? WEIR_STR("quotes/A\xc3\xa4") : WEIR_STR(""),
                                  .bytes = texts[i]};
}

static void record(size_t from, size_t to)
{
    weir_error error = {0};
    weir_recorder *recorder = weir_recorder_open(path, &error);
    ck_assert_msg(recorder != NULL, "%s", error.text);
    for (size_t i = from; i < to; i++) {
        const weir_recording_frame frame = frame_at(i);
        ck_assert_int_eq(weir_recorder_write(recorder, &frame, &error), WEIR_OK);
    }
    ck_assert_int_eq(weir_recorder_close(recorder, &error), WEIR_OK);
}

static void assert_frame(const weir_recording_frame *got, size_t i)
{
    const weir_recording_frame wanted = frame_at(i);
    ck_assert(weir_str_eq(got->connection, wanted.connection));
    ck_assert(weir_str_eq(got->bytes, wanted.bytes));
    ck_assert_int_eq(got->time_ns, wanted.time_ns);
    ck_assert_int_eq(got->is_outgoing, wanted.is_outgoing);
    ck_assert_int_eq(got->is_binary, wanted.is_binary);
    ck_assert_int_eq(got->has_parts, wanted.has_parts);
    ck_assert(weir_str_eq(got->name, wanted.name));
    unsigned sum = 0;
    for (size_t k = 0; k < SLACK; k++) /* a sanitizer sees whether it may be read */
        sum += (unsigned char)got->bytes.ptr[got->bytes.len + k];
    ck_assert_uint_lt(sum, SLACK * 256);
}

/* Reads what is there, asserting that it is frames 0, 1, ...; returns how many. */
static size_t read_all(uint64_t *torn)
{
    weir_error error = {0};
    weir_recording_frame frame;
    size_t count = 0;
    weir_recording *recording = weir_recording_open(path, &error);
    ck_assert_msg(recording != NULL, "%s", error.text);
    while (weir_recording_next(recording, &frame, torn, &error))
        assert_frame(&frame, count++);
    ck_assert_int_eq(error.code, WEIR_OK);
    weir_recording_close(recording);
    return count;
}

static size_t size_of_file(void)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (size_t)info.st_size;
}

static void flip(size_t offset)
{
    char byte;
    const int fd = open(path, O_RDWR);
    ck_assert_int_eq(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

START_TEST(what_was_recorded_is_read)
{
    uint64_t torn = 1;
    record(0, FRAMES);
    ck_assert_uint_eq(read_all(&torn), FRAMES);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(a_recording_goes_on_where_it_stopped)
{
    uint64_t torn = 1;
    record(0, 2);
    record(2, FRAMES);
    ck_assert_uint_eq(read_all(&torn), FRAMES);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(a_file_cut_at_any_byte_reads_as_its_whole_blocks)
{
    uint64_t torn = 0;
    record(0, FRAMES);
    const size_t size = size_of_file();
    size_t before = FRAMES;
    for (size_t cut = size - 1; cut >= 8; cut--) {
        ck_assert_int_eq(truncate(path, (off_t)cut), 0);
        const size_t count = read_all(&torn);
        ck_assert_uint_le(count, before);
        ck_assert_uint_ge(count + 1, before);
        ck_assert_uint_lt(torn, size);
        before = count;
    }
    ck_assert_uint_eq(before, 0);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(a_torn_tail_is_cut_before_going_on)
{
    uint64_t torn = 0;
    for (size_t lost = 1; lost < 20; lost++) {
        ck_assert_int_eq(truncate(path, 0), 0);
        record(0, FRAMES);
        ck_assert_int_eq(truncate(path, (off_t)(size_of_file() - lost)), 0);
        record(FRAMES - 1, FRAMES);
        ck_assert_uint_eq(read_all(&torn), FRAMES);
        ck_assert_uint_eq(torn, 0);
    }
}
END_TEST

START_TEST(room_that_was_never_written_is_a_torn_tail)
{
    uint64_t torn = 0;
    record(0, FRAMES);
    ck_assert_int_eq(truncate(path, (off_t)size_of_file() + 4096), 0);
    ck_assert_uint_eq(read_all(&torn), FRAMES);
    ck_assert_uint_eq(torn, 4096);
    record(FRAMES, FRAMES);
    ck_assert_uint_eq(read_all(&torn), FRAMES);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(any_flipped_bit_ends_the_reading_there)
{
    uint64_t torn = 0;
    record(0, FRAMES);
    for (size_t i = 8; i < size_of_file(); i++) {
        flip(i);
        ck_assert_uint_lt(read_all(&torn), FRAMES);
        ck_assert_uint_gt(torn, 0);
        flip(i);
    }
}
END_TEST

START_TEST(good_frames_behind_damage_are_never_cut_off)
{
    weir_error error = {0};
    uint64_t torn = 0;
    record(0, FRAMES);
    const size_t size = size_of_file();
    flip(8 + 16); /* in the first block's payload */
    ck_assert_ptr_null(weir_recorder_open(path, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.text, "damaged at byte 8"));
    ck_assert_uint_eq(size_of_file(), size);
    ck_assert_uint_eq(read_all(&torn), 0);
}
END_TEST

START_TEST(a_file_of_another_kind_is_refused_and_left_alone)
{
    weir_error error = {0};
    const int fd = open(path, O_WRONLY);
    ck_assert_int_eq(write(fd, "precious notes", 14), 14);
    close(fd);
    ck_assert_ptr_null(weir_recording_open(path, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_IO);
    ck_assert_ptr_null(weir_recorder_open(path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "is not a recording"));
    ck_assert_uint_eq(size_of_file(), 14);
}
END_TEST

START_TEST(a_second_recorder_of_a_file_is_refused)
{
    weir_error error = {0};
    weir_recorder *first = weir_recorder_open(path, &error);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(weir_recorder_open(path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "another program"));
    ck_assert_int_eq(weir_recorder_close(first, &error), WEIR_OK);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    weir_error error = {0};
    if (access("/dev/full", W_OK) != 0)
        return;
    ck_assert_ptr_null(weir_recorder_open("/dev/full", &error));
    ck_assert_int_eq(error.code, WEIR_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.text, strerror(ENOSPC)));
}
END_TEST

START_TEST(a_frame_too_large_is_refused_and_the_next_one_is_taken)
{
    weir_error error = {0};
    uint64_t torn = 0;
    const weir_recording_frame good = frame_at(0);
    weir_recording_frame large = good;
    large.bytes.len = (size_t)WEIR_RECORDING_FRAME_MAX + 1; /* refused before it is read */
    weir_recorder *recorder = weir_recorder_open(path, &error);
    ck_assert_int_eq(weir_recorder_write(recorder, &large, &error), WEIR_ERR_LIMIT);
    ck_assert_int_eq(weir_recorder_write(recorder, &good, &error), WEIR_OK);
    ck_assert_int_eq(weir_recorder_close(recorder, &error), WEIR_OK);
    ck_assert_uint_eq(read_all(&torn), 1);
}
END_TEST

START_TEST(what_is_flushed_is_in_the_file)
{
    weir_error error = {0};
    uint64_t torn = 0;
    const weir_recording_frame frame = frame_at(0);
    weir_recorder *recorder = weir_recorder_open(path, &error);
    ck_assert_int_eq(weir_recorder_write(recorder, &frame, &error), WEIR_OK);
    ck_assert_uint_eq(read_all(&torn), 0);
    ck_assert_int_eq(weir_recorder_flush(recorder, &error), WEIR_OK);
    ck_assert_uint_eq(read_all(&torn), 1);
    ck_assert_int_eq(weir_recorder_close(recorder, &error), WEIR_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recording");
    TCase *tcase = tcase_create("files");
    const TTest *const tests[] = {what_was_recorded_is_read,
                                  a_recording_goes_on_where_it_stopped,
                                  a_file_cut_at_any_byte_reads_as_its_whole_blocks,
                                  a_torn_tail_is_cut_before_going_on,
                                  room_that_was_never_written_is_a_torn_tail,
                                  any_flipped_bit_ends_the_reading_there,
                                  good_frames_behind_damage_are_never_cut_off,
                                  a_file_of_another_kind_is_refused_and_left_alone,
                                  a_second_recorder_of_a_file_is_refused,
                                  a_full_disk_is_an_error,
                                  a_frame_too_large_is_refused_and_the_next_one_is_taken,
                                  what_is_flushed_is_in_the_file};
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
