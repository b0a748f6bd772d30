"""Measures `badgate proxy` beside nginx: the same origin, the same work, one process each.

Each measurement has a proxy of its own, freshly started; all that is started and written is gone
when the run ends, also on Ctrl-C. `ci/bench` calls this.
"""

import argparse
import datetime
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile

from bench import Bench
from bodies import BLOCK, MEMORY_BOUND, big_bodies, blocks, digest_of
from idle import idle
from load import load
from processes import ORIGIN, free_port, make_certificate, nginx
from table import MIB, Bytes, print_row


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
    tls = free_port()
    make_certificate(folder)
    with nginx(folder, lambda own: ORIGIN.format(folder=own, port=port, tls=tls), port) as origin:
        with open(os.path.join(origin.folder, "big"), "wb") as file:
            for piece in blocks(size):
                file.write(piece)
        with open(os.path.join(origin.folder, "1mb"), "wb") as file:
            file.write(next(blocks(BLOCK))[:1_000_000])
        bench = Bench(folder, arguments.badgate, origin, tls, connections, size)
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
            load(bench, "small responses over TLS to the origin", path="/small", connections=32,
                 tls=True)
            load(bench, "small responses, new TLS connections to the origin", path="/small",
                 connections=32, keepalive=0, tls=True)
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
    if not problems:
        print(f"every connection answered, every byte intact, memory at most {Bytes(MEMORY_BOUND)} "
              "above idle")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
