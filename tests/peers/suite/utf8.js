// SPDX-License-Identifier: MIT
// Section 6: texts that are UTF-8 and texts that are not. The sequences are those of Markus Kuhn's
// stress test for decoders, of which the public list of cases is made.
'use strict';

const { asText, badText } = require('../hostile/expect');
const { more, text } = require('../hostile/wire');
const { bad, row } = require('./framing');

const bytes = (hex) => Buffer.from(hex.replace(/ /g, ''), 'hex');
const GREEK = bytes('ce ba e1 bd b9 cf 83 ce bc ce b5'); // kosme, with an accent
const EDITED = Buffer.from('edited');

// One frame for each of the parts.
function inFrames(parts) {
    return parts.map((part, i) => {
        const extra = { fin: i === parts.length - 1 };
        return i === 0 ? text(part, extra) : more(part, extra);
    });
}

const byteByByte = (payload) => Array.from(payload, (_, i) => payload.subarray(i, i + 1));

function good(id, about, ...parts) {
    return row(id, about, () => inFrames(parts), [asText(Buffer.concat(parts))]);
}

function wrong(id, about, ...parts) {
    return bad(id, about, () => inFrames(parts), [], { expect: badText([]) });
}

const NOTHING = Buffer.alloc(0);
const SENTENCE = Buffer.from('Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!');
const SURROGATE = Buffer.concat([GREEK, bytes('ed a0 80'), EDITED]);

const FRAGMENTED = [
    good('6.1.1', 'an empty text', NOTHING),
    good('6.1.2', 'three empty fragments', NOTHING, NOTHING, NOTHING),
    good('6.1.3', 'the middle one of three is not empty', NOTHING, Buffer.from('middle'), NOTHING),
    good('6.2.1', 'in one frame', SENTENCE),
    good('6.2.2', 'cut between characters', SENTENCE.subarray(0, 12), SENTENCE.subarray(12)),
    good('6.2.3', 'a frame for each byte', ...byteByByte(SENTENCE)),
    good('6.2.4', 'a frame for each byte, of another text', ...byteByByte(GREEK)),
    wrong('6.3.1', 'a surrogate in one frame', SURROGATE),
    wrong('6.3.2', 'a surrogate, a frame for each byte', ...byteByByte(SURROGATE)),
];

// Section 6.4: how soon the offence is seen. The parts come one by one, with a wait for the
// client's verdict between them. Where the offending bytes end a frame, the client must have
// spoken before the rest is sent (`waits`); where a frame is merely sent in chops, Weir looks at
// it once it is whole, which the list calls non-strict.
const settled = { until: (run) => run.close_code !== null, ms: 8000 };
const still = { until: (run) => run.close_code !== null, ms: 150 };
const BEYOND = bytes('f4 90 80 80');
const SOON = [
    { pongs: 0, close_code: null },
    { pongs: 0, close_code: 1007 },
];

function failFast(id, about, steps, waits) {
    return {
        name: id,
        group: '6',
        about,
        send: steps,
        chop: 'frames',
        expect: { ...badText([]), pongs: [], waits },
    };
}

function chops(parts) {
    const whole = text(Buffer.concat(parts));
    let at = whole.length - parts.reduce((sum, part) => sum + part.length, 0) + parts[0].length;
    const second = whole.subarray(at, (at += parts[1].length));
    return [whole.subarray(0, at - parts[1].length), still, second, still, whole.subarray(at)];
}

const HEAD = [GREEK, BEYOND, EDITED];
const TIGHT = [
    Buffer.concat([GREEK, BEYOND.subarray(0, 1)]),
    BEYOND.subarray(1, 2),
    Buffer.concat([BEYOND.subarray(2), EDITED]),
];
const inParts = (parts) => () => {
    const [first, second, third] = inFrames(parts);
    return [first, still, second, settled, third];
};

const FAIL_FAST = [
    failFast('6.4.1', 'three fragments, the second has the offence', inParts(HEAD), SOON),
    failFast('6.4.2', 'the second is the offending byte alone', inParts(TIGHT), SOON),
    failFast('6.4.3', 'one frame in three chops', () => chops(HEAD)),
    failFast('6.4.4', 'the second chop is the offending byte alone', () => chops(TIGHT)),
];

const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const spaced = (from, to) => Buffer.from(range(from, to).flatMap((byte) => [byte, 0x20]));
const between = (a, b) => Buffer.concat([Buffer.from('hello'), bytes(a), Buffer.from(b)]);

const CUT_SHORT = [
    'c0', 'e0 80', 'f0 80 80', 'f8 80 80 80', 'fc 80 80 80 80',
    'df', 'ef bf', 'f7 bf bf', 'fb bf bf bf', 'fd bf bf bf bf',
];

function nonCharacters() {
    const found = ['ef bf be', 'ef bf bf'];
    for (const plane of range(1, 17)) {
        for (const end of [0xfffe, 0xffff]) {
            found.push(Buffer.from(String.fromCodePoint(plane * 0x10000 + end)).toString('hex'));
        }
    }
    return found;
}

// [what they are, whether they are UTF-8, the sequences]; prefixes of a text may be either.
const GROUPS = [
    [5, 'UTF-8', true, [
        ...['24', 'c2a2', 'e282ac', 'f0a4ada2'].map((hex) => between(hex, 'world')), GREEK]],
    [6, 'a prefix of a text', null, range(1, GREEK.length + 1).map((n) => GREEK.subarray(0, n))],
    [7, 'the first of its length', true, ['00', 'c2 80', 'e0 a0 80', 'f0 90 80 80']],
    [8, 'the first of length 5 and 6', false, ['f8 88 80 80 80', 'fc 84 80 80 80 80']],
    [9, 'the last of its length', true, ['7f', 'df bf', 'ef bf bf', 'f4 8f bf bf']],
    [10, 'the last of length 4, 5 and 6', false, [
        'f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf']],
    [11, 'at a boundary', true, ['ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 8f bf bf']],
    [12, 'continuation bytes alone', false, [
        '80', 'bf', '80 bf', '80 bf 80', '80 bf 80 bf', '80 bf 80 bf 80', '80 bf 80 bf 80 bf',
        Buffer.from(range(0x80, 0xbf))]],
    [13, 'start bytes alone', false, [
        spaced(0xc0, 0xdf), spaced(0xe0, 0xef), spaced(0xf0, 0xf7), spaced(0xf8, 0xfb),
        spaced(0xfc, 0xfd)]],
    [14, 'the last byte is missing', false, CUT_SHORT],
    [15, 'all of those in a row', false, [CUT_SHORT.join('')]],
    [16, 'bytes that never occur', false, ['fe', 'ff', 'fe fe ff ff']],
    [17, 'an overlong slash', false, [
        'c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af']],
    [18, 'the longest overlong', false, [
        'c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'f8 87 bf bf bf', 'fc 83 bf bf bf bf']],
    [19, 'an overlong NUL', false, [
        'c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80']],
    [20, 'a surrogate', false, [
        'ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf']],
    [21, 'a pair of surrogates', false, ['a0 80', 'ad bf', 'ae 80', 'af bf'].flatMap((high) =>
        ['b0 80', 'bf bf'].map((low) => `ed ${high} ed ${low}`))],
    [22, 'a code point that is no character', true, nonCharacters()],
    [23, 'a special', true, [
        'ef bf b9', 'ef bf ba', 'ef bf bb', 'ef bf bc', 'ef bf bd', 'ef bf be', 'ef bf bf']],
];

// The list's 6.11 ends with one sequence beyond the last code point.
const BEYOND_LAST = wrong('6.11.5', 'beyond the last code point', BEYOND);

function isUtf8(payload) {
    return Buffer.from(payload.toString()).equals(payload);
}

const SEQUENCES = GROUPS.flatMap(([number, about, isValid, sequences]) =>
    sequences.map((sequence, i) => {
        const payload = typeof sequence === 'string' ? bytes(sequence) : sequence;
        const make = (isValid === null ? isUtf8(payload) : isValid) ? good : wrong;
        return make(`6.${number}.${i + 1}`, `${about}: ${payload.toString('hex')}`, payload);
    }),
);

module.exports = [...FRAGMENTED, ...FAIL_FAST, ...SEQUENCES, BEYOND_LAST];
