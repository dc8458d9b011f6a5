#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Sends frames as fast as a socket takes them, for measuring a client. The upgrade is done by the
// npm package ws; then ready-made writes go to its socket directly, because building frames one
// by one in JavaScript would be what is measured. With --pmd each frame is compressed on its own
// (server_no_context_takeover), so that the writes can be made beforehand and sent again.
// README.md, "feed.js", is its reference.
'use strict';

const http = require('http');
const https = require('https');
const zlib = require('zlib');
const { WebSocketServer } = require('ws');

const { loadCapture } = require('./capture');
const { binary, text } = require('./hostile/wire');
const { TLS_OPTIONS, Log, die, parseOptions, say, start, tlsOptions } = require('./peer');

const OPTIONS = [
    { name: 'capture', kind: 'text', value: null, help: 'frames to send: one a line, or .lpf' },
    { name: 'frames', kind: 'number', value: 0, help: 'how many; 0 = the whole capture once' },
    { name: 'start', kind: 'number', value: 0, help: 'first line, zero-based' },
    {
        name: 'pack',
        kind: 'number',
        value: 65536,
        help: 'bytes per write, about; 0 = one frame per write',
    },
    { name: 'pmd', kind: 'flag', value: false, help: 'permessage-deflate, each frame on its own' },
    {
        name: 'after-message',
        kind: 'flag',
        value: false,
        help: 'begin when the client has sent a message',
    },
].concat(TLS_OPTIONS);

const MAX_PREPARED_BYTES = 1 << 30;

function compressed(payload) {
    const out = zlib.deflateRawSync(payload, {
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
        level: 1,
    });
    return out.subarray(0, -4);
}

function wireFrame(payload, isBinary, isCompressed) {
    const make = isBinary ? binary : text;
    return isCompressed ? make(compressed(payload), { rsv: 4 }) : make(payload);
}

// The writes of `total` frames from `start` on: when that is more than the capture, one round of
// writes is repeated.
function prepare(options) {
    const { frames, isBinary } = loadCapture(options.capture);
    const chosen = frames.slice(options.start);
    if (chosen.length === 0) {
        die('--capture: no frames');
    }
    const total = options.frames || chosen.length;
    const round = Math.min(total, chosen.length);
    const writes = [];
    let pending = [];
    let pendingBytes = 0;
    let prepared = 0;
    const flush = () => {
        if (pending.length > 0) {
            writes.push({
                bytes: Buffer.concat(pending),
                frames: pending.length,
                payload: pending.payload,
            });
        }
        pending = [];
        pending.payload = 0;
        pendingBytes = 0;
    };
    pending.payload = 0;
    for (let i = 0; i < round; i++) {
        const wire = wireFrame(chosen[i], isBinary, options.pmd);
        prepared += wire.length;
        if (prepared > MAX_PREPARED_BYTES) {
            die('--capture: more than 1 GiB to prepare; use --frames');
        }
        pending.push(wire);
        pending.payload += chosen[i].length;
        pendingBytes += wire.length;
        if (pendingBytes >= options.pack) {
            flush();
        }
    }
    flush();
    return { writes, total, rest: restWrite(chosen, total % round, isBinary, options) };
}

// The last round, when it is not a whole one: one write of its own.
function restWrite(chosen, count, isBinary, options) {
    const parts = chosen.slice(0, count);
    return {
        bytes: Buffer.concat(parts.map((payload) => wireFrame(payload, isBinary, options.pmd))),
        frames: count,
        payload: parts.reduce((sum, part) => sum + part.length, 0),
    };
}

// The sequence of writes, as an iterator, and its sums.
function* sequence(plan) {
    const round = plan.writes.reduce((sum, write) => sum + write.frames, 0);
    for (let i = Math.floor(plan.total / round); i > 0; i--) {
        yield* plan.writes;
    }
    if (plan.rest.frames > 0) {
        yield plan.rest;
    }
}

function totals(plan) {
    const sums = { frames: 0, bytes: 0, wire: 0 };
    for (const write of sequence(plan)) {
        sums.frames += write.frames;
        sums.bytes += write.payload;
        sums.wire += write.bytes.length;
    }
    return sums;
}

class Feed {
    constructor(options) {
        this.options = options;
        this.log = new Log(options.log);
        this.plan = prepare(options);
        this.sums = totals(this.plan);
        this.opened = 0;
        this.server = options.tls ? https.createServer(tlsOptions(options)) : http.createServer();
        this.sockets = new WebSocketServer({
            server: this.server,
            perMessageDeflate: options.pmd ? { serverNoContextTakeover: true } : false,
        });
        this.sockets.on('connection', (ws, request) => this.open(ws, request));
    }

    open(ws, request) {
        const conn = ++this.opened;
        const { socket } = request;
        this.log.write('open', { conn, path: request.url, extensions: ws.extensions });
        if (this.options.pmd && !ws.extensions) {
            ws.close(1010, 'permessage-deflate is needed');
            return;
        }
        socket.setNoDelay(true);
        ws.on('error', (error) => this.log.write('error', { conn, text: error.message }));
        ws.on('close', (code) => this.report(conn, ws, code));
        if (this.options.afterMessage) {
            ws.once('message', (bytes) => {
                this.log.write('message', { conn, text: bytes.toString() });
                this.send(ws, socket);
            });
        } else {
            this.send(ws, socket);
        }
    }

    send(ws, socket) {
        const writes = sequence(this.plan);
        ws.beganNs = process.hrtime.bigint();
        ws.sentFrames = 0;
        const pump = () => {
            for (;;) {
                const step = writes.next();
                if (step.done || socket.destroyed) {
                    this.end(ws, socket);
                    return;
                }
                ws.sentFrames += step.value.frames;
                if (!socket.write(step.value.bytes)) {
                    socket.once('drain', pump);
                    return;
                }
            }
        };
        pump();
    }

    end(ws, socket) {
        if (!socket.destroyed) {
            socket.write('', () => {
                ws.tookNs = process.hrtime.bigint() - ws.beganNs;
            });
            ws.close(1000);
        }
    }

    report(conn, ws, code) {
        const ns = ws.tookNs === undefined ? null : Number(ws.tookNs);
        const sent = { conn, frames: ws.sentFrames || 0, wire: this.sums.wire, ns, close: code };
        this.log.write('sent', sent);
        say({ ev: 'sent', ...sent });
    }
}

function main() {
    const options = parseOptions(
        'feed.js: frames as fast as a socket takes them',
        OPTIONS,
        process.argv.slice(2),
    );
    const feed = new Feed(options);
    start(feed.server, options, feed.log, {}, () => feed.sums);
}

main();
