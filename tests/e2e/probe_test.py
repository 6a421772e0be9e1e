"""`meshdrill probe` against servers that other people wrote: nginx behind two addresses, knot for the name.

Usage: probe_test.py MESHDRILL. Skips, visibly, what is not installed.
"""
import contextlib
import csv
import importlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESHDRILL = os.environ.get("MESHDRILL", "")
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
KNOTD = shutil.which("knotd", path=os.environ.get("PATH", "") + ":/usr/sbin")

NGINX_CONF = """
daemon off; pid nginx.pid; error_log stderr; events {{}}
http {{
  access_log off; default_type text/plain; keepalive_requests 20;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}; return 200 "Hello from Cluster cilium-001\\n"; }}
  server {{ listen 127.0.0.2:{port}; location / {{ return 200 "Hello from Cluster cilium-002\\n"; }}
           location /broken {{ return 503; }} }}
}}
"""

KNOT_CONF = """
server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    answer-rotation: on
database:
    storage: "{folder}"
zone:
  - domain: example.org
    storage: "{folder}"
    file: zone
    semantic-checks: off
"""

ZONE = """$ORIGIN example.org.
$TTL 5
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns
ns A 127.0.0.1
api A 127.0.0.1
api A 127.0.0.2
www CNAME api
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what):
    give_up = time.monotonic() + 30
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError(f"{what} did not happen within 30 s")
        time.sleep(0.02)


def accepts(address, port):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


@unittest.skipUnless(NGINX and KNOTD, "needs nginx-light and knot")
class ProbeAgainstRealServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="meshdrill-probe-")
        cls.port, cls.dns = free_port(), free_port()
        for name, text in (
            ("nginx.conf", NGINX_CONF.format(port=cls.port)),
            ("knot.conf", KNOT_CONF.format(folder=cls.folder, port=cls.dns)),
            ("zone", ZONE),
        ):
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        cls.knot = subprocess.Popen([KNOTD, "-c", os.path.join(cls.folder, "knot.conf")], **quiet)
        cls.start_nginx()
        # knot listens on TCP once it serves the zone.
        wait_for(lambda: accepts("127.0.0.1", cls.dns), "knotd's start")

    @classmethod
    def start_nginx(cls):
        cls.nginx = subprocess.Popen(
            [NGINX, "-p", cls.folder, "-c", "nginx.conf", "-e", "stderr"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: accepts("127.0.0.2", cls.port), "nginx's start")

    @classmethod
    def tearDownClass(cls):
        for process in (cls.nginx, cls.knot):
            process.terminate()
            process.wait(30)
        shutil.rmtree(cls.folder, ignore_errors=True)

    def command(self, name, *options):
        return [MESHDRILL, "probe", f"http://{name}:{self.port}{options[0] if options else '/'}",
                "--dns-server", f"127.0.0.1:{self.dns}", *options[1:]]

    def probe(self, name, *options):
        done = subprocess.run(self.command(name, *options), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_everything_is_answered_and_counted(self):
        code, out, err = self.probe("api.example.org", "/", "--duration", "2s", "--rate", "40", "--connections", "both",
                                    "--clusters", "cilium-001,cilium-002", "-o", "json")
        self.assertEqual(code, 0, out + err)
        report = json.loads(out)
        self.assertEqual(report["result"], "passed")
        self.assertEqual(len(report["streams"]), 6)
        self.assertEqual(sum(report["outcomes"].values()), report["planned"])
        self.assertEqual(report["outcomes"], {"ok": report["planned"]})
        for cell in report["matrix"]:
            if cell["stream_kind"] == "pinned":
                expected = {"127.0.0.1": "cilium-001", "127.0.0.2": "cilium-002"}[cell["address"]]
                self.assertEqual(cell["cluster"], expected)
        # nginx ends a connection after 20 requests; the next one must not suffer for it.
        reused = [cell for cell in report["matrix"] if cell["connection"] == "reused"]
        self.assertTrue(all(cell["connections"] >= 1 for cell in reused))

    def test_knots_rotation_reaches_both_clusters(self):
        code, out, _ = self.probe("www.example.org", "/", "--duration", "2s", "--rate", "40", "-o", "json")
        self.assertEqual(code, 0)
        report = json.loads(out)
        answers = next(lookup for lookup in report["lookups"] if lookup["type"] == "A")
        self.assertEqual(answers["last_aliases"], ["api.example.org"])
        self.assertEqual({record["ttl_s"] for record in answers["last_records"]}, {5})
        self.assertTrue(all(record["first"] > 0 for record in answers["last_records"]), answers)
        followed = {cell["cluster"] for cell in report["matrix"] if cell["stream_kind"] == "following"}
        self.assertEqual(followed, {"cilium-001", "cilium-002"})

    def test_an_outage_of_one_address_is_an_interval_on_that_stream_alone(self):
        process = subprocess.Popen(self.command("api.example.org", "/", "--duration", "30s", "--rate", "50", "-o", "json"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("Probing", process.stderr.readline())
        time.sleep(1)
        begin = time.monotonic()
        self.nginx.terminate()
        self.nginx.wait(30)
        time.sleep(0.5)
        shortest = time.monotonic() - begin - 0.4  # from when the listening sockets were surely closed
        self.start_nginx()
        longest = time.monotonic() - begin
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        report = json.loads(out)
        self.assertEqual(sum(report["outcomes"].values()), report["planned"])
        pinned = [stream for stream in report["streams"] if stream["kind"] == "pinned"]
        self.assertEqual(len(pinned), 2)
        for stream in pinned:
            self.assertEqual(len(stream["outages"]), 1, stream)
            length = stream["outages"][0]["length"]
            self.assertLessEqual(length["lower_us"] / 1e6, longest)
            self.assertGreaterEqual(length["upper_us"] / 1e6, shortest)
            self.assertIn("connect_refused", stream["outages"][0]["reasons"])

    def test_a_broken_page_fails_and_says_what_and_where(self):
        code, out, _ = self.probe("api.example.org", "/broken", "--duration", "500ms")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"unexpected HTTP status +http_status +(\d+) +[0-9.]+ %  503 ×\1\n")
        self.assertIn("127.0.0.2", out)

    def test_a_name_that_does_not_exist_measures_nothing(self):
        code, out, err = self.probe("nowhere.example.org")
        self.assertEqual(code, 6)
        self.assertEqual(out, "")
        self.assertIn("nowhere.example.org: DNS: no such name", err)

    def test_the_json_is_what_its_schema_says(self):
        jsonschema = importlib.import_module("jsonschema")
        schema = json.loads((ROOT / "docs/reference/probe-report.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        _, out, _ = self.probe("www.example.org", "/", "--duration", "1s", "--connections", "both", "-o", "json",
                               "--expect", "everyone seen", "--expect", "p50 <= 1s")
        validator.validate(json.loads(out))
        _, out, _ = self.probe("api.example.org", "/broken", "--duration", "1s", "-o", "json")
        report = json.loads(out)
        validator.validate(report)
        del report["streams"][0]["longest_gap_us"]
        self.assertFalse(validator.is_valid(report))

    def test_what_is_expected_decides_the_exit_code(self):
        for conditions, wanted in (
            (["everyone seen", "p50 <= 1s", "requests >= 30"], 0),
            (["everyone seen", "p50 <= 1us"], 1),
            (["p50(cilium-001) <= 1s", "max(cilium-002) <= 30s"], 0),
            (["p50(cilium-003) <= 1s"], 6),
            (["availability >= 99.99%"], 6),
            (["availability >= 99.99%", "max <= 1us"], 1),
        ):
            options = [word for condition in conditions for word in ("--expect", condition)]
            code, out, err = self.probe("api.example.org", "/", "--duration", "1s", *options)
            self.assertEqual(code, wanted, out + err)
            for condition in conditions:
                self.assertIn(condition, out)
        # An error that the conditions allow is none.
        code, out, err = self.probe("api.example.org", "/broken", "--duration", "500ms", "--expect", "requests >= 5")
        self.assertEqual(code, 0, out + err)
        code, _, err = self.probe("api.example.org", "/", "--expect", "p99 < fast")
        self.assertEqual(code, 2)
        self.assertIn("conditions look like", err)

    def test_until_sure_ends_when_it_is_and_says_after_how_many(self):
        # Each address leads to its own cluster alone, so behind each of them nothing is balanced.
        code, out, err = self.probe("api.example.org", "/", "--until-sure", "--rate", "100", "-o", "json",
                                    "--clusters", "cilium-001,cilium-002")
        self.assertEqual(code, 1, out + err)
        report = json.loads(out)
        verdicts = {verdict["verdict"] for verdict in report["balance"]["behind"].values()}
        self.assertEqual(verdicts, {"unbalanced"})
        self.assertEqual({v["method"] for v in report["balance"]["behind"].values()}, {"anytime"})
        self.assertGreater(report["balance"]["sure_after_connections"], 20)
        self.assertLess(report["duration_us"], 60e6)
        # By weights it can be right all the same, where only one stream is asked for its opinion.
        code, out, _ = self.probe("api.example.org", "/", "--until-sure", "--rate", "100", "--weights",
                                  "cilium-001=1,cilium-002=0", "--address", "127.0.0.1", "--clusters",
                                  "cilium-001,cilium-002", "-o", "json")
        behind = json.loads(out)["balance"]["behind"]
        self.assertEqual(behind["127.0.0.1"]["verdict"], "balanced")

    def test_requests_end_it_by_themselves(self):
        code, out, err = self.probe("api.example.org", "/", "--requests", "25", "--rate", "100", "-o", "json")
        self.assertEqual(code, 0, err)
        for stream in json.loads(out)["streams"]:
            self.assertGreaterEqual(stream["planned"], 25)

    def test_windows_and_metrics_say_what_the_report_says(self):
        csv_file, prom = os.path.join(self.folder, "w.csv"), os.path.join(self.folder, "m.prom")
        code, out, err = self.probe("api.example.org", "/", "--duration", "1500ms", "--rate", "40", "-o", "json",
                                    "--csv", csv_file, "--prometheus", prom)
        self.assertEqual(code, 0, err)
        planned = json.loads(out)["planned"]
        with open(csv_file, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(sum(int(row["requests"]) for row in rows), planned)
        self.assertEqual({row["cluster"] for row in rows}, {"cilium-001", "cilium-002"})
        with open(prom, encoding="utf-8") as file:
            counts = [line.rsplit(" ", 1)[1] for line in file if line.startswith("meshdrill_probe_requests_total{")]
        self.assertEqual(sum(map(int, counts)), planned)
        for option, file in (("--csv", "/nowhere/at/all.csv"), ("--prometheus", "/nowhere/at/all.prom"), ("--csv", "/tmp"),
                             ("--prometheus", "/tmp")):
            code, out, err = self.probe("api.example.org", "/", option, file)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(file + ": ", err)

    def test_metrics_are_served_while_it_runs(self):
        port = free_port()
        process = subprocess.Popen(self.command("api.example.org", "/", "--duration", "0", "--listen",
                                                f"127.0.0.1:{port}"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            url = f"http://127.0.0.1:{port}/metrics"
            self.assertIn(url, process.stderr.readline())

            def scrape():
                with contextlib.suppress(urllib.error.URLError):
                    with urllib.request.urlopen(url, timeout=10) as answer:
                        return answer.read().decode()
                return ""

            def requests():
                return sum(int(line.rsplit(" ", 1)[1]) for line in scrape().splitlines()
                           if line.startswith("meshdrill_probe_requests_total{"))

            wait_for(lambda: requests() > 0, "the first metrics")
            first = requests()
            wait_for(lambda: requests() > first, "newer metrics")
        finally:
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, out)
        self.assertIn("requests ended", out)

    def test_ctrl_c_waits_for_requests_in_flight_and_the_second_does_not(self):
        for times, outcome in ((1, "timeout_first_byte"), (2, "cancelled")):
            with socket.create_server(("127.0.0.1", 0)) as silent:
                port = silent.getsockname()[1]
                process = subprocess.Popen([MESHDRILL, "probe", f"http://127.0.0.1:{port}/", "--timeout", "6s",
                                            "--first-byte-timeout", "6s", "--duration", "0", "-o", "json"],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertIn("Ctrl-C ends it", process.stderr.readline())
                time.sleep(1)
                process.send_signal(signal.SIGINT)
                if times == 2:
                    time.sleep(0.5)
                    process.send_signal(signal.SIGINT)
                out, _ = process.communicate(timeout=60)
            report = json.loads(out)
            self.assertEqual(sum(report["outcomes"].values()), report["planned"])
            self.assertGreater(report["outcomes"].get(outcome, 0), 5, report["outcomes"])

    def test_who_answers_by_address_and_by_mesh_file(self):
        code, out, err = self.probe("api.example.org", "/broken", "--duration", "500ms", "--identify-address",
                                    "127.0.0.1=a", "--identify-address", "127.0.0.2=b")
        self.assertEqual(code, 1)
        code, out, err = self.probe("api.example.org", "/", "--duration", "500ms", "--identify-address",
                                    "127.0.0.1=a", "--identify-address", "127.0.0.2=b")
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, r"127.0.0.1 +new +\d+ \(100.0 %\)")

    def test_a_result_that_nobody_can_read_is_no_pass(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(self.command("api.example.org", "/", "--duration", "300ms", "-o", "json"), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_wrong_usage_contacts_nobody(self):
        for options in (["--rate", "0"], ["--duration", "5"], ["--identify", "no capture"], ["--connections", "old"],
                        ["--weights", "a"], ["--weights", "a=0"], ["--expect", "speed"], ["--address", "here"],
                        ["--identify-json", "cluster"], ["--identify-address", "127.0.0.1"], ["--listen", "9100"],
                        ["--identify-by-address"], ["--clusters", ""], ["--mesh", "/no/such/mesh.yaml"]):
            code, out, err = self.probe("api.example.org", "/", *options)
            self.assertEqual(code, 2, options)
            self.assertEqual(out, "")
            self.assertNotEqual(err, "")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        MESHDRILL = sys.argv.pop(1)
    unittest.main()
