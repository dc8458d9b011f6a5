# SPDX-License-Identifier: MIT
"""CPython as the oracle: the names of the language bound to what they mean in Python and pandas,
and the outcome of an expression in the form in which `weir eval --batch` writes it.

What the language leaves out on purpose is bound in the way in which it is documented: there are no
iterators, so map, zip, enumerate, reversed give lists; a Decimal of a number of `data` has the
digits as they were sent; texts are hashed and encoded as their UTF-8.
"""
import base64
import builtins
import datetime
import hashlib
import hmac
import json
import math
import re
import resource
import signal
import struct
import urllib.parse
import warnings
import zlib
from decimal import Decimal
from json.encoder import encode_basestring

import pandas as pd

warnings.simplefilter("ignore")
NAMES = ("abs all any bool bytes chr dict divmod float hex int isinstance len list max min ord pow "
         "range repr round set sorted str sum tuple").split()


class Sent(float):
    """A float of a message, with its digits."""
    __slots__ = ("digits",)

    def __new__(cls, digits):
        self = float.__new__(cls, digits)
        self.digits = digits
        return self


def decimal(x="0"):
    if isinstance(x, (list, tuple)):
        raise TypeError("a Decimal is not made of a tuple")
    return Decimal(x.digits if type(x) is Sent else x)


def no_constant(word):
    raise ValueError(word + " is not JSON")


def loads(text):
    return json.loads(text, parse_float=Sent, parse_constant=no_constant)


def zone_name(zone):
    """dateutil's zones go by the names of pytz."""
    if type(zone).__module__.startswith("dateutil"):
        offset = zone.utcoffset(None)
        minutes = offset and int(offset.total_seconds()) // 60
        return f"pytz.FixedOffset({minutes})" if minutes else "UTC"
    return str(zone)


def octets(x):
    return x.encode() if isinstance(x, str) else x


def groups(match):
    return None if match is None else [match.group(0), *match.groups()]


def hexadecimal(x):
    return octets(x).hex() if isinstance(x, (bytes, str)) else hex(x)


def digest(name):
    return lambda x: hashlib.new(name, octets(x)).digest()


def keyed(name):
    def sign(key, msg):
        if not isinstance(msg, (str, bytes)):  # hmac takes None for nothing yet
            raise TypeError(msg)
        return hmac.new(octets(key), octets(msg), name).digest()
    return sign


SAFE = {name: getattr(builtins, name) for name in NAMES}
SAFE.update(
    Decimal=decimal, pd=pd, json_dumps=json.dumps, json_loads=loads, hex=hexadecimal,
    url_quote=urllib.parse.quote, urlencode=urllib.parse.urlencode, unhex=bytes.fromhex,
    b64encode=lambda x: base64.b64encode(octets(x)).decode(),
    b64decode=lambda s: base64.b64decode(s, validate=True),
    md5=digest("md5"), sha256=digest("sha256"), sha384=digest("sha384"), sha512=digest("sha512"),
    hmac_sha256=keyed("sha256"), hmac_sha384=keyed("sha384"), hmac_sha512=keyed("sha512"),
    crc32=lambda x: zlib.crc32(octets(x)), zlib_inflate=zlib.decompress,
    gunzip=lambda x: zlib.decompress(x, 31), inflate=lambda x: zlib.decompress(x, -15),
    unpack=lambda format, buffer, offset=0: struct.unpack_from(format, buffer, offset),
    re_match=lambda p, s: groups(re.match(p, s)), re_search=lambda p, s: groups(re.search(p, s)),
    re_sub=re.sub, strptime=lambda s, f: pd.Timestamp(datetime.datetime.strptime(s, f)),
    map=lambda *a: list(map(*a)), zip=lambda *a, **k: list(zip(*a, **k)),
    enumerate=lambda *a, **k: list(enumerate(*a, **k)), reversed=lambda *a: list(reversed(*a)))
SAFE["__builtins__"] = {"__import__": builtins.__import__}  # strftime wants it

# ---------------------------------------------------------------- the tagged form of a value


class Unsayable(Exception):
    """A value that the language does not have: why."""


def put_float(v):
    if math.isfinite(v):
        return float.__repr__(v)
    return '{"$float":"%s"}' % float.__repr__(v)


def put_text(v):
    try:
        v.encode()
    except UnicodeEncodeError:
        raise Unsayable("a lone surrogate") from None
    return encode_basestring(v)


def put_dict(v):
    if all(type(k) is str and k[:1] != "$" for k in v):
        return "{%s}" % ",".join(put_text(k) + ":" + put(x) for k, x in v.items())
    return '{"$dict":[%s]}' % ",".join(f"[{put(k)},{put(x)}]" for k, x in v.items())


def put_decimal(v):
    if not v.is_finite():
        raise Unsayable("a Decimal that is not finite")
    return '{"$Decimal":"%s"}' % v


def put_int(v):
    return str(v)


def put_list(v):
    return "[%s]" % ",".join(map(put, v))


PUT = {
    type(None): lambda v: "null", bool: lambda v: "true" if v else "false", int: put_int,
    float: put_float, Sent: put_float, str: put_text, list: put_list, dict: put_dict,
    tuple: lambda v: '{"$tuple":%s}' % put_list(v), Decimal: put_decimal,
    bytes: lambda v: '{"$bytes":"%s"}' % v.hex(),
    set: lambda v: '{"$set":[%s]}' % ",".join(
        t.decode() for t in sorted(put(x).encode() for x in v)),
    range: lambda v: '{"$range":[%d,%d,%d]}' % (v.start, v.stop, v.step),
    pd.Timestamp: lambda v: '{"$Timestamp":[%d,%s]}' % (
        v.value, "null" if v.tz is None else '"%s"' % zone_name(v.tz)),
    pd.Timedelta: lambda v: '{"$Timedelta":%d}' % v.value,
    type(pd.NaT): lambda v: "null",
    type({}.keys()): put_list, type({}.values()): put_list, type({}.items()): put_list,
}
TYPES = {Sent: "float", type({}.keys()): "list", type({}.values()): "list",
         type({}.items()): "list", type(pd.NaT): "NoneType"}


def put(v):
    writer = PUT.get(type(v))
    if not writer:
        raise Unsayable("a " + type(v).__name__)
    return writer(v)


# ---------------------------------------------------------------- the class of an error

KINDS = (KeyError, IndexError, AttributeError, LookupError, UnicodeError, ZeroDivisionError,
         TypeError, ValueError, OverflowError)


def class_name(problem):
    name, module = type(problem).__name__, type(problem).__module__
    if name == "UnknownTimeZoneError":
        return "LookupError"
    if module in ("struct", "zlib", "re", "sre_constants") or module.startswith("pytz"):
        return "ValueError"
    if isinstance(problem, ZeroDivisionError):
        return "ZeroDivisionError"
    if module == "decimal":
        return "ArithmeticError"
    for kind in KINDS:
        if isinstance(problem, kind):
            return kind.__name__
    return name


class TooSlow(BaseException):
    """CPython has no limits of its own."""


def too_slow(signum, frame):
    raise TooSlow


def confine():
    """Bounds for this process, where 'abc' * 2**31 would be computed."""
    signal.signal(signal.SIGALRM, too_slow)
    set_memory(1 << 30)


def set_memory(size):
    """Of this process; None: as much as there is, for the child (a sanitizer's shadow is huge)."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most if size is None else size, most))


def outcome(source, data):
    """The line that is wanted, or None with why there is none."""
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        return bounded_outcome(source, data)
    except TooSlow:
        return None, "CPython: too slow"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def bounded_outcome(source, data):
    try:
        value = eval(source, dict(SAFE, data=data))
    except (SyntaxError, RecursionError, MemoryError) as problem:
        return None, "CPython: " + type(problem).__name__ + " " + str(problem)
    except Exception as problem:  # noqa: BLE001: its class is the outcome
        return '{"error":"%s"' % class_name(problem), str(problem)
    try:
        kind = type(value)
        if value is pd.NaT:
            return '{"value":null,"type":"NoneType"}', "NaT"
        return '{"value":%s,"type":"%s"}' % (put(value), TYPES.get(kind, kind.__name__)), None
    except Unsayable as why:
        return None, str(why)
    except ValueError as why:  # int() of CPython 3.11 does not write more than 4300 digits
        return None, str(why)
