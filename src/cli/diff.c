/* SPDX-License-Identifier: MIT */
/*
 * A unified diff. The shortest way from one list of lines to the other is found as Myers does, by
 * how far each diagonal gets with d edits; where that would take more than EDITS_MAX edits, all
 * lines between the equal ends count as changed: the diff is then longer, never wrong.
 */
#include "cli/diff.h"

#include <stdlib.h>

enum { CONTEXT = 3, EDITS_MAX = 1000 };

typedef struct lines {
    weir_str *at;
    size_t count;
} lines;

typedef struct differ {
    lines a, b;
    bool *is_gone; /* of a's lines */
    bool *is_new;  /* of b's lines */
    weir_buf *out;
} differ;

static bool split(weir_str text, lines *out)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n' || i + 1 == text.len;
    out->at = calloc(count + 1, sizeof *out->at);
    if (!out->at)
        return false;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) + 1 : text.len;
        out->at[out->count++] = (weir_str){text.ptr, len};
        text.ptr += len;
        text.len -= len;
    }
    return true;
}

/* ------------------------------------------------------------------ the edits */

/* The middle parts that differ, and how far each diagonal got after d edits: row d of `reach`. */
typedef struct search {
    const weir_str *a, *b;
    int n, m;
    int *reach; /* rows of 2 * EDITS_MAX + 1 would be large: row d has 2 * d + 1, from d * d on */
} search;

static int *row_of(const search *s, int d)
{
    return s->reach + (size_t)d * (size_t)d + (size_t)d; /* diagonal 0 of the row */
}

/* Where diagonal k starts in round d: below (an insertion) or right (a deletion) of the last. */
static int start_of(const search *s, int d, int k)
{
    if (d == 0)
        return 0;
    const int *last = row_of(s, d - 1);
    if (k == -d || (k != d && last[k - 1] < last[k + 1]))
        return last[k + 1];
    return last[k - 1] + 1;
}

/* The number of edits, or -1: too many. */
static int find_edits(const search *s)
{
    for (int d = 0; d <= EDITS_MAX; d++) {
        for (int k = -d; k <= d; k += 2) {
            int x = start_of(s, d, k);
            while (x < s->n && x - k < s->m && x - k >= 0 && weir_str_eq(s->a[x], s->b[x - k]))
                x++;
            row_of(s, d)[k] = x;
            if (x >= s->n && x - k >= s->m)
                return d;
        }
    }
    return -1;
}

static void mark_edits(const search *s, int edits, bool *is_gone, bool *is_new)
{
    int x = s->n, y = s->m;
    for (int d = edits; d > 0; d--) {
        const int k = x - y;
        const int *last = row_of(s, d - 1);
        const bool is_insertion = k == -d || (k != d && last[k - 1] < last[k + 1]);
        x = is_insertion ? last[k + 1] : last[k - 1];
        y = x - (is_insertion ? k + 1 : k - 1);
        if (is_insertion)
            is_new[y] = true;
        else
            is_gone[x] = true;
    }
}

static bool compare(differ *d)
{
    size_t head = 0, tail = 0;
    while (head < d->a.count && head < d->b.count && weir_str_eq(d->a.at[head], d->b.at[head]))
        head++;
    while (tail + head < d->a.count && tail + head < d->b.count &&
           weir_str_eq(d->a.at[d->a.count - 1 - tail], d->b.at[d->b.count - 1 - tail]))
        tail++;
    const size_t n = d->a.count - head - tail, m = d->b.count - head - tail;
    search s = {d->a.at + head, d->b.at + head, (int)n, (int)m, NULL};
    s.reach = calloc((size_t)(EDITS_MAX + 1) * (EDITS_MAX + 1), sizeof *s.reach);
    if (!s.reach)
        return false;
    const int edits = find_edits(&s);
    if (edits >= 0)
        mark_edits(&s, edits, d->is_gone + head, d->is_new + head);
    for (size_t i = 0; edits < 0 && i < n; i++)
        d->is_gone[head + i] = true;
    for (size_t i = 0; edits < 0 && i < m; i++)
        d->is_new[head + i] = true;
    free(s.reach);
    return true;
}

/* ------------------------------------------------------------------ the text */

static void put_line(weir_buf *out, char mark, weir_str line)
{
    weir_buf_putc(out, mark);
    weir_buf_put(out, line);
    if (line.len == 0 || line.ptr[line.len - 1] != '\n')
        weir_buf_puts(out, "\n\\ No newline at end of file\n");
}

/* The lines from *x, *y on up to where more than two contexts of equal lines follow. */
static void find_hunk(const differ *d, size_t x, size_t y, size_t *x_end, size_t *y_end)
{
    size_t equal = 0;
    while ((x < d->a.count || y < d->b.count) && equal <= 2 * CONTEXT) {
        const bool is_gone = x < d->a.count && d->is_gone[x];
        const bool is_new = y < d->b.count && d->is_new[y];
        equal = is_gone || is_new ? 0 : equal + 1;
        x += is_gone || !is_new;
        y += is_new && !is_gone ? 1 : !is_gone;
    }
    const size_t cut = equal > CONTEXT ? equal - CONTEXT : 0;
    *x_end = x - cut;
    *y_end = y - cut;
}

static void put_hunk(const differ *d, size_t x, size_t y, size_t x_end, size_t y_end)
{
    weir_buf_printf(d->out, "@@ -%zu,%zu +%zu,%zu @@\n", x + (x_end > x), x_end - x,
                    y + (y_end > y), y_end - y);
    while (x < x_end || y < y_end) {
        if (x < x_end && d->is_gone[x]) {
            put_line(d->out, '-', d->a.at[x++]);
        } else if (y < y_end && d->is_new[y]) {
            put_line(d->out, '+', d->b.at[y++]);
        } else {
            put_line(d->out, ' ', d->a.at[x++]);
            y++;
        }
    }
}

static void put_hunks(const differ *d)
{
    size_t x = 0, y = 0, x_seen = 0;
    while (x < d->a.count || y < d->b.count) {
        const bool is_gone = x < d->a.count && d->is_gone[x];
        if (!is_gone && !(y < d->b.count && d->is_new[y])) {
            x++;
            y++;
            continue;
        }
        const size_t back = x - x_seen < CONTEXT ? x - x_seen : CONTEXT;
        size_t x_end = 0, y_end = 0;
        find_hunk(d, x - back, y - back, &x_end, &y_end);
        put_hunk(d, x - back, y - back, x_end, y_end);
        x = x_seen = x_end;
        y = y_end;
    }
}

void cli_diff(weir_buf *out, const char *name, weir_str before, weir_str after)
{
    differ d = {.out = out};
    if (weir_str_eq(before, after))
        return;
    const bool is_split = split(before, &d.a) && split(after, &d.b);
    d.is_gone = is_split ? calloc(d.a.count + 1, sizeof *d.is_gone) : NULL;
    d.is_new = is_split ? calloc(d.b.count + 1, sizeof *d.is_new) : NULL;
    if (d.is_gone && d.is_new && compare(&d)) {
        weir_buf_printf(out, "--- %s\n+++ %s\n", name, name);
        put_hunks(&d);
    } else {
        out->failed = true;
    }
    free(d.is_gone);
    free(d.is_new);
    free(d.a.at);
    free(d.b.at);
}
