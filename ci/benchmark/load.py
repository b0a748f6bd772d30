"""Many requests: what each costs, and how long it takes. wrk makes them."""

import os
import re
import subprocess

from bench import PATIENCE
from table import Seconds


def seconds_of(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def wrk(bench, name, path, connections, seconds, script="", headers=(), keepalive=64, tls=False):
    """One proxy under load; figures of each request."""
    with bench.proxy(name, keepalive=keepalive, tls=tls) as proxy:
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
                "p50": Seconds(seconds_of(re.search(r"^ +50% +(\S+)", said, re.M)[1])),
                "p99": Seconds(seconds_of(re.search(r"^ +99% +(\S+)", said, re.M)[1])),
                "requests a second": round(count / seconds)}


def load(bench, work, **options):
    """Three short runs each; the one that cost least CPU is shown."""

    def best(name):
        return min((wrk(bench, name, seconds=2, **options) for _ in range(3)),
                   key=lambda run: run["CPU each"])

    bench.both(work, best)
