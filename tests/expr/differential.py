#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random expressions, run by Weir and by CPython, which is the oracle.

    differential.py DRIVER [SEED [COUNT [whole]]]

Two generators take turns. One knows kinds, so that most of what it writes gives a value; the other
throws anything together, so that most of it raises, and the class of what is raised is compared.
What Weir does otherwise on purpose is listed in `is_known`, one reason each.
"""
import builtins
import json
import random
import subprocess
import sys
import warnings

DATA = {
    "i": 7, "j": -3, "z": 0, "f": 2.5, "g": -0.1, "s": "hello", "t": "3.25", "n": None,
    "b": True, "c": False, "l": [3, 1, 2], "m": ["a", "bb", "c"],
    "d": {"x": 1, "y": {"k": "v", "q": [1.5, 2]}}, "p": [["1.5", "2"], ["3", "4.25"]],
    "o": [{"a": 1, "b": "z"}, {"a": 0, "b": "y"}], "e": "é\\n\"x\"", "u": "",
    "h": 9007199254740993, "w": 12345678901234567890, "big": 1e300,
}
NAMES = ("abs all any bool bytes chr dict divmod enumerate float int isinstance len list map max "
         "min ord range repr reversed round set sorted str sum tuple zip").split()


class Kinds:
    """Expressions by the kind of their value: I, F, S, L (of ints), D and B."""

    def __init__(self, rng):
        self.rng = rng
        self.names = []

    def pick(self, *choices):
        return self.rng.choice(choices)

    def any(self, depth, kinds="IFSLDB"):
        return getattr(self, self.rng.choice(kinds))(depth)

    def loop(self, depth, kinds):
        """A list to loop over, the name, and an element computed from it."""
        over = self.L(depth)
        name = f"v{len(self.names)}"
        self.names.append(name)
        element = self.any(depth, kinds)
        test = f" if {self.B(depth)}" if self.rng.random() < 0.5 else ""
        self.names.pop()
        return f"for {name} in {over}{test}", element, name

    def I(self, d):  # noqa: E743
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['i']", "data['j']", "data['z']", "data['d']['x']", "data['l'][-1]",
                        "data.get('q', 9)", "data.get('d', {}).get('x', 3)", "0", "1", "-1", "10",
                        "-13", "0xff", "data.get('dd', {}).get('x', 3)", *self.names)
        return pick(
            lambda: f"({self.I(n)} {pick('+', '-', '*')} {self.I(n)})",
            lambda: f"{self.I(n)} {pick('//', '%', '&', '|', '^')} ({self.I(n)} or 3)",
            lambda: f"len({self.any(n, 'SLD')})",
            lambda: f"int({self.F(n)})",
            lambda: f"({self.I(n)} if {self.B(n)} else {self.I(n)})",
            lambda: f"sum({self.L(n)})",
            lambda: f"{pick('max', 'min')}({self.I(n)}, {self.I(n)}, *{self.L(n)})",
            lambda: f"{pick('abs', '-', '~', '+')}({self.I(n)})",
            lambda: f"({self.L(n)} or [{self.I(n)}])[{pick('0', '-1')}]",
            lambda: f"{self.S(n)}.{pick('count', 'find')}({self.S(n)})")()

    def F(self, d):
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['f']", "data['g']", "float(data['t'])", "float(data['p'][0][0])",
                        "float(data.get('nn', 1))", "0.5", "1.25", "-2.0", "1e3", "0.1", "3.")
        return pick(
            lambda: f"({self.F(n)} {pick('+', '-', '*')} {self.any(n, 'FI')})",
            lambda: f"{self.any(n, 'FI')} / ({self.F(n)} or 2.5)",
            lambda: f"round({self.F(n)}, {pick('0', '1', '2')})",
            lambda: f"float({self.I(n)})",
            lambda: f"({self.F(n)} if {self.B(n)} else {self.F(n)})",
            lambda: "sum(float(p) for p, q in data['p'])")()

    def formatted(self, d):
        kind = self.pick(*"IFS")
        text = self.any(d, kind)
        if '"' in text or "\\" in text:
            return "'q'"
        spec = self.pick(*{
            "I": ("", ":d", ":05d", ":,", ":x", ":+", "=", ":>{3+4}", ":b"),
            "F": ("", ":>8", ":.2f", ":+.1f", ":08.2f", ":,.1f", ":e", ":g", "=", "!r"),
            "S": ("", "!r", "!s", ":>8", ":<6", ":^9", "="),
        }[kind])
        return f'f"<{{ {text} {spec}}}>"'

    def S(self, d):
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['s']", "data['t']", "data['m'][1]", "data['d']['y']['k']",
                        "data['e']", "data.get('nope', 'x')", "data['s'][1]", "'a'", "'abc'",
                        "''", "'x,y'", "\"it's\"", "'é'", "'A b'")
        method = pick("upper()", "lower()", "strip()", "title()", "capitalize()", "zfill(6)",
                      "replace('a', 'bb')", "ljust(5)", "rjust(7, '*')", "removeprefix('a')")
        return pick(
            lambda: f"({self.S(n)} + {self.S(n)})",
            lambda: f"{self.S(n)}.{method}",
            lambda: f"({self.S(n)})[{pick('1:', '::-1', ':2', '-2:', '1:3', '::2')}]",
            lambda: f"{pick('str', 'repr')}({self.any(n, 'IFBLSD')})",
            lambda: f"({self.S(n)} * {pick('0', '1', '3')})",
            lambda: f"({self.S(n)} if {self.B(n)} else {self.S(n)})",
            lambda: f"{self.S(n)}.join(str(x) for x in {self.L(n)})",
            lambda: f"({self.S(n)} or {self.S(n)})",
            lambda: self.formatted(n),
            lambda: f"max({self.S(n)}, {self.S(n)})")()

    def nested(self, d):
        """[... for v in ... for w in ...]"""
        clause, _, _ = self.loop(d, "I")
        outer = clause.split()[1]
        self.names.append(outer)
        inner, element, _ = self.loop(d, "I")
        self.names.pop()
        return f"[{element} {clause} {inner}]"

    def L(self, d):
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['l']", "[1, 2]", "[]", "data.get('l', [])", "data.get('no', [4])")

        def comprehension():
            clause, element, _ = self.loop(n, "I")
            return f"[{element} {clause}]"
        order = pick("", ", reverse=True", ", key=lambda k: -k", ", key=lambda k: (k % 3, k)")
        return pick(
            lambda: f"[{', '.join(self.I(n) for _ in range(self.rng.randrange(4)))}]",
            lambda: f"sorted({self.L(n)}{order})",
            comprehension,
            lambda: self.nested(n),
            lambda: f"({self.L(n)} + {self.L(n)})",
            lambda: f"({self.L(n)})[{pick('1:', '::-1', ':2', '-2:')}]",
            lambda: f"[*{self.L(n)}, {self.I(n)}]",
            lambda: f"list(map({pick('int', 'abs', 'lambda t: t + ' + self.I(n))}, {self.L(n)}))",
            lambda: f"({self.L(n)} if {self.B(n)} else {self.L(n)})")()

    def D(self, d):
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['d']", "{}", "{'a': 1}", "data.get('d')", "data['o'][0]")

        def comprehension():
            clause, element, name = self.loop(n, "IS")
            return f"{{{name}: {element} {clause}}}"
        return pick(
            lambda: f"{{'k': {self.I(n)}, {self.S(n)}: {self.any(n, 'ISL')}}}",
            comprehension,
            lambda: f"{{**{self.D(n)}, 'z': {self.I(n)}}}")()

    def B(self, d):
        n, pick = d - 1, self.pick
        if d <= 0:
            return pick("data['b']", "data['c']", "data['n'] is None", "'s' in data", "True",
                        "'nope' in data", "'x' in data['d']", "data['s'] == 'hello'", "False",
                        "data.get('s') != 'x'")
        return pick(
            lambda: f"{self.I(n)} {pick('<', '<=', '==', '!=', '>')} {self.any(n, 'IF')}",
            lambda: f"({self.I(n)} < {self.I(n)} <= {self.F(n)})",
            lambda: f"({self.S(n)} {pick('==', '!=', '<', 'in', 'not in')} {self.S(n)})",
            lambda: f"({self.B(n)} {pick('and', 'or')} {self.B(n)})",
            lambda: f"(not {self.B(n)})",
            lambda: f"({self.I(n)} in {self.L(n)})",
            lambda: f"{pick('any', 'all')}(x > {self.I(n)} for x in {self.L(n)})",
            lambda: f"{self.S(n)}.{pick('startswith', 'endswith')}({self.S(n)})",
            lambda: f"isinstance({self.any(n, 'IFSL')}, {pick('int', 'str', '(int, float)')})")()


class Anything:
    """Expressions without regard to kinds."""
    LITERALS = ("0 1 -1 2 10 2.5 0.5 -1.5 1e10 'a' 'abc' '' '3.25' None True False [] () {} 0x1F "
                "1_000 7 -7 'x,y' b'ab'").split() + ["[1, 2]", "(1, 'a')", "{'a': 1}", "{1}"]
    METHODS = ("upper() lower() split(',') strip() title() startswith('a') endswith('c') "
               "find('b') index('a') count('a') isdigit() zfill(5) partition(',') isalpha() "
               "encode() get('a') index(1) count(1) splitlines()").split()

    def __init__(self, rng):
        self.rng = rng
        self.names = []

    def path(self):
        key = self.rng.choice(list(DATA) + ["zz"])
        head = self.rng.choice([f"data['{key}']", f"data.get('{key}')",
                                f"data.get('{key}', {self.rng.choice(self.LITERALS)})"])
        tail = ["[0]", "[-1]", "['x']", "['y']['k']", ".get('x')", ".get('y', {}).get('k', 3)",
                "[0][1]", "[5]", "[0]['a']"]
        return head + (self.rng.choice(tail) if self.rng.random() < 0.3 else "")

    def comprehension(self, d):
        over, name = self.any(d), f"v{len(self.names)}"
        self.names.append(name)
        body, test = self.any(d), f" if {self.any(d)}" if self.rng.random() < 0.4 else ""
        self.names.pop()
        form = self.rng.choice(["[{0} {1}]", "{{{2}: {0} {1}}}", "sum({0} {1})", "any({0} {1})",
                                "all({0} {1})", "list({0} {1})"])
        return form.format(body, f"for {name} in {over}{test}", name)

    def any(self, d):
        rng = self.rng
        if d <= 0 or rng.random() < 0.12:
            leaf = rng.random()
            if self.names and leaf < 0.35:
                return rng.choice(self.names)
            return self.path() if leaf < 0.7 else rng.choice(self.LITERALS)
        a, b, c = self.any(d - 1), self.any(d - 1), self.any(d - 1)
        if rng.random() < 0.15:
            return self.comprehension(d - 1)
        binary = rng.choice(["+", "-", "*", "/", "//", "%", "|", "&", "^", "+", "-", "and", "or"])
        relation = rng.choice(["<", "<=", "==", "!=", ">", ">=", "in", "not in"])
        function = rng.choice("abs all any bool float int len str list tuple max min sum sorted "
                              "repr round dict ord".split())
        return rng.choice([
            f"({a}) {binary} ({b})", f"({a}) {binary} ({b})", f"{a} {relation} ({b})",
            f"({a}) < ({b}) {relation} ({c})", f"{rng.choice(['-', '+', '~', 'not '])}({a})",
            f"({a} if {b} else {c})", f"[{a}, *({b})]", f"({a}, {b})", f"{{{a}: {b}}}",
            f"({a})[{rng.choice([b, '0', '1:', '::-1'])}]", f"{function}({a})",
            f"({a}).{rng.choice(self.METHODS)}", f"({a} is {rng.choice(['None', 'not None'])})",
            f"[(p, q) for p, q in {a}]", f"sorted({a}, key=lambda q: {rng.choice(['-q', 'q'])})",
        ])


def oracle(source):
    try:
        value = eval(source, {"__builtins__": SAFE, "data": json.loads(TEXT)})
        return repr(value).replace("\n", "\x01")
    except Exception as problem:  # noqa: BLE001: its class is the result
        name = type(problem).__name__
        return "ERR UnicodeError" if name.startswith("Unicode") else f"ERR {name}"


def is_known(want, got):
    """Where the two may differ, and why."""
    if got.startswith("MISTAKE"):
        # What can never succeed is a mistake at load, whether or not it would be reached.
        return any(words in got for words in ("has no method", "has a method", "no attribute"))
    reasons = ("beyond 64 bits",                  # whole numbers are bounded
               "over the limit",                  # sizes are
               "'bytes' object has no attr",      # bytes have hex() and decode() only
               "% formatting is not supported")   # f-strings do that
    if any(reason in got for reason in reasons):
        return True
    if got.startswith("ERR") or want.startswith("ERR") or "{" not in want:
        return False
    try:  # the order of a set is nobody's business
        return eval(got) == eval(want)
    except Exception:  # noqa: BLE001
        return False


def main():
    driver, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 4000
    rng = random.Random(seed)
    makers = [Kinds(rng), Anything(rng)]
    sources = []
    while len(sources) < count:
        source = makers[len(sources) % 2].any(rng.randrange(1, 6 if len(sources) % 2 == 0 else 4))
        if len(source) < 1500:
            sources.append(source)
    lines = "".join(f"{source}\t{TEXT}\n" for source in sources)
    run = subprocess.run([driver, *sys.argv[4:]], input=lines, capture_output=True, text=True)
    answers = run.stdout.split("\n")[:-1]
    if run.returncode != 0 or len(answers) != len(sources):
        last = sources[min(len(answers), count - 1)]
        sys.exit(f"the driver ended with {run.returncode} at: {last}\n{run.stderr[-2000:]}")
    bad = values = 0
    for source, got in zip(sources, answers):
        want = oracle(source)
        values += not want.startswith("ERR")
        shown = got.split(":")[0] if got.startswith("ERR") else got
        if shown != want and not is_known(want, got):
            bad += 1
            print(f"{source}\n  python: {want[:300]}\n  weir:   {got[:300]}")
    print(f"{count} expressions, {values} with a value, {bad} differences")
    sys.exit(bad > 0)


warnings.simplefilter("ignore")
SAFE = {name: getattr(builtins, name) for name in NAMES}
TEXT = json.dumps(DATA)
main()
