"""Many idle client connections: what each costs, and whether all of them still work."""

import contextlib
import socket
import time

from bench import PATIENCE
from table import Bytes


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
