#!/usr/bin/env python3
"""`meshdrill generate` for a mesh of many clusters, against Python writing the same bytes to as many files.

`./dev bench generate`: user and system time of both, measured in turns; ends with `ratio generate VALUE`, how many times
Python's CPU meshdrill takes, and `ratio growth VALUE`: CPU per byte at 250 clusters over that at 64.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MESHDRILL = os.environ["MESHDRILL"]
ROUNDS = 3
COPY = """
import pathlib, sys
for source in pathlib.Path(sys.argv[1]).rglob("*"):
    target = pathlib.Path(sys.argv[2]) / source.relative_to(sys.argv[1])
    if source.is_dir(): target.mkdir(parents=True, exist_ok=True); continue
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp"); temporary.write_bytes(source.read_bytes()); temporary.rename(target)
"""


def mesh(clusters: int) -> str:
    text = """apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: big}
cilium: {version: 1.18.0}
addressing: {ipv4: {pool: 10.0.0.0/8, cluster: 17, node: 24}}
ingress: {controller: nginx, host: api.example.org, port: 8080}
services: [{name: api, ports: [{name: http, port: 8080, targetPort: 80}]}]
clusters:
"""
    for i in range(1, clusters + 1):
        text += f"  - {{name: c{i:03}, apiserver: {{ips: [192.0.2.{i % 250 + 1}]}}, ingress: [198.51.100.{i % 250 + 1}]}}\n"
    return text


def cpu(command: list) -> float:
    """User and system seconds of one run."""
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def measure(folder: pathlib.Path, clusters: int) -> tuple[float, float, int]:
    """The least CPU of meshdrill and of Python for a mesh of that size, and the bytes written."""
    mesh_file = folder / f"mesh-{clusters}.yaml"
    mesh_file.write_text(mesh(clusters), encoding="utf-8")
    ours, theirs, size = [], [], 0
    for number in range(ROUNDS):
        out, copy = folder / f"out-{clusters}-{number}", folder / f"copy-{clusters}-{number}"
        ours.append(cpu([MESHDRILL, "generate", "-f", str(mesh_file), "-o", str(out)]))
        theirs.append(cpu([sys.executable, "-c", COPY, str(out), str(copy)]))
        size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
        shutil.rmtree(out)
        shutil.rmtree(copy)
    return min(ours), min(theirs), size


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="meshdrill-bench-") as name:
        per_byte = {}
        for clusters in (64, 250):
            ours, theirs, size = measure(pathlib.Path(name), clusters)
            per_byte[clusters] = ours / size
            print(f"{clusters:>4} clusters, {size / 1e6:.1f} MB: meshdrill {ours:.2f} s, Python {theirs:.2f} s of CPU")
        print(f"ratio generate {ours / theirs:.2f}")
        print(f"ratio growth {per_byte[250] / per_byte[64]:.2f}")


if __name__ == "__main__":
    main()
