"""A lab whose clusters the tests of `meshdrill status` put into bad states and back, and openssl for its certificates."""

import base64
import json
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from harness import KUBECTL, PATIENCE, Lab, run, wait_for

NAMESPACE = "kube-system"
CLUSTERS = ("lab-001", "lab-002", "lab-003")
OPENSSL = shutil.which("openssl")


def leaves_of(old, patch):
    """The merge patch that takes `patch` back from an object that was `old`."""
    undo = {}
    for key, value in patch.items():
        before = old.get(key) if isinstance(old, dict) else None
        if isinstance(value, dict) and isinstance(before, dict):
            undo[key] = leaves_of(before, value)
        else:
            undo[key] = before
    return undo


class StatusLab(Lab):
    """Its methods that change something are context managers, which change it back."""

    def __init__(self, clusters=3, arguments=()):
        super().__init__(clusters, arguments)
        self.clusters = CLUSTERS[:clusters]
        self.wait_ready(self.clusters)

    # Looking

    def status(self, *arguments, contexts=None, dns=False):
        """The exit code, the findings that are no notes, and the whole document."""
        chosen = [word for name in contexts or self.clusters for word in ("--context", name)]
        done = self.run_status("-o", "json", *(() if dns else ("--no-dns",)), *chosen, *arguments)
        document = json.loads(done.stdout)
        return done.returncode, [f for f in document["findings"] if f["level"] != "note"], document

    def run_status(self, *arguments):
        return run("status", "--kubeconfig", self.kubeconfig, *arguments)

    def rules(self, *arguments, **options):
        return [finding["rule"] for finding in self.status(*arguments, **options)[1]]

    # Changing

    def get(self, cluster, kind, name, ns=NAMESPACE):
        return json.loads(self.kubectl(cluster, "-n", ns, "get", kind, name, "-o", "json"))

    def merge(self, cluster, kind, name, patch, ns=NAMESPACE, status=False):
        self.kubectl(cluster, "-n", ns, "patch", kind, name, "--type=merge", "-p", json.dumps(patch),
                     *(("--subresource=status",) if status else ()))

    def pipe(self, cluster, verb, text):
        done = subprocess.run([KUBECTL, "--kubeconfig", str(self.kubeconfig), "--context", cluster, verb, "--validate=false",
                               "-f", "-"], input=json.dumps(text), text=True, capture_output=True, timeout=PATIENCE, check=False,
                              env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"})
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    @contextmanager
    def patched(self, cluster, kind, name, patch, ns=NAMESPACE, status=False):
        undo = leaves_of(self.get(cluster, kind, name, ns), patch)
        self.merge(cluster, kind, name, patch, ns, status)
        try:
            yield
        finally:
            self.merge(cluster, kind, name, undo, ns, status)

    def configured(self, cluster, **data):
        """Keys of cilium-config, with _ for -."""
        return self.patched(cluster, "configmap", "cilium-config", {"data": {k.replace("_", "-"): v for k, v in data.items()}})

    def annotated(self, cluster, kind, name, annotations, ns="default"):
        return self.patched(cluster, kind, name, {"metadata": {"annotations": annotations}}, ns)

    @contextmanager
    def created(self, cluster, one):
        self.pipe(cluster, "create", one)
        try:
            yield
        finally:
            meta = one["metadata"]
            self.kubectl(cluster, *(("-n", meta["namespace"]) if "namespace" in meta else ()), "delete", one["kind"], meta["name"])

    @contextmanager
    def deleted(self, cluster, kind, name, ns=NAMESPACE):
        one = self.get(cluster, kind, name, ns)
        self.kubectl(cluster, "-n", ns, "delete", kind, name)
        try:
            yield
        finally:
            for key in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
                one["metadata"].pop(key, None)
            if kind == "service":
                one["spec"].pop("clusterIP", None)
                one["spec"].pop("clusterIPs", None)
            self.pipe(cluster, "create", one)

    @contextmanager
    def scaled(self, cluster, name, replicas, ns=NAMESPACE):
        def ready():
            return self.get(cluster, "deployment", name, ns).get("status", {}).get("readyReplicas", 0)
        before = self.get(cluster, "deployment", name, ns)["spec"]["replicas"]
        self.kubectl(cluster, "-n", ns, "scale", "deployment", name, f"--replicas={replicas}")
        try:
            wait_for(lambda: ready() == replicas, f"{replicas} of {name}")
            yield
        finally:
            self.kubectl(cluster, "-n", ns, "scale", "deployment", name, f"--replicas={before}")
            wait_for(lambda: ready() == before, f"{before} of {name}")

    @contextmanager
    def faulty(self, *faults):
        for fault in faults:
            self.fault(fault)
        try:
            yield
        finally:
            for fault in faults:
                name, at, cluster = fault.partition("@")
                self.fault(name.split("=")[0] + at + cluster, "--off")

    def pod(self, cluster, label):
        return self.kubectl(cluster, "-n", NAMESPACE, "get", "pods", "-l", f"k8s-app={label}", "-o", "name").split()[0].split("/")[1]

    def says(self, cluster, label, peer, state):
        """What an agent (label cilium) or kvstoremesh (clustermesh-apiserver) says of a peer."""
        return self.annotated(cluster, "pod", self.pod(cluster, label), {f"peer.lab.meshdrill.io/{peer}": state}, NAMESPACE)

    @contextmanager
    def peers(self, cluster, change, secrets=("cilium-clustermesh", "cilium-kvstoremesh")):
        """change(peers) edits the peers of these Secrets, as text by name."""
        with_them = []
        for name in secrets:
            old = self.get(cluster, "secret", name)["data"]
            texts = {key: base64.b64decode(value).decode() for key, value in old.items()}
            change(texts)
            new = {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}
            self.merge(cluster, "secret", name, {"data": {**{key: None for key in old}, **new}})
            with_them.append((name, {**{key: None for key in new}, **old}))
        try:
            yield
        finally:
            for name, data in with_them:
                self.merge(cluster, "secret", name, {"data": data})


class Authority:
    """A CA of openssl's, which issues certificates with dates, names and users of a test's choice."""

    def __init__(self, folder):
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "900",
                     "-subj", "/CN=Cilium CA", "-keyout", "ca.key", "-out", "ca.crt")

    def openssl(self, *arguments):
        done = subprocess.run([OPENSSL, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def issue(self, user, names=(), days=800):
        """(certificate, key) as bytes."""
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={user}",
                     "-keyout", "leaf.key", "-out", "leaf.csr")
        usage = "serverAuth" if names else "clientAuth"
        text = f"extendedKeyUsage={usage}\n" + (f"subjectAltName={','.join(names)}\n" if names else "")
        (self.folder / "leaf.ext").write_text(text)
        self.openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days),
                     "-extfile", "leaf.ext", "-out", "leaf.crt")
        return (self.folder / "leaf.crt").read_bytes(), (self.folder / "leaf.key").read_bytes()

    def certificate(self):
        return (self.folder / "ca.crt").read_bytes()


def secret_data(ca, certificate, key):
    """The data of a Secret of type kubernetes.io/tls."""
    return {"data": {name: base64.b64encode(value).decode()
                     for name, value in (("ca.crt", ca), ("tls.crt", certificate), ("tls.key", key))}}


SERVER_NAMES = ("DNS:*.mesh.cilium.io", "DNS:clustermesh-apiserver.kube-system.svc", "IP:127.0.0.1")


def issue_all(lab, authority):
    """Gives every cluster certificates of this authority."""
    for cluster in lab.clusters:
        for role, user, names in (("server", "clustermesh-apiserver.cilium.io", SERVER_NAMES), ("remote", "remote", ()),
                                  ("local", f"local-{cluster}", ()), ("admin", f"admin-{cluster}", ())):
            lab.merge(cluster, "secret", f"clustermesh-apiserver-{role}-cert",
                      secret_data(authority.certificate(), *authority.issue(user, names)))
