/* SPDX-License-Identifier: MIT */
/* One block is one append to the file, so that a crash can only tear the last. */
#include "util/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/error.h"

enum {
    MAGIC_LEN = WEIR_RECORDING_MAGIC,
    HEAD_LEN = 16,
    CHECK_LEN = 4,
    FLUSH_AT = 64 * 1024,
    SLACK = 64,
    NAMES_MAX = 4096,
    TYPE_NAME = 1,
    TYPE_FRAME = 2,
    FLAG_OUTGOING = 1,
    FLAG_BINARY = 2,
    FLAG_NAMED = 4,
    FLAG_PARTS = 8,
    NAME_HEAD = 2,
    FRAME_NAME_MAX = 65535
};

static const char magic[MAGIC_LEN + 1] = "WEIRREC1";

static uint32_t check_of(uint32_t seed, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        seed = (seed ^ at[i]) * UINT32_C(16777619);
    return seed;
}

static const uint32_t check_start = UINT32_C(2166136261);

static void put_le(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

/* ------------------------------------------------------------------ names of connections */

typedef struct names {
    weir_str list[NAMES_MAX]; /* by number; owned */
    size_t count;
} names;

static void names_fini(names *all)
{
    for (size_t i = 0; i < all->count; i++)
        free((char *)all->list[i].ptr);
}

static bool names_set(names *all, size_t number, weir_str name)
{
    char *copy = number < NAMES_MAX && number <= all->count ? malloc(name.len + 1) : NULL;
    if (!copy)
        return false;
    if (name.len > 0)
        memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    if (number == all->count)
        all->count++;
    else
        free((char *)all->list[number].ptr);
    all->list[number] = (weir_str){copy, name.len};
    return true;
}

/* ------------------------------------------------------------------ reading */

struct weir_recording {
    FILE *file;
    weir_buf block;
    names names;
    uint64_t good; /* bytes up to the end of the last whole block */
};

bool weir_recording_is(weir_str start)
{
    return start.len >= MAGIC_LEN && memcmp(start.ptr, magic, MAGIC_LEN) == 0;
}

weir_recording *weir_recording_new(void)
{
    return calloc(1, sizeof(weir_recording));
}

weir_recording *weir_recording_open(const char *path, weir_error *error)
{
    char start[MAGIC_LEN];
    weir_recording *recording = weir_recording_new();
    if (!recording) {
        weir_fail_nomem(error);
        return NULL;
    }
    recording->file = fopen(path, "rbe");
    if (!recording->file)
        weir_fail(error, WEIR_ERR_IO, "%s: %s", path, strerror(errno));
    else if (fread(start, 1, MAGIC_LEN, recording->file) != MAGIC_LEN ||
             memcmp(start, magic, MAGIC_LEN) != 0)
        weir_fail(error, WEIR_ERR_IO, "%s is not a recording", path);
    else {
        recording->good = MAGIC_LEN;
        return recording;
    }
    weir_recording_close(recording);
    return NULL;
}

void weir_recording_close(weir_recording *recording)
{
    if (!recording)
        return;
    if (recording->file)
        fclose(recording->file);
    weir_buf_fini(&recording->block);
    names_fini(&recording->names);
    free(recording);
}

typedef struct block {
    uint8_t type, flags;
    size_t connection;
    int64_t time_ns;
    weir_str payload;
} block;

/* The block at the start of `bytes`, and its size. False: it is not whole, or *is_damaged. */
static bool read_block(weir_str bytes, block *out, size_t *size, bool *is_damaged)
{
    const uint8_t *head = (const uint8_t *)bytes.ptr;
    *is_damaged = false;
    if (bytes.len < HEAD_LEN)
        return false;
    const size_t len = (size_t)get_le(head, 4);
    *is_damaged = len > WEIR_RECORDING_FRAME_MAX + NAME_HEAD + FRAME_NAME_MAX;
    *size = HEAD_LEN + len + CHECK_LEN;
    if (*is_damaged || bytes.len < *size)
        return false;
    *out = (block){.type = head[4],
                   .flags = head[5],
                   .connection = (size_t)get_le(head + 6, 2),
                   .time_ns = (int64_t)get_le(head + 8, 8),
                   .payload = {bytes.ptr + HEAD_LEN, len}};
    *is_damaged = get_le(head + HEAD_LEN + len, 4) != check_of(check_start, head, HEAD_LEN + len);
    return !*is_damaged;
}

/* False: the name that the payload should begin with is not there. */
static bool split_name(const block *b, weir_recording_frame *frame)
{
    frame->bytes = b->payload;
    if (!(b->flags & FLAG_NAMED))
        return true;
    const size_t room = b->payload.len < NAME_HEAD ? 0 : b->payload.len - NAME_HEAD;
    const size_t len =
        b->payload.len < NAME_HEAD ? 1 : (size_t)get_le((const uint8_t *)b->payload.ptr, NAME_HEAD);
    if (len > room)
        return false;
    frame->name = (weir_str){b->payload.ptr + NAME_HEAD, len};
    frame->bytes = (weir_str){b->payload.ptr + NAME_HEAD + len, room - len};
    return true;
}

bool weir_recording_take(weir_recording *recording, weir_str *bytes, weir_recording_frame *frame,
                         bool *is_damaged)
{
    block b;
    size_t size;
    while (read_block(*bytes, &b, &size, is_damaged)) {
        *frame = (weir_recording_frame){.time_ns = b.time_ns,
                                        .is_outgoing = b.flags & FLAG_OUTGOING,
                                        .is_binary = b.flags & FLAG_BINARY,
                                        .has_parts = b.flags & FLAG_PARTS};
        *is_damaged = b.type == TYPE_NAME ? !names_set(&recording->names, b.connection, b.payload)
                      : b.type == TYPE_FRAME ? !split_name(&b, frame)
                                             : false; /* a kind of block of a later version */
        if (*is_damaged)
            return false;
        bytes->ptr += size;
        bytes->len -= size;
        recording->good += size;
        if (b.type != TYPE_FRAME)
            continue;
        if (b.connection < recording->names.count)
            frame->connection = recording->names.list[b.connection];
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ reading a file */

/* One block of the file, or what there is of it. */
static bool fill_block(weir_recording *recording)
{
    weir_buf *into = &recording->block;
    weir_buf_clear(into);
    if (!weir_buf_reserve(into, HEAD_LEN + CHECK_LEN + SLACK))
        return false;
    into->len = fread(into->ptr, 1, HEAD_LEN, recording->file);
    if (into->len < HEAD_LEN)
        return into->len > 0;
    const size_t len = (size_t)get_le((const uint8_t *)into->ptr, 4);
    if (len > WEIR_RECORDING_FRAME_MAX + NAME_HEAD + FRAME_NAME_MAX)
        return true;
    if (!weir_buf_reserve(into, len + CHECK_LEN + SLACK))
        return false;
    into->len += fread(into->ptr + into->len, 1, len + CHECK_LEN, recording->file);
    memset(into->ptr + into->len, 0, SLACK);
    return true;
}

static uint64_t bytes_behind(weir_recording *recording)
{
    struct stat info;
    if (fstat(fileno(recording->file), &info) != 0 || (uint64_t)info.st_size < recording->good)
        return 0;
    return (uint64_t)info.st_size - recording->good;
}

bool weir_recording_next(weir_recording *recording, weir_recording_frame *frame, uint64_t *torn,
                         weir_error *error)
{
    bool is_damaged;
    *torn = 0;
    if (error)
        error->code = WEIR_OK;
    while (fill_block(recording)) {
        weir_str bytes = weir_buf_str(&recording->block);
        if (weir_recording_take(recording, &bytes, frame, &is_damaged))
            return true;
        if (bytes.len > 0)
            break; /* torn or damaged; else it was no frame */
    }
    if (ferror(recording->file))
        weir_fail(error, WEIR_ERR_IO, "reading the recording: %s", strerror(errno));
    *torn = bytes_behind(recording);
    return false;
}

/* ------------------------------------------------------------------ writing */

struct weir_recorder {
    pthread_mutex_t lock;
    int fd;
    weir_buf pending; /* whole blocks */
    names names;
};

static weir_code write_all(int fd, const char *bytes, size_t len, weir_error *error)
{
    while (len > 0) {
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return weir_fail(error, WEIR_ERR_IO, "writing the recording: %s", strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
    return WEIR_OK;
}

/*
 * True when what stands behind the last good block is what a crash leaves: part of a block, the
 * last block with a wrong check, or room that was never written. Anything else is damage, and may
 * have good frames behind it, which must not be cut off.
 */
static bool is_torn_tail(weir_recording *old)
{
    bool is_blank = true;
    int byte;
    if (feof(old->file) || fgetc(old->file) == EOF)
        return true;
    if (fseeko(old->file, (off_t)old->good, SEEK_SET) != 0)
        return false;
    while (is_blank && (byte = fgetc(old->file)) != EOF)
        is_blank = byte == 0;
    return is_blank;
}

/* What is found in an existing recording: its names are learnt, its torn tail is cut off. */
static weir_code take_over(weir_recorder *recorder, weir_recording *old, const char *path,
                           weir_error *error)
{
    weir_recording_frame frame;
    weir_error reading = {0};
    uint64_t torn = 0;
    while (weir_recording_next(old, &frame, &torn, &reading))
        ;
    if (reading.code != WEIR_OK)
        return weir_fail(error, reading.code, "%s: %s", path, reading.text);
    for (size_t i = 0; i < old->names.count; i++) {
        if (!names_set(&recorder->names, i, old->names.list[i]))
            return weir_fail_nomem(error);
    }
    if (torn == 0)
        return WEIR_OK;
    if (!is_torn_tail(old))
        return weir_fail(error, WEIR_ERR_IO,
                         "%s is damaged at byte %llu and has more behind it; record to another "
                         "file",
                         path, (unsigned long long)old->good);
    if (ftruncate(recorder->fd, (off_t)old->good) != 0)
        return weir_fail(error, WEIR_ERR_IO, "%s: %s", path, strerror(errno));
    return WEIR_OK;
}

static weir_code go_on(weir_recorder *recorder, const char *path, weir_error *error)
{
    weir_error opening = {0};
    weir_recording *old = weir_recording_open(path, &opening);
    if (!old)
        return weir_fail(error, opening.code, "%s", opening.text);
    const weir_code code = take_over(recorder, old, path, error);
    weir_recording_close(old);
    return code;
}

/* Two writers would tear each other's blocks. Where locks are unknown, it goes without. */
static bool is_locked_by_another(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

weir_recorder *weir_recorder_open(const char *path, weir_error *error)
{
    struct stat info;
    weir_recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder) {
        weir_fail_nomem(error);
        return NULL;
    }
    pthread_mutex_init(&recorder->lock, NULL);
    recorder->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    weir_code code = WEIR_OK;
    if (recorder->fd >= 0 && is_locked_by_another(recorder->fd))
        code = weir_fail(error, WEIR_ERR_IO, "%s is being recorded to by another program", path);
    else if (recorder->fd < 0 || fstat(recorder->fd, &info) != 0)
        code = weir_fail(error, WEIR_ERR_IO, "%s: %s", path, strerror(errno));
    else if (info.st_size == 0 || !S_ISREG(info.st_mode))
        code = write_all(recorder->fd, magic, MAGIC_LEN, error);
    else
        code = go_on(recorder, path, error);
    if (code == WEIR_OK)
        return recorder;
    weir_error ignored;
    weir_recorder_close(recorder, &ignored);
    return NULL;
}

/* `name` begins the payload where it is not empty. */
static void put_block(weir_buf *out, uint8_t type, unsigned flags, size_t connection,
                      int64_t time_ns, weir_str name, weir_str payload)
{
    uint8_t head[HEAD_LEN + NAME_HEAD], check[CHECK_LEN];
    const size_t name_head = name.len > 0 ? NAME_HEAD : 0;
    put_le(head, name_head + name.len + payload.len, 4);
    head[4] = type;
    head[5] = (uint8_t)flags;
    put_le(head + 6, connection, 2);
    put_le(head + 8, (uint64_t)time_ns, 8);
    put_le(head + HEAD_LEN, name.len, NAME_HEAD);
    uint32_t sum = check_of(check_start, head, HEAD_LEN + name_head);
    sum = check_of(sum, name.ptr, name.len);
    put_le(check, check_of(sum, payload.ptr, payload.len), 4);
    weir_buf_put(out, (weir_str){(const char *)head, HEAD_LEN + name_head});
    weir_buf_put(out, name);
    weir_buf_put(out, payload);
    weir_buf_put(out, (weir_str){(const char *)check, CHECK_LEN});
}

static size_t number_of(weir_recorder *recorder, weir_str name)
{
    names *all = &recorder->names;
    for (size_t i = 0; i < all->count; i++) {
        if (weir_str_eq(all->list[i], name))
            return i;
    }
    if (!names_set(all, all->count, name))
        return SIZE_MAX;
    put_block(&recorder->pending, TYPE_NAME, 0, all->count - 1, 0, (weir_str){0}, name);
    return all->count - 1;
}

static weir_code flush(weir_recorder *recorder, weir_error *error)
{
    if (recorder->pending.failed) {
        weir_buf_clear(&recorder->pending);
        return weir_fail_nomem(error);
    }
    const weir_code code =
        write_all(recorder->fd, recorder->pending.ptr, recorder->pending.len, error);
    weir_buf_clear(&recorder->pending);
    return code;
}

weir_code weir_recorder_write(weir_recorder *recorder, const weir_recording_frame *frame,
                              weir_error *error)
{
    if (frame->bytes.len > WEIR_RECORDING_FRAME_MAX || frame->name.len > FRAME_NAME_MAX)
        return weir_fail(error, WEIR_ERR_LIMIT, "a frame of %zu bytes is too large for a recording",
                         frame->bytes.len);
    pthread_mutex_lock(&recorder->lock);
    const size_t connection = number_of(recorder, frame->connection);
    const unsigned flags =
        (frame->is_outgoing ? FLAG_OUTGOING : 0) | (frame->is_binary ? FLAG_BINARY : 0) |
        (frame->name.len > 0 ? FLAG_NAMED : 0) | (frame->has_parts ? FLAG_PARTS : 0);
    weir_code code = WEIR_OK;
    if (connection == SIZE_MAX)
        code = weir_fail_nomem(error);
    else
        put_block(&recorder->pending, TYPE_FRAME, flags, connection, frame->time_ns, frame->name,
                  frame->bytes);
    if (code == WEIR_OK && recorder->pending.len >= FLUSH_AT)
        code = flush(recorder, error);
    pthread_mutex_unlock(&recorder->lock);
    return code;
}

weir_code weir_recorder_flush(weir_recorder *recorder, weir_error *error)
{
    pthread_mutex_lock(&recorder->lock);
    const weir_code code = flush(recorder, error);
    pthread_mutex_unlock(&recorder->lock);
    return code;
}

weir_code weir_recorder_close(weir_recorder *recorder, weir_error *error)
{
    if (!recorder)
        return WEIR_OK;
    weir_code code = recorder->fd >= 0 ? flush(recorder, error) : WEIR_OK;
    if (recorder->fd >= 0 && close(recorder->fd) != 0 && code == WEIR_OK)
        code = weir_fail(error, WEIR_ERR_IO, "closing the recording: %s", strerror(errno));
    weir_buf_fini(&recorder->pending);
    names_fini(&recorder->names);
    pthread_mutex_destroy(&recorder->lock);
    free(recorder);
    return code;
}
