/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions with the meaning of Python's `re` for match, search and sub, over PCRE2.
 *
 * A weir_regex is compiled once, immutable and shared by threads. A weir_regex_match is one
 * thread's working memory: make it once, use it for every subject; in steady state a match
 * allocates nothing. Subjects are UTF-8; bytes that are not are an error (WEIR_ERR_ARGUMENT), not
 * undefined. A pattern that backtracks without end stops at a named limit with WEIR_ERR_LIMIT,
 * which is never confused with "no match".
 */
#ifndef WEIR_UTIL_REGEX_H
#define WEIR_UTIL_REGEX_H

#include <weir/types.h>

#include "util/buf.h"

enum {
    WEIR_REGEX_PATTERN_MAX = 16 * 1024, /**< bytes of a pattern */
    WEIR_REGEX_SUBJECT_MAX = 8 * 1024,  /**< bytes of a text to be matched */
    WEIR_REGEX_MATCH_LIMIT =
        200 * 1000, /**< backtracking steps from one start; fewer on long texts */
    WEIR_REGEX_DEPTH_LIMIT = 10 * 1000,    /**< nested backtracking points of one match */
    WEIR_REGEX_HEAP_LIMIT_KIB = 4 * 1024,  /**< heap of one match */
    WEIR_REGEX_GROUPS_MAX = 100,           /**< capture groups, as in `re` of old */
    WEIR_REGEX_SUB_MAX = 16 * 1024 * 1024, /**< bytes that one substitution may produce */
    WEIR_REGEX_JIT_STACK_MAX = 256 * 1024  /**< bytes of machine stack for compiled matching */
};

typedef struct weir_regex weir_regex;
typedef struct weir_regex_match weir_regex_match;

/** Where and why a pattern does not compile. */
typedef struct weir_regex_mistake {
    size_t offset; /**< byte offset in the pattern */
    char text[200];
} weir_regex_mistake;

/**
 * Compiles. NULL with *mistake filled in (mistake may be NULL). Python's named groups
 * `(?P<name>...)` are understood.
 */
weir_regex *weir_regex_new(weir_str pattern, weir_regex_mistake *mistake);
void weir_regex_free(weir_regex *regex);
/** Capture groups, without group 0. */
size_t weir_regex_group_count(const weir_regex *regex);
/** The number of a named group, or -1. */
int weir_regex_group_number(const weir_regex *regex, weir_str name);
/** The name of group `number`, or an empty str. Lives as long as the regex. */
weir_str weir_regex_group_name(const weir_regex *regex, size_t number);

/** Working memory for matches of any regex; one user at a time. NULL when out of memory. */
weir_regex_match *weir_regex_match_new(void);
void weir_regex_match_free(weir_regex_match *match);

/**
 * `re.search`, `re.match` (anchored at the start) and `re.fullmatch`. WEIR_OK when it matched,
 * WEIR_ERR_NOT_FOUND when it did not (no text is written to `error` for that), WEIR_ERR_LIMIT when
 * a limit was exceeded, WEIR_ERR_ARGUMENT for a subject that is not UTF-8, WEIR_ERR_NOMEM.
 */
weir_code weir_regex_search(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                            weir_error *error);
weir_code weir_regex_match_start(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                                 weir_error *error);
weir_code weir_regex_match_full(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                                weir_error *error);

/**
 * After a match: the text of group `number` (0 = all of it) as a span of the subject. False when
 * the group took no part in the match or does not exist.
 */
bool weir_regex_group(const weir_regex_match *match, size_t number, weir_str *text);
/** The same as byte offsets. */
bool weir_regex_span(const weir_regex_match *match, size_t number, size_t *start, size_t *end);

/**
 * Checks a replacement in Python's syntax (\1, \g<1>, \g<name>, \\, \n \t \r ...) against the
 * regex's groups. WEIR_ERR_ARGUMENT with a text, otherwise WEIR_OK.
 */
weir_code weir_regex_check_replacement(const weir_regex *regex, weir_str replacement,
                                       weir_error *error);
/**
 * `re.sub`: appends the subject to `out` with every match (at most `max_count` of them; 0 = all)
 * replaced. A group that took no part is empty, as in Python 3.5+.
 */
weir_code weir_regex_sub(const weir_regex *regex, weir_regex_match *match, weir_str subject,
                         weir_str replacement, size_t max_count, weir_buf *out, weir_error *error);

#endif
