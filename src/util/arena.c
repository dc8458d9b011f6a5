/* SPDX-License-Identifier: MIT */
/*
 * A chain of blocks, newest first. A full block is followed by one of twice its size (or as large
 * as the request), so a big message costs a handful of mallocs once; reset keeps the largest block
 * and frees the rest, after which the same message costs none. The price is that one huge message
 * pins its block until the arena is freed.
 */
#include "util/arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, MIN_BLOCK = 256, MAX_GROWTH = 8 * 1024 * 1024 };

typedef struct block block;
struct block {
    block *older;
    size_t cap;
    _Alignas(ALIGN) char bytes[];
};

struct weir_arena {
    block *top;
    size_t used;  /* in top */
    size_t total; /* handed out, over all blocks */
    size_t limit; /* 0 = unlimited */
    size_t first_block;
    bool failed;
};

weir_arena *weir_arena_new(size_t first_block, size_t limit)
{
    weir_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    arena->first_block = first_block < MIN_BLOCK ? MIN_BLOCK : first_block;
    arena->limit = limit;
    return arena;
}

static void free_chain(block *top)
{
    while (top) {
        block *older = top->older;
        free(top);
        top = older;
    }
}

void weir_arena_free(weir_arena *arena)
{
    if (!arena)
        return;
    free_chain(arena->top);
    free(arena);
}

static bool add_block(weir_arena *arena, size_t need)
{
    size_t cap = arena->first_block;
    if (arena->top) {
        cap = arena->top->cap;
        if (cap < MAX_GROWTH)
            cap *= 2;
    }
    if (cap < need)
        cap = need;
    if (cap > PTRDIFF_MAX - sizeof(block))
        return false;
    block *fresh = malloc(sizeof *fresh + cap);
    if (!fresh)
        return false;
    fresh->older = arena->top;
    fresh->cap = cap;
    arena->top = fresh;
    arena->used = 0;
    return true;
}

void *weir_arena_alloc(weir_arena *arena, size_t size)
{
    size_t need = size ? size : 1;
    if (need > SIZE_MAX - ALIGN)
        goto fail;
    need = (need + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
    if (arena->limit && (arena->total > arena->limit || size > arena->limit - arena->total))
        goto fail;
    if (!arena->top || need > arena->top->cap - arena->used) {
        if (!add_block(arena, need))
            goto fail;
    }
    void *ptr = arena->top->bytes + arena->used;
    arena->used += need;
    arena->total += need;
    return ptr;
fail:
    arena->failed = true;
    return NULL;
}

void *weir_arena_calloc(weir_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    void *ptr = weir_arena_alloc(arena, bytes);
    if (ptr)
        memset(ptr, 0, bytes);
    return ptr;
}

weir_str weir_arena_copy(weir_arena *arena, weir_str text)
{
    weir_str copy = {NULL, 0};
    if (text.len == SIZE_MAX) {
        arena->failed = true;
        return copy;
    }
    char *ptr = weir_arena_alloc(arena, text.len + 1);
    if (!ptr)
        return copy;
    if (text.len)
        memcpy(ptr, text.ptr, text.len);
    ptr[text.len] = '\0';
    copy.ptr = ptr;
    copy.len = text.len;
    return copy;
}

weir_str weir_arena_printf(weir_arena *arena, const char *format, ...)
{
    weir_str text = {NULL, 0};
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *ptr = len < 0 ? NULL : weir_arena_alloc(arena, (size_t)len + 1);
    if (!ptr) {
        arena->failed = true;
        return text;
    }
    va_start(args, format);
    vsnprintf(ptr, (size_t)len + 1, format, args);
    va_end(args);
    text.ptr = ptr;
    text.len = (size_t)len;
    return text;
}

void weir_arena_reset(weir_arena *arena)
{
    block *top = arena->top;
    if (top && top->older) {
        block *largest = top;
        for (block *at = top; at; at = at->older)
            if (at->cap > largest->cap)
                largest = at;
        for (block *at = top; at;) {
            block *older = at->older;
            if (at != largest)
                free(at);
            at = older;
        }
        largest->older = NULL;
        arena->top = largest;
    }
    arena->used = 0;
    arena->total = 0;
    arena->failed = false;
}

size_t weir_arena_used(const weir_arena *arena)
{
    return arena->total;
}

bool weir_arena_failed(const weir_arena *arena)
{
    return arena->failed;
}

void weir_arena_set_limit(weir_arena *arena, size_t limit)
{
    arena->limit = limit;
}

weir_arena_mark weir_arena_save(const weir_arena *arena)
{
    weir_arena_mark mark = {arena->top, arena->used, arena->total};
    return mark;
}

/*
 * Rewinding past a block boundary frees the newer blocks, except when the mark was taken before the
 * first block: then the oldest one stays, so that a save/rewind loop on a fresh arena settles too.
 */
void weir_arena_rewind(weir_arena *arena, weir_arena_mark mark)
{
    while (arena->top && arena->top != mark.block) {
        if (!arena->top->older && !mark.block)
            break;
        block *older = arena->top->older;
        free(arena->top);
        arena->top = older;
    }
    assert(arena->top == mark.block || !mark.block);
    arena->used = mark.used;
    arena->total = mark.total;
}
