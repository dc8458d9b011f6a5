#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What of the set of conformance.py there is for the replay backend: nobody is connected to, so it is order, and a slow reader. The
peer is a pipe that stays open."""

import json
import os
import queue
import threading

import conformance


class Pipe(conformance.Peer):
    name = "replay"
    tells_subscriptions = False

    def start(self):
        self.path = os.path.join(self.directory, "pipe")
        os.mkfifo(self.path)
        self.lines = queue.Queue()
        threading.Thread(target=self._write, args=(os.open(self.path, os.O_RDWR), self.lines), daemon=True).start()

    @staticmethod
    def _write(writer, lines):
        """A pipe holds little: whoever publishes does not wait for its reader."""
        while (text := lines.get()) is not None:
            while text:
                text = text[os.write(writer, text):]
        os.close(writer)

    def stop(self):
        self.lines.put(None)

    def url(self, port):
        return self.path

    def connection(self):
        return {"backend": {"type": "replay"},
                "subscribe": {"subscribe": {"trades": {"json": {"fields": {"s": "[a.symbol for a in subscribe_assets]"}}}}}}

    def publish(self, first, count, symbol="AAPL", size=0):
        self.lines.put(b"".join(json.dumps({"S": symbol, "i": number, "x": "x" * size}).encode() + b"\n"
                                for number in range(first, first + count)))


if __name__ == "__main__":
    conformance.main([Pipe], needs=lambda: True, tests=(conformance.keeps_order, conformance.waits_for_its_reader))
