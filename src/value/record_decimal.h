/* SPDX-License-Identifier: MIT */
/*
 * A column of Decimal(text), from the frame: prices and sizes have up to 16 bytes, whose digits are
 * told apart from the point at once and copied around it by whole blocks. What that does not know -
 * longer texts, a full batch - is for weir_batch_decimal, which gives the same block digit by
 * digit.
 */
#ifndef WEIR_VALUE_RECORD_DECIMAL_H
#define WEIR_VALUE_RECORD_DECIMAL_H

#include "value/decimal.h"
#include "value/json_scan_sse2.h"
#include "value/json_scan_word.h"
#include "value/record.h"

enum {
    WEIR_DECIMAL_SHORT = 16, /* bytes of such a text */
    WEIR_DECIMAL_PLAIN = 6,  /* zeros behind the point that str() writes, at most */
    WEIR_DECIMAL_ROOM = 80   /* what may be written for one, and the batch's last block */
};

/** Where digits and text of a decimal stand in its text. */
typedef struct weir_decimal_form {
    uint32_t first; /**< the first significant digit */
    uint32_t count; /**< of digits from there on */
    uint32_t point; /**< its place; of a whole number, its length */
    uint32_t places;
} weir_decimal_form;

/* Bit i: byte i of 16 is no digit. Bits above may be set. */
static inline uint32_t weir_decimal_others(const char *at)
{
    if (WEIR_SCAN_WINDOW >= 16)
        return weir_scan_others(at);
    return (weir_scan_others(at) & 0xff) | weir_scan_others(at + 8) << 8;
}

/** False: the text is not just what str() of its decimal is, or has another length than 1 to
 * WEIR_DECIMAL_SHORT. As many bytes are readable. */
static inline bool weir_decimal_form_of(const char *at, uint32_t len, weir_decimal_form *form)
{
    static const char zeros[WEIR_DECIMAL_SHORT + 1] = "0000000000000000";
    if (len - 1 >= WEIR_DECIMAL_SHORT)
        return false;
    const uint32_t last = UINT32_C(1) << (len - 1),
                   others = weir_decimal_others(at) & (2 * last - 1);
    const uint32_t point = others ? (uint32_t)__builtin_ctz(others) : len;
    /* One at most, not at an end, and it is a point. */
    if ((others & (others - 1)) | (others & (last | 1)) || (others && at[point] != '.'))
        return false;
    form->point = point;
    form->places = others ? len - 1 - point : 0;
    form->first = 0;
    form->count = len - (others != 0);
    if (at[0] == '0' && len > 1) {
        const uint32_t digits = ~(weir_scan_equal(at, zeros) | others) & (2 * last - 1);
        if (point != 1)
            return false;
        form->first = digits ? (uint32_t)__builtin_ctz(digits) : len - 1;
        form->count = len - form->first;
    }
    return form->places < form->count + WEIR_DECIMAL_PLAIN;
}

/** weir_batch_decimal of a text that has 32 readable bytes behind it. */
static inline bool weir_batch_decimal_at(weir_batch *batch, size_t column, const char *at,
                                         uint32_t len)
{
    weir_buf *bytes = &batch->bytes;
    weir_decimal_form form;
    if (bytes->cap - bytes->len < WEIR_DECIMAL_ROOM || !weir_decimal_form_of(at, len, &form))
        return weir_batch_decimal(batch, column, (weir_str){at, len});
    enum { ALIGN = _Alignof(weir_decimal), HEAD = offsetof(weir_decimal, digits) };
    const size_t offset = (bytes->len - batch->open_at + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    char *record = bytes->ptr + batch->open_at, *digits = record + offset + HEAD;
    memset(bytes->ptr + bytes->len, 0, ALIGN);
    memset(record + offset, 0, HEAD);
    weir_decimal *d = (weir_decimal *)(void *)(record + offset);
    d->exponent = -(int32_t)form.places;
    d->count = form.count;
    memcpy(digits, at + form.first, WEIR_DECIMAL_SHORT);
    if (form.first == 0)
        memcpy(digits + form.point, at + form.point + 1, WEIR_DECIMAL_SHORT);
    memcpy(digits + form.count, at, WEIR_DECIMAL_SHORT);
    bytes->len = batch->open_at + offset + HEAD + form.count + len;
    weir_value cell = {.kind = WEIR_DECIMAL, .len = len};
    cell.bits = offset;
    ((weir_record *)(void *)record)->cells[column] = cell;
    return true;
}

#endif
