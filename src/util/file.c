/* SPDX-License-Identifier: MIT */
/*
 * Reading is from one open descriptor: checks of type and mode are made by fstat on it, so a file
 * that is swapped between check and read gains nothing. O_NONBLOCK keeps a FIFO in the place of a
 * spec from hanging the loader; growth is bounded by the limit and not by what stat claims.
 */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include "util/error.h"

enum { READ_CHUNK = 64 * 1024 };

static const char *reason(int number, char *room, size_t size)
{
    return strerror_r(number, room, size); /* the GNU form: returns the text */
}

static weir_code fail_errno(weir_error *error, const char *path, const char *what, int number)
{
    char room[128];
    return weir_fail(error, WEIR_ERR_IO, "cannot %s '%s': %s", what, path,
                     reason(number, room, sizeof room));
}

static weir_code read_descriptor(int fd, const char *path, size_t max_len, weir_buf *out,
                                 weir_error *error)
{
    size_t total = 0;
    for (;;) {
        char *room = weir_buf_reserve(out, READ_CHUNK);
        if (!room)
            return weir_fail_nomem(error);
        ssize_t got = read(fd, room, READ_CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(error, path, "read", errno);
        if (got == 0)
            return WEIR_OK;
        if ((size_t)got > max_len - total)
            return weir_fail(error, WEIR_ERR_LIMIT, "'%s' has more than %zu bytes", path, max_len);
        total += (size_t)got;
        out->len += (size_t)got;
    }
}

static weir_code check_private(const struct stat *info, const char *path, weir_error *error)
{
    if (!S_ISREG(info->st_mode))
        return weir_fail(error, WEIR_ERR_CREDENTIALS, "'%s' is not a regular file", path);
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return weir_fail(error, WEIR_ERR_CREDENTIALS, "'%s' belongs to another user", path);
    if (info->st_mode & (S_IRWXG | S_IRWXO))
        return weir_fail(error, WEIR_ERR_CREDENTIALS,
                         "'%s' is open to others (mode %04o): run chmod 600 on it", path,
                         (unsigned)(info->st_mode & 07777));
    return WEIR_OK;
}

static weir_code read_checked(const char *path, size_t max_len, bool is_private, weir_buf *out,
                              weir_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_errno(error, path, "open", errno);
    size_t before = out->len;
    struct stat info;
    weir_code code = WEIR_OK;
    if (fstat(fd, &info) != 0)
        code = fail_errno(error, path, "read", errno);
    else if (S_ISDIR(info.st_mode))
        code = fail_errno(error, path, "read", EISDIR);
    else if (is_private)
        code = check_private(&info, path, error);
    if (code == WEIR_OK)
        code = read_descriptor(fd, path, max_len, out, error);
    if (code != WEIR_OK)
        out->len = before;
    close(fd);
    return code;
}

weir_code weir_file_read(const char *path, size_t max_len, weir_buf *out, weir_error *error)
{
    return read_checked(path, max_len, false, out, error);
}

weir_code weir_file_read_private(const char *path, size_t max_len, weir_buf *out, weir_error *error)
{
    return read_checked(path, max_len, true, out, error);
}

/* ------------------------------------------------------------------ writing */

static bool write_all(int fd, weir_str text)
{
    while (text.len > 0) {
        const ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text.ptr += n;
        text.len -= (size_t)n;
    }
    return true;
}

/* Writes `text` into a new file of the name pattern and of the mode of the file at `target`. */
static bool write_beside(char *pattern, const char *target, weir_str text)
{
    struct stat old;
    const int fd = mkostemp(pattern, O_CLOEXEC);
    if (fd < 0)
        return false;
    const mode_t mode = stat(target, &old) == 0 ? old.st_mode & 07777 : 0644;
    bool is_good = write_all(fd, text) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    is_good = close(fd) == 0 && is_good;
    return is_good && rename(pattern, target) == 0;
}

weir_code weir_file_replace(const char *path, weir_str text, weir_error *error)
{
    weir_buf pattern = {0};
    char *target = realpath(path, NULL);
    if (!target)
        return fail_errno(error, path, "replace", errno);
    weir_buf_printf(&pattern, "%s.XXXXXX", target);
    weir_buf_cstr(&pattern);
    weir_code code = pattern.failed ? weir_fail_nomem(error) : WEIR_OK;
    if (code == WEIR_OK && !write_beside(pattern.ptr, target, text)) {
        code = fail_errno(error, path, "replace", errno);
        unlink(pattern.ptr);
    }
    weir_buf_fini(&pattern);
    free(target);
    return code;
}

bool weir_file_exists(const char *path)
{
    return access(path, R_OK) == 0;
}

static weir_str without_trailing_slashes(weir_str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

weir_str weir_path_dirname(weir_str path)
{
    path = without_trailing_slashes(path);
    size_t len = path.len;
    while (len > 0 && path.ptr[len - 1] != '/')
        len--;
    if (len == 0)
        return WEIR_STR(".");
    return without_trailing_slashes((weir_str){path.ptr, len});
}

weir_str weir_path_basename(weir_str path)
{
    path = without_trailing_slashes(path);
    if (weir_str_is(path, "/"))
        return path;
    size_t start = path.len;
    while (start > 0 && path.ptr[start - 1] != '/')
        start--;
    return (weir_str){path.ptr + start, path.len - start};
}

void weir_path_join(weir_str dir, weir_str name, weir_buf *out)
{
    bool is_alone = dir.len == 0 || weir_str_is(dir, ".") || (name.len && name.ptr[0] == '/');
    if (!is_alone) {
        weir_buf_put(out, dir);
        if (dir.ptr[dir.len - 1] != '/')
            weir_buf_putc(out, '/');
    }
    weir_buf_put(out, name);
}
