#!/usr/bin/env python3
"""`meshdrill report --html` of a drill of ten hours at 100 requests a second (3.6 million samples), against Python that only parses
the same journal.

`./dev bench report`. The journal is made here, with an outage in it, and not kept. User and system time, and the peak of memory.
`ratio report VALUE`: CPU of the page over that of Python's json.loads on each line. `ratio growth VALUE`: CPU per sample of ten hours
over that of one. `ratio memory VALUE`: the same of peak memory, not per sample. `ratio size VALUE`: bytes of the page over 5 MB.
Exits with 1 when the outage in the page is not the one that was put in.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MESHDRILL = os.environ["MESHDRILL"]
STREAMS = ("192.0.2.1", "192.0.2.2")
PERIOD = 20_000  # µs between two requests of a stream: 100/s on both together
BATCH = 100_000

DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {name: soak}
mesh: mesh.yaml
target: {cluster: one, behind: {service: default/api}}
fault: {scale: 0}
traffic: {url: "http://api.example.org/", rate: 50/s}
expect: {fail: {outage: <= 2s}}
"""


def lines(hours):
    """A drill that lasts so long, whose fault makes the first address fail for 1.5 s."""
    end = hours * 3_600_000_000
    fault, restore = end // 3, end // 3 * 2

    def entry(at, event, **fields):
        return json.dumps({"at": at, "event": event, **fields}, separators=(",", ":")) + "\n"

    yield entry(0, "start", schema=1, version="bench", run="soak-1", wall="2026-01-31T08:05:09Z", host="here", pid=1,
                drillFile="drill.yaml", drill=DRILL, mesh="bench", url="http://api.example.org/",
                clusters=[{"name": name, "context": name, "uid": "", "ingress": [address]}
                          for name, address in zip(("one", "two"), STREAMS)])
    yield entry(0, "target", workloads=[], ready={"one": 2, "two": 2}, uids={})
    yield entry(0, "streams", answers=[], streams=[
        {"id": i, "name": f"{address} new", "kind": "pinned", "connection": "new", "family": "ipv4", "address": address}
        for i, address in enumerate(STREAMS)])
    phases = {0: "baseline", fault: "fail", fault + 60_000_000: "hold", restore: "restore", restore + 60_000_000: "recovered"}
    write = {"cluster": "one", "namespace": "default", "name": "api", "uid": "u", "replicas": 2}
    for start in range(0, end, BATCH):
        if start in phases:
            yield entry(start, "phase", phase=phases[start])
        if start in (fault, restore):
            yield entry(start, "wrote", action="scale-down" if start == fault else "restore", to=0 if start == fault else 2, **write)
        samples = []
        for planned in range(start, start + BATCH, PERIOD):
            for stream, address in enumerate(STREAMS):
                bad = stream == 0 and fault <= planned < fault + 1_500_000
                cluster = "" if bad else "two" if fault <= planned < restore or planned // PERIOD % 2 else "one"
                samples.append([stream, planned // PERIOD, planned, planned, planned + 2_000 + planned % 977,
                                "http_status" if bad else "ok", address, 80, 40_000, 503 if bad else 200, cluster, 1,
                                [0, 300, 0, 1500, 200], ""])
        yield entry(start + BATCH, "samples", upto=start + BATCH, samples=samples)
    yield entry(end, "restored", verified=True, message="")
    yield entry(end, "end")


def measure(command):
    """Its user and system time in seconds, and its peak of memory in bytes."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def bench(folder, hours):
    journal, page = folder / f"{hours}.jsonl", folder / f"{hours}.html"
    with open(journal, "w", encoding="utf-8") as file:
        file.writelines(lines(hours))
    cpu, memory = measure([MESHDRILL, "report", str(journal), "--html", str(page)])
    python, _ = measure([sys.executable, "-c", "import json, sys\nfor line in open(sys.argv[1]): json.loads(line)", str(journal)])
    result = {"cpu": cpu, "memory": memory, "python": python, "page": page.stat().st_size, "journal": journal.stat().st_size,
              "samples": hours * 360_000}
    text = page.read_text(encoding="utf-8")
    result["outage"] = re.search(r"blackout</td><td class=\"n\">([\d.]+) to ([\d.]+) s", text)
    journal.unlink()
    print(f"{hours:>2} h: {result['samples']} samples, {result['journal'] / 1e6:.0f} MB; page {result['page'] / 1e6:.2f} MB in "
          f"{cpu:.2f} s of CPU and {memory / 1e6:.0f} MB; Python parses it in {python:.2f} s", flush=True)
    return result


def main():
    with tempfile.TemporaryDirectory(prefix="meshdrill-bench-") as folder:
        short, long = (bench(pathlib.Path(folder), hours) for hours in (1, 10))
    low, high = (float(bound) for bound in long["outage"].groups())
    print(f"the outage of 1.5 s stands in the page as {low} to {high} s")
    print(f"ratio report {long['cpu'] / long['python']:.3f}")
    print(f"ratio growth {long['cpu'] / long['samples'] / (short['cpu'] / short['samples']):.2f}")
    print(f"ratio memory {long['memory'] / short['memory']:.2f}")
    print(f"ratio size {long['page'] / 5e6:.3f}")
    return 0 if low <= 1.5 <= high else 1


if __name__ == "__main__":
    sys.exit(main())
