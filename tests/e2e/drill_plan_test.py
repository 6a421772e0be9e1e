"""What is said about a drill before it is run: plan, runbook, owners, who holds the lock."""

import json
import subprocess
import unittest

from drill_test import DRILL
from harness import KUBECTL, MESHDRILL, PATIENCE, Lab, run, wait_for


@unittest.skipUnless(KUBECTL, "there is no kubectl")
class PlanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(clusters=2)
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.wait_ready(["lab-001", "lab-002"])

    def write_drill(self, name="drill.yaml", **replacements):
        text = DRILL.format(mesh=self.lab.mesh_file, dns=self.lab.dns_server, hold="3s")
        for old, new in replacements.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.lab.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self, drill, *arguments):
        return run("drill", "plan", drill, "--kubeconfig", self.lab.kubeconfig, *arguments)

    def versions(self):
        """resourceVersions of all that a drill could touch."""
        seen = []
        for cluster in ("lab-001", "lab-002"):
            for kind in ("deployments", "services", "leases"):
                listed = json.loads(self.lab.kubectl(cluster, "get", kind, "-A", "-o", "json"))
                seen += [(cluster, kind, item["metadata"]["name"], item["metadata"]["resourceVersion"])
                         for item in listed["items"]]
        return seen


class Plan(PlanTest):
    def test_every_write_in_order_and_the_way_back(self):
        drill = self.write_drill()
        before = self.versions()
        done = self.plan(drill, "-o", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.versions(), before)  # nothing was written
        plan = json.loads(done.stdout)["plans"][0]
        self.assertEqual(plan["faultClass"], "workload loss")
        whats = [write["what"] for write in plan["writes"]]
        fault = whats.index("deployment default/api-service to 0 replicas")
        self.assertLess(whats.index("write down what is to be put back"), fault)
        self.assertLess(fault, whats.index("deployment default/api-service to 2 replicas"))
        self.assertTrue(all(write["allowed"] for write in plan["writes"]))
        self.assertEqual(plan["writes"][fault]["right"], "update deployments.apps/scale in namespace default")
        self.assertEqual(plan["restore"],
                         ["kubectl --context lab-001 -n default scale deployment/api-service --replicas=2"])
        # The command does what it says: a drill by hand, with nothing but what plan printed.
        kubeconfig = ["--kubeconfig", str(self.lab.kubeconfig)]
        for command, replicas in ((plan["writes"][fault]["command"], 0), (plan["restore"][0], 2)):
            subprocess.run([KUBECTL, *kubeconfig, *command.split()[1:]], check=True, capture_output=True,
                           timeout=PATIENCE, env={"HOME": str(self.lab.folder)})
            self.assertEqual(self.lab.deployment("lab-001")["spec"].get("replicas"), replicas)
        self.lab.wait_ready(["lab-001"])

    def test_for_a_person(self):
        done = run("drill", "run", self.write_drill(), "--dry-run", "--kubeconfig", self.lab.kubeconfig)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for words in ("Plan of short: workload loss of lab-001", "Every write, in this order", "(allowed)",
                      "To undo it by hand", "meshdrill recover -f", "Nothing forbids it."):
            self.assertIn(words, done.stdout)

    def test_a_share_of_the_replicas_and_a_named_workload(self):
        done = self.plan(self.write_drill(**{"behind: {service: default/api-service}": "workloads: [api-service]",
                                             "scale: 0": "scale: 50%"}), "-o", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        plan = json.loads(done.stdout)["plans"][0]
        self.assertEqual(plan["faultClass"], "partial workload loss")
        self.assertIn("deployment default/api-service to 1 replica", [write["what"] for write in plan["writes"]])

    def test_each_cluster_has_a_plan_of_its_own(self):
        done = self.plan(self.write_drill(**{"cluster: lab-001": "cluster: each"}), "-o", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([plan["cluster"] for plan in json.loads(done.stdout)["plans"]], ["lab-001", "lab-002"])

    def refused(self, words, **replacements):
        done = self.plan(self.write_drill(**replacements))
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn(words, done.stdout)
        self.assertIn("It would be REFUSED.", done.stdout)

    def test_what_forbids_it(self):
        self.refused("there is no workload default/absent",
                     **{"behind: {service: default/api-service}": "workloads: [absent]"})
        self.refused("does not say what it is", **{"deadline: 4m": "deadline: 4m, environment: staging"})
        self.refused("does not allow drills", **{"deadline: 4m": "deadline: 4m, requireOptIn: true"})
        self.refused("of 9 demanded", **{"deadline: 4m": "deadline: 4m, minReadyElsewhere: 9"})
        self.refused("of the other clusters can serve", **{"deadline: 4m": "deadline: 4m, minHealthyClusters: 5"})
        self.refused("scaling to 5 would take no replica away", **{"scale: 0": "scale: 5"})

    def test_inputs(self):
        for words, replacements in (
                ("give one of scale, unshare", {"scale: 0": "scale: 0, unshare: true"}),
                ("says no workloads", {", behind: {service: default/api-service}": ""}),
                ("expected days and hours", {"deadline: 4m": "deadline: 4m, windows: [noon]"}),
                ("must be at least 1", {"deadline: 4m": "deadline: 4m, minReadyElsewhere: 0"})):
            done = self.plan(self.write_drill(**replacements))
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertRegex(done.stderr, r"drill\.yaml:\d+:\d+: error: .*" + words)

    def test_a_runbook_names_every_cluster_and_contacts_none(self):
        done = run("drill", "runbook", self.write_drill(), env={"KUBECONFIG": "/nonexistent", "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("# Drill short: workload loss of lab-001", "## 5. Restore", "kubectl --context lab-002",
                      "--current-replicas=WHAT_YOU_WROTE_DOWN --replicas=0", "What this does not prove"):
            self.assertIn(words, done.stdout)


class Owned(PlanTest):
    """Somebody else keeps the replicas: refused, with the object and the flag that allows it."""

    def owned(self, key, sign, undo):
        self.lab.kubectl("lab-001", *sign)
        try:
            done = self.plan(self.write_drill())
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn("Deployment default/api-service is kept by", done.stdout)
            self.assertIn(f"--allow-owner {key}", done.stdout)
            self.assertEqual(self.plan(self.write_drill(), "--allow-owner", key).returncode, 0)
            allowed = self.write_drill(**{"deadline: 4m": f"deadline: 4m, owners: {{{key}: allow}}"})
            self.assertEqual(self.plan(allowed).returncode, 0)
        finally:
            self.lab.kubectl("lab-001", *undo)

    def test_argo_cd(self):
        self.owned("argocd", ("annotate", "deployment", "api-service",
                              "argocd.argoproj.io/tracking-id=shop:apps/Deployment:default/api-service"),
                   ("annotate", "deployment", "api-service", "argocd.argoproj.io/tracking-id-"))

    def test_flux(self):
        labels = ("kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace")
        self.owned("flux", ("label", "deployment", "api-service", *(label + "=apps" for label in labels)),
                   ("label", "deployment", "api-service", *(label + "-" for label in labels)))


    def test_a_warning_stands_in_the_journal_and_in_the_report(self):
        self.lab.kubectl("lab-001", "annotate", "deployment", "api-service", "meta.helm.sh/release-name=shop")
        self.addCleanup(self.lab.kubectl, "lab-001", "annotate", "deployment", "api-service", "meta.helm.sh/release-name-")
        journal = self.lab.folder / "warned.jsonl"
        # Something else forbids the drill, so that it is over at once.
        drill = self.write_drill(**{"deadline: 4m": "deadline: 4m, minReadyElsewhere: 9"})
        done = run("drill", "run", drill, "--kubeconfig", self.lab.kubeconfig, "--journal", journal)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        entries = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        warned = [entry["check"] for entry in entries if entry["event"] == "preflight" and entry.get("warning")]
        self.assertIn("owners", warned)
        self.assertRegex(done.stdout, r"Warnings of the preflight\n(  .*\n)*  owners: Deployment default/api-service is kept by")
        self.assertRegex(done.stderr, r"preflight warning +Deployment default/api-service is kept by")


class Locked(PlanTest):
    def test_a_second_drill_is_told_who_has_the_mesh_and_since_when(self):
        drill = self.write_drill(**{"hold: 3s": "hold: 60s"})
        first = subprocess.Popen([MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(self.lab.kubeconfig),
                                  "--journal", str(self.lab.folder / "first.jsonl")],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(first.kill)
        journal = self.lab.folder / "first.jsonl"
        wait_for(lambda: journal.exists() and '"baseline"' in journal.read_text(encoding="utf-8"), "the first drill")
        run_id = json.loads(journal.read_text(encoding="utf-8").split("\n")[0])["run"]
        # Of another workload and another cluster: the mesh is one.
        other = self.write_drill("other.yaml", **{"cluster: lab-001": "cluster: lab-002", "name: short": "name: other"})
        second = run("drill", "run", other, "--kubeconfig", self.lab.kubeconfig,
                     "--journal", self.lab.folder / "second.jsonl")
        self.assertEqual(second.returncode, 3, second.stdout + second.stderr)
        self.assertRegex(second.stdout, rf"run {run_id} \(short of \S+\) holds the lock since \d{{4}}-\d\d-\d\dT")
        first.terminate()
        self.assertEqual(first.wait(PATIENCE * 2), 143)
        self.assertEqual(self.lab.deployment("lab-002")["spec"]["replicas"], 2)


del PlanTest  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()
