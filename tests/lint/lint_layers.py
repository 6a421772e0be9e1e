#!/usr/bin/env python3
"""Holds every library to the ones below it: an #include that points up or sideways is an error."""
import pathlib
import re
import sys

# Library -> what it may include, besides itself. cmd and tests may use everything they link.
MAY_USE = {
    "base": set(),
    "mesh": {"base"},
    "probe": {"base"},
    "kube": {"base"},
    "status": {"base", "mesh", "kube"},
    "drill": {"base", "mesh", "probe", "kube"},
    "report": {"base", "probe", "drill"},
    "lab": {"base", "mesh"},
    "manual": {"base"},
}
INCLUDE = re.compile(r'^\s*#include\s+"([a-z]+)/')


def main() -> int:
    root = pathlib.Path(__file__).resolve().parents[2]
    found = 0
    for folder in sorted((root / "lib").iterdir()):
        if folder.name not in MAY_USE:
            print(f"lib/{folder.name}: not in the table of {pathlib.Path(__file__).name}")
            found += 1
            continue
        for source in sorted(folder.rglob("*.[ch]pp")):
            for number, line in enumerate(source.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match and match[1] != folder.name and match[1] not in MAY_USE[folder.name]:
                    print(f"{source.relative_to(root)}:{number}: lib/{folder.name} may not use lib/{match[1]}")
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
