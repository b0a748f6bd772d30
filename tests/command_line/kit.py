"""What the tests share: scenario files to begin with, and a folder of its own for each test."""

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

BADGATE = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(os.path.abspath(sys.argv[2]))
COMMANDS = ["run", "report", "explain", "reproduce", "audit", "compare", "sweep", "fidelity", "matrix", "serve", "lab", "proxy", "check", "probe", "list", "show", "completion"]
PATIENCE = 10  # seconds until a machine is not slow but stuck

GOOD = """title = "The report takes 75 s"
cause = "slow"
tags = ["good"]
[proxy]
proxy_read_timeout = "60s"
[[upstream.app]]
fault = { slow = "header", delay = "75s" }
[[request]]
[expect]
status = 504
elapsed = "60s"
[remedy.longer_read_timeout]
title = "Raise proxy_read_timeout to 90 s"
helps = true
proxy.proxy_read_timeout = "90s"
expect = { status = 200, elapsed = "75s" }
"""
WRONG = """title = "Wrong about the status"
cause = "crash"
tags = ["wrong"]
[[upstream.app]]
fault = { crash = "after-request" }
[[request]]
path = "/shop"
[expect]
status = 200
"""
BROKEN = """title = "Broken"
[[upstream.app]]
falt = { crash = "after-request" }
[[request]]
"""


def eventually(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="badgate-command-line-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.temp = self.folder / "tmp"
        self.temp.mkdir()
        self.env = dict(os.environ, TMPDIR=str(self.temp), TERM="xterm")
        self.env.pop("NO_COLOR", None)
        self.env.pop("BADGATE_SCENARIOS", None)

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def badgate(self, *args, code=0, **env):
        done = subprocess.run([BADGATE, *args], cwd=self.folder, env={**self.env, **env},
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *args, **options):
        process = subprocess.Popen([BADGATE, *args], cwd=self.folder, env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True, **options)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def assert_clean(self):
        self.assertTrue(eventually(lambda: not list(self.temp.iterdir()), 3),
                        f"left behind: {list(self.temp.iterdir())}")
