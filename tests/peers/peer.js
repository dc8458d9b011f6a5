// SPDX-License-Identifier: MIT
// What the servers of this folder have in common: options from a table of rows, the ready line,
// commands on stdin, the NDJSON log, and a bounded life. A server is started by a test and must
// never outlive it, so it ends on SIGTERM, when its stdin closes, and in any case after
// --max-seconds. The log is written synchronously: a test that saw the effect of an event finds
// the event in the file.
'use strict';

const fs = require('fs');

const COMMON_OPTIONS = [
    {
        name: 'host',
        kind: 'text',
        value: '127.0.0.1',
        help: 'address to listen on; :: is both families',
    },
    { name: 'port', kind: 'number', value: 0, help: 'port, 0 = any free one' },
    { name: 'log', kind: 'text', value: null, help: 'file to append the NDJSON log to' },
    { name: 'max-seconds', kind: 'number', value: 120, help: 'end of life, whatever happens' },
];

const TLS_OPTIONS = [
    { name: 'tls', kind: 'flag', value: false, help: 'speak TLS' },
    { name: 'cert', kind: 'text', value: null, help: 'certificate chain, PEM' },
    { name: 'key', kind: 'text', value: null, help: 'private key, PEM' },
    {
        name: 'client-ca',
        kind: 'text',
        value: null,
        help: 'demand a client certificate of this CA',
    },
    { name: 'tls-max', kind: 'text', value: null, help: 'newest TLS version: 1.2 or 1.3' },
];

function die(text) {
    process.stderr.write(text + '\n');
    process.exit(2);
}

function camel(name) {
    return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}

function parseValue(row, text) {
    if (row.kind === 'number') {
        const number = Number(text);
        if (text === '' || !Number.isFinite(number) || number < 0) {
            die(`--${row.name}: '${text}' is not a number of 0 or more`);
        }
        return number;
    }
    if (row.choices && !row.choices.includes(text)) {
        die(`--${row.name}: '${text}' is none of ${row.choices.join(', ')}`);
    }
    return text;
}

function printHelp(title, rows) {
    const lines = rows.map((row) => `  --${row.name.padEnd(32)} ${row.help}`);
    process.stdout.write(`${title}\n${lines.join('\n')}\n`);
    process.exit(0);
}

// Options as an object with camelCase members; a row of kind 'list' may be repeated.
function parseOptions(title, ownRows, argv) {
    const rows = ownRows.concat(COMMON_OPTIONS);
    const options = {};
    for (const row of rows) {
        options[camel(row.name)] = row.kind === 'list' ? [] : row.value;
    }
    for (let i = 0; i < argv.length; i++) {
        if (argv[i] === '--help') {
            printHelp(title, rows);
        }
        const row = rows.find((candidate) => `--${candidate.name}` === argv[i]);
        if (!row) {
            die(`unknown option '${argv[i]}'; see --help`);
        }
        if (row.kind === 'flag') {
            options[camel(row.name)] = true;
            continue;
        }
        if (++i >= argv.length) {
            die(`--${row.name} needs a value`);
        }
        const value = parseValue(row, argv[i]);
        if (row.kind === 'list') {
            options[camel(row.name)].push(value);
        } else {
            options[camel(row.name)] = value;
        }
    }
    return options;
}

function readFileOrDie(path, what) {
    try {
        return fs.readFileSync(path);
    } catch (error) {
        return die(`${what}: ${error.message}`);
    }
}

// The options object of tls.createServer / https.createServer.
function tlsOptions(options) {
    if (!options.cert || !options.key) {
        die('--tls needs --cert and --key');
    }
    const result = {
        cert: readFileOrDie(options.cert, '--cert'),
        key: readFileOrDie(options.key, '--key'),
    };
    if (options.clientCa) {
        result.ca = readFileOrDie(options.clientCa, '--client-ca');
        result.requestCert = true;
        result.rejectUnauthorized = true;
    }
    if (options.tlsMax) {
        result.maxVersion = `TLSv${options.tlsMax}`;
    }
    return result;
}

class Log {
    constructor(path) {
        this.fd = path ? fs.openSync(path, 'a') : -1;
        this.startMs = Date.now();
        this.onEvent = null;
    }

    write(ev, members) {
        const event = { t: Date.now() - this.startMs, ev, ...members };
        if (this.fd >= 0) {
            fs.writeSync(this.fd, JSON.stringify(event) + '\n');
        }
        if (this.onEvent) {
            this.onEvent(event);
        }
    }
}

// process.stdout of a pipe is asynchronous; a reply must not be lost when the process ends right
// after it.
function say(value) {
    try {
        fs.writeSync(1, JSON.stringify(value) + '\n');
    } catch (error) {
        process.exit(0); // the starter is gone
    }
}

function runCommand(line, commands) {
    let request;
    try {
        request = JSON.parse(line);
    } catch (error) {
        return { ok: false, error: `not JSON: ${error.message}` };
    }
    const name = request === null ? null : request.cmd;
    if (!Object.prototype.hasOwnProperty.call(commands, name)) {
        return {
            ok: false,
            cmd: name,
            error: `unknown command; known: ${Object.keys(commands).join(' ')}`,
        };
    }
    try {
        return { ok: true, cmd: name, ...commands[name](request) };
    } catch (error) {
        return { ok: false, cmd: name, error: error.message };
    }
}

// Takes commands from stdin, one JSON object a line, and ends the process when stdin does.
function serveCommands(commands, log) {
    const known = {
        ...commands,
        exit: () => {
            setImmediate(() => process.exit(0));
            return {};
        },
    };
    let rest = '';
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines.filter((text) => text.trim() !== '')) {
            log.write('command', { text: line });
            const reply = runCommand(line, known);
            Promise.resolve(reply.later).then(() => {
                delete reply.later;
                say(reply);
            });
        }
    });
    process.stdin.on('end', () => process.exit(0));
    process.stdin.on('error', () => process.exit(0));
}

function boundLife(options) {
    process.on('SIGTERM', () => process.exit(0));
    process.on('SIGINT', () => process.exit(0));
    setTimeout(() => process.exit(3), options.maxSeconds * 1000).unref();
}

// A server that refuses new connections while it is not listening, on a port that stays its own.
function listen(server, options, onReady) {
    server.on('error', (error) => die(`listen: ${error.message}`));
    server.listen({ host: options.host, port: options.port }, () => {
        options.port = server.address().port;
        onReady(options.port);
    });
}

// `describe()` gives further members of the ready line, once the port is known.
function start(server, options, log, commands, describe = () => ({})) {
    boundLife(options);
    serveCommands(commands, log);
    listen(server, options, (port) => say({ port, pid: process.pid, ...describe() }));
}

// RST instead of FIN. A TLS socket cannot do that itself, and node has no public way: the TCP
// handle under it is reset, which TLS does not hear of, so that its close event is sent for it.
function resetSocket(socket, transport) {
    const handle = transport && transport._handle;
    if (!transport) {
        socket.resetAndDestroy();
        return;
    }
    if (!handle || typeof handle.reset !== 'function') {
        socket.destroy();
        return;
    }
    let isClosed = false;
    socket.once('close', () => {
        isClosed = true;
    });
    handle.reset(() => {
        socket.destroy();
        setImmediate(() => {
            if (!isClosed) {
                socket.emit('close', true);
            }
        });
    });
}

module.exports = {
    TLS_OPTIONS,
    Log,
    die,
    listen,
    parseOptions,
    readFileOrDie,
    resetSocket,
    say,
    start,
    tlsOptions,
};
