// SPDX-License-Identifier: MIT
// Plays a capture to one connection of the venue: at a rate or as fast as the socket takes it, in
// one piece or in fragments, and breaks off where it was told to. Bytes handed to the socket and
// not yet written are bounded, so that a slow client is felt here and not in memory.
'use strict';

const { resetSocket } = require('./peer');

const MAX_UNSENT_BYTES = 1 << 20;
const FRAMES_PER_TURN = 64; // then the event loop gets its turn: commands, pongs, closes
const RATE_TICK_MS = 5;
const MAX_CUTS = 8;

// A small seeded generator (mulberry32): the same seed cuts the same frames at the same places.
function seededRandom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}

class Player {
    // `venue` has options, capture, cursor and log; `conn` has ws, id, raw (transport under TLS),
    // noteFault().
    constructor(venue, conn) {
        this.venue = venue;
        this.conn = conn;
        this.options = venue.options;
        this.next = this.options.cursor === 'shared' ? venue.cursor : this.options.start;
        this.sent = 0;
        this.unsent = 0;
        this.paused = false;
        this.running = false;
        this.ended = false;
        this.scheduled = false;
        this.faulty = false;
        this.random = seededRandom(Number(this.options.fragment || 0) + conn.id * 7919);
    }

    start() {
        if (this.running || this.ended || this.venue.capture.frames.length === 0) {
            return;
        }
        if (!this.startMs) {
            this.faulty = this.venue.takeFault();
        }
        this.running = true;
        this.startMs = Date.now();
        this.sentAtStart = this.sent;
        this.venue.log.write('play', { conn: this.conn.id, from: this.next });
        this.schedule(0);
    }

    stop() {
        this.running = false;
    }

    pause(isPaused) {
        this.paused = isPaused;
        this.startMs = Date.now();
        this.sentAtStart = this.sent;
        this.schedule(0);
    }

    schedule(delayMs) {
        if (this.scheduled) {
            return;
        }
        this.scheduled = true;
        const run = () => {
            this.scheduled = false;
            this.pump();
        };
        if (delayMs > 0) {
            setTimeout(run, delayMs);
        } else {
            setImmediate(run);
        }
    }

    // How many frames are due now.
    due() {
        const rate = this.options.rate;
        if (!rate) {
            return FRAMES_PER_TURN;
        }
        const elapsed = Date.now() - this.startMs;
        return Math.floor((elapsed * rate) / 1000) - (this.sent - this.sentAtStart);
    }

    pump() {
        let due = this.due();
        while (this.running && !this.paused && due-- > 0 && this.unsent < MAX_UNSENT_BYTES) {
            if (this.conn.ws.readyState !== 1) {
                this.stop();
                return;
            }
            this.sendNext();
        }
        if (this.running && !this.paused && this.unsent < MAX_UNSENT_BYTES) {
            this.schedule(this.options.rate ? RATE_TICK_MS : 0);
        }
    }

    sendNext() {
        const { frames } = this.venue.capture;
        if (this.next >= frames.length) {
            if (!this.options.loop) {
                this.finish();
                return;
            }
            this.next = 0;
        }
        const frame = frames[this.next++];
        this.sent++;
        if (this.options.cursor === 'shared') {
            this.venue.cursor = this.next;
        }
        this.send(frame, this.venue.capture.isBinary || this.options.binary);
        this.checkEnd();
    }

    send(bytes, binary) {
        if (this.options.fragment === null) {
            this.sendPart(bytes, { binary, fin: true });
            return;
        }
        const cuts = [];
        for (let left = Math.floor(this.random() * (MAX_CUTS + 1)); left > 0; left--) {
            cuts.push(Math.floor(this.random() * (bytes.length + 1)));
        }
        cuts.sort((a, b) => a - b);
        cuts.push(bytes.length);
        let from = 0;
        cuts.forEach((to, i) => {
            this.sendPart(bytes.subarray(from, to), { binary, fin: i === cuts.length - 1 });
            from = to;
            if (this.options.fragmentPings && this.random() < 0.1) {
                this.conn.ws.ping(`between ${this.sent}`);
            }
        });
    }

    sendPart(bytes, flags) {
        const cost = bytes.length + 16;
        this.unsent += cost;
        this.conn.ws.send(bytes, flags, () => {
            const wasFull = this.unsent >= MAX_UNSENT_BYTES;
            this.unsent -= cost;
            if (wasFull && this.running) {
                this.schedule(0);
            }
            this.afterWrite();
        });
    }

    // The reset waits until all that was sent is in the kernel's hands.
    afterWrite() {
        if (this.resetPending && this.unsent === 0) {
            this.resetPending = false;
            resetSocket(this.conn.socket, this.conn.transport);
        }
    }

    checkEnd() {
        const { closeAfter, terminateAfter, limit } = this.options;
        if (this.faulty && closeAfter && this.sent === closeAfter) {
            this.stopWith('close', this.options.closeCode, this.options.closeReason);
            this.conn.ws.close(this.options.closeCode, this.options.closeReason);
        } else if (this.faulty && terminateAfter && this.sent === terminateAfter) {
            this.stopWith('terminate', null, null);
            this.resetPending = true;
        } else if (limit && this.sent >= limit) {
            this.finish();
        }
    }

    stopWith(how, code, reason) {
        this.stop();
        this.ended = true;
        this.venue.log.write('closing', {
            conn: this.conn.id,
            how,
            code,
            reason,
            frames: this.sent,
        });
    }

    finish() {
        this.stop();
        this.ended = true;
        this.venue.log.write('played', { conn: this.conn.id, frames: this.sent, next: this.next });
        if (this.options.end !== 'keep') {
            const code = Number(this.options.end);
            this.venue.log.write('closing', {
                conn: this.conn.id,
                how: 'close',
                code,
                reason: '',
                frames: this.sent,
            });
            this.conn.ws.close(code);
        }
    }
}

module.exports = { Player };
