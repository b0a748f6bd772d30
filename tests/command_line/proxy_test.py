"""badgate proxy: its configuration and its signals."""

import http.client
import http.server
import os
import signal
import socket
import threading
import time

from kit import PATIENCE, CommandLine, eventually, listens


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            self.server.asked.set()
            time.sleep(0.7)
        body = b"from the origin: " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy(CommandLine):
    def setUp(self):
        super().setUp()
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        self.origin.asked = threading.Event()
        threading.Thread(target=self.origin.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.port = free_port()

    def config(self, **changes):
        text = (f'error_log = "error.log"\naccess_log = "access.log"\n[proxy]\n'
                f'listen = "127.0.0.1:{self.port}"\n[[upstream.app]]\n'
                f'server = "127.0.0.1:{self.origin.server_port}"\n')
        for old, new in changes.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.file("proxy.toml", text)

    def proxy(self):
        process = self.start("proxy", "--config", self.config())
        self.assertIn(f"listening on 127.0.0.1:{self.port}", process.stderr.readline())
        return process

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.status, response.read().decode()
        connection.close()
        return text

    def test_serves_and_reopens_its_logs(self):
        process = self.proxy()
        self.assertEqual(self.get("/a"), (200, "from the origin: /a"))
        for log in ("access", "error"):
            os.rename(self.folder / f"{log}.log", self.folder / f"{log}.old")
        process.send_signal(signal.SIGUSR1)
        self.assertTrue(eventually((self.folder / "access.log").exists))
        self.assertEqual(self.get("/b"), (200, "from the origin: /b"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        old, new = ((self.folder / f).read_text() for f in ("access.old", "access.log"))
        self.assertIn('"GET /a HTTP/1.1" 200', old)
        self.assertIn('"GET /b HTTP/1.1" 200', new)
        self.assertNotIn("/b", old)

    def test_sigquit_lets_a_request_finish(self):
        process = self.proxy()
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.get("/slow")))
        client.start()
        self.assertTrue(self.origin.asked.wait(PATIENCE))
        process.send_signal(signal.SIGQUIT)
        self.assertTrue(eventually(lambda: not listens(self.port), 0.5))
        client.join(PATIENCE)
        self.assertEqual(answers, [(200, "from the origin: /slow")])
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    def test_sigint_and_sigterm_end_it_at_once(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.proxy()
            process.send_signal(number)
            process.communicate(timeout=2)
            self.assertEqual(process.returncode, 0)

    def test_sighup_reads_the_file_again(self):
        process = self.proxy()
        self.assertEqual(self.get("/a"), (200, "from the origin: /a"))
        old, self.port = self.port, free_port()
        self.config(**{"[[upstream": '[proxy.location."/new"]\nreturn = "200 new"\n[[upstream'})
        process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: listens(self.port)))
        self.assertTrue(eventually(lambda: not listens(old)))
        self.assertEqual(self.get("/new"), (200, "new"))
        self.config(listen="lisen")
        process.send_signal(signal.SIGHUP)
        log = self.folder / "error.log"
        self.assertTrue(eventually(lambda: "[emerg]" in log.read_text()))
        self.assertIn('unknown key "lisen" in [proxy] in proxy.toml:4', log.read_text())
        self.assertEqual(self.get("/new"), (200, "new"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=2)
        self.assertEqual(process.returncode, 0)

    def test_the_configuration(self):
        done = self.badgate("proxy", "--test", "--config", self.config())
        self.assertEqual(done.stdout, "proxy.toml: the configuration is in order\n")
        for test in ([], ["--test"]):
            path = self.config(listen="lisen")
            done = self.badgate("proxy", "--config", path, *test, code=2)
            self.assertIn('proxy.toml:4:1: error: unknown key "lisen" in [proxy]', done.stderr)
            self.assertIn("did you mean `listen`?", done.stderr)
            path = self.config(**{"error.log": "nowhere/error.log"})
            done = self.badgate("proxy", "--config", path, *test, code=2)
            self.assertIn('open() "nowhere/error.log" failed (2: No such file or directory)',
                          done.stderr)
        done = self.badgate("proxy", "--config", "missing.toml", code=2)
        self.assertIn("missing.toml: error: ", done.stderr)

    def test_port_is_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.port))
            other.listen()
            done = self.badgate("proxy", "--config", self.config(), code=3)
        self.assertIn("98: Address already in use", done.stderr)
