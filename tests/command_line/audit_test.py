"""badgate audit: what is found in a configuration of nginx, and that it is true."""

import json

from kit import CommandLine

SHOP = """http {
  upstream app {
    server 10.0.0.1:8080;
    server 10.0.0.2:8080;
  }
  server {
    server_name shop.example;
    location / {
      proxy_pass http://app;
      proxy_next_upstream error timeout non_idempotent;
      proxy_connect_timeout 2s;
      proxy_read_timeout 5s;
    }
  }
}
"""
NOTHING_TO_SAY = """server {
  location / {
    proxy_pass http://10.0.0.1;
    proxy_connect_timeout 2s;
    proxy_read_timeout 5s;
  }
}
"""


class Audit(CommandLine):
    def test_findings_have_their_line_and_their_fix(self):
        self.file("shop.conf", SHOP)
        text = self.badgate("audit", "shop.conf", code=1).stdout
        self.assertIn("shop.conf: 1 server, 1 location that passes requests on, to 1 upstream;", text)
        self.assertIn("shop.example location / → app (2 servers)", text)
        self.assertRegex(text, r"takes the request, never answers +200 after 5 s ×2 +200 after 5 s \(done ×2\)")
        self.assertIn("1. high  A POST is executed 2 times  [executed-twice]\n"
                      "    shop.conf:10: proxy_next_upstream error timeout non_idempotent\n", text)
        self.assertIn("    fix: proxy_next_upstream error timeout;\n", text)
        self.assertIn("    shop.conf:3: server 10.0.0.1:8080 (nginx's default: max_fails=1)\n", text)
        self.assertNotIn("stuck-server", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 110)

    def test_scenarios_prove_the_findings_and_their_fixes(self):
        self.file("shop.conf", SHOP)
        found = json.loads(self.badgate("audit", "shop.conf", "--format", "json", "--write", "found", code=1).stdout)
        files = [f["scenario_file"] for f in found["findings"] if "scenario" in f]
        self.assertEqual(sorted(files), sorted(p.name for p in (self.folder / "found").iterdir()))
        self.assertIn("01-executed-twice.toml", files)
        done = self.badgate("run", "found").stdout
        self.assertIn(f"{len(files)} scenarios and {len(files)} remedies", done)
        twice = found["findings"][0]
        self.assertEqual((twice["line"], twice["default"], twice["severity"]), (10, False, "high"))
        self.assertIn("executed 2 times", twice["before"])
        self.assertEqual(twice["after"], "502 at once")

    def test_a_second_audit_leaves_nothing_of_the_first(self):
        self.file("shop.conf", SHOP)
        self.file("good.conf", NOTHING_TO_SAY)
        self.badgate("audit", "shop.conf", "--write", "found", code=1)
        first = {p.name for p in (self.folder / "found").iterdir()}
        self.assertIn("01-executed-twice.toml", first)
        self.file("found/02-mine.toml", "title = \"mine\"\n")
        self.badgate("audit", "good.conf", "--write", "found")
        self.assertEqual(["02-mine.toml"], [p.name for p in (self.folder / "found").iterdir()])
        self.file("found/01-executed-twice.toml", "title = \"mine\"\n")
        done = self.badgate("audit", "shop.conf", "--write", "found", code=2)
        self.assertIn("found/01-executed-twice.toml was not written by an audit", done.stderr)
        self.assertEqual(2, len(list((self.folder / "found").iterdir())))

    def test_a_pass_to_a_variable_has_a_fix(self):
        self.file("set.conf", "server { set $b http://10.0.0.1:443; location / { proxy_pass $b; } }")
        text = self.badgate("audit", "set.conf", "--no-tables", code=1).stdout
        self.assertIn("    fix: proxy_pass https://10.0.0.1:443;\n", text)

    def test_exit_codes_for_pipelines(self):
        self.file("good.conf", NOTHING_TO_SAY)
        self.assertIn("no findings\n", self.badgate("audit", "good.conf").stdout)
        self.file("shop.conf", SHOP.replace(" non_idempotent", "").replace("10.0.0.1:8080", "10.0.0.1:8080 max_fails=9")
                  .replace("10.0.0.2:8080", "10.0.0.2:8080 max_fails=9")
                  .replace("proxy_read_timeout 5s;", "limit_req zone=a;"))
        self.badgate("audit", "shop.conf", code=1)
        self.badgate("audit", "shop.conf", "--fail-on", "never")
        self.badgate("audit", "good.conf", "--fail-on", "high")

    def test_bad_files_are_told_with_their_place(self):
        self.file("bad.conf", "http {\n  server {\n    listen 80\n    server_name a;\n  }}\n}\n")
        done = self.badgate("audit", "bad.conf", code=2)
        self.assertIn('bad.conf:6:1: error: unexpected "}"\n    6 | }\n      | ^\n', done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn('open() "none.conf" failed (2: No such file', self.badgate("audit", "none.conf", code=2).stderr)
        self.file("static.conf", "server { root /srv; }")
        self.assertIn("no location passes requests on", self.badgate("audit", "static.conf", code=2).stderr)
