"""`meshdrill probe` against servers that other people wrote: nginx behind two addresses, knot for the name.

Usage: probe_test.py MESHDRILL. Skips, visibly, what is not installed.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

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
        self.assertIn("unexpected HTTP status", out)
        self.assertIn("127.0.0.2", out)

    def test_a_name_that_does_not_exist_measures_nothing(self):
        code, out, err = self.probe("nowhere.example.org")
        self.assertEqual(code, 6)
        self.assertEqual(out, "")
        self.assertIn("nowhere.example.org: DNS: no such name", err)

    def test_wrong_usage_contacts_nobody(self):
        for options in (["--rate", "0"], ["--duration", "5"], ["--identify", "no capture"], ["--connections", "old"]):
            code, out, err = self.probe("api.example.org", "/", *options)
            self.assertEqual(code, 2, options)
            self.assertEqual(out, "")
            self.assertNotEqual(err, "")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        MESHDRILL = sys.argv.pop(1)
    unittest.main()
