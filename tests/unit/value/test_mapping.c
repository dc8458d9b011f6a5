/* SPDX-License-Identifier: MIT */
/* Mappings in both directions. */
#include "value/mapping.h"

#include "value_text.h"

static weir_value text(const char *s)
{
    return weir_value_str(weir_str_of(s));
}

static void check_standard(const weir_mapping *mapping, weir_value broker, const char *expected)
{
    const weir_value *found = weir_mapping_to_standard(mapping, &broker);
    if (!expected) {
        ck_assert_ptr_null(found);
        return;
    }
    ck_assert_ptr_nonnull(found);
    check_text(found, expected);
}

static weir_mapping *order_status(weir_value fallback)
{
    weir_mapping *mapping = weir_mapping_new(arena, WEIR_STR("order_status"), fallback);
    ck_assert_ptr_nonnull(mapping);
    ck_assert(weir_mapping_add(mapping, text("OPEN"), text("new")));
    ck_assert(weir_mapping_add(mapping, text("OPEN"), text("partially_filled")));
    ck_assert(weir_mapping_add(mapping, text("COMPLETE"), text("fil\nled")));
    ck_assert(weir_mapping_add(mapping, text("BUY"), weir_value_int(1)));
    ck_assert(weir_mapping_add(mapping, text("MAKER"), weir_value_bool(true)));
    return mapping;
}

START_TEST(words_are_mapped_both_ways)
{
    weir_mapping *mapping = order_status(weir_value_absent());
    check_standard(mapping, text("partially_filled"), "OPEN");
    check_standard(mapping, parsed("\"new\""), "OPEN");
    check_standard(mapping, parsed("\"fil\\nled\""), "COMPLETE");
    check_standard(mapping, parsed("1"), "BUY");
    weir_value open = text("OPEN");
    check_text(weir_mapping_to_broker(mapping, &open), "new");
    ck_assert(weir_str_is(weir_mapping_name(mapping), "order_status"));
}
END_TEST

START_TEST(words_are_typed)
{
    weir_mapping *mapping = order_status(weir_value_absent());
    check_standard(mapping, text("1"), NULL);
    check_standard(mapping, weir_value_bool(true), "MAKER");
    check_standard(mapping, weir_value_int(1), "BUY");
    check_standard(mapping, weir_value_bool(false), NULL);
}
END_TEST

START_TEST(an_unknown_word_gets_the_fallback_if_there_is_one)
{
    check_standard(order_status(weir_value_absent()), text("gone"), NULL);
    check_standard(order_status(text("OPEN")), text("gone"), "OPEN");
    check_standard(order_status(text("OPEN")), parsed("[1]"), "OPEN");
    weir_value unknown = text("NOPE");
    ck_assert_ptr_null(weir_mapping_to_broker(order_status(text("OPEN")), &unknown));
}
END_TEST

START_TEST(a_venue_word_is_taken_once)
{
    weir_mapping *mapping = order_status(weir_value_absent());
    ck_assert(!weir_mapping_add(mapping, text("REJECTED"), text("new")));
    check_standard(mapping, text("new"), "OPEN");
}
END_TEST

/* As many as make the table of short ones grow to its end, and longer ones; other bytes follow. */
START_TEST(a_word_with_slack_is_known_as_itself)
{
    enum { MANY = 3000, MISSING = 100 };
    weir_mapping *mapping = order_status(text("OPEN"));
    char words[MANY + MISSING][2 * WEIR_SHORT_MAX + WEIR_JSON_SLACK];
    for (int i = 0; i < MANY + MISSING; i++) {
        const int len = snprintf(words[i], sizeof *words, "%s%d", i % 5 ? "w" : "a_long_word_", i);
        memset(words[i] + len + 1, '0' + i % 10, WEIR_SHORT_MAX);
        if (i < MANY)
            ck_assert(weir_mapping_add(mapping, weir_value_int(i), text(words[i])));
    }
    for (int i = 0; i < MANY; i++) {
        const weir_value *found = weir_mapping_known(mapping, words[i], strlen(words[i]));
        ck_assert_ptr_nonnull(found);
        ck_assert_int_eq(found->i, i);
        found = weir_mapping_known(mapping, words[i], strlen(words[i]) + 1);
        check_text(found, "OPEN");
    }
    for (int i = MANY; i < MANY + MISSING; i++)
        check_text(weir_mapping_known(mapping, words[i], strlen(words[i])), "OPEN");
    check_text(weir_mapping_known(mapping, words[0], 0), "OPEN");
}
END_TEST

int main(void)
{
    return run_suite("mapping", words_are_mapped_both_ways, words_are_typed,
                     an_unknown_word_gets_the_fallback_if_there_is_one, a_venue_word_is_taken_once,
                     a_word_with_slack_is_known_as_itself);
}
