// SPDX-License-Identifier: MIT
// The venue's side of one session: what it demands before data flows. A client's messages are
// judged by the predicates of the configuration: first the login, then subscriptions; each
// decision is logged, so that a test asserts on what the venue saw and not on what the client
// says it sent.
'use strict';

const { at, matches, render } = require('./match');

function asList(value) {
    if (value === undefined || value === null) {
        return [];
    }
    return Array.isArray(value) ? value : [value];
}

function parseMessage(bytes, isBinary) {
    if (isBinary) {
        return { value: bytes.toString('hex'), log: { binary: true, hex: bytes.toString('hex') } };
    }
    const text = bytes.toString('utf8');
    try {
        const json = JSON.parse(text);
        return { value: json, log: { binary: false, text, json } };
    } catch (error) {
        return { value: text, log: { binary: false, text } };
    }
}

// Header values or query parameters against {name: predicate}.
function fieldsMatch(shape, fields) {
    return Object.keys(shape).every((name) => matches(shape[name], fields[name]));
}

function lowerKeys(shape) {
    return Object.fromEntries(
        Object.entries(shape).map(([name, value]) => [name.toLowerCase(), value]),
    );
}

// Is this upgrade request logged in (or will it log in later)?
function requestAuth(config, request, url) {
    const { mode, match } = config.auth;
    if (mode === 'header') {
        return fieldsMatch(lowerKeys(match), request.headers);
    }
    if (mode === 'url') {
        return fieldsMatch(match, Object.fromEntries(url.searchParams));
    }
    return true;
}

// Times of what a limit counts; tells when one more is too many for the window before it.
class Window {
    constructor(most, ms) {
        this.most = most;
        this.ms = ms;
        this.times = [];
    }

    isBroken(now) {
        if (!this.most) {
            return false;
        }
        this.times.push(now);
        while (now - this.times[0] >= this.ms) {
            this.times.shift();
        }
        return this.times.length > this.most;
    }
}

class Session {
    // `out.send(text)`, `out.close(code, reason)`, `out.play()`, `out.halt()`; `nextId()` numbers
    // acks.
    constructor(config, connId, log, nextId, out) {
        this.config = config;
        this.connId = connId;
        this.log = log;
        this.nextId = nextId;
        this.out = out;
        this.isAuthed = false;
        this.active = new Map(); // channel → Set of symbols
        this.lost = 0; // acks
        const limits = config.limits || {};
        this.window = new Window(limits.messages, limits.per_ms);
        this.timer = null;
    }

    open(authOk, url) {
        const { auth } = this.config;
        if (this.config.echo) {
            this.isAuthed = true;
            return;
        }
        for (const greeting of this.config.greeting) {
            this.send(greeting, {});
        }
        if (auth.mode === 'first_message') {
            if (auth.timeout_ms) {
                this.timer = setTimeout(() => this.failAuth({}), auth.timeout_ms);
            }
            return;
        }
        if (auth.mode !== 'none') {
            this.log.write('auth', { conn: this.connId, ok: authOk, mode: auth.mode });
        }
        if (!authOk) {
            this.failAuth({}, true);
            return;
        }
        this.pass({});
        this.takeUrlStreams(url);
    }

    end() {
        clearTimeout(this.timer);
    }

    send(template, extra) {
        if (template === null || template === undefined) {
            return;
        }
        const now = new Date();
        const active = [...this.active].map(([channel, symbols]) => ({
            channel,
            symbols: [...symbols],
        }));
        this.out.send(
            render(template, {
                id: this.nextId(),
                conn: this.connId,
                now_ms: now.getTime(),
                now_iso: now.toISOString(),
                active,
                ...extra,
            }),
        );
    }

    pass(msg) {
        clearTimeout(this.timer);
        this.isAuthed = true;
        this.send(this.config.auth.ack, { msg });
        this.playIfDue();
    }

    failAuth(msg, isLogged) {
        const { auth } = this.config;
        if (!isLogged) {
            this.log.write('auth', { conn: this.connId, ok: false, mode: auth.mode });
        }
        this.send(auth.reject, { msg });
        if (auth.close) {
            this.out.close(auth.close.code, auth.close.reason || '');
        }
    }

    violate(what) {
        this.log.write('violation', { conn: this.connId, what });
    }

    // More than the venue takes: it hangs up, where the configuration says with what.
    exceed(what) {
        this.violate(what);
        if (this.config.limits.close) {
            this.out.close(this.config.limits.close, what);
        }
    }

    // A message or pong, against the limit that the configuration sets.
    takeOne(now) {
        if (this.window.isBroken(now)) {
            this.exceed('too many messages');
        }
    }

    pong() {
        if (this.config.limits && this.config.limits.pongs) {
            this.takeOne(Date.now());
        }
    }

    message(bytes, isBinary) {
        const { value, log } = parseMessage(bytes, isBinary);
        this.log.write('message', { conn: this.connId, ...log });
        const { limits } = this.config;
        this.takeOne(limits && limits.clock ? at(value, limits.clock) : Date.now());
        if (this.config.echo) {
            return;
        }
        if (!this.isAuthed) {
            this.firstMessage(value);
        } else {
            this.request(value);
        }
    }

    firstMessage(value) {
        const { auth } = this.config;
        if (auth.is_auth && !matches(auth.is_auth, value)) {
            this.violate('a message before auth');
            this.failAuth(value);
        } else if (matches(auth.match, value)) {
            this.log.write('auth', { conn: this.connId, ok: true, mode: auth.mode });
            this.pass(value);
        } else {
            this.failAuth(value);
        }
    }

    request(value) {
        const { subscribe, unsubscribe, replies, unknown } = this.config;
        if (matches(subscribe.match, value)) {
            this.subscribe(value);
        } else if (matches(unsubscribe.match, value)) {
            this.unsubscribe(value);
        } else {
            const reply = replies.find((candidate) => matches(candidate.match, value));
            this.send(reply ? reply.send : unknown, { msg: value });
        }
    }

    // The (channel, symbol) pairs that a message names.
    pairs(rules, value) {
        const pairs = [];
        const named =
            rules.channel === null
                ? null
                : asList(at(value, rules.channel)).map((entry) => (entry && entry.name) || entry);
        for (const path of asList(rules.symbols)) {
            for (const symbol of asList(at(value, path))) {
                for (const channel of named || [path]) {
                    pairs.push({ channel, symbol });
                }
            }
        }
        return pairs;
    }

    isRejected(symbol) {
        const list = this.config.subscribe.reject_symbols;
        return list === '*' || asList(list).includes(symbol);
    }

    subscribe(value) {
        const rules = this.config.subscribe;
        const pairs = this.pairs(rules, value);
        const anyBad = pairs.some((pair) => this.isRejected(pair.symbol));
        const isBad = (pair) => (rules.reject_all && anyBad) || this.isRejected(pair.symbol);
        for (const pair of pairs) {
            this.log.write('subscribe', { conn: this.connId, ...pair, ok: !isBad(pair) });
            if (!isBad(pair)) {
                this.add(pair);
            }
        }
        const good = pairs.filter((pair) => !isBad(pair));
        const bad = pairs.filter((pair) => this.isRejected(pair.symbol));
        const { limits } = this.config;
        if (limits && limits.symbols && this.count() > limits.symbols) {
            this.exceed('too many symbols');
        }
        const answer = () => {
            if (this.lost < rules.lose_acks) {
                this.lost++;
                return;
            }
            this.answerSubscribe(value, good, bad);
            this.playIfDue();
        };
        if (rules.ack_delay_ms) {
            setTimeout(answer, rules.ack_delay_ms);
        } else {
            answer();
        }
    }

    answerSubscribe(value, good, bad) {
        const rules = this.config.subscribe;
        const shared = {
            msg: value,
            symbols: good.map((pair) => pair.symbol),
            rejected: bad.map((pair) => pair.symbol),
        };
        good.forEach((pair) => this.send(rules.ack_each, { ...shared, ...pair }));
        bad.forEach((pair) => this.send(rules.reject_each, { ...shared, ...pair }));
        if (bad.length > 0) {
            this.send(rules.reject, shared);
        }
        if (good.length > 0 || bad.length === 0) {
            this.send(rules.ack, shared);
        }
    }

    unsubscribe(value) {
        const rules = this.config.unsubscribe;
        const pairs = this.pairs(rules, value);
        for (const pair of pairs) {
            const symbols = this.active.get(pair.channel);
            const ok = symbols !== undefined && symbols.delete(pair.symbol);
            this.log.write('unsubscribe', { conn: this.connId, ...pair, ok });
        }
        const shared = { msg: value, symbols: pairs.map((pair) => pair.symbol) };
        pairs.forEach((pair) => this.send(rules.ack_each, { ...shared, ...pair }));
        this.send(rules.ack, shared);
        if (this.count() === 0) {
            this.out.halt();
        }
    }

    takeUrlStreams(url) {
        if (!this.config.url_streams) {
            return;
        }
        const path = url.pathname.startsWith('/ws/') ? url.pathname.slice(4) : '';
        const streams = path || url.searchParams.get('streams') || '';
        for (const symbol of streams.split('/').filter((name) => name !== '')) {
            this.log.write('subscribe', { conn: this.connId, channel: 'params', symbol, ok: true });
            this.add({ channel: 'params', symbol });
        }
        this.playIfDue();
    }

    add({ channel, symbol }) {
        if (!this.active.has(channel)) {
            this.active.set(channel, new Set());
        }
        this.active.get(channel).add(symbol);
    }

    count() {
        return [...this.active.values()].reduce((total, symbols) => total + symbols.size, 0);
    }

    playIfDue() {
        if (this.isAuthed) {
            this.out.play(this.count() >= this.config.subscribe.need && this.count() > 0);
        }
    }
}

module.exports = { Session, Window, requestAuth };
