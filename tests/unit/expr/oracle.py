#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes oracle/*.txt: expressions and what CPython 3.11 and pandas 1.5 make of them.

Run by hand (Debian 12: apt-get install python3-pandas); the tables are committed, so the tests need
neither. A line is EXPRESSION <tab> OUTCOME: ascii(result), or the name of the class that is raised.
`data` is what DATA says. Left out are the few meanings that Weir does not share with Python, each
named in SKIPPED, and results beyond 64 bits, which are an OverflowError here.
"""
import base64
import datetime
import hashlib
import itertools
import json
import os
import random
import re
import struct
import urllib.parse
import warnings
from decimal import Decimal

import pandas as pd

warnings.simplefilter("ignore")
R = random.Random(5)
DATA = ('{"n":5,"f":1.50,"s":"abc","u":"h\\u00e9llo","esc":"a\\"b\\\\c\\nd\\ud83d\\ude00",'
        '"list":[1,2,3],"nested":{"x":[0,{"y":7}]},"str_num":"67012.5","neg":-3,'
        '"big":12345678901234567890123,"raw":{"z":[1.0,2e5,true,null],"a":"\\u0000"},'
        '"t":true,"nul":null}')

SKIPPED = [
    (r"^\(('|b').* % \(", "% formatting is left out of the language"),
    (r"complex|j\)?$", "there are no complex numbers"),
    (r"Decimal\('?-?(Inf|NaN|inf|nan)|Decimal\(float\('(-?inf|nan)", "Decimals are finite"),
    (r"\*\* \(Decimal\('1.10'\)\)|\(Decimal\('0'\)\) \*\* \(-|0\)? \*\* \(Decimal\('-7'\)|"
     r"^\(False\) \*\* \(Decimal\('-7'\)", "powers of Decimals are whole, and finite"),
    (r"^\(pd.Timedelta.*// \('", "pandas takes a text for a Timedelta in a division"),
    (r"^pd.Timedelta\(('5'|1.5|5|-1)\).total_seconds", "pandas 1.5 loses nanoseconds here"),
    (r"^int\('1234567890[0-9]+',36\)|^data\['big'\]\+1", "beyond 64 bits"),
    (r"^\(\{.*\}\) (not )?in \(\{[0-9]", "a set is never looked for in a set"),
    (r"\) [|^] \(\{|^set\('abc'\)|^\w+\(\{2,3\}\)", "the order of sets is that of insertion"),
    (r"^\((''|'a'|'abc'|'\u00e9'|None|float\('nan'\))\) [-+/]+ \(pd",
     "pandas takes '' and None for NaT"),
    (r"^Decimal\([\[(]", "a Decimal is not made of a tuple"),
    ("\u0663|\u0661\u0662", "digits of numbers are ASCII"),
    (r"^round\(18446744073709551615,-", "wide integers are not rounded"),
    (r"tz='\+05:30'|%z'\)$|0530'\)", "a fixed zone goes by another name"),
    (r"1900-01-01',tz", "pytz has local mean time before 1901, the system's zones do not"),
    (r"2021-02-22T15:51:44\.'", "a point without a fraction is refused"),
    (r"\{0\.real\}", "numbers have no attributes"),
    (r"^Decimal\(data\['f'\]\)", "a Decimal keeps the digits as they were sent: 1.50"),
]

NAMES = dict(
    data=json.loads(DATA), Decimal=Decimal, pd=pd, json_dumps=json.dumps, json_loads=json.loads,
    url_quote=urllib.parse.quote, urlencode=urllib.parse.urlencode, unhex=bytes.fromhex,
    b64encode=lambda x: base64.b64encode(x.encode() if isinstance(x, str) else x).decode(),
    b64decode=lambda s: base64.b64decode(s, validate=True),
    sha256=lambda x: hashlib.sha256(x.encode() if isinstance(x, str) else x).digest(),
    unpack=lambda f, b, o=0: struct.unpack_from(f, b, o),
    re_match=lambda p, s: groups(re.match(p, s)), re_search=lambda p, s: groups(re.search(p, s)),
    re_sub=re.sub, strptime=lambda s, f: pd.Timestamp(datetime.datetime.strptime(s, f)),
    map=lambda *a: list(map(*a)), zip=lambda *a, **k: list(zip(*a, **k)),
    enumerate=lambda *a, **k: list(enumerate(*a, **k)), reversed=lambda *a: list(reversed(*a)))


def groups(match):
    return None if match is None else [match.group(0), *match.groups()]


def class_name(e):
    name, module = type(e).__name__, type(e).__module__
    if module == "struct" or (module.startswith("pytz") and name != "UnknownTimeZoneError"):
        return "ValueError"
    if name == "UnknownTimeZoneError":
        return "LookupError"
    if isinstance(e, UnicodeError):
        return "UnicodeError"
    if isinstance(e, ZeroDivisionError):
        return "ZeroDivisionError"
    if module == "decimal":
        return "ArithmeticError"
    for kind in (KeyError, IndexError, AttributeError, LookupError, TypeError, ValueError,
                 OverflowError):
        if isinstance(e, kind):
            return kind.__name__
    return name


def outcome(expression):
    try:
        value = eval(expression, dict(NAMES))
        if type(value).__name__ in ("dict_keys", "dict_values", "dict_items"):
            value = list(value)
        if value is pd.NaT:
            value = None
        return ascii(value)
    except SyntaxError:
        return None
    except Exception as e:  # every class is an outcome
        return class_name(e)


def is_beyond(expression, text):
    """A result of arithmetic that does not fit 64 bits."""
    if re.match(r"(int|float|str|Decimal|abs|round|f\"|'\{|repr|data|-data|json)", expression):
        return False
    return any(len(m) > 18 and int(m) >= 2**63 - 1 for m in re.findall(r"\d+", text))


def write(name, expressions, most=None):
    rows = []
    for expression in dict.fromkeys(expressions):
        if any(re.search(pattern, expression) for pattern, _ in SKIPPED) or "\n" in expression:
            continue
        text = outcome(expression)
        if text is None or "\n" in text or "\t" in text or is_beyond(expression, text):
            continue
        if not any(re.search(pattern, text) for pattern, _ in SKIPPED[1:2]):
            rows.append(f"{expression}\t{text}\n")
    if most and len(rows) > most:
        rows = [rows[i] for i in sorted(R.sample(range(len(rows)), most))]
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle")
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(DATA + "\n")
        out.writelines(rows)
    print(name, len(rows))


def operators():
    values = """0|1|-1|7|-7|3|2|10|True|False|9223372036854775807|-9223372036854775808|0.0|-0.0|1.5
|-2.5|1e300|1e-300|3.0|0.1|float('inf')|float('-inf')|float('nan')|''|'a'|'abc'|b''|b'ab'|[]|[1]
|[1,2]|()|(1,)|(1,2)|{}|{'a':1}|{1}|{1,2}|{2,3}|None|Decimal('1.10')|Decimal('-7')|Decimal('0')
|range(3)|1000000007|pd.Timedelta('1h')|pd.Timestamp('2021-01-01')
|pd.Timestamp('2021-01-01T00:00:00Z')|'\u00e9'|18446744073709551615""".replace("\n", "").split("|")
    signs = "+ - * / // % ** | & ^ << >> < <= == != > >= in".split() + ["not in", "and", "or"]
    big = [v for v in values if len(v) > 9 and v.lstrip("-").isdigit()] + ["1e300"]
    out = [f"({a}) {s} ({b})" for a in values for b in values for s in signs
           if not (s in ("**", "<<", "*") and (a in big or b in big))]
    out += [f"{u}({a})" for a in values if a not in big for u in
            ["-", "+", "~", "not "] + "abs bool str repr int float len list tuple sum min max any "
            "all reversed round dict Decimal ord chr bytes enumerate range".split()]
    for _ in range(300):
        a = R.randint(-2**63, 2**63 - 1)
        b = R.randint(-2**63, 2**63 - 1) >> R.randint(0, 62)
        out += [f"({a}){s}({b})" for s in ("/", "//", "%", "&", "^", "<", "-")]
    for _ in range(300):
        a = R.uniform(-1, 1) * 10**R.randint(-5, 20)
        b = R.uniform(-1, 1) * 10**R.randint(-5, 5)
        out += [f"({a!r})//({b!r})", f"({a!r})%({b!r})", f"divmod({a!r},{b!r})"]
    return out


def texts():
    receivers = ["''", "'a'", "'abc'", "'a,b,,c'", "'  hello world  '", "'Hello World'", "'\u00df'",
                 "'\u00e9\u00c0\u00e9'", "'\u0391\u03a3 \u0391\u03a3.'", "'\u01c6'", "'1234'",
                 "'-12'",
                 "'+5'", "'\u0661\u0662'", "'\u00bd'", "'a\\tb\\nc\\r\\nd'", "'\\x1c x\\u2028y'",
                 "'\u65e5\u672c\u8a9e'", "'aaa'", "'ab'*3", "'\u0130'", "'\ufb01'",
                 "'O\\'Neil x'", "'\\u200b'"]
    arguments = ["'a'", "','", "' '", "'b'", "''", "'ab'", "'\u00e9'", "'World'", "None", "1",
                 "'aa'", "'\u65e5'"]
    out = []
    for s in receivers:
        out += [f"{s}.{m}()" for m in "upper lower title capitalize strip lstrip rstrip split "
                "rsplit splitlines isdigit isalpha isalnum encode".split()]
        out += [e.replace("$", s) for e in [
            "$.splitlines(True)", "$.encode('ascii')", "$.encode('latin-1','replace')",
            "$.encode('ascii','ignore')", "len($)", "list($)", "repr($)", "$[0]", "$[-1]", "$[5]",
            "sorted($)", "json_dumps($)", "json_dumps($,ensure_ascii=False)", "url_quote($)",
            "$.encode().decode()", "$.encode().hex()", "$.zfill(6)", "$.ljust(8)"]]
        for a in arguments:
            out += [f"{s}.{m}({a})" for m in "split rsplit partition rpartition strip lstrip "
                    "rstrip startswith endswith find rfind index count removeprefix removesuffix "
                    "join".split()]
            out += [e.replace("$", s).replace("@", a) for e in [
                "$.split(@,1)", "$.rsplit(@,1)", "$.rsplit(@,2)", "$.split(@,maxsplit=0)",
                "$.replace(@,'X')", "$.replace(@,'XY',2)", "$.replace(@,'')", "$.find(@,1)",
                "$.find(@,-2)", "$.count(@,1,3)", "$.startswith(@,1)", "$.endswith(@,0,-1)",
                "@ in $", "$.startswith((@,'x'))", "$.rjust(8,@)", "$.ljust(8,'\u65e5')",
                "$.rfind(@,0,4)", "$.find(@,9)"]]
    for s in receivers + ["[1,2,3,4,5]", "(1,2,3)", "b'hello'", "range(10)", "range(10,0,-3)",
                          "data['list']", "data['s']", "data['u']"]:
        for _ in range(40):
            bounds = [R.choice(["", "None", str(R.randint(-12, 12)), str(R.randint(-3, 3))])
                      for _ in range(3)]
            out.append(f"{s}[{':'.join(bounds)}]")
        out += [f"{s}[{i}]" for i in (-11, -6, -5, -1, 0, 4, 10, "'a'", "None", "1.0", "True")]
    return out


def numbers():
    out = []
    for t in """0|1|-1|+7| 12 |1_000|1__0|_1|1_|0x1f|0b101|0o17|017|00|1e5|1.5|abc|
|9223372036854775807|9223372036854775808|-9223372036854775809|123456789012345678901234567890
|000000000000000000000000000012|z|7f|0_7|0x_f|inf|-Infinity|1e400|1e-400|.5|5.|.|+.5|1_0.0_1|1_.0
|1e1_0|infinit|NaN|1 2|0.1e-5|+|-""".replace("\n", "").split("|"):
        out += [f"int('{t}')", f"float('{t}')", f"Decimal('{t}')", f"int(b'{t}')", f"float(b'{t}')"]
        out += [f"int('{t}',{b})" for b in (0, 2, 8, 10, 16, 36, 1, 37)]
    for n in """0 5 -5 15 25 -25 12345 2.5 3.5 -2.5 0.5 1.5 2.675 1.005 1e16 1e22 123456789.987654321
0.1 -0.05 5e-324 1.7976931348623157e308 1e300 99.995 9.9999 0.00001 0.0001 123456.789 1e15 1e17 -0.0
4.35 0.285 1234.5678 9007199254740993 18446744073709551615""".split():
        out += [f"round({n},{d})" for d in (0, 1, 2, 3, 5, 10, 15, 20, -1, -2, -5, -20, 323, -400)]
        out += [e.replace("$", n) for e in ["round($)", "int($)", "float($)", "str($)", "abs($)",
                                            "Decimal($)", "$//0.3", "$%0.3", "divmod($,3)"]]
    for n in "2.675 -2.5 3.5 1E+5 0.000001 123456789.123456789 1E-10 -0.0 0E+3 9.99".split():
        out += [f"round(Decimal('{n}'),{d})" for d in (0, 1, 2, 5, -1, -3)]
        out += [e.replace("$", f"Decimal('{n}')") for e in
                ["round($)", "int($)", "float($)", "str($)", "abs($)", "$//3", "$%3"]]
    for _ in range(600):
        x = R.choice([R.uniform(-1000, 1000), R.uniform(-1, 1), R.uniform(-1e18, 1e18),
                      R.randint(-10**6, 10**6) / 10**R.randint(0, 6)])
        out.append(f"round({x!r},{R.randint(-4, 12)})")
    for a, b, m in itertools.product([2, 3, -5, 10**9], [0, 1, 5, 100, 10**6],
                                     [1, 2, 7, -7, 10**9 + 7, 0]):
        out.append(f"pow({a},{b},{m})")
    return out


def formats():
    values = """0|5|-5|1234567|-1234567|65|18446744073709551615|0.0|-0.0|1.5|-1.5|1234567.891
|-0.00012345|1e16|1e22|1e-7|0.1|123456.7|float('inf')|float('-inf')|float('nan')|'abc'|''
|'\u65e5\u672c'|True|Decimal('1.10')|Decimal('-1234567.891')|Decimal('1E+5')|Decimal('1E-10')
|Decimal('0')|Decimal('-0.00')|Decimal('99.995')|Decimal('0E+3')
|Decimal('123456789012345678901234567890.5')|99.95|9.5|999999.5|100.0|0.5|2.5|data['f']|data['n']
|Decimal('9.99E+8')|Decimal('0.0000001')|None|[1]""".replace("\n", "").split("|")
    out = []
    for _ in range(1800):
        spec = ""
        if R.random() < .4:
            spec += R.choice(["", *"*0 x\u65e5"]) + R.choice("<>=^")
        spec += R.choice(["", "", "", *"+- "]) + ("z" if R.random() < .1 else "")
        spec += ("#" if R.random() < .2 else "") + ("0" if R.random() < .3 else "")
        spec += str(R.randint(1, 25)) if R.random() < .5 else ""
        spec += R.choice(",_") if R.random() < .25 else ""
        spec += f".{R.randint(0, 12)}" if R.random() < .4 else ""
        spec += R.choice("bcdoxXeEfFgGn%sdfge") if R.random() < .75 else ""
        out.append(f'f"{{{R.choice(values)}:{spec}}}"')
        out.append(f"'{{:{spec}}}'.format({R.choice(values)})")
    return out + """'{} {}'.format(1,2)|'{1} {0}'.format(1,2)|'{0[0]} {0[1]}'.format([5,6])
|'{0[a]}'.format({'a':3})|'{} {0}'.format(1)|'{0} {}'.format(1)|'{{}} {}'.format(3)|'{'.format()
|'}'.format()|'{}'.format()|'{!r}'.format('a')|'{!r:>5}'.format('a')|'{:{}}'.format(3,5)
|'{0:{1}}'.format(3,5)|'{!x}'.format(3)|'{:>{w}}'.format(3)|'{a}'.format(1)|'{0[}'.format([1])
|'{:{}.{}f}'.format(3.14159,10,2)""".replace("\n", "").split("|")


def builtins():
    out = [f"json_dumps({x})" for x in [
        "{'a':1,'b':[1,2.5,None,True],'c':'\u00e9\\n\"'}", "[]", "{}", "(1,2)",
        "{1:2,None:3,True:4,1.5:6}", "{(1,2):3}", "Decimal('1')", "1e16", "float('nan')", "data",
        "b'a'", "{1}", "range(3)", "data['raw']", "18446744073709551615", "'\\x7f\\x00\\u2028\U0001f600'"]]
    bytes_ = ("b'\\x05\\x81\\x02\\xff\\x00\\x7f\\x80\\x01\\x10\\x20\\x30\\x40\\x50\\x60\\x70\\x80"
              "\\x3c\\xc0'")
    for f in ["<i", ">H", "!Q", "<d", ">e", "<3s", "5s", "@ib", "@bi", "=bi", "<2h?c", "<bBxH",
              "10p", "<n", "qq", ">f", "i4x", "", "<100i", "0s", "@bq", "L", "<l", "z", "3", "P", ">2e"]:
        out += [f"unpack('{f}',{bytes_},{o})" for o in (0, 1, 3, -4, 100)]
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle")
    with open(os.path.join(folder, "builtins.expr"), encoding="utf-8") as lines:
        return out + lines.read().splitlines()


def times():
    texts_ = """2021|2021-02|20210222|20210222T101112|20210222101112|2021-02-22 10|2021-02-22T10:11
|2021-02-22T15:51:44.208Z|2021-02-22T15:51:44.1234567891Z|2021-02-22T15:51:44+05:30
|2021-02-22T15:51:44+0530|2021-02-22T15:51:44-05|2021/02/22 15:51:44|02/22/2021|22/02/2021
|02/03/2021 10:11 PM|22 Feb 2021 15:51:44|Feb 22, 2021|Mon Feb 22 15:51:44 2021|1614009104
|1614009104000|2021-02-30|2021-02-22T24:00:00|2021-02-22T15:51:60|2021-2-3|2021-2-3 4:5:6|21-02-03
|22-Feb-2021|22-Feb-21 10:00:00|20210222 10:11:12|2021.02.22|22.02.2021|15:51:44.5 2021-02-22
| 2021-02-22 |2021-02-22T15:51:44.208 Z|2021-02-22T15:51:44 +05:30|2021-02-22T155144Z
|1677-09-21T00:12:43.145224193|1677-09-20|2262-04-11T23:47:16.854775807Z|2262-04-12
|20210222-10:11:12.123|2021-02-22-10:11:12|abc|2021-02-22 15:51:44.123|Feb 2021
|February 3, 2021 3:04 pm|3 March 2021|2021 March 3|2021-12-31T23:59:59.999999999|2021-13-01
|13/13/2021|2021-02-22 3pm|0001-01-01|1/2/03|2021-02-22 15:51:44.5+02:00
|Monday, February 22, 2021""".replace("\n", "").split("|")
    out = [f"pd.Timestamp('{t}')" for t in texts_] + [f"pd.Timestamp('{t}').value" for t in texts_]
    for unit in "D h m s ms us ns".split():
        out += [f"pd.Timestamp({v},unit='{unit}')" for v in """0 1 -1 18000 1614009104 1614009104208
1614009104208123 1614009104208123456 1.5 -1.5 1614009104.208 1614009104208.5 1e30 0.1 float('nan') None
'5' True [1]""".split()]
    for zone in ["UTC", "Asia/Kolkata", "America/New_York", "Europe/London", "Asia/Tokyo",
                 "Australia/Lord_Howe", "Nope/Zone", "../etc/passwd"]:
        for t in ["'2021-07-01 12:00'", "'2021-01-01T00:00:00Z'", "0", "'2021-03-14 02:30'",
                  "'2021-11-07 01:30'", "1614009104208123456", "'2035-07-01'", "'2021-03-28 01:30'"]:
            stamp = f"pd.Timestamp({t},tz='{zone}')"
            out += [e.replace("$", stamp) for e in [
                "str($)", "$", "$.tz_convert('UTC').isoformat()", "$.tz_localize(None).value",
                "$.strftime('%Y-%m-%d %H:%M:%S %z %Z %j %a %b %U %W %V %G %u %w %p %I %f %y %c %x %X')",
                "$.floor('1h')", "$.timestamp()"]]
    for d in """'1h'|'5s'|'1 days 02:03:04.5'|'-1h'|'5'|1.5|'1h30m'|'00:00:05'|'1.5d'|'-1 days +23:00:00'
|5|-1|'1us'|'1ms'|'1 day'|'2 days'|'3 hours'|'x'|'1.5'|'5min'|'1W'|'-00:00:01'""".replace(
            "\n", "").split("|"):
        out += [e.replace("$", f"pd.Timedelta({d})") for e in [
            "$", "str($)", "$.total_seconds()", "$.days", "$.seconds", "$*2.5", "$/3", "$//7",
            "$%pd.Timedelta('7s')", "$/pd.Timedelta('7s')", "-$", "abs($)",
            "pd.Timestamp('2021-01-01')-$"]]
    for s, f in [("2021-02-22 15:51:44", "%Y-%m-%d %H:%M:%S"), ("22/Feb/2021", "%d/%b/%Y"),
                 ("22 February 21 03:04 PM", "%d %B %y %I:%M %p"), ("2021-053", "%Y-%j"),
                 ("x", "%Y"), ("2021-02-30", "%Y-%m-%d"), ("2021-02-22 ", "%Y-%m-%d"),
                 ("Mon 22", "%a %d"), ("1%", "%d%%"), ("20210222", "%Y%m%d"),
                 ("2021-02-22T15:51:44.208123Z", "%Y-%m-%dT%H:%M:%S.%fZ")]:
        out.append(f"strptime('{s}','{f}')")
    return out


if __name__ == "__main__":
    write("operators.txt", operators(), 4000)
    write("texts.txt", texts(), 3000)
    write("numbers.txt", numbers(), 2000)
    write("formats.txt", formats())
    write("builtins.txt", builtins())
    write("times.txt", times())
