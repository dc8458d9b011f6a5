/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a recording, through a file in memory. The invariants: reading ends, each frame has
 * its slack, frames and cut-off bytes together are not more than the file; both readers give the
 * same; and what can be gone on with reads the same afterwards, but for the tail, with one frame
 * more. What is no recording is read as lines and as prefixed frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "require.h"
#include "util/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLACK = 64 };

static unsigned touch(weir_str bytes, size_t slack)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.len + slack; i++)
        sum += (uint8_t)bytes.ptr[i]; /* all of it can be read */
    return sum;
}

static size_t read_stream(int fd, weir_frames_layout layout, size_t size, uint64_t *torn)
{
    weir_error error = {0};
    weir_recording_frame frame;
    size_t count = 0, bytes = 0;
    unsigned sum = 0;
    weir_frames_step step;
    weir_frames *frames = weir_frames_new(layout);
    REQUIRE(frames && lseek(fd, 0, SEEK_SET) == 0);
    while ((step = weir_frames_next(frames, &frame, torn, &error)) != WEIR_FRAMES_END) {
        if (step == WEIR_FRAMES_FAILED)
            break;
        if (step == WEIR_FRAMES_MORE) {
            REQUIRE(weir_frames_read(frames, fd) >= 0);
            continue;
        }
        sum += touch(frame.bytes, SLACK) + touch(frame.name, 0) + touch(frame.connection, 0);
        count++;
        bytes += frame.bytes.len;
    }
    REQUIRE(sum < UINT32_MAX && bytes + *torn <= size);
    weir_frames_free(frames);
    return count;
}

static size_t read_all(const char *path, size_t size, uint64_t *torn)
{
    weir_error error = {0};
    weir_recording_frame frame;
    size_t count = 0, bytes = 0;
    weir_recording *recording = weir_recording_open(path, &error);
    REQUIRE(recording);
    while (weir_recording_next(recording, &frame, torn, &error)) {
        REQUIRE(touch(frame.bytes, SLACK) + touch(frame.name, 0) + touch(frame.connection, 0) <
                UINT32_MAX);
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
    if (weir_recording_is((weir_str){(const char *)data, size})) {
        uint64_t torn_too = 0;
        const size_t count = read_all(path, size, &torn);
        REQUIRE(read_stream(fd, WEIR_FRAMES_AUTO, size, &torn_too) == count);
        REQUIRE(torn_too == torn);
        go_on(path, size, count);
    } else {
        read_stream(fd, WEIR_FRAMES_LINES, size, &torn);
        read_stream(fd, WEIR_FRAMES_PREFIXED, size, &torn);
        read_stream(fd, WEIR_FRAMES_RECORDING, size, &torn);
    }
    close(fd);
    return 0;
}
