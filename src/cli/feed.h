/* SPDX-License-Identifier: MIT */
/* A live feed on stdout until it is stopped: what `weir run` and `weir demo` have in common. */
#ifndef WEIR_CLI_FEED_H
#define WEIR_CLI_FEED_H

#include "cli/cli.h"

/** One subscription: stream as the user named it. */
typedef struct cli_subscription {
    char *stream;
    char **symbols;
    size_t count;
} cli_subscription;

typedef struct cli_feed_options {
    weir_spec *spec;
    const char *spec_name; /* as the user named it, for hints */
    const char *format;
    const char *const *connections; /* NULL: all */
    size_t connection_count;
    unsigned channels;
    const cli_subscription *subscriptions;
    size_t subscription_count;
    uint64_t limit;      /* records; 0 = none */
    int64_t duration_ns; /* 0 = none */
    const char *record;  /* file, or NULL */
    weir_overflow overflow;
    const char *metrics; /* address to serve metrics on, or NULL */
    bool shows_status;
    bool is_quiet;
    bool with_gaps; /* also in csv */
    bool reloads;   /* on SIGHUP */
} cli_feed_options;

/** Runs it and returns the exit status. cli_stop_install and cli_screen_open come before. */
int cli_feed_run(const cli_feed_options *options);

/** "STREAM=SYM,SYM"; false when it is not of that form or memory is out. */
bool cli_subscription_parse(cli_subscription *subscription, const char *text);
void cli_subscription_fini(cli_subscription *subscription);

#endif
