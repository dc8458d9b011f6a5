#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The npm package ws as a client, for the selftest: connects to every URL given on stdin (one
// JSON object a line: {name, url, send, ca}) and prints what came of it, one JSON line each:
// {name, opened, frames, error, status, code, reason}. What a second, independent client makes of
// our servers shows whether their expectations are ours alone.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const readline = require('readline');
const WebSocket = require('ws');

const HANDSHAKE_MS = 1500;
const MAX_PAYLOAD = 64 << 20;
const AT_ONCE = 8;

function runOne(task) {
    return new Promise((resolve) => {
        const result = {
            name: task.name,
            opened: false,
            frames: [],
            error: null,
            status: null,
            code: null,
            reason: '',
            pings: 0,
        };
        const ws = new WebSocket(task.url, {
            handshakeTimeout: HANDSHAKE_MS,
            maxPayload: MAX_PAYLOAD,
            ca: task.ca ? fs.readFileSync(task.ca) : undefined,
            headers: task.headers,
        });
        const guard = setTimeout(() => {
            result.error = result.error || 'hang';
            ws.terminate();
        }, task.timeout_ms || 10000);
        ws.on('unexpected-response', (request, response) => {
            result.status = response.statusCode;
            result.error = 'unexpected response';
            response.destroy();
            ws.terminate();
        });
        ws.on('open', () => {
            result.opened = true;
            (task.send || []).forEach((message) => ws.send(JSON.stringify(message)));
        });
        ws.on('ping', () => {
            result.pings++;
        });
        ws.on('message', (bytes, isBinary) => {
            const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
            result.frames.push({ kind: isBinary ? 'binary' : 'text', len: bytes.length, sha256 });
        });
        ws.on('error', (error) => {
            result.error = result.error || error.message;
        });
        ws.on('close', (code, reason) => {
            clearTimeout(guard);
            resolve({ ...result, code, reason: reason.toString() });
        });
    });
}

async function main() {
    const tasks = [];
    for await (const line of readline.createInterface({ input: process.stdin })) {
        tasks.push(JSON.parse(line));
    }
    const worker = async () => {
        for (let task = tasks.shift(); task; task = tasks.shift()) {
            process.stdout.write(JSON.stringify(await runOne(task)) + '\n');
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

main();
