#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A TCP relay that does to a connection what networks and middle boxes do: it delays, drips, cuts,
// freezes, garbles and leaves out bytes. What it does, to which connection and after how many
// bytes is drawn from a seed; after --calm-after it only relays. README.md, "faults.js".
'use strict';

const net = require('net');

const { Log, parseOptions, resetSocket, start } = require('./peer');

const OPTIONS = [
    { name: 'target', kind: 'number', value: 0, help: 'port of 127.0.0.1 to relay to' },
    { name: 'seed', kind: 'number', value: 1, help: 'of all chances' },
    { name: 'calm-after', kind: 'number', value: 5000, help: 'ms after which nothing fails' },
];

const KINDS = ['delay', 'drip', 'cut', 'fin', 'freeze', 'garbage', 'truncate', 'upstream'];
const FREEZE_MS = 3000; // of a frozen connection; then it is cut
const MOST_BYTES = 60000; // before the fault
const DRIP_BYTES = 1500;

// mulberry32: small, seeded, the same everywhere.
function chances(seed) {
    let state = seed >>> 0;
    return (bound) => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), state | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) % bound;
    };
}

class Relay {
    constructor(options) {
        this.options = options;
        this.log = new Log(options.log);
        this.draw = chances(options.seed);
        this.startMs = Date.now();
        this.count = 0;
        this.listener = net.createServer((socket) => this.accept(socket));
    }

    isCalm() {
        return Date.now() - this.startMs >= this.options.calmAfter;
    }

    accept(socket) {
        const upstream = net.connect({ host: '127.0.0.1', port: this.options.target });
        const connection = {
            number: ++this.count,
            socket,
            upstream,
            kind: KINDS[this.draw(KINDS.length)],
            left: this.draw(MOST_BYTES),
            isDone: false,
        };
        for (const end of [socket, upstream]) {
            end.on('error', (error) => this.log.write('error', { text: error.message }));
        }
        socket.on('close', () => upstream.destroy());
        upstream.on('close', () => socket.end());
        socket.on('data', (chunk) => upstream.write(chunk));
        upstream.on('data', (chunk) => this.relay(connection, chunk));
    }

    // Bytes to the client, up to where the fault is due; what it does with the rest is its own.
    relay(connection, chunk) {
        if (connection.isDone || chunk.length <= connection.left) {
            connection.left -= connection.isDone ? 0 : chunk.length;
            this.write(connection, chunk);
            return;
        }
        const head = chunk.subarray(0, connection.left);
        const rest = chunk.subarray(connection.left);
        connection.isDone = true;
        this.write(connection, head);
        if (this.isCalm()) {
            this.write(connection, rest);
            return;
        }
        this.log.write('fault', { conn: connection.number, kind: connection.kind });
        this[connection.kind](connection, rest);
    }

    write(connection, chunk) {
        if (connection.isFrozen) {
            return;
        }
        if (!connection.socket.destroyed && chunk.length > 0 && !connection.socket.write(chunk)) {
            connection.upstream.pause();
            connection.socket.once('drain', () => connection.upstream.resume());
        }
    }

    delay(connection, rest) {
        connection.upstream.pause();
        setTimeout(() => {
            this.write(connection, rest);
            connection.upstream.resume();
        }, 50 + this.draw(800));
    }

    drip(connection, rest) {
        const step = 1 + this.draw(40);
        const slow = rest.subarray(0, DRIP_BYTES);
        let at = 0;
        connection.upstream.pause();
        const timer = setInterval(() => {
            this.write(connection, slow.subarray(at, at + step));
            at += step;
            if (at >= slow.length) {
                clearInterval(timer);
                this.write(connection, rest.subarray(slow.length));
                connection.upstream.resume();
            }
        }, 2);
    }

    cut(connection) {
        resetSocket(connection.socket, null);
    }

    fin(connection) {
        connection.socket.end();
        connection.isFrozen = true;
    }

    // Half open: nothing more comes, nothing is refused.
    freeze(connection) {
        connection.isFrozen = true;
        connection.socket.pause();
        setTimeout(() => connection.socket.destroy(), FREEZE_MS);
    }

    garbage(connection, rest) {
        const bytes = Buffer.from(Array.from({ length: 1 + this.draw(64) }, () => this.draw(256)));
        this.write(connection, bytes);
        this.write(connection, rest);
    }

    truncate(connection, rest) {
        this.write(connection, rest.subarray(Math.min(rest.length, 1 + this.draw(200))));
    }

    // Garbage the other way: the venue hangs up.
    upstreamGarbage(connection) {
        connection.upstream.write(Buffer.from(Array.from({ length: 40 }, () => this.draw(256))));
    }

    upstream(connection, rest) {
        this.upstreamGarbage(connection);
        this.write(connection, rest);
    }
}

function main() {
    const options = parseOptions('faults: a relay that fails', OPTIONS, process.argv.slice(2));
    const relay = new Relay(options);
    start(relay.listener, options, relay.log, {});
}

main();
