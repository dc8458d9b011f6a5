# SPDX-License-Identifier: MIT
"""Random messages, and random expressions over them that know the kinds of what they write.

A kind is a letter or two (KINDS below). For each there is a table of templates, in which <I> is an
expression of kind I, <a|b|c> a choice of words, and <=name> a function of the Writer. One template
in a hundred or so gets an expression of any kind, so that errors are compared, too.
"""
import base64
import json
import re
import zlib

from templates import KINDS, TEMPLATES

INNER = [kind for kind in KINDS if kind != "E"]  # a set's order is nobody's business

PART = re.compile(r"<(=?)([A-Za-z]+)>|<([^<>= ][^<>]*\|[^<>]*)>")


def parse(template):
    """A template as (kind of part, what) pairs."""
    parts, at = [], 0
    for m in PART.finditer(template):
        if m.start() > at:
            parts.append(("text", template[at:m.start()]))
        if m[3] is not None:
            parts.append(("choice", m[3].split("|")))
        elif m[1]:
            parts.append(("call", m[2]))
        else:
            assert m[2] in TEMPLATES or m[2] == "X", (template, m[2])
            parts.append(("kind", m[2]))
        at = m.end()
    parts.append(("text", template[at:]))
    for i, (what, part) in enumerate(parts[:-1]):  # what stands in front of .x and [x] is an atom
        if what == "kind" and (parts[i + 1][1][:1] in (".", "[") or parts[i + 1][1] == "slice"):
            parts[i] = ("atom", part)
    return parts


ATOM = re.compile(r"[a-z_]\w*(\[[^\[\]]*\]|\.get\('\w+'\))*|'[^'\\]*'")


LEAVES = {kind: [parse(t) for t in tables[0]] for kind, tables in TEMPLATES.items()}
BRANCHES = {kind: [parse(t) for t in tables[1]] for kind, tables in TEMPLATES.items()}

CHARS = ["a", "b", "Z", "0", "9", " ", "_", "-", ".", ",", ":", "/", "%", "{", "}", "\"", "'", "\\",
         "\n", "\t", "\r", "\x00", "\x1f", "\x7f", "\x85", "\xa0", "é", "ß", "İ", "ſ", "ǆ", "Σ", "ς",
         "\u0301", "½", "²", "٣", "߀", "中", "日", "\u2028", "\u3000", "ﬁ", "\ufeff", "😀", "𝟘", "𐐀"]


class Message:
    """A random document, and the paths to what is in it, by kind."""

    def __init__(self, rng):
        self.rng = rng
        self.paths = {kind: [] for kind in TEMPLATES}
        self.missing = []
        parts = []
        makers = [("I", self.integer), ("F", self.float), ("S", self.text), ("NS", self.digits),
                  ("B", lambda: rng.choice(["true", "false"])), ("N", lambda: "null")]
        for i in range(rng.randrange(6, 12)):
            kind, make = rng.choice(makers)
            parts.append(self.member(f"{kind.lower()}{i}", make(), kind, "data"))
        for kind, make in (("LI", self.integer), ("LF", self.float), ("LS", self.text),
                           ("LN", self.digits)):
            items = [make() for _ in range(rng.choice([0, 1, 2, 3, 3, 5, 9]))]
            key = kind.lower()
            parts.append(self.member(key, f"[{','.join(items)}]", kind, "data"))
            for at in range(len(items)):
                element = {"LI": "I", "LF": "F", "LS": "S", "LN": "NS"}[kind]
                self.paths[element].append(f"data['{key}'][{rng.choice([at, at - len(items)])}]")
        book = ",".join(f'["{self.price()}",{self.float()}]' for _ in range(rng.randrange(4)))
        parts.append(self.member("book", f"[{book}]", "LP", "data"))
        inner = [self.member("x", self.integer(), "I", "data['m']"),
                 self.member("y y", self.text(), "S", "data['m']"),
                 self.member("é", self.float(), "F", "data['m']")]
        parts.append(self.member("m", "{%s}" % ",".join(inner), "M", "data"))
        rows = [f'{{"p":"{self.price()}","q":{self.integer()},"s":{self.text()}}}'
                for _ in range(rng.randrange(4))]
        parts.append(self.member("rows", f"[{','.join(rows)}]", "LM", "data"))
        if rng.random() < 0.1:
            parts.append(parts[0])
        rng.shuffle(parts)
        self.text_json = "{%s}" % ",".join(parts)

    def member(self, key, value, kind, base):
        self.paths[kind].append(f"{base}['{key}']")
        self.paths[kind].append(f"{base}.get('{key}')")
        return f"{json.dumps(key)}:{value}"

    def integer(self):
        rng = self.rng
        return str(rng.choice([
            rng.randint(-9, 20), rng.randint(-9, 20), rng.randint(-10**6, 10**6),
            rng.randint(0, 2**31), rng.randint(-2**63, 2**63 - 1), 2**53 + 1, 2**63 - 1, -2**63,
            0, 1, rng.randint(10**12, 2 * 10**12), rng.choice([2**63, 10**20, -10**25, 2**64])]))

    def float(self):
        rng = self.rng
        return rng.choice([
            lambda: f"{rng.uniform(-100, 100):.{rng.randrange(1, 9)}f}",
            lambda: f"{rng.uniform(0, 1e5):.2f}", lambda: repr(rng.uniform(-1, 1)),
            lambda: f"{rng.randint(0, 99)}.{rng.randint(0, 99)}0",
            lambda: f"{rng.uniform(-1, 1):.5e}", lambda: repr(rng.uniform(-1e18, 1e18)),
            lambda: rng.choice(["0.0", "-0.0", "1e5", "1E-7", "1e308", "5e-324", "1e400", "0.1",
                                "2.5", "0.30000000000000004", "9007199254740993.0", "1e22", "1e16",
                                "123456789012345678901234567890.5", "0.000001", "0.00001"])])()

    def price(self):
        return f"{self.rng.uniform(0, 60000):.{self.rng.randrange(6)}f}"

    def raw_text(self):
        rng = self.rng
        return rng.choice([
            lambda: rng.choice(["", "a", "abc", "hello world", "A,B,,C", "k=v&x=1", "XBT/USD", "é",
                                "BUY", "  x ", "aaa", "ab" * 4, "2021-02-22T15:51:44.208Z", "O'Neil",
                                "straße", "ΑΣ", "a\tb\nc\r\nd", "Hello World", "x.y-z_0", "{}", "%s"]),
            lambda: "".join(rng.choices(CHARS, k=rng.randrange(1, 9))),
            lambda: "".join(rng.choices("abcXYZ019 ,", k=rng.randrange(1, 14)))])()

    def text(self):
        return json.dumps(self.raw_text(), ensure_ascii=self.rng.random() < 0.5)

    def digits(self):
        return json.dumps(self.rng.choice([self.price, lambda: str(self.rng.randint(-999, 99999)),
                                           lambda: self.float().replace("E", "e")])())


class Writer:
    """Writes expressions over a message."""

    def __init__(self, rng, message):
        self.rng = rng
        self.message = message
        self.names = {}
        self.count = 0

    def expression(self, depth):
        self.names, self.count = {}, 0
        return self.write(self.rng.choice(KINDS), depth)

    def write(self, kind, depth):
        rng = self.rng
        if kind == "X" or rng.random() < 0.006:
            kind = rng.choice(INNER)
        if depth <= 0 or rng.random() < 0.08:
            bound = self.names.get(kind)
            if bound and rng.random() < 0.5:
                return rng.choice(bound)
            paths = self.message.paths[kind]
            if paths and rng.random() < 0.55:
                return rng.choice(paths)
            if rng.random() < 0.02:
                return rng.choice(["data['nope']", "data.get('nope')", "data['m']['nope']",
                                   "data['li'][99]", "data['i0']['x']", "data.get('nope', 7)"])
            return self.fill(rng.choice(LEAVES[kind]), 0)
        return self.fill(rng.choice(BRANCHES[kind]), depth - 1)

    def fill(self, parts, depth):
        out = []
        for what, part in parts:
            if what == "text":
                out.append(part)
            elif what == "choice":
                out.append(self.rng.choice(part))
            elif what == "atom":
                text = self.write(part, depth)
                out.append(text if ATOM.fullmatch(text) else f"({text})")
            elif what == "kind":
                out.append(self.write(part, depth))
            else:
                out.append(getattr(self, part)(depth))
        return "".join(out)

    # ---- functions of templates

    LISTS = {"I": "LI", "F": "LF", "S": "LS", "NS": "LN"}

    def bind(self, kind, depth):
        """for NAME in LIST, the name not bound yet, and its kind."""
        if kind == "P":
            price, size = f"v{self.count + 1}", f"v{self.count + 2}"
            self.count += 2
            return f"for {price}, {size} in {self.write('LP', depth)}", [("NS", price), ("F", size)]
        self.count += 1
        name = f"v{self.count}"
        if kind == "E":
            self.count += 1
            second = f"v{self.count}"
            clause = f"for {name}, {second} in enumerate({self.write('LS', depth)})"
            return clause, [("I", name), ("S", second)]
        if kind == "C":
            return f"for {name} in {self.write('S', depth)}", [("S", name)]
        if kind == "R":
            stop = self.rng.choice(["3", "1, 5", "10, 0, -3", "len(data)"])
            return f"for {name} in range({stop})", [("I", name)]
        if kind == "K":
            return f"for {name} in {self.write('M', depth)}", [("S", name)]
        return f"for {name} in {self.write(self.LISTS[kind], depth)}", [(kind, name)]

    def clauses(self, depth, body):
        """(body, "for ... if ...") with one or two loops."""
        rng = self.rng
        clause, names = self.bind(rng.choice("IFSPECRK" if depth > 0 else "IS"), depth)
        for kind, name in names:
            self.names.setdefault(kind, []).append(name)
        if rng.random() < 0.4:
            clause += f" if {self.write('B', depth)}"
        more = rng.random() < 0.12
        if more:
            inner, found = self.bind(rng.choice("IRS"), depth - 1)
            clause += " " + inner
            for kind, name in found:
                self.names.setdefault(kind, []).append(name)
            names = names + found
        text = body(depth)
        for kind, _ in names:
            self.names[kind].pop()
        return text, clause

    def comp(self, depth, kind):
        text, clause = self.clauses(depth, lambda d: self.write(kind, d))
        return f"{text} {clause}"

    def compI(self, depth):
        return self.comp(depth, "I")

    def compF(self, depth):
        return self.comp(depth, "F")

    def compS(self, depth):
        return self.comp(depth, "S")

    def compNS(self, depth):
        return self.comp(depth, "NS")

    def compB(self, depth):
        return self.comp(depth, "B")

    def compX(self, depth):
        return self.comp(depth, "X")

    def compP(self, depth):
        return self.comp(depth, "D")

    def compKV(self, depth):
        text, clause = self.clauses(
            depth, lambda d: f"{self.write('S', d)}: {self.write('X', d)}")
        return f"{text} {clause}"

    def lam(self, depth, kind, result):
        self.count += 1
        name = f"k{self.count}"
        self.names.setdefault(kind, []).append(name)
        body = self.write(result, min(depth, 1))
        self.names[kind].pop()
        return f"lambda {name}: {body}"

    def lamI(self, depth):
        return self.lam(depth, "I", self.rng.choice(["I", "F", "S"]))

    def lamS(self, depth):
        return self.lam(depth, "S", self.rng.choice(["I", "S", "S"]))

    def lamF(self, depth):
        return self.lam(depth, "F", self.rng.choice(["I", "F"]))

    def relation(self, depth):
        return self.rng.choice(["<", "<=", "==", "!=", ">", ">="])

    def literal(self, depth):
        text = self.message.raw_text()
        form = self.rng.random()
        if form < 0.6:
            return repr(text)
        if form < 0.8:
            return '"' + text.translate({34: '\\"', 92: "\\\\", 10: "\\n", 13: "\\r", 0: "\\0"}) + '"'
        if form < 0.9:
            return ascii(text)
        return "r" + repr(text) if not re.search(r"['\\\n\r\x00]", text) else repr(text)

    def bytesliteral(self, depth):
        rng = self.rng
        return repr(bytes(rng.choices([*b"abcxyz019 ", 0, 255, 128, 10, 92, 39], k=rng.randrange(9))))

    def number(self, depth):
        rng = self.rng
        n = rng.choice([rng.randint(0, 20), rng.randint(0, 10**6), rng.randint(0, 2**62)])
        return rng.choice([str(n), str(n), f"{n:#x}", f"{n:#o}", f"{n:#b}", f"{n:_}", f"-{n}"])

    def point(self, depth):
        return self.message.float().lstrip("-") if self.rng.random() < 0.8 else \
            self.rng.choice(["1.", ".5", "1e3", "1_0.5", "0e0", "1E+5", "3.e-2"])

    def slice(self, depth):
        rng = self.rng
        bound = [rng.choice(["", "", str(rng.randint(-6, 9)), str(rng.randint(-2, 4)),
                             self.write("I", 0) if rng.random() < .1 else ""]) for _ in range(3)]
        if rng.random() < 0.5:
            bound.pop()
        return f"[{':'.join(bound)}]"

    def spec(self, types):
        rng, out = self.rng, ""
        if rng.random() < .45:
            out += rng.choice(["", *"*0 x日"]) + rng.choice("<>=^")
        out += rng.choice(["", "", "", *"+- "]) + ("z" if rng.random() < .04 else "")
        out += ("#" if rng.random() < .1 else "") + ("0" if rng.random() < .2 else "")
        out += str(rng.randint(1, 25)) if rng.random() < .5 else ""
        out += rng.choice(",_") if rng.random() < .2 else ""
        out += f".{rng.randint(0, 12)}" if rng.random() < .4 else ""
        return out + (rng.choice(types) if rng.random() < .75 else "")

    def formatted(self, depth):
        rng = self.rng
        kind = rng.choice(["I", "F", "S", "D", "I", "F", "X"])
        text = self.write(kind, depth)
        if any(c in text for c in "\"\\#\n") or text.startswith("{"):
            text, kind = self.rng.choice([("data['li']", "X"), ("1.5", "F"), ("7", "I")])
        types = {"I": "bcdoxXndeEfFgG%", "F": "eEfFgGn%", "S": "s", "D": "eEfFgGn%", "X": "sdf"}
        spec = ":" + self.spec(types[kind]) if rng.random() < .6 else ""
        if rng.random() < 0.03:
            spec = ":>{3 + 4}"
        mark = rng.choice(["", "", "", "!r", "!s", "!a", "="])
        if "lambda" in text or ":=" in text or "!=" in text:
            text = f"({text})"
        return "{ " + text + " " + mark + spec + "}"

    def fstring(self, depth):
        rng = self.rng
        parts = [rng.choice(["a", " ", "{{", "}}", "é", "\\n", "x=", ""]) if rng.random() < .5
                 else self.formatted(depth) for _ in range(rng.randrange(1, 4))]
        return 'f"%s"' % "".join(parts)

    def strformat(self, depth):
        rng, kind = self.rng, self.rng.choice("IFSD")
        types = {"I": "bcdoxXndeEfFgG%", "F": "eEfFgGn%", "S": "s", "D": "eEfFgGn%"}
        text, spec = self.write(kind, depth), self.spec(types[kind])
        return rng.choice([f"'{{:{spec}}}'.format({text})", f"'{{0}}|{{0:{spec}}}'.format({text})",
                           f"'{{a:{spec}}}'.format(a={text})", f"'{{}} {{!r}}'.format({text}, {text})"])

    def struct(self, depth):
        rng = self.rng
        codes = "".join(rng.choice(["", "", "2", "3", "0"]) + rng.choice("bBhHiIqQefdsxc?nNlL")
                        for _ in range(rng.randrange(1, 4)))
        return repr(rng.choice(["<", ">", "!", "=", "@", ""]) + codes)

    def packed(self, depth):
        rng = self.rng
        return repr(bytes(rng.choices(range(256), k=rng.randrange(4, 40))))

    def deflated(self, depth):
        data = self.message.raw_text().encode()
        kind = self.rng.choice([15, -15, 31])
        maker = zlib.compressobj(6, zlib.DEFLATED, kind)
        out = maker.compress(data) + maker.flush()
        if self.rng.random() < 0.1:
            out = out[:-2]
        name = {15: "zlib_inflate", -15: "inflate", 31: "gunzip"}[kind]
        return f"{name}({out!r})"

    def base64text(self, depth):
        text = base64.b64encode(self.message.raw_text().encode()).decode()
        return repr(text if self.rng.random() < 0.9 else text[:-1])

    def stamptext(self, depth):
        rng = self.rng
        y, mo, d = rng.randint(1970, 2037), rng.randint(1, 12), rng.randint(1, 28)
        h, mi, s, ns = (rng.randrange(24), rng.randrange(60), rng.randrange(60),
                        rng.randrange(10**9))
        date = rng.choice([f"{y}-{mo:02}-{d:02}", f"{y}{mo:02}{d:02}", f"{y}/{mo:02}/{d:02}",
                           f"{mo:02}/{d:02}/{y}", f"{y}-{mo:02}"] + [f"{y}-{mo:02}-{d:02}"] * 5)
        clock = f"{h:02}:{mi:02}" + rng.choice(["", f":{s:02}"] + [
            f":{s:02}.{ns:09}"[:n] for n in (5, 7, 7, 10, 10, *([13, 12] if "-" in date[6:] else []))])
        zone = rng.choice(["", "", "", "Z", "+00:00", "+05:30", "-0400", "+09"])
        return repr(date + rng.choice("T ") + clock + zone if rng.random() < .9 else date)

    def moment(self, depth):
        rng = self.rng
        unit, scale = rng.choice([("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9), ("m", 1 / 60),
                                  ("h", 1 / 3600), ("D", 1 / 86400)])
        n = rng.choice([int(rng.uniform(0, 2.1e9) * scale), rng.uniform(0, 2.1e9) * scale,
                        round(rng.uniform(0, 2.1e9) * scale, 3), rng.randint(0, 10**4)])
        return f"{n!r}, unit='{unit}'"

    ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Europe/London", "Asia/Tokyo",
             "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "US/Eastern"]

    def zone(self, depth):
        return repr(self.rng.choice(self.ZONES))

    def pattern(self, depth):
        rng = self.rng
        atoms = ["a", "b", r"\d", r"\w", ".", "[a-c]", "[^,]", r"\s", "(a|b)", r"(\w+)", "(?:x)?", "é",
                 r"\b", "(?P<n>[0-9])", "[A-Z]", "^", "$", r"\.", "(z)?", r"\D", r"\W"]
        marks = ["", "", "", "*", "+", "?", "{1,2}", "*?", "+?"]
        out = ""
        for _ in range(rng.randrange(1, 5)):
            atom = rng.choice(atoms)
            if "?P<" in atom and "?P<" in out:
                continue
            out += atom + ("" if atom in ("^", "$", r"\b", "(?:x)?", "(z)?") else rng.choice(marks))
        return "r" + repr(out).replace("\\\\", "\\")

    def timeformat(self, depth):
        text = self.stamptext(0)
        return self.rng.choice([
            "'2021-02-22 15:51:44', '%Y-%m-%d %H:%M:%S'", "'22/Feb/2021', '%d/%b/%Y'",
            "'20210222', '%Y%m%d'", "'2021-02-22T15:51:44.208123Z', '%Y-%m-%dT%H:%M:%S.%fZ'",
            "'1/2/2003 03:04:05 PM', '%d/%m/%Y %I:%M:%S %p'", f"{text}, '%Y-%m-%d %H:%M'", "'2021-053', '%Y-%j'"])
