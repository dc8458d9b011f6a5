/* SPDX-License-Identifier: MIT */
/*
 * re_match, re_search, re_sub. Compiled patterns are kept with the VM and found by their text: a
 * spec has a handful. Patterns that are made at run time push the oldest out, so a hostile message
 * costs compilations, which are charged, but no memory.
 */
#include <stdlib.h>

#include "expr/tables.h"
#include "expr/typed.h"
#include "util/regex.h"

enum { KEPT = 32 };

typedef struct kept {
    char *pattern;
    size_t len;
    weir_regex *regex;
} kept;

struct weir_regex_scratch {
    weir_regex_match *match;
    kept kept[KEPT];
    size_t count, oldest;
};

static void drop(kept *k)
{
    free(k->pattern);
    weir_regex_free(k->regex);
    *k = (kept){0};
}

void weir_vm_free_regex(struct weir_regex_scratch *scratch)
{
    if (!scratch)
        return;
    for (size_t i = 0; i < scratch->count; i++)
        drop(&scratch->kept[i]);
    weir_regex_match_free(scratch->match);
    free(scratch);
}

static struct weir_regex_scratch *scratch_of(weir_vm *vm)
{
    if (vm->regex)
        return vm->regex;
    struct weir_regex_scratch *made = calloc(1, sizeof(*made));
    if (made)
        made->match = weir_regex_match_new();
    if (!made || !made->match) {
        weir_vm_free_regex(made);
        weir_vm_fail(vm, WEIR_RAISE_MEMORY, "out of memory");
        return NULL;
    }
    return vm->regex = made;
}

static const weir_regex *find_kept(struct weir_regex_scratch *s, weir_str pattern)
{
    for (size_t i = 0; i < s->count; i++) {
        kept *k = &s->kept[i];
        if (k->len != pattern.len || (pattern.len && memcmp(k->pattern, pattern.ptr, k->len) != 0))
            continue;
        return k->regex;
    }
    return NULL;
}

static const weir_regex *regex_of(weir_vm *vm, weir_str pattern, const weir_value *shown)
{
    struct weir_regex_scratch *s = scratch_of(vm);
    if (!s)
        return NULL;
    const weir_regex *found = find_kept(s, pattern);
    if (found)
        return found;
    if (!weir_vm_charge(vm, 1000 + pattern.len * 10))
        return NULL;
    weir_regex_mistake mistake;
    kept made = {.len = pattern.len, .regex = weir_regex_new(pattern, &mistake)};
    if (!made.regex) {
        weir_vm_fail(vm, WEIR_RAISE_VALUE, "the pattern %s is wrong at its byte %zu: %s",
                     weir_vm_show(vm, shown), mistake.offset, mistake.text);
        return NULL;
    }
    made.pattern = malloc(pattern.len + 1);
    if (!made.pattern) {
        drop(&made);
        weir_vm_fail(vm, WEIR_RAISE_MEMORY, "out of memory");
        return NULL;
    }
    if (pattern.len)
        memcpy(made.pattern, pattern.ptr, pattern.len);
    size_t at = s->count < KEPT ? s->count++ : s->oldest++ % KEPT;
    drop(&s->kept[at]);
    s->kept[at] = made;
    return made.regex;
}

/* None, or the list of all groups with the whole match first. */
static bool groups(weir_vm *vm, const weir_regex *regex, unsigned flags, weir_value *out)
{
    size_t count = weir_regex_group_count(regex) + 1;
    weir_value *items;
    if (!weir_list_room(vm, WEIR_LIST, count, out, &items))
        return false;
    for (size_t i = 0; i < count; i++) {
        weir_str text;
        if (weir_regex_group(vm->regex->match, i, &text)) {
            items[i] = weir_value_str(text);
            items[i].flags = (uint8_t)flags;
        } else {
            items[i] = weir_value_none();
        }
    }
    return true;
}

/* A search can start at every character and read on to the end without any backtracking that a
 * limit would count: 8 KiB take up to 40 ms then, so the charge has the square of the length. */
static bool charge(weir_vm *vm, weir_str subject)
{
    return subject.len > WEIR_REGEX_SUBJECT_MAX ||
           weir_vm_charge(vm, 20 + subject.len / 4 + subject.len * subject.len / 64);
}

static bool run(weir_vm *vm, const weir_call *call, bool is_anchored, weir_value *out)
{
    weir_str pattern, subject;
    weir_value room;
    const weir_value *text = weir_typed(vm, weir_arg(call, 1), &room);
    if (!text || !weir_need_str(vm, weir_arg(call, 0), "pattern", &pattern) ||
        !weir_need_str(vm, text, "string", &subject))
        return false;
    const weir_regex *regex = regex_of(vm, pattern, weir_arg(call, 0));
    if (!regex || !charge(vm, subject))
        return false;
    weir_error error;
    weir_code code = (is_anchored ? weir_regex_match_start
                                  : weir_regex_search)(regex, vm->regex->match, subject, &error);
    if (code == WEIR_ERR_NOT_FOUND) {
        *out = weir_value_none();
        return true;
    }
    if (code != WEIR_OK)
        return weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    return groups(vm, regex, text->flags & (WEIR_VALUE_SECRET | WEIR_VALUE_ASCII), out);
}

static bool call_match(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return run(vm, call, true, out);
}

static bool call_search(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return run(vm, call, false, out);
}

static bool call_sub(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str pattern, replacement, subject;
    int64_t count;
    if (!weir_need_str(vm, weir_arg(call, 0), "pattern", &pattern) ||
        !weir_need_str(vm, weir_arg(call, 1), "repl", &replacement) ||
        !weir_need_str(vm, weir_arg(call, 2), "string", &subject) ||
        !weir_need_int_or(vm, weir_arg(call, 3), "count", 0, &count))
        return false;
    const weir_regex *regex = regex_of(vm, pattern, weir_arg(call, 0));
    if (!regex || !charge(vm, subject))
        return false;
    unsigned flags = (weir_arg(call, 1)->flags | weir_arg(call, 2)->flags) & WEIR_VALUE_SECRET;
    weir_error error;
    weir_buf text = weir_vm_text(vm);
    weir_code code = weir_regex_check_replacement(regex, replacement, &error);
    if (code == WEIR_OK)
        code = weir_regex_sub(regex, vm->regex->match, subject, replacement,
                              count < 0 ? 0 : (size_t)count, &text, &error);
    bool is_done = code == WEIR_OK ? weir_op_str_from(vm, &text, flags, out)
                                   : weir_fail_error(vm, WEIR_RAISE_VALUE, &error);
    weir_vm_text_done(vm, &text);
    return is_done;
}

const weir_fn_row weir_fn_regex[] = {
    {"re_match", "pattern string /", call_match, WEIR_KIND_COUNT, WEIR_FN_PURE | WEIR_FN_PATTERN,
     "the groups of a match at the start, the whole first; None if there is none"},
    {"re_search", "pattern string /", call_search, WEIR_KIND_COUNT, WEIR_FN_PURE | WEIR_FN_PATTERN,
     "the groups of the first match anywhere; None if there is none"},
    {"re_sub", "pattern repl string count?", call_sub, WEIR_STR, WEIR_FN_PURE | WEIR_FN_PATTERN,
     "the text with every match replaced"},
    {0},
};
