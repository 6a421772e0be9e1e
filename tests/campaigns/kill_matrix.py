#!/usr/bin/env python3
"""Kills meshdrill at every line of a drill's journal, breaks everything that it needs, and looks what is left.

In every case the replicas must be what they were and the Lease free again (by the drill itself, by its watchdog or by
`meshdrill recover`), or a change by somebody else be left alone and reported with exit code 5.

`./dev campaign kill-matrix [--short] [WORDS]`: a line a case, the matrix, then `N passed, N failed`. WORDS choose the
cases whose name contains them all. CAMPAIGN_WORKERS says how many run side by side (4).
"""
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Callable, Optional

from support import ORIGINAL, DrillLab, side_by_side, worker_count
from harness import MESHDRILL, state_of, wait_ended, wait_for, watchdog_of

ROOT = pathlib.Path(os.environ.get("MESHDRILL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
LIBRARY = pathlib.Path(os.environ.get("STOP_AT", ROOT / "build/release/lib/libstop_at.so"))

DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {{name: matrix}}
mesh: {mesh}
target: {{cluster: lab-001, behind: {{service: default/api-service}}}}
fault: {{scale: 0}}
traffic: {{rate: 50/s, connections: new, dnsServers: ["{dns}"]}}
phases: {{baseline: 2s, fail: 30s, hold: 1s, restore: 20s, recovered: 1s}}
expect:
  baseline: {{everyClusterSeen: true}}
  hold: {{targetShare: 0%}}
guards: {{deadline: 4m, abortIf: [{{errors: "> 95%", over: 10s}}]}}
"""

# Every line of the journal that a drill can die at: its name, what is in it, and before or after it is written.
STEPS = [
    ("start", '"event":"start"', "after"),
    ("target", '"event":"target"', "after"),
    ("streams", '"event":"streams"', "after"),
    ("baseline", '"event":"phase"|"phase":"baseline"', "after"),
    ("samples", '"event":"samples"', "after"),
    ("before fail", '"event":"phase"|"phase":"fail"', "before"),
    ("fail", '"event":"phase"|"phase":"fail"', "after"),
    ("intent, torn", '"event":"intent"', "torn"),
    ("intent", '"event":"intent"', "after"),
    ("before wrote", '"event":"wrote"', "before"),
    ("wrote", '"event":"wrote"', "after"),
    ("drained", '"event":"observed"|"readyEndpoints":0', "after"),
    ("hold", '"event":"phase"|"phase":"hold"', "after"),
    ("restore", '"event":"phase"|"phase":"restore"', "after"),
    ("intent to restore", '"event":"intent"|"action":"restore"', "after"),
    ("before restore written", '"event":"wrote"|"action":"restore"', "before"),
    ("restore written", '"event":"wrote"|"action":"restore"', "after"),
    ("before restored", '"event":"restored"', "before"),
    ("restored", '"event":"restored"', "after"),
    ("recovered", '"event":"phase"|"phase":"recovered"', "after"),
    ("before end", '"event":"end"', "before"),
    ("end", '"event":"end"', "after"),
]
LINES = {name: (line, when) for name, line, when in STEPS}


@dataclasses.dataclass
class Case:
    group: str
    step: str = ""  # of STEPS; empty: it is not stopped
    kill: bool = True  # else it goes on after the stop
    kill_watchdog: bool = False
    setup: tuple = ()  # faults before the drill
    at_stop: tuple = ()  # faults at the step
    full_from: str = ""  # of STEPS: the disk is full from there on
    codes: tuple = ()  # of the drill, where it ends by itself
    foreign: bool = False  # somebody else scales it to 5 at the stop
    fails_first: bool = False  # recover cannot, until the faults are off
    faults_end: bool = False  # the faults are taken off some seconds after the kill
    pause: float = 0  # seconds from the stop until it goes on
    recover_meanwhile: bool = False  # somebody recovers while it is stopped
    twice: bool = False  # two recovers at once

    @property
    def name(self):
        return f"{self.group}: {self.step or self.full_from or 'whole run'}"


def all_cases():
    cases = [Case("killed, watchdog lives", step) for step in LINES]
    cases += [Case("killed with its watchdog", step, kill_watchdog=True) for step in LINES]
    some = ["wrote", "hold", "intent to restore"]
    for fault in ("api-close", "api-429", "api-500", "api-401"):
        cases += [Case(f"{fault}, watchdog lives", step, at_stop=(fault,), faults_end=True) for step in some]
        cases += [Case(f"{fault}, then recover", step, kill_watchdog=True, at_stop=(fault,), fails_first=True) for step in some]
    for fault in ("lost-answer", "lost-answer=leases", "lost-answer=any*4", "conflict=any*3"):
        for step in ("wrote", "restore"):
            cases.append(Case(f"{fault}, watchdog lives", step, at_stop=(fault,)))
            cases.append(Case(f"{fault}, then recover", step, kill_watchdog=True, at_stop=(fault,)))
        cases.append(Case(f"{fault}, not killed", setup=(fault + "@lab-001",), codes=(0, 4, 6)))
        cases += [Case(f"{fault}, not killed", step, kill=False, at_stop=(fault,), codes=(0, 1, 4, 6))
                  for step in ("fail", "restore", "before end")]
    cases += [Case("expired-watches, not killed", setup=("expired-watches",), codes=(0, 1, 3, 4, 6)),
              Case("expired-watches, not killed", "intent", kill=False, at_stop=("expired-watches",), codes=(0, 1, 4, 6)),
              Case("refused writes, not killed", "restore", kill=False, at_stop=("refused-writes=deployments/scale*2@lab-001",), codes=(0, 1, 4, 5, 6)),
              Case("token expired, not killed", "hold", kill=False, at_stop=("api-401@lab-001",), codes=(5,), fails_first=True),
              Case("API gone, not killed", "hold", kill=False, at_stop=("api-close@lab-001",), codes=(5,), fails_first=True)]
    cases += [Case("disk full", full_from=step, codes=(3, 4)) for step in ("start", "target", "baseline", "before fail", "intent")]
    cases += [Case("disk full", full_from=step, codes=(0, 1, 4, 6)) for step in ("wrote", "hold", "restore", "restored", "end")]
    cases += [Case("disk full, killed with its watchdog", step, full_from=full, kill_watchdog=True)
              for full, step in (("wrote", "before wrote"), ("restore", "before restored"))]
    cases += [Case("disk full, watchdog lives", "before wrote", full_from="wrote")]
    for step in ("wrote", "hold", "restore"):
        cases.append(Case("changed by somebody else, watchdog lives", step, foreign=True))
        cases.append(Case("changed by somebody else, then recover", step, foreign=True, kill_watchdog=True))
    cases += [Case("two recovers at once", step, kill_watchdog=True, twice=True) for step in ("before fail", "hold")]
    # 16 s: longer than a Lease that is not renewed is believed.
    cases += [Case("stopped, recovered, goes on", step, kill=False, pause=16, recover_meanwhile=True, codes=(0, 1, 4, 6))
              for step in ("fail", "intent", "hold", "restore")]
    return cases


SHORT = ["killed, watchdog lives: intent, torn", "killed, watchdog lives: wrote", "killed with its watchdog: before wrote",
         "killed with its watchdog: hold", "api-500, watchdog lives: hold", "lost-answer=any*4, not killed: fail",
         "disk full: intent", "changed by somebody else, watchdog lives: hold"]


class Drill:
    """One `meshdrill drill run` that stops where it is told to."""

    def __init__(self, lab: DrillLab, case: Case):
        home = lab.lab.folder
        drill = home / "drill.yaml"
        drill.write_text(DRILL.format(mesh=lab.lab.mesh_file, dns=lab.lab.dns_server), encoding="utf-8")
        self.journal = home / "journal.jsonl"
        self.journal.unlink(missing_ok=True)
        environment = dict(os.environ, LD_PRELOAD=str(LIBRARY))
        if case.step:
            environment["STOP_LINE"], environment["STOP_WHEN"] = LINES[case.step]
        if case.full_from:
            environment["FULL_FROM"] = LINES[case.full_from][0]
        self.messages = open(home / "messages", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(lab.lab.kubeconfig), "--journal", str(self.journal), "-o", "json"],
            stdout=self.messages, stderr=subprocess.STDOUT, env=environment)
        self.watchdog: Optional[int] = None

    def text(self):
        return pathlib.Path(self.messages.name).read_text(encoding="utf-8")

    def wait_stopped(self):
        def stopped():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode} before the step: {self.text()[-600:]}")
            return state_of(self.process.pid)[0] == "T"
        wait_for(stopped, "the step", patience=180)
        self.watchdog = watchdog_of(self.process.pid)

    def wait_watchdog(self):
        if self.watchdog:
            wait_ended(self.watchdog, "the watchdog's end", patience=180)

    def end(self):
        self.process.kill()
        self.process.wait()
        if self.watchdog and state_of(self.watchdog)[0]:
            os.kill(self.watchdog, signal.SIGKILL)
        self.messages.close()


def do(lab: DrillLab, case: Case) -> str:
    """Empty when all is well, else what is not."""
    for fault in case.setup:
        lab.fault(fault)
    drill = Drill(lab, case)
    try:
        if case.step:
            drill.wait_stopped()
            act_at_stop(lab, case, drill)
        if not case.step or not case.kill:
            problem = check_end(case, drill)
            if problem:
                return problem
        return check_left(lab, case, drill)
    finally:
        drill.end()


def act_at_stop(lab, case, drill):
    if case.foreign:
        lab.apis["lab-001"].scale(5)
    for fault in case.at_stop:
        lab.fault(fault)
    if case.recover_meanwhile:
        recovered = lab.recover()
        if recovered.returncode != 0:
            raise AssertionError(f"recover beside the stopped drill: {recovered.returncode}: {recovered.stdout}")
    if case.pause:
        time.sleep(case.pause)
    if not case.kill:
        drill.process.send_signal(signal.SIGCONT)
        return
    if case.kill_watchdog and drill.watchdog:
        os.kill(drill.watchdog, signal.SIGKILL)
    drill.process.kill()
    drill.process.wait()
    if case.faults_end:
        time.sleep(3)
        lab.faults_off()
    if not case.kill_watchdog:
        drill.wait_watchdog()


def check_end(case, drill):
    try:
        code = drill.process.wait(240)
    except subprocess.TimeoutExpired:
        return "the drill does not end"
    drill.wait_watchdog()
    if code not in case.codes:
        return f"exit code {code}, expected one of {case.codes}: {drill.text()[-600:]}"
    if code == 5 and "kubectl --context lab-001" not in drill.text():
        return "no command to type"
    return ""


def check_left(lab, case, drill):
    target = lab.apis["lab-001"]
    if case.kill and not case.kill_watchdog and drill.watchdog and not case.foreign:
        if target.replicas() != ORIGINAL:
            return f"the watchdog left {target.replicas()} replicas: {drill.text()[-600:]}"
        if target.lease_left():
            return f"the watchdog left the Lease: {target.lease_left()}: {drill.text()[-600:]}"
    if case.fails_first:
        first = lab.recover()
        if first.returncode != 5:
            return f"recover with the faults on: {first.returncode}: {first.stdout}"
        lab.faults_off()
    beside = [subprocess.Popen([MESHDRILL, "recover", "-f", str(lab.lab.mesh_file), "--kubeconfig", str(lab.lab.kubeconfig)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)] if case.twice else []
    recovered = lab.recover()
    codes = [process.wait(240) for process in beside]
    if case.twice:
        # One of them may find the other at work and leave it to him.
        if not {recovered.returncode, *codes} <= {0, 3}:
            return f"two recovers: {recovered.returncode}, {codes}: {recovered.stdout}"
        recovered = lab.recover()
    if case.foreign:
        if target.replicas() != 5:
            return f"somebody's 5 replicas became {target.replicas()}"
        if recovered.returncode != 5 or "kubectl --context lab-001" not in recovered.stdout:
            return f"somebody's change is not reported: {recovered.returncode}: {recovered.stdout}"
        return ""
    if recovered.returncode != 0:
        return f"recover: {recovered.returncode}: {recovered.stdout} {recovered.stderr}"
    for name, api in lab.apis.items():
        if api.replicas() != ORIGINAL:
            return f"{name} has {api.replicas()} replicas"
        if api.lease_left():
            return f"the Lease of {name} is left: {api.lease_left()}"
    return ""


def main() -> int:
    words = sys.argv[1:]
    cases = all_cases()
    if "--short" in words:
        words.remove("--short")
        cases = [case for case in cases if case.name in SHORT]
    cases = [case for case in cases if all(word in case.name for word in words)]
    if not LIBRARY.exists():
        subprocess.run(["cmake", "--build", "--preset", "release", "--target", "stop_at"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    good, bad = Counter(), Counter()
    for case, problem, seconds in side_by_side(cases, worker_count(), do):
        (bad if problem else good)[case.group] += 1
        print(f"{'FAIL' if problem else 'ok  '}  {case.name:<60} {seconds:>4.0f} s{f'  {problem}' if problem else ''}", flush=True)
    print(f"\n{'':<46} ok  lost")
    for group in dict.fromkeys(case.group for case in cases):
        print(f"{group:<44} {good[group]:>4} {bad[group]:>5}")
    print(f"\n{good.total()} passed, {bad.total()} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
