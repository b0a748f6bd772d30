"""badgate run --shard, --repeat, --rerun-failed; badgate report merge."""

import json
import os
import re

from kit import GOOD, SOURCE, WRONG
from reports_test import Reports

# Half of all requests fail, which the seed decides.
NOW_AND_THEN = """title = "Now and then"
[[upstream.app]]
fault = { crash = "after-request", probability = "50%" }
[[request]]
[expect]
status = 200
"""

# Of a case that ran on the real clock, where no two runs take the same time and a client's TLS
# begins with random bytes.
SAME_ON_ANY_CLOCK = ["index", "name", "title", "state", "reason", "mismatches", "expectations", "explanation"]

# What the kernel takes for a client that does not read, which is no part of the story.
TAKEN = re.compile(r'"body_bytes_sent": \d+|body_bytes_sent=\d+|\d+ body bytes')


def on_the_real_clock(case):
    text = (SOURCE / "scenarios" / (case["scenario"] + ".toml")).read_text()
    return 'clock = "real"' in text


def comparable(case):
    """What of it must be so in every run."""
    if on_the_real_clock(case):
        return {key: case[key] for key in SAME_ON_ANY_CLOCK}
    unread = "client timed out (110: Connection timed out) while sending"
    if any(unread in line["message"] for line in case["error_log"]):
        return TAKEN.sub("", json.dumps(case, indent=1))
    return case


def without_times(report):
    """Wall-clock times are the one thing that is never the same."""
    for case in report["cases"]:
        case["wall_seconds"] = 0
    return {**report, "wall_seconds": 0}


class Shards(Reports):
    def test_four_shards_are_one_run(self):
        """Of the whole catalogue; where a sanitizer makes it last minutes, of a fifth."""
        what = ["--cause", "keepalive-race", "--cause", "slow-application", "--cause", "overload", "--cause", "php-fpm"
                ] if "ASAN_OPTIONS" in os.environ else []
        self.folder.chmod(0o755)  # for what runs as another user when this one is root
        self.badgate("run", *what, "--report", "json:whole.json", "--report", "tap:whole.tap")
        for k in range(1, 5):
            self.badgate("run", *what, "--shard", f"{k}/4", "--report", f"json:{k}.json")
            self.assertEqual(self.report(f"{k}.json")["shard"], f"{k}/4")
        files = [f"{k}.json" for k in (3, 1, 4, 2)]
        done = self.badgate("report", "merge", *files, "--report", "json:merged.json", "--report",
                            "tap:merged.tap")
        self.assertRegex(done.stdout, r"^\d+ passed, 0 failed")
        merged, whole = [without_times(self.report(name)) for name in ("merged.json", "whole.json")]
        self.assertLess(sum(comparable(case) != case for case in whole["cases"]), 20)
        for one, other in zip(merged.pop("cases"), whole.pop("cases"), strict=True):
            self.assertEqual(comparable(one), comparable(other))
        self.assertEqual(merged, whole)
        self.assertEqual((self.folder / "merged.tap").read_text(),
                         (self.folder / "whole.tap").read_text())

    def test_what_is_not_merged(self):
        catalogue = ["database", "overload", "slow-application", "application-crash"]
        for k in range(1, 5):
            self.badgate("run", *catalogue, "--shard", f"{k}/4", "--report", f"json:{k}.json")
            self.assert_valid(self.report(f"{k}.json"))
        files = [f"{k}.json" for k in (3, 1, 4, 2)]
        # A case that somebody has lost.
        spoilt = self.report("2.json")
        lost = spoilt["cases"].pop(1)
        self.file("lost.json", json.dumps(spoilt))
        done = self.badgate("report", "merge", "1.json", "lost.json", "3.json", "4.json", "--report",
                            "json:m.json", code=2)
        self.assertIn("no shard is missing, and yet 1 of ", done.stderr)
        self.assertIn(f"first number {lost['index'] + 1}, behind ", done.stderr)
        self.assertFalse((self.folder / "m.json").exists())

        done = self.badgate("report", "merge", "1.json", "2.json", "4.json", "--report",
                            "json:part.json", code=3)
        self.assertEqual(done.stderr, "badgate: shard 3/4 is missing\n")
        self.assertFalse(self.report("part.json")["complete"])
        done = self.badgate("report", "merge", "1.json", "1.json", "--report", "tap", code=2)
        self.assertIn("they overlap: ", done.stderr)
        self.badgate("run", *catalogue, "--shard", "2/4", "--seed", "9", "--report", "json:2.json")
        done = self.badgate("report", "merge", *files, "--report", "tap", code=2)
        self.assertIn("the seed is 1 in 3.json, and 9 in 2.json", done.stderr)

    def test_what_is_no_shard(self):
        self.file("good.toml", GOOD)
        for shard in ["0/4", "5/4", "2", "2/", "/4", "-1/4", "1/1001", "a/b", "1/4x"]:
            done = self.badgate("run", "good.toml", "--shard", shard, code=2)
            self.assertIn("is no shard: expected K/N", done.stderr)

    def test_an_empty_shard_is_well(self):
        self.file("good.toml", GOOD)
        for k in range(1, 6):
            self.badgate("run", "good.toml", "--shard", f"{k}/5", "--report", f"json:{k}.json")
        self.assertEqual(sum(len(self.report(f"{k}.json")["cases"]) for k in range(1, 6)), 2)
        self.badgate("report", "merge", *(f"{k}.json" for k in range(1, 6)), "--report", "json:m.json")
        self.assertTrue(self.report("m.json")["complete"])

    def test_runs_of_different_files(self):
        self.file("good.toml", GOOD)
        self.file("wrong.toml", WRONG)
        self.badgate("run", "good.toml", "--report", "json:1.json")
        self.badgate("run", "wrong.toml", "--report", "json:2.json", code=1)
        done = self.badgate("report", "merge", "1.json", "2.json", "--report", "json:m.json", code=1)
        self.assertEqual(done.stdout, "2 passed, 1 failed\n")
        self.assertEqual(self.report("m.json")["selected"], 3)


class Again(Reports):
    def test_repeat(self):
        self.file("half.toml", NOW_AND_THEN)
        done = self.badgate("run", "half.toml", "--repeat", "20", "--report", "json:r.json", "--report",
                            "markdown:r.md", "--report", "tap:r.tap", code=1)
        self.assertRegex(done.stdout, r"\n        passed \d+ of 20, failed \d+ of 20 \(seeds? \d+")
        self.assert_valid(self.report("r.json"))
        [case] = self.report("r.json")["cases"]
        repeats = case["repeats"]
        self.assertEqual(case["state"], "failed")
        self.assertEqual(repeats["passed"] + repeats["failed"], 20)
        self.assertGreater(repeats["passed"], 0)
        self.assertIn(f"passed {repeats['passed']} of 20", (self.folder / "r.md").read_text())
        self.assertIn(f"\n  failed: {repeats['failed']}\n", (self.folder / "r.tap").read_text())
        # Each of the seeds alone does what it did among the others.
        for seed in range(1, 21):
            code = 1 if seed in repeats["bad_seeds"] else 0
            self.badgate("run", "half.toml", "--seed", str(seed), code=code)

    def test_repeat_of_what_passes(self):
        self.file("good.toml", GOOD)
        out = self.badgate("run", "good.toml", "--repeat", "3").stdout
        self.assertEqual(out.count("        passed 3 of 3\n"), 2)
        self.assertIn("2 passed, 0 failed", out)

    def test_rerun_failed(self):
        self.file("all/good.toml", GOOD)
        self.file("all/wrong.toml", WRONG)
        again = ["run", "--rerun-failed", "--report", "json:r.json"]
        self.badgate("run", "all", "--report", "json:r.json", code=1)
        out = self.badgate(*again, code=1).stdout
        self.assertIn("0 passed, 1 failed: 1 scenario and 0 remedies", out)
        self.assertEqual(self.states("r.json"), {"wrong": "failed"})
        self.file("all/wrong.toml", WRONG.replace("status = 200", "status = 502"))
        self.assertIn("1 passed, 0 failed", self.badgate(*again).stdout)
        done = self.badgate(*again)
        self.assertIn("nothing failed in r.json", done.stderr)

    def test_rerun_failed_that_is_gone(self):
        self.file("all/wrong.toml", WRONG)
        self.file("all/wrong2.toml", WRONG)
        again = ["run", "all", "--rerun-failed", "--report", "json:r.json"]
        self.badgate("run", "all", "--report", "json:r.json", code=1)
        before = self.report("r.json")
        for name in ["wrong", "wrong2"]:
            os.rename(self.folder / f"all/{name}.toml", self.folder / f"{name}.toml")
        self.file("all/other.toml", GOOD)
        done = self.badgate(*again, code=2)
        self.assertIn("nothing of what failed in r.json is here", done.stderr)
        self.assertEqual(self.report("r.json"), before)
        # What is there passes, and what is not is no success.
        self.file("all/wrong.toml", WRONG.replace("status = 200", "status = 502"))
        done = self.badgate(*again, code=2)
        self.assertIn("1 passed, 0 failed", done.stdout)
        self.assertIn("wrong2 has failed, and is not here any more", done.stderr)

    def test_rerun_failed_of_what_was_renamed(self):
        for name in ["wrong", "wrong2"]:
            self.file(f"all/{name}.toml", WRONG)
        self.badgate("run", "all", "--report", "json:r.json", code=1)
        os.rename(self.folder / "all/wrong2.toml", self.folder / "all/x.toml")
        done = self.badgate("run", "--rerun-failed=r.json", code=1)  # no folder: the files of the report
        self.assertIn("0 passed, 1 failed", done.stdout)
        self.assertIn("wrong2 has failed, and is not here any more", done.stderr)

    def test_rerun_failed_of_less(self):
        self.file("a/slow.toml", WRONG.replace("status = 200", "status = 503").replace('"crash"', '"slow"', 1))
        self.file("b/wrong.toml", WRONG)
        self.badgate("run", "a", "b", "--report", "json:r.json", code=1)
        self.file("b/wrong.toml", WRONG.replace("status = 200", "status = 502"))
        for less in [["b"], ["--cause", "crash"]]:
            done = self.badgate("run", *less, "--rerun-failed=r.json")
            self.assertIn("1 passed, 0 failed", done.stdout)
            self.assertEqual(done.stderr, "")
        done = self.badgate("run", "--cause", "slow", "b", "--rerun-failed=r.json")
        self.assertIn("nothing of what failed in r.json was chosen", done.stderr)

    def test_rerun_failed_after_fail_fast(self):
        self.file("all/a.toml", WRONG)
        self.file("all/b.toml", WRONG)
        self.badgate("run", "all", "--fail-fast", "--jobs", "1", "--report", "json:r.json", code=1)
        self.assertEqual(self.states("r.json"), {"a": "failed", "b": "skipped"})
        self.file("all/a.toml", WRONG.replace("status = 200", "status = 502"))
        out = self.badgate("run", "--rerun-failed", "--report", "json:r.json", code=1).stdout
        self.assertIn("1 passed, 1 failed", out)

    def test_rerun_failed_of_a_file(self):
        self.file("all/wrong.toml", WRONG)
        self.file("all/wrong2.toml", WRONG)
        self.badgate("run", "all", "--report", "json:badgate-report.json", code=1)
        (self.folder / "all/wrong2.toml").unlink()
        done = self.badgate("run", "all", "--rerun-failed", code=1)
        self.assertIn("0 passed, 1 failed", done.stdout)
        self.assertIn("wrong2 has failed, and is not here any more", done.stderr)
        os.rename(self.folder / "badgate-report.json", self.folder / "x.json")
        self.badgate("run", "all", "--rerun-failed=x.json", code=1)
        done = self.badgate("run", "all", "--rerun-failed", code=2)
        self.assertIn("badgate-report.json: No such file or directory", done.stderr)
