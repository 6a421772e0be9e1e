"""What is handed out, used as it will be: the static binary where there is nothing else, the Debian package, the image's files,
the archive that krew downloads."""

import gzip
import hashlib
import http.server
import os
import re
import shutil
import ssl
import subprocess
import tarfile
import tempfile
import threading
import unittest
from pathlib import Path

import yaml

from harness import KUBECTL

BUILD = Path(os.environ["MESHDRILL_BUILD_DIR"])
SOURCE = Path(os.environ["MESHDRILL_SOURCE_DIR"])
BINARY = BUILD / "static" / "meshdrill"


def call(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def in_root(root, *command, user=None, **options):
    """Runs a command that sees `root` as the whole file system, and returns what became of it."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    chroot = [shutil.which("chroot", path=path), *([f"--userspec={user}"] if user else []), str(root)]
    if os.geteuid() != 0:
        chroot = [shutil.which("unshare", path=path), "--map-root-user", *chroot[:1], str(root)]
    return subprocess.run([*chroot, *map(str, command)], capture_output=True, text=True, timeout=300, check=False, **options)


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-package-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def package(self, name, *arguments):
        # As ./dev does: from the top, with a relative path.
        call("packaging/package.sh", os.path.relpath(BUILD, SOURCE), self.folder / name, *arguments, cwd=SOURCE)
        return self.folder / name


class EmptyRoot(FolderTest):
    def test_the_demo_runs_where_there_is_only_the_binary(self):
        root = self.folder / "root"
        (root / "tmp").mkdir(parents=True)
        shutil.copy(BINARY, root / "meshdrill")
        done = in_root(root, "/meshdrill", "demo", "--dir", "/tmp/demo", env={})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASS", done.stdout)
        self.assertEqual(sorted(path.name for path in root.iterdir()), ["meshdrill", "tmp"])


class Binary(FolderTest):
    def test_it_needs_no_library(self):
        self.assertNotIn("NEEDED", call("readelf", "--dynamic", BINARY))
        self.assertNotIn("INTERP", call("readelf", "--program-headers", BINARY))

    def test_the_version_names_the_libraries(self):
        text = call(BINARY, "--version")
        for line in (r"meshdrill \d+\.\d+\.\d+", r"commit +([0-9a-f]{12}|unknown) of \d{4}-\d\d-\d\d", r"Boost +1\.\d+\.\d+",
                     r"OpenSSL +3\.\d+\.\d+", r"c-ares +1\.\d+\.\d+", r"yaml-cpp +0\.\d+\.\d+"):
            self.assertRegex(text, rf"(?m)^{line}$")

    def test_names_are_resolved_without_the_c_library(self):
        # An API by its name in /etc/hosts: what is behind it refuses, but it was found.
        root = self.folder / "root"
        (root / "etc").mkdir(parents=True)
        shutil.copy(BINARY, root / "meshdrill")
        (root / "etc/hosts").write_text("127.0.0.1 api.of.a.cluster\n", encoding="utf-8")
        (root / "kubeconfig").write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "https://api.of.a.cluster:1"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}), encoding="utf-8")
        done = in_root(root, "/meshdrill", "init", "--context", "c", "--kubeconfig", "/kubeconfig", "-o", "-", env={})
        self.assertIn("127.0.0.1:1", done.stderr)
        self.assertIn("api.of.a.cluster", done.stderr)

    def test_the_authorities_of_another_distribution_are_found(self):
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
             "-out", certificate, "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"Hello from Cluster a\n")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        root = self.folder / "root"
        root.mkdir()
        shutil.copy(BINARY, root / "meshdrill")
        probe = ("/meshdrill", "probe", f"https://127.0.0.1:{server.server_address[1]}/", "--requests", "2", "--quiet",
                 "--timeout", "20s", "--connect-timeout", "20s", "--tls-timeout", "20s", "--first-byte-timeout", "20s",
                 "--expect", "availability >= 100%")
        self.assertEqual(in_root(root, *probe, env={}).returncode, 1, "trusted without authorities")
        bundle = root / "etc/pki/tls/certs/ca-bundle.crt"
        bundle.parent.mkdir(parents=True)
        shutil.copy(certificate, bundle)
        done = in_root(root, *probe, env={})
        self.assertIn(done.returncode, (0, 6), done.stdout + done.stderr)  # two requests prove little
        self.assertIn("2", done.stdout)
        bundle.rename(root / "mine.pem")
        done = in_root(root, *probe, env={"SSL_CERT_FILE": "/mine.pem"})
        self.assertIn(done.returncode, (0, 6), done.stdout + done.stderr)


class Manual(FolderTest):
    def test_roff_finds_nothing_to_complain_of(self):
        call(BINARY, "docs", "--type", "man", "--dir", self.folder)
        pages = sorted(self.folder.glob("*.1"))
        self.assertIn("meshdrill-drill-run.1", [page.name for page in pages])
        for page in pages:
            with self.subTest(page.name):
                done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", "-Kutf8", page], capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.stderr, "")
                self.assertEqual(done.returncode, 0)


class Debian(FolderTest):
    def dpkg(self, root, *arguments):
        return call("dpkg", f"--root={root}", "--force-not-root", "--force-script-chrootless", "--log=/dev/null", *arguments,
                    env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

    def test_it_installs_and_leaves_nothing_behind(self):
        package = next(self.package("dist").glob("*.deb"))
        root = self.folder / "root"
        for name in ("info", "updates"):
            (root / "var/lib/dpkg" / name).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        self.dpkg(root, "-i", package)
        self.assertEqual(call(root / "usr/bin/kubectl-meshdrill", "--version"), call(BINARY, "--version"))
        for name in ("usr/bin/meshdrill", "usr/bin/kubectl_complete-meshdrill", "usr/share/man/man1/meshdrill.1.gz",
                     "usr/share/man/man1/meshdrill-probe.1.gz", "usr/share/bash-completion/completions/meshdrill",
                     "usr/share/zsh/vendor-completions/_meshdrill", "usr/share/fish/vendor_completions.d/meshdrill.fish",
                     "usr/share/doc/meshdrill/copyright", "usr/share/doc/meshdrill/schemas/mesh.schema.json",
                     "usr/share/doc/meshdrill/docs/first-drill.md", "usr/share/doc/meshdrill/scenarios/api-failover.yaml"):
            self.assertTrue((root / name).exists(), name)
        with gzip.open(root / "usr/share/man/man1/meshdrill.1.gz", "rt", encoding="utf-8") as page:
            self.assertTrue(page.read().startswith(".TH MESHDRILL 1 "))
        fields = call("dpkg-deb", "--field", package)
        self.assertNotIn("Depends:", fields)
        self.assertRegex(fields, r"(?m)^Description: generate, probe and drill a Cilium Cluster Mesh$")
        for owner in re.findall(r"(?m)^\S+ (\S+)", call("dpkg-deb", "--contents", package)):
            self.assertEqual(owner, "root/root")
        self.dpkg(root, "-r", "meshdrill")
        left = [path for path in root.rglob("*") if "var/lib/dpkg" not in str(path) and not path.is_dir()]
        self.assertEqual(left, [])


class HandedOut(FolderTest):
    def test_the_same_commit_gives_the_same_bytes(self):
        sums = [(self.package(name) / "SHA256SUMS").read_text(encoding="utf-8") for name in ("one", "two")]
        self.assertEqual(*sums)
        self.assertFalse((self.folder / "one/meshdrill.krew.yaml").exists(), "a manifest without an address to download from")

    def test_krew_gets_what_its_manifest_says(self):
        dist = self.package("dist", "--url-base", "https://downloads.example.org/v1")
        manifest = yaml.safe_load((dist / "meshdrill.krew.yaml").read_text(encoding="utf-8"))
        version = call(BINARY, "--version").splitlines()[0].split()[1]
        self.assertEqual(manifest["spec"]["version"], f"v{version}")
        platform, = manifest["spec"]["platforms"]
        archive = dist / platform["uri"].removeprefix("https://downloads.example.org/v1/")
        self.assertEqual(hashlib.sha256(archive.read_bytes()).hexdigest(), platform["sha256"])
        with tarfile.open(archive) as files:
            files.extractall(self.folder / "unpacked")
        for file in platform["files"]:
            self.assertTrue((self.folder / "unpacked" / file["from"]).is_file(), file)
        self.assertTrue(os.access(self.folder / "unpacked" / platform["bin"], os.X_OK))

    def test_http_is_refused_for_krew(self):
        done = subprocess.run([SOURCE / "packaging/package.sh", BUILD, self.folder / "dist", "--url-base", "http://x.example"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("https", done.stderr)

    def test_the_image_runs_without_rights(self):
        context = self.package("dist") / "container"
        root = self.folder / "root"
        entry = None
        for line in (context / "Containerfile").read_text(encoding="utf-8").splitlines():
            if line.startswith("COPY"):
                source, target = line.split()[-2:]
                target = root / target.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                if (context / source).is_dir():
                    shutil.copytree(context / source, target)
                else:
                    shutil.copy(context / source, target)
            elif line.startswith("ENTRYPOINT"):
                entry = yaml.safe_load(line.split(maxsplit=1)[1])
        self.folder.chmod(0o755)
        user = "65534:65534" if os.geteuid() == 0 else None
        done = in_root(root, *entry, "--version", user=user, env={})
        self.assertEqual(done.stdout, call(BINARY, "--version"))


class Kubectl(FolderTest):
    def setUp(self):
        super().setUp()
        for name in ("kubectl-meshdrill", "kubectl_complete-meshdrill"):
            (self.folder / name).symlink_to(BINARY)
        self.environment = dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}", HOME=str(self.folder))

    def test_it_is_a_plugin(self):
        self.assertEqual(call(KUBECTL, "meshdrill", "--version", env=self.environment), call(BINARY, "--version"))
        self.assertIn("Usage: kubectl meshdrill", call(KUBECTL, "meshdrill", "generate", "--help", env=self.environment))

    def test_kubectl_completes_it(self):
        answer = call(KUBECTL, "__complete", "meshdrill", "check", "--output", "s", env=self.environment)
        self.assertEqual(answer.splitlines()[0], "sarif")


del FolderTest  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()
