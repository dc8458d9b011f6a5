# SPDX-License-Identifier: MIT
"""What `weir new --plugin` writes builds as it is, with CMake and by the one line of its page, in C and as C++, and its spec
passes its tests; and what `weir plugin`, `weir list` and `weir show` say of plugins."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
import claims  # noqa: E402 (the path comes first)
from claims import ROOT, equal, weir, within, write  # noqa: E402

BUILT = os.environ["WEIR_PLUGIN_PATH"].split(":")[0]
SANITIZED = "SANITIZED" in os.environ


def _run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                          check=False)
    if done.returncode != 0:
        raise AssertionError("%s: %s" % (" ".join(command), done.stdout[-3000:]))
    return done.stdout


def _new(name):
    done = weir("new", "--plugin", name)
    equal((done.code, done.out), (0, ""))
    within(done.err, "wrote %s/" % name)
    equal(sorted(os.listdir(name)), ["CMakeLists.txt", "README.md", name + ".c", name + ".yaml"])


def _passes(name):
    done = weir("test", "%s/%s.yaml" % (name, name))
    equal(done.code, 0)
    within(done.out + done.err, "2 passed, 0 failed")


def one_line_builds_it():
    _new("acme")
    line = next(line for line in open("acme/README.md", encoding="utf-8") if line.strip().startswith("cc "))
    _run("sh", "-c", line.replace("$(pkg-config --cflags weir)", "-std=c11 -Wall -Wextra -Werror -I%s/include" % ROOT), cwd="acme")
    _passes("acme")


def cmake_builds_it():
    _new("acme_2")
    _run("cmake", "-B", "build", "-DWEIR_INCLUDE_DIR=%s/include" % ROOT, cwd="acme_2")
    _run("cmake", "--build", "build", cwd="acme_2")
    _passes("acme_2")


def a_cxx_compiler_builds_it():
    if not shutil.which("c++"):
        return
    _new("acme")
    _run("c++", "-x", "c++", "-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I" + ROOT + "/include",
         "acme.c", "-o", "acme.so", cwd="acme")
    _passes("acme")


def nothing_is_written_over():
    os.mkdir("acme")
    done = weir("new", "--plugin", "acme")
    equal(done.code, 1)
    within(done.err, "acme is there already; it is left as it is")
    for name in ("Acme", "2acme", "ac-me", "../acme"):
        equal(weir("new", "--plugin", name).code, 2)
    equal(weir("new", "--plugin", "acme", "--auth", "url").code, 2)
    equal(os.listdir("."), ["acme"])


def a_plugin_is_shown_by_its_file_or_name():
    for name in (BUILT + "/probe.so", "probe"):
        done = weir("plugin", name)
        equal(done.code, 0)
        within(done.out, "plugin       probe 1.2: what tests want to see", "built for    Weir 0.1.0, plugin ABI 1",
               "function     describe(first second? *rest)  expression function, gives str: for tests",
               "function     whole  converter", "  column     market_depth.bids", "sink         pot: for tests",
               "  option     delay: of each record")
    done = weir("plugin", "probe", BUILT + "/no_symbol.so", "nowhere")
    equal(done.code, 1)
    within(done.err, "no_symbol.so is no plugin of Weir", "plugin 'nowhere' is not there")
    within(done.out, "plugin       probe 1.2")


def plugins_are_listed():
    done = weir("plugin")
    equal(done.code, 0)
    within(done.out, "\nprobe            1.2  what tests want to see\n", "\nlines            1.0  a backend for tests\n",
           "no_symbol.so is no plugin of Weir")
    within(weir("list").out, "PLUGIN           VERSION, WHAT IT IS", "probe            1.2  what tests want to see")
    done = weir("plugin", env={"WEIR_PLUGIN_PATH": os.getcwd()})
    equal(done.code, 1)
    within(done.err, "there are no plugins in WEIR_PLUGIN_PATH")


def a_spec_shows_its_plugins():
    write("acme.yaml", """weir: 1
name: acme
plugins: [probe]
connections:
  feed: {url: "ws://127.0.0.1:1/", backend: websocket, streams: [data], converters: {data: {fields: {x: same(1)}}}}
""")
    done = weir("show", "acme.yaml")
    within(done.out, "plugin       probe            1.2  %s/probe.so" % os.path.realpath(BUILT),
           "  function   same             expression function: for tests", "  function   pot              sink: for tests")


if __name__ == "__main__":
    if SANITIZED:
        for name in ("one_line_builds_it", "cmake_builds_it", "a_cxx_compiler_builds_it"):
            del globals()[name]  # what they build has no sanitizer
    claims.main(globals(), __doc__)
