"""The demo's verdict follows the truth: it passes on a sound lab, and names what is broken on one that is not."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import run


class DemoTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-demo-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def demo(self, *arguments):
        done = run("demo", "--dir", self.folder, *arguments, timeout=300)
        self.assertTrue((self.folder / "report.json").exists(), done.stdout + done.stderr)
        return done, json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    def broken(self, fault, codes, words):
        done, report = self.demo("--fault", fault)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        self.assertEqual(report["exitCode"], done.returncode)
        self.assertIn(words, report["reason"])
        self.assertEqual(report["restore"]["verified"], report["restore"]["needed"])


class Sound(DemoTest):
    def test_sound(self):
        done, report = self.demo()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(report["verdict"], "pass")
        for words in ("install/lab-001", "PASS", "before (baseline)", "during (hold)", "after (recovered)", "Outages",
                      "verified", str(self.folder / "report.txt"), str(self.folder / "report.html")):
            self.assertIn(words, done.stdout)
        self.assertIn(str(self.folder / "journal.jsonl"), done.stderr)
        phases = [phase["phase"] for phase in report["phases"]]
        self.assertEqual(phases, ["baseline", "fail", "hold", "restore", "recovered"])


class Broken(DemoTest):
    def test_not_global(self):
        self.broken("not-global", (3,), "is not global")

    def test_ingress_down(self):
        self.broken("ingress-down@lab-002", (3,), "connection refused")

    def test_stale_backends(self):
        self.broken("stale-backends", (1,), "fail, outage")

    def test_no_service_upstream(self):
        self.broken("no-service-upstream", (3,), "NOT balanced")


class Wrong(DemoTest):
    def test_an_unknown_fault(self):
        done = run("demo", "--dir", self.folder, "--fault", "gremlins")
        self.assertEqual(done.returncode, 2)
        self.assertIn("gremlins", done.stderr)


del DemoTest  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()
