# SPDX-License-Identifier: MIT
"""plugins/mqtt_topics against mosquitto: the topics that the function gives are subscribed, with their quality of service,
and subscribed again after the broker was killed and started."""
import os
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "cli"), os.path.join(ROOT, "tests", "peers")]
import claims  # noqa: E402 (the path comes first)
import mosquitto  # noqa: E402
from claims import SKIPPED, equal, start, within  # noqa: E402

SPEC = ROOT + "/plugins/mqtt_topics/mqtt_topics.yaml"


def topics_that_code_gives_are_subscribed_and_again_after_a_break():
    server = mosquitto.Mosquitto(os.getcwd())
    server.start()
    process = start("run", SPEC, "--set", "vars.url=mqtt://127.0.0.1:%d" % server.port, "--subscribe", "quote=AAA,BBB")
    said = []
    reader = threading.Thread(target=lambda: said.extend(line.decode() for line in process.stderr), daemon=True)
    reader.start()

    def heard(text, count=1, seconds=30):
        deadline = time.monotonic() + seconds
        while "".join(said).count(text) < count:
            if time.monotonic() > deadline:
                raise AssertionError("%r is not in %r" % (text, "".join(said)[-2000:]))
            time.sleep(0.05)

    try:
        heard("live: ready")
        time.sleep(0.5)
        server.publish("market/quotes/BBB", b'{"b":1,"a":2}')
        server.publish("market/quotes/CCC", b'{"b":0,"a":0}')
        line = process.stdout.readline()
        within(line.decode(), '"asset":"BBB"', '"bid":1')
        server.kill()
        server.start()
        heard("live: ready", 2)
        time.sleep(0.5)
        server.publish("market/quotes/AAA", b'{"b":3,"a":4}')
        lines = iter(process.stdout.readline, b"")
        within(next(line.decode() for line in lines if b'"gap"' not in line), '"asset":"AAA"', '"bid":3')
        process.send_signal(signal.SIGINT)
        equal(process.wait(30), 0)
    finally:
        process.kill()
        server.stop()
    with open(server.log_path, encoding="utf-8") as log:
        text = log.read()
    within(text, "market/quotes/AAA (QoS 1)", "market/quotes/BBB (QoS 1)")


if __name__ == "__main__":
    if not mosquitto.available():
        print("SKIPPED: mosquitto or python3-paho-mqtt is absent")
        sys.exit(SKIPPED)
    claims.main(globals(), __doc__)
