"""badgate lab: its server as browsers, programs and hostile peers meet it."""

import concurrent.futures
import http.client
import json
import pathlib
import re
import signal
import socket
import stat
import struct
import unittest

from kit import GOOD, SOURCE, CommandLine, eventually, listens

JSON = {"Content-Type": "application/json"}


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


ROUTES = [(re.compile(re.sub(r"\\{[a-z]+\\}", ".+", re.escape(path))), operations)
          for path, operations in json.loads((SOURCE / "docs" / "openapi.json").read_text())["paths"].items()]


def documented(method, path):
    """The statuses that docs/openapi.json has for this request; nothing if it is of no operation there."""
    for pattern, operations in ROUTES:
        operation = operations.get({"HEAD": "get"}.get(method, method.lower()))
        if operation and pattern.fullmatch(path.partition("?")[0]):
            return operation["responses"]
    return None


def held(pid):
    """How large the files are that a process has open and that have no name."""
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            file = fd.stat()
        except OSError:
            continue
        if stat.S_ISREG(file.st_mode) and file.st_nlink == 0:
            yield file.st_size


class Lab(CommandLine):
    def setUp(self):
        super().setUp()  # one cause of the catalogue is enough, and quickly read
        self.env["BADGATE_SCENARIOS"] = str(SOURCE / "scenarios" / "slow-application")

    def lab(self, *args):
        process = self.start("lab", "--port", "0", *args)
        line = process.stdout.readline()
        self.assertRegex(line, r"^The lab is at http://\S+:\d+/\n$")
        self.port = int(re.search(r":(\d+)/", line)[1])
        self.process = process
        return process

    def ask(self, method, path, body=None, headers=None, host=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        headers = {"Host": host or f"127.0.0.1:{self.port}", **(JSON if body is not None else {}), **(headers or {})}
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, text, headers)
        response = connection.getresponse()
        response.text = response.read().decode()
        self.assertIn(str(response.status), documented(method, path) or [str(response.status)], f"{method} {path}")
        return response

    def json(self, method, path, body=None, status=200):
        response = self.ask(method, path, body)
        self.assertEqual(response.status, status, response.text)
        return json.loads(response.text) if response.text else None

    def raw(self, data):
        """What comes back until the server closes; it must not take long to make up its mind."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            out = b""
            while piece := s.recv(65536):
                out += piece
            return out.decode(errors="replace")

    def lives(self):
        self.assertEqual(self.ask("GET", "/").status, 200)


class Page(Lab):
    def test_page_and_its_headers(self):
        self.lab()
        page = self.ask("GET", "/")
        self.assertEqual((page.status, page.getheader("Content-Type")), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", page.getheader("Content-Security-Policy"))
        self.assertEqual([page.getheader(name) for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")],
                         ["nosniff", "no-referrer", "no-store"])
        for name in re.findall(r'(?:src|href)="/?(assets/[^"]+)"', page.text):
            asset = self.ask("GET", "/" + name)
            self.assertEqual(asset.status, 200, name)
            self.assertNotEqual(asset.text, "", name)
        head = self.ask("HEAD", "/")
        self.assertEqual((head.text, head.getheader("Content-Length")), ("", str(len(page.text.encode()))))
        self.assertEqual(self.ask("GET", "/assets/../../etc/passwd").status, 404)

    def test_what_there_is(self):
        self.lab()
        listed = self.json("GET", "/api/scenarios")
        one = next(s for s in listed if s["name"] == "slow-application/report-takes-75s")
        self.assertEqual(one["cause"], "slow-application")
        self.assertIn(True, [remedy["helps"] for remedy in one["remedies"]])
        whole = self.json("GET", "/api/scenarios/slow-application/report-takes-75s")
        self.assertIn("[[upstream.app]]", whole["toml"])
        self.assertIn("504", whole["explanation"]["user_sees"])
        lessons = self.json("GET", "/api/lessons")
        self.assertEqual(lessons, sorted(lessons, key=lambda lesson: lesson["number"]))
        self.assertEqual(self.json("GET", "/api/lessons/" + lessons[0]["id"])["title"], lessons[0]["title"])
        for path in ("/api/scenarios/none", "/api/lessons/none", "/api/nothing", "/nothing", "/api/stages/0",
                     "/api/lessons/", "/api/scenarios/", "/api/incidents/"):
            self.assertIn("error", self.json("GET", path, status=404))


class Play(Lab):
    def test_scenario_and_text(self):
        self.lab()
        name = "slow-application/report-takes-75s"
        played = self.json("POST", "/api/play", {"scenario": name})
        self.assertEqual((played["case"]["name"], played["case"]["state"]), (name, "passed"))
        self.assertEqual(played["case"]["responses"][0]["elapsed"], 60)
        self.assertIn("curl", played["curl"][0])
        remedied = self.json("POST", "/api/play", {"scenario": name, "remedy": "longer_read_timeout"})
        self.assertEqual(remedied["case"]["responses"][0]["status"], 200)
        self.json("POST", "/api/play", {"scenario": name, "remedy": "nothing"}, status=404)
        text = self.json("POST", "/api/play", {"toml": GOOD})
        self.assertEqual((text["case"]["responses"][0]["status"], text["toml"]), (504, GOOD))

        wrong = self.json("POST", "/api/play", {"toml": GOOD.replace("fault", "falt")}, status=422)
        self.assertEqual([(d["line"], d["column"]) for d in wrong["diagnostics"]], [(7, 1)])
        self.assertIn("did you mean `fault`?", wrong["text"])
        checked = self.json("POST", "/api/check", {"toml": GOOD.replace("fault", "falt")})
        self.assertEqual(checked["diagnostics"], wrong["diagnostics"])
        self.assertEqual(self.json("POST", "/api/check", {"toml": GOOD})["diagnostics"], [])

    def test_lesson(self):
        self.lab()
        lesson = self.json("GET", "/api/lessons/" + self.json("GET", "/api/lessons")[0]["id"])
        send = {"kind": "send", "request": lesson["requests"][0]["id"]}
        played = self.json("POST", "/api/play", {"lesson": lesson["id"], "actions": [send, {"kind": "wait", "time": "10s"}, send]})
        self.assertEqual(len(played["case"]["responses"]), 2)
        self.assertTrue(set(played["done"]) <= {step["id"] for step in lesson["steps"]})
        self.file("saved.toml", played["toml"])
        self.assertIn("1 passed, 0 failed", self.badgate("run", "saved.toml").stdout)
        self.assertIsNone(self.json("POST", "/api/play", {"lesson": lesson["id"]})["case"])
        for actions in ([{"kind": "send", "request": "none"}], [{"kind": "jump"}], [{"kind": "wait", "time": "9y"}],
                        [send] * 201, [{"kind": "heal", "more": 1}], {}):
            self.assertIn("error", self.json("POST", "/api/play", {"lesson": lesson["id"], "actions": actions}, status=400))

    def test_files_reach_nothing_of_this_machine(self):
        self.lab()
        proxy, upstream = "[proxy]\n", "[[upstream.app]]\n"
        marker = self.folder / "started"
        for change, words in [
                (("fault = {", f'process = {{ command = ["touch", "{marker}"] }}\n#'), "the lab starts no programs"),
                ((proxy, proxy + 'proxy_temp_path = "/etc"\n'), "is a folder of this machine"),
                ((proxy, proxy + 'proxy_ssl_trusted_certificate = "/etc/ssl/cert.pem"\n'), "is a file of this machine"),
                ((proxy, proxy + 'proxy_pass = "http://127.0.0.1:6379"\n'), "no server|not of this file"),
                ((proxy, proxy + 'fastcgi_pass = "unix:/run/php.sock"\n'), "not of this file"),
                ((proxy, proxy + 'resolver = "127.0.0.53"\nproxy_pass = "http://$http_x:80"\n'), "not of this file"),
                ((upstream, '[group.app]\nserver = "127.0.0.1:6379"\n' + upstream), "not of this file"),
                ((upstream, '[group.app]\nhealth_check = "port=6379"\n' + upstream), "not of this file"),
                ((upstream, upstream + 'address = "127.0.0.1:6379"\n'), "chooses the ports"),
                (("fault = {", 'fault = { firewall = "no-route" }\n#'), "network of its own")]:
            text = 'clock = "real"\n' + GOOD.replace(*change, 1) if "process" in change[1] else GOOD.replace(*change, 1)
            refused = self.json("POST", "/api/play", {"toml": text}, status=422)
            self.assertRegex(refused["text"], words)
            self.json("POST", "/api/stages", {"toml": text}, status=422)
        self.assertFalse(marker.exists())


class Victim:
    """A server of this machine that is no scenario's: who connects is counted."""

    def __init__(self, test):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(self.tcp.getsockname())
        self.path = str(test.folder / "victim.sock")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.path)
        self.unix.listen()
        self.port = self.tcp.getsockname()[1]
        for s in (self.tcp, self.udp, self.unix):
            s.setblocking(False)
            test.addCleanup(s.close)

    def met(self):
        """Whoever has come since: the backlog of the kernel forgets nobody."""
        out = []
        for s in (self.tcp, self.unix):
            try:
                out.append(s.accept()[0].close())
            except BlockingIOError:
                pass
        try:
            out.append(self.udp.recv(65536))
        except BlockingIOError:
            pass
        return out


class Reach(Lab):
    """What a posted file makes the proxy do at a real server of this machine: nothing."""

    def files(self, victim):
        port, at = victim.port, f"127.0.0.1:{victim.port}"
        head, tail = 'title = "t"\n', '[[upstream.app]]\n[[request]]\nrepeat = 3\npause = "10s"\n'
        pass_evil = '[proxy]\nproxy_pass = "http://evil"\n[group.evil]\n'
        resolver = '[dns.ns]\n[proxy]\nresolver = "{ns}"\n'
        for text in (pass_evil + f'server = "{at}"\n',
                     pass_evil + f'server = "unix:{victim.path}"\n',
                     pass_evil + f'server = ["127.0.0.1:1 backup", "{at} weight=9"]\n',
                     f'[group.app]\nhealth_check = "interval=1s port={port}"\n',
                     f'[proxy]\nresolver = "{at}"\nproxy_pass = "http://$host"\n',
                     f'{resolver}set = ["$p {port}"]\nproxy_pass = "http://$remote_addr:$p"\n',
                     f'{resolver}set = ["$p {port}"]\nproxy_pass = "http://$server_addr:$p"\n',
                     f'{resolver}set = ["$c :", "$p {port}"]\nproxy_pass = "http://$remote_addr$c$p"\n',
                     f'{resolver}set = ["$a 127", "$c :", "$p {port}"]\nproxy_pass = "http://$a.0.0.1$c$p"\n',
                     f'{resolver}set = ["$u unix", "$p {victim.path}"]\nproxy_pass = "http://$u:$p:/"\n',
                     f'{resolver}set = ["$c :", "$p {port}"]\nfastcgi_pass = "$remote_addr$c$p"\n',
                     f'[[events]]\nat = "5s"\nset = {{ proxy_pass = "http://{at}" }}\n',
                     f'[[events]]\nat = "5s"\nset = {{ set = ["$c :", "$p {port}"], proxy_pass = "http://$remote_addr$c$p" }}\n',
                     f'[remedy.r]\ntitle = "r"\nhelps = true\nproxy.proxy_pass = "http://{at}"\n'):
            remedy = text.startswith("[remedy")
            yield head + (tail + text if remedy or text.startswith("[[events") else text + tail), "r" if remedy else ""

    def test_no_file_reaches_a_server_of_this_machine(self):
        self.lab()
        victim = Victim(self)
        for toml, remedy in self.files(victim):
            for path in ("/api/play", "/api/stages"):
                with self.subTest(path=path, toml=toml):
                    body = {"toml": toml, **({"remedy": remedy} if remedy else {})}
                    answer = self.ask("POST", path, body)
                    said = json.loads(answer.text)
                    self.assertIn(answer.status, (200, 201, 422), answer.text)
                    if answer.status == 201:
                        self.visit(said["proxy"])
                        self.json("DELETE", "/api/stages/" + said["id"], status=204)
                    if answer.status == 200:
                        self.assertRegex(said["case"]["reason"], r"may not connect to \S+, which is no server of this")
                    self.assertEqual(victim.met(), [])

    def visit(self, proxy):
        host, port = proxy.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", "/")
        return connection.getresponse().status

    def test_a_stage_says_whom_it_did_not_connect_to(self):
        self.lab()
        victim = Victim(self)
        toml = GOOD.replace("[proxy]\n", '[dns.ns]\n[proxy]\nresolver = "{ns}"\nproxy_pass = "http://$a.0.0.1$c$p"\n'
                            f'set = ["$a 127", "$c :", "$p {victim.port}"]\n')
        stage = self.json("POST", "/api/stages", {"toml": toml}, status=201)
        self.assertEqual(self.visit(stage["proxy"]), 502)
        seen = self.json("GET", "/api/stages/" + stage["id"])
        self.assertIn("(1: Operation not permitted)", " ".join(line["message"] for line in seen["error_log"]))
        self.assertIn(f"may not connect to 127.0.0.1:{victim.port}, which is no server of this scenario",
                      [step["what"] for step in seen["timeline"]])
        self.assertEqual(victim.met(), [])


class Incidents(Lab):
    def test_one_is_found_out_and_answered(self):
        self.lab()
        offered = self.json("GET", "/api/incidents?seed=7")
        self.assertEqual(offered, self.json("GET", "/api/incidents?seed=7"))
        self.assertGreaterEqual(len(offered["incidents"]), 20)
        self.assertEqual({offer["level"] for offer in offered["incidents"]}, {1, 2, 3})
        path = f"/api/incidents/7/{offered['incidents'][0]['id']}"
        incident = self.json("GET", path)
        self.assertEqual(incident, self.json("GET", path))
        self.assertTrue(incident["logs"]["error"] and incident["logs"]["access"] and incident["config"])
        # Nothing in it says what the cause is, nor what the fakes did.
        self.assertFalse({"case", "timeline", "backends", "toml", "explanation"} & set(incident))
        self.assertEqual([set(choice) for choice in incident["causes"] + incident["fixes"]],
                         [{"id", "label"}] * len(incident["causes"] + incident["fixes"]))

        send = {"request": incident["requests"][0]["id"]}
        one = self.json("POST", path + "/send", {"actions": [send]})
        two = self.json("POST", path + "/send", {"actions": [send, send]})
        self.assertEqual([len(seen["responses"]) for seen in (one, two)], [1, 2])
        self.assertEqual(two["responses"][0], one["responses"][0])
        self.assertEqual([len(seen["access"]) for seen in (one, two)], [1, 2])
        self.assertEqual(set(two), {"responses", "error_log", "access"})
        hints = [self.json("POST", path + "/hint", {"number": n}) for n in range(1, incident["hints"] + 1)]
        self.assertEqual(sorted(hints, key=lambda hint: hint["cost"]), hints)
        self.json("POST", path + "/hint", {"number": incident["hints"] + 1}, status=404)

        everything = [cause["id"] for cause in incident["causes"]]
        answers = [self.json("POST", path + "/answer", {"causes": everything, "fix": fix["id"]}) for fix in incident["fixes"]]
        right = next(answer for answer in answers if answer["fix_right"])
        wrong = next(answer for answer in answers if not answer["fix_right"])
        self.assertGreater(right["users"]["after"]["served"], right["users"]["before"]["served"])
        best = self.json("POST", path + "/answer", {"causes": right["causes_right"], "fix": incident["fixes"][answers.index(right)]["id"]})
        self.assertEqual((best["score"], best["causes_missed"], best["causes_wrong"]), (100, [], []))
        self.assertEqual([fix["id"] for fix in incident["fixes"]], list("abcdefgh")[:len(incident["fixes"])])
        none = self.json("POST", path + "/answer", {"causes": [], "fix": ""})
        self.assertEqual((none["score"], none["causes_missed"]), (0, right["causes_right"]))
        self.assertLess(wrong["score"], best["score"])
        self.assertTrue(best["case"]["timeline"] and best["explanation"])

    def test_what_there_is_not(self):
        self.lab()
        self.json("GET", "/api/incidents?seed=-1", status=400)
        self.json("GET", "/api/incidents?seed=99999999999999999", status=400)
        self.json("GET", "/api/incidents/7/none", status=404)
        path = f"/api/incidents/7/{self.json('GET', '/api/incidents?seed=7')['incidents'][0]['id']}"
        for verb, body in (("send", {"actions": [{"request": "none"}]}), ("send", {"actions": [{}] * 51}), ("send", {}),
                           ("hint", {"number": 0}), ("hint", {}), ("answer", {"fix": "x"}), ("answer", {"causes": [], "fix": "none"}),
                           ("answer", {"causes": [7], "fix": ""}), ("answer", {"causes": ["nonsense"], "fix": ""})):
            self.assertIn("error", self.json("POST", f"{path}/{verb}", body, status=400))


class Stages(Lab):
    def get(self, stage):
        host, port = stage["proxy"].split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", "/")
        return connection.getresponse().status

    def test_faults_while_it_runs(self):
        self.lab()
        stage = self.json("POST", "/api/stages", {"toml": GOOD.replace("75s", "0s")}, status=201)
        self.assertEqual(set(stage["backends"]), {"app[0]"})
        path = "/api/stages/" + stage["id"]
        self.assertEqual(self.get(stage), 200)
        self.json("POST", path + "/faults", {"server": "app[0]", "faults": [{"status": 503}]}, status=422)
        self.json("POST", path + "/faults", {"server": "app[1]", "heal": True}, status=422)
        self.json("POST", path + "/faults", {"server": "app[0]", "heal": True, "crash": True}, status=400)
        self.json("POST", path + "/faults", {"server": "app[0]", "faults": [{"crash": "after-request"}]})
        self.assertEqual(self.get(stage), 502)
        seen = self.json("GET", path)
        self.assertEqual([line["status"] for line in seen["access"]], [200, 502])
        self.assertIn("prematurely closed", " ".join(line["message"] for line in seen["error_log"]))
        self.assertEqual(seen["servers"][0]["requests"], 2)
        self.json("POST", path + "/faults", {"server": "app[0]", "heal": True})
        self.assertEqual(self.get(stage), 200)
        self.json("POST", path + "/faults", {"server": "app[0]", "crash": True})
        self.assertEqual(self.get(stage), 502)
        self.assertEqual(self.json("POST", path + "/reset", {}), stage)
        self.assertEqual(self.json("GET", path)["access"], [])
        self.assertEqual(self.get(stage), 200)
        self.json("DELETE", path, status=204)
        self.assertFalse(listens(int(stage["proxy"].split(":")[1])))
        self.json("GET", path, status=404)

    def test_a_long_list_of_faults_costs_no_stage(self):
        self.lab()
        path = "/api/stages/" + self.json("POST", "/api/stages", {"toml": GOOD}, status=201)["id"]
        long = {"server": "app[0]", "faults": [{"garbage": "x" * 300_000}]}
        self.assertIn("64 KiB", self.json("POST", path + "/faults", long, status=413)["error"])
        # As many as fit into one body, at once: more than the channel to the stage takes.
        body = {"server": "app[0]", "faults": [{"garbage": "x" * 60_000}]}
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            done = list(pool.map(lambda _: self.ask("POST", path + "/faults", body).status, range(12)))
        self.assertEqual(set(done), {422})  # by the stage, which knows no such fault
        self.json("POST", path + "/faults", {"server": "app[0]", "heal": True})
        self.assertEqual(self.json("GET", path)["servers"][0]["name"], "app[0]")

    def test_the_disk_is_not_filled(self):
        self.lab()
        toml = ('title = "t"\n[proxy]\nproxy_max_temp_file_size = "100g"\n[[upstream.app]]\nbody = "100g"\n'
                '[[request]]\ndownload_rate = "1k"\nleave_after = "1s"\n')
        played = self.json("POST", "/api/play", {"toml": toml})["case"]
        self.assertEqual((played["state"], played["reason"]),
                         ("broken", "more than 64 MiB were to be kept in one temporary file, which the lab does not do"))
        stage = self.json("POST", "/api/stages", {"toml": toml}, status=201)
        path = "/api/stages/" + stage["id"]
        slow = [self.reads_nothing(stage)]
        told = lambda: [line for line in self.json("GET", path)["error_log"] if "failed (27: File too large)" in line["message"]]
        self.assertTrue(eventually(told))
        process = children_of(self.process.pid)[0]
        files = lambda: sum(held(process))
        self.assertLessEqual(files(), 64 << 20)
        while self.ask("GET", path).status == 200 and len(slow) < 12:  # each file is small enough, but not all together
            slow.append(self.reads_nothing(stage))
            self.assertLessEqual(files(), 400 << 20)
        self.assertTrue(eventually(lambda: self.ask("GET", path).status == 404))

    def reads_nothing(self, stage):
        host, port = stage["proxy"].split(":")
        s = socket.create_connection((host, int(port)))
        self.addCleanup(s.close)
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return s

    def test_there_are_sixteen(self):
        process = self.lab()
        stages = [self.json("POST", "/api/stages", {"toml": GOOD}, status=201) for _ in range(16)]
        self.json("POST", "/api/stages", {"toml": GOOD}, status=503)
        self.json("DELETE", "/api/stages/" + stages[0]["id"], status=204)
        self.json("POST", "/api/stages", {"toml": GOOD}, status=201)
        pids = children_of(process.pid)
        self.assertEqual(len(pids), 16)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)
        self.assertFalse([pid for pid in pids if pathlib.Path("/proc", pid).exists()])
        self.assert_clean()

    def test_they_end_when_the_lab_is_killed(self):
        process = self.lab()
        stage = self.json("POST", "/api/stages", {"scenario": "slow-application/report-takes-75s"}, status=201)
        port = int(stage["proxy"].split(":")[1])
        self.assertTrue(listens(port))
        process.kill()
        self.assertTrue(eventually(lambda: not listens(port)))
        self.assert_clean()


class Safe(Lab):
    def test_other_hosts_and_origins(self):
        self.lab()
        own = f"127.0.0.1:{self.port}"
        for host in ("evil.example", f"evil.example:{self.port}", "127.0.0.1", f"127.0.0.1:{self.port + 1}",
                     f"127.0.0.1.evil.example:{self.port}", f"10.0.0.1:{self.port}"):
            self.assertEqual(self.ask("GET", "/", host=host).status, 421, host)
        for host in (own, f"localhost:{self.port}", f"[::1]:{self.port}", f"LOCALHOST:{self.port}"):
            self.assertEqual(self.ask("GET", "/", host=host).status, 200, host)
        self.assertRegex(self.raw(b"GET / HTTP/1.1\r\n\r\n"), "^HTTP/1.1 400 ")
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": f"http://127.0.0.1:{self.port + 1}"},
                        {"Origin": f"https://{own}"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            self.assertEqual(self.ask("POST", "/api/play", {"toml": GOOD}, headers).status, 403, headers)
            self.assertEqual(self.ask("DELETE", "/api/stages/1", None, headers).status, 403, headers)
            self.assertEqual(self.ask("GET", "/api/scenarios", None, headers).status, 403, headers)
        for headers in ({"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
            self.assertEqual(self.ask("POST", "/api/play", {"toml": GOOD}, headers).status, 200, headers)
        self.assertNotIn("Access-Control-Allow-Origin", self.ask("GET", "/api/scenarios", None, {}).headers)

    def test_names_of_allow_host(self):
        self.lab("--allow-host", "lab.example", "--allow-host", "class.example:80")
        for host, status in ((f"lab.example:{self.port}", 200), ("lab.example", 200), ("class.example:80", 200),
                             ("class.example:81", 421), (f"sub.lab.example:{self.port}", 421)):
            self.assertEqual(self.ask("GET", "/", host=host).status, status, host)

    def test_methods_types_and_sizes(self):
        self.lab()
        answer = self.ask("PUT", "/api/play", "{}")
        self.assertEqual((answer.status, answer.getheader("Allow")), (405, "POST"))
        self.assertEqual(self.ask("POST", "/api/scenarios", "{}").getheader("Allow"), "GET, HEAD")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
            self.assertEqual(self.ask("POST", "/api/play", "{}", {"Content-Type": kind}).status, 415, kind)
        self.assertEqual(self.ask("POST", "/api/play", "{}", {"Content-Type": "Application/JSON; charset=utf-8"}).status, 400)
        large = f"POST /api/play HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: 1048577\r\n\r\n".encode()
        self.assertRegex(self.raw(large + b"x" * 1048577), "^HTTP/1.1 413 ")
        self.assertRegex(self.raw(b"GET / HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n"), "^HTTP/1.1 (400|413) ")
        self.lives()

    def test_hostile_json(self):
        self.lab()
        for body in (b"", b"{", b"[]", b"null", b"7", b'"text"', b"[" * 100000, b'{"a":' * 50 + b"1" + b"}" * 50,
                     b'{"toml":1e999}', b'{"toml":"\xff"}', b'{"toml":"\\ud800"}', b'{"seed":-1,"toml":""}',
                     b'{"seed":1e300,"toml":""}', b'{"tomL":""}', b'{"scenario":"a","toml":"b"}', b"{}\x00", b"\xef\xbb\xbf{"):
            response = self.ask("POST", "/api/play", body)
            self.assertEqual(response.status, 400, body[:40])
            self.assertGreater(len(json.loads(response.text)["error"]), 10)
        for toml in ("", "\0", "a" * 900000, "[" * 50000, "x = " + "[" * 5000, '"' * 7, "\x1b]0;title\x07"):
            self.json("POST", "/api/play", {"toml": toml}, status=422)
        self.lives()

    def test_hostile_bytes(self):
        self.lab()
        host = f"Host: 127.0.0.1:{self.port}\r\n".encode()
        post = b"POST /api/play HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
        for data in (b"", b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"FETCH / HTTP/1.1\r\n" + host + b"\r\n", b"GET  HTTP/1.1\r\n\r\n",
                     b"GET http://evil.example/ HTTP/1.1\r\n" + host + b"\r\n", b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n",
                     b"GET /%00%ff%2e%2e HTTP/1.1\r\n" + host + b"\r\n", b"GET / HTTP/1.1\r\n" + host + host + b"\r\n",
                     b"GET / HTTP/1.1\r\n" + host + b"Header without colon\r\n\r\n",
                     post + b"Content-Length: -5\r\n\r\n{}", post + b"Content-Length: 99999999999999999999\r\n\r\n{}",
                     post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                     post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
                     post + b"Content-Length: 2\r\nExpect: the-unexpected\r\n\r\n{}",
                     post + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
                     post + b"Content-Length: 100\r\n\r\n{}", (post + b"Content-Length: 2\r\n\r\n{}") * 50,
                     b"HEAD / HTTP/1.1\r\n" + host + b"Content-Length: 3\r\n\r\nabc" * 3):
            self.raw(data)
            self.lives()

    def test_learners_who_leave(self):
        self.lab()
        body = json.dumps({"toml": GOOD}).encode()
        play = (f"POST /api/play HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        for more in (b"", play, b"GET / nonsense\r\n") * 5:
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.sendall(play + more)
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.sendall(play + more)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.lives()
        self.json("POST", "/api/play", {"toml": GOOD})

    def test_what_nobody_waits_for_is_given_up(self):
        process = self.lab()
        toml = ('title = "t"\n[proxy]\nproxy_buffering = "off"\n[[upstream.app]]\nbody = "1000g"\n[[request]]\n')
        body = json.dumps({"toml": toml}).encode()
        play = (f"POST /api/play HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        heavy = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(40)]
        for s in heavy:
            s.sendall(play)
        self.assertTrue(eventually(lambda: children_of(process.pid)))
        for s in heavy:
            s.close()
        # Twenty of them after each other would take 100 s, were they played to their limit.
        self.assertTrue(eventually(lambda: not children_of(process.pid)))
        self.assertEqual(self.ask("POST", "/api/play", {"toml": GOOD}).status, 200)

    def test_a_peer_that_goes_on_costs_nobody_anything(self):
        self.lab()
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(600)]
        self.addCleanup(lambda: [s.close() for s in idle])
        for s in idle:
            try:
                s.sendall(b"GET / HTTP/1.1\r\nHost: ")
            except ConnectionError:
                pass  # there were too many: the quietest have been ended
        self.lives()


class Command(Lab):
    def test_ctrl_c_leaves_nothing(self):
        process = self.lab()
        self.json("POST", "/api/play", {"toml": GOOD})
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)
        self.assertFalse(listens(self.port))
        self.assert_clean()

    def test_port_in_use(self):
        self.lab()
        done = self.badgate("lab", "--port", str(self.port), code=3)
        self.assertIn("Address already in use", done.stderr)
        self.assertIn("choose with --port", done.stderr)

    def test_others_only_if_it_is_said(self):
        done = self.badgate("lab", "--bind", "0.0.0.0", "--port", "0", code=2)
        self.assertIn("add --allow-remote", done.stderr)
        self.badgate("lab", "--bind", "localhost", code=2)
        self.badgate("lab", "--bind", "unix:/tmp/x", code=2)
        process = self.start("lab", "--bind", "0.0.0.0", "--allow-remote", "--port", "0")
        # What a browser can open, 0.0.0.0 not being that.
        places = []
        while (line := process.stdout.readline()).startswith("The lab is at http://"):
            places.append(re.fullmatch(r"The lab is at http://([0-9.]+):(\d+)/\n", line).groups())
        self.assertIn("without a password", line)
        self.assertIn("127.0.0.1", [host for host, _ in places])
        self.assertNotIn("0.0.0.0", [host for host, _ in places])
        self.port = int(places[0][1])
        self.assertEqual(self.ask("GET", "/", host=f"192.0.2.1:{self.port}").status, 200)
        self.assertEqual(self.ask("GET", "/", host=f"evil.example:{self.port}").status, 421)


if __name__ == "__main__":
    unittest.main()
