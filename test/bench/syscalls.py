"""System calls that a server makes for each call, counted by strace."""
import re
import shutil
import signal
import subprocess
import time

import load
from cases import CASES
from programs import RUN, Running
from results import Row

FEW, MANY = 20_000, 220_000  # the difference is the calls' own: a connection and its end are in both
ROUNDS = 3


def _count(name, case, calls):
    out = RUN / "strace.out"
    with Running(name) as server:
        load.send(server, case, 2000)
        strace = subprocess.Popen(["strace", "-c", "-f", "-U", "name,calls", "-o", str(out), "-p", str(server.pid)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            time.sleep(0.7)
            if strace.poll() is not None:
                raise RuntimeError(f"strace: {strace.stderr.read().decode()[-300:]}")
            load.send(server, case, calls)
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait()
    rows = [line.split() for line in out.read_text().splitlines() if re.match(r"\s*\w+\s+\d+\s*$", line)]
    return sum(int(count) for what, count in rows if what != "total")


def _a_call(name, case):
    return (_count(name, case, MANY) - _count(name, case, FEW)) / (MANY - FEW)


def measure(names, say):
    row = Row("syscalls-1x100", "system calls, unary 16 B, 1 × 100", "a call", {})
    if shutil.which("strace") is None:
        say("syscalls-1x100 skipped: strace is not installed")
        return []
    for name in names:
        try:
            row.figures[name] = [_a_call(name, CASES["unary-16B-1x100"]) for _ in range(ROUNDS)]
        except Exception as error:
            say(f"{name} fails in syscalls: {error}")
    return [row]
