/* SPDX-License-Identifier: MIT */
/* Numbers several at a time: whatever a lane says it has read is what util/number.h reads, and the
 * numbers of feeds are all read. */
#include <math.h>

#include "value/json_read.h"
#include "value/json_scan.h"
#include "value/number_lanes.h"

#include "random_below.h"
#include "util/number.h"
#include "weir_check.h"

enum { ROUNDS = 20000, ROOM = 32 + 64 };

static uint32_t random_text(char *room)
{
    static const char letters[] = "0123456789012345678901234567890123456789.....-eE+ x";
    const unsigned kinds = random_below(3) == 0 ? sizeof letters - 1 : 41;
    const uint32_t len = random_below(20);
    for (int i = 0; i < ROOM; i++)
        room[i] = letters[random_below(kinds)];
    return len;
}

static void check_lane(const weir_lanes *lanes, unsigned i, const char *name)
{
    const weir_str text = {lanes->at[i], lanes->len[i]};
    double real;
    int64_t whole;
    if (lanes->is_real >> i & 1) {
        ck_assert_msg(weir_double_parse(text, &real), "%s: %.*s", name, WEIR_FMT(text));
        ck_assert_msg(real == lanes->real[i] && !signbit(real) == !signbit(lanes->real[i]),
                      "%s: %.*s is %.17g", name, WEIR_FMT(text), lanes->real[i]);
    }
    if (lanes->is_whole >> i & 1) {
        ck_assert_int_eq(weir_int_parse(text, &whole), WEIR_INT_OK);
        ck_assert_int_eq(whole, lanes->whole[i]);
    }
}

START_TEST(a_lane_reads_what_the_scanner_reads)
{
    static char rooms[WEIR_LANES][ROOM];
    for (int n = 0; n < ROUNDS; n++) {
        const unsigned used = 1 + random_below(WEIR_LANES);
        for (size_t v = 0; weir_lanes_variants[v]; v++) {
            weir_lanes lanes = {0};
            if (!weir_lanes_variants[v]->is_supported())
                continue;
            for (unsigned i = 0; i < WEIR_LANES; i++) {
                lanes.at[i] = i < used ? rooms[i] : weir_lane_zero;
                lanes.len[i] = i < used ? random_text(rooms[i]) : 0;
            }
            weir_lanes_variants[v]->read(&lanes, used);
            for (unsigned i = 0; i < used; i++)
                check_lane(&lanes, i, weir_lanes_variants[v]->name);
        }
    }
}
END_TEST

START_TEST(the_numbers_of_feeds_are_read)
{
    static const char *const texts[] = {
        "61685.33000000", "0.00041000", "3735693016", "1", "0", "0.5", "126.55", "-582897163"};
    static char rooms[WEIR_LANES][ROOM];
    for (size_t v = 0; weir_lanes_variants[v]; v++) {
        weir_lanes lanes = {0};
        if (!weir_lanes_variants[v]->is_supported())
            continue;
        for (unsigned i = 0; i < WEIR_LANES; i++) {
            lanes.at[i] = rooms[i];
            lanes.len[i] = (uint32_t)snprintf(rooms[i], ROOM, "%s", texts[i]);
        }
        weir_lanes_variants[v]->read(&lanes, WEIR_LANES);
        ck_assert_uint_eq(lanes.is_real, 0xff);
        ck_assert_uint_eq(lanes.is_whole, 0x9c);
        for (unsigned i = 0; i < WEIR_LANES; i++)
            check_lane(&lanes, i, weir_lanes_variants[v]->name);
    }
}
END_TEST

/* Every number of 2^53 and its neighbours, where a double begins to round. */
START_TEST(what_a_double_cannot_hold_is_not_read)
{
    static char room[ROOM];
    for (size_t v = 0; weir_lanes_variants[v]; v++) {
        if (!weir_lanes_variants[v]->is_supported())
            continue;
        for (int n = -3; n <= 3; n++) {
            weir_lanes lanes = {0};
            for (unsigned i = 1; i < WEIR_LANES; i++)
                lanes.at[i] = weir_lane_zero;
            lanes.at[0] = room;
            lanes.len[0] = (uint32_t)snprintf(room, sizeof room, "%lld", (1LL << 53) + n);
            weir_lanes_variants[v]->read(&lanes, 1);
            check_lane(&lanes, 0, weir_lanes_variants[v]->name);
            ck_assert_uint_eq(lanes.is_whole & 1, 1);
        }
    }
}
END_TEST

/* What RFC 8259 calls a number, by the two readers that take one alone. */
static bool is_json_for_lanes(weir_str text)
{
    double real;
    uint8_t flags;
    weir_scan scan = {text.ptr + text.len, NULL, NULL};
    const bool is_json = weir_double_parse_json(text, &real);
    const char *end = text.len ? weir_scan_number(&scan, text.ptr, &flags) : NULL;
    ck_assert_msg(is_json == (end == text.ptr + text.len), "%.*s", WEIR_FMT(text));
    return is_json && text.len <= WEIR_LANE_TEXT_MAX && !memchr(text.ptr, 'e', text.len);
}

/* Beside numbers that are all of the common kind, `used` in all. */
static void check_grammar_of_few(const weir_lanes_variant *variant, unsigned used, weir_str text,
                                 bool is_json)
{
    static char beside[ROOM] = "-12.5,";
    weir_lanes lanes = {0};
    const unsigned lane = (unsigned)text.len % used;
    for (unsigned i = 0; i < used; i++) {
        lanes.at[i] = i == lane ? text.ptr : beside;
        lanes.len[i] = i == lane ? (uint32_t)text.len : 5;
    }
    variant->read(&lanes, used);
    ck_assert_msg((lanes.is_json >> lane & 1) == is_json, "%s, %u: %.*s", variant->name, used,
                  WEIR_FMT(text));
    check_lane(&lanes, lane, variant->name);
    ck_assert(used == 1 || (lanes.is_real >> (lane == 0) & 1));
}

/* The same text is in one lane, and others stand beside it. */
static void check_grammar(const char *text, uint32_t len)
{
    static char room[ROOM];
    static const char beside[ROOM] = "0123456789.-0.1";
    static unsigned turn;
    const unsigned lane = turn++ % WEIR_LANES;
    memset(room, "07.-e "[turn % 6], sizeof room);
    memcpy(room, text, len);
    const bool is_json = is_json_for_lanes((weir_str){room, len});
    for (size_t v = 0; weir_lanes_variants[v]; v++) {
        weir_lanes lanes = {0};
        if (!weir_lanes_variants[v]->is_supported())
            continue;
        for (unsigned i = 0; i < WEIR_LANES; i++) {
            lanes.at[i] = i == lane ? room : beside + turn % 8;
            lanes.len[i] = i == lane ? len : turn % 9;
        }
        weir_lanes_variants[v]->read(&lanes, WEIR_LANES);
        ck_assert_msg((lanes.is_json >> lane & 1) == is_json, "%s: %.*s",
                      weir_lanes_variants[v]->name, (int)len, room);
        check_lane(&lanes, lane, weir_lanes_variants[v]->name);
        check_grammar_of_few(weir_lanes_variants[v], 1 + turn / WEIR_LANES % 6,
                             (weir_str){room, len}, is_json);
    }
}

START_TEST(a_lane_knows_the_grammar_of_json)
{
    static const char letters[] = "019.-e+";
    enum { KINDS = sizeof letters - 1, LONGEST = 5 };
    char text[20];
    for (uint32_t len = 0, count = 1; len <= LONGEST; len++, count *= KINDS) {
        for (uint32_t n = 0; n < count; n++) {
            for (uint32_t i = 0, rest = n; i < len; i++, rest /= KINDS)
                text[i] = letters[rest % KINDS];
            check_grammar(text, len);
        }
    }
    for (int n = 0; n < 4 * ROUNDS; n++) {
        const unsigned kinds = random_below(8) ? 4 : KINDS;
        const uint32_t len = random_below(sizeof text);
        for (uint32_t i = 0; i < len; i++)
            text[i] =
                random_below(5) ? (char)('0' + random_below(10)) : letters[random_below(kinds)];
        if (random_below(4) == 0)
            text[0] = '-';
        check_grammar(text, len);
    }
}
END_TEST

static size_t random_levels(char *text, uint32_t *quotes, size_t count)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; i < count * 2; i++) {
        quotes[at++] = (uint32_t)len;
        text[len++] = '"';
        len += (size_t)sprintf(text + len, "%.*f", (int)random_below(9),
                               (double)random_below(100000000) / 1000);
        quotes[at++] = (uint32_t)len;
        text[len++] = '"';
        text[len++] = ',';
    }
    return len;
}

START_TEST(levels_are_read_in_any_number)
{
    static char text[64 * 40];
    uint32_t quotes[4 * 32];
    for (size_t count = 1; count < 32; count++) {
        memset(text, 0, sizeof text);
        random_levels(text, quotes, count);
        for (size_t v = 0; weir_lanes_variants[v]; v++) {
            weir_level levels[33] = {[32] = {-1, -1}};
            if (!weir_lanes_variants[v]->is_supported())
                continue;
            levels[count] = (weir_level){-1, -1};
            ck_assert_uint_eq(weir_lanes_variants[v]->levels(text, quotes, 4, levels, count),
                              count);
            ck_assert(levels[count].price == -1 && levels[count].size == -1);
            for (size_t i = 0; i < count; i++) {
                ck_assert(levels[i].price == strtod(text + quotes[4 * i] + 1, NULL));
                ck_assert(levels[i].size == strtod(text + quotes[4 * i + 2] + 1, NULL));
            }
        }
    }
}
END_TEST

/* The same texts as price and size of a single level, and of the last of three. */
static void check_level(const weir_lanes_variant *variant, const char *const pair[2])
{
    static char text[256];
    uint32_t quotes[12];
    size_t len = 0, at = 0;
    memset(text, 0, sizeof text);
    for (size_t k = 0; k < 6; k++) {
        quotes[at++] = (uint32_t)len;
        len += (size_t)sprintf(text + len, "\"%s\"", k < 4 ? "1" : pair[k - 4]);
        quotes[at++] = (uint32_t)len - 1;
    }
    weir_level is = {0}, levels[4] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    const bool is_number = weir_double_parse(weir_str_of(pair[0]), &is.price) &&
                           weir_double_parse(weir_str_of(pair[1]), &is.size);
    bool is_common = true;
    for (size_t i = 0; i < 2; i++)
        is_common &= strlen(pair[i]) < 15 && !strpbrk(pair[i], "-+e_n") && pair[i][0] != '.' &&
                     pair[i][strlen(pair[i]) - 1] != '.';
    const size_t single = variant->levels(text, quotes + 8, 4, levels, 1);
    ck_assert(levels[1].price == -1 && levels[1].size == -1);
    const bool may_leave = !is_number || !is_common || variant == &weir_lanes_plain;
    ck_assert_msg(single == 1 ? is_number : may_leave, "%s %s %s", variant->name, pair[0], pair[1]);
    ck_assert(single == 0 || (levels[0].price == is.price && levels[0].size == is.size));
    const size_t three = variant->levels(text, quotes, 4, levels, 3);
    ck_assert_msg(three == 3 ? is_number : three >= 1 && may_leave, "%s %s %s", variant->name,
                  pair[0], pair[1]);
    ck_assert(levels[3].price == -1 && levels[3].size == -1);
    ck_assert(three < 3 || (levels[2].price == is.price && levels[2].size == is.size));
}

START_TEST(a_level_is_read_alone_as_among_others)
{
    static char list[] =
        "0 1.5 .5 5. . .. 1.2.3 -1 1e5 0x1 007 a 1a / : 1: 1/2 123456 1_0 +1 0.000 "
        "nan 1,5 1;5 9007199254740992 9007199254740993 9999999999999999 "
        "0.12345678901234 123456789012345.6 12345678901234567 "
        ".123456789012345 123456789012345.";
    const char *texts[40];
    size_t count = 0;
    for (char *one = strtok(list, " "); one; one = strtok(NULL, " "))
        texts[count++] = one;
    for (size_t i = 0; i < count * count; i++)
        for (size_t v = 0; weir_lanes_variants[v]; v++)
            if (weir_lanes_variants[v]->is_supported())
                check_level(weir_lanes_variants[v],
                            (const char *const[2]){texts[i / count], texts[i % count]});
}
END_TEST

static const char *bare(const weir_lanes_variant *variant, const char *text, size_t len,
                        weir_level *levels, size_t *count)
{
    static uint32_t marks[512 + 64];
    return variant->bare_levels(text + 1, text + len, marks, levels, count);
}

START_TEST(bare_levels_are_lists_of_two_json_numbers)
{
    static const struct {
        const char *text;
        size_t count; /* 0: it is no such list */
        double prices[3];
    } cases[] = {
        {"[[1.5,2],[1.25,3],[0.125,4]]", 3, {1.5, 1.25, 0.125}},
        {"[[1.3261E-4,150048.0754],[9.121e-7,1]]", 2, {1.3261e-4, 9.121e-7}},
        {"[[2E8,3.358149508E7],[0,1e+2],[0e9,1E22]]", 3, {2e8, 0, 0}},
        {"[[-1.5,2],[123456789012345678901234567890,1]]",
         2,
         {-1.5, 123456789012345678901234567890.}},
        {"[[1e-30,2],[1e300,1]]", 2, {1e-30, 1e300}},
        {"[[1,2],[1,2,3]]", 0, {0}},
        {"[[1,2],[1]]", 0, {0}},
        {"[[1,2],[\"1\",2]]", 0, {0}},
        {"[[1,2],[1,2] ]", 0, {0}},
        {"[[1,2],[01,2]]", 0, {0}},
        {"[[1,2],[1.,2]]", 0, {0}},
        {"[[1,2],[.1,2]]", 0, {0}},
        {"[[1,2],[1e,2]]", 0, {0}},
        {"[[1,2],[1e-,2]]", 0, {0}},
        {"[[1,2],[1.2.3,2]]", 0, {0}},
        {"[[1,2],[1-2,2]]", 0, {0}},
        {"[[1,2],[1,]]", 0, {0}},
        {"[[1,2],[1,2]7]", 0, {0}},
        {"[[1,2]7,[1,2]]", 0, {0}},
        {"[[1,2],7[1,2]]", 0, {0}},
        {"[[1,2],]", 0, {0}},
        {"[[1,2]", 0, {0}},
        {"[[]]", 0, {0}},
    };
    static char room[128 + 64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t v = 0; weir_lanes_variants[v]; v++) {
            weir_level levels[16];
            size_t count;
            if (!weir_lanes_variants[v]->is_supported())
                continue;
            const size_t len = strlen(cases[i].text);
            memset(room, '7', sizeof room);
            memcpy(room, cases[i].text, len);
            const char *to = bare(weir_lanes_variants[v], room, len, levels, &count);
            ck_assert_msg(to == (cases[i].count ? room + len : NULL) ||
                              (!cases[i].count && to > room + len),
                          "%s: %s", weir_lanes_variants[v]->name, cases[i].text);
            for (size_t k = 0; k < cases[i].count; k++)
                ck_assert(levels[k].price == cases[i].prices[k]);
            ck_assert(cases[i].count == 0 || count == cases[i].count);
        }
    }
}
END_TEST

static size_t random_number(char *at)
{
    static const char *const forms[] = {"%.0f", "%.2f", "%.8f", "%.3e", "%.1fE5", "%g"};
    const double value = (double)rand() / (1 + rand() % 1000000);
    return (size_t)sprintf(at, forms[rand() % 6], value);
}

static size_t random_bare(char *text, size_t count)
{
    size_t len = 0;
    text[len++] = '[';
    for (size_t i = 0; i < count; i++) {
        text[len++] = '[';
        len += random_number(text + len);
        text[len++] = ',';
        len += random_number(text + len);
        text[len++] = ']';
        text[len++] = i + 1 < count ? ',' : ']';
    }
    return len;
}

/* Right lists, and such with a byte changed: one implementation takes what the others take, and
 * what they take is JSON. */
START_TEST(bare_levels_are_the_same_everywhere)
{
    static const char bytes[] = "[],0123456789.eE-+ \"";
    static char text[512 + 64];
    for (int round = 0; round < 20000; round++) {
        memset(text, ']', sizeof text);
        const size_t count = 1 + (size_t)rand() % 12, len = random_bare(text, count);
        for (int change = rand() % 3; change > 0; change--)
            text[1 + (size_t)rand() % (len - 1)] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        weir_level expected[128], levels[128];
        size_t expected_count, found;
        const char *end = bare(&weir_lanes_plain, text, len, expected, &expected_count);
        for (size_t v = 0; weir_lanes_variants[v]; v++) {
            if (!weir_lanes_variants[v]->is_supported())
                continue;
            const char *to = bare(weir_lanes_variants[v], text, len, levels, &found);
            ck_assert_msg(to == end || ((!to || to > text + len) && (!end || end > text + len)),
                          "%s: %.*s", weir_lanes_variants[v]->name, (int)len, text);
            if (!to || to > text + len)
                continue;
            ck_assert_uint_eq(found, expected_count);
            ck_assert(memcmp(levels, expected, found * sizeof *levels) == 0);
            weir_value whole;
            ck_assert_msg(weir_json_parse((weir_str){text, (size_t)(to - text)}, &whole, NULL),
                          "%.*s", (int)len, text);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number_lanes");
    weir_check_case(suite, "lanes", a_lane_reads_what_the_scanner_reads,
                    the_numbers_of_feeds_are_read, what_a_double_cannot_hold_is_not_read,
                    a_lane_knows_the_grammar_of_json, levels_are_read_in_any_number,
                    a_level_is_read_alone_as_among_others,
                    bare_levels_are_lists_of_two_json_numbers, bare_levels_are_the_same_everywhere);
    return weir_check_run(suite);
}
