/* SPDX-License-Identifier: MIT */
/*
 * One loop drives zlib for payloads and for messages. The output room that is offered never exceeds
 * what the limits still allow by more than one byte, so a bomb is seen after that byte and not
 * after the memory is gone. A stream that ends inside a message (BFINAL, which RFC 7692 permits) is
 * restarted with its window; how often is bounded, because every restart copies up to 32 KiB for
 * two bytes of input.
 */
#include "util/inflate.h"

#include <limits.h>
#include <stdlib.h>

#include <zlib.h>

#include "util/error.h"

enum {
    RESTARTS_MAX = 64, /* ended streams in one message, or members of one gzip payload */
    WINDOW_MAX = 32768,
    INPUT_SLICE = 1 << 30, /* zlib counts input in 32 bits */
    RAW_BITS = -15,
    ZLIB_BITS = 15,
    GZIP_BITS = 15 + 16,
    AT_BLOCK_BOUNDARY = 128, /* in z_stream.data_type, see zlib.h */
    UNUSED_BITS = 7
};

struct weir_inflate {
    z_stream z;
    weir_deflate_form form; /* as asked for */
    weir_deflate_form seen; /* AUTO resolved; AUTO while undecided */
    bool is_message;
    bool keeps_context;
    bool has_ended; /* the stream ended and nothing came since */
    bool is_dirty;  /* something was fed since the last end or reset */
    int bits;
    unsigned restarts;
    weir_inflate_limits limits;
    size_t fed;      /* bytes in since the last end */
    size_t made;     /* bytes out since the last end */
    uint8_t head[2]; /* AUTO: the first bytes, until two are there */
    size_t head_len;
};

static const int bits_of_form[] = {
    [WEIR_DEFLATE_AUTO] = RAW_BITS,
    [WEIR_DEFLATE_GZIP] = GZIP_BITS,
    [WEIR_DEFLATE_ZLIB] = ZLIB_BITS,
    [WEIR_DEFLATE_RAW] = RAW_BITS,
};

static weir_inflate *new_stream(weir_deflate_form form, int bits)
{
    weir_inflate *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->form = form;
    stream->seen = form;
    stream->bits = bits;
    if (inflateInit2(&stream->z, bits) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

weir_inflate *weir_inflate_new(weir_deflate_form form)
{
    return new_stream(form, bits_of_form[form]);
}

weir_inflate *weir_inflate_message_new(int window_bits, bool keeps_context)
{
    if (window_bits < 8 || window_bits > 15)
        return NULL;
    /* A deflater asked for 8 bits uses 9 (zlib has never done 8), so 9 reads both. */
    weir_inflate *stream = new_stream(WEIR_DEFLATE_RAW, -(window_bits < 9 ? 9 : window_bits));
    if (stream) {
        stream->is_message = true;
        stream->keeps_context = keeps_context;
    }
    return stream;
}

void weir_inflate_free(weir_inflate *stream)
{
    if (!stream)
        return;
    inflateEnd(&stream->z);
    free(stream);
}

void weir_inflate_set_limits(weir_inflate *stream, weir_inflate_limits limits)
{
    stream->limits = limits;
}

static void start_counting(weir_inflate *stream)
{
    stream->fed = 0;
    stream->made = 0;
    stream->restarts = 0;
    stream->has_ended = false;
    stream->is_dirty = false;
    stream->head_len = 0;
}

void weir_inflate_reset(weir_inflate *stream)
{
    start_counting(stream);
    stream->seen = stream->form;
    inflateReset2(&stream->z, stream->bits);
}

/* Bytes that may have come out by now. */
static size_t allowance(const weir_inflate *stream)
{
    const weir_inflate_limits *limits = &stream->limits;
    size_t allowed = limits->max_len ? limits->max_len : SIZE_MAX;
    size_t by_ratio;
    if (limits->max_ratio && !__builtin_mul_overflow(limits->max_ratio, stream->fed, &by_ratio) &&
        !__builtin_add_overflow(by_ratio, (size_t)WEIR_INFLATE_SLACK, &by_ratio) &&
        by_ratio < allowed)
        allowed = by_ratio;
    return allowed;
}

static weir_code fail_limit(const weir_inflate *stream, weir_error *error)
{
    if (stream->limits.max_len && stream->made > stream->limits.max_len)
        return weir_fail(error, WEIR_ERR_LIMIT, "it inflates to more than %zu bytes",
                         stream->limits.max_len);
    return weir_fail(error, WEIR_ERR_LIMIT,
                     "it inflates to more than %zu times its size: refused as a compression bomb",
                     stream->limits.max_ratio);
}

static weir_code fail_data(const weir_inflate *stream, weir_error *error)
{
    const char *why = stream->z.msg ? stream->z.msg : "not a deflate stream";
    return weir_fail(error, WEIR_ERR_DECODE, "bad compressed data: %s", why);
}

/* The stream ended with more input behind it: start the next one, in a message with the window. */
static weir_code restart(weir_inflate *stream, weir_error *error)
{
    if (!stream->is_message && stream->seen != WEIR_DEFLATE_GZIP)
        return weir_fail(error, WEIR_ERR_DECODE, "bad compressed data: bytes after its end");
    if (++stream->restarts > RESTARTS_MAX)
        return weir_fail(error, WEIR_ERR_LIMIT, "compressed data of more than %d streams",
                         RESTARTS_MAX);
    uint8_t window[WINDOW_MAX];
    uInt len = 0;
    if (stream->is_message && inflateGetDictionary(&stream->z, window, &len) != Z_OK)
        return fail_data(stream, error);
    inflateReset(&stream->z);
    if (len > 0 && inflateSetDictionary(&stream->z, window, len) != Z_OK)
        return fail_data(stream, error);
    stream->has_ended = false;
    return WEIR_OK;
}

/* One call of inflate() into as much room as the limits leave. */
static weir_code step(weir_inflate *stream, weir_buf *out, bool *is_full, weir_error *error)
{
    size_t allowed = allowance(stream);
    if (stream->made > allowed)
        return fail_limit(stream, error);
    size_t room = out->cap - out->len;
    if (room < WEIR_INFLATE_CHUNK)
        room = WEIR_INFLATE_CHUNK;
    if (room - 1 > allowed - stream->made)
        room = allowed - stream->made + 1;
    if (room > INPUT_SLICE)
        room = INPUT_SLICE;
    char *at = weir_buf_reserve(out, room);
    if (!at)
        return weir_fail_nomem(error);
    stream->z.next_out = (Bytef *)at;
    stream->z.avail_out = (uInt)room;
    int rc = inflate(&stream->z, Z_SYNC_FLUSH);
    size_t got = room - stream->z.avail_out;
    out->len += got;
    stream->made += got;
    *is_full = stream->z.avail_out == 0;
    stream->has_ended = rc == Z_STREAM_END;
    if (rc == Z_MEM_ERROR)
        return weir_fail_nomem(error);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return fail_data(stream, error);
    return stream->made > allowed ? fail_limit(stream, error) : WEIR_OK;
}

/* Until the input is used up and no output waits inside zlib. */
static weir_code run(weir_inflate *stream, const uint8_t *bytes, size_t len, weir_buf *out,
                     weir_error *error)
{
    stream->z.next_in = (Bytef *)(uintptr_t)bytes;
    stream->z.avail_in = (uInt)len;
    bool is_full = false;
    while (stream->z.avail_in > 0 || is_full) {
        weir_code code = WEIR_OK;
        if (stream->has_ended) {
            if (stream->z.avail_in == 0)
                break;
            code = restart(stream, error);
        }
        if (code == WEIR_OK)
            code = step(stream, out, &is_full, error);
        if (code != WEIR_OK)
            return code;
    }
    return WEIR_OK;
}

static weir_deflate_form form_of(const uint8_t head[2])
{
    if (head[0] == 0x1f && head[1] == 0x8b)
        return WEIR_DEFLATE_GZIP;
    if ((head[0] & 15) == Z_DEFLATED && head[0] >> 4 <= 7 && (head[0] << 8 | head[1]) % 31 == 0)
        return WEIR_DEFLATE_ZLIB;
    return WEIR_DEFLATE_RAW;
}

static weir_code decide(weir_inflate *stream, weir_deflate_form form, weir_buf *out,
                        weir_error *error)
{
    stream->seen = form;
    inflateReset2(&stream->z, bits_of_form[form]);
    return run(stream, stream->head, stream->head_len, out, error);
}

/* AUTO: holds the first two bytes back until they tell the form. */
static weir_code feed_head(weir_inflate *stream, weir_bytes *chunk, weir_buf *out,
                           weir_error *error)
{
    while (stream->head_len < 2 && chunk->len > 0) {
        stream->head[stream->head_len++] = *chunk->ptr++;
        chunk->len--;
    }
    if (stream->head_len < 2)
        return WEIR_OK;
    return decide(stream, form_of(stream->head), out, error);
}

weir_code weir_inflate_feed(weir_inflate *stream, weir_bytes chunk, weir_buf *out,
                            weir_error *error)
{
    if (chunk.len == 0)
        return WEIR_OK;
    stream->is_dirty = true;
    if (__builtin_add_overflow(stream->fed, chunk.len, &stream->fed))
        stream->fed = SIZE_MAX;
    weir_code code = WEIR_OK;
    if (stream->seen == WEIR_DEFLATE_AUTO)
        code = feed_head(stream, &chunk, out, error);
    while (code == WEIR_OK && chunk.len > 0) {
        size_t part = chunk.len < INPUT_SLICE ? chunk.len : INPUT_SLICE;
        code = run(stream, chunk.ptr, part, out, error);
        chunk.ptr += part;
        chunk.len -= part;
    }
    return code;
}

static bool is_at_boundary(const weir_inflate *stream)
{
    int state = stream->z.data_type;
    return (state & AT_BLOCK_BOUNDARY) && (state & UNUSED_BITS) == 0;
}

/*
 * A message whose last block is final may come without the 0x00 that RFC 7692 asks for behind it;
 * then the trailer would be read as a torn block, so it is left out.
 */
static weir_code end_message(weir_inflate *stream, weir_buf *out, weir_error *error)
{
    static const uint8_t trailer[] = {0x00, 0x00, 0xff, 0xff};
    weir_code code = WEIR_OK;
    if (stream->has_ended)
        code = stream->keeps_context ? restart(stream, error) : WEIR_OK;
    else
        code = run(stream, trailer, sizeof trailer, out, error);
    if (code == WEIR_OK && !stream->has_ended && !is_at_boundary(stream) && stream->z.total_in > 0)
        code = weir_fail(error, WEIR_ERR_DECODE,
                         "bad compressed data: the message ends inside a block");
    if (code == WEIR_OK && !stream->keeps_context)
        inflateReset(&stream->z);
    start_counting(stream);
    return code;
}

static weir_code end_payload(weir_inflate *stream, weir_buf *out, weir_error *error)
{
    weir_code code = WEIR_OK;
    if (stream->seen == WEIR_DEFLATE_AUTO)
        code = decide(stream, WEIR_DEFLATE_RAW, out, error);
    /* A raw stream that was flushed and not finished is whole when it stands between blocks. */
    bool is_whole = stream->has_ended || (stream->seen == WEIR_DEFLATE_RAW && stream->is_dirty &&
                                          is_at_boundary(stream));
    if (code == WEIR_OK && !is_whole)
        code = weir_fail(error, WEIR_ERR_DECODE,
                         "bad compressed data: it ends before the stream does");
    weir_inflate_reset(stream);
    return code;
}

weir_code weir_inflate_end(weir_inflate *stream, weir_buf *out, weir_error *error)
{
    return stream->is_message ? end_message(stream, out, error) : end_payload(stream, out, error);
}

weir_code weir_inflate_all(weir_deflate_form form, weir_bytes payload, weir_inflate_limits limits,
                           weir_buf *out, weir_error *error)
{
    weir_inflate *stream = weir_inflate_new(form);
    if (!stream)
        return weir_fail_nomem(error);
    size_t before = out->len;
    weir_inflate_set_limits(stream, limits);
    weir_code code = weir_inflate_feed(stream, payload, out, error);
    if (code == WEIR_OK)
        code = weir_inflate_end(stream, out, error);
    if (code != WEIR_OK)
        out->len = before;
    weir_inflate_free(stream);
    return code;
}

struct weir_deflate {
    z_stream z;
    bool keeps_context;
};

/* Appends what deflate() makes of the input until it has nothing more to say. */
static weir_code compress_part(z_stream *z, const uint8_t *bytes, size_t len, int flush,
                               weir_buf *out, weir_error *error)
{
    z->next_in = (Bytef *)(uintptr_t)bytes;
    z->avail_in = (uInt)len;
    do {
        char *at = weir_buf_reserve(out, WEIR_INFLATE_CHUNK);
        if (!at)
            return weir_fail_nomem(error);
        z->next_out = (Bytef *)at;
        z->avail_out = WEIR_INFLATE_CHUNK;
        int rc = deflate(z, flush);
        out->len += WEIR_INFLATE_CHUNK - z->avail_out;
        if (rc == Z_STREAM_ERROR)
            return weir_fail(error, WEIR_ERR_STATE, "the compressor is in a bad state");
    } while (z->avail_out == 0);
    return WEIR_OK;
}

static weir_code compress_all(z_stream *z, weir_bytes bytes, int last_flush, weir_buf *out,
                              weir_error *error)
{
    weir_code code = WEIR_OK;
    while (code == WEIR_OK && bytes.len > INPUT_SLICE) {
        code = compress_part(z, bytes.ptr, INPUT_SLICE, Z_NO_FLUSH, out, error);
        bytes.ptr += INPUT_SLICE;
        bytes.len -= INPUT_SLICE;
    }
    if (code == WEIR_OK)
        code = compress_part(z, bytes.ptr, bytes.len, last_flush, out, error);
    return code;
}

static bool init_deflate(z_stream *z, int bits)
{
    return deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) == Z_OK;
}

weir_code weir_deflate_all(weir_deflate_form form, weir_bytes payload, weir_buf *out,
                           weir_error *error)
{
    if (form == WEIR_DEFLATE_AUTO)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "compression needs a form");
    z_stream z = {0};
    if (!init_deflate(&z, bits_of_form[form]))
        return weir_fail_nomem(error);
    size_t before = out->len;
    weir_code code = compress_all(&z, payload, Z_FINISH, out, error);
    if (code != WEIR_OK)
        out->len = before;
    deflateEnd(&z);
    return code;
}

weir_deflate *weir_deflate_message_new(int window_bits, bool keeps_context)
{
    if (window_bits < 9 || window_bits > 15)
        return NULL;
    weir_deflate *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->keeps_context = keeps_context;
    if (!init_deflate(&stream->z, -window_bits)) {
        free(stream);
        return NULL;
    }
    return stream;
}

void weir_deflate_free(weir_deflate *stream)
{
    if (!stream)
        return;
    deflateEnd(&stream->z);
    free(stream);
}

weir_code weir_deflate_message(weir_deflate *stream, weir_bytes message, weir_buf *out,
                               weir_error *error)
{
    static const char trailer[] = {'\x00', '\x00', '\xff', '\xff'};
    size_t before = out->len;
    weir_code code = compress_all(&stream->z, message, Z_SYNC_FLUSH, out, error);
    if (code != WEIR_OK) {
        out->len = before;
        return code;
    }
    if (out->len - before >= sizeof trailer &&
        memcmp(out->ptr + out->len - sizeof trailer, trailer, sizeof trailer) == 0)
        out->len -= sizeof trailer;
    /* An empty message right after a flush makes zlib write nothing; RFC 7692 7.2.3.6 wants 0x00.
     */
    if (out->len == before)
        weir_buf_putc(out, '\0');
    if (!stream->keeps_context)
        deflateReset(&stream->z);
    return out->failed ? weir_fail_nomem(error) : WEIR_OK;
}

uint32_t weir_crc32(weir_bytes bytes)
{
    return (uint32_t)crc32_z(0, bytes.ptr, bytes.len);
}
