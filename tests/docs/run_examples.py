# SPDX-License-Identifier: MIT
"""Runs the examples of README.md and docs/. What is done with a block is told by its tag:

yaml spec        must pass `weir check` without a finding
yaml part        keys of a spec, yaml connection: keys of a connection; laid over a small spec by `extends`, it must
                 pass as well
yaml             must be a file of the tree, named in a comment in front: <!-- examples/acme.yaml -->
expr             lines `EXPR  →  VALUE`, where VALUE is the JSON that `weir eval` prints, or `Error: a part of its
                 text`; `data = JSON` holds for the lines below it
console          `$ weir ...` is run in a folder that has examples/ and specs/, and writes what stands below it, stdout
                 before stderr; a comment in front may make a file: <!-- acme.yaml: examples/acme.yaml, OLD => NEW -->
json             must be JSON
c                see run_snippets.py
yaml plugin      see tests/plugins/run_page.py, which has the plugin that it names
sh, text         are not run
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile

from pages import ROOT, blocks

WEIR = "weir"
ARROW = "  →  "
BASE = """\
weir: 1
name: base
connections:
  market_data:
    url: wss://stream.acme.example/market
    backend: {type: websocket}
    streams: [data]
    converters:
      data: {fields: {asset: "broker.infer_asset(symbol=data['s'])", data: {close: "float(data['p'])"}}}
"""


def weir(*args, cwd=None):
    env = {name: value for name, value in os.environ.items() if not name.startswith("ACME_")}
    return subprocess.run([WEIR, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, env=env, timeout=60, check=False, text=True, encoding="utf-8")


def indented(text, blanks):
    return "".join(" " * blanks + line if line.strip() else line for line in text.splitlines(True))


def check_spec(text, folder):
    with open(os.path.join(folder, "spec.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    done = weir("check", "spec.yaml", cwd=folder)
    if done.returncode != 0 or done.stderr:
        yield "weir check: " + done.stderr


def run_spec(block, folder):
    yield from check_spec(block.text, folder)


def run_part(block, folder):
    with open(os.path.join(folder, "base.yaml"), "w", encoding="utf-8") as file:
        file.write(BASE)
    with open(os.path.join(folder, "instruments.csv"), "w", encoding="utf-8") as file:
        file.write("sym,token,name,lot\nAAPL,17,AAPL.O,1\n")
    yield from check_spec("extends: base.yaml\n" + block.text, folder)


def run_connection(block, folder):
    block.text = "connections:\n  market_data:\n" + indented(block.text, 4)
    yield from run_part(block, folder)


def run_file(block, _):
    if not block.note:
        yield "a block of YAML is a spec, a part, a connection, or names a file in a comment in front"
        return
    with open(os.path.join(ROOT, block.note), encoding="utf-8") as file:
        wanted = "".join(line for line in file if not line.startswith("# SPDX"))
    if block.text != wanted:
        yield "is not " + block.note


def run_expr(block, _):
    data = []
    for line in filter(str.strip, block.text.splitlines()):
        if line.startswith("data = "):
            data = ["--data", line[len("data = "):]]
            continue
        if ARROW not in line:
            yield "no arrow in: " + line
            continue
        expression, wanted = (part.strip() for part in line.split(ARROW, 1))
        done = weir("eval", expression, *data)
        if done.returncode == 0 and done.stdout.strip() != wanted:
            yield "%s gives %s, not %s" % (expression, done.stdout.strip(), wanted)
        if done.returncode != 0 and wanted not in done.stderr:
            yield "%s fails with %s, not with %s" % (expression, done.stderr, wanted)


def make_file(note, folder):
    if ": " not in note:
        return
    name, recipe = note.split(": ", 1)
    source, change = recipe.split(", ", 1)
    old, new = change.split(" => ")
    with open(os.path.join(ROOT, source), encoding="utf-8") as file:
        text = file.read()
    if old not in text:
        raise ValueError("%r is not in %s" % (old, source))
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def run_console(block, folder):
    for name in ("examples", "specs"):
        os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    make_file(block.note, folder)
    for part in ("\n" + block.text).split("\n$ ")[1:]:
        command, _, wanted = part.partition("\n")
        words = shlex.split(command, comments=True)
        if words[0] != "weir":
            yield "only weir is run in a console; for '%s' the tag is sh" % words[0]
            continue
        done = weir(*words[1:], cwd=folder)
        got = done.stdout + done.stderr
        if got.strip() != wanted.strip():
            yield "$ %s\nwrites\n%s\nnot\n%s" % (command, got, wanted)


def run_json(block, _):
    try:
        json.loads(block.text)
    except ValueError as error:
        yield str(error)


TAGS = {"yaml spec": run_spec, "yaml part": run_part, "yaml connection": run_connection, "yaml": run_file,
        "expr": run_expr, "console": run_console, "json": run_json,
        "yaml plugin": None, "c": None, "sh": None, "text": None}


def main():
    global WEIR
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default="weir")
    parser.add_argument("page", nargs="?", help="only pages whose path has this in it")
    args = parser.parse_args()
    WEIR = os.path.abspath(args.weir)
    count = failed = 0
    for block in blocks():
        if args.page and args.page not in block.page:
            continue
        count += 1
        if block.tag not in TAGS:
            found = ["unknown tag '%s'" % block.tag]
        elif not TAGS[block.tag]:
            continue
        else:
            with tempfile.TemporaryDirectory() as folder:
                found = list(TAGS[block.tag](block, folder))
        failed += bool(found)
        for problem in found:
            print("%s: %s" % (block, problem))
    print("%d examples, %d not as they stand there" % (count, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
