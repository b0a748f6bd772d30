"""Real programs as backends: what is said of those that do not do as they should, and that nothing
of them is left behind."""

import json
import os
import signal
import sys
import time

from kit import PATIENCE, CommandLine, eventually

SCENARIO = """title = "A program"
clock = "real"
[[upstream.app]]
{transport}
process = {{ {keys} }}
[[request]]
{request}
[expect]
status = 200
"""
SERVER = r"""
import http.server, os, signal, socketserver, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "daemon" in sys.argv:  # out of its group and session, and without a parent
    subprocess.run(["sh", "-c", "setsid sleep 100 &"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(float(self.path[1:] or 0))
        self.send_response(200)
        self.end_headers()
print("listens soon", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Process(CommandLine):
    def scenario(self, command, more="", transport="", request=""):
        keys = "command = " + json.dumps(command) + more
        return self.file("one.toml", SCENARIO.format(keys=keys, transport=transport,
                                                     request=request))

    def server(self, *words, more="", request=""):
        self.file("server.py", SERVER)
        return self.scenario([sys.executable, "server.py", "{port}", *words], more,
                             request=request)

    # All that have inherited the environment of this test.
    def programs(self):
        mark = f"TMPDIR={self.temp}".encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    if mark in f.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                pass  # it is somebody else's, or has ended
        return found

    def assert_nothing_left(self):
        self.assertTrue(eventually(lambda: not self.programs(), 3), f"left: {self.programs()}")
        self.assert_clean()

    def run_bounded(self, file, code):
        start = time.monotonic()
        done = self.badgate("run", file, code=code)
        self.assertLess(time.monotonic() - start, PATIENCE)
        self.assert_nothing_left()
        return done.stdout

    def test_it_runs(self):
        file = self.server("daemon")
        self.assertIn("1 passed", self.run_bounded(file, 0))
        out = self.badgate("run", file, "--timeline").stdout
        self.assertRegex(out, r"app\[0\] +listens soon\n")
        self.assertRegex(out, r"app\[0\] +listens\n")
        self.assert_nothing_left()

    def test_not_installed(self):
        out = self.run_bounded(self.scenario(["no-such-server"]), 0)
        self.assertIn("app[0]: no-such-server is not installed\n", out)
        self.assertIn("1 skipped", out)
        self.env["PATH"] = str(self.folder)
        out = self.run_bounded(self.scenario(["gunicorn", "app:app"]), 0)
        self.assertIn("gunicorn is not installed: apt-get install gunicorn\n", out)

    def test_cannot_be_started(self):
        out = self.run_bounded(self.scenario(["./absent", "{port}"]), 3)
        self.assertIn("app[0]: ./absent cannot be started: No such file or directory", out)
        self.file("text", "no program")
        path = str(self.folder / "text")
        out = self.run_bounded(self.scenario([path]), 3)
        self.assertIn("cannot be started: Permission denied", out)
        os.chmod(path, 0o755)
        out = self.run_bounded(self.scenario([path]), 3)
        self.assertIn("cannot be started: Exec format error", out)

    def test_ends_at_once(self):
        out = self.run_bounded(self.scenario(["sh", "-c", "echo no config; exit 4"]), 3)
        self.assertIn("app[0]: sh exited with status 4 before it listened", out)
        self.assertRegex(out, r"its last words:\n +no config\n")
        out = self.run_bounded(self.scenario(["sh", "-c", "kill -SEGV $$"]), 3)
        self.assertIn("sh ended by SIGSEGV before it listened", out)

    def test_never_listens(self):
        file = self.scenario(["sh", "-c", "sleep 60; true"], ', ready_timeout = "300ms"')
        out = self.run_bounded(file, 3)
        self.assertRegex(out, r"app\[0\]: sh does not listen at (app\[0\]|127[0-9.:]+) after 300ms")
        file = self.scenario(["sleep", "60"], ', ready_timeout = "300ms"', 'transport = "unix"')
        self.assertIn("sleep does not listen at unix:", self.run_bounded(file, 3))

    def test_listens_and_ends_before_another_listens(self):
        brief = ("import socket, sys, time; s = socket.create_server(('127.0.0.1', "
                 "int(sys.argv[1]))); time.sleep(3)")
        late = 'sleep 3.8; exec "$0" server.py "$1"'
        self.file("server.py", SERVER)
        file = self.scenario([sys.executable, "-c", brief, "{port}"])
        with open(self.folder / file, "a", encoding="utf-8") as f:
            f.write("[[upstream.app]]\nprocess = { command = "
                    + json.dumps(["sh", "-c", late, sys.executable, "{port}"]) + " }\n")
        self.assertIn("1 passed", self.run_bounded(file, 0))

    def test_writes_without_end(self):
        self.file("server.py", SERVER)
        text = 'yes "as many words as it can" & exec "$0" server.py "$1"'
        file = self.scenario(["sh", "-c", text, sys.executable, "{port}"])
        self.assertIn("1 passed", self.run_bounded(file, 0))

    def test_children_outlive_the_program(self):
        self.file("server.py", SERVER)
        text = '"$0" server.py "$1" & echo the first child is $!; wait'
        file = self.scenario(["sh", "-c", text, sys.executable, "{port}"], request='at = "300ms"')
        events = "".join(f'[[event]]\nat = "{at}"\nsignal = "SIGKILL"\n{to}server = "app[0]"\n'
                         for at, to in (("100ms", ""), ("200ms", 'to = "child"\n')))
        with open(self.folder / file, "a", encoding="utf-8") as f:
            f.write(events)
        out = self.run_bounded(file, 1)
        self.assertRegex(out, r"a child of app\[0\] gets SIGKILL")
        self.assertNotIn("has no process", out)
        self.assertIn("Connection refused", out)

    def test_ignores_sigterm(self):
        file = self.server("stubborn", more=', stop_timeout = "300ms"')
        out = self.run_bounded(file, 3)
        self.assertRegex(out, r"app\[0\]: \S+ did not end 300ms after SIGTERM, and was killed")
        file = self.server("stubborn", more=', stop_signal = "SIGKILL"')
        self.assertIn("1 passed", self.run_bounded(file, 0))

    def test_limits(self):
        text = "ulimit -n; ulimit -v; exit 1"
        more = ', files_limit = 64, memory_limit = "256m"'
        out = self.run_bounded(self.scenario(["sh", "-c", text], more), 3)
        self.assertRegex(out, r"last words:\n +64\n +262144\n")

    def test_interrupted_at_any_moment(self):
        for when in ("while it starts", "in mid-request"):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                with self.subTest(when, number=number):
                    file = (self.scenario(["sh", "-c", "setsid sleep 60 & sleep 60"])
                            if when == "while it starts" else
                            self.server("daemon", request='path = "/60"'))
                    process = self.start("run", file)
                    self.assertTrue(eventually(lambda: len(self.programs()) >= 5))
                    os.killpg(process.pid, number)
                    process.communicate(timeout=PATIENCE)
                    self.assert_nothing_left()

    def test_serve(self):
        process = self.start("serve", self.server("daemon"), "-p", "0", "--backend-port", "0")
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assert_nothing_left()
