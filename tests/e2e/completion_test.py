"""Completion as a person has it: real shells on a terminal of their own, keys typed, TAB pressed, the line read back."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from harness import MESHDRILL, PATIENCE, run

KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
users: [{name: u, user: {token: t}}]
contexts:
  - {name: north-eu, context: {cluster: c, user: u}}
  - {name: "arn:aws:eks:eu:1:cluster/south", context: {cluster: c, user: u}}
"""


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, command, folder):
        environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8",
                       "KUBECONFIG": str(folder / "kubeconfig"), "INPUTRC": "/dev/null",
                       "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(shutil.which(command[0]), command, environment)
        self.seen = ""

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def expect(self, pattern):
        """Reads until `pattern` came; what came is forgotten then."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            if select.select([self.fd], [], [], 0.2)[0]:
                text = os.read(self.fd, 4096).decode(errors="replace")
                if "\x1b[c" in text or "\x1b[0c" in text:
                    self.type("\x1b[?62;c")  # fish asks what terminal this is
                self.seen += re.sub(r"\x1b\[[0-9;?>=]*[a-zA-Z]|\x1b[=>]|\x1b\][^\x07]*\x07|\x1b\(B", "", text)
        raise AssertionError(f"waited in vain for {pattern!r}; the terminal shows:\n{self.seen}")

    def line_after(self, keys):
        """The command line once `keys` and TAB are typed: echoed by the shell itself."""
        # What is typed while the shell completes waits its turn.
        self.type(f'{keys}\t\x01echo RE""SULT:\x05:END\r')
        return self.expect(r"[\r\n]RESULT:(.*):END")[1].strip()

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Completion:
    """What every shell must do; below, each shell is told how."""

    shell = []
    setup = ""

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.shell[0]):
            raise unittest.SkipTest(f"{cls.shell[0]} is not installed")
        cls.folder = Path(tempfile.mkdtemp(prefix="meshdrill-completion-"))
        (cls.folder / "bin").mkdir()
        (cls.folder / "bin" / "meshdrill").symlink_to(MESHDRILL)
        (cls.folder / "kubeconfig").write_text(KUBECONFIG, encoding="utf-8")
        (cls.folder / "my-mesh.yaml").write_text("", encoding="utf-8")
        (cls.folder / "some-folder").mkdir()
        cls.terminal = Terminal(cls.shell, cls.folder)
        cls.terminal.type(cls.setup + 'echo RE""ADY\r')
        cls.terminal.expect(r"[\r\n]READY")

    @classmethod
    def tearDownClass(cls):
        cls.terminal.close()
        shutil.rmtree(cls.folder)

    def line(self, keys):
        return self.terminal.line_after(keys)

    def test_a_verb(self):
        self.assertEqual(self.line("meshdrill gener"), "meshdrill generate")

    def test_an_inner_verb(self):
        self.assertEqual(self.line("meshdrill drill ru"), "meshdrill drill run")

    def test_an_option(self):
        self.assertEqual(self.line("meshdrill generate --allow-re"), "meshdrill generate --allow-renumber")

    def test_a_choice(self):
        self.assertEqual(self.line("meshdrill check -o sa"), "meshdrill check -o sarif")

    def test_a_choice_behind_an_equals_sign(self):
        self.assertEqual(self.line("meshdrill check --output=sa"), "meshdrill check --output=sarif")

    def test_a_file(self):
        self.assertEqual(self.line("meshdrill generate --file my-"), "meshdrill generate --file my-mesh.yaml")

    def test_a_folder(self):
        self.assertEqual(self.line("meshdrill demo --dir some").rstrip("/"), "meshdrill demo --dir some-folder")

    def test_a_context(self):
        self.assertEqual(self.line("meshdrill init --context nor"), "meshdrill init --context north-eu")

    def test_a_context_with_colons(self):
        self.assertEqual(self.line("meshdrill init --context arn:aws:e").replace("\\", ""),
                         "meshdrill init --context arn:aws:eks:eu:1:cluster/south")


class Bash(Completion, unittest.TestCase):
    shell = ["bash", "--norc", "--noprofile", "-i"]
    setup = "source <(meshdrill completion bash); bind 'set bell-style none'; bind 'set enable-bracketed-paste off'\r"


class Zsh(Completion, unittest.TestCase):
    shell = ["zsh", "-f", "-i"]
    setup = "bindkey -e; autoload -U compinit; compinit -u; source <(meshdrill completion zsh)\r"


class Fish(Completion, unittest.TestCase):
    shell = ["fish", "--private", "--no-config", "-i"]
    setup = "meshdrill completion fish | source\r"


class Descriptions(unittest.TestCase):
    """Every option must say what its value is, or nothing can be offered for it."""

    def walk(self, words):
        answer = run("__complete", *words, "").stdout.splitlines()
        verbs = [line.split("\t")[0] for line in answer if not line.startswith(":")]
        options = run("__complete", *words, "--").stdout.splitlines()
        for line in options:
            if not line.startswith(":"):
                with self.subTest(" ".join(words) + " " + line):
                    self.assertIn("\t", line, "no description")
        helped = subprocess.run([MESHDRILL, *words, "--help"], capture_output=True, text=True, check=True).stdout
        for line in helped.splitlines():
            if re.match(r" +-", line):
                with self.subTest(" ".join(words) + ": " + line.strip()):
                    self.assertNotIn("->", line, "names of values are shown as numbers")
        if len(words) < 2:
            for verb in verbs:
                if re.fullmatch(r"[a-z]+", verb) and run(*words, verb, "--help").returncode == 0 and words != ["completion"]:
                    self.walk([*words, verb])

    def test_every_option_is_described(self):
        self.walk([])


if __name__ == "__main__":
    unittest.main()
