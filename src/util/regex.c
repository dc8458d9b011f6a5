/* SPDX-License-Identifier: MIT */
/*
 * Python's `re` over PCRE2. A pattern is compiled twice, free and anchored at the start, because
 * PCRE2's JIT does not take the anchor as a match-time option and `re.match` is the common call.
 * The few spellings that mean something else (or nothing) in PCRE2 are rewritten first: \Z, \v,
 * \uXXXX, \UXXXXXXXX and {,n}; regex_python.c does that and keeps error offsets true.
 *
 * The match limit counts per starting point, so a search can cost (subject length) times the limit.
 * Both are therefore bounded: subjects by WEIR_REGEX_SUBJECT_MAX, and the limit shrinks with the
 * length of the subject so that the product stays near one budget.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "util/regex.h"

#include <stdio.h>
#include <stdlib.h>

#include <pcre2.h>

#include "util/error.h"
#include "util/regex_python.h"
#include "util/utf8.h"

enum {
    STEP_BUDGET = 100 * 1000 * 1000,
    JIT_STACK_FIRST = 32 * 1024,
    LIMIT_SLACK = 1000 /* backtracking that any subject may do beyond its length */
};

struct weir_regex {
    pcre2_code *anywhere;
    pcre2_code *at_start;
    uint32_t group_count;
    weir_str *names; /* group_count + 1, by number; empty when unnamed */
};

struct weir_regex_match {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack;
    weir_str subject;
    uint32_t pair_count; /* of the last match; 0 = none */
};

static void fill_mistake(weir_regex_mistake *mistake, size_t offset, const char *text)
{
    if (!mistake)
        return;
    mistake->offset = offset;
    snprintf(mistake->text, sizeof mistake->text, "%s", text);
}

static pcre2_code *compile(weir_str pattern, uint32_t options, int *number, size_t *offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        return NULL;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(context, PCRE2_BSR_ANYCRLF);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | options,
                                     number, offset, context);
    pcre2_compile_context_free(context);
    /* Where the system forbids executable memory the interpreter does the work. */
    if (code)
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

/* Copies the names out of PCRE2's table: rows of a 16-bit number and a NUL-terminated name. */
static bool copy_names(weir_regex *regex)
{
    uint32_t count = 0, row_len = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(regex->anywhere, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(regex->anywhere, PCRE2_INFO_NAMEENTRYSIZE, &row_len);
    pcre2_pattern_info(regex->anywhere, PCRE2_INFO_NAMETABLE, &table);
    regex->names = calloc((size_t)regex->group_count + 1, sizeof *regex->names);
    if (!regex->names)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        PCRE2_SPTR row = table + (size_t)i * row_len;
        uint32_t number = (uint32_t)row[0] << 8 | row[1];
        if (number <= regex->group_count)
            regex->names[number] = weir_str_of((const char *)row + 2);
    }
    return true;
}

static weir_regex *build(weir_str pattern, int *number, size_t *offset)
{
    weir_regex *regex = calloc(1, sizeof *regex);
    *number = PCRE2_ERROR_NOMEMORY;
    if (!regex)
        return NULL;
    regex->anywhere = compile(pattern, 0, number, offset);
    if (!regex->anywhere)
        goto fail;
    int ignored;
    size_t nowhere;
    *number = PCRE2_ERROR_NOMEMORY;
    regex->at_start = compile(pattern, PCRE2_ANCHORED, &ignored, &nowhere);
    if (!regex->at_start)
        goto fail;
    pcre2_pattern_info(regex->anywhere, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    if (!copy_names(regex))
        goto fail;
    return regex;
fail:
    weir_regex_free(regex);
    return NULL;
}

weir_regex *weir_regex_new(weir_str pattern, weir_regex_mistake *mistake)
{
    if (pattern.len > WEIR_REGEX_PATTERN_MAX) {
        fill_mistake(mistake, WEIR_REGEX_PATTERN_MAX, "the pattern is too long");
        return NULL;
    }
    if (!weir_utf8_valid(pattern)) {
        fill_mistake(mistake, weir_utf8_valid_prefix(pattern), "the pattern is not UTF-8");
        return NULL;
    }
    weir_buf rewritten = {0};
    weir_regex_from_python(pattern, &rewritten);
    if (rewritten.failed) {
        weir_buf_fini(&rewritten);
        fill_mistake(mistake, 0, "out of memory");
        return NULL;
    }
    weir_str text = {rewritten.ptr ? rewritten.ptr : "", rewritten.len};
    int number = 0;
    size_t offset = 0;
    weir_regex *regex = build(text, &number, &offset);
    weir_buf_fini(&rewritten);
    if (!regex) {
        char why[sizeof mistake->text];
        pcre2_get_error_message(number, (PCRE2_UCHAR *)why, sizeof why);
        fill_mistake(mistake, weir_regex_python_offset(pattern, offset), why);
        return NULL;
    }
    if (regex->group_count > WEIR_REGEX_GROUPS_MAX) {
        fill_mistake(mistake, 0, "more than 100 groups");
        weir_regex_free(regex);
        return NULL;
    }
    return regex;
}

void weir_regex_free(weir_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->anywhere);
    pcre2_code_free(regex->at_start);
    free(regex->names);
    free(regex);
}

size_t weir_regex_group_count(const weir_regex *regex)
{
    return regex->group_count;
}

int weir_regex_group_number(const weir_regex *regex, weir_str name)
{
    for (uint32_t i = 1; name.len && i <= regex->group_count; i++)
        if (weir_str_eq(regex->names[i], name))
            return (int)i;
    return -1;
}

weir_str weir_regex_group_name(const weir_regex *regex, size_t number)
{
    return number <= regex->group_count ? regex->names[number] : (weir_str){NULL, 0};
}

weir_regex_match *weir_regex_match_new(void)
{
    weir_regex_match *match = calloc(1, sizeof *match);
    if (!match)
        return NULL;
    match->data = pcre2_match_data_create(WEIR_REGEX_GROUPS_MAX + 1, NULL);
    match->context = pcre2_match_context_create(NULL);
    if (!match->data || !match->context) {
        weir_regex_match_free(match);
        return NULL;
    }
    pcre2_set_depth_limit(match->context, WEIR_REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(match->context, WEIR_REGEX_HEAP_LIMIT_KIB);
    /* Without a stack of its own the JIT uses 32 KiB of the thread's: less reach, same answers. */
    match->jit_stack = pcre2_jit_stack_create(JIT_STACK_FIRST, WEIR_REGEX_JIT_STACK_MAX, NULL);
    if (match->jit_stack)
        pcre2_jit_stack_assign(match->context, NULL, match->jit_stack);
    return match;
}

void weir_regex_match_free(weir_regex_match *match)
{
    if (!match)
        return;
    pcre2_match_data_free(match->data);
    pcre2_match_context_free(match->context);
    pcre2_jit_stack_free(match->jit_stack);
    free(match);
}

static uint32_t steps_for(size_t subject_len)
{
    size_t share = STEP_BUDGET / (subject_len + 1);
    size_t least = subject_len + LIMIT_SLACK;
    size_t limit = share > WEIR_REGEX_MATCH_LIMIT ? WEIR_REGEX_MATCH_LIMIT : share;
    return (uint32_t)(limit < least ? least : limit);
}

/* Makes `subject` the one that match_at works on. */
static weir_code take_subject(weir_regex_match *match, weir_str subject, weir_error *error)
{
    match->pair_count = 0;
    if (!subject.ptr)
        subject.ptr = "";
    match->subject = subject;
    if (subject.len > WEIR_REGEX_SUBJECT_MAX)
        return weir_fail(error, WEIR_ERR_LIMIT,
                         "a text of %zu bytes is too long for a regular expression (at most %d)",
                         subject.len, WEIR_REGEX_SUBJECT_MAX);
    if (!weir_utf8_valid(subject))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the text is not UTF-8 at byte %zu",
                         weir_utf8_valid_prefix(subject));
    pcre2_set_match_limit(match->context, steps_for(subject.len));
    return WEIR_OK;
}

static weir_code match_at(const pcre2_code *code, weir_regex_match *match, size_t start,
                          uint32_t options, weir_error *error)
{
    options |= PCRE2_NO_UTF_CHECK;
    PCRE2_SPTR subject = (PCRE2_SPTR)match->subject.ptr;
    size_t len = match->subject.len;
    int rc = pcre2_match(code, subject, len, start, options, match->data, match->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(code, subject, len, start, options | PCRE2_NO_JIT, match->data,
                         match->context);
    match->pair_count = rc > 0 ? (uint32_t)rc : 0;
    if (rc > 0)
        return WEIR_OK;
    switch (rc) {
    case PCRE2_ERROR_NOMATCH: return WEIR_ERR_NOT_FOUND;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_RECURSELOOP:
        return weir_fail(error, WEIR_ERR_LIMIT,
                         "the regular expression backtracks too much on this text");
    case PCRE2_ERROR_NOMEMORY: return weir_fail_nomem(error);
    default:
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the regular expression failed (PCRE2 %d)", rc);
    }
}

weir_code weir_regex_search(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                            weir_error *error)
{
    weir_code code = take_subject(match, subject, error);
    return code ? code : match_at(regex->anywhere, match, 0, 0, error);
}

weir_code weir_regex_match_start(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                                 weir_error *error)
{
    weir_code code = take_subject(match, subject, error);
    return code ? code : match_at(regex->at_start, match, 0, 0, error);
}

weir_code weir_regex_match_full(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                                weir_error *error)
{
    weir_code code = take_subject(match, subject, error);
    return code ? code : match_at(regex->at_start, match, 0, PCRE2_ENDANCHORED, error);
}

bool weir_regex_span(const weir_regex_match *match, size_t number, size_t *start, size_t *end)
{
    if (number >= match->pair_count)
        return false;
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(match->data);
    if (pairs[2 * number] == PCRE2_UNSET || pairs[2 * number] > pairs[2 * number + 1])
        return false;
    *start = pairs[2 * number];
    *end = pairs[2 * number + 1];
    return true;
}

bool weir_regex_group(const weir_regex_match *match, size_t number, weir_str *text)
{
    size_t start, end;
    if (!weir_regex_span(match, number, &start, &end))
        return false;
    *text = (weir_str){match->subject.ptr + start, end - start};
    return true;
}

static int number_of_group(const void *user, weir_str name)
{
    return weir_regex_group_number(user, name);
}

weir_code weir_regex_check_replacement(const weir_regex *regex, weir_str replacement,
                                       weir_error *error)
{
    while (replacement.len) {
        weir_replacement_part part;
        weir_code code = weir_replacement_next(&replacement, regex->group_count, number_of_group,
                                               regex, &part, error);
        if (code != WEIR_OK)
            return code;
    }
    return WEIR_OK;
}

/* The replacement for the present match. It was checked, so every part is good. */
static void put_replacement(const weir_regex *regex, const weir_regex_match *match,
                            weir_str replacement, weir_buf *out)
{
    while (replacement.len) {
        weir_replacement_part part;
        if (weir_replacement_next(&replacement, regex->group_count, number_of_group, regex, &part,
                                  NULL) != WEIR_OK)
            return;
        weir_str text = part.text;
        if (part.group >= 0 && !weir_regex_group(match, (size_t)part.group, &text))
            continue;
        weir_buf_put(out, text);
    }
}

/*
 * As CPython does it: an empty match may follow a match directly, but not stand where the last one
 * was empty; there the next must take at least one character.
 */
static weir_code replace_all(const weir_regex *regex, weir_regex_match *match, weir_str replacement,
                             size_t max_count, weir_buf *out, weir_error *error)
{
    size_t before = out->len;
    size_t copied = 0, at = 0;
    uint32_t options = 0;
    for (size_t count = 0; max_count == 0 || count < max_count; count++) {
        weir_code code = match_at(regex->anywhere, match, at, options, error);
        if (code == WEIR_ERR_NOT_FOUND)
            break;
        size_t start, end;
        if (code != WEIR_OK)
            return code;
        if (!weir_regex_span(match, 0, &start, &end) || start < copied)
            return weir_fail(error, WEIR_ERR_ARGUMENT, "\\K is not supported in a substitution");
        weir_buf_put(out, (weir_str){match->subject.ptr + copied, start - copied});
        put_replacement(regex, match, replacement, out);
        if (out->len - before > WEIR_REGEX_SUB_MAX)
            return weir_fail(error, WEIR_ERR_LIMIT, "the substitution makes more than %d bytes",
                             WEIR_REGEX_SUB_MAX);
        copied = at = end;
        options = start == end ? PCRE2_NOTEMPTY_ATSTART : 0;
    }
    weir_buf_put(out, (weir_str){match->subject.ptr + copied, match->subject.len - copied});
    return out->failed ? weir_fail_nomem(error) : WEIR_OK;
}

weir_code weir_regex_sub(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                         weir_str replacement, size_t max_count, weir_buf *out, weir_error *error)
{
    size_t before = out->len;
    weir_code code = weir_regex_check_replacement(regex, replacement, error);
    if (code == WEIR_OK)
        code = take_subject(match, subject, error);
    if (code == WEIR_OK)
        code = replace_all(regex, match, replacement, max_count, out, error);
    if (code != WEIR_OK)
        out->len = before;
    return code;
}
