/* SPDX-License-Identifier: MIT */
/* The index of a text: memory, the choice of an implementation, and searching. */
#include "value/json_index.h"

#include <stdlib.h>

const weir_index_variant *const weir_index_variants[] = {
#if defined(__x86_64__)
    &weir_index_avx512, &weir_index_avx2,
    &weir_index_sse2,
#elif defined(__aarch64__)
    &weir_index_neon,
#endif
    &weir_index_word,   NULL,
};

static unsigned choose_and_fill(weir_json_index *index);

_Atomic(weir_index_fill *) weir_index_chosen = choose_and_fill;

void weir_json_index_choose(const weir_index_variant *variant)
{
    atomic_store_explicit(&weir_index_chosen, variant->fill, memory_order_relaxed);
}

/* Two threads that come here first choose the same. */
static unsigned choose_and_fill(weir_json_index *index)
{
    size_t i = 0;
    while (weir_index_variants[i + 1] && !weir_index_variants[i]->is_supported())
        i++;
    weir_json_index_choose(weir_index_variants[i]);
    return weir_index_variants[i]->fill(index);
}

void weir_json_index_fini(weir_json_index *index)
{
    free(index->quotes);
    free(index->levels);
    *index = (weir_json_index){0};
}

/* Seldom: the room grows to the longest text. */
bool weir_json_index_grow(weir_json_index *index, size_t len)
{
    const size_t wanted = len + WEIR_INDEX_SPARE, cap = wanted + wanted / 2;
    uint32_t *quotes = malloc(cap * sizeof *quotes);
    if (!quotes)
        return false;
    free(index->quotes);
    index->quotes = quotes;
    index->cap = cap;
    return true;
}

bool weir_json_index_make(weir_json_index *index, weir_str text)
{
    return weir_json_index_make_without(index, text, WEIR_INDEX_CONTROL | WEIR_INDEX_OPEN);
}

/* The first ordinal in [low, high) whose quote is at or behind `offset`, or high. */
static size_t search(const weir_json_index *index, size_t low, size_t high, uint32_t offset)
{
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (index->quotes[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Places are mostly asked for from the front to the back, each near the one before. */
size_t weir_json_index_find(weir_json_index *index, const char *at)
{
    const uint32_t offset = (uint32_t)(at - index->base);
    size_t low = index->hint;
    if (low > 0 && index->quotes[low - 1] >= offset)
        low = 0;
    size_t step = 1;
    while (low + step < index->count && index->quotes[low + step - 1] < offset) {
        low += step;
        step *= 2;
    }
    const size_t high = low + step < index->count ? low + step : index->count;
    index->hint = search(index, low, high, offset);
    return index->hint;
}

const weir_list_found *weir_json_index_list_anywhere(weir_json_index *index, const char *at)
{
    for (unsigned i = 0; i < index->list_count; i++) {
        if (index->lists[i].at != at)
            continue;
        index->list_hint = i;
        return &index->lists[i];
    }
    return NULL;
}
