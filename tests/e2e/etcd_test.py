#!/usr/bin/env python3
"""The certificates that `meshdrill generate` issues, in a real etcd: mutual TLS under every name that a peer asks for, the
users that the common names stand for, and refusals. $MESHDRILL is the binary."""

import base64
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

from harness import run, wait_for

ETCD, ETCDCTL = shutil.which("etcd"), shutil.which("etcdctl")

MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
cilium: {version: VERSION, DOMAIN}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16}}
trust: {authMode: AUTH}
clusters:
  - {name: a, apiserver: {ips: [192.0.2.1]}}
  - {name: b, apiserver: {address: b.example.org, port: 2379}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class NamedConnection(http.client.HTTPSConnection):
    """HTTPS to 127.0.0.1, asking for another name, as an agent with hostAliases does."""

    def __init__(self, port, name, context):
        super().__init__("127.0.0.1", port, timeout=20, context=context)
        self.name = name

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 20), server_hostname=self.name)


@unittest.skipUnless(ETCD and ETCDCTL, "etcd-server and etcd-client are not installed")
class Etcd(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-etcd-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def certificates(self, place, version="1.18.12", domain="domain: mesh.cilium.io", auth="migration"):
        """Generates, and unpacks the Secrets of each cluster: {cluster: {role: folder with ca.crt, tls.crt, tls.key}}."""
        home = self.folder / place
        home.mkdir()
        (home / "mesh.yaml").write_text(MESH.replace("VERSION", version).replace("DOMAIN", domain).replace("AUTH", auth))
        done = run("generate", "-f", home / "mesh.yaml", "-o", home / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        unpacked = {}
        for cluster in ("a", "b"):
            secrets = home / "out" / cluster / "secrets/certificates.yaml"
            self.assertEqual(secrets.stat().st_mode & 0o777, 0o600)
            unpacked[cluster] = {}
            for item in yaml.safe_load(secrets.read_text())["items"]:
                self.assertEqual((item["kind"], item["type"], item["metadata"]["namespace"]),
                                 ("Secret", "kubernetes.io/tls", "kube-system"))
                role = item["metadata"]["name"].removeprefix("clustermesh-apiserver-").removesuffix("-cert")
                folder = home / cluster / role
                folder.mkdir(parents=True)
                for name, value in item["data"].items():
                    (folder / name).write_bytes(base64.b64decode(value))
                    (folder / name).chmod(0o600)
                unpacked[cluster][role] = folder
        self.assertEqual(set(unpacked["a"]), {"server", "admin", "remote", "local"})
        return unpacked

    def etcd(self, server):
        """etcd as clustermesh-apiserver runs it, with these server's certificates; its port."""
        port, peer = free_port(), free_port()
        data = self.folder / f"data-{port}"
        log = open(self.folder / f"etcd-{port}.log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [ETCD, "--data-dir", str(data), "--listen-client-urls", f"https://127.0.0.1:{port}",
             "--advertise-client-urls", f"https://127.0.0.1:{port}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"default=http://127.0.0.1:{peer}",
             "--cert-file", str(server / "tls.crt"), "--key-file", str(server / "tls.key"), "--client-cert-auth",
             "--trusted-ca-file", str(server / "ca.crt")], stdout=log, stderr=log, env=dict(os.environ, ETCD_UNSUPPORTED_ARCH="arm64"))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return port

    def etcdctl(self, port, client, *arguments, ca=None):
        return subprocess.run(
            [ETCDCTL, f"--endpoints=https://127.0.0.1:{port}", f"--cacert={ca or client / 'ca.crt'}", f"--cert={client / 'tls.crt'}",
             f"--key={client / 'tls.key'}", "--dial-timeout=5s", "--command-timeout=5s", *arguments], capture_output=True, text=True, timeout=60,
            check=False, env=dict(os.environ, ETCDCTL_API="3"))

    def up(self, port, client):
        wait_for(lambda: self.etcdctl(port, client, "get", "x").returncode == 0, "etcd to answer")

    def asked_by(self, port, name, client):
        context = ssl.create_default_context(cafile=str(client / "ca.crt"))
        context.load_cert_chain(client / "tls.crt", client / "tls.key")
        connection = NamedConnection(port, name, context)
        try:
            connection.request("GET", "/version")
            return connection.getresponse().status
        finally:
            connection.close()

    def test_every_name_of_every_version(self):
        own = ["a.mesh.cilium.io", "clustermesh-apiserver.kube-system.svc", "127.0.0.1"]
        for version, names in (("1.16.19", own + ["clustermesh-apiserver.cilium.io"]), ("1.20.0", own)):
            with self.subTest(version=version):
                made = self.certificates(version, version, domain="domain: cern.ch")
                # A domain of one's own, and an address that is no name of the domain.
                for cluster, more in (("a", ["a.cern.ch"]), ("b", ["b.example.org"])):
                    port = self.etcd(made[cluster]["server"])
                    other = made["b" if cluster == "a" else "a"]
                    self.up(port, other["remote"])
                    for name in names + more:
                        self.assertEqual(self.asked_by(port, name, other["remote"]), 200, name)
                    for name in ("x.a.cern.ch", "elsewhere.org"):
                        with self.assertRaises(ssl.SSLCertVerificationError):
                            self.asked_by(port, name, other["remote"])

    def test_common_names_are_users(self):
        for auth, user in (("migration", "remote"), ("cluster", "remote-b")):
            with self.subTest(auth=auth):
                made = self.certificates(auth, auth=auth)
                port = self.etcd(made["a"]["server"])
                admin, remote, local = made["a"]["admin"], made["b"]["remote"], made["a"]["local"]
                self.up(port, admin)
                for words in (("user", "add", "root", "--no-password"), ("user", "add", "admin-a", "--no-password"),
                              ("user", "add", user, "--no-password"), ("user", "add", "local-a", "--no-password"),
                              ("role", "add", "root"), ("role", "add", "remote"),
                              ("role", "grant-permission", "remote", "read", "cilium/", "--prefix=true"),
                              ("user", "grant-role", "root", "root"), ("user", "grant-role", "admin-a", "root"),
                              ("user", "grant-role", user, "remote"), ("user", "grant-role", "local-a", "remote"),
                              ("put", "cilium/x", "1"), ("auth", "enable")):
                    done = self.etcdctl(port, admin, *words)
                    self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
                self.assertEqual(self.etcdctl(port, admin, "put", "cilium/y", "2").returncode, 0)
                for client in (remote, local):
                    self.assertEqual(self.etcdctl(port, client, "get", "cilium/x", "--print-value-only").stdout, "1\n")
                    self.assertIn("permission denied", self.etcdctl(port, client, "put", "cilium/x", "3").stderr)

    def test_another_ca_is_refused_both_ways(self):
        made, foreign = self.certificates("ours"), self.certificates("theirs")
        port = self.etcd(made["a"]["server"])
        self.up(port, made["b"]["remote"])
        # Their CA does not know our server, and our server does not know their client.
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.asked_by(port, "a.mesh.cilium.io", foreign["b"]["remote"])
        done = self.etcdctl(port, foreign["b"]["remote"], "get", "x", ca=made["a"]["remote"] / "ca.crt")
        self.assertNotEqual(done.returncode, 0)

    def test_generating_again_keeps_all_of_it(self):
        self.certificates("kept")
        home = self.folder / "kept"
        before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
        self.assertEqual((home / "mesh.ca.key").stat().st_mode & 0o777, 0o600)
        done = run("generate", "-f", home / "mesh.yaml", "-o", home / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({path: path.read_bytes() for path in home.rglob("*") if path.is_file()}, before)
        # Without the key nothing can be issued, and nothing has to be; for another cluster it is refused.
        (home / "mesh.ca.key").unlink()
        self.assertEqual(run("generate", "-f", home / "mesh.yaml", "-o", home / "out").returncode, 0)
        with open(home / "mesh.yaml", "a", encoding="utf-8") as mesh:
            mesh.write("  - {name: c, apiserver: {ips: [192.0.2.3]}}\n")
        done = run("generate", "-f", home / "mesh.yaml", "-o", home / "out")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the CA's key is not here", done.stderr)

    def test_no_secret_is_shown(self):
        self.certificates("shown")
        home = self.folder / "shown"
        shutil.rmtree(home / "out/a/secrets")
        done = run("generate", "-f", home / "mesh.yaml", "-o", home / "out", "--diff")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("a/secrets/certificates.yaml: secret, added", done.stdout)
        for word in ("tls.key", "BEGIN", "LS0t"):
            self.assertNotIn(word, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
