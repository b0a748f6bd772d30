"""badgate run: reports, files that cannot be read, filters, seeds, other proxies."""

import os
import re
import unittest

from kit import BROKEN, GOOD, WRONG, CommandLine

RANDOM = """title = "The seed decides"
[[upstream.app]]
service_time = "100ms"
service_sigma = 1
[load]
rate = 20
duration = "5s"
"""


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

    def test_remedies_of_one_file(self):
        good = self.file("good.toml", GOOD + """
[remedy.retry]
title = "Retry"
helps = false
proxy.proxy_connect_timeout = "90s"
""")

        def names(*args):
            out = self.badgate("list", "scenarios", *args).stdout
            return [line.split()[0].partition("good")[2] for line in out.splitlines()]

        one, other = f"{good}:longer_read_timeout", f"{good}:retry"
        self.assertEqual(names(one, other), [":longer_read_timeout", ":retry"])
        self.assertEqual(names(good, one), ["", ":longer_read_timeout", ":retry"])

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


class OtherProxy(CommandLine):
    def test_there_is_none(self):
        self.file("good.toml", GOOD)
        done = self.badgate("run", "good.toml", "--nginx", "/nowhere/nginx", code=3)
        self.assertEqual(done.stderr, "badgate: /nowhere/nginx is not a program\n")

    def test_unknown_name(self):
        done = self.badgate("run", "--proxy", "ngin", code=2)
        self.assertIn("did you mean \"nginx\"", done.stderr)
