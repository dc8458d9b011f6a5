/* SPDX-License-Identifier: MIT */
/*
 * A sheet as aligned text. Widths are counted in code points. Data of a venue is shown without what
 * could drive a terminal, and cut where it is long: in a table sooner than on a line of its own.
 */
#include "pipeline/sheet.h"
#include "util/utf8.h"

enum { STEP = 2, GAP = 2, COLUMNS_MAX = 24, CELL_MAX = 40, SAMPLE_MAX = 300 };

static void print_map(const weir_entry *map, size_t indent, weir_buf *out);

/* ------------------------------------------------------------------ texts */

static void pad(weir_buf *out, size_t count)
{
    while (count-- > 0)
        weir_buf_putc(out, ' ');
}

/* One line: line ends become blanks, other control characters and broken UTF-8 '?'. Returns the
 * code points written, at most `most` of the text's and the "..." that says so. */
static size_t put_clean(weir_buf *out, weir_str text, size_t most)
{
    size_t width = 0;
    while (text.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(text, &c);
        if (width == most) {
            weir_buf_puts(out, "...");
            return width + 3;
        }
        if (n == 1 && (c == '\n' || c == '\t' || c == '\r'))
            weir_buf_putc(out, ' ');
        else if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            weir_buf_putc(out, '?');
        else
            weir_buf_put(out, (weir_str){text.ptr, n});
        text.ptr += n ? n : 1;
        text.len -= n ? n : 1;
        width++;
    }
    return width;
}

static size_t width_of(const weir_entry *cell)
{
    const size_t width = weir_utf8_count(cell->text);
    return cell->kind == WEIR_ENTRY_SAMPLE && width > CELL_MAX ? CELL_MAX + 3 : width;
}

/* Keys are names in JSON and words here. */
static void put_key(weir_buf *out, const char *key)
{
    for (; *key; key++)
        weir_buf_putc(out, *key == '_' ? ' ' : *key);
}

static bool is_leaf(const weir_entry *entry)
{
    return entry->kind != WEIR_ENTRY_LIST && entry->kind != WEIR_ENTRY_MAP;
}

static void end_line(weir_buf *out)
{
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->len--;
    weir_buf_putc(out, '\n');
}

/* ------------------------------------------------------------------ tables */

typedef struct table {
    const char *keys[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
    size_t count;
} table;

static size_t column_of(const table *t, const char *key)
{
    size_t i = 0;
    while (i < t->count && strcmp(t->keys[i], key) != 0)
        i++;
    return i;
}

/* A column that only some rows have stands before what follows it in them, at the end if that is
 * nothing. */
static size_t add_column(table *t, const weir_entry *cell)
{
    size_t at = t->count;
    for (const weir_entry *next = cell->next; next && at == t->count; next = next->next)
        at = column_of(t, next->key);
    memmove(t->keys + at + 1, t->keys + at, (t->count - at) * sizeof t->keys[0]);
    memmove(t->widths + at + 1, t->widths + at, (t->count - at) * sizeof t->widths[0]);
    t->keys[at] = cell->key;
    t->widths[at] = strlen(cell->key);
    t->count++;
    return at;
}

static void add_row(table *t, const weir_entry *row)
{
    for (const weir_entry *cell = row->first; cell; cell = cell->next) {
        size_t column = column_of(t, cell->key);
        if (column == t->count && t->count == COLUMNS_MAX)
            return;
        if (column == t->count)
            column = add_column(t, cell);
        const size_t width = width_of(cell);
        if (width > t->widths[column])
            t->widths[column] = width;
    }
}

static const weir_entry *cell_of(const weir_entry *row, const char *key)
{
    const weir_entry *cell = row->first;
    while (cell && strcmp(cell->key, key) != 0)
        cell = cell->next;
    return cell;
}

static void print_row(const table *t, const weir_entry *row, size_t indent, weir_buf *out)
{
    pad(out, indent);
    for (size_t i = 0; i < t->count; i++) {
        const weir_entry *cell = cell_of(row, t->keys[i]);
        const size_t most = cell && cell->kind == WEIR_ENTRY_SAMPLE ? CELL_MAX : SIZE_MAX;
        const size_t width = cell ? put_clean(out, cell->text, most) : 0;
        if (i + 1 < t->count)
            pad(out, t->widths[i] - width + GAP);
    }
    end_line(out);
}

/* Most rows leave some cells out; the longest tells best in what order they come. */
static const weir_entry *longest(const weir_entry *list)
{
    const weir_entry *found = NULL;
    size_t most = 0;
    for (const weir_entry *row = list->first; row; row = row->next) {
        size_t count = 0;
        for (const weir_entry *cell = row->first; cell; cell = cell->next)
            count++;
        if (count > most) {
            most = count;
            found = row;
        }
    }
    return found;
}

static void print_table(const weir_entry *list, size_t indent, weir_buf *out)
{
    table t = {0};
    const weir_entry *leader = longest(list);
    if (leader)
        add_row(&t, leader);
    for (const weir_entry *row = list->first; row; row = row->next)
        add_row(&t, row);
    pad(out, indent);
    for (size_t i = 0; i < t.count; i++) {
        put_key(out, t.keys[i]);
        if (i + 1 < t.count)
            pad(out, t.widths[i] - strlen(t.keys[i]) + GAP);
    }
    end_line(out);
    for (const weir_entry *row = list->first; row; row = row->next)
        print_row(&t, row, indent, out);
}

static bool is_table(const weir_entry *list)
{
    for (const weir_entry *row = list->first; row; row = row->next) {
        for (const weir_entry *cell = row->first; cell; cell = cell->next) {
            if (!is_leaf(cell) || cell->kind == WEIR_ENTRY_LINES)
                return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ lines and blocks */

static void print_lines(weir_str text, size_t indent, weir_buf *out)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) : text.len;
        pad(out, indent);
        put_clean(out, (weir_str){text.ptr, len}, SIZE_MAX);
        end_line(out);
        text.ptr += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
}

static void print_leaf(const weir_entry *leaf, size_t indent, size_t width, weir_buf *out)
{
    pad(out, indent);
    put_key(out, leaf->key);
    if (leaf->kind == WEIR_ENTRY_LINES) {
        end_line(out);
        print_lines(leaf->text, indent + STEP, out);
        return;
    }
    pad(out, (width > strlen(leaf->key) ? width - strlen(leaf->key) : 0) + GAP);
    put_clean(out, leaf->text, leaf->kind == WEIR_ENTRY_SAMPLE ? SAMPLE_MAX : SIZE_MAX);
    end_line(out);
}

static void print_words(const weir_entry *list, size_t indent, size_t width, weir_buf *out)
{
    pad(out, indent);
    put_key(out, list->key);
    size_t column = strlen(list->key);
    for (const weir_entry *word = list->first; word; word = word->next) {
        pad(out, (width > column ? width - column : 0) + GAP);
        put_clean(out, word->text, SIZE_MAX);
        end_line(out);
        column = 0;
        if (word->next)
            pad(out, indent);
    }
    if (!list->first)
        end_line(out);
}

/* Blocks of the upper levels stand apart. */
static void separate(size_t indent, weir_buf *out)
{
    if (indent <= STEP && out->len > 0)
        weir_buf_putc(out, '\n');
}

static void print_blocks(const weir_entry *list, size_t indent, weir_buf *out)
{
    for (const weir_entry *block = list->first; block; block = block->next) {
        weir_entry rest = *block;
        separate(indent, out);
        if (block->first && is_leaf(block->first)) {
            print_leaf(block->first, indent, 0, out);
            rest.first = block->first->next;
        }
        print_map(&rest, indent + STEP, out);
    }
}

static void print_list(const weir_entry *list, size_t indent, size_t width, weir_buf *out)
{
    if (!list->first || is_leaf(list->first)) {
        print_words(list, indent, width, out);
    } else if (is_table(list)) {
        separate(indent, out);
        pad(out, indent);
        put_key(out, list->key);
        end_line(out);
        print_table(list, indent + STEP, out);
    } else {
        print_blocks(list, indent, out);
    }
}

static bool is_line(const weir_entry *entry)
{
    return (is_leaf(entry) && entry->kind != WEIR_ENTRY_LINES) ||
           (entry->kind == WEIR_ENTRY_LIST && entry->first && is_leaf(entry->first));
}

static void print_map(const weir_entry *map, size_t indent, weir_buf *out)
{
    size_t width = 0;
    for (const weir_entry *child = map->first; child; child = child->next) {
        if (is_line(child) && strlen(child->key) > width)
            width = strlen(child->key);
    }
    bool follows_block = false;
    for (const weir_entry *child = map->first; child; child = child->next) {
        if (is_line(child) && follows_block)
            separate(indent, out);
        follows_block = !is_line(child);
        if (is_leaf(child)) {
            print_leaf(child, indent, width, out);
        } else if (child->kind == WEIR_ENTRY_LIST) {
            print_list(child, indent, width, out);
        } else {
            separate(indent, out);
            pad(out, indent);
            put_key(out, child->key);
            end_line(out);
            print_map(child, indent + STEP, out);
        }
    }
}

void weir_sheet_print(const weir_entry *entry, weir_buf *out)
{
    print_map(entry, 0, out);
}
