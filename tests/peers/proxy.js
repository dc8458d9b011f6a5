#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A CONNECT proxy on plain sockets, well-behaved or in one of the ways in which proxies are not.
// It logs each target that was asked for, so that a test knows whether the client went through
// it. README.md, "proxy.js", is its reference.
'use strict';

const net = require('net');

const { Log, die, parseOptions, resetSocket, start } = require('./peer');

const MODES = [
    'ok',
    '407',
    '403',
    '502',
    'hang',
    'close',
    'garbage',
    'drop',
    'http10',
    'headers',
    'drip',
    'endless',
];

const OPTIONS = [
    { name: 'mode', kind: 'text', value: 'ok', choices: MODES, help: MODES.join(' ') },
    { name: 'user', kind: 'text', value: null, help: 'demand this user' },
    { name: 'password', kind: 'text', value: '', help: 'and this password' },
    {
        name: 'connect-to',
        kind: 'text',
        value: null,
        help: 'HOST:PORT to connect to, whatever was asked for',
    },
    {
        name: 'drop-after',
        kind: 'number',
        value: 1000,
        help: 'bytes from the target, in mode drop',
    },
];

const MAX_HEAD_BYTES = 65536;
const MAX_ENDLESS_BYTES = 64 << 20;
const DRIP_MS = 5;
const BYE = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';

// What refuses a CONNECT at once: the bytes of the reply.
const REFUSALS = {
    407: `HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: Basic realm="proxy"\r\n${BYE}`,
    403: `HTTP/1.1 403 Forbidden\r\n${BYE}`,
    502: `HTTP/1.1 502 Bad Gateway\r\n${BYE}`,
    garbage: Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 131 + 7) & 255)),
    close: '',
};

const FILLER = `X-Filler: ${'x'.repeat(88)}\r\n`.repeat(80);

// How a granted CONNECT is answered.
const GRANTS = {
    http10: 'HTTP/1.0 200 OK\r\n\r\n',
    headers: `HTTP/1.1 200 OK\r\n${FILLER}\r\n`,
};

function splitTarget(target) {
    const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(target);
    return match ? { host: match[1] || match[2], port: Number(match[3]) } : null;
}

class Proxy {
    constructor(options) {
        this.options = options;
        this.mode = options.mode;
        this.log = new Log(options.log);
        this.sockets = new Set();
        this.listener = net.createServer((socket) => this.accept(socket));
    }

    keep(socket) {
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
        socket.on('error', (error) => this.log.write('error', { text: error.message }));
    }

    accept(socket) {
        this.keep(socket);
        let head = Buffer.alloc(0);
        const onData = (chunk) => {
            head = Buffer.concat([head, chunk]);
            const end = head.indexOf('\r\n\r\n');
            if (end >= 0) {
                socket.removeListener('data', onData);
                this.request(
                    socket,
                    head.subarray(0, end).toString('latin1'),
                    head.subarray(end + 4),
                );
            } else if (head.length > MAX_HEAD_BYTES) {
                socket.destroy();
            }
        };
        socket.on('data', onData);
    }

    request(socket, head, rest) {
        const [line, ...lines] = head.split('\r\n');
        const [method, target] = line.split(' ');
        const headers = Object.fromEntries(
            lines.map((entry) => {
                const colon = entry.indexOf(':');
                return [entry.slice(0, colon).toLowerCase(), entry.slice(colon + 1).trim()];
            }),
        );
        if (method !== 'CONNECT') {
            this.log.write('request', { line, headers });
            socket.end(`HTTP/1.1 405 Method Not Allowed\r\n${BYE}`);
            return;
        }
        const status = this.statusFor(headers);
        this.log.write('connect', {
            target,
            authorization: headers['proxy-authorization'] || null,
            headers,
            status,
        });
        if (REFUSALS[status] !== undefined) {
            socket.end(REFUSALS[status]);
        } else if (this.mode === 'endless') {
            this.pour(socket);
        } else if (this.mode !== 'hang') {
            this.connect(socket, target, rest);
        }
    }

    // The name of the refusal, or '200'; 'hang' for none of them.
    statusFor(headers) {
        const { user, password } = this.options;
        if (REFUSALS[this.mode] !== undefined) {
            return this.mode;
        }
        if (user !== null) {
            const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
            if (headers['proxy-authorization'] !== wanted) {
                return '407';
            }
        }
        return this.mode === 'hang' || this.mode === 'endless' ? this.mode : '200';
    }

    pour(socket) {
        const filler = 'X-Again: and again\r\n'.repeat(1000);
        let sent = 0;
        const next = () => {
            if (!socket.destroyed && sent < MAX_ENDLESS_BYTES) {
                sent += filler.length;
                socket.write(filler, next);
            }
        };
        socket.write('HTTP/1.1 200 OK\r\n', next);
    }

    connect(socket, target, rest) {
        const place = splitTarget(this.options.connectTo || target);
        if (!place) {
            socket.end(`HTTP/1.1 400 Bad Request\r\n${BYE}`);
            return;
        }
        const upstream = net.connect(place);
        let isUp = false;
        this.keep(upstream);
        upstream.on('connect', () => {
            isUp = true;
            this.grant(socket, () => this.tunnel(socket, upstream, target, rest));
        });
        upstream.on('error', () => {
            if (!isUp) {
                socket.end(REFUSALS[502]);
            }
        });
        socket.on('close', () => upstream.destroy());
    }

    grant(socket, done) {
        const reply = Buffer.from(GRANTS[this.mode] || ESTABLISHED);
        if (this.mode !== 'drip') {
            socket.write(reply);
            done();
            return;
        }
        let at = 0;
        const step = () => {
            if (socket.destroyed) {
                return;
            }
            socket.write(reply.subarray(at, ++at));
            if (at === reply.length) {
                done(); // at once: the client may speak as soon as it has the last byte
            } else {
                setTimeout(step, DRIP_MS);
            }
        };
        step();
    }

    tunnel(socket, upstream, target, rest) {
        const count = { up: rest.length, down: 0 };
        upstream.write(rest);
        socket.on('data', (chunk) => {
            count.up += chunk.length;
        });
        upstream.on('data', (chunk) => {
            count.down += chunk.length;
            if (this.mode === 'drop' && count.down >= this.options.dropAfter) {
                resetSocket(socket);
                upstream.destroy();
            }
        });
        socket.on('close', () => this.log.write('done', { target, ...count }));
        socket.pipe(upstream);
        upstream.pipe(socket);
        upstream.on('close', () => socket.end());
    }

    commands() {
        return {
            mode: (request) => {
                if (!MODES.includes(request.mode)) {
                    throw new Error(`no mode '${request.mode}'`);
                }
                this.mode = request.mode;
                return {};
            },
            drop: () => {
                const dropped = this.sockets.size;
                this.sockets.forEach((socket) => resetSocket(socket));
                return { dropped };
            },
        };
    }
}

function main() {
    const options = parseOptions(
        'proxy.js: a CONNECT proxy for tests',
        OPTIONS,
        process.argv.slice(2),
    );
    if (options.connectTo !== null && !splitTarget(options.connectTo)) {
        die(`--connect-to: '${options.connectTo}' is not HOST:PORT`);
    }
    const proxy = new Proxy(options);
    start(proxy.listener, options, proxy.log, proxy.commands());
}

main();
