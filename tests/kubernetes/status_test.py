"""`meshdrill status` on two real API servers that hold what Cilium's chart, its agents and its operator leave there.

Part of `./dev test kubernetes`. What it shows: the reads are ones that a real API server answers, over its own exec proxy too; each
of the findings below appears there and alone; and the roles of docs/rbac.md are enough under real RBAC and none of their rules is
superfluous. What it does not show: no node runs, so the agents' words and the Pods' readiness are written by the test.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

import cilium
import servers
from servers import wait_for

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from status_lab import SERVER_NAMES, Authority, leaves_of, secret_data  # noqa: E402

MESHDRILL = os.environ["MESHDRILL"]
PATIENCE = 120
HOST = "api.kubernetes.test"
SERVICE = servers.Mesh.SERVICE
MERGE = "application/merge-patch+json"

mesh = None
shapes = {}
execs = {}
custom = {}  # cilium.Extension of each cluster


def kubectl(cluster, *arguments, text=None):
    done = subprocess.run(["kubectl", "--kubeconfig", str(mesh.kubeconfig), "--context", cluster, *arguments], input=text,
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def apply(cluster, objects):
    kubectl(cluster, "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def write_status(cluster, path, status):
    mesh.cluster(cluster).must("PATCH", f"{path}/status", {"status": status}, MERGE)


DEFAULT = "/apis/networking.k8s.io/v1/namespaces/default"
ROUTES = "gateway.networking.k8s.io/v1/httproutes"
SYSTEM = "/api/v1/namespaces/kube-system"


def write_statuses(name):
    """What the node and the ingress controller would write."""
    shape = shapes[name]
    address = mesh.addresses[shape.number - 1]
    write_status(name, f"/api/v1/nodes/{cilium.NODE}", {
        "addresses": [{"type": "Hostname", "address": "localhost"}, {"type": "InternalIP", "address": shape.node_address}],
        "conditions": [cilium.condition("Ready")], "nodeInfo": {key: "" for key in (
            "machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeProxyVersion",
            "operatingSystem", "architecture")} | {"kubeletVersion": f"v{servers.VERSION}"},
        "daemonEndpoints": {"kubeletEndpoint": {"Port": execs[name].port}}})
    write_status(name, f"{DEFAULT}/ingresses/{SERVICE}", {"loadBalancer": {"ingress": [{"ip": address}]}})


def install(name, authority):
    roles = (("server", "clustermesh-apiserver.cilium.io", SERVER_NAMES), ("remote", "remote", ()),
             ("local", f"local-{name}", ()), ("admin", f"admin-{name}", ()))
    certificates = {}
    for role, user, names in roles:
        certificate, key = authority.issue(user, names)
        certificates[role] = {"ca.crt": authority.certificate(), "tls.crt": certificate, "tls.key": key}
    peers = [shape for shape in shapes.values() if shape.name != name]
    apply(name, cilium.objects(shapes[name], peers, certificates) + [cilium.ingress(HOST, SERVICE)])
    apply(name, custom[name].registration())
    wait_for(lambda: all(mesh.cluster(name).request("GET", f"/apis/{kind}")[0] == 200 for kind in custom[name].objects),
             "the extension's kinds")
    write_statuses(name)


def setUpModule():
    global mesh
    mesh = servers.Mesh()
    try:
        authority = Authority(mesh.folder)
        names = [cluster.name for cluster in mesh.clusters]
        for number, cluster in enumerate(mesh.clusters, 1):
            shapes[cluster.name] = cilium.Shape(cluster.name, number)
            cluster.authority.issue("kubelet", "/CN=kubelet", "DNS:localhost")
            execs[cluster.name] = cilium.Execs(cluster.folder / "kubelet.pem", cluster.folder / "kubelet.key",
                                               [name for name in names if name != cluster.name])
            execs[cluster.name].start()
            custom[cluster.name] = cilium.Extension(
                cluster.folder / "kubelet.pem", cluster.folder / "kubelet.key",
                cilium.custom_objects(shapes[cluster.name], f"gateway.{HOST}", SERVICE, mesh.addresses[number - 1]))
            custom[cluster.name].start()
        for name in names:
            install(name, authority)
        wait_for(lambda: status()[0] == 0, "a healthy mesh")
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    for server in (*execs.values(), *custom.values()):
        server.stop()
    mesh.stop()


def run_status(*arguments, kubeconfig=None):
    chosen = [word for cluster in mesh.clusters for word in ("--context", cluster.name)]
    return subprocess.run([MESHDRILL, "status", "--kubeconfig", str(kubeconfig or mesh.kubeconfig), "--no-dns", *chosen, *arguments],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)


def status(*arguments, kubeconfig=None):
    """The exit code and the document."""
    done = run_status("-o", "json", *arguments, kubeconfig=kubeconfig)
    if not done.stdout:
        raise AssertionError(done.stderr)
    return done.returncode, json.loads(done.stdout)


def found():
    return [(finding["rule"], finding["cluster"]) for finding in status()[1]["findings"]]


@contextlib.contextmanager
def patched(cluster, path, patch, subresource=""):
    api = mesh.cluster(cluster)
    undo = leaves_of(api.get(path), patch)
    api.must("PATCH", path + subresource, patch, MERGE)
    try:
        yield
    finally:
        api.must("PATCH", path + subresource, undo, MERGE)


@contextlib.contextmanager
def saying(cluster, peer, state):
    execs[cluster].states[peer] = state
    try:
        yield
    finally:
        execs[cluster].states[peer] = "ready"


@contextlib.contextmanager
def holding(cluster, kind, objects):
    """The extension of the cluster has these objects of a kind, and no others."""
    before = custom[cluster].objects[kind]
    custom[cluster].objects[kind] = objects
    try:
        yield
    finally:
        custom[cluster].objects[kind] = before


class Status(unittest.TestCase):
    def test_a_healthy_mesh(self):
        done = run_status()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], "Healthy: 2 clusters.")
        self.assertEqual(done.stdout.count("  ok  "), 2 * 7, done.stdout)
        _, document = status()
        self.assertEqual(document["findings"], [])
        north = document["clusters"][0]
        self.assertEqual((north["cilium"], north["kubernetes"]), (cilium.VERSION, f"v{servers.VERSION}"))
        (peer,) = north["peers"]
        self.assertEqual((peer["host"], peer["port"]), ("south.mesh.cilium.io", shapes["south"].node_port))
        views = peer["agents"] + peer["kvstoremesh"]
        self.assertEqual([(view["state"], view["fromMetrics"]) for view in views], [("ready", False)] * 2)
        service = next(one for one in north["services"] if one["name"] == f"default/{SERVICE}")
        self.assertEqual(service["readyEndpoints"], 2)  # from EndpointSlices v1beta1
        self.assertEqual({way["kind"] for way in north["waysIn"]}, {"Ingress", "HTTPRoute"})
        self.assertNotIn("PRIVATE KEY", json.dumps(document))

    def test_findings(self):
        config, services = f"{SYSTEM}/configmaps/cilium-config", f"/api/v1/namespaces/default/services/{SERVICE}"
        slow = {"status": {"conditions": [cilium.condition("Ready", "False")]}}
        short = secret_data(*self.short_lived())
        table = [
            ("duplicate-id", "south", patched("south", config, {"data": {"cluster-id": "1"}})),
            ("tunnel-protocol-differs", "south", patched("south", config, {"data": {"tunnel-protocol": "geneve"}})),
            ("network-overlap", "south", patched("south", config, {"data": {"cluster-pool-ipv4-cidr": "10.98.0.0/16 10.97.0.0/24"}})),
            ("pod-cidr-outside", "south", holding("south", "cilium.io/v2/ciliumnodes", [{
                "metadata": {"name": cilium.NODE}, "spec": {"ipam": {"podCIDRs": ["10.120.0.0/24"]}}}])),
            ("node-not-ready", "south", patched("south", f"/api/v1/nodes/{cilium.NODE}", slow, "/status")),
            ("peer-not-connected", "south", saying("south", "north", "not-connected")),
            ("peer-syncing", "north", saying("north", "south", "syncing")),
            ("ca-differs", "south", patched("south", f"{SYSTEM}/secrets/clustermesh-apiserver-server-cert", short)),
            ("service-affinity", "south", patched("south", services, {
                "metadata": {"annotations": {"service.cilium.io/affinity": "none"}}})),
            ("service-not-global", "south", patched("south", services, {
                "metadata": {"annotations": {"service.cilium.io/global": "false"}}})),
            ("namespace-not-global", "north", patched("north", "/api/v1/namespaces/default", {
                "metadata": {"annotations": {"clustermesh.cilium.io/global": "false"}}})),
            ("upstream-local-only", "south", patched("south", f"{DEFAULT}/ingresses/{SERVICE}", {
                "metadata": {"annotations": {"nginx.ingress.kubernetes.io/service-upstream": "false"}}})),
            ("ingress-no-address", "south", patched("south", f"{DEFAULT}/ingresses/{SERVICE}", {
                "status": {"loadBalancer": {"ingress": None}}}, "/status")),
            ("route-refused", "south", holding("south", ROUTES, [cilium.route(f"gateway.{HOST}", SERVICE, "False")])),
            ("operator-not-ready", "south", patched("south", "/apis/apps/v1/namespaces/kube-system/deployments/cilium-operator", {
                "spec": {"replicas": 0}})),
            ("endpoints-missing", "south", patched("south", f"/apis/apps/v1/namespaces/default/deployments/{SERVICE}", {
                "spec": {"replicas": 0}})),
            ("mcs-import-missing", "south", self.half_imported()),
        ]
        for rule, cluster, change in table:
            with self.subTest(rule):
                with change:
                    with contextlib.suppress(AssertionError):
                        wait_for(lambda r=rule, c=cluster: found() == [(r, c)], rule, 20)
                    self.assertEqual(found(), [(rule, cluster)])
                wait_for(lambda: found() == [], f"a healthy mesh after {rule}")

    @staticmethod
    def short_lived():
        authority = Authority(mesh.folder)
        certificate, key = authority.issue("clustermesh-apiserver.cilium.io", SERVER_NAMES)
        return authority.certificate(), certificate, key

    @staticmethod
    @contextlib.contextmanager
    def half_imported():
        mcs, one = "multicluster.x-k8s.io/v1alpha1/", [{"metadata": {"name": SERVICE, "namespace": "default"}}]
        with holding("north", mcs + "serviceexports", one), holding("north", mcs + "serviceimports", one):
            yield

    def test_a_cluster_whose_api_is_gone(self):
        kubeconfig = mesh.folder / "gone.kubeconfig"
        text = json.loads(mesh.kubeconfig.read_text(encoding="utf-8"))
        text["clusters"][1]["cluster"]["server"] = f"https://127.0.0.1:{servers.free_port()}"
        kubeconfig.write_text(json.dumps(text), encoding="utf-8")
        kubeconfig.chmod(0o600)
        code, document = status(kubeconfig=kubeconfig)
        self.assertEqual(code, 6)
        self.assertEqual([f["rule"] for f in document["findings"] if f["level"] == "unknown"], ["cluster-unreachable"])


class Roles(unittest.TestCase):
    """docs/rbac.md under real RBAC."""

    USER = "status-reader"

    @classmethod
    def setUpClass(cls):
        section = (ROOT / "docs/rbac.md").read_text(encoding="utf-8").split("\n## status\n")[1].split("\n## ")[0]
        cls.roles = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.S)]
        for cluster in mesh.clusters:
            cluster.authority.issue(cls.USER, f"/CN={cls.USER}")
        cls.kubeconfig = mesh.write_kubeconfig(cls.USER)
        cls.grant(cls.roles)
        for cluster in mesh.clusters:
            apply(cluster.name, [{"apiVersion": role["apiVersion"], "kind": role["kind"] + "Binding", "metadata": role["metadata"],
                                  "subjects": [{"kind": "User", "name": cls.USER, "apiGroup": "rbac.authorization.k8s.io"}],
                                  "roleRef": {"kind": role["kind"], "name": role["metadata"]["name"],
                                              "apiGroup": "rbac.authorization.k8s.io"}} for role in cls.roles])

    @staticmethod
    def grant(roles):
        for cluster in mesh.clusters:
            apply(cluster.name, roles)

    def unread(self):
        code, document = status(kubeconfig=self.kubeconfig)
        rules = [yaml.safe_load(one["rule"]) for cluster in document["clusters"] for one in cluster["unread"] if one["rule"]]
        return code, rules, document["findings"]

    def test_they_are_enough_and_each_rule_is_needed(self):
        wait_for(lambda: self.unread()[0] == 0, "the roles to be enough")
        self.assertEqual(self.unread(), (0, [], []))
        for role in self.roles:
            for rule in role["rules"]:
                # The fall-back of exec, which no kubelet serves here.
                if rule["resources"] == ["pods/proxy"]:
                    continue
                with self.subTest(rule["resources"][0]):
                    fewer = [dict(one, rules=[r for r in one["rules"] if r is not rule]) for one in self.roles]
                    self.grant(fewer)
                    try:
                        wait_for(lambda: self.unread()[0] != 0, "the right to be gone", 20)
                        code, missing, findings = self.unread()
                    finally:
                        self.grant(self.roles)
                    self.assertEqual(code, 6, findings)
                    self.assertTrue(missing and all(one == rule for one in missing), (missing, findings))
                    wait_for(lambda: self.unread() == (0, [], []), "the right to be back")

    def test_without_any_right_nothing_is_healthy(self):
        nobody = "status-nobody"
        for cluster in mesh.clusters:
            cluster.authority.issue(nobody, f"/CN={nobody}")
        code, document = status(kubeconfig=mesh.write_kubeconfig(nobody))
        self.assertEqual(code, 6)
        self.assertTrue(all(finding["level"] == "unknown" for finding in document["findings"]), document["findings"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
