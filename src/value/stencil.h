/* SPDX-License-Identifier: MIT */
/*
 * Stencils: the text of a message with holes where its values are. A venue sends the same keys in
 * the same order with the same punctuation; so, given the index of a message's quotes, every piece
 * of that text stands at a known distance from a quote of known ordinal, wherever the values before
 * it end. To find out whether a message is of this form is to compare some dozen pieces of 16
 * bytes, none of which waits for another; where its values are is then known without looking for
 * them.
 *
 * A stencil is learnt from one message that has been validated, and it fits only what the walk
 * accepts: its pieces and holes cover a text without a gap, and what a hole may hold is checked -
 * a string is what stands between two neighbouring quotes, a number is looked at. Texts with
 * escapes or more than ASCII are not for stencils.
 *
 * Where a value's length does not follow from the next quote, the stencil is cut: behind a
 * container that is walked, and behind a number that no text with a quote follows. Each part begins
 * where the one before has ended. One list per message may be left to the caller, element by
 * element; what stands behind it is then told from the end of the text.
 */
#ifndef WEIR_VALUE_STENCIL_H
#define WEIR_VALUE_STENCIL_H

#include "value/number_lanes.h"
#include "value/projection_place.h"

enum {
    WEIR_STENCIL_PARTS_MAX = 8,
    WEIR_STENCIL_NUMBERS_MAX = 32,
    WEIR_STENCIL_MARKS_MAX = 64,
    WEIR_STENCIL_NUMBER_LEN_MAX = 64,        /**< of one that is for a lane */
    WEIR_STENCIL_LANES_MAX = 2 * WEIR_LANES, /**< numbers that are read in lanes */
    WEIR_STENCIL_LEVEL_TEXTS_MAX = 8,        /**< of a level that is looked into */
    WEIR_STENCIL_WHERES = 1 + 2 * WEIR_STENCIL_PARTS_MAX
};

/** A place in a text that fits: so many bytes from a quote, from the beginning of a part, or from
 * the end. */
typedef struct weir_spot {
    uint8_t where; /**< of weir_fit */
    uint8_t quote; /**< ordinal there */
    int16_t delta;
} weir_spot;

/** A list of lists that ends a part (value/lists.h). */
typedef struct weir_fit_list {
    const uint32_t *quotes; /**< of its first text; NULL: they are bare numbers */
    size_t stride;          /**< quotes from one list to the next */
    size_t count;           /**< 0: nothing is known of it, or it is empty */
    size_t levels;          /**< of bare numbers: the first one, in `levels` of the index */
} weir_fit_list;

/** What stands where in a text that fits. Not to be copied; weir_fit_init before it is used. */
typedef struct weir_fit {
    const char *base;
    const char *end_at;
    const uint32_t *last_quote; /**< behind all of the text */
    weir_json_index *index;
    const uint32_t
        *where[WEIR_STENCIL_WHERES]; /**< the end; of each part its beginning and quotes */
    uint32_t end;
    uint32_t start[WEIR_STENCIL_PARTS_MAX];
    weir_lanes lanes[WEIR_STENCIL_LANES_MAX / WEIR_LANES]; /**< `at` and `len` are filled in */
    const char *number[WEIR_STENCIL_NUMBERS_MAX];          /**< the other bare numbers */
    uint32_t number_len[WEIR_STENCIL_NUMBERS_MAX];
    const char *unread; /**< a text whose length alone is asked for */
    uint32_t unread_len;
    weir_value walked[WEIR_STENCIL_PARTS_MAX];   /**< the container that ends a part */
    weir_fit_list lists[WEIR_STENCIL_PARTS_MAX]; /**< ... what it is a list of */
    weir_cursor behind;                          /**< the text, or the element */
    weir_cursor rows; /**< the list that is left to the caller: its bracket */
    const char *rows_end;
} weir_fit;

void weir_fit_init(weir_fit *fit);
/** A text begins, whose index has neither of the flags WEIR_INDEX_BACKSLASH and WEIR_INDEX_HIGH. */
static inline void weir_fit_begin(weir_fit *fit, weir_json_index *index)
{
    fit->base = index->base;
    fit->end = (uint32_t)index->len;
    fit->end_at = index->base + index->len;
    fit->last_quote = index->quotes + index->count;
    fit->index = index;
}

static inline const char *weir_fit_spot(const weir_fit *fit, weir_spot spot)
{
    return fit->base + fit->where[spot.where][spot.quote] + spot.delta;
}

typedef enum weir_mark_kind {
    WEIR_MARK_TEXT,
    WEIR_MARK_NUMBER, /**< `at` is its place in `number`, or its lane */
    WEIR_MARK_WORD,   /**< true, false or null: always the same */
    WEIR_MARK_SPAN,   /**< a container whose text is of the stencil */
    WEIR_MARK_WALKED, /**< `at` is its part */
    WEIR_MARK_ROWS,
    WEIR_MARK_HIDDEN /**< somewhere in a container that is walked: it may be there, or not */
} weir_mark_kind;

/** Where the value of a slot is. */
typedef struct weir_stencil_mark {
    uint32_t slot;
    uint8_t kind;
    uint8_t at;
    uint8_t raw;        /**< of a span: a weir_raw */
    bool in_lane;       /**< a bare number, or one in quotes; `at` is its lane then */
    weir_spot from, to; /**< of a text and a span */
    weir_value word;
} weir_stencil_mark;

/** What of a slot's text belongs to the stencil: so many bytes at its beginning and end, or all. */
typedef struct weir_stencil_pin {
    uint32_t slot;
    uint32_t head, tail;
    bool is_whole;
} weir_stencil_pin;

typedef struct weir_stencil weir_stencil;

/** What is to be learnt from. */
typedef struct weir_stencil_lesson {
    weir_json_index *index; /**< of the text, which has been validated */
    weir_cursor at;         /**< where the message or element begins in it */
    const weir_projection *projection;
    unsigned depth;  /**< levels that are open around it */
    bool is_whole;   /**< it is all that there is in the text; else an element of a list */
    uint32_t rows;   /**< the slot of a list that is left to the caller, or WEIR_NO_SLOT */
    uint32_t levels; /**< the slot of a list of levels, or WEIR_NO_SLOT: one that is looked into
                        when it has a single level (weir_stencil_single_level), else walked whatever
                          is read below it */
    const weir_projection *items; /**< of the list `rows`, which has one element: this is looked
                                     into. NULL: it is left to the caller */
    const weir_stencil_pin *pins;
    size_t pin_count;
    const uint32_t *lanes; /**< slots whose numbers, in quotes or bare, are for lanes: the first one
                                for the first lane, and so on */
    size_t lane_count;     /**< at most WEIR_STENCIL_LANES_MAX */
    size_t lane_room; /**< numbers that nobody reads may have these lanes, from lane_count on: they
                           are to be numbers of JSON */
} weir_stencil_lesson;

/**
 * How many texts the only level of a list has; 0: there are more levels, or it is not to be looked
 * into. `list` has been validated, and is the value of that slot. Frames whose books have one level
 * are a form of their own: their numbers are then for lanes, as those of the message are.
 */
size_t weir_stencil_single_level(const weir_projection *projection, uint32_t slot, weir_str list);
/** What a text of that level is called among the slots of marks, lanes and pins. */
static inline uint32_t weir_stencil_in_level(uint32_t slot, size_t place)
{
    return slot + (uint32_t)(place + 1) * WEIR_PROJECTION_SLOTS_MAX;
}

/** What a slot of `items` is called there. */
static inline uint32_t weir_stencil_in_item(uint32_t slot)
{
    return slot + (UINT32_C(1) << 20);
}

/** NULL: it is not for stencils, or out of memory. */
weir_stencil *weir_stencil_learn(const weir_stencil_lesson *lesson);
void weir_stencil_free(weir_stencil *stencil);
/** Lanes that its texts need, those of the lesson and more. */
size_t weir_stencil_lanes(const weir_stencil *stencil);
/** The mark of a slot; NULL: such messages have no value there. */
const weir_stencil_mark *weir_stencil_mark_of(const weir_stencil *stencil, size_t slot);
/** The value of a mark in a text that fits. */
weir_value weir_fit_value(const weir_fit *fit, const weir_stencil_mark *mark);
/**
 * True if what begins at `p` in the fit's text is of this form, but for what lanes
 * (value/number_lanes.h) must say of the numbers that are for them: that they are numbers, and bare
 * ones of JSON. Of the list that is left to the caller nothing is known: it must go from `rows` to
 * `rows_end`.
 */
bool weir_stencil_fit(const weir_stencil *stencil, weir_cursor p, weir_fit *fit);

#endif
