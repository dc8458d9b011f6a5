/* SPDX-License-Identifier: MIT */
/*
 * A world that the test owns: clock, loop, transport, venue and chance. The session engine runs in
 * it unchanged; the linker puts this world's functions in the place of the loop, the clocks, the
 * random bytes, the registry of backends and the event queue (`--wrap`, see CMakeLists.txt). All of
 * it happens on the reactor's thread, one event after another, in virtual time, so that a seed is a
 * history: the same seed gives the same log.
 *
 *   sim_loop.c   time, timers, events, chance       sim_link.c   the transport and its faults
 *   sim_venue.c  the market and the venue           sim_check.c  the invariants
 *   sim_http.c   tokens over HTTP                   sim_log.c    the log
 *   sim_readers.c  consumers that are slow
 *   sim_main.c   seeds, scenario, command line
 */
#ifndef WEIR_TEST_SIM_H
#define WEIR_TEST_SIM_H

#include <stdio.h>

#include <weir/weir.h>

#include "backends/backend.h"

#define SIM_MS INT64_C(1000000)
#define SIM_S  INT64_C(1000000000)

/* ------------------------------------------------------------------ time and chance (sim_loop.c)
 */

typedef void sim_fn(void *user, int64_t argument);

/** A new world at its beginning; `end_ns` of virtual time after it the scenario is over. */
void sim_begin(uint64_t seed, int64_t end_ns);
/** Forgets events that were not reached. */
void sim_end(void);
/** On the test's own thread, after the start: runs the scenario to its end; the world then stands
 * still until the runtime is told to stop. */
void sim_wait(void);

/** Virtual time since the beginning. */
int64_t sim_now(void);
/** The scenario ends at another time, in the middle of things: nothing settles before the stop. */
void sim_cut_short(int64_t end_ns);
/** True while the last part of the scenario runs, in which nothing fails any more. */
bool sim_is_calm(void);
/** What the wall clock shows. */
int64_t sim_wall_now(void);
/** Moves the wall clock, and it alone. */
void sim_jump(int64_t by_ns);

void sim_after(int64_t delay_ns, sim_fn *fn, void *user, int64_t argument);

uint64_t sim_below(uint64_t bound);
static inline int64_t sim_between(int64_t least, int64_t most)
{
    return least + (int64_t)sim_below((uint64_t)(most - least + 1));
}
/** True `of_1000` times of 1000. */
static inline bool sim_chance(unsigned of_1000)
{
    return sim_below(1000) < of_1000;
}

/* ------------------------------------------------------------------ the log (sim_log.c) */

/** Of another history; `file` may be NULL. */
void sim_log_begin(FILE *file);
/** A line of it; part of its hash. */
void sim_log(const char *format, ...) WEIR_PRINTF(1, 2);
uint64_t sim_log_hash(void);
/** What must not be. Counts, and says so with the time. */
void sim_broken(const char *format, ...) WEIR_PRINTF(1, 2);
unsigned sim_broken_count(void);

/* ------------------------------------------------------------------ profile: what a seed is like
 */

/** How the venue answers subscriptions, and what it puts up with. */
typedef enum sim_mode {
    SIM_PLAIN, /**< it answers by name, and nobody listens; no limits */
    SIM_NAMED, /**< by name; limits of messages, of symbols to a message and to a connection */
    SIM_KEYED  /**< by request, which is refused as a whole; the same limits but the last */
} sim_mode;

enum { SIM_BATCH = 5, SIM_RATE = 4, SIM_PER_LINK = 12, SIM_LINKS = 5, SIM_ROLLED_LINKS = 6 };

typedef struct sim_profile {
    sim_mode mode;
    unsigned connect_fails; /**< of 1000 attempts */
    unsigned link_faults;   /**< of 1000 seconds of a link */
    unsigned ack_faults;    /**< of 1000 answers */
    unsigned frame_drops;   /**< of 10000 frames */
    int64_t latency_ns;     /**< most, of one way */
    int64_t tick_ns;        /**< mean time between two ticks of a symbol */
    bool restarts;          /**< the venue goes away with all its links, now and then */
    bool jumps;             /**< the wall clock is set */
    bool refuses_login;     /**< the key is wrong */
    unsigned refusals;      /**< of 1000 attempts: 401 or 403, until the user says to try again */
    bool ends_early;
    bool has_tokens; /* logins show a token that was given over HTTP */
    bool withdraws;  /**< the venue refuses what it has served, now and then */
    bool reloads;    /**< the spec is loaded again, now and then */
    bool rolls;      /**< the spec rolls its connections, and the venue announces its ends */
} sim_profile;

extern sim_profile sim_how;

/* ------------------------------------------------------------------ transport (sim_link.c) */

extern const weir_backend sim_backend;

/** Sends to the client. `link` is a number; one that is gone takes nothing. */
void sim_link_deliver(int link, const char *text);
void sim_link_reset(int link, weir_code code, int close_code, const char *why);
bool sim_link_is_up(int link);
/** The client's transport answers it, and sim_venue_heard_pong follows. */
void sim_link_ping(int link);
/** Bytes of what is on its way. */
size_t sim_links_hold(void);
/** All links of a runtime are gone; for the next seed. */
void sim_links_forget(void);

/* ------------------------------------------------------------------ venue (sim_venue.c) */

enum { SIM_SYMBOLS = 24, SIM_STREAMS = 2 };

void sim_venue_begin(void);
void sim_venue_opened(int link);
void sim_venue_closed(int link);
/** The client has sent it; the venue has not heard it yet. */
void sim_venue_told(const char *text, size_t len);
void sim_venue_heard(int link, const char *text, size_t len);
void sim_venue_heard_pong(int link);
/** Is the venue reachable at all? */
bool sim_venue_is_there(void);
const char *sim_symbol(int symbol);
int sim_symbol_find(weir_str name);
const char *sim_stream(int stream);
int sim_stream_find(weir_str name);
/** Is (stream, symbol) subscribed on a link that is up? How many links have it? */
int sim_venue_has(int stream, int symbol);
/** A link that is up had it, and was told that it is refused. */
bool sim_venue_withdrew(int stream, int symbol);
/** The last number that the market gave out. */
uint64_t sim_market_last(int stream, int symbol);

/* ------------------------------------------------------------------ tokens (sim_http.c) */

void sim_http_begin(void);
/** It was given, and has not run out. */
bool sim_token_holds(const char *text);

/* ------------------------------------------------------------------ readers (sim_readers.c) */

/** Some, or none. */
void sim_readers_open(weir_runtime *runtime);
/** After the stop, on the test's own thread. */
void sim_readers_settle(void);

/* ------------------------------------------------------------------ invariants (sim_check.c) */

void sim_check_begin(void);
void sim_check_want(int stream, int symbol, bool is_wanted);
bool sim_check_is_wanted(int stream, int symbol);
void sim_check_record(const weir_record *record);
/** What was delivered inline. */
typedef struct sim_delivered {
    uint64_t records; /**< with gap records */
    uint64_t gaps;
    uint64_t missed; /**< that they stand for */
} sim_delivered;
sim_delivered sim_check_delivered(void);
void sim_check_runtime(const weir_runtime *runtime);
/** A message leaves for the venue. */
void sim_check_message(int link);
void sim_check_attempt(void);
/** The client has told the venue that it leaves, on the last link that has it. */
void sim_check_left(int stream, int symbol);
void sim_check_sent(int stream, int symbol, int link, uint64_t number);
void sim_check_state(weir_state state);
/** At the end of the calm. */
void sim_check_settled(void);

#endif
