"""badgate run --report; badgate report."""

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
