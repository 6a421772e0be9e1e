"""Every bucket of `meshdrill probe` provoked on purpose, against servers that other people wrote: nginx for HTTP and
TLS, knot as an authority, dnsmasq and BIND as resolvers. Each case must end in its bucket and in no other.

Usage: truth_test.py [CLASS]. Skips, visibly, what is not installed.
"""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import harness

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
NGINX, KNOTD, DNSMASQ, NAMED, OPENSSL = (
    shutil.which(name, path=PATH) for name in ("nginx", "knotd", "dnsmasq", "named", "openssl"))

NGINX_CONF = """
daemon off; pid nginx.pid; error_log stderr; events {{ worker_connections 1024; }}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.2:{http}; listen [::1]:{http};
    location / {{ return 200 "Hello from Cluster cilium-001\\n"; }}
    location /stranger {{ return 200 "Welcome to nginx!"; }}
    location /moved {{ return 302 /; }}
    location /missing {{ return 404; }}
    location /down {{ return 503; }}
    location /dropped {{ return 444; }}
    location /files/ {{ alias {folder}/; }}
    location /slow/ {{ alias {folder}/; limit_rate 1k; }}
    location /silent {{ proxy_pass http://127.0.0.1:{silent}; }}
    location /half {{ proxy_pass http://127.0.0.1:{half}; proxy_buffering off; }}
    location /nobody {{ proxy_pass http://127.0.0.1:{refused}; }}
  }}
  server {{ listen 127.0.0.2:{spare}; return 200 "Hello from Cluster cilium-002\n"; }}
  server {{ listen 127.0.0.1:{https} ssl; server_name api.example.org; ssl_certificate good.pem;
           ssl_certificate_key key.pem; return 200 "Hello from Cluster cilium-001\\n"; }}
  server {{ listen 127.0.0.1:{expired} ssl; ssl_certificate expired.pem; ssl_certificate_key key.pem;
           return 200 "Hello from Cluster cilium-001\\n"; }}
  server {{ listen 127.0.0.1:{foreign} ssl; ssl_certificate foreign.pem; ssl_certificate_key key.pem;
           return 200 "Hello from Cluster cilium-001\\n"; }}
}}
"""

KNOT_CONF = """
server:
    rundir: "{folder}"
    listen: [ 127.0.0.1@{dns}, 127.0.0.2@{dns} ]
database:
    storage: "{folder}/knot"
zone:
  - domain: example.org
    storage: "{folder}"
    file: example.org.zone
    semantic-checks: off
  - domain: broken.test
    storage: "{folder}"
    file: there-is-no-such.zone
"""

ZONE = """$ORIGIN example.org.
$TTL 5
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns
ns A 127.0.0.1
api A 127.0.0.1
www CNAME web
web CNAME api
dangling CNAME nothing
text TXT "no address here"
pair A 127.0.0.1
pair A 127.0.0.2
crowd A 127.0.0.1
""" + "".join(f"crowd A 127.0.{n}.1\n" for n in range(1, 60))  # more than 512 octets hold

DNSMASQ_CONF = """
no-daemon
no-resolv
no-hosts
bind-interfaces
listen-address=127.0.0.1
port={port}
server=127.0.0.1#{upstream}
pid-file=
user={user}
"""

NAMED_CONF = """
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none;
  session-keyfile none; recursion yes; dnssec-validation no; forward only;
  forwarders {{ 127.0.0.1 port {upstream}; }}; }};
controls {{ }};
"""


class Ports:
    """Ports that were free on all the addresses that are used here, kept apart from each other."""

    def __init__(self, *names):
        holders = []
        for name in names:
            while True:
                holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                holder.bind(("0.0.0.0", 0))
                holders.append(holder)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, contextlib.suppress(OSError):
                    datagrams.bind(("0.0.0.0", holder.getsockname()[1]))
                    setattr(self, name, holder.getsockname()[1])
                    break
        for holder in holders:
            holder.close()


class RawServer:
    """A TCP server that answers each connection with `reply` once something came, then closes; None: never."""

    def __init__(self, reply, speak_first=False):
        self.reply, self.speak_first = reply, speak_first
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.kept = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            if self.reply is None:
                self.kept.append(connection)
                continue
            with connection, contextlib.suppress(OSError):
                if not self.speak_first:
                    connection.recv(4096)
                connection.sendall(self.reply)


class FullListener:
    """A listener whose accept queue is full, so that SYNs are dropped, until make_room()."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def make_room(self):
        self.socket.listen(128)

    def close(self):
        for each in (self.socket, *self.fillers):
            each.close()


def run_quietly(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_certificates(folder):
    """key.pem, and certificates for it: good, expired, and one by an authority that is not ca.pem."""
    key = str(folder / "key.pem")
    run_quietly(OPENSSL, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    for name in ("ca", "other-ca"):
        run_quietly(OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"), "-days", "2",
                    "-subj", f"/CN={name}")
    run_quietly(OPENSSL, "req", "-new", "-key", key, "-out", str(folder / "request.pem"), "-subj", "/CN=api.example.org")
    (folder / "extensions").write_text("subjectAltName=DNS:api.example.org,DNS:www.example.org\n", encoding="ascii")
    for name, authority, days in (("good", "ca", "2"), ("expired", "ca", "-1"), ("foreign", "other-ca", "2")):
        run_quietly(OPENSSL, "x509", "-req", "-in", str(folder / "request.pem"), "-CA", str(folder / f"{authority}.pem"),
                    "-CAkey", str(folder / f"{authority}.key"), "-CAcreateserial", "-days", days,
                    "-extfile", str(folder / "extensions"), "-out", str(folder / f"{name}.pem"))


def answers(address, port, name, server="A"):
    """Whether a DNS server answers, by TCP so that it cannot be lost."""
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    for label in name.split("."):
        question += bytes([len(label)]) + label.encode()
    question += b"\x00\x00\x01\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        asking.settimeout(0.5)
        asking.sendto(question, (address, port))
        return len(asking.recv(4096)) > 12
    return False


def accepts(address, port):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


class Servers(unittest.TestCase):
    """What the cases share: a folder, and servers that end with it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="meshdrill-truth-"))
        os.chmod(cls.folder, 0o755)
        cls.processes = []
        cls.addClassCleanup(cls._clean_up)

    @classmethod
    def _clean_up(cls):
        for process in cls.processes:
            process.terminate()
        for process in cls.processes:
            process.wait(30)
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def spawn(cls, *command):
        with open(cls.folder / "log", "a", encoding="utf-8") as log:
            cls.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    @classmethod
    def start_knot(cls, port):
        (cls.folder / "knot").mkdir()
        (cls.folder / "example.org.zone").write_text(ZONE, encoding="ascii")
        (cls.folder / "knot.conf").write_text(KNOT_CONF.format(folder=cls.folder, dns=port), encoding="ascii")
        cls.spawn(KNOTD, "-c", str(cls.folder / "knot.conf"))
        harness.wait_for(lambda: answers("127.0.0.1", port, "api.example.org"), "knotd to serve the zone")

    @classmethod
    def start_nginx(cls, **ports):
        (cls.folder / "nginx.conf").write_text(NGINX_CONF.format(folder=cls.folder, **ports), encoding="ascii")
        cls.spawn(NGINX, "-p", str(cls.folder), "-c", "nginx.conf", "-e", "stderr")
        harness.wait_for(lambda: accepts("127.0.0.1", ports["http"]), "nginx to listen")

    def probe(self, url, *options):
        """The report of a short run, whatever its result."""
        done = harness.run("probe", url, "--duration", "400ms", "--rate", "25", *options, "-o", "json")
        self.assertIn(done.returncode, (0, 1, 6), done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(sum(report["outcomes"].values()), report["planned"])
        for stream in report["streams"]:
            self.assertEqual(sum(stream["outcomes"].values()), stream["planned"], stream["name"])
        return report

    def check_buckets(self, cases):
        """Each case is (what, bucket, url, options…): every request of it ends in that bucket. Several at a time."""
        with ThreadPoolExecutor(4) as pool:
            runs = [(case, pool.submit(self.probe, *case[2:])) for case in cases]
        for (what, bucket, *_), run in runs:
            with self.subTest(what):
                report = run.result()
                self.assertGreater(report["planned"], 5)
                self.assertEqual(report["outcomes"], {bucket: report["planned"]})


@unittest.skipUnless(NGINX and OPENSSL, "needs nginx and openssl")
class Transport(Servers):
    """What goes wrong once there is an address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ports = Ports("http", "spare", "https", "expired", "foreign", "refused")
        cls.silent = RawServer(None)
        cls.half = RawServer(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\nHello from Cluster")
        cls.banner = RawServer(b"SSH-2.0-OpenSSH_9.2p1\r\n", speak_first=True)
        make_certificates(cls.folder)
        (cls.folder / "large").write_bytes(b"x" * 100_000)
        (cls.folder / "page").write_bytes(b"x" * 16_000)
        cls.start_nginx(silent=cls.silent.port, half=cls.half.port, **vars(cls.ports))

    def test_each_failure_of_http_and_tcp_is_in_its_bucket(self):
        site = f"http://127.0.0.1:{self.ports.http}"
        full = FullListener()
        self.addCleanup(full.close)
        hasty = ("--first-byte-timeout", "300ms")
        self.check_buckets([
            ("answered", "ok", f"{site}/"),
            ("answered over IPv6", "ok", f"http://[::1]:{self.ports.http}/"),
            ("kept connections", "ok", f"{site}/", "--connections", "reused"),
            ("by nobody we know", "unidentified", f"{site}/stranger"),
            ("by a cluster that is not of ours", "unidentified", f"{site}/", "--clusters", "cilium-009"),
            ("redirect", "http_status", f"{site}/moved"),
            ("not found", "http_status", f"{site}/missing"),
            ("unavailable", "http_status", f"{site}/down"),
            ("no upstream", "http_status", f"{site}/nobody"),
            ("oversized body", "answer_too_large", f"{site}/files/large"),
            ("slow body", "timeout_in_answer", f"{site}/slow/page", "--timeout", "500ms"),
            ("slow first byte", "timeout_first_byte", f"{site}/silent", *hasty),
            ("lost before the answer", "reset_before_first_byte", f"{site}/dropped"),
            ("lost inside the answer", "reset_in_answer", f"{site}/half"),
            ("not HTTP", "protocol_error", f"http://127.0.0.1:{self.banner.port}/"),
            ("refused", "connect_refused", f"http://127.0.0.1:{self.ports.refused}/"),
            ("not accepted", "connect_timeout", f"http://127.0.0.1:{full.port}/", "--connect-timeout", "300ms"),
        ])

    def test_each_failure_of_tls_is_in_its_bucket(self):
        trusted = ("--cacert", str(self.folder / "ca.pem"))
        self.check_buckets([
            ("an address that the certificate does not have", "tls_error", f"https://127.0.0.1:{self.ports.https}/", *trusted),
            ("plain HTTP under https", "tls_error", f"https://127.0.0.1:{self.ports.http}/", *trusted),
            ("no answer to the handshake", "tls_timeout", f"https://127.0.0.1:{self.silent.port}/", *trusted,
             "--tls-timeout", "300ms"),
        ])

    def test_a_connection_that_a_repeated_syn_brought_about_is_flagged(self):
        full = FullListener()
        self.addCleanup(full.close)
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(self.probe, f"http://127.0.0.1:{full.port}/", "--connect-timeout", "4s", "--timeout", "6s",
                              "--first-byte-timeout", "200ms")
            threading.Timer(0.7, full.make_room).start()
            report = run.result()
        self.assertEqual(report["outcomes"], {"timeout_first_byte": report["planned"]})
        for stream in report["streams"]:
            self.assertEqual(stream["syn_retransmits"], stream["planned"])


@unittest.skipUnless(NGINX and KNOTD and OPENSSL, "needs nginx, knot and openssl")
class Names(Servers):
    """What goes wrong before there is an address, and with the name in a certificate."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ports = Ports("http", "spare", "https", "expired", "foreign", "refused", "dns", "cache", "named", "nobody")
        cls.mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.mute.bind(("127.0.0.1", 0))
        make_certificates(cls.folder)
        ports = {name: getattr(cls.ports, name) for name in ("http", "spare", "https", "expired", "foreign", "refused")}
        cls.start_nginx(silent=1, half=1, **ports)
        cls.start_knot(cls.ports.dns)

    def following(self, name, server, *options, scheme="http", port=None):
        """Arguments for streams that follow `name`, with an address given so that the run begins whatever DNS says."""
        return (f"{scheme}://{name}:{port or self.ports.http}/", "--dns-server", f"127.0.0.1:{server}",
                "--address", "127.0.0.1", "--streams", "following", *options)

    def test_each_answer_of_dns_is_in_its_bucket(self):
        dns = self.ports.dns
        self.check_buckets([
            ("answered", "ok", *self.following("api.example.org", dns)),
            ("a chain of aliases", "ok", *self.following("www.example.org", dns)),
            ("a truncated answer, then TCP", "ok",
             *self.following("crowd.example.org", dns, "--connect-timeout", "2s", "--clusters", "cilium-001")),
            ("no such name", "dns_nxdomain", *self.following("nowhere.example.org", dns)),
            ("an alias to no such name", "dns_nxdomain", *self.following("dangling.example.org", dns)),
            ("no address", "dns_empty", *self.following("text.example.org", dns)),
            ("a zone that did not load", "dns_servfail", *self.following("api.broken.test", dns)),
            ("a zone of somebody else", "dns_refused", *self.following("api.example.net", dns)),
            ("nobody listens", "dns_unreachable", *self.following("api.example.org", self.ports.nobody)),
            ("no answer", "dns_timeout",
             *self.following("api.example.org", self.mute.getsockname()[1], "--dns-timeout", "300ms")),
        ])

    def test_names_in_certificates(self):
        dns, trusted = self.ports.dns, ("--cacert", str(self.folder / "ca.pem"))

        def over_tls(name, port, *options):
            return self.following(name, dns, *options, scheme="https", port=port)

        self.check_buckets([
            ("the right name", "ok", *over_tls("api.example.org", self.ports.https, *trusted)),
            ("the wrong name", "tls_error", *over_tls("web.example.org", self.ports.https, *trusted)),
            ("expired", "tls_error", *over_tls("api.example.org", self.ports.expired, *trusted)),
            ("another authority", "tls_error", *over_tls("api.example.org", self.ports.foreign, *trusted)),
            ("authorities of the system", "tls_error", *over_tls("api.example.org", self.ports.https)),
        ])

    def test_the_race_of_a_browser_saves_what_is_dead_and_says_so(self):
        # Nobody listens at the first address of the name.
        report = self.probe(f"http://pair.example.org:{self.ports.spare}/", "--dns-server", f"127.0.0.1:{self.ports.dns}",
                            "--streams", "following,browser")
        following, browser = report["streams"]
        self.assertEqual(following["outcomes"], {"connect_refused": following["planned"]})
        self.assertEqual(browser["outcomes"], {"ok": browser["planned"]})
        self.assertEqual(browser["kind"], "browser")
        self.assertEqual(browser["rescued"], browser["planned"])

    @unittest.skipUnless(DNSMASQ, "needs dnsmasq")
    def test_a_cache_and_the_authority_are_vantages_side_by_side(self):
        (self.folder / "dnsmasq.conf").write_text(
            DNSMASQ_CONF.format(port=self.ports.cache, upstream=self.ports.dns, user=os.environ.get("USER") or "root"),
            encoding="ascii")
        self.spawn(DNSMASQ, "-C", str(self.folder / "dnsmasq.conf"))
        harness.wait_for(lambda: answers("127.0.0.1", self.ports.cache, "api.example.org"), "dnsmasq to answer")
        report = self.probe(f"http://www.example.org:{self.ports.http}/", "--dns-server", f"127.0.0.1:{self.ports.cache}",
                            "--authority", "--authority-port", str(self.ports.dns))
        self.assertEqual(report["outcomes"], {"ok": report["planned"]})
        names = [stream["name"] for stream in report["streams"]]
        self.assertEqual(names, ["127.0.0.1 new", f"DNS A 127.0.0.1:{self.ports.cache} new", "DNS A authority new"])

    @unittest.skipUnless(NAMED, "needs bind9")
    def test_a_resolver_that_cannot_find_out_is_a_server_failure(self):
        (self.folder / "named.conf").write_text(
            NAMED_CONF.format(folder=self.folder, port=self.ports.named, upstream=self.ports.nobody), encoding="ascii")
        self.spawn(NAMED, "-f", "-c", str(self.folder / "named.conf"))
        harness.wait_for(lambda: answers("127.0.0.1", self.ports.named, "api.example.org"), "named to answer")
        self.check_buckets([("BIND whose forwarder is dead", "dns_servfail",
                             *self.following("api.example.org", self.ports.named, "--dns-timeout", "10s",
                                             "--timeout", "20s"))])


class OfTheLab(unittest.TestCase):
    """The lab's own faults, in the buckets that they stand for."""

    def test_an_ingress_that_is_down_is_refused_on_its_own_stream_alone(self):
        lab = harness.Lab()
        self.addCleanup(lab.stop)
        lab.fault("ingress-down@lab-001")

        def probe():
            done = harness.run("probe", lab.url, "--dns-server", lab.dns_server, "--duration", "400ms", "--rate", "25",
                               "-o", "json")
            return json.loads(done.stdout) if done.stdout else None

        def only_refused():
            report = probe()
            self.assertIsNotNone(report)
            self.assertEqual(sum(report["outcomes"].values()), report["planned"])
            pinned = [stream["outcomes"] for stream in report["streams"] if stream["kind"] == "pinned"]
            return sorted(next(iter(outcomes)) for outcomes in pinned if len(outcomes) == 1) == ["connect_refused", "ok"]

        harness.wait_for(only_refused, "one ingress address to refuse and the other to answer")


if __name__ == "__main__":
    unittest.main()
