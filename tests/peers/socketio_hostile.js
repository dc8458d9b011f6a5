// SPDX-License-Identifier: MIT
// A Socket.IO server that breaks the rules, or keeps them in odd ways: the first part of the path names the case (`path: /CASE`), a row below says
// what is sent, and with which code the link must end. The websocket cases are carried by the npm package ws, those of polling by
// node's plain sockets, since no HTTP server would send such replies.
'use strict';

const net = require('net');
const { WebSocketServer } = require('ws');

const { Log, parseOptions, start } = require('./peer');

const OPEN = '0{"sid":"s1","upgrades":[],"pingInterval":400,"pingTimeout":300,"maxPayload":100000}';
const LONG = OPEN.replace('400', '25000');
const JOINED = '40{"sid":"s2"}';
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

const reply = (body, head = '', status = '200 OK') =>
    Buffer.concat([
        Buffer.from(`HTTP/1.1 ${status}\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
        Buffer.from(body),
    ]);
const chunked = (text) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`;

// Websocket: `first` comes in place of the open packet, `joined` in place of the answer to CONNECT, `then` behind it. `code` is how the link
// must end, `frames` how many messages come before, `options` what the client is told.
const WEBSOCKET = [
    { name: 'open_no_json', first: ['0{'], code: 'protocol' },
    { name: 'open_no_object', first: ['0[]'], code: 'protocol' },
    { name: 'open_no_sid', first: ['0{"pingInterval":1,"pingTimeout":1}'], code: 'protocol' },
    { name: 'open_endless_interval', first: [OPEN.replace('400', '1e300')], code: 'protocol' },
    { name: 'open_negative', first: [OPEN.replace('400', '-5')], code: 'protocol' },
    { name: 'open_twice', first: [OPEN, OPEN], code: 'protocol' },
    { name: 'no_open', first: [JOINED], code: 'protocol' },
    { name: 'binary_first', first: [Buffer.from([1, 2])], code: 'protocol' },
    { name: 'empty_packet', first: [''], code: 'protocol' },
    { name: 'silent', first: [], code: 'timeout' },
    { name: 'hangs_up', first: [null], code: 'handshake' },
    { name: 'never_joins', first: [LONG], joined: [], code: 'timeout' },
    { name: 'refuses', joined: ['44{"message":"no"}'], code: 'handshake' },
    { name: 'refuses_text', joined: ['44"no"'], code: 'handshake' },
    { name: 'refuses_number', joined: ['447'], code: 'handshake' },
    { name: 'refuses_garbage', joined: ['44{'], code: 'handshake' },
    { name: 'refuses_endlessly', joined: ['44"' + 'x'.repeat(5000) + '"'], code: 'handshake' },
    { name: 'old_answer', joined: ['40'], code: 'handshake', options: ['version=4'] },
    { name: 'goes_quiet', code: 'timeout' },
    { name: 'engine_type', then: ['9'], code: 'protocol' },
    { name: 'engine_upgrade', then: ['5'], code: 'protocol' },
    { name: 'engine_close', then: ['1'], code: 'closed' },
    { name: 'leaves', then: ['41'], code: 'closed' },
    { name: 'packet_type', then: ['47'], code: 'protocol' },
    { name: 'packet_empty', then: ['4'], code: 'protocol' },
    { name: 'no_count', then: ['45["a"]'], code: 'protocol' },
    { name: 'many_attachments', then: ['4599999-["a"]'], code: 'limit' },
    { name: 'no_attachment', then: [`451-["a",${PLACEHOLDER}]`, '42["b"]'], code: 'protocol' },
    { name: 'stray_attachment', then: [Buffer.from([1])], code: 'protocol' },
    { name: 'long_id', then: ['42' + '9'.repeat(40) + '["a"]'], code: 'limit' },
    { name: 'no_list', then: ['42{"a":1}'], code: 'protocol' },
    { name: 'empty_list', then: ['42[]'], code: 'protocol' },
    { name: 'no_name', then: ['42[null,1]'], code: 'protocol' },
    { name: 'bad_json', then: ['42["a",{]'], code: 'protocol' },
    { name: 'deep', then: [`42["a",${'['.repeat(2000)}${']'.repeat(2000)}]`], code: 'protocol' },
    { name: 'wrong_attachment', then: [`451-["a",[{"_placeholder":true,"num":7}]]`, Buffer.from([1])], code: 'protocol' },
    { name: 'amplified', then: [`451-["a",[${Array(100).fill(PLACEHOLDER).join()}]]`, Buffer.alloc(60000)], code: 'limit', options: ['max_message=1MiB'] },
    { name: 'large_attachments', then: ['4520-["a"]', ...Array(20).fill(Buffer.alloc(60000))], code: 'limit', options: ['max_message=1MiB'] },
    { name: 'large', then: ['42["a","' + 'x'.repeat(70000) + '"]'], code: 'limit', options: ['max_message=64KiB'] },
    { name: 'half', then: ['42["a",1]', '42["a"'], code: 'protocol', frames: 1 },
    // odd, and good
    { name: 'odd_events', then: ['42["a"]', '42[7,8]', '42 ["a",1]', '42["connect",1]', '43999[1]', '430[]', '42/other,["a",1]', '6', '2xyz', '3', '1'], code: 'closed', frames: 4 },
    { name: 'asks_ack', then: ['4217["a",1]', '1'], code: 'closed', frames: 1, heard: '4317[]' },
    { name: 'asks_long_ack', then: ['42' + '9'.repeat(20) + '["a",1]', '1'], code: 'closed', frames: 1, heard: '43' + '9'.repeat(20) + '[]' },
    { name: 'pings', then: ['2', '2probe', '1'], code: 'closed', heard: '3probe' },
    { name: 'no_attachments_at_all', then: ['450-["a",1]', '1'], code: 'closed', frames: 1 },
    { name: 'joins_twice', then: [JOINED, '42["a"]', '1'], code: 'closed', frames: 1 },
];

// Polling: the replies to one GET after the other; the last is never answered. `post` is the reply to a POST. null hangs up.
const GOOD = reply(OPEN);
const POLLING = [
    { name: 'p_status', get: [reply('no', '', '500 Oh')], code: 'handshake' },
    { name: 'p_forbidden', get: [reply('{"code":4,"message":"Forbidden"}', '', '403 Forbidden')], code: 'handshake' },
    { name: 'p_later', get: [reply('{"code":5,"message":"Unsupported protocol version"}', '', '400 Bad')], code: 'handshake', options: ['version=2'] },
    { name: 'p_redirect', get: [reply('', 'Location: http://127.0.0.1:1/\r\n', '302 Found')], code: 'handshake' },
    { name: 'p_page', get: [reply('<html></html>')], code: 'protocol' },
    { name: 'p_empty', get: [reply('')], code: 'protocol' },
    { name: 'p_no_content', get: ['HTTP/1.1 204 No Content\r\n\r\n'], code: 'handshake' },
    { name: 'p_switches', get: ['HTTP/1.1 101 Switching Protocols\r\n\r\n'], code: 'handshake' },
    { name: 'p_no_http', get: ['SSH-2.0-OpenSSH\r\n'], code: 'handshake' },
    { name: 'p_endless_head', get: ['HTTP/1.1 200 OK\r\n' + 'X: y\r\n'.repeat(9000)], code: 'handshake' },
    { name: 'p_two_lengths', get: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'], code: 'protocol' },
    { name: 'p_length_and_chunks', get: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'], code: 'protocol' },
    { name: 'p_too_long', get: ['HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n'], code: 'limit' },
    { name: 'p_bad_chunk', get: [chunked('zz\r\n')], code: 'protocol' },
    { name: 'p_endless_chunk', get: [chunked('fffffffffffff\r\n')], code: 'limit' },
    { name: 'p_cut', get: ['HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n0{', null], code: 'closed' },
    { name: 'p_hangs_up', get: [null], code: 'closed' },
    { name: 'p_silent', get: [], code: 'timeout' },
    { name: 'p_utf8', get: [reply(Buffer.concat([Buffer.from(LONG), Buffer.from([0x1e, 0x34, 0xff])]))], code: 'protocol' },
    { name: 'p_empty_packet', get: [reply(LONG + '\x1e')], code: 'protocol' },
    { name: 'p_two_separators', get: [GOOD, reply('6\x1e\x1e6')], code: 'protocol' },
    { name: 'p_base64', get: [GOOD, reply('b!!')], code: 'protocol' },
    { name: 'p_measure', get: [reply('96:' + OPEN)], code: 'protocol' },
    { name: 'p_quiet', get: [GOOD, reply(JOINED)], code: 'timeout' },
    { name: 'p_forgotten', get: [GOOD, reply('{"code":1,"message":"Session ID unknown"}', '', '400 Bad')], code: 'closed' },
    { name: 'p_post_refused', get: [GOOD], post: reply('{"code":1}', '', '400 Bad'), code: 'closed' },
    { name: 'p_post_hangs_up', get: [GOOD], post: null, code: 'closed' },
    { name: 'p_post_silent', get: [reply(LONG)], post: '', code: 'timeout' },
    // odd, and good
    { name: 'p_chunks', get: [chunked(`${OPEN.length.toString(16)};a=b\r\n${OPEN}\r\n0\r\nT: 1\r\n\r\n`), reply(JOINED), reply('42["a",1]\x1e42["a",2]\x1e1')], code: 'closed', frames: 2 },
    { name: 'p_until_end', get: ['HTTP/1.1 200 OK\r\n\r\n' + OPEN, null, reply(JOINED), reply('42["a",1]\x1e1')], code: 'closed', frames: 1 },
    { name: 'p_closes', get: [reply(OPEN, 'Connection: close\r\n'), reply(JOINED, 'Connection: close\r\n'), reply('42["a",1]\x1e1', 'Connection: close\r\n')], code: 'closed', frames: 1 },
    { name: 'p_interim', get: [Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), GOOD]), reply(JOINED), reply('1')], code: 'closed' },
    { name: 'p_binary', get: [GOOD, reply(JOINED), reply(`451-["a",${PLACEHOLDER}]\x1ebAAEC\x1e1`)], code: 'closed', frames: 1 },
    { name: 'p_cookies', get: [reply(OPEN, 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n'), reply(JOINED, 'Set-Cookie: a=3\r\n'), reply('1')], code: 'closed', heard: 'b=2; a=3' },
];

const CASES = [
    ...WEBSOCKET.map((row) => ({ transport: 'websocket', ...row })),
    ...POLLING.map((row) => ({ transport: 'polling', ...row })),
];
const find = (name) => CASES.find((row) => row.name === name);

function serveWebsocket(ws, row, log) {
    const send = (packet) => (packet === null ? ws.terminate() : ws.send(packet));
    (row.first || [OPEN]).forEach(send);
    ws.on('error', () => {});
    ws.on('message', (bytes, isBinary) => {
        const text = isBinary ? bytes.toString('hex') : bytes.toString();
        log.write('heard', { case: row.name, text });
        if (text.startsWith('40')) {
            (row.joined || [JOINED]).forEach(send);
            (row.joined ? [] : row.then || []).forEach(send);
        }
    });
}

// Requests of one socket, as text; bodies are as long as they say.
class Requests {
    constructor() {
        this.rest = '';
    }

    add(text) {
        const found = [];
        this.rest += text;
        for (;;) {
            const end = this.rest.indexOf('\r\n\r\n');
            const length = Number((/content-length: (\d+)/i.exec(this.rest.slice(0, end)) || [0, 0])[1]);
            if (end < 0 || this.rest.length < end + 4 + length) {
                return found;
            }
            found.push({ head: this.rest.slice(0, end), body: this.rest.slice(end + 4, end + 4 + length) });
            this.rest = this.rest.slice(end + 4 + length);
        }
    }
}

function main() {
    const options = parseOptions('socketio_hostile.js: a Socket.IO server that breaks the rules', [], process.argv.slice(2));
    const log = new Log(options.log);
    const taken = new Map(); // replies that a case has given
    const upgrades = new WebSocketServer({ noServer: true });

    const say = (socket, answer) => (answer === null || answer === undefined ? socket.destroy() : socket.write(answer));

    function answer(socket, row, request) {
        log.write('request', { case: row.name, head: request.head, body: request.body });
        if (request.head.startsWith('POST')) {
            say(socket, row.post === undefined ? reply('ok') : row.post);
            return;
        }
        const at = taken.get(row.name) || 0;
        if (at >= row.get.length) {
            return; // never answered
        }
        say(socket, row.get[at]);
        const isCut = row.get[at] !== null && row.get[at + 1] === null;
        taken.set(row.name, at + 1 + isCut);
        if (isCut) {
            setTimeout(() => socket.end(), 30);
        }
    }

    function upgrade(socket, row, head) {
        const headers = Object.fromEntries(head.split('\r\n').slice(1).map((line) => [line.split(': ')[0].toLowerCase(), line.split(': ')[1]]));
        socket.removeAllListeners('data');
        const request = { method: 'GET', url: '/', headers, socket };
        upgrades.handleUpgrade(request, socket, Buffer.alloc(0), (ws) => serveWebsocket(ws, row, log));
    }

    const server = net.createServer((socket) => {
        const requests = new Requests();
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
            for (const request of requests.add(bytes.toString('latin1'))) {
                const row = find((/^\w+ \/(\w+)\//.exec(request.head) || [])[1]);
                if (!row) {
                    socket.end(reply('no such case', '', '404 Not Found'));
                } else if (/upgrade: websocket/i.test(request.head)) {
                    upgrade(socket, row, request.head);
                } else {
                    answer(socket, row, request);
                }
            }
        });
    });
    const cases = CASES.map(({ name, transport, code, frames, heard, options: given }) => ({ name, transport, code, frames: frames || 0, heard, options: given || [] }));
    start(server, options, log, {}, () => ({ cases }));
}

main();
