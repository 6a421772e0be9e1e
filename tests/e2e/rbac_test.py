#!/usr/bin/env python3
"""The roles of docs/rbac.md: each verb works under them, in a lab that obeys RBAC, and `status` misses each rule that is taken away.
$MESHDRILL is the binary."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

from drill_test import DRILL
from harness import KUBECTL, MESHDRILL, run, wait_for, watchdog_of
from status_lab import CLUSTERS, NAMESPACE, StatusLab

DOCUMENT = Path(os.environ.get("MESHDRILL_SOURCE_DIR", ".")) / "docs/rbac.md"
USER = "op"


def roles(verb):
    section = DOCUMENT.read_text(encoding="utf-8").split(f"\n## {verb}\n")[1].split("\n## ")[0]
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.S)]


@unittest.skipUnless(KUBECTL, "no kubectl")
class Roles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = StatusLab(clusters=2)
        config = yaml.safe_load(cls.lab.kubeconfig.read_text())
        for user in config["users"]:
            user["user"] = {"token": f"lab-user-{USER}"}
        cls.kubeconfig = cls.lab.folder / "restricted"
        cls.kubeconfig.write_text(yaml.safe_dump(config))
        cls.kubeconfig.chmod(0o600)

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    def grant(self, granted):
        """Gives the user these roles, and no others, in every cluster."""
        for cluster in self.lab.clusters:
            for kind in ("rolebindings", "clusterrolebindings"):
                for one in json.loads(self.lab.kubectl(cluster, "get", kind, "-A", "-o", "json"))["items"]:
                    namespace = one["metadata"].get("namespace")
                    self.lab.kubectl(cluster, *(("-n", namespace) if namespace else ()), "delete", kind, one["metadata"]["name"])
            for role in granted:
                binding = {"apiVersion": role["apiVersion"], "kind": role["kind"] + "Binding", "metadata": role["metadata"],
                           "subjects": [{"kind": "User", "name": USER, "apiGroup": "rbac.authorization.k8s.io"}],
                           "roleRef": {"kind": role["kind"], "name": role["metadata"]["name"], "apiGroup": "rbac.authorization.k8s.io"}}
                self.lab.pipe(cluster, "apply", role)
                self.lab.pipe(cluster, "apply", binding)

    def status(self):
        done = run("status", "--kubeconfig", self.kubeconfig, "-f", self.lab.mesh_file, "--no-dns", "-o", "json")
        return done.returncode, json.loads(done.stdout)

    def all_is_read(self, stack):
        """Puts the clusters into a state in which each of the reads is made."""
        gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "metadata": {"name": "spare", "namespace": "default"}}
        labels = {"k8s-app": "cilium-envoy"}
        envoy = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "cilium-envoy", "namespace": NAMESPACE},
                 "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                     "hostNetwork": True, "containers": [{"name": "cilium-envoy", "image": "quay.io/cilium/cilium-envoy:v1.34"}]}}}}
        for cluster in self.lab.clusters:
            stack.enter_context(self.lab.created(cluster, dict(gateway, kind="HTTPRoute", spec={"rules": []})))
            stack.enter_context(self.lab.created(cluster, envoy))
            stack.enter_context(self.lab.annotated(cluster, "namespace", "default", {"clustermesh.cilium.io/global": "true"}))
            stack.enter_context(self.lab.configured(cluster, clustermesh_default_global_namespace="false", external_envoy_proxy="true"))

    def test_status(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.all_is_read(stack)
        granted = roles("status")
        self.grant([])
        self.assertEqual(self.status()[0], 6)
        self.grant(granted)
        code, document = self.status()
        self.assertEqual((code, document["findings"]), (0, []))
        # Two stand in for each other.
        spare = ["pods/exec", "pods/proxy"]
        for role in granted:
            rules = role["rules"]
            for rule in list(rules):
                if rule["resources"][0] in spare:
                    continue
                role["rules"] = [one for one in rules if one is not rule]
                self.grant(granted)
                with self.subTest(rule["resources"][0]):
                    code, document = self.status()
                    self.assertEqual(code, 6, document["findings"])
                    missing = {one["rule"] for cluster in document["clusters"] for one in cluster["unread"]}
                    self.assertEqual({yaml.safe_load(text)["resources"][0] for text in missing}, {rule["resources"][0]})
                    self.assertTrue(all(yaml.safe_load(text) == rule for text in missing), missing)
            role["rules"] = rules
        in_namespace = granted[1]
        for gone, code in ((spare[:1], 0), (spare[1:], 0), (spare, 6)):
            self.grant([granted[0], dict(in_namespace, rules=[one for one in in_namespace["rules"] if one["resources"][0] not in gone])])
            with self.subTest(gone):
                self.assertEqual(self.status()[0], code)

    def test_drill_and_recover(self):
        target = CLUSTERS[0]
        drill = self.lab.folder / "drill.yaml"
        journal = self.lab.folder / "journal.jsonl"
        command = ["drill", "run", str(drill), "--journal", str(journal), "-o", "json"]
        drill.write_text(DRILL.format(mesh=self.lab.mesh_file, dns=self.lab.dns_server, hold="60s"))
        # Killed while it holds, with rights of its own; put back with no more than recover's.
        holding = subprocess.Popen([MESHDRILL, *command, "--kubeconfig", str(self.lab.kubeconfig)], stdout=subprocess.DEVNULL)
        self.addCleanup(holding.kill)
        wait_for(lambda: journal.exists() and '"scale-down"' in journal.read_text(), "the workload to be taken away")
        os.kill(watchdog_of(holding.pid), signal.SIGKILL)  # which would put it back with the same rights
        holding.kill()
        holding.wait()
        self.grant([])
        self.assertNotEqual(run("recover", "-f", self.lab.mesh_file, "--kubeconfig", self.kubeconfig).returncode, 0)
        self.grant(roles("recover"))
        done = run("recover", "-f", self.lab.mesh_file, "--kubeconfig", self.kubeconfig)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{target}: restored", done.stdout)
        self.lab.wait_ready(self.lab.clusters)
        journal.unlink()
        drill.write_text(DRILL.format(mesh=self.lab.mesh_file, dns=self.lab.dns_server, hold="3s"))
        self.grant([])
        self.assertEqual(run(*command, "--kubeconfig", self.kubeconfig).returncode, 3)
        journal.unlink(missing_ok=True)
        self.grant(roles("drill"))
        done = run(*command, "--kubeconfig", self.kubeconfig)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
