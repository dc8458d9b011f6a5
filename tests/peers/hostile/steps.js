// SPDX-License-Identifier: MIT
// How a case is played that is more than one write: in chops, with waits in between, or in rounds
// of a message and its echo. `connection` is hostile.js's; what is seen goes to its run.
'use strict';

const { OP, frame } = require('./wire');

const POLL_MS = 5;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until the run says so, at most `ms`, and notes how things stood then.
async function waitFor(connection, { until, ms }) {
    const { run } = connection;
    const deadline = Date.now() + ms;
    while (!until(run) && !connection.isGone() && Date.now() < deadline) {
        await sleep(POLL_MS);
    }
    run.waits.push({ pongs: run.pongs, close_code: run.close_code });
}

async function chopped(connection, bytes, size) {
    for (let at = 0; at < bytes.length && !connection.isGone(); at += size) {
        await connection.write(bytes.subarray(at, at + size));
    }
}

// Steps are frames or waits. Chopped in `frames`, every frame is a write of its own; by a number,
// all writes are of so many bytes; otherwise a write goes from wait to wait.
async function playSteps(connection, steps, chop) {
    let bytes = [];
    connection.socket.setNoDelay(true);
    const flush = async () => {
        const all = Buffer.concat(bytes);
        bytes = [];
        await chopped(connection, all, typeof chop === 'number' ? chop : Math.max(all.length, 1));
    };
    for (const step of steps) {
        if (step.until) {
            await flush();
            await waitFor(connection, step);
            continue;
        }
        bytes.push(step);
        if (chop === 'frames') {
            await flush();
        }
    }
    await flush();
}

// A message's payload as one frame, or as frames of at most `size` bytes.
function fragmentsOf(opcode, payload, rsv, size) {
    if (!size || payload.length <= size) {
        return [frame({ opcode, payload, rsv })];
    }
    const parts = [];
    for (let at = 0; at < payload.length; at += size) {
        parts.push(
            frame({
                opcode: at === 0 ? opcode : OP.CONTINUATION,
                rsv: at === 0 ? rsv : 0,
                fin: at + size >= payload.length,
                payload: payload.subarray(at, at + size),
            }),
        );
    }
    return parts;
}

function nextMessage(connection) {
    return new Promise((resolve) => {
        const ended = () => resolve(null);
        connection.socket.once('close', ended);
        connection.reader.onMessage = (opcode, body) => {
            connection.socket.removeListener('close', ended);
            resolve({ opcode, body });
        };
    });
}

// `count` times: a message goes out, its echo must come back, the same in kind and bytes.
async function playRounds(connection, { count, isBinary, message, fragment, deflater }) {
    const { run } = connection;
    const opcode = isBinary ? OP.BINARY : OP.TEXT;
    const pack = deflater ? deflater() : null;
    connection.socket.setNoDelay(true);
    for (let i = 0; i < count && !run.bad; i++) {
        const payload = message(i);
        const packed = pack ? await pack(payload) : payload;
        const answer = nextMessage(connection);
        const parts = fragmentsOf(opcode, packed, pack ? 4 : 0, fragment);
        await connection.write(Buffer.concat(parts));
        const echo = await answer;
        if (!echo) {
            return;
        }
        if (echo.opcode !== opcode || !echo.body.equals(payload)) {
            run.bad = `message ${i} of ${payload.length} bytes came back as ${echo.body.length}`;
            return;
        }
        run.echoed++;
    }
}

module.exports = { playRounds, playSteps };
