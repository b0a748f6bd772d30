"""The run: it starts proxies, collects rows, and remembers what went wrong."""

from processes import BADGATE_PROXY, LOG_FORMAT, NGINX_PROXY, Process, ProxyGone, free_port, nginx
from table import print_row

PATIENCE = 60  # seconds for any one read or write of a socket


class Bench:
    def __init__(self, folder, badgate, origin, tls_port, connections, body_size):
        self.folder = folder
        self.badgate = badgate
        self.origin = origin
        self.tls_port = tls_port
        self.connections = connections
        self.body_size = body_size
        self.problems = []

    def proxy(self, name, origin=None, buffering="on", keepalive=64, tls=False):
        port = free_port()
        words = dict(port=port, buffering=buffering, keepalive=keepalive, log_format=LOG_FORMAT,
                     origin=origin or (self.tls_port if tls else self.origin.port),
                     scheme="https" if tls else "http")
        if name == "badgate":
            words["pool"] = f"keepalive = {keepalive}\nkeepalive_requests = 100000" if keepalive else ""
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
