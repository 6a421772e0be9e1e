#!/usr/bin/env python3
"""clang-tidy over every source below lib/ and cmd/ of a build folder, several at a time. A file that passed is not looked at again until it,
a header of ours that it includes, or .clang-tidy changes: the analysis of one file that uses Asio takes over ten seconds."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "meshdrill" / "tidy"
TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)


def own_headers(source: pathlib.Path, known: set) -> None:
    """Adds `source` and every header of this repository that it includes, directly or not, to `known`."""
    if source in known:
        return
    known.add(source)
    for name in INCLUDE.findall(source.read_text()):
        for base in (source.parent, ROOT / "lib", ROOT / "tests"):
            if (base / name).is_file():
                own_headers((base / name).resolve(), known)
                break


def fingerprint(source: pathlib.Path, flags: str) -> str:
    files = set()
    own_headers(source, files)
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + flags.encode())
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def check(build: pathlib.Path, entry: dict) -> str:
    source = pathlib.Path(entry["file"]).resolve()
    flags = " ".join(word for word in entry["command"].split() if word.startswith(("-D", "-std")))
    mark = CACHE / fingerprint(source, flags)
    if mark.exists():
        return ""
    done = subprocess.run([TIDY, "-p", str(build), "--quiet", str(source)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        mark.touch()
        return ""
    # The count of warnings that headers outside the filter caused is no news.
    errors = "\n".join(line for line in done.stderr.splitlines() if not re.match(r"\d+ warnings? (generated|treated)", line))
    return done.stdout + errors


def main() -> int:
    build = pathlib.Path(sys.argv[1])
    entries = [entry for entry in json.loads((build / "compile_commands.json").read_text())
               if pathlib.Path(entry["file"]).resolve().relative_to(ROOT).parts[0] in ("lib", "cmd")]
    CACHE.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda entry: check(build, entry), entries) if text]
    print("\n".join(found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
