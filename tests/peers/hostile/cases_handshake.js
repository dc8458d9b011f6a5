// SPDX-License-Identifier: MIT
// Cases about the upgrade reply. A row's `reply(request)` gives the bytes that answer the
// upgrade; `ending` says what becomes of the connection then: hold (stay silent), fin or rst.
// Rows with `port` concern the connection before any request, so they have a port of their own.
'use strict';

const { asText, cutReply, either, ok, protocol, refused, timesOut, tooLong } = require('./expect');
const { plainReply, text, upgradeReply } = require('./wire');

// A status other than 101; a body is sent, and the connection closed.
function status(code, reason, headers = {}, retryAfter = null, name = `status_${code}`) {
    return {
        name,
        group: 'handshake',
        about: `${code} ${reason}`,
        ending: 'fin',
        expect: refused(code, retryAfter),
        reply: () => plainReply(code, reason, headers, '{"error":"no"}'),
    };
}

const STATUSES = [
    status(200, 'OK'),
    status(301, 'Moved Permanently', { Location: '/text_plain' }),
    status(302, 'Found', { Location: 'http://127.0.0.1:1/' }),
    status(307, 'Temporary Redirect', { Location: '/text_plain' }),
    status(400, 'Bad Request'),
    status(401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="x"' }),
    status(403, 'Forbidden'),
    status(404, 'Not Found'),
    status(426, 'Upgrade Required', { Upgrade: 'h2c' }),
    status(429, 'Too Many Requests', { 'Retry-After': '7' }, 7),
    status(
        429,
        'Too Many Requests',
        { 'Retry-After': '99999999999999999999' },
        null,
        'status_429_huge_retry',
    ),
    status(429, 'Too Many Requests', { 'Retry-After': '-5' }, null, 'status_429_negative_retry'),
    status(500, 'Internal Server Error'),
    status(502, 'Bad Gateway'),
    status(503, 'Service Unavailable', { 'Retry-After': '2' }, 2),
    {
        name: 'status_200_keep_alive',
        group: 'handshake',
        about: '200 with a body, and the connection stays open',
        ending: 'hold',
        expect: refused(200),
        reply: () => plainReply(200, 'OK', { Connection: 'keep-alive' }, 'hello'),
    },
    {
        name: 'status_200_endless_body',
        group: 'handshake',
        about: '200 with a body without end',
        ending: 'endless',
        filler: Buffer.alloc(65536, 97),
        expect: refused(200),
        reply: () => plainReply(200, 'OK', { 'Content-Length': 10 ** 15 }),
    },
    {
        name: 'status_403_chunked',
        group: 'handshake',
        about: '403 with a chunked body',
        ending: 'fin',
        expect: refused(403),
        reply: () =>
            Buffer.from(
                'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n',
            ),
    },
];

function bad(name, about, change, expect = refused()) {
    return {
        name,
        group: 'handshake',
        about,
        ending: 'hold',
        expect,
        reply: (request) => Buffer.concat([upgradeReply(request, change(request)), text('after')]),
    };
}

const REPLIES = [
    bad('status_line_http10', 'HTTP/1.0 101', () => ({ line: 'HTTP/1.0 101 Switching Protocols' })),
    bad('status_line_http2', 'HTTP/2.0 101', () => ({ line: 'HTTP/2.0 101 Switching Protocols' })),
    bad('status_line_short', 'no status code', () => ({ line: 'HTTP/1.1' })),
    bad('status_line_letters', 'a status of letters', () => ({ line: 'HTTP/1.1 abc Switching' })),
    bad('status_line_1010', 'a status of four digits', () => ({ line: 'HTTP/1.1 1010 Switching' })),
    bad('status_line_10', 'a status of two digits', () => ({ line: 'HTTP/1.1 10 Switching' })),
    bad('status_line_lower', 'the protocol name in lower case', () => ({
        line: 'http/1.1 101 Switching Protocols',
    })),
    bad('status_line_leading_space', 'a space before the status line', () => ({
        line: ' HTTP/1.1 101 Switching Protocols',
    })),
    bad('no_upgrade', '101 without Upgrade', () => ({ replace: { Upgrade: null } })),
    bad('no_connection', '101 without Connection', () => ({ replace: { Connection: null } })),
    bad('upgrade_other', 'an upgrade to something else', () => ({ replace: { Upgrade: 'h2c' } })),
    bad('upgrade_prefix', 'an upgrade that only begins well', () => ({
        replace: { Upgrade: 'websocket2' },
    })),
    bad('connection_close', 'Connection: close', () => ({ replace: { Connection: 'close' } })),
    bad('connection_prefix', 'Connection: Upgraded', () => ({
        replace: { Connection: 'Upgraded' },
    })),
    bad('accept_wrong', 'a wrong accept', () => ({
        replace: { 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    })),
    bad('accept_missing', 'no accept', () => ({ replace: { 'Sec-WebSocket-Accept': null } })),
    bad('accept_empty', 'an empty accept', () => ({ replace: { 'Sec-WebSocket-Accept': '' } })),
    bad('accept_key', 'the key itself', (request) => ({
        replace: { 'Sec-WebSocket-Accept': request.headers['sec-websocket-key'] },
    })),
    bad('accept_prefix', 'the right accept with more behind it', (request) => ({
        replace: {
            'Sec-WebSocket-Accept': `${
                upgradeReply(request)
                    .toString()
                    .match(/Accept: (\S+)/)[1]
            }x`,
        },
    })),
    bad('accept_lower', 'the accept in lower case', (request) => ({
        replace: {
            'Sec-WebSocket-Accept': upgradeReply(request)
                .toString()
                .match(/Accept: (\S+)/)[1]
                .toLowerCase(),
        },
    })),
    bad('accept_duplicate', 'the right accept twice', (request) => ({
        add: [
            upgradeReply(request)
                .toString()
                .match(/Sec-WebSocket-Accept: \S+/)[0],
        ],
    })),
    bad('accept_duplicate_wrong', 'a wrong one after the right one', () => ({
        add: ['Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    })),
    bad('extension_not_offered', 'an extension that was not offered', () => ({
        add: ['Sec-WebSocket-Extensions: x-turbo'],
    })),
    bad('extension_second_not_offered', 'one good extension and one not offered', () => ({
        add: ['Sec-WebSocket-Extensions: permessage-deflate, x-turbo'],
    })),
    bad('subprotocol_not_offered', 'a subprotocol that was not offered', () => ({
        add: ['Sec-WebSocket-Protocol: x-turbo'],
    })),
    bad('header_no_colon', 'a header without a colon', () => ({ add: ['this is no header'] })),
    bad('header_nul', 'a NUL in a header value', () => ({ add: ['X-Odd: a\0b'] })),
    bad('header_name_nul', 'a NUL in a header name', () => ({ add: ['X-\0dd: a'] })),
    bad('header_bare_cr', 'a bare CR in a header', () => ({
        add: ['X-Odd: a\rSec-WebSocket-Extensions: x-turbo'],
    })),
    bad('header_empty_name', 'an empty header name', () => ({ add: [': value'] })),
    bad('header_space_in_name', 'a space in a header name', () => ({ add: ['X Odd: a'] })),
    bad(
        'header_100k',
        'a header line of 100 KB',
        () => ({ add: [`X-Long: ${'x'.repeat(102400)}`] }),
        tooLong(),
    ),
    bad(
        'headers_many',
        '20,000 headers',
        () => ({ add: Array.from({ length: 20000 }, (_, i) => `X-${i}: ${i}`) }),
        tooLong(),
    ),
    bad('lf_only', 'lines that end in LF', () => ({ eol: '\n' }), either(refused(), timesOut())),
    {
        name: 'headers_endless',
        group: 'handshake',
        about: 'headers without end',
        ending: 'endless',
        expect: tooLong(),
        filler: Buffer.from('X-Again: and again\r\n'.repeat(2000)),
        reply: () => Buffer.from('HTTP/1.1 101 Switching Protocols\r\n'),
    },
    {
        name: 'status_line_endless',
        group: 'handshake',
        about: 'a status line without end',
        ending: 'endless',
        expect: tooLong(),
        filler: Buffer.alloc(65536, 97),
        reply: () => Buffer.from('HTTP/1.1 101 '),
    },
    {
        name: 'garbage_binary',
        group: 'handshake',
        about: 'random bytes',
        ending: 'hold',
        expect: either(refused(), timesOut()),
        reply: () => Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 167 + 13) & 255)),
    },
    {
        name: 'garbage_text',
        group: 'handshake',
        about: 'another protocol',
        ending: 'hold',
        expect: either(refused(), timesOut()),
        reply: () => Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n'),
    },
    {
        name: 'frames_without_reply',
        group: 'handshake',
        about: 'frames, no reply',
        ending: 'hold',
        expect: either(refused(), timesOut()),
        reply: () => Buffer.concat([text('hello'), text('hello')]),
    },
    {
        name: 'only_newlines',
        group: 'handshake',
        about: 'empty lines, no reply',
        ending: 'hold',
        expect: either(refused(), timesOut()),
        reply: () => Buffer.from('\r\n\r\n\r\n'),
    },
    {
        name: 'glued_bad_frame',
        group: 'handshake',
        about: 'a bad frame glued behind a good reply',
        ending: 'frames',
        expect: protocol([asText('before')]),
        reply: (request) =>
            Buffer.concat([upgradeReply(request), text('before'), text('x', { rsv: 2 })]),
    },
];

function cut(name, about, ending, reply) {
    return { name, group: 'handshake', about, ending, expect: cutReply(), reply };
}

const CUTS = [
    cut('close_after_request', 'FIN instead of a reply', 'fin', () => Buffer.alloc(0)),
    cut('rst_after_request', 'RST instead of a reply', 'rst', () => Buffer.alloc(0)),
    cut('half_reply_fin', 'half a reply, FIN', 'fin', (request) =>
        upgradeReply(request).subarray(0, 60),
    ),
    cut('half_reply_rst', 'half a reply, RST', 'rst', (request) =>
        upgradeReply(request).subarray(0, 60),
    ),
    {
        name: 'connect_close',
        group: 'handshake',
        about: 'FIN at once after the connect',
        port: 'fin',
        expect: cutReply(),
    },
    {
        name: 'connect_rst',
        group: 'handshake',
        about: 'RST at once after the connect',
        port: 'rst',
        expect: cutReply(),
    },
    {
        name: 'connect_garbage',
        group: 'handshake',
        about: 'garbage at once, then FIN',
        port: 'garbage',
        expect: { ...cutReply(), codes: ['handshake', 'closed', 'connect', 'tls'] },
    },
    {
        name: 'connect_silence',
        group: 'handshake',
        about: 'nothing is ever read or written',
        port: 'silence',
        needs_timeout: true,
        expect: timesOut(),
    },
    {
        name: 'silence',
        group: 'handshake',
        about: 'the request is read, no reply',
        ending: 'hold',
        needs_timeout: true,
        expect: timesOut(),
        reply: () => Buffer.alloc(0),
    },
    {
        name: 'half_reply_silence',
        group: 'handshake',
        about: 'half a reply, then silence',
        ending: 'hold',
        needs_timeout: true,
        expect: timesOut(),
        reply: (request) => upgradeReply(request).subarray(0, 60),
    },
    {
        name: 'drip_endless',
        group: 'handshake',
        about: 'one byte per 50 ms, never complete in time',
        ending: 'hold',
        needs_timeout: true,
        dripMs: 50,
        expect: timesOut(),
        reply: (request) => upgradeReply(request, { add: [`X-Slow: ${'x'.repeat(2000)}`] }),
    },
];

function good(name, about, change, extra = {}) {
    return {
        name,
        group: 'odd',
        about,
        legal: true,
        expect: ok([asText('hello')]),
        ending: 'frames',
        frames: () => [text('hello')],
        reply: (request) => upgradeReply(request, change(request)),
        ...extra,
    };
}

const GOOD_REPLIES = [
    good('reply_plain', 'an ordinary reply', () => ({})),
    good('reply_header_case', 'header names in odd case', (request) => {
        const accept = upgradeReply(request)
            .toString()
            .match(/Accept: (\S+)/)[1];
        return {
            replace: { Upgrade: null, Connection: null, 'Sec-WebSocket-Accept': null },
            add: ['UPGRADE: websocket', 'cOnNeCtIoN: uPGRADE', `sec-websocket-ACCEPT: ${accept}`],
        };
    }),
    good('reply_connection_list', 'Connection: keep-alive, Upgrade', () => ({
        replace: { Connection: 'keep-alive, Upgrade' },
    })),
    good('reply_connection_lines', 'two Connection lines', () => ({
        replace: { Connection: 'keep-alive' },
        add: ['Connection: upgrade'],
    })),
    good('reply_upgrade_case', 'Upgrade: WebSocket', () => ({ replace: { Upgrade: 'WebSocket' } })),
    good('reply_no_reason', 'a status line without a reason', () => ({ line: 'HTTP/1.1 101 ' })),
    good('reply_odd_reason', 'another reason', () => ({
        line: 'HTTP/1.1 101 Web Socket Protocol Handshake',
    })),
    good('reply_spaces', 'spaces around header values', () => ({
        replace: { Upgrade: '   websocket  ', Connection: '\tUpgrade\t' },
    })),
    good('reply_no_space', 'no space after the colon', (request) => {
        const accept = upgradeReply(request)
            .toString()
            .match(/Accept: (\S+)/)[1];
        return {
            replace: { Upgrade: null, Connection: null, 'Sec-WebSocket-Accept': null },
            add: ['Upgrade:websocket', 'Connection:Upgrade', `Sec-WebSocket-Accept:${accept}`],
        };
    }),
    good('reply_many_headers', '60 headers, among them cookies and an empty one', () => ({
        add: [
            'Set-Cookie: a=b; Path=/',
            'Set-Cookie: c=d',
            'X-Empty:',
            ...Array.from({ length: 57 }, (_, i) => `X-Header-${i}: value ${i}`),
        ],
    })),
    good('reply_latin1', 'a header value outside ASCII', () => ({ add: ['X-Name: Z\u00fcrich'] })),
    good('reply_7k', '7 KB of headers', () => ({ add: [`X-Long: ${'x'.repeat(7000)}`] })),
    good('reply_glued', 'data glued behind the reply', () => ({}), { isGlued: true }),
    good('reply_drip', 'one byte per 2 ms', () => ({}), { dripMs: 2 }),
];

const DISPUTED = [
    good(
        'reply_100_continue',
        'a 100 before the 101',
        () => ({ line: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols' }),
        { expect: either(ok([asText('hello')]), refused()) },
    ),
    good('reply_fold', 'a folded header line', () => ({ add: ['X-Folded: a', '  b'] }), {
        expect: either(ok([asText('hello')]), refused()),
    }),
    good('reply_space_before_colon', 'a space before a colon', () => ({ add: ['X-Space : a'] }), {
        expect: either(refused(), ok([asText('hello')])),
    }),
    good(
        'reply_empty_extensions',
        'an empty Sec-WebSocket-Extensions',
        () => ({ add: ['Sec-WebSocket-Extensions:'] }),
        { expect: either(ok([asText('hello')]), refused()) },
    ),
    good(
        'reply_content_length',
        'a Content-Length in the 101',
        () => ({ add: ['Content-Length: 0'] }),
        { expect: either(ok([asText('hello')]), refused()) },
    ),
];

module.exports = [...STATUSES, ...REPLIES, ...CUTS, ...GOOD_REPLIES, ...DISPUTED];
