"""`meshdrill generate --pull-trust`: inline certificates straight from the clusters' API, which is the lab's."""

import base64
import json
import os
import subprocess
import unittest

import yaml

from harness import KUBECTL, Lab, run

SECRET = "clustermesh-apiserver-remote-cert"
MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: east}
cilium: {version: 1.18.0}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}}
trust: {mode: inline, folder: peers}
clusters:
  - {name: north, context: lab-001, apiserver: {ips: [192.0.2.11]}}
  - {name: south, context: lab-002, apiserver: {ips: [192.0.2.21]}}
"""


@unittest.skipUnless(KUBECTL, "no kubectl")
class PullTrust(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(clusters=2)
        cls.addClassCleanup(cls.lab.stop)
        cls.issued = cls.issue()

    @classmethod
    def issue(cls):
        """A remote certificate of a CA of its own for each cluster, as its chart would have made them."""
        issued = {}
        for name in ("north", "south"):
            folder = cls.lab.folder / f"issue-{name}"
            folder.mkdir()
            mesh = MESH.replace("{mode: inline, folder: peers}", "{mode: sharedCA}")
            (folder / "mesh.yaml").write_text(mesh, encoding="utf-8")
            done = run("generate", "-f", folder / "mesh.yaml", "-o", folder / "out")
            assert done.returncode == 0, done.stderr
            listed = yaml.safe_load((folder / f"out/{name}/secrets/certificates.yaml").read_text(encoding="utf-8"))
            issued[name] = next(one for one in listed["items"] if one["metadata"]["name"] == SECRET)
        return issued

    def setUp(self):
        self.folder = self.lab.folder / self._testMethodName
        self.folder.mkdir()
        self.file = self.folder / "mesh.yaml"
        self.file.write_text(MESH, encoding="utf-8")
        self.out = self.folder / "out"
        for context in ("lab-001", "lab-002"):
            self.lab.kubectl(context, "delete", "secret", SECRET, "-n", "kube-system", "--ignore-not-found")

    def apply(self, context, secret):
        done = subprocess.run([KUBECTL, "--kubeconfig", str(self.lab.kubeconfig), "--context", context, "apply", "-f", "-"],
                              input=json.dumps(secret), text=True, capture_output=True, check=False,
                              env=dict(os.environ, HOME=str(self.lab.folder)))
        self.assertEqual(done.returncode, 0, done.stderr)

    def apply_both(self):
        self.apply("lab-001", self.issued["north"])
        self.apply("lab-002", self.issued["south"])

    def generate(self, *arguments, expect=0):
        done = run("generate", "-f", self.file, "-o", self.out, "--pull-trust", "--kubeconfig", self.lab.kubeconfig,
                   *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        for secret in self.issued.values():
            key = secret["data"]["tls.key"]
            for text in (key, *base64.b64decode(key).decode().splitlines()[1:-1]):
                self.assertNotIn(text, done.stdout + done.stderr)
        return done

    def nothing_written(self):
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["mesh.yaml"])

    def test_the_values_hold_what_the_clusters_have(self):
        self.apply_both()
        self.generate("--dry-run")
        self.nothing_written()
        done = self.generate()
        self.assertIn("peers/north.yaml: what its peers present to it", done.stdout)
        values = yaml.safe_load((self.out / "south/secrets/cilium-connect.yaml").read_text(encoding="utf-8"))
        tls = values["clustermesh"]["config"]["clusters"][0]["tls"]
        data = self.issued["north"]["data"]
        self.assertEqual(tls, {"cert": data["tls.crt"], "key": data["tls.key"], "caCert": data["ca.crt"]})
        for path in (self.folder / "peers/north.yaml", self.out / "south/secrets/cilium-connect.yaml"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        # The files do without the clusters; another pull of the same changes nothing.
        done = run("generate", "-f", self.file, "-o", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stdout, ": (added|changed)")
        self.generate("--diff")

    def test_a_renewed_certificate_is_pulled_again(self):
        self.apply_both()
        self.generate()
        renewed = self.issue_again()
        self.apply("lab-001", renewed)
        done = self.generate("--diff", expect=1)
        self.assertRegex(done.stdout, r"# .*peers/north\.yaml: secret, changed")
        self.assertRegex(done.stdout, r"# .*south/secrets/cilium-connect\.yaml: secret, changed")
        self.assertNotIn("south.yaml: secret", done.stdout)
        self.generate()
        self.assertIn(renewed["data"]["tls.crt"], (self.folder / "peers/north.yaml").read_text(encoding="utf-8"))

    def issue_again(self):
        return dict(self.issued["south"], metadata=self.issued["north"]["metadata"])

    def test_a_cluster_without_the_secret_is_named_and_nothing_written(self):
        self.apply("lab-001", self.issued["north"])
        done = self.generate(expect=2)
        self.assertIn(f"south: there is no Secret {SECRET} in kube-system", done.stderr)
        self.assertNotIn("north:", done.stderr)
        self.nothing_written()

    def test_a_key_of_another_certificate_is_refused(self):
        self.apply_both()
        mixed = json.loads(json.dumps(self.issued["north"]))
        mixed["data"]["tls.key"] = self.issued["south"]["data"]["tls.key"]
        self.apply("lab-001", mixed)
        done = self.generate(expect=2)
        self.assertRegex(done.stderr, r"north: Secret kube-system/\S+: .*data\.tls\.key: is not the key of tls\.crt")
        self.nothing_written()

    def test_clusters_that_are_not_to_be_reached(self):
        self.file.write_text(MESH.replace("lab-002", "lab-009"), encoding="utf-8")
        self.assertIn("lab-009", self.generate(expect=2).stderr)
        self.file.write_text(MESH, encoding="utf-8")
        done = run("generate", "-f", self.file, "-o", self.out, "--pull-trust", "--kubeconfig", self.folder / "none")
        self.assertEqual(done.returncode, 2)
        self.assertIn("none", done.stderr)
        self.nothing_written()

    def test_other_trust_has_nothing_to_pull(self):
        self.file.write_text(MESH.replace("{mode: inline, folder: peers}", "{mode: sharedCA}"), encoding="utf-8")
        self.assertIn("--pull-trust is for trust.mode: inline", self.generate(expect=2).stderr)
        self.nothing_written()


if __name__ == "__main__":
    unittest.main()
