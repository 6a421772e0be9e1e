#!/usr/bin/env python3
"""`meshdrill generate` for meshes up to the largest, against Python that generates the same files from the same data.

`./dev bench generate`. The Python is what one would write for the job: a loop over the clusters with f-strings, which writes
the same bytes (that is checked), and the same loop with yaml.dump() of PyYAML, which writes the same data in other quotes; once
in pure Python, as most scripts call it, and once through libyaml (CSafeDumper). All write everything but README.md and
.meshdrill-files; meshdrill also reads, checks, allocates and hashes.

All in memory where there is /dev/shm: ext4 looks at every inode that was deleted shortly before, which drowns the rest.
User and system time of each, the least of some runs in turns (of yaml.dump() in pure Python, one run). For 511 clusters:
`ratio generate VALUE`, `ratio generate-libyaml VALUE`, `ratio generate-pyyaml VALUE`: how many times Python's CPU meshdrill takes.
`ratio growth VALUE`: CPU per byte written at 511 clusters over that at 128. `ratio memory VALUE`: the same of peak memory.
`ratio trust VALUE`: CPU with certificates of its own issuing (four a cluster) over that without; `ratio again VALUE`: the same for a
second run, which keeps them.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MESHDRILL = os.environ["MESHDRILL"]
ROUNDS = 3
SIZES = (2, 8, 32, 128, 511)

GENERATE = r'''
import ipaddress, json, pathlib, sys
import yaml
data, out, dump = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2]), sys.argv[3] != "f-strings"
DUMPER = yaml.CSafeDumper if sys.argv[3] == "libyaml" else yaml.SafeDumper
ORIGIN = "# Written by meshdrill from the mesh file; change that one and generate again.\n"

def write(path, text):
    path = out / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

def peer(c):
    if dump: return yaml.dump({c["name"]: {"port": c["port"], "ips": c["ips"]}}, Dumper=DUMPER, sort_keys=False)
    ips = "".join(f'          - "{ip}"\n' for ip in c["ips"])
    return f"      {c['name']}:\n        port: {c['port']}\n        ips:\n{ips}"

def connect(me):
    if dump:
        peers = {c["name"]: {"port": c["port"], "ips": c["ips"]} for c in data["clusters"] if c is not me}
        return yaml.dump({"clustermesh": {"config": {"clusters": peers}}}, Dumper=DUMPER, sort_keys=False)
    return "clustermesh:\n  config:\n    clusters:\n" + "".join(peer(c) for c in data["clusters"] if c is not me)

def enable(c):
    return f"""cluster:
  name: {c["name"]}
  id: {c["id"]}
ipv4:
  enabled: true
ipv6:
  enabled: false
ipam:
  mode: cluster-pool
  operator:
    clusterPoolIPv4PodCIDRList:
      - "{c["pods"]}"
    clusterPoolIPv4MaskSize: 24
clustermesh:
  useAPIServer: true
  maxConnectedClusters: 511
  apiserver:
    service:
      type: NodePort
      nodePort: {c["port"]}
    tls:
      auto:
        enabled: true
        method: certmanager
        certManagerIssuerRef:
          group: cert-manager.io
          kind: ClusterIssuer
          name: mesh
  config:
    enabled: true
    domain: mesh.cilium.io
"""

NGINX = """controller:
  service:
    enabled: true
    type: LoadBalancer
    nodePorts:
      http: ""
      https: ""
    ports:
      http: 8080
"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  namespace: default
  annotations:
    nginx.ingress.kubernetes.io/service-upstream: "true"
spec:
  ingressClassName: nginx
  rules:
    - host: api.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: api
                port:
                  number: 8080
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: default
  annotations:
    service.cilium.io/global: "true"
spec:
  type: ClusterIP
  selector:
    app: api
  ports:
    - name: http
      protocol: TCP
      port: 8080
      targetPort: 80
"""
KUSTOMIZATION = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - manifests/2-service-default.api.yaml
  - manifests/3-ingress.yaml
"""
for c in data["clusters"]:
    name, version = c["name"], data["version"]
    write(f"{name}/helm/cilium-enable.yaml", f"{ORIGIN}# Cilium {version} in {name}, phase 1: its identity.\n{enable(c)}")
    write(f"{name}/helm/cilium-connect.yaml", f"{ORIGIN}# Cilium {version} in {name}, phase 2: its peers. "
          f"Needs the values of phase 1 before it.\n{connect(c)}")
    write(f"{name}/helm/ingress-nginx.yaml", f"{ORIGIN}# ingress-nginx in {name}.\n{NGINX}")
    write(f"{name}/manifests/2-service-default.api.yaml", ORIGIN + SERVICE)
    write(f"{name}/manifests/3-ingress.yaml", ORIGIN + INGRESS)
    write(f"{name}/kustomization.yaml", ORIGIN + KUSTOMIZATION)
write(".gitignore", "secrets/\n")
host = "api.example.org"
write("dns/records.zone", f"; {host} for a zone file; raise the serial of the SOA with it. Written by meshdrill.\n" +
      "".join(f"{host}. 60 IN A {c['ingress']} ; {c['name']}\n" for c in data["clusters"]))
write("dns/nsupdate.txt", f"; For nsupdate -k KEYFILE. Written by meshdrill.\nupdate delete {host}. A\nupdate delete {host}. AAAA\n" +
      "".join(f"update add {host}. 60 A {c['ingress']}\n" for c in data["clusters"]) + "send\n")
targets = "".join(f'        - "{c["ingress"]}"\n' for c in data["clusters"])
write("dns/dnsendpoint.yaml", f"""# For external-dns with --source=crd, in one cluster alone. Written by meshdrill.
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata:
  name: big
  namespace: default
spec:
  endpoints:
    - dnsName: {host}
      recordTTL: 60
      recordType: A
      targets:
{targets}""")
'''


def address(number: int) -> str:
    return f"192.{number // 62500 % 256}.{number // 250 % 250}.{number % 250 + 1}"


def clusters(count: int) -> list:
    """What meshdrill allocates for a mesh of that many: the data that Python starts from."""
    made = []
    for i in range(count):
        pods = 10 * 2**24 + i * 2**15
        made.append({"name": f"c{i + 1:03}", "id": i + 1, "port": 32379 if i == 0 else 32379, "ips": [address(i)],
                     "ingress": f"198.{18 + i // 250}.0.{i % 250 + 1}", "pods": f"10.{pods >> 16 & 255}.{pods >> 8 & 255}.0/17"})
    return made


def mesh(made: list, trust: str) -> str:
    text = f"""apiVersion: meshdrill/v1
kind: Mesh
metadata: {{name: big}}
cilium: {{version: 1.20.0, maxConnectedClusters: 511}}
addressing: {{ipv4: {{pool: 10.0.0.0/8, cluster: 17, node: 24}}}}
ingress: {{controller: nginx, host: api.example.org, port: 8080}}
trust: {trust}
services: [{{name: api, sample: false, ports: [{{name: http, port: 8080, targetPort: 80}}]}}]
clusters:
"""
    for one in made:
        text += (f"  - {{name: {one['name']}, apiserver: {{ips: [{one['ips'][0]}], port: {one['port']}}}, "
                 f"ingress: [{one['ingress']}]}}\n")
    return text


def cpu(command: list) -> tuple[float, int]:
    """User and system seconds of one run, and its peak memory in bytes."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            sys.exit(f"{command}: {said.read().decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def tree(folder: pathlib.Path) -> dict:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def compare(ours: pathlib.Path, theirs: pathlib.Path) -> None:
    mine, other = tree(ours), tree(theirs)
    for path in ("README.md", ".meshdrill-files"):
        mine.pop(path)
    if mine.keys() != other.keys():
        sys.exit(f"Python wrote other files: {sorted(mine.keys() ^ other.keys())[:5]}")
    for path, file in mine.items():
        if file.read_bytes() != other[path].read_bytes():
            sys.exit(f"Python wrote other bytes to {path}")


def measure(folder: pathlib.Path, count: int) -> dict:
    made = clusters(count)
    data = folder / "data.json"
    data.write_text(json.dumps({"version": "1.20.0", "clusters": made}), encoding="utf-8")
    script = folder / "generate.py"
    script.write_text(GENERATE, encoding="utf-8")
    least: dict = {}
    for number in range(ROUNDS):
        runs = []
        for name, trust in (("ours", "{mode: certManager, issuerRef: {name: mesh}}"), ("trust", "{mode: sharedCA}")):
            home = folder / f"{name}-{count}-{number}"
            home.mkdir()
            (home / "mesh.yaml").write_text(mesh(made, trust), encoding="utf-8")
            runs.append((name, [MESHDRILL, "generate", "-f", str(home / "mesh.yaml"), "-o", str(home / "out")]))
        runs.append(("again", runs[-1][1]))
        for name in ("f-strings", "libyaml", "pyyaml"):
            if name != "pyyaml" or number == 0:
                runs.append((name, [sys.executable, str(script), str(data), str(folder / f"{name}-{count}-{number}"), name]))
        for name, command in runs:
            spent = cpu(command)
            least[name] = min(least.get(name, spent), spent)
        written = folder / f"ours-{count}-{number}/out"
        compare(written, folder / f"f-strings-{count}-{number}")
        least["bytes"] = sum(path.stat().st_size for path in tree(written).values())
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
    return least


def main() -> None:
    results = {}
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="meshdrill-bench-", dir=memory) as name:
        for count in SIZES:
            results[count] = measure(pathlib.Path(name), count)
            row = results[count]
            print(f"{count:>4} clusters, {row['bytes'] / 1e6:6.2f} MB: meshdrill {row['ours'][0]:.3f} s of CPU and "
                  f"{row['ours'][1] / 2**20:.0f} MiB, {row['trust'][0]:.3f} s with certificates, {row['again'][0]:.3f} s when "
                  f"they are kept; Python {row['f-strings'][0]:.3f} s with f-strings, {row['libyaml'][0]:.3f} s with "
                  f"libyaml, {row['pyyaml'][0]:.3f} s with PyYAML", flush=True)
    most, some = results[511], results[128]
    for name, python in (("generate", "f-strings"), ("generate-libyaml", "libyaml"), ("generate-pyyaml", "pyyaml")):
        print(f"ratio {name} {most['ours'][0] / most[python][0]:.4f}")
    print(f"ratio growth {most['ours'][0] / most['bytes'] / (some['ours'][0] / some['bytes']):.2f}")
    print(f"ratio memory {most['ours'][1] / most['bytes'] / (some['ours'][1] / some['bytes']):.2f}")
    print(f"ratio trust {most['trust'][0] / most['ours'][0]:.2f}")
    print(f"ratio again {most['again'][0] / most['ours'][0]:.2f}")


if __name__ == "__main__":
    main()
