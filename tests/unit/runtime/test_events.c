/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>

#include "runtime/events.h"
#include "weir_check.h"

static atomic_int calls;
static atomic_bool is_held;
enum { MANY = 8000 };
static uint64_t counts[MANY];
static uint64_t lost;
static char last_reason[WEIR_ERROR_TEXT_MAX * 2];

static void on_event(void *user, const weir_event *event)
{
    ck_assert_ptr_eq(user, &calls);
    while (atomic_load(&is_held))
        usleep(1000);
    if (event->type == WEIR_EVENT_GAP)
        return;
    if (event->type == WEIR_EVENT_WARNING) {
        lost += event->count;
        return;
    }
    counts[atomic_fetch_add(&calls, 1)] = event->count;
    snprintf(last_reason, sizeof last_reason, "%.*s", WEIR_FMT(event->reason));
}

static weir_events *open_events(void)
{
    weir_error error = {0};
    weir_events *events = weir_events_new(on_event, &calls);
    ck_assert(events && weir_events_start(events, &error) == WEIR_OK);
    return events;
}

static void post(weir_events *events, uint64_t count, const char *reason)
{
    const weir_event event = {.type = WEIR_EVENT_STATE,
                              .count = count,
                              .connection = WEIR_STR("one"),
                              .reason = weir_str_of(reason)};
    weir_events_post(events, &event);
}

START_TEST(events_come_in_order_and_all_before_the_stop)
{
    weir_events *events = open_events();
    for (uint64_t i = 0; i < 300; i++)
        post(events, i, "because");
    weir_events_stop(events);
    ck_assert_int_eq(calls, 300);
    for (uint64_t i = 0; i < 300; i++)
        ck_assert_uint_eq(counts[i], i);
    ck_assert_str_eq(last_reason, "because");
    weir_events_free(events);
}
END_TEST

START_TEST(a_slow_callback_loses_the_oldest_and_is_told_how_many)
{
    weir_events *events = open_events();
    atomic_store(&is_held, true);
    for (uint64_t i = 1; i <= MANY; i++)
        post(events, i, "because");
    atomic_store(&is_held, false);
    weir_events_stop(events);
    ck_assert_uint_eq((uint64_t)calls + lost, MANY);
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_eq(counts[calls - 1], MANY);
    weir_events_free(events);
}
END_TEST

START_TEST(a_flood_of_others_drowns_no_state)
{
    const weir_event gap = {.type = WEIR_EVENT_GAP, .connection = WEIR_STR("one"), .count = 1};
    weir_events *events = open_events();
    atomic_store(&is_held, true);
    post(events, 1, "first");
    for (int i = 0; i < MANY; i++)
        weir_events_post(events, &gap);
    post(events, 2, "last");
    atomic_store(&is_held, false);
    weir_events_stop(events);
    ck_assert_int_eq(calls, 2);
    ck_assert_uint_eq(counts[0], 1);
    ck_assert_uint_eq(counts[1], 2);
    ck_assert_uint_gt(lost, 0);
    weir_events_free(events);
}
END_TEST

START_TEST(a_reason_is_copied_and_cut)
{
    char reason[WEIR_ERROR_TEXT_MAX * 2];
    memset(reason, 'x', sizeof reason);
    reason[sizeof reason - 1] = '\0';
    weir_events *events = open_events();
    post(events, 1, reason);
    memset(reason, 'y', sizeof reason);
    weir_events_stop(events);
    ck_assert_uint_eq(strlen(last_reason), WEIR_ERROR_TEXT_MAX - 1);
    ck_assert_uint_eq(strspn(last_reason, "x"), WEIR_ERROR_TEXT_MAX - 1);
    weir_events_free(events);
}
END_TEST

START_TEST(without_a_callback_nothing_is_kept)
{
    weir_error error = {0};
    weir_events *events = weir_events_new(NULL, NULL);
    ck_assert_int_eq(weir_events_start(events, &error), WEIR_OK);
    for (uint64_t i = 0; i < 2000; i++)
        post(events, i, "because");
    weir_events_stop(events);
    weir_events_free(events);
    weir_events_free(NULL);
}
END_TEST

START_TEST(every_state_and_type_has_a_name)
{
    for (int i = 0; i < WEIR_STATE_COUNT; i++)
        ck_assert_str_ne(weir_state_name((weir_state)i), "unknown");
    for (int i = 0; i <= WEIR_EVENT_ROLL; i++)
        ck_assert_str_ne(weir_event_type_name((weir_event_type)i), "unknown");
    ck_assert_str_eq(weir_state_name(WEIR_STATE_COUNT), "unknown");
    ck_assert_str_eq(weir_event_type_name((weir_event_type)(WEIR_EVENT_ROLL + 1)), "unknown");
}
END_TEST

START_TEST(a_reload_that_has_failed_is_an_error)
{
    const weir_event good = {.type = WEIR_EVENT_RELOADED};
    const weir_event bad = {.type = WEIR_EVENT_RELOADED, .code = WEIR_ERR_SPEC};
    const weir_event gap = {.type = WEIR_EVENT_GAP, .code = WEIR_ERR_SPEC};
    const weir_event odd = {.type = (weir_event_type)(WEIR_EVENT_ROLL + 1)};
    ck_assert_int_eq(weir_event_level_of(&good), WEIR_EVENT_LEVEL_INFO);
    ck_assert_int_eq(weir_event_level_of(&bad), WEIR_EVENT_LEVEL_ERROR);
    ck_assert_int_eq(weir_event_level_of(&gap), WEIR_EVENT_LEVEL_WARNING);
    ck_assert_int_eq(weir_event_level_of(&odd), WEIR_EVENT_LEVEL_INFO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events");
    weir_check_case(suite, "events", events_come_in_order_and_all_before_the_stop,
                    a_slow_callback_loses_the_oldest_and_is_told_how_many,
                    a_flood_of_others_drowns_no_state, a_reason_is_copied_and_cut,
                    without_a_callback_nothing_is_kept, every_state_and_type_has_a_name,
                    a_reload_that_has_failed_is_an_error);
    return weir_check_run(suite);
}
