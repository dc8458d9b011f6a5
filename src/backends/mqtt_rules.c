/* SPDX-License-Identifier: MIT */
/*
 * A topic that breaks the rules makes a server hang up, and a session that resubscribes would try
 * it for ever: so topics are looked at before they are sent.
 */
#include "backends/mqtt_rules.h"

#include "util/error.h"
#include "util/utf8.h"

enum { REFUSED = 0x80, TOPIC_MAX = 65535 };

typedef struct reason {
    int code;
    const char *words;
} reason;

static const reason reasons[] = {
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "implementation specific error"},
    {0x84, "unsupported protocol version"},
    {0x85, "client identifier not valid"},
    {0x86, "bad user name or password"},
    {0x87, "not authorized"},
    {0x88, "server unavailable"},
    {0x89, "server busy"},
    {0x8a, "banned"},
    {0x8b, "server shutting down"},
    {0x8c, "bad authentication method"},
    {0x8d, "keep alive timeout"},
    {0x8e, "session taken over: another client has the same client_id"},
    {0x8f, "topic filter invalid"},
    {0x90, "topic name invalid"},
    {0x91, "packet identifier in use"},
    {0x92, "packet identifier not found"},
    {0x93, "receive maximum exceeded"},
    {0x94, "topic alias invalid"},
    {0x95, "packet too large"},
    {0x96, "message rate too high"},
    {0x97, "quota exceeded"},
    {0x98, "administrative action"},
    {0x99, "payload format invalid"},
    {0x9a, "retain not supported"},
    {0x9b, "quality of service not supported"},
    {0x9c, "use another server"},
    {0x9d, "server moved"},
    {0x9e, "shared subscriptions not supported"},
    {0x9f, "connection rate exceeded"},
    {0xa0, "maximum connect time"},
    {0xa1, "subscription identifiers not supported"},
    {0xa2, "wildcard subscriptions not supported"},
};

/* The codes of a CONNACK of 3.1.1, as those of 5 that mean the same. */
static const int codes_of_v3[] = {0, 0x84, 0x85, 0x88, 0x86, 0x87};

static const int about_credentials[] = {0x86, 0x87, 0x8a, 0x8c};

const char *weir_mqtt_reason(int code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].code == code)
            return reasons[i].words;
    }
    return NULL;
}

weir_code weir_mqtt_refusal(bool is_v5, int code, weir_error *error)
{
    const int count = sizeof codes_of_v3 / sizeof codes_of_v3[0];
    const int known = !is_v5 && code > 0 && code < count ? codes_of_v3[code] : code;
    const char *words = weir_mqtt_reason(known);
    for (size_t i = 0; i < sizeof about_credentials / sizeof about_credentials[0]; i++) {
        if (known == about_credentials[i])
            return weir_fail(error, WEIR_ERR_AUTH, "the server refused the credentials: %s (%d)",
                             words, code);
    }
    if (known == 0x84)
        return weir_fail(error, WEIR_ERR_UNSUPPORTED,
                         "the server does not speak MQTT %s: set the option 'version' to %s",
                         is_v5 ? "5" : "3.1.1", is_v5 ? "3.1.1" : "5");
    return weir_fail(error, WEIR_ERR_HANDSHAKE, "the server refused the connection: %s (%d)",
                     words ? words : "no reason that is known", code);
}

bool weir_mqtt_is_refused(int code, weir_error *error)
{
    if (code < REFUSED)
        return false;
    /* All that 3.1.1 can say is 0x80; there "unspecified" is no news. */
    const char *words = code == REFUSED ? "the server gave no reason" : weir_mqtt_reason(code);
    weir_fail(error, code == 0x87 ? WEIR_ERR_AUTH : WEIR_ERR_ARGUMENT, "%s (%d)",
              words ? words : "no reason that is known", code);
    return true;
}

static weir_code check_text(weir_str text, weir_error *error)
{
    if (text.len == 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "an empty topic");
    if (text.len > TOPIC_MAX)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "a topic of more than %d bytes", TOPIC_MAX);
    if (memchr(text.ptr, '\0', text.len) || !weir_utf8_valid(text))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "a topic is UTF-8 without zero bytes");
    return WEIR_OK;
}

weir_code weir_mqtt_check_filter(weir_str filter, weir_error *error)
{
    if (check_text(filter, error) != WEIR_OK)
        return WEIR_ERR_ARGUMENT;
    for (size_t i = 0; i < filter.len; i++) {
        const char c = filter.ptr[i];
        const bool begins = i == 0 || filter.ptr[i - 1] == '/';
        const bool is_last = i + 1 == filter.len;
        if (c == '#' && !(begins && is_last))
            return weir_fail(error, WEIR_ERR_ARGUMENT,
                             "'#' stands for the levels at the end, alone");
        if (c == '+' && !(begins && (is_last || filter.ptr[i + 1] == '/')))
            return weir_fail(error, WEIR_ERR_ARGUMENT, "'+' stands for a whole level, alone");
    }
    return WEIR_OK;
}

weir_code weir_mqtt_check_topic(weir_str topic, weir_error *error)
{
    if (check_text(topic, error) != WEIR_OK)
        return WEIR_ERR_ARGUMENT;
    if (memchr(topic.ptr, '#', topic.len) || memchr(topic.ptr, '+', topic.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'+' and '#' have no place in a topic that is published to");
    return WEIR_OK;
}
