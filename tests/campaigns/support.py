"""What the campaigns on labs share: asking a lab's API without the cost of a kubectl, and cases run side by side."""
import http.client
import json
import os
import pathlib
import queue
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse
from base64 import b64decode

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Lab, run, wait_for  # noqa: E402

WORKLOAD = "/apis/apps/v1/namespaces/default/deployments/api-service"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/meshdrill"
ORIGINAL = 2  # replicas of a lab's workload


class Api:
    """One cluster's API with a client certificate, a connection for each request."""

    def __init__(self, kubeconfig: pathlib.Path, context: str):
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        named = {kind: {entry["name"]: entry[kind[:-1]] for entry in config[kind]} for kind in ("contexts", "clusters", "users")}
        chosen = named["contexts"][context]
        cluster, user = named["clusters"][chosen["cluster"]], named["users"][chosen["user"]]
        self.address = urllib.parse.urlparse(cluster["server"])
        self.tls = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.TemporaryDirectory() as folder:
            pair = pathlib.Path(folder) / "pair.pem"
            pair.touch(mode=0o600)
            pair.write_bytes(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
            self.tls.load_cert_chain(pair)

    def ask(self, path, method="GET", body=None, kind="application/merge-patch+json"):
        """Status and object."""
        connection = http.client.HTTPSConnection(self.address.hostname, self.address.port, context=self.tls, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def get(self, path):
        status, found = self.ask(path)
        return found if status == 200 else None

    def replicas(self):
        return self.get(WORKLOAD)["spec"].get("replicas", 1)

    def scale(self, replicas):
        self.ask(WORKLOAD, "PATCH", {"spec": {"replicas": replicas}})

    def ready(self):
        workload = self.get(WORKLOAD)
        status = workload.get("status", {})
        return (status.get("observedGeneration") == workload["metadata"]["generation"]
                and status.get("availableReplicas", 0) == status.get("replicas", 0) == workload["spec"]["replicas"])

    def lease_left(self):
        """Who holds the drill's Lease, or that it carries a record; empty when neither."""
        lease = self.get(LEASE)
        if lease is None:
            return ""
        record = "with a record" if "meshdrill.io/record" in lease["metadata"].get("annotations", {}) else ""
        return " ".join(filter(None, [lease["spec"].get("holderIdentity", ""), record]))


class DrillLab:
    """A lab of two clusters that serves one case after the other."""

    def __init__(self):
        self.lab = Lab(clusters=2)
        self.names = ["lab-001", "lab-002"]
        self.apis = {name: Api(self.lab.kubeconfig, name) for name in self.names}
        self.set_faults = set()

    def fault(self, text):
        self.lab.fault(text)
        self.set_faults.add(text)

    def faults_off(self):
        for text in self.set_faults:
            self.lab.fault(text, "--off")
        self.set_faults.clear()

    def reset(self):
        """As it was when it was new, whatever the case before it left behind."""
        self.faults_off()
        for api in self.apis.values():
            # A scaling to another count takes the field from an owner that the case before had at work.
            if any("argocd" in entry["manager"] for entry in api.get(WORKLOAD)["metadata"].get("managedFields", [])):
                api.scale(ORIGINAL + 1)
            api.scale(ORIGINAL)
            api.ask(LEASE, "DELETE")
        for name, api in self.apis.items():
            wait_for(api.ready, f"the Pods of {name}")

    def recover(self, *arguments):
        return run("recover", "-f", self.lab.mesh_file, "--kubeconfig", self.lab.kubeconfig, *arguments)

    def stop(self):
        self.lab.stop()


def side_by_side(cases, workers, do):
    """Calls do(lab, case) for each case, on so many labs at a time; yields (case, result, seconds) as they end.

    An exception of do() is a result: what it says."""
    waiting = queue.SimpleQueue()
    ended = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)

    def work():
        lab = None
        try:
            while True:
                try:
                    case = waiting.get_nowait()
                except queue.Empty:
                    return
                start = time.monotonic()
                try:
                    lab = lab or DrillLab()
                    lab.reset()
                    result = do(lab, case)
                except Exception as error:  # pylint: disable=broad-except
                    result = error
                    if lab:
                        lab.stop()
                        lab = None
                ended.put((case, result, time.monotonic() - start))
        finally:
            if lab:
                lab.stop()

    threads = [threading.Thread(target=work) for _ in range(min(workers, len(cases)))]
    for thread in threads:
        thread.start()
    for _ in cases:
        yield ended.get()
    for thread in threads:
        thread.join()


def worker_count(default=4):
    return int(os.environ.get("CAMPAIGN_WORKERS", default))
