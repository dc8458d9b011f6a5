/* SPDX-License-Identifier: MIT */
/*
 * A sink that writes records as JSON lines into files, a new one by size or time, compressed with
 * zstd or plain. A file is written under NAME.part and gets its name when it is whole, so whoever
 * waits for files never reads half of one; what a crash leaves is a .part whose frames, up to the
 * last flush, unpack. A name that is taken gets a number, and nothing is ever written over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weir/plugin.h>
#include <zstd.h>

enum { PATH_ROOM = 4096, OUT_ROOM = 64 * 1024, SAME_NAME_MAX = 10000 };

typedef struct file_sink {
    char *pattern;     /* path of the files, for strftime */
    uint64_t max_size; /* bytes of lines in one file; 0: no limit */
    int64_t max_age_ns;
    ZSTD_CCtx *zstd; /* NULL: plain */
    bool syncs;
    int file; /* -1: none is open */
    char path[PATH_ROOM];
    char part[PATH_ROOM];
    uint64_t size;
    int64_t opened_ns; /* monotonic */
    size_t out_len;
    char out[OUT_ROOM];
} file_sink;

static bool fail_at(weir_plugin_context *context, const char *path)
{
    context->host->fail(context, "%s: %s", path, strerror(errno));
    return false;
}

/* ------------------------------------------------------------------ bytes to the file */

static bool write_all(file_sink *sink, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(sink->file, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool drain(file_sink *sink)
{
    const size_t len = sink->out_len;
    sink->out_len = 0;
    return write_all(sink, sink->out, len);
}

/* Compresses `len` bytes; `end` as of zstd. False: the file cannot be written. */
static bool compress(file_sink *sink, const char *bytes, size_t len, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {bytes, len, 0};
    size_t left = 0;
    do {
        ZSTD_outBuffer out = {sink->out + sink->out_len, OUT_ROOM - sink->out_len, 0};
        left = ZSTD_compressStream2(sink->zstd, &out, &in, end);
        if (ZSTD_isError(left)) {
            errno = EIO;
            return false;
        }
        sink->out_len += out.pos;
        if ((sink->out_len == OUT_ROOM || end != ZSTD_e_continue) && !drain(sink))
            return false;
    } while (end == ZSTD_e_continue ? in.pos < in.size : left > 0);
    return true;
}

static bool append(file_sink *sink, const char *bytes, size_t len)
{
    sink->size += len;
    if (sink->zstd)
        return compress(sink, bytes, len, ZSTD_e_continue);
    if (len > OUT_ROOM - sink->out_len && !drain(sink))
        return false;
    if (len > OUT_ROOM)
        return write_all(sink, bytes, len);
    memcpy(sink->out + sink->out_len, bytes, len);
    sink->out_len += len;
    return true;
}

/* ------------------------------------------------------------------ files */

/* The folders of a path, as far as they are not there. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* Gives the file its name, or NAME.1, NAME.2 ... where that is taken. */
static bool publish(file_sink *sink)
{
    char path[PATH_ROOM + 16];
    for (int i = 0; i < SAME_NAME_MAX; i++) {
        if (i == 0)
            snprintf(path, sizeof path, "%s", sink->path);
        else
            snprintf(path, sizeof path, "%s.%d", sink->path, i);
        if (link(sink->part, path) == 0)
            return unlink(sink->part) == 0;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

static bool finish_file(file_sink *sink)
{
    if (sink->file < 0)
        return true;
    bool is_good = sink->zstd ? compress(sink, NULL, 0, ZSTD_e_end) : drain(sink);
    is_good = (!sink->syncs || fsync(sink->file) == 0) && is_good;
    is_good = close(sink->file) == 0 && is_good;
    sink->file = -1;
    sink->out_len = 0;
    return is_good && publish(sink);
}

static bool begin_file(weir_plugin_context *context, file_sink *sink)
{
    const time_t now = (time_t)(context->host->now_ns() / 1000000000);
    struct tm day;
    if (!gmtime_r(&now, &day) ||
        strftime(sink->path, sizeof sink->path - 32, sink->pattern, &day) == 0) {
        context->host->fail(context, "'%s' gives no path", sink->pattern);
        return false;
    }
    make_folders(sink->path);
    for (int i = 0; i < SAME_NAME_MAX; i++) {
        snprintf(sink->part, sizeof sink->part, i == 0 ? "%s.part" : "%s.%d.part", sink->path, i);
        sink->file = open(sink->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (sink->file >= 0 || errno != EEXIST)
            break;
    }
    if (sink->file < 0)
        return fail_at(context, sink->part);
    if (sink->zstd)
        ZSTD_CCtx_reset(sink->zstd, ZSTD_reset_session_only);
    sink->size = 0;
    sink->out_len = 0;
    sink->opened_ns = context->host->monotonic_ns();
    return true;
}

static bool is_over(weir_plugin_context *context, const file_sink *sink, size_t more)
{
    return (sink->max_size > 0 && sink->size > 0 && sink->size + more > sink->max_size) ||
           (sink->max_age_ns > 0 &&
            context->host->monotonic_ns() - sink->opened_ns >= sink->max_age_ns);
}

/* ------------------------------------------------------------------ the sink */

static bool write_record(weir_plugin_context *context, void *self, const weir_record *record)
{
    file_sink *sink = self;
    weir_str line;
    if (!context->host->records->json(context, record, &line))
        return false;
    if (sink->file >= 0 && is_over(context, sink, line.len + 1) && !finish_file(sink))
        return fail_at(context, sink->path);
    if (sink->file < 0 && !begin_file(context, sink))
        return false;
    return (append(sink, line.ptr, line.len) && append(sink, "\n", 1)) ||
           fail_at(context, sink->part);
}

static bool flush(weir_plugin_context *context, void *self)
{
    file_sink *sink = self;
    if (sink->file < 0)
        return true;
    if (is_over(context, sink, 0))
        return finish_file(sink) || fail_at(context, sink->path);
    return (sink->zstd ? compress(sink, NULL, 0, ZSTD_e_flush) : drain(sink)) ||
           fail_at(context, sink->part);
}

static void free_sink(file_sink *sink)
{
    if (sink->file >= 0)
        close(sink->file);
    ZSTD_freeCCtx(sink->zstd);
    free(sink->pattern);
    free(sink);
}

static bool close_sink(weir_plugin_context *context, void *self)
{
    file_sink *sink = self;
    const bool is_good = finish_file(sink) || fail_at(context, sink->path);
    free_sink(sink);
    return is_good;
}

static bool set_compression(weir_plugin_context *context, file_sink *sink)
{
    weir_str compression = {"", 0};
    int64_t level = 3;
    context->host->get_text(context, context->host->option(context, "compression"), &compression);
    context->host->get_i64(context, context->host->option(context, "level"), &level);
    if (!weir_str_is(compression, "zstd"))
        return true;
    sink->zstd = ZSTD_createCCtx();
    return sink->zstd &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_compressionLevel, (int)level)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_checksumFlag, 1));
}

static bool read_options(weir_plugin_context *context, file_sink *sink)
{
    const weir_plugin_host *host = context->host;
    weir_str path = {"", 0};
    int64_t size = 0;
    if (!host->get_text(context, host->option(context, "path"), &path) || path.len == 0) {
        host->fail(context, "it needs the option 'path'");
        return false;
    }
    if (path.len > PATH_ROOM / 2) {
        host->fail(context, "the path is too long");
        return false;
    }
    host->get_i64(context, host->option(context, "max_size"), &size);
    host->get_i64(context, host->option(context, "max_age"), &sink->max_age_ns);
    host->get_bool(context, host->option(context, "sync"), &sink->syncs);
    sink->max_size = (uint64_t)size;
    sink->pattern = strndup(path.ptr, path.len);
    return sink->pattern && set_compression(context, sink);
}

/* The first file is begun here, so that a folder that cannot be written is told at the start. */
static void *open_sink(weir_plugin_context *context)
{
    file_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return NULL;
    sink->file = -1;
    if (read_options(context, sink) && begin_file(context, sink))
        return sink;
    free_sink(sink);
    return NULL;
}

static const char *const compressions[] = {"none", "zstd", NULL};

static const weir_plugin_option options[] = {
    {"path", WEIR_TAKES_TEXT, NULL, 0, 0, NULL,
     "path of the files, which may hold %Y, %m, %d, %H, %M and %S of the UTC time at which a file "
     "is begun"},
    {"max_size", WEIR_TAKES_SIZE, "0", 0, 0, NULL,
     "bytes of lines, not compressed, after which the next file begins (default 0: no limit)"},
    {"max_age", WEIR_TAKES_DURATION, "0s", 0, 0, NULL,
     "age at which the next file begins (default 0s: no limit)"},
    {"compression", WEIR_TAKES_CHOICE, "none", 0, 0, compressions, "none (default) or zstd"},
    {"level", WEIR_TAKES_INT, "3", 1, 19, NULL, "of zstd, 1 to 19 (default 3)"},
    {"sync", WEIR_TAKES_BOOL, "false", 0, 0, NULL,
     "true: a file is on the disk when it gets its name (default false)"},
};

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    static const weir_plugin_sink row = {
        "jsonl", options,    sizeof options / sizeof options[0], open_sink, write_record,
        flush,   close_sink, "records as JSON lines, in files"};
    return context->host->add_sink(registry, &row);
}

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_HEAD, "file_sink", "1.0", "records in files, rotated and compressed", init, NULL};
