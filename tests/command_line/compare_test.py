"""badgate compare: what a change of settings does to users."""

import json

from kit import GOOD, WRONG, CommandLine

REPEATED = """title = "A click, two orders"
[proxy]
proxy_next_upstream = "error timeout non_idempotent"
[[upstream.app]]
fault = { slow = "header", delay = "75s" }
[[upstream.app]]
[[request]]
method = "POST"
path = "/orders"
"""


class Compare(CommandLine):
    def setUp(self):
        super().setUp()
        self.file("all/good.toml", GOOD)
        self.file("all/wrong.toml", WRONG)

    def test_better(self):
        out = self.badgate("compare", "--set", "proxy_read_timeout=120s", "all").stdout
        self.assertEqual(out, "  proxy_read_timeout  as the scenario has it → 120s\n\n"
                              "better     all/good  The report takes 75 s\n"
                              "           GET /  504 after 1m → 200 after 1m15s\n\n"
                              "1 better, 0 worse, 0 other, 1 unchanged\n")
        self.assert_clean()

    def test_worse(self):
        self.file("wait.toml", GOOD.replace('delay = "75s"', 'delay = "30s"'))
        out = self.badgate("compare", "--set", "proxy_read_timeout=10s", "wait.toml", code=1).stdout
        self.assertRegex(out, r"(?m)^worse +\S*wait  The report takes 75 s\n"
                              r" +GET /  200 after 30s → 504 after 10s\n")
        self.assertIn("0 better, 1 worse, 0 other, 0 unchanged\n", out)

    def test_executed_twice(self):
        self.file("order.toml", REPEATED)
        out = self.badgate("compare", "--set", "proxy_next_upstream=error timeout", "order.toml").stdout
        self.assertIn("POST /orders  200 after 1m, 2 tries → 504 after 1m, 1 try\n", out)
        self.assertIn("executed twice → once: it must not be repeated\n", out)
        self.assertTrue(out.endswith("1 better, 0 worse, 0 other, 0 unchanged\n"), out)

    def test_all(self):
        out = self.badgate("compare", "--set", "proxy_read_timeout=120s", "--all", "all").stdout
        self.assertRegex(out, r"(?m)^unchanged  all/wrong *\n +GET /shop  502$")

    def test_json(self):
        out = json.loads(self.badgate("compare", "--set", "proxy_read_timeout=120s", "--format",
                                      "json", "all").stdout)
        self.assertEqual(out["summary"], {"better": 1, "worse": 0, "other": 0, "unchanged": 1,
                                          "not_played": 0})
        [scenario] = out["comparisons"][0]["scenarios"]
        self.assertEqual((scenario["name"], scenario["judgement"]), ("all/good", "better"))
        [request] = scenario["requests"]
        self.assertEqual(request["before"][0]["status"], 504)
        self.assertAlmostEqual(request["after"][0]["elapsed"], 75, places=1)

    def test_the_catalogue(self):
        """What is true of raising proxy_read_timeout."""
        out = json.loads(self.badgate("compare", "--set", "proxy_read_timeout=120s", "--all",
                                      "--format", "json", code=1).stdout)
        found = {s["name"]: s.get("judgement") for s in out["comparisons"][0]["scenarios"]}
        self.assertEqual(found["slow-application/report-takes-75s"], "better")
        self.assertEqual(found["slow-application/deadlock"], "worse")
        for cause in ("application-crash", "invalid-header", "invalid-status-line", "bad-chunks",
                      "truncated-response", "upstream-down"):
            judged = {j for name, j in found.items() if name.startswith(cause + "/")}
            self.assertEqual(judged, {"unchanged"}, cause)
        races = {name: j for name, j in found.items() if name.startswith("keepalive-race/")}
        # That one waits: it is a firewall that keeps silent.
        self.assertEqual(races.pop("keepalive-race/firewall-forgets-idle-connections"), "worse")
        self.assertEqual(set(races.values()), {"unchanged"})

    def test_mistakes(self):
        for args, answer in [
            ([], "--set"),
            (["--set", "proxy_read_timout=1s"], 'did you mean "proxy_read_timeout"?'),
            (["--set", "keepalive=32"], 'did you mean "group.keepalive"?'),
            (["--set", "proxy_read_timeout=1x"], '"1x" is not a time'),
            (["--set", "proxy_buffer_size=64k"], "nginx would not start: "),
            (["--set", "proxy_read_timeout=1s", "alll"], "alll"),
            (["--set", "proxy_read_timeout=1s", "--format", "jsn"], 'did you mean "json"?'),
        ]:
            done = self.badgate("compare", *args, code=2)
            self.assertIn(answer, done.stderr)
            self.assertEqual(done.stdout, "")
