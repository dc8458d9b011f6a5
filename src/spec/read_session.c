/* SPDX-License-Identifier: MIT */
/*
 * `auth.session`: an HTTP request before each connect, what its reply gives the session, and how it
 * is kept alive. A reply's values are names of the session (`session.token`), as learnt ones are.
 */
#include "spec/rows.h"

const char *const weir_http_methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", NULL};

/* ------------------------------------------------------------------ one request */

static void read_request_url(weir_reader *reader, weir_node *node, void *into)
{
    weir_text *url = &((weir_request_spec *)into)->url;
    if (weir_read_text(reader, node, "url", &url->text))
        url->node = node;
}

static void read_request_headers(weir_reader *reader, weir_node *node, void *into)
{
    weir_request_spec *request = into;
    weir_read_headers(reader, node, &request->headers, &request->header_count);
}

static void read_request_query(weir_reader *reader, weir_node *node, void *into)
{
    weir_request_spec *request = into;
    weir_read_fields(reader, node, &request->query, &request->query_count);
}

static void read_request_form(weir_reader *reader, weir_node *node, void *into)
{
    weir_request_spec *request = into;
    request->has_form = true;
    weir_read_fields(reader, node, &request->form, &request->form_count);
}

static void read_request_body(weir_reader *reader, weir_node *node, void *into)
{
    weir_request_spec *request = into;
    request->has_body = true;
    weir_read_message(reader, node, &request->body);
}

#define REQUEST_ROWS                                                                               \
    {.name = "url",                                                                                \
     .type = WEIR_KEY_READ,                                                                        \
     .read = read_request_url,                                                                     \
     .shape = &weir_text_shape,                                                                    \
     .flags = WEIR_KEY_REQUIRED,                                                                   \
     .doc = "http or https; it may hold `{vars.x}`, `{credentials.x}` and `{session.x}`"},         \
        {.name = "method",                                                                         \
         .type = WEIR_KEY_ENUM,                                                                    \
         .offset = offsetof(weir_request_spec, method),                                            \
         .choices = weir_http_methods,                                                             \
         .doc = "default `GET`"},                                                                  \
        {.name = "headers",                                                                        \
         .type = WEIR_KEY_READ,                                                                    \
         .read = read_request_headers,                                                             \
         .shape = &weir_fields_shape,                                                              \
         .doc = "names and values"},                                                               \
        {.name = "query",                                                                          \
         .type = WEIR_KEY_READ,                                                                    \
         .read = read_request_query,                                                               \
         .shape = &weir_fields_shape,                                                              \
         .doc = "names and values that are appended to the URL, percent-encoded"},                 \
        {.name = "form",                                                                           \
         .type = WEIR_KEY_READ,                                                                    \
         .read = read_request_form,                                                                \
         .shape = &weir_fields_shape,                                                              \
         .doc = "names and values as the body, as browsers send forms"},                           \
    {                                                                                              \
        .name = "body", .type = WEIR_KEY_READ, .read = read_request_body,                          \
        .shape = &weir_message_shape, .doc = "the body, written as a message is"                   \
    }

static bool begins(weir_str text, const char *with)
{
    const weir_str start = weir_str_of(with);
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

/* What comes out of a template is checked when it is filled in. */
static void check_scheme(weir_reader *reader, const weir_text *url)
{
    if (url->node && !begins(url->text, "{") && !begins(url->text, "http://") &&
        !begins(url->text, "https://"))
        weir_diag_error(reader->diags, url->node->place,
                        "a request goes to an http:// or https:// URL");
}

static void check_request(weir_reader *reader, const weir_request_spec *request)
{
    check_scheme(reader, &request->url);
    if (request->has_body && request->has_form)
        weir_diag_error(reader->diags, request->node->place,
                        "a request has one body: 'form' or 'body'");
    if (request->has_body && request->body.format == WEIR_MESSAGE_TOPICS)
        weir_diag_error(reader->diags, request->body.node->place, "topics are no body");
}

/* ------------------------------------------------------------------ renewal */

static const weir_key_row renew_rows[] = {
    REQUEST_ROWS,
    {.name = "every",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_request_spec, every_ns),
     .flags = WEIR_KEY_REQUIRED,
     .doc =
         "how often it is sent while the connection is up; when it fails it is tried again, and at "
         "last the connection is made anew with another session"},
};
static const weir_key_table renew_table = {"auth.session.renew", renew_rows,
                                           sizeof renew_rows / sizeof renew_rows[0]};

static void read_renew(weir_reader *reader, weir_node *node, void *into)
{
    weir_session_spec *session = into;
    session->has_renew = true;
    session->renew.node = node;
    session->renew.method = 0;
    weir_read_map(reader, node, &renew_table, &session->renew);
    check_request(reader, &session->renew);
    if (weir_node_get(node, "every") && session->renew.every_ns <= 0)
        weir_diag_error(reader->diags, node->place, "renew: 'every' must be more than 0");
}

/* ------------------------------------------------------------------ the session */

static void read_extract(weir_reader *reader, weir_node *node, void *into)
{
    weir_session_spec *session = into;
    weir_read_fields(reader, node, &session->extract, &session->extract_count);
    for (size_t i = 0; i < session->extract_count; i++) {
        const weir_field *field = &session->extract[i];
        if (field->fields)
            weir_diag_error(reader->diags, field->node->place,
                            "a value of the session is one expression, not a map");
        else if (!weir_is_word(field->name))
            weir_diag_error(
                reader->diags, field->node->place,
                "'%.*s' is no name: expressions call it session.NAME, so it is letters, "
                "digits and '_', beginning with a letter",
                WEIR_FMT(field->name));
    }
}

static const weir_shape renew_shape = {.form = WEIR_SHAPE_TABLE, .table = &renew_table};

static const weir_key_row session_rows[] = {
    /* offset 0: the request comes first in the struct */
    REQUEST_ROWS,
    {.name = "extract",
     .type = WEIR_KEY_READ,
     .read = read_extract,
     .shape = &weir_fields_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "values of the session, out of the reply: `token: data['token']` makes it "
            "`session.token`; `data` is the JSON of the reply"},
    {.name = "error",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_session_spec, error),
     .doc = "true for a reply that refuses the credentials: fatal, not tried again"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_session_spec, timeout_ns),
     .doc = "how long to wait for a reply (default `10s`)"},
    {.name = "expired",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_session_spec, expired),
     .doc = "true for a message that says that the session has ended: the connection is made anew "
            "with another one"},
    {.name = "renew",
     .type = WEIR_KEY_READ,
     .read = read_renew,
     .shape = &renew_shape,
     .doc = "a request that keeps the session alive"},
};
static const weir_key_table session_table = {"auth.session", session_rows,
                                             sizeof session_rows / sizeof session_rows[0]};
const weir_shape weir_session_shape = {.form = WEIR_SHAPE_TABLE, .table = &session_table};

void weir_read_session(weir_reader *reader, weir_node *node, void *auth)
{
    weir_session_spec *session = &((weir_auth_spec *)auth)->session;
    session->is_set = true;
    session->request.node = node;
    session->timeout_ns = INT64_C(10000000000);
    weir_read_map(reader, node, &session_table, session);
    check_request(reader, &session->request);
    if (session->timeout_ns <= 0)
        weir_diag_error(reader->diags, node->place,
                        "the timeout of auth.session must be more than 0");
}
