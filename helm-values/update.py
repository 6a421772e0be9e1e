#!/usr/bin/env python3
"""Writes helm-values/<mesh>/<version>/ anew: what `meshdrill generate` makes of every mesh in scenarios/meshes for one chart
of each known minor. $MESHDRILL is the binary. A test of the mesh library keeps the two equal."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSIONS = ("1.16.19", "1.17.18", "1.18.12", "1.19.6", "1.20.0")


def generate(mesh: pathlib.Path, version: str, target: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text = re.sub(r"^(\s+version: )\S+$", rf"\g<1>{version}", mesh.read_text(), count=1, flags=re.M)
        (folder / mesh.name).write_text(text)
        lock = mesh.with_suffix(".lock.yaml")
        if lock.exists():
            shutil.copy(lock, folder)
        subprocess.run([os.environ["MESHDRILL"], "generate", "-f", folder / mesh.name, "-o", folder / "out"], check=True,
                       stdout=subprocess.DEVNULL)
        for path in (folder / "out").glob("*/**/*"):
            if path.is_file() and "secrets" not in path.parts:
                copy = target / path.relative_to(folder / "out")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)


for mesh_file in sorted((ROOT / "scenarios/meshes").glob("*.yaml")):
    if not mesh_file.name.endswith(".lock.yaml"):
        kept = ROOT / "helm-values" / mesh_file.stem
        shutil.rmtree(kept, ignore_errors=True)
        for chart in VERSIONS:
            generate(mesh_file, chart, kept / chart)
