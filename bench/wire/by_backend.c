/* SPDX-License-Identifier: MIT */
/*
 * by_backend PORT PATH CA WAY: Weir's websocket backend without the engine above it: its loop, its
 * stream, its frames, to a callback.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "fill_options.h"
#include "tally.h"

static tally total;
static weir_loop *loop;
static int status = 1;

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    (void)user;
    (void)detail;
    if (phase == WEIR_LINK_UP)
        tally_begin(&total);
}

static void on_frame(void *user, const weir_frame *frame)
{
    tally *t = user;
    t->take(t, frame->bytes.ptr, frame->bytes.len);
}

static void on_nothing(void *user)
{
    (void)user;
}

static void on_warning(void *user, const weir_error *warning)
{
    (void)user;
    fprintf(stderr, "by_backend: %s\n", warning->text);
}

static void on_down(void *user, const weir_link_end *end)
{
    tally *t = user;
    tally_end(t);
    if (end->error.code == WEIR_OK)
        status = 0;
    else
        fprintf(stderr, "by_backend: %s\n", end->error.text);
    weir_loop_stop(loop);
}

int main(int argc, char **argv)
{
    const weir_backend *backend = &weir_backend_websocket;
    char url[256], setting[512];
    weir_error error = {0};
    if (argc != 5 || !tally_init(&total, argv[4]))
        return fprintf(stderr, "usage: by_backend PORT PATH CA|- count|digest|latency\n"), 2;
    const bool is_secure = strcmp(argv[3], "-") != 0;
    snprintf(url, sizeof url, "%s://127.0.0.1:%s%s", is_secure ? "wss" : "ws", argv[1], argv[2]);
    snprintf(setting, sizeof setting, "tls.ca=%s", argv[3]);
    weir_arena *arena = weir_arena_new(0, 0);
    weir_options options = fill_options(arena, backend->options, backend->option_count);
    if (is_secure && !fill_option(arena, &options, setting))
        return 2;
    const weir_link_sink sink = {.user = &total,
                                 .on_phase = on_phase,
                                 .on_frame = on_frame,
                                 .on_alive = on_nothing,
                                 .on_drained = on_nothing,
                                 .on_warning = on_warning,
                                 .on_down = on_down};
    const weir_link_target target = {.url = weir_str_of(url), .options = &options};
    loop = weir_loop_new(64, &error);
    if (!loop || !backend->open(loop, &target, &sink, &error))
        return fprintf(stderr, "by_backend: %s\n", error.text), 1;
    weir_loop_run(loop);
    tally_print(&total);
    weir_loop_free(loop);
    weir_arena_free(arena);
    return status;
}
