/* SPDX-License-Identifier: MIT */
/*
 * From the threads of a client library to the thread of a loop: messages by copy, in order, with a
 * descriptor that is readable while there are any. It takes what comes; its owner looks how much
 * waits, and sees to it that no more comes.
 *
 * Two buffers take turns: writers append to one under a lock, the reader works through the other
 * without one, and swaps when it has nothing left. So a burst costs one lock for the reader, a
 * message is copied once, lies in the buffer with readable zeros behind it, and nothing is
 * allocated once the buffers have their size. A buffer that was blown up by a burst is let go when
 * it is empty.
 */
#ifndef WEIR_BACKENDS_MQTT_MAILBOX_H
#define WEIR_BACKENDS_MQTT_MAILBOX_H

#include <weir/types.h>

typedef struct weir_mqtt_mailbox weir_mqtt_mailbox;

/** An entry; its texts lie in the mailbox. */
typedef struct weir_mqtt_letter {
    unsigned kind; /**< the owner's */
    int64_t time_ns;
    weir_str name;
    weir_str bytes; /**< with >= 64 zero bytes behind */
} weir_mqtt_letter;

/** NULL with `error`. */
weir_mqtt_mailbox *weir_mqtt_mailbox_new(weir_error *error);
void weir_mqtt_mailbox_free(weir_mqtt_mailbox *mailbox);
/** Readable while there are letters. */
int weir_mqtt_mailbox_fd(const weir_mqtt_mailbox *mailbox);

/** Copies a letter in. False: no memory. Any thread. */
bool weir_mqtt_mailbox_put(weir_mqtt_mailbox *mailbox, const weir_mqtt_letter *letter);
/** Bytes that wait. Any thread. */
size_t weir_mqtt_mailbox_waiting(weir_mqtt_mailbox *mailbox);
/** The next letter, valid until the next call; false when there is none. The reader's thread. */
bool weir_mqtt_mailbox_take(weir_mqtt_mailbox *mailbox, weir_mqtt_letter *letter);

#endif
