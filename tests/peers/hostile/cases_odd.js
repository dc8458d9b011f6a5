// SPDX-License-Identifier: MIT
// Cases that are odd but legal, after an ordinary upgrade: all must be delivered, and the close
// with 1000 answered.
'use strict';

const { asBinary, asText, ok } = require('./expect');
const { binary, more, ping, pong, text } = require('./wire');

function odd(name, about, send, frames, extra = {}) {
    const { minPongs = 0, ...members } = extra;
    return {
        name,
        group: 'odd',
        about,
        legal: true,
        expect: ok(frames, minPongs),
        send,
        ...members,
    };
}

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const SIZES = [
    0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 4095, 4096, 65534, 65535, 65536, 65537, 131072,
];
const letters = (size) => Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz');
const PLANES =
    'A\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufeff\ufffe\uffff\u{10000}\u{1f600}\u{10ffff}';

// Every byte of a text in a fragment of its own.
function byteByByte(payload) {
    const bytes = Buffer.from(payload);
    return Array.from(bytes, (_, i) => {
        const extra = { fin: i === bytes.length - 1 };
        return i === 0 ? text(bytes.subarray(0, 1), extra) : more(bytes.subarray(i, i + 1), extra);
    });
}

module.exports = [
    odd('text_plain', 'one text', () => [text('hello')], [asText('hello')]),
    odd('text_empty', 'empty messages', () => [text(''), binary(''), text('x')], [
        asText(''),
        asBinary(''),
        asText('x'),
    ]),
    odd('binary_all_bytes', 'all byte values', () => [binary(BYTES)], [asBinary(BYTES)]),
    odd(
        'sizes',
        'every length form at its limits',
        () => SIZES.map((size) => text(letters(size))),
        SIZES.map((size) => asText(letters(size))),
    ),
    odd(
        'sizes_binary',
        'the same in binary',
        () => SIZES.map((size) => binary(letters(size))),
        SIZES.map((size) => asBinary(letters(size))),
    ),
    odd(
        'fragments',
        'three fragments',
        () => [text('one ', { fin: false }), more('two ', { fin: false }), more('three')],
        [asText('one two three')],
    ),
    odd(
        'fragments_pings',
        'fragments with pings and pongs between',
        () => [
            text('one ', { fin: false }),
            ping('a'),
            more('two ', { fin: false }),
            pong('b'),
            ping(''),
            more('three'),
            ping('c'),
        ],
        [asText('one two three')],
        { minPongs: 1 },
    ),
    odd(
        'fragments_empty',
        'fragments of no length at all places',
        () => [
            text('', { fin: false }),
            more('', { fin: false }),
            more('a', { fin: false }),
            more('', { fin: false }),
            more('b', { fin: false }),
            more(''),
        ],
        [asText('ab')],
    ),
    odd(
        'fragments_all_empty',
        'a message of empty fragments',
        () => [text('', { fin: false }), more('', { fin: false }), more('')],
        [asText('')],
    ),
    odd(
        'fragments_binary',
        'a fragmented binary',
        () => [binary(BYTES, { fin: false }), more(BYTES)],
        [asBinary(Buffer.concat([BYTES, BYTES]))],
    ),
    odd('utf8_planes', 'characters of every length, and noncharacters', () => [text(PLANES)], [
        asText(PLANES),
    ]),
    odd('utf8_split_legal', 'each byte of them in its own fragment', () => byteByByte(PLANES), [
        asText(PLANES),
    ]),
    odd(
        'utf8_binary',
        'binary messages are not UTF-8',
        () => [binary(Buffer.from('ff80c0', 'hex'))],
        [asBinary(Buffer.from('ff80c0', 'hex'))],
    ),
    odd(
        'ping_125',
        'pings of no and of 125 bytes',
        () => [ping(''), ping(letters(125)), text('x')],
        [asText('x')],
        { minPongs: 1 },
    ),
    odd('pong_unasked', 'a pong that nobody asked for', () => [pong('hello'), text('x')], [
        asText('x'),
    ]),
    odd(
        'bytewise',
        'every byte in its own segment',
        () => [
            text('hello'),
            text(letters(130)),
            ping('p'),
            text('\u00e4', { fin: false }),
            more('x'),
        ],
        [asText('hello'), asText(letters(130)), asText('\u00e4x')],
        { dripMs: 0 },
    ),
    odd(
        'many_in_one',
        '500 messages in one write',
        () => Array.from({ length: 500 }, (_, i) => text(`{"n":${i}}`)),
        Array.from({ length: 500 }, (_, i) => asText(`{"n":${i}}`)),
    ),
    odd('message_16_mib', '16 MiB in one frame', () => [text(letters(16 << 20))], [
        asText(letters(16 << 20)),
    ]),
    odd(
        'message_16_mib_fragmented',
        '16 MiB in 1,024 fragments',
        () =>
            Array.from({ length: 1024 }, (_, i) =>
                (i === 0 ? binary : more)(letters(16384), { fin: i === 1023 }),
            ),
        [asBinary(Buffer.concat(Array(1024).fill(letters(16384))))],
    ),
    odd(
        'json_whitespace',
        'a message of blanks, a message with NUL',
        () => [text('  \r\n'), text('a\0b')],
        [asText('  \r\n'), asText('a\0b')],
    ),
];
