// SPDX-License-Identifier: MIT
// Sections 9 and 10: large messages, small fragments, small chops, a thousand round trips, and a
// message that the sender cuts up. The client is told `--echo` for the rounds.
'use strict';

const { asBinary, asText, ok } = require('../hostile/expect');
const { binary, more, text } = require('../hostile/wire');
const { row } = require('./framing');

const KIB = 1024;
const MIB = 1024 * KIB;
const KINDS = [
    { name: 'text', make: text, delivered: asText, byte: '*' },
    { name: 'binary', make: binary, delivered: asBinary, byte: 0xfe },
];
const cache = new Map();

// The server describes all its cases at its start; a payload and its digest are made once.
function payloadOf(kind, size) {
    const key = `${kind.name} ${size}`;
    if (!cache.has(key)) {
        const payload = Buffer.alloc(size, kind.byte);
        cache.set(key, { payload, delivered: kind.delivered(payload) });
    }
    return cache.get(key);
}

// Sections number text and binary in turn: 9.1 and 9.2, 9.3 and 9.4, ...
function forKinds(first, make) {
    return KINDS.flatMap((kind, i) => make(`9.${first + i}`, kind));
}

const WHOLE = forKinds(1, (prefix, kind) =>
    [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].map((size, i) => {
        const { payload, delivered } = payloadOf(kind, size);
        return row(
            `${prefix}.${i + 1}`,
            `a ${kind.name} message of ${size / KIB} KiB`,
            () => [kind.make(payload)],
            [delivered],
        );
    }),
);

function fragmented(kind, payload, size) {
    const parts = [];
    for (let at = 0; at < payload.length; at += size) {
        const make = at === 0 ? kind.make : more;
        parts.push(make(payload.subarray(at, at + size), { fin: at + size >= payload.length }));
    }
    return parts;
}

const FRAGMENTED = forKinds(3, (prefix, kind) =>
    [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map((size, i) => {
        const { payload, delivered } = payloadOf(kind, 4 * MIB);
        return row(
            `${prefix}.${i + 1}`,
            `a ${kind.name} message of 4 MiB in fragments of ${size} bytes`,
            () => fragmented(kind, payload, size),
            [delivered],
        );
    }),
);

const CHOPPED = forKinds(5, (prefix, kind) =>
    [64, 128, 256, 512, KIB, 2 * KIB].map((size, i) => {
        const { payload, delivered } = payloadOf(kind, MIB);
        return row(
            `${prefix}.${i + 1}`,
            `a ${kind.name} message of 1 MiB in writes of ${size} bytes`,
            () => [kind.make(payload)],
            [delivered],
            { chop: size },
        );
    }),
);

function rounds(id, about, play, extra = {}) {
    return {
        name: id,
        group: id.split('.')[0],
        about,
        legal: true,
        rounds: play,
        expect: { ...ok([]), pongs: [] },
        ...extra,
    };
}

const ROUND_TRIPS = forKinds(7, (prefix, kind) =>
    [0, 16, 64, 256, KIB, 4 * KIB].map((size, i) =>
        rounds(`${prefix}.${i + 1}`, `1,000 ${kind.name} messages of ${size} bytes, echoed`, {
            count: 1000,
            isBinary: kind.name === 'binary',
            message: () => payloadOf(kind, size).payload,
        }),
    ),
);

const AUTO = rounds('10.1.1', '64 KiB in fragments of 1,300 bytes, echoed', {
    count: 1,
    isBinary: false,
    message: () => Buffer.alloc(64 * KIB, '*'),
    fragment: 1300,
});

module.exports = [...WHOLE, ...FRAGMENTED, ...CHOPPED, ...ROUND_TRIPS, AUTO];
module.exports.rounds = rounds;
