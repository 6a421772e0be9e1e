#!/usr/bin/env python3
"""Makes the journals of tests/report/journals on a lab: one drill for each way in which one can end. Run it only when the format of the
journal changes for good, with MESHDRILL naming the binary, and keep what older versions wrote: it must stay readable. All but `warned`
are of before a drill could change anything but the replicas of Deployments."""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from harness import MESHDRILL, Lab  # noqa: E402

DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {{name: {name}, description: lab-001 loses the workload; lab-002 must take over}}
mesh: mesh.yaml
target: {{cluster: lab-001, behind: {{service: default/api-service}}}}
fault: {{scale: 0}}
traffic: {{rate: 10/s, connections: both, dnsServers: ["{dns}"]}}
phases: {{baseline: 6s, fail: 10s, hold: 3s, restore: 20s, recovered: 4s}}
expect:
  baseline: {{everyClusterSeen: true, errors: <= 1%}}
  fail: {{outage: <= {outage}}}
  hold: {{everyClusterSeen: true, targetShare: 0%, errors: <= {errors}}}
  restore: {{outage: <= 5s}}
  recovered: {{everyClusterSeen: true{recovered}}}
guards: {{deadline: 2m, abortIf: [{{errors: "{guard}", over: 2s}}]}}
"""

# name: (faults of the lab, changes of the drill, exit code)
STORIES = {
    "passed": ([], {}, 0),
    "failed": (["propagation-delay=1500ms"], {"outage": "300ms"}, 1),
    "inconclusive": ([], {"recovered": ", balance: {tolerance: 1%}"}, 6),
    "aborted": (["stale-backends"], {"guard": "> 10%"}, 4),
    "refused": (["not-global"], {}, 3),
    "warned": ([], {}, 0),
}


def strip(text):
    """Without what names the machine that made it."""
    entries = [json.loads(line) for line in text.splitlines()]
    entries[0].update(host="host.example", pid=1, drillFile="drill.yaml")
    return "".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n" for entry in entries)


def make(name, faults, changes, code):
    lab = Lab(clusters=2)
    try:
        lab.wait_ready(["lab-001", "lab-002"])
        for fault in faults:
            lab.fault(fault)
        if name == "warned":
            lab.kubectl("lab-001", "annotate", "deployment", "api-service", "meta.helm.sh/release-name=shop")
        values = dict({"outage": "5s", "errors": "2%", "recovered": "", "guard": "> 90%"}, **changes)
        drill = lab.home / "drill.yaml"
        drill.write_text(DRILL.format(name=name, dns=lab.dns_server, **values), encoding="utf-8")
        journal = lab.folder / "journal.jsonl"
        done = subprocess.run([MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(lab.kubeconfig), "--journal",
                               str(journal)], capture_output=True, text=True, check=False)
        text = strip(journal.read_text(encoding="utf-8"))
        # A lab has the lowest free block of addresses; the tests should not depend on which it was.
        block = re.search(r"127\.(\d+)\.", lab.dns_server)[1]
        text = text.replace(f"127.{block}.", "127.64.")
        print(f"{name}: exit {done.returncode}, {len(text)} bytes\n{done.stdout}")
        assert done.returncode == code, done.stdout + done.stderr
        (HERE / "journals" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    finally:
        lab.stop()


if __name__ == "__main__":
    for story in sys.argv[1:] or STORIES:
        make(story, *STORIES[story])
