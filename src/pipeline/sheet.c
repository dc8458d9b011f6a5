/* SPDX-License-Identifier: MIT */
/*
 * Building sheets, and writing them as JSON. Texts are copied: what is explained may be gone when
 * the sheet is written. What holds data is masked here, at the leaves, before any escaping could
 * hide a secret from the search.
 */
#include "pipeline/sheet.h"

#include "util/time.h"
#include "util/utf8.h"
#include "value/json_write.h"

/* ------------------------------------------------------------------ entries */

static weir_entry *add(weir_sheet *sheet, weir_entry *parent, const char *key, weir_entry_kind kind)
{
    weir_entry *entry = parent ? WEIR_ARENA_NEW(sheet->arena, weir_entry) : NULL;
    if (!entry) {
        sheet->failed = true;
        return NULL;
    }
    entry->kind = kind;
    entry->key = key;
    if (parent->last)
        parent->last->next = entry;
    else
        parent->first = entry;
    parent->last = entry;
    return entry;
}

weir_entry *weir_sheet_root(weir_sheet *sheet)
{
    weir_entry *entry = WEIR_ARENA_NEW(sheet->arena, weir_entry);
    if (entry)
        entry->kind = WEIR_ENTRY_MAP;
    else
        sheet->failed = true;
    return entry;
}

weir_entry *weir_sheet_map(weir_sheet *sheet, weir_entry *parent, const char *key)
{
    return add(sheet, parent, key, WEIR_ENTRY_MAP);
}

weir_entry *weir_sheet_list(weir_sheet *sheet, weir_entry *parent, const char *key)
{
    return add(sheet, parent, key, WEIR_ENTRY_LIST);
}

static void add_text(weir_sheet *sheet, weir_entry *parent, const char *key, weir_entry_kind kind,
                     weir_str text)
{
    weir_entry *entry = add(sheet, parent, key, kind);
    if (!entry)
        return;
    entry->text = weir_arena_copy(sheet->arena, text);
    sheet->failed |= !entry->text.ptr;
}

void weir_sheet_text(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_text(sheet, parent, key, WEIR_ENTRY_TEXT, text);
}

void weir_sheet_lines(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_text(sheet, parent, key, WEIR_ENTRY_LINES, text);
}

void weir_sheet_brief(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_text(sheet, parent, key, WEIR_ENTRY_SAMPLE, text);
}

void weir_sheet_printf(weir_sheet *sheet, weir_entry *parent, const char *key, const char *format,
                       ...)
{
    weir_buf buf = {0};
    va_list args;
    va_start(args, format);
    weir_buf_vprintf(&buf, format, args);
    va_end(args);
    sheet->failed |= buf.failed;
    add_text(sheet, parent, key, WEIR_ENTRY_TEXT, weir_buf_str(&buf));
    weir_buf_fini(&buf);
}

static void add_masked(weir_sheet *sheet, weir_entry *parent, const char *key, weir_entry_kind kind,
                       weir_str text)
{
    weir_buf masked = {0};
    weir_secret_mask(text, sheet->secrets, sheet->secret_count, &masked);
    sheet->failed |= masked.failed;
    add_text(sheet, parent, key, kind, weir_buf_str(&masked));
    weir_buf_fini(&masked);
}

void weir_sheet_masked(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_masked(sheet, parent, key, WEIR_ENTRY_TEXT, text);
}

void weir_sheet_sample(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_masked(sheet, parent, key, WEIR_ENTRY_SAMPLE, text);
}

void weir_sheet_value(weir_sheet *sheet, weir_entry *parent, const char *key, const weir_value *v)
{
    weir_buf text = {0};
    if (v->kind == WEIR_ABSENT)
        weir_buf_puts(&text, "absent");
    else
        weir_json_write(&text, v, 0);
    sheet->failed |= text.failed;
    weir_sheet_sample(sheet, parent, key, weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void add_literal(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text)
{
    add_text(sheet, parent, key, WEIR_ENTRY_LITERAL, text);
}

void weir_sheet_number(weir_sheet *sheet, weir_entry *parent, const char *key, uint64_t number)
{
    weir_buf text = {0};
    weir_buf_printf(&text, "%llu", (unsigned long long)number);
    sheet->failed |= text.failed;
    add_literal(sheet, parent, key, weir_buf_str(&text));
    weir_buf_fini(&text);
}

void weir_sheet_bool(weir_sheet *sheet, weir_entry *parent, const char *key, bool is_true)
{
    add_literal(sheet, parent, key, is_true ? WEIR_STR("true") : WEIR_STR("false"));
}

void weir_sheet_duration(weir_sheet *sheet, weir_entry *parent, const char *key, int64_t ns)
{
    static const struct {
        int64_t ns;
        const char *unit;
    } units[] = {{86400 * WEIR_NS_PER_S, "d"},
                 {3600 * WEIR_NS_PER_S, "h"},
                 {60 * WEIR_NS_PER_S, "m"},
                 {WEIR_NS_PER_S, "s"},
                 {WEIR_NS_PER_MS, "ms"},
                 {WEIR_NS_PER_US, "us"},
                 {1, "ns"}};
    size_t i = 0;
    while (units[i].ns > 1 && (ns == 0 || ns % units[i].ns != 0))
        i++;
    if (ns == 0)
        i = 3;
    weir_sheet_printf(sheet, parent, key, "%lld%s", (long long)(ns / units[i].ns), units[i].unit);
}

/* ------------------------------------------------------------------ JSON */

void weir_sheet_json(const weir_entry *entry, weir_buf *out)
{
    if (entry->kind == WEIR_ENTRY_LITERAL) {
        weir_buf_put(out, entry->text);
        return;
    }
    if (entry->kind != WEIR_ENTRY_LIST && entry->kind != WEIR_ENTRY_MAP) {
        weir_json_write_str(out, entry->text);
        return;
    }
    const bool is_map = entry->kind == WEIR_ENTRY_MAP;
    weir_buf_putc(out, is_map ? '{' : '[');
    for (const weir_entry *child = entry->first; child; child = child->next) {
        if (child != entry->first)
            weir_buf_putc(out, ',');
        if (is_map) {
            weir_json_write_str(out, weir_str_of(child->key));
            weir_buf_putc(out, ':');
        }
        weir_sheet_json(child, out);
    }
    weir_buf_putc(out, is_map ? '}' : ']');
}
