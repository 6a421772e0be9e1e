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
    bad = []

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


class Drill(Agreement, unittest.TestCase):
    kind = "drill"
    good = sorted((SOURCE / "scenarios").glob("*.yaml"))
    bad = []
    full = SOURCE / "scenarios/api-failover.yaml"

    def read(self, file):
        done = run("drill", "runbook", file)
        return done.returncode == 0, done.stderr

    def test_what_is_bad(self):
        self.skipTest("each value of a full file is spoilt instead")


if __name__ == "__main__":
    unittest.main()
