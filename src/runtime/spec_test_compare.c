/* SPDX-License-Identifier: MIT */
/*
 * Is what happened what was expected? Expected records are trees with places, so that a difference
 * names line and column of the very value; what happened is raw JSON. Only listed members are
 * looked at, unless the test is exact. Numbers are compared by their digits, whatever their form;
 * a float also by its value, since its text is only the shortest of many.
 */
#include "runtime/spec_test.h"
#include "util/number.h"
#include "util/time.h"
#include "value/decimal.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { SHOWN_MAX = 2000 }; /* bytes of a value in a diff */

/* ------------------------------------------------------------------ values */

static bool is_raw(const weir_value *v, weir_raw what)
{
    return v->kind == WEIR_RAW && v->aux == what;
}

static bool is_text(const weir_value *v)
{
    return v->kind == WEIR_STR || is_raw(v, WEIR_RAW_ESCAPED);
}

static bool same_float(weir_str expected, weir_str actual)
{
    char shortest[WEIR_NUMBER_TEXT_MAX];
    double a = 0, b = 0;
    if (!weir_double_parse(expected, &a) || !weir_double_parse(actual, &b) || a != b)
        return false;
    return weir_str_eq((weir_str){shortest, weir_double_json(b, shortest)}, actual);
}

static bool same_number(weir_arena *arena, weir_str expected, weir_str actual)
{
    const weir_decimal *a = NULL, *b = NULL;
    if (weir_str_eq(expected, actual))
        return true;
    if (weir_decimal_parse(arena, expected, &a) == WEIR_DECIMAL_OK &&
        weir_decimal_parse(arena, actual, &b) == WEIR_DECIMAL_OK && weir_decimal_compare(a, b) == 0)
        return true;
    return same_float(expected, actual);
}

/* A time may be written with another number of digits, or in another zone. */
static bool same_text(const weir_node *expected, const weir_value *actual)
{
    int64_t a = 0, b = 0;
    if (weir_json_text_is(actual, expected->text))
        return true;
    const weir_str text = weir_value_text(actual);
    return actual->kind == WEIR_STR && text.len > 0 && text.ptr[text.len - 1] == 'Z' &&
           weir_time_parse(expected->text, &a, NULL) && weir_time_parse(text, &b, NULL) && a == b;
}

static bool same_scalar(weir_arena *arena, const weir_node *expected, const weir_value *actual)
{
    switch (expected->type) {
    case WEIR_SCALAR_NULL: return actual->kind == WEIR_NONE;
    case WEIR_SCALAR_BOOL:
        return actual->kind == WEIR_BOOL &&
               (actual->i != 0) == ((expected->text.ptr[0] | 0x20) == 't');
    case WEIR_SCALAR_INT:
    case WEIR_SCALAR_FLOAT:
        return is_raw(actual, WEIR_RAW_NUMBER) &&
               same_number(arena, expected->text, weir_value_text(actual));
    default: return is_text(actual) && same_text(expected, actual);
    }
}

/* ------------------------------------------------------------------ records */

typedef struct comparison {
    weir_arena *arena;
    bool is_exact;
    weir_test_difference_fn *each;
    void *user;
} comparison;

static void differs(const comparison *c, weir_str path, const weir_node *expected,
                    const weir_value *actual)
{
    const weir_test_difference difference = {path, expected,
                                             actual ? *actual : weir_value_absent()};
    c->each(c->user, &difference);
}

static weir_str path_of(const comparison *c, weir_str parent, weir_str key)
{
    return parent.len ? weir_arena_printf(c->arena, "%.*s.%.*s", WEIR_FMT(parent), WEIR_FMT(key))
                      : key;
}

bool weir_test_is_delivery(weir_str key)
{
    static const char *const keys[] = {"channel", "stream", "connection", "received", "seq"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (weir_str_is(key, keys[i]))
            return true;
    }
    return false;
}

static void compare_any(const comparison *c, weir_str path, const weir_node *expected,
                        const weir_value *actual);

/* What an exact test does not list. */
static void compare_rest(const comparison *c, weir_str path, const weir_node *expected,
                         const weir_value *actual)
{
    weir_json_iter iter;
    weir_value key, value;
    weir_json_iter_init(&iter, actual);
    while (weir_json_iter_next(&iter, &key, &value)) {
        weir_value name = key;
        if (key.kind != WEIR_STR && !weir_json_unescape(c->arena, &key, &name))
            return;
        const weir_str text = weir_value_text(&name);
        if (!weir_node_pair(expected, text) && !(path.len == 0 && weir_test_is_delivery(text)))
            differs(c, path_of(c, path, text), NULL, &value);
    }
}

static void compare_map(const comparison *c, weir_str path, const weir_node *expected,
                        const weir_value *actual)
{
    for (size_t i = 0; i < expected->count; i++) {
        const weir_pair *pair = &expected->pairs[i];
        const weir_str inner = path_of(c, path, pair->key->text);
        weir_value value;
        if (weir_json_member(actual, pair->key->text, &value))
            compare_any(c, inner, pair->value, &value);
        else
            differs(c, inner, pair->value, NULL);
    }
    if (c->is_exact)
        compare_rest(c, path, expected, actual);
}

static void compare_list(const comparison *c, weir_str path, const weir_node *expected,
                         const weir_value *actual)
{
    weir_json_iter iter;
    weir_value key, value;
    if (weir_json_count(actual) != expected->count) {
        differs(c, path, expected, actual);
        return;
    }
    weir_json_iter_init(&iter, actual);
    for (size_t i = 0; weir_json_iter_next(&iter, &key, &value); i++)
        compare_any(c, weir_arena_printf(c->arena, "%.*s[%zu]", WEIR_FMT(path), i),
                    expected->items[i], &value);
}

static void compare_any(const comparison *c, weir_str path, const weir_node *expected,
                        const weir_value *actual)
{
    if (expected->kind == WEIR_NODE_MAP && is_raw(actual, WEIR_RAW_OBJECT))
        compare_map(c, path, expected, actual);
    else if (expected->kind == WEIR_NODE_LIST && is_raw(actual, WEIR_RAW_ARRAY))
        compare_list(c, path, expected, actual);
    else if (expected->kind != WEIR_NODE_SCALAR || !same_scalar(c->arena, expected, actual))
        differs(c, path, expected, actual);
}

void weir_test_compare(weir_arena *arena, const weir_node *expected, const weir_value *actual,
                       bool is_exact, weir_test_difference_fn *each, void *user)
{
    const comparison c = {arena, is_exact, each, user};
    compare_any(&c, WEIR_STR(""), expected, actual);
}

/* ------------------------------------------------------------------ messages */

static bool same_json(weir_arena *arena, const weir_value *a, const weir_value *b);

/* Every member of `a` is in `b`, with the same value if asked for. Of duplicate keys the last one
 * counts, on both sides. */
static bool has_members(weir_arena *arena, const weir_value *a, const weir_value *b,
                        bool with_values)
{
    weir_json_iter iter;
    weir_value key, value, other;
    weir_json_iter_init(&iter, a);
    while (weir_json_iter_next(&iter, &key, &value)) {
        weir_value name = key, last;
        if (key.kind != WEIR_STR && !weir_json_unescape(arena, &key, &name))
            return false;
        const weir_str text = weir_value_text(&name);
        if (!weir_json_member(a, text, &last) || !weir_json_member(b, text, &other) ||
            (with_values && !same_json(arena, &last, &other)))
            return false;
    }
    return true;
}

static bool same_objects(weir_arena *arena, const weir_value *a, const weir_value *b)
{
    return has_members(arena, a, b, true) && has_members(arena, b, a, false);
}

static bool same_arrays(weir_arena *arena, const weir_value *a, const weir_value *b)
{
    weir_json_iter left, right;
    weir_value key, value, other;
    if (weir_json_count(a) != weir_json_count(b))
        return false;
    weir_json_iter_init(&left, a);
    weir_json_iter_init(&right, b);
    while (weir_json_iter_next(&left, &key, &value) && weir_json_iter_next(&right, &key, &other)) {
        if (!same_json(arena, &value, &other))
            return false;
    }
    return true;
}

/* Depth is bounded by the decoder. */
static bool same_json(weir_arena *arena, const weir_value *a, const weir_value *b)
{
    if (is_text(a) && is_text(b)) {
        weir_value text = *a;
        return (a->kind == WEIR_STR || weir_json_unescape(arena, a, &text)) &&
               weir_json_text_is(b, weir_value_text(&text));
    }
    if (a->kind != b->kind || (a->kind == WEIR_RAW && a->aux != b->aux))
        return false;
    if (is_raw(a, WEIR_RAW_OBJECT))
        return same_objects(arena, a, b);
    if (is_raw(a, WEIR_RAW_ARRAY))
        return same_arrays(arena, a, b);
    if (is_raw(a, WEIR_RAW_NUMBER))
        return same_number(arena, weir_value_text(a), weir_value_text(b));
    return a->kind == WEIR_NONE || a->i == b->i;
}

bool weir_test_same_message(weir_arena *arena, const weir_test_frame *expected,
                            const weir_test_item *actual)
{
    weir_value value;
    weir_json_error ignored;
    if (expected->name.ptr && !weir_str_eq(expected->name, actual->name))
        return false;
    if (expected->is_binary == actual->is_binary && weir_str_eq(expected->bytes, actual->text))
        return true;
    return !expected->is_binary && actual->value.kind != WEIR_ABSENT &&
           weir_json_parse(expected->bytes, &value, &ignored) &&
           same_json(arena, &value, &actual->value);
}

/* ------------------------------------------------------------------ the diff */

typedef struct report {
    const weir_test_run *run;
    weir_buf *out;
    size_t item;
    size_t count;
} report;

static void put_node(weir_buf *out, const weir_node *node, size_t most)
{
    if (out->len > most)
        return; /* cut anyway */
    if (node->kind == WEIR_NODE_SCALAR) {
        if (node->type == WEIR_SCALAR_TEXT)
            weir_json_write_str(out, node->text);
        else
            weir_buf_put(out, node->text.len ? node->text : WEIR_STR("null"));
        return;
    }
    const bool is_map = node->kind == WEIR_NODE_MAP;
    weir_buf_putc(out, is_map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            weir_buf_putc(out, ',');
        if (is_map) {
            weir_json_write_str(out, node->pairs[i].key->text);
            weir_buf_putc(out, ':');
        }
        put_node(out, is_map ? node->pairs[i].value : node->items[i], most);
    }
    weir_buf_putc(out, is_map ? '}' : ']');
}

static void put_cut(weir_buf *out, const char *mark, weir_str text)
{
    const bool is_long = text.len > SHOWN_MAX;
    weir_buf_printf(out, "  %s %.*s%s\n", mark, is_long ? (int)SHOWN_MAX : (int)text.len, text.ptr,
                    is_long ? " ..." : "");
}

static void put_place(report *r, const weir_node *node)
{
    const weir_str file = r->run->spec->model->tests_source.name;
    weir_buf_printf(r->out, "%.*s:%u:%u: ", WEIR_FMT(file), node->place.line, node->place.column);
    r->count++;
}

static void put_expected(report *r, const weir_node *node)
{
    weir_buf text = {0};
    put_node(&text, node, SHOWN_MAX);
    put_cut(r->out, "-", weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void put_actual(report *r, const weir_value *value)
{
    weir_buf text = {0};
    if (value->kind == WEIR_ABSENT)
        weir_buf_puts(&text, "(not there)");
    else
        weir_json_write(&text, value, 0);
    put_cut(r->out, "+", weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void report_difference(void *user, const weir_test_difference *difference)
{
    report *r = user;
    const weir_node *out = r->run->test->out->items[r->item];
    put_place(r, difference->expected ? difference->expected : out);
    weir_buf_printf(r->out, "record %zu%s%.*s%s\n", r->item + 1, difference->path.len ? ", " : "",
                    WEIR_FMT(difference->path), difference->expected ? "" : " is not listed");
    if (difference->expected)
        put_expected(r, difference->expected);
    put_actual(r, &difference->actual);
}

static const weir_node *block_value(const weir_test_run *run, const char *key)
{
    const weir_node *value = weir_node_get(run->test->node, key);
    return value ? value : run->test->node;
}

static void judge_records(report *r)
{
    const weir_test_run *run = r->run;
    const weir_node *out = run->test->out;
    if (!out && !run->test->fails.is_set) {
        put_place(r, run->test->node);
        weir_buf_puts(r->out, "the test has no 'out'; 'weir test --update' fills it in\n");
    }
    const size_t expected = out ? out->count : 0;
    for (size_t i = 0; i < expected && i < run->count; i++) {
        r->item = i;
        weir_test_compare(run->arena, out->items[i], &run->items[i].value, run->test->is_exact,
                          report_difference, r);
    }
    for (size_t i = run->count; i < expected; i++) {
        put_place(r, out->items[i]);
        weir_buf_printf(r->out, "record %zu is missing\n", i + 1);
        put_expected(r, out->items[i]);
    }
    for (size_t i = expected; i < run->count && (out || !run->test->fails.is_set); i++) {
        put_place(r, block_value(run, "out"));
        weir_buf_printf(r->out, "record %zu is not expected\n", i + 1);
        put_actual(r, &run->items[i].value);
    }
}

static bool is_expected_failure(const weir_test_fails *fails, const weir_test_failure *failure)
{
    const weir_str wanted = fails->reason, text = failure->reason;
    return fails->is_set && (fails->stage < 0 || fails->stage == (int)failure->stage) &&
           (wanted.len == 0 || memmem(text.ptr, text.len, wanted.ptr, wanted.len) != NULL);
}

static void judge_failures(report *r)
{
    const weir_test_run *run = r->run;
    bool has_failed = false;
    for (size_t i = 0; i < run->failure_count; i++) {
        const weir_test_failure *failure = &run->failures[i];
        if (is_expected_failure(&run->test->fails, failure)) {
            has_failed = true;
            continue;
        }
        put_place(r, run->test->frames[failure->frame].node);
        weir_buf_printf(r->out, "frame %zu fails (%s)\n", failure->frame + 1,
                        weir_stage_name(failure->stage));
        put_cut(r->out, "+", failure->reason);
    }
    if (!run->test->fails.is_set || has_failed)
        return;
    put_place(r, block_value(run, "fails"));
    weir_buf_puts(r->out, "nothing fails so\n");
}

static void put_message(report *r, const char *mark, weir_str name, weir_str bytes, bool is_binary)
{
    weir_buf text = {0};
    if (name.len > 0)
        weir_buf_printf(&text, "%.*s: ", WEIR_FMT(name));
    if (is_binary)
        weir_test_put_bytes(&text, bytes);
    else
        weir_buf_put(&text, bytes);
    put_cut(r->out, mark, weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void judge_messages(report *r)
{
    const weir_test_run *run = r->run;
    const weir_test_spec *test = run->test;
    const bool may_lack = test->kind == WEIR_TEST_LOGIN && (test->headers || test->url.node);
    if (!test->sends_node) {
        if (!may_lack) {
            put_place(r, test->node);
            weir_buf_puts(r->out, "the test has no 'sends'; 'weir test --update' fills it in\n");
        }
        return;
    }
    const size_t most = test->send_count > run->count ? test->send_count : run->count;
    for (size_t i = 0; i < most; i++) {
        const weir_test_frame *expected = i < test->send_count ? &test->sends[i] : NULL;
        const weir_test_item *actual = i < run->count ? &run->items[i] : NULL;
        if (expected && actual && weir_test_same_message(run->arena, expected, actual))
            continue;
        put_place(r, expected ? expected->node : test->sends_node);
        weir_buf_printf(r->out, "message %zu%s\n", i + 1,
                        !actual     ? " is missing"
                        : !expected ? " is not expected"
                                    : "");
        if (expected)
            put_message(r, "-", expected->name, expected->bytes, expected->is_binary);
        if (actual)
            put_message(r, "+", expected && !expected->name.ptr ? (weir_str){0} : actual->name,
                        actual->text, actual->is_binary);
    }
}

static bool same_name(weir_str a, weir_str b)
{
    bool is_same = a.len == b.len;
    for (size_t i = 0; is_same && i < a.len; i++) {
        const char x = a.ptr[i], y = b.ptr[i];
        const bool are_letters = ((x | 0x20) >= 'a' && (x | 0x20) <= 'z');
        is_same = x == y || (are_letters && (x ^ y) == 0x20);
    }
    return is_same;
}

static void judge_handshake(report *r)
{
    const weir_test_run *run = r->run;
    const weir_node *headers = run->test->headers;
    for (size_t i = 0; headers && i < headers->count; i++) {
        const weir_pair *pair = &headers->pairs[i];
        const weir_plan_pair *found = NULL;
        for (size_t k = 0; k < run->header_count; k++)
            found = same_name(run->headers[k].name, pair->key->text) ? &run->headers[k] : found;
        if (found && weir_str_eq(found->value, pair->value->text))
            continue;
        put_place(r, pair->value);
        weir_buf_printf(r->out, "header %.*s\n", WEIR_FMT(pair->key->text));
        put_cut(r->out, "-", pair->value->text);
        put_cut(r->out, "+", found ? found->value : WEIR_STR("(not there)"));
    }
    const weir_text *url = &run->test->url;
    if (!url->node || weir_str_eq(url->text, run->url))
        return;
    put_place(r, url->node);
    weir_buf_puts(r->out, "url\n");
    put_cut(r->out, "-", url->text);
    put_cut(r->out, "+", run->url);
}

bool weir_test_judge(const weir_test_run *run, weir_buf *diff)
{
    report r = {.run = run, .out = diff};
    if (run->problem.len > 0) {
        put_place(&r, run->test->node);
        weir_buf_printf(diff, "%.*s\n", WEIR_FMT(run->problem));
    } else if (run->test->kind == WEIR_TEST_RECORDS) {
        judge_records(&r);
        judge_failures(&r);
    } else {
        judge_messages(&r);
        judge_handshake(&r);
    }
    return r.count == 0;
}
