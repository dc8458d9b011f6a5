#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A hostile websocket server on plain sockets: the path of the URL names the case, the case says
// which rule is broken and when. The cases are rows in hostile/cases_*.js, each with what the
// client must make of it; this file carries a row out and records what the client did. README.md,
// "hostile.js", is its reference.
'use strict';

const net = require('net');
const tls = require('tls');

const {
    TLS_OPTIONS,
    Log,
    die,
    listen,
    parseOptions,
    resetSocket,
    start,
    tlsOptions,
} = require('./peer');
const {
    ClientReader,
    close,
    parseRequest,
    plainReply,
    pong,
    requestFault,
    upgradeReply,
} = require('./hostile/wire');

const { playRounds, playSteps } = require('./hostile/steps');

const TABLES = {
    hostile: () => [
        ...require('./hostile/cases_handshake'),
        ...require('./hostile/cases_frame'),
        ...require('./hostile/cases_deflate'),
        ...require('./hostile/cases_odd'),
    ],
    suite: () => [
        ...require('./suite/framing'),
        ...require('./suite/utf8'),
        ...require('./suite/closing'),
        ...require('./suite/limits'),
        ...require('./suite/compression'),
    ],
};
let CASES = [];

const OPTIONS = [
    {
        name: 'table',
        kind: 'text',
        value: 'hostile',
        choices: Object.keys(TABLES),
        help: 'which cases: hostile (default) or suite',
    },
    { name: 'hold-ms', kind: 'number', value: 20000, help: 'how long a silent case stays silent' },
].concat(TLS_OPTIONS);

const MAX_REQUEST_BYTES = 65536;
const MAX_ENDLESS_BYTES = 256 << 20;
const RST_DELAY_MS = 50; // so that the client has read what came before the reset
const LATE_READ_MS = 1500;
const POLL_MS = 20;

// Ports for what happens before a request; the row's `port` names one.
const EARLY_PORTS = {
    fin: (socket) => socket.end(),
    rst: (socket) => resetSocket(socket),
    garbage: (socket) =>
        socket.end(Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 73 + 5) & 255))),
    silence: () => {},
};

function sleep(ms) {
    return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}

class Connection {
    constructor(server, socket, transport) {
        this.server = server;
        this.socket = socket;
        this.transport = transport;
        this.row = null;
        this.run = null;
        this.head = Buffer.alloc(0);
        this.reader = null;
        this.sentClose = false;
        this.ended = null;
        this.playing = Promise.resolve(); // until the row is carried out
        socket.on('data', (chunk) => this.data(chunk));
        socket.on('end', () => {
            this.ended = this.ended || 'fin';
            socket.end();
        });
        socket.on('error', () => {
            this.ended = this.ended || 'rst';
        });
        socket.on('close', () => this.finish());
        this.timer = setTimeout(() => this.giveUp(), server.options.holdMs);
    }

    giveUp() {
        this.ended = this.ended || 'held';
        this.socket.destroy();
    }

    finish() {
        clearTimeout(this.timer);
        if (this.run) {
            this.playing.then(() => {
                this.run.ended = this.ended || 'server';
                this.server.log.write('run', this.run);
            });
        }
    }

    // A row begins on this connection.
    begin(row, request) {
        this.row = row;
        this.run = this.server.newRun(row, request);
        this.reader = new ClientReader(this.run);
        this.reader.onPing = (body) => this.write(pong(body));
        this.reader.onClose = () => this.clientCloses();
    }

    data(chunk) {
        if (this.reader) {
            if (this.run.upgraded) {
                this.reader.push(chunk);
            }
            return;
        }
        this.head = Buffer.concat([this.head, chunk]);
        const end = this.head.indexOf('\r\n\r\n');
        if (end >= 0) {
            this.request(
                parseRequest(this.head.subarray(0, end).toString('latin1')),
                this.head.subarray(end + 4),
            );
        } else if (this.head.length > MAX_REQUEST_BYTES) {
            this.socket.destroy();
        }
    }

    request(request, rest) {
        const url = new URL(request.path, 'http://hostile');
        if (url.pathname.startsWith('/_')) {
            this.server.serveHttp(this.socket, url);
            return;
        }
        const row = CASES.find(
            (candidate) => `/${candidate.name}` === url.pathname && !candidate.port,
        );
        if (!row) {
            this.socket.end(plainReply(404, 'Not Found', {}, 'no such case\n'));
            return;
        }
        this.begin(row, request);
        this.run.bad = requestFault(request) || (rest.length > 0 ? 'data before the reply' : null);
        this.playing = this.play(row, request).catch((error) => {
            this.run.bad = this.run.bad || `hostile.js: ${error.stack}`;
            this.socket.destroy();
        });
    }

    isGone() {
        return this.socket.destroyed || this.socket.writableEnded;
    }

    // Resolves when the bytes are with the kernel, or the connection is over.
    write(bytes) {
        return new Promise((resolve) => {
            if (this.isGone()) {
                resolve();
                return;
            }
            this.socket.once('close', resolve);
            this.socket.write(bytes, () => {
                this.socket.removeListener('close', resolve);
                resolve();
            });
        });
    }

    async drip(bytes, ms) {
        this.socket.setNoDelay(true);
        for (let i = 0; i < bytes.length && !this.isGone(); i++) {
            await this.write(bytes.subarray(i, i + 1));
            await sleep(ms);
        }
    }

    emit(bytes) {
        return this.row.dripMs === undefined
            ? this.write(bytes)
            : this.drip(bytes, this.row.dripMs);
    }

    async play(row, request) {
        if (row.reply) {
            await this.playReply(row, request);
        } else {
            await this.playFrames(row, request);
        }
    }

    async playReply(row, request) {
        const reply = row.reply(request);
        if (row.ending !== 'frames') {
            await this.emit(reply);
            await this.endWith(row.ending);
            return;
        }
        const frames = row.legal ? [...row.frames(), close(1000)] : [];
        this.sentClose = row.legal === true;
        if (row.isGlued) {
            await this.emit(Buffer.concat([reply, ...frames]));
        } else {
            await this.emit(reply);
            await this.write(Buffer.concat(frames));
        }
    }

    async playFrames(row, request) {
        const offered = request.headers['sec-websocket-extensions'] || '';
        if (row.pmd && !offered.includes('permessage-deflate')) {
            this.run.bad = 'permessage-deflate was not offered';
            this.socket.end(plainReply(400, 'Bad Request'));
            return;
        }
        await this.write(
            upgradeReply(request, { add: row.pmd ? [`Sec-WebSocket-Extensions: ${row.pmd}`] : [] }),
        );
        if (row.rounds) {
            await playRounds(this, row.rounds);
            this.sentClose = true;
            await this.write(close(1000));
            return;
        }
        const frames = row.send();
        if (row.legal) {
            this.sentClose = true;
            frames.push(...(row.closesItself ? [] : [close(1000)]));
        }
        if (row.readsLate) {
            this.socket.pause();
            setTimeout(() => this.socket.resume(), LATE_READ_MS);
        }
        if (frames.some((step) => step.until) || row.chop) {
            await playSteps(this, frames, row.chop);
        } else {
            await this.emit(Buffer.concat(frames));
        }
        if (row.ending) {
            await this.endWith(row.ending);
        }
    }

    async endWith(ending) {
        switch (ending) {
            case 'fin':
                this.ended = 'server';
                this.socket.end();
                break;
            case 'rst':
                await sleep(RST_DELAY_MS);
                this.ended = 'server';
                resetSocket(this.socket, this.transport);
                break;
            case 'endless':
                for (
                    let sent = 0;
                    sent < MAX_ENDLESS_BYTES && !this.isGone();
                    sent += this.row.filler.length
                ) {
                    await this.write(this.row.filler);
                }
                break;
            default: // hold: the timer, or the client, ends it
        }
    }

    // The client's close frame: answered unless it is itself an answer; then the server ends the
    // TCP connection, as it should.
    clientCloses() {
        if (this.isGone()) {
            return;
        }
        const code = this.run.close_code;
        this.socket.end(this.sentClose ? undefined : close(code === 1005 ? null : code));
    }
}

class Hostile {
    constructor(options) {
        this.options = options;
        this.log = new Log(options.log);
        this.runs = [];
        this.transports = new Map();
        if (options.tls) {
            this.listener = tls.createServer({ ...tlsOptions(options), allowHalfOpen: true });
            this.listener.on('connection', (socket) => this.keepTransport(socket));
            this.listener.on('secureConnection', (socket) => this.accept(socket));
            this.listener.on('tlsClientError', (error) =>
                this.log.write('tls_error', { text: error.message }),
            );
        } else {
            this.listener = net.createServer({ allowHalfOpen: true }, (socket) =>
                this.accept(socket),
            );
        }
    }

    keepTransport(socket) {
        const name = `${socket.remoteAddress}:${socket.remotePort}`;
        this.transports.set(name, socket);
        socket.on('error', () => {});
        socket.on('close', () => this.transports.delete(name));
    }

    accept(socket) {
        return new Connection(
            this,
            socket,
            this.transports.get(`${socket.remoteAddress}:${socket.remotePort}`),
        );
    }

    newRun(row, request) {
        const run = {
            case: row.name,
            n: this.runs.filter((other) => other.case === row.name).length + 1,
            upgraded: Boolean(row.send || row.rounds || row.ending === 'frames'),
            path: request ? request.path : null,
            headers: request ? request.headers : {},
            close_code: null,
            close_reason: '',
            pings: 0,
            pongs: 0,
            last_pong: null,
            pong_bodies: [],
            waits: [],
            echoed: 0,
            messages: [],
            bad: null,
            ended: null,
        };
        this.runs.push(run);
        return run;
    }

    async serveHttp(socket, url) {
        const name = url.searchParams.get('case');
        const chosen = () => this.runs.filter((run) => !name || run.case === name);
        if (url.pathname === '/_cases') {
            socket.end(
                plainReply(
                    200,
                    'OK',
                    { 'Content-Type': 'application/json' },
                    JSON.stringify(this.describe()),
                ),
            );
            return;
        }
        const deadline = Date.now() + Number(url.searchParams.get('wait') || 0);
        const isSettled = () => chosen().length > 0 && chosen().every((run) => run.ended !== null);
        while (Date.now() < deadline && !isSettled()) {
            await sleep(POLL_MS);
        }
        socket.end(
            plainReply(200, 'OK', { 'Content-Type': 'application/json' }, JSON.stringify(chosen())),
        );
    }

    // The early ports listen one after the other, then `done` is called.
    openEarlyPorts(done) {
        this.ports = {};
        const names = Object.keys(EARLY_PORTS);
        const next = () => {
            const name = names.shift();
            if (!name) {
                done();
                return;
            }
            const server = net.createServer((socket) => {
                const connection = new Connection(this, socket, null);
                connection.begin(
                    CASES.find((row) => row.port === name),
                    null,
                );
                EARLY_PORTS[name](socket);
            });
            const own = { host: this.options.host, port: 0 };
            listen(server, own, () => {
                this.ports[name] = own.port;
                next();
            });
        };
        next();
    }

    describe() {
        return CASES.map((row) => ({
            name: row.name,
            group: row.group,
            path: `/${row.name}`,
            port: row.port ? this.ports[row.port] : this.options.port,
            about: row.about,
            legal: row.legal === true,
            needs_timeout: row.needs_timeout === true,
            pmd: row.pmd || null,
            rounds: row.rounds ? row.rounds.count : 0,
            expect: row.expect,
        }));
    }
}

function main() {
    const options = parseOptions(
        'hostile.js: a server that breaks the rules',
        OPTIONS,
        process.argv.slice(2),
    );
    CASES = TABLES[options.table]();
    const names = new Set(CASES.map((row) => row.name));
    if (names.size !== CASES.length) {
        die('two cases have one name');
    }
    const hostile = new Hostile(options);
    const commands = { runs: () => ({ runs: hostile.runs }) };
    hostile.openEarlyPorts(() =>
        start(hostile.listener, options, hostile.log, commands, () => ({
            cases: hostile.describe(),
        })),
    );
}

main();
