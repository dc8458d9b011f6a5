/* SPDX-License-Identifier: MIT */
/* Numbers of known places are what the C library and the lanes read, whatever their digits are. */
#include <math.h>

#include "value/fixed_numbers.h"

#include "random_below.h"
#include "util/number.h"
#include "weir_check.h"

enum { LAYOUTS = 4000, TEXTS = 6, BOTH = WEIR_FIXED_MAX / WEIR_LANES };

/* ------------------------------------------------------------------ layouts */

typedef struct expectation {
    bool is_added, needs_real, needs_whole, has_point;
    uint32_t at, len;
} expectation;

typedef struct layout {
    char text[2048];
    uint32_t len;
    expectation lanes[WEIR_FIXED_MAX];
} layout;

/* All of its digits anew; the first of several whole ones stays one that may be there. */
static void vary(layout *l)
{
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        const expectation *e = &l->lanes[i];
        char *text = l->text + e->at;
        const uint32_t sign = *text == '-', kind = random_below(8);
        for (uint32_t k = sign; k < e->len; k++) {
            const bool is_digit = text[k] >= '0' && text[k] <= '9';
            const bool is_first = k == sign && k + 1 < e->len && text[k + 1] != '.';
            const unsigned digit = kind == 0 ? 0 : kind == 1 ? 9 : random_below(10);
            if (is_digit)
                text[k] = (char)('0' + (is_first && digit == 0 ? 1 + random_below(9) : digit));
        }
    }
}

/* A number without its digits. */
static uint32_t write_form(char *to, unsigned digits, unsigned decimals, bool is_negative)
{
    uint32_t len = 0;
    if (is_negative)
        to[len++] = '-';
    for (unsigned i = 0; i < digits; i++) {
        if (i > 0 && i == digits - decimals)
            to[len++] = '.';
        to[len++] = '1';
    }
    return len;
}

static void random_layout(layout *l, unsigned most_digits)
{
    static const char between[] = "\",:[]{} az-.059";
    *l = (layout){.len = random_below(20)};
    const unsigned density = 1 + random_below(4);
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        expectation *e = &l->lanes[i];
        const unsigned digits = 1 + random_below(most_digits);
        const unsigned decimals = random_below(3) ? random_below(digits) : 0;
        for (unsigned gap = 1 + random_below(6); gap > 0; gap--)
            l->text[l->len++] = between[random_below(sizeof between - 1)];
        e->is_added = random_below(4) < density;
        e->has_point = decimals > 0;
        e->needs_whole = !e->has_point && random_below(2);
        e->needs_real = e->has_point || random_below(2);
        e->at = l->len;
        e->len = write_form(l->text + l->len, digits, decimals, random_below(4) == 0);
        l->len += e->len;
    }
    memset(l->text + l->len, "9.,\"-"[random_below(5)], 16);
    vary(l);
}

/* ------------------------------------------------------------------ what is expected */

/* Check writes down every assertion: what is asked often is only asserted when it fails. */
static void check_lane(const layout *l, unsigned i, const weir_lanes *both, const char *name)
{
    const expectation *e = &l->lanes[i];
    const weir_lanes *lanes = &both[i / WEIR_LANES];
    const unsigned lane = i % WEIR_LANES;
    char text[WEIR_FIXED_LEN_MAX + 1] = "";
    memcpy(text, l->text + e->at, e->len);
    const double real = strtod(text, NULL);
    const bool is_whole = lanes->is_whole >> lane & 1;
    if (!(lanes->is_json >> lane & lanes->is_real >> lane & 1) || (is_whole && e->has_point) ||
        (e->needs_whole && !is_whole))
        ck_abort_msg("%s: masks of %s", name, text);
    if (e->needs_real && memcmp(&lanes->real[lane], &real, sizeof real) != 0)
        ck_abort_msg("%s: %s is %.17g", name, text, lanes->real[lane]);
    if (e->needs_whole && lanes->whole[lane] != strtoll(text, NULL, 10))
        ck_abort_msg("%s: %s is %lld", name, text, (long long)lanes->whole[lane]);
}

/* A whole number that is asked for is too large for one. */
static bool is_too_large(const layout *l)
{
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        const expectation *e = &l->lanes[i];
        int64_t whole;
        if (e->is_added && e->needs_whole &&
            weir_int_parse_json((weir_str){l->text + e->at, e->len}, &whole) != WEIR_INT_OK)
            return true;
    }
    return false;
}

/* What the lanes say of the same texts; they may leave long ones. */
static void check_against_lanes(const layout *l, const weir_lanes *both, const char *name)
{
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        const expectation *e = &l->lanes[i];
        const unsigned lane = i % WEIR_LANES;
        const weir_lanes *found = &both[i / WEIR_LANES];
        weir_lanes lanes = {.at = {l->text + e->at}, .len = {e->len}};
        if (!e->is_added)
            continue;
        weir_lanes_best()->read(&lanes, 1);
        const double real = found->real[lane];
        if ((e->needs_real && lanes.is_real & 1 && memcmp(lanes.real, &real, sizeof real) != 0) ||
            (e->needs_whole && lanes.is_whole & 1 && lanes.whole[0] != found->whole[lane]) ||
            (e->len <= WEIR_LANE_TEXT_MAX && lanes.is_whole & ~(found->is_whole >> lane) & 1))
            ck_abort_msg("%s: %.*s, in lanes", name, (int)e->len, lanes.at[0]);
    }
}

/* The way that works everywhere is one over those. */
static const weir_lanes_variant *random_lanes(void)
{
    const weir_lanes_variant *variant = weir_lanes_variants[random_below(2)];
    return variant && variant->is_supported() ? variant : &weir_lanes_plain;
}

static void check_layout(layout *l, const weir_fixed_variant *variant)
{
    weir_fixed_numbers numbers = {0};
    weir_lanes lanes[BOTH] = {0};
    weir_fixed_choose(variant);
    weir_lanes_choose(random_lanes());
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        expectation *e = &l->lanes[i];
        if (e->is_added)
            e->is_added = weir_fixed_add(&numbers, i, l->text + e->at, e->at, e->len, e->needs_real,
                                         e->needs_whole);
    }
    weir_fixed_prepare(&numbers, lanes);
    for (unsigned n = 0; n < TEXTS; n++) {
        const bool is_read = weir_fixed_read(&numbers, l->text, lanes);
        if (is_read == is_too_large(l))
            ck_abort_msg("%s: %s", variant->name, l->text);
        for (unsigned i = 0; is_read && i < WEIR_FIXED_MAX; i++)
            if (l->lanes[i].is_added)
                check_lane(l, i, lanes, variant->name);
        if (is_read)
            check_against_lanes(l, lanes, variant->name);
        vary(l);
    }
    weir_fixed_choose(NULL);
}

static void check_layouts(unsigned most_digits)
{
    static layout l;
    for (size_t v = 0; weir_fixed_variants[v]; v++) {
        if (!weir_fixed_variants[v]->is_supported())
            continue;
        for (int n = 0; n < LAYOUTS; n++) {
            random_layout(&l, most_digits);
            check_layout(&l, weir_fixed_variants[v]);
        }
    }
}

START_TEST(short_numbers_are_what_the_library_reads)
{
    check_layouts(8);
}
END_TEST

START_TEST(numbers_of_a_window_are_what_the_library_reads)
{
    check_layouts(16);
}
END_TEST

START_TEST(longer_numbers_are_what_the_library_reads)
{
    check_layouts(30);
}
END_TEST

/* ------------------------------------------------------------------ each form */

/* `count` times the same form in lanes from `first` on. */
static void check_form(unsigned digits, unsigned decimals, bool is_negative, unsigned first,
                       unsigned count)
{
    static layout l;
    l = (layout){.len = 1};
    for (unsigned i = first; i < first + count; i++) {
        expectation *e = &l.lanes[i];
        *e = (expectation){.is_added = true,
                           .needs_real = true,
                           .needs_whole = decimals == 0 && i % 2,
                           .has_point = decimals > 0,
                           .at = l.len};
        e->len = write_form(l.text + l.len, digits, decimals, is_negative);
        l.len += e->len + 1;
    }
    for (size_t v = 0; weir_fixed_variants[v]; v++) {
        if (!weir_fixed_variants[v]->is_supported())
            continue;
        vary(&l);
        check_layout(&l, weir_fixed_variants[v]);
    }
}

START_TEST(each_form_is_read_in_each_lane)
{
    for (unsigned digits = 1; digits <= 19; digits++)
        for (unsigned decimals = 0; decimals < digits; decimals++)
            for (unsigned first = 0; first < WEIR_FIXED_MAX; first++)
                for (unsigned count = 1; first + count <= WEIR_FIXED_MAX && count <= 5; count++)
                    check_form(digits, decimals, (first + count) % 2, first, count);
}
END_TEST

/* ------------------------------------------------------------------ anywhere */

enum { SLOTS = 2 * WEIR_FIXED_WANTS_MAX, UNUSED = 0x5a };

typedef struct wanted {
    weir_fixed_kind kind;
    int64_t scale;
    uint32_t at, len, slot;
} wanted;

typedef struct sheet {
    char text[2048];
    wanted list[WEIR_FIXED_WANTS_MAX];
    size_t count;
} sheet;

static void random_sheet(sheet *s)
{
    static const int64_t scales[] = {1, 1000, 1000000, 1000000000, -7, INT64_MAX};
    const unsigned longest = random_below(3) ? 8 : 20, whole = random_below(4);
    const unsigned gap = random_below(3) ? 1 + random_below(8) : 40;
    uint32_t len = random_below(20);
    *s = (sheet){.count = 1 + random_below(WEIR_FIXED_WANTS_MAX)};
    memset(s->text, '"', sizeof s->text);
    for (size_t i = 0; i < s->count; i++) {
        wanted *w = &s->list[i];
        const unsigned digits = 1 + random_below(longest);
        w->kind = random_below(4) < whole ? 1 + random_below(2) : WEIR_FIXED_REAL;
        const unsigned decimals = w->kind == WEIR_FIXED_REAL ? random_below(digits) : 0;
        w->scale = scales[random_below(16) ? random_below(3) : random_below(6)];
        w->at = len;
        w->len = write_form(s->text + len, digits, decimals, random_below(4) == 0);
        w->slot = (uint32_t)i * 2 + random_below(2);
        len += w->len + gap;
    }
    for (size_t i = 0; i < s->count; i++) { /* where they are says nothing of where they go */
        const size_t k = random_below((unsigned)s->count);
        const uint32_t slot = s->list[i].slot;
        s->list[i].slot = s->list[k].slot;
        s->list[k].slot = slot;
    }
}

static void vary_sheet(sheet *s)
{
    static layout l;
    for (size_t i = 0; i < s->count; i += WEIR_FIXED_MAX) {
        l = (layout){.len = 0};
        memcpy(l.text, s->text, sizeof s->text);
        for (size_t k = i; k < s->count && k < i + WEIR_FIXED_MAX; k++)
            l.lanes[k - i] = (expectation){.at = s->list[k].at, .len = s->list[k].len};
        vary(&l);
        memcpy(s->text, l.text, sizeof s->text);
    }
}

/* What should stand there. False: nothing should have been read. */
static bool expect(const sheet *s, char *out)
{
    memset(out, UNUSED, SLOTS * sizeof(double));
    for (size_t i = 0; i < s->count; i++) {
        const wanted *w = &s->list[i];
        const weir_str text = {s->text + w->at, w->len};
        double real;
        int64_t whole;
        if (w->kind == WEIR_FIXED_REAL) {
            if (!weir_double_parse_json(text, &real))
                return false;
            memcpy(out + w->slot * sizeof real, &real, sizeof real);
            continue;
        }
        if (weir_int_parse_json(text, &whole) != WEIR_INT_OK ||
            (w->kind == WEIR_FIXED_SCALED && __builtin_mul_overflow(whole, w->scale, &whole)))
            return false;
        memcpy(out + w->slot * sizeof whole, &whole, sizeof whole);
    }
    return true;
}

static void check_sheet(sheet *s, const weir_fixed_variant *variant)
{
    weir_fixed_numbers numbers = {0};
    char out[SLOTS * sizeof(double)], expected[sizeof out];
    for (size_t i = 0; i < s->count; i++) {
        const wanted *w = &s->list[i];
        const bool is_put = weir_fixed_put(&numbers, s->text + w->at, w->at, w->len, w->kind,
                                           w->scale, w->slot * (uint32_t)sizeof(double));
        if (!is_put && (w->kind == WEIR_FIXED_REAL || w->len < 20))
            ck_abort_msg("%.*s is not taken", (int)w->len, s->text + w->at);
        if (!is_put)
            return;
    }
    weir_fixed_choose(variant);
    weir_fixed_prepare(&numbers, NULL);
    weir_fixed_choose(NULL);
    for (unsigned n = 0; n < TEXTS; n++) {
        memset(out, UNUSED, sizeof out);
        const bool is_read = weir_fixed_read(&numbers, s->text, out);
        if (is_read != expect(s, expected) || (is_read && memcmp(out, expected, sizeof out) != 0))
            ck_abort_msg("%s, %zu: %.300s", variant->name, s->count, s->text);
        vary_sheet(s);
    }
}

START_TEST(each_number_goes_where_it_is_wanted_and_nowhere_else)
{
    static sheet s;
    for (size_t v = 0; weir_fixed_variants[v]; v++) {
        if (!weir_fixed_variants[v]->is_supported())
            continue;
        for (int n = 0; n < 3 * LAYOUTS; n++) {
            random_sheet(&s);
            vary_sheet(&s);
            check_sheet(&s, weir_fixed_variants[v]);
        }
    }
}
END_TEST

/* Windows of two numbers are loaded together; they do not begin before the text. */
START_TEST(nothing_is_read_before_the_base_nor_far_behind_a_number)
{
    enum { BEHIND = 16 };
    for (uint32_t first = 1; first <= 16; first++) {
        for (uint32_t second = 1; second <= 16; second++) {
            for (uint32_t gap = 1; gap < 20; gap++) {
                const uint32_t at = first + gap;
                weir_fixed_numbers numbers = {0};
                double out[2] = {0};
                char *text = malloc(at + (second > BEHIND ? second : BEHIND));
                memset(text, '"', at + (second > BEHIND ? second : BEHIND));
                memset(text, '1', first);
                memset(text + at, '1', second);
                ck_assert(weir_fixed_put(&numbers, text, 0, first, WEIR_FIXED_WHOLE, 1, 0) &&
                          weir_fixed_put(&numbers, text + at, at, second, WEIR_FIXED_WHOLE, 1, 8));
                weir_fixed_prepare(&numbers, NULL);
                ck_assert(weir_fixed_read(&numbers, text, out));
                free(text);
            }
        }
    }
}
END_TEST

START_TEST(there_are_not_too_many)
{
    weir_fixed_numbers numbers = {0};
    for (unsigned i = 0; i < WEIR_FIXED_WANTS_MAX; i++)
        ck_assert(weir_fixed_put(&numbers, "-12", 0, 3, WEIR_FIXED_REAL, 0, 8 * i));
    ck_assert(!weir_fixed_put(&numbers, "-12", 0, 3, WEIR_FIXED_REAL, 0, 0));
}
END_TEST

static bool is_taken(const char *text, bool needs_real, bool needs_whole)
{
    weir_fixed_numbers numbers = {0};
    return weir_fixed_add(&numbers, 3, text, 0, (uint32_t)strlen(text), needs_real, needs_whole);
}

START_TEST(what_cannot_be_read_is_not_taken)
{
    static const char *const bad[] = {"",    "-",    ".5",  "5.",   "-.5",   "+1",   "01",
                                      "-01", "00.5", "1e5", "1E-7", "1.2.3", "1-2",  "NaN",
                                      "1 ",  " 1",   "0x1", "--1",  "1,5",   "\"1\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!is_taken(bad[i], true, false), "%s", bad[i]);
    ck_assert(is_taken("-0", true, true));
    ck_assert(is_taken("1.5", true, false));
    ck_assert(is_taken("1.5", true, true));
    ck_assert(!is_taken("1.5", false, true));
    ck_assert(is_taken("1.5", false, false));
    ck_assert(is_taken("1723161601437123456", false, true));
    ck_assert(!is_taken("17231616014371234567", false, true));
    ck_assert(is_taken("17231616014371234567", true, false));
    ck_assert(!is_taken("123456789.12345678901234567890123456789012345678901234567890123456", true,
                        false));
}
END_TEST

START_TEST(a_lane_has_one_number)
{
    weir_fixed_numbers numbers = {0};
    ck_assert(weir_fixed_add(&numbers, 15, "1", 0, 1, true, false));
    ck_assert(!weir_fixed_add(&numbers, 15, "2", 8, 1, true, false));
    ck_assert(!weir_fixed_add(&numbers, WEIR_FIXED_MAX, "2", 8, 1, true, false));
}
END_TEST

/* -0.00 is a negative double; as a whole number -0 is 0. */
START_TEST(zero_has_a_sign)
{
    static const char text[64] = "-0.00,-0,0.0";
    for (size_t v = 0; weir_fixed_variants[v]; v++) {
        weir_fixed_numbers numbers = {0};
        weir_lanes lanes[BOTH] = {0};
        if (!weir_fixed_variants[v]->is_supported())
            continue;
        weir_fixed_choose(weir_fixed_variants[v]);
        ck_assert(weir_fixed_add(&numbers, 0, text, 0, 5, true, false));
        ck_assert(weir_fixed_add(&numbers, 1, text + 6, 6, 2, true, true));
        ck_assert(weir_fixed_add(&numbers, 2, text + 9, 9, 3, true, false));
        weir_fixed_prepare(&numbers, lanes);
        lanes[0].whole[1] = 7;
        ck_assert(weir_fixed_read(&numbers, text, lanes));
        ck_assert(lanes[0].real[0] == 0 && signbit(lanes[0].real[0]));
        ck_assert(lanes[0].real[1] == 0 && signbit(lanes[0].real[1]));
        ck_assert(lanes[0].real[2] == 0 && !signbit(lanes[0].real[2]));
        ck_assert(lanes[0].whole[1] == 0);
        ck_assert_uint_eq(lanes[0].is_whole, 2);
    }
    weir_fixed_choose(NULL);
}
END_TEST

START_TEST(none_are_read_of_none)
{
    for (size_t v = 0; weir_fixed_variants[v]; v++) {
        weir_fixed_numbers numbers = {0};
        weir_lanes lanes[BOTH] = {0}, before[BOTH];
        if (!weir_fixed_variants[v]->is_supported())
            continue;
        weir_fixed_choose(weir_fixed_variants[v]);
        weir_fixed_prepare(&numbers, lanes);
        memcpy(before, lanes, sizeof lanes);
        ck_assert(weir_fixed_read(&numbers, "", lanes));
        ck_assert(memcmp(before[0].real, lanes[0].real, sizeof lanes[0].real) == 0);
        ck_assert_uint_eq(lanes[0].is_real | lanes[1].is_real, 0);
    }
    weir_fixed_choose(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fixed_numbers");
    weir_check_case(suite, "fixed", short_numbers_are_what_the_library_reads,
                    numbers_of_a_window_are_what_the_library_reads,
                    longer_numbers_are_what_the_library_reads, each_form_is_read_in_each_lane,
                    each_number_goes_where_it_is_wanted_and_nowhere_else,
                    nothing_is_read_before_the_base_nor_far_behind_a_number, there_are_not_too_many,
                    what_cannot_be_read_is_not_taken, a_lane_has_one_number, zero_has_a_sign,
                    none_are_read_of_none);
    return weir_check_run(suite);
}
