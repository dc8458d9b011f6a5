# SPDX-License-Identifier: MIT
"""The fenced blocks of the pages. A block knows its page, line, tag (what stands behind the fence), text, and the
comment `<!-- ... -->` on the line in front of it, if there is one."""

import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FENCE = re.compile(r"^(?:<!-- ([^\n]*?) -->\n)?```([^\n]*)\n(.*?)^```$", re.M | re.S)


class Block:
    def __init__(self, page, text, match):
        self.page = os.path.relpath(page, ROOT)
        self.line = text.count("\n", 0, match.start(2)) + 1
        self.note, self.tag, self.text = match.group(1) or "", match.group(2).strip(), match.group(3)

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages():
    return [os.path.join(ROOT, "README.md")] + sorted(glob.glob(ROOT + "/docs/**/*.md", recursive=True))


def blocks():
    for page in pages():
        with open(page, encoding="utf-8") as file:
            text = file.read()
        for match in FENCE.finditer(text):
            yield Block(page, text, match)
