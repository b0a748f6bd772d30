"""badgate reproduce --config haproxy.cfg: a line of HAProxy's log, with the settings of that file, and with
--proxy haproxy on the user's own file."""

import json
import os
import shutil
import signal
import subprocess
import unittest

from kit import BADGATE, PATIENCE, SOURCE, CommandLine, eventually

HEAD = "Nov 23 04:15:25 lb haproxy[14389]: 10.0.1.2:33317 [23/Nov/2026:04:15:25.655] http-in~ "


def line(whom, times, status, state, request="GET /cart?id=7 HTTP/1.1"):
    return f'{HEAD}{whom} {times} {status} 194 - - {state} 4/4/0/1/0 0/0 "{request}"'


SLOW = line("shop/web3", "10/0/30/-1/20042", 504, "sH--")
# What the frontend's and the backend's own rules and checks decide is in the user's file alone.
LINES = {
    "slow": (SLOW, "both"),
    "slow api": (line("api/api1", "0/0/1/-1/3002", 504, "sH--", "POST /api/x HTTP/1.1"), "both"),
    "closes": (line("shop/web1", "0/0/1/-1/2", 502, "SH--"), "both"),
    "no http": (line("shop/web1", "0/0/1/-1/2", 502, "PH--"), "both"),
    "refused": (line("shop/web1", "0/0/-1/-1/3004", 503, "SC--", "POST /cart HTTP/1.1"), "both"),
    "vanished": (line("api/api1", "0/0/-1/-1/4004", 503, "sC--", "GET /api/x HTTP/1.1"), "both"),
    "nobody left": (line("shop/<NOSRV>", "0/-1/-1/-1/0", 503, "SC--"), "both"),
    "stalls, with a cookie": (line("shop/web2", "0/0/1/2/20100", 200, "sDVN"), "both"),
    "cut": (line("shop/web2", "0/0/1/2/20", 200, "SD--"), "both"),
    "half a request": (line("http-in/<NOSRV>", "-1/-1/-1/-1/8004", 408, "cR--", "<BADREQ>"), "both"),
    "no request": (line("http-in/<NOSRV>", "-1/-1/-1/-1/0", 400, "PR--", "<BADREQ>"), "both"),
    "client left": (line("shop/web2", "0/0/1/2/2000", 200, "CD--"), "both"),
    "over TLS": (line("reports/rep1", "0/0/1/-1/120002", 504, "sH--", "GET /report HTTP/1.1"), "both"),
    "no socket": (line("media/files", "0/0/-1/-1/3004", 503, "SC--", "GET /a.jpg HTTP/1.1"), "both"),
    "the application's own": (line("shop/web2", "0/0/1/2/20", 500, "----"), "both"),
    "denied": (line("http-in/<NOSRV>", "0/-1/-1/-1/0", 403, "PR--", "GET /admin/x HTTP/1.1"), "own"),
    "redirected": (line("http-in/<NOSRV>", "0/-1/-1/-1/0", 301, "LR--"), "own"),
    "queued for too long": (line("api/<NOSRV>", "0/6001/-1/-1/6001", 503, "sQ--", "GET /api/x HTTP/1.1"), "own"),
}


def left_over(folder):
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [l for l in found.splitlines() if "haproxy" in l and str(folder) in l and "ps -eo" not in l]


@unittest.skipUnless(shutil.which("haproxy") or os.path.exists("/usr/sbin/haproxy"), "no haproxy here")
class OwnHaproxy(CommandLine):
    def setUp(self):
        super().setUp()
        self.config = (SOURCE / "tests/haproxy_configs/shop.cfg").read_text()
        self.file("haproxy.cfg", self.config)

    def reproduce(self, text, *args, code=0):
        done = self.badgate("reproduce", text, "--config", "haproxy.cfg", *args, code=code)
        self.assert_clean()
        self.assertEqual(left_over(self.temp), [])
        return done

    def test_lines_come_out_again_with_the_settings(self):
        for name, (text, where) in LINES.items():
            with self.subTest(name=name):
                self.reproduce(text, "-o", "out.toml", code=0 if where == "both" else 1)

    def test_lines_come_out_again_of_the_file_itself(self):
        for name, (text, _) in LINES.items():
            with self.subTest(name=name):
                out = self.reproduce(text, "--proxy", "haproxy", "-o", "out.toml").stdout
                self.assertIn("your own haproxy.cfg ran, ", out)

    def test_what_the_scenario_takes_from_the_file(self):
        out = self.reproduce(SLOW).stdout
        self.assertIn("settings of frontend http-in (haproxy.cfg:43) and backend shop (haproxy.cfg:59)",
                      " ".join(out.split()))
        self.assertRegex(out, r"users see +504 after 20(\.\d+)?s\n")
        text = (self.folder / "reproduction.toml").read_text()
        self.assertIn('proxy_read_timeout = "20s"  # haproxy.cfg:36: timeout server', text)
        self.assertIn("[[upstream.shop]]  # web1 10.0.0.1:8080", text)
        self.assertIn("retries 2 (haproxy.cfg:33)", " ".join(text.replace("# ", "").split()))
        self.assertRegex(self.badgate("run", "reproduction.toml", "--proxy", "haproxy").stdout, r"\d passed, 0 failed")

    def test_what_is_not_in_the_file(self):
        for text, words in [
                (line("shp/web1", "0/0/1/-1/2", 502, "SH--"), 'no backend "shp"; did you mean "shop"?'),
                (line("shop/wbe1", "0/0/1/-1/2", 502, "SH--"), 'no server "wbe1"; did you mean "web1"?'),
                (SLOW.replace("http-in~", "https-in~"), 'no frontend "https-in"; did you mean "http-in"?')]:
            self.assertIn(words, self.reproduce(text, code=2).stderr)
        self.file("haproxy.cfg", self.config.replace("timeout server 20s", "timeout sever 20s"))
        stderr = self.reproduce(SLOW, code=2).stderr
        self.assertIn('haproxy.cfg:36:11: error: unknown timeout "sever"', stderr)
        self.file("haproxy.cfg", self.config.replace("timeout server 20s", ""))
        self.assertIn("does not set it for backend shop (haproxy.cfg:59)", self.reproduce(SLOW, code=2).stderr)

    def test_what_ran_is_told(self):
        own = json.loads(self.reproduce(SLOW, "--proxy", "haproxy", "--format", "json").stdout)["own_config"]
        self.assertEqual(own["file"], "haproxy.cfg")
        replaced = {d["line"]: d for d in own["differences"]}
        self.assertEqual(replaced[5]["ran"], "")  # chroot
        self.assertRegex(replaced[44]["ran"], r"^bind 127\.0\.0\.1:\d+$")
        self.assertNotIn(51, replaced)  # acl is_admin
        if own["own_network"]:
            self.assertNotIn(65, replaced)  # server web1
        else:
            self.assertRegex(replaced[65]["ran"], r"^server web1 127\.0\.0\.1:\d+ check cookie w1 weight 2$")

    @unittest.skipUnless(shutil.which("unshare"), "no unshare here")
    def test_without_a_network_of_its_own(self):
        script = ("echo 0 > /proc/sys/user/max_net_namespaces && "
                  '"$0" reproduce "$1" --config haproxy.cfg --proxy haproxy --format json')
        done = subprocess.run(["unshare", "-Ur", "sh", "-c", script, BADGATE, SLOW], cwd=self.folder, env=self.env,
                              capture_output=True, text=True, timeout=60)
        if "unshare" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        own = json.loads(done.stdout)["own_config"]
        self.assertFalse(own["own_network"])
        replaced = {d["line"]: d for d in own["differences"]}
        self.assertRegex(replaced[65]["ran"], r"^server web1 127\.0\.0\.1:\d+ check cookie w1 weight 2$")
        self.assert_clean()

    def test_a_file_that_haproxy_refuses(self):
        self.file("haproxy.cfg", self.config.replace("balance roundrobin", "balance frobnicate"))
        out = self.reproduce(SLOW, "--proxy", "haproxy", code=1).stdout
        self.assertRegex(" ".join(out.split()), "does not start.*balance")

    def test_nothing_of_the_users_runs(self):
        ran = self.folder / "ran"
        self.file("ran.lua", f'io.open("{ran}", "a"):write("lua\\n")\n')
        self.file("ran.sh", f"#!/bin/sh\necho program >> {ran}\n")
        (self.folder / "ran.sh").chmod(0o755)
        lua = f"{self.folder}/ran.lua"
        of_global = [f"lua-load {lua}", f"\vlua-load {lua}", f'"${{KEYWORD}}" {lua}', f"stats socket {ran}",
                     f'setenv KEYWORD lua-load\n  "${{KEYWORD}}" {lua}']
        ways = ["global\n  " + way + "\n" for way in of_global]
        ways += [f".if defined(X)\n.else\n{way}.endif\n" for way in ways[:]]
        ways += [f"global\n  master-worker\nprogram x\n  command {self.folder}/ran.sh\n"]
        self.env["KEYWORD"] = "lua-load"
        for way in ways:
            with self.subTest(way=way):
                ran.unlink(missing_ok=True)
                self.file("haproxy.cfg", self.config + "\n" + way)
                out = self.reproduce(SLOW, "--proxy", "haproxy", "-o", "out.toml").stdout
                self.assertIn("your own haproxy.cfg ran, ", out)
                self.assertFalse(ran.exists())

    def test_what_the_file_says_of_others(self):
        more = """
  maxconn "${MOST}"
  option httplog
  option dontlog-normal
  http-request set-log-level silent
  http-request do-resolve(txn.ip,dns,ipv4) hdr(host)
  http-request set-header X-Shop %[hdr(host),map(/none/shops.map,"${SHOP}")]
  http-request set-map(/none/shops.map) %[src] 1
  http-request return status 200 content-type text/plain lf-file /none/a.txt if { path /a.txt }
  http-request track-sc0 src table shop
  acl is_other sc_http_req_rate(0,mates/t) gt 10
  http-request deny if is_other
  http-error status 503 content-type text/plain file /none/503.txt
"""
        sections = """
resolvers dns
  nameserver a 192.0.2.53:53
peers mates
  peer lb 192.0.2.1:1024
  table t type ip size 1k store http_req_rate(10s)
cache files
  total-max-size 4
http-errors shop
  errorfile 503 /none/503.http
"""
        config = self.config.replace("  bind :80\n", "  bind :80\n" + more)
        config = config.replace("\nbackend shop\n", "\nbackend shop\n  stick-table type ip size 1k peers mates\n"
                                "  stick on src\n  tcp-check connect addr 192.0.2.1 port 25\n")
        config = config.replace("default-server inter 2s", 'default-server resolvers dns inter "${INTER}"')
        self.file("haproxy.cfg", config + sections)
        self.env.update(MOST="1000", SHOP="x", INTER="2s")
        own = json.loads(self.reproduce(SLOW, "--proxy", "haproxy", "--format", "json").stdout)["own_config"]
        ran = {d["yours"]: d["ran"] for d in own["differences"]}
        self.assertEqual(ran["resolvers dns"], "")
        self.assertEqual(ran["option dontlog-normal"], "")
        self.assertEqual(ran["default-server resolvers dns inter ${INTER} fall 3 rise 2"],
                         'default-server inter "${INTER}" fall 3 rise 2')
        self.assertNotIn("maxconn ${MOST}", ran)

    def test_servers_at_one_address(self):
        for servers in ("  server-template api 1-3 api.internal:9000 maxconn 2\n",
                        "  server api1 10.0.1.1:9000\n  server api2 10.0.1.1:9000\n"):
            config = self.config.replace("  server api1 api.internal:9000 maxconn 2\n", servers)
            self.file("haproxy.cfg", config.replace("  server api2 10.0.1.2:9000 maxconn 2\n", ""))
            out = self.reproduce(LINES["slow api"][0], "--proxy", "haproxy", "-o", "out.toml").stdout
            self.assertIn("your own haproxy.cfg ran, ", out)

    def test_interrupted(self):
        process = self.start("reproduce", SLOW, "--config", "haproxy.cfg", "--proxy", "haproxy")
        # Before there is anything to be taken away, the signal would end it at once.
        self.assertTrue(eventually(lambda: any(self.temp.iterdir())))
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(timeout=PATIENCE), (0, 130))
        self.assert_clean()
        self.assertEqual(left_over(self.temp), [])
