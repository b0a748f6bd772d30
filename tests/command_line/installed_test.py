"""What meson install puts where, and that it works from there in any folder."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from kit import BADGATE, GOOD, CommandLine

BUILD = pathlib.Path(BADGATE).parent.parent
PROGRAM = "bin/badgate"
LIBRARY = "lib/badgate/libbadgate_time.so"
SHARED = ["man/man1/badgate.1", "badgate/scenarios/database/down.toml",
          "bash-completion/completions/badgate", "fish/vendor_completions.d/badgate.fish",
          "doc/badgate/scenarios.md", "doc/badgate/README.md", "doc/badgate/example/nginx.conf",
          "doc/badgate/examples/Dockerfile"]
SHARED_FOLDERS = {"badgate", "bash-completion", "doc", "fish", "man", "zsh"}


@unittest.skipUnless(os.access(BUILD / "meson-logs", os.W_OK) and
                     (BUILD / "harness" / "commands" / "badgate.fish").exists(),
                     "not all that is to be installed has been built")
class Installed(CommandLine):
    @classmethod
    def setUpClass(cls):
        root = pathlib.Path(tempfile.mkdtemp(prefix="badgate-installed-"))
        cls.addClassCleanup(shutil.rmtree, root)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True,
                       env=dict(os.environ, DESTDIR=str(root)), stdout=subprocess.DEVNULL)
        cls.program = next(root.rglob(PROGRAM))
        cls.prefix = cls.program.parent.parent
        cls.share = cls.prefix / "share"

    def installed(self, *args, code=0):
        """As somebody has it who knows of no source tree: from the root folder."""
        done = subprocess.run([self.program, *args], cwd="/", env=self.env, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_everything_is_in_its_place(self):
        for path in SHARED:
            self.assertTrue((self.share / path).is_file(), path)
        self.assertTrue((self.prefix / LIBRARY).is_file())
        self.assertEqual(len(list((self.share / "zsh").rglob("_badgate"))), 1)

    def test_nothing_else(self):
        self.assertEqual({path.name for path in self.share.iterdir()}, SHARED_FOLDERS)
        outside = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")
                   if path.is_file() and self.share not in path.parents}
        self.assertEqual(outside, {PROGRAM, LIBRARY})
        self.assertEqual([path.name for path in self.share.rglob("meson.build")], [])

    def test_it_reads_its_own_catalogue(self):
        self.installed("run", "wrong/cause", code=2)
        # Not the one that it was built from.
        (self.share / "badgate/scenarios/database/down.toml").write_text(GOOD)
        self.assertRegex(self.installed("run", "database/down"),
                         r"(?m)^ok +1m00s database/down  The report takes 75 s$")

    def test_list(self):
        self.assertRegex(self.installed("list", "causes"), r"(?m)^slow-application ")

    @unittest.skipUnless(shutil.which("man"), "no man here")
    def test_manual_page(self):
        page = subprocess.run(["man", "--warnings", "-l", self.share / "man/man1/badgate.1"],
                              cwd="/", capture_output=True, text=True,
                              env=dict(self.env, MANPAGER="cat", MANWIDTH="80", LC_ALL="C.UTF-8"))
        self.assertEqual((page.returncode, page.stderr), (0, ""))
        self.assertRegex(page.stdout, r"badgate . reproduce every cause of a 502")

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash_completes_scenarios(self):
        script = self.share / "bash-completion/completions/badgate"
        words = subprocess.run(
            ["bash", "-c", 'source "$1"; COMP_WORDS=(badgate run slow-app) COMP_CWORD=2; _badgate; '
             'echo "${COMPREPLY[@]}"', "bash", script], cwd="/", check=True, capture_output=True,
            text=True, env=dict(self.env, PATH=f"{self.program.parent}:{os.environ['PATH']}"))
        self.assertIn("slow-application/report-takes-75s", words.stdout.split())
