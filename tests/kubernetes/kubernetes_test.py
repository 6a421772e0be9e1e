"""Everything that meshdrill relies on in Kubernetes, on two real API servers with their controllers: `./dev test kubernetes`.

Ends with one line `N passed, N failed`, which counts each of lib/kube's test cases and each drill.
"""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

import servers
import status_test
from servers import wait_for

MESHDRILL = os.environ["MESHDRILL"]
PATIENCE = 240

DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {{name: kubernetes}}
mesh: {mesh}
target: {{cluster: north, behind: {{service: default/{service}}}}}
fault: {fault}
traffic: {{rate: 20/s, connections: new, dnsServers: ["127.0.0.1:{dns}"]}}
phases: {{baseline: 5s, fail: 40s, hold: {hold}, restore: 90s, recovered: 3s}}
expect:
  baseline: {{everyClusterSeen: true, errors: <= 20%}}
  fail: {{outage: <= 10s}}
  hold: {hold_expects}
  restore: {{outage: <= 10s}}
  recovered: {{everyClusterSeen: true}}
guards: {{deadline: 5m, owners: {{hpa: {hpa}}}, abortIf: [{{errors: "> 95%", over: 10s}}]}}
"""

# What a drill needs to be allowed, by the words of RBAC.
DRILL_RULES = [
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "daemonsets"],
     "verbs": ["get", "list", "watch", "patch"]},
    {"apiGroups": ["apps"], "resources": ["deployments/scale", "statefulsets/scale"], "verbs": ["get", "update"]},
    {"apiGroups": ["events.k8s.io", ""], "resources": ["events"], "verbs": ["create", "patch"]},
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]},
]
IDENTITY_RULES = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}]

mesh = None
unit_cases = [0, 0]  # passed and failed of lib/kube's own


def setUpModule():
    global mesh
    mesh = servers.Mesh()


def tearDownModule():
    mesh.stop()


class LibKube(unittest.TestCase):
    def test_api(self):
        cluster = mesh.clusters[0]
        kubeconfig = mesh.folder / "north.kubeconfig"
        kubeconfig.write_text(json.dumps(servers.kubeconfig([cluster], "admin")), encoding="utf-8")
        done = subprocess.run([os.environ["LIVE_API_TESTS"]], stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False,
                              env=dict(os.environ, MESHDRILL_TEST_KUBECONFIG=str(kubeconfig)))
        print(done.stdout)
        counts = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", done.stdout)
        self.assertIsNotNone(counts, "the program of lib/kube's tests did not come to its end")
        unit_cases[0] += int(counts[1])
        unit_cases[1] += int(counts[2])
        self.assertEqual(done.returncode, 0)

    def test_a_continue_token_that_expired_is_refused_as_the_lab_refuses_it(self):
        cluster = mesh.clusters[0]
        for number in range(3):
            cluster.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"generateName": f"page-{number}-"}})
        first = cluster.get("/api/v1/namespaces/default/configmaps?limit=1")
        cluster.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"generateName": "later-"}})
        cluster.compact()
        status, answer = cluster.request(
            "GET", f"/api/v1/namespaces/default/configmaps?limit=1&continue={first['metadata']['continue']}")
        self.assertEqual((status, answer["reason"]), (410, "Expired"))


class DrillCase(unittest.TestCase):
    """What drills of all kinds need; no tests of its own."""

    def setUp(self):
        mesh.wait_ready("north")
        mesh.wait_ready("south")
        self.before = mesh.deployment("north")
        self.journal = mesh.folder / f"{self.id()}.jsonl"

    def write_drill(self, hold, fault, hpa):
        path = mesh.folder / "drill.yaml"
        hold_expects = "{targetShare: 0%, errors: <= 20%}" if "scale" in fault else "{errors: <= 20%}"
        path.write_text(DRILL.format(mesh=mesh.mesh_file, service=mesh.SERVICE, dns=mesh.names.port, hold=hold, fault=fault,
                                     hold_expects=hold_expects, hpa=hpa), encoding="utf-8")
        return path

    def start(self, hold="3s", fault="{scale: 0}", hpa="refuse", kubeconfig=None, journal=None):
        command = [MESHDRILL, "drill", "run", str(self.write_drill(hold, fault, hpa)), "--kubeconfig",
                   str(kubeconfig or mesh.kubeconfig), "--journal", str(journal or self.journal), "-o", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    def finish(self, process):
        stdout, stderr = process.communicate(timeout=PATIENCE)
        self.assertTrue(stdout, stderr)
        return process.returncode, json.loads(stdout)

    def wait_for_entry(self, process, event, **fields):
        def seen():
            if process.poll() is not None:
                raise AssertionError(f"the drill ended with {process.returncode}: {process.stdout.read()} {process.stderr.read()}")
            lines = self.journal.read_text(encoding="utf-8").split("\n")[:-1] if self.journal.exists() else []
            entries = [json.loads(line) for line in lines]
            return any(entry["event"] == event and all(entry.get(k) == v for k, v in fields.items()) for entry in entries)
        wait_for(seen, f"{event} {fields} in the journal")

    def recover(self):
        return subprocess.run([MESHDRILL, "recover", "-f", str(mesh.mesh_file), "--kubeconfig", str(mesh.kubeconfig)],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)

    def assert_restored(self):
        now = mesh.deployment("north")
        self.assertEqual(now["metadata"]["uid"], self.before["metadata"]["uid"])
        self.assertEqual(now["spec"]["replicas"], self.before["spec"]["replicas"])


class Drill(DrillCase):
    def owners(self):
        """Who owns spec.replicas: (manager, operation, subresource) each."""
        return {(entry["manager"], entry["operation"], entry.get("subresource", ""))
                for entry in mesh.deployment("north")["metadata"].get("managedFields", [])
                if "f:replicas" in entry["fieldsV1"].get("f:spec", {})}

    def test_a_drill_passes_and_gives_everything_back(self):
        owners = self.owners()
        code, report = self.finish(self.start())
        self.assertEqual(code, 0, report["reason"])
        self.assertTrue(report["restore"]["verified"])
        self.assert_restored()
        for cluster in mesh.clusters:
            lease = cluster.get("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/meshdrill")
            self.assertFalse(lease["spec"].get("holderIdentity"))
            self.assertNotIn("meshdrill.io/record", lease["metadata"].get("annotations", {}))
        self.assertEqual(self.owners(), owners)

    def test_the_next_server_side_apply_of_the_owner_goes_through(self):
        cluster = mesh.cluster("north")
        path = f"/apis/apps/v1/namespaces/default/deployments/{mesh.SERVICE}?fieldManager=helm&force="
        # Only a forced change takes a field from those who had it; the same value would be owned by both.
        for replicas in (3, 2):
            manifest = mesh.deployment_manifest(replicas)
            cluster.must("PATCH", path + "true", manifest, "application/apply-patch+yaml")
            mesh.wait_ready("north")
        code, report = self.finish(self.start())
        self.assertEqual(code, 0, report["reason"])
        manifest["spec"]["replicas"] = 3
        cluster.must("PATCH", path + "false", manifest, "application/apply-patch+yaml")
        mesh.wait_ready("north")
        manifest["spec"]["replicas"] = 2
        cluster.must("PATCH", path + "false", manifest, "application/apply-patch+yaml")

    def test_an_autoscaler_that_wakes_after_the_restore_is_no_interference(self):
        cluster = mesh.cluster("north")
        path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
        cluster.must("POST", path, {
            "metadata": {"name": "api"},
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": mesh.SERVICE},
                     "minReplicas": 2, "maxReplicas": 4}})
        self.addCleanup(self.scale_back)
        self.addCleanup(cluster.must, "DELETE", f"{path}/api")
        code, report = self.finish(self.start(journal=mesh.folder / "owned.jsonl"))
        self.assertEqual(code, 3, report["reason"])
        self.assertIn("HorizontalPodAutoscaler", report["reason"])
        process = self.start(hpa="allow", hold="10s")
        self.wait_for_entry(process, "phase", phase="hold")
        # It sleeps while the count is 0; once awake it makes 3 of the 2 that the restore puts back.
        cluster.must("PATCH", f"{path}/api", {"spec": {"minReplicas": 3}}, "application/merge-patch+json")
        code, report = self.finish(process)
        self.assertEqual(code, 0, report["reason"])
        self.assertTrue(report["restore"]["verified"])
        wait_for(lambda: mesh.deployment("north")["spec"]["replicas"] == 3, "the autoscaler")

    def scale_back(self):
        mesh.cluster("north").must("PATCH", f"/apis/apps/v1/namespaces/default/deployments/{mesh.SERVICE}/scale",
                                   {"spec": {"replicas": 2}}, "application/merge-patch+json")

    def pods(self):
        return {pod["metadata"]["uid"] for pod in mesh.cluster("north").get("/api/v1/namespaces/default/pods")["items"]}

    def test_half_of_the_pods_are_deleted_and_made_anew(self):
        before = self.pods()
        code, report = self.finish(self.start(fault="{deletePods: 50%}"))
        self.assertEqual(code, 0, report["reason"])
        self.assertEqual((len(before), len(self.pods()), len(before & self.pods())), (2, 2, 1))

    def test_a_service_is_unshared_and_shared_again(self):
        cluster = mesh.cluster("north")
        path = f"/api/v1/namespaces/default/services/{mesh.SERVICE}"
        annotations = cluster.get(path)["metadata"]["annotations"]
        process = self.start(fault="{unshare: true}", hold="8s")
        self.wait_for_entry(process, "phase", phase="hold")
        self.assertEqual(cluster.get(path)["metadata"]["annotations"]["service.cilium.io/shared"], "false")
        code, report = self.finish(process)
        self.assertTrue(report["restore"]["verified"], report["reason"])
        self.assertEqual(code, 0, report["reason"])
        self.assertEqual(cluster.get(path)["metadata"]["annotations"], annotations)

    def test_killed_and_recovered(self):
        process = self.start(hold="120s")
        self.wait_for_entry(process, "phase", phase="hold")
        self.assertEqual(mesh.deployment("north")["spec"]["replicas"], 0)
        process.kill()
        process.communicate()
        done = self.recover()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_restored()
        again = self.recover()
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("north: clean", again.stdout)

    def test_a_second_drill_is_refused_while_the_first_one_runs(self):
        first = self.start(hold="120s")
        self.wait_for_entry(first, "phase", phase="hold")
        generation = mesh.deployment("north")["metadata"]["generation"]
        code, report = self.finish(self.start(journal=mesh.folder / "second.jsonl"))
        self.assertEqual(code, 3, report["reason"])
        self.assertEqual(mesh.deployment("north")["metadata"]["generation"], generation)
        first.send_signal(signal.SIGINT)
        code, report = self.finish(first)
        self.assertEqual(code, 130, report["reason"])
        self.assert_restored()

    def test_the_api_server_restarts_while_the_target_is_away(self):
        cluster = mesh.cluster("north")
        process = self.start(hold="25s")
        self.wait_for_entry(process, "phase", phase="hold")
        api = next(p for p in cluster.processes if "kube-apiserver" in p.args[0])
        api.kill()
        api.wait()
        cluster.processes.remove(api)
        cluster.start_api()
        code, report = self.finish(process)
        self.assertTrue(report["restore"]["verified"], report["reason"])
        self.assertIn(code, (0, 4, 6), report["reason"])
        self.assert_restored()


class Rights(DrillCase):
    """Who lacks a right is told which, before anything is changed."""

    def refused(self, user, rules, words):
        kubeconfig = mesh.add_user(user, rules, IDENTITY_RULES)
        code, report = self.finish(self.start(kubeconfig=kubeconfig, journal=mesh.folder / f"{user}.jsonl"))
        self.assertEqual(code, 3, report["reason"])
        self.assertIn(words, report["reason"])
        self.assertEqual(mesh.deployment("north")["metadata"]["generation"], self.before["metadata"]["generation"])

    def without(self, resource):
        rules = [dict(rule, resources=[r for r in rule["resources"] if r != resource]) for rule in DRILL_RULES]
        return [rule for rule in rules if rule["resources"]]

    def test_all_the_rights_that_are_written_down_are_enough(self):
        kubeconfig = mesh.add_user("all-rights", DRILL_RULES, IDENTITY_RULES)
        code, report = self.finish(self.start(kubeconfig=kubeconfig))
        self.assertEqual(code, 0, report["reason"])
        self.assert_restored()

    def test_who_may_not_scale(self):
        rules = self.without("deployments/scale")
        self.refused("no-scale", rules, "may not get deployments.apps/scale")
        read_scale = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"]}
        self.refused("only-read-scale", rules + [read_scale], "may not update deployments.apps/scale")

    def test_who_may_not_lock(self):
        self.refused("no-lock", self.without("leases"), "leases.coordination.k8s.io")

    def test_who_may_not_see_endpoints(self):
        self.refused("no-endpoints", self.without("endpointslices"), "endpointslices")


def load_tests(loader, tests, _pattern):
    tests.addTests(loader.loadTestsFromModule(status_test))
    return tests


def main():
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    failed = len({test.id() for test, _ in result.failures + result.errors})
    # lib/kube's cases count one by one, in the place of the one test that ran them.
    passed = result.testsRun - failed - len(result.skipped)
    ran_units = sum(unit_cases) > 0
    if ran_units and unit_cases[1] > 0:
        failed += unit_cases[1] - 1
        passed += unit_cases[0]
    elif ran_units:
        passed += unit_cases[0] - 1
    sys.stdout.flush()
    sys.stderr.flush()
    print(f"{max(passed, 0)} passed, {failed} failed", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
