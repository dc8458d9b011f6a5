/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics as text and as JSON. The source line is shown as it is written except for control
 * characters and broken UTF-8, which become '?': a spec must not be able to drive the terminal. The
 * caret line repeats the tabs of the source line and counts two cells for wide characters, so the
 * caret stands under what it means on any terminal. A very long line is shown as a window.
 */
#include "util/diag.h"
#include "util/utf8.h"

enum {
    LINE_SHOWN_MAX = 160, /* code points of a source line */
    LINE_LEAD = 60        /* of them before the column, when the line is cut */
};

typedef struct palette {
    const char *bold;
    const char *severity[3];
    const char *caret;
    const char *off;
} palette;

static const palette plain = {"", {"", "", ""}, "", ""};
static const palette coloured = {
    "\033[1m", {"\033[1;31m", "\033[1;35m", "\033[1;36m"}, "\033[1;32m", "\033[0m"};

static const char *const severity_names[] = {"error", "warning", "note"};

/* Where a line starts; kept from one diagnostic to the next, since they come in order. */
typedef struct cursor {
    const weir_source *source;
    uint32_t line;
    size_t offset;
} cursor;

static bool seek_line(cursor *at, const weir_place *place)
{
    if (at->source != place->source || at->line > place->line)
        *at = (cursor){place->source, 1, 0};
    weir_str text = place->source->text;
    while (at->line < place->line) {
        const char *start = text.ptr + at->offset;
        const char *newline = memchr(start, '\n', text.len - at->offset);
        if (!newline)
            return false;
        at->offset = (size_t)(newline - text.ptr) + 1;
        at->line++;
    }
    return place->line > 0;
}

static weir_str line_at(const cursor *at)
{
    weir_str text = at->source->text;
    weir_str line = {text.ptr + at->offset, text.len - at->offset};
    const char *newline = line.len ? memchr(line.ptr, '\n', line.len) : NULL;
    if (newline)
        line.len = (size_t)(newline - line.ptr);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

typedef struct range {
    uint32_t first, last;
} range;

static const range zero_width[] = {
    {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
static const range double_width[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                     {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                     {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                     {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};

static bool is_in(uint32_t c, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

static unsigned cells_of(uint32_t c)
{
    if (c < 0x300 || is_in(c, zero_width, sizeof zero_width / sizeof *zero_width))
        return c < 0x300;
    return is_in(c, double_width, sizeof double_width / sizeof *double_width) ? 2 : 1;
}

/* Takes the next code point off `line`; what may not be shown comes back as '?'. */
static uint32_t take_shown(weir_str *line)
{
    uint32_t c = '?';
    size_t len = weir_utf8_decode(*line, &c);
    if (len == 0)
        len = 1;
    line->ptr += len;
    line->len -= len;
    bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
                      (c >= 0x2066 && c <= 0x2069);
    return is_control && c != '\t' ? '?' : c;
}

static void put_code_point(weir_buf *out, uint32_t c)
{
    char bytes[WEIR_UTF8_MAX];
    weir_buf_put(out, (weir_str){bytes, weir_utf8_encode(c, bytes)});
}

static void put_repeated(weir_buf *out, char c, unsigned count)
{
    while (count--)
        weir_buf_putc(out, c);
}

/* The part of a line that is shown, and the column of the place counted in it from 0. */
typedef struct window {
    weir_str text;
    size_t column;
    bool is_cut_before, is_cut_after;
} window;

static window window_of(weir_str line, uint32_t column)
{
    window shown = {line, column ? column - 1 : 0, false, false};
    size_t total = weir_utf8_count(line);
    if (shown.column > total)
        shown.column = total;
    if (total <= LINE_SHOWN_MAX)
        return shown;
    size_t skip = shown.column > LINE_LEAD ? shown.column - LINE_LEAD : 0;
    size_t start = weir_utf8_offset(line, skip);
    shown.text = (weir_str){line.ptr + start, line.len - start};
    shown.text.len = weir_utf8_offset(shown.text, LINE_SHOWN_MAX);
    shown.column -= skip;
    shown.is_cut_before = skip > 0;
    shown.is_cut_after = start + shown.text.len < line.len;
    return shown;
}

static void print_source_line(const window *shown, uint32_t number, weir_buf *out)
{
    weir_buf_printf(out, "%5u | %s", (unsigned)number, shown->is_cut_before ? "..." : "");
    for (weir_str rest = shown->text; rest.len;)
        put_code_point(out, take_shown(&rest));
    weir_buf_puts(out, shown->is_cut_after ? "...\n" : "\n");
}

static void print_caret_line(const window *shown, uint32_t length, const palette *colours,
                             weir_buf *out)
{
    weir_buf_printf(out, "%5s | %s", "", shown->is_cut_before ? "   " : "");
    weir_str rest = shown->text;
    for (size_t i = 0; i < shown->column && rest.len; i++) {
        uint32_t c = take_shown(&rest);
        if (c == '\t')
            weir_buf_putc(out, '\t');
        else
            put_repeated(out, ' ', cells_of(c));
    }
    unsigned cells = rest.len ? 0 : 1;
    for (uint32_t i = 0; i < (length ? length : 1) && rest.len; i++)
        cells += cells_of(take_shown(&rest));
    weir_buf_printf(out, "%s^", colours->caret);
    put_repeated(out, '~', cells ? cells - 1 : 0);
    weir_buf_printf(out, "%s\n", colours->off);
}

static void print_shown(weir_str text, weir_buf *out)
{
    while (text.len) {
        bool is_newline = text.ptr[0] == '\n';
        uint32_t c = take_shown(&text);
        put_code_point(out, is_newline ? '\n' : c);
    }
}

static void print_one(const weir_diag *diag, cursor *at, const palette *colours, weir_buf *out)
{
    const weir_place *place = &diag->place;
    weir_buf_puts(out, colours->bold);
    if (place->source) {
        print_shown(place->source->name, out);
        if (place->line)
            weir_buf_printf(out, ":%u:%u", (unsigned)place->line, (unsigned)place->column);
        weir_buf_puts(out, ": ");
    }
    weir_buf_printf(out, "%s%s%s: ", colours->off, colours->severity[diag->severity],
                    severity_names[diag->severity]);
    weir_buf_printf(out, "%s%s", colours->off, colours->bold);
    print_shown(diag->text, out);
    weir_buf_printf(out, "%s\n", colours->off);
    if (!place->source || !seek_line(at, place))
        return;
    window shown = window_of(line_at(at), place->column);
    print_source_line(&shown, place->line, out);
    print_caret_line(&shown, place->length, colours, out);
}

void weir_diags_print(const weir_diags *diags, weir_buf *out, bool colour)
{
    cursor at = {NULL, 0, 0};
    for (size_t i = 0; i < weir_diags_count(diags); i++)
        print_one(weir_diags_at(diags, i), &at, colour ? &coloured : &plain, out);
    size_t counted = weir_diags_errors(diags) + weir_diags_warnings(diags);
    if (weir_diags_count(diags) >= WEIR_DIAG_MAX && counted > WEIR_DIAG_MAX)
        weir_buf_printf(out, "only the first %d are shown; %zu were found\n", WEIR_DIAG_MAX,
                        counted);
}

static void put_json_text(weir_buf *out, weir_str text)
{
    weir_buf_putc(out, '"');
    while (text.len) {
        uint32_t c = 0xfffd;
        size_t len = weir_utf8_decode(text, &c);
        len = len ? len : 1;
        text.ptr += len;
        text.len -= len;
        if (c == '"' || c == '\\')
            weir_buf_putc(out, '\\');
        if (c < 0x20 || c == 0x7f)
            weir_buf_printf(out, "\\u%04x", (unsigned)c);
        else
            put_code_point(out, c);
    }
    weir_buf_putc(out, '"');
}

void weir_diags_print_json(const weir_diags *diags, weir_buf *out)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < weir_diags_count(diags); i++) {
        const weir_diag *diag = weir_diags_at(diags, i);
        const weir_place *place = &diag->place;
        weir_buf_puts(out, i ? ",{\"file\":" : "{\"file\":");
        if (place->source)
            put_json_text(out, place->source->name);
        else
            weir_buf_puts(out, "null");
        weir_buf_printf(out, ",\"line\":%u,\"column\":%u,\"length\":%u,\"severity\":\"%s\"",
                        (unsigned)place->line, (unsigned)place->column, (unsigned)place->length,
                        severity_names[diag->severity]);
        weir_buf_puts(out, ",\"text\":");
        put_json_text(out, diag->text);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}
