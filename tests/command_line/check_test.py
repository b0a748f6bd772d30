"""badgate check: every bad state of an upstream that can be planted on loopback, and its name."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import unittest

from kit import PATIENCE, CommandLine, eventually
from probe_test import Fake, answers, waits

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def fastcgi(fake, connection):
    """Answers as php-fpm does: FCGI_GET_VALUES by its result."""
    kind = connection.recv(65536)[1]
    if kind == 9:
        connection.sendall(struct.pack(">BBHHBB", 1, 10, 0, 0, 0, 0))
    else:
        connection.close()


def unaccepted(test, backlog=5, connections=0, path=None):
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(path or ("127.0.0.1", 0))
    listener.listen(backlog)
    test.addCleanup(listener.close)
    for _ in range(connections):
        s = socket.socket(listener.family)
        s.setblocking(False)
        s.connect_ex(listener.getsockname())
        test.addCleanup(s.close)
    return listener.getsockname()


def abandoned(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))


class Checking(CommandLine):
    def config(self, locations, http="", server="listen 8080;", main="user root;"):
        self.file("nginx.conf", f"{main}\nevents {{}}\nhttp {{\n{http}\nserver {{\n{server}\n{locations}\n}}\n}}\n")

    def check(self, *args, code=0):
        return self.badgate("check", "nginx.conf", *args, code=code).stdout

    def found(self, *args, code=1, max_time="5s"):
        """level, what, fix, scenario of the worst finding of the only upstream."""
        report = json.loads(self.check("--format", "json", "--max-time", max_time, *args, code=code))
        finding = report["upstreams"][0]["findings"][0]
        return finding["level"], finding["what"], finding["fix"], finding["scenario"]

    def passed_to(self, where, **kwargs):
        self.config(f"location / {{ {where}; }}", **kwargs)


class Check(Checking):
    def test_all_is_well(self):
        web, php = Fake(self, answers(OK)), Fake(self, fastcgi)
        self.config("location / { proxy_pass http://app/shop/; proxy_set_header Host shop.test; }\n"
                    f"location ~ \\.php$ {{ fastcgi_pass 127.0.0.1:{php.port}; }}",
                    f"upstream app {{ server 127.0.0.1:{web.port}; }}")
        out = self.check()
        self.assertRegex(out, rf"ok     app 127\.0\.0\.1:{web.port}  HTTP 200, connected in \S+ ms, first byte")
        self.assertRegex(out, rf"ok     127\.0\.0\.1:{php.port} +FastCGI, connected in ")
        self.assertIn("2 upstream addresses, 0 certificates: 0 wrong. As root, nginx's user.", out)
        self.assertTrue(web.requests[0].startswith("GET /shop/ HTTP/1.0\r\nHost: shop.test\r\n"))

    def test_nobody_listens(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
            self.config("location /api/ { proxy_pass http://app; }",
                        f"upstream app {{ server 127.0.0.1:{port}; }}")
            out = self.check(code=1)
        self.assertRegex(out, rf"WRONG  app 127\.0\.0\.1:{port}  nobody listens at 127\.0\.0\.1:{port}\n"
                              rf"       cure: start it, or write its port; here: ss -ltnp")
        self.assertIn("       badgate show upstream-down/application-not-running\n"
                      "       nginx.conf:4, used by location /api/ of ", out)

    def test_protocols(self):
        for serve, where, level, what, fix, scenario in [
            (fastcgi, "proxy_pass http://127.0.0.1:{}", "wrong", "speaks FastCGI, not HTTP",
             "fastcgi_pass 127.0.0.1:{};", "fastcgi/proxy-pass-to-fastcgi"),
            (answers(OK), "fastcgi_pass 127.0.0.1:{}", "wrong", "speaks HTTP, not FastCGI",
             "proxy_pass http://127.0.0.1:{};", "fastcgi/http-on-the-fastcgi-port"),
            (answers(OK), "proxy_pass https://127.0.0.1:{}", "wrong", "speaks no TLS",
             "proxy_pass http://127.0.0.1:{}", "tls/https-to-a-plain-port"),
            (answers(b"SSH-2.0-OpenSSH_9.2\r\n"), "proxy_pass http://127.0.0.1:{}", "wrong",
             "is an SSH server", "write the application's port", "wrong-port/ssh-server"),
            (answers(b"220 mail ESMTP\r\n"), "proxy_pass http://127.0.0.1:{}", "wrong",
             "is a mail or FTP server", "write", "wrong-port/mail-server"),
            (answers(b"J\0\0\0\n8.0.36\0mysql_native_password\0"), "proxy_pass http://127.0.0.1:{}",
             "wrong", "is MySQL", "write", "wrong-port/database-server"),
            (answers(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"), "proxy_pass http://127.0.0.1:{}",
             "wrong", "speaks HTTP/2 only", "grpc_pass", "not-http/http2-only-server"),
            (answers(b"hello"), "proxy_pass http://127.0.0.1:{}", "wrong", 'does not speak HTTP: "hello"',
             "write", "not-http/random-bytes"),
            (answers(b""), "proxy_pass http://127.0.0.1:{}", "wrong", "closed without an answer", "log",
             "application-crash/closes-without-reading"),
            (answers(b""), "fastcgi_pass 127.0.0.1:{}", "wrong", "does not speak FastCGI", "ss -ltnp",
             "fastcgi/gone-without-a-word"),
            (waits, "proxy_pass http://127.0.0.1:{}", "wrong", "says nothing within", "log",
             "slow-application/deadlock"),
            (waits, "fastcgi_pass 127.0.0.1:{}", "wrong", "are all children busy?", "pm.max_children",
             "php-fpm/max-children-reached"),
            (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), "proxy_pass http://127.0.0.1:{}",
             "wrong", "cuts its answer to /", "log", "truncated-response/dies-in-mid-body"),
        ]:
            with self.subTest(scenario=scenario, where=where):
                fake = Fake(self, serve)
                self.passed_to(where.format(fake.port))
                found = self.found(max_time="300ms" if serve is waits else "5s")
                self.assertEqual((found[0], found[3]), (level, scenario), found)
                self.assertIn(what, found[1])
                self.assertIn(fix.format(fake.port), found[2])

    def test_its_own_503(self):
        fake = Fake(self, answers(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"))
        self.passed_to(f"proxy_pass http://127.0.0.1:{fake.port}")
        found = self.found(code=0)
        self.assertEqual((found[0], found[3]), ("warning", "application-error/own-503"))

    def test_sockets(self):
        php = self.folder / "php.sock"
        for prepare, what, fix, scenario in [
            (lambda: None, "does not exist", "start the application", "unix-socket/missing"),
            (lambda: self.file("app.sock", ""), "is no socket", "rm ", "unix-socket/plain-file"),
            (lambda: abandoned(self.folder / "app.sock"),
             "nobody listens (its owner is gone)", "start the application", "unix-socket/stale"),
        ]:
            with self.subTest(scenario=scenario):
                (self.folder / "app.sock").unlink(missing_ok=True)
                prepare()
                self.passed_to(f"proxy_pass http://unix:{self.folder}/app.sock:/")
                found = self.found()
                self.assertEqual((found[0], found[3]), ("wrong", scenario), found)
                self.assertIn(what, found[1])
                self.assertIn(fix, found[2])
        (self.folder / "app.sock").unlink()
        unaccepted(self, path=str(php))
        self.passed_to(f"fastcgi_pass unix:{self.folder}/php7.sock")
        found = self.found()
        self.assertEqual(found[3], "php-fpm/wrong-socket-path")
        self.assertIn(f"fastcgi_pass unix:{php}; or start", found[2])

    def test_permissions(self):
        os.chmod(self.folder, 0o755)
        inner = self.folder / "inner"
        inner.mkdir()
        path = str(inner / "app.sock")
        unaccepted(self, path=path)
        for folder_mode, mode, what in [(0o700, 0o777, f"may not enter {inner} (drwx------"),
                                        (0o755, 0o755, f"may not write to {path} (srwxr-xr-x")]:
            os.chmod(inner, folder_mode)
            os.chmod(path, mode)
            self.passed_to(f"proxy_pass http://unix:{path}", main="user nobody;")
            found = self.found(max_time="300ms")
            self.assertEqual((found[0], found[3]), ("wrong", "unix-socket/no-permission"), found)
            self.assertIn(f"nobody {what}", found[1])
        self.passed_to(f"fastcgi_pass unix:{path}", main="user nobody;")
        found = self.found(max_time="300ms")
        self.assertEqual(found[3], "php-fpm/no-permission")
        self.assertIn("listen.owner = nobody", found[2])
        self.assertNotIn("may not", self.check("--user", "root", "--max-time", "300ms", code=1))

    def test_full_queues(self):
        host, port = unaccepted(self, backlog=1, connections=4)
        self.passed_to(f"proxy_pass http://127.0.0.1:{port}")
        found = self.found(max_time="300ms")
        self.assertEqual(found[3], "firewall/looks-like-a-firewall")
        self.assertIn(f"the accept queue of 127.0.0.1:{port} is full: 2 connections wait, 1 may", found[1])
        path = unaccepted(self, backlog=1, connections=4, path=str(self.folder / "app.sock"))
        self.passed_to(f"proxy_pass http://unix:{path}")
        self.assertEqual(self.found(max_time="300ms")[3], "unix-socket/queue-is-full")
        self.passed_to(f"fastcgi_pass unix:{path}")
        self.assertEqual(self.found(max_time="300ms")[3], "php-fpm/backlog-full-unix")

    def test_nobody_accepts(self):
        host, port = unaccepted(self, backlog=50)
        self.passed_to(f"proxy_pass http://127.0.0.1:{port}")
        found = self.found(max_time="300ms")
        self.assertEqual(found[3], "slow-application/stopped-process")
        self.assertIn("nobody accepts, the kernel alone answers (proxy_read_timeout 1m)", found[1])

    def test_slow(self):
        def slow(fake, connection):
            connection.recv(65536)
            threading.Event().wait(0.4)
            connection.sendall(OK)
        fake = Fake(self, slow)
        self.passed_to(f"proxy_pass http://127.0.0.1:{fake.port}; proxy_read_timeout 700ms")
        found = self.found(code=0)
        self.assertEqual((found[0], found[3]), ("warning", "slow-application/report-takes-75s"))
        self.assertIn("of proxy_read_timeout 700ms", found[1])

    def test_names(self):
        self.passed_to("proxy_pass http://a..b")
        found = self.found()
        self.assertEqual((found[0], found[3]), ("wrong", "name-resolution/unknown-at-start"))
        self.assertIn("nginx will not start or reload", found[1])
        self.passed_to("set $app http://$arg_x; proxy_pass $app")
        found = self.found(code=0)
        self.assertEqual((found[0], found[3]), ("warning", "name-resolution/no-resolver"))

    def test_broken_files(self):
        self.file("nginx.conf", "http {\n  server {\n    listen 80\n  }\n}\n")
        done = self.badgate("check", "nginx.conf", code=2)
        self.assertRegex(done.stderr, r"nginx\.conf:\d+:\d+: error: ")
        self.badgate("check", "none.conf", code=2)
        self.passed_to("proxy_pass http://127.0.0.1:1", main="user nobody-of-this-name;")
        self.assertIn('there is no user "nobody-of-this-name"', self.badgate("check", "nginx.conf", code=2).stderr)
        self.config("")
        self.assertIn("passes requests to nobody", self.check())

    def test_from_standard_input(self):
        fake = Fake(self, answers(OK))
        text = f"# configuration file /etc/nginx/nginx.conf:\nhttp {{ server {{ location / {{ proxy_pass http://127.0.0.1:{fake.port}; }} }} }}\n"
        from kit import BADGATE
        done = subprocess.run([BADGATE, "check", "-", "--user", "root"], input=text, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("HTTP 200", done.stdout)

    def test_interrupted(self):
        fake = Fake(self, waits)
        self.passed_to(f"proxy_pass http://127.0.0.1:{fake.port}")
        process = self.start("check", "nginx.conf", "--max-time", "30s")
        self.assertTrue(eventually(lambda: fake.requests))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=2), 130)
        self.assert_clean()

    def test_badgates_own_backend(self):
        self.file("own.toml", 'title = "x"\n[[upstream.app]]\nfault = { crash = "after-request" }\n'
                              '[[request]]\n[expect]\nstatus = 502\n')
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        process = self.start("serve", "own.toml", "--port", "0", "--backend-port", str(port))
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        self.passed_to(f"proxy_pass http://127.0.0.1:{port}")
        self.assertEqual(self.found()[3], "application-crash/closes-without-reading")


@unittest.skipUnless(shutil.which("openssl"), "no openssl here")
class CheckTls(Checking):
    def certificate(self, name, days=90, file="cert"):
        if days < 0:
            return self.expired(name, file)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", f"{file}.key", "-out", f"{file}.pem", "-days", str(days), "-subj",
                        f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"], cwd=self.folder,
                       check=True, capture_output=True)

    def expired(self, name, file):
        self.file("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                            "default_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
        self.file("index.txt", "")
        self.file("serial", "01")
        for command in [
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             f"{file}.key", "-out", "request.pem", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
            ["ca", "-batch", "-notext", "-selfsign", "-config", "ca.cnf", "-keyfile", f"{file}.key", "-in",
             "request.pem", "-out", f"{file}.pem", "-startdate", "20250101000000Z", "-enddate", "20260101000000Z"],
        ]:
            subprocess.run(["openssl", *command], cwd=self.folder, check=True, capture_output=True)

    def tls_server(self, name="shop.test", days=90, change=lambda context: None):
        import ssl
        self.certificate(name, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "cert.key")
        change(context)
        return Fake(self, answers(OK), context)

    def test_upstreams(self):
        import ssl
        verify = "proxy_ssl_verify on; proxy_ssl_trusted_certificate cert.pem; proxy_ssl_name {}"

        def only_1_3(context):
            context.minimum_version = ssl.TLSVersion.TLSv1_3

        def refuse_without_name(context):
            def named(connection, name, context):
                return None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            context.sni_callback = named

        def ask_for_a_certificate(context):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.folder / "cert.pem")

        for settings, kwargs, scheme, scenario in [
            ("", {}, "http", "not-http/tls-port"),
            (verify.format("shop.test"), {"days": -1}, "https", "tls/certificate-expired"),
            (verify.format("other.test"), {}, "https", "tls/certificate-for-another-name"),
            ("proxy_ssl_verify on; proxy_ssl_trusted_certificate other.pem; proxy_ssl_name shop.test", {},
             "https", "tls/certificate-self-signed"),
            ("proxy_ssl_protocols TLSv1.2", {"change": only_1_3}, "https", "tls/no-version-in-common"),
            ("proxy_ssl_name shop.test", {"change": refuse_without_name}, "https", "tls/name-not-told"),
            ("", {"change": ask_for_a_certificate}, "https", "tls/client-certificate-missing-tls-1-3"),
        ]:
            with self.subTest(scenario=scenario):
                self.certificate("other.test", file="other")
                fake = self.tls_server(**kwargs)
                self.passed_to(f"{settings}; proxy_pass {scheme}://127.0.0.1:{fake.port}".lstrip("; "))
                found = self.found()
                self.assertEqual((found[0], found[3]), ("wrong", scenario), found)
        fake = self.tls_server()
        self.passed_to(f"{verify.format('shop.test')}; proxy_pass https://127.0.0.1:{fake.port}")
        self.assertRegex(self.check(), r"ok     127\.0\.0\.1:\d+  HTTP 200, TLSv1\.3, connected in ")
        self.passed_to(f"proxy_pass https://127.0.0.1:{fake.port}")
        self.assertIn("proxy_ssl_verify is off: nginx does not look", " ".join(self.check("--verbose").split()))

    def test_silence_in_the_handshake(self):
        fake = Fake(self, lambda fake, connection: threading.Event().wait(PATIENCE))
        self.passed_to(f"proxy_pass https://127.0.0.1:{fake.port}")
        self.assertEqual(self.found(max_time="300ms")[3], "tls/handshake-stalls")

    def test_own_certificates(self):
        self.certificate("shop.test")
        self.certificate("shop.test", days=-1, file="old")
        self.certificate("shop.test", days=5, file="soon")
        for files, names, level, what in [
            ("ssl_certificate cert.pem; ssl_certificate_key cert.key", "shop.test", None, None),
            ("ssl_certificate cert.pem; ssl_certificate_key cert.key", "shop.test www.shop.test", "wrong",
             "it is not for www.shop.test"),
            ("ssl_certificate cert.pem; ssl_certificate_key old.key", "shop.test", "wrong", "key values mismatch"),
            ("ssl_certificate old.pem; ssl_certificate_key old.key", "shop.test", "wrong", "expired "),
            ("ssl_certificate soon.pem; ssl_certificate_key soon.key", "shop.test", "warning", "4 days left"),
            ("ssl_certificate none.pem; ssl_certificate_key none.key", "shop.test", "wrong", "No such file"),
        ]:
            with self.subTest(files=files, names=names):
                self.config("", server=f"listen 443 ssl; server_name {names}; {files};")
                report = json.loads(self.check("--format", "json", code=1 if level == "wrong" else 0))
                findings = report["certificates"][0]["findings"]
                if level is None:
                    self.assertEqual(findings, [])
                else:
                    self.assertEqual(findings[0]["level"], level)
                    self.assertIn(what, findings[0]["what"])


@unittest.skipUnless(shutil.which("nginx") or os.path.exists("/usr/sbin/nginx"), "no nginx here")
class CheckRunning(Checking):
    def test_an_nginx_that_knows_another_address(self):
        """It is connected to 127.0.0.2, where the name does not lead to any more."""
        first = Fake(self, waits, host="127.0.0.2")
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()
        text = ("user root;\ndaemon off;\nmaster_process on;\nworker_processes 1;\npid nginx.pid;\n"
                "error_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path t1;\n"
                "proxy_temp_path t2;\nfastcgi_temp_path t3;\nuwsgi_temp_path t4;\nscgi_temp_path t5;\n"
                "server {{ listen 127.0.0.1:{}; location / {{ proxy_pass http://{}:{}; }} }}\n}}\n")
        self.file("nginx.conf", text.format(port, "127.0.0.2", first.port))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        nginx = subprocess.Popen([program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"],
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)

        def asked():
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    self.held = s.dup()
                    return True
        self.assertTrue(eventually(asked))
        self.addCleanup(self.held.close)
        self.assertTrue(eventually(lambda: first.requests))
        report = json.loads(self.check("--format", "json", "--max-time", "300ms", code=1))
        self.assertEqual(report["nginx"], nginx.pid)
        self.assertNotIn("any more", json.dumps(report))
        # Now the name leads elsewhere: nginx has not been told.
        self.file("nginx.conf", text.format(port, "localhost", first.port))
        found = [f for f in json.loads(self.check("--format", "json", "--max-time", "300ms", code=1))
                 ["upstreams"][0]["findings"]]
        self.assertTrue(any(f["scenario"] == "name-resolution/resolved-once-at-start" and
                            f["fix"] == "nginx -s reload" for f in found), found)
