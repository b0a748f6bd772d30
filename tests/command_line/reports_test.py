"""badgate run --report, --shard, --repeat, --rerun-failed; badgate report."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import xml.etree.ElementTree as xml

from kit import BADGATE, GOOD, SOURCE, WRONG, CommandLine, eventually
from interrupted_test import REAL, children_of
from proxy_faults_test import FAKE, SCENARIO

try:
    import jsonschema
except ImportError:
    jsonschema = None

FORMATS = ["junit", "tap", "json", "github", "markdown", "html"]
SCHEMA = json.loads((SOURCE / "docs" / "report.schema.json").read_text())
SKIPPED = """title = "Nowhere to be played"
clock = "real"
[[upstream.app]]
[[request]]
"""
# Half of all requests fail, which the seed decides.
NOW_AND_THEN = """title = "Now and then"
[[upstream.app]]
fault = { crash = "after-request", probability = "50%" }
[[request]]
[expect]
status = 200
"""


def schema_errors(value, schema, where=""):
    """What of the JSON Schema 2020-12 the report's schema uses; for machines without jsonschema."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        tries = [schema_errors(value, one, where) for one in schema["anyOf"]]
        return [] if [] in tries else tries[0]
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r}"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
             "boolean": bool, "null": type(None)}
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or kind != "boolean" and isinstance(value, bool)):
        return [f"{where}: {value!r} is no {kind}"]
    errors = []
    if kind == "string" and not re.search(schema.get("pattern", ""), value):
        errors.append(f"{where}: {value!r}")
    if kind == "integer" and value < schema.get("minimum", value):
        errors.append(f"{where}: {value}")
    if kind == "array":
        for i, one in enumerate(value):
            errors += schema_errors(one, schema.get("items") or {}, f"{where}/{i}")
    if kind == "object":
        known = schema.get("properties", {})
        errors += [f"{where}: no {key}" for key in schema.get("required", []) if key not in value]
        for key, one in value.items():
            rest = schema.get("additionalProperties", {})
            if key not in known and rest is False:
                errors.append(f"{where}: unknown {key}")
            errors += schema_errors(one, known.get(key, rest or {}), f"{where}/{key}")
    return errors


def without_times(report):
    """Wall-clock times are the one thing that is never the same."""
    for case in report["cases"]:
        case["wall_seconds"] = 0
    return {**report, "wall_seconds": 0}


# Of a case that ran on the real clock, where no two runs take the same time and a client's TLS
# begins with random bytes.
SAME_ON_ANY_CLOCK = ["index", "name", "title", "state", "reason", "mismatches", "expectations", "explanation"]


def on_the_real_clock(case):
    text = (SOURCE / "scenarios" / (case["scenario"] + ".toml")).read_text()
    return 'clock = "real"' in text


class Reports(CommandLine):
    def report(self, name):
        return json.loads((self.folder / name).read_text())

    def states(self, name):
        return {case["name"].rpartition("/")[2]: case["state"] for case in self.report(name)["cases"]}

    def assert_valid(self, report):
        self.assertEqual(schema_errors(report, SCHEMA), [])
        if jsonschema:
            jsonschema.Draft202012Validator(SCHEMA).validate(report)

    def with_all_outcomes(self):
        """Passes, failures, a skip, and a crash of the proxy under test."""
        self.file("all/good.toml", GOOD)
        self.file("all/skipped.toml", SKIPPED)
        self.file("all/wrong.toml", WRONG)

    def crash(self, *options):
        """nginx that dies at its second request is a broken run."""
        self.file("two.toml", SCENARIO)
        (self.folder / self.file("fake", f"#!{sys.executable}\n{FAKE % 'falls'}")).chmod(0o755)
        return self.badgate("run", "two.toml", "--nginx", "./fake", "--clock", "x20", *options, code=3)


class Formats(Reports):
    def test_several_at_once(self):
        self.with_all_outcomes()
        targets = [arg for f in FORMATS for arg in ("--report", f"{f}:report.{f}")]
        done = self.badgate("run", "all", "--clock", "virtual", *targets, code=1)
        self.assertIn("2 passed, 1 failed, 1 skipped", done.stdout)
        self.assert_clean()
        self.assertEqual(sorted(os.listdir(self.folder)),
                         sorted(["all", "tmp"] + [f"report.{f}" for f in FORMATS]))
        self.assert_valid(self.report("report.json"))
        self.assertEqual(self.states("report.json"), {
            "good": "passed", "good:longer_read_timeout": "passed", "skipped": "skipped",
            "wrong": "failed"})

        tree = xml.parse(self.folder / "report.junit").getroot()
        self.assertEqual((tree.get("tests"), tree.get("failures"), tree.get("errors")), ("4", "1", "0"))
        failure = tree.find(".//failure")
        self.assertEqual(failure.get("message"), "status of request 1: expected 200, was 502")
        self.assertIn("all/wrong.toml:9:1", failure.text)

        tap = (self.folder / "report.tap").read_text()
        self.assertRegex(tap, r"\ATAP version 14\n1\.\.4\n# badgate [0-9.]+, seed 1, ")
        self.assertRegex(tap, r"(?m)^ok 3 - \S*skipped # SKIP it needs the real clock$")
        self.assertRegex(tap, r"(?m)^not ok 4 - \S*wrong$")

        github = (self.folder / "report.github").read_text().splitlines()
        self.assertRegex(github[0], r"^::notice file=all/skipped.toml,line=1,title=\S+::skipped: it")
        self.assertRegex(github[1], r"^::error file=all/wrong.toml,line=9,col=1,title=\S+wrong::status "
                                    r"of request 1: expected 200, was 502$")
        self.assertEqual(len(github), 2)

        markdown = (self.folder / "report.markdown").read_text()
        self.assertIn("# badgate: 2 passed, 1 failed, 1 skipped\n", markdown)
        self.assertIn("| status of request 1 | 200 | 502 | all/wrong.toml:9:1 |", markdown)

    def test_a_crash_of_the_proxy_under_test(self):
        self.crash("--report", "json:r.json", "--report", "junit:r.xml", "--report", "tap:r.tap",
                   "--report", "github:r.txt", "--report", "markdown:r.md")
        report = self.report("r.json")
        self.assert_valid(report)
        self.assertTrue(report["complete"])
        self.assertEqual(report["proxy"], {"name": "nginx", "version": "1.22.1"})
        self.assertEqual(report["clock"], "x20")
        [case] = report["cases"]
        self.assertEqual(case["state"], "broken")
        self.assertRegex(case["reason"], r"nginx ended by SIGABRT after .*its last lines:")
        error = xml.parse(self.folder / "r.xml").getroot().find(".//error")
        self.assertRegex(error.get("message"), r"^nginx ended by SIGABRT after ")
        self.assertRegex((self.folder / "r.tap").read_text(), r"(?m)^not ok 1 - .*\n  ---\n  message: "
                                                              r'"nginx ended by SIGABRT')
        self.assertRegex((self.folder / "r.txt").read_text(),
                         r"^::error file=two.toml,line=1,title=[^:]*::badgate could not tell: nginx ended")
        self.assertIn("### Broken: ", (self.folder / "r.md").read_text())

    @unittest.skipUnless(shutil.which("xmllint"), "no xmllint here (libxml2-utils)")
    def test_junit_validates(self):
        self.with_all_outcomes()
        self.badgate("run", "all", "--report", "junit:run.xml", "--clock", "virtual", code=1)
        self.crash("--report", "junit:crash.xml")
        schemas = [SOURCE / "tests/golden/reports/junit.xsd"]
        if "BADGATE_JUNIT_XSD" in os.environ:
            schemas.append(os.environ["BADGATE_JUNIT_XSD"])
        for schema in schemas:
            for file in ["run.xml", "crash.xml", SOURCE / "tests/golden/reports/run.junit"]:
                done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, file],
                                      cwd=self.folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_schema(self):
        if jsonschema:
            jsonschema.Draft202012Validator.check_schema(SCHEMA)
        report = json.loads((SOURCE / "tests/golden/reports/run.json").read_text())
        self.assert_valid(report)
        for spoil in [lambda r: r.pop("seed"), lambda r: r.update(version=2), lambda r: r.update(x=1),
                      lambda r: r["cases"][0].update(state="fine"),
                      lambda r: r["cases"][0]["timeline"][0].update(at="soon")]:
            spoilt = json.loads(json.dumps(report))
            spoil(spoilt)
            self.assertNotEqual(schema_errors(spoilt, SCHEMA), [])
            if jsonschema:
                self.assertFalse(jsonschema.Draft202012Validator(SCHEMA).is_valid(spoilt))

    def test_on_standard_output(self):
        self.file("wrong.toml", WRONG)
        done = self.badgate("run", "wrong.toml", "--report", "json", code=1)
        self.assert_valid(json.loads(done.stdout))
        self.assertIn("0 passed, 1 failed", done.stderr)
        self.assert_valid(json.loads(self.badgate("run", "wrong.toml", "--report", "json:-", code=1).stdout))
        self.assertEqual(sorted(os.listdir(self.folder)), ["tmp", "wrong.toml"])

    def test_mistakes_are_told_before_anything_runs(self):
        self.file("good.toml", GOOD)
        self.file("old.xml", "as it was")
        (self.folder / "folder").mkdir()
        for targets, answer in [
            (["junti:x"], 'no report format "junti"; there are junit, tap, json, github, markdown, '
                          'html; did you mean "junit"?'),
            (["old.xml"], 'no report format "old.xml"'),
            (["junit:"], '"junit:" names no file behind the colon'),
            (["junit:no/such/x.xml"], "cannot write no/such/x.xml: there is no folder no/such"),
            (["junit:folder"], "cannot write folder: it is a folder"),
            (["junit:good.toml/x"], "good.toml is no folder"),
            (["junit", "tap"], "only one report can go to standard output"),
            (["junit:old.xml", "tap:./old.xml"], "two reports would be written to ./old.xml"),
        ]:
            args = [arg for target in targets for arg in ("--report", target)]
            done = self.badgate("run", "good.toml", *args, code=2)
            self.assertIn(answer, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertEqual((self.folder / "old.xml").read_text(), "as it was")
        self.assertEqual(sorted(os.listdir(self.folder)), ["folder", "good.toml", "old.xml", "tmp"])

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_may_not_be_written_to(self):
        self.file("good.toml", GOOD)
        (self.folder / "closed").mkdir(0o500)
        done = self.badgate("run", "good.toml", "--report", "tap:closed/x", code=2)
        self.assertIn("cannot write closed/x: Permission denied", done.stderr)

    def test_a_full_disk_is_an_error(self):
        self.file("good.toml", GOOD)
        done = self.badgate("run", "good.toml", "--report", "tap:/dev/full", code=3)
        self.assertIn("cannot write /dev/full: No space left on device", done.stderr)
        self.badgate("run", "good.toml", "--report", "json:r.json")
        # Larger than what is held back until the program ends.
        for command in [["report", "r.json"], ["run", "good.toml"]]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([BADGATE, *command, "--report", "html"], cwd=self.folder, stdout=full,
                                      stderr=subprocess.PIPE, text=True, env=self.env)
            self.assertEqual(done.returncode, 3)
            self.assertEqual(done.stderr.count("cannot write"), 1)
            self.assertIn("cannot write the standard output: No space left on device", done.stderr)

    def test_broken_off(self):
        self.file("all/a.toml", GOOD)
        self.file("all/b.toml", REAL)
        self.file("all/c.toml", REAL)
        self.file("r.json", "the one before")
        process = self.start("run", "all", "--report", "json:r.json", "--jobs", "1")
        self.assertTrue(eventually(lambda: list(self.temp.iterdir())))
        self.assertEqual((self.folder / "r.json").read_text(), "the one before")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        report = self.report("r.json")
        self.assert_valid(report)
        self.assertFalse(report["complete"])
        self.assertEqual(report["totals"]["passed"], 2)
        self.assertEqual(report["totals"]["broken"], 2)
        self.assertEqual(report["cases"][2]["reason"], "not run: the run was broken off")
        self.assertEqual(sorted(os.listdir(self.folder)), ["all", "r.json", "tmp"])
        self.assert_clean()

    def test_a_worker_that_dies(self):
        self.file("b.toml", REAL)
        process = self.start("run", "b.toml", "--report", "json:r.json", "--jobs", "1")
        self.assertTrue(eventually(lambda: children_of(process.pid)))
        os.kill(children_of(process.pid)[0], signal.SIGKILL)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3)
        report = self.report("r.json")
        self.assert_valid(report)
        self.assertRegex(report["cases"][0]["reason"], r"the process that ran it ended by signal 9")

    def test_fail_fast(self):
        self.file("all/a.toml", WRONG)
        self.file("all/b.toml", GOOD)
        self.badgate("run", "all", "--fail-fast", "--jobs", "1", "--report", "json:r.json", code=1)
        report = self.report("r.json")
        self.assertFalse(report["complete"])
        self.assertEqual([c["state"] for c in report["cases"]], ["failed", "skipped", "skipped"])
        self.assertIn("--fail-fast", report["cases"][1]["reason"])


class Shards(Reports):
    def test_four_shards_are_one_run(self):
        """Of the whole catalogue."""
        self.folder.chmod(0o755)  # for what runs as another user when this one is root
        self.badgate("run", "--report", "json:whole.json", "--report", "tap:whole.tap")
        for k in range(1, 5):
            self.badgate("run", "--shard", f"{k}/4", "--report", f"json:{k}.json")
            self.assertEqual(self.report(f"{k}.json")["shard"], f"{k}/4")
        files = [f"{k}.json" for k in (3, 1, 4, 2)]
        done = self.badgate("report", "merge", *files, "--report", "json:merged.json", "--report",
                            "tap:merged.tap")
        self.assertRegex(done.stdout, r"^\d+ passed, 0 failed")
        merged, whole = [without_times(self.report(name)) for name in ("merged.json", "whole.json")]
        real = {case["name"] for case in whole["cases"] if on_the_real_clock(case)}
        self.assertLess(len(real), 10)
        for one, other in zip(merged.pop("cases"), whole.pop("cases"), strict=True):
            if one["name"] in real:
                one, other = [{key: case[key] for key in SAME_ON_ANY_CLOCK} for case in (one, other)]
            self.assertEqual(one, other)
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


class Convert(Reports):
    def test_convert(self):
        self.with_all_outcomes()
        targets = [arg for f in FORMATS for arg in ("--report", f"{f}:report.{f}")]
        self.badgate("run", "all", "--clock", "virtual", *targets, code=1)
        for f in FORMATS:
            done = self.badgate("report", "report.json", "--report", f, code=1)
            self.assertEqual(done.stdout, (self.folder / f"report.{f}").read_text())
        with open(self.folder / "report.json") as report:
            piped = subprocess.run([BADGATE, "report", "-", "--report", "tap"], stdin=report,
                                   capture_output=True, env=self.env)
        self.assertEqual(piped.stdout, (self.folder / "report.tap").read_bytes())

    def test_what_is_no_report(self):
        self.file("good.json", "{}")
        self.file("bad.json", "{")
        self.file("later.json", '{"format": "badgate-report", "version": 2}')
        for file, answer in [
            ("good.json", "good.json: it is no report of badgate"),
            ("bad.json", "bad.json: it is not JSON"),
            ("later.json", "it is a report of version 2, and this badgate knows version 1"),
            ("none.json", "none.json: No such file or directory"),
            (".", ".: Is a directory"),
        ]:
            for command in [["report"], ["report", "merge"]]:
                done = self.badgate(*command, file, "--report", "tap", code=2)
                self.assertIn(answer, done.stderr)
        self.assertIn("say which FILE", self.badgate("report", code=2).stderr)
        self.assertIn("say --report FORMAT[:FILE]", self.badgate("report", "good.json", code=2).stderr)
