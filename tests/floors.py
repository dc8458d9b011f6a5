#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The rules of DESIGN.md and STYLE.md that a program can check, in one reading of the sources.

Includes: every room stands on a floor, and a file includes only its own room and rooms of lower floors;
backends/ sees util/ and value/ alone; server/ sees include/weir/ and util/ alone, cli/ these and server/; the header of a
library is included by its doormen only. Sizes: a file has at most 800 lines, a function body at most 70.
Headings: the SPDX line comes first. Nothing is left for later ("to do" marks).

It reads text, not C: clang-format puts the braces of a function body, and only those, alone in column 0.
`floors.py` checks the repository it stands in, `floors.py TREE` another, `floors.py --self-test` itself.
"""

import os
import re
import sys
import tempfile

FLOORS = {"util": 0, "value": 1, "expr": 2, "spec": 3, "pipeline": 4, "backends": 5, "runtime": 6,
          "server": 7, "cli": 8}

# Rooms that may look at less than all the floors below them.
SEES_ONLY = {"backends": {"util", "value"}, "cli": {"util", "server"}, "server": {"util"}}

# The public headers, and the lowest floor that may include each; what is not named here is for all.
PUBLIC_FLOORS = {"value.h": 1, "record.h": 1, "plugin.h": 5, "weir.h": 6}

# Header of a library -> who may include it, as prefixes of paths under src/.
DOORMEN = [
    (r"yaml\.h$", ["spec/yaml.c"]),
    (r"jansson\.h$", ["value/json_document.c"]),
    (r"mpack\.h$", ["value/msgpack.c"]),
    (r"pcre2(posix)?\.h$", ["util/regex.c"]),
    (r"openssl/", ["util/crypto.c", "backends/wire/tls.c"]),
    (r"libwebsockets\.h$|lws_", ["backends/wire/loop.c", "server/"]),
    (r"zlib\.h$|zconf\.h$", ["util/inflate.c"]),
    (r"MQTT(Async|Client|Properties|ReasonCodes|SubscribeOpts)\w*\.h$", ["backends/mqtt.c"]),
    (r"zmq(_utils)?\.h$", ["backends/zmq_socket.c"]),
    (r"dlfcn\.h$", ["runtime/plugins.c"]),
    (r"(elf|link)\.h$", ["runtime/plugins.c", "runtime/plugin_file.c"]),
    (r"histedit\.h$|editline/", ["cli/prompt.c"]),
    (r"check\.h$", []),
]

# The C library and the kernel; a name that is neither here nor a doorman's is a new dependency.
SYSTEM = re.compile(
    r"(assert|complex|ctype|dirent|errno|fcntl|fenv|float|fnmatch|ftw|getopt|glob|ifaddrs|inttypes|iso646|langinfo|libgen"
    r"|limits|locale|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic"
    r"|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|sysexits|syslog|termios|threads|time"
    r"|uchar|unistd|utime|wchar|wordexp|wctype|byteswap|endian|malloc|alloca|execinfo|immintrin|emmintrin|arm_neon)\.h"
    r"|(sys|net|netinet|arpa|linux|bits)/\w+\.h")

FILE_LINES = 800
FUNCTION_LINES = 70
# The loops that are one function by design: (file, function). A name that is not found is an error too.
LONG_FUNCTIONS = {("src/expr/vm_run.c", "weir_vm_execute")}

SIZED = ("src", "include", "tests", "bench", "plugins", "examples")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def sources(root, folder):
    """Every C source and header under root/folder, as paths relative to root."""
    for path, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(f for f in folders if f not in ("node_modules", "corpus"))
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(path, name), root)


def without_comments(text):
    """The text with comments and literals blanked, line for line."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(pattern, blank, text, flags=re.S)


class Checker:
    def __init__(self, root):
        self.root = root
        self.errors = []
        self.long_seen = set()

    def error(self, path, line, text):
        self.errors.append(f"{path}:{line}: error: {text}")

    def run(self):
        for folder in ("src", "include"):
            for path in sources(self.root, folder):
                self.check_includes(path)
        for folder in SIZED:
            for path in sources(self.root, folder):
                self.check_text(path)
        for path, name in sorted(LONG_FUNCTIONS - self.long_seen):
            if os.path.exists(os.path.join(self.root, path)):
                self.error(path, 1, f"'{name}' is excused from the length rule but is not long, or not there; "
                                    "strike it from LONG_FUNCTIONS in tests/floors.py")
        return self.errors

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_includes(self, path):
        parts = path.split(os.sep)
        room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        if room is not None and room not in FLOORS:
            self.error(path, 1, f"src/{room} stands on no floor; give it one in DESIGN.md and tests/floors.py")
            return
        for number, line in enumerate(self.read(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            name = found.group(2)
            target = self.target(path, name, found.group(1) == '"')
            if target is None:
                self.check_foreign(path, number, name)
            elif parts[0] == "include":
                if not target.startswith("include/"):
                    self.error(path, number, f"a public header includes '{name}', which is not public")
            else:
                self.check_room(path, number, room, name, target)

    def target(self, path, name, quoted):
        """The file of this project that an include names, or None."""
        places = ["src", "include"]
        if quoted:
            places.insert(0, os.path.dirname(path))
        for place in places:
            candidate = os.path.normpath(os.path.join(place, name))
            if os.path.exists(os.path.join(self.root, candidate)):
                return candidate
        return None

    def check_room(self, path, number, room, name, target):
        parts = target.split(os.sep)
        if parts[0] == "include":
            lowest = PUBLIC_FLOORS.get(parts[-1], 0)
            if FLOORS[room] < lowest:
                self.error(path, number, f"'{name}' is above {room}/: floor {lowest} and up may include it")
            return
        other = parts[1]
        if other == room or other not in FLOORS:
            return
        allowed = SEES_ONLY.get(room)
        if FLOORS[other] >= FLOORS[room]:
            self.error(path, number, f"{room}/ (floor {FLOORS[room]}) includes '{name}' of floor "
                                     f"{FLOORS[other]}; includes go strictly downwards")
        elif allowed is not None and other not in allowed:
            rooms = " and ".join(sorted(r + "/" for r in allowed))
            self.error(path, number, f"{room}/ includes '{name}'; of the rooms it sees {rooms} only")

    def check_foreign(self, path, number, name):
        for pattern, doormen in DOORMEN:
            if not re.match(pattern, name):
                continue
            inside = path[len("src/"):] if path.startswith("src/") else path
            if not any(inside == d or (d.endswith("/") and inside.startswith(d)) for d in doormen):
                where = ", ".join("src/" + d for d in doormen) or "tests/"
                self.error(path, number, f"<{name}> is included by {where} only")
            return
        if not SYSTEM.fullmatch(name):
            self.error(path, number, f"'{name}' is neither of this project, nor of the C library, nor behind "
                                     "a doorman of tests/floors.py")

    def check_text(self, path):
        text = self.read(path)
        lines = text.splitlines()
        if not lines or "SPDX-License-Identifier: MIT" not in lines[0]:
            self.error(path, 1, "the first line is not the SPDX line")
        if len(lines) > FILE_LINES:
            self.error(path, len(lines), f"{len(lines)} lines; a file stops at {FILE_LINES}")
        for number, line in enumerate(lines, 1):
            left = LEFTOVER.search(line)
            if left:
                self.error(path, number, f"'{left.group()}': work left for later does not go in")
        self.check_functions(path, without_comments(text).splitlines())

    def check_functions(self, path, lines):
        start = None
        for number, line in enumerate(lines, 1):
            if line.rstrip() == "{":
                start = number
            elif start is not None and line.startswith("}"):
                length = number - start - 1
                if length > FUNCTION_LINES:
                    self.check_length(path, start, self.function_name(lines, start), length)
                start = None

    def check_length(self, path, start, name, length):
        if (path, name) in LONG_FUNCTIONS:
            self.long_seen.add((path, name))
            return
        self.error(path, start, f"'{name}' has {length} lines; a function stops at {FUNCTION_LINES}")

    @staticmethod
    def function_name(lines, start):
        """The name before the first '(' of the declaration that ends just above the brace."""
        first = start - 1
        while first > 0 and lines[first - 1].strip() and not re.match(r"[}#]", lines[first - 1]):
            first -= 1
        found = re.search(r"(\w+)\s*\(", " ".join(lines[first:start - 1]))
        return found.group(1) if found else "?"


# A tree in miniature: path -> (text, what must be said of it; None for nothing).
LONG_BODY = "{\n" + "    x++;\n" * 71 + "}\n"
SELF_TEST = {
    "include/weir/types.h": ("#include <stddef.h>\n", None),
    "include/weir/value.h": ('#include "weir/types.h"\n', None),
    "include/weir/weir.h": ('#include "weir/value.h"\n', None),
    "include/weir/leak.h": ('#include "util/map.h"\n', "which is not public"),
    "src/util/map.h": ('#include "weir/types.h"\n', None),
    "src/util/regex.c": ('#include <pcre2.h>\n#include "util/map.h"\n#include "map.h"\n', None),
    "src/util/climbs.c": ('#include "weir/weir.h"\n', "'weir/weir.h' is above util/"),
    "src/util/upward.c": ('#include "value/record.h"\n', "strictly downwards"),
    "src/util/zip.c": ("#include <zlib.h>\n", "src/util/inflate.c only"),
    "src/util/checks.c": ("#include <check.h>\n", "tests/ only"),
    "src/util/curl.c": ("#include <curl/curl.h>\n", "neither of this project"),
    "src/util/loader.c": ("  #  include <dlfcn.h>\n", "src/runtime/plugins.c only"),
    "src/value/record.h": ('#include <string.h>\n#include "weir/value.h"\n', None),
    "src/value/json_document.c": ("#include <jansson.h>\n", None),
    "src/spec/spec.h": ('#include "value/record.h"\n', None),
    "src/spec/tls.c": ("#include <openssl/ssl.h>\n", "src/backends/wire/tls.c only"),
    "src/backends/backend.h": ('#include "value/record.h"\n', None),
    "src/backends/wire/tls.c": ('#include <openssl/ssl.h>\n#include "backends/backend.h"\n', None),
    "src/backends/nosy.c": ('#include "spec/spec.h"\n', "sees util/ and value/ only"),
    "src/runtime/run.h": ('#include "spec/spec.h"\n#include "weir/weir.h"\n', None),
    "src/server/venue.c": ("#include <libwebsockets.h>\n", None),
    "src/server/venue.h": ("", None),
    "src/cli/main.c": ('#include "weir/weir.h"\n#include "util/map.h"\n', None),
    "src/cli/deep.c": ('#include "runtime/run.h"\n', "sees server/ and util/ only"),
    "src/cli/below.c": ('#include "server/venue.h"\n', None),
    "src/cli/cli.h": ("", None),
    "src/server/neighbour.c": ('#include "cli/cli.h"\n', "strictly downwards"),
    "src/attic/old.c": ("", "stands on no floor"),
    "src/expr/short.c": ("static int f(int x)\n" + LONG_BODY.replace("    x++;\n", "", 1), None),
    "src/expr/long.c": ("/*\n{\n*/\nstatic int\nstep_all(int x,\n         int y)\n" + LONG_BODY,
                        "'step_all' has 71 lines"),
    "src/expr/brace.c": ('const char *a = "/*";\nint g(void)\n' + LONG_BODY, "'g' has 71 lines"),
    "src/expr/vast.c": ("\n" * 800, "801 lines"),
    "src/expr/later.c": ("/* TODO: finish */\n", "'TODO'"),
    "tests/unit/bare.c": (None, "not the SPDX line"),
}


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as root:
        for path, (text, _) in SELF_TEST.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write("int x;\n" if text is None else "/* SPDX-License-Identifier: MIT */\n" + text)
        errors = Checker(root).run()
    for path, (_, wanted) in SELF_TEST.items():
        said = [e for e in errors if e.startswith(path + ":")]
        if wanted is None and said:
            failures.append(f"{path}: should pass, but: {said[0]}")
        if wanted is not None and (len(said) != 1 or wanted not in said[0]):
            failures.append(f"{path}: should be told once about \"{wanted}\", but: {said}")
    return failures


def main(arguments):
    if arguments == ["--self-test"]:
        problems = self_test()
    else:
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        problems = Checker(os.path.abspath(arguments[0]) if arguments else here).run()
    for problem in problems:
        print(problem)
    print(f"floors: {len(problems)} problem(s)" if problems else "floors: all is well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
