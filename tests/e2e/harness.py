"""What the tests of the finished binary share: where it is, a running lab, and waiting for things to come true."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

MESHDRILL = os.environ.get("MESHDRILL", "meshdrill")
KUBECTL = os.environ.get("KUBECTL") or shutil.which("kubectl")
PATIENCE = 60  # seconds; what is waited for comes within one or two on an idle machine


def wait_for(condition, what, patience=PATIENCE):
    """The first true value of condition(); an AssertionError that says `what` was awaited when none comes."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s in vain for {what}")


def run(*arguments, timeout=240, **options):
    """Runs meshdrill to its end."""
    return subprocess.run([MESHDRILL, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          check=False, **options)


def state_of(process):
    """State (a letter) and parent of a process by its id; ("", 0) when there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return fields[0], int(fields[1])
    except (FileNotFoundError, ProcessLookupError):
        return "", 0


def watchdog_of(drill):
    """The process that watches over a running drill, by the drill's; None when there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if state_of(folder.name)[1] == drill and b"\0watchdog\0" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def wait_ended(process, what, patience=PATIENCE):
    """Waits for the end of a process that is not our child."""
    wait_for(lambda: state_of(process)[0] in ("", "Z"), what, patience)


class Lab:
    """`meshdrill lab up` in a folder of its own, until stop()."""

    def __init__(self, clusters=2, arguments=()):
        self.folder = Path(tempfile.mkdtemp(prefix="meshdrill-e2e-"))
        self.home = self.folder / "lab"
        self.output = open(self.folder / "output", "w+", encoding="utf-8")
        command = [MESHDRILL, "lab", "up", "--dir", str(self.home), *arguments]
        if clusters:  # else `arguments` say which mesh
            command += ["--clusters", str(clusters)]
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT)
        try:
            wait_for(self._is_up, "the lab to be up")
            self.kubeconfig = self.home / "kubeconfig"
            self.mesh_file = self.home / "mesh.yaml"
            self.dns_server = re.search(r"DNS server +(\S+)", self.text())[1]
            self.url = re.search(r"URL +(\S+)", self.text())[1]
        except BaseException:
            self.stop()
            raise

    def text(self):
        return (self.folder / "output").read_text(encoding="utf-8")

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the lab ended with {self.process.returncode}:\n{self.text()}")
        return "Ctrl-C ends it." in self.text()

    def kubectl(self, cluster, *arguments):
        # kubectl keeps what it discovered in the home folder: one of its own shows it this lab only.
        done = subprocess.run([KUBECTL, "--kubeconfig", str(self.kubeconfig), "--context", cluster, *arguments],
                              capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env=dict(os.environ, HOME=str(self.folder)))
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def deployment(self, cluster, name="api-service"):
        return json.loads(self.kubectl(cluster, "get", "deployment", name, "-o", "json"))

    def lease(self, cluster):
        return json.loads(self.kubectl(cluster, "get", "lease", "meshdrill", "-n", "kube-system", "-o", "json"))

    def wait_ready(self, clusters):
        for cluster in clusters:
            wait_for(lambda name=cluster: self.deployment(name)["status"].get("readyReplicas", 0)
                     == self.deployment(name)["spec"]["replicas"], f"the Pods of {cluster}")

    def fault(self, *arguments):
        done = run("lab", "fault", *arguments, "--dir", self.home)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.output.close()
        shutil.rmtree(self.folder)
