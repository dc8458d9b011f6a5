/* SPDX-License-Identifier: MIT */
/*
 * bench/wire: frames over a loopback socket to a callback, by several clients that do the same.
 * What they share: the three ways to take a message, the clocks, and the line of JSON at the end.
 *
 *   count    frames and bytes are counted: what is timed
 *   digest   SHA-256 over all messages and their lengths: tells that the clients have seen the same
 *   latency  the time between the stamp in a message (the blaster's, taken before it sends) and
 *            the call; one clock, on one machine
 */
#ifndef BENCH_WIRE_TALLY_H
#define BENCH_WIRE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In a frame that is to be stamped this stands before STAMP_DIGITS digits: monotonic ns, and
 * STAMP_BASE, so that there are always as many. */
#define STAMP_KEY  "\"sent\":"
#define STAMP_BASE INT64_C(1000000000000000000)
enum { STAMP_DIGITS = 19, SAMPLES_MAX = 1 << 21 };

typedef struct tally tally;
typedef void tally_fn(tally *t, const char *message, size_t len);

struct tally {
    tally_fn *take; /* one whole message */
    uint64_t frames, bytes;
    int64_t cpu_ns, wall_ns; /* since tally_begin, once tally_end was called */
    void *sha;               /* digest: EVP_MD_CTX */
    int64_t *samples;        /* latency */
    size_t sample_count;
    size_t stamp_at;
};

/* By the name of the way; false: there is none of this name. */
bool tally_init(tally *t, const char *way);
/* Connected, nothing was received yet. CPU time is that of the whole process. */
void tally_begin(tally *t);
void tally_end(tally *t);
/* One sample of latency. */
void tally_sample(tally *t, int64_t ns);
/* Prints the line and frees what the tally holds. */
void tally_print(tally *t);

int64_t tally_now(void); /* monotonic ns */

/* A file in memory of its own, with a '\n' behind its `size` bytes. NULL, and errno: it cannot be
 * read. */
char *tally_read_file(const char *path, size_t *size);

#endif
