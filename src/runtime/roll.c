/* SPDX-License-Identifier: MIT */
/*
 * Planned rolls: a connection is replaced by another one before it ends, and nobody notices.
 *
 *   rests → waits → rises → overlaps → rests
 *             ↑_______|________|  the successor failed: the old connection stays
 *
 * A connection that is rolled is a pair: two whole connections with a link, a runner, a login and
 * limits each, of which one is the front - its records are handed on, its state is told - and the
 * other is idle or the front's successor. The successor goes the way that every connection goes; it
 * does so silently, and its records are held back (pipeline/held.c). Once everything is subscribed
 * on it both are up for the overlap; then the successor is made the front in one turn of the loop,
 * what it is ahead by follows, and the old link is closed. If the old link is lost before that the
 * successor is the connection at once, however far it has got.
 *
 * The numbers and ids by which records are told apart belong to the pair. Of the shards of a
 * connection one rolls at a time, until its old link is closed: they take turns, so that a venue
 * that limits connections sees one more than there are shards.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/backoff.h"
#include "runtime/daily.h"
#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

#define LOOK_NS         (30 * WEIR_NS_PER_S) /* at the wall clock, which may be set */
#define TURN_NS         (1 * WEIR_NS_PER_S)
#define SOON_NS         (100 * WEIR_NS_PER_MS)
#define NOTICE_PAUSE_NS (30 * WEIR_NS_PER_S)
#define JOIN_NS         (10 * WEIR_NS_PER_S)
#define DAY_NS          (24 * 3600 * WEIR_NS_PER_S)

enum { HELD_MAX = 64 * 1024 * 1024, SHARES_OF_AFTER = 20 };

static const weir_roll_spec *spec_of(const weir_roll *roll)
{
    return &roll->front->spec->roll;
}

static weir_connection *other_of(const weir_roll *roll)
{
    return roll->sides[roll->front == roll->sides[0]];
}

static bool is_rolling(const weir_roll *roll)
{
    return roll->phase == WEIR_ROLL_RISES || roll->phase == WEIR_ROLL_OVERLAPS;
}

weir_connection *weir_roll_successor(const weir_connection *connection)
{
    const weir_roll *roll = connection->roll;
    return roll && roll->front == connection && is_rolling(roll) ? other_of(roll) : NULL;
}

/* ------------------------------------------------------------------ turns */

static atomic_bool *turn_of(const weir_roll *roll)
{
    weir_connection *own = roll->sides[0];
    return &own[-(ptrdiff_t)own->shard].rolls_one;
}

static bool take_turn(weir_roll *roll)
{
    roll->has_turn = roll->has_turn || !atomic_exchange(turn_of(roll), true);
    return roll->has_turn;
}

static void give_turn(weir_roll *roll)
{
    if (roll->has_turn)
        atomic_store(turn_of(roll), false);
    roll->has_turn = false;
}

/* ------------------------------------------------------------------ when */

static int64_t draw(int64_t most)
{
    return most > 0 ? (int64_t)(weir_backoff_chance() % (uint64_t)most) : 0;
}

static void find_next_at(weir_roll *roll)
{
    const weir_roll_spec *spec = spec_of(roll);
    const int64_t now_s = weir_now_ns() / WEIR_NS_PER_S;
    roll->at_ns = weir_daily_next(spec->zone, spec->at_s, now_s) * WEIR_NS_PER_S;
}

/* True once a day. A clock that was far ahead and has been set is no reason to wait for years. */
static bool is_at(weir_roll *roll)
{
    const int64_t now_ns = weir_now_ns();
    if (!spec_of(roll)->has_at)
        return false;
    const bool is_due = roll->at_ns != 0 && now_ns >= roll->at_ns;
    if (is_due || roll->at_ns == 0 || roll->at_ns - now_ns > DAY_NS + 2 * 3600 * WEIR_NS_PER_S)
        find_next_at(roll);
    return is_due;
}

static void set_timer(weir_roll *roll, int64_t at_ns)
{
    if (at_ns != 0)
        weir_timer_set(roll->timer, weir_left_ns(at_ns, weir_mono_ns()));
    else
        weir_timer_cancel(roll->timer);
}

static void rest(weir_roll *roll)
{
    int64_t at_ns = weir_earlier_ns(roll->due_ns, roll->notice_ns);
    roll->phase = WEIR_ROLL_RESTS;
    if (!other_of(roll)->link)
        give_turn(roll);
    if (spec_of(roll)->has_at) {
        int64_t left_ns = roll->at_ns - weir_now_ns();
        left_ns = left_ns < 0 ? 0 : left_ns < LOOK_NS ? left_ns : LOOK_NS;
        at_ns = weir_earlier_ns(at_ns, weir_mono_ns() + left_ns);
    }
    set_timer(roll, at_ns);
}

/* The front is there, with a link of its own from now on. */
static void plan(weir_roll *roll)
{
    const int64_t after_ns = spec_of(roll)->after_ns;
    roll->due_ns =
        after_ns > 0 ? roll->front->live_since_ns + after_ns - draw(after_ns / SHARES_OF_AFTER) : 0;
    if (spec_of(roll)->has_at && roll->at_ns == 0)
        find_next_at(roll);
    rest(roll);
}

void weir_roll_notice(weir_connection *connection)
{
    weir_roll *roll = connection->roll;
    const int64_t now_ns = weir_mono_ns();
    if (roll->notice_ns != 0 || (connection == roll->front && roll->phase != WEIR_ROLL_RESTS))
        return; /* that it ends is known */
    roll->notice_ns = roll->noticed_ns != 0 && now_ns - roll->noticed_ns < NOTICE_PAUSE_NS
                          ? roll->noticed_ns + NOTICE_PAUSE_NS
                          : now_ns;
    if (roll->phase == WEIR_ROLL_RESTS)
        rest(roll);
}

/* ------------------------------------------------------------------ the successor's way */

static void begin(weir_roll *roll)
{
    weir_connection *next = other_of(roll);
    weir_error error = {0};
    roll->phase = WEIR_ROLL_RISES;
    roll->deadline_ns = weir_mono_ns() + spec_of(roll)->timeout_ns;
    set_timer(roll, roll->deadline_ns);
    weir_runner_on_first(next->runner, NULL, NULL);
    next->cut_ns = 0;
    weir_connection_tell(roll->front, WEIR_EVENT_ROLL, WEIR_OK, (weir_str){0}, 1,
                         "%s: another connection is opened beside this one", roll->why);
    if (weir_runner_hold(next->runner)) {
        weir_connection_again(next);
    } else {
        weir_fail_nomem(&error);
        weir_roll_lost_successor(next, &error, 0, false);
    }
}

/* Puts it back to where it was before; it has no link, or loses it. */
static void clear(weir_connection *next)
{
    next->state = WEIR_STATE_IDLE;
    next->live_since_ns = 0;
    next->cut_ns = 0;
    next->must_reconnect = next->must_reconcile = false;
    weir_timer_cancel(next->timer);
    weir_outbox_clear(&next->outbox);
    weir_runner_let_go(next->runner);
    weir_subscriptions_restart(next->subscriptions, next->line);
    if (next->http)
        weir_http_session_end(next->http);
}

static void give_up(weir_roll *roll, weir_code code, const char *why)
{
    const int64_t after_ns = spec_of(roll)->after_ns;
    roll->due_ns = after_ns > 0 ? weir_mono_ns() + after_ns : 0;
    rest(roll);
    weir_connection_tell(roll->front, WEIR_EVENT_ROLL, code, (weir_str){0}, 1,
                         "the new connection failed, this one stays, and no other is tried before "
                         "the next roll: %s",
                         why);
}

static void try_again(weir_roll *roll, const weir_error *error, int64_t retry_after_ns)
{
    const weir_reconnect_spec *reconnect = &roll->front->spec->reconnect;
    const int64_t delay_ns =
        weir_backoff_delay(reconnect, roll->tries, weir_backoff_chance(), retry_after_ns);
    roll->phase = WEIR_ROLL_WAITS;
    roll->retry_ns = weir_mono_ns() + delay_ns;
    give_turn(roll);
    set_timer(roll, roll->retry_ns);
    weir_connection_tell(roll->front, WEIR_EVENT_ROLL, error->code, (weir_str){0}, 1,
                         "the new connection failed, this one stays, and another is tried in "
                         "%.1f s: %s",
                         (double)delay_ns / (double)WEIR_NS_PER_S, error->text);
}

void weir_roll_lost_successor(weir_connection *connection, const weir_error *error,
                              int64_t retry_after_ns, bool is_fatal)
{
    weir_roll *roll = connection->roll;
    const bool was_rolling = is_rolling(roll);
    clear(connection);
    weir_connection_show(connection);
    if (!was_rolling) { /* it was told to go */
        give_turn(roll);
        return;
    }
    if (roll->must_take_over) { /* there is nobody left to take over */
        roll->must_take_over = false;
        rest(roll);
        weir_connection_lost(roll->front, &roll->lost);
        return;
    }
    roll->tries++;
    if (is_fatal || !weir_backoff_allows(&connection->spec->reconnect, roll->tries))
        give_up(roll, error->code, error->text);
    else
        try_again(roll, error, retry_after_ns);
}

static void fail(weir_roll *roll, const weir_error *error)
{
    weir_connection *next = other_of(roll);
    if (next->link)
        weir_connection_drop(next, error, false);
    else
        weir_roll_lost_successor(next, error, 0, false);
}

void weir_roll_cancel(weir_connection *connection)
{
    weir_roll *roll = connection->roll;
    if (!roll || connection != roll->front)
        return;
    const bool was_rolling = is_rolling(roll);
    weir_connection *next = other_of(roll);
    roll->due_ns = roll->notice_ns = 0;
    roll->tries = 0;
    roll->must_take_over = false;
    rest(roll);
    if (!was_rolling)
        return;
    if (next->link && !next->is_closing)
        weir_connection_hang_up(next);
    else if (!next->link)
        clear(next);
}

void weir_roll_ready(weir_connection *connection)
{
    weir_roll *roll = connection->roll;
    if (!roll || connection->state != WEIR_STATE_LIVE)
        return;
    if (connection == roll->front) {
        if (roll->phase == WEIR_ROLL_RESTS && roll->due_ns == 0)
            plan(roll);
    } else if (roll->phase == WEIR_ROLL_RISES) {
        roll->phase = WEIR_ROLL_OVERLAPS;
        roll->overlap_ns = weir_mono_ns() + spec_of(roll)->overlap_ns;
        set_timer(roll, roll->overlap_ns);
        weir_roll_pause(roll->front);
        weir_connection_tell(roll->front, WEIR_EVENT_ROLL, WEIR_OK, (weir_str){0}, 1,
                             "the new connection is ready: both are up for %.1f s",
                             (double)spec_of(roll)->overlap_ns / (double)WEIR_NS_PER_S);
    }
}

void weir_roll_held(weir_connection *connection)
{
    weir_roll *roll = connection->roll;
    weir_error error = {0};
    const size_t held = weir_runner_held(connection->runner);
    if (held <= HELD_MAX || !is_rolling(roll))
        return;
    if (roll->phase == WEIR_ROLL_OVERLAPS && held != SIZE_MAX) {
        roll->overlap_ns = weir_mono_ns();
        set_timer(roll, roll->overlap_ns);
        return;
    }
    weir_fail(&error, WEIR_ERR_LIMIT,
              "it brings more than %d MiB that the old connection has not brought",
              HELD_MAX / (1024 * 1024));
    fail(roll, &error);
}

void weir_roll_pause(weir_connection *connection)
{
    weir_connection *next = weir_roll_successor(connection);
    if (next && next->link && next->live_since_ns != 0 && next->backend->pause)
        next->backend->pause(next->link, connection->is_blocked);
}

/* ------------------------------------------------------------------ taking over */

static void close_old(weir_connection *old)
{
    if (!old->link || old->is_closing)
        return;
    weir_timer_cancel(old->timer);
    weir_connection_hang_up(old);
}

/* From now on its records are the connection's. */
static void turn(weir_roll *roll)
{
    weir_connection *next = other_of(roll);
    const weir_state before = roll->front->state, after = next->state;
    weir_holes_turn(roll->front, next);
    next->numbers.state_since_ns = roll->front->numbers.state_since_ns;
    roll->phase = WEIR_ROLL_RESTS;
    roll->front = next;
    roll->due_ns = 0;
    roll->must_take_over = false;
    weir_subscriptions_turn(next->subscriptions, next->line);
    weir_reload_note_logins(next);
    weir_runner_join(next->runner, weir_mono_ns() + spec_of(roll)->overlap_ns + JOIN_NS);
    weir_runner_take_over(next->runner);
    weir_holes_put(next);
    weir_runner_release(next->runner);
    weir_connection_batch(next);
    if (next->live_since_ns != 0) {
        weir_liveness_start(next);
        weir_liveness_live(next);
        weir_liveness_settled(next);
    }
    if (before != after) {
        next->state = before;
        weir_connection_enter(next, after, WEIR_OK, 0,
                              "the connection that was to replace it has taken over");
    }
}

static void done(weir_roll *roll)
{
    roll->count++;
    roll->last_ns = weir_now_ns();
    rest(roll);
    weir_roll_ready(roll->front);
    weir_connection_show(roll->front);
}

static void hand_over(weir_roll *roll)
{
    weir_connection *old = roll->front, *next = other_of(roll);
    weir_subscription_counts counts;
    weir_error error = {0};
    weir_connection_batch(old);
    weir_subscriptions_count(next->subscriptions, next->line, &counts);
    if (old->is_blocked || counts.idle + counts.pending > 0) {
        if (weir_mono_ns() < roll->deadline_ns || old->is_blocked) {
            set_timer(roll, weir_mono_ns() + SOON_NS);
            return;
        }
        weir_fail(&error, WEIR_ERR_TIMEOUT, "%zu subscriptions are not answered on it",
                  counts.idle + counts.pending);
        fail(roll, &error);
        return;
    }
    const size_t lacking = weir_subscriptions_lacking(next->subscriptions, next->line, old->line);
    if (lacking > 0) {
        weir_fail(&error, WEIR_ERR_REJECTED, "%zu subscriptions are refused on it, and active here",
                  lacking);
        fail(roll, &error);
        return;
    }
    turn(roll);
    close_old(old);
    done(roll);
    weir_connection_tell(next, WEIR_EVENT_ROLL, WEIR_OK, (weir_str){0}, 1,
                         "rolled: the new connection has taken over, the old one is closed");
}

static void take_over(weir_roll *roll)
{
    weir_connection *old = roll->front, *next = other_of(roll);
    turn(roll);
    clear(old);
    done(roll);
    weir_connection_tell(next, WEIR_EVENT_ROLL, roll->lost.code, (weir_str){0}, 1,
                         "rolled early: the old connection was lost, the new one has taken over: "
                         "%s",
                         roll->lost.text);
}

bool weir_roll_must_take_over(const weir_connection *connection)
{
    return connection->roll && connection->roll->must_take_over;
}

bool weir_roll_takes_over(weir_connection *connection, const weir_error *error)
{
    weir_connection *next = weir_roll_successor(connection);
    if (!next || next->is_closing)
        return false;
    connection->roll->lost = *error;
    next->cut_ns = connection->cut_ns;
    if (connection->is_blocked)
        connection->roll->must_take_over = true; /* what waits for room comes first */
    else
        take_over(connection->roll);
    return true;
}

void weir_roll_unblocked(weir_connection *connection)
{
    if (connection->roll && connection->roll->must_take_over)
        take_over(connection->roll);
}

/* ------------------------------------------------------------------ the timer */

static bool can_roll(const weir_connection *front)
{
    return front->link && !front->is_closing && front->live_since_ns != 0 &&
           front->state != WEIR_STATE_SUBSCRIBING;
}

/* Why now; NULL: it need not yet. */
static const char *find_reason(weir_roll *roll, int64_t now_ns)
{
    const bool is_time = is_at(roll);
    if (!can_roll(roll->front))
        return NULL;
    if (roll->notice_ns != 0 && now_ns >= roll->notice_ns)
        return "the venue says that it will close";
    if (roll->due_ns != 0 && now_ns >= roll->due_ns)
        return "the connection is old";
    return is_time ? "it is the time of the day" : NULL;
}

static void look_at_rest(weir_roll *roll, int64_t now_ns)
{
    const char *why = find_reason(roll, now_ns);
    if (!why && !can_roll(roll->front)) {
        roll->due_ns = 0; /* of a link that is gone */
        set_timer(roll, spec_of(roll)->has_at || roll->notice_ns != 0 ? now_ns + TURN_NS : 0);
        return;
    }
    if (!why) {
        rest(roll);
        return;
    }
    if (roll->notice_ns != 0)
        roll->noticed_ns = now_ns;
    roll->notice_ns = 0;
    roll->why = why;
    roll->tries = 0;
    roll->retry_ns = 0;
    roll->phase = WEIR_ROLL_WAITS;
    set_timer(roll, now_ns);
}

static void look_at_wait(weir_roll *roll, int64_t now_ns)
{
    weir_connection *front = roll->front;
    if (now_ns < roll->retry_ns)
        set_timer(roll, roll->retry_ns);
    else if (!can_roll(front) || front->is_blocked || other_of(roll)->link || !take_turn(roll))
        set_timer(roll, now_ns + TURN_NS);
    else
        begin(roll);
}

static void look_at_rise(weir_roll *roll, int64_t now_ns)
{
    weir_error error = {0};
    if (now_ns < roll->deadline_ns) {
        set_timer(roll, roll->deadline_ns);
        return;
    }
    weir_fail(&error, WEIR_ERR_TIMEOUT, "it took too long: it is %s",
              weir_state_name(other_of(roll)->state));
    fail(roll, &error);
}

static void look_at_overlap(weir_roll *roll, int64_t now_ns)
{
    if (now_ns < roll->overlap_ns)
        set_timer(roll, roll->overlap_ns);
    else
        hand_over(roll);
}

static void look(void *user)
{
    static void (*const looks[])(weir_roll * roll, int64_t now_ns) = {
        [WEIR_ROLL_RESTS] = look_at_rest,
        [WEIR_ROLL_WAITS] = look_at_wait,
        [WEIR_ROLL_RISES] = look_at_rise,
        [WEIR_ROLL_OVERLAPS] = look_at_overlap,
    };
    weir_roll *roll = user;
    if (!roll->front->is_stopping && !roll->must_take_over)
        looks[roll->phase](roll, weir_mono_ns());
}

/* ------------------------------------------------------------------ status */

static void add_words(weir_counters *to, const weir_counters *from)
{
    uint64_t *sum = (uint64_t *)(void *)to;
    const uint64_t *more = (const uint64_t *)(const void *)from;
    for (size_t i = 0; i < sizeof *to / sizeof *sum; i++)
        sum[i] += more[i];
}

static int64_t later(int64_t a_ns, int64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

void weir_roll_show(const weir_roll *roll)
{
    weir_status_numbers numbers = roll->front->numbers;
    const weir_status_numbers *other = &other_of(roll)->numbers;
    _Static_assert(sizeof(weir_counters) % sizeof(uint64_t) == 0, "added as words");
    add_words(&numbers.counters, &other->counters);
    numbers.connects += other->connects;
    numbers.unwanted += other->unwanted;
    numbers.last_frame_ns = later(numbers.last_frame_ns, other->last_frame_ns);
    numbers.last_record_ns = later(numbers.last_record_ns, other->last_record_ns);
    numbers.rolls = roll->count;
    numbers.last_roll_ns = roll->last_ns;
    numbers.is_rolling = is_rolling(roll);
    weir_status_write(&roll->sides[0]->shown, &numbers);
}

/* ------------------------------------------------------------------ lifecycle */

static bool make(weir_roll *roll, weir_connection *connection)
{
    roll->sides[0] = roll->front = connection;
    roll->sides[1] = calloc(1, sizeof *roll->sides[1]);
    roll->kept = calloc(connection->spec->stream_count + 1, sizeof *roll->kept);
    roll->timer = weir_timer_new(connection->reactor->loop, look, roll);
    return roll->sides[1] && roll->kept && roll->timer;
}

/* Streams that are subscribed together share a place; one that is not told apart is enough. */
static void find_kept(weir_roll *roll)
{
    const weir_connection *connection = roll->sides[0];
    for (size_t i = 0; i < connection->spec->stream_count; i++)
        roll->kept[i] = true;
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        if (!weir_plan_tells_apart(connection->plan, i))
            roll->kept[weir_plan_subscribe_slot(connection->plan, i)] = false;
    }
}

weir_code weir_roll_init(weir_connection *connection, weir_error *error)
{
    weir_roll *roll = calloc(1, sizeof *roll);
    connection->roll = roll;
    if (!roll || !make(roll, connection))
        return weir_fail_nomem(error);
    find_kept(roll);
    roll->sides[1]->roll = roll;
    const weir_code code =
        weir_connection_init(roll->sides[1], connection->runtime, connection->index,
                             connection->source, connection->spec_index, connection->shard, error);
    if (code == WEIR_OK)
        weir_runner_share(roll->sides[1]->runner, connection->runner);
    return code;
}

void weir_roll_stop(weir_connection *connection)
{
    if (!connection->roll)
        return;
    weir_timer_cancel(connection->roll->timer);
    give_turn(connection->roll);
}

void weir_roll_free(weir_connection *connection)
{
    weir_roll *roll = connection->roll;
    if (!roll || connection != roll->sides[0])
        return;
    if (roll->sides[1])
        weir_connection_fini(roll->sides[1]);
    free(roll->sides[1]);
    weir_timer_free(roll->timer);
    free(roll->kept);
    free(roll);
    connection->roll = NULL;
}
