# SPDX-License-Identifier: MIT
"""`weir eval` without an expression: lines from a pipe, and a person at a terminal (a pty)."""
import os
import pty
import re
import select
import stat
import time

import claims
from claims import equal, weir, within, write
from specs import SPEC

PROMPT = "weir> "


def _ask(*lines, args=()):
    return weir("eval", *args, data=("\n".join(lines) + "\n").encode())


# ---------------------------------------------------------------- lines from a pipe

def each_line_is_answered():
    done = _ask("1 + 2", "", "'a' * 3", "[1, None]")
    equal((done.code, done.out, done.err), (0, '3\n"aaa"\n[1,null]\n', ""))


def a_mistake_is_shown_and_the_rest_is_answered():
    done = _ask("1 // 0", "datta", "7")
    equal((done.code, done.out), (1, "7\n"))
    within(done.err, "ZeroDivisionError", "unknown name 'datta'; did you mean 'data'?", "^~~~~")


def an_expression_goes_on_while_a_bracket_is_open():
    done = _ask("[1,", " 2", "]", "('(' +", "')')")
    equal((done.code, done.out), (0, '[1,2]\n"()"\n'))


def an_open_bracket_at_the_end_is_a_mistake():
    done = _ask("[1,")
    equal((done.code, done.out), (1, ""))
    within(done.err, "error: ")


def data_is_json_or_a_file():
    write("d.json", '{"p": [1.5, 2]}')
    done = _ask(":data d.json", "data['p'][0]", ":data [7]", "data[0]", ":data @d.json", "len(data)", ":data", "data")
    equal((done.code, done.out), (0, "1.5\n7\n1\nnull\n"))


def bad_data_leaves_what_was_there():
    done = _ask(":data {", "data", ":data @nowhere", "data", args=("--data", "[3]"))
    equal((done.code, done.out), (1, "[3]\n[3]\n"))
    within(done.err, "nowhere")


def a_spec_brings_its_names():
    write("shop.yaml", SPEC.replace("vars: {", "mappings: {side: {map: {BUY: b, SELL: s}}}\nvars: {depth: 10, "))
    done = _ask("vars.depth", ":spec shop.yaml", "vars.depth * 2", "mappings.side.to_standard('b')",
                "broker.infer_asset(symbol='X').symbol", ":spec", "vars.depth")
    equal((done.code, done.out), (1, '20\n"BUY"\n"X"\n'))
    equal(done.err.count("error: "), 2)


def a_credential_is_never_shown():
    write("shop.yaml", SPEC + "\ncredentials: {api_key: {default: hush}}\n")
    done = _ask(":spec shop.yaml", "credentials.api_key", "credentials.api_key + 'x'",
                "{'a': [credentials.api_key]}", "int(credentials.api_key)")
    equal(done.out, '"***"\n"***"\n{"a":["***"]}\n')
    equal("hush" in done.out + done.err, False)


def a_spec_with_mistakes_is_told_and_not_taken():
    write("bad.yaml", SPEC.replace("router:", "roter:"))
    done = _ask(":spec bad.yaml", "1")
    equal((done.code, done.out), (1, "1\n"))
    within(done.err, "roter")


def types_and_programs_are_shown():
    done = _ask(":type 1.5", ":type data", ":type pd.Timestamp(0)", ":code 1 + len(data)",
                args=("--data", '{"a": 1}'))
    equal(done.code, 0)
    equal(done.out.splitlines()[:3], ["float", "dict", "Timestamp"])
    within(done.out, "RETURN")


def unknown_commands_and_missing_expressions_are_mistakes():
    done = _ask(":nonsense", ":type", "1", ":quit", "2")
    equal((done.code, done.out), (1, "1\n"))
    within(done.err, ":help", "an expression is missing")


# ---------------------------------------------------------------- at a terminal

class _Terminal:
    """The command on a terminal of its own; what it writes is kept in `seen`."""

    def __init__(self, *args, **env):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # libedit keeps the names of added functions for ever, and says so; the pipe's tests look for leaks.
            os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            os.environ.update({"TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "HOME": os.getcwd(), **env})
            os.execv(claims.WEIR, [claims.WEIR, "eval", *args])
        self.wait(PROMPT)

    def wait(self, text, timeout=30):
        """Reads until `text` is seen behind what was waited for before."""
        end = time.monotonic() + timeout
        while text not in self.plain():
            if time.monotonic() > end:
                raise AssertionError("%r did not come: %r" % (text, self.seen[-2000:]))
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:
                raise AssertionError("it ended before %r: %r" % (text, self.seen[-2000:]))
        before, _, self.seen = self.plain().partition(text)
        return before

    def plain(self):
        """Without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]", "", self.seen).replace("\r", "")

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Ctrl-D; the exit status."""
        self.type("\x04")
        return self.status()

    def status(self, timeout=30):
        end = time.monotonic() + timeout
        while True:
            if time.monotonic() > end:
                os.kill(self.pid, 9)
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def a_person_gets_answers_and_leaves_with_control_d():
    t = _Terminal()
    t.type("6 * 7\n")
    t.wait("\n42\n")
    t.wait(PROMPT)
    equal(t.end(), 0)


def a_mistake_is_marked_under_what_was_typed():
    t = _Terminal()
    t.type("1 + datta\n")
    t.wait("\n" + " " * (len(PROMPT) + 4) + "^~~~~\nerror: unknown name 'datta'")
    t.wait(PROMPT)
    t.type(":type  1 // 0\n")
    t.wait("\n" + " " * (len(PROMPT) + 7) + "^~~~~~\nerror: ZeroDivisionError")
    t.wait(PROMPT)
    equal(t.end(), 0)


def control_c_clears_the_line_and_goes_on():
    t = _Terminal()
    t.type("nonsense")
    t.wait("nonsense")
    t.type("\x03")
    t.wait(PROMPT)
    t.type("[1,\n")
    t.wait("  ... ")
    t.type("\x03")
    t.wait(PROMPT)
    t.type("2 + 3\n")
    t.wait("\n5\n")
    t.wait(PROMPT)
    equal(t.end(), 0)


def an_open_bracket_asks_for_more():
    t = _Terminal()
    t.type("[1,\n")
    t.wait("  ... ")
    t.type("2]\n")
    t.wait("\n[1,2]\n")
    t.wait(PROMPT)
    equal(t.end(), 0)


def tab_completes_names_methods_and_keys():
    t = _Terminal("--data", '{"price": "1.5", "size": [1]}')
    for typed, rest in (("sor", "ted"), ("data['pr", "ice']"), ("'a'.upp", "er"), ("data.it", "ems"),
                        ("data['size'].ind", "ex"), (":qu", "it "), ("pd.Timed", "elta")):
        t.type(typed + "\t")
        t.wait(typed + rest)
        t.type("\x03")
        t.wait(PROMPT)
    equal(t.end(), 0)


def tab_lists_what_is_possible():
    t = _Terminal("--data", '{"bid": 1, "ask": 2}')
    t.type("data['\t")
    t.wait("bid']")
    t.wait("ask']")
    t.wait(PROMPT + "data['")
    t.type("\x03")
    t.wait(PROMPT)
    equal(t.end(), 0)


def the_history_is_kept_private_and_comes_back():
    state = os.path.join(os.getcwd(), "state")
    t = _Terminal(XDG_STATE_HOME=state)
    t.type("40 + 1\n")
    t.wait("\n41\n")
    t.wait(PROMPT)
    equal(t.end(), 0)
    file = os.path.join(state, "weir", "eval_history")
    equal(stat.S_IMODE(os.stat(file).st_mode), 0o600)
    equal(stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode), 0o700)
    t = _Terminal(XDG_STATE_HOME=state)
    t.type("\x1b[A")
    t.wait("40 + 1")
    t.type("\n")
    t.wait("\n41\n")
    t.wait(PROMPT)
    t.type(":quit\n")
    equal(t.status(), 0)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
