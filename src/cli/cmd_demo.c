/* SPDX-License-Identifier: MIT */
/* weir demo: the built-in venue, and a feed from it through specs/demo.yaml. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/feed.h"
#include "cli/screen.h"
#include "cli/stop.h"
#include "server/demo_venue.h"
#include "util/time.h"

static const char *const demo_streams[] = {"trades", "quotes", "orders"};
enum { DEMO_STREAMS = sizeof demo_streams / sizeof demo_streams[0] };
static const char demo_symbols[] = "BTC-USD,ETH-USD,AAPL,MSFT,EUR-USD";
static const int64_t usual_duration_ns = 10 * WEIR_NS_PER_S;
static const char usual_duration[] = "10s";

static void say(const char *format, ...) WEIR_PRINTF(1, 2);
static void say(const char *format, ...)
{
    weir_buf text = {0};
    va_list args;
    va_start(args, format);
    weir_buf_vprintf(&text, format, args);
    va_end(args);
    cli_screen_say(weir_now_ns(), (weir_str){text.ptr, text.len});
    weir_buf_fini(&text);
}

/* The venue alone, until a signal or the end of --duration. */
static int serve(const char *url, int64_t duration_ns)
{
    say("the demo venue listens at %s; Ctrl-C ends it", url);
    say("stream it with: weir run demo --set vars.url=%s --subscribe trades=%s", url, demo_symbols);
    const int64_t end_ns = duration_ns > 0 ? weir_mono_ns() + duration_ns : INT64_MAX;
    cli_stop_listen(NULL);
    cli_stop_sleep_until(end_ns);
    return CLI_OK;
}

static int stream(const cli_args *args, const char *url, cli_feed_options *options)
{
    cli_subscription wanted[DEMO_STREAMS] = {{0}};
    const weir_setting at = {"vars.url", url};
    int status = CLI_FAILED;
    options->spec = cli_load_spec_with(args, "demo", &at, &status);
    if (!options->spec)
        return status;
    bool is_good = true;
    for (size_t i = 0; i < DEMO_STREAMS; i++) {
        weir_buf text = {0};
        weir_buf_printf(&text, "%s=%s", demo_streams[i], demo_symbols);
        is_good &= cli_subscription_parse(&wanted[i], weir_buf_cstr(&text));
        weir_buf_fini(&text);
    }
    say("a built-in venue at %s, streamed through the spec 'demo'", url);
    const char *duration = cli_value(args, "duration");
    if (options->duration_ns > 0)
        say("it drops the connection now and then; this ends after %s",
            duration ? duration : usual_duration);
    else
        say("it drops the connection now and then; Ctrl-C ends it");
    options->subscriptions = wanted;
    options->subscription_count = DEMO_STREAMS;
    status = is_good ? cli_feed_run(options) : cli_fail("out of memory");
    options->subscriptions = NULL;
    for (size_t i = 0; i < DEMO_STREAMS; i++)
        cli_subscription_fini(&wanted[i]);
    weir_spec_free(options->spec);
    return status;
}

static int run(const cli_args *args)
{
    cli_feed_options options = {.format = cli_value(args, "format"),
                                .channels = cli_channels(args),
                                .is_quiet = cli_flag(args, "quiet")};
    const bool is_watched = isatty(STDOUT_FILENO);
    uint64_t port = 0;
    weir_error error = {0};
    if (!cli_number(args, "limit", &options.limit) || !cli_number(args, "port", &port) ||
        !cli_duration(args, "duration", &options.duration_ns))
        return CLI_USAGE;
    if (port > UINT16_MAX)
        return cli_usage(args, "--port takes a port, 0 to 65535");
    if (!options.format)
        options.format = is_watched ? "pretty" : "json";
    if (!is_watched && !cli_flag(args, "duration") && !cli_flag(args, "serve"))
        options.duration_ns = usual_duration_ns;
    cli_stop_install();
    cli_screen_open(options.is_quiet, NULL);
    const demo_venue_options how = {.port = (uint16_t)port, .seed = (uint64_t)weir_now_ns()};
    demo_venue *venue = demo_venue_start(&how, &error);
    if (!venue)
        return cli_fail("%s", error.text);
    const int status = cli_flag(args, "serve") ? serve(demo_venue_url(venue), options.duration_ns)
                                               : stream(args, demo_venue_url(venue), &options);
    demo_venue_stop(venue);
    return status;
}

static const cli_option options[] = {
    CLI_OPTION_CHANNEL,
    {.name = "format",
     .arg = "FORMAT",
     .help = "as for 'weir run'; the default is pretty on a terminal, else json",
     .choices = cli_format_names},
    CLI_OPTION_LIMIT,
    {.name = "duration",
     .arg = "TIME",
     .help = "stop after a time, such as 30s (default: at Ctrl-C on a terminal, else 10s)"},
    {.name = "port", .arg = "PORT", .help = "where the venue listens (default: any free port)"},
    {.name = "serve", .help = "only the venue, for another 'weir run demo' to stream from"},
    CLI_OPTION_QUIET,
};

const cli_command cli_demo = {
    .name = "demo",
    .operands = "",
    .summary = "stream a built-in venue: no network, no account",
    .description =
        "Starts a venue on a loopback port, a real websocket server with a random-walk market of "
        "several symbols, and streams it through specs/demo.yaml. It demands a login, answers "
        "subscriptions, and drops the connection now and then, so that reconnecting can be "
        "watched.",
    .examples = "weir demo\n"
                "weir demo --format json --limit 20\n"
                "weir demo --serve --port 8765 & weir run demo --subscribe trades=AAPL,BTC-USD\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
