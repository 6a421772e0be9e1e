#!/usr/bin/env python3
"""Random drills on labs, half of them broken on purpose, held against the verdict that the injected fault demands.

What is right comes from what the lab was told to do, never from meshdrill's own words: a mesh that serves must pass, one
that does not must fail, be refused or aborted, a cluster that was not put back must be named so. Inconclusive is right only
where the drill was made with too few requests to tell, or where the prober itself could not keep time.

`./dev campaign verdicts [COUNT [SEED [NUMBER…]]]`: a line for each surprise, the table, then `N passed, N failed`. 1,000
drills by default. NUMBERs repeat those drills of that seed alone. CAMPAIGN_WORKERS says how many run side by side (8).
"""
import dataclasses
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict

from support import side_by_side, worker_count
from harness import MESHDRILL, wait_for

VERDICTS = ["pass", "fail", "refused", "aborted", "inconclusive", "restore-failed"]

DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {{name: verdict}}
mesh: {mesh}
target: {{cluster: lab-001, behind: {{service: default/api-service}}}}
fault: {{scale: 0}}
traffic: {{rate: {rate}/s, connections: {connections}, dnsServers: ["{dns}"]}}
phases: {{baseline: {baseline}, fail: 15s, hold: {hold}, restore: {restore}, recovered: {recovered}}}
expect:
  baseline: {{everyClusterSeen: true, errors: <= 2%{balance}}}
  fail: {{outage: <= 4s}}
  hold: {{targetShare: 0%, errors: <= 2%}}
  restore: {{outage: <= 4s}}
  recovered: {{everyClusterSeen: true, errors: <= 2%{balance}}}
guards: {{deadline: 3m, abortIf: [{{errors: "> 90%", over: 20s}}]}}
"""


@dataclasses.dataclass
class Kind:
    """A way in which a drill is run, and what its verdict must be."""
    name: str
    right: tuple  # verdicts
    before: tuple = ()  # faults before it begins
    during: tuple = ()  # (phase, fault): set when the phase begins
    clears: tuple = ()  # (seconds after the phase began, fault), of the last phase in `during`
    shape: dict = dataclasses.field(default_factory=dict)  # of the drill
    act: str = ""  # "scale 3": somebody scales the target in hold


# A mesh that serves, whatever small things happen beside: the verdict is a pass.
SOUND = [
    Kind("nothing", ("pass",)),
    Kind("nothing, balance asked", ("pass",), shape={"balance": "30%", "rate": 120, "baseline": "4s", "recovered": "4s"}),
    Kind("propagation 400 ms", ("pass",), before=("propagation-delay=400ms",)),
    Kind("lost answer, scale-down", ("pass",), before=("lost-answer@lab-001",)),
    Kind("lost answer, restore", ("pass",), during=(("hold", "lost-answer@lab-001"),)),
    Kind("lost answers, Leases", ("pass",), before=("lost-answer=leases*2",)),
    Kind("conflicts, scale-down", ("pass",), before=("conflict=deployments/scale*2@lab-001",)),
    Kind("conflicts, restore", ("pass",), during=(("hold", "conflict=deployments/scale*2@lab-001"),)),
    Kind("conflicts, Leases", ("pass",), before=("conflict=leases*3",)),
    Kind("watches expire", ("pass",), during=(("baseline", "expired-watches"),), clears=((0.3, "expired-watches"),)),
    Kind("API 429 for a moment", ("pass",), during=(("hold", "api-429@lab-001"),), clears=((1.5, "api-429@lab-001"),)),
    Kind("API 500 for a moment", ("pass", "aborted"), during=(("hold", "api-500@lab-001"),), clears=((1.5, "api-500@lab-001"),)),
    Kind("API gone for a moment", ("pass", "aborted"), during=(("hold", "api-close@lab-001"),), clears=((1.5, "api-close@lab-001"),)),
    Kind("Pods 2 s slower", ("pass",), before=("slow-pods=2s@lab-001",)),
    Kind("capacity enough", ("pass",), before=("capacity=400",)),
    Kind("skewed, balance not asked", ("pass",), before=("skewed-balancer@lab-001",)),
    Kind("an owner that sleeps", ("pass",), before=("self-heal=1h@lab-001",)),
]

# A mesh or a cluster that does not do what is asked of it.
BROKEN = [
    Kind("propagation 9 s", ("fail",), before=("propagation-delay=9s@lab-002",), shape={"hold": "3s"}),
    Kind("stale backends", ("fail",), before=("stale-backends@lab-002",)),
    Kind("not global, before", ("refused",), before=("not-global",)),
    Kind("not global, in hold", ("fail",), during=(("hold", "not-global@lab-001"),)),
    Kind("no service-upstream", ("fail", "refused"), before=("no-service-upstream@lab-001",)),
    Kind("ingress down, before", ("refused",), before=("ingress-down@lab-002",)),
    Kind("ingress down, in hold", ("fail", "aborted"), during=(("hold", "ingress-down@lab-002"),)),
    Kind("API 429, before", ("refused",), before=("api-429@lab-001",)),
    Kind("API 500, before", ("refused",), before=("api-500@lab-002",)),
    Kind("API gone, before", ("refused",), before=("api-close@lab-002",)),
    Kind("token expired, before", ("refused",), before=("api-401@lab-001",)),
    Kind("token expired, for good", ("restore-failed",), during=(("hold", "api-401@lab-001"),), shape={"restore": "6s"}),
    Kind("API gone, for good", ("restore-failed",), during=(("hold", "api-close@lab-001"),), shape={"restore": "6s"}),
    Kind("API 500, for good", ("restore-failed",), during=(("hold", "api-500@lab-001"),), shape={"restore": "6s"}),
    Kind("writes refused, before", ("refused",), before=("refused-writes@lab-001",)),
    Kind("writes refused, for good", ("restore-failed",), during=(("hold", "refused-writes@lab-001"),), shape={"restore": "6s"}),
    Kind("conflicts for ever, scale-down", ("aborted", "refused", "restore-failed"), before=("conflict=deployments/scale*all@lab-001",), shape={"restore": "6s"}),
    Kind("conflicts for ever, restore", ("restore-failed",), during=(("hold", "conflict=deployments/scale*all@lab-001"),), shape={"restore": "6s"}),
    Kind("Pods never Ready again", ("restore-failed",), before=("slow-pods=1h@lab-001",), shape={"restore": "6s"}),
    Kind("survivors without capacity", ("fail",), before=("capacity=60@lab-002",), shape={"rate": 60, "connections": "new", "hold": "3s"}),
    Kind("flapping backend, before", ("refused",), before=("flapping-backend@lab-002",)),
    Kind("flapping backend, in hold", ("fail",), during=(("hold", "flapping-backend@lab-002"),), shape={"hold": "3s"}),
    Kind("sticky, balance asked", ("refused",), before=("sticky-balancer@lab-001",), shape={"balance": "10%", "rate": 120, "baseline": "4s"}),
    Kind("skewed, balance asked", ("refused",), before=("skewed-balancer@lab-001",), shape={"balance": "10%", "rate": 120, "baseline": "4s"}),
    Kind("skewed after the restore", ("fail",), during=(("restore", "skewed-balancer@lab-001"),), shape={"balance": "20%", "rate": 120, "baseline": "4s", "recovered": "4s"}),
    Kind("an owner heals", ("aborted",), before=("self-heal=300ms@lab-001",), shape={"hold": "4s"}),
    Kind("somebody scales it", ("restore-failed", "aborted"), act="scale 3", shape={"hold": "4s"}),
    Kind("somebody scales it back", ("aborted",), act="scale 2", shape={"hold": "4s"}),
]

# Asked for more than so few requests can tell: anything but a verdict that pretends to know.
SMALL = [
    Kind("too few requests", ("refused", "inconclusive"), shape={"balance": "2%", "rate": 20, "baseline": "2s"}),
]


@dataclasses.dataclass
class Case:
    number: int
    seed: int
    kind: Kind
    broken: bool
    shape: dict

    @property
    def name(self):
        return f"#{self.number} {self.kind.name}"


def make_case(number: int, seed: int) -> Case:
    chance = random.Random(f"{seed}/{number}")
    broken = number % 2 == 1
    kind = chance.choice(BROKEN) if broken else SMALL[0] if chance.random() < 0.05 else chance.choice(SOUND)
    shape = {"rate": chance.choice([40, 60, 80]), "connections": chance.choice(["new", "new", "both"]),
             "baseline": chance.choice(["1500ms", "2s", "2500ms"]), "hold": chance.choice(["1s", "1500ms", "2s"]),
             "restore": "30s", "recovered": chance.choice(["1s", "1500ms"]), "balance": ""}
    # A little of everything needs enough requests to be seen.
    if kind.during and kind.during[-1][0] == "hold":
        shape["hold"] = chance.choice(["2s", "3s"])
    shape.update(kind.shape)
    if shape["balance"]:
        shape["balance"] = f", balance: {{tolerance: {shape['balance']}}}"
        shape["connections"] = "new"
    return Case(number, seed, kind, broken, shape)


class Control:
    """The lab's own socket: as quick as `meshdrill lab fault`, without a process for each command."""

    def __init__(self, path):
        self.path = str(path)

    def say(self, command):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            connection.sendall((command + "\n").encode())
            answer = json.loads(connection.makefile().readline())
        if not answer["ok"]:
            raise AssertionError(f"{command}: {answer['error']}")


def follow(journal, process):
    """Yields the phases of a running drill as they begin."""
    seen = 0
    while process.poll() is None:
        if journal.exists():
            with open(journal, encoding="utf-8") as lines:
                lines.seek(seen)
                for line in lines:
                    if not line.endswith("\n"):
                        break
                    seen += len(line.encode())
                    if '"event":"phase"' in line:
                        yield json.loads(line)["phase"]
        time.sleep(0.03)


def do(lab, case):
    control = Control(lab.lab.home / "control.sock")
    home = lab.lab.folder
    drill, journal = home / "drill.yaml", home / "journal.jsonl"
    drill.write_text(DRILL.format(mesh=lab.lab.mesh_file, dns=lab.lab.dns_server, **case.shape), encoding="utf-8")
    journal.unlink(missing_ok=True)
    faults = set()

    def fault(text):
        control.say(f"set {text}")
        faults.add(text)

    try:
        for text in case.kind.before:
            fault(text)
        if any("propagation" in text or "not-global" in text for text in case.kind.before):
            time.sleep(0.3)
        with subprocess.Popen([MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(lab.lab.kubeconfig), "--journal", str(journal),
                               "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            for phase in follow(journal, process):
                for wanted, text in case.kind.during:
                    if phase == wanted:
                        fault(text)
                if case.kind.act and phase == "hold":
                    lab.apis["lab-001"].scale(int(case.kind.act.split()[1]))
                if case.kind.clears and phase == case.kind.during[-1][0]:
                    for seconds, text in case.kind.clears:
                        time.sleep(seconds)
                        control.say(f"clear {text}")
            stdout, stderr = process.communicate(timeout=240)
        report = json.loads(stdout) if stdout else None
        if report is None:
            return "nothing", stderr[-400:]
        return report["verdict"], report["reason"]
    finally:
        for text in faults:
            control.say(f"clear {text}")
        if any(text.startswith("propagation-delay=9s") for text in faults):
            time.sleep(9)  # what is under way arrives all the same
        if case.kind.right == ("restore-failed",):
            wait_for(lambda: lab.recover().returncode == 0, "recover after a restore that failed", patience=120)


def judge(case, verdict, reason):
    """Whether the verdict is right; "blind" where our own prober could not keep time, and said so."""
    if verdict in case.kind.right:
        return "right"
    own = any(word in reason for word in ("could not be sent", "not sent", "observer", "stall"))
    if own and verdict in ("inconclusive", "refused", "aborted"):
        return "blind"
    return "wrong"


def print_table(tables):
    for title, rows in tables.items():
        print(f"\n{title:<34}" + "".join(f"{verdict:>16}" for verdict in VERDICTS) + f"{'blind':>8}{'wrong':>8}")
        total = Counter()
        for name, counts in rows.items():
            print(f"  {name:<32}" + "".join(f"{counts[verdict] or '.':>16}" for verdict in VERDICTS)
                  + f"{counts['blind'] or '.':>8}{counts['wrong'] or '.':>8}")
            total.update(counts)
        print(f"  {'all':<32}" + "".join(f"{total[verdict] or '.':>16}" for verdict in VERDICTS)
              + f"{total['blind'] or '.':>8}{total['wrong'] or '.':>8}")


def main() -> int:
    numbers = [int(word) for word in sys.argv[1:]]
    count = numbers[0] if numbers else 1000
    seed = numbers[1] if len(numbers) > 1 else random.SystemRandom().randrange(10**6)
    chosen = numbers[2:] or range(count)
    print(f"{len(chosen)} drills, seed {seed}; repeat one: ./dev campaign verdicts {count} {seed} NUMBER", flush=True)
    tables = {"sound": defaultdict(Counter), "broken on purpose": defaultdict(Counter)}
    good = Counter()
    start = time.monotonic()
    for case, result, seconds in side_by_side([make_case(number, seed) for number in chosen], worker_count(8), do):
        verdict, reason = ("nothing", str(result)) if isinstance(result, Exception) else result
        outcome = judge(case, verdict, reason)
        good[outcome] += 1
        row = tables["broken on purpose" if case.broken else "sound"][case.kind.name]
        row[verdict] += 1
        if outcome != "right":
            row[outcome] += 1
            print(f"{outcome}: #{case.number} {case.kind.name}: {verdict} instead of {' or '.join(case.kind.right)} ({seconds:.0f} s): {reason}", flush=True)
        done = good.total()
        if done % 100 == 0:
            print(f"{done} drills in {time.monotonic() - start:.0f} s: {good['wrong']} wrong, {good['blind']} blind", flush=True)
    print_table(tables)
    print(f"\nseed {seed}; {good['blind']} could not keep time on this machine and said so")
    print(f"{good['right'] + good['blind']} passed, {good['wrong']} failed")
    return 1 if good["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
