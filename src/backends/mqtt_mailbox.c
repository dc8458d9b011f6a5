/* SPDX-License-Identifier: MIT */
/* What the reader has not yet worked through still waits: pausing the reader does not hide it. */
#include "backends/mqtt_mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/error.h"

enum { SLACK = 64, KEPT = 1024 * 1024 /* bytes a buffer may keep while empty */ };

/* What stands in front of an entry's texts. Copied in and out: entries are not aligned. */
typedef struct head {
    int64_t time_ns;
    uint64_t name_len;
    uint64_t bytes_len;
    uint64_t kind;
} head;

struct weir_mqtt_mailbox {
    pthread_mutex_t lock;
    int event_fd;
    weir_buf in;        /* under the lock */
    bool is_signaled;   /* under the lock: the descriptor is readable */
    weir_buf out;       /* the reader's */
    size_t at;          /* in `out` */
    atomic_size_t left; /* bytes of `out` from `at` */
};

weir_mqtt_mailbox *weir_mqtt_mailbox_new(weir_error *error)
{
    weir_mqtt_mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (!mailbox) {
        weir_fail_nomem(error);
        return NULL;
    }
    mailbox->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&mailbox->lock, NULL);
    if (mailbox->event_fd < 0) {
        weir_fail(error, WEIR_ERR_LIMIT, "no descriptor for a mailbox: %s", strerror(errno));
        weir_mqtt_mailbox_free(mailbox);
        return NULL;
    }
    return mailbox;
}

void weir_mqtt_mailbox_free(weir_mqtt_mailbox *mailbox)
{
    if (!mailbox)
        return;
    if (mailbox->event_fd >= 0)
        close(mailbox->event_fd);
    pthread_mutex_destroy(&mailbox->lock);
    weir_buf_fini(&mailbox->in);
    weir_buf_fini(&mailbox->out);
    free(mailbox);
}

int weir_mqtt_mailbox_fd(const weir_mqtt_mailbox *mailbox)
{
    return mailbox->event_fd;
}

static void signal_reader(weir_mqtt_mailbox *mailbox)
{
    const uint64_t one = 1;
    if (mailbox->is_signaled)
        return;
    mailbox->is_signaled = true;
    while (write(mailbox->event_fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void append(char **at, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(*at, bytes, len);
    *at += len;
}

size_t weir_mqtt_mailbox_waiting(weir_mqtt_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    const size_t waiting = mailbox->in.len + atomic_load(&mailbox->left);
    pthread_mutex_unlock(&mailbox->lock);
    return waiting;
}

bool weir_mqtt_mailbox_put(weir_mqtt_mailbox *mailbox, const weir_mqtt_letter *letter)
{
    static const char zeros[SLACK];
    const head front = {letter->time_ns, letter->name.len, letter->bytes.len, letter->kind};
    const size_t size = sizeof front + letter->name.len + letter->bytes.len + SLACK;
    pthread_mutex_lock(&mailbox->lock);
    char *at = weir_buf_reserve(&mailbox->in, size);
    mailbox->in.failed = false;
    if (at) {
        append(&at, &front, sizeof front);
        append(&at, letter->name.ptr, letter->name.len);
        append(&at, letter->bytes.ptr, letter->bytes.len);
        append(&at, zeros, SLACK);
        mailbox->in.len += size;
        signal_reader(mailbox);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return at != NULL;
}

/* False when there is nothing: the descriptor is then not readable. */
static bool swap(weir_mqtt_mailbox *mailbox)
{
    uint64_t count;
    if (mailbox->out.cap > KEPT)
        weir_buf_fini(&mailbox->out);
    weir_buf_clear(&mailbox->out);
    pthread_mutex_lock(&mailbox->lock);
    const weir_buf full = mailbox->in;
    if (full.len > 0) {
        mailbox->in = mailbox->out;
        mailbox->out = full;
    } else {
        mailbox->is_signaled = false;
        while (read(mailbox->event_fd, &count, sizeof count) < 0 && errno == EINTR) {}
    }
    mailbox->at = 0;
    atomic_store(&mailbox->left, mailbox->out.len);
    pthread_mutex_unlock(&mailbox->lock);
    return full.len > 0;
}

bool weir_mqtt_mailbox_take(weir_mqtt_mailbox *mailbox, weir_mqtt_letter *letter)
{
    head front;
    atomic_store(&mailbox->left, mailbox->out.len - mailbox->at);
    if (mailbox->at == mailbox->out.len && !swap(mailbox))
        return false;
    const char *at = mailbox->out.ptr + mailbox->at;
    memcpy(&front, at, sizeof front);
    at += sizeof front;
    letter->kind = (unsigned)front.kind;
    letter->time_ns = front.time_ns;
    letter->name = (weir_str){at, front.name_len};
    letter->bytes = (weir_str){at + front.name_len, front.bytes_len};
    mailbox->at += sizeof front + front.name_len + front.bytes_len + SLACK;
    return true;
}
