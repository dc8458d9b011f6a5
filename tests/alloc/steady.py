# SPDX-License-Identifier: MIT
"""What the tests of this folder share: running the program `steady`, and naming whoever asked for memory."""

import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "runtime"))
sys.path.insert(0, os.path.join(HERE, "..", "backends"))

import feed  # noqa: E402  (the path above is needed first)
from feed import peers  # noqa: E402, F401

SECONDS = 150
SHOWN = 12
QUEUES = 5  # of the consumers of steady.c
MAILBOX = 4  # both sides of that between paho's threads and ours
QUEUE_NAMES = ("append consumer.c:", "weir_mqtt_mailbox_put ")
program = None


def start(needs_node=True):
    """The program's path from the command line; leaves as skipped when no peer can run here."""
    global program
    if len(sys.argv) < 2:
        sys.exit("usage: run_NAME.py STEADY ...")
    program = sys.argv[1]
    if needs_node and not peers.available():
        print("SKIPPED: node or the packages of tests/peers are absent (npm ci --ignore-scripts)")
        sys.exit(feed.SKIPPED)
    return feed.Checks()


def collect(process):
    """The result of a run that was started: its JSON, or {"error": what it said}."""
    try:
        out, said = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        return {"error": f"no end within {SECONDS} s: {said[-2000:]}"}
    lines = out.splitlines()
    if process.returncode != 0 or not lines:
        return {"error": f"status {process.returncode}: {said[-2000:]}"}
    return json.loads(lines[-1])


def run(*args, settings=(), env=None):
    command = [program] + [str(arg) for arg in args] + list(settings)
    return collect(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    env=feed.environment(env)))


def named(stack):
    """How often, and the functions of a stack, by addr2line where there is one."""
    times, *places = stack
    if not places or not shutil.which("addr2line"):
        return [str(word) for word in stack]
    done = subprocess.run(["addr2line", "-f", "-s", "-e", program] + places, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return [f"{times} times"] + [f"{name} {place}" for name, place in zip(lines[0::2], lines[1::2])][:SHOWN]


def grew(stacks):
    """How often a queue grew: it holds a number of records, or what came while its reader was not scheduled, and the longest
    need not come together while it is warmed up. That ends by itself, as what is asked for per message does not."""
    return sum(stack[0] for stack in stacks if any(name.startswith(QUEUE_NAMES) for name in named(stack)))


def finish(checks):
    print(f"{checks.passed} checks hold, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


def judge(checks, name, result):
    if "error" in result:
        checks.check(f"{name}: runs", False, result["error"])
        return
    growth = grew(result["where"])
    checks.check(f"{name}: no allocation of ours", result["ours"] == growth and growth <= QUEUES + MAILBOX,
                 "\n  ".join([f"{result['ours']} calls"] + ["; ".join(named(stack)) for stack in result["where"]]))
    libraries = ", ".join(f"{name} {calls}" for name, calls in sorted(result["by"].items()))
    print(f"{name}: {result['records']} records, {result['ours']} allocations of ours, {growth} of them of queues, "
          f"{result['foreign']} of libraries{' (' + libraries + ')' if libraries else ''}; gaps {result['gaps']}, "
          f"duplicates {result['duplicates']}, failures {result['failed']}")
