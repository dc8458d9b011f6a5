/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "runtime/asset_map.h"
#include "weir_check.h"

enum { ASSETS = 5000 };

static weir_asset *make_assets(void)
{
    weir_asset *assets = calloc(ASSETS, sizeof *assets);
    ck_assert_ptr_nonnull(assets);
    for (size_t i = 0; i < ASSETS; i++)
        assets[i].id = (uint32_t)(i * 400); /* up to the most that there may be */
    return assets;
}

START_TEST(an_asset_has_the_number_that_it_was_given)
{
    weir_asset *assets = make_assets();
    weir_asset_map map = {0};
    ck_assert_ptr_null(weir_asset_map_find(&map, &assets[0]));
    for (size_t i = 0; i < ASSETS; i++) {
        weir_asset_entry *entry = weir_asset_map_make(&map, &assets[i]);
        ck_assert_int_eq(entry->number, 0);
        entry->number = (int64_t)i + 1;
    }
    for (size_t i = 0; i < ASSETS; i++)
        ck_assert_int_eq(weir_asset_map_find(&map, &assets[i])->number, (int64_t)i + 1);
    const weir_asset stranger = {.id = 7};
    ck_assert_ptr_null(weir_asset_map_find(&map, &stranger));
    weir_asset_map_fini(&map);
    free(assets);
}
END_TEST

START_TEST(room_is_that_of_those_that_are_there_not_of_ids_nor_of_those_that_were)
{
    weir_asset *assets = make_assets();
    weir_asset_map map = {0};
    for (size_t i = 0; i < ASSETS; i++) {
        weir_asset_map_make(&map, &assets[i])->number = 1;
        if (i >= 10)
            weir_asset_map_find(&map, &assets[i - 10])->number = 0;
    }
    ck_assert_uint_le(map.cap, 64);
    for (size_t i = 0; i < ASSETS; i++) {
        const weir_asset_entry *entry = weir_asset_map_find(&map, &assets[i]);
        ck_assert_int_eq(entry ? entry->number : 0, i >= ASSETS - 10);
    }
    weir_asset_map_fini(&map);
    free(assets);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("asset_map");
    weir_check_case(suite, "map", an_asset_has_the_number_that_it_was_given,
                    room_is_that_of_those_that_are_there_not_of_ids_nor_of_those_that_were);
    return weir_check_run(suite);
}
