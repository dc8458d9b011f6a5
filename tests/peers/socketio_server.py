#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The venue of socketio.js once more, on python3-socketio and aiohttp, with the options and commands that the conformance
set needs: another implementation of the same protocol (Engine.IO 4 without maxPayload)."""

import argparse
import asyncio
import json
import sys

import socketio
from aiohttp import web


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log")
    parser.add_argument("--max-seconds", type=float, default=120)
    parser.add_argument("--transports", default="polling,websocket")
    parser.add_argument("--key", default="k-123")
    parser.add_argument("--secret", default="s-456")
    return parser.parse_args()


class Venue:
    def __init__(self, options):
        self.options = options
        self.opened = 0
        self.wanted = {}
        self.server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", ping_interval=25,
                                           allow_upgrades="websocket" in options.transports)
        self.server.on("connect", self.connect)
        self.server.on("disconnect", self.disconnect)
        self.server.on("subscribe", self.subscribe)
        self.server.on("unsubscribe", self.unsubscribe)

    async def connect(self, sid, _environ, auth):
        self.opened += 1
        auth = auth or {}
        if (auth.get("key"), auth.get("secret")) != (self.options.key, self.options.secret):
            raise socketio.exceptions.ConnectionRefusedError("wrong key or secret")
        self.wanted[sid] = set()

    async def disconnect(self, sid):
        self.wanted.pop(sid, None)

    async def subscribe(self, sid, request):
        self.wanted[sid].update(request.get("trades", []))
        return "subscribed"

    async def unsubscribe(self, sid, request):
        self.wanted[sid].difference_update(request.get("trades", []))

    async def publish(self, request):
        for sid, wanted in list(self.wanted.items()):
            if request["symbol"] not in wanted:
                continue
            for number in range(request["first"], request["first"] + request["count"]):
                await self.server.emit("trade", {"S": request["symbol"], "i": number, "x": "x" * request.get("size", 0)},
                                       to=sid)
        return {}

    async def stats(self, _request):
        return {"opened": self.opened,
                "conns": [{"id": sid, "wanted": sorted(wanted)} for sid, wanted in self.wanted.items()]}

    async def obey(self, line):
        request = json.loads(line)
        known = {"publish": self.publish, "stats": self.stats}
        if request.get("cmd") not in known:
            return {"ok": False, "error": "unknown command"}
        return {"ok": True, "cmd": request["cmd"], **await known[request["cmd"]](request)}


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def main():
    options = parse()
    venue = Venue(options)
    app = web.Application()
    venue.server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port, reuse_address=True)
    await site.start()
    say({"port": site._server.sockets[0].getsockname()[1]})
    asyncio.get_running_loop().call_later(options.max_seconds, sys.exit, 3)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while True:
        line = await lines.readline()
        if not line:
            break
        say(await venue.obey(line))
    sys.exit(0)


if __name__ == "__main__":
    asyncio.run(main())
