// SPDX-License-Identifier: MIT
// How four real venues greet, log in and acknowledge, in the configuration language of venue.js.
// The texts follow the venues' public documentation; the symbol BAD stands for one that the venue
// does not know.
'use strict';

const BASE = {
    greeting: [],
    auth: {
        mode: 'none',
        match: {},
        ack: null,
        reject: null,
        close: { code: 1008, reason: 'authentication failed' },
        status: 401,
        retry_after: null,
        timeout_ms: 0,
    },
    subscribe: {
        match: { $in: [] },
        symbols: [],
        channel: null,
        ack: null,
        ack_each: null,
        ack_delay_ms: 0,
        lose_acks: 0,
        reject_symbols: ['BAD'],
        reject: null,
        reject_each: null,
        reject_all: false,
        need: 1,
    },
    unsubscribe: { match: { $in: [] }, symbols: [], channel: null, ack: null, ack_each: null },
    replies: [],
    unknown: null,
    limits: { messages: 0, per_ms: 1000, pongs: false, clock: null, symbols: 0, connects: 0, connects_ms: 1000, close: null, ban_ms: 0 },
    echo: false,
    url_streams: false,
};

const ALPACA_LISTS = ['trades', 'quotes', 'bars'];
const ALPACA_ACTIVE = [
    {
        T: 'subscription',
        trades: '$active.trades',
        quotes: '$active.quotes',
        bars: '$active.bars',
    },
];

const KRAKEN_STATUS = {
    channelID: '$id',
    channelName: '$channel',
    event: 'subscriptionStatus',
    pair: '$symbol',
    reqid: '$msg.reqid',
    subscription: '$msg.subscription',
};

const COINBASE_ACTIVE = {
    type: 'subscriptions',
    channels: { $for: 'active', $do: { name: '$it.channel', product_ids: '$it.symbols' } },
};

const BINANCE_DONE = { result: null, id: '$msg.id' };

const DIALECTS = {
    none: {},
    echo: { echo: true },
    alpaca: {
        greeting: [[{ T: 'success', msg: 'connected' }]],
        auth: {
            mode: 'first_message',
            match: { action: 'auth', key: 'k', secret: 's' },
            is_auth: { action: 'auth' },
            ack: [{ T: 'success', msg: 'authenticated' }],
            reject: [{ T: 'error', code: 402, msg: 'auth failed' }],
        },
        subscribe: {
            match: { action: 'subscribe' },
            symbols: ALPACA_LISTS,
            ack: ALPACA_ACTIVE,
            reject: [{ T: 'error', code: 405, msg: 'symbol not found: ${rejected}' }],
        },
        unsubscribe: {
            match: { action: 'unsubscribe' },
            symbols: ALPACA_LISTS,
            ack: ALPACA_ACTIVE,
        },
        unknown: [{ T: 'error', code: 400, msg: 'invalid syntax' }],
    },
    kraken: {
        greeting: [
            { connectionID: '$id', event: 'systemStatus', status: 'online', version: '1.9.6' },
        ],
        subscribe: {
            match: { event: 'subscribe' },
            symbols: ['pair'],
            channel: 'subscription.name',
            ack_each: { ...KRAKEN_STATUS, status: 'subscribed' },
            reject_each: {
                event: 'subscriptionStatus',
                pair: '$symbol',
                reqid: '$msg.reqid',
                status: 'error',
                errorMessage: 'Currency pair not supported ${symbol}',
                subscription: '$msg.subscription',
            },
        },
        unsubscribe: {
            match: { event: 'unsubscribe' },
            symbols: ['pair'],
            channel: 'subscription.name',
            ack_each: { ...KRAKEN_STATUS, status: 'unsubscribed' },
        },
        replies: [{ match: { event: 'ping' }, send: { event: 'pong', reqid: '$msg.reqid' } }],
        unknown: { errorMessage: 'Malformed request', event: 'error' },
    },
    coinbase: {
        subscribe: {
            match: { type: 'subscribe' },
            symbols: ['product_ids'],
            channel: 'channels',
            ack: COINBASE_ACTIVE,
            reject_all: true,
            reject: {
                type: 'error',
                message: 'Failed to subscribe',
                reason: '${rejected} is not a valid product',
            },
        },
        unsubscribe: {
            match: { type: 'unsubscribe' },
            symbols: ['product_ids'],
            channel: 'channels',
            ack: COINBASE_ACTIVE,
        },
        unknown: { type: 'error', message: 'Malformed JSON' },
    },
    binance: {
        subscribe: {
            match: { method: 'SUBSCRIBE' },
            symbols: ['params'],
            ack: BINANCE_DONE,
            reject_all: true,
            reject: { error: { code: 2, msg: 'Invalid request: ${rejected}' }, id: '$msg.id' },
        },
        unsubscribe: { match: { method: 'UNSUBSCRIBE' }, symbols: ['params'], ack: BINANCE_DONE },
        replies: [
            {
                match: { method: 'LIST_SUBSCRIPTIONS' },
                send: { result: '$active.params', id: '$msg.id' },
            },
        ],
        unknown: { error: { code: 3, msg: 'Invalid JSON' } },
        url_streams: true,
    },
};

module.exports = { BASE, DIALECTS };
