"""The JSON Schemas agree with the readers: what a reader takes, its schema takes; what a reader refuses for a key or a type, its
schema refuses."""

import copy
import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import jsonschema
import yaml

from harness import run

SOURCE = Path(os.environ["MESHDRILL_SOURCE_DIR"])
# What a schema can see as well, in the readers' words.
BY_SCHEMA = re.compile(r"unknown key|expected a map|expected a list|expected a string|expected a whole number, got [^\"]|expected one of|"
                       r"expected true or false|required and missing|[.\]]\w+: -?\d+ is outside|expected a duration such as 30s, got")

# Wrong only for what another key says, which a schema of single keys does not know.
ONLY_TOGETHER = {"pool-without-cluster.yaml"}


def load(path):
    """The document, or None where it is none that a schema could look at."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def places(document, path=()):
    """The path of every value inside a document."""
    entries = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


class Agreement:
    """What holds for each kind of file; below, each kind says where its files are and how they are read."""

    kind = ""
    good = []

    @classmethod
    def setUpClass(cls):
        done = run("schema", cls.kind)
        assert done.returncode == 0, done.stderr
        cls.schema = json.loads(done.stdout)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)
        cls.folder = Path(tempfile.mkdtemp(prefix="meshdrill-schema-"))
        cls.prepare()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def prepare(cls):
        pass

    def read(self, file):
        """(whether the reader takes the file, what it says)"""
        raise NotImplementedError

    def errors(self, document):
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in self.validator.iter_errors(document)]

    def test_what_is_good(self):
        self.assertGreater(len(self.good), 0)
        for file in self.good:
            with self.subTest(file.name):
                self.assertEqual(self.errors(load(file)), [])

    def test_each_value_of_a_full_file_spoilt(self):
        document = yaml.safe_load(self.full.read_text(encoding="utf-8"))
        for path in list(places(document)):
            for spoil in ("unknown", "nested"):
                spoilt = copy.deepcopy(document)
                value = at(spoilt, path)
                if spoil == "nested":
                    at(spoilt, path[:-1])[path[-1]] = [[]]
                elif isinstance(value, dict):
                    value["nonsense"] = 1
                else:
                    continue
                file = self.folder / "spoilt.yaml"
                file.write_text(yaml.safe_dump(spoilt, sort_keys=False), encoding="utf-8")
                with self.subTest(f"{spoil} at {'.'.join(map(str, path))}"):
                    taken, said = self.read(file)
                    errors = self.errors(spoilt)
                    if errors:
                        self.assertFalse(taken, errors)
                    else:
                        self.assertNotRegex(said, BY_SCHEMA)

    def test_every_key_is_described(self):
        def walk(schema, path):
            for key, value in schema.get("properties", {}).items():
                with self.subTest(f"{path}{key}"):
                    self.assertGreater(len(value.get("description", "")), 2)
                for inner in (value, value.get("items", {}), value.get("additionalProperties", {})):
                    if isinstance(inner, dict):
                        walk(inner, f"{path}{key}.")

        walk(self.schema, "")


class Mesh(Agreement, unittest.TestCase):
    kind = "mesh"
    good = [*sorted((SOURCE / "tests/mesh/good").glob("*.yaml")),
            *(file for file in sorted((SOURCE / "scenarios/meshes").glob("*.yaml")) if ".lock." not in file.name)]
    bad = sorted((SOURCE / "tests/mesh/bad").glob("*.yaml"))
    full = SOURCE / "tests/mesh/good/everything.yaml"

    def read(self, file):
        done = run("check", file)
        return done.returncode == 0, done.stderr

    def test_what_is_bad(self):
        seen = 0
        for file in self.bad:
            document = load(file)
            taken, said = self.read(file)
            self.assertFalse(taken, file)
            if document is not None and BY_SCHEMA.search(said) and file.name not in ONLY_TOGETHER:
                seen += 1
                with self.subTest(file.name):
                    self.assertNotEqual(self.errors(document), [], said)
        self.assertGreater(seen, 0)


FULL_DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {name: everything, description: every key, runbook: "https://example.org/runbook"}
mesh: meshes/cern.yaml
target:
  cluster: cilium-001
  workloads: [default/api, StatefulSet default/store]
  service: default/api-service
fault: {scale: 50%}
traffic:
  url: http://api.example.org:8080/
  rate: 50/s
  connections: both
  dnsServers: ["192.0.2.53:53"]
  identify: {regex: "Cluster (\\\\S+)"}
  timeouts: {dns: 900ms, connect: 900ms, tls: 900ms, firstByte: 1s, total: 2s}
phases: {baseline: 20s, fail: 30s, hold: 20s, restore: 2m, recovered: 20s}
expect:
  baseline: {everyClusterSeen: true, balance: {tolerance: 10%, confidence: 99%}, errors: <= 1%, minSamples: 100}
  fail: {outage: <= 2s, effectWithin: <= 10s, drainedWithin: <= 10s, clientErrors: <= 5%}
  hold: {survivors: [cilium-002], targetShare: <= 60%, errors: <= 0.1%, latency: {p50: <= 2x, p99: <= 3x}}
  restore: {outage: <= 2s, readyWithin: <= 30s, targetSeenWithin: <= 30s}
  recovered: {everyClusterSeen: true, balance: {tolerance: 10%}, errors: <= 1%}
guards:
  deadline: 5m
  minReadyElsewhere: 1
  minHealthyClusters: 1
  maxWorkloads: 3
  requireOptIn: true
  environment: staging
  windows: ["Mon-Fri 09:00-16:00"]
  owners: {hpa: allow, keda: refuse, argocd: refuse, flux: warn, helm: warn, unknown: allow}
  abortIf: [{errors: "> 60%", over: 5s}, {consecutiveFailures: 20}, {observerLost: 20s}]
restore: {ownership: report}
"""


class Drill(Agreement, unittest.TestCase):
    kind = "drill"
    good = sorted((SOURCE / "scenarios").glob("*.yaml"))

    @classmethod
    def prepare(cls):
        shutil.copytree(SOURCE / "scenarios/meshes", cls.folder / "meshes")
        cls.full = cls.folder / "full.yaml"
        cls.full.write_text(FULL_DRILL, encoding="utf-8")

    def read(self, file):
        done = run("drill", "runbook", file)
        return done.returncode == 0, done.stderr

    def test_the_full_file_is_good(self):
        taken, said = self.read(self.full)
        self.assertTrue(taken, said)
        self.assertEqual(self.errors(load(self.full)), [])


if __name__ == "__main__":
    unittest.main()
