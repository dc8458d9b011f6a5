/* SPDX-License-Identifier: MIT */
/* weir explain: what a spec would send and do, or one frame on its way. Nothing is sent. */
#include <stdlib.h>

#include "cli/feed.h"
#include "cli/frames.h"
#include "util/number.h"

typedef struct explain {
    const cli_args *args;
    weir_explain_options options;
    cli_subscription *wanted; /* as given, and ... */
    weir_explain_subscription *subscriptions;
    cli_frames *frames;
    weir_str frame;
    weir_buf connection; /* of a recorded frame */
} explain;

/* ------------------------------------------------------------------ options */

/* False after a message. */
static bool read_subscriptions(explain *x)
{
    size_t at = 0, count = 0;
    for (const char *text; (text = cli_next(x->args, "subscribe", &at)); count++) {
        if (!cli_subscription_parse(&x->wanted[count], text)) {
            cli_usage(x->args, "--subscribe takes STREAM=SYMBOL,SYMBOL, not '%s'", text);
            return false;
        }
        x->subscriptions[count] =
            (weir_explain_subscription){.stream = x->wanted[count].stream,
                                        .symbols = (const char *const *)x->wanted[count].symbols,
                                        .count = x->wanted[count].count};
    }
    x->options.subscriptions = x->subscriptions;
    x->options.subscription_count = count;
    return true;
}

/* "FILE:N" in its parts, in place; N is 0 when it is not there. */
static uint64_t split_number(char *text)
{
    char *colon = strrchr(text, ':');
    int64_t number = 0;
    if (!colon || weir_int_parse_json(weir_str_of(colon + 1), &number) != WEIR_INT_OK || number < 0)
        return 0;
    *colon = '\0';
    return (uint64_t)number;
}

/* Frames of other connections than the one that is asked for are not counted, as in 'weir replay
 * --frame-index'. */
static bool is_chosen(const explain *x, const weir_recording_frame *frame)
{
    return !x->options.connection || frame->connection.len == 0 ||
           weir_str_is(frame->connection, x->options.connection);
}

/* Frame `number` of what is open; false after a message. */
static bool find_frame(explain *x, const char *path, uint64_t number)
{
    weir_recording_frame frame;
    weir_error error = {0};
    uint64_t torn = 0, count = 0;
    while (cli_frames_next(x->frames, &frame, &torn, &error)) {
        if (frame.is_outgoing || !is_chosen(x, &frame) || count++ < number)
            continue;
        x->frame = frame.bytes;
        x->options.is_binary = frame.is_binary;
        x->options.frame_name = frame.name;
        x->options.has_parts = frame.has_parts;
        x->options.received_ns = frame.time_ns;
        x->options.frame_number = number;
        weir_buf_put(&x->connection, frame.connection);
        if (!x->options.connection && frame.connection.len > 0)
            x->options.connection = weir_buf_cstr(&x->connection);
        return true;
    }
    if (error.code != WEIR_OK)
        return cli_fail("%s", error.text) == CLI_OK;
    return cli_fail("%s has no frame %llu; it has %llu, counted from 0", path,
                    (unsigned long long)number, (unsigned long long)count) == CLI_OK;
}

static bool read_file(explain *x, const char *given)
{
    weir_error error = {0};
    char *path = strdup(given);
    if (!path)
        return cli_fail("out of memory") == CLI_OK;
    const uint64_t number = split_number(path);
    x->frames = cli_frames_open(path, &error);
    const bool is_good =
        x->frames ? find_frame(x, path, number) : cli_fail("%s", error.text) == CLI_OK;
    free(path);
    return is_good;
}

/* --frame: the frame itself, or @FILE[:N]. False after a message. */
static bool read_frame(explain *x)
{
    const char *given = cli_value(x->args, "frame");
    if (!given)
        return true;
    x->options.frame = &x->frame;
    x->frame = weir_str_of(given);
    if (given[0] == '@' && !read_file(x, given + 1))
        return false;
    if (cli_value(x->args, "topic"))
        x->options.frame_name = weir_str_of(cli_value(x->args, "topic"));
    return true;
}

/* ------------------------------------------------------------------ the command */

static int explain_spec(const explain *x)
{
    weir_text_buffer text = {0};
    weir_error error = {0};
    int status = CLI_FAILED;
    weir_spec *spec = cli_load_spec(x->args, x->args->operands[0], &status);
    if (!spec)
        return status;
    if (weir_explain(spec, &x->options, &text, &error) == WEIR_OK) {
        weir_buf out = {text.ptr, text.len, text.cap, false};
        text = (weir_text_buffer){0};
        status = cli_print(&out);
    } else {
        status = cli_fail("%s", error.text);
    }
    weir_text_buffer_free(&text);
    weir_spec_free(spec);
    return status;
}

static int run(const cli_args *args)
{
    explain x = {.args = args,
                 .options = {.connection = cli_value(args, "connection"),
                             .with_code = cli_flag(args, "code"),
                             .as_json = cli_flag(args, "json")},
                 .wanted = calloc(args->given_count + 1, sizeof *x.wanted),
                 .subscriptions = calloc(args->given_count + 1, sizeof *x.subscriptions)};
    int status = CLI_USAGE;
    if (!x.wanted || !x.subscriptions)
        status = cli_fail("out of memory");
    else if (read_subscriptions(&x))
        status = read_frame(&x) ? explain_spec(&x) : CLI_FAILED;
    for (size_t i = 0; x.wanted && i < args->given_count; i++)
        cli_subscription_fini(&x.wanted[i]);
    free(x.wanted);
    free(x.subscriptions);
    cli_frames_close(x.frames);
    weir_buf_fini(&x.connection);
    return status;
}

static const cli_option options[] = {
    CLI_OPTION_CONNECTION,
    {.name = "subscribe",
     .arg = "STREAM=SYM,SYM",
     .help = "show the messages for these symbols of a stream, or of CONNECTION/STREAM; may be "
             "repeated (default: every stream, with symbols of the master data, or SYMBOL)",
     .repeats = true},
    {.name = "code", .help = "add the program that each expression is compiled to"},
    {.name = "frame",
     .arg = "JSON",
     .help = "trace one frame through every stage instead; @FILE[:N] takes frame N, from 0, of a "
             "file that 'weir replay' reads",
     .completion = CLI_COMPLETE_FILE},
    {.name = "topic",
     .arg = "NAME",
     .help = "the event or topic of that frame (default: the one that was recorded)"},
    {.name = "json", .help = "one JSON object instead of text"},
    CLI_OPTION_SET,
    CLI_OPTION_CREDENTIALS,
};

const cli_command cli_explain = {
    .name = "explain",
    .operands = "SPEC",
    .least = 1,
    .most = 1,
    .summary = "what would be sent and done, or one frame on its way",
    .description =
        "Shows what a spec comes to, and sends nothing: the URL, headers, login and subscribe "
        "messages as they would go out, the paths that are read from a frame, the routing table, "
        "and each converter's columns with their types. Secrets are masked. Credentials need not "
        "be given: *** stands in for them, and the variable to set is named.\n\n"
        "With --frame, one frame is followed instead: what each stage makes of it, which rules "
        "hold, every field from its source to its column, the records, and where it failed.",
    .examples = "weir explain kraken --subscribe trades=BTC/USD\n"
                "weir explain acme.yaml --connection market_data --code\n"
                "weir explain acme.yaml --frame '[{\"T\":\"t\",\"S\":\"AAPL\",\"p\":126.55}]'\n"
                "weir explain acme.yaml --frame @today.rec:17 --json\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
