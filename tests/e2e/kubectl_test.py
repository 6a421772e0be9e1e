"""Real kubectl against the lab: every call an operator makes in a drill by hand.

Needs MESHDRILL (the binary); takes kubectl from KUBECTL or PATH. Exits 77 (skipped) when there is no kubectl.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import unittest

from harness import KUBECTL, MESHDRILL, PATIENCE, Lab, wait_for

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, labels: {{app: web}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: {image}
          ports: [{{containerPort: 80}}]
          volumeMounts: [{{name: pages, mountPath: /usr/share/nginx/html}}]
      volumes: [{{name: pages, configMap: {{name: pages}}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: pages}}
data: {{index.html: "Hello"}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{name: http, port: 8080, targetPort: 80}}]}}
"""


class KubectlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(clusters=3)
        # kubectl keeps what it discovered in the home folder: a fresh one sees this lab only.
        cls.env = dict(os.environ, KUBECONFIG=str(cls.lab.kubeconfig), HOME=str(cls.lab.folder))

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    def setUp(self):
        self.namespace = self._testMethodName.removeprefix("test_").replace("_", "-")
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        self.run_kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def command(self, *arguments):
        return [KUBECTL, "--context", "lab-001", "-n", self.namespace, *arguments]

    def run_kubectl(self, *arguments, stdin=None, code=0):
        """Runs it, expects this exit code, and returns what it printed: stdout, or stderr if it was to fail."""
        done = subprocess.run(
            self.command(*arguments), input=stdin, env=self.env, capture_output=True, text=True,
            timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stderr if code else done.stdout

    def get(self, *arguments):
        return json.loads(self.run_kubectl("get", *arguments, "-o", "json"))

    def apply_web(self, *arguments, replicas=2, image="nginx:1.27", code=0):
        manifest = WEB.format(replicas=replicas, image=image)
        return self.run_kubectl("apply", *arguments, "-f", "-", stdin=manifest, code=code)

    def wait_ready(self, replicas):
        def ready():
            return self.get("deployment", "web")["status"].get("readyReplicas", 0) == replicas

        wait_for(ready, f"{replicas} ready replicas")

    def replicas(self):
        return self.get("deployment", "web")["spec"]["replicas"]

    # get

    def test_get_tables(self):
        self.apply_web()
        self.wait_ready(2)
        headers = {
            "pods": "NAME READY STATUS RESTARTS AGE",
            "deployments": "NAME READY UP-TO-DATE AVAILABLE AGE",
            "services": "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE",
            "endpointslices": "NAME ADDRESSTYPE PORTS ENDPOINTS AGE",
            "configmaps": "NAME DATA AGE",
            "namespaces": "NAME STATUS AGE",
            "nodes": "NAME STATUS ROLES AGE VERSION",
        }
        for kind, header in headers.items():
            with self.subTest(kind=kind):
                lines = self.run_kubectl("get", kind).splitlines()
                self.assertEqual(lines[0].split(), header.split())
                self.assertGreater(len(lines), 1)
        lines = self.run_kubectl("get", "ingresses", "-n", "default").splitlines()
        self.assertEqual(lines[0].split(), "NAME CLASS HOSTS ADDRESS PORTS AGE".split())
        row = self.run_kubectl("get", "deployment", "web", "--no-headers").split()
        self.assertEqual(row[:4], ["web", "2/2", "2", "2"])
        pods = self.run_kubectl("get", "pods", "-l", "app=web", "--no-headers").splitlines()
        self.assertEqual([pod.split()[1:3] for pod in pods], [["1/1", "Running"]] * 2)

    def test_get_objects(self):
        self.apply_web()
        service = self.get("service", "web")
        self.assertEqual(service["spec"]["ports"][0]["targetPort"], 80)
        self.assertEqual(self.get("services")["kind"], "List")
        self.assertIn("\n  clusterIP: ", self.run_kubectl("get", "service", "web", "-o", "yaml"))
        self.assertEqual(self.run_kubectl("get", "deployments", "-o", "name").strip(), "deployment.apps/web")
        message = self.run_kubectl("get", "deployment", "nothing", code=1)
        self.assertIn('deployments.apps "nothing" not found', message)

    def test_get_watch(self):
        self.apply_web()
        self.wait_ready(2)
        command = self.command("get", "deployment", "web", "-w", "-o", "jsonpath={.spec.replicas}{'\\n'}")
        seen = queue.Queue()
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as watch:
            reader = threading.Thread(target=lambda: [seen.put(line.strip()) for line in watch.stdout])
            reader.start()
            try:
                self.assertEqual(seen.get(timeout=PATIENCE), "2")
                self.run_kubectl("scale", "deployment/web", "--replicas=1")
                wait_for(lambda: seen.get(timeout=PATIENCE) == "1", "the watch to show the scale")
            finally:
                watch.terminate()
                reader.join(PATIENCE)

    def test_get_watch_table(self):
        command = self.command("get", "configmaps", "-w", "--no-headers")
        seen = queue.Queue()
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as watch:
            reader = threading.Thread(target=lambda: [seen.put(line.split()) for line in watch.stdout])
            reader.start()
            try:
                self.apply_web()
                self.assertEqual(seen.get(timeout=PATIENCE)[:2], ["pages", "1"])
            finally:
                watch.terminate()
                reader.join(PATIENCE)

    # apply

    def test_apply_client_side(self):
        self.assertEqual(self.apply_web().splitlines(),
                         ["deployment.apps/web created", "configmap/pages created", "service/web created"])
        self.assertEqual(self.apply_web().splitlines(),
                         ["deployment.apps/web unchanged", "configmap/pages unchanged", "service/web unchanged"])
        self.assertIn("deployment.apps/web configured", self.apply_web(replicas=3))
        self.assertEqual(self.replicas(), 3)
        self.assertIn("deployment.apps/web configured", self.apply_web("--dry-run=server", replicas=1))
        self.assertEqual(self.replicas(), 3)

    def test_apply_server_side(self):
        for replicas in (2, 2, 3):
            self.assertIn("deployment.apps/web serverside-applied",
                          self.apply_web("--server-side", "--field-manager=helm", replicas=replicas))
            self.assertEqual(self.replicas(), replicas)
        message = self.apply_web("--server-side", "--field-manager=argocd", replicas=5, code=1)
        self.assertIn('Apply failed with 1 conflict: conflict with "helm": .spec.replicas', message)
        self.apply_web("--server-side", "--field-manager=argocd", "--force-conflicts", replicas=5)
        self.assertEqual(self.replicas(), 5)

    def test_apply_server_side_after_client_side(self):
        self.apply_web()
        self.assertIn("deployment.apps/web serverside-applied", self.apply_web("--server-side", replicas=4))
        self.assertEqual(self.replicas(), 4)

    def test_apply_after_scale(self):
        self.apply_web("--server-side", "--field-manager=helm")
        self.run_kubectl("scale", "deployment/web", "--replicas=0")
        self.apply_web("--server-side", "--field-manager=helm", replicas=3)
        self.assertEqual(self.replicas(), 3)

    def test_apply_generated(self):
        folder = self.lab.folder / "generated"
        mesh = self.lab.folder / "lab" / "mesh.yaml"
        subprocess.run([MESHDRILL, "generate", "-f", str(mesh), "-o", str(folder)], check=True, capture_output=True)
        manifests = sorted((folder / "lab-001" / "manifests").iterdir())
        self.assertTrue(manifests)
        for arguments in ([], ["--server-side", "--force-conflicts"]):
            for manifest in manifests:
                with self.subTest(manifest=manifest.name, arguments=arguments):
                    done = subprocess.run(
                        [KUBECTL, "--context", "lab-001", "apply", *arguments, "-f", str(manifest)], env=self.env,
                        capture_output=True, text=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)

    # change

    def test_scale(self):
        self.apply_web()
        self.wait_ready(2)
        self.run_kubectl("scale", "deployment/web", "--replicas=0")
        self.assertEqual(self.replicas(), 0)
        wait_for(lambda: not self.get("pods")["items"], "the Pods to go")

        message = self.run_kubectl("scale", "deployment/web", "--current-replicas=2", "--replicas=5", code=1)
        self.assertIn("Expected replicas to be 2, was 0", message)
        self.assertEqual(self.replicas(), 0)
        self.run_kubectl("scale", "deployment/web", "--current-replicas=0", "--replicas=2")
        self.wait_ready(2)

        version = self.get("deployment", "web")["metadata"]["resourceVersion"]
        self.run_kubectl("scale", "deployment/web", "--replicas=1")
        self.run_kubectl("scale", "deployment/web", f"--resource-version={version}", "--replicas=5", code=1)
        self.assertEqual(self.replicas(), 1)

    def test_patch(self):
        self.apply_web()
        strategic = {"spec": {"template": {"spec": {"containers": [
            {"name": "web", "env": [{"name": "COLOR", "value": "red"}]}]}}}}
        self.run_kubectl("patch", "deployment", "web", "-p", json.dumps(strategic))
        container = self.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(container["image"], "nginx:1.27")
        self.assertEqual(container["env"], [{"name": "COLOR", "value": "red"}])

        self.run_kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"spec": {"replicas": 1}}')
        self.assertEqual(self.replicas(), 1)
        operations = [{"op": "test", "path": "/spec/replicas", "value": 1},
                      {"op": "replace", "path": "/spec/replicas", "value": 3}]
        self.run_kubectl("patch", "deployment", "web", "--type=json", "-p", json.dumps(operations))
        self.assertEqual(self.replicas(), 3)
        self.run_kubectl("patch", "deployment", "web", "--type=json", "-p", json.dumps(operations), code=1)
        self.assertEqual(self.replicas(), 3)
        self.run_kubectl("patch", "service", "web", "--type=merge", "-p",
                         '{"metadata": {"annotations": {"service.cilium.io/global": "true"}}}')
        annotations = self.get("service", "web")["metadata"]["annotations"]
        self.assertEqual(annotations["service.cilium.io/global"], "true")

    def test_rollout_status(self):
        self.apply_web()
        done = self.run_kubectl("rollout", "status", "deployment/web", f"--timeout={PATIENCE}s")
        self.assertIn('deployment "web" successfully rolled out', done)
        self.apply_web(image="nginx:1.28")
        self.run_kubectl("rollout", "status", "deployment/web", f"--timeout={PATIENCE}s")
        pods = wait_for(lambda: [p for p in self.get("pods")["items"]
                                 if "deletionTimestamp" not in p["metadata"]], "Pods")
        self.assertEqual({pod["spec"]["containers"][0]["image"] for pod in pods}, {"nginx:1.28"})

    def test_delete(self):
        self.apply_web()
        self.wait_ready(2)
        pod = self.get("pods")["items"][0]["metadata"]["name"]
        self.run_kubectl("delete", "pod", pod)
        self.wait_ready(2)
        self.assertNotIn(pod, self.run_kubectl("get", "pods"))
        self.run_kubectl("delete", "deployment", "web")
        wait_for(lambda: not self.get("pods,replicasets")["items"], "all that the Deployment owned to go")
        self.run_kubectl("delete", "service/web", "configmap/pages")
        message = self.run_kubectl("delete", "service", "web", code=1)
        self.assertIn('services "web" not found', message)

    def test_auth_can_i(self):
        self.assertEqual(self.run_kubectl("auth", "can-i", "patch", "deployments", "--subresource=scale").strip(), "yes")
        self.assertEqual(self.run_kubectl("auth", "can-i", "create", "leases.coordination.k8s.io").strip(), "yes")


if __name__ == "__main__":
    if not KUBECTL:
        print("SKIPPED: no kubectl on PATH, and KUBECTL is not set")
        sys.exit(77)
    unittest.main(verbosity=2)
