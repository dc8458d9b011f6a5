/* SPDX-License-Identifier: MIT */
/*
 * sim SPEC [--seed N] [--count N] [--log]: N histories from seed on, each run to its end and
 * checked. A broken one is named with the command that runs it again; every hundredth is run twice,
 * and must be the same to the last line of its log.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/events.h"
#include "sim.h"

#define SCENARIO (600 * SIM_S)

enum { GROWTH_MAX = 1024 * 1024 };

sim_profile sim_how;

static weir_runtime *the_runtime;

typedef struct scene {
    weir_runtime *runtime;
} scene;

/* ------------------------------------------------------------------ events, where they are posted
 */

void __wrap_weir_events_post(weir_events *events, const weir_event *event);
static void try_again(void *user, int64_t argument)
{
    weir_error error = {0};
    (void)argument;
    sim_log("user says to log in anew");
    if (weir_runtime_reauthenticate(user, NULL, &error) != WEIR_OK)
        sim_broken("%s", error.text);
}

void __wrap_weir_events_post(weir_events *events, const weir_event *event)
{
    (void)events;
    if (event->type == WEIR_EVENT_STATE && event->to == WEIR_STATE_FAILED && !sim_how.refuses_login)
        sim_after(sim_between(SIM_S, 60 * SIM_S), try_again, the_runtime, 0);
    sim_log("event %s %s %.*s %.*s", weir_event_type_name(event->type), weir_state_name(event->to),
            WEIR_FMT(event->stream), WEIR_FMT(event->reason));
    if (event->type == WEIR_EVENT_STATE)
        sim_check_state(event->to);
}

/* ------------------------------------------------------------------ the users */

static void want(scene *s, int stream, int symbol, bool is_wanted)
{
    weir_error error = {0};
    const char *name = sim_symbol(symbol);
    sim_check_want(stream, symbol, is_wanted);
    const weir_code code =
        is_wanted ? weir_runtime_subscribe(s->runtime, sim_stream(stream), &name, 1, NULL, &error)
                  : weir_runtime_unsubscribe(s->runtime, sim_stream(stream), &name, 1, &error);
    if (code != WEIR_OK)
        sim_broken("%s", error.text);
}

static void change_mind(void *user, int64_t argument)
{
    scene *s = user;
    (void)argument;
    const int changes = (int)sim_below(6);
    for (int i = 0; i < changes; i++) {
        const int stream = (int)sim_below(SIM_STREAMS), symbol = (int)sim_below(SIM_SYMBOLS);
        want(s, stream, symbol, !sim_check_is_wanted(stream, symbol));
    }
    if (!sim_is_calm())
        sim_after(sim_between(SIM_S, 60 * SIM_S), change_mind, s, 0);
}

/* The same, another, or one that there is not. */
static void reload(void *user, int64_t argument)
{
    static const char *const flavours[] = {"vanilla", "pistachio"};
    const weir_setting setting = {"vars.flavour", flavours[sim_below(2)]};
    const weir_spec_options options = {.settings = &setting, .setting_count = 1};
    const char *path = sim_chance(150) ? "/nonexistent.yaml" : NULL;
    scene *s = user;
    weir_error error = {0};
    weir_reload done = {0};
    (void)argument;
    if (sim_is_calm())
        return;
    const weir_code code = weir_runtime_reload(s->runtime, path, &options, &done, NULL, &error);
    if (code == WEIR_ERR_STATE) /* it is being stopped */
        return;
    if ((code == WEIR_OK) != !path || done.lost_subscriptions > 0)
        sim_broken("a reload: %s, %zu subscriptions are lost", error.text, done.lost_subscriptions);
    sim_log("user has loaded the spec again: %zu kept, %zu replaced", done.kept, done.replaced);
    sim_after(sim_chance(100) ? SIM_MS : sim_between(2 * SIM_S, 90 * SIM_S), reload, s, 0);
}

static void jump(void *user, int64_t argument)
{
    (void)user;
    (void)argument;
    const int64_t by_ns = sim_between(-7200, 7200) * SIM_S;
    sim_log("the wall clock is set by %lld s", (long long)(by_ns / SIM_S));
    sim_jump(by_ns);
    sim_after(sim_between(30 * SIM_S, 200 * SIM_S), jump, NULL, 0);
}

/* What everything has allocated, without what is on its way; nothing grows with time. Sanitizers
 * have an allocator of their own, which does not tell. */
static void weigh(void *user, int64_t before)
{
    const int64_t now = (int64_t)mallinfo2().uordblks - (int64_t)sim_links_hold();
    const int64_t most = sim_how.reloads ? 2 * GROWTH_MAX : GROWTH_MAX; /* several specs at once */
    (void)user;
    if (before > 0 && now - before > most)
        sim_broken("%lld bytes are allocated, a minute after the start it were %lld",
                   (long long)now, (long long)before);
    sim_after(60 * SIM_S, weigh, NULL, before > 0 ? before : now);
}

static void on_record(void *user, const weir_record *record)
{
    (void)user;
    sim_check_record(record);
}

/* ------------------------------------------------------------------ a history */

/* By its name. */
typedef struct kind {
    const char *spec;
    sim_mode mode;
    bool rolls, has_tokens, reloads;
} kind;

static const kind kinds[] = {
    {.spec = "sim", .mode = SIM_PLAIN},
    {.spec = "sim_named", .mode = SIM_NAMED},
    {.spec = "sim_keyed", .mode = SIM_KEYED},
    {.spec = "sim_session", .mode = SIM_KEYED, .has_tokens = true},
    {.spec = "sim_rolled", .mode = SIM_NAMED, .rolls = true},
    {.spec = "sim_rolled_session", .mode = SIM_KEYED, .rolls = true, .has_tokens = true},
    {.spec = "sim_reloaded", .mode = SIM_NAMED, .rolls = true, .reloads = true},
};

static const kind *kind_of(const weir_spec *spec)
{
    size_t i = sizeof kinds / sizeof kinds[0] - 1;
    while (i > 0 && !weir_str_is(weir_spec_name(spec), kinds[i].spec))
        i--;
    return &kinds[i];
}

static sim_profile draw_profile(const kind *kind)
{
    const bool is_quiet = sim_chance(100);
    return (sim_profile){
        .mode = kind->mode,
        .rolls = kind->rolls,
        .has_tokens = kind->has_tokens,
        .reloads = kind->reloads,
        .connect_fails = is_quiet ? 0 : (unsigned)sim_below(700),
        .link_faults = is_quiet ? 0 : (unsigned)sim_below(60),
        .ack_faults = is_quiet || sim_chance(400) ? 0 : (unsigned)sim_below(200),
        .frame_drops = is_quiet ? 0 : (unsigned)sim_below(200),
        .latency_ns = sim_between(SIM_MS, 400 * SIM_MS),
        .tick_ns = sim_between(500 * SIM_MS, 8 * SIM_S),
        .restarts = !is_quiet && sim_chance(400),
        .jumps = sim_chance(200),
        .refuses_login = sim_chance(20),
        .refusals = !is_quiet && sim_chance(200) ? (unsigned)sim_below(300) : 0,
        .ends_early = sim_chance(250),
        /* what a refusal has ended is told by it, and not by a gap record after a reload */
        .withdraws = kind->mode == SIM_NAMED && !kind->reloads && !is_quiet && sim_chance(400),
    };
}

static void run_scene(weir_spec *spec)
{
    scene s = {0};
    weir_error error = {0};
    const weir_consumer_options inline_one = {.delivery = WEIR_DELIVERY_INLINE,
                                              .on_record = on_record};
    s.runtime = weir_runtime_new(spec, NULL, &error);
    if (!s.runtime || !weir_consumer_open(s.runtime, &inline_one, &error)) {
        fprintf(stderr, "sim: %s\n", error.text);
        exit(2);
    }
    the_runtime = s.runtime;
    sim_check_runtime(s.runtime);
    sim_readers_open(s.runtime);
    change_mind(&s, 0);
    sim_after(60 * SIM_S, weigh, NULL, 0);
    if (sim_how.reloads)
        sim_after(sim_between(SIM_S, 60 * SIM_S), reload, &s, 0);
    if (sim_how.jumps)
        sim_after(30 * SIM_S, jump, NULL, 0);
    if (weir_runtime_start(s.runtime, &error) != WEIR_OK) {
        fprintf(stderr, "sim: %s\n", error.text);
        exit(2);
    }
    sim_wait();
    const int64_t asked_at = sim_now();
    weir_runtime_stop(s.runtime, 0);
    if (sim_now() - asked_at > 2 * SIM_S)
        sim_broken("stopping took %.3f s", (double)(sim_now() - asked_at) / 1e9);
    sim_readers_settle();
    weir_runtime_free(s.runtime);
}

static bool run_seed(weir_spec *spec, uint64_t seed, FILE *log, uint64_t *hash)
{
    sim_begin(seed, SCENARIO);
    sim_log_begin(log);
    sim_check_begin();
    sim_how = draw_profile(kind_of(spec));
    sim_http_begin();
    if (sim_how.ends_early)
        sim_cut_short(sim_between(0, SCENARIO / 2));
    sim_venue_begin();
    run_scene(spec);
    sim_links_forget();
    sim_end();
    *hash = sim_log_hash();
    return sim_broken_count() == 0;
}

/* ------------------------------------------------------------------ command line */

typedef struct arguments {
    const char *spec;
    uint64_t seed, count;
    FILE *log;
} arguments;

static arguments read_arguments(int argc, char **argv)
{
    arguments a = {.seed = 1, .count = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--log") == 0)
            a.log = stdout;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            a.seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            a.count = strtoull(argv[++i], NULL, 10);
        else
            a.spec = argv[i];
    }
    if (!a.spec) {
        fprintf(stderr, "sim SPEC [--seed N] [--count N] [--log]\n");
        exit(2);
    }
    return a;
}

int main(int argc, char **argv)
{
    const arguments a = read_arguments(argc, argv);
    weir_error error = {0};
    weir_spec *spec = weir_spec_load(a.spec, NULL, NULL, &error);
    uint64_t broken = 0;
    if (!spec) {
        fprintf(stderr, "sim: %s\n", error.text);
        return 2;
    }
    for (uint64_t seed = a.seed; seed < a.seed + a.count; seed++) {
        uint64_t hash = 0, again = 0;
        bool is_good = run_seed(spec, seed, a.log, &hash);
        if (seed % 100 == 0 && is_good && !(run_seed(spec, seed, NULL, &again) && again == hash)) {
            fprintf(stderr, "the same seed gave another history\n");
            is_good = false;
        }
        if (!is_good) {
            fprintf(stderr, "seed %llu is broken; again: %s %s --seed %llu --log\n",
                    (unsigned long long)seed, argv[0], a.spec, (unsigned long long)seed);
            broken++;
        }
    }
    weir_spec_free(spec);
    printf("%llu histories of %lld s, %llu of them broken\n", (unsigned long long)a.count,
           (long long)(SCENARIO / SIM_S), (unsigned long long)broken);
    return broken == 0 ? 0 : 1;
}
