"""The machine: the cores that are used, and what /proc says of processes."""
import ctypes
import os
import re
import resource
import signal
import socket
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
_allowed = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _allowed[0], _allowed[min(1, len(_allowed) - 1)]


def on_cores(*cores):
    """For Popen's preexec_fn: the program runs on these cores only, and ends with this one, whatever becomes of it."""
    libc = ctypes.CDLL(None)

    def prepare():
        os.sched_setaffinity(0, set(cores))
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    return prepare


def allow_many_files():
    """Tens of thousands of connections, where the system lets us."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Cpu:
    """User and system time of a process until now: in nanoseconds for the threads that live, in ticks for all."""

    def __init__(self, pid):
        tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
        self.exact = sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        self.ticks = (int(fields[11]) + int(fields[12])) / TICKS

    def until(self, later):
        """Seconds between two readings; in ticks only where threads have come or gone in between."""
        exact, ticks = later.exact - self.exact, later.ticks - self.ticks
        return exact if abs(exact - ticks) < 0.03 + 0.02 * ticks else ticks


def busy_seconds():
    """What all cores have done so far, for whomever, steal included."""
    fields = [int(n) for n in re.search(r"^cpu (.*)", Path("/proc/stat").read_text(), re.M)[1].split()]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICKS


def ended_children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def describe():
    """One line for the report."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return f"{cpu[1] if cpu else os.uname().machine}, {len(_allowed)} cores; {system[1]}, Linux {os.uname().release}"
