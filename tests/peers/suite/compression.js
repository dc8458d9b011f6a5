// SPDX-License-Identifier: MIT
// Sections 12 and 13: permessage-deflate over five kinds of data, and over the parameters that a
// server may answer with. Every message is compressed by zlib in one stream (or in one of its own,
// where the server gave the context up), goes out whole or in fragments, and must come back. The
// public list sends 1,000 messages a case; here large ones are fewer, so that a case is about
// 2 MiB.
'use strict';

const zlib = require('zlib');

const { rounds } = require('./limits');

const CORPUS_BYTES = 256 * 1024;
const CASE_BYTES = 2 * 1024 * 1024;
const NAME = 'permessage-deflate';

function random(seed) {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return ((state >>> 8) % 0x10000) % below;
    };
}

function filled(piece) {
    const pieces = [];
    for (let size = 0; size < CORPUS_BYTES; ) {
        const bytes = Buffer.from(piece());
        pieces.push(bytes);
        size += bytes.length;
    }
    return Buffer.concat(pieces).subarray(0, CORPUS_BYTES);
}

const SYLLABLES = ['ge', 'ver', 'ter', 'schaft', 'heit', 'un', 'der', 'ich', 'ein', 'licht', 'en'];

function prose(seed) {
    const draw = random(seed);
    const word = () =>
        Array.from({ length: 1 + draw(3) }, () => SYLLABLES[draw(SYLLABLES.length)]).join('');
    return filled(() => `${word()}${draw(9) === 0 ? ',\n' : ' '}`);
}

// Grey levels that change slowly, with noise: compresses a little.
function picture(seed) {
    const draw = random(seed);
    let level = 128;
    return filled(() => {
        level = (level + draw(7) - 3) & 255;
        return [level];
    });
}

// Text between runs of noise, as documents with embedded images are.
function document(seed) {
    const draw = random(seed);
    return filled(() =>
        draw(2) === 0
            ? `${draw(900)} 0 obj << /Length ${draw(5000)} >> stream\n`
            : Array.from({ length: 400 }, () => draw(256)),
    );
}

function json(seed) {
    const draw = random(seed);
    return filled(() =>
        JSON.stringify({ id: draw(60000), price: draw(10000) / 100, tags: ['a', 'b'], on: true }),
    );
}

function html(seed) {
    const draw = random(seed);
    return filled(
        () => `<tr class="row${draw(2)}"><td>${draw(9999)}</td><td><a href="#">x</a></td></tr>\n`,
    );
}

const DATA = [
    { name: 'prose', make: prose, isBinary: true },
    { name: 'a picture', make: picture, isBinary: true },
    { name: 'a document', make: document, isBinary: true },
    { name: 'JSON', make: json, isBinary: false },
    { name: 'HTML', make: html, isBinary: false },
];

// [message, fragment]: 0 is a message in one frame.
const SIZES = [
    ...[16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map((size) => [size, 0]),
    ...[8192, 16384, 32768, 65536, 131072].map((size) => [size, 256]),
    [131072, 1024],
    [131072, 4096],
    [131072, 32768],
];

// Returns a function that compresses message after message; zlib's streams are asynchronous.
function makeDeflater({ windowBits = 15, keepsContext = true }) {
    let parts = [];
    const stream = zlib.createDeflateRaw({ windowBits });
    stream.on('data', (part) => parts.push(part));
    return (payload) =>
        new Promise((resolve) => {
            stream.write(payload);
            stream.flush(zlib.constants.Z_SYNC_FLUSH, () => {
                const whole = Buffer.concat(parts);
                parts = [];
                if (!keepsContext) {
                    stream.reset();
                }
                resolve(whole.subarray(0, -4));
            });
        });
}

const corpora = new Map();

function slice(data, size, i) {
    if (!corpora.has(data.name)) {
        corpora.set(data.name, data.make(7));
    }
    const corpus = corpora.get(data.name);
    const at = (size * i) % CORPUS_BYTES;
    const end = at + size;
    return end <= CORPUS_BYTES
        ? corpus.subarray(at, end)
        : Buffer.concat([corpus.subarray(at), corpus.subarray(0, end - CORPUS_BYTES)]);
}

function cases(prefix, data, about, pmd, deflate) {
    return SIZES.map(([size, fragment], i) => {
        const count = Math.max(16, Math.min(1000, CASE_BYTES / size));
        const how = fragment ? ` in fragments of ${fragment}` : '';
        return rounds(
            `${prefix}.${i + 1}`,
            `${count} messages of ${size} bytes of ${data.name}${how}${about}`,
            {
                count,
                isBinary: data.isBinary,
                message: (n) => slice(data, size, n),
                fragment,
                deflater: () => makeDeflater(deflate),
            },
            { pmd },
        );
    });
}

// The list has seven answers of a server; for a client they concern what it may send and, in the
// server's own parameters, how it must read. Both are asked for here.
const ANSWERS = [
    ['', {}],
    ['; server_no_context_takeover; client_no_context_takeover', { keepsContext: false }],
    ['; server_max_window_bits=8; client_max_window_bits=8', { windowBits: 8 }],
    ['; server_max_window_bits=15; client_max_window_bits=15', { windowBits: 15 }],
    [
        '; server_no_context_takeover; server_max_window_bits=8; client_no_context_takeover;' +
            ' client_max_window_bits=8',
        { keepsContext: false, windowBits: 8 },
    ],
    [
        '; server_no_context_takeover; server_max_window_bits=15; client_no_context_takeover;' +
            ' client_max_window_bits=15',
        { keepsContext: false, windowBits: 15 },
    ],
    ['; client_no_context_takeover; server_max_window_bits=9', { windowBits: 9 }],
];

module.exports = [
    ...DATA.flatMap((data, i) => cases(`12.${i + 1}`, data, '', NAME, {})),
    ...ANSWERS.flatMap(([parameters, deflate], i) =>
        cases(`13.${i + 1}`, DATA[3], parameters, NAME + parameters, deflate),
    ),
];
