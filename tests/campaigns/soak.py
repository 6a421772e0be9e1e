#!/usr/bin/env python3
"""Millions of requests in one run: memory, file descriptors and threads must stay flat, and nothing be lost.

`./dev campaign soak [REQUESTS [RATE]]`: a table, then `N passed, N failed`. 2,000,000 requests as fast as they go without
arguments, and at least 30,000; RATE is that of each of the four streams.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import MESHDRILL, wait_for  # noqa: E402
from probe_test import NGINX, accepts, free_port  # noqa: E402

CONF = """
worker_processes 1; worker_rlimit_nofile 8192; daemon off; pid nginx.pid; error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type text/plain; keepalive_requests 1000; keepalive_timeout 60s;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}; return 200 "Hello from Cluster cilium-001\\n"; }}
  server {{ listen 127.0.0.2:{port}; return 200 "Hello from Cluster cilium-002\\n"; }}
}}
"""


def status(pid: int) -> tuple[int, int, int]:
    """Resident memory in KiB, open descriptors, threads."""
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"])


def watch(process: subprocess.Popen, began: float) -> list[tuple]:
    """What the process used, ten times a second until it ends."""
    rows = []
    while process.poll() is None:
        try:
            rows.append((time.monotonic() - began, *status(process.pid)))
        except (FileNotFoundError, KeyError, ProcessLookupError):
            break  # it has just ended
        time.sleep(0.1)
    return rows


def main() -> int:
    if not NGINX:
        print("nginx is missing")
        return 1
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    if requests < 30_000:
        print("it takes 30,000 requests to show that at most 0.01 % fail")
        return 2
    folder = tempfile.mkdtemp(prefix="meshdrill-soak-")
    port = free_port()
    pathlib.Path(folder, "nginx.conf").write_text(CONF.format(port=port), encoding="utf-8")
    nginx = subprocess.Popen([NGINX, "-p", folder, "-c", "nginx.conf", "-e", "stderr"], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: accepts("127.0.0.2", port), "nginx's start")
        # As fast as it goes on kept connections, and new ones beside them in the same run.
        options = ["--address", "127.0.0.1", "--address", "127.0.0.2", "--clusters", "cilium-001,cilium-002"]
        rate = sys.argv[2] if len(sys.argv) > 2 else "max"
        speed = ["--rate", rate, "--connections", "both", *(["--in-flight", "8"] if rate == "max" else [])]
        command = [MESHDRILL, "probe", f"http://127.0.0.1:{port}/", *options, *speed, "-o", "json", "-q",
                   "--timeout", "10s", "--first-byte-timeout", "10s", "--connect-timeout", "5s",
                   "--requests", str(requests // 4), "--csv", os.path.join(folder, "rows.csv"),
                   "--prometheus", os.path.join(folder, "metrics.prom"), "--expect", f"requests >= {requests}",
                   "--expect", "errors <= 0.01%"]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        rows = watch(process, began)
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - began
    finally:
        nginx.terminate()
        nginx.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    if not out:
        print(err)
        return 1
    return judge(json.loads(out), process.returncode, rows, requests, took)


def judge(report: dict, code: int, rows: list[tuple], requests: int, took: float) -> int:
    print(f"{'time':>8}  {'memory KiB':>10}  {'files':>6}  {'threads':>7}")
    for row in rows[:: max(1, len(rows) // 20)] + rows[-1:]:
        print(f"{row[0]:>6.0f} s  {row[1]:>10}  {row[2]:>6}  {row[3]:>7}")
    print(f"{report['planned']} requests in {took:.0f} s, {report['planned'] / took:.0f}/s; {report['outcomes']}")
    # The first fifth is the start: buffers and tables come to their size in it.
    settled = rows[len(rows) // 5 : -1] or rows
    third = max(1, len(settled) // 3)
    early, late = settled[:third], settled[-third:]
    checks = {
        "every request is in one bucket": sum(report["outcomes"].values()) == report["planned"],
        f"at least {requests} requests": report["planned"] >= requests,
        "what was expected holds": code == 0,
        "memory is flat (within 1 MiB)": max(r[1] for r in late) <= max(r[1] for r in early) + 1024,
        "file descriptors are flat": max(r[2] for r in late) <= max(r[2] for r in early) + 8,
        "threads are flat": max(r[3] for r in late) <= max(r[3] for r in early),
    }
    for what, good in checks.items():
        print(f"{'ok    ' if good else 'FAILED'}  {what}")
    passed = sum(checks.values())
    print(f"{passed} passed, {len(checks) - passed} failed")
    return 0 if passed == len(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
