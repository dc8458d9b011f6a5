/* SPDX-License-Identifier: MIT */
/*
 * Near misses: what a frame becomes by one small change - a byte, a value that trades places with
 * another, a number with one digit more, a bracket too few - so that whoever knows the frame may
 * take it for what he knows. Each edit is a function of the table at the end; all are made from
 * chance.
 */
#ifndef WEIR_TEST_NEAR_MISSES_H
#define WEIR_TEST_NEAR_MISSES_H

#include "near_frames.h"
#include "value/json_read.h"

enum { NEAR_TOKENS_MAX = 4096, NEAR_FRAME_MAX = 1 << 18 };

/* kind: '"' a string, '0' a number or word, or the byte itself. */
typedef struct near_token {
    size_t at, len;
    char kind;
} near_token;

typedef struct near_miss {
    weir_buf text;
    weir_str original, other; /* the frame that it is made of, and another one */
    near_token tokens[NEAR_TOKENS_MAX];
    size_t count;
    char behind[64]; /* the slack */
} near_miss;

/* ------------------------------------------------------------------ looking and changing */

static inline bool near_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static inline size_t near_token_length(const weir_buf *text, size_t at)
{
    size_t to = at + 1;
    if (text->ptr[at] == '"') {
        while (to < text->len && text->ptr[to] != '"')
            to += text->ptr[to] == '\\' ? 2 : 1;
        return (to < text->len ? to + 1 : text->len) - at;
    }
    if (!near_is_word(text->ptr[at]))
        return 1;
    while (to < text->len && near_is_word(text->ptr[to]))
        to++;
    return to - at;
}

/* As far as it can be read. */
static inline void near_look(near_miss *m)
{
    m->count = 0;
    for (size_t at = 0; at < m->text.len && m->count < NEAR_TOKENS_MAX;) {
        const char first = m->text.ptr[at];
        const size_t len = near_token_length(&m->text, at);
        m->tokens[m->count++] = (near_token){at, len, near_is_word(first) ? '0' : first};
        at += len;
    }
}

static inline void near_replace(near_miss *m, size_t at, size_t len, weir_str by)
{
    weir_buf *text = &m->text;
    char copy[256];
    if (by.len > sizeof copy || at + len > text->len)
        return;
    if (by.len > 0)
        memcpy(copy, by.ptr, by.len); /* it may be of the text */
    if (!weir_buf_reserve(text, by.len))
        return;
    memmove(text->ptr + at + by.len, text->ptr + at + len, text->len - at - len);
    if (by.len > 0)
        memcpy(text->ptr + at, copy, by.len);
    text->len += by.len - len;
}

static inline void near_insert(near_miss *m, size_t at, const char *by)
{
    near_replace(m, at, 0, weir_str_of(by));
}

static inline weir_str near_text(const near_miss *m, const near_token *t)
{
    return (weir_str){m->text.ptr + t->at, t->len};
}

/* A token of one of these kinds, or NULL. */
static inline const near_token *near_pick(const near_miss *m, chance *c, const char *kinds)
{
    const size_t first = chance_below(c, m->count);
    for (size_t i = 0; i < m->count; i++) {
        const near_token *t = &m->tokens[(first + i) % m->count];
        if (strchr(kinds, t->kind))
            return t;
    }
    return NULL;
}

/* ------------------------------------------------------------------ edits of bytes */

static inline void edit_byte(near_miss *m, chance *c)
{
    static const char telling[] = "\"\\{}[],:0123456789.-+eE tfn\n\x01\x7f\x80\xff@/";
    if (m->text.len == 0)
        return;
    char *at = &m->text.ptr[chance_below(c, m->text.len)];
    *at = chance_below(c, 4) ? telling[chance_below(c, sizeof telling - 1)] : (char)chance_next(c);
}

static inline void edit_bit(near_miss *m, chance *c)
{
    if (m->text.len > 0)
        m->text.ptr[chance_below(c, m->text.len)] ^= (char)(1u << chance_below(c, 8));
}

static inline void edit_drop_byte(near_miss *m, chance *c)
{
    near_replace(m, chance_below(c, m->text.len), 1, (weir_str){NULL, 0});
}

static inline void edit_double_byte(near_miss *m, chance *c)
{
    const size_t at = chance_below(c, m->text.len);
    if (at < m->text.len)
        near_replace(m, at, 0, (weir_str){m->text.ptr + at, 1});
}

static inline void edit_end(near_miss *m, chance *c)
{
    static const char *const ends[] = {"}", "]", ",", " ", "\n", "\"", "0", "}}", "x"};
    near_insert(m, m->text.len, ends[chance_below(c, sizeof ends / sizeof *ends)]);
}

/* Cut, with what was cut off behind its end, as a buffer would have it. */
static inline void edit_cut(near_miss *m, chance *c)
{
    const size_t most = chance_below(c, 3) ? 40 : m->text.len + 1;
    const size_t less = chance_below(c, most < m->text.len ? most : m->text.len + 1);
    const size_t kept = less < sizeof m->behind ? less : sizeof m->behind;
    memcpy(m->behind, m->text.ptr + m->text.len - less, kept);
    m->text.len -= less;
}

/* The front of this one, the back of the other. */
static inline void edit_splice(near_miss *m, chance *c)
{
    const weir_str other = m->other;
    const size_t front = chance_below(c, m->text.len + 1);
    const size_t back = chance_below(c, 2) && other.len > m->text.len - front
                            ? m->text.len - front
                            : chance_below(c, other.len + 1);
    m->text.len = front;
    weir_buf_put(&m->text, (weir_str){other.ptr + other.len - back, back});
}

/* ------------------------------------------------------------------ edits of punctuation */

static inline void edit_mark(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "{}[],:");
    if (t)
        m->text.ptr[t->at] = chance_of(c, "{}[],: \"");
}

static inline void edit_drop_mark(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "{}[],:");
    if (t)
        near_replace(m, t->at, 1, (weir_str){NULL, 0});
}

static inline void edit_double_mark(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "{}[],:");
    if (t)
        near_replace(m, t->at, 0, near_text(m, t));
}

static inline void edit_drop_quote(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"");
    if (t)
        near_replace(m, t->at + (chance_below(c, 2) ? t->len - 1 : 0), 1, (weir_str){NULL, 0});
}

static inline void edit_double_quote(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"");
    if (t)
        near_insert(m, t->at + (chance_below(c, 2) ? t->len - 1 : 0), "\"");
}

static inline void edit_blanks(near_miss *m, chance *c)
{
    static const char *const blanks[] = {" ", "\n", "\t", "\r\n", "  ", "                    "};
    const near_token *t = near_pick(m, c, "\"0{}[],:");
    if (t)
        near_insert(m, t->at + (chance_below(c, 2) ? t->len : 0),
                    blanks[chance_below(c, sizeof blanks / sizeof *blanks)]);
}

/* ------------------------------------------------------------------ edits of values */

static inline void edit_swap(near_miss *m, chance *c)
{
    const near_token *a = near_pick(m, c, "\"0");
    const near_token *b = a ? near_pick(m, c, (char[]){a->kind, '\0'}) : NULL;
    if (!a || a == b || a->len > 200 || b->len > 200)
        return;
    if (a->at > b->at) {
        const near_token *t = a;
        a = b;
        b = t;
    }
    char copy[200];
    const weir_str first = {copy, a->len};
    memcpy(copy, m->text.ptr + a->at, a->len);
    near_replace(m, a->at, a->len, near_text(m, b));
    near_replace(m, b->at - a->len + b->len, b->len, first);
}

static inline void edit_digit(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    for (size_t i = 0; t && i < t->len; i++) {
        char *at = &m->text.ptr[t->at + (i + chance_below(c, t->len)) % t->len];
        if (*at < '0' || *at > '9')
            continue;
        *at = chance_of(c, "0123456789aeEx.-+ \"");
        return;
    }
}

static inline void edit_shorten(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    const size_t quotes = t && t->kind == '"' ? 1 : 0;
    if (t && t->len > 2 * quotes)
        near_replace(m, t->at + quotes + chance_below(c, t->len - 2 * quotes), 1,
                     (weir_str){NULL, 0});
}

static inline void edit_lengthen(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    if (t && t->len > 0)
        near_insert(m, t->at + 1 + chance_below(c, t->len - 1),
                    (char[]){chance_of(c, "0123456789ab."), '\0'});
}

/* To a length at which something may turn. */
static inline void edit_stretch(near_miss *m, chance *c)
{
    static const uint8_t lengths[] = {1,  7,  8,  9,  15, 16, 17, 18, 19,
                                      20, 31, 32, 33, 47, 48, 49, 64};
    const near_token *t = near_pick(m, c, "\"0");
    const size_t wanted = lengths[chance_below(c, sizeof lengths)];
    char fill[64];
    if (!t || t->len > wanted)
        return;
    memset(fill, chance_of(c, "0123456789x"), sizeof fill);
    const size_t quotes = t->kind == '"' ? 1 : 0;
    near_replace(m, t->at + t->len - quotes, 0, (weir_str){fill, wanted - (t->len - quotes)});
}

static const char *const near_numbers[] = {
    "0",
    "-0",
    "-0.0",
    "00",
    "007",
    "0.",
    ".5",
    "5.",
    "1.",
    "-",
    "-.5",
    "+1",
    "1e5",
    "1E-7",
    "1e",
    "1e+",
    "1.5e300",
    "1e400",
    "1e-400",
    "0x10",
    "1_000",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740994",
    "900719925474099.3",
    "90071992547409.93",
    "0.9007199254740993",
    "123456789012345",
    "1234567890123456",
    "12345678901234567",
    "123456789012345.6",
    "12345678901234.56",
    "0.123456789012345",
    "0.1234567890123456",
    "1234567890.123456",
    "999999999999999.9",
    "0.00000000000001",
    "0.000000000000001",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
    "9223372036854",
    "9223372036855",
    "9223372036",
    "9223372037",
    "-9223372036855",
    "9223372036.854775",
    "9223372036.854776",
    "9223372036.854775807",
    "1723161601437000",
    "253402300799",
    "253402300800000",
    "0.000001",
    "0.0000001",
    "0.00000000",
    "1.10",
    "1.50000000000000000000",
    "2.2250738585072014e-308",
    "4.9e-324",
    "1.7976931348623157e308",
    "8.41e21",
    "179769313486231570000",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    " 1",
    "1 ",
    "1,5",
    "true",
    "null",
    "nul",
    "truex",
    "[]",
    "{}",
    "[1]",
    "[[1,2]]",
    "[[\"1\",\"2\"]]",
    "[[\"1\"]]",
    "[[\"1\",\"2\",\"3\"],[\"1\",\"2\",\"4\"]]",
    "{\"a\":1}",
};

static const char *const near_times[] = {
    "2021-02-22T15:51:44.208Z",
    "2021-02-22T15:51:44Z",
    "2021-02-22T15:51:60Z",
    "2021-02-22T23:59:59.999999999Z",
    "2021-02-22T24:00:00Z",
    "2021-02-29T00:00:00Z",
    "2020-02-29T00:00:00Z",
    "2021-00-10T00:00:00Z",
    "2021-04-31T00:00:00Z",
    "2021-13-22T15:51:44Z",
    "1677-09-21T00:12:43.145224193Z",
    "1677-09-21T00:12:43.145224192Z",
    "1677-09-21T00:12:44Z",
    "1969-12-31T23:59:59.5Z",
    "1970-01-01T00:00:00Z",
    "2262-04-11T23:47:16.854775807Z",
    "2262-04-11T23:47:16.854775808Z",
    "2262-04-11T23:47:17Z",
    "2262-04-12T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2021-02-22T15:51:44.Z",
    "2021-02-22T15:51:44.1234567891Z",
    "2021-02-22T15:51:44.5+01:00",
    "2021-02-22T15:51:44.5-23:59",
    "2021-02-22 15:51:44Z",
    "2021-02-22T15:51:44",
    "2021-02-22T15:51Z",
    "2021-02-22t15:51:44z",
    "2021-02-22T15:51:44.208Zx",
    "2021-02-22",
    "2021-2-22T15:51:44Z",
    "",
};

/* A macro, since the lists are of different types. */
#define NEAR_ONE_OF(c, list) ((list)[chance_below((c), sizeof(list) / sizeof *(list))])

/* A value that is odd in itself; in quotes or not. */
static inline void edit_odd(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    const bool is_time = t && t->kind == '"' && chance_one_in(c, 4);
    const char *by = is_time ? NEAR_ONE_OF(c, near_times) : NEAR_ONE_OF(c, near_numbers);
    const size_t quotes = t && t->kind == '"' && !chance_one_in(c, 6) ? 1 : 0;
    if (t && t->len >= 2 * quotes)
        near_replace(m, t->at + quotes, t->len - 2 * quotes, weir_str_of(by));
}

static inline void edit_unquote(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"");
    if (t && t->len >= 2 && t->len < 200)
        near_replace(m, t->at, t->len, (weir_str){m->text.ptr + t->at + 1, t->len - 2});
}

static inline void edit_quote(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "0");
    if (!t)
        return;
    near_insert(m, t->at + t->len, "\"");
    near_insert(m, t->at, "\"");
}

static inline void edit_empty(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"");
    if (t && t->len >= 2)
        near_replace(m, t->at + 1, t->len - 2, (weir_str){NULL, 0});
}

static inline void edit_other_type(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    weir_buf value = {0};
    put_any(&value, c);
    if (t)
        near_replace(m, t->at, t->len, weir_buf_str(&value));
    weir_buf_fini(&value);
}

/* A byte of a text as an escape, or something that is not ASCII beside it. */
static inline void edit_escape(near_miss *m, chance *c)
{
    static const char *const odd[] = {"\\\"", "\\\\",     "\\n",     "\\/",  "\\b",
                                      "\\x",  "\\u00",    "\\ud83d", "\\",   "\xc3\xa9",
                                      "\xff", "\xe2\x82", "\x01",    "\x7f", "\xf0\x9f\x98\x80"};
    const near_token *t = near_pick(m, c, "\"");
    char as_escape[8];
    if (!t || t->len < 3)
        return;
    const size_t at = t->at + 1 + chance_below(c, t->len - 2);
    snprintf(as_escape, sizeof as_escape, "\\u%04x", (unsigned char)m->text.ptr[at]);
    if (chance_below(c, 2))
        near_replace(m, at, 1, weir_str_of(as_escape));
    else
        near_insert(m, at, NEAR_ONE_OF(c, odd));
}

/* ------------------------------------------------------------------ edits of members */

/* From a string that a colon follows, up to where its value ends. */
static inline bool near_member(const near_miss *m, chance *c, size_t *from, size_t *to)
{
    const size_t first = chance_below(c, m->count);
    for (size_t i = 0; i < m->count; i++) {
        size_t k = (first + i) % m->count;
        if (m->tokens[k].kind != '"' || k + 2 >= m->count || m->tokens[k + 1].kind != ':')
            continue;
        *from = k;
        int depth = 0;
        for (k += 2; k < m->count; k++) {
            depth += strchr("{[", m->tokens[k].kind) != NULL;
            depth -= strchr("}]", m->tokens[k].kind) != NULL;
            if (depth <= 0)
                break;
        }
        *to = k < m->count ? k + 1 : m->count;
        return true;
    }
    return false;
}

static inline weir_str near_span(const near_miss *m, size_t from, size_t to)
{
    const size_t at = m->tokens[from].at;
    return (weir_str){m->text.ptr + at, m->tokens[to - 1].at + m->tokens[to - 1].len - at};
}

/* Twice, or moved to another place, or away. */
static inline void edit_member(near_miss *m, chance *c)
{
    size_t from, to, place, ignored;
    char copy[256];
    if (!near_member(m, c, &from, &to) || !near_member(m, c, &place, &ignored))
        return;
    const weir_str span = near_span(m, from, to);
    const size_t way = chance_below(c, 3), at = m->tokens[place].at, gone = m->tokens[from].at;
    if (span.len + 1 > sizeof copy)
        return;
    const size_t len = span.len + 1;
    memcpy(copy, span.ptr, span.len);
    copy[span.len] = ',';
    const bool has_comma = to < m->count && m->tokens[to].kind == ',';
    const bool is_behind = at > gone;
    if (way > 0 && !is_behind)
        near_replace(m, gone, span.len + has_comma, (weir_str){NULL, 0});
    if (way < 2)
        near_replace(m, at, 0, (weir_str){copy, len});
    if (way > 0 && is_behind)
        near_replace(m, gone, span.len + has_comma, (weir_str){NULL, 0});
}

/* A key becomes another one's. */
static inline void edit_key(near_miss *m, chance *c)
{
    size_t from, to, other, ignored;
    if (!near_member(m, c, &from, &to) || !near_member(m, c, &other, &ignored))
        return;
    near_replace(m, m->tokens[from].at, m->tokens[from].len, near_text(m, &m->tokens[other]));
}

/* What is between two commas or brackets, once more or not at all. */
static inline void edit_element(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, ",[");
    if (!t)
        return;
    const near_token *end = m->tokens + m->count, *to = t + 1;
    for (int depth = 0; to < end; to++) {
        depth += strchr("{[", to->kind) != NULL;
        depth -= strchr("}]", to->kind) != NULL;
        if (depth < 0 || (depth == 0 && to->kind == ','))
            break;
    }
    const size_t at = t->at + 1, behind = to < end ? to->at : m->text.len;
    if (chance_below(c, 2)) {
        near_replace(m, at, behind - at, (weir_str){NULL, 0});
    } else if (behind - at < 250) {
        near_insert(m, behind, ",");
        near_replace(m, behind + 1, 0, (weir_str){m->text.ptr + at, behind - at});
    }
}

/* One more level around a value. */
static inline void edit_wrap(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    if (!t)
        return;
    const size_t at = t->at, len = t->len;
    const bool is_list = chance_below(c, 2);
    near_insert(m, at + len, is_list ? "]" : "}");
    near_insert(m, at, is_list ? "[" : "{\"a\":");
}

/* As deep as may be, or a little less, or more. */
static inline void edit_deepen(near_miss *m, chance *c)
{
    const near_token *t = near_pick(m, c, "\"0");
    const size_t levels = WEIR_JSON_DEPTH_MAX - chance_below(c, 10);
    if (!t || !chance_one_in(c, 4))
        return;
    for (size_t at = t->at, len = t->len, i = 0; i < levels; i++) {
        near_insert(m, at + len + i, "]");
        near_insert(m, at, "[");
        at++;
    }
}

/* ------------------------------------------------------------------ one or several of them */

static void (*const near_edits[])(near_miss *m, chance *c) = {
    edit_byte,   edit_bit,    edit_drop_byte, edit_double_byte, edit_end,        edit_cut,
    edit_splice, edit_mark,   edit_drop_mark, edit_double_mark, edit_drop_quote, edit_double_quote,
    edit_blanks, edit_swap,   edit_digit,     edit_shorten,     edit_lengthen,   edit_stretch,
    edit_odd,    edit_odd,    edit_unquote,   edit_quote,       edit_empty,      edit_other_type,
    edit_escape, edit_member, edit_key,       edit_element,     edit_deepen,     edit_wrap,
    edit_swap,
};

static inline void near_fill_behind(near_miss *m, chance *c)
{
    static const char kinds[] = "0\"}] x\0,9{";
    const char with = kinds[chance_below(c, sizeof kinds - 1)];
    static const char usual[] =
        "0123456789.\"]}],[[1,2],\"0123456789]]}}}}}}}}}}}]]]]]]]]]]99999xxxx";
    _Static_assert(sizeof usual > sizeof m->behind, "the slack is filled");
    if (chance_below(c, 2))
        memcpy(m->behind, usual, sizeof m->behind);
    else
        memset(m->behind, with, sizeof m->behind);
}

/* m->text becomes what m->original is not quite. */
static inline void near_miss_make(near_miss *m, chance *c)
{
    const size_t edits = chance_one_in(c, 4) ? 2 + chance_below(c, 2) : 1;
    weir_buf_clear(&m->text);
    weir_buf_put(&m->text, m->original);
    near_fill_behind(m, c);
    for (size_t i = 0; i < edits; i++) {
        near_look(m);
        NEAR_ONE_OF(c, near_edits)(m, c);
    }
}

#endif
