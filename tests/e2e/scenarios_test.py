"""Every drill of scenarios/ on a lab, with short phases: it passes where the mesh is sound, and fails where it is not."""

import json
import os
import re
import unittest
from pathlib import Path

from harness import KUBECTL, Lab, run

SCENARIOS = Path(os.environ.get("MESHDRILL_SOURCE_DIR", Path(__file__).resolve().parents[2])) / "scenarios"
SHORT = "phases: {baseline: 3s, fail: 20s, hold: 3s, restore: 60s, recovered: 2s}"


@unittest.skipUnless(KUBECTL, "there is no kubectl")
class ScenarioTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(clusters=2)
        self.addCleanup(self.lab.stop)
        self.lab.wait_ready(["lab-001", "lab-002"])

    def drill(self, name, *, expect=None):
        """The exit code and the reports of that scenario, its numbers made fit for seconds instead of minutes."""
        text = (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8")
        text = text.replace("cilium-00", "lab-00").replace("meshes/cern.yaml", str(self.lab.mesh_file))
        text = re.sub(r"^phases: .*$", SHORT, text, flags=re.M)
        text = re.sub(r"traffic: \{rate: \S+ ", f'traffic: {{rate: 50/s, dnsServers: ["{self.lab.dns_server}"], ', text)
        text = re.sub(r"traffic:\n  rate: \S+.*\n", f'traffic:\n  dnsServers: ["{self.lab.dns_server}"]\n', text)
        # Statistics are for real phases; outages on a busy machine as well.
        text = re.sub(r", balance: \{[^}]*\}", "", text)
        text = re.sub(r"outage: <= \d+s", "outage: <= 5s", text)
        text = re.sub(r"errors: <= [0-9.]+%", "errors: <= 20%", text)
        text = re.sub(r"(minSamples): \d+", r"\1: 100", text)
        for old, new in (expect or {}).items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.lab.folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        done = run("drill", "run", path, "--kubeconfig", self.lab.kubeconfig, "--journal",
                   self.lab.folder / "journal.jsonl", "-o", "json", "--junit", self.lab.folder / "junit.xml",
                   "--summary", self.lab.folder / "summary.md")
        self.stderr = done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if line]

    def passes(self, name, fault_class):
        code, reports = self.drill(name)
        self.assertEqual(code, 0, reports and reports[-1]["reason"] or self.stderr)
        for report in reports:
            self.assertEqual(report["verdict"], "pass", report["reason"])
            self.assertEqual(report["faultClass"], fault_class)
            self.assertTrue(report["notProved"])
        return reports

    def replicas(self, cluster):
        return self.lab.deployment(cluster)["spec"]["replicas"]


class Smoke(ScenarioTest):
    def test_it_changes_nothing(self):
        report = self.passes("smoke", "none")[0]
        self.assertFalse(report["restore"]["needed"])
        leases = json.loads(self.lab.kubectl("lab-001", "get", "leases", "-n", "kube-system", "-o", "json"))
        self.assertEqual([item for item in leases["items"] if item["metadata"]["name"] == "meshdrill"], [])

    def test_it_fails_where_an_ingress_serves_its_own_cluster_alone(self):
        self.lab.fault("ingress-down@lab-002")
        code, reports = self.drill("smoke")
        self.assertEqual(code, 1, reports[0]["reason"])


class Workload(ScenarioTest):
    def test_failover(self):
        self.passes("api-failover", "workload loss")
        self.assertEqual(self.replicas("lab-001"), 2)

    def test_affinity_local(self):
        for cluster in ("lab-001", "lab-002"):
            self.lab.kubectl(cluster, "annotate", "service", "api-service", "service.cilium.io/affinity=local")
        self.passes("affinity-local", "workload loss")


class Each(ScenarioTest):
    def test_each_cluster_in_turn(self):
        reports = self.passes("each-cluster", "workload loss")
        self.assertEqual([report["target"]["cluster"] for report in reports], ["lab-001", "lab-002"])
        for cluster in ("lab-001", "lab-002"):
            self.assertEqual(self.replicas(cluster), 2)
            # A file of each, and one summary of all.
            self.assertIn(f'name="{cluster}/hold/', (self.lab.folder / f"junit-{cluster}.xml").read_text(encoding="utf-8"))
        self.assertFalse((self.lab.folder / "junit.xml").exists())
        self.assertEqual((self.lab.folder / "summary.md").read_text(encoding="utf-8").count("## ✅ PASS"), 2)

    def test_the_first_failure_ends_it(self):
        self.lab.fault("no-service-upstream@lab-001")  # 503 once its own Pods are gone
        code, reports = self.drill("each-cluster")
        self.assertEqual(code, 1, reports[-1]["reason"])
        self.assertEqual([report["target"]["cluster"] for report in reports], ["lab-001"])


class Unshared(ScenarioTest):
    def annotation(self):
        service = json.loads(self.lab.kubectl("lab-001", "get", "service", "api-service", "-o", "json"))
        return service["metadata"].get("annotations", {}).get("service.cilium.io/shared")

    def test_the_others_take_over(self):
        before = self.annotation()
        self.passes("service-unshared", "service unshared")
        self.assertEqual(self.annotation(), before)

    def test_backends_that_stay_in_use_fail_it(self):
        self.lab.fault("propagation-delay=30s@lab-002")
        code, reports = self.drill("service-unshared")
        self.assertEqual(code, 1, reports[0]["reason"])
        self.assertIn("targetShare", [check["check"] for check in reports[0]["checks"] if check["outcome"] == "fail"])


class PodKill(ScenarioTest):
    def pods(self):
        listed = json.loads(self.lab.kubectl("lab-001", "get", "pods", "-o", "json"))
        return {pod["metadata"]["uid"] for pod in listed["items"]}

    def test_new_pods_take_their_place(self):
        before = self.pods()
        self.passes("pod-kill", "Pod loss")
        self.assertEqual(len(self.pods() & before), 1)
        self.assertEqual(len(self.pods()), 2)


class Infrastructure(ScenarioTest):
    """What the lab's ingress and its mesh rest on, taken away through the API."""

    def demand(self, namespace, labels):
        if not self.lab.kubectl("lab-001", "get", "deployments", "-n", namespace, "-l", labels, "-o", "name"):
            self.skipTest(f"this lab has nothing with the labels {labels}")

    def restored(self, namespace, name, replicas):
        deployment = json.loads(self.lab.kubectl("lab-001", "get", "deployment", name, "-n", namespace, "-o", "json"))
        self.assertEqual(deployment["spec"]["replicas"], replicas)

    def test_ingress_loss(self):
        self.demand("ingress-nginx", "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller")
        self.passes("ingress-loss", "ingress loss")
        self.restored("ingress-nginx", "ingress-nginx-controller", 1)

    def test_control_plane_loss(self):
        self.demand("kube-system", "k8s-app=clustermesh-apiserver")
        self.passes("control-plane-loss", "control-plane loss")
        self.restored("kube-system", "clustermesh-apiserver", 1)


del ScenarioTest  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()
