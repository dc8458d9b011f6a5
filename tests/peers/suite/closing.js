// SPDX-License-Identifier: MIT
// Section 7: closes. The server begins them all; a good one is answered with its own code, a bad
// one with 1002 (or 1007 for a reason that is not UTF-8), and what follows a close is ignored.
'use strict';

const { asText, closes, ok, protocol } = require('../hostile/expect');
const { OP, close, frame, more, ping, text } = require('../hostile/wire');

const HELLO = 'Hello World!';
const LONG = Buffer.alloc(256 * 1024, 'BAsd7&jh23');

// The server closes itself, with `code` and `reason`.
function ends(id, about, frames, { code = 1000, reason = '', delivered = [] } = {}) {
    const best = code === 1000 ? ok(delivered) : closes(code, reason, delivered);
    return {
        name: id,
        group: '7',
        about,
        legal: true,
        closesItself: true,
        send: frames,
        expect: { ...best, peer_code: code, peer_reason: reason, pongs: [] },
    };
}

function wrong(id, about, frames, closeCodes) {
    return {
        name: id,
        group: '7',
        about,
        send: () => [...frames(), text('after'), ping('after')],
        expect: { ...protocol([], closeCodes), pongs: [] },
    };
}

const BASIC = [
    ends('7.1.1', 'a text, then a close', () => [text(HELLO), close(1000)], {
        delivered: [asText(HELLO)],
    }),
    ends('7.1.2', 'two closes', () => [close(1000), close(1000)]),
    ends('7.1.3', 'a ping after the close', () => [close(1000), ping('')]),
    ends('7.1.4', 'a text after the close', () => [close(1000), text(HELLO)]),
    ends('7.1.5', 'a close between two fragments', () => [
        text('fragment1', { fin: false }),
        close(1000),
        more('fragment2'),
    ]),
    ends(
        '7.1.6',
        '256 KiB and a text, then a close and a ping',
        () => [text(LONG), text(HELLO), close(1000), ping('')],
        { delivered: [asText(LONG), asText(HELLO)] },
    ),
];

const LENGTHS = [
    ends('7.3.1', 'no code', () => [close(null)], { code: 1005 }),
    wrong('7.3.2', 'one byte', () => [frame({ opcode: OP.CLOSE, payload: 'a' })]),
    ends('7.3.3', 'a code', () => [close(1000)]),
    ends('7.3.4', 'a code and a reason', () => [close(1000, HELLO)], { reason: HELLO }),
    ends('7.3.5', 'a reason of 123 bytes', () => [close(1000, '*'.repeat(123))], {
        reason: '*'.repeat(123),
    }),
    wrong('7.3.6', 'a reason of 124 bytes', () => [close(1000, '*'.repeat(124))]),
    wrong(
        '7.5.1',
        'a reason that is not UTF-8',
        () => [close(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
        [1007, 1002],
    ),
];

const VALID = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014,
];
const INVALID = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1015];

module.exports = [
    ...BASIC,
    ...LENGTHS,
    ...VALID.map((code, i) =>
        ends(`7.7.${i + 1}`, `the code ${code}`, () => [close(code)], { code }),
    ),
    ...INVALID.map((code, i) =>
        wrong(`7.9.${i + 1}`, `the code ${code}, which must not be sent`, () => [close(code)]),
    ),
    ...[5000, 65535].map((code, i) =>
        wrong(`7.13.${i + 1}`, `the code ${code}, which nobody defined`, () => [close(code)]),
    ),
];
