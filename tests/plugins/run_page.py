# SPDX-License-Identifier: MIT
"""run_page.py --weir WEIR --cc CC: the plugin of docs/writing-a-plugin.md is built with the one line that the page shows,
and the spec that the page shows passes its tests with it."""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False)
    print(done.stdout)
    if done.returncode != 0:
        sys.exit("failed: " + " ".join(command))
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--cc", default="cc")
    args = parser.parse_args()
    with open(ROOT + "/docs/writing-a-plugin.md", encoding="utf-8") as file:
        page = file.read()
    with tempfile.TemporaryDirectory() as folder:
        for name, tag in (("treasuries.c", "c"), ("treasuries.yaml", "yaml plugin")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("".join(re.findall(r"^```%s\n(.*?)^```$" % tag, page, re.S | re.M)))
        line = re.search(r"^cc (.*)$", page, re.M).group(1).split()
        run(args.cc, "-std=c11", "-Wall", "-Wextra", "-Werror", "-I" + ROOT + "/include", *line, cwd=folder)
        said = run(os.path.abspath(args.weir), "test", "treasuries.yaml", cwd=folder)
        if "2 passed, 0 failed" not in said:
            sys.exit("the tests of the page's spec were not run")


if __name__ == "__main__":
    main()
