"""badgate serve: a scenario at real speed, under the hands of curl."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from kit import PATIENCE, CommandLine, listens

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
        self.assertLess(after, 3)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
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
        process.communicate(timeout=PATIENCE)
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
