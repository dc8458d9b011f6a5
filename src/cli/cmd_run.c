/* SPDX-License-Identifier: MIT */
/* weir run: from the options to a live feed. */
#include <stdlib.h>

#include "cli/feed.h"
#include "cli/screen.h"

static const char *const overflow_names[] = {"block", "drop_oldest", "drop_newest", "conflate",
                                             NULL};

static weir_overflow overflow_of(const cli_args *args)
{
    const char *name = cli_value(args, "overflow");
    for (int i = WEIR_OVERFLOW_BLOCK; name && i <= WEIR_OVERFLOW_CONFLATE; i++) {
        if (strcmp(name, weir_overflow_name((weir_overflow)i)) == 0)
            return (weir_overflow)i;
    }
    return WEIR_OVERFLOW_BLOCK;
}

/* Subscriptions into `all`, which has room for every option given; false after a message. */
static bool read_subscriptions(const cli_args *args, cli_subscription *all, size_t *count)
{
    size_t at = 0;
    for (const char *text; (text = cli_next(args, "subscribe", &at));) {
        if (!cli_subscription_parse(&all[(*count)++], text)) {
            cli_usage(args, "--subscribe takes STREAM=SYMBOL,SYMBOL, not '%s'", text);
            return false;
        }
    }
    return true;
}

static size_t read_connections(const cli_args *args, const char **names)
{
    size_t count = 0, at = 0;
    for (const char *name; (name = cli_next(args, "connection", &at));)
        names[count++] = name;
    return count;
}

static int run_with(const cli_args *args, cli_feed_options *options, cli_subscription *wanted,
                    const char **connections)
{
    int status = CLI_USAGE;
    if (!cli_number(args, "limit", &options->limit) ||
        !cli_duration(args, "duration", &options->duration_ns) ||
        !read_subscriptions(args, wanted, &options->subscription_count))
        return CLI_USAGE;
    options->subscriptions = wanted;
    options->connection_count = read_connections(args, connections);
    options->connections = options->connection_count > 0 ? connections : NULL;
    options->spec = cli_load_spec(args, args->operands[0], &status);
    if (options->spec)
        status = cli_feed_run(options);
    weir_spec_free(options->spec);
    return status;
}

static int run(const cli_args *args)
{
    cli_feed_options options = {.format = cli_value(args, "format"),
                                .channels = cli_channels(args),
                                .record = cli_value(args, "record"),
                                .overflow = overflow_of(args),
                                .metrics = cli_value(args, "metrics"),
                                .shows_status = cli_flag(args, "status"),
                                .is_quiet = cli_flag(args, "quiet"),
                                .with_gaps = cli_flag(args, "gaps"),
                                .reloads = true};
    const char *level = cli_value(args, "log");
    cli_subscription *wanted = calloc(args->given_count + 1, sizeof *wanted);
    const char **connections = calloc(args->given_count + 1, sizeof *connections);
    cli_screen_open(options.is_quiet, level);
    weir_log_to(cli_screen_log, NULL, level ? level : "info");
    const int status = wanted && connections ? run_with(args, &options, wanted, connections)
                                             : cli_fail("out of memory");
    weir_log_to(NULL, NULL, NULL);
    for (size_t i = 0; i < options.subscription_count; i++)
        cli_subscription_fini(&wanted[i]);
    free(wanted);
    free(connections);
    return status;
}

static const cli_option options[] = {
    {.name = "subscribe",
     .arg = "STREAM=SYM,SYM",
     .help = "ask for symbols of a stream, or of CONNECTION/STREAM; may be repeated",
     .repeats = true},
    {.name = "connection",
     .arg = "NAME",
     .help = "open only this connection of the spec; may be repeated (default: all)",
     .repeats = true},
    CLI_OPTION_CHANNEL,
    CLI_OPTION_FORMAT,
    CLI_OPTION_GAPS,
    CLI_OPTION_LIMIT,
    {.name = "duration", .arg = "TIME", .help = "stop after a time, such as 30s, 5m or 1h"},
    {.name = "record",
     .arg = "FILE",
     .help = "append every frame, in both directions and with its time, to FILE, for 'weir "
             "replay'; secrets are masked, also where the venue repeats them",
     .completion = CLI_COMPLETE_FILE},
    {.name = "overflow",
     .arg = "POLICY",
     .help = "when stdout is read too slowly: block makes the connection wait (the default), "
             "drop_oldest and drop_newest drop records, conflate keeps the latest of each stream "
             "and asset; what is not delivered is counted",
     .choices = overflow_names},
    {.name = "status",
     .help =
         "say on stderr every ten seconds, and at the end, how each connection does: state, rates, "
         "failures, latencies, and why it was last down"},
    {.name = "metrics",
     .arg = "ADDRESS",
     .help = "serve the same numbers to Prometheus: http://ADDRESS/metrics, where ADDRESS is "
             "HOST:PORT, or "
             "PORT alone on 127.0.0.1"},
    {.name = "sink",
     .arg = "NAME:OPTION=VALUE,...",
     .help = "give the records to a sink of a plugin, too, as 'sinks' in the spec does; may be "
             "repeated",
     .repeats = true},
    {.name = "plugin",
     .arg = "NAME",
     .help = "load a plugin as if the spec named it; may be repeated",
     .repeats = true},
    CLI_OPTION_SET,
    CLI_OPTION_CREDENTIALS,
    CLI_OPTION_LOG,
    CLI_OPTION_QUIET,
};

const cli_command cli_run = {
    .name = "run",
    .operands = "SPEC",
    .least = 1,
    .most = 1,
    .summary = "connect, subscribe, and write records to stdout",
    .description =
        "Opens the connections of a spec, logs in, subscribes, and writes records to stdout, one "
        "a line. Connections that break are opened and subscribed again. Events and logs go to "
        "stderr, and so does a progress line when that is a terminal.\n\n"
        "Ctrl-C closes the connections and ends within two seconds; a second one ends at once. "
        "The exit status is 0 unless every connection has failed for good.\n\n"
        "SIGHUP loads the spec again. Connections whose part of it did not change keep their "
        "sockets; changed ones are connected anew with the subscriptions that they had, new ones "
        "are opened, and those that are gone closed. A spec with mistakes changes nothing. Where "
        "the terminal has gone, SIGHUP ends the command.",
    .examples = "weir run kraken --subscribe trades=BTC/USD,ETH/USD\n"
                "weir run acme.yaml --subscribe data=AAPL --channel data --format csv\n"
                "weir run acme.yaml --record today.rec --duration 1h\n"
                "weir run kraken --subscribe trades=BTC/USD --plugin file_sink --sink "
                "jsonl:path=%Y-%m-%d.jsonl.zst,compression=zstd,max_age=1h\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
