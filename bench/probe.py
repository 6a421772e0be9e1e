#!/usr/bin/env python3
"""What a request costs: meshdrill beside wrk, ab, hey, h2load and a raw epoll loop, against the same nginx.

Server and client each have a core to themselves, the runs are interleaved, requests are counted by the server, and CPU is
user and system time of the client's process. On a shared machine the same client may cost twice as much a few seconds later:
a ratio is taken within each short round, where both had the same weather, and the median of the rounds is printed. Ours,
and only ours, matches every body and tallies it. nginx of Debian 12 speaks TLS 1.2 unless told otherwise, ingress
controllers speak 1.3: handshakes are measured with both. hey does not check the server's certificate; ours does."""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = pathlib.Path(os.environ["MESHDRILL"]).parent.parent
FLOOR, LOOKUPS, SLEEPS = (str(BUILD / "bin" / f"bench_{name}") for name in ("floor", "lookups", "sleeps"))
# What users get.
MESHDRILL = str(BUILD / "static/meshdrill")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "24"))
# For clients that no ratio is about.
MOST_ROUNDS_OF_OTHERS = 4
SECONDS = int(os.environ.get("BENCH_SECONDS", "1"))
CONNECTIONS = 64
SERVER_CORE, CLIENT_CORE = 0, (os.cpu_count() or 1) - 1

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; client_body_temp_path {folder}/a;
  proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    location / {{ return 200 "Hello from Cluster c01\\n"; }}
    location = /status {{ stub_status; }}
  }}
  ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
  ssl_session_tickets off; ssl_session_cache off;
  server {{
    listen 127.0.0.1:{tls12} ssl backlog=4096; ssl_protocols TLSv1.2;
    location / {{ return 200 "Hello from Cluster c01\\n"; }}
  }}
  server {{
    listen 127.0.0.1:{tls13} ssl backlog=4096; ssl_protocols TLSv1.3;
    location / {{ return 200 "Hello from Cluster c01\\n"; }}
  }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_quietly(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Server:
    """nginx with one worker, on its own core; TLS with an ECDSA P-256 certificate of an authority of ours."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.ports = {kind: free_port() for kind in ("plain", "tls12", "tls13")}
        self.authority = str(folder / "ca.pem")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        run_quietly("openssl", "req", "-x509", *key, "-subj", "/CN=bench authority", "-days", "2",
                    "-keyout", str(folder / "ca.key"), "-out", self.authority)
        run_quietly("openssl", "req", "-x509", *key, "-subj", "/CN=127.0.0.1", "-days", "2",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-CA", self.authority, "-CAkey", str(folder / "ca.key"),
                    "-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem"))
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, **self.ports), encoding="utf-8")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), nginx, "-c", str(config)])
        deadline = time.monotonic() + 10
        while True:
            try:
                self.requests()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def requests(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['plain']}/status", timeout=5) as answer:
            return int(answer.read().split(b"\n")[2].split()[2]) - 1

    def url(self, kind: str) -> str:
        return f"{'http' if kind == 'plain' else 'https'}://127.0.0.1:{self.ports[kind]}/"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one run of a client took."""

    micros: float
    rate: float
    memory: float


@dataclasses.dataclass(frozen=True)
class Case:
    """What is asked of each client; the rivals are those of the ratios."""

    name: str
    title: str
    fresh: bool
    kind: str
    rivals: tuple


CASES = (Case("new", "new connections, plain", True, "plain", ("wrk", "floor")),
         Case("keep-alive", "keep-alive, plain", False, "plain", ("wrk", "floor")),
         Case("new-tls", "new connections, TLS 1.2", True, "tls12", ("hey", "wrk")),
         Case("new-tls13", "new connections, TLS 1.3", True, "tls13", ("hey", "wrk")),
         Case("keep-alive-tls", "keep-alive, TLS 1.3", False, "tls13", ("wrk",)))


def commands(server: Server, case: Case) -> dict:
    """Each client's command for a case; a client that cannot do it is not there."""
    url, seconds, many, fresh = server.url(case.kind), str(SECONDS), str(CONNECTIONS), case.fresh
    tls = case.kind != "plain"
    close = ["-H", "Connection: close"] if fresh else []
    ours = [MESHDRILL, "probe", url, "--rate", "max", "--in-flight", many, "--duration", f"{seconds}s",
            "--connections", "new" if fresh else "reused", "--tolerance", "99"]
    result = {
        "meshdrill": ours + (["--cacert", server.authority] if tls else []),
        "wrk": ["wrk", "-t1", f"-c{many}", f"-d{seconds}s", *close, url],
        "ab": ["ab", "-q", "-c", many, "-t", seconds, "-n", "10000000", *([] if fresh else ["-k"]), url],
        "hey": ["hey", "-cpus", "1", "-z", f"{seconds}s", "-c", many, *(["-disable-keepalive"] if fresh else []), url],
    }
    if not fresh:
        # With a server that closes, h2load hangs at the end.
        result["h2load"] = ["h2load", "--h1", "-t1", f"-c{many}", f"-D{seconds}", url]
    if not tls:
        result["floor"] = [FLOOR, str(server.ports["plain"]), many, seconds, "new" if fresh else "reused"]
    return result


def peak_memory(pid: int) -> float:
    """In MiB, so far. Not ru_maxrss, which keeps what the process was before it became the client."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), default=0.0)


def measure(server: Server, command: list) -> Measured:
    before = server.requests()
    begin = time.monotonic()
    memory = 0.0
    with subprocess.Popen(["taskset", "-c", str(CLIENT_CORE), *command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid != 0:
                break
            memory = max(memory, peak_memory(child.pid))
            time.sleep(0.05)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - begin
    answered = server.requests() - before
    if answered < 100:
        sys.exit(f"{' '.join(command)}: exit {child.returncode}, only {answered} requests")
    return Measured((usage.ru_utime + usage.ru_stime) / answered * 1e6, answered / took, memory)


def ratio(ours: list, theirs: list) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs))


def compare(server: Server, case: Case) -> dict:
    """The runs of each client, by round."""
    runs: dict = {}
    for number in range(ROUNDS):
        for name, command in commands(server, case).items():
            if name == "meshdrill" or name in case.rivals or number < MOST_ROUNDS_OF_OTHERS:
                runs.setdefault(name, []).append(measure(server, command))
    rows = [(name, *(statistics.median(getattr(run, what) for run in runs[name]) for what in ("micros", "rate")),
             max(run.memory for run in runs[name])) for name in runs]
    print(f"\n{case.title:<28}{'CPU µs/request':>16}{'requests/s':>14}{'peak MiB':>12}")
    for name, micros, rate, memory in sorted(rows, key=lambda row: row[1]):
        print(f"  {name:<26}{micros:>16.1f}{rate:>14,.0f}{memory:>12.1f}")
    return runs


def report_ratios(all_runs: dict) -> None:
    for case in CASES:
        micros = {name: [run.micros for run in runs] for name, runs in all_runs[case.name].items()}
        for rival in case.rivals:
            print(f"ratio {case.name}/{rival} {ratio(micros['meshdrill'], micros[rival]):.2f}")
    for tls in (False, True):
        peak = max(run.memory for case in CASES if (case.kind != "plain") == tls for run in all_runs[case.name]["meshdrill"])
        print(f"ratio peak-memory{'-tls' if tls else ''}/8MiB {peak / 8:.2f}")


def run_on_client_core(*command: str) -> str:
    done = subprocess.run(["taskset", "-c", str(CLIENT_CORE), *command], capture_output=True, text=True, check=False)
    return done.stdout


def start_time_errors(server: Server) -> dict:
    """P99 of (actual - planned) start at 1,000 requests a second with new connections, in µs, and of a process that only
    sleeps until the same times. The least of the rounds: what the machine adds is never negative."""
    least = {"ours": float("inf"), "sleep": float("inf")}
    for _ in range(ROUNDS):
        run = json.loads(run_on_client_core(MESHDRILL, "probe", server.url("plain"), "--rate", "1000", "--duration",
                                            f"{SECONDS}s", "-o", "json", "--tolerance", "99"))
        least["ours"] = min(least["ours"], run["prober"]["lateness"]["p99_us"])
        least["sleep"] = min(least["sleep"], float(run_on_client_core(SLEEPS, "1000", str(SECONDS))))
    return least


def lookup_cost() -> dict:
    """CPU of a lookup in µs by round: ours, and a bare exchange of datagrams, as lookups.cpp says."""
    runs = {"ours": [], "bare": [], "epoll": []}
    for _ in range(ROUNDS):
        for kind, micros in runs.items():
            micros.append(float(run_on_client_core(LOOKUPS, "1", kind).split()[1]))
    return runs


def main() -> None:
    all_runs = {}
    with tempfile.TemporaryDirectory(prefix="meshdrill-bench-") as name:
        server = Server(pathlib.Path(name))
        try:
            for case in CASES:
                all_runs[case.name] = compare(server, case)
            late = start_time_errors(server)
            lookup = lookup_cost()
        finally:
            server.stop()
    print(f"\nstart-time error at 1,000/s with new connections, P99: {late['ours']:.0f} µs, of a bare sleep "
          f"{late['sleep']:.0f} µs")
    ours, bare, epoll = (statistics.median(lookup[kind]) for kind in ("ours", "bare", "epoll"))
    print(f"lookup: {ours:.1f} µs of CPU, bare exchange {bare:.1f} µs, with epoll {epoll:.1f} µs")
    report_ratios(all_runs)
    for rival in ("bare", "epoll"):
        print(f"ratio lookup/{rival} {ratio(lookup['ours'], lookup[rival]):.2f}")
    print(f"ratio start-time-error/0.1ms {late['ours'] / 100:.2f}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
