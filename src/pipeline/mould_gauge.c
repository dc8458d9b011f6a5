/* SPDX-License-Identifier: MIT */
/*
 * Moulds with gauges (value/gauge.h): where not only a message's form is known but its lengths,
 * too, it is neither indexed nor fitted, and its record has everything where the record had it from
 * whose message the gauge was learnt. That is the image; left to be done are its numbers, which go
 * from their places straight to theirs, copies of texts, the asset and times in texts. What else
 * depends on a text - a comparison, a mapping, the side of a level - makes that text part of the
 * gauge.
 */
#include <stddef.h>

#include "pipeline/mould_parts.h"
#include "pipeline/quick_rows.h"
#include "pipeline/stamp.h"
#include "pipeline/texts.h"

enum {
    VAIN_MAX = 8, /* lessons of a mould one after another before there are no more */
    OPS_MAX = 32,
    PINS_MAX = 64,
    IMAGE_MAX = 1024,
    VECTOR = 32,
    PIECE = WEIR_GAUGE_SLACK /* images are copied in such pieces, whose number is mostly one */
};

typedef enum gauged_code { GAUGED_COPY, GAUGED_STAMP, GAUGED_SECONDS, GAUGED_RECEIVED } gauged_code;

/* What becomes of a text, but for RECEIVED, which has none. */
typedef struct gauged_op {
    uint8_t code;
    uint16_t at; /* in the message */
    uint16_t len;
    uint16_t place; /* in the record */
    int64_t scale;  /* of SECONDS */
} gauged_op;

/* The text that names the asset. */
typedef struct gauged_asset {
    weir_short mask; /* of its bytes */
    uint64_t tag;
    uint16_t at;
    uint16_t len;
    uint16_t place;
    uint8_t key;
} gauged_asset;

/* What a gauge is kept with. */
typedef struct gauged {
    const weir_mould *mould;
    uint32_t size; /* of the record; 0: none is made */
    uint16_t channel;
    uint16_t op_count;
    bool is_watched;
    bool has_asset;
    gauged_asset asset;
    gauged_op ops[OPS_MAX];
} gauged;

/* The image stands behind the operations that there are. */
static inline size_t image_at(size_t op_count)
{
    return (offsetof(gauged, ops) + op_count * sizeof(gauged_op) + VECTOR - 1) &
           ~(size_t)(VECTOR - 1);
}

/* ------------------------------------------------------------------ making */

/* Where there are gauges there is AVX2. */
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#else
#define TARGET
#endif

/* No byte more: behind a text there may be what the image has. */
static inline void copy_text(char *to, const char *from, size_t len)
{
    uint64_t head, tail;
    if (len < sizeof head || len > 2 * sizeof head) {
        memcpy(to, from, len);
        return;
    }
    memcpy(&head, from, sizeof head);
    memcpy(&tail, from + len - sizeof tail, sizeof tail);
    memcpy(to, &head, sizeof head);
    memcpy(to + len - sizeof tail, &tail, sizeof tail);
}

/* False: it is no time that can be read so. */
static bool put(weir_runner *runner, const gauged_op *op, const char *text, char *record)
{
    int64_t ns = runner->frame->received_ns;
    bool is_time = ns != 0; /* received when nobody knows: there is none */
    switch ((gauged_code)op->code) {
    case GAUGED_COPY: copy_text(record + op->place, text, op->len); return true;
    case GAUGED_STAMP: is_time = weir_stamp_read(&runner->quick.stamp, text, op->len, &ns); break;
    case GAUGED_SECONDS:
        is_time = weir_seconds_read(&runner->second, text, op->len, op->scale, &ns);
        break;
    case GAUGED_RECEIVED: break;
    }
    memcpy(record + op->place, &ns, sizeof ns);
    return is_time;
}

static __attribute__((noinline)) bool put_all(weir_runner *runner, const gauged *g,
                                              const char *text, char *record)
{
    for (size_t i = 0; i < g->op_count; i++)
        if (!put(runner, &g->ops[i], text + g->ops[i].at, record))
            return false;
    return true;
}

static __attribute__((noinline)) const weir_asset *seek_asset(const weir_runner *runner,
                                                              const gauged_asset *a)
{
    const weir_str text = {runner->frame->bytes.ptr + a->at, a->len};
    return weir_asset_cached(runner->world->assets, (weir_asset_key)a->key, text);
}

static inline bool put_asset(const weir_runner *runner, const gauged_asset *a, const char *text,
                             char *record)
{
    weir_short words;
    memcpy(&words, text + a->at, sizeof words);
    words = (weir_short){words.first & a->mask.first, words.second & a->mask.second};
    const weir_asset_place *place = weir_asset_place_of(runner->world->assets, words, a->tag);
    const weir_asset *asset =
        __builtin_expect(place != NULL, 1) ? place->asset : seek_asset(runner, a);
    memcpy(record + a->place, &asset, sizeof asset);
    return asset != NULL;
}

typedef char vector __attribute__((vector_size(VECTOR), aligned(1), may_alias));

/* The image, and when it came. NULL: out of memory. */
TARGET static inline char *begin(weir_runner *runner, const gauged *g)
{
    weir_buf *bytes = &runner->batch.bytes;
    const char *image = (const char *)g + image_at(g->op_count), *const end = image + g->size;
    if (__builtin_expect(bytes->cap - bytes->len < g->size + PIECE, 0) &&
        !weir_buf_reserve(bytes, g->size + PIECE))
        return NULL;
    char *const record = bytes->ptr + bytes->len, *to = record;
    do { /* a loop of 32 bytes would end now here, now there */
        for (size_t i = 0; i < PIECE; i += VECTOR)
            *(vector *)(void *)(to + i) = *(const vector *)(const void *)(image + i);
        to += PIECE;
        image += PIECE;
    } while (__builtin_expect(image < end, 0));
    ((weir_record *)(void *)record)->received_ns = runner->frame->received_ns;
    ((weir_record *)(void *)record)->frame = runner->frame->number;
    return record;
}

/* The next record, which is not yet one of the batch. */
TARGET static inline bool make(weir_runner *runner, const weir_gauge *gauge, const gauged *g)
{
    const char *const text = runner->frame->bytes.ptr;
    char *const record = begin(runner, g);
    return record && (!g->has_asset || put_asset(runner, &g->asset, text, record)) &&
           (g->op_count == 0 || put_all(runner, g, text, record)) &&
           weir_fixed_read(gauge->numbers, text, record);
}

/* It has been routed, and that was all. */
static __attribute__((noinline)) bool take_other(weir_runner *runner, const gauged *g)
{
    runner->counters.records_in++;
    runner->counters.dropped += g->mould->outcome == WEIR_MOULD_DROPS;
    runner->counters.unconverted += g->mould->outcome == WEIR_MOULD_UNCONVERTED;
    return true;
}

/* False: nothing is left of it, and nothing to be learnt, for it has a gauge. */
static __attribute__((noinline)) bool give_up(weir_runner *runner)
{
    runner->gauges.key = 0;
    return false;
}

static __attribute__((noinline)) bool watch(weir_runner *runner)
{
    if (weir_runner_watch_made(runner))
        return true;
    weir_quick_take_back(runner);
    return give_up(runner);
}

TARGET bool weir_mould_pour_gauged(weir_runner *runner, const weir_runner_frame *frame)
{
    const weir_gauge *gauge = weir_gauges_find(&runner->gauges, frame->bytes);
    if (!gauge)
        return false;
    const gauged *g = gauge->more;
    if (__builtin_expect(g->size == 0, 0))
        return take_other(runner, g);
    runner->frame = frame;
    if (g->is_watched)
        weir_quick_set_mark(runner, 0);
    if (__builtin_expect(!make(runner, gauge, g), 0))
        return give_up(runner);
    runner->counters.records_in++;
    weir_mould_count(runner, g->channel, g->size);
    return !g->is_watched || watch(runner);
}

/* ------------------------------------------------------------------ learning */

/* A gauge that is being learnt, of a message and the record that was made of it. */
typedef struct lesson {
    const weir_mould *mould;
    const weir_fit *fit;
    const char *record;
    weir_fixed_numbers numbers;
    weir_str pins[PINS_MAX];
    size_t pin_count;
    union {
        gauged made;
        char bytes[sizeof(gauged) + VECTOR + IMAGE_MAX];
    };
} lesson;

static bool pin(lesson *l, weir_str text)
{
    if (l->pin_count == PINS_MAX)
        return false;
    l->pins[l->pin_count++] = text;
    return true;
}

static weir_value cell_at(const lesson *l, size_t place)
{
    weir_value cell;
    memcpy(&cell, l->record + place, sizeof cell);
    return cell;
}

static gauged_op *add_op(lesson *l, gauged_code code)
{
    gauged_op *op = &l->made.ops[l->made.op_count];
    if (l->made.op_count == OPS_MAX)
        return NULL;
    l->made.op_count++;
    op->code = (uint8_t)code;
    return op;
}

static bool add_received(lesson *l, const weir_mould_op *of)
{
    gauged_op *op = add_op(l, GAUGED_RECEIVED);
    if (op)
        op->place = of->place;
    return op != NULL;
}

static bool add_asset(lesson *l, const weir_mould_op *of)
{
    const weir_str text = weir_mould_text(l->fit, l->fit->base, of);
    gauged_asset *asset = &l->made.asset;
    if (l->made.has_asset || text.len > WEIR_SHORT_MAX)
        return false;
    l->made.has_asset = true;
    *asset = (gauged_asset){.tag = weir_asset_tag((weir_asset_key)of->key, text.len),
                            .at = (uint16_t)(text.ptr - l->fit->base),
                            .len = (uint16_t)text.len,
                            .place = of->place,
                            .key = of->key};
    memset(&asset->mask, UINT8_MAX, text.len);
    return true;
}

static bool add_text(lesson *l, const weir_mould_op *of, gauged_code code)
{
    const weir_str text = weir_mould_text(l->fit, l->fit->base, of);
    gauged_op *op = add_op(l, code);
    if (!op)
        return false;
    *op = (gauged_op){.code = (uint8_t)code,
                      .at = (uint16_t)(text.ptr - l->fit->base),
                      .len = (uint16_t)text.len,
                      .place = of->place};
    if (code == GAUGED_COPY)
        op->place = (uint16_t)cell_at(l, of->place).bits;
    if (code == GAUGED_SECONDS)
        op->scale = of->quick->scale;
    return true;
}

static bool pin_text(lesson *l, const weir_mould_op *op)
{
    return pin(l, weir_mould_text(l->fit, l->fit->base, op));
}

/* ---- levels */

static weir_str text_at(const lesson *l, const uint32_t *quote)
{
    return (weir_str){l->fit->base + quote[0] + 1, quote[1] - quote[0] - 1};
}

static bool add_number(lesson *l, weir_str text, weir_fixed_kind kind, int64_t scale, size_t to)
{
    return weir_fixed_put(&l->numbers, text.ptr, (uint32_t)(text.ptr - l->fit->base),
                          (uint32_t)text.len, kind, scale, (uint32_t)to);
}

/* The levels of a column: those of a list that are on its side, which has been made part of the
 * gauge; or all. */
static bool add_side(lesson *l, const weir_fit_list *list, const weir_quick_op *op,
                     const weir_texts_where *where)
{
    const weir_value cell = cell_at(l, op->place);
    size_t to = cell.bits, count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const uint32_t *quote = list->quotes + i * list->stride;
        if (where && !pin(l, text_at(l, quote + 2 * where->place)))
            return false;
        if (where && !weir_texts_is_where(l->fit->base, quote, where))
            continue;
        quote += where ? 2 * where->skip : 0;
        if (!add_number(l, text_at(l, quote), WEIR_FIXED_REAL, 1,
                        to + offsetof(weir_level, price)) ||
            !add_number(l, text_at(l, quote + 2), WEIR_FIXED_REAL, 1,
                        to + offsetof(weir_level, size)))
            return false;
        to += sizeof(weir_level);
        count++;
    }
    return count == cell.len;
}

static bool add_levels(lesson *l, const weir_mould_op *op)
{
    const weir_fit_list *list = &l->fit->lists[op->key];
    if (list->count == 0)
        return l->fit->walked[op->key].len == 2; /* "[]" */
    if (!list->quotes || list->stride < 4)
        return false;
    return add_side(l, list, op->quick, op->code == WEIR_MOULD_LEVELS ? NULL : op->quick->where) &&
           (op->code != WEIR_MOULD_SIDES || add_side(l, list, op->second, op->second->where));
}

/* ---- all of it */

static bool add_operation(lesson *l, const weir_mould_op *op)
{
    switch ((weir_mould_code)op->code) {
    case WEIR_MOULD_TEXT: return add_text(l, op, GAUGED_COPY);
    case WEIR_MOULD_STAMP: return add_text(l, op, GAUGED_STAMP);
    case WEIR_MOULD_SECONDS: return add_text(l, op, GAUGED_SECONDS);
    case WEIR_MOULD_ASSET: return add_asset(l, op);
    case WEIR_MOULD_EQUAL:
    case WEIR_MOULD_STANDARD: return pin_text(l, op);
    case WEIR_MOULD_LEVELS:
    case WEIR_MOULD_WHERE:
    case WEIR_MOULD_SIDES: return add_levels(l, op);
    case WEIR_MOULD_RECEIVED: return add_received(l, op);
    case WEIR_MOULD_SLOTS:
    case WEIR_MOULD_OTHER:
    case WEIR_MOULD_CODES: return false;
    case WEIR_MOULD_LINK: /* what is of the image, or about numbers */
    case WEIR_MOULD_NONE:
    case WEIR_MOULD_LANES_ARE:
    case WEIR_MOULD_BOTH_ARE:
    case WEIR_MOULD_IMAGE:
    case WEIR_MOULD_IMAGE_3:
    case WEIR_MOULD_IMAGE_4:
    case WEIR_MOULD_IMAGE_5:
    case WEIR_MOULD_IMAGE_6:
    case WEIR_MOULD_ONE:
    case WEIR_MOULD_TWO:
    case WEIR_MOULD_THREE:
    case WEIR_MOULD_FOUR:
    case WEIR_MOULD_BARE_ONE:
    case WEIR_MOULD_BARE_TWO:
    case WEIR_MOULD_BARE_THREE:
    case WEIR_MOULD_BARE_FOUR:
    case WEIR_MOULD_LEVEL:
    case WEIR_MOULD_EPOCH:
    case WEIR_MOULD_NANOSECONDS:
    case WEIR_MOULD_END:
    case WEIR_MOULD_END_AS_IS: return true;
    }
    return false;
}

static bool add_put(lesson *l, const weir_mould_put *put)
{
    const weir_lanes *lanes = &l->fit->lanes[put->lane / WEIR_LANES];
    const unsigned lane = put->lane % WEIR_LANES;
    const weir_str text = {lanes->at[lane], lanes->len[lane]};
    const bool has_point = memchr(text.ptr, '.', text.len) != NULL;
    const weir_fixed_kind as_is = has_point ? WEIR_FIXED_REAL : WEIR_FIXED_WHOLE;
    switch (put->use) {
    case WEIR_MOULD_REAL: return add_number(l, text, WEIR_FIXED_REAL, 1, put->place);
    case WEIR_MOULD_WHOLE: return add_number(l, text, WEIR_FIXED_WHOLE, 1, put->place);
    case WEIR_MOULD_BARE_REAL: /* -0 without a point is a whole number, and that is 0 */
        return (has_point || *text.ptr != '-') &&
               add_number(l, text, WEIR_FIXED_REAL, 1, put->place);
    case WEIR_MOULD_AS_GIVEN:
        return add_number(l, text, as_is, 1, put->place + offsetof(weir_value, bits));
    case WEIR_MOULD_TIME: return add_number(l, text, WEIR_FIXED_SCALED, put->scale, put->place);
    }
    return false;
}

static uint32_t size_of(const char *record)
{
    return ((const weir_record *)(const void *)record)->size;
}

static bool add_record(lesson *l)
{
    const weir_mould *mould = l->mould;
    const uint32_t size = size_of(l->record);
    bool is_good = true;
    for (const weir_mould_op *op = mould->ops; is_good && op->code < WEIR_MOULD_END; op++)
        is_good = add_operation(l, op);
    for (size_t i = 0; is_good && i < mould->put_count; i++)
        is_good = add_put(l, &mould->puts[i]);
    if (!is_good)
        return false;
    l->made.size = size;
    l->made.channel = (uint16_t)mould->rule->schema->channel;
    memcpy(l->bytes + image_at(l->made.op_count), l->record, size);
    return true;
}

/* A record has been made of the frame, or none was to be made. One that is too long says nothing of
 * others that the mould makes. */
void weir_mould_learn_gauge(weir_runner *runner)
{
    weir_mould *mould = runner->moulds.last;
    const bool makes = mould->outcome == WEIR_MOULD_MAKES;
    const char *const record = makes ? runner->batch.bytes.ptr + runner->quick.mark.bytes : NULL;
    if (mould->vain_gauges >= VAIN_MAX || mould->outcome == WEIR_MOULD_LISTS ||
        (makes && size_of(record) > IMAGE_MAX) || !weir_gauges_is_due(&runner->gauges))
        return;
    lesson l = {.mould = mould,
                .fit = &runner->fits[0],
                .record = record,
                .made = {.mould = mould, .is_watched = runner->plan->is_watched}};
    if (makes && !add_record(&l)) {
        mould->vain_gauges++;
        return;
    }
    weir_fixed_prepare(&l.numbers, NULL);
    const weir_gauge_lesson lesson = {.stencil = mould->stencil,
                                      .fit = l.fit,
                                      .pins = l.pins,
                                      .pin_count = l.pin_count,
                                      .numbers = &l.numbers,
                                      .more = &l.made,
                                      .more_size = image_at(l.made.op_count) + l.made.size};
    const bool is_good = weir_gauges_learn(&runner->gauges, &lesson);
    mould->vain_gauges = is_good ? 0 : mould->vain_gauges + 1;
}
