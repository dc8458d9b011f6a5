// SPDX-License-Identifier: MIT
// What the client must make of a case, as rows of the ready line. Each helper is one kind of
// verdict; where RFC 6455 leaves the client a choice, every acceptable value is listed and the
// best one comes first.
'use strict';

const crypto = require('crypto');

const MAX_SHOWN_BYTES = 200;

function delivered(kind, payload) {
    const bytes = Buffer.from(payload);
    const entry = {
        kind,
        len: bytes.length,
        sha256: crypto.createHash('sha256').update(bytes).digest('hex'),
    };
    if (kind === 'text' && bytes.length <= MAX_SHOWN_BYTES) {
        entry.text = bytes.toString();
    }
    return entry;
}

const asText = (payload) => delivered('text', payload);
const asBinary = (payload) => delivered('binary', payload);

function verdict({
    outcomes,
    codes,
    closeCodes,
    frames = [],
    status = null,
    retryAfter = null,
    peerCode = null,
    peerReason = null,
    minPongs = 0,
}) {
    return {
        outcome: outcomes[0],
        outcomes,
        code: codes[0],
        codes,
        close_code: closeCodes[0],
        close_codes: closeCodes,
        http_status: status,
        retry_after: retryAfter,
        peer_code: peerCode,
        peer_reason: peerReason,
        min_pongs: minPongs,
        frames,
    };
}

// All is delivered, the server closes with 1000.
const ok = (frames, minPongs = 0) =>
    verdict({
        outcomes: ['ok'],
        codes: ['ok'],
        closeCodes: [1000],
        frames,
        peerCode: 1000,
        peerReason: '',
        minPongs,
    });

// A legal close of another kind. An empty close is answered with an empty one (1005 in the log)
// or with 1000.
const closes = (code, reason, frames) =>
    verdict({
        outcomes: ['close'],
        codes: ['ok', 'closed'],
        closeCodes: code === 1005 ? [1005, 1000] : [code, 1000],
        frames,
        peerCode: code,
        peerReason: reason,
    });

const breaks = (code, closeCodes, frames) =>
    verdict({ outcomes: ['error'], codes: [code], closeCodes, frames });

const protocol = (frames, closeCodes = [1002]) => breaks('protocol', closeCodes, frames);
const badText = (frames) => protocol(frames, [1007]);
const badStream = (frames) => protocol(frames, [1007, 1002]);
const limit = (frames) => breaks('limit', [1009], frames);

// The server breaks off without a close frame.
const cut = (frames) =>
    verdict({ outcomes: ['error'], codes: ['closed'], closeCodes: [null], frames });

const refused = (status = null, retryAfter = null) =>
    verdict({
        outcomes: ['error'],
        codes: status === 401 || status === 403 ? ['handshake', 'auth'] : ['handshake'],
        closeCodes: [null, 1002, 1010],
        status,
        retryAfter,
    });

// A reply that outgrows what a client reads.
const tooLong = () =>
    verdict({ outcomes: ['error'], codes: ['handshake', 'limit'], closeCodes: [null] });

// The connection ended before a reply was complete.
const cutReply = () =>
    verdict({
        outcomes: ['error'],
        codes: ['handshake', 'closed', 'connect', 'tls'],
        closeCodes: [null],
    });

const timesOut = () => verdict({ outcomes: ['error'], codes: ['timeout'], closeCodes: [null] });

// Legal in one reading, not in another: both verdicts will do, but neither a hang nor other frames.
function either(best, other) {
    const union = (a, b) => [...new Set(a.concat(b))];
    const lenient = best.outcome === 'ok' ? best : other;
    const strict = lenient === best ? other : best;
    return {
        ...best,
        outcomes: union(best.outcomes, other.outcomes),
        codes: union(best.codes, other.codes),
        close_codes: union(best.close_codes, other.close_codes),
        peer_code: lenient.peer_code,
        peer_reason: lenient.peer_reason,
        frames: lenient.frames,
        frames_if_error: strict.frames,
    };
}

module.exports = {
    asBinary,
    asText,
    badStream,
    badText,
    closes,
    cut,
    cutReply,
    either,
    limit,
    ok,
    protocol,
    refused,
    timesOut,
    tooLong,
};
