#!/usr/bin/env python3
"""What `meshdrill check` and `meshdrill generate` say to a mesh file that is bad, hostile or at odds with its lock: one
message with its place, exit 2, nothing written. $MESHDRILL is the binary."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

BINARY = os.environ["MESHDRILL"]
MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
cilium: {version: 1.18.0}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}}
clusters:
  - {name: a, apiserver: {ips: [192.0.2.1]}}
  - {name: b, apiserver: {ips: [192.0.2.2]}}
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meshdrill-mesh-file-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = self.folder / "mesh.yaml"

    def run_meshdrill(self, *arguments):
        return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)

    def check(self, *arguments):
        return self.run_meshdrill("check", self.file, *arguments)

    def generate(self, *arguments):
        return self.run_meshdrill("generate", "-f", self.file, "-o", self.folder / "out", *arguments)


class Bad(Case):
    def refused(self, content, place, message):
        """Both verbs name the place and the fault, once, and leave no trace."""
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        for done in (self.check(), self.generate()):
            self.assertEqual(done.returncode, 2, done.stderr[:2000])
            self.assertEqual(done.stdout, "")
            errors = re.findall(r"^.*?mesh\.yaml:?(\S*): error: (.*)$", done.stderr, re.MULTILINE)
            self.assertEqual([where for where, _ in errors], [place], done.stderr[:2000])
            self.assertIn(message, errors[0][1])
            self.assertLess(len(done.stderr), 2000)
        self.assertEqual(os.listdir(self.folder), ["mesh.yaml"])

    def replaced(self, old, new, fault, message):
        """The same where `new` stands for `old` in a good file; `fault` is the text in `new` that is pointed at."""
        self.assertIn(old, MESH)
        content = MESH.replace(old, new, 1)
        before = content[:content.index(new) + new.index(fault)]
        place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        self.refused(content, place, message)

    def hinted(self, old, new, hint):
        self.file.write_text(MESH.replace(old, new, 1))
        self.assertIn(hint, self.check().stderr)

    def test_wrong_types(self):
        self.replaced("[192.0.2.1]", "192.0.2.1", "192", "clusters[0].apiserver.ips: expected a list")
        self.replaced("cluster: 16", "cluster: sixteen", "sixteen", "expected a whole number, got \"sixteen\"")
        self.replaced("{version: 1.18.0}", "[1.18.0]", "[", "cilium: expected a map, got a list")
        self.replaced("1.18.0}", "1.18.0, kubeProxyReplacement: \"true\"}", '"true', "expected true or false")
        self.replaced("1.18.0}", "1.18.0, ipam: pool}", "pool}", "expected one of cluster-pool, kubernetes")

    def test_unknown_keys_get_the_nearest_right_one(self):
        self.replaced("{name: b,", "{name: b, nodeCidrs: [],", "nodeCidrs", "clusters[1].nodeCidrs: unknown key")
        self.hinted("{name: b,", "{name: b, nodeCidrs: [],", 'Did you mean "nodeCIDRs"?')
        self.replaced("1.18.0}", "1.18.0, kubeproxyreplacment: true}", "kubeproxy", "unknown key")
        self.hinted("1.18.0}", "1.18.0, kubeproxyreplacment: true}", 'Did you mean "kubeProxyReplacement"?')
        self.replaced("clusters:", "routing: {ipv4NativeRoutingCidr: 10.0.0.0/8}\nclusters:", "ipv4Native", "unknown key")
        self.hinted("clusters:", "routing: {ipv4NativeRoutingCidr: 10.0.0.0/8}\nclusters:",
                    'Did you mean "ipv4NativeRoutingCIDR"?')

    def test_duplicate_keys(self):
        self.replaced("{name: b,", "{name: b, id: 2, id: 3,", "id: 3", 'the key "id" stands here twice')

    def test_host_bits(self):
        self.replaced("10.96.0.0/11", "10.97.1.0/11", "10.97.1", "did you mean 10.96.0.0/11?")
        self.replaced("{name: b,", "{name: b, podCIDRs: [10.1.0.0/8],", "10.1.0", "did you mean 10.0.0.0/8?")

    def test_text_that_is_not_utf8(self):
        self.refused(MESH.encode().replace(b"name: m", b"name: \xff\xfe"), "3:18", "UTF-8")
        self.refused(MESH.encode("utf-16"), "1:1", "UTF-8")

    def test_bombs(self):
        self.refused(MESH + "networks: " + "[" * 5000 + "]" * 5000 + "\n", "9:42", "nested more than")
        lines = ["x0: &x0 [l, l, l, l, l, l, l, l, l, l]"]
        lines += [f"x{n}: &x{n} [" + ", ".join([f"*x{n - 1}"] * 10) + "]" for n in range(1, 9)]
        self.file.write_text(MESH + "\n".join(lines) + "\n")
        done = self.check()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"mesh\.yaml:\d+:\d+: error: .* more than \d+ values")
        self.assertEqual(done.stderr.count("error:"), 1)

    def test_padding_gives_a_bomb_no_room(self):
        lines = ["x0: &x0 [l, l, l, l, l, l, l, l, l, l]"]
        lines += [f"x{n}: &x{n} [" + ", ".join([f"*x{n - 1}"] * 10) + "]" for n in range(1, 9)]
        self.file.write_text(MESH + "# " + "x" * 5_000_000 + "\n" + "\n".join(lines) + "\n")
        done = self.check()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"mesh\.yaml:\d+:\d+: error: .*its aliases repeat more than 50000 values")

    def test_a_file_of_10_megabytes(self):
        self.file.write_text(MESH + "# " + "x" * 10_000_000 + "\n")
        for done in (self.check(), self.generate()):
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"mesh\.yaml is larger than \d+ bytes")
            self.assertEqual(done.stderr.count("error:"), 1)

    def test_no_file(self):
        done = self.check()
        self.assertEqual(done.returncode, 2)
        self.assertIn("mesh.yaml", done.stderr)


class Large(Case):
    def test_every_node_of_the_largest_mesh_may_be_listed(self):
        text = MESH[:MESH.index("addressing")].replace("1.18.0", "1.18.0, maxConnectedClusters: 511")
        text += "addressing: {ipv4: {pool: 10.0.0.0/8, cluster: 17}}\nclusters:\n"
        for cluster in range(511):
            numbers = range(cluster * 150, cluster * 150 + 150)
            nodes = [f"172.{16 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in numbers]
            text += f"  - name: c{cluster}\n    apiserver: {{ips: [{nodes[0]}]}}\n    nodes: [{', '.join(nodes[1:])}]\n"
        self.file.write_text(text)
        self.assertGreater(len(text), 2**20)
        done = self.check("-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr[:2000])
        self.assertEqual(len(json.loads(done.stdout)["clusters"]), 511)
        # One fault among the 76,650 addresses is found where it stands.
        self.file.write_text(text.replace("172.17.0.7,", "172.17.0.8,"))
        done = self.check()
        self.assertEqual(done.returncode, 2)
        self.assertIn("nodes: a second node has 172.17.0.8", done.stderr)


class Renumbering(Case):
    def test_is_refused_with_its_cost_until_it_is_allowed(self):
        self.file.write_text(MESH)
        self.assertEqual(self.generate().returncode, 0)
        lock = self.folder / "mesh.lock.yaml"
        before = lock.read_bytes()
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        contents = [path.read_bytes() for path in files]

        self.file.write_text(MESH.replace("{name: a,", "{name: a, id: 9, podCIDRs: [10.120.0.0/16],"))
        contents[files.index(self.file)] = self.file.read_bytes()
        for done in (self.check(), self.generate()):
            self.assertEqual(done.returncode, 2)
            self.assertIn("mesh.yaml:7:19: error: id: a has 1", done.stderr)
            self.assertIn("mesh.yaml:7:33: error: podCIDRs: a has the Pods 10.96.0.0/16", done.stderr)
            self.assertEqual(done.stderr.count("restarting every workload"), 2)
            self.assertIn("--allow-renumber", done.stderr)
        self.assertEqual([path.read_bytes() for path in files], contents)

        allowed = self.check("--allow-renumber")
        self.assertEqual(allowed.returncode, 0)
        self.assertEqual(allowed.stderr.count("warning:"), 2)
        self.assertEqual(allowed.stderr.count("restarting every workload"), 2)
        self.assertEqual(lock.read_bytes(), before)  # check writes nothing

        done = self.generate("--allow-renumber")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("restarting every workload"), 2)
        entry = yaml.safe_load(lock.read_text())["clusters"][0]
        self.assertEqual((entry["id"], entry["podCIDRs"]), (9, ["10.120.0.0/16"]))
        again = self.generate()
        self.assertEqual((again.returncode, again.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
