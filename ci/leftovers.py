"""What a run of badgate leaves behind: processes, sockets, shared memory, folders. Shared by the
soaks; no program of its own."""

import ctypes
import fcntl
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BADGATE = os.environ.get("BADGATE", str(SOURCE / "build/harness/badgate"))
PATIENCE = 5  # seconds that may pass until everything is gone
STUCK = 120  # seconds after which a run is not slow but stuck
# Where programs put things that were not told otherwise.
SHARED_PLACES = ["/dev/shm", "/dev/mqueue", "/run", "/var/cache", "/var/log", "/var/spool"]

libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans():
    """Whatever loses its parent becomes a child of this process, whatever session it is in."""
    PR_SET_CHILD_SUBREAPER = 36
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def isolate():
    """Shared memory and a network of this process's own, so that all that is there is of its runs. False:
    that takes root's rights."""
    CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x8000000, 0x40000000
    MS_REC, MS_PRIVATE = 0x4000, 0x40000
    if libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET) != 0:
        return False
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    if libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, b"mode=1777") != 0:
        return False
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    with socket.socket() as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""  # it is another user's, or has ended


def processes(mark):
    """Descendants of this process, and those that have the variable `mark` in their environment."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    parents, marked = {}, set()
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        stat = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if not stat:
            continue
        parents[pid] = int(stat[1])
        if mark.encode() in read(f"/proc/{pid}/environ").split(b"\0"):
            marked.add(pid)

    def descends(pid):
        while pid > 1:
            pid = parents.get(pid, 0)
            if pid == os.getpid():
                return True
        return False

    found = []
    for pid in parents:
        if pid in marked or descends(pid):
            command = read(f"/proc/{pid}/cmdline") or read(f"/proc/{pid}/comm")
            found.append(f"process {pid}: {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


class Watch:
    """Knows what was there before the runs."""

    def __init__(self):
        adopt_orphans()
        self.alone = isolate()
        self.before = set(self.shared())

    @staticmethod
    def shared():
        for place in SHARED_PLACES:
            for path, folders, files in os.walk(place):
                yield from (f"file {path}/{name}" for name in folders + files)

    def sockets(self, folder):
        for line in read("/proc/net/unix").decode(errors="replace").splitlines()[1:]:
            path = line.split()[7:]
            if path and (self.alone or folder in path[0]):
                yield f"socket {path[0]}"
        if not self.alone:
            return
        for family in ("tcp", "tcp6", "udp", "udp6"):
            for line in read(f"/proc/net/{family}").decode().splitlines()[1:]:
                address, state, inode = line.split()[1], line.split()[3], line.split()[9]
                if state == "0A" or (family[0] == "u" and inode != "0"):
                    yield f"socket {family} {address.rpartition(':')[0]}:{int(address[-4:], 16)}"
        for kind in ("shm", "sem", "msg"):
            for line in read(f"/proc/sysvipc/{kind}").decode().splitlines()[1:]:
                yield f"System V {kind} {line.split()[1]}"

    def found(self, folder):
        new = (set(self.shared()) - self.before)
        return (processes(f"TMPDIR={folder}") + list(self.sockets(folder)) + sorted(new)
                + [f"file {path}" for path in pathlib.Path(folder).rglob("*")])

    def left(self, folder):
        """What is still there some seconds after the end of a run."""
        end = time.monotonic() + PATIENCE
        while True:
            found = self.found(folder)
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.02)


def begin(folder, what):
    return subprocess.Popen([BADGATE, *what], env={**os.environ, "TMPDIR": folder},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


def play(folder, what, moment=None, number=signal.SIGINT, group=True):
    """How one run of badgate ended. Signal `number` comes at `moment`, if that is not None, to all of
    its process group or to it alone."""
    process = begin(folder, what)
    if moment is not None:
        time.sleep(moment)
        if group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    try:
        out, _ = process.communicate(timeout=STUCK)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise SystemExit(f"badgate {' '.join(what)} does not end")
    # A signal that comes before badgate is ready for it ends it as any other program.
    # An expectation that is not met, on a machine that is busy, is not what is looked for here.
    expected = (0, 1) if moment is None else (0, 1, 130, -number)
    if process.returncode not in expected:
        print(out)
        raise SystemExit(f"badgate {' '.join(what)} exited with {process.returncode}")
    return process.returncode


def temporary_folder():
    # Everybody may go through it: some proxies give up root's rights.
    folder = tempfile.TemporaryDirectory(prefix="badgate-soak-")
    os.chmod(folder.name, 0o711)
    return folder
