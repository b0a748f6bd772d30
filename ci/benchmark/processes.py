"""What runs: nginx and badgate as children, each with a folder and a port of its own."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

LOG_FORMAT = "$status $upstream_addr $upstream_status $upstream_response_time $request_time"

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/x; uwsgi_temp_path {folder}/x; scgi_temp_path {folder}/x;
  {http}
}}
"""
NGINX_PROXY = """
  log_format it '{log_format}'; access_log {folder}/access.log it buffer=64k flush=1s;
  keepalive_requests 100000; client_max_body_size 0;
  proxy_buffering {buffering}; proxy_request_buffering {buffering};
  proxy_http_version 1.1; proxy_set_header Connection "{connection}";
  upstream app {{ server 127.0.0.1:{origin}; {pool} }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {scheme}://app; }} }}
"""
BADGATE_PROXY = """
error_log = "{folder}/error.log"
access_log = "{folder}/access.log"
[proxy]
listen = "127.0.0.1:{port}"
log_format = "{log_format}"
keepalive_requests = 100000
client_max_body_size = 0
client_body_temp_path = "{folder}"
proxy_temp_path = "{folder}"
proxy_buffering = "{buffering}"
proxy_request_buffering = "{buffering}"
proxy_http_version = "1.1"
proxy_pass = "{scheme}://app"
[group.app]
{pool}
[[upstream.app]]
server = "127.0.0.1:{origin}"
"""
# `tls` is the same over TLS. "/sink" reads the whole request before it answers; "return" alone would not.
ORIGIN = """
  access_log off; keepalive_requests 100000; client_max_body_size 0; client_body_buffer_size 2m;
  server {{
    listen 127.0.0.1:{port} backlog=4096; root {folder};
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {folder}/../origin.pem; ssl_certificate_key {folder}/../origin.key;
    location = /small {{ return 200 "hello, world"; }}
    location = /sink {{
      proxy_pass http://127.0.0.1:{port}/small;
      proxy_pass_request_body off; proxy_set_header Content-Length "";
    }}
  }}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """For the origin; nobody verifies it."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=origin", "-days", "1",
                    "-keyout", f"{folder}/origin.key", "-out", f"{folder}/origin.pem"],
                   check=True, capture_output=True)


class ProxyGone(Exception):
    """It did not start, or it ended by itself."""


class Process:
    """A child with a folder of its own; stopped, and its folder removed, at the end of a `with`."""

    def __init__(self, parent_folder, command, config, port):
        self.folder = tempfile.mkdtemp(dir=parent_folder)
        self.port = port
        path = os.path.join(self.folder, "config")
        with open(path, "w") as file:
            file.write(config(self.folder))
        self.command = [word.format(config=path, folder=self.folder) for word in command]
        self.child = None

    def __enter__(self):
        try:
            with open(os.path.join(self.folder, "output"), "w") as output:
                self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                              stdout=output, stderr=output)
            self.wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_it_listens(self):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self.port)).close()
            self.check_alive()
            time.sleep(0.02)
        raise ProxyGone(f"{self.command[0]} does not listen")

    def check_alive(self):
        code = self.child.poll()
        if code is not None:
            said = (self.read("output") + self.read("error.log")).strip()
            raise ProxyGone(f"{self.command[0]} ended with code {code}: {said}")

    def __exit__(self, *_):
        if self.child is None:
            return
        self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, name):
        with contextlib.suppress(OSError), open(os.path.join(self.folder, name)) as file:
            return file.read()[:2000]
        return ""

    def cpu(self):
        """Seconds in user and kernel mode so far."""
        with open(f"/proc/{self.child.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        """VmRSS or VmHWM, in bytes."""
        self.check_alive()
        with open(f"/proc/{self.child.pid}/status") as file:
            return int(re.search(rf"^{key}:\s+(\d+) kB", file.read(), re.M)[1]) * 1024


def nginx(folder, http, port):
    command = ["nginx", "-p", "{folder}", "-e", "{folder}/error.log", "-c", "{config}"]
    return Process(folder, command,
                   lambda own: NGINX.format(folder=own, http=http(own)), port)
