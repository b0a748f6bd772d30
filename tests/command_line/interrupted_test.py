"""Runs that are ended before their time leave nothing behind."""

import os
import shutil
import signal

from kit import GOOD, PATIENCE, CommandLine, eventually

# Waits for real, with a unix socket, and so with a temporary folder.
REAL = """title = "Takes its time"
clock = "real"
[[upstream.app]]
transport = "unix"
fault = { slow = "header", delay = "50s" }
[[request]]
[expect]
status = 200
"""


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def descendants_of(pid):
    found = []
    try:
        for child in children_of(pid):
            found += [child, *descendants_of(child)]
    except OSError:
        pass  # it has just ended
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Interrupted(CommandLine):
    def running(self, jobs="2"):
        for i in range(3):
            self.file(f"all/{i}.toml", REAL)
        process = self.start("run", "all", "--jobs", jobs)
        self.assertTrue(eventually(lambda: len(list(self.temp.iterdir())) == int(jobs)))
        workers = children_of(process.pid)
        self.assertEqual(len(workers), int(jobs))
        return process, workers

    def assert_ends(self, process, workers):
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130, out + err)
        self.assertIn("interrupted", err)
        self.assertIn("0 passed, 0 failed, 3 not run", out)
        self.assertFalse([pid for pid in workers if is_alive(pid)])
        self.assert_clean()

    def test_ctrl_c(self):
        process, workers = self.running()
        os.killpg(process.pid, signal.SIGINT)
        self.assert_ends(process, workers)

    def test_parent_alone(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process, workers = self.running()
            process.send_signal(number)
            self.assert_ends(process, workers)

    def test_killed_parent_leaves_no_worker(self):
        process, workers = self.running()
        process.kill()
        process.wait(PATIENCE)
        self.assertTrue(eventually(lambda: not any(map(is_alive, workers)), 3))
        self.assert_clean()

    def test_nginx_goes_with_badgate(self):
        if not (shutil.which("nginx") or os.path.exists("/usr/sbin/nginx")):
            self.skipTest("there is no nginx")
        for number in (signal.SIGINT, signal.SIGKILL):
            self.file("one.toml", REAL.replace('transport = "unix"', ""))
            process = self.start("run", "one.toml", "--proxy", "nginx")
            begun = lambda: [pid for worker in children_of(process.pid)
                             for pid in descendants_of(worker)]
            self.assertTrue(eventually(lambda: len(begun()) == 3), "guardian, master and worker")
            nginx = begun()
            process.send_signal(number)
            process.communicate(timeout=PATIENCE)
            self.assertTrue(eventually(lambda: not any(map(is_alive, nginx)), 3))
            self.assert_clean()

    def test_killed_worker_costs_one_scenario(self):
        self.file("all/0.toml", REAL)
        self.file("all/1.toml", GOOD)
        process = self.start("run", "all", "--jobs", "1")
        self.assertTrue(eventually(lambda: list(self.temp.iterdir())))
        os.kill(children_of(process.pid)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 3, out)
        self.assertIn("the process that ran it ended by signal 9 (Killed)", out)
        self.assertIn("2 passed, 0 failed, 1 broken", out)
