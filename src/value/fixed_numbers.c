/* SPDX-License-Identifier: MIT */
/*
 * How numbers of known places are read: which are read together, and what is prepared for them; the
 * way that works everywhere, over value/number_lanes.h; and those that are read one by one.
 */
#include "value/fixed_numbers.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "util/number.h"

enum {
    WINDOW = 16,
    REAL_DIGITS = 15,  /* below 2^53, whatever they are */
    WHOLE_DIGITS = 16, /* as many as a window has */
    SHORT_DIGITS = 8,
    INT_DIGITS = 18, /* of which any is an int64 */
    FOUR = WEIR_FIXED_FOUR,
    NOTHING = -1 /* a shuffle's zero */
};

/* ------------------------------------------------------------------ what a number is */

static unsigned digits_at(const char *text, const char *end)
{
    unsigned count = 0;
    while (text + count < end && (unsigned char)(text[count] - '0') <= 9)
        count++;
    return count;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?, all of the text. */
static bool take_apart(const char *text, uint32_t len, weir_fixed_want *w)
{
    const char *const end = text + len;
    w->len = (uint8_t)len;
    w->is_negative = len > 0 && *text == '-';
    text += w->is_negative;
    w->whole = (uint8_t)digits_at(text, end);
    if (w->whole == 0 || (w->whole > 1 && *text == '0'))
        return false;
    text += w->whole;
    if (text == end)
        return true;
    if (*text++ != '.')
        return false;
    w->decimals = (uint8_t)digits_at(text, end);
    return w->decimals > 0 && text + w->decimals == end;
}

static unsigned digits_of(const weir_fixed_want *w)
{
    return w->whole + w->decimals;
}

/* Where its digits begin, and what is behind them. */
static uint32_t start_of(const weir_fixed_want *w)
{
    return w->at + w->is_negative;
}

static uint32_t end_of(const weir_fixed_want *w)
{
    return w->at + w->len;
}

static bool add_want(weir_fixed_numbers *numbers, weir_fixed_want w, weir_fixed_kind kind,
                     int64_t scale, uint32_t to)
{
    const unsigned most = kind == WEIR_FIXED_REAL ? REAL_DIGITS : WHOLE_DIGITS;
    const bool is_wide = digits_of(&w) > most;
    if (numbers->count == WEIR_FIXED_WANTS_MAX ||
        (kind != WEIR_FIXED_REAL && (w.decimals > 0 || w.whole > INT_DIGITS + 1)))
        return false;
    w.scale = kind == WEIR_FIXED_SCALED ? scale : 1;
    if (w.is_negative && !is_wide && kind != WEIR_FIXED_REAL) { /* whose text is without its sign */
        if (w.scale == INT64_MIN)
            return false;
        kind = WEIR_FIXED_SCALED;
        w.scale = -w.scale;
    }
    w.kind = (uint8_t)kind;
    w.to = to;
    numbers->wide |= (uint32_t)is_wide << numbers->count;
    numbers->wants[numbers->count++] = w;
    return true;
}

bool weir_fixed_put(weir_fixed_numbers *numbers, const char *text, uint32_t at, uint32_t len,
                    weir_fixed_kind kind, int64_t scale, uint32_t to)
{
    weir_fixed_want w = {.at = at};
    return len <= WEIR_FIXED_LEN_MAX && take_apart(text, len, &w) &&
           add_want(numbers, w, kind, scale, to);
}

bool weir_fixed_add(weir_fixed_numbers *numbers, unsigned lane, const char *text, uint32_t at,
                    uint32_t len, bool needs_real, bool needs_whole)
{
    weir_fixed_want w = {.at = at};
    if (lane >= WEIR_FIXED_MAX || numbers->lanes >> lane & 1 || len > WEIR_FIXED_LEN_MAX ||
        !take_apart(text, len, &w) || (w.decimals > 0 && needs_whole && !needs_real))
        return false;
    needs_whole = needs_whole && w.decimals == 0;
    const bool is_whole = needs_whole || (w.decimals == 0 && w.whole <= INT_DIGITS);
    const size_t from = lane / WEIR_LANES * sizeof(weir_lanes);
    const size_t real = from + offsetof(weir_lanes, real) + lane % WEIR_LANES * sizeof(double);
    const size_t whole = from + offsetof(weir_lanes, whole) + lane % WEIR_LANES * sizeof(int64_t);
    numbers->lanes |= 1u << lane;
    numbers->whole_lanes |= (uint32_t)is_whole << lane;
    return (!needs_real || add_want(numbers, w, WEIR_FIXED_REAL, 1, (uint32_t)real)) &&
           (!needs_whole || add_want(numbers, w, WEIR_FIXED_WHOLE, 1, (uint32_t)whole));
}

/* ------------------------------------------------------------------ a group */

/* Some of the wants, by where they are. */
typedef struct some {
    const weir_fixed_want *list[WEIR_FIXED_WANTS_MAX];
    size_t count;
} some;

static void add_to(some *s, const weir_fixed_want *w)
{
    size_t i = s->count++;
    for (; i > 0 && s->list[i - 1]->at > w->at; i--)
        s->list[i] = s->list[i - 1];
    s->list[i] = w;
}

/* Where 32 bytes begin of which the one number is in the lower half, the other in the upper. */
static bool can_join(const weir_fixed_want *a, const weir_fixed_want *b, uint32_t *at)
{
    const int64_t most = (int64_t)start_of(b) - WINDOW;
    int64_t least = (int64_t)end_of(b) - 2 * WINDOW;
    if (least < (int64_t)end_of(a) - WINDOW)
        least = (int64_t)end_of(a) - WINDOW;
    if (least < 0)
        least = 0;
    *at = (uint32_t)least;
    return least <= most && least <= start_of(a);
}

/* The shuffle that brings the digits of a number to where they end. */
static void write_drop(int8_t *half, const weir_fixed_want *w, uint32_t at, unsigned end)
{
    int8_t *drop = half + end - digits_of(w);
    for (unsigned i = 0; i < digits_of(w); i++)
        drop[i] = (int8_t)(start_of(w) - at + (i < w->whole ? i : i + 1));
}

static double power_of_ten(unsigned exponent)
{
    double power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* What becomes of number `i` of the vectors. */
static void write_number(weir_fixed_group *group, unsigned i, const weir_fixed_want *w)
{
    const double power = power_of_ten(w->decimals);
    group->to[i] = w->to;
    if (w->kind == WEIR_FIXED_REAL)
        group->power[i] = w->is_negative ? -power : power;
    else
        group->scale[i] = w->scale;
}

/* Windows of their own: each register has two of them, but of short ones that are only two. A
 * fourth one that is not there is read as the first of three. */
static weir_fixed_shape write_apart(weir_fixed_group *group, const some *s, bool is_short)
{
    const bool is_four = s->count > 2;
    const unsigned lacking = is_four ? FOUR - (unsigned)s->count : 0;
    for (unsigned i = 0; i < s->count + lacking; i++) {
        const weir_fixed_want *w = s->list[i < lacking ? 0 : i - lacking];
        const unsigned which = is_four || is_short ? i % 2 : 0;
        const unsigned half = is_four ? i / 2 : is_short ? 0 : i;
        group->at[i] = start_of(w);
        write_number(group, i, w);
        write_drop(group->drop[which] + half * WINDOW, w, group->at[i],
                   is_short ? SHORT_DIGITS * (1 + i % 2) : WINDOW);
    }
    return is_four ? WEIR_FIXED_FOURS : s->count > 1 ? WEIR_FIXED_TWO : WEIR_FIXED_ONE;
}

/* Two in each register, loaded together. The third of three is in an upper half; below it is
 * nothing, which goes to the same place before it. */
static bool write_joined(weir_fixed_group *group, const some *s, bool is_short)
{
    const bool is_four = s->count > 2;
    if (s->count < 2 || !can_join(s->list[0], s->list[1], &group->at[0]))
        return false;
    if (s->count == 3)
        group->at[1] = start_of(s->list[2]) - WINDOW;
    else if (is_four && !can_join(s->list[2], s->list[3], &group->at[1]))
        return false;
    for (unsigned k = 0; k < s->count; k++) {
        const unsigned which = k / 2, half = s->count == 3 && k == 2 ? 1 : k % 2;
        const unsigned i = is_four ? half * 2 + which : k;
        const unsigned place = is_four ? which : half;
        write_number(group, i, s->list[k]);
        write_drop(group->drop[which] + half * WINDOW, s->list[k], group->at[which],
                   is_short ? SHORT_DIGITS * (1 + place) : WINDOW);
    }
    if (s->count == 3)
        write_number(group, 1, s->list[2]);
    return true;
}

/* Of one kind, up to four. */
static void write_group(weir_fixed_numbers *numbers, const weir_fixed_variant *variant,
                        const some *s)
{
    const weir_fixed_kind kind = s->list[0]->kind;
    weir_fixed_group *group = &numbers->groups[numbers->end++];
    weir_fixed_shape shape = s->count > 2 ? WEIR_FIXED_FOURS_JOINED : WEIR_FIXED_TWO_JOINED;
    bool is_short = true;
    for (size_t i = 0; i < s->count; i++)
        is_short = is_short && digits_of(s->list[i]) <= SHORT_DIGITS;
    memset(group->drop, NOTHING, sizeof group->drop);
    if (!write_joined(group, s, is_short)) {
        memset(group->drop, NOTHING, sizeof group->drop);
        shape = write_apart(group, s, is_short);
    }
    group->step = variant->steps[kind][shape][is_short];
}

/* ------------------------------------------------------------------ all groups */

/* Fours of them, and what is left of that. */
static void write_fours(weir_fixed_numbers *numbers, const weir_fixed_variant *variant, some *s)
{
    size_t done = 0;
    for (; s->count - done >= FOUR; done += FOUR) {
        some four = {.count = FOUR};
        memcpy(four.list, s->list + done, FOUR * sizeof *s->list);
        write_group(numbers, variant, &four);
    }
    s->count -= done;
    memmove(s->list, s->list + done, s->count * sizeof *s->list);
}

/* Short ones together, long ones together, and what is left of both if it is not more than four: so
 * 24 wants are at most 8 groups, since only a kind of five makes two groups of less than four. */
static void write_kind(weir_fixed_numbers *numbers, const weir_fixed_variant *variant,
                       weir_fixed_kind kind)
{
    some all[2] = {{.count = 0}, {.count = 0}};
    for (uint32_t i = 0; i < numbers->count; i++)
        if (numbers->wants[i].kind == kind && !(numbers->wide >> i & 1))
            add_to(&all[digits_of(&numbers->wants[i]) > SHORT_DIGITS], &numbers->wants[i]);
    for (size_t i = 0; i < 2; i++)
        write_fours(numbers, variant, &all[i]);
    if (all[0].count + all[1].count <= FOUR)
        while (all[0].count > 0)
            add_to(&all[1], all[0].list[--all[0].count]);
    for (size_t i = 0; i < 2; i++)
        if (all[i].count > 0)
            write_group(numbers, variant, &all[i]);
}

static void write_groups(weir_fixed_numbers *numbers, const weir_fixed_variant *variant)
{
    numbers->end = 0;
    if (variant->steps[0][0][0])
        for (unsigned kind = 0; kind < WEIR_FIXED_KINDS; kind++)
            write_kind(numbers, variant, kind);
    assert(numbers->end < WEIR_FIXED_GROUPS_MAX);
    weir_fixed_group *end = &numbers->groups[numbers->end];
    end->step = numbers->wide != 0 ? variant->wide : variant->end;
    end->at[0] = numbers->end;
}

/* ------------------------------------------------------------------ one by one */

static const weir_fixed_numbers *numbers_of(const weir_fixed_group *end)
{
    return (const weir_fixed_numbers *)(const void *)(end - end->at[0]);
}

static bool put_whole(const weir_fixed_want *w, int64_t whole, int64_t scale, char *out)
{
    if (w->kind == WEIR_FIXED_SCALED &&
        (__builtin_mul_overflow(whole, scale, &whole) || whole == WEIR_NO_TIME))
        return false;
    memcpy(out + w->to, &whole, sizeof whole);
    return true;
}

static bool read_singly(const weir_fixed_want *w, bool is_wide, const char *base, char *out)
{
    const weir_str text = {base + w->at, w->len};
    int64_t whole;
    double real;
    if (w->kind == WEIR_FIXED_REAL) {
        if (!weir_double_parse_json(text, &real))
            return false;
        memcpy(out + w->to, &real, sizeof real);
        return true;
    }
    if (weir_int_parse_json(text, &whole) != WEIR_INT_OK)
        return false;
    return put_whole(w, whole, is_wide || !w->is_negative ? w->scale : -w->scale, out);
}

bool weir_fixed_read_wide(const weir_fixed_group *end, const char *base, char *out)
{
    const weir_fixed_numbers *numbers = numbers_of(end);
    for (uint32_t left = numbers->wide; left != 0; left &= left - 1)
        if (!read_singly(&numbers->wants[__builtin_ctz(left)], true, base, out))
            return false;
    return true;
}

/* ------------------------------------------------------------------ everywhere */

/* From lane `i`; what it has not read is read once more. */
static bool put_lane(const weir_fixed_want *w, bool is_wide, const weir_lanes *lanes, unsigned i,
                     const char *base, char *out)
{
    if (w->kind == WEIR_FIXED_REAL && lanes->is_real >> i & 1) {
        memcpy(out + w->to, &lanes->real[i], sizeof lanes->real[i]);
        return true;
    }
    if (w->kind != WEIR_FIXED_REAL && lanes->is_whole >> i & 1)
        return put_whole(w, lanes->whole[i], is_wide || !w->is_negative ? w->scale : -w->scale,
                         out);
    return read_singly(w, is_wide, base, out);
}

bool weir_fixed_read_all(const weir_fixed_group *end, const char *base, char *out)
{
    const weir_fixed_numbers *numbers = numbers_of(end);
    for (uint32_t first = 0; first < numbers->count; first += WEIR_LANES) {
        const uint32_t left = numbers->count - first;
        const unsigned used = left < WEIR_LANES ? left : WEIR_LANES;
        const weir_fixed_want *wants = &numbers->wants[first];
        weir_lanes lanes;
        for (unsigned i = 0; i < used; i++) {
            lanes.at[i] = base + wants[i].at;
            lanes.len[i] = wants[i].len;
        }
        weir_lanes_best()->read(&lanes, used);
        for (unsigned i = 0; i < used; i++)
            if (!put_lane(&wants[i], numbers->wide >> (first + i) & 1, &lanes, i, base, out))
                return false;
    }
    return true;
}

static bool is_supported(void)
{
    return true;
}

const weir_fixed_variant weir_fixed_plain = {
    "plain", is_supported, weir_fixed_read_all, weir_fixed_read_all, {{{NULL}}}};

/* ------------------------------------------------------------------ which way */

const weir_fixed_variant *const weir_fixed_variants[] = {
#if defined(__x86_64__)
    &weir_fixed_avx2,
#endif
    &weir_fixed_plain,
    NULL,
};

static _Atomic(const weir_fixed_variant *) chosen;

void weir_fixed_choose(const weir_fixed_variant *variant)
{
    atomic_store_explicit(&chosen, variant, memory_order_relaxed);
}

static const weir_fixed_variant *best(void)
{
    const weir_fixed_variant *variant = atomic_load_explicit(&chosen, memory_order_relaxed);
    size_t i = 0;
    while (weir_fixed_variants[i + 1] && !weir_fixed_variants[i]->is_supported())
        i++;
    return variant ? variant : weir_fixed_variants[i];
}

void weir_fixed_prepare(weir_fixed_numbers *numbers, weir_lanes *lanes)
{
    enum { ALL = (1 << WEIR_LANES) - 1 };
    write_groups(numbers, best());
    for (unsigned i = 0; lanes && i < WEIR_FIXED_MAX / WEIR_LANES; i++) {
        lanes[i].is_real = lanes[i].is_json = numbers->lanes >> i * WEIR_LANES & ALL;
        lanes[i].is_whole = numbers->whole_lanes >> i * WEIR_LANES & ALL;
    }
}

size_t weir_fixed_size(const weir_fixed_numbers *numbers)
{
    const bool is_grouped =
        numbers->wide == 0 && numbers->groups[numbers->end].step != weir_fixed_read_all;
    return is_grouped ? (numbers->end + 1) * sizeof *numbers->groups : sizeof *numbers;
}
