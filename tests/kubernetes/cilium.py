"""What Cilium's chart and its agents leave in a cluster's API, and a kubelet that runs `cilium-dbg status` in its Pods."""

import base64
import hashlib
import http.server
import json
import socket
import ssl
import threading
from urllib.parse import parse_qs, urlsplit

from servers import NODE

VERSION = "1.18.0"
PART_OF = {"app.kubernetes.io/part-of": "cilium"}


def _meta(name, namespace="kube-system", **more):
    return {"name": name, **({"namespace": namespace} if namespace else {}), **more}


def _image(name):
    return f"quay.io/cilium/{name}:v{VERSION}"


def _pods(labels, containers, **spec):
    return {"selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels},
                         "spec": {"containers": [{"name": n, "image": i} for n, i in containers], **spec}}}


def peer_file(url, prefix):
    """The value of a peer's key in the Secrets, as the chart's template writes it."""
    place = f"/var/lib/cilium/clustermesh/{prefix}-etcd-client"
    return (f"endpoints:\n- {url}\ntrusted-ca-file: {place}-ca.crt\nkey-file: {place}.key\ncert-file: {place}.crt\n")


def secret(name, data, kind="Opaque"):
    encoded = {key: base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": _meta(name), "data": encoded}


class Shape:
    """Where one cluster is: its number gives its ID, addresses and NodePort."""

    def __init__(self, name, number):
        self.name = name
        self.number = number
        self.node_address = f"192.0.2.{10 + number}"
        self.pods = f"10.{96 + number}.0.0/16"
        self.node_pods = f"10.{96 + number}.0.0/24"
        self.node_port = 32378 + number


def config(shape):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta("cilium-config"), "data": {
        "cluster-name": shape.name, "cluster-id": str(shape.number), "max-connected-clusters": "255",
        "identity-allocation-mode": "crd", "ipam": "cluster-pool", "cluster-pool-ipv4-cidr": shape.pods,
        "cluster-pool-ipv4-mask-size": "24", "routing-mode": "tunnel", "tunnel-protocol": "vxlan", "enable-ipv4": "true",
        "enable-ipv6": "false", "kube-proxy-replacement": "true", "enable-l7-proxy": "true", "enable-ipv4-masquerade": "true",
        "enable-bpf-masquerade": "false", "external-envoy-proxy": "true", "enable-gateway-api": "true",
        "clustermesh-enable-endpoint-sync": "false", "clustermesh-enable-mcs-api": "true",
        "clustermesh-default-global-namespace": "false"}}


def objects(shape, peers, certificates):
    """In the order in which to apply them. `certificates`: role → the data of its Secret."""
    outward = {p.name: peer_file(f"https://{p.name}.mesh.cilium.io:{p.node_port}", "common") for p in peers}
    inward = {p.name: peer_file("https://clustermesh-apiserver.kube-system.svc:2379", "local") for p in peers}
    aliases = [{"ip": p.node_address, "hostnames": [f"{p.name}.mesh.cilium.io"]} for p in peers]
    mesh_label = {"k8s-app": "clustermesh-apiserver", **PART_OF}
    nginx = {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}
    everywhere = {"hostNetwork": True, "tolerations": [{"operator": "Exists"}]}
    tls = [secret(f"clustermesh-apiserver-{role}-cert", data, "kubernetes.io/tls") for role, data in certificates.items()]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ingress-nginx"}},
        {"apiVersion": "v1", "kind": "Namespace",
         "metadata": {"name": "default", "annotations": {"clustermesh.cilium.io/global": "true"}}},
        config(shape), secret("cilium-clustermesh", inward), secret("cilium-kvstoremesh", outward), *tls,
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _meta("cilium", labels={"k8s-app": "cilium"}),
         "spec": _pods({"k8s-app": "cilium"}, [("cilium-agent", _image("cilium"))], **everywhere)},
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _meta("cilium-envoy"),
         "spec": _pods({"k8s-app": "cilium-envoy"}, [("cilium-envoy", _image("cilium-envoy"))], **everywhere)},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta("cilium-operator"),
         "spec": {"replicas": 1, **_pods({"io.cilium/app": "operator"}, [("cilium-operator", _image("operator-generic"))])}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta("clustermesh-apiserver", labels=mesh_label),
         "spec": {"replicas": 1, **_pods(mesh_label, [(n, _image("clustermesh-apiserver")) for n in ("etcd", "apiserver", "kvstoremesh")],
                                         hostAliases=aliases)}},
        {"apiVersion": "v1", "kind": "Service", "metadata": _meta("clustermesh-apiserver", labels=mesh_label),
         "spec": {"type": "NodePort", "selector": mesh_label, "ports": [{"port": 2379, "nodePort": shape.node_port}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta("ingress-nginx-controller", "ingress-nginx"),
         "spec": {"replicas": 1, **_pods(nginx, [("controller", "registry.k8s.io/ingress-nginx/controller:v1.12.0")])}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
         "spec": {"controller": "k8s.io/ingress-nginx"}}]


def ingress(host, service):
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": 8080}}}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": _meta(service, "default", annotations={"nginx.ingress.kubernetes.io/service-upstream": "true"}),
            "spec": {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": [path]}}]}}


def condition(kind, value="True", message=""):
    return {"type": kind, "status": value, "reason": "Test", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"}


def route(host, service, resolved="True"):
    parent = {"parentRef": {"name": service}, "controllerName": "io.cilium/gateway-controller",
              "conditions": [condition("Accepted"), condition("ResolvedRefs", resolved, "no such backend")]}
    return {"metadata": _meta(service, "default"), "status": {"parents": [parent]},
            "spec": {"parentRefs": [{"name": service}], "hostnames": [host], "rules": [{"backendRefs": [{"name": service, "port": 8080}]}]}}


def custom_objects(shape, host, service, address):
    """By group, version and plural: what is there of each kind that Kubernetes itself does not know."""
    gateway, mcs = "gateway.networking.k8s.io/v1/", "multicluster.x-k8s.io/v1alpha1/"
    conditions = [condition("Accepted"), condition("Programmed")]
    return {
        "cilium.io/v2/ciliumnodes": [{"metadata": _meta(NODE, None), "spec": {
            "addresses": [{"type": "InternalIP", "ip": shape.node_address}, {"type": "CiliumInternalIP", "ip": "10.0.0.1"}],
            "ipam": {"podCIDRs": [shape.node_pods]}}}],
        gateway + "gatewayclasses": [{"metadata": _meta("cilium", None), "spec": {"controllerName": "io.cilium/gateway-controller"}}],
        gateway + "gateways": [{
            "metadata": _meta(service, "default"),
            "spec": {"gatewayClassName": "cilium", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
            "status": {"addresses": [{"type": "IPAddress", "value": address}], "conditions": conditions}}],
        gateway + "httproutes": [route(host, service)],
        mcs + "serviceexports": [], mcs + "serviceimports": []}


class Extension(threading.Thread):
    """An API server behind the real one's aggregation layer, which checks who asks and what they may: it has the kinds of custom
    objects. (CustomResourceDefinitions cannot be used: the JSON library of Kubernetes 1.20 crashes on them when it is built by
    Go 1.18 or later.)"""

    def __init__(self, certificate, key, custom):
        super().__init__(daemon=True)
        self.objects = custom
        extension = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                extension.serve(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]

    def run(self):
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, request):
        path = urlsplit(request.path).path.removeprefix("/apis/")
        if path in self.objects:
            answer = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": self.objects[path]}
        elif any(kind.startswith(path + "/") for kind in self.objects):
            answer = {"apiVersion": "v1", "kind": "APIResourceList", "groupVersion": path, "resources": []}
        else:
            answer = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
        body = json.dumps(answer).encode()
        request.send_response(answer.get("code", 200))
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def registration(self):
        """What makes the real API server hand on its groups."""
        service = {"name": "extension", "namespace": "kube-system", "port": self.port}
        found = [{"apiVersion": "v1", "kind": "Service", "metadata": _meta("extension"),
                  "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": self.port}]}}]
        for group, version in sorted({tuple(kind.split("/")[:2]) for kind in self.objects}):
            found.append({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"{version}.{group}"},
                          "spec": {"group": group, "version": version, "service": service, "insecureSkipTLSVerify": True,
                                   "groupPriorityMinimum": 1000, "versionPriority": 15}})
        return found


def remote_cluster(name, state):
    """The model RemoteCluster of Cilium's API, without what is false or zero, as Go leaves it out."""
    if state == "not-connected":
        return {"name": name, "status": "context deadline exceeded", "num-failures": 2}
    remote = {"name": name, "connected": True, "status": "etcd: 1/1 connected",
              "config": {"required": True, "retrieved": True, "kvstoremesh": True, "cluster-id": 1},
              "synced": {"nodes": True, "endpoints": state != "syncing", "identities": True, "services": True}}
    return {**remote, "ready": True} if state == "ready" else remote


class Execs(threading.Thread):
    """The one thing of a kubelet's API that is asked here: commands in containers, over a WebSocket (v4.channel.k8s.io)."""

    def __init__(self, certificate, key, peers):
        super().__init__(daemon=True)
        self.states = {peer: "ready" for peer in peers}  # what agents and kvstoremesh say
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def answer(self, container, command):
        remotes = [remote_cluster(name, state) for name, state in self.states.items()]
        if container == "cilium-agent" and command == ["cilium-dbg", "status", "-o", "json"]:
            return json.dumps({"cilium": {"state": "Ok"}, "cluster-mesh": {"clusters": remotes, "num-global-services": 1}})
        if container == "kvstoremesh" and command == ["clustermesh-apiserver", "kvstoremesh-dbg", "status", "-o", "json"]:
            return json.dumps(remotes)
        return None

    def serve(self, connection):
        with connection, self.tls.wrap_socket(connection, server_side=True) as stream:
            head = b""
            while b"\r\n\r\n" not in head:
                more = stream.recv(4096)
                if not more:
                    return
                head += more
            first, *lines = head.decode().split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            url = urlsplit(first.split()[1])  # /exec/NAMESPACE/POD/CONTAINER
            if "v4.channel.k8s.io" not in fields.get("sec-websocket-protocol", "") or not url.path.startswith("/exec/"):
                stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            magic = fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
            stream.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n").encode())
            said = self.answer(url.path.split("/")[4], parse_qs(url.query)["command"])
            end = {"status": "Success"} if said is not None else {
                "status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "127"}]}}
            send = [b"\x01", b"\x01" + (said or "").encode(), b"\x03" + json.dumps(end).encode()]
            stream.sendall(b"".join(map(self.frame, send)) + b"\x88\x02\x03\xe8")
            stream.settimeout(10)
            while stream.recv(4096):  # the client's own close
                pass

    @staticmethod
    def frame(payload):
        size = len(payload)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        return b"\x82" + length + payload
