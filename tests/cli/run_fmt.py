# SPDX-License-Identifier: MIT
"""weir fmt: what it writes where, and that every spec of this repository is laid out already."""
import glob
import os
import shutil
import stat
import subprocess

import claims
from claims import equal, weir, within, write

UGLY = """\
weir:   1
name: 'acme'      # who
connections:
    one:
        streams: { a : data,b: quote }
        rules:
        - {x: 1}
    two: {}
"""
NEAT = """\
weir: 1
name: "acme"      # who
connections:
  one:
    streams: {a: data, b: quote}
    rules:
      - {x: 1}

  two: {}
"""


def the_layout_goes_to_stdout():
    done = weir("fmt", write("a.yaml", UGLY))
    equal((done.code, done.out, done.err), (0, NEAT, ""))
    equal(open("a.yaml").read(), UGLY)


def standard_input_is_a_dash():
    done = weir("fmt", "-", data=UGLY.encode())
    equal((done.code, done.out), (0, NEAT))
    equal(weir("fmt", "-", "--check", data=UGLY.encode()).code, 1)
    equal(weir("fmt", "-", "--write", data=UGLY.encode()).code, 2)


def check_names_the_files_that_differ():
    done = weir("fmt", "--check", write("a.yaml", UGLY), write("b.yaml", NEAT), write("c.yaml", UGLY))
    equal((done.code, done.out, done.err), (1, "a.yaml\nc.yaml\n", ""))
    done = weir("fmt", "--check", "b.yaml")
    equal((done.code, done.out, done.err), (0, "", ""))


def a_file_is_replaced_with_its_mode_and_through_a_link():
    os.mkdir("far")
    write("far/a.yaml", UGLY)
    os.chmod("far/a.yaml", 0o640)
    os.symlink("far/a.yaml", "a.yaml")
    done = weir("fmt", "--write", "a.yaml")
    equal((done.code, done.out, done.err), (0, "", ""))
    equal(os.path.islink("a.yaml"), True)
    equal(open("far/a.yaml").read(), NEAT)
    equal(stat.S_IMODE(os.stat("far/a.yaml").st_mode), 0o640)
    equal(os.listdir("far"), ["a.yaml"])


def a_file_that_is_laid_out_is_not_touched():
    write("a.yaml", NEAT)
    before = os.stat("a.yaml")
    equal(weir("fmt", "--write", "a.yaml").code, 0)
    after = os.stat("a.yaml")
    equal((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns))


def the_diff_is_one_that_patch_takes():
    write("a.yaml", UGLY + "".join("k%d: %d\n" % (i, i) for i in range(40)) + "last:   'x'")
    done = weir("fmt", "--diff", "a.yaml")
    equal(done.code, 0)
    within(done.out, "--- a.yaml\n+++ a.yaml\n@@ -1,11 +1,12 @@\n-weir:   1\n-name", "\n-last:   'x'\n\\ No newline at end of file")
    equal(done.out.count("@@ -"), 2)
    wanted = weir("fmt", "a.yaml").out
    if shutil.which("git"):
        subprocess.run(["git", "apply", "--unsafe-paths", "-p0", "-"], input=done.out.encode(), check=True)
        equal(open("a.yaml").read(), wanted)


def a_diff_with_check_fails_where_there_is_one():
    equal(weir("fmt", "--diff", "--check", write("a.yaml", UGLY)).code, 1)
    done = weir("fmt", "--diff", "--check", write("b.yaml", NEAT))
    equal((done.code, done.out), (0, ""))


def what_is_not_yaml_is_told_and_left_alone():
    done = weir("fmt", "--write", write("a.yaml", "a: [1\nb: 2\n"), write("b.yaml", UGLY))
    equal(done.code, 1)
    within(done.err, "a.yaml:2:", "error: not YAML")
    equal((open("a.yaml").read(), open("b.yaml").read()), ("a: [1\nb: 2\n", NEAT))
    within(weir("fmt", "nowhere.yaml").err, "nowhere.yaml", "No such file")


def what_cannot_be_kept_is_refused():
    text = "a: 'x\u2028y'\n"
    done = weir("fmt", "--write", write("a.yaml", text))
    equal((done.code, open("a.yaml").read()), (1, text))
    within(done.err, "a.yaml: cannot be formatted: it has line breaks")


def write_and_check_exclude_each_other():
    equal(weir("fmt", "--write", "--check", write("a.yaml", UGLY)).code, 2)


def every_spec_that_comes_with_weir_is_laid_out():
    for folder in ("specs", "examples"):
        files = sorted(glob.glob(os.path.join(claims.ROOT, folder, "**", "*.yaml"), recursive=True))
        done = weir("fmt", "--check", *files)
        equal((done.code, done.out, done.err), (0, "", ""), folder)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
