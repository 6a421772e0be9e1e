#!/usr/bin/env python3
"""kill -9 at every kind of journal entry of a drill, then `meshdrill recover`: the replicas must be what they were.

`./dev campaign kill [ROUNDS]`: a table, then `N passed, N failed`.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from drill_test import DRILL  # noqa: E402
from harness import Lab, MESHDRILL, run, wait_for  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402

POINTS = [
    {"event": "target"}, {"event": "streams"}, {"event": "phase", "phase": "baseline"},
    {"event": "phase", "phase": "fail"}, {"event": "intent", "action": "scale-down"},
    {"event": "wrote", "action": "scale-down"}, {"event": "phase", "phase": "hold"},
    {"event": "phase", "phase": "restore"}, {"event": "intent", "action": "restore"},
    {"event": "wrote", "action": "restore"}, {"event": "restored"}, {"event": "phase", "phase": "recovered"},
]


def reached(journal: pathlib.Path, point: dict) -> bool:
    if not journal.exists():
        return False
    for line in journal.read_text(encoding="utf-8").split("\n")[:-1]:
        entry = json.loads(line)
        if all(entry.get(key) == value for key, value in point.items()):
            return True
    return False


def kill_at(point: dict) -> tuple[bool, str]:
    """One drill on a lab of its own. Whether everything is back, and what was seen on the way."""
    lab = Lab(clusters=2)
    try:
        lab.wait_ready(["lab-001", "lab-002"])
        before = lab.deployment("lab-001")["spec"]["replicas"]
        drill = lab.folder / "drill.yaml"
        drill.write_text(DRILL.format(mesh=lab.mesh_file, dns=lab.dns_server, hold="2s"), encoding="utf-8")
        journal = lab.folder / "journal.jsonl"
        process = subprocess.Popen([MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(lab.kubeconfig),
                                    "--journal", str(journal)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: reached(journal, point), str(point))
        process.kill()
        process.wait()
        at_kill = lab.deployment("lab-001")["spec"].get("replicas", 0)
        recovered = run("recover", "-f", lab.mesh_file, "--kubeconfig", lab.kubeconfig)
        after = lab.deployment("lab-001")["spec"].get("replicas", 0)
        words = f"{at_kill} replicas at the kill, recover {recovered.returncode}, {after} after"
        return recovered.returncode == 0 and after == before, words
    finally:
        lab.stop()


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    passed = failed = 0
    for number in range(rounds):
        for point in POINTS:
            start = time.monotonic()
            good, words = kill_at(point)
            passed, failed = passed + good, failed + (not good)
            name = " ".join(point.values())
            print(f"{number + 1:>3}  {name:<20}  {'ok  ' if good else 'LOST'}  {words}  {time.monotonic() - start:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
