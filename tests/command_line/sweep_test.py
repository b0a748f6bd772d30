"""badgate sweep: one scenario over many values of a setting."""

import json
import xml.etree.ElementTree

from kit import GOOD, SOURCE, CommandLine

RANGE = "proxy_read_timeout=1s..2m"


class Sweep(CommandLine):
    def setUp(self):
        super().setUp()
        self.file("good.toml", GOOD)

    def test_table_and_threshold(self):
        out = self.badgate("sweep", "--vary", RANGE, "--against", "good.toml", "--steps", "4").stdout
        self.assertRegex(out, r"^\S+/good  The report takes 75 s\nIt has proxy_read_timeout = 60s\.\n\n"
                              r"proxy_read_timeout  what comes of it\n"
                              r" +1s  504 after 1s\n +\S+  504 after \S+\n +\S+  504 after \S+\n"
                              r" +2m  200 after 1m15s\n\n"
                              r"proxy_read_timeout: below 1m15\.001s 504, from there on 200\n$")
        self.assert_clean()

    def test_a_remedy(self):
        out = self.badgate("sweep", "--vary", "fault.delay=1s..2m", "--against",
                           "good.toml:longer_read_timeout").stdout
        self.assertIn("fault.delay: below 1m30s 200, from there on 504\n", out)

    def test_words(self):
        out = self.badgate("sweep", "--vary", "proxy_buffering", "--values", "off,on", "--against",
                           "good.toml").stdout
        self.assertRegex(out, r"(?m)^ +off  504 after 1m\n +on  504 after 1m\n")

    def test_picture(self):
        self.badgate("sweep", "--vary", RANGE, "--against", "good.toml", "-o", "plot.svg")
        picture = (self.folder / "plot.svg").read_text()
        root = xml.etree.ElementTree.fromstring(picture)
        texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
        for text in ("The report takes 75 s", "504", "200", "the scenario: 60s",
                     "time until the answer", "proxy_read_timeout, logarithmic"):
            self.assertIn(text, texts)
        self.assertNotIn("http", picture.replace("http://www.w3.org/2000/svg", ""))
        self.assertEqual([p.name for p in self.folder.glob("plot*")], ["plot.svg"])

    def test_the_picture_in_the_readme(self):
        self.badgate("sweep", "--vary", RANGE, "--against", "slow-application/report-takes-75s",
                     "-o", "sweep.svg")
        self.assertEqual((self.folder / "sweep.svg").read_text(),
                         (SOURCE / "docs" / "sweep.svg").read_text())

    def test_json(self):
        out = json.loads(self.badgate("sweep", "--vary", RANGE, "--against", "good.toml",
                                      "--format", "json", "--steps", "3").stdout)
        self.assertEqual([p["answers"][0]["status"] for p in out["points"]], [504, 504, 200])
        [threshold] = out["thresholds"]
        self.assertEqual((threshold["below"]["amount"], threshold["from"]["amount"]),
                         (75000, 75001))

    def test_the_catalogue(self):
        out = self.badgate("sweep", "--vary", "app.workers=1..8", "--against",
                           "overload/twice-as-many").stdout
        self.assertIn("app.workers: below 2 200, 504, from there on 200\n", out)

    def test_mistakes(self):
        for args, answer in [
            (["--vary", RANGE], "--against is required"),
            (["--vary", "proxy_read_timeout", "--against", "good.toml"], "takes a range"),
            (["--vary", RANGE, "--values", "1s", "--against", "good.toml"], "takes a range"),
            (["--vary", "proxy_read_timout=1s..2s", "--against", "good.toml"],
             'did you mean "proxy_read_timeout"?'),
            (["--vary", "proxy_read_timeout=2s..1s", "--against", "good.toml"], "must rise"),
            (["--vary", "fault.dely=1s..2s", "--against", "good.toml"], 'unknown key "dely"'),
            (["--vary", "db.body=1..2", "--against", "good.toml"], "its servers are app[0]"),
            (["--vary", RANGE, "--against", "slow-application"], "takes one scenario"),
            (["--vary", RANGE, "--against", "god.toml"], "god.toml"),
            (["--vary", RANGE, "--against", "good.toml", "--steps", "1"], "--steps"),
        ]:
            done = self.badgate("sweep", *args, code=2)
            self.assertIn(answer, done.stderr)
            self.assertEqual(done.stdout, "")
        done = self.badgate("sweep", "--vary", RANGE, "--against", "good.toml", "-o", "no/plot.svg",
                            code=3)
        self.assertIn("cannot write no/plot.svg: No such file", done.stderr)
