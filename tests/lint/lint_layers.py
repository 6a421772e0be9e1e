#!/usr/bin/env python3
"""Holds every library to the ones below it: an #include that points up or sideways is an error. Within a library of
FOLDERS the same holds for its folders."""
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
# Library -> its folders, each of which may include the ones before it. "" is the library's own folder.
FOLDERS = {
    "lab": ["api", "net", "controllers", "cilium", ""],
    "drill": ["", "scenario", "change", "journal", "verdict", "safety", "preflight", "plan", "run"],
}
INCLUDE = re.compile(r'^\s*#include\s+"([a-z]+)/(?:([a-z_]+)/)?')


def objection(library: str, folder: str, used: str, used_folder: str) -> str:
    """What is wrong with a file of lib/LIBRARY/FOLDER that includes one of lib/USED/USED_FOLDER; empty if nothing."""
    if used != library:
        return "" if used in MAY_USE[library] else f"lib/{library} may not use lib/{used}"
    order = FOLDERS.get(library)
    if order is None:
        return ""
    for name in (folder, used_folder):
        if name not in order:
            return f"lib/{library}/{name}: not in the list of {pathlib.Path(__file__).name}"
    if order.index(used_folder) > order.index(folder):
        return f"lib/{library}/{folder} may not use lib/{library}/{used_folder}"
    return ""


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
                if not match:
                    continue
                within = source.relative_to(folder).parts
                own = within[0] if len(within) > 1 else ""
                problem = objection(folder.name, own, match[1], match[2] or "")
                if problem:
                    print(f"{source.relative_to(root)}:{number}: {problem}")
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
