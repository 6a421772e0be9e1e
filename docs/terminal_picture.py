#!/usr/bin/env python3
"""Draws terminal output, read from standard input, as an SVG. With FIRST, from the last line that has it; with END, before the next
line that has that. How docs/demo.svg was made:

    script -qec "./dev demo" /dev/null | docs/terminal_picture.py PASS "What was expected" >docs/demo.svg

ANSI colours are kept; everything is text, so the picture can be searched and scales.
"""
import html
import re
import sys

COLOURS = {"31": "#ff6b6b", "32": "#69db7c", "33": "#ffd43b"}
ESCAPE = re.compile(r"\033\[([0-9;]*)([A-Za-z])")
WIDTH, HEIGHT, MARGIN, CHARACTER = 8.43, 18, 16, 14  # of a monospace character, in pixels


def spans(line: str) -> str:
    """The line as SVG text, its colours as tspans."""
    result, at, colour = "", 0, None
    for match in [*ESCAPE.finditer(line), None]:
        piece = html.escape(line[at:match.start() if match else len(line)])
        result += f'<tspan fill="{colour}" font-weight="bold">{piece}</tspan>' if colour and piece else piece
        if match:
            at = match.end()
            codes = match[1].split(";")
            colour = next((COLOURS[code] for code in codes if code in COLOURS), None)
    return result


def main() -> None:
    # What was shown for a moment and wiped is gone from a terminal too.
    lines = [line.rstrip().split("\r")[-1] for line in sys.stdin.read().rstrip("\n").split("\n")]
    first, end, *_ = [*sys.argv[1:], None, None]
    if first:
        lines = lines[max(i for i, line in enumerate(lines) if first in line):]
    if end:
        lines = lines[:next(i for i, line in enumerate(lines) if end in line)]
    while lines and not lines[-1]:
        lines.pop()
    columns = max(len(ESCAPE.sub("", line)) for line in lines)
    width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
          f'viewBox="0 0 {width:.0f} {height}">')
    print(f'<rect width="100%" height="100%" rx="8" fill="#1e1e2e"/>')
    print(f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{CHARACTER}" fill="#dcdce4">')
    for number, line in enumerate(lines):
        if line:
            y = MARGIN + (number + 0.75) * HEIGHT
            print(f'<text x="{MARGIN}" y="{y:.0f}" xml:space="preserve">{spans(line)}</text>')
    print("</g>\n</svg>")


if __name__ == "__main__":
    main()
