"""Reports of journals that are checked in: golden files, JUnit as its readers want it, the page in a browser, command lines of
docs/ci.md, and the comparison of two drills."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
from browser import CHROMIUM, Browser
from harness import KUBECTL, MESHDRILL, Lab, run

ROOT = Path(os.environ["MESHDRILL_SOURCE_DIR"])
sys.path.insert(0, str(ROOT / "tests/report"))
import goldens  # noqa: E402

EXIT_CODES = {"passed": 0, "failed": 1, "inconclusive": 6, "aborted": 4, "refused": 3, "warned": 0}


def report(journal):
    done = run("report", journal, "-o", "json")
    return json.loads(done.stdout)


class TemporaryFolder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-report-"))
        self.addCleanup(shutil.rmtree, self.folder)


class Golden(TemporaryFolder):
    def test_there_is_a_journal_of_each_end(self):
        self.assertEqual({journal.stem for journal in goldens.JOURNALS}, set(EXIT_CODES))

    def test_old_journals_are_among_them(self):
        """Those of before a target had `changes`: what they render to is in the golden files as well."""
        def target(name):
            lines = (goldens.HERE / f"journals/{name}.jsonl").read_text(encoding="utf-8").splitlines()
            return next(entry for entry in map(json.loads, lines) if entry["event"] == "target")

        for name in ("passed", "failed", "inconclusive", "aborted"):
            self.assertIn("workloads", target(name))
            self.assertNotIn("changes", target(name))
            text, _ = goldens.render(goldens.HERE / f"journals/{name}.jsonl", "text")
            self.assertIn("lab-001: deployment default/api-service to 2 replicas, verified", text)
        self.assertIn("changes", target("warned"))

    def test_every_format_of_every_journal(self):
        for journal in goldens.JOURNALS:
            for name in goldens.FORMATS:
                with self.subTest(journal=journal.stem, format=name):
                    text, code = goldens.render(journal, name)
                    self.assertEqual(code, EXIT_CODES[journal.stem])
                    expected = goldens.golden(journal, name).read_bytes().decode("utf-8")
                    self.assertEqual(text, expected, "run tests/report/goldens.py if this is meant")

    def test_json_obeys_its_schema(self):
        schema = json.loads((ROOT / "docs/reference/drill-report.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        for journal in goldens.JOURNALS:
            validator.validate(report(journal))

    def test_junit_obeys_its_schema(self):
        """The rules that GitLab, GitHub's actions and Jenkins have in common."""
        for journal in goldens.JOURNALS:
            with self.subTest(journal=journal.stem):
                text, _ = goldens.render(journal, "junit")
                root = ElementTree.fromstring(text.encode("utf-8"))
                self.assertEqual(root.tag, "testsuites")
                names = []
                totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
                for suite in root:
                    self.assertEqual(suite.tag, "testsuite")
                    for attribute in ("name", "tests", "failures", "errors", "skipped", "time", "timestamp"):
                        self.assertIn(attribute, suite.attrib)
                    self.assertLessEqual({child.tag for child in suite}, {"properties", "testcase", "system-out"})
                    cases = suite.findall("testcase")
                    found = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
                             "errors": len(suite.findall("testcase/error")), "skipped": len(suite.findall("testcase/skipped"))}
                    for key, count in found.items():
                        self.assertEqual(int(suite.get(key)), count, f"{suite.get('name')} {key}")
                        totals[key] += count
                    for case in cases:
                        self.assertRegex(case.get("name"), r"^[^/]+/[^/]+/[^/]+$")
                        self.assertTrue(case.get("classname"))
                        float(case.get("time"))
                        names.append(case.get("name"))
                self.assertEqual(len(names), len(set(names)))
                for key, count in totals.items():
                    self.assertEqual(int(root.get(key)), count)
                self.assertEqual(totals["failures"] + totals["errors"] == 0, EXIT_CODES[journal.stem] == 0)

    def test_files_beside_what_is_printed(self):
        journal = goldens.HERE / "journals/failed.jsonl"
        files = {name: self.folder / f"file.{end}" for name, end in goldens.FORMATS.items() if name != "github"}
        summary = self.folder / "summary.md"
        summary.write_text("from an earlier command\n", encoding="utf-8")
        done = run("report", journal, "--summary", summary, "--comment", self.folder / "comment.md", "--annotations",
                   *(part for name, path in files.items() for part in (f"--{name}", path)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(done.stdout.startswith("FAIL  failed"), done.stdout)
        self.assertIn("\n::error file=drill.yaml", done.stdout)
        for name, path in files.items():
            text = path.read_bytes().decode("utf-8")
            text = goldens.without_parts(text) if name == "html" else text
            self.assertEqual(text, goldens.render(journal, name)[0])
        self.assertRegex(summary.read_text(encoding="utf-8"), r"^from an earlier command\n\n## ❌ FAIL")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         sorted([path.name for path in files.values()] + ["summary.md", "comment.md"]))

    def test_what_cannot_be_written_or_read_is_said(self):
        journal = goldens.HERE / "journals/passed.jsonl"
        nowhere = run("report", journal, "--junit", self.folder / "no/such/file.xml")
        self.assertEqual((nowhere.returncode, nowhere.stdout), (2, ""))
        self.assertIn("--junit", nowhere.stderr)
        self.assertIn("there is no folder", nowhere.stderr)
        self.assertEqual(run("report", self.folder / "missing.jsonl").returncode, 2)
        self.assertEqual(run("report", journal, "-o", "pdf").returncode, 2)
        # A drill is not begun when its report would be lost.
        drill = run("drill", "run", self.folder / "missing.yaml", "--html", self.folder / "no/page.html")
        self.assertEqual(drill.returncode, 2)
        self.assertIn("--html", drill.stderr)
        full = self.folder / "summary.md"
        full.write_text("x" * (1 << 20), encoding="utf-8")
        summary = run("report", journal, "--summary", full)
        self.assertEqual(summary.returncode, 2)
        self.assertIn("would make GitHub drop it all", summary.stderr)
        self.assertEqual(full.stat().st_size, 1 << 20)

    def test_a_journal_that_was_cut_short_still_renders(self):
        lines = (goldens.HERE / "journals/passed.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        cut = self.folder / "cut.jsonl"
        cut.write_text("".join(lines[:len(lines) // 2]) + lines[-2][:20], encoding="utf-8")
        for name in goldens.FORMATS:
            done = run("report", cut, "-o", name)
            self.assertIn(done.returncode, (5, 6), done.stderr)
            self.assertTrue(done.stdout)


class Compare(unittest.TestCase):
    def test_two_drills(self):
        folder = goldens.HERE / "journals"
        same = run("report", "--compare", folder / "passed.jsonl", folder / "passed.jsonl")
        self.assertEqual(same.returncode, 0, same.stderr)
        self.assertIn("passed: no difference shown", same.stdout)
        worse = run("report", "--compare", folder / "passed.jsonl", folder / "failed.jsonl", "-o", "json")
        self.assertEqual(worse.returncode, 1, worse.stderr)
        self.assertEqual(json.loads(worse.stdout)["verdict"], "worse")
        changes = json.loads(worse.stdout)["changes"]
        self.assertTrue(any(change["topic"] == "outage" and change["judgement"] == "worse" for change in changes), changes)
        # Of this one nothing that is measured says so.
        silent = run("report", "--compare", folder / "passed.jsonl", folder / "refused.jsonl")
        self.assertEqual(silent.returncode, 1, silent.stderr)
        self.assertIn("refused: 1 worse, 0 better, 0 different", silent.stdout)
        markdown = run("report", "--compare", folder / "failed.jsonl", folder / "passed.jsonl", "-o", "markdown")
        self.assertEqual(markdown.returncode, 0, markdown.stderr)
        self.assertIn("| **better** |", markdown.stdout)

    def test_wrong_usage(self):
        journal = goldens.HERE / "journals/passed.jsonl"
        for arguments in (["--compare", journal], [journal, journal], ["--compare", journal, journal, "-o", "html"],
                          ["--compare", journal, journal, "--html", "x.html"]):
            self.assertEqual(run("report", *arguments).returncode, 2, arguments)


@unittest.skipUnless(CHROMIUM, "there is no Chromium (./dev setup installs chromium-headless-shell)")
class Page(TemporaryFolder):
    """The page in a headless Chromium that has no network."""

    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def open(self, journal, **options):
        page = self.folder / "page.html"
        run("report", journal, "--html", page)
        self.browser.open(page, **options)
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requests(), [f"file://{page}"])

    def data(self):
        return json.loads(self.browser.evaluate("JSON.stringify(document.body.dataset)"))

    def all(self, selector):
        """The data attributes of each element."""
        return json.loads(self.browser.evaluate(
            f"JSON.stringify([...document.querySelectorAll({json.dumps(selector)})].map(e => Object.assign({{}}, e.dataset)))"))

    def test_axis_phases_and_totals_are_the_journals(self):
        for journal in goldens.JOURNALS:
            if journal.stem == "refused":
                continue
            for dark in (False, True):
                with self.subTest(journal=journal.stem, dark=dark):
                    self.open(journal, dark=dark)
                    self.check(report(journal), journal)

    def check(self, expected, journal):
        last = json.loads(journal.read_text(encoding="utf-8").splitlines()[-1])["at"]
        axis = self.all("#chart svg.timeline")[0]
        self.assertEqual(float(axis["from"]), 0)
        self.assertAlmostEqual(float(axis["to"]), last / 1e6, delta=0.2)
        phases = [(p["phase"], int(p["from"]), int(p["to"])) for p in self.all("#chart .phase")]
        self.assertEqual(phases, [(p["phase"], p["from"], p["to"]) for p in expected["phases"]])
        marks = {mark["mark"]: int(mark["at"]) for mark in self.all("#chart .mark")}
        self.assertEqual(marks.get("fault"), expected["proofs"]["faultAcknowledged"])
        self.assertEqual(marks.get("restore"), expected["proofs"]["restoreAcknowledged"])
        self.assertEqual(len(self.browser.evaluate("[...document.querySelectorAll('#chart .outage')].map(e => 1)")),
                         len(expected["outages"]))
        # Every sample of the journal is in the picture.
        samples = [sample for line in journal.read_text(encoding="utf-8").splitlines()
                   for sample in json.loads(line).get("samples", [])]
        answers = {}
        for sample in samples:
            if sample[5] == "ok":
                answers[sample[10]] = answers.get(sample[10], 0) + 1
        drawn = self.data()
        clusters = [layer["cluster"] for layer in self.all("#chart .area")]
        self.assertEqual({name: count for name, count in zip(clusters, json.loads(drawn["answers"])) if count}, answers)
        unsent = sum(1 for sample in samples if sample[5] in ("not_sent", "cancelled"))
        self.assertEqual(int(drawn["unsent"]), unsent)
        self.assertEqual(int(drawn["failed"]), len(samples) - unsent - sum(answers.values()))

    def test_numbers_where_the_pointer_is(self):
        self.open(goldens.HERE / "journals/passed.jsonl")
        box = self.browser.evaluate("(r => [r.left, r.top, r.width, r.height])(document.querySelector('#chart svg')"
                                    ".getBoundingClientRect())")
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + box[2] / 2, y=box[1] + box[3] / 2)
        tip = self.browser.evaluate("document.getElementById('tip').textContent")
        self.assertRegex(tip, r"lab-001  \d+\nlab-002  \d+\nfailed  \d+")
        # And with the keyboard.
        self.browser.evaluate("document.querySelector('#chart svg').focus()")
        self.browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight")
        self.assertNotEqual(self.browser.evaluate("document.getElementById('tip').textContent"), tip)

    def test_a_hostile_journal_runs_nothing(self):
        lines = (goldens.HERE / "journals/failed.jsonl").read_text(encoding="utf-8").splitlines()
        hostile = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u0001\u2028"
        entries = [json.loads(line) for line in lines]
        for entry in entries:
            for key in ("message", "host", "run", "url", "mesh"):
                if key in entry:
                    entry[key] = hostile
            for cluster in entry.get("clusters", []):
                cluster["context"] = hostile
            for sample in entry.get("samples", []):
                sample[13] = hostile
        path = self.folder / "hostile.jsonl"
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
        self.open(path)
        self.assertNotIn("owned", self.browser.evaluate("document.title"))
        self.assertEqual(self.browser.evaluate("document.images.length"), 0)
        ElementTree.fromstring(run("report", path, "-o", "junit").stdout)


@unittest.skipUnless(KUBECTL, "there is no kubectl")
class ContinuousIntegration(TemporaryFolder):
    def test_the_command_lines_of_the_guide(self):
        """As docs/ci.md has them, in a folder as it describes, on a lab in the place of the mesh."""
        blocks = re.findall(r"^```(?:yaml|sh)\n(.*?)^```$", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.M | re.S)
        commands = [command for block in blocks
                    for command in re.findall(r"^ *(?:- |run: |exec )?(meshdrill (?:[^\n]*\\\n)*[^\n]*)$", block, re.M)]
        self.assertGreaterEqual(len(commands), 6)
        lab = Lab(arguments=["-f", str(ROOT / "scenarios/meshes/cern.yaml")], clusters=None)
        self.addCleanup(lab.stop)
        lab.wait_ready(["cilium-001", "cilium-002"])
        (self.folder / "scenarios/meshes").mkdir(parents=True)
        shutil.copy(lab.mesh_file, self.folder / "scenarios/meshes/cern.yaml")
        smoke = (ROOT / "scenarios/smoke.yaml").read_text(encoding="utf-8")
        smoke = smoke.replace("traffic: {", f'traffic: {{dnsServers: ["{lab.dns_server}"], ')
        # Shorter, and with room for the hiccups of a busy machine.
        smoke = smoke.replace("baseline: 30s", "baseline: 15s").replace("errors: <= 0.1%", "errors: <= 2%")
        (self.folder / "scenarios/smoke.yaml").write_text(smoke, encoding="utf-8")
        environment = dict(os.environ, KUBECONFIG=str(lab.kubeconfig), GITHUB_STEP_SUMMARY=str(self.folder / "summary.md"),
                           PATH=f"{Path(MESHDRILL).parent}:{os.environ['PATH']}")
        for command in commands:
            with self.subTest(command=command):
                done = subprocess.run(["sh", "-ec", command], cwd=self.folder, env=environment, capture_output=True, text=True,
                                      timeout=300, check=False)
                # Two runs on a busy machine may well differ in latency.
                self.assertIn(done.returncode, (0, 1) if "--compare" in command else (0,), done.stdout + done.stderr)
        self.assertIn("PASS", (self.folder / "summary.md").read_text(encoding="utf-8"))
        self.assertEqual(ElementTree.parse(self.folder / "junit.xml").getroot().get("failures"), "0")
        for name in ("smoke.html", "smoke.jsonl"):
            self.assertTrue((self.folder / name).stat().st_size > 1000, name)



if __name__ == "__main__":
    unittest.main()
