#!/usr/bin/env python3
"""`meshdrill status` on the lab: for each check a cluster is put into that state and exactly that finding appears; a healthy
mesh has none; and the ways in which it is asked. $MESHDRILL is the binary."""

import contextlib
import json
import os
import re
import signal
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness import KUBECTL, MESHDRILL, run, wait_for
from status_lab import CLUSTERS, NAMESPACE, OPENSSL, SERVER_NAMES, Authority, StatusLab, issue_all, secret_data

FIRST, SECOND, THIRD = CLUSTERS
API = "api-service"
ETCD = shutil.which("etcd")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@unittest.skipUnless(KUBECTL, "no kubectl")
class OnTheLab(unittest.TestCase):
    lab_arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.lab = StatusLab(arguments=cls.lab_arguments)

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    def check_table(self, table, **options):
        self.assertEqual(self.lab.rules(**options), [], "before anything is changed")
        for name, rule, cluster, changes in table:
            with self.subTest(name):
                with contextlib.ExitStack() as stack:
                    for change in changes(self.lab):
                        stack.enter_context(change)
                    # What controllers of the lab follow up is given the time; what they leave is shown below.
                    with contextlib.suppress(AssertionError):
                        wait_for(lambda r=rule: self.lab.rules(**options) == [r], f"{rule} alone ({name})")
                    code, findings, document = self.lab.status(**options)
                self.assertEqual([(f["rule"], f["cluster"]) for f in findings], [(rule, cluster)], document["findings"])
                self.assertTrue(findings[0]["what"])
                self.assertTrue(findings[0]["why"] or findings[0]["level"] in ("warning", "unknown") or len(findings[0]["what"]) > 60)
                level = findings[0]["level"]
                self.assertEqual(code, {"error": 1, "unknown": 6, "warning": 0}[level])
                wait_for(lambda: self.lab.rules(**options) == [], f"a healthy mesh after {name}")


def ghost():
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumNode", "metadata": {"name": "ghost"},
            "spec": {"addresses": [{"type": "InternalIP", "ip": "192.0.2.99"}], "ipam": {"podCIDRs": []}}}


def cilium_node(lab, pods):
    return lab.patched(SECOND, "ciliumnode", f"{SECOND}-node-0", {"spec": {"ipam": {"podCIDRs": pods}}})


def node_address(lab, number=0):
    return lab.get(FIRST, "node", f"{FIRST}-node-{number}")["status"]["addresses"][0]["address"]


class Clusters(OnTheLab):
    """Each cluster by itself, and what they must agree in."""

    def test_settings(self):
        def config(rule, cluster=SECOND, name=None, **data):
            return (name or rule, rule, cluster, lambda lab: [lab.configured(SECOND, **data)])

        def native(lab):
            wide, narrow = {"ipv4_native_routing_cidr": "10.96.0.0/11"}, {"ipv4_native_routing_cidr": "10.96.128.0/17"}
            return [lab.configured(name, routing_mode="native", **(narrow if name == SECOND else wide)) for name in CLUSTERS]

        first_pool = self.lab.get(FIRST, "configmap", "cilium-config")["data"]["cluster-pool-ipv4-cidr"]
        own_pool = self.lab.get(SECOND, "configmap", "cilium-config")["data"]["cluster-pool-ipv4-cidr"]
        self.check_table([
            ("no settings", "cilium-missing", SECOND, lambda lab: [lab.deleted(SECOND, "configmap", "cilium-config")]),
            config("name-default", "default", cluster_name="default"),
            config("name-form", "Lab_2", cluster_name="Lab_2"),
            config("duplicate-name", FIRST, cluster_name=FIRST),
            config("id-missing", cluster_id="0"),
            config("id-range", cluster_id="300"),
            config("duplicate-id", cluster_id="1"),
            config("id-mark", cluster_id="130", ipam="eni"),
            config("max-connected-clusters", max_connected_clusters="511"),
            config("identity-store", identity_allocation_mode="kvstore"),
            config("routing-mode-differs", routing_mode="native"),
            config("tunnel-protocol-differs", tunnel_protocol="geneve"),
            config("encryption-differs", enable_wireguard="true"),
            config("family-differs", enable_ipv6="true"),
            config("policy-default-differs", policy_default_local_cluster="true"),
            config("host-network-backends", kube_proxy_replacement="false"),
            config("network-overlap", cluster_pool_ipv4_cidr=f"{own_pool} {first_pool.split('/')[0]}/24"),
            ("native-routing-cidr", "native-routing-cidr", SECOND, native),
        ])

    def test_nodes_and_workloads(self):
        def version(lab):
            return [lab.patched(SECOND, "daemonset", "cilium", {"spec": {"template": {"spec": {"containers": [
                {"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.20.0"}]}}}})]

        def same_address(lab):
            address, node = node_address(lab), f"{SECOND}-node-1"
            return [lab.patched(SECOND, "node", node, {"status": {"addresses": [{"type": "InternalIP", "address": address}]}}, status=True),
                    lab.patched(SECOND, "ciliumnode", node, {"spec": {"addresses": [{"type": "InternalIP", "ip": address}]}})]

        def one_port(lab):
            ports = [lab.get(name, "service", "clustermesh-apiserver")["spec"]["ports"] for name in (FIRST, SECOND)]
            old, new = ports[1][0]["nodePort"], ports[0][0]["nodePort"]
            changed = [dict(ports[1][0], nodePort=new)]

            def edit(peers):
                peers[SECOND] = peers[SECOND].replace(str(old), str(new))
            return [lab.patched(SECOND, "service", "clustermesh-apiserver", {"spec": {"ports": changed}}),
                    lab.peers(FIRST, edit, ["cilium-kvstoremesh"]), lab.peers(THIRD, edit, ["cilium-kvstoremesh"])]

        def old_agent(lab):
            pod = lab.pod(SECOND, "cilium")
            return [lab.patched(SECOND, "pod", pod, {"spec": {"containers": [
                {"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.17.5"}]}})]

        not_ready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
        self.check_table([
            ("agents", "agents-not-ready", SECOND, lambda lab: [
                lab.patched(SECOND, "daemonset", "cilium", {"spec": {"template": {"spec": {"volumes": [
                    {"name": "settings", "configMap": {"name": "not-there"}}]}}}})]),
            ("an old agent", "agent-versions-differ", SECOND, old_agent),
            ("the operator", "operator-not-ready", SECOND, lambda lab: [lab.scaled(SECOND, "cilium-operator", 0)]),
            ("clustermesh-apiserver", "apiserver-not-ready", SECOND, lambda lab: [lab.scaled(SECOND, "clustermesh-apiserver", 0)]),
            ("its Service", "apiserver-address", SECOND, lambda lab: [lab.deleted(SECOND, "service", "clustermesh-apiserver")]),
            ("one NodePort", "node-port-clash", SECOND, one_port),
            ("a Node", "node-not-ready", SECOND, lambda lab: [lab.patched(SECOND, "node", f"{SECOND}-node-0", not_ready, status=True)]),
            ("no CiliumNode", "node-without-cilium", SECOND, lambda lab: [lab.deleted(SECOND, "ciliumnode", f"{SECOND}-node-0")]),
            ("no Node", "cilium-node-stale", SECOND, lambda lab: [lab.created(SECOND, ghost())]),
            ("another address", "node-address-differs", SECOND, lambda lab: [lab.patched(
                SECOND, "ciliumnode", f"{SECOND}-node-0", {"spec": {"addresses": [{"type": "InternalIP", "ip": "192.0.2.9"}]}})]),
            ("one address twice", "network-overlap", SECOND, same_address),
            ("another Pod CIDR", "pod-cidr-outside", SECOND, lambda lab: [cilium_node(lab, ["10.120.0.0/24"])]),
            ("versions", "version-skew", FIRST, version),
            ("clocks", "clock-differs", SECOND, lambda lab: [lab.faulty(f"clock-skew=60s@{SECOND}")]),
            ("an API that is gone", "cluster-unreachable", SECOND, lambda lab: [lab.faulty(f"api-close@{SECOND}")]),
            ("credentials that it refuses", "cluster-unreachable", SECOND, lambda lab: [lab.faulty(f"api-401@{SECOND}")]),
            ("a right that is missing", "not-readable", SECOND, lambda lab: [lab.faulty(f"secrets-refused@{SECOND}")]),
        ])


class Peers(OnTheLab):
    """Who is configured, connected and trusted."""

    def test_configured(self):
        def rename(peers):
            peers["lab-02"] = peers.pop(SECOND)

        def lose_port(peers):
            peers[SECOND] = re.sub(r":\d+\n", ":\n", peers[SECOND], count=1)

        def wrong_port(peers):
            peers[SECOND] = re.sub(r":\d+\n", ":30001\n", peers[SECOND], count=1)

        outward = ["cilium-kvstoremesh"]
        self.check_table([
            ("none", "no-peers", SECOND, lambda lab: [lab.peers(SECOND, lambda peers: peers.clear())]),
            ("one way", "peer-missing", FIRST, lambda lab: [lab.peers(FIRST, lambda peers: peers.pop(SECOND))]),
            ("another name", "peer-name", FIRST, lambda lab: [lab.peers(FIRST, rename)]),
            ("no port", "peer-endpoint", FIRST, lambda lab: [lab.peers(FIRST, lose_port, outward)]),
            ("another port", "peer-endpoint", FIRST, lambda lab: [lab.peers(FIRST, wrong_port, outward)]),
            ("two lists", "peer-lists-differ", FIRST, lambda lab: [lab.peers(FIRST, lambda peers: peers.pop(SECOND), outward)]),
        ])

    def test_connected(self):
        rungs = [("unknown", "peer-unknown"), ("not-connected", "peer-not-connected"), ("config-unknown", "peer-config-unknown"),
                 ("config-missing", "peer-config-missing"), ("sync-unknown", "peer-sync-unknown"), ("syncing", "peer-syncing"),
                 ("not-ready", "peer-not-ready")]
        self.check_table([(f"{label}: {state}", rule, FIRST, lambda lab, l=label, s=state: [lab.says(FIRST, l, SECOND, s)])
                          for label in ("cilium", "clustermesh-apiserver") for state, rule in rungs])

    def test_without_exec_the_metrics_say_it(self):
        with self.lab.faulty("exec-refused"):
            code, findings, document = self.lab.status()
            self.assertEqual((code, findings), (0, []))
            views = document["clusters"][0]["peers"][0]
            self.assertTrue(all(view["fromMetrics"] for view in views["agents"] + views["kvstoremesh"]))
            self.assertEqual(len(views["agents"]), 2)
            with self.lab.says(FIRST, "cilium", SECOND, "not-connected"):
                self.assertEqual(self.lab.rules(), ["peer-not-ready"])

    def test_a_peer_that_is_not_looked_at_is_no_fault(self):
        code, findings, document = self.lab.status(contexts=(FIRST, SECOND))
        self.assertEqual((code, findings), (0, []))
        self.assertEqual({f["rule"] for f in document["findings"]}, {"peer-not-looked-at"})

    @unittest.skipUnless(OPENSSL, "openssl is not installed")
    def test_certificates(self):
        ours, theirs = Authority(self.lab.folder), Authority(self.lab.folder)
        issue_all(self.lab, ours)
        local, server = "clustermesh-apiserver-local-cert", "clustermesh-apiserver-server-cert"
        user = f"local-{SECOND}"

        def replaced(name, ca, certificate, key):
            return lambda lab: [lab.patched(SECOND, "secret", name, secret_data(ca, certificate, key))]

        good = ours.issue(user)
        self.check_table([
            ("missing", "certificate-missing", SECOND, lambda lab: [lab.deleted(SECOND, "secret", local)]),
            ("unreadable", "certificate-missing", SECOND, replaced(local, ours.certificate(), b"nothing", good[1])),
            ("expired", "certificate-expired", SECOND, replaced(local, ours.certificate(), *ours.issue(user, days=-1))),
            ("nearly", "certificate-expires", SECOND, replaced(local, ours.certificate(), *ours.issue(user, days=10))),
            ("another key", "certificate-key", SECOND, replaced(local, ours.certificate(), good[0], ours.issue(user)[1])),
            ("another CA beside it", "certificate-authority", SECOND, replaced(local, theirs.certificate(), *good)),
            ("another user", "certificate-user", SECOND, replaced(local, ours.certificate(), *ours.issue("local-other"))),
            ("another name", "server-name", SECOND, replaced(server, ours.certificate(), *ours.issue("x", ["DNS:*.example.org"]))),
            ("another CA", "ca-differs", SECOND, replaced(server, theirs.certificate(), *theirs.issue("x", SERVER_NAMES))),
        ])
        self.assertNotIn("BEGIN", json.dumps(self.lab.status()[2]))


class Services(OnTheLab):
    """Global Services and the way in."""

    def test_services(self):
        def annotate(rule, cluster=SECOND, name=None, **annotations):
            full = {f"service.cilium.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
            return (name or rule, rule, cluster, lambda lab: [lab.annotated(SECOND, "service", API, full)])

        def ports(lab, **changes):
            return dict(lab.get(SECOND, "service", API, "default")["spec"]["ports"][0], **changes)

        def two_ports(lab):
            both = [ports(lab), ports(lab, name="again", port=8081)]
            return [lab.patched(name, "service", API, {"spec": {"ports": both}}, "default") for name in CLUSTERS]

        def export(name, status=None):
            one = {"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ServiceExport",
                   "metadata": {"name": name, "namespace": "default"}}
            return dict(one, status=status) if status else one

        def imported(lab, clusters):
            with_api = [lab.configured(name, clustermesh_enable_mcs_api="true") for name in CLUSTERS]
            objects = [lab.created(name, dict(export(API), kind="ServiceImport")) for name in clusters]
            return with_api + [lab.created(FIRST, export(API))] + objects

        def conflict(lab):
            condition = {"status": {"conditions": [{"type": "Conflict", "status": "True", "reason": "PortConflict", "message": "ports differ"}]}}
            return imported(lab, CLUSTERS) + [lab.patched(FIRST, "serviceexport", API, condition, "default", status=True)]

        self.check_table([
            ("missing", "service-missing", SECOND, lambda lab: [lab.deleted(SECOND, "service", API, "default")]),
            annotate("service-not-global", **{"global": "false"}),
            annotate("service-affinity", affinity="none"),
            annotate("service-affinity-differs", affinity="local"),
            annotate("service-not-shared", shared="false"),
            annotate("slices-off", global_sync_endpoint_slices="true"),
            ("port names", "service-ports-differ", SECOND, lambda lab: [
                lab.patched(SECOND, "service", API, {"spec": {"ports": [ports(lab, name="web")]}}, "default")]),
            ("one target port", "service-target-port", "", two_ports),
            ("nothing here", "endpoints-missing", SECOND, lambda lab: [lab.scaled(SECOND, API, 0, "default")]),
            ("nothing anywhere", "endpoints-none", "", lambda lab: [lab.scaled(name, API, 0, "default") for name in CLUSTERS]),
            ("not synchronised", "slices-not-synced", SECOND, lambda lab: [
                lab.configured(SECOND, clustermesh_enable_endpoint_sync="true"),
                lab.annotated(SECOND, "service", API, {"service.cilium.io/global-sync-endpoint-slices": "true"})]),
            ("its Namespace", "namespace-not-global", SECOND, lambda lab: [
                lab.configured(SECOND, clustermesh_default_global_namespace="false")]),
            ("MCS-API off", "mcs-api-off", SECOND, lambda lab: [lab.created(SECOND, export(API))]),
            ("not imported", "mcs-import-missing", THIRD, lambda lab: imported(lab, (FIRST, SECOND))),
            ("conflict", "mcs-conflict", FIRST, conflict),
        ])

    def test_the_way_in(self):
        lab = self.lab
        ingress = json.loads(lab.kubectl(SECOND, "get", "ingress", "-o", "json"))["items"][0]["metadata"]["name"]
        controller = json.loads(lab.kubectl(SECOND, "-n", "ingress-nginx", "get", "deployment", "-o", "json"))["items"][0]["metadata"]["name"]

        @contextlib.contextmanager
        def of_another_class(lab):
            one = lab.get(SECOND, "ingress", ingress, "default")
            with lab.deleted(SECOND, "ingress", ingress, "default"):
                changed = {"apiVersion": one["apiVersion"], "kind": one["kind"], "spec": dict(one["spec"], ingressClassName="other"),
                           "metadata": {"name": "other", "namespace": "default", "annotations": one["metadata"]["annotations"]}}
                with lab.created(SECOND, changed):
                    yield

        def cilium_ingress(lab):
            controller = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "other"},
                          "spec": {"controller": "cilium.io/ingress-controller"}}
            address = {"status": {"loadBalancer": {"ingress": [{"ip": node_address(lab)}]}}}
            return [lab.created(SECOND, controller), of_another_class(lab),
                    lab.patched(SECOND, "ingress", "other", address, "default", status=True)]

        self.check_table([
            ("no Ingress", "ingress-differs", SECOND, lambda lab: [lab.deleted(SECOND, "ingress", ingress, "default")]),
            ("no address", "ingress-no-address", SECOND, lambda lab: [of_another_class(lab)]),
            ("local upstreams", "upstream-local-only", SECOND, lambda lab: [lab.faulty(f"no-service-upstream@{SECOND}")]),
            ("no controller", "ingress-controller", SECOND, lambda lab: [lab.scaled(SECOND, controller, 0, "ingress-nginx")]),
            ("Cilium's is off", "ingress-controller", SECOND, cilium_ingress),
            ("no Envoy", "ingress-controller", SECOND, lambda lab: [
                *cilium_ingress(lab), lab.configured(SECOND, enable_ingress_controller="true", external_envoy_proxy="true")]),
        ])

    def test_the_way_in_through_gateways(self):
        """Beside the Ingresses: the same Service under another name."""
        lab = self.lab
        host, api = "gateway.example.org", "gateway.networking.k8s.io/v1"

        def condition(kind, value="True", message=""):
            return {"type": kind, "status": value, "reason": "Test", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"}

        def route_status(value="True"):
            return {"status": {"parents": [{"parentRef": {"name": API}, "controllerName": "io.cilium/gateway-controller",
                                            "conditions": [condition("Accepted"), condition("ResolvedRefs", value, "no such backend")]}]}}

        def gateway_status(address):
            addresses = [{"type": "IPAddress", "value": address}] if address else []
            return {"status": {"addresses": addresses, "conditions": [condition("Accepted")]}}

        gateway_class = {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "cilium"},
                         "spec": {"controllerName": "io.cilium/gateway-controller"}}
        gateway = {"apiVersion": api, "kind": "Gateway", "metadata": {"name": API, "namespace": "default"},
                   "spec": {"gatewayClassName": "cilium", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}}
        route = {"apiVersion": api, "kind": "HTTPRoute", "metadata": {"name": API, "namespace": "default"},
                 "spec": {"parentRefs": [{"name": API}], "hostnames": [host],
                          "rules": [{"backendRefs": [{"name": API, "port": 8080}]}]}}
        with contextlib.ExitStack() as stack:
            for number, name in enumerate(CLUSTERS):
                for one in (gateway_class, gateway, route):
                    stack.enter_context(lab.created(name, one))
                stack.enter_context(lab.patched(name, "gateway", API, gateway_status(f"192.0.2.{number + 1}"), "default", status=True))
                stack.enter_context(lab.patched(name, "httproute", API, route_status(), "default", status=True))
                stack.enter_context(lab.configured(name, enable_gateway_api="true"))
            self.check_table([
                ("refused", "route-refused", SECOND, lambda lab: [
                    lab.patched(SECOND, "httproute", API, route_status("False"), "default", status=True)]),
                ("no address", "ingress-no-address", SECOND, lambda lab: [
                    lab.patched(SECOND, "gateway", API, gateway_status(""), "default", status=True)]),
                ("switched off", "ingress-controller", SECOND, lambda lab: [lab.configured(SECOND, enable_gateway_api="false")]),
            ])
            ways = self.lab.status()[2]["clusters"][0]["waysIn"]
            self.assertIn((host, f"default/{API}", ["192.0.2.1"]),
                          [(way["host"], way["gateway"], way["addresses"]) for way in ways if way["kind"] == "HTTPRoute"])

    def test_names(self):
        server = ("--dns-server", self.lab.dns_server)
        self.assertEqual(self.lab.rules(*server, dns=True), [])
        with self.lab.faulty(f"missing-record@{SECOND}"):
            code, findings, _ = self.lab.status(*server, dns=True)
            self.assertEqual((code, [(f["rule"], f["cluster"]) for f in findings]), (1, [("dns-record-missing", SECOND)]))
        code, findings, _ = self.lab.status(*server, dns=True, contexts=(FIRST, SECOND))
        self.assertEqual((code, [f["rule"] for f in findings]), (1, ["dns-record-extra"]))
        code, findings, _ = self.lab.status("--dns-server", "127.0.0.1:1", dns=True)
        self.assertEqual((code, [f["rule"] for f in findings]), (6, ["dns-lookup-failed"]))


class Asked(OnTheLab):
    """How it is asked, and what it answers: text, JSON, the mesh file, waiting, watching, and mistakes."""

    lab_arguments = ()

    def chosen(self):
        return [word for name in CLUSTERS for word in ("--context", name)]

    def test_a_healthy_mesh(self):
        done = self.lab.run_status("-f", self.lab.mesh_file, "--dns-server", self.lab.dns_server)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.splitlines()[-1], "Healthy: 3 clusters.")
        for cluster in CLUSTERS:
            self.assertIn(f"\n{cluster}  Cilium 1.18.0, Kubernetes v1.32.4\n", "\n" + done.stdout)
        self.assertEqual(done.stdout.count("  ok  "), 3 * 7)
        self.assertIn("2 of 2 connected: lab-002 and lab-003", done.stdout)
        self.assertNotIn("\033", done.stdout)

    def test_the_document_fits_its_schema(self):
        import jsonschema
        schema = json.loads((Path(os.environ["MESHDRILL_SOURCE_DIR"]) / "docs/reference/status.schema.json").read_text())
        for arguments in ((), ("--dial",)):
            _, _, document = self.lab.status(*arguments)
            jsonschema.Draft202012Validator(schema).validate(document)
        self.assertEqual(document["counts"]["warning"], 0)
        with self.lab.faulty(f"api-close@{SECOND}", f"secrets-refused@{THIRD}"):
            _, _, document = self.lab.status()
            jsonschema.Draft202012Validator(schema).validate(document)
            self.assertEqual(document["outcome"], "unknown")

    def test_errors_are_said_with_reason_and_cure(self):
        with self.lab.configured(SECOND, cluster_id="1"):
            done = self.lab.run_status("--no-dns", *self.chosen())
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rf"(?m)^error  {SECOND}: cluster\.id 1 is that of {FIRST} already.*\[duplicate-id\]$")
        self.assertRegex(done.stdout, r"(?m)^  error    settings ")
        self.assertRegex(done.stdout, r"(?m)^  Why: ")
        self.assertEqual(done.stdout.splitlines()[-1], "Not healthy: 1 error in 3 clusters.")

    def test_what_could_not_be_read_is_named_with_its_rule(self):
        with self.lab.faulty(f"secrets-refused@{SECOND}"):
            done = self.lab.run_status("--no-dns", *self.chosen())
        self.assertEqual(done.returncode, 6)
        self.assertIn('This rule would allow it: {apiGroups: [""], resources: [secrets], resourceNames: [cilium-clustermesh, ', done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  unknown  certificates ")
        self.assertIn("Could not tell: 1 thing that could not be told in 3 clusters.", done.stdout)

    def test_a_cluster_that_is_gone_is_never_healthy(self):
        with self.lab.faulty(f"api-close@{SECOND}"):
            done = self.lab.run_status("--no-dns", *self.chosen())
            self.assertEqual(done.returncode, 6)
            self.assertIn(f"{SECOND}\n  unknown  the API does not answer\n", done.stdout)
            # What is certainly wrong is said all the same.
            with self.lab.configured(THIRD, cluster_id="1"):
                self.assertEqual(self.lab.run_status("--no-dns", *self.chosen()).returncode, 1)

    def test_drift(self):
        lab = self.lab

        def against_the_file():
            done = lab.run_status("-f", lab.mesh_file, "--no-dns", "-o", "json")
            return [(f["rule"], f["cluster"]) for f in json.loads(done.stdout)["findings"]]

        with lab.configured(SECOND, cluster_id="77"):
            self.assertEqual(against_the_file(), [("drift", SECOND)])
        own = lab.get(SECOND, "configmap", "cilium-config")["data"]["cluster-pool-ipv4-cidr"]
        for change in (
                lab.configured(SECOND, cluster_pool_ipv4_cidr=f"{own} 10.127.0.0/17"),
                lab.patched(SECOND, "service", "clustermesh-apiserver", {"spec": {"ports": [dict(
                    lab.get(SECOND, "service", "clustermesh-apiserver")["spec"]["ports"][0], nodePort=31999)]}}),
                lab.patched(SECOND, "service", API, {"spec": {"ports": [dict(
                    lab.get(SECOND, "service", API, "default")["spec"]["ports"][0], port=9090)]}}, "default")):
            with change:
                found = against_the_file()
                self.assertIn(("drift", SECOND), found)
        # A Service that the file has and no cluster.
        with contextlib.ExitStack() as stack:
            for name in CLUSTERS:
                stack.enter_context(lab.annotated(name, "service", API, {"service.cilium.io/global": "false"}))
            self.assertEqual(against_the_file().count(("drift", SECOND)), 1)
        self.assertEqual(against_the_file(), [])

    def test_wait(self):
        with self.lab.says(FIRST, "cilium", SECOND, "syncing"):
            done = self.lab.run_status("--no-dns", "--wait", "--timeout", "1s", "--interval", "200ms", *self.chosen())
            self.assertEqual(done.returncode, 1)
            self.assertIn("Not healthy: 1 error in 3 clusters.", done.stdout)
            waiting = subprocess.Popen([MESHDRILL, "status", "--kubeconfig", str(self.lab.kubeconfig), "--no-dns", "--wait", "--interval",
                                        "100ms", *self.chosen()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(waiting.kill)
            self.assertIn("Waiting", waiting.stderr.readline())
        out, _ = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 0)
        self.assertIn("Healthy: 3 clusters.", out)

    def test_watch(self):
        watching = subprocess.Popen([MESHDRILL, "status", "--kubeconfig", str(self.lab.kubeconfig), "--no-dns", "--watch", "-o", "json",
                                     "--interval", "100ms", *self.chosen()], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.kill)
        self.assertEqual(json.loads(watching.stdout.readline())["outcome"], "healthy")
        with self.lab.says(FIRST, "cilium", SECOND, "not-connected"):
            wait_for(lambda: json.loads(watching.stdout.readline())["outcome"] == "unhealthy", "the change to be seen")
        watching.send_signal(signal.SIGINT)
        self.assertIn(watching.wait(60), (130, -signal.SIGINT))

    def test_kubectl_runs_commands_in_the_same_pods(self):
        pod = self.lab.pod(FIRST, "cilium")
        for program in ("cilium-dbg", "cilium"):
            answer = json.loads(self.lab.kubectl(FIRST, "-n", NAMESPACE, "exec", pod, "-c", "cilium-agent", "--", program, "status", "-o", "json"))
            self.assertEqual({peer["name"] for peer in answer["cluster-mesh"]["clusters"]}, {SECOND, THIRD})
        mesh = self.lab.pod(FIRST, "clustermesh-apiserver")
        answer = json.loads(self.lab.kubectl(FIRST, "-n", NAMESPACE, "exec", mesh, "-c", "kvstoremesh", "--", "clustermesh-apiserver",
                                             "kvstoremesh-dbg", "status", "-o", "json"))
        self.assertTrue(all(peer["ready"] for peer in answer))
        with self.assertRaisesRegex(AssertionError, "exit code 127"):
            self.lab.kubectl(FIRST, "-n", NAMESPACE, "exec", pod, "-c", "cilium-agent", "--", "bash")
        metrics = self.lab.kubectl(FIRST, "get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9962/proxy/metrics")
        self.assertIn('cilium_clustermesh_remote_cluster_readiness_status{target_cluster="lab-002"} 1', metrics)

    def test_mistakes(self):
        for arguments, message in ((("--context", "nobody"), "nobody"), (("-f", "nowhere.yaml"), "nowhere.yaml"),
                                   (("-f", self.lab.mesh_file, "--context", FIRST), "exclude each other"),
                                   (("--wait", "--watch"), "choose one"), (("--dns-server", "x y"), "--dns-server"),
                                   (("-o", "yaml"), "yaml"), (("--kubeconfig", "nowhere"), "nowhere")):
            with self.subTest(arguments=arguments):
                done = self.lab.run_status(*arguments) if "--kubeconfig" not in arguments else run("status", *arguments)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, "")
        done = self.lab.run_status("--no-dns", "-n", "elsewhere", "--context", FIRST)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--namespace says where Cilium runs", done.stdout)


@unittest.skipUnless(KUBECTL and ETCD and OPENSSL, "kubectl, etcd-server or openssl is not installed")
class Dialled(unittest.TestCase):
    """--dial against a real etcd in the place of a peer's clustermesh-apiserver."""

    @classmethod
    def setUpClass(cls):
        cls.lab = StatusLab(clusters=2)
        cls.ours = Authority(cls.lab.folder)
        issue_all(cls.lab, cls.ours)

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    @contextlib.contextmanager
    def etcd(self, certificate, key, ca):
        """etcd as clustermesh-apiserver runs it; where the first cluster looks for the second."""
        folder = Path(tempfile.mkdtemp(dir=self.lab.folder))
        for name, content in (("tls.crt", certificate), ("tls.key", key), ("ca.crt", ca)):
            (folder / name).write_bytes(content)
        port, peer = free_port(), free_port()
        with open(folder / "log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [ETCD, "--data-dir", str(folder / "data"), "--listen-client-urls", f"https://127.0.0.1:{port}",
                 "--advertise-client-urls", f"https://127.0.0.1:{port}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                 "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"default=http://127.0.0.1:{peer}",
                 "--cert-file", str(folder / "tls.crt"), "--key-file", str(folder / "tls.key"), "--client-cert-auth",
                 "--trusted-ca-file", str(folder / "ca.crt")], stdout=log, stderr=log, env=dict(os.environ, ETCD_UNSUPPORTED_ARCH="arm64"))
        try:
            wait_for(lambda: listens(port), "etcd to listen")
            with self.leading_to(port):
                yield
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def leading_to(self, port):
        def edit(peers):
            peers[SECOND] = re.sub(r":\d+\n", f":{port}\n", peers[SECOND], count=1)
        aliases = [{"ip": "127.0.0.1", "hostnames": [f"{SECOND}.mesh.cilium.io"]}]
        with self.lab.peers(FIRST, edit, ["cilium-kvstoremesh"]), self.lab.patched(
                FIRST, "deployment", "clustermesh-apiserver", {"spec": {"template": {"spec": {"hostAliases": aliases}}}}):
            wait_for(lambda: self.lab.rules(contexts=(FIRST,)) == [], "clustermesh-apiserver to be rolled out")
            yield

    def dial(self):
        """The exit code, the findings, and the one result."""
        code, findings, document = self.lab.status("--dial", contexts=(FIRST,))
        (result,) = document["clusters"][0]["peers"][0]["dials"]
        self.assertEqual((result["name"], result["address"].split(":")[0]), (f"{SECOND}.mesh.cilium.io", "127.0.0.1"))
        return code, [finding["rule"] for finding in findings], result

    def refused(self, words):
        code, rules, result = self.dial()
        self.assertEqual((code, rules, result["ok"], result["reached"]), (1, ["dial-refused"], False, True))
        self.assertRegex(result["detail"], words)

    def server(self, names=SERVER_NAMES, **options):
        return self.ours.issue("clustermesh-apiserver.cilium.io", names, **options)

    def test_good(self):
        with self.etcd(*self.server(), self.ours.certificate()):
            code, rules, result = self.dial()
            self.assertEqual((code, rules, result["ok"], result["detail"]), (0, [], True, ""))

    def test_expired(self):
        with self.etcd(*self.server(days=-1), self.ours.certificate()):
            self.refused("expired")

    def test_wrong_name(self):
        with self.etcd(*self.server(["DNS:*.example.org"]), self.ours.certificate()):
            self.refused("name|host")

    def test_wrong_ca(self):
        theirs = Authority(self.lab.folder)
        with self.etcd(*theirs.issue("x", SERVER_NAMES), theirs.certificate()):
            self.refused("issuer|self.signed|unable to get")
        # Our server, which does not know the client's CA.
        with self.etcd(*self.server(), theirs.certificate()):
            self.refused("refuses the client certificate|bad certificate|unknown")

    def test_unreachable(self):
        with self.leading_to(free_port()):
            code, rules, result = self.dial()
            self.assertEqual((code, rules, result["reached"]), (1, ["dial-unreachable"], False))
            self.assertIn("cannot connect", result["detail"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
