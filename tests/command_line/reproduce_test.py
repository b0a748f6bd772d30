"""badgate reproduce: from a line of a log to a scenario that writes it again."""

import json
import re
import shutil
import unittest

from kit import CommandLine

LINE = ("2026/11/23 04:15:25 [error] 17#17: *1042 {}, client: 203.0.113.7, server: shop.example, "
        'request: "{}", upstream: "{}", host: "shop.example"')
SLOW = LINE.format("upstream timed out (110: Connection timed out) while reading response header from upstream",
                   "GET /reports/2026 HTTP/1.1", "http://10.0.3.12:8080/reports/2026")
REFUSED = LINE.format("connect() failed (111: Connection refused) while connecting to upstream",
                      "POST /orders HTTP/1.1", "http://10.0.3.12:8080/orders")

HAPROXY = ("Nov 23 04:15:25 lb haproxy[14389]: 10.0.1.2:33317 [23/Nov/2026:04:15:25.655] http-in~ shop/web3 "
           '10/0/30/-1/60042 504 194 - - sH-- 4/4/0/1/0 0/0 {shop.example} "GET /report?id=7 HTTP/1.1"')
CONFIG = """http {
  upstream shop {
    server 10.0.3.12:8080 max_fails=2;
    server 10.0.3.13:8080;
  }
  limit_req_zone $binary_remote_addr zone=login:10m rate=5r/s;
  include sites/*.conf;
}
"""
SHOP = """server {
  listen 80;
  server_name shop.example;
  proxy_read_timeout 30s;
  location / {
    proxy_pass http://shop;
  }
  location = /login {
    limit_req zone=login burst=10 nodelay;
    proxy_pass http://shop;
  }
  location /api/ {
    proxy_pass http://shop/v2/;
  }
}
"""


class Reproduce(CommandLine):
    def test_a_line_becomes_a_scenario_that_passes(self):
        out = self.badgate("reproduce", SLOW).stdout
        self.assertRegex(out, r"cause +slow-application \(D1\)")
        self.assertRegex(out, r"users see +504 after 1m\n")
        self.assertRegex(out, r"helps +Raise proxy_read_timeout to 90 s: 200 after 1m15s\n")
        self.assertRegex(out, r"in vain +Raise proxy_connect_timeout to 90 s: 504 after 1m, and the same line\n")
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        text = (self.folder / "reproduction.toml").read_text()
        self.assertIn('path = "/reports/2026"', text)
        self.assertIn('server_name = "shop.example"', text)
        done = self.badgate("run", "reproduction.toml")
        self.assertRegex(done.stdout, r"4 passed, 0 failed")
        self.assert_clean()

    def test_the_file_goes_where_it_is_told(self):
        self.badgate("reproduce", SLOW, "-o", "mine.toml")
        self.assertTrue((self.folder / "mine.toml").exists())
        self.assertFalse((self.folder / "reproduction.toml").exists())
        self.assertIn("[[upstream.app]]", self.badgate("reproduce", SLOW, "-o", "-").stdout)
        self.file("reproduction.toml", 'title = "my own"\n')
        answer = self.badgate("reproduce", SLOW, code=2).stderr
        self.assertIn("reproduction.toml is there and not of badgate's making", answer)
        self.assertEqual((self.folder / "reproduction.toml").read_text(), 'title = "my own"\n')

    def test_a_log_is_searched_for_what_matters(self):
        disabled = SLOW.replace("[error]", "[warn]").replace(
            "upstream timed out (110: Connection timed out)", "upstream server temporarily disabled")
        log = [disabled] * 5 + [SLOW] * 2 + ["what a cat typed"] + [REFUSED] * 3
        self.file("error.log", "\n".join(log) + "\n")
        done = self.badgate("reproduce", "error.log")
        self.assertIn("3 kinds of lines", done.stderr)
        self.assertRegex(done.stderr, r"3 × line 9 +connect\(\) failed")
        self.assertIn("upstream-down (A1)", done.stdout)
        done = self.badgate("reproduce", "error.log", "--line", "6")
        self.assertIn("slow-application (D1)", done.stdout)
        for number, words in [("8", "line 8 is none of a log"), ("12", "there is no line 12")]:
            self.assertIn(words, self.badgate("reproduce", "error.log", "--line", number, code=2).stderr)

    def test_what_cannot_be_reproduced_says_why(self):
        line = LINE.format('upstream sent invalid header: "Two Words\\x20..." while reading response header '
                           "from upstream", "GET / HTTP/1.1", "http://10.0.3.12:8080/")
        out = self.badgate("reproduce", line, code=1).stdout
        self.assertRegex(out, r"^not +reproduced: upstream sent invalid header")
        self.assertRegex(re.sub(r"\s+", " ", out), r'message: "upstream sent invalid header: "Two\\x20...')
        self.assertFalse((self.folder / "reproduction.toml").exists())

    def test_several_causes_write_the_same_line(self):
        line = LINE.format("upstream prematurely closed connection while reading response header from upstream",
                           "POST /orders HTTP/1.1", "http://10.0.3.12:8080/orders")
        self.badgate("reproduce", line, "--cause", "keepalive-race")
        self.assertIn('fault = { keepalive = "race" }', (self.folder / "reproduction.toml").read_text())
        self.badgate("run", "reproduction.toml")

    def test_json(self):
        report = json.loads(self.badgate("reproduce", SLOW, "--format", "json").stdout)
        self.assertEqual((report["reproduced"], report["cause"], report["row"]), (True, "slow-application", "D1"))
        self.assertEqual((report["status"], report["elapsed"]), (504, 60.0))
        self.assertEqual([r["helps"] for r in report["remedies"]], [True, True, False])

    def test_the_settings_of_a_configuration(self):
        self.file("nginx.conf", CONFIG)
        self.file("sites/shop.conf", SHOP)
        out = self.badgate("reproduce", SLOW, "--config", "nginx.conf").stdout
        self.assertIn("the settings of location / (sites/shop.conf:5)", " ".join(out.split()))
        self.assertRegex(out, r"users see +504 after 1m\n")  # 30 s for each of two servers
        self.assertRegex(out, r"helps +proxy_read_timeout 45s: 200 after 38s\n")
        text = (self.folder / "reproduction.toml").read_text()
        self.assertIn('proxy_read_timeout = "30s"  # sites/shop.conf:4', text)
        self.assertIn("[[upstream.shop]]  # 10.0.3.12:8080", text)
        self.assertIn('max_fails = "2"', text)
        self.badgate("run", "reproduction.toml")

        api = SLOW.replace("/reports/2026", "/api/x", 1).replace("8080/reports/2026", "8080/v2/x")
        self.badgate("reproduce", api, "--config", "nginx.conf")
        text = (self.folder / "reproduction.toml").read_text()
        self.assertIn('[proxy.location."/api/"]\nproxy_pass = "http://shop/v2/"', text)
        limited = LINE.replace(', upstream: "{}"', "").format('limiting requests, excess: 10.200 by zone "login"',
                                                              "POST /login HTTP/1.1")
        self.badgate("reproduce", limited, "--config", "nginx.conf")
        self.assertIn('limit_req = "zone=login burst=10 nodelay"  # sites/shop.conf:9',
                      (self.folder / "reproduction.toml").read_text())

    def test_a_configuration_that_is_not_for_the_line(self):
        self.file("broken.conf", "http {\n  server {\n")
        done = self.badgate("reproduce", SLOW, "--config", "broken.conf", code=2)
        self.assertRegex(done.stderr, r"broken.conf:\d+:\d+: error: ")
        self.file("other.conf", "server { listen 80; location / { return 204; } }")
        self.assertIn("passes requests to nobody",
                      self.badgate("reproduce", SLOW, "--config", "other.conf", code=2).stderr)
        self.assertIn("none.conf", self.badgate("reproduce", SLOW, "--config", "none.conf", code=2).stderr)

    @unittest.skipUnless(shutil.which("haproxy"), "no haproxy here")
    def test_lines_of_haproxy(self):
        out = self.badgate("reproduce", HAPROXY).stdout
        self.assertRegex(out, r"same line +504 sH--, a server\n +by haproxy \d")
        self.assertRegex(out, r"users see +504 after 1m\n")
        self.assertIn("badgate run reproduction.toml --proxy haproxy", out)
        text = (self.folder / "reproduction.toml").read_text()
        self.assertIn('on.haproxy = "504 1m sH--"', text)
        self.assertIn('path = "/report?id=7"', text)
        self.assertRegex(self.badgate("run", "reproduction.toml", "--proxy", "haproxy").stdout, r"\d passed, 0 failed")
        self.assert_clean()
        for words in [["--proxy", "nginx"], ["--config", "nginx.conf"]]:
            self.badgate("reproduce", HAPROXY, *words, code=2)

    @unittest.skipUnless(shutil.which("nginx"), "no nginx here")
    def test_on_a_real_nginx(self):
        out = self.badgate("reproduce", SLOW, "--proxy", "nginx").stdout
        self.assertRegex(out, r"by nginx \d+\.\d+\.\d+, with")
        self.assertRegex(out, r"users see +504 after 1m\n")
        self.assert_clean()

    def test_what_other_programs_log(self):
        line = '10.0.0.1 - - [23/Nov/2026:04:15:25 +0000] "GET / HTTP/1.1" 502 157 "-" "curl"'
        self.assertIn("`badgate explain` says what the line means",
                      self.badgate("reproduce", line, code=2).stderr)

    def test_what_is_no_line(self):
        for words, answer in [("hello", "this is no line of a log that badgate knows"),
                              ("", "this is no line of a log that badgate knows")]:
            self.assertIn(answer, self.badgate("reproduce", words, code=2).stderr)
