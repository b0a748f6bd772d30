"""Big bodies, both ways: every byte must arrive, and memory must stay bounded."""

import contextlib
import hashlib
import json
import random
import socket
import threading
import time

from bench import PATIENCE
from table import MIB, Bytes, Seconds

BLOCK = MIB  # of the pattern, and of one send
MEMORY_BOUND = 64 * MIB  # above what the proxy needs while idle


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
        head = f"POST / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n{framing}\r\n\r\n"
        sock.sendall(head.encode())
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
