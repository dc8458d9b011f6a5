/* SPDX-License-Identifier: MIT */
/* What of a time is behind its hour, with SSE2 (every x86-64). The other half of this choice is
 * stamp_word.h. */
#if defined(__SSE2__) && !defined(WEIR_PIPELINE_STAMP_IN_HOUR)
#define WEIR_PIPELINE_STAMP_IN_HOUR

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>

/* "51:44.208123456" as ns, of which the first `count` bytes count, 5 or 7 to 15. False: it is not
 * of that form. 16 bytes are readable. Words of two digits each become 59:5, 9.99, 9999 and 999. */
static inline bool weir_stamp_in_hour(const char *at, size_t count, int64_t *ns)
{
    static const unsigned char masks[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                            255, 255, 255, 255, 255, 255, 255, 255};
    const __m128i form = _mm_setr_epi8('0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0',
                                       '0', '0', '0', '0');
    const __m128i most = _mm_setr_epi8(5, 9, 0, 5, 9, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
    const __m128i zero = _mm_setzero_si128();
    const __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(masks + 16 - count));
    const __m128i values = _mm_and_si128(_mm_sub_epi8(text, form), mask);
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_subs_epu8(values, most), zero)) != 0xffff)
        return false;
    const __m128i front = _mm_madd_epi16(_mm_unpacklo_epi8(values, zero),
                                         _mm_setr_epi16(600, 60, 0, 10, 1, 0, 10, 1));
    const __m128i back =
        _mm_madd_epi16(_mm_unpackhi_epi8(values, zero), _mm_setr_epi16(10, 1, 10, 1, 10, 1, 1, 0));
    const __m128i four =
        _mm_madd_epi16(_mm_packs_epi32(front, back), _mm_setr_epi16(1, 1, 100, 1, 100, 1, 10, 1));
    const __m128i two =
        _mm_add_epi64(_mm_mul_epu32(four, _mm_set_epi32(0, 1000, 0, 1000000000)),
                      _mm_mul_epu32(_mm_srli_epi64(four, 32), _mm_set_epi32(0, 1, 0, 10000000)));
    *ns = _mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
    return true;
}

#endif
