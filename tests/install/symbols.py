#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""symbols.py LIBWEIR.SO LIBWEIR.A: the shared library shows what include/weir marks WEIR_API, no less and no
more; the static one defines no external name that does not begin with weir_."""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def declared():
    names = set()
    for header in glob.glob(ROOT + "/include/weir/*.h"):
        with open(header, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)
        text = re.sub(r"^\s*#.*(\\\n.*)*$", "", text, flags=re.M)
        for declaration in re.findall(r"\bWEIR_API\b([^;{]*)", text):
            declaration = re.sub(r"__attribute__\s*\(\(.*?\)\)\s*(?=$|[;\s])", " ", declaration, flags=re.S)
            found = re.search(r"(\w+)\s*\(", declaration) or re.search(r"(\w+)\s*(\[[^]]*\]\s*)?$", declaration)
            if found:
                names.add(found.group(1))
    return names


def defined(arguments):
    lines = subprocess.run(["nm", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return {parts[2].split("@")[0] for parts in map(str.split, lines) if len(parts) == 3 and parts[1] in "TDBRVWi"}


def main(shared, static):
    problems = []
    public, shown = declared(), defined(["-D", "--defined-only", shared])
    if not public:
        problems.append("include/weir/ declares nothing WEIR_API")
    problems += [f"libweir.so shows '{name}', which no public header declares" for name in sorted(shown - public)]
    problems += [f"libweir.so lacks '{name}', which a public header declares" for name in sorted(public - shown)]
    problems += [f"libweir.a defines '{name}', which does not begin with weir_"
                 for name in sorted(defined(["-g", "--defined-only", static])) if not name.startswith("weir_")]
    print("\n".join(problems) if problems else f"symbols: {len(public)} public names, all is well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
