# SPDX-License-Identifier: MIT
"""What a user sees of a plugin's calls: secrets that stay secret, failures and slowness by name."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
import claims  # noqa: E402 (the path comes first)
from claims import equal, weir, within, write  # noqa: E402

PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.yaml")
KEY = "sesame-of-tests"
SLOW = """weir: 1
name: acme
plugins:
  - {name: probe, budget: %s}
connections:
  feed:
    url: ws://127.0.0.1:1/
    backend: websocket
    streams: [data]
    converters:
      data:
        - fields: {close: "slow(data['p'])", wrong: {source: fails(), default_value: null}}
"""


def a_credential_is_shown_nowhere():
    done = weir("explain", PROBE, "--connection", "records", "--subscribe", "data=AAA", env={"PROBE_API_KEY": KEY})
    equal(done.code, 0)
    within(done.out, '"op":"login"', '"key":"***"', '"digest":"***"', '"hidden":"***"')
    if KEY in done.out + done.err:
        raise AssertionError("the credential is shown")
    frames = write("frames.jsonl", '{"do":"secret"}\n{"do":"blabs"}\n')
    done = weir("replay", PROBE, frames, "--connection", "expressions", "--stats", env={"PROBE_API_KEY": KEY})
    within(done.err + done.out, "a credential cannot be a record's value",
           "weir: warning: plugin 'probe': the key is ***\n", "'blabs' failed: the key is ***",
           "PluginError: expression function 'blabs' of plugin 'probe': the key is ***")
    if KEY in done.out + done.err:
        raise AssertionError("the credential is shown")


def a_login_without_its_credential_says_so():
    done = weir("explain", PROBE, "--connection", "records", env={"PROBE_API_KEY": ""})
    within(done.out + done.err, "payload builder 'login' of plugin 'probe': no api_key is given")


def calls_failures_and_slowness_are_counted_and_told_once():
    frames = write("frames.jsonl", '{"p":1}\n{"p":2}\n{"p":3}\n')
    done = weir("replay", write("acme.yaml", SLOW % "1ms"), frames, "--stats")
    equal([record["close"] for record in done.records()], [1, 2, 3])
    within(done.err, "plugin 'probe': expression function 'slow' took ", "its budget is 1.000 ms (1 of 1 calls so far)",
           "plugin 'probe': expression function 'fails' failed: as it was told to (1 of 1 calls so far)",
           "  probe, expression function slow: 3 calls, 0 failed, 3 over the budget; ",
           "  probe, expression function fails: 3 calls, 3 failed, 0 over the budget; ")
    equal(done.err.count("took "), 1, "warnings")
    equal(done.err.count("as it was told to"), 1, "warnings")


def a_larger_budget_is_kept():
    frames = write("frames.jsonl", '{"p":1}\n')
    done = weir("replay", write("acme.yaml", SLOW % "30s"), frames, "--stats")
    within(done.err, "  probe, expression function slow: 1 calls, 0 failed, 0 over the budget; ")
    equal(done.err.count("took "), 0)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
