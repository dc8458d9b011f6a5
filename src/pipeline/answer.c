/* SPDX-License-Identifier: MIT */
/*
 * What a venue answers to subscriptions (subscribe.ack). An answer names the symbols that it is
 * about, or the request, or neither; which subscriptions that means is the runtime's business. A
 * test that raises is false, and a key or symbol that cannot be had names nobody: messages of
 * another kind need not have what these expressions ask for.
 */
#include <inttypes.h>

#include "pipeline/items.h"
#include "pipeline/parts.h"
#include "util/number.h"
#include "value/json_write.h"

enum { ANSWER_TEXT_MAX = 300 };

typedef struct hearing {
    weir_answer_fn *each;
    void *user;
    bool is_late; /* nothing is awaited: only a refusal says anything */
} hearing;

/* The request is a number; venues that want texts were sent one. */
static void read_key(weir_runner *runner, const weir_value *message, weir_answer *answer)
{
    const weir_program *program = runner->plan->ack.key;
    weir_expr_input input = runner->input;
    weir_value key;
    int64_t number = 0;
    answer->has_key = program != NULL;
    input.roots[WEIR_ROOT_DATA] = *message;
    if (!program || !weir_vm_run(runner->vm, program, runner->world, &input, &key) ||
        !weir_vm_settle(runner->vm, &key))
        return;
    if (key.kind == WEIR_INT)
        number = key.i;
    else if (key.kind != WEIR_STR || weir_int_parse(weir_value_text(&key), &number) != WEIR_INT_OK)
        number = 0;
    answer->request = number > 0 ? (uint64_t)number : 0;
}

static bool hear(weir_runner *runner, const weir_value *message, void *user)
{
    const hearing *h = user;
    const weir_plan_wait *wait = &runner->plan->ack.wait;
    weir_answer answer = {0};
    weir_buf text = {0};
    answer.is_refusal =
        wait->error && weir_runner_test(runner, wait->error, message) == WEIR_OUTCOME_TRUE;
    if (!answer.is_refusal && (h->is_late || !wait->match ||
                               weir_runner_test(runner, wait->match, message) != WEIR_OUTCOME_TRUE))
        return true;
    read_key(runner, message, &answer);
    if (answer.is_refusal)
        weir_json_write(&text, message, 0);
    if (text.len > ANSWER_TEXT_MAX)
        text.len = ANSWER_TEXT_MAX;
    answer.text = weir_buf_cstr(&text);
    runner->answered = message;
    runner->counters.control++;
    h->each(h->user, &answer);
    runner->answered = NULL;
    weir_buf_fini(&text);
    return true;
}

void weir_runner_answers(weir_runner *runner, const weir_runner_frame *frame, weir_answer_fn *each,
                         void *user)
{
    hearing h = {each, user, false};
    if (runner->plan->ack.wait.is_set)
        weir_runner_messages(runner, frame, hear, &h);
}

/* Functions of plugins have seen the frame: what they made of it is looked at, where it is there.
 */
void weir_runner_refusals(weir_runner *runner, const weir_runner_frame *frame, weir_answer_fn *each,
                          void *user)
{
    hearing h = {each, user, true};
    if (!runner->plan->ack.wait.error)
        return;
    runner->is_open = runner->was_open;
    weir_runner_messages(runner, frame, hear, &h);
    runner->is_open = false;
}

static void name_symbol(weir_runner *runner, weir_value *symbol, weir_symbol_fn *each, void *user)
{
    if (symbol->kind == WEIR_BOOL && symbol->b)
        each(user, WEIR_STR("")); /* the stream itself */
    else if (weir_vm_settle(runner->vm, symbol) && symbol->kind == WEIR_STR && symbol->len > 0)
        each(user, weir_value_text(symbol));
    else if (symbol->kind == WEIR_ASSET)
        each(user, symbol->asset->symbol);
}

void weir_runner_answer_symbols(weir_runner *runner, weir_str stream, weir_symbol_fn *each,
                                void *user)
{
    weir_expr_input input = runner->input;
    weir_value symbols, symbol;
    if (!runner->plan->ack.symbols || !runner->answered)
        return;
    input.roots[WEIR_ROOT_DATA] = *runner->answered;
    input.roots[WEIR_ROOT_STREAM] = weir_value_str(stream);
    if (!weir_vm_run(runner->vm, runner->plan->ack.symbols, runner->world, &input, &symbols))
        return;
    if (!weir_items_are_list(&symbols)) {
        name_symbol(runner, &symbols, each, user);
        return;
    }
    weir_items items = weir_items_of(&symbols);
    while (weir_items_next(&items, &symbol))
        name_symbol(runner, &symbol, each, user);
}
