"""Measures `badgate proxy` beside nginx: the same origin, the same work, one process each.

Each measurement has a proxy of its own, freshly started; all that is started and written is gone
when the run ends, also on Ctrl-C. `ci/bench` calls this.
"""

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import platform
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

MIB = 1 << 20
BLOCK = MIB  # of the pattern, and of one send
MEMORY_BOUND = 64 * MIB  # above what the proxy needs while idle
PATIENCE = 60  # seconds for any one read or write of a socket
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
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://app; }} }}
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
[group.app]
keepalive = {keepalive}
keepalive_requests = 100000
[[upstream.app]]
server = "127.0.0.1:{origin}"
"""
# "/sink" reads the whole request before it answers; "return" alone would not.
ORIGIN = """
  access_log off; keepalive_requests 100000; client_max_body_size 0; client_body_buffer_size 2m;
  server {{
    listen 127.0.0.1:{port} backlog=4096; root {folder};
    location = /small {{ return 200 "hello, world"; }}
    location = /sink {{
      proxy_pass http://127.0.0.1:{port}/small;
      proxy_pass_request_body off; proxy_set_header Content-Length "";
    }}
  }}
"""


def blocks(total):
    """A body whose lost, doubled or exchanged parts are noticed, in pieces of BLOCK bytes."""
    noise = memoryview(random.Random(1).randbytes(2 * BLOCK))
    for number in range(total // BLOCK):
        at = number * 4099 % BLOCK
        yield noise[at : at + BLOCK]


def digest_of(pieces):
    digest = hashlib.sha1()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- processes


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


class Bench:
    def __init__(self, folder, badgate, origin, connections, body_size):
        self.folder = folder
        self.badgate = badgate
        self.origin = origin
        self.connections = connections
        self.body_size = body_size
        self.problems = []

    def proxy(self, name, origin=None, buffering="on", keepalive=64):
        port = free_port()
        words = dict(port=port, origin=origin or self.origin.port, buffering=buffering,
                     keepalive=keepalive, log_format=LOG_FORMAT)
        if name == "badgate":
            command = [self.badgate, "proxy", "--config", "{config}"]
            return Process(self.folder, command,
                           lambda folder: BADGATE_PROXY.format(folder=folder, **words), port)
        words["pool"] = f"keepalive {keepalive}; keepalive_requests 100000;" if keepalive else ""
        words["connection"] = "" if keepalive else "close"
        return nginx(self.folder, lambda folder: NGINX_PROXY.format(folder=folder, **words), port)

    def both(self, work, measure):
        """`measure(name)` gives figures of one proxy; adds a row for each figure."""
        figures = {}
        for name in ("badgate", "nginx"):
            try:
                figures[name] = measure(name)
            except ProxyGone as gone:
                figures[name] = {}
                self.check(name, False, f"{work}: {gone}")
        for what in figures["badgate"]:
            print_row(work, what, figures["badgate"][what], figures["nginx"].get(what, "–"))

    def check(self, name, good, problem):
        if not good:
            self.problems.append(f"{name}: {problem}")
            print(f"  !! {name}: {problem}")


def nginx(folder, http, port):
    command = ["nginx", "-p", "{folder}", "-e", "{folder}/error.log", "-c", "{config}"]
    return Process(folder, command,
                   lambda own: NGINX.format(folder=own, http=http(own)), port)


# ---- idle connections


def small_request(sock):
    sock.sendall(b"GET /small HTTP/1.1\r\nHost: bench\r\n\r\n")


def answered(sock):
    with contextlib.suppress(OSError):
        got = b""
        while not got.endswith(b"hello, world"):
            more = sock.recv(4096)
            if not more:
                return False
            got += more
        return got.startswith(b"HTTP/1.1 200 ")
    return False


def ask_all(socks):
    for sock in socks:
        with contextlib.suppress(OSError):
            small_request(sock)
    return sum(answered(sock) for sock in socks)


def idle(bench, name):
    count = bench.connections
    with bench.proxy(name) as proxy, contextlib.ExitStack() as stack:
        before = proxy.memory("VmRSS")
        socks = [stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), PATIENCE))
                 for _ in range(count)]
        time.sleep(0.5)
        fresh = proxy.memory("VmRSS") - before
        first = ask_all(socks)
        time.sleep(0.5)
        kept = proxy.memory("VmRSS") - before
        second = ask_all(socks)
        bench.check(name, first == count, f"only {first} of {count} connections were answered")
        bench.check(name, second == count,
                    f"only {second} of {count} idle connections were answered again")
    return {"memory each, unused": Bytes(fresh / count),
            "memory each, after a request": Bytes(kept / count),
            "answered afterwards": second}


# ---- bodies of 1 GiB


def transfer(bench, name, move, **options):
    """Runs `move(port)`, which gives None or what is wrong, and watches the proxy meanwhile."""
    with bench.proxy(name, **options) as proxy:
        before, cpu = proxy.memory("VmRSS"), proxy.cpu()
        try:
            wrong = move(proxy.port)
        except OSError as error:
            wrong = f"the transfer failed: {error}"
        extra = proxy.memory("VmHWM") - before
        bench.check(name, not wrong, f"{wrong}; {proxy.read('error.log').strip()}")
        bench.check(name, extra <= MEMORY_BOUND,
                    f"needed {Bytes(extra)} more memory; the bound is {Bytes(MEMORY_BOUND)}")
        return {"peak memory": Bytes(before + extra), "CPU": Seconds(proxy.cpu() - cpu)}


def download(port, path, size, digest, wait):
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".encode())
        time.sleep(wait)
        with sock.makefile("rb", buffering=64 * 1024) as stream:
            if b" 200 " not in stream.readline():
                return "the status was not 200"
            while stream.readline() not in (b"\r\n", b""):
                pass
            got, hasher, buffer = 0, hashlib.sha1(), memoryview(bytearray(MIB))
            while count := stream.readinto(buffer):
                hasher.update(buffer[:count])
                got += count
    if got != size:
        return f"{got} of {size} bytes came"
    return None if hasher.hexdigest() == digest else "the bytes were not those that were sent"


def upload(port, size, digest, chunked):
    """To a Sink: its answer is what it got."""
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        sock.sendall(f"POST / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n{framing}\r\n\r\n".encode())
        for piece in blocks(size):
            sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            sock.sendall(b"0\r\n\r\n")
        with sock.makefile("rb") as stream:
            answer = stream.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        return f"the status was not 200: {head[:80]}"
    got = json.loads(body)
    if got["bytes"] != size:
        return f"{got['bytes']} of {size} bytes arrived"
    return None if got["digest"] == digest else "the bytes were not those that were sent"


class Sink:
    """An origin that answers each request with the number and the hash of its body's bytes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            sock, _ = self.listener.accept()
            sock.settimeout(PATIENCE)
            with sock, sock.makefile("rb", buffering=256 * 1024) as stream:
                with contextlib.suppress(OSError, ValueError):
                    self.answer(sock, stream)

    def answer(self, sock, stream):
        headers = {}
        stream.readline()
        while (line := stream.readline()) not in (b"\r\n", b""):
            key, _, value = line.decode().partition(":")
            headers[key.lower()] = value.strip()
        hasher, total = hashlib.sha1(), 0
        for piece in self.body(stream, headers):
            hasher.update(piece)
            total += len(piece)
        body = json.dumps({"bytes": total, "digest": hasher.hexdigest()}).encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
                     % (len(body), body))

    @staticmethod
    def body(stream, headers):
        buffer = memoryview(bytearray(MIB))
        chunked = headers.get("transfer-encoding") == "chunked"
        left = 0 if chunked else int(headers.get("content-length", 0))
        while True:
            if chunked and left == 0:
                left = int(stream.readline(), 16)
            if left == 0:
                return
            count = stream.readinto(buffer[: min(left, MIB)])
            if not count:
                return
            yield buffer[:count]
            left -= count
            if chunked and left == 0:
                stream.readline()


def big_bodies(bench, path, digest):
    size, sink = bench.body_size, Sink()
    title = f"{Bytes(size)} response"

    def get(wait=0, **options):
        return lambda name: transfer(
            bench, name, lambda port: download(port, path, size, digest, wait), **options)

    bench.both(title, get())
    bench.both(f"{title}, read 3 s late", get(wait=3))
    bench.both(f"{title}, proxy_buffering off", get(buffering="off"))
    for buffering in ("on", "off"):
        for chunked in (False, True):
            what = "chunked" if chunked else "Content-Length"
            how = "" if buffering == "on" else ", proxy_request_buffering off"
            bench.both(f"{Bytes(size)} request, {what}{how}", lambda name: transfer(
                bench, name, lambda port: upload(port, size, digest, chunked),
                origin=sink.port, buffering=buffering))


# ---- many requests


def seconds_of(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def wrk(bench, name, path, connections, seconds, script="", headers=(), keepalive=64):
    """One proxy under load; figures of each request."""
    with bench.proxy(name, keepalive=keepalive) as proxy:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        for header in headers:
            command += ["-H", header]
        if script:
            lua = os.path.join(proxy.folder, "wrk.lua")
            with open(lua, "w") as file:
                file.write(script)
            command += ["-s", lua]
        cpu = proxy.cpu()
        said = subprocess.run([*command, f"http://127.0.0.1:{proxy.port}{path}"], text=True,
                              capture_output=True, timeout=seconds + PATIENCE, check=True).stdout
        proxy.check_alive()
        cpu = proxy.cpu() - cpu
        count = int(re.search(r"(\d+) requests in", said)[1])
        trouble = re.search(r"Socket errors.*|Non-2xx.*", said)
        bench.check(name, count > 0 and not trouble,
                    f"{path}: {trouble and trouble[0]}, {count} requests; "
                    f"{proxy.read('error.log').strip()}")
        return {"CPU each": Seconds(cpu / max(count, 1)),
                "p50": Seconds(seconds_of(re.search(r"50%\s+(\S+)", said)[1])),
                "p99": Seconds(seconds_of(re.search(r"99%\s+(\S+)", said)[1])),
                "requests a second": round(count / seconds)}


def load(bench, work, **options):
    """Three short runs each; the one that cost least CPU is shown."""

    def best(name):
        return min((wrk(bench, name, seconds=2, **options) for _ in range(3)),
                   key=lambda run: run["CPU each"])

    bench.both(work, best)


# ---- the table


class Bytes(float):
    def __str__(self):
        for unit, size in (("GiB", 1 << 30), ("MiB", MIB), ("KiB", 1024)):
            if self >= size:
                return f"{self / size:.3g} {unit}"
        return f"{self:.0f} B"


class Seconds(float):
    def __str__(self):
        for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
            if self >= size:
                return f"{self / size:.3g} {unit}"
        return f"{self * 1e6:.2g} µs"


def print_row(work, what, badgate, other):
    ratio = f"{badgate / other:.2f}" if isinstance(other, (int, float)) and other else "–"
    if isinstance(badgate, str):
        ratio = "ratio"
    print(f"{work:<57} {what:<28} {badgate!s:>9} {other!s:>9} {ratio:>5}", flush=True)


def raise_descriptor_limit(wanted):
    """How many idle connections can be held, with an upstream connection for each."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY or hard >= 2 * wanted + 100:
        return wanted
    possible = (hard - 100) // 2
    print(f"ulimit -Hn is {hard}: {possible} idle connections in place of {wanted}")
    return possible


def version(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def run(arguments, folder):
    print(f"{datetime.date.today()}, {version([arguments.badgate, '--version'])}, "
          f"{version(['nginx', '-v'])}, {os.cpu_count()} CPUs, {platform.machine()}")
    size = arguments.mib * MIB
    connections = raise_descriptor_limit(arguments.connections)
    port = free_port()
    with nginx(folder, lambda own: ORIGIN.format(folder=own, port=port), port) as origin:
        with open(os.path.join(origin.folder, "big"), "wb") as file:
            for piece in blocks(size):
                file.write(piece)
        with open(os.path.join(origin.folder, "1mb"), "wb") as file:
            file.write(next(blocks(BLOCK))[:1_000_000])
        bench = Bench(folder, arguments.badgate, origin, connections, size)
        print_row("work", "figure", "badgate", "nginx")
        if "idle" in arguments.only:
            bench.both(f"{connections} idle connections", lambda name: idle(bench, name))
        if "big" in arguments.only:
            big_bodies(bench, "/big", digest_of(blocks(size)))
        if "load" in arguments.only:
            load(bench, "small responses, keepalive", path="/small", connections=32)
            load(bench, "small responses, new client connections", path="/small", connections=32,
                 headers=["Connection: close"])
            load(bench, "small responses, new upstream connections", path="/small",
                 connections=32, keepalive=0)
            load(bench, "responses of 1 MB", path="/1mb", connections=8)
            load(bench, "POST of 1 MB", path="/sink", connections=8,
                 script='wrk.method = "POST"\nwrk.body = string.rep("x", 1000000)\n')
    return bench.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--badgate", default="build/harness/badgate", help="the program")
    parser.add_argument("--connections", type=int, default=2000, help="idle ones; default 2000")
    parser.add_argument("--mib", type=int, default=1024, help="of a big body; default 1024")
    parser.add_argument("--only", nargs="+", default=["idle", "big", "load"],
                        choices=["idle", "big", "load"], help="a part of it")
    arguments = parser.parse_args()

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        with tempfile.TemporaryDirectory(prefix="badgate-bench-") as folder:
            problems = run(arguments, folder)
    except KeyboardInterrupt:
        return 130
    for problem in problems:
        print(f"FAILED: {problem}")
    print("bounds: " + ("violated" if problems else f"all kept; memory at most {Bytes(MEMORY_BOUND)}"
                        " above idle, every byte, every connection"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
