#!/usr/bin/env python3
"""Drives `meshdrill check` and `meshdrill generate` as a user does, and holds what they write against the real
charts' schemas. $MESHDRILL is the binary, $MESHDRILL_SOURCE_DIR the source tree."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

try:
    import jsonschema
except ImportError:
    jsonschema = None

BINARY = os.environ["MESHDRILL"]
SOURCE = pathlib.Path(os.environ["MESHDRILL_SOURCE_DIR"])
# Beside the checkout, or beside the folder that holds it and other worktrees.
CHARTS = next((up for up in (SOURCE / "../shared/cilium-chart", SOURCE / "../../shared/cilium-chart") if up.is_dir()),
              SOURCE / "../shared/cilium-chart")
MESH = (SOURCE / "scenarios/meshes/cern.yaml").read_text()
EVERYTHING = (SOURCE / "tests/mesh/good/everything.yaml").read_text()
NOBODY = 65534


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meshdrill-generate-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = self.folder / "mesh.yaml"
        self.file.write_text(MESH)
        self.out = self.folder / "out"

    def run_meshdrill(self, *arguments, **options):
        return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)

    def generate(self, *arguments, expect=0, **options):
        done = self.run_meshdrill("generate", "-f", self.file, "-o", self.out, *arguments, **options)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def tree(self):
        """Every file below the test's folder with its content, and every folder."""
        return {str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
                for path in self.folder.rglob("*")}


class Generate(Case):
    def test_writes_the_tree_and_says_what_is_next(self):
        done = self.generate()
        self.assertEqual(done.stderr, "")
        self.assertIn("cilium-001/helm/cilium-enable.yaml: added", done.stdout)
        self.assertIn("Next: cd", done.stdout)
        self.assertTrue((self.folder / "mesh.lock.yaml").is_file())
        for line in (self.out / ".meshdrill-files").read_text().splitlines():
            digest, path = line.split("  ", 1)
            self.assertEqual(digest, hashlib.sha256((self.out / path).read_bytes()).hexdigest(), path)

    def test_again_changes_nothing(self):
        self.generate()
        before = self.tree()
        self.assertIn("README.md: unchanged", self.generate().stdout)
        self.assertEqual(self.tree(), before)

    def test_the_articles_values(self):
        self.generate()
        values = {}
        for cluster in ("cilium-001", "cilium-002"):
            for phase in ("enable", "connect"):
                path = self.out / cluster / "helm" / f"cilium-{phase}.yaml"
                values[cluster, phase] = yaml.safe_load(path.read_text())["cilium"]
        enable = values["cilium-002", "enable"]
        self.assertEqual(enable["cluster"], {"name": "cilium-002", "id": 2})
        self.assertEqual(enable["ipam"]["operator"]["clusterPoolIPv4PodCIDRList"], ["10.102.0.0/16"])
        self.assertEqual(enable["ipam"]["operator"]["clusterPoolIPv4MaskSize"], 24)
        self.assertEqual(enable["ipam"]["operator"]["clusterPoolIPv6MaskSize"], 120)
        mesh = enable["clustermesh"]
        self.assertEqual(mesh["apiserver"]["tls"], {"enableSecrets": False, "auto": {"enabled": False}})
        self.assertIs(mesh["useAPIServer"], True)
        self.assertEqual(mesh["config"], {"enabled": True, "domain": "cern.ch"})
        self.assertEqual(values["cilium-002", "connect"]["clustermesh"]["config"]["clusters"],
                         [{"name": "cilium-001", "port": 32379, "ips": ["192.0.2.11"]}])
        # What the article gets wrong: the same IPv6 pool and the same NodePort in both.
        other = values["cilium-001", "enable"]
        self.assertNotEqual(enable["ipam"]["operator"]["clusterPoolIPv6PodCIDRList"],
                            other["ipam"]["operator"]["clusterPoolIPv6PodCIDRList"])
        self.assertNotEqual(mesh["apiserver"]["service"]["nodePort"],
                            other["clustermesh"]["apiserver"]["service"]["nodePort"])
        ingress = yaml.safe_load((self.out / "cilium-001/helm/ingress-nginx.yaml").read_text())["ingress-nginx"]
        self.assertEqual(ingress["controller"]["nodeSelector"], {"role": "ingress"})
        self.assertEqual(ingress["controller"]["service"]["type"], "LoadBalancer")

    def test_manifests_are_read_back_as_meant(self):
        self.file.write_text(EVERYTHING)
        self.generate()
        objects = []
        for path in sorted((self.out / "north/manifests").iterdir()):
            objects += yaml.safe_load_all(path.read_text())
        self.assertEqual([(item["kind"], item["metadata"]["name"]) for item in objects],
                         [("Namespace", "shop"), ("Service", "dns"), ("ConfigMap", "api-index-html"),
                          ("Service", "api"), ("Deployment", "api"), ("Ingress", "api")])
        self.assertEqual(objects[2]["data"]["index.html"], "Hello from Cluster north\n")
        for item in objects:
            for value in item["metadata"].get("annotations", {}).values():
                self.assertIsInstance(value, str)

    def test_removing_a_cluster_removes_its_files_and_keeps_the_rest(self):
        mesh = yaml.safe_load(MESH)
        third = {"name": "cilium-003", "podCIDRs": ["10.103.0.0/16"], "apiserver": {"ips": ["192.0.2.31"]},
                 "ingress": ["198.51.100.30"]}
        self.file.write_text(yaml.safe_dump({**mesh, "clusters": mesh["clusters"] + [third]}))
        self.generate()
        second = (self.out / "cilium-002/helm/cilium-enable.yaml").read_bytes()
        self.file.write_text(yaml.safe_dump({**mesh, "clusters": mesh["clusters"][1:] + [third]}))
        self.assertIn("cilium-001/helm/cilium-enable.yaml: removed", self.generate().stdout)
        self.assertFalse((self.out / "cilium-001").exists())
        self.assertEqual((self.out / "cilium-002/helm/cilium-enable.yaml").read_bytes(), second)
        lock = yaml.safe_load((self.folder / "mesh.lock.yaml").read_text())
        self.assertEqual([entry["name"] for entry in lock["removed"]], ["cilium-001"])


class Preview(Case):
    """--dry-run and --diff write nothing and say what would be."""

    def test_dry_run_of_a_new_folder(self):
        before = self.tree()
        done = self.generate("--dry-run")
        self.assertIn("mesh.lock.yaml: added", done.stdout)
        self.assertIn("cilium-001/secrets/certificates.yaml: added", done.stdout)
        self.assertIn("Nothing was written.", done.stdout)
        self.assertEqual(self.tree(), before)

    def test_diff_is_what_patch_takes(self):
        self.generate()
        self.assertEqual(self.generate("--diff").stdout, "")
        before = self.tree()
        self.file.write_text(MESH.replace("192.0.2.21", "192.0.2.99").replace("    ingress: [198.51.100.20]\n", ""))
        done = self.generate("--diff", expect=1)
        self.assertIn('-            - "192.0.2.21"\n+            - "192.0.2.99"\n', done.stdout)
        self.assertEqual({**self.tree(), "mesh.yaml": None}, {**before, "mesh.yaml": None})
        # Real patch makes of the old folder what generating would have made.
        old = self.folder / "old"
        shutil.copytree(self.out, old)
        self.generate()
        applied = subprocess.run(["patch", "-p0", "-d", "/", "--quiet"], input=done.stdout.replace(str(self.out), str(old)),
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        for path in self.out.rglob("*"):
            if path.is_file() and path.name != ".meshdrill-files":
                self.assertEqual((old / path.relative_to(self.out)).read_bytes(), path.read_bytes(), path)

    def test_an_edited_file_is_named(self):
        self.generate()
        (self.out / "README.md").write_text("mine\n")
        for flag in ("--dry-run", "--diff"):
            done = self.generate(flag, expect=3)
            self.assertIn("  README.md\n", done.stderr)


class Certificates(Case):
    def test_an_open_secret_is_closed_again(self):
        self.generate()
        secret = self.out / "cilium-001/secrets/certificates.yaml"
        secret.chmod(0o644)
        self.assertIn("cilium-001/secrets/certificates.yaml: changed", self.generate().stdout)
        self.assertEqual(secret.stat().st_mode & 0o777, 0o600)

    def test_check_reads_them_back(self):
        self.generate()
        done = self.run_meshdrill("check", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("the first of 4 certificates to expire"), 2)
        other = self.folder / "other"
        other.mkdir()
        (other / "mesh.yaml").write_text(MESH)
        self.assertEqual(self.run_meshdrill("generate", "-f", other / "mesh.yaml", "-o", other / "out").returncode, 0)
        shutil.copy(other / "out/cilium-002/secrets/certificates.yaml", self.out / "cilium-002/secrets")
        done = self.run_meshdrill("check", self.out)
        self.assertEqual(done.returncode, 2)
        self.assertIn("these clusters would not trust each other", done.stderr)

    def test_a_ca_of_ones_own(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "my.key", "-out",
                        self.folder / "my.crt", "-subj", "/CN=mine", "-days", "400"], check=True, capture_output=True)
        self.file.write_text(MESH + "trust: {ca: {cert: my.crt, key: my.key}}\n")
        self.generate()
        self.assertFalse((self.folder / "mesh.ca.key").exists())
        items = yaml.safe_load((self.out / "cilium-001/secrets/certificates.yaml").read_text())["items"]
        self.assertEqual(base64.b64decode(items[0]["data"]["ca.crt"]), (self.folder / "my.crt").read_bytes())
        # No certificate outlives its CA, whose 400 days are fewer than the chart's 1095.
        self.assertRegex(self.run_meshdrill("check", self.out).stderr, r"in 39\d days|in 400 days")

    def test_a_ca_that_is_none(self):
        for name, text in (("no PEM", "x\n"), ("another's key", None)):
            with self.subTest(name=name):
                self.file.write_text(MESH)
                shutil.rmtree(self.out, ignore_errors=True)
                self.generate()
                if text is None:
                    subprocess.run(["openssl", "genrsa", "-out", self.folder / "mesh.ca.key", "2048"], check=True, capture_output=True)
                else:
                    (self.folder / "mesh.ca.crt").write_text(text)
                before = self.tree()
                done = self.generate(expect=2)
                self.assertRegex(done.stderr, r"mesh\.ca\.(crt|key)")
                self.assertEqual(self.tree(), before)
                for path in self.folder.glob("mesh.ca.*"):
                    path.unlink()

    def test_certificates_in_the_values_wait_until_they_are_pulled(self):
        self.file.write_text(MESH + "trust: {mode: inline, folder: peers}\n")
        done = self.generate()
        self.assertIn("get secret clustermesh-apiserver-remote-cert -o yaml", done.stderr)
        self.assertEqual(sorted(self.out.glob("*/*/cilium-connect.yaml")), [])


    def test_a_release_that_is_too_large_is_told_once(self):
        clusters = "".join(f"  - {{name: c{i}, apiserver: {{ips: [192.0.2.{i}]}}}}\n" for i in range(1, 71))
        self.file.write_text("apiVersion: meshdrill/v1\nkind: Mesh\nmetadata: {name: m}\ncilium: {version: 1.17.18}\n"
                             "trust: {mode: inline, folder: peers}\naddressing: {ipv4: {pool: 10.0.0.0/8, cluster: 16}}\n"
                             "clusters:\n" + clusters)
        done = self.generate()
        self.assertEqual(done.stderr.count("[release-size]"), 1, done.stderr)
        self.assertIn("scaled from that of 1.18", done.stderr)


class Refusals(Case):
    """One clear message each, and nothing half-written."""

    def test_foreign_files_are_named_and_kept(self):
        (self.out / "cilium-001/helm").mkdir(parents=True)
        (self.out / "README.md").write_text("mine\n")
        (self.out / "cilium-001/helm/cilium-enable.yaml").write_text("mine: too\n")
        before = self.tree()
        done = self.generate(expect=3)
        self.assertEqual(done.stdout, "")
        self.assertIn("  README.md\n  cilium-001/helm/cilium-enable.yaml\n", done.stderr)
        self.assertIn("Nothing was written", done.stderr)
        self.assertEqual(self.tree(), before)
        self.generate("--force")
        self.assertIn("# Mesh cern", (self.out / "README.md").read_text())

    def test_foreign_files_beside_ours_are_left_alone(self):
        self.out.mkdir()
        (self.out / "notes.txt").write_text("mine\n")
        self.generate()
        self.assertEqual((self.out / "notes.txt").read_text(), "mine\n")

    def test_edited_files_are_not_overwritten(self):
        self.generate()
        edited = self.out / "cilium-002/manifests/3-ingress.yaml"
        edited.write_text(edited.read_text() + "# by hand\n")
        before = self.tree()
        self.assertIn("  cilium-002/manifests/3-ingress.yaml\n", self.generate(expect=3).stderr)
        self.assertEqual(self.tree(), before)

    def test_broken_file(self):
        for text, place in (("clusters: [\n", "mesh.yaml:2:1"), (MESH.replace("valuesKey: c", "valueKey: c"), "9:3"),
                            (MESH.replace("10.102.0.0/16", "10.101.0.0/24"), "29:16")):
            with self.subTest(place=place):
                self.file.write_text(text)
                before = self.tree()
                done = self.generate(expect=2)
                self.assertEqual(done.stdout, "")
                self.assertIn(place, done.stderr)
                self.assertEqual(done.stderr.count("error:"), 1)
                self.assertEqual(self.tree(), before)

    def test_missing_file(self):
        self.file.unlink()
        done = self.generate(expect=2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("mesh.yaml", done.stderr)
        self.assertEqual(self.tree(), {})

    def test_a_file_in_the_place_of_the_folder(self):
        self.out.write_text("a file\n")
        before = self.tree()
        self.assertEqual(self.generate(expect=2).stderr, f"meshdrill: cannot write {self.out}: Not a directory\n")
        self.assertEqual(self.tree(), before)

    def as_nobody(self):
        """Options that make a child somebody whom file modes bind."""
        if os.geteuid() != 0:
            return {}
        shutil.chown(self.folder, NOBODY, NOBODY)
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def refuse_as_nobody(self):
        before = self.tree()
        options = self.as_nobody()
        binary = self.folder.parent / (self.folder.name + "-meshdrill")
        shutil.copy(BINARY, binary)  # the build folder may be closed to others
        binary.chmod(0o755)
        self.addCleanup(binary.unlink)
        done = subprocess.run([binary, "generate", "-f", self.file, "-o", self.out], capture_output=True, text=True,
                              timeout=60, **options)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("cannot write", done.stderr)
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(self.tree(), before)

    def test_unwritable_folder(self):
        self.out.mkdir(mode=0o555)
        self.refuse_as_nobody()

    def test_unwritable_parent(self):
        closed = self.folder / "closed"
        closed.mkdir(mode=0o555)
        self.out = closed / "out"
        self.refuse_as_nobody()

    def test_unwritable_place_for_the_lock(self):
        closed = self.folder / "closed"
        closed.mkdir()
        self.file = self.file.rename(closed / "mesh.yaml")
        closed.chmod(0o555)
        self.refuse_as_nobody()


class Check(Case):
    def test_prints_what_was_allocated(self):
        done = self.run_meshdrill("check", self.file)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("10.102.0.0/16,fd00:10::10:0/108", done.stdout)
        self.assertIn("http://api.example.org:8080/", done.stdout)
        self.assertEqual(set(self.tree()), {"mesh.yaml"})

    def test_refuses_with_place_and_cure(self):
        self.file.write_text(MESH.replace("name: cilium-002", "name: cilium-002\n    id: 256"))
        done = self.run_meshdrill("check", self.file)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"mesh\.yaml:\d+:9: error: id: 256 is outside 1 to 255 \[id-range\]\n  \S")


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
@unittest.skipUnless(CHARTS.is_dir(), f"the charts are not at {CHARTS}")
class Schema(Case):
    """Helm's schemas forbid little, so every key must stand in the chart's own values as well."""

    # The chart's values.yaml leaves these out or empty: free-form, or documented in comments only.
    OPEN = {"clustermesh.config.clusters", "clustermesh.apiserver.tls.auto.schedule"}

    def assert_known(self, values, defaults, path=""):
        for key, value in values.items():
            name = f"{path}{key}"
            if name in self.OPEN:
                continue
            self.assertIn(key, defaults, name)
            if isinstance(value, dict):
                self.assert_known(value, defaults[key], name + ".")

    def test_every_chart_accepts_its_values(self):
        charts = sorted(CHARTS.iterdir())
        self.assertGreaterEqual(len(charts), 5)
        for chart in charts:
            schema = json.loads((chart / "values.schema.json").read_text())
            defaults = yaml.safe_load((chart / "values.yaml").read_text())
            for name, text, key in (("cern", MESH, "1.18.0"), ("everything", EVERYTHING, "1.20.0")):
                with self.subTest(chart=chart.name, mesh=name):
                    self.file = self.folder / f"{chart.name}-{name}.yaml"
                    self.out = self.folder / f"{chart.name}-{name}"
                    self.file.write_text(text.replace(key, chart.name))
                    self.generate()
                    paths = sorted(self.out.glob("*/helm/cilium-*.yaml"))
                    self.assertEqual(len(paths), 4)
                    for path in paths:
                        values = yaml.safe_load(path.read_text())["cilium"]
                        jsonschema.validate(values, schema)
                        self.assert_known(values, defaults)


if __name__ == "__main__":
    unittest.main()
