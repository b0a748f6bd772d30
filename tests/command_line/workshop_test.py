"""docs/workshop.md: every command of it, as an instructor types it."""

import http.client
import json
import re
import shutil
import unittest

from kit import SOURCE, CommandLine

TEXT = (SOURCE / "docs" / "workshop.md").read_text()


def commands():
    for block in re.findall(r"(?s)```console\n(.*?)```", TEXT):
        for line in block.splitlines():
            if line.startswith("$ badgate "):
                yield line.removeprefix("$ badgate ")


class Workshop(CommandLine):
    def lab(self):
        """A lab at a free port; its address."""
        process = self.start("lab", "--port", "0")
        line = process.stdout.readline()
        return re.search(r"http://(127\.0\.0\.1:\d+)/", line).group(1)

    def ask(self, host, method, path, body=None):
        connection = http.client.HTTPConnection(host)
        self.addCleanup(connection.close)
        connection.request(method, path, body and json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        return json.loads(answer.read())

    def saved(self, host):
        """What "Save as scenario file" gives in lesson 4, when it has failed."""
        actions = [{"kind": "break", "id": "slow"}, {"kind": "send", "request": "report"}]
        played = self.ask(host, "POST", "/api/play", {"lesson": "04-slow", "actions": actions})
        self.assertEqual(played["done"], ["504"])
        return played["toml"]

    def test_saved_scenario(self):
        self.file("saved.toml", self.saved(self.lab()))
        for file in (SOURCE / "docs" / "example").iterdir():
            shutil.copy(file, self.folder)
        ran = 0
        for command in commands():
            if not re.match(r"run saved|explain|show|audit", command):
                continue
            if "--proxy nginx" in command and not shutil.which("nginx"):
                continue
            words = re.match(r"([^']*)(?:'(.*)')?$", command)
            args = words.group(1).split() + ([words.group(2)] if words.group(2) else [])
            # The audit of an example that has something to find says so by its exit code.
            finds = args[0] == "audit"
            out = self.badgate(*args, code=1 if finds else 0).stdout
            ran += 1
            if args[0] == "run":
                self.assertIn("1 passed, 0 failed", out)
            else:
                self.assertIn("nginx.conf" if finds else "slow", out)
        self.assertGreaterEqual(ran, 5)

    def test_lab_and_catalogue(self):
        told = list(commands())
        self.assertIn("run --cause slow-application", told)
        self.assertIn("lab --port 8090", told)
        known = self.badgate("lab", "--help").stdout
        for option in re.findall(r"--[a-z-]+", " ".join(re.findall(r"badgate lab[^`\n]*", TEXT))):
            self.assertIn(option, known)
        self.assertIn("--allow-host", known)
        self.assertIn(" passed, 0 failed", self.badgate(*told[0].split()).stdout)

    def test_incidents_of_the_seed(self):
        table = re.search(r"(?s)<!-- incidents: (\d+) -->\n(.*?)<!-- end -->", TEXT)
        host = self.lab()
        offered = self.ask(host, "GET", f"/api/incidents?seed={table.group(1)}")["incidents"]
        known = {(str(one["level"]), one["title"]) for one in offered}
        rows = re.findall(r"(?m)^\| (\d+) \| (\d) \| (.*?) \|$", table.group(2))
        self.assertGreaterEqual(len(rows), 4)
        for minutes, level, title in rows:
            self.assertIn((level, title), known)
        self.assertLessEqual(sum(int(minutes) for minutes, _, _ in rows), 25)
        self.assertIn("Slower, to be safe", {title for _, title in known})

    def test_lessons_of_the_plan(self):
        lessons = self.ask(self.lab(), "GET", "/api/lessons")
        lessons = lessons if isinstance(lessons, list) else lessons["lessons"]
        numbers = {one["number"] for one in lessons}
        for number in re.findall(r"(?i)lessons? (\d+)", TEXT):
            self.assertIn(int(number), numbers)

    def test_the_plan_takes_two_hours(self):
        rows = re.findall(r"(?m)^\| (\d+)–(\d+) \|", TEXT)
        self.assertEqual(rows[0][0], "0")
        self.assertEqual(rows[-1][1], "120")
        for (_, end), (begin, _) in zip(rows, rows[1:]):
            self.assertEqual(end, begin)
        for begin, end in rows:
            self.assertIn(f"### {begin}–{end}: ", TEXT)
