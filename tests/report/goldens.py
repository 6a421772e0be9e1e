#!/usr/bin/env python3
"""What each format makes of each journal of tests/report/journals, as files of tests/report/golden. Run as a program it writes them
anew (MESHDRILL names the binary): look at the difference before you commit it."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
JOURNALS = sorted((HERE / "journals").glob("*.jsonl"))
FORMATS = {"text": "txt", "json": "json", "html": "html", "markdown": "md", "junit": "xml", "csv": "csv", "prometheus": "prom",
           "github": "github"}


def without_parts(page):
    """A page without what is the same in all: style, D3, our script and the notices."""
    for begin, end in (("<style>", "</style>"), ("<footer>", "</footer>"), ("\n<script>\n", "</body>")):
        # A run without traffic has no timeline, and so no script.
        if begin not in page:
            continue
        start = page.index(begin) + len(begin)
        page = page[:start] + page[page.index(end, start):]
    return page


def render(journal, name):
    """Of a format: what is printed, and the exit code."""
    done = subprocess.run([os.environ["MESHDRILL"], "report", str(journal), "-o", name], capture_output=True, check=False)
    assert not done.stderr, done.stderr
    text = done.stdout.decode("utf-8")
    return without_parts(text) if name == "html" else text, done.returncode


def golden(journal, name):
    return HERE / "golden" / f"{journal.stem}.{FORMATS[name]}"


if __name__ == "__main__":
    (HERE / "golden").mkdir(exist_ok=True)
    for one in JOURNALS:
        for kind in FORMATS:
            golden(one, kind).write_bytes(render(one, kind)[0].encode("utf-8"))
