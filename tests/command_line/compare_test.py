"""badgate compare: what a change of settings does to users."""

import json
import re

from kit import GOOD, SOURCE, WRONG, CommandLine

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

PROXY = """[proxy]
listen = "127.0.0.1:8080"
proxy_read_timeout = "60s"
[proxy.location."/api/"]
proxy_read_timeout = "300s"
[[upstream.app]]
server = "127.0.0.1:9000"
"""

NGINX = """events {}
http {
  upstream app { server 10.0.0.1:8080; }
  server {
    listen 80;
    server_name shop.example;
    location / { proxy_pass http://app; }
    location /api/ {
      proxy_pass http://app;
      proxy_read_timeout 300s;
    }
  }
}
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
        self.assertAlmostEqual(request["after"][0]["longest"], 75, places=1)

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

    def test_two_configurations(self):
        self.file("old.toml", PROXY)
        self.file("new.toml", PROXY.replace("300s", "10s"))
        out = self.badgate("compare", "old.toml", "new.toml", "all", code=1).stdout
        self.assertEqual(out, "location /api/\n"
                              "  proxy_read_timeout  300s → 10s  new.toml\n\n"
                              "worse      all/good  The report takes 75 s\n"
                              "           GET /  200 after 1m15s → 504 after 10s\n\n"
                              "0 better, 1 worse, 0 other, 1 unchanged\n")
        out = self.badgate("compare", "old.toml", "old.toml", "all").stdout
        self.assertTrue(out.startswith("No setting differs"), out)

    def test_two_nginx_configurations(self):
        self.file("old.conf", NGINX)
        self.file("new.conf", NGINX.replace("300s", "10s"))
        out = self.badgate("compare", "old.conf", "new.conf", "all", code=1).stdout
        self.assertTrue(out.startswith("shop.example location /api/\n"
                                       "  proxy_read_timeout  300s → 10s  new.conf:10\n\n"), out)
        self.assertIn("GET /  200 after 1m15s → 504 after 10s\n", out)
        self.file("broken.conf", NGINX.replace("300s;", "300s"))
        self.assertIn("broken.conf:11:", self.badgate("compare", "old.conf", "broken.conf",
                                                      code=2).stderr)

    def test_a_configuration_and_set(self):
        self.file("old.toml", PROXY)
        out = self.badgate("compare", "old.toml", "--set", "proxy_read_timeout=90s", "-l", "api",
                           "all").stdout
        self.assertIn("location /api/\n  proxy_read_timeout  300s → 90s\n", out)
        self.assertIn("0 better, 0 worse, 0 other, 2 unchanged\n", out)

    def test_the_readme(self):
        shown = re.search(r"(?s)\$ badgate compare --set (\S+) .*?\n(.*?)```",
                          (SOURCE / "README.md").read_text())
        names = re.findall(r"(?m)^(?:better|worse) +(\S+)", shown.group(2))
        names += ["keepalive-race/post-is-not-retried", "application-crash/segfault"]
        out = self.badgate("compare", "--set", shown.group(1), *names, code=1).stdout
        self.assertEqual(out, shown.group(2))

    def test_mistakes(self):
        self.file("old.toml", PROXY)
        self.file("broken.toml", "[proxy]\nproxy_read_timout = 1\n")
        for args, answer in [
            ([], "two configurations, or --set"),
            (["old.conf", "old.toml"], "old.conf"),
            (["old.toml"], "two configurations, or --set"),
            (["old.toml", "old.toml", "-l", "/x/"], "  location /api/\n"),
            (["old.toml", "broken.toml"], "broken.toml:2:1: error: "),
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
