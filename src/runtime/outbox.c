/* SPDX-License-Identifier: MIT */
/* A list of blocks, each a message with its texts behind it. */
#include "runtime/outbox.h"

#include <stdlib.h>
#include <string.h>

weir_code weir_outbox_put(weir_outbox *outbox, weir_frame_kind kind, weir_str name, weir_str bytes)
{
    if (outbox->count >= WEIR_OUTBOX_MAX || bytes.len > WEIR_OUTBOX_BYTES_MAX - outbox->bytes)
        return WEIR_ERR_LIMIT;
    weir_letter *letter = malloc(sizeof *letter + name.len + bytes.len);
    if (!letter)
        return WEIR_ERR_NOMEM;
    char *text = (char *)(letter + 1);
    *letter = (weir_letter){
        .kind = kind, .name = {text, name.len}, .bytes = {text + name.len, bytes.len}};
    if (name.len > 0)
        memcpy(text, name.ptr, name.len);
    if (bytes.len > 0)
        memcpy(text + name.len, bytes.ptr, bytes.len);
    *(outbox->last ? &outbox->last->next : &outbox->first) = letter;
    outbox->last = letter;
    outbox->count++;
    outbox->bytes += bytes.len;
    return WEIR_OK;
}

void weir_outbox_pop(weir_outbox *outbox)
{
    weir_letter *letter = outbox->first;
    if (!letter)
        return;
    outbox->first = letter->next;
    if (!outbox->first)
        outbox->last = NULL;
    outbox->count--;
    outbox->bytes -= letter->bytes.len;
    explicit_bzero(letter, sizeof *letter + letter->name.len + letter->bytes.len);
    free(letter);
}

void weir_outbox_clear(weir_outbox *outbox)
{
    while (outbox->first)
        weir_outbox_pop(outbox);
}
