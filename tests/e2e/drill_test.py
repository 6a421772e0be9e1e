"""Drills on a lab of their own: interrupted, killed and recovered, disturbed by somebody else, refused, and mistaken."""

import json
import os
import pty
import signal
import subprocess
import unittest

from harness import KUBECTL, MESHDRILL, PATIENCE, Lab, run, wait_ended, wait_for, watchdog_of

# Short phases and wide tolerances: these tests are about what happens to the cluster, not about statistics.
DRILL = """apiVersion: meshdrill/v1
kind: Drill
metadata: {{name: short}}
mesh: {mesh}
target: {{cluster: lab-001, behind: {{service: default/api-service}}}}
fault: {{scale: 0}}
traffic: {{rate: 50/s, connections: new, dnsServers: ["{dns}"]}}
phases: {{baseline: 3s, fail: 20s, hold: {hold}, restore: 60s, recovered: 2s}}
expect:
  baseline: {{everyClusterSeen: true, errors: <= 20%}}
  fail: {{outage: <= 5s}}
  hold: {{targetShare: 0%, errors: <= 20%}}
  restore: {{outage: <= 5s}}
  recovered: {{everyClusterSeen: true}}
guards: {{deadline: 4m, abortIf: [{{errors: "> 95%", over: 10s}}]}}
"""


@unittest.skipUnless(KUBECTL, "there is no kubectl")
class DrillTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(clusters=2)
        self.addCleanup(self.lab.stop)
        self.lab.wait_ready(["lab-001", "lab-002"])
        self.before = self.lab.deployment("lab-001")["spec"]["replicas"]
        self.assertGreater(self.before, 0)
        self.journal = self.lab.folder / "journal.jsonl"

    def write_drill(self, hold="3s", **replacements):
        text = DRILL.format(mesh=self.lab.mesh_file, dns=self.lab.dns_server, hold=hold)
        for old, new in replacements.items():
            text = text.replace(old, new)
        path = self.lab.folder / "drill.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, drill):
        command = [MESHDRILL, "drill", "run", str(drill), "--kubeconfig", str(self.lab.kubeconfig),
                   "--journal", str(self.journal), "-o", "json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.process.kill)

    def finish(self):
        """The exit code and the report, once the drill has ended."""
        stdout, self.stderr = self.process.communicate(timeout=PATIENCE * 4)
        return self.process.returncode, json.loads(stdout) if stdout else None

    def entries(self):
        if not self.journal.exists():
            return []
        lines = self.journal.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_for_entry(self, event, **fields):
        def seen():
            if self.process.poll() is not None:
                raise AssertionError(f"the drill ended with {self.process.returncode}: {self.process.stderr.read()}")
            return any(entry["event"] == event and all(entry.get(k) == v for k, v in fields.items())
                       for entry in self.entries())
        wait_for(seen, f"{event} {fields} in the journal")

    def assert_restored(self):
        deployment = self.lab.deployment("lab-001")
        self.assertEqual(deployment["spec"]["replicas"], self.before)

    def recover(self):
        return run("recover", "-f", self.lab.mesh_file, "--kubeconfig", self.lab.kubeconfig)


class Passing(DrillTest):
    def test_a_drill_passes_and_leaves_nothing_behind(self):
        self.start(self.write_drill())
        code, report = self.finish()
        self.assertEqual(code, 0, report and report["reason"])
        self.assertEqual(report["verdict"], "pass")
        self.assertTrue(report["restore"]["verified"])
        self.assertIsNotNone(report["proofs"]["endpointsGone"])
        self.assert_restored()
        for cluster in ("lab-001", "lab-002"):
            lease = self.lab.lease(cluster)
            self.assertFalse(lease["spec"].get("holderIdentity"))
            self.assertNotIn("meshdrill.io/record", lease["metadata"].get("annotations", {}))
        # The same verdict from the journal alone.
        again = run("report", self.journal, "-o", "json")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(json.loads(again.stdout), report)
        # Nothing secret in it.
        self.assertNotIn("PRIVATE KEY", self.journal.read_text(encoding="utf-8"))

    def test_the_intent_stands_in_the_journal_before_the_write(self):
        self.start(self.write_drill())
        self.finish()
        events = [(e["event"], e.get("action")) for e in self.entries()]
        for action in ("scale-down", "restore"):
            self.assertLess(events.index(("intent", action)), events.index(("wrote", action)))


class Interrupted(DrillTest):
    def interrupt(self, number, code):
        self.start(self.write_drill(hold="60s"))
        self.wait_for_entry("phase", phase="hold")
        self.assertEqual(self.lab.deployment("lab-001")["spec"].get("replicas"), 0)
        self.process.send_signal(number)
        self.process.send_signal(number)  # an impatient user
        exit_code, report = self.finish()
        self.assertEqual(exit_code, code)
        self.assertEqual(report["verdict"], "interrupted")
        self.assertTrue(report["restore"]["verified"])
        self.assert_restored()
        # Whoever looks at the cluster is told that it is over.
        self.assertNotIn("no Event was posted", self.stderr)
        events = json.loads(self.lab.kubectl("lab-001", "get", "events.events.k8s.io", "-o", "json"))["items"]
        ours = [event["reason"] for event in events if event["reportingInstance"] == self.entries()[0]["run"]]
        self.assertEqual(sorted(ours), ["DrillBegan", "DrillEnded"])

    def test_what_ends_the_drill_spares_its_watchdog(self):
        self.start(self.write_drill(hold="60s"))
        self.wait_for_entry("phase", phase="hold")
        watchdog = watchdog_of(self.process.pid)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(watchdog, number)
        self.assertNotEqual(os.getsid(watchdog), os.getsid(self.process.pid))
        self.process.kill()
        wait_ended(watchdog, "the watchdog to be done")
        self.process.communicate()
        self.assert_restored()

    def test_sigint_restores(self):
        self.interrupt(signal.SIGINT, 130)

    def test_sigterm_restores(self):
        self.interrupt(signal.SIGTERM, 143)


class Killed(DrillTest):
    """kill -9, of the drill alone or with its watchdog, then recover: replicas are back."""

    def kill_at(self, event, with_watchdog=True, **fields):
        self.start(self.write_drill(hold="60s" if fields.get("action") != "restore" else "3s"))
        self.wait_for_entry(event, **fields)
        watchdog = watchdog_of(self.process.pid)
        self.assertTrue(watchdog)
        if with_watchdog:
            os.kill(watchdog, signal.SIGKILL)
        self.process.kill()
        if not with_watchdog:
            wait_ended(watchdog, "the watchdog to be done")
        self.process.communicate()

    def test_the_watchdog_restores(self):
        self.kill_at("phase", with_watchdog=False, phase="hold")
        self.assert_restored()
        self.assertFalse(self.lab.lease("lab-001")["spec"].get("holderIdentity"))
        done = self.recover()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("lab-001: clean", done.stdout)
        report = run("report", self.journal, "-o", "json")
        self.assertEqual(report.returncode, 4)
        self.assertIn("watchdog put everything back", json.loads(report.stdout)["reason"])

    def recover_at_terminal(self):
        """What is seen of it where both streams go to one terminal."""
        terminal, ours = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([MESHDRILL, "recover", "-f", str(self.lab.mesh_file), "--kubeconfig",
                                    str(self.lab.kubeconfig)], stdin=ours, stdout=ours, stderr=ours)
        os.close(ours)
        self.addCleanup(process.kill)
        shown = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # nobody has it open any more
                break
            shown += part
        self.assertEqual(process.wait(PATIENCE), 0, shown)
        return shown.decode().replace("\r\n", "\n")

    def assert_recovered(self):
        done = self.recover()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("lab-001: restored", done.stdout)
        self.assertIn("lab-001: restored", done.stderr)  # progress, since stdout is elsewhere
        self.assert_safe_again()

    def assert_safe_again(self):
        self.assert_restored()
        self.lab.wait_ready(["lab-001"])
        again = self.recover()  # safe to run twice
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("lab-001: clean", again.stdout)
        self.assert_restored()

    def test_in_fail(self):
        self.kill_at("wrote", action="scale-down")
        self.assertEqual(self.lab.deployment("lab-001")["spec"].get("replicas"), 0)
        self.assertEqual(run("report", self.journal).returncode, 5)
        self.assert_recovered()

    def test_the_next_drill_is_told_to_recover_first(self):
        self.kill_at("phase", phase="hold")
        run_id = self.entries()[0]["run"]
        done = run("drill", "run", self.write_drill(), "--kubeconfig", self.lab.kubeconfig,
                   "--journal", self.lab.folder / "next.jsonl")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn(run_id, done.stdout)
        self.assertIn("what it changed is not put back yet. If it is dead, run: meshdrill recover", done.stdout)
        self.assertEqual(self.recover().returncode, 0)
        self.assert_restored()

    def test_in_hold(self):
        self.kill_at("phase", phase="hold")
        self.assertEqual(self.lab.deployment("lab-001")["spec"].get("replicas"), 0)
        # Another drill must not begin on top of it.
        second = run("drill", "run", self.lab.folder / "drill.yaml", "--kubeconfig", self.lab.kubeconfig,
                     "--journal", self.lab.folder / "second.jsonl")
        self.assertEqual(second.returncode, 3, second.stdout + second.stderr)
        shown = self.recover_at_terminal()
        self.assertEqual(shown.count("put back"), 1, shown)
        self.assertRegex(shown, "(?m)^found traces of drill (.|\n)*^lab-001: restored: put back (.|\n)*^lab-002: ")
        self.assert_safe_again()

    def test_in_restore(self):
        self.kill_at("intent", action="restore")
        self.assert_recovered()


class Alive(DrillTest):
    def test_recover_leaves_a_living_drill_alone(self):
        self.start(self.write_drill(hold="60s"))
        self.wait_for_entry("phase", phase="hold")
        done = self.recover()
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("lab-001: alive", done.stdout)
        self.assertEqual(self.lab.deployment("lab-001")["spec"].get("replicas"), 0)
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish()[0], 130)
        self.assert_restored()


class Disturbed(DrillTest):
    def test_somebody_else_scales_up(self):
        self.start(self.write_drill(hold="60s"))
        self.wait_for_entry("phase", phase="hold")
        self.lab.kubectl("lab-001", "scale", "deployment", "api-service", "--replicas", str(self.before))
        code, report = self.finish()
        self.assertEqual(code, 4, report["reason"])
        self.assertIn("somebody else", report["reason"])
        # kubectl writes through /scale, of which the API keeps no name.
        self.assertIn("the API records no manager of the field, as after kubectl scale", report["reason"])
        self.assertNotIn("nobody", report["reason"])
        self.assert_restored()

    def test_a_foreign_value_is_not_overwritten(self):
        self.start(self.write_drill(hold="60s"))
        self.wait_for_entry("phase", phase="hold")
        self.lab.kubectl("lab-001", "scale", "deployment", "api-service", "--replicas", "5")
        code, report = self.finish()
        self.assertEqual(code, 5, report["reason"])
        self.assertIn("kubectl --context lab-001 -n default scale deployment/api-service", report["reason"])
        self.assertEqual(self.lab.deployment("lab-001")["spec"]["replicas"], 5)

    def test_the_api_fails_during_the_restore(self):
        self.start(self.write_drill(hold="6s"))
        self.wait_for_entry("phase", phase="hold")
        self.lab.fault("api-500@lab-001")
        self.wait_for_entry("phase", phase="restore")
        self.lab.fault("api-500@lab-001", "--off")
        code, report = self.finish()
        self.assertTrue(report["restore"]["verified"], report["reason"])
        self.assertIn(code, (0, 6))
        self.assert_restored()

    def test_the_answer_to_the_scale_down_is_lost(self):
        self.start(self.write_drill())
        self.wait_for_entry("phase", phase="baseline")
        self.lab.fault("lost-answer@lab-001")
        code, report = self.finish()
        self.assertEqual(code, 0, report["reason"])
        self.assert_restored()
        faults = run("lab", "status", "--dir", self.lab.home).stdout
        self.assertIn("faults      none", faults)  # it did strike


class Refused(DrillTest):
    def refuse(self, words):
        self.start(self.write_drill())
        code, report = self.finish()
        self.assertEqual(code, 3, report and report["reason"])
        self.assertIn(words, report["reason"])
        self.assertFalse(report["restore"]["needed"])
        self.assert_restored()

    def test_a_service_that_is_not_global(self):
        self.lab.fault("not-global")
        self.refuse("is not global")

    def test_no_survivor(self):
        self.lab.kubectl("lab-002", "scale", "deployment", "api-service", "--replicas", "0")
        wait_for(lambda: not self.lab.deployment("lab-002")["status"].get("readyReplicas"), "lab-002 to be empty")
        self.refuse("the other clusters have 0 ready endpoints")

    def test_a_steady_state_that_is_not_steady(self):
        self.lab.fault("ingress-down@lab-002")
        self.refuse("the steady state is not steady")

    def test_an_api_that_does_not_answer(self):
        self.lab.fault("api-close@lab-002")
        self.refuse("lab-002")


class Production(DrillTest):
    """A cluster that says it is production is drilled only when its name was given, or typed."""

    def setUp(self):
        super().setUp()
        self.lab.kubectl("lab-001", "annotate", "namespace", "kube-system", "meshdrill.io/environment=production")

    def start_at_terminal(self):
        terminal, standard_input = pty.openpty()
        self.addCleanup(os.close, terminal)
        self.process = subprocess.Popen(
            [MESHDRILL, "drill", "run", str(self.write_drill()), "--kubeconfig", str(self.lab.kubeconfig),
             "--journal", str(self.journal), "-o", "json"],
            stdin=standard_input, stdout=subprocess.PIPE, stderr=standard_input, text=True)
        os.close(standard_input)
        self.addCleanup(self.process.kill)
        shown = ""
        while "Type its name to drill it: " not in shown:
            shown += os.read(terminal, 4096).decode()
        self.assertIn("lab-001 says that it is production", shown)
        return terminal

    def test_without_a_terminal_its_name_must_be_given(self):
        self.start(self.write_drill())
        code, report = self.finish()
        self.assertEqual(code, 3, report["reason"])
        self.assertIn("--confirm lab-001", report["reason"])
        self.assert_restored()

    def test_another_name_is_a_no(self):
        terminal = self.start_at_terminal()
        os.write(terminal, b"lab-002\n")
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        self.assertEqual(self.process.returncode, 3, stdout)
        self.assertIn("--confirm lab-001", json.loads(stdout)["reason"])
        self.assert_restored()

    def test_its_name_is_a_yes(self):
        terminal = self.start_at_terminal()
        os.write(terminal, b"lab-001\n")
        self.wait_for_entry("phase", phase="baseline")
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)
        self.assertEqual(self.process.returncode, 130)
        self.assert_restored()


class Mistaken(DrillTest):
    def mistake(self, words, drill=None, **replacements):
        drill = drill or self.write_drill(**replacements)
        done = run("drill", "run", drill, "--kubeconfig", self.lab.kubeconfig, "--journal", self.journal)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse(self.journal.exists())
        self.assert_restored()

    def test_inputs(self):
        self.mistake("No such file", drill=self.lab.folder / "absent.yaml")
        self.mistake("unknown key", **{"guards:": "gards:"})
        self.mistake('the mesh has no cluster "lab-003"', **{"cluster: lab-001": "cluster: lab-003"})
        self.mistake("No such file", **{str(self.lab.mesh_file): "absent.yaml"})
        done = run("drill", "run", self.write_drill(), "--kubeconfig", "/nonexistent", "--journal", self.journal)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent", done.stderr)
        self.journal.write_text("", encoding="utf-8")
        done = run("drill", "run", self.write_drill(), "--kubeconfig", self.lab.kubeconfig, "--journal", self.journal)
        self.assertEqual(done.returncode, 2)
        self.assertIn("File exists", done.stderr)

    def test_a_journal_that_is_none(self):
        self.assertEqual(run("report", "/nonexistent").returncode, 2)
        self.journal.write_text("hello\n", encoding="utf-8")
        done = run("report", self.journal)
        self.assertEqual(done.returncode, 2)
        self.assertIn("journal.jsonl:1: this is no line of a journal", done.stderr)


del DrillTest  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()
