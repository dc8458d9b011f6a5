// SPDX-License-Identifier: MIT
// Cases of permessage-deflate (RFC 7692): streams and negotiations that a client must refuse, and
// odd ones that it must read. The client has to offer the extension; a row's `pmd` is the
// server's answer to the offer.
'use strict';

const zlib = require('zlib');

const { asText, badStream, badText, either, limit, ok, protocol, refused } = require('./expect');
const { more, ping, text } = require('./wire');

const BEFORE = [asText('before')];
const RSV1 = { rsv: 4 };
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const NAME = 'permessage-deflate';

// A message's payload: raw deflate, flushed, without the four bytes that the receiver puts back.
function deflate(payload, options = {}) {
    const out = zlib.deflateRawSync(Buffer.from(payload), {
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
        ...options,
    });
    if (!out.subarray(-4).equals(TAIL)) {
        throw new Error('deflate did not end in a sync flush');
    }
    return out.subarray(0, -4);
}

// The same text repeated refers back to its predecessor: what a stream with context takeover
// sends second.
function deflateAfter(previous, payload, options = {}) {
    const both = zlib.deflateRawSync(Buffer.from(payload), {
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
        dictionary: Buffer.from(previous),
        ...options,
    });
    return both.subarray(0, -4);
}

function noise(length) {
    let state = 12345;
    const letters = Buffer.alloc(length);
    for (let i = 0; i < length; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        letters[i] = 97 + ((state >>> 16) % 26);
    }
    return letters;
}

const squeezed = (payload, options) => text(deflate(payload, options), RSV1);

function bad(name, about, send, expect, pmd = NAME) {
    return {
        name,
        group: 'deflate',
        about,
        pmd,
        expect,
        send: () => [text('before'), ...send(), text('after')],
    };
}

const WORDS =
    'the quick brown fox jumps over the lazy dog, again: the quick brown fox jumps over the dog';

// 1 MiB of the letter a, flushed, refers to nothing before it but itself: repeated, it is the
// bomb, and costs nothing to make.
function bomb(mebibytes) {
    const one = zlib.deflateRawSync(Buffer.alloc(1 << 20, 97), {
        finishFlush: zlib.constants.Z_FULL_FLUSH,
        level: 9,
    });
    return Buffer.concat(Array(mebibytes).fill(one)).subarray(0, -4);
}

// Without its last bytes a dynamic block cannot end; the four bytes put back are then no block of
// their own.
function cutOff(payload) {
    const whole = deflate(payload, { level: 9 });
    return whole.subarray(0, Math.floor(whole.length / 2));
}

const BAD_STREAMS = [
    bad(
        'pmd_garbage',
        'no deflate at all',
        () => [text(Buffer.alloc(64, 0xff), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_reserved_block',
        'the reserved block type 3',
        () => [text(Buffer.from([0x06, 1, 2, 3]), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_stored_bad_length',
        'a stored block whose length check fails',
        () => [text(Buffer.from([0, 5, 0, 0, 0, 1, 2, 3, 4, 5]), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_truncated',
        'cut off in the middle of a block',
        () => [text(cutOff(noise(4000)), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_truncated_header',
        'cut off in the code lengths',
        () => [text(deflate(noise(4000)).subarray(0, 12), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_far_distance',
        'a reference to before the beginning',
        () => [text(deflateAfter(WORDS, WORDS), RSV1)],
        badStream(BEFORE),
    ),
    bad(
        'pmd_far_distance_no_takeover',
        'a reference to the message before, though the server said no context takeover',
        () => [squeezed(WORDS), text(deflateAfter(WORDS, WORDS), RSV1)],
        badStream([...BEFORE, asText(WORDS)]),
        `${NAME}; server_no_context_takeover`,
    ),
    bad('pmd_bomb', '300 MiB out of 300 KiB', () => [text(bomb(300), RSV1)], limit(BEFORE)),
    bad(
        'pmd_bomb_fragmented',
        'the same in 64 fragments',
        () => {
            const whole = bomb(300);
            const size = Math.ceil(whole.length / 64);
            const parts = Array.from({ length: 64 }, (_, i) =>
                whole.subarray(i * size, (i + 1) * size),
            );
            return parts.map((part, i) =>
                i === 0 ? text(part, { ...RSV1, fin: false }) : more(part, { fin: i === 63 }),
            );
        },
        limit(BEFORE),
    ),
    bad(
        'pmd_rsv1_continuation',
        'RSV1 on a continuation',
        () => {
            const whole = deflate(WORDS);
            return [
                text(whole.subarray(0, 20), { ...RSV1, fin: false }),
                more(whole.subarray(20), RSV1),
            ];
        },
        protocol(BEFORE),
    ),
    bad(
        'pmd_rsv1_late',
        'RSV1 on a continuation of an uncompressed message',
        () => [text('a', { fin: false }), more('b', RSV1)],
        protocol(BEFORE),
    ),
    bad('pmd_rsv1_ping', 'RSV1 on a ping', () => [ping('x', RSV1)], protocol(BEFORE)),
    bad(
        'pmd_rsv2',
        'RSV2 on a compressed message',
        () => [text(deflate(WORDS), { rsv: 6 })],
        protocol(BEFORE),
    ),
    bad(
        'pmd_invalid_utf8',
        'bad UTF-8 after inflating',
        () => [squeezed(Buffer.from('6162ff6364', 'hex'))],
        badText(BEFORE),
    ),
    bad(
        'pmd_truncated_utf8',
        'UTF-8 cut off after inflating',
        () => [squeezed(Buffer.from('6162e282', 'hex'))],
        badText(BEFORE),
    ),
    bad(
        'pmd_plain_invalid_utf8',
        'bad UTF-8 in an uncompressed message',
        () => [text(Buffer.from('ff', 'hex'))],
        badText(BEFORE),
    ),
];

function badOffer(name, about, pmd, expect = refused(101)) {
    return {
        name,
        group: 'deflate',
        about,
        pmd,
        expect: { ...expect, http_status: null },
        send: () => [text('after')],
    };
}

const BAD_OFFERS = [
    badOffer('pmd_unknown_parameter', 'an unknown parameter in the reply', `${NAME}; x_turbo=1`),
    badOffer('pmd_bits_7', 'server_max_window_bits=7', `${NAME}; server_max_window_bits=7`),
    badOffer('pmd_bits_16', 'server_max_window_bits=16', `${NAME}; server_max_window_bits=16`),
    badOffer(
        'pmd_bits_empty',
        'server_max_window_bits without a value',
        `${NAME}; server_max_window_bits`,
    ),
    badOffer('pmd_bits_zero', 'server_max_window_bits=010', `${NAME}; server_max_window_bits=010`),
    badOffer('pmd_bits_text', 'server_max_window_bits=ten', `${NAME}; server_max_window_bits=ten`),
    badOffer(
        'pmd_client_bits_empty',
        'client_max_window_bits without a value',
        `${NAME}; client_max_window_bits`,
    ),
    badOffer(
        'pmd_flag_value',
        'server_no_context_takeover with a value',
        `${NAME}; server_no_context_takeover=1`,
    ),
    badOffer(
        'pmd_duplicate_parameter',
        'a parameter twice',
        `${NAME}; server_no_context_takeover; server_no_context_takeover`,
    ),
    badOffer('pmd_twice', 'the extension twice', `${NAME}, ${NAME}`),
    badOffer('pmd_empty_parameter', 'an empty parameter', `${NAME}; ; server_no_context_takeover`),
    badOffer(
        'pmd_unclosed_quote',
        'a quote that is not closed',
        `${NAME}; server_max_window_bits="10`,
    ),
];

function odd(name, about, send, frames, pmd = NAME, expect = ok([...BEFORE, ...frames])) {
    return {
        name,
        group: 'deflate',
        about,
        pmd,
        legal: true,
        expect,
        send: () => [text('before'), ...send()],
    };
}

function fragmented(payload, cuts) {
    const whole = deflate(payload);
    const ends = [...cuts, whole.length];
    let from = 0;
    return ends.flatMap((to, i) => {
        const part = whole.subarray(from, to);
        from = to;
        const extra = { fin: i === ends.length - 1 };
        return [i === 0 ? text(part, { ...RSV1, ...extra }) : more(part, extra), ping(`${i}`)];
    });
}

const GOOD_STREAMS = [
    odd('pmd_plain', 'one compressed message', () => [squeezed(WORDS)], [asText(WORDS)]),
    odd(
        'pmd_context',
        'three messages, each refers to the one before',
        () => [
            squeezed(WORDS),
            text(deflateAfter(WORDS, WORDS), RSV1),
            text(deflateAfter(WORDS, WORDS), RSV1),
        ],
        [asText(WORDS), asText(WORDS), asText(WORDS)],
    ),
    odd(
        'pmd_no_takeover',
        'server_no_context_takeover',
        () => [squeezed(WORDS), squeezed(WORDS)],
        [asText(WORDS), asText(WORDS)],
        `${NAME}; server_no_context_takeover`,
    ),
    odd(
        'pmd_both_no_takeover',
        'both sides without takeover',
        () => [squeezed(WORDS)],
        [asText(WORDS)],
        `${NAME}; server_no_context_takeover; client_no_context_takeover`,
    ),
    odd(
        'pmd_mixed',
        'uncompressed messages between',
        () => [
            text('plain'),
            squeezed(WORDS),
            text('plain'),
            text(deflateAfter(WORDS, WORDS), RSV1),
        ],
        [asText('plain'), asText(WORDS), asText('plain'), asText(WORDS)],
    ),
    odd(
        'pmd_fragmented',
        'fragments with pings between, some empty',
        () => fragmented(WORDS, [0, 1, 1, 30]),
        [asText(WORDS)],
    ),
    odd(
        'pmd_quoted_bits',
        'server_max_window_bits="10", quoted',
        () => [squeezed(WORDS, { windowBits: 10 })],
        [asText(WORDS)],
        `${NAME}; server_max_window_bits="10"`,
    ),
    odd(
        'pmd_bits_9',
        'server_max_window_bits=9',
        () => [squeezed(noise(5000), { windowBits: 9 })],
        [asText(noise(5000))],
        `${NAME}; server_max_window_bits=9`,
    ),
    odd(
        'pmd_bits_15',
        'server_max_window_bits=15',
        () => [squeezed(noise(70000))],
        [asText(noise(70000))],
        `${NAME}; server_max_window_bits=15`,
    ),
    odd(
        'pmd_spaces',
        'odd spaces in the reply',
        () => [squeezed(WORDS)],
        [asText(WORDS)],
        `${NAME} ;  server_no_context_takeover  ; client_no_context_takeover`,
    ),
    odd(
        'pmd_empty',
        'an empty message as the byte 0',
        () => [text(Buffer.from([0]), RSV1), squeezed(WORDS)],
        [asText(''), asText(WORDS)],
    ),
    odd('pmd_stored', 'stored blocks', () => [squeezed(WORDS, { level: 0 })], [asText(WORDS)]),
    odd(
        'pmd_fixed',
        'fixed Huffman codes',
        () => [squeezed(WORDS, { strategy: zlib.constants.Z_FIXED })],
        [asText(WORDS)],
    ),
    odd(
        'pmd_many_blocks',
        'several flushed blocks in one message',
        () => [
            text(
                Buffer.concat([deflate('one '), TAIL, deflate('two '), TAIL, deflate('three')]),
                RSV1,
            ),
        ],
        [asText('one two three')],
    ),
    odd(
        'pmd_bfinal',
        'a block with BFINAL, as RFC 7692 7.2.3.4 has it',
        () => [text(Buffer.from('f348cdc9c9070000', 'hex'), RSV1), squeezed('Hello')],
        [asText('Hello'), asText('Hello')],
    ),
    odd('pmd_8_mib', '8 MiB of text', () => [squeezed(noise(8 << 20), { level: 1 })], [
        asText(noise(8 << 20)),
    ]),
    odd('pmd_ratio_100', '2 MiB that shrink a hundredfold', () => [squeezed(WORDS.repeat(20000))], [
        asText(WORDS.repeat(20000)),
    ]),
];

// One reading says yes, another no.
const DISPUTED = [
    odd(
        'pmd_bfinal_bare',
        'BFINAL with nothing behind it',
        () => [text(zlib.deflateRawSync('Hello'), RSV1)],
        [],
        NAME,
        either(ok([...BEFORE, asText('Hello')]), badStream(BEFORE)),
    ),
    odd(
        'pmd_no_bytes',
        'RSV1 and no payload',
        () => [text('', RSV1)],
        [],
        NAME,
        either(ok([...BEFORE, asText('')]), badStream(BEFORE)),
    ),
    odd(
        'pmd_window_exceeded',
        'a distance beyond the agreed window',
        () => [squeezed(noise(2000) + noise(2000))],
        [],
        `${NAME}; server_max_window_bits=9`,
        either(ok([...BEFORE, asText(noise(2000) + noise(2000))]), badStream(BEFORE)),
    ),
    {
        name: 'pmd_client_bits',
        group: 'deflate',
        about: 'client_max_window_bits=10: legal if the client offered it',
        legal: true,
        pmd: `${NAME}; client_max_window_bits=10`,
        send: () => [squeezed(WORDS)],
        expect: { ...either(ok([asText(WORDS)]), refused()), http_status: null },
    },
];

module.exports = [...BAD_STREAMS, ...BAD_OFFERS, ...GOOD_STREAMS, ...DISPUTED];
