/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a recording, through a file in memory. The invariants: reading ends, each frame has
 * its slack, frames and cut-off bytes together are not more than the file; and what can be gone on
 * with reads the same afterwards, but for the tail, with one frame more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLACK = 64 };

#define REQUIRE(claim)                                                                             \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "broken: %s\n", #claim);                                               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static size_t read_all(const char *path, size_t size, uint64_t *torn)
{
    weir_error error = {0};
    weir_recording_frame frame;
    size_t count = 0, bytes = 0;
    weir_recording *recording = weir_recording_open(path, &error);
    REQUIRE(recording);
    while (weir_recording_next(recording, &frame, torn, &error)) {
        unsigned sum = 0;
        for (size_t i = 0; i < frame.bytes.len + SLACK; i++)
            sum += (uint8_t)frame.bytes.ptr[i]; /* all of it can be read */
        for (size_t i = 0; i < frame.connection.len; i++)
            sum += (uint8_t)frame.connection.ptr[i];
        REQUIRE(sum < UINT32_MAX);
        count++;
        bytes += frame.bytes.len;
    }
    REQUIRE(error.code == WEIR_OK);
    REQUIRE(bytes + *torn <= size);
    weir_recording_close(recording);
    return count;
}

static void go_on(const char *path, size_t size, size_t count)
{
    weir_error error = {0};
    uint64_t torn = 0;
    const weir_recording_frame frame = {.connection = WEIR_STR("c"), .bytes = WEIR_STR("more")};
    weir_recorder *recorder = weir_recorder_open(path, &error);
    if (!recorder)
        return;
    REQUIRE(weir_recorder_write(recorder, &frame, &error) == WEIR_OK);
    REQUIRE(weir_recorder_close(recorder, &error) == WEIR_OK);
    REQUIRE(read_all(path, size + 100, &torn) == count + 1);
    REQUIRE(torn == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    uint64_t torn = 0;
    const int fd = memfd_create("recording", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        close(fd);
        return 0;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (weir_recording_is((weir_str){(const char *)data, size}))
        go_on(path, size, read_all(path, size, &torn));
    close(fd);
    return 0;
}
