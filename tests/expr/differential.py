#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random expressions, run by Weir and by CPython, which is the oracle.

    differential.py WEIR [--count N] [--seed S] [--jobs J] [--regressions FILE] [--show N]

WEIR_EXPR_CASES and WEIR_EXPR_SEED in the environment say the same. Values, types and classes of
errors are compared as texts of the tagged form of `weir eval --batch`. Deviations that are meant are
rules in `known`, each a line of docs/expressions.md. With --regressions, what differs is appended to
a file, as rows for regressions.ndjson.
"""
import argparse
import builtins
import collections
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile

import generate
import oracle

CHUNK, PER_MESSAGE, LONGEST = 2500, 25, 1500


def known(want, why, got, source):
    """Where the two may differ, by rule: the name of the rule, or None."""
    if want is None and why.startswith("CPython: SyntaxError"):
        return "not Python" if got.startswith('{"error":"Mistake"') else None
    if want is None:
        return f"not in the language: {re.sub('[0-9]+', 'N', why)[:40]}"
    if got.startswith('{"error":"Mistake"'):
        if want.startswith('{"error"'):
            return "a mistake at load is one for CPython when it comes to it"
        if re.search("no attribute|has no method|has a method|unexpected keyword|argument", got):
            return "what can never succeed is a mistake at load, reached or not"
    if re.search("could not convert string to float|invalid literal for int|conversion of", got) and \
            re.search("[^\x00-\x7f]", got):
        return "digits of numbers are ASCII"
    if "% formatting is not supported" in got:
        return "% formatting is left out"
    if "or a surrogate (" in got and re.search(r"surrogate \((5[5-9]|6)\d{3,4}\)", got):
        return "there are no lone surrogates"
    if "Timedelta" in got + (want or "") and re.search(r"pd\.Timedelta\(.*\) % ", source):
        return "the rest of a Timedelta by a float is pandas' own"
    if "interpreted as an integer (exp" in got or "interpreted as an integer (base" in got:
        return "pow() with a modulus is for integers"
    lacking = re.search(
        r"'(float|int|str|bytes|dict|list|tuple|set|range)' object has no attribute '(\w+)'", got)
    if re.search("'Time(stamp|delta)' object has no attribute", got):
        return "methods that the language leaves out"
    if lacking and hasattr(getattr(builtins, lacking[1]), lacking[2]):
        return "methods that the language leaves out"
    if "tz='tz" in (want or ""):
        return "a fixed zone goes by its pytz name"
    if re.search("'Timedelta' and 'str'|'str' and 'Timedelta'|not ..Timedelta", got):
        return "a text is no Timedelta in arithmetic"
    if "pd." in source and (re.search(r"NaT|-9223372036854775808|NoneType", got + (want or "")) or
                            re.search("nan|-9.223372036854776e", source + got)):
        return "there is no NaT: it is None where it is read, and an error in arithmetic"
    if re.search(r"\\s|\\S", source) and re.search(r"re_", source):
        return "white space of patterns is Unicode's, without the separators 1C to 1F"
    if "cannot fit 'int' into an index" in (why or ""):
        return "integers have 64 bits"
    if re.search("z[0-9,_.]*F", source):
        return "CPython forgets the z of a Decimal's F"
    if re.search(r"beyond (64|120) bits|integer of up to 126 bits", got):
        return "integers have 64 bits"
    if "is complex" in got:
        return "there are no complex numbers"
    if "not a finite decimal number" in got:
        return "Decimals are finite"
    if "ut of bounds" in got and want.startswith(('{"error":"Ov', '{"error":"Val')):
        return "out of the range of time: OverflowError or ValueError"
    if "NaT" in (why or "") or re.search("for .*'NoneType' and 'Time|'Time.*' and 'NoneType'", got):
        return "there is no NaT: it is None where it is read, and an error in arithmetic"
    if "clocks skip it" in got or "clocks show it twice" in got:
        return "a local time that is none, or two, is an error in every form of text"
    if got.startswith('{"error":"LimitError"'):
        return "limits"
    return None


def same(want, got):
    if want.startswith('{"error"'):
        return got.startswith(want + ",")
    return got == want


def cases(seed, count):
    """(line for Weir, expression, message) of a chunk."""
    rng = random.Random(seed)
    out = []
    while len(out) < count:
        message = generate.Message(rng)
        writer = generate.Writer(rng, message)
        for _ in range(min(PER_MESSAGE, count - len(out))):
            source = writer.expression(rng.choice([1, 2, 2, 3, 3, 4]))
            if len(source) > LONGEST:
                continue
            whole = ',"whole":true' if rng.random() < 0.3 else ""
            out.append(('{"expr":%s,"data":%s%s}' % (json.dumps(source), message.text_json, whole),
                        source, message))
    return out


def run_chunk(job):
    weir, seed, count = job
    chunk = cases(seed, count)
    with tempfile.TemporaryFile() as lines:
        lines.write("".join(line + "\n" for line, _, _ in chunk).encode())
        lines.seek(0)
        oracle.set_memory(None)
        run = subprocess.run([weir, "eval", "--batch"], stdin=lines, capture_output=True)
        oracle.set_memory(1 << 30)
    answers = run.stdout.decode().split("\n")[:-1]
    if run.returncode or len(answers) != len(chunk):
        at = chunk[min(len(answers), len(chunk) - 1)][0]
        return {"died": 1}, [(at, "", f"weir ended with {run.returncode}: {run.stderr[-1500:]!r}")]
    counts, bad, message, data = collections.Counter(), [], None, None
    for (line, source, of), got in zip(chunk, answers):
        if of is not message:
            message, data = of, json.loads(of.text_json, parse_float=oracle.Sent)
        want, why = oracle.outcome(source, data)
        if want is not None and same(want, got):
            counts["errors alike" if want.startswith('{"error"') else "values alike"] += 1
            continue
        rule = known(want, why, got, source)
        counts[rule or "different"] += 1
        if not rule:
            bad.append((line, (want or "") + ("" if (want or "}")[-1] == "}" else "}"), got, why))
    return counts, bad


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("--count", type=int, default=int(os.environ.get("WEIR_EXPR_CASES", 200000)))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("WEIR_EXPR_SEED", 20261121)))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--regressions")
    parser.add_argument("--show", type=int, default=40)
    return parser.parse_args()


def main():
    args = arguments()
    print(f"{args.count} cases, seed {args.seed}", flush=True)
    jobs = [(args.weir, args.seed * 1000003 + i, min(CHUNK, args.count - i * CHUNK))
            for i in range((args.count + CHUNK - 1) // CHUNK)]
    counts, bad = collections.Counter(), []
    with multiprocessing.Pool(args.jobs, oracle.confine) as pool:
        for some, found in pool.imap_unordered(run_chunk, jobs):
            counts.update(some)
            bad += found
    bad.sort(key=lambda case: len(case[0].split('"data":')[0]))
    for case in bad[:args.show]:
        request = case[0].split(',"data":{')[0]
        why = case[3] if len(case) > 3 and case[3] else ""
        print(f"{request}\n  python: {case[1][:300]}  {why}\n  weir:   {case[2][:300]}")
    for name, count in counts.most_common():
        print(f"{count:9} {name}")
    if args.regressions:
        with open(args.regressions, "a", encoding="utf-8") as out:
            out.writelines(f'{case[0][:-1]},"want":{case[1]}}}\n' for case in bad if case[1])
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
