"""`meshdrill init`: a file from flags, and from clusters that live in the lab; both must pass `meshdrill check`."""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

from harness import KUBECTL, Lab, run

NAMESPACE = "kube-system"


def config(number, **changes):
    """The ConfigMap that the chart makes of a cluster's values."""
    data = {"cluster-name": f"east-{number}", "cluster-id": str(number + 10), "max-connected-clusters": "255",
            "enable-ipv4": "true", "enable-ipv6": "false", "ipam": "cluster-pool",
            "cluster-pool-ipv4-cidr": f"10.{number + 50}.0.0/16", "cluster-pool-ipv4-mask-size": "25",
            "routing-mode": "native", "ipv4-native-routing-cidr": "10.0.0.0/8", "kube-proxy-replacement": "true"}
    data.update(changes)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cilium-config", "namespace": NAMESPACE},
            "data": data}


def agents(version):
    pod = {"containers": [{"name": "cilium-agent", "image": f"quay.io/cilium/cilium:v{version}@sha256:{'0' * 64}"}]}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "cilium", "namespace": NAMESPACE},
            "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}},
                     "template": {"metadata": {"labels": {"k8s-app": "cilium"}}, "spec": pod}}}


def node(number, pods="10.9.0.0/24"):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"worker-{number}"},
            "spec": {"podCIDRs": [pods]}}


def apiserver(port):
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "clustermesh-apiserver", "namespace": NAMESPACE},
            "spec": {"type": "NodePort", "selector": {"k8s-app": "clustermesh-apiserver"},
                     "ports": [{"port": 2379, "targetPort": 2379, "nodePort": port}]}}


def cilium_node(name, pods):
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumNode", "metadata": {"name": name},
            "spec": {"ipam": {"podCIDRs": pods}}}


class FromFlags(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-init-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "mesh.yaml"

    def test_what_is_written_passes_check(self):
        for arguments in (["--cluster", "north"], ["--cluster", "north=n@example", "--cluster", "no", "--cluster", "010"],
                          ["--cluster", "a", "--cluster", "b", "--pool", "fd00:10::/96", "--cilium-version", "1.16.0"],
                          ["--cluster", "a", "--cluster", "b", "--host", "api.example.org", "--service", "shop/web",
                           "--pool", "10.64.0.0/10", "--pool", "fd00::/64"]):
            with self.subTest(arguments=arguments):
                done = run("init", "--name", "shop", *arguments, "-o", self.file, "--force")
                self.assertEqual(done.returncode, 0, done.stderr)
                checked = run("check", self.file, "-o", "json")
                self.assertEqual(checked.returncode, 0, checked.stdout)
                report = json.loads(checked.stdout)
                self.assertEqual(report["errors"], 0)
                names = [a.split("=")[0] for before, a in zip(arguments, arguments[1:]) if before == "--cluster"]
                self.assertEqual([cluster["name"] for cluster in report["clusters"]], names)
                self.assertIn("  # ", self.file.read_text(encoding="utf-8"))

    def test_five_hundred_clusters_have_room(self):
        clusters = [word for i in range(255) for word in ("--cluster", f"c{i}")]
        self.assertEqual(run("init", *clusters, "-o", self.file).returncode, 0)
        self.assertEqual(run("check", self.file).returncode, 0)

    def test_stdout(self):
        done = run("init", "--cluster", "north", "-o", "-", cwd=self.folder)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(yaml.safe_load(done.stdout)["clusters"][0]["name"], "north")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_nothing_is_overwritten(self):
        self.file.write_text("mine\n", encoding="utf-8")
        done = run("init", "--cluster", "north", "-o", self.file)
        self.assertEqual(done.returncode, 3)
        self.assertIn("--force", done.stderr)
        self.assertEqual(self.file.read_text(encoding="utf-8"), "mine\n")

    def test_wrong_flags_write_nothing(self):
        for arguments, message in ((["--cluster", "North"], "lower-case"), ([], "--cluster NAME"),
                                   (["--cluster", "a", "--cluster", "a"], "a"),
                                   (["--cluster", "a", "--context", "b"], "either"),
                                   (["--cluster", "a", "--pool", "10.0.0.5/8"], "--pool"),
                                   (["--cluster", "a", "--cluster", "b", "--pool", "10.0.0.0/24"], "too small"),
                                   (["--cluster", "a", "--cilium-version", "1.2"], "version"),
                                   (["--cluster", "a", "--host", "no host"], "host")):
            with self.subTest(arguments=arguments):
                done = run("init", *arguments, "-o", self.file)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertFalse(self.file.exists())


@unittest.skipUnless(KUBECTL, "no kubectl")
class FromLiveClusters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(clusters=2)
        for number, version in ((1, "1.18.0"), (2, "1.17.5")):
            # What the lab has of its own would be merged with what these tests want.
            for kind, name in (("configmap", "cilium-config"), ("daemonset", "cilium"), ("service", "clustermesh-apiserver"),
                               ("ciliumnodes", "--all")):
                cls.lab.kubectl(f"lab-00{number}", "-n", NAMESPACE, "delete", kind, name)
            objects = [config(number), agents(version), node(number), apiserver(32380 + number),
                       cilium_node(f"worker-{number}", [f"10.{number + 50}.0.0/25"])]
            for one in objects:
                cls.apply(f"lab-00{number}", one)

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    @classmethod
    def apply(cls, cluster, one):
        done = subprocess.run([KUBECTL, "--kubeconfig", str(cls.lab.kubeconfig), "--context", cluster, "apply",
                               "--validate=false", "-f", "-"], input=json.dumps(one), text=True, capture_output=True,
                              check=False, env={"HOME": str(cls.lab.folder), "PATH": "/usr/bin:/bin"})
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def init(self, *arguments):
        return run("init", "--kubeconfig", self.lab.kubeconfig, "--context", "lab-001", "--context", "lab-002",
                   *arguments)

    def test_an_existing_mesh_gets_its_file(self):
        file = self.lab.folder / "live.yaml"
        done = self.init("-o", file, "--name", "east")
        self.assertEqual(done.returncode, 0, done.stderr)
        mesh = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.assertEqual(mesh["cilium"]["version"], "1.18.0")
        self.assertEqual(mesh["addressing"], {"ipv4": {"node": 25}})
        self.assertEqual(mesh["routing"], {"mode": "native", "ipv4NativeRoutingCIDR": "10.0.0.0/8"})
        first, second = mesh["clusters"]
        self.assertEqual((first["name"], first["context"], first["id"]), ("east-1", "lab-001", 11))
        self.assertEqual(first["podCIDRs"], ["10.51.0.0/16"])
        addresses = self.lab.kubectl("lab-001", "get", "nodes", "-o", "jsonpath={..status.addresses[*].address}").split()
        self.assertTrue(first["nodes"])
        self.assertLessEqual(set(first["nodes"]), set(addresses))
        self.assertEqual(first["apiserver"], {"type": "NodePort", "ips": first["nodes"][:3], "port": 32381})
        self.assertTrue(first["ingress"])
        self.assertEqual(second["cilium"], {"version": "1.17.5"})
        self.assertNotIn("routing", second)
        self.assertEqual([s["name"] for s in mesh["services"]], ["api-service"])
        self.assertEqual(mesh["ingress"]["service"], "default/api-service")
        self.assertEqual(run("check", file).returncode, 0)

    def test_an_api_that_fails_is_named(self):
        self.lab.fault("api-500@lab-002")
        self.addCleanup(self.lab.fault, "api-500@lab-002", "--off")
        done = self.init("-o", "-")
        self.assertEqual(done.returncode, 2)
        self.assertIn("lab-002: could not read Cilium's settings (ConfigMap cilium-config)", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_clusters_that_are_no_sound_mesh_are_written_and_judged(self):
        self.apply("lab-002", config(2, **{"cluster-id": "11"}))
        self.addCleanup(self.apply, "lab-002", config(2))
        file = self.lab.folder / "twice.yaml"
        done = self.init("-o", file)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("do not make a sound mesh", done.stderr)
        self.assertEqual([c["id"] for c in yaml.safe_load(file.read_text(encoding="utf-8"))["clusters"]], [11, 11])

    def test_kubernetes_ipam_takes_what_the_nodes_have(self):
        self.apply("lab-001", config(1, ipam="kubernetes"))
        self.addCleanup(self.apply, "lab-001", config(1))
        mesh = yaml.safe_load(self.init("-o", "-").stdout)
        self.assertEqual(mesh["clusters"][0]["podCIDRs"], ["10.9.0.0/24"])

    def test_wrong_contexts_write_nothing(self):
        for arguments in (("--context", "nobody"), ("--namespace", "elsewhere"), ("--pool", "10.0.0.0/8")):
            with self.subTest(arguments=arguments):
                file = self.lab.folder / "none.yaml"
                done = self.init(*arguments, "-o", file)
                self.assertEqual(done.returncode, 2)
                self.assertTrue(done.stderr)
                self.assertFalse(file.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
