/* SPDX-License-Identifier: MIT */
/* Whether a text is ASCII: every implementation that works on this machine sees every byte of it,
 * and none behind it. */
#include "util/ascii.h"

#include <sys/mman.h>
#include <unistd.h>

#include "weir_check.h"

enum { LONGEST = 700 };

/* A page that nothing may be read behind. */
static char *end_of_room(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *room = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(room != MAP_FAILED);
    ck_assert_int_eq(mprotect(room + page, page, PROT_NONE), 0);
    memset(room, 'a', page);
    return room + page;
}

static void judge(const weir_ascii_variant *variant, char *end)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        char *text = end - len;
        ck_assert_msg(variant->is_ascii(text, len), "%s, %zu", variant->name, len);
        if (len < LONGEST) {
            text[-1] = '\xff'; /* before it */
            ck_assert_msg(variant->is_ascii(text, len), "%s, %zu", variant->name, len);
            text[-1] = 'a';
        }
        for (size_t at = 0; at < len; at += len < 140 ? 1 : 17) {
            text[at] = '\x80';
            ck_assert_msg(!variant->is_ascii(text, len), "%s, %zu of %zu", variant->name, at, len);
            text[at] = '\x7f';
            ck_assert_msg(variant->is_ascii(text, len), "%s, %zu of %zu", variant->name, at, len);
        }
    }
}

START_TEST(every_byte_counts_and_none_behind)
{
    char *end = end_of_room();
    for (size_t i = 0; weir_ascii_variants[i]; i++)
        if (weir_ascii_variants[i]->is_supported())
            judge(weir_ascii_variants[i], end);
}
END_TEST

START_TEST(one_is_chosen_for_all_texts)
{
    ck_assert(weir_is_ascii((weir_str){NULL, 0}));
    ck_assert(weir_is_ascii(WEIR_STR("plain")));
    ck_assert(!weir_is_ascii(WEIR_STR("na\xc3\xafve")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ascii");
    weir_check_case(suite, "ascii", every_byte_counts_and_none_behind, one_is_chosen_for_all_texts);
    return weir_check_run(suite);
}
