/* SPDX-License-Identifier: MIT */
/*
 * Frames in a row: what one read has brought, as it lies there. Whoever is handed a run takes plain
 * frames from it one by one, in a loop of his own: a frame costs no call and no copy, and no text
 * is looked through only to see that it is UTF-8, where it is decoded next and that shows. What he
 * puts back or leaves comes to him by on_frame, after all that is to be asked about a frame.
 */
#ifndef WEIR_BACKENDS_WIRE_RUN_H
#define WEIR_BACKENDS_WIRE_RUN_H

#include "backends/backend.h"
#include "backends/wire/frame.h"

enum { WEIR_FRAME_RUN_LEN_MAX = 65535 /**< of a frame that is taken */ };

struct weir_frame_run {
    const uint8_t *at;   /**< the frame that is next */
    const uint8_t *end;  /**< of what was read; 4 bytes behind it may be read */
    uint32_t kind;       /**< what frames begin with that are taken now */
    int64_t received_ns; /**< of the read */
};

/** From now on frames of the kind of the next one are taken. False: it is no plain one, or there is
 * none. */
static inline bool weir_frame_run_begin(weir_frame_run *run, bool *is_text)
{
    const uint32_t first = *run->at;
    *is_text = first == (0x80 | WEIR_WS_TEXT);
    run->kind = first << 24;
    return *is_text || first == (0x80 | WEIR_WS_BINARY);
}

/** Takes the next frame: a whole message, uncompressed, of less than 64 KiB. Its bytes live until
 * the run is given back; a text may be no UTF-8. False: there is none, or another kind of frame. */
static inline bool weir_frame_run_next(weir_frame_run *run, weir_str *bytes)
{
    const uint8_t *at = run->at;
    const uint32_t head =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    const uint32_t length = head - run->kind; /* and 0x7e, or ... */
    size_t len = length - (126U << 16), header = 4;
    if (len - 126 > WEIR_FRAME_RUN_LEN_MAX - 126) {
        len = length >> 16; /* ... in a byte of its own */
        header = 2;
        if (len > 125)
            return false;
    }
    if ((size_t)(run->end - at) < header + len)
        return false;
    *bytes = (weir_str){(const char *)at + header, len};
    run->at = at + header + len;
    return true;
}

/** The frame that was taken last was not, after all. */
static inline void weir_frame_run_put_back(weir_frame_run *run, weir_str bytes)
{
    run->at = (const uint8_t *)bytes.ptr - (bytes.len < 126 ? 2 : 4);
}

#endif
