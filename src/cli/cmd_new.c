/* SPDX-License-Identifier: MIT */
/*
 * weir new: a spec to start from, which loads as it is. It is put together from parts: a head, the
 * connection of the backend, the login of the auth mode, and the streams. '@' stands for the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/new.h"
#include "util/diag.h"

static const char head[] =
    "# @: a spec of Weir. `weir check @.yaml` says what is wrong with it, docs/spec-reference.md\n"
    "# what every key means, docs/expressions.md what an expression may say.\n"
    "weir: 1\n"
    "name: @\n"
    "title: The name of the venue\n"
    "docs: https://docs.@.example/websocket      # where the facts below come from\n"
    "checked: ";

static const char vars[] = "\n"
                           "vars:                            # weir run @.yaml --set vars.url=...\n"
                           "  url: ";

/* ------------------------------------------------------------------ the streams */

static const char messages[] =
    "\n"
    "    subscribe:                    # what is sent to ask for a stream\n"
    "      subscribe:\n"
    "        trades:\n"
    "          json:\n"
    "            fields:\n"
    "              action: \"'subscribe'\"\n"
    "              channel: \"'trades'\"\n"
    "              symbols: &symbols \"[a.broker_symbol or a.symbol for a in subscribe_assets]\"\n"
    "        quotes:\n"
    "          json:\n"
    "            fields:\n"
    "              action: \"'subscribe'\"\n"
    "              channel: \"'quotes'\"\n"
    "              symbols: *symbols\n"
    "\n";

static const char topics[] =
    "\n"
    "    subscribe:                    # the topics of a stream, one for each symbol\n"
    "      subscribe:\n"
    "        trades:\n"
    "          topics: [\"'trades/' + asset.symbol\"]\n"
    "        quotes:\n"
    "          topics: [\"'quotes/' + asset.symbol\"]\n"
    "\n";

/* ------------------------------------------------------------------ by backend */

static const char router[] =
    "    router:                       # which stream a record belongs to: the first match\n"
    "      rules:\n"
    "        - {channel: trades, match: \"data.get('type') == 'trade'\"}\n"
    "        - {channel: quotes, match: \"data.get('type') == 'quote'\"}\n"
    "      default_channel: drop       # acknowledgements, heartbeats\n"
    "\n";

static const char router_of_topics[] =
    "    router:                       # which stream a record belongs to: the first match\n"
    "      rules:\n"
    "        - {channel: trades, match: topic.startswith('trades/')}\n"
    "        - {channel: quotes, match: topic.startswith('quotes/')}\n"
    "      default_channel: drop\n"
    "\n";

static const struct {
    const char *backend;
    const char *url;
    const char *connection;
    const char *streams;     /* what is sent to ask for them */
    const char *routing;     /* how they are told apart */
    const char *login;       /* of mode `login`; NULL: it logs in by the other modes */
    bool hears_of_the_login; /* by a message */
} backends[] = {
    {"websocket", "wss://stream.@.example/market",
     "\n"
     "connections:\n"
     "  market_data:\n"
     "    url: \"{vars.url}\"\n"
     "    backend: {type: websocket}    # options: docs/backends/websocket.md\n"
     "    streams: {trades: data, quotes: quote}   # what can be subscribed, and its channel\n"
     "    frame: record                 # array: each message is a list of records\n",
     messages, router, NULL, true},
    {"socketio", "https://stream.@.example",
     "\n"
     "connections:\n"
     "  market_data:\n"
     "    url: \"{vars.url}\"\n"
     "    backend: {type: socketio}     # options: docs/backends/socketio.md\n"
     "    streams: {trades: data, quotes: quote}   # what can be subscribed, and its channel\n"
     "    frame: record                 # array: each message is a list of records\n",
     messages,
     "    events:                       # which events of the server belong to a stream\n"
     "      trades: trade\n"
     "      quotes: quote\n"
     "\n",
     NULL, false},
    {"mqtt", "mqtts://broker.@.example",
     "\n"
     "connections:\n"
     "  market_data:\n"
     "    url: \"{vars.url}\"\n"
     "    backend: {type: mqtt}         # options: docs/backends/mqtt.md\n"
     "    streams: {trades: data, quotes: quote}   # what can be subscribed, and its channel\n",
     topics, router_of_topics,
     "\n"
     "    auth:\n"
     "      mode: mqtt                  # in the CONNECT packet\n"
     "      mqtt: {username: credentials.api_key, password: credentials.api_secret}\n",
     false},
    {"zmq", "tcp://stream.@.example:5555",
     "\n"
     "connections:\n"
     "  market_data:\n"
     "    url: \"{vars.url}\"\n"
     "    backend:                      # options: docs/backends/zmq.md\n"
     "      type: zmq\n"
     "      options: {socket_type: SUB, multipart: topic_payload}\n"
     "    streams: {trades: data, quotes: quote}   # what can be subscribed, and its channel\n",
     topics, router_of_topics,
     "\n"
     "    auth:\n"
     "      mode: zmq                   # PLAIN; for CURVE see docs/backends/zmq.md\n"
     "      zmq: {username: credentials.api_key, password: credentials.api_secret}\n",
     false},
};

/* ------------------------------------------------------------------ by auth mode */

static const char one_credential[] =
    "\n"
    "credentials:                     # from the environment (`weir show @.yaml` says which\n"
    "  - api_key                      # variables) or from ~/.config/weir/weir.yaml\n";
static const char two_credentials[] =
    "\n"
    "credentials:                     # from the environment (`weir show @.yaml` says which\n"
    "  - api_key                      # variables) or from ~/.config/weir/weir.yaml\n"
    "  - api_secret\n";

static const struct {
    const char *mode;
    const char *credentials;
    const char *auth;
    const char *ack; /* what the venue answers by a message */
} modes[] = {
    {"none", "", "", ""},
    {"headers", one_credential,
     "\n"
     "    auth:\n"
     "      mode: headers               # of the HTTP handshake\n"
     "      headers:\n"
     "        fields:\n"
     "          Authorization: f'Bearer {credentials.api_key}'\n",
     ""},
    {"first_message", two_credentials,
     "\n"
     "    auth:\n"
     "      mode: first_message         # sent as soon as the connection is up\n"
     "      first_message:\n"
     "        json:\n"
     "          fields:\n"
     "            action: \"'auth'\"      # every value is an expression: a text keeps its quotes\n"
     "            key: credentials.api_key\n"
     "            secret: credentials.api_secret\n",
     "      ack:                        # subscriptions wait for the answer\n"
     "        match: data.get('type') == 'authenticated'\n"
     "        error: data.get('type') == 'error'   # true: it failed for good, no retry\n"
     "        timeout: 5s\n"},
    {"url", one_credential,
     "\n"
     "    auth:\n"
     "      mode: url                   # appended to the URL, percent-encoded\n"
     "      url:\n"
     "        query:\n"
     "          fields:\n"
     "            api_key: credentials.api_key\n",
     ""},
    {"login", two_credentials, NULL, ""}, /* the backend's own */
};

static const char *const mode_names[] = {"none", "headers", "first_message", "url", "login", NULL};

/* ------------------------------------------------------------------ the fields */

static const char converters[] =
    "    converters:                   # how a record gets its fields\n"
    "      trades:\n"
    "        - fields:\n"
    "            asset: broker.infer_asset(symbol=data['symbol'])\n"
    "            timestamp: pd.Timestamp(data['time'])      # a number needs its unit: unit='ms'\n"
    "            data:\n"
    "              close: float(data['price'])\n"
    "              volume: float(data['size'])\n"
    "              side:                 # absent where the venue does not say it\n"
    "                condition: \"'side' in data\"\n"
    "                source: data['side'].upper()\n"
    "      quotes:\n"
    "        - fields:\n"
    "            asset: broker.infer_asset(symbol=data['symbol'])\n"
    "            timestamp: pd.Timestamp(data['time'])\n"
    "            bid: float(data['bid'])\n"
    "            ask: float(data['ask'])\n";

/* ------------------------------------------------------------------ writing */

void cli_new_put(weir_buf *out, const char *text, const char *name)
{
    for (; *text; text++) {
        if (*text == '@')
            weir_buf_puts(out, name);
        else
            weir_buf_putc(out, *text);
    }
}

static void put_today(weir_buf *out)
{
    const time_t now = time(NULL);
    struct tm day = {0};
    char text[16] = "1970-01-01";
    if (gmtime_r(&now, &day))
        strftime(text, sizeof text, "%Y-%m-%d", &day);
    weir_buf_printf(out, "%s           # when they were last compared with it\n", text);
}

static void put_spec(weir_buf *out, const char *name, size_t backend, size_t mode)
{
    cli_new_put(out, head, name);
    put_today(out);
    cli_new_put(out, modes[mode].credentials, name);
    cli_new_put(out, vars, name);
    cli_new_put(out, backends[backend].url, name);
    cli_new_put(out, "\n", name);
    cli_new_put(out, backends[backend].connection, name);
    cli_new_put(out, modes[mode].auth ? modes[mode].auth : backends[backend].login, name);
    cli_new_put(out, backends[backend].hears_of_the_login ? modes[mode].ack : "", name);
    cli_new_put(out, backends[backend].streams, name);
    cli_new_put(out, backends[backend].routing, name);
    cli_new_put(out, converters, name);
}

static bool is_name(const char *text)
{
    return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

/* The index of a backend, or SIZE_MAX after a message that names those there are. */
static size_t find_backend(const cli_args *args, const char *name)
{
    weir_buf names = {0};
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (strcmp(backends[i].backend, name) == 0) {
            weir_buf_fini(&names);
            return i;
        }
        weir_buf_printf(&names, "%s%s", i ? ", " : "", backends[i].backend);
    }
    cli_usage(args, "--backend takes one of: %s", weir_buf_cstr(&names));
    weir_buf_fini(&names);
    return SIZE_MAX;
}

/* Who logs in within the protocol has no headers, no query and no first message. */
static bool can_log_in(size_t backend, size_t mode)
{
    const bool is_own = modes[mode].auth == NULL;
    return mode == 0 || is_own == (backends[backend].login != NULL);
}

int cli_new_write(const char *path, const weir_buf *text)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int status = CLI_OK;
    if (file < 0 && errno == EEXIST)
        status = cli_fail("%s is there already; it is left as it is", path);
    else if (file < 0)
        status = cli_fail("%s: %s", path, strerror(errno));
    else if (write(file, text->ptr, text->len) != (ssize_t)text->len)
        status = cli_fail("%s: %s", path, strerror(errno));
    if (file >= 0 && close(file) != 0 && status == CLI_OK)
        status = cli_fail("%s: %s", path, strerror(errno));
    return status;
}

static int run(const cli_args *args)
{
    const char *name = args->operands[0];
    const char *auth = cli_value(args, "auth"), *given = cli_value(args, "backend");
    const char *output = cli_value(args, "output");
    if (cli_flag(args, "plugin"))
        return auth || given ? cli_usage(args, "a plugin has neither --auth nor --backend")
                             : cli_new_plugin(args, name);
    if (!is_name(name))
        return cli_usage(args, "a name has small letters, digits, '_' and '-', not '%s'", name);
    const size_t backend = find_backend(args, given ? given : "websocket");
    if (backend == SIZE_MAX)
        return CLI_USAGE;
    size_t mode = 0;
    for (size_t i = 0; auth && i < sizeof modes / sizeof modes[0]; i++)
        mode = strcmp(modes[i].mode, auth) == 0 ? i : mode;
    if (!can_log_in(backend, mode))
        return cli_usage(args, "backend '%s' logs in by --auth %s", backends[backend].backend,
                         backends[backend].login ? "login" : "headers, first_message or url");
    weir_buf out = {0}, path = {0};
    put_spec(&out, name, backend, mode);
    if (output && strcmp(output, "-") == 0)
        return cli_print(&out);
    weir_buf_printf(&path, "%s%s", output ? output : name, output ? "" : ".yaml");
    int status = CLI_FAILED;
    if (out.failed || path.failed)
        cli_fail("out of memory");
    else
        status = cli_new_write(weir_buf_cstr(&path), &out);
    if (status == CLI_OK)
        fprintf(stderr, "wrote %s; 'weir check %s' checks it\n", weir_buf_cstr(&path),
                weir_buf_cstr(&path));
    weir_buf_fini(&out);
    weir_buf_fini(&path);
    return status;
}

static const cli_option options[] = {
    {.name = "plugin",
     .help = "write a folder NAME with the code of a plugin, a spec that uses it and its build"},
    {.name = "backend",
     .arg = "NAME",
     .help = "the backend that moves the bytes (default: websocket)"},
    {.name = "auth",
     .arg = "MODE",
     .help = "how the venue wants the login (default: none)",
     .choices = mode_names},
    {.name = "output",
     .arg = "FILE",
     .help = "where it is written (default: NAME.yaml, or the folder NAME; '-' is stdout); what is "
             "there "
             "is left alone",
     .completion = CLI_COMPLETE_FILE},
};

const cli_command cli_new = {
    .name = "new",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "write a spec or a plugin to start from",
    .description =
        "Writes NAME.yaml: a spec with comments that passes 'weir check' as it is, to be "
        "filled with what the venue's documentation says. With --plugin, a folder with a plugin "
        "that builds as it is and a spec that uses it.",
    .examples = "weir new acme --auth first_message\nweir new --plugin acme_hooks\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
