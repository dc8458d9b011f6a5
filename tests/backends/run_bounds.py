#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A hostile server against small limits: the link ends as it should, and the process never had more memory than the
options allow. What a process has at most is its peak of resident memory, compared with that of a harmless case."""

import client

MIB = 1 << 20
MAX_MESSAGE, MAX_QUEUE = 2 * MIB, 1 * MIB
# A message as it came and as it inflates, each with what doubling a buffer leaves unused; the queue likewise; the reading
# block, and what the allocator keeps.
ALLOWED = 4 * MAX_MESSAGE + 2 * MAX_QUEUE + 2 * MIB
OPTIONS = (f"max_message={MAX_MESSAGE}", f"max_queue={MAX_QUEUE}", "upgrade_timeout=3s")
# Case of the hostile server -> codes that its end may have.
CASES = {
    "pmd_bomb": ("limit",),                 # 300 MiB out of 300 KiB
    "pmd_bomb_fragmented": ("limit",),
    "pmd_8_mib": ("limit",),
    "pmd_ratio_100": ("ok", "limit"),
    "fragments_over_limit": ("limit",),     # 65 MiB, a fragment after the other
    "length_1_tib": ("limit",),
    "length_max_int64": ("limit",),
    "message_16_mib": ("limit",),
    "message_16_mib_fragmented": ("limit",),
    "empty_fragments_flood": ("ok", "limit"),
    "tiny_fragments_flood": ("ok", "limit"),
    "ping_flood": ("ok",),
    "ping_flood_unread": ("ok", "limit"),   # pongs that nobody reads
    "pong_flood": ("ok",),
    "empty_messages_flood": ("ok",),
    "garbage_after_close": ("ok",),
}


def peak(program, url):
    """(code of the end, peak of resident memory in bytes); the code is None without a proper end."""
    options = [word for option in OPTIONS for word in ("--option", option)]
    outcome = client.run(program, url, "--quiet", "--max-ms", 40000, *options)
    if not outcome.is_sound():
        return None, 0
    return outcome.down["code"], outcome.down["peak_kib"] * 1024


def main():
    program = client.start()
    checks = client.Checks()
    with client.peers.Hostile("--hold-ms", 10000) as hostile:
        by_name = {case["name"]: case for case in hostile.cases}
        url = lambda case: f"ws://127.0.0.1:{case['port']}{case['path']}"  # noqa: E731
        _, ordinary = peak(program, url(by_name["text_plain"]))
        checks.check("the peak is known", ordinary > 0, ordinary)
        endless = {name: case["expect"]["codes"] for name, case in by_name.items() if "endless" in name}
        checks.check("there are endless replies", len(endless) >= 1, sorted(by_name))
        for name, codes in {**CASES, **endless}.items():
            code, memory = peak(program, url(by_name[name]))
            checks.check(f"{name}: ends by its limit", code in codes, f"{code}, wanted {codes}")
            checks.check(f"{name}: within its memory", memory <= ordinary + ALLOWED,
                         f"{memory} bytes, {ordinary} in an ordinary case, {ALLOWED} more allowed")
            print(f"{name}: {code}, {max(memory - ordinary, 0) // 1024} KiB more than an ordinary case")
    checks.finish()


if __name__ == "__main__":
    main()
