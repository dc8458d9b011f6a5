#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A venue for tests, on the npm package ws: it demands the right login and subscriptions
// (session.js, in the dialect of dialects.js or a --config), plays a capture (player.js), breaks
// off in every way that a network can, and logs what the client did. README.md, "venue.js", is
// its reference.
'use strict';

const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const { loadCapture } = require('./capture');
const { BASE, DIALECTS } = require('./dialects');
const { drip, parseDrip } = require('./drip');
const { merge } = require('./match');
const {
    TLS_OPTIONS,
    Log,
    die,
    parseOptions,
    readFileOrDie,
    resetSocket,
    start,
    tlsOptions,
} = require('./peer');
const { Player } = require('./player');
const { Session, Window, requestAuth } = require('./session');

const OPTIONS = [
    { name: 'capture', kind: 'text', value: null, help: 'frames to play: one a line, or .lpf' },
    { name: 'start', kind: 'number', value: 0, help: 'first line, zero-based' },
    { name: 'limit', kind: 'number', value: 0, help: 'frames per connection, 0 = all' },
    { name: 'loop', kind: 'flag', value: false, help: 'begin again at the end' },
    {
        name: 'cursor',
        kind: 'text',
        value: 'connection',
        choices: ['connection', 'shared'],
        help: 'where a reconnect goes on',
    },
    {
        name: 'rate',
        kind: 'number',
        value: 0,
        help: 'frames per second, 0 = as fast as the socket takes them',
    },
    {
        name: 'play',
        kind: 'text',
        value: 'subscribed',
        choices: ['subscribed', 'open', 'command'],
        help: 'when to begin',
    },
    {
        name: 'end',
        kind: 'text',
        value: 'keep',
        help: 'after the last frame: keep, or a close code',
    },
    { name: 'binary', kind: 'flag', value: false, help: 'binary messages' },
    { name: 'fragment', kind: 'number', value: null, help: 'seed: split frames at random places' },
    { name: 'fragment-pings', kind: 'flag', value: false, help: 'pings between fragments' },
    { name: 'drip', kind: 'text', value: null, help: 'BYTES/MS: write slowly' },
    { name: 'pmd', kind: 'flag', value: false, help: 'permessage-deflate' },
    { name: 'pmd-threshold', kind: 'number', value: 0, help: 'smallest message to compress' },
    { name: 'pmd-level', kind: 'number', value: 6, help: 'zlib level' },
    {
        name: 'pmd-server-no-context-takeover',
        kind: 'flag',
        value: false,
        help: 'as its name says',
    },
    {
        name: 'pmd-client-no-context-takeover',
        kind: 'flag',
        value: false,
        help: 'as its name says',
    },
    { name: 'pmd-server-bits', kind: 'number', value: null, help: 'server_max_window_bits' },
    { name: 'pmd-client-bits', kind: 'number', value: null, help: 'client_max_window_bits' },
    { name: 'close-after', kind: 'number', value: 0, help: 'close after N frames' },
    { name: 'close-code', kind: 'number', value: 1012, help: 'with this code' },
    { name: 'close-reason', kind: 'text', value: '', help: 'and this reason' },
    { name: 'terminate-after', kind: 'number', value: 0, help: 'RST after N frames' },
    {
        name: 'fault-times',
        kind: 'number',
        value: 0,
        help: 'connections that get these faults, 0 = all',
    },
    { name: 'kill-after', kind: 'number', value: 0, help: 'die after this many seconds' },
    { name: 'ping-every', kind: 'number', value: 0, help: 'milliseconds between pings' },
    { name: 'pong-timeout', kind: 'number', value: 0, help: 'milliseconds to wait for a pong' },
    { name: 'http-status', kind: 'number', value: 0, help: 'refuse the upgrade with this status' },
    { name: 'retry-after', kind: 'number', value: null, help: 'seconds, with --http-status' },
    { name: 'http-times', kind: 'number', value: 0, help: 'refusals, 0 = always' },
    { name: 'subprotocol', kind: 'text', value: null, help: 'the one to choose' },
    { name: 'path', kind: 'text', value: null, help: 'the only path that is served' },
    { name: 'set-header', kind: 'list', help: 'NAME:VALUE in the 101 reply' },
    { name: 'echo', kind: 'flag', value: false, help: 'send every message back' },
    {
        name: 'dialect',
        kind: 'text',
        value: 'none',
        choices: Object.keys(DIALECTS),
        help: Object.keys(DIALECTS).join(' '),
    },
    {
        name: 'config',
        kind: 'text',
        value: null,
        help: 'JSON, or a file of it, merged over the dialect',
    },
].concat(TLS_OPTIONS);

function loadConfig(options) {
    const config = merge(BASE, DIALECTS[options.echo ? 'echo' : options.dialect]);
    if (!options.config) {
        return config;
    }
    const isInline = options.config.trimStart().startsWith('{');
    const text = isInline ? options.config : readFileOrDie(options.config, '--config').toString();
    try {
        return merge(config, JSON.parse(text));
    } catch (error) {
        return die(`--config: ${error.message}`);
    }
}

function deflateOptions(options) {
    if (!options.pmd) {
        return false;
    }
    const result = {
        threshold: options.pmdThreshold,
        zlibDeflateOptions: { level: options.pmdLevel },
        serverNoContextTakeover: options.pmdServerNoContextTakeover,
        clientNoContextTakeover: options.pmdClientNoContextTakeover,
    };
    if (options.pmdServerBits) {
        result.serverMaxWindowBits = options.pmdServerBits;
    }
    if (options.pmdClientBits) {
        result.clientMaxWindowBits = options.pmdClientBits;
    }
    return result;
}

function rawHeaders(request) {
    const pairs = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
        pairs.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
    }
    return pairs;
}

class Venue {
    constructor(options) {
        this.options = options;
        this.log = new Log(options.log);
        this.config = loadConfig(options);
        this.capture = loadCapture(options.capture);
        this.cursor = options.start;
        this.conns = new Map();
        this.opened = 0;
        this.refusedCount = 0;
        this.faultsTaken = 0;
        this.lastId = 0;
        this.refusal = {
            status: options.httpStatus,
            retryAfter: options.retryAfter,
            left: options.httpTimes || Infinity,
        };
        const { limits } = this.config;
        this.connects = new Window(limits.connects, limits.connects_ms);
        this.bannedUntil = 0;
        this.dripRate = options.drip ? parseDrip(options.drip) : null;
        this.transports = new Map(); // remote address and port → the TCP socket under a TLS one
        this.sockets = new WebSocketServer({
            noServer: true,
            perMessageDeflate: deflateOptions(options),
            maxPayload: 64 << 20,
            handleProtocols: (names) =>
                names.has(options.subprotocol) ? options.subprotocol : false,
        });
        this.sockets.on('headers', (headers) =>
            headers.push(...options.setHeader.map((text) => text.replace(/:\s*/, ': '))),
        );
        this.server = options.tls ? https.createServer(tlsOptions(options)) : http.createServer();
        this.watchServer();
    }

    watchServer() {
        const { server, options } = this;
        server.on('connection', (socket) => {
            socket.on('error', () => {});
            if (options.tls) {
                const name = `${socket.remoteAddress}:${socket.remotePort}`;
                this.transports.set(name, socket);
                socket.on('close', () => this.transports.delete(name));
            } else if (this.dripRate) {
                drip(socket, this.dripRate);
            }
        });
        server.on('secureConnection', (socket) => {
            socket.on('error', () => {});
            if (this.dripRate) {
                drip(socket, this.dripRate);
            }
        });
        server.on('tlsClientError', (error) =>
            this.log.write('tls_error', { text: error.message }),
        );
        server.on('request', (request, response) => {
            this.log.write('refused', {
                path: request.url,
                headers: request.headers,
                raw_headers: rawHeaders(request),
                status: 426,
                why: 'no upgrade',
            });
            response.writeHead(426, { Connection: 'close' });
            response.end();
        });
        server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    }

    // Why an upgrade is refused: {status, why, retryAfter}, or null when it is not.
    refusalOf(request, url, authOk) {
        const { refusal, config, options } = this;
        if (Date.now() < this.bannedUntil) {
            return { status: 429, why: 'banned' };
        }
        if (refusal.status && refusal.left > 0) {
            refusal.left--;
            return {
                status: refusal.status,
                why: 'refused by option',
                retryAfter: refusal.retryAfter,
            };
        }
        if (options.path !== null && url.pathname !== options.path) {
            return { status: 404, why: 'path' };
        }
        if (!authOk && config.auth.status !== null) {
            return { status: config.auth.status, why: 'auth', retryAfter: config.auth.retry_after };
        }
        const offered = (request.headers['sec-websocket-protocol'] || '').split(/\s*,\s*/);
        if (options.subprotocol && !offered.includes(options.subprotocol)) {
            return { status: 400, why: 'subprotocol' };
        }
        return null;
    }

    refuse(request, socket, { status, why, retryAfter }) {
        this.refusedCount++;
        this.log.write('refused', {
            path: request.url,
            headers: request.headers,
            raw_headers: rawHeaders(request),
            status,
            why,
        });
        const body = JSON.stringify({ error: why });
        const lines = [
            `HTTP/1.1 ${status} ${http.STATUS_CODES[status] || 'Refused'}`,
            'Connection: close',
            'Content-Type: application/json',
            `Content-Length: ${body.length}`,
        ];
        if (retryAfter !== null && retryAfter !== undefined) {
            lines.push(`Retry-After: ${retryAfter}`);
        }
        socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
    }

    countConnect(now) {
        if (this.connects.isBroken(now)) {
            this.log.write('violation', { conn: 0, what: 'too many connects' });
            this.bannedUntil = now + this.config.limits.ban_ms;
        }
    }

    upgrade(request, socket, head) {
        let url;
        this.countConnect(Date.now());
        try {
            url = new URL(request.url, 'ws://venue');
        } catch (error) {
            this.refuse(request, socket, { status: 400, why: 'url' });
            return;
        }
        const authOk = requestAuth(this.config, request, url);
        const refusal = this.refusalOf(request, url, authOk);
        if (refusal) {
            this.refuse(request, socket, refusal);
            return;
        }
        this.sockets.handleUpgrade(request, socket, head, (ws) =>
            this.open(ws, request, socket, url, authOk),
        );
    }

    describeTls(socket) {
        if (!this.options.tls) {
            return null;
        }
        const peer = socket.getPeerCertificate();
        const subject = peer && peer.subject;
        return {
            version: socket.getProtocol(),
            servername: socket.servername || null,
            client: (subject && subject.CN) || null,
        };
    }

    open(ws, request, socket, url, authOk) {
        const conn = {
            id: ++this.opened,
            ws,
            socket,
            transport: this.transports.get(`${socket.remoteAddress}:${socket.remotePort}`),
        };
        this.conns.set(conn.id, conn);
        this.log.write('open', {
            conn: conn.id,
            path: request.url,
            headers: request.headers,
            raw_headers: rawHeaders(request),
            protocol: ws.protocol,
            extensions: ws.extensions,
            family: socket.remoteFamily,
            tls: this.describeTls(socket),
        });
        conn.player = new Player(this, conn);
        conn.session = new Session(
            this.config,
            conn.id,
            this.log,
            () => ++this.lastId,
            this.sessionOut(conn),
        );
        this.watchSocket(conn);
        conn.session.open(authOk, url);
        if (this.options.play === 'open' && conn.session.isAuthed) {
            conn.player.start();
        }
    }

    sessionOut(conn) {
        return {
            send: (text) => conn.ws.send(text),
            close: (code, reason) => this.close(conn, code, reason),
            play: (isDue) => {
                if (this.options.play === 'open' || (this.options.play === 'subscribed' && isDue)) {
                    conn.player.start();
                }
            },
            halt: () => {
                if (this.options.play === 'subscribed') {
                    conn.player.stop();
                }
            },
        };
    }

    watchSocket(conn) {
        const { ws, id } = conn;
        ws.on('message', (bytes, isBinary) => {
            conn.session.message(bytes, isBinary);
            if (conn.session.config.echo) {
                ws.send(bytes, { binary: isBinary });
            }
        });
        ws.on('ping', (bytes) => this.log.write('ping', { conn: id, hex: bytes.toString('hex') }));
        ws.on('pong', (bytes) => {
            clearTimeout(conn.pongTimer);
            conn.session.pong();
            this.log.write('pong', { conn: id, hex: bytes.toString('hex') });
        });
        ws.on('error', (error) => this.log.write('error', { conn: id, text: error.message }));
        ws.on('close', (code, reason) => {
            this.conns.delete(id);
            conn.player.stop();
            conn.session.end();
            clearInterval(conn.pingTimer);
            clearTimeout(conn.pongTimer);
            this.log.write('close', {
                conn: id,
                code,
                reason: reason.toString(),
                frames: conn.player.sent,
            });
        });
        if (this.options.pingEvery) {
            conn.pingTimer = setInterval(() => this.ping(conn, ''), this.options.pingEvery);
        }
    }

    ping(conn, text) {
        if (conn.ws.readyState !== 1) {
            return;
        }
        const payload = text || `ping ${(conn.pings = (conn.pings || 0) + 1)}`;
        conn.ws.ping(payload);
        this.log.write('ping_sent', { conn: conn.id, hex: Buffer.from(payload).toString('hex') });
        if (this.options.pongTimeout) {
            clearTimeout(conn.pongTimer);
            conn.pongTimer = setTimeout(() => {
                this.log.write('no_pong', { conn: conn.id });
                this.terminate(conn);
            }, this.options.pongTimeout);
        }
    }

    close(conn, code, reason) {
        this.log.write('closing', {
            conn: conn.id,
            how: 'close',
            code,
            reason: reason || '',
            frames: conn.player.sent,
        });
        conn.player.stop();
        conn.ws.close(code, reason || '');
    }

    terminate(conn) {
        this.log.write('closing', {
            conn: conn.id,
            how: 'terminate',
            code: null,
            reason: null,
            frames: conn.player.sent,
        });
        conn.player.stop();
        resetSocket(conn.socket, conn.transport);
    }

    // May the connection that begins to play now break off as the options say?
    takeFault() {
        return this.options.faultTimes === 0 || this.faultsTaken++ < this.options.faultTimes;
    }

    // The connections that a command means.
    chosen(request) {
        const all = [...this.conns.values()];
        return request.conn === undefined ? all : all.filter((conn) => conn.id === request.conn);
    }

    each(request, action) {
        const conns = this.chosen(request);
        conns.forEach(action);
        return { conns: conns.length };
    }

    stats() {
        const conns = [...this.conns.values()].map((conn) => ({
            conn: conn.id,
            state: ['connecting', 'open', 'closing', 'closed'][conn.ws.readyState],
            frames: conn.player.sent,
            next: conn.player.next,
            authed: conn.session.isAuthed,
            active: Object.fromEntries(
                [...conn.session.active].map(([channel, symbols]) => [channel, [...symbols]]),
            ),
        }));
        return { conns, opened: this.opened, refused: this.refusedCount };
    }

    setOption(name, value) {
        const key = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
        const row = OPTIONS.find((candidate) => candidate.name === name);
        if (!row || !Object.prototype.hasOwnProperty.call(this.options, key)) {
            throw new Error(`no option '${name}'`);
        }
        this.options[key] = value;
        return {};
    }

    setListening(isOn) {
        const { server, options } = this;
        if (server.listening === isOn) {
            return {};
        }
        const later = new Promise((resolve) => {
            if (isOn) {
                server.listen({ host: options.host, port: options.port }, resolve);
            } else {
                // Its callback waits for the open connections; the port is free at once.
                server.close();
                setImmediate(resolve);
            }
        });
        return { later };
    }

    sendTo(conn, request) {
        if (request.hex !== undefined) {
            conn.ws.send(Buffer.from(request.hex, 'hex'), { binary: true });
        } else {
            conn.ws.send(
                request.json !== undefined ? JSON.stringify(request.json) : String(request.text),
            );
        }
    }

    commands() {
        return {
            close: (request) =>
                this.each(request, (conn) =>
                    this.close(conn, request.code || 1000, request.reason),
                ),
            terminate: (request) => this.each(request, (conn) => this.terminate(conn)),
            end: (request) =>
                this.each(request, (conn) => {
                    conn.player.stop();
                    conn.socket.end();
                }),
            send: (request) => this.each(request, (conn) => this.sendTo(conn, request)),
            ping: (request) => this.each(request, (conn) => this.ping(conn, request.text)),
            pause: (request) => this.each(request, (conn) => conn.player.pause(true)),
            resume: (request) => this.each(request, (conn) => conn.player.pause(false)),
            play: (request) => this.each(request, (conn) => conn.player.start()),
            set: (request) => this.setOption(request.option, request.value),
            config: (request) => {
                this.config = merge(this.config, request.merge);
                return {};
            },
            http: (request) => {
                this.refusal = {
                    status: request.status || 0,
                    retryAfter: request.retry_after === undefined ? null : request.retry_after,
                    left: request.times || Infinity,
                };
                return {};
            },
            listen: (request) => this.setListening(request.on),
            stats: () => this.stats(),
        };
    }
}

function main() {
    const options = parseOptions('venue.js: a venue for tests', OPTIONS, process.argv.slice(2));
    const venue = new Venue(options);
    if (options.killAfter) {
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), options.killAfter * 1000);
    }
    start(venue.server, options, venue.log, venue.commands());
}

main();
