"""badgate matrix --format html: what a browser makes of the page."""

import html
import shutil
import subprocess
import unittest

from kit import GOOD, PATIENCE, WRONG, CommandLine

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)
TITLE = """A "title" with 'quotes', </script>, <!--<script> & <b>"""


@unittest.skipUnless(CHROMIUM, "needs a browser (Debian: apt-get install chromium)")
class MatrixPage(CommandLine):
    def opened(self, fragment=""):
        """The document after its script has run."""
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
             f"--user-data-dir={self.folder}/profile", f"--timeout={PATIENCE * 1000}",
             f"file://{self.folder}/page.html{fragment}"],
            cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_page(self):
        self.file("mine/report.toml", GOOD)
        self.file("mine/odd.toml", WRONG.replace("Wrong about the status", "TITLE")
                  .replace('"TITLE"', "'''" + TITLE + "'''"))
        self.badgate("matrix", "mine", "--proxy", "builtin,builtin", "--format", "html",
                     "-o", "page.html")
        page = self.opened()
        self.assertIn(">2 of 2 rows shown<", page)
        self.assertIn(html.escape(TITLE, quote=False), page.split('<script id="data"')[0])
        self.assertEqual(page.count("<td class="), 4)
        self.assertNotIn("<dialog id=\"story\" aria-labelledby=\"story-title\" open", page)
        # A cell's story, by its address.
        story = self.opened("#mine%2Freport=1").split("<dialog", 1)[1]
        self.assertIn(" open=", story.split(">")[0])
        self.assertIn("<td>60.000</td><td>client</td><td>receives 504, whole", story)
