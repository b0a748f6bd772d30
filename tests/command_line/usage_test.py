"""What is typed wrongly, and what is asked for with --help."""

import subprocess

from kit import BADGATE, COMMANDS, GOOD, CommandLine


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
            (["run", "--clock", "rael"], '"rael" is none of virtual, real, x20; did you mean "real"?'),
            (["run", "--proxy", "ngnix"], '"ngnix" is none of builtin, nginx, '),
            (["matrix", "--proxy", "nginx,haprox=/opt/haproxy"], 'did you mean "haproxy"?'),
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
