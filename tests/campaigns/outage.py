#!/usr/bin/env python3
"""Outages of known length and balancers of known shares, against what the prober says of them.

`./dev campaign outage [SECONDS RATE…]`: tables, then `N passed, N failed`. Some six minutes without arguments.
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("MESHDRILL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))


def main() -> int:
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "outage_campaign"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return subprocess.run([ROOT / "build/release/bin/outage_campaign", *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
