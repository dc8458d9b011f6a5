/* SPDX-License-Identifier: MIT */
/*
 * bench_watch SPEC: what `sequence` and `dedupe` add to a record. Frames of the kinds of a venue -
 * trades and books as Binance sends them, read by its spec, and lists of trades - whose numbers go
 * up and whose ids are all new, through the spec as it is and with each of the two declared, in
 * turns. A decoder is new for each round, since numbers go up but once, and warm before its time is
 * taken. Prints ns per record, thread CPU time, medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/weir.h>

#include "measure.h"

enum { ROUNDS = 9, FRAMES = 20000, WARM = 2000, ROOM = 1024, SYMBOLS = 100, ROWS = 4, WAYS = 4 };

/* What is declared: nothing, a number, an id that is one, an id that is a text. */
static const char *const columns[WAYS] = {"plain", "sequence", "dedupe", "of a text"};

typedef struct kind {
    const char *name;
    int rows; /* records of a frame */
    int (*write)(char *frame, size_t n);
    const char *spec; /* with the path of SPEC, where it has a %s, and what is declared */
    const char *declared[WAYS];
} kind;

/* The symbols take turns; each has numbers of its own, no two the same. */
static size_t symbol_of(size_t n)
{
    return n * 37 % SYMBOLS;
}

static size_t number_of(size_t n, size_t first, size_t step)
{
    return first + symbol_of(n) * 1000000 + n / SYMBOLS * step;
}

static int write_trade(char *frame, size_t n)
{
    return sprintf(
        frame,
        "{\"stream\":\"s%02zuusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":%zu,"
        "\"s\":\"S%02zuUSDT\",\"t\":%zu,\"p\":\"61685.%02zu000000\",\"q\":\"0.00041000\","
        "\"T\":%zu,\"m\":%s,\"M\":true,\"i\":\"b7e2-%zu\"}}",
        symbol_of(n), 1723161601438 + n, symbol_of(n), number_of(n, 3735693016, 1), n % 100,
        1723161601437 + n, n % 2 ? "true" : "false", number_of(n, 3735693016, 1));
}

static int write_book(char *frame, size_t n)
{
    const size_t first = number_of(n, 50093421613, 3);
    int len =
        sprintf(frame,
                "{\"stream\":\"s%02zuusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
                "\"E\":%zu,\"s\":\"S%02zuUSDT\",\"U\":%zu,\"u\":%zu,\"i\":\"b7e2-%zu\",\"b\":[",
                symbol_of(n), 1723161601438 + n, symbol_of(n), first, first + 2, first);
    for (int i = 0; i < 6; i++)
        len += sprintf(frame + len, "%s[\"61685.%02zu000000\",\"0.%08zu\"]", i == 0 ? "" : ",",
                       (n + (size_t)i) % 100, n * 7919 % 100000000);
    return len + sprintf(frame + len, "],\"a\":[[\"61686.00000000\",\"2.88649000\"]]}}");
}

static int write_rows(char *frame, size_t n)
{
    int len = 0;
    for (size_t i = n * ROWS; i < (n + 1) * ROWS; i++)
        len +=
            sprintf(frame + len,
                    "%s{\"T\":\"t\",\"S\":\"S%02zu\",\"i\":%zu,\"k\":\"b7e2-%zu\",\"x\":\"V\","
                    "\"p\":%zu.%02zu,\"s\":100,\"t\":\"2021-02-22T15:51:44.%03zuZ\",\"z\":\"C\"}",
                    i == n * ROWS ? "[" : ",", symbol_of(i), number_of(i, 52983525029461, 1),
                    number_of(i, 52983525029461, 1), 100 + i % 50, i % 100, i % 1000);
    return len + sprintf(frame + len, "]");
}

#define OVER_BINANCE                                                                               \
    "weir: 1\nextends: %s\nname: b\nconnections:\n  market_data:\n    roll: {at: \"03:00 UTC\"}\n"

static const kind kinds[] = {
    {"trades",
     1,
     write_trade,
     OVER_BINANCE,
     {"", "    sequence: {trades: {value: \"data['data']['t']\"}}\n",
      "    dedupe: {trades: {key: \"data['data']['t']\"}}\n",
      "    dedupe: {trades: {key: \"data['data']['i']\"}}\n"}},
    {"books",
     1,
     write_book,
     OVER_BINANCE,
     {"", "    sequence: {book: {first: \"data['data']['U']\", value: \"data['data']['u']\"}}\n",
      "    dedupe: {book: {key: \"data['data']['u']\"}}\n",
      "    dedupe: {book: {key: \"data['data']['i']\"}}\n"}},
    {"lists of trades",
     ROWS,
     write_rows,
     "weir: 1\nname: a\nconnections:\n  m:\n    url: wss://a.example/\n    backend: websocket\n"
     "    streams: {trades: data, quotes: quote}\n    frame: array\n"
     "    router:\n      rules:\n        - {channel: trades, match: \"data['T'] == 't'\"}\n"
     "        - {channel: quotes, match: \"data['T'] == 'q'\"}\n"
     "    converters:\n      quotes: {fields: {bid: \"float(data['bp'])\"}}\n      trades:\n"
     "        - fields:\n            asset: broker.infer_asset(symbol=data['S'])\n"
     "            timestamp: pd.Timestamp(data['t'])\n"
     "            data: {close: \"float(data['p'])\", volume: \"float(data['s'])\", trade_id: "
     "\"data['i']\", exchange: \"data['x']\"}\n",
     {"", "    sequence: {trades: {value: \"data['i']\"}}\n",
      "    dedupe: {trades: {key: \"data['i']\"}}\n",
      "    dedupe: {trades: {key: \"data['k']\"}}\n"}},
};

static void count_record(void *user, const weir_record *record)
{
    (void)record;
    ++*(size_t *)user;
}

static weir_spec *load(const kind *k, const char *over, const char *declared)
{
    char path[] = "/tmp/bench_watch-XXXXXX.yaml";
    weir_error error = {0};
    const int fd = mkstemps(path, 5);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        exit(1);
    fprintf(file, k->spec, over);
    fputs(declared, file);
    fclose(file);
    weir_spec *spec = weir_spec_load(path, NULL, NULL, &error);
    unlink(path);
    if (spec)
        return spec;
    fprintf(stderr, "bench_watch: %s\n", error.text);
    exit(1);
}

typedef struct frames {
    char *bytes; /* ROOM for each */
    size_t *lens;
} frames;

/* ns per record of a new decoder. */
static double run(weir_spec *spec, const frames *f, int rows)
{
    weir_error error = {0};
    weir_decoder *decoder = weir_decoder_new(spec, NULL, &error);
    size_t records = 0;
    double start = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        if (i == WARM)
            start = cpu_ns();
        weir_decoder_feed(decoder, (weir_str){f->bytes + i * ROOM, f->lens[i]}, false, 1,
                          count_record, &records);
    }
    const double took = cpu_ns() - start;
    weir_decoder_free(decoder);
    if (records == (size_t)rows * FRAMES)
        return took / (double)((FRAMES - WARM) * rows);
    fprintf(stderr, "bench_watch: %zu records of %d frames\n", records, FRAMES);
    exit(1);
}

static void measure(const kind *k, const char *over)
{
    frames f = {calloc(FRAMES, ROOM), calloc(FRAMES, sizeof(size_t))};
    weir_spec *specs[WAYS];
    double times[WAYS][ROUNDS];
    if (!f.bytes || !f.lens)
        exit(1);
    for (size_t i = 0; i < FRAMES; i++)
        f.lens[i] = (size_t)k->write(f.bytes + i * ROOM, i);
    for (int way = 0; way < WAYS; way++)
        specs[way] = load(k, over, k->declared[way]);
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < WAYS; way++)
            times[way][round] = run(specs[way], &f, k->rows);
    printf("%-18s", k->name);
    for (int way = 0; way < WAYS; way++) {
        qsort(times[way], ROUNDS, sizeof times[way][0], by_value);
        printf("%10.0f", times[way][ROUNDS / 2]);
        weir_spec_free(specs[way]);
    }
    printf("\n");
    free(f.bytes);
    free(f.lens);
}

int main(int argc, char **argv)
{
    char over[4096];
    if (argc < 2 || !realpath(argv[1], over))
        return fprintf(stderr, "usage: bench_watch SPEC\n"), 2;
    printf("%-18s", "ns per record");
    for (int way = 0; way < WAYS; way++)
        printf("%10s", columns[way]);
    printf("\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        measure(&kinds[i], over);
    return 0;
}
