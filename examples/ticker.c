/* SPDX-License-Identifier: MIT */
/*
 * Trades of a venue on standard output: ticker SPEC STREAM SYMBOL... Loads the spec, subscribes,
 * polls.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <weir/weir.h>

static weir_consumer *records;

static void on_signal(int number)
{
    (void)number;
    weir_consumer_wake(records);
}

static void on_event(void *user, const weir_event *event)
{
    (void)user;
    fprintf(stderr, "%.*s: %.*s\n", WEIR_FMT(event->connection), WEIR_FMT(event->reason));
}

static void *checked(void *made, const weir_error *error)
{
    if (!made) {
        fprintf(stderr, "ticker: %s\n", error->text);
        exit(1);
    }
    return made;
}

int main(int argc, char **argv)
{
    weir_error error = {0};
    if (argc < 4)
        return fprintf(stderr, "usage: ticker SPEC STREAM SYMBOL...\n"), 2;
    const weir_runtime_options options = {.on_event = on_event};
    const weir_consumer_options trades = {.channels = 1u << WEIR_CHANNEL_DATA};
    weir_spec *spec = checked(weir_spec_load(argv[1], NULL, NULL, &error), &error);
    weir_runtime *runtime = checked(weir_runtime_new(spec, &options, &error), &error);
    records = checked(weir_consumer_open(runtime, &trades, &error), &error);
    signal(SIGINT, on_signal);
    if (weir_runtime_subscribe(runtime, argv[2], (const char *const *)argv + 3, (size_t)argc - 3,
                               NULL, &error) ||
        weir_runtime_start(runtime, &error))
        checked(NULL, &error);
    for (const weir_record *record; (record = weir_consumer_next(records, -1));) {
        const weir_asset *asset = weir_record_asset(record);
        double price = 0; /* by name; a program in a hurry looks the column's index up once */
        if (asset && weir_record_get_f64(record, "data.close", &price))
            printf("%.*s %g\n", WEIR_FMT(weir_asset_symbol(asset)), price);
    }
    weir_runtime_free(runtime);
    weir_spec_free(spec);
}
