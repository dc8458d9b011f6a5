# SPDX-License-Identifier: MIT
"""`weir schema`, judged by programs that are not ours: it is a JSON Schema of 2020-12, and refuses no spec that
`weir check` accepts - those of the tree, and some hundred that come of damaging them at random. Of the broken specs
it must refuse those whose mistake is one of shape.
"""
import argparse
import copy
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SKIPPED = 77
OF_SHAPE = re.compile(r"(wrong_type_|missing_|unsupported_|unknown_\w+_key|bad_(auth_mode|backend|duration|frame|name)"
                      r"|router_rule_without_|converter_without_|weir_)")
# What looks like a nested object of fields; a plugin's function as a field.
OTHERWISE = {"unknown_field_key", "unsupported_custom", "bad_backend_option_range"}
VALUES = [None, True, 0, 3, 1.5, "x", "5s", "trades", "data", "", [], {}, ["data"], [1, None], {"a": "b"},
          {"fields": {"a": "1"}}, {"source": "1", "default_value": [1]}, "websocket", {"type": "websocket"}]
ROUNDS = 12


def weir(command, *args, cwd=None):
    return subprocess.run([command, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=100, check=False, text=True, cwd=cwd)


def accepted(command, paths):
    """Which of the files the checker has no error for."""
    done = weir(command, "check", "--json", *paths)
    wrong = {d["file"] for d in json.loads(done.stdout) if d["severity"] == "error"}
    assert done.returncode in (0, 1), done.stderr
    return [path for path in paths if path not in wrong]


def judged(schema, paths):
    done = subprocess.run(["node", os.path.join(HERE, "validate.js"), schema], input="\n".join(paths) + "\n",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100, check=False, text=True)
    if done.returncode != 0:
        sys.exit("validate.js: " + done.stderr)
    return {answer["path"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def places(value, path=()):
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(
            value if isinstance(value, list) else []):
        yield from places(inner, path + (key,))


def damaged(spec, dice):
    """The spec with one thing in it deleted, renamed, put into a list or replaced."""
    spec = copy.deepcopy(spec)
    path = dice.choice([p for p in places(spec) if p])
    parent = spec
    for step in path[:-1]:
        parent = parent[step]
    how = dice.randrange(5)
    if how == 0:
        del parent[path[-1]]
    elif how == 1 and isinstance(parent, dict):
        parent[dice.choice(["x", "fields", "source", "1", "custom", "all"])] = parent.pop(path[-1])
    elif how == 2:
        parent[path[-1]] = [parent[path[-1]]]
    else:
        parent[path[-1]] = copy.deepcopy(dice.choice(VALUES))
    return spec


def part_of(spec, dice):
    """What stands at one place of the spec, without all that stands beside it."""
    path = dice.choice([p for p in places(spec) if p])
    value = spec
    for step in path:
        value = value[step]
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def write(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)
    return path


def mutants(specs, folder, dice):
    beside = glob.glob(os.path.join(ROOT, "tests", "spec", "*", "*.csv"))
    for path in beside + glob.glob(os.path.join(ROOT, "specs", "*.yaml")):    # some extend another
        shutil.copy(path, folder)
    for number, spec in enumerate(specs):
        whole = "whole%d.yaml" % number
        write(folder, whole, spec)
        for turn in range(ROUNDS):
            yield write(folder, "m%d_%d.yaml" % (number, turn), damaged(spec, dice))
            part = part_of(spec, dice)
            if turn % 2 and isinstance(part, dict):
                part = damaged(part, dice)
            yield write(folder, "p%d_%d.yaml" % (number, turn), {**part, "extends": whole})


def refused(command, schema, paths, keep=None):
    """Those that the checker accepts and the schema does not."""
    good, answers = accepted(command, paths), judged(schema, paths)
    for path in good:
        if not answers[path].get("valid"):
            yield "%s is refused: %s\n%s" % (os.path.basename(path), answers[path].get("errors"),
                                             json.dumps(answers[path].get("data"))[:3000])
    if keep is not None:
        keep.update(answers)
    print("%d specs, %d of them without an error, %d with the right shape"
          % (len(paths), len(good), sum(bool(a.get("valid")) for a in answers.values())))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default="weir")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    command = os.path.abspath(args.weir)
    if not shutil.which("node") or not os.path.isdir(os.path.join(HERE, "node_modules", "ajv")):
        print("SKIPPED: node or the packages of tests/schema are missing")
        sys.exit(SKIPPED)
    problems, answers = [], {}
    with tempfile.TemporaryDirectory() as folder:
        schema = os.path.join(folder, "weir.schema.json")
        with open(schema, "w", encoding="utf-8") as file:
            file.write(weir(command, "schema").stdout)
        paths = sorted(glob.glob(ROOT + "/specs/*.yaml") + glob.glob(ROOT + "/examples/*.yaml")
                       + glob.glob(ROOT + "/tests/spec/*/*.yaml"))
        problems += refused(command, schema, paths, answers)
        for path in paths:
            name = os.path.basename(path)[:-5]
            if "/bad/" in path and OF_SHAPE.match(name) and name not in OTHERWISE and answers[path].get("valid"):
                problems.append(name + " has the wrong shape, and passes")
        specs = [answers[path]["data"] for path in paths if "/bad/" not in path]
        problems += refused(command, schema, list(mutants(specs, folder, random.Random(args.seed))))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
