#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chart [--write]: docs/charts/*.svg, drawn from the tables of docs/performance.md and from nothing else. Says which
differ from what the page says, or with --write draws them.

Two kinds: a row for each line of a table with a dot for each column, on a logarithmic axis; and lines that grow.
"""
import math
import pathlib
import re
import sys

import page

CHARTS = page.PAGE.parent / 'charts'
OURS = {'weir': '#d62728', 'backend': '#ff7f0e', 'epoll': '#333333'}  # the same in every chart
COLOURS = ['#7f7f7f', '#1f77b4', '#17becf', '#2ca02c', '#9467bd', '#8c564b', '#bcbd22', '#e377c2']
WIDTH, LEFT, RIGHT, TOP, ROW = 860, 240, 30, 64, 22
INK, GRID = '#333333', '#dddddd'


def cells(line):
    return re.split(r'\s{2,}', line.strip())


def value(cell):
    """A number of a table, None where there is none."""
    text = cell.replace(',', '')
    return float(text) if re.fullmatch(r'[0-9.]+', text) else None


def table(name, skip=0):
    """(columns, [(name of the row, values)]); `skip` columns behind the name are no measurements. A heading that holds
    a slash is a ratio of others."""
    head, *rows = page.read(name)
    columns = [c for c in cells(head)[1 + skip:] if '/' not in c and not c.startswith('vs ')]
    found = []
    for row in rows:
        title, *rest = cells(row)
        found.append((title, [value(c) for c in rest[skip:skip + len(columns)]]))
    return columns, found


# ---------------------------------------------------------------------------------------- drawing

def text(x, y, words, anchor='start', size=12, colour=INK):
    words = words.replace('&', '&amp;').replace('<', '&lt;')
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def line(x1, y1, x2, y2, colour=GRID, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def dot(x, y, colour):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" fill-opacity="0.85"/>'


def drawing(width, height, parts):
    return '\n'.join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
                      f'<rect width="{width}" height="{height}" fill="white"/>', *parts, '</svg>', ''])


def powers(low, high):
    """The powers of ten around a range."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10 ** i for i in range(first, max(last, first + 1) + 1)]


def short(number):
    for limit, unit in ((1e6, 'M'), (1e3, 'k')):
        if number >= limit:
            return f'{number / limit:g}{unit}'
    return f'{number:g}'


def colours(columns):
    return [OURS.get(name, colour) for name, colour in zip(columns, COLOURS)]


def legend(columns, y):
    x = LEFT
    for name, colour in zip(columns, colours(columns)):
        yield dot(x, y - 4, colour)
        yield text(x + 9, y, name)
        x += 26 + 7 * len(name)


def dots(title, columns, rows):
    """A row for each line of a table."""
    values = [v for _, row in rows for v in row if v]
    marks = powers(min(values), max(values))
    span, bottom = WIDTH - LEFT - RIGHT, TOP + ROW * len(rows)

    def across(v):
        return LEFT + span * math.log10(v / marks[0]) / math.log10(marks[-1] / marks[0])

    parts = [text(LEFT, 22, title, size=14), *legend(columns, 44)]
    for mark in marks:
        parts += [line(across(mark), TOP - 8, across(mark), bottom),
                  text(across(mark), bottom + 16, short(mark), 'middle', 11)]
    for i, (name, row) in enumerate(rows):
        y = TOP + ROW * i + 8
        parts += [line(LEFT, y, WIDTH - RIGHT, y), text(LEFT - 12, y + 4, name, 'end')]
        shown = [(across(v), colour) for v, colour in zip(row, colours(columns)) if v]
        parts += [dot(x, y, colour) for x, colour in reversed(shown)]
    return drawing(WIDTH, bottom + 28, parts)


def curve(x, title, points, size):
    """One small picture of ns per record over what grows."""
    colour = OURS['weir']
    y, width, height = 40, size - 62, 150
    left, bottom = x + 44, y + height
    xs, ys = powers(points[0][0], points[-1][0]), powers(min(p[1] for p in points), max(p[1] for p in points))

    def place(p):
        return (left + width * math.log10(p[0] / xs[0]) / math.log10(xs[-1] / xs[0]),
                bottom - height * math.log10(p[1] / ys[0]) / math.log10(ys[-1] / ys[0]))

    yield text(left, y - 14, title, size=13)
    for mark in ys:
        at = place((xs[0], mark))[1]
        yield line(left, at, left + width, at)
        yield text(left - 6, at + 4, short(mark), 'end', 11)
    for mark in xs:
        at = place((mark, ys[0]))[0]
        yield line(at, y, at, bottom)
        yield text(at, bottom + 16, short(mark), 'middle', 11)
    path = ' '.join('{:.1f},{:.1f}'.format(*place(p)) for p in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (dot(*place(p), colour) for p in points)


def curves(name):
    """The tables of one block, each with a heading of what grows."""
    groups, size = [], WIDTH // 3
    for row in page.read(name):
        first, *rest = row.split()
        if value(first) is None:
            groups.append((f'ns per record over {first}', []))
        else:
            groups[-1][1].append((value(first), value(rest[0])))
    parts = [part for i, (title, points) in enumerate(groups) for part in curve(i * size, title, points, size)]
    return drawing(WIDTH, 220, parts)


def charts():
    yield 'plan.svg', dots('CPU ns per record, frames in memory to records', *table('plan', skip=1))
    yield 'scaling.svg', curves('scaling')
    yield 'wire.svg', dots('CPU ns per frame, socket to callback', *table('wire'))
    yield 'latency.svg', dots('microseconds from send to callback, 50,000 messages a second', *table('latency'))


def main(writes):
    wrong = []
    CHARTS.mkdir(exist_ok=True)
    for name, drawn in charts():
        path = CHARTS / name
        if path.exists() and path.read_text(encoding='utf-8') == drawn:
            continue
        if writes:
            path.write_text(drawn, encoding='utf-8')
            print(f'chart: {path.relative_to(page.PAGE.parent.parent)} drawn')
        else:
            wrong.append(name)
    if wrong:
        sys.exit(f"chart: error: {', '.join(wrong)} in docs/charts: not what docs/performance.md says; run 'make docs'")


if __name__ == '__main__':
    main('--write' in sys.argv[1:])
