#!/usr/bin/env python3
"""The program in people's hands: what it prints, how it exits, what it leaves behind.

command_line.py BADGATE SOURCE [NAME...]: runs every test, or those whose name contains NAME.
Nothing but Python's standard library is needed; what a machine lacks is skipped aloud.
"""

import http.client
import http.server
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BADGATE = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(os.path.abspath(sys.argv[2]))
COMMANDS = ["run", "compare", "serve", "proxy", "list", "show", "completion"]
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
RANDOM = """title = "The seed decides"
[[upstream.app]]
service_time = "100ms"
service_sigma = 1
[load]
rate = 20
duration = "5s"
"""
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
QUICK = """title = "Half a second too late"
[explain]
story = "The application needs 3 s."
user_sees = "504 after half a second."
[proxy]
proxy_read_timeout = "500ms"
[[upstream.app]]
transport = "unix"
fault = { slow = "header", delay = "3s" }
[[request]]
path = "/it's"
[expect]
status = 504
[remedy.longer]
title = "Wait longer"
helps = true
proxy.proxy_read_timeout = "9s"
expect = { status = 200 }
"""


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            self.server.asked.set()
            time.sleep(0.7)
        body = b"from the origin: " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


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


class Usage(CommandLine):
    def test_version(self):
        self.assertRegex(self.badgate("--version").stdout, r"^badgate \d+\.\d+\.\d+\n$")

    def test_help_has_examples(self):
        commands = [[c] for c in COMMANDS] + [["list", t] for t in ("faults", "causes", "scenarios", "proxies")]
        for command in [[]] + commands:
            text = self.badgate(*command, "--help").stdout
            self.assertRegex(text, r"Examples?:\n  \S", command)
            self.assertIn("badgate " + " ".join(command), text)
            self.assertNotIn("TEXT:", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 80, command)

    def test_mistakes_are_answered(self):
        self.file("good.toml", GOOD)
        for args, answer in [
            (["ru"], 'unknown command "ru"; did you mean "run"?'),
            (["frobnicate"], 'unknown command "frobnicate"'),
            (["run", "--sed", "2"], 'unknown option "--sed"; did you mean "--seed"?'),
            (["run", "--clock", "rael"], '"rael" is none of virtual, real; did you mean "real"?'),
            (["run", "--jobs", "0"], "--jobs: Value 0 not in range"),
            (["run", "--seed", "many"], "--seed"),
            (["list", "fault"], 'unknown command "fault"; did you mean "faults"?'),
            (["list", "faults", "x"], '"x" is one argument too many'),
            (["completion", "tcsh"], '"tcsh" is none of bash, zsh, fish'),
            (["proxy"], "--config is required"),
            (["serve"], "FILE is required"),
            (["serve", "good.toml", "--port", "80000"], "--port: Value 80000 not in range"),
            (["serve", "good.toml", "--remedy", "longer_read_timeut"],
             'did you mean "longer_read_timeout"?'),
            (["show"], "show takes either a name or --markdown"),
            (["run", "good.toml:longer_read_timeut"], 'did you mean "longer_read_timeout"?'),
            (["run", "--cause", "databse"], 'no scenario has the cause "databse"; did you mean'),
            (["run", "--tag", "gud", "good.toml"], 'no scenario has the tag "gud"'),
            (["run", "--name", "xyz", "good.toml"], '"xyz" in its name'),
        ]:
            done = self.badgate(*args, code=2)
            self.assertIn(answer, done.stderr)
            self.assertTrue(done.stderr.startswith("badgate: "), done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertLess(done.stderr.count("\n"), 5, done.stderr)

    def test_alone_it_shows_its_help(self):
        self.assertIn("Subcommands:", self.badgate(code=2).stderr)
        self.assertIn("scenarios", self.badgate("list", code=2).stderr)

    def test_output_that_is_lost_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BADGATE, "list", "faults"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"No space left on device", done.stderr)


class Run(CommandLine):
    def test_passed(self):
        out = self.badgate("run", self.file("good.toml", GOOD)).stdout
        self.assertRegex(out, r"(?m)^ok +1m00s \S+/good  The report takes 75 s$")
        self.assertRegex(out, r"(?m)^ok +1m15s \S+/good:longer_read_timeout  Raise proxy_read")
        self.assertRegex(out, r"(?m)^2 passed, 0 failed: 1 scenario and 1 remedy, 4 expectations; "
                              r"2m15s modelled in \d+\.\d\d s$")
        self.assertEqual(out.count("\n"), 5)
        self.assert_clean()

    def test_failed(self):
        self.file("wrong.toml", WRONG)
        out = self.badgate("run", "wrong.toml", code=1).stdout
        self.assertRegex(out, r"(?m)^FAILED +0s \S+/wrong  Wrong about the status$")
        self.assertIn("  wrong.toml:9:1: status of request 1\n"
                      "    expected: 200\n    actual:   502\n\n", out)
        self.assertRegex(out, r"0\.000  client +sends GET /shop\n")
        self.assertRegex(out, r"0\.000  app\[0\] +reads request 1")
        self.assertRegex(out, r"error\.log +\[error\] upstream prematurely closed connection while "
                              r"reading response header from upstream")
        self.assertRegex(out, r'access\.log +"GET /shop HTTP/1\.1" status=502')
        self.assertIn("app[0] saw 1 connection and 1 request, executed 1, answered 0", out)
        self.assertRegex(out, r"(?m)^0 passed, 1 failed: 1 scenario")

    def test_failures_are_named_again(self):
        self.file("all/wrong.toml", WRONG)
        self.file("all/good.toml", GOOD)
        out = self.badgate("run", "all", code=1).stdout
        self.assertRegex(out, r"(?s)\n\nFAILED  all/wrong  all/wrong.toml\n\n2 passed, 1 failed")

    def test_timeline_of_what_passed(self):
        self.file("good.toml", GOOD)
        self.assertNotIn("sends GET", self.badgate("run", "good.toml").stdout)
        out = self.badgate("run", "good.toml", "--timeline").stdout
        self.assertRegex(out, r"60\.000  proxy +gives up on app\[0\]: timeout")

    def test_nothing_runs_when_a_file_is_broken(self):
        for name, text in [("good", GOOD), ("wrong", WRONG), ("broken", BROKEN)]:
            self.file(f"all/{name}.toml", text)
        done = self.badgate("run", "all", code=2)
        self.assertEqual(done.stdout, "")
        self.assertIn('all/broken.toml:3:1: error: unknown key "falt"', done.stderr)
        self.assertIn("    3 | falt = ", done.stderr)
        self.assertIn("did you mean `fault`?", done.stderr)

    def test_what_is_no_scenario(self):
        (self.folder / "empty").mkdir()
        with open(self.folder / "huge.toml", "wb") as f:
            f.truncate(100 * 1024 * 1024)
        self.file("binary.toml", b"\x7fELF\x02\x01\x01" + bytes(range(256)))
        (self.folder / "dangling.toml").symlink_to("nowhere")
        os.mkfifo(self.folder / "pipe.toml")
        for path, answer in [
            ("missing.toml", "missing.toml: error: there is no such file or folder"),
            ("empty", "empty: error: there is no scenario in this folder"),
            ("huge.toml", "huge.toml: error: this file has 104857600 bytes; a scenario has at most"),
            ("binary.toml", "binary.toml"),
            ("dangling.toml", "dangling.toml: error: this link points to nothing that exists"),
            ("pipe.toml", "pipe.toml: error: this is a named pipe, not a scenario file"),
            ("/dev/null", "/dev/null: error: this is a device, not a scenario file"),
        ]:
            done = self.badgate("run", path, code=2)
            self.assertIn(answer, done.stderr)
            self.assertNotRegex(done.stderr, r"[\x00-\x09\x0b-\x1f\x7f]")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_no_permission(self):
        self.file("secret.toml", GOOD)
        (self.folder / "secret.toml").chmod(0)
        done = self.badgate("run", "secret.toml", code=2)
        self.assertIn("secret.toml: error: no permission to read this", done.stderr)

    def test_filters(self):
        self.file("scenarios/slow/good.toml", GOOD)
        self.file("scenarios/crash/wrong.toml", WRONG)

        def names(*args):
            out = self.badgate("list", "scenarios", "scenarios", *args).stdout
            return [line.split()[0] for line in out.splitlines()]

        self.assertEqual(names(), ["crash/wrong", "slow/good", "slow/good:longer_read_timeout"])
        self.assertEqual(names("--name", "wrong"), ["crash/wrong"])
        self.assertEqual(names("--name", "read", "--name", "wrong"),
                         ["crash/wrong", "slow/good:longer_read_timeout"])
        self.assertEqual(names("--cause", "crash"), ["crash/wrong"])
        self.assertEqual(names("--tag", "good", "--name", ":"), ["slow/good:longer_read_timeout"])
        # A filter takes one value: what follows is a path.
        out = self.badgate("run", "--tag", "good", "scenarios/slow/good.toml").stdout
        self.assertIn("2 passed", out)
        out = self.badgate("run", "scenarios/slow/good.toml:longer_read_timeout").stdout
        self.assertIn("0 scenarios and 1 remedy", out)

    def timeline_hash(self, *args):
        out = self.badgate("run", *args).stdout
        return re.search(r"timeline ([0-9a-f]{16})$", out.rstrip()).group(1)

    def test_seed(self):
        path = self.file("random.toml", RANDOM)
        first = self.timeline_hash(path)
        self.assertEqual(first, self.timeline_hash(path))
        self.assertEqual(first, self.timeline_hash(path, "--seed", "1"))
        self.assertNotEqual(first, self.timeline_hash(path, "--seed", "2"))

    def test_jobs_change_nothing(self):
        for i in range(6):
            self.file(f"all/{i}.toml", RANDOM if i % 2 else GOOD)
        self.assertEqual(self.timeline_hash("all", "--jobs", "1"),
                         self.timeline_hash("all", "--jobs", "4"))

    def test_fail_fast(self):
        self.file("all/0.toml", WRONG)
        for i in range(1, 9):
            self.file(f"all/{i}.toml", GOOD)
        out = self.badgate("run", "all", "--fail-fast", "--jobs", "1", code=1).stdout
        self.assertRegex(out, r"(?m)^0 passed, 1 failed, 16 not run: 1 scenario")

    def test_the_catalogue_by_name(self):
        # Any two of it will do.
        names = self.badgate("list", "scenarios").stdout
        name = next(line.split()[0] for line in names.splitlines() if "network" not in line)
        self.assertRegex(self.badgate("run", name).stdout, r"(?m)^ok .* " + re.escape(name))
        done = self.badgate("run", name + "e", code=2)
        self.assertIn(f"= did you mean `{name}`?", done.stderr)
        done = self.badgate("run", name, code=2, BADGATE_SCENARIOS="/nowhere")
        self.assertIn("there is no such file", done.stderr)


class Colours(CommandLine):
    def on_terminal(self, *args, **env):
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(BADGATE, [BADGATE, *args], {**self.env, **env})
        out = b""
        while select.select([fd], [], [], PATIENCE)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            out += data
        os.close(fd)
        os.waitpid(pid, 0)
        return out.decode()

    def test_pipes_get_none(self):
        self.file("wrong.toml", WRONG)
        done = self.badgate("run", "wrong.toml", code=1)
        self.assertNotRegex(done.stdout + done.stderr, r"[\x1b\r]")

    def test_terminal(self):
        self.file("all/wrong.toml", WRONG)
        self.file("all/good.toml", GOOD)
        out = self.on_terminal("run", "all")
        self.assertIn("\x1b[31mFAILED \x1b[0m", out)
        self.assertIn("\x1b[32mok     \x1b[0m", out)
        self.assertIn("1 of 3 …", out)
        self.assertIn("\r\x1b[K", out)
        # Nothing of the progress line stays.
        self.assertRegex(out, r"(?s)of 3 …(\x1b\[0m)?\r\x1b\[K[^…]*$")

    def test_no_color(self):
        self.file("wrong.toml", WRONG)
        self.assertNotIn("\x1b[3", self.on_terminal("run", "wrong.toml", NO_COLOR="1"))
        self.assertIn("\x1b[3", self.on_terminal("run", "wrong.toml", NO_COLOR=""))
        self.assertNotIn("\x1b", self.on_terminal("run", "wrong.toml", TERM="dumb"))


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
        start = time.monotonic()
        out, err = process.communicate(timeout=PATIENCE)
        self.assertLess(time.monotonic() - start, 2)
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
                             for master in children_of(worker) for pid in
                             [master, *children_of(master)]]
            self.assertTrue(eventually(lambda: len(begun()) == 2), "master and worker")
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


class OtherProxy(CommandLine):
    def test_there_is_none(self):
        self.file("good.toml", GOOD)
        done = self.badgate("run", "good.toml", "--nginx", "/nowhere/nginx", code=3)
        self.assertEqual(done.stderr, "badgate: /nowhere/nginx is not a program\n")

    def test_unknown_name(self):
        done = self.badgate("run", "--proxy", "ngin", code=2)
        self.assertIn("did you mean \"nginx\"", done.stderr)


class Serve(CommandLine):
    def serve(self, *args):
        self.file("quick.toml", QUICK)
        process = self.start("serve", "quick.toml", "--port", "0", "--backend-port", "0", *args)
        introduction = ""
        while "Ctrl-C" not in introduction:
            line = process.stdout.readline()
            self.assertTrue(line, process.stderr.read() if not line else "")
            introduction += line
        return process, introduction

    def command(self, introduction):
        return next(l.strip() for l in introduction.splitlines() if l.startswith("  curl"))

    @unittest.skipUnless(shutil.which("curl"), "no curl here")
    def test_as_the_scenario_says(self):
        process, introduction = self.serve()
        self.assertIn("The application needs 3 s.", introduction)
        self.assertIn("What you should see:\n\n  504 after half a second.", introduction)
        command = self.command(introduction)
        self.assertTrue(command.endswith("/it'\\''s'"), command)
        answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True).stdout
        self.assertIn("HTTP/1.1 504 Gateway Time-out", answer)
        after = float(re.search(r"504 after ([0-9.]+) s", answer).group(1))
        self.assertGreaterEqual(after, 0.49)
        self.assertLess(after, 2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=2)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("upstream timed out (110: Connection timed out) while reading response "
                      "header from upstream", out)
        self.assertRegex(out, r"access\.log .*status=504")
        port = int(re.search(r":(\d+)/", command).group(1))
        self.assertFalse(listens(port))
        self.assert_clean()

    def test_remedy(self):
        process, introduction = self.serve("--remedy", "longer")
        port = int(re.search(r":(\d+)/", self.command(introduction)).group(1))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=2)
        self.assert_clean()

    def test_port_is_taken(self):
        self.file("quick.toml", QUICK)
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])
            done = self.badgate("serve", "quick.toml", "--port", port, "--backend-port", "0", code=3)
        self.assertIn(f"bind(127.0.0.1:{port}) failed (98: Address already in use)", done.stderr)
        self.assertIn("choose with --port and --backend-port", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assert_clean()

    def test_one_file_only(self):
        for i in range(2):
            self.file(f"all/{i}.toml", QUICK)
        self.assertIn("serve takes one scenario", self.badgate("serve", "all", code=2).stderr)


class Proxy(CommandLine):
    def setUp(self):
        super().setUp()
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        self.origin.asked = threading.Event()
        threading.Thread(target=self.origin.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.port = free_port()

    def config(self, **changes):
        text = (f'error_log = "error.log"\naccess_log = "access.log"\n[proxy]\n'
                f'listen = "127.0.0.1:{self.port}"\n[[upstream.app]]\n'
                f'server = "127.0.0.1:{self.origin.server_port}"\n')
        for old, new in changes.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.file("proxy.toml", text)

    def proxy(self):
        process = self.start("proxy", "--config", self.config())
        self.assertIn(f"listening on 127.0.0.1:{self.port}", process.stderr.readline())
        return process

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.status, response.read().decode()
        connection.close()
        return text

    def test_serves_and_reopens_its_logs(self):
        process = self.proxy()
        self.assertEqual(self.get("/a"), (200, "from the origin: /a"))
        for log in ("access", "error"):
            os.rename(self.folder / f"{log}.log", self.folder / f"{log}.old")
        process.send_signal(signal.SIGUSR1)
        self.assertTrue(eventually((self.folder / "access.log").exists))
        self.assertEqual(self.get("/b"), (200, "from the origin: /b"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        old, new = ((self.folder / f).read_text() for f in ("access.old", "access.log"))
        self.assertIn('"GET /a HTTP/1.1" 200', old)
        self.assertIn('"GET /b HTTP/1.1" 200', new)
        self.assertNotIn("/b", old)

    def test_sigquit_lets_a_request_finish(self):
        process = self.proxy()
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.get("/slow")))
        client.start()
        self.assertTrue(self.origin.asked.wait(PATIENCE))
        process.send_signal(signal.SIGQUIT)
        self.assertTrue(eventually(lambda: not listens(self.port), 0.5))
        client.join(PATIENCE)
        self.assertEqual(answers, [(200, "from the origin: /slow")])
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    def test_sigint_and_sigterm_end_it_at_once(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.proxy()
            process.send_signal(number)
            process.communicate(timeout=2)
            self.assertEqual(process.returncode, 0)

    def test_sighup_reads_the_file_again(self):
        process = self.proxy()
        self.assertEqual(self.get("/a"), (200, "from the origin: /a"))
        old, self.port = self.port, free_port()
        self.config(**{"[[upstream": '[proxy.location."/new"]\nreturn = "200 new"\n[[upstream'})
        process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: listens(self.port)))
        self.assertTrue(eventually(lambda: not listens(old)))
        self.assertEqual(self.get("/new"), (200, "new"))
        self.config(listen="lisen")
        process.send_signal(signal.SIGHUP)
        log = self.folder / "error.log"
        self.assertTrue(eventually(lambda: "[emerg]" in log.read_text()))
        self.assertIn('unknown key "lisen" in [proxy] in proxy.toml:4', log.read_text())
        self.assertEqual(self.get("/new"), (200, "new"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=2)
        self.assertEqual(process.returncode, 0)

    def test_the_configuration(self):
        done = self.badgate("proxy", "--test", "--config", self.config())
        self.assertEqual(done.stdout, "proxy.toml: the configuration is in order\n")
        for test in ([], ["--test"]):
            path = self.config(listen="lisen")
            done = self.badgate("proxy", "--config", path, *test, code=2)
            self.assertIn('proxy.toml:4:1: error: unknown key "lisen" in [proxy]', done.stderr)
            self.assertIn("did you mean `listen`?", done.stderr)
            path = self.config(**{"error.log": "nowhere/error.log"})
            done = self.badgate("proxy", "--config", path, *test, code=2)
            self.assertIn('open() "nowhere/error.log" failed (2: No such file or directory)',
                          done.stderr)
        done = self.badgate("proxy", "--config", "missing.toml", code=2)
        self.assertIn("missing.toml: error: ", done.stderr)

    def test_port_is_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.port))
            other.listen()
            done = self.badgate("proxy", "--config", self.config(), code=3)
        self.assertIn("98: Address already in use", done.stderr)


class Catalogue(CommandLine):
    def test_list(self):
        faults = self.badgate("list", "faults").stdout
        self.assertIn('{ slow = "header" }', faults)
        self.assertIn("Every fault also takes: times = N", faults)
        causes = self.badgate("list", "causes").stdout
        self.assertRegex(causes, r"(?m)^database +\d+ scenarios, \d+ remed(y|ies)$")
        scenarios = self.badgate("list", "scenarios", "--cause", "database").stdout
        self.assertRegex(scenarios, r"(?m)^database/down +The database is down")

    def test_show(self):
        for name in ("database", "database/down"):
            text = self.badgate("show", name).stdout
            for heading in ("What happens", "What users see", "Evidence", "What helps",
                            "What does not help", "Proven by"):
                self.assertIn(f"\n{heading}\n", text)
            self.assertIn("badgate run database/down:start_it", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertIn("D1", self.badgate("show", "D1").stdout)
        self.assertTrue(self.badgate("show", "--markdown").stdout.startswith("# Causes\n"))
        for name, near in [("databse", "database"), ("database/donw", "database/down")]:
            done = self.badgate("show", name, code=2)
            self.assertIn(f'the catalogue has no "{name}"; did you mean "{near}"?', done.stderr)


class Completion(CommandLine):
    def test_show_explains_files_too(self):
        path = self.file("mine/report.toml", GOOD)
        for name in (path, os.path.dirname(path)):
            text = self.badgate("show", name).stdout
            self.assertTrue(text.startswith("The report takes 75 s\n"), text)
            remedy = "mine/report.toml:longer_read_timeout"
            self.assertIn(f"badgate run {remedy}\n", text)
            self.assertIn("1 passed", self.badgate("run", remedy).stdout)
        broken = self.badgate("show", self.file("broken.toml", BROKEN), code=2)
        self.assertIn("did you mean `fault`?", broken.stderr)

    def complete(self, *words):
        """What bash would offer for the last of `words`."""
        script = ('eval "$(badgate completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_badgate; printf "%s\\n" "${COMPREPLY[@]}"')
        path = f"{os.path.dirname(BADGATE)}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True,
                              env=dict(self.env, PATH=path), timeout=PATIENCE)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def checked(self, shell):
        path = self.folder / f"completion.{shell}"
        path.write_text(self.badgate("completion", shell).stdout)
        done = subprocess.run([shell, "-n", path], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash(self):
        self.checked("bash")
        self.assertEqual(self.complete("badgate", "ru"), ["run"])
        self.assertEqual(self.complete("badgate", ""), COMMANDS + ["--help", "--version"])
        self.assertEqual(self.complete("badgate", "run", "--see"), ["--seed"])
        self.assertEqual(self.complete("badgate", "run", "--clock", ""), ["virtual", "real"])
        self.assertEqual(self.complete("badgate", "list", "c"), ["causes"])
        self.assertEqual(self.complete("badgate", "show", "database/do"), ["database/down"])
        self.assertEqual(self.complete("badgate", "run", "--cause", "databa"), ["database"])
        self.assertEqual(self.complete("badgate", "completion", "f"), ["fish"])

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh(self):
        self.checked("zsh")

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish(self):
        self.checked("fish")


class Manual(CommandLine):
    PAGE = SOURCE / "docs" / "badgate.1"

    def test_names_all_commands_and_options(self):
        page = self.PAGE.read_text()
        for command in [[]] + [[c] for c in COMMANDS] + [["list", "causes"]]:
            text = self.badgate(*command, "--help").stdout.partition("Examples:")[0]
            for option in set(re.findall(r"--([a-z-]+)", text)):
                self.assertRegex(page, rf"(?m)^\.(Op )?Fl -{option}\b|\| -{option}\b", command)
            for word in command:
                self.assertRegex(page, rf"(?m)^\.It Cm {command[0]}\b")
                self.assertRegex(page, rf"(?m)^\.(Cm|Ar) .*\b{word}\b")

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc here")
    def test_mandoc(self):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", self.PAGE],
                              capture_output=True, text=True)
        self.assertEqual(done.stdout + done.stderr, "")

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_groff(self):
        done = subprocess.run(["groff", "-ww", "-mandoc", "-Tutf8", self.PAGE], capture_output=True,
                              text=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("EXIT STATUS", re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout))


class Readme(CommandLine):
    def test_tutorial(self):
        text = (SOURCE / "README.md").read_text()
        first, second = re.findall(r"(?s)```toml\n(.*?)```", text)
        (self.folder / "tutorial").mkdir()
        self.file("tutorial/report.toml", first)
        self.assertIn("1 passed, 0 failed", self.badgate("run", "tutorial/report.toml").stdout)
        self.file("tutorial/report.toml", first + "\n" + second)
        self.assertIn("3 passed, 0 failed", self.badgate("run", "tutorial/report.toml").stdout)

        # What it shows of a failure is what one sees.
        self.file("tutorial/report.toml", first.replace("status    = 504", "status    = 200"))
        out = self.badgate("run", "tutorial/report.toml", code=1).stdout
        out = out.replace("tutorial/report.toml", "report.toml")
        shown = re.search(r"(?s)```console\n(FAILED.*?)```", text).group(1)
        for line in shown.splitlines():
            self.assertIn("\n" + line.rstrip(" …"), "\n" + out)

    def test_commands_exist(self):
        text = (SOURCE / "README.md").read_text()
        for command, rest in re.findall(r"(?m)^(?:\$ )?badgate ([a-z]+)(.*?)(?:#.*)?$", text):
            self.assertIn(command, COMMANDS)
            known = self.badgate(command, "--help").stdout
            for option in re.findall(r"--[a-z-]+", rest):
                self.assertIn(option, known)


class Installed(CommandLine):
    BUILD = pathlib.Path(BADGATE).parent.parent

    @unittest.skipUnless(os.access(BUILD / "meson-logs", os.W_OK) and
                         (BUILD / "harness" / "commands" / "badgate.fish").exists(),
                         "not all that is to be installed has been built")
    def test_everything_is_in_its_place(self):
        root = self.folder / "root"
        subprocess.run(["meson", "install", "-C", self.BUILD, "--no-rebuild", "--quiet"], check=True,
                       env=dict(os.environ, DESTDIR=str(root)), stdout=subprocess.DEVNULL)
        program = next(root.rglob("bin/badgate"))
        share = program.parent.parent / "share"
        for path in ["man/man1/badgate.1", "badgate/scenarios/database/down.toml",
                     "bash-completion/completions/badgate", "zsh/site-functions/_badgate",
                     "fish/vendor_completions.d/badgate.fish", "doc/badgate/scenarios.md",
                     "doc/badgate/README.md"]:
            self.assertTrue((share / path).is_file(), path)
        done = subprocess.run([program, "run", "wrong/cause"], env=self.env, capture_output=True)
        self.assertEqual(done.returncode, 2)
        # It reads its own catalogue, not the one that it was built from.
        (share / "badgate/scenarios/database/down.toml").write_text(GOOD)
        done = subprocess.run([program, "run", "database/down"], env=self.env, capture_output=True,
                              text=True)
        self.assertRegex(done.stdout, r"(?m)^ok +1m00s database/down  The report takes 75 s$")


if __name__ == "__main__":
    names = [f"*{name}*" for name in sys.argv[3:]]
    unittest.main(argv=[sys.argv[0], "-v"] + [a for n in names for a in ("-k", n)])
