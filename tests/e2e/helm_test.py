#!/usr/bin/env python3
"""What `meshdrill generate` writes, given to real Helm: the values against the schemas of the real charts, and the
README's own commands against the lab. $MESHDRILL is the binary, $MESHDRILL_SOURCE_DIR the source tree."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

import real_helm
from harness import MESHDRILL, Lab, run

SOURCE = Path(os.environ["MESHDRILL_SOURCE_DIR"])
# Beside the checkout, or beside the folder that holds it and other worktrees.
CHARTS = next((up for up in (SOURCE / "../shared/cilium-chart", SOURCE / "../../shared/cilium-chart") if up.is_dir()),
              SOURCE / "../shared/cilium-chart")
HELMS = real_helm.available()

HEAD = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
"""
CLUSTERS = """clusters:
  - {name: a, apiserver: {ips: [192.0.2.1]}, ingress: [198.51.100.1]}
  - {name: b, apiserver: {type: LoadBalancer, address: b.example.org, port: 2379}, ingress: [198.51.100.2]}
services: [{name: api, ports: [{name: http, port: 8080, targetPort: 80}]}]
"""
POOLS = "addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}, ipv6: {pool: 'fd00:10::/96', cluster: 108, node: 120}}\n"

# Every part of the values that the mesh file can ask for, spread over a few meshes. VERSION is replaced.
MESHES = {
    "secrets": HEAD + "cilium: {version: VERSION}\n" + POOLS + CLUSTERS,
    "native": HEAD + "cilium: {version: VERSION, kubeProxyReplacement: true, socketLB: true, l7Proxy: true, "
              "encryption: wireguard, domain: mesh.example.org, maxConnectedClusters: 511}\n" + POOLS +
              "routing: {mode: native}\ntrust: {issuer: cronJob, validityDays: 90, authMode: migration}\n"
              "ingress: {controller: gateway, host: api.example.org, hostNetwork: true, port: 8080, nodeSelector: {role: in}}\n" +
              CLUSTERS.replace("name: api,", "name: api, export: mcs, syncEndpointSlices: true,"),
    "ingress": HEAD + "cilium: {version: VERSION, kubeProxyReplacement: true}\n" + POOLS +
               "routing: {mode: tunnel, tunnelProtocol: geneve}\n"
               "trust: {mode: certManager, issuerRef: {name: mesh-ca}, authMode: cluster}\n"
               "ingress: {controller: cilium, host: api.example.org, port: 8080, hostNetwork: true, listenerPort: 8010, "
               "nodeSelector: {role: ingress}}\n" + CLUSTERS,
    "helm": HEAD + "cilium: {version: VERSION, valuesKey: cilium, domain: example.org}\n" + POOLS + "trust: {issuer: helm}\n" +
            CLUSTERS,
    "inline": HEAD + "cilium: {version: VERSION}\n" + POOLS + "trust: {mode: inline, folder: peers}\n" + CLUSTERS,
    "eni": HEAD + "cilium: {version: VERSION, ipam: eni}\n" + POOLS +
           CLUSTERS.replace("name: a,", "name: a, podCIDRs: [10.1.0.0/16, 'fd00:1::/96'],")
                   .replace("name: b,", "name: b, podCIDRs: [10.2.0.0/16, 'fd00:2::/96'],"),
}
# What a version does not have is asked for only where it does.
NEWER = {"1.18": ", policyDefaultLocalCluster: false", "1.19": ", cacheTTL: 10m", "1.20": ", defaultGlobalNamespace: false"}


def mesh_text(name, version):
    text = MESHES[name].replace("VERSION", version)
    if name != "native":
        return text
    extra = "".join(keys for minor, keys in NEWER.items() if minor <= version[:4])
    return text.replace("kubeProxyReplacement: true", "kubeProxyReplacement: true" + extra, 1)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def write_peer(path, folder):
    """A Secret clustermesh-apiserver-remote-cert as kubectl prints it, with RSA keys as Cilium's Helm method makes them."""
    ca, key, leaf = folder / "ca.pem", folder / "key.pem", folder / "leaf.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", ca, "-subj", "/CN=Cilium CA", "-days", 90)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", folder / "csr", "-subj", "/CN=remote")
    openssl("x509", "-req", "-in", folder / "csr", "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-out", leaf, "-days", 90)
    data = {name: base64.b64encode(file.read_bytes()).decode() for name, file in (("ca.crt", ca), ("tls.crt", leaf), ("tls.key", key))}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data,
              "metadata": {"name": "clustermesh-apiserver-remote-cert", "namespace": "kube-system", "uid": "x"}}
    path.write_text(yaml.safe_dump(secret))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-helm-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def chart(self, version, umbrella=None):
        """A chart with the real chart's values and schema whose one template shows the values as Helm read them."""
        name = "umbrella" if umbrella else "cilium"
        folder = self.folder / f"chart-{version}-{name}"
        inner = folder / "charts" / "cilium" if umbrella else folder
        for place in {folder, inner}:
            (place / "templates").mkdir(parents=True)
            place_name = name if place == folder else "cilium"
            (place / "Chart.yaml").write_text(f"apiVersion: v2\nname: {place_name}\nversion: {version}\n")
        for file in ("values.yaml", "values.schema.json"):
            shutil.copy(CHARTS / version / file, inner)
        (inner / "templates" / "values.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata:\n  values.json: {{ .Values | toJson | quote }}\n")
        return folder

    def helm(self, binary, *arguments, env=None):
        return subprocess.run([str(binary), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False,
                              env=dict(os.environ, HELM_CACHE_HOME=str(self.folder / "cache"), **(env or {})))


@unittest.skipUnless(HELMS, "no Helm in the cache; ./dev setup fetches it")
@unittest.skipUnless(CHARTS.is_dir(), f"the charts are not at {CHARTS}")
class Schema(Case):
    OPEN = {  # free-form in the chart, or documented in comments alone
        "clustermesh.config.clusters", "clustermesh.apiserver.tls.auto.schedule", "extraConfig",
        "clustermesh.apiserver.tls.auto.certManagerIssuerRef", "ingressController.hostNetwork.nodes.matchLabels",
        "gatewayAPI.hostNetwork.nodes.matchLabels"}

    def assert_known(self, values, defaults, schema, path=""):
        """Every key stands in the chart's values or in its schema, which forbids none."""
        for key, value in values.items():
            name = f"{path}{key}"
            if name in self.OPEN:
                continue
            properties = schema.get("properties", {})
            # A few keys stand in the chart's values as a comment, for want of a default.
            commented = re.search(rf"^ *# ?{key}:", self.chart_text, re.M)
            self.assertTrue(key in (defaults or {}) or key in properties or commented, name)
            if isinstance(value, dict):
                inner = defaults.get(key) if isinstance(defaults, dict) else None
                self.assert_known(value, inner if isinstance(inner, dict) else {}, properties.get(key, {}), name + ".")

    def generate(self, name, version):
        home = self.folder / f"{version}-{name}"
        home.mkdir()
        (home / "mesh.yaml").write_text(mesh_text(name, version))
        if name == "inline":
            shutil.copytree(self.peers, home / "peers")
        done = run("generate", "-f", home / "mesh.yaml", "-o", home / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        return home / "out"

    def check(self, name, version, helms):
        out = self.generate(name, version)
        self.chart_text = (CHARTS / version / "values.yaml").read_text()
        chart_values = yaml.safe_load(self.chart_text)
        schema = json.loads((CHARTS / version / "values.schema.json").read_text())
        umbrella = "valuesKey" in MESHES[name]
        chart = self.folder / f"chart-{version}-{'umbrella' if umbrella else 'cilium'}"
        if not chart.exists():
            self.chart(version, umbrella)
        ca = sorted((out / "secrets").glob("ca-values.yaml"))
        for index, cluster in enumerate(("a", "b"), 1):
            files = ca + sorted((out / cluster).glob("*/cilium-enable.yaml")) + sorted((out / cluster).glob("*/cilium-connect.yaml"))
            self.assertGreaterEqual(len(files), 2)
            for file in files:
                values = yaml.safe_load(file.read_text())
                self.assert_known(values["cilium"] if umbrella else values, chart_values, schema)
            # The clusters differ in numbers and in how they are reached, which one mesh of each chart shows.
            for helm in helms if index == 1 or name == "secrets" else ():
                flags = [word for file in files for word in ("-f", file)]
                done = self.helm(helm, "template", "cilium", chart, *flags)
                self.assertEqual(done.returncode, 0, done.stderr)
                read = json.loads(yaml.safe_load(done.stdout)["data"]["values.json"])
                self.assertEqual(read["cluster"], {"name": cluster, "id": index})
                peers = read["clustermesh"]["config"]["clusters"]
                names = list(peers) if isinstance(peers, dict) else [peer["name"] for peer in peers]
                self.assertEqual(names, ["b" if cluster == "a" else "a"])
                if name == "ingress":
                    self.assertNotIn("externalTrafficPolicy", read["ingressController"]["service"])

    def test_every_chart_accepts_what_is_written_for_it(self):
        self.peers = self.folder / "peers"
        self.peers.mkdir()
        for cluster in ("a", "b"):
            write_peer(self.peers / f"{cluster}.yaml", self.folder)
        charts = sorted(path.name for path in CHARTS.iterdir())
        self.assertGreaterEqual(len(charts), 5)
        for version in charts:
            for name in MESHES:
                # One Helm reads all, the other one mesh of each chart: they share the reader of the schema.
                helms = list(HELMS.values()) if name == "native" else list(HELMS.values())[:1]
                with self.subTest(chart=version, mesh=name):
                    self.check(name, version, helms)

    def test_helm_refuses_what_the_schema_refuses(self):
        """Or the test above could not fail: peers as a map, before 1.19."""
        chart = self.chart("1.18.12")
        values = self.folder / "map.yaml"
        values.write_text("clustermesh: {config: {clusters: {a: {port: 1}}}}\n")
        for helm in HELMS.values():
            done = self.helm(helm, "template", "cilium", chart, "-f", values)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("clusters", done.stderr)


@unittest.skipUnless(HELMS, "no Helm in the cache; ./dev setup fetches it")
@unittest.skipUnless(CHARTS.is_dir(), f"the charts are not at {CHARTS}")
class Commands(Case):
    """The README's helm commands, run as they stand against the lab, but for the chart's name and a dry run: the lab's
    API takes no protobuf, in which Helm keeps its releases."""

    def test_both_phases_would_install(self):
        lab = Lab(clusters=2)
        self.addCleanup(lab.stop)
        out = self.folder / "out"
        done = run("generate", "-f", lab.mesh_file, "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        chart = self.chart("1.18.12")
        commands = [line for line in (out / "README.md").read_text().splitlines()
                    if line.startswith("helm upgrade --install cilium ")]
        self.assertEqual(len(commands), 4)
        for helm in HELMS.values():
            for command in commands:
                words = shlex.split(command.replace(" cilium/cilium --version 1.18.0", f" {chart}"))
                done = subprocess.run([str(helm), *words[1:], "--dry-run=client"], cwd=out, capture_output=True, text=True, timeout=120, check=False,
                                      env=dict(os.environ, KUBECONFIG=str(lab.kubeconfig), HOME=str(self.folder)))
                self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
                self.assertIn("STATUS: pending-install", done.stdout)
                self.assertIn("kind: ConfigMap", done.stdout)


if __name__ == "__main__":
    unittest.main()
