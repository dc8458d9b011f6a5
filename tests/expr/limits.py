#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hostile expressions: each must fail, by a named limit, having done and taken no more than that
limit allows. What is asserted are the class of the error and the counters of the run; the
milliseconds and bytes that a process of its own needed are printed for people (50 ms and 16 MiB
are the aim), since a busy machine is no mistake of the code.

    limits.py WEIR
"""
import json
import os
import resource
import subprocess
import sys

LONG = {"s": "a" * 8192, "t": "ab" * 4096, "u": "a" * 65536}

HOSTILE = [
    ("'a' * 10**9", None), ("'a' * 10**6 * 10**6", None), ("[0] * 10**9", None),
    ("(1,) * 10**12", None), ("b'x' * 10**9", None), ("bytes(10**9)", None),
    ("list(range(10**12))", None), ("sum(range(10**12))", None), ("[x for x in range(10**10)]", None),
    ("sum(x * y for x in range(10**6) for y in range(10**6))", None),
    ("[[[x for x in range(999)] for y in range(999)] for z in range(999)]", None),
    ("{x: str(x) for x in range(10**9)}", None), ("set(range(10**9))", None),
    ("10**10**10", None), ("2 ** 100000", None), ("1 << 10**9", None), ("max(range(10**12))", None),
    ("'x'.zfill(10**9)", None), ("'x'.ljust(10**9)", None), ("f'{1:>1000000000}'", None),
    ("'{:1000000000}'.format(1)", None), ("f'{1.5:.1000000000f}'", None),
    ("'a'.join('b' * 1000000 for x in range(1000))", None),
    ("('a' * 100000).replace('a', 'b' * 100000)", None),
    ("Decimal('1E+1000000') + 1", None), ("Decimal('9' * 5000) ** 5000", None),
    ("str(Decimal('1E+999999') * 1 + Decimal('1E-999999'))", None),
    ("sorted(range(10**8), key=lambda x: -x)", None), ("sorted([0] * 200000, key=lambda x: [x] * 500)", None),
    ("1.5 in range(10**12)", None), ("list(zip(range(10**9), range(10**9)))", None),
    ("any(x < 0 for x in range(10**9))", None), ("list(map(str, range(10**9)))", None),
    ("json_dumps([['x' * 1000] * 1000] * 1000)", None), ("random_hex(10**9)", None),
    ("sha256('a' * 4000000) if all(sha256('a' * 4000000) for x in range(10**6)) else 0", None),
    ("zlib_inflate(unhex('789c' + '00' * 9))", None),
    ("re_match('(a+)+$', 'a' * 40 + 'b')", None), ("re_match('(a|aa)+$', 'a' * 60 + 'b')", None),
    ("re_search('(.*)*x', 'a' * 5000)", None), ("re_search('a*a*a*a*a*b', data['s'])", LONG),
    ("re_search('a*b', data['s'])", LONG), ("re_search('(a?){30}a{30}b', data['s'])", LONG),
    ("re_search('.*.*=.*', data['s'])", LONG), ("re_sub('a*?b', 'x', data['s'])", LONG),
    ("re_search(r'(\\w+\\s?)+:', data['s'])", LONG), ("re_match('(a+)+$', data['t'])", LONG),
    ("re_sub('', 'x' * 1000, data['s'])", LONG), ("re_search('(ab)*c|(ba)*d', data['t'])", LONG),
    ("re_search('a*a*[bcd]', data['s'])", LONG), ("re_search('(a+)(a+)[bcd]', data['s'])", LONG),
    ("re_sub('(a+)(a+)[bcd]', 'x', data['s'])", LONG), ("re_search('a', data['u'])", LONG),
    ("[re_search('a*?[bcd]', data['s']) for x in range(10000)]", LONG),
    ("[re_search('[^b]*[bcd]', data['s'][x:]) for x in range(16000)]", LONG),
    ("[re_search('[^b]*[bcd]', data['s'][:500]) for x in range(10**6)]", LONG),
    ("[re_search('a*b', data['s']) for x in range(1000)]", LONG),
    ("[('a' * 4000000).find('ab') for x in range(10**6)]", None),
    ("('a' * 2000000).count('a' * 1000000 + 'b')", None), ("['a' * 4000000 for x in range(100)]", None),
    ("[sum(range(1000)) for x in range(10**6)]", None), ("sum([[x] for x in range(100000)], [])", None),
    ("[data['s'].split('a') for x in range(10**6)]", LONG), ("[data['s'].upper() for x in range(10**6)]", LONG),
    ("[sorted(data['s']) for x in range(10**6)]", LONG), ("[json_loads(json_dumps(data)) for x in range(10**6)]", LONG),
    ("[int('9' * 18) for x in range(10**8)]", None), ("[Decimal('1.1') ** 99 for x in range(10**8)]", None),
    ("[pd.Timestamp('2021-02-22', tz='Asia/Tokyo') for x in range(10**8)]", None),
]


def run(weir, expr, data):
    """(answer, milliseconds of processor, KiB) of a process of its own."""
    line = json.dumps({"expr": expr, "data": data, "usage": True}).encode() + b"\n"
    child = subprocess.Popen([weir, "eval", "--batch"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    out = child.communicate(line)[0]
    return out


def measured(weir, expr, data):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        out = run(weir, expr, data)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        cost = [(usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss]
        os.write(writer, json.dumps([out.decode()[-400:], *cost]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def main():
    weir = sys.argv[1]
    limits = dict(line.split("/*")[0].replace(",", " ").split("=")
                  for line in open(os.path.join(os.path.dirname(__file__), "../../src/expr/expr.h"))
                  if line.startswith("    WEIR_EXPR_") and "=" in line)
    limits = {name.strip(): eval(value) for name, value in limits.items()}
    bad = 0
    _, idle_ms, idle_kib = measured(weir, "1", None)
    print(f"an idle process: {idle_ms:.1f} ms, {idle_kib} KiB; above that:")
    for expr, data in HOSTILE:
        text, ms, kib = measured(weir, expr, data)
        try:
            answer = json.loads(text if text.startswith("{") else '{"value": "long"}')
        except ValueError:
            answer = {"value": "long"}
        cut = expr if len(expr) < 70 else expr[:67] + "..."
        print(f"{ms - idle_ms:7.1f} ms {kib - idle_kib:6} KiB {answer.get('steps', 0):8} steps  "
              f"{answer.get('error', 'a value'):14} {cut}")
        if answer.get("steps", 0) > limits["WEIR_EXPR_STEPS_MAX"] or \
                answer.get("memory", 0) > limits["WEIR_EXPR_MEMORY_MAX"]:
            print("         over its limits:", answer)
            bad += 1
        if answer.get("error") in ("MemoryError", "Request"):
            print("         the wrong error:", answer)
            bad += 1
    print(f"{len(HOSTILE)} hostile expressions, {bad} not stopped as they should be")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
