/* SPDX-License-Identifier: MIT */
/*
 * The runner: a plan at work on one connection. It owns what changes - slots, VM, message arena,
 * batch, counters, dead letters - and belongs to one thread. A frame in, a batch of records out;
 * nothing is allocated per frame once the high-water marks are reached.
 */
#ifndef WEIR_PIPELINE_RUNNER_H
#define WEIR_PIPELINE_RUNNER_H

#include "pipeline/gaps.h"
#include "pipeline/plan.h"

typedef struct weir_runner weir_runner;

/** Where a failure happened. */
typedef enum weir_stage {
    WEIR_STAGE_DECOMPRESS,
    WEIR_STAGE_DECODE,  /* the frame is not JSON / UTF-8 */
    WEIR_STAGE_PAYLOAD, /* payload_path failed */
    WEIR_STAGE_FRAME,   /* frame: array, but no list */
    WEIR_STAGE_ROUTE,   /* a match raised (counted; the rule is taken as false) */
    WEIR_STAGE_CONVERT, /* condition, each or a field failed; the record is skipped */
    WEIR_STAGE_LEARN,   /* what a control message teaches could not be had, or not be kept */
    WEIR_STAGE_COUNT
} weir_stage;

const char *weir_stage_name(weir_stage stage);

/** All since the runner was made. */
typedef struct weir_counters {
    uint64_t frames;
    uint64_t bytes;
    uint64_t records_in; /* after framing: what was routed */
    uint64_t records_out;
    uint64_t dropped;     /* routed to `drop`, or no rule and no default */
    uint64_t unconverted; /* routed to a stream, but no converter's condition held */
    uint64_t control;     /* recognised by a wait (greeting, ack) or a rule (learn, heartbeat) */
    uint64_t failed[WEIR_STAGE_COUNT];
    uint64_t by_channel[WEIR_CHANNEL_COUNT];
    uint64_t gaps;       /* records that tell of gaps; not among records_out */
    uint64_t missed;     /* records that are known to be missing */
    uint64_t duplicates; /* left out, since they came before */
} weir_counters;

/** A sample of what failed. The ring keeps the last WEIR_DEAD_LETTERS of them, each cut to
 * WEIR_DEAD_LETTER_BYTES. */
enum { WEIR_DEAD_LETTERS = 64, WEIR_DEAD_LETTER_BYTES = 512 };
typedef struct weir_dead_letter {
    weir_stage stage;
    uint64_t frame;
    int64_t received_ns;
    size_t sample_len;
    char sample[WEIR_DEAD_LETTER_BYTES];
    char reason[WEIR_ERROR_TEXT_MAX];
} weir_dead_letter;

/** `world` is borrowed and may be changed by its owner between frames, but for that it has assets.
 * NULL: out of memory. */
weir_runner *weir_runner_new(const weir_plan *plan, const weir_expr_world *world);
void weir_runner_free(weir_runner *runner);

/** One frame. `bytes` must have WEIR_JSON_SLACK readable bytes behind. */
typedef struct weir_runner_frame {
    weir_str bytes;
    bool is_binary;
    weir_str topic;
    int64_t received_ns;
    uint64_t number;
    bool has_parts; /* bytes are the parts of a message (util/parts.h): `data` is a list of them */
    bool is_unproved; /* a text that nobody has looked at, whether it is UTF-8: weir_runner_news */
} weir_runner_frame;

/** What frames come to that is not to be seen in the batch. The runner sets it, its owner takes it
 * back. */
typedef struct weir_runner_news {
    bool is_any;      /* more than records may have come of a frame; or: */
    bool is_not_utf8; /* an unproved one was no UTF-8: it was not taken, and is not counted */
} weir_runner_news;

weir_runner_news *weir_runner_news_of(weir_runner *runner);

/**
 * Lets the spec's on_message hook look at a frame, once, in front of waits and feed. It may replace
 * the bytes, which then live until the next frame. False: the frame is dropped, or the hook failed;
 * it is counted and not to be fed.
 */
bool weir_runner_admit(weir_runner *runner, weir_runner_frame *frame);

/**
 * Appends the frame's records to the runner's batch (weir_runner_batch), all or - when the frame
 * does not decode - none. seq of the records is 0: the publisher numbers them.
 */
void weir_runner_feed(weir_runner *runner, const weir_runner_frame *frame);
/** The same for a text that has no topic and no parts. */
void weir_runner_feed_text(weir_runner *runner, const weir_runner_frame *frame);
/**
 * Without what makes it fast: every frame decoded the general way, every expression run. The
 * records and the failures are the same, which tests hold against it.
 */
void weir_runner_set_general(weir_runner *runner, bool is_general);
weir_batch *weir_runner_batch(weir_runner *runner);

/** What a wait (auth.greeting, auth.ack) says of a frame. */
typedef enum weir_verdict {
    WEIR_VERDICT_OTHER,
    WEIR_VERDICT_MATCH,
    WEIR_VERDICT_ERROR
} weir_verdict;
typedef enum weir_wait { WEIR_WAIT_GREETING, WEIR_WAIT_ACK } weir_wait;
/**
 * Tests a frame against a wait of the plan; for `frame: array` each element is tested, an error
 * wins. On ERROR `why` (cap WEIR_ERROR_TEXT_MAX) gets the venue's message, cut. The frame may then
 * also be fed as usual.
 */
weir_verdict weir_runner_wait(weir_runner *runner, weir_wait wait, const weir_runner_frame *frame,
                              weir_error *why);

/** A rule over messages that steers the session. */
typedef enum weir_control {
    WEIR_CONTROL_LEARN,
    WEIR_CONTROL_BEAT,   /* heartbeat.expect */
    WEIR_CONTROL_REPLY,  /* heartbeat.reply */
    WEIR_CONTROL_ROLL,   /* roll.on */
    WEIR_CONTROL_EXPIRED /* auth.session.expired */
} weir_control;
/** All but LEARN, with the message that the rule recognised; `reply` is what to answer. */
typedef void weir_control_fn(void *user, weir_control kind, const weir_message *reply,
                             const weir_value *message);
/** Called from inside of weir_runner_feed, which goes on afterwards. Messages may be made in it. */
void weir_runner_on_control(weir_runner *runner, weir_control_fn *fn, void *user);
/**
 * Takes the values of the session out of a reply (auth.session): MATCH when they are there, ERROR
 * when the reply refuses the credentials, OTHER when it is not what was declared; `error` says why.
 * `body` has WEIR_JSON_SLACK bytes behind. Of a renewal only what is there is taken. Between
 * frames.
 */
weir_verdict weir_runner_session_reply(weir_runner *runner, weir_str body, bool is_renewal,
                                       weir_error *error);
/** Forgets what was learnt, and numbers of the link: a new session. False: out of memory. */
bool weir_runner_forget(weir_runner *runner);
/** How many values are known. */
size_t weir_runner_learnt(const weir_runner *runner);

/** A number was missing before a record. True: what comes next is taken for a beginning. */
typedef bool weir_gap_fn(void *user, size_t stream, const weir_asset *asset, const weir_gap *gap,
                         weir_on_gap action);
/** Called from inside of weir_runner_feed, which goes on afterwards. */
void weir_runner_on_gap(weir_runner *runner, weir_gap_fn *fn, void *user);
/** The next number of an asset is a beginning; not where the spec names a key of its own. */
void weir_runner_begin_anew(weir_runner *runner, size_t stream, const weir_asset *asset);
/** The link was lost: what comes next may have a hole before it. */
void weir_runner_cut(weir_runner *runner);
/** Called before each record is made, until it returns false: for holes before the first ones. The
 * asset may be NULL. */
typedef bool weir_first_fn(void *user, size_t stream, const weir_asset *asset);
void weir_runner_on_first(weir_runner *runner, weir_first_fn *fn, void *user);
/** Appends a record that tells of a gap to the batch. `asset` may be NULL. */
void weir_runner_put_gap(weir_runner *runner, size_t stream, const weir_asset *asset,
                         const weir_gap *gap);

/* Two runners of one connection, each with its own link: while the one hands its records on, what
 * the other makes is held back, in its batch; then it takes over (held.c). */

/** From now on `runner` looks numbers and ids up where `owner` does, which outlives it. */
void weir_runner_share(weir_runner *runner, const weir_runner *owner);
/** Records are held back from now on: those that have a number or id which `owner` may also bring.
 * Others, and those that it has brought, are left out. False: out of memory, nothing is held. */
bool weir_runner_hold(weir_runner *runner);
/** How many bytes are held, without those that were brought by the other meanwhile. SIZE_MAX: out
 * of memory, something is missing among them. */
size_t weir_runner_held(weir_runner *runner);
/** Throws away what is held of a symbol (NULL: of all) that is wanted no more. */
void weir_runner_strike(weir_runner *runner, size_t stream, const weir_asset *asset);
/** Ends it: what is held is put aside, the batch is empty. */
void weir_runner_take_over(weir_runner *runner);
/** Appends to the batch what was put aside and did not come before. */
void weir_runner_release(weir_runner *runner);
/** ... or throws it away. */
void weir_runner_let_go(weir_runner *runner);
/** For a while - until `until_ns`, monotonic - numbers that are not beyond the last came before.
 */
void weir_runner_join(weir_runner *runner, int64_t until_ns);

/** A message that answers subscriptions (subscribe.ack). */
typedef struct weir_answer {
    bool is_refusal;
    bool has_key; /* `request` is what subscribe.ack.key gave */
    uint64_t request;
    const char *text; /* of a refusal: the venue's words, cut */
} weir_answer;
typedef void weir_answer_fn(void *user, const weir_answer *answer);
typedef void weir_symbol_fn(void *user, weir_str symbol);
/** Calls `each` for the answers in a frame; it may also be fed as usual. */
void weir_runner_answers(weir_runner *runner, const weir_runner_frame *frame, weir_answer_fn *each,
                         void *user);
/** Calls `each` for the refusals alone in the frame that was fed last, and could be decoded. */
void weir_runner_refusals(weir_runner *runner, const weir_runner_frame *frame, weir_answer_fn *each,
                          void *user);
/** From inside of weir_answer_fn: the symbols of a stream that the answer is about; an empty one is
 * the stream itself. */
void weir_runner_answer_symbols(weir_runner *runner, weir_str stream, weir_symbol_fn *each,
                                void *user);

const weir_counters *weir_runner_counters(const weir_runner *runner);
/** Oldest first; index < weir_runner_dead_letters. */
size_t weir_runner_dead_letters(const weir_runner *runner);
const weir_dead_letter *weir_runner_dead_letter(const weir_runner *runner, size_t index);

/** The VM and arena of the runner, for messages out on the same thread (between frames). */
weir_vm *weir_runner_vm(weir_runner *runner);

#endif
