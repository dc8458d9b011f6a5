#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""packages.txt is well formed, and the lock files of the node packages name no registry host: which registry
they come from is the machine's affair, what they must hash to is ours."""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def package_problems():
    section, seen = None, set()
    with open(os.path.join(ROOT, "packages.txt"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            heading = re.match(r"# \[([a-z]+)\]", line)
            if heading:
                section = heading.group(1)
            name = line.split("#")[0].strip()
            if not name:
                continue
            if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name):
                yield f"packages.txt:{number}: error: '{name}' is no name of a Debian package"
            if section is None:
                yield f"packages.txt:{number}: error: '{name}' is in no section"
            if name in seen:
                yield f"packages.txt:{number}: error: '{name}' stands here twice"
            seen.add(name)


def lock_problems(folder):
    shown = f"tests/{folder}/package-lock.json"
    with open(os.path.join(ROOT, shown), encoding="utf-8") as file:
        lock = json.load(file)
    for name, entry in lock.get("packages", {}).items():
        if "resolved" in entry:
            yield f"{shown}: error: '{name}' names a host ('resolved')"
        if name and not entry.get("link") and "integrity" not in entry:
            yield f"{shown}: error: '{name}' has no hash ('integrity')"
        if entry.get("hasInstallScript"):
            yield f"{shown}: error: '{name}' wants to run a script when installed"


def main():
    problems = [*package_problems(), *lock_problems("peers"), *lock_problems("schema")]
    print("\n".join(problems) if problems else "packages: all is well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
