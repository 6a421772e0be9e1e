"""`meshdrill check`: output formats, exit codes, and one clear message for whatever is wrong with a file."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import MESHDRILL, run

MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: shop}
cilium: {version: 1.18.0}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}}
clusters:
  - {name: north, apiserver: {ips: [192.0.2.11]}}
  - {name: south, apiserver: {ips: [192.0.2.21]}}
"""


def values(number, peer, extra=""):
    return f"""cluster: {{name: c{number}, id: {number}}}
ipam: {{operator: {{clusterPoolIPv4PodCIDRList: ["10.{number}.0.0/16"]}}}}
clustermesh:
  useAPIServer: true
  apiserver: {{service: {{nodePort: 3238{number}}}}}
  config:
    enabled: true
    clusters: [{{name: c{peer}, ips: [192.0.2.{peer}], port: 3238{peer}}}]
{extra}"""


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-check-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def check(self, *arguments):
        return run("check", *arguments, cwd=self.folder)

    def test_sound_values_pass(self):
        self.write("a.yaml", values(1, 2))
        self.write("b.yaml", values(2, 1))
        done = self.check("a.yaml", "b.yaml", "--cilium-version", "1.18.0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("c2       2   10.2.0.0/16", done.stdout)

    def test_several_files_of_one_cluster(self):
        self.write("common.yaml", "cluster: {name: x, id: 9}\nclustermesh: {useAPIServer: true}\n")
        self.write("a.yaml", values(1, 2))
        self.write("b.yaml", values(2, 1))
        done = self.check("common.yaml,a.yaml", "common.yaml,b.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("common.yaml,b.yaml", done.stdout)

    def test_json(self):
        self.write("a.yaml", values(1, 2))
        self.write("b.yaml", values(1, 2))
        done = self.check("a.yaml", "b.yaml", "-o", "json")
        self.assertEqual(done.returncode, 2)
        report = json.loads(done.stdout)
        self.assertEqual((report["apiVersion"], report["kind"]), ("meshdrill/v1", "CheckReport"))
        self.assertEqual(report["errors"], sum(f["severity"] == "error" for f in report["findings"]))
        twice = [f for f in report["findings"] if f["rule"] == "duplicate-id"]
        self.assertEqual([(f["file"], f["line"], f["column"]) for f in twice], [("b.yaml", 1, 25)])
        self.assertEqual([c["id"] for c in report["clusters"]], [1, 1])

    def test_sarif(self):
        self.write("a b.yaml", values(1, 2))
        self.write("ä.yaml", values(1, 2))
        self.write("mesh.yaml", MESH.replace("name: south", "name: north"))
        for arguments in (["a b.yaml", "ä.yaml"], ["mesh.yaml"], ["none.yaml"]):
            with self.subTest(arguments=arguments):
                done = self.check(*arguments, "-o", "sarif")
                self.assertEqual(done.returncode, 2)
                self.sarif(json.loads(done.stdout))

    def sarif(self, log):
        """What SARIF 2.1.0 requires of what we write (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.29, 3.30)."""
        self.assertEqual(log["version"], "2.1.0")
        self.assertTrue(log["$schema"].endswith("sarif-2.1.0.json"))
        (only,) = log["runs"]
        self.assertIn(only["columnKind"], ("utf16CodeUnits", "unicodeCodePoints"))
        driver = only["tool"]["driver"]
        self.assertEqual(driver["name"], "meshdrill")
        identifiers = [rule["id"] for rule in driver["rules"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        for rule in driver["rules"]:
            self.assertTrue(rule["shortDescription"]["text"])
        self.assertTrue(only["results"])
        for result in only["results"]:
            self.assertEqual(identifiers[result["ruleIndex"]], result["ruleId"])
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertTrue(result["message"]["text"])
            for location in result.get("locations", []):
                physical = location["physicalLocation"]
                self.assertRegex(physical["artifactLocation"]["uri"], r"^[A-Za-z0-9._~/%-]+$")
                region = physical.get("region", {"startLine": 1})
                self.assertGreaterEqual(region["startLine"], 1)
                self.assertGreaterEqual(region.get("startColumn", 1), 1)

    def test_mesh_files_as_before(self):
        self.write("mesh.yaml", MESH)
        done = self.check("mesh.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("north", done.stdout)
        report = json.loads(self.check("mesh.yaml", "-o", "json").stdout)
        self.assertEqual([c["podCIDRs"] for c in report["clusters"]], [["10.96.0.0/16"], ["10.97.0.0/16"]])

    def test_certificates_of_a_generated_folder_are_read_back(self):
        self.write("mesh.yaml", MESH)
        self.assertEqual(run("generate", "-f", "mesh.yaml", "-o", "out", cwd=self.folder).returncode, 0)
        report = json.loads(self.check("out", "-o", "json").stdout)
        self.assertEqual(report["errors"], 0)
        expiry = [f for f in report["findings"] if f["rule"] == "certificate"]
        self.assertEqual(len(expiry), 2, report["findings"])
        certificates = self.folder / "out" / "north" / "secrets" / "certificates.yaml"
        certificates.write_text(certificates.read_text(encoding="utf-8").replace("tls.crt: ", "tls.crt: AAAA"), encoding="utf-8")
        done = self.check("out")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("is no base64", done.stderr)

    def test_bad_input_gets_one_message_and_writes_nothing(self):
        deep = "a: " + "[" * 5000 + "]" * 5000
        bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]\n" for i in range(1, 9))
        long = "a: &a \"" + "x" * 500_000 + "\"\nb:\n" + "- *a\n" * 50_000
        cases = {
            "nesting": (deep, "nested more than 32 deep"),
            "alias bomb": (bomb, "more than 50000 values"),
            "alias of a long text": (long, "repeat more than"),
            "ten megabytes": ("a: " + "x" * 10_000_000, "larger than"),
            "not UTF-8": (b"cluster: {name: \xff}\n", "1:17: error: the file is not text in UTF-8"),
            "UTF-16": ("cluster: {}\n".encode("utf-16"), "1:1: error: the file is not text in UTF-8"),
            "control character": ("cluster: {}\n\x04\nid: 1\n", "2:1: error"),
            "duplicate key": ("cluster: {id: 1}\ncluster: {id: 2}\n", "2:1: error: the key \"cluster\" stands here twice"),
            "not YAML": ("cluster: [\n", "is not valid YAML"),
            "alias without anchor": ("cluster: *x\n", "1:10: error"),
            "own alias": ("cluster: &a [*a]\n", "refers to the value that contains it"),
            "foreign tag": ("cluster: !Ref x\n", "the tag !Ref is not supported"),
            "no map": ("- a\n", "1:1: error"),
            "several documents": ("cluster: {}\n---\nipam: {}\n", "more than one YAML document"),
            "empty": ("", "the file is empty"),
        }
        for name, (content, message) in cases.items():
            for head in ("", "apiVersion: meshdrill/v1\nkind: Mesh\n"):
                if head and name in ("UTF-16", "no map", "not UTF-8", "empty"):
                    continue
                with self.subTest(name=name, head=head):
                    self.write("bad.yaml", (head.encode() + content) if isinstance(content, bytes) else head + content)
                    done = self.check("bad.yaml")
                    self.assertEqual(done.returncode, 2, done.stderr)
                    expected = message if not head else message.split("error")[-1].removeprefix(": ")
                    self.assertIn(expected, done.stderr)
                    self.assertEqual(done.stderr.count("error:"), 1, done.stderr[:500])
                    self.assertRegex(done.stderr, r"^bad\.yaml:\d+:\d+: error: ")
                    self.assertNotIn("Assuming", done.stderr)
                    self.assertEqual([p.name for p in self.folder.iterdir()], ["bad.yaml"])

    def test_the_values_of_the_largest_mesh_take_memory_as_their_bytes_do(self):
        clusters = "".join(f"  - {{name: c{i}, apiserver: {{ips: [192.0.{i // 250}.{i % 250 + 1}]}}}}\n" for i in range(1, 512))
        self.write("mesh.yaml", MESH[:MESH.index("clusters:")].replace("1.18.0", "1.19.6, maxConnectedClusters: 511")
                   .replace("10.96.0.0/11, cluster: 16", "10.0.0.0/8, cluster: 17") + "clusters:\n" + clusters)
        self.assertEqual(run("generate", "-f", "mesh.yaml", "-o", "out", cwd=self.folder).returncode, 0)
        helm = [self.folder / "out" / f"c{i}" / "helm" for i in range(1, 512)]
        written = sum(path.stat().st_size for folder in helm for path in folder.iterdir())
        files = [f"{folder}/cilium-enable.yaml,{folder}/cilium-connect.yaml" for folder in helm]
        with subprocess.Popen([MESHDRILL, "check", "--cilium-version", "1.19.6", *files], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as check:
            said = check.stdout.read()
            _, status, used = os.wait4(check.pid, 0)
            check.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(check.returncode, 0, said[:500])
        self.assertNotIn("error", said)
        self.assertLess(used.ru_maxrss * 1024, 12 * written)

    def test_a_newer_chart_is_checked_by_the_newest_rules(self):
        self.write("a.yaml", values(1, 2))
        self.write("b.yaml", values(2, 1))
        done = self.check("a.yaml", "b.yaml", "--cilium-version", "1.21.0")
        self.assertEqual(done.returncode, 0)
        self.assertIn("newer than 1.20", done.stderr)

    def test_wrong_usage(self):
        self.write("mesh.yaml", MESH)
        self.write("a.yaml", values(1, 2))
        for arguments, message in ((["mesh.yaml", "a.yaml"], "by itself"), (["none.yaml"], "none.yaml"), (["."], "no certificates"),
                                   (["a.yaml", "--cilium-version", "1.15.0"], "oldest"),
                                   (["a.yaml", "--cilium-version", "x"], "version"),
                                   (["a.yaml", "--values-key", "x"], "\"x\""),
                                   (["mesh.yaml", "--values-key", "x"], "mesh file"), (["a.yaml", "-o", "xml"], "xml")):
            with self.subTest(arguments=arguments):
                done = self.check(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(message, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
