// SPDX-License-Identifier: MIT
// A capture file in memory: one frame a line (.jsonl and others), or {u32 little-endian length,
// bytes} (.lpf, binary). Frames are views of the one buffer, byte for byte as recorded.
'use strict';

const { die, readFileOrDie } = require('./peer');

function indexLines(bytes) {
    const frames = [];
    let from = 0;
    while (from < bytes.length) {
        const newline = bytes.indexOf(10, from);
        const to = newline < 0 ? bytes.length : newline;
        frames.push(bytes.subarray(from, to));
        from = to + 1;
    }
    return frames;
}

function indexPrefixed(bytes, path) {
    const frames = [];
    let from = 0;
    while (from + 4 <= bytes.length) {
        const length = bytes.readUInt32LE(from);
        if (from + 4 + length > bytes.length) {
            die(`${path}: the frame at byte ${from} is cut off`);
        }
        frames.push(bytes.subarray(from + 4, from + 4 + length));
        from += 4 + length;
    }
    return frames;
}

function loadCapture(path) {
    if (!path) {
        return { frames: [], isBinary: false };
    }
    const bytes = readFileOrDie(path, '--capture');
    const isBinary = path.endsWith('.lpf');
    return { frames: isBinary ? indexPrefixed(bytes, path) : indexLines(bytes), isBinary };
}

module.exports = { loadCapture };
