"""What the documentation says is so: generated pages are what the binary generates, links lead somewhere, tests that are named
exist, and commands that are shown are commands that there are."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from harness import MESHDRILL, run

SOURCE = Path(os.environ["MESHDRILL_SOURCE_DIR"])
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]


def anchors(page):
    """The fragments of a page's headings, as GitHub makes them."""
    for heading in re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8")):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Docs(unittest.TestCase):
    def test_generated_pages_are_up_to_date(self):
        done = subprocess.run([sys.executable, SOURCE / "docs/update.py", "--check"], capture_output=True, text=True, check=False,
                              env=dict(os.environ, MESHDRILL=MESHDRILL))
        self.assertEqual(done.returncode, 0, f"./dev docs writes them again:\n{done.stdout[:5000]}{done.stderr}")

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, fragment = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                with self.subTest(f"{page.relative_to(SOURCE)}: {target}"):
                    self.assertTrue(file.exists())
                    if fragment:
                        self.assertIn(fragment, list(anchors(file)))

    def test_the_tests_that_safety_names_exist(self):
        text = (SOURCE / "docs/safety.md").read_text(encoding="utf-8")
        sources = {file: file.read_text(encoding="utf-8") for file in sorted((SOURCE / "tests").rglob("*_test.*"))}
        everything = "\n".join(sources.values())
        # In the last column of the tables that end in "test": `Class`, `Class.test_name`, `file_test.py: Class`, `tests/FILE`.
        named = set()
        in_table = False
        for line in text.splitlines():
            cells = line.strip().strip("|").split("|")
            if not line.startswith("|"):
                in_table = False
            elif cells[-1].strip() == "test":
                in_table = True
            elif in_table:
                named |= set(re.findall(r"`([^`]+)`", cells[-1]))
        self.assertGreater(len(named), 5)
        for name in sorted(named):
            with self.subTest(name):
                file, _, inside = name.partition(": ") if "_test." in name else ("", "", name)
                if file:
                    self.assertTrue([known for known in sources if str(known).endswith("/" + file)], "no such file")
                for part in filter(None, inside.split(".")):
                    self.assertRegex(everything, rf"(class|def) {re.escape(part)}\b")

    def test_the_commands_that_are_shown_exist(self):
        seen = 0
        known = {}
        for page in PAGES:
            for block in re.findall(r"(?ms)^```\w*\n(.*?)^```", page.read_text(encoding="utf-8")):
                for line in block.splitlines():
                    words = re.match(r"\s*(?:\$ )?(?:kubectl )?meshdrill ((?:[a-z]+ ?)+)?(.*)", line)
                    if not words or not words[1]:
                        continue
                    verb = words[1].split()[0]
                    options = re.findall(r"(?<=\s)(--[a-z][a-z-]*)", " " + words[2].split("#")[0])
                    with self.subTest(f"{page.relative_to(SOURCE)}: {line.strip()}"):
                        if verb not in known:
                            helped = run(verb, "--help")
                            self.assertEqual(helped.returncode, 0, helped.stderr)
                            known[verb] = helped.stdout + "".join(
                                run(verb, inner, "--help").stdout for inner in re.findall(r"(?m)^  ([a-z]+) {2,}", helped.stdout))
                        seen += 1
                        for option in options:
                            self.assertIn(option, known[verb])
        self.assertGreater(seen, 20)


if __name__ == "__main__":
    unittest.main()
