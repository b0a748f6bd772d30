"""Proxies under test that do not start, hang, or die in mid-scenario: said in their own last words,
in bounded time, while everything else goes on. The proxies are fakes: no real one is needed."""

import os
import signal
import socket
import sys
import threading
import time

from kit import PATIENCE, CommandLine, eventually

SCENARIO = """title = "Two shops"
on.haproxy = "200 ×2"
[[upstream.app]]
[[request]]
path = "/first"
[[request]]
path = "/second"
expect = { status = 200 }
"""
# What HAProxy and nginx are to badgate: a version, a port or an inherited socket, and lines.
FAKE = r"""
import os, re, signal, socket, sys, time
how = "%s"
if how.startswith("is gone"):
    os.unlink(__file__)
if sys.argv[1] == "-v":
    sys.exit(print("HAProxy version 2.6.12-1 2023/12/16"))
if sys.argv[1] == "-V":
    sys.exit(print("nginx version: nginx/1.22.1"))

def say(text):
    print(text, file=sys.stderr, flush=True)

def listener():
    if "-p" in sys.argv:  # nginx has got it, and is ready when it has a worker
        listens = socket.socket(fileno=3)
        listens.setblocking(True)
        say("2026/01/01 00:00:00 [notice] 1#1: start worker process 2")
        return listens
    with open(sys.argv[sys.argv.index("-f") + 1]) as config:
        port = int(re.search(r"bind 127\.0\.0\.1:(\d+)", config.read())[1])
    return socket.create_server(("127.0.0.1", port))

def answer(connection):
    connection.recv(10000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
    connection.close()

say("reads its configuration")
if how == "exits":
    sys.exit("unknown word 'bnid' in line 3")
if how == "is killed":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "never listens":
    time.sleep(1000)
if how.startswith("taken"):
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(sys.argv[sys.argv.index("-f") + 1]) as config:
        port = re.search(r"bind 127\.0\.0\.1:(\d+)", config.read())[1]
    if not os.path.exists(folder + "/taken"):
        with open(folder + "/wanted.part", "w") as f:
            f.write(port)
        os.rename(folder + "/wanted.part", folder + "/wanted")
        while not os.path.exists(folder + "/taken"):
            time.sleep(0.01)
        if how == "taken, and it waits":
            time.sleep(1000)
        sys.exit("cannot bind: Address already in use")
listens = listener()
if how == "accepts nothing":
    time.sleep(1000)
if how == "a worker dies":
    if os.fork() == 0:
        listens.accept()
        os.kill(os.getpid(), signal.SIGSEGV)
    os.wait()
    say("worker has crashed, here is another")
first, _ = listens.accept()
answer(first)
if how == "falls":
    os.write(2, b"[ALERT] about to fall")
    os.kill(os.getpid(), signal.SIGABRT)
if how == "leaves":
    sys.exit(7)
second, _ = listens.accept()
if how == "is stopped":
    if os.fork() == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    os.wait()
if how == "falls with a worker":
    if os.fork() == 0:
        time.sleep(1000)
    second.close()
    os.kill(os.getpid(), signal.SIGKILL)
answer(second)
while True:
    answer(listens.accept()[0])
"""


class ProxyFaults(CommandLine):
    def fake(self, how):
        text = "\n".join([f"#!{sys.executable}", FAKE % how])
        (self.folder / self.file("fake", text)).chmod(0o755)

    # HAProxy through `matrix`, nginx through `run`.
    def play(self, how, *options, code=3, proxy="haproxy", seconds=15):
        self.file("two.toml", SCENARIO)
        self.fake(how)
        what = (["run", "two.toml", "--nginx", "./fake"] if proxy == "nginx" else
                ["matrix", "two.toml", "--proxy", "haproxy=./fake"])
        what += ["--clock", "x20"]  # a fake does not take its time from badgate
        start = time.monotonic()
        done = self.badgate(*what, *options, code=code)
        self.assertLess(time.monotonic() - start, seconds)
        self.assert_clean()
        return done.stdout

    def test_bad_configuration(self):
        out = self.play("exits")
        self.assertIn("1 errors", out)
        self.assertIn("/two: haproxy does not start: exited with status 1; its last lines:\n"
                      "  reads its configuration\n  unknown word 'bnid' in line 3\n", out)
        out = self.play("exits", proxy="nginx")
        self.assertIn("1 broken", out)
        self.assertIn("nginx does not start: exited with status 1; its last lines:\n", out)

    def test_killed_at_start(self):
        for proxy in ("haproxy", "nginx"):
            out = self.play("is killed", proxy=proxy)
            self.assertIn(f"{proxy} does not start: ended by SIGKILL; its last lines:\n"
                          "  reads its configuration\n", out)

    def test_killed_at_start_is_no_refusal(self):
        self.file("refused.toml", SCENARIO[:SCENARIO.rfind("expect =")] + '[expect]\nstart_error = "unknown"\n')
        self.fake("is killed")
        out = self.badgate("run", "refused.toml", "--nginx", "./fake", code=3).stdout
        self.assertIn("nginx does not start: ended by SIGKILL", out)

    def test_cannot_be_executed(self):
        self.file("two.toml", SCENARIO)
        self.fake("is gone once it has told its version")
        out = self.badgate("matrix", "two.toml", "--proxy", "haproxy=./fake", "--clock", "x20",
                           code=3).stdout
        self.assertIn("haproxy does not start: cannot be executed: No such file or directory", out)
        self.assert_clean()

    def test_dies_in_mid_scenario(self):
        for proxy in ("haproxy", "nginx"):
            with self.subTest(proxy):
                out = self.play("falls", proxy=proxy)
                self.assertRegex(out, rf"{proxy} ended by SIGABRT after [0-9.]+m?s; its last lines:")
                self.assertIn("[ALERT] about to fall\n", out)
                out = self.play("leaves", proxy=proxy)
                self.assertRegex(out, rf"{proxy} exited with status 7 after [0-9.]+m?s")
                out = self.play("falls with a worker", proxy=proxy)
                self.assertRegex(out, rf"{proxy} ended by SIGKILL after [0-9.]+m?s")

    def test_other_cells_go_on(self):
        self.file("all/a.toml", SCENARIO)
        self.file("all/b.toml", SCENARIO)
        self.fake("falls")
        out = self.badgate("matrix", "all", "--proxy", "builtin,haproxy=./fake", "--clock",
                           "x20", code=3).stdout
        self.assertRegex(out, r"(?m)^all/a +200 ×2 +error")
        self.assertRegex(out, r"(?m)^all/b +200 ×2 +error")
        out = self.badgate("matrix", "all", "--proxy", "builtin,haproxy=./fake", "--clock",
                           "x20", "--format", "markdown", code=3).stdout
        self.assertRegex(out, r"(?m)^- all/a, haproxy 2\.6\.12: haproxy ended by SIGABRT after ")

    def test_a_worker_is_not_the_proxy(self):
        out = self.play("a worker dies", code=0)
        self.assertRegex(out, r"two +no answer, 200")
        self.assertIn("0 errors", out)

    def test_stopped(self):
        for proxy in ("haproxy", "nginx"):
            out = self.play("is stopped", proxy=proxy)
            self.assertRegex(out, rf"{proxy} does not go on: its process \d+ is stopped, as by "
                                  r"SIGSTOP; its last lines:")

    def test_hangs(self):
        out = self.play("accepts nothing", seconds=40)
        self.assertRegex(out, r"haproxy hangs: for \S+ nothing has happened, where at most \S+ are "
                              r"usual; 1 connection that haproxy has not accepted; its last lines:\n"
                              r"  reads its configuration\n")

    def with_taken_port(self, how):
        taken = []

        def take():
            wanted = self.folder / "wanted"
            if eventually(wanted.exists):
                taken.append(socket.create_server(("127.0.0.1", int(wanted.read_text()))))
            (self.folder / "taken").touch()

        thread = threading.Thread(target=take)
        thread.start()
        try:
            out = self.play(how, code=0)
        finally:
            thread.join(PATIENCE)
            for listener in taken:
                listener.close()
        self.assertTrue(taken)
        self.assertRegex(out, r"two +200 ×2")

    def test_port_is_taken(self):
        self.with_taken_port("taken, and it says so")

    def test_port_is_taken_by_one_who_answers(self):
        self.with_taken_port("taken, and it waits")

    def test_interrupted_while_it_starts(self):
        self.file("two.toml", SCENARIO)
        self.fake("never listens")
        process = self.start("matrix", "two.toml", "--proxy", "haproxy=./fake", "--clock", "x20")
        self.assertTrue(eventually(lambda: list(self.temp.iterdir())))
        time.sleep(0.2)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertLess(time.monotonic() - start, 6)
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted", err)
        self.assert_clean()
