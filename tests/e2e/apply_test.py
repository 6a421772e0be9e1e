#!/usr/bin/env python3
"""What `meshdrill generate` writes, given to the programs that an operator gives it to: kubectl, with the lab's API, and
name servers. $MESHDRILL is the binary, $KUBECTL or PATH has kubectl."""

import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from harness import KUBECTL, Lab, run, wait_for

KNOTD, NSUPDATE = shutil.which("knotd"), shutil.which("nsupdate")
NAMED_CHECKZONE = shutil.which("named-checkzone")

# An address of its own: what runs beside must not take the port between here and the server.
HOST = f"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 250}.1"
ZONE = """$ORIGIN example.org.
$TTL 3600
@ IN SOA ns hostmaster 1 7200 900 1209600 300
@ IN NS ns
ns IN A 127.0.0.1
api IN A 203.0.113.9
"""
MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
cilium: {version: 1.20.0, kubeProxyReplacement: true, defaultGlobalNamespace: false}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}}
ingress: {controller: CONTROLLER, host: api.example.org, TLS service: shop/api}
dns: {ttl: 30, zone: example.org, server: SERVER}
clusters:
  - {name: lab-001, apiserver: {ips: [192.0.2.1]}, ingress: [198.51.100.1, '2001:db8::1']}
  - {name: lab-002, apiserver: {ips: [192.0.2.2]}, ingress: [198.51.100.2]}
services:
  - {name: api, namespace: shop, ports: [{name: http, port: 8080, targetPort: 80}], affinity: local, EXPORT
     clusters: {lab-002: {shared: false, affinity: remote, replicas: 0}}}
  - {name: peers, sample: false, headless: true, ports: [{name: db, port: 5432}]}
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-apply-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def generate(self, controller="nginx", tls="", export="", server="127.0.0.1"):
        text = MESH.replace("CONTROLLER", controller).replace("TLS", tls).replace("EXPORT", export).replace("SERVER", server)
        (self.folder / "mesh.yaml").write_text(text)
        out = self.folder / f"out-{controller}"
        done = run("generate", "-f", self.folder / "mesh.yaml", "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out


@unittest.skipUnless(KUBECTL, "kubectl is not installed")
class Kubectl(Case):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(clusters=2)

    @classmethod
    def tearDownClass(cls):
        cls.lab.stop()

    def kubectl(self, context, *arguments):
        return subprocess.run([KUBECTL, "--context", context, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              check=False, env=dict(os.environ, KUBECONFIG=str(self.lab.kubeconfig), HOME=str(self.lab.folder)))

    def apply(self, context, *arguments):
        done = self.kubectl(context, "apply", "--validate=true", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_folder_is_a_kustomization(self):
        out = self.generate(tls="tls: {secretName: api-tls},")
        for context in ("lab-001", "lab-002"):
            said = self.apply(context, "-k", out / context)
            for name in ("namespace/shop", "service/api", "service/peers", "deployment.apps/api", "ingress.networking.k8s.io/api"):
                self.assertIn(name, said)
            # The same without kustomize, and a second time.
            self.apply(context, "-f", out / context / "manifests")
        service = yaml.safe_load(self.kubectl("lab-001", "-n", "shop", "get", "service", "api", "-o", "yaml").stdout)
        annotations = service["metadata"]["annotations"]
        self.assertEqual(annotations["service.cilium.io/affinity"], "local")
        self.assertNotIn("service.cilium.io/shared", annotations)
        service = yaml.safe_load(self.kubectl("lab-002", "-n", "shop", "get", "service", "api", "-o", "yaml").stdout)
        annotations = service["metadata"]["annotations"]
        self.assertEqual(annotations["service.cilium.io/affinity"], "remote")
        self.assertEqual(annotations["service.cilium.io/shared"], "false")
        namespace = yaml.safe_load(self.kubectl("lab-001", "get", "namespace", "default", "-o", "yaml").stdout)
        self.assertEqual(namespace["metadata"]["annotations"]["clustermesh.cilium.io/global"], "true")

    def test_secrets(self):
        certificates = self.generate() / "lab-001/secrets/certificates.yaml"
        # A cluster without Cilium has none yet; the lab made its own.
        self.kubectl("lab-001", "delete", "--ignore-not-found", "-f", certificates)
        said = self.apply("lab-001", "--server-side", "-f", certificates)
        self.assertEqual(said.count("serverside-applied"), 4)
        secret = yaml.safe_load(self.kubectl("lab-001", "-n", "kube-system", "get", "secret", "clustermesh-apiserver-remote-cert",
                                             "-o", "yaml").stdout)
        self.assertEqual(secret["type"], "kubernetes.io/tls")
        self.assertEqual(set(secret["data"]), {"ca.crt", "tls.crt", "tls.key"})
        self.assertNotIn("kubectl.kubernetes.io/last-applied-configuration", secret["metadata"].get("annotations", {}))

    def test_kinds_that_need_definitions(self):
        """The Gateway API and MCS-API, which a cluster has only once their definitions are installed."""
        text = MESH.replace("CONTROLLER", "gateway").replace("TLS", "tls: {secretName: api-tls},").replace("SERVER", "127.0.0.1")
        text = text.replace("affinity: local, EXPORT", "export: mcs,").replace("affinity: remote, ", "")
        (self.folder / "mesh.yaml").write_text(text)
        out = self.folder / "out"
        self.assertEqual(run("generate", "-f", self.folder / "mesh.yaml", "-o", out).returncode, 0)
        for context, exports in (("lab-001", 1), ("lab-002", 0)):
            done = self.kubectl(context, "apply", "--validate=true", "-k", out / context)
            self.assertEqual(done.returncode, 0, done.stderr)
            for kind in ("service/api", "gateway.gateway.networking.k8s.io/", "httproute.gateway.networking.k8s.io/"):
                self.assertIn(kind, done.stdout)
            self.assertEqual(done.stdout.count("serviceexport.multicluster.x-k8s.io/api"), exports, done.stdout)
        built = self.kubectl("lab-001", "kustomize", out / "lab-001").stdout
        objects = {item["kind"]: item for item in yaml.safe_load_all(built) if item["kind"] not in ("Service", "Namespace")}
        gateway = objects["Gateway"]["spec"]
        self.assertEqual(gateway["gatewayClassName"], "cilium")
        self.assertEqual((gateway["listeners"][0]["protocol"], gateway["listeners"][0]["port"]), ("HTTPS", 443))
        route = objects["HTTPRoute"]["spec"]
        self.assertEqual(route["parentRefs"][0]["name"], objects["Gateway"]["metadata"]["name"])
        self.assertEqual(route["rules"][0]["backendRefs"][0],
                         {"group": "multicluster.x-k8s.io", "kind": "ServiceImport", "name": "api", "port": 8080})


class Dns(Case):
    def zone(self):
        out = self.generate()
        zone = self.folder / "example.org.zone"
        zone.write_text(ZONE.replace("api IN A 203.0.113.9\n", "") + (out / "dns/records.zone").read_text())
        return zone

    @unittest.skipUnless(NAMED_CHECKZONE, "bind9-utils is not installed")
    def test_bind_reads_the_zone(self):
        done = subprocess.run([NAMED_CHECKZONE, "-D", "-o", "-", "example.org", self.zone()], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        records = [line.split() for line in done.stdout.splitlines() if line.startswith("api.example.org.")]
        self.assertEqual(sorted((ttl, kind, address) for _, ttl, _, kind, address in records),
                         [("30", "A", "198.51.100.1"), ("30", "A", "198.51.100.2"), ("30", "AAAA", "2001:db8::1")])

    @unittest.skipUnless(KNOTD and NSUPDATE, "knot and nsupdate are not installed")
    def test_a_server_takes_the_update(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        (self.folder / "example.org.zone").write_text(ZONE)
        secret = "c2VjcmV0IG9mIGEgdGVzdA=="
        (self.folder / "knot.conf").write_text(
            f"server:\n  rundir: {self.folder}\n  listen: {HOST}@{port}\n"
            f"database:\n  storage: {self.folder}\n"
            f"key:\n  - id: mesh\n    algorithm: hmac-sha256\n    secret: {secret}\n"
            "acl:\n  - id: update\n    key: mesh\n    action: update\n"
            f"zone:\n  - domain: example.org\n    storage: {self.folder}\n    file: example.org.zone\n    acl: update\n")
        (self.folder / "key").write_text(f'key "mesh" {{ algorithm hmac-sha256; secret "{secret}"; }};\n')
        log = open(self.folder / "knot.log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        server = subprocess.Popen([KNOTD, "-c", str(self.folder / "knot.conf")], stdout=log, stderr=log)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_for(lambda: self.ask(port, "A") == ["203.0.113.9"], "knot to answer")
        out = self.generate(server=f"{HOST} {port}")
        for _ in range(2):  # once more changes nothing
            done = subprocess.run([NSUPDATE, "-k", str(self.folder / "key"), str(out / "dns/nsupdate.txt")], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(self.ask(port, "A"), ["198.51.100.1", "198.51.100.2"])
            self.assertEqual(self.ask(port, "AAAA"), ["2001:db8::1"])

    def ask(self, port, kind):
        done = subprocess.run(["dig", "+short", "+time=1", "+tries=1", f"@{HOST}", "-p", str(port), "api.example.org", kind],
                              capture_output=True, text=True, timeout=60, check=False)
        return sorted(done.stdout.split())

    def test_external_dns(self):
        item = yaml.safe_load((self.generate() / "dns/dnsendpoint.yaml").read_text())
        self.assertEqual((item["apiVersion"], item["kind"]), ("externaldns.k8s.io/v1alpha1", "DNSEndpoint"))
        self.assertEqual(item["spec"]["endpoints"][0], {"dnsName": "api.example.org", "recordTTL": 30, "recordType": "A",
                                                        "targets": ["198.51.100.1", "198.51.100.2"]})


if __name__ == "__main__":
    unittest.main()
