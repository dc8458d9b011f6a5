#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# What CPython's decimal module says: prints the vectors that test_decimal.c reads (decimal_vectors.txt).
# One case a line: operation|a|b|result, where a result may be an error: "overflow", "by_zero", ...
# Usage: decimal_vectors.py [SEED [COUNT]] > decimal_vectors.txt
import random
import sys
from decimal import (
    ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP,
    Decimal, DivisionByZero, InvalidOperation, Overflow,
)

ROUNDINGS = [ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_UP, ROUND_DOWN, ROUND_CEILING, ROUND_FLOOR]
EDGES = """0 -0 0.0 -0.00 0E-10 0E+5 1 -1 1.00 10 100 1E+2 0.1 0.5 1.5 2.5 -2.5 9.5 99.5 0.000001 0.0000001 0.00000012
1E-7 1E+28 1E-28 9999999999999999999999999999 99999999999999999999999999995 9.999999999999999999999999999E+999999
1E+999999 1E-999999 1E-1000026 5E-1000026 123456789012345678901234567890.123456789 3 7 0.3 33.33 2 4 8 16 -3 -7 1E+27
9223372036854775807 -9223372036854775808 9223372036854775808 18446744073709551616 2305843009213693951 61685.99000000
0.00017000 45.00 4.500000000000000000000000000E+3 1.000000000000000000000000000000000000001""".split()
TEXTS = ["1_000.5", " 12 ", "+5", ".5", "5.", "1e5", "1E-5", "-.5e+3", "", ".", "e5", "1e", "nan", "inf", "1.2.3", "0x1",
         "--1", "1 2", "\t7\n", "007", "000.100", "1e+0007", "-0e3"]


def number(rng):
    kind = rng.randrange(10)
    if kind < 3:
        return rng.choice(EDGES)
    digits = rng.choice([1, 2, 3, 5, 8, 10, 15, 27, 28, 29, 30, 40, 60])
    text = "".join(rng.choice("0123456789" if rng.random() < 0.7 else "059") for _ in range(digits))
    sign = rng.choice(["", "", "-"])
    if kind < 7:
        at = rng.randrange(digits + 1)
        return sign + (text[:at] or "0") + "." + text[at:] if at < digits else sign + text
    scale = rng.choice([3, 12, 30, 60, 400])
    return f"{sign}{text}E{rng.randint(-scale, scale)}"


def attempt(function):
    try:
        result = str(function())
        return "by_zero" if result.endswith("Infinity") else result  # 0 ** -1; Weir has no infinity
    except Overflow:
        return "overflow"
    except DivisionByZero:
        return "by_zero"
    except InvalidOperation:
        return "invalid"


BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b, "rem": lambda a, b: a % b, "cmp": lambda a, b: (a > b) - (a < b),
}
UNARY = {
    "neg": lambda a: -a, "abs": abs, "plus": lambda a: +a, "str": lambda a: a, "hash": hash, "float": float,
    "int": lambda a: int(a) if a.adjusted() < 4000 else "limit", "integral": lambda a: int(a == a.to_integral_value()),
    "round": lambda a: round(a) if a.adjusted() < 4000 else "limit",
}


def main():
    rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 120
    for text in TEXTS:
        shown = text.replace("\t", "\\t").replace("\n", "\\n")
        result = "invalid" if text in ("nan", "inf") else attempt(lambda: Decimal(text))
        print(f"parse|{shown}||{result}")
    for _ in range(count):
        for name, function in BINARY.items():
            a, b = number(rng), number(rng)
            print(f"{name}|{a}|{b}|{attempt(lambda: function(Decimal(a), Decimal(b)))}")
        a, b = number(rng), number(rng)
        same = Decimal(a).scaleb(0) if rng.random() < 0.3 else Decimal(b)
        print(f"sub|{a}|{same}|{attempt(lambda: Decimal(a) - same)}")
        for name, function in UNARY.items():
            a = number(rng)
            print(f"{name}|{a}||{attempt(lambda: function(Decimal(a)))}")
        a, b = number(rng), rng.choice([0, 1, 2, 3, 5, 10, -1, -2, -7, 31, 100, 365, -365, 9999])
        print(f"pow|{a}|{b}|{attempt(lambda: Decimal(a) ** b)}")
        a, places, rounding = number(rng), rng.choice([0, 1, 2, 8, -1, -3, 27, 28]), rng.randrange(7)
        unit = Decimal((0, (1,), -places))
        print(f"quantize{rounding}|{a}|{-places}|{attempt(lambda: Decimal(a).quantize(unit, ROUNDINGS[rounding]))}")
        f = rng.choice([rng.random(), rng.uniform(-1e6, 1e6), rng.random() * 10.0 ** rng.randint(-300, 300), 0.0, -0.0,
                        float(rng.randint(-10**15, 10**15)), 5e-324, 1.7976931348623157e308])
        print(f"from_float|{f!r}||{Decimal(f)}")
        print(f"float_hash|{f!r}||{hash(f)}")


main()
