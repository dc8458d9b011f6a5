/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target without libFuzzer, so that every build and every sanitizer runs it: each file
 * of the corpus as it is, then mutations of it from a generator with a fixed seed, so that a
 * failure is the same on every machine. It finds less than libFuzzer does; it keeps what libFuzzer
 * found.
 *
 *     fuzz_frame_replay FOLDER|FILE...
 *
 * Each input is handed over in a block of exactly its size, so that a sanitizer sees a read past
 * it.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MUTATIONS_PER_FILE = 64,
    EDITS_MAX = 6,
    GROWTH_MAX = 64,
    INPUT_MAX =
        1 << 20, /* of a corpus file; longer ones are refused, since they make the test slow */
    PATH_ROOM = 4096,
};

static uint64_t random_state = 0x9e3779b97f4a7c15u;
static size_t inputs_run;

/* xorshift64*: short, and the same everywhere. */
static uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1du;
}

static size_t random_below(size_t limit)
{
    return limit == 0 ? 0 : (size_t)(random_next() % limit);
}

static void run_input(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    if (exact == NULL)
        exit(2);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs_run++;
}

/* One edit of data, which has room for GROWTH_MAX bytes more; returns the new size. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\\', '{', '[', '}', ',', '\n'};
    size_t at = random_below(size);
    size_t span = 1 + random_below(8);
    switch (random_below(6)) {
    case 0: /* flip a bit */
        if (size > 0)
            data[at] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1: /* a byte at which parsers tend to turn */
        if (size > 0)
            data[at] = telling[random_below(sizeof telling)];
        return size;
    case 2: /* cut the tail */ return random_below(size + 1);
    case 3: /* take some bytes out */
        if (span > size - at)
            span = size - at;
        memmove(data + at, data + at + span, size - at - span);
        return size - span;
    case 4: /* say some bytes twice */
        if (span > size - at)
            span = size - at;
        memmove(data + at + span, data + at, size - at);
        return size + span;
    default: /* a random byte in between */
        memmove(data + at + 1, data + at, size - at);
        data[at] = (uint8_t)random_next();
        return size + 1;
    }
}

static void run_mutations(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + GROWTH_MAX);
    if (copy == NULL)
        exit(2);
    for (int i = 0; i < MUTATIONS_PER_FILE; i++) {
        memcpy(copy, data, size);
        size_t length = size;
        for (size_t edits = 1 + random_below(EDITS_MAX); edits > 0; edits--)
            length = mutate(copy, length);
        run_input(copy, length);
    }
    free(copy);
}

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    uint8_t *data = malloc(INPUT_MAX + 1);
    size_t size = data == NULL ? 0 : fread(data, 1, INPUT_MAX + 1, file);
    bool is_read = data != NULL && !ferror(file) && size <= INPUT_MAX;
    fclose(file);
    if (is_read) {
        run_input(data, size);
        run_mutations(data, size);
    } else {
        fprintf(stderr, "%s: cannot be read, or is larger than %d bytes\n", path, INPUT_MAX);
    }
    free(data);
    return is_read;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool run_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "%s: is absent; a fuzz target comes with a corpus\n", path);
        return false;
    }
    if (!S_ISDIR(status.st_mode))
        return run_file(path);
    struct dirent **names = NULL;
    int count = scandir(path, &names, visible, alphasort); /* sorted: the mutations stay the same */
    bool is_fine = count >= 0;
    for (int i = 0; i < count; i++) {
        char full[PATH_ROOM];
        int length = snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name);
        is_fine = length > 0 && (size_t)length < sizeof full && run_path(full) && is_fine;
        free(names[i]);
    }
    free(names);
    return is_fine;
}

int main(int argc, char **argv)
{
    bool is_fine = argc > 1;
    run_input((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        is_fine = run_path(argv[i]) && is_fine;
    printf("%zu inputs\n", inputs_run);
    return is_fine && inputs_run > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
