/* SPDX-License-Identifier: MIT */
/* Files with limits and modes, paths, and secrets that are masked. */
#include "util/encode.h"
#include "util/file.h"
#include "util/secret.h"

#include <sys/stat.h>

#include "weir_check.h"

static char path[64];

static void write_file(const char *text, mode_t mode)
{
    snprintf(path, sizeof path, "/tmp/weir-file-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

START_TEST(size_limit_allows_n_and_refuses_one_more)
{
    write_file("0123456789", 0644);
    weir_buf out = {0};
    weir_error error;
    ck_assert_int_eq(weir_file_read(path, 10, &out, NULL), WEIR_OK);
    ck_assert_str_eq(weir_buf_cstr(&out), "0123456789");
    ck_assert_int_eq(weir_file_read(path, 9, &out, &error), WEIR_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 10);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    weir_buf_fini(&out);
    ck_assert(weir_file_exists(path));
    unlink(path);
    ck_assert(!weir_file_exists(path));
}
END_TEST

START_TEST(failures_name_the_path_and_the_reason)
{
    weir_buf out = {0};
    weir_error error;
    ck_assert_int_eq(weir_file_read("/nonexistent/x", 10, &out, &error), WEIR_ERR_IO);
    ck_assert_str_eq(error.text, "cannot open '/nonexistent/x': No such file or directory");
    ck_assert_int_eq(weir_file_read("/tmp", 10, &out, &error), WEIR_ERR_IO);
    ck_assert_str_eq(error.text, "cannot read '/tmp': Is a directory");
    weir_buf_fini(&out);
}
END_TEST

START_TEST(private_files_must_be_closed_to_others)
{
    static const struct {
        mode_t mode;
        weir_code code;
    } rows[] = {{0600, WEIR_OK},
                {0400, WEIR_OK},
                {0640, WEIR_ERR_CREDENTIALS},
                {0604, WEIR_ERR_CREDENTIALS},
                {0620, WEIR_ERR_CREDENTIALS},
                {0666, WEIR_ERR_CREDENTIALS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf out = {0};
        weir_error error;
        write_file("key", rows[i].mode);
        ck_assert_int_eq(weir_file_read_private(path, 100, &out, &error), rows[i].code);
        ck_assert_uint_eq(out.len, rows[i].code ? 0 : 3);
        unlink(path);
        weir_buf_wipe(&out);
    }
    weir_error error;
    weir_buf out = {0};
    ck_assert_int_eq(weir_file_read_private("/dev/null", 100, &out, &error), WEIR_ERR_CREDENTIALS);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_file_is_replaced_whole_and_keeps_its_mode)
{
    char link[80];
    struct stat now;
    weir_buf out = {0};
    weir_error error = {0};
    write_file("old and longer", 0640);
    snprintf(link, sizeof link, "%s.link", path);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(weir_file_replace(link, WEIR_STR("new"), &error), WEIR_OK);
    ck_assert_int_eq(weir_file_read(path, 100, &out, &error), WEIR_OK);
    ck_assert_str_eq(weir_buf_cstr(&out), "new");
    ck_assert_int_eq(stat(path, &now), 0);
    ck_assert_int_eq(now.st_mode & 07777, 0640);
    ck_assert_int_eq(lstat(link, &now), 0);
    ck_assert(S_ISLNK(now.st_mode));
    weir_buf_fini(&out);
    unlink(link);
    unlink(path);
    ck_assert_int_eq(weir_file_replace(path, WEIR_STR("new"), &error), WEIR_ERR_IO);
    ck_assert(!weir_file_exists(path));
}
END_TEST

START_TEST(paths_split_and_join)
{
    static const char *const rows[][3] = {
        {"a/b", "a", "b"},  {"b", ".", "b"},    {"/b", "/", "b"},        {"/", "/", "/"},
        {"a/b/", "a", "b"}, {"a//b", "a", "b"}, {"/a/b.c", "/a", "b.c"}, {"", ".", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_str dir = weir_path_dirname(weir_str_of(rows[i][0]));
        weir_str base = weir_path_basename(weir_str_of(rows[i][0]));
        ck_assert_msg(weir_str_is(dir, rows[i][1]), "%s: %.*s", rows[i][0], WEIR_FMT(dir));
        ck_assert_msg(weir_str_is(base, rows[i][2]), "%s: %.*s", rows[i][0], WEIR_FMT(base));
    }
    static const char *const joins[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {".", "b", "b"}, {"", "b", "b"}, {"a", "/b", "/b"},
    };
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        weir_buf out = {0};
        weir_path_join(weir_str_of(joins[i][0]), weir_str_of(joins[i][1]), &out);
        ck_assert_str_eq(weir_buf_cstr(&out), joins[i][2]);
        weir_buf_fini(&out);
    }
}
END_TEST

START_TEST(secrets_are_masked_wherever_they_occur)
{
    weir_secret secrets[3] = {0};
    ck_assert(weir_str_is(weir_secret_masked(&secrets[0]), ""));
    ck_assert(weir_secret_set(&secrets[0], WEIR_STR("abcd")));
    ck_assert(weir_secret_set(&secrets[1], WEIR_STR("abcdef")));
    ck_assert(weir_secret_set(&secrets[2], WEIR_STR("xyz")));
    ck_assert(weir_secret_set(&secrets[2], WEIR_STR("xy")));
    ck_assert(weir_str_is(weir_secret_masked(&secrets[0]), "***"));
    weir_buf out = {0};
    weir_secret_mask(WEIR_STR("1abcdef2abcd3abcxy"), secrets, 3, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "1***2***3abcxy");
    weir_buf_clear(&out);
    weir_secret_mask((weir_str){NULL, 0}, secrets, 3, &out);
    ck_assert_uint_eq(out.len, 0);
    weir_buf_fini(&out);
    for (size_t i = 0; i < 3; i++) {
        weir_secret_fini(&secrets[i]);
        ck_assert_ptr_null(secrets[i].text.ptr);
    }
}
END_TEST

START_TEST(secrets_are_masked_as_peers_quote_them)
{
    static const char *const quoted[] = {
        "k/+\"\xc3\xa9 e\\y90",     "k/+\\\"\xc3\xa9 e\\\\y90",   "k/+\\\"\\u00e9 e\\\\y90",
        "k/+\"\xc3\xa9 e\\\\y90",   "k%2F%2B%22%C3%A9%20e%5Cy90", "k%2f%2b%22%c3%a9%20e%5cy90",
        "k%2F%2B%22%C3%A9+e%5Cy90",
    };
    weir_secret secret = {0};
    ck_assert(weir_secret_set(&secret, weir_str_of(quoted[0])));
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        weir_buf text = {0}, out = {0};
        weir_buf_printf(&text, "bad <%s>", quoted[i]);
        weir_secret_mask(weir_buf_str(&text), &secret, 1, &out);
        ck_assert_str_eq(weir_buf_cstr(&out), "bad <***>");
        weir_buf_fini(&text);
        weir_buf_fini(&out);
    }
    weir_secret_fini(&secret);
}
END_TEST

START_TEST(secrets_are_masked_inside_of_base64)
{
    static const char *const before[] = {"", "u", "us", "usr"};
    weir_secret secret = {0};
    ck_assert(weir_secret_set(&secret, WEIR_STR("s3cret\xff\xfe?>password")));
    for (size_t i = 0; i < 4; i++) {
        weir_buf text = {0}, coded = {0}, out = {0};
        weir_buf_printf(&text, "%s%s!", before[i], secret.text.ptr);
        weir_base64_encode((weir_bytes){(const uint8_t *)text.ptr, text.len}, &coded);
        weir_secret_mask(weir_buf_str(&coded), &secret, 1, &out);
        ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&out), "***"));
        ck_assert_uint_le(out.len, 12);
        weir_buf_fini(&text);
        weir_buf_fini(&coded);
        weir_buf_fini(&out);
    }
    weir_secret_fini(&secret);
}
END_TEST

START_TEST(a_secret_that_was_cut_off_is_masked)
{
    weir_secret secret = {0};
    weir_buf out = {0};
    ck_assert(weir_secret_set(&secret, WEIR_STR("0123456789abcdef")));
    weir_secret_mask(WEIR_STR("key 0123456789"), &secret, 1, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "key ***");
    weir_buf_clear(&out);
    weir_secret_mask(WEIR_STR("key 0123456 01234567!"), &secret, 1, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "key 0123456 01234567!");
    weir_buf_clear(&out);
    weir_secret_mask(WEIR_STR("key 0123456789abc; and so on"), &secret, 1, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "key ***; and so on");
    weir_buf_fini(&out);
    weir_secret_fini(&secret);
}
END_TEST

START_TEST(secrets_in_data_are_covered_in_place)
{
    weir_secret secrets[3] = {0};
    weir_buf out = {0};
    ck_assert(weir_secret_set(&secrets[0], WEIR_STR("s3cret\"90")));
    ck_assert(weir_secret_set(&secrets[1], WEIR_STR("12345678")));
    ck_assert(weir_secret_set(&secrets[2], WEIR_STR("short")));
    ck_assert(!weir_secret_cover(WEIR_STR("{\"a\":\"short\"}"), secrets, 3, &out));
    ck_assert(
        weir_secret_cover(WEIR_STR("{\"a\":\"s3cret\\\"90\",\"b\":12345678}"), secrets, 3, &out));
    ck_assert_str_eq(weir_buf_cstr(&out), "{\"a\":\"**********\",\"b\":11111111}");
    weir_buf_fini(&out);
    for (size_t i = 0; i < 3; i++)
        weir_secret_fini(&secrets[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    weir_check_case(suite, "file", size_limit_allows_n_and_refuses_one_more,
                    failures_name_the_path_and_the_reason, private_files_must_be_closed_to_others,
                    a_file_is_replaced_whole_and_keeps_its_mode, paths_split_and_join);
    weir_check_case(suite, "secret", secrets_are_masked_wherever_they_occur,
                    secrets_are_masked_as_peers_quote_them, secrets_are_masked_inside_of_base64,
                    a_secret_that_was_cut_off_is_masked, secrets_in_data_are_covered_in_place);
    return weir_check_run(suite);
}
