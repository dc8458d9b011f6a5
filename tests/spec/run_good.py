# SPDX-License-Identifier: MIT
"""Checks the specs that must load: those of specs/ and examples/, and the snippets of the first
description of the language in tests/spec/seed, written as whole specs. All must pass `weir
check`. Where NAME.frames.jsonl and NAME.expected.jsonl (or NAME.CONNECTION...) lie beside one,
`weir replay` over the frames must give exactly the expected records, `received` and `seq` aside.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
UNCOMPARED = ("received", "seq")


def weir(command, *args):
    done = subprocess.run([command, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line]


def same(ours, expected):
    """Equal values of equal types in equal order: 1 is not 1.0 and not true."""
    return json.dumps(ours) == json.dumps(expected)


def expected_of(frames):
    return frames[:-len(".frames.jsonl")] + ".expected.jsonl"


def replay_problems(command, spec, frames):
    stem = frames[:-len(".frames.jsonl")]
    connection = os.path.basename(stem)[len(os.path.basename(spec)[:-5]) + 1:]
    only = ["--connection", connection] if connection else []
    code, out, err = weir(command, "replay", spec, frames, "--frame-index", *only)
    if code != 0:
        yield "replay: exit %d: %s" % (code, err)
        return
    with open(expected_of(frames), encoding="utf-8") as expected_file:
        expected = lines(expected_file.read())
    records = [{k: v for k, v in record.items() if k not in UNCOMPARED} for record in lines(out)]
    for number, (ours, theirs) in enumerate(zip(records, expected)):
        if not same(ours, theirs):
            yield "record %d:\n  is       %s\n  expected %s" % (
                number, json.dumps(ours), json.dumps(theirs))
    if len(records) != len(expected):
        yield "%d records, expected %d" % (len(records), len(expected))


def problems(command, spec):
    code, out, err = weir(command, "check", spec)
    if code != 0:
        yield "check: exit %d: %s%s" % (code, out, err)
        return
    stem = spec[:-5]
    for frames in sorted(glob.glob(stem + ".frames.jsonl") + glob.glob(stem + ".*.frames.jsonl")):
        if os.path.exists(expected_of(frames)):
            yield from replay_problems(command, spec, frames)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default="weir")
    parser.add_argument("specs", nargs="*", help="only these (default: all)")
    args = parser.parse_args()
    specs = args.specs or sorted(
        glob.glob(os.path.join(ROOT, "specs", "*.yaml"))
        + glob.glob(os.path.join(ROOT, "examples", "*.yaml"))
        + glob.glob(os.path.join(HERE, "seed", "*.yaml")))
    failed = 0
    for spec in specs:
        found = list(problems(args.weir, spec))
        failed += bool(found)
        for problem in found:
            print("%s: %s" % (os.path.relpath(spec), problem))
    print("%d specs, %d with problems" % (len(specs), failed))
    sys.exit(1 if failed or not specs else 0)


if __name__ == "__main__":
    main()
