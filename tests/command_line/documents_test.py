"""The manual page and the README say what is true of the program."""

import re
import shutil
import subprocess
import unittest

from kit import COMMANDS, SOURCE, CommandLine


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
    def test_first_screen(self):
        for file in (SOURCE / "docs" / "example").iterdir():
            shutil.copy(file, self.folder)
        shown = re.findall(r"(?s)```console\n\$ badgate ([^\n]*)\n(.*?)```",
                           (SOURCE / "README.md").read_text())[:2]
        self.assertEqual([command.split()[0] for command, _ in shown], ["reproduce", "compare"])
        for command, output in shown:
            self.assertEqual(self.badgate(*command.split()).stdout, output)
        self.assertIn("4 passed, 0 failed", self.badgate("run", "login.toml").stdout)

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
