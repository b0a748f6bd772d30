"""badgate probe: a URL, step by step, and who says what. Servers of the tests' own, on loopback."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

from kit import PATIENCE, CommandLine, eventually

GOOD_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NGINX_502 = (b"HTTP/1.1 502 Bad Gateway\r\nServer: cloudflare\r\nCF-RAY: 8abc-FRA\r\n\r\n"
             b"<html>\r\n<hr><center>nginx/1.22.1</center>\r\n</html>\r\n")


class Fake:
    """Takes connections one after the other and does with each what `serve` does."""

    def __init__(self, test, serve, context=None, host="127.0.0.1"):
        self.serve, self.context, self.requests = serve, context, []
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        test.addCleanup(self.listener.close)
        test.addCleanup(self.listener.shutdown, socket.SHUT_RDWR)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                with connection:
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    self.serve(self, connection)
                    connection.close()
            except OSError:
                pass


def answers(text):
    def serve(fake, connection):
        fake.requests.append(connection.recv(65536).decode(errors="replace"))
        connection.sendall(text)
    return serve


def waits(fake, connection):
    fake.requests.append(connection.recv(65536).decode(errors="replace"))
    connection.settimeout(PATIENCE)
    connection.recv(1)


class OnLoopback(CommandLine):
    def probe(self, fake, *args, code=0, scheme="http", path="/"):
        return self.badgate("probe", f"{scheme}://127.0.0.1:{fake.port}{path}", *args, code=code).stdout


class Probe(OnLoopback):
    def test_it_answers(self):
        fake = Fake(self, answers(GOOD_ANSWER))
        out = self.probe(fake, "-H", "X-Test: yes", path="/cart?a=b")
        self.assertRegex(out, r"  tcp   connected +\d+\.\d ms\n")
        self.assertRegex(out, r"  http  200 OK +\d+\.\d ms\n")
        self.assertRegex(out, r"\nok  it answers: 200 OK\n$")
        request = fake.requests[0]
        self.assertTrue(request.startswith("GET /cart?a=b HTTP/1.1\r\nHost: 127.0.0.1:"), request)
        self.assertIn("\r\nX-Test: yes\r\n", request)

    def test_who_says_502(self):
        fake = Fake(self, answers(NGINX_502))
        out = self.probe(fake, code=1)
        self.assertIn("  by    nginx, whose own page it is\n  via   Cloudflare\n", out)
        self.assertIn("        CF-RAY: 8abc-FRA\n", out)
        self.assertIn("DOWN  nginx says 502 Bad Gateway\n", out)
        self.assertIn("    where: between nginx and the application behind it\n", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_badgates_own_proxy(self):
        process = self.start("serve", "upstream-down/application-not-running", "--port", "0",
                             "--backend-port", "0")
        for line in process.stdout:
            if line.startswith("  curl"):
                url = line.split("'")[-2]
                break
        out = self.badgate("probe", url, code=1).stdout
        self.assertIn("DOWN  nginx says 502 Bad Gateway\n", out)

    def test_json(self):
        fake = Fake(self, answers(NGINX_502))
        report = json.loads(self.probe(fake, "--format", "json", code=1))
        self.assertEqual((report["well"], report["whom"]), (False, "everybody"))
        address = report["addresses"][0]
        self.assertEqual(address["address"], f"127.0.0.1:{fake.port}")
        self.assertEqual(address["outcome"], "server-error")
        self.assertEqual(address["http"]["status"], 502)
        self.assertEqual(address["http"]["author"], "nginx")
        self.assertEqual(address["http"]["way"], ["Cloudflare"])
        self.assertLessEqual(address["ms"]["connected"], address["ms"]["header"])

    def test_resolve(self):
        fake = Fake(self, answers(GOOD_ANSWER))
        out = self.badgate("probe", f"http://shop.example.invalid:{fake.port}/", "--resolve",
                           f"shop.example.invalid:{fake.port}:127.0.0.1").stdout
        self.assertIn("name    shop.example.invalid = 127.0.0.1, as you say\n", out)
        self.assertIn(f"\r\nHost: shop.example.invalid:{fake.port}\r\n", fake.requests[0])

    def test_one_of_two_addresses(self):
        fake = Fake(self, answers(GOOD_ANSWER))
        out = self.badgate("probe", f"http://x.invalid:{fake.port}/", "--resolve",
                           f"x.invalid:{fake.port}:127.0.0.2,127.0.0.1", code=1).stdout
        self.assertIn(f"1 of 2 addresses do not answer well: 127.0.0.2:{fake.port} refuses", out)
        self.assertIn("for whom: those who get that address", out)

    def test_nobody_listens(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            out = self.badgate("probe", f"http://127.0.0.1:{s.getsockname()[1]}", code=1).stdout
        self.assertIn("  tcp   Connection refused", out)
        self.assertIn("where: the first server", out)

    def test_silence(self):
        out = self.probe(Fake(self, waits), "--max-time", "300ms", code=1)
        self.assertRegex(out, r"  http  no answer within 300ms +3\d\d\.\d ms\n")
        self.assertIn("takes the request, and does not answer", out)

    def test_a_full_queue(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            held = []
            for _ in range(3):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(listener.getsockname())
                held.append(s)
            out = self.badgate("probe", f"http://127.0.0.1:{listener.getsockname()[1]}",
                               "--connect-timeout", "300ms", code=1).stdout
            for s in held:
                s.close()
        self.assertIn("  tcp   no answer within 300ms", out)
        self.assertIn("for whom: it cannot be told from one place", out)

    def test_what_is_no_answer(self):
        for text, words in [(b"", "closes the connection without an answer"),
                            (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
                            (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", "is cut short"),
                            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz", "is cut short"),
                            (b"HTTP/1.1 200 OK\r\nConte", "without an answer")]:
            out = self.probe(Fake(self, answers(text)), code=1)
            self.assertIn(words, out, text)

    def test_https_to_a_plain_port(self):
        out = self.probe(Fake(self, answers(b"HTTP/1.1 400 Bad Request\r\n\r\n")), scheme="https", code=1)
        self.assertIn("the port does not speak TLS", out)
        self.assertIn("the URL with http:// on port", out)

    def test_a_name_that_does_not_exist(self):
        out = self.badgate("probe", "http://a..b/", code=1).stdout  # no name server is asked for it
        self.assertIn("the name a..b", out)
        self.assertIn("where: the name (DNS)", out)

    def test_interrupted(self):
        fake = Fake(self, waits)
        process = self.start("probe", f"http://127.0.0.1:{fake.port}/")
        self.assertTrue(eventually(lambda: fake.requests))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=2), 130)
        children = subprocess.run(["ps", "--no-headers", "-s", str(process.pid)],
                                  capture_output=True, text=True).stdout
        self.assertEqual([l for l in children.splitlines() if "defunct" not in l], [])

    def test_mistakes(self):
        for args, words in [(["ftp://x"], '"ftp" is neither http nor https'),
                            (["http://"], "it has no host"),
                            (["http://x", "--resolve", "x"], "expected HOST:PORT:ADDRESS"),
                            (["http://x", "--resolve", "x:80:y"], "expected HOST:PORT:ADDRESS"),
                            (["http://x", "-H", "nothing"], 'expected "Name: value"'),
                            (["http://x", "--max-time", "soon"], "--max-time"),
                            (["http://x", "--max-time", "0"], "longer than 0"),
                            (["https://x", "--cacert", "none.pem"], "none.pem"),
                            (["http://x", "--format", "xml"], '"xml" is none of text, json')]:
            self.assertIn(words, self.badgate("probe", *args, code=2).stderr)


class RealProxies(OnLoopback):
    """Whatever is installed here, in front of an application that is not running."""

    AUTHORS = {"nginx": "nginx", "haproxy": "HAProxy", "apache": "Apache httpd", "lighttpd": "lighttpd",
               "varnish": "Varnish", "squid": "Squid", "caddy": "Caddy", "trafficserver": "Traffic Server"}

    def test_error_pages(self):
        missing, running = [], {}
        os.chmod(self.folder, 0o755)  # some of them give up root's rights
        listed = self.badgate("list", "proxies").stdout
        for proxy in self.AUTHORS:
            if re.search(rf"(?m)^{proxy}\s+\d", listed):
                running[proxy] = self.start("serve", "upstream-down/application-not-running", "--proxy",
                                            proxy, "--port", "0", "--backend-port", "0")
            else:
                missing.append(proxy)
        for proxy, process in running.items():
            url = next((l.split("'")[-2] for l in process.stdout if l.startswith("  curl")), None)
            with self.subTest(proxy=proxy):
                self.assertIsNotNone(url, process.stderr.read() if url is None else "")
                out = self.badgate("probe", url, code=1).stdout
                self.assertIn(f"  by    {self.AUTHORS[proxy]}, whose own page it is\n", out)
                self.assertIn(f"DOWN  {self.AUTHORS[proxy]} says 50", out)
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.communicate(timeout=PATIENCE)
        self.assert_clean()
        if missing:
            self.skipTest("not installed: " + ", ".join(missing))


@unittest.skipUnless(shutil.which("openssl"), "no openssl here")
class ProbeTls(OnLoopback):
    def certificate(self, name, days):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", str(days), "-subj",
                        f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"], cwd=self.folder,
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        return context

    def over_tls(self, fake, *args, code=0, host="shop.test"):
        return self.badgate("probe", f"https://{host}:{fake.port}/", "--resolve",
                            f"{host}:{fake.port}:127.0.0.1", *args, code=code).stdout

    def test_certificates(self):
        fake = Fake(self, answers(GOOD_ANSWER), self.certificate("shop.test", 41))
        out = self.over_tls(fake, code=1)
        self.assertRegex(out, r"  tls   TLSv1\.3, TLS_\w+ ")
        self.assertIn("        certificate for shop.test\n", out)
        self.assertIn("from shop.test; 40 days left; 1 certificate sent", out)
        self.assertIn("NOT trusted: self-signed certificate", out)
        self.assertIn("is not to be trusted", out)
        self.assertIn("ok  it answers", self.over_tls(fake, "--cacert", "cert.pem"))
        self.assertIn("ok  it answers", self.over_tls(fake, "--insecure"))
        out = self.over_tls(fake, "--cacert", "cert.pem", code=1, host="other.test")
        self.assertIn("It is not for the name other.test.", out)
        report = json.loads(self.over_tls(fake, "--cacert", "cert.pem", "--format", "json"))
        tls = report["addresses"][0]["tls"]
        self.assertEqual((tls["trusted"], tls["name_matches"], tls["chain"][0]["names"]),
                         (True, True, ["shop.test"]))

    def test_http_to_a_tls_port(self):
        fake = Fake(self, answers(GOOD_ANSWER), self.certificate("shop.test", 41))
        out = self.badgate("probe", f"http://127.0.0.1:{fake.port}/", code=1).stdout
        self.assertRegex(out, "does not speak HTTP|closes the connection")
