// SPDX-License-Identifier: MIT
// Sections 1 to 5 of the public list of cases: framing, pings and pongs, reserved bits, opcodes,
// fragmentation. `row()` is a case that ends well, `bad()` one whose offence must end it.
'use strict';

const { asBinary, asText, ok, protocol } = require('../hostile/expect');
const { binary, close, frame, more, ping, pong, text } = require('../hostile/wire');

const section = (id) => id.split('.')[0];

// Everything is delivered, every ping in `pongs` answered in order, then the server closes.
function row(id, about, send, frames, { pongs = [], ...extra } = {}) {
    return {
        name: id,
        group: section(id),
        about,
        legal: true,
        send,
        expect: { ...ok(frames), pongs: pongs.map((body) => Buffer.from(body).toString('hex')) },
        ...extra,
    };
}

// What came before the offence is delivered; nothing after it is delivered or answered.
function bad(id, about, send, frames = [], { chop, expect } = {}) {
    return {
        name: id,
        group: section(id),
        about,
        chop,
        send: () => [...send(), text('after'), ping('after')],
        expect: { ...(expect || protocol(frames)), pongs: [] },
    };
}

const HELLO = 'Hello, world!';
const SIZES = [
    [0],
    [125],
    [126],
    [127],
    [128],
    [65535],
    [65536],
    [65536, 997], // in chops of so many bytes
];

function ofSizes(prefix, make, delivered, byte) {
    return SIZES.map(([size, chop], i) => {
        const payload = Buffer.alloc(size, byte);
        return row(
            `${prefix}.${i + 1}`,
            `a message of ${size} bytes${chop ? ` in chops of ${chop}` : ''}`,
            () => [make(payload)],
            [delivered(payload)],
            { chop },
        );
    });
}

const FRAMING = [
    ...ofSizes('1.1', text, asText, '*'),
    ...ofSizes('1.2', binary, asBinary, 0xfe),
];

const ODD_BYTES = Buffer.from('00fffefdfcfb00ff', 'hex');
const LONGEST = Buffer.alloc(125, 0xfe);
const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`);

const PINGS = [
    row('2.1', 'a ping without payload', () => [ping('')], [], { pongs: [''] }),
    row('2.2', 'a ping with text', () => [ping(HELLO)], [], { pongs: [HELLO] }),
    row('2.3', 'a ping with bytes that are no UTF-8', () => [ping(ODD_BYTES)], [], {
        pongs: [ODD_BYTES],
    }),
    row('2.4', 'a ping of 125 bytes', () => [ping(LONGEST)], [], { pongs: [LONGEST] }),
    bad('2.5', 'a ping of 126 bytes', () => [ping(Buffer.alloc(126, 0xfe))]),
    row('2.6', 'a ping of 125 bytes, byte by byte', () => [ping(LONGEST)], [], {
        pongs: [LONGEST],
        chop: 1,
    }),
    row('2.7', 'a pong that nobody asked for', () => [pong('')], []),
    row('2.8', 'the same with a payload', () => [pong('unsolicited')], []),
    row(
        '2.9',
        'such a pong, then a ping',
        () => [pong('unsolicited'), ping('our own')],
        [],
        { pongs: ['our own'] },
    ),
    row('2.10', 'ten pings', () => TEN.map((body) => ping(body)), [], { pongs: TEN }),
    row('2.11', 'ten pings, byte by byte', () => TEN.map((body) => ping(body)), [], {
        pongs: TEN,
        chop: 1,
    }),
];

const BEFORE = [asText(HELLO)];

const RESERVED = [
    bad('3.1', 'a text with the bits 001', () => [text(HELLO, { rsv: 1 })]),
    bad('3.2', 'a text, then one with 010', () => [text(HELLO), text(HELLO, { rsv: 2 })], BEFORE),
    bad(
        '3.3',
        'a text, then one with 011, frame by frame',
        () => [text(HELLO), text(HELLO, { rsv: 3 })],
        BEFORE,
        { chop: 'frames' },
    ),
    bad(
        '3.4',
        'a text, then one with 100, byte by byte',
        () => [text(HELLO), text(HELLO, { rsv: 4 })],
        BEFORE,
        { chop: 1 },
    ),
    bad('3.5', 'a binary with 101', () => [binary(ODD_BYTES, { rsv: 5 })]),
    bad('3.6', 'a ping with 110', () => [ping(HELLO, { rsv: 6 })]),
    bad('3.7', 'a close with 111', () => [close(1000, '', { rsv: 7 })]),
];

// Five opcodes of each kind: alone without and with a payload, then between a text and a ping.
function opcodes(prefix, first) {
    return [0, 1, 2, 3, 4].map((i) => {
        const opcode = first + i;
        const payload = i === 1 || i === 3 || i === 4 ? 'reserved opcode payload' : '';
        const before = i < 2 ? [] : BEFORE;
        return bad(
            `${prefix}.${i + 1}`,
            `the reserved opcode ${opcode}${i < 2 ? '' : ' after a text'}`,
            () => [...(i < 2 ? [] : [text(HELLO)]), frame({ opcode, payload })],
            before,
            { chop: i === 4 ? 1 : undefined },
        );
    });
}

const OPCODES = [...opcodes('4.1', 3), ...opcodes('4.2', 11)];

const CHOPS = [
    [undefined, ''],
    ['frames', ', frame by frame'],
    [1, ', byte by byte'],
];
const part = (n) => `fragment${n}`;
const first = (n) => text(part(n), { fin: false });
const next = (n) => more(part(n), { fin: false });
const last = (n) => more(part(n));
const WHOLE = [asText(part(1) + part(2))];

// Three cases that differ in the writes only, from number `n` on.
function inChops(n, about, make) {
    return CHOPS.map(([chop, how], i) => make(`5.${n + i}`, about + how, chop));
}

const answers = (count) => ({ until: (run) => run.pongs >= count, ms: 8000 });

const FRAGMENTS = [
    bad('5.1', 'a ping in two fragments', () => [
        ping(part(1), { fin: false }),
        more(part(2)),
    ]),
    bad('5.2', 'a pong in two fragments', () => [
        pong(part(1), { fin: false }),
        more(part(2)),
    ]),
    ...inChops(3, 'a text in two fragments', (id, about, chop) =>
        row(id, about, () => [first(1), last(2)], WHOLE, { chop }),
    ),
    ...inChops(6, 'a text in two fragments, a ping between', (id, about, chop) =>
        row(id, about, () => [first(1), ping('ping'), last(2)], WHOLE, { chop, pongs: ['ping'] }),
    ),
    ...inChops(9, 'a last fragment of nothing', (id, about, chop) =>
        bad(id, about, () => [more('non-continuation'), text(HELLO)], [], { chop }),
    ),
    ...inChops(12, 'a middle fragment of nothing', (id, about, chop) =>
        bad(id, about, () => [more('non-continuation', { fin: false }), text(HELLO)], [], {
            chop,
        }),
    ),
    bad(
        '5.15',
        'a whole message, then a fragment of nothing',
        () => [first(1), last(2), next(3), text(part(4))],
        WHOLE,
    ),
    bad('5.16', 'twice: a middle fragment of nothing, then a message in two', () =>
        [0, 1].flatMap(() => [next(1), first(2), last(3)]),
    ),
    bad('5.17', 'twice: a last fragment of nothing, then a message in two', () =>
        [0, 1].flatMap(() => [last(1), first(2), last(3)]),
    ),
    bad('5.18', 'both fragments begin a message', () => [first(1), text(part(2))]),
    row(
        '5.19',
        'five fragments with pings: the first is answered before the last fragment is sent',
        () => [
            first(1),
            next(2),
            ping('pongme 1!'),
            answers(1),
            next(3),
            next(4),
            ping('pongme 2!'),
            last(5),
        ],
        [asText([1, 2, 3, 4, 5].map(part).join(''))],
        { pongs: ['pongme 1!', 'pongme 2!'] },
    ),
    row(
        '5.20',
        'the same, frame by frame',
        () => [
            first(1),
            next(2),
            ping('pongme 1!'),
            answers(1),
            next(3),
            next(4),
            ping('pongme 2!'),
            last(5),
        ],
        [asText([1, 2, 3, 4, 5].map(part).join(''))],
        { pongs: ['pongme 1!', 'pongme 2!'], chop: 'frames' },
    ),
];
for (const id of ['5.19', '5.20']) {
    FRAGMENTS.find((one) => one.name === id).expect.waits = [{ pongs: 1, close_code: null }];
}

module.exports = [...FRAMING, ...PINGS, ...RESERVED, ...OPCODES, ...FRAGMENTS];
module.exports.row = row;
module.exports.bad = bad;
