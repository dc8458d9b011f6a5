# SPDX-License-Identifier: MIT
"""Compiles the C of the pages. The blocks tagged `c` of one page, one behind the other, are one file. It must compile
without a warning; if it has a `main` it is also linked with the library and run in the root of the tree, and must
write what the block tagged `text` behind its last snippet shows."""
import argparse
import os
import subprocess
import sys
import tempfile
from itertools import groupby

from pages import ROOT, blocks

FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I" + ROOT + "/include", "-I" + ROOT + "/src"]


def outcome(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False,
                          text=True)
    return done.returncode, done.stdout, done.stderr


def problems(found, args, folder):
    snippets = [b for b in found if b.tag == "c"]
    code = "".join('#line %d "%s"\n%s' % (b.line + 1, b.page, b.text) for b in snippets)
    source, program = os.path.join(folder, "page.c"), os.path.join(folder, "page")
    with open(source, "w", encoding="utf-8") as file:
        file.write(code)
    has_main = "int main(" in code
    link = [args.library, "-Wl,-rpath," + os.path.dirname(args.library)]
    status, _, said = outcome([args.cc, *FLAGS, source, "-o", program]
                              + (link if has_main else ["-c"]))
    if status != 0:
        yield said
        return
    shown = [b for b in found if b.tag == "text" and b.line > snippets[-1].line]
    if has_main and shown:
        status, out, said = outcome([program])
        if status != 0 or out != shown[0].text:
            yield "%s: exit %d, writes\n%snot\n%s%s" % (snippets[-1], status, out, shown[0].text, said)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--library", required=True)
    args = parser.parse_args()
    args.library = os.path.abspath(args.library)
    count = failed = 0
    for page, found in groupby(blocks(), lambda b: b.page):
        found = list(found)
        if not any(b.tag == "c" for b in found):
            continue
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            said = list(problems(found, args, folder))
        failed += bool(said)
        for problem in said:
            print("%s: %s" % (page, problem))
    print("%d pages with C, %d with problems" % (count, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
