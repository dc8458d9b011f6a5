/* SPDX-License-Identifier: MIT */
/* Which texts are of a form that has been learnt from another, and what their values are. */
#include "value/stencil.h"

#include "value_text.h"

#include <stdlib.h>

/* What is learnt reads `a`, a number for a lane, and `b`. */
static weir_projection *projection;
static size_t a, b;
static weir_json_index learnt_index, index_of_text;

/* Where the text begins; its quotes may be odd. */
static weir_cursor begin(weir_json_index *index, const char *text)
{
    const bool is_good = weir_json_index_make(index, slacked(text));
    return (weir_cursor){is_good ? index->base : NULL, index->quotes};
}

static weir_stencil *learn(const char *text, const weir_stencil_pin *pins, size_t pin_count)
{
    projection = weir_projection_new(arena);
    a = weir_projection_add(projection, &(weir_step){false, 0, {"a", 1}}, 1);
    b = weir_projection_add(projection, &(weir_step){false, 0, {"b", 1}}, 1);
    ck_assert(weir_projection_seal(projection));
    learnt_index = index_of_text = (weir_json_index){0};
    const uint32_t lane = (uint32_t)a;
    return weir_stencil_learn(&(weir_stencil_lesson){.index = &learnt_index,
                                                     .at = begin(&learnt_index, text),
                                                     .projection = projection,
                                                     .is_whole = true,
                                                     .rows = WEIR_NO_SLOT,
                                                     .pins = pins,
                                                     .pin_count = pin_count,
                                                     .lanes = &lane,
                                                     .lane_count = 1});
}

static void forget(weir_stencil *stencil)
{
    weir_stencil_free(stencil);
    weir_json_index_fini(&learnt_index);
    weir_json_index_fini(&index_of_text);
}

static weir_fit *fitted(const weir_stencil *stencil, const char *text)
{
    static weir_fit fit;
    weir_fit_init(&fit);
    const weir_cursor p = begin(&index_of_text, text);
    weir_fit_begin(&fit, &index_of_text);
    return p.at && weir_stencil_fit(stencil, p, &fit) ? &fit : NULL;
}

static void check_value(const weir_stencil *stencil, weir_fit *fit, size_t slot,
                        const char *expected)
{
    const weir_stencil_mark *mark = weir_stencil_mark_of(stencil, slot);
    ck_assert(mark);
    const weir_value v = weir_fit_value(fit, mark);
    ck_assert_msg(weir_str_eq(weir_value_text(&v), weir_str_of(expected)), "%s", expected);
}

/* A text, and two others: one is of its form, with what `a` and `b` are in it, and one is not. */
static const struct {
    const char *learnt, *like, *a, *b, *unlike;
} forms[] = {
    {"{\"a\":1,\"b\":\"x\"}", "{\"a\":23.5,\"b\":\"\"}", "23.5", "", "{\"a\":1,\"c\":\"x\"}"},
    {"{\"b\":\"x\",\"a\":1}", "{\"b\":\"yz\",\"a\":-2}", "-2", "yz", "{\"b\":\"x\",\"aa\":1}"},
    /* the last number has an exponent, or more bytes than are looked at at once */
    {"{\"b\":\"x\",\"a\":1}", "{\"b\":\"\",\"a\":1e5}", "1e5", "", "{\"b\":\"x\",\"a\":1}]"},
    {"{\"b\":\"x\",\"a\":1}", "{\"b\":\"\",\"a\":12345678901234567}", "12345678901234567", "",
     "{\"b\":\"x\",\"a\":}"},
    /* another member stands where the last number might go on */
    {"{\"b\":\"x\",\"a\":1}", "{\"b\":\"xx\",\"a\":0.5}", "0.5", "xx",
     "{\"b\":\"x\",\"a\":1,\"c\":2}"},
    /* a number comes first, and then a text */
    {"{\"a\":1,\"b\":\"x\"}", "{\"a\":-12345678,\"b\":\"x\"}", "-12345678", "x",
     "{\"a\":,\"b\":\"x\"}"},
    /* the second quote of the text's beginning is its seventeenth byte */
    {"{\"a\":1,\"12345678\":\"x\",\"b\":\"y\"}", "{\"a\":20,\"12345678\":\"\",\"b\":\"z\"}", "20",
     "z", "{\"a\":1,\"12345678more\":\"x\",\"b\":\"y\"}"},
    {"{\"12345678901234\":\"x\",\"a\":1,\"b\":\"y\"}",
     "{\"12345678901234\":\"\",\"a\":2,\"b\":\"z\"}", "2", "z",
     "{\"12345678901234more\":\"x\",\"a\":1,\"b\":\"y\"}"},
    {"{\"1234567890123456789012345678901234\":\"x\",\"a\":1,\"b\":\"y\"}",
     "{\"1234567890123456789012345678901234\":\"\",\"a\":2,\"b\":\"z\"}", "2", "z",
     "{\"1234567890123456789012345678901234more\":\"x\",\"a\":1,\"b\":"
     "\"y\"}"},
    /* what is between two tokens is longer than what is told from one place */
    {"{\"a\":1,\"k\":{\"l\":{\"m\":{\"n\":{\"o\":{\"p\":{\"q\":null}}}}}},\"b\":\"y\"}",
     "{\"a\":2,\"k\":{\"l\":{\"m\":{\"n\":{\"o\":{\"p\":{\"q\":null}}}}}},\"b\":\"\"}", "2", "",
     "{\"a\":1,\"k\":{\"l\":{\"m\":{\"n\":{\"o\":{\"p\":{\"qq\":null}}}}}},\"b\":\"y\"}"},
    /* lists of strings, of numbers, and of lists */
    {"{\"l\":[\"x\"],\"a\":1,\"b\":\"y\"}", "{\"l\":[\"x\",\"\",\"yz\"],\"a\":5,\"b\":\"z\"}", "5",
     "z", "{\"l\":[\"x\",1],\"a\":1,\"b\":\"y\"}"},
    {"{\"a\":1,\"l\":[1],\"b\":\"y\"}", "{\"a\":5,\"l\":[[],{\"x\":[2]},3],\"b\":\"z\"}", "5", "z",
     "{\"a\":1,\"l\":{},\"b\":\"y\"}"},
};

START_TEST(a_text_is_of_the_form_that_has_been_learnt_or_is_not)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        weir_stencil *stencil = learn(forms[i].learnt, NULL, 0);
        ck_assert_msg(stencil && fitted(stencil, forms[i].learnt), "itself: %s", forms[i].learnt);
        weir_fit *fit = fitted(stencil, forms[i].like);
        ck_assert_msg(fit, "%s", forms[i].like);
        check_value(stencil, fit, a, forms[i].a);
        check_value(stencil, fit, b, forms[i].b);
        ck_assert_msg(!fitted(stencil, forms[i].unlike), "%s", forms[i].unlike);
        forget(stencil);
    }
}
END_TEST

START_TEST(what_of_a_text_is_pinned_is_of_the_form)
{
    const weir_stencil_pin pin = {.slot = 1, .head = 2, .tail = 3};
    weir_stencil *stencil = learn("{\"a\":1,\"b\":\"abxyz\"}", &pin, 1);
    ck_assert(stencil && b == pin.slot);
    ck_assert(fitted(stencil, "{\"a\":1,\"b\":\"ab-long-xyz\"}"));
    ck_assert(!fitted(stencil, "{\"a\":1,\"b\":\"abyz\"}"));
    ck_assert(!fitted(stencil, "{\"a\":1,\"b\":\"aabxyz\"}"));
    ck_assert(!fitted(stencil, "{\"a\":1,\"b\":\"abxyyz\"}"));
    forget(stencil);
}
END_TEST

START_TEST(a_text_that_is_cut_off_is_of_no_form)
{
    static const char text[] = "{\"b\":\"x\",\"a\":10}";
    weir_stencil *stencil = learn(text, NULL, 0);
    ck_assert(stencil);
    for (size_t len = 1; len < sizeof text - 1; len++) {
        char cut[sizeof text];
        memcpy(cut, text, len);
        cut[len] = '\0';
        ck_assert_msg(!fitted(stencil, cut), "%s", cut);
    }
    forget(stencil);
}
END_TEST

int main(void)
{
    return run_suite("stencil", a_text_is_of_the_form_that_has_been_learnt_or_is_not,
                     what_of_a_text_is_pinned_is_of_the_form, a_text_that_is_cut_off_is_of_no_form);
}
