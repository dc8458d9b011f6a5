# SPDX-License-Identifier: MIT
"""The tables of docs/performance.md: what the benches print stands there between `<!-- bench: NAME -->` and
`<!-- end -->`, as a block of text. A bench that was asked to write puts its own there; bench/chart.py draws them."""
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parent.parent / 'docs' / 'performance.md'


def marked(name):
    return re.compile(r'(<!-- bench: ' + re.escape(name) + r' -->\n\n```text\n)(.*?)(```\n\n<!-- end -->)', re.S)


def read(name):
    """The lines of a table."""
    found = marked(name).search(PAGE.read_text(encoding='utf-8'))
    if not found:
        raise SystemExit(f'{PAGE}: there is no table "{name}"')
    return found.group(2).splitlines()


def write(name, text):
    page = PAGE.read_text(encoding='utf-8')
    changed, count = marked(name).subn(lambda m: m.group(1) + text.strip('\n') + '\n' + m.group(3), page)
    if count != 1:
        raise SystemExit(f'{PAGE}: there is no table "{name}"')
    PAGE.write_text(changed, encoding='utf-8')


class Report:
    """Prints tables as they come, and keeps the page in step if it was asked to."""

    def __init__(self, writes):
        self.writes = writes

    def table(self, name, text):
        print('\n' + text.strip('\n'), flush=True)
        if self.writes:
            write(name, text)
