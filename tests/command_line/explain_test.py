"""What `badgate explain` says of lines and logs."""

import json
import os
import signal
import subprocess

from kit import BADGATE, CommandLine, eventually

REFUSED = ('2026/11/23 04:15:25 [error] 7#7: *17 connect() failed (111: Connection refused) while '
           'connecting to upstream, client: 10.0.0.7, server: shop, request: "GET /cart?x=1 HTTP/1.1", '
           'upstream: "http://127.0.0.1:9000/cart?x=1", host: "shop"')
NO_LIVE = ('2026/11/23 04:15:26 [error] 7#7: *18 no live upstreams while connecting to upstream, client: '
           '10.0.0.8, server: shop, request: "GET / HTTP/1.1", upstream: "http://app/", host: "shop"')
CLOSED = ('2026/11/23 04:15:25 [error] 7#7: *19 upstream prematurely closed connection while reading '
          'response header from upstream, client: 10.0.0.7, server: shop, request: "POST /order HTTP/1.1", '
          'upstream: "http://127.0.0.1:9000/order", host: "shop"')
ACCESS = ('10.0.0.7 - - [23/Nov/2026:04:15:25 +0000] "{request} HTTP/1.1" {status} 157 "-" "curl" '
          'ua="127.0.0.1:9000" us="{us}" uct="{uct}" uht="{uht}" urt="{urt}" rt={urt}')


def access(request, status, us, uct, uht, urt):
    return ACCESS.format(request=request, status=status, us=us, uct=uct, uht=uht, urt=urt)


class Explain(CommandLine):
    def causes(self, *args):
        return [(c["cause"], c["row"], c["lines"])
                for c in json.loads(self.badgate("explain", "--format", "json", *args).stdout)["causes"]]

    def test_a_line(self):
        out = self.badgate("explain", REFUSED).stdout
        for text in ["Nobody listens", "upstream-down", "ss -lnt", "wrong-port/nothing-listens-there",
                     "What does not help", "badgate run upstream-down/application-not-running",
                     "application-not-running:start_it"]:
            self.assertIn(text, out)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        first = json.loads(self.badgate("explain", "--format", "json", REFUSED).stdout)["suspects"][0]
        self.assertEqual((first["cause"], first["row"]), ("upstream-down", "A1"))

    def test_a_line_of_json_without_a_space(self):
        line = '{"status":502,"upstream_status":"502","upstream_response_time":"0.000"}'
        self.assertIn("Cause", self.badgate("explain", line).stdout)

    def test_no_line(self):
        for args, said in [(["no such line"], "no line of a log"), (["nofile.log"], "there is no file"),
                           (["--log-format", "$a $b", "x y"], "neither $status nor"),
                           (["--log-format", "$status$host", "x y"], "nothing separates"),
                           (["--follow", REFUSED], "--follow needs files"), (["--follow"], "--follow needs files"),
                           (["--follow", "-"], "--follow needs files"),
                           (["--follow", "--format", "json", "/dev/null"], "--follow writes text")]:
            done = self.badgate("explain", *args, code=2)
            self.assertIn(said, done.stderr)
        self.file("other.txt", "one\ntwo\n")
        self.assertIn("--log-format", self.badgate("explain", "other.txt", code=2).stderr)

    def test_a_storm_has_one_cause(self):
        self.file("error.log", "\n".join([REFUSED] + [NO_LIVE] * 50) + "\n")
        out = self.badgate("explain", "error.log").stdout
        self.assertIn("51 failures of 2 causes", out)
        self.assertIn('50 of it follow "upstream-down (A1)"', out)
        self.assertIn("led to     no live upstreams, 50 times", out)

    def test_access_log_refines_error_log(self):
        self.file("error.log", CLOSED + "\n")
        self.assertEqual(self.causes("error.log"), [("application-crash", "D2", 1)])
        self.file("race.log", "\n".join([access("GET /a", 200, 200, "0.001", "0.002", "0.002"),
                                         access("POST /order", 502, 502, "0.000", "-", "0.001")]) + "\n")
        self.assertEqual(self.causes("error.log", "race.log"), [("keepalive-race", "K2", 1)])
        self.file("slow.log", access("POST /order", 502, 502, "0.001", "-", "30.004").replace(
            "04:15:25", "04:15:26") + "\n")
        out = self.badgate("explain", "error.log", "slow.log").stdout
        self.assertIn("killed its own worker", out)

    def test_usual_access_logs_are_recognised(self):
        for line, cause in [
            (access("GET /", 502, 502, "-", "-", "0.000"), "upstream-down"),
            ('10.1.2.3 - - [23/Nov/2026:04:15:25 +0000] "GET / HTTP/1.1" 502 157 "-" "curl" 90 0.001 '
             '[default-app-80] [] 10.0.0.1:80, 10.0.0.1:80 0, 0 0.000, 0.001 502, 502 abc', "upstream-down"),
            ('{"time":"2026-11-23T04:15:25+00:00","request":"GET / HTTP/1.1","status":504,"upstream_addr":'
             '"10.0.0.1:80","upstream_status":"504","upstream_connect_time":"0.001","upstream_header_time":"-",'
             '"upstream_response_time":"60.001"}', "slow-application"),
            ('10.0.0.7 [23/Nov/2026:04:15:25 +0000] "GET / HTTP/1.1" 502 502, 502 10.0.0.1:80, 10.0.0.2:80 '
             '-, - -, - 0.000, 0.000 0.001 0, 0 0, 0 157 157 1', "upstream-down"),
        ]:
            said = json.loads(self.badgate("explain", "--format", "json", line).stdout)
            self.assertEqual(said["suspects"][0]["cause"], cause, line)

    def test_log_format(self):
        line = "502|10.0.0.1:80, 10.0.0.2:80|502, 502|-, -|/x"
        form = "$status|$upstream_addr|$upstream_status|$upstream_connect_time|$request_uri"
        done = self.badgate("explain", "--format", "json", "--log-format", form, line + " ")
        self.assertEqual(json.loads(done.stdout)["suspects"][0]["cause"], "upstream-down")

    def test_standard_input(self):
        done = subprocess.run([BADGATE, "explain"], input=REFUSED + "\n", capture_output=True, text=True,
                              env=self.env)
        self.assertIn("1 failure of 1 cause", done.stdout)

    def test_hostile_bytes_do_not_reach_the_terminal(self):
        line = REFUSED.encode().replace(b"/cart", b"/\x1b[31m\xff\x07")
        self.file("error.log", line + b"\n" + b"\0" * 200000 + b"\n" + b"\x1b]0;x\x07" * 50000)
        done = subprocess.run([BADGATE, "explain", "error.log"], cwd=self.folder, capture_output=True,
                              env=self.env)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertNotIn(b"\x07", done.stdout)
        self.assertIn(b"1 failure", done.stdout)

    def test_follow_two_logs(self):
        self.file("error.log", REFUSED + "\n")
        self.file("access.log", "")
        process = self.start("explain", "--follow", "error.log", "access.log")
        lines = []
        self.assertTrue(eventually(lambda: lines.append(process.stdout.readline()) or "from now on" in lines[-1]))
        self.assertIn("1 failure of 1 cause", "".join(lines))
        with open(self.folder / "error.log", "a") as log:
            log.write(CLOSED + "\n")
        with open(self.folder / "access.log", "a") as log:
            log.write(access("POST /order", 502, 502, "0.001", "-", "30.004") + "\n")
        self.assertIn("application-crash (D2) 127.0.0.1:9000", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)

    def test_follow_does_not_wait_for_the_end_of_a_request(self):
        self.file("error.log", "")
        self.file("access.log", "")
        process = self.start("explain", "--follow", "error.log", "access.log")
        self.assertTrue(eventually(lambda: "from now on" in process.stdout.readline()))
        with open(self.folder / "error.log", "a") as log:
            log.write(REFUSED + "\n")
        # Neither log goes on.
        self.assertIn("upstream-down (A1) 127.0.0.1:9000", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)

    def test_follow_what_cannot_be_read(self):
        # It can be opened; at its beginning there is nothing.
        self.assertIn("cannot read /proc/self/mem",
                      self.badgate("explain", "--follow", "/proc/self/mem", code=3).stderr)

    def test_follow(self):
        self.file("error.log", REFUSED + "\n")
        process = self.start("explain", "--follow", "error.log")
        self.assertTrue(eventually(lambda: "from now on" in process.stdout.readline()))
        with open(self.folder / "error.log", "a") as log:
            log.write((CLOSED + "\n") * 3)
        self.assertIn("application-crash (D2) 127.0.0.1:9000", process.stdout.readline())
        # Rotated away, as logrotate does.
        os.rename(self.folder / "error.log", self.folder / "error.log.1")
        self.file("error.log", NO_LIVE + "\n")
        self.assertIn("application-crash (D2)", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)
