"""badgate list and badgate show."""

import os

from kit import BROKEN, GOOD, CommandLine


class Catalogue(CommandLine):
    def test_list(self):
        faults = self.badgate("list", "faults").stdout
        self.assertIn('{ slow = "header" }', faults)
        self.assertIn("Every fault also takes: times = N", faults)
        causes = self.badgate("list", "causes").stdout
        self.assertRegex(causes, r"(?m)^database +\d+ scenarios, \d+ remed(y|ies)$")
        scenarios = self.badgate("list", "scenarios", "--cause", "database").stdout
        self.assertRegex(scenarios, r"(?m)^database/down +The database is down")

    def test_list_proxies(self):
        lines = self.badgate("list", "proxies").stdout.splitlines()
        self.assertEqual(lines[0].split(),
                         ["proxy", "version", "TLS", "FastCGI", "retries", "health", "reload", "time"])
        self.assertRegex(lines[1], r"^builtin +[0-9.]+ +both +yes +as set +active +yes +virtual$")
        self.assertLessEqual(max(map(len, lines)), 80)
        # In $PATH there is nothing now: it says what to install of all that is nowhere else.
        lines = self.badgate("list", "proxies", PATH=str(self.temp)).stdout.splitlines()
        absent = sum(" absent " in line for line in lines)
        told = [line for line in lines if " is not installed (Debian: apt-get install " in line]
        self.assertEqual(len(told), absent, lines)

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
