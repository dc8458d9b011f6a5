#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plans over frames in memory: every spec of specs/ and every complete one of docs/ over the frames of its own tests (JSON,
text, MessagePack, Protocol Buffers, layouts, compressed or not), and the captures of ../shared where they are. When all
frames have come three times, they come once more without an allocation."""

import base64
import binascii
import glob
import gzip
import os
import re
import struct
import sys
import tempfile
import zlib

import yaml

import steady

ROOT = os.path.join(steady.HERE, "..", "..")
REPEATS = 40
CAPTURES = {"kraken": "frames/kraken.jsonl", "coinbase": "frames/coinbase.jsonl", "binance": "frames/binance_futures.jsonl",
            "huobi": "wire/huobi.lpf", "huobi_swap": "wire/huobi_swap.lpf"}
UNPACKERS = {
    "hex": lambda text: binascii.unhexlify("".join(text.split())),
    "base64": base64.b64decode,
    "gzip": lambda text: gzip.compress(text.encode()),
    "zlib": lambda text: zlib.compress(text.encode()),
    "deflate": lambda text: zlib.compress(text.encode())[2:-4],
}


def frame_of(written):
    """(is_binary, bytes) of a frame as a test has it; None: of a kind that a file of frames cannot hold."""
    if isinstance(written, dict) and len(written) == 1:
        kind, text = next(iter(written.items()))
        if kind in UNPACKERS and isinstance(text, str):
            return True, UNPACKERS[kind](text)
    return (False, written.encode()) if isinstance(written, str) and "\n" not in written else None


def frames_of(spec):
    """By connection (None: the only one), the frames of the spec's tests."""
    found = {}
    for test in spec.get("tests") or ():
        written = test.get("in", [])
        for one in written if isinstance(written, list) else [written]:
            frame = frame_of(one)
            if frame:
                found.setdefault((test.get("connection"), frame[0]), []).append(frame[1])
    return found


def write_frames(directory, is_binary, frames):
    path = os.path.join(directory, "frames" + (".lpf" if is_binary else ".jsonl"))
    with open(path, "wb") as file:
        for frame in frames * REPEATS:
            file.write(struct.pack("<I", len(frame)) + frame if is_binary else frame + b"\n")
    return path


def specs_of_pages(directory):
    """The complete specs that stand in docs/, as files beside what they import."""
    for page in sorted(glob.glob(os.path.join(ROOT, "docs", "**", "*.md"), recursive=True)):
        with open(page, encoding="utf-8") as file:
            blocks = re.findall(r"^```yaml spec[^\n]*\n(.*?)^```", file.read(), re.M | re.S)
        for i, block in enumerate(blocks):
            path = os.path.join(directory, f"{os.path.basename(page)}-{i}.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(block)
            yield path


def run_tests_of(checks, path):
    """Counts how many frames were run."""
    with open(path, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    count = 0
    for (connection, is_binary), frames in frames_of(spec).items():
        with tempfile.TemporaryDirectory(prefix="weir-steady-") as directory:
            file = write_frames(directory, is_binary, frames)
            result = steady.run("decode", path, file, *([connection] if connection else []))
        if "no such file" in result.get("error", ""):
            print(f"{os.path.basename(path)}: left out, it names a file of its reader's")
            continue
        kind = "binary" if is_binary else "text"
        steady.judge(checks, f"{os.path.basename(path)} {connection or ''}: {len(frames)} {kind} frames", result)
        count += len(frames)
    return count


def main():
    checks = steady.start(needs_node=False)
    shared = sys.argv[2] if len(sys.argv) > 2 else ""
    ran = run_tests_of(checks, os.path.join(steady.HERE, "functions.yaml"))
    for path in sorted(glob.glob(os.path.join(ROOT, "specs", "*.yaml"))):
        ran += run_tests_of(checks, path)
        capture = os.path.join(shared, "captures", CAPTURES.get(os.path.basename(path)[:-5], "none"))
        if os.path.exists(capture):
            steady.judge(checks, f"{os.path.basename(path)} over its capture", steady.run("decode", path, capture))
    with tempfile.TemporaryDirectory(prefix="weir-steady-") as directory:
        ran += sum(run_tests_of(checks, path) for path in specs_of_pages(directory))
    checks.check("frames of all kinds were there", ran > 55, ran)
    steady.finish(checks)


if __name__ == "__main__":
    main()
