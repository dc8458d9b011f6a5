/* SPDX-License-Identifier: MIT
 *
 * The websocket backend from the command line (or the socketio one), for the tests that run it
 * against real servers. It opens one link, does what its options say and prints what the link
 * tells, one JSON object a line; `down` is the last. Exit 0 after exactly one `down`, 2 for bad
 * usage, 3 when the time of
 * --max-ms is over.
 *
 *     ws_client URL [--backend NAME, the first of the words] [--hello JSON] [--name NAME]
 *               [--option NAME=VALUE]... [--header NAME:VALUE]... [--query NAME=VALUE]...
 *               [--send TEXT | --send-hex HEX | --send-fill BYTES | --probe]...   at UP, in order
 *               [--echo] [--after FRAMES] [--close CODE] [--reason TEXT] [--linger MS]
 *               [--close-in MS] [--pause-every FRAMES] [--pause MS] [--quiet] [--runs] [--max-ms
 * MS]
 *
 * With --runs it takes frames from the reads by itself (on_run). Without --close and --close-in the
 * link stays until the server ends it. --after 0 closes at UP.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "backends/wire/run.h"
#include "fill_options.h"
#include "util/buf.h"
#include "util/crypto.h"
#include "util/encode.h"
#include "util/time.h"
#include "util/utf8.h"

enum { ACTIONS_MAX = 64, PAIRS_MAX = 64, TEXT_SHOWN_MAX = 200 };

typedef struct action {
    char what; /* t text, h hex, f fill, p probe */
    const char *argument;
    const char *name; /* to send it under */
} action;

static const weir_backend *backend = &weir_backend_websocket;

static struct {
    const char *url;
    weir_options options;
    weir_link_pair headers[PAIRS_MAX];
    size_t header_count;
    weir_link_pair query[PAIRS_MAX];
    size_t query_count;
    action actions[ACTIONS_MAX];
    size_t action_count;
    bool echoes, closes, is_quiet, takes_runs;
    int close_code;
    const char *reason, *hello, *name;
    int64_t linger_ms, close_in_ms, pause_ms, max_ms;
    uint64_t after, pause_every;
} args = {
    .reason = "", .hello = "", .name = "", .linger_ms = 2000, .close_in_ms = -1, .max_ms = 45000};

static struct {
    weir_loop *loop;
    weir_backend_link *link;
    weir_timer *resume, *closer;
    uint64_t frames, bytes, alive, pauses, paused_calls;
    int downs;
    bool is_paused;
} run;

static weir_arena *arena;

static void put_json(weir_buf *out, weir_str text)
{
    weir_buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\')
            weir_buf_printf(out, "\\u%04x", c);
        else
            weir_buf_putc(out, (char)c);
    }
    weir_buf_putc(out, '"');
}

static void print_line(weir_buf *line)
{
    weir_buf_putc(line, '\n');
    fwrite(line->ptr, 1, line->len, stdout);
    fflush(stdout);
    weir_buf_fini(line);
}

static void on_phase(void *user, weir_link_phase phase, weir_str detail);

static void do_action(const action *act)
{
    weir_buf bytes = {0};
    weir_frame_kind kind = WEIR_FRAME_BINARY;
    weir_code code;
    bool queued = false;
    if (act->what == 'p') {
        code = backend->probe(run.link);
    } else {
        if (act->what == 't') {
            kind = WEIR_FRAME_TEXT;
            weir_buf_puts(&bytes, act->argument);
        } else if (act->what == 'h') {
            weir_hex_decode(weir_str_of(act->argument), &bytes);
        } else {
            size_t len = (size_t)strtoull(act->argument, NULL, 10);
            char *room = weir_buf_reserve(&bytes, len);
            for (size_t i = 0; room && i < len; i++)
                room[i] = (char)('a' + i % 26);
            bytes.len = room ? len : 0;
        }
        code = backend->send(run.link, kind, weir_str_of(act->name), weir_buf_str(&bytes), &queued);
    }
    printf("{\"ev\":\"sent\",\"code\":\"%s\",\"queued\":%s}\n", weir_code_name(code),
           queued ? "true" : "false");
    fflush(stdout);
    weir_buf_fini(&bytes);
}

static void close_now(void)
{
    backend->close(run.link, args.close_code, weir_str_of(args.reason),
                   args.linger_ms * WEIR_NS_PER_MS);
}

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    static const char *const names[] = {"resolving", "connecting", "securing", "upgrading", "up"};
    (void)user;
    weir_buf line = {0};
    weir_buf_printf(&line, "{\"ev\":\"phase\",\"phase\":\"%s\",\"detail\":", names[phase]);
    put_json(&line, detail);
    weir_buf_putc(&line, '}');
    print_line(&line);
    if (phase != WEIR_LINK_UP)
        return;
    for (size_t i = 0; i < args.action_count; i++)
        do_action(&args.actions[i]);
    if (args.closes && args.after == 0 && args.close_in_ms < 0)
        close_now();
}

static void print_frame(const weir_frame *frame)
{
    uint8_t digest[WEIR_DIGEST_MAX];
    weir_bytes bytes = {(const uint8_t *)frame->bytes.ptr, frame->bytes.len};
    weir_buf line = {0};
    weir_digest_bytes(WEIR_DIGEST_SHA256, bytes, digest, NULL);
    weir_buf_printf(&line, "{\"ev\":\"frame\",\"kind\":\"%s\",\"len\":%zu,\"sha256\":\"",
                    frame->kind == WEIR_FRAME_TEXT ? "text" : "binary", bytes.len);
    weir_hex_encode((weir_bytes){digest, 32}, &line);
    weir_buf_putc(&line, '"');
    if (frame->kind == WEIR_FRAME_TEXT && bytes.len <= TEXT_SHOWN_MAX) {
        weir_buf_puts(&line, ",\"text\":");
        put_json(&line, frame->bytes);
    }
    if (frame->name.len > 0) {
        weir_buf_puts(&line, ",\"name\":");
        put_json(&line, frame->name);
    }
    weir_buf_putc(&line, '}');
    print_line(&line);
}

/* Reads the bytes that the contract promises behind a frame, so that a sanitizer sees them. */
static unsigned touch_slack(weir_str bytes)
{
    volatile const char *end = bytes.ptr + bytes.len;
    unsigned sum = 0;
    for (size_t i = 0; i < 64; i++)
        sum += (unsigned char)end[i];
    return sum;
}

static void on_frame(void *user, const weir_frame *frame)
{
    (void)user;
    run.frames++;
    run.bytes += frame->bytes.len;
    run.paused_calls += run.is_paused;
    if (!args.is_quiet) {
        touch_slack(frame->bytes);
        print_frame(frame);
    }
    if (args.echoes)
        backend->send(run.link, frame->kind, WEIR_STR(""), frame->bytes, NULL);
    if (args.pause_every && run.frames % args.pause_every == 0) {
        run.is_paused = true;
        run.pauses++;
        backend->pause(run.link, true);
        weir_timer_set(run.resume, args.pause_ms * WEIR_NS_PER_MS);
    }
    if (args.closes && run.frames == args.after)
        close_now();
}

/* The frames that may come by on_run do, until one is no UTF-8 or the link is paused or closed. */
static void on_run(void *user, weir_frame_run *frames)
{
    weir_frame frame = {.received_ns = frames->received_ns};
    bool is_text;
    while (weir_frame_run_begin(frames, &is_text)) {
        frame.kind = is_text ? WEIR_FRAME_TEXT : WEIR_FRAME_BINARY;
        while (weir_frame_run_next(frames, &frame.bytes)) {
            if (is_text && !weir_utf8_valid(frame.bytes)) {
                weir_frame_run_put_back(frames, frame.bytes);
                return;
            }
            on_frame(user, &frame);
            if (run.is_paused || (args.closes && run.frames == args.after))
                return;
        }
        if (*frames->at != (0x80 | (is_text ? WEIR_WS_BINARY : WEIR_WS_TEXT)))
            return;
    }
}

static void on_resume(void *user)
{
    (void)user;
    run.is_paused = false;
    if (run.downs == 0)
        backend->pause(run.link, false);
}

static void on_closer(void *user)
{
    (void)user;
    if (run.downs == 0)
        close_now();
}

static void on_alive(void *user)
{
    (void)user;
    run.alive++;
}

static void on_drained(void *user)
{
    (void)user;
    printf("{\"ev\":\"drained\"}\n");
}

static void on_warning(void *user, const weir_error *warning)
{
    (void)user;
    weir_buf line = {0};
    weir_buf_puts(&line, "{\"ev\":\"warning\",\"text\":");
    put_json(&line, weir_str_of(warning->text));
    weir_buf_putc(&line, '}');
    print_line(&line);
}

/* The most resident memory that the program has had, in KiB; 0 where nobody says. */
static long peak_kib(void)
{
    char line[128];
    long peak = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return peak;
}

static void on_down(void *user, const weir_link_end *end)
{
    (void)user;
    weir_buf line = {0};
    weir_buf_printf(&line,
                    "{\"ev\":\"down\",\"code\":\"%s\",\"text\":", weir_code_name(end->error.code));
    put_json(&line, weir_str_of(end->error.code == WEIR_OK ? "" : end->error.text));
    weir_buf_printf(&line, ",\"close_code\":%d,\"reason\":", end->close_code);
    put_json(&line, weir_str_of(end->close_reason));
    weir_buf_printf(
        &line,
        ",\"http_status\":%d,\"retry_after\":%lld,\"by_peer\":%s,\"frames\":%llu,"
        "\"bytes\":%llu,\"alive\":%s,\"pauses\":%llu,\"paused_calls\":%llu,\"peak_kib\":%ld}",
        end->http_status, (long long)(end->retry_after_ns / WEIR_NS_PER_S),
        end->by_peer ? "true" : "false", (unsigned long long)run.frames,
        (unsigned long long)run.bytes, run.alive ? "true" : "false", (unsigned long long)run.pauses,
        (unsigned long long)run.paused_calls, peak_kib());
    print_line(&line);
    run.downs++;
    weir_loop_stop(run.loop);
}

static void on_max(void *user)
{
    (void)user;
    printf("{\"ev\":\"hang\",\"frames\":%llu}\n", (unsigned long long)run.frames);
    fflush(stdout);
    _exit(3);
}

static void usage(const char *what)
{
    fprintf(stderr, "ws_client: %s; see the head of ws_client.c\n", what);
    exit(2);
}

static void add_pair(weir_link_pair *pairs, size_t *count, char *text, char stop)
{
    char *at = strchr(text, stop);
    if (!at || *count == PAIRS_MAX)
        usage("bad pair");
    *at = '\0';
    pairs[(*count)++] = (weir_link_pair){.name = weir_str_of(text), .value = weir_str_of(at + 1)};
}

static void add_action(char what, const char *argument)
{
    if (args.action_count == ACTIONS_MAX)
        usage("too many actions");
    args.actions[args.action_count++] = (action){what, argument, args.name};
}

typedef struct number_row {
    const char *name;
    int64_t *value;
} number_row;

static bool parse_number(const char *name, const char *value)
{
    static const number_row rows[] = {
        {"--linger", &args.linger_ms},       {"--close-in", &args.close_in_ms},
        {"--pause", &args.pause_ms},         {"--max-ms", &args.max_ms},
        {"--after", (int64_t *)&args.after}, {"--pause-every", (int64_t *)&args.pause_every}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(name, rows[i].name) == 0) {
            *rows[i].value = strtoll(value, NULL, 10);
            return true;
        }
    return false;
}

static void parse_pair(const char *name, char *value)
{
    if (strcmp(name, "--option") == 0) {
        if (!fill_option(arena, &args.options, value))
            usage("bad option");
    } else if (strcmp(name, "--header") == 0) {
        add_pair(args.headers, &args.header_count, value, ':');
    } else if (strcmp(name, "--query") == 0) {
        add_pair(args.query, &args.query_count, value, '=');
    } else if (strcmp(name, "--send") == 0) {
        add_action('t', value);
    } else if (strcmp(name, "--send-hex") == 0) {
        add_action('h', value);
    } else if (strcmp(name, "--send-fill") == 0) {
        add_action('f', value);
    } else if (strcmp(name, "--reason") == 0) {
        args.reason = value;
    } else if (strcmp(name, "--hello") == 0) {
        args.hello = value;
    } else if (strcmp(name, "--name") == 0) {
        args.name = value; /* of what is sent by the options behind */
    } else if (strcmp(name, "--close") == 0) {
        args.closes = true;
        args.close_code = atoi(value);
    } else if (!parse_number(name, value)) {
        usage(name);
    }
}

static void parse(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--echo") == 0)
            args.echoes = true;
        else if (strcmp(words[i], "--quiet") == 0)
            args.is_quiet = true;
        else if (strcmp(words[i], "--runs") == 0)
            args.takes_runs = true;
        else if (strcmp(words[i], "--probe") == 0)
            add_action('p', NULL);
        else if (words[i][0] != '-')
            args.url = words[i];
        else if (i + 1 < count)
            parse_pair(words[i], words[i + 1]), i++;
        else
            usage(words[i]);
    }
    if (!args.url)
        usage("no URL");
}

static void print_refusal(const weir_error *error)
{
    weir_buf line = {0};
    weir_buf_printf(&line,
                    "{\"ev\":\"refused\",\"code\":\"%s\",\"text\":", weir_code_name(error->code));
    put_json(&line, weir_str_of(error->text));
    weir_buf_putc(&line, '}');
    print_line(&line);
}

/* Before the options, which are the backend's. */
static void choose_backend(int *count, char ***words)
{
    if (*count < 4 || strcmp((*words)[2], "--backend") != 0)
        return;
    if (strcmp((*words)[3], "socketio") != 0)
        usage("no such backend");
    backend = &weir_backend_socketio;
    (*words)[3] = (*words)[1]; /* the URL */
    *count -= 2;
    *words += 2;
}

int main(int count, char **words)
{
    arena = weir_arena_new(16384, 0);
    if (!arena)
        usage("out of memory");
    choose_backend(&count, &words);
    args.options = fill_options(arena, backend->options, backend->option_count);
    parse(count, words);
    weir_error error = {0};
    run.loop = weir_loop_new(64, &error);
    if (!run.loop)
        usage(error.text);
    weir_timer *max = weir_timer_new(run.loop, on_max, NULL);
    run.resume = weir_timer_new(run.loop, on_resume, NULL);
    run.closer = weir_timer_new(run.loop, on_closer, NULL);
    if (!max || !run.resume || !run.closer)
        usage("out of memory");
    weir_link_target target = {.url = weir_str_of(args.url),
                               .headers = args.headers,
                               .header_count = args.header_count,
                               .query = args.query,
                               .query_count = args.query_count,
                               .hello = weir_str_of(args.hello),
                               .options = &args.options,
                               .connection = WEIR_STR("test")};
    weir_link_sink sink = {.user = NULL,
                           .on_phase = on_phase,
                           .on_frame = on_frame,
                           .on_alive = on_alive,
                           .on_drained = on_drained,
                           .on_warning = on_warning,
                           .on_down = on_down,
                           .on_run = args.takes_runs ? on_run : NULL};
    run.link = backend->open(run.loop, &target, &sink, &error);
    if (run.link) {
        weir_timer_set(max, args.max_ms * WEIR_NS_PER_MS);
        if (args.close_in_ms >= 0)
            weir_timer_set(run.closer, args.close_in_ms * WEIR_NS_PER_MS);
        weir_loop_run(run.loop);
    } else {
        print_refusal(&error);
    }
    weir_timer_free(max);
    weir_timer_free(run.resume);
    weir_timer_free(run.closer);
    bool is_one_down = !run.link || run.downs == 1;
    weir_loop_free(run.loop);
    weir_arena_free(arena);
    return is_one_down ? 0 : 1;
}
