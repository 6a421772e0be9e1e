"""lib/kube's tests of a live API server on the lab's API: what the lab lets pass, Kubernetes must let pass as well."""

import os
import subprocess
import sys
import unittest

from harness import Lab


class LabApi(unittest.TestCase):
    def test_the_lab_is_as_kubernetes(self):
        lab = Lab(clusters=1)
        self.addCleanup(lab.stop)
        done = subprocess.run([os.environ["LIVE_API_TESTS"]], stdout=sys.stdout, stderr=sys.stderr, timeout=240, check=False,
                              env=dict(os.environ, MESHDRILL_TEST_KUBECONFIG=str(lab.kubeconfig)))
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
