"""The reader of nginx's configuration beside a real nginx: what one accepts the other accepts, what one
refuses the other refuses, with the same words and line."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from kit import SOURCE, CommandLine

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)
CONFIGS = SOURCE / "tests/configs"

# A whole configuration with each in the place of LOCATION's content; all of them are refused.
REFUSED = [
    "proxy_pass http://127.0.0.1",
    "proxy_pass http://127.0.0.1; }",
    'proxy_set_header A "b"c;',
    'proxy_set_header A "b;',
    "proxy_read_timeout 10x;",
    "proxy_read_timeout 10s 20s;",
    "proxy_read_timeout;",
    "proxy_read_timeout 10s; proxy_read_timeout 10s;",
    "proxy_buffering maybe;",
    "proxy_buffer_size 4q;",
    "proxy_next_upstream_tries two;",
    "proxy_buffers 8;",
    "proxy_read_timeout 10s {}",
    "location /x/",
    "server {}",
    "upstream a {}",
    "worker_connections 10;",
    "{ proxy_buffering on; }",
    ";",
    "proxy_read_timeout 10s\n proxy_send_timeout 10s;",
    "set $a " + "x" * 5000 + ";",
    'set $a "' + "x" * 5000 + '";',
    "# " + "x" * 5000,
    "include /nowhere/at/all.conf;",
    "include;",
    "if ($a) ;",
    "limit_except GET;",
    "return;",
    "internal on;",
]
ACCEPTED = [
    'set $a "\\"}{;#";',
    "set $a '${b}'; set $b 1;",
    "set $a x#y;",
    "set $a a}b;",
    "set $a \\;;",
    "location ~ ^/a{2}\\.php$ {}".replace("a{2}", '(?<x>[^/]+)'),
    'location ~ "^/a{2}$" {}',
    "if ($request_method = \"POST\") { return 405; }",
    "proxy_set_header A\n\t'b'\n\t;",
    "proxy_read_timeout 1m30s; proxy_buffer_size 8K;",
    "# } ; { \" '",
    "include /nowhere/*.conf;",
    "proxy_buffering ON;",
    "set $a \xe9\xff;",
    "set $a " + "x" * 4095 + ";",
]


@unittest.skipUnless(NGINX, "no nginx here")
class Configs(CommandLine):
    def setUp(self):
        super().setUp()
        self.etc = self.folder / "etc"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example", "-days", "2",
                        "-keyout", self.folder / "site.key", "-out", self.folder / "site.pem"],
                       check=True, capture_output=True)

    def own(self, text):
        """Without what only the machine of the configuration has: names, certificates, folders."""
        text = re.sub(r"[a-z-]+\.internal\b", "127.0.0.1", text)
        text = re.sub(r"/etc/ssl/\S+/(site\.\w+);", rf"{self.folder}/\1;", text)
        text = re.sub(r"/var/(log|cache)/nginx/", f"{self.folder}/", text)
        return re.sub(r"(?m)^user .*$", "", text)

    def nginx(self, *args):
        temp = "".join(f"{m}_temp_path {self.folder}/{m}; " for m in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi"))
        main = self.etc / "nginx.conf"
        text = main.read_bytes()
        main.write_bytes(text.replace(b"http {", b"http { " + temp.encode(), 1))
        done = subprocess.run([NGINX, *args, "-e", "stderr", "-p", self.etc, "-c", main, "-g", f"pid {self.folder}/pid;"],
                              capture_output=True)
        main.write_bytes(text)
        return done

    def put(self, text):
        self.etc.mkdir(exist_ok=True)
        (self.etc / "nginx.conf").write_bytes(text if isinstance(text, bytes) else text.encode())

    def test_nginx_accepts_the_configurations(self):
        for path in sorted(CONFIGS.glob("*.conf")) + [CONFIGS / "includes/nginx.conf"]:
            shutil.rmtree(self.etc, ignore_errors=True)
            sources = path.parent.rglob("*.conf") if path.parent != CONFIGS else [path]
            for source in sources:
                name = source.relative_to(path.parent) if path.parent != CONFIGS else pathlib.Path("nginx.conf")
                (self.etc / name).parent.mkdir(parents=True, exist_ok=True)
                (self.etc / name).write_text(self.own(source.read_text()))
            done = self.nginx("-T")
            self.assertEqual(done.returncode, 0, f"{path}: {done.stderr.decode()}")
            # What nginx says of itself is read as what it has read.
            (self.folder / "dump").write_bytes(done.stdout)
            args = ["--no-tables", "--format", "json", "--fail-on", "never"]
            own = json.loads(self.badgate("audit", str(self.etc / "nginx.conf"), *args).stdout)
            dumped = json.loads(self.badgate("audit", "dump", *args).stdout)
            self.assertEqual([(f["id"], f["line"], f["title"]) for f in own["findings"]],
                             [(f["id"], f["line"], f["title"]) for f in dumped["findings"]], path)
            self.assertEqual(own["kinds"], dumped["kinds"], path)

    def whole(self, inside):
        return (b"events {\n}\nhttp {\n  server {\n    location / {\n      proxy_pass http://127.0.0.1;\n    }\n"
                b"    location /x/ {\n      " + inside.encode("latin-1") + b"\n    }\n  }\n}\n")

    def test_what_nginx_refuses_is_refused_with_its_words(self):
        for inside in REFUSED:
            self.put(self.whole(inside))
            theirs = self.nginx("-t").stderr.decode("latin-1")
            found = re.search(r"\[emerg\] (?:\d+#\d+: )?(.*) in (\S+):(\d+)$", theirs, re.M)
            self.assertTrue(found, f"{inside[:60]!r}: nginx: {theirs}")
            ours = self.badgate("audit", "etc/nginx.conf", code=2).stderr
            first = re.match(r"(\S+?):(\d+):\d+: error: (.*)", ours)
            self.assertTrue(first, f"{inside[:60]!r}: {ours}")
            with self.subTest(inside[:60]):
                self.assertEqual(first[3], found[1])
                # nginx names the line in which the directive ends, badgate that in which it begins.
                self.assertIn(int(found[3]) - int(first[2]), (0, inside.count("\n")))

    def test_what_nginx_accepts_is_accepted(self):
        for inside in ACCEPTED:
            self.put(self.whole(inside))
            done = self.nginx("-t")
            self.assertEqual(done.returncode, 0, f"{inside[:60]!r}: {done.stderr.decode()}")
            self.badgate("audit", "etc/nginx.conf", "--fail-on", "never")
