/* SPDX-License-Identifier: MIT */
/*
 * A runtime on the command line, for the tests of this folder: it is told by options what to open,
 * by lines on stdin what to do, and says on stdout, a JSON object a line, all that happens.
 *
 *   feed_driver SPEC [--set vars.NAME=VALUE] [--connection NAME] [--subscribe STREAM=A,B]
 *               [--consumer WORD,WORD...] [--reactors N] [--tap]
 *
 * The words of a consumer: poll callback inline · block drop_oldest drop_newest conflate ·
 * capacity=N · delay_us=N per record · hold (a polled one reads nothing before `read`) · print ·
 * channel=NAME · connection=NAME. Commands: subscribe STREAM A B · unsubscribe STREAM A B · end ID
 * · end_all STREAM|- [SYMBOL] · subscriptions · status · failures · stats · read · open WORDS ·
 * close N · stop [MS]. The end of stdin is a stop.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weir/weir.h>

enum { MOST = 16, WORDS = 4096 };

typedef struct seen {
    uint64_t count, first, last, missed, holes, disorder; /* missed: by overflow; holes: not told */
} seen;

typedef struct reader {
    int number;
    weir_consumer *consumer;
    weir_consumer_options options;
    char channel_name[32], connection_name[64];
    bool is_holding, prints;
    long delay_us;
    atomic_bool may_read;
    bool has_thread;
    pthread_t thread;
    seen seen[WEIR_CHANNEL_COUNT];
} reader;

static weir_runtime *runtime;
static reader readers[MOST];
static int reader_count;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------------------------ saying */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void put_text(const char *name, weir_str text)
{
    printf(",\"%s\":\"", name);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void begin_line(const char *ev)
{
    pthread_mutex_lock(&out_lock);
    printf("{\"ev\":\"%s\"", ev);
}

static void end_line(void)
{
    printf("}\n");
    fflush(stdout);
    pthread_mutex_unlock(&out_lock);
}

static void say_error(const char *what, const weir_error *error)
{
    begin_line("error");
    put_text("what", weir_str_of(what));
    put_text("code", weir_str_of(weir_code_name(error->code)));
    put_text("text", weir_str_of(error->text));
    end_line();
}

static void on_event(void *user, const weir_event *event)
{
    (void)user;
    begin_line("event");
    put_text("type", weir_str_of(weir_event_type_name(event->type)));
    put_text("connection", event->connection);
    put_text("from", weir_str_of(weir_state_name(event->from)));
    put_text("to", weir_str_of(weir_state_name(event->to)));
    put_text("code", weir_str_of(weir_code_name(event->code)));
    put_text("reason", event->reason);
    put_text("stream", event->stream);
    put_text("symbol", event->symbol);
    printf(",\"count\":%llu,\"retry_ms\":%lld,\"shard\":%zu", (unsigned long long)event->count,
           (long long)event->retry_in_ns / 1000000, event->shard);
    end_line();
}

static void on_tap(void *user, const weir_tap_frame *frame)
{
    (void)user;
    begin_line(frame->is_outgoing ? "sent" : "got");
    put_text("connection", frame->connection);
    put_text("text", frame->bytes);
    end_line();
}

static void say_status(void)
{
    for (size_t i = 0; i < weir_runtime_connections(runtime); i++) {
        weir_connection_status status;
        weir_runtime_status(runtime, i, &status);
        begin_line("status");
        put_text("connection", status.connection);
        put_text("state", weir_str_of(weir_state_name(status.state)));
        printf(",\"connects\":%llu,\"frames\":%llu,\"records\":%llu,\"wanted\":%zu,\"failed\":%llu",
               (unsigned long long)status.connects, (unsigned long long)status.frames,
               (unsigned long long)status.records_out, status.wanted,
               (unsigned long long)status.failed[1]);
        printf(",\"shard\":%zu,\"learnt\":%zu,\"pending\":%zu,\"active\":%zu,\"rejected\":%zu",
               status.shard, status.learnt, status.pending, status.active, status.rejected);
        printf(",\"unwanted\":%llu", (unsigned long long)status.unwanted);
        printf(",\"rolls\":%llu", (unsigned long long)status.rolls);
        printf(",\"gaps\":%llu,\"missed\":%llu,\"duplicates\":%llu",
               (unsigned long long)status.gaps, (unsigned long long)status.missed,
               (unsigned long long)status.duplicates);
        end_line();
    }
}

static void say_subscription(void *user, const weir_subscription *item)
{
    (void)user;
    begin_line("subscription");
    put_text("connection", item->connection);
    put_text("stream", item->stream);
    put_text("symbol", item->symbol);
    put_text("state", weir_str_of(weir_subscription_state_name(item->state)));
    put_text("reason", item->reason);
    printf(",\"shard\":%zu,\"holders\":%zu", item->shard, item->holders);
    end_line();
}

static void on_failure(void *user, const weir_failure *failure)
{
    (void)user;
    begin_line("failure");
    put_text("stage", weir_str_of(failure->stage));
    put_text("sample", failure->sample);
    put_text("reason", failure->reason);
    end_line();
}

static void say_stats(const reader *r)
{
    weir_consumer_stats stats;
    weir_consumer_get_stats(r->consumer, &stats);
    begin_line("stats");
    printf(",\"consumer\":%d,\"delivered\":%llu,\"dropped\":%llu,\"conflated\":%llu,"
           "\"blocked\":%llu,\"queued\":%zu",
           r->number, (unsigned long long)stats.delivered, (unsigned long long)stats.dropped,
           (unsigned long long)stats.conflated, (unsigned long long)stats.blocked, stats.queued);
    end_line();
}

static void say_seen(const reader *r)
{
    for (int i = 0; i < WEIR_CHANNEL_COUNT; i++) {
        const seen *s = &r->seen[i];
        if (s->count == 0)
            continue;
        begin_line("seen");
        put_text("channel", weir_str_of(weir_channel_name((weir_channel)i)));
        printf(",\"consumer\":%d,\"count\":%llu,\"first\":%llu,\"last\":%llu,\"missed\":%llu,"
               "\"holes\":%llu,\"disorder\":%llu",
               r->number, (unsigned long long)s->count, (unsigned long long)s->first,
               (unsigned long long)s->last, (unsigned long long)s->missed,
               (unsigned long long)s->holes, (unsigned long long)s->disorder);
        end_line();
    }
}

/* ------------------------------------------------------------------ reading */

static void print_record(const reader *r, const weir_record *record)
{
    weir_text_buffer text = {0};
    if (!weir_record_json(&text, record, false))
        return;
    begin_line("record");
    printf(",\"consumer\":%d,\"record\":%.*s", r->number, (int)text.len, text.ptr);
    end_line();
    weir_text_buffer_free(&text);
}

/* How many numbers up to its own a gap record stands for, of a channel with one stream. */
static uint64_t overflowed(const weir_record *record)
{
    weir_str reason;
    int64_t missed = 0;
    if (weir_record_get_str(record, "gap.reason", &reason) && weir_str_is(reason, "overflow"))
        weir_record_get_i64(record, "gap.missed", &missed);
    return (uint64_t)missed;
}

static void on_record(void *user, const weir_record *record)
{
    reader *r = user;
    seen *s = &r->seen[weir_schema_channel(weir_record_schema(record))];
    const uint64_t seq = weir_record_seq(record);
    const bool is_gap = weir_schema_is_gap(weir_record_schema(record));
    const uint64_t missed = is_gap ? overflowed(record) : 0;
    s->first = s->first || missed ? s->first : seq;
    s->count += !is_gap;
    s->missed += missed;
    if ((s->last || missed) && seq > s->last + (missed ? missed : 1))
        s->holes += seq - s->last - (missed ? missed : 1);
    s->disorder += seq <= s->last;
    s->last = seq;
    if (r->prints)
        print_record(r, record);
    if (r->delay_us > 0)
        nanosleep(&(struct timespec){r->delay_us / 1000000, r->delay_us % 1000000 * 1000}, NULL);
}

static void *read_all(void *user)
{
    reader *r = user;
    while (!weir_consumer_is_done(r->consumer)) {
        if (r->is_holding && !atomic_load(&r->may_read)) {
            nanosleep(&(struct timespec){0, 1000000}, NULL);
            continue;
        }
        const weir_record *record = weir_consumer_next(r->consumer, 50000000);
        if (record)
            on_record(r, record);
    }
    return NULL;
}

static void take_word(reader *r, const char *word)
{
    static const char *const deliveries[] = {"poll", "callback", "inline"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, deliveries[i]) == 0)
            r->options.delivery = (weir_delivery)i;
    }
    for (int i = WEIR_OVERFLOW_BLOCK; i <= WEIR_OVERFLOW_CONFLATE; i++) {
        if (strcmp(word, weir_overflow_name((weir_overflow)i)) == 0)
            r->options.overflow = (weir_overflow)i;
    }
    r->is_holding = r->is_holding || strcmp(word, "hold") == 0;
    r->prints = r->prints || strcmp(word, "print") == 0;
    sscanf(word, "capacity=%zu", &r->options.capacity);
    sscanf(word, "delay_us=%ld", &r->delay_us);
    if (sscanf(word, "channel=%31s", r->channel_name) == 1)
        r->options.channels = 1u << weir_channel_from_name(weir_str_of(r->channel_name));
    if (sscanf(word, "connection=%63s", r->connection_name) == 1)
        r->options.connection = r->connection_name;
}

static bool open_reader(char *words)
{
    weir_error error = {0};
    if (reader_count == MOST)
        return false;
    reader *r = &readers[reader_count];
    r->number = reader_count;
    char *rest = words;
    for (char *word; (word = strtok_r(rest, ",", &rest)) != NULL;)
        take_word(r, word);
    r->options.on_record = on_record;
    r->options.user = r;
    r->consumer = weir_consumer_open(runtime, &r->options, &error);
    if (!r->consumer) {
        say_error("open", &error);
        return false;
    }
    reader_count++;
    r->has_thread = r->options.delivery == WEIR_DELIVERY_POLL &&
                    pthread_create(&r->thread, NULL, read_all, r) == 0;
    return true;
}

/* ------------------------------------------------------------------ commands */

static size_t split(char *text, const char *separators, const char **words)
{
    size_t count = 0;
    for (char *word; count < WORDS && (word = strtok_r(text, separators, &text)) != NULL;)
        words[count++] = word;
    return count;
}

static void say_outcome(const char *what, weir_code code, uint64_t id, const weir_error *error)
{
    if (code != WEIR_OK) {
        say_error(what, error);
        return;
    }
    begin_line("ok");
    printf(",\"id\":%llu", (unsigned long long)id);
    end_line();
}

static void change_wants(bool unsubscribes, const char *stream, const char *const *symbols,
                         size_t count)
{
    weir_error error = {0};
    uint64_t id = 0;
    const weir_code code =
        unsubscribes ? weir_runtime_unsubscribe(runtime, stream, symbols, count, &error)
                     : weir_runtime_subscribe(runtime, stream, symbols, count, &id, &error);
    say_outcome(unsubscribes ? "unsubscribe" : "subscribe", code, id, &error);
}

/* "-" stands for every stream. */
static void end_wants(const char *const *words)
{
    weir_error error = {0};
    if (strcmp(words[0], "end") == 0)
        say_outcome("end",
                    weir_runtime_unsubscribe_id(runtime, strtoull(words[1], NULL, 10), &error), 0,
                    &error);
    else
        say_outcome("end_all",
                    weir_runtime_unsubscribe_all(
                        runtime, strcmp(words[1], "-") == 0 ? NULL : words[1], words[2], &error),
                    0, &error);
}

static void stop(int64_t deadline_ms)
{
    const int64_t since = now_ns();
    weir_runtime_stop(runtime, deadline_ms * 1000000);
    begin_line("stopped");
    printf(",\"ms\":%lld", (long long)(now_ns() - since) / 1000000);
    end_line();
}

static void reload(const char *path)
{
    weir_error error = {0};
    weir_reload done = {0};
    if (weir_runtime_reload(runtime, path, NULL, &done, NULL, &error) != WEIR_OK) {
        say_error("reload", &error);
        return;
    }
    begin_line("reloaded");
    printf(",\"kept\":%zu,\"replaced\":%zu,\"added\":%zu,\"removed\":%zu,\"lost\":%zu", done.kept,
           done.replaced, done.added, done.removed, done.lost_subscriptions);
    end_line();
}

/* Reloads from a thread of its own, while commands go on. */
static struct {
    pthread_t thread;
    bool has_thread;
    int count;
    char paths[2][512];
} storm;

static void *rage(void *unused)
{
    (void)unused;
    for (int i = 0; i < storm.count; i++)
        weir_runtime_reload(runtime, storm.paths[i % 2], NULL, NULL, NULL, NULL);
    begin_line("stormed");
    end_line();
    return NULL;
}

static void start_storm(int count, const char *a, const char *b)
{
    storm.count = count;
    snprintf(storm.paths[0], sizeof storm.paths[0], "%s", a);
    snprintf(storm.paths[1], sizeof storm.paths[1], "%s", b);
    storm.has_thread = pthread_create(&storm.thread, NULL, rage, NULL) == 0;
}

/* False: it was a stop. */
static bool obey(char *line)
{
    static const char *words[WORDS];
    memset(words, 0, sizeof words);
    const size_t count = split(line, " \n", words);
    if (count == 0)
        return true;
    if (strcmp(words[0], "stop") == 0) {
        stop(count > 1 ? atoi(words[1]) : 0);
        return false;
    }
    if (strcmp(words[0], "subscribe") == 0 && count > 1)
        change_wants(false, words[1], words + 2, count - 2);
    else if (strcmp(words[0], "unsubscribe") == 0 && count > 1)
        change_wants(true, words[1], words + 2, count - 2);
    else if ((strcmp(words[0], "end") == 0 || strcmp(words[0], "end_all") == 0) && count > 1)
        end_wants(words);
    else if (strcmp(words[0], "subscriptions") == 0)
        weir_runtime_subscriptions(runtime, say_subscription, NULL);
    else if (strcmp(words[0], "status") == 0)
        say_status();
    else if (strcmp(words[0], "reload") == 0 && count > 1)
        reload(words[1]);
    else if (strcmp(words[0], "storm") == 0 && count > 3)
        start_storm(atoi(words[1]), words[2], words[3]);
    else if (strcmp(words[0], "login") == 0)
        weir_runtime_reauthenticate(runtime, NULL, NULL);
    else if (strcmp(words[0], "failures") == 0)
        weir_runtime_failures(runtime, 0, on_failure, NULL);
    else if (strcmp(words[0], "open") == 0 && count > 1)
        open_reader((char *)words[1]);
    else if (strcmp(words[0], "close") == 0 && count > 1)
        weir_consumer_close(readers[atoi(words[1])].consumer);
    for (int i = 0; i < reader_count; i++) {
        if (strcmp(words[0], "stats") == 0)
            say_stats(&readers[i]);
        if (strcmp(words[0], "read") == 0)
            atomic_store(&readers[i].may_read, true);
    }
    return true;
}

static void finish(void)
{
    if (storm.has_thread)
        pthread_join(storm.thread, NULL);
    for (int i = 0; i < reader_count; i++) {
        atomic_store(&readers[i].may_read, true);
        if (readers[i].has_thread)
            pthread_join(readers[i].thread, NULL);
        say_seen(&readers[i]);
        say_stats(&readers[i]);
    }
    say_status();
    weir_runtime_free(runtime);
}

/* ------------------------------------------------------------------ options */

typedef struct arguments {
    weir_setting settings[MOST];
    size_t setting_count;
    const char *connections[MOST];
    size_t connection_count;
    char *subscribes[MOST];
    size_t subscribe_count;
    char *consumers[MOST];
    size_t consumer_count;
    size_t reactors;
    bool taps;
} arguments;

static void read_option(arguments *a, const char *name, char *value)
{
    if (strcmp(name, "--set") == 0 && strchr(value, '=')) {
        char *equals = strchr(value, '=');
        *equals = '\0';
        a->settings[a->setting_count++] = (weir_setting){value, equals + 1};
    } else if (strcmp(name, "--connection") == 0) {
        a->connections[a->connection_count++] = value;
    } else if (strcmp(name, "--subscribe") == 0) {
        a->subscribes[a->subscribe_count++] = value;
    } else if (strcmp(name, "--consumer") == 0) {
        a->consumers[a->consumer_count++] = value;
    } else if (strcmp(name, "--reactors") == 0) {
        a->reactors = (size_t)atoi(value);
    } else {
        fprintf(stderr, "feed_driver: what is %s?\n", name);
        exit(2);
    }
}

static weir_spec *load(const char *path, const arguments *a)
{
    weir_error error = {0};
    weir_report *report = NULL;
    const weir_spec_options options = {.settings = a->settings, .setting_count = a->setting_count};
    weir_spec *spec = weir_spec_load(path, &options, &report, &error);
    if (!spec) {
        char *text = weir_report_text(report, false);
        fprintf(stderr, "%s\n%s\n", error.text, text ? text : "");
        free(text);
    }
    weir_report_free(report);
    return spec;
}

static bool open_all(weir_spec *spec, arguments *a)
{
    weir_error error = {0};
    const weir_runtime_options options = {.connections =
                                              a->connection_count ? a->connections : NULL,
                                          .connection_count = a->connection_count,
                                          .on_event = on_event,
                                          .on_frame = a->taps ? on_tap : NULL,
                                          .reactors = a->reactors};
    runtime = weir_runtime_new(spec, &options, &error);
    if (!runtime) {
        say_error("new", &error);
        return false;
    }
    for (size_t i = 0; i < a->consumer_count; i++)
        open_reader(a->consumers[i]);
    for (size_t i = 0; i < a->subscribe_count; i++) {
        static const char *words[WORDS];
        char *equals = strchr(a->subscribes[i], '=');
        if (equals)
            *equals = '\0';
        change_wants(false, a->subscribes[i], words, equals ? split(equals + 1, ",", words) : 0);
    }
    if (weir_runtime_start(runtime, &error) != WEIR_OK)
        say_error("start", &error);
    return true;
}

static void *nothing(void *user)
{
    return user;
}

/* To the first thread that is made ThreadSanitizer adds one of its own. */
static void make_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *task; tasks && (task = readdir(tasks)) != NULL;)
        count += task->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* Threads that nobody can join, the MQTT library's and a resolver's, end by themselves when there
 * is nothing left to do: what they hold until then would count as leaked by a process that ends
 * before them. */
static void await_others(int before)
{
    for (int i = 0; i < 400 && count_threads() > before; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

int main(int argc, char **argv)
{
    arguments a = {0};
    static char line[65536];
    make_thread();
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--tap") == 0)
            a.taps = true;
        else if (i + 1 < argc)
            read_option(&a, argv[i], argv[i + 1]), i++;
    }
    weir_spec *spec = argc > 1 ? load(argv[1], &a) : NULL;
    if (!spec)
        return 1;
    const int threads = count_threads();
    const bool is_open = open_all(spec, &a);
    weir_spec_free(spec);
    if (!is_open)
        return 1;
    bool is_stopped = false;
    while (!is_stopped && fgets(line, sizeof line, stdin))
        is_stopped = !obey(line);
    if (!is_stopped)
        stop(0);
    finish();
    await_others(threads);
    return 0;
}
