"""Kubernetes clusters without nodes: etcd, a real kube-apiserver and kube-controller-manager each, on loopback.

What a node would do is played here (class Kubelet): Pods are bound to a node, made ready, and taken away when they are to
end. class Ingress answers HTTP as an ingress in a Cluster Mesh would, from whichever ready endpoint of any cluster.
"""

import asyncio
import base64
import http.client
import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

VERSION = "1.20.2"
BINARIES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meshdrill" / f"kubernetes-{VERSION}"
PATIENCE = 120  # seconds; the controller manager takes about 15 before it acts
# Those that make what a drill looks at. Not the ones that would miss the nodes and take the Pods away.
CONTROLLERS = ("deployment,replicaset,statefulset,daemonset,endpoint,endpointslice,namespace,serviceaccount,"
               "serviceaccount-token,garbagecollector,horizontalpodautoscaling")
NODE = "node-1"  # an object alone: the EndpointSlices' controller asks for the node of each Pod


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {patience} s in vain for {what}")


class Authority:
    """A certificate authority by openssl, and the certificates that it gives out."""

    def __init__(self, folder):
        self.folder = folder
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=test-ca", "-days", "2")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, subject, addresses=""):
        """NAME.pem and NAME.key in the folder."""
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        usage = "serverAuth" if addresses else "clientAuth"
        extensions = f"extendedKeyUsage={usage}\n" + (f"subjectAltName={addresses}\n" if addresses else "")
        (self.folder / f"{name}.ext").write_text(extensions, encoding="utf-8")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-out", f"{name}.pem", "-days", "2", "-extfile", f"{name}.ext")


class Cluster:
    """One cluster; start() returns at once, start_controllers() once its API answers, wait() once they act."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.port = free_port()
        self.server = f"https://127.0.0.1:{self.port}"
        self.processes = []
        folder.mkdir(parents=True)
        self.authority = Authority(folder)
        self.authority.issue("server", "/CN=kube-apiserver", "IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes")
        self.authority.issue("admin", "/O=system:masters/CN=admin")
        self.authority.issue("accounts", "/CN=accounts")
        self.tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.tls.load_cert_chain(folder / "admin.pem", folder / "admin.key")

    def start(self):
        self.etcd_port = free_port()
        peer = free_port()
        self._run("etcd", "/usr/bin/etcd", "--name", "etcd", "--data-dir", "etcd",
                  "--listen-client-urls", f"http://127.0.0.1:{self.etcd_port}",
                  "--advertise-client-urls", f"http://127.0.0.1:{self.etcd_port}",
                  "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                  "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", f"etcd=http://127.0.0.1:{peer}")
        self.start_api()

    def start_controllers(self):
        # They give up on an API that is not there within ten seconds.
        wait_for(self._is_ready, f"the API server of {self.name} (its log: {self._last_words('api')})")
        (self.folder / "admin.kubeconfig").write_text(json.dumps(kubeconfig([self], "admin")), encoding="utf-8")
        self._run("controllers", BINARIES / "kube-controller-manager", "--kubeconfig=admin.kubeconfig", "--leader-elect=false",
                  f"--controllers={CONTROLLERS}", "--service-account-private-key-file=accounts.key", "--root-ca-file=ca.pem",
                  "--bind-address=127.0.0.1", f"--secure-port={free_port()}", "--port=0", "--concurrent-gc-syncs=2",
                  "--horizontal-pod-autoscaler-sync-period=1s")

    def start_api(self):
        return self._run("api", BINARIES / "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
                         "--bind-address=127.0.0.1", f"--secure-port={self.port}", "--advertise-address=192.0.2.1",
                         "--client-ca-file=ca.pem", "--tls-cert-file=server.pem", "--tls-private-key-file=server.key",
                         "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=accounts.pem",
                         "--service-account-signing-key-file=accounts.key", "--authorization-mode=Node,RBAC",
                         "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16")

    def _run(self, log, *command):
        with open(self.folder / f"{log}.log", "ab") as output:
            process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stdout=output, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def wait(self):
        # The default service account and its token are the work of controllers: once they are there, all act, and Pods
        # can be made.
        wait_for(lambda: (self.get("/api/v1/namespaces/default/serviceaccounts/default", missing=None) or {}).get("secrets"),
                 f"the controllers of {self.name} (their log: {self._last_words('controllers')})")

    def _is_ready(self):
        for process in self.processes:
            if process.poll() is not None:
                raise AssertionError(f"a server of {self.name} ended: {' '.join(map(str, process.args))} "
                                     f"{self._last_words('api')} {self._last_words('etcd')}")
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def _last_words(self, log):
        path = self.folder / f"{log}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-1500:] if path.exists() else "none"

    def request(self, method, path, body=None, content_type="application/json"):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=10)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body),
                               headers={"Content-Type": content_type} if body is not None else {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(text) if is_json else text.decode(errors="replace")

    def must(self, method, path, body=None, content_type="application/json"):
        status, answer = self.request(method, path, body, content_type)
        if status // 100 != 2:
            raise AssertionError(f"{self.name}: {method} {path}: {status} {answer}")
        return answer

    def get(self, path, missing=AssertionError):
        status, answer = self.request("GET", path)
        if status == 404 and missing is not AssertionError:
            return missing
        if status != 200:
            raise AssertionError(f"{self.name}: GET {path}: {status} {answer}")
        return answer

    def compact(self):
        """Makes etcd forget all but the present: continue tokens and resourceVersions of before expire."""
        environment = dict(os.environ, ETCDCTL_API="3")
        endpoint = f"--endpoints=http://127.0.0.1:{self.etcd_port}"
        status = subprocess.run(["etcdctl", endpoint, "endpoint", "status", "-w", "json"], env=environment, check=True,
                                capture_output=True)
        revision = json.loads(status.stdout)[0]["Status"]["header"]["revision"]
        subprocess.run(["etcdctl", endpoint, "compaction", str(revision)], env=environment, check=True, capture_output=True)

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def kubeconfig(clusters, user):
    """One context a cluster, of its name, as `user`, whose certificate each cluster's authority has issued."""
    def data(cluster, name):
        return base64.b64encode((cluster.folder / name).read_bytes()).decode()
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": clusters[0].name,
        "clusters": [{"name": c.name, "cluster": {"server": c.server, "certificate-authority-data": data(c, "ca.pem")}}
                     for c in clusters],
        "users": [{"name": c.name, "user": {"client-certificate-data": data(c, f"{user}.pem"),
                                            "client-key-data": data(c, f"{user}.key")}} for c in clusters],
        "contexts": [{"name": c.name, "context": {"cluster": c.name, "user": c.name}} for c in clusters]}


class Loop(threading.Thread):
    """Does step() over and over until stop(); the first failure that is not the API's being away is kept."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause = pause
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(self.pause):
            try:
                self.step()
            except (OSError, AssertionError, http.client.HTTPException):
                pass  # the API is away, or an object changed under our hands: the next round sees

    def stop(self):
        self.ended.set()
        self.join()


class Kubelet(Loop):
    """Runs the Pods of one cluster as far as its API can tell. Each gets an address of 10.NUMBER.0.0/16."""

    def __init__(self, cluster, number):
        super().__init__(pause=0.1)
        self.cluster = cluster
        self.number = number
        self.given = 0

    def step(self):
        for pod in self.cluster.get("/api/v1/pods")["items"]:
            meta = pod["metadata"]
            path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
            if "deletionTimestamp" in meta:
                self.cluster.request("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}})
            elif not pod["spec"].get("nodeName"):
                self.cluster.request("POST", f"{path}/binding", {
                    "apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
                    "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}})
            elif pod["status"].get("phase") == "Pending":
                self.start_pod(path)

    def start_pod(self, path):
        self.given += 1
        address = f"10.{self.number}.{self.given // 250}.{self.given % 250 + 1}"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        conditions = [{"type": kind, "status": "True", "lastTransitionTime": now}
                      for kind in ("Initialized", "PodScheduled", "ContainersReady", "Ready")]
        self.cluster.request("PATCH", f"{path}/status", {
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "startTime": now,
                       "conditions": conditions}}, "application/strategic-merge-patch+json")


class Endpoints(Loop):
    """How many ready endpoints a Service has in each cluster, as the clusters' APIs say."""

    def __init__(self, clusters, namespace, service):
        super().__init__(pause=0.05)
        self.clusters = clusters
        self.path = (f"/apis/discovery.k8s.io/v1beta1/namespaces/{namespace}/endpointslices"
                     f"?labelSelector=kubernetes.io%2Fservice-name%3D{service}")
        self.ready = {}

    def step(self):
        for cluster in self.clusters:
            slices = cluster.get(self.path)["items"]
            self.ready[cluster.name] = sum(1 for item in slices for endpoint in item.get("endpoints") or []
                                           if endpoint.get("conditions", {}).get("ready", True))

    def choose(self):
        """The cluster of one ready endpoint at random; None when there is none."""
        names = [name for name, count in self.ready.items() for _ in range(count)]
        return random.choice(names) if names else None


class Ingress(threading.Thread):
    """Answers HTTP on ADDRESS:PORT for each of `addresses` from a ready endpoint of whichever cluster, and 503 without one."""

    def __init__(self, addresses, port, endpoints):
        super().__init__(daemon=True)
        self.addresses = addresses
        self.port = port
        self.endpoints = endpoints
        self.loop = asyncio.new_event_loop()
        self.listening = threading.Event()

    def run(self):
        asyncio.set_event_loop(self.loop)
        for address in self.addresses:
            self.loop.run_until_complete(asyncio.start_server(self.serve, address, self.port, backlog=512))
        self.listening.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                cluster = self.endpoints.choose()
                body = f"Hello from Cluster {cluster}\n" if cluster else "nobody is here\n"
                status = "200 OK" if cluster else "503 Service Unavailable"
                close = b"\r\nconnection: close" in head.lower()
                writer.write((f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
                              f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n{body}").encode())
                await writer.drain()
                if close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join()


class Names:
    """dnsmasq: the one name, and the addresses of all ingresses behind it."""

    def __init__(self, name, addresses):
        self.port = free_port()
        program = shutil.which("dnsmasq", path=os.environ.get("PATH", "") + ":/usr/sbin")
        records = [f"--host-record={name},{address}" for address in addresses]
        self.process = subprocess.Popen([program, "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                                         f"--port={self.port}", "--listen-address=127.0.0.1", "--bind-interfaces",
                                         "--user=root", *records],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Mesh:
    """Two clusters with a global Service each, its Deployment, an ingress address each, and one name for both."""

    HOST = "api.kubernetes.test"
    SERVICE = "api-service"

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-kubernetes-"))
        self.clusters = [Cluster(name, self.folder / name) for name in ("north", "south")]
        self.running = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        for cluster in self.clusters:
            cluster.start()
        for cluster in self.clusters:
            cluster.start_controllers()
        for cluster in self.clusters:
            cluster.wait()
        for number, cluster in enumerate(self.clusters, 1):
            cluster.must("POST", "/api/v1/nodes", {"metadata": {"name": NODE}})
            cluster.must("POST", "/api/v1/namespaces/default/services", self._service())
            cluster.must("POST", "/apis/apps/v1/namespaces/default/deployments", self.deployment_manifest(2))
            self._keep(Kubelet(cluster, number))
        self.endpoints = self._keep(Endpoints(self.clusters, "default", self.SERVICE))
        self.addresses = ["127.0.0.21", "127.0.0.22"]
        self.port = free_port()
        self._keep(Ingress(self.addresses, self.port, self.endpoints)).listening.wait(10)
        self.names = Names(self.HOST, self.addresses)
        self.running.append(self.names)
        self.kubeconfig = self.write_kubeconfig("admin")
        self.mesh_file = self.folder / "mesh.yaml"
        self.mesh_file.write_text(MESH.format(host=self.HOST, port=self.port, service=self.SERVICE), encoding="utf-8")
        for cluster in self.clusters:
            self.wait_ready(cluster.name)

    def _keep(self, thread):
        thread.start()
        self.running.append(thread)
        return thread

    def _service(self):
        return {"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": self.SERVICE, "annotations": {"service.cilium.io/global": "true"}},
                "spec": {"selector": {"app": self.SERVICE}, "ports": [{"name": "http", "port": 8080, "targetPort": 80}]}}

    def deployment_manifest(self, replicas):
        labels = {"app": self.SERVICE}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": self.SERVICE, "labels": labels},
                "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                         "template": {"metadata": {"labels": labels},
                                      "spec": {"containers": [{"name": "main", "image": "registry.invalid/api:1"}]}}}}

    def cluster(self, name):
        return next(cluster for cluster in self.clusters if cluster.name == name)

    def deployment(self, name):
        return self.cluster(name).get(f"/apis/apps/v1/namespaces/default/deployments/{self.SERVICE}")

    def wait_ready(self, name):
        def ready():
            deployment = self.deployment(name)
            wanted = deployment["spec"]["replicas"]
            return (deployment["status"].get("readyReplicas", 0) == wanted and self.endpoints.ready.get(name) == wanted
                    and deployment["status"].get("observedGeneration") == deployment["metadata"]["generation"])
        wait_for(ready, f"the Pods of {name}")

    def write_kubeconfig(self, user):
        path = self.folder / f"{user}.kubeconfig"
        path.write_text(json.dumps(kubeconfig(self.clusters, user)), encoding="utf-8")
        path.chmod(0o600)
        return path

    def add_user(self, user, namespaced_rules, cluster_rules=()):
        """A user of both clusters who may do what the rules say (in default and kube-system; everywhere); its kubeconfig."""
        for cluster in self.clusters:
            cluster.authority.issue(user, f"/CN={user}")
            subject = [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]
            base = "/apis/rbac.authorization.k8s.io/v1"
            for namespace in ("default", "kube-system"):
                place = f"{base}/namespaces/{namespace}"
                cluster.must("POST", f"{place}/roles", {"metadata": {"name": user}, "rules": list(namespaced_rules)})
                cluster.must("POST", f"{place}/rolebindings", {
                    "metadata": {"name": user}, "subjects": subject,
                    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user}})
            cluster.must("POST", f"{base}/clusterroles", {"metadata": {"name": user}, "rules": list(cluster_rules)})
            cluster.must("POST", f"{base}/clusterrolebindings", {
                "metadata": {"name": user}, "subjects": subject,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user}})
        return self.write_kubeconfig(user)

    def stop(self):
        for part in reversed(self.running):
            part.stop()
        for cluster in self.clusters:
            cluster.stop()
        shutil.rmtree(self.folder)


MESH = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {{name: kubernetes}}
cilium: {{version: 1.18.0}}
addressing:
  ipv4: {{pool: 10.96.0.0/11, cluster: 17, node: 24}}
ingress: {{controller: nginx, host: {host}, port: {port}}}
services:
  - {{name: {service}, namespace: default, ports: [{{name: http, port: 8080, targetPort: 80}}], replicas: 2}}
clusters:
  - {{name: north, context: north, ingress: [127.0.0.21]}}
  - {{name: south, context: south, ingress: [127.0.0.22]}}
"""
