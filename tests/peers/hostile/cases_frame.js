// SPDX-License-Identifier: MIT
// Cases of broken frames and of closes, after a correct upgrade without extensions. A row's
// `send` gives what follows the upgrade; of the bad ones, a good message "before" comes first and
// must be delivered, a good one "after" comes last and must not.
'use strict';

const { asText, badText, closes, cut, either, limit, ok, protocol } = require('./expect');
const { OP, binary, close, frame, more, ping, pong, text } = require('./wire');

const BEFORE = [asText('before')];

// Rows that break the rule with one sequence of frames.
function bad(name, about, send, expect = protocol(BEFORE)) {
    return {
        name,
        group: 'frame',
        about,
        expect,
        send: () => [text('before'), ...send(), text('after')],
    };
}

const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    bad(`opcode_${opcode}`, `a frame with the reserved opcode ${opcode}`, () => [
        frame({ opcode, payload: 'x' }),
    ]),
);

const HEADERS = [
    bad('masked_frame', 'a server must not mask', () => [text('masked', { mask: true })]),
    bad('masked_ping', 'nor its control frames', () => [ping('masked', { mask: true })]),
    bad('rsv1_no_extension', 'RSV1 without an extension', () => [text('x', { rsv: 4 })]),
    bad('rsv2', 'RSV2', () => [text('x', { rsv: 2 })]),
    bad('rsv3', 'RSV3', () => [text('x', { rsv: 1 })]),
    bad('rsv_all', 'all three', () => [binary('x', { rsv: 7 })]),
    bad('rsv1_on_ping', 'RSV1 on a control frame', () => [ping('x', { rsv: 4 })]),
    bad('ping_126', 'a control frame of 126 bytes', () => [ping(Buffer.alloc(126, 97))]),
    bad('pong_126', 'a pong of 126 bytes', () => [pong(Buffer.alloc(126, 97))]),
    bad('close_126', 'a close of 126 bytes', () => [close(1000, Buffer.alloc(124, 97))]),
    bad('ping_length64', 'a ping that announces 2^32 bytes', () => [
        frame({ opcode: OP.PING, length: 2 ** 32, form: 64 }),
    ]),
    bad('ping_fragmented', 'a ping without FIN', () => [ping('x', { fin: false }), more('y')]),
    bad('close_fragmented', 'a close without FIN', () => [
        close(1000, '', { fin: false }),
        more('y'),
    ]),
    bad('length16_not_minimal', '5 bytes with a 16-bit length', () => [
        text('short', { form: 16 }),
    ]),
    bad('length64_not_minimal', '5 bytes with a 64-bit length', () => [
        text('short', { form: 64 }),
    ]),
    bad('length64_for_300', '300 bytes with a 64-bit length', () => [
        text('x'.repeat(300), { form: 64 }),
    ]),
    bad(
        'length64_top_bit',
        'a 64-bit length with its top bit set',
        () => [Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 5]), Buffer.from('abcde')],
        either(protocol(BEFORE, [1002]), limit(BEFORE)),
    ),
    bad(
        'length64_all_ones',
        'a length of 2^64-1',
        () => [Buffer.from([0x82, 127, ...Array(8).fill(255)]), Buffer.from('abcde')],
        either(protocol(BEFORE, [1002]), limit(BEFORE)),
    ),
    bad(
        'length_1_tib',
        'a length of 1 TiB is announced, no data',
        () => [frame({ opcode: OP.BINARY, length: 2 ** 40, form: 64 })],
        limit(BEFORE),
    ),
    bad(
        'length_max_int64',
        'a length of 2^63-1',
        () => [Buffer.from([0x82, 127, 0x7f, ...Array(7).fill(255)])],
        limit(BEFORE),
    ),
];

const FRAGMENTS = [
    bad('continuation_without_start', 'a continuation of nothing', () => [more('x')]),
    bad('continuation_not_final_without_start', 'the same without FIN', () => [
        more('x', { fin: false }),
    ]),
    bad(
        'continuation_after_final',
        'a continuation after the last fragment',
        () => [text('a', { fin: false }), more('b'), more('c')],
        protocol([...BEFORE, asText('ab')]),
    ),
    bad('text_inside_fragmented', 'a text inside a fragmented text', () => [
        text('a', { fin: false }),
        text('b'),
    ]),
    bad('text_start_inside_fragmented', 'a second start', () => [
        text('a', { fin: false }),
        text('b', { fin: false }),
        more('c'),
    ]),
    bad('binary_inside_fragmented', 'a binary inside a fragmented text', () => [
        text('a', { fin: false }),
        binary('b'),
        more('c'),
    ]),
    bad(
        'fragments_over_limit',
        '65 fragments of 1 MiB and 16 bytes',
        () => [
            binary('', { fin: false }),
            ...Array(65).fill(more(Buffer.alloc(1048592, 97), { fin: false })),
            more(''),
        ],
        limit(BEFORE),
    ),
];

function badUtf8(name, about, ...parts) {
    return bad(
        name,
        about,
        () =>
            parts.map((hex, i) => {
                const extra = { fin: i === parts.length - 1 };
                return i === 0
                    ? text(Buffer.from(hex, 'hex'), extra)
                    : more(Buffer.from(hex, 'hex'), extra);
            }),
        badText(BEFORE),
    );
}

const UTF8 = [
    badUtf8('utf8_whole', 'a lone continuation byte', '6162806364'),
    badUtf8('utf8_ff', 'the byte 0xff', '61ff62'),
    badUtf8('utf8_overlong', 'an overlong slash', '61c0af'),
    badUtf8('utf8_overlong3', 'an overlong in three bytes', '61e08080'),
    badUtf8('utf8_surrogate', 'a surrogate', '61eda080'),
    badUtf8('utf8_above_max', 'above U+10FFFF', '61f4908080'),
    badUtf8('utf8_truncated', 'cut off at the end of the message', '61e282'),
    badUtf8('utf8_truncated_long', 'cut off after 4 KB of ASCII', '61'.repeat(4096) + 'f09f98'),
    badUtf8('utf8_split', 'a lead byte, then a fragment that does not go on', '61e2', '62'),
    badUtf8('utf8_split_truncated', 'cut off in the last fragment', '61', 'f09f'),
    badUtf8('utf8_split_empty_end', 'cut off, then an empty last fragment', '61f09f', ''),
    badUtf8('utf8_bad_first_fragment', 'bad in the first of three fragments', '61ff', '62', '63'),
];

function badClose(name, about, frames, closeCodes = [1002]) {
    return {
        name,
        group: 'close',
        about,
        expect: protocol(BEFORE, closeCodes),
        send: () => [text('before'), ...frames(), text('after')],
    };
}

const BAD_CLOSES = [
    badClose('close_1_byte', 'a close of one byte', () => [
        frame({ opcode: OP.CLOSE, payload: Buffer.from([3]) }),
    ]),
    ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535].map((code) =>
        badClose(`close_${code}`, `the close code ${code}, which must not be sent`, () => [
            close(code),
        ]),
    ),
    badClose(
        'close_bad_utf8',
        'a close reason that is not UTF-8',
        () => [close(1000, Buffer.from('61ff', 'hex'))],
        [1007, 1002],
    ),
    badClose(
        'close_truncated_utf8',
        'a close reason cut off',
        () => [close(1000, Buffer.from('61e282', 'hex'))],
        [1007, 1002],
    ),
];

// A legal close; what follows it is not for the client any more.
function goodClose(name, about, code, reason, after = () => []) {
    const peerCode = code === null ? 1005 : code;
    const expect =
        peerCode === 1000 && reason === '' ? ok(BEFORE) : closes(peerCode, reason, BEFORE);
    return {
        name,
        group: 'close',
        about,
        expect,
        legal: true,
        closesItself: true,
        send: () => [text('before'), close(code, reason), ...after()],
    };
}

const GOOD_CLOSES = [
    goodClose('close_empty', 'a close without a code', null, ''),
    ...[
        1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
    ].map((code) => goodClose(`close_${code}`, `a close with ${code}`, code, `code ${code}`)),
    goodClose('close_reason_123', 'a reason of 123 bytes', 1001, 'r'.repeat(123)),
    goodClose('close_reason_utf8', 'a reason in UTF-8', 4001, 'Wartung \u2013 sp\u00e4ter'),
    goodClose('data_after_close', 'data after a close is ignored', 1000, '', () => [
        text('after'),
        ping('after'),
    ]),
    goodClose('two_closes', 'a second close is ignored', 1000, '', () => [close(1011, 'again')]),
    goodClose('garbage_after_close', 'so is a bad frame', 1000, '', () => [
        Buffer.alloc(4096, 0xff),
    ]),
];

// `ending` is 'fin' or 'rst' after the bytes.
function broken(name, about, ending, frames) {
    return {
        name,
        group: 'close',
        about,
        ending,
        expect: cut(BEFORE),
        send: () => [text('before'), ...frames()],
    };
}

const HALF = text('x'.repeat(200)).subarray(0, 100);
const CUTS = [
    broken('fin_without_close', 'FIN without a close frame', 'fin', () => []),
    broken('rst_without_close', 'RST without a close frame', 'rst', () => []),
    broken('half_header_fin', 'one byte of a header, FIN', 'fin', () => [Buffer.from([0x81])]),
    broken('half_length_fin', 'half of a 64-bit length, FIN', 'fin', () => [
        Buffer.from([0x82, 127, 0, 0, 0]),
    ]),
    broken('half_frame_fin', 'half a frame, FIN', 'fin', () => [HALF]),
    broken('half_frame_rst', 'half a frame, RST', 'rst', () => [HALF]),
    broken('half_message_fin', 'a fragment without an end, FIN', 'fin', () => [
        text('a', { fin: false }),
    ]),
    broken('half_close_fin', 'half a close frame, FIN', 'fin', () => [
        close(1000, 'reason').subarray(0, 5),
    ]),
    {
        name: 'half_frame_silence',
        group: 'close',
        ending: 'hold',
        needs_timeout: true,
        expect: either(cut(BEFORE), {
            ...cut(BEFORE),
            codes: ['timeout'],
            close_codes: [1000, 1001, 1002, 1006],
        }),
        about: 'half a frame, silence until --hold-ms, FIN: only a watchdog can see it sooner',
        send: () => [text('before'), HALF],
    },
];

function repeat(part, times) {
    return Buffer.alloc(part.length * times, part);
}

// Legal but unkind: the client may cut it short for a declared limit, but stays within its memory.
function flood(name, about, frames, delivered, extra = {}) {
    return {
        name,
        group: 'flood',
        about,
        legal: true,
        expect: either(ok([...BEFORE, ...delivered]), {
            ...limit(BEFORE),
            close_codes: [1009, 1008, null],
        }),
        send: () => [text('before'), ...frames()],
        ...extra,
    };
}

const FLOODS = [
    flood(
        'empty_fragments_flood',
        '200,000 empty fragments in one message',
        () => [text('A', { fin: false }), repeat(more('', { fin: false }), 200000), more('B')],
        [asText('AB')],
    ),
    flood(
        'tiny_fragments_flood',
        '100,000 fragments of one byte',
        () => [text('', { fin: false }), repeat(more('x', { fin: false }), 100000), more('')],
        [asText('x'.repeat(100000))],
    ),
    flood(
        'ping_flood',
        '50,000 pings of 125 bytes',
        () => [repeat(ping(Buffer.alloc(125, 112)), 50000), text('end')],
        [asText('end')],
    ),
    flood(
        'ping_flood_unread',
        '100,000 pings by a server that does not read the pongs meanwhile',
        () => [repeat(ping(Buffer.alloc(125, 112)), 100000), text('end')],
        [asText('end')],
        { readsLate: true },
    ),
    flood(
        'pong_flood',
        '200,000 pongs that nobody asked for',
        () => [repeat(pong(''), 200000), text('end')],
        [asText('end')],
    ),
    flood(
        'empty_messages_flood',
        '100,000 empty messages, then one',
        () => [repeat(text(''), 100000), text('end')],
        [{ ...asText(''), times: 100000 }, asText('end')],
    ),
];

module.exports = [
    ...HEADERS,
    ...RESERVED_OPCODES,
    ...FRAGMENTS,
    ...UTF8,
    ...BAD_CLOSES,
    ...GOOD_CLOSES,
    ...CUTS,
    ...FLOODS,
];
