"""What the shells offer."""

import os
import shutil
import subprocess
import unittest

from kit import BADGATE, COMMANDS, PATIENCE, CommandLine


class Completion(CommandLine):
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
        self.assertEqual(self.complete("badgate", "run", "--clock", ""), ["virtual", "real", "x20"])
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
