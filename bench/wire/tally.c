/* SPDX-License-Identifier: MIT */
/* What the C clients of bench/wire share. */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tally_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static void take_count(tally *t, const char *message, size_t len)
{
    (void)message;
    t->frames++;
    t->bytes += len;
}

static void take_digest(tally *t, const char *message, size_t len)
{
    const uint8_t tail[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                             (uint8_t)(len >> 24)};
    take_count(t, message, len);
    EVP_DigestUpdate(t->sha, message, len);
    EVP_DigestUpdate(t->sha, tail, sizeof tail);
}

void tally_sample(tally *t, int64_t ns)
{
    if (t->sample_count < SAMPLES_MAX)
        t->samples[t->sample_count++] = ns;
}

/* The stamp stands at the same place in all messages. */
static void take_latency(tally *t, const char *message, size_t len)
{
    if (t->stamp_at == 0) {
        const char *key = memmem(message, len, STAMP_KEY, strlen(STAMP_KEY));
        if (!key) {
            fprintf(stderr, "a message without a stamp\n");
            exit(1);
        }
        t->stamp_at = (size_t)(key - message) + strlen(STAMP_KEY);
    }
    int64_t sent = 0;
    for (size_t i = t->stamp_at; i < t->stamp_at + STAMP_DIGITS && i < len; i++)
        sent = sent * 10 + (message[i] - '0');
    tally_sample(t, tally_now() - (sent - STAMP_BASE));
    take_count(t, message, len);
}

bool tally_init(tally *t, const char *way)
{
    *t = (tally){.take = take_count};
    if (strcmp(way, "digest") == 0) {
        t->take = take_digest;
        t->sha = EVP_MD_CTX_new();
        EVP_DigestInit_ex(t->sha, EVP_sha256(), NULL);
    } else if (strcmp(way, "latency") == 0) {
        t->take = take_latency;
        t->samples = calloc(SAMPLES_MAX, sizeof *t->samples);
        return t->samples;
    } else if (strcmp(way, "count") != 0) {
        return false;
    }
    return true;
}

void tally_begin(tally *t)
{
    t->wall_ns = -tally_now();
    t->cpu_ns = -read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void tally_end(tally *t)
{
    t->cpu_ns += read_clock(CLOCK_PROCESS_CPUTIME_ID);
    t->wall_ns += tally_now();
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t quantile(const tally *t, double q)
{
    return t->samples[(size_t)(q * (double)(t->sample_count - 1))];
}

void tally_print(tally *t)
{
    printf("{\"frames\": %llu, \"bytes\": %llu, \"cpu_ns\": %lld, \"wall_ns\": %lld",
           (unsigned long long)t->frames, (unsigned long long)t->bytes, (long long)t->cpu_ns,
           (long long)t->wall_ns);
    if (t->sha) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;
        EVP_DigestFinal_ex(t->sha, digest, &len);
        EVP_MD_CTX_free(t->sha);
        printf(", \"digest\": \"");
        for (unsigned i = 0; i < len; i++)
            printf("%02x", digest[i]);
        printf("\"");
    }
    if (t->sample_count > 0) {
        qsort(t->samples, t->sample_count, sizeof *t->samples, by_size);
        printf(", \"p50\": %lld, \"p99\": %lld, \"p999\": %lld", (long long)quantile(t, 0.5),
               (long long)quantile(t, 0.99), (long long)quantile(t, 0.999));
    }
    printf("}\n");
    free(t->samples);
}

char *tally_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (text && fread(text, 1, *size, file) != *size) {
        free(text);
        text = NULL;
    }
    fclose(file);
    if (text)
        text[*size] = '\n';
    return text;
}
