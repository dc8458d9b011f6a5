/* SPDX-License-Identifier: MIT */
/* Which texts are of a layout that has been learnt from another, with each kind of instructions;
 * and that these are of the form, too. */
#include "value/gauge.h"

#include "value_text.h"

static weir_projection *projection;
static weir_json_index learnt_index, index_of_text;
static weir_fit fit;
static weir_stencil *stencil;
static weir_gauges gauges;

static weir_gauge *find(weir_str text)
{
    return weir_gauges_find(&gauges, text);
}

/* A form that reads `a`, which has pins or none. */
static void learn_form(weir_str text, const weir_stencil_pin *pins)
{
    projection = weir_projection_new(arena);
    weir_projection_add(projection, &(weir_step){false, 0, {"a", 1}}, 1);
    ck_assert(weir_projection_seal(projection) && weir_json_index_make(&learnt_index, text));
    stencil =
        weir_stencil_learn(&(weir_stencil_lesson){.index = &learnt_index,
                                                  .at = {learnt_index.base, learnt_index.quotes},
                                                  .projection = projection,
                                                  .is_whole = true,
                                                  .rows = WEIR_NO_SLOT,
                                                  .levels = WEIR_NO_SLOT,
                                                  .pins = pins,
                                                  .pin_count = pins ? 1 : 0});
    ck_assert(stencil);
}

static bool is_of_form(weir_json_index *index, weir_str text)
{
    weir_fit_init(&fit);
    if (!weir_json_index_make_plain(index, text))
        return false;
    weir_fit_begin(&fit, index);
    return weir_stencil_fit(stencil, (weir_cursor){index->base, index->quotes}, &fit);
}

/* The text, which has not been found, is seen for the second time. */
static void learn_layout(weir_str text)
{
    weir_fixed_numbers numbers = {.count = 0};
    weir_fixed_prepare(&numbers, NULL);
    ck_assert(is_of_form(&learnt_index, text));
    const weir_gauge_lesson lesson = {.stencil = stencil,
                                      .fit = &fit,
                                      .numbers = &numbers,
                                      .more = "more",
                                      .more_size = sizeof "more"};
    ck_assert(!find(text) && !weir_gauges_is_due(&gauges));
    ck_assert(!find(text) && weir_gauges_is_due(&gauges));
    ck_assert(weir_gauges_learn(&gauges, &lesson));
    ck_assert(find(text) && strcmp(find(text)->more, "more") == 0);
}

static void forget(void)
{
    weir_stencil_free(stencil);
    weir_gauges_fini(&gauges);
    weir_json_index_fini(&learnt_index);
    weir_json_index_fini(&index_of_text);
}

#define MORE ",\"and\":\"what makes it a text of 64 bytes and more\",\"so\":[]}"

/* A text, and another that is of its layout or is not. */
static const struct {
    const char *learnt, *other;
    bool is_like;
} layouts[] = {
    {"{\"a\":12.50" MORE, "{\"a\":99.07" MORE, true},
    {"{\"a\":12.50" MORE, "{\"a\":02.50" MORE, false},
    {"{\"a\":12.50" MORE, "{\"a\":1.250" MORE, false},
    {"{\"a\":12.50" MORE, "{\"a\":-2.50" MORE, false},
    {"{\"a\":12.50" MORE, "{\"a\":12e50" MORE, false},
    {"{\"a\":-2.50" MORE, "{\"a\":-0.00" MORE, true},
    {"{\"a\":-2.50" MORE, "{\"a\":12.50" MORE, false},
    {"{\"a\":5" MORE, "{\"a\":0" MORE, true},
    {"{\"a\":0" MORE, "{\"a\":5" MORE, true},
    {"{\"a\":1e5" MORE, "{\"a\":2e5" MORE, false},
    {"{\"a\":\"12.5\"" MORE, "{\"a\":\"99.0\"" MORE, true},
    {"{\"a\":\"12.5\"" MORE, "{\"a\":\"02.5\"" MORE, false},
    {"{\"a\":\"12.5\"" MORE, "{\"a\":\"x2.5\"" MORE, false},
    {"{\"a\":\"-12\"" MORE, "{\"a\":\"-02\"" MORE, false},
    {"{\"a\":\"007\"" MORE, "{\"a\":\"042\"" MORE, true},
    {"{\"a\":\"007\"" MORE, "{\"a\":\"142\"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"Z-0\"" MORE, true},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"\x7f-:\"" MORE, true},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"x.y\"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"x- \"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"\\-y\"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"x-\\\"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"a\":\"x-\x80\"" MORE, false},
    {"{\"a\":\"x-y\"" MORE, "{\"b\":\"x-y\"" MORE, false},
    {"{\"a\":true" MORE, "{\"a\":null" MORE, false},
    {"{ \"a\":1" MORE, "{\t\"a\":1" MORE, false},
    {"{\"a\":1,\"w\":[{\"v\":\"x\"}]" MORE, "{\"a\":2,\"w\":[{\"v\":\"y\"}]" MORE, true},
    {"{\"a\":1,\"w\":[{\"v\":\"x\"}]" MORE, "{\"a\":1,\"w\":[{\"u\":\"x\"}]" MORE, false},
};

static void check_layouts(void)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const weir_str text = slacked(layouts[i].learnt);
        learn_form(text, NULL);
        learn_layout(text);
        ck_assert_msg((find(slacked(layouts[i].other)) != NULL) == layouts[i].is_like, "%s",
                      layouts[i].other);
        forget();
    }
}

static void check_pins(void)
{
    const weir_stencil_pin pin = {.slot = 0, .head = 2, .tail = 1};
    const weir_str text = slacked("{\"a\":\"abcde\"" MORE);
    learn_form(text, &pin);
    learn_layout(text);
    ck_assert(find(slacked("{\"a\":\"abxye\"" MORE)));
    ck_assert(!find(slacked("{\"a\":\"axcde\"" MORE)));
    ck_assert(!find(slacked("{\"a\":\"abcdx\"" MORE)));
    forget();
}

/* Each byte of each text put to each value. */
static void check_forms(void)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const weir_str text = slacked(layouts[i].learnt), other = slacked(layouts[i].learnt);
        char *const bytes = (char *)(uintptr_t)other.ptr;
        size_t found = 0;
        learn_form(text, NULL);
        learn_layout(text);
        for (size_t at = 0; at < text.len; at++) {
            for (int byte = 0; byte <= UINT8_MAX; byte++) {
                bytes[at] = (char)byte;
                gauges.trial = (weir_trial){0};
                gauges.tries = WEIR_TRIAL_WINDOW;
                if (!find(other))
                    continue;
                found++;
                ck_assert_msg(is_of_form(&index_of_text, other), "%.*s", WEIR_FMT(other));
            }
            bytes[at] = text.ptr[at];
        }
        ck_assert_uint_gt(found, text.len);
        forget();
    }
}

static void on_each(void (*check)(void))
{
    for (size_t i = 0; weir_gauge_variants[i + 1]; i++) {
        if (!weir_gauge_variants[i]->is_supported())
            continue;
        weir_gauges_choose(weir_gauge_variants[i]);
        check();
    }
}

START_TEST(a_text_is_of_the_layout_that_has_been_learnt_or_is_not)
{
    on_each(check_layouts);
}
END_TEST

START_TEST(what_of_a_text_is_pinned_is_of_the_layout)
{
    on_each(check_pins);
}
END_TEST

START_TEST(what_is_of_a_layout_is_of_its_form)
{
    on_each(check_forms);
}
END_TEST

START_TEST(where_there_are_no_gauges_none_is_found)
{
    const weir_str text = slacked("{\"a\":12.50" MORE);
    weir_gauges_choose(&weir_gauge_none);
    for (size_t i = 0; i < 3; i++)
        ck_assert(!find(text) && !weir_gauges_is_due(&gauges));
    weir_gauges_fini(&gauges);
}
END_TEST

int main(void)
{
    return run_suite("gauge", a_text_is_of_the_layout_that_has_been_learnt_or_is_not,
                     what_of_a_text_is_pinned_is_of_the_layout, what_is_of_a_layout_is_of_its_form,
                     where_there_are_no_gauges_none_is_found);
}
