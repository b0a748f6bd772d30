"""badgate reproduce --config … --proxy nginx: a line of a log, on a real nginx with the user's own file."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from kit import BADGATE, CommandLine

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)

SHOP = """user www-data;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;
events { worker_connections 768; }
http {
  access_log /var/log/nginx/access.log;
  upstream app { server 10.0.0.1:8080; keepalive 16; }
  include sites/*.conf;
}
"""
SITE = """server { listen 80; server_name shop.example; return 301 https://$host$request_uri; }
server {
  listen 443 ssl;
  server_name shop.example;
  ssl_certificate /etc/letsencrypt/live/shop/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/shop/privkey.pem;
  location / { proxy_pass http://app; proxy_read_timeout 7s; }
  location /direct/ { proxy_pass http://app.internal:9000/; }
  location ~ \\.php$ { include fastcgi_params; fastcgi_pass unix:/run/php/php8.2-fpm.sock; }
}
"""
LINE = ('2026/11/20 10:00:00 [error] 7#7: *1 {} while {}, client: 203.0.113.9, server: shop.example, '
        'request: "GET {} HTTP/1.1", upstream: "{}", host: "shop.example"')
SLOW = LINE.format("upstream timed out (110: Connection timed out)", "reading response header from upstream",
                   "/cart?id=1", "http://10.0.0.1:8080/cart?id=1")
DIRECT = LINE.format("upstream prematurely closed connection", "reading response header from upstream",
                     "/direct/x", "http://10.9.9.9:9000/x")
PHP = LINE.replace("[error]", "[crit]").format(
    "connect() to unix:/run/php/php8.2-fpm.sock failed (2: No such file or directory)",
    "connecting to upstream", "/index.php", "fastcgi://unix:/run/php/php8.2-fpm.sock:")


def nginx_processes():
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [l for l in found.splitlines() if "nginx: " in l and "badgate-" in l]


@unittest.skipUnless(NGINX, "no nginx here")
class OwnConfig(CommandLine):
    def setUp(self):
        super().setUp()
        self.file("nginx.conf", SHOP)
        self.file("sites/shop.conf", SITE)

    def reproduce(self, line, *args, code=0):
        out = self.badgate("reproduce", line, "--config", "nginx.conf", "--proxy", "nginx", *args, code=code)
        self.assert_clean()
        return out.stdout

    def test_lines_of_its_own_addresses(self):
        for line in [SLOW, DIRECT, PHP]:
            with self.subTest(line=line):
                out = self.reproduce(line)
                self.assertIn("your own nginx.conf ran, ", out)
                self.assertIn("What ran is your file but for this:\n", out)

    def test_json(self):
        own = json.loads(self.reproduce(SLOW, "--format", "json"))["own_config"]
        self.assertEqual(own["file"], "nginx.conf")
        replaced = {(os.path.basename(d["file"]), d["line"]): d for d in own["differences"]}
        listen = replaced["shop.conf", 3]
        self.assertEqual(listen["yours"], "listen 443 ssl")
        self.assertEqual(replaced["shop.conf", 5]["ran"], "ssl_certificate own-certificate.pem")
        if own["own_network"]:
            self.assertNotIn(("nginx.conf", 7), replaced)
            self.assertEqual(listen["ran"], "listen 443")
        else:
            self.assertTrue(replaced["nginx.conf", 7]["ran"].startswith("server 127.0.0.1:"))

    def test_its_timeout_counts(self):
        scenario = self.reproduce(SLOW, "-o", "-")
        self.assertIn('"7s"', scenario)

    @unittest.skipUnless(shutil.which("unshare"), "no unshare here")
    def test_without_a_network_of_its_own(self):
        script = ("echo 0 > /proc/sys/user/max_net_namespaces && "
                  '"$0" reproduce "$1" --config nginx.conf --proxy nginx --format json')
        done = subprocess.run(["unshare", "-Ur", "sh", "-c", script, BADGATE, SLOW], cwd=self.folder, env=self.env,
                              capture_output=True, text=True, timeout=60)
        if "unshare" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        own = json.loads(done.stdout)["own_config"]
        self.assertFalse(own["own_network"])
        self.assertIn("no network of one's own here", own["why_not"])
        replaced = {d["line"]: d for d in own["differences"] if d["file"].endswith("nginx.conf")}
        self.assertRegex(replaced[7]["ran"], r"^server 127\.0\.0\.1:\d+$")
        self.assert_clean()

    def test_interrupted(self):
        for wait in (0.02, 0.15, 0.4):
            with self.subTest(wait=wait):
                process = self.start("reproduce", SLOW, "--config", "nginx.conf", "--proxy", "nginx")
                time.sleep(wait)
                process.send_signal(signal.SIGINT)
                # Before there is anything to be taken away, the signal ends it at once.
                self.assertIn(process.wait(timeout=10), (0, 130, -signal.SIGINT))
                self.assert_clean()
                self.assertEqual([l for l in nginx_processes() if str(self.temp) in l], [])

    def test_a_file_that_nginx_refuses(self):
        self.file("sites/shop.conf", SITE.replace("server_name shop.example;", "server_name shop.example;\n frobnicate on;"))
        out = self.reproduce(SLOW, code=1)
        self.assertIn('unknown directive "frobnicate"', " ".join(out.split()))
