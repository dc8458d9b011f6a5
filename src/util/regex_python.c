/* SPDX-License-Identifier: MIT */
/*
 * What Python writes differently from PCRE2. The rewriting walks the pattern in steps, each of
 * which copies or replaces a few bytes; an error offset is mapped back by walking again until the
 * output has grown past it. Only an unescaped '[' opens a class and a ']' first in it is literal,
 * as in both dialects.
 */
#include "util/regex_python.h"

#include <stdio.h>

#include "util/error.h"
#include "util/utf8.h"

typedef struct walker {
    weir_str rest;
    bool is_in_class;
    bool is_class_start; /* the next ']' is a literal */
    bool is_in_comment;  /* (?# ... ) */
} walker;

/* One step: `used` bytes of the pattern become text[0..len). */
typedef struct step {
    size_t used;
    char text[16];
    size_t len;
} step;

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static bool is_hex(char c)
{
    return is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 6;
}

static step copy_bytes(weir_str rest, size_t count)
{
    step out = {count, {0}, count};
    memcpy(out.text, rest.ptr, count);
    return out;
}

static step become(size_t used, const char *text)
{
    step out = {used, {0}, strlen(text)};
    memcpy(out.text, text, out.len);
    return out;
}

/* \uXXXX and \UXXXXXXXX; an incomplete one is left to fail. */
static step unicode_escape(weir_str rest)
{
    size_t digits = rest.ptr[1] == 'u' ? 4 : 8;
    if (rest.len < 2 + digits)
        return copy_bytes(rest, 2);
    for (size_t i = 0; i < digits; i++)
        if (!is_hex(rest.ptr[2 + i]))
            return copy_bytes(rest, 2);
    step out = {2 + digits, {0}, 0};
    out.len = (size_t)snprintf(out.text, sizeof out.text, "\\x{%.*s}", (int)digits, rest.ptr + 2);
    return out;
}

static step escape(const walker *at)
{
    if (at->rest.len < 2)
        return copy_bytes(at->rest, 1);
    switch (at->rest.ptr[1]) {
    case 'Z': return at->is_in_class ? copy_bytes(at->rest, 2) : become(2, "\\z");
    case 'v': return become(2, "\\x0b");
    case 'u':
    case 'U': return unicode_escape(at->rest);
    default: return copy_bytes(at->rest, 2);
    }
}

/* "{,n}" means "{0,n}" in Python and nothing special in PCRE2 10.42. */
static bool is_open_repeat(weir_str rest)
{
    size_t i = 2;
    if (rest.len < 4 || rest.ptr[1] != ',')
        return false;
    while (i < rest.len && is_digit(rest.ptr[i]))
        i++;
    return i > 2 && i < rest.len && rest.ptr[i] == '}';
}

static void advance(walker *at, size_t count)
{
    at->rest.ptr += count;
    at->rest.len -= count;
}

static step take_step(walker *at)
{
    char c = at->rest.ptr[0];
    step out;
    bool was_class_start = at->is_class_start;
    at->is_class_start = false;
    if (!at->is_in_class && at->rest.len > 2 && memcmp(at->rest.ptr, "(?#", 3) == 0)
        at->is_in_comment = true;
    if (at->is_in_comment) {
        at->is_in_comment = c != ')';
        out = copy_bytes(at->rest, 1);
        advance(at, 1);
        return out;
    }
    if (c == '\\')
        out = escape(at);
    else if (c == '{' && !at->is_in_class && is_open_repeat(at->rest))
        out = become(2, "{0,");
    else
        out = copy_bytes(at->rest, 1);
    if (c == '[' && !at->is_in_class) {
        at->is_in_class = at->is_class_start = true;
    } else if (c == '^' && was_class_start && at->rest.ptr[-1] == '[') {
        at->is_class_start = true;
    } else if (c == '[' && at->is_in_class) {
        /* Python has no POSIX classes: keep PCRE2 from seeing one. */
        out = become(1, "\\[");
    } else if (c == ']' && at->is_in_class && !was_class_start) {
        at->is_in_class = false;
    }
    advance(at, out.used);
    return out;
}

void weir_regex_from_python(weir_str pattern, weir_buf *out)
{
    walker at = {.rest = pattern};
    while (at.rest.len) {
        step one = take_step(&at);
        weir_buf_put(out, (weir_str){one.text, one.len});
    }
}

size_t weir_regex_python_offset(weir_str pattern, size_t rewritten_offset)
{
    walker at = {.rest = pattern};
    size_t made = 0;
    while (at.rest.len) {
        size_t here = pattern.len - at.rest.len;
        step one = take_step(&at);
        if (made + one.len > rewritten_offset)
            return here + (rewritten_offset - made < one.used ? rewritten_offset - made : one.used);
        made += one.len;
    }
    return pattern.len;
}

/* --- replacements --- */

static weir_code no_such_group(weir_error *error, weir_str name)
{
    return weir_fail(error, WEIR_ERR_ARGUMENT,
                     "the replacement names a group '%.*s' that the "
                     "pattern does not have",
                     WEIR_FMT(name));
}

static void take(weir_str *rest, size_t count)
{
    rest->ptr += count;
    rest->len -= count;
}

static weir_code take_group(weir_str *rest, size_t used, int number, size_t group_count,
                            weir_replacement_part *part, weir_error *error)
{
    weir_str name = {rest->ptr, used};
    if (number < 0 || (size_t)number > group_count)
        return no_such_group(error, name);
    part->group = number;
    take(rest, used);
    return WEIR_OK;
}

/* \g<name> or \g<number>. */
static weir_code take_named(weir_str *rest, size_t group_count,
                            int (*number_of)(const void *user, weir_str name), const void *user,
                            weir_replacement_part *part, weir_error *error)
{
    const char *close =
        rest->len > 3 && rest->ptr[2] == '<' ? memchr(rest->ptr + 3, '>', rest->len - 3) : NULL;
    if (!close || close == rest->ptr + 3)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "\\g in a replacement wants <name>");
    weir_str name = {rest->ptr + 3, (size_t)(close - rest->ptr) - 3};
    int number = 0;
    bool is_number = true;
    for (size_t i = 0; i < name.len; i++) {
        is_number = is_number && is_digit(name.ptr[i]);
        if (is_number && number < 100000)
            number = number * 10 + (name.ptr[i] - '0');
    }
    if (!is_number)
        number = number_of(user, name);
    if (number < 0 || (size_t)number > group_count)
        return no_such_group(error, name);
    part->group = number;
    take(rest, name.len + 4);
    return WEIR_OK;
}

/* Python: \0 and three octal digits are a character, one or two other digits a group. */
static weir_code take_digits(weir_str *rest, size_t group_count, weir_replacement_part *part,
                             weir_error *error)
{
    size_t digits = 0;
    bool is_octal = true;
    while (digits < 3 && 1 + digits < rest->len && is_digit(rest->ptr[1 + digits])) {
        is_octal = is_octal && rest->ptr[1 + digits] < '8';
        digits++;
    }
    bool is_character = rest->ptr[1] == '0' || (digits == 3 && is_octal);
    if (!is_character) {
        size_t count = digits > 2 ? 2 : digits;
        int number = rest->ptr[1] - '0';
        if (count == 2)
            number = number * 10 + (rest->ptr[2] - '0');
        return take_group(rest, 1 + count, number, group_count, part, error);
    }
    unsigned value = 0;
    size_t used = 1;
    for (; used < 4 && used < rest->len && rest->ptr[used] >= '0' && rest->ptr[used] < '8'; used++)
        value = value * 8 + (unsigned)(rest->ptr[used] - '0');
    if (value > 0xff)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "an octal escape ends at \\377");
    part->text = (weir_str){part->byte, weir_utf8_encode(value, part->byte)};
    take(rest, used);
    return WEIR_OK;
}

weir_code weir_replacement_next(weir_str *rest, size_t group_count,
                                int (*number_of)(const void *user, weir_str name), const void *user,
                                weir_replacement_part *part, weir_error *error)
{
    static const char letters[] = "abfnrtv\\";
    static const char meanings[] = "\a\b\f\n\r\t\v\\";
    part->group = -1;
    const char *slash = memchr(rest->ptr, '\\', rest->len);
    if (slash != rest->ptr) {
        size_t len = slash ? (size_t)(slash - rest->ptr) : rest->len;
        part->text = (weir_str){rest->ptr, len};
        take(rest, len);
        return WEIR_OK;
    }
    if (rest->len < 2)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "a replacement ends in a single backslash");
    char c = rest->ptr[1];
    if (c == 'g')
        return take_named(rest, group_count, number_of, user, part, error);
    if (is_digit(c))
        return take_digits(rest, group_count, part, error);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        part->byte[0] = meanings[letter - letters];
        part->text = (weir_str){part->byte, 1};
        take(rest, 2);
        return WEIR_OK;
    }
    if ((unsigned char)((c | 0x20) - 'a') < 26)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "bad escape \\%c in a replacement", c);
    /* Python keeps the backslash before anything that is no letter. */
    part->text = (weir_str){rest->ptr, 1};
    take(rest, 1);
    return WEIR_OK;
}
