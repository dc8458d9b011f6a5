// SPDX-License-Identifier: MIT
// The websocket wire by hand: frames of any shape, right or wrong, the upgrade reply of any
// shape, and a strict reader of what the client sends. Nothing here uses a websocket package: a
// package would refuse to break the rules.
'use strict';

const crypto = require('crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OP = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };
const MAX_LOGGED_MESSAGES = 50;
const MAX_LOGGED_BYTES = 4096;

function lengthBytes(length, form) {
    const shortest = length < 126 ? 7 : length < 65536 ? 16 : 64;
    switch (form || shortest) {
        case 7:
            return Buffer.from([length]);
        case 16: {
            const bytes = Buffer.from([126, 0, 0]);
            bytes.writeUInt16BE(length, 1);
            return bytes;
        }
        default: {
            const bytes = Buffer.alloc(9, 0);
            bytes[0] = 127;
            bytes.writeBigUInt64BE(BigInt(length), 1);
            return bytes;
        }
    }
}

// One frame. `length` announces another length than the payload has; `form` is 7, 16 or 64 bits
// of length.
function frame({
    opcode,
    payload = '',
    fin = true,
    rsv = 0,
    mask = false,
    length = null,
    form = null,
}) {
    const body = Buffer.from(payload);
    const size = lengthBytes(length === null ? body.length : length, form);
    const head = Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]), size]);
    if (!mask) {
        return Buffer.concat([head, body]);
    }
    head[1] |= 0x80;
    const key = Buffer.from([0x11, 0x22, 0x33, 0x44]);
    return Buffer.concat([head, key, body.map((byte, i) => byte ^ key[i & 3])]);
}

const text = (payload, more) => frame({ opcode: OP.TEXT, payload, ...more });
const binary = (payload, more) => frame({ opcode: OP.BINARY, payload, ...more });
const more = (payload, extra) => frame({ opcode: OP.CONTINUATION, payload, ...extra });
const ping = (payload, extra) => frame({ opcode: OP.PING, payload, ...extra });
const pong = (payload, extra) => frame({ opcode: OP.PONG, payload, ...extra });

function close(code, reason = '', extra = {}) {
    if (code === null) {
        return frame({ opcode: OP.CLOSE, ...extra });
    }
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
    return frame({ opcode: OP.CLOSE, payload, ...extra });
}

function acceptOf(key) {
    return crypto
        .createHash('sha1')
        .update(key + GUID)
        .digest('base64');
}

// The upgrade reply. `replace` gives headers other values (null: leaves them out); `add` is more
// lines.
function upgradeReply(
    request,
    { line = 'HTTP/1.1 101 Switching Protocols', replace = {}, add = [], eol = '\r\n' } = {},
) {
    const headers = {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Accept': acceptOf(request.headers['sec-websocket-key'] || ''),
        ...replace,
    };
    const lines = Object.entries(headers)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}: ${value}`);
    return Buffer.from([line, ...lines, ...add, '', ''].join(eol), 'latin1');
}

function plainReply(status, reason, headers = {}, body = '') {
    const all = { 'Content-Length': Buffer.byteLength(body), Connection: 'close', ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    return Buffer.from([`HTTP/1.1 ${status} ${reason}`, ...lines, '', body].join('\r\n'));
}

function parseRequest(head) {
    const [line, ...rest] = head.split('\r\n');
    const [method, path, version] = line.split(' ');
    const headers = {};
    for (const header of rest.filter((entry) => entry !== '')) {
        const colon = header.indexOf(':');
        headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim();
    }
    return { method, path: path || '', version, headers };
}

// What is wrong with the client's own upgrade request, or null.
function requestFault({ method, version, headers }) {
    const checks = [
        [method === 'GET', 'the method is not GET'],
        [version === 'HTTP/1.1', 'the version is not HTTP/1.1'],
        [headers.host !== undefined, 'no Host'],
        [(headers.upgrade || '').toLowerCase() === 'websocket', 'no Upgrade: websocket'],
        [/(^|,)\s*upgrade\s*(,|$)/i.test(headers.connection || ''), 'no Connection: Upgrade'],
        [headers['sec-websocket-version'] === '13', 'no Sec-WebSocket-Version: 13'],
        [
            Buffer.from(headers['sec-websocket-key'] || '', 'base64').length === 16,
            'the key is not 16 bytes of base64',
        ],
    ];
    const failed = checks.find(([isRight]) => !isRight);
    return failed ? failed[1] : null;
}

// Reads the client's frames into a run record, and notes the first rule that the client itself
// breaks.
class ClientReader {
    constructor(run) {
        this.run = run;
        this.rest = Buffer.alloc(0);
        this.onClose = null;
        this.onPing = null;
        this.onMessage = null; // takes messages instead of the log
    }

    push(chunk) {
        this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
        let from = 0;
        for (;;) {
            const size = this.one(from);
            if (size === 0) {
                break;
            }
            from += size;
        }
        this.rest = this.rest.subarray(from);
    }

    // Takes the frame at `from`; returns its size, 0 when it is not complete.
    one(from) {
        const { rest } = this;
        if (rest.length - from < 2) {
            return 0;
        }
        let length = rest[from + 1] & 127;
        let head = 2;
        if (length === 126) {
            head = 4;
        } else if (length === 127) {
            head = 10;
        }
        if (rest.length - from < head + 4) {
            return 0;
        }
        if (head === 4) {
            length = rest.readUInt16BE(from + 2);
        } else if (head === 10) {
            length = Number(rest.readBigUInt64BE(from + 2));
        }
        const isMasked = (rest[from + 1] & 128) !== 0;
        const keyAt = from + head;
        const bodyAt = keyAt + (isMasked ? 4 : 0);
        if (rest.length < bodyAt + length) {
            return 0;
        }
        const body = Buffer.from(rest.subarray(bodyAt, bodyAt + length));
        if (isMasked) {
            for (let i = 0; i < length; i++) {
                body[i] ^= rest[keyAt + (i & 3)];
            }
        }
        this.take({ first: rest[from], isMasked, body, head });
        return bodyAt + length - from;
    }

    fault(sentence) {
        this.run.bad = this.run.bad || sentence;
    }

    take({ first, isMasked, body, head }) {
        const opcode = first & 15;
        const isFinal = (first & 128) !== 0;
        const { run } = this;
        if (!isMasked) {
            this.fault('an unmasked frame');
        }
        if ((head === 4 && body.length < 126) || (head === 10 && body.length < 65536)) {
            this.fault('a length that is not minimal');
        }
        if (run.close_code !== null) {
            this.fault('a frame after the close frame');
        }
        if (opcode >= 8 && (!isFinal || body.length > 125)) {
            this.fault('a control frame that is fragmented or too long');
        }
        if (opcode === OP.CLOSE) {
            this.takeClose(body);
        } else if (opcode === OP.PING) {
            run.pings++;
            this.onPing(body);
        } else if (opcode === OP.PONG) {
            run.pongs++;
            run.last_pong = body.toString('latin1');
            if (run.pong_bodies.length < MAX_LOGGED_MESSAGES) {
                run.pong_bodies.push(body.toString('hex'));
            }
        } else if (this.onMessage) {
            this.onMessage(opcode, body);
        } else if (run.messages.length < MAX_LOGGED_MESSAGES) {
            const kind = ['continuation', 'text', 'binary'][opcode] || `opcode ${opcode}`;
            const shown = body.subarray(0, MAX_LOGGED_BYTES);
            const isPlainText = opcode === OP.TEXT && (first & 64) === 0;
            run.messages.push({
                kind,
                fin: isFinal,
                compressed: (first & 64) !== 0,
                len: body.length,
                ...(isPlainText ? { text: shown.toString() } : { hex: shown.toString('hex') }),
            });
        }
    }

    takeClose(body) {
        const { run } = this;
        if (run.close_code !== null) {
            return;
        }
        if (body.length === 1) {
            this.fault('a close frame of one byte');
        }
        run.close_code = body.length >= 2 ? body.readUInt16BE(0) : 1005;
        run.close_reason = body.subarray(2).toString();
        this.onClose();
    }
}

module.exports = {
    ClientReader,
    OP,
    acceptOf,
    binary,
    close,
    frame,
    more,
    parseRequest,
    ping,
    plainReply,
    pong,
    requestFault,
    text,
    upgradeReply,
};
