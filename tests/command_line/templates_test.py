"""ci/templates: what the pipelines and containers say to badgate is what it understands."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from kit import BADGATE, COMMANDS, GOOD, PATIENCE, SOURCE, WRONG, CommandLine, eventually
from interrupted_test import REAL

TEMPLATES = SOURCE / "ci" / "templates"
NAMESPACES = ["unshare", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child",
              "--mount-proc"]

# What docker-compose.yml puts up: nginx in a network of its own, where the name of its upstream leads
# to loopback, and badgate in the same network. Its arguments: badgate's command, nginx's folder.
COMPOSED = """
import http.client, pathlib, shlex, socket, subprocess, sys, time
command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def up(port):
    for _ in range(500):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0: return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")
def status():
    connection = http.client.HTTPConnection("127.0.0.1", 80)
    connection.request("GET", "/")
    return connection.getresponse().status
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["mount", "--bind", folder / "hosts", "/etc/hosts"], check=True)
errors = (folder / "stderr").open("w")
subprocess.Popen(["nginx", "-p", folder, "-c", folder / "main.conf"], stderr=errors)
up(80)
print(status())
subprocess.Popen(["sh", "-c", command], stdout=subprocess.DEVNULL)
up(9000)
print(status())
print((folder / "stderr").read_text())
"""


def namespaces_can_be_made():
    if not all(map(shutil.which, ["unshare", "ip", "nginx", "sh"])):
        return False
    return subprocess.run([*NAMESPACES, "ip", "link", "set", "lo", "up"],
                          capture_output=True).returncode == 0


class Compose(CommandLine):
    TEXT = (TEMPLATES / "docker-compose.yml").read_text()

    def test_loopback_is_not_published(self):
        self.assertEqual(re.findall(r'(?m)^ *- "([0-9.]+):\d+:\d+"$', self.TEXT), ["127.0.0.1"])

    @unittest.skipUnless(namespaces_can_be_made(), "no namespaces or no nginx here")
    def test_backends_behind_nginx(self):
        command = re.search(r"(?m)^    command: badgate (.*)$", self.TEXT).group(1)
        name, address = re.search(r'extra_hosts:\n +- "(\w+):([0-9.]+)"', self.TEXT).groups()
        self.file("hosts", f"127.0.0.1 localhost\n{address} {name}\n")
        shutil.copy(TEMPLATES / "nginx.conf", self.folder)
        kept = " ".join(f"{kind}_temp_path {kind};"
                        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        self.file("main.conf", "daemon off; user root; pid nginx.pid; error_log stderr; events {}\n"
                               f"http {{ access_log off; {kept} include nginx.conf; }}\n")
        done = subprocess.run(
            [*NAMESPACES, sys.executable, "-c", COMPOSED, f"exec '{BADGATE}' {command}", self.folder],
            env=dict(self.env, SCENARIO="application-crash/dies-in-the-header"), capture_output=True, text=True,
            timeout=3 * PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        alone, behind, log = done.stdout.split("\n", 2)
        self.assertEqual((alone, behind), ("502", "502"))
        first, second = re.findall(r'\*\d+ (.*), client: .* upstream: "([^"]*)"', log)
        self.assertEqual(first[0], "connect() failed (111: Connection refused) while connecting to "
                                   "upstream")
        self.assertIn("upstream prematurely closed connection", second[0])
        self.assertEqual(second[1], f"http://{address}:9000/")


# A command, and the options in the lines below it, up to what the shell or the file puts behind it.
COMMAND = re.compile(r"\bbadgate ((?:report )?[a-z]+)\b([^\n;|`']*(?:\n +--[^\n;|`']*)*)")


def with_badgate(env):
    return dict(env, PATH=f"{os.path.dirname(BADGATE)}:{os.environ['PATH']}")


def commands_of(path):
    return [(words, " ".join(rest.split()).removesuffix(" &")) for words, rest in COMMAND.findall(path.read_text())]


class Commands(CommandLine):
    def test_options_exist(self):
        found = {}
        for path in sorted(TEMPLATES.iterdir()):
            for words, rest in commands_of(path):
                if words.split()[0] not in COMMANDS:
                    continue  # prose
                found[path.name] = found.get(path.name, 0) + 1
                known = self.badgate(*words.split(), "--help").stdout
                for option in re.findall(r"--[a-z-]+", rest):
                    self.assertRegex(known, rf"{option}\b", f"{path.name}: badgate {words} {rest}")
        self.assertLessEqual({"docker-compose.yml", "Dockerfile", *Pipelines.SHARDS}, set(found))


class Pipelines(CommandLine):
    """What each pipeline tells a shell, with what its server would put into the environment."""

    SHARDS = {"github-actions.yml": 4, "gitlab-ci.yml": 4, "Jenkinsfile": 4, "kubernetes-job.yaml": 8}

    def shell(self, command, shard=0, of=0):
        command = re.sub(r"\$\{\{ matrix.shard \}\}", str(shard), command).replace("/reports/", "")
        env = dict(with_badgate(self.env), SHARD=str(shard), shard=str(shard),
                   CI_NODE_INDEX=str(shard), CI_NODE_TOTAL=str(of))
        return subprocess.run(["sh", "-c", f"badgate {command}"], cwd=self.folder, env=env,
                              capture_output=True, text=True, timeout=60)

    def played(self, name, shards):
        run, merge = [f"{words} {rest}" for words, rest in commands_of(TEMPLATES / name)
                      if rest.startswith("scenarios --shard") or words == "report merge"]
        codes = set()
        for shard in range(1, shards + 1):
            done = self.shell(run, shard, shards)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            codes.add(done.returncode)
        self.assertEqual(codes, {0, 1})  # one shard has what fails
        done = self.shell(merge + " --report junit:all.xml")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        for file in re.findall(r"--report [a-z]+:(\S+)", merge):
            self.assertGreater((self.folder / file).stat().st_size, 0, file)

    def test_shards_and_what_is_made_of_them(self):
        for name, shards in self.SHARDS.items():
            with self.subTest(name):
                for i in range(6):
                    self.file(f"scenarios/{i}.toml", GOOD)
                self.file("scenarios/wrong.toml", WRONG)
                self.played(name, shards)
                suites = xml.etree.ElementTree.parse(self.folder / "all.xml").getroot()
                self.assertEqual(len(list(suites.iter("testcase"))), 13)
                self.assertEqual(len(list(suites.iter("failure"))), 1)
                for file in [*self.folder.glob("*.json"), *self.folder.glob("badgate.*")]:
                    file.unlink()


class Kubernetes(CommandLine):
    """The shell scripts of the two Jobs, as their containers run them."""

    TEXT = (TEMPLATES / "kubernetes-job.yaml").read_text()

    def script_of(self, job):
        text = self.TEXT.partition(f"name: {job}\n")[2]
        script = re.search(r"(?m)^          args:\n            - \|\n((?:              .*\n)+)", text).group(1)
        return script.replace("/reports/", "").replace("sleep 5", "sleep 0.05").replace("/8", "/2")

    def script(self, job, **env):
        return subprocess.run(["sh", "-c", self.script_of(job)], cwd=self.folder, env=dict(with_badgate(self.env), **env),
                              capture_output=True, text=True, timeout=60)

    def report(self, patience):
        return self.script("badgate-report", SHARDS="2", PATIENCE=str(patience))

    def test_a_shard_with_a_mistake_is_not_waited_for(self):
        self.file("scenarios/a.toml", GOOD)
        self.file("scenarios/b.toml", WRONG)
        codes = [self.script("badgate-scenarios", JOB_COMPLETION_INDEX="0").returncode]
        self.file("scenarios/b.toml", "[oops")
        codes.append(self.script("badgate-scenarios", JOB_COMPLETION_INDEX="1").returncode)
        self.assertIn(codes, [[0, 2], [1, 2]])
        done = self.report(patience=3600)
        self.assertEqual(done.returncode, 3 if codes[0] == 0 else 1)
        self.assertIn("shard 2/2 is missing", done.stderr)
        self.assertIn("# badgate: ", done.stdout)

    def test_a_shard_that_is_told_to_end_writes_its_report(self):
        for name in "ab":
            self.file(f"scenarios/{name}.toml", REAL)
        env = dict(with_badgate(self.env), JOB_COMPLETION_INDEX="0")
        shell = subprocess.Popen(["sh", "-c", self.script_of("badgate-scenarios")], cwd=self.folder, env=env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(self.end, shell)
        self.assertTrue(eventually(lambda: any(self.temp.iterdir())))
        shell.terminate()  # it alone, as Kubernetes does
        shell.communicate(timeout=PATIENCE)
        self.assertNotEqual(shell.returncode, 0)
        self.assertFalse(json.loads((self.folder / "1.json").read_text())["complete"])

    def test_a_shard_that_is_lost_is_waited_for_until_its_time_is_over(self):
        self.file("scenarios/a.toml", GOOD)
        self.script("badgate-scenarios", JOB_COMPLETION_INDEX="0")
        done = self.report(patience=0)
        self.assertEqual(done.returncode, 3)
        self.assertIn("shard 2/2 is missing", done.stderr)

    def test_patience_outlasts_the_other_job(self):
        scenarios, report = [int(n) for n in re.findall(r"activeDeadlineSeconds: (\d+)", self.TEXT)]
        patience = int(re.search(r'PATIENCE, value: "(\d+)"', self.TEXT).group(1))
        self.assertTrue(scenarios < patience < report)


class Readme(CommandLine):
    def test_in_ci(self):
        section = (SOURCE / "README.md").read_text().partition("## In CI\n")[2].partition("\n## ")[0]
        commands = re.search(r"(?s)```sh\n(.*?)```", section).group(1)
        self.file("scenarios/a.toml", GOOD)
        self.file("scenarios/b.toml", GOOD)
        done = subprocess.run(["sh", "-e", "-c", commands], cwd=self.folder, env=with_badgate(self.env),
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        suites = xml.etree.ElementTree.parse(self.folder / "badgate.xml").getroot()
        self.assertEqual(len(list(suites.iter("testcase"))), 4)
        for file in re.findall(r"--report [a-z]+:(\S+)", commands):
            self.assertGreater((self.folder / file).stat().st_size, 0, file)


class Versions(unittest.TestCase):
    def test_image(self):
        version = re.search(r"version: '([0-9.]+)'", (SOURCE / "meson.build").read_text()).group(1)
        for path in TEMPLATES.iterdir():
            for image in re.findall(r"badgate:([0-9][0-9.]*)", path.read_text()):
                self.assertEqual(image, version, path.name)
