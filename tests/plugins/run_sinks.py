# SPDX-License-Identifier: MIT
"""Sinks of plugins: every record is written, in order, or counted; a sink that is slow, fails or cannot be opened is
dealt with by name. The venue is the built-in one, or a server of lines (run_live.py)."""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "cli")]
import claims  # noqa: E402 (the path comes first)
from claims import equal, start, stopped, weir, within, write  # noqa: E402
from run_live import LINES, Lines, peers  # noqa: E402

FILE_SINK = os.path.exists(os.environ["WEIR_PLUGIN_PATH"].split(":")[1] + "/file_sink.so")
RECORD = '{"s":"AAA","p":%d}\n'


def _run(sinks, count, *more, records=None):
    server = Lines("".join(RECORD % i for i in range(count)))
    return weir("run", write("wire.yaml", LINES + sinks), "--set", "vars.port=%d" % server.port, "--subscribe",
                "data=AAA", "--limit", str(records or count), *more)


def _pot():
    with open("pot", encoding="utf-8") as file:
        return file.read().splitlines()


def every_record_is_written_and_the_end_is_told():
    done = _run("sinks: [{type: pot, options: {path: pot}}]\n", 500)
    equal((done.code, len(done.records())), (0, 500))
    lines = _pot()
    equal((lines[0], lines[-2:]), ("open", ["flush", "close"]))
    written = [line.split() for line in lines if line.startswith("data")]
    equal([(w[1], w[2], int(w[3]), float(w[4])) for w in written], [("data", "AAA", i + 1, i) for i in range(500)])


def a_sink_may_be_given_on_the_command_line():
    done = _run("", 20, "--sink", "pot:path={vars.who}.pot,fail_every=7", "--set", "vars.who=it's")
    equal((done.code, len(done.records())), (0, 20))
    with open("it's.pot", encoding="utf-8") as file:
        equal(sum(line.startswith("data") for line in file), 18)
    within(done.err, "plugin 'probe': sink 'pot' failed: number 7 is not wanted (1 of 7 calls so far)")
    equal(done.err.count("is not wanted"), 1, "warnings")


def _waits_for(path, text, times=1):
    deadline = time.monotonic() + 20
    while not os.path.exists(path) or open(path, encoding="utf-8").read().count(text) < times:
        if time.monotonic() > deadline:
            raise AssertionError("%r is not in %s %d times" % (text, path, times))
        time.sleep(0.02)


def a_reload_changes_the_sinks_that_differ_and_no_others():
    server = Lines("".join(RECORD % i for i in range(10)))
    spec = LINES + "sinks:\n  - {type: pot, options: {path: kept}}\n  - {type: pot, options: {path: %s}}\n"
    process = start("run", write("wire.yaml", spec % "first"), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA",
                    stdout=subprocess.DEVNULL)
    for path in ("kept", "first"):
        _waits_for(path, "data ", 10)
    write("wire.yaml", spec % "second")
    process.send_signal(signal.SIGHUP)
    _waits_for("first", "close")
    _waits_for("second", "", 0)
    write("wire.yaml", spec % "no/such/folder/third")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    done, _ = stopped(process)
    within(done.err, "reload: kept 1, replaced 0, added 0, removed 0", "reload failed, the old spec runs on: plugin 'probe': sink 'pot' cannot be opened")
    written = {}
    for path in ("kept", "first", "second"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        equal((text.count("open"), text.count("close")), (1, 1), path)
        written[path] = [line.split()[3] for line in text.splitlines() if line.startswith("data ")]
    equal(written["kept"], written["first"] + [n for n in written["second"] if n not in written["first"]])


def mistakes_on_the_command_line_have_places_too():
    done = _run("", 1, "--sink", "pott:path=x")
    equal(done.code, 1)
    within(done.err, "(added to the spec):2:11: error: unknown sink 'pott'; did you mean 'pot'?")
    within(_run("", 1, "--sink", "pot:pth=x").err, "error: unknown option 'pth'; did you mean 'path'?")
    equal(_run("", 1, "--sink", "pot:path").code, 2)
    within(_run("", 1, "--plugin", "nowhere").err, "plugin 'nowhere' is not there")
    equal(_run("", 1, "--plugin", "probe", "--sink", "pot:path=x").code, 0)  # which the spec names, too


def a_sink_that_cannot_be_opened_stops_the_start():
    done = _run("sinks: [{type: pot, options: {path: no/such/folder/pot}}]\n", 1)
    equal(done.code, 1)
    within(done.err, "plugin 'probe': sink 'pot' cannot be opened: no/such/folder/pot cannot be written")
    within(_run("sinks: [pot]\n", 1).err, "plugin 'probe': sink 'pot' cannot be opened: it gives no reason")


def calls_are_in_the_status_and_the_metrics():
    count = 50
    server = Lines("".join(RECORD % i for i in range(count)))
    port = peers.free_port()
    process = start("run", write("wire.yaml", LINES + "sinks: [{type: pot, options: {path: pot, fail_every: 10}}]\n"), "--set",
                    "vars.port=%d" % server.port, "--subscribe", "data=AAA", "--status", "--metrics", "127.0.0.1:%d" % port)
    for _ in range(count):
        process.stdout.readline()
    deadline = time.monotonic() + 20
    wanted = ('weir_plugin_calls_total{plugin="probe",function="pot",use="sink"} %d\n' % count,
              'weir_plugin_failures_total{plugin="probe",function="pot",use="sink"} 5\n',
              'weir_consumer_delivered_total{consumer="0",policy="block"} %d' % count,
              'weir_consumer_delivered_total{consumer="sink \'pot\'",policy="block"} %d' % count,
              "# TYPE weir_plugin_over_budget_total counter\n", 'function="lines",use="backend"')
    text = ""
    while not all(part in text for part in wanted) and time.monotonic() < deadline:
        text = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10).read().decode()
    done, _ = stopped(process)
    within(text, *wanted)
    within(done.err, "plugins:\n", "  probe, sink pot: 50 calls, 5 failed, 0 over the budget; ", "  lines, backend lines: ")


def a_sink_gets_what_it_asks_for():
    _run("sinks: [{type: pot, channels: [quote], options: {path: pot}}]\n", 10)
    equal(_pot(), ["open", "close"] if "flush" not in _pot() else ["open", "flush", "close"])
    _run("sinks: [{type: pot, streams: [data], connection: wire, options: {path: pot}}]\n", 10)
    equal(sum(line.startswith("data") for line in _pot()), 10)


def a_slow_sink_holds_nothing_up_where_it_may_lose():
    done = _run("sinks: [{type: pot, overflow: drop_newest, capacity: 10, options: {path: pot, delay: 10ms}}]\n", 2000)
    equal((done.code, len(done.records())), (0, 2000))
    written = sum(line.startswith("data") for line in _pot())
    if not 0 < written < 2000:
        raise AssertionError("%d records were written" % written)
    within(done.err, "sink 'pot' (drop_newest) lost ")


def a_stop_waits_for_what_is_queued():
    server = Lines("".join(RECORD % i for i in range(300)))
    spec = LINES + "sinks: [{type: pot, options: {path: pot, delay: 1ms}}]\n"
    process = start("run", write("wire.yaml", spec), "--set", "vars.port=%d" % server.port, "--subscribe", "data=AAA")
    for _ in range(300):
        process.stdout.readline()
    done, _ = stopped(process)
    equal(done.code, 0)
    equal(sum(line.startswith("data") for line in _pot()), 300)


# ---------------------------------------------------------------- file_sink

def _unpacked(name):
    if not name.endswith(".zst"):
        with open(name, "rb") as file:
            return file.read()
    return subprocess.run(["zstd", "-dcq", name], stdout=subprocess.PIPE, check=True).stdout


def _files(pattern):
    names = sorted(glob.glob(pattern, recursive=True), key=os.path.getmtime)
    return names, b"".join(_unpacked(name) for name in names)


def files_are_whole_and_hold_all_records():
    if not FILE_SINK or not shutil.which("zstd"):
        return
    for compression, pattern in (("zstd", "a/**/*.zst"), ("none", "b/**/*.jsonl*")):
        folder = pattern[0]
        done = _run("", 1000, "--plugin", "file_sink", "--sink",
                    "jsonl:path=%s/%%Y/x.jsonl%s,compression=%s" % (folder, ".zst" if compression == "zstd" else "",
                                                                   compression))
        equal((done.code, len(done.records())), (0, 1000))
        names, text = _files(pattern)
        equal(len(names), 1)
        equal([json.loads(line) for line in text.splitlines()], done.records())
        equal(glob.glob(folder + "/**/*.part", recursive=True), [])


def files_are_rotated_by_size_and_nothing_is_written_over():
    if not FILE_SINK:
        return
    write("x.jsonl", "mine\n")
    done = _run("", 500, "--plugin", "file_sink", "--sink", "jsonl:path=x.jsonl,max_size=4KiB")
    names = glob.glob("x.jsonl*")
    lines = []
    for name in sorted(names, key=lambda n: int(n.split(".")[-1]) if n != "x.jsonl" else 0):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if name == "x.jsonl":
            equal(text, "mine\n")
            continue
        if len(text) > 4096:
            raise AssertionError("%s has %d bytes" % (name, len(text)))
        lines += text.splitlines()
    equal([json.loads(line) for line in lines], done.records())
    if len(names) < 10:
        raise AssertionError("%d files" % len(names))


def a_folder_that_cannot_be_written_is_told_at_the_start():
    if not FILE_SINK:
        return
    write("taken", "a file")
    done = _run("", 1, "--plugin", "file_sink", "--sink", "jsonl:path=taken/x.jsonl")
    equal(done.code, 1)
    within(done.err, "sink 'jsonl' cannot be opened: taken/x.jsonl.part: Not a directory")
    done = _run("", 1, "--plugin", "file_sink", "--sink", "jsonl")
    within(done.err, "sink 'jsonl' cannot be opened: it needs the option 'path'")


def a_full_disk_loses_records_and_says_so():
    if not FILE_SINK or not os.path.exists("/dev/full"):
        return
    os.symlink("/dev/full", "x.jsonl.part")  # is there already, so it is not written to
    done = _run("", 5, "--plugin", "file_sink", "--sink", "jsonl:path=x.jsonl")
    equal(done.code, 0)
    equal(len(_unpacked("x.jsonl").splitlines()), 5)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
