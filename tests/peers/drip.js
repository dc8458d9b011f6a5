// SPDX-License-Identifier: MIT
// A slow network in front of a socket: what is written to it leaves in small pieces, some time
// apart. It replaces the socket's own write and end, so whoever writes (the ws package, the HTTP
// server) need not know. Each piece is a TCP segment of its own, as far as the kernel allows.
'use strict';

const { die } = require('./peer');

function parseDrip(text) {
    const parts = /^(\d+)\/(\d+)$/.exec(text);
    if (!parts || Number(parts[1]) === 0) {
        die(`--drip: '${text}' is not BYTES/MS`);
    }
    return { bytes: Number(parts[1]), ms: Number(parts[2]) };
}

function drip(socket, { bytes, ms }) {
    const queue = [];
    const write = socket.write.bind(socket);
    const end = socket.end.bind(socket);
    let isRunning = false;
    let isEnding = false;

    function step() {
        if (queue.length === 0 || socket.destroyed) {
            isRunning = false;
            if (isEnding && !socket.destroyed) {
                end();
            }
            return;
        }
        const entry = queue[0];
        const piece = entry.chunk.subarray(entry.at, entry.at + bytes);
        entry.at += piece.length;
        const isLast = entry.at >= entry.chunk.length;
        if (isLast) {
            queue.shift();
        }
        write(piece, isLast ? entry.done : undefined);
        isRunning = true;
        if (ms > 0) {
            setTimeout(step, ms);
        } else {
            setImmediate(step);
        }
    }

    socket.setNoDelay(true);
    socket.cork = () => {};
    socket.uncork = () => {};
    socket.write = (chunk, encoding, callback) => {
        const done = typeof encoding === 'function' ? encoding : callback;
        const buffer =
            typeof chunk === 'string'
                ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
                : Buffer.from(chunk);
        queue.push({ chunk: buffer, at: 0, done });
        if (!isRunning) {
            step();
        }
        return true;
    };
    socket.end = (chunk, encoding) => {
        if (chunk !== undefined && typeof chunk !== 'function') {
            socket.write(chunk, encoding);
        }
        isEnding = true;
        if (!isRunning) {
            step();
        }
        return socket;
    };
}

module.exports = { drip, parseDrip };
