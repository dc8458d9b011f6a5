# SPDX-License-Identifier: MIT
"""The commands that need no network: help, check, eval and replay, and what they say of mistakes."""
import csv
import io
import json
import os
import resource
import struct
import subprocess

import claims
from claims import equal, weir, within, write
from specs import SPEC, TWO_CONNECTIONS, quote, trade


def _fnv(data):
    check = 2166136261
    for byte in data:
        check = (check ^ byte) * 16777619 & 0xFFFFFFFF
    return check


def _block(kind, flags, connection, time_ns, payload):
    head = struct.pack("<IBBHq", len(payload), kind, flags, connection, time_ns) + payload
    return head + struct.pack("<I", _fnv(head))


def _recording(*frames):
    blocks, names = [b"WEIRREC1"], {}
    for connection, time_ns, flags, payload in frames:
        if connection not in names:
            names[connection] = len(names)
            blocks.append(_block(1, 0, names[connection], 0, connection.encode()))
        blocks.append(_block(2, flags, names[connection], time_ns, payload.encode()))
    return blocks


def _replay(*args, **keywords):
    return weir("replay", write("shop.yaml", SPEC), *args, **keywords)


# ---------------------------------------------------------------- help and mistakes

def without_a_command_the_list_is_shown_and_it_is_a_mistake():
    done = weir()
    equal((done.code, done.out), (2, ""))
    within(done.err, "Usage: weir COMMAND", "weir demo")


def help_is_asked_for_in_many_ways():
    for args in (["help"], ["--help"], ["-h"]):
        done = weir(*args)
        equal((done.code, done.err), (0, ""))
        within(done.out, "replay SPEC FILE")
    equal(weir("help", "run").out, weir("run", "--help").out)
    within(weir("run", "--help").out, "Usage: weir run SPEC", "--subscribe STREAM=SYM,SYM")


def the_version_is_one_line():
    equal(weir("version").out, weir("--version").out)
    equal(weir("version").out.split()[0], "weir")


def an_unknown_command_names_the_nearest():
    done = weir("reply")
    equal((done.code, done.out), (2, ""))
    within(done.err, "unknown command 'reply'; did you mean 'replay'?")


def an_unknown_option_is_a_mistake_in_the_call():
    done = weir("check", "--jsn", "x")
    equal((done.code, done.out), (2, ""))
    within(done.err, "did you mean '--json'?", "weir check --help")


def an_unknown_spec_names_those_there_are():
    done = weir("check", "krakn")
    equal(done.code, 1)
    within(done.err, "there is no spec 'krakn'; did you mean 'kraken'?")


def the_completion_is_sound_bash():
    script = weir("help", "--bash").out
    subprocess.run(["bash", "-n"], input=script.encode(), check=True)
    probe = script + """
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _weir; echo "${COMPREPLY[@]}"; }
complete_words weir re
complete_words weir run --format ''
complete_words weir run --form
complete_words weir replay --format = c
"""
    out = subprocess.run(["bash", "-c", probe], stdout=subprocess.PIPE, check=True).stdout.decode()
    equal(out.splitlines(), ["replay record-test", "json csv pretty", "--format", "csv"])


def the_man_page_has_no_broken_lines():
    page = weir("help", "--man").out
    for line in page.splitlines():
        if line.startswith("."):
            within(".TH .SH .SS .TP .PP .nf .fi .EX .EE", line.split()[0])
    within(page, ".SH EXIT STATUS", ".SS weir replay SPEC FILE")


# ---------------------------------------------------------------- check and eval

def a_good_spec_is_said_to_be_good():
    done = weir("check", write("shop.yaml", SPEC))
    equal((done.code, done.out, done.err), (0, "shop.yaml: ok (1 connection, 2 streams)\n", ""))


def a_bare_name_is_found_beside_and_among_the_specs():
    write("shop.yaml", SPEC)
    within(weir("check", "shop").out, "shop.yaml: ok")
    within(weir("check", "demo").out, "/demo.yaml: ok")


def mistakes_are_shown_with_their_place_and_good_specs_are_still_said():
    write("bad.yaml", SPEC.replace("data['T'] == 'q'", "datta['T'] == 'q'"))
    done = weir("check", "bad.yaml", write("shop.yaml", SPEC))
    equal((done.code, done.out), (1, "shop.yaml: ok (1 connection, 2 streams)\n"))
    within(done.err, "bad.yaml:18:", "error: ", "datta", "^")


def json_is_one_array_over_all_files():
    write("bad.yaml", SPEC.replace("router:", "roter:"))
    write("worse.yaml", SPEC.replace("weir: 1", "weir: one"))
    done = weir("check", "bad.yaml", write("shop.yaml", SPEC), "worse.yaml", "--json")
    equal(done.code, 1)
    equal({item["file"] for item in json.loads(done.out)}, {"bad.yaml", "worse.yaml"})
    equal(json.loads(weir("check", "shop.yaml", "--json").out), [])


def a_spec_that_is_not_there_is_an_error():
    done = weir("check", "nowhere/x.yaml")
    equal(done.code, 1)
    within(done.err, "nowhere/x.yaml", "No such file")


def eval_prints_json():
    equal(weir("eval", "float(data['p']) * 2", "--data", '{"p": "1.25"}').out, "2.5\n")
    write("data.json", '[3, 1, 2]')
    equal(weir("eval", "sorted(data)", "--data", "@data.json").out, "[1,2,3]\n")
    equal(weir("eval", "--", "-7 // 2").out, "-4\n")


def eval_shows_where_it_went_wrong():
    done = weir("eval", "1 + datta")
    equal((done.code, done.out), (1, ""))
    within(done.err, "1:5: error: ", "datta", "^~~~~")
    equal(weir("eval", "1 // 0").code, 1)
    within(weir("eval", "data", "--data", "{").err, "--data")
    equal(weir("eval", "data", "--data", "@nowhere").code, 1)


# ---------------------------------------------------------------- replay

def one_frame_a_line_becomes_records():
    write("f.jsonl", "\n".join(trade(i) for i in range(3)) + "\n")
    done = _replay("f.jsonl", "--frame-index")
    equal((done.code, done.err), (0, ""))
    equal(done.records()[2], {"channel": "data", "stream": "trades", "connection": "market", "asset": "ABC",
                              "data": {"close": 2.5}, "seq": 3, "frame": 2})


def lines_may_end_as_windows_ends_them_and_the_last_one_not_at_all():
    lines = "\r\n".join(trade(i) for i in range(3))
    equal(len(_replay(write("f.jsonl", lines)).records()), 3)
    equal(len(_replay(write("f.jsonl", lines + "\r\n")).records()), 3)


def an_empty_line_is_a_frame_that_fails():
    done = _replay(write("f.jsonl", trade(0) + "\n\n" + trade(1) + "\n"), "--frame-index", "--stats")
    equal([record["frame"] for record in done.records()], [0, 2])
    within(done.err, "frames       3", "failed       1: decode 1", "frame 1, decode:")


def failures_are_told_without_stats_too():
    done = _replay(write("f.jsonl", "nonsense\n" + trade(1) + "\n"))
    equal((done.code, len(done.records())), (0, 1))
    within(done.err, "warning: 1 records or frames failed; --stats says why")
    equal(_replay("f.jsonl", "--quiet").err, "")


def standard_input_is_read():
    equal(len(_replay("-", data=(trade(0) + "\n" + trade(1)).encode()).records()), 2)


def a_line_of_megabytes_is_a_frame():
    long = trade(7, n="x" * 3000000)
    done = _replay(write("f.jsonl", trade(1) + "\n" + long + "\n" + trade(2) + "\n"))
    equal([len(record["data"].get("note", "")) for record in done.records()], [0, 3000000, 0])


def prefixed_frames_are_read_and_a_torn_one_is_cut():
    frames = b"".join(struct.pack("<I", len(f)) + f for f in (trade(i).encode() for i in range(4)))
    equal(len(_replay(write("f.lpf", frames)).records()), 4)
    for lost in (1, 10, len(trade(3)), len(trade(3)) + 3):
        done = _replay(write("f.lpf", frames[:-lost]))
        equal((done.code, len(done.records())), (0, 3))
        within(done.err, "torn frame", "last %d bytes" % (len(trade(3)) + 4 - lost))
    done = _replay(write("f.lpf", struct.pack("<I", 1 << 31) + b"x"))
    equal(done.code, 1)
    within(done.err, "more than 256 MiB")


def channels_and_limits_choose():
    write("f.jsonl", "".join(trade(i) + "\n" + quote(i) + "\n" for i in range(5)))
    equal([r["channel"] for r in _replay("f.jsonl", "--channel", "quote").records()], ["quote"] * 5)
    equal(len(_replay("f.jsonl", "--limit", "3").records()), 3)
    equal(len(_replay("f.jsonl", "--limit", "3", "--channel", "data", "--channel", "quote").records()), 3)
    done = _replay("f.jsonl", "--channel", "dat")
    equal(done.code, 2)
    within(done.err, "--channel takes one of: data, quote")


def csv_has_one_header_for_all_and_quotes_what_needs_it():
    write("f.jsonl", trade(1, n='say "hi",\nall') + "\n" + quote(2) + "\n")
    rows = list(csv.DictReader(io.StringIO(_replay("f.jsonl", "--format", "csv", "--frame-index").out)))
    equal([row["channel"] for row in rows], ["data", "quote"])
    equal(rows[0]["data.note"], 'say "hi",\nall')
    equal((rows[0]["data.close"], rows[0]["bid"], rows[1]["bid"]), ("1.5", "", "2.0"))
    equal(rows[1]["asset"], 'X,"Y"')
    equal(json.loads(rows[1]["market_depth.bids"]), [[1.5, 2.0], [1.25, 3.0]])
    only = _replay("f.jsonl", "--format", "csv", "--channel", "data").out.splitlines()[0]
    equal(only, "channel,stream,connection,asset,timestamp,data.close,data.note,received,seq")


def pretty_is_one_line_a_record_and_harmless():
    write("f.jsonl", trade(1, n="\x1b[2J\n!") + "\n" + quote(2) + "\n")
    lines = _replay("f.jsonl", "--format", "pretty").out.splitlines()
    equal(len(lines), 2)
    within(lines[0], "data", "ABC", "close 1.5", "note ?[2J?!")
    turned = _replay(write("turned.jsonl", trade(1, n="a\u202eb\u2066c") + "\n"), "--format", "pretty").out
    within(turned, "note a?b?c")
    within(lines[1], "bid 2", "bids 1.5 x 2 (2)")


def variables_are_set():
    write("v.yaml", SPEC.replace('vars: {', 'vars: {add: 1, ').replace("float(data['p'])",
                                                                        "float(data['p']) + vars.add"))
    write("f.jsonl", trade(1) + "\n")
    equal(weir("replay", "v.yaml", "f.jsonl", "--set", "vars.add=10").records()[0]["data"]["close"], 11.5)
    equal(weir("replay", "v.yaml", "f.jsonl", "--set", "add").code, 2)
    equal(weir("replay", "v.yaml", "f.jsonl", "--set", "vars.ad=10").code, 1)


def a_file_that_is_not_there_is_named():
    done = _replay("nowhere.jsonl")
    equal((done.code, done.out), (1, ""))
    within(done.err, "nowhere.jsonl: No such file")
    equal(_replay(".").code, 1)


def pace_needs_times():
    done = _replay(write("f.jsonl", trade(1)), "--pace", "real")
    equal((done.code, done.out), (1, ""))
    within(done.err, "f.jsonl has no times to pace by")
    within(_replay("f.jsonl", "--pace", "fast").err, "--pace takes max, real, or x with a number")


def the_reader_may_leave():
    write("f.jsonl", (trade(1) + "\n") * 100000)
    process = claims.start("replay", write("shop.yaml", SPEC), "f.jsonl")
    process.stdout.readline()
    process.stdout.close()
    equal((process.wait(20), process.stderr.read()), (0, b""))


def a_full_disk_is_an_error():
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "wb") as full:
        process = claims.start("replay", write("shop.yaml", SPEC), write("f.jsonl", trade(1)), stdout=full)
        done = claims.finish(process)
    equal(done.code, 1)
    within(done.err, "writing to stdout: No space left")


def a_file_at_its_limit_is_an_error_too():
    frames = write("f.jsonl", "".join(trade(i) + "\n" for i in range(10000)))
    with open("out", "wb") as out:
        process = claims.start("replay", write("shop.yaml", SPEC), frames, stdout=out, preexec_fn=lambda:
                               resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)))
        done = claims.finish(process)
    equal(done.code, 1)
    within(done.err, "writing to stdout: File too large")


def credentials_that_are_there_but_not_ours_to_read_are_named():
    if os.getuid() != 0:
        return
    os.chmod(".", 0o755)
    os.makedirs("weir", mode=0o755)
    write("weir/weir.yaml", "shop: {key: k}\n")
    os.chmod("weir/weir.yaml", 0o600)
    spec = SPEC.replace("connections:", "credentials: [key]\nconnections:")
    spec = spec.replace("    subscribe:\n", "    auth: {mode: headers, headers: {fields: {X: credentials.key}}}\n    subscribe:\n", 1)
    process = claims.start("run", write("shop.yaml", spec), "--duration", "1s", preexec_fn=lambda: os.setuid(65534),
                           env={**os.environ, "XDG_CONFIG_HOME": os.getcwd()})
    done = claims.finish(process)
    equal(done.code, 1)
    within(done.err, "weir.yaml': Permission denied")


# ---------------------------------------------------------------- recordings

def a_recording_gives_times_and_leaves_out_what_was_sent():
    write("r.rec", b"".join(_recording(("market", 1600000000 * 10**9, 0, trade(1)),
                                       ("market", 1600000001 * 10**9, 1, trade(2)),
                                       ("market", 1600000002 * 10**9 + 5, 0, trade(3)))))
    done = _replay("r.rec", "--frame-index")
    equal([(r["data"]["close"], r["received"], r["frame"]) for r in done.records()],
          [(1.5, "2020-09-13T12:26:40Z", 0), (3.5, "2020-09-13T12:26:42.000000005Z", 1)])


def frames_go_to_the_connection_they_came_from():
    write("two.yaml", TWO_CONNECTIONS)
    write("r.rec", b"".join(_recording(("market", 1, 0, trade(1)), ("other", 2, 0, '{"n":5}'),
                                       ("gone", 3, 0, "{}"), ("market", 4, 0, trade(2)))))
    done = weir("replay", "two.yaml", "r.rec", "--stats")
    equal([r["connection"] for r in done.records()], ["market", "other", "market"])
    within(done.err, "connection   market", "connection   other", "skipped      1 frames")
    done = weir("replay", "two.yaml", "r.rec", "--connection", "other")
    equal([r.get("beat") for r in done.records()], [5])
    done = weir("replay", "two.yaml", write("f.jsonl", trade(1)))
    equal(done.code, 1)
    within(done.err, "market, other", "--connection")
    within(weir("replay", "two.yaml", "r.rec", "--connection", "x").err, "no connection 'x'")


def a_recording_cut_anywhere_gives_a_prefix_and_a_warning():
    blocks = _recording(*(("market", i, 0, trade(i)) for i in range(4)))
    whole = b"".join(blocks)
    kept = len(b"".join(blocks[:-2]))
    for cut in range(kept, len(whole)):
        done = _replay(write("r.rec", whole[:cut]))
        full = sum(len(b"".join(blocks[:i + 3])) <= cut for i in range(4))
        equal((done.code, [r["data"]["close"] for r in done.records()]), (0, [i + 0.5 for i in range(full)]))
        left = cut - len(b"".join(blocks[:2 + full]))
        if left:
            within(done.err, "warning: r.rec ends in a torn frame; its last %d bytes" % left)
        else:
            equal(done.err, "")


def real_pace_keeps_the_order_and_waits():
    write("r.rec", b"".join(_recording(*(("market", i * 200 * 10**6, 0, trade(i)) for i in range(3)))))
    for pace in ("real", "x4", "max"):
        done = _replay("r.rec", "--pace", pace)
        equal([r["data"]["close"] for r in done.records()], [0.5, 1.5, 2.5])


def a_signal_ends_a_paced_replay():
    write("r.rec", b"".join(_recording(("market", 0, 0, trade(0)), ("market", 10**12, 0, trade(1)))))
    process = claims.start("replay", write("shop.yaml", SPEC), "r.rec", "--pace", "real")
    equal(json.loads(process.stdout.readline())["data"]["close"], 0.5)
    done, seconds = claims.stopped(process)
    equal((done.code, done.out, seconds < 2), (0, "", True))


if __name__ == "__main__":
    claims.main(globals(), __doc__)
