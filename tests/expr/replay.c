/* SPDX-License-Identifier: MIT */
/*
 * Replays what the comparison with CPython ever found different. A row of the file is a request of
 * `weir eval --batch` with one more member at its end: "want", the beginning of the right answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/weir.h>

static const char MARK[] = ",\"want\":";

/* The last MARK of a line; NULL if there is none. */
static const char *want_of(const char *line)
{
    const char *found = NULL;
    for (const char *at = line; (at = strstr(at, MARK)); at++)
        found = at;
    return found ? found + sizeof MARK - 1 : NULL;
}

/* True if the answer is the one that is wanted; of an error the class counts. */
static bool is_right(const weir_text_buffer *answer, const char *want, size_t len)
{
    static const char error[] = "{\"error\":";
    const size_t most = strncmp(want, error, sizeof error - 1) == 0 ? len - 1 : len;
    return answer->len > most && memcmp(answer->ptr, want, most) == 0;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    weir_evaluator *evaluator = weir_evaluator_new();
    weir_text_buffer answer = {0};
    char *line = NULL;
    size_t cap = 0, rows = 0, wrong = 0;
    if (!file || !evaluator)
        return 2;
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0; rows++) {
        const char *want = want_of(line);
        if (!want || len < 3 || !weir_evaluator_line(evaluator, line, (size_t)len - 1, &answer))
            return 2;
        const size_t want_len = (size_t)(line + len - want) - 2; /* "}" and the line break */
        if (is_right(&answer, want, want_len))
            continue;
        wrong++;
        printf("%s  answered: %.*s", line, (int)answer.len, answer.ptr);
    }
    printf("%zu rows, %zu wrong\n", rows, wrong);
    weir_text_buffer_free(&answer);
    weir_evaluator_free(evaluator);
    free(line);
    fclose(file);
    return wrong > 0 || rows == 0;
}
