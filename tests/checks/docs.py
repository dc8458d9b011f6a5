#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every relative link of a Markdown page leads to a file or heading that exists, every path of the tree that
a page names in backticks exists, and every `make` target that it names is one of the Makefile."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:src|include|tests|tools|specs|examples|bench|plugins|cmake|docs)/[\w./-]*\w/?)`")
MAKE = re.compile(r"`make ([a-z]+)[^`]*`")


def pages():
    for path, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith((".", "build")) and f != "node_modules"]
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.join(path, name)


def anchors(page):
    """The headings of a page in the form in which a link names them."""
    with open(page, encoding="utf-8") as file:
        text = re.sub(r"```.*?```", "", file.read(), flags=re.S)
    for heading in re.findall(r"^#+ +(.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def link_problem(page, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    full = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(full):
        return f"the link '{target}' leads nowhere"
    if anchor and full.endswith(".md") and anchor not in anchors(full):
        return f"the link '{target}' names no heading of that page"
    return None


def problems(page, targets):
    with open(page, encoding="utf-8") as file:
        lines = file.read().splitlines()
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            problem = link_problem(page, target)
            if problem:
                yield number, problem
        for path in PATH.findall(line):
            if not os.path.exists(os.path.join(ROOT, path)):
                yield number, f"there is no '{path}'"
        for target in MAKE.findall(line):
            if target not in targets:
                yield number, f"the Makefile has no target '{target}'"


def main():
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as file:
        targets = set(re.findall(r"^([a-z]+):", file.read(), re.M))
    count = 0
    for page in pages():
        for number, problem in problems(page, targets):
            count += 1
            print(f"{os.path.relpath(page, ROOT)}:{number}: error: {problem}")
    print(f"docs: {count} problem(s)" if count else "docs: all is well")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
