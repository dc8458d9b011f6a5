/* SPDX-License-Identifier: MIT */
/*
 * Changes to the file of a spec. Nothing is rewritten but the value that differs - a scalar where
 * one scalar differs, else a record, else the list - at the bytes where the tree says that it
 * stands, so that comments and layout of everything else stay. What cannot be placed so (an alias,
 * a merged key) is an error, and the result must be YAML again before anybody gets it.
 */
#include <stdlib.h>

#include "runtime/spec_test.h"
#include "util/error.h"

/* ------------------------------------------------------------------ the list of edits */

static bool add(weir_test_edits *edits, size_t offset, size_t length, weir_str text)
{
    if (edits->count == edits->cap) {
        const size_t cap = edits->cap ? edits->cap * 2 : 16;
        weir_test_edit *list = WEIR_ARENA_ARRAY(edits->arena, weir_test_edit, cap);
        if (!list)
            return false;
        if (edits->count > 0)
            memcpy(list, edits->list, edits->count * sizeof *list);
        edits->list = list;
        edits->cap = cap;
    }
    edits->list[edits->count++] = (weir_test_edit){offset, length, text};
    return true;
}

/* Adds what `text` holds, and empties it. False: out of memory. */
static bool add_take(weir_test_edits *edits, size_t offset, size_t length, weir_buf *text,
                     weir_error *error)
{
    const weir_str old = {edits->source.ptr + offset, length};
    if (!text->failed && weir_str_eq(old, weir_buf_str(text))) {
        weir_buf_fini(text);
        return true; /* nothing to change is no edit */
    }
    const weir_str copy = weir_arena_copy(edits->arena, weir_buf_str(text));
    const bool is_good = !text->failed && copy.ptr && add(edits, offset, length, copy);
    weir_buf_fini(text);
    if (!is_good)
        weir_fail_nomem(error);
    return is_good;
}

static int by_offset(const void *a, const void *b)
{
    const size_t x = ((const weir_test_edit *)a)->offset, y = ((const weir_test_edit *)b)->offset;
    return (x > y) - (x < y);
}

static weir_code check_yaml(const weir_buf *text, weir_error *error)
{
    weir_code code = WEIR_ERR_NOMEM;
    weir_diags *diags = weir_diags_new();
    weir_arena *arena = weir_arena_new(64 * 1024, 0);
    const weir_source *source =
        diags && arena ? weir_diags_add_source(diags, WEIR_STR("edited"), weir_buf_str(text))
                       : NULL;
    if (source)
        code = weir_yaml_parse(arena, source, diags) && weir_diags_errors(diags) == 0
                   ? WEIR_OK
                   : weir_fail(error, WEIR_ERR_UNSUPPORTED,
                               "the layout of the tests is not one that can be edited");
    else
        weir_fail_nomem(error);
    weir_arena_free(arena);
    weir_diags_free(diags);
    return code;
}

weir_code weir_test_edits_apply(weir_test_edits *edits, weir_buf *out, weir_error *error)
{
    weir_buf text = {0};
    size_t at = 0;
    if (edits->count > 0)
        qsort(edits->list, edits->count, sizeof *edits->list, by_offset);
    for (size_t i = 0; i < edits->count; i++) {
        const weir_test_edit *edit = &edits->list[i];
        if (edit->offset < at || edit->offset + edit->length > edits->source.len) {
            weir_buf_fini(&text);
            return weir_fail(error, WEIR_ERR_UNSUPPORTED,
                             "the layout of the tests is not one that can be edited");
        }
        weir_buf_put(&text, (weir_str){edits->source.ptr + at, edit->offset - at});
        weir_buf_put(&text, edit->text);
        at = edit->offset + edit->length;
    }
    weir_buf_put(&text, (weir_str){edits->source.ptr + at, edits->source.len - at});
    weir_code code = text.failed ? weir_fail_nomem(error) : check_yaml(&text, error);
    if (code == WEIR_OK) {
        weir_buf_put(out, weir_buf_str(&text));
        code = out->failed ? weir_fail_nomem(error) : WEIR_OK;
    }
    weir_buf_fini(&text);
    return code;
}

/* ------------------------------------------------------------------ where things stand */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of a node without the blank lines that a block scalar ends with. */
static size_t end_of(const weir_test_edits *edits, const weir_node *node)
{
    size_t end = node->raw_end;
    while (end > node->raw_offset && is_blank(edits->source.ptr[end - 1]))
        end--;
    return end;
}

/* Columns before a byte, from 0. Spaces and letters before it are one byte wide wherever it
 * matters: in the indentation. */
static size_t column_of(const weir_test_edits *edits, size_t at)
{
    size_t start = at;
    while (start > 0 && edits->source.ptr[start - 1] != '\n')
        start--;
    return at - start;
}

static bool is_inside(const weir_node *node, const weir_node *outer)
{
    return node->raw_offset >= outer->raw_offset && node->raw_end <= outer->raw_end;
}

/* Behind a comment that follows on the same line, if one does. */
static size_t skip_comment(const weir_test_edits *edits, size_t at)
{
    const weir_str text = edits->source;
    size_t next = at;
    while (next < text.len && (text.ptr[next] == ' ' || text.ptr[next] == '\t'))
        next++;
    if (next < text.len && next > at && text.ptr[next] == '#') {
        while (next < text.len && text.ptr[next] != '\n' && text.ptr[next] != '\r')
            next++;
        return next;
    }
    return at;
}

static bool cannot(const weir_test_run *run, const char *why, weir_error *error)
{
    weir_fail(error, WEIR_ERR_UNSUPPORTED, "test '%.*s' (line %u) cannot be updated: %s",
              WEIR_FMT(run->test->name), run->test->node->place.line, why);
    return false;
}

/* ------------------------------------------------------------------ writing a list */

static void put_flow_list(weir_buf *out, const weir_test_run *run, size_t indent)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < run->count; i++) {
        if (i > 0)
            weir_buf_printf(out, ",\n%*s", (int)indent, "");
        weir_test_put_item(out, run, i, indent);
    }
    weir_buf_putc(out, ']');
}

/* Elements at `indent`; the first one where the text stands. */
static void put_block_list(weir_buf *out, const weir_test_run *run, size_t indent)
{
    for (size_t i = 0; i < run->count; i++) {
        if (i > 0)
            weir_buf_printf(out, "\n%*s", (int)indent, "");
        weir_buf_puts(out, "- ");
        weir_test_put_item(out, run, i, indent + 2);
    }
}

/* "key: value" in a block at `indent`, or in brackets. */
static void put_pair(weir_buf *out, const weir_test_run *run, const char *key, size_t indent,
                     bool is_flow)
{
    weir_buf_printf(out, "%s:", key);
    if (is_flow || run->count == 0) {
        weir_buf_putc(out, ' ');
        put_flow_list(out, run, indent + 2);
        return;
    }
    weir_buf_printf(out, "\n%*s", (int)indent + 2, "");
    put_block_list(out, run, indent + 2);
}

/* ------------------------------------------------------------------ a key that is missing */

static bool insert_pair(weir_test_edits *edits, const weir_test_run *run, const char *key,
                        weir_error *error)
{
    const weir_node *block = run->test->node;
    const weir_str source = edits->source;
    weir_buf text = {0};
    if (block->is_flow) {
        const size_t at = block->raw_end - 1;
        size_t last = at;
        while (last > block->raw_offset && is_blank(source.ptr[last - 1]))
            last--;
        const size_t column = column_of(edits, block->raw_offset) + 1;
        weir_buf_puts(&text, source.ptr[last - 1] == ',' ? "" : ",");
        if (run->count > 0)
            weir_buf_printf(&text, "\n%*s", (int)column, "");
        else
            weir_buf_putc(&text, ' ');
        put_pair(&text, run, key, column, true);
        return add_take(edits, last, 0, &text, error);
    }
    const size_t indent = column_of(edits, block->pairs[0].key->raw_offset);
    weir_buf_printf(&text, "\n%*s", (int)indent, "");
    put_pair(&text, run, key, indent, false);
    return add_take(edits, skip_comment(edits, end_of(edits, block)), 0, &text, error);
}

/* ------------------------------------------------------------------ a whole value */

static bool replace_value(weir_test_edits *edits, const weir_test_run *run, const weir_pair *pair,
                          weir_error *error)
{
    const weir_node *key = pair->key, *value = pair->value;
    const bool is_flow = run->test->node->is_flow;
    const size_t indent = column_of(edits, key->raw_offset);
    size_t start = value->raw_offset, end = end_of(edits, value);
    weir_buf text = {0};
    bool is_below = false;
    for (size_t i = key->raw_end; i < start; i++)
        is_below = is_below || edits->source.ptr[i] == '\n';
    if (is_flow || run->count == 0) {
        /* A value that begins a line must be indented more than its key. */
        const size_t column = column_of(edits, start);
        if (is_below && column <= indent)
            weir_buf_printf(&text, "%*s", (int)(indent - column + 2), "");
        else if (!is_below && start > 0 && edits->source.ptr[start - 1] == ':')
            weir_buf_putc(&text, ' ');
        put_flow_list(&text, run, is_below ? column + 2 : indent + 2);
    } else if (is_below) {
        put_block_list(&text, run, column_of(edits, start));
    } else {
        while (start > 0 && edits->source.ptr[start - 1] == ' ')
            start--;
        weir_buf_printf(&text, "\n%*s", (int)indent + 2, "");
        put_block_list(&text, run, indent + 2);
        /* A comment behind the old value would stand behind the last element: it may. */
    }
    return add_take(edits, start, end - start, &text, error);
}

/* ------------------------------------------------------------------ one element, one scalar */

typedef struct leaves {
    weir_test_edits *edits;
    const weir_node *record;
    size_t first; /* edits before this record's */
    bool are_all; /* every difference so far is one scalar for another */
} leaves;

static bool is_scalar(const weir_value *v)
{
    return v->kind != WEIR_ABSENT &&
           !(v->kind == WEIR_RAW && (v->aux == WEIR_RAW_OBJECT || v->aux == WEIR_RAW_ARRAY));
}

static void edit_leaf(void *user, const weir_test_difference *difference)
{
    leaves *l = user;
    const weir_node *node = difference->expected;
    weir_error ignored;
    weir_buf text = {0};
    if (!l->are_all || !node || node->kind != WEIR_NODE_SCALAR || !is_scalar(&difference->actual) ||
        !is_inside(node, l->record) || node->raw_end <= node->raw_offset) {
        l->are_all = false;
        return;
    }
    weir_test_put_value(&text, &difference->actual, 0);
    const size_t end = end_of(l->edits, node);
    l->are_all = add_take(l->edits, node->raw_offset, end - node->raw_offset, &text, &ignored);
}

static bool edit_record(weir_test_edits *edits, const weir_test_run *run, size_t index,
                        weir_error *error)
{
    const weir_node *record = run->test->out->items[index];
    leaves l = {edits, record, edits->count, true};
    weir_test_compare(run->arena, record, &run->items[index].value, run->test->is_exact, edit_leaf,
                      &l);
    if (l.are_all)
        return true;
    edits->count = l.first;
    weir_buf text = {0};
    weir_test_put_item(&text, run, index, column_of(edits, record->raw_offset));
    return add_take(edits, record->raw_offset, end_of(edits, record) - record->raw_offset, &text,
                    error);
}

static bool edit_message(weir_test_edits *edits, const weir_test_run *run, size_t index,
                         weir_error *error)
{
    const weir_node *node = run->test->sends[index].node;
    if (weir_test_same_message(run->arena, &run->test->sends[index], &run->items[index]))
        return true;
    weir_buf text = {0};
    weir_test_put_item(&text, run, index, column_of(edits, node->raw_offset));
    return add_take(edits, node->raw_offset, end_of(edits, node) - node->raw_offset, &text, error);
}

/* ------------------------------------------------------------------ a test */

static bool has_same_shape(const weir_test_run *run, const weir_node *list)
{
    if (list->kind != WEIR_NODE_LIST || list->count != run->count)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_inside(list->items[i], list))
            return false; /* an alias */
    }
    return list->count > 0;
}

static bool edit_pair(weir_test_edits *edits, const weir_test_run *run, const weir_pair *pair,
                      weir_error *error)
{
    const bool is_records = run->test->kind == WEIR_TEST_RECORDS;
    if (!is_inside(pair->key, run->test->node))
        return cannot(run, "its key comes from a merge", error);
    if (pair->value->raw_offset < pair->key->raw_end || !is_inside(pair->value, run->test->node))
        return cannot(run, "its value is an alias", error);
    if (!has_same_shape(run, pair->value))
        return replace_value(edits, run, pair, error);
    for (size_t i = 0; i < run->count; i++) {
        if (!(is_records ? edit_record : edit_message)(edits, run, i, error))
            return false;
    }
    return true;
}

bool weir_test_edit_expected(weir_test_edits *edits, const weir_test_run *run, weir_error *error)
{
    const weir_test_spec *test = run->test;
    const bool is_records = test->kind == WEIR_TEST_RECORDS;
    const char *key = is_records ? "out" : "sends";
    const weir_pair *pair = weir_node_pair(test->node, weir_str_of(key));
    const size_t before = edits->count;
    if (run->problem.len > 0 || (is_records && test->fails.is_set && !test->out))
        return false;
    if (!is_records && !test->sends_node && (test->headers || test->url.node))
        return false; /* a login without messages is no omission */
    if (!is_inside(test->node, run->spec->model->tests_node))
        return cannot(run, "the test is an alias", error);
    const bool is_good =
        pair ? edit_pair(edits, run, pair, error) : insert_pair(edits, run, key, error);
    return is_good && edits->count > before;
}

/* ------------------------------------------------------------------ appending */

size_t weir_test_indent(const weir_spec_model *model)
{
    const weir_node *list = model->tests_node;
    const weir_test_edits at = {.source = model->tests_source.text};
    if (!list || list->is_flow || list->count == 0)
        return 2;
    return column_of(&at, list->raw_offset);
}

static bool append_to_list(weir_test_edits *edits, const weir_node *list, weir_str blocks,
                           weir_error *error)
{
    weir_buf text = {0};
    if (list->is_flow && list->count > 0) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "'tests' in line %u is a list in brackets: write it one test an element, each "
                  "with a '-'",
                  list->place.line);
        return false;
    }
    const size_t end = end_of(edits, list);
    size_t at = skip_comment(edits, end), length = 0;
    if (list->is_flow) { /* [] gives way */
        at = list->raw_offset;
        length = end - at;
        while (at > 0 && edits->source.ptr[at - 1] == ' ') {
            at--;
            length++;
        }
    }
    weir_buf_putc(&text, '\n');
    while (blocks.len > 0 && blocks.ptr[blocks.len - 1] == '\n')
        blocks.len--;
    weir_buf_put(&text, blocks);
    return add_take(edits, at, length, &text, error);
}

bool weir_test_edit_append(weir_test_edits *edits, const weir_spec_model *model, weir_str blocks,
                           weir_error *error)
{
    weir_buf text = {0};
    if (model->tests_node)
        return append_to_list(edits, model->tests_node, blocks, error);
    if (model->root->is_flow || weir_node_get(model->root, "tests")) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "%.*s is not laid out so that 'tests' could be added at its end",
                  WEIR_FMT(model->tests_source.name));
        return false;
    }
    const weir_str source = edits->source;
    weir_buf_puts(&text, source.len > 0 && source.ptr[source.len - 1] != '\n' ? "\n" : "");
    weir_buf_puts(&text, "\ntests:\n");
    weir_buf_put(&text, blocks);
    return add_take(edits, source.len, 0, &text, error);
}
