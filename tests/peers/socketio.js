// SPDX-License-Identifier: MIT
// A venue on the npm package socket.io, 4.x or (`--version 2`) 2.x: it demands a login, keeps what each client has
// subscribed, and emits what its stdin says. See README.md.
'use strict';

const http = require('http');
const https = require('https');

const { Log, TLS_OPTIONS, parseOptions, start, tlsOptions } = require('./peer.js');

const OPTIONS = [
    { name: 'version', kind: 'text', value: '4', choices: ['2', '4'], help: 'socket.io 4.x or 2.x' },
    { name: 'path', kind: 'text', value: '/socket.io', help: 'where it listens' },
    { name: 'namespace', kind: 'text', value: '/', help: 'the namespace that serves' },
    { name: 'transports', kind: 'text', value: 'polling,websocket', help: 'those it takes' },
    { name: 'ping-interval', kind: 'number', value: 25000, help: 'ms' },
    { name: 'ping-timeout', kind: 'number', value: 20000, help: 'ms' },
    { name: 'max-payload', kind: 'number', value: 1e6, help: 'maxHttpBufferSize' },
    { name: 'allow-eio3', kind: 'flag', value: false, help: '4.x: takes clients of 2.x' },
    { name: 'login', kind: 'text', value: 'none', choices: ['none', 'auth', 'query', 'headers', 'event'], help: 'where key and secret must be' },
    { name: 'gate', kind: 'text', value: 'middleware', choices: ['middleware', 'request'], help: 'who refuses' },
    { name: 'login-key', kind: 'text', value: 'k-123', help: '' },
    { name: 'login-secret', kind: 'text', value: 's-456', help: '' },
    { name: 'recovery', kind: 'flag', value: false, help: '4.x: connection state recovery' },
    { name: 'no-upgrade', kind: 'flag', value: false, help: 'offers no websocket to polling clients' },
    { name: 'cookie', kind: 'flag', value: false, help: 'demands the cookie of the handshake' },
    ...TLS_OPTIONS,
];

class Venue {
    constructor(options) {
        this.options = options;
        this.log = new Log(options.log);
        this.sockets = new Map();
        this.opened = 0; // Engine.IO sessions, and refused requests for one
        this.server = options.tls ? https.createServer(tlsOptions(options)) : http.createServer();
        const settings = {
            path: options.path,
            transports: options.transports.split(','),
            pingInterval: options.pingInterval,
            pingTimeout: options.pingTimeout,
            maxHttpBufferSize: options.maxPayload,
            allowEIO3: options.allowEio3,
            allowUpgrades: !options.noUpgrade,
            cookie: options.cookie ? (options.version === '2' ? 'io' : { name: 'io' }) : false,
            serveClient: false,
        };
        if (options.recovery) {
            settings.connectionStateRecovery = { maxDisconnectionDuration: 60000 };
        }
        if (options.gate === 'request') {
            settings.allowRequest = (request, done) => this.checkRequest(request, done);
        }
        if (options.version === '2') {
            this.io = require('sio2')(this.server, settings);
        } else {
            const { Server } = require('socket.io');
            this.io = new Server(this.server, settings);
        }
        this.server.prependListener('request', (request) => this.watch(request));
        this.io.engine.on('connection', (socket) => this.watchEngine(socket));
        const namespace = this.io.of(options.namespace);
        if (options.gate === 'middleware') {
            namespace.use((socket, next) => this.admit(socket, next));
        }
        namespace.on('connection', (socket) => this.open(socket));
    }

    watch(request) {
        this.log.write('request', { method: request.method, path: request.url, headers: request.headers });
    }

    watchEngine(socket) {
        if (this.options.gate === 'middleware') {
            this.opened++;
        }
        this.log.write('engine', { id: socket.id, transport: socket.transport.name, protocol: socket.protocol || 3 });
        socket.on('upgrade', (transport) => this.log.write('upgrade', { id: socket.id, transport: transport.name }));
        socket.on('close', (reason) => this.log.write('engine_close', { id: socket.id, reason }));
    }

    // The key and the secret where `--login` wants them.
    credentials(handshake) {
        switch (this.options.login) {
            case 'auth':
                return handshake.auth || {};
            case 'query':
                return handshake.query || {};
            case 'headers':
                return { key: handshake.headers['x-key'], secret: handshake.headers['x-secret'] };
            default:
                return null;
        }
    }

    isGood(given) {
        return given === null || (given.key === this.options.loginKey && given.secret === this.options.loginSecret);
    }

    checkRequest(request, done) {
        const url = new URL(request.url, 'http://venue');
        if (url.searchParams.has('sid')) {
            done(null, true);
            return;
        }
        this.opened++;
        const isGood = this.isGood(
            this.credentials({ headers: request.headers, query: Object.fromEntries(url.searchParams) }),
        );
        done(isGood ? null : this.options.version === '2' ? 4 : 'wrong key', isGood);
    }

    admit(socket, next) {
        const given = this.credentials(socket.handshake);
        this.log.write('login', { auth: socket.handshake.auth, query: socket.handshake.query, headers: socket.handshake.headers });
        next(this.isGood(given) ? undefined : new Error('wrong key or secret'));
    }

    open(socket) {
        const client = { socket, wanted: new Set(), isIn: this.options.login !== 'event' };
        this.sockets.set(socket.id, client);
        this.log.write('open', { id: socket.id, recovered: socket.recovered || false });
        const any = (name, ...args) => {
            const ack = typeof args[args.length - 1] === 'function' ? args.pop() : null;
            const shown = args.map((arg) => (Buffer.isBuffer(arg) ? { hex: arg.toString('hex') } : arg));
            this.log.write('event', { name, args: shown, asks: ack !== null });
            this.heard(client, name, args, ack);
        };
        if (socket.onAny) {
            socket.onAny(any);
        } else {
            for (const name of ['login', 'subscribe', 'unsubscribe', 'message', 'bytes', 'join', 'echo']) {
                socket.on(name, (...args) => any(name, ...args));
            }
        }
        socket.on('disconnect', (reason) => {
            this.sockets.delete(socket.id);
            this.log.write('close', { id: socket.id, reason });
        });
    }

    heard(client, name, args, ack) {
        const request = args[0] || {};
        if (name === 'login') {
            client.isIn = this.isGood(request);
            if (ack) {
                ack({ ok: client.isIn });
            } else {
                client.socket.emit('login', { ok: client.isIn });
            }
        } else if (name === 'echo') {
            client.socket.emit('echo', ...args);
        } else if (name === 'subscribe' && client.isIn) {
            (request.trades || []).forEach((symbol) => client.wanted.add(symbol));
        } else if (name === 'unsubscribe') {
            (request.trades || []).forEach((symbol) => client.wanted.delete(symbol));
        }
        if (ack && name !== 'login') {
            ack(name, args.length);
        }
    }

    publish({ first, count, symbol, size }) {
        for (const client of this.sockets.values()) {
            for (let i = first; client.wanted.has(symbol) && i < first + count; i++) {
                client.socket.emit('trade', { S: symbol, i, x: 'x'.repeat(size || 0) });
            }
        }
        return {};
    }

    // {"hex": "..."} anywhere in the arguments is bytes.
    arguments(value) {
        if (Array.isArray(value)) {
            return value.map((item) => this.arguments(item));
        }
        if (value !== null && typeof value === 'object') {
            if (typeof value.hex === 'string') {
                return Buffer.from(value.hex, 'hex');
            }
            return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.arguments(item)]));
        }
        return value;
    }

    emit({ event, args, ack }) {
        const given = this.arguments(args || []);
        for (const { socket } of this.sockets.values()) {
            if (ack) {
                socket.emit(event, ...given, (...answer) => this.log.write('ack', { event, args: answer }));
            } else {
                socket.emit(event, ...given);
            }
        }
        return {};
    }

    // Broadcast: with --recovery such events carry an offset.
    broadcast({ event, args }) {
        this.io.of(this.options.namespace).emit(event, ...this.arguments(args || []));
        return {};
    }

    stats() {
        return {
            opened: this.opened,
            conns: [...this.sockets.values()].map((client) => ({
                id: client.socket.id,
                wanted: [...client.wanted],
                transport: client.socket.conn.transport.name,
            })),
        };
    }

    commands() {
        const all = () => [...this.sockets.values()];
        return {
            publish: (request) => this.publish(request),
            emit: (request) => this.emit(request),
            broadcast: (request) => this.broadcast(request),
            leave: () => (all().forEach((client) => client.socket.disconnect(false)), {}),
            kick: () => (all().forEach((client) => client.socket.disconnect(true)), {}),
            close: () => (all().forEach((client) => client.socket.conn.close()), {}),
            stats: () => this.stats(),
        };
    }
}

function main() {
    const options = parseOptions('socketio.js: a Socket.IO venue for tests', OPTIONS, process.argv.slice(2));
    const venue = new Venue(options);
    start(venue.server, options, venue.log, venue.commands());
}

main();
