#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""by_python PORT PATH CA WAY: the client of Python's `websockets`, as its documentation uses it; the ways of tally.h."""
import asyncio
import hashlib
import json
import ssl
import struct
import sys
import time

import websockets

KEY, BASE, DIGITS = '"sent":', 10**18, 19


async def main(port, path, ca, way):
    context = None if ca == '-' else ssl.create_default_context(cafile=ca)
    url = f'{"ws" if ca == "-" else "wss"}://127.0.0.1:{port}{path}'
    frames = size = at = 0
    sha, samples = hashlib.sha256(), []
    async with websockets.connect(url, ssl=context, compression=None, ping_interval=None, max_size=None) as socket:
        wall, cpu = time.monotonic_ns(), time.process_time_ns()
        async for message in socket:
            frames += 1
            size += len(message)
            if way == 'latency':
                at = at or message.index(KEY) + len(KEY)
                samples.append(time.monotonic_ns() - int(message[at:at + DIGITS]) + BASE)
            elif way == 'digest':
                encoded = message.encode()
                sha.update(encoded + struct.pack('<I', len(encoded)))
        found = {'frames': frames, 'bytes': size, 'cpu_ns': time.process_time_ns() - cpu,
                 'wall_ns': time.monotonic_ns() - wall}
    if way == 'digest':
        found['digest'] = sha.hexdigest()
    if samples:
        samples.sort()
        for name, q in (('p50', 0.5), ('p99', 0.99), ('p999', 0.999)):
            found[name] = samples[int(q * (len(samples) - 1))]
    print(json.dumps(found))


asyncio.run(main(*sys.argv[1:5]))
