#!/usr/bin/env python3
"""`meshdrill status` of 20 lab clusters whose APIs answer each request 20 ms late, against asking one by one.

`./dev bench status`. Asking one by one is what a script does that goes through the clusters, and in each through the same
requests, over one kept connection a cluster: it waits for each answer before it asks for the next. The requests are
those that meshdrill makes, without the agents' Pods, which the script does not even ask. Wall time, the least of
some rounds in turns. `ratio status VALUE`: how many times meshdrill's time that takes. `ratio clusters VALUE`: the same for meshdrill itself,
called for one cluster after the other.
"""
import http.client
import os
import pathlib
import resource
import ssl
import sys
import tempfile
import time
from base64 import b64decode
from urllib.parse import quote, urlsplit

import yaml

ROOT = pathlib.Path(os.environ["MESHDRILL_SOURCE_DIR"])
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import Lab, run  # noqa: E402  (the tests' own lab)

CLUSTERS, ROUNDS = 20, 3
CORE, APPS = "/api/v1/namespaces/kube-system", "/apis/apps/v1/namespaces/kube-system"
REQUESTS = [
    f"{CORE}/configmaps/cilium-config", f"{CORE}/secrets/cilium-clustermesh", f"{CORE}/secrets/cilium-kvstoremesh",
    *(f"{CORE}/secrets/clustermesh-apiserver-{role}-cert" for role in ("server", "remote", "local", "admin")),
    f"{CORE}/services/clustermesh-apiserver", f"{CORE}/pods?labelSelector={quote('k8s-app in (cilium,clustermesh-apiserver)')}",
    f"{APPS}/daemonsets/cilium", f"{APPS}/deployments/cilium-operator", f"{APPS}/deployments/clustermesh-apiserver",
    "/api/v1/nodes", "/apis/cilium.io/v2/ciliumnodes", "/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/networking.k8s.io/v1/ingresses", "/apis/networking.k8s.io/v1/ingressclasses",
    f"/api/v1/pods?labelSelector={quote('app.kubernetes.io/name=ingress-nginx')}",
    "/apis/gateway.networking.k8s.io/v1/httproutes",
    "/apis/multicluster.x-k8s.io/v1alpha1/serviceexports", "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
]


def one_by_one(kubeconfig, folder):
    config = yaml.safe_load(kubeconfig.read_text())
    clusters = {entry["name"]: entry["cluster"] for entry in config["clusters"]}
    users = {entry["name"]: entry["user"] for entry in config["users"]}
    for context in (entry["context"] for entry in config["contexts"]):
        cluster, user = clusters[context["cluster"]], users[context["user"]]
        tls = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        (folder / "pair.pem").write_bytes(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        tls.load_cert_chain(folder / "pair.pem")
        url = urlsplit(cluster["server"])
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=tls)
        for path in REQUESTS:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
        connection.close()


def status(lab, contexts):
    chosen = [word for name in contexts for word in ("--context", name)]
    done = run("status", "--kubeconfig", lab.kubeconfig, "--no-dns", *chosen)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)


def timed(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def main():
    names = [f"lab-{number:03}" for number in range(1, CLUSTERS + 1)]
    lab = Lab(CLUSTERS)
    try:
        lab.wait_ready(names)
        lab.fault("api-latency=20ms")
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            status(lab, names)
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            works = {"meshdrill": lambda: status(lab, names),
                     "one by one": lambda: one_by_one(lab.kubeconfig, folder),
                     "meshdrill, one cluster after the other": lambda: [status(lab, [name]) for name in names]}
            best = {name: min(timed(work) for _ in range(ROUNDS)) for name, work in works.items()}
    finally:
        lab.stop()
    for name, seconds in best.items():
        print(f"{name}: {seconds:.2f} s")
    print(f"memory of meshdrill, {CLUSTERS} clusters: at most {memory:.1f} MiB")
    print(f"ratio status {best['one by one'] / best['meshdrill']:.1f}")
    print(f"ratio clusters {best['meshdrill, one cluster after the other'] / best['meshdrill']:.1f}")


main()
