/* SPDX-License-Identifier: MIT */
/*
 * Whether a list of levels is looked into when a stencil is made of its message: it has one level,
 * of texts, and nothing that is read beside stands in that.
 */
#include <string.h>

#include "value/stencil_parts.h"

bool weir_stencil_has_plain_levels(const weir_trie *node)
{
    for (uint32_t i = 0; i < node->index_count + node->back_count; i++)
        if ((i < node->index_count ? node->front[i] : node->back[i - node->index_count])
                ->below_count > 0)
            return false;
    return true;
}

size_t weir_stencil_level_texts(const weir_trie *node, weir_str list)
{
    const weir_scan scan = {list.ptr + list.len, NULL, NULL};
    size_t count = 0;
    const char *at = list.ptr;
    if (list.len < 2 || at[0] != '[' || at[1] != '[' || !weir_stencil_has_plain_levels(node))
        return 0;
    for (at = weir_scan_blanks_slow(&scan, at + 2); *at == '"';
         at = weir_scan_blanks_slow(&scan, at + 1)) {
        const char *close = memchr(at + 1, '"', (size_t)(list.ptr + list.len - at - 1));
        if (!close)
            return 0;
        count++;
        at = weir_scan_blanks_slow(&scan, close + 1);
        if (*at != ',')
            break;
    }
    if (*at != ']' || *weir_scan_blanks_slow(&scan, at + 1) != ']' ||
        count > WEIR_STENCIL_LEVEL_TEXTS_MAX)
        return 0;
    return count;
}

size_t weir_stencil_single_level(const weir_projection *projection, uint32_t slot, weir_str list)
{
    return weir_stencil_level_texts(projection->slots[slot], list);
}
