/* SPDX-License-Identifier: MIT */
/* What the standards say of reason codes and topics (MQTT 3.1.1, and 5 sections 2.4 and 4.7). */
#ifndef WEIR_BACKENDS_MQTT_RULES_H
#define WEIR_BACKENDS_MQTT_RULES_H

#include <weir/types.h>

/** The words of an MQTT 5 reason code, "not authorized"; "reason code 200" is unknown to us: NULL.
 */
const char *weir_mqtt_reason(int code);

/**
 * Why the server refused the connect (CONNACK): WEIR_ERR_AUTH when it is about who we are, so that
 * there is no point in trying again; WEIR_ERR_UNSUPPORTED for the version; else WEIR_ERR_HANDSHAKE.
 */
weir_code weir_mqtt_refusal(bool is_v5, int code, weir_error *error);

/** True if the code of a SUBACK or UNSUBACK says no; then `error` has why. */
bool weir_mqtt_is_refused(int code, weir_error *error);

/** WEIR_ERR_ARGUMENT with a sentence for what is no topic filter to subscribe. */
weir_code weir_mqtt_check_filter(weir_str filter, weir_error *error);
/** The same for a topic to publish under: it has no wildcards. */
weir_code weir_mqtt_check_topic(weir_str topic, weir_error *error);

#endif
