"""ci/templates: what the pipelines and containers say to badgate is what it understands."""

import re
import shutil
import subprocess
import sys
import unittest

from kit import BADGATE, PATIENCE, SOURCE, CommandLine

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


class Versions(unittest.TestCase):
    def test_image(self):
        version = re.search(r"version: '([0-9.]+)'", (SOURCE / "meson.build").read_text()).group(1)
        for path in TEMPLATES.iterdir():
            for image in re.findall(r"badgate:([0-9][0-9.]*)", path.read_text()):
                self.assertEqual(image, version, path.name)
