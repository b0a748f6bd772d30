"""What meson install puts where."""

import os
import pathlib
import subprocess
import unittest

from kit import BADGATE, GOOD, CommandLine


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
