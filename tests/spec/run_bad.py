# SPDX-License-Identifier: MIT
"""Checks the broken specs of tests/spec/bad: `weir check FILE --json` must give exactly the
diagnostics that the file's `# expect: LINE:COL: error: TEXT` comments name (TEXT is a part of the
message), no other errors, and exit code 1. The same run as text must show each place as
FILE:LINE:COL with a caret.
"""
import argparse
import json
import os
import re
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bad")
EXPECT = re.compile(rb"^# expect: (\d+):(\d+): (error|warning): ?(.*)$", re.M)
FEWEST = 50


def expectations(path):
    with open(path, "rb") as spec:
        return [(int(line), int(column), severity.decode(), text.decode())
                for line, column, severity, text in EXPECT.findall(spec.read())]


def check(weir, path, *more):
    return subprocess.run([weir, "check", path, *more], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)


def mismatches(expected, got):
    """What was expected and not said, and what was said and not expected."""
    left = list(got)
    for line, column, severity, text in expected:
        found = next((d for d in left if (d["line"], d["column"], d["severity"])
                      == (line, column, severity) and text in d["text"]), None)
        if found:
            left.remove(found)
        else:
            yield "expected %d:%d: %s: ...%s..." % (line, column, severity, text)
    for d in left:
        if d["severity"] == "error":
            yield "also said %(line)d:%(column)d: %(severity)s: %(text)s" % d


def problems(weir, path):
    expected = expectations(path)
    if not expected:
        yield "no '# expect:' comment"
    done = check(weir, path, "--json")
    if done.returncode != 1:
        yield "exit %d instead of 1: %s" % (done.returncode, done.stderr.decode()[-500:])
        return
    yield from mismatches(expected, json.loads(done.stdout))
    shown = check(weir, path)
    text = (shown.stdout + shown.stderr).decode("utf-8", "replace")
    for line, column, _, _ in expected:
        if "%s:%d:%d: error: " % (path, line, column) not in text:
            yield "the text form does not name %s:%d:%d" % (path, line, column)
    if "^" not in text:
        yield "the text form has no caret"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default="weir")
    parser.add_argument("names", nargs="*", help="only these (default: all)")
    args = parser.parse_args()
    names = args.names or sorted(n[:-5] for n in os.listdir(FOLDER) if n.endswith(".yaml"))
    failed = 0
    for name in names:
        if name.startswith("_"):
            continue        # a part that others extend
        found = list(problems(args.weir, os.path.join(FOLDER, name + ".yaml")))
        failed += bool(found)
        for problem in found:
            print("%s: %s" % (name, problem))
    print("%d broken specs, %d not diagnosed as expected" % (len(names), failed))
    if not args.names and len(names) < FEWEST:
        sys.exit("fewer than %d broken specs" % FEWEST)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
