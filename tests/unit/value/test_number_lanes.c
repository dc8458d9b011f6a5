/* SPDX-License-Identifier: MIT */
/* Numbers several at a time: whatever a lane says it has read is what util/number.h reads, and the
 * numbers of feeds are all read. */
#include "value/number_lanes.h"

#include "util/number.h"
#include "weir_check.h"

enum { ROUNDS = 20000, ROOM = 32 + 64 };

static uint64_t state = 88172645463325252u;

static unsigned random_below(unsigned bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % bound;
}

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
        ck_assert_msg(real == lanes->real[i], "%s: %.*s is %.17g", name, WEIR_FMT(text),
                      lanes->real[i]);
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
        "61685.33000000", "0.00041000", "3735693016", "1", "0", "0.5", "126.55", "1723161601437"};
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

/* How many levels are read, whatever the order of calls, and that each is right. */
START_TEST(bare_levels_stop_at_what_is_not_one)
{
    static const struct {
        const char *text;
        size_t count;
        double prices[3];
    } cases[] = {
        {"[[1.5,2],[1.25,3],[0.125,4]]", 3, {1.5, 1.25, 0.125}},
        {"[[1.3261E-4,150048.0754],[9.121e-7,1]]", 2, {1.3261e-4, 9.121e-7}},
        {"[[1,2],[1,2,3]]", 1, {1}},
        {"[[1,2],[1]]", 1, {1}},
        {"[[1,2],[\"1\",2]]", 1, {1}},
        {"[[1,2],[1,2] ]", 2, {1, 1}},
        {"[[]]", 0, {0}},
    };
    static char room[128 + 64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t v = 0; weir_lanes_variants[v]; v++) {
            weir_level levels[3];
            if (!weir_lanes_variants[v]->is_supported())
                continue;
            memset(room, '7', sizeof room);
            memcpy(room, cases[i].text, strlen(cases[i].text));
            const char *at = room + 1;
            size_t done = 0;
            while (done < 3 && weir_lanes_variants[v]->bare_levels(&at, levels + done, 1) == 1)
                done++;
            ck_assert_msg(done == cases[i].count, "%s: %s: %zu", weir_lanes_variants[v]->name,
                          cases[i].text, done);
            for (size_t k = 0; k < done; k++)
                ck_assert(levels[k].price == cases[i].prices[k]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number_lanes");
    weir_check_case(suite, "lanes", a_lane_reads_what_the_scanner_reads,
                    the_numbers_of_feeds_are_read, what_a_double_cannot_hold_is_not_read,
                    levels_are_read_in_any_number, bare_levels_stop_at_what_is_not_one);
    return weir_check_run(suite);
}
